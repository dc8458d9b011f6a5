/* SPDX-License-Identifier: MIT */
#include "runtime/budget.h"
#include "runtime/outbox.h"
#include "runtime/pacing.h"
#include "util/time.h"
#include "weir_check.h"

enum { MOST = 4096 };

static uint64_t seed = 1;

static uint64_t chance(uint64_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (seed >> 33) % below;
}

/* The most that any window of a period saw. */
static size_t busiest(const int64_t *sent_ns, size_t count, int64_t period_ns)
{
    size_t most = 0;
    for (size_t first = 0, last = 0; last < count; last++) {
        while (sent_ns[last] - sent_ns[first] >= period_ns)
            first++;
        if (last - first + 1 > most)
            most = last - first + 1;
    }
    return most;
}

START_TEST(no_window_ever_sees_more_than_the_rate)
{
    for (int round = 0; round < 200; round++) {
        const weir_rate rate = {(int64_t)chance(20) + 1, (int64_t)chance(1000000) + 1000};
        int64_t sent_ns[MOST], now_ns = (int64_t)chance(1000000);
        size_t count = 0;
        weir_pace pace;
        ck_assert(weir_pace_init(&pace, rate));
        while (count < 300) {
            const int64_t wait_ns = weir_pace_wait(&pace, now_ns, 0);
            now_ns +=
                wait_ns > 0 && chance(2) ? wait_ns : (int64_t)chance((uint64_t)rate.period_ns);
            if (weir_pace_wait(&pace, now_ns, 0) > 0)
                continue;
            weir_pace_note(&pace, now_ns);
            sent_ns[count++] = now_ns;
        }
        ck_assert_uint_le(busiest(sent_ns, count, rate.period_ns), (size_t)rate.count);
        weir_pace_fini(&pace);
    }
}
END_TEST

START_TEST(a_burst_goes_at_once_and_then_one_for_each_that_leaves_the_window)
{
    weir_pace pace;
    ck_assert(weir_pace_init(&pace, (weir_rate){3, 1000}));
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(weir_pace_wait(&pace, 100 + i, 0), 0);
        weir_pace_note(&pace, 100 + i);
    }
    ck_assert_int_eq(weir_pace_wait(&pace, 103, 0), 100 + 1100 - 103); /* a tenth to spare */
    ck_assert_int_eq(weir_pace_wait(&pace, 1200, 0), 0);
    weir_pace_note(&pace, 1200);
    ck_assert_int_eq(weir_pace_wait(&pace, 1200, 0), 1);
    weir_pace_fini(&pace);
}
END_TEST

START_TEST(a_period_is_taken_longer_for_the_road)
{
    const int64_t s = WEIR_NS_PER_S;
    ck_assert_int_eq(weir_pace_period((weir_rate){1, s}), s + s / 10);
    ck_assert_int_eq(weir_pace_period((weir_rate){1, 2 * s}), 2 * s + s / 10);
    ck_assert_int_eq(weir_pace_period((weir_rate){1, 300 * s}), 306 * s);
    ck_assert_int_eq(weir_pace_period((weir_rate){1, s / 100}), s / 100 + s / 1000);
}
END_TEST

START_TEST(what_is_kept_back_is_there_for_what_cannot_wait)
{
    weir_pace pace;
    ck_assert(weir_pace_init(&pace, (weir_rate){3, 1000}));
    weir_pace_note(&pace, 0);
    weir_pace_note(&pace, 0);
    ck_assert_int_gt(weir_pace_wait(&pace, 10, 1), 0);
    ck_assert_int_eq(weir_pace_wait(&pace, 10, 0), 0);
    ck_assert_int_gt(weir_pace_wait(&pace, 10, 99), 0);
    weir_pace_fini(&pace);
}
END_TEST

START_TEST(without_a_rate_nothing_waits)
{
    weir_pace pace;
    ck_assert(weir_pace_init(&pace, (weir_rate){0}));
    for (int i = 0; i < 1000; i++)
        weir_pace_note(&pace, 1);
    ck_assert_int_eq(weir_pace_wait(&pace, 1, 5), 0);
    weir_pace_fini(&pace);
}
END_TEST

/* ------------------------------------------------------------------ the budget of a host */

static bool is_host(const char *url, const char *host)
{
    return weir_str_is(weir_budget_host(weir_str_of(url)), host);
}

START_TEST(the_host_of_a_url_is_found)
{
    ck_assert(is_host("wss://a.example/x?y", "a.example"));
    ck_assert(is_host("wss://a.example:443/x", "a.example"));
    ck_assert(is_host("ws://u:p@a.example:1", "a.example"));
    ck_assert(is_host("tcp://[::1]:5555", "[::1]"));
    ck_assert(is_host("a.example", "a.example"));
    ck_assert(is_host("", ""));
    ck_assert(is_host("wss://a.example?x=://b", "a.example"));
}
END_TEST

START_TEST(attempts_of_all_are_counted_by_host)
{
    const weir_rate rate = {2, 1000000};
    const weir_str host = WEIR_STR("a.example"), other = WEIR_STR("b.example");
    weir_budget_reset();
    ck_assert_int_eq(weir_budget_take(host, (weir_rate){0}, 1), 0); /* one without a limit */
    ck_assert_int_eq(weir_budget_take(WEIR_STR("A.EXAMPLE"), rate, 2), 0);
    const int64_t wait_ns = weir_budget_take(host, rate, 3);
    ck_assert_int_eq(wait_ns, 1 + 1100000 - 3);
    ck_assert_int_eq(weir_budget_take(other, rate, 3), 0);
    ck_assert_int_eq(weir_budget_take(host, rate, 3 + wait_ns), 0);
    ck_assert_int_gt(weir_budget_take(host, rate, 3 + wait_ns), 0);
    weir_budget_reset();
}
END_TEST

START_TEST(more_hosts_than_the_table_holds_forget_the_oldest)
{
    const weir_rate rate = {1, 1000000000};
    char name[32];
    weir_budget_reset();
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "h%d.example", i);
        ck_assert_int_eq(weir_budget_take(weir_str_of(name), rate, i + 1), 0);
    }
    ck_assert_int_gt(weir_budget_take(WEIR_STR("h199.example"), rate, 300), 0);
    ck_assert_int_eq(weir_budget_take(WEIR_STR("h0.example"), rate, 300), 0);
    weir_budget_reset();
}
END_TEST

/* ------------------------------------------------------------------ the outbox */

START_TEST(what_waits_comes_out_in_order)
{
    weir_outbox box = {0};
    ck_assert_int_eq(weir_outbox_put(&box, WEIR_FRAME_TEXT, WEIR_STR("n"), WEIR_STR("one")), 0);
    ck_assert_int_eq(weir_outbox_put(&box, WEIR_FRAME_BINARY, WEIR_STR(""), WEIR_STR("two")), 0);
    weir_letter first;
    ck_assert(weir_outbox_first(&box, &first));
    ck_assert(weir_str_is(first.bytes, "one") && weir_str_is(first.name, "n"));
    weir_outbox_pop(&box);
    ck_assert(weir_outbox_first(&box, &first));
    ck_assert(weir_str_is(first.bytes, "two") && first.kind == WEIR_FRAME_BINARY);
    weir_outbox_pop(&box);
    weir_outbox_pop(&box);
    ck_assert(!weir_outbox_first(&box, &first));
    ck_assert_uint_eq(box.count + box.bytes, 0);
    weir_outbox_fini(&box);
}
END_TEST

/* One leaves for each that comes: the memory of the first ones serves them all, and is wiped. */
START_TEST(the_outbox_goes_round_in_the_memory_that_it_has)
{
    weir_outbox box = {0};
    weir_letter first;
    char text[32];
    size_t cap = 0;
    for (unsigned i = 0; i < 1000; i++) {
        const int len = snprintf(text, sizeof text, "message %u", i);
        ck_assert_int_eq(
            weir_outbox_put(&box, WEIR_FRAME_TEXT, WEIR_STR("n"), (weir_str){text, (size_t)len}),
            0);
        if (i < 5)
            continue;
        snprintf(text, sizeof text, "message %u", i - 5);
        ck_assert(weir_outbox_first(&box, &first) && weir_str_is(first.bytes, text));
        weir_outbox_pop(&box);
        cap = i == 20 ? box.queue.cap : cap;
    }
    ck_assert_uint_eq(box.queue.cap, cap);
    weir_outbox_clear(&box);
    ck_assert_uint_eq(box.queue.cap, cap);
    ck_assert_ptr_null(memmem(box.queue.ptr, cap, "message", 7));
    weir_outbox_fini(&box);
}
END_TEST

START_TEST(the_outbox_is_bounded)
{
    weir_outbox box = {0};
    static char big[WEIR_OUTBOX_BYTES_MAX];
    ck_assert_int_eq(
        weir_outbox_put(&box, WEIR_FRAME_TEXT, WEIR_STR(""), (weir_str){big, sizeof big}), 0);
    ck_assert_int_eq(weir_outbox_put(&box, WEIR_FRAME_TEXT, WEIR_STR(""), WEIR_STR("x")),
                     WEIR_ERR_LIMIT);
    weir_outbox_clear(&box);
    for (int i = 0; i < WEIR_OUTBOX_MAX; i++)
        ck_assert_int_eq(weir_outbox_put(&box, WEIR_FRAME_TEXT, WEIR_STR(""), WEIR_STR("x")), 0);
    ck_assert_int_eq(weir_outbox_put(&box, WEIR_FRAME_TEXT, WEIR_STR(""), WEIR_STR("x")),
                     WEIR_ERR_LIMIT);
    weir_outbox_fini(&box);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        no_window_ever_sees_more_than_the_rate,
        a_burst_goes_at_once_and_then_one_for_each_that_leaves_the_window,
        a_period_is_taken_longer_for_the_road,
        what_is_kept_back_is_there_for_what_cannot_wait,
        without_a_rate_nothing_waits,
        the_host_of_a_url_is_found,
        attempts_of_all_are_counted_by_host,
        more_hosts_than_the_table_holds_forget_the_oldest,
        what_waits_comes_out_in_order,
        the_outbox_goes_round_in_the_memory_that_it_has,
        the_outbox_is_bounded,
    };
    Suite *suite = suite_create("pacing");
    TCase *tcase = tcase_create("pacing");
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    return weir_check_run(suite);
}
