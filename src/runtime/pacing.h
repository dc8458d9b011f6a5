/* SPDX-License-Identifier: MIT */
/* A sliding window over what was sent: tells how long the next message has to wait. Belongs to one
 * thread; the caller brings the clock. */
#ifndef WEIR_RUNTIME_PACING_H
#define WEIR_RUNTIME_PACING_H

#include "spec/spec.h"

typedef struct weir_pace {
    weir_rate rate;   /* count 0: everything may go at once */
    int64_t *sent_ns; /* ring of the last rate.count times */
    size_t at;        /* where the next one goes */
    size_t known;     /* how many of them are times */
} weir_pace;

/** A rate's period, a little longer than it is. */
int64_t weir_pace_period(weir_rate rate);
/** False: out of memory. */
bool weir_pace_init(weir_pace *pace, weir_rate rate);
void weir_pace_fini(weir_pace *pace);
/**
 * How long the next message must wait so that no period sees more than rate.count of them; 0: it
 * may go now. `kept_back` of each period are left for what cannot wait.
 */
int64_t weir_pace_wait(const weir_pace *pace, int64_t now_ns, size_t kept_back);
/** One went out. */
void weir_pace_note(weir_pace *pace, int64_t now_ns);

#endif
