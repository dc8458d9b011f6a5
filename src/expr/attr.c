/* SPDX-License-Identifier: MIT */
/* Attributes of timestamps, timedeltas and assets. An asset has every column that the master data
 * maps; one that is missing or empty is None. */
#include "expr/stamp.h"
#include "expr/tables.h"
#include "util/time.h"

/* ------------------------------------------------------------------ Timestamp */

static bool stamp_value(weir_vm *vm, const weir_value *object, weir_value *out)
{
    (void)vm;
    *out = weir_value_int(object->i);
    return true;
}

static bool stamp_tz(weir_vm *vm, const weir_value *object, weir_value *out)
{
    (void)vm;
    *out = object->aux == WEIR_ZONE_NAIVE ? weir_value_none()
                                          : weir_value_str(weir_zone_name(object->aux));
    return true;
}

/* One getter a part, since a row has no room for more than a function. */
#define STAMP_PART(part, expression)                                                               \
    static bool stamp_##part(weir_vm *vm, const weir_value *object, weir_value *out)               \
    {                                                                                              \
        (void)vm;                                                                                  \
        weir_civil c;                                                                              \
        weir_stamp_split(object, &c);                                                              \
        *out = weir_value_int((int64_t)(expression));                                              \
        return true;                                                                               \
    }

STAMP_PART(year, c.year)
STAMP_PART(month, c.month)
STAMP_PART(day, c.day)
STAMP_PART(hour, c.hour)
STAMP_PART(minute, c.minute)
STAMP_PART(second, c.second)
STAMP_PART(microsecond, c.nanos / 1000)
STAMP_PART(nanosecond, c.nanos % 1000)
STAMP_PART(dayofweek, c.weekday)
STAMP_PART(dayofyear, c.year_day)
STAMP_PART(quarter, (c.month + 2) / 3)
STAMP_PART(days_in_month, weir_days_in_month(c.year, c.month))

/* ------------------------------------------------------------------ Timedelta */

static int64_t floor_days(int64_t ns)
{
    return ns / WEIR_NS_PER_DAY - (ns % WEIR_NS_PER_DAY < 0);
}

static bool delta_days(weir_vm *vm, const weir_value *object, weir_value *out)
{
    (void)vm;
    *out = weir_value_int(floor_days(object->i));
    return true;
}

static int64_t in_day(const weir_value *delta)
{
    int64_t rest = delta->i % WEIR_NS_PER_DAY;
    return rest < 0 ? rest + WEIR_NS_PER_DAY : rest;
}

static bool delta_seconds(weir_vm *vm, const weir_value *object, weir_value *out)
{
    (void)vm;
    *out = weir_value_int(in_day(object) / WEIR_NS_PER_S);
    return true;
}

static bool delta_microseconds(weir_vm *vm, const weir_value *object, weir_value *out)
{
    (void)vm;
    *out = weir_value_int(in_day(object) % WEIR_NS_PER_S / 1000);
    return true;
}

static bool delta_nanoseconds(weir_vm *vm, const weir_value *object, weir_value *out)
{
    (void)vm;
    *out = weir_value_int(in_day(object) % 1000);
    return true;
}

const weir_attr_row weir_attr_times[] = {
    {WEIR_TIMESTAMP, "value", stamp_value, WEIR_INT, "nanoseconds since 1970 UTC"},
    {WEIR_TIMESTAMP, "tz", stamp_tz, WEIR_KIND_COUNT, "name of the zone, None when naive"},
    {WEIR_TIMESTAMP, "year", stamp_year, WEIR_INT, "year"},
    {WEIR_TIMESTAMP, "month", stamp_month, WEIR_INT, "1 to 12"},
    {WEIR_TIMESTAMP, "day", stamp_day, WEIR_INT, "day of the month"},
    {WEIR_TIMESTAMP, "hour", stamp_hour, WEIR_INT, "0 to 23"},
    {WEIR_TIMESTAMP, "minute", stamp_minute, WEIR_INT, "0 to 59"},
    {WEIR_TIMESTAMP, "second", stamp_second, WEIR_INT, "0 to 59"},
    {WEIR_TIMESTAMP, "microsecond", stamp_microsecond, WEIR_INT, "0 to 999999"},
    {WEIR_TIMESTAMP, "nanosecond", stamp_nanosecond, WEIR_INT, "0 to 999"},
    {WEIR_TIMESTAMP, "dayofweek", stamp_dayofweek, WEIR_INT, "0 (Monday) to 6"},
    {WEIR_TIMESTAMP, "day_of_week", stamp_dayofweek, WEIR_INT, "0 (Monday) to 6"},
    {WEIR_TIMESTAMP, "dayofyear", stamp_dayofyear, WEIR_INT, "1 to 366"},
    {WEIR_TIMESTAMP, "day_of_year", stamp_dayofyear, WEIR_INT, "1 to 366"},
    {WEIR_TIMESTAMP, "quarter", stamp_quarter, WEIR_INT, "1 to 4"},
    {WEIR_TIMESTAMP, "days_in_month", stamp_days_in_month, WEIR_INT, "28 to 31"},
    {WEIR_TIMEDELTA, "value", stamp_value, WEIR_INT, "nanoseconds"},
    {WEIR_TIMEDELTA, "days", delta_days, WEIR_INT, "whole days, towards minus infinity"},
    {WEIR_TIMEDELTA, "seconds", delta_seconds, WEIR_INT, "seconds of the day, 0 to 86399"},
    {WEIR_TIMEDELTA, "microseconds", delta_microseconds, WEIR_INT, "0 to 999999"},
    {WEIR_TIMEDELTA, "nanoseconds", delta_nanoseconds, WEIR_INT, "0 to 999"},
    {0},
};

/* ------------------------------------------------------------------ Asset */

static bool text_or_none(weir_str text, weir_value *out)
{
    *out = text.len ? weir_value_str(text) : weir_value_none();
    return true;
}

static bool asset_symbol(weir_vm *vm, const weir_value *object, weir_value *out)
{
    (void)vm;
    return text_or_none(object->asset->symbol, out);
}

static bool asset_broker_symbol(weir_vm *vm, const weir_value *object, weir_value *out)
{
    (void)vm;
    return text_or_none(object->asset->broker_symbol, out);
}

static bool asset_security_id(weir_vm *vm, const weir_value *object, weir_value *out)
{
    (void)vm;
    return text_or_none(object->asset->security_id, out);
}

static bool asset_exchange_name(weir_vm *vm, const weir_value *object, weir_value *out)
{
    (void)vm;
    return text_or_none(object->asset->exchange_name, out);
}

static bool asset_asset_class(weir_vm *vm, const weir_value *object, weir_value *out)
{
    (void)vm;
    return text_or_none(object->asset->asset_class, out);
}

const weir_attr_row weir_attr_assets[] = {
    {WEIR_ASSET, "symbol", asset_symbol, WEIR_KIND_COUNT, "the standard name"},
    {WEIR_ASSET, "broker_symbol", asset_broker_symbol, WEIR_KIND_COUNT, "the venue's name"},
    {WEIR_ASSET, "security_id", asset_security_id, WEIR_KIND_COUNT, "the venue's number"},
    {WEIR_ASSET, "exchange_name", asset_exchange_name, WEIR_KIND_COUNT, "where it is traded"},
    {WEIR_ASSET, "asset_class", asset_asset_class, WEIR_KIND_COUNT, "what it is"},
    {0},
};

bool weir_asset_column(const weir_asset *asset, weir_str name, weir_value *out)
{
    *out = weir_value_none();
    for (size_t i = 0; i < asset->extra_count; i++)
        if (weir_str_eq(asset->extra_names[i], name)) {
            if (asset->extra[i].kind != WEIR_ABSENT)
                *out = asset->extra[i];
            break;
        }
    return true;
}
