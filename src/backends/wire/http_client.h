/* SPDX-License-Identifier: MIT */
/*
 * One HTTP/1.1 conversation over a wire stream: a request at a time, the connection kept between
 * them where the server keeps it. Requests are given whole, as bytes. Redirects are not followed.
 */
#ifndef WEIR_BACKENDS_WIRE_HTTP_CLIENT_H
#define WEIR_BACKENDS_WIRE_HTTP_CLIENT_H

#include "backends/backend.h"
#include "backends/wire/http_head.h"
#include "backends/wire/loop.h"
#include "backends/wire/url.h"
#include "backends/wire/ws_options.h"

typedef struct weir_http_client weir_http_client;

/** A reply, whole. Lives until the next request or the close. */
typedef struct weir_http_reply {
    const weir_http_head *head;
    weir_str body; /**< WEIR_FRAME_SLACK zero bytes behind */
    int64_t received_ns;
} weir_http_reply;

/**
 * No member is called from inside a call. From inside on_reply the next request may be sent; the
 * client may be closed from inside none of them.
 */
typedef struct weir_http_sink {
    void *user;
    /** Of the connection, as it is opened; UPGRADING: the request is sent. */
    void (*on_phase)(void *user, weir_link_phase phase, weir_str detail);
    /** Bytes of a reply came. */
    void (*on_alive)(void *user);
    void (*on_reply)(void *user, const weir_http_reply *reply);
    /** The request failed; another may be sent. */
    void (*on_failed)(void *user, const weir_error *error);
} weir_http_sink;

/** Where to, and how: proxy, TLS and timeouts of `settings`; all borrowed as long as it lives. */
weir_http_client *weir_http_client_new(weir_loop *loop, const weir_url *url,
                                       const weir_ws_settings *settings, const weir_http_sink *sink,
                                       weir_error *error);
/**
 * Sends a request, whose bytes are copied (and wiped when they are sent). `timeout_ns` bounds the
 * time to the end of the reply once connected; 0: none. WEIR_ERR_STATE while one is under way.
 */
weir_code weir_http_client_send(weir_http_client *client, weir_str request, int64_t timeout_ns,
                                size_t max_body);
bool weir_http_client_is_busy(const weir_http_client *client);
void weir_http_client_free(weir_http_client *client);

#endif
