/* SPDX-License-Identifier: MIT */
/* The heap of Williams, in which a timer is moved with its place. */
#include "backends/wire/timers.h"

#include <stdlib.h>

enum { FIRST_CAP = 16 };

void weir_timers_fini(weir_timers *timers)
{
    free(timers->heap);
    *timers = (weir_timers){0};
}

bool weir_timers_add(weir_timers *timers)
{
    if (timers->made + 1 >= timers->cap) {
        const size_t cap = timers->cap ? timers->cap * 2 : FIRST_CAP;
        weir_timer **heap = realloc(timers->heap, cap * sizeof *heap);
        if (!heap) {
            return false;
        }
        timers->heap = heap;
        timers->cap = cap;
    }
    timers->made++;
    return true;
}

void weir_timers_drop(weir_timers *timers, weir_timer *timer)
{
    weir_timers_cancel(timers, timer);
    timers->made--;
}

static bool is_before(const weir_timer *a, const weir_timer *b)
{
    return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

static void put(weir_timers *timers, size_t place, weir_timer *timer)
{
    timers->heap[place] = timer;
    timer->place = place;
}

static void move_up(weir_timers *timers, size_t place, weir_timer *timer)
{
    while (place > 1 && is_before(timer, timers->heap[place / 2])) {
        put(timers, place, timers->heap[place / 2]);
        place /= 2;
    }
    put(timers, place, timer);
}

static void move_down(weir_timers *timers, size_t place, weir_timer *timer)
{
    for (size_t child; (child = place * 2) <= timers->count; place = child) {
        if (child < timers->count && is_before(timers->heap[child + 1], timers->heap[child])) {
            child++;
        }
        if (!is_before(timers->heap[child], timer)) {
            break;
        }
        put(timers, place, timers->heap[child]);
    }
    put(timers, place, timer);
}

/* To where it belongs, from a place where another one was. */
static void settle(weir_timers *timers, size_t place, weir_timer *timer)
{
    if (place > 1 && is_before(timer, timers->heap[place / 2])) {
        move_up(timers, place, timer);
    } else {
        move_down(timers, place, timer);
    }
}

void weir_timers_set(weir_timers *timers, weir_timer *timer, int64_t at_ns)
{
    timer->at_ns = at_ns;
    timer->order = timers->next_order++;
    settle(timers, timer->place ? timer->place : ++timers->count, timer);
}

void weir_timers_cancel(weir_timers *timers, weir_timer *timer)
{
    const size_t place = timer->place;
    if (place == 0) {
        return;
    }
    weir_timer *last = timers->heap[timers->count--];
    timer->place = 0;
    if (last != timer) {
        settle(timers, place, last);
    }
}

weir_timer *weir_timers_first(const weir_timers *timers)
{
    return timers->count > 0 ? timers->heap[1] : NULL;
}

weir_timer *weir_timers_take(weir_timers *timers, int64_t now_ns, uint64_t order)
{
    weir_timer *first = weir_timers_first(timers);
    if (!first || first->at_ns > now_ns || first->order >= order) {
        return NULL;
    }
    weir_timers_cancel(timers, first);
    return first;
}
