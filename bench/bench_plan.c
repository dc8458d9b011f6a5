/* SPDX-License-Identifier: MIT */
/*
 * bench/bench_plan: frames in memory through a spec's plan to records in an in-process consumer, as
 * `weir replay` does it without reading and printing. One process, several rounds after a warm-up;
 * each round decodes the whole capture. Prints the median and the range, and a digest of all fields
 * of one round, so that two builds can be told to give equal records.
 *
 *   bench_plan SPEC FRAMES.jsonl [ROUNDS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <weir/weir.h>

enum { ROUNDS_MAX = 101 };

typedef struct frames {
    char *bytes;
    weir_str *list;
    size_t count;
    size_t total;
} frames;

static frames read_frames(const char *path)
{
    frames f = {0};
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        exit(1);
    }
    fseek(file, 0, SEEK_END);
    const size_t size = (size_t)ftell(file);
    rewind(file);
    f.bytes = calloc(1, size + WEIR_FRAME_SLACK);
    f.list = calloc(size + 1, sizeof *f.list);
    if (!f.bytes || !f.list || fread(f.bytes, 1, size, file) != size)
        exit(1);
    fclose(file);
    for (char *at = f.bytes, *end = f.bytes + size; at < end;) {
        char *line_end = memchr(at, '\n', (size_t)(end - at));
        line_end = line_end ? line_end : end;
        f.list[f.count++] = (weir_str){at, (size_t)(line_end - at)};
        f.total += (size_t)(line_end - at);
        at = line_end + 1;
    }
    return f;
}

typedef struct digest {
    uint64_t hash;
    uint64_t records;
} digest;

static void mix(digest *d, const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    for (size_t i = 0; i < len; i++)
        d->hash = (d->hash ^ at[i]) * UINT64_C(1099511628211);
}

static void on_digest(void *user, const weir_record *record)
{
    digest *d = user;
    weir_text_buffer text = {0};
    d->records++;
    if (weir_record_json(&text, record, true))
        mix(d, text.ptr, text.len);
    weir_text_buffer_free(&text);
}

/* What a consumer at least does: look at every column. */
static void on_record(void *user, const weir_record *record)
{
    uint64_t *sum = user;
    const size_t columns = weir_schema_columns(weir_record_schema(record));
    for (size_t i = 0; i < columns; i++) {
        double value = 0;
        *sum += weir_record_f64(record, i, &value) ? (uint64_t)value : 1;
    }
    *sum += (uint64_t)weir_record_timestamp(record);
}

static void feed_all(weir_decoder *decoder, const frames *f, weir_record_fn *fn, void *user)
{
    for (size_t i = 0; i < f->count; i++)
        weir_decoder_feed(decoder, f->list[i], false, 1, fn, user);
}

static double cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    weir_error error = {0};
    double times[ROUNDS_MAX];
    if (argc < 3)
        return fprintf(stderr, "usage: bench_plan SPEC FRAMES.jsonl [ROUNDS]\n"), 2;
    const int rounds = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 9;
    const frames f = read_frames(argv[2]);
    weir_spec *spec = weir_spec_load(argv[1], NULL, NULL, &error);
    weir_decoder *decoder = spec ? weir_decoder_new(spec, NULL, &error) : NULL;
    if (!decoder || rounds < 1 || rounds > ROUNDS_MAX) {
        fprintf(stderr, "bench_plan: %s\n", decoder ? "1 to 101 rounds" : error.text);
        exit(1);
    }
    digest d = {.hash = UINT64_C(14695981039346656037)};
    uint64_t sum = 0;
    feed_all(decoder, &f, on_digest, &d);
    for (int i = 0; i < rounds; i++) {
        const double start = cpu_ns();
        feed_all(decoder, &f, on_record, &sum);
        times[i] = cpu_ns() - start;
    }
    qsort(times, (size_t)rounds, sizeof times[0], by_value);
    const double median = times[rounds / 2];
    const double records = d.records ? (double)d.records : 1;
    printf("%s: %zu frames, %.2f MB, %llu records, digest %016llx\n", argv[2], f.count,
           (double)f.total / 1e6, (unsigned long long)d.records, (unsigned long long)d.hash);
    printf("  median of %d rounds: %.1f ns/record (%.1f..%.1f), %.2f M frames/s, %.0f MB/s "
           "[consumer sum %llu]\n",
           rounds, median / records, times[0] / records, times[rounds - 1] / records,
           (double)f.count * 1e3 / median, (double)f.total * 1e3 / median, (unsigned long long)sum);
    weir_decoder_free(decoder);
    weir_spec_free(spec);
    free(f.bytes);
    free(f.list);
    return 0;
}
