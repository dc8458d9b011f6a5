/* SPDX-License-Identifier: MIT */
/* The index with SSE2, 16 bytes at a time; every x86-64 has it. */
#if defined(__x86_64__)
#include <emmintrin.h>

#include "value/json_index_block.h"

static inline uint64_t bits(__m128i bytes)
{
    return (uint32_t)_mm_movemask_epi8(bytes);
}

static inline weir_index_masks masks_of(const char *at)
{
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i backslash = _mm_set1_epi8('\\');
    const __m128i control = _mm_set1_epi8(0x1f);
    weir_index_masks m = {0};
    for (unsigned i = 0; i < 64; i += 16) {
        const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(at + i));
        m.quote |= bits(_mm_cmpeq_epi8(bytes, quote)) << i;
        m.backslash |= bits(_mm_cmpeq_epi8(bytes, backslash)) << i;
        m.control |= bits(_mm_cmpeq_epi8(_mm_min_epu8(bytes, control), bytes)) << i;
        m.high |= bits(bytes) << i;
    }
    m.rare = m.backslash | m.control | m.high;
    return m;
}

static void fill(weir_json_index *index)
{
    weir_index_fill_with(index, masks_of, weir_index_append_bits);
}

static bool is_supported(void)
{
    return true;
}

const weir_index_variant weir_index_sse2 = {"sse2", is_supported, fill};
#endif
