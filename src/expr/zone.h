/* SPDX-License-Identifier: MIT */
/*
 * Time zones, by the names of the system's zone files (/usr/share/zoneinfo) or as fixed offsets.
 * A zone is a small index that fits a value's aux; it is read once per process and kept. All
 * functions may be called from any thread.
 */
#ifndef WEIR_EXPR_ZONE_H
#define WEIR_EXPR_ZONE_H

#include <weir/types.h>

enum {
    WEIR_ZONE_NAIVE = 0, /* no zone */
    WEIR_ZONE_UTC = 1,
    WEIR_ZONES_MAX = 8192,          /* zones of a process */
    WEIR_ZONE_FILE_MAX = 64 * 1024, /* bytes of a zone file; the largest is 4 KiB */
    WEIR_ZONE_NAME_MAX = 64
};

/** The zone of a name ("Asia/Kolkata", "UTC", "+05:30"); WEIR_ZONE_NAIVE if there is none. */
uint16_t weir_zone_find(weir_str name);
/** The zone at a fixed distance from UTC of less than a day, in seconds east. */
uint16_t weir_zone_fixed(int32_t offset_s);
/** "Asia/Kolkata", "UTC", "pytz.FixedOffset(330)"; empty for naive. */
weir_str weir_zone_name(uint16_t zone);
/** Seconds east of UTC at a time; `abbreviation` (may be NULL) gets "IST" and the like. */
int32_t weir_zone_offset(uint16_t zone, int64_t utc_s, const char **abbreviation);
/** The times that a clock on the wall shows as `local_s`: 0 (skipped), 1 or 2 (repeated, earlier
 * first). */
int weir_zone_from_local(uint16_t zone, int64_t local_s, int64_t utc_s[2]);

#endif
