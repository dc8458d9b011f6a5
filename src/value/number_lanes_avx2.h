/* SPDX-License-Identifier: MIT */
/*
 * Four numbers at a time with AVX2, two in each of two registers. A shuffle moves each text to the
 * end of its 16 bytes, zeros in front; a second one, of a table by the place of the point, moves
 * the digits before the point over it. If then all bytes are digits the text was a number, and
 * neighbours are joined to two numbers of eight digits. Private to number_*_avx2.c.
 */
#ifndef WEIR_VALUE_NUMBER_LANES_AVX2_H
#define WEIR_VALUE_NUMBER_LANES_AVX2_H

#include <immintrin.h>

#include "value/number_lanes.h"
#include "value/number_point.h"

#define TARGET __attribute__((target("avx2,bmi,bmi2,popcnt")))

/* What was read: a lane of 64 bits is about one text, a bit of a mask too. */
typedef struct four {
    __m256i whole; /* the digits without their point */
    __m256d digits;
    __m256d real;
    __m128i decimals;
    __m256i minus;    /* all ones where a sign was */
    unsigned is_good; /* digits, at least one, and at most one point */
    unsigned is_exact;
    unsigned is_json;
    unsigned has_point;
} four;

TARGET static inline __m256i two(const void *a, const void *b)
{
    const __m128i low = _mm_loadu_si128((const __m128i *)a);
    const __m128i high = _mm_loadu_si128((const __m128i *)b);
    return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
}

TARGET static inline unsigned bits_of(__m256i words)
{
    return (unsigned)_mm256_movemask_pd(_mm256_castsi256_pd(words));
}

/* Up to 2^53 it is exact. */
TARGET static inline __m256d to_real(__m256i whole)
{
    const __m256i low = _mm256_set1_epi64x(0x4330000000000000);  /* 2^52 */
    const __m256i high = _mm256_set1_epi64x(0x4530000000000000); /* 2^84 */
    const __m256d both = _mm256_castsi256_pd(_mm256_set1_epi64x(0x4530000000100000));
    const __m256i upper = _mm256_xor_si256(_mm256_srli_epi64(whole, 32), high);
    const __m256i lower = _mm256_blend_epi32(whole, low, 0xaa);
    return _mm256_add_pd(_mm256_sub_pd(_mm256_castsi256_pd(upper), both),
                         _mm256_castsi256_pd(lower));
}

/* What JSON and a sign ask of the first bytes; `heads` are eight of each text, xor '0'. */
TARGET static inline __attribute__((always_inline)) void judge_heads(four *f, __m256i heads,
                                                                     __m256i lens, bool has_sign)
{
    const __m256i swap = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(1, 0, -1, -1, -1, -1, -1, -1, 9, 8, -1, -1, -1, -1, -1, -1));
    const __m256i one = _mm256_set1_epi64x(1);
    f->minus = _mm256_setzero_si256();
    if (has_sign) {
        f->minus = _mm256_cmpeq_epi64(_mm256_and_si256(heads, _mm256_set1_epi64x(0xff)),
                                      _mm256_set1_epi64x('-' ^ '0'));
        lens = _mm256_add_epi64(lens, f->minus);
        heads = _mm256_srlv_epi64(heads, _mm256_and_si256(f->minus, _mm256_set1_epi64x(8)));
    }
    const __m256i both = _mm256_shuffle_epi8(heads, swap); /* the first byte above the second */
    const __m256i point =
        _mm256_cmpeq_epi64(_mm256_srli_epi64(both, 8), _mm256_set1_epi64x('.' ^ '0'));
    const __m256i zero = _mm256_and_si256(_mm256_cmpgt_epi64(_mm256_set1_epi64x(10), both),
                                          _mm256_cmpgt_epi64(lens, one));
    const __m256i digits = _mm256_add_epi64(lens, point);
    f->is_good &= bits_of(_mm256_cmpgt_epi64(digits, _mm256_setzero_si256()));
    f->is_json &= f->is_good & ~bits_of(_mm256_or_si256(point, zero));
}

/* `lens` are the four lengths, 1 to 16. `has_sign`: a minus may stand before the digits. */
TARGET static inline __attribute__((always_inline)) four read_four(const char *const at[4],
                                                                   __m128i lens, bool has_sign)
{
    const __m256i dot = _mm256_set1_epi8('.' ^ '0');
    const __m256i ascii = _mm256_set1_epi8('0');
    const __m256i places = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
    const __m256i back = _mm256_broadcastsi128_si256(_mm_sub_epi32(lens, _mm_set1_epi32(16)));
    const __m256i even = _mm256_shuffle_epi8(
        back, _mm256_inserti128_si256(_mm256_setzero_si256(), _mm_set1_epi8(8), 1));
    const __m256i odd = _mm256_shuffle_epi8(
        back, _mm256_inserti128_si256(_mm256_set1_epi8(4), _mm_set1_epi8(12), 1));
    __m256i a = _mm256_xor_si256(two(at[0], at[2]), ascii);
    __m256i b = _mm256_xor_si256(two(at[1], at[3]), ascii);
    const __m256i heads = _mm256_unpacklo_epi64(a, b);
    if (has_sign) { /* becomes a zero; the other bytes are compared with what they would become */
        const __m256i sign = _mm256_broadcastsi128_si256(_mm_cvtsi32_si128('-' ^ '0'));
        a = _mm256_andnot_si256(_mm256_cmpeq_epi8(a, sign), a);
        b = _mm256_andnot_si256(_mm256_cmpeq_epi8(b, sign), b);
    }
    a = _mm256_shuffle_epi8(a, _mm256_add_epi8(places, even));
    b = _mm256_shuffle_epi8(b, _mm256_add_epi8(places, odd));
    const __m256i a_dot = _mm256_cmpeq_epi8(a, dot), b_dot = _mm256_cmpeq_epi8(b, dot);
    const unsigned a_dots = (unsigned)_mm256_movemask_epi8(a_dot);
    const unsigned b_dots = (unsigned)_mm256_movemask_epi8(b_dot);
    const unsigned place[4] = {weir_point_place(a_dots), weir_point_place(b_dots),
                               weir_point_place(a_dots >> 16), weir_point_place(b_dots >> 16)};
    a = _mm256_shuffle_epi8(a, two(weir_point_drop[place[0]], weir_point_drop[place[2]]));
    b = _mm256_shuffle_epi8(b, two(weir_point_drop[place[1]], weir_point_drop[place[3]]));

    const __m256i nine = _mm256_set1_epi8(9);
    const __m256i digits = _mm256_packs_epi16(_mm256_cmpeq_epi8(_mm256_min_epu8(a, nine), a),
                                              _mm256_cmpeq_epi8(_mm256_min_epu8(b, nine), b));
    const __m256i tens = _mm256_set1_epi16(1 << 8 | 10), hundreds = _mm256_set1_epi16(1 << 8 | 100);
    const __m256i pairs =
        _mm256_packus_epi16(_mm256_maddubs_epi16(a, tens), _mm256_maddubs_epi16(b, tens));
    const __m256i eights = _mm256_madd_epi16(_mm256_maddubs_epi16(pairs, hundreds),
                                             _mm256_set1_epi32(1 << 16 | 10000));
    four f;
    f.whole = _mm256_add_epi64(_mm256_mul_epu32(eights, _mm256_set1_epi64x(100000000)),
                               _mm256_srli_epi64(eights, 32));
    f.digits = to_real(f.whole);
    f.real = _mm256_div_pd(f.digits,
                           _mm256_set_pd(weir_point_power[place[3]], weir_point_power[place[2]],
                                         weir_point_power[place[1]], weir_point_power[place[0]]));
    f.decimals = _mm_max_epi32(
        _mm_setzero_si128(),
        _mm_sub_epi32(_mm_set1_epi32(WEIR_POINT_NONE - 1),
                      _mm_setr_epi32((int)place[0], (int)place[1], (int)place[2], (int)place[3])));
    f.has_point =
        ~bits_of(_mm256_cmpeq_epi64(_mm256_packs_epi16(a_dot, b_dot), _mm256_setzero_si256()));
    f.is_good = bits_of(_mm256_cmpeq_epi64(digits, _mm256_set1_epi64x(-1)));
    f.is_exact = ~bits_of(_mm256_cmpgt_epi64(f.whole, _mm256_set1_epi64x(INT64_C(1) << 53)));
    f.is_json = ~bits_of(_mm256_unpackhi_epi64(a_dot, b_dot)); /* no point last */
    judge_heads(&f, heads, _mm256_cvtepu32_epi64(lens), has_sign);
    return f;
}

#endif
