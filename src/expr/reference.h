/* SPDX-License-Identifier: MIT */
/* The tables of names as Markdown: what docs/expressions.md shows. */
#ifndef WEIR_EXPR_REFERENCE_H
#define WEIR_EXPR_REFERENCE_H

#include "util/buf.h"

/** Name of the index-th table ("functions for numbers", "methods of str"); NULL: no more. */
const char *weir_expr_reference_name(size_t index);
/** Appends the table of a name; false: there is none. */
bool weir_expr_reference_print(weir_buf *out, weir_str name);

#endif
