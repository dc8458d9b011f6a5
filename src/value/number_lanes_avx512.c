/* SPDX-License-Identifier: MIT */
/*
 * Four numbers at a time with AVX-512, or twice four: each text in 16 bytes of a register.
 * Compression drops the points and pushes all digits together; expansion spreads them again, each
 * number at the end of its 16 bytes, with zeros in front. Then neighbours are joined three times,
 * to two numbers of eight digits each, and these once more.
 */
#if defined(__x86_64__)
#include <immintrin.h>

#include "value/number_lanes.h"

#define TARGET                                                                                     \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi2,avx512bitalg,bmi")))

static const double powers[16] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                  1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

TARGET static inline __m128i load(const char *at)
{
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}

/* Four texts, and which of their bytes are digits and points. */
typedef struct four {
    __m512i values; /* of the digits */
    __mmask64 digit;
    __mmask64 dot;
} four;

TARGET static inline __attribute__((always_inline)) four
load_four(const char *a, const char *b, const char *c, const char *d, __mmask64 mine)
{
    __m512i all = _mm512_castsi128_si512(load(a));
    all = _mm512_inserti32x4(all, load(b), 1);
    all = _mm512_inserti32x4(all, load(c), 2);
    all = _mm512_inserti32x4(all, load(d), 3);
    four f;
    f.values = _mm512_sub_epi8(all, _mm512_set1_epi8('0'));
    f.digit = _mm512_mask_cmple_epu8_mask(mine, f.values, _mm512_set1_epi8(9));
    f.dot = _mm512_mask_cmpeq_epi8_mask(mine, all, _mm512_set1_epi8('.'));
    return f;
}

/* What the masks say, for up to eight texts at once: 16 bits of them are about one text. */
typedef struct verdict {
    __m128i spread;   /* where the digits go: to the end of 16 bytes */
    __m512d divisor;  /* the power of ten that the point stands for */
    unsigned is_good; /* digits and at most one point */
    unsigned has_point;
} verdict;

/* Where there is no point it is taken to be the last byte: nothing stands behind it. */
TARGET static inline __attribute__((always_inline)) verdict judge(__m128i digits, __m128i dots,
                                                                  __m128i last, __m128i before_last)
{
    const __m128i one = _mm_set1_epi16(1), ones = _mm_set1_epi16(-1);
    const __m128i text = _mm_or_si128(last, _mm_sub_epi16(last, one));
    const __m128i points = _mm_or_si128(dots, last);
    const __m128i first = _mm_and_si128(points, _mm_sub_epi16(_mm_setzero_si128(), points));
    const __m128i place = _mm_popcnt_epi16(_mm_sub_epi16(first, one));
    const __m512i decimals = _mm512_cvtepu16_epi64(_mm_sub_epi16(before_last, place));
    verdict v;
    v.spread = _mm_xor_si128(_mm_srlv_epi16(ones, _mm_popcnt_epi16(digits)), ones);
    v.divisor =
        _mm512_permutex2var_pd(_mm512_loadu_pd(powers), decimals, _mm512_loadu_pd(powers + 8));
    v.has_point = _mm_test_epi16_mask(dots, dots);
    v.is_good = (unsigned)_mm_cmpeq_epi16_mask(_mm_or_si128(digits, dots), text) &
                _mm_testn_epi16_mask(dots, _mm_sub_epi16(dots, one)) &
                _mm_test_epi16_mask(digits, digits);
    return v;
}

/* The digits of each text as a whole number. */
TARGET static inline __attribute__((always_inline)) __m256i join(const four *f, uint64_t spread)
{
    const __m512i evens = _mm512_set_epi64(0, 0, 0, 0, 6, 4, 2, 0);
    __m512i sum = _mm512_maskz_expand_epi8(spread, _mm512_maskz_compress_epi8(f->digit, f->values));
    sum = _mm512_maddubs_epi16(sum, _mm512_set1_epi16(1 << 8 | 10));
    sum = _mm512_madd_epi16(sum, _mm512_set1_epi32(1 << 16 | 100));
    sum = _mm512_packus_epi32(sum, sum);
    sum = _mm512_madd_epi16(sum, _mm512_set1_epi32(1 << 16 | 10000));
    const __m512i eights = _mm512_mul_epu32(sum, _mm512_set1_epi64(100000000));
    sum = _mm512_add_epi64(eights, _mm512_srli_epi64(sum, 32));
    return _mm512_castsi512_si256(_mm512_permutexvar_epi64(evens, sum));
}

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
                            last, before_last);
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
    const __m256i lens = _mm256_loadu_si256((const __m256i *)(const void *)lanes->len);
    const __m256i one = _mm256_set1_epi32(1);
    const __mmask8 mask =
        _mm256_cmplt_epu32_mask(_mm256_sub_epi32(lens, one), _mm256_set1_epi32(WEIR_LANE_TEXT_MAX));
    *fits = mask;
    return _mm256_cvtepi32_epi16(_mm256_mask_mov_epi32(one, mask, lens));
}

TARGET static void read(weir_lanes *lanes, unsigned used)
{
    unsigned fits;
    const __m128i lens = lengths_of(lanes, &fits);
    const char *const *at = lanes->at;
    if (used <= 4) {
        __m256i whole;
        const __m256d real =
            read_four(at[0], at[1], at[2], at[3], (uint64_t)_mm_cvtsi128_si64(lens), &whole,
                      &lanes->is_whole, &lanes->is_real);
        _mm256_storeu_pd(lanes->real, real);
        _mm256_storeu_si256((__m256i *)(void *)lanes->whole, whole);
    } else {
        const __m128i one = _mm_set1_epi16(1);
        const __m128i before_last = _mm_sub_epi16(lens, one);
        const __m128i last = _mm_sllv_epi16(one, before_last);
        const __m128i text = _mm_or_si128(last, _mm_sub_epi16(last, one));
        const four f = load_four(at[0], at[1], at[2], at[3], (uint64_t)_mm_cvtsi128_si64(text));
        const four g = load_four(at[4], at[5], at[6], at[7], (uint64_t)_mm_extract_epi64(text, 1));
        const verdict v = judge(_mm_set_epi64x((int64_t)g.digit, (int64_t)f.digit),
                                _mm_set_epi64x((int64_t)g.dot, (int64_t)f.dot), last, before_last);
        const __m256i low = join(&f, (uint64_t)_mm_cvtsi128_si64(v.spread));
        const __m256i high = join(&g, (uint64_t)_mm_extract_epi64(v.spread, 1));
        const __m512i whole = _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
        _mm512_storeu_pd(lanes->real, _mm512_div_pd(_mm512_cvtepi64_pd(whole), v.divisor));
        _mm512_storeu_si512(lanes->whole, whole);
        lanes->is_whole = v.is_good & ~v.has_point;
        lanes->is_real =
            v.is_good & _mm512_cmple_epu64_mask(whole, _mm512_set1_epi64(INT64_C(1) << 53));
    }
    lanes->is_real &= fits;
    lanes->is_whole &= fits;
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

/* A level of bare numbers: where they are, and the powers of ten of their exponents. */
typedef struct bare {
    const char *price, *size, *behind;
    uint32_t price_len, size_len;
    unsigned price_power, size_power; /* 10^-power */
    bool is_good;
} bare;

enum { POWER_BAD = 100 };

/* Behind "E-4": *power gets 4. Positive exponents are rare and left to others. */
static inline const char *read_power(const char *at, unsigned *power)
{
    const unsigned first = (unsigned)(unsigned char)at[2] - '0';
    const unsigned second = (unsigned)(unsigned char)at[3] - '0';
    if (at[1] != '-' || first > 9) {
        *power = POWER_BAD;
        return at;
    }
    *power = second > 9 ? first : first * 10 + second;
    return at + (second > 9 ? 3 : 4);
}

static inline bool is_exponent(const char *at)
{
    return (*at | 0x20) == 'e';
}

/* `at` is the bracket. The 64 bytes behind it hold both numbers, or the level is not good. */
TARGET static inline bare find_bare(const char *at)
{
    const __m512i bytes = _mm512_loadu_si512((const void *)(at + 1));
    const uint64_t plain =
        _mm512_cmple_epu8_mask(_mm512_sub_epi8(bytes, _mm512_set1_epi8('0')), _mm512_set1_epi8(9)) |
        _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('.'));
    bare b = {.price = at + 1};
    b.price_len = (uint32_t)_tzcnt_u64(~plain);
    const char *comma = at + 1 + b.price_len;
    if (!is_short(b.price_len))
        return b;
    if (is_exponent(comma))
        comma = read_power(comma, &b.price_power);
    b.size = comma + 1;
    b.size_len = (uint32_t)_tzcnt_u64(~(plain >> (b.size - at - 1)));
    const char *bracket = b.size + b.size_len;
    if (!is_short(b.size_len))
        return b;
    if (is_exponent(bracket))
        bracket = read_power(bracket, &b.size_power);
    b.behind = bracket + 1;
    b.is_good = *at == '[' && *comma == ',' && *bracket == ']';
    return b;
}

/* whole / 10^(decimals + power), both exact. */
static inline bool apply_power(const char *text, uint32_t len, unsigned power, int64_t whole,
                               double *real)
{
    static const double more[23] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const char *point = memchr(text, '.', len);
    const size_t total = power + (point ? (size_t)(text + len - 1 - point) : 0);
    if (total > 22)
        return false;
    *real = (double)whole / more[total];
    return true;
}

/* Two levels at a time; a single last one is read twice. */
TARGET static size_t bare_levels(const char **at, weir_level *levels, size_t count)
{
    for (size_t i = 0; i < count; i += 2) {
        const bool has_second = i + 1 < count;
        const bare p = find_bare(*at);
        if (!p.is_good)
            return i;
        const bare q = has_second ? find_bare(p.behind + 1) : p;
        if (!q.is_good)
            return i;
        const uint64_t lens = p.price_len | (uint64_t)p.size_len << 16 |
                              (uint64_t)q.price_len << 32 | (uint64_t)q.size_len << 48;
        __m256i whole;
        unsigned is_whole, is_real;
        __m256d real =
            read_four(p.price, p.size, q.price, q.size, lens, &whole, &is_whole, &is_real);
        if ((is_real & 0xf) != 0xf)
            return i;
        if (__builtin_expect((p.price_power | p.size_power | q.price_power | q.size_power) != 0,
                             0)) {
            double reals[4];
            int64_t wholes[4];
            _mm256_storeu_pd(reals, real);
            _mm256_storeu_si256((__m256i *)(void *)wholes, whole);
            if ((p.price_power &&
                 !apply_power(p.price, p.price_len, p.price_power, wholes[0], &reals[0])) ||
                (p.size_power &&
                 !apply_power(p.size, p.size_len, p.size_power, wholes[1], &reals[1])) ||
                (q.price_power &&
                 !apply_power(q.price, q.price_len, q.price_power, wholes[2], &reals[2])) ||
                (q.size_power &&
                 !apply_power(q.size, q.size_len, q.size_power, wholes[3], &reals[3])))
                return i;
            real = _mm256_loadu_pd(reals);
        }
        if (has_second)
            _mm256_storeu_pd(&levels[i].price, real);
        else
            _mm_storeu_pd(&levels[i].price, _mm256_castpd256_pd128(real));
        *at = q.behind + 1;
    }
    return count;
}

static bool is_supported(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("avx512bitalg") &&
           __builtin_cpu_supports("bmi");
}

const weir_lanes_variant weir_lanes_avx512 = {"avx512", is_supported, read, levels, bare_levels};
#endif
