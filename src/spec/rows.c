/* SPDX-License-Identifier: MIT */
/*
 * The generic reader of maps, and of single values. Every message names the key, what was expected
 * and what stands there.
 */
#include "spec/rows.h"

#include <stdlib.h>

#include "util/number.h"
#include "util/time.h"

void *weir_read_array(weir_reader *reader, size_t count, size_t size)
{
    return weir_arena_calloc(reader->arena, count ? count : 1, size);
}

void weir_read_mismatch(weir_reader *reader, const weir_node *node, const char *what,
                        const char *wanted)
{
    weir_diag_error(reader->diags, node->place, "expected %s for '%s', not %s", wanted, what,
                    weir_node_describe(node));
}

void weir_read_unknown(weir_reader *reader, weir_place place, const char *what, weir_str word,
                       size_t count, weir_str (*at)(const void *user, size_t index),
                       const void *user)
{
    const weir_str near = weir_did_you_mean(word, count, at, user);
    if (near.len > 0)
        weir_diag_error(reader->diags, place, "unknown %s '%.*s'; did you mean '%.*s'?", what,
                        WEIR_FMT(word), WEIR_FMT(near));
    else
        weir_diag_error(reader->diags, place, "unknown %s '%.*s'", what, WEIR_FMT(word));
}

bool weir_is_word(weir_str name)
{
    bool is_good = name.len > 0;
    for (size_t i = 0; i < name.len; i++) {
        const char c = name.ptr[i];
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        is_good = is_good && (is_letter || (i > 0 && (c == '_' || (c >= '0' && c <= '9'))));
    }
    return is_good;
}

/* ------------------------------------------------------------------ single values */

bool weir_read_text(weir_reader *reader, const weir_node *node, const char *what, weir_str *out)
{
    if (node->kind != WEIR_NODE_SCALAR || node->type == WEIR_SCALAR_NULL) {
        weir_read_mismatch(reader, node, what, "a text");
        return false;
    }
    *out = node->text;
    return true;
}

bool weir_read_name(weir_reader *reader, const weir_node *node, const char *what, weir_str *out)
{
    weir_str text;
    if (!weir_read_text(reader, node, what, &text))
        return false;
    bool is_good = text.len > 0;
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        is_good =
            is_good && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-');
    }
    if (!is_good) {
        weir_diag_error(reader->diags, node->place,
                        "'%.*s' is no name for '%s': use small letters, digits, '_' and '-'",
                        WEIR_FMT(text), what);
        return false;
    }
    *out = text;
    return true;
}

/* YAML's true, false and null are Python's True, False and None; every other scalar is its own
 * text. */
bool weir_read_expr(weir_reader *reader, const weir_node *node, const char *what, weir_text *out)
{
    if (node->kind != WEIR_NODE_SCALAR || (node->type == WEIR_SCALAR_NULL && node->text.len == 0)) {
        weir_read_mismatch(reader, node, what, "an expression");
        return false;
    }
    *out = (weir_text){node->text, node};
    if (node->type == WEIR_SCALAR_NULL)
        out->text = WEIR_STR("None");
    else if (node->type == WEIR_SCALAR_BOOL)
        out->text = (node->text.ptr[0] | 0x20) == 't' ? WEIR_STR("True") : WEIR_STR("False");
    return true;
}

bool weir_read_function(weir_reader *reader, const weir_node *node, const char *what,
                        weir_extension_use use, weir_text *out)
{
    char why[256];
    weir_str name;
    const weir_extensions *list = reader->registry ? reader->registry->extensions : NULL;
    if (!weir_read_text(reader, node, what, &name))
        return false;
    *out = (weir_text){name, node};
    if (weir_extension_find(list, use, name))
        return true;
    if (!reader->has_lost_plugin) { /* what it would have registered is not known */
        weir_extension_explain(list, use, name, why);
        weir_diag_error(reader->diags, node->place, "%s: %s", what, why);
    }
    return false;
}

bool weir_read_duration(weir_reader *reader, const weir_node *node, const char *what, int64_t *out)
{
    if (node->kind != WEIR_NODE_SCALAR || !weir_duration_parse(node->text, out)) {
        if (node->kind == WEIR_NODE_SCALAR && node->type != WEIR_SCALAR_NULL)
            weir_diag_error(reader->diags, node->place,
                            "'%.*s' is no duration for '%s': write 250ms, 15s, 30m or 23h",
                            WEIR_FMT(node->text), what);
        else
            weir_read_mismatch(reader, node, what, "a duration (250ms, 15s, 30m, 23h)");
        return false;
    }
    return true;
}

bool weir_read_bool(weir_reader *reader, const weir_node *node, const char *what, bool *out)
{
    if (node->kind != WEIR_NODE_SCALAR || node->type != WEIR_SCALAR_BOOL) {
        weir_read_mismatch(reader, node, what, "true or false");
        return false;
    }
    *out = (node->text.ptr[0] | 0x20) == 't';
    return true;
}

static weir_str choice_at(const void *user, size_t index)
{
    return weir_str_of(((const char *const *)user)[index]);
}

bool weir_read_enum(weir_reader *reader, const weir_node *node, const char *what,
                    const char *const *choices, int *out)
{
    weir_str text;
    if (!weir_read_text(reader, node, what, &text))
        return false;
    size_t count = 0;
    for (; choices[count]; count++) {
        if (weir_str_is(text, choices[count])) {
            *out = (int)count;
            return true;
        }
    }
    const weir_str near = weir_did_you_mean(text, count, choice_at, choices);
    if (near.len > 0) {
        weir_diag_error(reader->diags, node->place, "unknown %s '%.*s'; did you mean '%.*s'?", what,
                        WEIR_FMT(text), WEIR_FMT(near));
        return false;
    }
    weir_str list = WEIR_STR("");
    for (size_t i = 0; i < count; i++)
        list =
            weir_arena_printf(reader->arena, "%.*s%s%s", WEIR_FMT(list), i ? ", " : "", choices[i]);
    weir_diag_error(reader->diags, node->place, "unknown %s '%.*s'; there are: %.*s", what,
                    WEIR_FMT(text), WEIR_FMT(list));
    return false;
}

static bool read_scalar_value(weir_reader *reader, const weir_node *node, weir_value *out)
{
    double number = 0;
    int64_t integer = 0;
    switch (node->type) {
    case WEIR_SCALAR_NULL: *out = weir_value_none(); break;
    case WEIR_SCALAR_BOOL: *out = weir_value_bool((node->text.ptr[0] | 0x20) == 't'); break;
    case WEIR_SCALAR_INT:
        if (weir_int_parse(node->text, &integer) != WEIR_INT_OK) {
            weir_diag_error(reader->diags, node->place, "integer %.*s does not fit 64 bits",
                            WEIR_FMT(node->text));
            return false;
        }
        *out = weir_value_int(integer);
        break;
    case WEIR_SCALAR_FLOAT:
        if (!weir_double_parse(node->text, &number))
            return false;
        *out = weir_value_float(number);
        break;
    case WEIR_SCALAR_TEXT: *out = weir_value_str(node->text); break;
    }
    return true;
}

bool weir_read_value(weir_reader *reader, const weir_node *node, weir_value *out)
{
    if (node->kind == WEIR_NODE_SCALAR)
        return read_scalar_value(reader, node, out);
    if (node->kind == WEIR_NODE_LIST) {
        weir_value *items = NULL;
        if (!weir_list_new(reader->arena, WEIR_LIST, node->count, out, &items))
            return false;
        for (size_t i = 0; i < node->count; i++) {
            if (!weir_read_value(reader, node->items[i], &items[i]))
                return false;
        }
        return true;
    }
    weir_dict *dict = weir_dict_new(reader->arena, node->count);
    for (size_t i = 0; dict && i < node->count; i++) {
        weir_value value;
        const weir_value key = weir_value_str(node->pairs[i].key->text);
        if (!weir_read_value(reader, node->pairs[i].value, &value) ||
            !weir_dict_put(reader->arena, dict, &key, &value))
            return false;
    }
    if (dict)
        *out = weir_value_dict(dict);
    return dict != NULL;
}

/* ------------------------------------------------------------------ maps by table */

static weir_str row_name_at(const void *user, size_t index)
{
    return weir_str_of(((const weir_key_table *)user)->rows[index].name);
}

static const weir_key_row *find_row(const weir_key_table *table, weir_str name)
{
    for (size_t i = 0; i < table->count; i++) {
        if (weir_str_is(name, table->rows[i].name))
            return &table->rows[i];
    }
    return NULL;
}

static void read_number(weir_reader *reader, const weir_node *node, const weir_key_row *row,
                        void *into)
{
    weir_value value;
    const bool is_number = node->kind == WEIR_NODE_SCALAR &&
                           (node->type == WEIR_SCALAR_INT ||
                            (node->type == WEIR_SCALAR_FLOAT && row->type == WEIR_KEY_FLOAT));
    if (!is_number) {
        weir_read_mismatch(reader, node, row->name,
                           row->type == WEIR_KEY_INT ? "an integer" : "a number");
        return;
    }
    if (!read_scalar_value(reader, node, &value))
        return;
    if (row->type == WEIR_KEY_INT)
        *(int64_t *)into = value.i;
    else
        *(double *)into = value.kind == WEIR_INT ? (double)value.i : value.f;
}

const weir_shape weir_text_shape = {.form = WEIR_SHAPE_SCALAR, .type = WEIR_KEY_TEXT};
const weir_shape weir_scalar_shape = {.form = WEIR_SHAPE_WORD};
const weir_shape weir_any_shape = {.form = WEIR_SHAPE_ANY};

bool weir_shape_takes(const weir_shape *shape, const weir_node *node)
{
    switch (shape->form) {
    case WEIR_SHAPE_ANY: return true;
    case WEIR_SHAPE_WORD:
    case WEIR_SHAPE_SCALAR:
    case WEIR_SHAPE_BACKEND: return node->kind == WEIR_NODE_SCALAR;
    case WEIR_SHAPE_LIST: return node->kind == WEIR_NODE_LIST && node->count >= shape->least;
    case WEIR_SHAPE_EITHER:
        return weir_shape_takes(shape->of, node) || weir_shape_takes(shape->other, node);
    case WEIR_SHAPE_TABLE:
    case WEIR_SHAPE_MAP:
    case WEIR_SHAPE_FIELDS:
    case WEIR_SHAPE_OPTIONS:
        return node->kind == WEIR_NODE_MAP && node->count >= shape->least &&
               (shape->most == 0 || node->count <= shape->most);
    }
    return false;
}

static void read_shaped(weir_reader *reader, weir_node *node, const weir_key_row *row, void *into)
{
    if (row->shape && row->shape->words && !weir_shape_takes(row->shape, node))
        weir_read_mismatch(reader, node, row->name, row->shape->words);
    else
        row->read(reader, node, into);
}

static void read_row(weir_reader *reader, const weir_pair *pair, const weir_key_row *row,
                     void *into)
{
    weir_node *node = pair->value;
    void *member = (char *)into + row->offset;
    switch (row->type) {
    case WEIR_KEY_TEXT: weir_read_text(reader, node, row->name, member); break;
    case WEIR_KEY_NAME: weir_read_name(reader, node, row->name, member); break;
    case WEIR_KEY_EXPR: weir_read_expr(reader, node, row->name, member); break;
    case WEIR_KEY_FUNCTION: weir_read_function(reader, node, row->name, row->use, member); break;
    case WEIR_KEY_DURATION: weir_read_duration(reader, node, row->name, member); break;
    case WEIR_KEY_INT:
    case WEIR_KEY_FLOAT: read_number(reader, node, row, member); break;
    case WEIR_KEY_BOOL: weir_read_bool(reader, node, row->name, member); break;
    case WEIR_KEY_ENUM: weir_read_enum(reader, node, row->name, row->choices, member); break;
    case WEIR_KEY_MAP: weir_read_map(reader, node, row->table, member); break;
    case WEIR_KEY_READ: read_shaped(reader, node, row, into); break;
    }
}

static void check_either(weir_reader *reader, const weir_node *node, const weir_key_table *table)
{
    const char *first = NULL, *given = NULL;
    for (size_t i = 0; i < table->count; i++) {
        const weir_key_row *row = &table->rows[i];
        if (!(row->flags & WEIR_KEY_EITHER))
            continue;
        first = first ? first : row->name;
        if (!weir_node_get(node, row->name))
            continue;
        if (given)
            weir_diag_error(reader->diags, weir_node_get(node, row->name)->place,
                            "%s has '%s' or '%s', not both", table->title, given, row->name);
        given = row->name;
    }
    if (first && !given)
        weir_diag_error(reader->diags, node->place, "%s needs the key '%s'", table->title, first);
}

void weir_read_map(weir_reader *reader, weir_node *node, const weir_key_table *table, void *into)
{
    if (node->kind != WEIR_NODE_MAP) {
        weir_diag_error(reader->diags, node->place, "%s is a map, not %s", table->title,
                        weir_node_describe(node));
        return;
    }
    for (size_t i = 0; i < node->count; i++) {
        const weir_pair *pair = &node->pairs[i];
        const weir_key_row *row = find_row(table, pair->key->text);
        if (row)
            read_row(reader, pair, row, into);
        else
            weir_read_unknown(reader, pair->key->place, "key", pair->key->text, table->count,
                              row_name_at, table);
    }
    check_either(reader, node, table);
    for (size_t i = 0; i < table->count; i++) {
        const weir_key_row *row = &table->rows[i];
        if ((row->flags & WEIR_KEY_REQUIRED) && !weir_node_get(node, row->name))
            weir_diag_error(reader->diags, node->place, "%s needs the key '%s'", table->title,
                            row->name);
    }
}

weir_place weir_text_place(const weir_text *text, size_t offset, size_t length)
{
    if (!text->node)
        return (weir_place){0};
    return weir_node_text_place(text->node, offset, length);
}
