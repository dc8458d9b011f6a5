/* SPDX-License-Identifier: MIT */
/* Exponents of four numbers at a time, "e-7", with AVX2. Private to number_bare_avx2.c. */
#ifndef WEIR_VALUE_NUMBER_POWER_X86_H
#define WEIR_VALUE_NUMBER_POWER_X86_H

#include <immintrin.h>
#include <string.h>

#include "value/number_point.h"

#define WITH_AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt"), always_inline))

/* What stands before the exponents, and these; 0 where there is none. */
typedef struct exponents {
    uint32_t len[4];
    __m128i power;
    bool is_good; /* a sign perhaps, one or two digits, and something before them */
} exponents;

/* Both halves of 32 bytes: where the letter is that begins the exponent, or where the text ends. */
WITH_AVX2 static inline void find_letters(const char *a, const char *b, uint32_t *a_len,
                                          uint32_t *b_len)
{
    const __m128i low = _mm_loadu_si128((const __m128i *)(const void *)a);
    const __m128i high = _mm_loadu_si128((const __m128i *)(const void *)b);
    const __m256i both = _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
    const __m256i small = _mm256_or_si256(both, _mm256_set1_epi8(0x20));
    const unsigned letters =
        (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(small, _mm256_set1_epi8('e')));
    *a_len = (uint32_t)__builtin_ctz(letters | 1u << *a_len);
    *b_len = (uint32_t)__builtin_ctz(letters >> 16 | 1u << *b_len);
}

WITH_AVX2 static inline int four_bytes(const char *at)
{
    int bytes;
    memcpy(&bytes, at, sizeof bytes);
    return bytes;
}

/* Lengths are 1 to 16. */
WITH_AVX2 static inline exponents find_exponents(const char *const at[4], const uint32_t len[4])
{
    const __m128i one = _mm_set1_epi32(1), eight = _mm_set1_epi32(8);
    exponents e = {.len = {len[0], len[1], len[2], len[3]}};
    find_letters(at[0], at[2], &e.len[0], &e.len[2]);
    find_letters(at[1], at[3], &e.len[1], &e.len[3]);
    const __m128i cut = _mm_setr_epi32((int)e.len[0], (int)e.len[1], (int)e.len[2], (int)e.len[3]);
    const __m128i all = _mm_setr_epi32((int)len[0], (int)len[1], (int)len[2], (int)len[3]);
    const __m128i tail = _mm_sub_epi32(_mm_sub_epi32(all, cut), one); /* behind the letter */
    const __m128i is_none = _mm_cmpgt_epi32(_mm_setzero_si128(), tail);
    __m128i text =
        _mm_setr_epi32(four_bytes(at[0] + e.len[0] + 1), four_bytes(at[1] + e.len[1] + 1),
                       four_bytes(at[2] + e.len[2] + 1), four_bytes(at[3] + e.len[3] + 1));
    const __m128i first = _mm_and_si128(text, _mm_set1_epi32(0xff));
    const __m128i minus = _mm_cmpeq_epi32(first, _mm_set1_epi32('-'));
    const __m128i sign = _mm_or_si128(minus, _mm_cmpeq_epi32(first, _mm_set1_epi32('+')));
    const __m128i digits = _mm_add_epi32(tail, sign);
    const __m128i is_one = _mm_cmpeq_epi32(digits, one);
    text = _mm_xor_si128(_mm_srlv_epi32(text, _mm_and_si128(sign, eight)),
                         _mm_set1_epi32('0' << 8 | '0'));
    text = _mm_and_si128(_mm_sllv_epi32(text, _mm_and_si128(is_one, eight)),
                         _mm_set1_epi32(0xffff)); /* tens, then ones */
    const __m128i are_digits = _mm_cmpeq_epi32(_mm_min_epu8(text, _mm_set1_epi8(9)), text);
    const __m128i is_some = _mm_or_si128(is_one, _mm_cmpeq_epi32(digits, _mm_set1_epi32(2)));
    const __m128i is_good =
        _mm_andnot_si128(_mm_cmpeq_epi32(cut, _mm_setzero_si128()),
                         _mm_or_si128(is_none, _mm_and_si128(are_digits, is_some)));
    const __m128i value = _mm_maddubs_epi16(text, _mm_set1_epi16(1 << 8 | 10));
    e.power = _mm_andnot_si128(is_none, _mm_sub_epi32(_mm_xor_si128(value, minus), minus));
    e.is_good = _mm_movemask_epi8(is_good) == 0xffff;
    return e;
}

/* Times ten to the power of; false: that would not be exact. */
WITH_AVX2 static inline bool scale(__m256d digits, __m128i power, __m256d *real)
{
    const __m128i most = _mm_set1_epi32(2 * WEIR_POWER_MAX);
    const __m128i place = _mm_add_epi32(power, _mm_set1_epi32(WEIR_POWER_MAX));
    const __m128i mine = _mm_min_epu32(place, most);
    const unsigned a = (unsigned)_mm_extract_epi32(mine, 0),
                   b = (unsigned)_mm_extract_epi32(mine, 1);
    const unsigned c = (unsigned)_mm_extract_epi32(mine, 2),
                   d = (unsigned)_mm_extract_epi32(mine, 3);
    const double *const up = weir_power_table, *const down = weir_power_table + 2 * WEIR_POWER_MAX;
    *real = _mm256_div_pd(_mm256_mul_pd(digits, _mm256_set_pd(up[d], up[c], up[b], up[a])),
                          _mm256_set_pd(*(down - d), *(down - c), *(down - b), *(down - a)));
    return _mm_movemask_epi8(_mm_cmpeq_epi32(mine, place)) == 0xffff;
}

#undef WITH_AVX2
#endif
