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
    weir_texts_lists lists; /* they come from; without quotes: bare numbers */
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

static inline bool take_all(target *t, const weir_fit_list *list, const weir_quick_op *op)
{
    weir_level *levels = levels_of(t);
    if (!list->quotes)
        memcpy(levels, t->fit->index->levels + list->levels, list->count * sizeof *levels);
    else if (list->stride < 4 || !weir_texts_read(&t->lists, list->quotes, levels, list->count))
        return false;
    take(t, op, list->count);
    return true;
}

static bool take_some(target *t, const weir_quick_op *op)
{
    size_t count;
    if (!weir_texts_read_where(&t->lists, op->where, levels_of(t), &count))
        return false;
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

static inline bool is_of(const target *t, size_t i, const weir_texts_where *where)
{
    return weir_texts_is_where(t->lists.base, t->lists.quotes + i * t->lists.stride, where);
}

/* All have been read, in the order of the list: those of the first side are moved together, those
 * of the second behind them. */
static void part(target *t, const weir_mould_op *op)
{
    weir_level *const firsts = levels_of(t), *const seconds = firsts + t->lists.count;
    size_t first = 0, second = 0;
    for (size_t i = 0; i < t->lists.count; i++) {
        const weir_level level = firsts[i];
        firsts[first] = level;
        seconds[second] = level;
        first += is_of(t, i, op->quick->where);
        second += is_of(t, i, op->second->where);
    }
    memmove(firsts + first, seconds, second * sizeof *firsts);
    take(t, op->quick, first);
    take(t, op->second, second);
}

static bool take_sides(target *t, const weir_mould_op *op)
{
    const weir_texts_where *const where = op->quick->where;
    /* What is of neither side need not be a level: then they are looked for one side at a time. */
    if (__builtin_expect(!weir_texts_read(&t->lists, t->lists.quotes + 2 * where->skip,
                                          levels_of(t), t->lists.count),
                         0))
        return take_some(t, op->quick) && take_some(t, op->second);
    if (t->lists.count > 1) {
        part(t, op);
        return true;
    }
    /* Changes mostly come one by one. */
    take(t, op->quick, is_of(t, 0, where));
    take(t, op->second, is_of(t, 0, op->second->where));
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
    target t = {.record = record,
                .at = (len + ALIGN - 1) & ~(size_t)(ALIGN - 1),
                .fit = fit,
                .lists = {fit->base, list->quotes, list->stride, list->count, read}};
    bool is_good;
    memcpy(record + len, &padding, sizeof padding);
    if (list->count == 0)
        is_good = take_none(&t, op);
    else if (op->code == WEIR_MOULD_LEVELS)
        is_good = take_all(&t, list, op->quick);
    else if (!list->quotes || !weir_texts_has_places(&t.lists, op->quick->where))
        is_good = false; /* bare numbers have no texts */
    else
        is_good = op->code == WEIR_MOULD_SIDES ? take_sides(&t, op) : take_some(&t, op->quick);
    return is_good ? t.at : 0;
}
