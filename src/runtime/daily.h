/* SPDX-License-Identifier: MIT */
/* A time of the day that comes again every day, as the clocks of a zone show it. */
#ifndef WEIR_RUNTIME_DAILY_H
#define WEIR_RUNTIME_DAILY_H

#include <weir/types.h>

/**
 * When the clocks of a zone (expr/zone.h) show `second` of the day next, after `utc_s`. A time that
 * is skipped on a day - the clocks go forward - is taken an hour later, one that comes twice the
 * first time.
 */
int64_t weir_daily_next(uint16_t zone, int32_t second, int64_t utc_s);

#endif
