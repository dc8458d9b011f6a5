/* SPDX-License-Identifier: MIT */
#include "runtime/status.h"
#include "weir_check.h"

enum { ROUNDS = 200000 };

static weir_status_cell cell;

static weir_status_numbers numbers_of(uint64_t n)
{
    weir_status_numbers numbers = {.connects = n, .last_frame_ns = (int64_t)n};
    numbers.counters.frames = n;
    numbers.counters.by_channel[WEIR_CHANNEL_COUNT - 1] = n;
    return numbers;
}

static void *write_many(void *user)
{
    (void)user;
    for (uint64_t n = 1; n <= ROUNDS; n++) {
        const weir_status_numbers numbers = numbers_of(n);
        weir_status_write(&cell, &numbers);
    }
    return NULL;
}

START_TEST(a_reader_sees_numbers_that_were_true_together)
{
    weir_status_numbers seen = {0};
    uint64_t before = 0;
    pthread_t thread;
    ck_assert(weir_status_init(&cell));
    pthread_create(&thread, NULL, write_many, NULL);
    while (seen.connects < ROUNDS) {
        weir_status_read(&cell, &seen);
        const weir_status_numbers expected = numbers_of(seen.connects);
        ck_assert_mem_eq(&seen, &expected, sizeof seen);
        ck_assert_uint_ge(seen.connects, before);
        before = seen.connects;
    }
    pthread_join(thread, NULL);
    weir_status_fini(&cell);
}
END_TEST

static void fail_each(void *user, const weir_failure *failure)
{
    (void)failure;
    ++*(int *)user;
}

START_TEST(without_failures_nothing_is_called)
{
    int calls = 0;
    ck_assert(weir_status_init(&cell));
    weir_status_letters(&cell, fail_each, &calls);
    ck_assert_int_eq(calls, 0);
    weir_status_fini(&cell);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("status");
    weir_check_case(suite, "status", a_reader_sees_numbers_that_were_true_together,
                    without_failures_nothing_is_called);
    return weir_check_run(suite);
}
