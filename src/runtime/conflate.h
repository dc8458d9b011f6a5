/* SPDX-License-Identifier: MIT */
/*
 * The index of a conflating queue: where the latest record of each stream and asset lies in the
 * buffer. It is emptied at every swap by counting a generation up, so that costs nothing.
 */
#ifndef WEIR_RUNTIME_CONFLATE_H
#define WEIR_RUNTIME_CONFLATE_H

#include "value/record.h"

typedef struct weir_conflate_entry {
    uint64_t generation;
    const void
        *stream; /* text of the stream and of the connection by address: one spec, one text */
    const void *connection;
    const weir_asset *asset;
    size_t offset; /* SIZE_MAX: none at present */
} weir_conflate_entry;

typedef struct weir_conflate {
    weir_conflate_entry *entries;
    size_t cap; /* a power of two, or 0 */
    size_t count;
    uint64_t generation;
} weir_conflate;

void weir_conflate_fini(weir_conflate *index);
/** Forgets all. */
void weir_conflate_clear(weir_conflate *index);
/** Offset of the latest record with the same key. */
bool weir_conflate_find(const weir_conflate *index, const weir_record *record, size_t *offset);
/** Enters or changes. False when out of memory. */
bool weir_conflate_set(weir_conflate *index, const weir_record *record, size_t offset);
/** The record at `from` goes to `to`. Nothing happens if it is not what the index has. */
void weir_conflate_move(weir_conflate *index, const weir_record *record, size_t from, size_t to);
/** The record at `from` goes away. */
void weir_conflate_forget(weir_conflate *index, const weir_record *record, size_t from);

/** A record that was replaced by a later one stays in its buffer, marked dead. */
static inline void weir_conflate_kill(weir_record *record)
{
    record->reserved = 1;
}

static inline bool weir_conflate_is_dead(const weir_record *record)
{
    return record->reserved != 0;
}

#endif
