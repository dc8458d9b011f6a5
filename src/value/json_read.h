/* SPDX-License-Identifier: MIT */
/*
 * JSON in: the general decoder. It validates RFC 8259 text in one walk, builds no tree, and hands
 * out values that point into the text: `true false null` in place, strings without escapes as
 * WEIR_STR, everything else WEIR_RAW. Bounds: WEIR_JSON_DEPTH_MAX levels. UTF-8 is checked.
 * NaN/Infinity are refused. Duplicate keys: the last one wins.
 *
 * All text passed in must have WEIR_JSON_SLACK readable bytes behind it.
 */
#ifndef WEIR_VALUE_JSON_READ_H
#define WEIR_VALUE_JSON_READ_H

#include "value/value.h"

enum { WEIR_JSON_DEPTH_MAX = 256, WEIR_JSON_SLACK = 64 };

/** Where and why a text is not JSON. */
typedef struct weir_json_error {
    const char *text; /**< static: "expected ',' or '}'" ... */
    size_t offset;    /**< byte in the text */
} weir_json_error;

/** Validates a whole document (white space around it allowed) and returns it as one value. */
bool weir_json_parse(weir_str text, weir_value *out, weir_json_error *error);

/* ---- looking into raw values that came out of a validated text: no checks are repeated */

/** Number of elements of a RAW_ARRAY, of members of a RAW_OBJECT (a repeated key counts each time).
 */
size_t weir_json_count(const weir_value *container);
/** The value of a key of a RAW_OBJECT (last duplicate), or false. */
bool weir_json_member(const weir_value *object, weir_str key, weir_value *out);
/** Element `index` (>= 0) of a RAW_ARRAY, or false. */
bool weir_json_element(const weir_value *array, size_t index, weir_value *out);

/** Walks the members or elements in order. Start with {0} and the container; false at the end. */
typedef struct weir_json_iter {
    const char *at;
    const char *end;
} weir_json_iter;
void weir_json_iter_init(weir_json_iter *iter, const weir_value *container);
/** `key` gets a STR or RAW_ESCAPED value for objects, ABSENT for arrays. */
bool weir_json_iter_next(weir_json_iter *iter, weir_value *key, weir_value *value);

/** RAW_NUMBER → INT (or BIGINT beyond int64) when integral, else FLOAT, as Python's json.loads
 * does. */
weir_value weir_json_number(const weir_value *raw);
/** RAW_ESCAPED → STR in the arena. False when out of memory. Lone surrogates become U+FFFD. */
bool weir_json_unescape(weir_arena *arena, const weir_value *raw, weir_value *out);
/** The same into a buffer of the caller: the length, or SIZE_MAX when `cap` is too small. */
size_t weir_json_unescape_into(weir_str raw, char *out, size_t cap, bool *is_ascii);
/** True if a STR or RAW_ESCAPED value is this text. Needs no memory. */
bool weir_json_text_is(const weir_value *text, weir_str expected);
/**
 * One level of looking in: scalars become typed, RAW_ARRAY a LIST and RAW_OBJECT a DICT whose own
 * elements may still be raw. Not raw: copied. False when out of memory.
 */
bool weir_json_unfold(weir_arena *arena, const weir_value *v, weir_value *out);
/** The same all the way down. */
bool weir_json_unfold_deep(weir_arena *arena, const weir_value *v, weir_value *out);

#endif
