/* SPDX-License-Identifier: MIT */
/*
 * The sinks of a spec at work: each is a consumer of its own, polled by a thread of its own. So a
 * sink that is slow is treated like any slow consumer, by the policy that the spec says, and one
 * that fails loses what it was given and nothing else. Its failures are counted by the plugin's
 * meter and told as events.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime/live.h"
#include "runtime/plugins.h"
#include "spec/part.h"
#include "util/error.h"
#include "util/time.h"

#define FLUSH_NS (250 * WEIR_NS_PER_MS) /* of idleness */
#define DIRTY_NS WEIR_NS_PER_S          /* at the latest */

enum { SINK_ARENA_FIRST = 4096 };

typedef struct weir_sink {
    struct weir_sink *next;
    weir_runtime *runtime;
    weir_spec *source; /* the spec that it stands in; held */
    size_t index;      /* among its sinks */
    bool is_new;       /* since the last reload was done with */
    bool is_wanted;    /* by the spec that the runtime goes over to */
    const weir_sink_spec *spec;
    weir_plugin_table *table;
    weir_consumer *consumer;
    weir_world world;
    bool has_world;
    weir_arena *arena;
    void *self; /* of the plugin; NULL: not open */
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool has_ended; /* the thread; under lock */
} weir_sink;

/* ------------------------------------------------------------------ records for plugins */

static bool record_json(weir_plugin_context *context, const weir_record *record, weir_str *out)
{
    weir_buf text = {0};
    weir_record_write_json(&text, record, 0);
    *out = text.failed ? (weir_str){0}
                       : weir_arena_copy(weir_plugin_room_of(context)->arena, weir_buf_str(&text));
    weir_buf_fini(&text);
    return out->ptr != NULL;
}

const weir_plugin_records weir_plugin_records_table = {
    .schema_channel = weir_schema_channel,
    .schema_stream = weir_schema_stream,
    .schema_connection = weir_schema_connection,
    .schema_columns = weir_schema_columns,
    .schema_column_name = weir_schema_column_name,
    .schema_column_kind = weir_schema_column_kind,
    .schema_find = weir_schema_find,
    .schema = weir_record_schema,
    .asset = weir_record_asset,
    .timestamp = weir_record_timestamp,
    .received = weir_record_received,
    .seq = weir_record_seq,
    .kind = weir_record_kind,
    .f64 = weir_record_f64,
    .i64 = weir_record_i64,
    .str = weir_record_str,
    .levels = weir_record_levels,
    .column_asset = weir_record_column_asset,
    .channel_name = weir_channel_name,
    .json = record_json,
};

/* ------------------------------------------------------------------ calls */

static void tell(void *user, weir_code code, const char *text)
{
    const weir_sink *sink = user;
    weir_buf masked = {0};
    weir_world_mask(&sink->world, weir_str_of(text), &masked);
    const weir_event event = {.type = WEIR_EVENT_WARNING,
                              .time_ns = weir_now_ns(),
                              .code = code,
                              .reason = masked.failed ? (weir_str){0} : weir_buf_str(&masked)};
    weir_events_post(sink->runtime->events, &event);
    weir_buf_fini(&masked);
}

static void begin(weir_sink *sink, weir_plugin_room *room)
{
    weir_arena_reset(sink->arena);
    weir_plugin_room_init(room, sink->table->plugin, &sink->world, sink->arena);
}

static void account(weir_sink *sink, const weir_plugin_room *room, const char *step,
                    int64_t began_ns, bool is_good)
{
    char what[160];
    const weir_plugin_teller teller = {tell, sink};
    snprintf(what, sizeof what, "%s%s", sink->table->what, step);
    weir_plugin_account(sink->table->plugin, &sink->table->meter, &teller, what, began_ns, 0,
                        is_good            ? NULL
                        : room->has_failed ? room->why
                                           : "it gives no reason");
}

static void write_record(weir_sink *sink, const weir_record *record)
{
    weir_plugin_room room;
    begin(sink, &room);
    const int64_t began_ns = weir_mono_ns();
    account(sink, &room, "", began_ns, sink->table->sink_row.write(&room.open, sink->self, record));
}

static void flush(weir_sink *sink)
{
    weir_plugin_room room;
    if (!sink->table->sink_row.flush)
        return;
    begin(sink, &room);
    const int64_t began_ns = weir_mono_ns();
    if (!sink->table->sink_row.flush(&room.open, sink->self))
        account(sink, &room, ", flushing,", began_ns, false);
}

static void close_sink(weir_sink *sink)
{
    weir_plugin_room room;
    if (!sink->self)
        return;
    begin(sink, &room);
    const int64_t began_ns = weir_mono_ns();
    if (!sink->table->sink_row.close(&room.open, sink->self))
        account(sink, &room, ", closing,", began_ns, false);
    sink->self = NULL;
}

/* ------------------------------------------------------------------ the thread */

static bool wants(const weir_sink *sink, const weir_record *record)
{
    const weir_str stream = weir_schema_stream(weir_record_schema(record));
    for (size_t i = 0; i < sink->spec->stream_count; i++) {
        if (weir_str_eq(sink->spec->streams[i], stream))
            return true;
    }
    return sink->spec->stream_count == 0;
}

static void *run(void *user)
{
    weir_sink *sink = user;
    int64_t dirty_since_ns = 0;
    for (;;) {
        const weir_record *record = weir_consumer_next(sink->consumer, FLUSH_NS);
        if (record && wants(sink, record)) {
            write_record(sink, record);
            dirty_since_ns = dirty_since_ns ? dirty_since_ns : weir_mono_ns();
        }
        if (!record && weir_consumer_is_done(sink->consumer))
            break;
        if (dirty_since_ns != 0 && (!record || weir_mono_ns() - dirty_since_ns >= DIRTY_NS)) {
            flush(sink);
            dirty_since_ns = 0;
        }
    }
    flush(sink);
    close_sink(sink);
    pthread_mutex_lock(&sink->lock);
    sink->has_ended = true;
    pthread_cond_signal(&sink->ended);
    pthread_mutex_unlock(&sink->lock);
    return NULL;
}

/* ------------------------------------------------------------------ lifecycle */

static weir_code open_self(weir_sink *sink, weir_error *error)
{
    weir_plugin_room room;
    begin(sink, &room);
    room.options = &sink->spec->options;
    sink->self = sink->table->sink_row.open(&room.open);
    if (sink->self)
        return WEIR_OK;
    weir_buf masked = {0};
    weir_world_mask(&sink->world, weir_str_of(room.has_failed ? room.why : "it gives no reason"),
                    &masked);
    const weir_code code =
        weir_fail(error, WEIR_ERR_IO,
                  "plugin '%s': sink '%s' cannot be opened: "
                  "%s",
                  sink->table->plugin->name, sink->table->sink_row.name, weir_buf_cstr(&masked));
    weir_buf_fini(&masked);
    return code;
}

static weir_code open_sink(weir_sink *sink, weir_error *error)
{
    const weir_sink_spec *spec = sink->spec;
    const weir_consumer_options options = {.channels = spec->channels,
                                           .overflow = (weir_overflow)spec->overflow,
                                           .delivery = WEIR_DELIVERY_POLL,
                                           .capacity = (size_t)spec->capacity};
    sink->table = weir_plugins_sink(sink->source->plugins, spec->name);
    sink->arena = weir_arena_new(SINK_ARENA_FIRST, WEIR_EXPR_MEMORY_MAX);
    if (!sink->arena)
        return weir_fail_nomem(error);
    const weir_code code = weir_world_init(&sink->world, sink->source, 0, false, error);
    if (code != WEIR_OK)
        return code;
    sink->has_world = true;
    sink->world.expr.connection_name = spec->connection;
    sink->consumer = weir_runtime_add_consumer(sink->runtime, &options, spec->connection, error);
    if (!sink->consumer)
        return error->code;
    /* the consumer outlives the spec and its plugins */
    weir_consumer_set_label(
        sink->consumer,
        weir_names_keep(&sink->runtime->names_kept, weir_str_of(sink->table->what)).ptr);
    return open_self(sink, error);
}

/* A runtime need not open all connections of a spec; a sink of one that it does not open rests. */
static bool is_opened(const weir_runtime *runtime, weir_str connection)
{
    for (size_t i = 0; i < runtime->name_count; i++) {
        if (weir_str_is(connection, runtime->names[i]))
            return true;
    }
    return connection.len == 0 || !runtime->names;
}

/* One that is open in the same way, and not taken for another of the spec's. */
static weir_sink *find_same(const weir_runtime *runtime, const weir_spec *spec, size_t index)
{
    weir_sink *sink = runtime->sinks;
    while (sink && (sink->is_wanted ||
                    !weir_part_shares_sink(sink->source->model, sink->index, spec->model, index)))
        sink = sink->next;
    return sink;
}

static weir_code add_sink(weir_runtime *runtime, weir_spec *spec, size_t index, weir_error *error)
{
    weir_sink *sink = calloc(1, sizeof *sink);
    if (!sink)
        return weir_fail_nomem(error);
    sink->runtime = runtime;
    sink->source = weir_spec_retain(spec);
    sink->index = index;
    sink->spec = &spec->model->sinks[index];
    sink->is_new = sink->is_wanted = true;
    pthread_mutex_init(&sink->lock, NULL);
    pthread_cond_init(&sink->ended, NULL);
    sink->next = runtime->sinks;
    runtime->sinks = sink;
    return open_sink(sink, error);
}

weir_code weir_sinks_open(weir_runtime *runtime, weir_spec *spec, weir_error *error)
{
    const weir_spec_model *model = spec->model;
    weir_code code = WEIR_OK;
    for (weir_sink *sink = runtime->sinks; sink; sink = sink->next)
        sink->is_wanted = false;
    for (size_t i = 0; i < model->sink_count && code == WEIR_OK; i++) {
        if (!is_opened(runtime, model->sinks[i].connection))
            continue;
        weir_sink *same = find_same(runtime, spec, i);
        if (same)
            same->is_wanted = true;
        else
            code = add_sink(runtime, spec, i, error);
    }
    return code;
}

weir_code weir_sinks_start(weir_runtime *runtime, weir_error *error)
{
    int failure = 0;
    sigset_t all, before;
    sigfillset(&all); /* signals are the business of the program's own threads */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (weir_sink *sink = runtime->sinks; sink && failure == 0; sink = sink->next) {
        if (sink->has_thread)
            continue;
        failure = pthread_create(&sink->thread, NULL, run, sink);
        sink->has_thread = failure == 0;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failure == 0
               ? WEIR_OK
               : weir_fail(error, WEIR_ERR_LIMIT, "no thread for a sink: %s", strerror(failure));
}

static void stop_sink(weir_sink *sink, int64_t deadline_ns)
{
    const struct timespec until = {deadline_ns / WEIR_NS_PER_S, deadline_ns % WEIR_NS_PER_S};
    int failure = 0;
    if (!sink->has_thread)
        return;
    pthread_mutex_lock(&sink->lock);
    while (!sink->has_ended && failure == 0)
        failure = pthread_cond_clockwait(&sink->ended, &sink->lock, CLOCK_MONOTONIC, &until);
    pthread_mutex_unlock(&sink->lock);
    if (failure != 0)
        weir_consumer_close(sink->consumer); /* the rest is counted as dropped */
    pthread_join(sink->thread, NULL);
    sink->has_thread = false;
}

void weir_sinks_stop(weir_runtime *runtime, int64_t deadline_ns)
{
    for (weir_sink *sink = runtime->sinks; sink; sink = sink->next)
        stop_sink(sink, deadline_ns);
}

static void free_sink(weir_sink *sink)
{
    close_sink(sink); /* of one that was never started */
    if (sink->has_world)
        weir_world_fini(&sink->world);
    weir_arena_free(sink->arena);
    weir_spec_free(sink->source);
    pthread_cond_destroy(&sink->ended);
    pthread_mutex_destroy(&sink->lock);
    free(sink);
}

/* Its consumer stays in the runtime's list, closed. */
static void end_sinks(weir_runtime *runtime, bool (*is_over)(const weir_sink *sink),
                      int64_t deadline_ns)
{
    for (weir_sink **at = &runtime->sinks; *at;) {
        weir_sink *sink = *at;
        if (!is_over(sink)) {
            at = &sink->next;
            continue;
        }
        *at = sink->next;
        if (sink->consumer)
            weir_consumer_end(sink->consumer);
        stop_sink(sink, deadline_ns);
        if (sink->consumer)
            weir_consumer_close(sink->consumer);
        free_sink(sink);
    }
}

static bool was_just_opened(const weir_sink *sink)
{
    return sink->is_new;
}

static bool is_left_behind(const weir_sink *sink)
{
    return !sink->is_wanted;
}

void weir_sinks_take_back(weir_runtime *runtime)
{
    end_sinks(runtime, was_just_opened, weir_mono_ns());
}

void weir_sinks_settle(weir_runtime *runtime, int64_t deadline_ns)
{
    end_sinks(runtime, is_left_behind, deadline_ns);
    for (weir_sink *sink = runtime->sinks; sink; sink = sink->next)
        sink->is_new = false;
}

void weir_sinks_free(weir_runtime *runtime)
{
    while (runtime->sinks) {
        weir_sink *sink = runtime->sinks;
        runtime->sinks = sink->next;
        free_sink(sink);
    }
}
