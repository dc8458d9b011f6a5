/* SPDX-License-Identifier: MIT */
/*
 * A consumer: a queue with two sides. Producers append to the back under a mutex; the reader drains
 * the front, which is its own, without one, and when it is empty swaps the whole back for it. So a
 * record costs one memcpy and the lock is taken once per batch on one side and once per swap on the
 * other; in a steady state the two buffers only change places and nothing is allocated.
 *
 * Records are position-independent blocks, back to back. The queue is bounded in records, front and
 * back together. drop_oldest may have to drop from the front, which belongs to the reader: it asks
 * for it by `skip`, and the reader does it before it takes the next one. conflate keeps an index of
 * the back by stream and asset; the older record of a key is marked dead where it lies, so the
 * order of arrival and of sequence numbers stays.
 *
 * What overflowed is told where it stood, by gap records (losses.h): what the newest lost before
 * the next record that finds room, what the oldest lost before the next one that is taken. The
 * former lie in the queue, beyond its bound; the latter are handed out before the front. What was
 * replaced by conflation is no loss.
 *
 * Waiting is on an eventfd, because weir_consumer_wake has to be async-signal-safe; a producer
 * writes it only when the reader has said that it waits.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "runtime/consumer_parts.h"
#include "util/error.h"
#include "util/time.h"

enum {
    CAPACITY_DEFAULT = 65536,
    COMPACT_BYTES = 64 * 1024,
    ALL_CHANNELS = (1 << WEIR_CHANNEL_COUNT) - 1,
    RUN_MAX =
        256 /* records that leave the queue together: a close waits for what is done with them */
};

/* ------------------------------------------------------------------ putting */

/* Moves the live records of the back to its start. Amortised: at least half of the bytes go. */
static void compact(weir_consumer *consumer)
{
    weir_side *back = &consumer->back;
    size_t to = 0;
    for (size_t at = back->head; at < back->bytes.len;) {
        weir_record *record = weir_side_at(back, at);
        const size_t size = record->size;
        if (!weir_conflate_is_dead(record)) {
            if (consumer->overflow == WEIR_OVERFLOW_CONFLATE)
                weir_conflate_move(&consumer->index, record, at, to);
            memmove(back->bytes.ptr + to, record, size);
            to += size;
        }
        at += size;
    }
    back->bytes.len = to;
    back->head = back->waste = 0;
}

static void lose(weir_consumer *consumer, weir_losses *losses, const weir_record *record)
{
    consumer->dropped++;
    weir_losses_note(losses, record);
}

static void drop_oldest(weir_consumer *consumer)
{
    const size_t front = atomic_load_explicit(&consumer->front_left, memory_order_relaxed);
    const size_t skip = atomic_load_explicit(&consumer->skip, memory_order_relaxed);
    if (front > skip) {
        atomic_store_explicit(&consumer->skip, skip + 1, memory_order_relaxed);
        return; /* counted by the reader, when it does it */
    }
    const weir_record *record = weir_side_take(&consumer->back);
    if (!record)
        return;
    lose(consumer, &consumer->oldest, record);
    if (consumer->overflow == WEIR_OVERFLOW_CONFLATE)
        weir_conflate_forget(&consumer->index, record, consumer->back.head - record->size);
}

/* What was lost at the end of the queue is told there. */
static void tell_newest(weir_consumer *consumer)
{
    weir_side *back = &consumer->back;
    weir_batch_clear(&consumer->scratch);
    const size_t told = weir_losses_tell(&consumer->newest, &consumer->scratch);
    /* As many may stand in the queue as records do, and be larger. */
    if (!weir_buf_reserve(&back->bytes, consumer->capacity * WEIR_LOSS_BYTES))
        back->bytes.failed = false;
    weir_buf_put(&back->bytes, weir_buf_str(&consumer->scratch.bytes));
    if (!back->bytes.failed) {
        back->count += told;
        consumer->gaps += told;
    }
    back->bytes.failed = false;
}

static void lose_all(weir_consumer *consumer, const void *bytes, size_t size)
{
    for (size_t at = 0; at < size;) {
        const weir_record *record = (const void *)((const char *)bytes + at);
        lose(consumer, &consumer->newest, record);
        at += record->size;
    }
}

/* Appends `size` bytes that hold `count` records. False: what memory does not suffice for is
 * dropped. */
static bool append(weir_consumer *consumer, const void *bytes, size_t size, size_t count)
{
    weir_side *back = &consumer->back;
    if (back->waste > COMPACT_BYTES && back->waste > back->bytes.len / 2)
        compact(consumer);
    if (consumer->newest.count > 0)
        tell_newest(consumer);
    char *at = weir_buf_reserve(&back->bytes, size);
    if (!at) {
        back->bytes.failed = false;
        lose_all(consumer, bytes, size);
        return false;
    }
    memcpy(at, bytes, size);
    back->bytes.len += size;
    back->count += count;
    return true;
}

static void append_latest(weir_consumer *consumer, const weir_record *record)
{
    weir_side *back = &consumer->back;
    size_t former;
    if (weir_conflate_find(&consumer->index, record, &former)) {
        weir_record *old = weir_side_at(back, former);
        weir_conflate_kill(old);
        weir_conflate_forget(&consumer->index, record, former);
        back->waste += old->size;
        back->count--;
        consumer->conflated++;
    } else if (weir_consumer_queued(consumer) >= consumer->capacity) {
        drop_oldest(consumer);
    }
    /* Without memory for the index it is merely not replaced by a later one. */
    if (append(consumer, record, record->size, 1))
        (void)weir_conflate_set(&consumer->index, record, back->bytes.len - record->size);
}

/* One record by the policy. False: block. */
static bool put_one(weir_consumer *consumer, const weir_record *record, bool is_forced)
{
    const bool is_full = weir_consumer_queued(consumer) >= consumer->capacity;
    switch (consumer->overflow) {
    case WEIR_OVERFLOW_CONFLATE:
        if (!record->schema->is_gap) {
            append_latest(consumer, record);
            return true;
        }
        if (is_full) /* that something is missing neither replaces a value nor is replaced by one */
            drop_oldest(consumer);
        break;
    case WEIR_OVERFLOW_DROP_NEWEST:
        if (is_full) {
            lose(consumer, &consumer->newest, record);
            return true;
        }
        break;
    case WEIR_OVERFLOW_DROP_OLDEST:
        if (is_full)
            drop_oldest(consumer);
        break;
    default:
        if (is_full && !is_forced)
            return false;
    }
    append(consumer, record, record->size, 1);
    return true;
}

static bool wants_all(const weir_consumer *consumer)
{
    return consumer->channels == ALL_CHANNELS && consumer->connection.len == 0;
}

static bool wants(const weir_consumer *consumer, const weir_record *record)
{
    const weir_schema *schema = record->schema;
    return (consumer->channels & 1u << schema->channel) &&
           (consumer->connection.len == 0 || weir_str_eq(consumer->connection, schema->connection));
}

/* A batch that is wanted whole and has room is one copy. */
static bool put_whole(weir_consumer *consumer, const weir_batch *batch, size_t offset)
{
    if (offset != 0 || !wants_all(consumer) || consumer->overflow == WEIR_OVERFLOW_CONFLATE ||
        weir_consumer_queued(consumer) + batch->count > consumer->capacity)
        return false;
    append(consumer, batch->bytes.ptr, batch->bytes.len, batch->count);
    return true;
}

static bool put_locked(weir_consumer *consumer, const weir_batch *batch, size_t *offset,
                       bool is_forced)
{
    if (put_whole(consumer, batch, *offset)) {
        *offset = batch->bytes.len;
        return true;
    }
    size_t next = *offset;
    for (const weir_record *record; (record = weir_batch_next(batch, &next)) != NULL;) {
        if (wants(consumer, record) && !put_one(consumer, record, is_forced))
            return false;
        *offset = next;
    }
    return true;
}

/* Of the first record of a read: the clock is looked at once for all that came with it. */
static void measure(weir_consumer *consumer, const weir_record *first)
{
    if (!first || first->received_ns <= 0 || first->received_ns == consumer->measured_ns)
        return;
    consumer->measured_ns = first->received_ns;
    weir_histogram_add(&consumer->latency, weir_now_ns() - first->received_ns);
}

/* One record, or - where the program wants them so - a run of them. */
static inline void hand_over(const weir_consumer *consumer, const weir_records *run)
{
    if (consumer->on_records)
        consumer->on_records(consumer->user, run);
    else
        consumer->on_record(consumer->user, run->first);
}

/* From a record that is wanted on, those that are. */
static weir_records run_of(const weir_consumer *consumer, const char *from, const char *end)
{
    weir_records run = {.first = (const weir_record *)(const void *)from};
    while (from + run.size < end) {
        const weir_record *record = (const weir_record *)(const void *)(from + run.size);
        if (!wants(consumer, record))
            break;
        run.size += record->size;
        run.count++;
    }
    return run;
}

static inline bool is_closed(weir_consumer *consumer)
{
    return atomic_load_explicit(&consumer->is_closed, memory_order_acquire);
}

/* Only the thread that delivers counts what is delivered: a store, and no exchange of it. */
static inline uint64_t delivered_before(const weir_consumer *consumer)
{
    return atomic_load_explicit(&consumer->delivered, memory_order_relaxed);
}

static inline void set_delivered(weir_consumer *consumer, uint64_t count)
{
    atomic_store_explicit(&consumer->delivered, count, memory_order_relaxed);
}

/* Those that are wanted. */
static void deliver_some(weir_consumer *consumer, const weir_batch *batch)
{
    const char *at = batch->bytes.ptr, *const end = at + batch->bytes.len;
    bool is_measured = false;
    while (at < end && !is_closed(consumer)) {
        const weir_record *record = (const weir_record *)(const void *)at;
        weir_records run = {record, 1, record->size};
        if (wants(consumer, record)) {
            if (!is_measured)
                measure(consumer, record);
            is_measured = true;
            if (consumer->on_records)
                run = run_of(consumer, at, end);
            hand_over(consumer, &run);
            set_delivered(consumer, delivered_before(consumer) + run.count);
        }
        at += run.size;
    }
}

static void deliver_all(weir_consumer *consumer, const weir_batch *batch)
{
    const char *at = batch->bytes.ptr, *const end = at + batch->bytes.len;
    const weir_record *record = (const weir_record *)(const void *)at;
    const weir_records run = {record, batch->count, batch->bytes.len};
    uint64_t delivered = delivered_before(consumer);
    if (at == end || is_closed(consumer))
        return;
    measure(consumer, record);
    if (consumer->on_records) {
        hand_over(consumer, &run);
        set_delivered(consumer, delivered + run.count);
        return;
    }
    void *const user = consumer->user;
    do {
        record = (const weir_record *)(const void *)at;
        at += record->size;
        consumer->on_record(user, record);
        set_delivered(consumer, ++delivered);
    } while (at < end && !is_closed(consumer));
}

static void put_inline(weir_consumer *consumer, const weir_batch *batch)
{
    pthread_mutex_lock(&consumer->delivering);
    if (wants_all(consumer))
        deliver_all(consumer, batch);
    else
        deliver_some(consumer, batch);
    pthread_mutex_unlock(&consumer->delivering);
}

static void ring(const weir_consumer *consumer)
{
    const uint64_t one = 1;
    const int saved = errno; /* for weir_consumer_wake in a signal handler */
    while (write(consumer->wake_fd, &one, sizeof one) < 0 && errno == EINTR) {}
    errno = saved;
}

bool weir_consumer_put(weir_consumer *consumer, size_t producer, const weir_batch *batch,
                       size_t *offset, bool is_forced)
{
    if (atomic_load_explicit(&consumer->is_closed, memory_order_relaxed))
        return true;
    if (consumer->delivery == WEIR_DELIVERY_INLINE) {
        put_inline(consumer, batch);
        return true;
    }
    pthread_mutex_lock(&consumer->lock);
    bool is_taken = true;
    if (!atomic_load(&consumer->is_closed) && !consumer->is_ended)
        is_taken = put_locked(consumer, batch, offset, is_forced);
    if (!is_taken) {
        consumer->blocked++;
        weir_waiters_add(&consumer->waiters, producer);
        atomic_store(&consumer->has_waiters, true);
    }
    const bool wakes = consumer->is_waiting && consumer->back.count > 0;
    consumer->is_waiting = consumer->is_waiting && !wakes;
    pthread_mutex_unlock(&consumer->lock);
    if (wakes)
        ring(consumer);
    return is_taken;
}

/* ------------------------------------------------------------------ reading */

/* What was lost at the head of the queue is taken before what is left. The lock is held. */
static void tell_oldest(weir_consumer *consumer)
{
    weir_batch_clear(&consumer->told); /* all of it was taken */
    consumer->told_at = 0;
    const size_t told = weir_losses_tell(&consumer->oldest, &consumer->told);
    consumer->gaps += told;
    atomic_fetch_add_explicit(&consumer->told_left, told, memory_order_relaxed);
}

static weir_records take_told(weir_consumer *consumer)
{
    const weir_record *record = weir_batch_next(&consumer->told, &consumer->told_at);
    atomic_fetch_sub_explicit(&consumer->told_left, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&consumer->delivered, 1, memory_order_relaxed);
    return (weir_records){.first = record, .count = 1, .size = record->size};
}

/* Drops from the front what producers asked for. */
static void take_skips(weir_consumer *consumer)
{
    weir_side *front = &consumer->front;
    pthread_mutex_lock(&consumer->lock);
    size_t skip = atomic_load_explicit(&consumer->skip, memory_order_relaxed);
    for (const weir_record *record; skip > 0 && (record = weir_side_take(front)); skip--)
        lose(consumer, &consumer->oldest, record);
    tell_oldest(consumer);
    atomic_store_explicit(&consumer->skip, 0, memory_order_relaxed);
    atomic_store_explicit(&consumer->front_left, front->count, memory_order_relaxed);
    pthread_mutex_unlock(&consumer->lock);
}

/* A producer that was refused and can be told of room now, or SIZE_MAX. */
static size_t next_waiter(weir_consumer *consumer)
{
    size_t found = SIZE_MAX;
    if (!atomic_load(&consumer->has_waiters))
        return SIZE_MAX;
    pthread_mutex_lock(&consumer->lock);
    if (weir_consumer_queued(consumer) <= consumer->capacity / 2 ||
        atomic_load(&consumer->is_closed)) {
        found = weir_waiters_take(&consumer->waiters);
        atomic_store(&consumer->has_waiters, consumer->waiters.count > 0);
    }
    pthread_mutex_unlock(&consumer->lock);
    return found;
}

/* Tells refused producers of room once the queue is half empty. */
static void offer_room(weir_consumer *consumer)
{
    for (size_t producer; (producer = next_waiter(consumer)) != SIZE_MAX;)
        consumer->host.on_room(consumer->host.user, producer);
}

static weir_records take(weir_consumer *consumer, size_t most)
{
    /* What is told comes before what is left, of which more may go meanwhile. */
    const bool has_told = atomic_load_explicit(&consumer->told_left, memory_order_relaxed) > 0;
    if (!has_told && atomic_load_explicit(&consumer->skip, memory_order_relaxed) > 0)
        take_skips(consumer);
    if (atomic_load_explicit(&consumer->told_left, memory_order_relaxed) > 0)
        return take_told(consumer);
    const weir_records run = weir_side_take_run(&consumer->front, most);
    if (run.count == 0)
        return run;
    atomic_store_explicit(&consumer->front_left, consumer->front.count, memory_order_relaxed);
    atomic_fetch_add_explicit(&consumer->delivered, run.count, memory_order_relaxed);
    if (atomic_load_explicit(&consumer->has_waiters, memory_order_relaxed))
        offer_room(consumer);
    return run;
}

typedef enum refill { REFILL_GOT, REFILL_EMPTY, REFILL_DONE } refill;

/* The front is empty: swaps the back in. `waits`: the reader will sleep if there is nothing. */
static refill swap_in(weir_consumer *consumer, bool waits)
{
    refill result = REFILL_GOT;
    weir_side_clear(&consumer->front);
    pthread_mutex_lock(&consumer->lock);
    consumer->swaps++;
    if (consumer->newest.count > 0 && consumer->back.count == 0) /* nothing may come any more */
        tell_newest(consumer);
    if (consumer->oldest.count > 0)
        tell_oldest(consumer);
    if (atomic_load(&consumer->is_closed)) {
        result = REFILL_DONE;
    } else if (consumer->back.count > 0) {
        const weir_side empty = consumer->front;
        consumer->front = consumer->back;
        consumer->back = empty;
        weir_conflate_clear(&consumer->index);
        atomic_store_explicit(&consumer->skip, 0, memory_order_relaxed);
        atomic_store_explicit(&consumer->front_left, consumer->front.count, memory_order_relaxed);
    } else if (atomic_load_explicit(&consumer->told_left, memory_order_relaxed) == 0) {
        result = consumer->is_ended ? REFILL_DONE : REFILL_EMPTY;
        consumer->is_waiting = waits && !consumer->is_ended;
    }
    pthread_mutex_unlock(&consumer->lock);
    measure(consumer, weir_side_oldest(&consumer->front));
    return result;
}

/* Sleeps until rung or until the deadline (INT64_MAX: none). False: the time is over. */
static bool sleep_until(weir_consumer *consumer, int64_t deadline_ns)
{
    struct pollfd ready = {.fd = consumer->wake_fd, .events = POLLIN};
    struct timespec left = {0}, *timeout = NULL;
    if (deadline_ns != INT64_MAX) {
        int64_t left_ns = deadline_ns - weir_mono_ns();
        if (left_ns <= 0)
            return false;
        left.tv_sec = left_ns / WEIR_NS_PER_S;
        left.tv_nsec = left_ns % WEIR_NS_PER_S;
        timeout = &left;
    }
    uint64_t count;
    if (ppoll(&ready, 1, timeout, NULL) > 0)
        (void)!read(consumer->wake_fd, &count, sizeof count);
    return true;
}

static int64_t deadline_of(int64_t timeout_ns)
{
    int64_t deadline;
    if (timeout_ns < 0 || __builtin_add_overflow(weir_mono_ns(), timeout_ns, &deadline))
        return INT64_MAX;
    return deadline;
}

static void stop_waiting(weir_consumer *consumer)
{
    pthread_mutex_lock(&consumer->lock);
    consumer->is_waiting = false;
    pthread_mutex_unlock(&consumer->lock);
}

/* Up to `most` records that lie one behind the other. */
static weir_records next(weir_consumer *consumer, size_t most, int64_t timeout_ns)
{
    const weir_records none = {0};
    if (atomic_load_explicit(&consumer->is_closed, memory_order_relaxed))
        return none;
    weir_records run = take(consumer, most);
    int64_t deadline_ns = 0;
    while (run.count == 0) {
        const refill got = swap_in(consumer, timeout_ns != 0);
        if (got == REFILL_DONE)
            return none;
        if (got == REFILL_EMPTY) {
            /* One may have been refused just as the last record was taken: only under the lock, as
             * now, does each side see what the other has done. */
            offer_room(consumer);
            if (atomic_exchange(&consumer->is_woken, false) || timeout_ns == 0)
                break;
            if (deadline_ns == 0)
                deadline_ns = deadline_of(timeout_ns);
            if (!sleep_until(consumer, deadline_ns))
                break;
        }
        run = take(consumer, most);
    }
    if (run.count == 0 && timeout_ns != 0)
        stop_waiting(consumer);
    return run;
}

const weir_record *weir_consumer_next(weir_consumer *consumer, int64_t timeout_ns)
{
    return consumer->delivery == WEIR_DELIVERY_POLL ? next(consumer, 1, timeout_ns).first : NULL;
}

weir_records weir_consumer_next_records(weir_consumer *consumer, int64_t timeout_ns)
{
    return consumer->delivery == WEIR_DELIVERY_POLL ? next(consumer, RUN_MAX, timeout_ns)
                                                    : (weir_records){0};
}

bool weir_consumer_is_done(const weir_consumer *consumer)
{
    weir_consumer *c = (weir_consumer *)consumer; /* the lock is no part of its value */
    pthread_mutex_lock(&c->lock);
    const bool is_done =
        atomic_load(&c->is_closed) ||
        (c->is_ended && c->back.count == 0 && weir_consumer_queued(c) == 0 &&
         c->newest.count == 0 && c->oldest.count == 0 && atomic_load(&c->told_left) == 0);
    pthread_mutex_unlock(&c->lock);
    return is_done;
}

void weir_consumer_wake(weir_consumer *consumer)
{
    atomic_store(&consumer->is_woken, true);
    ring(consumer);
}

bool weir_consumer_expect(weir_consumer *consumer, size_t producers)
{
    pthread_mutex_lock(&consumer->lock);
    const bool has_memory = weir_waiters_expect(&consumer->waiters, producers);
    pthread_mutex_unlock(&consumer->lock);
    return has_memory;
}

/* ------------------------------------------------------------------ the dispatcher */

static bool is_cut_off(const weir_consumer *consumer)
{
    return atomic_load(&consumer->is_closed) || atomic_load(&consumer->is_cancelled);
}

/* What is queued will not be delivered. `taken`: records that were taken, but not delivered. */
static void give_up(weir_consumer *consumer, uint64_t taken)
{
    pthread_mutex_lock(&consumer->lock);
    consumer->dropped += consumer->front.count + consumer->back.count + taken;
    atomic_fetch_sub_explicit(&consumer->delivered, taken, memory_order_relaxed);
    weir_side_clear(&consumer->front);
    weir_side_clear(&consumer->back);
    weir_conflate_clear(&consumer->index);
    consumer->newest.count = consumer->oldest.count = 0;
    atomic_store(&consumer->told_left, 0);
    atomic_store(&consumer->front_left, 0);
    consumer->is_ended = consumer->is_thread_done = true;
    pthread_cond_broadcast(&consumer->drained);
    pthread_mutex_unlock(&consumer->lock);
}

static void *dispatch(void *user)
{
    weir_consumer *consumer = user;
    for (;;) {
        const weir_records run = next(consumer, consumer->on_records ? RUN_MAX : 1, -1);
        if (is_cut_off(consumer)) {
            give_up(consumer, run.count);
            return NULL;
        }
        if (run.count > 0)
            hand_over(consumer, &run);
        else if (weir_consumer_is_done(consumer))
            break;
    }
    give_up(consumer, 0);
    return NULL;
}

/* Signals are the business of the program's own threads. */
static bool start_dispatcher(weir_consumer *consumer)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_mutex_lock(&consumer->lock);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    errno = pthread_create(&consumer->thread, NULL, dispatch, consumer);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    const bool has_thread = consumer->has_thread = errno == 0;
    pthread_mutex_unlock(&consumer->lock);
    return has_thread;
}

/* From its own callback the thread cannot be waited for: it is when the consumer is freed. */
static void join_dispatcher(weir_consumer *consumer)
{
    pthread_mutex_lock(&consumer->lock);
    const bool joins = consumer->has_thread && !pthread_equal(pthread_self(), consumer->thread);
    if (joins)
        consumer->has_thread = false;
    pthread_mutex_unlock(&consumer->lock);
    if (joins)
        pthread_join(consumer->thread, NULL);
}

void weir_consumer_end(weir_consumer *consumer)
{
    pthread_mutex_lock(&consumer->lock);
    consumer->is_ended = true;
    pthread_mutex_unlock(&consumer->lock);
    ring(consumer);
}

void weir_consumer_finish(weir_consumer *consumer, int64_t deadline_ns)
{
    const struct timespec until = {deadline_ns / WEIR_NS_PER_S, deadline_ns % WEIR_NS_PER_S};
    pthread_mutex_lock(&consumer->lock);
    int error = 0;
    while (consumer->has_thread && !consumer->is_thread_done && error == 0)
        error =
            pthread_cond_clockwait(&consumer->drained, &consumer->lock, CLOCK_MONOTONIC, &until);
    atomic_store(&consumer->is_cancelled, error != 0);
    pthread_mutex_unlock(&consumer->lock);
    ring(consumer);
    join_dispatcher(consumer);
}

void weir_consumer_close(weir_consumer *consumer)
{
    pthread_mutex_lock(&consumer->lock);
    if (!atomic_exchange(&consumer->is_closed, true) && !consumer->has_thread)
        consumer->dropped += weir_consumer_queued(consumer);
    pthread_mutex_unlock(&consumer->lock);
    ring(consumer);
    offer_room(consumer);
    join_dispatcher(consumer);
    if (consumer->delivery == WEIR_DELIVERY_INLINE) {
        pthread_mutex_lock(&consumer->delivering); /* waits for a callback under way */
        pthread_mutex_unlock(&consumer->delivering);
    }
}

/* ------------------------------------------------------------------ lifecycle */

static bool init(weir_consumer *consumer, size_t producers)
{
    consumer->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return consumer->wake_fd >= 0 && weir_waiters_expect(&consumer->waiters, producers);
}

weir_consumer *weir_consumer_new(const weir_consumer_options *options, weir_str connection,
                                 size_t producers, const weir_consumer_host *host,
                                 weir_error *error)
{
    if (options->delivery != WEIR_DELIVERY_POLL && !options->on_record && !options->on_records) {
        weir_fail(error, WEIR_ERR_ARGUMENT, "delivery by callback needs on_record or on_records");
        return NULL;
    }
    if (options->on_record && options->on_records) {
        weir_fail(error, WEIR_ERR_ARGUMENT, "a consumer has on_record or on_records, not both");
        return NULL;
    }
    weir_consumer *consumer = calloc(1, sizeof *consumer);
    if (!consumer) {
        weir_fail_nomem(error);
        return NULL;
    }
    consumer->channels = options->channels ? options->channels & ALL_CHANNELS : ALL_CHANNELS;
    consumer->connection = connection;
    consumer->overflow = options->overflow;
    consumer->delivery = options->delivery;
    consumer->capacity = options->capacity ? options->capacity : CAPACITY_DEFAULT;
    consumer->on_record = options->on_record;
    consumer->on_records = options->on_records;
    consumer->user = options->user;
    consumer->host = *host;
    consumer->scratch.open_at = consumer->told.open_at = SIZE_MAX;
    pthread_mutex_init(&consumer->lock, NULL);
    pthread_mutex_init(&consumer->delivering, NULL);
    pthread_cond_init(&consumer->drained, NULL);
    if (!init(consumer, producers) ||
        (options->delivery == WEIR_DELIVERY_CALLBACK && !start_dispatcher(consumer))) {
        weir_fail(error, WEIR_ERR_LIMIT, "a consumer cannot start: %s", strerror(errno));
        weir_consumer_free(consumer);
        return NULL;
    }
    return consumer;
}

void weir_consumer_free(weir_consumer *consumer)
{
    if (!consumer)
        return;
    weir_consumer_close(consumer);
    if (consumer->wake_fd >= 0)
        close(consumer->wake_fd);
    weir_waiters_fini(&consumer->waiters);
    weir_buf_fini(&consumer->back.bytes);
    weir_buf_fini(&consumer->front.bytes);
    weir_conflate_fini(&consumer->index);
    weir_losses_fini(&consumer->newest);
    weir_losses_fini(&consumer->oldest);
    weir_batch_fini(&consumer->scratch);
    weir_batch_fini(&consumer->told);
    pthread_mutex_destroy(&consumer->lock);
    pthread_mutex_destroy(&consumer->delivering);
    pthread_cond_destroy(&consumer->drained);
    free(consumer);
}
