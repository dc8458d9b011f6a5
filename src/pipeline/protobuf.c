/* SPDX-License-Identifier: MIT */
/*
 * A plan over messages of a known type: which slot is which field, and which paths cannot be. A
 * field's kind is told to the compiler where it has one; an enum is a text or a number, an unsigned
 * integer of 64 bits may be wider than an int.
 */
#include <stdio.h>

#include "pipeline/parts.h"

bool weir_plan_bind_protobuf(weir_plan_builder *builder, weir_plan *plan)
{
    const weir_pb_message *type = plan->connection->protobuf;
    if (!type)
        return true;
    plan->binding = weir_pb_bind(builder->arena, plan->paths, type);
    plan->payload_binding = weir_pb_bind(builder->arena, plan->payload_paths, type);
    return plan->binding && plan->payload_binding;
}

/* Of several parts a list is made, also where a recording of them is played. */
bool weir_protobuf_is_whole(const weir_plan *plan)
{
    const weir_connection_spec *connection = plan->connection;
    const bool has_parts = connection->traits & (WEIR_BACKEND_PARTS | WEIR_BACKEND_STAND_IN);
    return connection->protobuf && !connection->decode.node && !has_parts;
}

bool weir_protobuf_is_record(const weir_plan *plan)
{
    return weir_protobuf_is_whole(plan) && !plan->connection->payload_path.node &&
           plan->connection->frame != WEIR_FRAME_ARRAY;
}

static unsigned kind_of(const weir_pb_place *place)
{
    static const unsigned kinds[WEIR_PB_TYPE_END] = {
        [WEIR_PB_DOUBLE] = WEIR_FLOAT, [WEIR_PB_FLOAT] = WEIR_FLOAT,
        [WEIR_PB_INT64] = WEIR_INT,    [WEIR_PB_UINT64] = WEIR_KIND_COUNT,
        [WEIR_PB_INT32] = WEIR_INT,    [WEIR_PB_FIXED_64] = WEIR_KIND_COUNT,
        [WEIR_PB_FIXED_32] = WEIR_INT, [WEIR_PB_BOOL] = WEIR_BOOL,
        [WEIR_PB_STRING] = WEIR_STR,   [WEIR_PB_GROUP_TYPE] = WEIR_KIND_COUNT,
        [WEIR_PB_MESSAGE] = WEIR_DICT, [WEIR_PB_BYTES] = WEIR_BYTES,
        [WEIR_PB_UINT32] = WEIR_INT,   [WEIR_PB_ENUM] = WEIR_KIND_COUNT,
        [WEIR_PB_SFIXED32] = WEIR_INT, [WEIR_PB_SFIXED64] = WEIR_INT,
        [WEIR_PB_SINT32] = WEIR_INT,   [WEIR_PB_SINT64] = WEIR_INT,
    };
    const weir_pb_field *field = place->field;
    if (!field)
        return place->type ? WEIR_DICT : WEIR_KIND_COUNT;
    if (field->is_map)
        return WEIR_DICT;
    return field->is_repeated ? WEIR_LIST : kinds[field->type];
}

static weir_str field_at(const void *user, size_t index)
{
    return ((const weir_pb_message *)user)->fields[index].name;
}

static int shown_len(weir_str text)
{
    return text.len > 40 ? 40 : (int)text.len;
}

static void explain_path(const weir_pb_place *place, const weir_step *step, char why[160])
{
    if (place->field) {
        snprintf(why, 160, "'%.*s' is a list: an index comes first", shown_len(place->field->name),
                 place->field->name.ptr);
    } else if (step->is_index) {
        snprintf(why, 160, "a message %.*s is no list: its fields have names",
                 shown_len(place->type->name), place->type->name.ptr);
    } else {
        const weir_str near =
            weir_did_you_mean(step->key, place->type->count, field_at, place->type);
        snprintf(why, 160, "no message %.*s has '%.*s'%s%.*s%s", shown_len(place->type->name),
                 place->type->name.ptr, shown_len(step->key), step->key.ptr,
                 near.len ? "; did you mean '" : "", shown_len(near), near.ptr,
                 near.len ? "'?" : "");
    }
}

bool weir_protobuf_has_path(const void *user, const weir_step *steps, size_t count, unsigned *kind,
                            char why[160])
{
    weir_pb_place place;
    if (weir_pb_path(user, steps, count, &place)) {
        *kind = kind_of(&place);
        return true;
    }
    explain_path(&place, &steps[place.at], why);
    return false;
}
