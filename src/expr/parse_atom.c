/* SPDX-License-Identifier: MIT */
/*
 * The innermost parts of the grammar: literals and names, displays and comprehensions, the
 * arguments of a call, what stands in the brackets of a subscription.
 */
#include "expr/parse.h"

static weir_str token_text(const weir_parser *parser)
{
    return (weir_str){parser->lexer.source.ptr + parser->token.offset, parser->token.length};
}

bool weir_parser_closes(const weir_parser *parser)
{
    uint8_t kind = parser->token.kind;
    return kind == WEIR_TOKEN_RPAREN || kind == WEIR_TOKEN_RBRACKET || kind == WEIR_TOKEN_RBRACE ||
           kind == WEIR_TOKEN_END;
}

/* The closing bracket of the one at `open`. */
static bool close_bracket(weir_parser *parser, weir_token_kind kind, size_t open)
{
    if (weir_parser_accept(parser, kind))
        return true;
    char opening = parser->lexer.source.ptr[open];
    if (parser->token.kind == WEIR_TOKEN_END)
        weir_parser_fail(parser, open, 1, "'%c' is never closed", opening);
    else if (weir_parser_closes(parser))
        weir_parser_fail(parser, parser->token.offset, 1, "%s does not close the '%c' before it",
                         weir_token_name((weir_token_kind)parser->token.kind), opening);
    else
        weir_parser_expected(parser, kind == WEIR_TOKEN_RPAREN     ? "',' or ')'"
                                     : kind == WEIR_TOKEN_RBRACKET ? "',' or ']'"
                                                                   : "',' or '}'");
    return false;
}

static weir_node *finish_items(weir_parser *parser, weir_node *node, const weir_node_list *list)
{
    node->items = list->items;
    node->count = list->count;
    return weir_parser_finish(parser, node);
}

/* ------------------------------------------------------------------ literals */

static weir_node *parse_number(weir_parser *parser)
{
    weir_node *node = weir_parser_node(parser, WEIR_NODE_CONST, parser->token.offset);
    if (!node)
        return NULL;
    bool is_int = parser->token.kind == WEIR_TOKEN_INT;
    if (!(is_int ? weir_literal_int : weir_literal_float)(parser->arena, token_text(parser),
                                                          &node->value)) {
        parser->mistakes->out_of_memory = parser->is_broken = true;
        return NULL;
    }
    weir_parser_advance(parser);
    return weir_parser_finish(parser, node);
}

static weir_node *parse_word(weir_parser *parser)
{
    weir_node *node = weir_parser_node(parser, WEIR_NODE_CONST, parser->token.offset);
    if (!node)
        return NULL;
    if (parser->token.kind == WEIR_TOKEN_NAME) {
        node->kind = WEIR_NODE_NAME;
        node->name = token_text(parser);
    } else if (parser->token.kind == WEIR_TOKEN_NONE) {
        node->value = weir_value_none();
    } else {
        node->value = weir_value_bool(parser->token.kind == WEIR_TOKEN_TRUE);
    }
    weir_parser_advance(parser);
    return weir_parser_finish(parser, node);
}

static weir_node *text_piece(weir_parser *parser, size_t offset, const weir_buf *buf, bool is_bytes)
{
    weir_node *node = weir_parser_node(parser, WEIR_NODE_CONST, offset);
    if (!node)
        return NULL;
    weir_str text = weir_arena_copy(parser->arena, weir_buf_str(buf));
    if (!text.ptr) {
        parser->mistakes->out_of_memory = parser->is_broken = true;
        return NULL;
    }
    node->value = is_bytes ? weir_value_bytes(text) : weir_value_str(text);
    node->depth = 1;
    return node;
}

/* One token of a run of strings: its text is added to `buf`, or its pieces are pushed. */
static bool parse_string_token(weir_parser *parser, weir_token token, weir_buf *buf,
                               weir_node_list *pieces)
{
    size_t start = token.offset;
    while (parser->lexer.source.ptr[start] != '\'' && parser->lexer.source.ptr[start] != '"')
        start++;
    if (!(token.prefix & WEIR_STRING_FORMAT))
        return weir_literal_text(parser, start + token.quote,
                                 token.offset + token.length - token.quote, token.prefix, buf);
    if (buf->len > 0 &&
        !weir_parser_push(parser, pieces, text_piece(parser, token.offset, buf, false)))
        return false;
    weir_buf_clear(buf);
    return weir_parse_fstring(parser, token, pieces);
}

static weir_node *parse_strings(weir_parser *parser)
{
    size_t offset = parser->token.offset;
    bool is_bytes = (parser->token.prefix & WEIR_STRING_BYTES) != 0;
    weir_buf buf = {0};
    weir_node_list pieces = {0};
    weir_node *node = NULL;
    bool is_fine = true;
    while (is_fine && !parser->is_broken && parser->token.kind == WEIR_TOKEN_STRING) {
        weir_token token = parser->token;
        if (((token.prefix & WEIR_STRING_BYTES) != 0) != is_bytes) {
            weir_parser_fail(parser, token.offset, token.length,
                             "text and bytes stand side by side; only like ones are joined");
            break;
        }
        is_fine = parse_string_token(parser, token, &buf, &pieces);
        if (is_fine)
            weir_parser_advance(parser);
    }
    if (parser->is_broken || !is_fine)
        goto done;
    if (buf.len > 0 || pieces.count == 0)
        weir_parser_push(parser, &pieces, text_piece(parser, offset, &buf, is_bytes));
    if (pieces.count == 1 && pieces.items[0] && pieces.items[0]->kind == WEIR_NODE_CONST) {
        node = pieces.items[0];
        node->offset = (uint32_t)offset;
        node = weir_parser_finish(parser, node);
    } else {
        node = weir_parser_node(parser, WEIR_NODE_FSTRING, offset);
        node = node ? finish_items(parser, node, &pieces) : NULL;
    }
done:
    weir_buf_fini(&buf);
    return node;
}

/* ------------------------------------------------------------------ comprehensions */

static weir_node *parse_target(weir_parser *parser);

static weir_node *parse_target_atom(weir_parser *parser)
{
    size_t open = parser->token.offset;
    if (parser->token.kind == WEIR_TOKEN_NAME && parser->ahead.kind != WEIR_TOKEN_DOT &&
        parser->ahead.kind != WEIR_TOKEN_LBRACKET)
        return parse_word(parser);
    bool is_round = parser->token.kind == WEIR_TOKEN_LPAREN;
    if (!is_round && parser->token.kind != WEIR_TOKEN_LBRACKET)
        return weir_parser_expected(parser, "a plain name to loop with");
    if (!weir_parser_enter(parser))
        return NULL;
    weir_parser_advance(parser);
    weir_node *node = parse_target(parser);
    weir_parser_leave(parser);
    if (!node || !close_bracket(parser, is_round ? WEIR_TOKEN_RPAREN : WEIR_TOKEN_RBRACKET, open))
        return NULL;
    if (!is_round && node->kind == WEIR_NODE_NAME) { /* [x] unpacks one element, (x) is x */
        weir_node *tuple = weir_parser_node(parser, WEIR_NODE_TUPLE, open);
        weir_node_list items = {0};
        if (!tuple || !weir_parser_push(parser, &items, node))
            return NULL;
        return finish_items(parser, tuple, &items);
    }
    return node;
}

/* The names of a `for`: one, or several with commas, nested at will. */
static weir_node *parse_target(weir_parser *parser)
{
    size_t start = parser->token.offset;
    weir_node *first = parse_target_atom(parser);
    if (!first || parser->token.kind != WEIR_TOKEN_COMMA)
        return first;
    weir_node *node = weir_parser_node(parser, WEIR_NODE_TUPLE, start);
    weir_node_list items = {0};
    if (!node || !weir_parser_push(parser, &items, first))
        return NULL;
    while (weir_parser_accept(parser, WEIR_TOKEN_COMMA)) {
        if (parser->token.kind == WEIR_TOKEN_IN || weir_parser_closes(parser))
            break;
        if (!weir_parser_push(parser, &items, parse_target_atom(parser)))
            return NULL;
    }
    return finish_items(parser, node, &items);
}

static weir_node *parse_clause(weir_parser *parser)
{
    bool is_for = parser->token.kind == WEIR_TOKEN_FOR;
    weir_node *node =
        weir_parser_node(parser, is_for ? WEIR_NODE_FOR : WEIR_NODE_IF, parser->token.offset);
    if (!node)
        return NULL;
    weir_parser_advance(parser);
    if (!is_for) {
        node->a = weir_parse_disjunction(parser);
        return node->a ? weir_parser_finish(parser, node) : NULL;
    }
    node->a = parse_target(parser);
    if (!node->a)
        return NULL;
    if (!weir_parser_accept(parser, WEIR_TOKEN_IN))
        return weir_parser_expected(parser, "'in' (for NAME in VALUES)");
    node->b = weir_parse_disjunction(parser);
    return node->b ? weir_parser_finish(parser, node) : NULL;
}

/* Behind the element of a comprehension, at its first `for`. */
static weir_node *parse_comprehension(weir_parser *parser, weir_comprehension op, size_t start,
                                      weir_node *element, weir_node *value)
{
    if (element->kind == WEIR_NODE_STAR || element->kind == WEIR_NODE_DSTAR)
        return weir_parser_fail(parser, element->offset, element->length,
                                "a comprehension's element cannot be starred");
    weir_node *node = weir_parser_node(parser, WEIR_NODE_COMPREHEND, start);
    weir_node_list clauses = {0};
    if (!node)
        return NULL;
    node->op = (uint8_t)op;
    node->a = element;
    node->b = value;
    while (!parser->is_broken &&
           (parser->token.kind == WEIR_TOKEN_FOR || parser->token.kind == WEIR_TOKEN_IF))
        if (!weir_parser_push(parser, &clauses, parse_clause(parser)))
            return NULL;
    return finish_items(parser, node, &clauses);
}

/* ------------------------------------------------------------------ displays */

weir_node *weir_parse_starred(weir_parser *parser)
{
    if (parser->token.kind != WEIR_TOKEN_STAR)
        return weir_parse_expression(parser);
    weir_node *node = weir_parser_node(parser, WEIR_NODE_STAR, parser->token.offset);
    if (!node)
        return NULL;
    weir_parser_advance(parser);
    node->a = weir_parse_operand(parser);
    return node->a ? weir_parser_finish(parser, node) : NULL;
}

/* More items behind the first, up to the closing bracket. */
static bool parse_items(weir_parser *parser, weir_node_list *items)
{
    while (weir_parser_accept(parser, WEIR_TOKEN_COMMA)) {
        if (weir_parser_closes(parser))
            return true;
        if (!weir_parser_push(parser, items, weir_parse_starred(parser)))
            return false;
    }
    return !parser->is_broken;
}

static weir_node *parse_round(weir_parser *parser)
{
    size_t open = parser->token.offset;
    weir_parser_advance(parser);
    if (parser->token.kind == WEIR_TOKEN_RPAREN) {
        weir_parser_advance(parser);
        weir_node *empty = weir_parser_node(parser, WEIR_NODE_TUPLE, open);
        return weir_parser_finish(parser, empty);
    }
    weir_node *node = weir_parse_tuple(parser);
    if (node && parser->token.kind == WEIR_TOKEN_FOR)
        node = parse_comprehension(parser, WEIR_COMPREHEND_GENERATOR, open, node, NULL);
    if (!node || !close_bracket(parser, WEIR_TOKEN_RPAREN, open))
        return NULL;
    node->in_parentheses = true;
    if (node->kind == WEIR_NODE_COMPREHEND) /* its parentheses are a part of it */
        return weir_parser_finish(parser, node);
    return node;
}

static weir_node *parse_square(weir_parser *parser)
{
    size_t open = parser->token.offset;
    weir_parser_advance(parser);
    weir_node *node = weir_parser_node(parser, WEIR_NODE_LIST, open);
    weir_node_list items = {0};
    if (!node)
        return NULL;
    if (parser->token.kind != WEIR_TOKEN_RBRACKET) {
        weir_node *first = weir_parse_starred(parser);
        if (!first)
            return NULL;
        if (parser->token.kind == WEIR_TOKEN_FOR) {
            node = parse_comprehension(parser, WEIR_COMPREHEND_LIST, open, first, NULL);
            if (!node || !close_bracket(parser, WEIR_TOKEN_RBRACKET, open))
                return NULL;
            return weir_parser_finish(parser, node);
        }
        if (!weir_parser_push(parser, &items, first) || !parse_items(parser, &items))
            return NULL;
    }
    if (!close_bracket(parser, WEIR_TOKEN_RBRACKET, open))
        return NULL;
    return finish_items(parser, node, &items);
}

/* `key: value` or `**dict` of a dict display. */
static bool parse_entry(weir_parser *parser, weir_node_list *items, weir_node *key)
{
    if (!key && parser->token.kind == WEIR_TOKEN_POWER) {
        weir_node *node = weir_parser_node(parser, WEIR_NODE_DSTAR, parser->token.offset);
        if (!node)
            return false;
        weir_parser_advance(parser);
        node->a = weir_parse_operand(parser);
        return node->a && weir_parser_push(parser, items, weir_parser_finish(parser, node)) &&
               weir_parser_push(parser, items, NULL);
    }
    if (!key)
        key = weir_parse_expression(parser);
    if (!key)
        return false;
    if (!weir_parser_accept(parser, WEIR_TOKEN_COLON)) {
        weir_parser_expected(parser, "':' behind a dict's key");
        return false;
    }
    weir_node *value = weir_parse_expression(parser);
    return value && weir_parser_push(parser, items, key) && weir_parser_push(parser, items, value);
}

static weir_node *parse_dict(weir_parser *parser, weir_node *node, size_t open, weir_node *first)
{
    weir_node_list items = {0};
    node->kind = WEIR_NODE_DICT;
    if (!parse_entry(parser, &items, first))
        return NULL;
    if (parser->token.kind == WEIR_TOKEN_FOR) {
        node =
            parse_comprehension(parser, WEIR_COMPREHEND_DICT, open, items.items[0], items.items[1]);
        if (!node || !close_bracket(parser, WEIR_TOKEN_RBRACE, open))
            return NULL;
        return weir_parser_finish(parser, node);
    }
    while (weir_parser_accept(parser, WEIR_TOKEN_COMMA) && !weir_parser_closes(parser))
        if (!parse_entry(parser, &items, NULL))
            return NULL;
    if (!close_bracket(parser, WEIR_TOKEN_RBRACE, open))
        return NULL;
    return finish_items(parser, node, &items);
}

static weir_node *parse_curly(weir_parser *parser)
{
    size_t open = parser->token.offset;
    weir_parser_advance(parser);
    weir_node *node = weir_parser_node(parser, WEIR_NODE_SET, open);
    weir_node_list items = {0};
    if (!node)
        return NULL;
    if (weir_parser_accept(parser, WEIR_TOKEN_RBRACE)) {
        node->kind = WEIR_NODE_DICT;
        return weir_parser_finish(parser, node);
    }
    if (parser->token.kind == WEIR_TOKEN_POWER)
        return parse_dict(parser, node, open, NULL);
    weir_node *first = weir_parse_starred(parser);
    if (!first)
        return NULL;
    if (parser->token.kind == WEIR_TOKEN_COLON && first->kind != WEIR_NODE_STAR)
        return parse_dict(parser, node, open, first);
    if (parser->token.kind == WEIR_TOKEN_FOR) {
        node = parse_comprehension(parser, WEIR_COMPREHEND_SET, open, first, NULL);
        if (!node || !close_bracket(parser, WEIR_TOKEN_RBRACE, open))
            return NULL;
        return weir_parser_finish(parser, node);
    }
    if (!weir_parser_push(parser, &items, first) || !parse_items(parser, &items) ||
        !close_bracket(parser, WEIR_TOKEN_RBRACE, open))
        return NULL;
    return finish_items(parser, node, &items);
}

weir_node *weir_parse_atom(weir_parser *parser)
{
    if (parser->is_broken)
        return NULL;
    switch (parser->token.kind) {
    case WEIR_TOKEN_NAME:
    case WEIR_TOKEN_NONE:
    case WEIR_TOKEN_TRUE:
    case WEIR_TOKEN_FALSE: return parse_word(parser);
    case WEIR_TOKEN_INT:
    case WEIR_TOKEN_FLOAT: return parse_number(parser);
    case WEIR_TOKEN_STRING: return parse_strings(parser);
    case WEIR_TOKEN_LPAREN: return parse_round(parser);
    case WEIR_TOKEN_LBRACKET: return parse_square(parser);
    case WEIR_TOKEN_LBRACE: return parse_curly(parser);
    default: return weir_parser_expected(parser, "a value");
    }
}

/* ------------------------------------------------------------------ calls and subscriptions */

static weir_node *parse_keyword(weir_parser *parser)
{
    weir_node *node = weir_parser_node(parser, WEIR_NODE_KEYWORD, parser->token.offset);
    if (!node)
        return NULL;
    node->name = token_text(parser);
    node->name_offset = parser->token.offset;
    weir_parser_advance(parser);
    weir_parser_advance(parser);
    node->a = weir_parse_expression(parser);
    return node->a ? weir_parser_finish(parser, node) : NULL;
}

static weir_node *parse_argument(weir_parser *parser, bool *has_keyword, size_t index)
{
    const weir_token token = parser->token;
    if (token.kind == WEIR_TOKEN_POWER)
        return weir_parser_fail(parser, token.offset, token.length,
                                "'**' arguments are not supported; name each one");
    if (token.kind == WEIR_TOKEN_NAME && parser->ahead.kind == WEIR_TOKEN_ASSIGN) {
        *has_keyword = true;
        return parse_keyword(parser);
    }
    weir_node *node = NULL;
    if (token.kind == WEIR_TOKEN_STAR) {
        node = weir_parser_node(parser, WEIR_NODE_STAR, token.offset);
        if (!node)
            return NULL;
        weir_parser_advance(parser);
        node->a = weir_parse_expression(parser);
        return node->a ? weir_parser_finish(parser, node) : NULL;
    }
    node = weir_parse_expression(parser);
    if (node && parser->token.kind == WEIR_TOKEN_FOR) {
        node = parse_comprehension(parser, WEIR_COMPREHEND_GENERATOR, token.offset, node, NULL);
        if (node && (index > 0 || parser->token.kind == WEIR_TOKEN_COMMA))
            return weir_parser_fail(parser, node->offset, node->length,
                                    "a generator beside other arguments needs parentheses");
    }
    if (node && *has_keyword)
        return weir_parser_fail(parser, node->offset, node->length,
                                "a positional argument stands behind a named one");
    return node;
}

weir_node *weir_parse_call(weir_parser *parser, weir_node *callee)
{
    size_t open = parser->token.offset;
    weir_node *node = weir_parser_node(parser, WEIR_NODE_CALL, callee->offset);
    weir_node_list items = {0};
    bool has_keyword = false;
    if (!node)
        return NULL;
    weir_parser_advance(parser);
    node->a = callee;
    while (!parser->is_broken && !weir_parser_closes(parser)) {
        if (!weir_parser_push(parser, &items, parse_argument(parser, &has_keyword, items.count)))
            return NULL;
        if (!weir_parser_accept(parser, WEIR_TOKEN_COMMA))
            break;
    }
    if (!close_bracket(parser, WEIR_TOKEN_RPAREN, open))
        return NULL;
    return finish_items(parser, node, &items);
}

/* One bound of a slice; *is_fine is false after a mistake, since an absent bound is NULL too. */
static weir_node *parse_bound(weir_parser *parser, bool *is_fine)
{
    if (parser->token.kind == WEIR_TOKEN_COLON || parser->token.kind == WEIR_TOKEN_COMMA ||
        weir_parser_closes(parser))
        return NULL;
    weir_node *node = weir_parse_expression(parser);
    *is_fine = *is_fine && node;
    return node;
}

static weir_node *parse_slice(weir_parser *parser, size_t start, weir_node *first)
{
    bool is_fine = true;
    weir_node *node = weir_parser_node(parser, WEIR_NODE_SLICE, start);
    if (!node)
        return NULL;
    node->a = first;
    weir_parser_advance(parser);
    node->b = parse_bound(parser, &is_fine);
    if (is_fine && weir_parser_accept(parser, WEIR_TOKEN_COLON))
        node->c = parse_bound(parser, &is_fine);
    return is_fine ? weir_parser_finish(parser, node) : NULL;
}

weir_node *weir_parse_subscript(weir_parser *parser, weir_node *object)
{
    size_t open = parser->token.offset;
    weir_node *node = weir_parser_node(parser, WEIR_NODE_INDEX, object->offset);
    if (!node)
        return NULL;
    weir_parser_advance(parser);
    node->a = object;
    size_t start = parser->token.offset;
    if (parser->token.kind == WEIR_TOKEN_RBRACKET)
        return weir_parser_fail(parser, open, 2, "a key or an index is missing in the brackets");
    weir_node *first = NULL;
    if (parser->token.kind != WEIR_TOKEN_COLON) {
        first = weir_parse_tuple(parser);
        if (!first)
            return NULL;
    }
    node->b = first;
    if (parser->token.kind == WEIR_TOKEN_COLON)
        node->b = parse_slice(parser, start, first);
    if (!node->b)
        return NULL;
    if (parser->token.kind == WEIR_TOKEN_COMMA)
        return weir_parser_fail(parser, node->b->offset, node->b->length,
                                "slices with commas are not supported");
    if (!close_bracket(parser, WEIR_TOKEN_RBRACKET, open))
        return NULL;
    return weir_parser_finish(parser, node);
}
