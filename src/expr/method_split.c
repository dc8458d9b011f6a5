/* SPDX-License-Identifier: MIT */
/* The str methods that take a text apart: parts are spans of it, no bytes are copied. */
#include "expr/chars.h"
#include "expr/str_parts.h"
#include "util/utf8.h"

size_t weir_str_find(weir_str text, weir_str needle, size_t from)
{
    if (from > text.len || needle.len > text.len - from)
        return SIZE_MAX;
    if (needle.len == 0)
        return from;
    const char *at = memmem(text.ptr + from, text.len - from, needle.ptr, needle.len);
    return at ? (size_t)(at - text.ptr) : SIZE_MAX;
}

size_t weir_str_find_last(weir_str text, weir_str needle, size_t to)
{
    if (needle.len > to)
        return SIZE_MAX;
    for (size_t at = to - needle.len + 1; at-- > 0;)
        if (needle.len == 0 || memcmp(text.ptr + at, needle.ptr, needle.len) == 0)
            return at;
    return SIZE_MAX;
}

weir_value weir_str_span(const weir_value *of, size_t from, size_t len)
{
    weir_value part = *of;
    part.s += from;
    part.len = (uint32_t)len;
    return part;
}

static size_t char_at(weir_str s, size_t at, uint32_t *c)
{
    size_t n = weir_utf8_decode((weir_str){s.ptr + at, s.len - at}, c);
    if (n)
        return n;
    *c = 0xFFFD;
    return 1;
}

/* Bytes of the character that ends at `at`. */
static size_t char_before(weir_str s, size_t at, uint32_t *c)
{
    size_t n = 1;
    while (n < at && n < 4 && ((uint8_t)s.ptr[at - n] & 0xC0) == 0x80)
        n++;
    if (weir_utf8_decode((weir_str){s.ptr + at - n, n}, c) != n)
        *c = 0xFFFD;
    return n;
}

static bool add_part(weir_vm *vm, weir_builder *made, const weir_value *self, size_t from,
                     size_t to)
{
    weir_value part = weir_str_span(self, from, to - from);
    return weir_vm_charge(vm, 1) && weir_build_add(vm, made, &part);
}

static bool split_blanks(weir_vm *vm, const weir_value *self, int64_t most, weir_builder *made)
{
    weir_str s = weir_value_text(self);
    size_t at = 0;
    uint32_t c = 0;
    for (;;) {
        while (at < s.len) {
            size_t n = char_at(s, at, &c);
            if (!weir_char_is_space(c))
                break;
            at += n;
        }
        if (at == s.len)
            return true;
        size_t from = at;
        if (most-- == 0)
            return add_part(vm, made, self, from, s.len);
        while (at < s.len) {
            size_t n = char_at(s, at, &c);
            if (weir_char_is_space(c))
                break;
            at += n;
        }
        if (!add_part(vm, made, self, from, at))
            return false;
    }
}

/* From the end; parts come out last first. */
static bool rsplit_blanks(weir_vm *vm, const weir_value *self, int64_t most, weir_builder *made)
{
    weir_str s = weir_value_text(self);
    size_t at = s.len;
    uint32_t c = 0;
    for (;;) {
        while (at > 0) {
            size_t n = char_before(s, at, &c);
            if (!weir_char_is_space(c))
                break;
            at -= n;
        }
        if (at == 0)
            return true;
        size_t to = at;
        if (most-- == 0)
            return add_part(vm, made, self, 0, to);
        while (at > 0) {
            size_t n = char_before(s, at, &c);
            if (weir_char_is_space(c))
                break;
            at -= n;
        }
        if (!add_part(vm, made, self, at, to))
            return false;
    }
}

static bool split_at(weir_vm *vm, const weir_value *self, weir_str sep, int64_t most,
                     weir_builder *made)
{
    weir_str s = weir_value_text(self);
    size_t from = 0;
    while (most-- != 0) {
        size_t at = weir_str_find(s, sep, from);
        if (at == SIZE_MAX)
            break;
        if (!add_part(vm, made, self, from, at))
            return false;
        from = at + sep.len;
    }
    return add_part(vm, made, self, from, s.len);
}

static bool rsplit_at(weir_vm *vm, const weir_value *self, weir_str sep, int64_t most,
                      weir_builder *made)
{
    weir_str s = weir_value_text(self);
    size_t to = s.len;
    while (most-- != 0) {
        size_t at = weir_str_find_last(s, sep, to);
        if (at == SIZE_MAX)
            break;
        if (!add_part(vm, made, self, at + sep.len, to))
            return false;
        to = at;
    }
    return add_part(vm, made, self, 0, to);
}

static void reverse_parts(weir_builder *made)
{
    for (size_t i = 0; i < made->count / 2; i++) {
        weir_value swap = made->items[i];
        made->items[i] = made->items[made->count - 1 - i];
        made->items[made->count - 1 - i] = swap;
    }
}

static bool split(weir_vm *vm, const weir_call *call, bool from_end, weir_value *out)
{
    weir_value self;
    weir_builder made;
    weir_str sep = {0};
    int64_t most;
    const weir_value *sep_arg = weir_arg(call, 1);
    bool is_blanks = sep_arg->kind == WEIR_ABSENT || sep_arg->kind == WEIR_NONE;
    if (!weir_str_self(vm, call, &self) ||
        !weir_need_int_or(vm, weir_arg(call, 2), "maxsplit", -1, &most) ||
        (!is_blanks && !weir_need_str(vm, sep_arg, "sep", &sep)) ||
        !weir_vm_charge(vm, self.len / 8 + sep.len / 8) ||
        !weir_build_init(vm, &made, WEIR_LIST, 4))
        return false;
    if (!is_blanks && sep.len == 0)
        return weir_vm_fail(vm, WEIR_RAISE_VALUE, "empty separator");
    most = most < 0 ? -1 : most;
    bool is_done = is_blanks ? (from_end ? rsplit_blanks : split_blanks)(vm, &self, most, &made)
                             : (from_end ? rsplit_at : split_at)(vm, &self, sep, most, &made);
    if (from_end)
        reverse_parts(&made);
    return is_done && weir_build_finish(vm, &made, out);
}

bool weir_str_split(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return split(vm, call, false, out);
}

bool weir_str_rsplit(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return split(vm, call, true, out);
}

bool weir_str_splitlines(weir_vm *vm, const weir_call *call, weir_value *out)
{
    weir_value self;
    weir_builder made;
    bool keeps = false;
    if (!weir_str_self(vm, call, &self) ||
        (weir_given(call, 1) && !weir_op_truth(vm, weir_arg(call, 1), &keeps)) ||
        !weir_vm_charge(vm, self.len / 8) || !weir_build_init(vm, &made, WEIR_LIST, 4))
        return false;
    weir_str s = weir_value_text(&self);
    size_t from = 0, at = 0;
    while (at < s.len) {
        uint32_t c;
        size_t n = char_at(s, at, &c);
        if (!weir_char_is_line_end(c)) {
            at += n;
            continue;
        }
        size_t line = at;
        at += n;
        if (c == '\r' && at < s.len && s.ptr[at] == '\n')
            at++;
        if (!add_part(vm, &made, &self, from, keeps ? at : line))
            return false;
        from = at;
    }
    if (from < s.len && !add_part(vm, &made, &self, from, s.len))
        return false;
    return weir_build_finish(vm, &made, out);
}

static bool partition(weir_vm *vm, const weir_call *call, bool from_end, weir_value *out)
{
    weir_value self, *parts;
    weir_str sep;
    if (!weir_str_self(vm, call, &self) || !weir_need_str(vm, weir_arg(call, 1), "sep", &sep) ||
        !weir_vm_charge(vm, self.len / 16) || !weir_list_room(vm, WEIR_TUPLE, 3, out, &parts))
        return false;
    if (sep.len == 0)
        return weir_vm_fail(vm, WEIR_RAISE_VALUE, "empty separator");
    weir_str s = weir_value_text(&self);
    size_t at = from_end ? weir_str_find_last(s, sep, s.len) : weir_str_find(s, sep, 0);
    if (at == SIZE_MAX) {
        parts[0] = parts[1] = parts[2] = weir_str_span(&self, 0, 0);
        parts[from_end ? 2 : 0] = self;
        return true;
    }
    parts[0] = weir_str_span(&self, 0, at);
    parts[1] = weir_str_span(&self, at, sep.len);
    parts[2] = weir_str_span(&self, at + sep.len, s.len - at - sep.len);
    return true;
}

bool weir_str_partition(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return partition(vm, call, false, out);
}

bool weir_str_rpartition(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return partition(vm, call, true, out);
}
