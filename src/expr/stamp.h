/* SPDX-License-Identifier: MIT */
/*
 * Timestamps and timedeltas from the inside: taking one apart, putting one together, reading and
 * writing their texts as pandas 1.5 does. A TIMESTAMP is ns since 1970 UTC and a zone; a naive one
 * is the wall clock as if it were UTC.
 */
#ifndef WEIR_EXPR_STAMP_H
#define WEIR_EXPR_STAMP_H

#include "expr/typed.h"
#include "expr/zone.h"

#define WEIR_NS_PER_DAY INT64_C(86400000000000)

/** A moment as its zone's clocks and calendars show it. */
typedef struct weir_civil {
    int64_t year;
    unsigned month, day, hour, minute, second;
    uint32_t nanos;
    int weekday;  /* 0 = Monday */
    int year_day; /* from 1 */
    int32_t offset_s;
    const char *abbreviation;
} weir_civil;

typedef enum weir_stamp_result {
    WEIR_STAMP_OK,
    WEIR_STAMP_NOT_A_TIME, /**< "", "NaT", "nan": None */
    WEIR_STAMP_MALFORMED,
    WEIR_STAMP_RANGE,     /**< outside int64 nanoseconds: the years 1677 to 2262 */
    WEIR_STAMP_AMBIGUOUS, /**< a local time that clocks show twice */
    WEIR_STAMP_SKIPPED    /**< a local time that clocks never show */
} weir_stamp_result;

void weir_stamp_split(const weir_value *stamp, weir_civil *out);
/** The naive ns of a date and time (weekday, year_day and zone are not read). */
weir_stamp_result weir_stamp_join(const weir_civil *civil, int64_t *ns);
/** The moment that `zone`'s clocks show as local_ns; `zone` naive: local_ns itself. */
weir_stamp_result weir_stamp_localize(int64_t local_ns, uint16_t zone, weir_value *out);
/** The wall clock as if it were UTC. */
int64_t weir_stamp_local_ns(const weir_value *stamp);

/** Any text that pd.Timestamp takes. `now_ns` completes texts without a date. */
weir_stamp_result weir_stamp_parse(weir_str text, int64_t now_ns, weir_value *out);
/** The formats beyond ISO: stamp_loose.c. */
weir_stamp_result weir_stamp_parse_loose(weir_str text, int64_t now_ns, weir_value *out);
/** "2021-02-22T15:51:44.208000+00:00", at most 64 bytes. `fraction`: digits, or -1 for as needed.
 */
void weir_stamp_iso(const weir_value *stamp, char separator, int fraction, weir_buf *out);
/** strftime(3) in the C locale, as Python's. False: out of memory. */
bool weir_stamp_strftime(weir_vm *vm, const weir_value *stamp, weir_str format, weir_buf *out);
/** Python's strptime. On WEIR_STAMP_MALFORMED *why is a sentence. */
weir_stamp_result weir_stamp_strptime(weir_str text, weir_str format, weir_value *out,
                                      const char **why);
unsigned weir_days_in_month(int64_t year, unsigned month);
extern const char *const weir_month_names[12];
extern const char *const weir_day_names[7]; /* from Monday */
/** The index of a name (its first three letters or all of it) at the start of text; -1. */
int weir_name_index(weir_str text, const char *const *names, int count, size_t *len);

/** Fails with the sentence of a result that is not OK. */
bool weir_stamp_fail(weir_vm *vm, weir_stamp_result result, const weir_value *shown);

/** value * unit in ns, the fraction of a float rounded as pandas does; unit NULL = ns. */
bool weir_time_scale(weir_vm *vm, const weir_value *value, const weir_value *unit, int64_t *ns);
/** Nanoseconds of a unit's name ("ms", "seconds"); 0 if there is none. *digits: see scale. */
int64_t weir_time_unit(weir_str name, int *digits);
/** "1 days 02:03:04.5", "1h30m", "00:00:05", "5" (ns). */
bool weir_delta_parse(weir_str text, int64_t *ns);
weir_value weir_delta_value(int64_t ns);
/** "1 days 02:03:04.500000" */
void weir_delta_text(int64_t ns, weir_buf *out);
/** What the clock functions return. */
int64_t weir_vm_now_ns(const weir_vm *vm);

#endif
