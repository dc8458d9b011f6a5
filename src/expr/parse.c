/* SPDX-License-Identifier: MIT */
/*
 * The grammar of Python 3.11's expressions by operator precedence (Pratt): one table gives each
 * infix sign its level, and a loop climbs. `not`, comparison chains, the conditional expression and
 * lambda have functions of their own, because their levels bind differently to the left and to the
 * right. Recursion is bounded twice: by the nesting of the source (WEIR_EXPR_DEPTH_MAX), and by the
 * depth of the tree (WEIR_EXPR_TREE_MAX), which every later walk relies on.
 */
#include "expr/parse.h"

#include <stdarg.h>
#include <stdio.h>

/* ------------------------------------------------------------------ the parser's tools */

void weir_parser_advance(weir_parser *parser)
{
    parser->last_end = parser->token.offset + parser->token.length;
    parser->token = parser->ahead;
    if (parser->token.kind != WEIR_TOKEN_END)
        parser->ahead = weir_lex_next(&parser->lexer);
    if (parser->token.kind == WEIR_TOKEN_BROKEN)
        parser->is_broken = true; /* reported by the lexer */
}

void weir_parser_init(weir_parser *parser, size_t from, size_t to)
{
    parser->lexer.at = from;
    parser->lexer.end = to;
    parser->ahead = weir_lex_next(&parser->lexer);
    weir_parser_advance(parser);
    parser->last_end = from;
}

bool weir_parser_accept(weir_parser *parser, weir_token_kind kind)
{
    if (parser->is_broken || parser->token.kind != kind)
        return false;
    weir_parser_advance(parser);
    return true;
}

weir_node *weir_parser_fail(weir_parser *parser, size_t offset, size_t length, const char *format,
                            ...)
{
    if (parser->is_broken)
        return NULL;
    char text[300];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    weir_mistake(parser->mistakes, offset, length, "%s", text);
    parser->is_broken = true;
    return NULL;
}

weir_node *weir_parser_expected(weir_parser *parser, const char *what)
{
    const weir_token *token = &parser->token;
    weir_str text = {parser->lexer.source.ptr + token->offset, token->length};
    if (token->kind == WEIR_TOKEN_END && !parser->in_field)
        return weir_parser_fail(parser, token->offset, 1, "expected %s at the end", what);
    if (token->kind == WEIR_TOKEN_END)
        return weir_parser_fail(parser, token->offset, 1, "f-string: expected %s", what);
    if (token->kind == WEIR_TOKEN_RESERVED)
        return weir_parser_fail(parser, token->offset, token->length,
                                "'%.*s' belongs to statements; an expression cannot have it",
                                WEIR_FMT(text));
    if (token->kind == WEIR_TOKEN_NAME || token->kind == WEIR_TOKEN_INT ||
        token->kind == WEIR_TOKEN_FLOAT)
        return weir_parser_fail(parser, token->offset, token->length, "expected %s, found '%.*s'",
                                what, (int)(text.len < 60 ? text.len : 60), text.ptr);
    return weir_parser_fail(parser, token->offset, token->length, "expected %s, found %s", what,
                            weir_token_name((weir_token_kind)token->kind));
}

bool weir_parser_enter(weir_parser *parser)
{
    if (parser->depth >= WEIR_EXPR_DEPTH_MAX) {
        weir_parser_fail(parser, parser->token.offset, parser->token.length,
                         "nested too deeply: more than %d levels", WEIR_EXPR_DEPTH_MAX);
        return false;
    }
    parser->depth++;
    return true;
}

void weir_parser_leave(weir_parser *parser)
{
    parser->depth--;
}

weir_node *weir_parser_node(weir_parser *parser, weir_node_kind kind, size_t offset)
{
    weir_node *node = WEIR_ARENA_NEW(parser->arena, weir_node);
    if (!node) {
        parser->mistakes->out_of_memory = parser->is_broken = true;
        return NULL;
    }
    node->kind = (uint8_t)kind;
    node->offset = (uint32_t)offset;
    return node;
}

static unsigned depth_of(const weir_node *node)
{
    return node ? node->depth : 0;
}

weir_node *weir_parser_finish(weir_parser *parser, weir_node *node)
{
    if (!node || parser->is_broken)
        return NULL;
    node->length = (uint32_t)(parser->last_end - node->offset);
    unsigned depth = depth_of(node->a);
    depth = depth_of(node->b) > depth ? depth_of(node->b) : depth;
    depth = depth_of(node->c) > depth ? depth_of(node->c) : depth;
    for (size_t i = 0; i < node->count; i++)
        depth = depth_of(node->items[i]) > depth ? depth_of(node->items[i]) : depth;
    if (depth >= WEIR_EXPR_TREE_MAX)
        return weir_parser_fail(parser, node->offset, node->length,
                                "too long a chain of operators: more than %d levels",
                                WEIR_EXPR_TREE_MAX);
    node->depth = (uint16_t)(depth + 1);
    return node;
}

bool weir_parser_push(weir_parser *parser, weir_node_list *list, weir_node *node)
{
    if (parser->is_broken)
        return false;
    if (list->count == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : 8;
        weir_node **items = WEIR_ARENA_ARRAY(parser->arena, weir_node *, cap);
        if (!items) {
            parser->mistakes->out_of_memory = parser->is_broken = true;
            return false;
        }
        if (list->count)
            memcpy(items, list->items, list->count * sizeof *items);
        list->items = items;
        list->cap = cap;
    }
    list->items[list->count++] = node;
    return true;
}

/* ------------------------------------------------------------------ operators */

/* Levels, the loosest first. */
enum {
    LEVEL_NONE,
    LEVEL_OR,
    LEVEL_AND,
    LEVEL_NOT,
    LEVEL_COMPARE,
    LEVEL_PIPE,
    LEVEL_CARET,
    LEVEL_AMPERSAND,
    LEVEL_SHIFT,
    LEVEL_SUM,
    LEVEL_PRODUCT,
    LEVEL_UNARY,
    LEVEL_POWER
};

typedef struct infix_row {
    uint8_t level;
    uint8_t node; /* weir_node_kind */
    uint8_t op;   /* weir_binary, or relation */
} infix_row;

static const infix_row INFIX[WEIR_TOKEN_COUNT] = {
    [WEIR_TOKEN_OR] = {LEVEL_OR, WEIR_NODE_OR, 0},
    [WEIR_TOKEN_AND] = {LEVEL_AND, WEIR_NODE_AND, 0},
    [WEIR_TOKEN_IN] = {LEVEL_COMPARE, WEIR_NODE_COMPARE, WEIR_RELATION_IN},
    [WEIR_TOKEN_NOT] = {LEVEL_COMPARE, WEIR_NODE_COMPARE, WEIR_RELATION_NOT_IN},
    [WEIR_TOKEN_IS] = {LEVEL_COMPARE, WEIR_NODE_COMPARE, WEIR_RELATION_IS},
    [WEIR_TOKEN_LT] = {LEVEL_COMPARE, WEIR_NODE_COMPARE, WEIR_COMPARE_LT},
    [WEIR_TOKEN_LE] = {LEVEL_COMPARE, WEIR_NODE_COMPARE, WEIR_COMPARE_LE},
    [WEIR_TOKEN_EQ] = {LEVEL_COMPARE, WEIR_NODE_COMPARE, WEIR_COMPARE_EQ},
    [WEIR_TOKEN_NE] = {LEVEL_COMPARE, WEIR_NODE_COMPARE, WEIR_COMPARE_NE},
    [WEIR_TOKEN_GT] = {LEVEL_COMPARE, WEIR_NODE_COMPARE, WEIR_COMPARE_GT},
    [WEIR_TOKEN_GE] = {LEVEL_COMPARE, WEIR_NODE_COMPARE, WEIR_COMPARE_GE},
    [WEIR_TOKEN_PIPE] = {LEVEL_PIPE, WEIR_NODE_BINARY, WEIR_BINARY_OR},
    [WEIR_TOKEN_CARET] = {LEVEL_CARET, WEIR_NODE_BINARY, WEIR_BINARY_XOR},
    [WEIR_TOKEN_AMPERSAND] = {LEVEL_AMPERSAND, WEIR_NODE_BINARY, WEIR_BINARY_AND},
    [WEIR_TOKEN_LSHIFT] = {LEVEL_SHIFT, WEIR_NODE_BINARY, WEIR_BINARY_LSHIFT},
    [WEIR_TOKEN_RSHIFT] = {LEVEL_SHIFT, WEIR_NODE_BINARY, WEIR_BINARY_RSHIFT},
    [WEIR_TOKEN_PLUS] = {LEVEL_SUM, WEIR_NODE_BINARY, WEIR_BINARY_ADD},
    [WEIR_TOKEN_MINUS] = {LEVEL_SUM, WEIR_NODE_BINARY, WEIR_BINARY_SUB},
    [WEIR_TOKEN_STAR] = {LEVEL_PRODUCT, WEIR_NODE_BINARY, WEIR_BINARY_MUL},
    [WEIR_TOKEN_SLASH] = {LEVEL_PRODUCT, WEIR_NODE_BINARY, WEIR_BINARY_DIV},
    [WEIR_TOKEN_FLOORDIV] = {LEVEL_PRODUCT, WEIR_NODE_BINARY, WEIR_BINARY_FLOORDIV},
    [WEIR_TOKEN_PERCENT] = {LEVEL_PRODUCT, WEIR_NODE_BINARY, WEIR_BINARY_MOD},
    [WEIR_TOKEN_POWER] = {LEVEL_POWER, WEIR_NODE_BINARY, WEIR_BINARY_POW},
};

static weir_node *parse_level(weir_parser *parser, unsigned level);

static weir_node *parse_unary(weir_parser *parser, weir_node_kind kind, unsigned op, unsigned level)
{
    weir_node *node = weir_parser_node(parser, kind, parser->token.offset);
    if (!node || !weir_parser_enter(parser))
        return NULL;
    weir_parser_advance(parser);
    node->op = (uint8_t)op;
    node->a = parse_level(parser, level);
    weir_parser_leave(parser);
    return node->a ? weir_parser_finish(parser, node) : NULL;
}

static weir_node *parse_postfix(weir_parser *parser, weir_node *node)
{
    while (node && !parser->is_broken) {
        if (parser->token.kind == WEIR_TOKEN_LPAREN) {
            node = weir_parse_call(parser, node);
        } else if (parser->token.kind == WEIR_TOKEN_LBRACKET) {
            node = weir_parse_subscript(parser, node);
        } else if (weir_parser_accept(parser, WEIR_TOKEN_DOT)) {
            if (parser->token.kind != WEIR_TOKEN_NAME)
                return weir_parser_expected(parser, "a name behind '.'");
            weir_node *attr = weir_parser_node(parser, WEIR_NODE_ATTR, node->offset);
            if (!attr)
                return NULL;
            attr->a = node;
            attr->name_offset = parser->token.offset;
            attr->name =
                (weir_str){parser->lexer.source.ptr + parser->token.offset, parser->token.length};
            weir_parser_advance(parser);
            node = weir_parser_finish(parser, attr);
        } else {
            return node;
        }
    }
    return NULL;
}

static weir_node *parse_prefix(weir_parser *parser, unsigned level)
{
    switch (parser->token.kind) {
    case WEIR_TOKEN_NOT:
        if (level > LEVEL_NOT)
            return weir_parser_fail(parser, parser->token.offset, parser->token.length,
                                    "'not' binds loosely: put it in parentheses here");
        return parse_unary(parser, WEIR_NODE_NOT, 0, LEVEL_NOT);
    case WEIR_TOKEN_PLUS: return parse_unary(parser, WEIR_NODE_UNARY, WEIR_UNARY_PLUS, LEVEL_UNARY);
    case WEIR_TOKEN_MINUS:
        return parse_unary(parser, WEIR_NODE_UNARY, WEIR_UNARY_MINUS, LEVEL_UNARY);
    case WEIR_TOKEN_TILDE:
        return parse_unary(parser, WEIR_NODE_UNARY, WEIR_UNARY_INVERT, LEVEL_UNARY);
    case WEIR_TOKEN_LAMBDA:
        return weir_parser_fail(parser, parser->token.offset, parser->token.length,
                                "a lambda must be in parentheses here");
    default: return parse_postfix(parser, weir_parse_atom(parser));
    }
}

/* `not in` and `is not` are two tokens. False: this `not` is no operator. */
static bool take_relation(weir_parser *parser, uint8_t *op)
{
    if (parser->token.kind == WEIR_TOKEN_NOT) {
        if (parser->ahead.kind != WEIR_TOKEN_IN)
            return false;
        weir_parser_advance(parser);
    } else if (parser->token.kind == WEIR_TOKEN_IS && parser->ahead.kind == WEIR_TOKEN_NOT) {
        *op = WEIR_RELATION_IS_NOT;
        weir_parser_advance(parser);
    }
    weir_parser_advance(parser);
    return true;
}

/* `=` between operands: taken for `==` once it is reported. */
static bool at_assign(weir_parser *parser)
{
    if (parser->token.kind != WEIR_TOKEN_ASSIGN || parser->is_broken)
        return false;
    weir_mistake(parser->mistakes, parser->token.offset, parser->token.length,
                 "'=' assigns, which an expression cannot; equality is written '=='");
    parser->token.kind = WEIR_TOKEN_EQ;
    return true;
}

static bool is_relation(weir_parser *parser)
{
    return INFIX[parser->token.kind].level == LEVEL_COMPARE || at_assign(parser);
}

static weir_node *parse_comparison(weir_parser *parser, weir_node *first)
{
    weir_node *node = weir_parser_node(parser, WEIR_NODE_COMPARE, first->offset);
    weir_node_list items = {0};
    size_t op_count = 0, op_cap = 0;
    uint8_t *ops = NULL;
    if (!node || !weir_parser_push(parser, &items, first))
        return NULL;
    while (!parser->is_broken && is_relation(parser)) {
        uint8_t op = INFIX[parser->token.kind].op;
        if (!take_relation(parser, &op))
            return weir_parser_expected(parser, "an operator");
        if (op_count == op_cap) {
            op_cap = op_cap ? op_cap * 2 : 8;
            uint8_t *grown = weir_arena_alloc(parser->arena, op_cap);
            if (!grown) {
                parser->mistakes->out_of_memory = parser->is_broken = true;
                return NULL;
            }
            if (op_count)
                memcpy(grown, ops, op_count);
            ops = grown;
        }
        ops[op_count++] = op;
        weir_node *operand = parse_level(parser, LEVEL_COMPARE + 1);
        if (!operand || !weir_parser_push(parser, &items, operand))
            return NULL;
    }
    node->items = items.items;
    node->count = items.count;
    node->ops = ops;
    return weir_parser_finish(parser, node);
}

/* The right side: of `**` it may start with a sign and associates to the right. */
static weir_node *parse_right(weir_parser *parser, const infix_row *row)
{
    if (row->level != LEVEL_POWER)
        return parse_level(parser, row->level + 1u);
    if (!weir_parser_enter(parser))
        return NULL;
    weir_node *right = parse_level(parser, LEVEL_UNARY);
    weir_parser_leave(parser);
    return right;
}

static weir_node *parse_level(weir_parser *parser, unsigned level)
{
    if (parser->is_broken)
        return NULL;
    weir_node *left = parse_prefix(parser, level);
    while (left && !parser->is_broken) {
        if (level <= LEVEL_COMPARE)
            at_assign(parser);
        const infix_row *row = &INFIX[parser->token.kind];
        if (row->level == LEVEL_NONE || row->level < level)
            return left;
        if (row->level == LEVEL_COMPARE) {
            left = parse_comparison(parser, left);
            continue;
        }
        weir_node *node = weir_parser_node(parser, (weir_node_kind)row->node, left->offset);
        if (!node)
            return NULL;
        weir_parser_advance(parser);
        node->op = row->op;
        node->a = left;
        node->b = parse_right(parser, row);
        left = node->b ? weir_parser_finish(parser, node) : NULL;
    }
    return parser->is_broken ? NULL : left;
}

/* ------------------------------------------------------------------ expressions */

weir_node *weir_parse_disjunction(weir_parser *parser)
{
    return parse_level(parser, LEVEL_OR);
}

weir_node *weir_parse_operand(weir_parser *parser)
{
    return parse_level(parser, LEVEL_PIPE);
}

static weir_node *parse_lambda(weir_parser *parser)
{
    weir_node *node = weir_parser_node(parser, WEIR_NODE_LAMBDA, parser->token.offset);
    weir_node_list names = {0};
    if (!node)
        return NULL;
    weir_parser_advance(parser);
    while (parser->token.kind == WEIR_TOKEN_NAME) {
        weir_node *name = weir_parser_node(parser, WEIR_NODE_NAME, parser->token.offset);
        if (!name)
            return NULL;
        name->name =
            (weir_str){parser->lexer.source.ptr + parser->token.offset, parser->token.length};
        weir_parser_advance(parser);
        if (!weir_parser_push(parser, &names, weir_parser_finish(parser, name)))
            return NULL;
        if (!weir_parser_accept(parser, WEIR_TOKEN_COMMA))
            break;
    }
    if (parser->token.kind == WEIR_TOKEN_ASSIGN || parser->token.kind == WEIR_TOKEN_STAR ||
        parser->token.kind == WEIR_TOKEN_POWER)
        return weir_parser_fail(parser, parser->token.offset, parser->token.length,
                                "a lambda takes plain names here, without defaults and stars");
    if (!weir_parser_accept(parser, WEIR_TOKEN_COLON))
        return weir_parser_expected(parser, "':' behind the lambda's names");
    node->items = names.items;
    node->count = names.count;
    node->a = weir_parse_expression(parser);
    return node->a ? weir_parser_finish(parser, node) : NULL;
}

static weir_node *parse_conditional(weir_parser *parser, weir_node *value)
{
    weir_node *node = weir_parser_node(parser, WEIR_NODE_COND, value->offset);
    if (!node)
        return NULL;
    weir_parser_advance(parser);
    node->a = value;
    node->b = weir_parse_disjunction(parser);
    if (!node->b)
        return NULL;
    if (!weir_parser_accept(parser, WEIR_TOKEN_ELSE))
        return weir_parser_expected(parser, "'else' (A if TEST else B)");
    node->c = weir_parse_expression(parser);
    return node->c ? weir_parser_finish(parser, node) : NULL;
}

weir_node *weir_parse_expression(weir_parser *parser)
{
    if (parser->is_broken || !weir_parser_enter(parser))
        return NULL;
    weir_node *node = NULL;
    if (parser->token.kind == WEIR_TOKEN_LAMBDA) {
        node = parse_lambda(parser);
    } else {
        node = weir_parse_disjunction(parser);
        if (node && parser->token.kind == WEIR_TOKEN_IF)
            node = parse_conditional(parser, node);
    }
    weir_parser_leave(parser);
    return node;
}

weir_node *weir_parse_tuple(weir_parser *parser)
{
    size_t start = parser->token.offset;
    weir_node *first = weir_parse_starred(parser);
    if (!first || (parser->token.kind != WEIR_TOKEN_COMMA && first->kind != WEIR_NODE_STAR))
        return first;
    if (parser->token.kind != WEIR_TOKEN_COMMA)
        return weir_parser_fail(parser, first->offset, first->length,
                                "a starred value stands in a list, tuple, set or call");
    weir_node *node = weir_parser_node(parser, WEIR_NODE_TUPLE, start);
    weir_node_list items = {0};
    if (!node || !weir_parser_push(parser, &items, first))
        return NULL;
    while (weir_parser_accept(parser, WEIR_TOKEN_COMMA) && !weir_parser_closes(parser))
        if (!weir_parser_push(parser, &items, weir_parse_starred(parser)))
            return NULL;
    node->items = items.items;
    node->count = items.count;
    return weir_parser_finish(parser, node);
}

static void report_rest(weir_parser *parser)
{
    const weir_token *token = &parser->token;
    if (token->kind == WEIR_TOKEN_RPAREN || token->kind == WEIR_TOKEN_RBRACKET ||
        token->kind == WEIR_TOKEN_RBRACE)
        weir_parser_fail(parser, token->offset, token->length, "%s closes nothing",
                         weir_token_name((weir_token_kind)token->kind));
    else if (token->kind == WEIR_TOKEN_FOR)
        weir_parser_fail(parser, token->offset, token->length,
                         "a comprehension needs brackets around it");
    else
        weir_parser_expected(parser, "an operator or the end");
}

weir_node *weir_parse(weir_arena *arena, weir_str source, weir_mistakes *mistakes)
{
    if (source.len > WEIR_EXPR_SOURCE_MAX) {
        weir_mistake(mistakes, WEIR_EXPR_SOURCE_MAX, 1, "the expression is longer than %d bytes",
                     WEIR_EXPR_SOURCE_MAX);
        return NULL;
    }
    weir_parser parser = {0};
    parser.arena = arena;
    parser.mistakes = mistakes;
    parser.lexer.source = source;
    parser.lexer.mistakes = mistakes;
    weir_parser_init(&parser, 0, source.len);
    if (parser.token.kind == WEIR_TOKEN_END) {
        weir_mistake(mistakes, 0, 1, "an expression is expected, and there is nothing");
        return NULL;
    }
    weir_node *node = weir_parse_tuple(&parser);
    if (node && !parser.is_broken && parser.token.kind != WEIR_TOKEN_END)
        report_rest(&parser);
    return parser.is_broken ? NULL : node;
}
