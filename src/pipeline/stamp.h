/* SPDX-License-Identifier: MIT */
/*
 * Times as venues write them, "2021-02-22T15:51:44.208Z". A feed's times come in runs of one
 * second, so that only what is behind its point is read; else they are of one day, and the clock is
 * read (stamp.c). Any other form is for weir_time_parse, which all of this agrees with. Times in
 * seconds, "1618678142.221252", are read likewise. Private to pipeline/.
 */
#ifndef WEIR_PIPELINE_STAMP_H
#define WEIR_PIPELINE_STAMP_H

#include <string.h>

#include "util/time.h"

enum {
    WEIR_STAMP_DAY_LEN = 11,                        /* "2021-02-22T" */
    WEIR_STAMP_SECOND_LEN = WEIR_STAMP_DAY_LEN + 9, /* "15:51:44." */
    WEIR_STAMP_DIGITS_MAX = 9                       /* "123456789", and then "Z" */
};

/** What is kept from text to text; all zeros at first. */
typedef struct weir_stamp_memory {
    char second[WEIR_STAMP_SECOND_LEN]; /**< of the text before, with its point */
    int64_t second_ns;                  /**< + a fraction is within int64 */
    int64_t day_ns;
} weir_stamp_memory;

/* Eight bytes as they stand in the text, the first one lowest. */
static inline uint64_t weir_stamp_load(const char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? __builtin_bswap64(word) : word;
}

/* Eight digits as their values. */
static inline uint64_t weir_stamp_values(const char *at)
{
    return weir_stamp_load(at) ^ UINT64_C(0x3030303030303030);
}

/* Which of eight bytes are none of the values 0 to 9: their top bits, at least. */
static inline uint64_t weir_stamp_others(uint64_t values)
{
    return ((values + UINT64_C(0x7676767676767676)) | values) & UINT64_C(0x8080808080808080);
}

/* The number that eight values from 0 to 9 are the digits of. */
static inline uint64_t weir_stamp_number(uint64_t values)
{
    values = values * 10 + (values >> 8); /* pairs, in every other byte */
    values = (values & UINT64_C(0x00ff00ff00ff00ff)) * (1 + (UINT64_C(100) << 16)) >> 16;
    return (values & UINT64_C(0x0000ffff0000ffff)) * (1 + (UINT64_C(10000) << 32)) >> 32;
}

/* The three pieces overlap. */
static inline bool weir_stamp_is_second(const char *second, const char *at)
{
    enum { LAST = WEIR_STAMP_SECOND_LEN - 8 };
    return ((weir_stamp_load(second) ^ weir_stamp_load(at)) |
            (weir_stamp_load(second + 8) ^ weir_stamp_load(at + 8)) |
            (weir_stamp_load(second + LAST) ^ weir_stamp_load(at + LAST))) == 0;
}

/* One to nine digits as ns; -1: other bytes are among them. They are read as nine, with zeros
 * behind them. */
static inline int64_t weir_stamp_fraction(const char *at, size_t digits)
{
    static const uint64_t masks[WEIR_STAMP_DIGITS_MAX + 1] = {0,
                                                              UINT64_C(0xff),
                                                              UINT64_C(0xffff),
                                                              UINT64_C(0xffffff),
                                                              UINT64_C(0xffffffff),
                                                              UINT64_C(0xffffffffff),
                                                              UINT64_C(0xffffffffffff),
                                                              UINT64_C(0xffffffffffffff),
                                                              UINT64_MAX,
                                                              UINT64_MAX};
    const uint64_t values = weir_stamp_values(at) & masks[digits];
    unsigned ninth = 0;
    if (digits == WEIR_STAMP_DIGITS_MAX)
        ninth = (unsigned)(unsigned char)at[8] - '0';
    if (weir_stamp_others(values) || ninth > 9)
        return -1;
    return (int64_t)(weir_stamp_number(values) * 10 + ninth);
}

/** weir_stamp_read without its quick case. */
bool weir_stamp_read_anew(weir_stamp_memory *memory, weir_str text, int64_t *ns);

/**
 * weir_time_parse of a text without control characters that has 16 readable bytes behind it.
 */
static inline bool weir_stamp_read(weir_stamp_memory *memory, const char *at, size_t len,
                                   int64_t *ns)
{
    const size_t digits = len - WEIR_STAMP_SECOND_LEN - 1;
    if (digits - 1 < WEIR_STAMP_DIGITS_MAX && weir_stamp_is_second(memory->second, at) &&
        at[len - 1] == 'Z') {
        const int64_t fraction = weir_stamp_fraction(at + WEIR_STAMP_SECOND_LEN, digits);
        *ns = memory->second_ns + fraction;
        if (__builtin_expect(fraction >= 0, 1))
            return true;
    }
    return weir_stamp_read_anew(memory, (weir_str){at, len}, ns);
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

/**
 * Ten digits, a point and up to nine more, cut to a whole number of `unit` ns, which is at most a
 * second; 16 bytes are readable behind it. False: another form.
 */
static inline bool weir_seconds_read(weir_moment *moment, const char *at, size_t len, int64_t unit,
                                     int64_t *ns)
{
    enum { LAST = WEIR_MOMENT_LEN - 8 };
    const size_t digits = len - WEIR_MOMENT_LEN;
    if (digits - 1 < WEIR_STAMP_DIGITS_MAX &&
        ((weir_stamp_load(moment->text) ^ weir_stamp_load(at)) |
         (weir_stamp_load(moment->text + LAST) ^ weir_stamp_load(at + LAST))) == 0) {
        const int64_t fraction = weir_stamp_fraction(at + WEIR_MOMENT_LEN, digits);
        *ns = moment->ns + fraction - (uint32_t)fraction % (uint32_t)unit;
        if (__builtin_expect(fraction >= 0, 1))
            return true;
    }
    return weir_seconds_read_anew(moment, (weir_str){at, len}, unit, ns);
}

#endif
