/* SPDX-License-Identifier: MIT */
/*
 * Messages out (SPEC.md 5): `format` with its own key - json: {fields: ...} or json: EXPR, text:
 * "..." with tokens, bytes: EXPR, msgpack as json. `format` may be left out where the key tells it.
 */
#include <assert.h>

#include "spec/rows.h"

static const char *const formats[] = {"json", "text", "binary", "msgpack", "topics", NULL};

typedef struct parts {
    int format; /* -1: not given */
    weir_node *json;
    weir_node *text;
    weir_node *bytes;
    weir_node *msgpack;
    weir_node *encoder;
    weir_node *tokens;
    weir_node *event;
    weir_node *topics;
} parts;

typedef struct fields_holder {
    const weir_field *fields;
    size_t count;
    weir_text custom; /* of json */
} fields_holder;

static void read_fields_key(weir_reader *reader, weir_node *node, void *into)
{
    fields_holder *holder = into;
    weir_read_fields(reader, node, &holder->fields, &holder->count);
}

static const weir_key_row json_rows[] = {
    {.name = "fields",
     .type = WEIR_KEY_READ,
     .read = read_fields_key,
     .shape = &weir_fields_shape,
     .doc = "members of the object, in this order"},
    {.name = "custom",
     .type = WEIR_KEY_FUNCTION,
     .offset = offsetof(fields_holder, custom),
     .use = WEIR_EXTENSION_PAYLOAD,
     .doc = "builds the message, instead of `fields`"},
};
static const weir_key_table json_table = {"json", json_rows,
                                          sizeof json_rows / sizeof json_rows[0]};

static const weir_key_table msgpack_table = {"msgpack", json_rows,
                                             sizeof json_rows / sizeof json_rows[0]};

static const weir_key_row token_rows[] = {
    {.name = "fields",
     .type = WEIR_KEY_READ,
     .read = read_fields_key,
     .shape = &weir_fields_shape,
     .flags = WEIR_KEY_REQUIRED,
     .doc = "the names that the text's braces may use"},
};
static const weir_key_table token_table = {"tokens", token_rows, 1};

static void keep_json(weir_reader *reader, weir_node *node, void *into)
{
    (void)reader;
    ((parts *)into)->json = node;
}

static void keep_text(weir_reader *reader, weir_node *node, void *into)
{
    (void)reader;
    ((parts *)into)->text = node;
}

static void keep_bytes(weir_reader *reader, weir_node *node, void *into)
{
    (void)reader;
    ((parts *)into)->bytes = node;
}

static void keep_msgpack(weir_reader *reader, weir_node *node, void *into)
{
    (void)reader;
    ((parts *)into)->msgpack = node;
}

static void keep_encoder(weir_reader *reader, weir_node *node, void *into)
{
    (void)reader;
    ((parts *)into)->encoder = node;
}

static void keep_tokens(weir_reader *reader, weir_node *node, void *into)
{
    (void)reader;
    ((parts *)into)->tokens = node;
}

static void keep_event(weir_reader *reader, weir_node *node, void *into)
{
    (void)reader;
    ((parts *)into)->event = node;
}

static void keep_topics(weir_reader *reader, weir_node *node, void *into)
{
    (void)reader;
    ((parts *)into)->topics = node;
}

static const weir_key_row topic_rows[] = {
    {.name = "topic",
     .type = WEIR_KEY_EXPR,
     .offset = offsetof(weir_topic_spec, topic),
     .flags = WEIR_KEY_REQUIRED,
     .doc = "the topic; naming `asset` (or `a`) makes it one for each asset"},
    {.name = "qos",
     .type = WEIR_KEY_EXPR,
     .offset = offsetof(weir_topic_spec, qos),
     .doc = "quality of service, 0 to 2 (default 0)"},
};
static const weir_key_table topic_table = {"a topic", topic_rows, 2};
static const weir_shape topic_map_shape = {.form = WEIR_SHAPE_TABLE, .table = &topic_table};

static const weir_shape expr_shape = {.form = WEIR_SHAPE_SCALAR, .type = WEIR_KEY_EXPR};
static const weir_shape function_shape = {.form = WEIR_SHAPE_SCALAR, .type = WEIR_KEY_FUNCTION};
static const weir_shape object_shape = {.form = WEIR_SHAPE_TABLE, .table = &json_table};
static const weir_shape json_shape = {
    .form = WEIR_SHAPE_EITHER, .of = &expr_shape, .other = &object_shape};
static const weir_shape packed_shape = {.form = WEIR_SHAPE_TABLE, .table = &msgpack_table};
static const weir_shape msgpack_shape = {
    .form = WEIR_SHAPE_EITHER, .of = &expr_shape, .other = &packed_shape};
static const weir_shape tokens_shape = {.form = WEIR_SHAPE_TABLE, .table = &token_table};
static const weir_shape topic_shape = {
    .form = WEIR_SHAPE_EITHER, .of = &expr_shape, .other = &topic_map_shape};
static const weir_shape topics_shape = {
    .form = WEIR_SHAPE_LIST, .of = &topic_shape, .least = 1, .words = "a list of topics"};

static const weir_key_row message_rows[] = {
    {.name = "format",
     .type = WEIR_KEY_ENUM,
     .offset = offsetof(parts, format),
     .choices = formats,
     .doc = "what is sent; it may be left out, the other keys tell it"},
    {.name = "json",
     .type = WEIR_KEY_READ,
     .read = keep_json,
     .shape = &json_shape,
     .doc = "a JSON text, compact: of fields, or of an expression's value"},
    {.name = "text",
     .type = WEIR_KEY_READ,
     .read = keep_text,
     .shape = &weir_text_shape,
     .doc = "a text, with `{name}` for each token"},
    {.name = "bytes",
     .type = WEIR_KEY_READ,
     .read = keep_bytes,
     .shape = &expr_shape,
     .doc = "an expression that gives bytes"},
    {.name = "msgpack",
     .type = WEIR_KEY_READ,
     .read = keep_msgpack,
     .shape = &msgpack_shape,
     .doc = "MessagePack: of fields, or of an expression's value"},
    {.name = "tokens",
     .type = WEIR_KEY_READ,
     .read = keep_tokens,
     .shape = &tokens_shape,
     .doc = "the values for the braces of `text`, or for the `encoder`"},
    {.name = "encoder",
     .type = WEIR_KEY_READ,
     .read = keep_encoder,
     .shape = &function_shape,
     .doc = "function of a plugin that gives the bytes, instead of `bytes`; it sees the `tokens`"},
    {.name = "event",
     .type = WEIR_KEY_READ,
     .read = keep_event,
     .shape = &weir_text_shape,
     .doc =
         "the name to send it under, a text that may hold `{stream}` and `{vars.x}`: the Socket.IO "
         "event (default `subscribe`, `unsubscribe`, `auth`), the MQTT topic"},
    {.name = "topics",
     .type = WEIR_KEY_READ,
     .read = keep_topics,
     .shape = &topics_shape,
     .doc = "topics to subscribe, in place of a message (mqtt, zmq)"},
};
static const weir_key_table message_table = {"a message", message_rows,
                                             sizeof message_rows / sizeof message_rows[0]};

const weir_shape weir_message_shape = {.form = WEIR_SHAPE_TABLE, .table = &message_table};

bool weir_is_message(const weir_node *node)
{
    for (size_t i = 0; i < message_table.count; i++) {
        if (weir_node_get(node, message_rows[i].name))
            return true;
    }
    return false;
}

static void read_document(weir_reader *reader, weir_node *node, const weir_key_table *table,
                          weir_message_spec *message)
{
    assert(node); /* weir_read_message has seen that the format's key is there */
    if (node->kind == WEIR_NODE_SCALAR) {
        weir_read_expr(reader, node, table->title, &message->expr);
        return;
    }
    fields_holder holder = {0};
    weir_read_map(reader, node, table, &holder);
    const weir_node *custom = weir_node_get(node, "custom");
    if (node->kind == WEIR_NODE_MAP && !weir_node_get(node, "fields") && !custom)
        weir_diag_error(reader->diags, node->place, "'%s' needs 'fields' or is an expression",
                        table->title);
    if (custom && weir_node_get(node, "fields"))
        weir_diag_error(reader->diags, custom->place,
                        "'%s' has 'fields' or 'custom', not both: the function builds all of it",
                        table->title);
    message->custom = holder.custom;
    message->fields = holder.fields;
    message->field_count = holder.count;
    message->has_fields = !custom;
}

static void read_tokens(weir_reader *reader, const parts *found, weir_message_spec *message)
{
    fields_holder holder = {0};
    if (!found->tokens)
        return;
    weir_read_map(reader, found->tokens, &token_table, &holder);
    message->tokens = holder.fields;
    message->token_count = holder.count;
}

static void read_text(weir_reader *reader, const parts *found, weir_message_spec *message)
{
    assert(found->text);
    weir_read_expr(reader, found->text, "text", &message->text);
    if (found->text->kind == WEIR_NODE_SCALAR)
        message->text.text = found->text->text; /* a template, so `true` stays `true` */
    read_tokens(reader, found, message);
}

static void read_binary(weir_reader *reader, const parts *found, weir_message_spec *message)
{
    if (found->bytes)
        weir_read_expr(reader, found->bytes, "bytes", &message->expr);
    else
        weir_read_function(reader, found->encoder, "encoder", WEIR_EXTENSION_ENCODER,
                           &message->custom);
    read_tokens(reader, found, message);
}

static void read_topics(weir_reader *reader, const weir_node *node, weir_message_spec *message)
{
    weir_topic_spec *topics = weir_read_array(reader, node->count, sizeof *topics);
    if (!topics)
        return;
    for (size_t i = 0; i < node->count; i++) {
        if (node->items[i]->kind == WEIR_NODE_MAP)
            weir_read_map(reader, node->items[i], &topic_table, &topics[i]);
        else
            weir_read_expr(reader, node->items[i], "topic", &topics[i].topic);
    }
    message->topics = topics;
    message->topic_count = node->count;
}

/* The key of the message's own format is there, and no other format's. */
static bool check_format(weir_reader *reader, const weir_node *node, const parts *found)
{
    static const char *const needs[] = {"json", "text", "bytes", "msgpack", "topics"};
    const weir_node *const given[] = {found->json, found->text,
                                      found->bytes ? found->bytes : found->encoder, found->msgpack,
                                      found->topics};
    if (!given[found->format]) {
        weir_diag_error(reader->diags, node->place, "a message of format %s needs the key '%s'",
                        formats[found->format], needs[found->format]);
        return false;
    }
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
        if (given[i] && i != (size_t)found->format)
            weir_diag_error(reader->diags, given[i]->place, "'%s' does not go with format %s",
                            given[i] == found->encoder ? "encoder" : needs[i],
                            formats[found->format]);
    }
    if (found->bytes && found->encoder)
        weir_diag_error(reader->diags, found->encoder->place,
                        "'encoder' does not go with 'bytes': one of them gives the message");
    if (found->tokens && !found->text && !found->encoder)
        weir_diag_error(reader->diags, found->tokens->place, "'tokens' go with 'text'");
    if (found->event && found->topics)
        weir_diag_error(reader->diags, found->event->place,
                        "'event' does not go with 'topics': nothing is sent under a name");
    return true;
}

void weir_read_message(weir_reader *reader, weir_node *node, weir_message_spec *message)
{
    parts found = {.format = -1};
    message->node = node;
    const size_t errors = weir_diags_errors(reader->diags);
    weir_read_map(reader, node, &message_table, &found);
    if (weir_diags_errors(reader->diags) > errors)
        return;
    if (found.format < 0)
        found.format = found.text                     ? WEIR_MESSAGE_TEXT
                       : found.bytes || found.encoder ? WEIR_MESSAGE_BINARY
                       : found.msgpack                ? WEIR_MESSAGE_MSGPACK
                       : found.topics                 ? WEIR_MESSAGE_TOPICS
                                                      : WEIR_MESSAGE_JSON;
    message->format = (weir_message_format)found.format;
    if (!check_format(reader, node, &found))
        return;
    if (found.event && weir_read_text(reader, found.event, "event", &message->event.text))
        message->event.node = found.event;
    if (message->format == WEIR_MESSAGE_JSON)
        read_document(reader, found.json, &json_table, message);
    else if (message->format == WEIR_MESSAGE_MSGPACK)
        read_document(reader, found.msgpack, &msgpack_table, message);
    else if (message->format == WEIR_MESSAGE_TEXT)
        read_text(reader, &found, message);
    else if (message->format == WEIR_MESSAGE_TOPICS)
        read_topics(reader, found.topics, message);
    else
        read_binary(reader, &found, message);
}
