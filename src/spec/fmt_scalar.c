/* SPDX-License-Identifier: MIT */
/*
 * Scalars in their canonical form. A block scalar keeps its header and content; only the
 * indentation that is not content moves. Of a flow scalar over several lines the continuation
 * lines move with the first. Quotes become double ones where nothing would have to be escaped.
 */
#include "spec/fmt_parts.h"

static weir_str next_line(weir_str *rest)
{
    const char *end = rest->len ? memchr(rest->ptr, '\n', rest->len) : NULL;
    const weir_str line = {rest->ptr, end ? (size_t)(end - rest->ptr) : rest->len};
    const size_t used = line.len + (end ? 1 : 0);
    rest->ptr += used;
    rest->len -= used;
    return line;
}

static size_t leading(weir_str line, const char *blanks)
{
    size_t n = 0;
    while (n < line.len && strchr(blanks, line.ptr[n]))
        n++;
    return n;
}

static weir_str without_trailing_blanks(weir_str line)
{
    while (line.len > 0 && (line.ptr[line.len - 1] == ' ' || line.ptr[line.len - 1] == '\t'))
        line.len--;
    return line;
}

/* ------------------------------------------------------------------ block scalars */

typedef struct block {
    char chomping;    /* '+', '-' or 0 */
    size_t increment; /* 0: found from the content */
    size_t old_indent, indent;
} block;

static block read_header(weir_str header)
{
    block b = {0};
    for (size_t i = 1; i < header.len && i < 3; i++) {
        if (header.ptr[i] == '+' || header.ptr[i] == '-')
            b.chomping = header.ptr[i];
        else if (header.ptr[i] >= '1' && header.ptr[i] <= '9')
            b.increment = (size_t)(header.ptr[i] - '0');
        else
            break;
    }
    return b;
}

/* As libyaml finds it: the widest of the first lines up to one with content. */
static size_t find_indent(weir_str body, size_t least)
{
    size_t indent = least;
    while (body.len > 0) {
        const weir_str line = next_line(&body);
        const size_t blanks = leading(line, " ");
        if (blanks > indent)
            indent = blanks;
        if (blanks < line.len)
            break;
    }
    return indent;
}

static void find_indents(const weir_fmt *f, block *b, weir_str body)
{
    const weir_fmt_level *top = f->depth ? &f->levels[f->depth - 1] : NULL;
    const size_t old_base = top ? top->old_column : 0;
    const size_t base = top ? top->column : 0;
    if (b->increment) {
        b->old_indent = old_base + b->increment;
        b->indent = base + b->increment;
    } else {
        b->old_indent = find_indent(body, old_base + 1);
        b->indent = base + WEIR_FMT_INDENT;
    }
}

/* Without the empty lines at the end. */
static weir_str cut_empty_lines(weir_str body, size_t indent)
{
    weir_str rest = body;
    size_t keep = 0;
    while (rest.len > 0) {
        const weir_str line = next_line(&rest);
        if (leading(line, " ") < line.len || line.len > indent)
            keep = (size_t)(rest.ptr - body.ptr);
    }
    return (weir_str){body.ptr, keep};
}

static void put_block(weir_fmt *f, weir_str raw)
{
    weir_str body = raw;
    const weir_str header = without_trailing_blanks(next_line(&body));
    block b = read_header(header);
    find_indents(f, &b, body);
    weir_fmt_put(f, header);
    weir_fmt_break(f);
    if (b.chomping != '+') {
        const size_t whole = body.len;
        body = cut_empty_lines(body, b.old_indent);
        f->has_owed_blank = body.len < whole;
    }
    f->is_touchy = b.chomping == '+';
    f->is_unended = raw.len > 0 && raw.ptr[raw.len - 1] != '\n' && body.len > 0 &&
                    body.ptr + body.len == raw.ptr + raw.len && b.chomping != '-';
    while (body.len > 0) {
        const weir_str line = next_line(&body);
        const bool is_empty = leading(line, " ") == line.len && line.len <= b.old_indent;
        if (!is_empty) {
            weir_fmt_pad(f, b.indent);
            const size_t skipped = line.len < b.old_indent ? line.len : b.old_indent;
            weir_fmt_put(f, (weir_str){line.ptr + skipped, line.len - skipped});
        }
        if (body.len > 0 || !f->is_unended)
            weir_fmt_break(f);
    }
    f->is_fresh = !f->is_unended;
}

/* ------------------------------------------------------------------ flow scalars */

/* Single quotes around what double ones can hold as it is. */
static bool wants_double_quotes(const weir_token *token, weir_str raw)
{
    if (token->style != WEIR_STYLE_SINGLE || raw.len < 2)
        return false;
    for (size_t i = 0; i < raw.len; i++) {
        const unsigned char c = (unsigned char)raw.ptr[i];
        if (c == '"' || c == '\\' || c == '\n')
            return false;
    }
    return true;
}

static void put_with_double_quotes(weir_fmt *f, weir_str raw)
{
    weir_fmt_put(f, WEIR_STR("\""));
    size_t from = 1;
    for (size_t i = 1; i + 1 < raw.len; i++) {
        if (raw.ptr[i] != '\'')
            continue;
        weir_fmt_put(f, (weir_str){raw.ptr + from, i + 1 - from});
        i++; /* the second of two */
        from = i + 1;
    }
    weir_fmt_put(f, (weir_str){raw.ptr + from, raw.len - 1 - from});
    weir_fmt_put(f, WEIR_STR("\""));
}

/* A blank behind a backslash is content, at the end of a line too. */
static weir_str cut_line_end(const weir_token *token, weir_str line)
{
    const weir_str cut = without_trailing_blanks(line);
    const bool is_escaped = token->style == WEIR_STYLE_DOUBLE && cut.len > 0 &&
                            cut.len < line.len && cut.ptr[cut.len - 1] == '\\';
    return is_escaped ? line : cut;
}

static void put_lines(weir_fmt *f, const weir_token *token, weir_str raw)
{
    const size_t start = f->column;
    const size_t least = weir_fmt_node_column(f);
    weir_str line = next_line(&raw);
    weir_fmt_put(f, raw.len > 0 ? cut_line_end(token, line) : line);
    while (raw.len > 0) {
        weir_fmt_break(f);
        line = next_line(&raw);
        const size_t blanks = leading(line, " \t");
        line = (weir_str){line.ptr + blanks, line.len - blanks};
        if (raw.len > 0)
            line = cut_line_end(token, line);
        if (line.len == 0)
            continue;
        size_t column = blanks + start;
        column = column > token->column ? column - token->column : 0;
        weir_fmt_pad(f, column > least ? column : least);
        weir_fmt_put(f, line);
    }
}

void weir_fmt_scalar(weir_fmt *f, const weir_token *token)
{
    const weir_str raw = weir_fmt_slice(f, token->offset, token->end);
    if (weir_fmt_is_block(token))
        put_block(f, raw);
    else if (wants_double_quotes(token, raw))
        put_with_double_quotes(f, raw);
    else
        put_lines(f, token, raw);
}
