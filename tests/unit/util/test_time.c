/* SPDX-License-Identifier: MIT */
/* Civil time, its texts and its edges. */
#include "util/time.h"

#include "weir_check.h"

static int64_t parsed(const char *text)
{
    int64_t ns = 0;
    ck_assert_msg(weir_time_parse(weir_str_of(text), &ns, NULL), "%s", text);
    return ns;
}

START_TEST(common_forms_parse)
{
    ck_assert_int_eq(parsed("1970-01-01"), 0);
    ck_assert_int_eq(parsed("1970-01-01T00:00:00Z"), 0);
    ck_assert_int_eq(parsed("2021-02-22T15:51:44.208Z"), INT64_C(1614009104208000000));
    ck_assert_int_eq(parsed("2021-02-22 15:51:44.208"), INT64_C(1614009104208000000));
    ck_assert_int_eq(parsed("2021-02-22t15:51:44,208z"), INT64_C(1614009104208000000));
    ck_assert_int_eq(parsed("2021-02-22T15:51:44.208123456Z"), INT64_C(1614009104208123456));
    ck_assert_int_eq(parsed("2021-02-22T15:51:44.2081234569999Z"), INT64_C(1614009104208123456));
    ck_assert_int_eq(parsed("2021-02-22T21:21:44.208+05:30"), INT64_C(1614009104208000000));
    ck_assert_int_eq(parsed("2021-02-22T21:21:44.208+0530"), INT64_C(1614009104208000000));
    ck_assert_int_eq(parsed("2021-02-22T10:51:44.208-05"), INT64_C(1614009104208000000));
    ck_assert_int_eq(parsed("2021-02-22 15:51:44 +0000"), INT64_C(1614009104000000000));
    ck_assert_int_eq(parsed("2021-02-22T15:51"), INT64_C(1614009060000000000));
    ck_assert_int_eq(parsed("1969-12-31T23:59:59.999999999Z"), -1);
    ck_assert_int_eq(parsed("2000-02-29"), INT64_C(951782400000000000));
}
END_TEST

START_TEST(zone_is_told)
{
    int64_t ns;
    bool had_zone = true;
    ck_assert(weir_time_parse(WEIR_STR("2021-02-22T15:51:44"), &ns, &had_zone));
    ck_assert(!had_zone);
    ck_assert(weir_time_parse(WEIR_STR("2021-02-22T15:51:44Z"), &ns, &had_zone));
    ck_assert(had_zone);
    ck_assert(weir_time_parse(WEIR_STR("2021-02-22"), &ns, &had_zone));
    ck_assert(!had_zone);
}
END_TEST

START_TEST(other_texts_are_refused)
{
    static const char *const bad[] = {
        "",
        "2021",
        "2021-02-2",
        "2021/02/22",
        "2021-02-29",
        "1900-02-29",
        "2021-13-01",
        "2021-00-01",
        "2021-01-00",
        "2021-04-31",
        "2021-02-22T",
        "2021-02-22T1",
        "2021-02-22T15",
        "2021-02-22T15:5",
        "2021-02-22T15:51:",
        "2021-02-22T15:51:4",
        "2021-02-22T15:51:44.",
        "2021-02-22T15:51:44.Z",
        "2021-02-22T24:00:00Z",
        "2021-02-22T15:60:00Z",
        "2021-02-22T15:51:60Z",
        "2021-02-22T15:51:44ZZ",
        "2021-02-22T15:51:44+",
        "2021-02-22T15:51:44+5",
        "2021-02-22T15:51:44+05:",
        "2021-02-22T15:51:44+05:3",
        "2021-02-22T15:51:44+05:300",
        "2021-02-22T15:51:44+24:00",
        "2021-02-22T15:51:44+05:60",
        "2021-02-22T15:51:44 ",
        "2021-02-22T15:51:44  Z",
        "2021-02-22Z",
        "2021-02-22X15:51:44",
        "20a1-02-22",
        "2021-02-22T1a:51:44Z",
        "2021-02-22T15:51:44.12a",
        "\xff\xff\xff\xff-02-22",
    };
    int64_t ns;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!weir_time_parse(weir_str_of(bad[i]), &ns, NULL), "%s", bad[i]);
}
END_TEST

START_TEST(range_ends_where_int64_does)
{
    int64_t ns;
    ck_assert_int_eq(parsed("2262-04-11T23:47:16.854775807Z"), INT64_MAX);
    ck_assert(!weir_time_parse(WEIR_STR("2262-04-11T23:47:16.854775808Z"), &ns, NULL));
    ck_assert_int_eq(parsed("1677-09-21T00:12:43.145224193Z"), INT64_MIN + 1);
    ck_assert(!weir_time_parse(WEIR_STR("1677-09-21T00:12:43.145224192Z"), &ns, NULL));
    ck_assert(!weir_time_parse(WEIR_STR("9999-12-31T23:59:59Z"), &ns, NULL));
    ck_assert(!weir_time_parse(WEIR_STR("0000-01-01"), &ns, NULL));
}
END_TEST

static void formats_as(int64_t ns, const char *expected)
{
    char out[WEIR_TIME_TEXT_MAX + 1];
    size_t len = weir_time_format(ns, out);
    ck_assert_uint_le(len, WEIR_TIME_TEXT_MAX);
    out[len] = '\0';
    ck_assert_str_eq(out, expected);
    if (ns != INT64_MIN)
        ck_assert_int_eq(parsed(out), ns);
}

START_TEST(format_uses_the_fewest_digits)
{
    formats_as(0, "1970-01-01T00:00:00Z");
    formats_as(INT64_C(1614009104208000000), "2021-02-22T15:51:44.208Z");
    formats_as(INT64_C(1614009104208001000), "2021-02-22T15:51:44.208001Z");
    formats_as(INT64_C(1614009104208000001), "2021-02-22T15:51:44.208000001Z");
    formats_as(-1, "1969-12-31T23:59:59.999999999Z");
    formats_as(INT64_MAX, "2262-04-11T23:47:16.854775807Z");
    formats_as(INT64_MIN, "1677-09-21T00:12:43.145224192Z");
}
END_TEST

START_TEST(every_day_of_four_centuries_round_trips)
{
    for (int64_t days = -110000; days <= 110000; days++) {
        int64_t year;
        unsigned month, day;
        weir_civil_from_days(days, &year, &month, &day);
        ck_assert_int_eq(weir_days_from_civil(year, month, day), days);
    }
}
END_TEST

START_TEST(absurd_dates_do_not_overflow)
{
    int64_t year;
    unsigned month, day;
    weir_civil_from_days(INT64_MAX, &year, &month, &day);
    weir_civil_from_days(INT64_MIN, &year, &month, &day);
    (void)weir_days_from_civil(INT64_MAX, 1, 1);
    (void)weir_days_from_civil(INT64_MIN, 1, 1);
}
END_TEST

START_TEST(durations_need_a_unit)
{
    int64_t ns = 0;
    ck_assert(weir_duration_parse(WEIR_STR("250ms"), &ns) && ns == 250000000);
    ck_assert(weir_duration_parse(WEIR_STR("1.5s"), &ns) && ns == 1500000000);
    ck_assert(weir_duration_parse(WEIR_STR("30m"), &ns) && ns == INT64_C(1800000000000));
    ck_assert(weir_duration_parse(WEIR_STR("23h"), &ns) && ns == INT64_C(82800000000000));
    ck_assert(weir_duration_parse(WEIR_STR("2d"), &ns) && ns == INT64_C(172800000000000));
    ck_assert(weir_duration_parse(WEIR_STR("7us"), &ns) && ns == 7000);
    ck_assert(weir_duration_parse(WEIR_STR("7 ns"), &ns) && ns == 7);
    ck_assert(weir_duration_parse(WEIR_STR("9223372036854775807ns"), &ns) && ns == INT64_MAX);
    static const char *const bad[] = {"",
                                      "5",
                                      "s",
                                      "-5s",
                                      "1.s",
                                      ".5s",
                                      "5 x",
                                      "5s ",
                                      "5S",
                                      "1e3s",
                                      "9223372036854775808ns",
                                      "99999999999999999999s",
                                      "106752d",
                                      "5  s"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!weir_duration_parse(weir_str_of(bad[i]), &ns), "%s", bad[i]);
}
END_TEST

START_TEST(sizes_know_both_kinds_of_units)
{
    uint64_t bytes = 0;
    ck_assert(weir_size_parse(WEIR_STR("100"), &bytes) && bytes == 100);
    ck_assert(weir_size_parse(WEIR_STR("16KiB"), &bytes) && bytes == 16384);
    ck_assert(weir_size_parse(WEIR_STR("64MiB"), &bytes) && bytes == 67108864);
    ck_assert(weir_size_parse(WEIR_STR("1kB"), &bytes) && bytes == 1000);
    ck_assert(weir_size_parse(WEIR_STR("1.5MiB"), &bytes) && bytes == 1572864);
    ck_assert(weir_size_parse(WEIR_STR("18446744073709551615"), &bytes) && bytes == UINT64_MAX);
    ck_assert(!weir_size_parse(WEIR_STR("18446744073709551616"), &bytes));
    ck_assert(!weir_size_parse(WEIR_STR("18446744073709551615KiB"), &bytes));
    ck_assert(!weir_size_parse(WEIR_STR("1kb"), &bytes));
    ck_assert(!weir_size_parse(WEIR_STR("-1"), &bytes));
    ck_assert(!weir_size_parse(WEIR_STR(""), &bytes));
}
END_TEST

START_TEST(clocks_advance)
{
    int64_t before = weir_mono_ns();
    ck_assert_int_ge(weir_mono_ns(), before);
    ck_assert_int_gt(weir_now_ns(), INT64_C(1600000000000000000));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("time");
    weir_check_case(suite, "time", common_forms_parse, zone_is_told, other_texts_are_refused,
                    range_ends_where_int64_does, format_uses_the_fewest_digits,
                    every_day_of_four_centuries_round_trips, absurd_dates_do_not_overflow,
                    durations_need_a_unit, sizes_know_both_kinds_of_units, clocks_advance);
    return weir_check_run(suite);
}
