/* SPDX-License-Identifier: MIT */
/*
 * Decoding by a descriptor. What makes it more than a loop over tags:
 *
 * - A singular message may be sent in parts, which merge as if their bytes stood behind each other.
 *   So, where a message is built, its bytes are gathered first and read when the outer one ends.
 * - Elements of a repeated field may be scattered over the message: a list grows until its end, by
 *   doubling in the arena.
 * - Of a oneof the last member sent is the only one.
 *
 * A binding follows the paths through singular messages, which are walked in place; below anything
 * repeated the values are built, and the slots filled from them at the end.
 */
#include "value/protobuf.h"

#include <assert.h>

#include "util/number.h"
#include "util/utf8.h"
#include "value/projection_trie.h"
#include "value/protobuf_wire.h"

typedef struct bound_message bound_message;

/* A field that is wanted, or (node NULL) one of a oneof that has members which are. */
typedef struct bound_field bound_field;
struct bound_field {
    const weir_pb_field *field;
    const weir_trie *node;
    const bound_field *parent;  /* whose message it is of; NULL: the root */
    const bound_message *inner; /* a message that is walked in place; NULL: the value is built */
    size_t id;                  /* its state in a walk */
    size_t id_end;              /* behind all that are below it */
};

struct bound_message {
    const weir_pb_message *type;
    const bound_field **by_index; /* by the field's index; NULL: nobody wants it */
};

struct weir_pb_binding {
    const weir_projection *projection;
    const bound_message *root;
    const weir_pb_message *type;
    const bound_field **fields; /* by id */
    size_t count;
};

/* ------------------------------------------------------------------ binding */

typedef struct binder {
    weir_arena *arena;
    weir_pb_binding *binding;
    size_t cap;
    bool failed;
} binder;

static bool add_field(binder *b, bound_field *field)
{
    weir_pb_binding *binding = b->binding;
    if (binding->count == b->cap) {
        const size_t cap = b->cap ? b->cap * 2 : 16;
        const bound_field **fields = WEIR_ARENA_ARRAY(b->arena, const bound_field *, cap);
        if (!fields)
            return false;
        if (binding->count)
            memcpy(fields, binding->fields, binding->count * sizeof *fields);
        binding->fields = fields;
        b->cap = cap;
    }
    field->id = binding->count;
    binding->fields[binding->count++] = field;
    return true;
}

static const bound_message *bind_message(binder *b, const weir_pb_message *type,
                                         const weir_trie *node, const bound_field *parent);

static bound_field *bind_field(binder *b, const weir_pb_field *field, const weir_trie *node,
                               const bound_field *parent)
{
    bound_field *bound = WEIR_ARENA_NEW(b->arena, bound_field);
    if (!bound || !add_field(b, bound)) {
        b->failed = true;
        return NULL;
    }
    bound->field = field;
    bound->node = node;
    bound->parent = parent;
    if (node && field->type == WEIR_PB_MESSAGE && !field->is_repeated && node->slot == WEIR_NO_SLOT)
        bound->inner = bind_message(b, field->message, node, bound);
    bound->id_end = b->binding->count;
    return bound;
}

static bool has_wanted(const bound_message *bound, int32_t oneof)
{
    for (size_t i = 0; i < bound->type->count; i++) {
        if (bound->by_index[i] && bound->by_index[i]->node && bound->type->fields[i].oneof == oneof)
            return true;
    }
    return false;
}

static const bound_message *bind_message(binder *b, const weir_pb_message *type,
                                         const weir_trie *node, const bound_field *parent)
{
    bound_message *bound = WEIR_ARENA_NEW(b->arena, bound_message);
    const bound_field **by_index = WEIR_ARENA_ARRAY(b->arena, const bound_field *, type->count + 1);
    if (!bound || !by_index) {
        b->failed = true;
        return NULL;
    }
    bound->type = type;
    bound->by_index = by_index;
    for (const weir_trie *child = node->first_child; child; child = child->next_sibling) {
        const weir_pb_field *field =
            child->step.is_index ? NULL : weir_pb_field_named(type, child->step.key);
        if (field)
            by_index[field->index] = bind_field(b, field, child, parent);
    }
    for (size_t i = 0; i < type->count && !b->failed; i++) {
        const weir_pb_field *field = &type->fields[i];
        if (field->oneof >= 0 && !by_index[i] && has_wanted(bound, field->oneof))
            by_index[i] = bind_field(b, field, NULL, parent);
    }
    return bound;
}

const weir_pb_binding *weir_pb_bind(weir_arena *arena, const weir_projection *projection,
                                    const weir_pb_message *type)
{
    assert(projection->is_sealed && projection->root->slot == WEIR_NO_SLOT);
    weir_pb_binding *binding = WEIR_ARENA_NEW(arena, weir_pb_binding);
    binder b = {.arena = arena, .binding = binding};
    if (!binding)
        return NULL;
    binding->projection = projection;
    binding->type = type;
    binding->root = bind_message(&b, type, projection->root, NULL);
    return b.failed ? NULL : binding;
}

bool weir_pb_path(const weir_pb_message *type, const weir_step *steps, size_t count,
                  weir_pb_place *place)
{
    *place = (weir_pb_place){.type = type};
    for (; place->at < count; place->at++) {
        const weir_step *step = &steps[place->at];
        const weir_pb_field *field = place->field;
        if (!field && !place->type)
            return true; /* into a scalar: a text can be indexed, so nothing is refused */
        if (!field) {
            field = step->is_index ? NULL : weir_pb_field_named(place->type, step->key);
            if (!field)
                return false;
            place->field = field;
            place->type = field->is_repeated ? NULL : field->message;
        } else if (field->is_map) {
            place->type = weir_pb_field_at(field->message, 2)->message;
            place->field = NULL;
        } else if (field->is_repeated) {
            if (!step->is_index)
                return false;
            place->type = field->message;
            place->field = NULL;
        } else {
            place->field = NULL; /* of a message: its own fields come next */
            place->at -= place->type != NULL;
        }
    }
    return true;
}

/* ------------------------------------------------------------------ scalars */

typedef struct decoder {
    weir_pb_reader r; /* of the innermost message */
    weir_arena *arena;
    const weir_pb_binding *binding;
    weir_value *values; /* by id, as far as they are built */
    bool *seen;         /* by id: a message that is walked was there */
} decoder;

static bool fail_memory(decoder *d)
{
    return weir_pb_fail(&d->r, "too much memory is needed");
}

/* Goes into a span that was taken from the reader, or gathered from several; gives what to go back
 * to. */
static weir_pb_reader enter(decoder *d, weir_str span)
{
    const weir_pb_reader outer = d->r;
    d->r = weir_pb_reader_of(span);
    return outer;
}

static weir_pb_wire wire_of(unsigned type)
{
    switch (type) {
    case WEIR_PB_DOUBLE:
    case WEIR_PB_FIXED_64:
    case WEIR_PB_SFIXED64: return WEIR_PB_FIXED64;
    case WEIR_PB_FLOAT:
    case WEIR_PB_FIXED_32:
    case WEIR_PB_SFIXED32: return WEIR_PB_FIXED32;
    case WEIR_PB_STRING:
    case WEIR_PB_BYTES:
    case WEIR_PB_MESSAGE: return WEIR_PB_LEN;
    default: return WEIR_PB_VARINT;
    }
}

static bool is_packed(const weir_pb_field *field, weir_pb_wire wire)
{
    return field->is_repeated && wire == WEIR_PB_LEN && wire_of(field->type) != WEIR_PB_LEN;
}

/* Of another wire type than its own, a field is an unknown one. */
static bool is_known(const weir_pb_field *field, weir_pb_wire wire)
{
    return field && (wire == wire_of(field->type) || is_packed(field, wire));
}

/* By its number in most enums; else found by halving. */
static weir_value enum_value(const weir_pb_enum *enumeration, int32_t number)
{
    const weir_pb_enum_value *values = enumeration->values;
    if (number >= 0 && (size_t)number < enumeration->count && values[number].number == number)
        return weir_value_str(values[number].name);
    size_t from = 0, to = enumeration->count;
    while (from < to) {
        const size_t middle = from + (to - from) / 2;
        if (values[middle].number == number)
            return weir_value_str(values[middle].name);
        if (values[middle].number < number)
            from = middle + 1;
        else
            to = middle;
    }
    return weir_value_int(number);
}

static bool set_unsigned(decoder *d, uint64_t u, weir_value *out)
{
    *out = weir_value_int((int64_t)u);
    if (u <= INT64_MAX)
        return true;
    char *digits = weir_arena_alloc(d->arena, WEIR_NUMBER_TEXT_MAX);
    if (!digits)
        return fail_memory(d);
    *out = weir_value_str((weir_str){digits, weir_uint_text(u, digits)});
    out->kind = WEIR_BIGINT;
    return true;
}

/* What stands behind the tag, or in a packed field, of a type that has no length. */
static bool take_number(decoder *d, const weir_pb_field *field, weir_value *out)
{
    uint64_t u;
    double f;
    float narrow;
    const weir_pb_wire wire = wire_of(field->type);
    if (!(wire == WEIR_PB_VARINT ? weir_pb_varint(&d->r, &u)
                                 : weir_pb_take_fixed(&d->r, wire == WEIR_PB_FIXED64 ? 8 : 4, &u)))
        return false;
    const uint32_t low = (uint32_t)u;
    switch (field->type) {
    case WEIR_PB_DOUBLE:
        memcpy(&f, &u, sizeof f);
        *out = weir_value_float(f);
        return true;
    case WEIR_PB_FLOAT:
        memcpy(&narrow, &low, sizeof narrow);
        *out = weir_value_float((double)narrow);
        return true;
    case WEIR_PB_UINT64:
    case WEIR_PB_FIXED_64: return set_unsigned(d, u, out);
    case WEIR_PB_INT32:
    case WEIR_PB_SFIXED32: *out = weir_value_int((int32_t)low); return true;
    case WEIR_PB_UINT32:
    case WEIR_PB_FIXED_32: *out = weir_value_int(low); return true;
    case WEIR_PB_BOOL: *out = weir_value_bool(u != 0); return true;
    case WEIR_PB_ENUM: *out = enum_value(field->enumeration, (int32_t)low); return true;
    case WEIR_PB_SINT32: *out = weir_value_int((int32_t)(low >> 1 ^ (0 - (low & 1)))); return true;
    case WEIR_PB_SINT64: *out = weir_value_int((int64_t)(u >> 1 ^ (0 - (u & 1)))); return true;
    default: *out = weir_value_int((int64_t)u); return true;
    }
}

static bool take_scalar(decoder *d, const weir_pb_field *field, weir_value *out)
{
    weir_str span;
    bool is_ascii;
    if (wire_of(field->type) != WEIR_PB_LEN)
        return take_number(d, field, out);
    if (!weir_pb_take_span(&d->r, &span))
        return false;
    *out = weir_value_bytes(span);
    if (field->type != WEIR_PB_STRING)
        return true;
    if (!weir_utf8_check(span, &is_ascii))
        return weir_pb_fail(&d->r, "a string that is not UTF-8");
    out->kind = WEIR_STR;
    out->flags = is_ascii ? WEIR_VALUE_ASCII : 0;
    return true;
}

/* ------------------------------------------------------------------ checking what nobody wants */

static bool check_message(decoder *d, const weir_pb_message *type, weir_str span, unsigned depth);

static bool check_packed(decoder *d, const weir_pb_field *field)
{
    weir_str span;
    weir_value unwanted;
    if (!weir_pb_take_span(&d->r, &span))
        return false;
    const weir_pb_reader outer = enter(d, span);
    while (d->r.at < d->r.end) {
        if (!take_number(d, field, &unwanted))
            return false;
    }
    d->r = outer;
    return true;
}

static bool check_field(decoder *d, const weir_pb_field *field, weir_pb_tag tag, unsigned depth)
{
    weir_str span;
    weir_value unwanted;
    if (!is_known(field, tag.wire))
        return weir_pb_skip(&d->r, tag, depth);
    if (is_packed(field, tag.wire))
        return check_packed(d, field);
    if (field->type == WEIR_PB_MESSAGE)
        return weir_pb_take_span(&d->r, &span) && check_message(d, field->message, span, depth + 1);
    return field->type == WEIR_PB_STRING ? take_scalar(d, field, &unwanted)
                                         : weir_pb_skip(&d->r, tag, depth);
}

static bool check_message(decoder *d, const weir_pb_message *type, weir_str span, unsigned depth)
{
    if (depth > WEIR_PB_DEPTH_MAX)
        return weir_pb_fail(&d->r, "nested too deeply");
    const weir_pb_reader outer = enter(d, span);
    while (d->r.at < d->r.end) {
        weir_pb_tag tag;
        if (!weir_pb_take_tag(&d->r, &tag) ||
            !check_field(d, weir_pb_field_at(type, tag.number), tag, depth))
            return false;
    }
    d->r = outer;
    return true;
}

/* ------------------------------------------------------------------ building */

static bool build_message(decoder *d, const weir_pb_message *type, weir_str span, unsigned depth,
                          weir_value *out);

/* Lists grow at 0 and then at every power of two from LIST_FIRST on, so the count tells the room.
 */
enum { LIST_FIRST = 4 };

static bool push(decoder *d, weir_value *list, const weir_value *item)
{
    weir_list *own;
    if (list->kind == WEIR_ABSENT) {
        own = WEIR_ARENA_NEW(d->arena, weir_list);
        if (!own)
            return fail_memory(d);
        *list = (weir_value){.kind = WEIR_LIST, .list = own};
    }
    own = (weir_list *)list->list;
    const size_t count = own->count;
    if (count == 0 || (count >= LIST_FIRST && (count & (count - 1)) == 0)) {
        weir_value *items = WEIR_ARENA_ARRAY(d->arena, weir_value, count ? 2 * count : LIST_FIRST);
        if (!items)
            return fail_memory(d);
        if (count)
            memcpy(items, own->items, count * sizeof *items);
        own->items = items;
    }
    own->items[own->count++] = *item;
    return true;
}

static bool push_packed(decoder *d, const weir_pb_field *field, weir_value *list)
{
    weir_str span;
    weir_value item;
    if (!weir_pb_take_span(&d->r, &span))
        return false;
    const weir_pb_reader outer = enter(d, span);
    while (d->r.at < d->r.end) {
        if (!take_number(d, field, &item) || !push(d, list, &item))
            return false;
    }
    d->r = outer;
    return true;
}

/* The bytes of a message that may come in parts. One part is left where it is, unread as yet. */
static bool gather(decoder *d, const weir_pb_field *field, unsigned depth, weir_value *value)
{
    weir_str span;
    if (!weir_pb_take_span(&d->r, &span))
        return false;
    if (value->kind == WEIR_ABSENT) {
        *value = weir_value_bytes(span);
        return true;
    }
    const weir_str before = weir_value_text(value);
    char *both = weir_arena_alloc(d->arena, before.len + span.len + 1);
    if (!both)
        return fail_memory(d);
    if (!check_message(d, field->message, before, depth + 1) ||
        !check_message(d, field->message, span, depth + 1))
        return false;
    memcpy(both, before.ptr, before.len);
    memcpy(both + before.len, span.ptr, span.len);
    *value = weir_value_bytes((weir_str){both, before.len + span.len});
    return true;
}

/* What a field is at the end of its message. */
static bool finish(decoder *d, const weir_pb_field *field, unsigned depth, weir_value *value)
{
    if (value->kind == WEIR_ABSENT)
        *value = field->fallback;
    else if (field->type == WEIR_PB_MESSAGE && !field->is_repeated)
        return build_message(d, field->message, weir_value_text(value), depth + 1, value);
    return true;
}

static bool build_field(decoder *d, const weir_pb_field *field, weir_pb_tag tag, unsigned depth,
                        weir_value *value);

/* What is left out of an entry is zero, a message empty. */
static bool finish_entry(decoder *d, const weir_pb_field *field, unsigned depth, weir_value *value)
{
    if (value->kind == WEIR_ABSENT)
        *value =
            field->type == WEIR_PB_MESSAGE ? weir_value_bytes(WEIR_STR("")) : weir_pb_zero(field);
    return finish(d, field, depth, value);
}

static bool put_entry(decoder *d, const weir_pb_message *entry, unsigned depth, weir_value *map)
{
    weir_str span;
    weir_value pair[2] = {weir_value_absent(), weir_value_absent()};
    if (!weir_pb_take_span(&d->r, &span))
        return false;
    if (depth >= WEIR_PB_DEPTH_MAX)
        return weir_pb_fail(&d->r, "nested too deeply");
    const weir_pb_reader outer = enter(d, span);
    while (d->r.at < d->r.end) {
        weir_pb_tag tag;
        if (!weir_pb_take_tag(&d->r, &tag))
            return false;
        const weir_pb_field *field = weir_pb_field_at(entry, tag.number);
        if (!(is_known(field, tag.wire) ? build_field(d, field, tag, depth + 1, &pair[field->index])
                                        : weir_pb_skip(&d->r, tag, depth + 1)))
            return false;
    }
    d->r = outer;
    if (!finish_entry(d, &entry->fields[0], depth + 1, &pair[0]) ||
        !finish_entry(d, &entry->fields[1], depth + 1, &pair[1]))
        return false;
    weir_dict *own = map->kind == WEIR_ABSENT ? weir_dict_new(d->arena, 4) : (weir_dict *)map->dict;
    if (!own || !weir_dict_put(d->arena, own, &pair[0], &pair[1]))
        return fail_memory(d);
    *map = weir_value_dict(own);
    return true;
}

/* `value` is ABSENT, or what came of the field before. */
static bool build_field(decoder *d, const weir_pb_field *field, weir_pb_tag tag, unsigned depth,
                        weir_value *value)
{
    weir_str span;
    weir_value item;
    if (is_packed(field, tag.wire))
        return push_packed(d, field, value);
    if (field->is_map)
        return put_entry(d, field->message, depth, value);
    if (field->type == WEIR_PB_MESSAGE && field->is_repeated)
        return weir_pb_take_span(&d->r, &span) &&
               build_message(d, field->message, span, depth + 1, &item) && push(d, value, &item);
    if (field->type == WEIR_PB_MESSAGE)
        return gather(d, field, depth, value);
    return take_scalar(d, field, field->is_repeated ? &item : value) &&
           (!field->is_repeated || push(d, value, &item));
}

/* A part of a message that is given up unread is checked after all: a frame is right as a whole. */
static bool drop(decoder *d, const weir_pb_field *field, unsigned depth, weir_value *value)
{
    const bool is_unread = value->kind == WEIR_BYTES && field->type == WEIR_PB_MESSAGE;
    if (is_unread && !check_message(d, field->message, weir_value_text(value), depth + 1))
        return false;
    *value = weir_value_absent();
    return true;
}

static bool drop_others(decoder *d, const weir_pb_message *type, const weir_pb_field *field,
                        unsigned depth, weir_value *values)
{
    for (size_t i = 0; field->oneof >= 0 && i < type->count; i++) {
        const weir_pb_field *other = &type->fields[i];
        if (other != field && other->oneof == field->oneof &&
            !drop(d, other, depth, &values[other->index]))
            return false;
    }
    return true;
}

static bool build_dict(decoder *d, const weir_pb_message *type, unsigned depth, weir_value *values,
                       weir_value *out)
{
    weir_dict *dict = weir_dict_new(d->arena, type->count);
    if (!dict)
        return fail_memory(d);
    for (size_t i = 0; i < type->count; i++) {
        const weir_value key = weir_value_str(type->fields[i].name);
        if (!finish(d, &type->fields[i], depth, &values[i]))
            return false;
        if (values[i].kind != WEIR_ABSENT && !weir_dict_put(d->arena, dict, &key, &values[i]))
            return fail_memory(d);
    }
    *out = weir_value_dict(dict);
    return true;
}

static bool build_message(decoder *d, const weir_pb_message *type, weir_str span, unsigned depth,
                          weir_value *out)
{
    if (depth > WEIR_PB_DEPTH_MAX)
        return weir_pb_fail(&d->r, "nested too deeply");
    weir_value *values = WEIR_ARENA_ARRAY(d->arena, weir_value, type->count + 1);
    if (!values)
        return fail_memory(d);
    const weir_pb_reader outer = enter(d, span);
    while (d->r.at < d->r.end) {
        weir_pb_tag tag;
        if (!weir_pb_take_tag(&d->r, &tag))
            return false;
        const weir_pb_field *field = weir_pb_field_at(type, tag.number);
        if (!is_known(field, tag.wire)) {
            if (!weir_pb_skip(&d->r, tag, depth))
                return false;
        } else if (!drop_others(d, type, field, depth, values) ||
                   !build_field(d, field, tag, depth, &values[field->index])) {
            return false;
        }
    }
    d->r = outer;
    return build_dict(d, type, depth, values, out);
}

/* ------------------------------------------------------------------ walking beside a binding */

/* All that a bound field and what is below it has come to is forgotten. */
static bool forget(decoder *d, const bound_field *bound, unsigned depth)
{
    for (size_t id = bound->id; id < bound->id_end; id++) {
        d->seen[id] = false;
        if (!drop(d, d->binding->fields[id]->field, depth, &d->values[id]))
            return false;
    }
    return true;
}

static bool forget_others(decoder *d, const bound_message *bound, const weir_pb_field *field,
                          unsigned depth)
{
    for (size_t i = 0; field->oneof >= 0 && i < bound->type->count; i++) {
        const bound_field *other = bound->by_index[i];
        if (other && other->field != field && other->field->oneof == field->oneof &&
            !forget(d, other, depth))
            return false;
    }
    return true;
}

static bool walk_message(decoder *d, const bound_message *bound, unsigned depth);

static bool walk_inner(decoder *d, const bound_field *field, unsigned depth)
{
    weir_str span;
    if (!weir_pb_take_span(&d->r, &span))
        return false;
    if (depth >= WEIR_PB_DEPTH_MAX)
        return weir_pb_fail(&d->r, "nested too deeply");
    d->seen[field->id] = true;
    const weir_pb_reader outer = enter(d, span);
    if (!walk_message(d, field->inner, depth + 1))
        return false;
    d->r = outer;
    return true;
}

static bool walk_message(decoder *d, const bound_message *bound, unsigned depth)
{
    while (d->r.at < d->r.end) {
        weir_pb_tag tag;
        if (!weir_pb_take_tag(&d->r, &tag))
            return false;
        const weir_pb_field *field = weir_pb_field_at(bound->type, tag.number);
        const bound_field *wanted =
            is_known(field, tag.wire) ? bound->by_index[field->index] : NULL;
        bool is_good = !wanted || forget_others(d, bound, field, depth);
        if (!wanted || !wanted->node)
            is_good = is_good && check_field(d, field, tag, depth);
        else if (wanted->inner)
            is_good = is_good && walk_inner(d, wanted, depth);
        else
            is_good = is_good && build_field(d, field, tag, depth, &d->values[wanted->id]);
        if (!is_good)
            return false;
    }
    return true;
}

/* Values become slots. What is in a message that was not there is not there either. */
static bool fill_slots(decoder *d, weir_value *slots)
{
    for (size_t id = 0; id < d->binding->count; id++) {
        const bound_field *bound = d->binding->fields[id];
        const bool is_there = !bound->parent || d->seen[bound->parent->id];
        if (!bound->node || bound->inner || !is_there)
            continue;
        unsigned depth = 0;
        for (const bound_field *at = bound->parent; at; at = at->parent)
            depth++;
        if (!finish(d, bound->field, depth, &d->values[id]))
            return false;
        if (d->values[id].kind != WEIR_ABSENT)
            weir_node_fill(bound->node, &d->values[id], slots);
    }
    return true;
}

/* ------------------------------------------------------------------ messages */

static bool report(const decoder *d, weir_str bytes, weir_pb_error *error)
{
    /* What was gathered of parts has no place in the frame. */
    const bool is_inside = d->r.wrong >= bytes.ptr && d->r.wrong <= bytes.ptr + bytes.len;
    *error = (weir_pb_error){d->r.why, is_inside ? (size_t)(d->r.wrong - bytes.ptr) : 0};
    return false;
}

bool weir_pb_parse(weir_arena *arena, const weir_pb_message *type, weir_str bytes, weir_value *out,
                   weir_pb_error *error)
{
    decoder d = {.arena = arena};
    return build_message(&d, type, bytes, 0, out) || report(&d, bytes, error);
}

bool weir_pb_project(weir_arena *arena, const weir_pb_binding *binding, weir_str bytes,
                     weir_value *slots, weir_pb_error *error)
{
    const size_t count = binding->count + 1;
    decoder d = {.r = weir_pb_reader_of(bytes),
                 .arena = arena,
                 .binding = binding,
                 .values = WEIR_ARENA_ARRAY(arena, weir_value, count),
                 .seen = WEIR_ARENA_ARRAY(arena, bool, count)};
    if (binding->projection->count)
        memset(slots, 0, binding->projection->count * sizeof *slots);
    if (!d.values || !d.seen)
        fail_memory(&d);
    else if (walk_message(&d, binding->root, 0) && fill_slots(&d, slots))
        return true;
    return report(&d, bytes, error);
}
