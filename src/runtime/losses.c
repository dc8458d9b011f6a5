/* SPDX-License-Identifier: MIT */
/*
 * A short list: a consumer sees as many streams as its connections have. The gap record has the
 * number of the last record that is missing, so that the numbers of a channel go on behind it. A
 * gap record that is itself dropped adds what it told to what is told in its place. They are noted
 * in any order: the reader drops what it has later than the producer what is behind that.
 */
#include "runtime/losses.h"

#include <stdlib.h>

#include "pipeline/gaps.h"

static weir_loss *find(weir_losses *losses, const weir_schema *schema)
{
    for (size_t i = 0; i < losses->count; i++) {
        if (losses->list[i].schema == schema)
            return &losses->list[i];
    }
    if (losses->count == losses->cap) {
        const size_t cap = losses->cap ? losses->cap * 2 : WEIR_LOSS_STREAMS;
        weir_loss *list = realloc(losses->list, cap * sizeof *list);
        if (!list)
            return NULL;
        losses->list = list;
        losses->cap = cap;
    }
    weir_loss *loss = &losses->list[losses->count++];
    *loss = (weir_loss){.schema = schema};
    return loss;
}

static void add(weir_loss *loss, const weir_record *record)
{
    if (!record->schema->is_gap) {
        loss->missed++;
        return;
    }
    const weir_value missed = weir_record_cell(record, WEIR_GAP_MISSED);
    if (missed.kind == WEIR_INT)
        loss->missed += (uint64_t)missed.i;
    else
        loss->is_unsure = true;
}

void weir_losses_note(weir_losses *losses, const weir_record *record)
{
    const weir_schema *schema = record->schema;
    weir_loss *loss =
        schema->is_gap || schema->gap ? find(losses, schema->is_gap ? schema : schema->gap) : NULL;
    if (!loss)
        return;
    const bool is_new = loss->seq == 0;
    loss->asset = is_new || loss->asset == record->asset ? record->asset : NULL;
    if (is_new || record->seq < loss->first_seq) {
        loss->first_seq = record->seq;
        loss->from_ns = record->received_ns;
    }
    if (is_new || record->seq > loss->seq) {
        loss->seq = record->seq;
        loss->to_ns = record->received_ns;
        loss->frame = record->frame;
    }
    add(loss, record);
}

static weir_loss *first_of(weir_losses *losses)
{
    weir_loss *first = NULL;
    for (size_t i = 0; i < losses->count; i++) {
        weir_loss *loss = &losses->list[i];
        if (loss->seq != 0 && (!first || loss->seq < first->seq))
            first = loss;
    }
    return first;
}

size_t weir_losses_tell(weir_losses *losses, weir_batch *batch)
{
    size_t told = 0;
    if (!batch->bytes.ptr && !weir_buf_reserve(&batch->bytes, WEIR_LOSS_STREAMS * WEIR_LOSS_BYTES))
        batch->bytes.failed = false; /* it may yet suffice */
    for (weir_loss *loss; (loss = first_of(losses)) != NULL;) {
        const weir_gap gap = {.from_ns = loss->from_ns,
                              .to_ns = loss->to_ns,
                              .reason = "overflow",
                              .missed = loss->is_unsure ? -1 : (int64_t)loss->missed};
        weir_record *record = weir_gap_write(batch, loss->schema, loss->asset, &gap, loss->frame);
        if (record)
            record->seq = loss->seq;
        told += record != NULL;
        loss->seq = 0;
    }
    losses->count = 0;
    return told;
}

void weir_losses_fini(weir_losses *losses)
{
    free(losses->list);
    *losses = (weir_losses){0};
}
