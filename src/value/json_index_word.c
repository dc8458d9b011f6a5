/* SPDX-License-Identifier: MIT */
/* The index with plain 64-bit arithmetic, eight bytes at a time: works everywhere, and is what the
 * others are compared with. */
#include "value/json_index_block.h"

#define ONES  UINT64_C(0x0101010101010101)
#define HIGHS UINT64_C(0x8080808080808080)
#define LOWS  UINT64_C(0x7f7f7f7f7f7f7f7f)

/* The top bits of eight bytes, the first byte's lowest. */
static inline uint64_t gather(uint64_t tops)
{
    return (tops & HIGHS) * UINT64_C(0x0002040810204081) >> 56;
}

/* The top bit of each byte that is zero; exact, unlike the quicker test for any. */
static inline uint64_t zeros(uint64_t word)
{
    return ~(((word & LOWS) + LOWS) | word | LOWS);
}

static inline uint64_t load(const char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? __builtin_bswap64(word) : word;
}

static inline weir_index_look look_at(const char *at)
{
    weir_index_look look = {0};
    for (unsigned i = 0; i < 64; i += 8) {
        const uint64_t word = load(at + i);
        look.quote |= gather(zeros(word ^ ONES * '"')) << i;
        look.rare |= gather(zeros(word ^ ONES * '\\') | zeros(word & ONES * 0xe0) | word) << i;
    }
    return look;
}

static inline weir_index_masks masks_of(const char *at)
{
    weir_index_masks m = {0};
    for (unsigned i = 0; i < 64; i += 8) {
        const uint64_t word = load(at + i);
        m.backslash |= gather(zeros(word ^ ONES * '\\')) << i;
        m.control |= gather(zeros(word & ONES * 0xe0)) << i;
        m.high |= gather(word) << i;
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

const weir_index_variant weir_index_word = {"word", is_supported, fill};
