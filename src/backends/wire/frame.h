/* SPDX-License-Identifier: MIT */
/*
 * RFC 6455 frames as a client sees them: reads a server's frames in place from a buffer, writes
 * our own, masked. Pure functions on bytes; the caller owns the buffers and the random masks.
 */
#ifndef WEIR_BACKENDS_WIRE_FRAME_H
#define WEIR_BACKENDS_WIRE_FRAME_H

#include <weir/types.h>

#include "util/buf.h"

enum {
    WEIR_WS_HEADER_MAX = 14, /**< bytes of a masked header */
    WEIR_WS_CONTROL_MAX = 125,
    WEIR_WS_REASON_MAX = 123
};

typedef enum weir_ws_opcode {
    WEIR_WS_CONTINUATION = 0,
    WEIR_WS_TEXT = 1,
    WEIR_WS_BINARY = 2,
    WEIR_WS_CLOSE = 8,
    WEIR_WS_PING = 9,
    WEIR_WS_PONG = 10
} weir_ws_opcode;

/** Close codes that this code speaks about (RFC 6455 7.4.1). */
enum {
    WEIR_WS_CLOSE_NORMAL = 1000,
    WEIR_WS_CLOSE_PROTOCOL = 1002,
    WEIR_WS_CLOSE_NONE = 1005,     /**< never sent: the close had no code */
    WEIR_WS_CLOSE_ABNORMAL = 1006, /**< never sent: there was no close */
    WEIR_WS_CLOSE_BAD_DATA = 1007,
    WEIR_WS_CLOSE_TOO_BIG = 1009
};

/** How a peer broke the protocol, and the code to close with. */
typedef struct weir_ws_fault {
    int close_code;
    weir_error error; /**< WEIR_ERR_PROTOCOL, or WEIR_ERR_LIMIT with 1009 */
} weir_ws_fault;

typedef struct weir_ws_frame {
    weir_ws_opcode opcode;
    bool is_final;
    bool is_compressed; /**< RSV1, on the first frame of a message */
    const uint8_t *payload;
    size_t len;
    size_t size; /**< bytes of header and payload */
} weir_ws_frame;

/** The little that must be remembered between frames. */
typedef struct weir_ws_reader {
    size_t max_message;   /**< bytes of one message as sent */
    bool allows_deflate;  /**< permessage-deflate was agreed on */
    bool is_in_message;   /**< a fragmented message is open */
    uint64_t message_len; /**< of the open one so far */
} weir_ws_reader;

typedef enum weir_ws_step { WEIR_WS_MORE, WEIR_WS_FRAME, WEIR_WS_FAULT } weir_ws_step;

/**
 * Reads the frame at the start of `bytes`. MORE: frame->size tells how many bytes it will have
 * (a lower bound while the header is incomplete); call again with the same bytes and more behind.
 * A header is judged as soon as it is complete, before its payload.
 */
weir_ws_step weir_ws_read(weir_ws_reader *reader, weir_bytes bytes, weir_ws_frame *frame,
                          weir_ws_fault *fault);

/**
 * The frame that feeds are made of: a whole message, uncompressed, shorter than 64 KiB, complete in
 * `bytes`, of which two more than there are may be read. Fills opcode, payload and len and returns
 * its size; 0 for any other, which weir_ws_read has to look at. What it takes, that takes too.
 */
static inline size_t weir_ws_read_plain(const weir_ws_reader *reader, weir_bytes bytes,
                                        weir_ws_frame *frame)
{
    const uint8_t *at = bytes.ptr;
    const unsigned opcode = at[0] - 0x80u, short_len = at[1];
    const bool is_long = short_len == 126;
    const size_t header = is_long ? 4 : 2;
    const size_t len = is_long ? (size_t)at[2] << 8 | at[3] : short_len;
    if ((opcode != WEIR_WS_TEXT && opcode != WEIR_WS_BINARY) || short_len > 126 ||
        (is_long && len < 126) || bytes.len < header + len || len > reader->max_message ||
        reader->is_in_message)
        return 0;
    frame->opcode = (weir_ws_opcode)opcode;
    frame->payload = at + header;
    frame->len = len;
    return header + len;
}

/** The code (1005 when empty) and reason of a close frame; false with a fault. */
bool weir_ws_read_close(const weir_ws_frame *frame, int *code, weir_str *reason,
                        weir_ws_fault *fault);
/** True for a code that may stand in a close frame. */
bool weir_ws_is_close_code(int code);
/** Sets a fault; false, for `return weir_ws_blame(...)`. */
bool weir_ws_blame(weir_ws_fault *fault, int close_code, const char *format, ...) WEIR_PRINTF(3, 4);

/** Appends one final frame, masked with `mask`. */
void weir_ws_write(weir_buf *out, weir_ws_opcode opcode, weir_bytes payload, const uint8_t mask[4]);
/** Bytes that weir_ws_write appends. */
size_t weir_ws_written_len(size_t payload_len);

#endif
