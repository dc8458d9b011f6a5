/* SPDX-License-Identifier: MIT */
/*
 * From the JSON of an event to the message that it is, and back. One argument is the message
 * itself, several are a list of them, none is null. An argument that is an attachment is a binary
 * message; an attachment deeper down becomes base64 text in its place, since JSON has no bytes.
 */
#ifndef WEIR_BACKENDS_SOCKETIO_EVENT_H
#define WEIR_BACKENDS_SOCKETIO_EVENT_H

#include "backends/backend.h"
#include "backends/socketio/packet.h"
#include "util/arena.h"

/** The binary messages that came behind a packet, in order. Zero it to start. */
typedef struct weir_sio_attachments {
    weir_buf bytes; /**< one behind the other */
    size_t ends[WEIR_SIO_ATTACHMENTS_MAX];
    size_t count;
} weir_sio_attachments;

/** Empties a buffer for the next message: its memory is kept unless it is large. */
void weir_sio_reuse(weir_buf *buf);

/** Forgets them. */
void weir_sio_attachments_clear(weir_sio_attachments *all);
/** Copies one more. False when out of memory; the caller has bounded their number. */
bool weir_sio_attachments_add(weir_sio_attachments *all, weir_str bytes);
void weir_sio_attachments_fini(weir_sio_attachments *all);

/** How events are read. */
typedef struct weir_sio_reading {
    const weir_sio_attachments *attachments;
    bool is_ack;        /**< the list has arguments only, no name in front */
    bool drops_offset;  /**< a last argument that looks like an offset is none of the event's */
    bool unquotes;      /**< a single argument that is a text is given without its JSON quotes */
    size_t max_message; /**< of what comes out */
} weir_sio_reading;

/** Where what is not in the packet itself is built. Zero it to start. */
typedef struct weir_sio_room {
    weir_buf name;
    weir_buf text;
} weir_sio_room;

void weir_sio_room_fini(weir_sio_room *room);

/**
 * Fills name, kind and bytes of `frame` from an event's JSON, which must have WEIR_JSON_SLACK bytes
 * behind it. The spans point into the JSON, the room or the attachments, each with as many readable
 * bytes behind. An ack gives no name.
 */
weir_code weir_sio_event_read(weir_str json, const weir_sio_reading *reading, weir_sio_room *room,
                              weir_frame *frame, weir_error *error);

/**
 * Appends `["name",argument]` for a message to be sent. A text that is JSON is the argument, or
 * (`spreads`) a list of them; any other text is sent as a JSON text; a binary message is the first
 * attachment.
 */
void weir_sio_event_put(weir_buf *out, weir_str name, weir_frame_kind kind, weir_str bytes,
                        bool spreads, weir_buf *scratch);
/** True for names that Socket.IO keeps for itself: a server closes the connection for them. */
bool weir_sio_event_is_reserved(weir_str name);

#endif
