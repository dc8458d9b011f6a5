/* SPDX-License-Identifier: MIT */
/*
 * What a connection shows of itself to other threads: numbers and the samples of what failed. The
 * I/O thread writes, any thread reads, and neither waits for the other.
 */
#ifndef WEIR_RUNTIME_STATUS_H
#define WEIR_RUNTIME_STATUS_H

#include <pthread.h>
#include <stdatomic.h>

#include <weir/weir.h>

#include "pipeline/runner.h"
#include "util/histogram.h"
#include "util/ring.h"

/** All members are 64 bits wide: the cell moves them as words. */
typedef struct weir_status_numbers {
    uint64_t state;
    int64_t state_since_ns;
    uint64_t connects;
    uint64_t learnt;
    int64_t last_frame_ns;
    int64_t last_record_ns;
    uint64_t is_authenticated;
    int64_t up_since_ns;
    uint64_t failures;
    uint64_t unwanted; /* records of symbols that were left */
    uint64_t rolls;
    int64_t last_roll_ns;
    uint64_t is_rolling;
    weir_counters counters;
} weir_status_numbers;

/** How a link ended. */
typedef struct weir_status_ending {
    weir_code code;
    int close_code;
    int64_t at_ns;
    char reason[WEIR_STATUS_TEXT_MAX];
} weir_status_ending;

enum { WEIR_STATUS_WORDS = sizeof(weir_status_numbers) / sizeof(uint64_t) };

typedef struct weir_status_cell {
    _Atomic uint64_t version; /* odd while being written */
    _Atomic uint64_t words[WEIR_STATUS_WORDS];
    pthread_mutex_t lock;
    weir_ring letters;         /* under the lock: the last dead letters */
    weir_status_ending ending; /* under the lock */
    weir_histogram latency;    /* from the venue's time to the read */
} weir_status_cell;

bool weir_status_init(weir_status_cell *cell);
void weir_status_fini(weir_status_cell *cell);
/** One writer. */
void weir_status_write(weir_status_cell *cell, const weir_status_numbers *numbers);
/** Numbers that were true together. Any thread. */
void weir_status_read(const weir_status_cell *cell, weir_status_numbers *numbers);

/** Keeps how a link ended, and reads the last one. Any thread. */
void weir_status_end(weir_status_cell *cell, const weir_status_ending *ending);
void weir_status_ended(const weir_status_cell *cell, weir_status_ending *ending);
/** The quantiles that are shown. Any thread. */
weir_latency weir_latency_of(const weir_histogram *histogram);

struct weir_world;

/** Copies the last `count` dead letters of a runner, with the secrets of its world masked. */
void weir_status_add_letters(weir_status_cell *cell, const weir_runner *runner,
                             const struct weir_world *world, uint64_t count);
/** Calls `each` for the letters that are kept, oldest first, with no lock held. Any thread. */
void weir_status_letters(weir_status_cell *cell,
                         void (*each)(void *user, const weir_failure *failure), void *user);

#endif
