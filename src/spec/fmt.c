/* SPDX-License-Identifier: MIT */
/*
 * One pass of the formatter: a walk over the tokens that writes each where it belongs. Nothing is
 * printed from a tree: the bytes of a token are copied, and only what lies between two of them is
 * written anew. Between two tokens the author decided whether a line ends; the pass decides how
 * many blanks there are, and in which column a line begins. Comments lie between tokens too: one
 * behind a token keeps its column as the line moves, one on a line of its own moves with the
 * collection that it stands in.
 */
#include "spec/fmt_parts.h"

/* ------------------------------------------------------------------ writing */

void weir_fmt_put(weir_fmt *f, weir_str text)
{
    weir_buf_put(f->out, text);
    for (size_t i = 0; i < text.len; i++)
        f->column += ((unsigned char)text.ptr[i] & 0xC0) != 0x80;
}

void weir_fmt_pad(weir_fmt *f, size_t column)
{
    while (f->column < column)
        weir_fmt_put(f, WEIR_STR(" "));
}

void weir_fmt_break(weir_fmt *f)
{
    weir_buf_putc(f->out, '\n');
    f->column = 0;
}

/* ------------------------------------------------------------------ columns */

static weir_fmt_level *top_of(weir_fmt *f)
{
    return f->depth ? &f->levels[f->depth - 1] : NULL;
}

size_t weir_fmt_node_column(const weir_fmt *f)
{
    if (f->depth == 0)
        return 0;
    const weir_fmt_level *top = &f->levels[f->depth - 1];
    return top->kind == WEIR_FMT_FLOW ? top->column : top->column + WEIR_FMT_INDENT;
}

/* Where a token goes that begins a line. */
static size_t line_column(weir_fmt *f, const weir_token *token)
{
    const weir_fmt_level *top = top_of(f);
    if (!top || token->kind == WEIR_TOKEN_DOCUMENT || token->kind == WEIR_TOKEN_DIRECTIVE)
        return 0;
    if (top->is_pending)
        return f->depth > 1 ? f->levels[f->depth - 2].column + WEIR_FMT_INDENT : 0;
    if (top->kind == WEIR_FMT_FLOW)
        return token->kind == WEIR_TOKEN_FLOW_END ? top->close_column : top->column;
    const bool is_own = f->is_key || token->kind == WEIR_TOKEN_KEY ||
                        token->kind == WEIR_TOKEN_VALUE || token->kind == WEIR_TOKEN_ENTRY;
    return is_own ? top->column : top->column + WEIR_FMT_INDENT;
}

/* Blanks between two tokens of a line. What may be part of a name needs one behind it. */
static size_t blanks_between(const weir_token *last, const weir_token *token)
{
    if (!last || last->kind == WEIR_TOKEN_FLOW_START)
        return 0;
    const bool is_name = last->kind == WEIR_TOKEN_TAG;
    const bool is_mark = last->kind == WEIR_TOKEN_VALUE || last->kind == WEIR_TOKEN_KEY;
    switch (token->kind) {
    case WEIR_TOKEN_COMMA:
    case WEIR_TOKEN_FLOW_END: return is_name || is_mark;
    case WEIR_TOKEN_VALUE:
        return last->kind != WEIR_TOKEN_SCALAR && last->kind != WEIR_TOKEN_FLOW_END;
    default: return 1;
    }
}

/* ------------------------------------------------------------------ comments and empty lines */

/* A line between two tokens. */
typedef struct gap_line {
    weir_str text;  /* the comment; empty: there is none */
    size_t column;  /* of the comment, in the text */
    bool has_break; /* false: the next token, or the end, follows on this line */
} gap_line;

static gap_line next_gap_line(const weir_fmt *f, size_t *at, size_t to)
{
    const char *start = f->text.ptr + *at;
    const char *end = memchr(start, '\n', to - *at);
    gap_line line = {.text = {start, end ? (size_t)(end - start) : to - *at},
                     .has_break = end != NULL};
    *at += line.text.len + (end ? 1 : 0);
    while (line.text.len > 0 && (line.text.ptr[0] == ' ' || line.text.ptr[0] == '\t')) {
        line.text.ptr++;
        line.text.len--;
    }
    while (line.text.len > 0 &&
           (line.text.ptr[line.text.len - 1] == ' ' || line.text.ptr[line.text.len - 1] == '\t'))
        line.text.len--;
    for (const char *p = line.text.ptr; line.text.len > 0 && p > f->text.ptr && p[-1] != '\n'; p--)
        line.column += ((unsigned char)p[-1] & 0xC0) != 0x80;
    return line;
}

static void put_comment(weir_fmt *f, weir_str text)
{
    weir_fmt_put(f, text);
    for (size_t i = 0; i < text.len; i++)
        f->comments = (f->comments ^ (unsigned char)text.ptr[i]) * 1099511628211ULL;
    f->comments = (f->comments ^ '\n') * 1099511628211ULL;
}

/* The column of a comment on a line of its own: that of the token below it, unless it stands deeper
 * and so belongs to a collection that ends here. */
static size_t comment_column(const weir_fmt *f, size_t old, const weir_token *token, size_t column)
{
    const weir_fmt_level *top = f->depth_before ? &f->before[f->depth_before - 1] : NULL;
    if (top && top->kind == WEIR_FMT_FLOW)
        return top->column;
    if (token && old <= token->column)
        return column;
    for (size_t i = f->depth_before; i > 0; i--) {
        const weir_fmt_level *level = &f->before[i - 1];
        if (level->old_column <= old && (!token || level->old_column > token->column))
            return level->column;
    }
    return token ? column : 0;
}

typedef struct gap_plan {
    bool has_blank;
    size_t insert; /* line in front of which an empty one is put; SIZE_MAX: none */
} gap_plan;

/* Where the empty line goes that a connection has in front of it: above the comments about it. */
static gap_plan plan_gap(const weir_fmt *f, size_t from, size_t to, const weir_token *token,
                         size_t column)
{
    gap_plan plan = {f->has_owed_blank, SIZE_MAX};
    size_t at = from, run = SIZE_MAX;
    for (size_t i = 0; at < to; i++) {
        const gap_line line = next_gap_line(f, &at, to);
        if (i == 0 && !f->is_fresh)
            continue;
        plan.has_blank |= line.text.len == 0 && line.has_break;
        if (line.text.len == 0)
            continue;
        if (comment_column(f, line.column, token, column) != column)
            run = SIZE_MAX;
        else if (run == SIZE_MAX)
            run = i;
    }
    plan.insert = run;
    return plan;
}

/* The comment behind the last token: it moves with its line. */
static void put_trailing(weir_fmt *f, const gap_line *line)
{
    size_t column = line->column + f->line_new;
    column = column > f->line_old ? column - f->line_old : 0;
    const size_t least = f->column ? f->column + 2 : 0;
    weir_fmt_pad(f, column > least ? column : least);
    put_comment(f, line->text);
}

static bool wants_empty_line(const weir_fmt *f, const weir_token *token)
{
    if (!token || !f->is_key || f->depth == 0 || f->is_touchy)
        return false;
    const weir_fmt_level *top = &f->levels[f->depth - 1];
    return top->is_connections && top->keys > 0;
}

/* Writes what is between the last token and the next one (NULL: the end) at `to`. False when no
 * line ends there. */
static bool put_gap(weir_fmt *f, size_t to, const weir_token *token, size_t column)
{
    const size_t from = f->last ? f->last->end : 0;
    gap_plan plan = {0};
    const bool is_parted = wants_empty_line(f, token);
    if (is_parted)
        plan = plan_gap(f, from, to, token, column);
    const bool is_added = is_parted && !plan.has_blank;
    bool has_blank = f->has_owed_blank, is_fresh = f->is_fresh;
    size_t at = from;
    for (size_t i = 0; at < to; i++) {
        const gap_line line = next_gap_line(f, &at, to);
        if (line.text.len > 0 && !is_fresh) {
            put_trailing(f, &line);
        } else if (line.text.len > 0) {
            if ((has_blank || (is_added && plan.insert == i)) && f->out->len > 0)
                weir_fmt_break(f);
            has_blank = false;
            weir_fmt_pad(f, comment_column(f, line.column, token, column));
            put_comment(f, line.text);
        } else if (is_fresh && line.has_break) {
            has_blank = true;
        }
        if (line.text.len > 0 || (!is_fresh && line.has_break))
            weir_fmt_break(f);
        is_fresh |= line.has_break;
    }
    if (is_added && plan.insert == SIZE_MAX)
        has_blank = true;
    if (token && is_fresh && has_blank && f->out->len > 0)
        weir_fmt_break(f);
    return is_fresh;
}

/* ------------------------------------------------------------------ collections */

static void push(weir_fmt *f, weir_fmt_level level)
{
    if (f->depth < sizeof f->levels / sizeof f->levels[0])
        f->levels[f->depth++] = level;
    else
        f->out->failed = true; /* the parser takes no such depth */
}

static void pop_loose(weir_fmt *f)
{
    const weir_fmt_level *top = top_of(f);
    if (top && top->kind == WEIR_FMT_LOOSE)
        f->depth--;
}

static void open_block(weir_fmt *f, const weir_token *token)
{
    const bool is_map = token->kind == WEIR_TOKEN_MAP_START;
    push(f, (weir_fmt_level){.kind = is_map ? WEIR_FMT_MAP : WEIR_FMT_LIST,
                             .is_pending = true,
                             .is_connections = is_map && f->depth == 1 && f->is_under_connections,
                             .old_column = token->column});
}

/* A list in its key's column opens with its first entry. */
static void open_loose(weir_fmt *f)
{
    const weir_fmt_level *top = top_of(f);
    if (top && top->kind == WEIR_FMT_MAP)
        push(f, (weir_fmt_level){.kind = WEIR_FMT_LOOSE,
                                 .old_column = top->old_column,
                                 .column = top->column + WEIR_FMT_INDENT});
}

/* A bracket with nothing behind it on its line is closed in the column of what it belongs to, with
 * its content one level in; otherwise content lines up behind the bracket. */
static void open_flow(weir_fmt *f, const weir_token *token, bool is_first, size_t column)
{
    size_t at = token->end;
    const weir_fmt_level *top = top_of(f);
    const gap_line line = next_gap_line(f, &at, f->text.len);
    const char next = token->end < f->text.len ? line.text.ptr[0] : 0;
    const bool hangs = (line.text.len == 0 && line.has_break) || (line.text.len > 0 && next == '#');
    size_t base = top ? top->column : 0;
    if (is_first)
        base = column;
    else if (top && (top->kind == WEIR_FMT_LIST || top->kind == WEIR_FMT_LOOSE))
        base += WEIR_FMT_INDENT;
    push(f, (weir_fmt_level){.kind = WEIR_FMT_FLOW,
                             .old_column = token->column,
                             .column = hangs ? base + WEIR_FMT_INDENT : column + 1,
                             .close_column = hangs ? base : column});
}

/* ------------------------------------------------------------------ the walk */

/* Tokens without bytes, and what the others change before they are written. */
static void prepare(weir_fmt *f, const weir_token *token)
{
    switch (token->kind) {
    case WEIR_TOKEN_MAP_START:
    case WEIR_TOKEN_LIST_START: open_block(f, token); break;
    case WEIR_TOKEN_BLOCK_END:
        pop_loose(f);
        f->depth -= f->depth > 0;
        break;
    case WEIR_TOKEN_KEY:
        pop_loose(f);
        f->is_key = token->end == token->offset;
        break;
    case WEIR_TOKEN_VALUE: pop_loose(f); break;
    case WEIR_TOKEN_ENTRY: open_loose(f); break;
    default: break;
    }
}

static void note_key(weir_fmt *f, const weir_token *token)
{
    weir_fmt_level *top = top_of(f);
    if (!top || top->kind != WEIR_FMT_MAP)
        return;
    top->keys++;
    if (f->depth == 1)
        f->is_under_connections =
            weir_str_is(weir_fmt_slice(f, token->offset, token->end), "connections");
}

static void write_token(weir_fmt *f, const weir_token *token)
{
    const size_t line_at = line_column(f, token);
    const bool is_first = put_gap(f, token->offset, token, line_at);
    weir_fmt_level *top = top_of(f);
    f->has_owed_blank = f->is_touchy = f->is_fresh = false;
    if (is_first) {
        weir_fmt_pad(f, line_at);
        f->line_old = token->column;
        f->line_new = line_at;
    } else {
        weir_fmt_pad(f, f->column + blanks_between(f->last, token));
    }
    const size_t column = f->column;
    if (top && top->is_pending) {
        top->is_pending = false;
        top->column = column;
    }
    if (f->is_key)
        note_key(f, token);
    f->is_key = false;
    if (token->kind == WEIR_TOKEN_SCALAR)
        weir_fmt_scalar(f, token);
    else
        weir_fmt_put(f, weir_fmt_slice(f, token->offset, token->end));
    if (token->kind == WEIR_TOKEN_FLOW_START)
        open_flow(f, token, is_first, column);
    else if (token->kind == WEIR_TOKEN_FLOW_END)
        f->depth -= f->depth > 0;
    f->last = token;
}

/* Only a gap with a comment asks what was open before it. */
static void remember_levels(weir_fmt *f, size_t next)
{
    while (next < f->count && f->tokens[next].offset == f->tokens[next].end)
        next++;
    const size_t from = f->last ? f->last->end : 0;
    const size_t to = next < f->count ? f->tokens[next].offset : f->text.len;
    if (to <= from || !memchr(f->text.ptr + from, '#', to - from))
        return;
    memcpy(f->before, f->levels, f->depth * sizeof f->levels[0]);
    f->depth_before = f->depth;
}

void weir_fmt_pass(weir_fmt *f)
{
    f->comments = 14695981039346656037ULL;
    f->is_fresh = true;
    remember_levels(f, 0);
    for (size_t i = 0; i < f->count && !f->out->failed; i++) {
        const weir_token *token = &f->tokens[i];
        prepare(f, token);
        if (token->offset == token->end)
            continue;
        write_token(f, token);
        remember_levels(f, i + 1);
    }
    const bool is_ended = f->is_unended && f->last && f->last->end == f->text.len;
    if (!is_ended)
        put_gap(f, f->text.len, NULL, 0);
    if (!is_ended && f->column > 0)
        weir_fmt_break(f);
}
