/* SPDX-License-Identifier: MIT */
/*
 * One level by itself: a text in each half of a register, as number_lanes_avx2.h has two. Most
 * changes of a book are one level or three, and what reads two at a time costs as much for one.
 * Private to number_lanes_avx2.c.
 */
#ifndef WEIR_VALUE_NUMBER_LEVEL_X86_H
#define WEIR_VALUE_NUMBER_LEVEL_X86_H

#include <immintrin.h>

#include "value/number_lanes.h"
#include "value/number_point.h"

#define WITH_AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt"), always_inline))

/* From the length of a text on: the shuffle that moves it to the end of 16 bytes. */
static const int8_t weir_level_align[2 * WEIR_LANE_TEXT_MAX] = {
    -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
    0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15};

WITH_AVX2 static inline __m256i level_bytes(const void *price, const void *size)
{
    const __m128i low = _mm_loadu_si128((const __m128i *)price);
    const __m128i high = _mm_loadu_si128((const __m128i *)size);
    return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
}

/* Up to 2^53 it is exact. */
WITH_AVX2 static inline __m128d level_real(__m128i whole)
{
    const __m128i low = _mm_set1_epi64x(0x4330000000000000);  /* 2^52 */
    const __m128i high = _mm_set1_epi64x(0x4530000000000000); /* 2^84 */
    const __m128d both = _mm_castsi128_pd(_mm_set1_epi64x(0x4530000000100000));
    const __m128i upper = _mm_xor_si128(_mm_srli_epi64(whole, 32), high);
    const __m128i lower = _mm_blend_epi16(whole, low, 0xcc);
    return _mm_add_pd(_mm_sub_pd(_mm_castsi128_pd(upper), both), _mm_castsi128_pd(lower));
}

/* A text of `len` bytes, whose point is at `place` of 16, has no digit. */
static inline bool is_only_point(uint32_t len, unsigned place)
{
    return ((len - 1) | (place ^ (WEIR_POINT_NONE - 1))) == 0;
}

/* False: it is not of the common kind. */
WITH_AVX2 static inline bool weir_level_read(const char *base, const uint32_t *quote,
                                             weir_level *level)
{
    const uint32_t a = quote[1] - quote[0] - 1, b = quote[3] - quote[2] - 1;
    if (((a - 1) | (b - 1)) >= WEIR_LANE_TEXT_MAX)
        return false;
    __m256i v = _mm256_xor_si256(level_bytes(base + quote[0] + 1, base + quote[2] + 1),
                                 _mm256_set1_epi8('0'));
    v = _mm256_shuffle_epi8(v, level_bytes(weir_level_align + a, weir_level_align + b));
    const unsigned dots =
        (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(v, _mm256_set1_epi8('.' ^ '0')));
    const unsigned a_place = weir_point_place(dots), b_place = weir_point_place(dots >> 16);
    v = _mm256_shuffle_epi8(v, level_bytes(weir_point_drop[a_place], weir_point_drop[b_place]));
    const __m256i digits = _mm256_cmpeq_epi8(_mm256_min_epu8(v, _mm256_set1_epi8(9)), v);
    v = _mm256_maddubs_epi16(v, _mm256_set1_epi16(1 << 8 | 10));
    v = _mm256_madd_epi16(v, _mm256_set1_epi32(1 << 16 | 100));
    v = _mm256_madd_epi16(_mm256_packus_epi32(v, v), _mm256_set1_epi32(1 << 16 | 10000));
    v = _mm256_add_epi64(_mm256_mul_epu32(v, _mm256_set1_epi64x(100000000)),
                         _mm256_srli_epi64(v, 32));
    const __m128i whole =
        _mm_unpacklo_epi64(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    const __m128d power = _mm_set_pd(weir_point_power[b_place], weir_point_power[a_place]);
    const __m128i inexact = _mm_cmpgt_epi64(whole, _mm_set1_epi64x(INT64_C(1) << 53));
    if (_mm256_movemask_epi8(digits) != -1 || !_mm_testz_si128(inexact, inexact) ||
        is_only_point(a, a_place) || is_only_point(b, b_place))
        return false;
    _mm_storeu_pd(&level->price, _mm_div_pd(level_real(whole), power));
    return true;
}

#endif
