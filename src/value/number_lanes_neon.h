/* SPDX-License-Identifier: MIT */
/*
 * Two numbers at a time with NEON, each in a register. A shuffle moves a text to the end of its 16
 * bytes, zeros in front; a second one, of a table by the place of the point, moves the digits
 * before the point over it. If then no byte is above nine the text was a number, and neighbours of
 * both are joined to numbers of eight digits. Private to number_*_neon.c.
 */
#ifndef WEIR_VALUE_NUMBER_LANES_NEON_H
#define WEIR_VALUE_NUMBER_LANES_NEON_H

#include <arm_neon.h>

#include "value/number_lanes.h"
#include "value/number_point.h"

/* A text of which the digits stand at the end, and what is known of it. */
typedef struct digits {
    uint8x16_t bytes;
    unsigned place; /* of the point */
    bool is_negative;
    bool is_good; /* digits, at least one, and at most one point */
    bool is_json;
} digits;

/* Two numbers: the digits without their point, and with it. */
typedef struct two {
    uint64x2_t whole;
    float64x2_t real;
} two;

static inline bool weir_lane_is_digit(char c)
{
    return (unsigned char)(c - '0') <= 9;
}

/* The place of the one byte that is all ones, of which four bits are kept. */
static inline unsigned place_of(uint8x16_t point)
{
    const uint8x8_t nibbles = vshrn_n_u16(vreinterpretq_u16_u8(point), 4);
    const uint64_t word = vget_lane_u64(vreinterpret_u64_u8(nibbles), 0);
    return word ? (unsigned)__builtin_ctzll(word) / 4 : WEIR_POINT_NONE;
}

/* `len` is 1 to 16. `has_sign`: a minus may stand before the digits. */
static inline digits find_digits(const char *at, uint32_t len, bool has_sign)
{
    static const uint8_t places[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    digits d;
    d.is_negative = has_sign && *at == '-';
    const char *first = at + d.is_negative;
    const uint32_t rest = len - d.is_negative;
    uint8x16_t text = veorq_u8(vld1q_u8((const uint8_t *)at), vdupq_n_u8('0'));
    if (has_sign) { /* becomes a zero; the other bytes are compared with what they would become */
        const uint8x16_t sign = vsetq_lane_u8('-' ^ '0', vdupq_n_u8(0), 0);
        text = vbicq_u8(text, vceqq_u8(text, sign));
    }
    const uint8x16_t from = vaddq_u8(vld1q_u8(places), vdupq_n_u8((uint8_t)(len - 16)));
    text = vqtbl1q_u8(text, from);
    d.place = place_of(vceqq_u8(text, vdupq_n_u8('.' ^ '0')));
    d.bytes = vqtbl1q_u8(text, vld1q_u8((const uint8_t *)weir_point_drop[d.place]));
    const bool has_point_first = rest > 0 && *first == '.';
    d.is_good = vmaxvq_u8(d.bytes) <= 9 && rest > has_point_first;
    d.is_json = d.is_good && !has_point_first && d.place != WEIR_POINT_NONE - 1 &&
                (*first != '0' || rest == 1 || !weir_lane_is_digit(first[1]));
    return d;
}

static inline two join(const digits *a, const digits *b)
{
    static const uint8_t tens[8] = {10, 1, 10, 1, 10, 1, 10, 1};
    static const uint8_t hundreds[8] = {100, 1, 100, 1, 100, 1, 100, 1};
    static const uint16_t myriads[4] = {10000, 1, 10000, 1};
    const uint8x8_t by_ten = vld1_u8(tens), by_hundred = vld1_u8(hundreds);
    const uint16x4_t by_myriad = vld1_u16(myriads);
    const uint16x8_t a_pairs = vpaddq_u16(vmull_u8(vget_low_u8(a->bytes), by_ten),
                                          vmull_u8(vget_high_u8(a->bytes), by_ten));
    const uint16x8_t b_pairs = vpaddq_u16(vmull_u8(vget_low_u8(b->bytes), by_ten),
                                          vmull_u8(vget_high_u8(b->bytes), by_ten));
    const uint8x8_t a_bytes = vmovn_u16(a_pairs), b_bytes = vmovn_u16(b_pairs);
    const uint16x8_t fours =
        vpaddq_u16(vmull_u8(a_bytes, by_hundred), vmull_u8(b_bytes, by_hundred));
    const uint32x4_t eights = vpaddq_u32(vmull_u16(vget_low_u16(fours), by_myriad),
                                         vmull_u16(vget_high_u16(fours), by_myriad));
    const uint32x2_t high = vmovn_u64(vreinterpretq_u64_u32(eights));
    const uint32x2_t low = vshrn_n_u64(vreinterpretq_u64_u32(eights), 32);
    const double powers[2] = {weir_point_power[a->place], weir_point_power[b->place]};
    two t;
    t.whole = vmlal_u32(vmovl_u32(low), high, vdup_n_u32(100000000));
    t.real = vdivq_f64(vcvtq_f64_u64(t.whole), vld1q_f64(powers));
    return t;
}

/* A double holds both. */
static inline bool are_exact(uint64x2_t whole)
{
    const uint64_t most = UINT64_C(1) << 53;
    return vgetq_lane_u64(whole, 0) <= most && vgetq_lane_u64(whole, 1) <= most;
}

static inline bool weir_lane_is_short(uint32_t len)
{
    return len - 1 < WEIR_LANE_TEXT_MAX;
}

#endif
