/* SPDX-License-Identifier: MIT */
/* ASCII with AVX-512 (BW): 64 bytes at a time, and what is left by a load that reads no more. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "util/ascii.h"

#define TARGET __attribute__((target("avx512f,avx512bw,bmi,bmi2")))

enum { BLOCK = 64, BLOCKS = 4 /* after which a long text is given up, if it is none */ };

TARGET static inline __m512i load(const char *at)
{
    return _mm512_loadu_si512((const void *)at);
}

/* The text that is empty may have no pointer to count from. */
TARGET static inline bool is_short_ascii(const char *at, size_t len)
{
    const __mmask64 rest = _bzhi_u64(UINT64_MAX, (unsigned)(len % BLOCK));
    const uintptr_t last = (uintptr_t)at + len / BLOCK * BLOCK;
    __m512i all = _mm512_maskz_loadu_epi8(rest, (const void *)last);
    if (len >= BLOCK)
        all = _mm512_or_si512(all, load(at));
    if (len >= 2 * BLOCK)
        all = _mm512_or_si512(all, load(at + BLOCK));
    if (len >= 3 * BLOCK)
        all = _mm512_or_si512(all, load(at + 2 * BLOCK));
    return _mm512_movepi8_mask(all) == 0;
}

TARGET static __attribute__((noinline)) bool is_long_ascii(const char *at, size_t len)
{
    for (; len >= BLOCKS * BLOCK; at += BLOCKS * BLOCK, len -= BLOCKS * BLOCK) {
        const __m512i all =
            _mm512_or_si512(_mm512_or_si512(load(at), load(at + BLOCK)),
                            _mm512_or_si512(load(at + 2 * BLOCK), load(at + 3 * BLOCK)));
        if (_mm512_movepi8_mask(all))
            return false;
    }
    return is_short_ascii(at, len);
}

TARGET static bool is_ascii(const char *at, size_t len)
{
    return len < BLOCKS * BLOCK ? is_short_ascii(at, len) : is_long_ascii(at, len);
}

static bool is_supported(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
}

const weir_ascii_variant weir_ascii_avx512 = {"avx512", is_supported, is_ascii};
#endif
