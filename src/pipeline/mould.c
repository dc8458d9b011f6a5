/* SPDX-License-Identifier: MIT */
/*
 * Pouring: a frame whose form is known becomes records, straight from its text. The numbers of a
 * record are read in lanes, side by side; if one of them is none, or anything else is not as the
 * mould has it, all records of the frame are taken back.
 */
#include "pipeline/mould_parts.h"
#include "pipeline/quick_rows.h"
#include "pipeline/stamp.h"
#include "util/number.h"

#include <stdlib.h>

enum { BLOCK = WEIR_QUICK_BLOCK, TEXT_MAX = WEIR_QUICK_TEXT_ROOM };

void weir_mould_free(weir_mould *mould)
{
    if (!mould)
        return;
    weir_moulds_fini(&mould->items);
    weir_stencil_free(mould->stencil);
    free(mould->image);
    free(mould->ops);
    free(mould->slots);
    free(mould->pins);
    free(mould->puts);
    free(mould);
}

void weir_moulds_fini(weir_moulds *moulds)
{
    for (size_t i = 0; i < moulds->count; i++)
        weir_mould_free(moulds->list[i]);
    free(moulds->list);
    moulds->list = NULL;
    moulds->count = 0;
    moulds->last = 0;
}

/* ------------------------------------------------------------------ which one */

static inline bool is_tried(weir_moulds *moulds)
{
    moulds->is_wanting = false;
    if (weir_trial_is_due(&moulds->trial) && weir_trial_look_back(&moulds->trial))
        weir_moulds_fini(moulds);
    return weir_trial_is_on(&moulds->trial);
}

weir_mould *weir_moulds_find(weir_moulds *moulds, weir_cursor p, weir_fit *fit)
{
    if (moulds->count == 0)
        return NULL;
    weir_mould *before = moulds->list[moulds->last];
    weir_json_index *index = fit->index;
    const unsigned lists = index->list_count;
    const size_t levels = index->level_count;
    size_t i = before->next;
    for (size_t tried = 0; tried < moulds->count; tried++) {
        if (__builtin_expect(weir_stencil_fit(moulds->list[i]->stencil, p, fit), 1)) {
            before->next = i;
            moulds->last = i;
            return moulds->list[i];
        }
        index->list_count = lists; /* what it has found is not to be found, and kept, again */
        index->level_count = levels;
        i = i + 1 == moulds->count ? 0 : i + 1;
    }
    return NULL;
}

/* ------------------------------------------------------------------ columns */

/* A record that is made, behind the end of the batch. */
typedef struct pour {
    weir_runner *runner;
    char *record;
    size_t len;              /* of the record so far */
    size_t room;             /* bytes that there is memory for */
    const weir_fit *fits[2]; /* of the message or element, and of the message around it */
} pour;

static bool put_long_text(pour *p, const weir_mould_op *op, const char *from, size_t len);

static inline bool put_text(pour *p, const weir_mould_op *op, const char *from, size_t len)
{
    if (__builtin_expect(len > TEXT_MAX || p->room - p->len < TEXT_MAX + BLOCK, 0))
        return put_long_text(p, op, from, len);
    weir_quick_copy(p->record + p->len, from, len);
    weir_value cell = weir_scan_span(WEIR_STR, WEIR_VALUE_ASCII, 0, from, from + len);
    cell.bits = p->len;
    memcpy(p->record + op->place, &cell, sizeof cell);
    p->len += len;
    return true;
}

static inline bool put_asset(const pour *p, const weir_mould_op *op, const char *from, size_t len)
{
    const weir_expr_world *world = p->runner->world;
    if (!world || !world->assets)
        return false;
    const weir_asset *asset = weir_asset_known(world->assets, (weir_asset_key)op->key, from, len);
    memcpy(p->record + op->place, &asset, sizeof asset);
    return asset != NULL;
}

static inline bool put_stamp(const pour *p, const weir_mould_op *op, const char *from, size_t len)
{
    int64_t ns;
    if (!weir_stamp_read(&p->runner->quick.stamp, from, len, &ns))
        return false;
    memcpy(p->record + op->place, &ns, sizeof ns);
    return true;
}

static inline bool put_seconds(const pour *p, const weir_mould_op *op, const char *from, size_t len)
{
    int64_t ns;
    if (!weir_seconds_read(&p->runner->second, from, len, op->quick->scale, &ns))
        return false;
    memcpy(p->record + op->place, &ns, sizeof ns);
    return true;
}

static inline bool put_received(const pour *p, const weir_mould_op *op)
{
    const int64_t ns = p->runner->frame->received_ns;
    memcpy(p->record + op->place, &ns, sizeof ns);
    return ns != 0; /* received at no time that anybody knows: there is none */
}

/* Lets the batch have the record as it is, for those who add to it there, and takes it back. */
static inline size_t lend(const pour *p)
{
    weir_batch *batch = &p->runner->batch;
    const size_t at = batch->bytes.len;
    batch->open_at = at;
    batch->bytes.len = at + p->len;
    return at;
}

static inline void take_again(pour *p, size_t at)
{
    weir_batch *batch = &p->runner->batch;
    p->record = batch->bytes.ptr + at;
    p->len = batch->bytes.len - at;
    p->room = batch->bytes.cap - at;
    batch->bytes.len = at;
    batch->open_at = SIZE_MAX;
}

static __attribute__((noinline)) bool put_long_text(pour *p, const weir_mould_op *op,
                                                    const char *from, size_t len)
{
    const weir_value v = weir_scan_span(WEIR_STR, WEIR_VALUE_ASCII, 0, from, from + len);
    const size_t at = lend(p);
    const bool is_good = weir_batch_set(&p->runner->batch, (size_t)op->quick->column, &v);
    take_again(p, at);
    return is_good;
}

static __attribute__((noinline)) bool put_other(pour *p, const weir_mould_op *op)
{
    const size_t at = lend(p);
    const bool is_good = weir_quick_fill(p->runner, at, op->quick);
    take_again(p, at);
    return is_good;
}

static inline bool put_column(pour *p, const weir_mould_op *op)
{
    const weir_fit *fit = p->fits[op->is_outer];
    const uint32_t *quote = fit->where[op->where] + op->quote;
    const char *from = fit->base + quote[0] + 1;
    const size_t len = quote[1] - quote[0] - 1;
    switch ((weir_mould_code)op->code) {
    case WEIR_MOULD_TEXT: return put_text(p, op, from, len);
    case WEIR_MOULD_ASSET: return put_asset(p, op, from, len);
    case WEIR_MOULD_STAMP: return put_stamp(p, op, from, len);
    case WEIR_MOULD_SECONDS: return put_seconds(p, op, from, len);
    case WEIR_MOULD_RECEIVED: return put_received(p, op);
    case WEIR_MOULD_OTHER: return put_other(p, op);
    }
    return false;
}

/* ------------------------------------------------------------------ numbers */

static inline void put_value(char *at, const void *value)
{
    memcpy(at, value, sizeof(uint64_t));
}

/* False: a time that is out of range. */
static inline bool put_lane(char *record, const weir_mould_put *put, const weir_lanes *lanes)
{
    const unsigned i = put->lane;
    const bool is_whole = lanes->is_whole >> i & 1;
    char *at = record + put->place;
    double real;
    int64_t ns;
    weir_value cell;
    switch ((weir_mould_use)put->use) {
    case WEIR_MOULD_REAL: put_value(at, &lanes->real[i]); return true;
    case WEIR_MOULD_BARE_REAL:
        real = is_whole ? (double)lanes->whole[i] : lanes->real[i];
        put_value(at, &real);
        return true;
    case WEIR_MOULD_WHOLE: put_value(at, &lanes->whole[i]); return true;
    case WEIR_MOULD_AS_IS:
        cell = is_whole ? weir_value_int(lanes->whole[i]) : weir_value_float(lanes->real[i]);
        memcpy(at, &cell, sizeof cell);
        return true;
    case WEIR_MOULD_EPOCH:
        if (__builtin_mul_overflow(lanes->whole[i], put->scale, &ns) || ns == WEIR_NO_TIME)
            return false;
        put_value(at, &ns);
        return true;
    }
    return false;
}

/* Lanes that are not what they must be. */
static inline unsigned bad_lanes(const weir_mould_lanes *group, const weir_lanes *lanes)
{
    return (group->real & ~lanes->is_real) | (group->whole & ~lanes->is_whole) |
           (group->either & ~(lanes->is_whole | lanes->is_real)) | (group->json & ~lanes->is_json);
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

/* What has been read becomes cells. */
static inline bool put_lanes(const weir_mould_lanes *group, weir_lanes *lanes, char *record)
{
    if (__builtin_expect(bad_lanes(group, lanes) != 0, 0) && !read_singly(group, lanes))
        return false;
    const weir_mould_put *put = group->puts;
    for (const weir_mould_put *const end = put + group->real_count; put < end; put++)
        put_value(record + put->place, &lanes->real[put->lane]);
    for (const weir_mould_put *const end = group->puts + group->put_count; put < end; put++)
        if (__builtin_expect(!put_lane(record, put, lanes), 0))
            return false;
    return true;
}

/* ------------------------------------------------------------------ records */

static __attribute__((noinline)) void fill_slots(const pour *p, const weir_mould *mould)
{
    weir_runner *runner = p->runner;
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
        slots[s->slot] =
            s->mark ? weir_fit_value(p->fits[s->is_outer], s->mark) : weir_value_absent();
    }
}

static inline bool begin(pour *p, const weir_mould *mould)
{
    weir_buf *bytes = &p->runner->batch.bytes;
    const weir_runner_frame *frame = p->runner->frame;
    if (__builtin_expect(bytes->cap - bytes->len < mould->room || bytes->failed, 0) &&
        !weir_buf_reserve(bytes, mould->room))
        return false;
    p->record = bytes->ptr + bytes->len;
    p->room = bytes->cap - bytes->len;
    p->len = mould->image_len;
    for (size_t i = 0; i < mould->image_len; i += WEIR_MOULD_BLOCK)
        memcpy(p->record + i, mould->image + i, WEIR_MOULD_BLOCK);
    ((weir_record *)(void *)p->record)->received_ns = frame->received_ns;
    ((weir_record *)(void *)p->record)->frame = frame->number;
    return true;
}

static inline void commit(const pour *p, const weir_mould *mould)
{
    weir_runner *runner = p->runner;
    static const char zeros[BLOCK];
    memcpy(p->record + p->len, zeros, BLOCK);
    const size_t len = (p->len + BLOCK - 1) & ~(size_t)(BLOCK - 1);
    ((weir_record *)(void *)p->record)->size = (uint32_t)len;
    runner->batch.bytes.len += len;
    runner->batch.count++;
    runner->counters.records_out++;
    runner->counters.by_channel[mould->channel]++;
}

static inline bool make_record(weir_runner *runner, const weir_mould *mould, weir_fit *fit,
                               const weir_fit *outer)
{
    pour p = {.runner = runner, .fits = {fit, outer}};
    /* Numbers take long to be ready: they are begun first, and looked at last. */
    for (size_t i = 0; i < WEIR_MOULD_LANES && mould->lanes[i].used > 0; i++)
        runner->quick.read(&fit->lanes[i], mould->lanes[i].used);
    if (!begin(&p, mould))
        return false;
    if (mould->slot_count > 0 || mould->has_roots)
        fill_slots(&p, mould);
    const weir_mould_op *const end = mould->ops + mould->op_count;
    for (const weir_mould_op *op = mould->ops; op < end; op++)
        if (__builtin_expect(!put_column(&p, op), 0))
            return false;
    for (size_t i = 0; i < WEIR_MOULD_LANES && mould->lanes[i].used > 0; i++)
        if (__builtin_expect(!put_lanes(&mould->lanes[i], &fit->lanes[i], p.record), 0))
            return false;
    commit(&p, mould);
    return true;
}

static inline weir_cursor pass_blanks(const weir_fit *fit, weir_cursor p)
{
    const weir_scan scan = {fit->end_at, NULL, NULL};
    p.at = weir_scan_blanks(&scan, p.at);
    return p;
}

/* A record of each element of the list that the stencil has left. */
static bool make_items(weir_runner *runner, weir_mould *mould, const weir_fit *outer)
{
    weir_cursor p = {outer->rows.at + 1, outer->rows.quote};
    weir_fit *fit = &runner->fits[1];
    weir_fit_begin(fit, &runner->index);
    if (*outer->rows.at != '[')
        return false;
    p = pass_blanks(fit, p);
    if (*p.at == ']')
        return p.at + 1 == outer->rows_end;
    for (;;) {
        const weir_mould *item = weir_moulds_find(&mould->items, p, fit);
        if (!item) {
            runner->moulds.is_wanting = true;
            return false;
        }
        if (!make_record(runner, item, fit, outer))
            return false;
        p = pass_blanks(fit, fit->behind);
        const char next = *p.at++;
        if (next == ']')
            return p.at == outer->rows_end;
        if (next != ',')
            return false;
        p = pass_blanks(fit, p);
    }
}

/* What becomes of a message that fits. */
static inline bool take_message(weir_runner *runner, weir_mould *mould, weir_fit *fit)
{
    runner->counters.records_in++;
    switch (mould->outcome) {
    case WEIR_MOULD_MAKES: return make_record(runner, mould, fit, NULL);
    case WEIR_MOULD_LISTS: return make_items(runner, mould, fit);
    case WEIR_MOULD_DROPS: runner->counters.dropped++; return true;
    case WEIR_MOULD_UNCONVERTED: runner->counters.unconverted++; return true;
    }
    return false;
}

/* ------------------------------------------------------------------ frames */

/* The message at `p`, which is of a known form. */
static inline bool pour_message(weir_runner *runner, weir_cursor p, weir_fit *fit)
{
    weir_mould *mould = weir_moulds_find(&runner->moulds, p, fit);
    runner->moulds.is_wanting = !mould;
    return mould && take_message(runner, mould, fit);
}

/* A list of messages, and nothing behind it. */
static bool pour_list(weir_runner *runner, weir_cursor p, weir_fit *fit)
{
    const weir_scan scan = {fit->end_at, NULL, NULL};
    p = pass_blanks(fit, p);
    if (p.at >= fit->end_at || *p.at != '[')
        return false;
    p.at++;
    p = pass_blanks(fit, p);
    for (bool has_more = *p.at != ']'; has_more;) {
        if (!pour_message(runner, p, fit))
            return false;
        p = pass_blanks(fit, fit->behind);
        has_more = *p.at == ',';
        if (has_more) {
            p.at++;
            p = pass_blanks(fit, p);
        }
    }
    return *p.at == ']' && p.at < fit->end_at &&
           weir_scan_blanks_slow(&scan, p.at + 1) == fit->end_at;
}

static __attribute__((noinline)) bool give_up(weir_runner *runner)
{
    weir_quick_take_back(runner);
    runner->quick.has_run = false;
    runner->moulds.trial.missed++;
    return false;
}

bool weir_mould_pour(weir_runner *runner, const weir_runner_frame *frame)
{
    weir_json_index *index = &runner->index;
    weir_fit *fit = &runner->fits[0];
    if (!is_tried(&runner->moulds))
        return false;
    runner->frame = frame;
    weir_quick_set_mark(runner, 0);
    if (!weir_json_index_make(index, frame->bytes) ||
        (index->flags & (WEIR_INDEX_BACKSLASH | WEIR_INDEX_HIGH)))
        return give_up(runner);
    weir_fit_begin(fit, index);
    const weir_cursor p = {index->base, index->quotes};
    const bool is_good = runner->pours == WEIR_POURS_LISTS ? pour_list(runner, p, fit)
                                                           : pour_message(runner, p, fit);
    if (__builtin_expect(!is_good, 0) || (runner->quick.used > 0 && !weir_quick_settle(runner)) ||
        (runner->plan->is_watched && !weir_runner_watch_made(runner)))
        return give_up(runner);
    runner->moulds.trial.met++;
    return true;
}
