/* SPDX-License-Identifier: MIT */
/* Format specs taken apart as CPython's parser does, and the padding and grouping that all numbers
 * share. Widths are bounded before anything is written. */
#include "expr/format.h"

#include "util/utf8.h"

static bool is_align(char c)
{
    return c == '<' || c == '>' || c == '=' || c == '^';
}

static bool fail_spec(weir_vm *vm, weir_str spec, const char *type_name)
{
    weir_value shown = weir_value_str(spec);
    return weir_vm_fail(vm, WEIR_RAISE_VALUE, "Invalid format specifier %s for object of type '%s'",
                        weir_vm_show(vm, &shown), type_name);
}

bool weir_format_fail_code(weir_vm *vm, const weir_format *f, const char *type_name)
{
    return weir_vm_fail(vm, WEIR_RAISE_VALUE, "Unknown format code '%c' for object of type '%s'",
                        f->type, type_name);
}

static bool take(weir_str *s, char c)
{
    if (s->len == 0 || s->ptr[0] != c)
        return false;
    s->ptr++;
    s->len--;
    return true;
}

static bool take_count(weir_vm *vm, weir_str *s, const char *what, int64_t *out)
{
    int64_t n = 0;
    bool has_any = false;
    while (s->len && s->ptr[0] >= '0' && s->ptr[0] <= '9') {
        n = n * 10 + (s->ptr[0] - '0');
        has_any = true;
        s->ptr++;
        s->len--;
        if (n > WEIR_EXPR_RESULT_MAX)
            return weir_vm_fail(vm, WEIR_RAISE_LIMIT, "a format %s of more than %d", what,
                                WEIR_EXPR_RESULT_MAX);
    }
    if (has_any)
        *out = n;
    return true;
}

static void take_fill(weir_str *s, weir_format *f, bool *has_fill, bool *has_align)
{
    uint32_t c;
    size_t n = weir_utf8_decode(*s, &c);
    if (n && s->len > n && is_align(s->ptr[n])) {
        memcpy(f->fill, s->ptr, n);
        f->fill_len = n;
        f->align = s->ptr[n];
        s->ptr += n + 1;
        s->len -= n + 1;
        *has_fill = *has_align = true;
    } else if (s->len && is_align(s->ptr[0])) {
        f->align = s->ptr[0];
        s->ptr++;
        s->len--;
        *has_align = true;
    }
}

static bool take_group(weir_vm *vm, weir_str *s, weir_format *f)
{
    if (take(s, ','))
        f->group = ',';
    if (take(s, '_')) {
        if (f->group)
            return weir_vm_fail(vm, WEIR_RAISE_VALUE, "Cannot specify both ',' and '_'.");
        f->group = '_';
    }
    if (f->group && s->len && s->ptr[0] == ',')
        return weir_vm_fail(vm, WEIR_RAISE_VALUE,
                            f->group == ',' ? "Cannot specify ',' with ','."
                                            : "Cannot specify both ',' and "
                                              "'_'.");
    return true;
}

static bool check_group(weir_vm *vm, const weir_format *f)
{
    if (!f->group || f->type == '\0' || strchr("deEfFgG%", f->type))
        return true;
    if (f->group == '_' && strchr("boxX", f->type))
        return true;
    return weir_vm_fail(vm, WEIR_RAISE_VALUE, "Cannot specify '%c' with '%c'.", f->group, f->type);
}

bool weir_format_parse(weir_vm *vm, weir_str spec, char default_align, const char *type_name,
                       weir_format *f)
{
    weir_str s = spec;
    bool has_fill = false, has_align = false;
    int64_t width = 0;
    *f = (weir_format){.fill = " ",
                       .fill_len = 1,
                       .align = default_align,
                       .sign = '\0',
                       .precision = -1,
                       .text = spec};
    take_fill(&s, f, &has_fill, &has_align);
    if (s.len && (s.ptr[0] == '+' || s.ptr[0] == '-' || s.ptr[0] == ' ')) {
        f->sign = s.ptr[0];
        s.ptr++;
        s.len--;
    }
    f->no_negative_zero = take(&s, 'z');
    f->is_alternate = take(&s, '#');
    f->has_align = has_align;
    f->has_zero = s.len && s.ptr[0] == '0';
    if (!has_fill && take(&s, '0')) {
        f->fill[0] = '0';
        if (!has_align && default_align == '>')
            f->align = '=';
    }
    if (!take_count(vm, &s, "width", &width) || !take_group(vm, &s, f))
        return false;
    f->width = (size_t)width;
    if (take(&s, '.')) {
        if (!take_count(vm, &s, "precision", &f->precision))
            return false;
        if (f->precision < 0)
            return weir_vm_fail(vm, WEIR_RAISE_VALUE, "Format specifier missing precision");
    }
    if (s.len > 1)
        return fail_spec(vm, spec, type_name);
    f->type = s.len ? s.ptr[0] : '\0';
    return check_group(vm, f);
}

/* ------------------------------------------------------------------ padding */

static void put_fill(const weir_format *f, size_t count, weir_buf *out)
{
    for (; count; count--)
        weir_buf_put(out, (weir_str){f->fill, f->fill_len});
}

/* How much of the padding is in front. */
static size_t left_padding(char align, size_t pad)
{
    return align == '>' || align == '=' ? pad : align == '^' ? pad / 2 : 0;
}

bool weir_format_text_put(weir_vm *vm, const weir_format *f, weir_str text, weir_buf *out)
{
    size_t len = weir_utf8_count(text), pad = f->width > len ? f->width - len : 0;
    if (!weir_text_room(vm, out, text.len + pad * f->fill_len) || !weir_vm_charge(vm, pad / 32))
        return false;
    size_t left = left_padding(f->align, pad);
    put_fill(f, left, out);
    weir_buf_put(out, text);
    put_fill(f, pad - left, out);
    return weir_text_room(vm, out, 0);
}

static size_t at_least(int64_t n)
{
    return n > 0 ? (size_t)n : 0;
}

/*
 * Digits with separators, padded with zeros so that they fill `min_width`: CPython's algorithm,
 * from the right. Returns how many characters; writes them when `to` is given (to its end).
 */
static size_t group_digits(weir_str digits, int64_t min_width, int64_t size, char separator,
                           char *to)
{
    int64_t left = (int64_t)digits.len;
    size_t n = 0;
    for (;;) {
        int64_t most = left > min_width ? left : min_width;
        int64_t len = most < 1 ? 1 : most;
        if (separator && len > size)
            len = size;
        int64_t chars = left < len ? left : len;
        for (int64_t i = 0; i < len; i++, n++)
            if (to)
                *--to = i < chars ? digits.ptr[left - 1 - i] : '0';
        left -= chars;
        min_width -= len;
        if (left <= 0 && min_width <= 0)
            return n;
        if (to)
            *--to = separator;
        n++;
        min_width--;
    }
}

bool weir_format_number_put(weir_vm *vm, const weir_format *f, const weir_format_number *number,
                            weir_buf *out)
{
    char sign = number->is_negative ? '-' : f->sign == '+' || f->sign == ' ' ? f->sign : '\0';
    size_t prefix_len = strlen(number->prefix);
    size_t fixed = (sign != '\0') + prefix_len + number->rest.len;
    bool fills_zeros = f->fill_len == 1 && f->fill[0] == '0' && f->align == '=' && !f->pads_plainly;
    int64_t min_width = fills_zeros ? (int64_t)at_least((int64_t)f->width - (int64_t)fixed) : 0;
    int64_t size = f->type && strchr("boxX", f->type) ? 4 : 3;
    size_t grouped =
        number->digits.len ? group_digits(number->digits, min_width, size, f->group, NULL) : 0;
    size_t len = fixed + grouped, pad = f->width > len ? f->width - len : 0;
    if (!weir_text_room(vm, out, len + pad * f->fill_len) || !weir_vm_charge(vm, (len + pad) / 32))
        return false;
    size_t left = left_padding(f->align, pad);
    if (f->align != '=')
        put_fill(f, left, out);
    if (sign)
        weir_buf_putc(out, sign);
    weir_buf_puts(out, number->prefix);
    if (f->align == '=')
        put_fill(f, left, out);
    char *room = weir_buf_reserve(out, grouped + 1);
    if (room && number->digits.len) {
        group_digits(number->digits, min_width, size, f->group, room + grouped);
        out->len += grouped;
    }
    weir_buf_put(out, number->rest);
    put_fill(f, pad - left, out);
    return weir_text_room(vm, out, 0);
}
