/* SPDX-License-Identifier: MIT */
/* A plain circular array: `first` walks, the newest sits at (first + count - 1) mod room. Most
 * rings stay empty for ever, so the room comes with the first elements and doubles up to cap. */
#include "util/ring.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 4 };

bool weir_ring_init(weir_ring *ring, size_t element_size, size_t cap)
{
    *ring = (weir_ring){0};
    if (element_size == 0 || cap == 0 || cap > PTRDIFF_MAX / element_size)
        return false;
    ring->size = element_size;
    ring->cap = cap;
    return true;
}

void weir_ring_fini(weir_ring *ring)
{
    free(ring->slots);
    *ring = (weir_ring){0};
}

static void *slot_at(const weir_ring *ring, size_t index)
{
    size_t room = ring->room - ring->first;
    size_t slot = index < room ? ring->first + index : index - room;
    return ring->slots + slot * ring->size;
}

static bool grow(weir_ring *ring)
{
    size_t room = ring->room ? ring->room * 2 : FIRST_ROOM;
    if (room > ring->cap)
        room = ring->cap;
    char *slots = calloc(room, ring->size);
    if (!slots)
        return false;
    for (size_t i = 0; i < ring->count; i++)
        memcpy(slots + i * ring->size, slot_at(ring, i), ring->size);
    free(ring->slots);
    ring->slots = slots;
    ring->room = room;
    ring->first = 0;
    return true;
}

void *weir_ring_push(weir_ring *ring, bool *overwrites)
{
    if (ring->count == ring->room && ring->room < ring->cap && !grow(ring) && ring->room == 0)
        return NULL;
    bool is_full = ring->count == ring->room;
    if (overwrites)
        *overwrites = is_full;
    if (!is_full)
        return slot_at(ring, ring->count++);
    void *oldest = slot_at(ring, 0);
    ring->first = ring->first + 1 == ring->room ? 0 : ring->first + 1;
    ring->overwritten++;
    return oldest;
}

void *weir_ring_at(const weir_ring *ring, size_t index)
{
    return index < ring->count ? slot_at(ring, index) : NULL;
}

void *weir_ring_pop(weir_ring *ring)
{
    if (ring->count == 0)
        return NULL;
    void *oldest = slot_at(ring, 0);
    ring->first = ring->first + 1 == ring->room ? 0 : ring->first + 1;
    ring->count--;
    return oldest;
}

void weir_ring_clear(weir_ring *ring)
{
    ring->first = 0;
    ring->count = 0;
    ring->overwritten = 0;
}
