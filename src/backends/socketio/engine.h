/* SPDX-License-Identifier: MIT */
/*
 * Engine.IO below Socket.IO: the types of its packets, what it says when it opens, and the bodies
 * of long polling, which hold several packets each. Version 4 (of Socket.IO 3 and 4) and version 3
 * (of Socket.IO 2). Pure functions on bytes.
 */
#ifndef WEIR_BACKENDS_SOCKETIO_ENGINE_H
#define WEIR_BACKENDS_SOCKETIO_ENGINE_H

#include <weir/types.h>

#include "util/buf.h"

/** First byte of a packet. */
enum {
    WEIR_EIO_OPEN = '0',
    WEIR_EIO_CLOSE = '1',
    WEIR_EIO_PING = '2',
    WEIR_EIO_PONG = '3',
    WEIR_EIO_MESSAGE = '4',
    WEIR_EIO_UPGRADE = '5',
    WEIR_EIO_NOOP = '6',
    WEIR_EIO_BASE64 = 'b',       /**< polling: a binary message as text */
    WEIR_EIO_BINARY_MESSAGE = 4, /**< version 3, websocket: what a binary message begins with */
    WEIR_EIO_SEPARATOR = 0x1e    /**< version 4, polling: between packets */
};

enum { WEIR_EIO_SID_MAX = 256 };

/** What a server says first. */
typedef struct weir_eio_open {
    weir_str sid; /**< in the parsed text */
    bool offers_websocket;
    int64_t ping_interval_ns;
    int64_t ping_timeout_ns;
    size_t max_payload; /**< bytes of a polling body it takes; 0: it does not say */
} weir_eio_open;

/** `json` follows the type; it must have WEIR_JSON_SLACK bytes behind it. */
weir_code weir_eio_open_read(weir_str json, weir_eio_open *open, weir_error *error);

/** Packets of a polling body. Start with the body in `rest`. */
typedef struct weir_eio_payload {
    weir_str rest;
    int version;
} weir_eio_payload;

/** The version that a body is written in, told by its first packet, which is an open: 0 neither. */
int weir_eio_payload_version(weir_str body);
/**
 * Cuts the next packet off. False at the end, or - `error->code` is then not WEIR_OK - at bytes
 * that are no packet.
 */
bool weir_eio_payload_next(weir_eio_payload *payload, weir_str *packet, weir_error *error);
/** Decodes a packet that begins with 'b' (version 4) or "b4" (version 3). */
weir_code weir_eio_base64_read(weir_str packet, int version, weir_buf *out, weir_error *error);

/** Appends a packet to a polling body, with what stands between or before packets. */
void weir_eio_payload_put_text(weir_buf *body, int version, weir_str packet);
void weir_eio_payload_put_binary(weir_buf *body, int version, weir_bytes bytes);

#endif
