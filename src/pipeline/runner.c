/* SPDX-License-Identifier: MIT */
/*
 * A plan at work: bytes → (inflated) → validated once, projected → payload → framed → routed →
 * converted. The common case - JSON, one record a frame, no payload_path - is a single walk over
 * the text. A frame is validated whole before the first of its records is made, so a broken frame
 * gives none.
 */
#include "pipeline/runner.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "pipeline/format.h"
#include "pipeline/items.h"
#include "pipeline/layout.h"
#include "pipeline/observer.h"
#include "pipeline/parts.h"
#include "pipeline/quick_rows.h"
#include "util/error.h"
#include "util/utf8.h"
#include "value/json_write.h"

enum { RUNNER_ARENA_FIRST = 4096, MESSAGE_ARENA_MAX = 64 << 20 /* of what one is built to */ };

const char *weir_stage_name(weir_stage stage)
{
    static const char *const names[WEIR_STAGE_COUNT] = {
        [WEIR_STAGE_DECOMPRESS] = "decompress", [WEIR_STAGE_DECODE] = "decode",
        [WEIR_STAGE_PAYLOAD] = "payload",       [WEIR_STAGE_FRAME] = "frame",
        [WEIR_STAGE_ROUTE] = "route",           [WEIR_STAGE_CONVERT] = "convert",
        [WEIR_STAGE_LEARN] = "learn",
    };
    return names[stage];
}

/* ------------------------------------------------------------------ lifecycle */

/* The whole message, for the expression that wants more of it than its slots. */
static bool make_whole(void *user, weir_value *out)
{
    weir_runner *runner = user;
    weir_error unread;
    if (runner->whole.kind == WEIR_ABSENT &&
        !runner->format->parse(runner, runner->bytes, &runner->whole, &unread)) {
        runner->whole = weir_value_absent();
        return false;
    }
    *out = runner->whole;
    return true;
}

static bool make_shapes(weir_runner *runner)
{
    const size_t count = runner->plan->schema_count;
    runner->shapes = weir_shapes_new();
    runner->item_shapes = calloc(count + 1, sizeof(weir_shapes *));
    for (size_t i = 0; runner->item_shapes && i < count; i++)
        if (!(runner->item_shapes[i] = weir_shapes_new()))
            return false;
    runner->nested.rows = &runner->items;
    runner->index.nested = &runner->nested;
    return runner->shapes && runner->item_shapes;
}

static bool init(weir_runner *runner)
{
    const weir_plan *plan = runner->plan;
    const weir_connection_spec *connection = plan->connection;
    runner->arena = weir_arena_new(RUNNER_ARENA_FIRST, WEIR_EXPR_MEMORY_MAX);
    runner->vm = runner->arena ? weir_vm_new(runner->arena) : NULL;
    runner->slots = calloc(plan->slots + 1, sizeof *runner->slots);
    runner->item_slots = calloc(plan->item_slots + 1, sizeof *runner->item_slots);
    runner->payload_slots = calloc(plan->payload_slots + 1, sizeof *runner->payload_slots);
    runner->control_slots =
        calloc(weir_projection_slots(plan->control_paths) + 1, sizeof *runner->control_slots);
    if (plan->names.session_count > 0 && runner->world->session &&
        !(runner->learnt = weir_learnt_new(runner->world->session, plan->session_keyed,
                                           plan->names.session_count)))
        return false;
    runner->lazy = (weir_expr_lazy){make_whole, runner, false};
    if (plan->layout) {
        runner->layout = calloc(1, sizeof *runner->layout);
        if (!runner->layout || !weir_layout_state_init(runner->layout, runner))
            return false;
    }
    if (connection->compression != WEIR_COMPRESSION_NONE &&
        !(runner->inflate = weir_runner_new_inflate(connection)))
        return false;
    if (runner->format->builds &&
        !(runner->message = weir_arena_new(RUNNER_ARENA_FIRST, MESSAGE_ARENA_MAX)))
        return false;
    return weir_runner_make_watches(runner) && make_shapes(runner) && runner->vm &&
           runner->control_slots && runner->slots && runner->item_slots && runner->payload_slots &&
           weir_ring_init(&runner->dead, sizeof(weir_dead_letter), WEIR_DEAD_LETTERS);
}

weir_runner *weir_runner_new(const weir_plan *plan, const weir_expr_world *world)
{
    weir_runner *runner = calloc(1, sizeof *runner);
    if (!runner)
        return NULL;
    runner->plan = plan;
    runner->format = weir_format_of(plan->connection);
    runner->world = world;
    runner->batch.open_at = SIZE_MAX;
    runner->quick.read = weir_lanes_best()->read;
    runner->quick.levels = weir_lanes_best()->levels;
    weir_fit_init(&runner->fits[0]);
    weir_fit_init(&runner->fits[1]);
    const bool has_only_records = plan->control_count == 0 && !plan->layout && !plan->preprocess &&
                                  !plan->decode && !plan->payload && !plan->hears_by_name &&
                                  plan->connection->compression == WEIR_COMPRESSION_NONE &&
                                  weir_format_is_json(runner->format);
    const weir_frame_mode mode = plan->connection->frame;
    runner->is_plain = has_only_records && mode == WEIR_FRAME_RECORD;
    runner->plan_pours = !has_only_records           ? WEIR_POURS_NONE
                         : mode == WEIR_FRAME_RECORD ? WEIR_POURS_FRAMES
                         : mode == WEIR_FRAME_ARRAY  ? WEIR_POURS_LISTS
                                                     : WEIR_POURS_NONE;
    weir_runner_set_pours(runner);
    if (init(runner))
        return runner;
    weir_runner_free(runner);
    return NULL;
}

void weir_runner_free(weir_runner *runner)
{
    if (!runner)
        return;
    weir_vm_free(runner->vm);
    weir_arena_free(runner->arena);
    weir_arena_free(runner->message);
    free(runner->slots);
    free(runner->item_slots);
    free(runner->payload_slots);
    free(runner->control_slots);
    weir_runner_free_watches(runner);
    weir_runner_free_held(runner);
    weir_learnt_free(runner->learnt);
    if (runner->layout)
        weir_layout_state_fini(runner->layout);
    free(runner->layout);
    weir_inflate_free(runner->inflate);
    weir_buf_fini(&runner->inflated);
    weir_buf_fini(&runner->replaced);
    weir_buf_fini(&runner->prepared);
    weir_batch_fini(&runner->batch);
    weir_json_index_fini(&runner->index);
    for (size_t i = 0; runner->item_shapes && i < runner->plan->schema_count; i++)
        weir_shapes_free(runner->item_shapes[i]);
    free(runner->item_shapes);
    weir_shapes_free(runner->shapes);
    weir_moulds_fini(&runner->moulds);
    weir_gauges_fini(&runner->gauges);
    weir_rows_fini(&runner->rows);
    weir_rows_fini(&runner->items);
    weir_ring_fini(&runner->dead);
    free(runner);
}

weir_batch *weir_runner_batch(weir_runner *runner)
{
    return &runner->batch;
}

weir_runner_news *weir_runner_news_of(weir_runner *runner)
{
    return &runner->news;
}

const weir_counters *weir_runner_counters(const weir_runner *runner)
{
    return &runner->counters;
}

size_t weir_runner_dead_letters(const weir_runner *runner)
{
    return runner->dead.count;
}

const weir_dead_letter *weir_runner_dead_letter(const weir_runner *runner, size_t index)
{
    return weir_ring_at(&runner->dead, index);
}

weir_vm *weir_runner_vm(weir_runner *runner)
{
    return runner->vm;
}

void weir_runner_set_general(weir_runner *runner, bool is_general)
{
    runner->is_general = is_general;
    weir_runner_set_pours(runner);
}

void weir_runner_observe(weir_runner *runner, const weir_observer *observer, void *user)
{
    runner->observer = observer;
    runner->watcher = user;
    weir_runner_set_pours(runner);
}

/* ------------------------------------------------------------------ failures */

void weir_runner_fail(weir_runner *runner, weir_stage stage, weir_str sample, const char *format,
                      ...)
{
    runner->counters.failed[stage]++;
    weir_dead_letter *letter = weir_ring_push(&runner->dead, NULL);
    if (!letter)
        return; /* counted, if not shown */
    letter->stage = stage;
    letter->frame = runner->frame->number;
    letter->received_ns = runner->frame->received_ns;
    letter->sample_len = sample.len < WEIR_DEAD_LETTER_BYTES ? sample.len : WEIR_DEAD_LETTER_BYTES;
    if (letter->sample_len > 0)
        memcpy(letter->sample, sample.ptr, letter->sample_len);
    va_list args;
    va_start(args, format);
    vsnprintf(letter->reason, sizeof letter->reason, format, args);
    va_end(args);
    if (weir_runner_is_watched(runner))
        runner->observer->on_failed(runner->watcher, stage, letter->reason);
}

static void fail_vm(weir_runner *runner, weir_stage stage, weir_str sample, const char *what,
                    weir_str where)
{
    const weir_str message = weir_vm_message(runner->vm);
    weir_runner_fail(runner, stage, sample, "%s: %s: %.*s (%.*s)", what,
                     weir_raise_name(weir_vm_raise(runner->vm)), WEIR_FMT(message),
                     WEIR_FMT(where));
}

/* ------------------------------------------------------------------ records */

/* The text of a record for a dead letter: its own where it is raw, the frame's otherwise. */
static weir_str sample_of(const weir_runner *runner, const weir_value *record)
{
    return record->kind == WEIR_RAW ? weir_value_text(record) : runner->frame->bytes;
}

static weir_outcome test(weir_runner *runner, const weir_program *program,
                         const weir_expr_input *input)
{
    bool is_true = false;
    if (!weir_vm_run_truth(runner->vm, program, runner->world, input, &is_true))
        return WEIR_OUTCOME_RAISED;
    return is_true ? WEIR_OUTCOME_TRUE : WEIR_OUTCOME_FALSE;
}

static inline weir_outcome test_route(weir_runner *runner, const weir_plan_route *route)
{
    if (!route->match)
        return weir_str_eq(route->name, runner->frame->topic) ? WEIR_OUTCOME_TRUE
                                                              : WEIR_OUTCOME_FALSE;
    if (!runner->is_general) {
        const weir_fused_answer answer = weir_quick_ask_any(&route->asks, &runner->input);
        if (answer != WEIR_FUSED_ASK)
            return answer == WEIR_FUSED_TRUE ? WEIR_OUTCOME_TRUE : WEIR_OUTCOME_FALSE;
    }
    return test(runner, route->match, &runner->input);
}

static const weir_plan_route *find_route(weir_runner *runner, weir_str sample)
{
    const weir_plan *plan = runner->plan;
    for (size_t i = 0; i < plan->route_count; i++) {
        const weir_plan_route *route = &plan->routes[i];
        const weir_outcome outcome = test_route(runner, route);
        if (weir_runner_is_watched(runner))
            runner->observer->on_match(runner->watcher, route, outcome);
        if (outcome == WEIR_OUTCOME_TRUE)
            return route;
        if (outcome == WEIR_OUTCOME_RAISED)
            fail_vm(runner, WEIR_STAGE_ROUTE, sample, "match", route->where);
    }
    return &plan->fallback;
}

void weir_runner_take(weir_runner *runner, weir_str sample)
{
    const weir_arena_mark mark = weir_arena_save(runner->arena);
    runner->counters.records_in++;
    if (weir_runner_is_watched(runner))
        runner->observer->on_record(runner->watcher, &runner->input.roots[WEIR_ROOT_DATA]);
    const weir_plan_route *route = find_route(runner, sample);
    if (weir_runner_is_watched(runner))
        runner->observer->on_route(runner->watcher, route);
    if (route->stream_count == 0)
        runner->counters.dropped++;
    for (size_t i = 0; i < route->stream_count; i++)
        weir_runner_convert(runner, &runner->plan->streams[route->streams[i]], sample);
    if (weir_arena_used(runner->arena) != mark.total)
        weir_arena_rewind(runner->arena, mark);
}

/* The record at roots[DATA], its slots filled. */
static void take_record(weir_runner *runner)
{
    weir_runner_take(runner, sample_of(runner, &runner->input.roots[WEIR_ROOT_DATA]));
}

static void take_value(weir_runner *runner, const weir_value *record)
{
    runner->input.roots[WEIR_ROOT_DATA] = *record;
    if (!weir_projection_fill_indexed(runner->plan->paths, &runner->index, record, runner->slots))
        weir_projection_fill(runner->plan->paths, record, runner->slots);
    take_record(runner);
}

static bool is_object(const weir_value *v)
{
    return v->kind == WEIR_DICT || (v->kind == WEIR_RAW && v->aux == WEIR_RAW_OBJECT);
}

static bool is_list_of_objects(const weir_value *v)
{
    weir_value item;
    if (!weir_items_are_list(v))
        return false;
    weir_items items = weir_items_of(v);
    while (weir_items_next(&items, &item)) {
        if (!is_object(&item))
            return false;
    }
    return true;
}

static void take_list(weir_runner *runner, const weir_value *list)
{
    weir_value item;
    weir_items items = weir_items_of(list);
    while (weir_items_next(&items, &item))
        take_value(runner, &item);
}

static void take_message(weir_runner *runner, const weir_value *message)
{
    const weir_frame_mode mode = runner->plan->connection->frame;
    if (mode == WEIR_FRAME_RECORD || (mode == WEIR_FRAME_AUTO && !is_list_of_objects(message)))
        take_value(runner, message);
    else if (weir_items_are_list(message))
        take_list(runner, message);
    else
        weir_runner_fail(runner, WEIR_STAGE_FRAME, runner->frame->bytes,
                         "frame: array expects a list, got %s", weir_value_type_name(message));
}

/* ------------------------------------------------------------------ frames */

/* `payload_path` over a decoded message, then what it gave. */
static void take_payload(weir_runner *runner, weir_str text, const weir_value *message)
{
    weir_expr_input input = runner->input;
    weir_value payload;
    input.roots[WEIR_ROOT_DATA] = *message;
    input.data_slots = runner->payload_slots;
    if (!weir_vm_run(runner->vm, runner->plan->payload, runner->world, &input, &payload)) {
        fail_vm(runner, WEIR_STAGE_PAYLOAD, text, "payload_path", runner->plan->payload_where);
        return;
    }
    if (weir_runner_is_watched(runner))
        runner->observer->on_payload(runner->watcher, &payload);
    take_message(runner, &payload);
}

static void tell_message(weir_runner *runner, weir_value *message)
{
    if (!weir_runner_is_watched(runner))
        return;
    if (message->kind == WEIR_ABSENT)
        make_whole(runner, message);
    runner->observer->on_message(runner->watcher, message);
}

/* A record that the router and the converter need no program for to tell what it is. */
static weir_quick_verdict take_quick(weir_runner *runner, bool is_settled)
{
    const weir_plan *plan = runner->plan;
    const weir_plan_route *route = plan->routes;
    const weir_plan_route *const end = route + plan->route_count;
    weir_quick_verdict verdict = WEIR_QUICK_MADE;
    weir_fused_answer answer = WEIR_FUSED_FALSE;
    for (; route < end; route++) {
        answer = route->match ? weir_quick_ask(&route->asks, &runner->input, &runner->index)
                              : WEIR_FUSED_ASK;
        if (answer != WEIR_FUSED_FALSE)
            break;
    }
    if (route == end)
        route = &plan->fallback;
    if (answer == WEIR_FUSED_ASK || route->stream_count > 1)
        return WEIR_QUICK_ASIDE;
    if (route->stream_count == 1)
        verdict = weir_runner_convert_quick(runner, &plan->streams[route->streams[0]], is_settled);
    if (verdict != WEIR_QUICK_MADE)
        return verdict;
    runner->counters.records_in++;
    runner->counters.dropped += route->stream_count == 0;
    return WEIR_QUICK_MADE;
}

static inline weir_quick_verdict take_row(void *user, const weir_value *row, bool is_settled)
{
    weir_runner *runner = user;
    runner->input.data_slots = row;
    runner->input.roots[WEIR_ROOT_DATA] = row[runner->rows.width - 1];
    if (!is_settled)
        return take_quick(runner, false);
    take_record(runner);
    return WEIR_QUICK_MADE;
}

/* A frame that is a list, decoded in one walk; false: nothing has been done. */
static bool take_rows(weir_runner *runner, weir_str bytes)
{
    const weir_plan *plan = runner->plan;
    weir_rows *rows = &runner->rows;
    if (plan->connection->frame != WEIR_FRAME_ARRAY || plan->payload || plan->control_count > 0 ||
        !weir_format_is_json(runner->format) || runner->is_general ||
        weir_runner_is_watched(runner))
        return false;
    if (!weir_projection_rows_indexed(plan->paths, &runner->index, runner->shapes, bytes, rows))
        return false;
    weir_quick_rows(runner, rows, take_row, runner);
    if (runner->moulds.is_wanting)
        weir_mould_learn_list(runner);
    return true;
}

/* The message as it is, or - where the slots of `paths` are wanted - projected in one walk. */
static void take_bytes(weir_runner *runner, weir_str bytes)
{
    const weir_plan *plan = runner->plan;
    weir_value *whole = &runner->input.roots[WEIR_ROOT_DATA];
    weir_value message;
    weir_error why;
    bool is_good;
    runner->bytes = bytes;
    runner->whole = weir_value_absent();
    if (take_rows(runner, bytes))
        return;
    if (plan->payload)
        is_good = runner->format->project(runner, plan->payload_paths, bytes, runner->payload_slots,
                                          &message, &why);
    else if (plan->connection->frame == WEIR_FRAME_RECORD)
        is_good = runner->format->project(runner, plan->paths, bytes, runner->slots, whole, &why);
    else
        is_good = runner->format->parse(runner, bytes, &message, &why);
    if (!is_good && weir_runner_control_text(runner, bytes)) {
        runner->counters.dropped++; /* it is for the session, and no record */
    } else if (!is_good) {
        weir_runner_fail(runner, WEIR_STAGE_DECODE, bytes, "%s", why.text);
    } else if (runner->is_decoded && runner->decoded.kind == WEIR_NONE) {
        runner->counters.dropped++; /* the decoder says that nothing is in it */
    } else if (plan->payload) {
        tell_message(runner, &message);
        weir_runner_control(runner, &message, false);
        take_payload(runner, bytes, &message);
    } else if (plan->connection->frame == WEIR_FRAME_RECORD) {
        tell_message(runner, whole);
        weir_runner_control(runner, whole, true);
        take_record(runner);
    } else {
        tell_message(runner, &message);
        weir_runner_control(runner, &message, false);
        take_message(runner, &message);
    }
}

/* The same for a message of several parts. */
static void take_parts(weir_runner *runner, weir_str bytes)
{
    const weir_plan *plan = runner->plan;
    weir_value message;
    weir_error why = {0};
    if (!weir_runner_parse_parts(runner, bytes, &message, &why)) {
        if (why.code != WEIR_OK) /* else it was counted where it went wrong */
            weir_runner_fail(runner, WEIR_STAGE_DECODE, bytes, "%s", why.text);
        return;
    }
    tell_message(runner, &message);
    weir_runner_control(runner, &message, false);
    if (plan->payload) {
        weir_projection_fill(plan->payload_paths, &message, runner->payload_slots);
        take_payload(runner, bytes, &message);
    } else {
        take_message(runner, &message);
    }
}

/* The frame of a plan that has nothing but records; false: nothing has been done. */
static bool take_plain(weir_runner *runner, weir_str bytes)
{
    weir_value *whole = &runner->input.roots[WEIR_ROOT_DATA];
    runner->bytes = bytes;
    runner->whole = weir_value_absent();
    if (!weir_format_is_json(runner->format) || runner->is_general ||
        weir_runner_is_watched(runner) ||
        !weir_projection_decode_indexed(runner->plan->paths, &runner->index, runner->shapes, bytes,
                                        runner->slots, whole))
        return false;
    if (take_quick(runner, true) != WEIR_QUICK_MADE)
        take_record(runner);
    if (__builtin_expect(runner->moulds.is_wanting, 0))
        weir_mould_learn_frame(runner);
    return true;
}

static void begin_frame(weir_runner *runner, const weir_runner_frame *frame)
{
    weir_arena_reset(runner->arena);
    weir_json_index_forget(&runner->index);
    if (runner->message)
        weir_arena_reset(runner->message);
    runner->frame = frame;
    runner->format = weir_format_of_frame(runner->plan->connection, frame->is_binary);
    runner->input.lazy_data = &runner->lazy;
    runner->input.data_slots = runner->slots;
    runner->input.item_slots = runner->item_slots;
    /* Frames of a file without times were received at no time that anybody knows. */
    runner->input.roots[WEIR_ROOT_RECEIVED] =
        frame->received_ns == 0 ? weir_value_none() : weir_value_timestamp(frame->received_ns, 1);
    runner->input.roots[WEIR_ROOT_TOPIC] =
        weir_utf8_valid(frame->topic) ? weir_value_str(frame->topic) : weir_value_none();
}

static bool is_heard(const weir_plan *plan, weir_str name)
{
    for (size_t i = 0; i < plan->connection->stream_count; i++) {
        if (weir_str_eq(plan->connection->streams[i].event, name))
            return true;
    }
    return false;
}

/* What a wait has looked at is not shown to functions of plugins again: they may count what they
 * see. */
static void start_frame(weir_runner *runner, const weir_runner_frame *frame)
{
    const bool has_functions = runner->plan->preprocess || runner->plan->decode;
    if (has_functions && runner->is_open && runner->opened == frame->number) {
        runner->frame = frame;
        return;
    }
    begin_frame(runner, frame);
    runner->is_open = false;
    runner->is_decoded = false;
}

/* The bytes to decode; false, counted, when there are none. */
static bool open_frame(weir_runner *runner, weir_str *bytes)
{
    if (!runner->is_open) {
        runner->opened_bytes = runner->frame->bytes;
        runner->is_open_good = weir_runner_inflate(runner, &runner->opened_bytes);
        runner->is_open = true;
        runner->opened = runner->frame->number;
    }
    *bytes = runner->opened_bytes;
    return runner->is_open_good;
}

bool weir_runner_admit(weir_runner *runner, weir_runner_frame *frame)
{
    const weir_extension *hook = runner->plan->on_message;
    if (!hook)
        return true;
    begin_frame(runner, frame);
    const uint64_t len = frame->bytes.len;
    const bool is_admitted = frame->has_parts
                                 ? weir_runner_admit_parts(runner, hook, frame->bytes)
                                 : weir_runner_run_over(runner, hook, !frame->is_binary,
                                                        &runner->replaced, &frame->bytes);
    if (!is_admitted) {
        runner->counters.frames++;
        runner->counters.bytes += len;
    }
    return is_admitted;
}

/* Rules over messages, for those that are never made whole otherwise. */
static void control_whole(weir_runner *runner, weir_str bytes)
{
    weir_value message;
    weir_error ignored;
    if (runner->plan->control_count == 0)
        return;
    assert(runner->layout);          /* its format is that of layouts */
    runner->layout->is_quiet = true; /* the frame is also fed */
    if (runner->format->parse(runner, bytes, &message, &ignored))
        weir_runner_control(runner, &message, false);
    runner->layout->is_quiet = false;
}

static void take_open(weir_runner *runner, weir_str bytes)
{
    if (runner->format == &weir_layout_format && weir_layout_is_direct(runner->plan))
        control_whole(runner, bytes);
    if (runner->format != &weir_layout_format)
        take_bytes(runner, bytes);
    else if (weir_layout_is_direct(runner->plan))
        weir_layout_feed(runner, bytes);
    else if (!weir_layout_ignores(runner, bytes))
        take_bytes(runner, bytes);
}

static void feed_any(weir_runner *runner, const weir_runner_frame *frame)
{
    weir_str bytes = frame->bytes;
    start_frame(runner, frame);
    if (runner->layout)
        runner->layout->is_quiet = false;
    if (runner->plan->hears_by_name && !is_heard(runner->plan, frame->topic))
        runner->counters.dropped++;
    else if (runner->input.roots[WEIR_ROOT_TOPIC].kind == WEIR_NONE)
        weir_runner_fail(runner, WEIR_STAGE_DECODE, frame->topic, "the topic is not UTF-8");
    else if (frame->has_parts)
        take_parts(runner, bytes);
    else if (runner->is_plain && !weir_runner_holds(runner) && take_plain(runner, bytes))
        return;
    else if (open_frame(runner, &bytes))
        take_open(runner, bytes);
    runner->was_open = runner->is_open;
    runner->is_open = false;
    if (weir_runner_holds(runner))
        weir_runner_uncount(runner);
}

/* Not inlined where it is seldom called. What is poured is ASCII, so a text that is not proved to
 * be UTF-8 comes here. */
__attribute__((noinline)) void weir_runner_feed_any(weir_runner *runner,
                                                    const weir_runner_frame *frame)
{
    runner->news.is_any = true;
    if (frame->is_unproved && !weir_utf8_valid(frame->bytes)) {
        runner->news.is_not_utf8 = true;
        runner->counters.frames--;
        runner->counters.bytes -= frame->bytes.len;
        return;
    }
    feed_any(runner, frame);
    runner->moulds.is_wanting = false;
}

static inline void count_frame(weir_runner *runner, const weir_runner_frame *frame)
{
    runner->counters.frames++; /* before its records are told apart by it */
    runner->counters.bytes += frame->bytes.len;
}

void weir_runner_feed_text(weir_runner *runner, const weir_runner_frame *frame)
{
    count_frame(runner, frame);
    if (__builtin_expect(runner->pours == WEIR_POURS_NONE, 0))
        weir_runner_feed_any(runner, frame);
    else
        weir_mould_pour(runner, frame);
}

void weir_runner_feed(weir_runner *runner, const weir_runner_frame *frame)
{
    if (!frame->is_binary && !frame->has_parts && frame->topic.len == 0) {
        weir_runner_feed_text(runner, frame);
        return;
    }
    count_frame(runner, frame);
    weir_runner_feed_any(runner, frame);
}

/* ------------------------------------------------------------------ waits */

static bool parse_whole(weir_runner *runner, const weir_runner_frame *frame, weir_value *message)
{
    weir_str bytes = frame->bytes;
    weir_error unread;
    if (frame->has_parts)
        return weir_runner_parse_parts(runner, bytes, message, &unread);
    return open_frame(runner, &bytes) && runner->format->parse(runner, bytes, message, &unread);
}

/* A test that raises is false: a message of another kind need not have what it asks for. */
static weir_verdict judge(weir_runner *runner, const weir_plan_wait *wait,
                          const weir_value *message, weir_error *why)
{
    weir_outcome match = WEIR_OUTCOME_FALSE;
    const weir_outcome error =
        wait->error ? weir_runner_test(runner, wait->error, message) : WEIR_OUTCOME_FALSE;
    if (error != WEIR_OUTCOME_TRUE && wait->match)
        match = weir_runner_test(runner, wait->match, message);
    if (weir_runner_is_watched(runner))
        runner->observer->on_wait(runner->watcher, (weir_wait)(wait - runner->plan->waits), error,
                                  match);
    if (error == WEIR_OUTCOME_TRUE) {
        weir_buf text = {0};
        weir_json_write(&text, message, 0);
        weir_fail(why, WEIR_ERR_AUTH, "the venue refused: %.*s",
                  text.len > 400 ? 400 : (int)text.len, weir_buf_cstr(&text));
        weir_buf_fini(&text);
        return WEIR_VERDICT_ERROR;
    }
    return match == WEIR_OUTCOME_TRUE ? WEIR_VERDICT_MATCH : WEIR_VERDICT_OTHER;
}

void weir_runner_messages(weir_runner *runner, const weir_runner_frame *frame,
                          weir_message_fn *each, void *user)
{
    weir_value message, item;
    start_frame(runner, frame);
    if (runner->layout)
        runner->layout->is_quiet = true; /* the frame may also be fed */
    if (!parse_whole(runner, frame, &message))
        return;
    if (runner->plan->connection->frame == WEIR_FRAME_RECORD || !weir_items_are_list(&message)) {
        each(runner, &message, user);
        return;
    }
    weir_items items = weir_items_of(&message);
    while (weir_items_next(&items, &item) && each(runner, &item, user))
        continue;
}

typedef struct judgement {
    const weir_plan_wait *wait;
    weir_verdict verdict;
    weir_error *why;
} judgement;

/* An error wins over a match. */
static bool judge_message(weir_runner *runner, const weir_value *message, void *user)
{
    judgement *j = user;
    const weir_verdict one = judge(runner, j->wait, message, j->why);
    if (one != WEIR_VERDICT_OTHER)
        j->verdict = one;
    return one != WEIR_VERDICT_ERROR;
}

weir_verdict weir_runner_wait(weir_runner *runner, weir_wait which, const weir_runner_frame *frame,
                              weir_error *why)
{
    judgement j = {&runner->plan->waits[which], WEIR_VERDICT_OTHER, why};
    if (j.wait->is_set)
        weir_runner_messages(runner, frame, judge_message, &j);
    runner->counters.control += j.verdict == WEIR_VERDICT_MATCH;
    return j.verdict;
}

weir_outcome weir_runner_test(weir_runner *runner, const weir_program *program,
                              const weir_value *data)
{
    weir_expr_input input = runner->input;
    input.roots[WEIR_ROOT_DATA] = *data;
    return test(runner, program, &input);
}
