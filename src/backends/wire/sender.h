/* SPDX-License-Identifier: MIT */
/*
 * The bytes that wait to be sent on a websocket: the upgrade request, then masked frames. Bounded:
 * messages by the owner's limit, pongs by what a peer that pings without reading may cost.
 */
#ifndef WEIR_BACKENDS_WIRE_SENDER_H
#define WEIR_BACKENDS_WIRE_SENDER_H

#include "backends/wire/frame.h"
#include "backends/wire/stream.h"

enum { WEIR_SENDER_MASKS = 256 /* bytes of random masks drawn at a time */ };

typedef struct weir_sender {
    weir_buf queue;
    size_t sent; /**< of queue */
    size_t max_queue;
    size_t pong_bytes; /**< of pongs in the queue */
    bool has_late_pong;
    uint8_t late_pong[WEIR_WS_CONTROL_MAX];
    size_t late_pong_len;
    uint8_t masks[WEIR_SENDER_MASKS];
    size_t masks_left;
} weir_sender;

void weir_sender_init(weir_sender *sender, size_t max_queue);
/** Wipes what is left: requests carry credentials. */
void weir_sender_fini(weir_sender *sender);
/** Queues a frame. WEIR_ERR_LIMIT for a message (not for control frames) beyond max_queue. */
weir_code weir_sender_put(weir_sender *sender, weir_ws_opcode opcode, weir_bytes payload);
/** Queues the answer to a ping; of more than a few unsent ones only the last is kept. */
weir_code weir_sender_pong(weir_sender *sender, weir_bytes payload);
/** Queues a close frame; `code` 1005 or 0 means none. The reason is cut at a character's end. */
weir_code weir_sender_close(weir_sender *sender, int code, weir_str reason);
/** Sends what the stream takes. OK: all is sent. */
weir_io weir_sender_flush(weir_sender *sender, weir_stream *stream, weir_error *error);
size_t weir_sender_pending(const weir_sender *sender);
/** Forgets what is not sent. */
void weir_sender_drop(weir_sender *sender);

#endif
