/* SPDX-License-Identifier: MIT */
/*
 * A histogram of durations with a fixed relative error, in the manner of HDR histograms: buckets
 * are powers of two cut into equal parts, so that a microsecond and an hour are both known to three
 * per cent, in constant memory and without a sample kept. One thread writes, any thread reads.
 */
#ifndef WEIR_UTIL_HISTOGRAM_H
#define WEIR_UTIL_HISTOGRAM_H

#include <stdatomic.h>

#include <weir/types.h>

enum {
    WEIR_HISTOGRAM_PARTS = 32,  /* of a power of two: an error of at most 1/32 */
    WEIR_HISTOGRAM_POWERS = 43, /* the last bucket begins above two hours, in nanoseconds */
    WEIR_HISTOGRAM_BUCKETS = WEIR_HISTOGRAM_PARTS * (WEIR_HISTOGRAM_POWERS - 5 + 1)
};

/** All zero is empty. */
typedef struct weir_histogram {
    _Atomic uint64_t buckets[WEIR_HISTOGRAM_BUCKETS];
    _Atomic uint64_t count;
    _Atomic uint64_t negative; /**< values below zero, which are in no bucket: clocks disagree */
    _Atomic uint64_t sum;      /**< of the values in buckets */
    _Atomic uint64_t most;
} weir_histogram;

/** The writer's. Values beyond the range go to the last bucket. */
void weir_histogram_add(weir_histogram *histogram, int64_t value);
/**
 * The value that `part` of all (0 to 1) do not exceed, at most 1/32 above the true one; 0 when
 * empty. Negative values count as 0. Any thread.
 */
int64_t weir_histogram_quantile(const weir_histogram *histogram, double part);
/** How many values are not above `bound`, by whole buckets. Any thread. */
uint64_t weir_histogram_below(const weir_histogram *histogram, int64_t bound);

#endif
