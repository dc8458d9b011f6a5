/* SPDX-License-Identifier: MIT */
/* Lists of lists of bare numbers with NEON. */
#if defined(__aarch64__)
#include "value/neon_bits.h"
#include "value/number_bare.h"
#include "value/number_lanes_neon.h"

static inline weir_bare_masks masks_of(const char *at)
{
    uint8x16_t bytes[4];
    weir_neon_load(at, bytes);
    weir_bare_masks m = {weir_neon_equal(bytes, '['), weir_neon_equal(bytes, ']'),
                         weir_neon_equal(bytes, ','), 0};
    for (unsigned i = 0; i < 4; i++)
        bytes[i] = vorrq_u8(bytes[i], vdupq_n_u8(0x20));
    m.letter = weir_neon_equal(bytes, 'e');
    return m;
}

static inline bool read_level(const char *at, const uint32_t *m, weir_level *level)
{
    const uint32_t a_len = m[1] - m[0] - 1, b_len = m[2] - m[1] - 3;
    const digits a = find_digits(at + m[0] + 1, a_len, false);
    const digits b = find_digits(at + m[1] + 1, b_len, false);
    const two t = join(&a, &b);
    vst1q_f64(&level->price, t.real);
    return a.is_json && b.is_json && weir_lane_is_short(a_len) && weir_lane_is_short(b_len) &&
           are_exact(t.whole);
}

static inline bool read_pair(const char *at, const uint32_t *m, weir_level *levels)
{
    return read_level(at, m, levels) & read_level(at, m + 2, levels + 1);
}

/* "e-7" behind `len` bytes of the text: what stands before it, and 7; false: it is not that short.
 */
static inline bool find_exponent(const char *at, uint32_t *len, int *power)
{
    const uint8x16_t small = vorrq_u8(vld1q_u8((const uint8_t *)at), vdupq_n_u8(0x20));
    const uint32_t letter = place_of(vceqq_u8(small, vdupq_n_u8('e')));
    *power = 0;
    if (letter >= *len)
        return true;
    const char *to = at + letter + 1;
    const bool is_negative = *to == '-';
    to += is_negative || *to == '+';
    const uint32_t digits = *len - (uint32_t)(to - at);
    const unsigned first = (unsigned char)(to[0] - '0'), second = (unsigned char)(to[1] - '0');
    const int value = digits == 2 ? (int)(first * 10 + second) : (int)first;
    *len = letter;
    *power = is_negative ? -value : value;
    return letter > 0 && digits - 1 < 2 && first <= 9 && (digits == 1 || second <= 9);
}

static inline bool scale(const digits *d, uint64_t whole, int power, double *real)
{
    power -= d->place < WEIR_POINT_NONE ? WEIR_POINT_NONE - 1 - (int)d->place : 0;
    if (power < -WEIR_POWER_MAX || power > WEIR_POWER_MAX)
        return false;
    *real = (double)whole * weir_power_table[WEIR_POWER_MAX + power] /
            weir_power_table[WEIR_POWER_MAX - power];
    return true;
}

static inline bool read_scaled_level(const char *at, const uint32_t *m, weir_level *level)
{
    const char *const texts[2] = {at + m[0] + 1, at + m[1] + 1};
    uint32_t a_len = m[1] - m[0] - 1, b_len = m[2] - m[1] - 3;
    int a_power, b_power;
    if (!weir_lane_is_short(a_len) || !weir_lane_is_short(b_len) ||
        !find_exponent(texts[0], &a_len, &a_power) || !find_exponent(texts[1], &b_len, &b_power))
        return false;
    const digits a = find_digits(texts[0], a_len, false);
    const digits b = find_digits(texts[1], b_len, false);
    const uint64x2_t whole = join(&a, &b).whole;
    return a.is_json && b.is_json && are_exact(whole) &&
           scale(&a, vgetq_lane_u64(whole, 0), a_power, &level->price) &&
           scale(&b, vgetq_lane_u64(whole, 1), b_power, &level->size);
}

static inline bool read_scaled_pair(const char *at, const uint32_t *m, weir_level *levels)
{
    return read_scaled_level(at, m, levels) && read_scaled_level(at, m + 2, levels + 1);
}

const char *weir_bare_levels_neon(const char *at, const char *end, uint32_t *marks,
                                  weir_level *levels, size_t *count)
{
    return weir_bare_levels_with(at, end, marks, levels, count, masks_of, weir_index_append_bits,
                                 read_pair, read_scaled_pair);
}
#endif
