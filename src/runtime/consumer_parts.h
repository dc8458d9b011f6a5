/* SPDX-License-Identifier: MIT */
/* What a consumer is made of. Private to consumer.c, where it works, and consumer_about.c, where it
 * says what it is. */
#ifndef WEIR_RUNTIME_CONSUMER_PARTS_H
#define WEIR_RUNTIME_CONSUMER_PARTS_H

#include <pthread.h>
#include <stdatomic.h>

#include "runtime/consumer.h"
#include "runtime/losses.h"
#include "runtime/side.h"
#include "runtime/waiters.h"

struct weir_consumer {
    unsigned channels;
    weir_str connection;
    weir_overflow overflow;
    weir_delivery delivery;
    size_t capacity;
    weir_record_fn *on_record;   /* or */
    weir_records_fn *on_records; /* ... several at once */
    void *user;
    weir_consumer_host host;
    weir_consumer *following;
    const char *label; /* of the host; NULL: a consumer of the program */

    pthread_mutex_t lock;
    /* under the lock */
    weir_side back;
    weir_conflate index;
    weir_waiters waiters; /* to be told of room */
    uint64_t swaps;       /* times that the reader found its side empty */
    uint64_t dropped, conflated, blocked;
    uint64_t gaps;      /* gap records made here */
    weir_losses newest; /* before what comes next */
    weir_losses oldest; /* before what is there */
    weir_batch scratch;
    uint64_t reported; /* of dropped */
    bool is_waiting;   /* the reader is about to sleep, or sleeps */
    bool is_ended;
    bool has_thread;

    atomic_bool is_closed;
    atomic_bool is_cancelled; /* the dispatcher is to stop without draining */
    atomic_bool has_waiters;
    atomic_size_t skip; /* records that the reader is to drop from the front */

    /* the reader's */
    weir_side front;
    weir_batch told; /* gap records that come before the front */
    size_t told_at;
    atomic_size_t told_left;
    atomic_size_t front_left; /* front.count, for producers */
    atomic_uint_fast64_t delivered;
    weir_histogram latency; /* from the read of a frame to here, of the first record of a read */
    int64_t measured_ns;    /* the read that was measured last */

    pthread_mutex_t delivering; /* inline: one callback at a time */
    pthread_t thread;
    pthread_cond_t drained; /* the dispatcher has ended */
    bool is_thread_done;
    int wake_fd;
    atomic_bool is_woken;
};

/** Records in the queue. A skip that the reader overtook counts no more. */
static inline size_t weir_consumer_queued(const weir_consumer *consumer)
{
    const size_t front = atomic_load_explicit(&consumer->front_left, memory_order_relaxed);
    const size_t skip = atomic_load_explicit(&consumer->skip, memory_order_relaxed);
    return consumer->back.count + (front > skip ? front - skip : 0);
}

#endif
