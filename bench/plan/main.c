/* SPDX-License-Identifier: MIT */
/*
 * bench_plan [--cpu NAME] FEED SPEC FRAMES [ROUNDS [PROGRAM]]: every program over the same frames
 * in turns, a warm-up that takes the digests first. FRAMES has a frame a line, or - its name ends
 * in .seq - one behind each record separator. Prints one line of JSON: medians of thread CPU time
 * per record.
 * --cpu is about Weir alone: it does with the instructions of that name, avx2 for one, in place of
 * the best ones.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../measure.h"
#include "plan.h"
#include "value/gauge.h"
#include "value/json_index.h"
#include "value/number_lanes.h"

enum { ROUNDS_MAX = 101, PROGRAMS_MAX = 4 };
static const double ROUND_NS =
    3e7; /* at least, so that a small capture is not measured by its noise */

typedef struct frames {
    char *bytes;
    weir_str *list;
    size_t count;
    size_t total;
} frames;

static char *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        exit(1);
    }
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(*size + 1);
    if (!bytes || fread(bytes, 1, *size, file) != *size)
        exit(1);
    fclose(file);
    return bytes;
}

/* Each frame is copied to a place of its own with the slack that all programs want behind it. */
static frames read_frames(const char *path)
{
    frames f = {0};
    size_t size, cap = 0;
    char *text = read_file(path, &size);
    const size_t name_len = strlen(path);
    const char separator = name_len > 4 && strcmp(path + name_len - 4, ".seq") == 0 ? 0x1e : '\n';
    for (size_t i = 0; i < size; i++)
        cap += text[i] == separator;
    f.list = calloc(cap + 1, sizeof *f.list);
    f.bytes = calloc(1, size + (cap + 1) * BENCH_SLACK);
    char *to = f.bytes;
    for (char *at = text, *end = text + size; at < end;) {
        char *stop = memchr(at, separator, (size_t)(end - at));
        stop = stop ? stop : end;
        const size_t len = (size_t)(stop - at);
        if (len > 0) {
            memcpy(to, at, len);
            f.list[f.count++] = (weir_str){to, len};
            f.total += len;
            to += len + BENCH_SLACK;
        }
        at = stop + 1;
    }
    free(text);
    return f;
}

typedef struct contestant {
    const bench_program *program;
    void *self;
    bench_sink digest;
    double times[ROUNDS_MAX];
} contestant;

static double run(const contestant *c, const frames *f, bench_sink *sink, int passes)
{
    const double start = cpu_ns();
    for (int pass = 0; pass < passes; pass++)
        for (size_t i = 0; i < f->count; i++)
            c->program->feed(c->self, f->list[i], sink);
    return (cpu_ns() - start) / passes;
}

static void print(const frames *f, contestant *list, size_t count, int rounds)
{
    printf("{\"frames\": %zu, \"bytes\": %zu, \"records\": %llu, \"programs\": {", f->count,
           f->total, (unsigned long long)list[0].digest.records);
    for (size_t i = 0; i < count; i++) {
        contestant *c = &list[i];
        const double records = c->digest.records ? (double)c->digest.records : 1;
        qsort(c->times, (size_t)rounds, sizeof c->times[0], by_value);
        printf("%s\"%s\": {\"ns\": %.2f, \"min\": %.2f, \"max\": %.2f, \"records\": %llu, "
               "\"digest\": \"%016llx\"}",
               i ? ", " : "", c->program->name, c->times[rounds / 2] / records,
               c->times[0] / records, c->times[rounds - 1] / records,
               (unsigned long long)c->digest.records, (unsigned long long)c->digest.hash);
    }
    printf("}}\n");
}

/* What a lesser machine has. */
typedef struct machine {
    const weir_index_variant *index;
    const weir_lanes_variant *lanes;
    const weir_gauge_variant *gauges;
} machine;

static const machine machines[] = {
#if defined(__x86_64__)
    {&weir_index_avx512, &weir_lanes_avx2, &weir_gauge_avx512},
    {&weir_index_avx2, &weir_lanes_avx2, &weir_gauge_avx2},
    {&weir_index_sse2, &weir_lanes_plain, &weir_gauge_none},
#elif defined(__aarch64__)
    {&weir_index_neon, &weir_lanes_neon, &weir_gauge_none},
#endif
    {&weir_index_word, &weir_lanes_plain, &weir_gauge_none},
};

/* Machines are called like their index. */
static bool choose_machine(const char *name)
{
    for (size_t i = 0; i < sizeof machines / sizeof *machines; i++) {
        const machine *m = &machines[i];
        if (strcmp(m->index->name, name) != 0 || !m->index->is_supported() ||
            !m->lanes->is_supported() || !m->gauges->is_supported())
            continue;
        weir_json_index_choose(m->index);
        weir_lanes_choose(m->lanes);
        weir_gauges_choose(m->gauges);
        return true;
    }
    return false;
}

int main(int argc, char **argv)
{
    static const bench_program *const programs[PROGRAMS_MAX] = {
        &bench_weir,
        &bench_jansson,
#ifdef BENCH_HAS_SIMDJSON
        &bench_simdjson,
        &bench_simdjson_numbers,
#endif
    };
    static contestant list[PROGRAMS_MAX];
    size_t count = 0;
    if (argc > 2 && strcmp(argv[1], "--cpu") == 0) {
        if (!choose_machine(argv[2]))
            return fprintf(stderr, "bench_plan: no '%s' here\n", argv[2]), 2;
        argc -= 2;
        argv += 2;
    }
    if (argc < 4)
        return fprintf(stderr,
                       "usage: bench_plan [--cpu NAME] FEED SPEC FRAMES [ROUNDS [PROGRAM]]\n"),
               2;
    const int rounds = argc > 4 ? (int)strtol(argv[4], NULL, 10) : 7;
    if (rounds < 1 || rounds > ROUNDS_MAX)
        return fprintf(stderr, "bench_plan: 1 to %d rounds\n", ROUNDS_MAX), 2;
    for (size_t i = 0; i < PROGRAMS_MAX; i++) {
        if (!programs[i] || (argc > 5 && strcmp(argv[5], programs[i]->name) != 0))
            continue;
        list[count] = (contestant){.program = programs[i]};
        list[count].self = programs[i]->open(argv[1], argv[2]);
        if (!list[count].self)
            return fprintf(stderr, "bench_plan: no feed '%s'\n", argv[1]), 1;
        count++;
    }
    const frames f = read_frames(argv[3]);
    int passes[PROGRAMS_MAX];
    for (size_t i = 0; i < count; i++) {
        bench_sink sink = {.take = bench_take};
        list[i].digest = (bench_sink){.take = bench_digest, .is_digest = true};
        run(&list[i], &f, &list[i].digest, 1);
        const double once = run(&list[i], &f, &sink, 1);
        passes[i] = once < ROUND_NS ? (int)(ROUND_NS / (once + 1)) + 1 : 1;
    }
    for (int round = 0; round < rounds; round++)
        for (size_t i = 0; i < count; i++) {
            bench_sink sink = {.take = bench_take};
            list[i].times[round] = run(&list[i], &f, &sink, passes[i]);
        }
    print(&f, list, count, rounds);
    for (size_t i = 0; i < count; i++)
        list[i].program->close(list[i].self);
    free(f.bytes);
    free(f.list);
    return 0;
}
