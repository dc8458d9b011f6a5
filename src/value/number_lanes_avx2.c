/* SPDX-License-Identifier: MIT */
/* Numbers side by side with AVX2: four at a time, once or twice. */
#if defined(__x86_64__)
#include "value/number_lanes_avx2.h"

TARGET static inline void read_half(weir_lanes *lanes, unsigned first)
{
    const volatile uint32_t *len = lanes->len + first; /* each loaded as it was stored */
    const __m128i lens = _mm_set_epi32((int)len[3], (int)len[2], (int)len[1], (int)len[0]);
    const __m128i before_last = _mm_sub_epi32(lens, _mm_set1_epi32(1));
    const __m128i short_ones = _mm_cmpeq_epi32(
        _mm_min_epu32(before_last, _mm_set1_epi32(WEIR_LANE_TEXT_MAX - 1)), before_last);
    const unsigned fits = (unsigned)_mm_movemask_ps(_mm_castsi128_ps(short_ones));
    const four f = read_four(lanes->at + first, lens, true);
    const __m256d sign = _mm256_and_pd(_mm256_castsi256_pd(f.minus), _mm256_set1_pd(-0.0));
    const __m256i whole = _mm256_sub_epi64(_mm256_xor_si256(f.whole, f.minus), f.minus);
    _mm256_storeu_pd(lanes->real + first, _mm256_xor_pd(f.real, sign));
    _mm256_storeu_si256((__m256i *)(void *)(lanes->whole + first), whole);
    lanes->is_real |= (f.is_good & f.is_exact & fits) << first;
    lanes->is_whole |= (f.is_good & ~f.has_point & fits) << first;
    lanes->is_json |= (f.is_json & fits) << first;
}

TARGET void weir_lanes_read_avx2(weir_lanes *lanes, unsigned used)
{
    enum { HALF = WEIR_LANES / 2 };
    weir_lanes_fill(lanes, used);
    lanes->is_real = lanes->is_whole = lanes->is_json = 0;
    read_half(lanes, 0);
    if (used > HALF)
        read_half(lanes, HALF);
}

/* Two levels at a time; a single last one is read twice. */
TARGET static size_t levels(const char *base, const uint32_t *quotes, size_t stride,
                            weir_level *levels, size_t count)
{
    for (size_t i = 0; i < count; i += 2, quotes += 2 * stride) {
        const uint32_t *const p = quotes;
        const uint32_t *const q = i + 1 < count ? quotes + stride : quotes;
        const __m128 both[2] = {_mm_loadu_ps((const float *)(const void *)p),
                                _mm_loadu_ps((const float *)(const void *)q)};
        const __m128i from = _mm_castps_si128(_mm_shuffle_ps(both[0], both[1], 0x88));
        const __m128i to = _mm_castps_si128(_mm_shuffle_ps(both[0], both[1], 0xdd));
        const __m128i one = _mm_set1_epi32(1), lens = _mm_sub_epi32(_mm_sub_epi32(to, from), one);
        const __m128i before_last = _mm_sub_epi32(lens, one);
        const char *const at[4] = {base + p[0] + 1, base + p[2] + 1, base + q[0] + 1,
                                   base + q[2] + 1};
        const four f = read_four(at, lens, false);
        if (!_mm_testz_si128(before_last, _mm_set1_epi32(-WEIR_LANE_TEXT_MAX)) ||
            (f.is_good & f.is_exact & 0xf) != 0xf)
            return i;
        if (i + 1 < count)
            _mm256_storeu_pd(&levels[i].price, f.real);
        else
            _mm_storeu_pd(&levels[i].price, _mm256_castpd256_pd128(f.real));
    }
    return count;
}

static bool is_supported(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
}

const weir_lanes_variant weir_lanes_avx2 = {"avx2", is_supported, weir_lanes_read_avx2, levels,
                                            weir_bare_levels_avx2};
#endif
