/* SPDX-License-Identifier: MIT */
/*
 * Paths that expressions read, as places of a packet. `data['depth'][0]['price']` is an offset in a
 * segment for each variant that has it; where an element is counted from what is read, or from the
 * end of that, the index is looked at when the packet is there. What a variant lacks stays ABSENT.
 */
#include "pipeline/layout.h"

#include <stdio.h>

#include "expr/program.h"

const weir_layout_node *weir_layout_find(const weir_layout_node *nodes, size_t count, weir_str name,
                                         uint32_t *offset, int *bit)
{
    for (size_t i = 0; i < count; i++) {
        const weir_layout_node *node = &nodes[i];
        const weir_layout_field *field = node->field;
        if (!weir_str_is(field->name, "_")) {
            if (field->form != WEIR_LAYOUT_SKIP && weir_str_eq(field->name, name)) {
                *offset += node->offset;
                return node;
            }
            continue;
        }
        uint32_t inner = *offset + node->offset;
        const weir_layout_node *found =
            weir_layout_find(node->children, node->child_count, name, &inner, bit);
        for (size_t k = 0; !found && k < field->bit_count; k++) {
            if (weir_str_eq(field->bits[k].name, name)) {
                *bit = (int)k;
                found = node;
            }
        }
        if (found) {
            *offset = inner;
            return found;
        }
    }
    return NULL;
}

/* ------------------------------------------------------------------ one path in one variant */

static int find_bit(const weir_layout_field *field, weir_str name)
{
    for (size_t i = 0; i < field->bit_count; i++) {
        if (weir_str_eq(field->bits[i].name, name))
            return (int)i;
    }
    return -1;
}

static bool is_counted(const weir_layout_node *node)
{
    return node->field->repeat.kind == WEIR_AMOUNT_FIXED;
}

/* The element of a repeat. */
static bool step_into(weir_layout_load *load, const weir_step *step)
{
    const weir_layout_node *node = load->node;
    if (!step->is_index)
        return false;
    load->is_element = true;
    if (node->span >= 0) {
        load->span = node->span;
        load->index = step->index;
        load->stride = node->size;
        return true;
    }
    if (!is_counted(node))
        return true; /* inside of what is walked: nobody knows how many there are */
    const int64_t index = step->index < 0 ? step->index + node->count : step->index;
    if (index < 0 || index >= node->count)
        return false;
    load->offset += (uint32_t)index * node->size;
    return true;
}

/* Down the steps behind the first. */
static bool walk_down(weir_layout_load *load, const weir_step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const weir_layout_node *node = load->node;
        if (load->bit >= 0)
            return false;
        if (node->has_repeat && !load->is_element) {
            if (!step_into(load, &steps[i]))
                return false;
            continue;
        }
        if (steps[i].is_index)
            return false;
        if (node->field->form == WEIR_LAYOUT_BITS) {
            load->bit = find_bit(node->field, steps[i].key);
            if (load->bit < 0)
                return false;
            continue;
        }
        load->node = weir_layout_find(node->children, node->child_count, steps[i].key,
                                      &load->offset, &load->bit);
        load->is_element = false;
        if (!load->node)
            return false;
    }
    return true;
}

/* Among the nodes of a block; `load` gets all but the slot. */
static bool find_in(const weir_layout_block *block, const weir_step *steps, size_t count,
                    weir_layout_load *load)
{
    for (size_t i = 0; i < block->node_count; i++) {
        const weir_layout_node *top = &block->nodes[i];
        *load =
            (weir_layout_load){.place = top->place, .segment = top->segment, .bit = -1, .span = -1};
        load->node = weir_layout_find(top, 1, steps[0].key, &load->offset, &load->bit);
        /* What an amount that is read counts begins in the segment of that amount. */
        if (!load->node)
            continue;
        if (load->node->is_walked) {
            load->walked = load->node;
            load->steps = steps + 1;
            load->step_count = count - 1;
            const uint32_t offset = load->offset;
            const bool is_there = walk_down(load, steps + 1, count - 1);
            load->offset = offset;
            return is_there;
        }
        return walk_down(load, steps + 1, count - 1);
    }
    return false;
}

static bool find_load(const weir_layout *layout, const weir_layout_case *one,
                      const weir_step *steps, size_t count, weir_layout_load *load)
{
    return count > 0 && !steps[0].is_index &&
           (find_in(&layout->header, steps, count, load) ||
            find_in(&one->block, steps, count, load));
}

/* ------------------------------------------------------------------ levels */

/* True if a run of the program looks at the value of the slot, and not only whether it is there. */
static bool wants_value(const weir_program *program, size_t slot)
{
    for (size_t i = 0; program && i < program->read_count; i++) {
        const weir_read *read = &program->reads[i];
        for (size_t k = 0; !read->is_item && k < read->count; k++) {
            const bool is_last = k + 1u == read->count;
            const bool is_there = (is_last && read->slot == slot) ||
                                  (read->steps[k].has_slot && read->steps[k].slot == slot);
            if (is_there && !(is_last && read->steps[k].kind == WEIR_STEP_IN))
                return true;
        }
    }
    return false;
}

/* The slot is the source of levels and of nothing else. */
static bool is_levels_column(const weir_plan_column *column, size_t slot)
{
    const weir_plan_field *field = column->field;
    return column->kind == WEIR_LEVELS && field->is_slot && field->slot_root == WEIR_ROOT_DATA &&
           field->slot == slot && !field->transform && !field->condition_sees_value;
}

static bool rule_wants(const weir_plan_rule *rule, size_t slot, bool *has_levels)
{
    bool wants = wants_value(rule->condition, slot) || wants_value(rule->each, slot);
    for (size_t i = 0; i < rule->column_count; i++) {
        const weir_plan_field *field = rule->columns[i].field;
        const bool is_levels = is_levels_column(&rule->columns[i], slot);
        *has_levels |= is_levels;
        wants |= wants_value(field->condition, slot) || wants_value(field->transform, slot) ||
                 (!is_levels && wants_value(field->source, slot));
    }
    return wants;
}

/* Then the numbers of the packet become levels without a list of objects between them. */
static bool is_levels_only(const weir_plan *plan, size_t slot)
{
    bool wants = false, has_levels = false;
    for (size_t i = 0; i < plan->route_count; i++)
        wants |= wants_value(plan->routes[i].match, slot);
    for (size_t i = 0; i < plan->connection->stream_count; i++) {
        for (size_t k = 0; k < plan->streams[i].rule_count; k++)
            wants |= rule_wants(&plan->streams[i].rules[k], slot, &has_levels);
    }
    return has_levels && !wants;
}

static const weir_layout_node *find_number(const weir_layout_node *group, const char *name)
{
    uint32_t offset = 0;
    int bit = -1;
    const weir_layout_node *node =
        weir_layout_find(group->children, group->child_count, weir_str_of(name), &offset, &bit);
    const bool is_number = node && bit < 0 && node->field->form == WEIR_LAYOUT_NUMBER &&
                           !node->has_repeat && offset == node->offset;
    return is_number ? node : NULL;
}

static void find_levels(weir_layout_load *load)
{
    const weir_layout_node *node = load->node;
    if (load->walked || !node->has_repeat || load->is_element ||
        node->field->form != WEIR_LAYOUT_GROUP)
        return;
    load->price = find_number(node, "price");
    load->size = find_number(node, "size");
    if (!load->size)
        load->size = find_number(node, "quantity");
    if (!load->size)
        load->price = NULL;
}

/* ------------------------------------------------------------------ the slots of a plan */

/* The steps are those of a path that lives for the moment. */
static bool keep_steps(weir_plan_builder *builder, weir_layout_load *load)
{
    weir_step *steps = WEIR_ARENA_ARRAY(builder->arena, weir_step, load->step_count + 1);
    if (steps && load->step_count > 0)
        memcpy(steps, load->steps, load->step_count * sizeof *steps);
    load->steps = steps;
    return steps != NULL;
}

bool weir_layout_load_paths(weir_plan_builder *builder, weir_plan *plan)
{
    weir_step steps[WEIR_PROJECTION_DEPTH_MAX];
    weir_layout *layout = plan->layout;
    weir_layout_case *cases = (weir_layout_case *)layout->variants; /* not const yet */
    for (size_t i = 0; i < layout->variant_count; i++) {
        weir_layout_load *loads =
            WEIR_ARENA_ARRAY(builder->arena, weir_layout_load, plan->slots + 1);
        if (!loads)
            return false;
        cases[i].loads = loads;
        for (size_t slot = 0; slot < plan->slots; slot++) {
            const size_t count = weir_projection_steps(plan->paths, slot, steps);
            weir_layout_load *load = &loads[cases[i].load_count];
            if (!find_load(layout, &cases[i], steps, count, load))
                continue;
            load->slot = (uint32_t)slot;
            if (load->walked && !keep_steps(builder, load))
                return false;
            if (is_levels_only(plan, slot))
                find_levels(load);
            cases[i].load_count++;
        }
    }
    return true;
}

/* ------------------------------------------------------------------ what may be asked for */

typedef struct candidates {
    weir_str names[256];
    size_t count;
} candidates;

static weir_str candidate_at(const void *user, size_t index)
{
    return ((const candidates *)user)->names[index];
}

static void add_candidates(candidates *c, const weir_dict *shape)
{
    for (size_t i = 0; shape && i < shape->count && c->count < 256; i++)
        c->names[c->count++] = weir_value_text(&shape->entries[i].key);
}

/* How far the path goes in some variant: steps taken, the last of them in `at`; candidates for the
 * next. */
static size_t go_along(const weir_layout *layout, const weir_step *steps, size_t count,
                       candidates *c, weir_layout_load *at)
{
    weir_layout_load load;
    size_t depth = 0;
    for (size_t i = 0; i < layout->variant_count; i++) {
        const weir_layout_case *one = &layout->variants[i];
        size_t good = 0;
        while (good < count && find_load(layout, one, steps, good + 1, &load))
            good++;
        if (good < depth)
            continue;
        if (good > depth)
            c->count = 0;
        depth = good;
        if (good == 0)
            add_candidates(c, one->shape);
        else if (find_load(layout, one, steps, good, at))
            add_candidates(c, at->node->shape);
    }
    return depth;
}

/* Why no variant has the path; true if it goes into a value of which nothing is known here. */
static bool explain_path(const weir_layout *layout, const weir_step *steps, size_t count,
                         char why[160])
{
    candidates c = {.count = 0};
    weir_layout_load at = {.bit = -1};
    const size_t depth = go_along(layout, steps, count, &c, &at);
    const weir_step *bad = &steps[depth];
    const bool is_list = depth > 0 && at.node->has_repeat && !at.is_element && at.bit < 0;
    if (depth > 0 && !is_list && !at.node->shape)
        return true;
    if (is_list && !bad->is_index)
        snprintf(why, 160, "'%.*s' is a list: an index comes first",
                 at.node->field->name.len > 60 ? 60 : (int)at.node->field->name.len,
                 at.node->field->name.ptr);
    else if (bad->is_index)
        snprintf(why, 160,
                 is_list ? "there is no [%lld] in so short a list"
                         : "no list to take "
                           "[%lld] of",
                 (long long)bad->index);
    if (is_list || bad->is_index)
        return false;
    const weir_str near = weir_did_you_mean(bad->key, c.count, candidate_at, &c);
    snprintf(why, 160, "no packet of the layout has '%.*s'%s%.*s%s",
             bad->key.len > 40 ? 40 : (int)bad->key.len, bad->key.ptr,
             near.len ? "; did you mean '" : "", near.len > 40 ? 40 : (int)near.len, near.ptr,
             near.len ? "'?" : "");
    return false;
}

static unsigned kind_of(const weir_layout_load *load)
{
    const weir_layout_field *field = load->node->field;
    if (load->bit >= 0)
        return field->bits[load->bit].is_flag ? WEIR_BOOL : WEIR_INT;
    if (load->node->has_repeat && !load->is_element)
        return WEIR_LIST;
    switch (field->form) {
    case WEIR_LAYOUT_STR: return WEIR_STR;
    case WEIR_LAYOUT_BYTES: return WEIR_BYTES;
    case WEIR_LAYOUT_GROUP:
    case WEIR_LAYOUT_BITS: return WEIR_DICT;
    case WEIR_LAYOUT_VALUE:
        return load->node->value ? weir_program_kind(load->node->value) : WEIR_KIND_COUNT;
    case WEIR_LAYOUT_SKIP: return WEIR_KIND_COUNT;
    case WEIR_LAYOUT_NUMBER: break;
    }
    const weir_layout_number *number = &field->number;
    if (number->is_float || number->op == '/' || number->factor.kind == WEIR_FLOAT)
        return WEIR_FLOAT;
    const bool may_be_wide = number->op == '*' || (number->size == 8 && !number->is_signed);
    return may_be_wide ? WEIR_KIND_COUNT : WEIR_INT;
}

bool weir_layout_has_path(const void *user, const weir_step *steps, size_t count, unsigned *kind,
                          char why[160])
{
    const weir_layout *layout = user;
    weir_layout_load load;
    bool is_known = false;
    for (size_t i = 0; i < layout->variant_count; i++) {
        if (!find_load(layout, &layout->variants[i], steps, count, &load))
            continue;
        const unsigned here = kind_of(&load);
        *kind = is_known && *kind != here ? WEIR_KIND_COUNT : here;
        is_known = true;
    }
    return is_known || explain_path(layout, steps, count, why);
}
