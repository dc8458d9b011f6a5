/* SPDX-License-Identifier: MIT */
/*
 * Below 32 every value has a bucket of its own; above, the five bits behind the leading one choose
 * it. The single writer needs no atomic read-modify-write: it loads, adds and stores.
 */
#include "util/histogram.h"

enum { PART_BITS = 5 };

static size_t bucket_of(uint64_t value)
{
    if (value < WEIR_HISTOGRAM_PARTS)
        return (size_t)value;
    const unsigned power = 63 - (unsigned)__builtin_clzll(value);
    const size_t part = (size_t)(value >> (power - PART_BITS)) - WEIR_HISTOGRAM_PARTS;
    const size_t bucket = (size_t)(power - PART_BITS + 1) * WEIR_HISTOGRAM_PARTS + part;
    return bucket < WEIR_HISTOGRAM_BUCKETS ? bucket : WEIR_HISTOGRAM_BUCKETS - 1;
}

/* The largest value of a bucket. */
static uint64_t top_of(size_t bucket)
{
    if (bucket < WEIR_HISTOGRAM_PARTS)
        return bucket;
    const unsigned shift = (unsigned)(bucket / WEIR_HISTOGRAM_PARTS) - 1;
    const uint64_t part = bucket % WEIR_HISTOGRAM_PARTS + WEIR_HISTOGRAM_PARTS;
    return ((part + 1) << shift) - 1;
}

static uint64_t load(const _Atomic uint64_t *number)
{
    return atomic_load_explicit(number, memory_order_relaxed);
}

static void add(_Atomic uint64_t *number, uint64_t more)
{
    atomic_store_explicit(number, load(number) + more, memory_order_relaxed);
}

void weir_histogram_add(weir_histogram *histogram, int64_t value)
{
    if (value < 0) {
        add(&histogram->negative, 1);
    } else {
        add(&histogram->buckets[bucket_of((uint64_t)value)], 1);
        add(&histogram->sum, (uint64_t)value);
        if ((uint64_t)value > load(&histogram->most))
            atomic_store_explicit(&histogram->most, (uint64_t)value, memory_order_relaxed);
    }
    add(&histogram->count, 1);
}

/* The buckets are counted first: the count that stands beside them may already be one ahead. */
int64_t weir_histogram_quantile(const weir_histogram *histogram, double part)
{
    uint64_t all = load(&histogram->negative);
    for (size_t i = 0; i < WEIR_HISTOGRAM_BUCKETS; i++)
        all += load(&histogram->buckets[i]);
    const double wanted = part * (double)all;
    uint64_t seen = load(&histogram->negative);
    if (all == 0 || (double)seen >= wanted)
        return 0;
    const uint64_t most = load(&histogram->most);
    for (size_t i = 0; i < WEIR_HISTOGRAM_BUCKETS - 1; i++) {
        seen += load(&histogram->buckets[i]);
        if ((double)seen >= wanted)
            return (int64_t)(top_of(i) < most ? top_of(i) : most);
    }
    return (int64_t)most;
}

uint64_t weir_histogram_below(const weir_histogram *histogram, int64_t bound)
{
    uint64_t seen = load(&histogram->negative);
    for (size_t i = 0; i < WEIR_HISTOGRAM_BUCKETS && bound >= 0 && top_of(i) <= (uint64_t)bound;
         i++)
        seen += load(&histogram->buckets[i]);
    return seen;
}
