/* SPDX-License-Identifier: MIT */
/*
 * The times of the last `count` messages are kept, and a message may go when the oldest of them is
 * a period away. So a whole period's worth may go at once after a silence, and no window, wherever
 * it begins, sees more than the limit. The venue counts arrivals, not departures: the road may push
 * messages together, so a period is taken a little longer than it is, by SLACK_PARTS and at most by
 * SLACK_MAX_NS. What is declared is thereby kept with room to spare, at a cost of one part in
 * fifty.
 */
#include "runtime/pacing.h"

#include <stdlib.h>

#include "util/time.h"

#define SLACK_MAX_NS (2 * WEIR_NS_PER_S)

enum { SLACK_PARTS = 50 };

int64_t weir_pace_period(weir_rate rate)
{
    const int64_t slack_ns = rate.period_ns / SLACK_PARTS;
    return rate.period_ns + (slack_ns < SLACK_MAX_NS ? slack_ns : SLACK_MAX_NS);
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
