/* SPDX-License-Identifier: MIT */
/*
 * Frames of known layouts against the general way: whatever a gauge lets through must become the
 * same records and failures. Gauges are learnt from captured and made frames, then bytes are put in
 * the place of others, one by one and several at once, with the lengths as they were; so all that a
 * gauge lets through of one byte is tried. Captures are left out, by name, where they are absent.
 */
#include "../../fuzz/near_gauges.h"
#include "../../fuzz/near_open.h"
#include "captures.h"
#include "every_cpu.h"
#include "value/gauge_find.h"

enum { SIGHTINGS = 12, LESSONS = 64, SHORTEST = 33 /* of a trade */ };

static bool has_gauges(void)
{
    return atomic_load(&weir_gauge_chosen) != weir_gauge_none.find;
}

static size_t gauge_count(const two_ways *ways)
{
    const weir_gauges *gauges = &ways->quick->gauges;
    size_t count = 0;
    for (size_t i = 0; gauges->places && i < 1 << WEIR_GAUGE_PLACES_BITS; i++)
        for (const weir_gauge *gauge = gauges->places[i].first; gauge; gauge = gauge->next)
            count++;
    ck_assert(count == 0 || gauges->used > 0);
    return count;
}

/* A frame that can be made again, with the numbers that come next. */
typedef struct pattern {
    const char *form;
    size_t len; /* at least */
    chance start;
    weir_buf frame;
} pattern;

static void make_next(pattern *p)
{
    chance c = p->start;
    near_make(&p->frame, &c, p->form);
    near_pad(&p->frame, p->len);
    p->start.count = c.count;
}

/* Whether there is a gauge of it then. Frames come in any way, and some of them twice: what is
 * learnt from is not always the first record of a batch, nor one that stays. */
static bool teach(two_ways *ways, pattern *p, chance *c)
{
    const bool is_plain = chance_below(c, 2);
    for (size_t i = 0; i < SIGHTINGS; i++) {
        make_next(p);
        near_forgive(ways, LESSONS);
        if (!is_plain)
            near_go_anyhow(ways, c);
        ways->is_kept |= !is_plain && i % 4 > 0;
        two_ways_feed(ways, weir_buf_str(&p->frame), NULL);
        if (!is_plain && chance_one_in(c, 3))
            two_ways_feed(ways, weir_buf_str(&p->frame), NULL);
    }
    near_go_plainly(ways);
    return near_is_gauged(ways, weir_buf_str(&p->frame));
}

/* ------------------------------------------------------------------ one byte */

/* What a text is most likely to be taken for something else by. */
static bool is_nasty(int byte)
{
    return byte == 0 || (byte < 0x80 && strchr("\"\\\x1f \t-.+019:,[]{}/eEtn\x7f", byte)) ||
           byte == 0x80 || byte == 0xff;
}

/* Bounds alone say what is let through, whatever a text is looked up by. */
static bool is_within(const weir_gauge *gauge, weir_str text)
{
    if (text.len != gauge->name >> 32 || memchr(text.ptr, '\\', text.len))
        return false;
    for (size_t i = 0; i < weir_gauge_blocks(text.len); i++) {
        const uint8_t *low = gauge->bounds + i * 2 * WEIR_GAUGE_BLOCK;
        const char *at = text.ptr + weir_gauge_block_at(text.len, i);
        for (size_t k = 0; k < WEIR_GAUGE_BLOCK; k++)
            if ((uint8_t)at[k] < low[k] || (uint8_t)at[k] > low[k + WEIR_GAUGE_BLOCK])
                return false;
    }
    return true;
}

/* How many went through a gauge; nothing is learnt meanwhile. */
static size_t put_bytes(two_ways *ways, weir_str frame, chance *c, size_t one_in)
{
    size_t hits = 0;
    weir_buf text = {0};
    const weir_gauge *gauge = near_gauge_of(ways, frame);
    weir_buf_put(&text, frame);
    for (size_t at = 0; at < text.len; at++) {
        for (int byte = 0; byte <= UINT8_MAX; byte++) {
            text.ptr[at] = (char)byte;
            const bool is_gauged = near_is_gauged(ways, weir_buf_str(&text));
            ck_assert(is_gauged || !is_within(gauge, weir_buf_str(&text)));
            if (!is_gauged && !(is_nasty(byte) && chance_one_in(c, one_in)))
                continue;
            near_forgive(ways, 0);
            two_ways_feed(ways, weir_buf_str(&text), NULL);
            hits += is_gauged;
        }
        text.ptr[at] = frame.ptr[at];
    }
    weir_buf_fini(&text);
    return hits;
}

/* Several at once, and what was let through is learnt from as well. */
static size_t put_several(two_ways *ways, pattern *p, chance *c, size_t times)
{
    size_t hits = 0;
    for (size_t i = 0; i < times; i++) {
        make_next(p);
        near_vary(&p->frame, c, i % 2 ? 1 : p->frame.len / 3 + 1);
        near_forgive(ways, LESSONS);
        near_go_anyhow(ways, c);
        hits += near_is_gauged(ways, weir_buf_str(&p->frame));
        two_ways_feed(ways, weir_buf_str(&p->frame), NULL);
        near_go_plainly(ways);
    }
    return hits;
}

/* ------------------------------------------------------------------ made frames */

enum { TRIES = 24, VARIED = 300 };

/* WEIR_NEAR_TIMES=N tries more of them. */
static size_t gauged_max(void)
{
    const char *times = getenv("WEIR_NEAR_TIMES");
    return times ? strtoull(times, NULL, 10) : 1;
}

/* But for those that have a payload, or columns that are not for gauges, or rules to learn by. */
static bool is_for_gauges(const near_venue *venue)
{
    static const char *const others[] = {"payload", "payload list", "trees", "wide", "taught"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(venue->name, others[i]) == 0)
            return false;
    return has_gauges();
}

START_TEST(what_a_gauge_lets_through_is_judged_alike)
{
    const near_venue *venue = &near_venues[_i];
    two_ways *ways = near_open(venue);
    chance c = {.state = ((uint64_t)_i + 1) * UINT64_C(0x9e3779b97f4a7c15) | 1};
    pattern p = {0};
    size_t hits = 0;
    const size_t most = has_gauges() ? gauged_max() : 0;
    for (size_t form = 0; form < near_form_count(venue); form++)
        for (size_t i = 0, found = 0; i < TRIES * most && found < most; i++) {
            two_ways_restart(ways); /* there is room for 32 moulds, whatever they are of */
            p.form = venue->forms[form];
            p.len = WEIR_GAUGE_BLOCK + chance_below(&c, 3);
            p.start = (chance){.state = chance_next(&c) | 1};
            if (!teach(ways, &p, &c))
                continue;
            found++;
            hits += put_bytes(ways, weir_buf_str(&p.frame), &c, 1 + p.frame.len / 64);
            hits += put_several(ways, &p, &c, VARIED);
        }
    if (is_for_gauges(venue))
        ck_assert_uint_gt(hits, 100);
    two_ways_close(ways);
    weir_buf_fini(&p.frame);
}
END_TEST

/* ------------------------------------------------------------------ captures */

enum { FRAMES_MAX = 3000, SHARE = 25, VARIED_OF_EACH = 16 };

/* Frames as they came; of those that have a gauge some are varied, and go on from there. */
START_TEST(captured_frames_of_known_layouts_are_judged_alike)
{
    weir_buf frames = {0}, near = {0};
    if (!captures_read(_i, &frames))
        return;
    two_ways *ways = near_open_file(captures[_i].spec);
    chance c = {.state = ((uint64_t)_i + 64) * UINT64_C(0x9e3779b97f4a7c15) | 1};
    size_t hits = 0;
    for (size_t at = 0, i = 0; at < frames.len && i < FRAMES_MAX; i++) {
        const weir_str frame = captures_line(&frames, at);
        const bool is_gauged = near_is_gauged(ways, frame);
        at += frame.len + 1;
        hits += is_gauged;
        near_forgive(ways, LESSONS);
        two_ways_feed(ways, frame, NULL);
        for (size_t k = 0; is_gauged && i % (FRAMES_MAX / SHARE / 8) == 0 && k < VARIED_OF_EACH;
             k++) {
            weir_buf_clear(&near);
            weir_buf_put(&near, frame);
            near_vary(&near, &c, k % 2 ? 1 : 8);
            near_forgive(ways, LESSONS);
            two_ways_feed(ways, weir_buf_str(&near), NULL);
        }
    }
    if (has_gauges())
        ck_assert_uint_gt(hits, 4);
    two_ways_close(ways);
    weir_buf_fini(&frames);
    weir_buf_fini(&near);
}
END_TEST

/* ------------------------------------------------------------------ lengths, and what is behind */

#define TRADES                                                                                     \
    NEAR_HEAD                                                                                      \
    "    streams: {a: data}\n    router: {default_channel: a}\n    converters:\n      a:\n"        \
    "      - fields:\n          asset: broker.infer_asset(symbol=data['s'])\n"                     \
    "          x: float(data['x'])\n          i: \"data['i']\"\n"                                  \
    "          e: {condition: \"'e' in data\", source: \"data['e']\"}\n"

enum { HEAD = 32, COPIED_MAX = 768 };

/* {"s":"A","x":"1.5","i":12,"e":"aaa"}, of so many bytes; what is very long is not read, for the
 * record would have no gauge. */
static void make_trade(weir_buf *frame, size_t len)
{
    weir_buf_clear(frame);
    weir_buf_printf(frame, "{\"s\":\"A\",\"x\":\"1.5\",\"i\":12,\"%c\":\"",
                    len > COPIED_MAX ? 'w' : 'e');
    while (frame->len + 2 < len)
        weir_buf_putc(frame, 'a');
    weir_buf_puts(frame, "\"}");
}

static void feed_times(two_ways *ways, weir_str frame, size_t times)
{
    for (size_t i = 0; i < times; i++)
        two_ways_feed(ways, frame, NULL);
}

/* Each is of a layout of its own: what is written in it says where its commas are. */
static void make_strange(weir_buf *frame, size_t number)
{
    weir_buf_clear(frame);
    weir_buf_puts(frame, "{\"s\":\"A\",\"x\":\"1.5\",\"i\":12,\"e\":\"some more bytes of a text ");
    for (size_t i = 0; i < 16; i++)
        weir_buf_putc(frame, number >> i & 1 ? ',' : 'a');
    weir_buf_puts(frame, "\"}");
}

/* What stands behind a frame in what it was read from is none of its. */
static void feed_behind(two_ways *ways, weir_str frame)
{
    static const char kinds[] = "0\"}\\\xff";
    char behind[WEIR_JSON_SLACK];
    for (size_t i = 0; i < sizeof kinds; i++) {
        memset(behind, kinds[i], sizeof behind);
        ways->is_at_front = i % 2;
        near_forgive(ways, 0);
        two_ways_feed(ways, frame, behind);
    }
    ways->is_at_front = false;
}

START_TEST(frames_of_up_to_1024_bytes_have_gauges)
{
    two_ways *ways = two_ways_open("trades", weir_str_of(TRADES));
    weir_buf frame = {0};
    for (size_t len = SHORTEST; len < WEIR_GAUGE_TEXT_MAX + 4; len++) {
        const bool is_about_block = (len + 2) % WEIR_GAUGE_BLOCK < 5;
        if (!is_about_block && len > 2 * WEIR_GAUGE_BLOCK)
            continue;
        make_trade(&frame, len);
        ck_assert_uint_eq(frame.len, len);
        for (size_t i = 0; i < SIGHTINGS; i++) {
            near_forgive(ways, LESSONS);
            two_ways_feed(ways, weir_buf_str(&frame), NULL);
        }
        const bool is_for_gauges = len <= WEIR_GAUGE_TEXT_MAX;
        ck_assert_msg(near_is_gauged(ways, weir_buf_str(&frame)) == (is_for_gauges && has_gauges()),
                      "%zu bytes", len);
        feed_behind(ways, weir_buf_str(&frame));
        /* the first and last byte of each block, and what is about them */
        for (size_t at = HEAD; at < len; at++) {
            const char was = frame.ptr[at];
            if ((at + 1) % WEIR_GAUGE_BLOCK > 2 && at + WEIR_GAUGE_BLOCK != len && at + 3 < len)
                continue;
            for (const char *byte = "\"\\\x1f /0bz\x7f\x80}"; *byte; byte++) {
                frame.ptr[at] = *byte;
                near_forgive(ways, 0);
                two_ways_feed(ways, weir_buf_str(&frame), NULL);
            }
            frame.ptr[at] = was;
        }
    }
    two_ways_close(ways);
    weir_buf_fini(&frame);
}
END_TEST

/* ------------------------------------------------------------------ what is kept */

/* A record that came before has a gauge: there is nothing to be learnt of it, least of all for
 * what was not found last. */
START_TEST(what_came_before_is_not_learnt_from)
{
    static const char form[] =
        "{\"k\":\"c\",\"s\":\"a\",\"u\":\"%zu\",\"f\":\"%zu\",\"x\":1.5,\"w\":\"%s\"}";
    two_ways *ways = two_ways_open("watched", weir_str_of(NEAR_WATCHED_COLUMNS));
    const weir_counters *counters = weir_runner_counters(ways->quick);
    weir_buf frame = {0}, strange = {0};
    for (size_t i = 101; i < 110; i++) {
        weir_buf_clear(&frame);
        weir_buf_printf(&frame, form, i, i, "some more bytes");
        two_ways_feed(ways, weir_buf_str(&frame), NULL);
    }
    ck_assert(near_is_gauged(ways, weir_buf_str(&frame)) == has_gauges());
    const size_t used = ways->quick->gauges.used;
    weir_buf_printf(&strange, form, (size_t)110, (size_t)110, "some more bytes, and others");
    two_ways_feed(ways, weir_buf_str(&strange), NULL);
    feed_times(ways, weir_buf_str(&frame), 10);
    ck_assert_uint_gt(counters->duplicates, 5);
    ck_assert_uint_eq(ways->quick->gauges.used, used);
    two_ways_close(ways);
    weir_buf_fini(&frame);
    weir_buf_fini(&strange);
}
END_TEST

/* A record that is too long for a gauge says nothing of others that the mould makes. */
START_TEST(long_records_have_no_gauges_and_shorter_ones_still_do)
{
    enum { TOO_LONG = 1000, TIMES = 100 };
    two_ways *ways = two_ways_open("trades", weir_str_of(TRADES));
    weir_buf frame = {0};
    make_trade(&frame, TOO_LONG);
    *strchr(frame.ptr, 'w') = 'e';
    feed_times(ways, weir_buf_str(&frame), TIMES);
    ck_assert_uint_eq(gauge_count(ways), 0);
    make_trade(&frame, 100);
    feed_times(ways, weir_buf_str(&frame), 3);
    ck_assert(near_is_gauged(ways, weir_buf_str(&frame)) == has_gauges());
    two_ways_close(ways);
    weir_buf_fini(&frame);
}
END_TEST

START_TEST(what_has_been_seen_once_is_not_learnt)
{
    two_ways *ways = two_ways_open("trades", weir_str_of(TRADES));
    weir_buf frame = {0};
    make_trade(&frame, 100);
    two_ways_feed(ways, weir_buf_str(&frame), NULL); /* a mould is learnt of it */
    make_trade(&frame, 101);
    for (size_t i = 0; i < 2; i++) {
        two_ways_feed(ways, weir_buf_str(&frame), NULL);
        ck_assert(near_is_gauged(ways, weir_buf_str(&frame)) == (i == 1 && has_gauges()));
    }
    ck_assert_uint_eq(gauge_count(ways), has_gauges());
    two_ways_feed(ways, weir_buf_str(&frame), NULL);
    ck_assert_uint_eq(gauge_count(ways), has_gauges());
    two_ways_close(ways);
    weir_buf_fini(&frame);
}
END_TEST

/* When their memory is used up all are forgotten, and learnt again. */
START_TEST(there_is_room_for_so_many_gauges)
{
    two_ways *ways = two_ways_open("trades", weir_str_of(TRADES));
    const weir_gauges *gauges = &ways->quick->gauges;
    weir_buf frame = {0};
    size_t times_fewer = 0;
    for (size_t i = 0, before = 0; i < 4096 && times_fewer < 3; i++) {
        make_strange(&frame, i);
        near_forgive(ways, LESSONS);
        feed_times(ways, weir_buf_str(&frame), 3 + i % 3);
        times_fewer += gauges->used < before;
        before = gauges->used;
        ck_assert_uint_le(gauges->used, WEIR_GAUGES_ROOM);
    }
    ck_assert_uint_eq(times_fewer, has_gauges() ? 3 : 0);
    near_forgive(ways, LESSONS);
    feed_times(ways, weir_buf_str(&frame), SIGHTINGS);
    ck_assert(near_is_gauged(ways, weir_buf_str(&frame)) == has_gauges());
    two_ways_close(ways);
    weir_buf_fini(&frame);
}
END_TEST

/* Numbers that begin with a zero, and words that are as long as others, have the same key. */
START_TEST(several_gauges_have_one_key)
{
    static const char *const others[] = {"\"0512\",\"z\":null", "\"9512\",\"z\":null",
                                         "\"0512\",\"z\":true", "\"x512\",\"z\":true",
                                         "\"0512\",\"y\":null", "\"a512\",\"y\":true"};
    enum { OTHERS = sizeof others / sizeof *others };
    two_ways *ways = two_ways_open("trades", weir_str_of(TRADES));
    weir_buf frame = {0};
    size_t hits = 0;
    for (size_t i = 0; i < SIGHTINGS * OTHERS; i++) {
        weir_buf_clear(&frame);
        weir_buf_printf(&frame,
                        "{\"s\":\"A\",\"x\":\"%zu.5\",\"i\":1%zu,\"e\":\"%s\",\"w\":%s,"
                        "\"u\":\"some more bytes\"}",
                        i % 10, 9 - i % 10, "abc", others[i % OTHERS]);
        near_forgive(ways, LESSONS);
        hits += near_is_gauged(ways, weir_buf_str(&frame));
        two_ways_feed(ways, weir_buf_str(&frame), NULL);
    }
    if (has_gauges()) {
        ck_assert_uint_gt(gauge_count(ways), 2);
        ck_assert_uint_gt(hits, OTHERS);
    }
    two_ways_close(ways);
    weir_buf_fini(&frame);
}
END_TEST

/* A window of messages most of which no mould has fitted. */
START_TEST(gauges_go_with_their_moulds)
{
    two_ways *ways = two_ways_open("trades", weir_str_of(TRADES));
    weir_runner *runner = ways->quick;
    weir_buf frame = {0};
    make_trade(&frame, 200);
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < SIGHTINGS; i++) {
            near_forgive(ways, LESSONS);
            two_ways_feed(ways, weir_buf_str(&frame), NULL);
        }
        ck_assert(near_is_gauged(ways, weir_buf_str(&frame)) == has_gauges());
        runner->moulds.trial.missed = WEIR_TRIAL_WINDOW;
        runner->moulds.tries = 0;
        two_ways_feed(ways, weir_buf_str(&frame), NULL);
        ck_assert_uint_eq(runner->moulds.count, 0);
        ck_assert_uint_eq(gauge_count(ways), 0);
        two_ways_feed(ways, weir_buf_str(&frame), NULL);
    }
    two_ways_close(ways);
    weir_buf_fini(&frame);
}
END_TEST

/* ------------------------------------------------------------------ as it is without a test */

START_TEST(layouts_that_do_not_come_again_are_left_alone_for_a_while)
{
    enum { PAUSE = 4096 };
    two_ways *ways = two_ways_open("trades", weir_str_of(TRADES));
    weir_buf frame = {0}, known = {0};
    make_trade(&known, 100);
    feed_times(ways, weir_buf_str(&known), SIGHTINGS);
    ck_assert(near_is_gauged(ways, weir_buf_str(&known)) == has_gauges());
    for (size_t i = 0; i < WEIR_TRIAL_WINDOW; i++) {
        make_strange(&frame, i);
        two_ways_feed(ways, weir_buf_str(&frame), NULL);
    }
    ck_assert_uint_eq(gauge_count(ways), 0);
    feed_times(ways, weir_buf_str(&known), PAUSE / 2);
    ck_assert_uint_eq(gauge_count(ways), 0);
    feed_times(ways, weir_buf_str(&known), PAUSE / 2 + SIGHTINGS);
    ck_assert(near_is_gauged(ways, weir_buf_str(&known)) == has_gauges());
    two_ways_close(ways);
    weir_buf_fini(&frame);
    weir_buf_fini(&known);
}
END_TEST

/* Some of them have a place together. */
START_TEST(layouts_by_turns_all_keep_their_gauges)
{
    enum { FROM = 64, TO = 264, ROUNDS = 6 };
    two_ways *ways = two_ways_open("trades", weir_str_of(TRADES));
    weir_buf frame = {0};
    for (size_t round = 0; round < ROUNDS; round++)
        for (size_t len = FROM; len < TO; len++) {
            make_trade(&frame, len);
            near_forgive(ways, LESSONS);
            two_ways_feed(ways, weir_buf_str(&frame), NULL);
        }
    for (size_t len = FROM; len < TO; len++) {
        make_trade(&frame, len);
        ck_assert(near_is_gauged(ways, weir_buf_str(&frame)) == has_gauges());
    }
    two_ways_close(ways);
    weir_buf_fini(&frame);
}
END_TEST

START_TEST(lessons_are_earned_by_what_they_were_worth)
{
    two_ways *ways = two_ways_open("trades", weir_str_of(TRADES));
    const weir_gauges *gauges = &ways->quick->gauges;
    weir_buf frame = {0};
    size_t len = WEIR_GAUGE_BLOCK;
    for (; len < 4 * WEIR_GAUGE_BLOCK; len++) {
        make_trade(&frame, len);
        feed_times(ways, weir_buf_str(&frame), 4);
    }
    if (has_gauges()) {
        ck_assert_uint_eq(gauges->lessons, 0);
        ck_assert(!near_is_gauged(ways, weir_buf_str(&frame)));
    }
    make_trade(&frame, WEIR_GAUGE_BLOCK);
    feed_times(ways, weir_buf_str(&frame), 2 * WEIR_TRIAL_WINDOW);
    make_trade(&frame, len);
    feed_times(ways, weir_buf_str(&frame), 2);
    ck_assert(near_is_gauged(ways, weir_buf_str(&frame)) == has_gauges());
    two_ways_close(ways);
    weir_buf_fini(&frame);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("gauge");
    TCase *tcase = tcase_create("gauges");
    tcase_set_timeout(tcase, 100);
    tcase_add_loop_test(tcase, what_a_gauge_lets_through_is_judged_alike, 0, NEAR_VENUES);
    tcase_add_loop_test(tcase, captured_frames_of_known_layouts_are_judged_alike, 0, CAPTURES);
    tcase_add_test(tcase, frames_of_up_to_1024_bytes_have_gauges);
    tcase_add_test(tcase, what_came_before_is_not_learnt_from);
    tcase_add_test(tcase, long_records_have_no_gauges_and_shorter_ones_still_do);
    tcase_add_test(tcase, what_has_been_seen_once_is_not_learnt);
    tcase_add_test(tcase, there_is_room_for_so_many_gauges);
    tcase_add_test(tcase, several_gauges_have_one_key);
    tcase_add_test(tcase, gauges_go_with_their_moulds);
    tcase_add_test(tcase, layouts_that_do_not_come_again_are_left_alone_for_a_while);
    tcase_add_test(tcase, layouts_by_turns_all_keep_their_gauges);
    tcase_add_test(tcase, lessons_are_earned_by_what_they_were_worth);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return run_on_every_cpu(make_suite);
}
