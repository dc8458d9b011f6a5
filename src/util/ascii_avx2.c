/* SPDX-License-Identifier: MIT */
/* ASCII with AVX2: 32 bytes at a time, and the end by loads that overlap what was seen. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "util/ascii.h"

#define TARGET __attribute__((target("avx2")))

enum { BLOCK = 32, BLOCKS = 4 /* after which a long text is given up, if it is none */ };

TARGET static inline __m256i load(const char *at)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)at);
}

TARGET static bool is_ascii(const char *at, size_t len)
{
    if (len < BLOCK)
        return weir_ascii_word.is_ascii(at, len);
    const char *const last = at + len - BLOCK;
    __m256i all = load(last);
    for (; last - at >= (BLOCKS - 1) * BLOCK; at += BLOCKS * BLOCK) {
        all = _mm256_or_si256(
            all, _mm256_or_si256(_mm256_or_si256(load(at), load(at + BLOCK)),
                                 _mm256_or_si256(load(at + 2 * BLOCK), load(at + 3 * BLOCK))));
        if (_mm256_movemask_epi8(all))
            return false;
    }
    for (; at < last; at += BLOCK)
        all = _mm256_or_si256(all, load(at));
    return _mm256_movemask_epi8(all) == 0;
}

static bool is_supported(void)
{
    return __builtin_cpu_supports("avx2");
}

const weir_ascii_variant weir_ascii_avx2 = {"avx2", is_supported, is_ascii};
#endif
