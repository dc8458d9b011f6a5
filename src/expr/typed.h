/* SPDX-License-Identifier: MIT */
/*
 * What every operation and builtin starts with: looking at an operand as what it is. Raw scalars
 * become typed here (a number is parsed, an escaped text unescaped); raw containers stay raw,
 * because most operations can work on the span.
 */
#ifndef WEIR_EXPR_TYPED_H
#define WEIR_EXPR_TYPED_H

#include "expr/names.h"
#include "expr/ops.h"
#include "value/decimal.h"

/** Parses the raw scalar `v` into *room; NULL after weir_vm_fail. */
const weir_value *weir_typed_raw(weir_vm *vm, const weir_value *v, weir_value *room);

/** `v` itself, or its typed self in *room when it is a raw scalar. NULL after weir_vm_fail. */
static inline const weir_value *weir_typed(weir_vm *vm, const weir_value *v, weir_value *room)
{
    return v->kind == WEIR_RAW ? weir_typed_raw(vm, v, room) : v;
}

static inline bool weir_is_int(const weir_value *v)
{
    return v->kind == WEIR_INT || v->kind == WEIR_BOOL;
}

static inline bool weir_is_raw(const weir_value *v, weir_raw what)
{
    return v->kind == WEIR_RAW && v->aux == what;
}

static inline bool weir_is_sequence(const weir_value *v)
{
    return v->kind == WEIR_LIST || v->kind == WEIR_TUPLE || weir_is_raw(v, WEIR_RAW_ARRAY);
}

static inline bool weir_is_mapping(const weir_value *v)
{
    return v->kind == WEIR_DICT || weir_is_raw(v, WEIR_RAW_OBJECT);
}

/** Argument i of a call; ABSENT when it was left out. */
static inline const weir_value *weir_arg(const weir_call *call, size_t i)
{
    static const weir_value left_out;
    return i < call->count ? &call->args[i] : &left_out;
}

static inline bool weir_given(const weir_call *call, size_t i)
{
    return weir_arg(call, i)->kind != WEIR_ABSENT;
}

/** STR (or escaped raw text) as a span; TypeError "<who> must be str, not ..." otherwise. */
bool weir_need_str(weir_vm *vm, const weir_value *v, const char *who, weir_str *out);
/** STR as its UTF-8, BYTES as they are; TypeError otherwise. */
bool weir_need_bytes(weir_vm *vm, const weir_value *v, const char *who, weir_str *out);
/** INT or BOOL; TypeError or OverflowError otherwise. */
bool weir_need_int(weir_vm *vm, const weir_value *v, const char *who, int64_t *out);
/** The same, or `fallback` when ABSENT or None. */
bool weir_need_int_or(weir_vm *vm, const weir_value *v, const char *who, int64_t fallback,
                      int64_t *out);
/** Any real number as a double, correctly rounded; TypeError otherwise. */
bool weir_need_double(weir_vm *vm, const weir_value *v, const char *who, double *out);

/** BIGINT or INT from up to 128 bits; OverflowError does not happen (the digits are kept). */
bool weir_int128_value(weir_vm *vm, __int128 i, weir_value *out);
/** INT, BOOL or BIGINT of at most 38 digits. False without failing when it is wider. */
bool weir_int128_of(const weir_value *v, __int128 *out);
/** int(f) as INT or BIGINT. */
bool weir_int_from_double(weir_vm *vm, double f, weir_value *out);

/** STR or BYTES of a copy of `len` bytes at `text`. */
bool weir_text_value(weir_vm *vm, uint8_t kind, const char *text, size_t len, unsigned flags,
                     weir_value *out);
/** True (and the flag set on v) if the text of v is ASCII. */
bool weir_text_is_ascii(weir_value *v);
/** False after LIMIT when the text in a buffer is longer than a result may be, or memory ran out.
 */
bool weir_text_room(weir_vm *vm, const weir_buf *out, size_t extra);

/** The failure that a decimal operation ended with. True for OK. */
bool weir_decimal_ok(weir_vm *vm, weir_decimal_code code, const char *what);
/** False after failing with the regex, crypto or inflate error's text. */
bool weir_fail_error(weir_vm *vm, weir_raise raise, const weir_error *error);

/** Calls what may be given as `key=` or to map(): a lambda, a type, a function. */
bool weir_call_value(weir_vm *vm, const weir_value *callable, const weir_value *args, size_t count,
                     weir_value *out);

/** The items of any iterable as an array: in place for lists and tuples. */
bool weir_items_of(weir_vm *vm, const weir_value *iterable, const weir_value **items,
                   size_t *count);
/** A list or tuple of `count` items to be filled in; charged and bounded. */
bool weir_list_room(weir_vm *vm, uint8_t kind, size_t count, weir_value *out, weir_value **items);
/** Sorts in place, stably, as list.sort does: `keys` are compared, `items` (may equal keys) follow.
 */
bool weir_sort(weir_vm *vm, weir_value *keys, weir_value *items, size_t count);
/** <, as sorting asks it. */
bool weir_less(weir_vm *vm, const weir_value *a, const weir_value *b, bool *out);
/** The number of items of a range. */
uint64_t weir_range_count(const weir_range *range);
/** A Python index (negative from the end) to an offset below `len`; false when outside. */
bool weir_index_fit(int64_t index, size_t len, size_t *at);
/** slice.indices(len), and how many items that are. */
typedef struct weir_slice {
    int64_t first, end, stride;
    size_t count;
} weir_slice;
/** ValueError for a zero step. */
bool weir_slice_fit(weir_vm *vm, const weir_value *start, const weir_value *stop,
                    const weir_value *step, size_t len, weir_slice *slice);

/* Arithmetic and comparison of times: expr/ops_time.c. *is_handled is false when neither operand is
 * a Timestamp or Timedelta. */
bool weir_time_binary(weir_vm *vm, weir_binary op, const weir_value *a, const weir_value *b,
                      weir_value *out, bool *is_handled);
bool weir_time_text(const weir_value *v, char conversion, weir_buf *out);

/** "unsupported operand type(s) for +: 'int' and 'str'", with the operands. */
bool weir_fail_operands(weir_vm *vm, const char *op, const weir_value *a, const weir_value *b);

#endif
