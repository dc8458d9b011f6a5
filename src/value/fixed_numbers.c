/* SPDX-License-Identifier: MIT */
/*
 * How numbers of known places are read: which are read together, and what is prepared for them; the
 * way that works everywhere, over value/number_lanes.h; and those that are read one by one.
 */
#include "value/fixed_numbers.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include "util/number.h"

enum {
    WINDOW = 16,
    REAL_DIGITS = 15,  /* below 2^53, whatever they are */
    WHOLE_DIGITS = 16, /* as many as a window has */
    SHORT_DIGITS = 8,
    INT_DIGITS = 18, /* of any int64 */
    NOTHING = -1     /* a shuffle's zero */
};

/* ------------------------------------------------------------------ what a number is */

static unsigned digits_at(const char *text, const char *end)
{
    unsigned count = 0;
    while (text + count < end && (unsigned char)(text[count] - '0') <= 9)
        count++;
    return count;
}

/* -?(0|[1-9][0-9]*)(.[0-9]+)?, all of the text. */
static bool take_apart(const char *text, uint32_t len, weir_fixed_number *n)
{
    const char *const end = text + len;
    n->is_negative = len > 0 && *text == '-';
    text += n->is_negative;
    n->whole = (uint8_t)digits_at(text, end);
    if (n->whole == 0 || (n->whole > 1 && *text == '0'))
        return false;
    text += n->whole;
    if (text == end)
        return true;
    if (*text++ != '.')
        return false;
    n->decimals = (uint8_t)digits_at(text, end);
    return n->decimals > 0 && text + n->decimals == end;
}

static unsigned digits_of(const weir_fixed_number *n)
{
    return n->whole + n->decimals;
}

bool weir_fixed_add(weir_fixed_numbers *numbers, unsigned lane, const char *text, uint32_t at,
                    uint32_t len, bool needs_real, bool needs_whole)
{
    weir_fixed_number n = {.at = at, .len = (uint8_t)len};
    if (lane >= WEIR_FIXED_MAX || numbers->added >> lane & 1 || len > WEIR_FIXED_LEN_MAX ||
        !take_apart(text, len, &n))
        return false;
    const bool has_point = n.decimals > 0;
    if (needs_whole && (has_point ? !needs_real : n.whole > INT_DIGITS + 1))
        return false;
    n.needs_real = needs_real;
    n.needs_whole = needs_whole && !has_point;
    if ((needs_real && digits_of(&n) > REAL_DIGITS) ||
        (n.needs_whole && digits_of(&n) > WHOLE_DIGITS))
        numbers->wide |= 1u << lane;
    numbers->added |= 1u << lane;
    numbers->number[lane] = n;
    return true;
}

/* ------------------------------------------------------------------ what is read together */

/* Of lanes from `first` on those that a group reads; bit 0 is `first`. */
static unsigned read_from(const weir_fixed_numbers *numbers, unsigned first, unsigned count)
{
    unsigned lanes = 0;
    for (unsigned k = 0; k < count; k++) {
        const weir_fixed_number *n = &numbers->number[first + k];
        const bool is_read = n->needs_real || n->needs_whole;
        lanes |= (unsigned)(is_read && !(numbers->wide >> (first + k) & 1)) << k;
    }
    return lanes;
}

static uint32_t code_of(const weir_fixed_numbers *numbers, unsigned first, unsigned lanes)
{
    uint32_t code = WEIR_FIXED_SHORT | (lanes < 1u << 2 ? WEIR_FIXED_PAIR : 0);
    for (; lanes != 0; lanes &= lanes - 1) {
        const weir_fixed_number *n = &numbers->number[first + (unsigned)__builtin_ctz(lanes)];
        code |= (n->needs_real ? WEIR_FIXED_REAL : 0) | (n->needs_whole ? WEIR_FIXED_WHOLE : 0);
        if (digits_of(n) > SHORT_DIGITS)
            code &= ~(uint32_t)WEIR_FIXED_SHORT;
    }
    return code;
}

/* The shuffle that brings the digits of the group's number `k` to where they end. */
static void write_drop(weir_fixed_group *group, unsigned k, const weir_fixed_number *n)
{
    const bool is_pair = group->code & WEIR_FIXED_PAIR, is_short = group->code & WEIR_FIXED_SHORT;
    const unsigned which = is_pair && !is_short ? 0 : k % 2;
    const unsigned half = is_pair ? (is_short ? 0 : k) : k / 2;
    const unsigned end = is_short ? SHORT_DIGITS * (1 + k % 2) : WINDOW;
    int8_t *drop = group->drop[which] + half * WINDOW + end - digits_of(n);
    for (unsigned i = 0; i < digits_of(n); i++)
        drop[i] = (int8_t)(i < n->whole ? i : i + 1);
}

static double power_of_ten(unsigned exponent)
{
    double power = 1;
    while (exponent-- > 0)
        power *= 10;
    return power;
}

/* `lanes` from `first` on; one of them is read, at least. */
static void write_group(const weir_fixed_numbers *numbers, weir_fixed_group *group, unsigned first,
                        unsigned lanes)
{
    const unsigned some = (unsigned)__builtin_ctz(lanes);
    group->code = code_of(numbers, first, lanes);
    group->to = (uint32_t)(first / WEIR_LANES * sizeof(weir_lanes) + offsetof(weir_lanes, real) +
                           first % WEIR_LANES * sizeof(double));
    memset(group->drop, NOTHING, sizeof group->drop);
    for (unsigned k = 0; k < WEIR_FIXED_FOUR; k++) {
        const bool is_read = lanes >> k & 1;
        const weir_fixed_number *n = &numbers->number[first + (is_read ? k : some)];
        const double power = is_read ? power_of_ten(n->decimals) : 1;
        group->at[k] = n->at + n->is_negative;
        group->power[k] = n->is_negative ? -power : power;
        group->minus[k] = n->is_negative ? -1 : 0;
        if (is_read)
            write_drop(group, k, n);
    }
}

/* Both lanes from their beginnings: four that begin with one that is to be read, but do not go
 * beyond the end. */
static void write_groups(weir_fixed_numbers *numbers)
{
    weir_fixed_group *group = numbers->groups;
    for (unsigned all = 0; all < WEIR_FIXED_MAX; all += WEIR_LANES) {
        unsigned left = read_from(numbers, all, WEIR_LANES);
        while (left != 0) {
            unsigned first = (unsigned)__builtin_ctz(left);
            const unsigned span = left >> first < 1u << 2 ? 2 : WEIR_FIXED_FOUR;
            if (first > WEIR_LANES - span)
                first = WEIR_LANES - span;
            write_group(numbers, group++, all + first, read_from(numbers, all + first, span));
            left &= ~(((1u << span) - 1) << first);
        }
    }
    group->code = 0;
}

/* ------------------------------------------------------------------ masks */

static void tell(const weir_fixed_numbers *numbers, weir_lanes *lanes)
{
    enum { ALL = (1 << WEIR_LANES) - 1 };
    unsigned whole = 0;
    for (unsigned i = 0; i < WEIR_FIXED_MAX; i++) {
        const weir_fixed_number *n = &numbers->number[i];
        const bool is_whole = n->decimals == 0 && (n->needs_whole || n->whole <= INT_DIGITS);
        whole |= (unsigned)is_whole << i;
    }
    for (unsigned i = 0; i < WEIR_FIXED_MAX / WEIR_LANES; i++) {
        const unsigned shift = i * WEIR_LANES;
        lanes[i].is_real = lanes[i].is_json = numbers->added >> shift & ALL;
        lanes[i].is_whole = (numbers->added & whole) >> shift & ALL;
    }
}

/* ------------------------------------------------------------------ one by one */

static bool read_singly(const weir_fixed_numbers *numbers, uint32_t left, const char *base,
                        weir_lanes *lanes)
{
    for (; left != 0; left &= left - 1) {
        const unsigned i = (unsigned)__builtin_ctz(left), lane = i % WEIR_LANES;
        const weir_fixed_number *n = &numbers->number[i];
        const weir_str text = {base + n->at, n->len};
        weir_lanes *to = &lanes[i / WEIR_LANES];
        if (n->needs_whole && weir_int_parse_json(text, &to->whole[lane]) != WEIR_INT_OK)
            return false;
        if (n->needs_real && !weir_double_parse_json(text, &to->real[lane]))
            return false;
    }
    return true;
}

bool weir_fixed_read_wide(const weir_fixed_numbers *numbers, const char *base, weir_lanes *lanes)
{
    return read_singly(numbers, numbers->wide, base, lanes);
}

/* ------------------------------------------------------------------ everywhere */

/* Up to the last lane that is used, and what is between them. A sign may be a byte too many. */
static bool read(const weir_fixed_numbers *numbers, const char *base, weir_lanes *lanes)
{
    uint32_t singly = numbers->wide;
    for (unsigned all = 0; all < WEIR_FIXED_MAX; all += WEIR_LANES) {
        weir_lanes *to = &lanes[all / WEIR_LANES];
        unsigned used = 0;
        for (unsigned i = 0; i < WEIR_LANES; i++) {
            const weir_fixed_number *n = &numbers->number[all + i];
            const bool is_used = numbers->added >> (all + i) & 1;
            to->at[i] = is_used ? base + n->at : weir_lane_zero;
            to->len[i] = is_used ? n->len : 1;
            used = is_used ? i + 1 : used;
            singly |= (uint32_t)(to->len[i] > WEIR_LANE_TEXT_MAX) << (all + i);
        }
        if (used > 0)
            weir_lanes_best()->read(to, used);
    }
    tell(numbers, lanes);
    return read_singly(numbers, singly, base, lanes);
}

static bool is_supported(void)
{
    return true;
}

const weir_fixed_variant weir_fixed_plain = {"plain", is_supported, read};

/* ------------------------------------------------------------------ which way */

const weir_fixed_variant *const weir_fixed_variants[] = {
#if defined(__x86_64__)
    &weir_fixed_avx2,
#endif
    &weir_fixed_plain,
    NULL,
};

static _Atomic(const weir_fixed_variant *) chosen;

void weir_fixed_choose(const weir_fixed_variant *variant)
{
    atomic_store_explicit(&chosen, variant, memory_order_relaxed);
}

static const weir_fixed_variant *best(void)
{
    const weir_fixed_variant *variant = atomic_load_explicit(&chosen, memory_order_relaxed);
    for (size_t i = 0; !variant; i++)
        variant = weir_fixed_variants[i]->is_supported() ? weir_fixed_variants[i] : NULL;
    return variant;
}

void weir_fixed_prepare(weir_fixed_numbers *numbers, weir_lanes *lanes)
{
    write_groups(numbers);
    numbers->read = best()->read;
    tell(numbers, lanes);
}
