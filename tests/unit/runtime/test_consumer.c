/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <signal.h>

#include "consumer_fixture.h"

/* Puts one batch of records `from` to `to`, both included. True: all were taken. */
static bool put(weir_consumer *consumer, uint64_t from, uint64_t to, size_t *offset)
{
    size_t local = 0;
    weir_batch batch = empty_batch();
    for (uint64_t n = from; n <= to; n++)
        add(&batch, &schemas[0], n, NULL);
    const bool is_taken = weir_consumer_put(consumer, 0, &batch, offset ? offset : &local, false);
    weir_batch_fini(&batch);
    return is_taken;
}

/* ------------------------------------------------------------------ in general */

START_TEST(records_come_out_as_they_went_in)
{
    weir_consumer *consumer = open_with(WEIR_OVERFLOW_BLOCK, 0);
    ck_assert_uint_eq(next_seq(consumer), 0);
    for (uint64_t n = 1; n <= 1000; n += 10)
        ck_assert(put(consumer, n, n + 9, NULL));
    ck_assert_uint_eq(stats_of(consumer).queued, 1000);
    expect(consumer, 1, 1000);
    ck_assert_uint_eq(next_seq(consumer), 0);
    ck_assert_uint_eq(stats_of(consumer).delivered, 1000);
    ck_assert_uint_eq(stats_of(consumer).queued, 0);
    weir_consumer_free(consumer);
}
END_TEST

START_TEST(a_consumer_sees_its_channels_and_connection_only)
{
    weir_consumer *quotes =
        open_for((weir_consumer_options){.channels = 1u << WEIR_CHANNEL_QUOTE}, "");
    weir_consumer *two = open_for((weir_consumer_options){0}, "two");
    weir_batch batch = empty_batch();
    for (uint64_t n = 1; n <= 9; n++)
        add(&batch, &schemas[n % 3], n, NULL);
    size_t offset = 0;
    ck_assert(weir_consumer_put(quotes, 0, &batch, &offset, false));
    offset = 0;
    ck_assert(weir_consumer_put(two, 0, &batch, &offset, false));
    for (uint64_t n = 1; n <= 7; n += 3)
        ck_assert_uint_eq(next_seq(quotes), n);
    for (uint64_t n = 2; n <= 8; n += 3)
        ck_assert_uint_eq(next_seq(two), n);
    ck_assert_uint_eq(next_seq(quotes) + next_seq(two), 0);
    weir_batch_fini(&batch);
    weir_consumer_free(quotes);
    weir_consumer_free(two);
}
END_TEST

START_TEST(after_the_end_the_rest_is_drained_and_then_it_is_done)
{
    weir_consumer *consumer = open_with(WEIR_OVERFLOW_BLOCK, 0);
    put(consumer, 1, 3, NULL);
    weir_consumer_end(consumer);
    ck_assert(!weir_consumer_is_done(consumer));
    expect(consumer, 1, 3);
    ck_assert(weir_consumer_is_done(consumer));
    ck_assert_ptr_null(weir_consumer_next(consumer, -1));
    put(consumer, 4, 4, NULL);
    ck_assert_ptr_null(weir_consumer_next(consumer, -1));
    weir_consumer_free(consumer);
}
END_TEST

START_TEST(what_is_queued_at_a_close_counts_as_dropped)
{
    weir_consumer *consumer = open_with(WEIR_OVERFLOW_BLOCK, 0);
    put(consumer, 1, 5, NULL);
    expect(consumer, 1, 2);
    weir_consumer_close(consumer);
    weir_consumer_close(consumer);
    ck_assert_ptr_null(weir_consumer_next(consumer, -1));
    ck_assert(put(consumer, 6, 7, NULL));
    ck_assert_uint_eq(stats_of(consumer).dropped, 3);
    ck_assert_uint_eq(stats_of(consumer).queued, 0);
    ck_assert_uint_eq(stats_of(consumer).delivered, 2);
    weir_consumer_free(consumer);
}
END_TEST

START_TEST(callbacks_need_a_function)
{
    static const weir_consumer_host host = {NULL, on_room};
    const weir_consumer_options options = {.delivery = WEIR_DELIVERY_CALLBACK};
    weir_error error = {0};
    ck_assert_ptr_null(weir_consumer_new(&options, WEIR_STR(""), 1, &host, &error));
    ck_assert_int_eq(error.code, WEIR_ERR_ARGUMENT);
}
END_TEST

/* ------------------------------------------------------------------ policies */

START_TEST(block_refuses_and_tells_of_room_when_half_empty)
{
    weir_consumer *consumer = open_with(WEIR_OVERFLOW_BLOCK, 10);
    size_t offset = 0;
    weir_batch batch = empty_batch();
    for (uint64_t n = 1; n <= 25; n++)
        add(&batch, &schemas[0], n, NULL);
    ck_assert(!weir_consumer_put(consumer, 2, &batch, &offset, false));
    ck_assert_uint_eq(stats_of(consumer).queued, 10);
    ck_assert_uint_eq(stats_of(consumer).blocked, 1);
    expect(consumer, 1, 4);
    ck_assert_int_eq(room_calls[2], 0);
    expect(consumer, 5, 5);
    ck_assert_int_eq(room_calls[2], 1);
    expect(consumer, 6, 6);
    ck_assert_int_eq(room_calls[2], 1);
    ck_assert(!weir_consumer_put(consumer, 2, &batch, &offset, false));
    ck_assert_uint_eq(stats_of(consumer).queued, 10);
    expect(consumer, 7, 16);
    ck_assert(weir_consumer_put(consumer, 2, &batch, &offset, false));
    expect(consumer, 17, 25);
    ck_assert_uint_eq(next_seq(consumer), 0);
    ck_assert_uint_eq(stats_of(consumer).dropped, 0);
    weir_batch_fini(&batch);
    weir_consumer_free(consumer);
}
END_TEST

START_TEST(a_capacity_of_one_lets_all_through_one_by_one)
{
    weir_consumer *consumer = open_with(WEIR_OVERFLOW_BLOCK, 1);
    weir_batch batch = empty_batch();
    size_t offset = 0;
    for (uint64_t n = 1; n <= 20; n++)
        add(&batch, &schemas[0], n, NULL);
    for (uint64_t n = 1; n <= 20; n++) {
        ck_assert(weir_consumer_put(consumer, 0, &batch, &offset, false) == (n == 20));
        expect(consumer, n, n);
    }
    weir_batch_fini(&batch);
    weir_consumer_free(consumer);
}
END_TEST

START_TEST(every_refused_producer_is_told_of_room)
{
    weir_consumer *consumer = open_with(WEIR_OVERFLOW_BLOCK, 2);
    weir_batch batch = empty_batch();
    for (uint64_t n = 1; n <= 4; n++)
        add(&batch, &schemas[0], n, NULL);
    for (size_t producer = 0; producer < 4; producer++) {
        size_t offset = 0;
        ck_assert(!weir_consumer_put(consumer, producer, &batch, &offset, false));
    }
    expect(consumer, 1, 2);
    for (size_t producer = 0; producer < 4; producer++)
        ck_assert_int_eq(room_calls[producer], 1);
    weir_batch_fini(&batch);
    weir_consumer_free(consumer);
}
END_TEST

START_TEST(a_forced_put_is_taken_beyond_the_capacity)
{
    weir_consumer *consumer = open_with(WEIR_OVERFLOW_BLOCK, 2);
    weir_batch batch = empty_batch();
    for (uint64_t n = 1; n <= 9; n++)
        add(&batch, &schemas[0], n, NULL);
    size_t offset = 0;
    ck_assert(!weir_consumer_put(consumer, 0, &batch, &offset, false));
    ck_assert(weir_consumer_put(consumer, 0, &batch, &offset, true));
    expect(consumer, 1, 9);
    weir_batch_fini(&batch);
    weir_consumer_free(consumer);
}
END_TEST

START_TEST(closing_a_full_consumer_frees_its_producers)
{
    weir_consumer *consumer = open_with(WEIR_OVERFLOW_BLOCK, 2);
    size_t offset = 0;
    ck_assert(!put(consumer, 1, 5, &offset));
    weir_consumer_close(consumer);
    ck_assert_int_eq(room_calls[0], 1);
    ck_assert(put(consumer, 1, 5, &offset));
    weir_consumer_free(consumer);
}
END_TEST

START_TEST(drop_newest_keeps_what_is_queued)
{
    weir_consumer *consumer = open_with(WEIR_OVERFLOW_DROP_NEWEST, 10);
    for (uint64_t n = 1; n <= 30; n += 3)
        ck_assert(put(consumer, n, n + 2, NULL));
    expect(consumer, 1, 10);
    ck_assert_uint_eq(next_seq(consumer), 0);
    ck_assert_uint_eq(stats_of(consumer).dropped, 20);
    ck_assert_uint_eq(weir_consumer_take_drops(consumer), 20);
    ck_assert_uint_eq(weir_consumer_take_drops(consumer), 0);
    weir_consumer_free(consumer);
}
END_TEST

START_TEST(drop_oldest_keeps_the_latest)
{
    weir_consumer *consumer = open_with(WEIR_OVERFLOW_DROP_OLDEST, 10);
    for (uint64_t n = 1; n <= 30; n += 3)
        ck_assert(put(consumer, n, n + 2, NULL));
    ck_assert_uint_eq(stats_of(consumer).queued, 10);
    expect(consumer, 21, 30);
    ck_assert_uint_eq(next_seq(consumer), 0);
    ck_assert_uint_eq(stats_of(consumer).dropped, 20);
    weir_consumer_free(consumer);
}
END_TEST

START_TEST(drop_oldest_also_drops_what_the_reader_has_begun)
{
    weir_consumer *consumer = open_with(WEIR_OVERFLOW_DROP_OLDEST, 10);
    put(consumer, 1, 10, NULL);
    expect(consumer, 1, 2);
    put(consumer, 11, 16, NULL);
    ck_assert_uint_eq(stats_of(consumer).queued, 10);
    expect(consumer, 7, 16);
    ck_assert_uint_eq(stats_of(consumer).dropped, 4);
    put(consumer, 17, 40, NULL);
    expect(consumer, 31, 40);
    ck_assert_uint_eq(stats_of(consumer).dropped, 18);
    ck_assert_uint_eq(stats_of(consumer).delivered, 22);
    weir_consumer_free(consumer);
}
END_TEST

START_TEST(a_long_overflow_takes_no_more_room_than_the_queue)
{
    weir_consumer *consumer = open_with(WEIR_OVERFLOW_DROP_OLDEST, 100);
    for (uint64_t n = 1; n <= 100000; n += 50)
        put(consumer, n, n + 49, NULL);
    expect(consumer, 99901, 100000);
    ck_assert_uint_eq(stats_of(consumer).dropped, 99900);
    weir_consumer_free(consumer);
}
END_TEST

START_TEST(conflate_keeps_the_latest_of_each_stream_and_asset)
{
    weir_consumer *consumer = open_with(WEIR_OVERFLOW_CONFLATE, 1000);
    uint64_t n = 0;
    for (int round = 0; round < 50; round++) {
        weir_batch batch = empty_batch();
        size_t offset = 0;
        for (int i = 0; i < 100; i++)
            add(&batch, &schemas[i % 3], ++n, &assets[i]);
        ck_assert(weir_consumer_put(consumer, 0, &batch, &offset, false));
        weir_batch_fini(&batch);
    }
    ck_assert_uint_eq(stats_of(consumer).queued, 100);
    ck_assert_uint_eq(stats_of(consumer).conflated, 4900);
    expect(consumer, n - 99, n);
    ck_assert_uint_eq(next_seq(consumer), 0);
    ck_assert_uint_eq(stats_of(consumer).dropped, 0);
    weir_consumer_free(consumer);
}
END_TEST

START_TEST(streams_and_connections_are_not_conflated_with_each_other)
{
    weir_consumer *consumer = open_with(WEIR_OVERFLOW_CONFLATE, 1000);
    weir_batch batch = empty_batch();
    size_t offset = 0;
    for (uint64_t n = 1; n <= 6; n++)
        add(&batch, &schemas[n % 3], n, &assets[0]);
    ck_assert(weir_consumer_put(consumer, 0, &batch, &offset, false));
    expect(consumer, 4, 6);
    weir_batch_fini(&batch);
    weir_consumer_free(consumer);
}
END_TEST

START_TEST(conflate_drops_the_oldest_when_there_are_too_many_assets)
{
    weir_consumer *consumer = open_with(WEIR_OVERFLOW_CONFLATE, 10);
    weir_batch batch = empty_batch();
    size_t offset = 0;
    for (uint64_t n = 1; n <= 50; n++)
        add(&batch, &schemas[0], n, &assets[n - 1]);
    add(&batch, &schemas[0], 51, &assets[0]);
    add(&batch, &schemas[0], 52, &assets[45]);
    ck_assert(weir_consumer_put(consumer, 0, &batch, &offset, false));
    ck_assert_uint_eq(stats_of(consumer).queued, 10);
    expect(consumer, 42, 45);
    expect(consumer, 47, 52);
    ck_assert_uint_eq(stats_of(consumer).dropped, 41);
    ck_assert_uint_eq(stats_of(consumer).conflated, 1);
    weir_batch_fini(&batch);
    weir_consumer_free(consumer);
}
END_TEST

START_TEST(conflate_begins_anew_after_each_swap)
{
    weir_consumer *consumer = open_with(WEIR_OVERFLOW_CONFLATE, 100);
    for (uint64_t n = 1; n <= 200; n++) {
        put(consumer, n, n, NULL);
        expect(consumer, n, n);
    }
    ck_assert_uint_eq(stats_of(consumer).conflated, 0);
    weir_consumer_free(consumer);
}
END_TEST

/* ------------------------------------------------------------------ threads */

static void *read_all(void *user)
{
    reading *r = user;
    r->is_ordered = true;
    while (!weir_consumer_is_done(r->consumer)) {
        const weir_record *record = weir_consumer_next(r->consumer, -1);
        if (record)
            see(r, weir_record_seq(record));
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
    ck_assert_int_eq(pthread_create(&thread, NULL, read_all, &r), 0);
    put_many(consumer);
    pthread_join(thread, NULL);
    const weir_consumer_stats stats = stats_of(consumer);
    ck_assert(r.is_ordered);
    ck_assert_uint_eq(stats.delivered, r.count);
    ck_assert_uint_eq(stats.delivered + stats.dropped + stats.conflated, MANY);
    ck_assert_uint_eq(stats.queued, 0);
    if (policies[_i] == WEIR_OVERFLOW_BLOCK)
        ck_assert_uint_eq(r.count, MANY);
    else if (policies[_i] != WEIR_OVERFLOW_DROP_NEWEST)
        ck_assert_uint_eq(r.last, MANY);
    weir_consumer_free(consumer);
}
END_TEST

static void on_record(void *user, const weir_record *record)
{
    see(user, weir_record_seq(record));
}

START_TEST(a_dispatcher_delivers_all_before_it_ends)
{
    reading r = {.is_ordered = true};
    weir_consumer *consumer = open_for((weir_consumer_options){.delivery = WEIR_DELIVERY_CALLBACK,
                                                               .capacity = 100,
                                                               .on_record = on_record,
                                                               .user = &r},
                                       "");
    put_many(consumer);
    weir_consumer_finish(consumer, INT64_MAX / 2);
    ck_assert(r.is_ordered);
    ck_assert_uint_eq(r.count, MANY);
    ck_assert_uint_eq(stats_of(consumer).delivered, MANY);
    ck_assert_uint_eq(stats_of(consumer).dropped, 0);
    ck_assert_ptr_null(weir_consumer_next(consumer, 0));
    weir_consumer_free(consumer);
}
END_TEST

static void on_record_slowly(void *user, const weir_record *record)
{
    see(user, weir_record_seq(record));
    usleep(20000);
}

START_TEST(a_dispatcher_that_misses_its_deadline_counts_the_rest)
{
    reading r = {.is_ordered = true};
    weir_consumer *consumer = open_for((weir_consumer_options){.delivery = WEIR_DELIVERY_CALLBACK,
                                                               .on_record = on_record_slowly,
                                                               .user = &r},
                                       "");
    put(consumer, 1, 10000, NULL);
    weir_consumer_end(consumer);
    weir_consumer_finish(consumer, 0);
    const weir_consumer_stats stats = stats_of(consumer);
    ck_assert_uint_eq(stats.delivered, r.count);
    ck_assert_uint_eq(stats.delivered + stats.dropped, 10000);
    ck_assert_uint_gt(stats.dropped, 0);
    weir_consumer_free(consumer);
}
END_TEST

static void on_record_close(void *user, const weir_record *record)
{
    (void)record;
    weir_consumer_close(*(weir_consumer **)user);
}

START_TEST(a_close_from_its_own_callback_does_not_hang)
{
    static weir_consumer *consumer;
    consumer = open_for((weir_consumer_options){.delivery = WEIR_DELIVERY_CALLBACK,
                                                .on_record = on_record_close,
                                                .user = &consumer},
                        "");
    put(consumer, 1, 5, NULL);
    while (stats_of(consumer).dropped < 4)
        usleep(1000);
    weir_consumer_free(consumer);
}
END_TEST

START_TEST(inline_delivery_is_done_when_the_put_returns)
{
    reading r = {.is_ordered = true};
    weir_consumer *consumer = open_for(
        (weir_consumer_options){
            .delivery = WEIR_DELIVERY_INLINE, .capacity = 1, .on_record = on_record, .user = &r},
        "");
    ck_assert(put(consumer, 1, 100, NULL));
    ck_assert_uint_eq(r.count, 100);
    weir_consumer_close(consumer);
    ck_assert(put(consumer, 101, 200, NULL));
    ck_assert_uint_eq(r.count, 100);
    ck_assert_uint_eq(stats_of(consumer).delivered, 100);
    weir_consumer_free(consumer);
}
END_TEST

/* ------------------------------------------------------------------ waiting */

static void *wait_for_one(void *user)
{
    return (void *)(uintptr_t)weir_consumer_next(user, -1);
}

START_TEST(a_waiting_reader_gets_the_next_record)
{
    weir_consumer *consumer = open_with(WEIR_OVERFLOW_BLOCK, 0);
    pthread_t thread;
    void *got;
    pthread_create(&thread, NULL, wait_for_one, consumer);
    usleep(20000);
    put(consumer, 1, 1, NULL);
    pthread_join(thread, &got);
    ck_assert_ptr_nonnull(got);
    weir_consumer_free(consumer);
}
END_TEST

START_TEST(wake_and_close_and_end_let_a_waiting_reader_go)
{
    static void (*const ways[])(weir_consumer *) = {weir_consumer_wake, weir_consumer_close,
                                                    weir_consumer_end};
    weir_consumer *consumer = open_with(WEIR_OVERFLOW_BLOCK, 0);
    pthread_t thread;
    void *got;
    pthread_create(&thread, NULL, wait_for_one, consumer);
    usleep(20000);
    ways[_i](consumer);
    pthread_join(thread, &got);
    ck_assert_ptr_null(got);
    ck_assert(weir_consumer_is_done(consumer) == (_i > 0));
    weir_consumer_free(consumer);
}
END_TEST

START_TEST(a_wake_before_the_wait_is_not_lost)
{
    weir_consumer *consumer = open_with(WEIR_OVERFLOW_BLOCK, 0);
    weir_consumer_wake(consumer);
    ck_assert_ptr_null(weir_consumer_next(consumer, -1));
    weir_consumer_wake(consumer);
    put(consumer, 1, 1, NULL);
    expect(consumer, 1, 1);
    ck_assert_ptr_null(weir_consumer_next(consumer, -1));
    weir_consumer_free(consumer);
}
END_TEST

static weir_consumer *signalled;

static void on_signal(int number)
{
    (void)number;
    weir_consumer_wake(signalled);
}

START_TEST(a_signal_handler_may_wake)
{
    signalled = open_with(WEIR_OVERFLOW_BLOCK, 0);
    pthread_t thread;
    void *got;
    signal(SIGUSR1, on_signal);
    pthread_create(&thread, NULL, wait_for_one, signalled);
    usleep(20000);
    pthread_kill(thread, SIGUSR1);
    pthread_join(thread, &got);
    ck_assert_ptr_null(got);
    weir_consumer_free(signalled);
}
END_TEST

START_TEST(a_wait_ends_with_its_time)
{
    weir_consumer *consumer = open_with(WEIR_OVERFLOW_BLOCK, 0);
    ck_assert_ptr_null(weir_consumer_next(consumer, 1));
    ck_assert_ptr_null(weir_consumer_next(consumer, 5000000));
    ck_assert(!weir_consumer_is_done(consumer));
    weir_consumer_free(consumer);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("consumer");
    weir_check_case(suite, "queue", records_come_out_as_they_went_in,
                    a_consumer_sees_its_channels_and_connection_only,
                    after_the_end_the_rest_is_drained_and_then_it_is_done,
                    what_is_queued_at_a_close_counts_as_dropped, callbacks_need_a_function);
    weir_check_case(suite, "policies", block_refuses_and_tells_of_room_when_half_empty,
                    a_capacity_of_one_lets_all_through_one_by_one,
                    every_refused_producer_is_told_of_room,
                    a_forced_put_is_taken_beyond_the_capacity,
                    closing_a_full_consumer_frees_its_producers, drop_newest_keeps_what_is_queued,
                    drop_oldest_keeps_the_latest, drop_oldest_also_drops_what_the_reader_has_begun,
                    a_long_overflow_takes_no_more_room_than_the_queue,
                    conflate_keeps_the_latest_of_each_stream_and_asset,
                    streams_and_connections_are_not_conflated_with_each_other,
                    conflate_drops_the_oldest_when_there_are_too_many_assets,
                    conflate_begins_anew_after_each_swap);
    weir_check_case(suite, "threads", a_dispatcher_delivers_all_before_it_ends,
                    a_dispatcher_that_misses_its_deadline_counts_the_rest,
                    a_close_from_its_own_callback_does_not_hang,
                    inline_delivery_is_done_when_the_put_returns);
    weir_check_case(suite, "waiting", a_waiting_reader_gets_the_next_record,
                    a_wake_before_the_wait_is_not_lost, a_signal_handler_may_wake,
                    a_wait_ends_with_its_time);
    TCase *loops = tcase_create("each");
    tcase_set_timeout(loops, 120);
    tcase_add_loop_test(loops, between_threads_nothing_is_lost_uncounted, 0, 4);
    tcase_add_loop_test(loops, wake_and_close_and_end_let_a_waiting_reader_go, 0, 3);
    suite_add_tcase(suite, loops);
    return weir_check_run(suite);
}
