/* SPDX-License-Identifier: MIT */
/* A ring with a place for every producer: it is never full, and a thousand that wait at once cost
 * each other nothing. */
#include "runtime/waiters.h"

#include <stdint.h>
#include <stdlib.h>

void weir_waiters_fini(weir_waiters *waiters)
{
    free(waiters->ring);
    free(waiters->is_in);
    *waiters = (weir_waiters){0};
}

bool weir_waiters_expect(weir_waiters *waiters, size_t producers)
{
    if (producers <= waiters->producers)
        return true;
    size_t *ring = calloc(producers, sizeof *ring);
    bool *is_in = calloc(producers, sizeof *is_in);
    if (!ring || !is_in) {
        free(ring);
        free(is_in);
        return false;
    }
    size_t count = 0;
    for (size_t producer; (producer = weir_waiters_take(waiters)) != SIZE_MAX; count++) {
        ring[count] = producer;
        is_in[producer] = true;
    }
    weir_waiters_fini(waiters);
    *waiters = (weir_waiters){ring, is_in, producers, 0, count};
    return true;
}

void weir_waiters_add(weir_waiters *waiters, size_t producer)
{
    if (waiters->is_in[producer])
        return;
    waiters->is_in[producer] = true;
    waiters->ring[(waiters->first + waiters->count++) % waiters->producers] = producer;
}

size_t weir_waiters_take(weir_waiters *waiters)
{
    if (waiters->count == 0)
        return SIZE_MAX;
    const size_t producer = waiters->ring[waiters->first];
    waiters->first = (waiters->first + 1) % waiters->producers;
    waiters->count--;
    waiters->is_in[producer] = false;
    return producer;
}
