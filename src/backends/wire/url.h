/* SPDX-License-Identifier: MIT */
/*
 * URLs of the streaming backends: ws, wss, those of mqtt, and http(s) for proxies. Strict where a
 * venue's URL can only be mistyped (host, port), lenient where it cannot harm (path and query are
 * percent-encoded on the way out). Error texts never quote the URL: it may carry a token or a
 * password.
 */
#ifndef WEIR_BACKENDS_WIRE_URL_H
#define WEIR_BACKENDS_WIRE_URL_H

#include <weir/types.h>

#include "util/buf.h"

enum {
    WEIR_HOST_MAX = 254, /**< a name of 253 bytes and its NUL */
    WEIR_URL_MAX = 16 * 1024
};

typedef enum weir_host_kind { WEIR_HOST_NAME, WEIR_HOST_IPV4, WEIR_HOST_IPV6 } weir_host_kind;

/** A parsed URL. The spans point into the parsed text. */
typedef struct weir_url {
    weir_str scheme;          /**< "ws", "wss", "http", ...: lower case, static */
    bool is_secure;           /**< wss, https, mqtts, ssl */
    bool has_userinfo;        /**< "user@" or "user:password@" was there */
    weir_str user;            /**< still percent-encoded */
    weir_str password;        /**< still percent-encoded */
    char host[WEIR_HOST_MAX]; /**< lower case, no brackets, no dot at the end */
    weir_host_kind host_kind;
    bool has_port; /**< it was given */
    uint16_t port; /**< the scheme's own when none was given */
    uint16_t default_port;
    weir_str path;  /**< from its '/', or empty */
    weir_str query; /**< without '?', or empty */
} weir_url;

/** WEIR_ERR_ARGUMENT with a sentence for anything that is not such a URL. */
weir_code weir_url_parse(weir_str text, weir_url *url, weir_error *error);
/** The same for a websocket endpoint: ws or wss, no user info, no fragment. */
weir_code weir_url_parse_ws(weir_str text, weir_url *url, weir_error *error);

/** "host" or "[v6]", and ":port" unless it is the scheme's own (or `always_port`). */
void weir_url_put_authority(const weir_url *url, bool always_port, weir_buf *out);
/** Appends, percent-encoding what may not stand in a path or query; a '%' stays as it is. */
void weir_url_put_verbatim(weir_str text, weir_buf *out);

#endif
