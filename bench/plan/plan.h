/* SPDX-License-Identifier: MIT */
/*
 * bench/plan: frames in memory to records in an in-process consumer, by several programs that do
 * the same work: Weir by spec, C++ on simdjson On-Demand, C on jansson. All run in one process, in
 * turns, over the same buffers, and call one consumer through one kind of pointer. A digest of all
 * fields of all records tells that they have done the same.
 *
 * Work per record: find out what it is, symbol to asset, timestamp to nanoseconds, prices and sizes
 * to doubles, ids as they are, publish. The hand-written programs share one table of assets and the
 * project's reader of RFC 3339 times, so that what is compared is JSON and numbers.
 */
#ifndef BENCH_PLAN_H
#define BENCH_PLAN_H

#include <weir/weir.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    BENCH_SLACK = 64, /* readable bytes behind each frame, as all programs want them */
    BENCH_REALS_MAX = 16,
    BENCH_INTS_MAX = 8,
    BENCH_TEXTS_MAX = 8,
    BENCH_LEVELS_MAX = 2
};

typedef struct bench_asset {
    weir_str symbol;
} bench_asset;

/* A record of the hand-written programs: what is of one kind stands together, in the order in which
 * the spec names it. */
typedef struct bench_record {
    const char *stream;
    const bench_asset *asset;
    int64_t timestamp_ns;
    unsigned reals, ints, texts, books;
    double real[BENCH_REALS_MAX];
    int64_t whole[BENCH_INTS_MAX];
    weir_str text[BENCH_TEXTS_MAX];
    const weir_level *levels[BENCH_LEVELS_MAX];
    size_t level_count[BENCH_LEVELS_MAX];
} bench_record;

/* Who takes the records: one function, or a digest of all that is in them. */
typedef struct bench_sink {
    void (*take)(struct bench_sink *sink, const bench_record *record);
    bool is_digest;
    uint64_t hash;
    uint64_t records;
    double sum;
} bench_sink;

void bench_take(bench_sink *sink, const bench_record *record);
void bench_digest(bench_sink *sink, const bench_record *record);
void bench_mix(bench_sink *sink, uint64_t word);
void bench_mix_text(bench_sink *sink, weir_str text);
void bench_mix_real(bench_sink *sink, double value);

/* The symbols that were seen; made when first seen. */
typedef struct bench_assets bench_assets;
bench_assets *bench_assets_new(void);
void bench_assets_free(bench_assets *assets);
const bench_asset *bench_asset_of(bench_assets *assets, weir_str symbol);

/* One contestant. */
typedef struct bench_program {
    const char *name;
    void *(*open)(const char *feed, const char *spec);
    void (*feed)(void *self, weir_str frame, bench_sink *sink);
    void (*close)(void *self);
} bench_program;

extern const bench_program bench_weir, bench_jansson;
#ifdef BENCH_HAS_SIMDJSON
extern const bench_program bench_simdjson, bench_simdjson_numbers;
#endif

#ifdef __cplusplus
}
#endif
#endif
