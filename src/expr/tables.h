/* SPDX-License-Identifier: MIT */
/* The groups of rows that names.c gathers: each is the last thing in the file that it is named
 * after. */
#ifndef WEIR_EXPR_TABLES_H
#define WEIR_EXPR_TABLES_H

#include "expr/names.h"

extern const weir_fn_row weir_fn_numbers[];   /* builtin_number.c */
extern const weir_fn_row weir_fn_sequences[]; /* builtin_sequence.c */
extern const weir_fn_row weir_fn_texts[];     /* builtin_text.c */
extern const weir_fn_row weir_fn_regex[];     /* builtin_regex.c */
extern const weir_fn_row weir_fn_times[];     /* builtin_time.c */
extern const weir_fn_row weir_fn_codecs[];    /* builtin_codec.c */
extern const weir_fn_row weir_fn_crypto[];    /* builtin_crypto.c */
extern const weir_fn_row weir_fn_binary[];    /* builtin_binary.c */
extern const weir_fn_row weir_fn_broker[];    /* builtin_broker.c */

extern const weir_method_row weir_method_str[];     /* method_str.c */
extern const weir_method_row weir_method_bytes[];   /* method_container.c */
extern const weir_method_row weir_method_dict[];    /* method_container.c */
extern const weir_method_row weir_method_list[];    /* method_container.c */
extern const weir_method_row weir_method_time[];    /* builtin_time.c */
extern const weir_method_row weir_method_objects[]; /* builtin_broker.c */

extern const weir_attr_row weir_attr_times[];  /* attr.c */
extern const weir_attr_row weir_attr_assets[]; /* attr.c */

/** A column of the master data by name, None when there is none. Always true. */
bool weir_asset_column(const weir_asset *asset, weir_str name, weir_value *out);

#endif
