/* SPDX-License-Identifier: MIT */
/* Methods of dict, list, tuple and bytes. dict.get looks into a raw object in place. */
#include "expr/str_parts.h"
#include "expr/tables.h"
#include "util/encode.h"
#include "value/json_read.h"

/* ------------------------------------------------------------------ dict */

static bool fail_unhashable(weir_vm *vm, const weir_value *key)
{
    uint64_t hash;
    if (weir_value_hash(vm->arena, key, &hash))
        return true;
    return weir_vm_fail(vm, WEIR_RAISE_TYPE, "unhashable type: '%s' (%s)",
                        weir_value_type_name(key), weir_vm_show(vm, key));
}

static bool m_get(weir_vm *vm, const weir_call *call, weir_value *out)
{
    const weir_value *dict = &call->args[0], *found = NULL;
    weir_value room;
    const weir_value *key = weir_typed(vm, weir_arg(call, 1), &room);
    if (!key)
        return false;
    if (dict->kind == WEIR_RAW) {
        if (!weir_vm_charge(vm, dict->len / 256))
            return false;
        if (key->kind == WEIR_STR && weir_json_member(dict, weir_value_text(key), out)) {
            out->flags |= dict->flags & WEIR_VALUE_SECRET;
            return true;
        }
    } else {
        found = weir_dict_get(vm->arena, dict->dict, key);
    }
    if (found) {
        *out = *found;
        return true;
    }
    if (key->kind != WEIR_STR && !fail_unhashable(vm, key))
        return false;
    *out = weir_given(call, 2) ? *weir_arg(call, 2) : weir_value_none();
    return true;
}

static bool unfolded(weir_vm *vm, const weir_call *call, weir_value *self)
{
    *self = call->args[0];
    return weir_op_unfold(vm, self);
}

static bool m_keys(weir_vm *vm, const weir_call *call, weir_value *out)
{
    weir_value self, *items;
    if (!unfolded(vm, call, &self) || !weir_list_room(vm, WEIR_LIST, self.dict->count, out, &items))
        return false;
    for (size_t i = 0; i < self.dict->count; i++)
        items[i] = self.dict->entries[i].key;
    return true;
}

static bool m_values(weir_vm *vm, const weir_call *call, weir_value *out)
{
    weir_value self, *items;
    if (!unfolded(vm, call, &self) || !weir_list_room(vm, WEIR_LIST, self.dict->count, out, &items))
        return false;
    for (size_t i = 0; i < self.dict->count; i++)
        items[i] = self.dict->entries[i].value;
    return true;
}

static bool m_items(weir_vm *vm, const weir_call *call, weir_value *out)
{
    weir_value self, *items, *pair;
    if (!unfolded(vm, call, &self) || !weir_list_room(vm, WEIR_LIST, self.dict->count, out, &items))
        return false;
    for (size_t i = 0; i < self.dict->count; i++) {
        if (!weir_list_room(vm, WEIR_TUPLE, 2, &items[i], &pair) || !weir_vm_charge(vm, 1))
            return false;
        pair[0] = self.dict->entries[i].key;
        pair[1] = self.dict->entries[i].value;
    }
    return true;
}

const weir_method_row weir_method_dict[] = {
    {WEIR_DICT, "get", "key default? /", m_get, WEIR_KIND_COUNT, WEIR_FN_PURE,
     "the value of a key, or default (None)"},
    {WEIR_DICT, "keys", "", m_keys, WEIR_LIST, WEIR_FN_PURE, "the keys"},
    {WEIR_DICT, "values", "", m_values, WEIR_LIST, WEIR_FN_PURE, "the values"},
    {WEIR_DICT, "items", "", m_items, WEIR_LIST, WEIR_FN_PURE, "(key, value) pairs"},
    {0},
};

/* ------------------------------------------------------------------ list, tuple */

/* Walks the receiver from `index` on: the first place of the wanted item, and how many there are.
 */
static bool search(weir_vm *vm, const weir_call *call, bool stops, int64_t from, int64_t to,
                   int64_t *first, int64_t *count)
{
    weir_iter iter;
    weir_value item;
    bool has, is_it;
    *first = -1;
    *count = 0;
    if (!weir_op_iter(vm, &call->args[0], &iter))
        return false;
    for (int64_t i = 0;; i++) {
        if (!weir_op_iter_next(vm, &iter, &item, &has))
            return false;
        if (!has || i >= to)
            return true;
        if (i < from)
            continue;
        if (!weir_op_compare(vm, WEIR_COMPARE_EQ, &item, weir_arg(call, 1), &is_it))
            return false;
        if (!is_it)
            continue;
        if (*first < 0)
            *first = i;
        ++*count;
        if (stops)
            return true;
    }
}

static bool m_index(weir_vm *vm, const weir_call *call, weir_value *out)
{
    int64_t from, to, first, count, len;
    if (!weir_op_len(vm, &call->args[0], &len) ||
        !weir_need_int_or(vm, weir_arg(call, 2), "start", 0, &from) ||
        !weir_need_int_or(vm, weir_arg(call, 3), "stop", len, &to))
        return false;
    from = from < -len ? 0 : from < 0 ? from + len : from;
    to = to < -len ? 0 : to < 0 ? to + len : to;
    if (!search(vm, call, true, from, to, &first, &count))
        return false;
    if (first < 0)
        return weir_vm_fail(vm, WEIR_RAISE_VALUE, "%s is not in %s",
                            weir_vm_show(vm, weir_arg(call, 1)),
                            weir_value_type_name(&call->args[0]));
    *out = weir_value_int(first);
    return true;
}

static bool m_count(weir_vm *vm, const weir_call *call, weir_value *out)
{
    int64_t first, count;
    if (!search(vm, call, false, 0, INT64_MAX, &first, &count))
        return false;
    *out = weir_value_int(count);
    return true;
}

const weir_method_row weir_method_list[] = {
    {WEIR_LIST, "index", "value start? stop? /", m_index, WEIR_INT, WEIR_FN_PURE,
     "where the value is first"},
    {WEIR_LIST, "count", "value /", m_count, WEIR_INT, WEIR_FN_PURE,
     "how often the value is in it"},
    {WEIR_TUPLE, "index", "value start? stop? /", m_index, WEIR_INT, WEIR_FN_PURE,
     "where the value is first"},
    {WEIR_TUPLE, "count", "value /", m_count, WEIR_INT, WEIR_FN_PURE,
     "how often the value is in it"},
    {0},
};

/* ------------------------------------------------------------------ bytes */

static bool m_hex(weir_vm *vm, const weir_call *call, weir_value *out)
{
    const weir_value *self = &call->args[0];
    char *digits = weir_vm_alloc(vm, (size_t)self->len * 2);
    if (!digits || !weir_vm_charge(vm, self->len / 64))
        return false;
    weir_hex_write((weir_bytes){(const uint8_t *)self->s, self->len}, digits);
    unsigned flags = WEIR_VALUE_ASCII | (self->flags & WEIR_VALUE_SECRET);
    *out = weir_value_str((weir_str){digits, (size_t)self->len * 2});
    out->flags = (uint8_t)flags;
    return true;
}

static bool m_decode(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return weir_decode_bytes(vm, &call->args[0], weir_arg(call, 1), weir_arg(call, 2), out);
}

const weir_method_row weir_method_bytes[] = {
    {WEIR_BYTES, "hex", "", m_hex, WEIR_STR, WEIR_FN_PURE, "two hexadecimal digits for each byte"},
    {WEIR_BYTES, "decode", "encoding? errors?", m_decode, WEIR_STR, WEIR_FN_PURE,
     "the text of the bytes"},
    {0},
};
