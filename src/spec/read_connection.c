/* SPDX-License-Identifier: MIT */
/* `connections:`: one table per part (backend, parser, router, converters, reconnect), read into
 * weir_connection_spec. */
#include "spec/layout.h"
#include "spec/rows.h"
#include "util/time.h"

/* ------------------------------------------------------------------ backend */

typedef struct backend_parts {
    weir_str type;
    weir_node *type_node;
    weir_node *options;
} backend_parts;

static void read_backend_type(weir_reader *reader, weir_node *node, void *into)
{
    backend_parts *parts = into;
    if (weir_read_text(reader, node, "type", &parts->type))
        parts->type_node = node;
}

static void keep_options(weir_reader *reader, weir_node *node, void *into)
{
    (void)reader;
    ((backend_parts *)into)->options = node;
}

static const weir_shape backend_name_shape = {.form = WEIR_SHAPE_BACKEND};
static const weir_shape options_shape = {.form = WEIR_SHAPE_OPTIONS};

static const weir_key_row backend_rows[] = {
    {.name = "type",
     .type = WEIR_KEY_READ,
     .read = read_backend_type,
     .shape = &backend_name_shape,
     .flags = WEIR_KEY_REQUIRED,
     .doc = "what moves the bytes"},
    {.name = "options",
     .type = WEIR_KEY_READ,
     .read = keep_options,
     .shape = &options_shape,
     .doc = "by the backend's own table"},
};
static const weir_key_table backend_table = {"backend", backend_rows, 2};

static const weir_shape backend_map_shape = {.form = WEIR_SHAPE_TABLE, .table = &backend_table};
static const weir_shape backend_shape = {
    .form = WEIR_SHAPE_EITHER, .of = &backend_name_shape, .other = &backend_map_shape};

static weir_str backend_at(const void *user, size_t index)
{
    return weir_str_of(((const weir_spec_registry *)user)->backends[index].name);
}

static const weir_backend_rows *find_backend(const weir_spec_registry *registry, weir_str name)
{
    for (size_t i = 0; registry && i < registry->count; i++) {
        if (weir_str_is(name, registry->backends[i].name))
            return &registry->backends[i];
    }
    return NULL;
}

static void use_backend(weir_reader *reader, weir_connection_spec *connection,
                        const backend_parts *parts)
{
    const weir_backend_rows *backend = find_backend(reader->registry, parts->type);
    connection->backend = parts->type;
    connection->traits = backend ? backend->traits : 0;
    if (backend) {
        weir_read_options(reader, parts->options, backend->rows, backend->count,
                          &connection->options);
        return;
    }
    weir_read_unknown(reader, parts->type_node->place, "backend", parts->type,
                      reader->registry ? reader->registry->count : 0, backend_at, reader->registry);
}

static void read_backend(weir_reader *reader, weir_node *node, void *into)
{
    weir_connection_spec *connection = into;
    backend_parts parts = {0};
    if (node->kind == WEIR_NODE_SCALAR)
        read_backend_type(reader, node, &parts);
    else
        weir_read_map(reader, node, &backend_table, &parts);
    connection->backend_node = node;
    if (parts.type_node)
        use_backend(reader, connection, &parts);
}

/* ------------------------------------------------------------------ streams */

static const char *const channels[] = {"data",    "quote",     "order", "position",
                                       "account", "heartbeat", NULL};
static const weir_shape channel_shape = {
    .form = WEIR_SHAPE_SCALAR, .type = WEIR_KEY_ENUM, .choices = channels};
static const weir_shape channel_list_shape = {
    .form = WEIR_SHAPE_LIST, .of = &channel_shape, .least = 1};
static const weir_shape stream_map_shape = {.form = WEIR_SHAPE_MAP,
                                            .of = &channel_shape,
                                            .pattern = "^(?!(all|drop)$)[a-z0-9_-]+$",
                                            .least = 1};
static const weir_shape streams_shape = {.form = WEIR_SHAPE_EITHER,
                                         .of = &channel_list_shape,
                                         .other = &stream_map_shape,
                                         .words =
                                             "a list of channels or a map of streams to channels"};

static weir_str channel_at(const void *user, size_t index)
{
    (void)user;
    return weir_str_of(weir_channel_name((weir_channel)index));
}

static void read_stream(weir_reader *reader, const weir_node *name, const weir_node *channel,
                        weir_stream_spec *stream)
{
    stream->node = name;
    stream->channel = WEIR_CHANNEL_COUNT;
    weir_read_name(reader, name, "streams", &stream->name);
    if (weir_str_is(stream->name, "all") || weir_str_is(stream->name, "drop"))
        weir_diag_error(reader->diags, name->place,
                        "a stream cannot be called '%.*s': the word has a meaning of its own",
                        WEIR_FMT(stream->name));
    weir_str text;
    if (!weir_read_text(reader, channel, "streams", &text))
        return;
    stream->channel = weir_channel_from_name(text);
    if (stream->channel == WEIR_CHANNEL_COUNT)
        weir_read_unknown(reader, channel->place, "channel", text, WEIR_CHANNEL_COUNT, channel_at,
                          NULL);
}

static void read_streams(weir_reader *reader, weir_node *node, void *into)
{
    weir_connection_spec *connection = into;
    weir_stream_spec *streams = weir_read_array(reader, node->count, sizeof *streams);
    if (!streams)
        return;
    for (size_t i = 0; i < node->count; i++) {
        const bool is_list = node->kind == WEIR_NODE_LIST;
        const weir_node *name = is_list ? node->items[i] : node->pairs[i].key;
        read_stream(reader, name, is_list ? name : node->pairs[i].value, &streams[i]);
        for (size_t k = 0; k < i; k++) {
            if (weir_str_eq(streams[i].name, streams[k].name))
                weir_diag_error(reader->diags, name->place, "stream '%.*s' is named twice",
                                WEIR_FMT(streams[i].name));
        }
    }
    connection->streams = streams;
    connection->stream_count = node->count;
}

static const weir_shape events_shape = {.form = WEIR_SHAPE_MAP,
                                        .of = &weir_text_shape,
                                        .least = 1,
                                        .words = "a map of streams to event names"};

/* Kept until the streams are known: keys may come in any order. */
static void keep_events(weir_reader *reader, weir_node *node, void *into)
{
    (void)reader;
    ((weir_connection_spec *)into)->events = node;
}

/* ------------------------------------------------------------------ parser and router */

static const char *const parser_formats[] = {"json", "text", "binary", "msgpack", "protobuf", NULL};
static const char *const compressions[] = {"none", "gzip", "deflate", "zlib", "auto", NULL};
static const char *const frames[] = {"record", "array", "auto", NULL};

enum { INFLATE_RATIO_MOST = 100000, INFLATE_MAX_MOST = 1024 * 1024 * 1024 };

static void read_inflate_ratio(weir_reader *reader, weir_node *node, void *into)
{
    weir_value value;
    if (node->kind != WEIR_NODE_SCALAR || node->type != WEIR_SCALAR_INT ||
        !weir_read_value(reader, node, &value))
        weir_read_mismatch(reader, node, "inflate_ratio", "a number");
    else if (value.kind != WEIR_INT || value.i < 0 || value.i > INFLATE_RATIO_MOST)
        weir_diag_error(reader->diags, node->place, "'inflate_ratio' must be from 0 to %d",
                        INFLATE_RATIO_MOST);
    else
        ((weir_connection_spec *)into)->inflate_limits.max_ratio = (size_t)value.i;
}

static void read_inflate_max(weir_reader *reader, weir_node *node, void *into)
{
    uint64_t size;
    if (node->kind != WEIR_NODE_SCALAR || !weir_size_parse(node->text, &size))
        weir_read_mismatch(reader, node, "inflate_max", "a size (100, 16KiB, 64MiB)");
    else if (size == 0 || size > INFLATE_MAX_MOST)
        weir_diag_error(reader->diags, node->place, "'inflate_max' must be from 1 byte to 1GiB");
    else
        ((weir_connection_spec *)into)->inflate_limits.max_len = (size_t)size;
}

static const weir_shape inflate_ratio_shape = {
    .form = WEIR_SHAPE_SCALAR, .type = WEIR_KEY_INT, .most = INFLATE_RATIO_MOST};
static const weir_shape size_shape = {.form = WEIR_SHAPE_WORD};

static const weir_key_row parser_rows[] = {
    {.name = "format",
     .type = WEIR_KEY_ENUM,
     .offset = offsetof(weir_connection_spec, format),
     .choices = parser_formats,
     .doc = "what a message is: a JSON text (default `json`), a text, bytes, MessagePack, "
            "Protocol Buffers"},
    {.name = "compression",
     .type = WEIR_KEY_ENUM,
     .offset = offsetof(weir_connection_spec, compression),
     .choices = compressions,
     .doc = "of each message (default `none`); `auto` looks at its first bytes"},
    {.name = "inflate_ratio",
     .type = WEIR_KEY_READ,
     .read = read_inflate_ratio,
     .shape = &inflate_ratio_shape,
     .doc = "most bytes that one compressed byte may become, beyond 64 KiB; 0 is no cap (default "
            "1000)"},
    {.name = "inflate_max",
     .type = WEIR_KEY_READ,
     .read = read_inflate_max,
     .shape = &size_shape,
     .doc = "most bytes that one message may become (default `64MiB`)"},
    {.name = "protobuf",
     .type = WEIR_KEY_READ,
     .read = weir_read_protobuf,
     .shape = &weir_protobuf_shape,
     .doc = "with `format: protobuf`: what the messages are"},
    {.name = "payload_path",
     .type = WEIR_KEY_EXPR,
     .offset = offsetof(weir_connection_spec, payload_path),
     .doc = "expression over `data`: where the records are in the message"},
    {.name = "preprocess",
     .type = WEIR_KEY_FUNCTION,
     .offset = offsetof(weir_connection_spec, preprocess),
     .use = WEIR_EXTENSION_PREPROCESSOR,
     .doc = "gives the bytes to go on with, after decompression"},
    {.name = "decode",
     .type = WEIR_KEY_FUNCTION,
     .offset = offsetof(weir_connection_spec, decode),
     .use = WEIR_EXTENSION_DECODER,
     .doc = "makes `data` of the bytes, whatever the `format`"},
    {.name = "layout",
     .type = WEIR_KEY_READ,
     .read = weir_read_layout,
     .shape = &weir_layout_shape,
     .doc = "with `format: binary`: which bytes are which fields"},
};
static const weir_key_table parser_table = {"parser", parser_rows,
                                            sizeof parser_rows / sizeof parser_rows[0]};

static void read_rule_targets(weir_reader *reader, weir_node *node, void *into)
{
    weir_rule_spec *rule = into;
    const bool is_list = node->kind == WEIR_NODE_LIST;
    const size_t count = is_list ? node->count : 1;
    weir_text *targets = weir_read_array(reader, count, sizeof *targets);
    if (!targets)
        return;
    if (is_list && count == 0)
        weir_read_mismatch(reader, node, "channel", "a stream, a channel, a list of them, or drop");
    for (size_t i = 0; i < count; i++) {
        const weir_node *target = is_list ? node->items[i] : node;
        targets[i].node = target;
        weir_read_text(reader, target, "channel", &targets[i].text);
        rule->is_drop = rule->is_drop || weir_str_is(targets[i].text, "drop");
    }
    if (rule->is_drop && count > 1)
        weir_diag_error(reader->diags, node->place, "'drop' stands alone, not in a list");
    rule->targets = targets;
    rule->target_count = rule->is_drop ? 0 : count;
}

static const weir_shape target_list_shape = {
    .form = WEIR_SHAPE_LIST, .of = &weir_text_shape, .least = 1};
static const weir_shape targets_shape = {
    .form = WEIR_SHAPE_EITHER, .of = &weir_text_shape, .other = &target_list_shape};

static const weir_key_row rule_rows[] = {
    {.name = "channel",
     .type = WEIR_KEY_READ,
     .read = read_rule_targets,
     .shape = &targets_shape,
     .flags = WEIR_KEY_REQUIRED,
     .doc = "stream or channel, a list of them, or `drop`"},
    {.name = "match",
     .type = WEIR_KEY_EXPR,
     .offset = offsetof(weir_rule_spec, match),
     .flags = WEIR_KEY_REQUIRED,
     .doc = "expression over `data`; the first true one wins"},
};
static const weir_key_table rule_table = {"a router rule", rule_rows,
                                          sizeof rule_rows / sizeof rule_rows[0]};

static void read_rules(weir_reader *reader, weir_node *node, void *into)
{
    weir_connection_spec *connection = into;
    weir_rule_spec *rules = weir_read_array(reader, node->count, sizeof *rules);
    if (!rules)
        return;
    for (size_t i = 0; i < node->count; i++) {
        rules[i].node = node->items[i];
        weir_read_map(reader, node->items[i], &rule_table, &rules[i]);
    }
    connection->rules = rules;
    connection->rule_count = node->count;
}

static void read_default_channel(weir_reader *reader, weir_node *node, void *into)
{
    weir_connection_spec *connection = into;
    connection->default_channel.node = node;
    weir_read_text(reader, node, "default_channel", &connection->default_channel.text);
}

static const weir_shape rule_shape = {.form = WEIR_SHAPE_TABLE, .table = &rule_table};
static const weir_shape rules_shape = {
    .form = WEIR_SHAPE_LIST, .of = &rule_shape, .words = "a list of rules"};

static const weir_key_row router_rows[] = {
    {.name = "enabled",
     .type = WEIR_KEY_BOOL,
     .offset = offsetof(weir_connection_spec, router_enabled),
     .doc = "`false`: everything goes to the default channel (default `true`)"},
    {.name = "rules",
     .type = WEIR_KEY_READ,
     .read = read_rules,
     .shape = &rules_shape,
     .doc = "tried in this order"},
    {.name = "default_channel",
     .type = WEIR_KEY_READ,
     .read = read_default_channel,
     .shape = &weir_text_shape,
     .doc = "stream or channel for what no rule matches, or `drop`"},
};
static const weir_key_table router_table = {"router", router_rows,
                                            sizeof router_rows / sizeof router_rows[0]};

static void read_router(weir_reader *reader, weir_node *node, void *into)
{
    weir_connection_spec *connection = into;
    connection->has_router = true;
    connection->router_enabled = true;
    connection->router_node = node;
    weir_read_map(reader, node, &router_table, connection);
}

/* ------------------------------------------------------------------ converters */

/* What every record carries: a field of the same name would be a second one in its JSON and CSV. */
static const char *const carried[] = {"channel",  "stream", "connection",
                                      "received", "seq",    "frame"};

/* A column is called by the names on the way to it with dots between, and written as that nests. */
static void refuse_dots(weir_reader *reader, const weir_field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const weir_field *field = &fields[i];
        if (field->name.len > 0 && memchr(field->name.ptr, '.', field->name.len))
            weir_diag_error(reader->diags, field->node->place,
                            "a field's name has no '.'; for an object in the record nest the field "
                            "in a map");
        refuse_dots(reader, field->fields, field->field_count);
    }
}

static void read_rule_fields(weir_reader *reader, weir_node *node, void *into)
{
    weir_converter_rule *rule = into;
    weir_read_fields(reader, node, &rule->fields, &rule->field_count);
    refuse_dots(reader, rule->fields, rule->field_count);
    for (size_t i = 0; i < rule->field_count; i++) {
        const weir_field *field = &rule->fields[i];
        for (size_t k = 0; k < sizeof carried / sizeof *carried; k++) {
            if (weir_str_is(field->name, carried[k]))
                weir_diag_error(reader->diags, field->node->place,
                                "every record has a '%s' of its own; give the field another name",
                                carried[k]);
        }
    }
}

static const weir_key_row converter_rows[] = {
    {.name = "condition",
     .type = WEIR_KEY_EXPR,
     .offset = offsetof(weir_converter_rule, condition),
     .doc = "the first rule whose condition holds is used"},
    {.name = "each",
     .type = WEIR_KEY_EXPR,
     .offset = offsetof(weir_converter_rule, each),
     .doc = "one record per element of this list, bound to `item`"},
    {.name = "fields",
     .type = WEIR_KEY_READ,
     .read = read_rule_fields,
     .shape = &weir_fields_shape,
     .flags = WEIR_KEY_EITHER,
     .doc = "the record's fields, in output order"},
    {.name = "custom",
     .type = WEIR_KEY_FUNCTION,
     .offset = offsetof(weir_converter_rule, custom),
     .use = WEIR_EXTENSION_CONVERTER,
     .flags = WEIR_KEY_EITHER,
     .doc = "converts the whole record, instead of `fields`"},
};
static const weir_key_table converter_table = {"a converter rule", converter_rows,
                                               sizeof converter_rows / sizeof converter_rows[0]};

static const weir_shape converter_shape = {.form = WEIR_SHAPE_TABLE, .table = &converter_table};
static const weir_shape converter_list_shape = {
    .form = WEIR_SHAPE_LIST, .of = &converter_shape, .least = 1};
static const weir_shape converter_rules_shape = {
    .form = WEIR_SHAPE_EITHER, .of = &converter_list_shape, .other = &converter_shape};
static const weir_shape converters_shape = {
    .form = WEIR_SHAPE_MAP, .of = &converter_rules_shape, .words = "a map of streams to rules"};

static void read_converter(weir_reader *reader, weir_node *node, weir_converter_spec *converter)
{
    const bool is_list = node->kind == WEIR_NODE_LIST;
    const size_t count = is_list ? node->count : 1;
    weir_converter_rule *rules = weir_read_array(reader, count, sizeof *rules);
    if (!rules)
        return;
    if (count == 0)
        weir_read_mismatch(reader, node, "converters", "at least one rule");
    for (size_t i = 0; i < count; i++) {
        rules[i].node = is_list ? node->items[i] : node;
        weir_read_map(reader, is_list ? node->items[i] : node, &converter_table, &rules[i]);
        if (rules[i].custom.node && rules[i].each.node)
            weir_diag_error(
                reader->diags, rules[i].each.node->place,
                "'each' goes with 'fields': a custom converter may give a list of records");
    }
    converter->rules = rules;
    converter->rule_count = count;
}

static void read_converters(weir_reader *reader, weir_node *node, void *into)
{
    weir_connection_spec *connection = into;
    weir_converter_spec *converters = weir_read_array(reader, node->count, sizeof *converters);
    if (!converters)
        return;
    for (size_t i = 0; i < node->count; i++) {
        converters[i].key = node->pairs[i].key->text;
        converters[i].node = node->pairs[i].key;
        read_converter(reader, node->pairs[i].value, &converters[i]);
    }
    connection->converters = converters;
    connection->converter_count = node->count;
}

/* ------------------------------------------------------------------ reconnect */

static const char *const jitters[] = {"none", "full", NULL};

static void read_jitter(weir_reader *reader, weir_node *node, void *into)
{
    int choice = 1;
    if (weir_read_enum(reader, node, "jitter", jitters, &choice))
        ((weir_reconnect_spec *)into)->full_jitter = choice == 1;
}

static void read_attempts(weir_reader *reader, weir_node *node, void *into)
{
    weir_reconnect_spec *reconnect = into;
    weir_value value;
    if (node->kind == WEIR_NODE_SCALAR && weir_str_is(node->text, "unlimited")) {
        reconnect->attempts = -1;
    } else if (node->kind == WEIR_NODE_SCALAR && node->type == WEIR_SCALAR_INT &&
               weir_read_value(reader, node, &value) && value.i >= 0) {
        reconnect->attempts = value.i;
    } else {
        weir_read_mismatch(reader, node, "attempts", "a number of attempts or 'unlimited'");
    }
}

static const char *const unlimited[] = {"unlimited", NULL};
static const weir_shape jitter_shape = {
    .form = WEIR_SHAPE_SCALAR, .type = WEIR_KEY_ENUM, .choices = jitters};
static const weir_shape number_shape = {.form = WEIR_SHAPE_SCALAR, .type = WEIR_KEY_INT};
static const weir_shape unlimited_shape = {
    .form = WEIR_SHAPE_SCALAR, .type = WEIR_KEY_ENUM, .choices = unlimited};
static const weir_shape attempts_shape = {
    .form = WEIR_SHAPE_EITHER, .of = &number_shape, .other = &unlimited_shape};

static const weir_key_row reconnect_rows[] = {
    {.name = "initial",
     .type = WEIR_KEY_DURATION,
     .offset = offsetof(weir_reconnect_spec, initial_ns),
     .doc = "the first wait (default `1s`)"},
    {.name = "max",
     .type = WEIR_KEY_DURATION,
     .offset = offsetof(weir_reconnect_spec, max_ns),
     .doc = "the longest wait (default `30s`)"},
    {.name = "factor",
     .type = WEIR_KEY_FLOAT,
     .offset = offsetof(weir_reconnect_spec, factor),
     .doc = "how many times longer each wait is, 1 to 1000 (default 2)"},
    {.name = "jitter",
     .type = WEIR_KEY_READ,
     .read = read_jitter,
     .shape = &jitter_shape,
     .doc = "`full` (default): each wait is a random part of its length; `none`: all of it"},
    {.name = "attempts",
     .type = WEIR_KEY_READ,
     .read = read_attempts,
     .shape = &attempts_shape,
     .doc = "how often in a row it is tried (default `unlimited`)"},
};
static const weir_key_table reconnect_table = {"reconnect", reconnect_rows,
                                               sizeof reconnect_rows / sizeof reconnect_rows[0]};

static void read_reconnect(weir_reader *reader, weir_node *node, void *into)
{
    weir_reconnect_spec *reconnect = &((weir_connection_spec *)into)->reconnect;
    weir_read_map(reader, node, &reconnect_table, reconnect);
    if (reconnect->initial_ns <= 0 || reconnect->max_ns < reconnect->initial_ns)
        weir_diag_error(reader->diags, node->place,
                        "reconnect: 'initial' must be more than 0 and 'max' not below it");
    if (!(reconnect->factor >= 1 && reconnect->factor <= 1000))
        weir_diag_error(reader->diags, node->place, "reconnect: 'factor' must be from 1 to 1000");
}

/* ------------------------------------------------------------------ the connection */

static const weir_shape parser_shape = {.form = WEIR_SHAPE_TABLE, .table = &parser_table};
static const weir_shape router_shape = {.form = WEIR_SHAPE_TABLE, .table = &router_table};
static const weir_shape reconnect_shape = {.form = WEIR_SHAPE_TABLE, .table = &reconnect_table};

static void read_parser(weir_reader *reader, weir_node *node, void *into)
{
    const weir_connection_spec *connection = into;
    weir_read_map(reader, node, &parser_table, into);
    if (connection->layout && connection->format != WEIR_PARSER_BINARY)
        weir_diag_error(reader->diags, connection->layout->node->place,
                        "a layout goes with 'format: binary'");
    if (connection->layout && connection->decode.node)
        weir_diag_error(reader->diags, connection->layout->node->place,
                        "a layout and a function that decodes do the same: write one of them");
    if (connection->format == WEIR_PARSER_PROTOBUF && !connection->protobuf_node)
        weir_diag_error(reader->diags, node->place,
                        "format: protobuf needs the key 'protobuf': {descriptor, message}");
    if (connection->format != WEIR_PARSER_PROTOBUF && connection->protobuf_node)
        weir_diag_error(reader->diags, connection->protobuf_node->place,
                        "'protobuf' goes with format: protobuf");
}

static void read_url(weir_reader *reader, weir_node *node, void *into)
{
    weir_text *url = &((weir_connection_spec *)into)->url;
    if (weir_read_text(reader, node, "url", &url->text))
        url->node = node;
}

static void read_exclusive(weir_reader *reader, weir_node *node, void *into)
{
    weir_text *key = &((weir_connection_spec *)into)->exclusive;
    if (weir_read_text(reader, node, "exclusive", &key->text) && key->text.len == 0)
        weir_diag_error(reader->diags, node->place,
                        "'exclusive' is the key that connections have to share; it cannot be "
                        "empty");
    else if (key->text.len > 0)
        key->node = node;
}

static const weir_key_row connection_rows[] = {
    {.name = "url",
     .type = WEIR_KEY_READ,
     .read = read_url,
     .shape = &weir_text_shape,
     .flags = WEIR_KEY_REQUIRED,
     .doc = "where to connect; it may hold `{vars.x}` and `{credentials.x}`"},
    {.name = "backend",
     .type = WEIR_KEY_READ,
     .read = read_backend,
     .shape = &backend_shape,
     .flags = WEIR_KEY_REQUIRED,
     .doc = "what moves the bytes, with its options"},
    {.name = "streams",
     .type = WEIR_KEY_READ,
     .read = read_streams,
     .shape = &streams_shape,
     .flags = WEIR_KEY_REQUIRED,
     .doc = "what can be subscribed: names, and the channel that each feeds"},
    {.name = "frame",
     .type = WEIR_KEY_ENUM,
     .offset = offsetof(weir_connection_spec, frame),
     .choices = frames,
     .doc = "`record` (default): a message is one record; `array`: a list of them; `auto`: a list "
            "of objects is taken apart, all else is one record"},
    {.name = "auth",
     .type = WEIR_KEY_READ,
     .read = weir_read_auth,
     .shape = &weir_auth_shape,
     .doc = "how it logs in, and what it waits for"},
    {.name = "subscribe",
     .type = WEIR_KEY_READ,
     .read = weir_read_subscribe,
     .shape = &weir_subscribe_shape,
     .doc = "messages that ask for streams"},
    {.name = "parser",
     .type = WEIR_KEY_READ,
     .read = read_parser,
     .shape = &parser_shape,
     .doc = "how a frame becomes `data`"},
    {.name = "router",
     .type = WEIR_KEY_READ,
     .read = read_router,
     .shape = &router_shape,
     .doc = "which stream a record belongs to"},
    {.name = "converters",
     .type = WEIR_KEY_READ,
     .read = read_converters,
     .shape = &converters_shape,
     .doc = "how a record gets its fields"},
    {.name = "reconnect",
     .type = WEIR_KEY_READ,
     .read = read_reconnect,
     .shape = &reconnect_shape,
     .doc = "how it comes back after a connection was lost"},
    {.name = "heartbeat",
     .type = WEIR_KEY_READ,
     .read = weir_read_heartbeat,
     .shape = &weir_heartbeat_shape,
     .doc = "messages that keep it alive, and answers to the venue's own"},
    {.name = "liveness",
     .type = WEIR_KEY_READ,
     .read = weir_read_liveness,
     .shape = &weir_liveness_shape,
     .doc = "how long silence may last"},
    {.name = "events",
     .type = WEIR_KEY_READ,
     .read = keep_events,
     .shape = &events_shape,
     .doc =
         "streams (or channels) to the names of their frames, for Socket.IO; a stream that is not "
         "named here listens to its own name"},
    {.name = "hooks",
     .type = WEIR_KEY_READ,
     .read = weir_read_hooks,
     .shape = &weir_hooks_shape,
     .doc = "functions of a plugin that are called at events"},
    {.name = "learn",
     .type = WEIR_KEY_READ,
     .read = weir_read_learn,
     .shape = &weir_learn_shape,
     .doc = "values kept from control messages, until the connection closes"},
    {.name = "roll",
     .type = WEIR_KEY_READ,
     .read = weir_read_roll,
     .shape = &weir_roll_shape,
     .doc = "when it is replaced by another connection, without a hole"},
    {.name = "sequence",
     .type = WEIR_KEY_READ,
     .read = weir_read_sequence,
     .shape = &weir_sequence_shape,
     .doc = "how records are numbered: by what it is seen that some are missing"},
    {.name = "dedupe",
     .type = WEIR_KEY_READ,
     .read = weir_read_dedupe,
     .shape = &weir_dedupe_shape,
     .doc = "by what a record is known that came before: it is left out"},
    {.name = "symbols",
     .type = WEIR_KEY_READ,
     .read = weir_read_symbols,
     .shape = &weir_symbols_shape,
     .doc = "how the venue writes symbols"},
    {.name = "connect_rate",
     .type = WEIR_KEY_READ,
     .read = weir_read_connect_rate,
     .shape = &weir_text_shape,
     .doc = "how many attempts to connect the host takes, of the whole process: `300/5m`"},
    {.name = "exclusive",
     .type = WEIR_KEY_READ,
     .read = read_exclusive,
     .shape = &weir_text_shape,
     .doc =
         "for venues that allow one connection per account: a text, such as "
         "`acme/{credentials.key}`; of two connections of a process with the same text the second "
         "one is refused"},
};
static const weir_key_table connection_table = {"a connection", connection_rows,
                                                sizeof connection_rows / sizeof connection_rows[0]};

static const weir_shape connection_shape = {.form = WEIR_SHAPE_TABLE, .table = &connection_table};
const weir_shape weir_connections_shape = {.form = WEIR_SHAPE_MAP,
                                           .of = &connection_shape,
                                           .pattern = "^[a-z0-9_-]+$",
                                           .least = 1,
                                           .words = "a map of at least one connection"};

static void set_defaults(weir_connection_spec *connection)
{
    connection->reconnect = (weir_reconnect_spec){.initial_ns = INT64_C(1000000000),
                                                  .max_ns = INT64_C(30000000000),
                                                  .factor = 2,
                                                  .full_jitter = true,
                                                  .attempts = -1};
    connection->inflate_limits =
        (weir_inflate_limits){.max_len = 64 * 1024 * 1024, .max_ratio = 1000};
    connection->heartbeat.timeout_ns = 10 * WEIR_NS_PER_S;
    connection->heartbeat.idle_ns = 30 * WEIR_NS_PER_S;
}

void weir_read_connections(weir_reader *reader, weir_node *node, void *model)
{
    weir_spec_model *spec = model;
    weir_connection_spec *list = weir_read_array(reader, node->count, sizeof *list);
    if (!list)
        return;
    for (size_t i = 0; i < node->count; i++) {
        list[i].node = node->pairs[i].key;
        set_defaults(&list[i]);
        weir_read_name(reader, node->pairs[i].key, "connections", &list[i].name);
        weir_read_map(reader, node->pairs[i].value, &connection_table, &list[i]);
        weir_check_connection(reader, &list[i]);
    }
    spec->connections = list;
    spec->connection_count = node->count;
}
