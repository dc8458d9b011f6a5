/* SPDX-License-Identifier: MIT */
/* The index with NEON, 64 bytes as four times 16; every AArch64 has it. */
#if defined(__aarch64__)
#include <arm_neon.h>

#include "value/json_index_block.h"

/* One bit of each byte of four vectors of all ones or zeros, by adding neighbours three times. */
static inline uint64_t bits(uint8x16_t a, uint8x16_t b, uint8x16_t c, uint8x16_t d)
{
    static const uint8_t weights[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    const uint8x16_t weight = vld1q_u8(weights);
    const uint8x16_t ab = vpaddq_u8(vandq_u8(a, weight), vandq_u8(b, weight));
    const uint8x16_t cd = vpaddq_u8(vandq_u8(c, weight), vandq_u8(d, weight));
    const uint8x16_t all = vpaddq_u8(ab, cd);
    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(all, all)), 0);
}

static inline uint64_t equal(const uint8x16_t bytes[4], uint8_t wanted)
{
    const uint8x16_t w = vdupq_n_u8(wanted);
    return bits(vceqq_u8(bytes[0], w), vceqq_u8(bytes[1], w), vceqq_u8(bytes[2], w),
                vceqq_u8(bytes[3], w));
}

static inline uint64_t below(const uint8x16_t bytes[4], uint8_t bound)
{
    const uint8x16_t b = vdupq_n_u8(bound);
    return bits(vcltq_u8(bytes[0], b), vcltq_u8(bytes[1], b), vcltq_u8(bytes[2], b),
                vcltq_u8(bytes[3], b));
}

static inline void load(const char *at, uint8x16_t bytes[4])
{
    for (unsigned i = 0; i < 4; i++)
        bytes[i] = vld1q_u8((const uint8_t *)at + 16 * i);
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
    load(at, bytes);
    weir_index_look look;
    look.quote = equal(bytes, '"');
    look.rare = bits(rare(bytes[0]), rare(bytes[1]), rare(bytes[2]), rare(bytes[3]));
    return look;
}

static inline weir_index_masks masks_of(const char *at)
{
    uint8x16_t bytes[4];
    load(at, bytes);
    weir_index_masks m;
    m.backslash = equal(bytes, '\\');
    m.control = below(bytes, 0x20);
    m.high = ~below(bytes, 0x80);
    return m;
}

static __attribute__((noinline)) void fill_rest(weir_json_index *index, uint32_t *to, size_t at)
{
    weir_index_fill_rest(index, to, at, look_at, masks_of, weir_index_append_bits);
}

static void fill(weir_json_index *index)
{
    weir_index_fill_with(index, look_at, weir_index_append_bits, fill_rest);
}

static bool is_supported(void)
{
    return true;
}

const weir_index_variant weir_index_neon = {"neon", is_supported, fill};
#endif
