/* SPDX-License-Identifier: MIT */
/*
 * Timers by their time: a heap made of the timers themselves, so that setting and cancelling cost
 * about the logarithm of how many are set, cannot fail, and a timer may be made and freed on any
 * thread while it is not set. Timers of one time come in the order in which they were set. loop.c
 * runs it.
 */
#ifndef WEIR_BACKENDS_WIRE_TIMERS_H
#define WEIR_BACKENDS_WIRE_TIMERS_H

#include "backends/wire/loop.h"

struct weir_timer {
    weir_loop *loop;
    int64_t at_ns;  /* monotonic */
    uint64_t order; /* among timers of one time, and by when it was set */
    bool is_set;
    weir_timer *child;  /* the first of those behind it */
    weir_timer *next;   /* sibling */
    weir_timer *before; /* sibling or parent; NULL: it is the first of all */
    void (*on_fire)(void *user);
    void *user;
};

typedef struct weir_timers {
    weir_timer *first; /* the one that is next; NULL: none is set */
    uint64_t next_order;
} weir_timers;

/** Sets it, or sets it anew. */
void weir_timers_set(weir_timers *timers, weir_timer *timer, int64_t at_ns);
void weir_timers_cancel(weir_timers *timers, weir_timer *timer);
/** Takes out one whose time has come and that was set before `order` was next; NULL: there is none.
 */
weir_timer *weir_timers_take(weir_timers *timers, int64_t now_ns, uint64_t order);

#endif
