/* SPDX-License-Identifier: MIT */
/*
 * `sequence` and `dedupe` at work: before a record is made it is asked for its number and id. One
 * that came before is left out and counted; a hole before it becomes a record of its own, in the
 * stream's channel, with the asset's name: {gap: {from, to, reason, missed, last, next}}. What
 * cannot be asked is told, and the record goes on.
 *
 * Two runners of one connection, one per link while it is rolled, look up the same numbers and ids;
 * only numbers that belong to a link (`scope: connection`) are each runner's own.
 */
#include <stdlib.h>

#include "pipeline/parts.h"
#include "util/map.h"

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

bool weir_plan_build_watch(weir_plan_builder *builder, const weir_plan *plan,
                           const weir_stream_spec *stream, const weir_expr_scope *scope,
                           weir_plan_rule *rule)
{
    const weir_sequence_spec *sequence = weir_sequence_of(plan->connection, stream);
    const weir_dedupe_spec *dedupe = weir_dedupe_of(plan->connection, stream);
    for (size_t i = 0; i < rule->column_count; i++) {
        if (rule->columns[i].column == WEIR_COLUMN_ASSET && rule->columns[i].field->source)
            rule->asset = rule->columns[i].field;
    }
    if (!sequence && !dedupe)
        return true;
    weir_plan_watch *watch = WEIR_ARENA_NEW(builder->arena, weir_plan_watch);
    if (!watch)
        return false;
    rule->watch = watch;
    if (sequence) {
        watch->sequence = sequence;
        watch->value = weir_plan_compile(builder, &sequence->value, scope);
        watch->first = weir_plan_compile(builder, &sequence->first, scope);
        watch->key = weir_plan_compile(builder, &sequence->key, scope);
        watch->reset = weir_plan_compile(builder, &sequence->reset, scope);
    }
    if (dedupe)
        watch->id = weir_plan_compile(builder, &dedupe->key, scope);
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

/* What an id or key stands for, in its stream. */
static uint64_t mix_of(size_t stream, uint64_t hash)
{
    const uint64_t parts[] = {(uint64_t)stream, hash};
    return weir_hash(parts, sizeof parts);
}

static uint64_t mix(const question *q, uint64_t hash)
{
    return mix_of((size_t)(q->stream - q->runner->plan->streams), hash);
}

/* What the numbers of an asset are followed by, where the spec names no key. */
static uint64_t key_of(const weir_asset *asset)
{
    return asset->id + (uint64_t)1;
}

void weir_runner_begin_anew(weir_runner *runner, size_t stream, const weir_asset *asset)
{
    if (runner->own_tracks)
        weir_tracks_restart(runner->own_tracks, mix_of(stream, key_of(asset)));
    if (runner->tracks && !weir_runner_holds(runner)) /* else they are where the other link is */
        weir_tracks_restart(runner->tracks, mix_of(stream, key_of(asset)));
}

static bool ask_hash(const question *q, const char *what, const weir_program *program,
                     uint64_t *hash)
{
    weir_value value;
    if (!ask(q, what, program, &value) || value.kind == WEIR_NONE)
        return false;
    if (value.kind == WEIR_STR || value.kind == WEIR_BYTES)
        *hash = weir_hash(value.s, value.len);
    else if (!weir_value_hash(q->runner->arena, &value, hash)) {
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
    return q->watch->reset &&
           weir_vm_run_truth(runner->vm, q->watch->reset, runner->world, &runner->input,
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

/* Two runners that share their numbers have different frames. */
static uint64_t frame_of(const weir_runner *runner)
{
    return runner->counters.frames | (runner->has_borrowed ? UINT64_C(1) << 63 : 0);
}

/* False: it has none. */
static bool ask_number(const question *q, weir_mark *mark)
{
    uint64_t hash = 0;
    weir_number *number = &mark->number;
    *number = (weir_number){.step = q->watch->sequence->step,
                            .received_ns = q->runner->frame->received_ns,
                            .frame = frame_of(q->runner)};
    if (!q->watch->value || !ask_int(q, "sequence.value", q->watch->value, &number->last))
        return false;
    number->first = number->last;
    if (q->watch->first && !ask_int(q, "sequence.first", q->watch->first, &number->first))
        return false;
    mark->asset = ask_asset(q->runner, q->rule);
    if (q->watch->key && !ask_hash(q, "sequence.key", q->watch->key, &hash))
        return false;
    if (!q->watch->key && mark->asset)
        hash = key_of(mark->asset);
    number->track = mix(q, hash);
    number->is_reset = is_reset(q);
    return true;
}

static bool ask_id(const question *q, weir_mark *mark)
{
    if (!q->watch->id || !q->runner->seen[mark->stream] ||
        !ask_hash(q, "dedupe.key", q->watch->id, &mark->id))
        return false;
    mark->id = mix(q, mark->id);
    return true;
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
}

void weir_runner_announce(weir_runner *runner, const weir_plan_stream *stream,
                          const weir_plan_rule *rule)
{
    const weir_asset *asset = ask_asset(runner, rule);
    if (!runner->on_first(runner->first_user, (size_t)(stream - runner->plan->streams), asset))
        runner->on_first = NULL;
}

bool weir_runner_watch(weir_runner *runner, const weir_plan_stream *stream,
                       const weir_plan_rule *rule, weir_str sample)
{
    if (weir_runner_holds(runner))
        return weir_runner_keep(runner, stream, rule, sample);
    const question q = {runner, stream, rule, rule->watch, sample};
    weir_mark mark = {.rule = rule, .stream = (size_t)(stream - runner->plan->streams)};
    const bool is_known = ask_id(&q, &mark) && weir_seen_before(runner->seen[mark.stream], mark.id);
    if (!is_known && (!rule->watch->sequence || !ask_number(&q, &mark) ||
                      weir_runner_judge_number(runner, &mark)))
        return true;
    runner->counters.duplicates++;
    return false;
}
