/* SPDX-License-Identifier: MIT */
/*
 * The tree as text, fully parenthesised: what the tests of the grammar compare. One small printer
 * per family of kinds, found through a table.
 */
#include "expr/ast.h"

#include "value/json_write.h"

typedef void print_node(weir_buf *out, const weir_node *node);

static void print_items(weir_buf *out, const weir_node *node, const char *separator)
{
    for (size_t i = 0; i < node->count; i++) {
        if (i > 0)
            weir_buf_puts(out, separator);
        weir_node_print(out, node->items[i]);
    }
}

static void print_const(weir_buf *out, const weir_node *node)
{
    if (node->value.kind == WEIR_NONE)
        weir_buf_puts(out, "None");
    else if (node->value.kind == WEIR_BOOL)
        weir_buf_puts(out, node->value.b ? "True" : "False");
    else if (node->value.kind == WEIR_BYTES)
        weir_buf_printf(out, "b'%.*s'", WEIR_FMT(weir_value_text(&node->value)));
    else
        weir_json_write(out, &node->value, 0);
}

static void print_name(weir_buf *out, const weir_node *node)
{
    weir_buf_put(out, node->name);
}

static void print_attr(weir_buf *out, const weir_node *node)
{
    weir_node_print(out, node->a);
    weir_buf_putc(out, '.');
    weir_buf_put(out, node->name);
}

static void print_index(weir_buf *out, const weir_node *node)
{
    weir_node_print(out, node->a);
    weir_buf_putc(out, '[');
    weir_node_print(out, node->b);
    weir_buf_putc(out, ']');
}

static void print_slice(weir_buf *out, const weir_node *node)
{
    weir_node_print(out, node->a);
    weir_buf_putc(out, ':');
    weir_node_print(out, node->b);
    weir_buf_putc(out, ':');
    weir_node_print(out, node->c);
}

static void print_call(weir_buf *out, const weir_node *node)
{
    weir_node_print(out, node->a);
    weir_buf_putc(out, '(');
    print_items(out, node, ", ");
    weir_buf_putc(out, ')');
}

static void print_keyword(weir_buf *out, const weir_node *node)
{
    weir_buf_put(out, node->name);
    weir_buf_putc(out, '=');
    weir_node_print(out, node->a);
}

static void print_star(weir_buf *out, const weir_node *node)
{
    weir_buf_puts(out, node->kind == WEIR_NODE_STAR ? "*" : "**");
    weir_node_print(out, node->a);
}

static void print_unary(weir_buf *out, const weir_node *node)
{
    static const char *const SIGNS[] = {"+", "-", "~"};
    weir_buf_puts(out, node->kind == WEIR_NODE_NOT ? "(not " : "(");
    if (node->kind == WEIR_NODE_UNARY)
        weir_buf_puts(out, SIGNS[node->op]);
    weir_node_print(out, node->a);
    weir_buf_putc(out, ')');
}

static void print_binary(weir_buf *out, const weir_node *node)
{
    static const char *const SIGNS[] = {"|", "^", "&", "<<", ">>", "+",
                                        "-", "*", "/", "//", "%",  "**"};
    weir_buf_putc(out, '(');
    weir_node_print(out, node->a);
    weir_buf_printf(out, " %s ",
                    node->kind == WEIR_NODE_AND  ? "and"
                    : node->kind == WEIR_NODE_OR ? "or"
                                                 : SIGNS[node->op]);
    weir_node_print(out, node->b);
    weir_buf_putc(out, ')');
}

static void print_compare(weir_buf *out, const weir_node *node)
{
    static const char *const SIGNS[] = {"<",  "<=", "==",     "!=", ">",
                                        ">=", "in", "not in", "is", "is not"};
    weir_buf_putc(out, '(');
    for (size_t i = 0; i < node->count; i++) {
        if (i > 0)
            weir_buf_printf(out, " %s ", SIGNS[node->ops[i - 1]]);
        weir_node_print(out, node->items[i]);
    }
    weir_buf_putc(out, ')');
}

static void print_cond(weir_buf *out, const weir_node *node)
{
    weir_buf_putc(out, '(');
    weir_node_print(out, node->a);
    weir_buf_puts(out, " if ");
    weir_node_print(out, node->b);
    weir_buf_puts(out, " else ");
    weir_node_print(out, node->c);
    weir_buf_putc(out, ')');
}

static void print_display(weir_buf *out, const weir_node *node)
{
    const char *brackets = node->kind == WEIR_NODE_LIST    ? "[]"
                           : node->kind == WEIR_NODE_TUPLE ? "()"
                                                           : "{}";
    weir_buf_putc(out, brackets[0]);
    print_items(out, node, ", ");
    if (node->kind == WEIR_NODE_TUPLE && node->count == 1)
        weir_buf_putc(out, ',');
    weir_buf_putc(out, brackets[1]);
}

static void print_dict(weir_buf *out, const weir_node *node)
{
    weir_buf_putc(out, '{');
    for (size_t i = 0; i + 1 < node->count; i += 2) {
        if (i > 0)
            weir_buf_puts(out, ", ");
        weir_node_print(out, node->items[i]);
        if (!node->items[i + 1])
            continue;
        weir_buf_puts(out, ": ");
        weir_node_print(out, node->items[i + 1]);
    }
    weir_buf_putc(out, '}');
}

static void print_fstring(weir_buf *out, const weir_node *node)
{
    weir_buf_puts(out, "f(");
    print_items(out, node, ", ");
    weir_buf_putc(out, ')');
}

static void print_format(weir_buf *out, const weir_node *node)
{
    weir_buf_putc(out, '{');
    weir_node_print(out, node->a);
    if (node->op)
        weir_buf_printf(out, "!%c", node->op);
    if (node->b) {
        weir_buf_putc(out, ':');
        weir_node_print(out, node->b);
    }
    weir_buf_putc(out, '}');
}

static void print_comprehension(weir_buf *out, const weir_node *node)
{
    static const char *const BRACKETS[] = {"[]", "{}", "{}", "()"};
    weir_buf_putc(out, BRACKETS[node->op][0]);
    weir_node_print(out, node->a);
    if (node->b) {
        weir_buf_puts(out, ": ");
        weir_node_print(out, node->b);
    }
    print_items(out, node, "");
    weir_buf_putc(out, BRACKETS[node->op][1]);
}

static void print_clause(weir_buf *out, const weir_node *node)
{
    weir_buf_puts(out, node->kind == WEIR_NODE_FOR ? " for " : " if ");
    weir_node_print(out, node->a);
    if (node->kind == WEIR_NODE_FOR) {
        weir_buf_puts(out, " in ");
        weir_node_print(out, node->b);
    }
}

static void print_lambda(weir_buf *out, const weir_node *node)
{
    weir_buf_puts(out, "(lambda ");
    print_items(out, node, ", ");
    weir_buf_puts(out, ": ");
    weir_node_print(out, node->a);
    weir_buf_putc(out, ')');
}

void weir_node_print(weir_buf *out, const weir_node *node)
{
    static print_node *const PRINTERS[WEIR_NODE_KIND_COUNT] = {
        [WEIR_NODE_CONST] = print_const,
        [WEIR_NODE_NAME] = print_name,
        [WEIR_NODE_ATTR] = print_attr,
        [WEIR_NODE_INDEX] = print_index,
        [WEIR_NODE_SLICE] = print_slice,
        [WEIR_NODE_CALL] = print_call,
        [WEIR_NODE_KEYWORD] = print_keyword,
        [WEIR_NODE_STAR] = print_star,
        [WEIR_NODE_DSTAR] = print_star,
        [WEIR_NODE_UNARY] = print_unary,
        [WEIR_NODE_NOT] = print_unary,
        [WEIR_NODE_BINARY] = print_binary,
        [WEIR_NODE_AND] = print_binary,
        [WEIR_NODE_OR] = print_binary,
        [WEIR_NODE_COMPARE] = print_compare,
        [WEIR_NODE_COND] = print_cond,
        [WEIR_NODE_LIST] = print_display,
        [WEIR_NODE_TUPLE] = print_display,
        [WEIR_NODE_SET] = print_display,
        [WEIR_NODE_DICT] = print_dict,
        [WEIR_NODE_FSTRING] = print_fstring,
        [WEIR_NODE_FORMAT] = print_format,
        [WEIR_NODE_COMPREHEND] = print_comprehension,
        [WEIR_NODE_FOR] = print_clause,
        [WEIR_NODE_IF] = print_clause,
        [WEIR_NODE_LAMBDA] = print_lambda,
    };
    if (node)
        PRINTERS[node->kind](out, node);
}
