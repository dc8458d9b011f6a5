/* SPDX-License-Identifier: MIT */
/*
 * `tests:` (SPEC.md 10): blocks that say what frames become, what subscribing sends, how the login
 * goes. They are read when everything else is, so that the connections and streams they name are
 * known wherever the list stands. What a block is about is told by its keys: `in`, `subscribe`,
 * `unsubscribe`, or `auth` alone, which beside one of the others gives credentials and clock.
 *
 * What is expected (`out`, `headers`) stays a tree: it is compared, and shown, with its places.
 */
#include "spec/rows.h"
#include "util/map.h"
#include "util/time.h"
#include "util/utf8.h"
#include "value/json_read.h"

const char *const weir_test_stages[] = {"decompress", "decode",  "payload", "frame",
                                        "route",      "convert", "learn",   NULL};

enum { STAGE_DECOMPRESS, STAGE_DECODE };

/* ------------------------------------------------------------------ the keys of a block */

typedef struct parts {
    weir_str name;
    weir_str connection;
    weir_node *in, *out, *fails, *subscribe, *unsubscribe, *auth, *now, *sends, *headers;
    const weir_node *connection_node, *exact_node, *url_node;
    bool is_exact;
    weir_text url;
} parts;

#define KEEP(key)                                                                                  \
    static void keep_##key(weir_reader *reader, weir_node *node, void *into)                       \
    {                                                                                              \
        (void)reader;                                                                              \
        ((parts *)into)->key = node;                                                               \
    }
KEEP(in)
KEEP(out)
KEEP(fails)
KEEP(subscribe)
KEEP(unsubscribe)
KEEP(auth)
KEEP(now)
KEEP(sends)
KEEP(headers)

static void read_connection(weir_reader *reader, weir_node *node, void *into)
{
    parts *p = into;
    p->connection_node = node;
    weir_read_text(reader, node, "connection", &p->connection);
}

static void read_exact(weir_reader *reader, weir_node *node, void *into)
{
    parts *p = into;
    p->exact_node = node;
    weir_read_bool(reader, node, "exact", &p->is_exact);
}

static void read_url(weir_reader *reader, weir_node *node, void *into)
{
    parts *p = into;
    p->url_node = node;
    p->url.node = node;
    weir_read_text(reader, node, "url", &p->url.text);
}

typedef struct fails_parts {
    int stage;
    weir_str reason;
} fails_parts;

static const weir_key_row fails_rows[] = {
    {.name = "stage",
     .type = WEIR_KEY_ENUM,
     .offset = offsetof(fails_parts, stage),
     .choices = weir_test_stages,
     .doc = "where"},
    {.name = "reason",
     .type = WEIR_KEY_TEXT,
     .offset = offsetof(fails_parts, reason),
     .doc = "a part of the message"},
};
static const weir_key_table fails_table = {"fails", fails_rows,
                                           sizeof fails_rows / sizeof fails_rows[0]};

typedef struct auth_parts {
    weir_node *credentials;
    weir_node *now;
} auth_parts;

static void keep_credentials(weir_reader *reader, weir_node *node, void *into)
{
    (void)reader;
    ((auth_parts *)into)->credentials = node;
}

static void keep_auth_now(weir_reader *reader, weir_node *node, void *into)
{
    (void)reader;
    ((auth_parts *)into)->now = node;
}

static const weir_shape texts_shape = {.form = WEIR_SHAPE_MAP, .of = &weir_text_shape};

static const weir_key_row auth_rows[] = {
    {.name = "credentials",
     .type = WEIR_KEY_READ,
     .read = keep_credentials,
     .shape = &texts_shape,
     .doc = "credentials that are not real, by name"},
    {.name = "now",
     .type = WEIR_KEY_READ,
     .read = keep_auth_now,
     .shape = &weir_text_shape,
     .doc = "the clock"},
};
static const weir_key_table auth_table = {"auth of a test", auth_rows,
                                          sizeof auth_rows / sizeof auth_rows[0]};

static const weir_shape bool_shape = {.form = WEIR_SHAPE_SCALAR, .type = WEIR_KEY_BOOL};
static const weir_shape sends_shape = {
    .form = WEIR_SHAPE_LIST, .of = &weir_frame_shape, .may_be_null = true};
static const weir_shape record_shape = {.form = WEIR_SHAPE_MAP, .of = &weir_any_shape};
static const weir_shape out_shape = {
    .form = WEIR_SHAPE_LIST, .of = &record_shape, .may_be_null = true};
static const weir_shape symbols_shape = {.form = WEIR_SHAPE_LIST, .of = &weir_text_shape};
static const weir_shape wanted_shape = {.form = WEIR_SHAPE_MAP, .of = &symbols_shape};
static const weir_shape fails_shape = {.form = WEIR_SHAPE_TABLE, .table = &fails_table};
static const weir_shape login_shape = {.form = WEIR_SHAPE_TABLE, .table = &auth_table};

static const weir_key_row test_rows[] = {
    {.name = "name",
     .type = WEIR_KEY_TEXT,
     .offset = offsetof(parts, name),
     .flags = WEIR_KEY_REQUIRED,
     .doc = "what the test is called, once in the spec"},
    {.name = "connection",
     .type = WEIR_KEY_READ,
     .read = read_connection,
     .shape = &weir_text_shape,
     .doc = "the connection that it is about; may be left out when there is one"},
    {.name = "in",
     .type = WEIR_KEY_READ,
     .read = keep_in,
     .shape = &weir_frames_shape,
     .doc = "a frame, or a list of frames: texts, {base64: TEXT}, {hex: TEXT}, {gzip: TEXT} "
            "(deflate, zlib), a text to be compressed, or {msgpack: JSON}; with its name "
            "{event: NAME, frame: ...}, of several parts {parts: [...]}"},
    {.name = "out",
     .type = WEIR_KEY_READ,
     .read = keep_out,
     .shape = &out_shape,
     .doc = "the records that they become; listed fields must match"},
    {.name = "exact",
     .type = WEIR_KEY_READ,
     .read = read_exact,
     .shape = &bool_shape,
     .doc = "true: all fields of the records are listed"},
    {.name = "fails",
     .type = WEIR_KEY_READ,
     .read = keep_fails,
     .shape = &fails_shape,
     .doc = "{stage, reason}: the frames must fail"},
    {.name = "subscribe",
     .type = WEIR_KEY_READ,
     .read = keep_subscribe,
     .shape = &wanted_shape,
     .doc = "stream: [symbol, ...]"},
    {.name = "unsubscribe",
     .type = WEIR_KEY_READ,
     .read = keep_unsubscribe,
     .shape = &wanted_shape,
     .doc = "stream: [symbol, ...]"},
    {.name = "auth",
     .type = WEIR_KEY_READ,
     .read = keep_auth,
     .shape = &login_shape,
     .doc = "{credentials, now}: the login, with credentials that are not real and a fixed clock"},
    {.name = "now",
     .type = WEIR_KEY_READ,
     .read = keep_now,
     .shape = &weir_text_shape,
     .doc = "the clock, and the time at which frames are received"},
    {.name = "sends",
     .type = WEIR_KEY_READ,
     .read = keep_sends,
     .shape = &sends_shape,
     .doc = "the messages that are sent, in order: texts, {base64: TEXT} or {hex: TEXT}; with "
            "the name that they must have {event: NAME, frame: ...}"},
    {.name = "headers",
     .type = WEIR_KEY_READ,
     .read = keep_headers,
     .shape = &texts_shape,
     .doc = "headers of the handshake"},
    {.name = "url",
     .type = WEIR_KEY_READ,
     .read = read_url,
     .shape = &weir_text_shape,
     .doc = "what is connected to, query included"},
};
static const weir_key_table test_table = {"a test", test_rows,
                                          sizeof test_rows / sizeof test_rows[0]};

/* ------------------------------------------------------------------ frames */

static void check_json(weir_reader *reader, const weir_test_frame *frame)
{
    weir_value value;
    weir_json_error error = {0};
    if (frame->is_binary || frame->has_parts || weir_json_parse(frame->bytes, &value, &error))
        return;
    const weir_node *inner =
        frame->node->kind == WEIR_NODE_MAP ? weir_node_get(frame->node, "frame") : NULL;
    size_t at = error.offset;
    if (at > 0 && at >= frame->bytes.len)
        at = frame->bytes.len - 1;
    weir_diag_error(reader->diags, weir_node_text_place(inner ? inner : frame->node, at, 1),
                    "not JSON: %s", error.text);
}

/* ------------------------------------------------------------------ in, out, fails */

static void read_fails(weir_reader *reader, weir_node *node, weir_test_fails *fails)
{
    fails_parts found = {.stage = -1};
    weir_read_map(reader, node, &fails_table, &found);
    *fails = (weir_test_fails){true, found.stage, found.reason};
}

static bool is_given(const weir_node *node)
{
    return node && !(node->kind == WEIR_NODE_SCALAR && node->type == WEIR_SCALAR_NULL);
}

static weir_str stream_at(const void *user, size_t index)
{
    return ((const weir_connection_spec *)user)->streams[index].name;
}

static weir_str channel_at(const void *user, size_t index)
{
    (void)user;
    return weir_str_of(weir_channel_name((weir_channel)index));
}

static void check_record(weir_reader *reader, const weir_connection_spec *connection,
                         const weir_node *record)
{
    if (record->kind != WEIR_NODE_MAP) {
        weir_diag_error(reader->diags, record->place, "a record in 'out' is a map, not %s",
                        weir_node_describe(record));
        return;
    }
    const weir_node *channel = weir_node_get(record, "channel");
    const weir_node *stream = weir_node_get(record, "stream");
    if (channel && weir_channel_from_name(channel->text) == WEIR_CHANNEL_COUNT)
        weir_read_unknown(reader, channel->place, "channel", channel->text, WEIR_CHANNEL_COUNT,
                          channel_at, NULL);
    if (stream && !weir_connection_stream(connection, stream->text))
        weir_read_unknown(reader, stream->place, "stream", stream->text, connection->stream_count,
                          stream_at, connection);
}

static void read_out(weir_reader *reader, const weir_connection_spec *connection,
                     const weir_node *node, weir_test_spec *test)
{
    if (!is_given(node))
        return;
    if (node->kind != WEIR_NODE_LIST) {
        weir_read_mismatch(reader, node, "out", "a list of records");
        return;
    }
    for (size_t i = 0; i < node->count; i++)
        check_record(reader, connection, node->items[i]);
    test->out = node;
}

static void read_records_test(weir_reader *reader, const weir_connection_spec *connection,
                              const parts *p, weir_test_spec *test)
{
    test->is_exact = p->is_exact;
    if (p->fails)
        read_fails(reader, p->fails, &test->fails);
    read_out(reader, connection, p->out, test);
    if (!weir_read_frames(reader, p->in, "in", &test->frames, &test->frame_count))
        return;
    const bool hears_by_name = (connection->traits & WEIR_BACKEND_NAMES) &&
                               (!connection->has_router || connection->events);
    for (size_t i = 0; hears_by_name && i < test->frame_count; i++) {
        if (!test->frames[i].name.ptr)
            weir_diag_error(
                reader->diags, test->frames[i].node->place,
                "frames of this connection are told apart by their names: write {event: "
                "NAME, frame: ...}");
    }
    const bool has_function = connection->hooks.on_message.node || connection->preprocess.node ||
                              connection->decode.node; /* which may make JSON of anything */
    const bool is_json = connection->format == WEIR_PARSER_JSON && !has_function &&
                         connection->compression == WEIR_COMPRESSION_NONE;
    /* -1, any stage, included. */
    const bool may_be_broken = test->fails.is_set && test->fails.stage <= STAGE_DECODE;
    for (size_t i = 0; is_json && !may_be_broken && i < test->frame_count; i++)
        check_json(reader, &test->frames[i]);
}

/* ------------------------------------------------------------------ subscribe, unsubscribe */

/* The message of a stream: by its name, else its channel, else `all`. */
static const weir_template_spec *find_message(const weir_template_spec *list, size_t count,
                                              const weir_stream_spec *stream)
{
    const weir_str keys[] = {stream->name, weir_str_of(weir_channel_name(stream->channel)),
                             WEIR_STR("all")};
    for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
        for (size_t i = 0; i < count; i++) {
            if (weir_str_eq(list[i].key, keys[k]))
                return &list[i];
        }
    }
    return NULL;
}

static void read_symbols(weir_reader *reader, const weir_node *node, weir_test_stream *stream)
{
    if (node->kind != WEIR_NODE_LIST) {
        weir_read_mismatch(reader, node, "subscribe", "a list of symbols");
        return;
    }
    weir_str *symbols = weir_read_array(reader, node->count, sizeof *symbols);
    for (size_t i = 0; symbols && i < node->count; i++) {
        if (weir_read_text(reader, node->items[i], "subscribe", &symbols[stream->symbol_count]))
            stream->symbol_count++;
    }
    stream->symbols = symbols;
}

/* False after a diagnostic; *is_json: what it sends is JSON. */
static bool find_stream(weir_reader *reader, const weir_connection_spec *connection,
                        const weir_node *key, bool unsubscribes, size_t *index, bool *is_json)
{
    const weir_stream_spec *stream = weir_connection_stream(connection, key->text);
    if (!stream) {
        weir_read_unknown(reader, key->place, "stream", key->text, connection->stream_count,
                          stream_at, connection);
        return false;
    }
    const weir_template_spec *message =
        unsubscribes ? find_message(connection->unsubscribe, connection->unsubscribe_count, stream)
                     : find_message(connection->subscribe, connection->subscribe_count, stream);
    if (!message) {
        weir_diag_error(reader->diags, key->place, "stream '%.*s' has no %s message",
                        WEIR_FMT(key->text), unsubscribes ? "unsubscribe" : "subscribe");
        return false;
    }
    *index = (size_t)(stream - connection->streams);
    for (const weir_message_spec *one = &message->message; one; one = one->next)
        *is_json &= one->format == WEIR_MESSAGE_JSON;
    return true;
}

static void read_streams_test(weir_reader *reader, const weir_connection_spec *connection,
                              const weir_node *node, weir_test_spec *test, bool *is_json)
{
    const bool unsubscribes = test->kind == WEIR_TEST_UNSUBSCRIBE;
    if (node->kind != WEIR_NODE_MAP) {
        weir_read_mismatch(reader, node, unsubscribes ? "unsubscribe" : "subscribe",
                           "a map of streams to symbols");
        return;
    }
    weir_test_stream *streams = weir_read_array(reader, node->count, sizeof *streams);
    for (size_t i = 0; streams && i < node->count; i++) {
        weir_test_stream *stream = &streams[test->stream_count];
        if (!find_stream(reader, connection, node->pairs[i].key, unsubscribes, &stream->stream,
                         is_json))
            continue;
        test->stream_count++;
        read_symbols(reader, node->pairs[i].value, stream);
    }
    test->streams = streams;
}

/* ------------------------------------------------------------------ auth */

static weir_str credential_at(const void *user, size_t index)
{
    return ((const weir_spec_model *)user)->credentials[index].name;
}

static void read_credentials(weir_reader *reader, const weir_node *node, weir_test_spec *test)
{
    const weir_spec_model *model = reader->model;
    if (node->kind != WEIR_NODE_MAP) {
        weir_read_mismatch(reader, node, "credentials", "a map of names to texts");
        return;
    }
    weir_str *values = weir_read_array(reader, model->credential_count, sizeof *values);
    for (size_t i = 0; values && i < node->count; i++) {
        const weir_pair *pair = &node->pairs[i];
        size_t at = 0;
        while (at < model->credential_count &&
               !weir_str_eq(model->credentials[at].name, pair->key->text))
            at++;
        if (at == model->credential_count)
            weir_read_unknown(reader, pair->key->place, "credential", pair->key->text,
                              model->credential_count, credential_at, model);
        else
            weir_read_text(reader, pair->value, "credentials", &values[at]);
    }
    test->credentials = values;
}

static void read_now(weir_reader *reader, const weir_node *node, weir_test_spec *test)
{
    if (test->now_ns != 0)
        weir_diag_error(reader->diags, node->place, "'now' is given twice");
    else if (node->kind != WEIR_NODE_SCALAR || !weir_time_parse(node->text, &test->now_ns, NULL) ||
             test->now_ns == 0)
        weir_diag_error(reader->diags, node->place,
                        "'now' is a time, such as 2026-11-20T00:00:00Z");
}

static void read_auth(weir_reader *reader, weir_node *node, weir_test_spec *test)
{
    auth_parts found = {0};
    weir_read_map(reader, node, &auth_table, &found);
    if (found.credentials)
        read_credentials(reader, found.credentials, test);
    if (found.now)
        read_now(reader, found.now, test);
}

static void check_login(weir_reader *reader, const weir_connection_spec *connection, const parts *p,
                        weir_test_spec *test)
{
    const weir_node *headers = p->headers;
    if (is_given(p->sends) && !connection->auth.has_first_message && test->send_count > 0)
        weir_diag_error(reader->diags, p->sends->place, "connection '%.*s' sends no login message",
                        WEIR_FMT(connection->name));
    if (!headers)
        return;
    if (headers->kind != WEIR_NODE_MAP) {
        weir_read_mismatch(reader, headers, "headers", "a map of names to texts");
        return;
    }
    if (!(connection->auth.modes & WEIR_AUTH_HEADERS))
        weir_diag_error(reader->diags, headers->place, "connection '%.*s' has no headers to send",
                        WEIR_FMT(connection->name));
    for (size_t i = 0; i < headers->count; i++) {
        weir_str ignored;
        weir_read_text(reader, headers->pairs[i].value, "headers", &ignored);
    }
    test->headers = headers;
}

/* ------------------------------------------------------------------ a block */

static weir_str connection_at(const void *user, size_t index)
{
    return ((const weir_spec_model *)user)->connections[index].name;
}

static const weir_connection_spec *find_connection(weir_reader *reader, const weir_node *block,
                                                   const parts *p, weir_test_spec *test)
{
    const weir_spec_model *model = reader->model;
    if (model->connection_count == 0)
        return NULL; /* told already */
    if (!p->connection_node && model->connection_count > 1)
        weir_diag_error(reader->diags, block->place,
                        "the spec has several connections: a test needs the key 'connection'");
    for (size_t i = 0; i < model->connection_count; i++) {
        test->connection = i;
        if (p->connection_node ? weir_str_eq(model->connections[i].name, p->connection)
                               : model->connection_count == 1)
            return &model->connections[i];
    }
    if (p->connection_node && p->connection.len > 0)
        weir_read_unknown(reader, p->connection_node->place, "connection", p->connection,
                          model->connection_count, connection_at, model);
    return NULL;
}

/* What the block is about. False after a diagnostic. */
static bool find_kind(weir_reader *reader, const weir_node *block, const parts *p,
                      weir_test_spec *test)
{
    const bool given[] = {p->in != NULL, p->subscribe != NULL, p->unsubscribe != NULL};
    size_t count = 0;
    test->kind = WEIR_TEST_LOGIN;
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++) {
        count += given[i];
        if (given[i])
            test->kind = (weir_test_kind)i;
    }
    if (count > 1)
        weir_diag_error(reader->diags, block->place,
                        "a test has one of 'in', 'subscribe' and 'unsubscribe'");
    else if (count == 0 && !p->auth)
        weir_diag_error(reader->diags, block->place,
                        "a test needs one of 'in', 'subscribe', 'unsubscribe' and 'auth'");
    return count == 1 || (count == 0 && p->auth);
}

/* No key may stand there without effect. */
static void check_keys(weir_reader *reader, const parts *p, const weir_test_spec *test)
{
    const bool is_records = test->kind == WEIR_TEST_RECORDS;
    const bool is_login = test->kind == WEIR_TEST_LOGIN;
    const struct {
        const char *key;
        const weir_node *node;
        bool fits;
        const char *with;
    } rows[] = {
        {"out", p->out, is_records, "'in'"},
        {"exact", p->exact_node, is_records, "'in'"},
        {"fails", p->fails, is_records, "'in'"},
        {"sends", p->sends, !is_records, "'subscribe', 'unsubscribe' and 'auth'"},
        {"headers", p->headers, is_login, "a test of the login ('auth')"},
        {"url", p->url_node, is_login, "a test of the login ('auth')"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].node && !rows[i].fits)
            weir_diag_error(reader->diags, rows[i].node->place, "'%s' goes with %s", rows[i].key,
                            rows[i].with);
    }
}

static void read_sends(weir_reader *reader, const weir_node *node, weir_test_spec *test,
                       bool is_json)
{
    if (!is_given(node))
        return;
    if (node->kind != WEIR_NODE_LIST) {
        weir_read_mismatch(reader, node, "sends", "a list of messages");
        return;
    }
    test->sends_node = node;
    if (!weir_read_frames(reader, node, "sends", &test->sends, &test->send_count))
        return;
    for (size_t i = 0; is_json && i < test->send_count; i++)
        check_json(reader, &test->sends[i]);
}

static void read_block(weir_reader *reader, weir_node *block, weir_test_spec *test)
{
    parts p = {0};
    test->node = block;
    weir_read_map(reader, block, &test_table, &p);
    test->name = p.name;
    if (block->kind != WEIR_NODE_MAP || !find_kind(reader, block, &p, test))
        return;
    const weir_connection_spec *connection = find_connection(reader, block, &p, test);
    check_keys(reader, &p, test);
    if (p.auth)
        read_auth(reader, p.auth, test);
    if (p.now)
        read_now(reader, p.now, test);
    if (!connection)
        return;
    bool is_json = true;
    if (test->kind == WEIR_TEST_RECORDS) {
        read_records_test(reader, connection, &p, test);
        return;
    }
    if (test->kind == WEIR_TEST_LOGIN)
        is_json = connection->auth.first_message.format == WEIR_MESSAGE_JSON;
    else
        read_streams_test(reader, connection, p.subscribe ? p.subscribe : p.unsubscribe, test,
                          &is_json);
    read_sends(reader, p.sends, test, is_json);
    test->url = p.url;
    if (test->kind == WEIR_TEST_LOGIN)
        check_login(reader, connection, &p, test);
}

static void check_name(weir_reader *reader, weir_map *names, const weir_test_spec *test)
{
    const weir_node *name = weir_node_get(test->node, "name");
    if (!name || test->name.len == 0)
        return;
    const weir_node *twin = weir_map_get(names, test->name);
    if (twin)
        weir_diag_error(reader->diags, name->place, "a test called '%.*s' is already in line %u",
                        WEIR_FMT(test->name), twin->place.line);
    else
        weir_map_put(names, test->name, (void *)name);
}

static const weir_shape test_shape = {.form = WEIR_SHAPE_TABLE, .table = &test_table};
const weir_shape weir_tests_shape = {
    .form = WEIR_SHAPE_LIST, .of = &test_shape, .may_be_null = true};

void weir_read_tests(weir_reader *reader)
{
    weir_spec_model *model = reader->model;
    const weir_node *node = model->tests_node;
    if (!is_given(node)) {
        model->tests_node = NULL;
        return;
    }
    if (node->kind != WEIR_NODE_LIST) {
        weir_read_mismatch(reader, node, "tests", "a list of tests");
        return;
    }
    weir_map names = {0};
    weir_test_spec *tests = weir_read_array(reader, node->count, sizeof *tests);
    for (size_t i = 0; tests && i < node->count; i++) {
        read_block(reader, node->items[i], &tests[i]);
        check_name(reader, &names, &tests[i]);
    }
    weir_map_fini(&names);
    model->tests = tests;
    model->test_count = tests ? node->count : 0;
}
