/* SPDX-License-Identifier: MIT */
/*
 * Looking a text up, as all implementations do it. An implementation gives two functions: one makes
 * the key of a text, one says whether it lies within bounds. The last block ends with the text, so
 * that nothing behind it is looked at; but the only one of a short text begins with it, and what is
 * behind that is left aside. Private to gauge*.c.
 */
#ifndef WEIR_VALUE_GAUGE_FIND_H
#define WEIR_VALUE_GAUGE_FIND_H

#include "value/gauge.h"

enum { WEIR_GAUGE_PLACES_BITS = 10 };

/** Blocks of a text, and where in it one begins. */
static inline size_t weir_gauge_blocks(size_t len)
{
    return (len + WEIR_GAUGE_BLOCK - 1) / WEIR_GAUGE_BLOCK;
}

static inline size_t weir_gauge_last_at(size_t len, size_t blocks)
{
    return blocks > 1 ? len - WEIR_GAUGE_BLOCK : 0;
}

static inline size_t weir_gauge_block_at(size_t len, size_t block)
{
    const size_t at = block * WEIR_GAUGE_BLOCK,
                 last = weir_gauge_last_at(len, weir_gauge_blocks(len));
    return at < last ? at : last;
}

/** Bytes of the last block that are of the text, a bit each; all but of a short one. */
static inline uint64_t weir_gauge_mine(size_t len, size_t blocks)
{
    return blocks > 1 || len >= WEIR_GAUGE_BLOCK ? UINT64_MAX : ~(UINT64_MAX << len);
}

static inline uint64_t weir_gauge_name(uint32_t key, size_t len)
{
    return (uint64_t)len << 32 | key;
}

static inline weir_gauge_place *weir_gauge_place_of(const weir_gauges *gauges, uint32_t key)
{
    return &gauges->places[key >> (32 - WEIR_GAUGE_PLACES_BITS)];
}

/** Makes one at the beginning of a block, where there are *size bytes; *size becomes what it takes,
 * whole blocks. NULL: it would take more than there are; or it is not for gauges, and takes none.
 */
weir_gauge *weir_gauge_make(const weir_gauge_lesson *lesson, uint8_t *memory, size_t *size);

/** Of a text of so many blocks; never 0. */
typedef uint32_t weir_gauge_key_fn(const char *text, size_t len, size_t blocks);
/** Each byte of the text is within its bounds, and none is a backslash. */
typedef bool weir_gauge_holds_fn(const uint8_t *bounds, const char *text, size_t len,
                                 size_t blocks);

static inline __attribute__((always_inline)) weir_gauge *
weir_gauge_find_with(weir_gauges *gauges, weir_str text, size_t blocks, weir_gauge_key_fn *key_of,
                     weir_gauge_holds_fn *holds)
{
    const uint32_t key = key_of(text.ptr, text.len, blocks);
    const uint64_t name = weir_gauge_name(key, text.len);
    weir_gauge_place *place = weir_gauge_place_of(gauges, key);
    for (weir_gauge *gauge = place->first; gauge; gauge = gauge->next)
        if (__builtin_expect(gauge->name == name, 1) &&
            holds(gauge->bounds, text.ptr, text.len, blocks)) {
            place->is_met = true;
            return gauge;
        }
    gauges->key = key;
    gauges->trial.missed++;
    return NULL;
}

/** Most messages are short: for these all is known but the text. */
static inline __attribute__((always_inline)) weir_gauge *
weir_gauge_find_by(weir_gauges *gauges, weir_str text, weir_gauge_key_fn *key_of,
                   weir_gauge_holds_fn *holds)
{
    const size_t blocks = weir_gauge_blocks(text.len);
    switch (blocks) {
    case 1: return weir_gauge_find_with(gauges, text, 1, key_of, holds);
    case 2: return weir_gauge_find_with(gauges, text, 2, key_of, holds);
    case 3: return weir_gauge_find_with(gauges, text, 3, key_of, holds);
    case 4: return weir_gauge_find_with(gauges, text, 4, key_of, holds);
    default: return weir_gauge_find_with(gauges, text, blocks, key_of, holds);
    }
}

#endif
