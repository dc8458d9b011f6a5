/* SPDX-License-Identifier: MIT */
/* A number per asset, for those that have one: what a socket keeps about its symbols grows with its
 * own, not with all that there are. */
#ifndef WEIR_RUNTIME_ASSET_MAP_H
#define WEIR_RUNTIME_ASSET_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "value/asset.h"

typedef struct weir_asset_entry {
    uint32_t key;   /* the asset's id + 1; 0: the place is free */
    uint32_t round; /* free for the owner's use; 0 at first */
    int64_t number; /* 0: it has none */
} weir_asset_entry;

typedef struct weir_asset_map {
    weir_asset_entry *entries;
    size_t cap;   /* a power of two, or 0 */
    size_t taken; /* places, also of those that have no number any more */
} weir_asset_map;

/** NULL: it has no entry. */
weir_asset_entry *weir_asset_map_find(const weir_asset_map *map, const weir_asset *asset);
/** Finds it or makes it, with the number 0, to be set before the next is made: entries without one
 * are thrown away when room is needed, and others move. NULL: out of memory. */
weir_asset_entry *weir_asset_map_make(weir_asset_map *map, const weir_asset *asset);
void weir_asset_map_fini(weir_asset_map *map);

#endif
