/* SPDX-License-Identifier: MIT */
/*
 * Arena: memory for what dies together. Allocation is a pointer bump; there is no free of one
 * object. A loaded spec owns one; a message in flight borrows another that is reset after it.
 * Not thread-safe: one owner at a time.
 */
#ifndef WEIR_UTIL_ARENA_H
#define WEIR_UTIL_ARENA_H

#include <stdarg.h>

#include <weir/types.h>

typedef struct weir_arena weir_arena;

/** A position to rewind to. Plain value. */
typedef struct weir_arena_mark {
    void *block;
    size_t used;
    size_t total;
} weir_arena_mark;

/**
 * New arena. `first_block` is the size in bytes of the block that is kept over resets;
 * `limit` bounds the bytes handed out since the last reset (0 = unlimited). NULL when out of
 * memory.
 */
weir_arena *weir_arena_new(size_t first_block, size_t limit);
void weir_arena_free(weir_arena *arena);

/** `size` bytes at 16-byte alignment, not zeroed; NULL when out of memory or over the limit. */
void *weir_arena_alloc(weir_arena *arena, size_t size);
/** The same, zeroed. `count * size` is checked for overflow. */
void *weir_arena_calloc(weir_arena *arena, size_t count, size_t size);
/** Copies with a NUL behind it (not counted). ptr is NULL when out of memory. */
weir_str weir_arena_copy(weir_arena *arena, weir_str text);
weir_str weir_arena_printf(weir_arena *arena, const char *format, ...) WEIR_PRINTF(2, 3);

/** Forgets everything; keeps the largest block, so that a steady state allocates nothing. */
void weir_arena_reset(weir_arena *arena);
/** Bytes handed out since the last reset. */
size_t weir_arena_used(const weir_arena *arena);
/** True once an allocation has failed since the last reset. */
bool weir_arena_failed(const weir_arena *arena);
/** Changes the limit of `weir_arena_new` (0 = unlimited). */
void weir_arena_set_limit(weir_arena *arena, size_t limit);

weir_arena_mark weir_arena_save(const weir_arena *arena);
/** Forgets what was allocated after the mark. */
void weir_arena_rewind(weir_arena *arena, weir_arena_mark mark);

#define WEIR_ARENA_NEW(arena, type) ((type *)weir_arena_calloc((arena), 1, sizeof(type)))
#define WEIR_ARENA_ARRAY(arena, type, count)                                                       \
    ((type *)weir_arena_calloc((arena), (count), sizeof(type)))

#endif
