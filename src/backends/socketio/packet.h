/* SPDX-License-Identifier: MIT */
/*
 * Socket.IO packets as they stand inside an Engine.IO message:
 *
 *     TYPE [ATTACHMENTS "-"] ["/" NAMESPACE ","] [ACK ID] [JSON]
 *
 * One grammar for both generations (Socket.IO 2, and 3 and 4). Pure functions on bytes.
 */
#ifndef WEIR_BACKENDS_SOCKETIO_PACKET_H
#define WEIR_BACKENDS_SOCKETIO_PACKET_H

#include <weir/types.h>

#include "util/buf.h"

typedef enum weir_sio_type {
    WEIR_SIO_CONNECT,
    WEIR_SIO_DISCONNECT,
    WEIR_SIO_EVENT,
    WEIR_SIO_ACK,
    WEIR_SIO_CONNECT_ERROR,
    WEIR_SIO_BINARY_EVENT,
    WEIR_SIO_BINARY_ACK
} weir_sio_type;

enum {
    WEIR_SIO_ATTACHMENTS_MAX = 256, /**< of one packet */
    WEIR_SIO_ID_DIGITS_MAX = 20
};

/** Spans point into the parsed text. */
typedef struct weir_sio_packet {
    weir_sio_type type;
    size_t attachments; /**< binary messages that follow; 0 but for the binary types */
    weir_str nsp;       /**< "/" when none is written; without the query of Socket.IO 2 */
    weir_str id;        /**< digits of the ack id, or empty */
    weir_str json;      /**< not looked into; empty when there is none */
} weir_sio_packet;

/** WEIR_ERR_PROTOCOL or WEIR_ERR_LIMIT with a sentence for anything that is no packet. */
weir_code weir_sio_packet_read(weir_str text, weir_sio_packet *packet, weir_error *error);
/** Appends the head of a packet, up to where its JSON begins. */
void weir_sio_packet_put_head(weir_buf *out, const weir_sio_packet *packet);

#endif
