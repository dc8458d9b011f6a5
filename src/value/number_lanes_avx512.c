/* SPDX-License-Identifier: MIT */
/* Numbers side by side with AVX-512: the levels of books. A record's few numbers are read as with
 * AVX2: what has to go from masks to registers and back takes longer than it saves there. */
#if defined(__x86_64__)
#include "value/number_lanes_avx512.h"

/* Lengths are 1 to 16, four times 16 bits. */
TARGET static inline __attribute__((always_inline)) __m256d read_four(const char *a, const char *b,
                                                                      const char *c, const char *d,
                                                                      uint64_t lens,
                                                                      unsigned *is_real)
{
    const __m128i one = _mm_set1_epi16(1);
    const __m128i before_last = _mm_sub_epi16(_mm_cvtsi64_si128((int64_t)lens), one);
    const __m128i last = _mm_sllv_epi16(one, before_last);
    const __m128i text = _mm_or_si128(last, _mm_sub_epi16(last, one));
    const four f = load_four(a, b, c, d, (uint64_t)_mm_cvtsi128_si64(text));
    const verdict v = judge(_mm_cvtsi64_si128((int64_t)f.digit), _mm_cvtsi64_si128((int64_t)f.dot),
                            last, before_last);
    const __m256i whole = join(&f, (uint64_t)_mm_cvtsi128_si64(v.spread));
    *is_real = v.is_good & _mm256_cmple_epu64_mask(whole, _mm256_set1_epi64x(INT64_C(1) << 53));
    return _mm256_div_pd(_mm256_cvtepi64_pd(whole), _mm512_castpd512_pd256(v.divisor));
}

static inline bool is_short(uint32_t len)
{
    return len - 1 < WEIR_LANE_TEXT_MAX;
}

/* Two levels at a time; a single last one is read twice. */
TARGET static size_t levels(const char *base, const uint32_t *quotes, size_t stride,
                            weir_level *levels, size_t count)
{
    for (size_t i = 0; i < count; i += 2, quotes += 2 * stride) {
        const uint32_t *const p = quotes;
        const uint32_t *const q = i + 1 < count ? quotes + stride : quotes;
        const uint32_t a = p[1] - p[0] - 1, b = p[3] - p[2] - 1;
        const uint32_t c = q[1] - q[0] - 1, d = q[3] - q[2] - 1;
        if (!is_short(a) || !is_short(b) || !is_short(c) || !is_short(d))
            return i;
        const uint64_t lens = a | (uint64_t)b << 16 | (uint64_t)c << 32 | (uint64_t)d << 48;
        unsigned is_real;
        const __m256d real = read_four(base + p[0] + 1, base + p[2] + 1, base + q[0] + 1,
                                       base + q[2] + 1, lens, &is_real);
        if ((is_real & 0xf) != 0xf)
            return i;
        if (i + 1 < count)
            _mm256_storeu_pd(&levels[i].price, real);
        else
            _mm_storeu_pd(&levels[i].price, _mm256_castpd256_pd128(real));
    }
    return count;
}

static bool is_supported(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("avx512bitalg") &&
           __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
           __builtin_cpu_supports("popcnt");
}

const weir_lanes_variant weir_lanes_avx512 = {"avx512", is_supported, weir_lanes_read_avx2, levels,
                                              weir_bare_levels_avx512};
#endif
