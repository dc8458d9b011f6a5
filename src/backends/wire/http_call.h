/* SPDX-License-Identifier: MIT */
/*
 * One HTTP request from its parts to its reply, over a connection of its own: what a session asks a
 * venue for before it connects (a token, a listen key, a URL). Redirects are not followed.
 */
#ifndef WEIR_BACKENDS_WIRE_HTTP_CALL_H
#define WEIR_BACKENDS_WIRE_HTTP_CALL_H

#include "backends/backend.h"
#include "backends/wire/http_client.h"

typedef struct weir_http_call weir_http_call;

enum { WEIR_HTTP_CALL_BODY_MAX = 4 * 1024 * 1024 /**< bytes of a reply's body */ };

/** Borrowed for the call of weir_http_call_new. */
typedef struct weir_http_order {
    weir_str method; /**< "POST" */
    weir_str url;    /**< http or https; its query is kept */
    const weir_link_pair *headers;
    size_t header_count;
    const weir_link_pair *query; /**< appended, percent-encoded */
    size_t query_count;
    weir_str body;
    const char *content_type; /**< of the body; NULL: there is none */
    int64_t timeout_ns;       /**< from the start to the end of the reply */
} weir_http_order;

/**
 * Exactly once, from the loop: a reply, whatever its status, or NULL and why there is none. The
 * call may not be freed from inside.
 */
typedef void weir_http_done_fn(void *user, const weir_http_reply *reply, const weir_error *error);

/**
 * Starts it. `settings` NULL: TLS is verified against the system's authorities, the environment's
 * proxy is used. Otherwise they are borrowed as long as the call lives. NULL with `error`.
 */
weir_http_call *weir_http_call_new(weir_loop *loop, const weir_http_order *order,
                                   const weir_ws_settings *settings, weir_http_done_fn *on_done,
                                   void *user, weir_error *error);
/** Ends it; on_done is not called any more. NULL is fine. */
void weir_http_call_free(weir_http_call *call);

/** Is this a URL that can be called? Any thread. */
bool weir_http_call_check(weir_str url, weir_error *error);

#endif
