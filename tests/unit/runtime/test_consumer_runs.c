/* SPDX-License-Identifier: MIT */
/* Records taken several at once, in all three ways, are those that are taken one by one. */
#include <pthread.h>

#include "consumer_fixture.h"

enum { MOST = 256 };

/* A run is what its count and its size say. */
static void see_run(reading *r, const weir_records *run)
{
    const weir_record *record = run->first;
    size_t size = 0;
    ck_assert_uint_ge(run->count, 1);
    ck_assert_uint_le(run->count, MOST);
    for (size_t i = 0; i < run->count; i++, record = weir_record_next(record)) {
        int64_t n = 0;
        ck_assert(weir_record_i64(record, 0, &n));
        ck_assert_uint_eq((uint64_t)n, weir_record_seq(record));
        see(r, weir_record_seq(record));
        size += weir_record_size(record);
    }
    ck_assert_uint_eq(size, run->size);
}

static void on_records(void *user, const weir_records *run)
{
    see_run(user, run);
}

static bool put_mixed(weir_consumer *consumer, uint64_t from, uint64_t to)
{
    size_t offset = 0;
    weir_batch batch = empty_batch();
    for (uint64_t n = from; n <= to; n++)
        add(&batch, &schemas[n / 2 % 3], n, NULL);
    const bool is_taken = weir_consumer_put(consumer, 0, &batch, &offset, false);
    weir_batch_fini(&batch);
    return is_taken;
}

START_TEST(a_poll_takes_what_is_there_up_to_a_bound)
{
    weir_consumer *consumer = open_with(WEIR_OVERFLOW_BLOCK, 0);
    reading r = {.is_ordered = true};
    ck_assert_uint_eq(weir_consumer_next_records(consumer, 0).count, 0);
    ck_assert(put_mixed(consumer, 1, 10) && put_mixed(consumer, 11, 600));
    ck_assert_uint_eq(next_seq(consumer), 1);
    r.last = 1;
    for (weir_records run; (run = weir_consumer_next_records(consumer, 0)).count > 0;)
        see_run(&r, &run);
    ck_assert(r.is_ordered);
    ck_assert_uint_eq(r.holes, 0);
    ck_assert_uint_eq(r.count, 599);
    ck_assert_uint_eq(stats_of(consumer).delivered, 600);
    ck_assert_uint_eq(stats_of(consumer).queued, 0);
    weir_consumer_free(consumer);
}
END_TEST

START_TEST(a_run_ends_before_what_was_replaced)
{
    weir_consumer *consumer = open_with(WEIR_OVERFLOW_CONFLATE, 0);
    reading r = {.is_ordered = true};
    size_t offset = 0;
    weir_batch batch = empty_batch();
    for (uint64_t n = 1; n <= 10; n++)
        add(&batch, &schemas[0], n, &assets[n % 7]); /* 1 to 3 come again as 8 to 10 */
    ck_assert(weir_consumer_put(consumer, 0, &batch, &offset, false));
    weir_batch_fini(&batch);
    for (weir_records run; (run = weir_consumer_next_records(consumer, 0)).count > 0;)
        see_run(&r, &run);
    ck_assert(r.is_ordered);
    ck_assert_uint_eq(r.count, 7);
    ck_assert_uint_eq(r.last, 10);
    ck_assert_uint_eq(stats_of(consumer).conflated, 3);
    weir_consumer_free(consumer);
}
END_TEST

static void *read_runs(void *user)
{
    reading *r = user;
    r->is_ordered = true;
    while (!weir_consumer_is_done(r->consumer)) {
        const weir_records run = weir_consumer_next_records(r->consumer, -1);
        if (run.count > 0)
            see_run(r, &run);
    }
    return NULL;
}

START_TEST(between_threads_nothing_is_lost_uncounted)
{
    static const weir_overflow policies[] = {WEIR_OVERFLOW_BLOCK, WEIR_OVERFLOW_DROP_OLDEST,
                                             WEIR_OVERFLOW_DROP_NEWEST, WEIR_OVERFLOW_CONFLATE};
    weir_consumer *consumer = open_with(policies[_i], 64);
    reading r = {.consumer = consumer};
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, read_runs, &r), 0);
    put_many(consumer);
    pthread_join(thread, NULL);
    const weir_consumer_stats stats = stats_of(consumer);
    ck_assert(r.is_ordered);
    ck_assert_uint_eq(stats.delivered, r.count);
    ck_assert_uint_eq(stats.delivered + stats.dropped + stats.conflated, MANY);
    if (policies[_i] == WEIR_OVERFLOW_BLOCK)
        ck_assert_uint_eq(r.count, MANY);
    weir_consumer_free(consumer);
}
END_TEST

/* One record after the other, each at another distance from the one before: so that one is refused,
 * now and then, while the reader takes the last of those for which it is. */
static void put_apart(weir_consumer *consumer, uint64_t many)
{
    weir_batch batch = empty_batch();
    for (uint64_t n = 1; n <= many; n++) {
        weir_batch_clear(&batch);
        add(&batch, &schemas[0], n, NULL);
        for (volatile uint64_t spin = 0; spin < n * 7919 % 600; spin++) {}
        put_patiently(consumer, &batch);
    }
    weir_batch_fini(&batch);
    weir_consumer_end(consumer);
}

/* The reader takes all there is while it is counted as full: a word of room that gets lost between
 * the two lets both sleep for ever. */
START_TEST(who_is_refused_is_told_of_room)
{
    weir_consumer *consumer = open_with(WEIR_OVERFLOW_BLOCK, (size_t)_i);
    reading r = {.consumer = consumer};
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, read_runs, &r), 0);
    put_apart(consumer, MANY);
    pthread_join(thread, NULL);
    ck_assert(r.is_ordered);
    ck_assert_uint_eq(r.count, MANY);
    weir_consumer_free(consumer);
}
END_TEST

START_TEST(a_dispatcher_delivers_all_in_runs)
{
    reading r = {.is_ordered = true};
    weir_consumer *consumer = open_for((weir_consumer_options){.delivery = WEIR_DELIVERY_CALLBACK,
                                                               .capacity = 100,
                                                               .on_records = on_records,
                                                               .user = &r},
                                       "");
    put_many(consumer);
    weir_consumer_finish(consumer, INT64_MAX / 2);
    ck_assert(r.is_ordered);
    ck_assert_uint_eq(r.count, MANY);
    ck_assert_uint_eq(stats_of(consumer).delivered, MANY);
    ck_assert_uint_eq(stats_of(consumer).dropped, 0);
    weir_consumer_free(consumer);
}
END_TEST

static void count_runs(void *user, const weir_records *run)
{
    size_t *runs = user;
    runs[run->count]++;
    for (size_t i = 1; i < run->count; i++)
        ck_assert_ptr_eq(weir_record_schema(run->first),
                         weir_record_schema(weir_record_next(run->first)));
}

START_TEST(inline_a_batch_is_one_run_and_what_is_not_wanted_parts_it)
{
    size_t quotes[MOST + 1] = {0};
    reading r = {.is_ordered = true};
    weir_consumer *whole = open_for((weir_consumer_options){.delivery = WEIR_DELIVERY_INLINE,
                                                            .on_records = on_records,
                                                            .user = &r},
                                    "");
    weir_consumer *part = open_for((weir_consumer_options){.delivery = WEIR_DELIVERY_INLINE,
                                                           .channels = 1u << WEIR_CHANNEL_QUOTE,
                                                           .on_records = count_runs,
                                                           .user = quotes},
                                   "");
    ck_assert(put_mixed(whole, 1, 100) && put_mixed(part, 1, 100));
    ck_assert_uint_eq(r.count, 100);
    ck_assert_uint_eq(r.holes, 0);
    ck_assert_uint_eq(quotes[2], 17); /* n / 2 % 3 is 1 of 2 and 3, 8 and 9, ... 98 and 99 */
    ck_assert_uint_eq(stats_of(part).delivered, 34);
    ck_assert_uint_eq(stats_of(whole).delivered, 100);
    weir_consumer_close(whole);
    ck_assert(put_mixed(whole, 101, 110));
    ck_assert_uint_eq(r.count, 100);
    weir_consumer_free(whole);
    weir_consumer_free(part);
}
END_TEST

static void close_it(void *user, const weir_records *run)
{
    (void)run;
    weir_consumer_close(*(weir_consumer **)user);
}

START_TEST(a_close_from_its_own_callback_does_not_hang)
{
    static weir_consumer *consumer;
    consumer = open_for((weir_consumer_options){.delivery = WEIR_DELIVERY_CALLBACK,
                                                .on_records = close_it,
                                                .user = &consumer},
                        "");
    ck_assert(put_mixed(consumer, 1, 2 * MOST));
    while (stats_of(consumer).dropped + stats_of(consumer).delivered < 2 * MOST)
        sched_yield();
    ck_assert_uint_eq(stats_of(consumer).delivered, MOST);
    weir_consumer_free(consumer);
}
END_TEST

static void one(void *user, const weir_record *record)
{
    (void)user;
    (void)record;
}

START_TEST(one_by_one_or_several_at_once_but_not_both)
{
    static const weir_consumer_host host = {NULL, on_room};
    const weir_consumer_options options = {
        .delivery = WEIR_DELIVERY_INLINE, .on_record = one, .on_records = on_records};
    weir_error error = {0};
    ck_assert_ptr_null(weir_consumer_new(&options, WEIR_STR(""), 1, &host, &error));
    ck_assert_int_eq(error.code, WEIR_ERR_ARGUMENT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("consumer_runs");
    weir_check_case(suite, "runs", a_poll_takes_what_is_there_up_to_a_bound,
                    a_run_ends_before_what_was_replaced, a_dispatcher_delivers_all_in_runs,
                    inline_a_batch_is_one_run_and_what_is_not_wanted_parts_it,
                    a_close_from_its_own_callback_does_not_hang,
                    one_by_one_or_several_at_once_but_not_both);
    TCase *loops = tcase_create("each");
    tcase_set_timeout(loops, 120);
    tcase_add_loop_test(loops, between_threads_nothing_is_lost_uncounted, 0, 4);
    tcase_add_loop_test(loops, who_is_refused_is_told_of_room, 1, 4);
    suite_add_tcase(suite, loops);
    return weir_check_run(suite);
}
