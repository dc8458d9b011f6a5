/* SPDX-License-Identifier: MIT */
/*
 * Text to double: when the digits fit 2^53 and the power of ten is at most 22, both are exact
 * doubles and one multiplication or division rounds correctly (Clinger); 19 digits and a power up
 * to 19 are rounded once from integers of 128 bits; the rest is strtod in the C locale. Double to
 * text: a number with few decimals is found by scaling (see short_decimal for why that is the
 * shortest); the rest is the first of %.15e %.16e %.17e that reads back, which is what "shortest"
 * means. Neither ever asks the process locale.
 */
#include "util/number.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "util/digits.h"
#include "util/utf8.h"

enum { EXACT_POWER_MAX = 22, WIDE_POWER_MAX = 19, WIDE_DIGITS = 19, EXPONENT_MAX = 100000 };

#define EXACT_MAX (UINT64_C(1) << 53)

static const double powers[EXACT_POWER_MAX + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static locale_t c_locale;
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;

/* glibc hands out its static C locale here: this does not allocate and cannot fail. */
static void make_c_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

/* `text` is NUL-terminated and already known to be a number. */
static double read_slowly(const char *text)
{
    pthread_once(&c_locale_once, make_c_locale);
    return strtod_l(text, NULL, c_locale);
}

static inline bool is_digit(char c)
{
    return (unsigned char)(c - '0') <= 9;
}

/* What a number text says: (-1)^is_negative * mantissa * 10^exponent. */
typedef struct scanned {
    uint64_t mantissa;
    int exponent;
    bool is_negative;
    bool is_cut; /* there were more digits than the mantissa holds */
} scanned;

/* Adds digits to the mantissa; returns where they end. Leading zeros do not count as digits. */
static inline const char *scan_digits(const char *at, const char *end, scanned *out)
{
    for (; at < end && is_digit(*at); at++) {
        if (out->mantissa >= UINT64_C(1000000000000000000)) {
            out->is_cut = true;
            continue;
        }
        out->mantissa = out->mantissa * 10 + (uint64_t)(*at - '0');
    }
    return at;
}

static const char *scan_exponent(const char *at, const char *end, scanned *out)
{
    bool is_negative = false;
    at++;
    if (at < end && (*at == '+' || *at == '-'))
        is_negative = *at++ == '-';
    if (at == end || !is_digit(*at))
        return NULL;
    int value = 0;
    for (; at < end && is_digit(*at); at++)
        if (value < EXPONENT_MAX)
            value = value * 10 + (*at - '0');
    out->exponent += is_negative ? -value : value;
    return at;
}

/* The rest after the sign. `is_json`: digits on both sides of the point, no leading zeros. */
static bool scan(const char *at, const char *end, bool is_json, scanned *out)
{
    const char *first = at;
    at = scan_digits(at, end, out);
    size_t whole = (size_t)(at - first);
    if (is_json && (whole == 0 || (whole > 1 && *first == '0')))
        return false;
    size_t decimals = 0;
    if (at < end && *at == '.') {
        const char *point = ++at;
        at = scan_digits(at, end, out);
        decimals = (size_t)(at - point);
        if (is_json && decimals == 0)
            return false;
    }
    if (whole + decimals == 0)
        return false;
    out->exponent -= (int)decimals;
    if (at < end && (*at | 0x20) == 'e')
        at = scan_exponent(at, end, out);
    return at == end;
}

/* Of integers wider than the 53 bits of a double: b <= 2^64, so that the quotient has at least 62
 * bits and a sticky one. */
static double wide_quotient(unsigned __int128 a, unsigned __int128 b)
{
    if (a == 0)
        return 0.0;
    const uint64_t high = (uint64_t)(a >> 64);
    const int zeros = high ? __builtin_clzll(high) : 64 + __builtin_clzll((uint64_t)a);
    a <<= zeros;
    unsigned __int128 q = a / b;
    q |= q * b != a;
    return ldexp((double)q, -zeros);
}

/* mantissa * 10^exponent, correctly rounded, if that takes little; false: ask strtod. */
static inline bool scale_exactly(uint64_t mantissa, int exponent, double *value)
{
    if (FLT_EVAL_METHOD == 0 && mantissa <= EXACT_MAX && exponent >= -EXACT_POWER_MAX &&
        exponent <= EXACT_POWER_MAX) {
        *value = (double)mantissa;
        if (exponent < 0)
            *value /= powers[-exponent];
        else
            *value *= powers[exponent];
        return true;
    }
    if (exponent < -WIDE_POWER_MAX || exponent > WIDE_POWER_MAX)
        return false;
    const uint64_t power = (uint64_t)powers[exponent < 0 ? -exponent : exponent];
    *value = exponent < 0 ? wide_quotient(mantissa, power)
                          : (double)((unsigned __int128)mantissa * power);
    return true;
}

/* `text` is the scanned text without its sign. */
static double value_of(const scanned *in, weir_str text)
{
    double value;
    if (in->mantissa == 0 && !in->is_cut) {
        value = 0.0;
    } else if (in->is_cut || !scale_exactly(in->mantissa, in->exponent, &value)) {
        char copy[WEIR_NUMBER_DIGITS_MAX + 1];
        memcpy(copy, text.ptr, text.len);
        copy[text.len] = '\0';
        value = read_slowly(copy);
    }
    return in->is_negative ? -value : value;
}

/* ------------------------------------------------------------------ sixteen bytes at a time */

static inline uint64_t load4(const char *at)
{
    uint32_t word;
    memcpy(&word, at, sizeof word);
    return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? __builtin_bswap32(word) : word;
}

/* 1 to 16 bytes, and nothing beyond them: pieces that overlap agree where they do. */
static inline weir_wide load_text(const char *at, size_t len)
{
    if (len >= 8)
        return weir_load8(at) | (weir_wide)weir_load8(at + len - 8) << 8 * (len - 8);
    if (len >= 4)
        return load4(at) | load4(at + len - 4) << 8 * (len - 4);
    const uint64_t middle = (unsigned char)at[len / 2], last = (unsigned char)at[len - 1];
    return (unsigned char)at[0] | middle << 8 * (len / 2) | last << 8 * (len - 1);
}

/*
 * Digits with at most one point among them, 1 to 16 bytes, in JSON's form without a sign: as in
 * util/digits.h, and the digits in front of the point are moved over it. False: anything else.
 */
static inline bool read_digits(const char *at, size_t len, uint64_t *mantissa, unsigned *decimals)
{
    weir_wide text = weir_digits_at_end(load_text(at, len), len);
    const weir_wide others =
        (weir_wide)weir_above_nine((uint64_t)(text >> 64)) << 64 | weir_above_nine((uint64_t)text);
    size_t whole = len;
    *decimals = 0;
    if (others) {
        const uint64_t low = (uint64_t)others;
        const unsigned place = (unsigned)(low ? __builtin_ctzll(low)
                                              : 64 + __builtin_ctzll((uint64_t)(others >> 64))) /
                               8;
        const weir_wide before = ((weir_wide)1 << 8 * place) - 1;
        if ((others & (others - 1)) != 0 || (uint8_t)(text >> 8 * place) != ('.' ^ '0'))
            return false;
        *decimals = WEIR_WIDE_BYTES - 1 - place;
        whole = len - 1 - *decimals;
        if (whole == 0 || *decimals == 0)
            return false;
        text = (text & ~(before << 8 | 0xff)) | (text & before) << 8;
    }
    *mantissa = weir_join_digits(text);
    return whole == 1 || *at != '0';
}

/* Up to three digits more than are read at once. */
static __attribute__((noinline)) bool parse_longer(const char *at, size_t len, double *value)
{
    enum { MORE = WIDE_DIGITS - WEIR_WIDE_BYTES };
    uint64_t mantissa;
    unsigned decimals;
    const size_t more = len - WEIR_WIDE_BYTES;
    if (more > MORE || !read_digits(at, len - more, &mantissa, &decimals))
        return false;
    const char *rest = at + WEIR_WIDE_BYTES;
    for (size_t i = 0; i < more; i++) {
        if (!is_digit(rest[i]))
            return false;
        mantissa = mantissa * 10 + (uint64_t)(rest[i] - '0');
    }
    if (decimals)
        decimals += (unsigned)more;
    return scale_exactly(mantissa, -(int)decimals, value);
}

/*
 * The number of nearly every feed: at most 16 bytes without a sign and an exponent, digits that a
 * double holds. False means "ask the scanner".
 */
static inline bool parse_short(const char *at, const char *end, double *value)
{
    const bool is_negative = *at == '-';
    at += is_negative;
    uint64_t mantissa;
    unsigned decimals;
    double result;
    if (end == at)
        return false;
    if (end - at > WEIR_WIDE_BYTES) {
        if (!parse_longer(at, (size_t)(end - at), &result))
            return false;
    } else if (read_digits(at, (size_t)(end - at), &mantissa, &decimals)) {
        if (mantissa <= EXACT_MAX)
            result = (double)mantissa / powers[decimals];
        else if (!scale_exactly(mantissa, -(int)decimals, &result))
            return false;
    } else {
        return false;
    }
    *value = is_negative ? -result : result;
    return true;
}

bool weir_double_parse_json(weir_str text, double *value)
{
    if (text.len == 0 || text.len > WEIR_NUMBER_DIGITS_MAX)
        return false;
    if (FLT_EVAL_METHOD == 0 && parse_short(text.ptr, text.ptr + text.len, value))
        return true;
    scanned in = {0};
    if (text.ptr[0] == '-') {
        in.is_negative = true;
        text.ptr++;
        text.len--;
    }
    if (!scan(text.ptr, text.ptr + text.len, true, &in))
        return false;
    *value = value_of(&in, text);
    return true;
}

/* Python's str.isspace for one code point. */
static bool is_blank(uint32_t c)
{
    if (c < 0x80)
        return c == ' ' || (c >= 0x09 && c <= 0x0d) || (c >= 0x1c && c <= 0x1f);
    return c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 ||
           c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

static weir_str without_blanks(weir_str text)
{
    uint32_t c;
    size_t len;
    while ((len = weir_utf8_decode(text, &c)) > 0 && is_blank(c)) {
        text.ptr += len;
        text.len -= len;
    }
    while (text.len) {
        size_t start = text.len - 1;
        while (start > 0 && ((unsigned char)text.ptr[start] & 0xC0) == 0x80)
            start--;
        weir_str last = {text.ptr + start, text.len - start};
        if (weir_utf8_decode(last, &c) != last.len || !is_blank(c))
            break;
        text.len = start;
    }
    return text;
}

/* Copies without underscores, each of which must stand between two digits. */
static bool without_underscores(weir_str text, char *out, weir_str *result)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '_') {
            out[len++] = text.ptr[i];
            continue;
        }
        if (i == 0 || i + 1 == text.len || !is_digit(text.ptr[i - 1]) || !is_digit(text.ptr[i + 1]))
            return false;
    }
    *result = (weir_str){out, len};
    return true;
}

static bool is_word(weir_str text, const char *lower)
{
    size_t len = strlen(lower);
    if (text.len != len)
        return false;
    for (size_t i = 0; i < len; i++)
        if ((text.ptr[i] | 0x20) != lower[i])
            return false;
    return true;
}

static weir_str take_sign(weir_str text, bool *is_negative)
{
    *is_negative = text.len && text.ptr[0] == '-';
    if (text.len && (text.ptr[0] == '-' || text.ptr[0] == '+')) {
        text.ptr++;
        text.len--;
    }
    return text;
}

bool weir_double_parse(weir_str text, double *value)
{
    if (FLT_EVAL_METHOD == 0 && text.len && parse_short(text.ptr, text.ptr + text.len, value))
        return true;
    text = without_blanks(text);
    if (text.len == 0 || text.len > WEIR_NUMBER_DIGITS_MAX)
        return false;
    char copy[WEIR_NUMBER_DIGITS_MAX];
    if (memchr(text.ptr, '_', text.len) && !without_underscores(text, copy, &text))
        return false;
    scanned in = {0};
    text = take_sign(text, &in.is_negative);
    if (is_word(text, "inf") || is_word(text, "infinity")) {
        *value = in.is_negative ? -INFINITY : INFINITY;
        return true;
    }
    if (is_word(text, "nan")) {
        *value = in.is_negative ? -NAN : NAN;
        return true;
    }
    if (!scan(text.ptr, text.ptr + text.len, false, &in))
        return false;
    *value = value_of(&in, text);
    return true;
}

/* All of `text` must be digits; the form is judged before the size. */
static weir_int_result read_int(weir_str text, bool is_negative, int64_t *value)
{
    if (text.len == 0)
        return WEIR_INT_MALFORMED;
    uint64_t total = 0;
    bool is_over = false;
    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = (unsigned char)(text.ptr[i] - '0');
        if (digit > 9)
            return WEIR_INT_MALFORMED;
        is_over |= __builtin_mul_overflow(total, UINT64_C(10), &total);
        is_over |= __builtin_add_overflow(total, (uint64_t)digit, &total);
    }
    uint64_t bound = (uint64_t)INT64_MAX + is_negative;
    if (is_over || total > bound)
        return WEIR_INT_OVERFLOW;
    *value = is_negative ? (int64_t)(UINT64_C(0) - total) : (int64_t)total;
    return WEIR_INT_OK;
}

weir_int_result weir_int_parse_json(weir_str text, int64_t *value)
{
    bool is_negative = text.len && text.ptr[0] == '-';
    if (is_negative) {
        text.ptr++;
        text.len--;
    }
    if (text.len > 1 && text.ptr[0] == '0')
        return WEIR_INT_MALFORMED;
    uint64_t total;
    unsigned decimals;
    if (text.len - 1 < WEIR_WIDE_BYTES && read_digits(text.ptr, text.len, &total, &decimals) &&
        decimals == 0) {
        *value = is_negative ? -(int64_t)total : (int64_t)total;
        return WEIR_INT_OK;
    }
    return read_int(text, is_negative, value);
}

weir_int_result weir_int_parse(weir_str text, int64_t *value)
{
    text = without_blanks(text);
    if (text.len > WEIR_NUMBER_DIGITS_MAX)
        return WEIR_INT_MALFORMED;
    bool is_negative;
    text = take_sign(text, &is_negative);
    char copy[WEIR_NUMBER_DIGITS_MAX];
    if (text.len && memchr(text.ptr, '_', text.len) && !without_underscores(text, copy, &text))
        return WEIR_INT_MALFORMED;
    return read_int(text, is_negative, value);
}

/* --- out --- */

static const char pairs[] =
    "00010203040506070809101112131415161718192021222324252627282930313233343"
    "53637383940414243444546474849505152535455565758596061626364656667686970"
    "7172737475767778798081828384858687888990919293949596979899";

static size_t put_uint(uint64_t value, char *out)
{
    char text[20];
    char *at = text + sizeof text;
    while (value >= 100) {
        at -= 2;
        memcpy(at, pairs + value % 100 * 2, 2);
        value /= 100;
    }
    if (value >= 10) {
        at -= 2;
        memcpy(at, pairs + value * 2, 2);
    } else {
        *--at = (char)('0' + value);
    }
    size_t len = (size_t)(text + sizeof text - at);
    memcpy(out, at, len);
    return len;
}

size_t weir_uint_text(uint64_t value, char out[WEIR_NUMBER_TEXT_MAX])
{
    return put_uint(value, out);
}

size_t weir_int_text(int64_t value, char out[WEIR_NUMBER_TEXT_MAX])
{
    if (value >= 0)
        return put_uint((uint64_t)value, out);
    out[0] = '-';
    return 1 + put_uint(UINT64_C(0) - (uint64_t)value, out + 1);
}

/* Significant digits and where the point stands: 0.DIGITS * 10^point. */
typedef struct decimal {
    char digits[WEIR_NUMBER_TEXT_MAX];
    int len;
    int point;
} decimal;

/*
 * A positive double that is DIGITS / 10^k for a small k. Scaling by the exact power 10^k and
 * rounding gives the only candidate: the error of the product is below 2^-52 of it, so under 2^51
 * it cannot reach the next integer. One correctly rounded division tells whether the candidate
 * reads back. The first k that does is the shortest text, and no other text of that length reads
 * back, because under 2^51 the step of the decimals is wider than the step of the doubles.
 */
static bool short_decimal(double value, decimal *out)
{
    const double bound = (double)(UINT64_C(1) << 51);
    if (FLT_EVAL_METHOD != 0)
        return false;
    for (int k = 1; k <= EXACT_POWER_MAX; k++) {
        double scaled = value * powers[k];
        if (scaled >= bound)
            return false;
        uint64_t candidate = (uint64_t)(scaled + 0.5);
        if ((double)candidate / powers[k] == value) {
            out->len = (int)put_uint(candidate, out->digits);
            out->point = out->len - k;
            return true;
        }
    }
    return false;
}

/* `digits` significant digits of a positive double, correctly rounded. */
static void take_digits(double value, int digits, decimal *out)
{
    char text[64];
    snprintf(text, sizeof text, "%.*e", digits - 1, value);
    const char *at = text;
    out->len = 0;
    /* The point may be any bytes that the process locale likes; none of them is a digit. */
    for (; *at != 'e'; at++)
        if (is_digit(*at))
            out->digits[out->len++] = *at;
    out->point = (int)strtol(at + 1, NULL, 10) + 1;
}

static bool reads_back(const decimal *in, double value)
{
    char text[64];
    snprintf(text, sizeof text, "%.*se%d", in->len, in->digits, in->point - in->len);
    return read_slowly(text) == value;
}

/* One more in the last place. */
static void bump(decimal *in)
{
    int i = in->len - 1;
    while (i >= 0 && in->digits[i] == '9')
        in->digits[i--] = '0';
    if (i >= 0) {
        in->digits[i]++;
        return;
    }
    in->digits[0] = '1';
    in->point++;
}

/*
 * At a power of two the doubles below are twice as dense: the nearest decimal below may read back
 * as a neighbour while the next one above is ours, so that one is tried as well. Fifteen digits
 * always suffice to be unique for normal doubles; subnormals have fewer, so they start at one.
 */
static void long_decimal(double value, decimal *out)
{
    int exponent;
    bool is_power = frexp(value, &exponent) == 0.5;
    for (int digits = value < DBL_MIN ? 1 : DBL_DIG; digits < 17; digits++) {
        take_digits(value, digits, out);
        if (reads_back(out, value))
            return;
        if (!is_power)
            continue;
        bump(out);
        if (reads_back(out, value))
            return;
    }
    take_digits(value, 17, out);
}

static char *put_zeros(char *at, int count)
{
    memset(at, '0', (size_t)count);
    return at + count;
}

static char *put_bytes(char *at, const char *bytes, int count)
{
    memcpy(at, bytes, (size_t)count);
    return at + count;
}

/* Python's layout: exponent form below 1e-4 and from 1e16 on. */
static char *lay_out(const decimal *in, char *at)
{
    if (in->point > -4 && in->point <= 0) {
        *at++ = '0';
        *at++ = '.';
        at = put_zeros(at, -in->point);
        return put_bytes(at, in->digits, in->len);
    }
    if (in->point > 0 && in->point <= 16) {
        int whole = in->len < in->point ? in->len : in->point;
        at = put_bytes(at, in->digits, whole);
        at = put_zeros(at, in->point - whole);
        *at++ = '.';
        if (in->len == whole)
            return put_zeros(at, 1);
        return put_bytes(at, in->digits + whole, in->len - whole);
    }
    *at++ = in->digits[0];
    if (in->len > 1) {
        *at++ = '.';
        at = put_bytes(at, in->digits + 1, in->len - 1);
    }
    int exponent = in->point - 1;
    *at++ = 'e';
    *at++ = exponent < 0 ? '-' : '+';
    unsigned size = (unsigned)(exponent < 0 ? -exponent : exponent);
    if (size < 10)
        *at++ = '0';
    return at + put_uint(size, at);
}

size_t weir_double_repr(double value, char out[WEIR_NUMBER_TEXT_MAX])
{
    char *at = out;
    if (isnan(value))
        return (size_t)(put_bytes(at, "nan", 3) - out);
    if (signbit(value)) {
        *at++ = '-';
        value = -value;
    }
    if (isinf(value))
        return (size_t)(put_bytes(at, "inf", 3) - out);
    if (value < (double)EXACT_MAX && value == (double)(uint64_t)value) {
        at += put_uint((uint64_t)value, at);
        return (size_t)(put_bytes(at, ".0", 2) - out);
    }
    decimal shortest;
    if (!short_decimal(value, &shortest)) {
        long_decimal(value, &shortest);
        while (shortest.len > 1 && shortest.digits[shortest.len - 1] == '0')
            shortest.len--;
    }
    return (size_t)(lay_out(&shortest, at) - out);
}

size_t weir_double_json(double value, char out[WEIR_NUMBER_TEXT_MAX])
{
    if (!isfinite(value)) {
        memcpy(out, "null", 4);
        return 4;
    }
    return weir_double_repr(value, out);
}

/* ------------------------------------------------------------------ quotients */

static inline unsigned __int128 magnitude(__int128 a)
{
    return a < 0 ? -(unsigned __int128)a : (unsigned __int128)a;
}

double weir_int_quotient(__int128 a, __int128 b)
{
    const __int128 limit = (__int128)1 << 53;
    if (a >= -limit && a <= limit && b >= -limit && b <= limit)
        return (double)a / (double)b;
    const double quotient = wide_quotient(magnitude(a), magnitude(b));
    return (a < 0) != (b < 0) ? -quotient : quotient;
}
