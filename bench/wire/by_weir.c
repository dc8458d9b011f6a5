/* SPDX-License-Identifier: MIT */
/*
 * by_weir PORT PATH CA WAY SPEC FRAMES DELIVERY CONSUMERS: Weir whole, as a program uses it: a spec
 * with the variable `url`, the runtime, records to the callbacks of CONSUMERS consumers that are
 * called "inline" or by a thread each ("callback"). FRAMES is the file that the blaster sends, so
 * that it is known how many records are to come; with the way "digest" each consumer must see
 * exactly what the decoder makes of the file. The certificate authority comes by SSL_CERT_FILE.
 */
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weir/weir.h>

#include "tally.h"

enum { CONSUMERS_MAX = 64 };

typedef struct reader {
    uint64_t records, hash;
    uint64_t next; /* count at which something is to be done: the first, and the last */
    int64_t sent;  /* column of the stamp, -1: not looked for yet */
} reader;

static struct {
    uint64_t wanted; /* records of each consumer */
    bool is_digest, is_latency;
    sem_t done;
    atomic_flag has_begun;
    tally tally;
    reader readers[CONSUMERS_MAX];
} run = {.has_begun = ATOMIC_FLAG_INIT};

static void die(const char *what)
{
    fprintf(stderr, "by_weir: %s\n", what);
    exit(1);
}

/* ------------------------------------------------------------------ records */

static void mix(reader *r, const void *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        r->hash = (r->hash ^ ((const unsigned char *)bytes)[i]) * UINT64_C(1099511628211);
}

static void mix_text(reader *r, weir_str text)
{
    mix(r, text.ptr, text.len);
    mix(r, &text.len, sizeof text.len);
}

/* A time that is the time of the read is another one each time. */
static void mix_time(reader *r, const weir_record *record)
{
    int64_t time = weir_record_timestamp(record);
    if (time == weir_record_received(record))
        time = 0;
    mix(r, &time, sizeof time);
}

static void mix_column(reader *r, const weir_record *record, size_t column)
{
    double real;
    int64_t whole;
    weir_str text;
    const weir_level *levels;
    size_t count;
    if (weir_record_f64(record, column, &real))
        mix(r, &real, sizeof real);
    else if (weir_record_i64(record, column, &whole))
        mix(r, &whole, sizeof whole);
    else if (weir_record_str(record, column, &text))
        mix_text(r, text);
    else if (weir_record_levels(record, column, &levels, &count))
        for (size_t i = 0; i < count; i++) {
            mix(r, &levels[i].price, sizeof levels[i].price);
            mix(r, &levels[i].size, sizeof levels[i].size);
        }
}

static void digest(void *user, const weir_record *record)
{
    reader *r = user;
    const weir_schema *schema = weir_record_schema(record);
    const weir_asset *asset = weir_record_asset(record);
    r->records++;
    mix_text(r, weir_schema_stream(schema));
    if (asset)
        mix_text(r, weir_asset_symbol(asset));
    mix_time(r, record);
    for (size_t i = 0; i < weir_schema_columns(schema); i++)
        mix_column(r, record, i);
}

static void look_at_stamp(reader *r, const weir_record *record)
{
    int64_t sent;
    if (r->sent < 0)
        r->sent = (int64_t)weir_schema_find(weir_record_schema(record), "sent");
    if (!weir_record_i64(record, (size_t)r->sent, &sent))
        die("a record without `sent`");
    tally_sample(&run.tally, tally_now() - (sent - STAMP_BASE));
}

static __attribute__((noinline)) void reach(reader *r)
{
    r->next = run.wanted;
    if (r->records == 1 && !atomic_flag_test_and_set(&run.has_begun))
        tally_begin(&run.tally);
    if (r->records == run.wanted)
        sem_post(&run.done);
}

static inline void look_up(reader *r)
{
    if (r->records == r->next)
        reach(r);
}

/* What is timed: as little as the other clients do, that is to count. */
static void on_counted(void *user, const weir_record *record)
{
    reader *r = user;
    (void)record;
    r->records++;
    look_up(r);
}

static void on_digest(void *user, const weir_record *record)
{
    digest(user, record);
    look_up(user);
}

static void on_stamped(void *user, const weir_record *record)
{
    look_at_stamp(user, record);
    on_counted(user, record);
}

/* ------------------------------------------------------------------ what is to come */

typedef struct corpus {
    char *bytes;
    weir_str *frames;
    size_t count;
} corpus;

static corpus load(const char *path)
{
    size_t size, lines = 1;
    char *text = tally_read_file(path, &size);
    if (!text)
        die(path);
    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\n';
    corpus c = {.bytes = calloc(1, size + lines * WEIR_FRAME_SLACK + WEIR_FRAME_SLACK),
                .frames = calloc(lines, sizeof *c.frames)};
    if (!c.bytes || !c.frames)
        die("out of memory");
    char *to = c.bytes;
    for (char *at = text, *stop; at < text + size; at = stop + 1) {
        stop = memchr(at, '\n', (size_t)(text + size + 1 - at));
        if (stop == at)
            continue;
        memcpy(to, at, (size_t)(stop - at));
        c.frames[c.count++] = (weir_str){to, (size_t)(stop - at)};
        to += stop - at + WEIR_FRAME_SLACK;
    }
    free(text);
    return c;
}

/* What `frames` frames of the file give, with the sessions' memory of numbers that come again: the
 * first round is its own, and the others are alike. */
static reader expect(weir_spec *spec, const char *path, uint64_t frames)
{
    weir_error error = {0};
    corpus c = load(path);
    weir_decoder *decoder = weir_decoder_new(spec, NULL, &error);
    reader r = {.sent = -1};
    if (!decoder || c.count == 0)
        die(decoder ? "a file without a message" : error.text);
    const uint64_t rounds = frames / c.count, rest = frames % c.count;
    uint64_t before = 0, of_a_round = 0;
    for (uint64_t round = 0; round < (rounds < 2 || run.is_digest ? rounds : 2); round++) {
        before = r.records;
        for (size_t i = 0; i < c.count; i++)
            weir_decoder_feed(decoder, c.frames[i], false, 1, digest, &r);
        of_a_round = r.records - before;
    }
    if (rounds > 2 && !run.is_digest)
        r.records += (rounds - 2) * of_a_round;
    for (size_t i = 0; i < rest; i++)
        weir_decoder_feed(decoder, c.frames[i], false, 1, digest, &r);
    weir_decoder_free(decoder);
    free(c.bytes);
    free(c.frames);
    return r;
}

/* ------------------------------------------------------------------ the program */

static weir_spec *load_spec(const char *path, const char *url)
{
    weir_error error = {0};
    const weir_setting setting = {"vars.url", url};
    const weir_spec_options options = {.settings = &setting, .setting_count = 1};
    weir_spec *spec = weir_spec_load(path, &options, NULL, &error);
    if (!spec)
        die(error.text);
    return spec;
}

static void open_consumers(weir_runtime *runtime, int count, bool is_inline)
{
    weir_error error = {0};
    for (int i = 0; i < count; i++) {
        run.readers[i] = (reader){.next = 1, .sent = -1};
        const weir_consumer_options options = {.delivery = is_inline ? WEIR_DELIVERY_INLINE
                                                                     : WEIR_DELIVERY_CALLBACK,
                                               .on_record = run.is_digest    ? on_digest
                                                            : run.is_latency ? on_stamped
                                                                             : on_counted,
                                               .user = &run.readers[i]};
        if (!weir_consumer_open(runtime, &options, &error))
            die(error.text);
    }
}

static void subscribe_all(weir_spec *spec, weir_runtime *runtime)
{
    static const char *const symbols[] = {"BTCUSDT"};
    weir_error error = {0};
    char name[64];
    for (size_t i = 0; i < weir_spec_streams(spec, 0); i++) {
        const weir_str stream = weir_spec_stream(spec, 0, i, NULL);
        if (!weir_spec_can_subscribe(spec, 0, i))
            continue;
        snprintf(name, sizeof name, "%.*s", (int)stream.len, stream.ptr);
        if (weir_runtime_subscribe(runtime, name, symbols, 1, NULL, &error) != WEIR_OK)
            die(error.text);
    }
}

/* The third part of a path. */
static uint64_t frames_of(const char *path)
{
    for (int i = 0; path && i < 3; i++)
        path = strchr(path + (i > 0), '/');
    return path ? strtoull(path + 1, NULL, 10) : 0;
}

int main(int argc, char **argv)
{
    char url[256];
    weir_error error = {0};
    const uint64_t frames = argc == 9 ? frames_of(argv[2]) : 0;
    const int consumers = argc == 9 ? (int)strtol(argv[8], NULL, 10) : 0;
    if (frames < 1 || consumers < 1 || consumers > CONSUMERS_MAX ||
        !tally_init(&run.tally, strcmp(argv[4], "latency") == 0 ? "latency" : "count"))
        return fprintf(stderr, "usage: by_weir PORT PATH CA|- count|digest|latency SPEC FRAMES "
                               "inline|callback CONSUMERS\n"),
               2;
    run.is_latency = strcmp(argv[4], "latency") == 0;
    run.is_digest = strcmp(argv[4], "digest") == 0;
    snprintf(url, sizeof url, "%s://127.0.0.1:%s%s", strcmp(argv[3], "-") == 0 ? "ws" : "wss",
             argv[1], argv[2]);
    weir_spec *spec = load_spec(argv[5], url);
    const reader expected = expect(spec, argv[6], frames);
    run.wanted = expected.records;
    sem_init(&run.done, 0, 0);
    weir_runtime *runtime = weir_runtime_new(spec, NULL, &error);
    if (!runtime)
        die(error.text);
    open_consumers(runtime, consumers, strcmp(argv[7], "inline") == 0);
    subscribe_all(spec, runtime);
    if (weir_runtime_start(runtime, &error) != WEIR_OK)
        die(error.text);
    for (int i = 0; i < consumers; i++)
        while (sem_wait(&run.done) != 0) {}
    tally_end(&run.tally);
    for (int i = 0; run.is_digest && i < consumers; i++)
        if (run.readers[i].hash != expected.hash)
            die("the records are not those that the decoder makes of the frames");
    weir_runtime_stop(runtime, 1);
    run.tally.frames = frames;
    run.tally.bytes = run.wanted; /* of which there are no others: records */
    tally_print(&run.tally);
    weir_runtime_free(runtime);
    weir_spec_free(spec);
    return 0;
}
