/* SPDX-License-Identifier: MIT */
/* The heap of timers: order by time and by when they were set, through any setting and cancelling.
 */
#include "backends/wire/timers.h"

#include <stdlib.h>

#include "weir_check.h"

enum { MANY = 500 };

START_TEST(they_come_by_time_and_by_order)
{
    weir_timers timers = {0};
    weir_timer a = {0}, b = {0}, c = {0};
    weir_timers_set(&timers, &a, 20);
    weir_timers_set(&timers, &b, 10);
    weir_timers_set(&timers, &c, 20);
    const uint64_t order = timers.next_order;
    ck_assert_ptr_null(weir_timers_take(&timers, 9, order));
    ck_assert_ptr_eq(weir_timers_take(&timers, 20, order), &b);
    ck_assert_ptr_eq(weir_timers_take(&timers, 20, order), &a);
    weir_timers_set(&timers, &a, 20); /* anew: it has its next turn later */
    ck_assert_ptr_eq(weir_timers_take(&timers, 20, order), &c);
    ck_assert_ptr_null(weir_timers_take(&timers, 20, order));
    ck_assert_ptr_eq(weir_timers_take(&timers, 20, timers.next_order), &a);
    ck_assert_ptr_null(timers.first);
}
END_TEST

/* Against a plain search among all of them. */
START_TEST(any_setting_and_cancelling_keeps_the_order)
{
    weir_timers timers = {0};
    weir_timer *all = calloc(MANY, sizeof *all);
    ck_assert_ptr_nonnull(all);
    srand(7);
    for (int step = 0; step < 20000; step++) {
        weir_timer *timer = &all[rand() % MANY];
        if (rand() % 3 == 0)
            weir_timers_cancel(&timers, timer);
        else
            weir_timers_set(&timers, timer, rand() % 100);
        const weir_timer *least = NULL;
        for (int i = 0; i < MANY; i++) {
            const weir_timer *t = &all[i];
            if (!t->is_set)
                continue;
            if (!least || t->at_ns < least->at_ns ||
                (t->at_ns == least->at_ns && t->order < least->order))
                least = t;
        }
        ck_assert_ptr_eq(timers.first, least);
    }
    int64_t before = -1;
    for (weir_timer *t; (t = weir_timers_take(&timers, 100, UINT64_MAX)) != NULL;) {
        ck_assert_int_ge(t->at_ns, before);
        before = t->at_ns;
    }
    ck_assert_ptr_null(timers.first);
    for (int i = 0; i < MANY; i++)
        ck_assert(!all[i].is_set);
    free(all);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("timers");
    weir_check_case(suite, "heap", they_come_by_time_and_by_order,
                    any_setting_and_cancelling_keeps_the_order);
    return weir_check_run(suite);
}
