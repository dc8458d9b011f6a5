/* SPDX-License-Identifier: MIT */
/* What the files of the formatter share: the state of one pass over the tokens. */
#ifndef WEIR_SPEC_FMT_PARTS_H
#define WEIR_SPEC_FMT_PARTS_H

#include "spec/fmt.h"
#include "spec/tokens.h"

enum { WEIR_FMT_INDENT = 2 };

typedef enum weir_fmt_kind {
    WEIR_FMT_MAP,
    WEIR_FMT_LIST,
    WEIR_FMT_LOOSE, /* a list that stood in the column of its key: it has no tokens of its own */
    WEIR_FMT_FLOW
} weir_fmt_kind;

/* An open collection. */
typedef struct weir_fmt_level {
    weir_fmt_kind kind;
    bool is_pending; /* the column is that of its first token, which is still to come */
    bool is_connections;
    size_t keys;
    size_t old_column, column;
    size_t close_column; /* flow: of the bracket, when it begins a line */
} weir_fmt_level;

/* One pass: text and its tokens in, text out. */
typedef struct weir_fmt {
    weir_str text;
    const weir_token *tokens;
    size_t count;
    weir_buf *out;
    size_t column; /* of the end of `out` */
    weir_fmt_level levels[WEIR_YAML_DEPTH_MAX + 2];
    size_t depth;
    weir_fmt_level before[WEIR_YAML_DEPTH_MAX + 2]; /* as they were behind the last token */
    size_t depth_before;
    const weir_token *last;    /* that has bytes */
    size_t line_old, line_new; /* column where the present line begins, in the text and out */
    bool is_key;               /* the next token begins a simple key */
    bool is_under_connections; /* the last key of the root was `connections` */
    bool is_fresh;             /* `out` is at a line's start, as is the text */
    bool has_owed_blank;       /* behind a block scalar whose empty lines do not count */
    bool is_touchy;            /* behind a block scalar whose empty lines do count */
    bool is_unended;           /* the text ends in a block scalar without a line break */
    uint64_t comments;         /* a hash of all there were */
} weir_fmt;

void weir_fmt_put(weir_fmt *f, weir_str text);
void weir_fmt_pad(weir_fmt *f, size_t column);
void weir_fmt_break(weir_fmt *f);
/** The column of a node that begins a line below the open collections. */
size_t weir_fmt_node_column(const weir_fmt *f);

/** fmt_scalar.c: writes a scalar where `out` stands. */
void weir_fmt_scalar(weir_fmt *f, const weir_token *token);

/** fmt.c: one pass. `out` is appended to. */
void weir_fmt_pass(weir_fmt *f);

static inline weir_str weir_fmt_slice(const weir_fmt *f, size_t from, size_t to)
{
    return (weir_str){f->text.ptr + from, to - from};
}

static inline bool weir_fmt_is_block(const weir_token *token)
{
    return token->kind == WEIR_TOKEN_SCALAR &&
           (token->style == WEIR_STYLE_LITERAL || token->style == WEIR_STYLE_FOLDED);
}

#endif
