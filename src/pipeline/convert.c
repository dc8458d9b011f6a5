/* SPDX-License-Identifier: MIT */
/*
 * A record through a stream's converter: the first rule whose condition holds, once or per element
 * of `each`, each column evaluated and stored with the kind that the schema promises. What fails is
 * one record: it is taken back from the batch, counted and sampled, and the next goes on. The
 * message arena is rewound after each record, so that a frame of ten thousand records needs the
 * memory of one.
 */
#include <stdio.h>

#include "expr/vm.h"
#include "pipeline/items.h"
#include "pipeline/observer.h"
#include "pipeline/parts.h"
#include "pipeline/quick_rows.h"
#include "util/time.h"

typedef struct conversion {
    weir_runner *runner;
    const weir_plan_stream *stream;
    const weir_plan_rule *rule;
    weir_str sample;
    const weir_plan_field *failed; /* with what the VM says, or `why` where that is set */
    char why[160];
} conversion;

static bool refuse(conversion *c, const weir_plan_field *field, const char *what,
                   const weir_value *v)
{
    c->failed = field;
    snprintf(c->why, sizeof c->why, "%s, got %s", what, weir_vm_show(c->runner->vm, v));
    return false;
}

/* ------------------------------------------------------------------ the header */

static bool set_asset(conversion *c, const weir_plan_field *field, const weir_value *v)
{
    weir_record *record = weir_batch_record(&c->runner->batch);
    if (v->kind == WEIR_NONE)
        return true;
    if (v->kind != WEIR_ASSET)
        return refuse(c, field, "asset must be an asset (broker.infer_asset(symbol=...))", v);
    record->asset = v->asset;
    return true;
}

static bool set_timestamp(conversion *c, const weir_plan_field *field, const weir_value *v)
{
    weir_record *record = weir_batch_record(&c->runner->batch);
    if (v->kind == WEIR_NONE)
        return true;
    if (v->kind == WEIR_TIMESTAMP) {
        record->timestamp_ns = v->i;
        return true;
    }
    if (v->kind == WEIR_STR && weir_time_parse(weir_value_text(v), &record->timestamp_ns, NULL))
        return true;
    if (v->kind == WEIR_INT || v->kind == WEIR_FLOAT)
        return refuse(c, field,
                      "timestamp is a bare number of unknown unit; write pd.Timestamp(x, unit=...)",
                      v);
    return refuse(c, field, "timestamp must be a Timestamp or an RFC 3339 text", v);
}

/* ------------------------------------------------------------------ columns */

static bool fits(weir_kind wanted, uint8_t kind)
{
    return wanted == WEIR_KIND_PUBLIC_COUNT || kind == wanted || kind == WEIR_NONE ||
           (wanted == WEIR_JSON &&
            (kind == WEIR_LIST || kind == WEIR_TUPLE || kind == WEIR_DICT || kind == WEIR_RAW)) ||
           (wanted == WEIR_INT && kind == WEIR_BIGINT);
}

static bool can_store(uint8_t kind)
{
    return kind < WEIR_KIND_PUBLIC_COUNT || kind == WEIR_RAW || kind == WEIR_BIGINT ||
           kind == WEIR_LIST || kind == WEIR_TUPLE || kind == WEIR_DICT || kind == WEIR_SET;
}

static bool set_column(conversion *c, const weir_plan_column *column, weir_value *v)
{
    weir_runner *runner = c->runner;
    if (column->kind == WEIR_LEVELS && v->kind != WEIR_NONE) {
        if (weir_levels_set(runner->vm, &runner->batch, (size_t)column->column, v, c->why))
            return true;
        c->failed = column->field;
        return false;
    }
    if (v->flags & WEIR_VALUE_SECRET)
        return refuse(c, column->field, "a credential cannot be a record's value", v);
    if (!fits(column->kind, v->kind) || !can_store(v->kind))
        return refuse(c, column->field, "the value cannot be stored in its column", v);
    if (weir_batch_set(&runner->batch, (size_t)column->column, v))
        return true;
    c->failed = column->field;
    snprintf(c->why, sizeof c->why, "out of memory");
    return false;
}

/* Evaluates before the eyes of the observer. */
static __attribute__((noinline, cold)) bool
watch_field(weir_runner *runner, const weir_plan_column *column, weir_value *value)
{
    weir_field_trace trace = {0};
    const bool is_good = weir_plan_field_watch(runner->vm, column->field, runner->world,
                                               &runner->input, value, &trace);
    runner->observer->on_field(runner->watcher, column, &trace);
    return is_good;
}

static bool eval_field(weir_runner *runner, const weir_plan_column *column, weir_value *value)
{
    if (weir_runner_is_watched(runner))
        return watch_field(runner, column, value);
    return weir_plan_field_eval(runner->vm, column->field, runner->world, &runner->input, value);
}

static bool set_value(conversion *c, const weir_plan_column *column, weir_value *value)
{
    if (value->kind == WEIR_ABSENT)
        return true;
    if (value->kind == WEIR_RAW && column->kind != WEIR_LEVELS &&
        !weir_vm_settle(c->runner->vm, value)) {
        c->failed = column->field;
        return false;
    }
    if (column->column == WEIR_COLUMN_ASSET)
        return set_asset(c, column->field, value);
    if (column->column == WEIR_COLUMN_TIMESTAMP)
        return set_timestamp(c, column->field, value);
    return set_column(c, column, value);
}

/* `made`: what a custom converter gave, else the fields are evaluated. */
static bool set_field(conversion *c, const weir_plan_column *column, const weir_value *made)
{
    weir_value value;
    if (made) {
        value = weir_made_value(made, column->field->path);
    } else if (!eval_field(c->runner, column, &value)) {
        c->failed = column->field;
        return false;
    }
    return set_value(c, column, &value);
}

static void report(conversion *c)
{
    const weir_plan_field *field = c->failed;
    const weir_vm *vm = c->runner->vm;
    const weir_str source = c->rule->custom ? c->rule->custom->name : weir_plan_field_text(field);
    const weir_str message = c->why[0] ? weir_str_of(c->why) : weir_vm_message(vm);
    weir_runner_fail(c->runner, WEIR_STAGE_CONVERT, c->sample,
                     "%.*s.%.*s: %s%s%.*s, in %.*s (%.*s)", WEIR_FMT(c->stream->spec->name),
                     WEIR_FMT(field->path), c->why[0] ? "" : weir_raise_name(weir_vm_raise(vm)),
                     c->why[0] ? "" : ": ", WEIR_FMT(message), WEIR_FMT(source),
                     WEIR_FMT(field->where));
}

static bool begin_record(conversion *c)
{
    weir_runner *runner = c->runner;
    c->why[0] = '\0';
    c->failed = NULL;
    if (!weir_batch_begin(&runner->batch, c->rule->schema)) {
        weir_runner_fail(runner, WEIR_STAGE_CONVERT, c->sample, "out of memory");
        return false;
    }
    weir_record *record = weir_batch_record(&runner->batch);
    record->received_ns = runner->frame->received_ns;
    record->frame = runner->frame->number;
    return true;
}

static bool slow_column(void *user, const weir_plan_column *column)
{
    return set_field(user, column, NULL);
}

static bool fill_record(conversion *c, const weir_value *made)
{
    for (size_t i = 0; i < c->rule->column_count; i++) {
        if (!set_field(c, &c->rule->columns[i], made)) {
            report(c);
            weir_batch_abort(&c->runner->batch);
            return false;
        }
    }
    return true;
}

/* Nobody looks on, and nothing happens twice when a record is begun twice. */
static inline bool may_be_quick(const conversion *c)
{
    return c->rule->is_quick && !c->runner->is_general && !weir_runner_is_watched(c->runner);
}

/* The same for a record that may be made twice. */
static inline bool may_be_unsettled(const conversion *c)
{
    return may_be_quick(c) && (!c->rule->watch || c->rule->watch->is_quick) &&
           c->runner->on_first == NULL && !weir_runner_holds(c->runner);
}

static weir_quick_verdict convert_quick(conversion *c, bool is_settled)
{
    c->why[0] = '\0';
    c->failed = NULL;
    return weir_quick_record(c->runner, c->rule, is_settled, slow_column, c);
}

/* One whose numbers are all read at the end is watched then, and made anew behind what it shows if
 * it is not what was to come. */
static weir_quick_verdict convert_settled(conversion *c)
{
    weir_runner *runner = c->runner;
    const size_t at = runner->batch.bytes.len;
    if (convert_quick(c, true) != WEIR_QUICK_MADE)
        return WEIR_QUICK_ASIDE;
    if (weir_runner_watch_quick(runner, c->rule,
                                (const weir_record *)(const void *)(runner->batch.bytes.ptr + at),
                                true))
        return WEIR_QUICK_MADE;
    weir_quick_unmake(runner, at);
    return WEIR_QUICK_ASIDE;
}

/* One whose numbers are read later is watched before it is made, and once only. */
static inline weir_quick_verdict convert_watched(conversion *c, bool is_settled)
{
    weir_quick *state = &c->runner->quick;
    if (!c->rule->watch)
        return convert_quick(c, is_settled);
    if (is_settled)
        return convert_settled(c);
    if (!weir_runner_watch_quick(c->runner, c->rule, NULL, true))
        return WEIR_QUICK_ASIDE;
    const weir_quick_verdict verdict = convert_quick(c, false);
    if (verdict == WEIR_QUICK_ASIDE)
        state->passes++; /* it alone is made again, or it and all since the mark */
    else
        state->mark.asked++;
    return verdict;
}

static void convert_one(conversion *c, const weir_value *made)
{
    weir_runner *runner = c->runner;
    if (__builtin_expect(runner->on_first != NULL, 0))
        weir_runner_announce(runner, c->stream, c->rule);
    if ((c->rule->watch || weir_runner_holds(runner)) &&
        !weir_runner_watch(runner, c->stream, c->rule, c->sample))
        return;
    if (!made && may_be_quick(c) && convert_quick(c, true) == WEIR_QUICK_MADE)
        return;
    if (!begin_record(c) || !fill_record(c, made))
        return;
    const size_t at = runner->batch.open_at;
    weir_batch_commit(&runner->batch);
    if (weir_runner_is_watched(runner))
        runner->observer->on_made(runner->watcher,
                                  (const weir_record *)(runner->batch.bytes.ptr + at));
    runner->counters.records_out++;
    runner->counters.by_channel[c->rule->schema->channel]++;
}

/* ------------------------------------------------------------------ each */

static inline weir_quick_verdict take_item(void *user, const weir_value *row, bool is_settled)
{
    conversion *c = user;
    weir_runner *runner = c->runner;
    runner->input.item_slots = row;
    runner->input.roots[WEIR_ROOT_ITEM] = row[runner->items.width - 1];
    if (!is_settled)
        return may_be_unsettled(c) ? convert_watched(c, false) : WEIR_QUICK_ASIDE;
    convert_one(c, NULL);
    return WEIR_QUICK_MADE;
}

/* The elements of a list that lies in the frame, decoded in one walk; false: nothing has been
 * done. */
static bool convert_rows(conversion *c, const weir_value *list)
{
    weir_runner *runner = c->runner;
    if (runner->is_general || weir_runner_is_watched(runner) || list->kind != WEIR_RAW ||
        !weir_projection_rows_of(c->rule->item, &runner->index, runner->item_shapes[c->rule->index],
                                 list, &runner->items))
        return false;
    weir_quick_rows(runner, &runner->items, take_item, c);
    runner->input.item_slots = runner->item_slots;
    return true;
}

/* The list of `each` without running its program; false: it is not that simple. */
static bool is_quick_list(const conversion *c, weir_value *list)
{
    const weir_fused *form = &c->rule->quick_each;
    if (form->kind != WEIR_FUSED_SLOT || form->is_item || c->runner->is_general)
        return false;
    *list = *weir_fused_slot(form, &c->runner->input);
    return list->kind == WEIR_RAW && list->aux == WEIR_RAW_ARRAY;
}

static void convert_each(conversion *c)
{
    weir_runner *runner = c->runner;
    weir_value list;
    const weir_str stream = c->stream->spec->name;
    if (!is_quick_list(c, &list) &&
        !weir_vm_run(runner->vm, c->rule->each, runner->world, &runner->input, &list)) {
        const weir_str message = weir_vm_message(runner->vm);
        weir_runner_fail(runner, WEIR_STAGE_CONVERT, c->sample, "%.*s.each: %s: %.*s (%.*s)",
                         WEIR_FMT(stream), weir_raise_name(weir_vm_raise(runner->vm)),
                         WEIR_FMT(message), WEIR_FMT(c->rule->where));
        return;
    }
    if (!weir_items_are_list(&list)) {
        weir_runner_fail(runner, WEIR_STAGE_CONVERT, c->sample,
                         "%.*s.each: expected a list, got %s (%.*s)", WEIR_FMT(stream),
                         weir_vm_show(runner->vm, &list), WEIR_FMT(c->rule->where));
        return;
    }
    if (convert_rows(c, &list))
        return;
    const weir_arena_mark mark = weir_arena_save(runner->arena);
    weir_items items = weir_items_of(&list);
    while (weir_items_next(&items, &runner->input.roots[WEIR_ROOT_ITEM])) {
        const weir_value *item = &runner->input.roots[WEIR_ROOT_ITEM];
        if (!weir_projection_fill_indexed(c->rule->item, &runner->index, item, runner->item_slots))
            weir_projection_fill(c->rule->item, item, runner->item_slots);
        if (weir_runner_is_watched(runner))
            runner->observer->on_item(runner->watcher, &runner->input.roots[WEIR_ROOT_ITEM]);
        convert_one(c, NULL);
        weir_arena_rewind(runner->arena, mark);
    }
}

/* ------------------------------------------------------------------ custom */

static void convert_made(conversion *c, const weir_value *made)
{
    char stranger[96];
    if (made->kind != WEIR_DICT)
        weir_runner_fail(c->runner, WEIR_STAGE_CONVERT, c->sample,
                         "%.*s: converter %.*s gave %s for a record (%.*s)",
                         WEIR_FMT(c->stream->spec->name), WEIR_FMT(c->rule->custom->name),
                         weir_value_type_name(made), WEIR_FMT(c->rule->where));
    else if (weir_made_stranger(made, c->rule, stranger))
        weir_runner_fail(c->runner, WEIR_STAGE_CONVERT, c->sample,
                         "%.*s: converter %.*s gave '%s', which is none of the columns that it "
                         "declares (%.*s)",
                         WEIR_FMT(c->stream->spec->name), WEIR_FMT(c->rule->custom->name), stranger,
                         WEIR_FMT(c->rule->where));
    else
        convert_one(c, made);
}

static void convert_custom(conversion *c)
{
    weir_runner *runner = c->runner;
    weir_value made = weir_value_absent(), data;
    if (!weir_expr_root(&runner->input, WEIR_ROOT_DATA, &data)) {
        weir_runner_fail(runner, WEIR_STAGE_CONVERT, c->sample, "out of memory");
        return;
    }
    if (!weir_extension_run(c->rule->custom, runner->vm, runner->world, &runner->input, &data, 1,
                            &made)) {
        const weir_str message = weir_vm_message(runner->vm);
        weir_runner_fail(runner, WEIR_STAGE_CONVERT, c->sample, "%.*s: %s: %.*s (%.*s)",
                         WEIR_FMT(c->stream->spec->name),
                         weir_raise_name(weir_vm_raise(runner->vm)), WEIR_FMT(message),
                         WEIR_FMT(c->rule->where));
        return;
    }
    if (made.kind == WEIR_NONE) {
        runner->counters.unconverted++;
        if (weir_runner_is_watched(runner))
            runner->observer->on_unconverted(runner->watcher);
    } else if (made.kind == WEIR_LIST || made.kind == WEIR_TUPLE) {
        for (size_t i = 0; i < made.list->count; i++)
            convert_made(c, &made.list->items[i]);
    } else {
        convert_made(c, &made);
    }
}

static weir_outcome test_rule(conversion *c)
{
    weir_runner *runner = c->runner;
    bool holds = true;
    if (c->rule->condition && !runner->is_general && !weir_runner_is_watched(runner)) {
        const weir_fused_answer answer = weir_quick_ask_any(&c->rule->asks, &runner->input);
        if (answer != WEIR_FUSED_ASK)
            return answer == WEIR_FUSED_TRUE ? WEIR_OUTCOME_TRUE : WEIR_OUTCOME_FALSE;
    }
    const bool is_good =
        !c->rule->condition ||
        weir_vm_run_truth(runner->vm, c->rule->condition, runner->world, &runner->input, &holds);
    const weir_outcome outcome = !is_good ? WEIR_OUTCOME_RAISED
                                 : holds  ? WEIR_OUTCOME_TRUE
                                          : WEIR_OUTCOME_FALSE;
    if (weir_runner_is_watched(runner))
        runner->observer->on_rule(runner->watcher, c->rule, outcome);
    return outcome;
}

static void fail_condition(const conversion *c)
{
    const weir_vm *vm = c->runner->vm;
    const weir_str message = weir_vm_message(vm);
    weir_runner_fail(c->runner, WEIR_STAGE_CONVERT, c->sample, "%.*s.condition: %s: %.*s (%.*s)",
                     WEIR_FMT(c->stream->spec->name), weir_raise_name(weir_vm_raise(vm)),
                     WEIR_FMT(message), WEIR_FMT(c->rule->where));
}

weir_quick_verdict weir_runner_convert_quick(weir_runner *runner, const weir_plan_stream *stream,
                                             bool is_settled)
{
    conversion c;
    c.runner = runner;
    c.stream = stream;
    c.sample = runner->frame->bytes;
    for (size_t i = 0; i < stream->rule_count; i++) {
        c.rule = &stream->rules[i];
        const weir_fused_answer answer =
            c.rule->condition ? weir_quick_ask(&c.rule->asks, &runner->input, &runner->index)
                              : WEIR_FUSED_TRUE;
        if (answer == WEIR_FUSED_FALSE)
            continue;
        if (answer == WEIR_FUSED_ASK || c.rule->each || !may_be_unsettled(&c))
            return WEIR_QUICK_ASIDE;
        return convert_watched(&c, is_settled);
    }
    runner->counters.unconverted++;
    return WEIR_QUICK_MADE;
}

void weir_runner_convert(weir_runner *runner, const weir_plan_stream *stream, weir_str sample)
{
    conversion c; /* whose `why` is not worth being zeroed for each record */
    c.runner = runner;
    c.stream = stream;
    c.sample = sample;
    if (weir_runner_is_watched(runner))
        runner->observer->on_stream(runner->watcher, stream);
    for (size_t i = 0; i < stream->rule_count; i++) {
        c.rule = &stream->rules[i];
        const weir_outcome outcome = test_rule(&c);
        if (outcome == WEIR_OUTCOME_FALSE)
            continue;
        if (outcome == WEIR_OUTCOME_RAISED)
            fail_condition(&c);
        else if (c.rule->each)
            convert_each(&c);
        else if (c.rule->custom)
            convert_custom(&c);
        else
            convert_one(&c, NULL);
        return;
    }
    runner->counters.unconverted++;
    if (weir_runner_is_watched(runner))
        runner->observer->on_unconverted(runner->watcher);
}
