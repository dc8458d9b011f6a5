/* SPDX-License-Identifier: MIT */
/*
 * Rules over messages that steer the session: what it learns, heartbeats, replies. They see a
 * message as it came, before payload_path, and run before its records are made, so that what a
 * message teaches is known to those. Where message and record are the same thing - one record a
 * frame, no payload_path - the rules share the record's projection and cost no walk of their own.
 */
#include <stdio.h>

#include "pipeline/items.h"
#include "pipeline/observer.h"
#include "pipeline/parts.h"
#include "util/utf8.h"

/* ------------------------------------------------------------------ building */

/* What a request gives the session comes first; a rule may change it later. */
static void name_extracts(weir_plan *plan, weir_str *names)
{
    const weir_session_spec *session = &plan->connection->auth.session;
    for (size_t i = 0; i < session->extract_count; i++) {
        if (weir_plan_session_name(plan, session->extract[i].name) == plan->names.session_count)
            names[plan->names.session_count++] = session->extract[i].name;
    }
}

bool weir_plan_name_session(weir_plan *plan)
{
    const weir_connection_spec *connection = plan->connection;
    const size_t most = connection->learn_count + connection->auth.session.extract_count + 1;
    weir_str *names = WEIR_ARENA_ARRAY(plan->arena, weir_str, most);
    bool *keyed = WEIR_ARENA_ARRAY(plan->arena, bool, most);
    if (!names || !keyed)
        return false;
    plan->names.session = names;
    plan->session_keyed = keyed;
    name_extracts(plan, names);
    for (size_t i = 0; i < connection->learn_count; i++) {
        const weir_learn_spec *rule = &connection->learn[i];
        if (weir_plan_session_name(plan, rule->into) < plan->names.session_count)
            continue;
        keyed[plan->names.session_count] = rule->key.node != NULL;
        names[plan->names.session_count++] = rule->into;
    }
    return true;
}

size_t weir_plan_session_name(const weir_plan *plan, weir_str name)
{
    size_t i = 0;
    while (i < plan->names.session_count && !weir_str_eq(plan->names.session[i], name))
        i++;
    return i;
}

static void build_learn(weir_plan_builder *builder, weir_plan *plan, const weir_learn_spec *spec,
                        const weir_expr_scope *scope, weir_plan_control *control)
{
    control->kind = WEIR_CONTROL_LEARN;
    control->name = weir_plan_session_name(plan, spec->into);
    control->match = weir_plan_compile(builder, &spec->match, scope);
    control->key = weir_plan_compile(builder, &spec->key, scope);
    control->value = weir_plan_compile(builder, &spec->value, scope);
    control->where = weir_plan_where(builder->arena, spec->node);
}

static void build_replies(weir_plan_builder *builder, weir_plan *plan, weir_plan_control *controls,
                          const weir_expr_scope *scope)
{
    const weir_heartbeat_spec *heartbeat = &plan->connection->heartbeat;
    const weir_expr_scope message = {.roots = WEIR_ROOT_BIT(WEIR_ROOT_DATA) |
                                              WEIR_ROOT_BIT(WEIR_ROOT_TOPIC),
                                     .names = &plan->names};
    for (size_t i = 0; i < heartbeat->reply_count; i++) {
        weir_plan_control *control = &controls[plan->control_count++];
        control->kind = WEIR_CONTROL_REPLY;
        control->match = weir_plan_compile(builder, &heartbeat->replies[i].match, scope);
        control->reply = weir_plan_message(builder, &heartbeat->replies[i].send,
                                           WEIR_STR("heartbeat reply"), &message);
        control->where = weir_plan_where(builder->arena, heartbeat->replies[i].node);
    }
}

bool weir_plan_build_controls(weir_plan_builder *builder, weir_plan *plan)
{
    const weir_connection_spec *connection = plan->connection;
    const weir_heartbeat_spec *heartbeat = &connection->heartbeat;
    const bool is_shared =
        !connection->payload_path.node && !plan->layout && connection->frame == WEIR_FRAME_RECORD;
    const size_t most = connection->learn_count + heartbeat->reply_count + 3;
    weir_plan_control *controls = WEIR_ARENA_ARRAY(builder->arena, weir_plan_control, most);
    plan->control_paths = is_shared ? plan->paths : weir_projection_new(builder->arena);
    if (!controls || !plan->control_paths)
        return false;
    const weir_expr_scope bare = {.names = &plan->names};
    const weir_expr_scope scope = {.roots = WEIR_ROOT_BIT(WEIR_ROOT_DATA) |
                                            WEIR_ROOT_BIT(WEIR_ROOT_TOPIC) |
                                            WEIR_ROOT_BIT(WEIR_ROOT_RECEIVED),
                                   .data = plan->control_paths,
                                   .names = &plan->names};
    plan->controls = controls;
    for (size_t i = 0; i < connection->learn_count; i++)
        build_learn(builder, plan, &connection->learn[i], &scope, &controls[plan->control_count++]);
    if (heartbeat->expect.node)
        controls[plan->control_count++] =
            (weir_plan_control){.kind = WEIR_CONTROL_BEAT,
                                .match = weir_plan_compile(builder, &heartbeat->expect, &scope)};
    if (connection->roll.on.node)
        controls[plan->control_count++] =
            (weir_plan_control){.kind = WEIR_CONTROL_ROLL,
                                .match = weir_plan_compile(builder, &connection->roll.on, &scope)};
    if (connection->auth.session.expired.node)
        controls[plan->control_count++] = (weir_plan_control){
            .kind = WEIR_CONTROL_EXPIRED,
            .match = weir_plan_compile(builder, &connection->auth.session.expired, &scope)};
    build_replies(builder, plan, controls, &scope);
    for (size_t i = 0; i < plan->control_count; i++)
        controls[i].tree = weir_program_grow(builder->arena, controls[i].match);
    if (heartbeat->has_send)
        plan->heartbeat =
            weir_plan_message(builder, &heartbeat->send, WEIR_STR("heartbeat"), &bare);
    return is_shared || weir_projection_seal(plan->control_paths);
}

const weir_message *weir_plan_heartbeat(const weir_plan *plan)
{
    return plan->heartbeat;
}

/* ------------------------------------------------------------------ running */

static void fail(weir_runner *runner, const weir_plan_control *control, const char *why)
{
    const weir_str name = runner->plan->names.session[control->name];
    weir_runner_fail(runner, WEIR_STAGE_LEARN, runner->frame->bytes, "session.%.*s: %s (%.*s)",
                     WEIR_FMT(name), why, WEIR_FMT(control->where));
}

static bool eval(weir_runner *runner, const weir_plan_control *control, const weir_program *program,
                 const weir_expr_input *input, weir_value *out)
{
    if (weir_vm_run(runner->vm, program, runner->world, input, out) &&
        weir_vm_settle(runner->vm, out))
        return true;
    char why[200];
    const weir_str message = weir_vm_message(runner->vm);
    snprintf(why, sizeof why, "%s: %.*s", weir_raise_name(weir_vm_raise(runner->vm)),
             message.len > 120 ? 120 : (int)message.len, message.ptr);
    fail(runner, control, why);
    return false;
}

static void learn(weir_runner *runner, const weir_plan_control *control,
                  const weir_expr_input *input)
{
    weir_value key = weir_value_none(), value;
    char why[160];
    if (!runner->learnt || !control->value)
        return;
    if (!eval(runner, control, control->value, input, &value) ||
        (control->key && !eval(runner, control, control->key, input, &key)))
        return;
    if (!weir_learnt_put(runner->learnt, control->name, &key, &value, why))
        fail(runner, control, why);
    else if (weir_runner_is_watched(runner))
        runner->observer->on_learnt(runner->watcher, runner->plan->names.session[control->name],
                                    control->key ? &key : NULL, &value);
}

/* Every message is asked, most of them in vain. One that raises is of another kind. */
static bool is_meant(weir_runner *runner, const weir_plan_control *control,
                     const weir_expr_input *input)
{
    bool is_true = false;
    const weir_fused_answer answer =
        runner->is_general ? WEIR_FUSED_ASK : weir_tree_test(control->tree, runner->world, input);
    if (answer != WEIR_FUSED_ASK)
        return answer == WEIR_FUSED_TRUE;
    return weir_vm_run_truth(runner->vm, control->match, runner->world, input, &is_true) && is_true;
}

static bool obey(weir_runner *runner, const weir_plan_control *control,
                 const weir_expr_input *input)
{
    weir_value message;
    if (!control->match || !is_meant(runner, control, input))
        return false;
    runner->counters.control++;
    if (control->kind == WEIR_CONTROL_LEARN)
        learn(runner, control, input);
    else if (runner->on_control && weir_expr_root(input, WEIR_ROOT_DATA, &message))
        runner->on_control(runner->control_user, control->kind, control->reply, &message);
    return true;
}

static bool obey_all(weir_runner *runner, const weir_value *message, const weir_value *slots)
{
    bool is_known = false;
    weir_expr_input input = runner->input;
    input.roots[WEIR_ROOT_DATA] = *message;
    input.data_slots = slots;
    for (size_t i = 0; i < runner->plan->control_count; i++)
        is_known |= obey(runner, &runner->plan->controls[i], &input);
    return is_known;
}

static bool obey_filled(weir_runner *runner, const weir_value *message)
{
    weir_projection_fill(runner->plan->control_paths, message, runner->control_slots);
    return obey_all(runner, message, runner->control_slots);
}

void weir_runner_control(weir_runner *runner, const weir_value *message, bool is_projected)
{
    const weir_plan *plan = runner->plan;
    weir_value item, made;
    if (plan->control_count == 0)
        return;
    if (is_projected && plan->control_paths == plan->paths) {
        obey_all(runner, message, runner->slots);
        return;
    }
    if (message->kind == WEIR_ABSENT) { /* its slots are others' */
        if (!runner->lazy.make(runner->lazy.user, &made))
            return;
        message = &made;
    }
    if (plan->connection->frame == WEIR_FRAME_RECORD || !weir_items_are_list(message)) {
        obey_filled(runner, message);
    } else {
        weir_items items = weir_items_of(message);
        while (weir_items_next(&items, &item))
            obey_filled(runner, &item);
    }
}

bool weir_runner_control_text(weir_runner *runner, weir_str text)
{
    const weir_value message = weir_value_str(text);
    return runner->plan->control_count > 0 && weir_utf8_valid(text) &&
           obey_filled(runner, &message);
}

void weir_runner_on_control(weir_runner *runner, weir_control_fn *fn, void *user)
{
    runner->on_control = fn;
    runner->control_user = user;
}

bool weir_runner_forget(weir_runner *runner)
{
    if (runner->own_tracks)
        weir_tracks_clear(runner->own_tracks);
    return !runner->learnt || weir_learnt_forget(runner->learnt);
}

size_t weir_runner_learnt(const weir_runner *runner)
{
    return runner->learnt ? weir_learnt_count(runner->learnt) : 0;
}
