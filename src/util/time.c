/* SPDX-License-Identifier: MIT */
/*
 * The date-time parser is on the way of every record, so the fixed part ("2021-02-22T15:51:44") is
 * read at fixed offsets and judged once. Civil dates are Howard Hinnant's day arithmetic: exact,
 * branch-free, no tables and no locale or TZ of the process. Sums are made in 128 bits and then
 * checked, because the year 9999 is good text that int64 nanoseconds cannot hold.
 */
#include "util/time.h"

#include <time.h>

#define SECONDS_PER_DAY INT64_C(86400)

int64_t weir_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * WEIR_NS_PER_S + now.tv_nsec;
}

int64_t weir_mono_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * WEIR_NS_PER_S + now.tv_nsec;
}

static int64_t clamp(int64_t x, int64_t bound)
{
    return x > bound ? bound : x < -bound ? -bound : x;
}

int64_t weir_days_from_civil(int64_t year, unsigned month, unsigned day)
{
    /* Far beyond any time we can hold, and it keeps the products inside int64. */
    year = clamp(year, INT64_C(1000000000000)) - (month <= 2);
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t shifted_month = (int64_t)month + (month > 2 ? -3 : 9);
    int64_t day_of_year = (153 * shifted_month + 2) / 5 + (int64_t)day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

void weir_civil_from_days(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
    days = clamp(days, INT64_C(365000000000000)) + 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * day_of_year + 2) / 153;
    *day = (unsigned)(day_of_year - (153 * shifted_month + 2) / 5 + 1);
    *month = (unsigned)(shifted_month + (shifted_month < 10 ? 3 : -9));
    *year = year_of_era + era * 400 + (*month <= 2);
}

static unsigned days_in_month(unsigned year, unsigned month)
{
    static const unsigned char lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return lengths[month - 1] + (month == 2 && is_leap);
}

/* A reader that remembers one failure, so that a run of fixed fields is judged once. */
typedef struct reader {
    const char *at;
    const char *end;
    unsigned bad;
} reader;

static inline unsigned digit(reader *in, size_t offset)
{
    unsigned value = (unsigned)(unsigned char)in->at[offset] - '0';
    in->bad |= value > 9;
    return value;
}

static inline unsigned two(reader *in, size_t offset)
{
    return digit(in, offset) * 10 + digit(in, offset + 1);
}

static inline size_t left(const reader *in)
{
    return (size_t)(in->end - in->at);
}

static inline bool next_is(const reader *in, char c)
{
    return in->at < in->end && *in->at == c;
}

static inline bool next_is_digit(const reader *in)
{
    return in->at < in->end && (unsigned)(unsigned char)*in->at - '0' <= 9;
}

/* ":SS" and the fraction; digits past the ninth are read and cut. */
static bool read_seconds(reader *in, unsigned *second, uint32_t *nanos)
{
    if (left(in) < 3)
        return false;
    *second = two(in, 1);
    in->at += 3;
    if (!next_is(in, '.') && !next_is(in, ','))
        return true;
    in->at++;
    if (!next_is_digit(in))
        return false;
    uint32_t value = 0;
    int count = 0;
    for (; next_is_digit(in); in->at++) {
        if (count < 9) {
            value = value * 10 + (uint32_t)(*in->at - '0');
            count++;
        }
    }
    static const uint32_t scale[10] = {1000000000, 100000000, 10000000, 1000000, 100000,
                                       10000,      1000,      100,      10,      1};
    *nanos = value * scale[count];
    return true;
}

/* "Z", "+05:30", "+0530" or "+05", to the end of the text. Offset in seconds. */
static bool read_zone(reader *in, int64_t *offset)
{
    *offset = 0;
    if (next_is(in, ' ') && left(in) > 1)
        in->at++;
    char sign = *in->at++;
    if (sign == 'Z' || sign == 'z')
        return in->at == in->end;
    if ((sign != '+' && sign != '-') || left(in) < 2)
        return false;
    unsigned hours = two(in, 0);
    unsigned minutes = 0;
    in->at += 2;
    if (next_is(in, ':') && left(in) == 3)
        in->at++;
    if (left(in) == 2) {
        minutes = two(in, 0);
        in->at += 2;
    }
    if (in->at != in->end || in->bad || hours > 23 || minutes > 59)
        return false;
    *offset = (int64_t)(hours * 3600 + minutes * 60) * (sign == '-' ? -1 : 1);
    return true;
}

typedef struct civil_time {
    int64_t seconds; /* since 1970, as written */
    uint32_t nanos;
    int64_t zone; /* seconds east of UTC */
    bool has_zone;
} civil_time;

static bool read_date(reader *in, civil_time *out)
{
    if (left(in) < 10 || in->at[4] != '-' || in->at[7] != '-')
        return false;
    unsigned year = two(in, 0) * 100 + two(in, 2);
    unsigned month = two(in, 5);
    unsigned day = two(in, 8);
    if (in->bad || month - 1 > 11 || day == 0 || day > days_in_month(year, month))
        return false;
    out->seconds = weir_days_from_civil(year, month, day) * SECONDS_PER_DAY;
    in->at += 10;
    return true;
}

static bool read_clock(reader *in, civil_time *out)
{
    if (*in->at != 'T' && *in->at != ' ' && *in->at != 't')
        return false;
    if (left(in) < 6 || in->at[3] != ':')
        return false;
    unsigned hour = two(in, 1);
    unsigned minute = two(in, 4);
    unsigned second = 0;
    in->at += 6;
    if (next_is(in, ':') && !read_seconds(in, &second, &out->nanos))
        return false;
    if (in->bad || hour > 23 || minute > 59 || second > 59)
        return false;
    out->seconds += hour * 3600 + minute * 60 + second;
    out->has_zone = in->at < in->end;
    return !out->has_zone || read_zone(in, &out->zone);
}

bool weir_time_parse(weir_str text, int64_t *ns, bool *had_zone)
{
    if (text.len < 10)
        return false;
    reader in = {text.ptr, text.ptr + text.len, 0};
    civil_time civil = {0};
    if (!read_date(&in, &civil) || (in.at < in.end && !read_clock(&in, &civil)))
        return false;
    __int128 total = (__int128)(civil.seconds - civil.zone) * WEIR_NS_PER_S + civil.nanos;
    /* INT64_MIN itself is pandas' "not a time". */
    if (total > INT64_MAX || total <= INT64_MIN)
        return false;
    *ns = (int64_t)total;
    if (had_zone)
        *had_zone = civil.has_zone;
    return true;
}

static char *put_digits(char *at, uint64_t value, int width)
{
    for (int i = width - 1; i >= 0; i--) {
        at[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return at + width;
}

size_t weir_time_format(int64_t ns, char out[WEIR_TIME_TEXT_MAX])
{
    int64_t seconds = ns / WEIR_NS_PER_S;
    int64_t nanos = ns % WEIR_NS_PER_S;
    if (nanos < 0) {
        nanos += WEIR_NS_PER_S;
        seconds--;
    }
    int64_t days = seconds / SECONDS_PER_DAY;
    int64_t rest = seconds % SECONDS_PER_DAY;
    if (rest < 0) {
        rest += SECONDS_PER_DAY;
        days--;
    }
    int64_t year;
    unsigned month, day;
    weir_civil_from_days(days, &year, &month, &day);
    char *at = put_digits(out, (uint64_t)year, 4);
    *at++ = '-';
    at = put_digits(at, month, 2);
    *at++ = '-';
    at = put_digits(at, day, 2);
    *at++ = 'T';
    at = put_digits(at, (uint64_t)rest / 3600, 2);
    *at++ = ':';
    at = put_digits(at, (uint64_t)rest / 60 % 60, 2);
    *at++ = ':';
    at = put_digits(at, (uint64_t)rest % 60, 2);
    if (nanos) {
        *at++ = '.';
        if (nanos % 1000000 == 0)
            at = put_digits(at, (uint64_t)nanos / 1000000, 3);
        else if (nanos % 1000 == 0)
            at = put_digits(at, (uint64_t)nanos / 1000, 6);
        else
            at = put_digits(at, (uint64_t)nanos, 9);
    }
    *at++ = 'Z';
    return (size_t)(at - out);
}

typedef struct unit {
    const char *name;
    uint64_t scale;
} unit;

static const unit duration_units[] = {
    {"ns", 1},
    {"us", 1000},
    {"ms", 1000000},
    {"s", UINT64_C(1000000000)},
    {"m", UINT64_C(60000000000)},
    {"h", UINT64_C(3600000000000)},
    {"d", UINT64_C(86400000000000)},
};

static const unit size_units[] = {
    {"", 1},
    {"B", 1},
    {"kB", 1000},
    {"KB", 1000},
    {"MB", 1000000},
    {"GB", 1000000000},
    {"KiB", UINT64_C(1) << 10},
    {"MiB", UINT64_C(1) << 20},
    {"GiB", UINT64_C(1) << 30},
};

/* digits [. digits] [blank] unit, as an integer of the smallest unit; what is smaller is cut. */
static bool parse_quantity(weir_str text, const unit *units, size_t count, uint64_t max,
                           uint64_t *out)
{
    size_t at = 0;
    uint64_t whole = 0;
    for (; at < text.len && (unsigned char)(text.ptr[at] - '0') <= 9; at++)
        if (__builtin_mul_overflow(whole, UINT64_C(10), &whole) ||
            __builtin_add_overflow(whole, (uint64_t)(text.ptr[at] - '0'), &whole))
            return false;
    if (at == 0)
        return false;
    uint64_t fraction = 0, fraction_scale = 1;
    if (at < text.len && text.ptr[at] == '.') {
        size_t first = ++at;
        for (; at < text.len && (unsigned char)(text.ptr[at] - '0') <= 9; at++) {
            if (fraction_scale >= UINT64_C(1000000000000000))
                continue;
            fraction = fraction * 10 + (uint64_t)(text.ptr[at] - '0');
            fraction_scale *= 10;
        }
        if (at == first)
            return false;
    }
    if (at < text.len && text.ptr[at] == ' ')
        at++;
    weir_str name = {text.ptr + at, text.len - at};
    for (size_t i = 0; i < count; i++) {
        if (!weir_str_is(name, units[i].name))
            continue;
        unsigned __int128 total = (unsigned __int128)whole * units[i].scale +
                                  (unsigned __int128)fraction * units[i].scale / fraction_scale;
        *out = (uint64_t)total;
        return total <= max;
    }
    return false;
}

bool weir_duration_parse(weir_str text, int64_t *ns)
{
    uint64_t value;
    if (!parse_quantity(text, duration_units, sizeof duration_units / sizeof *duration_units,
                        INT64_MAX, &value))
        return false;
    *ns = (int64_t)value;
    return true;
}

bool weir_size_parse(weir_str text, uint64_t *bytes)
{
    uint64_t value;
    if (!parse_quantity(text, size_units, sizeof size_units / sizeof *size_units, UINT64_MAX,
                        &value))
        return false;
    *bytes = value;
    return true;
}
