/* SPDX-License-Identifier: MIT */
/*
 * UTF-8, strictly: no overlong forms, no surrogates, nothing above U+10FFFF. ASCII is checked
 * many bytes at a time.
 */
#ifndef WEIR_UTIL_UTF8_H
#define WEIR_UTIL_UTF8_H

#include "util/ascii.h"

enum { WEIR_UTF8_MAX = 4 /* bytes of one code point */ };

/** The state of a check that goes on over fragments. Zero it to start. */
typedef struct weir_utf8_state {
    uint8_t needed;    /**< continuation bytes that must still come */
    uint8_t low, high; /**< range of the next one */
} weir_utf8_state;

/** The same, and whether it is ASCII alone. */
bool weir_utf8_check(weir_str text, bool *has_only_ascii);
/** Length of the longest valid, complete prefix; equals text.len for a valid text. */
size_t weir_utf8_valid_prefix(weir_str text);
/** True for a complete, valid text. */
static inline bool weir_utf8_valid(weir_str text)
{
    return weir_is_ascii(text) || weir_utf8_valid_prefix(text) == text.len;
}
/** Checks the next fragment; false at the first byte that cannot be (the state is then dead). */
bool weir_utf8_feed(weir_utf8_state *state, weir_str fragment);
/** True when no code point is left half-read. */
static inline bool weir_utf8_is_complete(const weir_utf8_state *state)
{
    return state->needed == 0;
}

/** Code points of a text; a byte that is not UTF-8 counts as one. */
size_t weir_utf8_count(weir_str text);
/** Byte offset of code point `index` (text.len when there are fewer). */
size_t weir_utf8_offset(weir_str text, size_t index);
/**
 * Decodes the code point at the start of `text` and returns its bytes (1..4); 0 for an empty text
 * or bytes that are not UTF-8.
 */
size_t weir_utf8_decode(weir_str text, uint32_t *code_point);
/** Writes a code point; returns its bytes, 0 for a surrogate or above U+10FFFF. */
size_t weir_utf8_encode(uint32_t code_point, char out[WEIR_UTF8_MAX]);

#endif
