/* SPDX-License-Identifier: MIT */
/*
 * json.dumps: the same bytes as Python's, because signatures are made over them. Numbers from the
 * wire are parsed and written again ("1.50" becomes 1.5), as they would be there.
 */
#include "expr/json_text.h"

#include <math.h>

#include "util/number.h"
#include "util/utf8.h"

enum { NESTING_MAX = 400 };

typedef struct dumper {
    weir_vm *vm;
    const weir_json_style *style;
    weir_buf *out;
    int depth;
} dumper;

static bool dump(dumper *d, const weir_value *v);

static void put_unit(weir_buf *out, uint32_t unit)
{
    weir_buf_printf(out, "\\u%04x", unit);
}

static void put_char(dumper *d, uint32_t c, weir_str bytes)
{
    static const char short_of[] = {'b', 't', 'n', 0, 'f', 'r'}; /* from \b on */
    if (c == '"' || c == '\\') {
        weir_buf_putc(d->out, '\\');
        weir_buf_putc(d->out, (char)c);
    } else if (c >= 8 && c <= 13 && short_of[c - 8]) {
        weir_buf_putc(d->out, '\\');
        weir_buf_putc(d->out, short_of[c - 8]);
    } else if (c < 0x20) {
        put_unit(d->out, c);
    } else if (c < 0x7F || !d->style->escapes_beyond_ascii) {
        weir_buf_put(d->out, bytes);
    } else if (c < 0x10000) {
        put_unit(d->out, c);
    } else {
        put_unit(d->out, 0xD800 + ((c - 0x10000) >> 10));
        put_unit(d->out, 0xDC00 + ((c - 0x10000) & 0x3FF));
    }
}

static bool dump_str(dumper *d, weir_str text)
{
    if (!weir_vm_charge(d->vm, text.len / 16))
        return false;
    weir_buf_putc(d->out, '"');
    while (text.len) {
        uint32_t c = 0xFFFD;
        size_t n = weir_utf8_decode(text, &c);
        n = n ? n : 1;
        put_char(d, c, (weir_str){text.ptr, n});
        text.ptr += n;
        text.len -= n;
    }
    weir_buf_putc(d->out, '"');
    return true;
}

static void dump_float(dumper *d, double f)
{
    char text[WEIR_NUMBER_TEXT_MAX];
    if (isnan(f))
        weir_buf_puts(d->out, "NaN");
    else if (isinf(f))
        weir_buf_puts(d->out, f < 0 ? "-Infinity" : "Infinity");
    else
        weir_buf_put(d->out, (weir_str){text, weir_double_repr(f, text)});
}

/* False without failing when the kind is not a scalar of JSON. */
static bool dump_scalar(dumper *d, const weir_value *t)
{
    char text[WEIR_NUMBER_TEXT_MAX];
    switch (t->kind) {
    case WEIR_ABSENT:
    case WEIR_NONE: weir_buf_puts(d->out, "null"); return true;
    case WEIR_BOOL: weir_buf_puts(d->out, t->i ? "true" : "false"); return true;
    case WEIR_INT: weir_buf_put(d->out, (weir_str){text, weir_int_text(t->i, text)}); return true;
    case WEIR_BIGINT: weir_buf_put(d->out, weir_value_text(t)); return true;
    case WEIR_FLOAT: dump_float(d, t->f); return true;
    default: return false;
    }
}

static bool dump_items(dumper *d, const weir_value *t)
{
    weir_iter iter;
    weir_value item;
    bool has;
    weir_buf_putc(d->out, '[');
    if (!weir_op_iter(d->vm, t, &iter))
        return false;
    for (bool is_first = true;; is_first = false) {
        if (!weir_op_iter_next(d->vm, &iter, &item, &has))
            return false;
        if (!has)
            break;
        if (!is_first)
            weir_buf_put(d->out, d->style->item_separator);
        if (!weir_text_room(d->vm, d->out, 0) || !dump(d, &item))
            return false;
    }
    weir_buf_putc(d->out, ']');
    return true;
}

/* Keys that are not text become the text of their JSON. */
static bool dump_key(dumper *d, const weir_value *key)
{
    weir_value room;
    const weir_value *t = weir_typed(d->vm, key, &room);
    if (!t)
        return false;
    if (t->kind == WEIR_STR)
        return dump_str(d, weir_value_text(t));
    weir_buf_putc(d->out, '"');
    if (!dump_scalar(d, t))
        return weir_vm_fail(d->vm, WEIR_RAISE_TYPE,
                            "keys must be str, int, float, bool or None, not %s (%s)",
                            weir_value_type_name(t), weir_vm_show(d->vm, t));
    weir_buf_putc(d->out, '"');
    return true;
}

static bool dump_entries(dumper *d, const weir_value *t)
{
    weir_value dict = *t;
    if (!weir_op_unfold(d->vm, &dict))
        return false;
    size_t count = dict.dict->count;
    weir_value *keys = weir_vm_alloc(d->vm, (count + 1) * 2 * sizeof(*keys));
    if (!keys)
        return false;
    weir_value *values = keys + count;
    for (size_t i = 0; i < count; i++) {
        keys[i] = dict.dict->entries[i].key;
        values[i] = dict.dict->entries[i].value;
    }
    if (d->style->sorts_keys && !weir_sort(d->vm, keys, values, count))
        return false;
    weir_buf_putc(d->out, '{');
    for (size_t i = 0; i < count; i++) {
        if (i)
            weir_buf_put(d->out, d->style->item_separator);
        if (!weir_vm_charge(d->vm, 1) || !weir_text_room(d->vm, d->out, 0) ||
            !dump_key(d, &keys[i]))
            return false;
        weir_buf_put(d->out, d->style->key_separator);
        if (!dump(d, &values[i]))
            return false;
    }
    weir_buf_putc(d->out, '}');
    return true;
}

static bool dump(dumper *d, const weir_value *v)
{
    weir_value room;
    const weir_value *t = weir_typed(d->vm, v, &room);
    if (!t)
        return false;
    if (t->kind == WEIR_STR)
        return dump_str(d, weir_value_text(t));
    if (dump_scalar(d, t))
        return true;
    bool is_list = weir_is_sequence(t) || t->kind == WEIR_LEVELS;
    if (!is_list && !weir_is_mapping(t))
        return weir_vm_fail(d->vm, WEIR_RAISE_TYPE,
                            "Object of type %s is not JSON serializable (%s)",
                            weir_value_type_name(t), weir_vm_show(d->vm, t));
    if (++d->depth > NESTING_MAX)
        return weir_vm_fail(d->vm, WEIR_RAISE_LIMIT, "nested more than %d deep", NESTING_MAX);
    bool is_done = is_list ? dump_items(d, t) : dump_entries(d, t);
    d->depth--;
    return is_done;
}

bool weir_json_text(weir_vm *vm, const weir_value *v, const weir_json_style *style, weir_buf *out)
{
    dumper d = {vm, style, out, 0};
    return dump(&d, v) && weir_text_room(vm, out, 0);
}
