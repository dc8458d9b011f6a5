/* SPDX-License-Identifier: MIT */
/*
 * Python's operations over values. Every operand may be raw: operations unfold what they need, no
 * more. The SECRET flag of any text operand is on every text result. All return false after
 * weir_vm_fail.
 */
#ifndef WEIR_EXPR_OPS_H
#define WEIR_EXPR_OPS_H

#include "expr/vm.h"

typedef enum weir_binary {
    WEIR_BINARY_OR,
    WEIR_BINARY_XOR,
    WEIR_BINARY_AND,
    WEIR_BINARY_LSHIFT,
    WEIR_BINARY_RSHIFT,
    WEIR_BINARY_ADD,
    WEIR_BINARY_SUB,
    WEIR_BINARY_MUL,
    WEIR_BINARY_DIV,
    WEIR_BINARY_FLOORDIV,
    WEIR_BINARY_MOD,
    WEIR_BINARY_POW
} weir_binary;

typedef enum weir_unary { WEIR_UNARY_PLUS, WEIR_UNARY_MINUS, WEIR_UNARY_INVERT } weir_unary;

typedef enum weir_compare {
    WEIR_COMPARE_LT,
    WEIR_COMPARE_LE,
    WEIR_COMPARE_EQ,
    WEIR_COMPARE_NE,
    WEIR_COMPARE_GT,
    WEIR_COMPARE_GE
} weir_compare;

/** INT or FLOAT as a double. */
static inline double weir_number_real(const weir_value *v)
{
    return v->kind == WEIR_FLOAT ? v->f : (double)v->i;
}

/** INT or FLOAT, of which that is the same number. */
static inline bool weir_number_is_exact(const weir_value *v)
{
    const int64_t most = INT64_C(1) << 53;
    return v->kind == WEIR_FLOAT || (v->i <= most && v->i >= -most);
}

static inline bool weir_compare_int(weir_compare op, int64_t a, int64_t b)
{
    switch (op) {
    case WEIR_COMPARE_LT: return a < b;
    case WEIR_COMPARE_LE: return a <= b;
    case WEIR_COMPARE_EQ: return a == b;
    case WEIR_COMPARE_NE: return a != b;
    case WEIR_COMPARE_GT: return a > b;
    default: return a >= b;
    }
}

static inline bool weir_compare_float(weir_compare op, double a, double b)
{
    switch (op) {
    case WEIR_COMPARE_LT: return a < b;
    case WEIR_COMPARE_LE: return a <= b;
    case WEIR_COMPARE_EQ: return a == b;
    case WEIR_COMPARE_NE: return a != b;
    case WEIR_COMPARE_GT: return a > b;
    default: return a >= b;
    }
}

bool weir_op_binary(weir_vm *vm, weir_binary op, const weir_value *a, const weir_value *b,
                    weir_value *out);
bool weir_op_unary(weir_vm *vm, weir_unary op, const weir_value *a, weir_value *out);
bool weir_op_compare(weir_vm *vm, weir_compare op, const weir_value *a, const weir_value *b,
                     bool *out);
/** `needle in haystack`. */
bool weir_op_contains(weir_vm *vm, const weir_value *haystack, const weir_value *needle, bool *out);
/** `is None` is the compiler's business (kinds); `not x`, `if x` come here. */
bool weir_op_truth(weir_vm *vm, const weir_value *v, bool *out);
/** a[key] */
bool weir_op_index(weir_vm *vm, const weir_value *a, const weir_value *key, weir_value *out);
/** a[start:stop:step], each bound ABSENT when not written. */
bool weir_op_slice(weir_vm *vm, const weir_value *a, const weir_value *start,
                   const weir_value *stop, const weir_value *step, weir_value *out);
/** len(v) */
bool weir_op_len(weir_vm *vm, const weir_value *v, int64_t *out);

/** Iteration over any iterable (list, tuple, dict keys, set, str, bytes, range, raw array or
 * object). */
typedef struct weir_iter {
    weir_value over;
    size_t at;
    weir_json_iter raw;
} weir_iter;
bool weir_op_iter(weir_vm *vm, const weir_value *iterable, weir_iter *iter);
/** *has is false at the end. */
bool weir_op_iter_next(weir_vm *vm, weir_iter *iter, weir_value *out, bool *has);
/** Exactly `count` elements into `out` (unpacking in `for p, s in ...`). */
bool weir_op_unpack(weir_vm *vm, const weir_value *v, size_t count, weir_value *out);

/** str(v), repr(v), ascii(v) appended to a buffer: conversion 's', 'r' or 'a'. */
bool weir_op_text(weir_vm *vm, const weir_value *v, char conversion, weir_buf *out);
/** format(v, spec) with Python's mini-language. */
bool weir_op_format(weir_vm *vm, const weir_value *v, weir_str spec, weir_buf *out);

/** template.format(*args, **keywords): `keywords` is a DICT, or ABSENT. */
bool weir_op_str_format(weir_vm *vm, const weir_value *template, const weir_value *args,
                        size_t count, const weir_value *keywords, weir_value *out);

/* Growing a list, dict or set under construction (comprehensions, displays). */
typedef struct weir_builder {
    uint8_t kind; /* LIST, TUPLE, DICT, SET */
    size_t count, cap;
    weir_value *items;
    weir_dict *dict;
} weir_builder;
bool weir_build_init(weir_vm *vm, weir_builder *builder, uint8_t kind, size_t expect);
bool weir_build_add(weir_vm *vm, weir_builder *builder, const weir_value *item);
bool weir_build_put(weir_vm *vm, weir_builder *builder, const weir_value *key,
                    const weir_value *value);
/** Adds all of an iterable (`*x`), or of a dict (`**x`). */
bool weir_build_extend(weir_vm *vm, weir_builder *builder, const weir_value *iterable);
bool weir_build_finish(weir_vm *vm, weir_builder *builder, weir_value *out);

/** Text in the run's arena from a buffer; the buffer is cleared. */
bool weir_op_str_from(weir_vm *vm, weir_buf *buf, unsigned flags, weir_value *out);
/** WEIR_VALUE_SECRET if v is a secret or contains one, else 0: the flags of text made from v. */
unsigned weir_op_flags(const weir_value *v);
/** Makes v typed one level (weir_json_unfold with the VM's limits). */
bool weir_op_unfold(weir_vm *vm, weir_value *v);

#endif
