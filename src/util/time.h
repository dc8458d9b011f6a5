/* SPDX-License-Identifier: MIT */
/* Clocks, durations and civil time. All times are int64 nanoseconds; wall times are since 1970 UTC.
 */
#ifndef WEIR_UTIL_TIME_H
#define WEIR_UTIL_TIME_H

#include <weir/types.h>

#define WEIR_NS_PER_US INT64_C(1000)
#define WEIR_NS_PER_MS INT64_C(1000000)
#define WEIR_NS_PER_S  INT64_C(1000000000)

/** As long as venues ban an address at most; a server may ask for patience, not for ever. */
#define WEIR_RETRY_AFTER_MAX_NS (INT64_C(3) * 24 * 3600 * WEIR_NS_PER_S)

/** Wall clock (CLOCK_REALTIME). Any thread. */
int64_t weir_now_ns(void);
/** CLOCK_MONOTONIC: for deadlines and ages. Any thread. */
int64_t weir_mono_ns(void);

/** Days since 1970-01-01 of a proleptic Gregorian date. No range check on the day. */
int64_t weir_days_from_civil(int64_t year, unsigned month, unsigned day);
void weir_civil_from_days(int64_t days, int64_t *year, unsigned *month, unsigned *day);

/**
 * Parses RFC 3339 / ISO 8601 date-times ("2021-02-22T15:51:44.208Z", date only, blank for T,
 * "+05:30",
 * "+0530", up to 9 fraction digits - more are cut as pandas does). No zone = UTC and *had_zone
 * false. `had_zone` may be NULL. False if the text is not of that form or is outside int64
 * nanoseconds.
 */
bool weir_time_parse(weir_str text, int64_t *ns, bool *had_zone);

/** Writes "2021-02-22T15:51:44.208Z" (shortest of 0, 3, 6 or 9 fraction digits); returns the
 * length. */
enum { WEIR_TIME_TEXT_MAX = 40 };
size_t weir_time_format(int64_t ns, char out[WEIR_TIME_TEXT_MAX]);

/** Parses a duration as the spec writes it: "250ms", "15s", "30m", "23h", "2d", "1.5s"; unit
 * required. */
bool weir_duration_parse(weir_str text, int64_t *ns);
/** Parses a size: "16KiB", "64MiB", "100" (bytes), "1kB" (1000). */
bool weir_size_parse(weir_str text, uint64_t *bytes);

#endif
