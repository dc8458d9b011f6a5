/* SPDX-License-Identifier: MIT */
/*
 * Eight numbers at a time. A record has several and a book hundreds, all short, and reading them
 * one by one is most of what a decoder does; side by side in the lanes of a vector register they
 * cost a tenth. One implementation per instruction set, as for the index (json_index.h).
 *
 * Taken are the numbers of feeds: 1 to 16 bytes, digits and a point, perhaps a minus, no exponent.
 * Digits up to 2^53 over a power of ten up to 10^15 are exact doubles both, so one division rounds
 * correctly. Whatever else a text is, its lane says so, and util/number.h is to be asked.
 */
#ifndef WEIR_VALUE_NUMBER_LANES_H
#define WEIR_VALUE_NUMBER_LANES_H

#include "value/value.h"

enum { WEIR_LANES = 8, WEIR_LANE_TEXT_MAX = 16 };

/** A text for lanes that are not used. */
extern const char weir_lane_zero[WEIR_LANE_TEXT_MAX];

/** Texts, and what was read: bit i of a mask tells of lane i. */
typedef struct weir_lanes {
    const char *at[WEIR_LANES];
    uint32_t len[WEIR_LANES];
    double real[WEIR_LANES];
    int64_t whole[WEIR_LANES]; /**< the digits without their point */
    unsigned is_real;          /**< real is the number, correctly rounded */
    unsigned is_whole;         /**< there was no point: whole is the number */
    unsigned is_json;          /**< the text is a number of JSON, whether or not it was read; not
                                    one with an exponent, and not of more bytes than a lane has */
} weir_lanes;

/** Reads the first `used`, at least one; what is in the others does not matter. Behind the first
 * byte of each text 16 are readable. The lengths have only just been stored, one by one: whoever
 * loads them together has to wait for that. */
typedef void weir_lanes_read_fn(weir_lanes *lanes, unsigned used);

/** For who reads four or eight: the unused ones of these get a text. */
static inline void weir_lanes_fill(weir_lanes *lanes, unsigned used)
{
    enum { HALF = WEIR_LANES / 2 };
    const unsigned all = used <= HALF ? HALF : WEIR_LANES;
    for (unsigned i = used; i < all; i++) {
        lanes->at[i] = weir_lane_zero;
        lanes->len[i] = 1;
    }
}

/**
 * Price levels of an array whose strings have been checked to stand in arrays of two: the first two
 * strings of each. `quotes` are the offsets from `base` of four quotes a level, `stride` quotes
 * from one level to the next. How many levels were read before one that is not of the common kind.
 */
typedef size_t weir_levels_read_fn(const char *base, const uint32_t *quotes, size_t stride,
                                   weir_level *levels, size_t count);

/**
 * Price levels of a list of lists of two bare numbers without blanks, [[1.5,2],[1.4,3]], of which
 * nothing is known yet. `at` is the first inner bracket, `end` the end of the text. The place
 * behind the list, which is JSON then; NULL: it is of another form. `marks` has room for as many as
 * there are bytes, and 64 more; `levels` for one in WEIR_BARE_LEVEL_MIN bytes, and one more.
 */
typedef const char *weir_bare_levels_fn(const char *at, const char *end, uint32_t *marks,
                                        weir_level *levels, size_t *count);
enum { WEIR_BARE_LEVEL_MIN = 6 /* [1,2], */ };

typedef struct weir_lanes_variant {
    const char *name;
    bool (*is_supported)(void);
    weir_lanes_read_fn *read;
    weir_levels_read_fn *levels;
    weir_bare_levels_fn *bare_levels;
} weir_lanes_variant;

/** The fastest that works here. */
const weir_lanes_variant *weir_lanes_best(void);
/** From now on that is this one; for tests and measurements of all of them. */
void weir_lanes_choose(const weir_lanes_variant *variant);

/** All that this program has, the fastest first; the last one works everywhere. Ends with NULL. */
extern const weir_lanes_variant *const weir_lanes_variants[];
extern const weir_lanes_variant weir_lanes_avx2, weir_lanes_neon, weir_lanes_plain;
/** Those of the variants; number_bare_*.c. */
weir_bare_levels_fn weir_bare_levels_avx2, weir_bare_levels_neon;

#endif
