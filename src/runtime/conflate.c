/* SPDX-License-Identifier: MIT */
/*
 * Open addressing with linear probing over entries stamped with a generation: an entry of an
 * earlier one is free. Within a generation entries are never removed, only told that they have no
 * record, so a chain never breaks.
 */
#include "runtime/conflate.h"

#include <stdlib.h>

enum { FIRST_CAP = 64 };

void weir_conflate_fini(weir_conflate *index)
{
    free(index->entries);
    *index = (weir_conflate){0};
}

void weir_conflate_clear(weir_conflate *index)
{
    index->generation++;
    index->count = 0;
}

static uint64_t mix(uint64_t x)
{
    x ^= x >> 33;
    x *= UINT64_C(0xff51afd7ed558ccd);
    x ^= x >> 33;
    x *= UINT64_C(0xc4ceb9fe1a85ec53);
    return x ^ x >> 33;
}

/* The entry of the key, or the free one where it would go. The table is never full. */
static weir_conflate_entry *locate(const weir_conflate *index, const void *stream,
                                   const void *connection, const weir_asset *asset)
{
    const uint64_t hash =
        mix((uintptr_t)asset + mix((uintptr_t)stream + mix((uintptr_t)connection)));
    for (size_t at = hash & (index->cap - 1);; at = (at + 1) & (index->cap - 1)) {
        weir_conflate_entry *entry = &index->entries[at];
        if (entry->generation != index->generation ||
            (entry->asset == asset && entry->stream == stream && entry->connection == connection))
            return entry;
    }
}

static weir_conflate_entry *entry_of(const weir_conflate *index, const weir_record *record)
{
    if (index->cap == 0)
        return NULL;
    return locate(index, record->schema->stream.ptr, record->schema->connection.ptr, record->asset);
}

static bool is_live(const weir_conflate *index, const weir_conflate_entry *entry)
{
    return entry && entry->generation == index->generation && entry->offset != SIZE_MAX;
}

bool weir_conflate_find(const weir_conflate *index, const weir_record *record, size_t *offset)
{
    const weir_conflate_entry *entry = entry_of(index, record);
    if (!is_live(index, entry))
        return false;
    *offset = entry->offset;
    return true;
}

static bool grow(weir_conflate *index)
{
    const size_t cap = index->cap ? index->cap * 2 : FIRST_CAP;
    weir_conflate wider = {.cap = cap, .generation = index->generation ? index->generation : 1};
    wider.entries = calloc(cap, sizeof *wider.entries);
    if (!wider.entries)
        return false;
    for (size_t i = 0; i < index->cap; i++) {
        const weir_conflate_entry *entry = &index->entries[i];
        if (!is_live(index, entry))
            continue;
        *locate(&wider, entry->stream, entry->connection, entry->asset) = *entry;
        wider.count++;
    }
    free(index->entries);
    *index = wider;
    return true;
}

bool weir_conflate_set(weir_conflate *index, const weir_record *record, size_t offset)
{
    if (index->count >= index->cap / 4 * 3 && !grow(index))
        return false;
    weir_conflate_entry *entry = entry_of(index, record);
    index->count += entry->generation != index->generation;
    *entry = (weir_conflate_entry){index->generation, record->schema->stream.ptr,
                                   record->schema->connection.ptr, record->asset, offset};
    return true;
}

void weir_conflate_move(weir_conflate *index, const weir_record *record, size_t from, size_t to)
{
    weir_conflate_entry *entry = entry_of(index, record);
    if (is_live(index, entry) && entry->offset == from)
        entry->offset = to;
}

void weir_conflate_forget(weir_conflate *index, const weir_record *record, size_t from)
{
    weir_conflate_move(index, record, from, SIZE_MAX);
}
