/* SPDX-License-Identifier: MIT */
/* A suite, once with the instructions of each kind of machine that this one can be. */
#ifndef WEIR_TESTS_EVERY_CPU_H
#define WEIR_TESTS_EVERY_CPU_H

#include "value/json_index.h"
#include "value/number_lanes.h"
#include "weir_check.h"

/* Where the index has no variant of that name the plainest one is taken. */
static inline void be_cpu(const weir_lanes_variant *lanes)
{
    size_t i = 0;
    while (weir_index_variants[i + 1] && strcmp(weir_index_variants[i]->name, lanes->name) != 0)
        i++;
    weir_json_index_choose(weir_index_variants[i]);
    weir_lanes_choose(lanes);
}

static inline int run_on_every_cpu(Suite *(*make_suite)(void))
{
    int status = 0;
    for (size_t i = 0; weir_lanes_variants[i]; i++) {
        if (!weir_lanes_variants[i]->is_supported())
            continue;
        printf("instructions: %s\n", weir_lanes_variants[i]->name);
        fflush(stdout);
        be_cpu(weir_lanes_variants[i]);
        status |= weir_check_run(make_suite());
    }
    return status;
}

#endif
