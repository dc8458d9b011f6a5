/* SPDX-License-Identifier: MIT */
/* The index with SSE2, 16 bytes at a time; every x86-64 has it. */
#if defined(__x86_64__)
#include <emmintrin.h>

#include "value/json_index_block.h"

static inline uint64_t bits(__m128i bytes)
{
    return (uint32_t)_mm_movemask_epi8(bytes);
}

static inline __m128i load(const char *at)
{
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}

/* Below 0x20 as a signed number are control characters and what is above 0x7f. */
static inline weir_index_look look_at(const char *at)
{
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i backslash = _mm_set1_epi8('\\');
    const __m128i blank = _mm_set1_epi8(0x20);
    weir_index_look look = {0};
    for (unsigned i = 0; i < 64; i += 16) {
        const __m128i bytes = load(at + i);
        look.quote |= bits(_mm_cmpeq_epi8(bytes, quote)) << i;
        look.rare |=
            bits(_mm_or_si128(_mm_cmpeq_epi8(bytes, backslash), _mm_cmplt_epi8(bytes, blank))) << i;
    }
    return look;
}

static inline weir_index_masks masks_of(const char *at)
{
    const __m128i backslash = _mm_set1_epi8('\\');
    const __m128i control = _mm_set1_epi8(0x1f);
    weir_index_masks m = {0};
    for (unsigned i = 0; i < 64; i += 16) {
        const __m128i bytes = load(at + i);
        m.backslash |= bits(_mm_cmpeq_epi8(bytes, backslash)) << i;
        m.control |= bits(_mm_cmpeq_epi8(_mm_min_epu8(bytes, control), bytes)) << i;
        m.high |= bits(bytes) << i;
    }
    return m;
}

static __attribute__((noinline)) unsigned fill_rest(weir_json_index *index, uint32_t *to, size_t at)
{
    return weir_index_fill_rest(index, to, at, look_at, masks_of, weir_index_append_bits);
}

static unsigned fill(weir_json_index *index)
{
    return weir_index_fill_with(index, look_at, weir_index_append_bits, fill_rest);
}

static bool is_supported(void)
{
    return true;
}

const weir_index_variant weir_index_sse2 = {"sse2", is_supported, fill};
#endif
