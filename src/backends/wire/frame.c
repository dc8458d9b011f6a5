/* SPDX-License-Identifier: MIT */
/*
 * A frame is read whole or not at all: while it is incomplete nothing changes, so the same bytes
 * give the same frames wherever the network splits them. A venue's frames are short, final, and
 * unmasked: weir_ws_read_plain in the header, which callers have inline, is a few loads and
 * compares before the payload is handed over where it lies. Everything unusual comes here.
 */
#include "backends/wire/frame.h"

#include <stdarg.h>

#include "util/error.h"
#include "util/utf8.h"

enum { BIT_FIN = 0x80, BIT_RSV1 = 0x40, BITS_RSV23 = 0x30, BIT_MASK = 0x80, LENGTH_MASK = 0x7f };

bool weir_ws_blame(weir_ws_fault *fault, int close_code, const char *format, ...)
{
    fault->close_code = close_code;
    va_list args;
    va_start(args, format);
    weir_failv(&fault->error,
               close_code == WEIR_WS_CLOSE_TOO_BIG ? WEIR_ERR_LIMIT : WEIR_ERR_PROTOCOL, format,
               args);
    va_end(args);
    return false;
}

static bool breaks_protocol(weir_ws_fault *fault, const char *what)
{
    return weir_ws_blame(fault, WEIR_WS_CLOSE_PROTOCOL, "the server broke RFC 6455: %s", what);
}

/* What the first two bytes alone can tell. */
static bool check_start(const weir_ws_reader *reader, uint8_t first, uint8_t second,
                        weir_ws_fault *fault)
{
    unsigned opcode = first & 0x0f;
    if (second & BIT_MASK) {
        return breaks_protocol(fault, "a frame is masked");
    }
    if (first & BITS_RSV23) {
        return breaks_protocol(fault, "a frame has a reserved bit");
    }
    if (opcode >= WEIR_WS_CLOSE) {
        if (opcode > WEIR_WS_PONG) {
            return breaks_protocol(fault, "a frame has a reserved opcode");
        }
        if (!(first & BIT_FIN)) {
            return breaks_protocol(fault, "a control frame is fragmented");
        }
        if (first & BIT_RSV1) {
            return breaks_protocol(fault, "a control frame is compressed");
        }
        if ((second & LENGTH_MASK) > WEIR_WS_CONTROL_MAX) {
            return breaks_protocol(fault, "a control frame is longer than 125 bytes");
        }
        return true;
    }
    if (opcode > WEIR_WS_BINARY) {
        return breaks_protocol(fault, "a frame has a reserved opcode");
    }
    if (opcode == WEIR_WS_CONTINUATION && !reader->is_in_message) {
        return breaks_protocol(fault, "a continuation without a message");
    }
    if (opcode != WEIR_WS_CONTINUATION && reader->is_in_message) {
        return breaks_protocol(fault, "a new message inside a fragmented one");
    }
    if (first & BIT_RSV1 && (!reader->allows_deflate || opcode == WEIR_WS_CONTINUATION)) {
        return breaks_protocol(fault, reader->allows_deflate
                                          ? "a continuation has the compression bit"
                                          : "a compressed frame without permessage-deflate");
    }
    return true;
}

/* The header's length field; 0 while it is incomplete. */
static size_t read_length(weir_bytes bytes, uint64_t *len)
{
    unsigned short_len = bytes.ptr[1] & LENGTH_MASK;
    size_t header = short_len < 126 ? 2 : short_len == 126 ? 4 : 10;
    if (header == 2) {
        *len = short_len;
        return header;
    }
    if (bytes.len < header) {
        return 0;
    }
    *len = 0;
    for (size_t i = 2; i < header; i++) {
        *len = *len << 8 | bytes.ptr[i];
    }
    return header;
}

static bool check_length(const weir_ws_reader *reader, uint64_t len, size_t header, bool is_data,
                         weir_ws_fault *fault)
{
    if ((header == 4 && len < 126) || (header == 10 && len < 65536)) {
        return breaks_protocol(fault, "a frame's length is not in its shortest form");
    }
    if (len >> 63) {
        return breaks_protocol(fault, "a frame's 64-bit length has its top bit set");
    }
    uint64_t before = reader->is_in_message ? reader->message_len : 0;
    if (is_data && (len > reader->max_message || before > reader->max_message - len)) {
        return weir_ws_blame(fault, WEIR_WS_CLOSE_TOO_BIG,
                             "a message is longer than the limit of %zu bytes",
                             reader->max_message);
    }
    return true;
}

weir_ws_step weir_ws_read(weir_ws_reader *reader, weir_bytes bytes, weir_ws_frame *frame,
                          weir_ws_fault *fault)
{
    frame->size = 2;
    if (bytes.len < 2) {
        return WEIR_WS_MORE;
    }
    uint8_t first = bytes.ptr[0];
    uint8_t second = bytes.ptr[1];
    if (!check_start(reader, first, second, fault)) {
        return WEIR_WS_FAULT;
    }
    uint64_t len;
    size_t header = read_length(bytes, &len);
    if (header == 0) {
        frame->size = (second & LENGTH_MASK) == 126 ? 4 : 10;
        return WEIR_WS_MORE;
    }
    bool is_data = (first & 0x0f) < WEIR_WS_CLOSE;
    if (!check_length(reader, len, header, is_data, fault)) {
        return WEIR_WS_FAULT;
    }
    frame->size = header + (size_t)len;
    if (bytes.len < frame->size) {
        return WEIR_WS_MORE;
    }
    frame->opcode = (weir_ws_opcode)(first & 0x0f);
    frame->is_final = first & BIT_FIN;
    frame->is_compressed = first & BIT_RSV1;
    frame->payload = bytes.ptr + header;
    frame->len = (size_t)len;
    if (is_data) {
        reader->message_len = (reader->is_in_message ? reader->message_len : 0) + len;
        reader->is_in_message = !frame->is_final;
    }
    return WEIR_WS_FRAME;
}

bool weir_ws_is_close_code(int code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

bool weir_ws_read_close(const weir_ws_frame *frame, int *code, weir_str *reason,
                        weir_ws_fault *fault)
{
    *code = WEIR_WS_CLOSE_NONE;
    *reason = (weir_str){NULL, 0};
    if (frame->len == 0) {
        return true;
    }
    if (frame->len == 1) {
        return breaks_protocol(fault, "a close frame has half a code");
    }
    *code = frame->payload[0] << 8 | frame->payload[1];
    *reason = (weir_str){(const char *)frame->payload + 2, frame->len - 2};
    if (!weir_ws_is_close_code(*code)) {
        return weir_ws_blame(fault, WEIR_WS_CLOSE_PROTOCOL,
                             "the server broke RFC 6455: it closes with code %d", *code);
    }
    if (!weir_utf8_valid(*reason)) {
        return weir_ws_blame(fault, WEIR_WS_CLOSE_BAD_DATA,
                             "the server broke RFC 6455: the reason of its close is not UTF-8");
    }
    return true;
}

size_t weir_ws_written_len(size_t payload_len)
{
    return (payload_len < 126 ? 2u : payload_len < 65536 ? 4u : 10u) + 4u + payload_len;
}

static size_t write_header(uint8_t *at, weir_ws_opcode opcode, size_t len)
{
    at[0] = (uint8_t)(BIT_FIN | opcode);
    if (len < 126) {
        at[1] = (uint8_t)(BIT_MASK | len);
        return 2;
    }
    size_t bytes = len < 65536 ? 2 : 8;
    at[1] = BIT_MASK | (bytes == 2 ? 126 : 127);
    for (size_t i = 0; i < bytes; i++) {
        at[2 + i] = (uint8_t)((uint64_t)len >> (8 * (bytes - 1 - i)));
    }
    return 2 + bytes;
}

static void put_masked(uint8_t *to, weir_bytes from, const uint8_t mask[4])
{
    uint64_t wide;
    memcpy(&wide, mask, 4);
    memcpy((uint8_t *)&wide + 4, mask, 4);
    size_t i = 0;
    for (; i + 8 <= from.len; i += 8) {
        uint64_t word;
        memcpy(&word, from.ptr + i, 8);
        word ^= wide;
        memcpy(to + i, &word, 8);
    }
    for (; i < from.len; i++) {
        to[i] = from.ptr[i] ^ mask[i & 3];
    }
}

void weir_ws_write(weir_buf *out, weir_ws_opcode opcode, weir_bytes payload, const uint8_t mask[4])
{
    size_t size = weir_ws_written_len(payload.len);
    uint8_t *at = (uint8_t *)weir_buf_reserve(out, size);
    if (!at) {
        return;
    }
    size_t header = write_header(at, opcode, payload.len);
    memcpy(at + header, mask, 4);
    put_masked(at + header + 4, payload, mask);
    out->len += size;
}
