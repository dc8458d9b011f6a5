/* SPDX-License-Identifier: MIT */
/*
 * Numbers that people read: durations and sizes with a unit, rates over the time since the last
 * showing. A line is said only where it has something to say.
 */
#include "cli/status_table.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/screen.h"
#include "util/buf.h"
#include "util/time.h"

typedef struct before {
    weir_str connection; /* of the spec, which lives as long as the runtime */
    size_t shard;
    uint64_t records;
    uint64_t bytes;
} before;

struct cli_status_table {
    const weir_runtime *runtime;
    const weir_consumer *consumer;
    before *before; /* of each connection that there ever was: a reload changes which there are */
    size_t count;
    int64_t shown_ns;
};

cli_status_table *cli_status_table_new(const weir_runtime *runtime, const weir_consumer *consumer)
{
    cli_status_table *table = calloc(1, sizeof *table);
    if (table)
        *table = (cli_status_table){
            .runtime = runtime, .consumer = consumer, .shown_ns = weir_mono_ns()};
    return table;
}

void cli_status_table_free(cli_status_table *table)
{
    if (!table)
        return;
    free(table->before);
    free(table);
}

/* ------------------------------------------------------------------ numbers */

static void put_span(weir_buf *out, int64_t ns)
{
    const double s = (double)ns / 1e9;
    if (s < 1e-3)
        weir_buf_printf(out, "%.0f us", s * 1e6);
    else if (s < 1)
        weir_buf_printf(out, "%.3g ms", s * 1e3);
    else if (s < 120)
        weir_buf_printf(out, "%.1f s", s);
    else if (s < 7200)
        weir_buf_printf(out, "%.0f min", s / 60);
    else
        weir_buf_printf(out, "%.1f h", s / 3600);
}

static void put_bytes(weir_buf *out, double bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    size_t unit = 0;
    for (; bytes >= 1000 && unit < 4; unit++)
        bytes /= 1000;
    weir_buf_printf(out, unit == 0 ? "%.0f %s" : "%.3g %s", bytes, units[unit]);
}

static void put_latency(weir_buf *out, const char *what, const weir_latency *latency)
{
    if (latency->count == 0)
        return;
    weir_buf_printf(out, "%s%s p50 ", out->len > 0 ? " · " : "", what);
    put_span(out, latency->p50_ns);
    weir_buf_puts(out, " p99 ");
    put_span(out, latency->p99_ns);
    weir_buf_puts(out, " most ");
    put_span(out, latency->most_ns);
    if (latency->negative > 0)
        weir_buf_printf(out, " (%llu below 0: the clocks disagree)",
                        (unsigned long long)latency->negative);
}

static uint64_t sum_failed(const weir_connection_status *status)
{
    uint64_t failed = 0;
    for (size_t i = 0; i < WEIR_STAGE_NAMES; i++)
        failed += status->failed[i];
    return failed;
}

/* ------------------------------------------------------------------ lines */

static void say(weir_buf *line)
{
    if (line->len > 0 && !line->failed)
        cli_screen_say(weir_now_ns(), weir_buf_str(line));
    weir_buf_clear(line);
}

static void put_head(weir_buf *line, const weir_connection_status *status, const before *last,
                     double seconds)
{
    weir_buf_printf(line, "%.*s: %s for ", WEIR_FMT(status->connection),
                    weir_state_name(status->state));
    put_span(line, weir_now_ns() - status->state_since_ns);
    weir_buf_printf(line, " · %zu wanted · %llu records (%.0f/s) · ", status->wanted,
                    (unsigned long long)status->records_out,
                    (double)(status->records_out - last->records) / seconds);
    put_bytes(line, (double)status->bytes);
    weir_buf_puts(line, " (");
    put_bytes(line, (double)(status->bytes - last->bytes) / seconds);
    weir_buf_puts(line, "/s)");
    if (status->last_record_ns > 0) {
        weir_buf_puts(line, " · last ");
        put_span(line, weir_now_ns() - status->last_record_ns);
        weir_buf_puts(line, " ago");
    }
}

/* What is not as it should be, where anything is not. */
static void put_holes(weir_buf *line, const weir_connection_status *status)
{
    if (status->pending > 0)
        weir_buf_printf(line, " · %zu pending", status->pending);
    if (status->rejected > 0)
        weir_buf_printf(line, " · %zu rejected", status->rejected);
    if (status->gaps > 0)
        weir_buf_printf(line, " · %llu gaps (%llu missing)", (unsigned long long)status->gaps,
                        (unsigned long long)status->missed);
    if (status->duplicates > 0)
        weir_buf_printf(line, " · %llu duplicates", (unsigned long long)status->duplicates);
}

static void put_losses(weir_buf *line, const weir_connection_status *status)
{
    weir_buf_printf(line, "%.*s: %llu connects · %llu failed · %llu unrouted · %llu unconverted",
                    WEIR_FMT(status->connection), (unsigned long long)status->connects,
                    (unsigned long long)sum_failed(status),
                    (unsigned long long)status->dropped_by_router,
                    (unsigned long long)status->unconverted);
    put_holes(line, status);
    if (status->rolls > 0 || status->is_rolling)
        weir_buf_printf(line, " · %llu rolls%s", (unsigned long long)status->rolls,
                        status->is_rolling ? ", another one under way" : "");
    if (status->latency.count > 0)
        put_latency(line, "venue latency", &status->latency);
}

static void put_ending(weir_buf *line, const weir_connection_status *status)
{
    char text[WEIR_TIME_TEXT_MAX];
    if (status->down_at_ns == 0)
        return;
    const size_t len =
        weir_time_format(status->down_at_ns - status->down_at_ns % WEIR_NS_PER_S, text);
    weir_buf_printf(line, "%.*s: last down at %.*s: %s", WEIR_FMT(status->connection), (int)len,
                    text, status->down_reason);
}

static void show_consumer(const cli_status_table *table, weir_buf *line)
{
    weir_consumer_stats stats;
    weir_consumer_get_stats(table->consumer, &stats);
    weir_buf_printf(line, "output: %llu delivered · %llu dropped · %llu conflated · %zu queued",
                    (unsigned long long)stats.delivered, (unsigned long long)stats.dropped,
                    (unsigned long long)stats.conflated, stats.queued);
    put_latency(line, "delivery", &stats.latency);
    say(line);
}

/* NULL: out of memory. One that was made anew counts from 0. */
static before *find_before(cli_status_table *table, const weir_connection_status *status)
{
    size_t i = 0;
    while (i < table->count && (table->before[i].shard != status->shard ||
                                !weir_str_eq(table->before[i].connection, status->connection)))
        i++;
    if (i == table->count) {
        before *list = realloc(table->before, (i + 1) * sizeof *list);
        if (!list)
            return NULL;
        table->before = list;
        table->before[table->count++] =
            (before){.connection = status->connection, .shard = status->shard};
    }
    if (table->before[i].bytes > status->bytes)
        table->before[i].records = table->before[i].bytes = 0;
    return &table->before[i];
}

void cli_status_table_show(cli_status_table *table)
{
    weir_buf line = {0};
    const int64_t now_ns = weir_mono_ns();
    const double seconds = (double)(now_ns - table->shown_ns + 1) / 1e9;
    for (size_t i = 0; i < weir_runtime_connections(table->runtime); i++) {
        weir_connection_status status;
        before *last;
        if (!weir_runtime_status(table->runtime, i, &status) ||
            !(last = find_before(table, &status)))
            continue;
        put_head(&line, &status, last, seconds);
        say(&line);
        put_losses(&line, &status);
        say(&line);
        put_ending(&line, &status);
        say(&line);
        last->records = status.records_out;
        last->bytes = status.bytes;
    }
    show_consumer(table, &line);
    weir_buf_fini(&line);
    table->shown_ns = now_ns;
}
