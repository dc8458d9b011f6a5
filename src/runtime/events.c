/* SPDX-License-Identifier: MIT */
/*
 * A ring of events with their reasons in it, a mutex and a condition. An event is also a line of
 * the log, written where it is posted: logs are in order even when the callback lags.
 */
#include "runtime/events.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "util/error.h"
#include "util/log.h"
#include "util/ring.h"
#include "util/time.h"

/* A link that is lost or silent is told of for each of thousands of symbols, all at once. */
enum { QUEUE_MAX = 4096, KEPT_FOR_STATES = 256 };

typedef struct queued_event {
    weir_event event;
    char reason[WEIR_ERROR_TEXT_MAX];
} queued_event;

struct weir_events {
    weir_event_fn *fn;
    void *user;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    weir_ring queue;
    bool is_calling; /* one is being delivered */
    bool is_stopping;
    bool has_thread;
    pthread_t thread;
};

static const char *const state_names[WEIR_STATE_COUNT] = {
    [WEIR_STATE_IDLE] = "idle",
    [WEIR_STATE_RESOLVING] = "resolving",
    [WEIR_STATE_CONNECTING] = "connecting",
    [WEIR_STATE_GREETING] = "greeting",
    [WEIR_STATE_AUTHENTICATING] = "authenticating",
    [WEIR_STATE_SUBSCRIBING] = "subscribing",
    [WEIR_STATE_LIVE] = "live",
    [WEIR_STATE_STALE] = "stale",
    [WEIR_STATE_BACKOFF] = "backoff",
    [WEIR_STATE_FAILED] = "failed",
    [WEIR_STATE_STOPPED] = "stopped",
};

static const struct {
    const char *name;
    weir_event_level level;
} types[] = {
    [WEIR_EVENT_STATE] = {"state", WEIR_EVENT_LEVEL_INFO},
    [WEIR_EVENT_WARNING] = {"warning", WEIR_EVENT_LEVEL_WARNING},
    [WEIR_EVENT_ERROR] = {"error", WEIR_EVENT_LEVEL_ERROR},
    [WEIR_EVENT_SUBSCRIBED] = {"subscribed", WEIR_EVENT_LEVEL_INFO},
    [WEIR_EVENT_UNSUBSCRIBED] = {"unsubscribed", WEIR_EVENT_LEVEL_INFO},
    [WEIR_EVENT_DROPPED] = {"dropped", WEIR_EVENT_LEVEL_WARNING},
    [WEIR_EVENT_REJECTED] = {"rejected", WEIR_EVENT_LEVEL_WARNING},
    [WEIR_EVENT_GAP] = {"gap", WEIR_EVENT_LEVEL_WARNING},
    [WEIR_EVENT_RELOADED] = {"reloaded", WEIR_EVENT_LEVEL_INFO},
    [WEIR_EVENT_ROLL] = {"roll", WEIR_EVENT_LEVEL_INFO},
};

enum { TYPE_COUNT = sizeof types / sizeof types[0] };

const char *weir_state_name(weir_state state)
{
    return (unsigned)state < WEIR_STATE_COUNT ? state_names[state] : "unknown";
}

const char *weir_event_type_name(weir_event_type type)
{
    return (unsigned)type < TYPE_COUNT ? types[type].name : "unknown";
}

weir_event_level weir_event_level_of(const weir_event *event)
{
    if ((unsigned)event->type >= TYPE_COUNT)
        return WEIR_EVENT_LEVEL_INFO;
    const bool has_failed = event->type == WEIR_EVENT_RELOADED && event->code != WEIR_OK;
    return has_failed ? WEIR_EVENT_LEVEL_ERROR : types[event->type].level;
}

weir_events *weir_events_new(weir_event_fn *fn, void *user)
{
    weir_events *events = calloc(1, sizeof *events);
    if (!events)
        return NULL;
    events->fn = fn;
    events->user = user;
    pthread_mutex_init(&events->lock, NULL);
    pthread_cond_init(&events->changed, NULL);
    if (weir_ring_init(&events->queue, sizeof(queued_event), QUEUE_MAX))
        return events;
    weir_events_free(events);
    return NULL;
}

void weir_events_free(weir_events *events)
{
    if (!events)
        return;
    weir_events_stop(events);
    weir_ring_fini(&events->queue);
    pthread_mutex_destroy(&events->lock);
    pthread_cond_destroy(&events->changed);
    free(events);
}

/* ------------------------------------------------------------------ posting */

static void write_log(const weir_event *event)
{
    static const weir_log_level levels[] = {[WEIR_EVENT_LEVEL_INFO] = WEIR_LOG_INFO,
                                            [WEIR_EVENT_LEVEL_WARNING] = WEIR_LOG_WARNING,
                                            [WEIR_EVENT_LEVEL_ERROR] = WEIR_LOG_ERROR};
    const weir_log_level level = levels[weir_event_level_of(event)];
    if (!weir_log_wants(level))
        return;
    if (event->type == WEIR_EVENT_STATE)
        weir_log(level, "%.*s: %s -> %s: %.*s", WEIR_FMT(event->connection),
                 weir_state_name(event->from), weir_state_name(event->to), WEIR_FMT(event->reason));
    else
        weir_log(level, "%.*s%s%.*s", WEIR_FMT(event->connection),
                 event->connection.len > 0 ? ": " : "", WEIR_FMT(event->reason));
}

void weir_events_post(weir_events *events, const weir_event *event)
{
    if (!events->fn) { /* whoever takes events would otherwise be told everything twice */
        write_log(event);
        return;
    }
    pthread_mutex_lock(&events->lock);
    const bool has_room = events->queue.count < QUEUE_MAX - KEPT_FOR_STATES;
    queued_event *place = NULL;
    if (has_room || event->type == WEIR_EVENT_STATE)
        place = weir_ring_push(&events->queue, NULL);
    if (place) {
        place->event = *event;
        snprintf(place->reason, sizeof place->reason, "%.*s", WEIR_FMT(event->reason));
    } else {
        events->queue.overwritten++; /* who cannot keep up is still told of every state */
    }
    pthread_cond_signal(&events->changed);
    pthread_mutex_unlock(&events->lock);
}

bool weir_events_are_delivered(weir_events *events)
{
    pthread_mutex_lock(&events->lock);
    const bool are_delivered = events->queue.count == 0 && !events->is_calling;
    pthread_mutex_unlock(&events->lock);
    return are_delivered;
}

/* ------------------------------------------------------------------ delivering */

static void tell_lost(const weir_events *events, uint64_t lost)
{
    char text[100];
    snprintf(text, sizeof text, "%llu events were lost: the event callback is too slow",
             (unsigned long long)lost);
    const weir_event event = {.type = WEIR_EVENT_WARNING,
                              .time_ns = weir_now_ns(),
                              .code = WEIR_ERR_LIMIT,
                              .reason = weir_str_of(text),
                              .count = lost};
    events->fn(events->user, &event);
}

/* The oldest event, waiting for one. False: none, and none will come. */
static bool take(weir_events *events, queued_event *out, uint64_t *lost)
{
    pthread_mutex_lock(&events->lock);
    events->is_calling = false;
    while (events->queue.count == 0 && !events->is_stopping)
        pthread_cond_wait(&events->changed, &events->lock);
    const queued_event *oldest = weir_ring_pop(&events->queue);
    if (oldest)
        *out = *oldest;
    events->is_calling = oldest != NULL;
    *lost = events->queue.overwritten;
    events->queue.overwritten = 0;
    pthread_mutex_unlock(&events->lock);
    return oldest;
}

static void *deliver(void *user)
{
    weir_events *events = user;
    queued_event next;
    uint64_t lost;
    while (take(events, &next, &lost)) {
        if (lost > 0)
            tell_lost(events, lost);
        next.event.reason = weir_str_of(next.reason);
        events->fn(events->user, &next.event);
    }
    return NULL;
}

weir_code weir_events_start(weir_events *events, weir_error *error)
{
    if (!events->fn)
        return WEIR_OK;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int failure = pthread_create(&events->thread, NULL, deliver, events);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    events->has_thread = failure == 0;
    return failure == 0
               ? WEIR_OK
               : weir_fail(error, WEIR_ERR_LIMIT, "no thread for events: %s", strerror(failure));
}

void weir_events_stop(weir_events *events)
{
    pthread_mutex_lock(&events->lock);
    events->is_stopping = true;
    pthread_cond_signal(&events->changed);
    pthread_mutex_unlock(&events->lock);
    if (events->has_thread)
        pthread_join(events->thread, NULL);
    events->has_thread = false;
}
