/* SPDX-License-Identifier: MIT */
/*
 * A spec may go when its connections are taken apart, when every consumer has taken what they had
 * put into its queue, and when the events about them are delivered. The first shows in its
 * references. From then on nothing of it is put anywhere, so each consumer is marked, and has
 * passed its mark when it has emptied its queue since (weir_consumer_has_passed); an empty queue of
 * events is enough. A consumer that is never read keeps what lies in its queue, and the spec of it.
 *
 * Copies of records belong to the program, and nobody knows for how long: a spec of which a record
 * was copied is kept as long as the runtime.
 */
#include "runtime/left_specs.h"

#include <stdlib.h>

#include "runtime/live.h"

typedef struct mark {
    weir_consumer *consumer;
    uint64_t at;
} mark;

struct weir_left_spec {
    weir_left_spec *next;
    weir_spec *spec;
    mark *marks; /* NULL: not yet */
    size_t mark_count;
};

void weir_left_specs_init(weir_left_specs *left)
{
    *left = (weir_left_specs){0};
    pthread_mutex_init(&left->lock, NULL);
}

weir_left_spec *weir_left_spec_new(void)
{
    return calloc(1, sizeof(weir_left_spec));
}

void weir_left_spec_free(weir_left_spec *place)
{
    if (!place)
        return;
    weir_spec_free(place->spec);
    free(place->marks);
    free(place);
}

void weir_left_specs_fini(weir_left_specs *left)
{
    for (weir_left_spec *next; left->first; left->first = next) {
        next = left->first->next;
        weir_left_spec_free(left->first);
    }
    pthread_mutex_destroy(&left->lock);
}

void weir_left_specs_put_take(weir_left_specs *left, weir_left_spec *place, weir_spec *spec)
{
    pthread_mutex_lock(&left->lock);
    place->spec = spec;
    place->next = left->first;
    left->first = place;
    pthread_mutex_unlock(&left->lock);
}

size_t weir_left_specs_count(weir_left_specs *left)
{
    size_t count = 0;
    pthread_mutex_lock(&left->lock);
    for (const weir_left_spec *place = left->first; place; place = place->next)
        count++;
    pthread_mutex_unlock(&left->lock);
    return count;
}

/* ------------------------------------------------------------------ marks */

static size_t count_consumers(const weir_runtime *runtime)
{
    size_t count = 0;
    for (weir_consumer *c = atomic_load(&runtime->consumers); c; c = weir_consumer_following(c))
        count++;
    return count;
}

/* Without memory, or while a consumer has losses to tell, the next time. One that is opened
 * meanwhile has nothing of the spec. */
static void set_marks(weir_left_spec *left, const weir_runtime *runtime)
{
    const size_t count = count_consumers(runtime);
    mark *marks = calloc(count + 1, sizeof *marks);
    weir_consumer *consumer = atomic_load(&runtime->consumers);
    bool is_good = marks;
    size_t at = 0;
    for (; is_good && consumer && at < count; consumer = weir_consumer_following(consumer), at++) {
        marks[at].consumer = consumer;
        is_good = weir_consumer_mark(consumer, &marks[at].at);
    }
    if (!is_good || consumer) {
        free(marks);
        return;
    }
    left->marks = marks;
    left->mark_count = at;
}

static bool is_done_with(const weir_left_spec *left, weir_runtime *runtime)
{
    bool is_done = left->marks && weir_events_are_delivered(runtime->events);
    for (size_t i = 0; is_done && i < left->mark_count; i++)
        is_done = weir_consumer_has_passed(left->marks[i].consumer, left->marks[i].at);
    return is_done;
}

/* True: nothing but this place refers to it, and it is marked. */
static bool can_go(weir_left_spec *left, weir_runtime *runtime)
{
    if (atomic_load(&left->spec->references) > 1 || atomic_load(&left->spec->has_copies))
        return false;
    if (left->marks)
        return is_done_with(left, runtime);
    set_marks(left, runtime);
    return false;
}

void weir_left_specs_look(weir_runtime *runtime)
{
    weir_left_spec *gone = NULL;
    pthread_mutex_lock(&runtime->left.lock);
    for (weir_left_spec **at = &runtime->left.first; *at;) {
        weir_left_spec *left = *at;
        if (!can_go(left, runtime)) {
            at = &left->next;
            continue;
        }
        *at = left->next;
        left->next = gone;
        gone = left;
    }
    pthread_mutex_unlock(&runtime->left.lock);
    for (weir_left_spec *next; gone; gone = next) {
        next = gone->next;
        weir_left_spec_free(gone);
    }
}
