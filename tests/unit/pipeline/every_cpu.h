/* SPDX-License-Identifier: MIT */
/* A suite, once with the instructions of each kind of machine that this one can be. */
#ifndef WEIR_TESTS_EVERY_CPU_H
#define WEIR_TESTS_EVERY_CPU_H

#include "value/gauge.h"
#include "value/json_index.h"
#include "value/number_lanes.h"
#include "weir_check.h"

/* The variants that a machine has, by name. */
typedef struct cpu {
    const char *name;
    const char *index, *lanes, *gauges;
} cpu;

static const cpu cpus[] = {
    {"avx512", "avx512", "avx2", "avx512"},
    {"avx2", "avx2", "avx2", "avx2"},
    {"neon", "neon", "neon", "none"},
    {"plain", "word", "plain", "none"},
};

/* NULL: this program has none of that name. */
static inline const weir_index_variant *index_named(const char *name)
{
    size_t i = 0;
    while (weir_index_variants[i] && strcmp(weir_index_variants[i]->name, name) != 0)
        i++;
    return weir_index_variants[i];
}

static inline const weir_lanes_variant *lanes_named(const char *name)
{
    size_t i = 0;
    while (weir_lanes_variants[i] && strcmp(weir_lanes_variants[i]->name, name) != 0)
        i++;
    return weir_lanes_variants[i];
}

static inline const weir_gauge_variant *gauges_named(const char *name)
{
    size_t i = 0;
    while (weir_gauge_variants[i] && strcmp(weir_gauge_variants[i]->name, name) != 0)
        i++;
    return weir_gauge_variants[i];
}

/* False: this machine cannot be such a one. */
static inline bool be_cpu(const cpu *which)
{
    const weir_index_variant *index = index_named(which->index);
    const weir_lanes_variant *lanes = lanes_named(which->lanes);
    const weir_gauge_variant *gauges = gauges_named(which->gauges);
    if (!index || !lanes || !gauges || !index->is_supported() || !lanes->is_supported() ||
        !gauges->is_supported())
        return false;
    weir_json_index_choose(index);
    weir_lanes_choose(lanes);
    weir_gauges_choose(gauges);
    return true;
}

static inline int run_on_every_cpu(Suite *(*make_suite)(void))
{
    int status = 0;
    for (size_t i = 0; i < sizeof cpus / sizeof *cpus; i++) {
        if (!be_cpu(&cpus[i]))
            continue;
        printf("instructions: %s\n", cpus[i].name);
        fflush(stdout);
        status |= weir_check_run(make_suite());
    }
    return status;
}

#endif
