/* SPDX-License-Identifier: MIT */
/*
 * Arrays of arrays of texts in an indexed frame: [["1.5","2"],["1.4","3"]], the form in which
 * venues send books and changes. The frame has been indexed and found to be JSON, so where each
 * text begins and ends is known; what must be seen is only that the texts stand in arrays of equal
 * length and nothing else does. Then the numbers are read two levels at a time.
 */
#include "pipeline/texts.h"
#include "pipeline/parts.h"
#include "util/number.h"
#include "util/time.h"
#include "value/number_lanes.h"

/* What has been found. */
typedef struct texts_found {
    const char *base;
    const uint32_t *quotes; /* of the first text of the first array */
    size_t stride;          /* quotes from one array to the next */
    size_t count;           /* of arrays */
    /* The walk has found bare numbers instead, and read them: there are no texts. */
    const weir_level *levels;
} texts_found;

static inline bool holds(const char *at, const char *bytes, size_t len)
{
    return memcmp(at, bytes, len) == 0;
}

/* Quotes from one array to the next, by how many texts the first one has. */
static size_t stride_of(const char *base, const uint32_t *quote, const char *end)
{
    size_t stride = 2;
    while (quote[stride] == quote[stride - 1] + 2 && base + quote[stride] < end &&
           holds(base + quote[stride - 1], "\",", 2))
        stride += 2;
    return stride;
}

/* All arrays have as many texts as the first, and nothing else. */
static bool are_alike(const char *base, const uint32_t *quote, size_t stride, size_t count)
{
    for (size_t i = 0; i < count; i++, quote += stride) {
        const bool is_last = i + 1 == count;
        for (size_t k = 2; k < stride; k += 2)
            if (quote[k] != quote[k - 1] + 2 || base[quote[k] - 1] != ',')
                return false;
        if (!is_last && (quote[stride] != quote[stride - 1] + 4 ||
                         !holds(base + quote[stride - 1], "\"],[", 4)))
            return false;
    }
    return true;
}

/* ------------------------------------------------------------------ with blanks */

typedef enum gap { GAP_NEXT, GAP_ARRAY, GAP_OTHER } gap;

/* What stands between two texts: ',' or '],[' among blanks, or anything else. */
static gap gap_of(const char *from, const char *to)
{
    static const char between[] = "],[";
    size_t brackets = 0, commas = 0;
    for (; from < to; from++) {
        if (*from == ' ' || *from == '\n' || *from == '\r' || *from == '\t')
            continue;
        if (*from == ',' && brackets == 0) {
            commas++;
            continue;
        }
        if (brackets < 3 && *from == between[brackets]) {
            brackets++;
            continue;
        }
        return GAP_OTHER;
    }
    return brackets == 3 ? GAP_ARRAY : brackets == 0 && commas == 1 ? GAP_NEXT : GAP_OTHER;
}

static bool find_texts(texts_found *texts, const uint32_t *end)
{
    const char *base = texts->base;
    const uint32_t *quote = texts->quotes;
    size_t in_array = 1;
    texts->stride = 0;
    for (quote += 2; quote < end; quote += 2) {
        const gap g = gap_of(base + quote[-1] + 1, base + quote[0]);
        if (g == GAP_OTHER)
            return false;
        if (g == GAP_NEXT) {
            in_array++;
            continue;
        }
        if (texts->stride == 0)
            texts->stride = 2 * in_array;
        if (texts->stride != 2 * in_array)
            return false;
        in_array = 1;
    }
    if (texts->stride == 0)
        texts->stride = 2 * in_array;
    texts->count = (size_t)(end - texts->quotes) / texts->stride;
    return texts->stride == 2 * in_array;
}

/* "[ [ " and a quote, and the same at the end: nothing else stands around the texts. */
static bool is_wrapped(const texts_found *texts, const uint32_t *end, const weir_value *v)
{
    size_t opening = 0, closing = 0;
    for (const char *at = v->s; at < texts->base + texts->quotes[0]; at++)
        if (*at > ' ' && (*at != '[' || ++opening > 2))
            return false;
    for (const char *at = texts->base + end[-1] + 1; at < v->s + v->len; at++)
        if (*at > ' ' && (*at != ']' || ++closing > 2))
            return false;
    return opening == 2 && closing == 2;
}

static bool find_with_blanks(weir_json_index *index, const weir_value *v, texts_found *texts)
{
    const size_t first = weir_json_index_find(index, v->s);
    const size_t behind = weir_json_index_find(index, v->s + v->len);
    texts->quotes = index->quotes + first;
    return behind > first && is_wrapped(texts, index->quotes + behind, v) &&
           find_texts(texts, index->quotes + behind);
}

/* What the next column will find without a search. */
static inline void keep(weir_json_index *index, const weir_value *v, const texts_found *texts)
{
    if (index->list_count == WEIR_INDEX_LISTS_MAX)
        return;
    index->list_hint = index->list_count;
    index->lists[index->list_count++] =
        (weir_list_found){.at = v->s,
                          .first = (size_t)(texts->quotes - index->quotes),
                          .stride = texts->stride,
                          .count = texts->count};
}

static inline bool search_compact(weir_json_index *index, const weir_value *v, texts_found *texts)
{
    const char *end = v->s + v->len;
    const size_t first = weir_json_index_find(index, v->s);
    const size_t quotes = weir_json_index_find(index, end) - first;
    texts->quotes = index->quotes + first;
    texts->stride = stride_of(index->base, texts->quotes, end);
    texts->count = quotes / texts->stride;
    return quotes % texts->stride == 0 &&
           are_alike(index->base, texts->quotes, texts->stride, texts->count);
}

/* Where no walk has found it: a list that was taken for something else, or too many of them. */
static __attribute__((noinline)) bool search(weir_json_index *index, const weir_value *v,
                                             texts_found *texts)
{
    if (index->flags & WEIR_INDEX_BACKSLASH)
        return false;
    *texts = (texts_found){.base = index->base};
    const bool is_compact =
        v->len >= 6 && holds(v->s, "[[\"", 3) && holds(v->s + v->len - 3, "\"]]", 3);
    if (!(is_compact ? search_compact(index, v, texts) : find_with_blanks(index, v, texts)))
        return false;
    keep(index, v, texts);
    return true;
}

/* A list in the frame, which is no secret. */
static inline bool is_list(const weir_json_index *index, const weir_value *v)
{
    static const weir_value plain = {.kind = WEIR_RAW, .aux = WEIR_RAW_ARRAY};
    return memcmp(v, &plain, offsetof(weir_value, len)) == 0 && weir_json_index_holds(index, v->s);
}

/* The texts of a list that is_list, and is not empty. */
static inline bool find_any(weir_json_index *index, const weir_value *v, texts_found *texts)
{
    const weir_list_found *found = weir_json_index_list(index, v->s);
    if (__builtin_expect(!found, 0))
        return search(index, v, texts);
    texts->base = index->base;
    texts->quotes = index->quotes + found->first;
    texts->stride = found->stride;
    texts->count = found->count;
    texts->levels = found->stride ? NULL : index->levels + found->levels;
    return true;
}

static inline bool is_empty(const weir_value *list)
{
    return list->len == 2; /* "[]" */
}

bool weir_texts_read_others(const char *base, const uint32_t *quotes, size_t stride,
                            weir_level *levels, size_t count, size_t done)
{
    while (done < count) {
        const uint32_t *quote = quotes + done * stride;
        const weir_str price = {base + quote[0] + 1, quote[1] - quote[0] - 1};
        const weir_str size = {base + quote[2] + 1, quote[3] - quote[2] - 1};
        if (!weir_double_parse(price, &levels[done].price) ||
            !weir_double_parse(size, &levels[done].size))
            return false;
        done++;
        done += weir_lanes_best()->levels(base, quotes + done * stride, stride, levels + done,
                                          count - done);
    }
    return true;
}

static inline weir_texts_lists lists_of(const texts_found *texts)
{
    return (weir_texts_lists){texts->base, texts->quotes, texts->stride, texts->count,
                              weir_lanes_best()->levels};
}

bool weir_texts_levels(weir_json_index *index, const weir_value *v, weir_batch *batch,
                       size_t column)
{
    texts_found texts;
    if (!is_list(index, v))
        return false;
    if (is_empty(v))
        return weir_batch_no_levels(batch, column);
    if (!find_any(index, v, &texts) || (texts.stride < 4 && !texts.levels))
        return false;
    weir_level *levels = weir_batch_room_for_levels(batch, texts.count);
    if (!levels)
        return false;
    const weir_texts_lists lists = lists_of(&texts);
    if (texts.levels)
        memcpy(levels, texts.levels, texts.count * sizeof *levels);
    else if (!weir_texts_read(&lists, texts.quotes, levels, texts.count))
        return false;
    weir_batch_take_levels(batch, column, texts.count);
    return true;
}

/* ------------------------------------------------------------------ some of them */

static inline weir_str text_at(const texts_found *texts, size_t array, size_t place)
{
    const uint32_t *quote = texts->quotes + array * texts->stride + 2 * place;
    return (weir_str){texts->base + quote[0] + 1, quote[1] - quote[0] - 1};
}

weir_texts_where weir_texts_where_of(weir_str text, size_t place, size_t skip)
{
    weir_texts_where where = {.place = place, .skip = skip, .text = text};
    const size_t len = text.len + 2;
    where.is_long =
        len > sizeof where.words || (text.len > 0 && memchr(text.ptr, '"', text.len) != NULL);
    if (where.is_long)
        return where;
    char quoted[sizeof where.words] = "\"";
    if (text.len > 0)
        memcpy(quoted + 1, text.ptr, text.len);
    quoted[len - 1] = '"';
    memcpy(where.words, quoted, sizeof quoted);
    memset(where.masks, 0xff, len);
    return where;
}

/* Those that follow each other are read together. */
bool weir_texts_read_where(const weir_texts_lists *lists, const weir_texts_where *where,
                           weir_level *levels, size_t *count)
{
    const size_t stride = lists->stride, all = lists->count;
    *count = 0;
    for (size_t from = 0, to; from < all; from = to) {
        const uint32_t *const quotes = lists->quotes + from * stride;
        to = from + 1;
        if (!weir_texts_is_where(lists->base, quotes, where))
            continue;
        while (to < all && weir_texts_is_where(lists->base, lists->quotes + to * stride, where))
            to++;
        if (!weir_texts_read(lists, quotes + 2 * where->skip, levels + *count, to - from))
            return false;
        *count += to - from;
    }
    return true;
}

bool weir_texts_levels_where(weir_json_index *index, const weir_value *v,
                             const weir_texts_where *where, weir_batch *batch, size_t column)
{
    texts_found texts;
    if (!is_list(index, v))
        return false;
    if (is_empty(v))
        return weir_batch_no_levels(batch, column);
    if (!find_any(index, v, &texts))
        return false;
    const weir_texts_lists lists = lists_of(&texts);
    size_t count;
    weir_level *levels = weir_texts_has_places(&lists, where)
                             ? weir_batch_room_for_levels(batch, texts.count)
                             : NULL;
    if (!levels || !weir_texts_read_where(&lists, where, levels, &count))
        return false;
    weir_batch_take_levels(batch, column, count);
    return true;
}

/* ------------------------------------------------------------------ times in seconds */

bool weir_texts_latest(weir_json_index *index, const weir_value *v, size_t place, int64_t unit,
                       weir_moment *second, int64_t *ns)
{
    texts_found texts;
    int64_t latest = INT64_MIN;
    if (!is_list(index, v) || is_empty(v) || !find_any(index, v, &texts) ||
        texts.stride < 2 * (place + 1))
        return false;
    for (size_t i = 0; i < texts.count; i++) {
        int64_t one;
        const weir_str text = text_at(&texts, i, place);
        if (!weir_seconds_read(second, text.ptr, text.len, unit, &one))
            return false;
        latest = one > latest ? one : latest;
    }
    *ns = latest;
    return true;
}
