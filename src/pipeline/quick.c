/* SPDX-License-Identifier: MIT */
/*
 * The quick way of a record: the operations of its rule (quick_plan.c) acted on directly, straight
 * from the slots into the cells. An operation is only followed for the values that it is about;
 * every other column goes the slow way, through its programs, and when that fails the whole record
 * does, from its first column, so that a record has one failure and always the same.
 *
 * Every column has one operation, which writes its whole cell: nothing is cleared before. Texts are
 * copied 16 bytes at a time, into room that is made when the record is begun.
 */
#include <assert.h>

#include "pipeline/parts.h"
#include "pipeline/stamp.h"
#include "value/mapping.h"
#include "value/record_decimal.h"

enum {
    BLOCK = WEIR_QUICK_BLOCK,
    TEXT_MAX = WEIR_QUICK_TEXT_ROOM /* longer ones are copied by the batch */
};

typedef struct quick {
    weir_runner *runner;
    weir_quick *state;
    weir_batch *batch;
    size_t at;            /* of the record, in the batch */
    const char *slots[2]; /* of data, of item */
    bool is_settled;
    bool is_poured; /* only the slots of the operation are filled in (pipeline/mould.h) */
    bool is_broken;
    weir_slow_column *slow;
    void *user;
} quick;

static inline char *field_of(const quick *q, const weir_quick_op *op)
{
    return q->batch->bytes.ptr + q->at + op->place;
}

static inline void set_cell(const quick *q, const weir_quick_op *op, weir_value v)
{
    memcpy(field_of(q, op), &v, sizeof v);
}

static inline void set_time(const quick *q, const weir_quick_op *op, int64_t ns)
{
    memcpy(field_of(q, op), &ns, sizeof ns);
}

/* Its program gives nothing where the field is not there, and then nothing is stored. */
static __attribute__((noinline)) bool slow_column(quick *q, const weir_quick_op *op)
{
    if (op->column >= 0)
        set_cell(q, op, weir_value_absent());
    if ((!q->is_poured || op->code == WEIR_QUICK_TREE) && weir_quick_fill_tree(q->runner, op->from))
        return true;
    q->state->has_run = true;
    return q->slow(q->user, op->from);
}

/* ------------------------------------------------------------------ numbers, several at a time */

/* False: it is not what its place wants. */
static inline bool put_lane(weir_quick *state, char *base, unsigned i)
{
    const weir_quick_put *put = &state->puts[i];
    char *at = base + put->at;
    const unsigned bit = 1u << i;
    weir_value cell;
    int64_t ns;
    switch (put->use) {
    case WEIR_USE_REAL:
        cell = weir_value_float(state->lanes.real[i]);
        memcpy(at, &cell, sizeof cell);
        return (state->lanes.is_real & bit) != 0;
    case WEIR_USE_WHOLE:
        cell = weir_value_int(state->lanes.whole[i]);
        memcpy(at, &cell, sizeof cell);
        return (state->lanes.is_whole & bit) != 0;
    default:
        if (!(state->lanes.is_whole & bit) ||
            __builtin_mul_overflow(state->lanes.whole[i], put->op->scale, &ns) ||
            ns == WEIR_NO_TIME)
            return false;
        memcpy(at, &ns, sizeof ns);
        return true;
    }
}

bool weir_quick_settle(weir_runner *runner)
{
    weir_quick *state = &runner->quick;
    const unsigned used = state->used;
    if (used == 0)
        return true;
    state->read(&state->lanes, state->used);
    bool is_good = true;
    for (unsigned i = 0; i < used; i++)
        is_good &= put_lane(state, runner->batch.bytes.ptr, i);
    state->used = 0;
    state->kept = 0;
    return is_good;
}

/* All lanes are of the record under construction: what they do not read its programs do. */
static bool settle_here(quick *q)
{
    weir_quick *state = q->state;
    const unsigned used = state->used;
    state->read(&state->lanes, state->used);
    state->used = 0;
    for (unsigned i = 0; i < used; i++)
        if (!put_lane(state, q->batch->bytes.ptr, i) && !slow_column(q, state->puts[i].op))
            return false;
    return true;
}

static __attribute__((noinline)) bool lanes_are_full(quick *q)
{
    if (q->is_settled)
        return settle_here(q);
    q->is_broken = !weir_quick_settle(q->runner);
    return !q->is_broken;
}

static inline bool add_lane(quick *q, const weir_quick_op *op, const weir_value *slot,
                            weir_quick_use use)
{
    weir_quick *state = q->state;
    const unsigned i = state->used;
    if (!weir_json_index_holds(&q->runner->index, slot->s))
        return slow_column(q, op);
    state->lanes.at[i] = slot->s;
    state->lanes.len[i] = slot->len;
    state->puts[i] = (weir_quick_put){q->at + op->place, op, use};
    state->used = i + 1;
    return i + 1 < WEIR_LANES || lanes_are_full(q);
}

/* ------------------------------------------------------------------ columns */

static inline bool is_raw_number(const weir_value *v)
{
    return v->kind == WEIR_RAW && v->aux == WEIR_RAW_NUMBER;
}

/* -0 is a whole number, of which there is one zero. */
static inline bool is_minus_zero(const weir_value *v)
{
    return v->len == 2 && (v->flags & WEIR_VALUE_INTEGRAL) && *v->s == '-' && v->s[1] == '0';
}

static inline bool is_whole_number(const weir_value *v)
{
    return is_raw_number(v) && (v->flags & WEIR_VALUE_INTEGRAL);
}

/* `v` has 16 readable bytes behind it, if it is a text of up to TEXT_MAX bytes. */
static inline bool put_text(const quick *q, const weir_quick_op *op, const weir_value *v)
{
    weir_buf *bytes = &q->batch->bytes;
    if (v->len > TEXT_MAX || bytes->cap - bytes->len < TEXT_MAX + BLOCK)
        return weir_batch_set(q->batch, (size_t)op->column, v);
    weir_quick_copy(bytes->ptr + bytes->len, v->s, v->len);
    weir_value cell = {.kind = WEIR_STR, .flags = v->flags & WEIR_VALUE_ASCII, .len = v->len};
    cell.bits = bytes->len - q->at;
    bytes->len += v->len;
    set_cell(q, op, cell);
    return true;
}

static inline bool put(const quick *q, const weir_quick_op *op, const weir_value *v)
{
    if (v->kind == WEIR_STR)
        return put_text(q, op, v);
    set_cell(q, op, *v);
    return true;
}

static inline bool put_as_is(quick *q, const weir_quick_op *op, const weir_value *slot)
{
    if (slot->flags & WEIR_VALUE_SECRET)
        return slow_column(q, op);
    if (is_raw_number(slot))
        return add_lane(q, op, slot,
                        slot->flags & WEIR_VALUE_INTEGRAL ? WEIR_USE_WHOLE : WEIR_USE_REAL);
    if (slot->kind == WEIR_STR && weir_json_index_holds(&q->runner->index, slot->s))
        return put_text(q, op, slot);
    if (slot->kind == WEIR_BOOL)
        return put(q, op, slot);
    return slow_column(q, op);
}

static inline bool put_asset(quick *q, const weir_quick_op *op, const weir_value *slot)
{
    const weir_asset *asset = weir_runner_asset(q->runner, (weir_asset_key)op->key, slot);
    if (!asset)
        return slow_column(q, op);
    memcpy(field_of(q, op), &asset, sizeof asset);
    return true;
}

static inline bool put_levels(quick *q, const weir_quick_op *op, const weir_value *slot)
{
    weir_runner *runner = q->runner;
    const weir_fused *form = &op->from->quick;
    if (slot->kind == WEIR_ABSENT && form->has_empty) {
        const weir_value *object = slot - form->slot + form->member;
        if (object->kind == WEIR_RAW && object->aux == WEIR_RAW_OBJECT)
            return weir_batch_no_levels(&runner->batch, (size_t)op->column);
    }
    return weir_texts_levels(&runner->index, slot, &runner->batch, (size_t)op->column) ||
           slow_column(q, op);
}

static inline bool put_where(quick *q, const weir_quick_op *op, const weir_value *slot)
{
    weir_runner *runner = q->runner;
    return weir_texts_levels_where(&runner->index, slot, op->where, &runner->batch,
                                   (size_t)op->column) ||
           slow_column(q, op);
}

static inline bool latest_of(const quick *q, const weir_quick_op *op, const weir_value *slot,
                             int64_t *ns)
{
    weir_runner *runner = q->runner;
    const weir_fused *form = &op->from->quick;
    return weir_texts_latest(&runner->index, slot, form->place, form->scale, &runner->second, ns);
}

/* slot, or the other one when it is empty or not there; or both. */
static bool put_greatest(quick *q, const weir_quick_op *op, const weir_value *slot)
{
    const weir_fused *form = &op->from->quick;
    const weir_value *other = form->member == UINT32_MAX ? NULL : slot - form->slot + form->member;
    const bool is_empty = slot->kind == WEIR_ABSENT ||
                          (slot->kind == WEIR_RAW && slot->aux == WEIR_RAW_ARRAY && slot->len == 2);
    int64_t ns = 0, second = INT64_MIN;
    if (is_empty && other && !form->is_joined)
        slot = other;
    if (!latest_of(q, op, slot, &ns) || (form->is_joined && !latest_of(q, op, other, &second)))
        return slow_column(q, op);
    set_time(q, op, ns > second ? ns : second);
    return true;
}

static bool put_standard(quick *q, const weir_quick_op *op, const weir_value *slot)
{
    const weir_mapping *mapping = op->from->quick.value.p;
    const weir_value *found = NULL;
    if (slot->kind == WEIR_STR)
        found = weir_json_index_holds(&q->runner->index, slot->s)
                    ? weir_mapping_known(mapping, slot->s, slot->len)
                    : weir_mapping_to_standard(mapping, slot);
    if (!found || found->kind == WEIR_RAW || found->kind == WEIR_BIGINT)
        return slow_column(q, op);
    return put(q, op, found);
}

static bool put_test(quick *q, const weir_quick_op *op)
{
    const weir_fused_answer answer = weir_fused_test(&op->from->quick, &q->runner->input);
    if (answer == WEIR_FUSED_ASK)
        return slow_column(q, op);
    set_cell(q, op, weir_value_bool(answer == WEIR_FUSED_TRUE));
    return true;
}

static inline bool put_stamp(quick *q, const weir_quick_op *op, const weir_value *slot)
{
    int64_t ns;
    if (slot->kind != WEIR_STR || !weir_json_index_holds(&q->runner->index, slot->s) ||
        !weir_stamp_read(&q->state->stamp, slot->s, slot->len, &ns))
        return slow_column(q, op);
    set_time(q, op, ns);
    return true;
}

static inline bool put_seconds(quick *q, const weir_quick_op *op, const weir_value *slot)
{
    int64_t ns;
    if (slot->kind != WEIR_STR || !weir_json_index_holds(&q->runner->index, slot->s) ||
        !weir_seconds_read(&q->runner->second, slot->s, slot->len, op->scale, &ns))
        return slow_column(q, op);
    set_time(q, op, ns);
    return true;
}

static bool put_decimal(quick *q, const weir_quick_op *op, const weir_value *slot)
{
    const size_t column = (size_t)op->column;
    if (slot->kind != WEIR_STR || (slot->flags & WEIR_VALUE_SECRET))
        return slow_column(q, op);
    return (weir_json_index_holds(&q->runner->index, slot->s)
                ? weir_batch_decimal_at(q->batch, column, slot->s, slot->len)
                : weir_batch_decimal(q->batch, column, weir_value_text(slot))) ||
           slow_column(q, op);
}

static inline bool put_root(quick *q, const weir_quick_op *op)
{
    const weir_value *root = &q->runner->input.roots[op->from->quick.root];
    if (root->kind != WEIR_TIMESTAMP)
        return slow_column(q, op);
    set_time(q, op, root->i);
    return true;
}

static bool fill_if(quick *q, const weir_quick_op *op);

static inline __attribute__((always_inline)) bool fill_column(quick *q, const weir_quick_op *op,
                                                              weir_quick_code code)
{
    const weir_value *slot = (const weir_value *)(const void *)(q->slots[op->is_item] + op->slot);
    switch (code) {
    case WEIR_QUICK_REAL:
        if (slot->kind == WEIR_STR || (is_raw_number(slot) && !is_minus_zero(slot)))
            return add_lane(q, op, slot, WEIR_USE_REAL);
        break;
    case WEIR_QUICK_AS_IS: return put_as_is(q, op, slot);
    case WEIR_QUICK_ASSET: return put_asset(q, op, slot);
    case WEIR_QUICK_EPOCH:
        if (is_whole_number(slot))
            return add_lane(q, op, slot, WEIR_USE_EPOCH);
        break;
    case WEIR_QUICK_EPOCH_TEXT:
        if (slot->kind == WEIR_STR || is_whole_number(slot))
            return add_lane(q, op, slot, WEIR_USE_EPOCH);
        break;
    case WEIR_QUICK_WHOLE:
        if (slot->kind == WEIR_STR || is_whole_number(slot))
            return add_lane(q, op, slot, WEIR_USE_WHOLE);
        break;
    case WEIR_QUICK_STAMP: return put_stamp(q, op, slot);
    case WEIR_QUICK_SECONDS: return put_seconds(q, op, slot);
    case WEIR_QUICK_DECIMAL: return put_decimal(q, op, slot);
    case WEIR_QUICK_ROOT: return put_root(q, op);
    case WEIR_QUICK_CONSTANT: return put(q, op, &op->value);
    case WEIR_QUICK_CHOICE:
        if (slot->kind == WEIR_BOOL)
            return put(q, op, slot->b ? &op->value : &op->other);
        break;
    case WEIR_QUICK_STANDARD: return put_standard(q, op, slot);
    case WEIR_QUICK_TEST: return put_test(q, op);
    case WEIR_QUICK_LEVELS: return put_levels(q, op, slot);
    case WEIR_QUICK_WHERE: return put_where(q, op, slot);
    case WEIR_QUICK_GREATEST: return put_greatest(q, op, slot);
    case WEIR_QUICK_IF: return fill_if(q, op);
    case WEIR_QUICK_TREE:
    case WEIR_QUICK_SLOW: break;
    }
    return slow_column(q, op);
}

/* A column that is there under a condition. */
static __attribute__((noinline)) bool fill_if(quick *q, const weir_quick_op *op)
{
    const weir_fused *condition = &op->from->condition;
    const weir_expr_input *input = &q->runner->input;
    const weir_value *slots = condition->is_item ? input->item_slots : input->data_slots;
    const weir_value *root = &input->roots[condition->root];
    weir_fused_answer answer;
    /* The most frequent one: is the key there? */
    if (condition->kind == WEIR_FUSED_ROOT_HAS && root->kind == WEIR_RAW &&
        root->aux == WEIR_RAW_OBJECT)
        answer = (slots[condition->member].kind != WEIR_ABSENT) != condition->is_negated
                     ? WEIR_FUSED_TRUE
                     : WEIR_FUSED_FALSE;
    else
        answer = weir_fused_test(condition, input);
    if (answer == WEIR_FUSED_ASK)
        return slow_column(q, op);
    if (answer == WEIR_FUSED_TRUE)
        return fill_column(q, op, (weir_quick_code)op->then);
    if (op->column >= 0)
        set_cell(q, op, weir_value_absent());
    return true;
}

/* ------------------------------------------------------------------ records */

/* The header, and room for the cells and the texts; false: out of memory. */
static inline bool begin(quick *q, const weir_plan_rule *rule)
{
    weir_batch *batch = q->batch;
    weir_buf *bytes = &batch->bytes;
    const weir_runner_frame *frame = q->runner->frame;
    const size_t cells = sizeof(weir_record) + rule->schema->count * sizeof(weir_value);
    const size_t room = cells + rule->column_count * TEXT_MAX + 2 * BLOCK;
    if (__builtin_expect(bytes->cap - bytes->len < room || bytes->failed, 0) &&
        !weir_buf_reserve(bytes, room))
        return false;
    q->at = bytes->len;
    weir_record *record = (weir_record *)(void *)(bytes->ptr + q->at);
    record->schema_id = rule->schema->id;
    record->schema = rule->schema;
    record->asset = NULL;
    record->timestamp_ns = WEIR_NO_TIME;
    record->received_ns = frame->received_ns;
    record->seq = 0;
    record->frame = frame->number;
    record->columns = (uint32_t)rule->schema->count;
    record->reserved = 0;
    batch->open_at = q->at;
    bytes->len += cells;
    return true;
}

static inline void commit(quick *q, const weir_plan_rule *rule)
{
    weir_batch *batch = q->batch;
    static const char zeros[BLOCK];
    memcpy(batch->bytes.ptr + batch->bytes.len, zeros, BLOCK);
    batch->bytes.len = (batch->bytes.len + BLOCK - 1) & ~(size_t)(BLOCK - 1);
    ((weir_record *)(void *)(batch->bytes.ptr + q->at))->size =
        (uint32_t)(batch->bytes.len - q->at);
    batch->open_at = SIZE_MAX;
    batch->count++;
    q->runner->counters.records_out++;
    q->runner->counters.by_channel[rule->schema->channel]++;
}

weir_quick_verdict weir_quick_record(weir_runner *runner, const weir_plan_rule *rule,
                                     bool is_settled, weir_slow_column *slow, void *user)
{
    weir_quick *state = &runner->quick;
    quick q = {
        .runner = runner,
        .state = state,
        .batch = &runner->batch,
        .slots = {(const char *)runner->input.data_slots, (const char *)runner->input.item_slots},
        .is_settled = is_settled,
        .slow = slow,
        .user = user};
    bool is_good = true;
    assert(!is_settled || state->used == 0);
    state->kept = state->used;
    if (!begin(&q, rule))
        return WEIR_QUICK_ASIDE;
    const weir_quick_op *const end = rule->ops + rule->column_count;
    for (const weir_quick_op *op = rule->ops; op < end && is_good; op++)
        is_good = fill_column(&q, op, (weir_quick_code)op->code);
    if (is_good && is_settled && state->used > 0)
        is_good = settle_here(&q);
    if (__builtin_expect(!is_good, 0)) {
        weir_batch_abort(q.batch);
        state->used = state->kept;
        return q.is_broken ? WEIR_QUICK_BROKEN : WEIR_QUICK_ASIDE;
    }
    commit(&q, rule);
    return WEIR_QUICK_MADE;
}

void weir_quick_unmake(weir_runner *runner, size_t at)
{
    weir_counters *counters = &runner->counters;
    weir_batch *batch = &runner->batch;
    size_t offset = at;
    for (const weir_record *record; (record = weir_batch_next(batch, &offset)) != NULL;) {
        counters->records_out--;
        counters->by_channel[record->schema->channel]--;
        batch->count--;
    }
    batch->bytes.len = at;
}

static bool refuse(void *user, const weir_plan_column *column)
{
    (void)user;
    (void)column;
    return false;
}

bool weir_quick_fill(weir_runner *runner, size_t at, const weir_quick_op *op)
{
    quick q = {.runner = runner,
               .state = &runner->quick,
               .batch = &runner->batch,
               .at = at,
               .slots = {(const char *)runner->slots, (const char *)runner->item_slots},
               .is_poured = true,
               .slow = refuse};
    return fill_column(&q, op, (weir_quick_code)op->code);
}

void weir_quick_take_back(weir_runner *runner)
{
    const weir_quick_mark *mark = &runner->quick.mark;
    weir_counters *counters = &runner->counters;
    weir_quick_unmake(runner, mark->bytes);
    counters->records_in = mark->records_in;
    counters->dropped = mark->dropped;
    counters->unconverted = mark->unconverted;
    runner->quick.passes += mark->asked;
    runner->quick.used = 0;
    runner->quick.kept = 0;
}
