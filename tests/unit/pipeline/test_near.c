/* SPDX-License-Identifier: MIT */
/*
 * Near misses of what has been learnt: captured and made frames, each in forms that differ from it
 * by little (tests/fuzz/near_misses.h), decoded both ways by runners that live through all of them
 * - so that much is known, and what is known is of many kinds. Always the same ones; fuzz_near
 * looks for more. A difference is printed and ends the test (tests/fuzz/two_ways.h). Captures are
 * left out, by name, where they are absent.
 *
 * WEIR_NEAR_SEED=N and WEIR_NEAR_TIMES=N give other misses, and more of them.
 */
#include "../../fuzz/near_open.h"
#include "captures.h"
#include "every_cpu.h"

static uint64_t of_environment(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

static chance seeded(size_t i)
{
    return (chance){
        .state = (of_environment("WEIR_NEAR_SEED", 1) * 64 + i) * UINT64_C(0x9e3779b97f4a7c15) | 1};
}

/* ------------------------------------------------------------------ captures */

enum {
    FRAMES_MAX = 3000,
    MISSED_FRAMES = 400, /* of a capture, evenly spread */
    LONG_FRAME = 8192,   /* has one miss */
    MISSES = 12
};

/* What is missed more often than met is forgotten, and not looked for: so frames that are as they
 * should be are in the majority. */
static void feed_misses(two_ways *ways, near_miss *miss, chance *c, weir_str frame, weir_str other)
{
    const size_t count =
        (frame.len < LONG_FRAME ? MISSES : 1) * of_environment("WEIR_NEAR_TIMES", 1);
    weir_buf near = {0};
    weir_str from = frame;
    for (size_t i = 0; i < count; i++) {
        near_feed_miss(ways, miss, c, from, other);
        if (chance_one_in(c, 4)) { /* what is not quite the miss, which has been learnt too */
            weir_buf_clear(&near);
            weir_buf_put(&near, weir_buf_str(&miss->text));
            from = weir_buf_str(&near);
            two_ways_feed(ways, from, NULL);
        } else {
            from = frame;
        }
        near_go_plainly(ways);
        two_ways_feed(ways, frame, NULL);
        two_ways_feed(ways, i % 4 ? frame : other, NULL);
    }
    weir_buf_fini(&near);
}

START_TEST(near_misses_of_captured_frames_are_judged_alike)
{
    static near_miss miss;
    weir_buf frames = {0};
    if (!captures_read(_i, &frames))
        return;
    two_ways *ways = near_open_file(captures[_i].spec);
    chance c = seeded((size_t)_i);
    weir_str last = {"{}", 2};
    for (size_t at = 0, i = 0; at < frames.len && i < FRAMES_MAX; i++) {
        const weir_str frame = captures_line(&frames, at);
        two_ways_feed(ways, frame, NULL);
        if (i % (FRAMES_MAX / MISSED_FRAMES) == 0)
            feed_misses(ways, &miss, &c, frame, last);
        last = frame;
        at += frame.len + 1;
    }
    ck_assert_uint_gt(weir_runner_counters(ways->quick)->records_out, 300);
    ck_assert_uint_gt(weir_runner_counters(ways->quick)->failed[WEIR_STAGE_DECODE], 300);
    two_ways_close(ways);
    weir_buf_fini(&miss.text);
    weir_buf_fini(&frames);
}
END_TEST

/* ------------------------------------------------------------------ made frames */

enum { ROUNDS = 60, ALIKE_MAX = 8 };

/* Some frames of one form, then near misses of them, and on to another form. */
START_TEST(near_misses_of_made_frames_are_judged_alike)
{
    static near_miss miss;
    const near_venue *venue = &near_venues[_i];
    two_ways *ways = near_open(venue);
    const size_t forms = near_form_count(venue);
    weir_buf frame = {0}, other = {0};
    chance c = seeded((size_t)_i + 32);
    const size_t rounds = ROUNDS * of_environment("WEIR_NEAR_TIMES", 1);
    for (size_t i = 0; i < rounds * forms; i++) {
        const char *form = venue->forms[i % forms];
        near_make(&other, &c, venue->forms[chance_below(&c, forms)]);
        for (size_t k = chance_below(&c, ALIKE_MAX) + 1; k > 0; k--) {
            near_make(&frame, &c, form);
            two_ways_feed(ways, weir_buf_str(&frame), NULL);
        }
        feed_misses(ways, &miss, &c, weir_buf_str(&frame), weir_buf_str(&other));
    }
    ck_assert_uint_gt(weir_runner_counters(ways->quick)->records_out, 50);
    two_ways_close(ways);
    weir_buf_fini(&miss.text);
    weir_buf_fini(&frame);
    weir_buf_fini(&other);
}
END_TEST

/* ------------------------------------------------------------------ empty texts */

WEIR_PRINTF(2, 3)
static void feed_printed(two_ways *ways, const char *format, ...)
{
    weir_buf frame = {0};
    va_list values;
    va_start(values, format);
    weir_buf_vprintf(&frame, format, values);
    va_end(values);
    two_ways_feed(ways, weir_buf_str(&frame), NULL);
    weir_buf_fini(&frame);
}

/* What a condition has asked of a text is part of the form, of an empty one as well. */
START_TEST(an_empty_text_that_was_asked_for_is_empty)
{
    static const char *const texts[] = {"", "1", "", "", "22", "", "1", ""};
    two_ways *ways = two_ways_open("columns", weir_str_of(NEAR_COLUMNS));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (size_t k = 0; k < 2; k++) {
            feed_printed(ways, "{\"k\":\"q\",\"s\":\"A\",\"m\":false,\"z\":\"%s\",\"e\":\"x\"}",
                         texts[i]);
        }
    two_ways_close(ways);
}
END_TEST

/* ------------------------------------------------------------------ lists that become objects */

START_TEST(an_object_where_a_list_was_learnt_is_read_by_its_keys)
{
    static const char *const values[] = {"[1]", "{\"y\":1}", "[]", "{}", "[2,3]", "{\"y\":[]}"};
    two_ways *ways = two_ways_open("below", weir_str_of(NEAR_BELOW));
    for (size_t i = 0; i < 30; i++) {
        feed_printed(ways, "{\"k\":\"%c\",\"z\":1,\"x\":%s}", "qxt"[i / 10], values[i % 6]);
    }
    two_ways_close(ways);
}
END_TEST

/* ------------------------------------------------------------------ defaults of what is followed
 */

/* What a column has in place of an id that is not there is no id. */
START_TEST(a_default_is_nothing_that_a_record_is_known_by)
{
    static const char *const ids[] = {"1", "null", "5", "5", "null", "6", "{}", "5"};
    two_ways *ways = two_ways_open("watched columns", weir_str_of(NEAR_WATCHED_COLUMNS));
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        feed_printed(ways, "{\"k\":\"q\",\"u\":%s,\"s\":1,\"x\":2}", ids[i]);
    }
    two_ways_close(ways);
}
END_TEST

/* ------------------------------------------------------------------ lists of levels */

/* A condition on what stands in a level holds for that text, however the list is read beside. */
START_TEST(a_level_that_was_asked_for_is_asked_again)
{
    static const char *const prices[] = {"1", "1", "2", "3", "1", "2"};
    two_ways *ways = two_ways_open("levels", weir_str_of(NEAR_LEVELS_READ));
    for (size_t i = 0; i < 4 * sizeof prices / sizeof *prices; i++) {
        feed_printed(ways, "{\"k\":\"t\",\"l\":[[\"%s\",\"1\"]%s],\"m\":[]}", prices[i / 4],
                     i % 4 > 1 ? ",[\"4\",\"1\"]" : "");
    }
    two_ways_close(ways);
}
END_TEST

/* ------------------------------------------------------------------ words of mappings */

/* Also a long one that is not ASCII. */
START_TEST(a_word_of_a_mapping_is_what_it_is)
{
    static const char *const words[] = {"buy", "s", "Buy", "Sell", "Buy", "none", "b"};
    two_ways *ways = two_ways_open("large", weir_str_of(NEAR_LARGE));
    for (size_t i = 0; i < 2 * sizeof words / sizeof *words; i++) {
        feed_printed(ways, "{\"k\":\"c\",\"w\":[],\"e\":[],\"o\":\"%s\"}", words[i / 2]);
    }
    two_ways_close(ways);
}
END_TEST

/* ------------------------------------------------------------------ lessons that are given up */

/* A key that comes twice ends a lesson; what was learnt up to it does not lead to the beginning. */
START_TEST(a_form_that_was_half_learnt_has_no_end)
{
    static const char *const frames[] = {"{\"i\":17,\"x\":\"\"}", "{\"x\":17,\"x\":\"\"}",
                                         "{\"x\":922337{\"i\":17,\"x\":\"\"}"};
    two_ways *ways = two_ways_open("listed", weir_str_of(NEAR_LISTED));
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++)
        two_ways_feed(ways, weir_str_of(frames[i]), NULL);
    two_ways_close(ways);
}
END_TEST

/* ------------------------------------------------------------------ depth */

/* The limit of nesting is one of the frame, wherever in it a list is walked. */
START_TEST(depth_is_counted_from_the_frame_on)
{
    two_ways *ways = two_ways_open("nested", weir_str_of(NEAR_NESTED));
    weir_buf frame = {0};
    for (int levels = 1; levels < WEIR_JSON_DEPTH_MAX + 2; levels++) {
        weir_buf_clear(&frame);
        weir_buf_puts(&frame,
                      "{\"e\":{\"l\":[{\"s\":\"A\",\"t\":\"2024-01-01T00:00:00Z\",\"x\":1.5,"
                      "\"p\":{\"y\":1,\"w\":");
        for (int i = 0; i < levels; i++)
            weir_buf_putc(&frame, '[');
        for (int i = 0; i < levels; i++)
            weir_buf_putc(&frame, ']');
        weir_buf_puts(&frame, "},\"l\":[1,2]}],\"z\":3,\"k\":\"t\"}}");
        two_ways_feed(ways, weir_buf_str(&frame), NULL);
    }
    two_ways_close(ways);
    weir_buf_fini(&frame);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("near");
    TCase *tcase = tcase_create("near misses");
    tcase_set_timeout(tcase, 100);
    tcase_add_loop_test(tcase, near_misses_of_captured_frames_are_judged_alike, 0, CAPTURES);
    tcase_add_loop_test(tcase, near_misses_of_made_frames_are_judged_alike, 0, NEAR_VENUES);
    tcase_add_test(tcase, an_empty_text_that_was_asked_for_is_empty);
    tcase_add_test(tcase, an_object_where_a_list_was_learnt_is_read_by_its_keys);
    tcase_add_test(tcase, a_default_is_nothing_that_a_record_is_known_by);
    tcase_add_test(tcase, a_level_that_was_asked_for_is_asked_again);
    tcase_add_test(tcase, a_word_of_a_mapping_is_what_it_is);
    tcase_add_test(tcase, a_form_that_was_half_learnt_has_no_end);
    tcase_add_test(tcase, depth_is_counted_from_the_frame_on);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return run_on_every_cpu(make_suite);
}
