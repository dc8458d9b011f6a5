/* SPDX-License-Identifier: MIT */
/* Who waits for room, and the numbers by which they are known. */
#include "runtime/producers.h"
#include "runtime/waiters.h"
#include "weir_check.h"

/* ------------------------------------------------------------------ waiters */

START_TEST(who_waits_longest_is_told_first_and_once)
{
    weir_waiters w = {0};
    ck_assert(weir_waiters_expect(&w, 4));
    ck_assert_uint_eq(weir_waiters_take(&w), SIZE_MAX);
    weir_waiters_add(&w, 2);
    weir_waiters_add(&w, 0);
    weir_waiters_add(&w, 2);
    weir_waiters_add(&w, 3);
    ck_assert_uint_eq(weir_waiters_take(&w), 2);
    weir_waiters_add(&w, 2);
    ck_assert_uint_eq(weir_waiters_take(&w), 0);
    ck_assert_uint_eq(weir_waiters_take(&w), 3);
    ck_assert_uint_eq(weir_waiters_take(&w), 2);
    ck_assert_uint_eq(weir_waiters_take(&w), SIZE_MAX);
    weir_waiters_fini(&w);
}
END_TEST

START_TEST(more_producers_keep_who_waits_in_order)
{
    weir_waiters w = {0};
    ck_assert(weir_waiters_expect(&w, 3));
    for (size_t i = 0; i < 3; i++)
        weir_waiters_add(&w, i);
    ck_assert_uint_eq(weir_waiters_take(&w), 0);
    weir_waiters_add(&w, 0); /* the ring goes round */
    ck_assert(weir_waiters_expect(&w, 5));
    ck_assert(weir_waiters_expect(&w, 2)); /* they never get fewer */
    weir_waiters_add(&w, 4);
    weir_waiters_add(&w, 1);
    ck_assert_uint_eq(weir_waiters_take(&w), 1);
    ck_assert_uint_eq(weir_waiters_take(&w), 2);
    ck_assert_uint_eq(weir_waiters_take(&w), 0);
    ck_assert_uint_eq(weir_waiters_take(&w), 4);
    ck_assert_uint_eq(weir_waiters_take(&w), SIZE_MAX);
    weir_waiters_fini(&w);
}
END_TEST

/* ------------------------------------------------------------------ numbers */

static void count_call(void *owner)
{
    ++*(int *)owner;
}

START_TEST(a_number_that_is_given_back_is_the_next_to_be_taken)
{
    weir_producers p;
    int calls[100] = {0};
    size_t number = 0;
    weir_producers_init(&p);
    for (size_t i = 0; i < 100; i++) {
        ck_assert(weir_producers_take(&p, &calls[i], &number));
        ck_assert_uint_eq(number, i);
    }
    weir_producers_give(&p, 40, &calls[40]);
    weir_producers_give(&p, 40, &calls[40]);
    for (int round = 0; round < 1000; round++) {
        ck_assert(weir_producers_take(&p, &calls[0], &number));
        ck_assert_uint_eq(number, 40);
        weir_producers_give(&p, number, &calls[0]);
    }
    ck_assert_uint_eq(weir_producers_count(&p), 100);
    weir_producers_fini(&p);
}
END_TEST

START_TEST(only_the_owner_of_a_number_is_called)
{
    weir_producers p;
    int one = 0, other = 0;
    size_t a, b;
    weir_producers_init(&p);
    ck_assert(weir_producers_take(&p, &one, &a) && weir_producers_take(&p, &other, &b));
    weir_producers_call(&p, b, count_call);
    weir_producers_call(&p, 7, count_call);
    weir_producers_give(&p, a, &other); /* it is not its own */
    weir_producers_call(&p, a, count_call);
    weir_producers_give(&p, a, &one);
    weir_producers_call(&p, a, count_call);
    ck_assert_int_eq(one, 1);
    ck_assert_int_eq(other, 1);
    weir_producers_fini(&p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("producers");
    weir_check_case(suite, "waiters", who_waits_longest_is_told_first_and_once,
                    more_producers_keep_who_waits_in_order);
    weir_check_case(suite, "numbers", a_number_that_is_given_back_is_the_next_to_be_taken,
                    only_the_owner_of_a_number_is_called);
    return weir_check_run(suite);
}
