/* SPDX-License-Identifier: MIT */
/*
 * The options of the mqtt backend, as rows and as read values, and what is wrong with some
 * combinations of them. Pure: nothing here knows the library that speaks MQTT.
 */
#ifndef WEIR_BACKENDS_MQTT_OPTIONS_H
#define WEIR_BACKENDS_MQTT_OPTIONS_H

#include <weir/types.h>

#include "backends/wire/tls.h"
#include "backends/wire/url.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/option.h"

enum { WEIR_MQTT_OPTION_COUNT = 17 };

extern const weir_option_row weir_mqtt_option_rows[WEIR_MQTT_OPTION_COUNT];

/** The values. Spans point into the options. */
typedef struct weir_mqtt_settings {
    bool is_v5;
    weir_str client_id; /**< empty: a random one */
    bool has_transport;
    bool wants_websockets; /**< what `transport` says */
    unsigned keepalive_s;  /**< 0: none */
    bool is_clean;         /**< clean_start */
    uint32_t session_expiry_s;
    weir_str username;
    bool has_password;
    weir_str password;
    bool forces_tls; /**< tls_kwargs is there: TLS whatever the scheme says */
    weir_tls_options tls;
    bool has_will;
    weir_str will_topic;
    weir_str will_payload;
    int will_qos;
    bool will_retain;
    int publish_qos;
    size_t max_message;
    size_t max_queue;
    weir_str proxy;
    weir_str no_proxy;
    int64_t connect_timeout_ns;
} weir_mqtt_settings;

void weir_mqtt_settings_read(const weir_options *options, weir_mqtt_settings *settings);
/** Copies the texts into `arena`, each with a NUL behind it. */
weir_code weir_mqtt_settings_keep(weir_arena *arena, weir_mqtt_settings *settings,
                                  weir_error *error);
/**
 * Whether the options can be meant together, and with the URL, of which the scheme alone is read
 * (the rest may still be a template). WEIR_ERR_ARGUMENT with a sentence.
 */
weir_code weir_mqtt_settings_check(weir_str url, const weir_options *options, weir_error *error);

/** Where to connect: the URL as far as `transport` and `tls_kwargs` leave it. */
typedef struct weir_mqtt_address {
    weir_url url;
    bool is_secure;
    bool is_websocket;
    uint16_t port;
} weir_mqtt_address;

weir_code weir_mqtt_address_read(weir_str url, const weir_mqtt_settings *settings,
                                 weir_mqtt_address *address, weir_error *error);
/** Appends the URL of the websocket, "wss://host:port/path?query". */
void weir_mqtt_address_put(const weir_mqtt_address *address, weir_buf *out);

#endif
