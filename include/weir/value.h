/* SPDX-License-Identifier: MIT */
/*
 * Records and their columns, as a consumer reads them. A record is one block of memory: a header
 * (channel, asset, times, sequence), then one cell per column of its schema. Schemas are fixed when
 * the spec is loaded, so a consumer looks a column up by name once and reads by index ever after.
 *
 * Lifetime: a `const weir_record *` handed to a callback or returned by a poll lives until the
 * callback returns, or until the next poll of that consumer. weir_record_copy keeps one longer.
 * Schemas and assets live as long as the runtime (or decoder) that made the record; those that a
 * reload has replaced as long as a record of theirs can be in anybody's hands
 * (weir_runtime_reload).
 */
#ifndef WEIR_VALUE_H
#define WEIR_VALUE_H

#include <weir/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The channels: where records go. */
typedef enum weir_channel {
    WEIR_CHANNEL_DATA,
    WEIR_CHANNEL_QUOTE,
    WEIR_CHANNEL_ORDER,
    WEIR_CHANNEL_POSITION,
    WEIR_CHANNEL_ACCOUNT,
    WEIR_CHANNEL_HEARTBEAT,
    WEIR_CHANNEL_COUNT
} weir_channel;

/** "data", "quote", ... Never NULL. */
WEIR_API const char *weir_channel_name(weir_channel channel);
/** The channel of a name, or WEIR_CHANNEL_COUNT. */
WEIR_API weir_channel weir_channel_from_name(weir_str name);

/** The kind of a value in a record. */
typedef enum weir_kind {
    WEIR_ABSENT, /**< the field is not there (its condition was false, or an optional key is
                    missing) */
    WEIR_NONE,   /**< null */
    WEIR_BOOL,
    WEIR_INT,   /**< int64 */
    WEIR_FLOAT, /**< double */
    WEIR_STR,   /**< UTF-8 text */
    WEIR_BYTES,
    WEIR_DECIMAL,   /**< exact decimal number, read as its text or as a double */
    WEIR_TIMESTAMP, /**< int64 ns since 1970 UTC */
    WEIR_ASSET,
    WEIR_LEVELS, /**< price levels: array of weir_level */
    WEIR_JSON,   /**< a list or map, as JSON text */
    WEIR_KIND_PUBLIC_COUNT
} weir_kind;

/** "float", "levels", ...; "any" for a column whose kind varies (WEIR_KIND_PUBLIC_COUNT). */
WEIR_API const char *weir_kind_name(weir_kind kind);

/** One level of a book. */
typedef struct weir_level {
    double price;
    double size;
} weir_level;

/** INT64_MIN: no time. */
#define WEIR_NO_TIME INT64_MIN

typedef struct weir_record weir_record;
typedef struct weir_schema weir_schema;
typedef struct weir_asset weir_asset;

/* ---- schema: any thread */

/** Never another's in this process; its address may be, after a reload. */
WEIR_API uint32_t weir_schema_id(const weir_schema *schema);
WEIR_API weir_channel weir_schema_channel(const weir_schema *schema);
WEIR_API weir_str weir_schema_stream(const weir_schema *schema);
WEIR_API weir_str weir_schema_connection(const weir_schema *schema);
/** True: records of it stand for others of the stream that are missing, or may be. Its columns are
 * gap.from, gap.to (times), gap.reason, gap.missed (how many; none: unknown), gap.last and gap.next
 * (the numbers before and after; none where the spec has no `sequence`). */
WEIR_API bool weir_schema_is_gap(const weir_schema *schema);
/** Number of columns, `asset` and `timestamp` not counted: they are in the header of every record.
 */
WEIR_API size_t weir_schema_columns(const weir_schema *schema);
/** Dotted path of a column as the spec nests it, such as "data.close" or "market_depth.bids". */
WEIR_API weir_str weir_schema_column_name(const weir_schema *schema, size_t column);
/** Its kind, or WEIR_KIND_PUBLIC_COUNT when that varies from record to record. */
WEIR_API weir_kind weir_schema_column_kind(const weir_schema *schema, size_t column);
/** Index of a column by dotted path; SIZE_MAX if there is none. */
WEIR_API size_t weir_schema_find(const weir_schema *schema, const char *name);

/* ---- record header: any thread that holds the record */

WEIR_API const weir_schema *weir_record_schema(const weir_record *record);
/** NULL if the record has none. */
WEIR_API const weir_asset *weir_record_asset(const weir_record *record);
/** The venue's time, ns since 1970 UTC; WEIR_NO_TIME if it has none. */
WEIR_API int64_t weir_record_timestamp(const weir_record *record);
/** When the frame was read from the socket, ns since 1970 UTC: the same for all that one read
 * brought. */
WEIR_API int64_t weir_record_received(const weir_record *record);
/** Number of the record in its channel, from 1, without holes. Where a consumer's queue has dropped
 * some, a gap record has the number of the last of them. */
WEIR_API uint64_t weir_record_seq(const weir_record *record);
/** Zero-based number of the frame on its connection. */
WEIR_API uint64_t weir_record_frame(const weir_record *record);

/* ---- columns: `column` must be below weir_schema_columns */

WEIR_API weir_kind weir_record_kind(const weir_record *record, size_t column);
/** INT, FLOAT, DECIMAL and BOOL as a double. False (out untouched) for any other kind. */
WEIR_API bool weir_record_f64(const weir_record *record, size_t column, double *out);
/** INT, BOOL, TIMESTAMP. */
WEIR_API bool weir_record_i64(const weir_record *record, size_t column, int64_t *out);
/** STR, BYTES, JSON and the digits of DECIMAL; points into the record. */
WEIR_API bool weir_record_str(const weir_record *record, size_t column, weir_str *out);
/** LEVELS; points into the record. */
WEIR_API bool weir_record_levels(const weir_record *record, size_t column,
                                 const weir_level **levels, size_t *count);
WEIR_API const weir_asset *weir_record_column_asset(const weir_record *record, size_t column);

/** By dotted name, for convenience: weir_schema_find + the above. */
WEIR_API bool weir_record_get_f64(const weir_record *record, const char *name, double *out);
WEIR_API bool weir_record_get_i64(const weir_record *record, const char *name, int64_t *out);
WEIR_API bool weir_record_get_str(const weir_record *record, const char *name, weir_str *out);

/** A copy on the heap, to be freed with free(). NULL when out of memory. */
WEIR_API weir_record *weir_record_copy(const weir_record *record);
/** Bytes of the record's block. */
WEIR_API size_t weir_record_size(const weir_record *record);
/** The record behind this one, of several that lie one behind the other (weir_records). */
WEIR_API const weir_record *weir_record_next(const weir_record *record);

/* ---- assets: immutable; any thread */

WEIR_API weir_str weir_asset_symbol(const weir_asset *asset);
WEIR_API weir_str weir_asset_broker_symbol(const weir_asset *asset);
WEIR_API weir_str weir_asset_security_id(const weir_asset *asset);
/** Any other column of the master data by name; empty if there is none. */
WEIR_API weir_str weir_asset_attribute(const weir_asset *asset, const char *name);

#ifdef __cplusplus
}
#endif

#endif
