/* SPDX-License-Identifier: MIT */
/*
 * The value: 16 bytes that expressions compute with and that records store. Scalars are in place;
 * text is a span (of the frame, the message arena or the spec); lists and dicts live in an arena
 * and are immutable once built. JSON from the wire stays *raw* - a span of the frame - until
 * somebody wants its contents: kind WEIR_RAW.
 */
#ifndef WEIR_VALUE_VALUE_H
#define WEIR_VALUE_VALUE_H

#include <weir/types.h>
#include <weir/value.h>

#include "util/arena.h"

/** Kinds beyond the public ones, which only expressions see. */
enum {
    WEIR_RAW = WEIR_KIND_PUBLIC_COUNT, /**< JSON text not looked into yet; `aux` is a weir_raw */
    WEIR_BIGINT,                       /**< integer beyond int64: its digits as sent, in `s` */
    WEIR_TIMEDELTA,                    /**< int64 ns in `i` */
    WEIR_LIST,
    WEIR_TUPLE,
    WEIR_DICT,
    WEIR_SET,
    WEIR_RANGE,  /**< weir_range in `p` */
    WEIR_LAMBDA, /**< of the running program; `i` is its index */
    WEIR_OBJECT, /**< framework object; `aux` says which, see expr/names.h */
    WEIR_KIND_COUNT
};

/** What a raw span is. Objects and arrays span their brackets; strings with escapes exclude the
 * quotes. */
typedef enum weir_raw {
    WEIR_RAW_NUMBER,
    WEIR_RAW_ESCAPED,
    WEIR_RAW_OBJECT,
    WEIR_RAW_ARRAY
} weir_raw;

/** Flags. SECRET spreads to everything computed from a secret text and is masked by every writer.
 */
enum {
    WEIR_VALUE_SECRET = 1,
    WEIR_VALUE_INTEGRAL = 2, /**< raw number without fraction and exponent */
    WEIR_VALUE_ASCII = 4     /**< text known to be ASCII: indexing by byte is right */
};

typedef struct weir_decimal weir_decimal; /* value/decimal.h */
typedef struct weir_list weir_list;
typedef struct weir_dict weir_dict;
typedef struct weir_range weir_range;

typedef struct weir_value {
    uint8_t kind;
    uint8_t flags;
    uint16_t aux; /**< raw: weir_raw · timestamp: zone index (expr/zone.h), 0 = naive, 1 = UTC ·
                     object: which */
    uint32_t len; /**< bytes of s; levels: count */
    union {
        int64_t i;
        double f;
        bool b;
        const char *s;
        const weir_decimal *decimal;
        const weir_list *list; /**< list, tuple */
        const weir_dict *dict; /**< dict, set (values unused) */
        const weir_range *range;
        const weir_asset *asset;
        const weir_level *levels;
        const void *p;
        uint64_t bits;
    };
} weir_value;

struct weir_list {
    size_t count;
    weir_value *items;
};

typedef struct weir_dict_entry {
    weir_value key;
    weir_value value;
    uint64_t hash;
} weir_dict_entry;

/** Insertion-ordered; `index` (power of two slots, 0 = empty, else entry + 1) is NULL while count
 * is small. */
struct weir_dict {
    size_t count;
    size_t cap;
    weir_dict_entry *entries;
    uint32_t *index;
    size_t index_cap;
};

struct weir_range {
    int64_t start, stop, step;
};

static inline weir_value weir_value_absent(void)
{
    weir_value v = {0};
    return v;
}

static inline weir_value weir_value_none(void)
{
    weir_value v = {0};
    v.kind = WEIR_NONE;
    return v;
}

static inline weir_value weir_value_bool(bool b)
{
    weir_value v = {0};
    v.kind = WEIR_BOOL;
    v.i = b;
    return v;
}

static inline weir_value weir_value_int(int64_t i)
{
    weir_value v = {0};
    v.kind = WEIR_INT;
    v.i = i;
    return v;
}

static inline weir_value weir_value_float(double f)
{
    weir_value v = {0};
    v.kind = WEIR_FLOAT;
    v.f = f;
    return v;
}

/** Borrows the text, which must be shorter than 4 GiB. */
static inline weir_value weir_value_str(weir_str text)
{
    weir_value v = {0};
    v.kind = WEIR_STR;
    v.len = (uint32_t)text.len;
    v.s = text.ptr;
    return v;
}

static inline weir_value weir_value_bytes(weir_str bytes)
{
    weir_value v = weir_value_str(bytes);
    v.kind = WEIR_BYTES;
    return v;
}

static inline weir_value weir_value_timestamp(int64_t ns, uint16_t zone)
{
    weir_value v = {0};
    v.kind = WEIR_TIMESTAMP;
    v.aux = zone;
    v.i = ns;
    return v;
}

static inline weir_value weir_value_asset(const weir_asset *asset)
{
    weir_value v = {0};
    v.kind = asset ? WEIR_ASSET : WEIR_NONE;
    v.asset = asset;
    return v;
}

/** The text of STR, BYTES, BIGINT, RAW and JSON. */
static inline weir_str weir_value_text(const weir_value *v)
{
    weir_str s = {v->s, v->len};
    return s;
}

/** Python's type name of a value ("int", "str", "NoneType", "Timestamp", ...), raw ones by what
 * they are. */
const char *weir_value_type_name(const weir_value *v);

/**
 * Python's == and hash over every kind: 1 == 1.0 == True == Decimal('1'); raw values are compared
 * by content
 * (`arena` is where they are unfolded; NULL result = out of memory is reported as not equal and
 * arena_failed).
 */
bool weir_value_equal(weir_arena *arena, const weir_value *a, const weir_value *b);
/** False when unhashable (list, dict, set). */
bool weir_value_hash(weir_arena *arena, const weir_value *v, uint64_t *hash);

/** Copies a text to the arena with WEIR_JSON_SLACK bytes behind it, so that it may be loaded and
 * copied in blocks; other values stay. False: out of memory. */
bool weir_value_give_slack(weir_arena *arena, weir_value *v);

/* ---- lists and dicts, built in an arena; NULL / false when out of memory */

/** `count` items, all ABSENT, to be filled by the caller before use. kind LIST or TUPLE. */
bool weir_list_new(weir_arena *arena, uint8_t kind, size_t count, weir_value *out,
                   weir_value **items);
/** Empty dict or set with room for `cap`. */
weir_dict *weir_dict_new(weir_arena *arena, size_t cap);
/** Adds or replaces (keeping the first position, as Python does). Key must be hashable and not raw.
 */
bool weir_dict_put(weir_arena *arena, weir_dict *dict, const weir_value *key,
                   const weir_value *value);
/** NULL if absent. */
const weir_value *weir_dict_get(weir_arena *arena, const weir_dict *dict, const weir_value *key);
const weir_value *weir_dict_get_str(const weir_dict *dict, weir_str key);
weir_value weir_value_dict(const weir_dict *dict);

#endif
