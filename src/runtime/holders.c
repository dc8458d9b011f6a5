/* SPDX-License-Identifier: MIT */
/* What an id held and holds no more stays in its list until it holds nothing at all: to take it
 * out would be a search, and whoever walks the list asks the want anyway. */
#include "runtime/holders.h"

#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ the ids of one want */

static const uint64_t *first_of(const weir_ids *ids)
{
    return ids->cap > 0 ? ids->many : &ids->one;
}

bool weir_ids_push(weir_ids *ids, uint64_t id)
{
    if (ids->cap == 0 && ids->count == 0) {
        ids->one = id;
        ids->count = 1;
        return true;
    }
    if (ids->count >= ids->cap) {
        const uint32_t cap = ids->cap > 0 ? ids->cap * 2 : 4;
        uint64_t *many = cap > ids->cap ? malloc(cap * sizeof *many) : NULL;
        if (!many)
            return false;
        memcpy(many, first_of(ids), ids->count * sizeof *many);
        if (ids->cap > 0)
            free(ids->many);
        ids->many = many;
        ids->cap = cap;
    }
    ids->many[ids->count++] = id;
    return true;
}

uint64_t weir_ids_at(const weir_ids *ids, size_t at)
{
    return first_of(ids)[at];
}

size_t weir_ids_find(const weir_ids *ids, uint64_t id)
{
    size_t at = ids->count;
    while (at > 0 && first_of(ids)[at - 1] != id)
        at--;
    return at - 1;
}

void weir_ids_remove(weir_ids *ids, size_t at)
{
    ids->count--;
    if (ids->cap > 0)
        memmove(&ids->many[at], &ids->many[at + 1], (ids->count - at) * sizeof ids->many[0]);
}

void weir_ids_fini(weir_ids *ids)
{
    if (ids->cap > 0)
        free(ids->many);
    *ids = (weir_ids){0};
}

/* ------------------------------------------------------------------ the wants of one id */

static weir_str key_of(const uint64_t *id)
{
    return (weir_str){(const char *)id, sizeof *id};
}

static weir_holder *find(const weir_holders *holders, uint64_t id)
{
    return weir_map_get(&holders->by_id, key_of(&id));
}

static weir_holder *make(weir_holders *holders, uint64_t id)
{
    weir_holder *holder = calloc(1, sizeof *holder);
    if (!holder)
        return NULL;
    holder->id = id;
    if (weir_map_put(&holders->by_id, key_of(&holder->id), holder))
        return holder;
    free(holder);
    return NULL;
}

static bool push(weir_holder *holder, weir_held held)
{
    if (holder->count == holder->cap) {
        const size_t cap = holder->cap > 0 ? holder->cap * 2 : 1;
        weir_held *all = realloc(holder->held, cap * sizeof *all);
        if (!all)
            return false;
        holder->held = all;
        holder->cap = cap;
    }
    holder->held[holder->count++] = held;
    return true;
}

static void end_if_empty(weir_holders *holders, weir_holder *holder)
{
    if (holder->live > 0)
        return;
    weir_map_remove(&holders->by_id, key_of(&holder->id));
    weir_holder_free(holder);
}

bool weir_holders_note(weir_holders *holders, uint64_t id, weir_held held)
{
    weir_holder *holder = find(holders, id);
    if (!holder && !(holder = make(holders, id)))
        return false;
    const bool is_good = push(holder, held);
    holder->live += is_good;
    end_if_empty(holders, holder);
    return is_good;
}

void weir_holders_drop(weir_holders *holders, uint64_t id)
{
    weir_holder *holder = find(holders, id);
    if (!holder)
        return;
    holder->live--;
    end_if_empty(holders, holder);
}

weir_holder *weir_holders_take(weir_holders *holders, uint64_t id)
{
    return weir_map_remove(&holders->by_id, key_of(&id));
}

void weir_holder_free(weir_holder *holder)
{
    if (holder)
        free(holder->held);
    free(holder);
}

void weir_holders_fini(weir_holders *holders)
{
    size_t at = 0;
    for (const weir_map_entry *entry; (entry = weir_map_next(&holders->by_id, &at)) != NULL;)
        weir_holder_free(entry->value);
    weir_map_fini(&holders->by_id);
}
