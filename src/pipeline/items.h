/* SPDX-License-Identifier: MIT */
/*
 * Walking a list, raw or built, outside of a run: a VM's step budget belongs to expressions, and a
 * list of records must not end early because one of them was costly.
 */
#ifndef WEIR_PIPELINE_ITEMS_H
#define WEIR_PIPELINE_ITEMS_H

#include "value/json_read.h"

typedef struct weir_items {
    const weir_list *list; /* NULL: raw */
    size_t at;
    weir_json_iter raw;
} weir_items;

static inline bool weir_items_are_list(const weir_value *v)
{
    return v->kind == WEIR_LIST || v->kind == WEIR_TUPLE ||
           (v->kind == WEIR_RAW && v->aux == WEIR_RAW_ARRAY);
}

/** `v` must be a list. */
static inline weir_items weir_items_of(const weir_value *v)
{
    weir_items items = {0};
    if (v->kind == WEIR_RAW)
        weir_json_iter_init(&items.raw, v);
    else
        items.list = v->list;
    return items;
}

static inline bool weir_items_next(weir_items *items, weir_value *out)
{
    weir_value key;
    if (!items->list)
        return weir_json_iter_next(&items->raw, &key, out);
    if (items->at >= items->list->count)
        return false;
    *out = items->list->items[items->at++];
    return true;
}

#endif
