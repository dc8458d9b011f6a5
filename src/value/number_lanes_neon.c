/* SPDX-License-Identifier: MIT */
/* Numbers side by side with NEON, which every AArch64 has: two at a time. */
#if defined(__aarch64__)
#include "value/number_lanes_neon.h"

static inline void settle(weir_lanes *lanes, unsigned i, const digits *d, uint64_t whole,
                          double real)
{
    const bool fits = weir_lane_is_short(lanes->len[i]), is_good = d->is_good && fits;
    lanes->real[i] = d->is_negative ? -real : real;
    lanes->whole[i] = d->is_negative ? -(int64_t)whole : (int64_t)whole;
    lanes->is_real |= (unsigned)(is_good && whole <= UINT64_C(1) << 53) << i;
    lanes->is_whole |= (unsigned)(is_good && d->place == WEIR_POINT_NONE) << i;
    lanes->is_json |= (unsigned)(d->is_json && fits) << i;
}

static void read(weir_lanes *lanes, unsigned used)
{
    weir_lanes_fill(lanes, used);
    lanes->is_real = lanes->is_whole = lanes->is_json = 0;
    for (unsigned i = 0; i < used; i += 2) {
        const digits a = find_digits(lanes->at[i], lanes->len[i], true);
        const digits b = find_digits(lanes->at[i + 1], lanes->len[i + 1], true);
        const two t = join(&a, &b);
        settle(lanes, i, &a, vgetq_lane_u64(t.whole, 0), vgetq_lane_f64(t.real, 0));
        settle(lanes, i + 1, &b, vgetq_lane_u64(t.whole, 1), vgetq_lane_f64(t.real, 1));
    }
}

static size_t levels(const char *base, const uint32_t *quotes, size_t stride, weir_level *levels,
                     size_t count)
{
    for (size_t i = 0; i < count; i++, quotes += stride) {
        const uint32_t a_len = quotes[1] - quotes[0] - 1, b_len = quotes[3] - quotes[2] - 1;
        const digits a = find_digits(base + quotes[0] + 1, a_len, false);
        const digits b = find_digits(base + quotes[2] + 1, b_len, false);
        const two t = join(&a, &b);
        if (!a.is_good || !b.is_good || !weir_lane_is_short(a_len) || !weir_lane_is_short(b_len) ||
            !are_exact(t.whole))
            return i;
        vst1q_f64(&levels[i].price, t.real);
    }
    return count;
}

static bool is_supported(void)
{
    return true;
}

const weir_lanes_variant weir_lanes_neon = {"neon", is_supported, read, levels,
                                            weir_bare_levels_neon};
#endif
