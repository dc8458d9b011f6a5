/* SPDX-License-Identifier: MIT */
/* format(v, spec): what each kind makes of a spec. */
#include <math.h>

#include "expr/format.h"
#include "expr/stamp.h"
#include "util/number.h"
#include "util/utf8.h"

static bool format_str(weir_vm *vm, const weir_value *v, weir_str spec, weir_buf *out)
{
    weir_format f;
    if (!weir_format_parse(vm, spec, '<', "str", &f))
        return false;
    if (f.type && f.type != 's')
        return weir_format_fail_code(vm, &f, "str");
    if (f.sign)
        return weir_vm_fail(vm, WEIR_RAISE_VALUE,
                            f.sign == ' ' ? "Space not allowed in string format specifier"
                                          : "Sign not allowed in string format specifier");
    if (f.no_negative_zero)
        return weir_vm_fail(vm, WEIR_RAISE_VALUE,
                            "Negative zero coercion (z) not allowed in string "
                            "format specifier");
    if (f.is_alternate)
        return weir_vm_fail(vm, WEIR_RAISE_VALUE,
                            "Alternate form (#) not allowed in string format specifier");
    if (f.group)
        return weir_vm_fail(vm, WEIR_RAISE_VALUE, "Cannot specify '%c' with 's'.", f.group);
    if (f.align == '=')
        return weir_vm_fail(vm, WEIR_RAISE_VALUE,
                            "'=' alignment not allowed in string format specifier");
    weir_str text = weir_value_text(v);
    if (f.precision >= 0)
        text.len = weir_utf8_offset(text, (size_t)f.precision);
    return weir_format_text_put(vm, &f, text, out);
}

/* ------------------------------------------------------------------ int */

static bool format_char(weir_vm *vm, const weir_format *f, const weir_value *v, weir_buf *out)
{
    char bytes[WEIR_UTF8_MAX];
    if (f->sign)
        return weir_vm_fail(vm, WEIR_RAISE_VALUE,
                            "Sign not allowed with integer format specifier 'c'");
    if (f->is_alternate)
        return weir_vm_fail(vm, WEIR_RAISE_VALUE,
                            "Alternate form (#) not allowed with integer format specifier 'c'");
    size_t n = v->kind != WEIR_BIGINT && v->i >= 0 && v->i <= 0x10FFFF
                   ? weir_utf8_encode((uint32_t)v->i, bytes)
                   : 0;
    if (n == 0)
        return weir_vm_fail(vm, WEIR_RAISE_OVERFLOW, "%%c arg not in range(0x110000)");
    return weir_format_text_put(vm, f, (weir_str){bytes, n}, out);
}

/* Digits of a magnitude in base 2, 8 or 16, at the end of `room`. */
static weir_str base_digits(unsigned __int128 n, int shift, bool is_upper, char *room, size_t size)
{
    const char *set = is_upper ? "0123456789ABCDEF" : "0123456789abcdef";
    size_t at = size;
    do {
        room[--at] = set[(size_t)(n & (((unsigned)1 << shift) - 1))];
    } while (n >>= shift);
    return (weir_str){room + at, size - at};
}

static bool format_integer(weir_vm *vm, const weir_format *f, const weir_value *v, weir_buf *out)
{
    char room[140], decimal[WEIR_NUMBER_TEXT_MAX];
    weir_format_number number = {.prefix = "", .rest = {"", 0}};
    if (f->type == '\0' || f->type == 'd' || f->type == 'n') {
        weir_str text = v->kind == WEIR_BIGINT ? weir_value_text(v)
                                               : (weir_str){decimal, weir_int_text(v->i, decimal)};
        number.is_negative = text.ptr[0] == '-';
        number.digits = (weir_str){text.ptr + number.is_negative, text.len - number.is_negative};
        return weir_format_number_put(vm, f, &number, out);
    }
    __int128 i;
    if (!weir_int128_of(v, &i))
        return weir_vm_fail(vm, WEIR_RAISE_OVERFLOW, "format '%c' of an integer beyond 126 bits",
                            f->type);
    int shift = f->type == 'b' ? 1 : f->type == 'o' ? 3 : 4;
    number.is_negative = i < 0;
    number.digits = base_digits(i < 0 ? -(unsigned __int128)i : (unsigned __int128)i, shift,
                                f->type == 'X', room, sizeof(room));
    if (f->is_alternate)
        number.prefix = f->type == 'b'   ? "0b"
                        : f->type == 'o' ? "0o"
                        : f->type == 'x' ? "0x"
                                         : "0X";
    return weir_format_number_put(vm, f, &number, out);
}

static bool format_int(weir_vm *vm, const weir_value *v, weir_str spec, weir_buf *out)
{
    weir_format f;
    double x;
    const char *name = weir_value_type_name(v);
    if (!weir_format_parse(vm, spec, '>', name, &f))
        return false;
    if (f.type && strchr("eEfFgG%", f.type))
        return weir_need_double(vm, v, "format", &x) && weir_format_float(vm, x, &f, name, out);
    if (f.type && !strchr("bcdnoxX", f.type))
        return weir_format_fail_code(vm, &f, name);
    if (f.precision >= 0)
        return weir_vm_fail(vm, WEIR_RAISE_VALUE,
                            "Precision not allowed in integer format specifier");
    if (f.no_negative_zero)
        return weir_vm_fail(vm, WEIR_RAISE_VALUE,
                            "Negative zero coercion (z) not allowed in format "
                            "specifier with integer presentation type");
    return f.type == 'c' ? format_char(vm, &f, v, out) : format_integer(vm, &f, v, out);
}

/* ------------------------------------------------------------------ any kind */

bool weir_op_format(weir_vm *vm, const weir_value *v, weir_str spec, weir_buf *out)
{
    weir_value room;
    const weir_value *t = weir_typed(vm, v, &room);
    weir_format f;
    if (!t)
        return false;
    if (spec.len == 0)
        return weir_op_text(vm, t, 's', out);
    switch (t->kind) {
    case WEIR_STR: return format_str(vm, t, spec, out);
    case WEIR_BOOL:
    case WEIR_INT:
    case WEIR_BIGINT: return format_int(vm, t, spec, out);
    case WEIR_FLOAT:
        return weir_format_parse(vm, spec, '>', "float", &f) &&
               weir_format_float(vm, t->f, &f, "float", out);
    case WEIR_DECIMAL:
        return weir_format_parse(vm, spec, '>', "decimal.Decimal", &f) &&
               weir_format_decimal(vm, t, &f, out);
    case WEIR_TIMESTAMP: return weir_stamp_strftime(vm, t, spec, out);
    default:
        return weir_vm_fail(vm, WEIR_RAISE_TYPE,
                            "unsupported format string passed to %s.__format__ (%s)",
                            weir_value_type_name(t), weir_vm_show(vm, t));
    }
}
