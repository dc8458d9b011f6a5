/* SPDX-License-Identifier: MIT */
/*
 * Arithmetic of decimals: every operation computes its exact result (or, for quotients, one digit
 * more than the precision and whether anything is left), and rounds once. The steps and the
 * choice of exponents are those of Python's decimal; a differential test against it keeps them so.
 */
#include <assert.h>

#include "value/decimal_work.h"
#include "value/json_read.h"

enum {
    PRECISION = WEIR_DECIMAL_PRECISION,
    BASE = 1000000000,
    BASE_DIGITS = 9,
    LIMBS = WEIR_WORK_DIGITS / BASE_DIGITS + 2
};

/** A whole number in base 10^9, the lowest limb first; no leading zero limbs. */
typedef struct big {
    size_t count;
    uint32_t limb[LIMBS];
} big;

/* ------------------------------------------------------------------ whole numbers */

static void big_load(big *n, const char *digits, size_t count)
{
    assert(count <= WEIR_WORK_DIGITS);
    n->count = 0;
    while (count > 0) {
        size_t take = count < BASE_DIGITS ? count : BASE_DIGITS;
        uint32_t limb = 0;
        for (size_t i = count - take; i < count; i++)
            limb = limb * 10 + (uint32_t)(digits[i] - '0');
        n->limb[n->count++] = limb;
        count -= take;
    }
    while (n->count && n->limb[n->count - 1] == 0)
        n->count--;
}

static void big_store(const big *n, weir_work *w)
{
    w->count = n->count * BASE_DIGITS;
    assert(w->count <= WEIR_WORK_DIGITS);
    for (size_t i = 0; i < n->count; i++) {
        uint32_t limb = n->limb[n->count - 1 - i];
        for (size_t j = BASE_DIGITS; j-- > 0; limb /= 10)
            w->digits[i * BASE_DIGITS + j] = (char)('0' + limb % 10);
    }
    weir_work_trim(w);
}

static void big_multiply(const big *a, const big *b, big *out)
{
    assert(a->count + b->count <= LIMBS);
    out->count = a->count + b->count;
    memset(out->limb, 0, out->count * sizeof *out->limb);
    for (size_t i = 0; i < a->count; i++) {
        uint64_t carry = 0;
        for (size_t j = 0; j < b->count; j++) {
            carry += out->limb[i + j] + (uint64_t)a->limb[i] * b->limb[j];
            out->limb[i + j] = (uint32_t)(carry % BASE);
            carry /= BASE;
        }
        out->limb[i + b->count] += (uint32_t)carry;
    }
    while (out->count && out->limb[out->count - 1] == 0)
        out->count--;
}

static int big_compare(const big *a, const big *b)
{
    if (a->count != b->count)
        return a->count < b->count ? -1 : 1;
    for (size_t i = a->count; i-- > 0;)
        if (a->limb[i] != b->limb[i])
            return a->limb[i] < b->limb[i] ? -1 : 1;
    return 0;
}

/* a -= b, where a >= b. */
static void big_subtract(big *a, const big *b)
{
    int64_t borrow = 0;
    for (size_t i = 0; i < a->count; i++) {
        int64_t limb = (int64_t)a->limb[i] - borrow - (i < b->count ? b->limb[i] : 0);
        borrow = limb < 0;
        a->limb[i] = (uint32_t)(limb + (borrow ? BASE : 0));
    }
    while (a->count && a->limb[a->count - 1] == 0)
        a->count--;
}

/* n = n * 10 + digit */
static void big_append(big *n, char digit)
{
    uint64_t carry = (uint64_t)(digit - '0');
    for (size_t i = 0; i < n->count; i++) {
        carry += (uint64_t)n->limb[i] * 10;
        n->limb[i] = (uint32_t)(carry % BASE);
        carry /= BASE;
    }
    if (carry)
        n->limb[n->count++] = (uint32_t)carry;
}

/*
 * The digits of `dividend` divided by those of `divisor` (not zero): the quotient's digits into
 * `quotient`, the remainder into `rest`. Long division digit by digit: the first digits, too few to
 * contain the divisor, are taken at once, so the number of steps is the length of the quotient.
 */
static void divide(const weir_work *dividend, const weir_work *divisor, weir_work *quotient,
                   big *rest)
{
    big by;
    big_load(&by, divisor->digits, divisor->count);
    size_t at = divisor->count - 1;
    if (at > dividend->count)
        at = dividend->count;
    big_load(rest, dividend->digits, at);
    quotient->count = 0;
    for (; at < dividend->count; at++) {
        big_append(rest, dividend->digits[at]);
        char digit = '0';
        while (big_compare(rest, &by) >= 0) {
            big_subtract(rest, &by);
            digit++;
        }
        quotient->digits[quotient->count++] = digit;
    }
    weir_work_trim(quotient);
}

/* ------------------------------------------------------------------ add, subtract */

/* Sum or difference of two coefficients with the same exponent, into a. */
static void add_digits(weir_work *a, const weir_work *b)
{
    size_t count = (a->count > b->count ? a->count : b->count) + 1;
    assert(count <= WEIR_WORK_DIGITS);
    memmove(a->digits + (count - a->count), a->digits, a->count);
    memset(a->digits, '0', count - a->count);
    a->count = count;
    int carry = 0;
    for (size_t i = 0; i < count; i++) {
        int sum = a->digits[count - 1 - i] - '0' + carry;
        if (i < b->count)
            sum += b->digits[b->count - 1 - i] - '0';
        carry = sum > 9;
        a->digits[count - 1 - i] = (char)('0' + sum - (carry ? 10 : 0));
    }
}

/* a -= b for coefficients, where a >= b. */
static void subtract_digits(weir_work *a, const weir_work *b)
{
    int borrow = 0;
    for (size_t i = 0; i < a->count; i++) {
        int rest = a->digits[a->count - 1 - i] - '0' - borrow;
        if (i < b->count)
            rest -= b->digits[b->count - 1 - i] - '0';
        borrow = rest < 0;
        a->digits[a->count - 1 - i] = (char)('0' + rest + (borrow ? 10 : 0));
    }
    weir_work_trim(a);
}

static int compare_coefficients(weir_work *a, weir_work *b)
{
    weir_work_trim(a);
    weir_work_trim(b);
    if (a->count != b->count)
        return a->count < b->count ? -1 : 1;
    return memcmp(a->digits, b->digits, a->count);
}

/* Brings both to one exponent. A summand too small to matter but for the rounding is replaced by a
 * 1 at a place that rounds the same, so that 1E+999999 + 1 needs no million digits. */
static void align(weir_work *a, weir_work *b)
{
    weir_work *high = a->exponent >= b->exponent ? a : b;
    weir_work *low = high == a ? b : a;
    int64_t reach = (int64_t)high->count - PRECISION - 2;
    int64_t floor = high->exponent + (reach < -1 ? reach : -1);
    if ((int64_t)low->count + low->exponent - 1 < floor) {
        low->digits[0] = '1';
        low->count = 1;
        low->exponent = floor;
    }
    weir_work_pad(high, low->exponent);
}

/* One of the two is zero: the other, with zeros appended down to the smaller exponent as far as
 * they can be kept. */
static weir_decimal_code add_zero(weir_arena *arena, weir_work *other, int64_t zero_exponent,
                                  const weir_decimal **out)
{
    int64_t exponent = other->exponent < zero_exponent ? other->exponent : zero_exponent;
    int64_t least = other->exponent - PRECISION - 1;
    weir_work_pad(other, exponent > least ? exponent : least);
    return weir_work_fix(arena, other, out);
}

static weir_decimal_code add(weir_arena *arena, const weir_decimal *x, const weir_decimal *y,
                             bool negate_y, const weir_decimal **out)
{
    weir_work a;
    weir_work b;
    weir_digits left = weir_digits_of(x);
    weir_digits right = weir_digits_of(y);
    right.is_negative ^= negate_y;
    weir_work_load(&a, &left);
    weir_work_load(&b, &right);
    bool zero_a = weir_digits_zero(&left);
    bool zero_b = weir_digits_zero(&right);
    if (zero_a && zero_b) {
        a.is_negative = a.is_negative && b.is_negative;
        if (b.exponent < a.exponent)
            a.exponent = b.exponent;
        return weir_work_fix(arena, &a, out);
    }
    if (zero_a)
        return add_zero(arena, &b, a.exponent, out);
    if (zero_b)
        return add_zero(arena, &a, b.exponent, out);
    align(&a, &b);
    if (a.is_negative == b.is_negative) {
        add_digits(&a, &b);
        return weir_work_fix(arena, &a, out);
    }
    int order = compare_coefficients(&a, &b);
    weir_work *larger = order >= 0 ? &a : &b;
    subtract_digits(larger, order >= 0 ? &b : &a);
    if (order == 0)
        larger->is_negative = false;
    return weir_work_fix(arena, larger, out);
}

weir_decimal_code weir_decimal_add(weir_arena *arena, const weir_decimal *a, const weir_decimal *b,
                                   const weir_decimal **out)
{
    return add(arena, a, b, false, out);
}

weir_decimal_code weir_decimal_sub(weir_arena *arena, const weir_decimal *a, const weir_decimal *b,
                                   const weir_decimal **out)
{
    return add(arena, a, b, true, out);
}

/* ------------------------------------------------------------------ multiply, divide */

weir_decimal_code weir_decimal_mul(weir_arena *arena, const weir_decimal *a, const weir_decimal *b,
                                   const weir_decimal **out)
{
    big x;
    big y;
    big product;
    big_load(&x, a->digits, a->count);
    big_load(&y, b->digits, b->count);
    big_multiply(&x, &y, &product);
    weir_work w;
    w.is_negative = a->is_negative != b->is_negative;
    w.exponent = (int64_t)a->exponent + b->exponent;
    big_store(&product, &w);
    return weir_work_fix(arena, &w, out);
}

/*
 * a / b (neither zero) with `precision` digits and one more. The quotient of an exact division
 * keeps no more zeros than the exponents of the operands ask for.
 */
static void quotient_of(const weir_digits *a, const weir_digits *b, int64_t precision,
                        weir_work *out)
{
    weir_work dividend;
    weir_work divisor;
    big rest;
    weir_work_load(&dividend, a);
    weir_work_load(&divisor, b);
    int64_t shift = (int64_t)b->count - (int64_t)a->count + precision + 1;
    if (shift >= 0)
        weir_work_pad(&dividend, dividend.exponent - shift);
    else
        weir_work_pad(&divisor, divisor.exponent + shift);
    divide(&dividend, &divisor, out, &rest);
    out->is_negative = a->is_negative != b->is_negative;
    int64_t ideal = a->exponent - b->exponent;
    out->exponent = ideal - shift;
    if (rest.count > 0) {
        /* Not exact: a last digit that is neither 0 nor 5 cannot be mistaken for a tie. */
        char *last = &out->digits[out->count - 1];
        if (*last == '0' || *last == '5')
            ++*last;
        return;
    }
    while (out->exponent < ideal && out->count > 1 && out->digits[out->count - 1] == '0') {
        out->count--;
        out->exponent++;
    }
}

weir_decimal_code weir_decimal_div(weir_arena *arena, const weir_decimal *a, const weir_decimal *b,
                                   const weir_decimal **out)
{
    weir_digits x = weir_digits_of(a);
    weir_digits y = weir_digits_of(b);
    if (weir_digits_zero(&y))
        return weir_digits_zero(&x) ? WEIR_DECIMAL_UNDEFINED : WEIR_DECIMAL_BY_ZERO;
    weir_work w;
    if (weir_digits_zero(&x)) {
        weir_work_load(&w, &x);
        w.is_negative = a->is_negative != b->is_negative;
        w.exponent = (int64_t)a->exponent - b->exponent;
    } else {
        quotient_of(&x, &y, PRECISION, &w);
    }
    return weir_work_fix(arena, &w, out);
}

/* Whole quotient and remainder, neither rounded yet. b is not zero. */
static weir_decimal_code divide_whole(const weir_decimal *a, const weir_decimal *b,
                                      weir_work *quotient, weir_work *remainder)
{
    weir_digits x = weir_digits_of(a);
    weir_digits y = weir_digits_of(b);
    int64_t ideal = x.exponent < y.exponent ? x.exponent : y.exponent;
    int64_t difference = weir_digits_adjusted(&x) - weir_digits_adjusted(&y);
    quotient->is_negative = x.is_negative != y.is_negative;
    quotient->exponent = 0;
    if (weir_digits_zero(&x) || difference <= -2) {
        quotient->count = 1;
        quotient->digits[0] = '0';
        weir_work_load(remainder, &x);
        if (weir_digits_zero(&x))
            remainder->exponent = ideal;
        else
            weir_work_pad(remainder, ideal);
        return WEIR_DECIMAL_OK;
    }
    if (difference > PRECISION)
        return WEIR_DECIMAL_IMPOSSIBLE;
    weir_work divisor;
    weir_work_load(remainder, &x);
    weir_work_load(&divisor, &y);
    weir_work_pad(x.exponent >= y.exponent ? remainder : &divisor, ideal);
    big rest;
    divide(remainder, &divisor, quotient, &rest);
    if (quotient->count > PRECISION)
        return WEIR_DECIMAL_IMPOSSIBLE;
    big_store(&rest, remainder);
    remainder->exponent = ideal;
    return WEIR_DECIMAL_OK;
}

weir_decimal_code weir_decimal_floordiv(weir_arena *arena, const weir_decimal *a,
                                        const weir_decimal *b, const weir_decimal **out)
{
    if (weir_decimal_is_zero(b))
        return weir_decimal_is_zero(a) ? WEIR_DECIMAL_UNDEFINED : WEIR_DECIMAL_BY_ZERO;
    weir_work quotient;
    weir_work remainder;
    weir_decimal_code code = divide_whole(a, b, &quotient, &remainder);
    return code == WEIR_DECIMAL_OK ? weir_work_fix(arena, &quotient, out) : code;
}

weir_decimal_code weir_decimal_rem(weir_arena *arena, const weir_decimal *a, const weir_decimal *b,
                                   const weir_decimal **out)
{
    if (weir_decimal_is_zero(b))
        return WEIR_DECIMAL_UNDEFINED;
    weir_work quotient;
    weir_work remainder;
    weir_decimal_code code = divide_whole(a, b, &quotient, &remainder);
    return code == WEIR_DECIMAL_OK ? weir_work_fix(arena, &remainder, out) : code;
}

/* ------------------------------------------------------------------ power */

enum { POWER_MAX = 999999999, POWER_DIGITS = 9 };

static bool whole_power(const weir_decimal *d, int64_t *power)
{
    if (!weir_decimal_is_integral(d))
        return false;
    *power = 0;
    if (weir_decimal_is_zero(d))
        return true;
    int64_t digits = (int64_t)d->count + d->exponent;
    if (digits > POWER_DIGITS)
        return false;
    for (int64_t i = 0; i < digits; i++)
        *power = *power * 10 + (i < (int64_t)d->count ? d->digits[i] - '0' : 0);
    if (d->is_negative)
        *power = -*power;
    return true;
}

/* Keeps `precision` digits of w, half-even. */
static void keep_digits(weir_work *w, int64_t precision)
{
    weir_work_trim(w);
    int64_t excess = (int64_t)w->count - precision;
    if (excess <= 0)
        return;
    weir_work_round(w, w->exponent + excess, WEIR_ROUND_HALF_EVEN);
    if ((int64_t)w->count > precision) {
        w->count--;
        w->exponent++;
    }
}

static void multiply_work(weir_work *a, const weir_work *b, int64_t precision)
{
    big x;
    big y;
    big product;
    big_load(&x, a->digits, a->count);
    big_load(&y, b->digits, b->count);
    big_multiply(&x, &y, &product);
    a->is_negative = a->is_negative != b->is_negative;
    a->exponent += b->exponent;
    big_store(&product, a);
    keep_digits(a, precision);
}

/* +-1 ** n keeps its places: 1.00 ** 2 is 1.0000. */
static weir_decimal_code power_of_one(weir_arena *arena, const weir_decimal *a, int64_t power,
                                      bool is_negative, const weir_decimal **out)
{
    int64_t places = power < 0 ? 0 : -(int64_t)a->exponent * power;
    if (places > PRECISION - 1)
        places = PRECISION - 1;
    if (places < 0)
        places = 0;
    weir_work w = {is_negative, 0, 1, "1"};
    weir_work_pad(&w, -places);
    return weir_work_fix(arena, &w, out);
}

static weir_decimal_code power_of_zero(weir_arena *arena, int64_t power, bool is_negative,
                                       const weir_decimal **out)
{
    if (power == 0)
        return WEIR_DECIMAL_UNDEFINED;
    if (power < 0)
        return WEIR_DECIMAL_BY_ZERO;
    weir_work w = {is_negative, 0, 1, "0"};
    return weir_work_fix(arena, &w, out);
}

static bool is_one(const weir_decimal *a)
{
    static const weir_digits one = {false, 0, "1", 1};
    weir_digits size = weir_digits_of(a);
    size.is_negative = false;
    return weir_digits_compare(&size, &one) == 0;
}

/* Square and multiply from the top, with as many guard digits as libmpdec uses. An exponent that
 * has left the range cannot come back, so growing ends early. */
static weir_decimal_code raise(weir_arena *arena, const weir_decimal *a, const weir_decimal *b,
                               int64_t power, const weir_decimal **out)
{
    uint64_t size = (uint64_t)(power < 0 ? -power : power);
    int64_t precision = PRECISION + (int64_t)b->count + b->exponent + 2;
    weir_digits base_digits = weir_digits_of(a);
    weir_work base;
    weir_work_load(&base, &base_digits);
    if (power < 0) {
        static const weir_digits one = {false, 0, "1", 1};
        precision++;
        quotient_of(&one, &base_digits, precision, &base);
        keep_digits(&base, precision);
    }
    weir_work w = base;
    const int64_t bound = 4 * (int64_t)WEIR_DECIMAL_EXPONENT_MAX;
    for (uint64_t bit = UINT64_C(1) << (63 - __builtin_clzll(size)); bit >>= 1;) {
        multiply_work(&w, &w, precision);
        if (size & bit)
            multiply_work(&w, &base, precision);
        int64_t adjusted = w.exponent + (int64_t)w.count - 1;
        if (adjusted > bound || adjusted < -bound)
            break;
    }
    w.is_negative = a->is_negative && size % 2 == 1;
    return weir_work_fix(arena, &w, out);
}

weir_decimal_code weir_decimal_pow(weir_arena *arena, const weir_decimal *a, const weir_decimal *b,
                                   const weir_decimal **out)
{
    int64_t power;
    if (!whole_power(b, &power))
        return WEIR_DECIMAL_UNSUPPORTED;
    bool is_negative = a->is_negative && power % 2 != 0;
    if (weir_decimal_is_zero(a))
        return power_of_zero(arena, power, is_negative, out);
    if (power == 0) {
        weir_work w = {false, 0, 1, "1"};
        return weir_work_fix(arena, &w, out);
    }
    if (is_one(a))
        return power_of_one(arena, a, power, is_negative, out);
    return raise(arena, a, b, power, out);
}

/* ------------------------------------------------------------------ one operand */

enum { KEEP, NEGATE, POSITIVE };

static weir_decimal_code apply_sign(weir_arena *arena, const weir_decimal *a, int sign,
                                    const weir_decimal **out)
{
    weir_digits digits = weir_digits_of(a);
    weir_work w;
    weir_work_load(&w, &digits);
    if (sign == NEGATE)
        w.is_negative = !w.is_negative;
    if (sign == POSITIVE || weir_decimal_is_zero(a))
        w.is_negative = false;
    return weir_work_fix(arena, &w, out);
}

weir_decimal_code weir_decimal_neg(weir_arena *arena, const weir_decimal *a,
                                   const weir_decimal **out)
{
    return apply_sign(arena, a, NEGATE, out);
}

weir_decimal_code weir_decimal_abs(weir_arena *arena, const weir_decimal *a,
                                   const weir_decimal **out)
{
    return apply_sign(arena, a, POSITIVE, out);
}

weir_decimal_code weir_decimal_plus(weir_arena *arena, const weir_decimal *a,
                                    const weir_decimal **out)
{
    return apply_sign(arena, a, KEEP, out);
}

weir_decimal_code weir_decimal_quantize(weir_arena *arena, const weir_decimal *a, int64_t exponent,
                                        weir_rounding rounding, const weir_decimal **out)
{
    if (exponent > WEIR_DECIMAL_EXPONENT_MAX ||
        exponent < -WEIR_DECIMAL_EXPONENT_MAX - PRECISION + 1)
        return WEIR_DECIMAL_IMPOSSIBLE;
    weir_digits digits = weir_digits_of(a);
    weir_work w;
    weir_work_load(&w, &digits);
    if (weir_digits_zero(&digits)) {
        w.exponent = exponent;
        return weir_work_fix(arena, &w, out);
    }
    if (weir_digits_adjusted(&digits) - exponent + 1 > PRECISION)
        return WEIR_DECIMAL_IMPOSSIBLE;
    if (exponent <= w.exponent)
        weir_work_pad(&w, exponent);
    else
        weir_work_round(&w, exponent, rounding);
    if (w.count > PRECISION)
        return WEIR_DECIMAL_IMPOSSIBLE;
    return weir_work_fix(arena, &w, out);
}

weir_decimal_code weir_decimal_round_int(weir_arena *arena, const weir_decimal *a,
                                         weir_rounding rounding, weir_value *out)
{
    weir_digits digits = weir_digits_of(a);
    weir_work w;
    weir_work_load(&w, &digits);
    if (weir_digits_zero(&digits))
        w.exponent = 0;
    else if (w.exponent < 0)
        weir_work_round(&w, 0, rounding);
    if ((int64_t)w.count + w.exponent > WEIR_DECIMAL_DIGITS_MAX)
        return WEIR_DECIMAL_LIMIT;
    weir_work_pad(&w, 0);
    bool is_negative = w.is_negative && !weir_work_is_zero(&w);
    char *text = weir_arena_alloc(arena, w.count + 1);
    if (!text)
        return WEIR_DECIMAL_NOMEM;
    text[0] = '-';
    memcpy(text + 1, w.digits, w.count);
    weir_value raw =
        weir_value_str((weir_str){is_negative ? text : text + 1, w.count + is_negative});
    raw.kind = WEIR_RAW;
    raw.aux = WEIR_RAW_NUMBER;
    raw.flags = WEIR_VALUE_INTEGRAL | WEIR_VALUE_ASCII;
    *out = weir_json_number(&raw);
    return WEIR_DECIMAL_OK;
}

weir_decimal_code weir_decimal_to_int(weir_arena *arena, const weir_decimal *d, weir_value *out)
{
    return weir_decimal_round_int(arena, d, WEIR_ROUND_DOWN, out);
}
