/* SPDX-License-Identifier: MIT */
/*
 * How a record lies in memory, for programs that read millions of them a second: what value.h has
 * as functions of the library stands here once more as code of the program's own, in which reading
 * a column is one load. Everybody else had better use value.h.
 *
 * The layout is part of the interface of a major version. A program that is linked against a
 * library that it was not built with may ask weir_record_layout, which must be WEIR_RECORD_LAYOUT.
 */
#ifndef WEIR_RECORD_H
#define WEIR_RECORD_H

#include <weir/value.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEIR_RECORD_LAYOUT 2
WEIR_API unsigned weir_record_layout(void);

/** What a record begins with. */
typedef struct weir_record_head {
    uint32_t size;      /**< bytes of the record */
    uint32_t schema_id; /**< of its schema, unique in the process */
    const weir_schema *schema;
    const weir_asset *asset; /**< NULL: it has none */
    int64_t timestamp_ns;    /**< or WEIR_NO_TIME */
    int64_t received_ns;
    uint64_t seq;
    uint64_t frame;
    uint32_t columns; /**< of its schema, and cells behind the head */
    uint32_t reserved;
} weir_record_head;

/** A column of a record; they follow the head, in the order of the schema. */
typedef struct weir_cell {
    uint8_t kind; /**< a weir_kind */
    uint8_t reserved[3];
    uint32_t len; /**< STR BYTES JSON: bytes; LEVELS: how many; DECIMAL: bytes of its text */
    union {
        int64_t i64; /**< INT BOOL TIMESTAMP */
        double f64;  /**< FLOAT */
        const weir_asset *asset;
        uint64_t offset; /**< of what is text, levels or a decimal: from the start of the record */
    } value;
} weir_cell;

static inline const weir_record_head *weir_record_head_of(const weir_record *record)
{
    return (const weir_record_head *)(const void *)record;
}

/** weir_record_next. */
static inline const weir_record *weir_record_behind(const weir_record *record)
{
    return (const weir_record *)(const void *)((const char *)record +
                                               weir_record_head_of(record)->size);
}

/** What an asset begins with. */
typedef struct weir_asset_head {
    weir_str symbol;
} weir_asset_head;

/** weir_asset_symbol. */
static inline weir_str weir_asset_symbol_of(const weir_asset *asset)
{
    return ((const weir_asset_head *)(const void *)asset)->symbol;
}

/** The cell of the first column; there are as many as weir_record_head has columns. */
static inline const weir_cell *weir_record_cells(const weir_record *record)
{
    return (const weir_cell *)(const void *)(weir_record_head_of(record) + 1);
}

/** INT, FLOAT and BOOL as a double. False for all others, and for DECIMAL: see weir_record_f64. */
static inline bool weir_cell_f64(const weir_cell *cell, double *out)
{
    const bool is_whole = cell->kind == WEIR_INT || cell->kind == WEIR_BOOL;
    if (cell->kind != WEIR_FLOAT && !is_whole)
        return false;
    *out = is_whole ? (double)cell->value.i64 : cell->value.f64;
    return true;
}

/** Of a cell of kind STR, BYTES or JSON. */
static inline weir_str weir_cell_text(const weir_record *record, const weir_cell *cell)
{
    weir_str text;
    text.ptr = (const char *)record + cell->value.offset;
    text.len = cell->len;
    return text;
}

/** The first of cell->len levels, of a cell of kind LEVELS. */
static inline const weir_level *weir_cell_levels(const weir_record *record, const weir_cell *cell)
{
    return (const weir_level *)(const void *)((const char *)record + cell->value.offset);
}

#ifdef __cplusplus
}
#endif

#endif
