/* SPDX-License-Identifier: MIT */
/* Lists of lists of bare numbers with AVX2. */
#if defined(__x86_64__)
#include "value/number_bare.h"
#include "value/number_lanes_avx2.h"
#include "value/number_power_x86.h"

TARGET static inline uint64_t equal(__m256i low, __m256i high, char wanted)
{
    const __m256i w = _mm256_set1_epi8(wanted);
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, w)) |
           (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, w)) << 32;
}

TARGET static inline weir_bare_masks masks_of(const char *at)
{
    const __m256i low = _mm256_loadu_si256((const __m256i *)(const void *)at);
    const __m256i high = _mm256_loadu_si256((const __m256i *)(const void *)(at + 32));
    const __m256i space = _mm256_set1_epi8(0x20);
    return (weir_bare_masks){equal(low, high, '['), equal(low, high, ']'), equal(low, high, ','),
                             equal(_mm256_or_si256(low, space), _mm256_or_si256(high, space), 'e')};
}

TARGET static inline uint32_t *append(uint32_t *to, uint64_t bits, uint32_t base)
{
    return weir_index_append_bits(to, bits, base);
}

/* True: all are JSON, of no more bytes than a lane has, and a double holds their digits. */
TARGET static inline bool settle(four *f)
{
    if (__builtin_expect(are_plain(f), 1))
        return true;
    const verdict v = judge(f);
    return (v.is_real & v.is_json & 0xf) == 0xf;
}

TARGET static __attribute__((noinline)) bool read_long_pair(const char *at, const uint32_t *m,
                                                            __m128i lens, weir_level *levels)
{
    four f = read_four(two(at + m[0] + 1, at + m[2] + 1), two(at + m[1] + 1, at + m[3] + 1), lens,
                       false);
    const bool is_good = settle(&f);
    _mm256_storeu_pd((double *)(void *)levels, f.real);
    return is_good;
}

TARGET static __attribute__((noinline)) bool read_pair(const char *at, const uint32_t *m,
                                                       weir_level *levels)
{
    const __m128i from = _mm_loadu_si128((const __m128i *)(const void *)m);
    const __m128i to = _mm_loadu_si128((const __m128i *)(const void *)(m + 1));
    const __m128i lens = _mm_sub_epi32(_mm_sub_epi32(to, from), _mm_setr_epi32(1, 3, 1, 3));
    four f;
    if (!are_short(lens) ||
        !read_short(load_short(at + m[0] + 1, at + m[1] + 1, at + m[2] + 1, at + m[3] + 1), lens,
                    false, &f))
        return read_long_pair(at, m, lens, levels);
    _mm256_storeu_pd((double *)(void *)levels, f.real);
    return true;
}

TARGET static inline bool read_scaled_pair(const char *at, const uint32_t *m, weir_level *levels)
{
    const char *const texts[4] = {at + m[0] + 1, at + m[1] + 1, at + m[2] + 1, at + m[3] + 1};
    const uint32_t lens[4] = {m[1] - m[0] - 1, m[2] - m[1] - 3, m[3] - m[2] - 1, m[4] - m[3] - 3};
    if (((lens[0] - 1) | (lens[1] - 1) | (lens[2] - 1) | (lens[3] - 1)) >= WEIR_LANE_TEXT_MAX)
        return false;
    const exponents e = find_exponents(texts, lens);
    four f = read_four(two(texts[0], texts[2]), two(texts[1], texts[3]),
                       _mm_setr_epi32((int)e.len[0], (int)e.len[1], (int)e.len[2], (int)e.len[3]),
                       false);
    const bool is_good = settle(&f);
    const __m256i evens = _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6);
    const __m128i decimals = _mm_and_si128(
        _mm256_castsi256_si128(_mm256_permutevar8x32_epi32(f.decimals, evens)), _mm_set1_epi32(15));
    __m256d real;
    const bool is_exact = scale(f.digits, _mm_sub_epi32(e.power, decimals), &real);
    _mm256_storeu_pd((double *)(void *)levels, real);
    return is_exact && e.is_good && is_good;
}

TARGET const char *weir_bare_levels_avx2(const char *at, const char *end, uint32_t *marks,
                                         weir_level *levels, size_t *count)
{
    return weir_bare_levels_with(at, end, marks, levels, count, masks_of, append, read_pair,
                                 read_scaled_pair);
}
#endif
