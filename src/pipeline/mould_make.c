/* SPDX-License-Identifier: MIT */
/*
 * A record of a message that fits a mould: a copy of the mould's image, and then operation by
 * operation what is not always the same. Each operation knows where the next one begins and ends
 * with a jump there, and all that is made stays in registers; what is seldom to be done instead is
 * a function of its own that goes on behind it. Numbers take long to be ready: they are begun
 * first, and are copied last.
 */
#include <stddef.h>

#include "pipeline/mould_parts.h"
#include "pipeline/stamp.h"
#include "util/number.h"
#include "value/mapping.h"

/* A record that is made, behind the end of the batch, and its length so far. */
typedef struct made {
    char *record;
    size_t len;
} made;

enum { BLOCK = WEIR_QUICK_BLOCK, TEXT_MAX = WEIR_QUICK_TEXT_ROOM };

/* Does an operation and all that come behind it. False: the record is not made. */
static bool run(weir_runner *runner, const weir_mould_op *op, weir_fit *fit, made m);

static inline bool go_on(weir_runner *runner, const weir_mould_op *op, weir_fit *fit, made m)
{
    return run(runner, op + 1, fit, m);
}

/* ------------------------------------------------------------------ what adds to the batch */

/* Lets the batch have the record as it is, for those who add to it there, and takes it back. */
static inline size_t lend(weir_batch *batch, size_t len)
{
    const size_t at = batch->bytes.len;
    batch->open_at = at;
    batch->bytes.len = at + len;
    return at;
}

/* They may have moved the record, and given it another length; 0: it was in vain. */
static inline made take_again(weir_batch *batch, size_t at, bool is_good)
{
    const size_t len = batch->bytes.len - at;
    batch->bytes.len = at;
    batch->open_at = SIZE_MAX;
    return (made){batch->bytes.ptr + at, is_good ? len : 0};
}

/* There is room for one text of usual length per column, and behind a longer one again. Whether it
 * is ASCII the cell says: a text of the frame is, one of a mapping need not be. */
static __attribute__((noinline)) made add_long_text(weir_runner *runner, const weir_mould_op *op,
                                                    made m, weir_str text)
{
    weir_batch *batch = &runner->batch;
    const size_t at = lend(batch, m.len);
    const weir_value *cell = (const weir_value *)(const void *)(batch->bytes.ptr + at + op->place);
    const weir_value v =
        weir_scan_span(WEIR_STR, cell->flags & WEIR_VALUE_ASCII, 0, text.ptr, text.ptr + text.len);
    return take_again(batch, at,
                      weir_batch_set(batch, (size_t)op->quick->column, &v) &&
                          weir_buf_reserve(&batch->bytes, op->room));
}

static __attribute__((noinline)) made add_room(weir_runner *runner, made m, size_t room)
{
    weir_batch *batch = &runner->batch;
    const size_t at = lend(batch, m.len);
    return take_again(batch, at, m.len <= UINT32_MAX / 2 && weir_buf_reserve(&batch->bytes, room));
}

/* As pipeline/quick.c does it, from slots. */
static __attribute__((noinline)) made add_other(weir_runner *runner, const weir_mould_op *op,
                                                made m)
{
    const size_t at = lend(&runner->batch, m.len);
    const bool is_good = weir_quick_fill(runner, at, op->quick);
    return take_again(&runner->batch, at, is_good);
}

/* Columns of a list of levels. */
static inline made add_levels(weir_runner *runner, const weir_mould_op *op, const weir_fit *fit,
                              made m)
{
    const weir_fit *of = (const weir_fit *)(const void *)((const char *)fit + op->where);
    const weir_buf *bytes = &runner->batch.bytes;
    const size_t room = weir_mould_levels_room(&of->lists[op->key]);
    if (__builtin_expect(bytes->cap - bytes->len < m.len + room || m.len > UINT32_MAX / 2, 0)) {
        m = add_room(runner, m, room);
        if (m.len == 0)
            return m;
    }
    return (made){m.record, weir_mould_levels(op, of, runner->quick.levels, m.record, m.len)};
}

static __attribute__((noinline)) void fill_slots(weir_runner *runner, const weir_mould *mould,
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
}

/* ------------------------------------------------------------------ texts */

static inline weir_str text_of(const weir_fit *fit, const weir_mould_op *op)
{
    return weir_mould_text(fit, fit->base, op);
}

/* The kind of the cell is part of the image. */
static inline void put_copy(const weir_mould_op *op, made *m, weir_str text)
{
    char *cell = m->record + op->place;
    const uint32_t len = (uint32_t)text.len;
    const uint64_t at = m->len;
    weir_quick_copy(m->record + m->len, text.ptr, text.len);
    memcpy(cell + offsetof(weir_value, len), &len, sizeof len);
    memcpy(cell + offsetof(weir_value, bits), &at, sizeof at);
    m->len += text.len;
}

static inline bool put_text(const weir_mould_op *op, const weir_fit *fit, made *m)
{
    const weir_str text = text_of(fit, op);
    if (text.len > TEXT_MAX)
        return false;
    put_copy(op, m, text);
    return true;
}

static __attribute__((noinline)) bool make_long_text(weir_runner *runner, const weir_mould_op *op,
                                                     weir_fit *fit, made m)
{
    m = add_long_text(runner, op, m, text_of(fit, op));
    return m.len > 0 && go_on(runner, op, fit, m);
}

static inline bool put_stamp(const weir_runner *runner, const weir_mould_op *op,
                             const weir_fit *fit, made m)
{
    const weir_str text = text_of(fit, op);
    int64_t ns;
    if (!weir_stamp_known(&runner->quick.stamp, text.ptr, text.len, &ns))
        return false;
    memcpy(m.record + op->place, &ns, sizeof ns);
    return true;
}

static __attribute__((noinline)) bool make_stamp_anew(weir_runner *runner, const weir_mould_op *op,
                                                      weir_fit *fit, made m)
{
    int64_t ns;
    if (!weir_stamp_read_anew(&runner->quick.stamp, text_of(fit, op), &ns))
        return false;
    memcpy(m.record + op->place, &ns, sizeof ns);
    return go_on(runner, op, fit, m);
}

static inline bool put_seconds(const weir_runner *runner, const weir_mould_op *op,
                               const weir_fit *fit, made m)
{
    const weir_str text = text_of(fit, op);
    int64_t ns;
    if (!weir_seconds_known(&runner->second, text.ptr, text.len, op->quick->scale, &ns))
        return false;
    memcpy(m.record + op->place, &ns, sizeof ns);
    return true;
}

static __attribute__((noinline)) bool
make_seconds_anew(weir_runner *runner, const weir_mould_op *op, weir_fit *fit, made m)
{
    int64_t ns;
    if (!weir_seconds_read_anew(&runner->second, text_of(fit, op), op->quick->scale, &ns))
        return false;
    memcpy(m.record + op->place, &ns, sizeof ns);
    return go_on(runner, op, fit, m);
}

static inline bool put_asset(const weir_runner *runner, const weir_mould_op *op,
                             const weir_fit *fit, made m)
{
    const weir_str text = text_of(fit, op);
    const weir_asset_place *place =
        weir_asset_at_hand(runner->world->assets, (weir_asset_key)op->key, text.ptr, text.len);
    if (!place)
        return false;
    memcpy(m.record + op->place, &place->asset, sizeof place->asset);
    return true;
}

static __attribute__((noinline)) bool make_asset_anew(weir_runner *runner, const weir_mould_op *op,
                                                      weir_fit *fit, made m)
{
    const weir_asset *asset =
        weir_asset_cached(runner->world->assets, (weir_asset_key)op->key, text_of(fit, op));
    memcpy(m.record + op->place, &asset, sizeof asset);
    return asset && go_on(runner, op, fit, m);
}

static inline void put_equal(const weir_mould_op *op, const weir_fit *fit, made m)
{
    enum { NOT = WEIR_MOULD_NOT };
    const weir_str text = text_of(fit, op);
    const size_t len = op->key & ~(unsigned)NOT;
    const bool is_equal = text.len == len && weir_short_eq(weir_short_at(text.ptr, len), op->text);
    const weir_value cell = weir_value_bool(is_equal == !(op->key & NOT));
    memcpy(m.record + op->place, &cell, sizeof cell);
}

static inline made add_standard(weir_runner *runner, const weir_mould_op *op, const weir_fit *fit,
                                made m)
{
    const weir_str text = text_of(fit, op);
    const weir_value *found =
        weir_mapping_known(op->quick->from->quick.value.p, text.ptr, text.len);
    if (!found || found->kind == WEIR_RAW || found->kind == WEIR_BIGINT)
        return (made){0};
    memcpy(m.record + op->place, found, sizeof *found);
    if (found->kind != WEIR_STR)
        return m;
    if (__builtin_expect(found->len > TEXT_MAX, 0))
        return add_long_text(runner, op, m, weir_value_text(found));
    put_copy(op, &m, weir_value_text(found));
    return m;
}

/* Received at no time that anybody knows: there is none. */
static inline bool put_received(const weir_runner *runner, const weir_mould_op *op, made m)
{
    const int64_t ns = runner->frame->received_ns;
    memcpy(m.record + op->place, &ns, sizeof ns);
    return ns != 0;
}

/* ------------------------------------------------------------------ numbers */

static inline uint64_t number_at(const weir_fit *fit, size_t from)
{
    uint64_t bits;
    memcpy(&bits, (const char *)fit + from, sizeof bits);
    return bits;
}

/* Numbers of neighbouring lanes go into the cells of neighbouring columns. */
static inline void put_numbers(const weir_mould_op *op, const weir_fit *fit, made m, size_t count)
{
    const char *from = (const char *)fit + op->quote;
    char *to = m.record + op->place;
    for (size_t i = 0; i < count; i++)
        memcpy(to + i * sizeof(weir_value), from + i * sizeof(double), sizeof(double));
}

/* A price and its size. */
static inline void put_level(const weir_mould_op *op, const weir_fit *fit, made m)
{
    memcpy(m.record + op->place, (const char *)fit + op->quote, sizeof(weir_level));
}

/* One of them is negative. -0 without a point is a whole number, and that is 0. */
static __attribute__((noinline)) bool make_negative(weir_runner *runner, const weir_mould_op *op,
                                                    weir_fit *fit, made m)
{
    enum { LANES = offsetof(weir_fit, lanes), REAL = offsetof(weir_lanes, real) };
    const weir_lanes *lanes = &fit->lanes[(op->quote - LANES) / sizeof(weir_lanes)];
    const size_t first = ((op->quote - LANES) % sizeof(weir_lanes) - REAL) / sizeof(double);
    const size_t count = op->code - WEIR_MOULD_BARE_ONE + 1;
    for (size_t i = 0; i < count; i++) {
        const size_t lane = first + i;
        const double real = lanes->real[lane];
        const double number = real == 0 && lanes->is_whole >> lane & 1 ? 0 : real;
        memcpy(m.record + op->place + i * sizeof(weir_value), &number, sizeof number);
    }
    return go_on(runner, op, fit, m);
}

/* All are loaded before one is stored, which might be to where the next is, for all that is known.
 */
static inline bool put_bare(const weir_mould_op *op, const weir_fit *fit, made m, size_t count)
{
    uint64_t bits[4], all = 0;
    for (size_t i = 0; i < count; i++)
        all |= bits[i] = number_at(fit, op->quote + i * sizeof *bits);
    if ((int64_t)all < 0)
        return false;
    char *to = m.record + op->place;
    for (size_t i = 0; i < count; i++)
        memcpy(to + i * sizeof(weir_value), &bits[i], sizeof *bits);
    return true;
}

/* It may be out of range. No product is WEIR_NO_TIME, for scales are of whole tens. */
static inline bool put_epoch(const weir_mould_op *op, const weir_fit *fit, made m)
{
    int64_t ns;
    if (__builtin_mul_overflow((int64_t)number_at(fit, op->quote), op->scale, &ns))
        return false;
    memcpy(m.record + op->place, &ns, sizeof ns);
    return true;
}

/* ... in ns. */
static inline bool put_nanoseconds(const weir_mould_op *op, const weir_fit *fit, made m)
{
    const int64_t ns = (int64_t)number_at(fit, op->quote);
    memcpy(m.record + op->place, &ns, sizeof ns);
    return ns != WEIR_NO_TIME;
}

/* ------------------------------------------------------------------ records */

static inline void copy_piece(char *to, const char *from, size_t i)
{
    enum { PIECE = WEIR_MOULD_PIECE };
    memcpy(to + i * PIECE, from + i * PIECE, PIECE);
}

/* What is the same in all records, in pieces of which a head takes two; and the frame. */
static inline void put_image(const weir_runner *runner, const weir_mould_op *op, made m,
                             size_t pieces)
{
    weir_record *record = (weir_record *)(void *)m.record;
    const weir_runner_frame *frame = runner->frame;
    const char *image = op->image;
    copy_piece(m.record, image, 0);
    copy_piece(m.record, image, 1);
    record->received_ns = frame->received_ns;
    record->frame = frame->number;
    if (pieces > 2)
        copy_piece(m.record, image, 2);
    if (pieces > 3)
        copy_piece(m.record, image, 3);
    if (pieces > 4)
        copy_piece(m.record, image, 4);
    for (size_t i = 5; i < pieces; i++)
        copy_piece(m.record, image, i);
}

/* Zeros behind what was put behind the cells; the record's size. */
static inline size_t finish(made m)
{
    static const char zeros[BLOCK];
    memcpy(m.record + m.len, zeros, BLOCK);
    const size_t size = (m.len + BLOCK - 1) & ~(size_t)(BLOCK - 1);
    ((weir_record *)(void *)m.record)->size = (uint32_t)size;
    return size;
}

/* ------------------------------------------------------------------ lanes */

/* Lanes that are not what they are mostly. */
static inline unsigned odd_lanes(const weir_mould_lanes *group, const weir_lanes *lanes)
{
    return (group->usual & ~lanes->is_real) | (group->kinds & (group->wholes ^ lanes->is_whole)) |
           (group->json & ~lanes->is_json);
}

/* Lanes that are not what they must be. */
static unsigned bad_lanes(const weir_mould_lanes *group, const weir_lanes *lanes)
{
    return (group->real & ~lanes->is_real) | (group->whole & ~lanes->is_whole) |
           (group->either & ~(lanes->is_real | lanes->is_whole)) | (group->json & ~lanes->is_json);
}

/* Numbers that are too long for lanes, or have an exponent. False: one is none. */
static bool read_singly(const weir_mould_lanes *group, weir_lanes *lanes)
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

/* A column that takes a number as it is, whole or not; the image has it as it was once. */
static void put_as_given(const weir_fit *fit, const weir_mould_put *put, char *record)
{
    const weir_lanes *lanes = &fit->lanes[put->lane / WEIR_LANES];
    const size_t lane = put->lane % WEIR_LANES;
    weir_value cell = {.kind = WEIR_FLOAT};
    cell.f = lanes->real[lane];
    if (lanes->is_whole >> lane & 1) {
        cell.kind = WEIR_INT;
        cell.i = lanes->whole[lane];
    }
    memcpy(record + put->place, &cell, sizeof cell);
}

/* Numbers are of another kind than most of the time, or were not read with the others. */
static __attribute__((noinline)) bool make_oddly(weir_runner *runner, const weir_mould_op *op,
                                                 weir_fit *fit, made m)
{
    const weir_mould *mould = op->mould;
    const weir_buf *bytes = &runner->batch.bytes;
    const size_t at = bytes->len;
    for (size_t i = 0; i < WEIR_MOULD_LANES && mould->lanes[i].used > 0; i++)
        if (!read_singly(&mould->lanes[i], &fit->lanes[i]))
            return false;
    if (!go_on(runner, op, fit, m))
        return false;
    for (size_t i = 0; i < mould->put_count; i++)
        if (mould->puts[i].use == WEIR_MOULD_AS_GIVEN)
            put_as_given(fit, &mould->puts[i], bytes->ptr + at);
    return true;
}

static inline bool lanes_are(const weir_mould_op *op, const weir_fit *fit)
{
    return odd_lanes(&op->mould->lanes[0], &fit->lanes[0]) == 0;
}

static inline bool both_are(const weir_mould_op *op, const weir_fit *fit)
{
    return (odd_lanes(&op->mould->lanes[0], &fit->lanes[0]) |
            odd_lanes(&op->mould->lanes[1], &fit->lanes[1])) == 0;
}

/* ------------------------------------------------------------------ operations */

/* All operations are told where they begin; the first one is LINK, once. */
static bool tell_ways(weir_mould_op *op, const void *const *ways)
{
    op->code = op->key;
    do
        op->way = ways[op->code];
    while (op++->code < WEIR_MOULD_END);
    return true;
}

/* An operation, and what is done instead when it was in vain. */
#define STEP(label, is_done, instead)                                                              \
    label:                                                                                         \
    if (__builtin_expect(!(is_done), 0))                                                           \
        return instead;                                                                            \
    goto *(++op)->way
/* One that is never in vain. */
#define SIMPLE(label, what)                                                                        \
    label:                                                                                         \
    what;                                                                                          \
    goto *(++op)->way
/* One that may move the record, and gives its length; 0: it was in vain. */
#define ADD(label, what)                                                                           \
    label:                                                                                         \
    m = what;                                                                                      \
    if (__builtin_expect(m.len == 0, 0))                                                           \
        return false;                                                                              \
    goto *(++op)->way

static __attribute__((noinline)) bool run(weir_runner *runner, const weir_mould_op *op,
                                          weir_fit *fit, made m)
{
    static const void *const ways[WEIR_MOULD_CODES] = {
        &&link,      &&none,    &&lanes_are, &&both_are,    &&image,    &&image_3,  &&image_4,
        &&image_5,   &&image_6, &&text,      &&stamp,       &&seconds,  &&asset,    &&equal,
        &&standard,  &&levels,  &&levels,    &&levels,      &&slots,    &&received, &&other,
        &&one,       &&two,     &&three,     &&four,        &&bare_one, &&bare_two, &&bare_three,
        &&bare_four, &&level,   &&epoch,     &&nanoseconds, &&end,      &&end_as_is};
    goto *ways[op->code];
link:
    return tell_ways((weir_mould_op *)op, ways); /* weir_mould_link's */
    SIMPLE(none, (void)0);
    STEP(lanes_are, lanes_are(op, fit), make_oddly(runner, op, fit, m));
    STEP(both_are, both_are(op, fit), make_oddly(runner, op, fit, m));
    SIMPLE(image, put_image(runner, op, m, op->pieces));
    SIMPLE(image_3, put_image(runner, op, m, 3));
    SIMPLE(image_4, put_image(runner, op, m, 4));
    SIMPLE(image_5, put_image(runner, op, m, 5));
    SIMPLE(image_6, put_image(runner, op, m, 6));
    STEP(text, put_text(op, fit, &m), make_long_text(runner, op, fit, m));
    STEP(stamp, put_stamp(runner, op, fit, m), make_stamp_anew(runner, op, fit, m));
    STEP(seconds, put_seconds(runner, op, fit, m), make_seconds_anew(runner, op, fit, m));
    STEP(asset, put_asset(runner, op, fit, m), make_asset_anew(runner, op, fit, m));
    SIMPLE(equal, put_equal(op, fit, m));
    ADD(standard, add_standard(runner, op, fit, m));
    ADD(levels, add_levels(runner, op, fit, m));
    SIMPLE(slots, fill_slots(runner, op->mould, fit));
    STEP(received, put_received(runner, op, m), false);
    ADD(other, add_other(runner, op, m));
    SIMPLE(one, put_numbers(op, fit, m, 1));
    SIMPLE(two, put_numbers(op, fit, m, 2));
    SIMPLE(three, put_numbers(op, fit, m, 3));
    SIMPLE(four, put_numbers(op, fit, m, 4));
    STEP(bare_one, put_bare(op, fit, m, 1), make_negative(runner, op, fit, m));
    STEP(bare_two, put_bare(op, fit, m, 2), make_negative(runner, op, fit, m));
    STEP(bare_three, put_bare(op, fit, m, 3), make_negative(runner, op, fit, m));
    STEP(bare_four, put_bare(op, fit, m, 4), make_negative(runner, op, fit, m));
    SIMPLE(level, put_level(op, fit, m));
    STEP(epoch, put_epoch(op, fit, m), false);
    STEP(nanoseconds, put_nanoseconds(op, fit, m), false);
end:
    weir_mould_count(runner, op->place, finish(m));
    return true;
end_as_is: /* of a record behind which nothing was put: the image has its size */
    weir_mould_count(runner, op->place, op->room);
    return true;
}

/* ------------------------------------------------------------------ messages */

void weir_mould_link(weir_mould_op *ops)
{
    run(NULL, ops, NULL, (made){0});
}

static __attribute__((noinline)) bool make_room(weir_runner *runner, const weir_mould *mould,
                                                weir_fit *fit)
{
    const weir_buf *bytes = &runner->batch.bytes;
    return weir_buf_reserve(&runner->batch.bytes, mould->room) &&
           run(runner, mould->ops, fit, (made){bytes->ptr + bytes->len, mould->image_len});
}

bool weir_mould_make(weir_runner *runner, const weir_mould *mould, weir_fit *fit)
{
    const weir_buf *bytes = &runner->batch.bytes;
    for (size_t i = 0; i < WEIR_MOULD_LANES && mould->lanes[i].used > 0; i++)
        runner->quick.read(&fit->lanes[i], mould->lanes[i].used);
    if (__builtin_expect(bytes->cap - bytes->len < mould->room, 0))
        return make_room(runner, mould, fit);
    return run(runner, mould->ops, fit, (made){bytes->ptr + bytes->len, mould->image_len});
}
