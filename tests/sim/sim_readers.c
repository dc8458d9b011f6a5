/* SPDX-License-Identifier: MIT */
/*
 * Consumers that are slow: each has a small queue and a policy, takes some records now and then,
 * and falls asleep at times. None may be given a record twice or out of order, and what it was not
 * given is counted: taken, dropped and conflated records are together as many as the consumer saw
 * that is delivered inline. One that holds the feed up gets them all.
 */
#include <string.h>

#include "sim.h"

enum { READERS_MAX = 2 };

typedef struct reader {
    weir_consumer *consumer;
    weir_overflow overflow;
    size_t capacity;
    uint64_t taken;
    uint64_t last[SIM_STREAMS][SIM_SYMBOLS];
} reader;

static reader readers[READERS_MAX];
static size_t count;

static void take(reader *r, const weir_record *record)
{
    int64_t number;
    const int stream = sim_stream_find(weir_schema_stream(weir_record_schema(record)));
    const int symbol = sim_symbol_find(weir_asset_symbol(weir_record_asset(record)));
    r->taken++;
    if (weir_schema_is_gap(weir_record_schema(record)) || stream < 0 || symbol < 0 ||
        !weir_record_get_i64(record, "n", &number))
        return;
    uint64_t *last = &r->last[stream][symbol];
    if ((uint64_t)number <= *last)
        sim_broken("a slow consumer was given %s %s %lld after %llu", sim_stream(stream),
                   sim_symbol(symbol), (long long)number, (unsigned long long)*last);
    *last = (uint64_t)number;
}

static void read_some(void *user, int64_t argument)
{
    reader *r = user;
    weir_consumer_stats stats;
    (void)argument;
    weir_consumer_get_stats(r->consumer, &stats);
    if (r->overflow != WEIR_OVERFLOW_BLOCK && stats.queued > r->capacity)
        sim_broken("a queue for %zu records has %zu", r->capacity, stats.queued);
    uint64_t most = sim_is_calm() ? 200 : sim_below(30);
    for (const weir_record *record;
         most > 0 && (record = weir_consumer_next(r->consumer, 0)) != NULL; most--)
        take(r, record);
    const bool sleeps = !sim_is_calm() && sim_chance(20);
    sim_after(sleeps          ? sim_between(5 * SIM_S, 90 * SIM_S)
              : sim_is_calm() ? 50 * SIM_MS
                              : sim_between(10 * SIM_MS, 2 * SIM_S),
              read_some, r, 0);
}

void sim_readers_open(weir_runtime *runtime)
{
    static const weir_overflow policies[] = {WEIR_OVERFLOW_BLOCK, WEIR_OVERFLOW_DROP_OLDEST,
                                             WEIR_OVERFLOW_DROP_NEWEST, WEIR_OVERFLOW_CONFLATE};
    weir_error error = {0};
    count = sim_chance(500) ? sim_below(READERS_MAX + 1) : 0;
    memset(readers, 0, sizeof readers);
    for (size_t i = 0; i < count; i++) {
        reader *r = &readers[i];
        r->overflow = policies[sim_below(sizeof policies / sizeof *policies)];
        r->capacity = 8 + sim_below(200);
        const weir_consumer_options options = {
            .delivery = WEIR_DELIVERY_POLL, .overflow = r->overflow, .capacity = r->capacity};
        r->consumer = weir_consumer_open(runtime, &options, &error);
        if (!r->consumer)
            sim_broken("%s", error.text);
        else
            sim_after(SIM_S, read_some, r, 0);
    }
}

void sim_readers_settle(uint64_t delivered)
{
    for (size_t i = 0; i < count; i++) {
        reader *r = &readers[i];
        weir_consumer_stats stats;
        for (const weir_record *record; (record = weir_consumer_next(r->consumer, 0)) != NULL;)
            take(r, record);
        weir_consumer_get_stats(r->consumer, &stats);
        sim_log("reader %zu: policy %d, %llu taken, %llu dropped, %llu conflated, %llu times full",
                i, (int)r->overflow, (unsigned long long)r->taken,
                (unsigned long long)stats.dropped, (unsigned long long)stats.conflated,
                (unsigned long long)stats.blocked);
        if (r->taken + stats.dropped + stats.conflated != delivered)
            sim_broken(
                "%llu records: a slow consumer (policy %d) took %llu, %llu were dropped, %llu "
                "conflated",
                (unsigned long long)delivered, (int)r->overflow, (unsigned long long)r->taken,
                (unsigned long long)stats.dropped, (unsigned long long)stats.conflated);
        if (r->overflow == WEIR_OVERFLOW_BLOCK && r->taken != delivered)
            sim_broken("a consumer that is waited for took %llu of %llu records",
                       (unsigned long long)r->taken, (unsigned long long)delivered);
    }
}
