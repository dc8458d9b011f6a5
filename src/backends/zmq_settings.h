/* SPDX-License-Identifier: MIT */
/* What the options of the zmq backend say, checked together, and its login (`auth.zmq`). No libzmq
 * here: all of it can be tested without a socket. */
#ifndef WEIR_BACKENDS_ZMQ_SETTINGS_H
#define WEIR_BACKENDS_ZMQ_SETTINGS_H

#include "backends/backend.h"
#include "backends/zmq_endpoint.h"

enum { WEIR_ZMQ_OPTION_COUNT = 17 };
extern const weir_option_row weir_zmq_option_rows[WEIR_ZMQ_OPTION_COUNT];

/** In the order of the option's choices. */
typedef enum weir_zmq_type {
    WEIR_ZMQ_SUB,
    WEIR_ZMQ_PULL,
    WEIR_ZMQ_DEALER,
    WEIR_ZMQ_PAIR
} weir_zmq_type;

typedef struct weir_zmq_settings {
    weir_zmq_type type;
    bool binds;
    bool has_filter;
    weir_str filter; /**< of the options */
    bool has_topic;  /**< the first part is the frame's name */
    bool has_delimiter;
    bool conflates;
    int receive_hwm, send_hwm;
    size_t max_message;
    int receive_buffer;  /**< -1: the system's */
    weir_str routing_id; /**< of the options */
    int heartbeat_ms, heartbeat_timeout_ms;
    int handshake_ms;
    int keepalive_s;
    int64_t connect_ns, resolve_ns;
} weir_zmq_settings;

/** "SUB", ... */
const char *weir_zmq_type_name(weir_zmq_type type);
void weir_zmq_settings_read(const weir_options *options, weir_zmq_settings *settings);
/** The op `check` of the backend. */
bool weir_zmq_check(const weir_options *options, weir_str url, unsigned *traits, weir_error *error);

typedef enum weir_zmq_security {
    WEIR_ZMQ_NULL,
    WEIR_ZMQ_PLAIN,
    WEIR_ZMQ_CURVE,
    WEIR_ZMQ_CURVE_SERVER
} weir_zmq_security;

enum { WEIR_ZMQ_NAME_MAX = 255, WEIR_ZMQ_KEY_LEN = 40 /* Z85 of 32 bytes */ };

/** Wipe it (weir_wipe) when it is no longer needed. */
typedef struct weir_zmq_login {
    weir_zmq_security security;
    char username[WEIR_ZMQ_NAME_MAX + 1];
    char password[WEIR_ZMQ_NAME_MAX + 1];
    char server_key[WEIR_ZMQ_KEY_LEN + 1];
    char public_key[WEIR_ZMQ_KEY_LEN + 1]; /**< empty: to be made of the secret one, or anew */
    char secret_key[WEIR_ZMQ_KEY_LEN + 1]; /**< empty: to be made, for this connection alone */
} weir_zmq_login;

/** WEIR_ERR_ARGUMENT with a sentence that names the field and never quotes its value. */
weir_code weir_zmq_login_read(const weir_link_pair *pairs, size_t count, bool binds,
                              weir_zmq_login *login, weir_error *error);

#endif
