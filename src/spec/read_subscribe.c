/* SPDX-License-Identifier: MIT */
/* `subscribe:` of a connection: the messages that ask for streams and leave them. What the venue
 * answers and how much it takes is in read_limits.c. */
#include "spec/rows.h"

typedef struct template_list {
    const weir_template_spec *items;
    size_t count;
} template_list;

/* One message, or several that are sent one behind the other. */
static void read_messages(weir_reader *reader, weir_node *node, weir_message_spec *first)
{
    if (node->kind != WEIR_NODE_LIST) {
        weir_read_message(reader, node, first);
        return;
    }
    if (node->count == 0)
        weir_read_mismatch(reader, node, "subscribe", "at least one message");
    for (size_t i = 0; i < node->count; i++) {
        weir_read_message(reader, node->items[i], first);
        if (i + 1 == node->count)
            break;
        weir_message_spec *next = weir_read_array(reader, 1, sizeof *next);
        first->next = next;
        if (!next)
            return;
        first = next;
    }
}

/* No value of a message is a message: a stream that is called like a key of one (text, bytes,
 * event) is seen by that. */
static bool holds_messages(const weir_node *node)
{
    for (size_t i = 0; node->kind == WEIR_NODE_MAP && i < node->count; i++) {
        const weir_node *value = node->pairs[i].value;
        if (weir_is_message(value) ||
            (value->kind == WEIR_NODE_LIST && value->count > 0 && weir_is_message(value->items[0])))
            return true;
    }
    return false;
}

static void read_templates(weir_reader *reader, weir_node *node, template_list *list)
{
    /* one message, no stream named: for all of them */
    const bool is_bare = weir_is_message(node) && !holds_messages(node);
    const size_t count = is_bare ? 1 : node->count;
    weir_template_spec *items = weir_read_array(reader, count, sizeof *items);
    if (!items)
        return;
    for (size_t i = 0; i < count; i++) {
        items[i].key = is_bare ? WEIR_STR("all") : node->pairs[i].key->text;
        items[i].node = is_bare ? node : node->pairs[i].key;
        read_messages(reader, is_bare ? node : node->pairs[i].value, &items[i].message);
    }
    *list = (template_list){items, count};
}

static void read_subscribe_templates(weir_reader *reader, weir_node *node, void *into)
{
    weir_connection_spec *connection = into;
    template_list list = {0};
    read_templates(reader, node, &list);
    connection->subscribe = list.items;
    connection->subscribe_count = list.count;
}

static void read_unsubscribe_templates(weir_reader *reader, weir_node *node, void *into)
{
    weir_connection_spec *connection = into;
    template_list list = {0};
    read_templates(reader, node, &list);
    connection->unsubscribe = list.items;
    connection->unsubscribe_count = list.count;
}

static const weir_shape message_list_shape = {
    .form = WEIR_SHAPE_LIST, .of = &weir_message_shape, .least = 1};
static const weir_shape messages_shape = {
    .form = WEIR_SHAPE_EITHER, .of = &weir_message_shape, .other = &message_list_shape};
static const weir_shape template_map_shape = {.form = WEIR_SHAPE_MAP, .of = &messages_shape};
static const weir_shape templates_shape = {.form = WEIR_SHAPE_EITHER,
                                           .of = &weir_message_shape,
                                           .other = &template_map_shape,
                                           .words = "a map of streams to messages"};

static const weir_key_row subscribe_rows[] = {
    {.name = "subscribe",
     .type = WEIR_KEY_READ,
     .read = read_subscribe_templates,
     .shape = &templates_shape,
     .flags = WEIR_KEY_REQUIRED,
     .doc = "messages by stream, by channel or for `all`, or lists of them, sent in order; one "
            "message alone is for all"},
    {.name = "unsubscribe",
     .type = WEIR_KEY_READ,
     .read = read_unsubscribe_templates,
     .shape = &templates_shape,
     .doc = "the same for leaving"},
    {.name = "ack",
     .type = WEIR_KEY_READ,
     .read = weir_read_ack,
     .shape = &weir_ack_shape,
     .doc = "what the venue answers; without it a symbol counts as active when it was asked for"},
    {.name = "batch",
     .type = WEIR_KEY_READ,
     .read = weir_read_batch,
     .shape = &weir_batch_shape,
     .doc = "how much one message may hold"},
    {.name = "rate",
     .type = WEIR_KEY_READ,
     .read = weir_read_rate,
     .shape = &weir_rate_shape,
     .doc = "how many messages the venue takes: `5/s`, `100/m`, `300/5m`"},
    {.name = "limit",
     .type = WEIR_KEY_READ,
     .read = weir_read_limit,
     .shape = &weir_limit_shape,
     .doc = "how many symbols one connection takes; the rest goes to further ones"},
};
static const weir_key_table subscribe_table = {"subscribe", subscribe_rows,
                                               sizeof subscribe_rows / sizeof subscribe_rows[0]};

void weir_read_subscribe(weir_reader *reader, weir_node *node, void *connection)
{
    weir_read_map(reader, node, &subscribe_table, connection);
}

const weir_shape weir_subscribe_shape = {.form = WEIR_SHAPE_TABLE, .table = &subscribe_table};
