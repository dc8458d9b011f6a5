/* SPDX-License-Identifier: MIT */
/*
 * F-strings, as CPython 3.11 reads them: the end of each replacement field is found by counting
 * brackets and quotes over its text, then the text is parsed as an expression of its own. Since a
 * field cannot contain a backslash, its bytes are the source's bytes, and every range inside it is
 * right without translation. Fields nest once, in a format spec.
 */
#include "expr/parse.h"

enum { BRACKETS_MAX = WEIR_EXPR_DEPTH_MAX };

/* One f-string token, or the format spec of one of its fields. */
typedef struct fstring {
    weir_parser *parser;
    const char *text; /* the source */
    size_t at, to;
    unsigned prefix;
    unsigned level; /* 1 in a format spec */
} fstring;

static bool mistake(fstring *f, size_t from, size_t to, const char *text)
{
    weir_parser_fail(f->parser, from, to > from ? to - from : 1, "f-string: %s", text);
    return false;
}

/* ------------------------------------------------------------------ literal text */

/* The end of the text in front of the next brace. A backslash does not hide a brace. */
static size_t literal_end(const fstring *f)
{
    size_t at = f->at;
    while (at < f->to && f->text[at] != '{' && f->text[at] != '}') {
        if (f->text[at] == '\\' && !(f->prefix & WEIR_STRING_RAW) && at + 1 < f->to &&
            f->text[at + 1] != '{' && f->text[at + 1] != '}')
            at++;
        at++;
    }
    return at;
}

static bool push_text(fstring *f, weir_node_list *pieces, size_t offset, const weir_buf *buf)
{
    if (buf->len == 0)
        return true;
    weir_node *node = weir_parser_node(f->parser, WEIR_NODE_CONST, offset);
    weir_str text = weir_arena_copy(f->parser->arena, weir_buf_str(buf));
    if (!node || !text.ptr) {
        f->parser->mistakes->out_of_memory = f->parser->is_broken = true;
        return false;
    }
    node->value = weir_value_str(text);
    node->depth = 1;
    return weir_parser_push(f->parser, pieces, node);
}

/* Text up to a field, the end, or (in a spec) its closing brace. */
static bool parse_text(fstring *f, weir_buf *buf)
{
    for (;;) {
        size_t end = literal_end(f);
        if (!weir_literal_text(f->parser, f->at, end, f->prefix, buf))
            return false;
        f->at = end;
        if (end >= f->to || f->level > 0)
            return true;
        bool is_doubled = end + 1 < f->to && f->text[end + 1] == f->text[end];
        if (!is_doubled && f->text[end] == '}')
            return mistake(f, end, end + 1, "a single '}' is not allowed; write '}}' for one");
        if (!is_doubled)
            return true;
        weir_buf_putc(buf, f->text[end]);
        f->at += 2;
    }
}

/* ------------------------------------------------------------------ replacement fields */

/* Counts brackets and quotes over the text of a field. */
typedef struct field_scan {
    char brackets[BRACKETS_MAX];
    size_t depth;
    char quote; /* 0: outside */
    unsigned quote_len;
} field_scan;

static char opening_of(char c)
{
    return c == ')' ? '(' : c == ']' ? '[' : '{';
}

static bool scan_quote(const fstring *f, field_scan *scan, size_t *at)
{
    char c = f->text[*at];
    bool is_triple = *at + 2 < f->to && f->text[*at + 1] == c && f->text[*at + 2] == c;
    if (!scan->quote) {
        scan->quote = c;
        scan->quote_len = is_triple ? 3 : 1;
        *at += scan->quote_len;
        return true;
    }
    if (c == scan->quote && (scan->quote_len == 1 || is_triple)) {
        *at += scan->quote_len;
        scan->quote = 0;
        return true;
    }
    ++*at;
    return true;
}

static bool scan_bracket(fstring *f, field_scan *scan, size_t at)
{
    char c = f->text[at];
    if (c == '(' || c == '[' || c == '{') {
        if (scan->depth >= BRACKETS_MAX)
            return mistake(f, at, at + 1, "too many nested brackets");
        scan->brackets[scan->depth++] = c;
        return true;
    }
    if (scan->depth == 0)
        return mistake(f, at, at + 1, c == ')' ? "')' closes nothing" : "']' closes nothing");
    if (scan->brackets[--scan->depth] != opening_of(c))
        return mistake(f, at, at + 1, "this bracket does not close the one before it");
    return true;
}

/* True if a field's expression ends in front of this character. */
static bool ends_field(const fstring *f, size_t at)
{
    char c = f->text[at];
    char next = at + 1 < f->to ? f->text[at + 1] : '\0';
    if (c == '}' || c == ':')
        return true;
    if (c == '!')
        return next != '=';
    return c == '=' && next != '=';
}

/* Finds the end of the expression that starts at f->at. */
static bool scan_field(fstring *f, size_t *end)
{
    field_scan scan = {0};
    size_t at = f->at;
    while (at < f->to) {
        char c = f->text[at];
        if (c == '\\')
            return mistake(f, at, at + 1, "an expression in braces cannot include a backslash");
        if (c == '\'' || c == '"') {
            scan_quote(f, &scan, &at);
            continue;
        }
        if (scan.quote) {
            at++;
            continue;
        }
        if (c == '#')
            return mistake(f, at, at + 1, "an expression in braces cannot include '#'");
        if (scan.depth == 0 && ends_field(f, at))
            break;
        if (scan.depth == 0 && strchr("=!<>", c) && at + 1 < f->to && f->text[at + 1] == '=')
            at++; /* == != <= >= are operators */
        else if (strchr("()[]{}", c) && !scan_bracket(f, &scan, at))
            return false;
        at++;
    }
    if (scan.quote)
        return mistake(f, f->at, at, "a text in the braces has no end");
    if (scan.depth > 0)
        return mistake(f, f->at, at, "a bracket in the braces is never closed");
    *end = at;
    return true;
}

static bool is_blank_range(const fstring *f, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (!strchr(" \t\n\r\f", f->text[i]))
            return false;
    return true;
}

/* Parses source[from, to) with a lexer of its own. */
static weir_node *parse_range(fstring *f, size_t from, size_t to)
{
    weir_parser *parser = f->parser;
    weir_parser saved = *parser;
    if (!weir_parser_enter(parser))
        return NULL;
    parser->in_field++;
    weir_parser_init(parser, from, to);
    weir_node *node = weir_parse_tuple(parser);
    if (node && parser->token.kind != WEIR_TOKEN_END)
        node = weir_parser_expected(parser, "an operator or the end of the braces");
    bool is_broken = parser->is_broken;
    *parser = saved;
    parser->is_broken = is_broken;
    return is_broken ? NULL : node;
}

static weir_node *parse_spec(fstring *f, size_t brace);

/* `=` behind the expression: its text stands before its value. */
static bool parse_debug(fstring *f, size_t start, weir_node_list *pieces)
{
    f->at++;
    while (f->at < f->to && strchr(" \t\n\r\f", f->text[f->at]))
        f->at++;
    weir_buf buf = {0};
    weir_buf_put(&buf, (weir_str){f->text + start, f->at - start});
    bool is_fine = push_text(f, pieces, start, &buf);
    weir_buf_fini(&buf);
    return is_fine;
}

static bool parse_conversion(fstring *f, weir_node *node)
{
    f->at++;
    char c = f->at < f->to ? f->text[f->at] : '\0';
    if (c != 's' && c != 'r' && c != 'a')
        return mistake(f, f->at - 1, f->at + 1, "a conversion is !s, !r or !a");
    node->op = (uint8_t)c;
    f->at++;
    return true;
}

/* Behind an opening brace, at `brace`. */
static bool parse_field(fstring *f, size_t brace, weir_node_list *pieces)
{
    if (f->level >= 2)
        return mistake(f, brace, brace + 1, "fields are nested too deeply");
    size_t start = f->at, end = 0;
    if (!scan_field(f, &end))
        return false;
    if (is_blank_range(f, start, end))
        return mistake(f, brace, end + 1, "there is no expression in the braces");
    weir_node *node = weir_parser_node(f->parser, WEIR_NODE_FORMAT, brace);
    weir_node *value = parse_range(f, start, end);
    if (!node || !value)
        return false;
    node->a = value;
    f->at = end;
    bool is_debug = f->at < f->to && f->text[f->at] == '=';
    if (is_debug && !parse_debug(f, start, pieces))
        return false;
    if (f->at < f->to && f->text[f->at] == '!' && !parse_conversion(f, node))
        return false;
    if (f->at < f->to && f->text[f->at] == ':') {
        f->at++;
        node->b = parse_spec(f, brace);
        if (!node->b)
            return false;
    } else if (is_debug && !node->op) {
        node->op = 'r';
    }
    if (f->at >= f->to || f->text[f->at] != '}')
        return mistake(f, brace, f->at, "'}' is missing");
    f->at++;
    node->offset = (uint32_t)brace;
    size_t last_end = f->parser->last_end;
    f->parser->last_end = f->at;
    node = weir_parser_finish(f->parser, node);
    f->parser->last_end = last_end;
    return node && weir_parser_push(f->parser, pieces, node);
}

static bool parse_pieces(fstring *f, weir_node_list *pieces)
{
    weir_buf buf = {0};
    bool is_fine = true;
    while (is_fine && f->at < f->to) {
        size_t start = f->at;
        weir_buf_clear(&buf);
        is_fine = parse_text(f, &buf) && push_text(f, pieces, start, &buf);
        if (!is_fine || f->at >= f->to || f->text[f->at] == '}')
            break;
        size_t brace = f->at++;
        is_fine = parse_field(f, brace, pieces);
    }
    weir_buf_fini(&buf);
    return is_fine;
}

/* The format spec behind ':', up to the brace that closes the field. */
static weir_node *parse_spec(fstring *f, size_t brace)
{
    size_t start = f->at;
    weir_node_list pieces = {0};
    f->level++;
    bool is_fine = parse_pieces(f, &pieces);
    f->level--;
    if (!is_fine)
        return NULL;
    if (f->at >= f->to) {
        mistake(f, brace, f->at, "'}' is missing");
        return NULL;
    }
    weir_node *node = weir_parser_node(f->parser, WEIR_NODE_FSTRING, start);
    if (!node)
        return NULL;
    node->items = pieces.items;
    node->count = pieces.count;
    size_t last_end = f->parser->last_end;
    f->parser->last_end = f->at;
    node = weir_parser_finish(f->parser, node);
    f->parser->last_end = last_end;
    return node;
}

bool weir_parse_fstring(weir_parser *parser, weir_token token, weir_node_list *pieces)
{
    fstring f = {0};
    f.parser = parser;
    f.text = parser->lexer.source.ptr;
    f.at = token.offset;
    while (f.text[f.at] != '\'' && f.text[f.at] != '"')
        f.at++;
    f.at += token.quote;
    f.to = token.offset + token.length - token.quote;
    f.prefix = token.prefix;
    return parse_pieces(&f, pieces);
}
