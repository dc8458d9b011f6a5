/* SPDX-License-Identifier: MIT */
/* The numbers by which consumers know connections. One that is taken apart gives its number back,
 * so that reloads, however many, need no more of them than connections stand beside each other. Any
 * thread. */
#ifndef WEIR_RUNTIME_PRODUCERS_H
#define WEIR_RUNTIME_PRODUCERS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct weir_producers {
    pthread_mutex_t lock;
    void **owners; /* by number; NULL: it is free */
    size_t *spare; /* numbers that were given back */
    size_t count;  /* numbers that there ever were */
    size_t spare_count, cap;
} weir_producers;

void weir_producers_init(weir_producers *producers);
void weir_producers_fini(weir_producers *producers);
/** The lowest number is 0. False: out of memory. */
bool weir_producers_take(weir_producers *producers, void *owner, size_t *number);
/** When nobody calls the owner any more. It may have none. */
void weir_producers_give(weir_producers *producers, size_t number, const void *owner);
/** All numbers are below it. */
size_t weir_producers_count(weir_producers *producers);
/** Calls `call` for the owner, which is not given back meanwhile; not at all where there is none.
 */
void weir_producers_call(weir_producers *producers, size_t number, void (*call)(void *owner));

#endif
