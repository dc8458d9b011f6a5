/* SPDX-License-Identifier: MIT */
/* The days around now are tried one after the other: a zone is less than a day away from UTC. */
#include "runtime/daily.h"

#include "expr/zone.h"

enum { DAY_S = 86400, HOUR_S = 3600, DAYS_TRIED = 4 };

static int64_t day_of(int64_t local_s)
{
    return local_s / DAY_S - (local_s % DAY_S < 0);
}

static int64_t on_day(uint16_t zone, int64_t day, int32_t second)
{
    int64_t utc_s[2];
    const int64_t local_s = day * DAY_S + second;
    if (weir_zone_from_local(zone, local_s, utc_s) > 0 ||
        weir_zone_from_local(zone, local_s + HOUR_S, utc_s) > 0)
        return utc_s[0];
    return local_s - weir_zone_offset(zone, local_s, NULL);
}

int64_t weir_daily_next(uint16_t zone, int32_t second, int64_t utc_s)
{
    const int64_t today = day_of(utc_s + weir_zone_offset(zone, utc_s, NULL));
    int64_t at_s = 0;
    for (int64_t day = today - 1; day < today + DAYS_TRIED; day++) {
        at_s = on_day(zone, day, second);
        if (at_s > utc_s)
            break;
    }
    return at_s;
}
