/* SPDX-License-Identifier: MIT */
/*
 * Records and schemas from the inside. A record is one position-independent block - pointers of
 * text, levels and bytes are stored as offsets from the record's start - so that a copy is a memcpy
 * and a batch is a byte buffer of records back to back. Blocks are multiples of 16 bytes.
 */
#ifndef WEIR_VALUE_RECORD_H
#define WEIR_VALUE_RECORD_H

#include <stdatomic.h>
#include <string.h>

#include "util/buf.h"
#include "value/value.h"

typedef struct weir_column {
    weir_str name;  /**< dotted path */
    weir_kind kind; /**< WEIR_KIND_PUBLIC_COUNT: varies */
} weir_column;

struct weir_schema {
    weir_channel channel;
    weir_str connection;
    weir_str stream;
    size_t count;
    const weir_column *columns;
    uint32_t id;                   /**< unique in the process */
    bool is_gap;                   /**< its records tell what is missing */
    const struct weir_schema *gap; /**< of the stream's gap records; NULL: has none, or is that */
    atomic_bool *is_copied; /**< set when a record of it is copied; NULL: nobody wants to know */
};

struct weir_record {
    uint32_t size;
    uint32_t schema_id;
    const weir_schema *schema;
    const weir_asset *asset;
    int64_t timestamp_ns;
    int64_t received_ns;
    uint64_t seq;
    uint64_t frame;
    uint32_t columns;   /**< schema->count */
    uint32_t reserved;  /**< 0; the runtime's, once the record is published */
    weir_value cells[]; /**< schema->count; s/levels/p of STR BYTES DECIMAL JSON LEVELS hold the
                           offset in `bits` */
};

/** Records of one frame, back to back, not yet published. Grows to its high-water mark and stays
 * there. */
typedef struct weir_batch {
    weir_buf bytes;
    size_t count;
    size_t open_at; /**< offset of the record under construction, SIZE_MAX if none */
} weir_batch;

void weir_batch_fini(weir_batch *batch);
static inline void weir_batch_clear(weir_batch *batch)
{
    weir_buf_clear(&batch->bytes);
    batch->count = 0;
    batch->open_at = SIZE_MAX;
}
/** Starts a record with all cells ABSENT. False when out of memory. */
bool weir_batch_begin(weir_batch *batch, const weir_schema *schema);
/** The record under construction; invalid after the next weir_batch_set. */
weir_record *weir_batch_record(weir_batch *batch);
/**
 * Sets a column from a value of the column's kind, or of any public kind for an "any" column:
 * copies what it points to behind the cells. LIST/DICT/RAW go in as JSON text. False: out of
 * memory.
 */
bool weir_batch_set(weir_batch *batch, size_t column, const weir_value *v);
/** Room for `count` levels as the value of a column, filled in by the caller; NULL when out of
 * memory. */
weir_level *weir_batch_levels(weir_batch *batch, size_t column, size_t count);
/* Where the next levels of the record under construction begin: records begin on a block. */
static inline size_t weir_batch_levels_at(const weir_batch *batch)
{
    return (batch->bytes.len + _Alignof(weir_level) - 1) & ~(_Alignof(weir_level) - 1);
}

/** weir_batch_room_for_levels without its quick case. */
weir_level *weir_batch_make_room_for_levels(weir_batch *batch, size_t count);

/**
 * Room for up to `count` levels, which belongs to no column until weir_batch_take_levels says how
 * many of them are its value; nothing else is set between the two calls. What is there is left as
 * it is. NULL: out of memory.
 */
static inline weir_level *weir_batch_room_for_levels(weir_batch *batch, size_t count)
{
    enum { COUNT_MAX = 1 << 24, SPARE = 32 };
    const uint64_t padding = 0;
    const weir_buf *bytes = &batch->bytes;
    if (__builtin_expect(count > COUNT_MAX || bytes->len - batch->open_at > UINT32_MAX / 2 ||
                             bytes->cap - bytes->len < count * sizeof(weir_level) + SPARE ||
                             bytes->failed,
                         0))
        return weir_batch_make_room_for_levels(batch, count);
    memcpy(bytes->ptr + bytes->len, &padding, sizeof padding);
    return (weir_level *)(void *)(bytes->ptr + weir_batch_levels_at(batch));
}

/** The first `count` of these are the value of a column. */
static inline void weir_batch_take_levels(weir_batch *batch, size_t column, size_t count)
{
    const size_t at = weir_batch_levels_at(batch);
    weir_value cell = {.kind = WEIR_LEVELS, .len = (uint32_t)count};
    cell.bits = at - batch->open_at;
    batch->bytes.len = at + count * sizeof(weir_level);
    ((weir_record *)(void *)(batch->bytes.ptr + batch->open_at))->cells[column] = cell;
}

/** An empty list of levels is the value of a column. False: out of memory. */
static inline bool weir_batch_no_levels(weir_batch *batch, size_t column)
{
    const bool has_room = weir_batch_room_for_levels(batch, 0) != NULL;
    if (has_room)
        weir_batch_take_levels(batch, column, 0);
    return has_room;
}

/**
 * Sets a column to Decimal(text) where the text is short and just what str() of that is. False: it
 * is not, or out of memory.
 */
bool weir_batch_decimal(weir_batch *batch, size_t column, weir_str text);
/** Finishes the record / drops it. */
void weir_batch_commit(weir_batch *batch);
void weir_batch_abort(weir_batch *batch);
/** Takes out those of which `is_out` is true, between records; returns how many. */
size_t weir_batch_leave_out(weir_batch *batch,
                            bool (*is_out)(void *user, const weir_record *record), void *user);
/** The records in order: *offset starts at 0; NULL at the end. */
static inline weir_record *weir_batch_next(const weir_batch *batch, size_t *offset)
{
    if (*offset >= (batch->open_at < batch->bytes.len ? batch->open_at : batch->bytes.len))
        return NULL;
    weir_record *record = (weir_record *)(void *)(batch->bytes.ptr + *offset);
    *offset += record->size;
    return record;
}

/** A cell as a value whose pointers are real again (into the record). */
weir_value weir_record_cell(const weir_record *record, size_t column);

/**
 * The record as one line of JSON (no newline): channel stream connection asset timestamp, the
 * columns nested as the spec nests them, received, seq; with `frame` when asked for. ABSENT columns
 * are left out, as are no asset, no timestamp and a receive time of 0.
 */
enum { WEIR_RECORD_WITH_FRAME = 1 };
void weir_record_write_json(weir_buf *out, const weir_record *record, unsigned flags);

#endif
