/* SPDX-License-Identifier: MIT */
/*
 * strftime and strptime with Python's directives, in the C locale whatever the process's is. Two
 * tables: what each letter writes, what each letter reads.
 */
#include "expr/stamp.h"

#include <stdio.h>

#include "util/time.h"

/* ------------------------------------------------------------------ writing */

static int iso_week(const weir_civil *c, int64_t *year)
{
    /* The week belongs to the year that its Thursday is in. */
    int64_t days = weir_days_from_civil(c->year, c->month, c->day) - c->weekday + 3;
    unsigned month, day;
    weir_civil_from_days(days, year, &month, &day);
    return (int)((days - weir_days_from_civil(*year, 1, 1)) / 7) + 1;
}

static unsigned half_hour(const weir_civil *c)
{
    return c->hour % 12 ? c->hour % 12 : 12;
}

static void put_offset(const weir_value *stamp, const weir_civil *c, weir_buf *out)
{
    if (stamp->aux == WEIR_ZONE_NAIVE)
        return;
    int32_t s = c->offset_s < 0 ? -c->offset_s : c->offset_s;
    weir_buf_printf(out, "%c%02d%02d", c->offset_s < 0 ? '-' : '+', s / 3600, s / 60 % 60);
    if (s % 60)
        weir_buf_printf(out, "%02d", s % 60);
}

static bool put_date_part(const weir_civil *c, char letter, weir_buf *out)
{
    int64_t iso_year;
    switch (letter) {
    case 'a': weir_buf_printf(out, "%.3s", weir_day_names[c->weekday]); return true;
    case 'A': weir_buf_puts(out, weir_day_names[c->weekday]); return true;
    case 'b':
    case 'h': weir_buf_printf(out, "%.3s", weir_month_names[c->month - 1]); return true;
    case 'B': weir_buf_puts(out, weir_month_names[c->month - 1]); return true;
    case 'C': weir_buf_printf(out, "%02lld", (long long)c->year / 100); return true;
    case 'd': weir_buf_printf(out, "%02u", c->day); return true;
    case 'e': weir_buf_printf(out, "%2u", c->day); return true;
    case 'm': weir_buf_printf(out, "%02u", c->month); return true;
    case 'y': weir_buf_printf(out, "%02lld", (long long)c->year % 100); return true;
    case 'Y': weir_buf_printf(out, "%lld", (long long)c->year); return true;
    case 'j': weir_buf_printf(out, "%03d", c->year_day); return true;
    case 'u': weir_buf_printf(out, "%d", c->weekday + 1); return true;
    case 'w': weir_buf_printf(out, "%d", (c->weekday + 1) % 7); return true;
    case 'U':
        weir_buf_printf(out, "%02d", (c->year_day + 6 - (c->weekday + 1) % 7) / 7);
        return true;
    case 'W': weir_buf_printf(out, "%02d", (c->year_day + 6 - c->weekday) / 7); return true;
    case 'V': weir_buf_printf(out, "%02d", iso_week(c, &iso_year)); return true;
    case 'G':
        iso_week(c, &iso_year);
        weir_buf_printf(out, "%lld", (long long)iso_year);
        return true;
    default: return false;
    }
}

static bool put_time_part(const weir_civil *c, char letter, weir_buf *out)
{
    switch (letter) {
    case 'H': weir_buf_printf(out, "%02u", c->hour); return true;
    case 'k': weir_buf_printf(out, "%2u", c->hour); return true;
    case 'I': weir_buf_printf(out, "%02u", half_hour(c)); return true;
    case 'l': weir_buf_printf(out, "%2u", half_hour(c)); return true;
    case 'M': weir_buf_printf(out, "%02u", c->minute); return true;
    case 'S': weir_buf_printf(out, "%02u", c->second); return true;
    case 'f': weir_buf_printf(out, "%06u", c->nanos / 1000); return true;
    case 'p': weir_buf_puts(out, c->hour < 12 ? "AM" : "PM"); return true;
    case 'P': weir_buf_puts(out, c->hour < 12 ? "am" : "pm"); return true;
    case 'n': weir_buf_putc(out, '\n'); return true;
    case 't': weir_buf_putc(out, '\t'); return true;
    case '%': weir_buf_putc(out, '%'); return true;
    default: return false;
    }
}

/* Letters that stand for several. */
static const char *expansion(char letter)
{
    switch (letter) {
    case 'c': return "%a %b %e %H:%M:%S %Y";
    case 'D':
    case 'x': return "%m/%d/%y";
    case 'F': return "%Y-%m-%d";
    case 'R': return "%H:%M";
    case 'r': return "%I:%M:%S %p";
    case 'T':
    case 'X': return "%H:%M:%S";
    default: return NULL;
    }
}

bool weir_stamp_strftime(weir_vm *vm, const weir_value *stamp, weir_str format, weir_buf *out)
{
    weir_civil c;
    weir_stamp_split(stamp, &c);
    for (size_t i = 0; i < format.len; i++) {
        char letter = i + 1 < format.len ? format.ptr[i + 1] : '\0';
        if (format.ptr[i] != '%' || letter == '\0') {
            weir_buf_putc(out, format.ptr[i]);
            continue;
        }
        i++;
        const char *several = expansion(letter);
        if (several)
            weir_stamp_strftime(vm, stamp, weir_str_of(several), out);
        else if (letter == 'z')
            put_offset(stamp, &c, out);
        else if (letter == 'Z')
            weir_buf_puts(out, stamp->aux == WEIR_ZONE_NAIVE ? "" : c.abbreviation);
        else if (letter == 's')
            weir_buf_printf(out, "%lld", (long long)(weir_stamp_local_ns(stamp) / WEIR_NS_PER_S));
        else if (!put_date_part(&c, letter, out) && !put_time_part(&c, letter, out))
            weir_buf_printf(out, "%%%c", letter);
    }
    return weir_text_room(vm, out, 0);
}

/* ------------------------------------------------------------------ reading */

typedef struct scanner {
    const char *at, *end;
    weir_civil civil;
    bool is_pm, has_half, has_zone, is_utc;
    int32_t offset_s;
    int year_day;
    const char *why;
} scanner;

static bool digits(scanner *s, int most, int64_t low, int64_t high, int64_t *out)
{
    int64_t value = 0;
    int n = 0;
    while (n < most && s->at < s->end && *s->at >= '0' && *s->at <= '9') {
        int64_t next = value * 10 + (*s->at - '0');
        if (next > high)
            break; /* "311" with %d%m: 31, then 1 */
        value = next;
        s->at++;
        n++;
    }
    *out = value;
    return n > 0 && value >= low;
}

static bool unsigned_part(scanner *s, int64_t low, int64_t high, unsigned *out)
{
    int64_t value;
    if (!digits(s, 2, low, high, &value))
        return false;
    *out = (unsigned)value;
    return true;
}

static bool name_part(scanner *s, const char *const *names, int count, bool is_full, int *index)
{
    size_t len;
    weir_str rest = {s->at, (size_t)(s->end - s->at)};
    *index = weir_name_index(rest, names, count, &len);
    if (*index < 0)
        return false;
    size_t full = strlen(names[*index]);
    if (is_full && len != full)
        return false;
    s->at += is_full ? full : 3;
    return true;
}

static bool fraction_part(scanner *s)
{
    uint32_t micros = 0;
    int n = 0;
    while (n < 6 && s->at < s->end && *s->at >= '0' && *s->at <= '9') {
        micros = micros * 10 + (uint32_t)(*s->at++ - '0');
        n++;
    }
    for (int i = n; i < 6; i++)
        micros *= 10;
    s->civil.nanos = micros * 1000;
    return n > 0;
}

/* Z, +HHMM, +HH:MM, with seconds or not. */
static bool offset_part(scanner *s)
{
    int64_t part[3] = {0};
    if (s->at < s->end && *s->at == 'Z') {
        s->at++;
        s->has_zone = s->is_utc = true;
        return true;
    }
    if (s->at >= s->end || (*s->at != '+' && *s->at != '-'))
        return false;
    bool is_west = *s->at++ == '-';
    for (int i = 0; i < 3; i++) {
        const char *from = s->at;
        if (i && s->at < s->end && *s->at == ':')
            s->at++;
        if (!digits(s, 2, 0, i ? 59 : 23, &part[i])) {
            s->at = from;
            if (i < 2)
                return false;
        }
    }
    s->has_zone = true;
    s->offset_s = (int32_t)(part[0] * 3600 + part[1] * 60 + part[2]) * (is_west ? -1 : 1);
    return true;
}

static bool zone_part(scanner *s)
{
    static const char *const names[] = {"UTC", "GMT", NULL};
    for (size_t i = 0; names[i]; i++)
        if (s->end - s->at >= 3 && memcmp(s->at, names[i], 3) == 0) {
            s->at += 3;
            return true; /* as in Python, %Z alone does not make it aware */
        }
    return false;
}

static bool half_part(scanner *s)
{
    if (s->end - s->at < 2 || (s->at[1] | 0x20) != 'm')
        return false;
    char c = *s->at | 0x20;
    s->is_pm = c == 'p';
    s->has_half = true;
    s->at += 2;
    return c == 'a' || c == 'p';
}

static bool read_date_part(scanner *s, char letter, bool *is_known)
{
    int64_t n;
    int index;
    weir_civil *c = &s->civil;
    switch (letter) {
    case 'Y': return s->end - s->at >= 4 && digits(s, 4, 0, 9999, &c->year);
    case 'y':
        if (!digits(s, 2, 0, 99, &n))
            return false;
        c->year = n < 69 ? 2000 + n : 1900 + n;
        return true;
    case 'm': return unsigned_part(s, 1, 12, &c->month);
    case 'd': return unsigned_part(s, 1, 31, &c->day);
    case 'j':
        if (!digits(s, 3, 1, 366, &n))
            return false;
        s->year_day = (int)n;
        return true;
    case 'b':
    case 'B':
        if (!name_part(s, weir_month_names, 12, letter == 'B', &index))
            return false;
        c->month = (unsigned)index + 1;
        return true;
    case 'a':
    case 'A': return name_part(s, weir_day_names, 7, letter == 'A', &index);
    default: *is_known = false; return false;
    }
}

static bool read_part(scanner *s, char letter)
{
    bool is_known = true;
    bool is_done = read_date_part(s, letter, &is_known);
    if (is_known)
        return is_done;
    switch (letter) {
    case 'H': return unsigned_part(s, 0, 23, &s->civil.hour);
    case 'I': return unsigned_part(s, 1, 12, &s->civil.hour);
    case 'M': return unsigned_part(s, 0, 59, &s->civil.minute);
    case 'S': return unsigned_part(s, 0, 61, &s->civil.second);
    case 'f': return fraction_part(s);
    case 'p': return half_part(s);
    case 'z': return offset_part(s);
    case 'Z': return zone_part(s);
    case '%':
        if (s->at >= s->end || *s->at != '%')
            return false;
        s->at++;
        return true;
    default: s->why = "the format has a directive that strptime does not know"; return false;
    }
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool scan(scanner *s, weir_str format)
{
    for (size_t i = 0; i < format.len; i++) {
        char c = format.ptr[i];
        if (c == '%') {
            char letter = ++i < format.len ? format.ptr[i] : '\0';
            const char *several = letter == 'c' || letter == 'x' || letter == 'X' ||
                                          letter == 'T' || letter == 'D' || letter == 'F' ||
                                          letter == 'R'
                                      ? expansion(letter)
                                      : NULL;
            if (several ? !scan(s, weir_str_of(several)) : !read_part(s, letter))
                return false;
        } else if (is_blank(c)) {
            if (s->at >= s->end || !is_blank(*s->at))
                return false;
            while (s->at < s->end && is_blank(*s->at))
                s->at++;
        } else if (s->at >= s->end || *s->at++ != c) {
            return false;
        }
    }
    return true;
}

weir_stamp_result weir_stamp_strptime(weir_str text, weir_str format, weir_value *out,
                                      const char **why)
{
    scanner s = {.at = text.ptr,
                 .end = text.ptr + text.len,
                 .civil = {.year = 1900, .month = 1, .day = 1},
                 .why = "the text does not match the format"};
    *why = s.why;
    bool matches = scan(&s, format);
    if (matches && s.at != s.end)
        s.why = "the text goes on behind what the format says";
    *why = s.why;
    if (!matches || s.at != s.end)
        return WEIR_STAMP_MALFORMED;
    if (s.has_half)
        s.civil.hour = s.civil.hour % 12 + (s.is_pm ? 12 : 0);
    if (s.year_day) {
        int64_t days = weir_days_from_civil(s.civil.year, 1, 1) + s.year_day - 1;
        weir_civil_from_days(days, &s.civil.year, &s.civil.month, &s.civil.day);
    }
    int64_t ns;
    *why = "day is out of range for month";
    weir_stamp_result result = weir_stamp_join(&s.civil, &ns);
    if (result != WEIR_STAMP_OK)
        return result;
    uint16_t zone = !s.has_zone ? WEIR_ZONE_NAIVE : weir_zone_fixed(s.offset_s);
    return weir_stamp_localize(ns, zone, out);
}
