/* SPDX-License-Identifier: MIT */
/*
 * Assets: the instruments. A book of assets holds master data loaded with the spec and, where there
 * is none, assets created when first seen. Assets are immutable and live as long as the book; the
 * book is shared by all connections (a mutex guards it), so the hot path looks them up through a
 * private cache first.
 */
#ifndef WEIR_VALUE_ASSET_H
#define WEIR_VALUE_ASSET_H

#include "value/short.h"
#include "value/value.h"

typedef struct weir_asset_book weir_asset_book;
typedef struct weir_asset_cache weir_asset_cache;

typedef enum weir_asset_key {
    WEIR_ASSET_SYMBOL,
    WEIR_ASSET_SECURITY_ID,
    WEIR_ASSET_BROKER_SYMBOL,
    WEIR_ASSET_KEY_COUNT
} weir_asset_key;

struct weir_asset {
    weir_str symbol;
    weir_str broker_symbol; /**< empty if unknown */
    weir_str security_id;
    weir_str exchange_name;
    weir_str asset_class;
    uint32_t id; /**< dense, from 0, in order of creation */
    size_t extra_count;
    const weir_str *extra_names; /**< other columns of the master data; shared by the book */
    const weir_value *extra;
};

enum { WEIR_ASSETS_MAX = 2000000 };

/** `is_dynamic`: unknown keys create an asset (with the key as symbol, and as the field asked for).
 */
weir_asset_book *weir_asset_book_new(bool is_dynamic);
/** One more who holds it: it is freed by the last. */
weir_asset_book *weir_asset_book_retain(weir_asset_book *book);
void weir_asset_book_free(weir_asset_book *book);
/** Adds one (strings are copied). False with `error` for a duplicate symbol, no symbol, or over the
 * limit. */
bool weir_asset_book_add(weir_asset_book *book, const weir_asset *asset, weir_error *error);
size_t weir_asset_book_count(const weir_asset_book *book);
/** One of the first WEIR_ASSET_SAMPLES assets that were added, for examples; NULL: there are fewer.
 */
enum { WEIR_ASSET_SAMPLES = 2 };
const weir_asset *weir_asset_book_sample(const weir_asset_book *book, size_t index);
/** Finds, or creates when dynamic. NULL: unknown, over the limit, or out of memory. Any thread. */
const weir_asset *weir_asset_find(weir_asset_book *book, weir_asset_key key, weir_str text);
/** Only finds. */
const weir_asset *weir_asset_peek(weir_asset_book *book, weir_asset_key key, weir_str text);

/** The private cache of one thread: same results as weir_asset_find, no lock on a hit. */
weir_asset_cache *weir_asset_cache_new(weir_asset_book *book);
void weir_asset_cache_free(weir_asset_cache *cache);
const weir_asset *weir_asset_cached(weir_asset_cache *cache, weir_asset_key key, weir_str text);

/* ------------------------------------------------------------------ the cache from the inside */

typedef struct weir_asset_place {
    weir_short words;        /**< of a longer text, its hash */
    uint64_t tag;            /**< weir_asset_tag; 0: empty */
    const weir_asset *asset; /**< NULL: empty */
} weir_asset_place;

/** Open for weir_asset_known alone: a table of 2^(64 - shift) places. */
struct weir_asset_cache {
    weir_asset_place *places;
    unsigned shift;
    size_t used;
    weir_asset_book *book;
};

static inline uint64_t weir_asset_tag(weir_asset_key key, size_t len)
{
    return (uint64_t)len * 4 + (uint64_t)key + 1;
}

/** The place of a short text, if it is the first one of its hash; else NULL. */
static inline const weir_asset_place *weir_asset_place_of(const weir_asset_cache *cache,
                                                          weir_short words, uint64_t tag)
{
    const weir_asset_place *place = &cache->places[weir_short_mix(words, tag) >> cache->shift];
    const uint64_t other = (place->words.first ^ words.first) |
                           (place->words.second ^ words.second) | (place->tag ^ tag);
    return __builtin_expect(other == 0, 1) ? place : NULL;
}

/**
 * The place of a text that has WEIR_SHORT_MAX readable bytes from its first one on, if it is a
 * short one in the first place of its hash; else NULL.
 */
static inline const weir_asset_place *
weir_asset_at_hand(const weir_asset_cache *cache, weir_asset_key key, const char *at, size_t len)
{
    if (__builtin_expect(len > WEIR_SHORT_MAX, 0))
        return NULL;
    return weir_asset_place_of(cache, weir_short_at(at, len), weir_asset_tag(key, len));
}

/** weir_asset_cached, mostly without a call. */
static inline const weir_asset *weir_asset_known(weir_asset_cache *cache, weir_asset_key key,
                                                 const char *at, size_t len)
{
    const weir_asset_place *place = weir_asset_at_hand(cache, key, at, len);
    return __builtin_expect(place != NULL, 1) ? place->asset
                                              : weir_asset_cached(cache, key, (weir_str){at, len});
}

#endif
