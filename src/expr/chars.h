/* SPDX-License-Identifier: MIT */
/* Properties of characters, as CPython 3.11's str methods see them. */
#ifndef WEIR_EXPR_CHARS_H
#define WEIR_EXPR_CHARS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool weir_char_is_printable(uint32_t c);
bool weir_char_is_space(uint32_t c);
bool weir_char_is_alpha(uint32_t c);
bool weir_char_is_digit(uint32_t c);
/** Letters, digits and other numerals (str.isalnum). */
bool weir_char_is_alnum(uint32_t c);
/** Has upper, lower or title case: str.title starts a word at the first of these. */
bool weir_char_is_cased(uint32_t c);
/** Does not end a word for the final sigma. */
bool weir_char_is_case_ignorable(uint32_t c);
/** Line ends of str.splitlines ("\r\n" is one; the caller sees to that). */
bool weir_char_is_line_end(uint32_t c);

/** Case mappings to up to three characters; how many. */
size_t weir_char_upper(uint32_t c, uint32_t out[3]);
size_t weir_char_lower(uint32_t c, uint32_t out[3]);
size_t weir_char_title(uint32_t c, uint32_t out[3]);

#endif
