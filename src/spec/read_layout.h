/* SPDX-License-Identifier: MIT */
/* What the two files that read layouts share. All return false after a diagnostic. */
#ifndef WEIR_SPEC_READ_LAYOUT_H
#define WEIR_SPEC_READ_LAYOUT_H

#include "spec/layout.h"
#include "spec/rows.h"

/** A name that expressions can spell. */
bool weir_layout_is_name(weir_str text);
/** A word that amounts and expressions understand otherwise: `length`, `rest`, a type. */
bool weir_layout_is_taken(weir_str name);
/** `i32 / 100`. */
bool weir_layout_read_number(weir_reader *reader, const weir_node *node, bool is_little,
                             weir_layout_number *out);
/** A number, a type, a name, or `rest`. */
bool weir_layout_read_amount(weir_reader *reader, const weir_node *node, const char *what,
                             bool is_little, weir_layout_amount *out);
/** `str8`, `bytes`: 1, 0 when it is something else, -1 after a diagnostic. */
int weir_layout_read_span(weir_reader *reader, const weir_node *node, weir_layout_field *field);
/** `0`, `1..3`; the place of the name is the caller's. */
bool weir_layout_read_bits(weir_reader *reader, const weir_node *node, unsigned width,
                           weir_layout_bits *out);

#endif
