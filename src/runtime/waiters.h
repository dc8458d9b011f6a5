/* SPDX-License-Identifier: MIT */
/* Producers that a consumer refused, in the order in which it did: who has waited longest is told
 * of room first. Each is in it once. Under the consumer's lock. */
#ifndef WEIR_RUNTIME_WAITERS_H
#define WEIR_RUNTIME_WAITERS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct weir_waiters {
    size_t *ring; /* as long as there are producers */
    bool *is_in;  /* per producer */
    size_t producers;
    size_t first, count;
} weir_waiters;

void weir_waiters_fini(weir_waiters *waiters);
/** Producers are numbered from 0 to `producers` - 1, or more. False: out of memory. */
bool weir_waiters_expect(weir_waiters *waiters, size_t producers);
void weir_waiters_add(weir_waiters *waiters, size_t producer);
/** SIZE_MAX: nobody waits. */
size_t weir_waiters_take(weir_waiters *waiters);

#endif
