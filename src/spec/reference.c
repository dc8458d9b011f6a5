/* SPDX-License-Identifier: MIT */
/*
 * The tables as Markdown. A key that must be there stands in bold. What a value is made of is a
 * phrase built from its shape, in which a table is a link to the heading of its name.
 */
#include "spec/reference.h"

#include <ctype.h>

/* ------------------------------------------------------------------ which tables there are */

static void add_table(weir_table_list *list, const weir_key_table *table);

static void add_shape(weir_table_list *list, const weir_shape *shape)
{
    for (; shape; shape = shape->other) {
        if (shape->form == WEIR_SHAPE_TABLE)
            add_table(list, shape->table);
        if (shape->form == WEIR_SHAPE_FIELDS)
            add_table(list, &weir_field_table);
        add_shape(list, shape->of);
    }
}

static void add_table(weir_table_list *list, const weir_key_table *table)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->tables[i] == table)
            return;
    }
    if (list->count == WEIR_TABLES_MAX)
        return;
    list->tables[list->count++] = table;
    for (size_t i = 0; i < table->count; i++) {
        if (table->rows[i].type == WEIR_KEY_MAP)
            add_table(list, table->rows[i].table);
        else if (table->rows[i].type == WEIR_KEY_READ)
            add_shape(list, table->rows[i].shape);
    }
}

void weir_tables_collect(weir_table_list *list)
{
    list->count = 0;
    add_table(list, &weir_spec_table);
}

const char *weir_table_name(const weir_key_table *table)
{
    static const char *const articles[] = {"a ", "an "};
    for (size_t i = 0; i < sizeof articles / sizeof articles[0]; i++) {
        if (strncmp(table->title, articles[i], strlen(articles[i])) == 0)
            return table->title + strlen(articles[i]);
    }
    return table->title;
}

/* ------------------------------------------------------------------ cells */

/* A '|' would end the cell. */
static void put_cell(weir_buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '|')
            weir_buf_putc(out, '\\');
        weir_buf_putc(out, *text);
    }
}

/* As code hosts name the heading `text`. */
static void put_link(weir_buf *out, const char *text)
{
    weir_buf_printf(out, "[%s](#", text);
    for (; *text; text++) {
        if (*text == ' ')
            weir_buf_putc(out, '-');
        else if (isalnum((unsigned char)*text) || *text == '_' || *text == '-')
            weir_buf_putc(out, (char)tolower((unsigned char)*text));
    }
    weir_buf_putc(out, ')');
}

static void put_choices(weir_buf *out, const char *const *choices)
{
    for (size_t i = 0; choices[i]; i++)
        weir_buf_printf(out, "%s`%s`", i == 0 ? "" : choices[i + 1] ? ", " : " or ", choices[i]);
}

static const char *const type_words[] = {
    [WEIR_KEY_TEXT] = "text",         [WEIR_KEY_NAME] = "name",
    [WEIR_KEY_EXPR] = "expression",   [WEIR_KEY_FUNCTION] = "function of a plugin",
    [WEIR_KEY_DURATION] = "duration", [WEIR_KEY_INT] = "integer",
    [WEIR_KEY_FLOAT] = "number",      [WEIR_KEY_BOOL] = "bool",
};

static void put_shape(weir_buf *out, const weir_shape *shape);

static void put_element(weir_buf *out, const char *before, const weir_shape *of)
{
    const bool is_either = of->form == WEIR_SHAPE_EITHER;
    weir_buf_printf(out, "%s%s", before, is_either ? "(" : "");
    put_shape(out, of);
    weir_buf_puts(out, is_either ? ")" : "");
}

/* A pattern that one name alone matches is that name. */
static void put_map(weir_buf *out, const weir_shape *shape)
{
    const size_t len = shape->pattern ? strspn(shape->pattern + 1, "abcdefghijklmnopqrstuvwxyz"
                                                                   "0123456789_")
                                      : 0;
    if (len == 0 || strcmp(shape->pattern + 1 + len, "$") != 0) {
        put_element(out, "map of names to ", shape->of);
        return;
    }
    weir_buf_printf(out, "`%.*s:` with ", (int)len, shape->pattern + 1);
    put_shape(out, shape->of);
}

static void put_shape(weir_buf *out, const weir_shape *shape)
{
    switch (shape->form) {
    case WEIR_SHAPE_SCALAR:
        if (shape->type == WEIR_KEY_ENUM)
            put_choices(out, shape->choices);
        else
            weir_buf_puts(out, type_words[shape->type]);
        break;
    case WEIR_SHAPE_ANY: weir_buf_puts(out, "any value"); break;
    case WEIR_SHAPE_WORD: weir_buf_puts(out, "scalar"); break;
    case WEIR_SHAPE_TABLE: put_link(out, weir_table_name(shape->table)); break;
    case WEIR_SHAPE_FIELDS: put_link(out, "fields"); break;
    case WEIR_SHAPE_LIST: put_element(out, "list of ", shape->of); break;
    case WEIR_SHAPE_MAP: put_map(out, shape); break;
    case WEIR_SHAPE_EITHER:
        put_shape(out, shape->of);
        weir_buf_puts(out, ", or ");
        put_shape(out, shape->other);
        break;
    case WEIR_SHAPE_BACKEND: weir_buf_puts(out, "name of a backend"); break;
    case WEIR_SHAPE_OPTIONS: weir_buf_puts(out, "map, by the backend"); break;
    }
}

static void put_value(weir_buf *out, const weir_key_row *row)
{
    if (row->type == WEIR_KEY_MAP)
        put_link(out, weir_table_name(row->table));
    else if (row->type == WEIR_KEY_READ)
        put_shape(out, row->shape);
    else if (row->type == WEIR_KEY_ENUM)
        put_choices(out, row->choices);
    else
        weir_buf_puts(out, type_words[row->type]);
}

/* ------------------------------------------------------------------ tables */

static void print_table(weir_buf *out, const weir_key_table *table)
{
    weir_buf_puts(out, "| key | value | meaning |\n|---|---|---|\n");
    for (size_t i = 0; i < table->count; i++) {
        const weir_key_row *row = &table->rows[i];
        const char *mark = row->flags & WEIR_KEY_REQUIRED ? "**" : "";
        weir_buf_printf(out, "| %s`%s`%s | ", mark, row->name, mark);
        put_value(out, row);
        weir_buf_puts(out, " | ");
        put_cell(out, row->doc);
        weir_buf_puts(out, " |\n");
    }
}

static const char *const option_words[] = {
    [WEIR_OPTION_BOOL] = "bool",
    [WEIR_OPTION_INT] = "integer",
    [WEIR_OPTION_SIZE] = "size",
    [WEIR_OPTION_DURATION] = "duration",
    [WEIR_OPTION_STR] = "text",
    [WEIR_OPTION_STR_LIST] = "list of texts",
    [WEIR_OPTION_STR_MAP] = "map of texts",
};

static void print_option_rows(weir_buf *out, const weir_option_row *rows, size_t count,
                              const char *group)
{
    for (size_t i = 0; i < count; i++) {
        const weir_option_row *row = &rows[i];
        if (row->type == WEIR_OPTION_GROUP) {
            print_option_rows(out, row->rows, row->row_count, row->name);
            continue;
        }
        weir_buf_printf(out, "| `%s%s%s` | ", group, group[0] ? "." : "", row->name);
        if (row->type == WEIR_OPTION_ENUM)
            put_choices(out, row->choices);
        else
            weir_buf_puts(out, option_words[row->type]);
        weir_buf_puts(out, " | ");
        put_cell(out, row->doc);
        weir_buf_puts(out, " |\n");
    }
}

static void print_options(weir_buf *out, const weir_backend_rows *backend)
{
    weir_buf_puts(out, "| option | value | meaning |\n|---|---|---|\n");
    print_option_rows(out, backend->rows, backend->count, "");
}

bool weir_spec_reference_name(const weir_spec_registry *registry, size_t index, weir_buf *name)
{
    weir_table_list list;
    weir_tables_collect(&list);
    weir_buf_clear(name);
    if (index < list.count)
        weir_buf_puts(name, weir_table_name(list.tables[index]));
    else if (index - list.count < registry->count)
        weir_buf_printf(name, "%s options", registry->backends[index - list.count].name);
    else
        return false;
    return true;
}

bool weir_spec_reference_print(weir_buf *out, const weir_spec_registry *registry, weir_str name)
{
    weir_table_list list;
    weir_buf found = {0};
    bool is_there = false;
    weir_tables_collect(&list);
    for (size_t i = 0; !is_there && weir_spec_reference_name(registry, i, &found); i++) {
        is_there = weir_str_eq(name, weir_buf_str(&found));
        if (is_there && i < list.count)
            print_table(out, list.tables[i]);
        else if (is_there)
            print_options(out, &registry->backends[i - list.count]);
    }
    weir_buf_fini(&found);
    return is_there;
}
