/* SPDX-License-Identifier: MIT */
/*
 * One frame through every stage, as an observer of a runner sees it. The sheet grows along with the
 * frame: `place` is where the next thing happens (the frame, a record, a stream of it, an element
 * of `each`), and a failure is noted there, since that is what failed.
 */
#include <stdlib.h>

#include "pipeline/explain.h"
#include "pipeline/explain_layout.h"
#include "pipeline/observer.h"
#include "value/json_write.h"

typedef struct trace {
    weir_sheet *sheet;
    weir_entry *top;
    weir_runner *runner;
    const weir_plan *plan;
    bool is_waiting; /* the waits are asked, which is told in a table of their own */
    weir_entry *waits;
    weir_entry *learnt;
    size_t tests;                    /* of the wait that is asked */
    const weir_layout_state *packet; /* that is the next record */
    weir_str packet_bytes;
    weir_entry *records;
    size_t record_count;
    weir_entry *record;
    weir_entry *routing;
    weir_entry *match;
    weir_entry *streams;
    weir_entry *stream;
    weir_entry *rules;
    const weir_plan_stream *at;
    const weir_plan_rule *rule;
    weir_entry *items;
    size_t item_count;
    weir_entry *fields;
    weir_entry *failures; /* of packets */
    weir_entry *place;
    uint64_t seq[WEIR_CHANNEL_COUNT];
} trace;

static const char *const outcomes[] = {
    [WEIR_OUTCOME_FALSE] = "false", [WEIR_OUTCOME_TRUE] = "true", [WEIR_OUTCOME_RAISED] = "raised"};

static void put_outcome(trace *t, weir_entry *row, const char *key, weir_outcome outcome)
{
    weir_sheet_text(t->sheet, row, key, weir_str_of(outcomes[outcome]));
}

/* What the last run of the VM failed at. */
static void put_raised(trace *t, weir_entry *row)
{
    weir_buf text = {0};
    const weir_str message = weir_vm_message(t->runner->vm);
    weir_buf_printf(&text, "%s: %.*s", weir_raise_name(weir_vm_raise(t->runner->vm)),
                    WEIR_FMT(message));
    t->sheet->failed |= text.failed;
    weir_sheet_masked(t->sheet, row, "raised", weir_buf_str(&text));
    weir_buf_fini(&text);
}

static void put_typed(trace *t, weir_entry *row, const char *key, const char *type_key,
                      const weir_value *v)
{
    weir_sheet_value(t->sheet, row, key, v);
    if (v->kind != WEIR_ABSENT)
        weir_sheet_text(t->sheet, row, type_key, weir_str_of(weir_value_type_name(v)));
}

static void put_slots(trace *t, weir_entry *into, const char *key, const weir_projection *paths,
                      const weir_value *slots, weir_str root)
{
    if (weir_projection_slots(paths) == 0)
        return;
    weir_entry *list = weir_sheet_list(t->sheet, into, key);
    for (size_t i = 0; i < weir_projection_slots(paths); i++) {
        weir_entry *row = weir_sheet_map(t->sheet, list, NULL);
        weir_sheet_text(t->sheet, row, "path",
                        weir_projection_path(t->sheet->arena, paths, i, root));
        put_typed(t, row, "value", "type", &slots[i]);
    }
}

/* ------------------------------------------------------------------ frame */

static void on_inflated(void *user, weir_str bytes)
{
    trace *t = user;
    if (t->is_waiting)
        return;
    weir_sheet_number(t->sheet, t->top, "inflated_bytes", bytes.len);
    weir_sheet_sample(t->sheet, t->top, "inflated", bytes);
}

static void on_message(void *user, const weir_value *message)
{
    trace *t = user;
    weir_sheet_text(t->sheet, t->top, "decoded", weir_str_of(weir_value_type_name(message)));
}

static void on_payload(void *user, const weir_value *payload)
{
    trace *t = user;
    weir_entry *map = weir_sheet_map(t->sheet, t->top, "payload");
    weir_sheet_text(t->sheet, map, "source", weir_program_source(t->plan->payload));
    put_typed(t, map, "value", "type", payload);
    put_slots(t, map, "slots", t->plan->payload_paths, t->runner->payload_slots, WEIR_STR("data"));
}

static void on_packet(void *user, const weir_layout_state *packet, weir_str bytes)
{
    trace *t = user;
    t->packet = packet;
    t->packet_bytes = bytes;
}

static void on_record(void *user, const weir_value *record)
{
    trace *t = user;
    if (!t->records)
        t->records = weir_sheet_list(t->sheet, t->top, "records");
    t->record = t->place = weir_sheet_map(t->sheet, t->records, NULL);
    t->routing = t->match = t->streams = t->stream = NULL;
    weir_sheet_number(t->sheet, t->record, "record", t->record_count++);
    if (t->packet) {
        weir_explain_packet(t->sheet, t->record, t->packet, t->packet_bytes);
        t->packet = NULL;
    }
    put_typed(t, t->record, "data", "type", record);
    put_slots(t, t->record, "slots", t->plan->paths, t->runner->slots, WEIR_STR("data"));
}

/* ------------------------------------------------------------------ routing */

static void on_match(void *user, const weir_plan_route *route, weir_outcome outcome)
{
    trace *t = user;
    if (!t->routing)
        t->routing = weir_sheet_list(t->sheet, t->record, "routing");
    t->match = weir_sheet_map(t->sheet, t->routing, NULL);
    weir_sheet_number(t->sheet, t->match, "rule", (size_t)(route - t->plan->routes) + 1);
    weir_sheet_text(t->sheet, t->match, "match", weir_plan_route_text(t->sheet->arena, route));
    put_outcome(t, t->match, "result", outcome);
}

static void on_route(void *user, const weir_plan_route *route)
{
    trace *t = user;
    weir_entry *to = weir_sheet_list(t->sheet, t->record, "to");
    for (size_t i = 0; i < route->stream_count; i++)
        weir_sheet_text(t->sheet, to, NULL, t->plan->streams[route->streams[i]].spec->name);
    if (route->stream_count == 0)
        weir_sheet_text(t->sheet, to, NULL,
                        route == &t->plan->fallback ? WEIR_STR("drop: no rule matched")
                                                    : WEIR_STR("drop"));
}

/* ------------------------------------------------------------------ converting */

static void on_stream(void *user, const weir_plan_stream *stream)
{
    trace *t = user;
    if (!t->streams)
        t->streams = weir_sheet_list(t->sheet, t->record, "streams");
    t->stream = t->place = weir_sheet_map(t->sheet, t->streams, NULL);
    t->at = stream;
    t->rules = t->items = t->fields = NULL;
    t->item_count = 0;
    weir_sheet_text(t->sheet, t->stream, "stream", stream->spec->name);
    weir_sheet_text(t->sheet, t->stream, "channel",
                    weir_str_of(weir_channel_name(stream->spec->channel)));
}

static void on_rule(void *user, const weir_plan_rule *rule, weir_outcome outcome)
{
    trace *t = user;
    if (!t->rules)
        t->rules = weir_sheet_list(t->sheet, t->stream, "rules");
    weir_entry *row = weir_sheet_map(t->sheet, t->rules, NULL);
    t->rule = rule;
    weir_sheet_number(t->sheet, row, "rule", (size_t)(rule - t->at->rules) + 1);
    weir_sheet_text(t->sheet, row, "condition",
                    rule->condition ? weir_program_source(rule->condition)
                                    : WEIR_STR("none: always"));
    put_outcome(t, row, "result", outcome);
    if (outcome == WEIR_OUTCOME_TRUE && rule->each)
        weir_sheet_text(t->sheet, row, "each", weir_program_source(rule->each));
}

static void on_unconverted(void *user)
{
    trace *t = user;
    weir_sheet_text(t->sheet, t->stream, "unconverted",
                    t->rules ? WEIR_STR("no rule's condition holds")
                             : WEIR_STR("the stream has no converter"));
}

static void on_item(void *user, const weir_value *item)
{
    trace *t = user;
    if (!t->items)
        t->items = weir_sheet_list(t->sheet, t->stream, "items");
    t->place = weir_sheet_map(t->sheet, t->items, NULL);
    t->fields = NULL;
    weir_sheet_number(t->sheet, t->place, "item", t->item_count++);
    weir_sheet_value(t->sheet, t->place, "value", item);
    put_slots(t, t->place, "slots", t->rule->item, t->runner->item_slots, WEIR_STR("item"));
}

static void on_field(void *user, const weir_plan_column *column, const weir_field_trace *seen)
{
    trace *t = user;
    const weir_plan_field *field = column->field;
    if (!t->fields)
        t->fields = weir_sheet_list(t->sheet, t->place, "fields");
    weir_entry *row = weir_sheet_map(t->sheet, t->fields, NULL);
    weir_sheet_text(t->sheet, row, "column", field->path);
    if (seen->has_condition) {
        weir_sheet_brief(t->sheet, row, "condition", weir_program_source(field->condition));
        put_outcome(t, row, "holds", seen->condition);
    }
    if (field->source)
        weir_sheet_brief(t->sheet, row, "source", weir_program_source(field->source));
    if (seen->has_source)
        put_typed(t, row, "value", "type", &seen->source);
    if (seen->has_transform) {
        weir_sheet_brief(t->sheet, row, field->custom ? "custom" : "transform",
                         field->custom        ? field->custom->name
                         : field->transformer ? field->transformer->name
                                              : weir_program_source(field->transform));
        put_typed(t, row, "gives", "gives_type", &seen->transformed);
    }
    if (seen->uses_default)
        weir_sheet_value(t->sheet, row, "default_used", &seen->value);
    if (seen->has_raised)
        put_raised(t, row);
    else if (seen->value.kind == WEIR_ABSENT)
        weir_sheet_bool(t->sheet, row, "left_out", true);
}

/* Numbered as whoever publishes it would. */
static void on_made(void *user, const weir_record *record)
{
    trace *t = user;
    weir_buf text = {0};
    weir_record *copy = weir_record_copy(record);
    if (copy) {
        copy->seq = ++t->seq[record->schema->channel];
        weir_record_write_json(&text, copy, 0);
    }
    t->sheet->failed |= !copy || text.failed;
    weir_sheet_masked(t->sheet, t->place, "made", weir_buf_str(&text));
    weir_buf_fini(&text);
    free(copy);
}

static weir_entry *failures_of(trace *t)
{
    if (!t->failures)
        t->failures = weir_sheet_list(t->sheet, t->top, "failed_packets");
    return t->failures;
}

static void on_failed(void *user, weir_stage stage, const char *reason)
{
    trace *t = user;
    if (t->is_waiting)
        return;
    if (stage == WEIR_STAGE_ROUTE) { /* the rule counts as false, and the next is tried */
        weir_sheet_masked(t->sheet, t->match, "because", weir_str_of(reason));
        return;
    }
    weir_buf text = {0};
    weir_buf_printf(&text, "%s: %s", weir_stage_name(stage), reason);
    t->sheet->failed |= text.failed;
    if (stage == WEIR_STAGE_DECODE && t->plan->layout) /* a packet, no part of the last record */
        weir_sheet_masked(t->sheet, failures_of(t), NULL, weir_buf_str(&text));
    else
        weir_sheet_masked(t->sheet, t->place, "failed", weir_buf_str(&text));
    weir_buf_fini(&text);
}

/* ------------------------------------------------------------------ waits */

static void on_learnt(void *user, weir_str name, const weir_value *key, const weir_value *value)
{
    trace *t = user;
    if (!t->learnt)
        t->learnt = weir_sheet_list(t->sheet, t->top, "learnt");
    weir_entry *row = weir_sheet_map(t->sheet, t->learnt, NULL);
    weir_sheet_text(t->sheet, row, "session", name);
    if (key)
        weir_sheet_value(t->sheet, row, "key", key);
    put_typed(t, row, "value", "type", value);
}

static void on_wait(void *user, weir_wait wait, weir_outcome error, weir_outcome match)
{
    static const char *const names[] = {[WEIR_WAIT_GREETING] = "greeting", [WEIR_WAIT_ACK] = "ack"};
    static const char *const meant[] = {[WEIR_WAIT_GREETING] = "the greeting: the login may begin",
                                        [WEIR_WAIT_ACK] = "accepted: subscribing may begin"};
    trace *t = user;
    weir_entry *row = weir_sheet_map(t->sheet, t->waits, NULL);
    weir_sheet_text(t->sheet, row, "wait", weir_str_of(names[wait]));
    if (t->plan->connection->frame != WEIR_FRAME_RECORD)
        weir_sheet_number(t->sheet, row, "element", t->tests);
    t->tests++;
    if (t->plan->waits[wait].error)
        put_outcome(t, row, "error", error);
    if (error != WEIR_OUTCOME_TRUE)
        put_outcome(t, row, "match", match);
    weir_sheet_text(t->sheet, row, "means",
                    error == WEIR_OUTCOME_TRUE ? WEIR_STR("refused: the connection fails for good")
                    : match == WEIR_OUTCOME_TRUE ? weir_str_of(meant[wait])
                                                 : WEIR_STR("something else: it goes on waiting"));
}

static void ask_waits(trace *t, const weir_runner_frame *frame)
{
    if (!t->plan->waits[WEIR_WAIT_GREETING].is_set && !t->plan->waits[WEIR_WAIT_ACK].is_set)
        return;
    t->is_waiting = true;
    t->waits = weir_sheet_list(t->sheet, t->top, "waits");
    for (int wait = WEIR_WAIT_GREETING; wait <= WEIR_WAIT_ACK; wait++) {
        weir_error why = {0};
        t->tests = 0;
        weir_runner_wait(t->runner, (weir_wait)wait, frame, &why);
    }
    if (t->waits && !t->waits->first)
        weir_sheet_text(t->sheet, t->waits, NULL, WEIR_STR("not asked: the frame cannot be read"));
    t->is_waiting = false;
}

/* ------------------------------------------------------------------ all of it */

static const weir_observer observer = {.on_inflated = on_inflated,
                                       .on_message = on_message,
                                       .on_payload = on_payload,
                                       .on_packet = on_packet,
                                       .on_record = on_record,
                                       .on_match = on_match,
                                       .on_route = on_route,
                                       .on_stream = on_stream,
                                       .on_rule = on_rule,
                                       .on_unconverted = on_unconverted,
                                       .on_item = on_item,
                                       .on_field = on_field,
                                       .on_made = on_made,
                                       .on_failed = on_failed,
                                       .on_learnt = on_learnt,
                                       .on_wait = on_wait};

static void put_counts(trace *t)
{
    const weir_counters *counters = weir_runner_counters(t->runner);
    uint64_t failed = 0;
    for (size_t i = 0; i < WEIR_STAGE_COUNT; i++)
        failed += i == WEIR_STAGE_ROUTE ? 0 : counters->failed[i];
    weir_entry *map = weir_sheet_map(t->sheet, t->top, "counts");
    weir_sheet_number(t->sheet, map, "records_in", counters->records_in);
    weir_sheet_number(t->sheet, map, "records_out", counters->records_out);
    weir_sheet_number(t->sheet, map, "dropped", counters->dropped);
    weir_sheet_number(t->sheet, map, "unconverted", counters->unconverted);
    weir_sheet_number(t->sheet, map, "failed", failed);
}

static void feed(trace *t, const weir_runner_frame *frame)
{
    weir_runner_frame admitted = *frame;
    if (weir_runner_admit(t->runner, &admitted))
        weir_runner_feed(t->runner, &admitted);
    put_counts(t);
}

/* With a runner of its own, so that what the waits count is not counted in the rest. */
static bool watch(trace *t, const weir_expr_world *world, const weir_runner_frame *frame,
                  void (*run)(trace *t, const weir_runner_frame *frame))
{
    t->runner = weir_runner_new(t->plan, world);
    if (!t->runner)
        return false;
    weir_runner_observe(t->runner, &observer, t);
    run(t, frame);
    weir_runner_free(t->runner);
    return true;
}

weir_code weir_explain_frame(weir_sheet *sheet, weir_entry *into, const weir_plan *plan,
                             const weir_expr_world *world, const weir_runner_frame *frame)
{
    trace t = {.sheet = sheet, .top = into, .place = into, .plan = plan};
    weir_sheet_number(sheet, into, "frame_bytes", frame->bytes.len);
    if (frame->topic.len > 0)
        weir_sheet_masked(sheet, into, "topic", frame->topic);
    weir_sheet_sample(sheet, into, "frame", frame->bytes);
    if (!watch(&t, world, frame, ask_waits) || !watch(&t, world, frame, feed))
        return WEIR_ERR_NOMEM;
    return sheet->failed ? WEIR_ERR_NOMEM : WEIR_OK;
}
