/* SPDX-License-Identifier: MIT */
/*
 * A pairing heap: the first timer is the root, every other one comes behind its parent. A root that
 * is taken out leaves its children, which are merged in pairs and then into one.
 */
#include "backends/wire/timers.h"

static bool is_before(const weir_timer *a, const weir_timer *b)
{
    return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

/* Of two roots the later one becomes a child of the other. */
static weir_timer *merge(weir_timer *a, weir_timer *b)
{
    if (!a || !b) {
        return a ? a : b;
    }
    if (is_before(b, a)) {
        weir_timer *earlier = b;
        b = a;
        a = earlier;
    }
    b->before = a;
    b->next = a->child;
    if (a->child) {
        a->child->before = b;
    }
    a->child = b;
    return a;
}

static weir_timer *as_root(weir_timer *timer)
{
    timer->next = timer->before = NULL;
    return timer;
}

static weir_timer *merge_all(weir_timer *siblings)
{
    weir_timer *pairs = NULL, *root = NULL;
    while (siblings) {
        weir_timer *a = siblings, *b = a->next;
        siblings = b ? b->next : NULL;
        a = merge(as_root(a), b ? as_root(b) : NULL);
        a->next = pairs;
        pairs = a;
    }
    while (pairs) {
        weir_timer *pair = pairs;
        pairs = pair->next;
        root = merge(root, as_root(pair));
    }
    return root;
}

void weir_timers_set(weir_timers *timers, weir_timer *timer, int64_t at_ns)
{
    weir_timers_cancel(timers, timer);
    timer->at_ns = at_ns;
    timer->order = timers->next_order++;
    timer->is_set = true;
    timers->first = merge(timers->first, as_root(timer));
}

void weir_timers_cancel(weir_timers *timers, weir_timer *timer)
{
    if (!timer->is_set) {
        return;
    }
    weir_timer *left = merge_all(timer->child);
    if (timer == timers->first) {
        timers->first = left;
    } else {
        weir_timer **link =
            timer->before->child == timer ? &timer->before->child : &timer->before->next;
        *link = timer->next;
        if (timer->next) {
            timer->next->before = timer->before;
        }
        timers->first = merge(timers->first, left);
    }
    timer->child = NULL;
    timer->is_set = false;
    as_root(timer);
}

weir_timer *weir_timers_take(weir_timers *timers, int64_t now_ns, uint64_t order)
{
    weir_timer *first = timers->first;
    if (!first || first->at_ns > now_ns || first->order >= order) {
        return NULL;
    }
    weir_timers_cancel(timers, first);
    return first;
}
