/* SPDX-License-Identifier: MIT */
/*
 * A decimal under construction: digits in a buffer that holds any exact result (the sum or product
 * of two decimals of WEIR_DECIMAL_DIGITS_MAX digits, or the quotient's dividend). Private to
 * decimal*.c.
 */
#ifndef WEIR_VALUE_DECIMAL_WORK_H
#define WEIR_VALUE_DECIMAL_WORK_H

#include "value/decimal.h"

enum { WEIR_WORK_DIGITS = 2 * WEIR_DECIMAL_DIGITS_MAX + 128 };

typedef struct weir_work {
    bool is_negative;
    int64_t exponent;
    size_t count; /* of digits; leading zeros are allowed */
    char digits[WEIR_WORK_DIGITS];
} weir_work;

/** A number of any kind, seen as digits; points into what it was made of. */
typedef struct weir_digits {
    bool is_negative;
    int64_t exponent;
    const char *digits; /* no leading zeros but in "0" */
    size_t count;
} weir_digits;

static inline weir_digits weir_digits_of(const weir_decimal *d)
{
    weir_digits view = {d->is_negative, d->exponent, d->digits, d->count};
    return view;
}

static inline bool weir_digits_zero(const weir_digits *d)
{
    return d->count == 1 && d->digits[0] == '0';
}

/** Exponent of the first digit. */
static inline int64_t weir_digits_adjusted(const weir_digits *d)
{
    return d->exponent + (int64_t)d->count - 1;
}

int weir_digits_compare(const weir_digits *a, const weir_digits *b);

void weir_work_load(weir_work *w, const weir_digits *d);
/** Removes leading zeros. */
void weir_work_trim(weir_work *w);
bool weir_work_is_zero(const weir_work *w);
/** Drops digits so that the exponent becomes `exponent`, which is larger. */
void weir_work_round(weir_work *w, int64_t exponent, weir_rounding rounding);
/** Appends zeros so that the exponent becomes `exponent`, which is not larger; must fit. */
void weir_work_pad(weir_work *w, int64_t exponent);
/** Every digit of a finite double. */
void weir_work_from_double(weir_work *w, double f);
/** As it is. LIMIT when it has too many digits or too large an exponent. */
weir_decimal_code weir_work_store(weir_arena *arena, weir_work *w, const weir_decimal **out);
/** Rounded to the context: Python's _fix. */
weir_decimal_code weir_work_fix(weir_arena *arena, weir_work *w, const weir_decimal **out);

#endif
