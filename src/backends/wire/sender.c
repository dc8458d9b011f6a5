/* SPDX-License-Identifier: MIT */
/*
 * One flat buffer: frames are masked into it and leave it from the front; it is moved down only
 * when the sent part outweighs the rest, so each byte moves once at most. Masks must not be
 * guessable (RFC 6455 10.3) and a system call for each frame would cost more than the frame, so
 * they are drawn 64 at a time.
 */
#include "backends/wire/sender.h"

#include "util/crypto.h"
#include "util/error.h"
#include "util/utf8.h"

enum { PONG_BYTES_MAX = 4096, KEPT_MAX = 256 * 1024 };

void weir_sender_init(weir_sender *sender, size_t max_queue)
{
    *sender = (weir_sender){.max_queue = max_queue};
}

void weir_sender_fini(weir_sender *sender)
{
    weir_buf_wipe(&sender->queue);
    sender->sent = 0;
}

size_t weir_sender_pending(const weir_sender *sender)
{
    return sender->queue.len - sender->sent;
}

void weir_sender_drop(weir_sender *sender)
{
    if (sender->queue.cap > KEPT_MAX) {
        weir_buf_fini(&sender->queue);
    }
    weir_buf_clear(&sender->queue);
    sender->sent = 0;
    sender->pong_bytes = 0;
}

static void move_down(weir_sender *sender)
{
    size_t left = weir_sender_pending(sender);
    if (sender->sent > left) {
        memmove(sender->queue.ptr, sender->queue.ptr + sender->sent, left);
        sender->queue.len = left;
        sender->sent = 0;
    }
}

static bool next_mask(weir_sender *sender, uint8_t mask[4])
{
    if (sender->masks_left < 4) {
        if (!weir_random_bytes(sender->masks, sizeof sender->masks)) {
            return false;
        }
        sender->masks_left = sizeof sender->masks;
    }
    sender->masks_left -= 4;
    memcpy(mask, sender->masks + sender->masks_left, 4);
    return true;
}

weir_code weir_sender_put(weir_sender *sender, weir_ws_opcode opcode, weir_bytes payload)
{
    size_t size = weir_ws_written_len(payload.len);
    size_t pending = weir_sender_pending(sender);
    bool is_message = opcode < WEIR_WS_CLOSE;
    if (is_message && (payload.len > sender->max_queue || size + pending > sender->max_queue)) {
        return WEIR_ERR_LIMIT;
    }
    uint8_t mask[4];
    if (!next_mask(sender, mask)) {
        return WEIR_ERR_IO;
    }
    move_down(sender);
    weir_ws_write(&sender->queue, opcode, payload, mask);
    if (sender->queue.failed) {
        sender->queue.failed = false; /* what was queued before is still whole */
        return WEIR_ERR_NOMEM;
    }
    return WEIR_OK;
}

weir_code weir_sender_pong(weir_sender *sender, weir_bytes payload)
{
    if (sender->pong_bytes < PONG_BYTES_MAX) {
        sender->pong_bytes += weir_ws_written_len(payload.len);
        return weir_sender_put(sender, WEIR_WS_PONG, payload);
    }
    sender->has_late_pong = true;
    sender->late_pong_len = payload.len;
    if (payload.len > 0) {
        memcpy(sender->late_pong, payload.ptr, payload.len);
    }
    return WEIR_OK;
}

weir_code weir_sender_close(weir_sender *sender, int code, weir_str reason)
{
    uint8_t payload[WEIR_WS_CONTROL_MAX];
    sender->has_late_pong = false; /* nothing may follow a close frame */
    if (code == WEIR_WS_CLOSE_NONE || code == 0) {
        return weir_sender_put(sender, WEIR_WS_CLOSE, (weir_bytes){payload, 0});
    }
    payload[0] = (uint8_t)(code >> 8);
    payload[1] = (uint8_t)code;
    reason.len = reason.len < WEIR_WS_REASON_MAX ? reason.len : WEIR_WS_REASON_MAX;
    reason.len = weir_utf8_valid_prefix(reason);
    if (reason.len > 0) {
        memcpy(payload + 2, reason.ptr, reason.len);
    }
    return weir_sender_put(sender, WEIR_WS_CLOSE, (weir_bytes){payload, 2 + reason.len});
}

weir_io weir_sender_flush(weir_sender *sender, weir_stream *stream, weir_error *error)
{
    for (;;) {
        while (weir_sender_pending(sender) > 0) {
            size_t put = 0;
            weir_io io = weir_stream_write(stream, sender->queue.ptr + sender->sent,
                                           weir_sender_pending(sender), &put, error);
            if (io != WEIR_IO_OK) {
                return io;
            }
            sender->sent += put;
        }
        weir_sender_drop(sender);
        if (!sender->has_late_pong) {
            return WEIR_IO_OK;
        }
        sender->has_late_pong = false;
        weir_sender_pong(sender, (weir_bytes){sender->late_pong, sender->late_pong_len});
    }
}
