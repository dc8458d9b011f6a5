/* SPDX-License-Identifier: MIT */
/*
 * Builtins over iterables. What Python gives as an iterator (zip, map, enumerate, reversed) is a
 * list here: an expression cannot tell, since nothing in it has a side effect.
 */
#include "expr/typed.h"
#include "value/json_read.h"

static bool call_len(weir_vm *vm, const weir_call *call, weir_value *out)
{
    int64_t len;
    if (!weir_op_len(vm, weir_arg(call, 0), &len))
        return false;
    *out = weir_value_int(len);
    return true;
}

static bool build_from(weir_vm *vm, const weir_call *call, uint8_t kind, weir_value *out)
{
    weir_builder made;
    return weir_build_init(vm, &made, kind, 0) &&
           (!weir_given(call, 0) || weir_build_extend(vm, &made, weir_arg(call, 0))) &&
           weir_build_finish(vm, &made, out);
}

static bool call_list(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return build_from(vm, call, WEIR_LIST, out);
}

static bool call_tuple(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return build_from(vm, call, WEIR_TUPLE, out);
}

static bool call_set(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return build_from(vm, call, WEIR_SET, out);
}

static bool put_pairs(weir_vm *vm, weir_builder *made, const weir_value *pairs)
{
    weir_iter iter;
    weir_value pair, both[2];
    bool has;
    if (!weir_op_iter(vm, pairs, &iter))
        return false;
    for (size_t i = 0;; i++) {
        if (!weir_op_iter_next(vm, &iter, &pair, &has))
            return false;
        if (!has)
            return true;
        if (!weir_op_unpack(vm, &pair, 2, both)) {
            if (vm->raise == WEIR_RAISE_VALUE)
                weir_vm_fail(vm, WEIR_RAISE_VALUE,
                             "dictionary update sequence element #%zu is not a pair (%s)", i,
                             weir_vm_show(vm, &pair));
            return false;
        }
        if (!weir_build_put(vm, made, &both[0], &both[1]))
            return false;
    }
}

static bool call_dict(weir_vm *vm, const weir_call *call, weir_value *out)
{
    weir_builder made;
    const weir_value *from = weir_arg(call, 0);
    if (!weir_build_init(vm, &made, WEIR_DICT, 0))
        return false;
    if (weir_given(call, 0) &&
        !(weir_is_mapping(from) ? weir_build_extend(vm, &made, from) : put_pairs(vm, &made, from)))
        return false;
    if (weir_given(call, 1) && !weir_build_extend(vm, &made, weir_arg(call, 1)))
        return false;
    return weir_build_finish(vm, &made, out);
}

static bool call_range(weir_vm *vm, const weir_call *call, weir_value *out)
{
    int64_t a, b = 0, step = 1;
    if (!weir_need_int(vm, weir_arg(call, 0), "range() argument", &a) ||
        (weir_given(call, 1) && !weir_need_int(vm, weir_arg(call, 1), "range() argument", &b)) ||
        (weir_given(call, 2) && !weir_need_int(vm, weir_arg(call, 2), "range() argument", &step)))
        return false;
    if (step == 0)
        return weir_vm_fail(vm, WEIR_RAISE_VALUE, "range() arg 3 must not be zero");
    weir_range *r = weir_vm_alloc(vm, sizeof(*r));
    if (!r)
        return false;
    *r = weir_given(call, 1) ? (weir_range){a, b, step} : (weir_range){0, a, 1};
    *out = weir_value_absent();
    out->kind = WEIR_RANGE;
    out->range = r;
    return true;
}

/* ------------------------------------------------------------------ any, all, sum */

static bool find_truth(weir_vm *vm, const weir_call *call, bool wanted, weir_value *out)
{
    weir_iter iter;
    weir_value item;
    bool has, is_true;
    if (!weir_op_iter(vm, weir_arg(call, 0), &iter))
        return false;
    for (;;) {
        if (!weir_op_iter_next(vm, &iter, &item, &has))
            return false;
        if (!has) {
            *out = weir_value_bool(!wanted);
            return true;
        }
        if (!weir_op_truth(vm, &item, &is_true))
            return false;
        if (is_true == wanted) {
            *out = weir_value_bool(wanted);
            return true;
        }
    }
}

static bool call_any(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return find_truth(vm, call, true, out);
}

static bool call_all(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return find_truth(vm, call, false, out);
}

static bool call_sum(weir_vm *vm, const weir_call *call, weir_value *out)
{
    weir_iter iter;
    weir_value item, total = weir_given(call, 1) ? *weir_arg(call, 1) : weir_value_int(0);
    bool has;
    if (total.kind == WEIR_STR || weir_is_raw(&total, WEIR_RAW_ESCAPED))
        return weir_vm_fail(vm, WEIR_RAISE_TYPE,
                            "sum() can't sum strings [use ''.join(seq) instead]");
    if (total.kind == WEIR_BYTES)
        return weir_vm_fail(vm, WEIR_RAISE_TYPE,
                            "sum() can't sum bytes [use b''.join(seq) instead]");
    if (!weir_op_iter(vm, weir_arg(call, 0), &iter))
        return false;
    for (;;) {
        if (!weir_op_iter_next(vm, &iter, &item, &has))
            return false;
        if (!has)
            break;
        weir_value next;
        if (!weir_op_binary(vm, WEIR_BINARY_ADD, &total, &item, &next))
            return false;
        total = next;
    }
    *out = total;
    return true;
}

/* ------------------------------------------------------------------ min, max, sorted */

static bool is_key_given(const weir_value *key)
{
    return key->kind != WEIR_ABSENT && key->kind != WEIR_NONE;
}

static bool key_of(weir_vm *vm, const weir_value *key, const weir_value *item, weir_value *out)
{
    if (is_key_given(key))
        return weir_call_value(vm, key, item, 1, out);
    *out = *item;
    return true;
}

static bool find_extreme(weir_vm *vm, const weir_value *over, const weir_value *key, bool wants_max,
                         weir_value *best, bool *found)
{
    weir_iter iter;
    weir_value item, item_key, best_key = weir_value_absent();
    bool has, is_better;
    *found = false;
    if (!weir_op_iter(vm, over, &iter))
        return false;
    for (;;) {
        if (!weir_op_iter_next(vm, &iter, &item, &has))
            return false;
        if (!has)
            return true;
        if (!key_of(vm, key, &item, &item_key))
            return false;
        if (*found) {
            weir_compare op = wants_max ? WEIR_COMPARE_GT : WEIR_COMPARE_LT;
            if (!weir_op_compare(vm, op, &item_key, &best_key, &is_better))
                return false;
            if (!is_better)
                continue;
        }
        *found = true;
        *best = item;
        best_key = item_key;
    }
}

static bool extreme(weir_vm *vm, const weir_call *call, const char *name, weir_value *out)
{
    const weir_value *key = weir_arg(call, 0), *fallback = weir_arg(call, 1);
    weir_list list = {call->rest_count, (weir_value *)call->rest};
    weir_value over = {.kind = WEIR_TUPLE};
    over.list = &list;
    bool found;
    if (call->rest_count == 0)
        return weir_vm_fail(vm, WEIR_RAISE_TYPE, "%s expected at least 1 argument, got 0", name);
    if (call->rest_count == 1)
        over = call->rest[0];
    else if (fallback->kind != WEIR_ABSENT)
        return weir_vm_fail(vm, WEIR_RAISE_TYPE,
                            "Cannot specify a default for %s() with multiple positional arguments",
                            name);
    if (!find_extreme(vm, &over, key, name[1] == 'a', out, &found))
        return false;
    if (found)
        return true;
    if (fallback->kind == WEIR_ABSENT)
        return weir_vm_fail(vm, WEIR_RAISE_VALUE, "%s() arg is an empty sequence", name);
    *out = *fallback;
    return true;
}

static bool call_min(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return extreme(vm, call, "min", out);
}

static bool call_max(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return extreme(vm, call, "max", out);
}

static void reverse_items(weir_value *items, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        weir_value swap = items[i];
        items[i] = items[count - 1 - i];
        items[count - 1 - i] = swap;
    }
}

/* The items parsed once, to be compared often; NULL: failed. */
static weir_value *typed_copy(weir_vm *vm, const weir_value *items, size_t count)
{
    weir_value *typed = weir_vm_alloc(vm, (count + 1) * sizeof(*typed));
    for (size_t i = 0; typed && i < count; i++) {
        weir_value room;
        const weir_value *t = weir_typed(vm, &items[i], &room);
        if (!t)
            return NULL;
        typed[i] = *t;
    }
    return typed;
}

static bool call_sorted(weir_vm *vm, const weir_call *call, weir_value *out)
{
    const weir_value *key = weir_arg(call, 1), *from;
    bool is_reverse = false;
    size_t count;
    weir_value *items, *keys;
    if (weir_given(call, 2) && !weir_op_truth(vm, weir_arg(call, 2), &is_reverse))
        return false;
    if (!weir_items_of(vm, weir_arg(call, 0), &from, &count) ||
        !weir_list_room(vm, WEIR_LIST, count, out, &items))
        return false;
    /* The items stay as they were sent: a Decimal made of one has its digits. */
    bool is_raw = false;
    for (size_t i = 0; i < count; i++) {
        items[i] = from[i];
        is_raw = is_raw || from[i].kind == WEIR_RAW;
    }
    keys = items;
    if (is_key_given(key)) {
        if (!(keys = weir_vm_alloc(vm, (count + 1) * sizeof(*keys))))
            return false;
        for (size_t i = 0; i < count; i++)
            if (!weir_call_value(vm, key, &items[i], 1, &keys[i]))
                return false;
    } else if (is_raw && !(keys = typed_copy(vm, items, count))) {
        return false;
    }
    /* Reversing before and after keeps equal items in their first order, as list.sort does. */
    if (is_reverse) {
        reverse_items(items, count);
        if (keys != items)
            reverse_items(keys, count);
    }
    if (!weir_sort(vm, keys, items, count))
        return false;
    if (is_reverse)
        reverse_items(items, count);
    return true;
}

static bool call_reversed(weir_vm *vm, const weir_call *call, weir_value *out)
{
    const weir_value *v = weir_arg(call, 0), *from;
    weir_value *items;
    size_t count;
    if (v->kind == WEIR_SET)
        return weir_vm_fail(vm, WEIR_RAISE_TYPE, "'set' object is not reversible");
    if (!weir_items_of(vm, v, &from, &count) || !weir_list_room(vm, WEIR_LIST, count, out, &items))
        return false;
    for (size_t i = 0; i < count; i++)
        items[i] = from[count - 1 - i];
    return true;
}

/* ------------------------------------------------------------------ zip, enumerate, map */

static bool call_enumerate(weir_vm *vm, const weir_call *call, weir_value *out)
{
    weir_builder made;
    weir_iter iter;
    weir_value item, pair, *both;
    int64_t number;
    bool has;
    if (!weir_need_int_or(vm, weir_arg(call, 1), "start", 0, &number) ||
        !weir_op_iter(vm, weir_arg(call, 0), &iter) || !weir_build_init(vm, &made, WEIR_LIST, 8))
        return false;
    for (;;) {
        if (!weir_op_iter_next(vm, &iter, &item, &has))
            return false;
        if (!has)
            return weir_build_finish(vm, &made, out);
        if (!weir_list_room(vm, WEIR_TUPLE, 2, &pair, &both))
            return false;
        both[0] = weir_value_int(number);
        both[1] = item;
        if (!weir_build_add(vm, &made, &pair))
            return false;
        if (__builtin_add_overflow(number, 1, &number))
            return weir_vm_fail(vm, WEIR_RAISE_OVERFLOW, "enumerate() beyond 64 bits");
    }
}

/* One item of each iterable; *has is false as soon as one of them ends, *which says which. */
static bool next_of_each(weir_vm *vm, weir_iter *iters, size_t count, weir_value *items, bool *has,
                         size_t *which)
{
    *has = false;
    for (*which = 0; *which < count; ++*which) {
        if (!weir_op_iter_next(vm, &iters[*which], &items[*which], has))
            return false;
        if (!*has)
            return true;
    }
    return true;
}

static weir_iter *open_each(weir_vm *vm, const weir_call *call)
{
    weir_iter *iters = weir_vm_alloc(vm, (call->rest_count + 1) * sizeof(*iters));
    for (size_t i = 0; iters && i < call->rest_count; i++)
        if (!weir_op_iter(vm, &call->rest[i], &iters[i]))
            return NULL;
    return iters;
}

/* zip(strict=True): the others must have ended too. */
static bool check_strict(weir_vm *vm, weir_iter *iters, size_t count, size_t ended)
{
    weir_value item;
    bool has = false;
    if (ended > 0)
        return weir_vm_fail(vm, WEIR_RAISE_VALUE,
                            "zip() argument %zu is shorter than argument%s%zu", ended + 1,
                            ended == 1 ? " " : "s 1-", ended);
    for (size_t i = 1; i < count; i++) {
        if (!weir_op_iter_next(vm, &iters[i], &item, &has))
            return false;
        if (has)
            return weir_vm_fail(vm, WEIR_RAISE_VALUE,
                                "zip() argument %zu is longer than argument%s%zu", i + 1,
                                i == 1 ? " " : "s 1-", i);
    }
    return true;
}

static bool call_zip(weir_vm *vm, const weir_call *call, weir_value *out)
{
    weir_builder made;
    bool is_strict = false, has = false;
    size_t count = call->rest_count, which;
    if (weir_given(call, 0) && !weir_op_truth(vm, weir_arg(call, 0), &is_strict))
        return false;
    weir_iter *iters = open_each(vm, call);
    if (!iters || !weir_build_init(vm, &made, WEIR_LIST, count ? 8 : 0))
        return false;
    while (count) {
        weir_value tuple, *items;
        if (!weir_list_room(vm, WEIR_TUPLE, count, &tuple, &items) ||
            !next_of_each(vm, iters, count, items, &has, &which))
            return false;
        if (!has) {
            if (is_strict && !check_strict(vm, iters, count, which))
                return false;
            break;
        }
        if (!weir_build_add(vm, &made, &tuple))
            return false;
    }
    return weir_build_finish(vm, &made, out);
}

static bool call_map(weir_vm *vm, const weir_call *call, weir_value *out)
{
    weir_builder made;
    bool has = false;
    size_t count = call->rest_count, which;
    if (count == 0)
        return weir_vm_fail(vm, WEIR_RAISE_TYPE, "map() must have at least two arguments.");
    weir_iter *iters = open_each(vm, call);
    weir_value *items = iters ? weir_vm_alloc(vm, count * sizeof(*items)) : NULL, mapped;
    if (!items || !weir_build_init(vm, &made, WEIR_LIST, 8))
        return false;
    for (;;) {
        if (!next_of_each(vm, iters, count, items, &has, &which))
            return false;
        if (!has)
            return weir_build_finish(vm, &made, out);
        if (!weir_call_value(vm, weir_arg(call, 0), items, count, &mapped) ||
            !weir_build_add(vm, &made, &mapped))
            return false;
    }
}

/* ------------------------------------------------------------------ isinstance */

static bool is_of_type(weir_vm *vm, uint8_t kind, const weir_value *type, bool *out)
{
    if (type->kind == WEIR_TUPLE) {
        for (size_t i = 0; i < type->list->count; i++) {
            if (!is_of_type(vm, kind, &type->list->items[i], out))
                return false;
            if (*out)
                return true;
        }
        *out = false;
        return true;
    }
    if (type->kind != WEIR_OBJECT || type->aux >= WEIR_KIND_COUNT)
        return weir_vm_fail(vm, WEIR_RAISE_TYPE,
                            "isinstance() arg 2 must be a type or a tuple of types (%s)",
                            weir_vm_show(vm, type));
    *out = kind == type->aux || (type->aux == WEIR_INT && kind == WEIR_BOOL);
    return true;
}

static bool call_isinstance(weir_vm *vm, const weir_call *call, weir_value *out)
{
    bool is_it = false;
    uint8_t kind = weir_receiver_kind(weir_arg(call, 0));
    if (kind == WEIR_BIGINT)
        kind = WEIR_INT;
    if (!is_of_type(vm, kind, weir_arg(call, 1), &is_it))
        return false;
    *out = weir_value_bool(is_it);
    return true;
}

const weir_fn_row weir_fn_sequences[] = {
    {"len", "obj /", call_len, WEIR_INT, WEIR_FN_PURE, "the number of items or characters"},
    {"list", "iterable? /", call_list, WEIR_LIST, WEIR_FN_PURE, "a list of the items"},
    {"tuple", "iterable? /", call_tuple, WEIR_TUPLE, WEIR_FN_PURE, "a tuple of the items"},
    {"set", "iterable? /", call_set, WEIR_SET, WEIR_FN_PURE, "a set of the items"},
    {"dict", "pairs? / * keywords?", call_dict, WEIR_DICT, WEIR_FN_PURE,
     "a dict of another or of pairs"},
    {"range", "start stop? step? /", call_range, WEIR_RANGE, WEIR_FN_PURE,
     "the integers from start (0 when only stop is given) to before stop"},
    {"any", "iterable /", call_any, WEIR_BOOL, WEIR_FN_PURE, "whether any item is true"},
    {"all", "iterable /", call_all, WEIR_BOOL, WEIR_FN_PURE, "whether all items are true"},
    {"sum", "iterable / start?", call_sum, WEIR_KIND_COUNT, WEIR_FN_PURE, "start + all items"},
    {"min", "*args key? default?", call_min, WEIR_KIND_COUNT, 0, "the smallest item or argument"},
    {"max", "*args key? default?", call_max, WEIR_KIND_COUNT, 0, "the largest item or argument"},
    {"sorted", "iterable / * key? reverse?", call_sorted, WEIR_LIST, 0, "the items in order"},
    {"reversed", "sequence /", call_reversed, WEIR_LIST, WEIR_FN_PURE, "the items backwards"},
    {"enumerate", "iterable start?", call_enumerate, WEIR_LIST, WEIR_FN_PURE,
     "(number, item) of each item"},
    {"zip", "*iterables strict?", call_zip, WEIR_LIST, WEIR_FN_PURE, "tuples of one item of each"},
    {"map", "func / *iterables", call_map, WEIR_LIST, 0, "func of each item"},
    {"isinstance", "obj class_or_tuple /", call_isinstance, WEIR_BOOL, WEIR_FN_PURE,
     "whether a value is of a type, or of one of a tuple of types"},
    {0},
};
