/* SPDX-License-Identifier: MIT */
/*
 * Open addressing with linear probing, at most three quarters full. Removal shifts the followers
 * back instead of leaving tombstones, so lookups never degrade. The hash is SipHash-1-3 under a key
 * that is drawn once per process: keys come from the network (symbols, field names), and a peer
 * must not be able to choose ones that all land in one place.
 */
#include "util/map.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/random.h>

#include "util/time.h"

enum { FIRST_CAP = 16 };

static uint64_t seed[2];
static pthread_once_t seed_once = PTHREAD_ONCE_INIT;

/* Without the kernel's generator (an old sandbox) the clock and an address are the best there is:
 * worse for an attacker than a constant, and never a reason to fail. */
static void draw_seed(void)
{
    if (getrandom(seed, sizeof seed, GRND_NONBLOCK) == (ssize_t)sizeof seed)
        return;
    seed[0] = (uint64_t)weir_now_ns() ^ (uint64_t)(uintptr_t)&seed;
    seed[1] = (uint64_t)weir_mono_ns() * UINT64_C(0x9e3779b97f4a7c15) ^ (uint64_t)getpid();
}

static inline uint64_t rotate(uint64_t x, int bits)
{
    return (x << bits) | (x >> (64 - bits));
}

static inline void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

uint64_t weir_hash(const void *bytes, size_t len)
{
    pthread_once(&seed_once, draw_seed);
    uint64_t v[4] = {seed[0] ^ UINT64_C(0x736f6d6570736575), seed[1] ^ UINT64_C(0x646f72616e646f6d),
                     seed[0] ^ UINT64_C(0x6c7967656e657261),
                     seed[1] ^ UINT64_C(0x7465646279746573)};
    const char *at = bytes;
    size_t left = len;
    for (; left >= 8; at += 8, left -= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        v[3] ^= word;
        sip_round(v);
        v[0] ^= word;
    }
    uint64_t last = 0;
    if (left)
        memcpy(&last, at, left);
    last ^= (uint64_t)len << 56;
    v[3] ^= last;
    sip_round(v);
    v[0] ^= last;
    v[2] ^= 0xff;
    for (int i = 0; i < 3; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* An empty key may come with ptr NULL, which marks an empty entry: give it an address. */
static inline weir_str addressed(weir_str key)
{
    if (!key.ptr)
        key.ptr = "";
    return key;
}

void weir_map_fini(weir_map *map)
{
    free(map->entries);
    *map = (weir_map){0};
}

/* The entry of the key, or the empty one where it belongs. The map is never full. */
static weir_map_entry *find(const weir_map *map, weir_str key, uint64_t hash)
{
    size_t mask = map->cap - 1;
    size_t at = (size_t)hash & mask;
    for (;;) {
        weir_map_entry *entry = &map->entries[at];
        if (!entry->key.ptr || (entry->hash == hash && weir_str_eq(entry->key, key)))
            return entry;
        at = (at + 1) & mask;
    }
}

void *weir_map_get(const weir_map *map, weir_str key)
{
    if (map->count == 0)
        return NULL;
    const weir_map_entry *entry = find(map, key, weir_hash(key.ptr, key.len));
    return entry->key.ptr ? entry->value : NULL;
}

static bool grow(weir_map *map)
{
    size_t cap = map->cap ? map->cap * 2 : FIRST_CAP;
    if (cap < map->cap)
        return false;
    weir_map fresh = {calloc(cap, sizeof *fresh.entries), map->count, cap};
    if (!fresh.entries)
        return false;
    for (size_t i = 0; i < map->cap; i++) {
        const weir_map_entry *entry = &map->entries[i];
        if (entry->key.ptr)
            *find(&fresh, entry->key, entry->hash) = *entry;
    }
    free(map->entries);
    *map = fresh;
    return true;
}

bool weir_map_put(weir_map *map, weir_str key, void *value)
{
    key = addressed(key);
    uint64_t hash = weir_hash(key.ptr, key.len);
    if (map->cap) {
        weir_map_entry *known = find(map, key, hash);
        if (known->key.ptr) {
            known->key = key;
            known->value = value;
            return true;
        }
    }
    if (map->count >= map->cap - map->cap / 4 && !grow(map))
        return false;
    *find(map, key, hash) = (weir_map_entry){key, hash, value};
    map->count++;
    return true;
}

void *weir_map_remove(weir_map *map, weir_str key)
{
    if (map->count == 0)
        return NULL;
    weir_map_entry *entry = find(map, key, weir_hash(key.ptr, key.len));
    if (!entry->key.ptr)
        return NULL;
    void *value = entry->value;
    size_t mask = map->cap - 1;
    size_t hole = (size_t)(entry - map->entries);
    for (size_t at = (hole + 1) & mask; map->entries[at].key.ptr; at = (at + 1) & mask) {
        size_t home = (size_t)map->entries[at].hash & mask;
        /* A follower may move into the hole unless its home lies between the hole and itself. */
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            map->entries[hole] = map->entries[at];
            hole = at;
        }
    }
    map->entries[hole] = (weir_map_entry){0};
    map->count--;
    return value;
}

void weir_map_clear(weir_map *map)
{
    if (map->cap)
        memset(map->entries, 0, map->cap * sizeof *map->entries);
    map->count = 0;
}

const weir_map_entry *weir_map_next(const weir_map *map, size_t *at)
{
    while (*at < map->cap) {
        const weir_map_entry *entry = &map->entries[(*at)++];
        if (entry->key.ptr)
            return entry;
    }
    return NULL;
}
