/* SPDX-License-Identifier: MIT */
/*
 * The syntax tree of one expression, in the compilation's arena. One node type for all kinds: what
 * a, b, c and items mean stands beside each kind. The tree keeps what was written; names are
 * resolved by the compiler.
 */
#ifndef WEIR_EXPR_AST_H
#define WEIR_EXPR_AST_H

#include "expr/lex.h"
#include "expr/program.h"

typedef enum weir_node_kind {
    WEIR_NODE_CONST,      /* value */
    WEIR_NODE_NAME,       /* name */
    WEIR_NODE_ATTR,       /* a . name; name_offset */
    WEIR_NODE_INDEX,      /* a [ b ] */
    WEIR_NODE_SLICE,      /* as b of an INDEX: a : b : c, each may be NULL */
    WEIR_NODE_CALL,       /* a ( items: expressions, STAR, KEYWORD ) */
    WEIR_NODE_KEYWORD,    /* name = a */
    WEIR_NODE_STAR,       /* * a, in displays and calls */
    WEIR_NODE_DSTAR,      /* ** a, in dict displays */
    WEIR_NODE_UNARY,      /* op (weir_unary) a */
    WEIR_NODE_BINARY,     /* a op (weir_binary) b */
    WEIR_NODE_COMPARE,    /* items, with ops between them (weir_relation) */
    WEIR_NODE_AND,        /* a and b */
    WEIR_NODE_OR,         /* a or b */
    WEIR_NODE_NOT,        /* not a */
    WEIR_NODE_COND,       /* a if b else c */
    WEIR_NODE_LIST,       /* items */
    WEIR_NODE_TUPLE,      /* items */
    WEIR_NODE_SET,        /* items */
    WEIR_NODE_DICT,       /* items: key, value, key, value ...; DSTAR followed by NULL */
    WEIR_NODE_FSTRING,    /* items: CONST and FORMAT */
    WEIR_NODE_FORMAT,     /* a; op: conversion or 0; b: format spec (FSTRING or CONST) or NULL */
    WEIR_NODE_COMPREHEND, /* op: comprehension; a: element or key; b: value; items: FOR and IF */
    WEIR_NODE_FOR,        /* a: target (NAME or TUPLE); b: iterable */
    WEIR_NODE_IF,         /* a */
    WEIR_NODE_LAMBDA,     /* items: NAMEs; a: body */
    WEIR_NODE_KIND_COUNT
} weir_node_kind;

typedef enum weir_comprehension {
    WEIR_COMPREHEND_LIST,
    WEIR_COMPREHEND_SET,
    WEIR_COMPREHEND_DICT,
    WEIR_COMPREHEND_GENERATOR
} weir_comprehension;

enum {
    /* Levels of the tree. Deeper than the nesting of the source, since a chain of operators of one
     * precedence is a tree that leans to the left. */
    WEIR_EXPR_TREE_MAX = 400
};

typedef struct weir_node weir_node;

struct weir_node {
    uint8_t kind;
    uint8_t op;
    bool in_parentheses;
    uint16_t depth; /* levels below and including this one */
    uint32_t offset, length;
    uint32_t name_offset; /* of ATTR and KEYWORD */
    weir_str name;
    weir_value value;
    weir_node *a, *b, *c;
    weir_node **items;
    size_t count;
    const uint8_t *ops;
};

/**
 * Parses the whole of `source`. NULL when there is no tree to go on with: a mistake was reported,
 * or the arena failed (mistakes->out_of_memory). A tree may come with reported mistakes.
 */
weir_node *weir_parse(weir_arena *arena, weir_str source, weir_mistakes *mistakes);
/** The tree fully parenthesised, for tests: "(a + (b * c))". */
void weir_node_print(weir_buf *out, const weir_node *node);

#endif
