/* SPDX-License-Identifier: MIT */
/*
 * Numbers against their definitions: a text means the double that strtod rounds it to, and a repr
 * is the shortest text that reads back (the nearest of these). Doubles are drawn at random from
 * all bit patterns and from the kinds of numbers that feeds carry.
 */
#include "util/number.h"

#include <locale.h>
#include <math.h>

#include "util/digits.h"
#include "weir_check.h"

static uint64_t state = 88172645463325252u;

static uint64_t draw(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static double double_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static void repr_is(double value, const char *expected)
{
    char out[WEIR_NUMBER_TEXT_MAX + 1];
    out[weir_double_repr(value, out)] = '\0';
    ck_assert_str_eq(out, expected);
}

static void reads_as(const char *text, double expected)
{
    double value = 0;
    ck_assert_msg(weir_double_parse(weir_str_of(text), &value), "%s", text);
    ck_assert_msg(bits_of(value) == bits_of(expected), "%s: %a %a", text, value, expected);
}

START_TEST(repr_is_what_python_prints)
{
    repr_is(0.0, "0.0");
    repr_is(-0.0, "-0.0");
    repr_is(1.0, "1.0");
    repr_is(-1.5, "-1.5");
    repr_is(0.1, "0.1");
    repr_is(0.1 + 0.2, "0.30000000000000004");
    repr_is(1e-4, "0.0001");
    repr_is(1e-5, "1e-05");
    repr_is(1.5e-5, "1.5e-05");
    repr_is(1e15, "1000000000000000.0");
    repr_is(1e16, "1e+16");
    repr_is(9007199254740992.0, "9007199254740992.0");
    repr_is(9007199254740994.0, "9007199254740994.0");
    repr_is(123456789012345680.0, "1.2345678901234568e+17");
    repr_is(1e22, "1e+22");
    repr_is(1e23, "1e+23");
    repr_is(1e100, "1e+100");
    repr_is(5e-324, "5e-324");
    repr_is(2.2250738585072014e-308, "2.2250738585072014e-308");
    repr_is(1.7976931348623157e308, "1.7976931348623157e+308");
    repr_is(5.684341886080802e-14, "5.684341886080802e-14");
    repr_is(9.5367431640625e-07, "9.5367431640625e-07");
    repr_is(67012.5, "67012.5");
    repr_is(0.00012345, "0.00012345");
    repr_is(INFINITY, "inf");
    repr_is(-INFINITY, "-inf");
    repr_is(NAN, "nan");
    repr_is(-NAN, "nan");
}
END_TEST

START_TEST(json_has_no_infinity)
{
    char out[WEIR_NUMBER_TEXT_MAX + 1];
    out[weir_double_json(INFINITY, out)] = '\0';
    ck_assert_str_eq(out, "null");
    out[weir_double_json(1.0, out)] = '\0';
    ck_assert_str_eq(out, "1.0");
}
END_TEST

static int digits_in(const char *text)
{
    int count = 0, trailing = 0;
    bool is_started = false;
    for (; *text && *text != 'e'; text++) {
        if (*text < '0' || *text > '9')
            continue;
        is_started = is_started || *text != '0';
        count += is_started;
        trailing = *text == '0' ? trailing + 1 : 0;
    }
    return is_started ? count - trailing : 1;
}

/* The definition: fewer digits never read back; and the text reads back. */
static void check_shortest(double value)
{
    char out[WEIR_NUMBER_TEXT_MAX + 1];
    size_t len = weir_double_repr(value, out);
    ck_assert_uint_lt(len, WEIR_NUMBER_TEXT_MAX);
    out[len] = '\0';
    ck_assert_msg(bits_of(strtod(out, NULL)) == bits_of(value), "%s is not %a", out, value);
    double again;
    ck_assert(weir_double_parse_json((weir_str){out, len}, &again));
    ck_assert_msg(bits_of(again) == bits_of(value), "%s reads as %a", out, again);
    int digits = digits_in(out);
    char text[64];
    if (digits > 1) {
        snprintf(text, sizeof text, "%.*e", digits - 2, value);
        ck_assert_msg(strtod(text, NULL) != value, "%s is longer than %s", out, text);
    }
    /* The nearest of that length, if it reads back, is the one that is written. */
    snprintf(text, sizeof text, "%.*e", digits - 1, value);
    if (strtod(text, NULL) == value) {
        char bare[64], written[64];
        snprintf(bare, sizeof bare, "%.17e", strtod(text, NULL));
        snprintf(written, sizeof written, "%.17e", strtod(out, NULL));
        ck_assert_str_eq(bare, written);
    }
}

START_TEST(repr_of_random_bits_is_shortest)
{
    for (int i = 0; i < 60000; i++) {
        double value = double_of(draw());
        if (isfinite(value))
            check_shortest(value);
    }
}
END_TEST

START_TEST(repr_of_feed_numbers_is_shortest)
{
    static const double scales[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e12};
    for (int i = 0; i < 60000; i++) {
        double scale = scales[draw() % 10];
        double value = (double)(draw() >> (11 + draw() % 50)) / scale;
        check_shortest(value);
        check_shortest(nextafter(value, INFINITY));
        check_shortest(-value * 3);
    }
}
END_TEST

START_TEST(repr_at_powers_of_two_is_shortest)
{
    for (int e = -1074; e < 1024; e++) {
        check_shortest(ldexp(1.0, e));
        check_shortest(nextafter(ldexp(1.0, e), INFINITY));
        if (e > -1074)
            check_shortest(nextafter(ldexp(1.0, e), 0));
    }
}
END_TEST

START_TEST(parse_rounds_as_strtod_does)
{
    char text[80];
    for (int i = 0; i < 60000; i++) {
        uint64_t mantissa = draw() >> draw() % 63;
        int exponent = (int)(draw() % 700) - 350;
        if (i % 2)
            exponent = (int)(draw() % 50) - 25;
        snprintf(text, sizeof text, "%s%llu.%llue%d", i % 3 ? "" : "-",
                 (unsigned long long)mantissa, (unsigned long long)(draw() >> draw() % 63),
                 exponent);
        double value;
        ck_assert(weir_double_parse_json(weir_str_of(text), &value));
        ck_assert_msg(bits_of(value) == bits_of(strtod(text, NULL)), "%s", text);
    }
}
END_TEST

/* Up to 21 digits with a point anywhere, and mostly an exponent. */
static void draw_number(char *text)
{
    const int digits = 1 + (int)(draw() % 21), point = (int)(draw() % 22);
    for (int i = 0; i < digits; i++) {
        if (i == point && i > 0)
            *text++ = '.';
        const char digit = (char)('0' + draw() % 10);
        *text++ = i == 0 && digit == '0' ? '1' : digit;
    }
    *text = '\0';
    static const char *const forms[] = {"", "e%d", "E%+d", "e%02d", "E-%02d"};
    if (draw() % 3)
        sprintf(text, forms[draw() % 5], (int)(draw() % 30));
}

START_TEST(numbers_with_exponents_or_many_digits_round_as_strtod_does)
{
    char text[80];
    double value, lenient;
    for (int i = 0; i < 200000; i++) {
        draw_number(text);
        ck_assert_msg(weir_double_parse_json(weir_str_of(text), &value), "%s", text);
        ck_assert_msg(bits_of(value) == bits_of(strtod(text, NULL)), "%s", text);
        ck_assert(weir_double_parse(weir_str_of(text), &lenient));
        ck_assert_msg(bits_of(value) == bits_of(lenient), "%s", text);
    }
}
END_TEST

START_TEST(halfway_texts_round_to_even)
{
    reads_as("9007199254740995", 9007199254740996.0);
    reads_as("90071992547409.93e2", 9007199254740992.0);
    reads_as("9007199254740993e1", 90071992547409936.0);
    reads_as("900719925474099.35", 900719925474099.4);
    reads_as("1125899906842624.125", 1125899906842624.0);
    reads_as("1125899906842624.375", 1125899906842624.5);
    reads_as("4503599627370496.5", 4503599627370496.0);
    reads_as("4503599627370497.5", 4503599627370498.0);
    reads_as("9007199254740993", 9007199254740992.0);
    reads_as("9007199254740993.00000000000000000000000000001", 9007199254740994.0);
    reads_as("2.2250738585072011e-308", 2.2250738585072011e-308);
    reads_as("1e400", INFINITY);
    reads_as("-1e400", -INFINITY);
    reads_as("1e-400", 0.0);
    reads_as("-1e-400", -0.0);
    reads_as("0e999999999999999999", 0.0);
    reads_as("1e999999999999999999", INFINITY);
    reads_as("0.000000000000000000000000000001e30", 1.0);
}
END_TEST

START_TEST(json_numbers_are_strict)
{
    static const char *const good[] = {"0", "-0", "1.5", "1e5", "1E+5", "1e-05", "-12.50", "10"};
    static const char *const bad[] = {"",
                                      "-",
                                      "+1",
                                      "01",
                                      "-01",
                                      ".5",
                                      "1.",
                                      "1.e5",
                                      "1e",
                                      "1e+",
                                      "0x1",
                                      "inf",
                                      "nan",
                                      " 1",
                                      "1 ",
                                      "1_0",
                                      "1.e-5",
                                      "e-5",
                                      "-e5",
                                      "1e-",
                                      "1e+-5",
                                      "1ee5",
                                      "01e5",
                                      ".5e1",
                                      "12345678901234567.",
                                      "1234567890123456.",
                                      "0123456789012345678",
                                      "1234567890123456e",
                                      "12345678901234.5.6",
                                      "1e5e5",
                                      "1-5",
                                      "1,5",
                                      "--1",
                                      "1e5.",
                                      "1..2",
                                      "e5",
                                      "1.5f"};
    double value;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ck_assert_msg(weir_double_parse_json(weir_str_of(good[i]), &value), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!weir_double_parse_json(weir_str_of(bad[i]), &value), "%s", bad[i]);
    ck_assert(!weir_double_parse_json((weir_str){NULL, 0}, &value));
    ck_assert(!weir_double_parse_json((weir_str){"1\0", 2}, &value));
}
END_TEST

START_TEST(python_numbers_are_lenient_as_float_is)
{
    reads_as(" 1.5\n", 1.5);
    reads_as("+1", 1.0);
    reads_as(".5", 0.5);
    reads_as("1.", 1.0);
    reads_as("007", 7.0);
    reads_as("1_000.5_0", 1000.5);
    reads_as("\xc2\xa0"
             "2\xe3\x80\x80",
             2.0);
    reads_as("inf", INFINITY);
    reads_as("-Infinity", -INFINITY);
    double value;
    ck_assert(weir_double_parse(WEIR_STR("NaN"), &value) && isnan(value));
    static const char *const bad[] = {"",     " ",     "_1",  "1_",   "1__0", "1_.5",
                                      "1e_5", ".",     "+",   "e5",   "1e",   "0x1",
                                      "1 2",  "infin", "+-1", "1_e5", "\xc2", "i"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!weir_double_parse(weir_str_of(bad[i]), &value), "%s", bad[i]);
}
END_TEST

START_TEST(number_text_length_is_bounded)
{
    static char text[WEIR_NUMBER_DIGITS_MAX + 2];
    memset(text, '1', sizeof text);
    double value;
    ck_assert(weir_double_parse_json((weir_str){text, WEIR_NUMBER_DIGITS_MAX}, &value));
    ck_assert(isinf(value));
    ck_assert(!weir_double_parse_json((weir_str){text, WEIR_NUMBER_DIGITS_MAX + 1}, &value));
    ck_assert(weir_double_parse((weir_str){text, WEIR_NUMBER_DIGITS_MAX}, &value));
    ck_assert(!weir_double_parse((weir_str){text, WEIR_NUMBER_DIGITS_MAX + 1}, &value));
}
END_TEST

START_TEST(integers_end_at_the_edge_of_int64)
{
    int64_t value = 0;
    ck_assert_int_eq(weir_int_parse_json(WEIR_STR("9223372036854775807"), &value), WEIR_INT_OK);
    ck_assert_int_eq(value, INT64_MAX);
    ck_assert_int_eq(weir_int_parse_json(WEIR_STR("9223372036854775808"), &value),
                     WEIR_INT_OVERFLOW);
    ck_assert_int_eq(weir_int_parse_json(WEIR_STR("-9223372036854775808"), &value), WEIR_INT_OK);
    ck_assert_int_eq(value, INT64_MIN);
    ck_assert_int_eq(weir_int_parse_json(WEIR_STR("-9223372036854775809"), &value),
                     WEIR_INT_OVERFLOW);
    ck_assert_int_eq(weir_int_parse_json(WEIR_STR("99999999999999999999999"), &value),
                     WEIR_INT_OVERFLOW);
    ck_assert_int_eq(weir_int_parse_json(WEIR_STR("9999999999999999999999x"), &value),
                     WEIR_INT_MALFORMED);
    static const char *const bad[] = {"", "-", "+1", "01", "1.0", " 1", "1e5", "--1", "1_0"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_int_eq(weir_int_parse_json(weir_str_of(bad[i]), &value), WEIR_INT_MALFORMED);
    ck_assert_int_eq(weir_int_parse(WEIR_STR(" +1_000 "), &value), WEIR_INT_OK);
    ck_assert_int_eq(value, 1000);
    ck_assert_int_eq(weir_int_parse(WEIR_STR("-007"), &value), WEIR_INT_OK);
    ck_assert_int_eq(value, -7);
    ck_assert_int_eq(weir_int_parse(WEIR_STR("1__0"), &value), WEIR_INT_MALFORMED);
    ck_assert_int_eq(weir_int_parse(WEIR_STR("1.5"), &value), WEIR_INT_MALFORMED);
    ck_assert_int_eq(weir_int_parse(WEIR_STR(" "), &value), WEIR_INT_MALFORMED);
}
END_TEST

START_TEST(integer_text_is_what_printf_says)
{
    char out[WEIR_NUMBER_TEXT_MAX + 1], expected[40];
    for (int i = 0; i < 20000; i++) {
        int64_t value = (int64_t)(draw() >> draw() % 64);
        if (i % 2)
            value = ~value;
        out[weir_int_text(value, out)] = '\0';
        snprintf(expected, sizeof expected, "%lld", (long long)value);
        ck_assert_str_eq(out, expected);
    }
    out[weir_int_text(INT64_MIN, out)] = '\0';
    ck_assert_str_eq(out, "-9223372036854775808");
    out[weir_uint_text(UINT64_MAX, out)] = '\0';
    ck_assert_str_eq(out, "18446744073709551615");
}
END_TEST

START_TEST(process_locale_changes_nothing)
{
    static const char *const commas[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "ps_AF"};
    for (size_t i = 0; i < sizeof commas / sizeof *commas; i++)
        if (setlocale(LC_ALL, commas[i]))
            break;
    repr_is(0.1 + 0.2, "0.30000000000000004");
    reads_as("1.2345678901234567890123e-200", 1.2345678901234567890123e-200);
    setlocale(LC_ALL, "C");
}
END_TEST

/* What stands behind a text does not matter. */
START_TEST(digits_alone_are_read_at_once)
{
    static const char others[] = "/:.-+eE \xb0\xff";
    char text[2 * WEIR_WIDE_BYTES];
    for (int i = 0; i < 200000; i++) {
        int64_t value = -1, expected = 0;
        const size_t len = draw() % (WEIR_WIDE_BYTES + 3);
        memset(text, (int)(draw() & 0xff), sizeof text);
        for (size_t k = 0; k < len; k++) {
            text[k] = (char)('0' + draw() % 10);
            expected = expected * 10 + (text[k] - '0');
        }
        const bool is_good = len > 0 && len <= WEIR_WIDE_BYTES;
        ck_assert_int_eq(weir_digits_read(text, len, &value), is_good);
        if (!is_good)
            continue;
        ck_assert_int_eq(value, expected);
        text[draw() % len] = others[draw() % sizeof others]; /* one of them is NUL */
        ck_assert(!weir_digits_read(text, len, &value));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("number");
    weir_check_case(suite, "out", repr_is_what_python_prints, json_has_no_infinity,
                    repr_of_random_bits_is_shortest, repr_of_feed_numbers_is_shortest,
                    repr_at_powers_of_two_is_shortest, integer_text_is_what_printf_says);
    weir_check_case(suite, "in", parse_rounds_as_strtod_does,
                    numbers_with_exponents_or_many_digits_round_as_strtod_does,
                    halfway_texts_round_to_even, json_numbers_are_strict,
                    python_numbers_are_lenient_as_float_is, number_text_length_is_bounded,
                    integers_end_at_the_edge_of_int64, digits_alone_are_read_at_once,
                    process_locale_changes_nothing);
    return weir_check_run(suite);
}
