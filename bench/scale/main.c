/* SPDX-License-Identifier: MIT */
/*
 * bench_scale [CONNECTIONS [SYMBOLS]]: what many connections and many symbols cost in one process.
 * 1,000 connections, once as as many connections of a spec and once as the sockets that a `limit`
 * makes of twenty; 100,000 symbols on one, and on a hundred with a clock for each. Each in a
 * process of its own, since what a process once had of memory it does not always give back. The
 * venue (venue.c) is another process on loopback.
 *
 * Per connection and symbol: resident memory and what the allocator has handed out, over the same
 * process before it connected. Times are wall clock; CPU is that of the whole process, in ms for a
 * second of wall clock.
 */
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <weir/weir.h>

#include "scale.h"

enum {
    IDLE_S = 10,
    SPREAD = 100, /* sockets of many symbols each */
    SHARDS = 50 /* of a connection; at most 64 */,
    WAIT_S = 120,
    SPEC_BYTES = 1 << 22
};

typedef struct footprint {
    double resident, allocated; /* bytes */
} footprint;

static atomic_size_t records;
static size_t connections = 1000, symbols = 100000;

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "bench_scale: %s: %s\n", what, why);
    exit(1);
}

static double now_s(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

/* A number of /proc/self/status, in the unit that stands there. */
static long status_of(const char *name)
{
    char line[256];
    long value = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, name, strlen(name)) == 0)
            value = strtol(line + strlen(name) + 1, NULL, 10);
    if (file)
        fclose(file);
    return value;
}

static footprint measure(void)
{
    const struct mallinfo2 info = mallinfo2();
    return (footprint){(double)status_of("VmRSS") * 1024,
                       (double)info.uordblks + (double)info.hblkhd};
}

static void on_event(void *user, const weir_event *event)
{
    (void)user;
    if (event->type == WEIR_EVENT_ERROR)
        fprintf(stderr, "bench_scale: %.*s\n", (int)event->reason.len, event->reason.ptr);
}

static void on_record(void *user, const weir_record *record)
{
    (void)user;
    (void)record;
    atomic_fetch_add(&records, 1);
}

/* ------------------------------------------------------------------ specs */

static const char body[] =
    "    backend: {type: websocket, options: {ping_interval: 20s}}\n"
    "    streams: {trades: data}\n"
    "    heartbeat: {send: {json: {fields: {op: \"'ping'\"}}}, every: 15s}\n"
    "    router: {rules: [{channel: trades, match: \"'S' in data\"}], default_channel: drop}\n"
    "    converters:\n"
    "      trades:\n"
    "        fields:\n"
    "          asset: broker.infer_asset(symbol=data['S'])\n"
    "          data: {close: \"float(data['p'])\", volume: \"float(data['s'])\"}\n"
    "          i: \"data['i']\"\n";

static const char subscribe[] =
    "    subscribe:\n"
    "      subscribe:\n"
    "        json: {fields: {op: \"'subscribe'\", args: \"[a.symbol for a in assets]\", id: "
    "request}}\n"
    "      batch: {max: 1000}\n"
    "      ack: {match: \"'id' in data\", key: \"data['id']\", timeout: 10s}\n";

/* `count` connections of that body; shards: sockets of `each` symbols. */
static weir_spec *load(int port, size_t count, size_t shards, size_t each, const char *more)
{
    char path[] = "/tmp/bench_scale-XXXXXX.yaml";
    weir_error error = {0};
    const int fd = mkstemps(path, 5);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (!file)
        fail(path, "cannot be written");
    fprintf(file,
            "weir: 1\nname: scale\nconnections:\n  c0: &first\n    url: ws://127.0.0.1:%d/\n%s%s",
            port, body, subscribe);
    if (shards > 1) /* the others are merged with the first */
        fprintf(file, "      limit: {per_connection: %zu, connections: %zu}\n", each, shards);
    fputs(more ? more : "    liveness: {data: 300s}\n", file);
    for (size_t i = 1; i < count; i++)
        fprintf(file, "  c%zu: {<<: *first}\n", i);
    fclose(file);
    weir_spec *spec = weir_spec_load(path, NULL, NULL, &error);
    unlink(path);
    if (!spec)
        fail("spec", error.text);
    return spec;
}

/* ------------------------------------------------------------------ running */

static weir_runtime *open_runtime(weir_spec *spec)
{
    weir_error error = {0};
    weir_runtime *runtime =
        weir_runtime_new(spec, &(weir_runtime_options){.on_event = on_event}, &error);
    if (!runtime)
        fail("runtime", error.text);
    const weir_consumer_options options = {.delivery = WEIR_DELIVERY_INLINE,
                                           .on_record = on_record};
    if (!weir_consumer_open(runtime, &options, &error))
        fail("consumer", error.text);
    return runtime;
}

static void want(weir_runtime *runtime, const char *stream, size_t from, size_t count)
{
    weir_error error = {0};
    char(*names)[16] = malloc(count * sizeof *names);
    const char **list = malloc(count * sizeof *list);
    for (size_t i = 0; names && list && i < count; i++) {
        snprintf(names[i], sizeof names[i], "S%zu", from + i);
        list[i] = names[i];
    }
    if (!names || !list ||
        weir_runtime_subscribe(runtime, stream, list, count, NULL, &error) != WEIR_OK)
        fail("subscribe", error.text);
    free(names);
    free(list);
}

/* Symbols that are confirmed on sockets that are live. */
static size_t active(const weir_runtime *runtime)
{
    size_t sum = 0;
    weir_connection_status status;
    for (size_t i = 0; i < weir_runtime_connections(runtime); i++)
        if (weir_runtime_status(runtime, i, &status) && status.state == WEIR_STATE_LIVE)
            sum += status.active;
    return sum;
}

/* Seconds until so many symbols are active. */
static double wait_for(const weir_runtime *runtime, double start_s, size_t wanted)
{
    for (size_t count; (count = active(runtime)) < wanted; pause_ms(5))
        if (now_s(CLOCK_MONOTONIC) - start_s > WAIT_S) {
            fprintf(stderr, "bench_scale: %zu of %zu active\n", count, wanted);
            fail("wait", "not live in time");
        }
    return now_s(CLOCK_MONOTONIC) - start_s;
}

/* CPU of the process, ms a second. */
static double burn(void)
{
    const double cpu = now_s(CLOCK_PROCESS_CPUTIME_ID), wall = now_s(CLOCK_MONOTONIC);
    pause_ms(IDLE_S * 1000L);
    return (now_s(CLOCK_PROCESS_CPUTIME_ID) - cpu) * 1000 / (now_s(CLOCK_MONOTONIC) - wall);
}

static void print_memory(const char *what, footprint from, footprint to, size_t count)
{
    printf("  memory per %-10s %9.0f B resident, %9.0f B allocated\n", what,
           (to.resident - from.resident) / (double)count,
           (to.allocated - from.allocated) / (double)count);
}

static void run_connections(const bench_venue *venue, bool is_sharded)
{
    const footprint empty = measure();
    const size_t per = is_sharded ? SHARDS : 1, plans = (connections + per - 1) / per;
    weir_spec *spec = load(venue->port, plans, per, 1, NULL);
    const footprint before = measure();
    const double start_s = now_s(CLOCK_MONOTONIC);
    weir_error error = {0};
    char stream[32];
    weir_runtime *runtime = open_runtime(spec);
    for (size_t i = 0, left = connections; i < plans; i++, left -= per) {
        snprintf(stream, sizeof stream, "c%zu/trades", i);
        want(runtime, stream, i * per, left < per ? left : per);
    }
    const footprint idle = measure();
    if (weir_runtime_start(runtime, &error) != WEIR_OK)
        fail("start", error.text);
    const double live_s = wait_for(runtime, start_s, connections);
    printf("%zu connections, %s\n", connections,
           is_sharded ? "by the limit of twenty of a spec" : "each one of a spec");
    print_memory("plan", empty, before, plans);
    print_memory("not open", before, idle, connections);
    print_memory("connection", before, measure(), connections);
    printf("  all live             %9.2f s, %ld threads\n", live_s, status_of("Threads"));
    printf("  CPU, silent          %9.2f ms/s\n", burn());
    const size_t had = atomic_load(&records);
    if (write(venue->orders, "m", 1) != 1)
        fail("venue", "is gone");
    printf("  CPU, 1 message/s     %9.2f ms/s", burn());
    printf(", %.0f records/s\n", (double)(atomic_load(&records) - had) / IDLE_S);
    print_memory("connection", before, measure(), connections);
    weir_runtime_free(runtime);
    weir_spec_free(spec);
}

static void run_symbols(const bench_venue *venue)
{
    weir_error error = {0};
    weir_spec *spec = load(venue->port, 1, 1, 0, NULL);
    weir_runtime *runtime = open_runtime(spec);
    if (weir_runtime_start(runtime, &error) != WEIR_OK)
        fail("start", error.text);
    want(runtime, "trades", 0, 1);
    wait_for(runtime, now_s(CLOCK_MONOTONIC), 1);
    const footprint before = measure();
    const double start_s = now_s(CLOCK_MONOTONIC), cpu_s = now_s(CLOCK_PROCESS_CPUTIME_ID);
    want(runtime, "trades", 1, symbols - 1);
    const double wanted_s = now_s(CLOCK_MONOTONIC) - start_s;
    const double active_s = wait_for(runtime, start_s, symbols);
    const double used_s = now_s(CLOCK_PROCESS_CPUTIME_ID) - cpu_s;
    printf("%zu symbols on one connection, asked for 1,000 at a time\n", symbols);
    print_memory("symbol", before, measure(), symbols);
    printf("  the call took        %9.2f s; all were confirmed after %.2f s, %.2f s of CPU\n",
           wanted_s, active_s, used_s);
    weir_runtime_free(runtime);
    weir_spec_free(spec);
}

/* All that is kept for each: wants, agreements, clocks that run. */
static void run_spread(const bench_venue *venue)
{
    weir_error error = {0};
    char stream[32];
    const size_t plans = SPREAD / SHARDS, each = (symbols + SPREAD - 1) / SPREAD;
    weir_spec *spec = load(venue->port, plans, SHARDS, each, "    liveness: {symbol: 60s}\n");
    weir_runtime *runtime = open_runtime(spec);
    const footprint before = measure();
    const double start_s = now_s(CLOCK_MONOTONIC);
    for (size_t i = 0; i < plans; i++) {
        snprintf(stream, sizeof stream, "c%zu/trades", i);
        want(runtime, stream, i * SHARDS * each, SHARDS * each);
    }
    if (weir_runtime_start(runtime, &error) != WEIR_OK)
        fail("start", error.text);
    const double live_s = wait_for(runtime, start_s, SPREAD * each);
    pause_ms(IDLE_S * 1000L); /* clocks are looked at by then */
    printf("%zu symbols on %d connections, with a clock each\n", SPREAD * each, SPREAD);
    print_memory("symbol", before, measure(), SPREAD * each);
    printf("  all live             %9.2f s\n", live_s);
    printf("  CPU, silent          %9.2f ms/s\n", burn());
    weir_runtime_free(runtime);
    weir_spec_free(spec);
}

static void in_a_process(void (*run)(const bench_venue *venue))
{
    int status;
    fflush(stdout);
    const pid_t process = fork();
    if (process == 0) {
        const bench_venue venue = bench_venue_start();
        run(&venue);
        bench_venue_stop(&venue);
        fflush(stdout);
        _exit(0);
    }
    if (process < 0 || waitpid(process, &status, 0) != process || status != 0)
        fail("a part", "has failed");
}

static void run_own(const bench_venue *venue)
{
    run_connections(venue, false);
}

static void run_sharded(const bench_venue *venue)
{
    run_connections(venue, true);
}

int main(int count, char **words)
{
    struct rlimit files;
    connections = count > 1 ? strtoul(words[1], NULL, 10) : connections;
    symbols = count > 2 ? strtoul(words[2], NULL, 10) : symbols;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_max < connections + 100)
        fail("files", "the hard limit of open files is too low for so many connections");
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    setlinebuf(stdout);
    if (connections > 0) {
        in_a_process(run_own);
        in_a_process(run_sharded);
    }
    if (symbols > 0) {
        in_a_process(run_symbols);
        in_a_process(run_spread);
    }
    return 0;
}
