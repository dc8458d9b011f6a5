/* SPDX-License-Identifier: MIT */
/* Who wants does so from threads of their own, also while messages are made: what they let go is
 * left before anything takes its place. */
#include "wants.h"

static void set_up(void)
{
    want_with(2);
}

static weir_code want(size_t stream, uint64_t id, const char *symbol)
{
    const weir_asset *of = asset(symbol);
    return weir_subscriptions_add(wants, stream, id, &of, 1, &error);
}

static weir_code let_go(size_t stream, const char *symbol)
{
    const weir_asset *of = asset(symbol);
    return weir_subscriptions_remove(wants, stream, &of, 1, &error);
}

static size_t gathered(size_t stream, bool unsubscribes)
{
    ck_assert(weir_subscriptions_gather(wants, 0, stream, unsubscribes, 1, &change));
    return change.count;
}

START_TEST(a_place_that_was_let_go_is_left_before_it_is_taken)
{
    ck_assert_int_eq(want(TRADES, 1, "A"), WEIR_OK);
    ck_assert_int_eq(want(QUOTES, 2, "B"), WEIR_OK);
    for (size_t stream = 0; stream < STREAMS; stream++) {
        ck_assert_uint_eq(gathered(stream, false), 1);
        weir_subscriptions_sent(wants, 0, stream, &change, stream + 1, 0);
        ck_assert_uint_eq(gathered(stream, true), 0);
    }
    /* nothing was to be left; now something is, before what is wanted has been gathered */
    ck_assert_int_eq(let_go(QUOTES, "B"), WEIR_OK);
    ck_assert_int_eq(want(TRADES, 3, "C"), WEIR_OK);
    ck_assert_uint_eq(gathered(TRADES, false), 0);
    ck_assert_uint_eq(gathered(QUOTES, true), 1);
    weir_subscriptions_left(wants, 0, QUOTES, &change);
    ck_assert_uint_eq(gathered(TRADES, false), 1);
    ck_assert_ptr_eq(weir_subscription_assets(&change)[0], asset("C"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("leaving first");
    TCase *tcase = tcase_create("wanted");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_place_that_was_let_go_is_left_before_it_is_taken);
    suite_add_tcase(suite, tcase);
    return weir_check_run(suite);
}
