/* SPDX-License-Identifier: MIT */
/*
 * The parser from the inside: shared by parse.c (the grammar), parse_atom.c (displays,
 * comprehensions, calls), parse_fstring.c and literal.c. After the first mistake of grammar the
 * parser gives up (`is_broken`): what follows would be guesses.
 */
#ifndef WEIR_EXPR_PARSE_H
#define WEIR_EXPR_PARSE_H

#include "expr/ast.h"

typedef struct weir_parser {
    weir_arena *arena;
    weir_mistakes *mistakes;
    weir_lexer lexer;
    weir_token token;  /* not consumed yet */
    weir_token ahead;  /* the one behind it */
    size_t last_end;   /* of the consumed token */
    unsigned depth;    /* of nesting */
    unsigned in_field; /* replacement fields of f-strings around this place */
    bool is_broken;
} weir_parser;

/** A node list under construction. */
typedef struct weir_node_list {
    weir_node **items;
    size_t count, cap;
} weir_node_list;

/* ---- parse.c */

void weir_parser_init(weir_parser *parser, size_t from, size_t to);
void weir_parser_advance(weir_parser *parser);
/** Consumes a token of that kind if it is next. */
bool weir_parser_accept(weir_parser *parser, weir_token_kind kind);
/** Reports at a range (once) and gives up; NULL. */
weir_node *weir_parser_fail(weir_parser *parser, size_t offset, size_t length, const char *format,
                            ...) WEIR_PRINTF(4, 5);
/** "expected X, found Y" at the next token; NULL. */
weir_node *weir_parser_expected(weir_parser *parser, const char *what);
/** Enters a level of nesting; false when it is one too many. */
bool weir_parser_enter(weir_parser *parser);
void weir_parser_leave(weir_parser *parser);
/** A node that starts at `offset`; NULL when out of memory. */
weir_node *weir_parser_node(weir_parser *parser, weir_node_kind kind, size_t offset);
/** Sets range and depth of a finished node; NULL if it is too deep. */
weir_node *weir_parser_finish(weir_parser *parser, weir_node *node);
bool weir_parser_push(weir_parser *parser, weir_node_list *list, weir_node *node);

weir_node *weir_parse_expression(weir_parser *parser);
/** An operand of the lowest level that is no conditional expression and no lambda. */
weir_node *weir_parse_disjunction(weir_parser *parser);
/** An operand of `|` and what binds tighter: what may follow a star in a display. */
weir_node *weir_parse_operand(weir_parser *parser);
/** Expressions with commas: a tuple, or the only one. */
weir_node *weir_parse_tuple(weir_parser *parser);

/* ---- parse_atom.c */

weir_node *weir_parse_atom(weir_parser *parser);
/** An expression or `*expression`, of a display or a tuple. */
weir_node *weir_parse_starred(weir_parser *parser);
weir_node *weir_parse_call(weir_parser *parser, weir_node *callee);
weir_node *weir_parse_subscript(weir_parser *parser, weir_node *object);
bool weir_parser_closes(const weir_parser *parser);

/* ---- parse_fstring.c */

/** Appends the pieces of one f-string token. */
bool weir_parse_fstring(weir_parser *parser, weir_token token, weir_node_list *pieces);

/* ---- literal.c */

/** The text of a number token as a value: INT, BIGINT or FLOAT. False: out of memory. */
bool weir_literal_int(weir_arena *arena, weir_str text, weir_value *out);
bool weir_literal_float(weir_arena *arena, weir_str text, weir_value *out);
/**
 * Resolves the escapes of source[from, to) into the buffer. False: reported. `prefix` is the
 * token's.
 */
bool weir_literal_text(weir_parser *parser, size_t from, size_t to, unsigned prefix, weir_buf *out);

#endif
