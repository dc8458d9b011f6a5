/* SPDX-License-Identifier: MIT */
/*
 * What operations and builtins ask of the VM: failing with a sentence, showing a value in one,
 * paying for work, getting memory; and looking at operands as what they are (typed.h).
 *
 * Work is paid for before it is done: weir_vm_charge takes steps for time, weir_vm_alloc bounds one
 * result by WEIR_EXPR_RESULT_MAX and leaves the sum to the arena's own limit.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "expr/typed.h"
#include "util/number.h"
#include "util/utf8.h"
#include "value/json_read.h"
#include "value/json_write.h"

enum { SHOW_MAX = 60 };

const char *weir_raise_name(weir_raise raise)
{
    static const char *const names[WEIR_RAISE_COUNT] = {
        [WEIR_RAISE_NONE] = "none",
        [WEIR_RAISE_TYPE] = "TypeError",
        [WEIR_RAISE_VALUE] = "ValueError",
        [WEIR_RAISE_KEY] = "KeyError",
        [WEIR_RAISE_INDEX] = "IndexError",
        [WEIR_RAISE_ZERO_DIVISION] = "ZeroDivisionError",
        [WEIR_RAISE_OVERFLOW] = "OverflowError",
        [WEIR_RAISE_ATTRIBUTE] = "AttributeError",
        [WEIR_RAISE_LOOKUP] = "LookupError",
        [WEIR_RAISE_UNICODE] = "UnicodeError",
        [WEIR_RAISE_ARITHMETIC] = "ArithmeticError",
        [WEIR_RAISE_LIMIT] = "LimitError",
        [WEIR_RAISE_MEMORY] = "MemoryError",
        [WEIR_RAISE_PLUGIN] = "PluginError",
    };
    return raise < WEIR_RAISE_COUNT ? names[raise] : "none";
}

bool weir_vm_fail(weir_vm *vm, weir_raise raise, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(vm->message, sizeof(vm->message), format, args);
    va_end(args);
    vm->raise = raise;
    vm->message_len = len < 0 ? 0 : (size_t)len;
    if (vm->message_len >= sizeof(vm->message)) {
        weir_str cut = {vm->message, sizeof(vm->message) - 1};
        vm->message_len = weir_utf8_valid_prefix(cut);
    }
    vm->message[vm->message_len] = '\0';
    return false;
}

bool weir_vm_fail_memory(weir_vm *vm)
{
    if (weir_arena_used(vm->arena) >= WEIR_EXPR_MEMORY_MAX / 2)
        return weir_vm_fail(vm, WEIR_RAISE_LIMIT, "the expression needs more than %d bytes",
                            WEIR_EXPR_MEMORY_MAX);
    return weir_vm_fail(vm, WEIR_RAISE_MEMORY, "out of memory");
}

bool weir_vm_charge(weir_vm *vm, uint64_t n)
{
    if (n > vm->steps) {
        vm->steps = 0;
        return weir_vm_fail(vm, WEIR_RAISE_LIMIT, "the expression takes more than %d steps",
                            WEIR_EXPR_STEPS_MAX);
    }
    vm->steps -= n;
    return true;
}

void *weir_vm_alloc(weir_vm *vm, size_t size)
{
    if (size > WEIR_EXPR_RESULT_MAX) {
        weir_vm_fail(vm, WEIR_RAISE_LIMIT, "a result of %zu bytes is over the limit of %d", size,
                     WEIR_EXPR_RESULT_MAX);
        return NULL;
    }
    void *room = weir_arena_alloc(vm->arena, size ? size : 1);
    if (!room)
        weir_vm_fail_memory(vm);
    return room;
}

enum { SPARE_MAX = 64 * 1024 /* a longer text gives its memory back */ };

weir_buf weir_vm_text(weir_vm *vm)
{
    if (vm->spare_count == 0)
        return (weir_buf){0};
    return vm->spares[--vm->spare_count];
}

void weir_vm_text_done(weir_vm *vm, weir_buf *text)
{
    if (text->cap == 0 || text->cap > SPARE_MAX || vm->spare_count == WEIR_VM_SPARES) {
        weir_buf_fini(text);
        return;
    }
    weir_buf_clear(text);
    vm->spares[vm->spare_count++] = *text;
    *text = (weir_buf){0};
}

/* A text that may be long is cut before its repr is made, so that a message about a frame of
 * megabytes costs no more than one about a word. */
static weir_value cut_for_show(const weir_value *v)
{
    weir_value cut = *v;
    if ((v->kind == WEIR_STR || v->kind == WEIR_BYTES) && v->len > SHOW_MAX) {
        weir_str head = {v->s, SHOW_MAX};
        cut.len = (uint32_t)(v->kind == WEIR_STR ? weir_utf8_valid_prefix(head) : SHOW_MAX);
    }
    return cut;
}

static void show_raw(const weir_value *v, weir_buf *text)
{
    weir_str span = weir_value_text(v);
    if (span.len > SHOW_MAX)
        span.len = SHOW_MAX;
    span.len = weir_utf8_valid_prefix(span);
    if (v->aux == WEIR_RAW_ESCAPED)
        weir_buf_putc(text, '"');
    weir_buf_put(text, span);
    if (v->aux == WEIR_RAW_ESCAPED)
        weir_buf_putc(text, '"');
}

static void show_items(weir_vm *vm, const weir_value *v, weir_buf *text)
{
    /* Only the head of a long list is looked at. */
    weir_list head = *v->list;
    if (head.count > SHOW_MAX / 2)
        head.count = SHOW_MAX / 2;
    weir_value cut = *v;
    cut.list = &head;
    weir_op_text(vm, &cut, 'r', text);
}

const char *weir_vm_show(weir_vm *vm, const weir_value *v)
{
    if (weir_op_flags(v) & WEIR_VALUE_SECRET)
        return "***";
    /* Showing must neither fail the run nor overwrite the failure that it is part of. */
    char message[sizeof(vm->message)];
    size_t message_len = vm->message_len;
    weir_raise raise = vm->raise;
    memcpy(message, vm->message, sizeof(message));
    weir_buf text = weir_vm_text(vm);
    weir_value cut = cut_for_show(v);
    if (cut.kind == WEIR_RAW)
        show_raw(&cut, &text);
    else if (cut.kind == WEIR_LIST || cut.kind == WEIR_TUPLE)
        show_items(vm, &cut, &text);
    else if (cut.kind == WEIR_BIGINT && cut.len > SHOW_MAX)
        weir_buf_put(&text, (weir_str){cut.s, SHOW_MAX});
    else
        weir_op_text(vm, &cut, 'r', &text);
    memcpy(vm->message, message, sizeof(message));
    vm->message_len = message_len;
    vm->raise = raise;
    weir_str head = weir_buf_str(&text);
    bool is_cut = head.len > SHOW_MAX || cut.len != v->len;
    if (head.len > SHOW_MAX)
        head = (weir_str){head.ptr, weir_utf8_valid_prefix((weir_str){head.ptr, SHOW_MAX})};
    char *room = weir_arena_alloc(vm->arena, head.len + 4);
    if (room) {
        if (head.len)
            memcpy(room, head.ptr, head.len);
        memcpy(room + head.len, is_cut ? "..." : "", is_cut ? 4 : 1);
    }
    weir_vm_text_done(vm, &text);
    return room ? room : "...";
}

unsigned weir_op_flags(const weir_value *v)
{
    switch (v->kind) {
    case WEIR_LIST:
    case WEIR_TUPLE:
    case WEIR_DICT:
    case WEIR_SET: return weir_value_has_secret(v) ? WEIR_VALUE_SECRET : 0;
    default: return v->flags & WEIR_VALUE_SECRET;
    }
}

/* ------------------------------------------------------------------ operands */

const weir_value *weir_typed_raw(weir_vm *vm, const weir_value *v, weir_value *room)
{
    if (v->aux == WEIR_RAW_NUMBER) {
        *room = weir_json_number(v);
        return room;
    }
    if (v->aux != WEIR_RAW_ESCAPED)
        return v;
    if (!weir_json_unescape(vm->arena, v, room)) {
        weir_vm_fail_memory(vm);
        return NULL;
    }
    room->flags |= v->flags & WEIR_VALUE_SECRET;
    return room;
}

/* One level: what is raw inside hands the flag on when it is unfolded itself. The items were made a
 * moment ago, so nobody else sees them change. */
static void mark_secret(weir_value *v)
{
    v->flags |= WEIR_VALUE_SECRET;
    for (size_t i = 0; v->kind == WEIR_LIST && i < v->list->count; i++)
        v->list->items[i].flags |= WEIR_VALUE_SECRET;
    for (size_t i = 0; v->kind == WEIR_DICT && i < v->dict->count; i++) {
        v->dict->entries[i].key.flags |= WEIR_VALUE_SECRET;
        v->dict->entries[i].value.flags |= WEIR_VALUE_SECRET;
    }
}

bool weir_op_unfold(weir_vm *vm, weir_value *v)
{
    if (v->kind != WEIR_RAW)
        return true;
    unsigned secret = v->flags & WEIR_VALUE_SECRET;
    if ((v->aux == WEIR_RAW_ARRAY || v->aux == WEIR_RAW_OBJECT) &&
        !weir_vm_charge(vm, v->len / 16 + 1))
        return false;
    weir_value typed;
    if (!weir_json_unfold(vm->arena, v, &typed))
        return weir_vm_fail_memory(vm);
    *v = typed;
    if (secret)
        mark_secret(v);
    return true;
}

bool weir_need_str(weir_vm *vm, const weir_value *v, const char *who, weir_str *out)
{
    weir_value room;
    const weir_value *t = weir_typed(vm, v, &room);
    if (!t)
        return false;
    if (t->kind != WEIR_STR)
        return weir_vm_fail(vm, WEIR_RAISE_TYPE, "%s must be str, not %s (%s)", who,
                            weir_value_type_name(t), weir_vm_show(vm, t));
    *out = weir_value_text(t);
    return true;
}

bool weir_need_bytes(weir_vm *vm, const weir_value *v, const char *who, weir_str *out)
{
    weir_value room;
    const weir_value *t = weir_typed(vm, v, &room);
    if (!t)
        return false;
    if (t->kind != WEIR_STR && t->kind != WEIR_BYTES)
        return weir_vm_fail(vm, WEIR_RAISE_TYPE, "%s must be str or bytes, not %s (%s)", who,
                            weir_value_type_name(t), weir_vm_show(vm, t));
    *out = weir_value_text(t);
    return true;
}

bool weir_need_int(weir_vm *vm, const weir_value *v, const char *who, int64_t *out)
{
    weir_value room;
    const weir_value *t = weir_typed(vm, v, &room);
    if (!t)
        return false;
    if (t->kind == WEIR_BIGINT)
        return weir_vm_fail(vm, WEIR_RAISE_OVERFLOW, "%s is beyond 64 bits (%s)", who,
                            weir_vm_show(vm, t));
    if (!weir_is_int(t))
        return weir_vm_fail(vm, WEIR_RAISE_TYPE,
                            "'%s' object cannot be interpreted as an integer "
                            "(%s: %s)",
                            weir_value_type_name(t), who, weir_vm_show(vm, t));
    *out = t->i;
    return true;
}

bool weir_need_int_or(weir_vm *vm, const weir_value *v, const char *who, int64_t fallback,
                      int64_t *out)
{
    if (v->kind == WEIR_ABSENT || v->kind == WEIR_NONE) {
        *out = fallback;
        return true;
    }
    return weir_need_int(vm, v, who, out);
}

bool weir_need_double(weir_vm *vm, const weir_value *v, const char *who, double *out)
{
    weir_value room;
    const weir_value *t = weir_typed(vm, v, &room);
    if (!t)
        return false;
    switch (t->kind) {
    case WEIR_BOOL:
    case WEIR_INT: *out = (double)t->i; return true;
    case WEIR_FLOAT: *out = t->f; return true;
    case WEIR_DECIMAL: *out = weir_decimal_to_double(t->decimal); return true;
    case WEIR_BIGINT:
        if (weir_double_parse(weir_value_text(t), out) && isfinite(*out))
            return true;
        return weir_vm_fail(vm, WEIR_RAISE_OVERFLOW, "int too large to convert to float (%s)",
                            weir_vm_show(vm, t));
    default:
        return weir_vm_fail(vm, WEIR_RAISE_TYPE, "%s must be a real number, not %s (%s)", who,
                            weir_value_type_name(t), weir_vm_show(vm, t));
    }
}

bool weir_int128_value(weir_vm *vm, __int128 i, weir_value *out)
{
    if (i >= INT64_MIN && i <= INT64_MAX) {
        *out = weir_value_int((int64_t)i);
        return true;
    }
    char digits[48];
    size_t at = sizeof(digits);
    unsigned __int128 rest = i < 0 ? -(unsigned __int128)i : (unsigned __int128)i;
    for (; rest; rest /= 10)
        digits[--at] = (char)('0' + (int)(rest % 10));
    if (i < 0)
        digits[--at] = '-';
    return weir_text_value(vm, WEIR_BIGINT, digits + at, sizeof(digits) - at, 0, out);
}

bool weir_int128_of(const weir_value *v, __int128 *out)
{
    if (v->kind != WEIR_BIGINT) {
        *out = v->i;
        return true;
    }
    bool is_negative = v->len && v->s[0] == '-';
    if (v->len > 38u + is_negative)
        return false;
    __int128 i = 0; /* 38 digits fit: 10^38 < 2^127 */
    for (size_t at = is_negative; at < v->len; at++)
        i = i * 10 + (v->s[at] - '0');
    *out = is_negative ? -i : i;
    return true;
}

bool weir_int_from_double(weir_vm *vm, double f, weir_value *out)
{
    if (isnan(f))
        return weir_vm_fail(vm, WEIR_RAISE_VALUE, "cannot convert float NaN to integer");
    if (isinf(f))
        return weir_vm_fail(vm, WEIR_RAISE_OVERFLOW, "cannot convert float infinity to integer");
    f = trunc(f);
    if (f >= -0x1p63 && f < 0x1p63) {
        *out = weir_value_int((int64_t)f);
        return true;
    }
    char digits[320];
    int len = snprintf(digits, sizeof(digits), "%.0f", f);
    return weir_text_value(vm, WEIR_BIGINT, digits, (size_t)len, 0, out);
}

/* ------------------------------------------------------------------ text */

bool weir_text_value(weir_vm *vm, uint8_t kind, const char *text, size_t len, unsigned flags,
                     weir_value *out)
{
    char *room = weir_vm_alloc(vm, len);
    if (!room)
        return false;
    if (len)
        memcpy(room, text, len);
    *out = weir_value_str((weir_str){room, len});
    out->kind = kind;
    out->flags = (uint8_t)flags;
    return true;
}

bool weir_op_str_from(weir_vm *vm, weir_buf *buf, unsigned flags, weir_value *out)
{
    bool is_done =
        weir_text_room(vm, buf, 0) && weir_text_value(vm, WEIR_STR, buf->ptr, buf->len, flags, out);
    if (flags & WEIR_VALUE_SECRET) {
        weir_buf_wipe(buf);
        *buf = (weir_buf){0};
    } else {
        weir_buf_clear(buf);
    }
    return is_done;
}

bool weir_text_is_ascii(weir_value *v)
{
    if (v->flags & WEIR_VALUE_ASCII)
        return true;
    uint64_t high = 0;
    size_t at = 0;
    for (; at + 8 <= v->len; at += 8) {
        uint64_t word;
        memcpy(&word, v->s + at, 8);
        high |= word;
    }
    for (; at < v->len; at++)
        high |= (uint8_t)v->s[at];
    if (high & UINT64_C(0x8080808080808080))
        return false;
    v->flags |= WEIR_VALUE_ASCII;
    return true;
}

bool weir_text_room(weir_vm *vm, const weir_buf *out, size_t extra)
{
    if (out->failed)
        return weir_vm_fail(vm, WEIR_RAISE_MEMORY, "out of memory");
    if (out->len > WEIR_EXPR_RESULT_MAX || extra > WEIR_EXPR_RESULT_MAX - out->len)
        return weir_vm_fail(vm, WEIR_RAISE_LIMIT, "a text of more than %d bytes",
                            WEIR_EXPR_RESULT_MAX);
    return true;
}

/* ------------------------------------------------------------------ failures */

bool weir_fail_operands(weir_vm *vm, const char *op, const weir_value *a, const weir_value *b)
{
    return weir_vm_fail(
        vm, WEIR_RAISE_TYPE, "unsupported operand type(s) for %s: '%s' and '%s' (%s and %s)", op,
        weir_value_type_name(a), weir_value_type_name(b), weir_vm_show(vm, a), weir_vm_show(vm, b));
}

bool weir_decimal_ok(weir_vm *vm, weir_decimal_code code, const char *what)
{
    switch (code) {
    case WEIR_DECIMAL_OK: return true;
    case WEIR_DECIMAL_NOMEM: return weir_vm_fail_memory(vm);
    case WEIR_DECIMAL_MALFORMED:
        return weir_vm_fail(vm, WEIR_RAISE_ARITHMETIC, "%s: not a finite decimal number", what);
    case WEIR_DECIMAL_LIMIT:
        return weir_vm_fail(vm, WEIR_RAISE_LIMIT, "%s: more than %d digits", what,
                            WEIR_DECIMAL_DIGITS_MAX);
    case WEIR_DECIMAL_BY_ZERO:
        return weir_vm_fail(vm, WEIR_RAISE_ZERO_DIVISION, "%s: division by zero", what);
    case WEIR_DECIMAL_OVERFLOW:
        return weir_vm_fail(vm, WEIR_RAISE_ARITHMETIC, "%s: decimal overflow", what);
    default: return weir_vm_fail(vm, WEIR_RAISE_ARITHMETIC, "%s: invalid decimal operation", what);
    }
}

bool weir_fail_error(weir_vm *vm, weir_raise raise, const weir_error *error)
{
    if (error->code == WEIR_ERR_NOMEM)
        raise = WEIR_RAISE_MEMORY;
    else if (error->code == WEIR_ERR_LIMIT)
        raise = WEIR_RAISE_LIMIT;
    return weir_vm_fail(vm, raise, "%s", error->text);
}
