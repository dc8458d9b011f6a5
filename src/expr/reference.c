/* SPDX-License-Identifier: MIT */
/*
 * The rows of names.h as tables in Markdown. A section is a group of functions, or the methods or
 * attributes of one kind, wherever their rows stand. tests/unit/expr/test_reference.c sees to it
 * that no row is in none.
 */
#include "expr/reference.h"

#include "expr/tables.h"

typedef enum section_form { NAMES, FUNCTIONS, METHODS, ATTRIBUTES } section_form;

typedef struct section {
    const char *name;
    section_form form;
    const weir_fn_row *functions;
    uint8_t kind;
} section;

static const section SECTIONS[] = {
    {"names", NAMES, NULL, 0},
    {"functions for numbers", FUNCTIONS, weir_fn_numbers, 0},
    {"functions for sequences", FUNCTIONS, weir_fn_sequences, 0},
    {"functions for text", FUNCTIONS, weir_fn_texts, 0},
    {"functions for patterns", FUNCTIONS, weir_fn_regex, 0},
    {"functions for time", FUNCTIONS, weir_fn_times, 0},
    {"functions for encodings", FUNCTIONS, weir_fn_codecs, 0},
    {"functions for signatures", FUNCTIONS, weir_fn_crypto, 0},
    {"functions for bytes", FUNCTIONS, weir_fn_binary, 0},
    {"functions for assets", FUNCTIONS, weir_fn_broker, 0},
    {"methods of str", METHODS, NULL, WEIR_STR},
    {"methods of bytes", METHODS, NULL, WEIR_BYTES},
    {"methods of dict", METHODS, NULL, WEIR_DICT},
    {"methods of list", METHODS, NULL, WEIR_LIST},
    {"methods of tuple", METHODS, NULL, WEIR_TUPLE},
    {"methods of Timestamp", METHODS, NULL, WEIR_TIMESTAMP},
    {"methods of Timedelta", METHODS, NULL, WEIR_TIMEDELTA},
    {"methods of a mapping", METHODS, NULL, WEIR_OBJECT},
    {"attributes of Timestamp", ATTRIBUTES, NULL, WEIR_TIMESTAMP},
    {"attributes of Timedelta", ATTRIBUTES, NULL, WEIR_TIMEDELTA},
    {"attributes of Asset", ATTRIBUTES, NULL, WEIR_ASSET},
};

enum { SECTION_COUNT = sizeof SECTIONS / sizeof SECTIONS[0] };

/* ------------------------------------------------------------------ cells */

static const char *gives(uint8_t kind)
{
    if (kind >= WEIR_KIND_COUNT)
        return "";
    const weir_value value = {.kind = kind};
    return weir_value_type_name(&value);
}

/* A '|' would end the cell. */
static void put_cell(weir_buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '|')
            weir_buf_putc(out, '\\');
        weir_buf_putc(out, *text);
    }
}

/* `params` of names.h as Python writes a signature: an optional one ends in '='. */
static void put_params(weir_buf *out, const char *params)
{
    bool is_first = true;
    while (*params) {
        size_t len = strcspn(params, " ");
        const bool is_optional = params[len - 1] == '?';
        if (!(len == 1 && params[0] == '+'))
            weir_buf_printf(out, "%s%.*s%s", is_first ? "" : ", ", (int)(len - is_optional), params,
                            is_optional ? "=" : "");
        is_first = false;
        params += len + strspn(params + len, " ");
    }
}

static void put_call(weir_buf *out, const char *name, const char *params, uint8_t returns,
                     const char *doc)
{
    weir_buf_printf(out, "| `%s(", name);
    put_params(out, params);
    weir_buf_printf(out, ")` | %s | ", gives(returns));
    put_cell(out, doc);
    weir_buf_puts(out, " |\n");
}

/* ------------------------------------------------------------------ tables */

static void print_names(weir_buf *out)
{
    const char *name, *doc;
    weir_buf_puts(out, "| name | what it is |\n|---|---|\n");
    for (size_t i = 0; weir_name_row(i, &name, &doc); i++) {
        weir_buf_printf(out, "| `%s` | ", name);
        put_cell(out, doc);
        weir_buf_puts(out, " |\n");
    }
}

static void print_functions(weir_buf *out, const weir_fn_row *row)
{
    weir_buf_puts(out, "| function | gives | meaning |\n|---|---|---|\n");
    for (; row->name; row++)
        put_call(out, row->name, row->params, row->returns, row->doc);
}

static void print_methods(weir_buf *out, uint8_t kind)
{
    weir_buf_puts(out, "| method | gives | meaning |\n|---|---|---|\n");
    for (size_t g = 0; weir_method_groups[g]; g++) {
        for (const weir_method_row *row = weir_method_groups[g]; row->name; row++) {
            if (row->kind == kind)
                put_call(out, row->name, row->params, row->returns, row->doc);
        }
    }
}

static void print_attributes(weir_buf *out, uint8_t kind)
{
    weir_buf_puts(out, "| attribute | gives | meaning |\n|---|---|---|\n");
    for (size_t g = 0; weir_attr_groups[g]; g++) {
        for (const weir_attr_row *row = weir_attr_groups[g]; row->name; row++) {
            if (row->kind != kind)
                continue;
            weir_buf_printf(out, "| `%s` | %s | ", row->name, gives(row->returns));
            put_cell(out, row->doc);
            weir_buf_puts(out, " |\n");
        }
    }
}

const char *weir_expr_reference_name(size_t index)
{
    return index < SECTION_COUNT ? SECTIONS[index].name : NULL;
}

bool weir_expr_reference_print(weir_buf *out, weir_str name)
{
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        if (!weir_str_is(name, SECTIONS[i].name))
            continue;
        switch (SECTIONS[i].form) {
        case NAMES: print_names(out); break;
        case FUNCTIONS: print_functions(out, SECTIONS[i].functions); break;
        case METHODS: print_methods(out, SECTIONS[i].kind); break;
        case ATTRIBUTES: print_attributes(out, SECTIONS[i].kind); break;
        }
        return true;
    }
    return false;
}
