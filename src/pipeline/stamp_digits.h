/* SPDX-License-Identifier: MIT */
/* Digits eight at a time, in a word. Private to pipeline/stamp*. */
#ifndef WEIR_PIPELINE_STAMP_DIGITS_H
#define WEIR_PIPELINE_STAMP_DIGITS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Eight bytes as they stand in the text, the first one lowest. */
static inline uint64_t weir_stamp_load(const char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? __builtin_bswap64(word) : word;
}

/* Eight digits as their values. */
static inline uint64_t weir_stamp_values(const char *at)
{
    return weir_stamp_load(at) ^ UINT64_C(0x3030303030303030);
}

/* Which of eight bytes are none of the values 0 to 9: their top bits, at least. */
static inline uint64_t weir_stamp_others(uint64_t values)
{
    return ((values + UINT64_C(0x7676767676767676)) | values) & UINT64_C(0x8080808080808080);
}

/* The number that eight values from 0 to 9 are the digits of. */
static inline uint64_t weir_stamp_number(uint64_t values)
{
    values = values * 10 + (values >> 8); /* pairs, in every other byte */
    values = (values & UINT64_C(0x00ff00ff00ff00ff)) * (1 + (UINT64_C(100) << 16)) >> 16;
    return (values & UINT64_C(0x0000ffff0000ffff)) * (1 + (UINT64_C(10000) << 32)) >> 32;
}

#endif
