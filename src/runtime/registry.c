/* SPDX-License-Identifier: MIT */
/* The backends there are: a new one is one name here. */
#include <pthread.h>

#include "runtime/internal.h"

static const weir_backend *const backends[] = {
    &weir_backend_websocket, &weir_backend_socketio, &weir_backend_zmq,
    &weir_backend_mqtt,      &weir_backend_replay,
};

enum { BACKEND_COUNT = sizeof backends / sizeof backends[0] };

static weir_backend_rows rows[BACKEND_COUNT];

const weir_backend *weir_backend_find(weir_str name)
{
    for (size_t i = 0; i < BACKEND_COUNT; i++) {
        if (weir_str_is(name, backends[i]->name))
            return backends[i];
    }
    return NULL;
}

static void fill_rows(void)
{
    for (size_t i = 0; i < BACKEND_COUNT; i++)
        rows[i] = (weir_backend_rows){backends[i]->name,         backends[i]->options,
                                      backends[i]->option_count, backends[i]->traits,
                                      backends[i]->check_url,    backends[i]->check};
}

const weir_spec_registry *weir_backend_registry(void)
{
    static const weir_spec_registry registry = {.backends = rows, .count = BACKEND_COUNT};
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, fill_rows);
    return &registry;
}
