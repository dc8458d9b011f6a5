/* SPDX-License-Identifier: MIT */
/*
 * Builtins over numbers: the conversions (int, float, bool, Decimal), and abs round divmod pow hex
 * ord chr. float() of a number or a numeric text is one parse, nothing else: it is what most specs
 * do most of the time.
 */
#include <math.h>
#include <stdio.h>

#include "expr/typed.h"
#include "util/encode.h"
#include "util/number.h"
#include "util/utf8.h"

/* ------------------------------------------------------------------ float */

static bool float_of_text(weir_vm *vm, const weir_value *v, weir_value *out)
{
    double f;
    if (weir_double_parse(weir_value_text(v), &f)) {
        *out = weir_value_float(f);
        return true;
    }
    return weir_vm_fail(vm, WEIR_RAISE_VALUE, "could not convert string to float: %s",
                        weir_vm_show(vm, v));
}

static bool call_float(weir_vm *vm, const weir_call *call, weir_value *out)
{
    const weir_value *v = weir_arg(call, 0);
    double f;
    if (v->kind == WEIR_STR)
        return float_of_text(vm, v, out);
    if (v->kind == WEIR_RAW && v->aux == WEIR_RAW_NUMBER &&
        weir_double_parse_json(weir_value_text(v), &f)) {
        *out = weir_value_float(f);
        return true;
    }
    weir_value room;
    const weir_value *t = weir_typed(vm, v, &room);
    if (!t)
        return false;
    switch (t->kind) {
    case WEIR_ABSENT: *out = weir_value_float(0.0); return true;
    case WEIR_FLOAT: *out = *t; return true;
    case WEIR_STR:
    case WEIR_BYTES: return float_of_text(vm, t, out);
    case WEIR_BOOL:
    case WEIR_INT:
    case WEIR_BIGINT:
    case WEIR_DECIMAL:
        if (!weir_need_double(vm, t, "float() argument", &f))
            return false;
        *out = weir_value_float(f);
        return true;
    default:
        return weir_vm_fail(vm, WEIR_RAISE_TYPE,
                            "float() argument must be a string or a real number, not '%s' (%s)",
                            weir_value_type_name(t), weir_vm_show(vm, t));
    }
}

/* ------------------------------------------------------------------ int */

static bool fail_literal(weir_vm *vm, int64_t base, const weir_value *v)
{
    return weir_vm_fail(vm, WEIR_RAISE_VALUE, "invalid literal for int() with base %lld: %s",
                        (long long)base, weir_vm_show(vm, v));
}

/* The digits of a well-formed decimal text beyond int64: sign kept, zeros and underscores not. */
static bool big_of_text(weir_vm *vm, weir_str text, weir_value *out)
{
    char *room = weir_vm_alloc(vm, text.len + 1);
    if (!room)
        return false;
    size_t len = 0, digits_from = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '-')
            room[len++] = c, digits_from = 1;
        else if (c >= '0' && c <= '9' && (c != '0' || len > digits_from))
            room[len++] = c;
    }
    *out = weir_value_str((weir_str){room, len});
    out->kind = WEIR_BIGINT;
    return true;
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'z' ? c - 'a' + 10 : 99;
}

static weir_str trimmed(weir_str s)
{
    while (s.len && (s.ptr[0] == ' ' || (s.ptr[0] >= '\t' && s.ptr[0] <= '\r')))
        s.ptr++, s.len--;
    while (s.len &&
           (s.ptr[s.len - 1] == ' ' || (s.ptr[s.len - 1] >= '\t' && s.ptr[s.len - 1] <= '\r')))
        s.len--;
    return s;
}

/* The base that a prefix says ("0x"), which must agree with the one asked for; 0 asks for it. */
static int64_t take_prefix(weir_str *s, int64_t base)
{
    if (s->len < 2 || s->ptr[0] != '0')
        return base ? base : 10;
    char c = s->ptr[1] | 0x20;
    int64_t named = c == 'x' ? 16 : c == 'o' ? 8 : c == 'b' ? 2 : 0;
    if (named == 0 || (base != 0 && base != named))
        return base ? base : -1; /* base 0 allows "0" and "00" but not "012" */
    s->ptr += 2;
    s->len -= 2;
    if (s->len && s->ptr[0] == '_')
        s->ptr++, s->len--;
    return named;
}

static bool all_zero(weir_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] != '0' && s.ptr[i] != '_')
            return false;
    return true;
}

static bool int_of_base(weir_vm *vm, const weir_value *v, int64_t base, weir_value *out)
{
    weir_str s = trimmed(weir_value_text(v));
    int64_t asked = base;
    bool is_negative = s.len && s.ptr[0] == '-';
    if (s.len && (s.ptr[0] == '-' || s.ptr[0] == '+'))
        s.ptr++, s.len--;
    base = take_prefix(&s, base);
    if (base < 0)
        base = all_zero(s) ? 10 : 0;
    unsigned __int128 i = 0;
    bool was_digit = false;
    for (size_t at = 0; at < s.len; at++) {
        if (s.ptr[at] == '_' && was_digit) {
            was_digit = false;
            continue;
        }
        int digit = digit_value(s.ptr[at]);
        if (digit >= base)
            return fail_literal(vm, asked, v);
        if (i >> 120)
            return weir_vm_fail(vm, WEIR_RAISE_OVERFLOW, "int(%s, %lld) is beyond 120 bits",
                                weir_vm_show(vm, v), (long long)asked);
        i = i * (unsigned)base + (unsigned)digit;
        was_digit = true;
    }
    if (!was_digit)
        return fail_literal(vm, asked, v);
    return weir_int128_value(vm, is_negative ? -(__int128)i : (__int128)i, out);
}

static bool int_of_text(weir_vm *vm, const weir_value *v, weir_value *out)
{
    int64_t i;
    switch (weir_int_parse(weir_value_text(v), &i)) {
    case WEIR_INT_OK: *out = weir_value_int(i); return true;
    case WEIR_INT_OVERFLOW:
        if (v->len > WEIR_NUMBER_DIGITS_MAX)
            return weir_vm_fail(vm, WEIR_RAISE_VALUE,
                                "Exceeds the limit (%d digits) for integer string conversion",
                                WEIR_NUMBER_DIGITS_MAX);
        return big_of_text(vm, weir_value_text(v), out);
    default: return fail_literal(vm, 10, v);
    }
}

static bool int_with_base(weir_vm *vm, const weir_value *v, const weir_value *base_arg,
                          weir_value *out)
{
    int64_t base;
    if (!weir_need_int(vm, base_arg, "base", &base))
        return false;
    if (base != 0 && (base < 2 || base > 36))
        return weir_vm_fail(vm, WEIR_RAISE_VALUE, "int() base must be >= 2 and <= 36, or 0");
    if (v->kind != WEIR_STR && v->kind != WEIR_BYTES)
        return weir_vm_fail(vm, WEIR_RAISE_TYPE,
                            "int() can't convert non-string with explicit base (%s)",
                            weir_vm_show(vm, v));
    return base == 10 ? int_of_text(vm, v, out) : int_of_base(vm, v, base, out);
}

static bool call_int(weir_vm *vm, const weir_call *call, weir_value *out)
{
    weir_value room;
    const weir_value *t = weir_typed(vm, weir_arg(call, 0), &room);
    if (!t)
        return false;
    if (weir_given(call, 1))
        return int_with_base(vm, t, weir_arg(call, 1), out);
    switch (t->kind) {
    case WEIR_ABSENT: *out = weir_value_int(0); return true;
    case WEIR_BOOL:
    case WEIR_INT: *out = weir_value_int(t->i); return true;
    case WEIR_BIGINT: *out = *t; return true;
    case WEIR_FLOAT: return weir_int_from_double(vm, t->f, out);
    case WEIR_STR:
    case WEIR_BYTES: return int_of_text(vm, t, out);
    case WEIR_DECIMAL:
        return weir_decimal_ok(vm, weir_decimal_to_int(vm->arena, t->decimal, out), "int()");
    default:
        return weir_vm_fail(vm, WEIR_RAISE_TYPE,
                            "int() argument must be a string, a bytes-like "
                            "object or a real number, not '%s' (%s)",
                            weir_value_type_name(t), weir_vm_show(vm, t));
    }
}

/* ------------------------------------------------------------------ bool, Decimal */

static bool call_bool(weir_vm *vm, const weir_call *call, weir_value *out)
{
    bool is_true;
    if (!weir_op_truth(vm, weir_arg(call, 0), &is_true))
        return false;
    *out = weir_value_bool(is_true);
    return true;
}

static bool call_decimal(weir_vm *vm, const weir_call *call, weir_value *out)
{
    const weir_decimal *d = NULL;
    weir_value room;
    const weir_value *v = weir_arg(call, 0), *t;
    weir_decimal_code code;
    if (v->kind == WEIR_ABSENT) {
        code = (d = weir_decimal_from_int(vm->arena, 0)) ? WEIR_DECIMAL_OK : WEIR_DECIMAL_NOMEM;
    } else if (weir_is_raw(v, WEIR_RAW_NUMBER)) {
        code = weir_decimal_from_value(vm->arena, v, &d); /* the digits as they were sent */
    } else {
        if (!(t = weir_typed(vm, v, &room)))
            return false;
        v = t;
        if (t->kind == WEIR_STR)
            code = weir_decimal_parse(vm->arena, weir_value_text(t), &d);
        else if (weir_number_is(t))
            code = weir_decimal_from_value(vm->arena, t, &d);
        else
            return weir_vm_fail(vm, WEIR_RAISE_TYPE,
                                "conversion from %s to Decimal is not supported (%s)",
                                weir_value_type_name(t), weir_vm_show(vm, t));
    }
    if (code != WEIR_DECIMAL_OK) {
        char what[128];
        snprintf(what, sizeof(what), "Decimal(%s)", weir_vm_show(vm, v));
        return weir_decimal_ok(vm, code, what);
    }
    *out = weir_value_decimal(d);
    return true;
}

/* ------------------------------------------------------------------ abs, divmod, pow */

static bool call_abs(weir_vm *vm, const weir_call *call, weir_value *out)
{
    weir_value room;
    const weir_value *t = weir_typed(vm, weir_arg(call, 0), &room);
    if (!t)
        return false;
    const weir_decimal *d;
    switch (t->kind) {
    case WEIR_BOOL:
    case WEIR_INT: return weir_int128_value(vm, t->i < 0 ? -(__int128)t->i : t->i, out);
    case WEIR_FLOAT: *out = weir_value_float(fabs(t->f)); return true;
    case WEIR_TIMEDELTA:
        *out = *t;
        out->i = t->i < 0 ? -t->i : t->i;
        return true;
    case WEIR_BIGINT: {
        if (t->s[0] == '-')
            return weir_op_unary(vm, WEIR_UNARY_MINUS, t, out);
        *out = *t;
        return true;
    }
    case WEIR_DECIMAL:
        if (!weir_decimal_ok(vm, weir_decimal_abs(vm->arena, t->decimal, &d), "abs()"))
            return false;
        *out = weir_value_decimal(d);
        return true;
    default:
        return weir_vm_fail(vm, WEIR_RAISE_TYPE, "bad operand type for abs(): '%s' (%s)",
                            weir_value_type_name(t), weir_vm_show(vm, t));
    }
}

static bool call_divmod(weir_vm *vm, const weir_call *call, weir_value *out)
{
    weir_value *pair;
    const weir_value *a = weir_arg(call, 0), *b = weir_arg(call, 1);
    /* The rest first: by zero it is another error for Decimals, and the one that divmod() has. */
    return weir_list_room(vm, WEIR_TUPLE, 2, out, &pair) &&
           weir_op_binary(vm, WEIR_BINARY_MOD, a, b, &pair[1]) &&
           weir_op_binary(vm, WEIR_BINARY_FLOORDIV, a, b, &pair[0]);
}

/* x becomes the number that times x is 1 modulo n, if there is one: Euclid's algorithm. */
static bool invert(unsigned __int128 *x, unsigned __int128 n)
{
    __int128 rest = (__int128)n, next = (__int128)*x, factor = 0, next_factor = 1;
    while (next) {
        __int128 times = rest / next, t = rest - times * next, f = factor - times * next_factor;
        rest = next;
        next = t;
        factor = next_factor;
        next_factor = f;
    }
    *x = (unsigned __int128)(factor < 0 ? factor + (__int128)n : factor) % n;
    return rest == 1;
}

static bool call_pow(weir_vm *vm, const weir_call *call, weir_value *out)
{
    const weir_value *m = weir_arg(call, 2);
    if (m->kind == WEIR_ABSENT || m->kind == WEIR_NONE)
        return weir_op_binary(vm, WEIR_BINARY_POW, weir_arg(call, 0), weir_arg(call, 1), out);
    int64_t base, exponent, modulus;
    if (!weir_need_int(vm, weir_arg(call, 0), "base", &base) ||
        !weir_need_int(vm, weir_arg(call, 1), "exp", &exponent) ||
        !weir_need_int(vm, m, "mod", &modulus))
        return false;
    if (modulus == 0)
        return weir_vm_fail(vm, WEIR_RAISE_VALUE, "pow() 3rd argument cannot be 0");
    unsigned __int128 n = modulus < 0 ? -(unsigned __int128)modulus : (unsigned __int128)modulus;
    __int128 reduced = (__int128)base % (__int128)n;
    unsigned __int128 square = (unsigned __int128)(reduced < 0 ? reduced + (__int128)n : reduced);
    unsigned __int128 power = 1 % n;
    if (exponent < 0 && !invert(&square, n))
        return weir_vm_fail(vm, WEIR_RAISE_VALUE, "base is not invertible for the given modulus");
    uint64_t left = exponent < 0 ? -(uint64_t)exponent : (uint64_t)exponent;
    for (; left; left >>= 1) {
        if (left & 1)
            power = power * square % n; /* both below 2^63 */
        square = square * square % n;
    }
    *out = weir_value_int(modulus < 0 && power ? (int64_t)((__int128)power - (__int128)n)
                                               : (int64_t)power);
    return true;
}

/* ------------------------------------------------------------------ round */

/* Most roundings: the scaled value is clearly on one side of a half, so the answer is the double
 * nearest to a whole number over a power of ten, which one division gives exactly. */
static bool round_fast(double x, int64_t digits, double *out)
{
    static const double powers[] = {1e0, 1e1, 1e2, 1e3,  1e4,  1e5, 1e6,
                                    1e7, 1e8, 1e9, 1e10, 1e11, 1e12};
    if (digits < 0 || digits > 12)
        return false;
    double scaled = x * powers[digits];
    if (!(fabs(scaled) < 0x1p40))
        return false;
    double whole = rint(scaled);
    if (fabs(fabs(scaled - whole) - 0.5) < 1e-3)
        return false;
    *out = copysign(whole / powers[digits], x);
    return true;
}

/* Half-even on the exact decimal expansion, as text: no double rounding for any count of digits. */
static double round_exact(double x, int64_t digits)
{
    enum { EXACT = 1074 }; /* fraction digits of the smallest double */
    char text[320 + 1 + EXACT + 16];
    int whole_len = 0;
    int len = snprintf(text, sizeof(text), "%.*f", EXACT, fabs(x));
    while (whole_len < len && text[whole_len] >= '0' && text[whole_len] <= '9')
        whole_len++;
    char number[sizeof(text)]; /* a leading zero for the carry, then all digits without the point */
    size_t n = 0;
    number[n++] = '0';
    for (int i = 0; i < len; i++)
        if (text[i] >= '0' && text[i] <= '9')
            number[n++] = text[i];
    int64_t keep = 1 + whole_len + digits; /* digits of `number` that stay */
    if (keep < 1)
        return copysign(0.0, x);
    if ((size_t)keep >= n)
        return x;
    bool is_above = number[keep] > '5', is_half = number[keep] == '5';
    for (size_t i = (size_t)keep + 1; i < n && is_half; i++)
        if (number[i] != '0')
            is_above = true, is_half = false;
    if (is_above || (is_half && (number[keep - 1] & 1)))
        for (int64_t i = keep - 1; ++number[i] > '9'; i--)
            number[i] = '0';
    char digits_text[sizeof(number) + 16];
    int made = snprintf(digits_text, sizeof(digits_text), "%.*se%lld", (int)keep, number,
                        (long long)-digits);
    double rounded = x;
    weir_double_parse((weir_str){digits_text, (size_t)made}, &rounded);
    return copysign(rounded, x);
}

static bool round_float(weir_vm *vm, double x, int64_t digits, weir_value *out)
{
    double rounded = x;
    if (isfinite(x) && digits <= 323) {
        if (digits < -308)
            rounded = copysign(0.0, x);
        else if (!round_fast(x, digits, &rounded))
            rounded = round_exact(x, digits);
    }
    if (isinf(rounded) && isfinite(x))
        return weir_vm_fail(vm, WEIR_RAISE_OVERFLOW, "rounded value too large to represent");
    *out = weir_value_float(rounded);
    return true;
}

static bool round_int(weir_vm *vm, const weir_value *v, int64_t digits, weir_value *out)
{
    *out = v->kind == WEIR_BIGINT ? *v : weir_value_int(v->i);
    if (digits >= 0)
        return true;
    if (v->kind == WEIR_BIGINT)
        return weir_vm_fail(vm, WEIR_RAISE_OVERFLOW, "round() of an integer beyond 64 bits (%s)",
                            weir_vm_show(vm, v));
    __int128 unit = 1;
    for (int64_t i = digits; i < 0 && unit < (__int128)1 << 66; i++)
        unit *= 10;
    __int128 rest = v->i % unit;
    if (rest < 0)
        rest += unit;
    __int128 low = v->i - rest;
    bool is_up = rest * 2 > unit || (rest * 2 == unit && low / unit % 2 != 0);
    return weir_int128_value(vm, is_up ? low + unit : low, out);
}

static bool round_decimal(weir_vm *vm, const weir_value *v, const weir_value *digits_arg,
                          weir_value *out)
{
    const weir_decimal *d;
    int64_t digits;
    if (digits_arg->kind == WEIR_ABSENT || digits_arg->kind == WEIR_NONE)
        return weir_decimal_ok(
            vm, weir_decimal_round_int(vm->arena, v->decimal, WEIR_ROUND_HALF_EVEN, out),
            "round()");
    if (!weir_need_int(vm, digits_arg, "ndigits", &digits))
        return false;
    if (digits > WEIR_DECIMAL_EXPONENT_MAX || digits < -WEIR_DECIMAL_EXPONENT_MAX)
        return weir_decimal_ok(vm, WEIR_DECIMAL_IMPOSSIBLE, "round()");
    if (!weir_decimal_ok(
            vm, weir_decimal_quantize(vm->arena, v->decimal, -digits, WEIR_ROUND_HALF_EVEN, &d),
            "round()"))
        return false;
    *out = weir_value_decimal(d);
    return true;
}

static bool call_round(weir_vm *vm, const weir_call *call, weir_value *out)
{
    weir_value room;
    const weir_value *t = weir_typed(vm, weir_arg(call, 0), &room), *n = weir_arg(call, 1);
    if (!t)
        return false;
    if (t->kind == WEIR_DECIMAL)
        return round_decimal(vm, t, n, out);
    bool is_to_int = n->kind == WEIR_ABSENT || n->kind == WEIR_NONE;
    int64_t digits;
    if (!weir_need_int_or(vm, n, "ndigits", 0, &digits))
        return false;
    if (t->kind == WEIR_FLOAT)
        return is_to_int ? weir_int_from_double(vm, isfinite(t->f) ? rint(t->f) : t->f, out)
                         : round_float(vm, t->f, digits, out);
    if (weir_is_int(t) || t->kind == WEIR_BIGINT)
        return round_int(vm, t, digits, out);
    return weir_vm_fail(vm, WEIR_RAISE_TYPE, "type %s doesn't define __round__ method (%s)",
                        weir_value_type_name(t), weir_vm_show(vm, t));
}

/* ------------------------------------------------------------------ hex, ord, chr */

/* hex(255) is Python's '0xff'; hex(bytes) and hex(str) are the digits of the bytes. */
static bool call_hex(weir_vm *vm, const weir_call *call, weir_value *out)
{
    weir_value room;
    const weir_value *t = weir_typed(vm, weir_arg(call, 0), &room);
    if (!t)
        return false;
    if (t->kind == WEIR_STR || t->kind == WEIR_BYTES) {
        char *digits = weir_vm_alloc(vm, (size_t)t->len * 2);
        if (!digits)
            return false;
        weir_hex_write((weir_bytes){(const uint8_t *)t->s, t->len}, digits);
        *out = weir_value_str((weir_str){digits, (size_t)t->len * 2});
        out->flags = (uint8_t)(WEIR_VALUE_ASCII | (t->flags & WEIR_VALUE_SECRET));
        return true;
    }
    __int128 i;
    if (!(weir_is_int(t) || t->kind == WEIR_BIGINT) || !weir_int128_of(t, &i))
        return weir_vm_fail(vm, t->kind == WEIR_BIGINT ? WEIR_RAISE_OVERFLOW : WEIR_RAISE_TYPE,
                            "hex() takes bytes or an integer of up to 126 bits, not '%s' (%s)",
                            weir_value_type_name(t), weir_vm_show(vm, t));
    unsigned __int128 rest = i < 0 ? -(unsigned __int128)i : (unsigned __int128)i;
    char text[48];
    size_t at = sizeof(text);
    do {
        text[--at] = "0123456789abcdef"[(int)(rest & 15)];
    } while (rest >>= 4);
    text[--at] = 'x';
    text[--at] = '0';
    if (i < 0)
        text[--at] = '-';
    return weir_text_value(vm, WEIR_STR, text + at, sizeof(text) - at, WEIR_VALUE_ASCII, out);
}

static bool call_ord(weir_vm *vm, const weir_call *call, weir_value *out)
{
    weir_value room;
    const weir_value *t = weir_typed(vm, weir_arg(call, 0), &room);
    if (!t)
        return false;
    weir_str s = weir_value_text(t);
    uint32_t c;
    if (t->kind == WEIR_STR && weir_utf8_count(s) == 1 && weir_utf8_decode(s, &c)) {
        *out = weir_value_int(c);
        return true;
    }
    if (t->kind == WEIR_BYTES && s.len == 1) {
        *out = weir_value_int((uint8_t)s.ptr[0]);
        return true;
    }
    if (t->kind != WEIR_STR && t->kind != WEIR_BYTES)
        return weir_vm_fail(vm, WEIR_RAISE_TYPE,
                            "ord() expected string of length 1, but %s found (%s)",
                            weir_value_type_name(t), weir_vm_show(vm, t));
    return weir_vm_fail(vm, WEIR_RAISE_TYPE,
                        "ord() expected a character, but string of length %zu found (%s)",
                        t->kind == WEIR_STR ? weir_utf8_count(s) : s.len, weir_vm_show(vm, t));
}

static bool call_chr(weir_vm *vm, const weir_call *call, weir_value *out)
{
    int64_t i;
    char bytes[WEIR_UTF8_MAX];
    if (!weir_need_int(vm, weir_arg(call, 0), "chr() argument", &i))
        return false;
    if (i != (int32_t)i)
        return weir_vm_fail(vm, WEIR_RAISE_OVERFLOW, "chr() arg is far beyond 0x110000 (%lld)",
                            (long long)i);
    size_t n = i >= 0 && i <= 0x10FFFF ? weir_utf8_encode((uint32_t)i, bytes) : 0;
    if (n == 0)
        return weir_vm_fail(vm, WEIR_RAISE_VALUE,
                            "chr() arg not in range(0x110000), or a surrogate (%lld)",
                            (long long)i);
    return weir_text_value(vm, WEIR_STR, bytes, n, n == 1 ? WEIR_VALUE_ASCII : 0, out);
}

const weir_fn_row weir_fn_numbers[] = {
    {"float", "x? /", call_float, WEIR_FLOAT, WEIR_FN_PURE, "a number or numeric text as float"},
    {"int", "x? / base?", call_int, WEIR_KIND_COUNT, WEIR_FN_PURE,
     "a number, cut towards zero, or the integer that a text says"},
    {"bool", "x? /", call_bool, WEIR_BOOL, WEIR_FN_PURE, "the truth of a value"},
    {"Decimal", "value?", call_decimal, WEIR_DECIMAL, WEIR_FN_PURE,
     "an exact decimal number, from the digits as they were sent"},
    {"abs", "x /", call_abs, WEIR_KIND_COUNT, WEIR_FN_PURE, "the absolute value"},
    {"divmod", "a b /", call_divmod, WEIR_TUPLE, WEIR_FN_PURE, "(a // b, a % b)"},
    {"pow", "base exp mod?", call_pow, WEIR_KIND_COUNT, WEIR_FN_PURE, "base ** exp, modulo mod"},
    {"round", "number ndigits?", call_round, WEIR_KIND_COUNT, WEIR_FN_PURE,
     "rounded half to even, to a whole number or to ndigits"},
    {"hex", "x /", call_hex, WEIR_STR, WEIR_FN_PURE,
     "'0xff' of an integer; the digits of bytes or of a text's UTF-8"},
    {"ord", "c /", call_ord, WEIR_INT, WEIR_FN_PURE, "the code point of a character"},
    {"chr", "i /", call_chr, WEIR_STR, WEIR_FN_PURE, "the character of a code point"},
    {0},
};
