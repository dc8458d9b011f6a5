/* SPDX-License-Identifier: MIT */
/* What the two files of str methods share: the receiver, and spans of it as results. */
#ifndef WEIR_EXPR_STR_PARTS_H
#define WEIR_EXPR_STR_PARTS_H

#include "expr/typed.h"

/** The receiver (argument 0) as STR, with its ASCII flag settled. */
bool weir_str_self(weir_vm *vm, const weir_call *call, weir_value *self);
/** `len` bytes of `of` at `from`, in place. */
weir_value weir_str_span(const weir_value *of, size_t from, size_t len);
/** Finds `needle` in `text` at or behind `from`; SIZE_MAX if it is not there. */
size_t weir_str_find(weir_str text, weir_str needle, size_t from);
/** The last one that ends at or before `to`. */
size_t weir_str_find_last(weir_str text, weir_str needle, size_t to);

/* builtin_text.c: str.encode, bytes.decode; encoding and errors may be ABSENT. */
bool weir_encode_text(weir_vm *vm, const weir_value *text, const weir_value *encoding_arg,
                      const weir_value *errors_arg, weir_value *out);
bool weir_decode_bytes(weir_vm *vm, const weir_value *bytes, const weir_value *encoding_arg,
                       const weir_value *errors_arg, weir_value *out);

/* method_split.c: the methods that take a text apart, listed with the others in method_str.c. */
weir_call_fn weir_str_split, weir_str_rsplit, weir_str_splitlines, weir_str_partition,
    weir_str_rpartition;
/* str_format.c */
weir_call_fn weir_str_format;

#endif
