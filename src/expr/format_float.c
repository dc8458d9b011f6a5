/* SPDX-License-Identifier: MIT */
/*
 * float and Decimal by format specs. The digits of a float come from the C library's printf, which
 * rounds exactly; its decimal point, which may be the locale's, is replaced.
 */
#include "expr/format.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "util/number.h"

/* ------------------------------------------------------------------ float */

/* printf into the buffer with '.' for the point. */
static bool put_printf(weir_vm *vm, const char *format, int precision, double x, weir_buf *out)
{
    size_t most = (size_t)precision + 340;
    if (!weir_text_room(vm, out, most) || !weir_vm_charge(vm, most / 32))
        return false;
    char *room = weir_buf_reserve(out, most);
    if (!room)
        return weir_text_room(vm, out, 0);
    int len = snprintf(room, most, format, precision, x);
    char *to = room;
    bool has_point = false;
    for (int i = 0; i < len; i++) {
        char c = room[i];
        bool is_plain = (c >= '0' && c <= '9') || c == 'e' || c == 'E' || c == '+' || c == '-';
        if (is_plain)
            *to++ = c;
        else if (!has_point)
            *to++ = '.', has_point = true;
    }
    out->len += (size_t)(to - room);
    return true;
}

/* repr's digits with '#': a point is always there. */
static void put_repr(double x, bool is_alternate, weir_buf *out)
{
    char text[WEIR_NUMBER_TEXT_MAX];
    weir_str repr = {text, weir_double_repr(x, text)};
    const char *e = memchr(repr.ptr, 'e', repr.len);
    size_t mantissa = e ? (size_t)(e - repr.ptr) : repr.len;
    weir_buf_put(out, (weir_str){repr.ptr, mantissa});
    if (is_alternate && !memchr(repr.ptr, '.', mantissa))
        weir_buf_putc(out, '.');
    weir_buf_put(out, (weir_str){repr.ptr + mantissa, repr.len - mantissa});
}

/* The power of ten of the first digit, once x is rounded to `precision` digits. */
static int exponent_of(double x, int precision)
{
    char text[64];
    snprintf(text, sizeof(text), "%.*e", precision > 40 ? 40 : precision - 1, x);
    const char *e = strchr(text, 'e');
    return e ? (int)strtol(e + 1, NULL, 10) : 0;
}

/* "%#g" by its definition: the C library forgets the zeros where rounding makes one digit more. */
static bool put_general(weir_vm *vm, double x, int precision, bool is_upper, weir_buf *out)
{
    if (precision == 0)
        precision = 1;
    int exponent = exponent_of(x, precision);
    if (exponent < -4 || exponent >= precision)
        return put_printf(vm, is_upper ? "%#.*E" : "%#.*e", precision - 1, x, out);
    return put_printf(vm, "%#.*f", precision - 1 - exponent, x, out);
}

/* A precision without a type: like 'g', but with ".0" where there is no fraction, and an exponent
 * one place earlier. */
static bool put_short(weir_vm *vm, double x, int precision, bool is_alternate, weir_buf *out)
{
    size_t from = out->len;
    int exponent = exponent_of(x, precision);
    bool is_scientific = exponent < -4 || exponent >= precision - 1;
    if (!is_scientific) {
        if (!(is_alternate ? put_general(vm, x, precision, false, out)
                           : put_printf(vm, "%.*g", precision, x, out)))
            return false;
        if (!memchr(out->ptr + from, '.', out->len - from))
            weir_buf_puts(out, ".0");
        return true;
    }
    if (!put_printf(vm, is_alternate ? "%#.*e" : "%.*e", precision - 1, x, out) || is_alternate)
        return weir_text_room(vm, out, 0);
    /* The mantissa without trailing zeros. */
    char *mantissa = out->ptr + from, *end = out->ptr + out->len;
    char *at = memchr(mantissa, 'e', (size_t)(end - mantissa));
    char *last = at;
    if (at && memchr(mantissa, '.', (size_t)(at - mantissa)))
        while (last > mantissa && (last[-1] == '0' || last[-1] == '.'))
            if (*--last == '.')
                break;
    if (at) {
        memmove(last, at, (size_t)(end - at));
        out->len -= (size_t)(at - last);
    }
    return true;
}

static bool put_digits(weir_vm *vm, double x, const weir_format *f, weir_buf *out)
{
    int precision = f->precision < 0 ? 6 : (int)f->precision;
    bool alt = f->is_alternate;
    switch (f->type) {
    case '\0':
        if (f->precision < 0) {
            put_repr(x, alt, out);
            return true;
        }
        return put_short(vm, x, precision ? precision : 1, alt, out);
    case 'e': return put_printf(vm, alt ? "%#.*e" : "%.*e", precision, x, out);
    case 'E': return put_printf(vm, alt ? "%#.*E" : "%.*E", precision, x, out);
    case 'g':
    case 'n':
        return alt ? put_general(vm, x, precision, false, out)
                   : put_printf(vm, "%.*g", precision, x, out);
    case 'G':
        return alt ? put_general(vm, x, precision, true, out)
                   : put_printf(vm, "%.*G", precision, x, out);
    default: return put_printf(vm, alt ? "%#.*f" : "%.*f", precision, x, out);
    }
}

static bool is_all_zero(weir_str text)
{
    for (size_t i = 0; i < text.len && text.ptr[i] != 'e' && text.ptr[i] != 'E'; i++)
        if (text.ptr[i] >= '1' && text.ptr[i] <= '9')
            return false;
    return true;
}

bool weir_format_float(weir_vm *vm, double value, const weir_format *f, const char *type_name,
                       weir_buf *out)
{
    if (f->type && !strchr("eEfFgGn%", f->type))
        return weir_format_fail_code(vm, f, type_name);
    weir_buf text = weir_vm_text(vm);
    double x = fabs(f->type == '%' ? value * 100.0 : value);
    bool is_upper = f->type == 'E' || f->type == 'F' || f->type == 'G';
    bool is_done = true;
    if (isnan(x))
        weir_buf_puts(&text, is_upper ? "NAN" : "nan");
    else if (isinf(x))
        weir_buf_puts(&text, is_upper ? "INF" : "inf");
    else
        is_done = put_digits(vm, x, f, &text);
    if (is_done && f->type == '%')
        weir_buf_putc(&text, '%');
    weir_format_number number = {.is_negative = signbit(value) && !isnan(value), .prefix = ""};
    weir_str all = weir_buf_str(&text);
    size_t digits = 0;
    while (digits < all.len && all.ptr[digits] >= '0' && all.ptr[digits] <= '9')
        digits++;
    number.digits = (weir_str){all.ptr, digits};
    number.rest = (weir_str){all.ptr + digits, all.len - digits};
    if (f->no_negative_zero && digits && is_all_zero(all))
        number.is_negative = false;
    is_done =
        is_done && weir_text_room(vm, &text, 0) && weir_format_number_put(vm, f, &number, out);
    weir_vm_text_done(vm, &text);
    return is_done;
}

/* ------------------------------------------------------------------ Decimal */

/* Digits of a decimal that are being rounded: a number digits * 10^exponent. */
typedef struct digits {
    char *at; /* one spare byte in front, for a carry */
    int64_t count, exponent;
} digits;

static bool is_zero(const digits *d)
{
    return d->count == 1 && d->at[0] == '0';
}

/* Keeps the first `keep` digits (which may be 0 or less), half to even. */
static void round_digits(digits *d, int64_t keep)
{
    if (keep >= d->count)
        return;
    int64_t dropped = d->count - keep;
    bool is_up = false;
    if (keep >= 0) {
        bool is_above = d->at[keep] > '5', is_half = d->at[keep] == '5';
        for (int64_t i = keep + 1; i < d->count && is_half; i++)
            if (d->at[i] != '0')
                is_above = true, is_half = false;
        is_up = is_above || (is_half && keep > 0 && (d->at[keep - 1] & 1));
    }
    d->exponent += dropped;
    d->count = keep > 0 ? keep : 0;
    int64_t i = d->count - 1;
    for (; is_up && i >= 0 && d->at[i] == '9'; i--)
        d->at[i] = '0';
    if (is_up && i >= 0) {
        d->at[i]++;
    } else if (is_up) {
        *--d->at = '1';
        d->count++;
    }
    if (d->count == 0) {
        d->at[0] = '0';
        d->count = 1;
    }
}

/* Exactly 10^exponent as the last place. */
static bool rescale(weir_vm *vm, digits *d, int64_t exponent)
{
    if (is_zero(d)) {
        d->exponent = exponent;
        return true;
    }
    if (exponent > d->exponent) {
        int64_t keep = d->count - (exponent - d->exponent);
        round_digits(d, keep);
        d->exponent = exponent;
        return true;
    }
    int64_t zeros = d->exponent - exponent;
    char *room = weir_vm_alloc(vm, (size_t)(d->count + zeros + 1));
    if (!room)
        return false;
    memcpy(room + 1, d->at, (size_t)d->count);
    memset(room + 1 + d->count, '0', (size_t)zeros);
    *d = (digits){room + 1, d->count + zeros, exponent};
    return true;
}

/* Where the point is put: how many digits are in front of it. */
static int64_t dot_place(const weir_format *f, char type, const digits *d)
{
    int64_t left = d->exponent + d->count;
    if (type == 'e' || type == 'E')
        return is_zero(d) && f->precision >= 0 ? 1 - f->precision : 1;
    if (type == 'f' || type == 'F' || type == '%')
        return left;
    return d->exponent <= 0 && left > -6 ? left : 1;
}

static bool round_decimal(weir_vm *vm, const weir_format *f, char type, digits *d)
{
    bool is_fixed = type == 'f' || type == 'F' || type == '%';
    int64_t precision = f->precision;
    if (precision >= 0) {
        if (precision == 0 && strchr("gGn", type))
            precision = 1;
        if (is_fixed)
            return rescale(vm, d, -precision);
        if (type == 'e' || type == 'E') {
            if (d->count < precision + 1 && !is_zero(d))
                return rescale(vm, d, d->exponent - (precision + 1 - d->count));
            round_digits(d, precision + 1);
        } else {
            round_digits(d, precision);
        }
        /* A carry made one digit more than asked for: 99.9 -> 100. */
        int64_t most = type == 'e' || type == 'E' ? precision + 1 : precision;
        if (d->count > most) {
            d->count--;
            d->exponent++;
        }
    }
    return !(is_fixed && is_zero(d) && d->exponent > 0) || rescale(vm, d, 0);
}

static void put_zeros(weir_buf *out, int64_t count)
{
    char *room = count > 0 ? weir_buf_reserve(out, (size_t)count) : NULL;
    if (!room)
        return;
    memset(room, '0', (size_t)count);
    out->len += (size_t)count;
}

static bool put_decimal(weir_vm *vm, const weir_format *f, char type, bool is_negative,
                        const digits *d, weir_buf *out)
{
    int64_t dot = dot_place(f, type, d), exponent = d->exponent + d->count - dot;
    int64_t zeros = dot < 0 ? -dot : dot > d->count ? dot - d->count : 0;
    if (!weir_text_room(vm, out, (size_t)(d->count + zeros)))
        return false;
    weir_buf whole = weir_vm_text(vm), rest = weir_vm_text(vm);
    int64_t in_front = dot < 0 ? 0 : dot > d->count ? d->count : dot;
    weir_buf_put(&whole, (weir_str){d->at, (size_t)in_front});
    if (dot > d->count)
        put_zeros(&whole, zeros);
    if (in_front == 0)
        weir_buf_putc(&whole, '0');
    if (dot < d->count || f->is_alternate)
        weir_buf_putc(&rest, '.');
    if (dot < 0)
        put_zeros(&rest, zeros);
    weir_buf_put(&rest, (weir_str){d->at + in_front, (size_t)(d->count - in_front)});
    if (exponent != 0 || type == 'e' || type == 'E')
        weir_buf_printf(&rest, "%c%+lld", type == 'e' || type == 'g' || type == 'n' ? 'e' : 'E',
                        (long long)exponent);
    if (type == '%')
        weir_buf_putc(&rest, '%');
    weir_format_number number = {is_negative, "", weir_buf_str(&whole), weir_buf_str(&rest)};
    bool is_done = weir_text_room(vm, &whole, 0) && weir_text_room(vm, &rest, 0) &&
                   weir_format_number_put(vm, f, &number, out);
    weir_vm_text_done(vm, &whole);
    weir_vm_text_done(vm, &rest);
    return is_done;
}

bool weir_format_decimal(weir_vm *vm, const weir_value *v, const weir_format *given, weir_buf *out)
{
    weir_format own = *given, *f = &own;
    f->pads_plainly = f->has_align;
    const weir_decimal *d = v->decimal;
    char type = f->type ? f->type : 'G';
    /* libmpdec's own rules: no '#', no '_', and '0' only where no alignment is given. */
    bool is_refused = f->is_alternate || f->group == '_' || (f->has_align && f->has_zero) ||
                      (type == 'n' && f->group);
    if (!strchr("eEfFgGn%", type) || is_refused)
        return weir_vm_fail(vm, WEIR_RAISE_VALUE, "invalid format string");
    char *room = weir_vm_alloc(vm, d->count + 2u);
    if (!room)
        return false;
    memcpy(room + 1, d->digits, d->count);
    digits work = {room + 1, d->count, d->exponent + (type == '%' ? 2 : 0)};
    if (!round_decimal(vm, f, type, &work))
        return false;
    bool is_negative = d->is_negative;
    if (f->no_negative_zero) {
        bool has_digit = false;
        for (int64_t i = 0; i < work.count; i++)
            has_digit = has_digit || work.at[i] != '0';
        is_negative = is_negative && has_digit;
    }
    return put_decimal(vm, f, type, is_negative, &work, out);
}
