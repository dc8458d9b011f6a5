/* SPDX-License-Identifier: MIT */
/*
 * What values have in common: type names, Python's == and hash, lists and dicts.
 *
 * Equality goes by family. Numbers of every kind compare exactly (decimal.h); the other families
 * are equal only within themselves. Raw operands are unfolded one level at a time, so comparing a
 * raw object with a built one stops at the first difference. Recursion is bounded: values nested
 * more deeply than EQUAL_DEPTH_MAX are unequal and unhashable.
 */
#include "value/value.h"

#include <assert.h>

#include "util/map.h"
#include "value/decimal.h"
#include "value/json_read.h"

enum {
    EQUAL_DEPTH_MAX = 2 * WEIR_JSON_DEPTH_MAX,
    SMALL_DICT = 8 /* entries that are searched one by one */
};

/* ------------------------------------------------------------------ type names */

static const char *const type_names[WEIR_KIND_COUNT] = {
    [WEIR_ABSENT] = "absent", [WEIR_NONE] = "NoneType",   [WEIR_BOOL] = "bool",
    [WEIR_INT] = "int",       [WEIR_FLOAT] = "float",     [WEIR_STR] = "str",
    [WEIR_BYTES] = "bytes",   [WEIR_DECIMAL] = "Decimal", [WEIR_TIMESTAMP] = "Timestamp",
    [WEIR_ASSET] = "Asset",   [WEIR_LEVELS] = "list",     [WEIR_JSON] = "json",
    [WEIR_RAW] = "raw",       [WEIR_BIGINT] = "int",      [WEIR_TIMEDELTA] = "Timedelta",
    [WEIR_LIST] = "list",     [WEIR_TUPLE] = "tuple",     [WEIR_DICT] = "dict",
    [WEIR_SET] = "set",       [WEIR_RANGE] = "range",     [WEIR_LAMBDA] = "function",
    [WEIR_OBJECT] = "object",
};

const char *weir_value_type_name(const weir_value *v)
{
    if (v->kind == WEIR_RAW) {
        switch ((weir_raw)v->aux) {
        case WEIR_RAW_NUMBER: return v->flags & WEIR_VALUE_INTEGRAL ? "int" : "float";
        case WEIR_RAW_ESCAPED: return "str";
        case WEIR_RAW_OBJECT: return "dict";
        case WEIR_RAW_ARRAY: return "list";
        }
    }
    return v->kind < WEIR_KIND_COUNT ? type_names[v->kind] : "unknown";
}

/* ------------------------------------------------------------------ equality */

static bool equal_at(weir_arena *arena, const weir_value *a, const weir_value *b, unsigned depth);

static bool equal_text(const weir_value *a, const weir_value *b)
{
    return weir_str_eq(weir_value_text(a), weir_value_text(b));
}

static bool equal_bits(const weir_value *a, const weir_value *b)
{
    return a->bits == b->bits && a->aux == b->aux;
}

/* A naive time never equals one with a zone; zones themselves do not matter. */
static bool equal_time(const weir_value *a, const weir_value *b)
{
    return a->i == b->i && (a->aux == 0) == (b->aux == 0);
}

static bool equal_levels(const weir_value *a, const weir_value *b)
{
    if (a->len != b->len)
        return false;
    for (uint32_t i = 0; i < a->len; i++)
        if (a->levels[i].price != b->levels[i].price || a->levels[i].size != b->levels[i].size)
            return false;
    return true;
}

static uint64_t range_count(const weir_range *range)
{
    if (range->step > 0 && range->start < range->stop)
        return ((uint64_t)range->stop - (uint64_t)range->start - 1) / (uint64_t)range->step + 1;
    if (range->step < 0 && range->start > range->stop)
        return ((uint64_t)range->start - (uint64_t)range->stop - 1) / (0 - (uint64_t)range->step) +
               1;
    return 0;
}

static bool equal_ranges(const weir_value *a, const weir_value *b)
{
    uint64_t count = range_count(a->range);
    if (count != range_count(b->range))
        return false;
    return count == 0 ||
           (a->range->start == b->range->start && (count == 1 || a->range->step == b->range->step));
}

static bool equal_lists(weir_arena *arena, const weir_list *a, const weir_list *b, unsigned depth)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!equal_at(arena, &a->items[i], &b->items[i], depth + 1))
            return false;
    return true;
}

static bool equal_dicts(weir_arena *arena, const weir_value *a, const weir_value *b, unsigned depth)
{
    if (a->dict->count != b->dict->count)
        return false;
    for (size_t i = 0; i < a->dict->count; i++) {
        const weir_dict_entry *entry = &a->dict->entries[i];
        const weir_value *other = weir_dict_get(arena, b->dict, &entry->key);
        if (!other)
            return false;
        if (a->kind == WEIR_DICT && !equal_at(arena, &entry->value, other, depth + 1))
            return false;
    }
    return true;
}

static bool equal_same_kind(weir_arena *arena, const weir_value *a, const weir_value *b,
                            unsigned depth)
{
    switch (a->kind) {
    case WEIR_ABSENT:
    case WEIR_NONE: return true;
    case WEIR_STR:
    case WEIR_BYTES:
    case WEIR_JSON: return equal_text(a, b);
    case WEIR_TIMESTAMP: return equal_time(a, b);
    case WEIR_LEVELS: return equal_levels(a, b);
    case WEIR_LIST:
    case WEIR_TUPLE: return equal_lists(arena, a->list, b->list, depth);
    case WEIR_DICT:
    case WEIR_SET: return equal_dicts(arena, a, b, depth);
    case WEIR_RANGE: return equal_ranges(a, b);
    default: return equal_bits(a, b); /* asset, timedelta, lambda, object */
    }
}

/* An escaped text against a plain one, the common comparison with a raw operand, needs no memory.
 */
static bool equal_raw(weir_arena *arena, const weir_value *a, const weir_value *b, unsigned depth)
{
    if (a->kind == WEIR_STR && b->aux == WEIR_RAW_ESCAPED)
        return weir_json_text_is(b, weir_value_text(a));
    if (b->kind == WEIR_STR && a->kind == WEIR_RAW && a->aux == WEIR_RAW_ESCAPED)
        return weir_json_text_is(a, weir_value_text(b));
    weir_value left;
    weir_value right;
    return weir_json_unfold(arena, a, &left) && weir_json_unfold(arena, b, &right) &&
           equal_at(arena, &left, &right, depth + 1);
}

static bool equal_at(weir_arena *arena, const weir_value *a, const weir_value *b, unsigned depth)
{
    if (depth > EQUAL_DEPTH_MAX)
        return false;
    if (a->kind == WEIR_STR && b->kind == WEIR_STR)
        return equal_text(a, b);
    if (weir_number_is(a) && weir_number_is(b)) {
        int order;
        return weir_number_compare(a, b, &order) && order == 0;
    }
    if (b->kind == WEIR_RAW)
        return equal_raw(arena, a, b, depth);
    if (a->kind == WEIR_RAW)
        return equal_raw(arena, b, a, depth);
    return a->kind == b->kind && equal_same_kind(arena, a, b, depth);
}

bool weir_value_equal(weir_arena *arena, const weir_value *a, const weir_value *b)
{
    return equal_at(arena, a, b, 0);
}

/* ------------------------------------------------------------------ hash */

/* Finaliser of splitmix64: CPython's number hashes are consecutive for consecutive integers. */
static uint64_t spread(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

/* Keys come off the wire in formats whose maps have numbers for keys: what a sender cannot foresee
 * cannot be made to collide. */
static uint64_t seeded(uint64_t x)
{
    return weir_hash(&x, sizeof x);
}

static bool hash_at(weir_arena *arena, const weir_value *v, uint64_t *hash, unsigned depth);

static bool hash_tuple(weir_arena *arena, const weir_list *list, uint64_t *hash, unsigned depth)
{
    uint64_t sum = spread(list->count + WEIR_TUPLE);
    for (size_t i = 0; i < list->count; i++) {
        uint64_t item;
        if (!hash_at(arena, &list->items[i], &item, depth + 1))
            return false;
        sum = spread(sum ^ item) + UINT64_C(0x9e3779b97f4a7c15);
    }
    *hash = sum;
    return true;
}

/* Equal ranges must agree, whatever their bounds and steps beyond the elements are. */
static uint64_t hash_range(const weir_range *range)
{
    uint64_t count = range_count(range);
    uint64_t sum = spread(count + WEIR_RANGE);
    if (count > 0)
        sum = seeded(sum ^ (uint64_t)range->start);
    if (count > 1)
        sum = spread(sum ^ (uint64_t)range->step);
    return sum;
}

static bool hash_raw(weir_arena *arena, const weir_value *v, uint64_t *hash)
{
    weir_value plain;
    if (v->aux != WEIR_RAW_ESCAPED || !weir_json_unescape(arena, v, &plain))
        return false;
    *hash = weir_hash(plain.s, plain.len);
    return true;
}

static bool hash_at(weir_arena *arena, const weir_value *v, uint64_t *hash, unsigned depth)
{
    if (depth > EQUAL_DEPTH_MAX)
        return false;
    if (weir_number_is(v)) {
        *hash = seeded(weir_number_hash(v));
        return true;
    }
    switch (v->kind) {
    case WEIR_STR:
    case WEIR_BYTES:
    case WEIR_JSON: *hash = weir_hash(v->s, v->len); return true;
    case WEIR_RAW: return hash_raw(arena, v, hash);
    case WEIR_TUPLE: return hash_tuple(arena, v->list, hash, depth);
    case WEIR_RANGE: *hash = hash_range(v->range); return true;
    case WEIR_LIST:
    case WEIR_DICT:
    case WEIR_SET:
    case WEIR_LEVELS: return false;
    case WEIR_NONE:
    case WEIR_ABSENT: *hash = spread(v->kind); return true;
    default: *hash = seeded(v->bits ^ (uint64_t)v->kind << 56); return true;
    }
}

bool weir_value_hash(weir_arena *arena, const weir_value *v, uint64_t *hash)
{
    return hash_at(arena, v, hash, 0);
}

/* ------------------------------------------------------------------ lists */

bool weir_list_new(weir_arena *arena, uint8_t kind, size_t count, weir_value *out,
                   weir_value **items)
{
    assert(kind == WEIR_LIST || kind == WEIR_TUPLE);
    weir_list *list = WEIR_ARENA_NEW(arena, weir_list);
    if (!list)
        return false;
    list->count = count;
    list->items = WEIR_ARENA_ARRAY(arena, weir_value, count);
    if (!list->items)
        return false;
    *out = weir_value_absent();
    out->kind = kind;
    out->list = list;
    if (items)
        *items = list->items;
    return true;
}

/* ------------------------------------------------------------------ dicts */

weir_dict *weir_dict_new(weir_arena *arena, size_t cap)
{
    weir_dict *dict = WEIR_ARENA_NEW(arena, weir_dict);
    if (!dict)
        return NULL;
    dict->cap = cap;
    if (cap == 0)
        return dict;
    dict->entries = WEIR_ARENA_ARRAY(arena, weir_dict_entry, cap);
    return dict->entries ? dict : NULL;
}

weir_value weir_value_dict(const weir_dict *dict)
{
    weir_value v = {0};
    v.kind = WEIR_DICT;
    v.dict = dict;
    return v;
}

static weir_dict_entry *find_entry(weir_arena *arena, const weir_dict *dict, const weir_value *key,
                                   uint64_t hash)
{
    if (!dict->index) {
        for (size_t i = 0; i < dict->count; i++)
            if (dict->entries[i].hash == hash && equal_at(arena, &dict->entries[i].key, key, 0))
                return &dict->entries[i];
        return NULL;
    }
    size_t mask = dict->index_cap - 1;
    for (size_t at = (size_t)hash & mask; dict->index[at]; at = (at + 1) & mask) {
        weir_dict_entry *entry = &dict->entries[dict->index[at] - 1];
        if (entry->hash == hash && equal_at(arena, &entry->key, key, 0))
            return entry;
    }
    return NULL;
}

static void index_entry(weir_dict *dict, size_t entry)
{
    size_t mask = dict->index_cap - 1;
    size_t at = (size_t)dict->entries[entry].hash & mask;
    while (dict->index[at])
        at = (at + 1) & mask;
    dict->index[at] = (uint32_t)entry + 1;
}

/* Twice as many places as entries at least, so that searches stay short. */
static bool build_index(weir_arena *arena, weir_dict *dict)
{
    size_t cap = 4 * SMALL_DICT;
    while (cap < dict->cap * 2)
        cap *= 2;
    dict->index = WEIR_ARENA_ARRAY(arena, uint32_t, cap);
    if (!dict->index)
        return false;
    dict->index_cap = cap;
    for (size_t i = 0; i < dict->count; i++)
        index_entry(dict, i);
    return true;
}

static bool grow_dict(weir_arena *arena, weir_dict *dict)
{
    size_t cap = dict->cap ? dict->cap * 2 : 4;
    if (cap >= UINT32_MAX / 4)
        return false;
    weir_dict_entry *entries = WEIR_ARENA_ARRAY(arena, weir_dict_entry, cap);
    if (!entries)
        return false;
    if (dict->count)
        memcpy(entries, dict->entries, dict->count * sizeof *entries);
    dict->entries = entries;
    dict->cap = cap;
    dict->index = NULL;
    return dict->count < SMALL_DICT || build_index(arena, dict);
}

bool weir_dict_put(weir_arena *arena, weir_dict *dict, const weir_value *key,
                   const weir_value *value)
{
    assert(key->kind != WEIR_RAW);
    uint64_t hash;
    if (!hash_at(arena, key, &hash, 0))
        return false;
    weir_dict_entry *known = find_entry(arena, dict, key, hash);
    if (known) {
        known->value = *value;
        return true;
    }
    if (dict->count == dict->cap && !grow_dict(arena, dict))
        return false;
    dict->entries[dict->count] = (weir_dict_entry){*key, *value, hash};
    dict->count++;
    if (dict->index)
        index_entry(dict, dict->count - 1);
    else if (dict->count > SMALL_DICT)
        return build_index(arena, dict);
    return true;
}

const weir_value *weir_dict_get(weir_arena *arena, const weir_dict *dict, const weir_value *key)
{
    uint64_t hash;
    if (dict->count == 0 || !hash_at(arena, key, &hash, 0))
        return NULL;
    const weir_dict_entry *entry = find_entry(arena, dict, key, hash);
    return entry ? &entry->value : NULL;
}

const weir_value *weir_dict_get_str(const weir_dict *dict, weir_str key)
{
    if (dict->index) {
        weir_value text = weir_value_str(key);
        return weir_dict_get(NULL, dict, &text);
    }
    for (size_t i = 0; i < dict->count; i++) {
        const weir_dict_entry *entry = &dict->entries[i];
        if (entry->key.kind == WEIR_STR && weir_str_eq(weir_value_text(&entry->key), key))
            return &entry->value;
    }
    return NULL;
}

bool weir_value_give_slack(weir_arena *arena, weir_value *v)
{
    if (v->kind != WEIR_STR)
        return true;
    char *text = weir_arena_calloc(arena, 1, v->len + (size_t)WEIR_JSON_SLACK);
    if (text && v->len > 0)
        memcpy(text, v->s, v->len);
    v->s = text;
    return text != NULL;
}
