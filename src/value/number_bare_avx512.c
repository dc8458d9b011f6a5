/* SPDX-License-Identifier: MIT */
/* Lists of lists of bare numbers with AVX-512. That a number is JSON is three bits of a mask. */
#if defined(__x86_64__)
#include "value/number_bare.h"
#include "value/number_lanes_avx512.h"
#include "value/number_power_x86.h"

/* ------------------------------------------------------------------ marks */

TARGET static inline weir_bare_masks masks_of(const char *at)
{
    const __m512i bytes = _mm512_loadu_si512((const void *)at);
    const __m512i small = _mm512_or_si512(bytes, _mm512_set1_epi8(0x20));
    return (weir_bare_masks){_mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('[')),
                             _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(']')),
                             _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(',')),
                             _mm512_cmpeq_epi8_mask(small, _mm512_set1_epi8('e'))};
}

/* As in json_index_avx512.c. */
TARGET static inline uint32_t *append(uint32_t *to, uint64_t bits, uint32_t base)
{
    static const uint8_t numbers[64] = {
        0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
        22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
        44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
    const int count = __builtin_popcountll(bits);
    const __m512i places =
        _mm512_maskz_compress_epi8(bits, _mm512_loadu_si512((const void *)numbers));
    const __m512i first = _mm512_set1_epi32((int)base);
    const __m512i wide = _mm512_cvtepu8_epi32(_mm512_castsi512_si128(places));
    _mm512_storeu_si512((void *)to, _mm512_add_epi32(wide, first));
    if (__builtin_expect(count > 16, 0)) {
        const __m512i second = _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(places, 1));
        const __m512i third = _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(places, 2));
        const __m512i fourth = _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(places, 3));
        _mm512_storeu_si512((void *)(to + 16), _mm512_add_epi32(second, first));
        _mm512_storeu_si512((void *)(to + 32), _mm512_add_epi32(third, first));
        _mm512_storeu_si512((void *)(to + 48), _mm512_add_epi32(fourth, first));
    }
    return to + count;
}

/* ------------------------------------------------------------------ numbers */

static const uint64_t lane_ones = UINT64_C(0x0001000100010001);

/* Which bits of four times 16 are those of the texts, and the last one of each. */
typedef struct extent {
    __m128i last, before_last;
    uint64_t text;
} extent;

TARGET static inline __attribute__((always_inline)) extent extent_of(uint64_t lens)
{
    const __m128i one = _mm_set1_epi16(1);
    extent e;
    e.before_last = _mm_sub_epi16(_mm_cvtsi64_si128((int64_t)lens), one);
    e.last = _mm_sllv_epi16(one, e.before_last);
    e.text = (uint64_t)_mm_cvtsi128_si64(_mm_or_si128(e.last, _mm_sub_epi16(e.last, one)));
    return e;
}

/* A zero before other digits; a point that is the first or the last byte. */
TARGET static inline bool is_json(const four *f, const extent *e)
{
    const uint64_t last = (uint64_t)_mm_cvtsi128_si64(e->last);
    const uint64_t zero =
        _mm512_cmpeq_epi8_mask(f->values, _mm512_setzero_si512()) & ~last & ~(f->dot >> 1);
    return (((zero | f->dot) & lane_ones) | (f->dot & last)) == 0;
}

typedef struct numbers {
    __m256d digits;
    __m256d real;
    __m128i decimals; /* 16 bits of each */
    bool is_good;     /* all are JSON, and a double holds their digits */
} numbers;

/* Lengths are 1 to 16, four times 16 bits. */
TARGET static inline __attribute__((always_inline)) numbers read_four(const char *const at[4],
                                                                      uint64_t lens)
{
    const extent e = extent_of(lens);
    const four f = load_four(at[0], at[1], at[2], at[3], e.text);
    const verdict v = judge(_mm_cvtsi64_si128((int64_t)f.digit), _mm_cvtsi64_si128((int64_t)f.dot),
                            e.last, e.before_last);
    const __m256i whole = join(&f, (uint64_t)_mm_cvtsi128_si64(v.spread));
    numbers n;
    n.digits = _mm256_cvtepi64_pd(whole);
    n.real = _mm256_div_pd(n.digits, _mm512_castpd512_pd256(v.divisor));
    n.decimals = v.decimals;
    const unsigned good =
        v.is_good & _mm256_cmple_epu64_mask(whole, _mm256_set1_epi64x(INT64_C(1) << 53));
    n.is_good = good == 0xf && is_json(&f, &e);
    return n;
}

/* Two levels. */
TARGET static inline bool read_pair(const char *at, const uint32_t *m, weir_level *levels)
{
    const __m128i from = _mm_loadu_si128((const __m128i *)(const void *)m);
    const __m128i to = _mm_loadu_si128((const __m128i *)(const void *)(m + 1));
    const __m128i lens = _mm_sub_epi32(_mm_sub_epi32(to, from), _mm_setr_epi32(1, 3, 1, 3));
    const __mmask8 fits = _mm_cmplt_epu32_mask(_mm_sub_epi32(lens, _mm_set1_epi32(1)),
                                               _mm_set1_epi32(WEIR_LANE_TEXT_MAX));
    const char *const texts[4] = {at + m[0] + 1, at + m[1] + 1, at + m[2] + 1, at + m[3] + 1};
    const numbers n = read_four(texts, (uint64_t)_mm_cvtsi128_si64(_mm_cvtepi32_epi16(lens)));
    _mm256_storeu_pd((double *)(void *)levels, n.real);
    return fits == 0xf && n.is_good;
}

TARGET static inline bool read_scaled_pair(const char *at, const uint32_t *m, weir_level *levels)
{
    const char *const texts[4] = {at + m[0] + 1, at + m[1] + 1, at + m[2] + 1, at + m[3] + 1};
    const uint32_t lens[4] = {m[1] - m[0] - 1, m[2] - m[1] - 3, m[3] - m[2] - 1, m[4] - m[3] - 3};
    if (((lens[0] - 1) | (lens[1] - 1) | (lens[2] - 1) | (lens[3] - 1)) >= WEIR_LANE_TEXT_MAX)
        return false;
    const exponents e = find_exponents(texts, lens);
    const numbers n = read_four(texts, e.len[0] | (uint64_t)e.len[1] << 16 |
                                           (uint64_t)e.len[2] << 32 | (uint64_t)e.len[3] << 48);
    __m256d real;
    const bool is_exact =
        scale(n.digits, _mm_sub_epi32(e.power, _mm_cvtepu16_epi32(n.decimals)), &real);
    _mm256_storeu_pd((double *)(void *)levels, real);
    return is_exact && e.is_good && n.is_good;
}

TARGET const char *weir_bare_levels_avx512(const char *at, const char *end, uint32_t *marks,
                                           weir_level *levels, size_t *count)
{
    return weir_bare_levels_with(at, end, marks, levels, count, masks_of, append, read_pair,
                                 read_scaled_pair);
}
#endif
