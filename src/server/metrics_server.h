/* SPDX-License-Identifier: MIT */
/*
 * A port from which a Prometheus server reads metrics: GET /metrics over HTTP, on a thread of its
 * own. What the text is, is the caller's business.
 */
#ifndef WEIR_SERVER_METRICS_SERVER_H
#define WEIR_SERVER_METRICS_SERVER_H

#include <weir/weir.h>

typedef struct metrics_server metrics_server;

/** Appends the text; false: it could not be made. On the server's thread. */
typedef bool metrics_text_fn(void *user, weir_text_buffer *out);

/**
 * Listens when it returns. `address` is HOST:PORT or PORT (then on 127.0.0.1; port 0: any free
 * one). NULL with `error` (WEIR_ERR_ARGUMENT, WEIR_ERR_IO: the port is taken).
 */
metrics_server *metrics_server_start(const char *address, metrics_text_fn *text, void *user,
                                     weir_error *error);
/** "http://127.0.0.1:9464/metrics" */
const char *metrics_server_url(const metrics_server *server);
/** Ends the thread: no text is asked for after it returns. NULL is fine. */
void metrics_server_stop(metrics_server *server);

#endif
