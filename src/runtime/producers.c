/* SPDX-License-Identifier: MIT */
/* A table and a stack of its free places. */
#include "runtime/producers.h"

#include <stdlib.h>

void weir_producers_init(weir_producers *producers)
{
    *producers = (weir_producers){0};
    pthread_mutex_init(&producers->lock, NULL);
}

void weir_producers_fini(weir_producers *producers)
{
    free(producers->owners);
    free(producers->spare);
    pthread_mutex_destroy(&producers->lock);
}

/* Every number has a place in either. */
static bool has_room(weir_producers *producers)
{
    if (producers->count < producers->cap)
        return true;
    const size_t cap = producers->cap ? producers->cap * 2 : 16;
    void **owners = realloc(producers->owners, cap * sizeof *owners);
    producers->owners = owners ? owners : producers->owners;
    size_t *spare = owners ? realloc(producers->spare, cap * sizeof *spare) : NULL;
    producers->spare = spare ? spare : producers->spare;
    producers->cap = spare ? cap : producers->cap;
    return spare != NULL;
}

bool weir_producers_take(weir_producers *producers, void *owner, size_t *number)
{
    pthread_mutex_lock(&producers->lock);
    const bool has_spare = producers->spare_count > 0;
    const bool is_taken = has_spare || has_room(producers);
    if (is_taken) {
        *number = has_spare ? producers->spare[--producers->spare_count] : producers->count++;
        producers->owners[*number] = owner;
    }
    pthread_mutex_unlock(&producers->lock);
    return is_taken;
}

void weir_producers_give(weir_producers *producers, size_t number, const void *owner)
{
    pthread_mutex_lock(&producers->lock);
    if (number < producers->count && producers->owners[number] == owner) {
        producers->owners[number] = NULL;
        producers->spare[producers->spare_count++] = number;
    }
    pthread_mutex_unlock(&producers->lock);
}

size_t weir_producers_count(weir_producers *producers)
{
    pthread_mutex_lock(&producers->lock);
    const size_t count = producers->count;
    pthread_mutex_unlock(&producers->lock);
    return count;
}

void weir_producers_call(weir_producers *producers, size_t number, void (*call)(void *owner))
{
    pthread_mutex_lock(&producers->lock);
    void *owner = number < producers->count ? producers->owners[number] : NULL;
    if (owner)
        call(owner);
    pthread_mutex_unlock(&producers->lock);
}
