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
    sim_delivered taken; /* without the gap records that its queue has made */
    uint64_t told;       /* what those stood for */
    bool is_unsure;      /* one stands for it is not known how many (after a reload) */
    uint64_t last[SIM_STREAMS][SIM_SYMBOLS];
} reader;

static reader readers[READERS_MAX];
static size_t count;

/* Made by the queue, in the place of what it has dropped. */
static bool take_overflow(reader *r, const weir_record *record)
{
    weir_str reason;
    int64_t missed = 0;
    if (!weir_schema_is_gap(weir_record_schema(record)) ||
        !weir_record_get_str(record, "gap.reason", &reason) || !weir_str_is(reason, "overflow"))
        return false;
    const bool has_count = weir_record_get_i64(record, "gap.missed", &missed);
    r->is_unsure = r->is_unsure || (!has_count && sim_how.reloads);
    if (has_count ? missed <= 0 : !sim_how.reloads)
        sim_broken("a queue tells of a gap of nothing");
    r->told += (uint64_t)missed;
    return true;
}

static void take(reader *r, const weir_record *record)
{
    int64_t number;
    const int stream = sim_stream_find(weir_schema_stream(weir_record_schema(record)));
    if (take_overflow(r, record))
        return;
    r->taken.records++;
    if (weir_schema_is_gap(weir_record_schema(record))) {
        r->taken.gaps++;
        if (weir_record_get_i64(record, "gap.missed", &number))
            r->taken.missed += (uint64_t)number;
        return;
    }
    if (stream < 0 || !weir_record_get_i64(record, "n", &number))
        return;
    const int symbol = sim_symbol_find(weir_asset_symbol(weir_record_asset(record)));
    if (symbol < 0)
        return;
    uint64_t *last = &r->last[stream][symbol];
    if ((uint64_t)number <= *last)
        sim_broken("a slow consumer was given %s %s %lld after %llu", sim_stream(stream),
                   sim_symbol(symbol), (long long)number, (unsigned long long)*last);
    *last = (uint64_t)number;
}

/* In a queue, on top of its records: each stream may have one, also those of specs before. */
static size_t most_gaps(void)
{
    return sim_how.reloads ? (size_t)4 * SIM_STREAMS : SIM_STREAMS;
}

static void read_some(void *user, int64_t argument)
{
    reader *r = user;
    weir_consumer_stats stats;
    (void)argument;
    weir_consumer_get_stats(r->consumer, &stats);
    if (r->overflow != WEIR_OVERFLOW_BLOCK && stats.queued > r->capacity + most_gaps())
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

/* A gap record that was dropped is told as what it stood for. */
static void settle(const reader *r, const weir_consumer_stats *stats)
{
    const sim_delivered all = sim_check_delivered(), *taken = &r->taken;
    const uint64_t told = stats->dropped - (all.gaps - taken->gaps) + all.missed - taken->missed;
    if (taken->records + stats->dropped + stats->conflated != all.records)
        sim_broken("%llu records: a slow consumer (policy %d) took %llu, %llu were dropped, %llu "
                   "conflated",
                   (unsigned long long)all.records, (int)r->overflow,
                   (unsigned long long)taken->records, (unsigned long long)stats->dropped,
                   (unsigned long long)stats->conflated);
    if (!r->is_unsure && r->told != told)
        sim_broken("%llu records were dropped (policy %d), and %llu told of, not %llu",
                   (unsigned long long)stats->dropped, (int)r->overflow,
                   (unsigned long long)r->told, (unsigned long long)told);
    if (r->overflow == WEIR_OVERFLOW_BLOCK && taken->records != all.records)
        sim_broken("a consumer that is waited for took %llu of %llu records",
                   (unsigned long long)taken->records, (unsigned long long)all.records);
}

void sim_readers_settle(void)
{
    for (size_t i = 0; i < count; i++) {
        reader *r = &readers[i];
        weir_consumer_stats stats;
        for (const weir_record *record; (record = weir_consumer_next(r->consumer, 0)) != NULL;)
            take(r, record);
        weir_consumer_get_stats(r->consumer, &stats);
        sim_log("reader %zu: policy %d, %llu taken, %llu dropped, %llu conflated, %llu times full",
                i, (int)r->overflow, (unsigned long long)r->taken.records,
                (unsigned long long)stats.dropped, (unsigned long long)stats.conflated,
                (unsigned long long)stats.blocked);
        settle(r, &stats);
    }
}
