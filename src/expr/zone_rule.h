/* SPDX-License-Identifier: MIT */
/* The rule at the end of a zone file: POSIX's TZ text ("EST5EDT,M3.2.0,M11.1.0"). */
#ifndef WEIR_EXPR_ZONE_RULE_H
#define WEIR_EXPR_ZONE_RULE_H

#include <weir/types.h>

typedef struct weir_zone_day {
    char form; /* 'M' month.week.day, 'J' day 1..365 without leap days, 'n' day 0..365 */
    int month, week, day;
    int32_t time_s;
} weir_zone_day;

typedef struct weir_zone_rule {
    char standard[12], daylight[12];
    int32_t standard_s, daylight_s; /* east of UTC */
    bool has_daylight;
    weir_zone_day start, end;
} weir_zone_rule;

bool weir_zone_rule_parse(weir_str text, weir_zone_rule *rule);
int32_t weir_zone_rule_offset(const weir_zone_rule *rule, int64_t utc_s, const char **abbreviation);

#endif
