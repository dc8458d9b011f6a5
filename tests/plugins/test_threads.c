/* SPDX-License-Identifier: MIT */
/*
 * Plugins in a program: specs that use one plugin on several threads do not know of each other,
 * and what was loaded is gone with the last spec. WEIR_PLUGIN_PATH has the probe.
 */
#include <pthread.h>

#include <weir/weir.h>

#include "weir_check.h"

#define SPEC WEIR_SOURCE_DIR "/tests/plugins/probe.yaml"

enum { THREADS = 4, ROUNDS = 12, FRAMES = 50 };

static weir_spec *load(void)
{
    weir_error error = {0};
    weir_spec *spec = weir_spec_load(SPEC, NULL, NULL, &error);
    ck_assert_msg(spec != NULL, "%s", error.text);
    return spec;
}

static void count_record(void *user, const weir_record *record)
{
    (void)record;
    ++*(size_t *)user;
}

static void feed(weir_decoder *decoder, const char *text, size_t *records)
{
    char frame[256] = {0};
    const weir_str bytes = {frame, strlen(text)};
    memcpy(frame, text, bytes.len);
    weir_decoder_feed(decoder, bytes, false, 0, count_record, records);
}

static void *work(void *user)
{
    size_t *records = user;
    for (int round = 0; round < ROUNDS; round++) {
        weir_error error = {0};
        weir_spec *spec = weir_spec_load(SPEC, NULL, NULL, &error);
        weir_decoder *decoder = spec ? weir_decoder_new(spec, "expressions", &error) : NULL;
        for (int i = 0; decoder && i < FRAMES; i++)
            feed(decoder, "{\"v\":[1,{\"a\":\"x\"}],\"n\":[1,2]}", records);
        weir_decoder_free(decoder);
        weir_spec_free(spec);
    }
    return NULL;
}

START_TEST(specs_on_several_threads_do_not_know_of_each_other)
{
    pthread_t threads[THREADS];
    size_t records[THREADS] = {0};
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, work, &records[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_uint_eq(records[i], ROUNDS * FRAMES);
    }
}
END_TEST

static bool find_function(const weir_spec *spec, const char *name, weir_plugin_stats *stats)
{
    for (size_t i = 0; weir_spec_plugin_function(spec, i, stats); i++) {
        if (weir_str_is(stats->function, name) && strcmp(stats->use, "expression function") == 0)
            return true;
    }
    return false;
}

START_TEST(calls_are_counted_by_function)
{
    weir_error error = {0};
    weir_plugin_info info;
    weir_plugin_stats stats;
    size_t records = 0;
    weir_spec *spec = load();
    weir_decoder *decoder = weir_decoder_new(spec, "expressions", &error);
    ck_assert_ptr_nonnull(decoder);
    ck_assert(weir_spec_plugin(spec, 0, &info));
    ck_assert(weir_str_is(info.name, "probe") && weir_str_is(info.version, "1.2"));
    ck_assert(!weir_spec_plugin(spec, 1, &info));
    feed(decoder, "{\"do\":\"fails\"}", &records);
    feed(decoder, "{\"do\":\"describe\"}", &records);
    ck_assert_uint_eq(records, 1);
    ck_assert(find_function(spec, "fails", &stats));
    ck_assert_uint_eq(stats.calls, 1);
    ck_assert_uint_eq(stats.failures, 1);
    ck_assert(find_function(spec, "describe", &stats));
    ck_assert_uint_eq(stats.calls, 2);
    ck_assert_uint_eq(stats.failures, 0);
    ck_assert_int_ge(stats.total_ns, stats.slowest_ns);
    weir_decoder_free(decoder);
    weir_spec_free(spec);
}
END_TEST

START_TEST(each_spec_counts_for_itself)
{
    weir_error error = {0};
    weir_plugin_stats stats;
    size_t records = 0;
    weir_spec *one = load(), *other = load();
    weir_decoder *decoder = weir_decoder_new(one, "expressions", &error);
    feed(decoder, "{\"do\":\"describe\"}", &records);
    ck_assert(find_function(one, "describe", &stats));
    ck_assert_uint_eq(stats.calls, 2);
    ck_assert(find_function(other, "describe", &stats));
    ck_assert_uint_eq(stats.calls, 0);
    weir_spec_free(one); /* the decoder holds it */
    feed(decoder, "{\"do\":\"describe\"}", &records);
    ck_assert_uint_eq(records, 2);
    weir_decoder_free(decoder);
    weir_spec_free(other);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plugins");
    weir_check_case(suite, "threads", specs_on_several_threads_do_not_know_of_each_other,
                    calls_are_counted_by_function, each_spec_counts_for_itself);
    return weir_check_run(suite);
}
