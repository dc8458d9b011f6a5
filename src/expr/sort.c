/* SPDX-License-Identifier: MIT */
/*
 * Stable sorting with comparisons that may fail. Up to 64 items it makes the very comparisons that
 * CPython makes (a run, then binary insertion), so that even items without a total order (nan) come
 * out as they do there; above that, merges of such runs.
 */
#include "expr/typed.h"

enum { RUN = 64 };

typedef struct sorter {
    weir_vm *vm;
    weir_value *keys;
    weir_value *items; /* equal to keys, or moved along with them */
} sorter;

static void reverse(weir_value *v, size_t from, size_t to)
{
    while (from + 1 < to) {
        weir_value swap = v[from];
        v[from++] = v[--to];
        v[to] = swap;
    }
}

/* The end of the run that starts at `from`, made ascending. */
static bool count_run(sorter *s, size_t from, size_t to, size_t *end)
{
    bool is_less;
    *end = from + 1;
    if (*end >= to)
        return true;
    if (!weir_less(s->vm, &s->keys[from + 1], &s->keys[from], &is_less))
        return false;
    bool is_descending = is_less;
    for (*end = from + 2; *end < to; ++*end) {
        if (!weir_less(s->vm, &s->keys[*end], &s->keys[*end - 1], &is_less))
            return false;
        if (is_less != is_descending)
            break;
    }
    if (is_descending) {
        reverse(s->keys, from, *end);
        if (s->items != s->keys)
            reverse(s->items, from, *end);
    }
    return true;
}

static bool insert_rest(sorter *s, size_t from, size_t to, size_t sorted)
{
    for (size_t i = sorted; i < to; i++) {
        size_t left = from, right = i;
        weir_value key = s->keys[i], item = s->items[i];
        while (left < right) {
            size_t mid = left + (right - left) / 2;
            bool is_less;
            if (!weir_less(s->vm, &key, &s->keys[mid], &is_less))
                return false;
            if (is_less)
                right = mid;
            else
                left = mid + 1;
        }
        memmove(&s->keys[left + 1], &s->keys[left], (i - left) * sizeof(key));
        s->keys[left] = key;
        if (s->items == s->keys)
            continue;
        memmove(&s->items[left + 1], &s->items[left], (i - left) * sizeof(item));
        s->items[left] = item;
    }
    return true;
}

static bool merge(sorter *s, size_t from, size_t mid, size_t to, weir_value *keys,
                  weir_value *items)
{
    size_t a = from, b = mid, n = 0;
    while (a < mid || b < to) {
        bool takes_second = a == mid;
        if (a < mid && b < to && !weir_less(s->vm, &s->keys[b], &s->keys[a], &takes_second))
            return false;
        size_t take = takes_second ? b++ : a++;
        keys[n] = s->keys[take];
        items[n++] = s->items[take];
    }
    memcpy(&s->keys[from], keys, n * sizeof(*keys));
    if (s->items != s->keys)
        memcpy(&s->items[from], items, n * sizeof(*items));
    return true;
}

bool weir_sort(weir_vm *vm, weir_value *keys, weir_value *items, size_t count)
{
    sorter s = {vm, keys, items};
    for (size_t from = 0; from < count; from += RUN) {
        size_t to = count - from < RUN ? count : from + RUN, end;
        if (!count_run(&s, from, to, &end) || !insert_rest(&s, from, to, end))
            return false;
    }
    if (count <= RUN)
        return true;
    weir_value *room = weir_vm_alloc(vm, count * sizeof(*room));
    weir_value *room_items =
        room && items != keys ? weir_vm_alloc(vm, count * sizeof(*room)) : room;
    if (!room_items)
        return false;
    for (size_t width = RUN; width < count; width *= 2)
        for (size_t from = 0; from + width < count; from += 2 * width) {
            size_t to = count - from < 2 * width ? count : from + 2 * width;
            if (!merge(&s, from, from + width, to, room, room_items))
                return false;
        }
    return true;
}
