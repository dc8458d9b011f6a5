/* SPDX-License-Identifier: MIT */
/*
 * What a session says and hears beside its data: `learn` (what control messages teach), `heartbeat`
 * and `liveness` (how it is told that the other side is there, and how silence is noticed).
 */
#include <string.h>

#include "spec/rows.h"
#include "util/time.h"

/* ------------------------------------------------------------------ learn */

static void read_into(weir_reader *reader, weir_node *node, void *into)
{
    weir_learn_spec *rule = into;
    if (!weir_read_text(reader, node, "into", &rule->into))
        return;
    if (!weir_is_word(rule->into))
        weir_diag_error(reader->diags, node->place,
                        "'%.*s' is no name for 'into': expressions call it session.NAME, so it is "
                        "letters, digits and '_', beginning with a letter",
                        WEIR_FMT(rule->into));
}

static const weir_shape word_shape = {
    .form = WEIR_SHAPE_SCALAR, .type = WEIR_KEY_TEXT, .pattern = WEIR_WORD_PATTERN};

static const weir_key_row learn_rows[] = {
    {.name = "match",
     .type = WEIR_KEY_EXPR,
     .offset = offsetof(weir_learn_spec, match),
     .flags = WEIR_KEY_REQUIRED,
     .doc = "true for the message that teaches it"},
    {.name = "into",
     .type = WEIR_KEY_READ,
     .read = read_into,
     .shape = &word_shape,
     .flags = WEIR_KEY_REQUIRED,
     .doc = "the name: `channels` makes it `session.channels`"},
    {.name = "key",
     .type = WEIR_KEY_EXPR,
     .offset = offsetof(weir_learn_spec, key),
     .doc = "many values, each under its key; without it there is one"},
    {.name = "value",
     .type = WEIR_KEY_EXPR,
     .offset = offsetof(weir_learn_spec, value),
     .flags = WEIR_KEY_REQUIRED,
     .doc = "what is kept; None forgets it"},
};
static const weir_key_table learn_table = {"a learn rule", learn_rows,
                                           sizeof learn_rows / sizeof learn_rows[0]};
static const weir_shape learn_rule_shape = {.form = WEIR_SHAPE_TABLE, .table = &learn_table};
const weir_shape weir_learn_shape = {
    .form = WEIR_SHAPE_LIST, .of = &learn_rule_shape, .least = 1, .words = "a list of learn rules"};

void weir_read_learn(weir_reader *reader, weir_node *node, void *into)
{
    weir_connection_spec *connection = into;
    weir_learn_spec *rules = weir_read_array(reader, node->count, sizeof *rules);
    if (!rules)
        return;
    for (size_t i = 0; i < node->count; i++) {
        rules[i].node = node->items[i];
        weir_read_map(reader, node->items[i], &learn_table, &rules[i]);
        for (size_t k = 0; k < i; k++) {
            if (weir_str_eq(rules[k].into, rules[i].into) &&
                !rules[k].key.node != !rules[i].key.node)
                weir_diag_error(reader->diags, node->items[i]->place,
                                "'%.*s' has a key in one rule and none in another",
                                WEIR_FMT(rules[i].into));
        }
    }
    connection->learn = rules;
    connection->learn_count = node->count;
}

/* ------------------------------------------------------------------ heartbeat */

static void read_send(weir_reader *reader, weir_node *node, void *into)
{
    weir_heartbeat_spec *heartbeat = into;
    heartbeat->has_send = true;
    weir_read_message(reader, node, &heartbeat->send);
}

static void read_reply_message(weir_reader *reader, weir_node *node, void *into)
{
    weir_read_message(reader, node, &((weir_reply_spec *)into)->send);
}

static const weir_key_row reply_rows[] = {
    {.name = "match",
     .type = WEIR_KEY_EXPR,
     .offset = offsetof(weir_reply_spec, match),
     .flags = WEIR_KEY_REQUIRED,
     .doc = "true for the message that wants an answer"},
    {.name = "send",
     .type = WEIR_KEY_READ,
     .read = read_reply_message,
     .shape = &weir_message_shape,
     .flags = WEIR_KEY_REQUIRED,
     .doc = "the answer; `data` is the message that it answers"},
};
static const weir_key_table reply_table = {"a reply", reply_rows,
                                           sizeof reply_rows / sizeof reply_rows[0]};
static const weir_shape reply_shape = {.form = WEIR_SHAPE_TABLE, .table = &reply_table};
static const weir_shape replies_shape = {
    .form = WEIR_SHAPE_LIST, .of = &reply_shape, .least = 1, .words = "a list of replies"};

static void read_replies(weir_reader *reader, weir_node *node, void *into)
{
    weir_heartbeat_spec *heartbeat = into;
    weir_reply_spec *replies = weir_read_array(reader, node->count, sizeof *replies);
    if (!replies)
        return;
    for (size_t i = 0; i < node->count; i++) {
        replies[i].node = node->items[i];
        weir_read_map(reader, node->items[i], &reply_table, &replies[i]);
    }
    heartbeat->replies = replies;
    heartbeat->reply_count = node->count;
}

/* A duration, or a template of one that is known when the session is. */
static void read_every(weir_reader *reader, weir_node *node, void *into)
{
    weir_heartbeat_spec *heartbeat = into;
    if (node->kind == WEIR_NODE_SCALAR && node->text.len > 0 &&
        memchr(node->text.ptr, '{', node->text.len))
        heartbeat->every = (weir_text){node->text, node};
    else
        weir_read_duration(reader, node, "every", &heartbeat->every_ns);
}

static void read_idle(weir_reader *reader, weir_node *node, void *into)
{
    weir_heartbeat_spec *heartbeat = into;
    if (node->kind == WEIR_NODE_SCALAR && weir_str_is(node->text, "off"))
        heartbeat->idle_ns = 0;
    else if (node->kind == WEIR_NODE_SCALAR && weir_duration_parse(node->text, &heartbeat->idle_ns))
        heartbeat->idle_ns = heartbeat->idle_ns > 0 ? heartbeat->idle_ns : -1;
    else
        weir_read_mismatch(reader, node, "idle", "a duration such as 30s, or 'off',");
}

static const char *const off[] = {"off", NULL};
static const weir_shape off_shape = {
    .form = WEIR_SHAPE_SCALAR, .type = WEIR_KEY_ENUM, .choices = off};
static const weir_shape duration_shape = {.form = WEIR_SHAPE_SCALAR, .type = WEIR_KEY_DURATION};
static const weir_shape template_shape = {
    .form = WEIR_SHAPE_SCALAR, .type = WEIR_KEY_TEXT, .pattern = "\\{"};
static const weir_shape every_shape = {
    .form = WEIR_SHAPE_EITHER, .of = &duration_shape, .other = &template_shape};
static const weir_shape idle_shape = {
    .form = WEIR_SHAPE_EITHER, .of = &duration_shape, .other = &off_shape};

static const weir_key_row heartbeat_rows[] = {
    {.name = "send",
     .type = WEIR_KEY_READ,
     .read = read_send,
     .shape = &weir_message_shape,
     .doc = "a message that is sent again and again"},
    {.name = "every",
     .type = WEIR_KEY_READ,
     .read = read_every,
     .shape = &every_shape,
     .doc = "how often it is sent; without `send`: how often the venue says what `expect` "
            "recognises. Where the venue tells it: a template such as `'{session.interval}ms'`"},
    {.name = "expect",
     .type = WEIR_KEY_EXPR,
     .offset = offsetof(weir_heartbeat_spec, expect),
     .doc = "true for the answer, or for the venue's own heartbeat"},
    {.name = "timeout",
     .type = WEIR_KEY_DURATION,
     .offset = offsetof(weir_heartbeat_spec, timeout_ns),
     .doc = "how long an answer, or any sign of life that was asked for, is waited for (default "
            "`10s`)"},
    {.name = "idle",
     .type = WEIR_KEY_READ,
     .read = read_idle,
     .shape = &idle_shape,
     .doc = "nothing at all came for so long: a sign of life is asked for (a ping), and when none "
            "comes the connection is made anew; `off`: never (default `30s` where the backend can "
            "ask)"},
    {.name = "reply",
     .type = WEIR_KEY_READ,
     .read = read_replies,
     .shape = &replies_shape,
     .doc = "answers to the venue's own pings"},
};
static const weir_key_table heartbeat_table = {"heartbeat", heartbeat_rows,
                                               sizeof heartbeat_rows / sizeof heartbeat_rows[0]};
const weir_shape weir_heartbeat_shape = {.form = WEIR_SHAPE_TABLE, .table = &heartbeat_table};

static void check_heartbeat(weir_reader *reader, const weir_node *node,
                            const weir_heartbeat_spec *heartbeat)
{
    const bool has_every = weir_node_get(node, "every") != NULL;
    if (heartbeat->has_send && !has_every)
        weir_diag_error(reader->diags, node->place, "heartbeat: 'send' needs 'every'");
    if (heartbeat->expect.node && !has_every && !heartbeat->has_send)
        weir_diag_error(reader->diags, node->place,
                        "heartbeat: 'expect' needs 'every', how often the venue's heartbeat comes");
    if (has_every && !heartbeat->has_send && !heartbeat->expect.node)
        weir_diag_error(reader->diags, node->place,
                        "heartbeat: 'every' has no effect without 'send' or 'expect'");
    if ((has_every && !heartbeat->every.node && heartbeat->every_ns <= 0) ||
        heartbeat->timeout_ns <= 0 || heartbeat->idle_ns < 0)
        weir_diag_error(reader->diags, node->place,
                        "heartbeat: its times must be more than 0 (`idle: off` for never)");
}

void weir_read_heartbeat(weir_reader *reader, weir_node *node, void *connection)
{
    weir_heartbeat_spec *heartbeat = &((weir_connection_spec *)connection)->heartbeat;
    const size_t errors = weir_diags_errors(reader->diags);
    weir_read_map(reader, node, &heartbeat_table, heartbeat);
    heartbeat->node = node;
    if (weir_diags_errors(reader->diags) == errors)
        check_heartbeat(reader, node, heartbeat);
}

/* ------------------------------------------------------------------ liveness */

static const weir_key_row liveness_rows[] = {
    {.name = "first_data",
     .type = WEIR_KEY_DURATION,
     .offset = offsetof(weir_liveness_spec, first_data_ns),
     .doc = "the first record must come so soon after everything was asked for; else the "
            "connection is made anew (default: no limit)"},
    {.name = "data",
     .type = WEIR_KEY_DURATION,
     .offset = offsetof(weir_liveness_spec, data_ns),
     .doc = "no record at all for so long: the connection is stale. A sign of life is asked for, "
            "then all is subscribed again, then the connection is made anew (default: never)"},
    {.name = "symbol",
     .type = WEIR_KEY_DURATION,
     .offset = offsetof(weir_liveness_spec, symbol_ns),
     .doc = "no record of one symbol for so long: it is subscribed again (default: never)"},
};
static const weir_key_table liveness_table = {"liveness", liveness_rows,
                                              sizeof liveness_rows / sizeof liveness_rows[0]};
const weir_shape weir_liveness_shape = {.form = WEIR_SHAPE_TABLE, .table = &liveness_table};

void weir_read_liveness(weir_reader *reader, weir_node *node, void *connection)
{
    weir_liveness_spec *liveness = &((weir_connection_spec *)connection)->liveness;
    const size_t errors = weir_diags_errors(reader->diags);
    liveness->node = node;
    weir_read_map(reader, node, &liveness_table, liveness);
    if (weir_diags_errors(reader->diags) > errors)
        return;
    for (size_t i = 0; node->kind == WEIR_NODE_MAP && i < liveness_table.count; i++) {
        const weir_key_row *row = &liveness_rows[i];
        const weir_node *given = weir_node_get(node, row->name);
        if (given && *(const int64_t *)(const void *)((const char *)liveness + row->offset) <= 0)
            weir_diag_error(reader->diags, given->place, "'%s' must be more than 0", row->name);
    }
}
