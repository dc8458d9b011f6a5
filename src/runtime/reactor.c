/* SPDX-License-Identifier: MIT */
/*
 * A reactor: a thread that runs a loop. It is woken to look what its connections were ordered; it
 * ends when all of them have. A stop has a deadline: links that have not closed by then are cut.
 */
#include <signal.h>

#include "runtime/live.h"
#include "util/error.h"
#include "util/time.h"

enum { WATCHES_BASE = 16, WATCHES_PER_CONNECTION = 32 };

#define TICK_NS WEIR_NS_PER_S

static weir_connection *next_of(const weir_reactor *reactor, size_t *at)
{
    weir_runtime *runtime = reactor->runtime;
    while (*at < runtime->connection_count) {
        weir_connection *connection = &runtime->connections[(*at)++];
        if (connection->reactor == reactor)
            return connection;
    }
    return NULL;
}

static void on_wake(void *user)
{
    weir_reactor *reactor = user;
    size_t at = 0;
    const int64_t stop_at_ns = atomic_load(&reactor->runtime->stop_at_ns);
    if (stop_at_ns != 0) {
        const int64_t left_ns = stop_at_ns - weir_mono_ns();
        weir_timer_set(reactor->hard_stop, left_ns > 0 ? left_ns : 0);
    }
    for (weir_connection *connection; (connection = next_of(reactor, &at)) != NULL;)
        weir_connection_obey(connection);
}

static void on_hard_stop(void *user)
{
    weir_reactor *reactor = user;
    size_t at = 0;
    for (weir_connection *connection; (connection = next_of(reactor, &at)) != NULL;)
        weir_connection_abort(connection);
}

static void on_tick(void *user)
{
    weir_reactor *reactor = user;
    weir_runtime_tell_drops(reactor->runtime);
    weir_timer_set(reactor->tick, TICK_NS);
}

void weir_reactor_ended(weir_reactor *reactor)
{
    if (--reactor->running == 0)
        weir_loop_stop(reactor->loop);
}

weir_code weir_reactor_init(weir_reactor *reactor, weir_runtime *runtime, weir_error *error)
{
    const size_t watches = WATCHES_BASE + WATCHES_PER_CONNECTION * runtime->connection_count;
    reactor->runtime = runtime;
    reactor->loop = weir_loop_new(watches, error);
    if (!reactor->loop)
        return error ? error->code : WEIR_ERR_NOMEM;
    weir_loop_on_wake(reactor->loop, on_wake, reactor);
    reactor->hard_stop = weir_timer_new(reactor->loop, on_hard_stop, reactor);
    reactor->tick = weir_timer_new(reactor->loop, on_tick, reactor);
    return reactor->hard_stop && reactor->tick ? WEIR_OK : weir_fail_nomem(error);
}

void weir_reactor_fini(weir_reactor *reactor)
{
    weir_timer_free(reactor->hard_stop);
    weir_timer_free(reactor->tick);
    weir_loop_free(reactor->loop);
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
