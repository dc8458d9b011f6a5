/* SPDX-License-Identifier: MIT */
/* Private to regex.c: Python's spellings in patterns and replacements. */
#ifndef WEIR_UTIL_REGEX_PYTHON_H
#define WEIR_UTIL_REGEX_PYTHON_H

#include <weir/types.h>

#include "util/buf.h"

/** Appends the pattern as PCRE2 spells it. A mistake is left in place for PCRE2 to report. */
void weir_regex_from_python(weir_str pattern, weir_buf *out);
/** The offset in the user's pattern of an offset in the rewritten one. */
size_t weir_regex_python_offset(weir_str pattern, size_t rewritten_offset);

/** A piece of a replacement: literal text, or a group. */
typedef struct weir_replacement_part {
    int group; /**< -1: `text` */
    weir_str text;
    char byte[4]; /**< where an escaped character's text lives */
} weir_replacement_part;

/**
 * Takes the next part off `rest`. `number_of(user, name)` gives a group's number or -1. On success
 * a literal part's text points into the replacement or into part->byte.
 */
weir_code weir_replacement_next(weir_str *rest, size_t group_count,
                                int (*number_of)(const void *user, weir_str name), const void *user,
                                weir_replacement_part *part, weir_error *error);

#endif
