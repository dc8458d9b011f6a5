/* SPDX-License-Identifier: MIT */
/*
 * Open addressing with steps of one, at most two thirds full. An entry is never taken out by
 * itself: its number becomes 0, and the table is made anew without such entries, larger or smaller,
 * when it is full. So what has come and gone costs no more than what is there.
 */
#include "runtime/asset_map.h"

#include <stdlib.h>

enum { CAP_LEAST = 16 };

/* Ids are dense: a multiplication spreads what comes in steps. */
static size_t place_of(const weir_asset_map *map, uint32_t key)
{
    return (size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & (map->cap - 1);
}

/* Its place, or the free one where it would be; there is one. */
static weir_asset_entry *look_up(const weir_asset_map *map, uint32_t key)
{
    size_t at = place_of(map, key);
    while (map->entries[at].key != 0 && map->entries[at].key != key)
        at = (at + 1) & (map->cap - 1);
    return &map->entries[at];
}

weir_asset_entry *weir_asset_map_find(const weir_asset_map *map, const weir_asset *asset)
{
    weir_asset_entry *entry = map->cap > 0 ? look_up(map, asset->id + 1) : NULL;
    return entry && entry->key != 0 ? entry : NULL;
}

static bool make_anew(weir_asset_map *map)
{
    size_t count = 0;
    for (size_t i = 0; i < map->cap; i++)
        count += map->entries[i].number != 0;
    weir_asset_map grown = {.cap = CAP_LEAST};
    while (grown.cap < count * 2 + 1)
        grown.cap *= 2;
    grown.entries = calloc(grown.cap, sizeof *grown.entries);
    if (!grown.entries)
        return false;
    for (size_t i = 0; i < map->cap; i++) {
        if (map->entries[i].number == 0)
            continue;
        *look_up(&grown, map->entries[i].key) = map->entries[i];
        grown.taken++;
    }
    free(map->entries);
    *map = grown;
    return true;
}

weir_asset_entry *weir_asset_map_make(weir_asset_map *map, const weir_asset *asset)
{
    weir_asset_entry *entry = weir_asset_map_find(map, asset);
    if (entry)
        return entry;
    if ((map->taken + 1) * 3 > map->cap * 2 && !make_anew(map))
        return NULL;
    entry = look_up(map, asset->id + 1);
    *entry = (weir_asset_entry){.key = asset->id + 1};
    map->taken++;
    return entry;
}

void weir_asset_map_fini(weir_asset_map *map)
{
    free(map->entries);
    *map = (weir_asset_map){0};
}
