/* SPDX-License-Identifier: MIT */
/* The index with NEON, 64 bytes as four times 16; every AArch64 has it. */
#if defined(__aarch64__)
#include "value/json_index_block.h"
#include "value/neon_bits.h"

static inline uint64_t below(const uint8x16_t bytes[4], uint8_t bound)
{
    const uint8x16_t b = vdupq_n_u8(bound);
    return weir_neon_bits(vcltq_u8(bytes[0], b), vcltq_u8(bytes[1], b), vcltq_u8(bytes[2], b),
                          vcltq_u8(bytes[3], b));
}

/* Below 0x20 as a signed number are control characters and what is above 0x7f. */
static inline uint8x16_t rare(uint8x16_t bytes)
{
    return vorrq_u8(vceqq_u8(bytes, vdupq_n_u8('\\')),
                    vcltq_s8(vreinterpretq_s8_u8(bytes), vdupq_n_s8(0x20)));
}

static inline weir_index_look look_at(const char *at)
{
    uint8x16_t bytes[4];
    weir_neon_load(at, bytes);
    weir_index_look look;
    look.quote = weir_neon_equal(bytes, '"');
    look.rare = weir_neon_bits(rare(bytes[0]), rare(bytes[1]), rare(bytes[2]), rare(bytes[3]));
    return look;
}

static inline weir_index_masks masks_of(const char *at)
{
    uint8x16_t bytes[4];
    weir_neon_load(at, bytes);
    weir_index_masks m;
    m.backslash = weir_neon_equal(bytes, '\\');
    m.control = below(bytes, 0x20);
    m.high = ~below(bytes, 0x80);
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

const weir_index_variant weir_index_neon = {"neon", is_supported, fill};
#endif
