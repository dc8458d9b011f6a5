/* SPDX-License-Identifier: MIT */
/* What a consumer says of itself: what it was opened with, and how it goes. */
#include "runtime/consumer_parts.h"
#include "runtime/status.h"

const char *weir_overflow_name(weir_overflow policy)
{
    static const char *const names[] = {
        [WEIR_OVERFLOW_BLOCK] = "block",
        [WEIR_OVERFLOW_DROP_OLDEST] = "drop_oldest",
        [WEIR_OVERFLOW_DROP_NEWEST] = "drop_newest",
        [WEIR_OVERFLOW_CONFLATE] = "conflate",
    };
    return (size_t)policy < sizeof names / sizeof names[0] ? names[policy] : "unknown";
}

void weir_consumer_get_stats(const weir_consumer *consumer, weir_consumer_stats *stats)
{
    weir_consumer *c = (weir_consumer *)consumer; /* the lock is no part of its value */
    pthread_mutex_lock(&c->lock);
    *stats = (weir_consumer_stats){
        .delivered = atomic_load_explicit(&c->delivered, memory_order_relaxed),
        .dropped = c->dropped,
        .conflated = c->conflated,
        .gaps = c->gaps,
        .blocked = c->blocked,
        .queued = atomic_load(&c->is_closed) ? 0 : weir_consumer_queued(c),
        .latency = weir_latency_of(&c->latency)};
    pthread_mutex_unlock(&c->lock);
}

const weir_histogram *weir_consumer_latency(const weir_consumer *consumer)
{
    return &consumer->latency;
}

uint64_t weir_consumer_take_drops(weir_consumer *consumer)
{
    pthread_mutex_lock(&consumer->lock);
    const uint64_t drops = consumer->dropped - consumer->reported;
    consumer->reported = consumer->dropped;
    pthread_mutex_unlock(&consumer->lock);
    return drops;
}

bool weir_consumer_mark(weir_consumer *consumer, uint64_t *mark)
{
    pthread_mutex_lock(&consumer->lock);
    const bool is_settled = consumer->newest.count + consumer->oldest.count == 0;
    *mark = consumer->swaps;
    pthread_mutex_unlock(&consumer->lock);
    return is_settled || atomic_load(&consumer->is_closed);
}

/* What lay in the back is the front after one swap, and taken at the next; one that sleeps over an
 * empty back has nothing. */
bool weir_consumer_has_passed(weir_consumer *consumer, uint64_t mark)
{
    pthread_mutex_lock(&consumer->lock);
    const bool sleeps = consumer->is_waiting && consumer->back.count == 0;
    const bool has_reader = consumer->has_thread && !consumer->is_thread_done;
    const bool is_over = atomic_load(&consumer->is_closed) && !has_reader;
    const bool has_passed = sleeps || is_over || consumer->swaps >= mark + 2;
    pthread_mutex_unlock(&consumer->lock);
    return has_passed || consumer->delivery == WEIR_DELIVERY_INLINE;
}

weir_str weir_consumer_connection(const weir_consumer *consumer)
{
    return consumer->connection;
}

weir_overflow weir_consumer_policy(const weir_consumer *consumer)
{
    return consumer->overflow;
}

weir_consumer *weir_consumer_following(const weir_consumer *consumer)
{
    return consumer->following;
}

void weir_consumer_set_following(weir_consumer *consumer, weir_consumer *following)
{
    consumer->following = following;
}

const char *weir_consumer_label(const weir_consumer *consumer)
{
    return consumer->label;
}

void weir_consumer_set_label(weir_consumer *consumer, const char *label)
{
    consumer->label = label;
}
