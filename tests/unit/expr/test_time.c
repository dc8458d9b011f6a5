/* SPDX-License-Identifier: MIT */
/* Timestamps against pandas 1.5; zones far away in time; what pandas guesses and Weir refuses. */
#include <pthread.h>

#include "expr/zone.h"
#include "expr/zone_rule.h"
#include "table.h"

static world *w;

START_TEST(times_mean_what_pandas_means)
{
    table_check(w, "times.txt");
}
END_TEST

START_TEST(clocks_stand_still_when_told_to)
{
    table_expect(w, "now_ns()", "1700000000123456789");
    table_expect(w, "(now_us(), now_ms(), now_s())",
                 "(1700000000123456, 1700000000123, 1700000000)");
    table_expect(w, "pd.Timestamp.now(tz='UTC').isoformat()",
                 "'2023-11-14T22:13:20.123456789+00:00'");
    table_expect(w, "pd.Timestamp.now('Asia/Kolkata').hour", "3");
    table_expect(w, "pd.Timestamp('now').value", "1700000000123456789");
    table_expect(w, "pd.Timestamp('10:11').isoformat()", "'2023-11-14T10:11:00'");
}
END_TEST

START_TEST(a_clock_that_is_not_fixed_goes_on)
{
    w->known.fixed_now_ns = 0;
    table_expect(w, "now_ns() > 1700000000123456789", "True");
    table_expect(w,
                 "abs(pd.Timestamp.utcnow() - pd.Timestamp.now(tz='UTC')) "
                 "< pd.Timedelta('1h')",
                 "True");
    w->known.fixed_now_ns = 1700000000123456789;
}
END_TEST

START_TEST(an_unknown_zone_name_in_a_text_is_refused)
{
    table_expect(w, "pd.Timestamp('2021-02-22 15:51:44 EST')", "ValueError");
    table_expect(w, "pd.Timestamp('2021-02-22 15:51:44 GMT+3')", "ValueError");
    table_expect(w, "pd.Timestamp('Mon, 22 Feb 2021 15:51:44 GMT').isoformat()",
                 "'2021-02-22T15:51:44+00:00'");
}
END_TEST

START_TEST(zone_names_cannot_leave_the_directory)
{
    static const char *const names[] = {"../../../etc/passwd",
                                        "/etc/localtime",
                                        "Asia/../UTC",
                                        "posix",
                                        "Asia",
                                        "tzdata.zi",
                                        "",
                                        "zone.tab"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        ck_assert_msg(weir_zone_find(weir_str_of(names[i])) == WEIR_ZONE_NAIVE, "%s", names[i]);
}
END_TEST

START_TEST(the_rule_of_a_zone_goes_on_where_its_table_ends)
{
    uint16_t zone = weir_zone_find(WEIR_STR("America/New_York"));
    const char *name;
    ck_assert_int_eq(weir_zone_offset(zone, 4103672400, &name), -5 * 3600); /* 2100-01-15 */
    ck_assert_str_eq(name, "EST");
    ck_assert_int_eq(weir_zone_offset(zone, 4119307200, &name), -4 * 3600); /* 2100-07-15 */
    ck_assert_str_eq(name, "EDT");
}
END_TEST

START_TEST(rules_of_every_form_are_read)
{
    static const struct {
        const char *text;
        bool is_good;
    } rules[] = {
        {"UTC0", true},
        {"EST5EDT,M3.2.0,M11.1.0", true},
        {"<+0330>-3:30", true},
        {"<-03>3<-02>,M3.5.0/-2,M10.5.0/-1", true},
        {"IST-1GMT0,M10.5.0,M3.5.0/1", true},
        {"AAA3BBB,J60/2,300/2", true},
        {"", false},
        {"EST", false},
        {"EST5EDT", false},
        {"EST5EDT,M13.2.0,M11.1.0", false},
        {"EST5EDT,M3.2.0", false},
        {"EST99999999999999999999", false},
        {"ABCDEFGHIJKLMNOP5", false},
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        weir_zone_rule rule;
        ck_assert_msg(weir_zone_rule_parse(weir_str_of(rules[i].text), &rule) == rules[i].is_good,
                      "%s", rules[i].text);
    }
}
END_TEST

static void *find_zones(void *found)
{
    static const char *const names[] = {"Asia/Tokyo", "Europe/Paris", "Africa/Cairo",
                                        "America/Chicago", "Pacific/Auckland"};
    uint16_t *zones = found;
    for (size_t round = 0; round < 200; round++)
        for (size_t i = 0; i < 5; i++) {
            zones[i] = weir_zone_find(weir_str_of(names[i]));
            weir_zone_offset(zones[i], (int64_t)round * 10000000, NULL);
        }
    return NULL;
}

START_TEST(zones_are_shared_by_threads)
{
    pthread_t threads[4];
    uint16_t found[4][5];
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, find_zones, found[i]), 0);
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    for (size_t i = 0; i < 5; i++) {
        ck_assert_uint_gt(found[0][i], WEIR_ZONE_UTC);
        ck_assert_uint_eq(found[0][i], found[3][i]);
    }
}
END_TEST

START_TEST(the_ends_of_time_do_not_overflow)
{
    table_expect(w, "pd.Timestamp('2262-04-11T23:47:16.854775807Z').tz_convert('Asia/Tokyo').hour",
                 "8");
    table_expect(w, "pd.Timestamp('1677-09-21T00:12:43.145224193Z').isoformat()",
                 "'1677-09-21T00:12:43.145224193+00:00'");
    table_expect(w, "pd.Timestamp('1677-09-21T00:12:43.145224193Z').floor('D')", "ValueError");
    table_expect(w, "str(pd.Timedelta(-9223372036854775807))",
                 "'-106752 days +00:12:43.145224193'");
    table_expect(w, "pd.Timestamp('1677-09-21T00:12:43.145224193').tz_localize('Asia/Tokyo')",
                 "ValueError");
}
END_TEST

int main(void)
{
    w = world_new();
    Suite *suite = suite_create("time");
    weir_check_case(suite, "pandas", times_mean_what_pandas_means,
                    an_unknown_zone_name_in_a_text_is_refused, the_ends_of_time_do_not_overflow);
    weir_check_case(suite, "clocks", clocks_stand_still_when_told_to,
                    a_clock_that_is_not_fixed_goes_on);
    weir_check_case(suite, "zones", zone_names_cannot_leave_the_directory,
                    the_rule_of_a_zone_goes_on_where_its_table_ends, rules_of_every_form_are_read,
                    zones_are_shared_by_threads);
    int code = weir_check_run(suite);
    world_free(w);
    return code;
}
