/* SPDX-License-Identifier: MIT
 *
 * Server bytes through the frame reader and the message assembler. The first byte of an input says
 * whether permessage-deflate was agreed on and seeds where the network splits the rest. Besides
 * not crashing: the same bytes give the same messages, control frames and fault wherever they are
 * split, nothing beyond the limit is delivered, and the short road for plain frames agrees.
 */
#include <stdlib.h>
#include <string.h>

#include "backends/wire/message.h"
#include "backends/wire/run.h"

enum { MAX_MESSAGE = 70000, INPUT_MAX = 80000 };

/* What came out, as a hash of everything in order. */
typedef struct outcome {
    uint64_t hash;
    uint64_t events;
    int close_code;
} outcome;

typedef struct peer {
    weir_ws_reader reader;
    weir_message message;
    outcome out;
} peer;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void note(outcome *out, int what, const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    out->hash = (out->hash ^ (uint64_t)what) * 0x100000001b3u;
    out->hash = (out->hash ^ (uint64_t)len) * 0x100000001b3u;
    for (size_t i = 0; i < len; i++)
        out->hash = (out->hash ^ at[i]) * 0x100000001b3u;
    out->events++;
}

/* False when the connection is over. */
static bool take_frame(peer *p, const weir_ws_frame *frame)
{
    weir_ws_fault fault = {0};
    weir_str bytes;
    bool is_text;
    int code;
    if (frame->opcode == WEIR_WS_CLOSE) {
        bool is_good = weir_ws_read_close(frame, &code, &bytes, &fault);
        p->out.close_code = is_good ? code : -fault.close_code;
        note(&p->out, 8, bytes.ptr, is_good ? bytes.len : 0);
        return false;
    }
    if (frame->opcode > WEIR_WS_CLOSE) {
        note(&p->out, frame->opcode, frame->payload, frame->len);
        return true;
    }
    switch (weir_message_add(&p->message, frame, &is_text, &bytes, &fault)) {
    case WEIR_MESSAGE_MORE: return true;
    case WEIR_MESSAGE_FAULT: p->out.close_code = -fault.close_code; return false;
    case WEIR_MESSAGE_DONE: break;
    }
    if (bytes.len > MAX_MESSAGE)
        abort();
    note(&p->out, is_text ? 1 : 2, bytes.ptr, bytes.len);
    return true;
}

/* What the short road takes the long one takes as well, and the same. */
static void check_plain(const weir_ws_reader *before, weir_bytes bytes, weir_ws_step step,
                        const weir_ws_frame *frame)
{
    weir_ws_frame plain = {0};
    const size_t size = bytes.len < 4 ? 0 : weir_ws_read_plain(before, bytes, &plain);
    if (size > 0 && (step != WEIR_WS_FRAME || size != frame->size || !frame->is_final ||
                     frame->is_compressed || plain.opcode != frame->opcode ||
                     plain.payload != frame->payload || plain.len != frame->len))
        abort();
}

/* A run takes what the short road takes outside of a message. */
static void check_run(weir_bytes bytes)
{
    const weir_ws_reader between = {.max_message = WEIR_FRAME_RUN_LEN_MAX};
    weir_frame_run run = {.at = bytes.ptr, .end = bytes.ptr + bytes.len};
    weir_ws_frame plain = {0};
    weir_str taken;
    bool is_text;
    if (bytes.len < 4)
        return;
    const size_t size = weir_ws_read_plain(&between, bytes, &plain);
    if (!weir_frame_run_begin(&run, &is_text) || !weir_frame_run_next(&run, &taken)) {
        if (size > 0 || run.at != bytes.ptr)
            abort();
        return;
    }
    if (size != (size_t)(run.at - bytes.ptr) || taken.ptr != (const char *)plain.payload ||
        taken.len != plain.len || is_text != (plain.opcode == WEIR_WS_TEXT))
        abort();
    weir_frame_run_put_back(&run, taken);
    if (run.at != bytes.ptr)
        abort();
}

/* Uses all frames at the start of an exact copy of the bytes; returns how many bytes they had. */
static size_t take_bytes(peer *p, const uint8_t *data, size_t size, bool *is_over)
{
    uint8_t *exact = malloc(size + 1);
    size_t used = 0;
    if (!exact)
        abort();
    /* At the end of the block, so that a sanitizer sees the first byte read past it. */
    uint8_t *start = exact + 1;
    memcpy(start, data, size);
    while (!*is_over) {
        weir_ws_frame frame = {0};
        weir_ws_fault fault = {0};
        const weir_ws_reader before = p->reader;
        const weir_bytes bytes = {start + used, size - used};
        const weir_ws_step step = weir_ws_read(&p->reader, bytes, &frame, &fault);
        check_plain(&before, bytes, step, &frame);
        check_run(bytes);
        if (step == WEIR_WS_MORE) {
            if (frame.size <= size - used)
                abort(); /* it asked for what it had */
            break;
        }
        if (step == WEIR_WS_FAULT) {
            p->out.close_code = -fault.close_code;
            *is_over = true;
            break;
        }
        used += frame.size;
        *is_over = !take_frame(p, &frame);
    }
    free(exact);
    return used;
}

static outcome run(const uint8_t *data, size_t size, bool deflates, size_t chunk)
{
    peer p = {.reader = {.max_message = MAX_MESSAGE, .allows_deflate = deflates}};
    size_t start = 0, end = 0;
    bool is_over = false;
    weir_message_init(&p.message, MAX_MESSAGE);
    if (deflates && !weir_message_allow_deflate(&p.message, 15, true, 1000))
        abort();
    while (!is_over && end < size) {
        end = size - end < chunk ? size : end + chunk;
        start += take_bytes(&p, data + start, end - start, &is_over);
    }
    weir_message_fini(&p.message);
    return p.out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > INPUT_MAX)
        return 0;
    bool deflates = data[0] & 1;
    size_t chunk = 1 + data[0] / 2;
    chunk = size > 4096 ? chunk * 64 : chunk; /* each chunk costs a copy of what is unread */
    outcome whole = run(data + 1, size - 1, deflates, size);
    outcome split = run(data + 1, size - 1, deflates, chunk);
    if (memcmp(&whole, &split, sizeof whole) != 0)
        abort();
    return 0;
}
