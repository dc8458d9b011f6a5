/* SPDX-License-Identifier: MIT */
/* The choice of an implementation, and the one for every machine: 64 bytes at a time in vectors of
 * the compiler's, and the end by a load that overlaps what was seen. */
#include "util/ascii.h"

const weir_ascii_variant *const weir_ascii_variants[] = {
#if defined(__x86_64__)
    &weir_ascii_avx512,
    &weir_ascii_avx2,
#endif
    &weir_ascii_word,
    NULL,
};

static bool choose(const char *at, size_t len);

_Atomic(weir_ascii_fn *) weir_ascii_chosen = choose;

/* Two threads that come here first choose the same. */
static bool choose(const char *at, size_t len)
{
    size_t i = 0;
    while (weir_ascii_variants[i + 1] && !weir_ascii_variants[i]->is_supported())
        i++;
    atomic_store_explicit(&weir_ascii_chosen, weir_ascii_variants[i]->is_ascii,
                          memory_order_relaxed);
    return weir_ascii_variants[i]->is_ascii(at, len);
}

#define HIGH_BITS UINT64_C(0x8080808080808080)

typedef uint64_t lanes __attribute__((vector_size(16)));

static inline lanes load(const char *at)
{
    lanes bytes;
    memcpy(&bytes, at, sizeof bytes);
    return bytes;
}

static inline bool has_high(lanes bytes)
{
    return (bytes[0] | bytes[1]) & HIGH_BITS;
}

static inline bool is_short_ascii(const char *at, size_t len)
{
    uint64_t first = 0, last = 0;
    if (len >= 8) {
        memcpy(&first, at, 8);
        memcpy(&last, at + len - 8, 8);
    } else {
        for (size_t i = 0; i < len; i++)
            first |= (uint8_t)at[i];
    }
    return !((first | last) & HIGH_BITS);
}

static bool is_ascii(const char *at, size_t len)
{
    if (len < sizeof(lanes))
        return is_short_ascii(at, len);
    const char *last = at + len - sizeof(lanes);
    while (last - at >= 48) {
        if (has_high((load(at) | load(at + 16)) | (load(at + 32) | load(at + 48))))
            return false;
        at += 64;
    }
    lanes rest = load(last);
    for (; at < last; at += sizeof(lanes))
        rest |= load(at);
    return !has_high(rest);
}

static bool is_supported(void)
{
    return true;
}

const weir_ascii_variant weir_ascii_word = {"word", is_supported, is_ascii};
