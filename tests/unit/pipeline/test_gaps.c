/* SPDX-License-Identifier: MIT */
#include "pipeline/gaps.h"
#include "pipeline_fixture.h"

#define HEAD                                                                                       \
    "weir: 1\nname: t\nconnections:\n  m:\n    url: ws://127.0.0.1:1/\n    backend: websocket\n"   \
    "    streams: [data]\n"
#define CONVERTER                                                                                  \
    "    converters:\n      data: {fields: {asset: \"broker.infer_asset(symbol=data['s'])\", n: "  \
    "\"data['n']\"}}\n"

/* ------------------------------------------------------------------ tracks */

static weir_tracks *tracks;
static weir_gap gap;

static weir_track_verdict take(uint64_t track, int64_t first, int64_t last, int64_t step)
{
    const weir_number number = {
        .track = track, .first = first, .last = last, .step = step, .received_ns = last};
    gap = (weir_gap){.missed = -2};
    return weir_tracks_take(tracks, &number, &gap);
}

static weir_track_verdict one(int64_t n)
{
    return take(5, n, n, 1);
}

START_TEST(numbers_that_follow_are_fine_and_a_jump_is_measured)
{
    tracks = weir_tracks_new();
    ck_assert_int_eq(one(10), WEIR_TRACK_FINE);
    ck_assert_int_eq(one(11), WEIR_TRACK_FINE);
    ck_assert_int_eq(one(15), WEIR_TRACK_GAP);
    ck_assert_int_eq(gap.missed, 3);
    ck_assert_int_eq(gap.last, 11);
    ck_assert_int_eq(gap.next, 15);
    ck_assert_int_eq(one(15), WEIR_TRACK_TWICE);
    ck_assert_int_eq(one(16), WEIR_TRACK_FINE);
    ck_assert_int_eq(take(6, 1, 1, 1), WEIR_TRACK_FINE); /* another one */
    ck_assert_int_eq(one(3), WEIR_TRACK_GAP);
    ck_assert_int_eq(gap.missed, -1);
    weir_tracks_free(tracks);
}
END_TEST

START_TEST(steps_and_ranges)
{
    tracks = weir_tracks_new();
    take(1, 100, 100, -10);
    ck_assert_int_eq(take(1, 90, 90, -10), WEIR_TRACK_FINE);
    ck_assert_int_eq(take(1, 60, 60, -10), WEIR_TRACK_GAP);
    ck_assert_int_eq(gap.missed, 2);
    take(2, 1, 5, 1); /* covers 1 to 5 */
    ck_assert_int_eq(take(2, 6, 9, 1), WEIR_TRACK_FINE);
    ck_assert_int_eq(take(2, 12, 12, 1), WEIR_TRACK_GAP);
    ck_assert_int_eq(gap.missed, 2);
    take(3, INT64_MIN, INT64_MIN, 1);
    ck_assert_int_eq(take(3, INT64_MAX, INT64_MAX, 1), WEIR_TRACK_GAP);
    ck_assert_int_eq(gap.missed, -1); /* more than a number can say */
    weir_tracks_free(tracks);
}
END_TEST

START_TEST(numbers_that_only_grow_have_no_holes)
{
    tracks = weir_tracks_new();
    ck_assert_int_eq(take(1, 10, 10, 0), WEIR_TRACK_FINE);
    ck_assert_int_eq(take(1, 17, 17, 0), WEIR_TRACK_FINE);
    ck_assert_int_eq(take(1, 17, 17, 0), WEIR_TRACK_TWICE);
    ck_assert_int_eq(take(1, 3, 3, 0), WEIR_TRACK_GAP); /* it counts anew */
    ck_assert_int_eq(gap.missed, -1);
    ck_assert_int_eq(take(1, 5, 5, 0), WEIR_TRACK_FINE);
    weir_tracks_cut(tracks);
    ck_assert_int_eq(take(1, 5, 5, 0), WEIR_TRACK_TWICE);
    weir_tracks_cut(tracks);
    ck_assert_int_eq(take(1, 6, 6, 0), WEIR_TRACK_GAP); /* nobody knows */
    ck_assert_int_eq(gap.missed, -1);
    ck_assert_str_eq(gap.reason, "disconnect");
    weir_tracks_join(tracks, INT64_MAX);
    ck_assert_int_eq(take(1, 4, 4, 0), WEIR_TRACK_TWICE);
    ck_assert_int_eq(take(1, 9, 9, 0), WEIR_TRACK_FINE);
    ck_assert_int_eq(take(1, 4, 4, 0), WEIR_TRACK_GAP);
    weir_tracks_free(tracks);
}
END_TEST

START_TEST(after_a_cut_the_first_number_tells_what_was_missed)
{
    tracks = weir_tracks_new();
    one(10);
    weir_tracks_cut(tracks);
    ck_assert_int_eq(one(11), WEIR_TRACK_FINE);
    weir_tracks_cut(tracks);
    ck_assert_int_eq(one(14), WEIR_TRACK_GAP);
    ck_assert_int_eq(gap.missed, 2);
    ck_assert_str_eq(gap.reason, "disconnect");
    weir_tracks_cut(tracks);
    ck_assert_int_eq(one(14), WEIR_TRACK_TWICE); /* said once more */
    weir_tracks_cut(tracks);
    ck_assert_int_eq(one(1), WEIR_TRACK_GAP); /* it counts anew */
    ck_assert_int_eq(gap.missed, -1);
    ck_assert_int_eq(one(2), WEIR_TRACK_FINE);
    weir_tracks_restart(tracks, 5);
    ck_assert_int_eq(one(100), WEIR_TRACK_FINE);
    weir_tracks_free(tracks);
}
END_TEST

START_TEST(a_number_that_follows_changes_what_taking_it_does)
{
    weir_tracks *other = weir_tracks_new();
    uint32_t state = 1;
    size_t followed = 0;
    int64_t last = 0;
    tracks = weir_tracks_new();
    for (uint64_t i = 0; i < 50000; i++) {
        state = state * 1664525 + 1013904223;
        const uint32_t what = state >> 16;
        const int64_t step = what % 8 ? 1 : (int64_t)(what % 5) - 2;
        if (what % 997 == 0 || __builtin_add_overflow(last, step, &last))
            last = what % 2 ? INT64_MAX - 3 : INT64_MIN + 3;
        const weir_number number = {.track = what % 3, /* 0 is one, too */
                                    .first = last,
                                    .last = last,
                                    .step = what % 8 == 3 ? -1 : what % 8 != 4,
                                    .received_ns = (int64_t)i,
                                    .frame = what % 6 ? i / 3 : 0};
        weir_gap expected = {0};
        gap = (weir_gap){0};
        const weir_track_verdict verdict = weir_tracks_take(other, &number, &expected);
        if (weir_tracks_follow(tracks, &number)) {
            ck_assert_int_eq(verdict, WEIR_TRACK_FINE);
            followed++;
        } else {
            ck_assert_int_eq(weir_tracks_take(tracks, &number, &gap), verdict);
            ck_assert_int_eq(gap.missed, expected.missed);
            ck_assert_int_eq(gap.last, expected.last);
            ck_assert_int_eq(gap.from_ns, expected.from_ns);
        }
        if (what % 401 == 0) {
            weir_tracks_cut(tracks);
            weir_tracks_cut(other);
        } else if (what % 409 == 0) {
            weir_tracks_join(tracks, what % 2 ? INT64_MAX : 0);
            weir_tracks_join(other, what % 2 ? INT64_MAX : 0);
        }
    }
    ck_assert_uint_gt(followed, 1000);
    weir_tracks_free(tracks);
    weir_tracks_free(other);
}
END_TEST

START_TEST(more_tracks_than_are_followed_begin_anew)
{
    tracks = weir_tracks_new();
    for (uint64_t i = 1; i <= WEIR_TRACKS_MAX + 10; i++)
        ck_assert_int_eq(take(i * UINT64_C(0x9e3779b97f4a7c15), 1, 1, 1), WEIR_TRACK_FINE);
    weir_tracks_free(tracks);
}
END_TEST

/* ------------------------------------------------------------------ ids */

START_TEST(ids_are_known_as_long_as_the_window_is)
{
    enum { WINDOW = 100, MANY = 5000 };
    weir_seen *seen = weir_seen_new(WINDOW);
    uint64_t ids[MANY];
    for (size_t i = 0; i < MANY; i++) { /* many of them meet in the table */
        ids[i] = (i % 7 + 1) * 256 + i * 65536;
        ck_assert(!weir_seen_before(seen, ids[i]));
        const size_t back = i % WINDOW;
        if (i >= back)
            ck_assert(weir_seen_before(seen, ids[i - back]));
        if (i >= WINDOW)
            ck_assert(weir_seen_before(seen, ids[i - WINDOW + 1]));
    }
    ck_assert(!weir_seen_before(seen, ids[MANY - WINDOW - 1]));
    weir_seen_free(seen);
}
END_TEST

/* ------------------------------------------------------------------ at work */

static const char numbered[] = HEAD "    sequence: {value: \"data.get('q')\", reset: "
                                    "data.get('snap')}\n" CONVERTER;

START_TEST(a_hole_is_a_record_before_the_one_that_shows_it)
{
    feed f = feed_open(numbered);
    ck_assert_ptr_null(strstr(feed_text(&f, "{\"s\":\"A\",\"q\":1,\"n\":1}"), "gap"));
    ck_assert_ptr_null(strstr(feed_text(&f, "{\"s\":\"B\",\"q\":7,\"n\":2}"), "gap"));
    const char *text = feed_text(&f, "{\"s\":\"A\",\"q\":4,\"n\":3}");
    const char *hole = strstr(text, "\"gap\":{"), *record = strstr(text, "\"n\":3");
    ck_assert_ptr_nonnull(hole);
    ck_assert_ptr_nonnull(record);
    ck_assert(hole < record);
    ck_assert_ptr_nonnull(
        strstr(text, "\"reason\":\"sequence\",\"missed\":2,\"last\":1,\"next\":4}"));
    ck_assert_ptr_nonnull(strstr(text, "\"asset\":\"A\""));
    ck_assert_str_eq(feed_text(&f, "{\"s\":\"A\",\"q\":4,\"n\":3}"), ""); /* once more */
    ck_assert_ptr_null(
        strstr(feed_text(&f, "{\"s\":\"A\",\"q\":50,\"n\":4,\"snap\":true}"), "gap"));
    ck_assert_ptr_null(strstr(feed_text(&f, "{\"s\":\"A\",\"n\":5}"), "gap")); /* no number */
    const weir_counters *counters = weir_runner_counters(f.runner);
    ck_assert_uint_eq(counters->gaps, 1);
    ck_assert_uint_eq(counters->missed, 2);
    ck_assert_uint_eq(counters->duplicates, 1);
    ck_assert_uint_eq(counters->records_out, 5);
    feed_close(&f);
}
END_TEST

START_TEST(a_number_that_cannot_be_had_is_told_and_the_record_goes_on)
{
    feed f = feed_open(HEAD "    sequence: {value: \"data['q']\"}\n" CONVERTER);
    ck_assert_ptr_nonnull(strstr(feed_text(&f, "{\"s\":\"A\",\"n\":1}"), "\"n\":1"));
    ck_assert_ptr_nonnull(strstr(feed_text(&f, "{\"s\":\"A\",\"n\":2,\"q\":\"x\"}"), "\"n\":2"));
    ck_assert_uint_eq(weir_runner_counters(f.runner)->failed[WEIR_STAGE_CONVERT], 2);
    ck_assert_ptr_nonnull(
        strstr(weir_runner_dead_letter(f.runner, 0)->reason, "sequence.value: KeyError"));
    feed_close(&f);
}
END_TEST

START_TEST(a_key_says_what_is_numbered_together)
{
    feed f = feed_open(
        HEAD "    sequence: {data: {value: \"data['q']\", key: \"'all'\", step: 2}}\n" CONVERTER);
    feed_text(&f, "{\"s\":\"A\",\"q\":1,\"n\":1}");
    ck_assert_ptr_null(strstr(feed_text(&f, "{\"s\":\"B\",\"q\":3,\"n\":2}"), "gap"));
    ck_assert_ptr_nonnull(strstr(feed_text(&f, "{\"s\":\"A\",\"q\":9,\"n\":3}"), "\"missed\":2"));
    feed_close(&f);
}
END_TEST

START_TEST(records_that_came_before_are_left_out)
{
    feed f = feed_open(HEAD "    dedupe: {key: \"data.get('i')\", window: 2}\n" CONVERTER);
    ck_assert_ptr_nonnull(strstr(feed_text(&f, "{\"s\":\"A\",\"i\":\"x\",\"n\":1}"), "\"n\":1"));
    ck_assert_str_eq(feed_text(&f, "{\"s\":\"A\",\"i\":\"x\",\"n\":1}"), "");
    feed_text(&f, "{\"s\":\"A\",\"i\":2,\"n\":2}");
    feed_text(&f, "{\"s\":\"A\",\"i\":3,\"n\":3}");
    ck_assert_ptr_nonnull(strstr(feed_text(&f, "{\"s\":\"A\",\"i\":\"x\",\"n\":4}"), "\"n\":4"));
    feed_text(&f, "{\"s\":\"A\",\"n\":5}");
    ck_assert_ptr_nonnull(strstr(feed_text(&f, "{\"s\":\"A\",\"n\":6}"), "\"n\":6"));
    ck_assert_uint_eq(weir_runner_counters(f.runner)->duplicates, 1);
    feed_close(&f);
}
END_TEST

START_TEST(each_element_is_asked_by_itself)
{
    feed f = feed_open(HEAD "    sequence: {value: \"item['q']\"}\n"
                            "    converters:\n      data: {each: data, fields: {asset: "
                            "\"broker.infer_asset(symbol=item['s'])\", n: \"item['q']\"}}\n");
    const char *text =
        feed_text(&f, "[{\"s\":\"A\",\"q\":1},{\"s\":\"A\",\"q\":2},{\"s\":\"A\",\"q\":5}]");
    ck_assert_ptr_nonnull(strstr(text, "\"missed\":2"));
    ck_assert_uint_eq(weir_runner_counters(f.runner)->records_out, 3);
    feed_close(&f);
}
END_TEST

START_TEST(records_of_one_message_may_share_its_number)
{
    feed f = feed_open(HEAD "    sequence: {value: \"data['q']\"}\n"
                            "    converters:\n      data: {each: \"data['l']\", fields: {asset: "
                            "\"broker.infer_asset(symbol=data['s'])\", n: item}}\n");
    const weir_counters *counters = weir_runner_counters(f.runner);
    feed_text(&f, "{\"s\":\"A\",\"q\":1,\"l\":[1,2,3]}");
    ck_assert_uint_eq(counters->records_out, 3);
    ck_assert_str_eq(feed_text(&f, "{\"s\":\"A\",\"q\":1,\"l\":[1,2,3]}"), ""); /* once more */
    ck_assert_uint_eq(counters->duplicates, 3);
    ck_assert_ptr_nonnull(
        strstr(feed_text(&f, "{\"s\":\"A\",\"q\":4,\"l\":[4,5]}"), "\"missed\":2"));
    ck_assert_uint_eq(counters->records_out, 5);
    ck_assert_uint_eq(counters->gaps, 1);
    feed_close(&f);
}
END_TEST

/* Whichever way the frames go: those of one form are soon known, the others never are. */
START_TEST(a_number_of_the_frame_before_is_not_shared)
{
    feed f = feed_open(HEAD "    sequence: {value: \"data['n']\"}\n" CONVERTER);
    const weir_counters *counters = weir_runner_counters(f.runner);
    char text[64], other[64];
    for (int n = 1; n <= 60; n++) {
        snprintf(text, sizeof text, "{\"s\":\"A\",\"n\":%d}", n);
        snprintf(other, sizeof other, "{\"s\":\"A\",\"k%d\":[],\"n\":%d}", n, n);
        const bool is_known_first = n < 10 || n % 2;
        feed_text(&f, is_known_first ? text : other);
        ck_assert_str_eq(feed_text(&f, is_known_first ? other : text), "");
        ck_assert_uint_eq(counters->duplicates, (uint64_t)n);
    }
    ck_assert_uint_eq(counters->records_out, 60);
    feed_close(&f);
}
END_TEST

START_TEST(what_cannot_be_a_number_or_an_id_is_told)
{
    feed f = feed_open(HEAD "    sequence: {value: \"data.get('q')\"}\n"
                            "    dedupe: {key: \"data.get('i')\"}\n" CONVERTER);
    feed_text(&f, "{\"s\":\"A\",\"n\":1,\"q\":99999999999999999999}");
    feed_text(&f, "{\"s\":\"A\",\"n\":2,\"i\":[1,2]}");
    ck_assert_uint_eq(weir_runner_counters(f.runner)->records_out, 2);
    ck_assert_ptr_nonnull(strstr(weir_runner_dead_letter(f.runner, 0)->reason,
                                 "data.sequence.value does not fit into 64 bits"));
    ck_assert_ptr_nonnull(strstr(weir_runner_dead_letter(f.runner, 1)->reason,
                                 "data.dedupe.key is list, not a text"));
    feed_close(&f);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        numbers_that_follow_are_fine_and_a_jump_is_measured,
        steps_and_ranges,
        numbers_that_only_grow_have_no_holes,
        after_a_cut_the_first_number_tells_what_was_missed,
        a_number_that_follows_changes_what_taking_it_does,
        more_tracks_than_are_followed_begin_anew,
        ids_are_known_as_long_as_the_window_is,
        a_hole_is_a_record_before_the_one_that_shows_it,
        a_number_that_cannot_be_had_is_told_and_the_record_goes_on,
        a_key_says_what_is_numbered_together,
        records_that_came_before_are_left_out,
        each_element_is_asked_by_itself,
        records_of_one_message_may_share_its_number,
        a_number_of_the_frame_before_is_not_shared,
        what_cannot_be_a_number_or_an_id_is_told,
    };
    Suite *suite = suite_create("gaps");
    TCase *tcase = tcase_create("gaps");
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    return weir_check_run(suite);
}
