/* SPDX-License-Identifier: MIT */
/* Specs that a reload has left behind, until nobody can have anything of them any more. */
#ifndef WEIR_RUNTIME_LEFT_SPECS_H
#define WEIR_RUNTIME_LEFT_SPECS_H

#include <pthread.h>

#include "runtime/internal.h"

typedef struct weir_left_spec weir_left_spec;

typedef struct weir_left_specs {
    pthread_mutex_t lock;
    weir_left_spec *first;
} weir_left_specs;

void weir_left_specs_init(weir_left_specs *left);
/** Frees all of them. */
void weir_left_specs_fini(weir_left_specs *left);
/** A place for one more; NULL: out of memory. */
weir_left_spec *weir_left_spec_new(void);
void weir_left_spec_free(weir_left_spec *place);
/** Takes the place, and the caller's reference to the spec. */
void weir_left_specs_put_take(weir_left_specs *left, weir_left_spec *place, weir_spec *spec);
size_t weir_left_specs_count(weir_left_specs *left);
/** Frees those that are done with. Any thread, now and then. */
void weir_left_specs_look(weir_runtime *runtime);

#endif
