/* SPDX-License-Identifier: MIT */
/*
 * Numbers go through a sequence lock of atomics: the writer makes the version odd, stores, makes it
 * even; a reader that saw it odd or changed tries again. On the machines we run on the stores are
 * plain moves, so a frame pays for its status what a memcpy costs. The orders: a reader that loads
 * a new word (acquire, against its release) also sees the odd version that was stored before it.
 */
#include "runtime/status.h"

#include <stdlib.h>

#include "runtime/internal.h"

_Static_assert(sizeof(weir_status_numbers) % sizeof(uint64_t) == 0, "moved as words");

bool weir_status_init(weir_status_cell *cell)
{
    pthread_mutex_init(&cell->lock, NULL);
    return weir_ring_init(&cell->letters, sizeof(weir_dead_letter), WEIR_DEAD_LETTERS);
}

void weir_status_fini(weir_status_cell *cell)
{
    weir_ring_fini(&cell->letters);
    pthread_mutex_destroy(&cell->lock);
}

void weir_status_write(weir_status_cell *cell, const weir_status_numbers *numbers)
{
    const uint64_t version = atomic_load_explicit(&cell->version, memory_order_relaxed);
    atomic_store_explicit(&cell->version, version + 1, memory_order_relaxed);
#pragma GCC unroll 64
    for (size_t i = 0; i < WEIR_STATUS_WORDS; i++) {
        uint64_t word;
        memcpy(&word, (const char *)numbers + i * sizeof word, sizeof word);
        atomic_store_explicit(&cell->words[i], word, memory_order_release);
    }
    atomic_store_explicit(&cell->version, version + 2, memory_order_release);
}

void weir_status_read(const weir_status_cell *cell, weir_status_numbers *numbers)
{
    uint64_t words[WEIR_STATUS_WORDS];
    uint64_t before, after;
    do {
        before = atomic_load_explicit(&cell->version, memory_order_acquire);
        for (size_t i = 0; i < WEIR_STATUS_WORDS; i++)
            words[i] = atomic_load_explicit(&cell->words[i], memory_order_acquire);
        after = atomic_load_explicit(&cell->version, memory_order_relaxed);
    } while (before != after || before % 2 == 1);
    memcpy(numbers, words, sizeof words);
}

void weir_status_end(weir_status_cell *cell, const weir_status_ending *ending)
{
    pthread_mutex_lock(&cell->lock);
    cell->ending = *ending;
    pthread_mutex_unlock(&cell->lock);
}

void weir_status_ended(const weir_status_cell *cell, weir_status_ending *ending)
{
    weir_status_cell *c = (weir_status_cell *)cell; /* the lock is no part of its value */
    pthread_mutex_lock(&c->lock);
    *ending = c->ending;
    pthread_mutex_unlock(&c->lock);
}

weir_latency weir_latency_of(const weir_histogram *histogram)
{
    return (weir_latency){.count = atomic_load_explicit(&histogram->count, memory_order_relaxed),
                          .negative =
                              atomic_load_explicit(&histogram->negative, memory_order_relaxed),
                          .p50_ns = weir_histogram_quantile(histogram, 0.5),
                          .p99_ns = weir_histogram_quantile(histogram, 0.99),
                          .p999_ns = weir_histogram_quantile(histogram, 0.999),
                          .most_ns = weir_histogram_quantile(histogram, 1)};
}

/* ------------------------------------------------------------------ dead letters */

void weir_status_add_letters(weir_status_cell *cell, const weir_runner *runner,
                             const struct weir_world *world, uint64_t count)
{
    const size_t kept = weir_runner_dead_letters(runner);
    const size_t fresh = count < kept ? (size_t)count : kept;
    pthread_mutex_lock(&cell->lock);
    for (size_t i = kept - fresh; i < kept; i++) {
        weir_dead_letter *place = weir_ring_push(&cell->letters, NULL);
        if (!place)
            break;
        *place = *weir_runner_dead_letter(runner, i);
        weir_world_mask_letter(world, place);
    }
    pthread_mutex_unlock(&cell->lock);
}

void weir_status_letters(weir_status_cell *cell,
                         void (*each)(void *user, const weir_failure *failure), void *user)
{
    weir_dead_letter *copies = calloc(WEIR_DEAD_LETTERS, sizeof *copies);
    size_t count = 0;
    if (!copies)
        return;
    pthread_mutex_lock(&cell->lock);
    for (; count < cell->letters.count; count++)
        copies[count] = *(const weir_dead_letter *)weir_ring_at(&cell->letters, count);
    pthread_mutex_unlock(&cell->lock);
    for (size_t i = 0; i < count; i++) {
        const weir_failure failure = {.stage = weir_stage_name(copies[i].stage),
                                      .frame = copies[i].frame,
                                      .received_ns = copies[i].received_ns,
                                      .sample = {copies[i].sample, copies[i].sample_len},
                                      .reason = weir_str_of(copies[i].reason)};
        each(user, &failure);
    }
    free(copies);
}
