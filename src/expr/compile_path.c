/* SPDX-License-Identifier: MIT */
/*
 * Static paths: data['a'][0], data.get('k', 0), 'k' in data['x']. Such a chain becomes one slot of
 * the projection, filled by the decoder's single walk. A slot that is there answers the whole
 * chain, because only a dict with the key, or a list with the index, fills it. A slot that is not
 * says nothing: the run then walks the steps one by one over the whole value, and raises or falls
 * back exactly where Python would.
 *
 * The default of get() must be constant to be part of a step. A computed one is evaluated always,
 * as in Python, behind the chain: the read then falls back to ABSENT, which DEFAULT replaces.
 */
#include "expr/compile.h"

enum { STEPS_MAX = WEIR_PROJECTION_DEPTH_MAX };

typedef struct path {
    weir_root root;
    weir_projection *projection;
    weir_read_step steps[STEPS_MAX];
    size_t count;
} path;

static weir_source_range range_of(const weir_node *node)
{
    weir_source_range range = {(uint16_t)node->offset, (uint16_t)node->length};
    return range;
}

static bool push_step(path *p, const weir_node *node, weir_step_kind kind, const weir_value *key)
{
    if (p->count == STEPS_MAX)
        return false;
    weir_read_step *step = &p->steps[p->count++];
    step->kind = (uint8_t)kind;
    step->range = range_of(node);
    step->key = *key;
    step->fallback = weir_value_none();
    return true;
}

/* `x.get(...)` with one or two plain arguments. */
static bool is_get(const weir_node *node)
{
    if (node->kind != WEIR_NODE_CALL || node->a->kind != WEIR_NODE_ATTR ||
        !weir_str_is(node->a->name, "get") || node->count < 1 || node->count > 2)
        return false;
    for (size_t i = 0; i < node->count; i++)
        if (node->items[i]->kind == WEIR_NODE_KEYWORD || node->items[i]->kind == WEIR_NODE_STAR)
            return false;
    return true;
}

static bool find_path(weir_compiler *c, const weir_node *node, path *p);

static bool index_step(weir_compiler *c, const weir_node *node, path *p)
{
    weir_value key;
    if (!find_path(c, node->a, p) || !weir_literal_of(c, node->b, &key))
        return false;
    if (key.kind != WEIR_STR && key.kind != WEIR_INT)
        return false;
    return push_step(p, node, WEIR_STEP_INDEX, &key);
}

static bool get_step(weir_compiler *c, const weir_node *node, path *p)
{
    weir_value key, fallback = weir_value_none();
    if (!find_path(c, node->a->a, p) || !weir_literal_of(c, node->items[0], &key) ||
        key.kind != WEIR_STR)
        return false;
    if (node->count == 2 && !weir_literal_of(c, node->items[1], &fallback))
        return false;
    if (!push_step(p, node, WEIR_STEP_GET, &key))
        return false;
    p->steps[p->count - 1].fallback = fallback;
    return true;
}

/* The path of a node, down to the root that it starts at. False: it is none. */
static bool find_path(weir_compiler *c, const weir_node *node, path *p)
{
    if (node->kind == WEIR_NODE_INDEX && node->b->kind != WEIR_NODE_SLICE)
        return index_step(c, node, p);
    if (is_get(node))
        return get_step(c, node, p);
    if (node->kind != WEIR_NODE_NAME || weir_local_find(c, node->name) ||
        !weir_root_find(c, node->name, &p->root))
        return false;
    p->projection = p->root == WEIR_ROOT_DATA   ? c->scope->data
                    : p->root == WEIR_ROOT_ITEM ? c->scope->item
                                                : NULL;
    return p->projection != NULL;
}

static void step_of(const weir_read_step *from, weir_step *step)
{
    step->is_index = from->key.kind == WEIR_INT;
    step->index = step->is_index ? from->key.i : 0;
    step->key = step->is_index ? (weir_str){0} : weir_value_text(&from->key);
}

/* A missing key of get() and `in` is no failure but a daily thing: slots for what leads to it. */
static void add_prefixes(path *p, const weir_step *steps)
{
    bool may_miss = false;
    for (size_t i = 0; i < p->count; i++)
        may_miss = may_miss || p->steps[i].kind != WEIR_STEP_INDEX;
    for (size_t i = 0; may_miss && i < p->count; i++) {
        size_t slot = weir_projection_add(p->projection, steps, i + 1);
        p->steps[i].has_slot = slot <= UINT16_MAX;
        p->steps[i].slot = p->steps[i].has_slot ? (uint16_t)slot : 0;
    }
}

/* Adds the path to its projection, and the read to the program. */
static bool add_read(weir_compiler *c, path *p, size_t *read)
{
    weir_step steps[STEPS_MAX];
    for (size_t i = 0; i < p->count; i++)
        step_of(&p->steps[i], &steps[i]);
    size_t slot = weir_projection_add(p->projection, steps, p->count);
    if (slot > UINT16_MAX)
        return false; /* too many, or too deep: read without a slot */
    add_prefixes(p, steps);
    weir_read *entry = weir_table_grow(c, (void **)&c->reads, c->read_count, &c->read_cap,
                                       sizeof *c->reads, UINT16_MAX);
    weir_read_step *copy = WEIR_ARENA_ARRAY(c->arena, weir_read_step, p->count);
    if (!entry || !copy) {
        weir_compiler_break(c);
        return false;
    }
    memcpy(copy, p->steps, p->count * sizeof *copy);
    entry->slot = (uint32_t)slot;
    entry->is_item = p->root == WEIR_ROOT_ITEM;
    entry->count = (uint16_t)p->count;
    entry->steps = copy;
    c->roots |= WEIR_ROOT_BIT(p->root);
    *read = c->read_count++;
    return true;
}

/* A path that no message can have is a mistake, unless it asks whether it is there. */
static unsigned check_shape(weir_compiler *c, const weir_node *node, size_t read)
{
    const weir_read *entry = &c->reads[read];
    unsigned kind = WEIR_KIND_COUNT;
    weir_step steps[STEPS_MAX];
    char why[160];
    if (!c->scope->shape || entry->is_item)
        return kind;
    for (size_t i = 0; i < entry->count; i++) {
        if (entry->steps[i].kind != WEIR_STEP_INDEX)
            return kind;
        step_of(&entry->steps[i], &steps[i]);
    }
    if (!c->scope->shape->has(c->scope->shape->user, steps, entry->count, &kind, why))
        weir_compiler_mistake(c, node, "%s", why);
    return kind;
}

bool weir_read_of(weir_compiler *c, const weir_node *node, size_t *read)
{
    path p = {0};
    if (!find_path(c, node, &p) || p.count == 0 || !add_read(c, &p, read))
        return false;
    check_shape(c, node, *read);
    return true;
}

bool weir_compile_word(weir_compiler *c, const weir_node *node, unsigned hint, weir_operand *out)
{
    path p = {.root = WEIR_ROOT_DATA, .projection = c->scope->data};
    const weir_value key = weir_value_str(node->name);
    size_t read;
    for (size_t i = 0; i < c->scope->word_count; i++) {
        if (!weir_str_eq(c->scope->words[i], node->name))
            continue;
        if (!push_step(&p, node, WEIR_STEP_INDEX, &key) || !add_read(c, &p, &read))
            return false;
        weir_emit(c, node, WEIR_OP_SLOT, hint, c->reads[read].slot, (unsigned)read, 0);
        *out = weir_operand_of(hint, WEIR_KIND_COUNT);
        out->is_json = true;
        return true;
    }
    return false;
}

bool weir_read_in(weir_compiler *c, const weir_node *node, const weir_node *key, size_t *read)
{
    path p = {0};
    weir_value text;
    if (!weir_literal_of(c, key, &text) || text.kind != WEIR_STR || !find_path(c, node, &p))
        return false;
    return push_step(&p, node, WEIR_STEP_IN, &text) && add_read(c, &p, read);
}

static unsigned slot_op(const weir_compiler *c, size_t read)
{
    return c->reads[read].is_item ? WEIR_OP_ITEM_SLOT : WEIR_OP_SLOT;
}

static weir_operand json_operand(unsigned reg, unsigned kind)
{
    weir_operand operand = weir_operand_of(reg, (uint8_t)kind);
    operand.is_json = true;
    return operand;
}

/* get(key, computed): the chain first, then the default, then which of the two it is. */
static bool computed_default(weir_compiler *c, const weir_node *node, unsigned hint,
                             weir_operand *out)
{
    path p = {0};
    weir_value key;
    size_t read;
    if (!is_get(node) || node->count != 2 || !find_path(c, node->a->a, &p) ||
        !weir_literal_of(c, node->items[0], &key) || key.kind != WEIR_STR ||
        !push_step(&p, node, WEIR_STEP_GET, &key))
        return false;
    p.steps[p.count - 1].fallback = weir_value_absent();
    if (!add_read(c, &p, &read))
        return false;
    weir_emit(c, node, slot_op(c, read), hint, c->reads[read].slot, (unsigned)read, 0);
    unsigned mark = c->next;
    weir_operand fallback = weir_compile_new(c, node->items[1]);
    weir_emit(c, node, WEIR_OP_DEFAULT, hint, fallback.place, 0, 0);
    c->next = mark;
    *out = weir_operand_of(hint, WEIR_KIND_COUNT);
    out->is_json = fallback.is_json;
    return true;
}

bool weir_compile_path(weir_compiler *c, const weir_node *node, unsigned hint, weir_operand *out)
{
    size_t read;
    if (weir_read_of(c, node, &read)) {
        weir_emit(c, node, slot_op(c, read), hint, c->reads[read].slot, (unsigned)read, 0);
        *out = json_operand(hint, check_shape(c, node, read));
        return true;
    }
    return computed_default(c, node, hint, out);
}
