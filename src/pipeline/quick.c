/* SPDX-License-Identifier: MIT */
/*
 * The quick way of a record: the forms of its columns (expr/fuse.h) acted on directly, its numbers
 * read several at a time. A form is only followed for the values it is about; every other column
 * goes the slow way, through its programs, and when that fails the whole record does, from its
 * first column, so that a record has one failure and always the same.
 */
#include "expr/fuse.h"
#include "pipeline/parts.h"
#include "util/time.h"
#include "value/number_lanes.h"

/* ------------------------------------------------------------------ when a plan is built */

static bool is_storable(const weir_value *v)
{
    return v->kind == WEIR_NONE || v->kind == WEIR_BOOL || v->kind == WEIR_INT ||
           v->kind == WEIR_FLOAT || v->kind == WEIR_STR;
}

static bool fits(const weir_plan_column *column, const weir_value *v)
{
    return is_storable(v) && (column->kind == WEIR_KIND_PUBLIC_COUNT || column->kind == v->kind ||
                              v->kind == WEIR_NONE);
}

/* Which forms a column can be filled by: what is stored must be of the column's kind. */
static bool is_quick(const weir_plan_column *column, const weir_fused *form)
{
    const bool is_any = column->kind == WEIR_KIND_PUBLIC_COUNT;
    if (column->column == WEIR_COLUMN_ASSET)
        return form->kind == WEIR_FUSED_ASSET;
    if (column->column == WEIR_COLUMN_TIMESTAMP)
        return form->kind == WEIR_FUSED_ROOT || form->kind == WEIR_FUSED_STAMP ||
               form->kind == WEIR_FUSED_EPOCH || form->kind == WEIR_FUSED_EPOCH_INT;
    switch (form->kind) {
    case WEIR_FUSED_CONSTANT: return fits(column, &form->value);
    case WEIR_FUSED_CHOICE: return fits(column, &form->value) && fits(column, &form->other);
    case WEIR_FUSED_SLOT: return is_any || column->kind == WEIR_LEVELS;
    case WEIR_FUSED_WHERE: return column->kind == WEIR_LEVELS;
    case WEIR_FUSED_FLOAT: return is_any || column->kind == WEIR_FLOAT;
    case WEIR_FUSED_INT: return is_any || column->kind == WEIR_INT;
    case WEIR_FUSED_STANDARD: return is_any;
    case WEIR_FUSED_EQUAL:
    case WEIR_FUSED_ONE_OF:
    case WEIR_FUSED_STARTS:
    case WEIR_FUSED_ENDS:
    case WEIR_FUSED_ROOT_LEN: return is_any || column->kind == WEIR_BOOL;
    default: return false;
    }
}

/* The only transform with a form makes a time of a Decimal of seconds. */
static void plan_seconds(weir_plan_column *column, const weir_fused *form)
{
    const weir_plan_field *field = column->field;
    const weir_fused transform = weir_program_fuse(field->transform);
    if (column->column != WEIR_COLUMN_TIMESTAMP || field->condition || field->has_default ||
        transform.kind != WEIR_FUSED_SECONDS ||
        (form->kind != WEIR_FUSED_DECIMAL && form->kind != WEIR_FUSED_GREATEST))
        return;
    column->quick = *form;
    column->quick.scale = transform.scale;
}

void weir_quick_plan(weir_plan_column *column, const weir_expr_scope *scope)
{
    const weir_plan_field *field = column->field;
    if (!field->source || field->condition_sees_value || field->custom || field->transformer)
        return;
    if (field->transform) {
        const weir_fused source = weir_program_fuse(field->source);
        plan_seconds(column, &source);
        return;
    }
    weir_fused form = weir_program_fuse(field->source);
    weir_fused condition = weir_program_fuse(field->condition);
    /* A default stands in for None too, which only the slow way looks for. */
    const bool may_be_none = form.kind == WEIR_FUSED_CONSTANT || form.kind == WEIR_FUSED_CHOICE ||
                             form.kind == WEIR_FUSED_ROOT || form.kind == WEIR_FUSED_STANDARD;
    if (!is_quick(column, &form) || (field->has_default && may_be_none) ||
        (field->condition && condition.kind == WEIR_FUSED_NONE) ||
        !weir_fused_needs(&form, scope->data, scope->item) ||
        !weir_fused_needs(&condition, scope->data, scope->item))
        return;
    column->quick = form;
    column->condition = condition;
}

/* ------------------------------------------------------------------ numbers, several at a time */

typedef enum lane_use { LANE_REAL, LANE_WHOLE, LANE_EPOCH } lane_use;

typedef struct quick {
    weir_runner *runner;
    weir_slow_column *slow;
    void *user;
    weir_lanes_read_fn *read;
    weir_lanes lanes;
    const weir_plan_column *columns[WEIR_LANES];
    lane_use uses[WEIR_LANES];
    unsigned used;
} quick;

static inline weir_record *record_of(const quick *q)
{
    const weir_batch *batch = &q->runner->batch;
    return (weir_record *)(void *)(batch->bytes.ptr + batch->open_at);
}

static inline bool put_lane(quick *q, unsigned i)
{
    const weir_plan_column *column = q->columns[i];
    weir_record *record = record_of(q);
    const unsigned bit = 1u << i;
    int64_t ns;
    switch (q->uses[i]) {
    case LANE_REAL:
        if (!(q->lanes.is_real & bit))
            break;
        record->cells[column->column] = weir_value_float(q->lanes.real[i]);
        return true;
    case LANE_WHOLE:
        if (!(q->lanes.is_whole & bit))
            break;
        record->cells[column->column] = weir_value_int(q->lanes.whole[i]);
        return true;
    case LANE_EPOCH:
        if (!(q->lanes.is_whole & bit) ||
            __builtin_mul_overflow(q->lanes.whole[i], column->quick.scale, &ns))
            break;
        record->timestamp_ns = ns;
        return true;
    }
    return q->slow(q->user, column);
}

static bool flush(quick *q)
{
    for (unsigned i = q->used; i < WEIR_LANES; i++)
        q->lanes.at[i] = weir_lane_zero;
    q->read(&q->lanes, q->used);
    for (unsigned i = 0; i < q->used; i++)
        if (!put_lane(q, i))
            return false;
    q->used = 0;
    return true;
}

static inline bool add_lane(quick *q, const weir_plan_column *column, const weir_value *slot,
                            lane_use use)
{
    if (!weir_json_index_holds(&q->runner->index, slot->s))
        return q->slow(q->user, column);
    q->lanes.at[q->used] = slot->s;
    q->lanes.len[q->used] = slot->len;
    q->columns[q->used] = column;
    q->uses[q->used] = use;
    return ++q->used < WEIR_LANES || flush(q);
}

/* ------------------------------------------------------------------ times as text */

enum { MINUTE_LEN = 17 /* "2021-02-22T15:51:" */, SECONDS_LEN = MINUTE_LEN + 3 /* "44Z" */ };

static inline unsigned digit_at(const char *at)
{
    return (unsigned)(unsigned char)*at - '0';
}

/* The rest of a time of a known minute: "44Z", "44.208Z", up to nine digits. */
static inline bool read_seconds(const char *at, size_t len, int64_t *ns)
{
    static const int64_t scale[10] = {1000000000, 100000000, 10000000, 1000000, 100000,
                                      10000,      1000,      100,      10,      1};
    const unsigned tens = digit_at(at), ones = digit_at(at + 1);
    if (tens > 5 || ones > 9 || at[len - 1] != 'Z')
        return false;
    int64_t nanos = 0;
    if (len > 3) {
        const size_t digits = len - 4;
        if (at[2] != '.' || digits == 0 || digits > 9)
            return false;
        for (size_t i = 0; i < digits; i++) {
            const unsigned digit = digit_at(at + 3 + i);
            if (digit > 9)
                return false;
            nanos = nanos * 10 + digit;
        }
        nanos *= scale[digits];
    }
    *ns = (tens * 10 + ones) * WEIR_NS_PER_S + nanos;
    return true;
}

/* Times of a feed come in order, so the date and the minute are nearly always those of the one
 * before. */
static bool read_stamp(weir_moment *minute, const weir_value *v, int64_t *ns)
{
    int64_t rest;
    if (v->len < SECONDS_LEN)
        return false;
    if (memcmp(v->s, minute->text, MINUTE_LEN) != 0) {
        char whole[SECONDS_LEN];
        memcpy(whole, v->s, MINUTE_LEN);
        memcpy(whole + MINUTE_LEN, "00Z", 3);
        if (v->s[10] != 'T' || v->s[13] != ':' || v->s[16] != ':' ||
            !weir_time_parse((weir_str){whole, sizeof whole}, &minute->ns, NULL))
            return false;
        memcpy(minute->text, whole, MINUTE_LEN);
    }
    return read_seconds(v->s + MINUTE_LEN, v->len - MINUTE_LEN, &rest) &&
           !__builtin_add_overflow(minute->ns, rest, ns);
}

/* ------------------------------------------------------------------ columns */

static inline bool is_raw_number(const weir_value *v)
{
    return v->kind == WEIR_RAW && v->aux == WEIR_RAW_NUMBER;
}

static inline bool is_whole_number(const weir_value *v)
{
    return is_raw_number(v) && (v->flags & WEIR_VALUE_INTEGRAL);
}

static inline bool put(const quick *q, const weir_plan_column *column, const weir_value *v)
{
    if (v->kind == WEIR_STR)
        return weir_batch_set(&q->runner->batch, (size_t)column->column, v);
    record_of(q)->cells[column->column] = *v;
    return true;
}

static bool quick_levels(const quick *q, const weir_plan_column *column, const weir_value *slot)
{
    weir_runner *runner = q->runner;
    const weir_fused *form = &column->quick;
    weir_texts texts;
    if (slot->kind == WEIR_ABSENT && form->has_empty) {
        const weir_value *object = slot - form->slot + form->member;
        if (object->kind == WEIR_RAW && object->aux == WEIR_RAW_OBJECT)
            return weir_batch_levels(&runner->batch, (size_t)column->column, 0) != NULL;
    }
    return (weir_texts_of(&runner->index, slot, &texts) &&
            weir_texts_levels(&texts, &runner->batch, (size_t)column->column)) ||
           q->slow(q->user, column);
}

static bool quick_where(const quick *q, const weir_plan_column *column, const weir_value *slot)
{
    weir_runner *runner = q->runner;
    const weir_fused *form = &column->quick;
    weir_texts texts;
    return (weir_texts_of(&runner->index, slot, &texts) &&
            weir_texts_levels_where(&texts, form->place, weir_value_text(&form->value), form->skip,
                                    &runner->batch, (size_t)column->column)) ||
           q->slow(q->user, column);
}

static bool latest_of(const quick *q, const weir_plan_column *column, const weir_value *slot,
                      int64_t *ns)
{
    weir_runner *runner = q->runner;
    const weir_fused *form = &column->quick;
    weir_texts texts;
    return weir_texts_of(&runner->index, slot, &texts) && texts.count > 0 &&
           weir_texts_latest(&texts, form->place, form->scale, &runner->second, ns);
}

/* slot, or the other one when it is empty or not there; or both. */
static bool quick_greatest(const quick *q, const weir_plan_column *column, const weir_value *slot)
{
    const weir_fused *form = &column->quick;
    const weir_value *other = form->member == UINT32_MAX ? NULL : slot - form->slot + form->member;
    const bool is_empty = slot->kind == WEIR_ABSENT ||
                          (slot->kind == WEIR_RAW && slot->aux == WEIR_RAW_ARRAY && slot->len == 2);
    int64_t ns = 0, second = INT64_MIN;
    if (is_empty && other && !form->is_joined)
        slot = other;
    if (!latest_of(q, column, slot, &ns) ||
        (form->is_joined && !latest_of(q, column, other, &second)))
        return q->slow(q->user, column);
    record_of(q)->timestamp_ns = ns > second ? ns : second;
    return true;
}

static bool quick_slot(quick *q, const weir_plan_column *column, const weir_value *slot)
{
    if (column->kind == WEIR_LEVELS)
        return quick_levels(q, column, slot);
    if (slot->flags & WEIR_VALUE_SECRET)
        return q->slow(q->user, column);
    if (is_raw_number(slot))
        return add_lane(q, column, slot,
                        slot->flags & WEIR_VALUE_INTEGRAL ? LANE_WHOLE : LANE_REAL);
    if (slot->kind == WEIR_STR || slot->kind == WEIR_BOOL)
        return put(q, column, slot);
    return q->slow(q->user, column);
}

static bool quick_root(const quick *q, const weir_plan_column *column)
{
    const weir_value *root = &q->runner->input.roots[column->quick.root];
    if (root->kind != WEIR_TIMESTAMP)
        return q->slow(q->user, column);
    record_of(q)->timestamp_ns = root->i;
    return true;
}

static bool quick_asset(const quick *q, const weir_plan_column *column, const weir_value *slot)
{
    const weir_expr_world *world = q->runner->world;
    const weir_asset *asset = NULL;
    if (slot->kind == WEIR_STR && world && world->assets)
        asset = weir_asset_cached(world->assets, column->quick.key, weir_value_text(slot));
    if (!asset)
        return q->slow(q->user, column);
    record_of(q)->asset = asset;
    return true;
}

static bool quick_standard(const quick *q, const weir_plan_column *column, const weir_value *slot)
{
    const weir_value *found = NULL;
    if (slot->kind == WEIR_STR)
        found = weir_mapping_to_standard(column->quick.value.p, slot);
    return found && is_storable(found) ? put(q, column, found) : q->slow(q->user, column);
}

static bool quick_test(const quick *q, const weir_plan_column *column)
{
    const weir_fused_answer answer = weir_fused_test(&column->quick, &q->runner->input);
    if (answer == WEIR_FUSED_ASK)
        return q->slow(q->user, column);
    record_of(q)->cells[column->column] = weir_value_bool(answer == WEIR_FUSED_TRUE);
    return true;
}

static bool quick_column(quick *q, const weir_plan_column *column)
{
    const weir_fused *form = &column->quick;
    const weir_value *slot = weir_fused_slot(form, &q->runner->input);
    switch (form->kind) {
    case WEIR_FUSED_FLOAT:
        if (slot->kind == WEIR_STR || is_raw_number(slot))
            return add_lane(q, column, slot, LANE_REAL);
        break;
    case WEIR_FUSED_SLOT: return quick_slot(q, column, slot);
    case WEIR_FUSED_ASSET: return quick_asset(q, column, slot);
    case WEIR_FUSED_EPOCH:
        if (is_whole_number(slot))
            return add_lane(q, column, slot, LANE_EPOCH);
        break;
    case WEIR_FUSED_EPOCH_INT:
        if (slot->kind == WEIR_STR || is_whole_number(slot))
            return add_lane(q, column, slot, LANE_EPOCH);
        break;
    case WEIR_FUSED_INT:
        if (slot->kind == WEIR_STR || is_whole_number(slot))
            return add_lane(q, column, slot, LANE_WHOLE);
        break;
    case WEIR_FUSED_STAMP:
        if (slot->kind == WEIR_STR &&
            read_stamp(&q->runner->minute, slot, &record_of(q)->timestamp_ns))
            return true;
        break;
    case WEIR_FUSED_ROOT: return quick_root(q, column);
    case WEIR_FUSED_CONSTANT: return put(q, column, &form->value);
    case WEIR_FUSED_CHOICE:
        if (slot->kind == WEIR_BOOL)
            return put(q, column, slot->b ? &form->value : &form->other);
        break;
    case WEIR_FUSED_STANDARD: return quick_standard(q, column, slot);
    case WEIR_FUSED_EQUAL:
    case WEIR_FUSED_ONE_OF:
    case WEIR_FUSED_STARTS:
    case WEIR_FUSED_ENDS:
    case WEIR_FUSED_ROOT_LEN: return quick_test(q, column);
    case WEIR_FUSED_WHERE: return quick_where(q, column, slot);
    case WEIR_FUSED_GREATEST: return quick_greatest(q, column, slot);
    case WEIR_FUSED_DECIMAL:
        if (slot->kind == WEIR_STR &&
            weir_seconds_parse(weir_value_text(slot), form->scale, &q->runner->second,
                               &record_of(q)->timestamp_ns))
            return true;
        break;
    default: break;
    }
    return q->slow(q->user, column);
}

/* 1: it is left out; 0: it is filled; -1: ask its program. */
static int is_left_out(const quick *q, const weir_plan_column *column)
{
    if (column->condition.kind == WEIR_FUSED_NONE)
        return 0;
    const weir_fused_answer answer = weir_fused_test(&column->condition, &q->runner->input);
    return answer == WEIR_FUSED_ASK ? -1 : answer == WEIR_FUSED_FALSE;
}

bool weir_quick_record(weir_runner *runner, const weir_plan_rule *rule, weir_slow_column *slow,
                       void *user)
{
    quick q;
    q.runner = runner;
    q.slow = slow;
    q.user = user;
    q.read = weir_lanes_best()->read;
    q.used = 0;
    memset(q.lanes.len, 0, sizeof q.lanes.len);
    for (size_t i = 0; i < rule->column_count; i++) {
        const weir_plan_column *column = &rule->columns[i];
        const int left_out = is_left_out(&q, column);
        if (left_out > 0)
            continue;
        if (left_out < 0 ? !slow(user, column) : !quick_column(&q, column))
            return false;
    }
    return q.used == 0 || flush(&q);
}
