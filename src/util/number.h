/* SPDX-License-Identifier: MIT */
/*
 * Numbers and their texts: correctly rounded in, shortest round-trip out, whatever the process
 * locale is. The common number of a feed ("67012.5", "0.0004") takes an exact fast path both ways.
 */
#ifndef WEIR_UTIL_NUMBER_H
#define WEIR_UTIL_NUMBER_H

#include <weir/types.h>

enum {
    WEIR_NUMBER_TEXT_MAX = 32,    /**< room for any double or int64 as text */
    WEIR_NUMBER_DIGITS_MAX = 4096 /**< bytes of a number text that is parsed */
};

/**
 * The whole of `text` as a JSON number: -?(0|[1-9][0-9]*)(.[0-9]+)?([eE][+-]?[0-9]+)? Too large is
 * infinity, as in Python. False if it is not of that form or longer than WEIR_NUMBER_DIGITS_MAX.
 */
bool weir_double_parse_json(weir_str text, double *value);
/**
 * The whole of `text` as Python's float() takes it, blanks around it and digit-grouping
 * underscores included: also "+1", ".5", "1.", "007", "inf", "-Infinity", "nan".
 */
bool weir_double_parse(weir_str text, double *value);

/** How an integer text was taken. */
typedef enum weir_int_result {
    WEIR_INT_OK,
    WEIR_INT_MALFORMED, /**< not of the form */
    WEIR_INT_OVERFLOW   /**< of the form, but outside int64 */
} weir_int_result;

/** -?(0|[1-9][0-9]*), all of `text`. */
weir_int_result weir_int_parse_json(weir_str text, int64_t *value);
/** As Python's int(): blanks around it, a sign, leading zeros, single underscores between digits.
 */
weir_int_result weir_int_parse(weir_str text, int64_t *value);

/** a / b as Python divides integers: correctly rounded. b is not 0 and at most 2^64 either way. */
double weir_int_quotient(__int128 a, __int128 b);

/** Exactly repr(float) of Python: "1.0", "0.1", "1e-05", "1e+16", "inf", "-inf", "nan". No NUL;
 * returns the length. */
size_t weir_double_repr(double value, char out[WEIR_NUMBER_TEXT_MAX]);
/**
 * As JSON: the same digits ("1.0" stays "1.0"). inf and nan have no JSON form: "null" is written.
 */
size_t weir_double_json(double value, char out[WEIR_NUMBER_TEXT_MAX]);
/** Decimal text. No NUL; returns the length. */
size_t weir_int_text(int64_t value, char out[WEIR_NUMBER_TEXT_MAX]);
size_t weir_uint_text(uint64_t value, char out[WEIR_NUMBER_TEXT_MAX]);

#endif
