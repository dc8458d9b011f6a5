/* SPDX-License-Identifier: MIT */
/* The venue of bench_scale: a websocket server in a process of its own. */
#ifndef WEIR_BENCH_SCALE_H
#define WEIR_BENCH_SCALE_H

#include <stdint.h>
#include <sys/types.h>

typedef struct bench_venue {
    pid_t process;
    int port;
    int orders; /* one byte each: 'm' one message a second to each connection, 's' silence */
} bench_venue;

/** Forks; exits when that fails. Before any thread is started. */
bench_venue bench_venue_start(void);
void bench_venue_stop(const bench_venue *venue);

#endif
