/* SPDX-License-Identifier: MIT */
/* Specs that reloads have left behind: they are there as long as anybody has something of them, and
 * not longer. Connections play a file of three frames, so that each spec has brought records. */
#include <malloc.h>
#include <time.h>

#include "runtime/live.h"
#include "weir_check.h"

enum { FRAMES = 3, AFTER = FRAMES + 1 /* with a gap record of the reload */, WAIT_MS = 20000 };

static const char text[] = "weir: 1\n"
                           "name: acme\n"
                           "vars: {flavour: none, file: none}\n"
                           "connections:\n"
                           "  feed:\n"
                           "    url: '{vars.file}'\n"
                           "    backend: {type: replay}\n"
                           "    streams: {trades: data}\n"
                           "    converters:\n"
                           "      trades:\n"
                           "        fields:\n"
                           "          asset: broker.infer_asset(symbol=data['S'])\n"
                           "          flavour: vars.flavour\n";

static char spec_path[] = "/tmp/weir-test-left-XXXXXX.yaml";
static char frames_path[] = "/tmp/weir-test-left-XXXXXX.jsonl";
static weir_runtime *runtime;
static weir_error error;
static atomic_size_t count; /* of records, by callback */

static void write_file(char *path, int suffix, const char *bytes)
{
    const int fd = mkstemps(path, suffix);
    ck_assert(fd >= 0 && write(fd, bytes, strlen(bytes)) == (ssize_t)strlen(bytes));
    close(fd);
}

static const weir_setting *settings_of(const char *flavour)
{
    static weir_setting settings[2];
    settings[0] = (weir_setting){"vars.flavour", flavour};
    settings[1] = (weir_setting){"vars.file", frames_path};
    return settings;
}

static void set_up(void)
{
    atomic_store(&count, 0);
    setenv("HOME", "/nonexistent", 1);
    unsetenv("XDG_CONFIG_HOME");
    memcpy(strstr(spec_path, "left-") + 5, "XXXXXX", 6);
    memcpy(strstr(frames_path, "left-") + 5, "XXXXXX", 6);
    write_file(spec_path, 5, text);
    write_file(frames_path, 6, "{\"S\":\"A\"}\n{\"S\":\"B\"}\n{\"S\":\"C\"}\n");
    const weir_spec_options options = {.settings = settings_of("first"), .setting_count = 2};
    weir_spec *spec = weir_spec_load(spec_path, &options, NULL, &error);
    ck_assert_msg(spec != NULL, "%s", error.text);
    runtime = weir_runtime_new(spec, NULL, &error);
    ck_assert_msg(runtime != NULL, "%s", error.text);
    weir_spec_free(spec);
}

static void tear_down(void)
{
    weir_runtime_free(runtime);
    unlink(spec_path);
    unlink(frames_path);
}

static void reload(const char *flavour)
{
    const weir_spec_options options = {.settings = settings_of(flavour), .setting_count = 2};
    weir_reload done;
    const weir_code code = weir_runtime_reload(runtime, NULL, &options, &done, NULL, &error);
    ck_assert_msg(code == WEIR_OK, "%s", error.text);
    ck_assert_uint_eq(done.replaced, 1);
}

static weir_consumer *open_and_start(weir_consumer_options options)
{
    weir_consumer *consumer = weir_consumer_open(runtime, &options, &error);
    ck_assert(consumer != NULL);
    ck_assert_int_eq(weir_runtime_start(runtime, &error), WEIR_OK);
    return consumer;
}

static void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

/* Until it has brought its records, and they wait. */
static void fill(const weir_consumer *consumer, size_t records)
{
    weir_consumer_stats stats = {0};
    for (int ms = 0; ms < WAIT_MS && stats.queued < records; ms++) {
        weir_consumer_get_stats(consumer, &stats);
        nap();
    }
    ck_assert_uint_eq(stats.queued, records);
}

static void look_at(const weir_record *record)
{
    weir_str flavour;
    const weir_schema *schema = weir_record_schema(record);
    ck_assert(weir_str_is(weir_schema_stream(schema), "trades"));
    if (weir_schema_is_gap(schema))
        return;
    ck_assert(weir_record_get_str(record, "flavour", &flavour) && flavour.len > 0);
    ck_assert_uint_eq(weir_asset_symbol(weir_record_asset(record)).len, 1);
}

static void on_record(void *user, const weir_record *record)
{
    look_at(record);
    atomic_fetch_add((atomic_size_t *)user, 1);
}

static size_t take_all(weir_consumer *consumer)
{
    size_t taken = 0;
    for (const weir_record *record; (record = weir_consumer_next(consumer, 0)) != NULL; taken++)
        look_at(record);
    return taken;
}

static size_t left(void)
{
    weir_left_specs_look(runtime);
    return weir_left_specs_count(&runtime->left);
}

/* False: there are as many still. */
static bool goes_to(size_t most, weir_consumer *reader)
{
    size_t there = SIZE_MAX;
    for (int ms = 0; ms < WAIT_MS && there > most; ms++) {
        if (reader)
            weir_consumer_next(reader, 0);
        there = left();
        nap();
    }
    return there <= most;
}

START_TEST(what_waits_in_a_queue_keeps_its_spec)
{
    weir_consumer *reader = open_and_start((weir_consumer_options){0});
    fill(reader, FRAMES);
    reload("second");
    fill(reader, (size_t)FRAMES + AFTER);
    for (int i = 0; i < 100; i++) {
        ck_assert_uint_eq(left(), 1);
        nap();
    }
    ck_assert_uint_eq(take_all(reader), (size_t)FRAMES + AFTER);
    ck_assert(goes_to(0, reader));
}
END_TEST

START_TEST(a_record_in_the_readers_hands_keeps_its_spec)
{
    weir_consumer *reader = open_and_start((weir_consumer_options){0});
    fill(reader, FRAMES);
    for (int i = 0; i + 1 < FRAMES; i++)
        ck_assert_ptr_nonnull(weir_consumer_next(reader, 0));
    const weir_record *held = weir_consumer_next(reader, 0);
    ck_assert_ptr_nonnull(held);
    reload("second");
    for (int i = 0; i < 100; i++) {
        ck_assert_uint_eq(left(), 1);
        nap();
    }
    ck_assert(weir_str_is(weir_schema_stream(weir_record_schema(held)), "trades"));
    ck_assert(goes_to(0, reader));
}
END_TEST

START_TEST(ids_of_schemas_are_never_used_again)
{
    uint32_t last = 0;
    open_and_start((weir_consumer_options){
        .delivery = WEIR_DELIVERY_CALLBACK, .on_record = on_record, .user = &count});
    for (int i = 0; i < 20; i++) {
        const weir_spec *spec = weir_runtime_spec(runtime);
        const uint32_t id = weir_schema_id(weir_spec_schema(spec, 0));
        ck_assert_uint_gt(id, last);
        last = id;
        reload(i % 2 ? "even" : "odd");
        ck_assert(goes_to(0, NULL));
    }
}
END_TEST

START_TEST(a_copy_keeps_its_spec_as_long_as_the_runtime)
{
    weir_consumer *reader = open_and_start((weir_consumer_options){0});
    fill(reader, FRAMES);
    weir_record *copy = weir_record_copy(weir_consumer_next(reader, 0));
    reload("second");
    fill(reader, (size_t)FRAMES - 1 + AFTER);
    take_all(reader);
    reload("third");
    ck_assert(goes_to(1, reader));
    for (int i = 0; i < 50; i++)
        weir_consumer_next(reader, 0);
    ck_assert_uint_eq(left(), 1);
    ck_assert(weir_str_is(weir_schema_connection(weir_record_schema(copy)), "feed"));
    free(copy);
}
END_TEST

/* A callback has its own thread, which sleeps in between. */
START_TEST(a_thousand_reloads_leave_nothing)
{
    size_t before = 0;
    open_and_start((weir_consumer_options){
        .delivery = WEIR_DELIVERY_CALLBACK, .on_record = on_record, .user = &count});
    for (int i = 0; i < 1000; i++) {
        reload(i % 2 ? "even" : "odd");
        if (i % 50 == 0) /* or the connections are slower than we are */
            ck_assert(goes_to(0, NULL));
        if (i == 100)
            before = mallinfo2().uordblks; /* 0 under sanitizers */
    }
    ck_assert(goes_to(0, NULL));
    ck_assert_uint_lt(mallinfo2().uordblks, before + 1024 * 1024);
    ck_assert_uint_gt(atomic_load(&count), 0);
    ck_assert_uint_le(weir_producers_count(&runtime->producers), 200);
    weir_runtime_stop(runtime, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("left_specs");
    const TTest *const tests[] = {
        what_waits_in_a_queue_keeps_its_spec, a_record_in_the_readers_hands_keeps_its_spec,
        ids_of_schemas_are_never_used_again,  a_copy_keeps_its_spec_as_long_as_the_runtime,
        a_thousand_reloads_leave_nothing,
    };
    TCase *tcase = tcase_create("left_specs");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_set_timeout(tcase, 240);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    return weir_check_run(suite);
}
