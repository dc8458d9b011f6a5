/* SPDX-License-Identifier: MIT */
/*
 * Timers by their time: a binary heap, each timer knowing its place in it, so that setting and
 * cancelling cost the logarithm of how many are set. Timers of one time come in the order in which
 * they were set. Room is made when a timer is created; setting one cannot fail. loop.c runs it.
 */
#ifndef WEIR_BACKENDS_WIRE_TIMERS_H
#define WEIR_BACKENDS_WIRE_TIMERS_H

#include "backends/wire/loop.h"

struct weir_timer {
    weir_loop *loop;
    int64_t at_ns;  /* monotonic */
    uint64_t order; /* among timers of one time, and by when it was set */
    size_t place;   /* in the heap, from 1; 0: not set */
    void (*on_fire)(void *user);
    void *user;
};

typedef struct weir_timers {
    weir_timer **heap; /* [0] is not used */
    size_t count;
    size_t cap;
    size_t made; /* timers that may be set */
    uint64_t next_order;
} weir_timers;

void weir_timers_fini(weir_timers *timers);
/** Room for one more timer, for as long as it lives. False: out of memory. */
bool weir_timers_add(weir_timers *timers);
/** It lives no more. Cancels it. */
void weir_timers_drop(weir_timers *timers, weir_timer *timer);
/** Sets it, or sets it anew. */
void weir_timers_set(weir_timers *timers, weir_timer *timer, int64_t at_ns);
void weir_timers_cancel(weir_timers *timers, weir_timer *timer);
/** The one that is next; NULL: none is set. */
weir_timer *weir_timers_first(const weir_timers *timers);
/** Takes out one whose time has come and that was set before `order` was next; NULL: there is none.
 */
weir_timer *weir_timers_take(weir_timers *timers, int64_t now_ns, uint64_t order);

#endif
