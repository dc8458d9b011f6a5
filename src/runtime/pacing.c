/* SPDX-License-Identifier: MIT */
/*
 * The times of the last `count` messages are kept, and a message may go when the oldest of them is
 * a period away. So a whole period's worth may go at once after a silence, and no window, wherever
 * it begins, sees more than the limit. The venue counts arrivals, not departures: the road may push
 * messages together, by a time that has nothing to do with the period. So a period is taken longer
 * than it is: by a fiftieth, by a tenth of a second where that is more, but never by more than a
 * tenth of it.
 */
#include "runtime/pacing.h"

#include <stdlib.h>

#include "util/time.h"

#define ROAD_NS (100 * WEIR_NS_PER_MS)

enum { LEAST_PARTS = 50, MOST_PARTS = 10 };

int64_t weir_pace_period(weir_rate rate)
{
    const int64_t least_ns = rate.period_ns / LEAST_PARTS, most_ns = rate.period_ns / MOST_PARTS;
    const int64_t slack_ns = least_ns < ROAD_NS ? ROAD_NS : least_ns;
    return rate.period_ns + (slack_ns < most_ns ? slack_ns : most_ns);
}

bool weir_pace_init(weir_pace *pace, weir_rate rate)
{
    *pace = (weir_pace){.rate = {rate.count, weir_pace_period(rate)}};
    if (rate.count == 0)
        return true;
    pace->sent_ns = calloc((size_t)rate.count, sizeof *pace->sent_ns);
    return pace->sent_ns != NULL;
}

void weir_pace_fini(weir_pace *pace)
{
    free(pace->sent_ns);
    *pace = (weir_pace){0};
}

int64_t weir_pace_wait(const weir_pace *pace, int64_t now_ns, size_t kept_back)
{
    const size_t size = (size_t)pace->rate.count;
    if (size == 0)
        return 0;
    const size_t usable = kept_back < size ? size - kept_back : 1;
    if (pace->known < usable)
        return 0;
    const int64_t leaves_ns =
        pace->sent_ns[(pace->at + size - usable) % size] + pace->rate.period_ns;
    return leaves_ns > now_ns ? leaves_ns - now_ns : 0;
}

void weir_pace_note(weir_pace *pace, int64_t now_ns)
{
    const size_t size = (size_t)pace->rate.count;
    if (size == 0)
        return;
    pace->sent_ns[pace->at] = now_ns;
    pace->at = (pace->at + 1) % size;
    if (pace->known < size)
        pace->known++;
}
