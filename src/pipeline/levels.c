/* SPDX-License-Identifier: MIT */
/*
 * Price levels: a list of [price, size, ...] pairs, or of objects with `price` and `size`, as
 * doubles. Books are where most bytes of a feed are, so levels that are still raw JSON - the usual
 * case - are read straight from the frame, without making a value of each number.
 */
#include <stdio.h>

#include "expr/ops.h"
#include "pipeline/parts.h"
#include "util/number.h"
#include "value/decimal.h"

static const char wanted[] =
    "expected [price, size, ...] or an object with price and size, numbers or numeric texts";

static bool complain(char why[160], size_t level, const char *what)
{
    snprintf(why, 160, "level %zu: %s", level, what);
    return false;
}

/* A number whose digits are escaped ("\u0031.5"): nobody sends that, but it is one. */
static bool read_escaped(const weir_value *v, double *out)
{
    char text[256];
    bool is_ascii = false;
    const size_t len = weir_json_unescape_into(weir_value_text(v), text, sizeof text, &is_ascii);
    return len != SIZE_MAX && weir_double_parse((weir_str){text, len}, out);
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
        if (v->aux == WEIR_RAW_ESCAPED)
            return read_escaped(v, out);
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

/* {"price": ..., "size": ...}, or "quantity". */
static bool object_level(const weir_value *object, weir_level *level)
{
    static const char *const sizes[] = {"size", "quantity"};
    weir_value raw;
    const bool is_raw = object->kind == WEIR_RAW;
    const weir_value *price =
        is_raw ? (weir_json_member(object, WEIR_STR("price"), &raw) ? &raw : NULL)
               : weir_dict_get_str(object->dict, WEIR_STR("price"));
    if (!price || !read_number(price, &level->price))
        return false;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const weir_str key = weir_str_of(sizes[i]);
        const weir_value *size = is_raw ? (weir_json_member(object, key, &raw) ? &raw : NULL)
                                        : weir_dict_get_str(object->dict, key);
        if (size)
            return read_number(size, &level->size);
    }
    return false;
}

static bool one_level(const weir_value *pair, weir_level *level)
{
    if (pair->kind == WEIR_RAW && pair->aux == WEIR_RAW_ARRAY)
        return raw_level(pair, level);
    if (pair->kind == WEIR_DICT || (pair->kind == WEIR_RAW && pair->aux == WEIR_RAW_OBJECT))
        return object_level(pair, level);
    if ((pair->kind != WEIR_LIST && pair->kind != WEIR_TUPLE) || pair->list->count < 2)
        return false;
    return read_number(&pair->list->items[0], &level->price) &&
           read_number(&pair->list->items[1], &level->size);
}

/* ------------------------------------------------------------------ the form that venues send */

static size_t count_brackets(weir_str text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += text.ptr[i] == '[';
    return count;
}

/* Behind a number up to a ',' or ']', or NULL. */
static const char *compact_number(const char *at, double *out)
{
    const char *from = at;
    while ((*at >= '0' && *at <= '9') || *at == '.' || *at == '-' || *at == '+' || *at == 'e' ||
           *at == 'E')
        at++;
    return weir_double_parse_json((weir_str){from, (size_t)(at - from)}, out) ? at : NULL;
}

static bool compact_level(const char **from, weir_level *level)
{
    const char *at = *from;
    if (*at != '[' || !(at = compact_number(at + 1, &level->price)) || *at != ',' ||
        !(at = compact_number(at + 1, &level->size)) || *at != ']')
        return false;
    *from = at + 2;
    return true;
}

/*
 * [[1.4,3],...] without blanks and with nothing behind the size: read in one pass, without a value
 * for each number. The text is known to be JSON, so it ends in brackets. False: some other form,
 * for the general way.
 */
static bool raw_compact(weir_batch *batch, size_t column, const weir_value *v)
{
    const weir_str text = weir_value_text(v);
    if (text.len < 5 || text.ptr[1] != '[' || text.ptr[2] == '"')
        return false;
    const size_t count = count_brackets(text) - 1;
    const char *at = text.ptr + 1;
    weir_level *levels = weir_batch_levels(batch, column, count);
    if (!levels)
        return false;
    for (size_t done = 0; done < count; done++)
        if (!compact_level(&at, &levels[done]))
            return false;
    return at == text.ptr + text.len;
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
            return complain(why, i, wanted);
    }
    return true;
}

bool weir_levels_set(weir_vm *vm, weir_batch *batch, size_t column, const weir_value *v,
                     char why[160])
{
    if (v->kind == WEIR_RAW && v->aux == WEIR_RAW_ARRAY)
        return raw_compact(batch, column, v) || raw_levels(batch, column, v, why);
    if (v->kind == WEIR_LEVELS)
        return weir_batch_set(batch, column, v) || complain(why, 0, "out of memory");
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
            return complain(why, i, wanted);
    }
    return true;
}
