/* SPDX-License-Identifier: MIT */
/*
 * Records: building them in a batch, and the public accessors. A record under construction is the
 * tail of the batch's buffer, which may move when it grows; hence offsets in the cells and no
 * pointer into the record between two calls. A column that is set twice leaves its first contents
 * behind as dead bytes: rare, and cheaper than looking for them.
 *
 * A DECIMAL cell holds the decimal's block with its text right behind it, so that it can be read
 * as a number and as text; `len` is the length of the text.
 */
#include "value/record.h"

#include <assert.h>
#include <stdlib.h>

#include <weir/record.h>

#include "util/number.h"
#include "value/asset.h"
#include "value/decimal.h"
#include "value/json_read.h"
#include "value/json_write.h"

enum { BLOCK = 16 /* records start and end on it */ };

_Static_assert(sizeof(weir_record) % BLOCK == 0, "cells start on a block");
_Static_assert(sizeof(weir_value) == BLOCK, "a cell is a block");

/* weir/record.h says the same of both. */
#define SAME(a, member, b, other)                                                                  \
    _Static_assert(offsetof(a, member) == offsetof(b, other), #other " is where it is said to be")
SAME(weir_record, size, weir_record_head, size);
SAME(weir_record, schema_id, weir_record_head, schema_id);
SAME(weir_record, schema, weir_record_head, schema);
SAME(weir_record, asset, weir_record_head, asset);
SAME(weir_record, timestamp_ns, weir_record_head, timestamp_ns);
SAME(weir_record, received_ns, weir_record_head, received_ns);
SAME(weir_record, seq, weir_record_head, seq);
SAME(weir_record, frame, weir_record_head, frame);
SAME(weir_value, kind, weir_cell, kind);
SAME(weir_value, len, weir_cell, len);
SAME(weir_value, i, weir_cell, value);
_Static_assert(sizeof(weir_record_head) == sizeof(weir_record), "cells follow the head");
_Static_assert(offsetof(weir_record_head, columns) == offsetof(weir_record, columns), "as told");
_Static_assert(offsetof(struct weir_asset, symbol) == 0, "weir_asset_head");
_Static_assert(sizeof(weir_cell) == sizeof(weir_value), "cells follow each other");
#undef SAME

/* ------------------------------------------------------------------ names */

static const char *const channel_names[WEIR_CHANNEL_COUNT] = {
    [WEIR_CHANNEL_DATA] = "data",       [WEIR_CHANNEL_QUOTE] = "quote",
    [WEIR_CHANNEL_ORDER] = "order",     [WEIR_CHANNEL_POSITION] = "position",
    [WEIR_CHANNEL_ACCOUNT] = "account", [WEIR_CHANNEL_HEARTBEAT] = "heartbeat",
};

static const char *const kind_names[WEIR_KIND_PUBLIC_COUNT + 1] = {
    [WEIR_ABSENT] = "absent",
    [WEIR_NONE] = "none",
    [WEIR_BOOL] = "bool",
    [WEIR_INT] = "int",
    [WEIR_FLOAT] = "float",
    [WEIR_STR] = "str",
    [WEIR_BYTES] = "bytes",
    [WEIR_DECIMAL] = "decimal",
    [WEIR_TIMESTAMP] = "timestamp",
    [WEIR_ASSET] = "asset",
    [WEIR_LEVELS] = "levels",
    [WEIR_JSON] = "json",
    [WEIR_KIND_PUBLIC_COUNT] = "any",
};

const char *weir_channel_name(weir_channel channel)
{
    return (unsigned)channel < WEIR_CHANNEL_COUNT ? channel_names[channel] : "unknown";
}

weir_channel weir_channel_from_name(weir_str name)
{
    for (int i = 0; i < WEIR_CHANNEL_COUNT; i++)
        if (weir_str_is(name, channel_names[i]))
            return (weir_channel)i;
    return WEIR_CHANNEL_COUNT;
}

const char *weir_kind_name(weir_kind kind)
{
    return (unsigned)kind <= WEIR_KIND_PUBLIC_COUNT ? kind_names[kind] : "unknown";
}

/* ------------------------------------------------------------------ batches */

void weir_batch_fini(weir_batch *batch)
{
    weir_buf_fini(&batch->bytes);
    *batch = (weir_batch){.open_at = SIZE_MAX};
}

/* `size` zeroed bytes at the end of the batch, aligned within the record; their offset from the
 * record's start, or SIZE_MAX. A record is bounded by its 32-bit size. Room to fill up the last
 * block is always held, so that a commit cannot fail. */
static size_t extend(weir_batch *batch, size_t size, size_t align)
{
    size_t used = batch->bytes.len - batch->open_at;
    size_t padding = (align - used % align) % align;
    if (size > UINT32_MAX - BLOCK - padding - used)
        return SIZE_MAX;
    weir_buf *bytes = &batch->bytes;
    const bool has_room =
        padding + size + BLOCK <= bytes->cap - bytes->len && bytes->ptr && !bytes->failed;
    char *at = has_room ? bytes->ptr + bytes->len : weir_buf_reserve(bytes, padding + size + BLOCK);
    if (!at)
        return SIZE_MAX;
    memset(at, 0, padding + size);
    batch->bytes.len += padding + size;
    return used + padding;
}

bool weir_batch_begin(weir_batch *batch, const weir_schema *schema)
{
    assert(batch->count == 0 || batch->open_at == SIZE_MAX);
    batch->open_at = batch->bytes.len;
    size_t cells;
    if (__builtin_mul_overflow(schema->count, sizeof(weir_value), &cells) ||
        cells > UINT32_MAX - BLOCK - sizeof(weir_record) ||
        extend(batch, sizeof(weir_record) + cells, BLOCK) == SIZE_MAX) {
        batch->open_at = SIZE_MAX;
        return false;
    }
    weir_record *record = weir_batch_record(batch);
    record->schema = schema;
    record->schema_id = schema->id;
    record->timestamp_ns = WEIR_NO_TIME;
    record->columns = (uint32_t)schema->count;
    return true;
}

weir_record *weir_batch_record(weir_batch *batch)
{
    assert(batch->open_at != SIZE_MAX);
    return (weir_record *)(void *)(batch->bytes.ptr + batch->open_at);
}

static bool set_cell(weir_batch *batch, size_t column, weir_value cell)
{
    weir_batch_record(batch)->cells[column] = cell;
    return true;
}

static bool set_bytes(weir_batch *batch, size_t column, uint8_t kind, uint8_t flags, weir_str text)
{
    size_t offset = extend(batch, text.len, 1);
    if (offset == SIZE_MAX)
        return false;
    if (text.len)
        memcpy(batch->bytes.ptr + batch->open_at + offset, text.ptr, text.len);
    weir_value cell = {.kind = kind, .flags = flags, .len = (uint32_t)text.len};
    cell.bits = offset;
    return set_cell(batch, column, cell);
}

static bool set_levels(weir_batch *batch, size_t column, const weir_value *v)
{
    weir_level *levels = weir_batch_levels(batch, column, v->len);
    if (levels && v->len)
        memcpy(levels, v->levels, v->len * sizeof *levels);
    return levels != NULL;
}

static bool set_decimal(weir_batch *batch, size_t column, const weir_decimal *d)
{
    char text[WEIR_DECIMAL_TEXT_MAX];
    size_t len = weir_decimal_write(d, text);
    size_t size = weir_decimal_size(d);
    size_t offset = extend(batch, size + len, _Alignof(weir_decimal));
    if (offset == SIZE_MAX)
        return false;
    char *at = batch->bytes.ptr + batch->open_at + offset;
    memcpy(at, d, size);
    memcpy(at + size, text, len);
    weir_value cell = {.kind = WEIR_DECIMAL, .len = (uint32_t)len};
    cell.bits = offset;
    return set_cell(batch, column, cell);
}

/* "0.0150" and "12.5", whose digits are at hand; not "1e3", "007", "5.", or what str() writes with
 * an exponent. */
bool weir_batch_decimal(weir_batch *batch, size_t column, weir_str text)
{
    enum { SHORT = 32, PLACES = 6 };
    char digits[SHORT];
    size_t count = 0, point = text.len;
    if (text.len == 0 || text.len > SHORT ||
        (text.ptr[0] == '0' && text.len > 1 && text.ptr[1] != '.'))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        const bool is_point = c == '.' && point == text.len && i > 0 && i + 1 < text.len;
        if (is_point)
            point = i;
        else if ((unsigned char)(c - '0') > 9)
            return false;
        digits[count] = c;
        count += !is_point && (count > 0 || c != '0');
    }
    const size_t places = point == text.len ? 0 : text.len - point - 1;
    if (count == 0) {
        digits[0] = '0';
        count = 1;
    }
    if (places >= count + PLACES)
        return false;
    const size_t size = offsetof(weir_decimal, digits) + count;
    const size_t offset = extend(batch, size + text.len, _Alignof(weir_decimal));
    if (offset == SIZE_MAX)
        return false;
    char *at = batch->bytes.ptr + batch->open_at + offset;
    weir_decimal *d = (weir_decimal *)(void *)at;
    d->exponent = -(int32_t)places;
    d->count = (uint32_t)count;
    memcpy(d->digits, digits, count);
    memcpy(at + size, text.ptr, text.len);
    weir_value cell = {.kind = WEIR_DECIMAL, .len = (uint32_t)text.len};
    cell.bits = offset;
    return set_cell(batch, column, cell);
}

/* A big integer's place in a record is a decimal without a point. */
static bool set_bigint(weir_batch *batch, size_t column, weir_str text)
{
    bool is_negative = text.len && text.ptr[0] == '-';
    while (text.len > 1 && (text.ptr[0] < '1' || text.ptr[0] > '9')) {
        text.ptr++;
        text.len--;
    }
    if (text.len > WEIR_DECIMAL_DIGITS_MAX)
        return set_bytes(batch, column, WEIR_JSON, 0, text);
    _Alignas(weir_decimal) char room[sizeof(weir_decimal) + WEIR_DECIMAL_DIGITS_MAX];
    weir_decimal *d = (weir_decimal *)(void *)room;
    memset(d, 0, sizeof *d);
    d->is_negative = is_negative;
    d->count = (uint32_t)text.len;
    memcpy(room + offsetof(weir_decimal, digits), text.ptr, text.len);
    return set_decimal(batch, column, d);
}

/* Escaped text goes in unescaped, straight into its place. */
static bool set_escaped(weir_batch *batch, size_t column, const weir_value *v)
{
    size_t offset = extend(batch, v->len, 1);
    if (offset == SIZE_MAX)
        return false;
    bool is_ascii;
    size_t len = weir_json_unescape_into(
        weir_value_text(v), batch->bytes.ptr + batch->open_at + offset, v->len, &is_ascii);
    batch->bytes.len -= v->len - len;
    weir_value cell = {.kind = WEIR_STR, .len = (uint32_t)len};
    cell.flags = is_ascii ? WEIR_VALUE_ASCII : 0;
    cell.bits = offset;
    return set_cell(batch, column, cell);
}

/* Appends the JSON text of a value to the record. */
static bool set_json(weir_batch *batch, size_t column, const weir_value *v)
{
    size_t from = batch->bytes.len;
    weir_json_write(&batch->bytes, v, 0);
    size_t len = batch->bytes.len - from;
    if (!weir_buf_reserve(&batch->bytes, BLOCK) ||
        batch->bytes.len - batch->open_at > UINT32_MAX - BLOCK) {
        batch->bytes.failed = false;
        batch->bytes.len = from;
        return false;
    }
    weir_value cell = {.kind = WEIR_JSON, .len = (uint32_t)len};
    cell.bits = from - batch->open_at;
    return set_cell(batch, column, cell);
}

static bool set_raw(weir_batch *batch, size_t column, const weir_value *v)
{
    if (v->aux == WEIR_RAW_ESCAPED)
        return set_escaped(batch, column, v);
    if (v->aux != WEIR_RAW_NUMBER)
        return set_json(batch, column, v);
    weir_value number = weir_json_number(v);
    return weir_batch_set(batch, column, &number);
}

bool weir_batch_set(weir_batch *batch, size_t column, const weir_value *v)
{
    assert(column < weir_batch_record(batch)->schema->count);
    if (v->flags & WEIR_VALUE_SECRET)
        return set_bytes(batch, column, WEIR_STR, WEIR_VALUE_ASCII, WEIR_STR("***"));
    switch (v->kind) {
    case WEIR_ABSENT:
    case WEIR_NONE:
    case WEIR_BOOL:
    case WEIR_INT:
    case WEIR_FLOAT:
    case WEIR_TIMESTAMP:
    case WEIR_ASSET: return set_cell(batch, column, *v);
    case WEIR_TIMEDELTA: return set_cell(batch, column, weir_value_int(v->i));
    case WEIR_STR:
    case WEIR_BYTES:
    case WEIR_JSON:
        return set_bytes(batch, column, v->kind, v->flags & WEIR_VALUE_ASCII, weir_value_text(v));
    case WEIR_DECIMAL: return set_decimal(batch, column, v->decimal);
    case WEIR_BIGINT: return set_bigint(batch, column, weir_value_text(v));
    case WEIR_LEVELS: return set_levels(batch, column, v);
    case WEIR_RAW: return set_raw(batch, column, v);
    default: return set_json(batch, column, v);
    }
}

weir_level *weir_batch_levels(weir_batch *batch, size_t column, size_t count)
{
    size_t size;
    if (__builtin_mul_overflow(count, sizeof(weir_level), &size))
        return NULL;
    size_t offset = extend(batch, size, _Alignof(weir_level));
    if (offset == SIZE_MAX)
        return NULL;
    weir_value cell = {.kind = WEIR_LEVELS, .len = (uint32_t)count};
    cell.bits = offset;
    set_cell(batch, column, cell);
    return (weir_level *)(void *)(batch->bytes.ptr + batch->open_at + offset);
}

weir_level *weir_batch_make_room_for_levels(weir_batch *batch, size_t count)
{
    const size_t before = batch->bytes.len;
    size_t size;
    if (__builtin_mul_overflow(count, sizeof(weir_level), &size))
        return NULL;
    const size_t offset = extend(batch, size, _Alignof(weir_level));
    batch->bytes.len = before;
    return offset == SIZE_MAX ? NULL
                              : (weir_level *)(void *)(batch->bytes.ptr + batch->open_at + offset);
}

/* The next record must start on a block, so this one is filled up to it. */
void weir_batch_commit(weir_batch *batch)
{
    assert(batch->open_at != SIZE_MAX);
    size_t used = batch->bytes.len - batch->open_at;
    size_t padding = (BLOCK - used % BLOCK) % BLOCK;
    assert(batch->bytes.cap - batch->bytes.len >= padding);
    memset(batch->bytes.ptr + batch->bytes.len, 0, padding);
    batch->bytes.len += padding;
    weir_batch_record(batch)->size = (uint32_t)(used + padding);
    batch->open_at = SIZE_MAX;
    batch->count++;
}

void weir_batch_abort(weir_batch *batch)
{
    if (batch->open_at == SIZE_MAX)
        return;
    batch->bytes.len = batch->open_at;
    batch->bytes.failed = false;
    batch->open_at = SIZE_MAX;
}

size_t weir_batch_leave_out(weir_batch *batch,
                            bool (*is_out)(void *user, const weir_record *record), void *user)
{
    size_t from = 0, to = 0, left_out = 0;
    for (const weir_record *record; (record = weir_batch_next(batch, &from)) != NULL;) {
        const size_t size = record->size;
        if (is_out(user, record)) {
            left_out++;
            continue;
        }
        if (to != from - size)
            memmove(batch->bytes.ptr + to, record, size);
        to += size;
    }
    batch->bytes.len = to;
    batch->count -= left_out;
    return left_out;
}

/* ------------------------------------------------------------------ schemas */

bool weir_schema_is_gap(const weir_schema *schema)
{
    return schema->is_gap;
}

uint32_t weir_schema_id(const weir_schema *schema)
{
    return schema->id;
}

weir_channel weir_schema_channel(const weir_schema *schema)
{
    return schema->channel;
}

weir_str weir_schema_stream(const weir_schema *schema)
{
    return schema->stream;
}

weir_str weir_schema_connection(const weir_schema *schema)
{
    return schema->connection;
}

size_t weir_schema_columns(const weir_schema *schema)
{
    return schema->count;
}

weir_str weir_schema_column_name(const weir_schema *schema, size_t column)
{
    assert(column < schema->count);
    return schema->columns[column].name;
}

weir_kind weir_schema_column_kind(const weir_schema *schema, size_t column)
{
    assert(column < schema->count);
    return schema->columns[column].kind;
}

size_t weir_schema_find(const weir_schema *schema, const char *name)
{
    weir_str wanted = weir_str_of(name);
    for (size_t i = 0; i < schema->count; i++)
        if (weir_str_eq(schema->columns[i].name, wanted))
            return i;
    return SIZE_MAX;
}

/* ------------------------------------------------------------------ records */

const weir_schema *weir_record_schema(const weir_record *record)
{
    return record->schema;
}

const weir_asset *weir_record_asset(const weir_record *record)
{
    return record->asset;
}

int64_t weir_record_timestamp(const weir_record *record)
{
    return record->timestamp_ns;
}

int64_t weir_record_received(const weir_record *record)
{
    return record->received_ns;
}

uint64_t weir_record_seq(const weir_record *record)
{
    return record->seq;
}

uint64_t weir_record_frame(const weir_record *record)
{
    return record->frame;
}

unsigned weir_record_layout(void)
{
    return WEIR_RECORD_LAYOUT;
}

const weir_record *weir_record_next(const weir_record *record)
{
    return (const weir_record *)(const void *)((const char *)record + record->size);
}

size_t weir_record_size(const weir_record *record)
{
    return record->size;
}

weir_record *weir_record_copy(const weir_record *record)
{
    weir_record *copy = aligned_alloc(BLOCK, record->size);
    if (copy)
        memcpy(copy, record, record->size);
    if (copy && record->schema->is_copied)
        atomic_store(record->schema->is_copied, true);
    return copy;
}

static const weir_value *cell_of(const weir_record *record, size_t column)
{
    assert(column < record->schema->count);
    return &record->cells[column];
}

static const char *inside(const weir_record *record, const weir_value *cell)
{
    return (const char *)record + cell->bits;
}

weir_value weir_record_cell(const weir_record *record, size_t column)
{
    weir_value v = *cell_of(record, column);
    switch (v.kind) {
    case WEIR_STR:
    case WEIR_BYTES:
    case WEIR_JSON:
    case WEIR_LEVELS: v.s = inside(record, &v); break;
    case WEIR_DECIMAL:
        v.decimal = (const weir_decimal *)(const void *)inside(record, &v);
        v.len = 0;
        break;
    default: break;
    }
    return v;
}

weir_kind weir_record_kind(const weir_record *record, size_t column)
{
    return (weir_kind)cell_of(record, column)->kind;
}

bool weir_record_f64(const weir_record *record, size_t column, double *out)
{
    const weir_value *cell = cell_of(record, column);
    switch (cell->kind) {
    case WEIR_FLOAT: *out = cell->f; return true;
    case WEIR_INT:
    case WEIR_BOOL: *out = (double)cell->i; return true;
    case WEIR_DECIMAL:
        *out = weir_decimal_to_double((const weir_decimal *)(const void *)inside(record, cell));
        return true;
    default: return false;
    }
}

bool weir_record_i64(const weir_record *record, size_t column, int64_t *out)
{
    const weir_value *cell = cell_of(record, column);
    if (cell->kind != WEIR_INT && cell->kind != WEIR_BOOL && cell->kind != WEIR_TIMESTAMP)
        return false;
    *out = cell->i;
    return true;
}

bool weir_record_str(const weir_record *record, size_t column, weir_str *out)
{
    const weir_value *cell = cell_of(record, column);
    const char *at = inside(record, cell);
    switch (cell->kind) {
    case WEIR_STR:
    case WEIR_BYTES:
    case WEIR_JSON: break;
    case WEIR_DECIMAL: at += weir_decimal_size((const weir_decimal *)(const void *)at); break;
    default: return false;
    }
    *out = (weir_str){at, cell->len};
    return true;
}

bool weir_record_levels(const weir_record *record, size_t column, const weir_level **levels,
                        size_t *count)
{
    const weir_value *cell = cell_of(record, column);
    if (cell->kind != WEIR_LEVELS)
        return false;
    *levels = (const weir_level *)(const void *)inside(record, cell);
    *count = cell->len;
    return true;
}

const weir_asset *weir_record_column_asset(const weir_record *record, size_t column)
{
    const weir_value *cell = cell_of(record, column);
    return cell->kind == WEIR_ASSET ? cell->asset : NULL;
}

bool weir_record_get_f64(const weir_record *record, const char *name, double *out)
{
    size_t column = weir_schema_find(record->schema, name);
    return column != SIZE_MAX && weir_record_f64(record, column, out);
}

bool weir_record_get_i64(const weir_record *record, const char *name, int64_t *out)
{
    size_t column = weir_schema_find(record->schema, name);
    return column != SIZE_MAX && weir_record_i64(record, column, out);
}

bool weir_record_get_str(const weir_record *record, const char *name, weir_str *out)
{
    size_t column = weir_schema_find(record->schema, name);
    return column != SIZE_MAX && weir_record_str(record, column, out);
}
