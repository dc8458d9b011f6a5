/* SPDX-License-Identifier: MIT */
/*
 * Watching a runner at work, for `weir explain`: the runner tells each decision as it takes it, so
 * what is shown is what happens and not a second opinion. Without an observer a runner pays one
 * predictable test of a pointer at each of these places.
 *
 * All that is pointed to lives for the call. An observer must not run the runner's VM, but may read
 * what its last failed run says.
 */
#ifndef WEIR_PIPELINE_OBSERVER_H
#define WEIR_PIPELINE_OBSERVER_H

#include "pipeline/parts.h"

/** How a field came to its value (SPEC.md 3). */
struct weir_field_trace {
    bool has_condition; /* tested */
    weir_outcome condition;
    bool has_source; /* evaluated */
    weir_value source;
    bool has_transform; /* evaluated */
    weir_value transformed;
    bool has_raised; /* the VM says what */
    bool uses_default;
    weir_value value; /* what it came to; ABSENT: left out */
};

/** As weir_plan_field_eval, and fills a zeroed trace. */
bool weir_plan_field_watch(weir_vm *vm, const weir_plan_field *field, const weir_expr_world *world,
                           weir_expr_input *input, weir_value *out, weir_field_trace *trace);

/** All members required. */
struct weir_observer {
    /** The frame's bytes were compressed. */
    void (*on_inflated)(void *user, weir_str bytes);
    /** The whole message, before payload_path. */
    void (*on_message)(void *user, const weir_value *message);
    void (*on_payload)(void *user, const weir_value *payload);
    /** A packet of a layout, which is a record. */
    void (*on_packet)(void *user, const struct weir_layout_state *packet, weir_str bytes);
    /** A record of the frame, its slots filled. */
    void (*on_record)(void *user, const weir_value *record);
    /** A rule of the router was tried. */
    void (*on_match)(void *user, const weir_plan_route *route, weir_outcome outcome);
    void (*on_route)(void *user, const weir_plan_route *route);
    /** The record comes to a stream ... */
    void (*on_stream)(void *user, const weir_plan_stream *stream);
    /** ... where the condition of a converter's rule was tried (none: TRUE) ... */
    void (*on_rule)(void *user, const weir_plan_rule *rule, weir_outcome outcome);
    /** ... and none held. */
    void (*on_unconverted)(void *user);
    /** An element of `each`, its slots filled. */
    void (*on_item)(void *user, const weir_value *item);
    /** A field was evaluated; what it gave is stored next. */
    void (*on_field)(void *user, const weir_plan_column *column, const weir_field_trace *trace);
    void (*on_made)(void *user, const weir_record *record);
    /** Something failed and was counted. */
    void (*on_failed)(void *user, weir_stage stage, const char *reason);
    /** A message taught the session a value; `key` NULL: it has none. */
    void (*on_learnt)(void *user, weir_str name, const weir_value *key, const weir_value *value);
    /** A message was held against a wait; `match` is tried only when `error` is not TRUE. */
    void (*on_wait)(void *user, weir_wait wait, weir_outcome error, weir_outcome match);
};

/** NULL: nobody watches. Both are borrowed. */
void weir_runner_observe(weir_runner *runner, const weir_observer *observer, void *user);

/** Seldom true: the calls are to stand out of the way of the code between them. */
static inline bool weir_runner_is_watched(const weir_runner *runner)
{
    return __builtin_expect(runner->observer != NULL, 0);
}

#endif
