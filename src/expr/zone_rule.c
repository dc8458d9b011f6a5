/* SPDX-License-Identifier: MIT */
/* POSIX TZ rules: parsed once when the zone is read, then asked for the offset at a time. */
#include "expr/zone_rule.h"

#include "util/time.h"

typedef struct cursor {
    const char *at, *end;
} cursor;

static char peek(const cursor *c)
{
    return c->at < c->end ? *c->at : '\0';
}

static bool number(cursor *c, int most, int *out)
{
    int n = 0;
    if (peek(c) < '0' || peek(c) > '9')
        return false;
    while (peek(c) >= '0' && peek(c) <= '9') {
        n = n * 10 + (*c->at++ - '0');
        if (n > most)
            return false;
    }
    *out = n;
    return true;
}

static bool skip(cursor *c, char what)
{
    if (peek(c) != what)
        return false;
    c->at++;
    return true;
}

static bool name(cursor *c, char out[12])
{
    bool is_quoted = skip(c, '<');
    size_t len = 0;
    for (; c->at < c->end; c->at++) {
        char ch = *c->at;
        bool is_letter = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z');
        bool is_part =
            is_letter || (is_quoted && (ch == '+' || ch == '-' || (ch >= '0' && ch <= '9')));
        if (!is_part)
            break;
        if (len >= 11)
            return false;
        out[len++] = ch;
    }
    out[len] = '\0';
    return len >= 3 && (!is_quoted || skip(c, '>'));
}

/* [+-]hh[:mm[:ss]] in seconds. */
static bool clock_time(cursor *c, int32_t *out)
{
    int h = 0, m = 0, s = 0;
    bool is_negative = peek(c) == '-';
    if (peek(c) == '-' || peek(c) == '+')
        c->at++;
    if (!number(c, 167, &h))
        return false;
    if (skip(c, ':') && !number(c, 59, &m))
        return false;
    if (skip(c, ':') && !number(c, 59, &s))
        return false;
    *out = (is_negative ? -1 : 1) * (h * 3600 + m * 60 + s);
    return true;
}

static bool day(cursor *c, weir_zone_day *out)
{
    *out = (weir_zone_day){.form = 'n', .time_s = 7200};
    if (skip(c, 'M')) {
        out->form = 'M';
        if (!number(c, 12, &out->month) || !skip(c, '.') || !number(c, 5, &out->week) ||
            !skip(c, '.') || !number(c, 6, &out->day) || out->month < 1 || out->week < 1)
            return false;
    } else {
        if (skip(c, 'J'))
            out->form = 'J';
        if (!number(c, 365, &out->day))
            return false;
    }
    return !skip(c, '/') || clock_time(c, &out->time_s);
}

bool weir_zone_rule_parse(weir_str text, weir_zone_rule *rule)
{
    cursor c = {text.ptr, text.ptr + text.len};
    int32_t west;
    *rule = (weir_zone_rule){0};
    if (!name(&c, rule->standard) || !clock_time(&c, &west))
        return false;
    rule->standard_s = -west;
    if (c.at == c.end)
        return true;
    rule->has_daylight = true;
    rule->daylight_s = rule->standard_s + 3600;
    if (!name(&c, rule->daylight))
        return false;
    if (peek(&c) != ',') {
        if (!clock_time(&c, &west))
            return false;
        rule->daylight_s = -west;
    }
    return skip(&c, ',') && day(&c, &rule->start) && skip(&c, ',') && day(&c, &rule->end) &&
           c.at == c.end;
}

static bool is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* The wall-clock second at which the rule's day strikes in a year. */
static int64_t strike(const weir_zone_day *d, int64_t year)
{
    int64_t days = weir_days_from_civil(year, 1, 1);
    if (d->form == 'J')
        days += d->day - 1 + (is_leap(year) && d->day >= 60);
    else if (d->form == 'n')
        days += d->day;
    if (d->form != 'M')
        return days * 86400 + d->time_s;
    int64_t first = weir_days_from_civil(year, (unsigned)d->month, 1);
    int weekday = (int)(((first + 4) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
    int64_t at = first + (d->day - weekday + 7) % 7 + 7 * (d->week - 1);
    int64_t next = d->month == 12 ? weir_days_from_civil(year + 1, 1, 1)
                                  : weir_days_from_civil(year, (unsigned)d->month + 1, 1);
    while (at >= next)
        at -= 7;
    return at * 86400 + d->time_s;
}

int32_t weir_zone_rule_offset(const weir_zone_rule *rule, int64_t utc_s, const char **abbreviation)
{
    *abbreviation = rule->standard;
    if (!rule->has_daylight)
        return rule->standard_s;
    int64_t local = utc_s + rule->standard_s, year;
    unsigned month, dom;
    int64_t days = local / 86400 - (local % 86400 < 0);
    weir_civil_from_days(days, &year, &month, &dom);
    int64_t start = strike(&rule->start, year) - rule->standard_s;
    int64_t end = strike(&rule->end, year) - rule->daylight_s;
    bool is_daylight = start < end ? utc_s >= start && utc_s < end : utc_s >= start || utc_s < end;
    if (!is_daylight)
        return rule->standard_s;
    *abbreviation = rule->daylight;
    return rule->daylight_s;
}
