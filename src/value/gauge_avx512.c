/* SPDX-License-Identifier: MIT */
/* Gauges with AVX-512: 64 bytes at a time. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "value/gauge_find.h"

#define TARGET __attribute__((target("avx512f,avx512bw,sse4.2")))

TARGET static inline __m512i load(const void *at)
{
    return _mm512_loadu_si512(at);
}

TARGET static inline uint32_t key_of(const char *text, size_t len, size_t blocks)
{
    const __m512i zero = _mm512_set1_epi8('0');
    uint64_t key = len;
    for (size_t i = 0; i + 1 < blocks; i++)
        key = _mm_crc32_u64(key, _mm512_cmplt_epu8_mask(load(text + i * WEIR_GAUGE_BLOCK), zero));
    const __m512i last = load(text + weir_gauge_last_at(len, blocks));
    key = _mm_crc32_u64(key, _mm512_cmplt_epu8_mask(last, zero) & weir_gauge_mine(len, blocks));
    return (uint32_t)key | 1;
}

/* Bits of `within` stay if their bytes are good. */
TARGET static inline __mmask64 look_at(__mmask64 within, const char *text, const uint8_t *bounds)
{
    const __m512i bytes = load(text);
    within = _mm512_mask_cmpge_epu8_mask(within, bytes, load(bounds));
    within = _mm512_mask_cmple_epu8_mask(within, bytes, load(bounds + WEIR_GAUGE_BLOCK));
    return _mm512_mask_cmpneq_epi8_mask(within, bytes, _mm512_set1_epi8('\\'));
}

TARGET static inline bool holds(const uint8_t *bounds, const char *text, size_t len, size_t blocks)
{
    __mmask64 within = ~(__mmask64)0;
    size_t i = 0;
    for (; i + 1 < blocks; i++)
        within = look_at(within, text + i * WEIR_GAUGE_BLOCK, bounds + i * 2 * WEIR_GAUGE_BLOCK);
    text += weir_gauge_last_at(len, blocks);
    within = look_at(within, text, bounds + i * 2 * WEIR_GAUGE_BLOCK);
    if (blocks == 1)
        within |= ~weir_gauge_mine(len, blocks);
    return _kortestc_mask64_u8(within, within);
}

TARGET static weir_gauge *find(weir_gauges *gauges, weir_str text)
{
    return weir_gauge_find_by(gauges, text, key_of, holds);
}

static bool is_supported(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("sse4.2");
}

const weir_gauge_variant weir_gauge_avx512 = {"avx512", is_supported, find};
#endif
