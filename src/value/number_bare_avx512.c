/* SPDX-License-Identifier: MIT */
/*
 * Lists of lists of bare numbers with AVX-512, in two passes. The first one marks all brackets and
 * commas, 64 bytes at a time, and sees that they take turns as they must: '[' ',' ']' ',' and
 * again, up to a ']' in place of the last. So each level is four marks, and where its numbers begin
 * and end is known without having read the ones before. The second pass reads two levels at a time.
 *
 * Numbers are JSON only if no zero leads them and digits are on both sides of a point; here that is
 * three bits of a mask. Exponents are taken off and made part of the power of ten to divide by.
 * What has a sign or more digits than a lane takes is read alone.
 */
#if defined(__x86_64__)
#include "util/number.h"
#include "value/number_lanes_avx512.h"

/* ------------------------------------------------------------------ marks */

enum { TURN = 4 /* marks of a level */, NOT_FOUND = UINT32_MAX };

static inline uint64_t turned(uint64_t pattern, unsigned phase)
{
    return pattern >> phase | pattern << ((64 - phase) % 64);
}

/* As in json_index_avx512.c. */
TARGET static inline void append(uint32_t *to, uint64_t bits, uint32_t base)
{
    static const uint8_t numbers[64] = {
        0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
        22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
        44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
    const __m512i places =
        _mm512_maskz_compress_epi8(bits, _mm512_loadu_si512((const void *)numbers));
    const __m512i first = _mm512_set1_epi32((int)base);
    const __m512i wide = _mm512_cvtepu8_epi32(_mm512_castsi512_si128(places));
    _mm512_storeu_si512((void *)to, _mm512_add_epi32(wide, first));
    if (__builtin_expect(__builtin_popcountll(bits) > 16, 0)) {
        const __m512i second = _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(places, 1));
        const __m512i third = _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(places, 2));
        const __m512i fourth = _mm512_cvtepu8_epi32(_mm512_extracti32x4_epi32(places, 3));
        _mm512_storeu_si512((void *)(to + 16), _mm512_add_epi32(second, first));
        _mm512_storeu_si512((void *)(to + 32), _mm512_add_epi32(third, first));
        _mm512_storeu_si512((void *)(to + 48), _mm512_add_epi32(fourth, first));
    }
}

/* The ordinal of the mark that ends the list, or NOT_FOUND. */
TARGET static uint32_t mark(const char *at, uint32_t len, uint32_t *marks)
{
    const uint64_t opens_at = UINT64_C(0x1111111111111111);
    uint32_t count = 0;
    for (uint32_t from = 0; from < len; from += 64) {
        const __m512i bytes = _mm512_loadu_si512((const void *)(at + from));
        const uint64_t open = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('['));
        const uint64_t close = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(']'));
        const uint64_t all = open | close | _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(','));
        const unsigned found = (unsigned)__builtin_popcountll(all), phase = count % TURN;
        const uint64_t wrong = (_pext_u64(open, all) ^ turned(opens_at, phase)) |
                               (_pext_u64(close, all) ^ turned(opens_at << 2, phase));
        append(marks + count, all, from);
        const unsigned good = wrong ? (unsigned)__builtin_ctzll(wrong) : 64;
        if (good < found) {
            const uint32_t last = count + good;
            return last % TURN == TURN - 1 && marks[last] < len && at[marks[last]] == ']'
                       ? last
                       : NOT_FOUND;
        }
        count += found;
    }
    return NOT_FOUND;
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

/* "e-7" up to `len` bytes: *power gets 7, to divide by ten to the power of. */
static inline bool read_power(const char *at, unsigned len, int *power)
{
    unsigned done = 1;
    const bool is_negative = at[done] == '-';
    if ((*at | 0x20) != 'e')
        return false;
    done += is_negative || at[done] == '+';
    const unsigned first = (unsigned)(unsigned char)at[done] - '0';
    const unsigned second = (unsigned)(unsigned char)at[done + 1] - '0';
    const unsigned digits = len - done;
    if (digits - 1 > 1 || first > 9 || (digits == 2 && second > 9))
        return false;
    const int value = (int)(digits == 2 ? first * 10 + second : first);
    *power = is_negative ? value : -value;
    return true;
}

/* Four numbers of which some have exponents; false: one is none that lanes can read. */
TARGET static __attribute__((noinline)) bool read_scaled(const char *const at[4], uint64_t lens,
                                                         uint64_t exponents, weir_level levels[2])
{
    static const double tens[23] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    double real[4];
    int powers_of[4] = {0};
    for (unsigned i = 0; i < 4; i++) {
        const unsigned others = (unsigned)(exponents >> 16 * i) & 0xffff;
        const unsigned len = (unsigned)(lens >> 16 * i) & 0xffff;
        if (!others)
            continue;
        const unsigned digits = (unsigned)__builtin_ctz(others);
        if (digits == 0 || !read_power(at[i] + digits, len - digits, &powers_of[i]))
            return false;
        lens ^= (uint64_t)(len ^ digits) << 16 * i;
    }
    const extent e = extent_of(lens);
    const four f = load_four(at[0], at[1], at[2], at[3], e.text);
    const verdict v = judge(_mm_cvtsi64_si128((int64_t)f.digit), _mm_cvtsi64_si128((int64_t)f.dot),
                            _mm_setzero_si128(), e.last, e.before_last);
    const __m256i whole = join(&f, (uint64_t)_mm_cvtsi128_si64(v.spread));
    if ((v.is_good & _mm256_cmple_epu64_mask(whole, _mm256_set1_epi64x(INT64_C(1) << 53))) != 0xf ||
        !is_json(&f, &e))
        return false;
    _mm256_storeu_pd(real, _mm256_cvtepi64_pd(whole));
    for (unsigned i = 0; i < 4; i++) {
        const unsigned dot = (unsigned)(f.dot >> 16 * i) & 0xffff;
        const unsigned len = (unsigned)(lens >> 16 * i) & 0xffff;
        const int power = powers_of[i] + (dot ? (int)(len - 1) - __builtin_ctz(dot) : 0);
        if (power < -22 || power > 22)
            return false;
        real[i] = power < 0 ? real[i] * tens[-power] : real[i] / tens[power];
    }
    memcpy(levels, real, sizeof real);
    return true;
}

/* Lengths are 1 to 16, four times 16 bits. */
TARGET static inline __attribute__((always_inline)) bool
read_four(const char *const at[4], uint64_t lens, weir_level levels[2])
{
    const extent e = extent_of(lens);
    const four f = load_four(at[0], at[1], at[2], at[3], e.text);
    const uint64_t others = e.text & ~(f.digit | f.dot);
    if (others)
        return read_scaled(at, lens, others, levels);
    const verdict v = judge(_mm_cvtsi64_si128((int64_t)f.digit), _mm_cvtsi64_si128((int64_t)f.dot),
                            _mm_setzero_si128(), e.last, e.before_last);
    const __m256i whole = join(&f, (uint64_t)_mm_cvtsi128_si64(v.spread));
    const __m256d divisor = _mm512_castpd512_pd256(v.divisor);
    _mm256_storeu_pd((double *)(void *)levels, _mm256_div_pd(_mm256_cvtepi64_pd(whole), divisor));
    return (v.is_good & _mm256_cmple_epu64_mask(whole, _mm256_set1_epi64x(INT64_C(1) << 53))) ==
               0xf &&
           is_json(&f, &e);
}

/* ------------------------------------------------------------------ levels */

static bool read_alone(const char *at, const uint32_t *m, weir_level *level)
{
    const weir_str price = {at + m[0] + 1, m[1] - m[0] - 1};
    const weir_str size = {at + m[1] + 1, m[2] - m[1] - 1};
    return weir_double_parse_json(price, &level->price) &&
           weir_double_parse_json(size, &level->size);
}

/* Two levels, whose marks are m[0] to m[7]; m[8] begins the next one, if there is one. */
TARGET static inline bool read_pair(const char *at, const uint32_t *m, bool is_last,
                                    weir_level *levels)
{
    const __m256i one = _mm256_set1_epi32(1);
    const __m256i from = _mm256_loadu_si256((const __m256i *)(const void *)m);
    const __m256i to = _mm256_loadu_si256((const __m256i *)(const void *)(m + 1));
    const __m256i lens = _mm256_sub_epi32(_mm256_sub_epi32(to, from), one);
    /* Nothing stands between ']' and ',' or ',' and '['. */
    if (_mm256_test_epi32_mask(lens, lens) & (is_last ? 0x4c : 0xcc))
        return false;
    const __mmask8 fits =
        _mm256_cmplt_epu32_mask(_mm256_sub_epi32(lens, one), _mm256_set1_epi32(WEIR_LANE_TEXT_MAX));
    const char *const texts[4] = {at + m[0] + 1, at + m[1] + 1, at + m[4] + 1, at + m[5] + 1};
    const uint64_t four_lens =
        (uint64_t)_mm_cvtsi128_si64(_mm_shuffle_epi32(_mm256_cvtepi32_epi16(lens), 0x08));
    return ((fits & 0x33) == 0x33 && read_four(texts, four_lens, levels)) ||
           (read_alone(at, m, levels) && read_alone(at, m + TURN, levels + 1));
}

TARGET const char *weir_bare_levels_avx512(const char *at, const char *end, uint32_t *marks,
                                           weir_level *levels, size_t *count)
{
    const uint32_t last = mark(at, (uint32_t)(end - at), marks);
    if (last == NOT_FOUND || marks[0] != 0)
        return NULL;
    *count = (last + 1) / TURN;
    size_t done = 0;
    for (; done + 2 <= *count; done += 2)
        if (!read_pair(at, marks + TURN * done, done + 2 == *count, levels + done))
            return NULL;
    const uint32_t *m = marks + TURN * done;
    if (done < *count && (m[3] != m[2] + 1 || !read_alone(at, m, levels + done)))
        return NULL;
    return at + marks[last] + 1;
}
#endif
