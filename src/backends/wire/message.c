/* SPDX-License-Identifier: MIT */
/*
 * Fragments and inflated bytes go to one buffer that is kept from message to message, so that a
 * steady state allocates nothing; after a large message it is given back once a run of small ones
 * shows that it was an exception. UTF-8 is checked piece by piece as it grows: each byte once,
 * while it is still in the cache.
 */
#include "backends/wire/message.h"

#include "util/error.h"

enum {
    KEPT_MAX = 1024 * 1024, /* a buffer up to this size is kept for ever */
    SMALL_RUN = 256         /* messages after which a larger one is given back */
};

void weir_message_init(weir_message *message, size_t max_len)
{
    *message = (weir_message){.max_len = max_len};
}

void weir_message_fini(weir_message *message)
{
    weir_inflate_free(message->inflate);
    weir_buf_fini(&message->whole);
    message->inflate = NULL;
}

bool weir_message_allow_deflate(weir_message *message, int window_bits, bool keeps_context,
                                size_t max_ratio)
{
    message->inflate = weir_inflate_message_new(window_bits, keeps_context);
    if (!message->inflate) {
        return false;
    }
    weir_inflate_set_limits(message->inflate, (weir_inflate_limits){message->max_len, max_ratio});
    return true;
}

static bool bad_text(weir_ws_fault *fault)
{
    return weir_ws_blame(fault, WEIR_WS_CLOSE_BAD_DATA,
                         "the server broke RFC 6455: a text message is not UTF-8");
}

static bool blame_inflate(const weir_error *why, weir_ws_fault *fault)
{
    if (why->code == WEIR_ERR_DECODE) {
        return weir_ws_blame(fault, WEIR_WS_CLOSE_BAD_DATA, "a message does not inflate: %s",
                             why->text);
    }
    weir_ws_blame(fault, WEIR_WS_CLOSE_TOO_BIG, "a message inflates beyond its limits: %s",
                  why->text);
    fault->error.code = why->code; /* out of memory is not the server's fault */
    return false;
}

/* Appends a frame's payload as it is. */
static bool append(weir_message *message, const weir_ws_frame *frame, weir_ws_fault *fault)
{
    weir_buf_put(&message->whole, (weir_str){(const char *)frame->payload, frame->len});
    if (message->whole.failed) {
        weir_ws_blame(fault, WEIR_WS_CLOSE_TOO_BIG, "out of memory");
        fault->error.code = WEIR_ERR_NOMEM;
        return false;
    }
    return true;
}

static bool append_inflated(weir_message *message, const weir_ws_frame *frame, weir_ws_fault *fault)
{
    weir_error why = {0};
    weir_bytes payload = {frame->payload, frame->len};
    weir_code code = weir_inflate_feed(message->inflate, payload, &message->whole, &why);
    if (code == WEIR_OK && frame->is_final) {
        code = weir_inflate_end(message->inflate, &message->whole, &why);
    }
    return code == WEIR_OK || blame_inflate(&why, fault);
}

static void start(weir_message *message, const weir_ws_frame *frame)
{
    if (message->whole.cap <= KEPT_MAX || message->whole.len > KEPT_MAX) {
        message->small_in_a_row = 0;
    } else if (++message->small_in_a_row >= SMALL_RUN) {
        weir_buf_fini(&message->whole);
    }
    weir_buf_clear(&message->whole);
    message->utf8 = (weir_utf8_state){0};
    message->is_text = frame->opcode == WEIR_WS_TEXT;
    message->is_compressed = frame->is_compressed;
}

/* UTF-8 from `before` on; a final frame must not end inside a character. */
static bool check_text(weir_message *message, size_t before, bool is_final)
{
    if (message->whole.len > before) {
        weir_str added = {message->whole.ptr + before, message->whole.len - before};
        if (!weir_utf8_feed(&message->utf8, added)) {
            return false;
        }
    }
    return !is_final || weir_utf8_is_complete(&message->utf8);
}

weir_message_step weir_message_add(weir_message *message, const weir_ws_frame *frame, bool *is_text,
                                   weir_str *bytes, weir_ws_fault *fault)
{
    if (frame->is_final && !frame->is_compressed && frame->opcode != WEIR_WS_CONTINUATION) {
        *is_text = frame->opcode == WEIR_WS_TEXT;
        *bytes = (weir_str){(const char *)frame->payload, frame->len};
        if (*is_text && !weir_utf8_valid(*bytes)) {
            bad_text(fault);
            return WEIR_MESSAGE_FAULT;
        }
        return WEIR_MESSAGE_DONE;
    }
    if (frame->opcode != WEIR_WS_CONTINUATION) {
        start(message, frame);
    }
    size_t before = message->whole.len;
    bool ok = message->is_compressed ? append_inflated(message, frame, fault)
                                     : append(message, frame, fault);
    if (!ok) {
        return WEIR_MESSAGE_FAULT;
    }
    if (message->is_text && !check_text(message, before, frame->is_final)) {
        bad_text(fault);
        return WEIR_MESSAGE_FAULT;
    }
    if (!frame->is_final) {
        return WEIR_MESSAGE_MORE;
    }
    if (!weir_buf_reserve(&message->whole, WEIR_FRAME_SLACK)) {
        weir_ws_blame(fault, WEIR_WS_CLOSE_TOO_BIG, "out of memory");
        fault->error.code = WEIR_ERR_NOMEM;
        return WEIR_MESSAGE_FAULT;
    }
    memset(message->whole.ptr + message->whole.len, 0, WEIR_FRAME_SLACK);
    *is_text = message->is_text;
    *bytes = weir_buf_str(&message->whole);
    return WEIR_MESSAGE_DONE;
}
