/* SPDX-License-Identifier: MIT */
/* Records of a few schemas for a consumer of its own, with a host that counts what it is told. */
#ifndef WEIR_TEST_CONSUMER_FIXTURE_H
#define WEIR_TEST_CONSUMER_FIXTURE_H

#include <sched.h>
#include <stdatomic.h>

#include "runtime/consumer.h"
#include "value/asset.h"
#include "weir_check.h"

static const weir_column columns[] = {{{"n", 1}, WEIR_INT}, {{"text", 4}, WEIR_STR}};

static const weir_schema schemas[] = {
    {WEIR_CHANNEL_DATA, {"one", 3}, {"trades", 6}, 2, columns, 1, false, NULL, NULL},
    {WEIR_CHANNEL_QUOTE, {"one", 3}, {"quotes", 6}, 2, columns, 2, false, NULL, NULL},
    {WEIR_CHANNEL_DATA, {"two", 3}, {"trades", 6}, 2, columns, 3, false, NULL, NULL},
};

static weir_asset assets[100];
static atomic_int room_calls[4];

static inline void on_room(void *user, size_t producer)
{
    (void)user;
    atomic_fetch_add(&room_calls[producer], 1);
}

static inline weir_consumer *open_for(weir_consumer_options options, const char *connection)
{
    static const weir_consumer_host host = {NULL, on_room};
    weir_error error = {0};
    weir_consumer *consumer =
        weir_consumer_new(&options, weir_str_of(connection), 4, &host, &error);
    ck_assert_msg(consumer != NULL, "%s", error.text);
    return consumer;
}

static inline weir_consumer *open_with(weir_overflow overflow, size_t capacity)
{
    return open_for((weir_consumer_options){.overflow = overflow, .capacity = capacity}, "");
}

static inline weir_batch empty_batch(void)
{
    return (weir_batch){.open_at = SIZE_MAX};
}

/* Adds a record whose sequence number and only number are `n`. */
static inline void add(weir_batch *batch, const weir_schema *schema, uint64_t n,
                       const weir_asset *asset)
{
    const weir_value value = weir_value_int((int64_t)n);
    const weir_value text = weir_value_str(WEIR_STR("some text behind the cells"));
    ck_assert(weir_batch_begin(batch, schema));
    ck_assert(weir_batch_set(batch, 0, &value) && weir_batch_set(batch, 1, &text));
    weir_batch_record(batch)->seq = n;
    weir_batch_record(batch)->asset = asset;
    weir_batch_commit(batch);
}

static inline uint64_t next_seq(weir_consumer *consumer)
{
    const weir_record *record = weir_consumer_next(consumer, 0);
    int64_t n = 0;
    weir_str text;
    if (!record)
        return 0;
    ck_assert(weir_record_i64(record, 0, &n) && weir_record_str(record, 1, &text));
    ck_assert_uint_eq((uint64_t)n, weir_record_seq(record));
    ck_assert(weir_str_is(text, "some text behind the cells"));
    return weir_record_seq(record);
}

static inline void expect(weir_consumer *consumer, uint64_t from, uint64_t to)
{
    for (uint64_t n = from; n <= to; n++)
        ck_assert_uint_eq(next_seq(consumer), n);
}

static inline weir_consumer_stats stats_of(const weir_consumer *consumer)
{
    weir_consumer_stats stats;
    weir_consumer_get_stats(consumer, &stats);
    return stats;
}

enum { MANY = 100000 };

typedef struct reading {
    weir_consumer *consumer;
    uint64_t count, last, holes;
    bool is_ordered;
} reading;

static inline void see(reading *r, uint64_t seq)
{
    r->is_ordered = r->is_ordered && seq > r->last;
    r->holes += seq - r->last - 1;
    r->last = seq;
    r->count++;
}

/* A batch that is refused is tried again, when there is room, until it is taken. */
static inline void put_patiently(weir_consumer *consumer, const weir_batch *batch)
{
    size_t offset = 0;
    int rooms = atomic_load(&room_calls[0]);
    while (!weir_consumer_put(consumer, 0, batch, &offset, false)) {
        while (atomic_load(&room_calls[0]) == rooms)
            sched_yield();
        rooms++;
    }
}

/* Puts 1 to MANY in batches of changing size. */
static inline void put_many(weir_consumer *consumer)
{
    weir_batch batch = empty_batch();
    for (uint64_t n = 1; n <= MANY;) {
        weir_batch_clear(&batch);
        for (uint64_t size = n % 17 + 1; size > 0 && n <= MANY; size--, n++)
            add(&batch, &schemas[0], n, &assets[n % 100]);
        put_patiently(consumer, &batch);
    }
    weir_batch_fini(&batch);
    weir_consumer_end(consumer);
}

#endif
