/* SPDX-License-Identifier: MIT */
/*
 * Four numbers at a time with AVX-512: each text in 16 bytes of a register.
 * Compression drops the points and pushes all digits together; expansion spreads them again, each
 * number at the end of its 16 bytes, with zeros in front. Then neighbours are joined three times,
 * to two numbers of eight digits each, and these once more. Private to number_*_avx512.c.
 */
#ifndef WEIR_VALUE_NUMBER_LANES_AVX512_H
#define WEIR_VALUE_NUMBER_LANES_AVX512_H

#include <immintrin.h>

#include "value/number_lanes.h"

#define TARGET                                                                                     \
    __attribute__((                                                                                \
        target("avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi2,avx512bitalg,bmi,bmi2,popcnt")))

static const double powers[16] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                  1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

TARGET static inline __m128i load(const char *at)
{
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}

/* Four texts, and which of their bytes are digits and points. */
typedef struct four {
    __m512i values; /* of the digits */
    __mmask64 digit;
    __mmask64 dot;
} four;

TARGET static inline __attribute__((always_inline)) four
load_four(const char *a, const char *b, const char *c, const char *d, __mmask64 mine)
{
    __m512i all = _mm512_castsi128_si512(load(a));
    all = _mm512_inserti32x4(all, load(b), 1);
    all = _mm512_inserti32x4(all, load(c), 2);
    all = _mm512_inserti32x4(all, load(d), 3);
    four f;
    f.values = _mm512_sub_epi8(all, _mm512_set1_epi8('0'));
    f.digit = _mm512_mask_cmple_epu8_mask(mine, f.values, _mm512_set1_epi8(9));
    f.dot = _mm512_mask_cmpeq_epi8_mask(mine, all, _mm512_set1_epi8('.'));
    return f;
}

/* What the masks say, for up to eight texts at once: 16 bits of them are about one text. */
typedef struct verdict {
    __m128i spread;   /* where the digits go: to the end of 16 bytes */
    __m128i decimals; /* digits behind the point */
    __m512d divisor;  /* the power of ten that it stands for */
    unsigned is_good; /* digits and at most one point */
} verdict;

/* Where there is no point it is taken to be the last byte: nothing stands behind it. */
TARGET static inline __attribute__((always_inline)) verdict judge(__m128i digits, __m128i dots,
                                                                  __m128i last, __m128i before_last)
{
    const __m128i one = _mm_set1_epi16(1), ones = _mm_set1_epi16(-1);
    const __m128i text = _mm_or_si128(last, _mm_sub_epi16(last, one));
    const __m128i points = _mm_or_si128(dots, last);
    const __m128i first = _mm_and_si128(points, _mm_sub_epi16(_mm_setzero_si128(), points));
    const __m128i place = _mm_popcnt_epi16(_mm_sub_epi16(first, one));
    verdict v;
    v.decimals = _mm_sub_epi16(before_last, place);
    const __m512i decimals = _mm512_cvtepu16_epi64(v.decimals);
    v.spread = _mm_xor_si128(_mm_srlv_epi16(ones, _mm_popcnt_epi16(digits)), ones);
    v.divisor =
        _mm512_permutex2var_pd(_mm512_loadu_pd(powers), decimals, _mm512_loadu_pd(powers + 8));
    v.is_good = (unsigned)_mm_cmpeq_epi16_mask(_mm_or_si128(digits, dots), text) &
                _mm_testn_epi16_mask(dots, _mm_sub_epi16(dots, one)) &
                _mm_test_epi16_mask(digits, digits);
    return v;
}

/* The digits of each text as a whole number. */
TARGET static inline __attribute__((always_inline)) __m256i join(const four *f, uint64_t spread)
{
    const __m512i evens = _mm512_set_epi64(0, 0, 0, 0, 6, 4, 2, 0);
    __m512i sum = _mm512_maskz_expand_epi8(spread, _mm512_maskz_compress_epi8(f->digit, f->values));
    sum = _mm512_maddubs_epi16(sum, _mm512_set1_epi16(1 << 8 | 10));
    sum = _mm512_madd_epi16(sum, _mm512_set1_epi32(1 << 16 | 100));
    sum = _mm512_packus_epi32(sum, sum);
    sum = _mm512_madd_epi16(sum, _mm512_set1_epi32(1 << 16 | 10000));
    const __m512i eights = _mm512_mul_epu32(sum, _mm512_set1_epi64(100000000));
    sum = _mm512_add_epi64(eights, _mm512_srli_epi64(sum, 32));
    return _mm512_castsi512_si256(_mm512_permutexvar_epi64(evens, sum));
}

#endif
