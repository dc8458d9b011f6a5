/* SPDX-License-Identifier: MIT */
/*
 * len(), a[key] and a[start:stop:step]. Text is indexed by code point; where it is ASCII (looked at
 * once, eight bytes at a time) a byte is one, and a slice with step 1 is a span of the same bytes.
 * Raw containers are indexed in place, by walking the span.
 */
#include "expr/typed.h"
#include "util/utf8.h"
#include "value/json_read.h"

uint64_t weir_range_count(const weir_range *r)
{
    uint64_t span, step;
    if (r->step > 0) {
        if (r->start >= r->stop)
            return 0;
        span = (uint64_t)r->stop - (uint64_t)r->start;
        step = (uint64_t)r->step;
    } else {
        if (r->start <= r->stop)
            return 0;
        span = (uint64_t)r->start - (uint64_t)r->stop;
        step = -(uint64_t)r->step;
    }
    return (span - 1) / step + 1;
}

bool weir_op_len(weir_vm *vm, const weir_value *v, int64_t *out)
{
    weir_value room;
    const weir_value *t = weir_typed(vm, v, &room);
    if (!t)
        return false;
    switch (t->kind) {
    case WEIR_STR: {
        weir_value text = *t;
        *out = weir_text_is_ascii(&text) ? t->len : (int64_t)weir_utf8_count(weir_value_text(t));
        return weir_vm_charge(vm, t->len / 64);
    }
    case WEIR_BYTES:
    case WEIR_LEVELS: *out = t->len; return true;
    case WEIR_LIST:
    case WEIR_TUPLE: *out = (int64_t)t->list->count; return true;
    case WEIR_DICT:
    case WEIR_SET: *out = (int64_t)t->dict->count; return true;
    case WEIR_RANGE: {
        uint64_t count = weir_range_count(t->range);
        if (count > INT64_MAX)
            return weir_vm_fail(vm, WEIR_RAISE_OVERFLOW, "the range has too many items");
        *out = (int64_t)count;
        return true;
    }
    case WEIR_RAW:
        /* Members may be repeated, and then count once: only the unfolded dict knows. */
        if (t->aux == WEIR_RAW_OBJECT) {
            weir_value dict = *t;
            if (!weir_op_unfold(vm, &dict))
                return false;
            *out = (int64_t)dict.dict->count;
            return true;
        }
        *out = (int64_t)weir_json_count(t);
        return weir_vm_charge(vm, t->len / 256);
    default:
        return weir_vm_fail(vm, WEIR_RAISE_TYPE, "object of type '%s' has no len() (%s)",
                            weir_value_type_name(t), weir_vm_show(vm, t));
    }
}

/* ------------------------------------------------------------------ a[key] */

bool weir_index_fit(int64_t index, size_t len, size_t *at)
{
    if (index < 0)
        index += (int64_t)len;
    if (index < 0 || (uint64_t)index >= len)
        return false;
    *at = (size_t)index;
    return true;
}

static bool fail_range(weir_vm *vm, const char *what, int64_t index, size_t len)
{
    return weir_vm_fail(vm, WEIR_RAISE_INDEX, "%s index out of range (%lld of %zu)", what,
                        (long long)index, len);
}

static bool need_index(weir_vm *vm, const weir_value *a, const weir_value *key, int64_t *index)
{
    if (weir_is_int(key)) {
        *index = key->i;
        return true;
    }
    if (key->kind == WEIR_BIGINT)
        return weir_vm_fail(vm, WEIR_RAISE_INDEX,
                            "cannot fit 'int' into an index-sized integer (%s)",
                            weir_vm_show(vm, key));
    const char *name = weir_value_type_name(a);
    const char *format = a->kind == WEIR_STR ? "%s indices must be integers, not '%s' (%s of %s)"
                         : a->kind == WEIR_BYTES
                             ? "byte indices must be integers or slices, not %s%.0s (%s of %s)"
                             : "%s indices must be integers or slices, not %s (%s of %s)";
    const char *kind = weir_value_type_name(key);
    if (a->kind == WEIR_BYTES)
        return weir_vm_fail(vm, WEIR_RAISE_TYPE, format, kind, "", weir_vm_show(vm, key),
                            weir_vm_show(vm, a));
    return weir_vm_fail(vm, WEIR_RAISE_TYPE, format, a->kind == WEIR_STR ? "string" : name, kind,
                        weir_vm_show(vm, key), weir_vm_show(vm, a));
}

static bool index_raw(weir_vm *vm, const weir_value *a, int64_t index, weir_value *out)
{
    size_t at = (size_t)index;
    if (!weir_vm_charge(vm, a->len / 256))
        return false;
    if (index < 0) {
        size_t count = weir_json_count(a);
        if (!weir_index_fit(index, count, &at))
            return fail_range(vm, "list", index, count);
    }
    if (!weir_json_element(a, at, out))
        return fail_range(vm, "list", index, weir_json_count(a));
    out->flags |= a->flags & WEIR_VALUE_SECRET;
    return true;
}

static bool index_str(weir_vm *vm, const weir_value *a, int64_t index, weir_value *out)
{
    weir_value text = *a;
    weir_str s = weir_value_text(a);
    bool is_ascii = weir_text_is_ascii(&text);
    size_t len = is_ascii ? s.len : weir_utf8_count(s), at;
    if (!weir_vm_charge(vm, s.len / 64))
        return false;
    if (!weir_index_fit(index, len, &at))
        return fail_range(vm, "string", index, len);
    size_t from = is_ascii ? at : weir_utf8_offset(s, at);
    size_t to = is_ascii ? at + 1 : weir_utf8_offset(s, at + 1);
    text.s += from;
    text.len = (uint32_t)(to - from);
    *out = text;
    return true;
}

static bool index_dict(weir_vm *vm, const weir_value *a, const weir_value *key, weir_value *out)
{
    if (a->kind == WEIR_RAW) {
        if (!weir_vm_charge(vm, a->len / 256))
            return false;
        if (key->kind == WEIR_STR && weir_json_member(a, weir_value_text(key), out)) {
            out->flags |= a->flags & WEIR_VALUE_SECRET;
            return true;
        }
    } else {
        const weir_value *found = key->kind == WEIR_STR
                                      ? weir_dict_get_str(a->dict, weir_value_text(key))
                                      : weir_dict_get(vm->arena, a->dict, key);
        if (found) {
            *out = *found;
            return true;
        }
    }
    uint64_t hash;
    if (!weir_value_hash(vm->arena, key, &hash))
        return weir_vm_fail(vm, WEIR_RAISE_TYPE, "unhashable type: '%s' (%s)",
                            weir_value_type_name(key), weir_vm_show(vm, key));
    return weir_vm_fail(vm, WEIR_RAISE_KEY, "%s", weir_vm_show(vm, key));
}

static bool index_range(weir_vm *vm, const weir_range *r, int64_t index, weir_value *out)
{
    uint64_t count = weir_range_count(r);
    size_t at;
    if (count > INT64_MAX)
        return weir_vm_fail(vm, WEIR_RAISE_OVERFLOW, "the range has too many items");
    if (!weir_index_fit(index, count, &at))
        return fail_range(vm, "range object", index, count);
    *out = weir_value_int((int64_t)((uint64_t)r->start + (uint64_t)r->step * at));
    return true;
}

static bool fail_subscript(weir_vm *vm, const weir_value *a)
{
    return weir_vm_fail(vm, WEIR_RAISE_TYPE, "'%s' object is not subscriptable (%s)",
                        weir_value_type_name(a), weir_vm_show(vm, a));
}

bool weir_op_index(weir_vm *vm, const weir_value *a, const weir_value *key, weir_value *out)
{
    weir_value room_a, room_k;
    a = weir_typed(vm, a, &room_a);
    key = a ? weir_typed(vm, key, &room_k) : NULL;
    if (!key)
        return false;
    if (weir_is_mapping(a))
        return index_dict(vm, a, key, out);
    bool is_list = weir_is_sequence(a);
    if (!is_list && a->kind != WEIR_STR && a->kind != WEIR_BYTES && a->kind != WEIR_RANGE)
        return fail_subscript(vm, a);
    int64_t index = 0;
    size_t at;
    if (!need_index(vm, a, key, &index))
        return false;
    if (a->kind == WEIR_RAW)
        return index_raw(vm, a, index, out);
    if (a->kind == WEIR_STR)
        return index_str(vm, a, index, out);
    if (a->kind == WEIR_RANGE)
        return index_range(vm, a->range, index, out);
    if (a->kind == WEIR_BYTES) {
        if (!weir_index_fit(index, a->len, &at))
            return weir_vm_fail(vm, WEIR_RAISE_INDEX, "index out of range (%lld of %u)",
                                (long long)index, a->len);
        *out = weir_value_int((uint8_t)a->s[at]);
        return true;
    }
    if (!weir_index_fit(index, a->list->count, &at))
        return fail_range(vm, a->kind == WEIR_TUPLE ? "tuple" : "list", index, a->list->count);
    *out = a->list->items[at];
    return true;
}

/* ------------------------------------------------------------------ slices */

/* One bound: a big integer is as good as the far end that it points to. */
static bool slice_bound(weir_vm *vm, const weir_value *v, int64_t fallback, int64_t *out)
{
    weir_value room;
    *out = fallback;
    if (v->kind == WEIR_ABSENT || v->kind == WEIR_NONE)
        return true;
    const weir_value *t = weir_typed(vm, v, &room);
    if (!t)
        return false;
    if (t->kind == WEIR_BIGINT) {
        *out = t->s[0] == '-' ? -INT64_MAX : INT64_MAX;
        return true;
    }
    if (!weir_is_int(t))
        return weir_vm_fail(vm, WEIR_RAISE_TYPE,
                            "slice indices must be integers or None or have an __index__ method "
                            "(%s)",
                            weir_vm_show(vm, t));
    *out = t->i == INT64_MIN ? -INT64_MAX : t->i;
    return true;
}

static int64_t clamp(int64_t i, int64_t len, int64_t low, int64_t high)
{
    if (i < 0)
        i += len;
    return i < low ? low : i > high ? high : i;
}

bool weir_slice_fit(weir_vm *vm, const weir_value *start, const weir_value *stop,
                    const weir_value *step, size_t len, weir_slice *slice)
{
    int64_t n = (int64_t)len, from, to;
    if (!slice_bound(vm, step, 1, &slice->stride))
        return false;
    if (slice->stride == 0)
        return weir_vm_fail(vm, WEIR_RAISE_VALUE, "slice step cannot be zero");
    bool is_back = slice->stride < 0;
    int64_t low = is_back ? -1 : 0, high = is_back ? n - 1 : n;
    /* The fallbacks are far outside, so that clamping does not take them for negative indices. */
    if (!slice_bound(vm, start, is_back ? INT64_MAX : -INT64_MAX, &from) ||
        !slice_bound(vm, stop, is_back ? -INT64_MAX : INT64_MAX, &to))
        return false;
    slice->first = clamp(from, n, low, high);
    slice->end = clamp(to, n, low, high);
    weir_range r = {slice->first, slice->end, slice->stride};
    slice->count = weir_range_count(&r);
    return true;
}

static bool slice_str(weir_vm *vm, const weir_value *a, const weir_slice *slice, bool is_ascii,
                      weir_value *out)
{
    size_t count = slice->count;
    int64_t first = slice->first, stride = slice->stride;
    weir_value text = *a;
    weir_str s = weir_value_text(a);
    if (stride == 1 || count <= 1) {
        size_t from = count == 0 ? 0
                      : is_ascii ? (size_t)first
                                 : weir_utf8_offset(s, (size_t)first);
        weir_str tail = {s.ptr + from, s.len - from};
        text.s = tail.ptr;
        text.len = (uint32_t)(is_ascii ? count : weir_utf8_offset(tail, count));
        *out = text;
        return true;
    }
    /* Each code point that is taken has at most the bytes of the whole text's longest. */
    char *room = weir_vm_alloc(vm, is_ascii ? count : s.len);
    if (!room || !weir_vm_charge(vm, count / 8))
        return false;
    size_t len = 0;
    if (is_ascii) {
        for (int64_t i = first; len < count; i += stride)
            room[len++] = s.ptr[i];
    } else {
        /* Offsets once, so that a step back costs no walk from the start. */
        size_t points = weir_utf8_count(s);
        uint32_t *offsets = weir_vm_alloc(vm, (points + 1) * sizeof(*offsets));
        if (!offsets)
            return false;
        size_t at = 0;
        for (size_t i = 0; i < points; i++) {
            uint32_t c;
            size_t n = weir_utf8_decode((weir_str){s.ptr + at, s.len - at}, &c);
            offsets[i] = (uint32_t)at;
            at += n ? n : 1;
        }
        offsets[points] = (uint32_t)s.len;
        int64_t i = first;
        for (size_t k = 0; k < count; k++, i += stride) {
            size_t n = offsets[i + 1] - offsets[i];
            memcpy(room + len, s.ptr + offsets[i], n);
            len += n;
        }
    }
    text.s = room;
    text.len = (uint32_t)len;
    *out = text;
    return true;
}

static bool slice_bytes(weir_vm *vm, const weir_value *a, const weir_slice *slice, weir_value *out)
{
    weir_value as_text = *a;
    bool is_done = slice_str(vm, &as_text, slice, true, out);
    out->kind = a->kind;
    return is_done;
}

static bool slice_list(weir_vm *vm, const weir_value *a, const weir_slice *slice, weir_value *out)
{
    weir_value *items;
    const weir_value *from = a->list->items;
    if (!weir_list_room(vm, a->kind, slice->count, out, &items))
        return false;
    int64_t at = slice->first;
    for (size_t i = 0; i < slice->count; i++, at += slice->stride)
        items[i] = from[at];
    return true;
}

static bool slice_range(weir_vm *vm, const weir_range *r, const weir_slice *slice, weir_value *out)
{
    weir_range *made = weir_vm_alloc(vm, sizeof(*made));
    if (!made)
        return false;
    __int128 start = r->start + (__int128)r->step * slice->first;
    __int128 stop = r->start + (__int128)r->step * slice->end;
    __int128 step = (__int128)r->step * slice->stride;
    if (step > INT64_MAX || step < -INT64_MAX || stop > INT64_MAX || stop < INT64_MIN)
        return weir_vm_fail(vm, WEIR_RAISE_OVERFLOW, "a range beyond 64 bits");
    *made = (weir_range){(int64_t)start, (int64_t)stop, (int64_t)step};
    *out = weir_value_absent();
    out->kind = WEIR_RANGE;
    out->range = made;
    return true;
}

bool weir_op_slice(weir_vm *vm, const weir_value *a, const weir_value *start,
                   const weir_value *stop, const weir_value *step, weir_value *out)
{
    weir_value room;
    const weir_value *t = weir_typed(vm, a, &room);
    if (!t)
        return false;
    weir_value whole = *t;
    if (weir_is_raw(t, WEIR_RAW_ARRAY) && !weir_op_unfold(vm, &whole))
        return false;
    int64_t len = 0;
    weir_slice slice = {0};
    bool is_ascii = whole.kind == WEIR_STR && weir_text_is_ascii(&whole);
    if (weir_is_mapping(&whole))
        return weir_vm_fail(vm, WEIR_RAISE_TYPE, "unhashable type: 'slice' (a slice of %s)",
                            weir_vm_show(vm, &whole));
    if (whole.kind != WEIR_STR && whole.kind != WEIR_BYTES && whole.kind != WEIR_RANGE &&
        !weir_is_sequence(&whole))
        return fail_subscript(vm, &whole);
    if (!weir_op_len(vm, &whole, &len) ||
        !weir_slice_fit(vm, start, stop, step, (size_t)len, &slice))
        return false;
    if (whole.kind == WEIR_STR)
        return slice_str(vm, &whole, &slice, is_ascii, out);
    if (whole.kind == WEIR_BYTES)
        return slice_bytes(vm, &whole, &slice, out);
    if (whole.kind == WEIR_RANGE)
        return slice_range(vm, whole.range, &slice, out);
    return slice_list(vm, &whole, &slice, out);
}
