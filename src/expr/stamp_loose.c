/* SPDX-License-Identifier: MIT */
/*
 * Dates as people write them ("22 Feb 2021 15:51", "02/22/2021 3:51 PM", "20210222T155144"): the
 * rules of dateutil, which pandas falls back to. A text is a row of numbers and words; numbers with
 * a colon are the time, the others fill year, month and day, in the order that their sizes allow
 * (month first when in doubt).
 *
 * Where dateutil guesses and warns - an unknown zone name such as EST is dropped - this refuses.
 */
#include "expr/stamp.h"
#include "util/time.h"

typedef struct loose {
    const char *at, *end;
    int64_t now_ns;
    int64_t number[3]; /* of the date, in order of appearance */
    int digits[3];
    int count;
    int month_at; /* which of them a month's name stood for, -1 */
    weir_civil civil;
    bool has_time, is_pm, is_am, has_zone;
    int32_t offset_s;
} loose;

static char peek(const loose *l, size_t ahead)
{
    return (size_t)(l->end - l->at) > ahead ? l->at[ahead] : '\0';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    c |= 0x20;
    return c >= 'a' && c <= 'z';
}

static size_t run(const loose *l, bool (*is)(char))
{
    size_t n = 0;
    while (l->at + n < l->end && is(l->at[n]))
        n++;
    return n;
}

static int64_t value_of(const char *digits, size_t n)
{
    int64_t value = 0;
    for (size_t i = 0; i < n; i++)
        value = value * 10 + (digits[i] - '0');
    return value;
}

static bool word_is(weir_str word, const char *text)
{
    for (size_t i = 0; i < word.len; i++)
        if (!text[i] || (word.ptr[i] | 0x20) != text[i])
            return false;
    return text[word.len] == '\0';
}

int weir_name_index(weir_str text, const char *const *names, int count, size_t *len)
{
    for (int i = 0; i < count; i++) {
        size_t full = strlen(names[i]), n = 0;
        while (n < full && n < text.len && (text.ptr[n] | 0x20) == (names[i][n] | 0x20))
            n++;
        if (n >= 3) {
            *len = n == full ? full : 3;
            return i;
        }
    }
    return -1;
}

static bool add_number(loose *l, int64_t value, size_t digits)
{
    if (l->count == 3)
        return false;
    l->number[l->count] = value;
    l->digits[l->count++] = (int)digits;
    return true;
}

/* ------------------------------------------------------------------ the time */

static void take_fraction(loose *l)
{
    l->at++;
    uint32_t nanos = 0;
    int taken = 0;
    for (; is_digit(peek(l, 0)); l->at++)
        if (taken < 9) {
            nanos = nanos * 10 + (uint32_t)(*l->at - '0');
            taken++;
        }
    for (; taken < 9; taken++)
        nanos *= 10;
    l->civil.nanos = nanos;
}

static bool has_fraction(const loose *l)
{
    return (peek(l, 0) == '.' || peek(l, 0) == ',') && is_digit(peek(l, 1));
}

static bool take_clock(loose *l, size_t digits)
{
    if (l->has_time || digits > 2)
        return false;
    l->has_time = true;
    l->civil.hour = (unsigned)value_of(l->at, digits);
    l->at += digits + 1;
    size_t n = run(l, is_digit);
    if (n < 1 || n > 2)
        return false;
    l->civil.minute = (unsigned)value_of(l->at, n);
    l->at += n;
    if (peek(l, 0) != ':')
        return true;
    l->at++;
    n = run(l, is_digit);
    if (n < 1 || n > 2)
        return false;
    l->civil.second = (unsigned)value_of(l->at, n);
    l->at += n;
    if (has_fraction(l))
        take_fraction(l);
    return true;
}

/* HHMM or HHMMSS behind a date. */
static bool take_packed_time(loose *l, size_t digits)
{
    const char *d = l->at;
    l->has_time = true;
    l->civil.hour = (unsigned)value_of(d, 2);
    l->civil.minute = (unsigned)value_of(d + 2, 2);
    l->civil.second = digits == 6 ? (unsigned)value_of(d + 4, 2) : 0;
    l->at += digits;
    if (digits == 6 && has_fraction(l))
        take_fraction(l);
    return true;
}

static bool take_offset(loose *l)
{
    bool is_west = *l->at++ == '-';
    size_t n = run(l, is_digit);
    int64_t hours, minutes = 0;
    if (n != 2 && n != 4)
        return false;
    hours = value_of(l->at, 2);
    if (n == 4)
        minutes = value_of(l->at + 2, 2);
    l->at += n;
    if (n == 2 && peek(l, 0) == ':') {
        l->at++;
        if (run(l, is_digit) != 2)
            return false;
        minutes = value_of(l->at, 2);
        l->at += 2;
    }
    if (l->has_zone || hours > 23 || minutes > 59)
        return false;
    l->has_zone = true;
    l->offset_s = (int32_t)(hours * 3600 + minutes * 60) * (is_west ? -1 : 1);
    return true;
}

/* ------------------------------------------------------------------ numbers and words */

/* YYYYMMDD[HHMM[SS]], or YYMMDD. */
static bool take_packed_date(loose *l, size_t digits)
{
    const char *d = l->at;
    size_t year = digits == 6 ? 2 : 4;
    if (!add_number(l, value_of(d, year), year == 4 ? 4 : 2))
        return false;
    /* Two-digit years are put in front only here, so the order is settled by hand. */
    l->digits[0] = 4;
    if (year == 2) {
        int64_t y = l->number[0];
        l->number[0] = y < 69 ? 2000 + y : 1900 + y;
    }
    add_number(l, value_of(d + year, 2), 2);
    add_number(l, value_of(d + year + 2, 2), 2);
    l->at += digits < 8 ? 6 : 8;
    if (digits <= 8)
        return true;
    return !l->has_time && take_packed_time(l, digits - 8);
}

static bool take_hour_with_half(loose *l, size_t digits)
{
    const char *p = l->at + digits;
    while (p < l->end && *p == ' ')
        p++;
    bool is_half = l->end - p >= 2 && ((*p | 0x20) == 'a' || (*p | 0x20) == 'p') &&
                   (p[1] | 0x20) == 'm' && (l->end - p == 2 || !is_letter(p[2]));
    if (!is_half || l->has_time || digits > 2)
        return false;
    l->has_time = true;
    l->civil.hour = (unsigned)value_of(l->at, digits);
    l->at += digits;
    return true;
}

static bool take_number(loose *l)
{
    size_t n = run(l, is_digit);
    if (l->at + n < l->end && l->at[n] == ':')
        return take_clock(l, n);
    if (take_hour_with_half(l, n))
        return true;
    if (l->count == 3 && !l->has_time) {
        if (n == 4 || n == 6)
            return take_packed_time(l, n);
        if (n > 2)
            return false;
        l->has_time = true; /* "2021-02-22 10" */
        l->civil.hour = (unsigned)value_of(l->at, n);
        l->at += n;
        return true;
    }
    if (l->count == 0 && (n == 6 || n == 8 || n == 12 || n == 14))
        return take_packed_date(l, n);
    if (n > 4 || n == 3 || !add_number(l, value_of(l->at, n), n))
        return false;
    l->at += n;
    char c = peek(l, 0), next = peek(l, 1);
    if ((c == '-' || c == '/' || c == '.') && (is_digit(next) || is_letter(next)))
        l->at++;
    return true;
}

static bool take_word(loose *l)
{
    static const char *const ignored[] = {"at", "on", "and", "of", "st",
                                          "nd", "rd", "th",  "t",  NULL};
    weir_str word = {l->at, run(l, is_letter)};
    size_t len;
    l->at += word.len;
    bool is_half = word_is(word, "am") || word_is(word, "pm");
    if (is_half && l->has_time && !l->is_am && !l->is_pm) {
        l->is_am = (word.ptr[0] | 0x20) == 'a';
        l->is_pm = !l->is_am;
        return l->civil.hour >= 1 && l->civil.hour <= 12;
    }
    if (word_is(word, "utc") || word_is(word, "gmt") || word_is(word, "z")) {
        bool is_first = l->has_time && !l->has_zone;
        l->has_zone = true;
        return is_first && peek(l, 0) != '+' && peek(l, 0) != '-';
    }
    int month = weir_name_index(word, weir_month_names, 12, &len);
    bool is_month = month >= 0 && (word.len == len || word_is(word, "sept"));
    if (is_month && l->month_at < 0) {
        l->month_at = l->count;
        char c = peek(l, 0);
        if ((c == '-' || c == '/' || c == '.') && is_digit(peek(l, 1)))
            l->at++;
        return add_number(l, month + 1, 2);
    }
    if (weir_name_index(word, weir_day_names, 7, &len) >= 0 && word.len == len)
        return true;
    for (size_t i = 0; ignored[i]; i++)
        if (word_is(word, ignored[i]))
            return true;
    return false;
}

static bool take_token(loose *l)
{
    char c = peek(l, 0);
    if (is_digit(c))
        return take_number(l);
    if (is_letter(c))
        return take_word(l);
    if ((c == '+' || c == '-') && l->has_time && is_digit(peek(l, 1)))
        return take_offset(l);
    l->at++;
    /* Between a date and a time a dash is as good as a blank. */
    return c == ' ' || c == ',' || c == ';' || (c == '-' && l->count == 3) ||
           (c == '.' && l->month_at == l->count - 1);
}

/* ------------------------------------------------------------------ which number is what */

static bool is_year(const loose *l, int i)
{
    return l->digits[i] > 2 || l->number[i] > 31;
}

static int64_t full_year(const loose *l, int i)
{
    int64_t year = l->number[i];
    if (l->digits[i] > 2 || year > 99)
        return year;
    weir_civil now;
    weir_value today = weir_value_timestamp(l->now_ns, WEIR_ZONE_UTC);
    weir_stamp_split(&today, &now);
    year += now.year - now.year % 100;
    return year >= now.year + 50 ? year - 100 : year < now.year - 50 ? year + 100 : year;
}

static void set_date(loose *l, int year, int month, int day)
{
    l->civil.year = full_year(l, year);
    l->civil.month = (unsigned)l->number[month];
    l->civil.day = day < 0 ? 1 : (unsigned)l->number[day];
}

static bool resolve_named(loose *l)
{
    int m = l->month_at, a = m == 0 ? 1 : 0, b = m == 2 ? 1 : 2;
    if (l->count == 3) {
        bool is_year_first = is_year(l, a) || (m == 2 && !is_year(l, b));
        set_date(l, is_year_first ? a : b, m, is_year_first ? b : a);
        return true;
    }
    if (l->count != 2 || !is_year(l, a))
        return false;
    set_date(l, a, m, -1);
    return true;
}

static bool resolve_numbers(loose *l)
{
    const int64_t *n = l->number;
    if (l->count == 3) {
        if (is_year(l, 0))
            set_date(l, 0, 1, 2); /* never day before month behind a year: 2021-13-01 is wrong */
        else if (is_year(l, 1))
            return false;
        else
            set_date(l, 2, n[0] > 12 ? 1 : 0, n[0] > 12 ? 0 : 1);
        return true;
    }
    if (l->count == 2 && (is_year(l, 0) || is_year(l, 1))) {
        set_date(l, is_year(l, 0) ? 0 : 1, is_year(l, 0) ? 1 : 0, -1);
        return true;
    }
    if (l->count != 1 || l->digits[0] != 4)
        return false;
    l->civil.year = n[0];
    l->civil.month = l->civil.day = 1;
    return true;
}

static bool resolve_date(loose *l)
{
    if (l->count == 0 && l->has_time) {
        weir_value today = weir_value_timestamp(l->now_ns, WEIR_ZONE_UTC);
        weir_civil now;
        weir_stamp_split(&today, &now);
        l->civil.year = now.year;
        l->civil.month = now.month;
        l->civil.day = now.day;
        return true;
    }
    return l->month_at >= 0 ? resolve_named(l) : resolve_numbers(l);
}

weir_stamp_result weir_stamp_parse_loose(weir_str text, int64_t now_ns, weir_value *out)
{
    loose l = {.at = text.ptr, .end = text.ptr + text.len, .now_ns = now_ns, .month_at = -1};
    if (text.len > 64)
        return WEIR_STAMP_MALFORMED;
    while (l.at < l.end)
        if (!take_token(&l))
            return WEIR_STAMP_MALFORMED;
    if (!resolve_date(&l))
        return WEIR_STAMP_MALFORMED;
    if (l.is_pm && l.civil.hour < 12)
        l.civil.hour += 12;
    if (l.is_am && l.civil.hour == 12)
        l.civil.hour = 0;
    int64_t ns;
    weir_stamp_result result = weir_stamp_join(&l.civil, &ns);
    if (result != WEIR_STAMP_OK)
        return result;
    uint16_t zone = l.has_zone ? weir_zone_fixed(l.offset_s) : WEIR_ZONE_NAIVE;
    return weir_stamp_localize(ns, zone, out);
}
