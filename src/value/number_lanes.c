/* SPDX-License-Identifier: MIT */
/* Numbers of the lanes one after another: works everywhere; and the choice of a better way. */
#include "value/number_lanes.h"

#include <stdatomic.h>

#include "util/number.h"
#include "value/json_scan.h"

const weir_lanes_variant *const weir_lanes_variants[] = {
#if defined(__x86_64__)
    &weir_lanes_avx2,
#elif defined(__aarch64__)
    &weir_lanes_neon,
#endif
    &weir_lanes_plain,
    NULL,
};

const char weir_lane_zero[WEIR_LANE_TEXT_MAX] = "0";

static _Atomic(const weir_lanes_variant *) chosen;

void weir_lanes_choose(const weir_lanes_variant *variant)
{
    atomic_store_explicit(&chosen, variant, memory_order_relaxed);
}

/* Two threads that come here first choose the same. */
const weir_lanes_variant *weir_lanes_best(void)
{
    const weir_lanes_variant *best = atomic_load_explicit(&chosen, memory_order_relaxed);
    if (__builtin_expect(best == NULL, 0)) {
        size_t i = 0;
        while (weir_lanes_variants[i + 1] && !weir_lanes_variants[i]->is_supported())
            i++;
        best = weir_lanes_variants[i];
        weir_lanes_choose(best);
    }
    return best;
}

/* Of a number that is JSON. */
static void look(weir_str number, bool *has_point, bool *has_exponent)
{
    unsigned points = 0, letters = 0;
    for (size_t i = 0; i < number.len; i++) {
        points |= number.ptr[i] == '.';
        letters |= (unsigned char)number.ptr[i] & 0x40;
    }
    *has_point = points != 0;
    *has_exponent = letters != 0;
}

static void read(weir_lanes *lanes, unsigned used)
{
    lanes->is_real = 0;
    lanes->is_whole = 0;
    lanes->is_json = 0;
    for (unsigned i = 0; i < used; i++) {
        const weir_str text = {lanes->at[i], lanes->len[i]};
        bool has_point, has_exponent;
        if (!weir_double_parse_json(text, &lanes->real[i]))
            continue;
        look(text, &has_point, &has_exponent);
        lanes->is_real |= 1u << i;
        if (!has_exponent && text.len <= WEIR_LANE_TEXT_MAX)
            lanes->is_json |= 1u << i;
        if (!has_point && !has_exponent &&
            weir_int_parse_json(text, &lanes->whole[i]) == WEIR_INT_OK)
            lanes->is_whole |= 1u << i;
    }
}

static size_t levels(const char *base, const uint32_t *quotes, size_t stride, weir_level *levels,
                     size_t count)
{
    for (size_t i = 0; i < count; i++, quotes += stride) {
        const weir_str price = {base + quotes[0] + 1, quotes[1] - quotes[0] - 1};
        const weir_str size = {base + quotes[2] + 1, quotes[3] - quotes[2] - 1};
        if (!weir_double_parse_json(price, &levels[i].price) ||
            !weir_double_parse_json(size, &levels[i].size))
            return i;
    }
    return count;
}

/* Behind a number that is JSON, or NULL. */
static const char *bare_number(weir_scan *scan, const char *at, double *out)
{
    uint8_t flags;
    const char *to = weir_scan_short_number(scan, at, &flags);
    if (!to)
        to = weir_scan_number(scan, at, &flags);
    return to && weir_double_parse_json((weir_str){at, (size_t)(to - at)}, out) ? to : NULL;
}

static const char *bare_levels(const char *at, const char *end, uint32_t *marks, weir_level *levels,
                               size_t *count)
{
    weir_scan scan = {end, NULL, NULL};
    (void)marks;
    for (*count = 0; at < end; at++) {
        weir_level *level = &levels[*count];
        if (*at != '[' || !(at = bare_number(&scan, at + 1, &level->price)) || *at != ',' ||
            !(at = bare_number(&scan, at + 1, &level->size)) || *at != ']')
            return NULL;
        ++*count;
        if (*++at != ',')
            return *at == ']' ? at + 1 : NULL;
    }
    return NULL;
}

static bool is_supported(void)
{
    return true;
}

const weir_lanes_variant weir_lanes_plain = {"plain", is_supported, read, levels, bare_levels};
