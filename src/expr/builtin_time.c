/* SPDX-License-Identifier: MIT */
/*
 * pd.Timestamp, pd.Timedelta, the clocks, strptime, and the methods of timestamps and timedeltas.
 * What pandas calls NaT is None here: a field without a time is a field without a value.
 */
#include <math.h>
#include <time.h>

#include "expr/stamp.h"
#include "expr/tables.h"
#include "util/time.h"

int64_t weir_vm_now_ns(const weir_vm *vm)
{
    if (vm->world && vm->world->fixed_now_ns != 0)
        return vm->world->fixed_now_ns;
    return weir_now_ns();
}

/* *zone is naive when the argument is left out or None. */
static bool zone_arg(weir_vm *vm, const weir_value *arg, uint16_t *zone)
{
    weir_str name;
    *zone = WEIR_ZONE_NAIVE;
    if (arg->kind == WEIR_ABSENT || arg->kind == WEIR_NONE)
        return true;
    if (!weir_need_str(vm, arg, "tz", &name))
        return false;
    *zone = weir_zone_find(name);
    return *zone != WEIR_ZONE_NAIVE ||
           weir_vm_fail(vm, WEIR_RAISE_LOOKUP, "unknown time zone %s", weir_vm_show(vm, arg));
}

static bool is_given(const weir_value *v)
{
    return v->kind != WEIR_ABSENT && v->kind != WEIR_NONE;
}

/* ------------------------------------------------------------------ pd.Timestamp */

static bool localize(weir_vm *vm, int64_t local_ns, uint16_t zone, const weir_value *shown,
                     weir_value *out)
{
    weir_stamp_result result = weir_stamp_localize(local_ns, zone, out);
    return result == WEIR_STAMP_OK || weir_stamp_fail(vm, result, shown);
}

/* A zone turns a naive time into that zone's, and shows an aware one there. */
static bool put_zone(weir_vm *vm, const weir_value *shown, bool has_zone, uint16_t zone,
                     weir_value *stamp)
{
    if (!has_zone)
        return true;
    if (stamp->aux == WEIR_ZONE_NAIVE)
        return localize(vm, stamp->i, zone, shown, stamp);
    stamp->aux = zone;
    return true;
}

static bool stamp_of_text(weir_vm *vm, const weir_value *v, bool has_zone, uint16_t zone,
                          weir_value *out)
{
    weir_stamp_result result = weir_stamp_parse(weir_value_text(v), weir_vm_now_ns(vm), out);
    if (result == WEIR_STAMP_NOT_A_TIME) {
        *out = weir_value_none();
        return true;
    }
    if (result != WEIR_STAMP_OK)
        return weir_stamp_fail(vm, result, v);
    return put_zone(vm, v, has_zone, zone, out);
}

static bool stamp_of_parts(weir_vm *vm, const weir_call *call, uint16_t zone, weir_value *out)
{
    static const char *const names[] = {"year",   "month",  "day",         "hour",
                                        "minute", "second", "microsecond", "nanosecond"};
    static const int64_t most[] = {9999, 12, 31, 23, 59, 59, 999999, 999};
    int64_t part[8];
    for (size_t i = 0; i < 8; i++) {
        if (!weir_need_int_or(vm, weir_arg(call, 3 + i), names[i], i < 3 ? -1 : 0, &part[i]))
            return false;
        if (part[i] == -1 && i < 3)
            return weir_vm_fail(vm, WEIR_RAISE_TYPE,
                                "pd.Timestamp() needs a time, or at least "
                                "year, month and day");
        if (part[i] < (i < 3) || part[i] > most[i])
            return weir_vm_fail(vm, WEIR_RAISE_VALUE, "%s is out of range: %lld", names[i],
                                (long long)part[i]);
    }
    weir_civil c = {.year = part[0],
                    .month = (unsigned)part[1],
                    .day = (unsigned)part[2],
                    .hour = (unsigned)part[3],
                    .minute = (unsigned)part[4],
                    .second = (unsigned)part[5],
                    .nanos = (uint32_t)(part[6] * 1000 + part[7])};
    int64_t ns;
    weir_value shown = weir_value_int(part[0]);
    weir_stamp_result result = weir_stamp_join(&c, &ns);
    return result == WEIR_STAMP_OK ? localize(vm, ns, zone, &shown, out)
                                   : weir_stamp_fail(vm, result, &shown);
}

static bool call_timestamp(weir_vm *vm, const weir_call *call, weir_value *out)
{
    weir_value room;
    const weir_value *v = weir_typed(vm, weir_arg(call, 0), &room), *unit = weir_arg(call, 1);
    bool has_zone = is_given(weir_arg(call, 2));
    uint16_t zone;
    int64_t ns;
    if (!v || !zone_arg(vm, weir_arg(call, 2), &zone))
        return false;
    switch (v->kind) {
    case WEIR_ABSENT: return stamp_of_parts(vm, call, zone, out);
    case WEIR_NONE: *out = *v; return true;
    case WEIR_STR: return stamp_of_text(vm, v, has_zone, zone, out);
    case WEIR_FLOAT:
        if (isnan(v->f)) {
            *out = weir_value_none();
            return true;
        }
        /* fallthrough */
    case WEIR_INT:
    case WEIR_BIGINT:
        if (!weir_time_scale(vm, v, unit, &ns))
            return false;
        *out = weir_value_timestamp(ns, zone);
        return true;
    case WEIR_TIMESTAMP: *out = *v; return put_zone(vm, v, has_zone, zone, out);
    default:
        return weir_vm_fail(vm, WEIR_RAISE_TYPE, "Cannot convert input %s of type %s to Timestamp",
                            weir_vm_show(vm, v), weir_value_type_name(v));
    }
}

static bool call_now(weir_vm *vm, const weir_call *call, weir_value *out)
{
    uint16_t zone;
    if (!zone_arg(vm, weir_arg(call, 0), &zone))
        return false;
    int64_t ns = weir_vm_now_ns(vm);
    if (zone == WEIR_ZONE_NAIVE) { /* the wall clock of this machine */
        time_t seconds = (time_t)(ns / WEIR_NS_PER_S);
        struct tm local;
        if (localtime_r(&seconds, &local))
            ns += (int64_t)local.tm_gmtoff * WEIR_NS_PER_S;
    }
    *out = weir_value_timestamp(ns, zone);
    return true;
}

static bool call_utcnow(weir_vm *vm, const weir_call *call, weir_value *out)
{
    (void)call;
    *out = weir_value_timestamp(weir_vm_now_ns(vm), WEIR_ZONE_UTC);
    return true;
}

/* ------------------------------------------------------------------ pd.Timedelta */

static bool delta_of_parts(weir_vm *vm, const weir_call *call, weir_value *out)
{
    static const char *const units[] = {"W", "D", "h", "m", "s", "ms", "us", "ns"};
    __int128 total = 0;
    bool has_any = false;
    for (size_t i = 0; i < 8; i++) {
        const weir_value *arg = weir_arg(call, 2 + i);
        weir_value room, unit = weir_value_str(weir_str_of(units[i]));
        const weir_value *t = weir_typed(vm, arg, &room);
        int64_t ns;
        if (!t)
            return false;
        if (t->kind == WEIR_ABSENT)
            continue;
        if (t->kind != WEIR_INT && t->kind != WEIR_FLOAT)
            return weir_vm_fail(vm, WEIR_RAISE_TYPE,
                                "a part of a Timedelta must be a number, not %s (%s)",
                                weir_value_type_name(t), weir_vm_show(vm, t));
        if (!weir_time_scale(vm, t, &unit, &ns))
            return false;
        total += ns;
        has_any = true;
    }
    if (!has_any)
        return weir_vm_fail(vm, WEIR_RAISE_VALUE,
                            "pd.Timedelta() needs a value or a part such as "
                            "days=, hours=, seconds=");
    if (total > INT64_MAX || total <= INT64_MIN)
        return weir_vm_fail(vm, WEIR_RAISE_OVERFLOW, "out of bounds for a Timedelta");
    *out = weir_delta_value((int64_t)total);
    return true;
}

static bool call_timedelta(weir_vm *vm, const weir_call *call, weir_value *out)
{
    weir_value room;
    const weir_value *v = weir_typed(vm, weir_arg(call, 0), &room);
    int64_t ns;
    if (!v)
        return false;
    switch (v->kind) {
    case WEIR_ABSENT: return delta_of_parts(vm, call, out);
    case WEIR_NONE: *out = *v; return true;
    case WEIR_TIMEDELTA: *out = *v; return true;
    case WEIR_STR:
        if (is_given(weir_arg(call, 1)))
            return weir_vm_fail(vm, WEIR_RAISE_VALUE,
                                "unit must not be specified if the value is a str");
        if (!weir_delta_parse(weir_value_text(v), &ns))
            return weir_vm_fail(vm, WEIR_RAISE_VALUE, "could not convert to Timedelta: %s",
                                weir_vm_show(vm, v));
        *out = weir_delta_value(ns);
        return true;
    case WEIR_INT:
    case WEIR_BIGINT:
    case WEIR_FLOAT:
        if (v->kind == WEIR_FLOAT && isnan(v->f)) {
            *out = weir_value_none();
            return true;
        }
        if (!weir_time_scale(vm, v, weir_arg(call, 1), &ns))
            return false;
        *out = weir_delta_value(ns);
        return true;
    default:
        return weir_vm_fail(vm, WEIR_RAISE_VALUE, "could not convert to Timedelta: %s",
                            weir_vm_show(vm, v));
    }
}

/* ------------------------------------------------------------------ clocks, strptime */

static bool clock_value(weir_vm *vm, int64_t unit, weir_value *out)
{
    *out = weir_value_int(weir_vm_now_ns(vm) / unit);
    return true;
}

static bool call_now_ns(weir_vm *vm, const weir_call *call, weir_value *out)
{
    (void)call;
    return clock_value(vm, 1, out);
}

static bool call_now_us(weir_vm *vm, const weir_call *call, weir_value *out)
{
    (void)call;
    return clock_value(vm, WEIR_NS_PER_US, out);
}

static bool call_now_ms(weir_vm *vm, const weir_call *call, weir_value *out)
{
    (void)call;
    return clock_value(vm, WEIR_NS_PER_MS, out);
}

static bool call_now_s(weir_vm *vm, const weir_call *call, weir_value *out)
{
    (void)call;
    return clock_value(vm, WEIR_NS_PER_S, out);
}

static bool call_strptime(weir_vm *vm, const weir_call *call, weir_value *out)
{
    weir_str text, format;
    const char *why;
    if (!weir_need_str(vm, weir_arg(call, 0), "strptime() argument 1", &text) ||
        !weir_need_str(vm, weir_arg(call, 1), "strptime() argument 2", &format) ||
        !weir_vm_charge(vm, format.len))
        return false;
    weir_stamp_result result = weir_stamp_strptime(text, format, out, &why);
    if (result == WEIR_STAMP_MALFORMED)
        return weir_vm_fail(vm, WEIR_RAISE_VALUE, "time data %s, format %s: %s",
                            weir_vm_show(vm, weir_arg(call, 0)),
                            weir_vm_show(vm, weir_arg(call, 1)), why);
    return result == WEIR_STAMP_OK || weir_stamp_fail(vm, result, weir_arg(call, 0));
}

const weir_fn_row weir_fn_times[] = {
    {"pd.Timestamp",
     "ts_input? * unit? tz? year? month? day? hour? minute? second? microsecond? nanosecond?",
     call_timestamp, WEIR_KIND_COUNT, WEIR_FN_ZONE,
     "a moment: from a text, a number of units since 1970 UTC, or its parts"},
    {"pd.Timestamp.now", "tz?", call_now, WEIR_TIMESTAMP, WEIR_FN_ZONE, "this moment"},
    {"pd.Timestamp.utcnow", "", call_utcnow, WEIR_TIMESTAMP, 0, "this moment, in UTC"},
    {"pd.Timedelta",
     "value? unit? * weeks? days? hours? minutes? seconds? milliseconds? microseconds? "
     "nanoseconds?",
     call_timedelta, WEIR_KIND_COUNT, WEIR_FN_PURE, "a span of time"},
    {"now_ns", "", call_now_ns, WEIR_INT, 0, "nanoseconds since 1970 UTC"},
    {"now_us", "", call_now_us, WEIR_INT, 0, "microseconds since 1970 UTC"},
    {"now_ms", "", call_now_ms, WEIR_INT, 0, "milliseconds since 1970 UTC"},
    {"now_s", "", call_now_s, WEIR_INT, 0, "seconds since 1970 UTC"},
    {"strptime", "date_string format /", call_strptime, WEIR_TIMESTAMP, WEIR_FN_PURE,
     "the Timestamp that a text says by a format"},
    {0},
};

/* ------------------------------------------------------------------ methods */

static bool m_tz_convert(weir_vm *vm, const weir_call *call, weir_value *out)
{
    const weir_value *self = &call->args[0];
    uint16_t zone;
    if (!zone_arg(vm, weir_arg(call, 1), &zone))
        return false;
    if (self->aux == WEIR_ZONE_NAIVE)
        return weir_vm_fail(vm, WEIR_RAISE_TYPE,
                            "Cannot convert tz-naive Timestamp, use tz_localize to localize (%s)",
                            weir_vm_show(vm, self));
    *out = weir_value_timestamp(self->i, zone);
    return true;
}

static bool m_tz_localize(weir_vm *vm, const weir_call *call, weir_value *out)
{
    const weir_value *self = &call->args[0];
    uint16_t zone;
    if (!zone_arg(vm, weir_arg(call, 1), &zone))
        return false;
    if (zone == WEIR_ZONE_NAIVE) {
        *out = weir_value_timestamp(weir_stamp_local_ns(self), WEIR_ZONE_NAIVE);
        return true;
    }
    if (self->aux != WEIR_ZONE_NAIVE)
        return weir_vm_fail(vm, WEIR_RAISE_TYPE,
                            "Cannot localize tz-aware Timestamp, use tz_convert (%s)",
                            weir_vm_show(vm, self));
    return localize(vm, self->i, zone, self, out);
}

static bool fraction_of(weir_vm *vm, const weir_value *arg, int *digits)
{
    static const struct {
        const char *name;
        int digits;
    } specs[] = {
        {"auto", -1}, {"seconds", 0}, {"milliseconds", 3}, {"microseconds", 6}, {"nanoseconds", 9}};
    weir_str name = WEIR_STR("auto");
    if (arg->kind != WEIR_ABSENT && !weir_need_str(vm, arg, "timespec", &name))
        return false;
    for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++)
        if (weir_str_is(name, specs[i].name)) {
            *digits = specs[i].digits;
            return true;
        }
    return weir_vm_fail(vm, WEIR_RAISE_VALUE, "Unknown timespec value %s", weir_vm_show(vm, arg));
}

static bool m_isoformat(weir_vm *vm, const weir_call *call, weir_value *out)
{
    weir_str sep = WEIR_STR("T");
    int digits = -1;
    if ((weir_given(call, 1) && !weir_need_str(vm, weir_arg(call, 1), "sep", &sep)) ||
        !fraction_of(vm, weir_arg(call, 2), &digits))
        return false;
    if (sep.len != 1)
        return weir_vm_fail(vm, WEIR_RAISE_TYPE, "sep must be one ASCII character");
    weir_buf text = weir_vm_text(vm);
    weir_stamp_iso(&call->args[0], sep.ptr[0], digits, &text);
    bool is_done = weir_op_str_from(vm, &text, WEIR_VALUE_ASCII, out);
    weir_vm_text_done(vm, &text);
    return is_done;
}

static bool m_strftime(weir_vm *vm, const weir_call *call, weir_value *out)
{
    weir_str format;
    if (!weir_need_str(vm, weir_arg(call, 1), "format", &format) || !weir_vm_charge(vm, format.len))
        return false;
    weir_buf text = weir_vm_text(vm);
    bool is_done = weir_stamp_strftime(vm, &call->args[0], format, &text) &&
                   weir_op_str_from(vm, &text, weir_arg(call, 1)->flags & WEIR_VALUE_SECRET, out);
    weir_vm_text_done(vm, &text);
    return is_done;
}

/* round(value / 1e9, 6), as pandas does. */
static bool m_timestamp(weir_vm *vm, const weir_call *call, weir_value *out)
{
    weir_value ns = weir_value_int(call->args[0].i), second = weir_value_int(WEIR_NS_PER_S);
    weir_value args[2];
    const weir_fn_row *round_row = weir_fn_find(WEIR_STR("round"));
    if (!weir_op_binary(vm, WEIR_BINARY_DIV, &ns, &second, &args[0]))
        return false;
    args[1] = weir_value_int(6);
    weir_call rounding = {.args = args, .count = 2};
    return round_row->call(vm, &rounding, out);
}

static bool m_weekday(weir_vm *vm, const weir_call *call, weir_value *out)
{
    (void)vm;
    weir_civil c;
    weir_stamp_split(&call->args[0], &c);
    *out = weir_value_int(c.weekday);
    return true;
}

static bool m_isoweekday(weir_vm *vm, const weir_call *call, weir_value *out)
{
    m_weekday(vm, call, out);
    out->i++;
    return true;
}

typedef enum rounding { DOWN, UP, NEAREST } rounding;

/* The receiver's wall clock, brought to a multiple of `unit`. */
static bool round_to(weir_vm *vm, const weir_value *self, int64_t unit, rounding how,
                     weir_value *out)
{
    int64_t local = weir_stamp_local_ns(self), rest = local % unit;
    if (rest < 0)
        rest += unit;
    __int128 down = (__int128)local - rest, wide = down;
    bool is_odd = down / unit % 2 != 0;
    __int128 twice = (__int128)rest * 2;
    if (how == UP ? rest > 0 : how == NEAREST && (twice > unit || (twice == unit && is_odd)))
        wide += unit;
    if (wide > INT64_MAX || wide <= INT64_MIN)
        return weir_stamp_fail(vm, WEIR_STAMP_RANGE, self);
    return localize(vm, (int64_t)wide, self->aux, self, out);
}

static bool round_method(weir_vm *vm, const weir_call *call, rounding how, weir_value *out)
{
    weir_str freq;
    int64_t unit;
    if (!weir_need_str(vm, weir_arg(call, 1), "freq", &freq))
        return false;
    int64_t bare = weir_time_unit(freq, NULL);
    if (bare)
        unit = bare;
    else if (!weir_delta_parse(freq, &unit) || unit <= 0)
        return weir_vm_fail(vm, WEIR_RAISE_VALUE, "Invalid frequency: %s",
                            weir_vm_show(vm, weir_arg(call, 1)));
    return round_to(vm, &call->args[0], unit, how, out);
}

static bool m_floor(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return round_method(vm, call, DOWN, out);
}

static bool m_ceil(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return round_method(vm, call, UP, out);
}

static bool m_round(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return round_method(vm, call, NEAREST, out);
}

static bool m_normalize(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return round_to(vm, &call->args[0], WEIR_NS_PER_DAY, DOWN, out);
}

static bool m_total_seconds(weir_vm *vm, const weir_call *call, weir_value *out)
{
    /* As pandas computes it: whole seconds and microseconds, each rounded down. */
    const int64_t ns = call->args[0].i;
    const int64_t us = ns / 1000 - (ns % 1000 < 0);
    const int64_t s = us / 1000000 - (us % 1000000 < 0);
    (void)vm;
    *out = weir_value_float((double)s + (double)(us - s * 1000000) / 1e6);
    return true;
}

const weir_method_row weir_method_time[] = {
    {WEIR_TIMESTAMP, "tz_convert", "tz", m_tz_convert, WEIR_TIMESTAMP, WEIR_FN_ZONE,
     "the same moment, shown in another zone"},
    {WEIR_TIMESTAMP, "tz_localize", "tz", m_tz_localize, WEIR_TIMESTAMP, WEIR_FN_ZONE,
     "the moment at which that zone's clocks show this naive time; None takes the zone away"},
    {WEIR_TIMESTAMP, "isoformat", "sep? timespec?", m_isoformat, WEIR_STR, 0,
     "2021-02-22T15:51:44.208000+00:00"},
    {WEIR_TIMESTAMP, "strftime", "format", m_strftime, WEIR_STR, 0, "as text, by a format"},
    {WEIR_TIMESTAMP, "timestamp", "", m_timestamp, WEIR_FLOAT, 0, "seconds since 1970 UTC"},
    {WEIR_TIMESTAMP, "weekday", "", m_weekday, WEIR_INT, 0, "0 (Monday) to 6"},
    {WEIR_TIMESTAMP, "isoweekday", "", m_isoweekday, WEIR_INT, 0, "1 (Monday) to 7"},
    {WEIR_TIMESTAMP, "floor", "freq", m_floor, WEIR_TIMESTAMP, 0, "down to a multiple of freq"},
    {WEIR_TIMESTAMP, "ceil", "freq", m_ceil, WEIR_TIMESTAMP, 0, "up to a multiple of freq"},
    {WEIR_TIMESTAMP, "round", "freq", m_round, WEIR_TIMESTAMP, 0, "to the nearest multiple"},
    {WEIR_TIMESTAMP, "normalize", "", m_normalize, WEIR_TIMESTAMP, 0, "the midnight before"},
    {WEIR_TIMEDELTA, "total_seconds", "", m_total_seconds, WEIR_FLOAT, 0, "the span in seconds"},
    {0},
};
