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

TARGET static inline __m256i load(const char *at)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)at);
}

TARGET static inline uint64_t equal(__m256i low, __m256i high, char wanted)
{
    const __m256i w = _mm256_set1_epi8(wanted);
    return bits(_mm256_cmpeq_epi8(low, w)) | bits(_mm256_cmpeq_epi8(high, w)) << 32;
}

/* Below 0x20 as a signed number are control characters and what is above 0x7f. */
TARGET static inline __m256i rare(__m256i bytes)
{
    return _mm256_or_si256(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\\')),
                           _mm256_cmpgt_epi8(_mm256_set1_epi8(0x20), bytes));
}

TARGET static inline weir_index_look look_at(const char *at)
{
    const __m256i low = load(at), high = load(at + 32);
    weir_index_look look;
    look.quote = equal(low, high, '"');
    look.rare = bits(rare(low)) | bits(rare(high)) << 32;
    return look;
}

TARGET static inline weir_index_masks masks_of(const char *at)
{
    const __m256i low = load(at), high = load(at + 32), control = _mm256_set1_epi8(0x1f);
    weir_index_masks m;
    m.backslash = equal(low, high, '\\');
    m.control = bits(_mm256_cmpeq_epi8(_mm256_min_epu8(low, control), low)) |
                bits(_mm256_cmpeq_epi8(_mm256_min_epu8(high, control), high)) << 32;
    m.high = bits(low) | bits(high) << 32;
    return m;
}

TARGET static inline uint32_t *append(uint32_t *to, uint64_t bits, uint32_t base)
{
    return weir_index_append_bits(to, bits, base);
}

TARGET static __attribute__((noinline)) unsigned fill_rest(weir_json_index *index, uint32_t *to,
                                                           size_t at)
{
    return weir_index_fill_rest(index, to, at, look_at, masks_of, append);
}

TARGET static unsigned fill(weir_json_index *index)
{
    return weir_index_fill_with(index, look_at, append, fill_rest);
}

static bool is_supported(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
}

const weir_index_variant weir_index_avx2 = {"avx2", is_supported, fill};
#endif
