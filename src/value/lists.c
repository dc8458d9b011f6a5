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

static bool has_texts(const weir_walk *walk, const texts *t, const uint32_t *quote)
{
    for (size_t k = 1; k + 1 < t->stride; k += 2)
        if (!has_gap(t->between, walk->base + quote[k]))
            return false;
    return true;
}

/* The first quote of the last list; NULL: a list has other texts than the first. */
static const uint32_t *find_last(const weir_walk *walk, const texts *t)
{
    const uint32_t *quote = t->quote;
    for (; has_texts(walk, t, quote); quote += t->stride) {
        if ((size_t)(t->end - quote) < 2 * t->stride || !t->lists ||
            !has_gap(t->lists, walk->base + quote[t->stride - 1]))
            return quote;
    }
    return NULL;
}

/* ------------------------------------------------------------------ texts without blanks */

/* As nearly all are written, a gap is one word. */
static inline bool is_between(const char *at)
{
    uint32_t found, wanted, mask;
    memcpy(&found, at, sizeof found);
    memcpy(&wanted, "\",\"", sizeof wanted);
    memcpy(&mask, "\xff\xff\xff", sizeof mask);
    return ((found ^ wanted) & mask) == 0;
}

static inline bool is_next_list(const char *at)
{
    uint64_t found, wanted, mask;
    memcpy(&found, at, sizeof found);
    memcpy(&wanted, "\"],[\"\0\0", sizeof wanted);
    memcpy(&mask, "\xff\xff\xff\xff\xff\0\0", sizeof mask);
    return ((found ^ wanted) & mask) == 0;
}

/* The first quote of the last list, or NULL. The first one's texts have been looked at. */
static inline __attribute__((always_inline)) const uint32_t *
last_compact(const char *base, const uint32_t *quote, const uint32_t *end, size_t stride,
             size_t *count)
{
    const uint32_t *const first = quote;
    ptrdiff_t left = (end - quote) - 2 * (ptrdiff_t)stride; /* quotes behind the next list */
    for (; left >= 0 && is_next_list(base + quote[stride - 1]); left -= (ptrdiff_t)stride) {
        quote += stride;
        for (size_t k = 1; k + 1 < stride; k += 2)
            if (__builtin_expect(!is_between(base + quote[k]), 0))
                return NULL;
    }
    *count = (size_t)(quote - first) / stride + 1;
    return quote;
}

/* Lists of two to four texts are most of all. */
static inline const uint32_t *find_last_compact(const char *base, const uint32_t *quote,
                                                const uint32_t *end, size_t stride, size_t *count)
{
    switch (stride) {
    case 4: return last_compact(base, quote, end, 4, count);
    case 6: return last_compact(base, quote, end, 6, count);
    case 8: return last_compact(base, quote, end, 8, count);
    default: return last_compact(base, quote, end, stride, count);
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

static inline bool is_closed(const char *at)
{
    return at[0] == ']' && at[1] == ']';
}

/* Where two brackets close, among blanks; NULL: they do not. */
static const char *closing(const weir_walk *walk, const char *at)
{
    if (is_closed(at))
        return at + 2;
    at = punctuation(walk, at, "]");
    return at && *at == ']' ? at + 1 : NULL;
}

static inline void keep(weir_json_index *index, weir_cursor p, size_t stride, size_t count)
{
    weir_list_found *found = &index->lists[index->list_count++];
    found->at = p.at;
    found->first = (size_t)(p.quote - index->quotes);
    found->stride = stride;
    found->count = count;
}

/* Keeps what has been found up to `last`; its place, or none. */
static inline weir_cursor keep_texts(weir_walk *walk, weir_cursor p, const uint32_t *last,
                                     size_t stride, size_t count)
{
    const char *to = closing(walk, walk->base + last[stride - 1] + 1);
    if (!to || to > walk->scan.end || (walk->is_careful && !is_plain(p.at, to)))
        return given_up;
    keep(walk->index, p, stride, count);
    return (weir_cursor){to, last + stride};
}

/* "[[" and the quote of p have been seen. */
static weir_cursor walk_compact(weir_walk *walk, weir_cursor p)
{
    const char *base = walk->base;
    const uint32_t *quote = p.quote, *end = walk->index->quotes + walk->index->count;
    size_t stride = 2, count;
    while (quote + stride < end && is_between(base + quote[stride - 1]))
        stride += 2;
    const uint32_t *last = find_last_compact(base, quote, end, stride, &count);
    return last ? keep_texts(walk, p, last, stride, count) : given_up;
}

static weir_cursor walk_texts(weir_walk *walk, weir_cursor p)
{
    gap between, lists;
    texts t = {.quote = p.quote, .end = walk->index->quotes + walk->index->count};
    if (punctuation(walk, p.at, "[[") != walk->base + *p.quote ||
        !learn_first(walk, &t, &between, &lists))
        return given_up;
    const uint32_t *last = find_last(walk, &t);
    return last ? keep_texts(walk, p, last, t.stride, (size_t)(last - t.quote) / t.stride + 1)
                : given_up;
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
    if (p.at[1] == '[' && walk->base + *p.quote == p.at + 2)
        return walk_compact(walk, p);
    if (p.at >= walk->scan.end) /* a bracket among the slack is none */
        return given_up;
    if (p.at[1] == ']')
        return p.at + 2 <= walk->scan.end ? (weir_cursor){p.at + 2, p.quote} : given_up;
    return p.at[1] == '[' && p.at[2] != '"' && p.at[2] > ' ' ? walk_numbers(walk, p)
                                                             : walk_texts(walk, p);
}

/* ------------------------------------------------------------------ for stencils */

/* A form of its own, which is looked into. */
static inline bool is_single(const weir_fit_list *list)
{
    return list->count == 1 && list->quotes && list->stride <= 2 * WEIR_STENCIL_LEVEL_TEXTS_MAX;
}

/* Of any other form than is usual. */
static __attribute__((noinline)) weir_cursor fit_other(weir_fit *fit, size_t part, weir_cursor p,
                                                       unsigned depth, bool is_many)
{
    weir_json_index *index = fit->index;
    const unsigned before = index->list_count;
    weir_walk walk = weir_walk_begin(index, NULL);
    weir_fit_list *list = &fit->lists[part];
    weir_cursor behind = weir_walk_lists(&walk, p, depth);
    *list = (weir_fit_list){0};
    if (!behind.at)
        behind = weir_walk_skip(&walk, p, depth);
    if (!behind.at || behind.at > fit->end_at)
        return given_up;
    if (index->list_count > before) {
        const weir_list_found *found = &index->lists[before];
        *list = (weir_fit_list){.quotes = found->stride > 0 ? index->quotes + found->first : NULL,
                                .stride = found->stride,
                                .count = found->count,
                                .levels = found->levels};
    }
    fit->walked[part] = weir_scan_span(WEIR_RAW, 0, WEIR_RAW_ARRAY, p.at, behind.at);
    return is_many && is_single(list) ? given_up : behind;
}

/* Quotes of the first list, of two texts or more; 0: it has one, or the text ends. */
static inline size_t first_stride(const char *base, const uint32_t *quote, const uint32_t *end)
{
    ptrdiff_t left = end - quote;
    if (left < 4 || !is_between(base + quote[1]))
        return 0;
    size_t stride = 4;
    while (left >= (ptrdiff_t)stride + 2 && is_between(base + quote[stride - 1]))
        stride += 2;
    return stride;
}

/* As nearly all are: texts without blanks. */
weir_cursor weir_fit_lists(weir_fit *fit, size_t part, weir_cursor p, unsigned depth, bool is_many)
{
    const char *base = fit->base;
    const uint32_t *const quote = p.quote, *const end = fit->last_quote;
    if (p.at[0] != '[')
        return given_up;
    if (p.at[1] == ']' && p.at + 2 <= fit->end_at) {
        fit->lists[part].count = 0;
        fit->walked[part] = weir_scan_span(WEIR_RAW, 0, WEIR_RAW_ARRAY, p.at, p.at + 2);
        return (weir_cursor){p.at + 2, quote};
    }
    if (p.at[1] != '[' || base + *quote != p.at + 2 || depth + 2 > WEIR_JSON_DEPTH_MAX)
        return fit_other(fit, part, p, depth, is_many);
    const size_t stride = first_stride(base, quote, end);
    if (stride == 0)
        return fit_other(fit, part, p, depth, is_many);
    const uint32_t *last = quote;
    size_t count = 1;
    if (!is_closed(base + quote[stride - 1] + 1))
        last = find_last_compact(base, quote, end, stride, &count);
    const char *const to = last ? base + last[stride - 1] + 1 : NULL;
    if (!to || !is_closed(to) || to + 2 > fit->end_at)
        return fit_other(fit, part, p, depth, is_many);
    fit->lists[part] = (weir_fit_list){quote, stride, count, 0};
    fit->walked[part] = weir_scan_span(WEIR_RAW, 0, WEIR_RAW_ARRAY, p.at, to + 2);
    return is_many && is_single(&fit->lists[part]) ? given_up
                                                   : (weir_cursor){to + 2, last + stride};
}

void weir_fit_keep_list(const weir_fit *fit, size_t part)
{
    weir_json_index *index = fit->index;
    const weir_fit_list *list = &fit->lists[part];
    const char *at = fit->walked[part].s;
    if (list->count > 0 && list->quotes && index->list_count < WEIR_INDEX_LISTS_MAX &&
        !weir_json_index_list(index, at))
        keep(index, (weir_cursor){at, list->quotes}, list->stride, list->count);
}
