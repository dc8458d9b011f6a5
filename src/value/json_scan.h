/* SPDX-License-Identifier: MIT */
/*
 * The smallest parts of the JSON decoder, inlined into whoever walks a text: white space, strings,
 * numbers, literals. Private to value/.
 *
 * Reading rule: nothing relies on a terminator. A few bytes behind `end` may be read (there are
 * WEIR_JSON_SLACK of them), and a comma, a colon or a first byte among them may even be believed:
 * whatever must follow it - a string, number, word or bracket - checks that it lies before `end`,
 * and fails. So commas and colons, of which there are most, cost no check.
 *
 * A function that returns a position returns NULL after failing, and has then said why in the scan.
 */
#ifndef WEIR_VALUE_JSON_SCAN_H
#define WEIR_VALUE_JSON_SCAN_H

#include "util/utf8.h"
#include "value/json_read.h"
#include "value/json_scan_sse2.h"
#include "value/json_scan_word.h"

typedef struct weir_scan {
    const char *end;
    const char *why;   /* static sentence, once failed */
    const char *where; /* the byte that it is about */
} weir_scan;

/** Records the reason; returns NULL. Out of line so that the hot paths stay short. */
const char *weir_scan_fail(weir_scan *scan, const char *at, const char *why);
/** Skips a container, validating it. `at` is its bracket; `depth` the levels already open. */
const char *weir_scan_container(weir_scan *scan, const char *at, unsigned depth);
/** Checks the escape at `at` (a backslash); returns the position behind it. */
const char *weir_scan_escape(weir_scan *scan, const char *at);

/** The byte at a position, or 0 - which no JSON text may contain there - at the end. */
static inline unsigned char weir_scan_peek(const weir_scan *scan, const char *at)
{
    return at < scan->end ? (unsigned char)*at : 0;
}

static inline const char *weir_scan_blanks_slow(const weir_scan *scan, const char *at)
{
    while (at < scan->end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
        at++;
    return at;
}

/** Compact text has no blanks: one compare then. */
static inline const char *weir_scan_blanks(const weir_scan *scan, const char *at)
{
    if ((unsigned char)*at > ' ')
        return at;
    return weir_scan_blanks_slow(scan, at);
}

/**
 * A string; `at` is its opening quote. Returns the closing quote. *kind gets WEIR_STR or WEIR_RAW
 * (with escapes), *flags WEIR_VALUE_ASCII when it is.
 */
static inline const char *weir_scan_string(weir_scan *scan, const char *at, uint8_t *kind,
                                           uint8_t *flags)
{
    const char *from = at + 1;
    const char *to = from;
    unsigned high = 0;
    *kind = WEIR_STR;
    for (;;) {
        to = weir_scan_special(to, scan->end, &high);
        if (to >= scan->end)
            return weir_scan_fail(scan, at, "string without closing quote");
        if (*to == '"')
            break;
        if (*to != '\\')
            return weir_scan_fail(scan, to, "control character in a string");
        *kind = WEIR_RAW;
        to = weir_scan_escape(scan, to);
        if (!to)
            return NULL;
    }
    *flags = high ? 0 : WEIR_VALUE_ASCII;
    if (high) {
        weir_str text = {from, (size_t)(to - from)};
        size_t valid = weir_utf8_valid_prefix(text);
        if (valid != text.len)
            return weir_scan_fail(scan, from + valid, "bad UTF-8 in a string");
    }
    return to;
}

static inline bool weir_scan_is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

/** Behind the digits that start at `at`, eight at a time; reads at most 8 bytes behind end. */
static inline const char *weir_scan_digits(const weir_scan *scan, const char *at)
{
    const uint64_t low = UINT64_C(0x7f7f7f7f7f7f7f7f);
    while (at < scan->end) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
            word = __builtin_bswap64(word);
        word ^= UINT64_C(0x3030303030303030); /* a digit is now below 10 */
        uint64_t others = (((word & low) + UINT64_C(0x7676767676767676)) | word) & ~low;
        if (others) {
            at += __builtin_ctzll(others) / 8;
            break;
        }
        at += 8;
    }
    return at < scan->end ? at : scan->end;
}

/** Behind an exponent of up to three digits; `at` is its letter. NULL: not one. */
static inline const char *weir_scan_short_exponent(const weir_scan *scan, const char *at)
{
    at++;
    at += *at == '+' || *at == '-';
    const char *digits = at;
    while (weir_scan_is_digit(*at) && at < digits + 4)
        at++;
    return at > digits && at < digits + 4 && at <= scan->end ? at : NULL;
}

/**
 * The number of a feed: no sign, and no longer than a window; the position behind it, or NULL for
 * every other one, right or wrong. Two bits are found, and nothing is looped over.
 */
static inline const char *weir_scan_short_number(const weir_scan *scan, const char *at,
                                                 uint8_t *flags)
{
    uint32_t others = weir_scan_others(at);
    unsigned to = (unsigned)__builtin_ctz(others);
    if (to == 0 || (*at == '0' && to > 1))
        return NULL;
    *flags = WEIR_VALUE_INTEGRAL | WEIR_VALUE_ASCII;
    if (at[to] == '.') {
        const unsigned point = to;
        others &= others - 1;
        to = (unsigned)__builtin_ctz(others | UINT32_C(1) << 31);
        *flags = WEIR_VALUE_ASCII;
        if (to == point + 1)
            return NULL;
    }
    if (to >= WEIR_SCAN_WINDOW || at + to > scan->end)
        return NULL;
    if (__builtin_expect((at[to] | 0x20) == 'e', 0)) {
        *flags = WEIR_VALUE_ASCII;
        return weir_scan_short_exponent(scan, at + to);
    }
    return at + to;
}

/** A number; returns the position behind it. *flags gets WEIR_VALUE_INTEGRAL when it is. */
static inline const char *weir_scan_number(weir_scan *scan, const char *at, uint8_t *flags)
{
    if (*at == '-')
        at++;
    unsigned char first = weir_scan_peek(scan, at);
    if (first == '0')
        at++;
    else if (first >= '1' && first <= '9')
        at = weir_scan_digits(scan, at + 1);
    else
        return weir_scan_fail(scan, at, "expected a digit");
    *flags = WEIR_VALUE_INTEGRAL | WEIR_VALUE_ASCII;
    unsigned char next = weir_scan_peek(scan, at);
    if (next == '.') {
        *flags = WEIR_VALUE_ASCII;
        const char *fraction = at + 1;
        at = weir_scan_digits(scan, fraction);
        if (at == fraction)
            return weir_scan_fail(scan, at, "expected a digit after '.'");
        next = weir_scan_peek(scan, at);
    }
    if ((next | 0x20) == 'e') {
        *flags = WEIR_VALUE_ASCII;
        at++;
        unsigned char sign = weir_scan_peek(scan, at);
        if (sign == '+' || sign == '-')
            at++;
        const char *exponent = at;
        at = weir_scan_digits(scan, at);
        if (at == exponent)
            return weir_scan_fail(scan, at, "expected a digit in the exponent");
    }
    return at;
}

/** The length of any number, whatever is behind it, or 0. */
size_t weir_scan_long_number(const weir_scan *scan, const char *at, uint8_t *flags);

/**
 * The length of the number at `at`, which is thought to be `len`; 0: there is none. Where the guess
 * is right nothing waits for what is found here: that nothing but digits, and one point at most
 * between them, stands before. What stands behind is the caller's to look at.
 */
static inline size_t weir_scan_number_length(const weir_scan *scan, const char *at, size_t len,
                                             uint8_t *flags)
{
    if (__builtin_expect(len - 1 >= WEIR_SCAN_WINDOW - 1, 0))
        return weir_scan_long_number(scan, at, flags);
    const uint32_t behind = UINT32_C(1) << len;
    const uint32_t others = weir_scan_others(at) & (behind - 1);
    const unsigned whole = (unsigned)__builtin_ctz(others | behind);
    *flags = others ? WEIR_VALUE_ASCII : WEIR_VALUE_INTEGRAL | WEIR_VALUE_ASCII;
    if (__builtin_expect(whole == 0 || (*at == '0' && whole > 1) || (others & (others - 1)), 0) ||
        (others && (at[whole] != '.' || whole + 1 == len)))
        return weir_scan_long_number(scan, at, flags);
    return len;
}

/** `true`, `null` (4) or `false` (5); returns the position behind it. */
static inline const char *weir_scan_literal(weir_scan *scan, const char *at, const char *word,
                                            size_t len)
{
    if ((size_t)(scan->end - at) < len || memcmp(at, word, len) != 0)
        return weir_scan_fail(scan, at, "expected a value");
    return at + len;
}

/* Written as two words: a value that is put together from its parts is slow to be copied at once.
 */
static inline weir_value weir_scan_span(uint8_t kind, uint8_t flags, weir_raw raw, const char *from,
                                        const char *to)
{
    weir_value v;
    const uint32_t what = kind | (uint32_t)flags << 8 | (uint32_t)raw << 16;
    const uint64_t head = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
                              ? (uint64_t)kind << 56 | (uint64_t)flags << 48 | (uint64_t)raw << 32 |
                                    (uint32_t)(to - from)
                              : what | (uint64_t)(uint32_t)(to - from) << 32;
    memcpy(&v, &head, sizeof head);
    v.s = from;
    return v;
}

/** true, false or null, in place. */
static inline const char *weir_scan_word(weir_scan *scan, const char *at, weir_value *out)
{
    switch (weir_scan_peek(scan, at)) {
    case 't': *out = weir_value_bool(true); return weir_scan_literal(scan, at, "true", 4);
    case 'f': *out = weir_value_bool(false); return weir_scan_literal(scan, at, "false", 5);
    case 'n': *out = weir_value_none(); return weir_scan_literal(scan, at, "null", 4);
    default: return weir_scan_fail(scan, at, "expected a value");
    }
}

/**
 * Any value, containers skipped; `at` is its first byte. Returns the position behind it. Strings
 * and numbers are most of what venues send, so they are asked for first.
 */
static inline const char *weir_scan_value(weir_scan *scan, const char *at, unsigned depth,
                                          weir_value *out)
{
    const char *to;
    uint8_t kind = WEIR_STR;
    uint8_t flags = 0;
    unsigned char first = (unsigned char)*at;
    if (first == '"') {
        to = weir_scan_string(scan, at, &kind, &flags);
        if (!to)
            return NULL;
        *out = weir_scan_span(kind, flags, kind == WEIR_RAW ? WEIR_RAW_ESCAPED : 0, at + 1, to);
        return to + 1;
    }
    if (weir_scan_is_digit((char)first) || first == '-') {
        to = weir_scan_number(scan, at, &flags);
        if (to)
            *out = weir_scan_span(WEIR_RAW, flags, WEIR_RAW_NUMBER, at, to);
        return to;
    }
    if (first == '{' || first == '[') {
        to = weir_scan_container(scan, at, depth);
        if (to)
            *out = weir_scan_span(WEIR_RAW, 0, first == '{' ? WEIR_RAW_OBJECT : WEIR_RAW_ARRAY, at,
                                  to);
        return to;
    }
    return weir_scan_word(scan, at, out);
}

/** Any value but a container, only validated. */
static inline const char *weir_scan_skip_scalar(weir_scan *scan, const char *at)
{
    uint8_t kind = WEIR_STR;
    uint8_t flags = 0;
    weir_value unwanted;
    unsigned char first = (unsigned char)*at;
    if (first == '"') {
        const char *to = weir_scan_string(scan, at, &kind, &flags);
        return to ? to + 1 : NULL;
    }
    if (weir_scan_is_digit((char)first) || first == '-')
        return weir_scan_number(scan, at, &flags);
    return weir_scan_word(scan, at, &unwanted);
}

/** Any value, only validated. */
static inline const char *weir_scan_skip(weir_scan *scan, const char *at, unsigned depth)
{
    unsigned char first = (unsigned char)*at;
    if (first == '{' || first == '[')
        return weir_scan_container(scan, at, depth);
    return weir_scan_skip_scalar(scan, at);
}

/** A key and its colon; `at` is where the quote must be. Returns the position of the value. */
static inline const char *weir_scan_key(weir_scan *scan, const char *at, weir_value *key)
{
    if (*at != '"')
        return weir_scan_fail(scan, at, "expected a key");
    uint8_t kind = WEIR_STR;
    uint8_t flags = 0;
    const char *to = weir_scan_string(scan, at, &kind, &flags);
    if (!to)
        return NULL;
    *key = weir_scan_span(kind, flags, kind == WEIR_RAW ? WEIR_RAW_ESCAPED : 0, at + 1, to);
    to = weir_scan_blanks(scan, to + 1);
    if (*to != ':')
        return weir_scan_fail(scan, to, "expected ':'");
    return weir_scan_blanks(scan, to + 1);
}

/** Begins a whole text: skips blanks, refuses what cannot be measured. */
const char *weir_scan_begin(weir_scan *scan, weir_str text);
/** Ends it: nothing but blanks may follow. Fills `error` from the scan when something failed. */
bool weir_scan_finish(weir_scan *scan, weir_str text, const char *at, weir_json_error *error);

#endif
