/* SPDX-License-Identifier: MIT */
/*
 * One socket of libzmq with one endpoint, and the monitor that tells of its connection: the only
 * file that knows libzmq. Nothing here waits. Both descriptors are edge-triggered: what is to be
 * had of a socket is taken until there is nothing, after each readiness and after each call that
 * may have used one up.
 */
#ifndef WEIR_BACKENDS_ZMQ_SOCKET_H
#define WEIR_BACKENDS_ZMQ_SOCKET_H

#include "backends/zmq_settings.h"

typedef struct weir_zmq_socket weir_zmq_socket;

/** How many times max_message libzmq itself accepts: beyond, it cuts the connection, and cannot say
 * why. */
enum { WEIR_ZMQ_OVERSIZE = 4 };

/** Derives and makes the keys that are not given. WEIR_ERR_ARGUMENT where one is no key, or two are
 * no pair. */
weir_code weir_zmq_keys_complete(weir_zmq_login *login, weir_error *error);

/** `hears_all`: SUB without a filter hears everything. NULL with `error`. */
weir_zmq_socket *weir_zmq_socket_open(const weir_zmq_settings *settings,
                                      const weir_zmq_login *login, bool hears_all,
                                      weir_error *error);
/** Messages out have `linger_ms` to get there, in the background. NULL is fine. */
void weir_zmq_socket_close(weir_zmq_socket *socket, int linger_ms);
/** Readable when there is something to take; below 0: none. */
int weir_zmq_socket_fd(const weir_zmq_socket *socket);
int weir_zmq_socket_monitor_fd(const weir_zmq_socket *socket);

/** WEIR_ERR_CONNECT with libzmq's reason. */
weir_code weir_zmq_socket_connect(weir_zmq_socket *socket, const char *endpoint, bool is_v6,
                                  weir_error *error);
/** The same to listen; `bound` gets the endpoint with the port that was found for `*`. */
weir_code weir_zmq_socket_bind(weir_zmq_socket *socket, const char *endpoint, bool is_v6,
                               char *bound, size_t bound_size, weir_error *error);

/** WEIR_ERR_LIMIT when send_hwm messages wait, WEIR_ERR_STATE otherwise. */
weir_code weir_zmq_socket_send(weir_zmq_socket *socket, weir_str bytes, bool has_delimiter);
weir_code weir_zmq_socket_subscribe(weir_zmq_socket *socket, weir_str topic, bool is_unsubscribe);

/** The next part of a message; lives until the next call. All parts of one are there at once.
 * False: there is nothing. */
bool weir_zmq_socket_part(weir_zmq_socket *socket, weir_str *part, bool *has_more);
/** Does libzmq's own errands without taking a message. */
void weir_zmq_socket_work(weir_zmq_socket *socket);

typedef enum weir_zmq_event {
    WEIR_ZMQ_OTHER,
    WEIR_ZMQ_CONNECTED, /**< TCP */
    WEIR_ZMQ_READY,     /**< the handshake is over */
    WEIR_ZMQ_CUT,    /**< the peer hung up during it; value: errno, EAGAIN where it took too long */
    WEIR_ZMQ_BROKEN, /**< it broke the handshake; value: libzmq's number of the rule */
    WEIR_ZMQ_MISMATCH, /**< it wants another mechanism */
    WEIR_ZMQ_FORGED,   /**< it does not have the secret of server_key */
    WEIR_ZMQ_REFUSED,  /**< it refused the credentials; value: 300, 400 or 500 (RFC 27) */
    WEIR_ZMQ_LOST,     /**< a connection is over */
    WEIR_ZMQ_CLOSED,   /**< an attempt to connect is over */
    WEIR_ZMQ_RETRIED   /**< libzmq would try again: follows LOST unless it cut the connection */
} weir_zmq_event;

/** False: there is none. */
bool weir_zmq_socket_event(weir_zmq_socket *socket, weir_zmq_event *event, uint32_t *value);

#endif
