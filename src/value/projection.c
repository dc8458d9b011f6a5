/* SPDX-License-Identifier: MIT */
/*
 * Building a projection. Paths are added to a trie of linked children; sealing lays out what the
 * walkers want: for each node a key table, the index children in order, and the list of slots
 * below it.
 *
 * A key table is chosen so that (first 8 bytes, length) of its keys fall on distinct places, by
 * trying multipliers; keys that share both, or that no multiplier parts, follow each other (linear
 * probing), so the table is always right and nearly always perfect. It holds the spec's keys only,
 * never the venue's, hence needs no secret seed.
 */
#include "value/projection.h"

#include <assert.h>
#include <stdlib.h>

#include "util/buf.h"
#include "value/projection_trie.h"

weir_projection *weir_projection_new(weir_arena *arena)
{
    weir_projection *projection = WEIR_ARENA_NEW(arena, weir_projection);
    if (!projection)
        return NULL;
    projection->arena = arena;
    projection->root = WEIR_ARENA_NEW(arena, weir_trie);
    if (!projection->root)
        return NULL;
    projection->root->slot = WEIR_NO_SLOT;
    return projection;
}

static bool same_step(const weir_step *a, const weir_step *b)
{
    if (a->is_index != b->is_index)
        return false;
    return a->is_index ? a->index == b->index : weir_str_eq(a->key, b->key);
}

static weir_trie *find_child(const weir_trie *node, const weir_step *step)
{
    weir_trie *child = node->first_child;
    while (child && !same_step(&child->step, step))
        child = child->next_sibling;
    return child;
}

/* Keys are kept with 8 readable bytes, as weir_key_head wants them. */
static bool copy_step(weir_arena *arena, const weir_step *step, weir_step *out)
{
    *out = *step;
    if (step->is_index)
        return true;
    char *key = weir_arena_calloc(arena, step->key.len + 8, 1);
    if (!key)
        return false;
    if (step->key.len)
        memcpy(key, step->key.ptr, step->key.len);
    out->key.ptr = key;
    return true;
}

static weir_trie *add_child(weir_arena *arena, weir_trie *node, const weir_step *step)
{
    weir_trie *child = WEIR_ARENA_NEW(arena, weir_trie);
    if (!child || !copy_step(arena, step, &child->step))
        return NULL;
    child->slot = WEIR_NO_SLOT;
    child->parent = node;
    if (!step->is_index)
        node->key_count++;
    else if (step->index >= 0)
        node->index_count++;
    else
        node->back_count++;
    if (node->last_child) {
        child->ordinal = node->last_child->ordinal + 1;
        node->last_child->next_sibling = child;
    } else {
        node->first_child = child;
    }
    node->last_child = child;
    return child;
}

static bool add_slot(weir_projection *projection, weir_trie *node)
{
    if (projection->count == WEIR_PROJECTION_SLOTS_MAX)
        return false;
    if (projection->count == projection->cap) {
        size_t cap = projection->cap ? projection->cap * 2 : 16;
        weir_trie **slots = WEIR_ARENA_ARRAY(projection->arena, weir_trie *, cap);
        if (!slots)
            return false;
        if (projection->count)
            memcpy(slots, projection->slots, projection->count * sizeof *slots);
        projection->slots = slots;
        projection->cap = cap;
    }
    node->slot = (uint32_t)projection->count;
    projection->slots[projection->count++] = node;
    return true;
}

size_t weir_projection_add(weir_projection *projection, const weir_step *steps, size_t count)
{
    assert(!projection->is_sealed);
    if (count > WEIR_PROJECTION_DEPTH_MAX)
        return SIZE_MAX;
    weir_trie *node = projection->root;
    for (size_t i = 0; i < count; i++) {
        if (!steps[i].is_index && steps[i].key.len > UINT32_MAX - 8)
            return SIZE_MAX;
        weir_trie *child = find_child(node, &steps[i]);
        if (!child)
            child = add_child(projection->arena, node, &steps[i]);
        if (!child)
            return SIZE_MAX;
        node = child;
    }
    if (node->slot == WEIR_NO_SLOT && !add_slot(projection, node))
        return SIZE_MAX;
    return node->slot;
}

void weir_projection_want_lists(weir_projection *projection, size_t slot)
{
    projection->slots[slot]->is_lists = true;
}

void weir_projection_want_rows(weir_projection *projection, size_t slot)
{
    projection->slots[slot]->is_rows = true;
}

size_t weir_projection_slots(const weir_projection *projection)
{
    return projection->count;
}

/* ------------------------------------------------------------------ sealing */

enum { MULTIPLIERS_TRIED = 64 };

static int by_nearness(const void *a, const void *b)
{
    const weir_trie *const *left = a;
    const weir_trie *const *right = b;
    int64_t i = (*left)->step.index;
    int64_t j = (*right)->step.index;
    if (i < 0)
        return i < j ? 1 : i > j ? -1 : 0;
    return i < j ? -1 : i > j ? 1 : 0;
}

static bool seal_indices(weir_arena *arena, weir_trie *node)
{
    node->front = WEIR_ARENA_ARRAY(arena, weir_trie *, node->index_count + 1);
    node->back = WEIR_ARENA_ARRAY(arena, weir_trie *, node->back_count + 1);
    if (!node->front || !node->back)
        return false;
    size_t front = 0;
    size_t back = 0;
    for (weir_trie *child = node->first_child; child; child = child->next_sibling) {
        if (child->step.is_index && child->step.index >= 0)
            node->front[front++] = child;
        else if (child->step.is_index)
            node->back[back++] = child;
    }
    qsort(node->front, front, sizeof *node->front, by_nearness);
    qsort(node->back, back, sizeof *node->back, by_nearness);
    return true;
}

/* Puts the keys into the table; returns how many are not at their first place. */
static size_t lay_out(weir_trie *node)
{
    size_t displaced = 0;
    memset(node->cells, 0, ((size_t)node->mask + 1) * sizeof *node->cells);
    for (weir_trie *child = node->first_child; child; child = child->next_sibling) {
        if (child->step.is_index)
            continue;
        weir_str key = child->step.key;
        uint64_t head = weir_key_head(key.ptr, key.len);
        uint32_t len = (uint32_t)key.len;
        size_t at = (size_t)(weir_key_hash(head, len, node->multiplier) >> node->shift);
        while (node->cells[at].node) {
            at = (at + 1) & node->mask;
            displaced++;
        }
        node->cells[at] = (weir_key_cell){head, len, child};
    }
    return displaced;
}

static bool seal_keys(weir_arena *arena, weir_trie *node)
{
    unsigned bits = 1;
    while ((UINT32_C(1) << bits) < node->key_count * 2)
        bits++;
    node->mask = (UINT32_C(1) << bits) - 1;
    node->shift = 64 - bits;
    node->cells = WEIR_ARENA_ARRAY(arena, weir_key_cell, (size_t)node->mask + 1);
    if (!node->cells)
        return false;
    for (weir_trie *child = node->first_child; child; child = child->next_sibling)
        if (!child->step.is_index && child->step.key.len > node->longest)
            node->longest = (uint32_t)child->step.key.len;
    uint64_t candidate = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t best = candidate;
    size_t least = SIZE_MAX;
    for (int i = 0; i < MULTIPLIERS_TRIED && least > 0; i++) {
        node->multiplier = candidate;
        size_t displaced = lay_out(node);
        if (displaced < least) {
            least = displaced;
            best = candidate;
        }
        candidate = candidate * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        candidate |= 1;
    }
    node->multiplier = best;
    lay_out(node);
    return true;
}

/* The trie is at most WEIR_PROJECTION_DEPTH_MAX deep, which bounds these recursions. */
static size_t gather_slots(const weir_trie *node, uint32_t *out)
{
    size_t count = 0;
    for (const weir_trie *child = node->first_child; child; child = child->next_sibling) {
        if (child->slot != WEIR_NO_SLOT) {
            if (out)
                out[count] = child->slot;
            count++;
        }
        count += gather_slots(child, out ? out + count : NULL);
    }
    return count;
}

static bool seal_node(weir_arena *arena, weir_trie *node)
{
    size_t below = gather_slots(node, NULL);
    node->below = WEIR_ARENA_ARRAY(arena, uint32_t, below + 1);
    if (!node->below)
        return false;
    node->below_count = (uint32_t)gather_slots(node, node->below);
    if (node->key_count && !seal_keys(arena, node))
        return false;
    if (node->index_count + node->back_count && !seal_indices(arena, node))
        return false;
    for (weir_trie *child = node->first_child; child; child = child->next_sibling)
        if (!seal_node(arena, child))
            return false;
    return true;
}

bool weir_projection_seal(weir_projection *projection)
{
    if (!seal_node(projection->arena, projection->root))
        return false;
    projection->is_sealed = true;
    return true;
}

/* ------------------------------------------------------------------ paths as text */

/* As Python writes a text: single quotes unless only double ones avoid escaping. */
static void write_key(weir_buf *out, weir_str key)
{
    bool has_single = key.len && memchr(key.ptr, '\'', key.len);
    char quote = has_single && !memchr(key.ptr, '"', key.len) ? '"' : '\'';
    weir_buf_putc(out, quote);
    for (size_t i = 0; i < key.len; i++) {
        unsigned char c = (unsigned char)key.ptr[i];
        if (c < 0x20 || c == 0x7f) {
            weir_buf_printf(out, "\\x%02x", c);
            continue;
        }
        if (c == '\\' || c == (unsigned char)quote)
            weir_buf_putc(out, '\\');
        weir_buf_putc(out, (char)c);
    }
    weir_buf_putc(out, quote);
}

size_t weir_projection_steps(const weir_projection *projection, size_t slot,
                             weir_step steps[WEIR_PROJECTION_DEPTH_MAX])
{
    size_t count = 0, at;
    for (const weir_trie *node = projection->slots[slot]; node->parent; node = node->parent)
        count++;
    at = count;
    for (const weir_trie *node = projection->slots[slot]; node->parent; node = node->parent)
        steps[--at] = node->step;
    return count;
}

weir_str weir_projection_path(weir_arena *arena, const weir_projection *projection, size_t slot,
                              weir_str root)
{
    weir_str path = {NULL, 0};
    if (slot >= projection->count)
        return path;
    const weir_trie *steps[WEIR_PROJECTION_DEPTH_MAX];
    size_t count = 0;
    for (const weir_trie *node = projection->slots[slot]; node->parent; node = node->parent)
        steps[count++] = node;
    weir_buf text = {0};
    weir_buf_put(&text, root);
    while (count > 0) {
        const weir_step *step = &steps[--count]->step;
        weir_buf_putc(&text, '[');
        if (step->is_index)
            weir_buf_printf(&text, "%lld", (long long)step->index);
        else
            write_key(&text, step->key);
        weir_buf_putc(&text, ']');
    }
    if (!text.failed)
        path = weir_arena_copy(arena, weir_buf_str(&text));
    weir_buf_fini(&text);
    return path;
}
