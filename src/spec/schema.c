/* SPDX-License-Identifier: MIT */
/*
 * The tables as a JSON Schema. Every table becomes two definitions: the whole one, and a part, in
 * which nothing is required, for a spec that `extends` another and need say only what differs. The
 * text is written compact and laid out at the end, so that the walk need not know how deep it is.
 */
#include "spec/reference.h"

#include <assert.h>

#include "value/json_write.h"

#define DURATION_PATTERN "^[0-9]+(\\.[0-9]+)? ?(ns|us|ms|s|m|h|d)$"
#define SIZE_PATTERN     "^[0-9]+(\\.[0-9]+)? ?(B|kB|KB|MB|GB|KiB|MiB|GiB)?$"
#define NAME_PATTERN     "^[a-z0-9_-]+$"

typedef struct schema {
    weir_buf out;
    const weir_spec_registry *registry;
    bool is_part;
} schema;

static void put(schema *s, const char *text)
{
    weir_buf_puts(&s->out, text);
}

/* A comma where a member or element stands in front. */
static void next(schema *s)
{
    const char last = s->out.len ? s->out.ptr[s->out.len - 1] : '{';
    if (last != '{' && last != '[' && last != ':')
        weir_buf_putc(&s->out, ',');
}

static void put_key(schema *s, const char *key)
{
    next(s);
    weir_json_write_str(&s->out, weir_str_of(key));
    weir_buf_putc(&s->out, ':');
}

static void put_text(schema *s, const char *key, const char *text)
{
    put_key(s, key);
    weir_json_write_str(&s->out, weir_str_of(text));
}

static void put_number(schema *s, const char *key, int64_t number)
{
    put_key(s, key);
    weir_buf_printf(&s->out, "%lld", (long long)number);
}

static void put_ref(schema *s, const char *name, const char *tail)
{
    put_key(s, "$ref");
    put(s, "\"#/$defs/");
    for (; *name; name++)
        weir_buf_putc(&s->out, *name == ' ' ? '_' : *name);
    weir_buf_printf(&s->out, "%s%s\"", tail, s->is_part ? "_part" : "");
}

static void open_def(schema *s, const char *name, const char *tail)
{
    next(s);
    weir_buf_putc(&s->out, '"');
    for (; *name; name++)
        weir_buf_putc(&s->out, *name == ' ' ? '_' : *name);
    weir_buf_printf(&s->out, "%s%s\":{", tail, s->is_part ? "_part" : "");
}

/* ------------------------------------------------------------------ shapes */

static void put_choices(schema *s, const char *const *choices)
{
    put_key(s, "enum");
    put(s, "[");
    for (size_t i = 0; choices[i]; i++) {
        next(s);
        weir_json_write_str(&s->out, weir_str_of(choices[i]));
    }
    put(s, "]");
}

static void put_scalar(schema *s, weir_key_type type, const char *const *choices)
{
    switch (type) {
    case WEIR_KEY_TEXT:
    case WEIR_KEY_NAME:
        put_key(s, "type");
        put(s, "[\"string\",\"number\",\"boolean\"]");
        break;
    case WEIR_KEY_EXPR:
        put_key(s, "type");
        put(s, "[\"string\",\"number\",\"boolean\",\"null\"]");
        break;
    case WEIR_KEY_FUNCTION:
    case WEIR_KEY_DURATION: put_text(s, "type", "string"); break;
    case WEIR_KEY_INT: put_text(s, "type", "integer"); break;
    case WEIR_KEY_FLOAT: put_text(s, "type", "number"); break;
    case WEIR_KEY_BOOL: put_text(s, "type", "boolean"); break;
    case WEIR_KEY_ENUM: put_choices(s, choices); break;
    case WEIR_KEY_MAP:
    case WEIR_KEY_READ: break;
    }
    if (type == WEIR_KEY_NAME)
        put_text(s, "pattern", NAME_PATTERN);
    if (type == WEIR_KEY_FUNCTION)
        put_text(s, "pattern", WEIR_WORD_PATTERN);
    if (type == WEIR_KEY_DURATION)
        put_text(s, "pattern", DURATION_PATTERN);
}

static void put_shape(schema *s, const weir_shape *shape);

static void put_alternatives(schema *s, const weir_shape *shape)
{
    for (; shape->form == WEIR_SHAPE_EITHER; shape = shape->other) {
        next(s);
        put(s, "{");
        put_shape(s, shape->of);
        put(s, "}");
    }
    next(s);
    put(s, "{");
    put_shape(s, shape);
    put(s, "}");
}

static void put_map(schema *s, const weir_shape *shape)
{
    put_text(s, "type", "object");
    if (shape->pattern) {
        put_key(s, "propertyNames");
        put(s, "{");
        put_text(s, "pattern", shape->pattern);
        put(s, "}");
    }
    if (shape->least > 0 && !s->is_part)
        put_number(s, "minProperties", (int64_t)shape->least);
    if (shape->most > 0)
        put_number(s, "maxProperties", (int64_t)shape->most);
    put_key(s, "additionalProperties");
    put(s, "{");
    put_shape(s, shape->of);
    put(s, "}");
}

static void put_list(schema *s, const weir_shape *shape)
{
    put_text(s, "type", "array");
    if (shape->least > 0)
        put_number(s, "minItems", (int64_t)shape->least);
    put_key(s, "items");
    put(s, "{");
    put_shape(s, shape->of);
    put(s, "}");
}

static void put_backends(schema *s)
{
    put_key(s, "enum");
    put(s, "[");
    for (size_t i = 0; i < s->registry->count; i++) {
        next(s);
        weir_json_write_str(&s->out, weir_str_of(s->registry->backends[i].name));
    }
    put(s, "]");
}

static void put_form(schema *s, const weir_shape *shape)
{
    switch (shape->form) {
    case WEIR_SHAPE_ANY: break;
    case WEIR_SHAPE_WORD: put_scalar(s, WEIR_KEY_EXPR, NULL); break;
    case WEIR_SHAPE_SCALAR:
        put_scalar(s, shape->type, shape->choices);
        if (shape->pattern)
            put_text(s, "pattern", shape->pattern);
        if (shape->type == WEIR_KEY_INT)
            put_number(s, "minimum", (int64_t)shape->least);
        if (shape->type == WEIR_KEY_INT && shape->most > 0)
            put_number(s, "maximum", (int64_t)shape->most);
        break;
    case WEIR_SHAPE_TABLE: put_ref(s, weir_table_name(shape->table), ""); break;
    case WEIR_SHAPE_LIST: put_list(s, shape); break;
    case WEIR_SHAPE_MAP: put_map(s, shape); break;
    case WEIR_SHAPE_EITHER:
        put_key(s, "anyOf");
        put(s, "[");
        put_alternatives(s, shape);
        put(s, "]");
        break;
    case WEIR_SHAPE_FIELDS: put_ref(s, "fields", ""); break;
    case WEIR_SHAPE_BACKEND: put_backends(s); break;
    case WEIR_SHAPE_OPTIONS: put_text(s, "type", "object"); break; /* see put_chosen_options */
    }
}

static void put_shape(schema *s, const weir_shape *shape)
{
    if (shape->may_be_null) {
        put_key(s, "anyOf");
        put(s, "[{\"type\":\"null\"},{");
    }
    put_form(s, shape);
    if (shape->may_be_null)
        put(s, "}]");
}

/* ------------------------------------------------------------------ tables */

static void put_row(schema *s, const weir_key_row *row)
{
    assert((row->type != WEIR_KEY_READ || row->shape) && "a row with a reader has a shape");
    put_key(s, row->name);
    put(s, "{");
    put_text(s, "description", row->doc);
    if (row->type == WEIR_KEY_MAP)
        put_ref(s, weir_table_name(row->table), "");
    else if (row->type == WEIR_KEY_READ)
        put_shape(s, row->shape);
    else
        put_scalar(s, row->type, row->choices);
    put(s, "}");
}

static const weir_key_row *find_form(const weir_key_table *table, weir_shape_form form)
{
    for (size_t i = 0; i < table->count; i++) {
        const weir_key_row *row = &table->rows[i];
        if (row->type == WEIR_KEY_READ && row->shape && row->shape->form == form)
            return row;
    }
    return NULL;
}

/* The options of each backend, where the key beside them names it. */
static void put_chosen_options(schema *s, const weir_key_table *table)
{
    const weir_key_row *type = find_form(table, WEIR_SHAPE_BACKEND);
    const weir_key_row *options = find_form(table, WEIR_SHAPE_OPTIONS);
    if (!type || !options)
        return;
    put_key(s, "allOf");
    put(s, "[");
    for (size_t i = 0; i < s->registry->count; i++) {
        const char *backend = s->registry->backends[i].name;
        next(s);
        weir_buf_printf(&s->out,
                        "{\"if\":{\"properties\":{\"%s\":{\"const\":\"%s\"}},\"required\":[\"%s\"]}"
                        ",\"then\":{\"properties\":{\"%s\":{",
                        type->name, backend, type->name, options->name);
        put_ref(s, backend, "_options");
        put(s, "}}}}");
    }
    put(s, "]");
}

static void put_required(schema *s, const weir_key_table *table)
{
    bool is_first = true;
    for (size_t i = 0; i < table->count; i++) {
        if (!(table->rows[i].flags & WEIR_KEY_REQUIRED))
            continue;
        if (is_first) {
            put_key(s, "required");
            put(s, "[");
        }
        next(s);
        weir_json_write_str(&s->out, weir_str_of(table->rows[i].name));
        is_first = false;
    }
    if (!is_first)
        put(s, "]");
}

static void put_either(schema *s, const weir_key_table *table)
{
    bool is_first = true;
    for (size_t i = 0; i < table->count; i++) {
        if (!(table->rows[i].flags & WEIR_KEY_EITHER))
            continue;
        if (is_first) {
            put_key(s, "oneOf");
            put(s, "[");
        }
        next(s);
        put(s, "{\"required\":[");
        weir_json_write_str(&s->out, weir_str_of(table->rows[i].name));
        put(s, "]}");
        is_first = false;
    }
    if (!is_first)
        put(s, "]");
}

static void put_table(schema *s, const weir_key_table *table)
{
    open_def(s, weir_table_name(table), "");
    put_text(s, "title", table->title);
    put_text(s, "type", "object");
    put(s, ",\"additionalProperties\":false");
    put_key(s, "properties");
    put(s, "{");
    for (size_t i = 0; i < table->count; i++)
        put_row(s, &table->rows[i]);
    put(s, "}");
    if (!s->is_part) {
        put_required(s, table);
        put_either(s, table);
    }
    put_chosen_options(s, table);
    put(s, "}");
}

/* A nested object may have members called like the keys of a field spec, and a part of a field spec
 * looks like such an object; so both are tried, and in a part anything goes. */
static void put_fields(schema *s)
{
    open_def(s, "fields", "");
    put(s, "\"title\":\"fields\",\"type\":\"object\",\"propertyNames\":{\"minLength\":1}");
    put_key(s, "additionalProperties");
    put(s, "{");
    if (!s->is_part) {
        put(s, "\"anyOf\":[{");
        put_scalar(s, WEIR_KEY_EXPR, NULL);
        put(s, "},{");
        put_ref(s, weir_table_name(&weir_field_table), "");
        put(s, ",\"type\":\"object\",\"anyOf\":[{\"required\":[\"source\"]},{\"required\":"
               "[\"custom\"]}]},{");
        put_ref(s, "fields", "");
        put(s, "}]");
    }
    put(s, "}}");
}

/* ------------------------------------------------------------------ options of a backend */

static void put_option_rows(schema *s, const weir_option_row *rows, size_t count);

static void put_default(schema *s, const weir_option_row *row)
{
    if (!row->fallback)
        return;
    put_key(s, "default");
    if (row->type == WEIR_OPTION_BOOL || row->type == WEIR_OPTION_INT)
        put(s, row->fallback);
    else
        weir_json_write_str(&s->out, weir_str_of(row->fallback));
}

static void put_range(schema *s, const weir_option_row *row)
{
    put_number(s, "minimum", row->min);
    if (row->max != 0)
        put_number(s, "maximum", row->max);
}

static void put_option_type(schema *s, const weir_option_row *row)
{
    static const char text[] = "{\"type\":[\"string\",\"number\",\"boolean\"]}";
    switch (row->type) {
    case WEIR_OPTION_BOOL: put_scalar(s, WEIR_KEY_BOOL, NULL); break;
    case WEIR_OPTION_INT:
        put_scalar(s, WEIR_KEY_INT, NULL);
        put_range(s, row);
        break;
    case WEIR_OPTION_SIZE:
        put(s, ",\"type\":[\"integer\",\"string\"]");
        put_text(s, "pattern", SIZE_PATTERN);
        put_range(s, row);
        break;
    case WEIR_OPTION_DURATION: put_scalar(s, WEIR_KEY_DURATION, NULL); break;
    case WEIR_OPTION_STR: put_scalar(s, WEIR_KEY_TEXT, NULL); break;
    case WEIR_OPTION_STR_LIST:
        put_text(s, "type", "array");
        put_key(s, "items");
        put(s, text);
        break;
    case WEIR_OPTION_STR_MAP:
        put_text(s, "type", "object");
        put_key(s, "additionalProperties");
        put(s, text);
        break;
    case WEIR_OPTION_ENUM: put_choices(s, row->choices); break;
    case WEIR_OPTION_GROUP: put_option_rows(s, row->rows, row->row_count); break;
    }
}

static void put_option_rows(schema *s, const weir_option_row *rows, size_t count)
{
    put_text(s, "type", "object");
    put(s, ",\"additionalProperties\":false");
    put_key(s, "properties");
    put(s, "{");
    for (size_t i = 0; i < count; i++) {
        put_key(s, rows[i].name);
        put(s, "{");
        put_text(s, "description", rows[i].doc);
        put_option_type(s, &rows[i]);
        put_default(s, &rows[i]);
        put(s, "}");
    }
    put(s, "}");
}

static void put_options(schema *s)
{
    for (size_t i = 0; i < s->registry->count; i++) {
        const weir_backend_rows *backend = &s->registry->backends[i];
        open_def(s, backend->name, "_options");
        put_option_rows(s, backend->rows, backend->count);
        put(s, "}");
    }
}

/* ------------------------------------------------------------------ the whole */

/* The compact text with a line for each member, two blanks a level; what is empty stays "{}". */
static void lay_out(weir_buf *out, weir_str text)
{
    size_t depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        const bool opens = !in_string && (c == '{' || c == '[');
        const bool closes = !in_string && (c == '}' || c == ']');
        const bool is_empty = closes && (text.ptr[i - 1] == '{' || text.ptr[i - 1] == '[');
        if (c == '"' && !(in_string && text.ptr[i - 1] == '\\' && text.ptr[i - 2] != '\\'))
            in_string = !in_string;
        depth -= closes;
        if (closes && !is_empty)
            weir_buf_printf(out, "\n%*s", (int)depth * 2, "");
        weir_buf_putc(out, c);
        depth += opens;
        const bool is_next_empty = opens && (text.ptr[i + 1] == '}' || text.ptr[i + 1] == ']');
        if ((opens && !is_next_empty) || (!in_string && c == ','))
            weir_buf_printf(out, "\n%*s", (int)depth * 2, "");
        else if (!in_string && c == ':')
            weir_buf_putc(out, ' ');
    }
    weir_buf_putc(out, '\n');
}

void weir_schema_print(weir_buf *out, const weir_spec_registry *registry)
{
    schema s = {.registry = registry};
    weir_table_list list;
    weir_tables_collect(&list);
    put(&s, "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\"");
    put_text(&s, "title", "Weir spec, version 1 of the language");
    put(&s, ",\"type\":\"object\",\"if\":{\"required\":[\"extends\"]},\"then\":{");
    s.is_part = true;
    put_ref(&s, weir_table_name(&weir_spec_table), "");
    put(&s, "},\"else\":{");
    s.is_part = false;
    put_ref(&s, weir_table_name(&weir_spec_table), "");
    put(&s, "}");
    put_key(&s, "$defs");
    put(&s, "{");
    for (int part = 0; part < 2; part++) {
        s.is_part = part == 1;
        for (size_t i = 0; i < list.count; i++)
            put_table(&s, list.tables[i]);
        put_fields(&s);
        put_options(&s);
    }
    put(&s, "}}");
    if (s.out.failed)
        out->failed = true;
    else
        lay_out(out, weir_buf_str(&s.out));
    weir_buf_fini(&s.out);
}
