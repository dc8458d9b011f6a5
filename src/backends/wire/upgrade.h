/* SPDX-License-Identifier: MIT */
/*
 * The websocket opening handshake (RFC 6455 section 4, RFC 7692 section 7): writes the request,
 * checks the reply. Pure functions on bytes; the random key comes from the caller.
 */
#ifndef WEIR_BACKENDS_WIRE_UPGRADE_H
#define WEIR_BACKENDS_WIRE_UPGRADE_H

#include <weir/types.h>

#include "backends/wire/http_head.h"
#include "backends/wire/url.h"
#include "util/buf.h"

enum {
    WEIR_UPGRADE_KEY_LEN = 16,
    WEIR_UPGRADE_KEY_TEXT = 24,      /**< the same in base64 */
    WEIR_UPGRADE_ACCEPT_TEXT = 28,   /**< base64 of a SHA-1 */
    WEIR_UPGRADE_REQUEST_MAX = 65536 /**< bytes of a request; more is a mistake of ours */
};

/** One header or query parameter. */
typedef struct weir_upgrade_pair {
    weir_str name;
    weir_str value;
} weir_upgrade_pair;

/** What to ask for. All spans are borrowed for the call. */
typedef struct weir_upgrade_request {
    const weir_url *url;
    const weir_upgrade_pair *query; /**< appended to the URL's own, percent-encoded */
    size_t query_count;
    const weir_upgrade_pair *headers;
    size_t header_count;
    const weir_str *subprotocols;
    size_t subprotocol_count;
    weir_str origin; /**< empty: none, unless a header says so */
    bool offers_deflate;
    uint8_t key[WEIR_UPGRADE_KEY_LEN];
} weir_upgrade_request;

/**
 * Appends the request. WEIR_ERR_ARGUMENT names a header that is malformed, has a line break or
 * belongs to the handshake itself; WEIR_ERR_LIMIT when it gets too long.
 */
weir_code weir_upgrade_write(const weir_upgrade_request *request, weir_buf *out, weir_error *error);
/** Refuses what weir_upgrade_write would: a name that is no token, one of ours, a bad value. */
weir_code weir_upgrade_check_header(weir_str name, weir_str value, weir_error *error);

/** What the reply is checked against; kept by the caller between the two calls. */
typedef struct weir_upgrade_expect {
    char accept[WEIR_UPGRADE_ACCEPT_TEXT];
    const weir_str *subprotocols;
    size_t subprotocol_count;
    bool offers_deflate;
} weir_upgrade_expect;

/** Computes the Sec-WebSocket-Accept that answers `key`. */
weir_code weir_upgrade_accept(const uint8_t key[WEIR_UPGRADE_KEY_LEN],
                              char accept[WEIR_UPGRADE_ACCEPT_TEXT], weir_error *error);

typedef struct weir_upgrade_reply {
    size_t len;             /**< bytes of the reply; frames follow */
    int http_status;        /**< of a refusal, else 101 */
    int64_t retry_after_ns; /**< of a refusal */
    weir_str subprotocol;   /**< chosen by the server, one of ours, or empty */
    bool has_deflate;
    bool server_keeps_context; /**< the server compresses with the window of earlier messages */
    int server_window_bits;    /**< 8..15 */
} weir_upgrade_reply;

/**
 * Reads the reply at the start of `bytes`, skipping interim ones (100, 103). BAD: the error is
 * WEIR_ERR_HANDSHAKE and http_status tells if it was a refusal (0: the reply was malformed).
 * `now_ns` is the wall clock, for a Retry-After with a date.
 */
weir_http_step weir_upgrade_read(weir_str bytes, const weir_upgrade_expect *expect, int64_t now_ns,
                                 weir_upgrade_reply *reply, weir_error *error);

#endif
