/* SPDX-License-Identifier: MIT */
/*
 * Short texts as two words: symbols and the words of venues have up to 16 bytes nearly always, and
 * what has readable bytes behind it is loaded whole, filled up with zeros by a mask, hashed and
 * compared without a loop. Texts that differ in length alone ("A" and "A\0") are the same words:
 * whoever keeps them keeps the length too.
 */
#ifndef WEIR_VALUE_SHORT_H
#define WEIR_VALUE_SHORT_H

#include <stddef.h>
#include <string.h>

#include <weir/types.h>

enum { WEIR_SHORT_MAX = 16 };

typedef struct weir_short {
    uint64_t first, second;
} weir_short;

/** The first bytes of eight: none, some or all, from -8 to WEIR_SHORT_MAX. */
static inline uint64_t weir_short_mask(ptrdiff_t count)
{
    enum { WORD = 8 };
    static const uint64_t masks[WORD + WEIR_SHORT_MAX + 1] = {[WORD + 1] = UINT64_C(0xff),
                                                              UINT64_C(0xffff),
                                                              UINT64_C(0xffffff),
                                                              UINT64_C(0xffffffff),
                                                              UINT64_C(0xffffffffff),
                                                              UINT64_C(0xffffffffffff),
                                                              UINT64_C(0xffffffffffffff),
                                                              UINT64_MAX,
                                                              UINT64_MAX,
                                                              UINT64_MAX,
                                                              UINT64_MAX,
                                                              UINT64_MAX,
                                                              UINT64_MAX,
                                                              UINT64_MAX,
                                                              UINT64_MAX,
                                                              UINT64_MAX};
    return masks[WORD + count];
}

/** Of a text of up to WEIR_SHORT_MAX bytes; as many are readable from its first one on. */
static inline weir_short weir_short_at(const char *at, size_t len)
{
    weir_short text;
    memcpy(&text, at, sizeof text);
    return (weir_short){text.first & weir_short_mask((ptrdiff_t)len),
                        text.second & weir_short_mask((ptrdiff_t)len - 8)};
}

/** The same of a text that nothing is known to follow. */
static inline weir_short weir_short_of(weir_str text)
{
    weir_short words = {0};
    if (text.len > 0)
        memcpy(&words, text.ptr, text.len);
    return words;
}

static inline bool weir_short_eq(weir_short a, weir_short b)
{
    return a.first == b.first && a.second == b.second;
}

/** Of a text and what else tells entries apart. Quick and unseeded, for tables in which a collision
 * costs a miss and nothing else. The upper bits are good. */
static inline uint64_t weir_short_mix(weir_short text, uint64_t tag)
{
    const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
    return (text.second * odd + text.first + tag) * odd;
}

#endif
