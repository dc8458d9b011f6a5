/* SPDX-License-Identifier: MIT */
/*
 * str(), repr() and ascii() of every kind, as CPython prints them. Containers are printed in place,
 * raw ones from their span without being unfolded. The buffer is bounded at each element, because a
 * short list may hold one long text many times.
 */
#include <stdio.h>

#include "expr/chars.h"
#include "expr/typed.h"
#include "expr/zone.h"
#include "util/number.h"
#include "util/utf8.h"
#include "value/json_read.h"

enum { NESTING_MAX = 400 };

typedef struct printer {
    weir_vm *vm;
    weir_buf *out;
    bool is_ascii; /* ascii(): everything beyond ASCII is escaped */
    int depth;
} printer;

static bool print_repr(printer *p, const weir_value *v);

static void put_escape(weir_buf *out, uint32_t c)
{
    if (c < 0x100)
        weir_buf_printf(out, "\\x%02x", c);
    else if (c < 0x10000)
        weir_buf_printf(out, "\\u%04x", c);
    else
        weir_buf_printf(out, "\\U%08x", c);
}

/* ' unless the text has one and no ". */
static char quote_for(weir_str text)
{
    bool has_single = text.len && memchr(text.ptr, '\'', text.len);
    bool has_double = text.len && memchr(text.ptr, '"', text.len);
    return has_single && !has_double ? '"' : '\'';
}

static bool put_short_escape(weir_buf *out, uint32_t c, char quote)
{
    const char *text = c == '\n' ? "\\n" : c == '\r' ? "\\r" : c == '\t' ? "\\t" : NULL;
    if (text) {
        weir_buf_puts(out, text);
        return true;
    }
    if (c == '\\' || c == (uint32_t)quote) {
        weir_buf_putc(out, '\\');
        weir_buf_putc(out, (char)c);
        return true;
    }
    return false;
}

static void repr_str(printer *p, weir_str text)
{
    char quote = quote_for(text);
    weir_buf_putc(p->out, quote);
    while (text.len) {
        uint32_t c = 0;
        size_t n = weir_utf8_decode(text, &c);
        if (n == 0) {
            n = 1;
            c = 0xFFFD;
        }
        if (!put_short_escape(p->out, c, quote)) {
            bool is_plain =
                c < 0x80 ? c >= 0x20 && c < 0x7F : !p->is_ascii && weir_char_is_printable(c);
            if (is_plain)
                weir_buf_put(p->out, (weir_str){text.ptr, n});
            else
                put_escape(p->out, c);
        }
        text.ptr += n;
        text.len -= n;
    }
    weir_buf_putc(p->out, quote);
}

static void repr_bytes(printer *p, weir_str bytes)
{
    char quote = quote_for(bytes);
    weir_buf_putc(p->out, 'b');
    weir_buf_putc(p->out, quote);
    for (size_t i = 0; i < bytes.len; i++) {
        uint8_t c = (uint8_t)bytes.ptr[i];
        if (put_short_escape(p->out, c, quote))
            continue;
        if (c >= 0x20 && c < 0x7F)
            weir_buf_putc(p->out, (char)c);
        else
            weir_buf_printf(p->out, "\\x%02x", c);
    }
    weir_buf_putc(p->out, quote);
}

static bool room_for_next(printer *p)
{
    return weir_text_room(p->vm, p->out, 0) && weir_vm_charge(p->vm, 1);
}

static bool repr_items(printer *p, const weir_value *v, const char *open, const char *close)
{
    weir_buf_puts(p->out, open);
    for (size_t i = 0; i < v->list->count; i++) {
        if (i)
            weir_buf_puts(p->out, ", ");
        if (!room_for_next(p) || !print_repr(p, &v->list->items[i]))
            return false;
    }
    if (v->kind == WEIR_TUPLE && v->list->count == 1)
        weir_buf_putc(p->out, ',');
    weir_buf_puts(p->out, close);
    return true;
}

static bool repr_entries(printer *p, const weir_value *v)
{
    if (v->kind == WEIR_SET && v->dict->count == 0) {
        weir_buf_puts(p->out, "set()");
        return true;
    }
    weir_buf_putc(p->out, '{');
    for (size_t i = 0; i < v->dict->count; i++) {
        if (i)
            weir_buf_puts(p->out, ", ");
        if (!room_for_next(p) || !print_repr(p, &v->dict->entries[i].key))
            return false;
        if (v->kind == WEIR_SET)
            continue;
        weir_buf_puts(p->out, ": ");
        if (!print_repr(p, &v->dict->entries[i].value))
            return false;
    }
    weir_buf_putc(p->out, '}');
    return true;
}

static bool repr_raw_array(printer *p, const weir_value *v)
{
    weir_json_iter iter;
    weir_json_iter_init(&iter, v);
    weir_value key, item;
    weir_buf_putc(p->out, '[');
    for (bool is_first = true; weir_json_iter_next(&iter, &key, &item); is_first = false) {
        if (!is_first)
            weir_buf_puts(p->out, ", ");
        if (!room_for_next(p) || !print_repr(p, &item))
            return false;
    }
    weir_buf_putc(p->out, ']');
    return true;
}

/* An object is unfolded one level, since of duplicate keys the last one counts. */
static bool repr_raw(printer *p, const weir_value *v)
{
    if (v->aux == WEIR_RAW_ARRAY)
        return repr_raw_array(p, v);
    weir_value typed = *v;
    return weir_op_unfold(p->vm, &typed) && print_repr(p, &typed);
}

static void repr_object(printer *p, const weir_value *v)
{
    if (v->aux < WEIR_KIND_COUNT) {
        weir_value of = {0};
        of.kind = (uint8_t)v->aux;
        weir_buf_printf(p->out, "<class '%s'>", weir_value_type_name(&of));
    } else if (v->aux == WEIR_OBJECT_FUNCTION) {
        const weir_fn_row *row = v->p;
        weir_buf_printf(p->out, "<built-in function %s>", row->name);
    } else {
        weir_buf_puts(p->out, "<framework object>");
    }
}

static void repr_levels(printer *p, const weir_value *v)
{
    char text[WEIR_NUMBER_TEXT_MAX];
    weir_buf_putc(p->out, '[');
    for (uint32_t i = 0; i < v->len; i++) {
        weir_buf_puts(p->out, i ? ", [" : "[");
        weir_buf_put(p->out, (weir_str){text, weir_double_repr(v->levels[i].price, text)});
        weir_buf_puts(p->out, ", ");
        weir_buf_put(p->out, (weir_str){text, weir_double_repr(v->levels[i].size, text)});
        weir_buf_putc(p->out, ']');
    }
    weir_buf_putc(p->out, ']');
}

static void repr_range(printer *p, const weir_range *r)
{
    weir_buf_printf(p->out, "range(%lld, %lld", (long long)r->start, (long long)r->stop);
    if (r->step != 1)
        weir_buf_printf(p->out, ", %lld", (long long)r->step);
    weir_buf_putc(p->out, ')');
}

static void repr_asset(printer *p, const weir_asset *asset)
{
    weir_buf_puts(p->out, "Asset(");
    weir_buf_put(p->out, asset->symbol);
    weir_buf_putc(p->out, ')');
}

/* What is the same for str() and repr(). */
static bool print_scalar(printer *p, const weir_value *v)
{
    char text[WEIR_NUMBER_TEXT_MAX];
    switch (v->kind) {
    case WEIR_ABSENT:
    case WEIR_NONE: weir_buf_puts(p->out, "None"); return true;
    case WEIR_BOOL: weir_buf_puts(p->out, v->i ? "True" : "False"); return true;
    case WEIR_INT: weir_buf_put(p->out, (weir_str){text, weir_int_text(v->i, text)}); return true;
    case WEIR_FLOAT:
        weir_buf_put(p->out, (weir_str){text, weir_double_repr(v->f, text)});
        return true;
    case WEIR_BIGINT:
    case WEIR_JSON: weir_buf_put(p->out, weir_value_text(v)); return true;
    case WEIR_LEVELS: repr_levels(p, v); return true;
    case WEIR_RANGE: repr_range(p, v->range); return true;
    case WEIR_ASSET: repr_asset(p, v->asset); return true;
    case WEIR_LAMBDA: weir_buf_puts(p->out, "<function <lambda>>"); return true;
    case WEIR_OBJECT: repr_object(p, v); return true;
    default: return false;
    }
}

static bool print_container(printer *p, const weir_value *v)
{
    if (++p->depth > NESTING_MAX)
        return weir_vm_fail(p->vm, WEIR_RAISE_LIMIT, "nested more than %d deep", NESTING_MAX);
    bool is_done = false;
    switch (v->kind) {
    case WEIR_LIST: is_done = repr_items(p, v, "[", "]"); break;
    case WEIR_TUPLE: is_done = repr_items(p, v, "(", ")"); break;
    case WEIR_DICT:
    case WEIR_SET: is_done = repr_entries(p, v); break;
    case WEIR_RAW: is_done = repr_raw(p, v); break;
    default: break;
    }
    p->depth--;
    return is_done;
}

static bool print_repr(printer *p, const weir_value *v)
{
    weir_value room;
    const weir_value *t = weir_typed(p->vm, v, &room);
    if (!t)
        return false;
    switch (t->kind) {
    case WEIR_STR: repr_str(p, weir_value_text(t)); return true;
    case WEIR_BYTES: repr_bytes(p, weir_value_text(t)); return true;
    case WEIR_DECIMAL:
        weir_buf_puts(p->out, "Decimal('");
        weir_decimal_text(p->out, t->decimal);
        weir_buf_puts(p->out, "')");
        return true;
    case WEIR_TIMESTAMP:
    case WEIR_TIMEDELTA: return weir_time_text(t, 'r', p->out);
    case WEIR_LIST:
    case WEIR_TUPLE:
    case WEIR_DICT:
    case WEIR_SET:
    case WEIR_RAW: return print_container(p, t);
    default: return print_scalar(p, t);
    }
}

static bool print_str(printer *p, const weir_value *v)
{
    weir_value room;
    const weir_value *t = weir_typed(p->vm, v, &room);
    if (!t)
        return false;
    switch (t->kind) {
    case WEIR_STR: weir_buf_put(p->out, weir_value_text(t)); return true;
    case WEIR_DECIMAL: weir_decimal_text(p->out, t->decimal); return true;
    case WEIR_TIMESTAMP:
    case WEIR_TIMEDELTA: return weir_time_text(t, 's', p->out);
    default: return print_repr(p, t);
    }
}

bool weir_op_text(weir_vm *vm, const weir_value *v, char conversion, weir_buf *out)
{
    printer p = {vm, out, conversion == 'a', 0};
    if (conversion == 's' ? !print_str(&p, v) : !print_repr(&p, v))
        return false;
    return weir_text_room(vm, out, 0);
}
