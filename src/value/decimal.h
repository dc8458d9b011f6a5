/* SPDX-License-Identifier: MIT */
/*
 * Decimals: exact decimal numbers with the meaning of Python's decimal module under its default
 * context (28 digits, half-even; Overflow, DivisionByZero and InvalidOperation are errors).
 * Construction is exact whatever the number of digits; arithmetic rounds its result. NaN and
 * infinities do not exist: their texts are malformed, and what would give them is an error.
 *
 * A decimal is one position-independent block, immutable, usually in an arena.
 */
#ifndef WEIR_VALUE_DECIMAL_H
#define WEIR_VALUE_DECIMAL_H

#include "util/buf.h"
#include "value/value.h"

enum {
    WEIR_DECIMAL_DIGITS_MAX = 4096,     /**< significant digits that are kept exactly */
    WEIR_DECIMAL_EXPONENT_MAX = 999999, /**< of the first digit, either sign: Python's Emax */
    WEIR_DECIMAL_PRECISION = 28,        /**< digits of a result of arithmetic */
    WEIR_DECIMAL_TEXT_MAX = WEIR_DECIMAL_DIGITS_MAX + 24
};

/** (-1)^is_negative * digits * 10^exponent. Zero has the one digit '0' (and may be negative). */
struct weir_decimal {
    bool is_negative;
    int32_t exponent;
    uint32_t count;
    char digits[]; /**< ASCII, `count` of them, no leading zeros */
};

typedef enum weir_decimal_code {
    WEIR_DECIMAL_OK,
    WEIR_DECIMAL_MALFORMED,   /**< not the text of a finite decimal (ConversionSyntax) */
    WEIR_DECIMAL_LIMIT,       /**< more digits or a larger exponent than the limits above */
    WEIR_DECIMAL_OVERFLOW,    /**< decimal.Overflow */
    WEIR_DECIMAL_BY_ZERO,     /**< decimal.DivisionByZero */
    WEIR_DECIMAL_UNDEFINED,   /**< 0/0, 0 % 0, 0 ** 0: decimal.InvalidOperation */
    WEIR_DECIMAL_IMPOSSIBLE,  /**< quotient or quantized result beyond the precision: likewise */
    WEIR_DECIMAL_UNSUPPORTED, /**< a power that is not a whole number */
    WEIR_DECIMAL_NOMEM
} weir_decimal_code;

typedef enum weir_rounding {
    WEIR_ROUND_HALF_EVEN,
    WEIR_ROUND_HALF_UP,
    WEIR_ROUND_HALF_DOWN,
    WEIR_ROUND_UP,
    WEIR_ROUND_DOWN,
    WEIR_ROUND_CEILING,
    WEIR_ROUND_FLOOR
} weir_rounding;

/** Bytes of the block. */
size_t weir_decimal_size(const weir_decimal *d);
/** As the kind DECIMAL. */
weir_value weir_value_decimal(const weir_decimal *d);

/* ---- making one, in the arena: exact */

/** As Decimal(text): blanks around it, a sign, underscores, exponent. ASCII digits only. */
weir_decimal_code weir_decimal_parse(weir_arena *arena, weir_str text, const weir_decimal **out);
/** NULL when out of memory. */
const weir_decimal *weir_decimal_from_int(weir_arena *arena, int64_t i);
/** Every digit of the double. MALFORMED for NaN and infinities. */
weir_decimal_code weir_decimal_from_double(weir_arena *arena, double f, const weir_decimal **out);
/** Of BOOL, INT, BIGINT, RAW number, FLOAT, DECIMAL; MALFORMED for any other kind. */
weir_decimal_code weir_decimal_from_value(weir_arena *arena, const weir_value *v,
                                          const weir_decimal **out);

/* ---- reading one */

/** str(d), appended. */
void weir_decimal_text(weir_buf *out, const weir_decimal *d);
/** The same into a buffer; returns the length (no NUL). */
size_t weir_decimal_write(const weir_decimal *d, char out[WEIR_DECIMAL_TEXT_MAX]);
bool weir_decimal_is_zero(const weir_decimal *d);
/** True if it has no fractional part. */
bool weir_decimal_is_integral(const weir_decimal *d);
/** Correctly rounded; infinite when too large. */
double weir_decimal_to_double(const weir_decimal *d);
/** int(d), towards zero, as INT or BIGINT. LIMIT beyond WEIR_DECIMAL_DIGITS_MAX digits. */
weir_decimal_code weir_decimal_to_int(weir_arena *arena, const weir_decimal *d, weir_value *out);
/** -1, 0, 1; exact. */
int weir_decimal_compare(const weir_decimal *a, const weir_decimal *b);
/** hash(d) as CPython computes it: equal numbers of any kind have equal hashes. */
uint64_t weir_decimal_hash(const weir_decimal *d);

/* ---- numbers of any kind (BOOL INT BIGINT FLOAT DECIMAL, RAW number), exactly, without memory */

bool weir_number_is(const weir_value *v);
/** False when either is NaN (unordered) or no number. *order: -1, 0, 1. */
bool weir_number_compare(const weir_value *a, const weir_value *b, int *order);
/** CPython's hash of a number. */
uint64_t weir_number_hash(const weir_value *v);

/* ---- arithmetic: the result in the arena, rounded to WEIR_DECIMAL_PRECISION half-even */

typedef weir_decimal_code weir_decimal_op(weir_arena *arena, const weir_decimal *a,
                                          const weir_decimal *b, const weir_decimal **out);
weir_decimal_op weir_decimal_add, weir_decimal_sub, weir_decimal_mul, weir_decimal_div;
/** a // b: towards zero, unlike int. */
weir_decimal_op weir_decimal_floordiv;
/** a % b: sign of a, unlike int. */
weir_decimal_op weir_decimal_rem;
/** a ** b for whole b with |b| < 10^9. 0 ** -1 is BY_ZERO (Python: Infinity). */
weir_decimal_op weir_decimal_pow;

weir_decimal_code weir_decimal_neg(weir_arena *arena, const weir_decimal *a,
                                   const weir_decimal **out);
weir_decimal_code weir_decimal_abs(weir_arena *arena, const weir_decimal *a,
                                   const weir_decimal **out);
/** +a: rounds to the precision. */
weir_decimal_code weir_decimal_plus(weir_arena *arena, const weir_decimal *a,
                                    const weir_decimal **out);
/** a.quantize(10^exponent, rounding). */
weir_decimal_code weir_decimal_quantize(weir_arena *arena, const weir_decimal *a, int64_t exponent,
                                        weir_rounding rounding, const weir_decimal **out);
/** round(a), floor, ceil: to a whole number, exact whatever its size (up to the digit limit). */
weir_decimal_code weir_decimal_round_int(weir_arena *arena, const weir_decimal *a,
                                         weir_rounding rounding, weir_value *out);

#endif
