/* SPDX-License-Identifier: MIT */
/* The road of events to the user: a bounded queue and one thread, so that no callback can hold up
 * the I/O. */
#ifndef WEIR_RUNTIME_EVENTS_H
#define WEIR_RUNTIME_EVENTS_H

#include <weir/weir.h>

typedef struct weir_events weir_events;

/** `fn` may be NULL: then events are only logged. NULL: out of memory. */
weir_events *weir_events_new(weir_event_fn *fn, void *user);
/** Starts the thread. */
weir_code weir_events_start(weir_events *events, weir_error *error);
/**
 * Queues a copy; `reason` is cut at WEIR_ERROR_TEXT_MAX, the other spans must live as long as the
 * runtime. Never waits for the callback. When the queue is full its oldest event goes, and the user
 * is told how many did. Any thread.
 */
void weir_events_post(weir_events *events, const weir_event *event);
/** Delivers what is queued, then ends the thread. Not from the callback. */
void weir_events_stop(weir_events *events);
void weir_events_free(weir_events *events);

/** None waits, and the callback is not at work. Any thread. */
bool weir_events_are_delivered(weir_events *events);

#endif
