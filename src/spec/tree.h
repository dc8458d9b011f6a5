/* SPDX-License-Identifier: MIT */
/*
 * The located tree: YAML as scalars, lists and maps, each with its place. Aliases share nodes
 * (bounded), merge keys are applied, duplicate keys and undefined aliases are diagnostics. In the
 * spec's arena; immutable after loading.
 */
#ifndef WEIR_SPEC_TREE_H
#define WEIR_SPEC_TREE_H

#include "util/arena.h"
#include "util/diag.h"

typedef enum weir_node_kind { WEIR_NODE_SCALAR, WEIR_NODE_LIST, WEIR_NODE_MAP } weir_node_kind;

typedef enum weir_scalar_style {
    WEIR_STYLE_PLAIN,
    WEIR_STYLE_SINGLE,
    WEIR_STYLE_DOUBLE,
    WEIR_STYLE_LITERAL,
    WEIR_STYLE_FOLDED
} weir_scalar_style;

/** Core-schema type of a plain scalar; quoted ones are text. */
typedef enum weir_scalar_type {
    WEIR_SCALAR_TEXT,
    WEIR_SCALAR_NULL,
    WEIR_SCALAR_BOOL,
    WEIR_SCALAR_INT,
    WEIR_SCALAR_FLOAT
} weir_scalar_type;

typedef struct weir_node weir_node;

typedef struct weir_pair {
    weir_node *key; /* always a scalar */
    weir_node *value;
} weir_pair;

struct weir_node {
    weir_node_kind kind;
    weir_place place;
    weir_scalar_style style;
    weir_scalar_type type;
    weir_str text;     /* scalar */
    size_t raw_offset; /* bytes of the source where it begins and ends, quotes, brackets and
                          indicators included */
    size_t raw_end;
    bool is_flow; /* list, map: written with brackets */
    size_t count;
    weir_node **items; /* list */
    weir_pair *pairs;  /* map, in order; after merge keys and extends */
};

/* Limits of a YAML file; each tested at n and n + 1. */
enum {
    WEIR_YAML_BYTES_MAX = 8 * 1024 * 1024,
    WEIR_YAML_NODES_MAX = 200000,
    WEIR_YAML_DEPTH_MAX = 64,
    WEIR_YAML_EXPANDED_MAX = 1000000 /* nodes counted with every alias followed */
};

/** Parses one YAML document. Mistakes go to diags; NULL when there is no usable tree. Doorman of
 * libyaml: yaml.c. */
weir_node *weir_yaml_parse(weir_arena *arena, const weir_source *source, weir_diags *diags);

/** Value of a key of a map, or NULL. */
weir_node *weir_node_get(const weir_node *map, const char *key);
/** The pair of a key, or NULL. */
const weir_pair *weir_node_pair(const weir_node *map, weir_str key);
/** `over` deep-merged over `base` (maps merge, lists and scalars replace), sharing nodes. NULL: out
 * of memory. */
weir_node *weir_node_merge(weir_arena *arena, weir_node *base, weir_node *over);
/** "text", "a list", "a map", "an integer", ... for messages. */
const char *weir_node_describe(const weir_node *node);

/** Place of `length` bytes at `offset` of a scalar's text, by walking its source form (quotes,
 * escapes, folding). */
weir_place weir_node_text_place(const weir_node *scalar, size_t offset, size_t length);

#endif
