/* SPDX-License-Identifier: MIT */
/*
 * Comparison, membership and truth. Equality is the value room's; order is decided here, for pairs
 * of one family (numbers, text, bytes, sequences, sets, times). Everything else has no order: a
 * TypeError, as in Python.
 */
#include <math.h>

#include "expr/typed.h"
#include "value/json_read.h"

/* What was found out about the order of two values. */
typedef enum order { LESS = -1, SAME = 0, MORE = 1, UNORDERED, NO_ORDER, FAILED } order;

enum { NESTING_MAX = 400 };

static const char *const SIGNS[] = {"<", "<=", "==", "!=", ">", ">="};

static order order_of(weir_vm *vm, const weir_value *a, const weir_value *b, int depth);

static bool is_text(const weir_value *v)
{
    return v->kind == WEIR_STR || v->kind == WEIR_BYTES;
}

static order order_text(const weir_value *a, const weir_value *b)
{
    size_t len = a->len < b->len ? a->len : b->len;
    int sign = len ? memcmp(a->s, b->s, len) : 0;
    if (sign == 0)
        return a->len < b->len ? LESS : a->len > b->len ? MORE : SAME;
    return sign < 0 ? LESS : MORE;
}

static bool equal(weir_vm *vm, const weir_value *a, const weir_value *b, bool *out)
{
    uint64_t work = 1;
    if (a->kind == WEIR_LIST || a->kind == WEIR_TUPLE)
        work += a->list->count;
    else if (a->kind == WEIR_DICT || a->kind == WEIR_SET)
        work += a->dict->count;
    if (a->kind == WEIR_RAW || b->kind == WEIR_RAW)
        work += (a->kind == WEIR_RAW ? a->len : b->len) / 16;
    if (!weir_vm_charge(vm, work))
        return false;
    *out = weir_value_equal(vm->arena, a, b);
    return weir_arena_failed(vm->arena) ? weir_vm_fail_memory(vm) : true;
}

static order order_sequence(weir_vm *vm, const weir_value *a, const weir_value *b, int depth)
{
    weir_value x = *a, y = *b;
    if (!weir_op_unfold(vm, &x) || !weir_op_unfold(vm, &y))
        return FAILED;
    if (x.kind != y.kind)
        return NO_ORDER;
    size_t n = x.list->count, m = y.list->count;
    for (size_t i = 0; i < n && i < m; i++) {
        bool is_same;
        if (!equal(vm, &x.list->items[i], &y.list->items[i], &is_same))
            return FAILED;
        if (!is_same)
            return order_of(vm, &x.list->items[i], &y.list->items[i], depth + 1);
    }
    return n < m ? LESS : n > m ? MORE : SAME;
}

static bool is_subset(weir_vm *vm, const weir_dict *a, const weir_dict *b)
{
    for (size_t i = 0; i < a->count; i++)
        if (!weir_dict_get(vm->arena, b, &a->entries[i].key))
            return false;
    return true;
}

static order order_sets(weir_vm *vm, const weir_value *a, const weir_value *b)
{
    if (!weir_vm_charge(vm, a->dict->count + b->dict->count))
        return FAILED;
    bool is_below = is_subset(vm, a->dict, b->dict), is_above = is_subset(vm, b->dict, a->dict);
    return is_below && is_above ? SAME : is_below ? LESS : is_above ? MORE : UNORDERED;
}

static order order_times(weir_vm *vm, const weir_value *a, const weir_value *b)
{
    bool is_stamp = a->kind == WEIR_TIMESTAMP;
    if (is_stamp && (a->aux == 0) != (b->aux == 0)) {
        weir_vm_fail(vm, WEIR_RAISE_TYPE,
                     "Cannot compare tz-naive and tz-aware timestamps (%s and %s)",
                     weir_vm_show(vm, a), weir_vm_show(vm, b));
        return FAILED;
    }
    return a->i < b->i ? LESS : a->i > b->i ? MORE : SAME;
}

static order order_of(weir_vm *vm, const weir_value *a, const weir_value *b, int depth)
{
    weir_value room_a, room_b;
    a = weir_typed(vm, a, &room_a);
    b = a ? weir_typed(vm, b, &room_b) : NULL;
    if (!b)
        return FAILED;
    if (depth > NESTING_MAX) {
        weir_vm_fail(vm, WEIR_RAISE_LIMIT, "nested more than %d deep", NESTING_MAX);
        return FAILED;
    }
    if (weir_number_is(a) && weir_number_is(b)) {
        int sign;
        if (weir_number_compare(a, b, &sign))
            return sign < 0 ? LESS : sign > 0 ? MORE : SAME;
        if (a->kind != WEIR_DECIMAL && b->kind != WEIR_DECIMAL)
            return UNORDERED;
        weir_vm_fail(vm, WEIR_RAISE_ARITHMETIC, "comparison of a Decimal with nan (%s and %s)",
                     weir_vm_show(vm, a), weir_vm_show(vm, b));
        return FAILED;
    }
    if (is_text(a) && a->kind == b->kind)
        return order_text(a, b);
    if (weir_is_sequence(a) && weir_is_sequence(b))
        return order_sequence(vm, a, b, depth);
    if (a->kind == WEIR_SET && b->kind == WEIR_SET)
        return order_sets(vm, a, b);
    if ((a->kind == WEIR_TIMESTAMP || a->kind == WEIR_TIMEDELTA) && a->kind == b->kind)
        return order_times(vm, a, b);
    return NO_ORDER;
}

static bool compare_equal(weir_vm *vm, const weir_value *a, const weir_value *b, bool *out)
{
    if (a->kind == WEIR_TIMESTAMP && b->kind == WEIR_TIMESTAMP) {
        *out = a->i == b->i && (a->aux == 0) == (b->aux == 0);
        return true;
    }
    return equal(vm, a, b, out);
}

bool weir_op_compare(weir_vm *vm, weir_compare op, const weir_value *a, const weir_value *b,
                     bool *out)
{
    if (a->kind == WEIR_INT && b->kind == WEIR_INT) {
        order o = a->i < b->i ? LESS : a->i > b->i ? MORE : SAME;
        const unsigned wanted[] = {1, 3, 2, 5, 4, 6}; /* bits: less, same, more */
        *out = wanted[op] >> (o + 1) & 1;
        return true;
    }
    if (op == WEIR_COMPARE_EQ || op == WEIR_COMPARE_NE) {
        if (!compare_equal(vm, a, b, out))
            return false;
        *out = *out == (op == WEIR_COMPARE_EQ);
        return true;
    }
    order o = order_of(vm, a, b, 0);
    if (o == FAILED)
        return false;
    if (o == NO_ORDER)
        return weir_vm_fail(vm, WEIR_RAISE_TYPE,
                            "'%s' not supported between instances of '%s' and '%s' (%s and %s)",
                            SIGNS[op], weir_value_type_name(a), weir_value_type_name(b),
                            weir_vm_show(vm, a), weir_vm_show(vm, b));
    *out = o == SAME   ? op == WEIR_COMPARE_LE || op == WEIR_COMPARE_GE
           : o == LESS ? op == WEIR_COMPARE_LT || op == WEIR_COMPARE_LE
           : o == MORE ? op == WEIR_COMPARE_GT || op == WEIR_COMPARE_GE
                       : false;
    return true;
}

bool weir_less(weir_vm *vm, const weir_value *a, const weir_value *b, bool *out)
{
    return weir_vm_charge(vm, 1) && weir_op_compare(vm, WEIR_COMPARE_LT, a, b, out);
}

/* ------------------------------------------------------------------ membership */

static bool contains_text(weir_vm *vm, const weir_value *in, const weir_value *needle, bool *out)
{
    weir_value room;
    const weir_value *t = weir_typed(vm, needle, &room);
    if (!t)
        return false;
    if (in->kind == WEIR_BYTES && (weir_is_int(t) || t->kind == WEIR_BIGINT)) {
        if (t->kind == WEIR_BIGINT || t->i < 0 || t->i > 255)
            return weir_vm_fail(vm, WEIR_RAISE_VALUE, "byte must be in range(0, 256), not %s",
                                weir_vm_show(vm, t));
        *out = in->len && memchr(in->s, (int)t->i, in->len);
        return true;
    }
    if (t->kind != in->kind) {
        const char *format = in->kind == WEIR_STR
                                 ? "'in <string>' requires string as left operand, not %s (%s)"
                                 : "a bytes-like object is required, not '%s' (%s)";
        return weir_vm_fail(vm, WEIR_RAISE_TYPE, format, weir_value_type_name(t),
                            weir_vm_show(vm, t));
    }
    *out = t->len == 0 || (in->len && memmem(in->s, in->len, t->s, t->len));
    return weir_vm_charge(vm, in->len / 64);
}

static bool contains_key(weir_vm *vm, const weir_value *in, const weir_value *needle, bool *out)
{
    weir_value room;
    const weir_value *key = weir_typed(vm, needle, &room);
    if (!key)
        return false;
    uint64_t hash;
    if (key->kind != WEIR_STR && !weir_value_hash(vm->arena, key, &hash))
        return weir_arena_failed(vm->arena)
                   ? weir_vm_fail_memory(vm)
                   : weir_vm_fail(vm, WEIR_RAISE_TYPE, "unhashable type: '%s' (%s)",
                                  weir_value_type_name(key), weir_vm_show(vm, key));
    weir_value found;
    if (in->kind == WEIR_RAW)
        *out = key->kind == WEIR_STR && weir_json_member(in, weir_value_text(key), &found);
    else
        *out = weir_dict_get(vm->arena, in->dict, key) != NULL;
    return weir_vm_charge(vm, in->kind == WEIR_RAW ? in->len / 256 : 1);
}

static bool contains_item(weir_vm *vm, const weir_value *in, const weir_value *needle, bool *out)
{
    weir_iter iter;
    weir_value item;
    bool has;
    if (!weir_op_iter(vm, in, &iter))
        return false;
    for (;;) {
        if (!weir_op_iter_next(vm, &iter, &item, &has))
            return false;
        *out = false;
        if (!has)
            return true;
        if (!weir_op_compare(vm, WEIR_COMPARE_EQ, &item, needle, out))
            return false;
        if (*out)
            return true;
    }
}

static bool contains_range(weir_vm *vm, const weir_value *in, const weir_value *needle, bool *out)
{
    weir_value room;
    const weir_value *t = weir_typed(vm, needle, &room);
    if (!t)
        return false;
    int64_t i = 0;
    weir_value whole;
    if (t->kind == WEIR_DECIMAL && weir_decimal_is_integral(t->decimal) &&
        weir_decimal_to_int(vm->arena, t->decimal, &whole) == WEIR_DECIMAL_OK)
        t = &whole;
    bool is_whole = weir_is_int(t);
    if (is_whole)
        i = t->i;
    else if (t->kind == WEIR_FLOAT && t->f == floor(t->f) && fabs(t->f) < 0x1p63) {
        i = (int64_t)t->f;
        is_whole = true;
    }
    const weir_range *r = in->range;
    bool is_within = r->step > 0 ? i >= r->start && i < r->stop : i <= r->start && i > r->stop;
    *out = is_whole && is_within && ((__int128)i - r->start) % r->step == 0;
    return true;
}

bool weir_op_contains(weir_vm *vm, const weir_value *haystack, const weir_value *needle, bool *out)
{
    weir_value room;
    const weir_value *in = weir_typed(vm, haystack, &room);
    if (!in)
        return false;
    if (is_text(in))
        return contains_text(vm, in, needle, out);
    if (in->kind == WEIR_SET || weir_is_mapping(in))
        return contains_key(vm, in, needle, out);
    if (in->kind == WEIR_RANGE)
        return contains_range(vm, in, needle, out);
    if (weir_is_sequence(in))
        return contains_item(vm, in, needle, out);
    return weir_vm_fail(vm, WEIR_RAISE_TYPE, "argument of type '%s' is not iterable (%s)",
                        weir_value_type_name(in), weir_vm_show(vm, in));
}

/* ------------------------------------------------------------------ truth */

static bool raw_has_items(const weir_value *v)
{
    weir_json_iter iter;
    weir_value key, item;
    weir_json_iter_init(&iter, v);
    return weir_json_iter_next(&iter, &key, &item);
}

bool weir_op_truth(weir_vm *vm, const weir_value *v, bool *out)
{
    weir_value room;
    const weir_value *t = weir_typed(vm, v, &room);
    if (!t)
        return false;
    switch (t->kind) {
    case WEIR_ABSENT:
    case WEIR_NONE: *out = false; return true;
    case WEIR_BOOL:
    case WEIR_INT:
    case WEIR_TIMEDELTA: *out = t->i != 0; return true;
    case WEIR_FLOAT: *out = t->f != 0.0; return true;
    case WEIR_STR:
    case WEIR_BYTES:
    case WEIR_LEVELS: *out = t->len != 0; return true;
    case WEIR_DECIMAL: *out = !weir_decimal_is_zero(t->decimal); return true;
    case WEIR_LIST:
    case WEIR_TUPLE: *out = t->list->count != 0; return true;
    case WEIR_DICT:
    case WEIR_SET: *out = t->dict->count != 0; return true;
    case WEIR_RANGE: *out = weir_range_count(t->range) != 0; return true;
    case WEIR_RAW: *out = raw_has_items(t); return true;
    default: *out = true; return true;
    }
}
