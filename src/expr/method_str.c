/* SPDX-License-Identifier: MIT */
/*
 * Methods of str. What can be a span of the receiver is one; what grows is measured before it is
 * written. Positions that go in and out are code points.
 */
#include <stdio.h>

#include "expr/chars.h"
#include "expr/str_parts.h"
#include "expr/tables.h"
#include "util/utf8.h"

bool weir_str_self(weir_vm *vm, const weir_call *call, weir_value *self)
{
    weir_value room;
    const weir_value *t = weir_typed(vm, &call->args[0], &room);
    if (!t)
        return false;
    *self = *t;
    weir_text_is_ascii(self);
    return weir_vm_charge(vm, self->len / 64);
}

static bool is_ascii(const weir_value *v)
{
    return v->flags & WEIR_VALUE_ASCII;
}

static size_t points_of(const weir_value *v)
{
    return is_ascii(v) ? v->len : weir_utf8_count(weir_value_text(v));
}

/* Text of `len` bytes to be filled in by the caller. */
static char *new_text(weir_vm *vm, size_t len, unsigned flags, weir_value *out)
{
    char *room = weir_vm_alloc(vm, len);
    if (!room || !weir_vm_charge(vm, len / 64))
        return NULL;
    *out = weir_value_str((weir_str){room, len});
    out->flags = (uint8_t)flags;
    return room;
}

/* ------------------------------------------------------------------ strip */

enum { LEFT = 1, RIGHT = 2 };

/* Whether the character at c is among those to strip: blanks when `chars` is NULL. */
static bool is_stripped(const weir_str *chars, weir_str c)
{
    uint32_t point;
    if (!chars)
        return weir_utf8_decode(c, &point) && weir_char_is_space(point);
    for (size_t at = 0; at + c.len <= chars->len; at++)
        if (memcmp(chars->ptr + at, c.ptr, c.len) == 0)
            return true; /* UTF-8 synchronizes: a match starts at a character */
    return false;
}

static bool strip(weir_vm *vm, const weir_call *call, unsigned sides, weir_value *out)
{
    weir_value self;
    weir_str chars = {0};
    const weir_value *arg = weir_arg(call, 1);
    bool is_blanks = arg->kind == WEIR_ABSENT || arg->kind == WEIR_NONE;
    if (!weir_str_self(vm, call, &self) ||
        (!is_blanks && !weir_need_str(vm, arg, "strip arg", &chars)))
        return false;
    weir_str s = weir_value_text(&self);
    size_t from = 0, to = s.len;
    uint64_t work = 0;
    while (sides & LEFT && from < to) {
        uint32_t c;
        size_t n = weir_utf8_decode((weir_str){s.ptr + from, to - from}, &c);
        n = n ? n : 1;
        if (!is_stripped(is_blanks ? NULL : &chars, (weir_str){s.ptr + from, n}))
            break;
        from += n;
        work++;
    }
    while (sides & RIGHT && from < to) {
        size_t n = 1;
        while (n < to - from && n < 4 && ((uint8_t)s.ptr[to - n] & 0xC0) == 0x80)
            n++;
        if (!is_stripped(is_blanks ? NULL : &chars, (weir_str){s.ptr + to - n, n}))
            break;
        to -= n;
        work++;
    }
    *out = weir_str_span(&self, from, to - from);
    return weir_vm_charge(vm, work * (chars.len / 8 + 1) / 4);
}

static bool m_strip(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return strip(vm, call, LEFT | RIGHT, out);
}

static bool m_lstrip(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return strip(vm, call, LEFT, out);
}

static bool m_rstrip(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return strip(vm, call, RIGHT, out);
}

/* ------------------------------------------------------------------ case */

typedef enum casing { UPPER, LOWER, TITLE, CAPITALIZE } casing;

static char ascii_case(char c, bool is_upper)
{
    if (is_upper)
        return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool ascii_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool change_ascii(weir_vm *vm, const weir_value *self, casing how, weir_value *out)
{
    char *room = new_text(vm, self->len, self->flags, out);
    if (!room)
        return false;
    bool is_inside = false;
    for (size_t i = 0; i < self->len; i++) {
        char c = self->s[i];
        bool is_upper = how == UPPER || (how == TITLE && !is_inside) || (how == CAPITALIZE && !i);
        room[i] = ascii_case(c, is_upper);
        is_inside = ascii_letter(c);
    }
    return true;
}

/* Greek: a sigma that ends a word has a form of its own. */
static bool is_final_sigma(weir_str s, size_t at)
{
    uint32_t c;
    size_t before = at, after = at + 2;
    bool has_before = false;
    while (before > 0) {
        size_t n = 1;
        while (n < before && n < 4 && ((uint8_t)s.ptr[before - n] & 0xC0) == 0x80)
            n++;
        before -= n;
        if (!weir_utf8_decode((weir_str){s.ptr + before, n}, &c) ||
            !weir_char_is_case_ignorable(c)) {
            has_before = weir_char_is_cased(c);
            break;
        }
    }
    while (has_before && after < s.len) {
        size_t n = weir_utf8_decode((weir_str){s.ptr + after, s.len - after}, &c);
        if (!n || !weir_char_is_case_ignorable(c))
            return !(n && weir_char_is_cased(c));
        after += n;
    }
    return has_before;
}

static size_t change_char(casing how, bool is_first, bool is_inside, uint32_t c, uint32_t to[3])
{
    if (how == UPPER)
        return weir_char_upper(c, to);
    if ((how == TITLE && !is_inside) || (how == CAPITALIZE && is_first))
        return weir_char_title(c, to);
    return weir_char_lower(c, to);
}

static bool change_case(weir_vm *vm, const weir_call *call, casing how, weir_value *out)
{
    weir_value self;
    bool is_inside = false;
    if (!weir_str_self(vm, call, &self))
        return false;
    if (is_ascii(&self))
        return change_ascii(vm, &self, how, out);
    weir_str s = weir_value_text(&self);
    if (!weir_vm_charge(vm, s.len))
        return false;
    weir_buf text = weir_vm_text(vm);
    for (size_t at = 0; at < s.len;) {
        uint32_t c = 0xFFFD, to[3];
        size_t n = weir_utf8_decode((weir_str){s.ptr + at, s.len - at}, &c);
        size_t count = change_char(how, at == 0, is_inside, c, to);
        if (c == 0x3A3 && to[0] == 0x3C3 && is_final_sigma(s, at))
            to[0] = 0x3C2;
        is_inside = weir_char_is_cased(c);
        for (size_t i = 0; i < count; i++) {
            char bytes[WEIR_UTF8_MAX];
            weir_buf_put(&text, (weir_str){bytes, weir_utf8_encode(to[i], bytes)});
        }
        at += n ? n : 1;
    }
    bool is_done = weir_op_str_from(vm, &text, self.flags & WEIR_VALUE_SECRET, out);
    weir_vm_text_done(vm, &text);
    return is_done;
}

static bool m_upper(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return change_case(vm, call, UPPER, out);
}

static bool m_lower(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return change_case(vm, call, LOWER, out);
}

static bool m_title(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return change_case(vm, call, TITLE, out);
}

static bool m_capitalize(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return change_case(vm, call, CAPITALIZE, out);
}

/* ------------------------------------------------------------------ looking for a text */

/* The part of self that [start:end] names, as bytes; false when start is behind the end. */
static bool window(weir_vm *vm, const weir_call *call, size_t first_arg, const weir_value *self,
                   size_t *from, size_t *to, bool *is_empty_range)
{
    int64_t start, stop, len = (int64_t)points_of(self);
    if (!weir_need_int_or(vm, weir_arg(call, first_arg), "start", 0, &start) ||
        !weir_need_int_or(vm, weir_arg(call, first_arg + 1), "end", len, &stop))
        return false;
    start = start < -len ? 0 : start < 0 ? start + len : start;
    stop = stop < -len ? 0 : stop < 0 ? stop + len : stop > len ? len : stop;
    *is_empty_range = start > stop;
    if (*is_empty_range)
        return true;
    weir_str s = weir_value_text(self);
    *from = is_ascii(self) ? (size_t)start : weir_utf8_offset(s, (size_t)start);
    *to = is_ascii(self) ? (size_t)stop : weir_utf8_offset(s, (size_t)stop);
    return true;
}

static bool find(weir_vm *vm, const weir_call *call, bool is_last, int64_t *index)
{
    weir_value self;
    weir_str needle;
    size_t from, to;
    bool is_nothing;
    *index = -1;
    if (!weir_str_self(vm, call, &self) || !weir_need_str(vm, weir_arg(call, 1), "sub", &needle) ||
        !window(vm, call, 2, &self, &from, &to, &is_nothing) || !weir_vm_charge(vm, self.len / 32))
        return false;
    if (is_nothing)
        return true;
    weir_str s = {self.s + from, to - from};
    size_t at = is_last ? weir_str_find_last(s, needle, s.len) : weir_str_find(s, needle, 0);
    if (at == SIZE_MAX)
        return true;
    weir_value head = weir_str_span(&self, 0, from + at);
    *index = (int64_t)points_of(&head);
    return true;
}

static bool m_find(weir_vm *vm, const weir_call *call, weir_value *out)
{
    int64_t index;
    if (!find(vm, call, false, &index))
        return false;
    *out = weir_value_int(index);
    return true;
}

static bool m_rfind(weir_vm *vm, const weir_call *call, weir_value *out)
{
    int64_t index;
    if (!find(vm, call, true, &index))
        return false;
    *out = weir_value_int(index);
    return true;
}

static bool m_index(weir_vm *vm, const weir_call *call, weir_value *out)
{
    if (!m_find(vm, call, out))
        return false;
    return out->i >= 0 ||
           weir_vm_fail(vm, WEIR_RAISE_VALUE, "substring not found: %s in %s",
                        weir_vm_show(vm, weir_arg(call, 1)), weir_vm_show(vm, &call->args[0]));
}

static bool m_count(weir_vm *vm, const weir_call *call, weir_value *out)
{
    weir_value self;
    weir_str needle;
    size_t from, to;
    int64_t count = 0;
    bool is_nothing;
    if (!weir_str_self(vm, call, &self) || !weir_need_str(vm, weir_arg(call, 1), "sub", &needle) ||
        !window(vm, call, 2, &self, &from, &to, &is_nothing) || !weir_vm_charge(vm, self.len / 8))
        return false;
    weir_value part = is_nothing ? self : weir_str_span(&self, from, to - from);
    if (!is_nothing && needle.len == 0) {
        count = (int64_t)points_of(&part) + 1;
    } else if (!is_nothing) {
        weir_str s = weir_value_text(&part);
        for (size_t at = 0; (at = weir_str_find(s, needle, at)) != SIZE_MAX; at += needle.len)
            count++;
    }
    *out = weir_value_int(count);
    return true;
}

static bool has_affix(weir_str s, weir_str affix, bool is_prefix)
{
    return affix.len <= s.len &&
           (affix.len == 0 ||
            memcmp(is_prefix ? s.ptr : s.ptr + s.len - affix.len, affix.ptr, affix.len) == 0);
}

static bool affixed(weir_vm *vm, const weir_call *call, bool is_prefix, weir_value *out)
{
    weir_value self;
    const weir_value *arg = weir_arg(call, 1), *items = arg;
    size_t count = 1, from, to;
    bool is_nothing, is_found = false;
    if (!weir_str_self(vm, call, &self) || !window(vm, call, 2, &self, &from, &to, &is_nothing))
        return false;
    if (arg->kind == WEIR_TUPLE) {
        items = arg->list->items;
        count = arg->list->count;
    }
    for (size_t i = 0; i < count && !is_found; i++) {
        weir_str affix;
        const char *who = is_prefix ? "startswith first arg" : "endswith first arg";
        if (!weir_vm_charge(vm, 1) || !weir_need_str(vm, &items[i], who, &affix))
            return false;
        is_found = !is_nothing && has_affix((weir_str){self.s + from, to - from}, affix, is_prefix);
    }
    *out = weir_value_bool(is_found);
    return true;
}

static bool m_startswith(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return affixed(vm, call, true, out);
}

static bool m_endswith(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return affixed(vm, call, false, out);
}

static bool m_removeprefix(weir_vm *vm, const weir_call *call, weir_value *out)
{
    weir_value self;
    weir_str affix;
    if (!weir_str_self(vm, call, &self) || !weir_need_str(vm, weir_arg(call, 1), "prefix", &affix))
        return false;
    size_t cut = has_affix(weir_value_text(&self), affix, true) ? affix.len : 0;
    *out = weir_str_span(&self, cut, self.len - cut);
    return true;
}

static bool m_removesuffix(weir_vm *vm, const weir_call *call, weir_value *out)
{
    weir_value self;
    weir_str affix;
    if (!weir_str_self(vm, call, &self) || !weir_need_str(vm, weir_arg(call, 1), "suffix", &affix))
        return false;
    size_t cut = has_affix(weir_value_text(&self), affix, false) ? affix.len : 0;
    *out = weir_str_span(&self, 0, self.len - cut);
    return true;
}

/* ------------------------------------------------------------------ replace, join, padding */

static size_t next_match(weir_str s, weir_str old, size_t from, bool is_first)
{
    if (old.len)
        return weir_str_find(s, old, from);
    /* An empty text is found between all characters. */
    if (is_first)
        return 0;
    if (from >= s.len)
        return SIZE_MAX;
    size_t at = from + 1;
    while (at < s.len && ((uint8_t)s.ptr[at] & 0xC0) == 0x80)
        at++;
    return at;
}

static bool m_replace(weir_vm *vm, const weir_call *call, weir_value *out)
{
    weir_value self;
    weir_str old, new;
    int64_t most;
    if (!weir_str_self(vm, call, &self) || !weir_need_str(vm, weir_arg(call, 1), "old", &old) ||
        !weir_need_str(vm, weir_arg(call, 2), "new", &new) ||
        !weir_need_int_or(vm, weir_arg(call, 3), "count", -1, &most))
        return false;
    weir_str s = weir_value_text(&self);
    uint64_t matches = 0, limit = most < 0 ? UINT64_MAX : (uint64_t)most;
    if (!weir_vm_charge(vm, s.len / 8))
        return false;
    for (size_t at = 0; matches < limit; matches++, at += old.len)
        if ((at = next_match(s, old, at, matches == 0)) == SIZE_MAX)
            break;
    if (matches == 0) {
        *out = self;
        return true;
    }
    __int128 len = (__int128)s.len + (__int128)matches * ((__int128)new.len - (__int128)old.len);
    unsigned flags = (self.flags | weir_arg(call, 2)->flags) & WEIR_VALUE_SECRET;
    char *room =
        new_text(vm, len > (__int128)SIZE_MAX / 2 ? SIZE_MAX / 2 : (size_t)len, flags, out);
    if (!room || !weir_vm_charge(vm, matches / 4))
        return false;
    size_t from = 0, at = 0;
    for (uint64_t i = 0; i < matches; i++, at += old.len) {
        at = next_match(s, old, at, i == 0);
        memcpy(room, s.ptr + from, at - from);
        room += at - from;
        if (new.len)
            memcpy(room, new.ptr, new.len);
        room += new.len;
        from = at + old.len;
    }
    memcpy(room, s.ptr + from, s.len - from);
    return true;
}

/* Measures the parts, so that one allocation takes them all. */
static bool measure_join(weir_vm *vm, const weir_value *items, size_t count, size_t sep_len,
                         weir_value *parts, size_t *len, unsigned *flags)
{
    *len = count ? sep_len * (count - 1) : 0;
    for (size_t i = 0; i < count; i++) {
        weir_value room;
        const weir_value *t = weir_typed(vm, &items[i], &room);
        if (!t || !weir_vm_charge(vm, 1))
            return false;
        if (t->kind != WEIR_STR)
            return weir_vm_fail(vm, WEIR_RAISE_TYPE,
                                "sequence item %zu: expected str instance, %s found (%s)", i,
                                weir_value_type_name(t), weir_vm_show(vm, t));
        parts[i] = *t;
        *flags |= t->flags & WEIR_VALUE_SECRET;
        *len += t->len;
    }
    return true;
}

static bool m_join(weir_vm *vm, const weir_call *call, weir_value *out)
{
    weir_value self;
    const weir_value *items;
    size_t count, len;
    if (!weir_str_self(vm, call, &self) || !weir_items_of(vm, weir_arg(call, 1), &items, &count))
        return false;
    unsigned flags = self.flags & WEIR_VALUE_SECRET;
    weir_value *parts = weir_vm_alloc(vm, (count + 1) * sizeof(*parts));
    if (!parts || !measure_join(vm, items, count, self.len, parts, &len, &flags))
        return false;
    if (count == 1) {
        *out = parts[0];
        return true;
    }
    char *room = new_text(vm, len, flags, out);
    if (!room)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (i && self.len) {
            memcpy(room, self.s, self.len);
            room += self.len;
        }
        if (parts[i].len)
            memcpy(room, parts[i].s, parts[i].len);
        room += parts[i].len;
    }
    return true;
}

/* The receiver with `fill` before and behind it. */
static bool padded(weir_vm *vm, const weir_value *self, size_t left, size_t right, weir_str fill,
                   weir_value *out)
{
    size_t pad = left + right, len;
    if (pad == 0) {
        *out = *self;
        return true;
    }
    if (__builtin_mul_overflow(pad, fill.len, &len) || __builtin_add_overflow(len, self->len, &len))
        len = SIZE_MAX;
    unsigned flags = self->flags & (fill.len == 1 ? ~0u : ~(unsigned)WEIR_VALUE_ASCII);
    char *room = new_text(vm, len, flags, out);
    if (!room)
        return false;
    for (size_t i = 0; i < left; i++, room += fill.len)
        memcpy(room, fill.ptr, fill.len);
    if (self->len)
        memcpy(room, self->s, self->len);
    room += self->len;
    for (size_t i = 0; i < right; i++, room += fill.len)
        memcpy(room, fill.ptr, fill.len);
    return true;
}

static bool pad(weir_vm *vm, const weir_call *call, bool is_left, weir_value *out)
{
    weir_value self;
    int64_t width;
    weir_str fill = WEIR_STR(" ");
    if (!weir_str_self(vm, call, &self) || !weir_need_int(vm, weir_arg(call, 1), "width", &width) ||
        (weir_given(call, 2) && !weir_need_str(vm, weir_arg(call, 2), "fillchar", &fill)))
        return false;
    if (weir_utf8_count(fill) != 1)
        return weir_vm_fail(vm, WEIR_RAISE_TYPE,
                            "The fill character must be exactly one character long");
    int64_t len = (int64_t)points_of(&self);
    size_t extra = width > len ? (size_t)(width - len) : 0;
    return padded(vm, &self, is_left ? extra : 0, is_left ? 0 : extra, fill, out);
}

static bool m_ljust(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return pad(vm, call, false, out);
}

static bool m_rjust(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return pad(vm, call, true, out);
}

static bool m_zfill(weir_vm *vm, const weir_call *call, weir_value *out)
{
    weir_value self;
    int64_t width;
    if (!weir_str_self(vm, call, &self) || !weir_need_int(vm, weir_arg(call, 1), "width", &width))
        return false;
    int64_t len = (int64_t)points_of(&self);
    size_t extra = width > len ? (size_t)(width - len) : 0;
    if (!padded(vm, &self, extra, 0, WEIR_STR("0"), out))
        return false;
    if (extra && self.len && (self.s[0] == '+' || self.s[0] == '-')) {
        char *text = (char *)out->s; /* made by padded() a moment ago */
        text[0] = self.s[0];
        text[extra] = '0';
    }
    return true;
}

/* ------------------------------------------------------------------ kinds of characters, encode */

static bool all_are(weir_vm *vm, const weir_call *call, bool (*is)(uint32_t), weir_value *out)
{
    weir_value self;
    if (!weir_str_self(vm, call, &self) || !weir_vm_charge(vm, self.len / 8))
        return false;
    weir_str s = weir_value_text(&self);
    bool is_so = s.len > 0;
    while (is_so && s.len) {
        uint32_t c;
        size_t n = weir_utf8_decode(s, &c);
        is_so = n && is(c);
        s.ptr += n;
        s.len -= n;
    }
    *out = weir_value_bool(is_so);
    return true;
}

static bool m_isdigit(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return all_are(vm, call, weir_char_is_digit, out);
}

static bool m_isalpha(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return all_are(vm, call, weir_char_is_alpha, out);
}

static bool m_isalnum(weir_vm *vm, const weir_call *call, weir_value *out)
{
    return all_are(vm, call, weir_char_is_alnum, out);
}

static bool m_encode(weir_vm *vm, const weir_call *call, weir_value *out)
{
    weir_value self;
    return weir_str_self(vm, call, &self) &&
           weir_encode_text(vm, &self, weir_arg(call, 1), weir_arg(call, 2), out);
}

const weir_method_row weir_method_str[] = {
    {WEIR_STR, "split", "sep? maxsplit?", weir_str_split, WEIR_LIST, WEIR_FN_PURE,
     "the parts between sep"},
    {WEIR_STR, "rsplit", "sep? maxsplit?", weir_str_rsplit, WEIR_LIST, WEIR_FN_PURE,
     "the same from the end"},
    {WEIR_STR, "splitlines", "keepends?", weir_str_splitlines, WEIR_LIST, WEIR_FN_PURE,
     "the lines"},
    {WEIR_STR, "partition", "sep /", weir_str_partition, WEIR_TUPLE, WEIR_FN_PURE,
     "before, sep, behind"},
    {WEIR_STR, "rpartition", "sep /", weir_str_rpartition, WEIR_TUPLE, WEIR_FN_PURE,
     "the same, last sep"},
    {WEIR_STR, "strip", "chars? /", m_strip, WEIR_STR, WEIR_FN_PURE,
     "without blanks (chars) at both ends"},
    {WEIR_STR, "lstrip", "chars? /", m_lstrip, WEIR_STR, WEIR_FN_PURE,
     "without blanks (chars) in front"},
    {WEIR_STR, "rstrip", "chars? /", m_rstrip, WEIR_STR, WEIR_FN_PURE,
     "without blanks (chars) at the end"},
    {WEIR_STR, "upper", "", m_upper, WEIR_STR, WEIR_FN_PURE, "in capitals"},
    {WEIR_STR, "lower", "", m_lower, WEIR_STR, WEIR_FN_PURE, "in small letters"},
    {WEIR_STR, "title", "", m_title, WEIR_STR, WEIR_FN_PURE,
     "with each word's first letter a capital"},
    {WEIR_STR, "capitalize", "", m_capitalize, WEIR_STR, WEIR_FN_PURE,
     "with the first letter a capital"},
    {WEIR_STR, "startswith", "prefix start? end? /", m_startswith, WEIR_BOOL, WEIR_FN_PURE,
     "whether it starts with a text, or one of a tuple"},
    {WEIR_STR, "endswith", "suffix start? end? /", m_endswith, WEIR_BOOL, WEIR_FN_PURE,
     "the same at the end"},
    {WEIR_STR, "replace", "old new count? /", m_replace, WEIR_STR, WEIR_FN_PURE,
     "with old replaced by new"},
    {WEIR_STR, "find", "sub start? end? /", m_find, WEIR_INT, WEIR_FN_PURE, "where sub is, or -1"},
    {WEIR_STR, "rfind", "sub start? end? /", m_rfind, WEIR_INT, WEIR_FN_PURE,
     "where sub is last, or -1"},
    {WEIR_STR, "index", "sub start? end? /", m_index, WEIR_INT, WEIR_FN_PURE, "where sub is"},
    {WEIR_STR, "count", "sub start? end? /", m_count, WEIR_INT, WEIR_FN_PURE,
     "how often sub is in it"},
    {WEIR_STR, "join", "iterable /", m_join, WEIR_STR, WEIR_FN_PURE,
     "the items with the text between them"},
    {WEIR_STR, "format", "*args keywords?", weir_str_format, WEIR_STR, WEIR_FN_PURE,
     "with {} fields filled in"},
    {WEIR_STR, "zfill", "width /", m_zfill, WEIR_STR, WEIR_FN_PURE,
     "with zeros in front, behind a sign"},
    {WEIR_STR, "ljust", "width fillchar? /", m_ljust, WEIR_STR, WEIR_FN_PURE,
     "filled up at the end"},
    {WEIR_STR, "rjust", "width fillchar? /", m_rjust, WEIR_STR, WEIR_FN_PURE, "filled up in front"},
    {WEIR_STR, "isdigit", "", m_isdigit, WEIR_BOOL, WEIR_FN_PURE,
     "whether all characters are digits"},
    {WEIR_STR, "isalpha", "", m_isalpha, WEIR_BOOL, WEIR_FN_PURE,
     "whether all characters are letters"},
    {WEIR_STR, "isalnum", "", m_isalnum, WEIR_BOOL, WEIR_FN_PURE,
     "whether all are letters or digits"},
    {WEIR_STR, "encode", "encoding? errors?", m_encode, WEIR_BYTES, WEIR_FN_PURE,
     "the bytes of the text"},
    {WEIR_STR, "removeprefix", "prefix /", m_removeprefix, WEIR_STR, WEIR_FN_PURE,
     "without the prefix"},
    {WEIR_STR, "removesuffix", "suffix /", m_removesuffix, WEIR_STR, WEIR_FN_PURE,
     "without the suffix"},
    {0},
};
