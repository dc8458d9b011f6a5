/* SPDX-License-Identifier: MIT */
/*
 * The status as Prometheus text. A metric is a row: its name, its help, and how its samples are
 * written for one connection or one consumer. All samples of a metric stand together, as the format
 * demands; the statuses are therefore read once, before.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime/live.h"
#include "runtime/plugins.h"
#include "util/error.h"
#include "util/time.h"

typedef struct subject {
    const weir_connection_status *status; /* of a connection, or */
    const weir_consumer_stats *stats;     /* of a consumer */
    const weir_histogram *latency;
    char label[160]; /* `connection="feed"` */
} subject;

typedef struct metric {
    const char *name;
    const char *type;
    const char *help;
    void (*put)(weir_buf *out, const struct metric *metric, const subject *subject);
} metric;

/* ------------------------------------------------------------------ samples */

static void put_count(weir_buf *out, const metric *metric, const subject *subject, uint64_t count)
{
    weir_buf_printf(out, "%s{%s} %" PRIu64 "\n", metric->name, subject->label, count);
}

static void put_labelled(weir_buf *out, const metric *metric, const subject *subject,
                         const char *label, const char *value, uint64_t count)
{
    weir_buf_printf(out, "%s{%s,%s=\"%s\"} %" PRIu64 "\n", metric->name, subject->label, label,
                    value, count);
}

static void put_time(weir_buf *out, const metric *metric, const subject *subject, int64_t ns)
{
    weir_buf_printf(out, "%s{%s} %.3f\n", metric->name, subject->label, (double)ns / 1e9);
}

static void put_state(weir_buf *out, const metric *metric, const subject *subject)
{
    for (int i = 0; i < WEIR_STATE_COUNT; i++)
        put_labelled(out, metric, subject, "state", weir_state_name((weir_state)i),
                     (int)subject->status->state == i);
}

static void put_state_since(weir_buf *out, const metric *metric, const subject *subject)
{
    put_time(out, metric, subject, subject->status->state_since_ns);
}

static void put_up_since(weir_buf *out, const metric *metric, const subject *subject)
{
    put_time(out, metric, subject, subject->status->up_since_ns);
}

static void put_connects(weir_buf *out, const metric *metric, const subject *subject)
{
    put_count(out, metric, subject, subject->status->connects);
}

static void put_rolls(weir_buf *out, const metric *metric, const subject *subject)
{
    put_count(out, metric, subject, subject->status->rolls);
}

static void put_last_roll(weir_buf *out, const metric *metric, const subject *subject)
{
    put_time(out, metric, subject, subject->status->last_roll_ns);
}

static void put_rolling(weir_buf *out, const metric *metric, const subject *subject)
{
    put_count(out, metric, subject, subject->status->is_rolling);
}

static void put_failures(weir_buf *out, const metric *metric, const subject *subject)
{
    put_count(out, metric, subject, subject->status->failures);
}

static void put_authenticated(weir_buf *out, const metric *metric, const subject *subject)
{
    put_count(out, metric, subject, subject->status->is_authenticated);
}

static void put_down_at(weir_buf *out, const metric *metric, const subject *subject)
{
    put_time(out, metric, subject, subject->status->down_at_ns);
}

/* The reason is a sentence, of which there are too many for a label. */
static void put_down(weir_buf *out, const metric *metric, const subject *subject)
{
    if (subject->status->down_at_ns != 0)
        put_labelled(out, metric, subject, "code", weir_code_name(subject->status->down_code), 1);
}

static void put_close_code(weir_buf *out, const metric *metric, const subject *subject)
{
    put_count(out, metric, subject, (uint64_t)subject->status->down_close_code);
}

static void put_frames(weir_buf *out, const metric *metric, const subject *subject)
{
    put_count(out, metric, subject, subject->status->frames);
}

static void put_bytes(weir_buf *out, const metric *metric, const subject *subject)
{
    put_count(out, metric, subject, subject->status->bytes);
}

static void put_records(weir_buf *out, const metric *metric, const subject *subject)
{
    for (int i = 0; i < WEIR_CHANNEL_COUNT; i++)
        put_labelled(out, metric, subject, "channel", weir_channel_name((weir_channel)i),
                     subject->status->by_channel[i]);
}

static void put_unrouted(weir_buf *out, const metric *metric, const subject *subject)
{
    put_count(out, metric, subject, subject->status->dropped_by_router);
}

static void put_unconverted(weir_buf *out, const metric *metric, const subject *subject)
{
    put_count(out, metric, subject, subject->status->unconverted);
}

static void put_failed(weir_buf *out, const metric *metric, const subject *subject)
{
    for (size_t i = 0; i < WEIR_STAGE_NAMES; i++)
        put_labelled(out, metric, subject, "stage", weir_stage_label(i),
                     subject->status->failed[i]);
}

static void put_symbols(weir_buf *out, const metric *metric, const subject *subject)
{
    put_count(out, metric, subject, subject->status->wanted);
}

static void put_subscriptions(weir_buf *out, const metric *metric, const subject *subject)
{
    const weir_connection_status *status = subject->status;
    const size_t counts[] = {[WEIR_SUBSCRIPTION_PENDING] = status->pending,
                             [WEIR_SUBSCRIPTION_ACTIVE] = status->active,
                             [WEIR_SUBSCRIPTION_REJECTED] = status->rejected};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        put_labelled(out, metric, subject, "state",
                     weir_subscription_state_name((weir_subscription_state)i), counts[i]);
}

static void put_learnt(weir_buf *out, const metric *metric, const subject *subject)
{
    put_count(out, metric, subject, subject->status->learnt);
}

static void put_gaps(weir_buf *out, const metric *metric, const subject *subject)
{
    put_count(out, metric, subject, subject->status->gaps);
}

static void put_missed(weir_buf *out, const metric *metric, const subject *subject)
{
    put_count(out, metric, subject, subject->status->missed);
}

static void put_duplicates(weir_buf *out, const metric *metric, const subject *subject)
{
    put_count(out, metric, subject, subject->status->duplicates);
}

static void put_unwanted(weir_buf *out, const metric *metric, const subject *subject)
{
    put_count(out, metric, subject, subject->status->unwanted);
}

static void put_last_frame(weir_buf *out, const metric *metric, const subject *subject)
{
    put_time(out, metric, subject, subject->status->last_frame_ns);
}

static void put_last_record(weir_buf *out, const metric *metric, const subject *subject)
{
    put_time(out, metric, subject, subject->status->last_record_ns);
}

static void put_delivered(weir_buf *out, const metric *metric, const subject *subject)
{
    put_count(out, metric, subject, subject->stats->delivered);
}

static void put_dropped(weir_buf *out, const metric *metric, const subject *subject)
{
    put_count(out, metric, subject, subject->stats->dropped);
}

static void put_conflated(weir_buf *out, const metric *metric, const subject *subject)
{
    put_count(out, metric, subject, subject->stats->conflated);
}

static void put_blocked(weir_buf *out, const metric *metric, const subject *subject)
{
    put_count(out, metric, subject, subject->stats->blocked);
}

static void put_queued(weir_buf *out, const metric *metric, const subject *subject)
{
    put_count(out, metric, subject, subject->stats->queued);
}

/* Counts below a bound are those of whole buckets, so up to 1/32 of it may be missing there. */
static void put_latency(weir_buf *out, const metric *metric, const subject *subject)
{
    static const int64_t bounds_us[] = {10,     25,      50,      100,      250,     500,    1000,
                                        2500,   5000,    10000,   25000,    50000,   100000, 250000,
                                        500000, 1000000, 2500000, 10000000, 60000000};
    const weir_histogram *h = subject->latency;
    for (size_t i = 0; i < sizeof bounds_us / sizeof *bounds_us; i++)
        weir_buf_printf(out, "%s_bucket{%s,le=\"%g\"} %" PRIu64 "\n", metric->name, subject->label,
                        (double)bounds_us[i] / 1e6,
                        weir_histogram_below(h, bounds_us[i] * WEIR_NS_PER_US));
    const uint64_t all = weir_histogram_below(h, INT64_MAX);
    weir_buf_printf(out, "%s_bucket{%s,le=\"+Inf\"} %" PRIu64 "\n", metric->name, subject->label,
                    all);
    weir_buf_printf(out, "%s_sum{%s} %.9f\n", metric->name, subject->label,
                    (double)atomic_load_explicit(&h->sum, memory_order_relaxed) / 1e9);
    weir_buf_printf(out, "%s_count{%s} %" PRIu64 "\n", metric->name, subject->label, all);
}

/* ------------------------------------------------------------------ the rows */

static const metric of_connections[] = {
    {"weir_connection_state", "gauge", "1 for the state that the connection is in", put_state},
    {"weir_connection_state_since_seconds", "gauge", "when it entered that state", put_state_since},
    {"weir_connection_up_since_seconds", "gauge", "when the link went up, 0 while it is down",
     put_up_since},
    {"weir_connection_connects_total", "counter", "times that the link went up", put_connects},
    {"weir_connection_failures", "gauge", "attempts in a row that came to nothing", put_failures},
    {"weir_connection_authenticated", "gauge", "1 while its login is accepted, or none is needed",
     put_authenticated},
    {"weir_connection_down_seconds", "gauge", "when the last link or attempt ended, 0 before",
     put_down_at},
    {"weir_connection_down", "gauge", "1 for how it ended: by which code of weir_code", put_down},
    {"weir_connection_down_close_code", "gauge", "the close code that it ended with, 0 for none",
     put_close_code},
    {"weir_connection_rolls_total", "counter", "times that another link took its place as planned",
     put_rolls},
    {"weir_connection_last_roll_seconds", "gauge", "when that last happened, 0 before",
     put_last_roll},
    {"weir_connection_rolling", "gauge", "1 while another link is on its way up or both are",
     put_rolling},
    {"weir_frames_total", "counter", "messages received", put_frames},
    {"weir_frame_bytes_total", "counter", "bytes of the messages received", put_bytes},
    {"weir_records_total", "counter", "records made, by channel", put_records},
    {"weir_records_unrouted_total", "counter", "records that the router dropped", put_unrouted},
    {"weir_records_unconverted_total", "counter", "records that no converter wanted",
     put_unconverted},
    {"weir_failed_total", "counter", "messages and records that failed, by stage", put_failed},
    {"weir_symbols", "gauge", "symbols that are wanted", put_symbols},
    {"weir_subscriptions", "gauge", "symbols that are wanted, by what the venue says to them",
     put_subscriptions},
    {"weir_session_values", "gauge", "values that control messages have taught", put_learnt},
    {"weir_gaps_total", "counter", "gap records", put_gaps},
    {"weir_missed_total", "counter", "records that are known to be missing", put_missed},
    {"weir_duplicates_total", "counter", "records left out, since they had come before",
     put_duplicates},
    {"weir_unwanted_total", "counter", "records of symbols that had been left", put_unwanted},
    {"weir_last_frame_seconds", "gauge", "when the last message came, 0 before", put_last_frame},
    {"weir_last_record_seconds", "gauge", "when the last record came, 0 before", put_last_record},
    {"weir_venue_latency_seconds", "histogram", "from the venue's timestamp to the read",
     put_latency},
};

static const metric of_consumers[] = {
    {"weir_consumer_delivered_total", "counter", "records delivered", put_delivered},
    {"weir_consumer_dropped_total", "counter", "records that its queue dropped", put_dropped},
    {"weir_consumer_conflated_total", "counter", "records replaced by a later one", put_conflated},
    {"weir_consumer_blocked_total", "counter", "times that a connection waited for it",
     put_blocked},
    {"weir_consumer_queued", "gauge", "records that wait in its queue", put_queued},
    {"weir_delivery_latency_seconds", "histogram", "from the read of a message to delivery",
     put_latency},
};

static void put_metrics(weir_buf *out, const metric *metrics, size_t count, const subject *subjects,
                        size_t subject_count)
{
    for (size_t i = 0; i < count && subject_count > 0; i++) {
        weir_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", metrics[i].name, metrics[i].help,
                        metrics[i].name, metrics[i].type);
        for (size_t k = 0; k < subject_count; k++)
            metrics[i].put(out, &metrics[i], &subjects[k]);
    }
}

/* ------------------------------------------------------------------ the subjects */

/* Samples of the shards of a connection must differ in something. */
static void put_label(subject *into, const weir_connection *connection)
{
    const weir_str name = connection->spec->name;
    if (connection->shard_count == 1)
        snprintf(into->label, sizeof into->label, "connection=\"%.*s\"", WEIR_FMT(name));
    else
        snprintf(into->label, sizeof into->label, "connection=\"%.*s\",shard=\"%zu\"",
                 WEIR_FMT(name), connection->shard);
}

static bool put_connections(const weir_runtime *runtime, weir_buf *out)
{
    pthread_rwlock_t *shape = weir_runtime_shape(runtime);
    pthread_rwlock_rdlock(shape);
    const size_t count = runtime->connection_count;
    subject *subjects = calloc(count + 1, sizeof *subjects);
    weir_connection_status *statuses = calloc(count + 1, sizeof *statuses);
    for (size_t i = 0; subjects && statuses && i < count; i++) {
        weir_connection_tell_status(runtime->connections[i], &statuses[i]);
        subjects[i].status = &statuses[i];
        subjects[i].latency = &runtime->connections[i]->shown.latency;
        put_label(&subjects[i], runtime->connections[i]);
    }
    if (subjects && statuses)
        put_metrics(out, of_connections, sizeof of_connections / sizeof *of_connections, subjects,
                    count);
    pthread_rwlock_unlock(shape);
    const bool has_memory = subjects && statuses;
    free(subjects);
    free(statuses);
    return has_memory;
}

/* The list of consumers has the last one first; they are numbered from the first one on. */
static bool put_consumers(const weir_runtime *runtime, weir_buf *out)
{
    weir_consumer *first = atomic_load_explicit(&runtime->consumers, memory_order_acquire);
    size_t count = 0, number = 0;
    for (weir_consumer *c = first; c; c = weir_consumer_following(c)) {
        count++;
        number += weir_consumer_label(c) == NULL;
    }
    subject *subjects = calloc(count + 1, sizeof *subjects);
    weir_consumer_stats *stats = calloc(count + 1, sizeof *stats);
    size_t at = count;
    for (weir_consumer *c = first; subjects && stats && c && at > 0;
         c = weir_consumer_following(c)) {
        at--;
        weir_consumer_get_stats(c, &stats[at]);
        subjects[at].stats = &stats[at];
        subjects[at].latency = weir_consumer_latency(c);
        const char *policy = weir_overflow_name(weir_consumer_policy(c));
        const char *label = weir_consumer_label(c); /* of a sink: not one of the program's */
        if (label)
            snprintf(subjects[at].label, sizeof subjects[at].label,
                     "consumer=\"%.60s\",policy=\"%s\"", label, policy);
        else
            snprintf(subjects[at].label, sizeof subjects[at].label,
                     "consumer=\"%zu\",policy=\"%s\"", --number, policy);
    }
    if (subjects && stats)
        put_metrics(out, of_consumers, sizeof of_consumers / sizeof *of_consumers, subjects, count);
    const bool has_memory = subjects && stats;
    free(subjects);
    free(stats);
    return has_memory;
}

static void put_reloads(const weir_runtime *runtime, weir_buf *out)
{
    uint64_t done, failed;
    weir_runtime_reloads(runtime, &done, &failed);
    weir_buf_printf(out,
                    "# HELP weir_reloads_total times that the spec was loaded again\n"
                    "# TYPE weir_reloads_total counter\n"
                    "weir_reloads_total{result=\"done\"} %" PRIu64 "\n"
                    "weir_reloads_total{result=\"failed\"} %" PRIu64 "\n",
                    done, failed);
}

bool weir_runtime_metrics(const weir_runtime *runtime, weir_text_buffer *out)
{
    weir_buf text = {.ptr = out->ptr, .len = out->len, .cap = out->cap};
    const bool is_good = put_connections(runtime, &text) && put_consumers(runtime, &text);
    put_reloads(runtime, &text);
    weir_spec *spec = weir_runtime_hold_spec(runtime);
    weir_plugins_metrics(spec, &text);
    weir_spec_free(spec);
    out->ptr = text.ptr;
    out->len = text.len;
    out->cap = text.cap;
    return is_good && !text.failed;
}
