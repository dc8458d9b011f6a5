/* SPDX-License-Identifier: MIT */
/*
 * Engine.IO over long polling: one GET is always pending, and its reply has the packets that the
 * server had; packets to send gather while a POST is under way. The first reply tells in which
 * version the server speaks.
 */
#ifndef WEIR_BACKENDS_SOCKETIO_POLLING_H
#define WEIR_BACKENDS_SOCKETIO_POLLING_H

#include "backends/backend.h"
#include "backends/socketio/engine.h"
#include "backends/wire/ws_options.h"

typedef struct weir_sio_polling weir_sio_polling;

/** All borrowed as long as the polling lives, but for `target`. */
typedef struct weir_sio_polling_config {
    const weir_url *url;
    const weir_ws_settings *settings;
    const weir_link_pair *headers;
    size_t header_count;
    weir_str target; /**< path and query, without the session */
} weir_sio_polling_config;

/**
 * No member is called from inside a call. The polling may be paused, held and sent with from inside
 * all of them, and closed from inside none.
 */
typedef struct weir_sio_polling_sink {
    void *user;
    void (*on_phase)(void *user, weir_link_phase phase, weir_str detail);
    void (*on_alive)(void *user);
    /** A packet: text with its type, or (is_binary) the bytes of a message. */
    void (*on_packet)(void *user, bool is_binary, weir_str packet, int64_t received_ns);
    /** The packets of a reply have been handed over. */
    void (*on_batch)(void *user);
    /** The server has taken all that was sent. */
    void (*on_drained)(void *user);
    /** The pending GET has returned and no other follows: after weir_sio_polling_hold. */
    void (*on_held)(void *user);
    /** It is over; only free makes sense. The session is unknown to the server: WEIR_ERR_CLOSED. */
    void (*on_failed)(void *user, const weir_link_end *end);
} weir_sio_polling_sink;

/** Sends the first GET. */
weir_sio_polling *weir_sio_polling_open(weir_loop *loop, const weir_sio_polling_config *config,
                                        const weir_sio_polling_sink *sink, weir_error *error);
/** What the open packet said: from now on requests name the session. */
bool weir_sio_polling_set_session(weir_sio_polling *polling, const weir_eio_open *open);
/** 3 or 4; 0 before the first reply. */
int weir_sio_polling_version(const weir_sio_polling *polling);
/** A Cookie header's value for the other requests of the session; empty when there are none. */
weir_str weir_sio_polling_cookies(const weir_sio_polling *polling);
/** Queues a packet; `packet` of a binary message has no type. Errors and *queued as of the op. */
weir_code weir_sio_polling_send(weir_sio_polling *polling, bool is_binary, weir_str packet,
                                bool *queued);
/** True when all that was sent has been taken by the server. */
bool weir_sio_polling_is_drained(const weir_sio_polling *polling);
void weir_sio_polling_pause(weir_sio_polling *polling, bool is_paused);
/** No GET follows the pending one (or does again). */
void weir_sio_polling_hold(weir_sio_polling *polling, bool is_held);
void weir_sio_polling_free(weir_sio_polling *polling);

#endif
