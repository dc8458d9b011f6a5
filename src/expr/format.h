/* SPDX-License-Identifier: MIT */
/*
 * Python's format mini-language from the inside: a spec taken apart (format_spec.c), and a number
 * that is ready but for sign, grouping and padding.
 */
#ifndef WEIR_EXPR_FORMAT_H
#define WEIR_EXPR_FORMAT_H

#include "expr/typed.h"

typedef struct weir_format {
    char fill[4]; /* UTF-8 */
    size_t fill_len;
    char align; /* '<' '>' '=' '^' */
    char sign;  /* '-' '+' ' ' */
    bool no_negative_zero, is_alternate;
    bool has_align, has_zero; /* '<' or '0' was written */
    bool pads_plainly;        /* a fill of '0' is no part of the digits: not grouped */
    char group;               /* ',' '_' or 0 */
    size_t width;
    int64_t precision; /* -1: not given */
    char type;         /* 0: not given */
    weir_str text;     /* the whole spec, for messages */
} weir_format;

/** ValueError or LIMIT (a width or precision beyond what a result may have) when it is wrong. */
bool weir_format_parse(weir_vm *vm, weir_str spec, char default_align, const char *type_name,
                       weir_format *out);
bool weir_format_fail_code(weir_vm *vm, const weir_format *f, const char *type_name);

/** A number in parts: the digits in front of the point, and everything from the point on. */
typedef struct weir_format_number {
    bool is_negative;
    const char *prefix; /* "0x" ... or "" */
    weir_str digits;
    weir_str rest;
} weir_format_number;

/** Writes sign, prefix, grouped digits and rest, padded to the width. */
bool weir_format_number_put(weir_vm *vm, const weir_format *f, const weir_format_number *number,
                            weir_buf *out);
/** Text padded to the width, whatever its meaning. */
bool weir_format_text_put(weir_vm *vm, const weir_format *f, weir_str text, weir_buf *out);

/* By kind. */
bool weir_format_float(weir_vm *vm, double value, const weir_format *f, const char *type_name,
                       weir_buf *out);
bool weir_format_decimal(weir_vm *vm, const weir_value *v, const weir_format *f, weir_buf *out);

#endif
