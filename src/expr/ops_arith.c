/* SPDX-License-Identifier: MIT */
/*
 * Unary and binary operators. int and float come first and inline; everything else goes through a
 * table of families (Decimal, big integers, sequences, sets, times) that each say whether the pair
 * of operands is theirs.
 *
 * Integers are int64. A result that does not fit is an OverflowError; operands beyond int64 take
 * part with up to 38 digits, so `u64_id // 1000` works where its result fits.
 */
#include <math.h>
#include <stdio.h>

#include "expr/typed.h"
#include "util/number.h"

static const char *const SIGNS[] = {
    [WEIR_BINARY_OR] = "|",        [WEIR_BINARY_XOR] = "^",     [WEIR_BINARY_AND] = "&",
    [WEIR_BINARY_LSHIFT] = "<<",   [WEIR_BINARY_RSHIFT] = ">>", [WEIR_BINARY_ADD] = "+",
    [WEIR_BINARY_SUB] = "-",       [WEIR_BINARY_MUL] = "*",     [WEIR_BINARY_DIV] = "/",
    [WEIR_BINARY_FLOORDIV] = "//", [WEIR_BINARY_MOD] = "%",     [WEIR_BINARY_POW] = "** or pow()",
};

static bool fail_overflow(weir_vm *vm, weir_binary op, const weir_value *a, const weir_value *b)
{
    return weir_vm_fail(vm, WEIR_RAISE_OVERFLOW, "integer overflow beyond 64 bits: %s %s %s",
                        weir_vm_show(vm, a), op == WEIR_BINARY_POW ? "**" : SIGNS[op],
                        weir_vm_show(vm, b));
}

static bool fail_zero(weir_vm *vm, const char *what, const weir_value *a)
{
    return weir_vm_fail(vm, WEIR_RAISE_ZERO_DIVISION, "%s (of %s)", what, weir_vm_show(vm, a));
}

/* ------------------------------------------------------------------ float */

static double float_mod(double a, double b)
{
    double mod = fmod(a, b);
    if (mod == 0.0)
        return copysign(0.0, b);
    return (b < 0) != (mod < 0) ? mod + b : mod;
}

/* CPython's float_floor_div: the quotient of what remains exact after taking the remainder away. */
static double float_floordiv(double a, double b)
{
    double mod = fmod(a, b);
    double div = (a - mod) / b;
    if (mod != 0.0 && (b < 0) != (mod < 0))
        div -= 1.0;
    if (div == 0.0)
        return copysign(0.0, a / b);
    double floored = floor(div);
    return div - floored > 0.5 ? floored + 1.0 : floored;
}

static bool float_pow(weir_vm *vm, double a, double b, const weir_value *va, const weir_value *vb,
                      weir_value *out)
{
    if (a == 0.0 && b < 0.0 && isfinite(b))
        return weir_vm_fail(vm, WEIR_RAISE_ZERO_DIVISION,
                            "0.0 cannot be raised to a negative power (%s ** %s)",
                            weir_vm_show(vm, va), weir_vm_show(vm, vb));
    if (a < 0.0 && isfinite(a) && isfinite(b) && floor(b) != b)
        return weir_vm_fail(vm, WEIR_RAISE_VALUE,
                            "a negative number to a fractional power is complex (%s ** %s)",
                            weir_vm_show(vm, va), weir_vm_show(vm, vb));
    double power = pow(a, b);
    if (isinf(power) && isfinite(a) && isfinite(b))
        return weir_vm_fail(vm, WEIR_RAISE_OVERFLOW, "Numerical result out of range (%s ** %s)",
                            weir_vm_show(vm, va), weir_vm_show(vm, vb));
    *out = weir_value_float(power);
    return true;
}

static bool float_binary(weir_vm *vm, weir_binary op, const weir_value *a, const weir_value *b,
                         weir_value *out)
{
    double x, y;
    if (!weir_need_double(vm, a, "operand", &x) || !weir_need_double(vm, b, "operand", &y))
        return false;
    switch (op) {
    case WEIR_BINARY_ADD: *out = weir_value_float(x + y); return true;
    case WEIR_BINARY_SUB: *out = weir_value_float(x - y); return true;
    case WEIR_BINARY_MUL: *out = weir_value_float(x * y); return true;
    case WEIR_BINARY_DIV:
        if (y == 0.0)
            return fail_zero(vm, "float division by zero", a);
        *out = weir_value_float(x / y);
        return true;
    case WEIR_BINARY_FLOORDIV:
        if (y == 0.0)
            return fail_zero(vm, "float floor division by zero", a);
        *out = weir_value_float(float_floordiv(x, y));
        return true;
    case WEIR_BINARY_MOD:
        if (y == 0.0)
            return fail_zero(vm, "float modulo", a);
        *out = weir_value_float(float_mod(x, y));
        return true;
    case WEIR_BINARY_POW: return float_pow(vm, x, y, a, b, out);
    default: return weir_fail_operands(vm, SIGNS[op], a, b);
    }
}

/* ------------------------------------------------------------------ int */

static bool int_div(weir_vm *vm, const weir_value *a, const weir_value *b, __int128 x, __int128 y,
                    weir_value *out)
{
    if (y == 0)
        return fail_zero(vm, "division by zero", a);
    __int128 wide = (__int128)1 << 64;
    if (y > wide || y < -wide)
        return fail_overflow(vm, WEIR_BINARY_DIV, a, b);
    *out = weir_value_float(weir_int_quotient(x, y));
    return true;
}

static __int128 floor_quotient(__int128 x, __int128 y)
{
    __int128 q = x / y;
    return x % y != 0 && (x < 0) != (y < 0) ? q - 1 : q;
}

static __int128 floor_remainder(__int128 x, __int128 y)
{
    __int128 r = x % y;
    return r != 0 && (r < 0) != (y < 0) ? r + y : r;
}

/* False when the power is beyond int64. */
static bool int_power(int64_t base, int64_t exponent, int64_t *out)
{
    int64_t result = 1;
    while (exponent) {
        if (exponent & 1 && __builtin_mul_overflow(result, base, &result))
            return false;
        exponent >>= 1;
        if (exponent && __builtin_mul_overflow(base, base, &base))
            return false;
    }
    *out = result;
    return true;
}

static bool int_pow(weir_vm *vm, const weir_value *a, const weir_value *b, weir_value *out)
{
    if (a->kind == WEIR_BIGINT || b->kind == WEIR_BIGINT)
        return fail_overflow(vm, WEIR_BINARY_POW, a, b);
    int64_t base = a->i, exponent = b->i, power;
    if (exponent < 0)
        return float_pow(vm, (double)base, (double)exponent, a, b, out);
    if (base == 0 || base == 1 || base == -1) {
        power = base == -1 ? (exponent & 1 ? -1 : 1) : exponent == 0 ? 1 : base;
    } else if (exponent > 63 || !int_power(base, exponent, &power)) {
        return fail_overflow(vm, WEIR_BINARY_POW, a, b);
    }
    *out = weir_value_int(power);
    return true;
}

static bool int_shift(weir_vm *vm, weir_binary op, const weir_value *a, const weir_value *b,
                      __int128 x, weir_value *out)
{
    __int128 by;
    if (!weir_int128_of(b, &by))
        return fail_overflow(vm, op, a, b);
    if (by < 0)
        return weir_vm_fail(vm, WEIR_RAISE_VALUE, "negative shift count (%s)", weir_vm_show(vm, b));
    if (op == WEIR_BINARY_RSHIFT) {
        *out = weir_value_int(0);
        return weir_int128_value(vm, by > 127 ? (x < 0 ? -1 : 0) : x >> (int)by, out);
    }
    if (x == 0) {
        *out = weir_value_int(0);
        return true;
    }
    if (by > 63 || x > INT64_MAX || x < INT64_MIN)
        return fail_overflow(vm, op, a, b);
    __int128 wide = x * ((__int128)1 << (int)by);
    if (wide > INT64_MAX || wide < INT64_MIN)
        return fail_overflow(vm, op, a, b);
    *out = weir_value_int((int64_t)wide);
    return true;
}

static bool int_wide(__int128 x, __int128 y, weir_binary op, __int128 *r)
{
    switch (op) {
    case WEIR_BINARY_OR: *r = x | y; return true;
    case WEIR_BINARY_XOR: *r = x ^ y; return true;
    case WEIR_BINARY_AND: *r = x & y; return true;
    case WEIR_BINARY_ADD: return !__builtin_add_overflow(x, y, r);
    case WEIR_BINARY_SUB: return !__builtin_sub_overflow(x, y, r);
    case WEIR_BINARY_MUL: return !__builtin_mul_overflow(x, y, r);
    case WEIR_BINARY_FLOORDIV: *r = floor_quotient(x, y); return true;
    case WEIR_BINARY_MOD: *r = floor_remainder(x, y); return true;
    default: return false;
    }
}

static bool int_binary(weir_vm *vm, weir_binary op, const weir_value *a, const weir_value *b,
                       weir_value *out)
{
    __int128 x, y, r;
    if (op == WEIR_BINARY_POW)
        return int_pow(vm, a, b, out);
    if (!weir_int128_of(a, &x))
        return fail_overflow(vm, op, a, b);
    if (op == WEIR_BINARY_LSHIFT || op == WEIR_BINARY_RSHIFT)
        return int_shift(vm, op, a, b, x, out);
    if (!weir_int128_of(b, &y))
        return fail_overflow(vm, op, a, b);
    if (op == WEIR_BINARY_DIV)
        return int_div(vm, a, b, x, y, out);
    if (y == 0 && (op == WEIR_BINARY_FLOORDIV || op == WEIR_BINARY_MOD))
        return fail_zero(vm,
                         op == WEIR_BINARY_MOD ? "integer modulo by zero"
                                               : "integer division or modulo by zero",
                         a);
    if (!int_wide(x, y, op, &r) || r > INT64_MAX || r < INT64_MIN)
        return fail_overflow(vm, op, a, b);
    bool is_logic = op == WEIR_BINARY_OR || op == WEIR_BINARY_XOR || op == WEIR_BINARY_AND;
    if (is_logic && a->kind == WEIR_BOOL && b->kind == WEIR_BOOL)
        *out = weir_value_bool(r != 0);
    else
        *out = weir_value_int((int64_t)r);
    return true;
}

/* ------------------------------------------------------------------ Decimal */

static weir_decimal_op *const DECIMAL_OPS[WEIR_BINARY_POW + 1] = {
    [WEIR_BINARY_ADD] = weir_decimal_add,           [WEIR_BINARY_SUB] = weir_decimal_sub,
    [WEIR_BINARY_MUL] = weir_decimal_mul,           [WEIR_BINARY_DIV] = weir_decimal_div,
    [WEIR_BINARY_FLOORDIV] = weir_decimal_floordiv, [WEIR_BINARY_MOD] = weir_decimal_rem,
    [WEIR_BINARY_POW] = weir_decimal_pow,
};

static bool decimal_binary(weir_vm *vm, weir_binary op, const weir_value *a, const weir_value *b,
                           weir_value *out)
{
    if (!DECIMAL_OPS[op] || a->kind == WEIR_FLOAT || b->kind == WEIR_FLOAT)
        return weir_fail_operands(vm, SIGNS[op], a, b);
    const weir_decimal *x, *y, *r = NULL;
    if (!weir_decimal_ok(vm, weir_decimal_from_value(vm->arena, a, &x), SIGNS[op]) ||
        !weir_decimal_ok(vm, weir_decimal_from_value(vm->arena, b, &y), SIGNS[op]))
        return false;
    weir_decimal_code code = DECIMAL_OPS[op](vm->arena, x, y, &r);
    if (code == WEIR_DECIMAL_UNSUPPORTED)
        return weir_vm_fail(vm, WEIR_RAISE_ARITHMETIC,
                            "a Decimal power must have a whole exponent (%s ** %s)",
                            weir_vm_show(vm, a), weir_vm_show(vm, b));
    if (code != WEIR_DECIMAL_OK) {
        char what[160];
        snprintf(what, sizeof(what), "%s %s %s", weir_vm_show(vm, a),
                 op == WEIR_BINARY_POW ? "**" : SIGNS[op], weir_vm_show(vm, b));
        return weir_decimal_ok(vm, code, what);
    }
    *out = weir_value_decimal(r);
    return true;
}

/* ------------------------------------------------------------------ sequences and sets */

static bool concat_text(weir_vm *vm, const weir_value *a, const weir_value *b, weir_value *out)
{
    size_t len = (size_t)a->len + b->len;
    char *room = weir_vm_alloc(vm, len);
    if (!room)
        return false;
    if (a->len)
        memcpy(room, a->s, a->len);
    if (b->len)
        memcpy(room + a->len, b->s, b->len);
    unsigned flags = (a->flags | b->flags) & WEIR_VALUE_SECRET;
    flags |= a->flags & b->flags & WEIR_VALUE_ASCII;
    *out = weir_value_str((weir_str){room, len});
    out->kind = a->kind;
    out->flags = (uint8_t)flags;
    return weir_vm_charge(vm, len / 64);
}

static bool concat_list(weir_vm *vm, const weir_value *a, const weir_value *b, weir_value *out)
{
    weir_value x = *a, y = *b, *items;
    if (!weir_op_unfold(vm, &x) || !weir_op_unfold(vm, &y))
        return false;
    size_t n = x.list->count, m = y.list->count;
    if (!weir_list_room(vm, x.kind, n + m, out, &items))
        return false;
    if (n)
        memcpy(items, x.list->items, n * sizeof(*items));
    if (m)
        memcpy(items + n, y.list->items, m * sizeof(*items));
    return true;
}

static uint8_t sequence_kind(const weir_value *v)
{
    if (v->kind == WEIR_STR || v->kind == WEIR_BYTES)
        return v->kind;
    return !weir_is_sequence(v) ? WEIR_ABSENT : v->kind == WEIR_TUPLE ? WEIR_TUPLE : WEIR_LIST;
}

static bool concat(weir_vm *vm, const weir_value *a, const weir_value *b, weir_value *out)
{
    uint8_t x = sequence_kind(a), y = sequence_kind(b);
    if (x == y)
        return x == WEIR_STR || x == WEIR_BYTES ? concat_text(vm, a, b, out)
                                                : concat_list(vm, a, b, out);
    const char *name = weir_value_type_name(a);
    if (x == WEIR_BYTES)
        return weir_vm_fail(vm, WEIR_RAISE_TYPE, "can't concat %s to bytes (%s + %s)",
                            weir_value_type_name(b), weir_vm_show(vm, a), weir_vm_show(vm, b));
    return weir_vm_fail(vm, WEIR_RAISE_TYPE, "can only concatenate %s (not \"%s\") to %s (%s + %s)",
                        name, weir_value_type_name(b), name, weir_vm_show(vm, a),
                        weir_vm_show(vm, b));
}

static bool repeat_text(weir_vm *vm, const weir_value *v, size_t times, weir_value *out)
{
    size_t len;
    if (__builtin_mul_overflow((size_t)v->len, times, &len))
        len = SIZE_MAX;
    char *room = weir_vm_alloc(vm, len);
    if (!room || !weir_vm_charge(vm, len / 64))
        return false;
    if (v->len == 1) {
        memset(room, v->s[0], len);
    } else {
        for (size_t at = 0; at < len; at += v->len)
            memcpy(room + at, v->s, v->len);
    }
    uint8_t kind = v->kind, flags = v->flags;
    *out = weir_value_str((weir_str){room, len});
    out->kind = kind;
    out->flags = flags;
    return true;
}

static bool repeat(weir_vm *vm, const weir_value *v, const weir_value *by, weir_value *out)
{
    if (by->kind == WEIR_BIGINT && by->s[0] != '-')
        return weir_vm_fail(vm, WEIR_RAISE_OVERFLOW,
                            "cannot fit 'int' into an index-sized integer");
    size_t times = by->kind == WEIR_BIGINT || by->i < 0 ? 0 : (size_t)by->i;
    if (v->kind == WEIR_STR || v->kind == WEIR_BYTES)
        return repeat_text(vm, v, v->len ? times : 0, out);
    weir_value list = *v, *items;
    if (!weir_op_unfold(vm, &list))
        return false;
    size_t n = list.list->count, total;
    if (__builtin_mul_overflow(n, times, &total))
        total = SIZE_MAX;
    const weir_value *from = list.list->items;
    if (!weir_list_room(vm, list.kind, total, out, &items))
        return false;
    for (size_t i = 0; i < total; i++)
        items[i] = from[i % n];
    return true;
}

static bool add_entries(weir_vm *vm, weir_builder *to, const weir_dict *from,
                        const weir_dict *other, bool is_in_other)
{
    for (size_t i = 0; i < from->count; i++) {
        const weir_value *key = &from->entries[i].key;
        if (other && (weir_dict_get(vm->arena, other, key) != NULL) != is_in_other)
            continue;
        if (!weir_build_put(vm, to, key, &from->entries[i].value))
            return false;
    }
    return true;
}

static bool set_binary(weir_vm *vm, weir_binary op, const weir_value *a, const weir_value *b,
                       weir_value *out)
{
    weir_builder made;
    const weir_dict *x = a->dict, *y = b->dict;
    if (!weir_build_init(vm, &made, WEIR_SET, x->count))
        return false;
    bool is_added = false;
    if (op == WEIR_BINARY_OR)
        is_added = add_entries(vm, &made, x, NULL, false) && add_entries(vm, &made, y, NULL, false);
    else if (op == WEIR_BINARY_AND) /* of 1 and 1.0 the one of the smaller, or right set stays */
        is_added = y->count > x->count ? add_entries(vm, &made, x, y, true)
                                       : add_entries(vm, &made, y, x, true);
    else if (op == WEIR_BINARY_SUB)
        is_added = add_entries(vm, &made, x, y, false);
    else if (op == WEIR_BINARY_XOR)
        is_added = add_entries(vm, &made, x, y, false) && add_entries(vm, &made, y, x, false);
    else
        return weir_fail_operands(vm, SIGNS[op], a, b);
    return is_added && weir_build_finish(vm, &made, out);
}

static bool dict_union(weir_vm *vm, const weir_value *a, const weir_value *b, weir_value *out)
{
    weir_builder made;
    return weir_build_init(vm, &made, WEIR_DICT, 8) && weir_build_extend(vm, &made, a) &&
           weir_build_extend(vm, &made, b) && weir_build_finish(vm, &made, out);
}

/* ------------------------------------------------------------------ choosing */

static bool is_integer(const weir_value *v)
{
    return weir_is_int(v) || v->kind == WEIR_BIGINT;
}

static bool is_number(const weir_value *v)
{
    return is_integer(v) || v->kind == WEIR_FLOAT;
}

static bool other_binary(weir_vm *vm, weir_binary op, const weir_value *a, const weir_value *b,
                         weir_value *out)
{
    bool is_handled = false;
    bool is_done = weir_time_binary(vm, op, a, b, out, &is_handled);
    if (is_handled)
        return is_done;
    if (a->kind == WEIR_DECIMAL || b->kind == WEIR_DECIMAL) {
        const weir_value *other = a->kind == WEIR_DECIMAL ? b : a;
        if (other->kind == WEIR_DECIMAL || is_number(other))
            return decimal_binary(vm, op, a, b, out);
    }
    uint8_t x = sequence_kind(a), y = sequence_kind(b);
    if (op == WEIR_BINARY_ADD && x != WEIR_ABSENT)
        return concat(vm, a, b, out);
    if (op == WEIR_BINARY_MUL && x != WEIR_ABSENT && is_integer(b))
        return repeat(vm, a, b, out);
    if (op == WEIR_BINARY_MUL && y != WEIR_ABSENT && is_integer(a))
        return repeat(vm, b, a, out);
    if (op == WEIR_BINARY_MUL && (x != WEIR_ABSENT || y != WEIR_ABSENT))
        return weir_vm_fail(vm, WEIR_RAISE_TYPE,
                            "can't multiply sequence by non-int of type '%s' (%s * %s)",
                            weir_value_type_name(x != WEIR_ABSENT ? b : a), weir_vm_show(vm, a),
                            weir_vm_show(vm, b));
    if (a->kind == WEIR_SET && b->kind == WEIR_SET)
        return set_binary(vm, op, a, b, out);
    if (op == WEIR_BINARY_OR && weir_is_mapping(a) && weir_is_mapping(b))
        return dict_union(vm, a, b, out);
    if (op == WEIR_BINARY_MOD && (x == WEIR_STR || x == WEIR_BYTES))
        return weir_vm_fail(vm, WEIR_RAISE_TYPE,
                            "%% formatting is not supported: use an f-string (%s %% %s)",
                            weir_vm_show(vm, a), weir_vm_show(vm, b));
    return weir_fail_operands(vm, SIGNS[op], a, b);
}

bool weir_op_binary(weir_vm *vm, weir_binary op, const weir_value *a, const weir_value *b,
                    weir_value *out)
{
    weir_value room_a, room_b;
    a = weir_typed(vm, a, &room_a);
    b = a ? weir_typed(vm, b, &room_b) : NULL;
    if (!b)
        return false;
    if (a->kind == WEIR_INT && b->kind == WEIR_INT) {
        int64_t r;
        bool is_over = op == WEIR_BINARY_ADD   ? __builtin_add_overflow(a->i, b->i, &r)
                       : op == WEIR_BINARY_SUB ? __builtin_sub_overflow(a->i, b->i, &r)
                       : op == WEIR_BINARY_MUL ? __builtin_mul_overflow(a->i, b->i, &r)
                                               : true;
        if (is_over)
            return int_binary(vm, op, a, b, out);
        *out = weir_value_int(r);
        return true;
    }
    if (is_number(a) && is_number(b)) {
        if (a->kind == WEIR_FLOAT || b->kind == WEIR_FLOAT)
            return float_binary(vm, op, a, b, out);
        return int_binary(vm, op, a, b, out);
    }
    return other_binary(vm, op, a, b, out);
}

/* ------------------------------------------------------------------ unary */

static bool unary_bigint(weir_vm *vm, weir_unary op, const weir_value *v, weir_value *out)
{
    if (op == WEIR_UNARY_PLUS) {
        *out = *v;
        return true;
    }
    if (op == WEIR_UNARY_INVERT)
        return weir_vm_fail(vm, WEIR_RAISE_OVERFLOW, "integer overflow beyond 64 bits: ~%s",
                            weir_vm_show(vm, v));
    __int128 wide;
    if (weir_int128_of(v, &wide))
        return weir_int128_value(vm, -wide, out);
    if (v->s[0] == '-')
        return weir_text_value(vm, WEIR_BIGINT, v->s + 1, v->len - 1u, 0, out);
    char *room = weir_vm_alloc(vm, v->len + 1u);
    if (!room)
        return false;
    room[0] = '-';
    memcpy(room + 1, v->s, v->len);
    *out = weir_value_str((weir_str){room, v->len + 1u});
    out->kind = WEIR_BIGINT;
    return true;
}

static bool unary_decimal(weir_vm *vm, weir_unary op, const weir_value *v, weir_value *out)
{
    const weir_decimal *r = NULL;
    weir_decimal_code code = op == WEIR_UNARY_MINUS ? weir_decimal_neg(vm->arena, v->decimal, &r)
                                                    : weir_decimal_plus(vm->arena, v->decimal, &r);
    if (!weir_decimal_ok(vm, code, op == WEIR_UNARY_MINUS ? "-" : "+"))
        return false;
    *out = weir_value_decimal(r);
    return true;
}

bool weir_op_unary(weir_vm *vm, weir_unary op, const weir_value *a, weir_value *out)
{
    static const char *const names[] = {"+", "-", "~"};
    weir_value room;
    const weir_value *v = weir_typed(vm, a, &room);
    if (!v)
        return false;
    if (weir_is_int(v)) {
        __int128 wide = op == WEIR_UNARY_MINUS  ? -(__int128)v->i
                        : op == WEIR_UNARY_PLUS ? (__int128)v->i
                                                : ~(__int128)v->i;
        return weir_int128_value(vm, wide, out);
    }
    if (v->kind == WEIR_BIGINT)
        return unary_bigint(vm, op, v, out);
    if (v->kind == WEIR_FLOAT && op != WEIR_UNARY_INVERT) {
        *out = weir_value_float(op == WEIR_UNARY_MINUS ? -v->f : v->f);
        return true;
    }
    if (v->kind == WEIR_DECIMAL && op != WEIR_UNARY_INVERT)
        return unary_decimal(vm, op, v, out);
    if (v->kind == WEIR_TIMEDELTA && op != WEIR_UNARY_INVERT) {
        weir_value delta = *v;
        delta.i = op == WEIR_UNARY_MINUS ? -v->i : v->i; /* INT64_MIN is never made */
        *out = delta;
        return true;
    }
    return weir_vm_fail(vm, WEIR_RAISE_TYPE, "bad operand type for unary %s: '%s' (%s)", names[op],
                        weir_value_type_name(v), weir_vm_show(vm, v));
}
