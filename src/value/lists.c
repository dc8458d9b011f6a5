/* SPDX-License-Identifier: MIT */
/*
 * Lists of texts go from quote to quote. What stands between two texts of a list, and between two
 * lists, is looked at where it is met first - a comma among blanks, or "],[" - and must then be the
 * same everywhere: a window or three are compared, and as a gap begins and ends with a quote and
 * has no other, the next one in the index is known without being read. So each list has as many
 * texts as the first, and nothing else. What the texts say is not looked at here.
 *
 * Lists of bare numbers have to be read to be checked, so they are, into memory of the index.
 */
#include "value/lists.h"

#include <stdlib.h>

#include "value/number_lanes.h"

enum { WINDOW = 16, GAP_MAX = 4 * WINDOW - 2 };

static const weir_cursor given_up = {NULL, NULL};

/* ------------------------------------------------------------------ texts */

/* From a closing quote up to the next opening one, both included. */
typedef struct gap {
    char text[GAP_MAX + 2];
    uint32_t others[GAP_MAX / WINDOW + 1]; /* bits of each window that are not of the gap */
    unsigned windows;
} gap;

static inline bool has_window(const gap *g, unsigned window, const char *at)
{
    return ((weir_scan_equal(at + WINDOW * window, g->text + WINDOW * window) | g->others[window]) &
            0xffff) == 0xffff;
}

static inline bool has_gap(const gap *g, const char *at)
{
    for (unsigned i = 0; i < g->windows; i++)
        if (!has_window(g, i, at))
            return false;
    return true;
}

static bool learn_gap(gap *g, const char *from, const char *to)
{
    const size_t len = (size_t)(to - from) + 1;
    if (len > GAP_MAX)
        return false;
    memcpy(g->text, from, len);
    g->windows = (unsigned)(len + WINDOW - 1) / WINDOW;
    for (unsigned i = 0; i < g->windows; i++) {
        const size_t left = len - (size_t)i * WINDOW;
        g->others[i] = left >= WINDOW ? 0 : UINT32_MAX << left;
    }
    return true;
}

static inline const char *blanks(const weir_walk *walk, const char *at)
{
    return weir_scan_blanks(&walk->scan, at);
}

/* Behind these bytes, between which there may be blanks, or NULL. */
static const char *punctuation(const weir_walk *walk, const char *at, const char *bytes)
{
    for (; *bytes; bytes++) {
        at = blanks(walk, at);
        if (at >= walk->scan.end || *at != *bytes)
            return NULL;
        at++;
    }
    return blanks(walk, at);
}

typedef struct texts {
    const uint32_t *quote; /* the first one of the first list */
    const uint32_t *end;   /* behind the last one of the text */
    size_t stride;         /* quotes from one list to the next */
    const gap *between;    /* two texts of a list */
    const gap *lists;      /* two lists; NULL: there is only one */
} texts;

/* How nearly all are written. */
static const gap compact_between = {"\",\"", {UINT32_MAX << 3}, 1};
static const gap compact_lists = {"\"],[\"", {UINT32_MAX << 5}, 1};

static void count_first(const weir_walk *walk, texts *t)
{
    t->between = &compact_between;
    t->lists = &compact_lists;
    t->stride = 2;
    while (t->quote + t->stride < t->end &&
           has_window(t->between, 0, walk->base + t->quote[t->stride - 1]))
        t->stride += 2;
}

/* The first list: how many texts it has, and what stands between them and behind it. False: that
 * is no list of texts. */
static bool learn_first(const weir_walk *walk, texts *t, gap *between, gap *lists)
{
    const char *base = walk->base;
    t->between = between;
    t->lists = NULL;
    t->stride = 2;
    for (;; t->stride += 2) {
        const uint32_t *quote = t->quote + t->stride;
        if (quote >= t->end)
            return true; /* whatever is behind, it is no other list */
        const char *from = base + quote[-1];
        const char *comma = punctuation(walk, from + 1, ",");
        if (comma != base + quote[0]) {
            if (punctuation(walk, from + 1, "],[") != base + quote[0])
                return true;
            t->lists = lists;
            return learn_gap(lists, from, base + quote[0]);
        }
        if (t->stride == 2 ? !learn_gap(between, from, comma) : !has_gap(between, from))
            return false;
    }
}

static inline __attribute__((always_inline)) bool has_texts(const weir_walk *walk, const texts *t,
                                                            const uint32_t *quote, size_t stride)
{
    for (size_t k = 1; k + 1 < stride; k += 2)
        if (!has_gap(t->between, walk->base + quote[k]))
            return false;
    return true;
}

/* The first quote of the last list; NULL: a list has other texts than the first. */
static inline __attribute__((always_inline)) const uint32_t *
find_last(const weir_walk *walk, const texts *t, size_t stride)
{
    const uint32_t *quote = t->quote;
    for (; has_texts(walk, t, quote, stride); quote += stride) {
        if ((size_t)(t->end - quote) < 2 * stride || !t->lists ||
            !has_gap(t->lists, walk->base + quote[stride - 1]))
            return quote;
    }
    return NULL;
}

/* The same without blanks, when each gap is one window. */
static inline __attribute__((always_inline)) const uint32_t *
find_last_compact(const weir_walk *walk, const texts *t, size_t stride)
{
    const char *base = walk->base;
    for (const uint32_t *quote = t->quote;; quote += stride) {
        for (size_t k = 1; k + 1 < stride; k += 2)
            if (!has_window(&compact_between, 0, base + quote[k]))
                return NULL;
        if ((size_t)(t->end - quote) < 2 * stride ||
            !has_window(&compact_lists, 0, base + quote[stride - 1]))
            return quote;
    }
}

/* Lists of two to four texts are most of all. */
static const uint32_t *find_last_of(const weir_walk *walk, const texts *t)
{
    if (t->between != &compact_between)
        return find_last(walk, t, t->stride);
    switch (t->stride) {
    case 4: return find_last_compact(walk, t, 4);
    case 6: return find_last_compact(walk, t, 6);
    case 8: return find_last_compact(walk, t, 8);
    default: return find_last_compact(walk, t, t->stride);
    }
}

/* No backslash and nothing but ASCII: then the texts are as they stand. */
static bool is_plain(const char *from, const char *to)
{
    for (; to - from >= WINDOW; from += WINDOW)
        if (weir_scan_unusual(from))
            return false;
    return (weir_scan_unusual(from) & ((UINT32_C(1) << (to - from)) - 1)) == 0;
}

/* Where two brackets close, among blanks; NULL: they do not. */
static const char *closing(const weir_walk *walk, const char *at)
{
    if (at[0] == ']' && at[1] == ']')
        return at + 2;
    at = punctuation(walk, at, "]");
    return at && *at == ']' ? at + 1 : NULL;
}

static weir_cursor walk_texts(weir_walk *walk, weir_cursor p)
{
    const weir_json_index *index = walk->index;
    gap between, lists;
    texts t = {.quote = p.quote, .end = index->quotes + index->count};
    if (walk->base + *p.quote == p.at + 2 && p.at[1] == '[')
        count_first(walk, &t);
    else if (punctuation(walk, p.at, "[[") != walk->base + *p.quote ||
             !learn_first(walk, &t, &between, &lists))
        return given_up;
    const uint32_t *last = find_last_of(walk, &t);
    const char *to = last ? closing(walk, walk->base + last[t.stride - 1] + 1) : NULL;
    if (!to || to > walk->scan.end || (walk->is_careful && !is_plain(p.at, to)))
        return given_up;
    walk->index->lists[walk->index->list_count++] =
        (weir_list_found){.at = p.at,
                          .first = (size_t)(t.quote - index->quotes),
                          .stride = t.stride,
                          .count = (size_t)(last - t.quote) / t.stride + 1};
    return (weir_cursor){to, last + t.stride};
}

/* ------------------------------------------------------------------ bare numbers */

static bool reserve_levels(weir_json_index *index, size_t count)
{
    const size_t wanted = index->level_count + count;
    if (wanted <= index->level_cap)
        return true;
    weir_level *levels = realloc(index->levels, (wanted + wanted / 2) * sizeof *levels);
    if (!levels)
        return false;
    index->levels = levels;
    index->level_cap = wanted + wanted / 2;
    return true;
}

static weir_cursor walk_numbers(weir_walk *walk, weir_cursor p)
{
    weir_json_index *index = walk->index;
    const size_t left = (size_t)(walk->scan.end - p.at);
    uint32_t *marks = index->quotes + index->count + WEIR_INDEX_MARKS;
    if (!reserve_levels(index, left / WEIR_BARE_LEVEL_MIN + 1))
        return given_up;
    weir_list_found found = {.at = p.at, .levels = index->level_count};
    const char *to = weir_lanes_best()->bare_levels(p.at + 1, walk->scan.end, marks,
                                                    index->levels + found.levels, &found.count);
    if (!to || to > walk->scan.end)
        return given_up;
    index->lists[index->list_count++] = found;
    index->level_count += found.count;
    return (weir_cursor){to, p.quote};
}

weir_cursor weir_walk_lists(weir_walk *walk, weir_cursor p, unsigned depth)
{
    if (depth + 2 > WEIR_JSON_DEPTH_MAX || walk->index->list_count == WEIR_INDEX_LISTS_MAX)
        return given_up;
    if (p.at >= walk->scan.end || p.at[1] == ']') /* a bracket among the slack is none */
        return given_up;
    return p.at[1] == '[' && p.at[2] != '"' && p.at[2] > ' ' ? walk_numbers(walk, p)
                                                             : walk_texts(walk, p);
}
