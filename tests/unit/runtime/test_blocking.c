/* SPDX-License-Identifier: MIT */
/*
 * Whole feeds through queues that are all but always full: what a consumer with policy block
 * refuses pauses the connection, and somebody has to say when there is room. Two recordings are
 * played on two threads while consumers read, come, and go without having read; each time a word of
 * room that got lost would leave a connection paused for ever, and the test waiting.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <weir/weir.h>

#include "weir_check.h"

enum { FRAMES = 3000, CONNECTIONS = 2, ROUNDS = 6, GUESTS = 20, ALL = FRAMES * CONNECTIONS };

static const char form[] = "weir: 1\n"
                           "name: acme\n"
                           "connections:\n"
                           "  one: &one\n"
                           "    url: %s\n"
                           "    backend: {type: replay, options: {pace: max, format: lines}}\n"
                           "    streams: {trades: data}\n"
                           "    parser: {format: json}\n"
                           "    router: {default_channel: trades}\n"
                           "    converters:\n"
                           "      trades: [{fields: {data: {trade_id: \"data['i']\"}}}]\n"
                           "  two: *one\n";

static char frames_path[] = "/tmp/weir-test-blocking-XXXXXX";
static weir_spec *spec;
static weir_error error;

static void write_frames(void)
{
    const int fd = mkstemp(frames_path);
    FILE *file = fdopen(fd, "w");
    ck_assert_ptr_nonnull(file);
    for (int i = 0; i < FRAMES; i++)
        fprintf(file, "{\"i\":%d}\n", i);
    fclose(file);
}

static void set_up(void)
{
    char path[] = "/tmp/weir-test-blocking-XXXXXX.yaml";
    write_frames();
    FILE *file = fdopen(mkstemps(path, 5), "w");
    ck_assert_ptr_nonnull(file);
    fprintf(file, form, frames_path);
    fclose(file);
    spec = weir_spec_load(path, NULL, NULL, &error);
    unlink(path);
    ck_assert_msg(spec != NULL, "%s", error.text);
}

static void tear_down(void)
{
    weir_spec_free(spec);
    unlink(frames_path);
}

/* ------------------------------------------------------------------ readers */

typedef struct reader {
    weir_consumer *consumer;
    weir_consumer_options options;
    pthread_t thread;
    atomic_uint_fast64_t count;
    uint64_t disorder;
    uint64_t last[CONNECTIONS];
} reader;

static void take(reader *r, const weir_record *record)
{
    int64_t i = -1;
    const weir_str name = weir_schema_connection(weir_record_schema(record));
    uint64_t *last = &r->last[weir_str_is(name, "two")];
    ck_assert(weir_record_get_i64(record, "data.trade_id", &i));
    r->disorder += (uint64_t)i != *last;
    *last = (uint64_t)i + 1;
    atomic_fetch_add(&r->count, 1);
}

static void on_record(void *user, const weir_record *record)
{
    take(user, record);
}

static void on_records(void *user, const weir_records *run)
{
    const weir_record *record = run->first;
    for (size_t i = 0; i < run->count; i++, record = weir_record_next(record))
        take(user, record);
}

static void *poll_each(void *user)
{
    reader *r = user;
    while (atomic_load(&r->count) < ALL) {
        const weir_record *record = weir_consumer_next(r->consumer, -1);
        if (record)
            take(r, record);
    }
    return NULL;
}

static void *poll_runs(void *user)
{
    reader *r = user;
    while (atomic_load(&r->count) < ALL) {
        const weir_records run = weir_consumer_next_records(r->consumer, -1);
        on_records(r, &run);
    }
    return NULL;
}

static void open_reader(weir_runtime *runtime, reader *r, weir_delivery delivery, bool takes_runs,
                        size_t capacity)
{
    *r = (reader){.options = {.delivery = delivery, .capacity = capacity, .user = r}};
    if (delivery != WEIR_DELIVERY_POLL && takes_runs)
        r->options.on_records = on_records;
    else if (delivery != WEIR_DELIVERY_POLL)
        r->options.on_record = on_record;
    r->consumer = weir_consumer_open(runtime, &r->options, &error);
    ck_assert_msg(r->consumer != NULL, "%s", error.text);
    if (delivery == WEIR_DELIVERY_POLL)
        pthread_create(&r->thread, NULL, takes_runs ? poll_runs : poll_each, r);
}

/* ------------------------------------------------------------------ one feed */

static void await(const reader *r, uint64_t count)
{
    const struct timespec a_while = {.tv_nsec = 100000};
    while (atomic_load(&r->count) < count)
        nanosleep(&a_while, NULL);
}

/* Opens consumers that never read, and closes them: with what they refused it must go on. */
static void come_and_go(weir_runtime *runtime, const reader *other)
{
    const weir_consumer_options options = {.capacity = 1};
    const struct timespec a_while = {.tv_nsec = 100000};
    for (int i = 1; i <= GUESTS; i++) {
        weir_consumer_stats stats = {0};
        weir_consumer *guest = weir_consumer_open(runtime, &options, &error);
        ck_assert_msg(guest != NULL, "%s", error.text);
        while (stats.blocked == 0 && atomic_load(&other->count) < ALL) {
            weir_consumer_get_stats(guest, &stats);
            nanosleep(&a_while, NULL);
        }
        weir_consumer_close(guest);
        await(other, (uint64_t)ALL * i / (2 * GUESTS));
    }
}

START_TEST(nobody_waits_for_ever_for_room)
{
    static reader readers[5];
    const size_t capacity = 1 + (size_t)_i % 3;
    const weir_runtime_options options = {.reactors = 1 + (size_t)_i % 2};
    weir_runtime *runtime = weir_runtime_new(spec, &options, &error);
    ck_assert_msg(runtime != NULL, "%s", error.text);
    open_reader(runtime, &readers[0], WEIR_DELIVERY_POLL, false, capacity);
    open_reader(runtime, &readers[1], WEIR_DELIVERY_POLL, true, capacity);
    open_reader(runtime, &readers[2], WEIR_DELIVERY_CALLBACK, false, capacity);
    open_reader(runtime, &readers[3], WEIR_DELIVERY_CALLBACK, true, capacity);
    open_reader(runtime, &readers[4], WEIR_DELIVERY_INLINE, false, 0);
    ck_assert_int_eq(weir_runtime_start(runtime, &error), WEIR_OK);
    come_and_go(runtime, &readers[0]);
    for (size_t i = 0; i < 5; i++)
        await(&readers[i], ALL);
    for (size_t i = 0; i < 2; i++)
        pthread_join(readers[i].thread, NULL);
    weir_runtime_stop(runtime, 0);
    for (size_t i = 0; i < 5; i++) {
        weir_consumer_stats stats;
        weir_consumer_get_stats(readers[i].consumer, &stats);
        ck_assert_uint_eq(readers[i].disorder, 0);
        ck_assert_uint_eq(stats.delivered, ALL);
        ck_assert_uint_eq(stats.dropped, 0);
    }
    weir_runtime_free(runtime);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("blocking");
    TCase *feeds = tcase_create("feeds");
    tcase_add_checked_fixture(feeds, set_up, tear_down);
    tcase_set_timeout(feeds, 30);
    tcase_add_loop_test(feeds, nobody_waits_for_ever_for_room, 0, ROUNDS);
    suite_add_tcase(suite, feeds);
    return weir_check_run(suite);
}
