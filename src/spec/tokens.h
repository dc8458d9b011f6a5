/* SPDX-License-Identifier: MIT */
/*
 * The tokens of a YAML text, with the bytes that each stands in. What lies between two tokens is
 * blanks, line breaks and comments, so text and tokens together are the whole file: what a
 * formatter needs and the located tree no longer has.
 */
#ifndef WEIR_SPEC_TOKENS_H
#define WEIR_SPEC_TOKENS_H

#include "spec/tree.h"

typedef enum weir_token_kind {
    WEIR_TOKEN_DIRECTIVE, /* %YAML, %TAG */
    WEIR_TOKEN_DOCUMENT,  /* --- and ... */
    WEIR_TOKEN_LIST_START,
    WEIR_TOKEN_MAP_START,
    WEIR_TOKEN_BLOCK_END,
    WEIR_TOKEN_FLOW_START, /* [ { */
    WEIR_TOKEN_FLOW_END,   /* ] } */
    WEIR_TOKEN_COMMA,
    WEIR_TOKEN_ENTRY, /* - */
    WEIR_TOKEN_KEY,   /* ?, or without a byte in front of a simple key */
    WEIR_TOKEN_VALUE, /* : */
    WEIR_TOKEN_ALIAS,
    WEIR_TOKEN_ANCHOR,
    WEIR_TOKEN_TAG,
    WEIR_TOKEN_SCALAR
} weir_token_kind;

typedef struct weir_token {
    weir_token_kind kind;
    weir_scalar_style style; /* scalar */
    size_t column;           /* code points from the start of the line */
    size_t offset, end;      /* bytes; equal for what is only implied */
} weir_token;

/**
 * The tokens of a text that weir_yaml_parse takes without an error. False: out of memory, or it
 * does not take it.
 */
bool weir_yaml_scan(weir_arena *arena, weir_str text, weir_token **tokens, size_t *count);

#endif
