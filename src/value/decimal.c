/* SPDX-License-Identifier: MIT */
/*
 * Decimals that are made, read, compared and hashed; arithmetic is in decimal_math.c.
 *
 * Digits are kept as ASCII: most decimals of a feed are parsed, perhaps compared, and printed
 * again, and for those a binary coefficient would be converted twice for nothing.
 */
#include "value/decimal.h"

#include <assert.h>
#include <math.h>

#include "util/number.h"
#include "value/decimal_work.h"
#include "value/json_read.h"

size_t weir_decimal_size(const weir_decimal *d)
{
    return sizeof *d + d->count;
}

weir_value weir_value_decimal(const weir_decimal *d)
{
    weir_value v = {0};
    v.kind = WEIR_DECIMAL;
    v.decimal = d;
    return v;
}

bool weir_decimal_is_zero(const weir_decimal *d)
{
    return d->count == 1 && d->digits[0] == '0';
}

/* ------------------------------------------------------------------ from text */

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f);
}

static weir_str strip(weir_str text)
{
    while (text.len && is_blank(text.ptr[0])) {
        text.ptr++;
        text.len--;
    }
    while (text.len && is_blank(text.ptr[text.len - 1]))
        text.len--;
    return text;
}

enum { EXPONENT_CAP = 100000000 }; /* beyond every limit, far from overflow */

/* The exponent behind 'e'; false if there is none. Underscores count for nothing anywhere, as in
 * Python's decimal. */
static bool parse_exponent(const char *at, const char *end, int64_t *exponent)
{
    bool is_negative = false;
    while (at < end && *at == '_')
        at++;
    if (at < end && (*at == '+' || *at == '-'))
        is_negative = *at++ == '-';
    bool has_digit = false;
    int64_t value = 0;
    for (; at < end; at++) {
        if (*at == '_')
            continue;
        if (*at < '0' || *at > '9')
            return false;
        has_digit = true;
        if (value < EXPONENT_CAP)
            value = value * 10 + (*at - '0');
    }
    *exponent = is_negative ? -value : value;
    return has_digit;
}

/* Reads sign, digits and point into `w` (significant digits beyond the buffer are only counted).
 * Returns the position of what follows, NULL if there is no digit. */
static const char *parse_coefficient(const char *at, const char *end, weir_work *w, size_t *counted)
{
    bool has_digit = false;
    bool has_point = false;
    *counted = 0;
    for (; at < end; at++) {
        if (*at == '_')
            continue;
        if (*at == '.' && !has_point) {
            has_point = true;
            continue;
        }
        if (*at < '0' || *at > '9')
            break;
        has_digit = true;
        w->exponent -= has_point;
        if (*counted == 0 && *at == '0')
            continue;
        if (*counted < WEIR_DECIMAL_DIGITS_MAX)
            w->digits[*counted] = *at;
        ++*counted;
    }
    return has_digit ? at : NULL;
}

weir_decimal_code weir_decimal_parse(weir_arena *arena, weir_str text, const weir_decimal **out)
{
    text = strip(text);
    const char *at = text.ptr;
    const char *end = text.ptr + text.len;
    weir_work w;
    w.is_negative = false;
    w.exponent = 0;
    while (at < end && *at == '_')
        at++;
    if (at < end && (*at == '+' || *at == '-'))
        w.is_negative = *at++ == '-';
    size_t counted;
    at = parse_coefficient(at, end, &w, &counted);
    if (!at)
        return WEIR_DECIMAL_MALFORMED;
    int64_t exponent = 0;
    if (at < end && ((*at | 0x20) != 'e' || !parse_exponent(at + 1, end, &exponent)))
        return WEIR_DECIMAL_MALFORMED;
    if (counted > WEIR_DECIMAL_DIGITS_MAX)
        return WEIR_DECIMAL_LIMIT;
    w.count = counted;
    w.exponent += exponent;
    return weir_work_store(arena, &w, out);
}

/* ------------------------------------------------------------------ from numbers */

const weir_decimal *weir_decimal_from_int(weir_arena *arena, int64_t i)
{
    char text[WEIR_NUMBER_TEXT_MAX];
    size_t len = weir_int_text(i, text);
    const weir_decimal *d = NULL;
    return weir_decimal_parse(arena, (weir_str){text, len}, &d) == WEIR_DECIMAL_OK ? d : NULL;
}

weir_decimal_code weir_decimal_from_double(weir_arena *arena, double f, const weir_decimal **out)
{
    if (!isfinite(f))
        return WEIR_DECIMAL_MALFORMED;
    weir_work w;
    weir_work_from_double(&w, f);
    return weir_work_store(arena, &w, out);
}

weir_decimal_code weir_decimal_from_value(weir_arena *arena, const weir_value *v,
                                          const weir_decimal **out)
{
    switch (v->kind) {
    case WEIR_BOOL:
    case WEIR_INT:
        *out = weir_decimal_from_int(arena, v->i);
        return *out ? WEIR_DECIMAL_OK : WEIR_DECIMAL_NOMEM;
    case WEIR_BIGINT: return weir_decimal_parse(arena, weir_value_text(v), out);
    case WEIR_FLOAT: return weir_decimal_from_double(arena, v->f, out);
    case WEIR_DECIMAL: *out = v->decimal; return WEIR_DECIMAL_OK;
    case WEIR_RAW:
        if (v->aux == WEIR_RAW_NUMBER)
            return weir_decimal_parse(arena, weir_value_text(v), out);
        return WEIR_DECIMAL_MALFORMED;
    default: return WEIR_DECIMAL_MALFORMED;
    }
}

/* ------------------------------------------------------------------ to text and numbers */

static size_t put_zeros(char *out, size_t count)
{
    memset(out, '0', count);
    return count;
}

static size_t put_digits(char *out, const char *digits, size_t count)
{
    memcpy(out, digits, count);
    return count;
}

/* Python's rule: plain notation when the exponent is not positive and the first digit is at most
 * six places behind the point. */
size_t weir_decimal_write(const weir_decimal *d, char out[WEIR_DECIMAL_TEXT_MAX])
{
    size_t len = 0;
    int64_t left = d->exponent + (int64_t)d->count; /* digits before the point */
    bool is_plain = d->exponent <= 0 && left > -6;
    int64_t point = is_plain ? left : 1;
    if (d->is_negative)
        out[len++] = '-';
    if (point <= 0) {
        len += put_digits(out + len, "0.", 2);
        len += put_zeros(out + len, (size_t)-point);
        len += put_digits(out + len, d->digits, d->count);
    } else if ((size_t)point >= d->count) {
        len += put_digits(out + len, d->digits, d->count);
        len += put_zeros(out + len, (size_t)point - d->count);
    } else {
        len += put_digits(out + len, d->digits, (size_t)point);
        out[len++] = '.';
        len += put_digits(out + len, d->digits + point, d->count - (size_t)point);
    }
    if (left != point) {
        out[len++] = 'E';
        out[len++] = left - point < 0 ? '-' : '+';
        len += weir_int_text(left < point ? point - left : left - point, out + len);
    }
    return len;
}

void weir_decimal_text(weir_buf *out, const weir_decimal *d)
{
    char *at = weir_buf_reserve(out, (size_t)d->count + 24);
    if (at)
        out->len += weir_decimal_write(d, at);
}

/* Digits beyond the longest double only break ties: one non-zero digit stands for all of them. */
double weir_decimal_to_double(const weir_decimal *d)
{
    enum { KEPT = 800 };
    char text[KEPT + 40];
    size_t len = 0;
    int64_t exponent = d->exponent;
    size_t kept = d->count < KEPT ? d->count : KEPT;
    if (d->is_negative)
        text[len++] = '-';
    len += put_digits(text + len, d->digits, kept);
    if (kept < d->count) {
        bool has_rest = false;
        for (size_t i = kept; i < d->count; i++)
            has_rest |= d->digits[i] != '0';
        text[len++] = has_rest ? '1' : '0';
        exponent += (int64_t)(d->count - kept) - 1;
    }
    text[len++] = 'e';
    len += weir_int_text(exponent, text + len);
    double f = 0;
    bool parsed = weir_double_parse_json((weir_str){text, len}, &f);
    assert(parsed);
    (void)parsed;
    return f;
}

bool weir_decimal_is_integral(const weir_decimal *d)
{
    if (d->exponent >= 0 || weir_decimal_is_zero(d))
        return true;
    if ((uint64_t) - (int64_t)d->exponent >= d->count)
        return false;
    for (size_t i = d->count - (size_t)-d->exponent; i < d->count; i++)
        if (d->digits[i] != '0')
            return false;
    return true;
}

/* ------------------------------------------------------------------ comparison */

int weir_digits_compare(const weir_digits *a, const weir_digits *b)
{
    bool zero_a = weir_digits_zero(a);
    bool zero_b = weir_digits_zero(b);
    if (zero_a || zero_b) {
        if (zero_a && zero_b)
            return 0;
        return zero_a ? (b->is_negative ? 1 : -1) : (a->is_negative ? -1 : 1);
    }
    if (a->is_negative != b->is_negative)
        return a->is_negative ? -1 : 1;
    int sign = a->is_negative ? -1 : 1;
    int64_t top_a = weir_digits_adjusted(a);
    int64_t top_b = weir_digits_adjusted(b);
    if (top_a != top_b)
        return top_a < top_b ? -sign : sign;
    size_t common = a->count < b->count ? a->count : b->count;
    int order = memcmp(a->digits, b->digits, common);
    if (order != 0)
        return order < 0 ? -sign : sign;
    const weir_digits *longer = a->count > b->count ? a : b;
    for (size_t i = common; i < longer->count; i++)
        if (longer->digits[i] != '0')
            return longer == a ? sign : -sign;
    return 0;
}

int weir_decimal_compare(const weir_decimal *a, const weir_decimal *b)
{
    weir_digits x = weir_digits_of(a);
    weir_digits y = weir_digits_of(b);
    return weir_digits_compare(&x, &y);
}

bool weir_number_is(const weir_value *v)
{
    return v->kind == WEIR_INT || v->kind == WEIR_FLOAT || v->kind == WEIR_BOOL ||
           v->kind == WEIR_DECIMAL || v->kind == WEIR_BIGINT ||
           (v->kind == WEIR_RAW && v->aux == WEIR_RAW_NUMBER);
}

/* A big integer's digits as sent: sign and leading zeros are taken off. */
static weir_digits digits_of_text(weir_str text)
{
    weir_digits view = {false, 0, text.ptr, text.len};
    if (view.count && (*view.digits == '-' || *view.digits == '+')) {
        view.is_negative = *view.digits == '-';
        view.digits++;
        view.count--;
    }
    while (view.count > 1 && *view.digits == '0') {
        view.digits++;
        view.count--;
    }
    return view;
}

/* `room` holds the digits of what has none of its own. */
static weir_digits digits_of_number(const weir_value *v, weir_work *room)
{
    switch (v->kind) {
    case WEIR_DECIMAL: return weir_digits_of(v->decimal);
    case WEIR_BIGINT: return digits_of_text(weir_value_text(v));
    case WEIR_FLOAT: {
        weir_work_from_double(room, v->f);
        weir_digits view = {room->is_negative, room->exponent, room->digits, room->count};
        return view;
    }
    default: {
        size_t len = weir_int_text(v->i, room->digits);
        return digits_of_text((weir_str){room->digits, len});
    }
    }
}

static int compare_exactly(const weir_value *a, const weir_value *b)
{
    weir_work room_a;
    weir_work room_b;
    weir_digits x = digits_of_number(a, &room_a);
    weir_digits y = digits_of_number(b, &room_b);
    return weir_digits_compare(&x, &y);
}

static int order_of(double a, double b)
{
    return a < b ? -1 : a > b ? 1 : 0;
}

/* An integer that every double arithmetic keeps. */
static bool is_small(const weir_value *v)
{
    const int64_t bound = INT64_C(1) << 53;
    return (v->kind == WEIR_INT || v->kind == WEIR_BOOL) && v->i >= -bound && v->i <= bound;
}

bool weir_number_compare(const weir_value *a, const weir_value *b, int *order)
{
    if (!weir_number_is(a) || !weir_number_is(b))
        return false;
    weir_value x = a->kind == WEIR_RAW ? weir_json_number(a) : *a;
    weir_value y = b->kind == WEIR_RAW ? weir_json_number(b) : *b;
    bool float_x = x.kind == WEIR_FLOAT;
    bool float_y = y.kind == WEIR_FLOAT;
    if ((float_x && isnan(x.f)) || (float_y && isnan(y.f)))
        return false;
    if ((float_x || is_small(&x)) && (float_y || is_small(&y)))
        *order = order_of(float_x ? x.f : (double)x.i, float_y ? y.f : (double)y.i);
    else if (float_x && isinf(x.f))
        *order = x.f > 0 ? 1 : -1;
    else if (float_y && isinf(y.f))
        *order = y.f > 0 ? -1 : 1;
    else
        *order = compare_exactly(&x, &y);
    return true;
}

/* ------------------------------------------------------------------ hash, as CPython's
 *
 * Every number hashes to its value modulo the prime 2^61 - 1, whatever its kind is. */

#define HASH_PRIME ((UINT64_C(1) << 61) - 1)
#define HASH_INF   UINT64_C(314159)

__extension__ typedef unsigned __int128 wide;

static uint64_t mul_mod(uint64_t a, uint64_t b)
{
    return (uint64_t)((wide)a * b % HASH_PRIME);
}

static uint64_t pow_mod(uint64_t base, uint64_t exponent)
{
    uint64_t result = 1;
    for (; exponent; exponent >>= 1) {
        if (exponent & 1)
            result = mul_mod(result, base);
        base = mul_mod(base, base);
    }
    return result;
}

static uint64_t signed_hash(uint64_t hash, bool is_negative)
{
    if (is_negative)
        hash = 0 - hash;
    return hash == UINT64_MAX ? UINT64_MAX - 1 : hash; /* -1 means an error in CPython: -2 */
}

static uint64_t hash_digits(const weir_digits *d)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < d->count; i++)
        sum = (mul_mod(sum, 10) + (uint64_t)(d->digits[i] - '0')) % HASH_PRIME;
    uint64_t ten = d->exponent < 0 ? pow_mod(10, HASH_PRIME - 2) : 10;
    uint64_t power = (uint64_t)(d->exponent < 0 ? -d->exponent : d->exponent);
    return signed_hash(mul_mod(sum, pow_mod(ten, power)), d->is_negative);
}

static uint64_t hash_double(double f)
{
    if (isinf(f))
        return signed_hash(HASH_INF, f < 0);
    /* Equal to nothing, itself included: as in CPython, many of them in one dict must not gather.
     */
    static _Thread_local uint64_t nans;
    if (isnan(f))
        return ++nans;
    int exponent;
    double fraction = frexp(fabs(f), &exponent);
    uint64_t bits = (uint64_t)ldexp(fraction, 53);
    exponent -= 53;
    unsigned turn =
        exponent >= 0 ? (unsigned)exponent % 61 : 61 - 1 - (unsigned)(-1 - exponent) % 61;
    return signed_hash(mul_mod(bits % HASH_PRIME, UINT64_C(1) << turn), f < 0);
}

uint64_t weir_decimal_hash(const weir_decimal *d)
{
    weir_digits view = weir_digits_of(d);
    return hash_digits(&view);
}

uint64_t weir_number_hash(const weir_value *v)
{
    weir_value plain = v->kind == WEIR_RAW ? weir_json_number(v) : *v;
    switch (plain.kind) {
    case WEIR_FLOAT: return hash_double(plain.f);
    case WEIR_DECIMAL: return weir_decimal_hash(plain.decimal);
    case WEIR_BIGINT: {
        weir_digits view = digits_of_text(weir_value_text(&plain));
        return hash_digits(&view);
    }
    default: {
        uint64_t size = plain.i < 0 ? 0 - (uint64_t)plain.i : (uint64_t)plain.i;
        return signed_hash(size % HASH_PRIME, plain.i < 0);
    }
    }
}
