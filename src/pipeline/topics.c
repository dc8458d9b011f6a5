/* SPDX-License-Identifier: MIT */
/*
 * Subscribing by topics (mqtt, zmq). A subscribe message of such a connection is a list of
 * (topic, qos): written as `topics`, or what a `json` message evaluates to - the form that plugins
 * give. Both end here as one outgoing message whose text is that list as JSON (what is shown,
 * tested and recorded) and whose topics are what the backend takes.
 */
#include "expr/ops.h"
#include "pipeline/items.h"
#include "pipeline/parts.h"
#include "util/error.h"
#include "value/json_write.h"

enum { QOS_MAX = 2 };

const weir_plan_topic *weir_plan_topics(weir_plan_builder *builder, const weir_message_spec *spec,
                                        const weir_expr_scope *scope)
{
    weir_plan_topic *topics =
        WEIR_ARENA_ARRAY(builder->arena, weir_plan_topic, spec->topic_count + 1);
    for (size_t i = 0; topics && i < spec->topic_count; i++) {
        topics[i].topic = weir_plan_compile(builder, &spec->topics[i].topic, scope);
        topics[i].qos = weir_plan_compile(builder, &spec->topics[i].qos, scope);
        topics[i].roots = (topics[i].topic ? weir_program_roots(topics[i].topic) : 0) |
                          (topics[i].qos ? weir_program_roots(topics[i].qos) : 0);
        topics[i].is_per_asset = topics[i].roots & WEIR_ROOT_BIT(WEIR_ROOT_ASSET);
    }
    return topics;
}

/* ------------------------------------------------------------------ from `topics` */

static bool add_topic(const weir_message_input *input, weir_arena *arena,
                      const weir_plan_topic *topic, weir_expr_input *roots, weir_value *pair)
{
    weir_value *parts = NULL;
    if (!weir_list_new(arena, WEIR_LIST, 2, pair, &parts))
        return false;
    parts[1] = weir_value_int(0);
    return weir_vm_run(input->vm, topic->topic, input->world, roots, &parts[0]) &&
           (!topic->qos || weir_vm_run(input->vm, topic->qos, input->world, roots, &parts[1]));
}

bool weir_plan_topics_eval(const weir_message *message, const weir_message_input *input,
                           weir_arena *arena, weir_expr_input *roots, weir_value *list)
{
    size_t count = 0;
    weir_value *pairs = NULL;
    for (size_t i = 0; i < message->topic_count; i++)
        count += message->topics[i].is_per_asset ? input->asset_count : 1;
    if (!weir_list_new(arena, WEIR_LIST, count, list, &pairs))
        return false;
    for (size_t i = 0; i < message->topic_count; i++) {
        const weir_plan_topic *topic = &message->topics[i];
        const size_t times = topic->is_per_asset ? input->asset_count : 1;
        for (size_t k = 0; k < times; k++) {
            if (topic->is_per_asset)
                roots->roots[WEIR_ROOT_ASSET] = weir_value_asset(input->assets[k]);
            if (!add_topic(input, arena, topic, roots, pairs++))
                return false;
        }
    }
    return true;
}

/* ------------------------------------------------------------------ to topics */

/* A topic alone, or a list of it and its quality of service. */
static bool read_topic(weir_vm *vm, const weir_value *v, weir_outgoing_topic *out)
{
    weir_value topic = *v, qos = weir_value_int(0), rest;
    if (weir_items_are_list(v)) {
        weir_items items = weir_items_of(v);
        if (!weir_items_next(&items, &topic))
            return false;
        if (weir_items_next(&items, &qos) && weir_items_next(&items, &rest))
            return false;
    }
    if (!weir_vm_settle(vm, &topic) || !weir_vm_settle(vm, &qos))
        return false;
    *out = (weir_outgoing_topic){weir_value_text(&topic), (int)qos.i};
    return topic.kind == WEIR_STR && topic.len > 0 && qos.kind == WEIR_INT && qos.i >= 0 &&
           qos.i <= QOS_MAX;
}

weir_code weir_plan_topics_read(weir_vm *vm, weir_arena *arena, const weir_value *list,
                                weir_outgoing *out, weir_error *error)
{
    weir_value item;
    size_t count = 0;
    if (!weir_items_are_list(list))
        return weir_fail(error, WEIR_ERR_EVAL, "topics are a list of (topic, qos), not %s",
                         weir_value_type_name(list));
    for (weir_items items = weir_items_of(list); weir_items_next(&items, &item);)
        count++;
    weir_outgoing_topic *topics = WEIR_ARENA_ARRAY(arena, weir_outgoing_topic, count + 1);
    if (!topics)
        return weir_fail_nomem(error);
    weir_items items = weir_items_of(list);
    for (size_t i = 0; i < count && weir_items_next(&items, &item); i++) {
        if (!read_topic(vm, &item, &topics[i]))
            return weir_fail(error, WEIR_ERR_EVAL,
                             "element %zu of the topics is no (topic, qos) with a text that is not "
                             "empty and 0, 1 or 2",
                             i);
    }
    out->topics = topics;
    out->topic_count = count;
    return WEIR_OK;
}
