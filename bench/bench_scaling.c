/* SPDX-License-Identifier: MIT */
/*
 * bench_scaling: what a record costs as specs and venues grow. One thing is varied at a time:
 * fields of a converter, rules of a router (each frame matches the last one), symbols that a feed
 * carries. Specs and frames are made here. Prints ns per record, thread CPU time, the median of
 * five rounds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <weir/weir.h>

#include "measure.h"

enum { ROUNDS = 5, SLACK = WEIR_FRAME_SLACK, FRAMES = 20000 };

static void count_record(void *user, const weir_record *record)
{
    (void)record;
    ++*(size_t *)user;
}

static weir_decoder *open_spec(const char *text, weir_spec **spec)
{
    char path[] = "/tmp/bench_scaling-XXXXXX.yaml";
    weir_error error = {0};
    const int fd = mkstemps(path, 5);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0)
        exit(1);
    *spec = weir_spec_load(path, NULL, NULL, &error);
    unlink(path);
    weir_decoder *decoder = *spec ? weir_decoder_new(*spec, NULL, &error) : NULL;
    if (!decoder) {
        fprintf(stderr, "bench_scaling: %s\n%s", error.text, text);
        exit(1);
    }
    return decoder;
}

/* ns per record over `count` frames, each in a place of its own of `stride` bytes. */
static double measure(const char *spec_text, const char *frames, const size_t *lens, size_t stride,
                      size_t count)
{
    weir_spec *spec;
    weir_decoder *decoder = open_spec(spec_text, &spec);
    double times[ROUNDS + 1];
    size_t records = 0;
    for (int round = 0; round <= ROUNDS; round++) { /* the first one warms up */
        const double start = cpu_ns();
        records = 0;
        for (size_t i = 0; i < count; i++)
            weir_decoder_feed(decoder, (weir_str){frames + i * stride, lens[i]}, false, 1,
                              count_record, &records);
        times[round] = (cpu_ns() - start) / (double)count;
    }
    if (records != count) {
        fprintf(stderr, "bench_scaling: %zu records of %zu frames\n", records, count);
        exit(1);
    }
    qsort(times + 1, ROUNDS, sizeof times[0], by_value);
    weir_decoder_free(decoder);
    weir_spec_free(spec);
    return times[1 + ROUNDS / 2];
}

static const char head[] = "weir: 1\nname: s\nconnections:\n  m:\n    url: ws://localhost/\n"
                           "    backend: {type: websocket}\n";

static void scale_fields(void)
{
    enum { STRIDE = 64 * 24 + 128 };
    char *frames = calloc(FRAMES, STRIDE), *spec = malloc(1 << 16);
    size_t *lens = calloc(FRAMES, sizeof *lens);
    printf("fields   ns/record  (each a float, beside the asset and the time)\n");
    for (int fields = 1; fields <= 64; fields *= 2) {
        int at = sprintf(spec,
                         "%s    streams: [data]\n    converters:\n      data:\n"
                         "      - fields:\n          asset: broker.infer_asset(symbol=data['s'])\n"
                         "          timestamp: pd.Timestamp(data['T'], unit='ms')\n",
                         head);
        for (int i = 0; i < fields; i++)
            at += sprintf(spec + at, "          f%d: float(data['f%d'])\n", i, i);
        for (size_t n = 0; n < FRAMES; n++) {
            char *frame = frames + n * STRIDE;
            int len = sprintf(frame, "{\"s\":\"SYM%zu\",\"T\":%zu", n % 100, 1723161601437 + n);
            for (int i = 0; i < fields; i++)
                len += sprintf(frame + len, ",\"f%d\":\"%zu.%02d\"", i, 100 + n % 900, i);
            lens[n] = (size_t)len + (size_t)sprintf(frame + len, "}");
        }
        printf("%6d  %10.1f\n", fields, measure(spec, frames, lens, STRIDE, FRAMES));
    }
    free(frames);
    free(spec);
    free(lens);
}

static void scale_rules(void)
{
    enum { STRIDE = 256 };
    char *frames = calloc(FRAMES, STRIDE), *spec = malloc(1 << 16);
    size_t *lens = calloc(FRAMES, sizeof *lens);
    printf("rules    ns/record  (of the router; each frame matches the last one)\n");
    for (int rules = 1; rules <= 64; rules *= 2) {
        int at = sprintf(spec, "%s    streams: {a: data}\n    router:\n      rules:\n", head);
        for (int i = 0; i < rules; i++)
            at += sprintf(spec + at, "        - {channel: %s, match: \"data['e'] == 'kind%d'\"}\n",
                          i + 1 == rules ? "a" : "drop", i);
        sprintf(spec + at,
                "    converters:\n      a:\n      - fields: {p: \"float(data['p'])\"}\n");
        for (size_t n = 0; n < FRAMES; n++)
            lens[n] = (size_t)sprintf(frames + n * STRIDE, "{\"e\":\"kind%d\",\"p\":\"%zu.25\"}",
                                      rules - 1, n % 1000);
        printf("%6d  %10.1f\n", rules, measure(spec, frames, lens, STRIDE, FRAMES));
    }
    free(frames);
    free(spec);
    free(lens);
}

/* Symbols in an order that no cache line foresees. */
static void scale_symbols(void)
{
    enum { STRIDE = 128 };
    const size_t count = 1000000;
    char *frames = calloc(count, STRIDE), *spec = malloc(1 << 16);
    size_t *lens = calloc(count, sizeof *lens);
    sprintf(spec,
            "%s    streams: [data]\n    converters:\n      data:\n      - fields:\n"
            "          asset: broker.infer_asset(symbol=data['s'])\n"
            "          p: float(data['p'])\n",
            head);
    printf("symbols  ns/record  (in random order)\n");
    for (size_t symbols = 10; symbols <= count; symbols *= 10) {
        uint64_t state = 88172645463325252u;
        for (size_t n = 0; n < count; n++) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            lens[n] =
                (size_t)sprintf(frames + n * STRIDE, "{\"s\":\"S%06zuUSDT\",\"p\":\"%zu.25\"}",
                                (size_t)(state >> 20) % symbols, n % 1000);
        }
        printf("%7zu %10.1f\n", symbols, measure(spec, frames, lens, STRIDE, count));
    }
    free(frames);
    free(spec);
    free(lens);
}

int main(void)
{
    scale_fields();
    scale_rules();
    scale_symbols();
    return 0;
}
