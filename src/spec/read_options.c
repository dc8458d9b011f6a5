/* SPDX-License-Identifier: MIT */
/*
 * Options by rows (util/option.h): the backend declares what it accepts, this file checks what the
 * spec says against it and fills in defaults. Text that holds a template ({vars.x}) is kept as it
 * is; pipeline/ fills it in at each connect.
 */
#include <stdlib.h>

#include "spec/rows.h"
#include "util/time.h"

static void read_group(weir_reader *reader, weir_node *node, const weir_option_row *rows,
                       size_t count, weir_option_value *values);

static weir_str option_at(const void *user, size_t index)
{
    return weir_str_of(((const weir_option_row *)user)[index].name);
}

static bool in_range(const weir_option_row *row, int64_t value)
{
    if (row->min == 0 && row->max == 0)
        return value >= 0;
    return value >= row->min && value <= row->max;
}

static void check_range(weir_reader *reader, const weir_node *node, const weir_option_row *row,
                        int64_t value)
{
    if (in_range(row, value))
        return;
    if (row->min == 0 && row->max == 0)
        weir_diag_error(reader->diags, node->place, "option '%s' must not be negative", row->name);
    else if (row->type == WEIR_OPTION_DURATION)
        weir_diag_error(reader->diags, node->place, "option '%s' must be from %gs to %gs",
                        row->name, (double)row->min / 1e9, (double)row->max / 1e9);
    else
        weir_diag_error(reader->diags, node->place, "option '%s' must be from %lld to %lld",
                        row->name, (long long)row->min, (long long)row->max);
}

static bool read_int(weir_reader *reader, const weir_node *node, const weir_option_row *row,
                     int64_t *out)
{
    weir_value value;
    if (node->kind != WEIR_NODE_SCALAR || node->type != WEIR_SCALAR_INT) {
        weir_read_mismatch(reader, node, row->name, "an integer");
        return false;
    }
    if (!weir_read_value(reader, node, &value))
        return false;
    *out = value.i;
    check_range(reader, node, row, value.i);
    return true;
}

static bool read_size(weir_reader *reader, const weir_node *node, const weir_option_row *row,
                      uint64_t *out)
{
    if (node->kind != WEIR_NODE_SCALAR || !weir_size_parse(node->text, out) || *out > INT64_MAX) {
        weir_read_mismatch(reader, node, row->name, "a size (100, 16KiB, 64MiB)");
        return false;
    }
    check_range(reader, node, row, (int64_t)*out);
    return true;
}

static bool read_list(weir_reader *reader, const weir_node *node, const weir_option_row *row,
                      weir_option_value *value)
{
    if (node->kind != WEIR_NODE_LIST) {
        weir_read_mismatch(reader, node, row->name, "a list of texts");
        return false;
    }
    weir_str *list = weir_read_array(reader, node->count, sizeof *list);
    if (!list)
        return false;
    for (size_t i = 0; i < node->count; i++)
        weir_read_text(reader, node->items[i], row->name, &list[i]);
    value->list = list;
    value->count = node->count;
    return true;
}

static bool read_pairs(weir_reader *reader, const weir_node *node, const weir_option_row *row,
                       weir_option_value *value)
{
    if (node->kind != WEIR_NODE_MAP) {
        weir_read_mismatch(reader, node, row->name, "a map of texts");
        return false;
    }
    weir_option_pair *pairs = weir_read_array(reader, node->count, sizeof *pairs);
    if (!pairs)
        return false;
    for (size_t i = 0; i < node->count; i++) {
        pairs[i].key = node->pairs[i].key->text;
        weir_read_text(reader, node->pairs[i].value, row->name, &pairs[i].value);
    }
    value->pairs = pairs;
    value->count = node->count;
    return true;
}

static bool read_choice(weir_reader *reader, const weir_node *node, const weir_option_row *row,
                        weir_option_value *value)
{
    int choice = 0;
    if (!weir_read_enum(reader, node, row->name, row->choices, &choice))
        return false;
    value->i = choice;
    value->s = weir_str_of(row->choices[choice]);
    return true;
}

static bool read_option(weir_reader *reader, weir_node *node, const weir_option_row *row,
                        weir_option_value *value)
{
    switch (row->type) {
    case WEIR_OPTION_BOOL: return weir_read_bool(reader, node, row->name, &value->b);
    case WEIR_OPTION_INT: return read_int(reader, node, row, &value->i);
    case WEIR_OPTION_SIZE: return read_size(reader, node, row, &value->u);
    case WEIR_OPTION_DURATION:
        if (!weir_read_duration(reader, node, row->name, &value->i))
            return false;
        check_range(reader, node, row, value->i);
        return true;
    case WEIR_OPTION_STR: return weir_read_text(reader, node, row->name, &value->s);
    case WEIR_OPTION_STR_LIST: return read_list(reader, node, row, value);
    case WEIR_OPTION_STR_MAP: return read_pairs(reader, node, row, value);
    case WEIR_OPTION_ENUM: return read_choice(reader, node, row, value);
    case WEIR_OPTION_GROUP:
        if (node->kind != WEIR_NODE_MAP) {
            weir_read_mismatch(reader, node, row->name, "a map");
            return false;
        }
        read_group(reader, node, row->rows, row->row_count, value->group);
        return true;
    }
    return false;
}

/* The fallback as the spec would write it. The rows are ours: a fallback that cannot be read is our
 * mistake. */
static void fill_fallback(const weir_option_row *row, weir_option_value *value)
{
    const weir_str text = weir_str_of(row->fallback);
    value->has_value = true;
    value->s = text;
    if (row->type == WEIR_OPTION_BOOL)
        value->b = weir_str_is(text, "true");
    else if (row->type == WEIR_OPTION_INT)
        value->i = strtoll(row->fallback, NULL, 10);
    else if (row->type == WEIR_OPTION_SIZE)
        weir_size_parse(text, &value->u);
    else if (row->type == WEIR_OPTION_DURATION)
        weir_duration_parse(text, &value->i);
    for (int i = 0; row->type == WEIR_OPTION_ENUM && row->choices[i]; i++) {
        if (weir_str_is(text, row->choices[i]))
            value->i = i;
    }
}

static bool fill_defaults(weir_reader *reader, const weir_option_row *rows, size_t count,
                          weir_option_value *values)
{
    for (size_t i = 0; i < count; i++) {
        values[i].row = &rows[i];
        if (rows[i].fallback)
            fill_fallback(&rows[i], &values[i]);
        if (rows[i].type != WEIR_OPTION_GROUP)
            continue;
        values[i].group = weir_read_array(reader, rows[i].row_count, sizeof *values);
        if (!values[i].group ||
            !fill_defaults(reader, rows[i].rows, rows[i].row_count, values[i].group))
            return false;
    }
    return true;
}

static void read_group(weir_reader *reader, weir_node *node, const weir_option_row *rows,
                       size_t count, weir_option_value *values)
{
    for (size_t i = 0; i < node->count; i++) {
        const weir_pair *pair = &node->pairs[i];
        size_t at = 0;
        while (at < count && !weir_str_is(pair->key->text, rows[at].name))
            at++;
        if (at == count) {
            weir_read_unknown(reader, pair->key->place, "option", pair->key->text, count, option_at,
                              rows);
        } else if (read_option(reader, pair->value, &rows[at], &values[at])) {
            values[at].is_set = true;
            values[at].has_value = true;
        }
    }
}

void weir_read_options(weir_reader *reader, weir_node *node, const weir_option_row *rows,
                       size_t count, weir_options *out)
{
    weir_option_value *values = weir_read_array(reader, count, sizeof *values);
    if (!values || !fill_defaults(reader, rows, count, values))
        return;
    *out = (weir_options){rows, count, values};
    if (!node)
        return;
    if (node->kind != WEIR_NODE_MAP)
        weir_read_mismatch(reader, node, "options", "a map");
    else
        read_group(reader, node, rows, count, values);
}
