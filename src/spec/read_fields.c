/* SPDX-License-Identifier: MIT */
/*
 * Field specs (SPEC.md 3). A scalar is the short form of `{source: ...}`. A map is a field spec
 * when it has `source` or `custom` and no key that could not be a misspelt one of theirs; any other
 * map is a nested object, so that an object may well have a member called `source`.
 */
#include "spec/rows.h"

static void read_default(weir_reader *reader, weir_node *node, void *into)
{
    weir_field *field = into;
    field->has_default = weir_read_value(reader, node, &field->default_value);
}

static const weir_key_row field_rows[] = {
    {.name = "source",
     .type = WEIR_KEY_EXPR,
     .offset = offsetof(weir_field, source),
     .doc = "the expression that gives the value"},
    {.name = "condition",
     .type = WEIR_KEY_EXPR,
     .offset = offsetof(weir_field, condition),
     .doc = "where it is false the field is left out; it may name `value`, what `source` gave"},
    {.name = "transform",
     .type = WEIR_KEY_EXPR,
     .offset = offsetof(weir_field, transform),
     .doc = "replaces the value, which it sees as `value`; or the name of a plugin's transform"},
    {.name = "custom",
     .type = WEIR_KEY_FUNCTION,
     .offset = offsetof(weir_field, custom),
     .use = WEIR_EXTENSION_FIELD,
     .doc = "its result replaces what `source` and `transform` gave, if they are there"},
    {.name = "default_value",
     .type = WEIR_KEY_READ,
     .read = read_default,
     .shape = &weir_any_shape,
     .doc = "used when an expression of the field fails or gives None; without it a failure is one "
            "of the whole record"},
};
const weir_key_table weir_field_table = {"a field", field_rows,
                                         sizeof field_rows / sizeof field_rows[0]};
const weir_shape weir_fields_shape = {.form = WEIR_SHAPE_FIELDS};

static weir_str field_key_at(const void *user, size_t index)
{
    (void)user;
    return weir_str_of(field_rows[index].name);
}

static bool is_field_spec(const weir_node *map)
{
    if (!weir_node_get(map, "source") && !weir_node_get(map, "custom"))
        return false;
    for (size_t i = 0; i < map->count; i++) {
        const weir_str key = map->pairs[i].key->text;
        bool is_known = false;
        for (size_t k = 0; k < weir_field_table.count; k++)
            is_known = is_known || weir_str_is(key, field_rows[k].name);
        if (!is_known &&
            weir_did_you_mean(key, weir_field_table.count, field_key_at, NULL).len == 0)
            return false;
    }
    return true;
}

static void read_field(weir_reader *reader, const weir_pair *pair, weir_field *field)
{
    weir_node *value = pair->value;
    field->name = pair->key->text;
    field->node = pair->key;
    if (field->name.len == 0)
        weir_diag_error(reader->diags, pair->key->place, "a field needs a name");
    if (value->kind == WEIR_NODE_SCALAR)
        weir_read_expr(reader, value, "source", &field->source);
    else if (value->kind == WEIR_NODE_LIST)
        weir_diag_error(reader->diags, value->place,
                        "a field is an expression or a map, not a list; for a list write an "
                        "expression: \"[...]\"");
    else if (is_field_spec(value))
        weir_read_map(reader, value, &weir_field_table, field);
    else
        weir_read_fields(reader, value, &field->fields, &field->field_count);
}

void weir_read_fields(weir_reader *reader, weir_node *node, const weir_field **fields,
                      size_t *count)
{
    if (node->kind != WEIR_NODE_MAP) {
        weir_read_mismatch(reader, node, "fields", "a map of names to expressions");
        return;
    }
    weir_field *list = weir_read_array(reader, node->count, sizeof *list);
    if (!list)
        return;
    for (size_t i = 0; i < node->count; i++)
        read_field(reader, &node->pairs[i], &list[i]);
    *fields = list;
    *count = node->count;
}

/* ------------------------------------------------------------------ headers */

/* A token of RFC 9110. */
static bool is_header_name(weir_str name)
{
    static const char others[] = "!#$%&'*+-.^_`|~";
    bool is_good = name.len > 0;
    for (size_t i = 0; is_good && i < name.len; i++) {
        const char c = name.ptr[i];
        is_good = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                  (c != '\0' && strchr(others, c));
    }
    return is_good;
}

void weir_read_headers(weir_reader *reader, weir_node *node, const weir_field **fields,
                       size_t *count)
{
    weir_read_fields(reader, node, fields, count);
    for (size_t i = 0; node->kind == WEIR_NODE_MAP && i < node->count; i++) {
        const weir_node *name = node->pairs[i].key;
        if (!is_header_name(name->text))
            weir_diag_error(reader->diags, name->place,
                            "'%.*s' cannot be the name of a header: letters, digits and '-', "
                            "without blanks and ':'",
                            WEIR_FMT(name->text));
    }
}
