/* SPDX-License-Identifier: MIT */
/*
 * Four numbers at a time with AVX2, two in each of two registers. A shuffle moves each text to the
 * end of its 16 bytes, zeros in front. A sum of absolute differences over the one byte that is a
 * point tells its place without leaving the vectors, and a second shuffle moves what is before it
 * over it. If then all bytes are digits the text was a number, and neighbours are joined to two
 * numbers of eight digits. Private to number_*_avx2.c.
 *
 * Numbers of feeds are plain: JSON, of digits below 2^52. That all four are is seen at once; which
 * of them is what is only asked if one is not. Short ones, up to 8 bytes, are four in a register.
 */
#ifndef WEIR_VALUE_NUMBER_LANES_AVX2_H
#define WEIR_VALUE_NUMBER_LANES_AVX2_H

#include <immintrin.h>
#include <stdalign.h>
#include <string.h>

#include "value/number_lanes.h"

#define TARGET __attribute__((target("avx2,bmi,bmi2,popcnt")))
#define INLINE __attribute__((always_inline))

/* Constants stand where the compiler does not see them, number_lanes_avx2_table.c: those it does it
 * makes anew each time, of two instructions, where an operand in memory is none. */
typedef struct weir_lanes_table {
    alignas(32) uint8_t ascii[32], dot[32], sign[32], nine[32];
    int8_t places[32];     /* of a byte among 16 */
    int8_t from_end[32];   /* that less 16 */
    int8_t up_to[32];      /* that times -1 */
    uint8_t decimals[32];  /* of a point at a place, and 0xf0; 0: one that is last is no point */
    uint8_t second[32];    /* byte 8 of 16, the first one of a lane's second number */
    uint8_t heads[32];     /* the first two bytes, swapped, over all of the number */
    int16_t head_min[16];  /* such two of a number of JSON: from "0\n" to "9\xff" */
    int16_t head_room[16]; /* how many more there are */
    uint8_t tens[32], hundreds[32];
    uint16_t myriads[16];
    uint64_t myriad_myriads[4], first_byte[4], sign_byte[4], eight[4], one[4], minus_16[4],
        above_52[4];
    uint8_t short_sign[32], short_decimals[32], short_spread[32];
    int8_t short_up_to[32];
    uint16_t short_hundreds[16];
    uint64_t short_myriad[4], short_bits[4], minus_8[4];
    uint64_t real_52[4]; /* 2^52 as a double: or'ed into its bits are smaller ones added */
    double minus_zero[4];
    uint32_t powers[8];       /* upper halves of 1e0 to 1e7 as doubles; the lower ones are zero */
    uint32_t power_of_bit[8]; /* upper halves of 1 and, at 7, 1e8 */
} weir_lanes_table;

/* Not asked for by way of a table of addresses, even where the code may be anywhere. */
extern const weir_lanes_table weir_lanes_avx2_table __attribute__((visibility("hidden")));

TARGET static inline INLINE __m256i constant(const void *of_table)
{
    return _mm256_load_si256((const __m256i *)of_table);
}

/* What was read: a lane of 64 bits is about one text. */
typedef struct four {
    __m256i a, b;        /* digits, at the ends of 16 bytes; lanes of a are 0 and 2 */
    __m256i heads;       /* zero, or JSON does not allow for the first bytes */
    __m256i before_last; /* of a length of 1: 0 */
    __m256i minus;       /* all ones where a sign was */
    __m256i no_point;    /* all ones */
    __m256i decimals;    /* in its lower four bits */
    __m256i whole;       /* the digits without their point */
    __m256d digits;      /* that */
    __m256d power, real;
} four;

/* Bits of masks tell of lanes; see weir_lanes. */
typedef struct verdict {
    unsigned is_real, is_whole, is_json;
} verdict;

TARGET static inline INLINE __m256i two(const void *a, const void *b)
{
    const __m128i low = _mm_loadu_si128((const __m128i *)a);
    const __m128i high = _mm_loadu_si128((const __m128i *)b);
    return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
}

TARGET static inline INLINE unsigned bits_of(__m256i words)
{
    return (unsigned)_mm256_movemask_pd(_mm256_castsi256_pd(words));
}

/* One byte of each text over all of its 16. */
TARGET static inline INLINE __m256i spread_a(__m256i words)
{
    return _mm256_shuffle_epi8(words, _mm256_setzero_si256());
}

TARGET static inline INLINE __m256i spread_b(__m256i words)
{
    return _mm256_shuffle_epi8(words, constant(weir_lanes_avx2_table.second));
}

TARGET static inline INLINE __m256i point_of(__m256i text)
{
    const weir_lanes_table *const t = &weir_lanes_avx2_table;
    const __m256i point = _mm256_cmpeq_epi8(text, constant(t->dot));
    return _mm256_sad_epu8(_mm256_and_si256(point, constant(t->decimals)), _mm256_setzero_si256());
}

/* Two points, or more, stay: their sum is as of a place behind them all. */
TARGET static inline INLINE __m256i drop_point(__m256i text, __m256i decimals)
{
    const weir_lanes_table *const t = &weir_lanes_avx2_table;
    const __m256i before = _mm256_cmpgt_epi8(constant(t->up_to), decimals);
    return _mm256_shuffle_epi8(text, _mm256_add_epi8(constant(t->places), before));
}

TARGET static inline INLINE __m256i join(__m256i a, __m256i b)
{
    const weir_lanes_table *const t = &weir_lanes_avx2_table;
    const __m256i tens = constant(t->tens);
    const __m256i pairs =
        _mm256_packus_epi16(_mm256_maddubs_epi16(a, tens), _mm256_maddubs_epi16(b, tens));
    const __m256i eights =
        _mm256_madd_epi16(_mm256_maddubs_epi16(pairs, constant(t->hundreds)), constant(t->myriads));
    return _mm256_add_epi64(_mm256_mul_epu32(eights, constant(t->myriad_myriads)),
                            _mm256_srli_epi64(eights, 32));
}

/* Ten to the power of `decimals`: of its lower three bits, and of the fourth. */
TARGET static inline INLINE __m256d power_of(__m256i decimals)
{
    const weir_lanes_table *const t = &weir_lanes_avx2_table;
    const __m256i low = _mm256_permutevar8x32_epi32(constant(t->powers), decimals);
    const __m256i high =
        _mm256_permutevar8x32_epi32(constant(t->power_of_bit), _mm256_srli_epi64(decimals, 3));
    return _mm256_mul_pd(_mm256_castsi256_pd(_mm256_slli_epi64(low, 32)),
                         _mm256_castsi256_pd(_mm256_slli_epi64(high, 32)));
}

/* `texts` are a and b of `four`; lengths are judged later. `has_sign`: a minus may stand before the
 * digits; it becomes a zero, other bytes are compared with what they would become. */
TARGET static inline INLINE four read_four(__m256i a, __m256i b, __m128i lens32, bool has_sign)
{
    const __m256i lens = _mm256_cvtepu32_epi64(lens32);
    const weir_lanes_table *const t = &weir_lanes_avx2_table;
    four f = {.minus = _mm256_setzero_si256()};
    a = _mm256_xor_si256(a, constant(t->ascii));
    b = _mm256_xor_si256(b, constant(t->ascii));
    f.heads = _mm256_unpacklo_epi64(a, b);
    if (has_sign) {
        f.minus = _mm256_cmpeq_epi64(_mm256_and_si256(f.heads, constant(t->first_byte)),
                                     constant(t->sign_byte));
        f.heads = _mm256_srlv_epi64(f.heads, _mm256_and_si256(f.minus, constant(t->eight)));
        a = _mm256_andnot_si256(_mm256_cmpeq_epi8(a, constant(t->sign)), a);
        b = _mm256_andnot_si256(_mm256_cmpeq_epi8(b, constant(t->sign)), b);
    }
    f.heads =
        _mm256_sub_epi16(_mm256_shuffle_epi8(f.heads, constant(t->heads)), constant(t->head_min));
    f.heads = _mm256_subs_epu16(f.heads, constant(t->head_room));
    f.before_last = _mm256_sub_epi64(lens, constant(t->one));
    a = _mm256_shuffle_epi8(a, _mm256_add_epi8(spread_a(lens), constant(t->from_end)));
    b = _mm256_shuffle_epi8(b, _mm256_add_epi8(spread_b(lens), constant(t->from_end)));
    const __m256i a_point = point_of(a), b_point = point_of(b);
    f.decimals = _mm256_or_si256(_mm256_unpacklo_epi64(a_point, b_point),
                                 _mm256_unpackhi_epi64(a_point, b_point));
    f.no_point = _mm256_cmpeq_epi64(f.decimals, _mm256_setzero_si256());
    f.a = drop_point(a, spread_a(f.decimals));
    f.b = drop_point(b, spread_b(f.decimals));
    f.whole = join(f.a, f.b);
    const __m256i base = constant(t->real_52);
    f.digits = _mm256_sub_pd(_mm256_castsi256_pd(_mm256_or_si256(f.whole, base)),
                             _mm256_castsi256_pd(base));
    f.power = power_of(f.decimals);
    f.real = _mm256_div_pd(f.digits, f.power);
    return f;
}

/* All are JSON, of 1 to 16 bytes, and their digits below 2^52. */
TARGET static inline INLINE bool are_plain(const four *f)
{
    const weir_lanes_table *const t = &weir_lanes_avx2_table;
    const __m256i most = _mm256_subs_epu8(_mm256_max_epu8(f->a, f->b), constant(t->nine));
    const __m256i bad = _mm256_or_si256(f->heads, most);
    const __m256i places =
        _mm256_or_si256(f->before_last, _mm256_add_epi64(f->before_last, f->minus));
    return _mm256_testz_si256(bad, bad) && _mm256_testz_si256(places, constant(t->minus_16)) &&
           _mm256_testz_si256(f->whole, constant(t->above_52));
}

/* Four short numbers, of up to 8 bytes, in one register. */
TARGET static inline INLINE bool are_short(__m128i lens)
{
    const __m128i before_last = _mm_add_epi32(lens, _mm_set1_epi32(-1));
    return _mm_testz_si128(before_last, _mm_set1_epi32(-8));
}

TARGET static inline INLINE __m256i load_short(const char *a, const char *b, const char *c,
                                               const char *d)
{
    uint64_t words[4];
    memcpy(&words[0], a, sizeof *words);
    memcpy(&words[1], b, sizeof *words);
    memcpy(&words[2], c, sizeof *words);
    memcpy(&words[3], d, sizeof *words);
    return _mm256_set_epi64x((int64_t)words[3], (int64_t)words[2], (int64_t)words[1],
                             (int64_t)words[0]);
}

/* The same with one shift in place of a shuffle, and half of the steps. False: not all are plain.
 * `lens` have been found to be short. */
TARGET static inline INLINE bool read_short(__m256i text, __m128i lens32, bool has_sign, four *f)
{
    const __m256i lens = _mm256_cvtepu32_epi64(lens32);
    const weir_lanes_table *const t = &weir_lanes_avx2_table;
    const __m256i zero = _mm256_setzero_si256();
    text = _mm256_xor_si256(text, constant(t->ascii));
    __m256i heads = text;
    f->minus = zero;
    if (has_sign) {
        f->minus = _mm256_cmpeq_epi64(_mm256_and_si256(text, constant(t->first_byte)),
                                      constant(t->sign_byte));
        heads = _mm256_srlv_epi64(text, _mm256_and_si256(f->minus, constant(t->eight)));
        text = _mm256_andnot_si256(_mm256_cmpeq_epi8(text, constant(t->short_sign)), text);
    }
    heads = _mm256_sub_epi16(_mm256_shuffle_epi8(heads, constant(t->heads)), constant(t->head_min));
    heads = _mm256_subs_epu16(heads, constant(t->head_room));
    const __m256i shift = _mm256_sub_epi64(constant(t->short_bits), _mm256_slli_epi64(lens, 3));
    text = _mm256_sllv_epi64(text, shift);
    const __m256i point = _mm256_cmpeq_epi8(text, constant(t->dot));
    f->decimals = _mm256_sad_epu8(_mm256_and_si256(point, constant(t->short_decimals)), zero);
    f->no_point = _mm256_cmpeq_epi64(f->decimals, zero);
    const __m256i spread = _mm256_shuffle_epi8(f->decimals, constant(t->short_spread));
    const __m256i before = _mm256_cmpgt_epi8(constant(t->short_up_to), spread);
    text = _mm256_blendv_epi8(text, _mm256_slli_epi64(text, 8), before);
    const __m256i fours = _mm256_madd_epi16(_mm256_maddubs_epi16(text, constant(t->tens)),
                                            constant(t->short_hundreds));
    f->whole = _mm256_add_epi64(_mm256_mul_epu32(fours, constant(t->short_myriad)),
                                _mm256_srli_epi64(fours, 32));
    const __m256i base = constant(t->real_52);
    f->digits = _mm256_sub_pd(_mm256_castsi256_pd(_mm256_or_si256(f->whole, base)),
                              _mm256_castsi256_pd(base));
    const __m256i power = _mm256_permutevar8x32_epi32(constant(t->powers), f->decimals);
    f->real = _mm256_div_pd(f->digits, _mm256_castsi256_pd(_mm256_slli_epi64(power, 32)));
    const __m256i bad = _mm256_or_si256(heads, _mm256_subs_epu8(text, constant(t->nine)));
    /* A sign alone has no bytes left, which is all ones when one is taken off. */
    const __m256i left = _mm256_sub_epi64(_mm256_add_epi64(lens, f->minus), constant(t->one));
    return _mm256_testz_si256(bad, bad) &&
           (!has_sign || _mm256_testz_si256(left, constant(t->minus_8)));
}

/* Of four that are not all plain, one by one; `digits` anew, as exact as a double is. */
verdict weir_lanes_avx2_judge(const four *f, double *digits);

TARGET static inline INLINE verdict judge(four *f)
{
    double digits[4];
    const four copy = *f; /* so that f need not be in memory */
    const verdict v = weir_lanes_avx2_judge(&copy, digits);
    f->digits = _mm256_loadu_pd(digits);
    f->real = _mm256_div_pd(f->digits, f->power);
    return v;
}

#endif
