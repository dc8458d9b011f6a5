/* SPDX-License-Identifier: MIT */
/*
 * Times as venues write them, "2021-02-22T15:51:44.208Z", read without a search: a feed's times are
 * nearly always of one day, so that only the time of the day is read. Anything else is for
 * weir_time_parse. Private to pipeline/.
 */
#ifndef WEIR_PIPELINE_STAMP_H
#define WEIR_PIPELINE_STAMP_H

#include "util/time.h"

enum {
    WEIR_STAMP_DAY_LEN = 11,                 /* "2021-02-22T" */
    WEIR_STAMP_LEN = WEIR_STAMP_DAY_LEN + 9, /* "15:51:44Z" */
    WEIR_STAMP_MAX = WEIR_STAMP_LEN + 10     /* ".123456789" */
};

/* Another day: `day` has room for 16 bytes. */
static inline __attribute__((cold)) bool weir_stamp_day(char *day, int64_t *day_ns, const char *at)
{
    char whole[WEIR_STAMP_LEN];
    memcpy(whole, at, WEIR_STAMP_DAY_LEN);
    memcpy(whole + WEIR_STAMP_DAY_LEN, "00:00:00Z", 9);
    if (at[WEIR_STAMP_DAY_LEN - 1] != 'T' ||
        !weir_time_parse((weir_str){whole, sizeof whole}, day_ns, NULL))
        return false;
    memcpy(day, whole, WEIR_STAMP_DAY_LEN);
    return true;
}

static inline bool weir_stamp_is_day(const char *day, const char *at)
{
    uint64_t a, b;
    uint32_t c, d;
    memcpy(&a, day, sizeof a);
    memcpy(&b, at, sizeof b);
    memcpy(&c, day + WEIR_STAMP_DAY_LEN - 4, sizeof c);
    memcpy(&d, at + WEIR_STAMP_DAY_LEN - 4, sizeof d);
    return a == b && c == d;
}

/* Two digits below 10 * `tens`; a large number where they are not. */
static inline unsigned weir_stamp_two(const char *at, unsigned tens)
{
    const unsigned first = (unsigned)(unsigned char)at[0] - '0';
    const unsigned second = (unsigned)(unsigned char)at[1] - '0';
    return first < tens && second < 10 ? first * 10 + second : 1000;
}

/* Up to nine digits as ns; false: other bytes are among them. */
static inline bool weir_stamp_fraction(const char *at, size_t digits, int64_t *ns)
{
    static const uint32_t scale[10] = {1000000000, 100000000, 10000000, 1000000, 100000,
                                       10000,      1000,      100,      10,      1};
    uint32_t value = 0;
    unsigned bad = 0;
    if (digits == 0 || digits > 9)
        return false;
    for (size_t i = 0; i < digits; i++) {
        const unsigned digit = (unsigned)(unsigned char)at[i] - '0';
        bad |= digit > 9;
        value = value * 10 + digit;
    }
    *ns = (int64_t)value * scale[digits];
    return !bad;
}

/**
 * A text with 16 readable bytes behind it. `day` (of 16 bytes, empty at first) and `day_ns` are
 * what is kept from text to text. False: ask weir_time_parse.
 */
static inline bool weir_stamp_read(char *day, int64_t *day_ns, const char *at, size_t len,
                                   int64_t *ns)
{
    if (len < WEIR_STAMP_LEN || len > WEIR_STAMP_MAX || at[len - 1] != 'Z' ||
        at[WEIR_STAMP_DAY_LEN + 2] != ':' || at[WEIR_STAMP_DAY_LEN + 5] != ':' ||
        (!weir_stamp_is_day(day, at) && !weir_stamp_day(day, day_ns, at)))
        return false;
    const char *clock = at + WEIR_STAMP_DAY_LEN;
    const unsigned hours = weir_stamp_two(clock, 3), minutes = weir_stamp_two(clock + 3, 6),
                   seconds = weir_stamp_two(clock + 6, 6);
    if (hours > 23 || minutes > 59 || seconds > 59)
        return false;
    int64_t fraction = 0;
    if (len > WEIR_STAMP_LEN &&
        (clock[8] != '.' || !weir_stamp_fraction(clock + 9, len - WEIR_STAMP_LEN - 1, &fraction)))
        return false;
    const int64_t in_day = (int64_t)(hours * 3600 + minutes * 60 + seconds) * WEIR_NS_PER_S;
    return !__builtin_add_overflow(*day_ns, in_day + fraction, ns);
}

#endif
