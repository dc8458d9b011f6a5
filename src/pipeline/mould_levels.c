/* SPDX-License-Identifier: MIT */
/*
 * Books and changes of books in a mould: lists of levels of any length, straight from where the
 * stencil has found them (value/lists.h) into the record. Where two columns take those of one side
 * each of the same list - [["buy","1.5","2"],["sell","1.6","3"]] - it is gone through once: all
 * levels are read in the order of the list, and then parted.
 */
#include "pipeline/mould_parts.h"
#include "pipeline/texts.h"

/* Where levels go. */
typedef struct target {
    char *record;
    size_t at; /* of the next level */
    const weir_fit *fit;
    weir_levels_read_fn *read;
} target;

static inline weir_level *levels_of(const target *t)
{
    return (weir_level *)(void *)(t->record + t->at);
}

/* The next `count` levels are the value of a column. */
static inline void take(target *t, const weir_quick_op *op, size_t count)
{
    weir_value cell = {.kind = WEIR_LEVELS, .len = (uint32_t)count};
    cell.bits = t->at;
    memcpy(t->record + op->place, &cell, sizeof cell);
    t->at += count * sizeof(weir_level);
}

static inline bool read_levels(const target *t, const uint32_t *quotes, size_t stride,
                               weir_level *levels, size_t count)
{
    const size_t done = t->read(t->fit->base, quotes, stride, levels, count);
    return __builtin_expect(done == count, 1) ||
           weir_texts_read_others(t->fit->base, quotes, stride, levels, count, done);
}

static inline bool take_all(target *t, const weir_fit_list *list, const weir_quick_op *op)
{
    weir_level *levels = levels_of(t);
    if (!list->quotes)
        memcpy(levels, t->fit->index->levels + list->levels, list->count * sizeof *levels);
    else if (list->stride < 4 || !read_levels(t, list->quotes, list->stride, levels, list->count))
        return false;
    take(t, op, list->count);
    return true;
}

/* ------------------------------------------------------------------ some of them */

/* Bare numbers have no texts. */
static inline bool has_places(const weir_fit_list *list, const weir_texts_where *where)
{
    return list->quotes && list->stride >= 2 * (where->place + 1) &&
           list->stride >= 2 * (where->skip + 2);
}

static inline bool is_of(const target *t, const weir_fit_list *list, size_t i,
                         const weir_texts_where *where)
{
    return weir_texts_is_where(t->fit->base, list->quotes + i * list->stride, where);
}

/* Those that follow each other are read together. */
static bool take_some(target *t, const weir_fit_list *list, const weir_quick_op *op)
{
    const weir_texts_where *const where = op->where;
    weir_level *levels = levels_of(t);
    size_t count = 0;
    for (size_t from = 0, to; from < list->count; from = to) {
        to = from + 1;
        if (!is_of(t, list, from, where))
            continue;
        while (to < list->count && is_of(t, list, to, where))
            to++;
        if (!read_levels(t, list->quotes + from * list->stride + 2 * where->skip, list->stride,
                         levels + count, to - from))
            return false;
        count += to - from;
    }
    take(t, op, count);
    return true;
}

/* ------------------------------------------------------------------ two sides of a list */

bool weir_mould_are_sides(const weir_mould_op *a, const weir_mould_op *b)
{
    if (a->code != WEIR_MOULD_WHERE || b->code != WEIR_MOULD_WHERE || a->key != b->key ||
        a->where != b->where)
        return false;
    const weir_texts_where *const first = a->quick->where, *const second = b->quick->where;
    return first->place == second->place && first->skip == second->skip &&
           !weir_str_eq(first->text, second->text);
}

/* All have been read, in the order of the list: those of the first side are moved together, those
 * of the second behind them. */
static void part(target *t, const weir_fit_list *list, const weir_mould_op *op)
{
    weir_level *const firsts = levels_of(t), *const seconds = firsts + list->count;
    size_t first = 0, second = 0;
    for (size_t i = 0; i < list->count; i++) {
        const weir_level level = firsts[i];
        firsts[first] = level;
        seconds[second] = level;
        first += is_of(t, list, i, op->quick->where);
        second += is_of(t, list, i, op->second->where);
    }
    memmove(firsts + first, seconds, second * sizeof *firsts);
    take(t, op->quick, first);
    take(t, op->second, second);
}

static bool take_sides(target *t, const weir_fit_list *list, const weir_mould_op *op)
{
    const weir_texts_where *const where = op->quick->where;
    if (!has_places(list, where))
        return false;
    /* What is of neither side need not be a level: then they are looked for one side at a time. */
    if (__builtin_expect(!read_levels(t, list->quotes + 2 * where->skip, list->stride, levels_of(t),
                                      list->count),
                         0))
        return take_some(t, list, op->quick) && take_some(t, list, op->second);
    if (list->count > 1) {
        part(t, list, op);
        return true;
    }
    /* Changes mostly come one by one. */
    take(t, op->quick, is_of(t, list, 0, where));
    take(t, op->second, is_of(t, list, 0, op->second->where));
    return true;
}

/* ------------------------------------------------------------------ lists */

static bool take_none(target *t, const weir_mould_op *op)
{
    if (t->fit->walked[op->key].len != 2) /* "[]" */
        return false;
    take(t, op->quick, 0);
    if (op->code == WEIR_MOULD_SIDES)
        take(t, op->second, 0);
    return true;
}

size_t weir_mould_levels(const weir_mould_op *op, const weir_fit *fit, weir_levels_read_fn *read,
                         char *record, size_t len)
{
    enum { ALIGN = _Alignof(weir_level) };
    const uint64_t padding = 0;
    const weir_fit_list *list = &fit->lists[op->key];
    target t = {.record = record, .at = (len + ALIGN - 1) & ~(size_t)(ALIGN - 1), fit, read};
    bool is_good;
    memcpy(record + len, &padding, sizeof padding);
    if (list->count == 0)
        is_good = take_none(&t, op);
    else if (op->code == WEIR_MOULD_SIDES)
        is_good = take_sides(&t, list, op);
    else if (op->code == WEIR_MOULD_LEVELS)
        is_good = take_all(&t, list, op->quick);
    else
        is_good = has_places(list, op->quick->where) && take_some(&t, list, op->quick);
    return is_good ? t.at : 0;
}
