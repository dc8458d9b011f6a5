/* SPDX-License-Identifier: MIT */
/*
 * A venue on a loopback port, on its own thread, for trying Weir out: a real websocket server that
 * greets, demands a login, acknowledges subscriptions or refuses them, streams a random-walk market
 * and drops each connection after a few seconds. Its protocol is the one of specs/demo.yaml:
 *
 *   <- [{"T":"hello"}]
 *   -> {"action":"auth","key":"demo","secret":"demo-secret"}
 *   <- [{"T":"success","msg":"authenticated"}]           or [{"T":"error","code":402,"msg":...}]
 *   -> {"action":"subscribe","trades":["AAPL"],"quotes":["AAPL"]}
 *   <- [{"T":"subscription","trades":["AAPL"],"quotes":["AAPL"],"orders":[]}]
 *   <- [{"T":"t",...},{"T":"q",...},{"T":"o",...},{"T":"hb",...}]
 */
#ifndef WEIR_SERVER_DEMO_VENUE_H
#define WEIR_SERVER_DEMO_VENUE_H

#include <weir/types.h>

typedef struct demo_venue demo_venue;

typedef struct demo_venue_options {
    uint16_t port; /* 0: any free one */
    uint64_t seed;
} demo_venue_options;

/** Listens when it returns. NULL with `error` (WEIR_ERR_IO: the port is taken). */
demo_venue *demo_venue_start(const demo_venue_options *options, weir_error *error);
/** "ws://127.0.0.1:PORT/stream" */
const char *demo_venue_url(const demo_venue *venue);
/** Closes all connections and ends the thread. NULL is fine. */
void demo_venue_stop(demo_venue *venue);

#endif
