/* SPDX-License-Identifier: MIT */
/*
 * Walking anything that Python can walk, and the two things that every walker wants next: the items
 * as an array, and an exact number of them (unpacking). Raw containers are walked in place.
 */
#include "expr/typed.h"
#include "util/utf8.h"
#include "value/json_read.h"

bool weir_op_iter(weir_vm *vm, const weir_value *iterable, weir_iter *iter)
{
    weir_value room;
    const weir_value *t = weir_typed(vm, iterable, &room);
    if (!t)
        return false;
    iter->over = *t;
    iter->at = 0;
    switch (t->kind) {
    case WEIR_LIST:
    case WEIR_TUPLE:
    case WEIR_DICT:
    case WEIR_SET:
    case WEIR_STR:
    case WEIR_BYTES:
    case WEIR_LEVELS:
    case WEIR_RANGE: return true;
    case WEIR_RAW:
        /* Keys of an object may be repeated: the dict has each once. */
        if (t->aux == WEIR_RAW_OBJECT)
            return weir_op_unfold(vm, &iter->over);
        weir_json_iter_init(&iter->raw, t);
        return true;
    default:
        return weir_vm_fail(vm, WEIR_RAISE_TYPE, "'%s' object is not iterable (%s)",
                            weir_value_type_name(t), weir_vm_show(vm, t));
    }
}

static bool next_char(weir_iter *iter, weir_value *out)
{
    weir_str rest = {iter->over.s + iter->at, iter->over.len - iter->at};
    uint32_t c;
    size_t n = weir_utf8_decode(rest, &c);
    n = n ? n : 1;
    *out = weir_value_str((weir_str){rest.ptr, n});
    out->flags = iter->over.flags & WEIR_VALUE_SECRET;
    if (n == 1)
        out->flags |= WEIR_VALUE_ASCII;
    iter->at += n;
    return true;
}

static bool next_level(weir_vm *vm, weir_iter *iter, weir_value *out)
{
    weir_value *pair;
    const weir_level *level = &iter->over.levels[iter->at++];
    if (!weir_list_room(vm, WEIR_LIST, 2, out, &pair))
        return false;
    pair[0] = weir_value_float(level->price);
    pair[1] = weir_value_float(level->size);
    return true;
}

static bool next_raw(weir_iter *iter, weir_value *out, bool *has)
{
    weir_value key;
    *has = weir_json_iter_next(&iter->raw, &key, out);
    if (*has)
        out->flags |= iter->over.flags & WEIR_VALUE_SECRET;
    return true;
}

bool weir_op_iter_next(weir_vm *vm, weir_iter *iter, weir_value *out, bool *has)
{
    const weir_value *over = &iter->over;
    if (!weir_vm_charge(vm, 1))
        return false;
    switch (over->kind) {
    case WEIR_LIST:
    case WEIR_TUPLE:
        if ((*has = iter->at < over->list->count))
            *out = over->list->items[iter->at++];
        return true;
    case WEIR_DICT:
    case WEIR_SET:
        if ((*has = iter->at < over->dict->count))
            *out = over->dict->entries[iter->at++].key;
        return true;
    case WEIR_STR: *has = iter->at < over->len; return *has ? next_char(iter, out) : true;
    case WEIR_BYTES:
        if ((*has = iter->at < over->len))
            *out = weir_value_int((uint8_t)over->s[iter->at++]);
        return true;
    case WEIR_LEVELS: *has = iter->at < over->len; return *has ? next_level(vm, iter, out) : true;
    case WEIR_RANGE:
        if ((*has = iter->at < weir_range_count(over->range)))
            *out = weir_value_int(
                (int64_t)((uint64_t)over->range->start + (uint64_t)over->range->step * iter->at++));
        return true;
    case WEIR_RAW: return next_raw(iter, out, has);
    default: *has = false; return true;
    }
}

bool weir_list_room(weir_vm *vm, uint8_t kind, size_t count, weir_value *out, weir_value **items)
{
    if (count > WEIR_EXPR_RESULT_MAX / sizeof(weir_value))
        return weir_vm_fail(vm, WEIR_RAISE_LIMIT, "a %s of %zu items is over the limit of %zu",
                            kind == WEIR_TUPLE ? "tuple" : "list", count,
                            WEIR_EXPR_RESULT_MAX / sizeof(weir_value));
    if (!weir_vm_charge(vm, count / 4))
        return false;
    if (!weir_list_new(vm->arena, kind, count, out, items))
        return weir_vm_fail_memory(vm);
    return true;
}

bool weir_items_of(weir_vm *vm, const weir_value *iterable, const weir_value **items, size_t *count)
{
    if (iterable->kind == WEIR_LIST || iterable->kind == WEIR_TUPLE) {
        *items = iterable->list->items;
        *count = iterable->list->count;
        return true;
    }
    weir_builder made;
    weir_value list;
    if (!weir_build_init(vm, &made, WEIR_LIST, 8) || !weir_build_extend(vm, &made, iterable) ||
        !weir_build_finish(vm, &made, &list))
        return false;
    *items = list.list->items;
    *count = list.list->count;
    return true;
}

bool weir_op_unpack(weir_vm *vm, const weir_value *v, size_t count, weir_value *out)
{
    weir_iter iter;
    bool has = true;
    weir_value extra;
    weir_value room;
    const weir_value *t = weir_typed(vm, v, &room);
    if (!t)
        return false;
    if (!weir_op_iter(vm, t, &iter)) {
        if (vm->raise == WEIR_RAISE_TYPE)
            weir_vm_fail(vm, WEIR_RAISE_TYPE, "cannot unpack non-iterable %s object (%s)",
                         weir_value_type_name(t), weir_vm_show(vm, t));
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!weir_op_iter_next(vm, &iter, &out[i], &has))
            return false;
        if (!has)
            return weir_vm_fail(vm, WEIR_RAISE_VALUE,
                                "not enough values to unpack (expected %zu, got %zu): %s", count, i,
                                weir_vm_show(vm, t));
    }
    if (!weir_op_iter_next(vm, &iter, &extra, &has))
        return false;
    return !has ||
           weir_vm_fail(vm, WEIR_RAISE_VALUE, "too many values to unpack (expected %zu): %s", count,
                        weir_vm_show(vm, t));
}
