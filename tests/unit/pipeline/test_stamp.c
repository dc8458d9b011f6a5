/* SPDX-License-Identifier: MIT */
/*
 * Times read by what the text before left, against weir_time_parse, which keeps nothing: each text
 * after each other one, and each again after itself.
 */
#include <stdio.h>

#include "pipeline/stamp.h"
#include "weir_check.h"

enum { SLACK = 16, LONGEST = 64 };

static void check(weir_stamp_memory *memory, const char *text, size_t len)
{
    char with_slack[LONGEST + SLACK];
    int64_t ns = -1, expected = -1;
    memcpy(with_slack, text, len);
    memset(with_slack + len, '7', SLACK);
    const bool is_time = weir_time_parse((weir_str){text, len}, &expected, NULL);
    ck_assert_msg(weir_stamp_read(memory, with_slack, len, &ns) == is_time, "%s", text);
    ck_assert_msg(!is_time || ns == expected, "%s: %lld, not %lld", text, (long long)ns,
                  (long long)expected);
}

static const char *const texts[] = {
    "2021-02-22T15:51:44Z",
    "2021-02-22T15:51:44.2Z",
    "2021-02-22T15:51:44.208Z",
    "2021-02-22T15:51:44.208123Z",
    "2021-02-22T15:51:44.20812345Z",
    "2021-02-22T15:51:44.999999999Z",
    "2021-02-22T15:51:44.2081234567Z",
    "2021-02-22T15:51:45.208Z",
    "2021-02-22T00:00:00.000Z",
    "2021-02-22T23:59:59.999Z",
    "2021-02-23T15:51:44.208Z",
    "2021-02-22 15:51:44.208Z",
    "2021-02-22t15:51:44.208z",
    "2021-02-22T15:51:44.208",
    "2021-02-22T15:51:44.208+00:00",
    "2021-02-22T15:51:44.208+05:30",
    "2021-02-22T15:51:44,208Z",
    "2021-02-22T15:51:44",
    "2021-02-22T15:51Z",
    "2021-02-22",
    /* none */
    "",
    "Z",
    "2021-02-22T15:51:44.Z",
    "2021-02-22T15:51:44.20:Z",
    "2021-02-22T15:51:44.2/8Z",
    "2021-02-22T15:51:44.2081234/Z",
    "2021-02-22T15:51:44.20812345:Z",
    "2021-02-22T15:51:44.208ZZ",
    "2021-02-22T15:51:44.\xb0\xb1\xb2Z",
    "2021-02-22T15:51:60.208Z",
    "2021-02-22T15:60:44.208Z",
    "2021-02-22T24:51:44.208Z",
    "2021-02-22T15:51;44.208Z",
    "2021-02-22X15:51:44.208Z",
    "2021-02-29T15:51:44.208Z",
    "2021-13-22T15:51:44.208Z",
    /* the ends of int64 */
    "1677-09-21T00:12:43.145224192Z",
    "1677-09-21T00:12:43.145224193Z",
    "1677-09-21T23:59:59.9Z",
    "2262-04-11T23:47:16.854775807Z",
    "2262-04-11T23:47:16.854775808Z",
    "2262-04-11T23:47:15.999999999Z",
    "9999-12-31T23:59:59.9Z",
};

enum { TEXTS = sizeof texts / sizeof *texts };

START_TEST(a_time_is_the_same_whatever_was_before_it)
{
    for (size_t i = 0; i < TEXTS; i++) {
        weir_stamp_memory memory = {0};
        check(&memory, texts[i], strlen(texts[i]));
        for (size_t j = 0; j < TEXTS; j++) {
            check(&memory, texts[j], strlen(texts[j]));
            check(&memory, texts[i], strlen(texts[i]));
            check(&memory, texts[i], strlen(texts[i]));
        }
    }
}
END_TEST

START_TEST(every_byte_of_a_time_counts)
{
    for (size_t i = 0; i < TEXTS; i++) {
        weir_stamp_memory memory = {0};
        char text[LONGEST];
        const size_t len = strlen(texts[i]);
        for (size_t at = 0; at < len; at++) {
            for (int byte = ' '; byte < 0x100; byte++) {
                memcpy(text, texts[i], len + 1);
                check(&memory, text, len);
                text[at] = (char)byte;
                check(&memory, text, len);
            }
        }
    }
}
END_TEST

START_TEST(fractions_of_each_length_are_exact)
{
    weir_stamp_memory memory = {0};
    uint64_t state = 1;
    for (int i = 0; i < 20000; i++) {
        char text[LONGEST], fraction[20];
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407U;
        snprintf(fraction, sizeof fraction, "%09u", (unsigned)(state >> 32) % 1000000000);
        fraction[i % 9 + 1] = '\0';
        snprintf(text, sizeof text, "2021-02-22T15:51:%02d.%sZ", i / 5000, fraction);
        check(&memory, text, strlen(text));
    }
}
END_TEST

static const struct {
    const char *text;
    int64_t unit;
    int64_t ns; /* -1: not of the form */
} seconds[] = {
    {"1618678142.221252", 1, 1618678142221252000},
    {"1618678142.221252", WEIR_NS_PER_US, 1618678142221252000},
    {"1618678142.221252999", WEIR_NS_PER_US, 1618678142221252000},
    {"1618678142.221252999", WEIR_NS_PER_MS, 1618678142221000000},
    {"1618678142.999999999", WEIR_NS_PER_S, 1618678142000000000},
    {"1618678142.9", 1, 1618678142900000000},
    {"1618678143.000000001", 1, 1618678143000000001},
    {"0000000000.0", 1, 0},
    {"9223372035.999999999", 1, 9223372035999999999},
    {"9223372036.0", 1, -1},
    {"9999999999.0", 1, -1},
    {"1618678142", 1, -1},
    {"1618678142.", 1, -1},
    {"1618678142.0123456789", 1, -1},
    {"1618678142.22:", 1, -1},
    {"1618678142.22125299/", 1, -1},
    {"1618678142.22125299:", 1, -1},
    {"161867814x.22", 1, -1},
    {"1618678142,22", 1, -1},
    {"", 1, -1},
};

static void check_seconds(weir_moment *moment, size_t i)
{
    char with_slack[LONGEST + SLACK];
    int64_t ns = -1;
    const size_t len = strlen(seconds[i].text);
    memcpy(with_slack, seconds[i].text, len);
    memset(with_slack + len, '7', SLACK);
    const bool is_time = weir_seconds_read(moment, with_slack, len, seconds[i].unit, &ns);
    ck_assert_msg(is_time == (seconds[i].ns >= 0), "%s", seconds[i].text);
    ck_assert_msg(!is_time || ns == seconds[i].ns, "%s: %lld", seconds[i].text, (long long)ns);
}

START_TEST(times_in_seconds_are_the_same_whatever_was_before_them)
{
    enum { SECONDS = sizeof seconds / sizeof *seconds };
    for (size_t i = 0; i < SECONDS; i++) {
        weir_moment moment = {0};
        check_seconds(&moment, i);
        for (size_t j = 0; j < SECONDS; j++) {
            check_seconds(&moment, j);
            check_seconds(&moment, i);
            check_seconds(&moment, i);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stamp");
    weir_check_case(suite, "stamp", a_time_is_the_same_whatever_was_before_it,
                    every_byte_of_a_time_counts, fractions_of_each_length_are_exact,
                    times_in_seconds_are_the_same_whatever_was_before_them);
    return weir_check_run(suite);
}
