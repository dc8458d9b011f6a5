/* SPDX-License-Identifier: MIT */
/*
 * The receive buffer of a connection: bytes come in at the end, whole frames are used where they
 * lie. Always WEIR_FRAME_SLACK readable bytes behind the last one.
 */
#ifndef WEIR_BACKENDS_WIRE_INBOX_H
#define WEIR_BACKENDS_WIRE_INBOX_H

#include <weir/types.h>

#include "backends/wire/loop.h"
#include "backends/wire/message.h"

typedef struct weir_inbox {
    uint8_t *ptr;
    size_t cap;   /**< without the slack */
    size_t start; /**< of what is not used yet */
    size_t end;
    unsigned small_in_a_row; /**< times it was empty since the large size was last needed */
} weir_inbox;

void weir_inbox_fini(weir_inbox *inbox);
/**
 * Makes room behind the bytes that are there; `need` is the size that the frame at the start will
 * have (0: unknown). The room is at inbox->ptr + inbox->end, up to inbox->cap. False when out of
 * memory. Spans into the inbox are void afterwards.
 */
bool weir_inbox_make_room(weir_inbox *inbox, weir_loop *loop, size_t need);
/** Reading is over for now: an empty inbox gives its block back. */
void weir_inbox_rest(weir_inbox *inbox, weir_loop *loop);

/** Takes in `len` bytes that were read into the room. What a decoder reads ahead of them is zero.
 */
static inline void weir_inbox_took(weir_inbox *inbox, size_t len)
{
    inbox->end += len;
    memset(inbox->ptr + inbox->end, 0, WEIR_FRAME_SLACK);
}

static inline weir_bytes weir_inbox_bytes(const weir_inbox *inbox)
{
    weir_bytes bytes = {inbox->ptr + inbox->start, inbox->end - inbox->start};
    return bytes;
}

#endif
