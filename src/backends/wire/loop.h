/* SPDX-License-Identifier: MIT */
/*
 * The event loop of a reactor: a thin face over a libwebsockets context, whose only doorman this
 * is. It gives readiness of descriptors, timers, and wake-up from other threads; nothing else of
 * libwebsockets is used for streams. One loop belongs to one thread; only weir_loop_wake may be
 * called from others.
 */
#ifndef WEIR_BACKENDS_WIRE_LOOP_H
#define WEIR_BACKENDS_WIRE_LOOP_H

#include <weir/types.h>

typedef struct weir_loop weir_loop;
typedef struct weir_watch weir_watch;
typedef struct weir_timer weir_timer;

/** New loop. `max_watches` bounds the descriptors it can watch. */
weir_loop *weir_loop_new(size_t max_watches, weir_error *error);
/** All watches and timers must be closed. Not from inside a callback. */
void weir_loop_free(weir_loop *loop);
/** Runs until weir_loop_stop; the calling thread becomes the loop's thread. */
void weir_loop_run(weir_loop *loop);
/** Makes weir_loop_run return soon. Any thread. */
void weir_loop_stop(weir_loop *loop);
/** Calls `on_wake` of the loop soon, on its thread; wakes coalesce. Any thread. */
void weir_loop_wake(weir_loop *loop);
void weir_loop_on_wake(weir_loop *loop, void (*on_wake)(void *user), void *user);

enum { WEIR_WATCH_READ = 1, WEIR_WATCH_WRITE = 2 };

/**
 * Watches `fd`, which stays the caller's and open until weir_watch_close. `on_ready` gets the ready
 * events and is called again while they last (level-triggered). It may close its own watch. NULL
 * when out of descriptors or memory.
 */
weir_watch *weir_watch_open(weir_loop *loop, int fd, int events,
                            void (*on_ready)(void *user, int events), void *user);
/** Changes what is waited for. */
void weir_watch_set(weir_watch *watch, int events);
/** No callback follows. The caller closes its own fd. */
void weir_watch_close(weir_watch *watch);

/** Blocks for reading into, of one size, that the streams of a loop lend each other. */
enum { WEIR_LOOP_BLOCK = 256 * 1024 + 64 /* bytes */ };
/** NULL when out of memory. Whoever does not give it back frees it. */
void *weir_loop_take_block(weir_loop *loop);
void weir_loop_give_block(weir_loop *loop, void *block);

/** A timer, idle at first. It may be made and, while it is not set, freed on any thread. */
weir_timer *weir_timer_new(weir_loop *loop, void (*on_fire)(void *user), void *user);
/** Fires once after `delay_ns` (>= 0; 0 = in the next turn of the loop), replacing what was set
 * before. */
void weir_timer_set(weir_timer *timer, int64_t delay_ns);
void weir_timer_cancel(weir_timer *timer);
void weir_timer_free(weir_timer *timer);

#endif
