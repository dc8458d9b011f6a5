/* SPDX-License-Identifier: MIT */
/*
 * The table of options, and another of what each is good for: an option that a socket of the type
 * does not look at is refused, as everything else that would stand in a spec without effect.
 */
#include "backends/zmq_settings.h"

#include "util/error.h"
#include "util/time.h"

#define MIB (INT64_C(1024) * 1024)

static const char *const types[] = {"SUB", "PULL", "DEALER", "PAIR", NULL};
static const char *const multiparts[] = {"list", "topic_payload", NULL};

const weir_option_row weir_zmq_option_rows[WEIR_ZMQ_OPTION_COUNT] = {
    {.name = "socket_type",
     .type = WEIR_OPTION_ENUM,
     .choices = types,
     .doc = "The type of our socket; it must go with the peer's. Default SUB.",
     .fallback = "SUB"},
    {.name = "bind",
     .type = WEIR_OPTION_BOOL,
     .doc = "Listen at the endpoint, so that peers connect to it. Default false: connect to it.",
     .fallback = "false"},
    {.name = "subscribe_filter",
     .type = WEIR_OPTION_STR,
     .doc = "SUB: what messages must begin with to be sent here; empty is all. Default: all where "
            "the connection has no `subscribe`, otherwise only its topics."},
    {.name = "multipart",
     .type = WEIR_OPTION_ENUM,
     .choices = multiparts,
     .doc = "What a message of several parts is: `list`, `data` is the list of its parts; "
            "`topic_payload`, the first is `topic` and the rest is `data`. Default list.",
     .fallback = "list"},
    {.name = "delimiter",
     .type = WEIR_OPTION_BOOL,
     .doc = "DEALER: put an empty part before each message and take it off those that come, as "
            "REP and ROUTER peers that speak REQ have it. Default false.",
     .fallback = "false"},
    {.name = "conflate",
     .type = WEIR_OPTION_BOOL,
     .doc = "Keep only the last message that was not read yet; for messages of one part. "
            "Default false.",
     .fallback = "false"},
    {.name = "receive_hwm",
     .type = WEIR_OPTION_INT,
     .doc = "Messages that libzmq keeps for us to read; 0 is no bound. Default 1000.",
     .fallback = "1000",
     .min = 0,
     .max = 100000000},
    {.name = "send_hwm",
     .type = WEIR_OPTION_INT,
     .doc =
         "Messages that may wait to be sent; one beyond is refused; 0 is no bound. Default 1000.",
     .fallback = "1000",
     .min = 0,
     .max = 100000000},
    {.name = "max_message",
     .type = WEIR_OPTION_SIZE,
     .doc = "Longest message accepted, over all its parts; a longer one ends the connection. "
            "Default 64MiB.",
     .fallback = "64MiB",
     .min = 1,
     .max = 1024 * MIB},
    {.name = "receive_buffer",
     .type = WEIR_OPTION_SIZE,
     .doc = "The kernel's receive buffer. Default: the system's.",
     .min = 1024,
     .max = 1024 * MIB},
    {.name = "routing_id",
     .type = WEIR_OPTION_STR,
     .doc = "DEALER: the name by which a ROUTER peer knows us, 1 to 255 bytes. Default: the peer "
            "makes one."},
    {.name = "heartbeat_interval",
     .type = WEIR_OPTION_DURATION,
     .doc = "Send a ZMTP ping this often; the peer needs ZMTP 3.1 (libzmq 4.2). Default: never.",
     .min = 100 * WEIR_NS_PER_MS,
     .max = 3600 * WEIR_NS_PER_S},
    {.name = "heartbeat_timeout",
     .type = WEIR_OPTION_DURATION,
     .doc = "End the connection when nothing came for so long after a ping. Default: "
            "`heartbeat_interval`.",
     .min = 100 * WEIR_NS_PER_MS,
     .max = 3600 * WEIR_NS_PER_S},
    {.name = "resolve_timeout",
     .type = WEIR_OPTION_DURATION,
     .doc = "Longest wait for the host's addresses. Default 10s.",
     .fallback = "10s",
     .min = 10 * WEIR_NS_PER_MS,
     .max = 3600 * WEIR_NS_PER_S},
    {.name = "connect_timeout",
     .type = WEIR_OPTION_DURATION,
     .doc = "Longest wait for a connection, over all addresses. Default 10s.",
     .fallback = "10s",
     .min = 10 * WEIR_NS_PER_MS,
     .max = 3600 * WEIR_NS_PER_S},
    {.name = "handshake_timeout",
     .type = WEIR_OPTION_DURATION,
     .doc = "Longest ZMTP handshake. Default 10s.",
     .fallback = "10s",
     .min = 10 * WEIR_NS_PER_MS,
     .max = 3600 * WEIR_NS_PER_S},
    {.name = "keepalive",
     .type = WEIR_OPTION_DURATION,
     .doc = "TCP: how long a silent connection is left alone before the kernel asks whether the "
            "peer's machine is still there. Default 30s.",
     .fallback = "30s",
     .min = WEIR_NS_PER_S,
     .max = 24 * 3600 * WEIR_NS_PER_S},
};

const char *weir_zmq_type_name(weir_zmq_type type)
{
    return types[type];
}

static int ms_of(const weir_option_value *value)
{
    return (int)(value->i / WEIR_NS_PER_MS);
}

void weir_zmq_settings_read(const weir_options *options, weir_zmq_settings *settings)
{
    const weir_option_value *filter = weir_options_get(options, "subscribe_filter");
    const weir_option_value *buffer = weir_options_get(options, "receive_buffer");
    const weir_option_value *timeout = weir_options_get(options, "heartbeat_timeout");
    *settings = (weir_zmq_settings){
        .type = (weir_zmq_type)weir_options_get(options, "socket_type")->i,
        .binds = weir_options_get(options, "bind")->b,
        .has_filter = filter->has_value,
        .filter = filter->s,
        .has_topic = weir_options_get(options, "multipart")->i == 1,
        .has_delimiter = weir_options_get(options, "delimiter")->b,
        .conflates = weir_options_get(options, "conflate")->b,
        .receive_hwm = (int)weir_options_get(options, "receive_hwm")->i,
        .send_hwm = (int)weir_options_get(options, "send_hwm")->i,
        .max_message = (size_t)weir_options_get(options, "max_message")->u,
        .receive_buffer = buffer->has_value ? (int)buffer->u : -1,
        .routing_id = weir_options_get(options, "routing_id")->s,
        .heartbeat_ms = ms_of(weir_options_get(options, "heartbeat_interval")),
        .heartbeat_timeout_ms = timeout->has_value ? ms_of(timeout) : -1,
        .handshake_ms = ms_of(weir_options_get(options, "handshake_timeout")),
        .keepalive_s = (int)(weir_options_get(options, "keepalive")->i / WEIR_NS_PER_S),
        .connect_ns = weir_options_get(options, "connect_timeout")->i,
        .resolve_ns = weir_options_get(options, "resolve_timeout")->i};
}

/* ------------------------------------------------------------------ what goes with what */

enum { OF_SUB = 1, OF_PULL = 2, OF_DEALER = 4, OF_PAIR = 8, OF_CONNECT = 16 };

typedef struct use {
    const char *option;
    unsigned of; /* types that look at it; OF_CONNECT: not when binding */
    const char *who;
} use;

static const use uses[] = {
    {"subscribe_filter", OF_SUB, "socket_type SUB"},
    {"delimiter", OF_DEALER, "socket_type DEALER"},
    {"conflate", OF_SUB | OF_PULL | OF_DEALER, "socket_type SUB, PULL or DEALER"},
    {"send_hwm", OF_DEALER | OF_PAIR, "socket_type DEALER or PAIR"},
    {"routing_id", OF_DEALER, "socket_type DEALER"},
    {"resolve_timeout", OF_CONNECT, "connections that are not bound"},
    {"connect_timeout", OF_CONNECT, "connections that are not bound"},
};

static bool is_of_use(const use *row, const weir_zmq_settings *settings)
{
    return row->of == OF_CONNECT ? !settings->binds : (row->of >> settings->type & 1u) != 0;
}

static bool check_pairs(const weir_options *options, const weir_zmq_settings *settings,
                        weir_error *error)
{
    const weir_str id = settings->routing_id;
    const bool is_template = id.len > 0 && memchr(id.ptr, '{', id.len);
    if (settings->conflates && (settings->has_topic || settings->has_delimiter))
        weir_fail(error, WEIR_ERR_ARGUMENT,
                  "'conflate' keeps messages of one part only: it does not go with '%s'",
                  settings->has_topic ? "multipart: topic_payload" : "delimiter");
    else if (settings->heartbeat_timeout_ms >= 0 && settings->heartbeat_ms == 0)
        weir_fail(error, WEIR_ERR_ARGUMENT,
                  "'heartbeat_timeout' has no effect without 'heartbeat_interval'");
    else if (weir_options_get(options, "routing_id")->has_value && !is_template &&
             (id.len == 0 || id.len > WEIR_ZMQ_NAME_MAX || id.ptr[0] == '\0'))
        weir_fail(error, WEIR_ERR_ARGUMENT,
                  "'routing_id' has 1 to 255 bytes and does not begin with a zero byte");
    return error->code == WEIR_OK;
}

bool weir_zmq_check(const weir_options *options, weir_str url, unsigned *traits, weir_error *error)
{
    weir_zmq_settings settings;
    weir_zmq_endpoint endpoint;
    weir_zmq_settings_read(options, &settings);
    error->code = WEIR_OK;
    *traits |= settings.type == WEIR_ZMQ_SUB ? WEIR_BACKEND_TOPICS : 0;
    *traits |=
        settings.type == WEIR_ZMQ_SUB || settings.type == WEIR_ZMQ_PULL ? WEIR_BACKEND_MUTE : 0;
    *traits |= settings.type != WEIR_ZMQ_SUB || settings.binds ? WEIR_BACKEND_SINGLE : 0;
    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++) {
        if (weir_options_get(options, uses[i].option)->is_set && !is_of_use(&uses[i], &settings)) {
            weir_fail(error, WEIR_ERR_ARGUMENT, "option '%s' is for %s: it has no effect here",
                      uses[i].option, uses[i].who);
            return false;
        }
    }
    return check_pairs(options, &settings, error) &&
           (!url.ptr || weir_zmq_endpoint_parse(url, settings.binds, &endpoint, error) == WEIR_OK);
}

/* ------------------------------------------------------------------ login */

typedef struct field {
    const char *name;
    size_t offset;
    bool is_key;
} field;

static const field fields[] = {
    {"username", offsetof(weir_zmq_login, username), false},
    {"password", offsetof(weir_zmq_login, password), false},
    {"server_key", offsetof(weir_zmq_login, server_key), true},
    {"public_key", offsetof(weir_zmq_login, public_key), true},
    {"secret_key", offsetof(weir_zmq_login, secret_key), true},
};

static weir_code take_field(const field *f, weir_str value, weir_zmq_login *login,
                            weir_error *error)
{
    if (f->is_key && value.len != WEIR_ZMQ_KEY_LEN)
        return weir_fail(error, WEIR_ERR_ARGUMENT,
                         "auth.zmq: '%s' is no key: it has %zu characters, a key in Z85 has %d",
                         f->name, value.len, WEIR_ZMQ_KEY_LEN);
    if (value.len > WEIR_ZMQ_NAME_MAX || (value.len > 0 && memchr(value.ptr, '\0', value.len)))
        return weir_fail(error, WEIR_ERR_ARGUMENT,
                         "auth.zmq: '%s' has at most %d bytes, none of them zero", f->name,
                         WEIR_ZMQ_NAME_MAX);
    if (value.len > 0)
        memcpy((char *)login + f->offset, value.ptr, value.len);
    return WEIR_OK;
}

/* Which security the fields ask for. */
static weir_code choose_security(weir_zmq_login *login, bool binds, weir_error *error)
{
    const bool has_keys = login->server_key[0] || login->public_key[0] || login->secret_key[0];
    login->security = !has_keys ? WEIR_ZMQ_PLAIN : binds ? WEIR_ZMQ_CURVE_SERVER : WEIR_ZMQ_CURVE;
    if (has_keys && (login->username[0] || login->password[0]))
        return weir_fail(error, WEIR_ERR_ARGUMENT,
                         "auth.zmq: either user and password (PLAIN) or keys (CURVE)");
    if (!has_keys && !login->username[0])
        return weir_fail(error, WEIR_ERR_ARGUMENT, "auth.zmq: the user name is empty");
    if (!has_keys && binds)
        return weir_fail(error, WEIR_ERR_ARGUMENT,
                         "auth.zmq: one who binds would have to check passwords, which Weir does "
                         "not; use keys (CURVE)");
    if (binds && login->server_key[0])
        return weir_fail(error, WEIR_ERR_ARGUMENT,
                         "auth.zmq: 'server_key' is the key of a peer that is connected to; one "
                         "who binds has 'secret_key' alone");
    if (has_keys && binds && !login->secret_key[0])
        return weir_fail(error, WEIR_ERR_ARGUMENT,
                         "auth.zmq: one who binds needs 'secret_key', its own");
    if (has_keys && !binds && !login->server_key[0])
        return weir_fail(error, WEIR_ERR_ARGUMENT,
                         "auth.zmq: CURVE needs 'server_key', the peer's public key");
    if (login->public_key[0] && !login->secret_key[0])
        return weir_fail(error, WEIR_ERR_ARGUMENT,
                         "auth.zmq: 'public_key' is of no use without 'secret_key'");
    return WEIR_OK;
}

weir_code weir_zmq_login_read(const weir_link_pair *pairs, size_t count, bool binds,
                              weir_zmq_login *login, weir_error *error)
{
    *login = (weir_zmq_login){.security = WEIR_ZMQ_NULL};
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < sizeof fields / sizeof *fields; k++) {
            if (!weir_str_is(pairs[i].name, fields[k].name))
                continue;
            const weir_code code = take_field(&fields[k], pairs[i].value, login, error);
            if (code != WEIR_OK)
                return code;
        }
    }
    return count == 0 ? WEIR_OK : choose_security(login, binds, error);
}
