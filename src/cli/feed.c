/* SPDX-License-Identifier: MIT */
/*
 * The main thread polls one consumer and writes; it flushes when there is nothing to poll, so text
 * is written in large pieces under load and at once when records are few. Every quarter of a second
 * it looks up: is it time to end, have all connections failed, what does the progress line say.
 */
#include "cli/feed.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/output.h"
#include "cli/plugins.h"
#include "cli/screen.h"
#include "cli/status_table.h"
#include "cli/stop.h"
#include "server/metrics_server.h"
#include "util/recording.h"
#include "util/time.h"

static const int64_t tick_ns = 250 * WEIR_NS_PER_MS;
static const int64_t flush_ns = WEIR_NS_PER_S; /* of the recording */
static const int64_t status_ns = 10 * WEIR_NS_PER_S;
static const int64_t close_ns = WEIR_NS_PER_S; /* for the peers to say goodbye */

static const double rate_over_s = 2;

typedef struct feed {
    const cli_feed_options *options;
    weir_runtime *runtime;
    weir_consumer *consumer;
    cli_output *output;
    weir_recorder *recorder;
    metrics_server *metrics;
    cli_status_table *status_table; /* NULL: not asked for */
    atomic_bool has_record_failed;
    pthread_mutex_t lock;
    char failure[WEIR_ERROR_TEXT_MAX]; /* of the last connection that failed for good */
    int64_t began_ns, next_tick_ns, next_flush_ns, next_status_ns;
    uint64_t shown; /* records when the progress line was drawn last */
    int64_t shown_ns;
    double rate; /* records per second, smoothed over some seconds */
    bool is_done;
    int status;
} feed;

/* ------------------------------------------------------------------ on other threads */

static void on_event(void *user, const weir_event *event)
{
    feed *f = user;
    if (event->type == WEIR_EVENT_STATE && event->to == WEIR_STATE_FAILED) {
        pthread_mutex_lock(&f->lock);
        weir_buf text = {0};
        weir_buf_printf(&text, "%.*s: ", WEIR_FMT(event->connection));
        cli_put_clean(&text, event->reason);
        snprintf(f->failure, sizeof f->failure, "%s", weir_buf_cstr(&text));
        weir_buf_fini(&text);
        pthread_mutex_unlock(&f->lock);
        weir_consumer_wake(f->consumer);
    }
    cli_screen_event(event);
}

static void on_frame(void *user, const weir_tap_frame *frame)
{
    feed *f = user;
    weir_error error = {0};
    const weir_recording_frame block = {.connection = frame->connection,
                                        .time_ns = frame->time_ns,
                                        .is_outgoing = frame->is_outgoing,
                                        .is_binary = frame->is_binary,
                                        .has_parts = frame->has_parts,
                                        .name = frame->name,
                                        .bytes = frame->bytes};
    if (atomic_load(&f->has_record_failed) ||
        weir_recorder_write(f->recorder, &block, &error) == WEIR_OK)
        return;
    cli_screen_fail(error.text);
    atomic_store(&f->has_record_failed, true); /* the main thread ends the run */
}

/* ------------------------------------------------------------------ subscriptions */

bool cli_subscription_parse(cli_subscription *subscription, const char *text)
{
    const char *equals = strchr(text, '=');
    *subscription = (cli_subscription){0};
    if (!equals || equals == text || !equals[1])
        return false;
    size_t most = 1;
    for (const char *at = equals; *at; at++)
        most += *at == ',';
    subscription->stream = strndup(text, (size_t)(equals - text));
    subscription->symbols = calloc(most, sizeof *subscription->symbols);
    if (!subscription->stream || !subscription->symbols)
        return false;
    for (const char *at = equals + 1;; at++) {
        const size_t len = strcspn(at, ",");
        char *symbol = len > 0 ? strndup(at, len) : NULL;
        if (!symbol)
            return false;
        subscription->symbols[subscription->count++] = symbol;
        at += len;
        if (!*at)
            return true;
    }
}

void cli_subscription_fini(cli_subscription *subscription)
{
    for (size_t i = 0; i < subscription->count; i++)
        free(subscription->symbols[i]);
    free(subscription->symbols);
    free(subscription->stream);
    *subscription = (cli_subscription){0};
}

static bool is_opened(const cli_feed_options *options, weir_str connection)
{
    for (size_t i = 0; i < options->connection_count; i++) {
        if (weir_str_is(connection, options->connections[i]))
            return true;
    }
    return options->connection_count == 0;
}

/* "trades" or "market/trades". */
static bool is_subscribed(const cli_feed_options *options, weir_str connection, weir_str stream)
{
    for (size_t i = 0; i < options->subscription_count; i++) {
        const char *name = options->subscriptions[i].stream;
        const char *slash = strchr(name, '/');
        if (slash && !weir_str_eq(connection, (weir_str){name, (size_t)(slash - name)}))
            continue;
        if (weir_str_is(stream, slash ? slash + 1 : name))
            return true;
    }
    return false;
}

/* Streams of one connection that nobody asked for. */
static void hint_connection(const cli_feed_options *options, size_t connection, weir_buf *out)
{
    const weir_spec *spec = options->spec;
    const weir_str name = weir_spec_connection(spec, connection);
    for (size_t i = 0; is_opened(options, name) && i < weir_spec_streams(spec, connection); i++) {
        weir_channel channel;
        const weir_str stream = weir_spec_stream(spec, connection, i, &channel);
        const bool is_wanted = options->channels == 0 || options->channels & 1u << channel;
        if (is_wanted && weir_spec_can_subscribe(spec, connection, i) &&
            !is_subscribed(options, name, stream))
            weir_buf_printf(out, "%s%.*s", out->len > 0 ? ", " : "", WEIR_FMT(stream));
    }
}

static void hint(const cli_feed_options *options)
{
    weir_buf streams = {0}, text = {0};
    for (size_t i = 0; i < weir_spec_connections(options->spec); i++)
        hint_connection(options, i, &streams);
    if (streams.len > 0) {
        const size_t first = strcspn(weir_buf_cstr(&streams), ",");
        weir_buf_printf(&text, "not subscribed: %s (as in --subscribe %.*s=SYMBOL,SYMBOL)",
                        streams.ptr, (int)first, streams.ptr);
        cli_screen_hint((weir_str){text.ptr, text.len});
    }
    weir_buf_fini(&streams);
    weir_buf_fini(&text);
}

/* ------------------------------------------------------------------ progress */

typedef struct summary {
    size_t live, failed, over, count; /* over: with no more to come, as a recording at its end */
    weir_state state;                 /* of the only connection, or of one that is not live */
    int64_t last_record_ns;
} summary;

static summary sum_up(const feed *f)
{
    summary all = {.state = WEIR_STATE_LIVE};
    for (size_t i = 0; i < weir_runtime_connections(f->runtime); i++) {
        weir_connection_status status;
        if (!weir_runtime_status(f->runtime, i, &status) ||
            (status.shard > 0 && status.state == WEIR_STATE_IDLE))
            continue;
        all.count++;
        all.live += status.state == WEIR_STATE_LIVE;
        all.failed += status.state == WEIR_STATE_FAILED;
        all.over += status.state == WEIR_STATE_STOPPED;
        if (status.state != WEIR_STATE_LIVE)
            all.state = status.state;
        if (status.last_record_ns > all.last_record_ns)
            all.last_record_ns = status.last_record_ns;
    }
    return all;
}

static void draw(feed *f, const summary *all, int64_t now_ns)
{
    weir_buf text = {0};
    weir_consumer_stats stats;
    const uint64_t records = cli_output_records(f->output);
    const double seconds = (double)(now_ns - f->shown_ns + 1) / (double)WEIR_NS_PER_S;
    const double weight = seconds / (seconds + rate_over_s);
    f->rate += ((double)(records - f->shown) / seconds - f->rate) * weight;
    weir_consumer_get_stats(f->consumer, &stats);
    weir_buf_puts(&text, weir_state_name(all->state));
    if (all->count > 1)
        weir_buf_printf(&text, " (%zu of %zu live)", all->live, all->count);
    weir_buf_printf(&text, " · %llu records · %.0f/s", (unsigned long long)records, f->rate);
    if (all->last_record_ns > 0)
        weir_buf_printf(&text, " · last %.1f s ago",
                        (double)(weir_now_ns() - all->last_record_ns) / (double)WEIR_NS_PER_S);
    const uint64_t lost = stats.dropped + stats.conflated;
    weir_buf_printf(&text, " · %llu dropped", (unsigned long long)lost);
    cli_screen_progress((weir_str){text.ptr, text.len});
    weir_buf_fini(&text);
    f->shown = records;
    f->shown_ns = now_ns;
}

/* ------------------------------------------------------------------ the loop */

/* What is wrong with the spec goes to stderr as when it is loaded; what a reload does is an event.
 */
static void reload(feed *f)
{
    weir_report *report = NULL;
    weir_error error = {0};
    weir_runtime_reload(f->runtime, NULL, NULL, NULL, &report, &error);
    char *text =
        report && weir_report_count(report) > 0 ? weir_report_text(report, cli_has_colour()) : NULL;
    if (text)
        cli_screen_text(text);
    free(text);
    weir_report_free(report);
}

/* What is looked at now and then; sets is_done and status. */
static void look_up(feed *f)
{
    const int64_t now_ns = weir_mono_ns();
    const cli_feed_options *options = f->options;
    weir_error error = {0};
    if (cli_take_reload())
        reload(f);
    if (cli_is_stopping() || !cli_output_has_reader(f->output) ||
        (options->duration_ns > 0 && now_ns - f->began_ns >= options->duration_ns))
        f->is_done = true;
    if (f->recorder && now_ns >= f->next_flush_ns) {
        f->next_flush_ns = now_ns + flush_ns;
        if (!atomic_load(&f->has_record_failed) &&
            weir_recorder_flush(f->recorder, &error) != WEIR_OK) {
            cli_screen_fail(error.text);
            atomic_store(&f->has_record_failed, true);
        }
    }
    if (f->status_table && now_ns >= f->next_status_ns) {
        f->next_status_ns = now_ns + status_ns;
        cli_status_table_show(f->status_table);
    }
    const summary all = sum_up(f);
    const bool is_over = all.count > 0 && all.failed + all.over == all.count;
    f->is_done |= is_over;
    if (atomic_load(&f->has_record_failed) || (is_over && all.failed > 0)) {
        f->is_done = true;
        f->status = CLI_FAILED;
    }
    if (cli_screen_has_progress() && now_ns >= f->next_tick_ns)
        draw(f, &all, now_ns);
    if (now_ns >= f->next_tick_ns)
        f->next_tick_ns = now_ns + tick_ns;
}

static void take(feed *f, const weir_record *record)
{
    const uint64_t limit = f->options->limit;
    if (!cli_output_record(f->output, record) ||
        (limit > 0 && cli_output_records(f->output) >= limit))
        f->is_done = true;
}

static int64_t time_to_wait(const feed *f)
{
    const int64_t now_ns = weir_mono_ns();
    int64_t until_ns = f->next_tick_ns;
    if (f->options->duration_ns > 0 && f->began_ns + f->options->duration_ns < until_ns)
        until_ns = f->began_ns + f->options->duration_ns;
    return until_ns > now_ns ? until_ns - now_ns : 0;
}

static void loop(feed *f)
{
    enum { LOOK_EVERY = 4096 /* records, while there is no pause */ };
    unsigned busy = 0;
    f->began_ns = f->shown_ns = weir_mono_ns();
    f->next_tick_ns = f->began_ns + tick_ns;
    f->next_status_ns = f->began_ns + status_ns;
    while (!f->is_done) {
        const weir_record *record = weir_consumer_next(f->consumer, 0);
        if (!record) {
            f->is_done |= !cli_output_flush(f->output) || weir_consumer_is_done(f->consumer);
            record = weir_consumer_next(f->consumer, time_to_wait(f));
            look_up(f);
            busy = 0;
        } else if (++busy % LOOK_EVERY == 0 || cli_is_stopping()) {
            look_up(f);
        }
        if (record)
            take(f, record);
    }
}

/* What was received before the stop is still delivered, unless the limit or the reader says no. */
static void drain(feed *f)
{
    const uint64_t limit = f->options->limit;
    while (limit == 0 || cli_output_records(f->output) < limit) {
        const weir_record *record = weir_consumer_next(f->consumer, 0);
        if (!record || !cli_output_record(f->output, record))
            break;
    }
    cli_output_flush(f->output);
}

/* ------------------------------------------------------------------ opening and closing */

static bool open_recorder(feed *f, weir_error *error)
{
    if (!f->options->record)
        return true;
    f->recorder = weir_recorder_open(f->options->record, error);
    return f->recorder != NULL;
}

static bool subscribe(feed *f, weir_error *error)
{
    for (size_t i = 0; i < f->options->subscription_count; i++) {
        const cli_subscription *wanted = &f->options->subscriptions[i];
        if (weir_runtime_subscribe(f->runtime, wanted->stream, (const char *const *)wanted->symbols,
                                   wanted->count, NULL, error) != WEIR_OK)
            return false;
    }
    return true;
}

static bool put_metrics(void *user, weir_text_buffer *out)
{
    return weir_runtime_metrics(((const feed *)user)->runtime, out);
}

static bool open_views(feed *f, weir_error *error)
{
    weir_buf text = {0};
    if (f->options->shows_status)
        f->status_table = cli_status_table_new(f->runtime, f->consumer);
    if (!f->options->metrics)
        return true;
    f->metrics = metrics_server_start(f->options->metrics, put_metrics, f, error);
    if (!f->metrics)
        return false;
    weir_buf_printf(&text, "metrics: %s", metrics_server_url(f->metrics));
    cli_screen_hint(weir_buf_str(&text));
    weir_buf_fini(&text);
    return true;
}

static bool open_feed(feed *f, weir_error *error)
{
    const cli_feed_options *options = f->options;
    const weir_runtime_options how = {.connections = options->connections,
                                      .connection_count = options->connection_count,
                                      .on_event = on_event,
                                      .on_frame = options->record ? on_frame : NULL,
                                      .user = f};
    const weir_consumer_options what = {.channels = options->channels,
                                        .overflow = options->overflow};
    return open_recorder(f, error) &&
           (f->runtime = weir_runtime_new(options->spec, &how, error)) != NULL &&
           (f->consumer = weir_consumer_open(f->runtime, &what, error)) != NULL &&
           subscribe(f, error) && open_views(f, error);
}

static void close_feed(feed *f)
{
    weir_error error = {0};
    cli_stop_listen(NULL);
    metrics_server_stop(f->metrics);
    cli_status_table_free(f->status_table);
    weir_runtime_free(f->runtime);
    if (weir_recorder_close(f->recorder, &error) != WEIR_OK && !atomic_load(&f->has_record_failed))
        f->status = cli_fail("%s", error.text);
    if (f->output && cli_output_status(f->output) != CLI_OK)
        f->status = CLI_FAILED;
    cli_output_free(f->output);
    pthread_mutex_destroy(&f->lock);
}

static void stop_and_drain(feed *f)
{
    cli_screen_close();
    cli_output_flush(f->output); /* what there is already should not wait for the goodbyes */
    weir_runtime_stop(f->runtime, close_ns);
    drain(f);
    if (f->status_table) {
        weir_buf plugins = {0};
        cli_status_table_show(f->status_table);
        cli_put_plugin_calls(&plugins, weir_runtime_spec(f->runtime));
        fputs(weir_buf_cstr(&plugins), stderr);
        weir_buf_fini(&plugins);
    }
    if (f->failure[0] && f->status == CLI_FAILED)
        cli_fail("%s", f->failure);
}

int cli_feed_run(const cli_feed_options *options)
{
    feed f = {.options = options, .status = CLI_OK};
    weir_error error = {0};
    const cli_output_options shape = {
        .format = options->format,
        .channels = options->channels,
        .with_gaps = options->with_gaps,
        .connection = options->connection_count == 1 ? options->connections[0] : NULL,
        .before_write = cli_screen_make_room};
    pthread_mutex_init(&f.lock, NULL);
    f.output = cli_output_new(options->spec, &shape);
    if (!f.output || !open_feed(&f, &error)) {
        f.status = f.output ? cli_fail("%s", error.text) : CLI_FAILED;
        close_feed(&f);
        return f.status;
    }
    hint(options);
    cli_stop_install();
    if (options->reloads)
        cli_stop_on_hangup_reload();
    if (weir_runtime_start(f.runtime, &error) != WEIR_OK) {
        f.status = cli_fail("%s", error.text);
    } else {
        cli_stop_listen(f.consumer);
        loop(&f);
        stop_and_drain(&f);
    }
    close_feed(&f);
    return f.status;
}
