/* SPDX-License-Identifier: MIT */
/*
 * Two vocabularies meet here. `client_id`, `transport`, `keepalive` and `tls_kwargs` are those of
 * Python's paho client, so that a configuration written for it runs as it is: `tls_kwargs` are the
 * arguments of its tls_set(), where `tls_version` and `cert_reqs` are numbers of Python's ssl
 * module, and their presence switches TLS on. `tls` is this program's own, the same for every
 * backend; it says how an mqtts:// or wss:// connection is secured and switches nothing.
 *
 * Number 2 of ssl is PROTOCOL_TLS, "the best that both sides know", not TLS 1.2, which is 5. Both
 * give at least TLS 1.2 here.
 */
#include "backends/mqtt_options.h"

#include "backends/wire/ws_options.h"
#include "util/error.h"
#include "util/time.h"

#define MIB (INT64_C(1024) * 1024)

enum { V3_1_1, V5 };
enum { OVER_TCP, OVER_WEBSOCKETS };
/* Python's ssl: PROTOCOL_TLS (once PROTOCOL_SSLv23), PROTOCOL_TLSv1_2, PROTOCOL_TLS_CLIENT. */
enum { PYTHON_TLS = 2, PYTHON_TLS_1_2 = 5, PYTHON_TLS_CLIENT = 16 };

static const char *const versions[] = {"3.1.1", "5", NULL};
static const char *const transports[] = {"tcp", "websockets", NULL};

static const weir_option_row kwargs_rows[] = {
    {.name = "ca_certs",
     .type = WEIR_OPTION_STR,
     .doc = "PEM file of the certificate authorities to trust. Default: the system's."},
    {.name = "certfile",
     .type = WEIR_OPTION_STR,
     .doc = "PEM file of the client certificate. Default: none."},
    {.name = "keyfile",
     .type = WEIR_OPTION_STR,
     .doc = "PEM file of its key. Default: the key is in `certfile`."},
    {.name = "keyfile_password",
     .type = WEIR_OPTION_STR,
     .doc = "Password of an encrypted key. Default: none."},
    {.name = "cert_reqs",
     .type = WEIR_OPTION_INT,
     .doc =
         "Number of Python's ssl: 0 (CERT_NONE) verifies nothing and warns at every connect; 1 and "
         "2 verify certificate and name. Default 2.",
     .fallback = "2",
     .min = 0,
     .max = 2},
    {.name = "tls_version",
     .type = WEIR_OPTION_INT,
     .doc =
         "Number of Python's ssl: 2 or 16, the best that both sides know; 5, TLS 1.2. Default 2.",
     .fallback = "2",
     .min = 0,
     .max = 17},
    {.name = "ciphers",
     .type = WEIR_OPTION_STR,
     .doc = "Cipher suites up to TLS 1.2, as OpenSSL lists them. Default: OpenSSL's."},
    {.name = "alpn_protocols",
     .type = WEIR_OPTION_STR_LIST,
     .doc = "Protocols to offer by ALPN. Default: none."},
};

static const weir_option_row will_rows[] = {
    {.name = "topic", .type = WEIR_OPTION_STR, .doc = "Topic of the will. Required with `will`."},
    {.name = "payload", .type = WEIR_OPTION_STR, .doc = "Its message. Default: empty."},
    {.name = "qos",
     .type = WEIR_OPTION_INT,
     .doc = "Its quality of service. Default 0.",
     .fallback = "0",
     .min = 0,
     .max = 2},
    {.name = "retain",
     .type = WEIR_OPTION_BOOL,
     .doc = "Whether the server retains it. Default false.",
     .fallback = "false"},
};

enum {
    KWARGS_COUNT = sizeof kwargs_rows / sizeof kwargs_rows[0],
    WILL_COUNT = sizeof will_rows / sizeof will_rows[0]
};

const weir_option_row weir_mqtt_option_rows[WEIR_MQTT_OPTION_COUNT] = {
    {.name = "version",
     .type = WEIR_OPTION_ENUM,
     .doc = "Version of MQTT to speak. Default 3.1.1.",
     .fallback = "3.1.1",
     .choices = versions},
    {.name = "client_id",
     .type = WEIR_OPTION_STR,
     .doc = "Client identifier; the server ends an older connection that has the same. Default: a "
            "random one for each connect."},
    {.name = "transport",
     .type = WEIR_OPTION_ENUM,
     .doc = "What carries MQTT. Default: as the URL's scheme says.",
     .choices = transports},
    {.name = "keepalive",
     .type = WEIR_OPTION_INT,
     .doc = "Seconds of silence after which a sign of life is asked for; 0 is never. Default 60.",
     .fallback = "60",
     .min = 0,
     .max = 65535},
    {.name = "clean_start",
     .type = WEIR_OPTION_BOOL,
     .doc = "Begin without what the server kept of an earlier session. Default true.",
     .fallback = "true"},
    {.name = "session_expiry",
     .type = WEIR_OPTION_DURATION,
     .doc = "How long the server keeps the session of a lost connection (version 5). Default: not.",
     .min = 0,
     .max = INT64_C(4294967294) * WEIR_NS_PER_S},
    {.name = "username", .type = WEIR_OPTION_STR, .doc = "User name; better, `auth.mqtt`."},
    {.name = "password", .type = WEIR_OPTION_STR, .doc = "Password; better, `auth.mqtt`."},
    {.name = "tls_kwargs",
     .type = WEIR_OPTION_GROUP,
     .doc = "The arguments of Python paho's tls_set(); TLS is used when it is there.",
     .rows = kwargs_rows,
     .row_count = KWARGS_COUNT},
    {.name = "tls",
     .type = WEIR_OPTION_GROUP,
     .doc = "How an mqtts:// or wss:// connection is secured.",
     .rows = weir_ws_tls_rows,
     .row_count = WEIR_WS_TLS_ROW_COUNT},
    {.name = "will",
     .type = WEIR_OPTION_GROUP,
     .doc = "What the server publishes when the connection is lost.",
     .rows = will_rows,
     .row_count = WILL_COUNT},
    {.name = "publish_qos",
     .type = WEIR_OPTION_INT,
     .doc = "Quality of service of the messages that are published. Default 0.",
     .fallback = "0",
     .min = 0,
     .max = 2},
    {.name = "max_message",
     .type = WEIR_OPTION_SIZE,
     .doc = "Longest payload accepted; a longer one ends the connection. Default 64MiB.",
     .fallback = "64MiB",
     .min = 1,
     .max = 256 * MIB},
    {.name = "max_queue",
     .type = WEIR_OPTION_SIZE,
     .doc = "Bytes of messages that may wait, each way; when more do, nothing is taken from the "
            "server until there is room. Default 16MiB.",
     .fallback = "16MiB",
     .min = 1024,
     .max = 1024 * MIB},
    {.name = "proxy",
     .type = WEIR_OPTION_STR,
     .doc =
         "CONNECT proxy, http://user:password@host:port, or `none`. Default: for websockets as the "
         "websocket backend, else none."},
    {.name = "no_proxy",
     .type = WEIR_OPTION_STR,
     .doc = "Hosts to reach without the proxy: names, suffixes, addresses, CIDR ranges or `*`, by "
            "comma. Default: none."},
    {.name = "connect_timeout",
     .type = WEIR_OPTION_DURATION,
     .doc = "Longest wait for all that a connect takes, the server's answer included. Default 10s.",
     .fallback = "10s",
     .min = 10 * WEIR_NS_PER_MS,
     .max = 3600 * WEIR_NS_PER_S},
};

/* ------------------------------------------------------------------ reading */

static bool has_any(const weir_option_value *group)
{
    bool found = group->is_set;
    for (size_t i = 0; group->group && i < group->row->row_count; i++)
        found = found || group->group[i].is_set;
    return found;
}

static void read_tls(const weir_options *options, weir_mqtt_settings *settings)
{
    weir_tls_options *tls = &settings->tls;
    settings->forces_tls = has_any(weir_options_get(options, "tls_kwargs"));
    tls->has_own_alpn = !settings->wants_websockets;
    if (!settings->forces_tls) {
        tls->verifies = weir_options_get(options, "tls.verify")->b;
        tls->ca = weir_options_get(options, "tls.ca")->s;
        tls->cert = weir_options_get(options, "tls.cert")->s;
        tls->key = weir_options_get(options, "tls.key")->s;
        tls->key_password = weir_options_get(options, "tls.key_password")->s;
        return;
    }
    const weir_option_value *alpn = weir_options_get(options, "tls_kwargs.alpn_protocols");
    tls->verifies = weir_options_get(options, "tls_kwargs.cert_reqs")->i != 0;
    tls->ca = weir_options_get(options, "tls_kwargs.ca_certs")->s;
    tls->cert = weir_options_get(options, "tls_kwargs.certfile")->s;
    tls->key = weir_options_get(options, "tls_kwargs.keyfile")->s;
    tls->key_password = weir_options_get(options, "tls_kwargs.keyfile_password")->s;
    tls->is_tls12_only = weir_options_get(options, "tls_kwargs.tls_version")->i == PYTHON_TLS_1_2;
    tls->ciphers = weir_options_get(options, "tls_kwargs.ciphers")->s;
    tls->has_own_alpn = tls->has_own_alpn || alpn->count > 0;
    tls->alpn = alpn->list;
    tls->alpn_count = alpn->count;
}

void weir_mqtt_settings_read(const weir_options *options, weir_mqtt_settings *settings)
{
    const weir_option_value *transport = weir_options_get(options, "transport");
    const weir_option_value *password = weir_options_get(options, "password");
    *settings = (weir_mqtt_settings){0};
    settings->is_v5 = weir_options_get(options, "version")->i == V5;
    settings->client_id = weir_options_get(options, "client_id")->s;
    settings->has_transport = transport->is_set;
    settings->wants_websockets = transport->is_set && transport->i == OVER_WEBSOCKETS;
    settings->keepalive_s = (unsigned)weir_options_get(options, "keepalive")->i;
    settings->is_clean = weir_options_get(options, "clean_start")->b;
    settings->session_expiry_s =
        (uint32_t)(weir_options_get(options, "session_expiry")->i / WEIR_NS_PER_S);
    settings->username = weir_options_get(options, "username")->s;
    settings->has_password = password->has_value;
    settings->password = password->s;
    read_tls(options, settings);
    settings->has_will = has_any(weir_options_get(options, "will"));
    settings->will_topic = weir_options_get(options, "will.topic")->s;
    settings->will_payload = weir_options_get(options, "will.payload")->s;
    settings->will_qos = (int)weir_options_get(options, "will.qos")->i;
    settings->will_retain = weir_options_get(options, "will.retain")->b;
    settings->publish_qos = (int)weir_options_get(options, "publish_qos")->i;
    settings->max_message = (size_t)weir_options_get(options, "max_message")->u;
    settings->max_queue = (size_t)weir_options_get(options, "max_queue")->u;
    settings->proxy = weir_options_get(options, "proxy")->s;
    settings->no_proxy = weir_options_get(options, "no_proxy")->s;
    settings->connect_timeout_ns = weir_options_get(options, "connect_timeout")->i;
}

/* ------------------------------------------------------------------ keeping */

static weir_code keep(weir_arena *arena, const char *what, bool is_binary, weir_str *text,
                      weir_error *error)
{
    const weir_str from = *text;
    if (!is_binary && from.len > 0 && memchr(from.ptr, '\0', from.len))
        return weir_fail(error, WEIR_ERR_ARGUMENT, "%s has a zero byte", what);
    if (from.len > UINT16_MAX)
        return weir_fail(error, WEIR_ERR_ARGUMENT, "%s has more than 65535 bytes", what);
    *text = weir_arena_copy(arena, from);
    return text->ptr ? WEIR_OK : weir_fail_nomem(error);
}

weir_code weir_mqtt_settings_keep(weir_arena *arena, weir_mqtt_settings *settings,
                                  weir_error *error)
{
    weir_tls_options *tls = &settings->tls;
    const struct {
        weir_str *text;
        const char *what;
        bool is_binary;
    } texts[] = {
        {&settings->client_id, "client_id", false},
        {&settings->username, "the user name", false},
        {&settings->password, "the password", true},
        {&settings->will_topic, "will.topic", false},
        {&settings->will_payload, "will.payload", true},
        {&settings->proxy, "proxy", false},
        {&settings->no_proxy, "no_proxy", false},
        {&tls->ca, "tls.ca", false},
        {&tls->cert, "tls.cert", false},
        {&tls->key, "tls.key", false},
        {&tls->key_password, "tls.key_password", true},
        {&tls->ciphers, "ciphers", false},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (keep(arena, texts[i].what, texts[i].is_binary, texts[i].text, error) != WEIR_OK)
            return error->code;
    }
    weir_str *alpn = WEIR_ARENA_ARRAY(arena, weir_str, tls->alpn_count + 1);
    for (size_t i = 0; alpn && i < tls->alpn_count; i++)
        alpn[i] = weir_arena_copy(arena, tls->alpn[i]);
    tls->alpn = alpn;
    return weir_arena_failed(arena) ? weir_fail_nomem(error) : WEIR_OK;
}

/* ------------------------------------------------------------------ checking */

static weir_code check_tls_version(int64_t version, weir_error *error)
{
    static const char *const names[] = {"SSL 2",   "SSL 3",   NULL, "TLS 1.0",
                                        "TLS 1.1", "TLS 1.2", NULL};
    if (version == PYTHON_TLS || version == PYTHON_TLS_1_2 || version == PYTHON_TLS_CLIENT)
        return WEIR_OK;
    return weir_fail(
        error, WEIR_ERR_ARGUMENT,
        "tls_kwargs: tls_version %lld is %s of Python's ssl, which is not spoken; 2 is "
        "the best that both sides know, 5 is TLS 1.2",
        (long long)version, version < PYTHON_TLS_1_2 ? names[version] : "no client");
}

static weir_code check_tls(bool has_secure_scheme, bool has_scheme, const weir_options *options,
                           weir_error *error)
{
    const bool has_kwargs = has_any(weir_options_get(options, "tls_kwargs"));
    const bool has_tls = has_any(weir_options_get(options, "tls"));
    if (has_tls && has_kwargs)
        return weir_fail(error, WEIR_ERR_ARGUMENT,
                         "'tls' and 'tls_kwargs' say the same thing twice: one of them must go");
    if (has_tls && has_scheme && !has_secure_scheme)
        return weir_fail(error, WEIR_ERR_ARGUMENT,
                         "'tls' has no effect: the URL's scheme is not mqtts, ssl or wss");
    if (!has_kwargs)
        return WEIR_OK;
    return check_tls_version(weir_options_get(options, "tls_kwargs.tls_version")->i, error);
}

static weir_code check_session(const weir_options *options, weir_error *error)
{
    const bool is_v5 = weir_options_get(options, "version")->i == V5;
    const bool is_clean = weir_options_get(options, "clean_start")->b;
    const weir_option_value *expiry = weir_options_get(options, "session_expiry");
    if (expiry->is_set && !is_v5)
        return weir_fail(
            error, WEIR_ERR_ARGUMENT,
            "'session_expiry' needs 'version: 5'; with 3.1.1 'clean_start: false' keeps "
            "the session for as long as the server likes");
    if (!is_clean && is_v5 && expiry->i < WEIR_NS_PER_S)
        return weir_fail(error, WEIR_ERR_ARGUMENT,
                         "'clean_start: false' has no effect without 'session_expiry'");
    if (!is_clean && weir_options_get(options, "client_id")->s.len == 0)
        return weir_fail(error, WEIR_ERR_ARGUMENT,
                         "'clean_start: false' needs a 'client_id': a random one never finds its "
                         "session again");
    return WEIR_OK;
}

static weir_code check_will(const weir_options *options, weir_error *error)
{
    const weir_str topic = weir_options_get(options, "will.topic")->s;
    if (!has_any(weir_options_get(options, "will")))
        return WEIR_OK;
    if (topic.len == 0)
        return weir_fail(error, WEIR_ERR_ARGUMENT, "'will' needs a 'topic'");
    if (memchr(topic.ptr, '+', topic.len) || memchr(topic.ptr, '#', topic.len))
        return weir_fail(
            error, WEIR_ERR_ARGUMENT,
            "the will's topic '%.*s' has a wildcard: it is published to, not subscribed",
            WEIR_FMT(topic));
    return WEIR_OK;
}

static bool starts_with(weir_str text, const char *prefix)
{
    return text.len >= strlen(prefix) && memcmp(text.ptr, prefix, strlen(prefix)) == 0;
}

weir_code weir_mqtt_settings_check(weir_str url, const weir_options *options, weir_error *error)
{
    const weir_option_value *transport = weir_options_get(options, "transport");
    const bool is_secure =
        starts_with(url, "mqtts://") || starts_with(url, "ssl://") || starts_with(url, "wss://");
    const bool is_ws = starts_with(url, "ws://") || starts_with(url, "wss://");
    const bool has_scheme =
        is_secure || is_ws || starts_with(url, "mqtt://") || starts_with(url, "tcp://");
    if (is_ws && transport->is_set && transport->i == OVER_TCP)
        return weir_fail(error, WEIR_ERR_ARGUMENT,
                         "'transport: tcp' contradicts the URL, whose scheme is ws or wss");
    if (weir_options_get(options, "password")->has_value &&
        weir_options_get(options, "username")->s.len == 0)
        return weir_fail(error, WEIR_ERR_ARGUMENT, "'password' needs a 'username'");
    weir_code code = check_tls(is_secure, has_scheme, options, error);
    if (code == WEIR_OK)
        code = check_session(options, error);
    return code == WEIR_OK ? check_will(options, error) : code;
}

/* ------------------------------------------------------------------ the address */

weir_code weir_mqtt_address_read(weir_str text, const weir_mqtt_settings *settings,
                                 weir_mqtt_address *address, weir_error *error)
{
    weir_url *url = &address->url;
    if (weir_url_parse(text, url, error) != WEIR_OK)
        return WEIR_ERR_ARGUMENT;
    const bool is_ws = weir_str_is(url->scheme, "ws") || weir_str_is(url->scheme, "wss");
    if (!is_ws && url->scheme.ptr[0] == 'h')
        return weir_fail(error, WEIR_ERR_ARGUMENT,
                         "the URL's scheme is '%.*s'; it must be mqtt, mqtts, tcp, ssl, ws or wss",
                         WEIR_FMT(url->scheme));
    if (url->has_userinfo)
        return weir_fail(error, WEIR_ERR_ARGUMENT,
                         "the URL has a user name or password; they belong in auth.mqtt");
    address->is_secure = url->is_secure || settings->forces_tls;
    address->is_websocket = is_ws || settings->wants_websockets;
    if (!address->is_websocket && (url->path.len > 1 || url->query.len > 0))
        return weir_fail(error, WEIR_ERR_ARGUMENT,
                         "the URL has a path or query, which only websockets have: is 'transport: "
                         "websockets' missing?");
    address->port = url->port;
    if (address->is_secure && !url->is_secure && !url->has_port)
        address->port = is_ws ? 443 : 8883;
    return WEIR_OK;
}

void weir_mqtt_address_put(const weir_mqtt_address *address, weir_buf *out)
{
    weir_url url = address->url;
    url.port = address->port;
    weir_buf_puts(out, address->is_secure ? "wss://" : "ws://");
    weir_url_put_authority(&url, true, out);
    weir_buf_put(out, url.path.len > 0 ? url.path : WEIR_STR("/mqtt"));
    if (url.query.len > 0)
        weir_buf_putc(out, '?');
    weir_buf_put(out, url.query);
}
