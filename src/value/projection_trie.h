/* SPDX-License-Identifier: MIT */
/*
 * The trie of a projection, shared by its builder (projection.c) and its walkers
 * (projection_walk.c). Private to value/.
 *
 * A node is a place in a message. Its children are reached by a key (through a small hash table
 * that is laid out when the projection is sealed) or by an index (two sorted arrays: from the front
 * and from the back).
 */
#ifndef WEIR_VALUE_PROJECTION_TRIE_H
#define WEIR_VALUE_PROJECTION_TRIE_H

#include "value/projection.h"

#define WEIR_NO_SLOT UINT32_MAX

typedef struct weir_trie weir_trie;

/** One place of a key table; node NULL: empty. */
typedef struct weir_key_cell {
    uint64_t head; /**< the first 8 bytes of the key, zero-padded */
    uint32_t len;
    weir_trie *node;
} weir_key_cell;

struct weir_trie {
    uint32_t slot; /**< or WEIR_NO_SLOT */
    uint32_t key_count;
    uint32_t index_count; /**< from the front */
    uint32_t back_count;  /**< from the back */
    /* Sealed: */
    weir_key_cell *cells;
    uint64_t multiplier;
    uint32_t shift;    /**< hash >> shift is a place in cells */
    uint32_t mask;     /**< places - 1 */
    uint32_t longest;  /**< of the keys */
    weir_trie **front; /**< by step.index, ascending: 0, 1, ... */
    weir_trie **back;  /**< by step.index, descending: -1, -2, ... */
    uint32_t *below;   /**< slots of all descendants, to be reset when a key is repeated */
    uint32_t below_count;
    uint32_t ordinal; /**< among the children of its parent */
    bool is_rows;     /**< its value is mostly a list whose elements are decoded one by one */
    bool is_lists;    /**< its value is mostly a list of lists, of which all is wanted */
    /* As built: */
    weir_step step; /**< from the parent */
    weir_trie *parent;
    weir_trie *first_child;
    weir_trie *next_sibling;
    weir_trie *last_child;
};

struct weir_projection {
    weir_arena *arena;
    weir_trie *root;
    size_t count; /**< of slots */
    size_t cap;
    weir_trie **slots; /**< the node of each */
    bool is_sealed;
};

/** The first 8 bytes of a key, zero-padded; up to 8 bytes are read whatever `len` is. */
static inline uint64_t weir_key_head(const char *key, size_t len)
{
    uint64_t head;
    memcpy(&head, key, sizeof head);
    if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
        head = __builtin_bswap64(head);
    return len >= 8 ? head : head & ((UINT64_C(1) << (8 * len)) - 1);
}

static inline uint64_t weir_key_hash(uint64_t head, uint32_t len, uint64_t multiplier)
{
    return (head ^ ((uint64_t)len << 56) ^ len) * multiplier;
}

/** The child of a key with 8 readable bytes behind it. A node without keys has no table. */
static inline weir_trie *weir_node_at_key(const weir_trie *node, const char *key, uint32_t len)
{
    uint64_t head = weir_key_head(key, len);
    size_t at = (size_t)(weir_key_hash(head, len, node->multiplier) >> node->shift);
    for (;;) {
        const weir_key_cell *cell = &node->cells[at];
        if (!cell->node)
            return NULL;
        if (cell->head == head && cell->len == len &&
            (len <= 8 || memcmp(cell->node->step.key.ptr + 8, key + 8, len - 8) == 0))
            return cell->node;
        at = (at + 1) & node->mask;
    }
}

/** The child of a key that has escapes; projection_walk.c. */
weir_trie *weir_projection_find_escaped(const weir_trie *node, const weir_value *key);

/** The child of a key (STR, or RAW when it has escapes), or NULL. The node has keys. */
static inline weir_trie *weir_projection_find(const weir_trie *node, const weir_value *key)
{
    return key->kind == WEIR_STR ? weir_node_at_key(node, key->s, key->len)
                                 : weir_projection_find_escaped(node, key);
}

/** Fills the slots of a node and of what is below it from its value. */
void weir_node_fill(const weir_trie *node, const weir_value *value, weir_value *slots);

/** Empties the slots below a node, because its key has come again. */
static inline void weir_projection_clear_below(const weir_trie *node, weir_value *slots)
{
    for (uint32_t i = 0; i < node->below_count; i++)
        slots[node->below[i]] = weir_value_absent();
}

#endif
