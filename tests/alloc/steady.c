/* SPDX-License-Identifier: MIT */
/*
 * Frames through a plan, or a whole feed with all kinds of consumers, and what was asked for in
 * memory between one message and a later one (counter.h). One JSON object on stdout:
 *
 *   steady decode SPEC FRAMES [CONNECTION]
 *       the frames of a file (one a line, or .lpf) three times to warm up, then once more, counted
 *   steady run SPEC CONNECTION URL FROM TO [pause=MS] [vars.NAME=VALUE]...
 *       a feed of `trades` of S0 to S49, counted from record FROM to record TO; with a pause at the
 *       first of them, in which what comes at its time falls due
 *   steady self
 *       six calls, two of them through the C library, to see that they are counted
 *
 * A consumer's queue grows to its bound and stays there, so the consumers of `run` let theirs fill
 * a few times, both sides of it, before they read at their pace.
 */
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <weir/weir.h>

#include "counter.h"

enum {
    WARM_ROUNDS = 3,
    SYMBOLS = 50,
    LOOK_EVERY = 64, /* records between two looks at the status */
    QUEUE = 256,     /* records, of each consumer */
    FILLS = 4,
    SETTINGS_MAX = 8
};

static void fail(const char *what, const weir_error *error)
{
    fprintf(stderr, "steady: %s: %s\n", what, error ? error->text : "");
    exit(1);
}

static void pause_us(long us)
{
    nanosleep(&(struct timespec){us / 1000000, us % 1000000 * 1000}, NULL);
}

/* ------------------------------------------------------------------ decode */

typedef struct frames {
    char *bytes; /* with slack behind, so that every frame has it */
    weir_str *items;
    size_t count;
    bool is_binary;
} frames;

static void add_frame(frames *all, char *ptr, size_t len)
{
    if (all->count % 1024 == 0)
        all->items = realloc(all->items, (all->count + 1024) * sizeof *all->items);
    if (!all->items)
        fail("out of memory", NULL);
    all->items[all->count++] = (weir_str){ptr, len};
}

static frames load(const char *path)
{
    frames all = {.is_binary = strlen(path) > 4 && strcmp(path + strlen(path) - 4, ".lpf") == 0};
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0)
        fail(path, NULL);
    const size_t len = (size_t)ftell(file);
    rewind(file);
    all.bytes = calloc(1, len + WEIR_FRAME_SLACK);
    if (!all.bytes || fread(all.bytes, 1, len, file) != len)
        fail(path, NULL);
    fclose(file);
    for (size_t at = 0; at < len;) {
        uint32_t size;
        if (all.is_binary) {
            memcpy(&size, all.bytes + at, sizeof size);
            add_frame(&all, all.bytes + at + sizeof size, size);
            at += sizeof size + size;
            continue;
        }
        const char *end = memchr(all.bytes + at, '\n', len - at);
        const size_t line = end ? (size_t)(end - all.bytes) - at : len - at;
        add_frame(&all, all.bytes + at, line);
        at += line + 1;
    }
    return all;
}

static void count_record(void *user, const weir_record *record)
{
    (void)record;
    ++*(uint64_t *)user;
}

static void print_result(uint64_t records, const weir_connection_status *status)
{
    printf("{\"records\":%llu,\"gaps\":%llu,\"duplicates\":%llu,\"failed\":%llu,",
           (unsigned long long)records, (unsigned long long)status->gaps,
           (unsigned long long)status->duplicates, (unsigned long long)status->failed[4]);
    counter_print(stdout);
    printf("}\n");
}

static int decode(const char *path, const char *file, const char *connection)
{
    weir_error error = {0};
    weir_spec *spec = weir_spec_load(path, NULL, NULL, &error);
    weir_decoder *decoder = spec ? weir_decoder_new(spec, connection, &error) : NULL;
    if (!decoder)
        fail(path, &error);
    frames all = load(file);
    uint64_t records = 0;
    weir_connection_status status;
    for (int round = 0; round <= WARM_ROUNDS; round++) {
        records = 0;
        if (round == WARM_ROUNDS)
            counter_start();
        for (size_t i = 0; i < all.count; i++) {
            weir_decoder_feed(decoder, all.items[i], all.is_binary,
                              1700000000000000000 + (int64_t)i, count_record, &records);
            if (i % LOOK_EVERY == 0)
                weir_decoder_status(decoder, &status);
        }
    }
    counter_stop();
    print_result(records, &status);
    weir_decoder_free(decoder);
    weir_spec_free(spec);
    free(all.items);
    free(all.bytes);
    return 0;
}

/* ------------------------------------------------------------------ run */

static struct {
    weir_runtime *runtime;
    uint64_t from, to;
    long pause_us; /* at `from` */
    atomic_uint_fast64_t inline_count;
    atomic_bool is_counted;
} run;

typedef struct reader {
    weir_overflow overflow;
    weir_delivery delivery;
    long delay_us;
    weir_consumer *consumer;
    unsigned fills;
} reader;

static reader readers[] = {
    {WEIR_OVERFLOW_BLOCK, WEIR_DELIVERY_INLINE, 0, NULL, 0},
    {WEIR_OVERFLOW_BLOCK, WEIR_DELIVERY_CALLBACK, 0, NULL, 0},
    {WEIR_OVERFLOW_DROP_OLDEST, WEIR_DELIVERY_CALLBACK, 100, NULL, 0},
    {WEIR_OVERFLOW_DROP_NEWEST, WEIR_DELIVERY_CALLBACK, 100, NULL, 0},
    {WEIR_OVERFLOW_CONFLATE, WEIR_DELIVERY_CALLBACK, 100, NULL, 0},
    {WEIR_OVERFLOW_BLOCK, WEIR_DELIVERY_POLL, 0, NULL, 0},
};
enum { READERS = sizeof readers / sizeof readers[0], POLLED = READERS - 1 };

/* What a full queue has done by a policy; block and drop_newest never hold more than their bound.
 */
static uint64_t overflowed(const reader *r, const weir_consumer_stats *stats)
{
    switch (r->overflow) {
    case WEIR_OVERFLOW_DROP_OLDEST: return stats->dropped;
    case WEIR_OVERFLOW_CONFLATE: return stats->conflated;
    default: return stats->queued + 1 >= QUEUE ? UINT64_MAX : 0;
    }
}

/* Until the queue behind this record is full, and has been for a while; at most three seconds. */
static void let_fill(const reader *r)
{
    weir_consumer_stats stats;
    weir_consumer_get_stats(r->consumer, &stats);
    const uint64_t before = overflowed(r, &stats);
    for (int i = 0; i < 300; i++) {
        weir_consumer_get_stats(r->consumer, &stats);
        const uint64_t now = overflowed(r, &stats);
        if (now == UINT64_MAX || now - before > 16 * QUEUE)
            return;
        pause_us(10000);
    }
}

static void read_record(reader *r)
{
    weir_consumer_stats stats;
    if (r->fills == FILLS) {
        if (r->delay_us > 0)
            pause_us(r->delay_us);
        return;
    }
    /* With an empty queue behind it: then all that it may hold comes into one of its sides. */
    weir_consumer_get_stats(r->consumer, &stats);
    if (stats.queued > 0)
        return;
    let_fill(r);
    r->fills++;
}

static void on_queued(void *user, const weir_record *record)
{
    (void)record;
    read_record(user);
}

static void on_inline(void *user, const weir_record *record)
{
    (void)user;
    if (weir_schema_is_gap(weir_record_schema(record)))
        return;
    const uint64_t count = atomic_fetch_add(&run.inline_count, 1) + 1;
    if (count == run.from) {
        counter_start();
        pause_us(run.pause_us);
    }
    if (count == run.to) {
        counter_stop();
        atomic_store(&run.is_counted, true);
    }
}

static void on_event(void *user, const weir_event *event)
{
    (void)user;
    if (event->type == WEIR_EVENT_STATE || event->type == WEIR_EVENT_ERROR)
        fprintf(stderr, "%s: %s %.*s\n", weir_event_type_name(event->type),
                weir_state_name(event->to), (int)event->reason.len, event->reason.ptr);
}

static void look(void)
{
    weir_connection_status status;
    weir_consumer_stats stats;
    for (size_t i = 0; i < weir_runtime_connections(run.runtime); i++)
        weir_runtime_status(run.runtime, i, &status);
    for (size_t i = 0; i < READERS; i++)
        weir_consumer_get_stats(readers[i].consumer, &stats);
}

static void open_feed(weir_spec *spec, const char *connection)
{
    weir_error error = {0};
    const char *const connections[] = {connection};
    run.runtime = weir_runtime_new(spec,
                                   &(weir_runtime_options){.connections = connections,
                                                           .connection_count = 1,
                                                           .on_event = on_event},
                                   &error);
    if (!run.runtime)
        fail("runtime", &error);
    for (size_t i = 0; i < READERS; i++) {
        reader *r = &readers[i];
        weir_consumer_options options = {.overflow = r->overflow,
                                         .delivery = r->delivery,
                                         .capacity = QUEUE,
                                         .on_record = i == 0        ? on_inline
                                                      : i == POLLED ? NULL
                                                                    : on_queued,
                                         .user = r};
        r->consumer = weir_consumer_open(run.runtime, &options, &error);
        if (!r->consumer)
            fail("consumer", &error);
    }
    char names[SYMBOLS][8];
    const char *symbols[SYMBOLS];
    for (int i = 0; i < SYMBOLS; i++) {
        snprintf(names[i], sizeof names[i], "S%d", i);
        symbols[i] = names[i];
    }
    if (weir_runtime_subscribe(run.runtime, "trades", symbols, SYMBOLS, NULL, &error) != WEIR_OK ||
        weir_runtime_start(run.runtime, &error) != WEIR_OK)
        fail("start", &error);
}

static weir_spec *load_spec(const char *path, const char *url, char **more, int count)
{
    weir_error error = {0};
    weir_setting settings[SETTINGS_MAX] = {{"vars.url", url}};
    weir_spec_options options = {.settings = settings, .setting_count = 1};
    for (int i = 0; i < count && options.setting_count < SETTINGS_MAX; i++) {
        char *equals = strchr(more[i], '=');
        if (!equals)
            fail(more[i], NULL);
        *equals = '\0';
        if (strcmp(more[i], "pause") == 0)
            run.pause_us = strtol(equals + 1, NULL, 10) * 1000;
        else
            settings[options.setting_count++] = (weir_setting){more[i], equals + 1};
    }
    weir_spec *spec = weir_spec_load(path, &options, NULL, &error);
    if (!spec)
        fail(path, &error);
    return spec;
}

static int run_feed(weir_spec *spec, const char *connection)
{
    open_feed(spec, connection);
    weir_consumer *polled = readers[POLLED].consumer;
    for (uint64_t n = 0; !atomic_load(&run.is_counted) && !weir_consumer_is_done(polled); n++) {
        if (weir_consumer_next(polled, 100000000))
            read_record(&readers[POLLED]);
        if (n % LOOK_EVERY == 0)
            look();
    }
    weir_connection_status status;
    weir_runtime_status(run.runtime, 0, &status);
    print_result(atomic_load(&run.inline_count), &status);
    weir_runtime_free(run.runtime);
    weir_spec_free(spec);
    return 0;
}

static int count_some(void)
{
    void *block[6] = {0};
    counter_start();
    block[0] = malloc(10);
    block[1] = calloc(2, 10);
    block[2] = realloc(NULL, 10);
    block[3] = aligned_alloc(64, 64);
    block[4] = strdup("through the C library");
    block[5] = weir_schema_text(); /* many, some of them through it */
    counter_stop();
    for (size_t i = 0; i < sizeof block / sizeof block[0]; i++)
        free(block[i]);
    print_result(0, &(weir_connection_status){0});
    return 0;
}

int main(int count, char **words)
{
    if (count == 2 && strcmp(words[1], "self") == 0)
        return count_some();
    if (count >= 4 && strcmp(words[1], "decode") == 0)
        return decode(words[2], words[3], count > 4 ? words[4] : NULL);
    if (count < 7 || strcmp(words[1], "run") != 0) {
        fprintf(stderr, "usage: see the head of steady.c\n");
        return 2;
    }
    run.from = strtoull(words[5], NULL, 10);
    run.to = strtoull(words[6], NULL, 10);
    return run_feed(load_spec(words[2], words[4], words + 7, count - 7), words[3]);
}
