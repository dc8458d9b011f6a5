/* SPDX-License-Identifier: MIT */
/*
 * Lists of lists of texts by the quotes of the index: what texts.c, which finds them, and moulds,
 * for which the stencil has, do about them. Private to these.
 */
#ifndef WEIR_PIPELINE_TEXTS_H
#define WEIR_PIPELINE_TEXTS_H

#include <string.h>

#include "pipeline/parts.h"

/** Lists whose text at `place` is `text`; their levels begin at `skip`. */
struct weir_texts_where {
    size_t place, skip;
    uint64_t words[2], masks[2]; /* the text in its quotes, and which bits it is */
    bool is_long;                /* it does not fit, or has a quote */
    weir_str text;
};

/** The list whose first quote that is has it. */
static inline bool weir_texts_is_where(const char *base, const uint32_t *quote,
                                       const weir_texts_where *w)
{
    quote += 2 * w->place;
    const char *at = base + quote[0]; /* a frame has slack behind it */
    uint64_t words[2];
    if (__builtin_expect(w->is_long, 0))
        return weir_str_eq((weir_str){at + 1, quote[1] - quote[0] - 1}, w->text);
    memcpy(words, at, sizeof words);
    return (((words[0] ^ w->words[0]) & w->masks[0]) | ((words[1] ^ w->words[1]) & w->masks[1])) ==
           0;
}

/** `done` of the levels have been read by lanes: reads the others one by one where these do not
 * take them - long texts, signs, exponents. False: one is no number. */
bool weir_texts_read_others(const char *base, const uint32_t *quotes, size_t stride,
                            weir_level *levels, size_t count, size_t done);

/** Lists of texts that have been found. */
typedef struct weir_texts_lists {
    const char *base;
    const uint32_t *quotes; /**< of the first text of the first list */
    size_t stride;          /**< quotes from one list to the next */
    size_t count;
    weir_levels_read_fn *read;
} weir_texts_lists;

/** The first two texts from `quotes` on, of that list and those behind it. False: one is no number.
 */
static inline bool weir_texts_read(const weir_texts_lists *lists, const uint32_t *quotes,
                                   weir_level *levels, size_t count)
{
    const size_t done = lists->read(lists->base, quotes, lists->stride, levels, count);
    return __builtin_expect(done == count, 1) ||
           weir_texts_read_others(lists->base, quotes, lists->stride, levels, count, done);
}

/** They have what is asked for, and levels behind that. */
static inline bool weir_texts_has_places(const weir_texts_lists *lists, const weir_texts_where *w)
{
    return lists->stride >= 2 * (w->place + 1) && lists->stride >= 2 * (w->skip + 2);
}

/** The levels of those that have it, in `levels`, where there is room for all; *count: how many. */
bool weir_texts_read_where(const weir_texts_lists *lists, const weir_texts_where *w,
                           weir_level *levels, size_t *count);

#endif
