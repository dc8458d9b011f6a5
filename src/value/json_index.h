/* SPDX-License-Identifier: MIT */
/*
 * The index of a JSON text: where its quotes are, found 64 bytes at a time, so that a walk goes
 * from one end of a string to the other without looking at what is between. It is a hint and no
 * proof: whoever walks by it checks every byte outside of strings himself, and for what is inside
 * of them has three facts about the whole text (see the flags).
 *
 * One implementation per instruction set, each in a file of its own, chosen when the first index is
 * made; all give equal results. Text passed in has WEIR_JSON_SLACK readable bytes behind it.
 */
#ifndef WEIR_VALUE_JSON_INDEX_H
#define WEIR_VALUE_JSON_INDEX_H

#include <limits.h>
#include <stdatomic.h>

#include "value/json_read.h"
#include "value/value.h"

enum {
    WEIR_INDEX_BACKSLASH = 1, /**< there is one somewhere */
    WEIR_INDEX_HIGH = 2,      /**< there is a byte above 0x7f somewhere */
    WEIR_INDEX_CONTROL = 4,   /**< a control character stands within a string */
    WEIR_INDEX_OPEN = 8       /**< a string does not end; only said, not kept */
};

enum {
    WEIR_INDEX_TEXT_MAX = 1 << 28, /**< longer texts have no index */
    WEIR_INDEX_END = UINT32_MAX,   /**< stands behind the last quote, so many times: */
    /** more than quotes are in what is compared at once, which may begin at the end of a text. */
    WEIR_INDEX_MARKS = 20,
    /** Places that a filler, and then the marks of a list, may need behind the last quote. */
    WEIR_INDEX_SPARE = 2 * 64 + WEIR_INDEX_MARKS,
    WEIR_INDEX_LISTS_MAX = 64 /**< lists of lists that are remembered */
};

/** What has been found of a list of lists while it was validated (value/lists.h). */
typedef struct weir_list_found {
    const char *at; /**< its bracket */
    size_t first;   /**< texts: the ordinal of the first quote */
    size_t stride;  /**< texts: quotes from one list to the next; 0: these are levels */
    size_t count;   /**< of lists */
    size_t levels;  /**< the first one, in `levels` of the index */
} weir_list_found;

/** What a text is begun with is together, so that it is cleared at once, by words that are then
 * loaded as they were stored. */
typedef struct weir_json_index {
    const char *base;
    size_t len;
    uint32_t *quotes; /**< offsets of quotes that are not escaped, ascending */
    size_t count;
    size_t cap;
    unsigned list_count;
    unsigned list_hint;   /**< the list that was asked for last */
    size_t hint;          /**< ordinal near which the last search ended */
    const char *row_list; /**< the list whose elements `nested` has in rows, or NULL */
    size_t level_count;
    unsigned flags;
    struct weir_nested *nested;              /**< or NULL; value/projection.h */
    const struct weir_projection *row_items; /**< by which they were decoded */
    weir_level *levels;                      /**< of the lists that are bare numbers */
    size_t level_cap;
    weir_list_found lists[WEIR_INDEX_LISTS_MAX];
} weir_json_index;

void weir_json_index_fini(weir_json_index *index);
/**
 * Makes the index of a text, keeping the memory of the one before. False: the text is too long, its
 * strings do not end, a control character stands in one, or out of memory; whatever it is, the
 * general decoder is to be asked.
 */
bool weir_json_index_make(weir_json_index *index, weir_str text);
/** The ordinal of the first quote at or behind a place of the text. */
size_t weir_json_index_find(weir_json_index *index, const char *at);

/** weir_json_index_list without its quick cases. */
const weir_list_found *weir_json_index_list_anywhere(weir_json_index *index, const char *at);

/** What was found of the list of lists that begins at a place of the text; NULL: nothing. Mostly
 * they are asked for in the order in which they were found, some of them several times. */
static inline const weir_list_found *weir_json_index_list(weir_json_index *index, const char *at)
{
    const unsigned hint = index->list_hint;
    if (hint < index->list_count && index->lists[hint].at == at)
        return &index->lists[hint];
    if (hint + 1 >= index->list_count || index->lists[hint + 1].at != at)
        return weir_json_index_list_anywhere(index, at);
    index->list_hint = hint + 1;
    return &index->lists[hint + 1];
}

/** The text goes away, or changes. */
static inline void weir_json_index_forget(weir_json_index *index)
{
    index->len = 0;
    index->list_count = 0;
    index->row_list = NULL;
}

/** True if the bytes of a span are within the text (and so have slack behind them). */
static inline bool weir_json_index_holds(const weir_json_index *index, const char *at)
{
    return (size_t)(at - index->base) < index->len;
}

/* ------------------------------------------------------------------ the implementations */

/** Fills quotes and the marks behind them, count and flags, of a text that is not empty; `quotes`
 * has room for len + WEIR_INDEX_SPARE. Gives the flags. */
typedef unsigned weir_index_fill(weir_json_index *index);

typedef struct weir_index_variant {
    const char *name;
    bool (*is_supported)(void);
    weir_index_fill *fill;
} weir_index_variant;

/** What fills; at first that finds out which it is. */
extern _Atomic(weir_index_fill *) weir_index_chosen;
/** Makes room for a longer text than there was. False: out of memory. */
bool weir_json_index_grow(weir_json_index *index, size_t len);

/** An index that is not made holds nothing. `bad`: flags for which it is not. */
static inline bool weir_json_index_make_without(weir_json_index *index, weir_str text, unsigned bad)
{
    index->base = text.ptr;
    index->len = text.len;
    index->list_count = 0;
    index->list_hint = 0;
    index->hint = 0;
    index->row_list = NULL;
    index->level_count = 0;
    const bool is_text = text.len - 1 < WEIR_INDEX_TEXT_MAX; /* 0 is none */
    if (__builtin_expect(is_text && (text.len + WEIR_INDEX_SPARE <= index->cap ||
                                     weir_json_index_grow(index, text.len)),
                         1) &&
        __builtin_expect(
            (atomic_load_explicit(&weir_index_chosen, memory_order_relaxed)(index) & bad) == 0, 1))
        return true;
    index->len = 0;
    return false;
}

/** weir_json_index_make of a text that has neither backslashes nor anything above ASCII; false: it
 * has, or whatever else. */
static inline bool weir_json_index_make_plain(weir_json_index *index, weir_str text)
{
    return weir_json_index_make_without(index, text, UINT_MAX);
}

/** From now on indexes are filled by this one, instead of by the fastest that works here; for tests
 * and measurements of all of them. */
void weir_json_index_choose(const weir_index_variant *variant);

/** All that this program has, the fastest first; the last one works everywhere. Ends with NULL. */
extern const weir_index_variant *const weir_index_variants[];
extern const weir_index_variant weir_index_avx512, weir_index_avx2, weir_index_sse2,
    weir_index_neon, weir_index_word;

#endif
