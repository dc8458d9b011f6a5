/* SPDX-License-Identifier: MIT */
/* Messages that are made and must wait for their turn: first in, first out, bounded. Wiped when
 * freed, since they may hold secrets. Belongs to one thread. */
#ifndef WEIR_RUNTIME_OUTBOX_H
#define WEIR_RUNTIME_OUTBOX_H

#include "backends/backend.h"

enum { WEIR_OUTBOX_MAX = 64 /* messages */, WEIR_OUTBOX_BYTES_MAX = 1024 * 1024 };

typedef struct weir_letter weir_letter;
struct weir_letter {
    weir_letter *next;
    weir_frame_kind kind;
    weir_str name;
    weir_str bytes;
};

typedef struct weir_outbox {
    weir_letter *first, *last;
    size_t count;
    size_t bytes;
} weir_outbox;

/** Copies. WEIR_ERR_LIMIT: it is full. */
weir_code weir_outbox_put(weir_outbox *outbox, weir_frame_kind kind, weir_str name, weir_str bytes);
/** Drops the first message. */
void weir_outbox_pop(weir_outbox *outbox);
void weir_outbox_clear(weir_outbox *outbox);

#endif
