/* SPDX-License-Identifier: MIT */
/*
 * A byte stream to a host and port: resolve, connect (through a CONNECT proxy if need be), TLS if
 * asked for; then reads and writes without blocking. Each phase of opening has its deadline.
 */
#ifndef WEIR_BACKENDS_WIRE_STREAM_H
#define WEIR_BACKENDS_WIRE_STREAM_H

#include <weir/types.h>

#include "backends/backend.h"
#include "backends/wire/io.h"
#include "backends/wire/loop.h"
#include "backends/wire/proxy.h"
#include "backends/wire/tls.h"
#include "backends/wire/url.h"

/** Borrowed for the call of weir_stream_open. */
typedef struct weir_stream_config {
    const weir_url *url;
    weir_proxy_settings proxy;
    weir_tls_options tls; /**< read only for a secure URL */
    int64_t resolve_timeout_ns;
    int64_t connect_timeout_ns; /**< all addresses together, and the proxy's answer */
    int64_t stagger_ns;         /**< before the next address joins in */
    int64_t tls_timeout_ns;
} weir_stream_config;

/** No member is called from inside a stream function. All but on_phase may be the last call. */
typedef struct weir_stream_sink {
    void *user;
    void (*on_phase)(void *user, weir_link_phase phase, weir_str detail);
    void (*on_open)(void *user);
    /** Opening failed; only weir_stream_close makes sense now. */
    void (*on_failed)(void *user, const weir_error *error);
    /** As asked for by weir_stream_want; called again while it lasts. */
    void (*on_readable)(void *user);
    void (*on_writable)(void *user);
} weir_stream_sink;

typedef struct weir_stream weir_stream;

/** NULL with `error` when it cannot even start: bad proxy setting, unreadable certificate ... */
weir_stream *weir_stream_open(weir_loop *loop, const weir_stream_config *config,
                              const weir_stream_sink *sink, weir_error *error);
/** No callback follows. Not from inside one of its own callbacks. */
void weir_stream_close(weir_stream *stream);

/** What to be called for, once open. */
void weir_stream_want(weir_stream *stream, bool reads, bool writes);
/** *got > 0 with WEIR_IO_OK only. An EOF may come with an error that tells more. */
weir_io weir_stream_read(weir_stream *stream, void *bytes, size_t len, size_t *got,
                         weir_error *error);
/** True when the last read took all there was; otherwise read again, do not wait. */
bool weir_stream_is_drained(const weir_stream *stream);
weir_io weir_stream_write(weir_stream *stream, const void *bytes, size_t len, size_t *put,
                          weir_error *error);
/** Nothing more will be sent: TLS close_notify and a FIN, as far as they can go at once. */
void weir_stream_end_writing(weir_stream *stream);

#endif
