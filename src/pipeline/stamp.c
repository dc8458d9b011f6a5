/* SPDX-License-Identifier: MIT */
/*
 * A time that is not of the second before it. What is kept is the text of a second and its day;
 * it changes only once both have been read, so that a wrong text takes nothing with it.
 */
#include "pipeline/stamp.h"

enum { POINT = WEIR_STAMP_SECOND_LEN - 1 };

/* "15:51:44" as ns of the day; -1: it is not of that form. Digits are below 10 and colons are
 * colons when no byte gets or has a top bit. */
static int64_t read_clock(const char *at)
{
    const uint64_t tops = UINT64_C(0x8080808080808080);
    const uint64_t bytes = weir_stamp_load(at) - UINT64_C(0x30303a30303a3030);
    const uint64_t bad = (bytes + UINT64_C(0x76767f76767f7676)) | bytes;
    const uint64_t pairs = bytes * 10 + (bytes >> 8);
    const unsigned hours = pairs & 0xff, minutes = pairs >> 24 & 0xff, seconds = pairs >> 48 & 0xff;
    if ((bad & tops) || hours > 23 || minutes > 59 || seconds > 59)
        return -1;
    return (int64_t)(hours * 3600 + minutes * 60 + seconds) * WEIR_NS_PER_S;
}

static bool read_day(const char *at, int64_t *ns)
{
    char whole[WEIR_STAMP_SECOND_LEN];
    memcpy(whole, at, WEIR_STAMP_DAY_LEN);
    memcpy(whole + WEIR_STAMP_DAY_LEN, "00:00:00Z", sizeof whole - WEIR_STAMP_DAY_LEN);
    return weir_time_parse((weir_str){whole, sizeof whole}, ns, NULL);
}

static bool remember(weir_stamp_memory *memory, const char *at)
{
    const int64_t clock = read_clock(at + WEIR_STAMP_DAY_LEN);
    int64_t day_ns = memory->day_ns;
    if (clock < 0 ||
        (memcmp(memory->second, at, WEIR_STAMP_DAY_LEN) != 0 && !read_day(at, &day_ns)) ||
        day_ns > INT64_MAX - WEIR_NS_PER_S - clock)
        return false;
    memcpy(memory->second, at, POINT);
    memory->second[POINT] = '.';
    memory->second_ns = day_ns + clock;
    memory->day_ns = day_ns;
    return true;
}

bool weir_stamp_read_anew(weir_stamp_memory *memory, weir_str text, int64_t *ns)
{
    const size_t digits = text.len - WEIR_STAMP_SECOND_LEN - 1;
    const bool has_fraction = digits - 1 < WEIR_STAMP_DIGITS_MAX && text.ptr[POINT] == '.';
    if ((has_fraction || text.len == WEIR_STAMP_SECOND_LEN) && text.ptr[text.len - 1] == 'Z' &&
        remember(memory, text.ptr)) {
        const int64_t fraction =
            has_fraction ? weir_stamp_fraction(text.ptr + WEIR_STAMP_SECOND_LEN, digits) : 0;
        *ns = memory->second_ns + fraction;
        if (fraction >= 0)
            return true;
    }
    return weir_time_parse(text, ns, NULL);
}

/* ------------------------------------------------------------------ times in seconds */

static bool read_moment(weir_moment *moment, const char *text)
{
    const uint64_t values = weir_stamp_values(text);
    const unsigned tens = (unsigned)(unsigned char)text[8] - '0';
    const unsigned ones = (unsigned)(unsigned char)text[9] - '0';
    if (weir_stamp_others(values) || tens > 9 || ones > 9 || text[WEIR_MOMENT_LEN - 1] != '.')
        return false;
    const int64_t seconds = (int64_t)weir_stamp_number(values) * 100 + tens * 10 + ones;
    /* Below the end of int64 nanoseconds, with room for the fraction. */
    if (seconds > INT64_MAX / WEIR_NS_PER_S - 1)
        return false;
    memcpy(moment->text, text, WEIR_MOMENT_LEN);
    moment->ns = seconds * WEIR_NS_PER_S;
    return true;
}

bool weir_seconds_read_anew(weir_moment *moment, weir_str text, int64_t unit, int64_t *ns)
{
    const size_t digits = text.len - WEIR_MOMENT_LEN;
    if (digits - 1 >= WEIR_STAMP_DIGITS_MAX || !read_moment(moment, text.ptr))
        return false;
    const int64_t fraction = weir_stamp_fraction(text.ptr + WEIR_MOMENT_LEN, digits);
    *ns = moment->ns + fraction - fraction % unit;
    return fraction >= 0;
}
