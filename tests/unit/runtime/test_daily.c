/* SPDX-License-Identifier: MIT */
#include "expr/zone.h"
#include "runtime/daily.h"
#include "util/time.h"
#include "weir_check.h"

static int64_t at(const char *text)
{
    int64_t ns = 0;
    ck_assert(weir_time_parse(weir_str_of(text), &ns, NULL));
    return ns / WEIR_NS_PER_S;
}

static void expect(const char *zone, int32_t hour, const char *after, const char *next)
{
    const uint16_t found = weir_zone_find(weir_str_of(zone));
    ck_assert_uint_ne(found, WEIR_ZONE_NAIVE);
    ck_assert_int_eq(weir_daily_next(found, hour * 3600, at(after)), at(next));
}

START_TEST(today_if_it_is_to_come_else_tomorrow)
{
    expect("UTC", 3, "2026-11-29T02:59:59Z", "2026-11-29T03:00:00Z");
    expect("UTC", 3, "2026-11-29T03:00:00Z", "2026-11-30T03:00:00Z");
    expect("UTC", 0, "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z");
}
END_TEST

START_TEST(the_day_is_that_of_the_zone)
{
    expect("+05:30", 3, "2026-11-29T22:00:00Z", "2026-11-30T21:30:00Z");
    expect("+05:30", 3, "2026-11-29T21:00:00Z", "2026-11-29T21:30:00Z");
    expect("-11:00", 23, "2026-11-29T09:00:00Z", "2026-11-29T10:00:00Z");
}
END_TEST

START_TEST(summer_time_is_followed)
{
    expect("America/New_York", 3, "2026-07-01T00:00:00Z", "2026-07-01T07:00:00Z");
    expect("America/New_York", 3, "2026-12-01T00:00:00Z", "2026-12-01T08:00:00Z");
}
END_TEST

START_TEST(a_time_that_is_skipped_is_taken_an_hour_later)
{
    expect("America/New_York", 2, "2026-03-08T05:00:00Z", "2026-03-08T07:00:00Z");
}
END_TEST

START_TEST(a_time_that_comes_twice_is_taken_once)
{
    expect("America/New_York", 1, "2026-11-01T00:00:00Z", "2026-11-01T05:00:00Z");
    expect("America/New_York", 1, "2026-11-01T05:00:00Z", "2026-11-02T06:00:00Z");
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        today_if_it_is_to_come_else_tomorrow,
        the_day_is_that_of_the_zone,
        summer_time_is_followed,
        a_time_that_is_skipped_is_taken_an_hour_later,
        a_time_that_comes_twice_is_taken_once,
    };
    Suite *suite = suite_create("daily");
    TCase *tcase = tcase_create("daily");
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    return weir_check_run(suite);
}
