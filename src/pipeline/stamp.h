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

/* Eight bytes as they stand in the text, the first one lowest. */
static inline uint64_t weir_stamp_load(const char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? __builtin_bswap64(word) : word;
}

/* "15:51:44" as ns of the day; -1: it is not of that form. Digits are below 10 and colons are
 * colons when no byte gets or has a top bit. */
static inline int64_t weir_stamp_clock(const char *at)
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

/* One to nine digits as ns; -1: other bytes are among them. */
static inline int64_t weir_stamp_fraction(const char *at, unsigned digits)
{
    static const uint32_t scale[10] = {1000000000, 100000000, 10000000, 1000000, 100000,
                                       10000,      1000,      100,      10,      1};
    const unsigned first = digits < 8 ? digits : 8;
    uint64_t bytes = (weir_stamp_load(at) ^ UINT64_C(0x3030303030303030)) << (64 - 8 * first);
    const uint64_t bad = (bytes + UINT64_C(0x7676767676767676)) | bytes;
    bytes = bytes * 10 + (bytes >> 8); /* pairs, in every other byte */
    bytes = (((bytes & UINT64_C(0x000000ff000000ff)) * UINT64_C(0x000f424000000064)) +
             ((bytes >> 16 & UINT64_C(0x000000ff000000ff)) * UINT64_C(0x0000271000000001))) >>
            32;
    uint64_t value = bytes & UINT32_MAX;
    if (bad & UINT64_C(0x8080808080808080))
        return -1;
    if (digits == 9) {
        const unsigned last = (unsigned)(unsigned char)at[8] - '0';
        if (last > 9)
            return -1;
        value = value * 10 + last;
    }
    return (int64_t)(value * scale[digits]);
}

/**
 * A text with 16 readable bytes behind it. `day` (of 16 bytes, empty at first) and `day_ns` are
 * what is kept from text to text. False: ask weir_time_parse.
 */
static inline bool weir_stamp_read(char *day, int64_t *day_ns, const char *at, size_t len,
                                   int64_t *ns)
{
    if (len < WEIR_STAMP_LEN || len > WEIR_STAMP_MAX || at[len - 1] != 'Z' ||
        (!weir_stamp_is_day(day, at) && !weir_stamp_day(day, day_ns, at)))
        return false;
    const int64_t clock = weir_stamp_clock(at + WEIR_STAMP_DAY_LEN);
    int64_t fraction = 0;
    if (len > WEIR_STAMP_LEN) {
        const unsigned digits = (unsigned)(len - WEIR_STAMP_LEN - 1);
        if (at[WEIR_STAMP_LEN - 1] != '.' || digits == 0)
            return false;
        fraction = weir_stamp_fraction(at + WEIR_STAMP_LEN, digits);
    }
    return clock >= 0 && fraction >= 0 && !__builtin_add_overflow(*day_ns, clock + fraction, ns);
}

#endif
