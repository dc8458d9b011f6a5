/* SPDX-License-Identifier: MIT */
/*
 * Who holds a want: ids of subscriptions, in order; most have one, which takes no memory of its
 * own. And the other way round, which wants an id may hold, so that a subscription can be ended by
 * its id without a walk over all there are.
 */
#ifndef WEIR_RUNTIME_HOLDERS_H
#define WEIR_RUNTIME_HOLDERS_H

#include "util/map.h"
#include "value/asset.h"

typedef struct weir_ids {
    uint32_t count, cap; /* cap 0: there is room for `one` */
    union {
        uint64_t one;
        uint64_t *many;
    };
} weir_ids;

/** False: out of memory. */
bool weir_ids_push(weir_ids *ids, uint64_t id);
uint64_t weir_ids_at(const weir_ids *ids, size_t at);
/** Where the id stands last; SIZE_MAX: nowhere. */
size_t weir_ids_find(const weir_ids *ids, uint64_t id);
void weir_ids_remove(weir_ids *ids, size_t at);
void weir_ids_fini(weir_ids *ids);

typedef struct weir_held {
    const weir_asset *asset; /**< NULL: the stream itself */
    size_t stream;
} weir_held;

typedef struct weir_holder {
    uint64_t id;
    size_t live;       /**< how often it holds something */
    size_t count, cap; /**< how often it ever did, since it last held nothing */
    weir_held *held;   /**< all that it ever held; some it may hold no more */
} weir_holder;

typedef struct weir_holders {
    weir_map by_id;
} weir_holders;

/** The id holds something. False: out of memory. */
bool weir_holders_note(weir_holders *holders, uint64_t id, weir_held held);
/** It holds one thing less. */
void weir_holders_drop(weir_holders *holders, uint64_t id);
/** Takes it out, for the caller to free; NULL: it holds nothing. */
weir_holder *weir_holders_take(weir_holders *holders, uint64_t id);
void weir_holder_free(weir_holder *holder);
void weir_holders_fini(weir_holders *holders);

#endif
