/* SPDX-License-Identifier: MIT */
/* `sequence` and `dedupe` of a connection: by what missing and repeated records are known. Each is
 * one rule for all streams, or a map of streams (or channels) to rules. */
#include "spec/rows.h"

enum { WINDOW_DEFAULT = 10000, WINDOW_MAX = 1000000 };

static const char *const actions[] = {[WEIR_ON_GAP_IGNORE] = "ignore",
                                      [WEIR_ON_GAP_RESUBSCRIBE] = "resubscribe",
                                      [WEIR_ON_GAP_RECONNECT] = "reconnect",
                                      NULL};

static const char *const scopes[] = {"venue", "connection", NULL};

static const char *const any[] = {"any", NULL};
static const weir_shape step_shape = {.form = WEIR_SHAPE_SCALAR, .type = WEIR_KEY_INT};
static const weir_shape any_shape = {
    .form = WEIR_SHAPE_SCALAR, .type = WEIR_KEY_ENUM, .choices = any};
static const weir_shape steps_shape = {
    .form = WEIR_SHAPE_EITHER, .of = &step_shape, .other = &any_shape};

static void read_step(weir_reader *reader, weir_node *node, void *into)
{
    weir_sequence_spec *rule = into;
    weir_value value;
    if (node->kind == WEIR_NODE_SCALAR && weir_str_is(node->text, any[0]))
        rule->step = WEIR_STEP_ANY;
    else if (node->kind == WEIR_NODE_SCALAR && node->type == WEIR_SCALAR_INT &&
             weir_read_value(reader, node, &value) && value.kind == WEIR_INT && value.i != 0)
        rule->step = value.i;
    else
        weir_read_mismatch(reader, node, "step", "a whole number other than 0, or 'any'");
}

static const weir_key_row sequence_rows[] = {
    {.name = "value",
     .type = WEIR_KEY_EXPR,
     .offset = offsetof(weir_sequence_spec, value),
     .flags = WEIR_KEY_REQUIRED,
     .doc = "the record's number, an int; None: it has none"},
    {.name = "first",
     .type = WEIR_KEY_EXPR,
     .offset = offsetof(weir_sequence_spec, first),
     .doc = "the first number, where a record covers several (default: `value`)"},
    {.name = "key",
     .type = WEIR_KEY_EXPR,
     .offset = offsetof(weir_sequence_spec, key),
     .doc = "what is numbered together (default: each asset by itself)"},
    {.name = "step",
     .type = WEIR_KEY_READ,
     .read = read_step,
     .shape = &steps_shape,
     .doc = "by how much the numbers grow (default 1); `any`: they grow, and none need be missing "
            "in between"},
    {.name = "reset",
     .type = WEIR_KEY_EXPR,
     .offset = offsetof(weir_sequence_spec, reset),
     .doc = "true for a record with which the numbers begin anew, such as a snapshot"},
    {.name = "scope",
     .type = WEIR_KEY_ENUM,
     .offset = offsetof(weir_sequence_spec, is_of_connection),
     .choices = scopes,
     .doc = "who counts: `venue` (default): two connections see the same numbers; `connection`: "
            "each counts for itself"},
    {.name = "on_gap",
     .type = WEIR_KEY_ENUM,
     .offset = offsetof(weir_sequence_spec, on_gap),
     .choices = actions,
     .doc = "what is done beside telling it: `ignore` (default), `resubscribe` the symbol, or "
            "`reconnect`"},
};
static const weir_key_table sequence_table = {"sequence", sequence_rows,
                                              sizeof sequence_rows / sizeof sequence_rows[0]};
static const weir_shape sequence_rule = {.form = WEIR_SHAPE_TABLE, .table = &sequence_table};
static const weir_shape sequence_map = {.form = WEIR_SHAPE_MAP, .of = &sequence_rule, .least = 1};
const weir_shape weir_sequence_shape = {.form = WEIR_SHAPE_EITHER,
                                        .of = &sequence_rule,
                                        .other = &sequence_map,
                                        .words = "a rule or a map of streams to rules"};

static const weir_key_row dedupe_rows[] = {
    {.name = "key",
     .type = WEIR_KEY_EXPR,
     .offset = offsetof(weir_dedupe_spec, key),
     .flags = WEIR_KEY_REQUIRED,
     .doc = "by what a record is known again, a text or number; None: it is not looked at"},
    {.name = "window",
     .type = WEIR_KEY_INT,
     .offset = offsetof(weir_dedupe_spec, window),
     .doc = "how many of them are remembered per stream, 1 to 1000000 (default 10000)"},
};
static const weir_key_table dedupe_table = {"dedupe", dedupe_rows,
                                            sizeof dedupe_rows / sizeof dedupe_rows[0]};
static const weir_shape dedupe_rule = {.form = WEIR_SHAPE_TABLE, .table = &dedupe_table};
static const weir_shape dedupe_map = {.form = WEIR_SHAPE_MAP, .of = &dedupe_rule, .least = 1};
const weir_shape weir_dedupe_shape = {.form = WEIR_SHAPE_EITHER,
                                      .of = &dedupe_rule,
                                      .other = &dedupe_map,
                                      .words = "a rule or a map of streams to rules"};

/* One rule, rather than a map of streams to rules. One that lacks what it needs is told that. */
static bool is_rule(const weir_node *node, const weir_key_table *table, const char *needed)
{
    const weir_node *value = weir_node_get(node, needed);
    bool is_bare = value && value->kind == WEIR_NODE_SCALAR;
    for (size_t i = 0; !is_bare && node->kind == WEIR_NODE_MAP && i < node->count; i++) {
        for (size_t k = 0; k < table->count; k++)
            is_bare = is_bare || (weir_str_is(node->pairs[i].key->text, table->rows[k].name) &&
                                  node->pairs[i].value->kind == WEIR_NODE_SCALAR);
    }
    return is_bare || node->count == 0;
}

static void read_sequence(weir_reader *reader, weir_node *node, weir_sequence_spec *rule)
{
    rule->step = 1;
    weir_read_map(reader, node, &sequence_table, rule);
}

static void read_dedupe(weir_reader *reader, weir_node *node, weir_dedupe_spec *rule)
{
    rule->window = WINDOW_DEFAULT;
    weir_read_map(reader, node, &dedupe_table, rule);
    if (rule->window < 1 || rule->window > WINDOW_MAX)
        weir_diag_error(reader->diags, node->place, "dedupe: 'window' must be from 1 to %d",
                        WINDOW_MAX);
}

void weir_read_sequence(weir_reader *reader, weir_node *node, void *into)
{
    weir_connection_spec *connection = into;
    const bool is_bare = is_rule(node, &sequence_table, "value");
    const size_t count = is_bare ? 1 : node->count;
    weir_sequence_spec *rules = weir_read_array(reader, count, sizeof *rules);
    if (!rules)
        return;
    for (size_t i = 0; i < count; i++) {
        rules[i].stream = is_bare ? WEIR_STR("all") : node->pairs[i].key->text;
        rules[i].node = is_bare ? node : node->pairs[i].key;
        read_sequence(reader, is_bare ? node : node->pairs[i].value, &rules[i]);
    }
    connection->sequences = rules;
    connection->sequence_count = count;
}

void weir_read_dedupe(weir_reader *reader, weir_node *node, void *into)
{
    weir_connection_spec *connection = into;
    const bool is_bare = is_rule(node, &dedupe_table, "key");
    const size_t count = is_bare ? 1 : node->count;
    weir_dedupe_spec *rules = weir_read_array(reader, count, sizeof *rules);
    if (!rules)
        return;
    for (size_t i = 0; i < count; i++) {
        rules[i].stream = is_bare ? WEIR_STR("all") : node->pairs[i].key->text;
        rules[i].node = is_bare ? node : node->pairs[i].key;
        read_dedupe(reader, is_bare ? node : node->pairs[i].value, &rules[i]);
    }
    connection->dedupes = rules;
    connection->dedupe_count = count;
}

/* ------------------------------------------------------------------ which one is a stream's */

static bool is_for(weir_str key, const weir_stream_spec *stream, unsigned rank)
{
    return rank == 0   ? weir_str_eq(key, stream->name)
           : rank == 1 ? weir_str_is(key, weir_channel_name(stream->channel))
                       : weir_str_is(key, "all");
}

const weir_sequence_spec *weir_sequence_of(const weir_connection_spec *connection,
                                           const weir_stream_spec *stream)
{
    for (unsigned rank = 0; rank < 3; rank++) {
        for (size_t i = 0; i < connection->sequence_count; i++) {
            if (is_for(connection->sequences[i].stream, stream, rank))
                return &connection->sequences[i];
        }
    }
    return NULL;
}

const weir_dedupe_spec *weir_dedupe_of(const weir_connection_spec *connection,
                                       const weir_stream_spec *stream)
{
    for (unsigned rank = 0; rank < 3; rank++) {
        for (size_t i = 0; i < connection->dedupe_count; i++) {
            if (is_for(connection->dedupes[i].stream, stream, rank))
                return &connection->dedupes[i];
        }
    }
    return NULL;
}
