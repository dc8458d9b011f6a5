/* SPDX-License-Identifier: MIT */
/*
 * Times as venues write them, "2021-02-22T15:51:44.208Z". A feed's times are of a few hours for
 * long, so that only what is behind these is read, all of it at once: whether the seconds come in
 * order, or those of several clocks by turns, makes no difference. Any other form is for
 * weir_time_parse, which all of this agrees with. Times in seconds, "1618678142.221252", are of one
 * second for a while. Private to pipeline/.
 */
#ifndef WEIR_PIPELINE_STAMP_H
#define WEIR_PIPELINE_STAMP_H

#include "pipeline/stamp_digits.h"
#include "pipeline/stamp_sse2.h"
#include "pipeline/stamp_word.h"
#include "util/time.h"
#include "value/short.h"

enum {
    WEIR_STAMP_DAY_LEN = 11,                        /* "2021-02-22T" */
    WEIR_STAMP_HOUR_LEN = WEIR_STAMP_DAY_LEN + 3,   /* "15:" */
    WEIR_STAMP_POINT_LEN = WEIR_STAMP_HOUR_LEN + 6, /* "51:44." */
    WEIR_STAMP_DIGITS_MAX = 9                       /* "123456789", and then "Z" */
};

typedef struct weir_stamp_hour {
    char text[WEIR_STAMP_HOUR_LEN]; /**< with its colon */
    char padding[2];
    int64_t ns; /**< + an hour is within int64 */
    int64_t reserved;
} weir_stamp_hour;

/** What is kept from text to text; all zeros at first. */
enum { WEIR_STAMP_HOURS = 16 };
typedef struct weir_stamp_memory {
    weir_stamp_hour hours[WEIR_STAMP_HOURS]; /**< by the last digit */
    char day[WEIR_STAMP_DAY_LEN];
    int64_t day_ns;
} weir_stamp_memory;

/* Where the hour of a text is kept. */
static inline size_t weir_stamp_place(const char *at)
{
    return (unsigned char)at[WEIR_STAMP_DAY_LEN + 1] % WEIR_STAMP_HOURS;
}

/* The two pieces overlap. */
static inline bool weir_stamp_is_hour(const char *hour, const char *at)
{
    enum { LAST = WEIR_STAMP_HOUR_LEN - 8 };
    return ((weir_stamp_load(hour) ^ weir_stamp_load(at)) |
            (weir_stamp_load(hour + LAST) ^ weir_stamp_load(at + LAST))) == 0;
}

/* One to nine digits as ns; -1: other bytes are among them. They are read as nine, with zeros
 * behind them. */
static inline int64_t weir_stamp_fraction(const char *at, size_t digits)
{
    const uint64_t values = weir_stamp_values(at) & weir_short_mask((ptrdiff_t)digits);
    unsigned ninth = 0;
    if (digits == WEIR_STAMP_DIGITS_MAX)
        ninth = (unsigned)(unsigned char)at[8] - '0';
    if (weir_stamp_others(values) || ninth > 9)
        return -1;
    return (int64_t)(weir_stamp_number(values) * 10 + ninth);
}

/** weir_stamp_read without its quick case. */
bool weir_stamp_read_anew(weir_stamp_memory *memory, weir_str text, int64_t *ns);

/** weir_stamp_read of a text of an hour that is known, and of the usual form. */
static inline bool weir_stamp_known(const weir_stamp_memory *memory, const char *at, size_t len,
                                    int64_t *ns)
{
    const size_t digits = len - WEIR_STAMP_POINT_LEN - 1;
    if (digits - 1 >= WEIR_STAMP_DIGITS_MAX || at[len - 1] != 'Z')
        return false;
    const weir_stamp_hour *hour = &memory->hours[weir_stamp_place(at)];
    int64_t rest;
    if (__builtin_expect(
            !weir_stamp_is_hour(hour->text, at) ||
                !weir_stamp_in_hour(at + WEIR_STAMP_HOUR_LEN, len - 1 - WEIR_STAMP_HOUR_LEN, &rest),
            0))
        return false;
    *ns = hour->ns + rest;
    return true;
}

/**
 * weir_time_parse of a text without control characters that has 16 readable bytes behind it.
 */
static inline bool weir_stamp_read(weir_stamp_memory *memory, const char *at, size_t len,
                                   int64_t *ns)
{
    if (__builtin_expect(weir_stamp_known(memory, at, len, ns), 1))
        return true;
    int64_t anew; /* nobody is told where *ns is */
    const bool is_time = weir_stamp_read_anew(memory, (weir_str){at, len}, &anew);
    *ns = anew;
    return is_time;
}

/* ------------------------------------------------------------------ times in seconds */

enum { WEIR_MOMENT_LEN = 11 /* "1618678142." */ };

/** What is kept from text to text; all zeros at first. */
typedef struct weir_moment {
    char text[WEIR_MOMENT_LEN];
    int64_t ns;
} weir_moment;

/** weir_seconds_read without its quick case. */
bool weir_seconds_read_anew(weir_moment *moment, weir_str text, int64_t unit, int64_t *ns);

/** weir_seconds_read of a text of the second that is known. */
static inline bool weir_seconds_known(const weir_moment *moment, const char *at, size_t len,
                                      int64_t unit, int64_t *ns)
{
    enum { LAST = WEIR_MOMENT_LEN - 8 };
    const size_t digits = len - WEIR_MOMENT_LEN;
    if (digits - 1 >= WEIR_STAMP_DIGITS_MAX ||
        ((weir_stamp_load(moment->text) ^ weir_stamp_load(at)) |
         (weir_stamp_load(moment->text + LAST) ^ weir_stamp_load(at + LAST))) != 0)
        return false;
    const int64_t fraction = weir_stamp_fraction(at + WEIR_MOMENT_LEN, digits);
    *ns = moment->ns + fraction - (uint32_t)fraction % (uint32_t)unit;
    return fraction >= 0;
}

/**
 * Ten digits, a point and up to nine more, cut to a whole number of `unit` ns, which is at most a
 * second; 16 bytes are readable behind it. False: another form.
 */
static inline bool weir_seconds_read(weir_moment *moment, const char *at, size_t len, int64_t unit,
                                     int64_t *ns)
{
    return __builtin_expect(weir_seconds_known(moment, at, len, unit, ns), 1) ||
           weir_seconds_read_anew(moment, (weir_str){at, len}, unit, ns);
}

#endif
