/* SPDX-License-Identifier: MIT */
/*
 * A reactor: a thread that runs a loop. It is woken to look what its connections were ordered, and
 * whether there are more of them; a stop makes it end when all of them have. A stop has a deadline:
 * links that have not closed by then are cut. A connection that a reload has retired is taken apart
 * here, with nothing of it on the stack.
 */
#include <signal.h>

#include "runtime/live.h"
#include "util/error.h"
#include "util/time.h"

enum { WATCHES = 1 << 20 /* a net: connections bound their own */ };

#define TICK_NS WEIR_NS_PER_S

/* ------------------------------------------------------------------ its connections */

void weir_reactor_add(weir_reactor *reactor, weir_connection *connection)
{
    pthread_mutex_lock(&reactor->lock);
    weir_connection **end = &reactor->come;
    while (*end)
        end = &(*end)->next_own;
    *end = connection;
    pthread_mutex_unlock(&reactor->lock);
    weir_loop_wake(reactor->loop);
}

static void take_up(weir_reactor *reactor)
{
    pthread_mutex_lock(&reactor->lock);
    weir_connection *come = reactor->come;
    reactor->come = NULL;
    pthread_mutex_unlock(&reactor->lock);
    weir_connection **end = &reactor->own;
    while (*end)
        end = &(*end)->next_own;
    *end = come;
    for (const weir_connection *connection = come; connection; connection = connection->next_own)
        reactor->running++;
}

/* Whoever hands over to it may still write to it. */
static bool is_done_with(const weir_connection *connection)
{
    const weir_connection *first = connection - connection->shard;
    return connection->is_retired && weir_connection_has_ended(connection) &&
           atomic_load(&first->awaited) == 0;
}

static void take_apart_retired(weir_reactor *reactor)
{
    for (weir_connection **at = &reactor->own; *at;) {
        weir_connection *connection = *at;
        if (!is_done_with(connection)) {
            at = &connection->next_own;
            continue;
        }
        *at = connection->next_own;
        weir_connections_free(connection);
    }
}

static void take_apart_all(weir_connection *list)
{
    for (weir_connection *next; list; list = next) {
        next = list->next_own;
        weir_connections_free(list);
    }
}

/* ------------------------------------------------------------------ the loop */

static void on_wake(void *user)
{
    weir_reactor *reactor = user;
    const int64_t stop_at_ns = atomic_load(&reactor->runtime->stop_at_ns);
    if (stop_at_ns != 0) {
        const int64_t left_ns = stop_at_ns - weir_mono_ns();
        weir_timer_set(reactor->hard_stop, left_ns > 0 ? left_ns : 0);
    }
    take_up(reactor);
    for (weir_connection *own = reactor->own; own; own = own->next_own)
        weir_connection_obey(own);
    take_apart_retired(reactor);
    if (stop_at_ns != 0 && reactor->running == 0)
        weir_loop_stop(reactor->loop);
}

static void on_hard_stop(void *user)
{
    const weir_reactor *reactor = user;
    for (weir_connection *own = reactor->own; own; own = own->next_own)
        weir_connection_abort(own);
}

static void on_tick(void *user)
{
    weir_reactor *reactor = user;
    weir_runtime_tell_drops(reactor->runtime);
    weir_left_specs_look(reactor->runtime);
    weir_timer_set(reactor->tick, TICK_NS);
}

void weir_reactor_ended(weir_reactor *reactor)
{
    if (--reactor->running == 0 && atomic_load(&reactor->runtime->stop_at_ns) != 0)
        weir_loop_stop(reactor->loop);
}

weir_code weir_reactor_init(weir_reactor *reactor, weir_runtime *runtime, weir_error *error)
{
    reactor->runtime = runtime;
    pthread_mutex_init(&reactor->lock, NULL);
    reactor->loop = weir_loop_new(WATCHES, error);
    if (!reactor->loop)
        return error ? error->code : WEIR_ERR_NOMEM;
    weir_loop_on_wake(reactor->loop, on_wake, reactor);
    reactor->hard_stop = weir_timer_new(reactor->loop, on_hard_stop, reactor);
    reactor->tick = weir_timer_new(reactor->loop, on_tick, reactor);
    return reactor->hard_stop && reactor->tick ? WEIR_OK : weir_fail_nomem(error);
}

void weir_reactor_fini(weir_reactor *reactor)
{
    take_apart_all(reactor->own);
    take_apart_all(reactor->come);
    weir_timer_free(reactor->hard_stop);
    weir_timer_free(reactor->tick);
    weir_loop_free(reactor->loop);
    if (reactor->runtime)
        pthread_mutex_destroy(&reactor->lock);
}

static void *run(void *user)
{
    weir_reactor *reactor = user;
    if (reactor == reactor->runtime->reactors)
        weir_timer_set(reactor->tick, TICK_NS);
    weir_loop_run(reactor->loop);
    return NULL;
}

weir_code weir_reactor_start(weir_reactor *reactor, weir_error *error)
{
    sigset_t all, before;
    sigfillset(&all); /* signals are the business of the program's own threads */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int failure = pthread_create(&reactor->thread, NULL, run, reactor);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failure != 0)
        return weir_fail(error, WEIR_ERR_LIMIT, "no thread for a reactor: %s", strerror(failure));
    reactor->has_thread = true;
    return WEIR_OK;
}

void weir_reactor_join(weir_reactor *reactor)
{
    if (reactor->has_thread)
        pthread_join(reactor->thread, NULL);
    reactor->has_thread = false;
}
