/* SPDX-License-Identifier: MIT */
/* Gauges with AVX2: 32 bytes at a time. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "value/gauge_find.h"

#define TARGET __attribute__((target("avx2,sse4.2")))

enum { HALF = WEIR_GAUGE_BLOCK / 2 };

TARGET static inline __m256i load(const void *at)
{
    return _mm256_loadu_si256((const __m256i *)at);
}

/* Of signed bytes: those above ASCII are below '0' as well, and no gauge's. */
TARGET static inline uint32_t low_bytes(const char *at)
{
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpgt_epi8(_mm256_set1_epi8('0'), load(at)));
}

TARGET static inline uint64_t both(uint32_t first, uint32_t second)
{
    return first | (uint64_t)second << HALF;
}

TARGET static inline uint64_t key_with(uint64_t key, const char *at, uint64_t mine)
{
    return _mm_crc32_u64(key, both(low_bytes(at), low_bytes(at + HALF)) & mine);
}

TARGET static inline uint32_t key_of(const char *text, size_t len, size_t blocks)
{
    uint64_t key = len;
    for (size_t i = 0; i + 1 < blocks; i++)
        key = key_with(key, text + i * WEIR_GAUGE_BLOCK, UINT64_MAX);
    text += weir_gauge_last_at(len, blocks);
    return (uint32_t)key_with(key, text, weir_gauge_mine(len, blocks)) | 1;
}

/* Bits that are not as they should be. */
TARGET static inline __m256i beyond(const char *text, const uint8_t *low)
{
    const __m256i bytes = load(text);
    const __m256i within =
        _mm256_min_epu8(_mm256_max_epu8(bytes, load(low)), load(low + WEIR_GAUGE_BLOCK));
    const __m256i backslash = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\\'));
    return _mm256_or_si256(_mm256_xor_si256(within, bytes), backslash);
}

/* A bit for each byte that is as it should be. */
TARGET static inline uint32_t good_half(const char *text, const uint8_t *low)
{
    const __m256i is_good = _mm256_cmpeq_epi8(beyond(text, low), _mm256_setzero_si256());
    return (uint32_t)_mm256_movemask_epi8(is_good);
}

TARGET static inline bool holds_one(const uint8_t *bounds, const char *text, size_t len)
{
    const uint64_t good = both(good_half(text, bounds), good_half(text + HALF, bounds + HALF));
    return (good | ~weir_gauge_mine(len, 1)) == UINT64_MAX;
}

TARGET static inline __m256i look_at(__m256i all, const char *text, const uint8_t *bounds)
{
    all = _mm256_or_si256(all, beyond(text, bounds));
    return _mm256_or_si256(all, beyond(text + HALF, bounds + HALF));
}

TARGET static inline bool holds(const uint8_t *bounds, const char *text, size_t len, size_t blocks)
{
    __m256i all = _mm256_setzero_si256();
    size_t i = 0;
    if (blocks == 1)
        return holds_one(bounds, text, len);
    for (; i + 1 < blocks; i++)
        all = look_at(all, text + i * WEIR_GAUGE_BLOCK, bounds + i * 2 * WEIR_GAUGE_BLOCK);
    all = look_at(all, text + len - WEIR_GAUGE_BLOCK, bounds + i * 2 * WEIR_GAUGE_BLOCK);
    return _mm256_testz_si256(all, all);
}

TARGET static weir_gauge *find(weir_gauges *gauges, weir_str text)
{
    return weir_gauge_find_by(gauges, text, key_of, holds);
}

static bool is_supported(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("sse4.2");
}

const weir_gauge_variant weir_gauge_avx2 = {"avx2", is_supported, find};
#endif
