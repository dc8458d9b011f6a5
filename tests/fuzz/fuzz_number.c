/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a number, a time, a duration and a size. The invariants: what is accepted as JSON is
 * accepted by the lenient parser with the same value; the value is strtod's; its repr reads back
 * bit for bit; an integer's text means the integer; a parsed time reads back from its own text.
 */
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "require.h"
#include "util/number.h"
#include "util/time.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static double reference(weir_str text)
{
    static locale_t c_locale;
    if (!c_locale)
        c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    char copy[WEIR_NUMBER_DIGITS_MAX + 1];
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    return strtod_l(copy, NULL, c_locale);
}

static void check_repr(double value)
{
    char out[WEIR_NUMBER_TEXT_MAX];
    size_t len = weir_double_repr(value, out);
    double again = 0;
    REQUIRE(len > 0 && len <= sizeof out);
    REQUIRE(weir_double_parse((weir_str){out, len}, &again));
    REQUIRE(isnan(value) ? isnan(again) : bits_of(value) == bits_of(again));
}

static void check_double(weir_str text)
{
    double strict = 0, lenient = 0;
    if (weir_double_parse_json(text, &strict)) {
        REQUIRE(bits_of(strict) == bits_of(reference(text)));
        REQUIRE(weir_double_parse(text, &lenient) && bits_of(lenient) == bits_of(strict));
    }
    if (weir_double_parse(text, &lenient))
        check_repr(lenient);
}

static void check_int(weir_str text)
{
    int64_t strict = 0, lenient = 0;
    char out[WEIR_NUMBER_TEXT_MAX];
    weir_int_result result = weir_int_parse_json(text, &strict);
    if (result == WEIR_INT_OK && text.len <= WEIR_NUMBER_DIGITS_MAX) {
        REQUIRE(weir_int_parse(text, &lenient) == WEIR_INT_OK && lenient == strict);
        size_t len = weir_int_text(strict, out);
        REQUIRE(weir_str_eq(text, (weir_str){out, len}) || weir_str_is(text, "-0"));
    }
    if (weir_int_parse(text, &lenient) == WEIR_INT_OK) {
        weir_str again = {out, weir_int_text(lenient, out)};
        REQUIRE(weir_int_parse_json(again, &strict) == WEIR_INT_OK && strict == lenient);
    }
}

static void check_times(weir_str text)
{
    int64_t ns = 0, again = 0;
    uint64_t bytes = 0;
    bool had_zone = false;
    if (weir_time_parse(text, &ns, &had_zone)) {
        char out[WEIR_TIME_TEXT_MAX];
        weir_str written = {out, weir_time_format(ns, out)};
        REQUIRE(weir_time_parse(written, &again, &had_zone));
        REQUIRE(again == ns && had_zone);
    }
    if (weir_duration_parse(text, &ns))
        REQUIRE(ns >= 0);
    (void)weir_size_parse(text, &bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    weir_str text = {(const char *)data, size};
    check_double(text);
    check_int(text);
    check_times(text);
    if (size >= sizeof(double)) {
        double value;
        memcpy(&value, data, sizeof value);
        check_repr(value);
    }
    return 0;
}
