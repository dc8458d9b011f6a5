/* SPDX-License-Identifier: MIT */
/* Numbers side by side with AVX2: four at a time, once or twice. */
#if defined(__x86_64__)
#include "value/number_lanes_avx2.h"

enum { HALF = WEIR_LANES / 2, ALL_FOUR = (1 << HALF) - 1 };

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

/* Beyond what is plain: texts of one digit, of which the byte behind is not theirs, whole numbers
 * of 16 digits, and numbers that are none of JSON. */
TARGET __attribute__((noinline, cold)) verdict weir_lanes_avx2_judge(const four *f, double *digits)
{
    const __m256i zero = _mm256_setzero_si256(), nine = _mm256_set1_epi8(9);
    const __m256i behind_sign = _mm256_add_epi64(f->before_last, f->minus);
    const __m256i places = _mm256_and_si256(_mm256_or_si256(f->before_last, behind_sign),
                                            _mm256_set1_epi64x(-WEIR_LANE_TEXT_MAX));
    const __m256i a = _mm256_subs_epu8(f->a, nine), b = _mm256_subs_epu8(f->b, nine);
    const __m256i bad = _mm256_or_si256(
        places, _mm256_or_si256(_mm256_unpacklo_epi64(a, b), _mm256_unpackhi_epi64(a, b)));
    const unsigned is_good = bits_of(_mm256_cmpeq_epi64(bad, zero));
    const __m256i head =
        _mm256_or_si256(_mm256_cmpeq_epi64(f->heads, zero), _mm256_cmpeq_epi64(behind_sign, zero));
    const __m256i most = _mm256_set1_epi64x(INT64_C(1) << 53);
    _mm256_storeu_pd(digits, to_real(f->whole));
    return (verdict){is_good & ~bits_of(_mm256_cmpgt_epi64(f->whole, most)),
                     is_good & bits_of(f->no_point), is_good & bits_of(head)};
}

/* Each is loaded as it was stored. */
TARGET static inline INLINE __m128i lens_of(const uint32_t *a, const uint32_t *b, const uint32_t *c,
                                            const uint32_t *d)
{
    __m128i lens = _mm_cvtsi32_si128((int)*a);
    lens = _mm_insert_epi32(lens, (int)*b, 1);
    lens = _mm_insert_epi32(lens, (int)*c, 2);
    return _mm_insert_epi32(lens, (int)*d, 3);
}

TARGET static inline INLINE void put(weir_lanes *lanes, unsigned first, const four *f)
{
    const weir_lanes_table *const t = &weir_lanes_avx2_table;
    const __m256d sign =
        _mm256_and_pd(_mm256_castsi256_pd(f->minus), _mm256_castsi256_pd(constant(t->minus_zero)));
    const __m256i whole = _mm256_sub_epi64(_mm256_xor_si256(f->whole, f->minus), f->minus);
    _mm256_storeu_pd(lanes->real + first, _mm256_xor_pd(f->real, sign));
    _mm256_storeu_si256((__m256i *)(void *)(lanes->whole + first), whole);
}

TARGET static inline INLINE void tell(weir_lanes *lanes, unsigned is_whole)
{
    lanes->is_real = lanes->is_json = (1u << WEIR_LANES) - 1;
    lanes->is_whole = is_whole;
}

/* Half of the lanes, of which some are not plain. */
TARGET static void judge_half(weir_lanes *lanes, unsigned first)
{
    const char *const *const at = lanes->at + first;
    const __m128i lens = _mm_loadu_si128((const __m128i *)(const void *)(lanes->len + first));
    four f = read_four(two(at[0], at[2]), two(at[1], at[3]), lens, true);
    const verdict v = judge(&f);
    put(lanes, first, &f);
    lanes->is_real |= v.is_real << first;
    lanes->is_whole |= v.is_whole << first;
    lanes->is_json |= v.is_json << first;
}

/* Of lanes that are not looked at it is said what is said of plain ones. */
TARGET static __attribute__((noinline, cold)) void judge_all(weir_lanes *lanes, unsigned used)
{
    weir_lanes_fill(lanes, used);
    lanes->is_whole = 0;
    lanes->is_real = lanes->is_json = used > HALF ? 0 : ALL_FOUR << HALF;
    judge_half(lanes, 0);
    if (used > HALF)
        judge_half(lanes, HALF);
}

/* The ways for as many as there are are functions of their own: with all of them in one the
 * compiler loads all that they have in common first, into more registers than there are. */
TARGET static __attribute__((noinline)) void read_two(weir_lanes *lanes, unsigned used)
{
    const char *const first = lanes->at[0], *const last = lanes->at[used - 1];
    const __m128i lens =
        _mm_insert_epi32(_mm_cvtsi32_si128((int)lanes->len[0]), (int)lanes->len[used - 1], 1);
    const four f =
        read_four(two(first, first), two(last, last), _mm_shuffle_epi32(lens, 0x44), true);
    put(lanes, 0, &f);
    if (__builtin_expect(are_plain(&f), 1))
        tell(lanes, bits_of(f.no_point));
    else
        judge_all(lanes, used);
}

/* Four lanes from one on, the last of which is at `last`. False: they are not plain. */
TARGET static inline INLINE bool read_half(weir_lanes *lanes, unsigned first, unsigned last,
                                           __m128i lens, unsigned *is_whole)
{
    const char *const *const at = lanes->at + first;
    const four f = read_four(two(at[0], at[2]), two(at[1], lanes->at[last]), lens, true);
    put(lanes, first, &f);
    *is_whole = bits_of(f.no_point);
    return __builtin_expect(are_plain(&f), 1);
}

TARGET static inline INLINE __m128i lens_from(const weir_lanes *lanes, unsigned first,
                                              unsigned last)
{
    const uint32_t *const len = lanes->len + first;
    return lens_of(len, len + 1, len + 2, lanes->len + last);
}

TARGET static __attribute__((noinline)) void read_long(weir_lanes *lanes, unsigned used,
                                                       __m128i lens)
{
    unsigned is_whole;
    if (read_half(lanes, 0, used - 1, lens, &is_whole))
        tell(lanes, is_whole);
    else
        judge_all(lanes, used);
}

/* Three or four: of three the last one is read twice. */
TARGET static __attribute__((noinline)) void read_some(weir_lanes *lanes, unsigned used)
{
    const char *const *const at = lanes->at;
    const __m128i lens = lens_from(lanes, 0, used - 1);
    four f;
    if (are_short(lens) &&
        read_short(load_short(at[0], at[1], at[2], at[used - 1]), lens, true, &f)) {
        put(lanes, 0, &f);
        tell(lanes, bits_of(f.no_point));
    } else {
        read_long(lanes, used, lens);
    }
}

/* Of five to seven the last four are read together, some of them a second time. */
TARGET static __attribute__((noinline)) void read_more(weir_lanes *lanes, unsigned used)
{
    const unsigned first = used - HALF;
    unsigned is_whole;
    read_long(lanes, HALF, lens_from(lanes, 0, HALF - 1));
    if (read_half(lanes, first, used - 1, lens_from(lanes, first, used - 1), &is_whole))
        lanes->is_whole = (lanes->is_whole & ALL_FOUR) | is_whole << first;
    else
        judge_all(lanes, used);
}

TARGET static void read(weir_lanes *lanes, unsigned used)
{
    if (used > HALF)
        read_more(lanes, used);
    else if (used > 2)
        read_some(lanes, used);
    else
        read_two(lanes, used);
}

/* Two levels; a single one twice. False: they are not of the common kind. */
TARGET static inline INLINE bool read_pair(const char *base, const uint32_t *p, const uint32_t *q,
                                           four *f)
{
    const __m128 both[2] = {_mm_loadu_ps((const float *)(const void *)p),
                            _mm_loadu_ps((const float *)(const void *)q)};
    const __m128i from = _mm_castps_si128(_mm_shuffle_ps(both[0], both[1], 0x88));
    const __m128i to = _mm_castps_si128(_mm_shuffle_ps(both[0], both[1], 0xdd));
    const __m128i lens = _mm_sub_epi32(_mm_sub_epi32(to, from), _mm_set1_epi32(1));
    *f = read_four(two(base + p[0] + 1, base + q[0] + 1), two(base + p[2] + 1, base + q[2] + 1),
                   lens, false);
    return __builtin_expect(are_plain(f), 1) || judge(f).is_real == ALL_FOUR;
}

/* Two at a time, after a single first one. */
TARGET static size_t levels(const char *base, const uint32_t *quotes, size_t stride,
                            weir_level *levels, size_t count)
{
    const size_t single = count & 1;
    four f;
    if (single > 0) {
        if (!read_pair(base, quotes, quotes, &f))
            return 0;
        _mm_storeu_pd(&levels->price, _mm256_castpd256_pd128(f.real));
    }
    quotes += single * stride;
    for (size_t i = single; i < count; i += 2, quotes += 2 * stride) {
        if (!read_pair(base, quotes, quotes + stride, &f))
            return i;
        _mm256_storeu_pd(&levels[i].price, f.real);
    }
    return count;
}

static bool is_supported(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
}

const weir_lanes_variant weir_lanes_avx2 = {"avx2", is_supported, read, levels,
                                            weir_bare_levels_avx2};
#endif
