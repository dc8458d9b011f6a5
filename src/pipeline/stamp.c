/* SPDX-License-Identifier: MIT */
/*
 * A time that is of no hour that is kept. An hour is kept, and its day, only once both have been
 * read, so that a wrong text takes nothing with it.
 */
#include "pipeline/stamp.h"

#define NS_PER_HOUR (3600 * WEIR_NS_PER_S)

/* "15:" as ns of the day; -1: it is not of that form. */
static int64_t read_hour(const char *at)
{
    const unsigned tens = (unsigned)(unsigned char)at[0] - '0';
    const unsigned ones = (unsigned)(unsigned char)at[1] - '0';
    const unsigned hours = tens * 10 + ones;
    return tens > 9 || ones > 9 || hours > 23 || at[2] != ':' ? -1 : hours * NS_PER_HOUR;
}

static bool read_day(const char *at, int64_t *ns)
{
    char whole[WEIR_STAMP_POINT_LEN];
    memcpy(whole, at, WEIR_STAMP_DAY_LEN);
    memcpy(whole + WEIR_STAMP_DAY_LEN, "00:00:00Z", sizeof whole - WEIR_STAMP_DAY_LEN);
    return weir_time_parse((weir_str){whole, sizeof whole}, ns, NULL);
}

/* The hour of a text; NULL: it is none. */
static const weir_stamp_hour *remember(weir_stamp_memory *memory, const char *at)
{
    weir_stamp_hour *hour = &memory->hours[weir_stamp_place(at)];
    const int64_t clock = read_hour(at + WEIR_STAMP_DAY_LEN);
    int64_t day_ns = memory->day_ns;
    if (clock < 0 || (memcmp(memory->day, at, WEIR_STAMP_DAY_LEN) != 0 && !read_day(at, &day_ns)) ||
        day_ns > INT64_MAX - NS_PER_HOUR - clock)
        return NULL;
    memcpy(memory->day, at, WEIR_STAMP_DAY_LEN);
    memory->day_ns = day_ns;
    memcpy(hour->text, at, WEIR_STAMP_HOUR_LEN);
    hour->ns = day_ns + clock;
    return hour;
}

bool weir_stamp_read_anew(weir_stamp_memory *memory, weir_str text, int64_t *ns)
{
    enum { WHOLE_LEN = WEIR_STAMP_POINT_LEN, MINUTE_AT = WEIR_STAMP_HOUR_LEN };
    const size_t digits = text.len - WEIR_STAMP_POINT_LEN - 1;
    if ((digits - 1 < WEIR_STAMP_DIGITS_MAX || text.len == WHOLE_LEN) &&
        text.ptr[text.len - 1] == 'Z') {
        const weir_stamp_hour *hour = remember(memory, text.ptr);
        int64_t rest;
        if (hour && weir_stamp_in_hour(text.ptr + MINUTE_AT, text.len - 1 - MINUTE_AT, &rest)) {
            *ns = hour->ns + rest;
            return true;
        }
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
