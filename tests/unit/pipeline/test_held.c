/* SPDX-License-Identifier: MIT */
#include "pipeline_fixture.h"

#define HEAD                                                                                       \
    "weir: 1\nname: t\nconnections:\n  m:\n    url: ws://127.0.0.1:1/\n    backend: websocket\n"   \
    "    streams: [data]\n"
#define CONVERTER                                                                                  \
    "    converters:\n      data: {fields: {asset: \"broker.infer_asset(symbol=data['s'])\", n: "  \
    "\"data['n']\"}}\n"
#define NUMBERED "    sequence: {value: \"data['n']\"}\n"
#define GROWING  "    sequence: {value: \"data['n']\", step: any}\n"
#define OWN      "    sequence: {value: \"data['n']\", scope: connection}\n"
#define KNOWN    "    dedupe: {key: \"data['n']\"}\n"

static feed f;
static weir_runner *next; /* of the successor */
static weir_buf out;

static void open_pair(const char *text)
{
    f = feed_open(text);
    next = weir_runner_new(f.plan, &f.world->expr);
    ck_assert_ptr_nonnull(next);
    weir_runner_share(next, f.runner);
    ck_assert(weir_runner_hold(next));
}

static void close_pair(void)
{
    weir_runner_free(next);
    feed_close(&f);
    weir_buf_fini(&out);
}

static void hear(weir_runner *runner, const char *symbol, int n)
{
    char text[64 + WEIR_JSON_SLACK] = {0};
    const int len = snprintf(text, 64, "{\"s\":\"%s\",\"n\":%d}", symbol, n);
    const weir_runner_frame frame = {.bytes = {text, (size_t)len}, .received_ns = n};
    weir_runner_feed(runner, &frame);
}

/* "A4 A5 gap2 B1": the records of a batch, which is emptied. */
static const char *drain(weir_runner *runner)
{
    weir_batch *batch = weir_runner_batch(runner);
    size_t offset = 0;
    weir_buf_clear(&out);
    for (weir_record *record; (record = weir_batch_next(batch, &offset)) != NULL;) {
        int64_t n = 0;
        const char *blank = out.len > 0 ? " " : "";
        if (weir_schema_is_gap(record->schema) && weir_record_get_i64(record, "gap.missed", &n))
            weir_buf_printf(&out, "%sgap%lld", blank, (long long)n);
        else if (weir_record_get_i64(record, "n", &n))
            weir_buf_printf(&out, "%s%.*s%lld", blank, WEIR_FMT(record->asset->symbol),
                            (long long)n);
    }
    weir_batch_clear(batch);
    return weir_buf_cstr(&out);
}

static const char *take_over(void)
{
    weir_runner_join(next, INT64_MAX);
    weir_runner_take_over(next);
    weir_runner_release(next);
    return drain(next);
}

START_TEST(what_both_bring_comes_once_and_in_order)
{
    open_pair(HEAD NUMBERED CONVERTER);
    for (int n = 1; n <= 5; n++)
        hear(f.runner, "A", n);
    ck_assert_str_eq(drain(f.runner), "A1 A2 A3 A4 A5");
    for (int n = 4; n <= 7; n++)
        hear(next, "A", n);
    ck_assert_uint_eq(weir_runner_counters(next)->records_out, 0);
    ck_assert_str_eq(take_over(), "A6 A7");
    ck_assert_uint_eq(weir_runner_counters(next)->records_out, 2);
    ck_assert_uint_eq(weir_runner_counters(next)->duplicates, 2);
    hear(next, "A", 8);
    ck_assert_str_eq(drain(next), "A8");
    close_pair();
}
END_TEST

START_TEST(numbers_that_only_grow_are_known_on_both)
{
    open_pair(HEAD GROWING CONVERTER);
    for (int n = 10; n <= 50; n += 10)
        hear(f.runner, "A", n);
    hear(f.runner, "B", 100);
    ck_assert_str_eq(drain(f.runner), "A10 A20 A30 A40 A50 B100");
    for (int n = 30; n <= 70; n += 10)
        hear(next, "A", n);
    hear(next, "B", 90);
    ck_assert_str_eq(take_over(), "A60 A70");
    hear(next, "B", 100);
    hear(next, "B", 101);
    hear(next, "A", 72);
    ck_assert_str_eq(drain(next), "B101 A72");
    ck_assert_uint_eq(weir_runner_counters(next)->duplicates, 5);
    ck_assert_uint_eq(weir_runner_counters(next)->gaps, 0);
    close_pair();
}
END_TEST

START_TEST(one_that_lags_behind_is_waited_for)
{
    open_pair(HEAD NUMBERED CONVERTER);
    for (int n = 1; n <= 9; n++)
        hear(f.runner, "A", n);
    drain(f.runner);
    hear(next, "A", 3);
    ck_assert_str_eq(take_over(), "");
    for (int n = 4; n <= 11; n++)
        hear(next, "A", n);
    ck_assert_str_eq(drain(next), "A10 A11");
    close_pair();
}
END_TEST

START_TEST(what_neither_brought_is_told)
{
    open_pair(HEAD NUMBERED CONVERTER);
    hear(f.runner, "A", 1);
    hear(f.runner, "B", 1);
    drain(f.runner);
    hear(next, "A", 4);
    hear(next, "B", 2);
    ck_assert_str_eq(take_over(), "gap2 A4 B2");
    close_pair();
}
END_TEST

START_TEST(numbers_may_begin_anew_after_a_while)
{
    open_pair(HEAD NUMBERED CONVERTER);
    hear(f.runner, "A", 2000);
    drain(f.runner);
    weir_runner_join(next, 0);
    weir_runner_take_over(next);
    weir_runner_release(next);
    hear(next, "A", 101);
    ck_assert_uint_eq(weir_runner_counters(next)->gaps, 1); /* nobody knows */
    ck_assert_ptr_nonnull(strstr(drain(next), "A101"));
    close_pair();
}
END_TEST

START_TEST(ids_are_known_on_both)
{
    open_pair(HEAD KNOWN CONVERTER);
    for (int n = 1; n <= 3; n++)
        hear(f.runner, "A", n);
    drain(f.runner);
    hear(next, "A", 2);
    hear(next, "A", 4);
    hear(f.runner, "A", 4); /* later, but before it takes over */
    drain(f.runner);
    hear(next, "A", 5);
    ck_assert_str_eq(take_over(), "A5");
    close_pair();
}
END_TEST

START_TEST(what_has_neither_is_left_to_the_other)
{
    open_pair(HEAD CONVERTER);
    hear(next, "A", 1);
    ck_assert_str_eq(take_over(), "");
    ck_assert_uint_eq(weir_runner_counters(next)->duplicates, 1);
    hear(next, "A", 2);
    ck_assert_str_eq(drain(next), "A2");
    close_pair();
}
END_TEST

START_TEST(numbers_of_a_connection_are_followed_by_themselves)
{
    open_pair(HEAD OWN CONVERTER);
    hear(f.runner, "A", 500);
    hear(next, "A", 1);
    hear(next, "A", 3); /* nobody misses it here */
    drain(f.runner);
    ck_assert_str_eq(take_over(), "");
    hear(next, "A", 4);
    ck_assert_str_eq(drain(next), "A4");
    hear(next, "A", 6);
    ck_assert_str_eq(drain(next), "gap1 A6");
    close_pair();
}
END_TEST

START_TEST(what_is_wanted_no_more_is_struck_out)
{
    open_pair(HEAD NUMBERED CONVERTER);
    hear(next, "A", 1);
    hear(next, "B", 1);
    weir_runner_strike(next, 0, weir_asset_find(f.model->assets, WEIR_ASSET_SYMBOL, WEIR_STR("A")));
    ck_assert_str_eq(take_over(), "B1");
    close_pair();
}
END_TEST

START_TEST(doubles_are_struck_out_as_they_come)
{
    open_pair(HEAD NUMBERED CONVERTER);
    size_t most = 0;
    for (int n = 1; n <= 20000; n++) {
        hear(next, n % 2 ? "A" : "B", n);
        hear(f.runner, n % 2 ? "A" : "B", n);
        drain(f.runner);
        const size_t held = weir_runner_held(next);
        most = held > most ? held : most;
    }
    ck_assert_uint_lt(most, 200 * 1024);
    ck_assert_str_eq(take_over(), "");
    close_pair();
}
END_TEST

START_TEST(a_roll_that_fails_leaves_nothing)
{
    open_pair(HEAD NUMBERED CONVERTER);
    hear(next, "A", 7);
    weir_runner_let_go(next);
    ck_assert_str_eq(drain(next), "");
    ck_assert(weir_runner_hold(next));
    hear(f.runner, "A", 1);
    drain(f.runner);
    hear(next, "A", 2);
    ck_assert_str_eq(take_over(), "A2");
    close_pair();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        what_both_bring_comes_once_and_in_order, numbers_that_only_grow_are_known_on_both,
        one_that_lags_behind_is_waited_for,      what_neither_brought_is_told,
        numbers_may_begin_anew_after_a_while,    ids_are_known_on_both,
        what_has_neither_is_left_to_the_other,   numbers_of_a_connection_are_followed_by_themselves,
        what_is_wanted_no_more_is_struck_out,    doubles_are_struck_out_as_they_come,
        a_roll_that_fails_leaves_nothing,
    };
    Suite *suite = suite_create("held");
    TCase *tcase = tcase_create("held");
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    return weir_check_run(suite);
}
