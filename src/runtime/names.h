/* SPDX-License-Identifier: MIT */
/* Names of connections and sinks, each once and as long as the runtime: programs keep what status
 * and events say, and the spec that a name came from may be gone. Any thread. */
#ifndef WEIR_RUNTIME_NAMES_H
#define WEIR_RUNTIME_NAMES_H

#include <pthread.h>

#include "util/map.h"

typedef struct weir_name weir_name;

typedef struct weir_names {
    pthread_mutex_t lock;
    weir_name *first;
    weir_map by_text;
} weir_names;

void weir_names_init(weir_names *names);
void weir_names_fini(weir_names *names);
/** ptr NULL: out of memory. */
weir_str weir_names_keep(weir_names *names, weir_str text);

#endif
