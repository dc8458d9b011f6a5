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
    return (weir_bare_masks){weir_neon_equal(bytes, '['), weir_neon_equal(bytes, ']'),
                             weir_neon_equal(bytes, ',')};
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

const char *weir_bare_levels_neon(const char *at, const char *end, uint32_t *marks,
                                  weir_level *levels, size_t *count)
{
    return weir_bare_levels_with(at, end, marks, levels, count, masks_of, weir_index_append_bits,
                                 read_pair);
}
#endif
