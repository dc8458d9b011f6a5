/* SPDX-License-Identifier: MIT */
/*
 * Where an indexed walk is, shared by the walk itself (projection_index.c) and by shapes (shape.c).
 * Private to value/.
 */
#ifndef WEIR_VALUE_PROJECTION_PLACE_H
#define WEIR_VALUE_PROJECTION_PLACE_H

#include "value/json_scan.h"
#include "value/projection.h"
#include "value/projection_trie.h"

/** at NULL: given up. quote: the next one at or behind `at`. Passed and returned in registers. */
typedef struct weir_place {
    const char *at;
    const uint32_t *quote;
} weir_place;

typedef struct weir_walk {
    weir_scan scan; /**< its `end`; what it says of mistakes is not read */
    const char *base;
    weir_value *slots;
    weir_json_index *index;
    bool is_careful;         /**< strings may have escapes or more than ASCII */
    weir_expected *expected; /**< by the shape that is compared; or NULL */
} weir_walk;

/** A value and all that the node wants below it; `depth` levels are open around it. */
weir_place weir_walk_value(weir_walk *walk, weir_place p, const weir_node *node, unsigned depth,
                           weir_value *out);
/** A key and its colon; the place of the value. */
weir_place weir_walk_key(weir_walk *walk, weir_place p, weir_value *key);
/** The array at p, its elements as rows; `depth` levels are open around it. */
weir_place weir_walk_rows(weir_walk *walk, weir_place p, weir_expected *expected, unsigned depth);
/** Any value, only validated. */
weir_place weir_walk_skip(weir_walk *walk, weir_place p, unsigned depth);

static inline weir_place weir_place_blanks(const weir_walk *walk, weir_place p)
{
    p.at = weir_scan_blanks(&walk->scan, p.at);
    return p;
}

static inline bool weir_is_bracket(char c)
{
    return c == '{' || c == '[';
}

#endif
