/* SPDX-License-Identifier: MIT */
/* What a full queue has dropped is told by gap records where it stood. */
#include "consumer_fixture.h"
#include "pipeline/gaps.h"

static const weir_column gap_columns[WEIR_GAP_COLUMNS] = {
    [WEIR_GAP_FROM] = {{"gap.from", 8}, WEIR_TIMESTAMP},
    [WEIR_GAP_TO] = {{"gap.to", 6}, WEIR_TIMESTAMP},
    [WEIR_GAP_REASON] = {{"gap.reason", 10}, WEIR_STR},
    [WEIR_GAP_MISSED] = {{"gap.missed", 10}, WEIR_INT},
    [WEIR_GAP_LAST] = {{"gap.last", 8}, WEIR_INT},
    [WEIR_GAP_NEXT] = {{"gap.next", 8}, WEIR_INT},
};
static const weir_schema gaps[] = {
    {WEIR_CHANNEL_DATA, {"one", 3}, {"trades", 6}, 6, gap_columns, 4, true, NULL, NULL},
    {WEIR_CHANNEL_DATA, {"one", 3}, {"bars", 4}, 6, gap_columns, 5, true, NULL, NULL},
};
/* Streams of one channel that tell what is missing in them. */
static const weir_schema told[] = {
    {WEIR_CHANNEL_DATA, {"one", 3}, {"trades", 6}, 2, columns, 6, false, &gaps[0], NULL},
    {WEIR_CHANNEL_DATA, {"one", 3}, {"bars", 4}, 2, columns, 7, false, &gaps[1], NULL},
};

/* Received at its number, in ms. */
static void put_told(weir_consumer *consumer, size_t stream, uint64_t n, const weir_asset *asset)
{
    size_t offset = 0;
    weir_batch batch = empty_batch();
    add(&batch, &told[stream], n, asset);
    weir_record *record = weir_batch_next(&batch, &offset);
    record->received_ns = (int64_t)n * 1000000;
    offset = 0;
    ck_assert(weir_consumer_put(consumer, 0, &batch, &offset, false));
    weir_batch_fini(&batch);
}

static void put_gap(weir_consumer *consumer, uint64_t n, int64_t missed)
{
    size_t offset = 0;
    weir_batch batch = empty_batch();
    const weir_gap gap = {.from_ns = 1, .to_ns = 2, .reason = "sequence", .missed = missed};
    weir_record *record = weir_gap_write(&batch, &gaps[0], NULL, &gap, 0);
    ck_assert_ptr_nonnull(record);
    record->seq = n;
    ck_assert(weir_consumer_put(consumer, 0, &batch, &offset, false));
    weir_batch_fini(&batch);
}

/* The next record tells of `missed` (-1: so many as nobody knows) of a stream up to number `to`. */
static const weir_record *expect_gap(weir_consumer *consumer, size_t stream, int64_t missed,
                                     uint64_t to)
{
    const weir_record *record = weir_consumer_next(consumer, 0);
    weir_str reason;
    int64_t n = -1;
    ck_assert_ptr_nonnull(record);
    ck_assert_ptr_eq(weir_record_schema(record), &gaps[stream]);
    ck_assert(weir_record_str(record, WEIR_GAP_REASON, &reason) && weir_str_is(reason, "overflow"));
    ck_assert_int_eq(weir_record_i64(record, WEIR_GAP_MISSED, &n), missed >= 0);
    ck_assert_int_eq(n, missed);
    ck_assert_uint_eq(weir_record_seq(record), to);
    return record;
}

static void expect_times(const weir_record *record, int64_t from_ms, int64_t to_ms)
{
    int64_t from = 0, to = 0;
    ck_assert(weir_record_i64(record, WEIR_GAP_FROM, &from));
    ck_assert(weir_record_i64(record, WEIR_GAP_TO, &to));
    ck_assert_int_eq(from, from_ms * 1000000);
    ck_assert_int_eq(to, to_ms * 1000000);
    ck_assert_int_eq(weir_record_timestamp(record), to);
}

START_TEST(what_the_oldest_lost_is_told_before_what_is_left)
{
    weir_consumer *consumer = open_with(WEIR_OVERFLOW_DROP_OLDEST, 3);
    for (uint64_t n = 1; n <= 10; n++)
        put_told(consumer, 0, n, &assets[1]);
    const weir_record *gap = expect_gap(consumer, 0, 7, 7);
    expect_times(gap, 1, 7);
    ck_assert_ptr_eq(weir_record_asset(gap), &assets[1]);
    expect(consumer, 8, 8); /* the rest is the reader's by now */
    for (uint64_t n = 11; n <= 12; n++)
        put_told(consumer, 0, n, n == 11 ? &assets[1] : &assets[2]);
    expect_gap(consumer, 0, 1, 9);
    expect(consumer, 10, 12);
    ck_assert_ptr_null(weir_consumer_next(consumer, 0));
    const weir_consumer_stats stats = stats_of(consumer);
    ck_assert_uint_eq(stats.gaps, 2);
    ck_assert_uint_eq(stats.dropped, 8);
    ck_assert_uint_eq(stats.delivered, 4 + 2);
    weir_consumer_free(consumer);
}
END_TEST

START_TEST(what_the_newest_lost_is_told_before_what_comes_next)
{
    weir_consumer *consumer = open_with(WEIR_OVERFLOW_DROP_NEWEST, 3);
    for (uint64_t n = 1; n <= 6; n++)
        put_told(consumer, 0, n, &assets[n % 2]);
    expect(consumer, 1, 1);
    put_told(consumer, 0, 7, NULL);
    expect(consumer, 2, 3);
    const weir_record *gap = expect_gap(consumer, 0, 3, 6);
    expect_times(gap, 4, 6);
    ck_assert_ptr_null(weir_record_asset(gap)); /* of several */
    expect(consumer, 7, 7);
    weir_consumer_free(consumer);
}
END_TEST

START_TEST(what_was_lost_last_is_told_also_when_nothing_comes_any_more)
{
    weir_consumer *consumer = open_with(WEIR_OVERFLOW_DROP_NEWEST, 1);
    put_told(consumer, 0, 1, NULL);
    put_told(consumer, 0, 2, NULL);
    weir_consumer_end(consumer);
    expect(consumer, 1, 1);
    ck_assert(!weir_consumer_is_done(consumer));
    expect_gap(consumer, 0, 1, 2);
    ck_assert_ptr_null(weir_consumer_next(consumer, 0));
    ck_assert(weir_consumer_is_done(consumer));
    weir_consumer_free(consumer);
}
END_TEST

START_TEST(each_stream_is_told_apart_in_the_order_of_numbers)
{
    weir_consumer *consumer = open_with(WEIR_OVERFLOW_DROP_OLDEST, 1);
    put_told(consumer, 1, 1, NULL);
    put_told(consumer, 0, 2, NULL);
    put_told(consumer, 1, 3, NULL);
    put_told(consumer, 0, 4, NULL);
    expect_gap(consumer, 0, 1, 2);
    expect_gap(consumer, 1, 2, 3);
    expect(consumer, 4, 4);
    weir_consumer_free(consumer);
}
END_TEST

START_TEST(a_gap_that_is_dropped_is_part_of_what_is_told)
{
    weir_consumer *consumer = open_with(WEIR_OVERFLOW_DROP_OLDEST, 1);
    put_gap(consumer, 1, 5);
    put_told(consumer, 0, 2, NULL);
    put_told(consumer, 0, 3, NULL);
    expect_gap(consumer, 0, 6, 2);
    expect(consumer, 3, 3);
    put_gap(consumer, 4, -1);
    put_told(consumer, 0, 5, NULL);
    expect_gap(consumer, 0, -1, 4);
    expect(consumer, 5, 5);
    weir_consumer_free(consumer);
}
END_TEST

START_TEST(what_is_conflated_is_no_loss_and_gaps_are_not_conflated)
{
    weir_consumer *consumer = open_with(WEIR_OVERFLOW_CONFLATE, 3);
    put_told(consumer, 0, 1, &assets[1]);
    put_told(consumer, 0, 2, &assets[1]);
    put_gap(consumer, 3, 9);
    put_told(consumer, 0, 4, &assets[1]);
    const weir_record *gap = weir_consumer_next(consumer, 0);
    ck_assert_ptr_eq(weir_record_schema(gap), &gaps[0]);
    expect(consumer, 4, 4);
    ck_assert_uint_eq(stats_of(consumer).gaps, 0);
    for (uint64_t n = 5; n <= 9; n++) /* more assets than there is room for */
        put_told(consumer, 0, n, &assets[n]);
    expect_gap(consumer, 0, 2, 6);
    expect(consumer, 7, 9);
    weir_consumer_free(consumer);
}
END_TEST

/* Numbers go on without a hole when those that are told are counted in, whoever is when at work. */
START_TEST(every_hole_is_told_where_it_is)
{
    static const weir_overflow policies[] = {WEIR_OVERFLOW_DROP_OLDEST, WEIR_OVERFLOW_DROP_NEWEST};
    weir_consumer *consumer = open_with(policies[_i], 17);
    uint64_t put_so_far = 0, seen = 0;
    srand(7);
    for (int round = 0; round < 20000; round++) {
        for (int n = rand() % 30; n > 0; n--)
            put_told(consumer, 0, ++put_so_far, NULL);
        const weir_record *record = NULL;
        for (int n = rand() % 40; n > 0 && (record = weir_consumer_next(consumer, 0)); n--) {
            int64_t missed = 0;
            const bool is_gap = weir_schema_is_gap(weir_record_schema(record));
            ck_assert(!is_gap || weir_record_i64(record, WEIR_GAP_MISSED, &missed));
            seen += is_gap ? (uint64_t)missed : 1;
            ck_assert_uint_eq(weir_record_seq(record), seen);
        }
    }
    weir_consumer_end(consumer);
    while (!weir_consumer_is_done(consumer)) {
        const weir_record *record = weir_consumer_next(consumer, 0);
        seen = record ? weir_record_seq(record) : seen;
    }
    ck_assert_uint_eq(seen, put_so_far);
    weir_consumer_free(consumer);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("overflow");
    weir_check_case(suite, "told", what_the_oldest_lost_is_told_before_what_is_left,
                    what_the_newest_lost_is_told_before_what_comes_next,
                    what_was_lost_last_is_told_also_when_nothing_comes_any_more,
                    each_stream_is_told_apart_in_the_order_of_numbers,
                    a_gap_that_is_dropped_is_part_of_what_is_told,
                    what_is_conflated_is_no_loss_and_gaps_are_not_conflated);
    TCase *loops = tcase_create("each");
    tcase_set_timeout(loops, 120);
    tcase_add_loop_test(loops, every_hole_is_told_where_it_is, 0, 2);
    suite_add_tcase(suite, loops);
    return weir_check_run(suite);
}
