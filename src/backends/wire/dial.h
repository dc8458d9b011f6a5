/* SPDX-License-Identifier: MIT */
/*
 * One TCP connection to the first of several addresses that answers (RFC 8305, "happy eyeballs"):
 * an attempt that has not answered within a short while is joined by one to the next address; the
 * first that connects wins.
 */
#ifndef WEIR_BACKENDS_WIRE_DIAL_H
#define WEIR_BACKENDS_WIRE_DIAL_H

#include <weir/types.h>

#include "backends/wire/loop.h"
#include "backends/wire/resolve.h"

typedef struct weir_dial weir_dial;

typedef struct weir_dial_sink {
    void *user;
    /** An attempt starts. */
    void (*on_try)(void *user, weir_str address);
    /**
     * Once, last: a connected, non-blocking descriptor that is now the callee's, or -1 with an
     * error that tells what each address answered. The handle is gone when it is called.
     */
    void (*on_done)(void *user, int fd, const weir_error *error);
} weir_dial_sink;

/** Starts; the sink is not called from inside. `stagger_ns` before the next address joins in. */
weir_dial *weir_dial_open(weir_loop *loop, const weir_addresses *addresses, int64_t stagger_ns,
                          const weir_dial_sink *sink, weir_error *error);
/** No callback follows. */
void weir_dial_close(weir_dial *dial);

#endif
