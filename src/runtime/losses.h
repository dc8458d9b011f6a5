/* SPDX-License-Identifier: MIT */
/*
 * What a consumer's queue has dropped in one place, by stream: how many, from when to when. It
 * becomes gap records in the end, which stand where the records stood. Belongs to whoever holds the
 * consumer's lock.
 */
#ifndef WEIR_RUNTIME_LOSSES_H
#define WEIR_RUNTIME_LOSSES_H

#include "value/record.h"

/** What is made room for at once, so that an overflow that lasts asks for no more. */
enum { WEIR_LOSS_STREAMS = 16, WEIR_LOSS_BYTES = 192 /* of its gap record */ };

typedef struct weir_loss {
    const weir_schema *schema; /* of the gap records of the stream */
    const weir_asset *asset;   /* of all of them; NULL: of none, or of several */
    int64_t from_ns, to_ns;    /* when the first and the last of them were received */
    uint64_t missed;
    bool is_unsure;          /* gap records are among them that did not know how many */
    uint64_t first_seq, seq; /* of the first and the last */
    uint64_t frame;          /* of the last */
} weir_loss;

typedef struct weir_losses {
    weir_loss *list;
    size_t count, cap;
} weir_losses;

/** A record was dropped. What there is no memory for is not told; the caller has counted it. */
void weir_losses_note(weir_losses *losses, const weir_record *record);
/** Appends a gap record for each stream, in the order of their numbers, and forgets them. Returns
 * how many. */
size_t weir_losses_tell(weir_losses *losses, weir_batch *batch);
void weir_losses_fini(weir_losses *losses);

#endif
