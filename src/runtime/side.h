/* SPDX-License-Identifier: MIT */
/* One side of a consumer's queue (consumer.c): records back to back, taken from the front. */
#ifndef WEIR_RUNTIME_SIDE_H
#define WEIR_RUNTIME_SIDE_H

#include <weir/weir.h>

#include "runtime/conflate.h"

typedef struct weir_side {
    weir_buf bytes;
    size_t head;  /* offset of the oldest record that was not taken */
    size_t count; /* live records from head on */
    size_t waste; /* bytes before head, and of dead records */
} weir_side;

static inline weir_record *weir_side_at(const weir_side *side, size_t offset)
{
    return (weir_record *)(void *)(side->bytes.ptr + offset);
}

/** The oldest live record, or NULL. Dead ones before it are passed over. */
static inline weir_record *weir_side_oldest(weir_side *side)
{
    while (side->head < side->bytes.len) {
        weir_record *record = weir_side_at(side, side->head);
        if (!weir_conflate_is_dead(record))
            return record;
        side->head += record->size;
    }
    return NULL;
}

static inline weir_record *weir_side_take(weir_side *side)
{
    weir_record *record = weir_side_oldest(side);
    if (record) {
        side->head += record->size;
        side->waste += record->size;
        side->count--;
    }
    return record;
}

/** Up to `most` live records that lie one behind the other, from the oldest on; none: count 0. */
static inline weir_records weir_side_take_run(weir_side *side, size_t most)
{
    weir_records run = {.first = weir_side_oldest(side)};
    const size_t from = side->head;
    while (run.count < most && side->head < side->bytes.len) {
        const weir_record *record = weir_side_at(side, side->head);
        if (weir_conflate_is_dead(record))
            break;
        side->head += record->size;
        run.count++;
    }
    run.size = side->head - from;
    side->waste += run.size;
    side->count -= run.count;
    return run;
}

static inline void weir_side_clear(weir_side *side)
{
    weir_buf_clear(&side->bytes);
    side->head = side->count = side->waste = 0;
}

#endif
