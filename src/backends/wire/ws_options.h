/* SPDX-License-Identifier: MIT */
/* The options of everything that speaks websocket, as rows and as read values. */
#ifndef WEIR_BACKENDS_WIRE_WS_OPTIONS_H
#define WEIR_BACKENDS_WIRE_WS_OPTIONS_H

#include <weir/types.h>

#include "backends/wire/proxy.h"
#include "backends/wire/tls.h"
#include "util/option.h"

enum { WEIR_WS_TLS_ROW_COUNT = 5, WEIR_WS_OPTION_COUNT = 17 };

extern const weir_option_row weir_ws_tls_rows[WEIR_WS_TLS_ROW_COUNT];
/** The websocket backend's rows. A backend on top of it copies them before its own. */
extern const weir_option_row weir_ws_option_rows[WEIR_WS_OPTION_COUNT];

/** The values. Spans point into the options. */
typedef struct weir_ws_settings {
    weir_tls_options tls;
    const weir_str *subprotocols;
    size_t subprotocol_count;
    weir_str origin;
    const weir_option_pair *headers;
    size_t header_count;
    bool compresses;
    size_t max_message;
    size_t inflate_ratio;
    size_t max_queue;
    bool has_proxy; /**< the option is there, so the environment's proxy does not count */
    weir_str proxy;
    bool has_no_proxy;
    weir_str no_proxy;
    int64_t ping_interval_ns; /**< 0: none */
    int64_t ping_timeout_ns;
    int64_t resolve_timeout_ns;
    int64_t connect_timeout_ns;
    int64_t stagger_ns;
    int64_t tls_timeout_ns;
    int64_t upgrade_timeout_ns;
} weir_ws_settings;

void weir_ws_settings_read(const weir_options *options, weir_ws_settings *settings);
/** The proxy setting for a target: the options, else the environment. */
weir_proxy_settings weir_ws_settings_proxy(const weir_ws_settings *settings, bool is_secure);

#endif
