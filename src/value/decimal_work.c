/* SPDX-License-Identifier: MIT */
/*
 * Rounding and storing decimals under construction. The rules are those of Python's decimal
 * (`_rescale` and `_fix` of its pure-Python form), with Emax 999999, Emin -999999 and no clamping.
 */
#include "value/decimal_work.h"

#include <assert.h>
#include <math.h>

enum {
    EXPONENT_TINY = -WEIR_DECIMAL_EXPONENT_MAX - WEIR_DECIMAL_PRECISION + 1, /* Etiny */
    EXPONENT_TOP = WEIR_DECIMAL_EXPONENT_MAX - WEIR_DECIMAL_PRECISION + 1    /* Etop */
};

void weir_work_load(weir_work *w, const weir_digits *d)
{
    assert(d->count <= WEIR_DECIMAL_DIGITS_MAX);
    w->is_negative = d->is_negative;
    w->exponent = d->exponent;
    w->count = d->count;
    memcpy(w->digits, d->digits, d->count);
}

void weir_work_trim(weir_work *w)
{
    size_t zeros = 0;
    while (zeros < w->count && w->digits[zeros] == '0')
        zeros++;
    if (zeros == w->count) {
        w->digits[0] = '0';
        w->count = 1;
    } else if (zeros > 0) {
        w->count -= zeros;
        memmove(w->digits, w->digits + zeros, w->count);
    }
}

bool weir_work_is_zero(const weir_work *w)
{
    for (size_t i = 0; i < w->count; i++)
        if (w->digits[i] != '0')
            return false;
    return true;
}

/* Whether dropping all digits behind the first `keep` makes the rest one larger. */
static bool rounds_away(const weir_work *w, size_t keep, weir_rounding rounding)
{
    bool has_rest = false;
    for (size_t i = keep + 1; i < w->count; i++)
        has_rest |= w->digits[i] != '0';
    int first = w->digits[keep] - '0';
    if (first == 0 && !has_rest)
        return false;
    bool above_half = first > 5 || (first == 5 && has_rest);
    bool is_half = first == 5 && !has_rest;
    bool is_odd = keep > 0 && (w->digits[keep - 1] - '0') % 2 == 1;
    switch (rounding) {
    case WEIR_ROUND_HALF_EVEN: return above_half || (is_half && is_odd);
    case WEIR_ROUND_HALF_UP: return above_half || is_half;
    case WEIR_ROUND_HALF_DOWN: return above_half;
    case WEIR_ROUND_UP: return true;
    case WEIR_ROUND_DOWN: return false;
    case WEIR_ROUND_CEILING: return !w->is_negative;
    case WEIR_ROUND_FLOOR: return w->is_negative;
    }
    return false;
}

/* Adds one to the last digit; 999 becomes 1000, for which a dropped digit made room. */
static void increment(weir_work *w)
{
    size_t at = w->count;
    while (at > 0 && w->digits[at - 1] == '9')
        w->digits[--at] = '0';
    if (at > 0) {
        w->digits[at - 1]++;
        return;
    }
    w->digits[0] = '1';
    memset(w->digits + 1, '0', w->count);
    w->count++;
}

void weir_work_round(weir_work *w, int64_t exponent, weir_rounding rounding)
{
    weir_work_trim(w);
    uint64_t drop = (uint64_t)(exponent - w->exponent);
    if (weir_work_is_zero(w)) {
        w->exponent = exponent;
        return;
    }
    if (drop > w->count) { /* far below: any non-zero digit does */
        w->digits[0] = '1';
        w->count = 1;
        drop = 1;
        w->exponent = exponent - 1;
    }
    size_t keep = w->count - (size_t)drop;
    bool away = rounds_away(w, keep, rounding);
    w->count = keep;
    w->exponent = exponent;
    if (keep == 0) {
        w->digits[0] = away ? '1' : '0';
        w->count = 1;
    } else if (away) {
        increment(w);
    }
}

void weir_work_pad(weir_work *w, int64_t exponent)
{
    assert(exponent <= w->exponent);
    size_t zeros = (size_t)(w->exponent - exponent);
    assert(zeros <= WEIR_WORK_DIGITS - w->count);
    memset(w->digits + w->count, '0', zeros);
    w->count += zeros;
    w->exponent = exponent;
}

/* ------------------------------------------------------------------ every digit of a double */

enum {
    BASE = 1000000000,
    BASE_DIGITS = 9,
    DOUBLE_LIMBS = 90
}; /* a double has at most 767 digits */

typedef struct limbs {
    uint32_t limb[DOUBLE_LIMBS];
    size_t count;
} limbs;

static void multiply_small(limbs *n, uint32_t factor)
{
    uint64_t carry = 0;
    for (size_t i = 0; i < n->count; i++) {
        carry += (uint64_t)n->limb[i] * factor;
        n->limb[i] = (uint32_t)(carry % BASE);
        carry /= BASE;
    }
    if (carry)
        n->limb[n->count++] = (uint32_t)carry;
}

static void multiply_power(limbs *n, uint32_t base, unsigned power, unsigned at_once,
                           uint32_t base_to_at_once)
{
    for (; power >= at_once; power -= at_once)
        multiply_small(n, base_to_at_once);
    for (; power > 0; power--)
        multiply_small(n, base);
}

void weir_work_from_double(weir_work *w, double f)
{
    int exponent = 0;
    uint64_t bits = (uint64_t)ldexp(frexp(fabs(f), &exponent), 53);
    exponent -= 53;
    while (bits && bits % 2 == 0) { /* 0.5 is 5e-1, not 5000...e-17 */
        bits /= 2;
        exponent++;
    }
    if (bits == 0)
        exponent = 0;
    limbs n = {{(uint32_t)(bits % BASE), (uint32_t)(bits / BASE)}, 2};
    if (exponent >= 0)
        multiply_power(&n, 2, (unsigned)exponent, 29, UINT32_C(1) << 29);
    else
        multiply_power(&n, 5, (unsigned)-exponent, 12, UINT32_C(244140625));
    w->is_negative = signbit(f) != 0;
    w->exponent = exponent < 0 ? exponent : 0;
    w->count = n.count * BASE_DIGITS;
    for (size_t i = 0; i < n.count; i++) {
        uint32_t limb = n.limb[n.count - 1 - i];
        for (size_t j = BASE_DIGITS; j-- > 0; limb /= 10)
            w->digits[i * BASE_DIGITS + j] = (char)('0' + limb % 10);
    }
    weir_work_trim(w);
}

/* ------------------------------------------------------------------ storing */

static weir_decimal_code store(weir_arena *arena, const weir_work *w, const weir_decimal **out)
{
    weir_decimal *d = weir_arena_alloc(arena, sizeof *d + w->count);
    if (!d)
        return WEIR_DECIMAL_NOMEM;
    memset(d, 0, sizeof *d);
    d->is_negative = w->is_negative;
    d->exponent = (int32_t)w->exponent;
    d->count = (uint32_t)w->count;
    memcpy(d->digits, w->digits, w->count);
    *out = d;
    return WEIR_DECIMAL_OK;
}

weir_decimal_code weir_work_store(weir_arena *arena, weir_work *w, const weir_decimal **out)
{
    weir_work_trim(w);
    if (w->count > WEIR_DECIMAL_DIGITS_MAX)
        return WEIR_DECIMAL_LIMIT;
    int64_t adjusted = w->exponent + (int64_t)w->count - 1;
    if (adjusted > WEIR_DECIMAL_EXPONENT_MAX || adjusted < EXPONENT_TINY)
        return WEIR_DECIMAL_LIMIT;
    return store(arena, w, out);
}

weir_decimal_code weir_work_fix(weir_arena *arena, weir_work *w, const weir_decimal **out)
{
    weir_work_trim(w);
    if (weir_work_is_zero(w)) {
        if (w->exponent < EXPONENT_TINY)
            w->exponent = EXPONENT_TINY;
        if (w->exponent > WEIR_DECIMAL_EXPONENT_MAX)
            w->exponent = WEIR_DECIMAL_EXPONENT_MAX;
        return store(arena, w, out);
    }
    int64_t least = (int64_t)w->count + w->exponent - WEIR_DECIMAL_PRECISION;
    if (least > EXPONENT_TOP)
        return WEIR_DECIMAL_OVERFLOW;
    if (least < EXPONENT_TINY)
        least = EXPONENT_TINY;
    if (w->exponent < least) {
        weir_work_round(w, least, WEIR_ROUND_HALF_EVEN);
        if (w->count > WEIR_DECIMAL_PRECISION) { /* 999... became 1000...: drop a zero */
            w->count--;
            w->exponent++;
        }
        if (w->exponent > EXPONENT_TOP && !weir_work_is_zero(w))
            return WEIR_DECIMAL_OVERFLOW;
    }
    return store(arena, w, out);
}
