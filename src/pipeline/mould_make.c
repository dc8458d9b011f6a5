/* SPDX-License-Identifier: MIT */
/*
 * A record of a message that fits a mould: a copy of the mould's image, and then operation by
 * operation what is not always the same. Which comes next is known from the operation before, so
 * that each ends with a jump of its own to the next one, and all that is made stays in registers.
 * Numbers take long to be ready: they are begun first, and are copied last.
 */
#include <stddef.h>

#include "pipeline/mould_parts.h"
#include "pipeline/stamp.h"
#include "util/number.h"
#include "value/mapping.h"

enum { BLOCK = WEIR_QUICK_BLOCK, TEXT_MAX = WEIR_QUICK_TEXT_ROOM };

/* A record that is made, behind the end of the batch. */
typedef struct pour {
    weir_runner *runner;
    const weir_fit *fit;
    const char *base; /* of the text */
    char *record;
    size_t len; /* so far */
} pour;

/* ------------------------------------------------------------------ what adds to the batch */

/* Lets the batch have the record as it is, for those who add to it there, and takes it back. */
static inline size_t lend(weir_batch *batch, size_t len)
{
    const size_t at = batch->bytes.len;
    batch->open_at = at;
    batch->bytes.len = at + len;
    return at;
}

static inline size_t take_again(weir_batch *batch, size_t at)
{
    const size_t len = batch->bytes.len - at;
    batch->bytes.len = at;
    batch->open_at = SIZE_MAX;
    return len;
}

/* They may move the record, and give its length; 0: it was in vain. */
static inline bool has_moved(pour *p, size_t len)
{
    const weir_buf *bytes = &p->runner->batch.bytes;
    p->record = bytes->ptr + bytes->len;
    p->len = len;
    return len > 0;
}

/* There is room for one text of usual length per column, and behind a longer one again. Whether it
 * is ASCII the cell says: a text of the frame is, one of a mapping need not be. */
static __attribute__((noinline)) size_t add_long_text(weir_runner *runner, const weir_mould *mould,
                                                      const weir_mould_op *op, size_t len,
                                                      weir_str text)
{
    weir_batch *batch = &runner->batch;
    const size_t at = lend(batch, len);
    const weir_value *cell = (const weir_value *)(const void *)(batch->bytes.ptr + at + op->place);
    const weir_value v =
        weir_scan_span(WEIR_STR, cell->flags & WEIR_VALUE_ASCII, 0, text.ptr, text.ptr + text.len);
    const bool is_good = weir_batch_set(batch, (size_t)op->quick->column, &v) &&
                         weir_buf_reserve(&batch->bytes, mould->room);
    len = take_again(batch, at);
    return is_good ? len : 0;
}

/* As pipeline/quick.c does it, from slots. */
static __attribute__((noinline)) size_t add_other(weir_runner *runner, const weir_mould_op *op,
                                                  size_t len)
{
    weir_batch *batch = &runner->batch;
    const size_t at = lend(batch, len);
    const bool is_good = weir_quick_fill(runner, at, op->quick);
    len = take_again(batch, at);
    return is_good ? len : 0;
}

static __attribute__((noinline)) size_t add_room(weir_runner *runner, size_t len, size_t room)
{
    weir_batch *batch = &runner->batch;
    const size_t at = lend(batch, len);
    const bool is_good = len <= UINT32_MAX / 2 && weir_buf_reserve(&batch->bytes, room);
    len = take_again(batch, at);
    return is_good ? len : 0;
}

/* Columns of a list of levels. */
static inline bool put_levels(pour *p, const weir_mould_op *op)
{
    const weir_fit *fit = (const weir_fit *)(const void *)((const char *)p->fit + op->where);
    const weir_buf *bytes = &p->runner->batch.bytes;
    const size_t room = weir_mould_levels_room(&fit->lists[op->key]);
    if (__builtin_expect(bytes->cap - bytes->len < p->len + room || p->len > UINT32_MAX / 2, 0) &&
        !has_moved(p, add_room(p->runner, p->len, room)))
        return false;
    p->len = weir_mould_levels(op, fit, p->runner->quick.levels, p->record, p->len);
    return p->len > 0;
}

static __attribute__((noinline)) bool fill_slots(weir_runner *runner, const weir_mould *mould,
                                                 const weir_fit *fit)
{
    runner->input.data_slots = runner->slots;
    runner->input.item_slots = runner->item_slots;
    if (mould->has_roots) {
        weir_value *roots = runner->input.roots;
        const int64_t ns = runner->frame->received_ns;
        roots[WEIR_ROOT_DATA] = mould->roots[0];
        roots[WEIR_ROOT_ITEM] = mould->roots[1];
        roots[WEIR_ROOT_RECEIVED] = ns == 0 ? weir_value_none() : weir_value_timestamp(ns, 1);
    }
    for (size_t i = 0; i < mould->slot_count; i++) {
        const weir_mould_slot *s = &mould->slots[i];
        weir_value *slots = s->is_item ? runner->item_slots : runner->slots;
        slots[s->slot] = s->mark ? weir_fit_value(fit - s->is_outer, s->mark) : weir_value_absent();
    }
    return true;
}

/* ------------------------------------------------------------------ texts */

static inline weir_str text_of(const pour *p, const weir_mould_op *op)
{
    return weir_mould_text(p->fit, p->base, op);
}

/* The kind of the cell is part of the image. */
static inline bool put_copy(pour *p, const weir_mould *mould, const weir_mould_op *op,
                            weir_str text)
{
    if (__builtin_expect(text.len > TEXT_MAX, 0))
        return has_moved(p, add_long_text(p->runner, mould, op, p->len, text));
    char *cell = p->record + op->place;
    const uint32_t len = (uint32_t)text.len;
    const uint64_t at = p->len;
    weir_quick_copy(p->record + p->len, text.ptr, text.len);
    memcpy(cell + offsetof(weir_value, len), &len, sizeof len);
    memcpy(cell + offsetof(weir_value, bits), &at, sizeof at);
    p->len += text.len;
    return true;
}

static inline bool put_text(pour *p, const weir_mould *mould, const weir_mould_op *op)
{
    return put_copy(p, mould, op, text_of(p, op));
}

static inline bool put_stamp(const pour *p, const weir_mould_op *op)
{
    const weir_str text = text_of(p, op);
    int64_t ns;
    if (!weir_stamp_read(&p->runner->quick.stamp, text.ptr, text.len, &ns))
        return false;
    memcpy(p->record + op->place, &ns, sizeof ns);
    return true;
}

static inline bool put_seconds(const pour *p, const weir_mould_op *op)
{
    const weir_str text = text_of(p, op);
    int64_t ns;
    if (!weir_seconds_read(&p->runner->second, text.ptr, text.len, op->quick->scale, &ns))
        return false;
    memcpy(p->record + op->place, &ns, sizeof ns);
    return true;
}

static inline bool put_asset(const pour *p, const weir_mould_op *op)
{
    const weir_expr_world *world = p->runner->world;
    if (!world || !world->assets)
        return false;
    const weir_str text = text_of(p, op);
    const weir_asset *asset =
        weir_asset_at_hand(world->assets, (weir_asset_key)op->key, text.ptr, text.len);
    if (__builtin_expect(!asset, 0))
        return weir_mould_seek_asset(p->runner, p->fit, op, p->record);
    memcpy(p->record + op->place, &asset, sizeof asset);
    return true;
}

static inline bool put_equal(const pour *p, const weir_mould_op *op)
{
    enum { NOT = WEIR_MOULD_NOT };
    const weir_str text = text_of(p, op);
    const size_t len = op->key & ~(unsigned)NOT;
    const bool is_equal = text.len == len && weir_short_eq(weir_short_at(text.ptr, len), op->text);
    const weir_value cell = weir_value_bool(is_equal == !(op->key & NOT));
    memcpy(p->record + op->place, &cell, sizeof cell);
    return true;
}

static inline bool put_standard(pour *p, const weir_mould *mould, const weir_mould_op *op)
{
    const weir_str text = text_of(p, op);
    const weir_value *found =
        weir_mapping_known(op->quick->from->quick.value.p, text.ptr, text.len);
    if (!found || found->kind == WEIR_RAW || found->kind == WEIR_BIGINT)
        return false;
    memcpy(p->record + op->place, found, sizeof *found);
    return found->kind != WEIR_STR || put_copy(p, mould, op, weir_value_text(found));
}

static inline bool put_received(const pour *p, const weir_mould_op *op)
{
    const int64_t ns = p->runner->frame->received_ns;
    memcpy(p->record + op->place, &ns, sizeof ns);
    return ns != 0; /* received at no time that anybody knows: there is none */
}

/* ------------------------------------------------------------------ numbers */

/* Lanes that are not what they must be. */
static inline unsigned bad_lanes(const weir_mould_lanes *group, const weir_lanes *lanes)
{
    return (group->real & ~lanes->is_real) | (group->whole & ~lanes->is_whole) |
           (group->json & ~lanes->is_json);
}

/* Numbers that are too long for lanes, or have an exponent. False: one is none. */
static __attribute__((noinline)) bool read_singly(const weir_mould_lanes *group, weir_lanes *lanes)
{
    for (unsigned bad = bad_lanes(group, lanes); bad != 0; bad &= bad - 1) {
        const unsigned i = (unsigned)__builtin_ctz(bad), bit = 1u << i;
        const weir_str text = {lanes->at[i], lanes->len[i]};
        const weir_int_result whole = weir_int_parse_json(text, &lanes->whole[i]);
        lanes->is_whole &= ~bit;
        lanes->is_whole |= whole == WEIR_INT_OK ? bit : 0;
        if (!weir_double_parse_json(text, &lanes->real[i]) ||
            (whole == WEIR_INT_OVERFLOW && (group->either & bit)))
            return false;
        lanes->is_real |= bit;
        lanes->is_json |= bit;
    }
    return bad_lanes(group, lanes) == 0;
}

static inline bool is_good(const weir_mould_lanes *group, weir_lanes *lanes)
{
    return __builtin_expect(bad_lanes(group, lanes) == 0, 1) || read_singly(group, lanes);
}

/* There is one group at least. */
static inline bool are_good(const weir_mould *mould, weir_fit *fit)
{
    return is_good(&mould->lanes[0], &fit->lanes[0]) &&
           (mould->lanes[1].used == 0 || is_good(&mould->lanes[1], &fit->lanes[1]));
}

static inline uint64_t number_at(const pour *p, size_t from)
{
    uint64_t bits;
    memcpy(&bits, (const char *)p->fit + from, sizeof bits);
    return bits;
}

static inline void put_number(const pour *p, size_t place, uint64_t bits)
{
    memcpy(p->record + place, &bits, sizeof bits);
}

static inline bool put_numbers(const pour *p, const weir_mould_op *op, size_t count)
{
    for (size_t i = 0; i < count; i++)
        put_number(p, op->to[i], number_at(p, op->from[i]));
    return true;
}

/* One of them is negative. -0 without a point is a whole number, and that is 0. */
static __attribute__((noinline)) bool put_negative(const weir_fit *fit, const weir_mould_op *op,
                                                   char *record, size_t count)
{
    enum { LANES = offsetof(weir_fit, lanes), REAL = offsetof(weir_lanes, real) };
    for (size_t i = 0; i < count; i++) {
        const weir_lanes *lanes = &fit->lanes[(op->from[i] - LANES) / sizeof(weir_lanes)];
        const size_t lane = ((op->from[i] - LANES) % sizeof(weir_lanes) - REAL) / sizeof(double);
        const double real = lanes->real[lane];
        const double number = real == 0 && lanes->is_whole >> lane & 1 ? 0 : real;
        memcpy(record + op->to[i], &number, sizeof number);
    }
    return true;
}

static inline bool put_bare(const pour *p, const weir_mould_op *op, size_t count)
{
    uint64_t bits[4], all = 0;
    for (size_t i = 0; i < count; i++)
        all |= bits[i] = number_at(p, op->from[i]);
    if (__builtin_expect((int64_t)all < 0, 0))
        return put_negative(p->fit, op, p->record, count);
    for (size_t i = 0; i < count; i++)
        put_number(p, op->to[i], bits[i]);
    return true;
}

static inline bool put_as_is(const pour *p, const weir_mould_op *op)
{
    enum { REAL_TO_WHOLE = offsetof(weir_lanes, whole) - offsetof(weir_lanes, real) };
    unsigned mask;
    memcpy(&mask, (const char *)p->fit + op->from[1], sizeof mask);
    const size_t whole = mask >> op->key & 1;
    weir_value cell = {.kind = (uint8_t)(whole ? WEIR_INT : WEIR_FLOAT)};
    cell.bits = number_at(p, op->from[0] + whole * REAL_TO_WHOLE);
    memcpy(p->record + op->place, &cell, sizeof cell);
    return true;
}

/* False: it is out of range. */
static inline bool put_epoch(const pour *p, const weir_mould_op *op)
{
    int64_t ns;
    if (__builtin_mul_overflow((int64_t)number_at(p, op->quote), op->scale, &ns) ||
        ns == WEIR_NO_TIME)
        return false;
    memcpy(p->record + op->place, &ns, sizeof ns);
    return true;
}

/* ------------------------------------------------------------------ records */

static inline bool begin(pour *p, const weir_mould *mould)
{
    weir_buf *bytes = &p->runner->batch.bytes;
    const weir_runner_frame *frame = p->runner->frame;
    if (__builtin_expect(bytes->cap - bytes->len < mould->room, 0) &&
        !weir_buf_reserve(bytes, mould->room))
        return false;
    char *to = bytes->ptr + bytes->len;
    const char *from = mould->image;
    p->record = to;
    p->len = mould->image_len;
    size_t at = 0;
    do { /* there is a head, at least */
        memcpy(to + at, from + at, WEIR_MOULD_BLOCK);
        at += WEIR_MOULD_BLOCK;
    } while (at < p->len);
    ((weir_record *)(void *)p->record)->received_ns = frame->received_ns;
    ((weir_record *)(void *)p->record)->frame = frame->number;
    return true;
}

static inline void commit(const pour *p, size_t channel)
{
    weir_runner *runner = p->runner;
    static const char zeros[BLOCK];
    memcpy(p->record + p->len, zeros, BLOCK);
    const size_t len = (p->len + BLOCK - 1) & ~(size_t)(BLOCK - 1);
    ((weir_record *)(void *)p->record)->size = (uint32_t)len;
    runner->batch.bytes.len += len;
    runner->batch.count++;
    runner->counters.records_out++;
    runner->counters.by_channel[channel]++;
}

/* An operation that is done, and the jump to the next one. */
#define STEP(label, is_done)                                                                       \
    label:                                                                                         \
    if (__builtin_expect(!(is_done), 0))                                                           \
        return false;                                                                              \
    goto *ways[(++op)->code]

bool weir_mould_make(weir_runner *runner, const weir_mould *mould, weir_fit *fit)
{
    static const void *const ways[WEIR_MOULD_CODES] = {
        &&text,      &&stamp,    &&seconds,  &&asset, &&equal, &&standard, &&levels, &&levels,
        &&levels,    &&slots,    &&received, &&other, &&read,  &&four,     &&two,    &&one,
        &&bare_four, &&bare_two, &&bare_one, &&as_is, &&epoch, &&end};
    pour p = {.runner = runner, .fit = fit, .base = fit->base};
    const weir_mould_op *op = mould->ops;
    if (!begin(&p, mould))
        return false;
    goto *ways[op->code];
    STEP(text, put_text(&p, mould, op));
    STEP(stamp, put_stamp(&p, op));
    STEP(seconds, put_seconds(&p, op));
    STEP(asset, put_asset(&p, op));
    STEP(equal, put_equal(&p, op));
    STEP(standard, put_standard(&p, mould, op));
    STEP(levels, put_levels(&p, op));
    STEP(slots, fill_slots(runner, mould, fit));
    STEP(received, put_received(&p, op));
    STEP(other, has_moved(&p, add_other(runner, op, p.len)));
    STEP(read, are_good(mould, fit));
    STEP(four, put_numbers(&p, op, 4));
    STEP(two, put_numbers(&p, op, 2));
    STEP(one, put_numbers(&p, op, 1));
    STEP(bare_four, put_bare(&p, op, 4));
    STEP(bare_two, put_bare(&p, op, 2));
    STEP(bare_one, put_bare(&p, op, 1));
    STEP(as_is, put_as_is(&p, op));
    STEP(epoch, put_epoch(&p, op));
end:
    commit(&p, op->place);
    return true;
}
