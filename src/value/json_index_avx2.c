/* SPDX-License-Identifier: MIT */
/* The index with AVX2, 32 bytes at a time, and the bit instructions that came with it. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "value/json_index_block.h"

#define TARGET __attribute__((target("avx2,bmi,bmi2,popcnt")))

TARGET static inline uint64_t bits(__m256i bytes)
{
    return (uint32_t)_mm256_movemask_epi8(bytes);
}

TARGET static inline weir_index_masks masks_of(const char *at)
{
    const __m256i quote = _mm256_set1_epi8('"');
    const __m256i backslash = _mm256_set1_epi8('\\');
    const __m256i control = _mm256_set1_epi8(0x1f);
    const __m256i low = _mm256_loadu_si256((const __m256i *)(const void *)at);
    const __m256i high = _mm256_loadu_si256((const __m256i *)(const void *)(at + 32));
    weir_index_masks m;
    m.quote = bits(_mm256_cmpeq_epi8(low, quote)) | bits(_mm256_cmpeq_epi8(high, quote)) << 32;
    m.backslash = bits(_mm256_cmpeq_epi8(low, backslash)) | bits(_mm256_cmpeq_epi8(high, backslash))
                                                                << 32;
    m.control = bits(_mm256_cmpeq_epi8(_mm256_min_epu8(low, control), low)) |
                bits(_mm256_cmpeq_epi8(_mm256_min_epu8(high, control), high)) << 32;
    m.high = bits(low) | bits(high) << 32;
    m.rare = m.backslash | m.control | m.high;
    return m;
}

TARGET static inline uint32_t *append(uint32_t *to, uint64_t bits, uint32_t base)
{
    return weir_index_append_bits(to, bits, base);
}

TARGET static void fill(weir_json_index *index)
{
    weir_index_fill_with(index, masks_of, append);
}

static bool is_supported(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
}

const weir_index_variant weir_index_avx2 = {"avx2", is_supported, fill};
#endif
