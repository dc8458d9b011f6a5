/* SPDX-License-Identifier: MIT */
/*
 * Taking timestamps apart and putting them together, and their ISO texts. The text that venues send
 * most (RFC 3339 with Z or no zone) is one call of util/time; other forms of ISO differ by little
 * and go through the loose reader.
 */
#include "expr/stamp.h"

#include <stdio.h>

#include "util/time.h"

const char *const weir_month_names[12] = {"January",   "February", "March",    "April",
                                          "May",       "June",     "July",     "August",
                                          "September", "October",  "November", "December"};
const char *const weir_day_names[7] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                       "Friday", "Saturday", "Sunday"};

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* What floor_div leaves: the product quotient * b may not fit near the ends of int64. */
static int64_t floor_rest(int64_t a, int64_t b)
{
    int64_t rest = a % b;
    return rest < 0 ? rest + b : rest;
}

unsigned weir_days_in_month(int64_t year, unsigned month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && is_leap);
}

void weir_stamp_split(const weir_value *stamp, weir_civil *out)
{
    int64_t seconds = floor_div(stamp->i, WEIR_NS_PER_S);
    out->nanos = (uint32_t)floor_rest(stamp->i, WEIR_NS_PER_S);
    out->offset_s = weir_zone_offset(stamp->aux, seconds, &out->abbreviation);
    seconds += out->offset_s;
    int64_t days = floor_div(seconds, 86400), in_day = seconds - days * 86400;
    weir_civil_from_days(days, &out->year, &out->month, &out->day);
    out->hour = (unsigned)(in_day / 3600);
    out->minute = (unsigned)(in_day / 60 % 60);
    out->second = (unsigned)(in_day % 60);
    out->weekday = (int)(((days + 3) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
    out->year_day = (int)(days - weir_days_from_civil(out->year, 1, 1)) + 1;
}

weir_stamp_result weir_stamp_join(const weir_civil *c, int64_t *ns)
{
    if (c->month < 1 || c->month > 12 || c->day < 1 || c->year < 1 || c->year > 9999 ||
        c->day > weir_days_in_month(c->year, c->month) || c->hour > 23 || c->minute > 59 ||
        c->second > 59)
        return WEIR_STAMP_MALFORMED;
    int64_t seconds = weir_days_from_civil(c->year, c->month, c->day) * 86400 + c->hour * 3600 +
                      c->minute * 60 + c->second;
    __int128 total = (__int128)seconds * WEIR_NS_PER_S + c->nanos;
    if (total > INT64_MAX || total <= INT64_MIN)
        return WEIR_STAMP_RANGE;
    *ns = (int64_t)total;
    return WEIR_STAMP_OK;
}

int64_t weir_stamp_local_ns(const weir_value *stamp)
{
    int32_t offset = weir_zone_offset(stamp->aux, floor_div(stamp->i, WEIR_NS_PER_S), NULL);
    __int128 local = (__int128)stamp->i + (__int128)offset * WEIR_NS_PER_S;
    return local > INT64_MAX ? INT64_MAX : local <= INT64_MIN ? INT64_MIN + 1 : (int64_t)local;
}

weir_stamp_result weir_stamp_localize(int64_t local_ns, uint16_t zone, weir_value *out)
{
    *out = weir_value_timestamp(local_ns, zone);
    if (zone == WEIR_ZONE_NAIVE || zone == WEIR_ZONE_UTC)
        return WEIR_STAMP_OK;
    int64_t seconds = floor_div(local_ns, WEIR_NS_PER_S), utc[2];
    int found = weir_zone_from_local(zone, seconds, utc);
    if (found != 1)
        return found == 0 ? WEIR_STAMP_SKIPPED : WEIR_STAMP_AMBIGUOUS;
    __int128 ns = (__int128)utc[0] * WEIR_NS_PER_S + floor_rest(local_ns, WEIR_NS_PER_S);
    if (ns > INT64_MAX || ns <= INT64_MIN)
        return WEIR_STAMP_RANGE;
    out->i = (int64_t)ns;
    return WEIR_STAMP_OK;
}

/* ------------------------------------------------------------------ reading */

static bool is_one_of(weir_str text, const char *const *words)
{
    for (size_t i = 0; words[i]; i++)
        if (weir_str_is(text, words[i]))
            return true;
    return false;
}

/* The offset behind an RFC 3339 time that has one: +HH, +HHMM or +HH:MM at the end. */
static int32_t offset_at_end(weir_str text)
{
    size_t at = text.len;
    while (at > 0 && text.ptr[at - 1] != '+' && text.ptr[at - 1] != '-')
        at--;
    int digits[4] = {0}, n = 0;
    for (size_t i = at; i < text.len && n < 4; i++)
        if (text.ptr[i] >= '0' && text.ptr[i] <= '9')
            digits[n++] = text.ptr[i] - '0';
    int32_t offset = (digits[0] * 10 + digits[1]) * 3600 + (digits[2] * 10 + digits[3]) * 60;
    return at > 0 && text.ptr[at - 1] == '-' ? -offset : offset;
}

weir_stamp_result weir_stamp_parse(weir_str text, int64_t now_ns, weir_value *out)
{
    static const char *const nothing[] = {"", "NaT", "nat", "nan", "NaN", "NAN", "NAT", NULL};
    int64_t ns;
    bool had_zone;
    if (weir_time_parse(text, &ns, &had_zone)) {
        bool is_utc = had_zone && (text.ptr[text.len - 1] | 0x20) == 'z';
        uint16_t zone = !had_zone ? WEIR_ZONE_NAIVE
                        : is_utc  ? WEIR_ZONE_UTC
                                  : weir_zone_fixed(offset_at_end(text));
        *out = weir_value_timestamp(ns, zone);
        return WEIR_STAMP_OK;
    }
    if (is_one_of(text, nothing))
        return WEIR_STAMP_NOT_A_TIME;
    if (weir_str_is(text, "now") || weir_str_is(text, "today")) {
        *out = weir_value_timestamp(now_ns, WEIR_ZONE_NAIVE);
        return WEIR_STAMP_OK;
    }
    return weir_stamp_parse_loose(text, now_ns, out);
}

/* ------------------------------------------------------------------ writing */

void weir_stamp_iso(const weir_value *stamp, char separator, int fraction, weir_buf *out)
{
    weir_civil c;
    weir_stamp_split(stamp, &c);
    weir_buf_printf(out, "%04lld-%02u-%02u%c%02u:%02u:%02u", (long long)c.year, c.month, c.day,
                    separator, c.hour, c.minute, c.second);
    if (fraction < 0)
        fraction = c.nanos == 0 ? 0 : c.nanos % 1000 ? 9 : 6;
    if (fraction > 0) {
        char digits[16];
        snprintf(digits, sizeof(digits), "%09u", c.nanos);
        weir_buf_printf(out, ".%.*s", fraction, digits);
    }
    if (stamp->aux == WEIR_ZONE_NAIVE)
        return;
    int32_t offset = c.offset_s < 0 ? -c.offset_s : c.offset_s;
    weir_buf_printf(out, "%c%02d:%02d", c.offset_s < 0 ? '-' : '+', offset / 3600,
                    offset / 60 % 60);
    if (offset % 60)
        weir_buf_printf(out, ":%02d", offset % 60);
}

/* repr(): the offset without a colon, as strftime writes it. */
static void repr_stamp(const weir_value *v, weir_buf *out)
{
    weir_value naive = weir_value_timestamp(weir_stamp_local_ns(v), WEIR_ZONE_NAIVE);
    weir_civil c;
    weir_buf_puts(out, "Timestamp('");
    weir_stamp_iso(&naive, ' ', -1, out);
    if (v->aux != WEIR_ZONE_NAIVE) {
        weir_stamp_split(v, &c);
        int32_t offset = c.offset_s < 0 ? -c.offset_s : c.offset_s;
        weir_buf_printf(out, "%c%02d%02d', tz='%.*s", c.offset_s < 0 ? '-' : '+', offset / 3600,
                        offset / 60 % 60, WEIR_FMT(weir_zone_name(v->aux)));
    }
    weir_buf_puts(out, "')");
}

void weir_delta_text(int64_t ns, weir_buf *out)
{
    int64_t days = floor_div(ns, WEIR_NS_PER_DAY), rest = floor_rest(ns, WEIR_NS_PER_DAY);
    int64_t seconds = rest / WEIR_NS_PER_S, nanos = rest % WEIR_NS_PER_S;
    weir_buf_printf(out, "%lld days %s%02lld:%02lld:%02lld", (long long)days, days < 0 ? "+" : "",
                    (long long)(seconds / 3600), (long long)(seconds / 60 % 60),
                    (long long)(seconds % 60));
    if (nanos % 1000)
        weir_buf_printf(out, ".%09lld", (long long)nanos);
    else if (nanos)
        weir_buf_printf(out, ".%06lld", (long long)(nanos / 1000));
}

bool weir_time_text(const weir_value *v, char conversion, weir_buf *out)
{
    if (v->kind == WEIR_TIMESTAMP && conversion == 's') {
        weir_stamp_iso(v, ' ', -1, out);
    } else if (v->kind == WEIR_TIMESTAMP) {
        repr_stamp(v, out);
    } else if (conversion == 's') {
        weir_delta_text(v->i, out);
    } else {
        weir_buf_puts(out, "Timedelta('");
        weir_delta_text(v->i, out);
        weir_buf_puts(out, "')");
    }
    return true;
}

bool weir_stamp_fail(weir_vm *vm, weir_stamp_result result, const weir_value *shown)
{
    static const char *const texts[] = {
        [WEIR_STAMP_OK] = "",
        [WEIR_STAMP_NOT_A_TIME] = "not a time: %s",
        [WEIR_STAMP_MALFORMED] = "could not convert to Timestamp: %s",
        [WEIR_STAMP_RANGE] = "Out of bounds nanosecond timestamp: %s",
        [WEIR_STAMP_AMBIGUOUS] = "Cannot infer dst time from %s: clocks show it twice",
        [WEIR_STAMP_SKIPPED] = "%s does not exist: clocks skip it",
    };
    char format[96];
    snprintf(format, sizeof(format), "%s", texts[result]);
    const char *text = weir_vm_show(vm, shown);
    const char *hole = strstr(format, "%s");
    int head = hole ? (int)(hole - format) : (int)strlen(format);
    return weir_vm_fail(vm, WEIR_RAISE_VALUE, "%.*s%s%s", head, format, text, hole ? hole + 2 : "");
}
