/* SPDX-License-Identifier: MIT */
/*
 * Lists whose elements are decoded one by one, each into a row of slots: whole texts that are such
 * a list, and lists within a text. The latter are a frame's records, and most of it; so that they
 * are not walked twice - to validate the frame, and again when it is known what they are - the walk
 * that validates makes rows of them at once, by the projection that such frames have been for so
 * far. Guessing wrong costs the second walk that guessing right saves.
 */
#include <assert.h>
#include <stdlib.h>

#include "value/shape.h"

static const weir_cursor given_up = {NULL, NULL};

static bool reserve_row(weir_rows *rows)
{
    const size_t wanted = (rows->count + 1) * rows->width;
    if (wanted <= rows->cap)
        return true;
    const size_t cap = wanted < 256 ? 512 : 2 * wanted;
    if (cap > WEIR_ROWS_VALUES_MAX)
        return false;
    weir_value *values = realloc(rows->values, cap * sizeof *values);
    if (!values)
        return false;
    rows->values = values;
    rows->cap = cap;
    return true;
}

/* The elements of the array at p, each a row; the place behind it. */
static weir_cursor walk_rows(weir_walk *w, weir_cursor p, const weir_projection *projection,
                             weir_shapes *shapes, unsigned depth, weir_rows *rows)
{
    const weir_trie *root = projection->root;
    rows->width = projection->count + 1;
    rows->count = 0;
    weir_shape_at_depth(shapes, depth + 1);
    p.at++;
    p = weir_place_blanks(w, p);
    if (*p.at == ']')
        return (weir_cursor){p.at + 1, p.quote};
    for (;;) {
        if (!reserve_row(rows))
            return given_up;
        weir_value *row = rows->values + rows->count++ * rows->width;
        weir_value *whole = row + rows->width - 1;
        w->slots = row;
        weir_projection_clear(projection, row);
        p = weir_shape_value(shapes, w, p, projection, depth + 1, whole);
        if (!p.at)
            return p;
        if (root->slot != WEIR_NO_SLOT)
            row[root->slot] = *whole;
        p = weir_place_blanks(w, p);
        const char next = *p.at++;
        if (next == ']')
            return p;
        if (next != ',')
            return given_up;
        p = weir_place_blanks(w, p);
    }
}

void weir_rows_fini(weir_rows *rows)
{
    free(rows->values);
    *rows = (weir_rows){0};
}

bool weir_projection_rows_indexed(const weir_projection *projection, weir_json_index *index,
                                  weir_shapes *shapes, weir_str text, weir_rows *rows)
{
    assert(projection->is_sealed);
    if (!weir_json_index_make(index, text))
        return false;
    weir_walk w = weir_walk_begin(index, NULL);
    const weir_cursor p = {weir_scan_blanks_slow(&w.scan, text.ptr), index->quotes};
    return p.at < w.scan.end && *p.at == '[' &&
           weir_walk_is_at_end(&w, walk_rows(&w, p, projection, shapes, 0, rows));
}

/* ------------------------------------------------------------------ lists within a text */

enum { BEGINNING = 32 };

/* Texts that begin alike are mostly of one kind. What stands behind a shorter one does no harm. */
static size_t kind_of(const char *text)
{
    uint64_t sum = 0;
    for (size_t at = 0; at < BEGINNING; at += sizeof sum) {
        uint64_t word;
        memcpy(&word, text + at, sizeof word);
        sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        sum ^= sum >> 32;
    }
    return sum % WEIR_NESTED_KINDS;
}

weir_cursor weir_walk_nested(weir_walk *walk, weir_cursor p, unsigned depth)
{
    weir_json_index *index = walk->index;
    const weir_nested *nested = index->nested;
    if (!nested || index->row_list || depth + 1 >= WEIR_JSON_DEPTH_MAX)
        return given_up;
    const size_t kind = kind_of(index->base);
    const weir_projection *items = nested->kinds[kind].items;
    if (!items)
        return given_up;
    weir_walk rows = *walk;
    index->row_list = p.at; /* so that rows within these rows are left alone */
    const weir_cursor to =
        walk_rows(&rows, p, items, nested->kinds[kind].shapes, depth, nested->rows);
    index->row_list = to.at && to.at <= walk->scan.end ? p.at : NULL;
    index->row_items = items;
    return index->row_list ? to : given_up;
}

bool weir_projection_rows_of(const weir_projection *projection, weir_json_index *index,
                             weir_shapes *shapes, const weir_value *list, weir_rows *rows)
{
    assert(projection->is_sealed);
    weir_nested *nested = index->nested;
    if (list->kind != WEIR_RAW || list->aux != WEIR_RAW_ARRAY ||
        (list->flags & WEIR_VALUE_SECRET) || !weir_json_index_holds(index, list->s))
        return false;
    const bool is_nested = nested && nested->rows == rows;
    if (is_nested && index->row_list == list->s && index->row_items == projection)
        return true;
    if (is_nested) {
        const size_t kind = kind_of(index->base);
        nested->kinds[kind].items = projection;
        nested->kinds[kind].shapes = shapes;
        index->row_list = NULL; /* the rows are overwritten */
    }
    /* The list is known to be good, so it does not matter at which depth. */
    const unsigned depth = shapes && shapes->depth > 0 ? shapes->depth - 1 : 0;
    weir_walk w = weir_walk_begin(index, NULL);
    const weir_cursor p = {list->s, index->quotes + weir_json_index_find(index, list->s)};
    return walk_rows(&w, p, projection, shapes, depth, rows).at != NULL;
}
