/* SPDX-License-Identifier: MIT */
/* Messages that are made and must wait for their turn: first in, first out, bounded. Wiped when
 * they leave, since they may hold secrets. Belongs to one thread. */
#ifndef WEIR_RUNTIME_OUTBOX_H
#define WEIR_RUNTIME_OUTBOX_H

#include "backends/backend.h"
#include "util/buf.h"

enum { WEIR_OUTBOX_MAX = 64 /* messages */, WEIR_OUTBOX_BYTES_MAX = 1024 * 1024 };

/** Its texts live until the outbox is next put to or popped from. */
typedef struct weir_letter {
    weir_frame_kind kind;
    weir_str name;
    weir_str bytes;
} weir_letter;

typedef struct weir_outbox {
    weir_buf queue;
    size_t head; /* of the first message in the queue */
    size_t count;
    size_t bytes;
} weir_outbox;

/** Copies. WEIR_ERR_LIMIT: it is full. */
weir_code weir_outbox_put(weir_outbox *outbox, weir_frame_kind kind, weir_str name, weir_str bytes);
/** False: there is none. */
bool weir_outbox_first(const weir_outbox *outbox, weir_letter *letter);
/** Drops the first message. */
void weir_outbox_pop(weir_outbox *outbox);
void weir_outbox_clear(weir_outbox *outbox);
void weir_outbox_fini(weir_outbox *outbox);

#endif
