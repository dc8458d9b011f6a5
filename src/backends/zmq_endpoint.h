/* SPDX-License-Identifier: MIT */
/*
 * Endpoints of ZeroMQ: tcp://host:port and ipc://path. libzmq takes nearly anything (a port of
 * 99999, a transport that it was built without) and then connects to nothing, for ever: so they are
 * checked here, when a spec is loaded.
 */
#ifndef WEIR_BACKENDS_ZMQ_ENDPOINT_H
#define WEIR_BACKENDS_ZMQ_ENDPOINT_H

#include <weir/types.h>

#include "backends/wire/url.h"

/** What the address of a Unix socket has room for, with its NUL. */
enum { WEIR_ZMQ_PATH_MAX = 108 };

typedef struct weir_zmq_endpoint {
    bool is_ipc;
    char path[WEIR_ZMQ_PATH_MAX]; /**< ipc; "@name" is one of Linux's abstract names */
    char host[WEIR_HOST_MAX];     /**< tcp: as in weir_url; to bind also "*" */
    weir_host_kind host_kind;
    uint16_t port; /**< 0, only to bind: any free one */
} weir_zmq_endpoint;

/** WEIR_ERR_ARGUMENT with a sentence for anything that cannot be connected (or bound) to. */
weir_code weir_zmq_endpoint_parse(weir_str text, bool binds, weir_zmq_endpoint *endpoint,
                                  weir_error *error);

#endif
