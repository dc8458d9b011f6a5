/* SPDX-License-Identifier: MIT */
/* str() repr() bytes(), and the encodings between text and bytes: utf-8, ascii, latin-1. */
#include "expr/str_parts.h"
#include "expr/tables.h"
#include "expr/typed.h"
#include "util/utf8.h"

typedef enum encoding { UTF8, ASCII, LATIN1 } encoding;

static bool same_name(weir_str given, const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < given.len; i++) {
        char c = given.ptr[i];
        c = c == '_' || c == ' ' ? '-' : c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
        if (i >= len || c != name[i])
            return false;
    }
    return given.len == len;
}

static bool encoding_of(weir_vm *vm, const weir_value *arg, encoding *out)
{
    static const struct {
        const char *name;
        encoding encoding;
    } names[] = {
        {"utf-8", UTF8},     {"utf8", UTF8},     {"ascii", ASCII},       {"us-ascii", ASCII},
        {"latin-1", LATIN1}, {"latin1", LATIN1}, {"iso-8859-1", LATIN1}, {"l1", LATIN1},
    };
    weir_str name;
    *out = UTF8;
    if (arg->kind == WEIR_ABSENT)
        return true;
    if (!weir_need_str(vm, arg, "encoding", &name))
        return false;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (same_name(name, names[i].name)) {
            *out = names[i].encoding;
            return true;
        }
    }
    return weir_vm_fail(vm, WEIR_RAISE_LOOKUP, "unknown encoding: %s (utf-8, ascii, latin-1)",
                        weir_vm_show(vm, arg));
}

typedef enum on_error { STRICT, IGNORE, REPLACE } on_error;

static bool on_error_of(weir_vm *vm, const weir_value *arg, on_error *out)
{
    weir_str name = WEIR_STR("strict");
    if (arg->kind != WEIR_ABSENT && !weir_need_str(vm, arg, "errors", &name))
        return false;
    *out = weir_str_is(name, "ignore") ? IGNORE : weir_str_is(name, "replace") ? REPLACE : STRICT;
    return *out != STRICT || weir_str_is(name, "strict") ||
           weir_vm_fail(vm, WEIR_RAISE_LOOKUP, "unknown error handler name %s",
                        weir_vm_show(vm, arg));
}

/* ------------------------------------------------------------------ encode */

bool weir_encode_text(weir_vm *vm, const weir_value *text, const weir_value *encoding_arg,
                      const weir_value *errors_arg, weir_value *out)
{
    encoding to;
    on_error errors;
    if (!encoding_of(vm, encoding_arg, &to) || !on_error_of(vm, errors_arg, &errors))
        return false;
    weir_value copy = *text;
    copy.kind = WEIR_BYTES;
    if (to == UTF8 || weir_text_is_ascii(&copy)) {
        *out = copy;
        out->flags &= WEIR_VALUE_SECRET;
        return true;
    }
    weir_str s = weir_value_text(text);
    char *room = weir_vm_alloc(vm, s.len);
    if (!room || !weir_vm_charge(vm, s.len / 16))
        return false;
    size_t len = 0;
    uint32_t most = to == ASCII ? 0x7F : 0xFF, c;
    for (size_t at = 0, n, index = 0; at < s.len; at += n, index++) {
        n = weir_utf8_decode((weir_str){s.ptr + at, s.len - at}, &c);
        n = n ? n : 1;
        if (c <= most)
            room[len++] = (char)c;
        else if (errors == REPLACE)
            room[len++] = '?';
        else if (errors == STRICT)
            return weir_vm_fail(vm, WEIR_RAISE_UNICODE,
                                "'%s' codec can't encode character U+%04X in position %zu",
                                to == ASCII ? "ascii" : "latin-1", c, index);
    }
    *out = weir_value_bytes((weir_str){room, len});
    out->flags = text->flags & WEIR_VALUE_SECRET;
    return true;
}

/* ------------------------------------------------------------------ decode */

static bool decode_latin1(weir_vm *vm, const weir_value *bytes, weir_value *out)
{
    char *room = weir_vm_alloc(vm, (size_t)bytes->len * 2);
    if (!room || !weir_vm_charge(vm, bytes->len / 16))
        return false;
    size_t len = 0;
    for (size_t i = 0; i < bytes->len; i++)
        len += weir_utf8_encode((uint8_t)bytes->s[i], room + len);
    *out = weir_value_str((weir_str){room, len});
    out->flags = bytes->flags & WEIR_VALUE_SECRET;
    return true;
}

/* The bytes that one replacement character stands for: the longest start of a sequence that could
 * have gone on, or one byte. */
static size_t malformed_len(weir_str text)
{
    weir_utf8_state state = {0};
    size_t n = 0;
    while (n < text.len && n < WEIR_UTF8_MAX && weir_utf8_feed(&state, (weir_str){text.ptr + n, 1}))
        n++;
    return n ? n : 1;
}

static bool decode_utf8(weir_vm *vm, const weir_value *bytes, encoding from, on_error errors,
                        weir_value *out)
{
    weir_str s = weir_value_text(bytes);
    weir_buf text = weir_vm_text(vm);
    bool is_done = true;
    for (size_t at = 0; at < s.len && is_done;) {
        uint32_t c;
        size_t n = weir_utf8_decode((weir_str){s.ptr + at, s.len - at}, &c);
        if (n && (from == UTF8 || c < 0x80)) {
            weir_buf_put(&text, (weir_str){s.ptr + at, n});
            at += n;
            continue;
        }
        if (errors == STRICT)
            is_done = weir_vm_fail(vm, WEIR_RAISE_UNICODE,
                                   "'%s' codec can't decode byte 0x%02x in position %zu",
                                   from == UTF8 ? "utf-8" : "ascii", (uint8_t)s.ptr[at], at);
        else if (errors == REPLACE)
            weir_buf_puts(&text, "\xEF\xBF\xBD");
        at += from == UTF8 ? malformed_len((weir_str){s.ptr + at, s.len - at}) : 1;
    }
    is_done = is_done && weir_op_str_from(vm, &text, bytes->flags & WEIR_VALUE_SECRET, out);
    weir_vm_text_done(vm, &text);
    return is_done;
}

bool weir_decode_bytes(weir_vm *vm, const weir_value *bytes, const weir_value *encoding_arg,
                       const weir_value *errors_arg, weir_value *out)
{
    encoding from;
    on_error errors;
    if (!encoding_of(vm, encoding_arg, &from) || !on_error_of(vm, errors_arg, &errors) ||
        !weir_vm_charge(vm, bytes->len / 32))
        return false;
    if (from == LATIN1)
        return decode_latin1(vm, bytes, out);
    weir_value as_text = *bytes;
    as_text.kind = WEIR_STR;
    bool is_ascii = weir_text_is_ascii(&as_text);
    if (is_ascii || (from == UTF8 && weir_utf8_valid(weir_value_text(bytes)))) {
        *out = as_text;
        return true;
    }
    return decode_utf8(vm, bytes, from, errors, out);
}

/* ------------------------------------------------------------------ str, repr, bytes */

static bool call_str(weir_vm *vm, const weir_call *call, weir_value *out)
{
    weir_value room;
    const weir_value *t = weir_typed(vm, weir_arg(call, 0), &room);
    if (!t)
        return false;
    if (t->kind == WEIR_ABSENT) {
        *out = weir_value_str((weir_str){"", 0});
        return true;
    }
    if (weir_given(call, 1) || weir_given(call, 2)) {
        if (t->kind != WEIR_BYTES)
            return weir_vm_fail(vm, WEIR_RAISE_TYPE,
                                "decoding to str: need a bytes-like object, %s found (%s)",
                                weir_value_type_name(t), weir_vm_show(vm, t));
        return weir_decode_bytes(vm, t, weir_arg(call, 1), weir_arg(call, 2), out);
    }
    if (t->kind == WEIR_STR) {
        *out = *t;
        return true;
    }
    weir_buf text = weir_vm_text(vm);
    bool is_done =
        weir_op_text(vm, t, 's', &text) && weir_op_str_from(vm, &text, weir_op_flags(t), out);
    weir_vm_text_done(vm, &text);
    return is_done;
}

static bool call_repr(weir_vm *vm, const weir_call *call, weir_value *out)
{
    weir_buf text = weir_vm_text(vm);
    const weir_value *v = weir_arg(call, 0);
    bool is_done =
        weir_op_text(vm, v, 'r', &text) && weir_op_str_from(vm, &text, weir_op_flags(v), out);
    weir_vm_text_done(vm, &text);
    return is_done;
}

static bool bytes_of_ints(weir_vm *vm, const weir_value *v, weir_value *out)
{
    const weir_value *items;
    size_t count;
    int64_t byte;
    if (!weir_items_of(vm, v, &items, &count))
        return false;
    char *room = weir_vm_alloc(vm, count);
    if (!room)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!weir_vm_charge(vm, 1) || !weir_need_int(vm, &items[i], "byte", &byte))
            return false;
        if (byte < 0 || byte > 255)
            return weir_vm_fail(vm, WEIR_RAISE_VALUE, "bytes must be in range(0, 256), not %lld",
                                (long long)byte);
        room[i] = (char)byte;
    }
    *out = weir_value_bytes((weir_str){room, count});
    return true;
}

static bool call_bytes(weir_vm *vm, const weir_call *call, weir_value *out)
{
    weir_value room;
    const weir_value *t = weir_typed(vm, weir_arg(call, 0), &room);
    if (!t)
        return false;
    if (t->kind == WEIR_STR && !weir_given(call, 1))
        return weir_vm_fail(vm, WEIR_RAISE_TYPE, "string argument without an encoding (%s)",
                            weir_vm_show(vm, t));
    if (t->kind == WEIR_STR)
        return weir_encode_text(vm, t, weir_arg(call, 1), weir_arg(call, 2), out);
    if (weir_given(call, 1) || weir_given(call, 2))
        return weir_vm_fail(vm, WEIR_RAISE_TYPE, "encoding without a string argument (%s)",
                            weir_vm_show(vm, t));
    if (t->kind == WEIR_BYTES) {
        *out = *t;
        return true;
    }
    if (!weir_is_int(t))
        return t->kind == WEIR_ABSENT ? weir_text_value(vm, WEIR_BYTES, "", 0, 0, out)
                                      : bytes_of_ints(vm, t, out);
    if (t->i < 0)
        return weir_vm_fail(vm, WEIR_RAISE_VALUE, "negative count");
    char *zeros = weir_vm_alloc(vm, (size_t)t->i);
    if (!zeros || !weir_vm_charge(vm, (uint64_t)t->i / 64))
        return false;
    memset(zeros, 0, (size_t)t->i);
    *out = weir_value_bytes((weir_str){zeros, (size_t)t->i});
    return true;
}

const weir_fn_row weir_fn_texts[] = {
    {"str", "object? encoding? errors?", call_str, WEIR_STR, WEIR_FN_PURE,
     "a value as text, or bytes decoded"},
    {"repr", "obj /", call_repr, WEIR_STR, WEIR_FN_PURE, "a value as Python would write it"},
    {"bytes", "source? encoding? errors?", call_bytes, WEIR_BYTES, WEIR_FN_PURE,
     "an encoded text, a list of byte values, or that many zeros"},
    {0},
};
