/* SPDX-License-Identifier: MIT */
/*
 * All of it lies in one arena. What is replaced stays behind as waste; when the arena is twice as
 * large as what may be kept, what is alive moves to a fresh one, so a value costs its copy and,
 * now and then, a share of one move.
 */
#include "pipeline/learn.h"

#include <stdio.h>
#include <stdlib.h>

#include "value/decimal.h"
#include "value/json_read.h"

enum { ARENA_FIRST = 4096, DEPTH_MAX = 32 };

struct weir_learnt {
    weir_arena *arena;
    weir_value *values;
    const bool *keyed;
    weir_dict **dicts; /* of the names with keys */
    size_t count;
};

weir_learnt *weir_learnt_new(weir_value *values, const bool *keyed, size_t count)
{
    weir_learnt *learnt = calloc(1, sizeof *learnt);
    if (!learnt)
        return NULL;
    learnt->values = values;
    learnt->keyed = keyed;
    learnt->count = count;
    learnt->dicts = calloc(count + 1, sizeof *learnt->dicts);
    if (learnt->dicts && weir_learnt_forget(learnt))
        return learnt;
    weir_learnt_free(learnt);
    return NULL;
}

void weir_learnt_free(weir_learnt *learnt)
{
    if (!learnt)
        return;
    weir_arena_free(learnt->arena);
    free(learnt->dicts);
    free(learnt);
}

/* ------------------------------------------------------------------ copies */

static bool copy_value(weir_arena *arena, const weir_value *from, weir_value *to, unsigned depth);

/* Readers of raw JSON look a little beyond its end. */
static bool copy_text(weir_arena *arena, const weir_value *from, weir_value *to)
{
    char *text = weir_arena_alloc(arena, from->len + WEIR_JSON_SLACK);
    if (!text)
        return false;
    if (from->len > 0)
        memcpy(text, from->s, from->len);
    memset(text + from->len, 0, WEIR_JSON_SLACK);
    to->s = text;
    return true;
}

static bool copy_list(weir_arena *arena, const weir_value *from, weir_value *to, unsigned depth)
{
    weir_value *items = NULL;
    const uint8_t flags = from->flags;
    if (!weir_list_new(arena, from->kind, from->list->count, to, &items))
        return false;
    to->flags |= flags;
    for (size_t i = 0; i < from->list->count; i++) {
        if (!copy_value(arena, &from->list->items[i], &items[i], depth))
            return false;
    }
    return true;
}

static bool copy_entries(weir_arena *arena, const weir_dict *from, weir_dict *to, unsigned depth)
{
    for (size_t i = 0; i < from->count; i++) {
        weir_value key, value;
        if (!copy_value(arena, &from->entries[i].key, &key, depth) ||
            !copy_value(arena, &from->entries[i].value, &value, depth) ||
            !weir_dict_put(arena, to, &key, &value))
            return false;
    }
    return true;
}

static bool copy_dict(weir_arena *arena, const weir_value *from, weir_value *to, unsigned depth)
{
    weir_dict *dict = weir_dict_new(arena, from->dict->count);
    if (!dict || !copy_entries(arena, from->dict, dict, depth))
        return false;
    to->dict = dict;
    return true;
}

static bool copy_decimal(weir_arena *arena, const weir_value *from, weir_value *to)
{
    const size_t size = weir_decimal_size(from->decimal);
    void *block = weir_arena_alloc(arena, size);
    if (!block)
        return false;
    memcpy(block, from->decimal, size);
    to->decimal = block;
    return true;
}

static bool copy_value(weir_arena *arena, const weir_value *from, weir_value *to, unsigned depth)
{
    *to = *from;
    if (depth == 0)
        return false;
    switch (from->kind) {
    case WEIR_STR:
    case WEIR_BYTES:
    case WEIR_JSON:
    case WEIR_RAW:
    case WEIR_BIGINT: return copy_text(arena, from, to);
    case WEIR_LIST:
    case WEIR_TUPLE: return copy_list(arena, from, to, depth - 1);
    case WEIR_DICT: return copy_dict(arena, from, to, depth - 1);
    case WEIR_DECIMAL: return copy_decimal(arena, from, to);
    case WEIR_ABSENT:
    case WEIR_NONE:
    case WEIR_BOOL:
    case WEIR_INT:
    case WEIR_FLOAT:
    case WEIR_TIMESTAMP:
    case WEIR_TIMEDELTA:
    case WEIR_ASSET: return true;
    default: return false; /* sets, ranges, functions: nothing that a message holds */
    }
}

/* ------------------------------------------------------------------ moving house */

static bool move_name(weir_learnt *learnt, size_t name, weir_arena *arena, weir_dict **dict,
                      weir_value *value)
{
    if (!learnt->keyed[name])
        return copy_value(arena, &learnt->values[name], value, DEPTH_MAX + 1);
    const weir_dict *from = learnt->dicts[name];
    *dict = weir_dict_new(arena, from ? from->count : 0);
    if (!*dict || (from && !copy_entries(arena, from, *dict, DEPTH_MAX + 1)))
        return false;
    *value = weir_value_dict(*dict);
    return true;
}

/* Only what is alive goes along. On failure all stays where it was. */
static bool move(weir_learnt *learnt)
{
    weir_arena *arena = weir_arena_new(ARENA_FIRST, 0);
    weir_dict **dicts = arena ? WEIR_ARENA_ARRAY(arena, weir_dict *, learnt->count + 1) : NULL;
    weir_value *values = dicts ? WEIR_ARENA_ARRAY(arena, weir_value, learnt->count + 1) : NULL;
    bool is_good = values != NULL;
    for (size_t i = 0; is_good && i < learnt->count; i++)
        is_good = move_name(learnt, i, arena, &dicts[i], &values[i]);
    if (!is_good) {
        weir_arena_free(arena);
        return false;
    }
    for (size_t i = 0; i < learnt->count; i++) {
        learnt->dicts[i] = dicts[i];
        learnt->values[i] = values[i];
    }
    weir_arena_free(learnt->arena);
    learnt->arena = arena;
    return true;
}

bool weir_learnt_forget(weir_learnt *learnt)
{
    for (size_t i = 0; i < learnt->count; i++) {
        learnt->dicts[i] = NULL;
        learnt->values[i] = weir_value_absent();
    }
    return move(learnt);
}

/* ------------------------------------------------------------------ learning */

size_t weir_learnt_count(const weir_learnt *learnt)
{
    size_t count = 0;
    for (size_t i = 0; i < learnt->count; i++)
        count += learnt->keyed[i] ? learnt->dicts[i]->count : learnt->values[i].kind != WEIR_ABSENT;
    return count;
}

/* A dict without one of its keys: built anew, which is rare. */
static bool forget_key(weir_learnt *learnt, size_t name, const weir_value *key)
{
    const weir_dict *from = learnt->dicts[name];
    weir_dict *rest = weir_dict_new(learnt->arena, from->count);
    for (size_t i = 0; rest && i < from->count; i++) {
        const weir_dict_entry *entry = &from->entries[i];
        if (!weir_value_equal(learnt->arena, &entry->key, key) &&
            !weir_dict_put(learnt->arena, rest, &entry->key, &entry->value))
            return false;
    }
    if (!rest)
        return false;
    learnt->dicts[name] = rest;
    learnt->values[name] = weir_value_dict(rest);
    return true;
}

static bool put_keyed(weir_learnt *learnt, size_t name, const weir_value *key,
                      const weir_value *value)
{
    weir_value own_key, own_value;
    return copy_value(learnt->arena, key, &own_key, DEPTH_MAX) &&
           copy_value(learnt->arena, value, &own_value, DEPTH_MAX) &&
           weir_dict_put(learnt->arena, learnt->dicts[name], &own_key, &own_value);
}

static bool refuse(char why[160], const char *text)
{
    snprintf(why, 160, "%s", text);
    return false;
}

/* Room for one more; what is in the way is waste, or too much. */
static bool has_room(weir_learnt *learnt, size_t name, const weir_value *key, char why[160])
{
    const bool is_new =
        learnt->keyed[name] && !weir_dict_get(learnt->arena, learnt->dicts[name], key);
    if (is_new && weir_learnt_count(learnt) >= WEIR_LEARNT_ENTRIES_MAX) {
        snprintf(why, 160, "more than %d values are not kept", WEIR_LEARNT_ENTRIES_MAX);
        return false;
    }
    if (weir_arena_used(learnt->arena) <= 2 * WEIR_LEARNT_BYTES_MAX)
        return true;
    if (!move(learnt))
        return refuse(why, "out of memory");
    if (weir_arena_used(learnt->arena) <= WEIR_LEARNT_BYTES_MAX)
        return true;
    snprintf(why, 160, "more than %d bytes are not kept", WEIR_LEARNT_BYTES_MAX);
    return false;
}

bool weir_learnt_put(weir_learnt *learnt, size_t name, const weir_value *key,
                     const weir_value *value, char why[160])
{
    uint64_t hash;
    const bool is_keyed = learnt->keyed[name];
    if (is_keyed && (key->kind == WEIR_RAW || !weir_value_hash(learnt->arena, key, &hash)))
        return refuse(why, "the key is no text or number");
    if (value->kind == WEIR_NONE && is_keyed)
        return forget_key(learnt, name, key) || refuse(why, "out of memory");
    if (value->kind == WEIR_NONE) {
        learnt->values[name] = weir_value_absent();
        return true;
    }
    if (value->len > WEIR_LEARNT_BYTES_MAX || !has_room(learnt, name, key, why))
        return value->len > WEIR_LEARNT_BYTES_MAX ? refuse(why, "the value is too long") : false;
    weir_value copy;
    const bool is_good = is_keyed ? put_keyed(learnt, name, key, value)
                                  : copy_value(learnt->arena, value, &copy, DEPTH_MAX);
    if (!is_good)
        return refuse(why, "the value cannot be kept");
    if (!is_keyed)
        learnt->values[name] = copy;
    return true;
}
