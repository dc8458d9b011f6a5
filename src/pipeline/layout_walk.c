/* SPDX-License-Identifier: MIT */
/*
 * What has no fixed length: groups whose amounts are inside of them, and repeats of such. There is
 * no way to the third but over the first two, so these are gone over, every byte of them checked on
 * the way; and gone over again where an expression wants their value. Each element has at least one
 * byte, which bounds the walk by the packet.
 */
#include "pipeline/layout.h"

#include <assert.h>
#include <inttypes.h>

#include "util/utf8.h"

/* Where a walk is, and where the fields of the group around have begun. */
typedef struct walker {
    weir_layout_state *state;
    const char *at, *end;
    const weir_layout_node *siblings;
    const char *const *places;
} walker;

static bool walk_field(walker *w, const weir_layout_node *node, weir_value *out);

static bool need(const walker *w, uint64_t bytes, weir_str name)
{
    const uint64_t left = (uint64_t)(w->end - w->at);
    return bytes <= left ||
           weir_layout_fail(w->state, "%.*s: %" PRIu64 " bytes are wanted, %" PRIu64 " are left",
                            WEIR_FMT(name), bytes, left);
}

/* An amount, which is moved over if it stands right here. */
static bool take_amount(walker *w, const weir_layout_node *node, const weir_layout_amount *amount,
                        const weir_layout_from *from, uint64_t *out)
{
    __int128 v = amount->fixed;
    const weir_str name = node->field->name;
    if (amount->kind == WEIR_AMOUNT_READ) {
        if (!need(w, amount->read.size, name))
            return false;
        v = weir_layout_integer(&amount->read, w->at);
        w->at += amount->read.size;
    } else if (amount->kind == WEIR_AMOUNT_NAMED && from->sibling >= 0) {
        assert(w->siblings); /* only what is inside of a group has any */
        v = weir_layout_integer(&w->siblings[from->sibling].field->number,
                                w->places[from->sibling]);
    } else if (amount->kind == WEIR_AMOUNT_NAMED) {
        const weir_value *slot = &w->state->own[from->slot];
        v = slot->kind == WEIR_INT ? slot->i : -1;
    }
    *out = (uint64_t)v;
    return v >= 0 ||
           weir_layout_fail(w->state, "%.*s: what says how much of it there is, is no amount",
                            WEIR_FMT(name));
}

/* ------------------------------------------------------------------ one */

static bool walk_span(walker *w, const weir_layout_node *node, weir_value *out)
{
    const weir_layout_field *field = node->field;
    uint64_t size = 0;
    if (!take_amount(w, node, &field->size, &node->size_from, &size) || !need(w, size, field->name))
        return false;
    const weir_str bytes = {w->at, (size_t)size};
    const bool is_str = field->form == WEIR_LAYOUT_STR;
    const weir_str text = is_str ? weir_layout_text(bytes.ptr, bytes.len) : bytes;
    if (is_str && !weir_utf8_valid(text))
        return weir_layout_fail(w->state, "%.*s is not UTF-8", WEIR_FMT(field->name));
    if (out)
        *out = is_str ? weir_value_str(text) : weir_value_bytes(bytes);
    w->at += size;
    return true;
}

/* The fields of a group one after the other; with `entry` into the entries of its shape. */
static bool walk_group(walker *w, const weir_layout_node *node, weir_value *out)
{
    const char *places[WEIR_LAYOUT_LOOSE_MAX];
    weir_dict_entry *entry = NULL;
    walker inner = {w->state, w->at, w->end, node->children, places};
    if (out && !(entry = weir_layout_dict(w->state, node->shape, out)))
        return weir_layout_fail(w->state, "out of memory");
    for (size_t i = 0; i < node->child_count; i++) {
        const weir_layout_node *child = &node->children[i];
        weir_value *value = entry && child->is_loose ? &entry++->value : NULL;
        places[i] = inner.at;
        if (!walk_field(&inner, child, value))
            return false;
        if (entry && !child->is_loose &&
            !weir_layout_entries(w->state, child, 1, places[i] - child->offset, &entry))
            return weir_layout_fail(w->state, "out of memory");
    }
    w->at = inner.at;
    return true;
}

static bool walk_fixed(walker *w, const weir_layout_node *node, weir_value *out)
{
    if (!need(w, node->size, node->field->name) ||
        (node->has_text && !weir_layout_check_text(w->state, node, w->at)))
        return false;
    if (out && !weir_layout_value(w->state, node, w->at, out))
        return weir_layout_fail(w->state, "out of memory");
    w->at += node->size;
    return true;
}

static bool walk_one(walker *w, const weir_layout_node *node, weir_value *out)
{
    const weir_layout_form form = node->field->form;
    const bool has_loose_parts = form == WEIR_LAYOUT_GROUP && node->has_loose_parts;
    if (form != WEIR_LAYOUT_GROUP && node->field->size.kind != WEIR_AMOUNT_FIXED &&
        (form == WEIR_LAYOUT_STR || form == WEIR_LAYOUT_BYTES || form == WEIR_LAYOUT_SKIP))
        return walk_span(w, node, out);
    return has_loose_parts ? walk_group(w, node, out) : walk_fixed(w, node, out);
}

/* ------------------------------------------------------------------ all */

/* As many as are left: they are counted first. */
static bool count_rest(const walker *w, const weir_layout_node *node, uint64_t *count)
{
    walker ahead = *w;
    for (*count = 0; ahead.at < ahead.end; ++*count) {
        if (!walk_one(&ahead, node, NULL))
            return false;
    }
    return true;
}

static bool walk_field(walker *w, const weir_layout_node *node, weir_value *out)
{
    const weir_layout_amount *amount = &node->field->repeat;
    weir_value *items = NULL;
    uint64_t count = 0;
    if (!node->has_repeat)
        return walk_one(w, node, out);
    const bool is_good = amount->kind == WEIR_AMOUNT_REST
                             ? count_rest(w, node, &count)
                             : take_amount(w, node, amount, &node->repeat_from, &count);
    if (!is_good)
        return false;
    if (count > (uint64_t)(w->end - w->at) / node->size)
        return weir_layout_fail(w->state,
                                "%.*s: %" PRIu64 " of at least %u bytes each are wanted, %zu bytes "
                                "are left",
                                WEIR_FMT(node->field->name), count, node->size,
                                (size_t)(w->end - w->at));
    if (out && !weir_list_new(w->state->arena, WEIR_LIST, (size_t)count, out, &items))
        return weir_layout_fail(w->state, "out of memory");
    for (uint64_t i = 0; i < count; i++) {
        if (!walk_one(w, node, items ? &items[i] : NULL))
            return false;
    }
    return true;
}

bool weir_layout_walk(weir_layout_state *state, const weir_layout_node *node, const char *at,
                      const char **behind, weir_value *out)
{
    walker w = {.state = state, .at = at, .end = state->end[node->place]};
    if (!walk_field(&w, node, out))
        return false;
    *behind = w.at;
    return true;
}
