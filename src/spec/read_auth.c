/* SPDX-License-Identifier: MIT */
/* `auth:` of a connection (SPEC.md 7): how it logs in, what it waits for before and after. */
#include "spec/rows.h"
#include "util/number.h"

static const char *const modes[] = {"headers", "first_message", "url", "mqtt", "zmq", "none", NULL};
static const unsigned mode_bits[] = {WEIR_AUTH_HEADERS, WEIR_AUTH_FIRST_MESSAGE, WEIR_AUTH_URL,
                                     WEIR_AUTH_MQTT,    WEIR_AUTH_ZMQ,           0};
enum { MODE_COUNT = sizeof mode_bits / sizeof mode_bits[0] };

static weir_str mode_at(const void *user, size_t index)
{
    (void)user;
    return weir_str_of(modes[index]);
}

static void read_one_mode(weir_reader *reader, const weir_node *node, weir_auth_spec *auth)
{
    weir_str text;
    if (!weir_read_text(reader, node, "mode", &text))
        return;
    for (size_t i = 0; i < MODE_COUNT; i++) {
        if (weir_str_is(text, modes[i])) {
            auth->modes |= mode_bits[i];
            return;
        }
    }
    weir_read_unknown(reader, node->place, "auth mode", text, MODE_COUNT, mode_at, NULL);
}

static void read_mode(weir_reader *reader, weir_node *node, void *into)
{
    if (node->kind != WEIR_NODE_LIST) {
        read_one_mode(reader, node, into);
        return;
    }
    for (size_t i = 0; i < node->count; i++)
        read_one_mode(reader, node->items[i], into);
}

static void read_header_fields(weir_reader *reader, weir_node *node, void *into)
{
    weir_auth_spec *auth = into;
    weir_read_headers(reader, node, &auth->headers, &auth->header_count);
}

static void read_query_fields(weir_reader *reader, weir_node *node, void *into)
{
    weir_auth_spec *auth = into;
    weir_read_fields(reader, node, &auth->query, &auth->query_count);
}

static const weir_key_row header_rows[] = {
    {.name = "fields",
     .type = WEIR_KEY_READ,
     .read = read_header_fields,
     .shape = &weir_fields_shape,
     .flags = WEIR_KEY_REQUIRED,
     .doc = "names and values of HTTP headers of the handshake"},
};
static const weir_key_table header_table = {"auth.headers", header_rows, 1};

static const weir_key_row query_rows[] = {
    {.name = "fields",
     .type = WEIR_KEY_READ,
     .read = read_query_fields,
     .shape = &weir_fields_shape,
     .flags = WEIR_KEY_REQUIRED,
     .doc = "names and values of query parameters, percent-encoded"},
};
static const weir_key_table query_table = {"auth.url.query", query_rows, 1};

static const weir_key_row url_rows[] = {
    /* offset 0: the fields go to the same auth */
    {.name = "query",
     .type = WEIR_KEY_MAP,
     .table = &query_table,
     .flags = WEIR_KEY_REQUIRED,
     .doc = "what is appended to the URL"},
};
static const weir_key_table url_table = {"auth.url", url_rows, 1};

static void read_first_message(weir_reader *reader, weir_node *node, void *into)
{
    weir_auth_spec *auth = into;
    auth->has_first_message = true;
    weir_read_message(reader, node, &auth->first_message);
}

/* ------------------------------------------------------------------ logins of mqtt and zmq */

enum { LOGIN_MAX = 5 };

typedef struct login_parts {
    weir_text values[LOGIN_MAX];
} login_parts;

#define LOGIN_VALUE(index) offsetof(login_parts, values) + (index) * sizeof(weir_text)

static const weir_key_row mqtt_rows[] = {
    {.name = "username",
     .type = WEIR_KEY_EXPR,
     .offset = LOGIN_VALUE(0),
     .flags = WEIR_KEY_REQUIRED,
     .doc = "the user name"},
    {.name = "password", .type = WEIR_KEY_EXPR, .offset = LOGIN_VALUE(1), .doc = "the password"},
};
static const weir_key_table mqtt_table = {"auth.mqtt", mqtt_rows, 2};

static const weir_key_row zmq_rows[] = {
    {.name = "username",
     .type = WEIR_KEY_EXPR,
     .offset = LOGIN_VALUE(0),
     .doc = "PLAIN: the user name"},
    {.name = "password",
     .type = WEIR_KEY_EXPR,
     .offset = LOGIN_VALUE(1),
     .doc = "PLAIN: the password"},
    {.name = "server_key",
     .type = WEIR_KEY_EXPR,
     .offset = LOGIN_VALUE(2),
     .doc = "CURVE: the server's public key, 40 characters of Z85"},
    {.name = "public_key",
     .type = WEIR_KEY_EXPR,
     .offset = LOGIN_VALUE(3),
     .doc = "CURVE: our public key"},
    {.name = "secret_key",
     .type = WEIR_KEY_EXPR,
     .offset = LOGIN_VALUE(4),
     .doc = "CURVE: our secret key"},
};
static const weir_key_table zmq_table = {"auth.zmq", zmq_rows, LOGIN_MAX};

static void read_login(weir_reader *reader, weir_node *node, const weir_key_table *table,
                       weir_auth_spec *auth)
{
    login_parts parts = {0};
    weir_read_map(reader, node, table, &parts);
    weir_field *fields = weir_read_array(reader, LOGIN_MAX, sizeof *fields);
    if (!fields)
        return;
    auth->login = fields;
    auth->login_count = 0;
    for (size_t i = 0; i < table->count; i++) {
        if (parts.values[i].node)
            fields[auth->login_count++] = (weir_field){.name = weir_str_of(table->rows[i].name),
                                                       .node = parts.values[i].node,
                                                       .source = parts.values[i]};
    }
}

static void read_mqtt(weir_reader *reader, weir_node *node, void *into)
{
    read_login(reader, node, &mqtt_table, into);
}

static bool has_login_field(const weir_auth_spec *auth, const char *name)
{
    for (size_t i = 0; i < auth->login_count; i++) {
        if (weir_str_is(auth->login[i].name, name))
            return true;
    }
    return false;
}

/* PLAIN or CURVE: one of the two, and what it cannot be without. */
static void read_zmq(weir_reader *reader, weir_node *node, void *into)
{
    const weir_auth_spec *auth = into;
    const size_t errors = weir_diags_errors(reader->diags);
    read_login(reader, node, &zmq_table, into);
    if (weir_diags_errors(reader->diags) > errors)
        return;
    const bool has_user = has_login_field(auth, "username");
    const bool is_plain = has_user || has_login_field(auth, "password");
    const bool has_secret = has_login_field(auth, "secret_key");
    const bool has_public = has_login_field(auth, "public_key");
    const bool is_curve = has_secret || has_public || has_login_field(auth, "server_key");
    if (is_plain == is_curve)
        weir_diag_error(reader->diags, node->place,
                        "auth.zmq is either 'username' and 'password' (PLAIN) or 'server_key', and "
                        "keys of our own (CURVE)");
    else if (is_plain && !has_user)
        weir_diag_error(reader->diags, node->place, "auth.zmq: a 'password' needs a 'username'");
    else if (has_public && !has_secret)
        weir_diag_error(reader->diags, node->place,
                        "auth.zmq: 'public_key' is of no use without 'secret_key'");
}

static const weir_shape mqtt_shape = {.form = WEIR_SHAPE_TABLE, .table = &mqtt_table};
static const weir_shape zmq_shape = {.form = WEIR_SHAPE_TABLE, .table = &zmq_table};

/* ------------------------------------------------------------------ waits */

static const weir_key_row ack_rows[] = {
    {.name = "match",
     .type = WEIR_KEY_EXPR,
     .flags = WEIR_KEY_REQUIRED,
     .offset = offsetof(weir_wait_spec, match),
     .doc = "true for the message that says yes"},
    {.name = "error",
     .type = WEIR_KEY_EXPR,
     .offset = offsetof(weir_wait_spec, error),
     .doc = "true for the message that says no: fatal, not retried"},
    {.name = "timeout",
     .type = WEIR_KEY_DURATION,
     .offset = offsetof(weir_wait_spec, timeout_ns),
     .doc = "how long to wait (default `5s`)"},
};
static const weir_key_table ack_table = {"auth.ack", ack_rows,
                                         sizeof ack_rows / sizeof ack_rows[0]};
static const weir_key_row greeting_rows[] = {
    {.name = "match",
     .type = WEIR_KEY_EXPR,
     .flags = WEIR_KEY_REQUIRED,
     .offset = offsetof(weir_wait_spec, match),
     .doc = "true for the venue's hello"},
    {.name = "timeout",
     .type = WEIR_KEY_DURATION,
     .offset = offsetof(weir_wait_spec, timeout_ns),
     .doc = "how long to wait (default `5s`)"},
};
static const weir_key_table greeting_table = {"auth.greeting", greeting_rows,
                                              sizeof greeting_rows / sizeof greeting_rows[0]};

static void read_wait(weir_reader *reader, weir_node *node, const weir_key_table *table,
                      weir_wait_spec *wait)
{
    wait->is_set = true;
    weir_read_map(reader, node, table, wait);
    if (wait->timeout_ns <= 0)
        weir_diag_error(reader->diags, node->place, "the timeout of %s must be more than 0",
                        table->title);
}

static void read_ack(weir_reader *reader, weir_node *node, void *into)
{
    read_wait(reader, node, &ack_table, &((weir_auth_spec *)into)->ack);
}

static void read_greeting(weir_reader *reader, weir_node *node, void *into)
{
    read_wait(reader, node, &greeting_table, &((weir_auth_spec *)into)->greeting);
}

/* ------------------------------------------------------------------ close codes */

/* 1005, 1006 and 1015 stand for closes without a code, and 1000 for one without a complaint. */
static bool may_refuse(int64_t code)
{
    return code > 1000 && code < 5000 && code != 1005 && code != 1006 && code != 1015;
}

static void read_close_codes(weir_reader *reader, weir_node *node, void *into)
{
    weir_auth_spec *auth = into;
    int64_t *codes = weir_read_array(reader, node->count, sizeof *codes);
    auth->close_codes_node = node;
    auth->close_codes = codes;
    for (size_t i = 0; codes && i < node->count; i++) {
        const weir_node *item = node->items[i];
        if (item->kind == WEIR_NODE_SCALAR && item->type == WEIR_SCALAR_INT &&
            weir_int_parse(item->text, &codes[i]) == WEIR_INT_OK && may_refuse(codes[i]))
            auth->close_code_count++;
        else
            weir_diag_error(reader->diags, item->place,
                            "'close_codes' are numbers by which the venue refuses a login, from "
                            "1001 to 4999, such as 1008 or 4001; 1005, 1006 and 1015 are never "
                            "sent");
    }
}

static const weir_shape close_code_shape = {
    .form = WEIR_SHAPE_SCALAR, .type = WEIR_KEY_INT, .least = 1001, .most = 4999};
static const weir_shape close_codes_shape = {
    .form = WEIR_SHAPE_LIST, .of = &close_code_shape, .least = 1, .words = "a list of close codes"};

static const weir_shape mode_shape = {
    .form = WEIR_SHAPE_SCALAR, .type = WEIR_KEY_ENUM, .choices = modes};
static const weir_shape mode_list_shape = {.form = WEIR_SHAPE_LIST, .of = &mode_shape};
static const weir_shape modes_shape = {
    .form = WEIR_SHAPE_EITHER, .of = &mode_shape, .other = &mode_list_shape};
static const weir_shape ack_shape = {.form = WEIR_SHAPE_TABLE, .table = &ack_table};
static const weir_shape greeting_shape = {.form = WEIR_SHAPE_TABLE, .table = &greeting_table};

static const weir_key_row auth_rows[] = {
    {.name = "mode",
     .type = WEIR_KEY_READ,
     .read = read_mode,
     .shape = &modes_shape,
     .flags = WEIR_KEY_REQUIRED,
     .doc = "by which way; several ways together as a list"},
    {.name = "headers",
     .type = WEIR_KEY_MAP,
     .table = &header_table,
     .doc = "for mode `headers`: headers of the handshake"},
    {.name = "first_message",
     .type = WEIR_KEY_READ,
     .read = read_first_message,
     .shape = &weir_message_shape,
     .doc = "for mode `first_message`: the message that is sent first"},
    {.name = "url",
     .type = WEIR_KEY_MAP,
     .table = &url_table,
     .doc = "for mode `url`: what is appended to the URL"},
    {.name = "ack",
     .type = WEIR_KEY_READ,
     .read = read_ack,
     .shape = &ack_shape,
     .doc = "what the venue answers; subscriptions wait for it"},
    {.name = "greeting",
     .type = WEIR_KEY_READ,
     .read = read_greeting,
     .shape = &greeting_shape,
     .doc = "what the venue says first; nothing is sent before it"},
    {.name = "close_codes",
     .type = WEIR_KEY_READ,
     .read = read_close_codes,
     .shape = &close_codes_shape,
     .doc =
         "codes with which the venue closes a connection whose login it refuses, such as `4001`: "
         "fatal, not retried"},
    {.name = "session",
     .type = WEIR_KEY_READ,
     .read = weir_read_session,
     .shape = &weir_session_shape,
     .doc = "an HTTP request before each connect, whose reply gives values of the session"},
    {.name = "mqtt",
     .type = WEIR_KEY_READ,
     .read = read_mqtt,
     .shape = &mqtt_shape,
     .doc = "for mode `mqtt`: user name and password of the connect"},
    {.name = "zmq",
     .type = WEIR_KEY_READ,
     .read = read_zmq,
     .shape = &zmq_shape,
     .doc = "for mode `zmq`: PLAIN or CURVE"},
};
static const weir_key_table auth_table = {"auth", auth_rows,
                                          sizeof auth_rows / sizeof auth_rows[0]};
const weir_shape weir_auth_shape = {.form = WEIR_SHAPE_TABLE, .table = &auth_table};

/* A mode needs its part, and a part its mode: neither may stand there without effect. */
static void check_parts(weir_reader *reader, const weir_node *node, const weir_auth_spec *auth)
{
    for (size_t i = 0; i < MODE_COUNT; i++) {
        if (!mode_bits[i])
            continue;
        const weir_pair *part = weir_node_pair(node, weir_str_of(modes[i]));
        if ((auth->modes & mode_bits[i]) && !part)
            weir_diag_error(reader->diags, node->place, "auth mode '%s' needs the key '%s'",
                            modes[i], modes[i]);
        if (!(auth->modes & mode_bits[i]) && part)
            weir_diag_error(reader->diags, part->key->place,
                            "'%s' has no effect: auth mode is not '%s'", modes[i], modes[i]);
    }
}

void weir_read_auth(weir_reader *reader, weir_node *node, void *connection)
{
    weir_auth_spec *auth = &((weir_connection_spec *)connection)->auth;
    const int64_t five_seconds = INT64_C(5000000000);
    auth->is_set = true;
    auth->node = node;
    auth->ack.timeout_ns = five_seconds;
    auth->greeting.timeout_ns = five_seconds;
    const size_t errors = weir_diags_errors(reader->diags);
    weir_read_map(reader, node, &auth_table, auth);
    if (weir_diags_errors(reader->diags) == errors)
        check_parts(reader, node, auth);
}
