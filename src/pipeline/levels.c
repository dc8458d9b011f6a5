/* SPDX-License-Identifier: MIT */
/*
 * Price levels: a list of [price, size, ...] pairs as doubles. Books are where most bytes of a feed
 * are, so levels that are still raw JSON - the usual case - are read straight from the frame,
 * without making a value of each number.
 */
#include <stdio.h>

#include "expr/ops.h"
#include "pipeline/parts.h"
#include "util/number.h"
#include "value/decimal.h"

static bool complain(char why[160], size_t level, const char *what)
{
    snprintf(why, 160, "level %zu: %s", level, what);
    return false;
}

/* A number, or a text that is one. */
static bool read_number(const weir_value *v, double *out)
{
    switch (v->kind) {
    case WEIR_INT: *out = (double)v->i; return true;
    case WEIR_FLOAT: *out = v->f; return true;
    case WEIR_STR: return weir_double_parse(weir_value_text(v), out);
    case WEIR_BIGINT: return weir_double_parse(weir_value_text(v), out);
    case WEIR_RAW:
        return v->aux == WEIR_RAW_NUMBER && weir_double_parse_json(weir_value_text(v), out);
    case WEIR_DECIMAL: *out = weir_decimal_to_double(v->decimal); return true;
    default: return false;
    }
}

static bool raw_level(const weir_value *pair, weir_level *level)
{
    weir_json_iter iter;
    weir_value key, price, size;
    weir_json_iter_init(&iter, pair);
    return weir_json_iter_next(&iter, &key, &price) && weir_json_iter_next(&iter, &key, &size) &&
           read_number(&price, &level->price) && read_number(&size, &level->size);
}

static bool one_level(const weir_value *pair, weir_level *level)
{
    if (pair->kind == WEIR_RAW && pair->aux == WEIR_RAW_ARRAY)
        return raw_level(pair, level);
    if ((pair->kind != WEIR_LIST && pair->kind != WEIR_TUPLE) || pair->list->count < 2)
        return false;
    return read_number(&pair->list->items[0], &level->price) &&
           read_number(&pair->list->items[1], &level->size);
}

static bool raw_levels(weir_batch *batch, size_t column, const weir_value *v, char why[160])
{
    const size_t count = weir_json_count(v);
    weir_level *levels = weir_batch_levels(batch, column, count);
    if (!levels)
        return complain(why, 0, "out of memory");
    weir_json_iter iter;
    weir_value key, pair;
    weir_json_iter_init(&iter, v);
    for (size_t i = 0; i < count && weir_json_iter_next(&iter, &key, &pair); i++) {
        if (!one_level(&pair, &levels[i]))
            return complain(why, i, "expected [price, size, ...] with numbers or numeric texts");
    }
    return true;
}

bool weir_levels_set(weir_vm *vm, weir_batch *batch, size_t column, const weir_value *v,
                     char why[160])
{
    if (v->kind == WEIR_RAW && v->aux == WEIR_RAW_ARRAY)
        return raw_levels(batch, column, v, why);
    if (v->kind != WEIR_LIST && v->kind != WEIR_TUPLE) {
        snprintf(why, 160, "expected a list of [price, size] levels, not %s", weir_vm_show(vm, v));
        return false;
    }
    const size_t count = v->list->count;
    weir_level *levels = weir_batch_levels(batch, column, count);
    if (!levels)
        return complain(why, 0, "out of memory");
    for (size_t i = 0; i < count; i++) {
        if (!one_level(&v->list->items[i], &levels[i]))
            return complain(why, i, "expected [price, size, ...] with numbers or numeric texts");
    }
    return true;
}
