/* SPDX-License-Identifier: MIT */
/*
 * Numbers of known places with AVX2. A group is read by the function of its kind and shape, which
 * ends with the jump to that of the next group; nothing is asked of the text. The compiler is told
 * (CMakeLists.txt) not to clear the vectors before those jumps: the last one does that.
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

TARGET static inline INLINE __m128i high(__m256i both)
{
    return _mm256_extracti128_si256(both, 1);
}

TARGET static inline INLINE __m256i load(const void *at)
{
    return _mm256_loadu_si256((const __m256i *)at);
}

/* As those are, but the compiler does not make one of 32 bytes an operand of 16. */
TARGET static inline INLINE __m128i half_constant(const void *of_table)
{
    return _mm_load_si128((const __m128i *)of_table);
}

/* Digits of a window, or of two, at their places. */
TARGET static inline INLINE __m128i window(const weir_fixed_group *g, const char *base,
                                           unsigned which)
{
    const __m128i text = _mm_loadu_si128((const __m128i *)(const void *)(base + g->at[which]));
    const __m128i drop = _mm_loadu_si128((const __m128i *)(const void *)g->drop[which]);
    return _mm_shuffle_epi8(text, drop);
}

TARGET static inline INLINE __m256i windows(const weir_fixed_group *g, const char *base, unsigned a,
                                            unsigned b, unsigned which)
{
    return _mm256_shuffle_epi8(two(base + g->at[a], base + g->at[b]), load(g->drop[which]));
}

TARGET static inline INLINE __m256i joined(const weir_fixed_group *g, const char *base,
                                           unsigned which)
{
    return _mm256_shuffle_epi8(load(base + g->at[which]), load(g->drop[which]));
}

/* What the shuffle has left zero stays so. */
TARGET static inline INLINE __m256i tens_of(__m256i text)
{
    return _mm256_maddubs_epi16(_mm256_subs_epu8(text, constant(table->ascii)),
                                constant(table->tens));
}

/* Pairs of digits of one register of windows. */
TARGET static inline INLINE __m128i pairs_of(__m256i text)
{
    const __m256i tens = tens_of(text);
    return _mm_packus_epi16(low(tens), high(tens));
}

TARGET static inline INLINE __m128i few_pairs_of(__m128i text)
{
    const __m128i digits = _mm_subs_epu8(text, half_constant(table->ascii));
    const __m128i tens = _mm_maddubs_epi16(digits, half_constant(table->tens));
    return _mm_packus_epi16(tens, tens);
}

/* Eight digits each, of pairs of them. */
TARGET static inline INLINE __m128i join_pairs(__m128i pairs)
{
    const __m128i fours = _mm_maddubs_epi16(pairs, half_constant(table->hundreds));
    return _mm_madd_epi16(fours, half_constant(table->myriads));
}

/* Sixteen digits each. */
TARGET static inline INLINE __m256i join_few(__m128i pairs)
{
    const __m128i eights = join_pairs(pairs);
    const __m128i upper = _mm_mul_epu32(eights, half_constant(table->myriad_myriads));
    return _mm256_castsi128_si256(_mm_add_epi64(upper, _mm_srli_epi64(eights, 32)));
}

TARGET static inline INLINE four_numbers take_one(const weir_fixed_group *g, const char *base,
                                                  bool is_short)
{
    const __m128i pairs = few_pairs_of(window(g, base, 0));
    return is_short ? (four_numbers){.narrow = join_pairs(pairs)}
                    : (four_numbers){.wide = join_few(pairs)};
}

TARGET static inline INLINE four_numbers take_two(const weir_fixed_group *g, const char *base,
                                                  bool is_joined, bool is_short)
{
    if (is_short && !is_joined) {
        const __m128i both = _mm_or_si128(window(g, base, 0), window(g, base, 1));
        return (four_numbers){.narrow = join_pairs(few_pairs_of(both))};
    }
    const __m256i text = is_joined ? joined(g, base, 0) : windows(g, base, 0, 1, 0);
    if (is_short) {
        const __m128i both = _mm_or_si128(low(text), high(text));
        return (four_numbers){.narrow = join_pairs(few_pairs_of(both))};
    }
    return (four_numbers){.wide = join_few(pairs_of(text))};
}

TARGET static inline INLINE four_numbers take_four(const weir_fixed_group *g, const char *base,
                                                   bool is_joined, bool is_short)
{
    const __m256i a = is_joined ? joined(g, base, 0) : windows(g, base, 0, 2, 0);
    const __m256i b = is_joined ? joined(g, base, 1) : windows(g, base, 1, 3, 1);
    if (is_short)
        return (four_numbers){.narrow = join_pairs(pairs_of(_mm256_or_si256(a, b)))};
    const __m256i pairs = _mm256_packus_epi16(tens_of(a), tens_of(b));
    const __m256i eights = _mm256_madd_epi16(_mm256_maddubs_epi16(pairs, constant(table->hundreds)),
                                             constant(table->myriads));
    const __m256i upper = _mm256_mul_epu32(eights, constant(table->myriad_myriads));
    return (four_numbers){.wide = _mm256_add_epi64(upper, _mm256_srli_epi64(eights, 32))};
}

/* The first before the second, which may go to the same place (write_joined). */
TARGET static inline INLINE void put_two(const uint32_t *to, __m128d numbers, unsigned count,
                                         char *out)
{
    _mm_storel_pd((double *)(void *)(out + to[0]), numbers);
    if (count > 1)
        _mm_storeh_pd((double *)(void *)(out + to[1]), numbers);
}

TARGET static inline INLINE void put(const weir_fixed_group *g, __m256d numbers, unsigned count,
                                     char *out)
{
    put_two(g->to, _mm256_castpd256_pd128(numbers), count, out);
    if (count > 2)
        put_two(g->to + 2, _mm256_extractf128_pd(numbers, 1), 2, out);
}

TARGET static inline INLINE __m256d reals_of(const four_numbers *n, const double *power,
                                             unsigned count, bool is_short)
{
    const __m256i base = constant(table->real_52);
    const __m256d digits = is_short
                               ? _mm256_cvtepi32_pd(n->narrow)
                               : _mm256_sub_pd(_mm256_castsi256_pd(_mm256_or_si256(n->wide, base)),
                                               _mm256_castsi256_pd(base));
    if (count > 2)
        return _mm256_div_pd(digits, _mm256_loadu_pd(power));
    return _mm256_castpd128_pd256(_mm_div_pd(_mm256_castpd256_pd128(digits), _mm_loadu_pd(power)));
}

TARGET static inline INLINE bool put_scaled(const weir_fixed_group *g, unsigned i, int64_t whole,
                                            char *out)
{
    const bool is_good = !__builtin_mul_overflow(whole, g->scale[i], &whole);
    memcpy(out + g->to[i], &whole, sizeof whole);
    return is_good;
}

TARGET static inline INLINE bool put_all_scaled(const weir_fixed_group *g, __m256i whole,
                                                unsigned count, char *out)
{
    const __m128i first = low(whole);
    if (!put_scaled(g, 0, _mm_cvtsi128_si64(first), out) ||
        (count > 1 && !put_scaled(g, 1, _mm_extract_epi64(first, 1), out)))
        return false;
    if (count < 3)
        return true;
    const __m128i last = high(whole);
    return put_scaled(g, 2, _mm_cvtsi128_si64(last), out) &&
           put_scaled(g, 3, _mm_extract_epi64(last, 1), out);
}

/* The arguments that follow `out` are those of the group, where the compiler knows them. */
TARGET static inline INLINE bool read_group(const weir_fixed_group *g, const char *base, char *out,
                                            weir_fixed_kind kind, weir_fixed_shape shape,
                                            bool is_short)
{
    const unsigned count = shape == WEIR_FIXED_ONE                                     ? 1
                           : shape == WEIR_FIXED_TWO || shape == WEIR_FIXED_TWO_JOINED ? 2
                                                                                       : 4;
    const bool is_joined = shape == WEIR_FIXED_TWO_JOINED || shape == WEIR_FIXED_FOURS_JOINED;
    const four_numbers n = count == 1   ? take_one(g, base, is_short)
                           : count == 2 ? take_two(g, base, is_joined, is_short)
                                        : take_four(g, base, is_joined, is_short);
    if (kind == WEIR_FIXED_REAL) {
        put(g, reals_of(&n, g->power, count, is_short), count, out);
        return true;
    }
    const __m256i whole = is_short ? _mm256_cvtepi32_epi64(n.narrow) : n.wide;
    if (kind == WEIR_FIXED_SCALED)
        return put_all_scaled(g, whole, count, out);
    put(g, _mm256_castsi256_pd(whole), count, out);
    return true;
}

TARGET static bool end(const weir_fixed_group *g, const char *base, char *out)
{
    (void)g, (void)base, (void)out;
    _mm256_zeroupper();
    return true;
}

TARGET static bool wide(const weir_fixed_group *g, const char *base, char *out)
{
    _mm256_zeroupper();
    return weir_fixed_read_wide(g, base, out);
}

/* The compiler would keep both groups, if it knew that they are neighbours. */
static inline INLINE const weir_fixed_group *next(const weir_fixed_group *g)
{
    g++;
    __asm__("" : "+r"(g));
    return g;
}

#define STEP(name, kind, shape, is_short)                                                          \
    TARGET static bool name(const weir_fixed_group *g, const char *base, char *out)                \
    {                                                                                              \
        if (__builtin_expect(!read_group(g, base, out, kind, shape, is_short), 0)) {               \
            _mm256_zeroupper();                                                                    \
            return false;                                                                          \
        }                                                                                          \
        g = next(g);                                                                               \
        return g->step(g, base, out);                                                              \
    }
#define STEPS(name, kind)                                                                          \
    STEP(one_##name, kind, WEIR_FIXED_ONE, false)                                                  \
    STEP(one_short_##name, kind, WEIR_FIXED_ONE, true)                                             \
    STEP(two_##name, kind, WEIR_FIXED_TWO, false)                                                  \
    STEP(two_short_##name, kind, WEIR_FIXED_TWO, true)                                             \
    STEP(two_joined_##name, kind, WEIR_FIXED_TWO_JOINED, false)                                    \
    STEP(two_joined_short_##name, kind, WEIR_FIXED_TWO_JOINED, true)                               \
    STEP(four_##name, kind, WEIR_FIXED_FOURS, false)                                               \
    STEP(four_short_##name, kind, WEIR_FIXED_FOURS, true)                                          \
    STEP(four_joined_##name, kind, WEIR_FIXED_FOURS_JOINED, false)                                 \
    STEP(four_joined_short_##name, kind, WEIR_FIXED_FOURS_JOINED, true)
#define ROW(name)                                                                                  \
    {                                                                                              \
        {one_##name, one_short_##name}, {two_##name, two_short_##name},                            \
            {two_joined_##name, two_joined_short_##name}, {four_##name, four_short_##name},        \
            {four_joined_##name, four_joined_short_##name},                                        \
    }

STEPS(real, WEIR_FIXED_REAL)
STEPS(whole, WEIR_FIXED_WHOLE)
STEPS(scaled, WEIR_FIXED_SCALED)

static bool is_supported(void)
{
    return weir_lanes_avx2.is_supported();
}

const weir_fixed_variant weir_fixed_avx2 = {
    "avx2", is_supported, end, wide, {ROW(real), ROW(whole), ROW(scaled)}};
#endif
