/* SPDX-License-Identifier: MIT */
/*
 * The list of diagnostics: texts and sources live in one arena; at most WEIR_DIAG_MAX are kept, so
 * a spec made of mistakes costs bounded memory. Printing is diag_print.c, the guess at what was
 * meant is below.
 */
#include "util/diag.h"

#include <stdlib.h>

#include "util/arena.h"
#include "util/utf8.h"

typedef struct source_node source_node;
struct source_node {
    weir_source source;
    size_t index;
    source_node *next;
};

typedef struct item {
    weir_diag diag;
    size_t source_index; /* 0 = no source */
    size_t order;        /* of adding: equal places stay in it */
} item;

struct weir_diags {
    weir_arena *arena;
    source_node *sources;
    size_t source_count;
    item *items;
    size_t count;
    size_t cap;
    size_t errors;
    size_t warnings;
};

weir_diags *weir_diags_new(void)
{
    weir_diags *diags = calloc(1, sizeof *diags);
    if (!diags)
        return NULL;
    diags->arena = weir_arena_new(4096, 0);
    if (!diags->arena) {
        free(diags);
        return NULL;
    }
    return diags;
}

void weir_diags_free(weir_diags *diags)
{
    if (!diags)
        return;
    weir_arena_free(diags->arena);
    free(diags->items);
    free(diags);
}

const weir_source *weir_diags_add_source(weir_diags *diags, weir_str name, weir_str text)
{
    source_node *node = WEIR_ARENA_NEW(diags->arena, source_node);
    if (!node)
        return NULL;
    node->source.name = weir_arena_copy(diags->arena, name);
    node->source.text = weir_arena_copy(diags->arena, text);
    if (!node->source.name.ptr || !node->source.text.ptr)
        return NULL;
    node->index = ++diags->source_count;
    node->next = diags->sources;
    diags->sources = node;
    return &node->source;
}

static size_t source_index(const weir_diags *diags, const weir_source *source)
{
    for (const source_node *node = diags->sources; node; node = node->next)
        if (&node->source == source)
            return node->index;
    return 0;
}

static bool same_place(const weir_place *a, const weir_place *b)
{
    return a->source == b->source && a->line == b->line && a->column == b->column;
}

static bool is_known(const weir_diags *diags, const weir_diag *diag)
{
    for (size_t i = 0; i < diags->count; i++) {
        const weir_diag *known = &diags->items[i].diag;
        if (same_place(&known->place, &diag->place) && known->severity == diag->severity &&
            weir_str_eq(known->text, diag->text))
            return true;
    }
    return false;
}

static bool make_room(weir_diags *diags)
{
    if (diags->count < diags->cap)
        return true;
    size_t cap = diags->cap ? diags->cap * 2 : 16;
    item *items = realloc(diags->items, cap * sizeof *items);
    if (!items)
        return false;
    diags->items = items;
    diags->cap = cap;
    return true;
}

static void count_one(weir_diags *diags, weir_severity severity)
{
    diags->errors += severity == WEIR_SEVERITY_ERROR;
    diags->warnings += severity == WEIR_SEVERITY_WARNING;
}

void weir_diag_addv(weir_diags *diags, weir_severity severity, weir_place place, const char *format,
                    va_list args)
{
    if (diags->count >= WEIR_DIAG_MAX) {
        count_one(diags, severity);
        return;
    }
    weir_buf text = {0};
    weir_buf_vprintf(&text, format, args);
    weir_diag diag = {severity, place, weir_buf_str(&text)};
    if (!text.failed && is_known(diags, &diag)) {
        weir_buf_fini(&text);
        return;
    }
    count_one(diags, severity);
    if (!text.failed && make_room(diags)) {
        diag.text = weir_arena_copy(diags->arena, diag.text);
        if (diag.text.ptr) {
            size_t index = source_index(diags, place.source);
            diags->items[diags->count] = (item){diag, index, diags->count};
            diags->count++;
        }
    }
    weir_buf_fini(&text);
}

void weir_diag_add(weir_diags *diags, weir_severity severity, weir_place place, const char *format,
                   ...)
{
    va_list args;
    va_start(args, format);
    weir_diag_addv(diags, severity, place, format, args);
    va_end(args);
}

size_t weir_diags_errors(const weir_diags *diags)
{
    return diags->errors;
}

size_t weir_diags_warnings(const weir_diags *diags)
{
    return diags->warnings;
}

size_t weir_diags_count(const weir_diags *diags)
{
    return diags->count;
}

const weir_diag *weir_diags_at(const weir_diags *diags, size_t index)
{
    return index < diags->count ? &diags->items[index].diag : NULL;
}

static int compare_sizes(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

static int compare_items(const void *left, const void *right)
{
    const item *a = left;
    const item *b = right;
    int by = compare_sizes(a->source_index, b->source_index);
    if (by == 0)
        by = compare_sizes(a->diag.place.line, b->diag.place.line);
    if (by == 0)
        by = compare_sizes(a->diag.place.column, b->diag.place.column);
    return by ? by : compare_sizes(a->order, b->order);
}

void weir_diags_sort(weir_diags *diags)
{
    if (diags->count > 1)
        qsort(diags->items, diags->count, sizeof *diags->items, compare_items);
}

/* --- did you mean --- */

enum { WORD_MAX = 64 /* code points; longer words are not guessed at */ };

/* Code points, ASCII lower-cased, so that 'Data' is one slip from nothing. 0 when too long. */
static size_t spell(weir_str word, uint32_t out[WORD_MAX])
{
    size_t len = 0;
    while (word.len) {
        uint32_t c = 0;
        size_t bytes = weir_utf8_decode(word, &c);
        if (bytes == 0 || len == WORD_MAX)
            return 0;
        out[len++] = c >= 'A' && c <= 'Z' ? c + 32 : c;
        word.ptr += bytes;
        word.len -= bytes;
    }
    return len;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Optimal string alignment: insertions, deletions, substitutions, swaps of neighbours. */
static unsigned distance(const uint32_t *a, size_t a_len, const uint32_t *b, size_t b_len)
{
    unsigned rows[3][WORD_MAX + 1];
    unsigned *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b_len; j++)
        last[j] = (unsigned)j;
    for (size_t i = 1; i <= a_len; i++) {
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_len; j++) {
            unsigned cost = a[i - 1] != b[j - 1];
            unsigned best = least(least(last[j], row[j - 1]) + 1, last[j - 1] + cost);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = least(best, before[j - 2] + 1);
            row[j] = best;
        }
        unsigned *free_row = before;
        before = last;
        last = row;
        row = free_row;
    }
    return last[b_len];
}

weir_str weir_did_you_mean(weir_str word, size_t count,
                           weir_str (*at)(const void *user, size_t index), const void *user)
{
    weir_str nearest = {NULL, 0};
    unsigned least_wrong = WORD_MAX;
    uint32_t a[WORD_MAX], b[WORD_MAX];
    size_t a_len = spell(word, a);
    for (size_t i = 0; a_len && i < count; i++) {
        weir_str candidate = at(user, i);
        size_t b_len = spell(candidate, b);
        if (b_len == 0)
            continue;
        unsigned wrong = distance(a, a_len, b, b_len);
        size_t longer = a_len > b_len ? a_len : b_len;
        if (wrong < least_wrong && wrong <= longer / 3) {
            least_wrong = wrong;
            nearest = candidate;
        }
    }
    return nearest;
}
