/* SPDX-License-Identifier: MIT */
/*
 * The queue between the I/O threads and one consumer, from the producers' side. The public side
 * (weir_consumer_next and its kin) is in include/weir/weir.h.
 */
#ifndef WEIR_RUNTIME_CONSUMER_H
#define WEIR_RUNTIME_CONSUMER_H

#include <weir/weir.h>

#include "util/histogram.h"
#include "value/record.h"

/** What a consumer tells its host. Called on the consumer's thread, or on that of a close, with no
 * lock held. */
typedef struct weir_consumer_host {
    void *user;
    /** There is room again for a producer that was refused. */
    void (*on_room)(void *user, size_t producer);
} weir_consumer_host;

/**
 * `connection` replaces the name in the options (empty = all) and must outlive the consumer.
 * Producers are numbered from 0 to `producers` - 1, and each puts from one thread at a time.
 */
weir_consumer *weir_consumer_new(const weir_consumer_options *options, weir_str connection,
                                 size_t producers, const weir_consumer_host *host,
                                 weir_error *error);
/** Closes, joins its dispatcher and frees. */
void weir_consumer_free(weir_consumer *consumer);

/**
 * Offers the records of `batch` from *offset on, those that the consumer wants; the batch is
 * copied. True: all are taken, or counted as dropped. False (policy block only): the queue is full,
 * the rest begins at *offset and on_room will be called once. `is_forced` takes all, whatever the
 * capacity: for the end.
 */
bool weir_consumer_put(weir_consumer *consumer, size_t producer, const weir_batch *batch,
                       size_t *offset, bool is_forced);

/** No record will come any more; what is queued may be drained. */
void weir_consumer_end(weir_consumer *consumer);
/** After the end: waits until a dispatcher has delivered all, at most until `deadline_ns` of
 * weir_mono_ns, then counts the rest as dropped and stops it. */
void weir_consumer_finish(weir_consumer *consumer, int64_t deadline_ns);

/** The next in a list that the host keeps: written once, before the consumer is shared. */
weir_consumer *weir_consumer_following(const weir_consumer *consumer);
/** A point in time. False: not now, since there are losses that are not told yet. */
bool weir_consumer_mark(weir_consumer *consumer, uint64_t *mark);
/** All that was put before the mark was taken, and the reader is done with it. */
bool weir_consumer_has_passed(weir_consumer *consumer, uint64_t mark);
/** There may be that many producers from now on. False: out of memory. */
bool weir_consumer_expect(weir_consumer *consumer, size_t producers);
void weir_consumer_set_following(weir_consumer *consumer, weir_consumer *following);

/** What the host calls it; NULL: one of the program's own. The text must outlive it. */
const char *weir_consumer_label(const weir_consumer *consumer);
void weir_consumer_set_label(weir_consumer *consumer, const char *label);

/** Records dropped since the last call; one caller at a time. */
uint64_t weir_consumer_take_drops(weir_consumer *consumer);
/** From the read of a frame to delivery. Any thread. */
const weir_histogram *weir_consumer_latency(const weir_consumer *consumer);
/** What it was opened with. */
weir_str weir_consumer_connection(const weir_consumer *consumer);
weir_overflow weir_consumer_policy(const weir_consumer *consumer);

#endif
