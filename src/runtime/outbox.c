/* SPDX-License-Identifier: MIT */
/*
 * One buffer of messages, each a head with its texts behind it, that is emptied from the front and
 * kept for the next ones: an answer that waits for the end of a frame costs no allocation. Room is
 * never made by moving old bytes away unwiped.
 */
#include "runtime/outbox.h"

#include <string.h>

#include "util/crypto.h"

enum { KEPT_MAX = 64 * 1024 };

typedef struct head {
    weir_frame_kind kind;
    size_t name_len, len;
} head;

static size_t size_of(const head *at)
{
    return sizeof *at + at->name_len + at->len;
}

static head first_head(const weir_outbox *outbox)
{
    head at;
    memcpy(&at, outbox->queue.ptr + outbox->head, sizeof at);
    return at;
}

/* What waits goes to the front, of a larger buffer where this one is too small. */
static bool make_room(weir_outbox *outbox, size_t need)
{
    weir_buf *queue = &outbox->queue;
    const size_t left = queue->len - outbox->head;
    if (need <= queue->cap - queue->len)
        return true;
    if (left + need <= queue->cap) {
        memmove(queue->ptr, queue->ptr + outbox->head, left);
        weir_wipe(queue->ptr + left, queue->len - left);
    } else {
        weir_buf larger = {0};
        if (!weir_buf_reserve(&larger, left + need))
            return false;
        if (left > 0)
            memcpy(larger.ptr, queue->ptr + outbox->head, left);
        weir_buf_wipe(queue);
        *queue = larger;
    }
    queue->len = left;
    outbox->head = 0;
    return true;
}

weir_code weir_outbox_put(weir_outbox *outbox, weir_frame_kind kind, weir_str name, weir_str bytes)
{
    if (outbox->count >= WEIR_OUTBOX_MAX || bytes.len > WEIR_OUTBOX_BYTES_MAX - outbox->bytes)
        return WEIR_ERR_LIMIT;
    const head at = {kind, name.len, bytes.len};
    if (!make_room(outbox, size_of(&at)))
        return WEIR_ERR_NOMEM;
    weir_buf_put(&outbox->queue, (weir_str){(const char *)&at, sizeof at});
    weir_buf_put(&outbox->queue, name);
    weir_buf_put(&outbox->queue, bytes);
    outbox->count++;
    outbox->bytes += bytes.len;
    return WEIR_OK;
}

bool weir_outbox_first(const weir_outbox *outbox, weir_letter *letter)
{
    if (outbox->count == 0)
        return false;
    const head at = first_head(outbox);
    const char *text = outbox->queue.ptr + outbox->head + sizeof at;
    *letter = (weir_letter){
        .kind = at.kind, .name = {text, at.name_len}, .bytes = {text + at.name_len, at.len}};
    return true;
}

void weir_outbox_pop(weir_outbox *outbox)
{
    if (outbox->count == 0)
        return;
    const head at = first_head(outbox);
    weir_wipe(outbox->queue.ptr + outbox->head, size_of(&at));
    outbox->head += size_of(&at);
    outbox->bytes -= at.len;
    if (--outbox->count > 0)
        return;
    outbox->head = 0;
    weir_buf_clear(&outbox->queue);
    if (outbox->queue.cap > KEPT_MAX)
        weir_buf_fini(&outbox->queue);
}

void weir_outbox_clear(weir_outbox *outbox)
{
    while (outbox->count > 0)
        weir_outbox_pop(outbox);
}

void weir_outbox_fini(weir_outbox *outbox)
{
    weir_buf_wipe(&outbox->queue);
    *outbox = (weir_outbox){0};
}
