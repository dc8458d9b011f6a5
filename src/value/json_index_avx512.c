/* SPDX-License-Identifier: MIT */
/* The index with AVX-512 (BW, VBMI2): 64 bytes at a time, and places of bits by compression. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "value/json_index_block.h"

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi2,bmi,bmi2,popcnt")))

/* Below 0x20 as a signed number are control characters and what is above 0x7f. */
TARGET static inline weir_index_look look_at(const char *at)
{
    const __m512i bytes = _mm512_loadu_si512((const void *)at);
    weir_index_look look;
    look.quote = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('"'));
    look.rare = _kor_mask64(_mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\\')),
                            _mm512_cmplt_epi8_mask(bytes, _mm512_set1_epi8(0x20)));
    return look;
}

TARGET static inline weir_index_masks masks_of(const char *at)
{
    const __m512i bytes = _mm512_loadu_si512((const void *)at);
    weir_index_masks m;
    m.backslash = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\\'));
    m.control = _mm512_cmplt_epu8_mask(bytes, _mm512_set1_epi8(0x20));
    m.high = _mm512_movepi8_mask(bytes);
    return m;
}

/* The numbers 0 to 63, and behind them what bytes are compared with. */
static const char constants[67] = {
    0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18,  19,   20,  21, 22,
    23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41,  42,   43,  44, 45,
    46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, '"', '\\', 0x20};

TARGET static inline void write_places(uint32_t *to, __m128i places, __m512i first)
{
    _mm512_storeu_si512((void *)to, _mm512_add_epi32(_mm512_cvtepu8_epi32(places), first));
}

/* The numbers 0 to 63 of which those with a bit are pushed together, sixteen written at a time: 32
 * at least, since about sixteen quotes are what 64 bytes of a feed have, and a branch on that would
 * not be foreseen. */
TARGET static inline uint32_t *append_from(uint32_t *to, uint64_t bits, __m512i all, uint32_t base)
{
    const __m512i first = _mm512_set1_epi32((int)base);
    const unsigned count = (unsigned)__builtin_popcountll(bits);
    const __m512i places = _mm512_maskz_compress_epi8(bits, all);
    write_places(to, _mm512_castsi512_si128(places), first);
    write_places(to + 16, _mm512_extracti32x4_epi32(places, 1), first);
    if (__builtin_expect(count > 32, 0)) {
        write_places(to + 32, _mm512_extracti32x4_epi32(places, 2), first);
        write_places(to + 48, _mm512_extracti32x4_epi32(places, 3), first);
    }
    return to + count;
}

TARGET static inline uint32_t *append(uint32_t *to, uint64_t bits, uint32_t base)
{
    return append_from(to, bits, _mm512_loadu_si512((const void *)constants), base);
}

TARGET static __attribute__((noinline)) unsigned fill_rest(weir_json_index *index, uint32_t *to,
                                                           size_t at)
{
    return weir_index_fill_rest(index, to, at, look_at, masks_of, append);
}

/* As weir_index_fill_with does it, with what is the same for all blocks in registers: if the
 * compiler knew what it is, it would make it anew for the last one. */
TARGET static unsigned fill(weir_json_index *index)
{
    const char *with = constants;
    __asm__("" : "+r"(with));
    const __m512i all = _mm512_loadu_si512((const void *)with);
    const __m512i quote = _mm512_set1_epi8(with[64]), backslash = _mm512_set1_epi8(with[65]);
    const __m512i blank = _mm512_set1_epi8(with[66]);
    const char *const base = index->base;
    const ptrdiff_t last = (ptrdiff_t)index->len - 64;
    uint32_t *to = index->quotes;
    __m512i bytes;
    ptrdiff_t at = 0;
    for (; at < last; at += 64) {
        bytes = _mm512_loadu_si512((const void *)(base + at));
        if (__builtin_expect(!_kortestz_mask64_u8(_mm512_cmpeq_epi8_mask(bytes, backslash),
                                                  _mm512_cmplt_epi8_mask(bytes, blank)),
                             0))
            return fill_rest(index, to, (size_t)at);
        to = append_from(to, _mm512_cmpeq_epi8_mask(bytes, quote), all, (uint32_t)at);
    }
    const uint64_t mine = UINT64_MAX >> (at - last); /* of 1 to 64 bytes */
    bytes = _mm512_loadu_si512((const void *)(base + at));
    if (__builtin_expect(!_kortestz_mask64_u8(_mm512_mask_cmpeq_epi8_mask(mine, bytes, backslash),
                                              _mm512_mask_cmplt_epi8_mask(mine, bytes, blank)),
                         0))
        return fill_rest(index, to, (size_t)at);
    to = append_from(to, _mm512_mask_cmpeq_epi8_mask(mine, bytes, quote), all, (uint32_t)at);
    return weir_index_end(index, to, 0);
}

static bool is_supported(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vbmi2") &&
           __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
           __builtin_cpu_supports("popcnt");
}

const weir_index_variant weir_index_avx512 = {"avx512", is_supported, fill};
#endif
