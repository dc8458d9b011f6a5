/* SPDX-License-Identifier: MIT */
/*
 * Arithmetic of Timestamp and Timedelta, exact in nanoseconds, with the errors of pandas. INT64_MIN
 * (pandas' NaT) is never a result, so negation cannot overflow.
 */
#include <math.h>

#include "expr/stamp.h"
#include "util/time.h"

weir_value weir_delta_value(int64_t ns)
{
    weir_value v = weir_value_int(ns);
    v.kind = WEIR_TIMEDELTA;
    return v;
}

static bool from_wide(weir_vm *vm, __int128 ns, const weir_value *like, weir_value *out)
{
    if (ns > INT64_MAX || ns <= INT64_MIN)
        return weir_vm_fail(vm, WEIR_RAISE_OVERFLOW, "beyond the range of %s: %s",
                            weir_value_type_name(like), weir_vm_show(vm, like));
    *out = *like;
    out->i = (int64_t)ns;
    return true;
}

static bool stamp_minus_stamp(weir_vm *vm, const weir_value *a, const weir_value *b,
                              weir_value *out)
{
    if ((a->aux == WEIR_ZONE_NAIVE) != (b->aux == WEIR_ZONE_NAIVE))
        return weir_vm_fail(vm, WEIR_RAISE_TYPE,
                            "Cannot subtract tz-naive and tz-aware datetime-like objects (%s - %s)",
                            weir_vm_show(vm, a), weir_vm_show(vm, b));
    weir_value like = weir_delta_value(0);
    return from_wide(vm, (__int128)a->i - b->i, &like, out);
}

static int64_t floor_quotient(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

static bool fail_zero(weir_vm *vm, const weir_value *a)
{
    return weir_vm_fail(vm, WEIR_RAISE_ZERO_DIVISION, "division by zero (of %s)",
                        weir_vm_show(vm, a));
}

static bool delta_by_delta(weir_vm *vm, weir_binary op, const weir_value *a, const weir_value *b,
                           weir_value *out)
{
    switch (op) {
    case WEIR_BINARY_ADD: return from_wide(vm, (__int128)a->i + b->i, a, out);
    case WEIR_BINARY_SUB: return from_wide(vm, (__int128)a->i - b->i, a, out);
    case WEIR_BINARY_DIV: /* of doubles, as in pandas */
        if (b->i == 0)
            return fail_zero(vm, a);
        *out = weir_value_float((double)a->i / (double)b->i);
        return true;
    case WEIR_BINARY_FLOORDIV:
        if (b->i == 0)
            return fail_zero(vm, a);
        *out = weir_value_int(floor_quotient(a->i, b->i));
        return true;
    case WEIR_BINARY_MOD:
        if (b->i == 0)
            return fail_zero(vm, a);
        *out = weir_delta_value((int64_t)(a->i - (__int128)floor_quotient(a->i, b->i) * b->i));
        return true;
    default: return weir_fail_operands(vm, "arithmetic", a, b);
    }
}

static bool delta_scaled(weir_vm *vm, const weir_value *delta, double f, weir_value *out)
{
    if (!(fabs(f) < 0x1p63))
        return from_wide(vm, (__int128)INT64_MAX + 1, delta, out);
    return from_wide(vm, (__int128)f, delta, out);
}

static bool delta_by_number(weir_vm *vm, weir_binary op, const weir_value *delta,
                            const weir_value *number, weir_value *out)
{
    bool is_int = weir_is_int(number);
    double n = is_int ? (double)number->i : number->f;
    if (op == WEIR_BINARY_MUL)
        return is_int ? from_wide(vm, (__int128)delta->i * number->i, delta, out)
                      : delta_scaled(vm, delta, n * (double)delta->i, out);
    if (n == 0.0)
        return fail_zero(vm, delta);
    if (op == WEIR_BINARY_DIV) {
        weir_value x = weir_value_int(delta->i), quotient;
        return weir_op_binary(vm, WEIR_BINARY_DIV, &x, number, &quotient) &&
               delta_scaled(vm, delta, quotient.f, out);
    }
    if (op == WEIR_BINARY_MOD) {
        weir_value by = weir_delta_value(is_int ? number->i : (int64_t)n);
        if (!is_int && !(fabs(n) >= 1.0 && fabs(n) < 0x1p62))
            return weir_fail_operands(vm, "%", delta, number);
        return delta_by_delta(vm, op, delta, &by, out);
    }
    if (is_int) {
        *out = weir_delta_value(floor_quotient(delta->i, number->i));
        return true;
    }
    return delta_scaled(vm, delta, floor((double)delta->i / n), out);
}

static bool is_real(const weir_value *v)
{
    return v->kind == WEIR_INT || v->kind == WEIR_FLOAT; /* pandas takes no bool */
}

static bool stamp_binary(weir_vm *vm, weir_binary op, const weir_value *a, const weir_value *b,
                         weir_value *out)
{
    bool is_add = op == WEIR_BINARY_ADD, is_sub = op == WEIR_BINARY_SUB;
    if (is_sub && a->kind == WEIR_TIMESTAMP && b->kind == WEIR_TIMESTAMP)
        return stamp_minus_stamp(vm, a, b, out);
    if (is_add && a->kind == WEIR_TIMEDELTA)
        return from_wide(vm, (__int128)a->i + b->i, b, out);
    if ((is_add || is_sub) && b->kind == WEIR_TIMEDELTA)
        return from_wide(vm, is_add ? (__int128)a->i + b->i : (__int128)a->i - b->i, a, out);
    if ((is_add || is_sub) && (weir_is_int(a) || weir_is_int(b)))
        return weir_vm_fail(vm, WEIR_RAISE_TYPE,
                            "Addition/subtraction of integers with Timestamp is not supported: "
                            "use pd.Timedelta(n, unit=...) (%s and %s)",
                            weir_vm_show(vm, a), weir_vm_show(vm, b));
    return weir_fail_operands(vm, is_add ? "+" : is_sub ? "-" : "arithmetic", a, b);
}

bool weir_time_binary(weir_vm *vm, weir_binary op, const weir_value *a, const weir_value *b,
                      weir_value *out, bool *is_handled)
{
    bool a_is_delta = a->kind == WEIR_TIMEDELTA, b_is_delta = b->kind == WEIR_TIMEDELTA;
    *is_handled = true;
    if (a->kind == WEIR_TIMESTAMP || b->kind == WEIR_TIMESTAMP)
        return stamp_binary(vm, op, a, b, out);
    if (a_is_delta && b_is_delta)
        return delta_by_delta(vm, op, a, b, out);
    bool scales = op == WEIR_BINARY_MUL || op == WEIR_BINARY_DIV || op == WEIR_BINARY_FLOORDIV ||
                  op == WEIR_BINARY_MOD;
    if (a_is_delta && is_real(b) && scales)
        return delta_by_number(vm, op, a, b, out);
    if (b_is_delta && is_real(a) && op == WEIR_BINARY_MUL)
        return delta_by_number(vm, op, b, a, out);
    *is_handled = false;
    return true;
}

/* ------------------------------------------------------------------ units and texts */

int64_t weir_time_unit(weir_str name, int *digits)
{
    static const struct {
        const char *name;
        int64_t ns;
        int digits; /* of the fraction of a float that pandas keeps */
    } units[] = {
        {"ns", 1, 0},
        {"N", 1, 0},
        {"nanosecond", 1, 0},
        {"us", 1000, 3},
        {"U", 1000, 3},
        {"microsecond", 1000, 3},
        {"micro", 1000, 3},
        {"nano", 1, 0},
        {"nanos", 1, 0},
        {"micros", 1000, 3},
        {"millis", 1000000, 6},
        {"milli", 1000000, 6},
        {"ms", 1000000, 6},
        {"L", 1000000, 6},
        {"millisecond", 1000000, 6},
        {"s", 1000000000, 9},
        {"S", 1000000000, 9},
        {"second", 1000000000, 9},
        {"sec", 1000000000, 9},
        {"m", 60000000000, 9},
        {"T", 60000000000, 9},
        {"min", 60000000000, 9},
        {"minute", 60000000000, 9},
        {"h", 3600000000000, 9},
        {"H", 3600000000000, 9},
        {"hour", 3600000000000, 9},
        {"hr", 3600000000000, 9},
        {"D", 86400000000000, 9},
        {"d", 86400000000000, 9},
        {"day", 86400000000000, 9},
        {"W", 604800000000000, 9},
        {"w", 604800000000000, 9},
        {"week", 604800000000000, 9},
    };
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
            if (weir_str_is(name, units[i].name)) {
                if (digits)
                    *digits = units[i].digits;
                return units[i].ns;
            }
        if (name.len < 4 || name.ptr[name.len - 1] != 's')
            return 0;
        name.len--; /* "seconds" */
    }
    return 0;
}

static bool scale_float(weir_vm *vm, const weir_value *value, double f, int64_t unit, int digits,
                        int64_t *ns)
{
    if (!(fabs(f) < 0x1p62))
        return weir_vm_fail(vm, WEIR_RAISE_OVERFLOW, "out of bounds: %s", weir_vm_show(vm, value));
    double whole = trunc(f), fraction = f - whole;
    static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
    if (digits) {
        /* round(fraction, digits) as Python rounds: the product of a fraction and 10^9 is exact
         * enough that only a tie could differ. */
        fraction = rint(fraction * powers[digits]) / powers[digits];
    }
    __int128 total = (__int128)whole * unit + (__int128)(fraction * (double)unit);
    if (total > INT64_MAX || total <= INT64_MIN)
        return weir_vm_fail(vm, WEIR_RAISE_OVERFLOW, "Out of bounds nanosecond time: %s",
                            weir_vm_show(vm, value));
    *ns = (int64_t)total;
    return true;
}

bool weir_time_scale(weir_vm *vm, const weir_value *value, const weir_value *unit_arg, int64_t *ns)
{
    int64_t unit = 1;
    int digits = 0;
    weir_str name;
    if (unit_arg->kind != WEIR_ABSENT && unit_arg->kind != WEIR_NONE) {
        if (!weir_need_str(vm, unit_arg, "unit", &name))
            return false;
        unit = weir_time_unit(name, &digits);
        if (unit == 0)
            return weir_vm_fail(vm, WEIR_RAISE_VALUE,
                                "invalid unit %s: use one of D h m s ms us ns",
                                weir_vm_show(vm, unit_arg));
    }
    if (value->kind == WEIR_FLOAT)
        return scale_float(vm, value, value->f, unit, digits, ns);
    __int128 total = value->kind == WEIR_INT ? (__int128)value->i * unit : (__int128)INT64_MAX + 1;
    if (total > INT64_MAX || total <= INT64_MIN)
        return weir_vm_fail(vm, WEIR_RAISE_OVERFLOW, "Out of bounds nanosecond time: %s",
                            weir_vm_show(vm, value));
    *ns = (int64_t)total;
    return true;
}

typedef struct cursor {
    const char *at, *end;
} cursor;

static bool at_digit(const cursor *c)
{
    return c->at < c->end && *c->at >= '0' && *c->at <= '9';
}

/* Digits and a fraction of up to nine places, times `unit`, added to *total. */
static bool take_amount(cursor *c, __int128 *whole, uint32_t *nanos)
{
    *whole = 0;
    *nanos = 0;
    if (!at_digit(c))
        return false;
    for (; at_digit(c); c->at++) {
        *whole = *whole * 10 + (*c->at - '0');
        if (*whole > (__int128)1 << 64)
            return false;
    }
    if (c->at >= c->end || *c->at != '.')
        return true;
    c->at++;
    int taken = 0;
    for (; at_digit(c); c->at++)
        if (taken < 9) {
            *nanos = *nanos * 10 + (uint32_t)(*c->at - '0');
            taken++;
        }
    for (; taken < 9; taken++)
        *nanos *= 10;
    return true;
}

/* ":MM:SS[.fraction]" behind the hours. */
static bool take_rest_of_clock(cursor *c, __int128 hours, __int128 *total)
{
    __int128 minutes, seconds;
    uint32_t nanos;
    c->at++;
    if (!take_amount(c, &minutes, &nanos) || nanos || c->at >= c->end || *c->at != ':')
        return false;
    c->at++;
    if (!take_amount(c, &seconds, &nanos) || minutes > 59 || seconds > 59 || c->at != c->end)
        return false;
    *total += ((hours * 60 + minutes) * 60 + seconds) * WEIR_NS_PER_S + nanos;
    return true;
}

/* An amount and its unit, or the rest of a clock; *total grows. */
static bool take_part(cursor *c, bool is_first, __int128 *total)
{
    __int128 amount;
    uint32_t nanos;
    if (!take_amount(c, &amount, &nanos))
        return false;
    if (c->at < c->end && *c->at == ':')
        return take_rest_of_clock(c, amount, total);
    while (c->at < c->end && *c->at == ' ')
        c->at++;
    const char *word = c->at;
    while (c->at < c->end && ((*c->at | 0x20) >= 'a' && (*c->at | 0x20) <= 'z'))
        c->at++;
    weir_str name = {word, (size_t)(c->at - word)};
    bool is_bare = name.len == 0 && is_first && c->at == c->end && nanos == 0; /* nanoseconds */
    int64_t unit = name.len ? weir_time_unit(name, NULL) : is_bare;
    *total += amount * unit + (__int128)nanos * unit / WEIR_NS_PER_S;
    return unit != 0 && *total <= INT64_MAX;
}

bool weir_delta_parse(weir_str text, int64_t *ns)
{
    cursor c = {text.ptr, text.ptr + text.len};
    __int128 sum = 0, part = 0;
    bool is_negative = false, has_any = false, has_part = false;
    while (c.at < c.end) {
        if (*c.at == ' ' || *c.at == ',') {
            c.at++;
        } else if (*c.at == '-' || *c.at == '+') {
            /* A sign is for what follows, up to the next one: "-1 days +23:00:00". */
            sum += is_negative ? -part : part;
            part = 0;
            has_part = false;
            is_negative = *c.at++ == '-';
        } else {
            if (!take_part(&c, !has_any, &part))
                return false;
            has_any = has_part = true;
        }
    }
    sum += is_negative ? -part : part;
    if (!has_part || sum > INT64_MAX || sum <= INT64_MIN)
        return false;
    *ns = (int64_t)sum;
    return true;
}
