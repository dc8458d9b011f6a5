/* SPDX-License-Identifier: MIT */
/*
 * Only the frame that is cut off at the end is ever moved. The buffer grows by doubling and only
 * when it is full of one frame's bytes, so a peer that announces 64 MiB gets them as they come
 * and not on its word; after large frames it shrinks once a run of small ones has passed.
 *
 * An inbox that is empty has no memory of its own: it borrows a block of the loop for the time of
 * a read, and keeps it while a frame is cut off in it. So a thousand silent connections share one.
 */
#include "backends/wire/inbox.h"

#include <stdlib.h>

enum {
    FIRST_CAP = WEIR_LOOP_BLOCK - WEIR_FRAME_SLACK,
    READ_MIN = 32 * 1024, /* less room than this and the rest is moved down first */
    KEPT_MAX = 1024 * 1024,
    SMALL_RUN = 1024
};

void weir_inbox_fini(weir_inbox *inbox)
{
    free(inbox->ptr);
    *inbox = (weir_inbox){0};
}

static bool resize(weir_inbox *inbox, size_t cap)
{
    uint8_t *moved = realloc(inbox->ptr, cap + WEIR_FRAME_SLACK);
    if (!moved) {
        return false;
    }
    inbox->ptr = moved;
    inbox->cap = cap;
    return true;
}

static void settle(weir_inbox *inbox, size_t need)
{
    if (need > FIRST_CAP) {
        inbox->small_in_a_row = 0;
    } else if (inbox->cap > KEPT_MAX && inbox->start == inbox->end &&
               ++inbox->small_in_a_row >= SMALL_RUN) {
        inbox->small_in_a_row = 0;
        inbox->start = inbox->end = 0;
        resize(inbox, FIRST_CAP); /* failing to shrink leaves it as it was */
    }
}

void weir_inbox_rest(weir_inbox *inbox, weir_loop *loop)
{
    if (inbox->ptr && inbox->start == inbox->end && inbox->cap == FIRST_CAP) {
        weir_loop_give_block(loop, inbox->ptr);
        *inbox = (weir_inbox){0};
    }
}

bool weir_inbox_make_room(weir_inbox *inbox, weir_loop *loop, size_t need)
{
    if (!inbox->ptr) {
        inbox->ptr = weir_loop_take_block(loop);
        if (!inbox->ptr) {
            return false;
        }
        inbox->cap = FIRST_CAP;
    }
    settle(inbox, need);
    size_t len = inbox->end - inbox->start;
    if (len == 0) {
        inbox->start = inbox->end = 0;
    } else if (inbox->start > 0 &&
               (inbox->cap - inbox->end < READ_MIN || need > inbox->cap - inbox->start)) {
        memmove(inbox->ptr, inbox->ptr + inbox->start, len);
        inbox->start = 0;
        inbox->end = len;
    }
    if (inbox->end < inbox->cap) {
        return true;
    }
    return resize(inbox, inbox->cap * 2);
}
