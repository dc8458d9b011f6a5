/* SPDX-License-Identifier: MIT */
/*
 * Numbers of known places with AVX2. A group is read by the code of its kind, which ends with the
 * jump to that of the next group. Nothing is asked of the text: there is no other branch.
 */
#if defined(__x86_64__)
#include <stddef.h>

#include "value/fixed_numbers.h"
#include "value/number_lanes_avx2.h"

static const weir_lanes_table *const table = &weir_lanes_avx2_table;

/* Numbers as they are read: those of 8 digits are 32 bits each, longer ones 64. */
typedef struct four_numbers {
    __m256i wide;
    __m128i narrow;
} four_numbers;

TARGET static inline INLINE __m128i low(__m256i both)
{
    return _mm256_castsi256_si128(both);
}

TARGET static inline INLINE __m128i text_at(const char *base, uint32_t at)
{
    return _mm_loadu_si128((const __m128i *)(const void *)(base + at));
}

TARGET static inline INLINE __m256i texts_at(const char *base, uint32_t a, uint32_t b)
{
    return two(base + a, base + b);
}

TARGET static inline INLINE __m256i load(const void *at)
{
    return _mm256_loadu_si256((const __m256i *)at);
}

/* What the shuffle has left zero stays so. */
TARGET static inline INLINE __m256i tens_of(__m256i text)
{
    return _mm256_maddubs_epi16(_mm256_subs_epu8(text, constant(table->ascii)),
                                constant(table->tens));
}

/* Eight digits each, of pairs of them. */
TARGET static inline INLINE __m128i join_pairs(__m128i pairs)
{
    const __m128i fours = _mm_maddubs_epi16(pairs, low(constant(table->hundreds)));
    return _mm_madd_epi16(fours, low(constant(table->myriads)));
}

TARGET static inline INLINE __m128i pack_halves(__m256i tens)
{
    return _mm_packus_epi16(low(tens), _mm256_extracti128_si256(tens, 1));
}

TARGET static inline INLINE four_numbers read_four_long(const weir_fixed_group *g, const char *base)
{
    const __m256i a = _mm256_shuffle_epi8(texts_at(base, g->at[0], g->at[2]), load(g->drop[0]));
    const __m256i b = _mm256_shuffle_epi8(texts_at(base, g->at[1], g->at[3]), load(g->drop[1]));
    const __m256i pairs = _mm256_packus_epi16(tens_of(a), tens_of(b));
    const __m256i eights = _mm256_madd_epi16(_mm256_maddubs_epi16(pairs, constant(table->hundreds)),
                                             constant(table->myriads));
    const __m256i upper = _mm256_mul_epu32(eights, constant(table->myriad_myriads));
    return (four_numbers){.wide = _mm256_add_epi64(upper, _mm256_srli_epi64(eights, 32))};
}

TARGET static inline INLINE four_numbers read_two_long(const weir_fixed_group *g, const char *base)
{
    const __m256i a = _mm256_shuffle_epi8(texts_at(base, g->at[0], g->at[1]), load(g->drop[0]));
    const __m128i eights = join_pairs(pack_halves(tens_of(a)));
    const __m128i upper = _mm_mul_epu32(eights, low(constant(table->myriad_myriads)));
    const __m128i both = _mm_add_epi64(upper, _mm_srli_epi64(eights, 32));
    return (four_numbers){.wide = _mm256_castsi128_si256(both)};
}

TARGET static inline INLINE four_numbers read_four_short(const weir_fixed_group *g,
                                                         const char *base)
{
    const __m256i a = _mm256_shuffle_epi8(texts_at(base, g->at[0], g->at[2]), load(g->drop[0]));
    const __m256i b = _mm256_shuffle_epi8(texts_at(base, g->at[1], g->at[3]), load(g->drop[1]));
    return (four_numbers){.narrow = join_pairs(pack_halves(tens_of(_mm256_or_si256(a, b))))};
}

TARGET static inline INLINE four_numbers read_two_short(const weir_fixed_group *g, const char *base)
{
    const __m128i a = _mm_shuffle_epi8(text_at(base, g->at[0]), low(load(g->drop[0])));
    const __m128i b = _mm_shuffle_epi8(text_at(base, g->at[1]), low(load(g->drop[1])));
    const __m128i tens = low(tens_of(_mm256_castsi128_si256(_mm_or_si128(a, b))));
    return (four_numbers){.narrow = join_pairs(_mm_packus_epi16(tens, tens))};
}

TARGET static inline INLINE void put_reals(const weir_fixed_group *g, const four_numbers *n,
                                           unsigned code, double *to)
{
    const __m256i base = constant(table->real_52);
    const __m256d digits = code & WEIR_FIXED_SHORT
                               ? _mm256_cvtepi32_pd(n->narrow)
                               : _mm256_sub_pd(_mm256_castsi256_pd(_mm256_or_si256(n->wide, base)),
                                               _mm256_castsi256_pd(base));
    if (code & WEIR_FIXED_PAIR)
        _mm_storeu_pd(to, _mm_div_pd(_mm256_castpd256_pd128(digits), _mm_loadu_pd(g->power)));
    else
        _mm256_storeu_pd(to, _mm256_div_pd(digits, _mm256_loadu_pd(g->power)));
}

TARGET static inline INLINE void put_wholes(const weir_fixed_group *g, const four_numbers *n,
                                            unsigned code, int64_t *to)
{
    const __m256i minus = load(g->minus);
    const __m256i plus = code & WEIR_FIXED_SHORT ? _mm256_cvtepi32_epi64(n->narrow) : n->wide;
    const __m256i whole = _mm256_sub_epi64(_mm256_xor_si256(plus, minus), minus);
    if (code & WEIR_FIXED_PAIR)
        _mm_storeu_si128((__m128i *)(void *)to, low(whole));
    else
        _mm256_storeu_si256((__m256i *)(void *)to, whole);
}

/* `code` is that of the group, where the compiler knows it. */
TARGET static inline INLINE void read_group(const weir_fixed_group *g, const char *base,
                                            weir_lanes *lanes, unsigned code)
{
    enum { REAL_TO_WHOLE = offsetof(weir_lanes, whole) - offsetof(weir_lanes, real) };
    char *const to = (char *)lanes + g->to;
    const bool is_pair = code & WEIR_FIXED_PAIR, is_short = code & WEIR_FIXED_SHORT;
    const four_numbers n = is_pair    ? is_short ? read_two_short(g, base) : read_two_long(g, base)
                              : is_short ? read_four_short(g, base)
                                      : read_four_long(g, base);
    if (code & WEIR_FIXED_REAL)
        put_reals(g, &n, code, (double *)(void *)to);
    if (code & WEIR_FIXED_WHOLE)
        put_wholes(g, &n, code, (int64_t *)(void *)(to + REAL_TO_WHOLE));
}

/* A kind of groups, and the jump to that of the next one. */
#define GROUP(label, kind)                                                                         \
    label:                                                                                         \
    read_group(g, base, lanes, kind);                                                              \
    goto *ways[(++g)->code]

TARGET static bool read(const weir_fixed_numbers *numbers, const char *base, weir_lanes *lanes)
{
    enum { S = WEIR_FIXED_SHORT, P = WEIR_FIXED_PAIR };
    static const void *const ways[WEIR_FIXED_CODES] = {
        &&end,         &&four_real,  &&four_whole, &&four_both, &&end,       &&four_real8,
        &&four_whole8, &&four_both8, &&end,        &&two_real,  &&two_whole, &&two_both,
        &&end,         &&two_real8,  &&two_whole8, &&two_both8};
    const weir_fixed_group *g = numbers->groups;
    goto *ways[g->code];
    GROUP(four_real, WEIR_FIXED_REAL);
    GROUP(four_whole, WEIR_FIXED_WHOLE);
    GROUP(four_both, WEIR_FIXED_BOTH);
    GROUP(four_real8, WEIR_FIXED_REAL | S);
    GROUP(four_whole8, WEIR_FIXED_WHOLE | S);
    GROUP(four_both8, WEIR_FIXED_BOTH | S);
    GROUP(two_real, WEIR_FIXED_REAL | P);
    GROUP(two_whole, WEIR_FIXED_WHOLE | P);
    GROUP(two_both, WEIR_FIXED_BOTH | P);
    GROUP(two_real8, WEIR_FIXED_REAL | S | P);
    GROUP(two_whole8, WEIR_FIXED_WHOLE | S | P);
    GROUP(two_both8, WEIR_FIXED_BOTH | S | P);
end:
    return __builtin_expect(numbers->wide == 0, 1) || weir_fixed_read_wide(numbers, base, lanes);
}

static bool is_supported(void)
{
    return weir_lanes_avx2.is_supported();
}

const weir_fixed_variant weir_fixed_avx2 = {"avx2", is_supported, read};
#endif
