/* SPDX-License-Identifier: MIT
 *
 * What a Socket.IO server sends, byte for byte: the first byte of the input says what it is.
 * Packets with attachments, polling bodies of both versions, open packets, bodies of HTTP replies.
 * What is written is read again.
 */
#include <stdlib.h>

#include "backends/socketio/engine.h"
#include "backends/socketio/event.h"
#include "backends/wire/http_body.h"
#include "value/json_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MESSAGE_MAX = 4096 };

static volatile unsigned sum; /* so that reading ahead is not left out */

static void touch(weir_str bytes)
{
    for (size_t i = 0; i < bytes.len + WEIR_JSON_SLACK; i++)
        sum += (unsigned char)bytes.ptr[i];
}

/* An event and its attachments, cut off the text at each byte 0xff. */
static void check_event(weir_str json, weir_str rest, unsigned how)
{
    static weir_sio_attachments attachments;
    static weir_sio_room room;
    weir_frame frame = {0};
    weir_error error = {0};
    weir_sio_attachments_clear(&attachments);
    while (rest.len > 0 && attachments.count < WEIR_SIO_ATTACHMENTS_MAX) {
        const char *end = memchr(rest.ptr, 0xff, rest.len);
        const size_t len = end ? (size_t)(end - rest.ptr) : rest.len;
        if (!weir_sio_attachments_add(&attachments, (weir_str){rest.ptr, len}))
            abort();
        rest.ptr += len + (end != NULL);
        rest.len -= len + (end != NULL);
    }
    const weir_sio_reading reading = {&attachments, how & 1, how & 2, how & 4, MESSAGE_MAX};
    if (weir_sio_event_read(json, &reading, &room, &frame, &error) != WEIR_OK) {
        if (error.code == WEIR_OK || error.text[0] == '\0')
            abort();
        return;
    }
    touch(frame.bytes);
    weir_value value;
    weir_json_error ignored;
    if (frame.kind == WEIR_FRAME_TEXT && !reading.unquotes &&
        !weir_json_parse(frame.bytes, &value, &ignored))
        abort(); /* it was JSON, and is no more */
}

static void check_packet(weir_str text, weir_str rest, unsigned how)
{
    weir_sio_packet packet, again;
    weir_buf out = {0};
    weir_error error = {0};
    if (weir_sio_packet_read(text, &packet, &error) != WEIR_OK) {
        if (error.code == WEIR_OK)
            abort();
        return;
    }
    weir_sio_packet_put_head(&out, &packet);
    const size_t head = out.len;
    if (packet.json.len == 0 || packet.json.ptr[0] == '[' || packet.json.ptr[0] == '{') {
        weir_buf_put(&out, packet.json);
        if (weir_sio_packet_read(weir_buf_str(&out), &again, &error) != WEIR_OK ||
            again.type != packet.type || again.attachments != packet.attachments ||
            !weir_str_eq(again.json, packet.json) || !weir_str_eq(again.id, packet.id))
            abort();
    }
    (void)head;
    weir_buf_fini(&out);
    check_event(packet.json, rest, how);
}

static void check_payload(weir_str body, int version)
{
    weir_eio_payload payload = {body, version};
    weir_str packet;
    weir_error error = {0};
    weir_buf again = {0}, bytes = {0};
    weir_eio_payload_version(body);
    while (weir_eio_payload_next(&payload, &packet, &error)) {
        if (packet.len == 0 || packet.ptr < body.ptr ||
            packet.ptr + packet.len > body.ptr + body.len)
            abort();
        weir_eio_payload_put_text(&again, version, packet);
        weir_eio_base64_read(packet, version, &bytes, &error);
    }
    weir_eio_payload repeated = {weir_buf_str(&again), version};
    while (weir_eio_payload_next(&repeated, &packet, &error))
        ;
    if (error.code != WEIR_OK && version == 4)
        abort();
    weir_buf_fini(&again);
    weir_buf_fini(&bytes);
}

static void check_open(weir_str json)
{
    weir_eio_open open;
    weir_error error = {0};
    if (weir_eio_open_read(json, &open, &error) == WEIR_OK &&
        (open.sid.len == 0 || open.ping_interval_ns <= 0 || open.ping_timeout_ns <= 0))
        abort();
}

/* In one piece and byte by byte: the same body. */
static void check_body(weir_str text)
{
    weir_http_head head;
    weir_error error = {0};
    weir_http_body whole = {0}, part = {0};
    if (weir_http_head_read(text, &head, &error) != WEIR_HTTP_DONE)
        return;
    weir_str rest = {text.ptr + head.len, text.len - head.len};
    weir_str bytes = rest;
    weir_http_step one = weir_http_body_begin(&whole, &head, MESSAGE_MAX, &error);
    weir_http_step other = weir_http_body_begin(&part, &head, MESSAGE_MAX, &error);
    if (one == WEIR_HTTP_MORE)
        one = weir_http_body_feed(&whole, &bytes, &error);
    for (size_t i = 0; other == WEIR_HTTP_MORE && i < rest.len; i++) {
        weir_str byte = {rest.ptr + i, 1};
        other = weir_http_body_feed(&part, &byte, &error);
    }
    if (one != other || whole.bytes.len > MESSAGE_MAX ||
        (one != WEIR_HTTP_BAD &&
         !weir_str_eq(weir_buf_str(&whole.bytes), weir_buf_str(&part.bytes))))
        abort();
    weir_buf_fini(&whole.bytes);
    weir_buf_fini(&part.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const unsigned how = data[0];
    char *text =
        calloc(size + WEIR_JSON_SLACK, 1); /* of this size, so that a sanitizer sees what is read */
    if (!text)
        abort();
    memcpy(text, data + 1, size - 1);
    const char *cut = memchr(text, 0xff, size - 1);
    const size_t len = cut ? (size_t)(cut - text) : size - 1;
    const weir_str rest = cut ? (weir_str){cut + 1, size - 2 - len} : (weir_str){0};
    switch (how % 8) {
    case 0:
    case 1: check_packet((weir_str){text, len}, rest, how >> 3); break;
    case 2: check_payload((weir_str){text, size - 1}, 4); break;
    case 3: check_payload((weir_str){text, size - 1}, 3); break;
    case 4: check_open((weir_str){text, size - 1}); break;
    case 5: check_body((weir_str){text, size - 1}); break;
    default: check_event((weir_str){text, len}, rest, how >> 3);
    }
    free(text);
    return 0;
}
