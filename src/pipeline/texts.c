/* SPDX-License-Identifier: MIT */
/*
 * Arrays of arrays of texts in an indexed frame: [["1.5","2"],["1.4","3"]], the form in which
 * venues send books and changes. The frame has been indexed and found to be JSON, so where each
 * text begins and ends is known; what must be seen is only that the texts stand in arrays of equal
 * length and nothing else does. Then the numbers are read two levels at a time.
 */
#include "pipeline/parts.h"
#include "util/number.h"
#include "util/time.h"
#include "value/number_lanes.h"

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

static bool find_texts(weir_texts *texts, const uint32_t *end)
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
static bool is_wrapped(const weir_texts *texts, const uint32_t *end, const weir_value *v)
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

static bool find_with_blanks(weir_json_index *index, const weir_value *v, weir_texts *texts)
{
    const size_t first = weir_json_index_find(index, v->s);
    const size_t behind = weir_json_index_find(index, v->s + v->len);
    texts->quotes = index->quotes + first;
    return behind > first && is_wrapped(texts, index->quotes + behind, v) &&
           find_texts(texts, index->quotes + behind);
}

bool weir_texts_of(weir_json_index *index, const weir_value *v, weir_texts *texts)
{
    if (v->kind != WEIR_RAW || v->aux != WEIR_RAW_ARRAY || !weir_json_index_holds(index, v->s) ||
        (v->flags & WEIR_VALUE_SECRET))
        return false;
    const char *base = index->base;
    const weir_list_found *found = weir_json_index_list(index, v->s);
    if (found) {
        *texts = (weir_texts){base, index->quotes + found->first, found->stride, found->count,
                              found->stride ? NULL : index->levels + found->levels};
        return true;
    }
    if (index->flags & WEIR_INDEX_BACKSLASH)
        return false;
    const char *end = v->s + v->len;
    *texts = (weir_texts){.base = base};
    if (v->len == 2)
        return true;
    if (v->len < 6 || !holds(v->s, "[[\"", 3) || !holds(end - 3, "\"]]", 3))
        return find_with_blanks(index, v, texts);
    const size_t first = weir_json_index_find(index, v->s);
    const size_t quotes = weir_json_index_find(index, end) - first;
    texts->quotes = index->quotes + first;
    texts->stride = stride_of(base, texts->quotes, end);
    texts->count = quotes / texts->stride;
    return quotes % texts->stride == 0 &&
           are_alike(base, texts->quotes, texts->stride, texts->count);
}

/* The lanes, and one by one what they do not take: long texts, signs, exponents. */
static bool read_levels(const char *base, const uint32_t *quotes, size_t stride, weir_level *levels,
                        size_t count)
{
    for (size_t done = 0; done < count; done++) {
        done += weir_lanes_best()->levels(base, quotes + done * stride, stride, levels + done,
                                          count - done);
        if (done == count)
            break;
        const uint32_t *quote = quotes + done * stride;
        const weir_str price = {base + quote[0] + 1, quote[1] - quote[0] - 1};
        const weir_str size = {base + quote[2] + 1, quote[3] - quote[2] - 1};
        if (!weir_double_parse(price, &levels[done].price) ||
            !weir_double_parse(size, &levels[done].size))
            return false;
    }
    return true;
}

bool weir_texts_levels(const weir_texts *texts, weir_batch *batch, size_t column)
{
    if (texts->count > 0 && texts->stride < 4 && !texts->levels)
        return false;
    weir_level *levels = weir_batch_levels(batch, column, texts->count);
    if (levels && texts->levels) {
        memcpy(levels, texts->levels, texts->count * sizeof *levels);
        return true;
    }
    return levels && read_levels(texts->base, texts->quotes, texts->stride, levels, texts->count);
}

/* ------------------------------------------------------------------ some of them */

static inline weir_str text_at(const weir_texts *texts, size_t array, size_t place)
{
    const uint32_t *quote = texts->quotes + array * texts->stride + 2 * place;
    return (weir_str){texts->base + quote[0] + 1, quote[1] - quote[0] - 1};
}

/* What is looked for, and its first eight bytes: mostly that is all of it. */
typedef struct wanted {
    size_t place;
    weir_str text;
    uint64_t bytes, mask;
} wanted;

static inline bool has_wanted(const weir_texts *texts, size_t array, const wanted *w)
{
    const weir_str text = text_at(texts, array, w->place);
    uint64_t bytes; /* a frame has slack behind it */
    if (text.len != w->text.len)
        return false;
    memcpy(&bytes, text.ptr, sizeof bytes);
    return ((bytes ^ w->bytes) & w->mask) == 0 &&
           (text.len <= sizeof bytes || weir_str_eq(text, w->text));
}

/* How many arrays from `from` on have the text, or have it not. */
static inline size_t run_of(const weir_texts *texts, size_t from, const wanted *w, bool has)
{
    size_t count = 0;
    while (from + count < texts->count && has_wanted(texts, from + count, w) == has)
        count++;
    return count;
}

bool weir_texts_levels_where(const weir_texts *texts, size_t place, weir_str text, size_t skip,
                             weir_batch *batch, size_t column)
{
    if (texts->count > 0 && (texts->stride < 2 * (place + 1) || texts->stride < 2 * (skip + 2)))
        return false;
    wanted w = {.place = place, .text = text};
    const size_t first = text.len < sizeof w.bytes ? text.len : sizeof w.bytes;
    memcpy(&w.bytes, text.ptr, first);
    memset(&w.mask, 0xff, first);
    size_t count = 0;
    for (size_t i = 0; i < texts->count; i++)
        count += has_wanted(texts, i, &w);
    weir_level *levels = weir_batch_levels(batch, column, count);
    if (!levels)
        return false;
    for (size_t i = 0; i < texts->count;) {
        const size_t run = run_of(texts, i, &w, true);
        const uint32_t *quotes = texts->quotes + i * texts->stride + 2 * skip;
        if (run > 0 && !read_levels(texts->base, quotes, texts->stride, levels, run))
            return false;
        levels += run;
        i += run;
        i += run_of(texts, i, &w, false);
    }
    return true;
}

/* ------------------------------------------------------------------ times in seconds */

bool weir_texts_latest(const weir_texts *texts, size_t place, int64_t unit, weir_moment *second,
                       int64_t *ns)
{
    int64_t latest = INT64_MIN;
    if (texts->stride < 2 * (place + 1))
        return false;
    for (size_t i = 0; i < texts->count; i++) {
        int64_t one;
        const weir_str text = text_at(texts, i, place);
        if (!weir_seconds_read(second, text.ptr, text.len, unit, &one))
            return false;
        latest = one > latest ? one : latest;
    }
    *ns = latest;
    return true;
}
