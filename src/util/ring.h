/* SPDX-License-Identifier: MIT */
/*
 * Ring: the last `cap` elements of one fixed size, in order. When it is full a push overwrites the
 * oldest element and counts that, so a sample (dead letters, last log lines) never grows and never
 * hides how much it forgot. Single-threaded; the elements are plain bytes, nothing is freed in
 * them.
 */
#ifndef WEIR_UTIL_RING_H
#define WEIR_UTIL_RING_H

#include <weir/types.h>

typedef struct weir_ring {
    char *slots;
    size_t size; /**< bytes of one element */
    size_t cap;
    size_t room;  /**< elements that there is memory for */
    size_t first; /**< slot of the oldest element */
    size_t count;
    uint64_t overwritten; /**< elements lost to newer ones since init or clear */
} weir_ring;

/** Asks for no memory yet. False when size or cap is 0 or their product overflows. */
bool weir_ring_init(weir_ring *ring, size_t element_size, size_t cap);
/** Accepts a zeroed or half-built ring. */
void weir_ring_fini(weir_ring *ring);
/**
 * The slot for a new newest element, to be filled by the caller. When the ring is full this is the
 * slot of the oldest element with its old bytes still in it (*overwrites is then true, so that the
 * caller can release what the element owned). `overwrites` may be NULL. Without memory for more
 * elements it is full sooner; NULL when there is none for even one.
 */
void *weir_ring_push(weir_ring *ring, bool *overwrites);
/** The element at `index`, 0 = oldest; NULL past the end. Valid until the next push. */
void *weir_ring_at(const weir_ring *ring, size_t index);
/** Takes the oldest out and returns it (valid until the next push); NULL when empty. */
void *weir_ring_pop(weir_ring *ring);
/** count = 0 and overwritten = 0; memory is kept. */
void weir_ring_clear(weir_ring *ring);

#endif
