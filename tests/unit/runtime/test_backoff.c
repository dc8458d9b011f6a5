/* SPDX-License-Identifier: MIT */
#include "runtime/backoff.h"
#include "util/time.h"
#include "weir_check.h"

static weir_reconnect_spec spec_of(bool full_jitter)
{
    return (weir_reconnect_spec){.initial_ns = WEIR_NS_PER_S,
                                 .max_ns = 30 * WEIR_NS_PER_S,
                                 .factor = 2,
                                 .full_jitter = full_jitter,
                                 .attempts = -1};
}

START_TEST(without_jitter_the_delay_doubles_up_to_its_cap)
{
    const weir_reconnect_spec spec = spec_of(false);
    const int64_t expected[] = {1, 2, 4, 8, 16, 30, 30};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        ck_assert_int_eq(weir_backoff_delay(&spec, i + 1, 12345, 0), expected[i] * WEIR_NS_PER_S);
}
END_TEST

START_TEST(any_number_of_failures_and_any_factor_stays_at_the_cap)
{
    weir_reconnect_spec spec = spec_of(false);
    ck_assert_int_eq(weir_backoff_delay(&spec, UINT64_MAX, 0, 0), spec.max_ns);
    spec.factor = 1e300;
    ck_assert_int_eq(weir_backoff_delay(&spec, 1000000, 0, 0), spec.max_ns);
    spec.max_ns = INT64_MAX;
    ck_assert_int_eq(weir_backoff_delay(&spec, 1000000, 0, 0), INT64_MAX);
}
END_TEST

START_TEST(a_factor_of_one_keeps_the_first_delay)
{
    weir_reconnect_spec spec = spec_of(false);
    spec.factor = 1;
    ck_assert_int_eq(weir_backoff_delay(&spec, UINT64_MAX, 0, 0), WEIR_NS_PER_S);
}
END_TEST

START_TEST(an_initial_delay_over_the_cap_is_capped)
{
    weir_reconnect_spec spec = spec_of(false);
    spec.initial_ns = 60 * WEIR_NS_PER_S;
    ck_assert_int_eq(weir_backoff_delay(&spec, 1, 0, 0), spec.max_ns);
}
END_TEST

START_TEST(full_jitter_draws_from_zero_to_the_ceiling)
{
    const weir_reconnect_spec spec = spec_of(true);
    uint64_t chance = 1;
    int64_t lowest = INT64_MAX, highest = 0;
    for (int i = 0; i < 10000; i++) {
        chance = chance * UINT64_C(6364136223846793005) + 1442695040888963407;
        const int64_t delay = weir_backoff_delay(&spec, 3, chance, 0);
        ck_assert_int_ge(delay, 0);
        ck_assert_int_le(delay, 4 * WEIR_NS_PER_S);
        lowest = delay < lowest ? delay : lowest;
        highest = delay > highest ? delay : highest;
    }
    ck_assert_int_lt(lowest, WEIR_NS_PER_S / 10);
    ck_assert_int_gt(highest, 39 * WEIR_NS_PER_S / 10);
}
END_TEST

START_TEST(retry_after_is_a_minimum_and_is_bounded)
{
    const weir_reconnect_spec spec = spec_of(true);
    ck_assert_int_eq(weir_backoff_delay(&spec, 1, 0, 7 * WEIR_NS_PER_S), 7 * WEIR_NS_PER_S);
    ck_assert_int_eq(weir_backoff_delay(&spec, 1, 0, INT64_MAX), WEIR_RETRY_AFTER_MAX_NS);
    const weir_reconnect_spec still = spec_of(false);
    ck_assert_int_eq(weir_backoff_delay(&still, 5, 0, 7 * WEIR_NS_PER_S), 16 * WEIR_NS_PER_S);
}
END_TEST

START_TEST(who_complains_of_too_many_requests_is_given_the_longest_wait)
{
    const weir_reconnect_spec spec = spec_of(true);
    ck_assert_int_eq(weir_backoff_asked(&spec, 429, 0), spec.max_ns);
    ck_assert_int_eq(weir_backoff_asked(&spec, 418, 0), spec.max_ns);
    ck_assert_int_eq(weir_backoff_asked(&spec, 429, WEIR_NS_PER_S), WEIR_NS_PER_S);
    ck_assert_int_eq(weir_backoff_asked(&spec, 503, 0), 0);
    ck_assert_int_eq(weir_backoff_asked(&spec, 0, 0), 0);
}
END_TEST

START_TEST(attempts_count_the_retries)
{
    weir_reconnect_spec spec = spec_of(true);
    ck_assert(weir_backoff_allows(&spec, UINT64_MAX));
    spec.attempts = 2;
    ck_assert(weir_backoff_allows(&spec, 1));
    ck_assert(weir_backoff_allows(&spec, 2));
    ck_assert(!weir_backoff_allows(&spec, 3));
    spec.attempts = 0;
    ck_assert(!weir_backoff_allows(&spec, 1));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("backoff");
    weir_check_case(
        suite, "delay", without_jitter_the_delay_doubles_up_to_its_cap,
        any_number_of_failures_and_any_factor_stays_at_the_cap,
        a_factor_of_one_keeps_the_first_delay, an_initial_delay_over_the_cap_is_capped,
        full_jitter_draws_from_zero_to_the_ceiling, retry_after_is_a_minimum_and_is_bounded,
        who_complains_of_too_many_requests_is_given_the_longest_wait, attempts_count_the_retries);
    return weir_check_run(suite);
}
