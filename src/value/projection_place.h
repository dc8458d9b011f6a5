/* SPDX-License-Identifier: MIT */
/*
 * Where an indexed walk is, shared by the walk itself (projection_index.c), shapes and stencils,
 * and those who fit stencils (pipeline/mould.c).
 */
#ifndef WEIR_VALUE_PROJECTION_PLACE_H
#define WEIR_VALUE_PROJECTION_PLACE_H

#include "value/json_scan.h"
#include "value/projection_trie.h"

/** at NULL: given up. quote: the next one at or behind `at`. Passed and returned in registers. */
typedef struct weir_cursor {
    const char *at;
    const uint32_t *quote;
} weir_cursor;

typedef struct weir_walk {
    weir_scan scan; /**< its `end`; what it says of mistakes is not read */
    const char *base;
    weir_value *slots;
    weir_json_index *index;
    bool is_careful; /**< strings may have escapes or more than ASCII */
} weir_walk;

/** A value and all that the node wants below it; `depth` levels are open around it. */
weir_cursor weir_walk_value(weir_walk *walk, weir_cursor p, const weir_trie *node, unsigned depth,
                            weir_value *out);
/** A key and its colon; the place of the value. */
weir_cursor weir_walk_key(weir_walk *walk, weir_cursor p, weir_value *key);
/** The string from the quote `at` to the quote `close`, which may have escapes or more than ASCII;
 * the place behind it, or NULL. */
const char *weir_walk_careful(weir_walk *walk, const char *at, const char *close, weir_value *out);

/** Short texts mostly have neither escapes nor more than ASCII, also where others have: one look
 * says so. */
static inline bool weir_place_is_usual(const char *from, const char *close)
{
    const size_t len = (size_t)(close - from);
    return len <= 16 && (weir_scan_unusual(from) & ((UINT32_C(1) << len) - 1)) == 0;
}
/** Any value, only validated. */
weir_cursor weir_walk_skip(weir_walk *walk, weir_cursor p, unsigned depth);

/** The list at p, a '[', as rows of `nested` (projection_rows.c). at NULL: nothing has been done.
 */
weir_cursor weir_walk_nested(weir_walk *walk, weir_cursor p, unsigned depth);

static inline weir_walk weir_walk_begin(weir_json_index *index, weir_value *slots)
{
    return (weir_walk){.scan = {index->base + index->len, NULL, NULL},
                       .base = index->base,
                       .slots = slots,
                       .index = index,
                       .is_careful =
                           (index->flags & (WEIR_INDEX_BACKSLASH | WEIR_INDEX_HIGH)) != 0};
}

/** Nothing but blanks follows. */
static inline bool weir_walk_is_at_end(const weir_walk *walk, weir_cursor p)
{
    return p.at && p.at <= walk->scan.end &&
           weir_scan_blanks_slow(&walk->scan, p.at) == walk->scan.end;
}

static inline void weir_projection_clear(const weir_projection *projection, weir_value *slots)
{
    if (projection->count)
        memset(slots, 0, projection->count * sizeof *slots);
}

static inline weir_cursor weir_place_blanks(const weir_walk *walk, weir_cursor p)
{
    p.at = weir_scan_blanks(&walk->scan, p.at);
    return p;
}

/** A list of strings without blanks, in a text that has no escapes, which nobody reads; the place
 * behind it. at NULL: it is something else. */
static inline weir_cursor weir_place_pass_strings(const char *base, weir_cursor p)
{
    const uint32_t *quote = p.quote;
    if (*p.at != '[' || base + *quote != p.at + 1)
        return (weir_cursor){NULL, NULL};
    while (base[quote[1] + 1] == ',' && quote[2] == quote[1] + 2)
        quote += 2;
    const char *behind = base + quote[1] + 1;
    return (weir_cursor){*behind == ']' ? behind + 1 : NULL, quote + 2};
}

static inline bool weir_is_bracket(char c)
{
    return c == '{' || c == '[';
}

#endif
