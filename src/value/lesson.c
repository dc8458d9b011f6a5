/* SPDX-License-Identifier: MIT */
/* The members of an object and the elements of an array, for whoever learns from them. */
#include "value/lesson.h"

const weir_trie weir_lesson_unread = {.slot = WEIR_NO_SLOT};

static const weir_cursor given_up = {NULL, NULL};

/* Behind the bracket that opens a container, and blanks. */
static weir_cursor enter(const weir_walk *walk, weir_cursor p)
{
    p.at++;
    return weir_place_blanks(walk, p);
}

/* Behind a member or element: does another follow, or does the container end? */
static bool has_more(const weir_walk *walk, weir_cursor *p)
{
    *p = weir_place_blanks(walk, *p);
    const char c = *p->at++;
    if (c == ',')
        *p = weir_place_blanks(walk, *p);
    return c == ',';
}

weir_cursor weir_lesson_members(weir_walk *walk, weir_cursor p, const weir_trie *node,
                                unsigned depth, weir_lesson_fn *learn, void *learner)
{
    uint64_t shown = 0;
    p = enter(walk, p);
    if (*p.at == '}')
        return (weir_cursor){p.at + 1, p.quote};
    do {
        weir_value key;
        p = weir_walk_key(walk, p, &key);
        if (!p.at)
            return p;
        const weir_trie *child = node->key_count > 0 ? weir_projection_find(node, &key) : NULL;
        if (child) { /* a key that comes twice empties what is below it */
            const uint64_t bit = UINT64_C(1) << (child->ordinal % 64);
            if (shown & bit)
                return given_up;
            shown |= bit;
        }
        p = learn(learner, p, child ? child : &weir_lesson_unread, depth);
        if (!p.at)
            return p;
    } while (has_more(walk, &p));
    return p;
}

static size_t count_elements(weir_walk *walk, weir_cursor p, unsigned depth)
{
    size_t count = 0;
    p = enter(walk, p);
    if (*p.at == ']')
        return 0;
    do {
        p = weir_walk_skip(walk, p, depth);
        count++;
    } while (p.at && has_more(walk, &p));
    return count;
}

/* The one node that wants an element, which may be counted from both ends; NULL: more than one do.
 * `first` is the element's first byte. */
static const weir_trie *wanting(const weir_trie *node, size_t index, size_t count, char first)
{
    const weir_trie *found = &weir_lesson_unread;
    for (uint32_t i = 0; i < node->index_count + node->back_count; i++) {
        const bool is_front = i < node->index_count;
        const weir_trie *child = is_front ? node->front[i] : node->back[i - node->index_count];
        const int64_t at = child->step.index + (is_front ? 0 : (int64_t)count);
        const bool is_wanting =
            child->slot != WEIR_NO_SLOT || (weir_is_bracket(first) && child->below_count > 0);
        if (at != (int64_t)index || !is_wanting)
            continue;
        if (found != &weir_lesson_unread)
            return NULL;
        found = child;
    }
    return found;
}

weir_cursor weir_lesson_elements(weir_walk *walk, weir_cursor p, const weir_trie *node,
                                 unsigned depth, weir_lesson_fn *learn, void *learner)
{
    const size_t count = count_elements(walk, p, depth);
    size_t index = 0;
    p = enter(walk, p);
    if (count == 0)
        return (weir_cursor){p.at + 1, p.quote};
    do {
        const weir_trie *child = wanting(node, index++, count, *p.at);
        if (!child)
            return given_up;
        p = learn(learner, p, child, depth);
        if (!p.at)
            return p;
    } while (has_more(walk, &p));
    return p;
}
