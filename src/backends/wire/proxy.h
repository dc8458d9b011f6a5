/* SPDX-License-Identifier: MIT */
/*
 * Which CONNECT proxy (if any) leads to a host, and the two texts of that handshake. Nothing here
 * touches the network or the environment: the caller passes what it found there.
 */
#ifndef WEIR_BACKENDS_WIRE_PROXY_H
#define WEIR_BACKENDS_WIRE_PROXY_H

#include <weir/types.h>

#include "backends/wire/http_head.h"
#include "backends/wire/url.h"
#include "util/buf.h"

/** Where the setting came from: the option, or the environment read by weir_proxy_environment. */
typedef struct weir_proxy_settings {
    weir_str proxy;    /**< "http://user:pw@host:port", "host:port", or empty / "none": direct */
    weir_str no_proxy; /**< "*", or names, suffixes, addresses, CIDR ranges, by comma or blank */
} weir_proxy_settings;

typedef struct weir_proxy {
    bool is_used; /**< false: connect directly */
    weir_url url; /**< spans point into settings.proxy; only host and port matter after parsing */
    bool has_auth;
} weir_proxy;

/** The environment's setting for a target: https_proxy or http_proxy, then all_proxy; no_proxy. */
weir_proxy_settings weir_proxy_environment(bool is_secure);
/** Decides. WEIR_ERR_PROXY when the setting is unreadable or of a kind that is not supported. */
weir_code weir_proxy_choose(const weir_proxy_settings *settings, const weir_url *target,
                            weir_proxy *proxy, weir_error *error);
/** True when `no_proxy` names the host. */
bool weir_proxy_is_exempt(weir_str no_proxy, const weir_url *target);
/** Appends the CONNECT request. The credentials of `proxy` go in: wipe the buffer afterwards. */
weir_code weir_proxy_write(const weir_proxy *proxy, const weir_url *target, weir_buf *out,
                           weir_error *error);
/** Reads the proxy's answer. DONE with *used bytes: the tunnel is open. BAD: WEIR_ERR_PROXY. */
weir_http_step weir_proxy_read(weir_str bytes, size_t *used, weir_error *error);

#endif
