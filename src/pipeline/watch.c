/* SPDX-License-Identifier: MIT */
/*
 * `sequence` and `dedupe` at work: before a record is made it is asked for its number and id. One
 * that came before is left out and counted; a hole before it becomes a record of its own, in the
 * stream's channel, with the asset's name: {gap: {from, to, reason, missed, last, next}}. What
 * cannot be asked is told, and the record goes on.
 *
 * What is asked for is nearly always a number or a text that lies in a slot. It is read there, and
 * a record that is the next of its numbers is done with after a few dozen instructions; for all
 * else the programs are run.
 *
 * Two runners of one connection, one per link while it is rolled, look up the same numbers and ids;
 * only numbers that belong to a link (`scope: connection`) are each runner's own.
 */
#include <stdlib.h>

#include "pipeline/parts.h"
#include "util/digits.h"
#include "util/map.h"
#include "util/number.h"

/* ------------------------------------------------------------------ building */

const weir_schema *weir_plan_gap_schema(weir_plan_builder *builder, const weir_plan *plan,
                                        const weir_stream_spec *stream, uint32_t id)
{
    static const weir_column columns[WEIR_GAP_COLUMNS] = {
        [WEIR_GAP_FROM] = {{"gap.from", sizeof "gap.from" - 1}, WEIR_TIMESTAMP},
        [WEIR_GAP_TO] = {{"gap.to", sizeof "gap.to" - 1}, WEIR_TIMESTAMP},
        [WEIR_GAP_REASON] = {{"gap.reason", sizeof "gap.reason" - 1}, WEIR_STR},
        [WEIR_GAP_MISSED] = {{"gap.missed", sizeof "gap.missed" - 1}, WEIR_INT},
        [WEIR_GAP_LAST] = {{"gap.last", sizeof "gap.last" - 1}, WEIR_INT},
        [WEIR_GAP_NEXT] = {{"gap.next", sizeof "gap.next" - 1}, WEIR_INT},
    };
    weir_schema *schema = WEIR_ARENA_NEW(builder->arena, weir_schema);
    if (!schema)
        return NULL;
    *schema = (weir_schema){.channel = stream->channel,
                            .connection = plan->connection->name,
                            .stream = stream->name,
                            .count = WEIR_GAP_COLUMNS,
                            .columns = columns,
                            .id = id,
                            .is_gap = true};
    return schema;
}

/* Forms that read_whole and read_word know; a test is one that weir_fused_test does. */
static bool is_read_by_form(const weir_plan_ask *ask)
{
    return !ask->program || ask->form.kind == WEIR_FUSED_SLOT || ask->form.kind == WEIR_FUSED_INT ||
           (ask->form.kind == WEIR_FUSED_CONSTANT && ask->form.value.kind == WEIR_STR);
}

static bool is_in_record(const weir_plan_ask *ask)
{
    return !ask->program || ask->column >= 0 || ask->form.kind == WEIR_FUSED_CONSTANT;
}

/* A default stands in the record for a number that is not there. */
static bool is_filled_by(const weir_plan_column *column, const weir_fused *form)
{
    return column->column >= 0 && !column->field->has_default && column->quick.kind == form->kind &&
           column->quick.slot == form->slot && column->quick.is_item == form->is_item;
}

static weir_plan_ask compile_ask(weir_plan_builder *builder, const weir_text *text,
                                 const weir_expr_scope *scope, const weir_plan_rule *rule)
{
    weir_plan_ask ask = {.program = weir_plan_compile(builder, text, scope), .column = -1};
    ask.form = weir_program_fuse(ask.program);
    if (!weir_fused_needs(&ask.form, scope->data, scope->item))
        ask.form = (weir_fused){0};
    const bool may_be_column = ask.form.kind == WEIR_FUSED_SLOT || ask.form.kind == WEIR_FUSED_INT;
    for (size_t i = 0; may_be_column && i < rule->column_count; i++)
        if (is_filled_by(&rule->columns[i], &ask.form))
            ask.column = rule->columns[i].column;
    return ask;
}

/* The column of the asset, and its form where it has one. */
static const weir_fused *find_asset(weir_plan_rule *rule)
{
    for (size_t i = 0; i < rule->column_count; i++) {
        const weir_plan_column *column = &rule->columns[i];
        if (column->column != WEIR_COLUMN_ASSET || !column->field->source)
            continue;
        rule->asset = column->field;
        if (column->quick.kind == WEIR_FUSED_ASSET && column->condition.kind == WEIR_FUSED_NONE)
            return &column->quick;
    }
    return NULL;
}

bool weir_plan_build_watch(weir_plan_builder *builder, const weir_plan *plan,
                           const weir_stream_spec *stream, const weir_expr_scope *scope,
                           weir_plan_rule *rule)
{
    const weir_sequence_spec *sequence = weir_sequence_of(plan->connection, stream);
    const weir_dedupe_spec *dedupe = weir_dedupe_of(plan->connection, stream);
    const weir_fused *asset = find_asset(rule);
    if (!sequence && !dedupe)
        return true;
    weir_plan_watch *watch = WEIR_ARENA_NEW(builder->arena, weir_plan_watch);
    if (!watch)
        return false;
    rule->watch = watch;
    watch->asset = asset;
    if (sequence) {
        watch->sequence = sequence;
        watch->value = compile_ask(builder, &sequence->value, scope, rule);
        watch->first = compile_ask(builder, &sequence->first, scope, rule);
        watch->key = compile_ask(builder, &sequence->key, scope, rule);
        watch->reset = compile_ask(builder, &sequence->reset, scope, rule);
    }
    if (dedupe)
        watch->id = compile_ask(builder, &dedupe->key, scope, rule);
    watch->is_in_record = is_in_record(&watch->value) && is_in_record(&watch->first) &&
                          is_in_record(&watch->key) && is_in_record(&watch->id);
    watch->is_quick = (!sequence || watch->key.program || !rule->asset || asset) &&
                      is_read_by_form(&watch->value) && is_read_by_form(&watch->first) &&
                      is_read_by_form(&watch->key) && is_read_by_form(&watch->id) &&
                      (!watch->reset.program || watch->reset.form.kind != WEIR_FUSED_NONE);
    return true;
}

size_t weir_plan_window(const weir_plan *plan, size_t stream)
{
    const weir_dedupe_spec *dedupe =
        weir_dedupe_of(plan->connection, &plan->connection->streams[stream]);
    return dedupe ? (size_t)dedupe->window : 0;
}

/* Numbers of a connection say nothing about what came before it. */
bool weir_plan_is_numbered(const weir_plan *plan, size_t stream)
{
    const weir_sequence_spec *sequence =
        weir_sequence_of(plan->connection, &plan->connection->streams[stream]);
    return sequence && !sequence->is_of_connection;
}

bool weir_runner_make_watches(weir_runner *runner)
{
    const size_t count = runner->plan->connection->stream_count;
    runner->seen = calloc(count + 1, sizeof *runner->seen);
    for (size_t i = 0; runner->seen && i < count; i++) {
        const size_t window = weir_plan_window(runner->plan, i);
        if (window > 0 && !(runner->seen[i] = weir_seen_new(window)))
            return false;
    }
    if (runner->plan->connection->sequence_count > 0 &&
        (!(runner->tracks = weir_tracks_new()) || !(runner->own_tracks = weir_tracks_new())))
        return false;
    return runner->seen != NULL;
}

void weir_runner_free_watches(weir_runner *runner)
{
    weir_tracks_free(runner->own_tracks);
    if (runner->has_borrowed)
        return;
    for (size_t i = 0; runner->seen && i < runner->plan->connection->stream_count; i++)
        weir_seen_free(runner->seen[i]);
    free(runner->seen);
    weir_tracks_free(runner->tracks);
}

bool weir_plan_tells_apart(const weir_plan *plan, size_t stream)
{
    return weir_plan_is_numbered(plan, stream) || weir_plan_window(plan, stream) > 0;
}

/* ------------------------------------------------------------------ gaps as records */

void weir_runner_put_gap(weir_runner *runner, size_t stream, const weir_asset *asset,
                         const weir_gap *gap)
{
    const weir_schema *schema = runner->plan->streams[stream].gap_schema;
    const uint64_t frame = runner->counters.frames ? runner->counters.frames - 1 : 0;
    if (!schema || !weir_gap_write(&runner->batch, schema, asset, gap, frame))
        return;
    runner->counters.gaps++;
    if (gap->missed > 0)
        runner->counters.missed += (uint64_t)gap->missed;
}

void weir_runner_on_gap(weir_runner *runner, weir_gap_fn *fn, void *user)
{
    runner->on_gap = fn;
    runner->gap_user = user;
}

void weir_runner_cut(weir_runner *runner)
{
    if (runner->tracks)
        weir_tracks_cut(runner->tracks);
}

void weir_runner_join(weir_runner *runner, int64_t until_ns)
{
    if (runner->tracks)
        weir_tracks_join(runner->tracks, until_ns);
}

/* ------------------------------------------------------------------ what a word stands for */

/* A whole number is its word, so that no two of them are taken for one another. What is xored in
 * keeps small ones off the words that mean nothing. */
static inline uint64_t word_of_int(int64_t n)
{
    return (uint64_t)n ^ UINT64_C(0x7765697277617463);
}

static inline uint64_t word_of_text(const weir_value *v)
{
    return weir_hash(v->s, v->len);
}

/* Equal values have one word: 1, 1.0 and True. False: it has none. */
static bool word_of(weir_arena *arena, const weir_value *v, uint64_t *word)
{
    switch (v->kind) {
    case WEIR_INT: *word = word_of_int(v->i); return true;
    case WEIR_BOOL: *word = word_of_int(v->b); return true;
    case WEIR_FLOAT:
        if (!(v->f >= -0x1p63 && v->f < 0x1p63 && v->f == (double)(int64_t)v->f))
            break;
        *word = word_of_int((int64_t)v->f);
        return true;
    case WEIR_STR:
    case WEIR_BYTES: *word = word_of_text(v); return true;
    default: break;
    }
    return weir_value_hash(arena, v, word);
}

/* A record's track: that of a word, in its stream. */
static inline uint64_t track_of(const weir_runner *runner, size_t stream, uint64_t word)
{
    return word * runner->plan->connection->stream_count + stream + 1;
}

/* What the numbers of an asset are followed by, where the spec names no key. */
static inline uint64_t word_of_asset(const weir_asset *asset)
{
    return asset ? asset->id + (uint64_t)1 : 0;
}

/* Two runners that share their numbers have different frames. */
static inline uint64_t frame_of(const weir_runner *runner)
{
    return runner->counters.frames | (runner->has_borrowed ? UINT64_C(1) << 63 : 0);
}

/* ------------------------------------------------------------------ one record, by its forms */

static inline bool is_whole(const weir_value *slot)
{
    return slot->kind == WEIR_RAW && slot->aux == WEIR_RAW_NUMBER &&
           (slot->flags & WEIR_VALUE_INTEGRAL);
}

/* False: the program is to be asked. */
static inline bool read_whole(const weir_runner *runner, const weir_plan_ask *ask, int64_t *n)
{
    const weir_value *slot = weir_fused_slot(&ask->form, &runner->input);
    if (!is_whole(slot) && (slot->kind != WEIR_STR || ask->form.kind != WEIR_FUSED_INT)) {
        *n = slot->i;
        return slot->kind == WEIR_INT;
    }
    return (weir_json_index_holds(&runner->index, slot->s) &&
            weir_digits_read(slot->s, slot->len, n)) ||
           weir_int_parse_json(weir_value_text(slot), n) == WEIR_INT_OK;
}

static inline bool read_word(const weir_runner *runner, const weir_plan_ask *ask, uint64_t *word)
{
    const weir_fused *form = &ask->form;
    const weir_value *v =
        form->kind == WEIR_FUSED_CONSTANT ? &form->value : weir_fused_slot(form, &runner->input);
    int64_t n;
    if (v->kind == WEIR_STR && form->kind != WEIR_FUSED_INT) {
        *word = word_of_text(v);
        return true;
    }
    if (!read_whole(runner, ask, &n))
        return false;
    *word = word_of_int(n);
    return true;
}

/* Where a record is looked for what is asked. */
typedef struct place {
    const weir_record *made; /* NULL: it is not made */
    bool has_slots;
} place;

static inline const weir_value *cell_of(const weir_plan_ask *ask, place in)
{
    return in.made && ask->column >= 0 ? &in.made->cells[ask->column] : NULL;
}

static inline bool look_whole(const weir_runner *runner, const weir_plan_ask *ask, place in,
                              int64_t *n)
{
    const weir_value *cell = cell_of(ask, in);
    if (!cell || cell->kind != WEIR_INT)
        return in.has_slots && read_whole(runner, ask, n);
    *n = cell->i;
    return true;
}

static inline bool look_word(const weir_runner *runner, const weir_plan_ask *ask, place in,
                             uint64_t *word)
{
    const weir_value *cell = cell_of(ask, in);
    if (cell && cell->kind == WEIR_INT) {
        *word = word_of_int(cell->i);
        return true;
    }
    if (cell && cell->kind == WEIR_STR) {
        *word = weir_hash((const char *)in.made + cell->bits, cell->len);
        return true;
    }
    return (in.has_slots || ask->form.kind == WEIR_FUSED_CONSTANT) && read_word(runner, ask, word);
}

/* What the numbers are followed by. */
static inline bool look_key(const weir_runner *runner, const weir_plan_watch *watch, place in,
                            uint64_t *word)
{
    const weir_asset *asset = NULL;
    if (watch->key.program)
        return look_word(runner, &watch->key, in, word);
    if (watch->asset &&
        !(asset = in.made ? in.made->asset
                          : weir_runner_asset(runner, watch->asset->key,
                                              weir_fused_slot(watch->asset, &runner->input))))
        return false;
    *word = word_of_asset(asset);
    return true;
}

static inline bool follow(weir_runner *runner, const weir_plan_rule *rule, place in)
{
    const weir_plan_watch *watch = rule->watch;
    const weir_sequence_spec *sequence = watch->sequence;
    int64_t first, last;
    uint64_t word = 0;
    if (!look_whole(runner, &watch->value, in, &last))
        return false;
    first = last;
    if ((watch->first.program && !look_whole(runner, &watch->first, in, &first)) ||
        (in.has_slots && watch->reset.program &&
         weir_fused_test(&watch->reset.form, &runner->input) != WEIR_FUSED_FALSE) ||
        !look_key(runner, watch, in, &word))
        return false;
    const weir_number number = {.track = track_of(runner, rule->stream, word),
                                .first = first,
                                .last = last,
                                .step = sequence->step,
                                .received_ns = runner->frame->received_ns,
                                .frame = frame_of(runner)};
    return weir_tracks_follow(sequence->is_of_connection ? runner->own_tracks : runner->tracks,
                              &number);
}

/* One that was let pass before and is made again. */
static inline bool pass(weir_runner *runner)
{
    const bool is_known = runner->quick.passes > 0;
    runner->quick.passes -= is_known;
    return is_known;
}

bool weir_runner_watch_quick(weir_runner *runner, const weir_plan_rule *rule,
                             const weir_record *made, bool has_slots)
{
    const weir_plan_watch *watch = rule->watch;
    const place in = {made, has_slots};
    weir_seen *seen = watch->id.program ? runner->seen[rule->stream] : NULL;
    size_t at = 0;
    uint64_t id = 0;
    if (__builtin_expect(pass(runner), 0))
        return true;
    if (seen &&
        (!look_word(runner, &watch->id, in, &id) || (at = weir_seen_place(seen, id)) == SIZE_MAX))
        return false;
    if (watch->sequence && !follow(runner, rule, in))
        return false;
    if (seen)
        weir_seen_keep(seen, at, id);
    return true;
}

bool weir_runner_watch_made(weir_runner *runner)
{
    const weir_plan *plan = runner->plan;
    size_t at = runner->quick.mark.bytes;
    for (const weir_record *record; (record = weir_batch_next(&runner->batch, &at)) != NULL;) {
        const weir_plan_rule *rule = plan->rules[record->schema_id - plan->schemas[0]->id];
        if (!rule->watch)
            continue;
        if (!weir_runner_watch_quick(runner, rule, record, false))
            return false;
        runner->quick.mark.asked++;
    }
    return true;
}

/* ------------------------------------------------------------------ one record */

typedef struct question {
    weir_runner *runner;
    const weir_plan_stream *stream;
    const weir_plan_rule *rule;
    const weir_plan_watch *watch;
    weir_str sample;
} question;

/* False: it raised, which is told; the record goes on. */
static bool ask(const question *q, const char *what, const weir_program *program, weir_value *out)
{
    weir_runner *runner = q->runner;
    if (weir_vm_run(runner->vm, program, runner->world, &runner->input, out) &&
        weir_vm_settle(runner->vm, out))
        return true;
    const weir_str message = weir_vm_message(runner->vm);
    weir_runner_fail(runner, WEIR_STAGE_CONVERT, q->sample, "%.*s.%s: %s: %.*s",
                     WEIR_FMT(q->stream->spec->name), what,
                     weir_raise_name(weir_vm_raise(runner->vm)), WEIR_FMT(message));
    return false;
}

static bool ask_int(const question *q, const char *what, const weir_program *program, int64_t *out)
{
    weir_value value;
    if (!ask(q, what, program, &value) || value.kind == WEIR_NONE)
        return false;
    if (value.kind == WEIR_INT) {
        *out = value.i;
        return true;
    }
    if (value.kind == WEIR_BIGINT)
        weir_runner_fail(q->runner, WEIR_STAGE_CONVERT, q->sample,
                         "%.*s.%s does not fit into 64 bits", WEIR_FMT(q->stream->spec->name),
                         what);
    else
        weir_runner_fail(q->runner, WEIR_STAGE_CONVERT, q->sample, "%.*s.%s is %s, not an int",
                         WEIR_FMT(q->stream->spec->name), what, weir_value_type_name(&value));
    return false;
}

void weir_runner_begin_anew(weir_runner *runner, size_t stream, const weir_asset *asset)
{
    if (runner->own_tracks)
        weir_tracks_restart(runner->own_tracks, track_of(runner, stream, word_of_asset(asset)));
    if (runner->tracks && !weir_runner_holds(runner)) /* else they are where the other link is */
        weir_tracks_restart(runner->tracks, track_of(runner, stream, word_of_asset(asset)));
}

static bool ask_word(const question *q, const char *what, const weir_program *program,
                     uint64_t *word)
{
    weir_value value;
    if (!ask(q, what, program, &value) || value.kind == WEIR_NONE)
        return false;
    if (!word_of(q->runner->arena, &value, word)) {
        weir_runner_fail(q->runner, WEIR_STAGE_CONVERT, q->sample,
                         "%.*s.%s is %s, not a text, a number or a tuple of them",
                         WEIR_FMT(q->stream->spec->name), what, weir_value_type_name(&value));
        return false;
    }
    return true;
}

static const weir_asset *ask_asset(weir_runner *runner, const weir_plan_rule *rule)
{
    weir_value value;
    if (!rule->asset ||
        !weir_plan_field_eval(runner->vm, rule->asset, runner->world, &runner->input, &value))
        return NULL;
    return value.kind == WEIR_ASSET ? value.asset : NULL;
}

static bool is_reset(const question *q)
{
    weir_runner *runner = q->runner;
    bool is_true = false;
    return q->watch->reset.program &&
           weir_vm_run_truth(runner->vm, q->watch->reset.program, runner->world, &runner->input,
                             &is_true) &&
           is_true;
}

static void tell_gap(weir_runner *runner, const weir_mark *mark, const weir_gap *gap)
{
    const weir_sequence_spec *sequence = mark->rule->watch->sequence;
    weir_runner_put_gap(runner, mark->stream, mark->asset, gap);
    if (!runner->on_gap)
        return;
    if (runner->on_gap(runner->gap_user, mark->stream, mark->asset, gap,
                       (weir_on_gap)sequence->on_gap))
        weir_tracks_restart(sequence->is_of_connection ? runner->own_tracks : runner->tracks,
                            mark->number.track);
}

/* False: it has none. */
static bool ask_number(const question *q, weir_mark *mark)
{
    uint64_t word = 0;
    weir_number *number = &mark->number;
    const weir_plan_watch *watch = q->watch;
    *number = (weir_number){.step = watch->sequence->step,
                            .received_ns = q->runner->frame->received_ns,
                            .frame = frame_of(q->runner)};
    if (!watch->value.program || !ask_int(q, "sequence.value", watch->value.program, &number->last))
        return false;
    number->first = number->last;
    if (watch->first.program && !ask_int(q, "sequence.first", watch->first.program, &number->first))
        return false;
    mark->asset = ask_asset(q->runner, q->rule);
    if (watch->key.program && !ask_word(q, "sequence.key", watch->key.program, &word))
        return false;
    if (!watch->key.program)
        word = word_of_asset(mark->asset);
    number->track = track_of(q->runner, mark->stream, word);
    number->is_reset = is_reset(q);
    return true;
}

static bool ask_id(const question *q, weir_mark *mark)
{
    return q->watch->id.program && q->runner->seen[mark->stream] &&
           ask_word(q, "dedupe.key", q->watch->id.program, &mark->id);
}

/* A link's own numbers: while another link is the connection's nobody misses what it misses. */
static weir_track_verdict judge_own(weir_runner *runner, const weir_mark *mark, weir_gap *gap)
{
    const weir_track_verdict verdict = weir_tracks_take(runner->own_tracks, &mark->number, gap);
    return verdict == WEIR_TRACK_GAP && weir_runner_holds(runner) ? WEIR_TRACK_FINE : verdict;
}

bool weir_runner_judge_number(weir_runner *runner, const weir_mark *mark)
{
    weir_gap gap;
    const weir_track_verdict verdict = mark->rule->watch->sequence->is_of_connection
                                           ? judge_own(runner, mark, &gap)
                                           : weir_tracks_take(runner->tracks, &mark->number, &gap);
    if (verdict == WEIR_TRACK_GAP)
        tell_gap(runner, mark, &gap);
    return verdict != WEIR_TRACK_TWICE;
}

void weir_runner_ask(weir_runner *runner, const weir_plan_stream *stream,
                     const weir_plan_rule *rule, weir_str sample, weir_mark *mark)
{
    const question q = {runner, stream, rule, rule->watch, sample};
    *mark = (weir_mark){.rule = rule, .stream = (size_t)(stream - runner->plan->streams)};
    mark->has_id = ask_id(&q, mark);
    mark->has_number = rule->watch->sequence && ask_number(&q, mark);
    if (!mark->has_number)
        mark->asset = ask_asset(runner, rule);
}

void weir_runner_on_first(weir_runner *runner, weir_first_fn *fn, void *user)
{
    runner->on_first = fn;
    runner->first_user = user;
    weir_runner_set_pours(runner);
}

void weir_runner_announce(weir_runner *runner, const weir_plan_stream *stream,
                          const weir_plan_rule *rule)
{
    const weir_asset *asset = ask_asset(runner, rule);
    if (!runner->on_first(runner->first_user, (size_t)(stream - runner->plan->streams), asset))
        weir_runner_on_first(runner, NULL, NULL);
}

bool weir_runner_watch(weir_runner *runner, const weir_plan_stream *stream,
                       const weir_plan_rule *rule, weir_str sample)
{
    if (weir_runner_holds(runner))
        return weir_runner_keep(runner, stream, rule, sample);
    if (pass(runner))
        return true;
    if (rule->watch->is_quick && !runner->is_general &&
        weir_runner_watch_quick(runner, rule, NULL, true))
        return true;
    const question q = {runner, stream, rule, rule->watch, sample};
    weir_mark mark = {.rule = rule, .stream = (size_t)(stream - runner->plan->streams)};
    const bool is_known = ask_id(&q, &mark) && weir_seen_before(runner->seen[mark.stream], mark.id);
    if (!is_known && (!rule->watch->sequence || !ask_number(&q, &mark) ||
                      weir_runner_judge_number(runner, &mark)))
        return true;
    runner->counters.duplicates++;
    return false;
}
