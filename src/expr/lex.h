/* SPDX-License-Identifier: MIT */
/*
 * The lexer: Python's tokens of one expression, as byte ranges of the source. Line breaks are
 * blanks (a YAML scalar may be folded), comments run to the end of their line. A mistake that reads
 * like something (`&&`, `||`, `!`) is reported once and then taken for what was meant, so that the
 * rest of the expression is still checked.
 */
#ifndef WEIR_EXPR_LEX_H
#define WEIR_EXPR_LEX_H

#include "expr/expr.h"

typedef enum weir_token_kind {
    WEIR_TOKEN_END,
    WEIR_TOKEN_BROKEN, /* reported already */
    WEIR_TOKEN_NAME,
    WEIR_TOKEN_INT,
    WEIR_TOKEN_FLOAT,
    WEIR_TOKEN_STRING,
    /* words */
    WEIR_TOKEN_AND,
    WEIR_TOKEN_OR,
    WEIR_TOKEN_NOT,
    WEIR_TOKEN_IF,
    WEIR_TOKEN_ELSE,
    WEIR_TOKEN_FOR,
    WEIR_TOKEN_IN,
    WEIR_TOKEN_IS,
    WEIR_TOKEN_LAMBDA,
    WEIR_TOKEN_NONE,
    WEIR_TOKEN_TRUE,
    WEIR_TOKEN_FALSE,
    WEIR_TOKEN_RESERVED, /* a statement's word: never valid here */
    /* signs */
    WEIR_TOKEN_LPAREN,
    WEIR_TOKEN_RPAREN,
    WEIR_TOKEN_LBRACKET,
    WEIR_TOKEN_RBRACKET,
    WEIR_TOKEN_LBRACE,
    WEIR_TOKEN_RBRACE,
    WEIR_TOKEN_COMMA,
    WEIR_TOKEN_COLON,
    WEIR_TOKEN_DOT,
    WEIR_TOKEN_ASSIGN,
    WEIR_TOKEN_PLUS,
    WEIR_TOKEN_MINUS,
    WEIR_TOKEN_STAR,
    WEIR_TOKEN_POWER,
    WEIR_TOKEN_SLASH,
    WEIR_TOKEN_FLOORDIV,
    WEIR_TOKEN_PERCENT,
    WEIR_TOKEN_PIPE,
    WEIR_TOKEN_CARET,
    WEIR_TOKEN_AMPERSAND,
    WEIR_TOKEN_TILDE,
    WEIR_TOKEN_LSHIFT,
    WEIR_TOKEN_RSHIFT,
    WEIR_TOKEN_LT,
    WEIR_TOKEN_LE,
    WEIR_TOKEN_EQ,
    WEIR_TOKEN_NE,
    WEIR_TOKEN_GT,
    WEIR_TOKEN_GE,
    WEIR_TOKEN_COUNT
} weir_token_kind;

/** Prefixes of a string token. */
enum { WEIR_STRING_RAW = 1, WEIR_STRING_BYTES = 2, WEIR_STRING_FORMAT = 4 };

typedef struct weir_token {
    uint8_t kind;   /* weir_token_kind */
    uint8_t prefix; /* strings: WEIR_STRING_RAW ... */
    uint8_t quote;  /* strings: bytes of the quote, 1 or 3 */
    uint32_t offset;
    uint32_t length;
} weir_token;

/** Where mistakes go, and how many there were. */
typedef struct weir_mistakes {
    weir_expr_report *report;
    void *user;
    size_t count;
    bool out_of_memory;
} weir_mistakes;

void weir_mistake(weir_mistakes *mistakes, size_t offset, size_t length, const char *format, ...)
    WEIR_PRINTF(4, 5);

typedef struct weir_lexer {
    weir_str source;
    size_t at;
    size_t end; /* a replacement field of an f-string is a range of the source */
    weir_mistakes *mistakes;
} weir_lexer;

weir_token weir_lex_next(weir_lexer *lexer);
/** "')'", "'and'", "a name" ...: how a kind is called in a message. */
const char *weir_token_name(weir_token_kind kind);

#endif
