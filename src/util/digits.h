/* SPDX-License-Identifier: MIT */
/*
 * Up to sixteen decimal digits at once, as bytes of words: a text is moved to the end of its
 * sixteen bytes, so that what is in front of it reads as leading zeros, and neighbours are joined.
 * No loop, so nothing is mispredicted, however long the numbers of a feed are. Behind the numbers
 * of util/number.h, and for whoever reads one where a call would cost as much again.
 */
#ifndef WEIR_UTIL_DIGITS_H
#define WEIR_UTIL_DIGITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef unsigned __int128 weir_wide; /* a text of at most 16 bytes, the first in the lowest byte */

enum { WEIR_WIDE_BYTES = 16 };

static inline uint64_t weir_load8(const char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? __builtin_bswap64(word) : word;
}

/** The top bit of each byte that is above 9. */
static inline uint64_t weir_above_nine(uint64_t word)
{
    const uint64_t low = UINT64_C(0x7f7f7f7f7f7f7f7f);
    return (((word & low) + UINT64_C(0x7676767676767676)) | word) & ~low;
}

/** Eight digits as bytes, the highest in the lowest byte: neighbours are joined three times. */
static inline uint64_t weir_join_eight(uint64_t digits)
{
    digits = (digits * (10 << 8 | 1)) >> 8 & UINT64_C(0x00ff00ff00ff00ff);
    digits = (digits * (100 << 16 | 1)) >> 16 & UINT64_C(0x0000ffff0000ffff);
    return (digits * (UINT64_C(10000) << 32 | 1)) >> 32;
}

static inline uint64_t weir_join_digits(weir_wide digits)
{
    return weir_join_eight((uint64_t)digits) * 100000000 +
           weir_join_eight((uint64_t)(digits >> 64));
}

/** The bytes of a text less '0', the last one in the highest byte and zeros in front. */
static inline weir_wide weir_digits_at_end(weir_wide text, size_t len)
{
    const weir_wide zeros =
        (weir_wide)UINT64_C(0x3030303030303030) << 64 | UINT64_C(0x3030303030303030);
    return (text ^ zeros) << 8 * (WEIR_WIDE_BYTES - len);
}

/**
 * A text of digits alone, zeros in front allowed, from whose first byte on 16 are readable. False:
 * it is another, or none, or longer.
 */
static inline bool weir_digits_read(const char *at, size_t len, int64_t *value)
{
    if (len - 1 >= WEIR_WIDE_BYTES)
        return false;
    const weir_wide text =
        weir_digits_at_end(weir_load8(at) | (weir_wide)weir_load8(at + 8) << 64, len);
    if (weir_above_nine((uint64_t)text) | weir_above_nine((uint64_t)(text >> 64)))
        return false;
    *value = (int64_t)weir_join_digits(text);
    return true;
}

#endif
