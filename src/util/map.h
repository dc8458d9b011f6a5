/* SPDX-License-Identifier: MIT */
/*
 * Hash map from text to pointer or index: open addressing, linear probing, seeded hash (hostile
 * keys cannot be chosen to collide), insertion never moves the values that pointers refer to. Keys
 * are borrowed: the caller keeps them alive (usually in an arena).
 */
#ifndef WEIR_UTIL_MAP_H
#define WEIR_UTIL_MAP_H

#include <weir/types.h>

typedef struct weir_map_entry {
    weir_str key; /**< ptr NULL: the entry is empty */
    uint64_t hash;
    void *value;
} weir_map_entry;

typedef struct weir_map {
    weir_map_entry *entries;
    size_t count;
    size_t cap; /**< a power of two, or 0 */
} weir_map;

void weir_map_fini(weir_map *map);
/** The value, or NULL. */
void *weir_map_get(const weir_map *map, weir_str key);
/** Adds or replaces. False when out of memory. */
bool weir_map_put(weir_map *map, weir_str key, void *value);
/** Removes; returns the former value, or NULL. */
void *weir_map_remove(weir_map *map, weir_str key);
void weir_map_clear(weir_map *map);
/** Visits entries in unspecified order: start with *at = 0; NULL at the end. */
const weir_map_entry *weir_map_next(const weir_map *map, size_t *at);

/** The seeded 64-bit hash of the map (seeded once per process from the kernel). */
uint64_t weir_hash(const void *bytes, size_t len);

#endif
