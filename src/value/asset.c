/* SPDX-License-Identifier: MIT */
/*
 * The book: one arena and one map per kind of key, under one mutex. Assets never move or change,
 * so a pointer that was handed out needs no lock.
 *
 * The cache of a thread is a table in front of the book: a few places per hash, the newest asset
 * wins. Unlike a map it cannot be filled up by hostile symbols, only made to miss; it doubles when
 * it is half full, up to 2^CACHE_MAX_BITS places, so a feed whose symbols are known never allocates
 * for it. Unknown keys are not remembered: the book may learn them. Its hot half is inline, in
 * asset.h.
 */
#include "value/asset.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "util/error.h"
#include "util/map.h"

struct weir_asset_book {
    pthread_mutex_t mutex;
    weir_arena *arena;
    weir_map maps[WEIR_ASSET_KEY_COUNT];
    size_t count;
    const weir_asset *samples[WEIR_ASSET_SAMPLES];
    const weir_str *names_from; /* the caller's extra_names that were copied last ... */
    const weir_str *names;      /* ... and the copy: assets of one file share one */
    bool is_dynamic;
    atomic_size_t holders;
};

/* ------------------------------------------------------------------ the book */

weir_asset_book *weir_asset_book_new(bool is_dynamic)
{
    enum { FIRST_BLOCK = 4096 };
    weir_asset_book *book = calloc(1, sizeof *book);
    if (!book)
        return NULL;
    book->is_dynamic = is_dynamic;
    atomic_init(&book->holders, 1);
    book->arena = weir_arena_new(FIRST_BLOCK, 0);
    if (!book->arena || pthread_mutex_init(&book->mutex, NULL) != 0) {
        weir_arena_free(book->arena);
        free(book);
        return NULL;
    }
    return book;
}

weir_asset_book *weir_asset_book_retain(weir_asset_book *book)
{
    atomic_fetch_add(&book->holders, 1);
    return book;
}

void weir_asset_book_free(weir_asset_book *book)
{
    if (!book || atomic_fetch_sub(&book->holders, 1) > 1)
        return;
    for (int i = 0; i < WEIR_ASSET_KEY_COUNT; i++)
        weir_map_fini(&book->maps[i]);
    weir_arena_free(book->arena);
    pthread_mutex_destroy(&book->mutex);
    free(book);
}

static weir_str text_of(const weir_asset *asset, weir_asset_key key)
{
    switch (key) {
    case WEIR_ASSET_SECURITY_ID: return asset->security_id;
    case WEIR_ASSET_BROKER_SYMBOL: return asset->broker_symbol;
    default: return asset->symbol;
    }
}

static bool copy_text(weir_arena *arena, weir_str *text)
{
    if (text->len == 0) {
        *text = WEIR_STR("");
        return true;
    }
    *text = weir_arena_copy(arena, *text);
    return text->ptr != NULL;
}

static bool copy_names(weir_asset_book *book, weir_asset *asset)
{
    if (book->names_from != asset->extra_names) {
        weir_str *names = WEIR_ARENA_ARRAY(book->arena, weir_str, asset->extra_count);
        if (!names)
            return false;
        for (size_t i = 0; i < asset->extra_count; i++) {
            names[i] = asset->extra_names[i];
            if (!copy_text(book->arena, &names[i]))
                return false;
        }
        book->names_from = asset->extra_names;
        book->names = names;
    }
    asset->extra_names = book->names;
    return true;
}

static bool copy_extra(weir_asset_book *book, weir_asset *asset)
{
    weir_arena *arena = book->arena;
    if (asset->extra_count == 0)
        return true;
    if (!copy_names(book, asset))
        return false;
    weir_value *extra = WEIR_ARENA_ARRAY(arena, weir_value, asset->extra_count);
    if (!extra)
        return false;
    for (size_t i = 0; i < asset->extra_count; i++) {
        extra[i] = asset->extra[i];
        bool is_text = extra[i].kind == WEIR_STR || extra[i].kind == WEIR_BIGINT;
        weir_str text = weir_value_text(&extra[i]);
        if (is_text && !copy_text(arena, &text))
            return false;
        if (is_text)
            extra[i].s = text.ptr;
    }
    asset->extra = extra;
    return true;
}

static weir_asset *copy_asset(weir_asset_book *book, const weir_asset *from)
{
    weir_arena *arena = book->arena;
    weir_asset *asset = WEIR_ARENA_NEW(arena, weir_asset);
    if (!asset)
        return NULL;
    *asset = *from;
    if (!copy_text(arena, &asset->symbol) || !copy_text(arena, &asset->broker_symbol) ||
        !copy_text(arena, &asset->security_id) || !copy_text(arena, &asset->exchange_name) ||
        !copy_text(arena, &asset->asset_class) || !copy_extra(book, asset))
        return NULL;
    return asset;
}

/* Enters the asset under each of its keys; the first asset of a security id or broker symbol keeps
 * it. On failure nothing of the new asset is left in a map. */
static bool enter(weir_asset_book *book, weir_asset *asset)
{
    for (int key = 0; key < WEIR_ASSET_KEY_COUNT; key++) {
        weir_str text = text_of(asset, (weir_asset_key)key);
        if (text.len == 0 || weir_map_get(&book->maps[key], text))
            continue;
        if (weir_map_put(&book->maps[key], text, asset))
            continue;
        while (key-- > 0) {
            text = text_of(asset, (weir_asset_key)key);
            if (text.len && weir_map_get(&book->maps[key], text) == asset)
                weir_map_remove(&book->maps[key], text);
        }
        return false;
    }
    if (book->count < WEIR_ASSET_SAMPLES)
        book->samples[book->count] = asset;
    asset->id = (uint32_t)book->count++;
    return true;
}

static bool add_locked(weir_asset_book *book, const weir_asset *from, weir_error *error)
{
    if (from->symbol.len == 0) {
        weir_fail(error, WEIR_ERR_ARGUMENT, "an asset has no symbol");
        return false;
    }
    if (weir_map_get(&book->maps[WEIR_ASSET_SYMBOL], from->symbol)) {
        weir_fail(error, WEIR_ERR_ARGUMENT, "the symbol '%.*s' is given twice",
                  WEIR_FMT(from->symbol));
        return false;
    }
    if (book->count >= WEIR_ASSETS_MAX) {
        weir_fail(error, WEIR_ERR_LIMIT, "more than %d assets", (int)WEIR_ASSETS_MAX);
        return false;
    }
    weir_asset *asset = copy_asset(book, from);
    if (!asset || !enter(book, asset)) {
        weir_fail_nomem(error);
        return false;
    }
    return true;
}

bool weir_asset_book_add(weir_asset_book *book, const weir_asset *asset, weir_error *error)
{
    pthread_mutex_lock(&book->mutex);
    bool added = add_locked(book, asset, error);
    pthread_mutex_unlock(&book->mutex);
    return added;
}

size_t weir_asset_book_count(const weir_asset_book *book)
{
    pthread_mutex_t *mutex = (pthread_mutex_t *)&book->mutex;
    pthread_mutex_lock(mutex);
    size_t count = book->count;
    pthread_mutex_unlock(mutex);
    return count;
}

const weir_asset *weir_asset_book_sample(const weir_asset_book *book, size_t index)
{
    pthread_mutex_t *mutex = (pthread_mutex_t *)&book->mutex;
    pthread_mutex_lock(mutex);
    const weir_asset *asset = index < WEIR_ASSET_SAMPLES ? book->samples[index] : NULL;
    pthread_mutex_unlock(mutex);
    return asset;
}

/* An unknown security id or broker symbol that is a known symbol means that asset: a venue that
 * uses one word for all three must not get two assets of one name. */
static const weir_asset *create_locked(weir_asset_book *book, weir_asset_key key, weir_str text)
{
    if (text.len == 0)
        return NULL;
    weir_asset *known = weir_map_get(&book->maps[WEIR_ASSET_SYMBOL], text);
    if (known)
        return weir_map_put(&book->maps[key], known->symbol, known) ? known : NULL;
    weir_asset asset = {.symbol = text};
    if (key == WEIR_ASSET_SECURITY_ID)
        asset.security_id = text;
    else if (key == WEIR_ASSET_BROKER_SYMBOL)
        asset.broker_symbol = text;
    if (!add_locked(book, &asset, NULL))
        return NULL;
    return weir_map_get(&book->maps[WEIR_ASSET_SYMBOL], text);
}

const weir_asset *weir_asset_find(weir_asset_book *book, weir_asset_key key, weir_str text)
{
    pthread_mutex_lock(&book->mutex);
    const weir_asset *asset = weir_map_get(&book->maps[key], text);
    if (!asset && book->is_dynamic)
        asset = create_locked(book, key, text);
    pthread_mutex_unlock(&book->mutex);
    return asset;
}

const weir_asset *weir_asset_peek(weir_asset_book *book, weir_asset_key key, weir_str text)
{
    pthread_mutex_lock(&book->mutex);
    const weir_asset *asset = weir_map_get(&book->maps[key], text);
    pthread_mutex_unlock(&book->mutex);
    return asset;
}

/* ------------------------------------------------------------------ the cache */

enum { CACHE_FIRST_BITS = 6, CACHE_MAX_BITS = 16, PROBES = 4 };

static inline size_t cap_of(const weir_asset_cache *cache)
{
    return (size_t)1 << (64 - cache->shift);
}

weir_asset_cache *weir_asset_cache_new(weir_asset_book *book)
{
    weir_asset_cache *cache = calloc(1, sizeof *cache);
    if (!cache)
        return NULL;
    cache->book = book;
    cache->shift = 64 - CACHE_FIRST_BITS;
    cache->places = calloc(cap_of(cache), sizeof *cache->places);
    if (!cache->places) {
        free(cache);
        return NULL;
    }
    return cache;
}

void weir_asset_cache_free(weir_asset_cache *cache)
{
    if (!cache)
        return;
    free(cache->places);
    free(cache);
}

/* A long text is known by two sums of all its bytes, and then compared with the asset's. The last
 * piece overlaps the one before. */
static weir_short words_of_long(weir_str text)
{
    weir_short sum = {0}, piece;
    for (size_t at = 0; at < text.len; at += sizeof piece) {
        const size_t most = text.len - sizeof piece;
        memcpy(&piece, text.ptr + (at < most ? at : most), sizeof piece);
        sum.first = weir_short_mix((weir_short){sum.first, piece.first}, text.len);
        sum.second = weir_short_mix((weir_short){sum.second, piece.second}, sum.first);
    }
    return sum;
}

static weir_short words_of(weir_str text)
{
    return text.len > WEIR_SHORT_MAX ? words_of_long(text) : weir_short_of(text);
}

/* An asset that was found by another word than its own symbol, id or broker symbol was found by its
 * symbol (create_locked). */
static bool is_hit(const weir_asset_place *place, weir_short words, weir_asset_key key,
                   weir_str text)
{
    return place->tag == weir_asset_tag(key, text.len) && weir_short_eq(place->words, words) &&
           (text.len <= WEIR_SHORT_MAX || weir_str_eq(place->asset->symbol, text) ||
            weir_str_eq(text_of(place->asset, key), text));
}

/* An empty place for a hash, else the first one that it may have. */
static weir_asset_place *place_for(const weir_asset_cache *cache, uint64_t hash)
{
    const size_t first = (size_t)(hash >> cache->shift);
    for (size_t i = 0; i < PROBES; i++) {
        weir_asset_place *place = &cache->places[(first + i) & (cap_of(cache) - 1)];
        if (!place->asset)
            return place;
    }
    return &cache->places[first];
}

/* Failing to grow is no failure: the cache just stays as it is. */
static void grow_cache(weir_asset_cache *cache)
{
    weir_asset_place *old = cache->places;
    const size_t old_cap = cap_of(cache);
    weir_asset_place *places = calloc(2 * old_cap, sizeof *places);
    if (!places)
        return;
    cache->places = places;
    cache->shift--;
    for (size_t i = 0; i < old_cap; i++)
        if (old[i].asset)
            *place_for(cache, weir_short_mix(old[i].words, old[i].tag)) = old[i];
    free(old);
}

static const weir_asset *fetch(weir_asset_cache *cache, weir_short words, weir_asset_key key,
                               weir_str text)
{
    const weir_asset *asset = weir_asset_find(cache->book, key, text);
    if (!asset)
        return NULL;
    if (cache->used * 2 >= cap_of(cache) && cache->shift > 64 - CACHE_MAX_BITS)
        grow_cache(cache);
    const uint64_t tag = weir_asset_tag(key, text.len);
    weir_asset_place *place = place_for(cache, weir_short_mix(words, tag));
    cache->used += !place->asset;
    *place = (weir_asset_place){words, tag, asset};
    return asset;
}

const weir_asset *weir_asset_cached(weir_asset_cache *cache, weir_asset_key key, weir_str text)
{
    const weir_short words = words_of(text);
    const uint64_t hash = weir_short_mix(words, weir_asset_tag(key, text.len));
    for (size_t i = 0; i < PROBES; i++) {
        const weir_asset_place *place =
            &cache->places[((size_t)(hash >> cache->shift) + i) & (cap_of(cache) - 1)];
        if (is_hit(place, words, key, text))
            return place->asset;
    }
    return fetch(cache, words, key, text);
}

/* ------------------------------------------------------------------ public accessors */

weir_str weir_asset_symbol(const weir_asset *asset)
{
    return asset->symbol;
}

weir_str weir_asset_broker_symbol(const weir_asset *asset)
{
    return asset->broker_symbol;
}

weir_str weir_asset_security_id(const weir_asset *asset)
{
    return asset->security_id;
}

weir_str weir_asset_attribute(const weir_asset *asset, const char *name)
{
    static const struct {
        const char *name;
        size_t at;
    } own[] = {
        {"symbol", offsetof(weir_asset, symbol)},
        {"broker_symbol", offsetof(weir_asset, broker_symbol)},
        {"security_id", offsetof(weir_asset, security_id)},
        {"exchange_name", offsetof(weir_asset, exchange_name)},
        {"asset_class", offsetof(weir_asset, asset_class)},
    };
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strcmp(own[i].name, name) == 0)
            return *(const weir_str *)(const void *)((const char *)asset + own[i].at);
    for (size_t i = 0; i < asset->extra_count; i++)
        if (weir_str_is(asset->extra_names[i], name) && asset->extra[i].kind == WEIR_STR)
            return weir_value_text(&asset->extra[i]);
    return WEIR_STR("");
}
