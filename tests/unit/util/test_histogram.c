/* SPDX-License-Identifier: MIT */
/* Quantiles against those of the sorted values, over all orders of magnitude. */
#include "util/histogram.h"
#include "weir_check.h"

enum { MANY = 20000 };

static weir_histogram h;

static void empty(void)
{
    static const weir_histogram zero;
    h = zero;
}

static int64_t values[MANY];

static int by_value(const void *a, const void *b)
{
    const int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    return *state ^= *state << 17;
}

START_TEST(a_quantile_is_at_most_a_part_of_32_above_the_true_one)
{
    static const double parts[] = {0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1};
    uint64_t state = 7;
    empty();
    for (size_t i = 0; i < MANY; i++) {
        values[i] = (int64_t)(next(&state) >> (22 + next(&state) % 42));
        weir_histogram_add(&h, values[i]);
    }
    qsort(values, MANY, sizeof *values, by_value);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        size_t rank = (size_t)(parts[i] * MANY);
        const int64_t exact = values[rank > 0 ? rank - 1 : 0];
        const int64_t got = weir_histogram_quantile(&h, parts[i]);
        ck_assert_msg(got >= exact && got <= exact + exact / 32 + 1, "%g: %lld for %lld", parts[i],
                      (long long)got, (long long)exact);
    }
    ck_assert_int_eq(weir_histogram_quantile(&h, 1), values[MANY - 1]);
}
END_TEST

START_TEST(small_values_are_exact)
{
    empty();
    for (int i = 0; i < 32; i++)
        weir_histogram_add(&h, i);
    ck_assert_int_eq(weir_histogram_quantile(&h, 0.5), 15);
    ck_assert_uint_eq(weir_histogram_below(&h, 15), 16);
    ck_assert_uint_eq(weir_histogram_below(&h, INT64_MAX), 32);
}
END_TEST

START_TEST(what_is_empty_has_no_quantile)
{
    empty();
    ck_assert_int_eq(weir_histogram_quantile(&h, 0.99), 0);
    ck_assert_uint_eq(weir_histogram_below(&h, INT64_MAX), 0);
}
END_TEST

START_TEST(values_below_zero_are_counted_and_are_no_latency)
{
    empty();
    for (int i = 0; i < 10; i++)
        weir_histogram_add(&h, -1 - i);
    weir_histogram_add(&h, 1000);
    ck_assert_uint_eq(h.negative, 10);
    ck_assert_int_eq(weir_histogram_quantile(&h, 0.5), 0);
    ck_assert_int_eq(weir_histogram_quantile(&h, 1), 1000);
    ck_assert_uint_eq(weir_histogram_below(&h, -1), 10);
}
END_TEST

START_TEST(what_is_beyond_the_range_is_in_the_last_bucket)
{
    empty();
    weir_histogram_add(&h, INT64_MAX);
    ck_assert_uint_eq(h.buckets[WEIR_HISTOGRAM_BUCKETS - 1], 1);
    ck_assert_int_eq(weir_histogram_quantile(&h, 0.5), INT64_MAX);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("histogram");
    weir_check_case(suite, "quantiles", a_quantile_is_at_most_a_part_of_32_above_the_true_one,
                    small_values_are_exact, what_is_empty_has_no_quantile,
                    values_below_zero_are_counted_and_are_no_latency,
                    what_is_beyond_the_range_is_in_the_last_bucket);
    return weir_check_run(suite);
}
