/* SPDX-License-Identifier: MIT */
/*
 * weir_runtime: the embedding interface of the live half. What is here runs on the caller's thread:
 * it prepares, leaves orders for the reactors, and waits for them to end.
 */
#include <stdio.h>
#include <stdlib.h>

#include "runtime/live.h"
#include "runtime/plugins.h"
#include "util/error.h"
#include "util/time.h"

#define STOP_DEADLINE_NS (1500 * WEIR_NS_PER_MS)

enum { REACTORS_MAX = 64 };

/* ------------------------------------------------------------------ new and free */

/* Fills `chosen` with `count` indices into the spec's connections. */
static weir_code choose_connections(const weir_runtime *runtime, size_t *chosen, size_t count,
                                    weir_error *error)
{
    for (size_t i = 0; i < count; i++) {
        chosen[i] =
            runtime->names ? weir_spec_find_connection(runtime->spec, runtime->names[i], error) : i;
        if (chosen[i] == SIZE_MAX)
            return WEIR_ERR_NOT_FOUND;
        for (size_t k = 0; k < i; k++) {
            if (chosen[k] == chosen[i])
                return weir_fail(error, WEIR_ERR_ARGUMENT, "connection '%s' is named twice",
                                 runtime->names[i]);
        }
    }
    return WEIR_OK;
}

void weir_connections_free(weir_connection *connection)
{
    weir_connection *first = connection - connection->shard;
    weir_producers_give(&connection->runtime->producers, connection->index, connection);
    weir_connection_fini(connection);
    if (atomic_fetch_sub(&first->unfinished, 1) > 1)
        return;
    weir_subscriptions_free(first->subscriptions);
    free(first);
}

/* What is not initialised is of no shard yet: it is freed as what it will be. */
static void free_block(weir_runtime *runtime, weir_connection *first, size_t shards)
{
    for (size_t i = shards; i-- > 0;) {
        first[i].runtime = runtime;
        first[i].shard = i;
        weir_connections_free(&first[i]);
    }
}

weir_connection *weir_connections_new(weir_runtime *runtime, weir_spec *spec, size_t spec_index,
                                      weir_error *error)
{
    const size_t shards = weir_connection_shards(&spec->model->connections[spec_index]);
    weir_connection *first = calloc(shards, sizeof *first);
    weir_code code = first ? WEIR_OK : weir_fail_nomem(error);
    if (!first)
        return NULL;
    atomic_init(&first->unfinished, shards);
    for (size_t shard = 0, index = 0; shard < shards && code == WEIR_OK; shard++) {
        code = weir_producers_take(&runtime->producers, &first[shard], &index)
                   ? weir_connection_init(&first[shard], runtime, index, spec, spec_index, shard,
                                          error)
                   : weir_fail_nomem(error);
    }
    if (code == WEIR_OK)
        return first;
    free_block(runtime, first, shards);
    return NULL;
}

/* Shards of a connection stand side by side. */
static weir_code build_connections(weir_runtime *runtime, const size_t *chosen, size_t count,
                                   weir_error *error)
{
    for (size_t i = 0; i < count; i++) {
        weir_connection *first = weir_connections_new(runtime, runtime->spec, chosen[i], error);
        if (!first)
            return error->code;
        for (size_t shard = 0; shard < first->shard_count; shard++) {
            runtime->connections[runtime->connection_count++] = &first[shard];
            weir_reactor_add(first[shard].reactor, &first[shard]);
        }
    }
    return WEIR_OK;
}

/* The names are the caller's, and wanted again by a reload. */
static weir_code keep_names(weir_runtime *runtime, weir_error *error)
{
    const weir_runtime_options *options = &runtime->options;
    if (!options->connections)
        return WEIR_OK;
    runtime->names = calloc(options->connection_count + 1, sizeof *runtime->names);
    for (size_t i = 0; runtime->names && i < options->connection_count; i++) {
        runtime->names[i] = strdup(options->connections[i]);
        if (!runtime->names[i])
            return weir_fail_nomem(error);
        runtime->name_count++;
    }
    runtime->options.connections = NULL;
    return runtime->names ? WEIR_OK : weir_fail_nomem(error);
}

static weir_code build(weir_runtime *runtime, size_t *chosen, size_t chosen_count,
                       weir_error *error)
{
    const weir_runtime_options *options = &runtime->options;
    const size_t wanted = options->reactors ? options->reactors : 1;
    weir_code code = choose_connections(runtime, chosen, chosen_count, error);
    if (code != WEIR_OK)
        return code;
    size_t count = 0;
    for (size_t i = 0; i < chosen_count; i++)
        count += weir_connection_shards(&runtime->spec->model->connections[chosen[i]]);
    runtime->reactor_count = wanted < count ? wanted : count;
    if (runtime->reactor_count > REACTORS_MAX)
        runtime->reactor_count = REACTORS_MAX;
    runtime->connections = calloc(count + 1, sizeof *runtime->connections);
    runtime->reactors = calloc(runtime->reactor_count, sizeof *runtime->reactors);
    runtime->events = weir_events_new(options->on_event, options->user);
    if (!runtime->connections || !runtime->reactors || !runtime->events)
        return weir_fail_nomem(error);
    for (size_t i = 0; i < runtime->reactor_count && code == WEIR_OK; i++)
        code = weir_reactor_init(&runtime->reactors[i], runtime, error);
    if (code == WEIR_OK)
        code = build_connections(runtime, chosen, chosen_count, error);
    if (code == WEIR_OK)
        code = weir_sinks_open(runtime, runtime->spec, error);
    if (code == WEIR_OK)
        weir_sinks_settle(runtime, 0);
    return code;
}

weir_runtime *weir_runtime_new(weir_spec *spec, const weir_runtime_options *options,
                               weir_error *error)
{
    weir_error local = {0};
    weir_runtime *runtime = calloc(1, sizeof *runtime);
    if (!error)
        error = &local;
    if (!runtime) {
        weir_fail_nomem(error);
        return NULL;
    }
    runtime->spec = weir_spec_retain(spec);
    runtime->options = options ? *options : (weir_runtime_options){0};
    weir_code code = keep_names(runtime, error);
    const size_t count = runtime->names ? runtime->name_count : spec->model->connection_count;
    pthread_mutex_init(&runtime->lifecycle, NULL);
    pthread_mutex_init(&runtime->opening, NULL);
    pthread_mutex_init(&runtime->publishing, NULL);
    pthread_rwlock_init(&runtime->shape, NULL);
    weir_producers_init(&runtime->producers);
    weir_left_specs_init(&runtime->left);
    weir_names_init(&runtime->names_kept);
    size_t *chosen = calloc(count + 1, sizeof *chosen);
    if (!chosen)
        code = weir_fail_nomem(error);
    else if (count == 0 && code == WEIR_OK)
        code = weir_fail(error, WEIR_ERR_ARGUMENT, "a runtime needs at least one connection");
    else if (code == WEIR_OK)
        code = build(runtime, chosen, count, error);
    free(chosen);
    if (code == WEIR_OK)
        return runtime;
    weir_runtime_free(runtime);
    return NULL;
}

void weir_runtime_free(weir_runtime *runtime)
{
    if (!runtime)
        return;
    weir_runtime_stop(runtime, 0);
    weir_sinks_free(runtime);
    weir_consumer *consumer = atomic_load(&runtime->consumers);
    for (weir_consumer *next; consumer; consumer = next) {
        next = weir_consumer_following(consumer);
        weir_consumer_free(consumer);
    }
    for (size_t i = 0; runtime->reactors && i < runtime->reactor_count; i++)
        weir_reactor_fini(&runtime->reactors[i]);
    weir_events_free(runtime->events);
    free(runtime->connections);
    free(runtime->reactors);
    pthread_mutex_destroy(&runtime->lifecycle);
    pthread_mutex_destroy(&runtime->opening);
    pthread_mutex_destroy(&runtime->publishing);
    pthread_rwlock_destroy(&runtime->shape);
    weir_producers_fini(&runtime->producers);
    for (size_t i = 0; i < runtime->name_count; i++)
        free(runtime->names[i]);
    free(runtime->names);
    weir_left_specs_fini(&runtime->left);
    weir_names_fini(&runtime->names_kept);
    weir_spec_free(runtime->spec);
    free(runtime);
}

/* ------------------------------------------------------------------ start and stop */

static void order_all(weir_runtime *runtime, unsigned orders)
{
    pthread_rwlock_rdlock(&runtime->shape);
    for (size_t i = 0; i < runtime->connection_count; i++)
        weir_connection_order(runtime->connections[i], orders);
    pthread_rwlock_unlock(&runtime->shape);
    for (size_t i = 0; i < runtime->reactor_count; i++)
        weir_loop_wake(runtime->reactors[i].loop);
}

weir_code weir_runtime_start(weir_runtime *runtime, weir_error *error)
{
    pthread_mutex_lock(&runtime->lifecycle);
    if (runtime->is_started || runtime->is_stopped) {
        pthread_mutex_unlock(&runtime->lifecycle);
        return weir_fail(error, WEIR_ERR_STATE, "a runtime is started once");
    }
    weir_code code = weir_events_start(runtime->events, error);
    if (code == WEIR_OK)
        code = weir_sinks_start(runtime, error);
    for (size_t i = 0; i < runtime->reactor_count && code == WEIR_OK; i++)
        code = weir_reactor_start(&runtime->reactors[i], error);
    runtime->is_started = true;
    pthread_mutex_unlock(&runtime->lifecycle);
    if (code == WEIR_OK)
        order_all(runtime, WEIR_ORDER_START);
    else
        weir_runtime_stop(runtime, 0);
    return code;
}

weir_code weir_runtime_reauthenticate(weir_runtime *runtime, const char *connection,
                                      weir_error *error)
{
    size_t found = 0;
    pthread_rwlock_rdlock(&runtime->shape);
    for (size_t i = 0; i < runtime->connection_count; i++) {
        if (connection && !weir_str_is(runtime->connections[i]->spec->name, connection))
            continue;
        weir_connection_order(runtime->connections[i], WEIR_ORDER_LOGIN);
        found++;
    }
    pthread_rwlock_unlock(&runtime->shape);
    return found > 0 ? WEIR_OK
                     : weir_fail(error, WEIR_ERR_NOT_FOUND, "the runtime has no connection '%s'",
                                 connection ? connection : "");
}

static void stop_consumers(weir_runtime *runtime, int64_t deadline_ns)
{
    pthread_mutex_lock(&runtime->opening);
    runtime->is_ending = true;
    weir_consumer *first = atomic_load(&runtime->consumers);
    pthread_mutex_unlock(&runtime->opening);
    for (weir_consumer *consumer = first; consumer; consumer = weir_consumer_following(consumer))
        weir_consumer_end(consumer);
    for (weir_consumer *consumer = first; consumer; consumer = weir_consumer_following(consumer))
        weir_consumer_finish(consumer, deadline_ns);
}

void weir_runtime_stop(weir_runtime *runtime, int64_t deadline_ns)
{
    const int64_t now_ns = weir_mono_ns();
    const int64_t stop_at_ns = now_ns + (deadline_ns > 0 ? deadline_ns : STOP_DEADLINE_NS);
    pthread_mutex_lock(&runtime->lifecycle);
    if (runtime->is_stopped) {
        pthread_mutex_unlock(&runtime->lifecycle);
        return;
    }
    if (runtime->is_started) {
        atomic_store(&runtime->stop_at_ns, stop_at_ns);
        order_all(runtime, WEIR_ORDER_STOP);
    }
    for (size_t i = 0; runtime->reactors && i < runtime->reactor_count; i++)
        weir_reactor_join(&runtime->reactors[i]);
    stop_consumers(runtime, stop_at_ns);
    weir_sinks_stop(runtime, stop_at_ns);
    if (runtime->events) {
        weir_runtime_tell_drops(runtime);
        weir_events_stop(runtime->events);
    }
    runtime->is_stopped = true;
    pthread_mutex_unlock(&runtime->lifecycle);
}

/* ------------------------------------------------------------------ consumers */

static void order_room(void *connection)
{
    weir_connection_order(connection, WEIR_ORDER_ROOM);
}

static void on_room(void *user, size_t producer)
{
    weir_runtime *runtime = user;
    weir_producers_call(&runtime->producers, producer, order_room);
}

/* The connection's name in the spec's own memory; empty for none. False: there is none such. */
static bool find_name(weir_runtime *runtime, const char *name, weir_str *out)
{
    *out = WEIR_STR("");
    pthread_rwlock_rdlock(&runtime->shape);
    for (size_t i = 0; name && i < runtime->connection_count; i++) {
        if (weir_str_is(runtime->connections[i]->spec->name, name))
            *out = runtime->connections[i]->name;
    }
    pthread_rwlock_unlock(&runtime->shape);
    return !name || out->len > 0;
}

weir_consumer *weir_consumer_open(weir_runtime *runtime, const weir_consumer_options *options,
                                  weir_error *error)
{
    static const weir_consumer_options defaults = {0};
    weir_str connection;
    if (!options)
        options = &defaults;
    if (find_name(runtime, options->connection, &connection))
        return weir_runtime_add_consumer(runtime, options, connection, error);
    weir_fail(error, WEIR_ERR_NOT_FOUND, "the runtime has no connection '%s'", options->connection);
    return NULL;
}

weir_consumer *weir_runtime_add_consumer(weir_runtime *runtime,
                                         const weir_consumer_options *options, weir_str connection,
                                         weir_error *error)
{
    const weir_consumer_host host = {runtime, on_room};
    const weir_str name = weir_names_keep(&runtime->names_kept, connection);
    if (!name.ptr) {
        weir_fail_nomem(error);
        return NULL;
    }
    weir_consumer *consumer = weir_consumer_new(options, name, 0, &host, error);
    if (!consumer)
        return NULL;
    pthread_mutex_lock(&runtime->opening);
    const bool is_late = runtime->is_ending;
    const bool has_memory =
        weir_consumer_expect(consumer, weir_producers_count(&runtime->producers));
    if (!is_late && has_memory) {
        if (options->delivery == WEIR_DELIVERY_INLINE)
            atomic_store(&runtime->has_inline, true);
        weir_consumer_set_following(consumer, atomic_load(&runtime->consumers));
        atomic_store_explicit(&runtime->consumers, consumer, memory_order_release);
    }
    pthread_mutex_unlock(&runtime->opening);
    if (!is_late && has_memory)
        return consumer;
    weir_consumer_free(consumer);
    if (has_memory)
        weir_fail(error, WEIR_ERR_STATE, "the runtime was stopped");
    else
        weir_fail_nomem(error);
    return NULL;
}

void weir_runtime_tell_drops(weir_runtime *runtime)
{
    for (weir_consumer *consumer = atomic_load(&runtime->consumers); consumer;
         consumer = weir_consumer_following(consumer)) {
        const uint64_t drops = weir_consumer_take_drops(consumer);
        if (drops == 0)
            continue;
        const char *label = weir_consumer_label(consumer);
        char text[120];
        const int len = snprintf(
            text, sizeof text, "%.60s (%s) lost %llu records", label ? label : "a consumer",
            weir_overflow_name(weir_consumer_policy(consumer)), (unsigned long long)drops);
        const weir_event event = {.type = WEIR_EVENT_DROPPED,
                                  .time_ns = weir_now_ns(),
                                  .code = WEIR_ERR_LIMIT,
                                  .reason = {text, (size_t)len},
                                  .connection = weir_consumer_connection(consumer),
                                  .count = drops};
        weir_events_post(runtime->events, &event);
    }
}

/* ------------------------------------------------------------------ status */

size_t weir_runtime_connections(const weir_runtime *runtime)
{
    pthread_rwlock_rdlock(weir_runtime_shape(runtime));
    const size_t count = runtime->connection_count;
    pthread_rwlock_unlock(weir_runtime_shape(runtime));
    return count;
}

void weir_connection_tell_status(const weir_connection *connection, weir_connection_status *status)
{
    weir_status_numbers numbers;
    weir_status_read(&connection->shown, &numbers);
    weir_subscription_counts counts;
    weir_subscriptions_count_front(connection->subscriptions, connection->shard, &counts);
    *status = (weir_connection_status){.connection = connection->name,
                                       .shard = connection->shard,
                                       .learnt = (size_t)numbers.learnt,
                                       .wanted = counts.wanted,
                                       .pending = counts.idle + counts.pending,
                                       .active = counts.active,
                                       .rejected = counts.refused,
                                       .state = (weir_state)numbers.state,
                                       .state_since_ns = numbers.state_since_ns,
                                       .connects = numbers.connects,
                                       .last_frame_ns = numbers.last_frame_ns,
                                       .last_record_ns = numbers.last_record_ns};
    status->is_authenticated = numbers.is_authenticated;
    status->up_since_ns = numbers.up_since_ns;
    status->failures = numbers.failures;
    status->unwanted = numbers.unwanted;
    status->rolls = numbers.rolls;
    status->last_roll_ns = numbers.last_roll_ns;
    status->is_rolling = numbers.is_rolling;
    status->latency = weir_latency_of(&connection->shown.latency);
    weir_status_ending ending;
    weir_status_ended(&connection->shown, &ending);
    status->down_code = ending.code;
    status->down_close_code = ending.close_code;
    status->down_at_ns = ending.at_ns;
    memcpy(status->down_reason, ending.reason, sizeof ending.reason);
    weir_status_from_counters(status, &numbers.counters);
}

bool weir_runtime_status(const weir_runtime *runtime, size_t index, weir_connection_status *status)
{
    pthread_rwlock_rdlock(weir_runtime_shape(runtime));
    const bool is_there = index < runtime->connection_count;
    if (is_there)
        weir_connection_tell_status(runtime->connections[index], status);
    pthread_rwlock_unlock(weir_runtime_shape(runtime));
    return is_there;
}

void weir_runtime_failures(const weir_runtime *runtime, size_t index,
                           void (*each)(void *user, const weir_failure *failure), void *user)
{
    pthread_rwlock_rdlock(weir_runtime_shape(runtime));
    if (index < runtime->connection_count)
        weir_status_letters(&runtime->connections[index]->shown, each, user);
    pthread_rwlock_unlock(weir_runtime_shape(runtime));
}
