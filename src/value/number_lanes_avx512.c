/* SPDX-License-Identifier: MIT */
/* Numbers side by side with AVX-512: four at a time, or twice four. */
#if defined(__x86_64__)
#include "value/number_lanes_avx512.h"

/* Lengths are 1 to 16, four times 16 bits; what is_good says is also that the double is exact. */
TARGET static inline __attribute__((always_inline)) __m256d
read_four(const char *a, const char *b, const char *c, const char *d, uint64_t lens, __m256i *whole,
          unsigned *is_whole, unsigned *is_real)
{
    const __m128i one = _mm_set1_epi16(1);
    const __m128i before_last = _mm_sub_epi16(_mm_cvtsi64_si128((int64_t)lens), one);
    const __m128i last = _mm_sllv_epi16(one, before_last);
    const __m128i text = _mm_or_si128(last, _mm_sub_epi16(last, one));
    const four f = load_four(a, b, c, d, (uint64_t)_mm_cvtsi128_si64(text));
    const verdict v = judge(_mm_cvtsi64_si128((int64_t)f.digit), _mm_cvtsi64_si128((int64_t)f.dot),
                            _mm_setzero_si128(), last, before_last);
    *whole = join(&f, (uint64_t)_mm_cvtsi128_si64(v.spread));
    *is_whole = v.is_good & ~v.has_point;
    *is_real = v.is_good & _mm256_cmple_epu64_mask(*whole, _mm256_set1_epi64x(INT64_C(1) << 53));
    return _mm256_div_pd(_mm256_cvtepi64_pd(*whole), _mm512_castpd512_pd256(v.divisor));
}

static inline bool is_short(uint32_t len)
{
    return len - 1 < WEIR_LANE_TEXT_MAX;
}

/* Lengths that are not 1 to 16 become 1; *fits has a bit for those that are. */
TARGET static inline __m128i lengths_of(const weir_lanes *lanes, unsigned *fits)
{
    const volatile uint32_t *len = lanes->len; /* each loaded as it was stored */
    const __m128i low = _mm_set_epi32((int)len[3], (int)len[2], (int)len[1], (int)len[0]);
    const __m128i high = _mm_set_epi32((int)len[7], (int)len[6], (int)len[5], (int)len[4]);
    const __m128i lens = _mm_packus_epi32(low, high);
    const __m128i one = _mm_set1_epi16(1);
    const __mmask8 mask =
        _mm_cmplt_epu16_mask(_mm_sub_epi16(lens, one), _mm_set1_epi16(WEIR_LANE_TEXT_MAX));
    *fits = mask;
    return _mm_mask_mov_epi16(one, mask, lens);
}

/* Which of the texts that are good are JSON: no zero before another digit, and digits on both sides
 * of a point. */
TARGET static inline unsigned json_of(const four *f, const four *g, __m128i minus, __m128i last)
{
    const __m512i none = _mm512_setzero_si512();
    const __m128i zeros = _mm_set_epi64x((int64_t)_mm512_cmpeq_epi8_mask(g->values, none),
                                         (int64_t)_mm512_cmpeq_epi8_mask(f->values, none));
    const __m128i digits = _mm_set_epi64x((int64_t)g->digit, (int64_t)f->digit);
    const __m128i dots = _mm_set_epi64x((int64_t)g->dot, (int64_t)f->dot);
    const __m128i first = _mm_add_epi16(_mm_set1_epi16(1), minus);
    const __m128i leading = _mm_and_si128(zeros, _mm_srli_epi16(digits, 1));
    const __m128i wrong =
        _mm_or_si128(_mm_and_si128(_mm_or_si128(leading, dots), first), _mm_and_si128(dots, last));
    return _mm_testn_epi16_mask(wrong, wrong);
}

/* In place of those that are not used the first one is read once more. */
TARGET static inline four load_used(const char *const *at, unsigned used, __mmask64 mine)
{
    return load_four(at[0], at[used > 1 ? 1 : 0], at[used > 2 ? 2 : 0], at[used > 3 ? 3 : 0], mine);
}

TARGET static void read(weir_lanes *lanes, unsigned used)
{
    const __m128i one = _mm_set1_epi16(1);
    unsigned fits;
    const __m128i lens = lengths_of(lanes, &fits);
    const __m128i before_last = _mm_sub_epi16(lens, one);
    const __m128i last = _mm_sllv_epi16(one, before_last);
    const __m128i text = _mm_or_si128(last, _mm_sub_epi16(last, one));
    const bool is_more = used > 4;
    const four f = load_used(lanes->at, used, (uint64_t)_mm_cvtsi128_si64(text));
    const four g = is_more
                       ? load_used(lanes->at + 4, used - 4, (uint64_t)_mm_extract_epi64(text, 1))
                       : (four){_mm512_setzero_si512(), 0, 0, 0};
    const __m128i minus = _mm_set_epi64x((int64_t)g.minus, (int64_t)f.minus);
    const verdict v =
        judge(_mm_set_epi64x((int64_t)g.digit, (int64_t)f.digit),
              _mm_set_epi64x((int64_t)g.dot, (int64_t)f.dot), minus, last, before_last);
    const __m256i low = join(&f, (uint64_t)_mm_cvtsi128_si64(v.spread));
    const __m256i high =
        is_more ? join(&g, (uint64_t)_mm_extract_epi64(v.spread, 1)) : _mm256_setzero_si256();
    const __m512i whole = _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
    const __mmask8 negative = _mm_test_epi16_mask(minus, minus);
    const __m512d real = _mm512_div_pd(_mm512_cvtepi64_pd(whole), v.divisor);
    _mm512_storeu_pd(lanes->real, _mm512_mask_xor_pd(real, negative, real, _mm512_set1_pd(-0.0)));
    _mm512_storeu_si512(lanes->whole,
                        _mm512_mask_sub_epi64(whole, negative, _mm512_setzero_si512(), whole));
    lanes->is_json = v.is_good & fits & json_of(&f, &g, minus, last);
    lanes->is_whole = v.is_good & ~v.has_point & fits;
    lanes->is_real =
        v.is_good & fits & _mm512_cmple_epu64_mask(whole, _mm512_set1_epi64(INT64_C(1) << 53));
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
        __m256i whole;
        unsigned is_whole, is_real;
        const __m256d real = read_four(base + p[0] + 1, base + p[2] + 1, base + q[0] + 1,
                                       base + q[2] + 1, lens, &whole, &is_whole, &is_real);
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

const weir_lanes_variant weir_lanes_avx512 = {"avx512", is_supported, read, levels,
                                              weir_bare_levels_avx512};
#endif
