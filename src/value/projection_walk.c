/* SPDX-License-Identifier: MIT */
/*
 * The decoder core: one validating walk over a text that goes down the trie of a projection beside
 * it. Where the trie ends the text is only skipped (json_scan.c), so the recursion here is as deep
 * as the projection, not as the text.
 *
 * Repeated keys: the last one wins, so a key whose node has slots below it clears them when it is
 * met again. Which children an object has shown is a 64-bit set by ordinal; with more than 64
 * children two may share a bit, and then a slot list is cleared that was empty anyway.
 *
 * Indices from the back: the last few elements' places are kept while an array is walked; one that
 * lies further back is found by counting again. Elements that are wanted from the back are walked
 * once more after the end of the array is known; the text is valid by then.
 */
#include <assert.h>

#include "value/json_scan.h"
#include "value/projection_trie.h"

enum { RECENT = 8 /* elements whose places are kept; a power of two */ };

typedef struct walk {
    weir_scan scan;
    weir_value *slots;
} walk;

static const char *walk_value(walk *w, const char *at, const weir_trie *node, unsigned depth,
                              weir_value *out);

/* ------------------------------------------------------------------ objects */

enum { UNESCAPED_MAX = 256 };

/* A key with escapes is rare: it is unescaped and looked up again, or compared with each key if it
 * may be one of uncommon length. */
weir_trie *weir_projection_find_escaped(const weir_trie *node, const weir_value *key)
{
    char text[UNESCAPED_MAX + 8] = {0};
    bool is_ascii;
    size_t len = weir_json_unescape_into(weir_value_text(key), text, UNESCAPED_MAX, &is_ascii);
    if (len == SIZE_MAX && node->longest <= UNESCAPED_MAX)
        return NULL;
    for (weir_trie *child = node->first_child; child; child = child->next_sibling) {
        if (child->step.is_index)
            continue;
        if (len == SIZE_MAX ? weir_json_text_is(key, child->step.key)
                            : weir_str_eq((weir_str){text, len}, child->step.key))
            return child;
    }
    return NULL;
}

static const char *walk_member(walk *w, const char *at, const weir_trie *child, unsigned depth,
                               uint64_t *shown)
{
    uint64_t bit = UINT64_C(1) << (child->ordinal % 64);
    if (child->below_count && (*shown & bit))
        weir_projection_clear_below(child, w->slots);
    *shown |= bit;
    weir_value unwanted;
    weir_value *out = child->slot == WEIR_NO_SLOT ? &unwanted : &w->slots[child->slot];
    if (!child->below_count)
        return weir_scan_value(&w->scan, at, depth, out);
    return walk_value(w, at, child, depth, out);
}

static const char *walk_object(walk *w, const char *at, const weir_trie *node, unsigned depth)
{
    uint64_t shown = 0;
    at = weir_scan_blanks(&w->scan, at + 1);
    if (weir_scan_peek(&w->scan, at) == '}')
        return at + 1;
    for (;;) {
        weir_value key;
        at = weir_scan_key(&w->scan, at, &key);
        if (!at)
            return NULL;
        const weir_trie *child = weir_projection_find(node, &key);
        at = child ? walk_member(w, at, child, depth, &shown) : weir_scan_skip(&w->scan, at, depth);
        if (!at)
            return NULL;
        at = weir_scan_blanks(&w->scan, at);
        if (*at == ',')
            at = weir_scan_blanks(&w->scan, at + 1);
        else if (weir_scan_peek(&w->scan, at) == '}')
            return at + 1;
        else
            return weir_scan_fail(&w->scan, at, "expected ',' or '}'");
    }
}

/* ------------------------------------------------------------------ arrays */

/* Where element `index` of a valid array starts. */
static const char *element_at(walk *w, const char *array, size_t index, unsigned depth)
{
    const char *at = weir_scan_blanks(&w->scan, array + 1);
    for (size_t i = 0; i < index; i++) {
        at = weir_scan_skip(&w->scan, at, depth);
        at = weir_scan_blanks(&w->scan, weir_scan_blanks(&w->scan, at) + 1);
    }
    return at;
}

static bool fill_back(walk *w, const char *array, const char *const recent[RECENT], size_t count,
                      const weir_trie *node, unsigned depth)
{
    for (uint32_t i = 0; i < node->back_count; i++) {
        const weir_trie *child = node->back[i];
        uint64_t from_end = 0 - (uint64_t)child->step.index;
        if (from_end > count)
            break;
        size_t index = count - (size_t)from_end;
        const char *at =
            from_end <= RECENT ? recent[index % RECENT] : element_at(w, array, index, depth);
        weir_value unwanted;
        weir_value *out = child->slot == WEIR_NO_SLOT ? &unwanted : &w->slots[child->slot];
        if (!walk_value(w, at, child, depth, out))
            return false;
    }
    return true;
}

static const char *walk_array(walk *w, const char *array, const weir_trie *node, unsigned depth)
{
    const char *recent[RECENT];
    size_t count = 0;
    uint32_t wanted = 0; /* in node->front */
    const char *at = weir_scan_blanks(&w->scan, array + 1);
    if (weir_scan_peek(&w->scan, at) == ']')
        return at + 1;
    for (;;) {
        recent[count % RECENT] = at;
        if (wanted < node->index_count && (size_t)node->front[wanted]->step.index == count) {
            const weir_trie *child = node->front[wanted++];
            weir_value unwanted;
            weir_value *out = child->slot == WEIR_NO_SLOT ? &unwanted : &w->slots[child->slot];
            at = walk_value(w, at, child, depth, out);
        } else {
            at = weir_scan_skip(&w->scan, at, depth);
        }
        if (!at)
            return NULL;
        count++;
        at = weir_scan_blanks(&w->scan, at);
        if (*at == ',')
            at = weir_scan_blanks(&w->scan, at + 1);
        else if (weir_scan_peek(&w->scan, at) == ']')
            break;
        else
            return weir_scan_fail(&w->scan, at, "expected ',' or ']'");
    }
    if (node->back_count && !fill_back(w, array, recent, count, node, depth))
        return NULL;
    return at + 1;
}

/* ------------------------------------------------------------------ values */

/* `depth` levels are open around the value. */
static const char *walk_value(walk *w, const char *at, const weir_trie *node, unsigned depth,
                              weir_value *out)
{
    unsigned char first = weir_scan_peek(&w->scan, at);
    bool is_object = first == '{' && node->key_count;
    bool is_array = first == '[' && node->index_count + node->back_count;
    if (!is_object && !is_array)
        return weir_scan_value(&w->scan, at, depth, out);
    if (depth == WEIR_JSON_DEPTH_MAX)
        return weir_scan_fail(&w->scan, at, "nested too deeply");
    const char *to =
        is_object ? walk_object(w, at, node, depth + 1) : walk_array(w, at, node, depth + 1);
    if (to)
        *out = weir_scan_span(WEIR_RAW, 0, is_object ? WEIR_RAW_OBJECT : WEIR_RAW_ARRAY, at, to);
    return to;
}

static void clear_slots(const weir_projection *projection, weir_value *slots)
{
    if (projection->count)
        memset(slots, 0, projection->count * sizeof *slots);
}

bool weir_projection_decode(const weir_projection *projection, weir_str text, weir_value *slots,
                            weir_value *whole, weir_json_error *error)
{
    assert(projection->is_sealed);
    clear_slots(projection, slots);
    walk w;
    w.slots = slots;
    weir_value root = weir_value_absent();
    const char *at = weir_scan_begin(&w.scan, text);
    if (at)
        at = walk_value(&w, at, projection->root, 0, &root);
    if (!weir_scan_finish(&w.scan, text, at, error))
        return false;
    if (projection->root->slot != WEIR_NO_SLOT)
        slots[projection->root->slot] = root;
    if (whole)
        *whole = root;
    return true;
}

/* ------------------------------------------------------------------ values that are not a text */

static void fill_raw(const weir_trie *node, const weir_value *value, weir_value *slots)
{
    if (value->aux < WEIR_RAW_OBJECT || !node->below_count)
        return;
    walk w = {{value->s + value->len, NULL, NULL}, slots};
    weir_value again;
    const char *to = walk_value(&w, value->s, node, 0, &again);
    assert(to);
    (void)to;
    if (value->flags & WEIR_VALUE_SECRET)
        for (uint32_t i = 0; i < node->below_count; i++)
            slots[node->below[i]].flags |= WEIR_VALUE_SECRET;
}

static void fill_list(const weir_trie *node, const weir_list *list, weir_value *slots)
{
    for (uint32_t i = 0; i < node->index_count; i++) {
        uint64_t index = (uint64_t)node->front[i]->step.index;
        if (index >= list->count)
            break;
        weir_node_fill(node->front[i], &list->items[index], slots);
    }
    for (uint32_t i = 0; i < node->back_count; i++) {
        uint64_t from_end = 0 - (uint64_t)node->back[i]->step.index;
        if (from_end > list->count)
            break;
        weir_node_fill(node->back[i], &list->items[list->count - from_end], slots);
    }
}

static void fill_dict(const weir_trie *node, const weir_dict *dict, weir_value *slots)
{
    for (const weir_trie *child = node->first_child; child; child = child->next_sibling) {
        const weir_value index = weir_value_int(child->step.index);
        const weir_value *value = child->step.is_index ? weir_dict_get(NULL, dict, &index)
                                                       : weir_dict_get_str(dict, child->step.key);
        if (value)
            weir_node_fill(child, value, slots);
    }
}

void weir_node_fill(const weir_trie *node, const weir_value *value, weir_value *slots)
{
    if (node->slot != WEIR_NO_SLOT)
        slots[node->slot] = *value;
    if (value->kind == WEIR_RAW)
        fill_raw(node, value, slots);
    else if (value->kind == WEIR_LIST || value->kind == WEIR_TUPLE)
        fill_list(node, value->list, slots);
    else if (value->kind == WEIR_DICT)
        fill_dict(node, value->dict, slots);
}

void weir_projection_fill(const weir_projection *projection, const weir_value *value,
                          weir_value *slots)
{
    assert(projection->is_sealed);
    clear_slots(projection, slots);
    weir_node_fill(projection->root, value, slots);
}
