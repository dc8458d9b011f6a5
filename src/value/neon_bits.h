/* SPDX-License-Identifier: MIT */
/* Masks of 64 bytes with NEON, which has no instruction for them. Private to value/. */
#ifndef WEIR_VALUE_NEON_BITS_H
#define WEIR_VALUE_NEON_BITS_H

#include <arm_neon.h>

/* One bit of each byte of four vectors of all ones or zeros, by adding neighbours three times. */
static inline uint64_t weir_neon_bits(uint8x16_t a, uint8x16_t b, uint8x16_t c, uint8x16_t d)
{
    static const uint8_t weights[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    const uint8x16_t weight = vld1q_u8(weights);
    const uint8x16_t ab = vpaddq_u8(vandq_u8(a, weight), vandq_u8(b, weight));
    const uint8x16_t cd = vpaddq_u8(vandq_u8(c, weight), vandq_u8(d, weight));
    const uint8x16_t all = vpaddq_u8(ab, cd);
    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(all, all)), 0);
}

static inline uint64_t weir_neon_equal(const uint8x16_t bytes[4], uint8_t wanted)
{
    const uint8x16_t w = vdupq_n_u8(wanted);
    return weir_neon_bits(vceqq_u8(bytes[0], w), vceqq_u8(bytes[1], w), vceqq_u8(bytes[2], w),
                          vceqq_u8(bytes[3], w));
}

static inline void weir_neon_load(const char *at, uint8x16_t bytes[4])
{
    for (unsigned i = 0; i < 4; i++)
        bytes[i] = vld1q_u8((const uint8_t *)at + 16 * i);
}

#endif
