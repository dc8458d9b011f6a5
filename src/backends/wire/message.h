/* SPDX-License-Identifier: MIT */
/*
 * From frames to messages: puts fragments together, inflates, checks that text is UTF-8. A message
 * that came as one uncompressed frame is not copied.
 */
#ifndef WEIR_BACKENDS_WIRE_MESSAGE_H
#define WEIR_BACKENDS_WIRE_MESSAGE_H

#include "backends/wire/frame.h"
#include "util/inflate.h"
#include "util/utf8.h"

enum {
    WEIR_FRAME_SLACK = 64 /**< readable bytes behind every message, for decoders in wide steps */
};

typedef struct weir_message {
    size_t max_len;
    weir_inflate *inflate; /**< NULL: permessage-deflate was not agreed on */
    weir_buf whole;        /**< the message in the making */
    weir_utf8_state utf8;
    bool is_text;
    bool is_compressed;
    unsigned small_in_a_row; /**< messages since a large buffer was last needed */
} weir_message;

typedef enum weir_message_step {
    WEIR_MESSAGE_MORE,
    WEIR_MESSAGE_DONE,
    WEIR_MESSAGE_FAULT
} weir_message_step;

void weir_message_init(weir_message *message, size_t max_len);
void weir_message_fini(weir_message *message);
/** permessage-deflate was agreed on. False when out of memory. `max_ratio` 0: no cap. */
bool weir_message_allow_deflate(weir_message *message, int window_bits, bool keeps_context,
                                size_t max_ratio);
/**
 * Takes the next data frame. DONE: *bytes lives until the next call, or as long as the frame's
 * payload, whichever ends first; the caller's buffer must have WEIR_FRAME_SLACK behind the frame.
 */
weir_message_step weir_message_add(weir_message *message, const weir_ws_frame *frame, bool *is_text,
                                   weir_str *bytes, weir_ws_fault *fault);

#endif
