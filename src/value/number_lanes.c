/* SPDX-License-Identifier: MIT */
/* Numbers of the lanes one after another: works everywhere; and the choice of a better way. */
#include "value/number_lanes.h"

#include <stdatomic.h>

#include "util/number.h"

const weir_lanes_variant *const weir_lanes_variants[] = {
#if defined(__x86_64__)
    &weir_lanes_avx512,
#endif
    &weir_lanes_plain,
    NULL,
};

const char weir_lane_zero[WEIR_LANE_TEXT_MAX] = "0";

/* Two threads that come here first choose the same. */
const weir_lanes_variant *weir_lanes_best(void)
{
    static _Atomic(const weir_lanes_variant *) chosen;
    const weir_lanes_variant *best = atomic_load_explicit(&chosen, memory_order_relaxed);
    if (__builtin_expect(best == NULL, 0)) {
        size_t i = 0;
        while (weir_lanes_variants[i + 1] && !weir_lanes_variants[i]->is_supported())
            i++;
        best = weir_lanes_variants[i];
        atomic_store_explicit(&chosen, best, memory_order_relaxed);
    }
    return best;
}

static bool is_plain(weir_str text, bool *has_point)
{
    *has_point = false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '.')
            *has_point = true;
        else if ((unsigned char)(text.ptr[i] - '0') > 9)
            return false;
    }
    return text.len <= WEIR_LANE_TEXT_MAX;
}

static void read(weir_lanes *lanes, unsigned used)
{
    lanes->is_real = 0;
    lanes->is_whole = 0;
    for (unsigned i = 0; i < used; i++) {
        const weir_str text = {lanes->at[i], lanes->len[i]};
        bool has_point;
        if (!is_plain(text, &has_point))
            continue;
        if (weir_double_parse_json(text, &lanes->real[i]))
            lanes->is_real |= 1u << i;
        if (!has_point && weir_int_parse_json(text, &lanes->whole[i]) == WEIR_INT_OK)
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

/* Behind a number up to a ',' or ']'. */
static const char *bare_number(const char *at, double *out)
{
    const char *from = at;
    while (*at != ',' && *at != ']')
        at++;
    return weir_double_parse_json((weir_str){from, (size_t)(at - from)}, out) ? at : NULL;
}

static size_t bare_levels(const char **from, weir_level *levels, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *at = *from;
        if (*at != '[' || !(at = bare_number(at + 1, &levels[i].price)) || *at != ',' ||
            !(at = bare_number(at + 1, &levels[i].size)) || *at != ']')
            return i;
        *from = at + 2;
    }
    return count;
}

static bool is_supported(void)
{
    return true;
}

const weir_lanes_variant weir_lanes_plain = {"plain", is_supported, read, levels, bare_levels};
