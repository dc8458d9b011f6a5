/* SPDX-License-Identifier: MIT */
/*
 * Whole documents, and looking into raw values. A raw value came out of a text that has been
 * validated, so the walks here run the same scanner as the validation and cannot fail; that keeps
 * one grammar in the project instead of a strict and a lenient one.
 */
#include <assert.h>

#include "util/number.h"
#include "value/json_scan.h"

bool weir_json_parse(weir_str text, weir_value *out, weir_json_error *error)
{
    weir_scan scan;
    weir_value value = weir_value_absent();
    const char *at = weir_scan_begin(&scan, text);
    if (at)
        at = weir_scan_value(&scan, at, 0, &value);
    if (!weir_scan_finish(&scan, text, at, error))
        return false;
    if (out)
        *out = value;
    return true;
}

/* ------------------------------------------------------------------ walking */

void weir_json_iter_init(weir_json_iter *iter, const weir_value *container)
{
    assert(container->kind == WEIR_RAW && container->aux >= WEIR_RAW_OBJECT);
    iter->at = container->s + 1;
    iter->end = container->s + container->len - 1;
}

/* The byte at `end` is the closing bracket: it tells objects from arrays. */
bool weir_json_iter_next(weir_json_iter *iter, weir_value *key, weir_value *value)
{
    weir_scan scan = {iter->end, NULL, NULL};
    const char *at = weir_scan_blanks(&scan, iter->at);
    if (at < iter->end && *at == ',')
        at = weir_scan_blanks(&scan, at + 1);
    if (at >= iter->end)
        return false;
    weir_value unwanted;
    if (!key)
        key = &unwanted;
    if (*iter->end == '}')
        at = weir_scan_key(&scan, at, key);
    else
        *key = weir_value_absent();
    if (at)
        at = weir_scan_value(&scan, at, 0, value);
    assert(at);
    iter->at = at ? at : iter->end;
    return at != NULL;
}

size_t weir_json_count(const weir_value *container)
{
    weir_scan scan = {container->s + container->len - 1, NULL, NULL};
    const char *at = weir_scan_blanks(&scan, container->s + 1);
    size_t count = 0;
    weir_value key;
    while (at && at < scan.end) {
        if (*scan.end == '}')
            at = weir_scan_key(&scan, at, &key);
        if (at)
            at = weir_scan_skip(&scan, at, 0);
        count++;
        if (!at)
            break;
        at = weir_scan_blanks(&scan, at);
        if (at < scan.end)
            at = weir_scan_blanks(&scan, at + 1);
    }
    return count;
}

static int hex_digit(char c)
{
    return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

static uint32_t hex_four(const char *at)
{
    uint32_t unit = 0;
    for (int i = 0; i < 4; i++)
        unit = unit << 4 | (uint32_t)hex_digit(at[i]);
    return unit;
}

/* The code point of the \u escape at `at`; *next gets the position behind it, and behind the low
 * half of a pair. */
static uint32_t unicode_escape(const char *at, const char *end, const char **next)
{
    uint32_t high = hex_four(at + 2);
    *next = at + 6;
    if (high < 0xd800 || high > 0xdfff)
        return high;
    if (high < 0xdc00 && end - *next >= 6 && (*next)[0] == '\\' && (*next)[1] == 'u') {
        uint32_t low = hex_four(*next + 2);
        if (low >= 0xdc00 && low <= 0xdfff) {
            *next += 6;
            return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
        }
    }
    return 0xfffd;
}

static char simple_escape(char letter)
{
    switch (letter) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return letter;
    }
}

/* One byte of a string, or what the escape at *at stands for: its length. *at moves behind it. */
static inline size_t next_bytes(const char **at, const char *end, char bytes[WEIR_UTF8_MAX])
{
    if (**at == '\\' && (*at)[1] == 'u')
        return weir_utf8_encode(unicode_escape(*at, end, at), bytes);
    const bool is_escape = **at == '\\';
    bytes[0] = is_escape ? simple_escape((*at)[1]) : **at;
    *at += is_escape ? 2 : 1;
    return 1;
}

size_t weir_json_unescape_into(weir_str raw, char *out, size_t cap, bool *is_ascii)
{
    const char *at = raw.ptr;
    const char *end = raw.ptr + raw.len;
    size_t len = 0;
    unsigned char seen = 0;
    while (at < end) {
        char bytes[WEIR_UTF8_MAX];
        if (*at != '\\') {
            if (len == cap)
                return SIZE_MAX;
            seen |= (unsigned char)*at;
            out[len++] = *at++;
            continue;
        }
        const size_t count = next_bytes(&at, end, bytes);
        if (cap - len < count)
            return SIZE_MAX;
        for (size_t i = 0; i < count; i++) {
            seen |= (unsigned char)bytes[i];
            out[len++] = bytes[i];
        }
    }
    *is_ascii = seen < 0x80;
    return len;
}

/* The text never grows: the shortest escape of a code point has at least as many bytes. */
bool weir_json_unescape(weir_arena *arena, const weir_value *raw, weir_value *out)
{
    assert(raw->kind == WEIR_RAW && raw->aux == WEIR_RAW_ESCAPED);
    char *text = weir_arena_alloc(arena, (size_t)raw->len + 1);
    if (!text)
        return false;
    bool is_ascii;
    size_t len = weir_json_unescape_into(weir_value_text(raw), text, raw->len, &is_ascii);
    assert(len != SIZE_MAX);
    text[len] = '\0';
    uint8_t flags = raw->flags & WEIR_VALUE_SECRET;
    *out = weir_value_str((weir_str){text, len});
    out->flags = flags | (is_ascii ? WEIR_VALUE_ASCII : 0);
    return true;
}

bool weir_json_text_is(const weir_value *text, weir_str expected)
{
    if (text->kind != WEIR_RAW)
        return weir_str_eq(weir_value_text(text), expected);
    const char *at = text->s;
    const char *end = text->s + text->len;
    const char *want = expected.ptr;
    const char *want_end = expected.ptr + expected.len;
    while (at < end) {
        char bytes[WEIR_UTF8_MAX];
        const size_t count = next_bytes(&at, end, bytes);
        if ((size_t)(want_end - want) < count || memcmp(want, bytes, count) != 0)
            return false;
        want += count;
    }
    return want == want_end;
}

bool weir_json_member(const weir_value *object, weir_str key, weir_value *out)
{
    weir_json_iter iter;
    weir_json_iter_init(&iter, object);
    weir_value name;
    weir_value value;
    bool has = false;
    while (weir_json_iter_next(&iter, &name, &value)) {
        if (weir_json_text_is(&name, key)) {
            *out = value;
            has = true;
        }
    }
    return has;
}

bool weir_json_element(const weir_value *array, size_t index, weir_value *out)
{
    weir_scan scan = {array->s + array->len - 1, NULL, NULL};
    const char *at = weir_scan_blanks(&scan, array->s + 1);
    for (size_t i = 0; at && at < scan.end; i++) {
        if (i == index)
            return weir_scan_value(&scan, at, 0, out) != NULL;
        at = weir_scan_skip(&scan, at, 0);
        if (!at)
            break;
        at = weir_scan_blanks(&scan, at);
        if (at < scan.end)
            at = weir_scan_blanks(&scan, at + 1);
    }
    return false;
}

/* ------------------------------------------------------------------ numbers */

enum {
    KEPT_DIGITS = 1100,      /* more than any double has: the rest only breaks ties */
    EXPONENT_BOUND = 1 << 24 /* beyond this it is 0 or infinity whatever the digits */
};

/* The exponent part of a number text, saturating. */
static long exponent_of(const char *at, const char *end)
{
    bool is_negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    long exponent = 0;
    for (; at < end; at++)
        if (exponent < EXPONENT_BOUND)
            exponent = exponent * 10 + (*at - '0');
    return is_negative ? -exponent : exponent;
}

/*
 * A number text that is longer than util/number.h takes: its first digits, a 1 for whatever
 * non-zero digits follow them, and the exponent that goes with it, have the same double.
 */
static double long_double(weir_str text)
{
    char brief[KEPT_DIGITS + 64];
    size_t len = 0;
    long scale = 0; /* what the point and the dropped digits add to the exponent */
    bool has_point = false;
    bool has_rest = false;
    size_t kept = 0;
    const char *at = text.ptr;
    const char *end = text.ptr + text.len;
    if (*at == '-')
        brief[len++] = *at++;
    for (; at < end && (*at | 0x20) != 'e'; at++) {
        if (*at == '.') {
            has_point = true;
        } else if (kept == 0 && *at == '0') {
            scale -= has_point; /* a leading zero */
        } else if (kept < KEPT_DIGITS) {
            brief[len++] = *at;
            kept++;
            scale -= has_point;
        } else {
            has_rest |= *at != '0';
            scale += !has_point;
        }
    }
    if (kept == 0)
        brief[len++] = '0';
    if (has_rest) {
        brief[len++] = '1';
        scale--;
    }
    long exponent = (at < end ? exponent_of(at + 1, end) : 0) + scale;
    brief[len++] = 'e';
    if (exponent < 0)
        brief[len++] = '-';
    len += weir_int_text(exponent < 0 ? -exponent : exponent, brief + len);
    double value = 0;
    bool parsed = weir_double_parse_json((weir_str){brief, len}, &value);
    assert(parsed);
    (void)parsed;
    return value;
}

weir_value weir_json_number(const weir_value *raw)
{
    assert(raw->kind == WEIR_RAW && raw->aux == WEIR_RAW_NUMBER);
    weir_str text = weir_value_text(raw);
    if (raw->flags & WEIR_VALUE_INTEGRAL) {
        int64_t i;
        if (weir_int_parse_json(text, &i) == WEIR_INT_OK)
            return weir_value_int(i);
        weir_value big = weir_value_str(text);
        big.kind = WEIR_BIGINT;
        return big;
    }
    double f;
    if (text.len <= WEIR_NUMBER_DIGITS_MAX && weir_double_parse_json(text, &f))
        return weir_value_float(f);
    return weir_value_float(long_double(text));
}

/* ------------------------------------------------------------------ unfolding */

static bool unfold_array(weir_arena *arena, const weir_value *raw, weir_value *out)
{
    weir_value *items;
    if (!weir_list_new(arena, WEIR_LIST, weir_json_count(raw), out, &items))
        return false;
    weir_json_iter iter;
    weir_json_iter_init(&iter, raw);
    weir_value item = weir_value_absent();
    while (weir_json_iter_next(&iter, NULL, &item)) {
        item.flags |= raw->flags & WEIR_VALUE_SECRET;
        *items++ = item;
    }
    return true;
}

static bool unfold_object(weir_arena *arena, const weir_value *raw, weir_value *out)
{
    weir_dict *dict = weir_dict_new(arena, weir_json_count(raw));
    if (!dict)
        return false;
    weir_json_iter iter;
    weir_json_iter_init(&iter, raw);
    weir_value key;
    weir_value value;
    while (weir_json_iter_next(&iter, &key, &value)) {
        if (key.kind == WEIR_RAW && !weir_json_unescape(arena, &key, &key))
            return false;
        value.flags |= raw->flags & WEIR_VALUE_SECRET;
        if (!weir_dict_put(arena, dict, &key, &value))
            return false;
    }
    *out = weir_value_dict(dict);
    return true;
}

bool weir_json_unfold(weir_arena *arena, const weir_value *v, weir_value *out)
{
    if (v->kind != WEIR_RAW) {
        *out = *v;
        return true;
    }
    uint8_t secret = v->flags & WEIR_VALUE_SECRET;
    switch ((weir_raw)v->aux) {
    case WEIR_RAW_NUMBER: *out = weir_json_number(v); break;
    case WEIR_RAW_ESCAPED:
        if (!weir_json_unescape(arena, v, out))
            return false;
        break;
    case WEIR_RAW_OBJECT:
        if (!unfold_object(arena, v, out))
            return false;
        break;
    case WEIR_RAW_ARRAY:
        if (!unfold_array(arena, v, out))
            return false;
        break;
    }
    out->flags |= secret;
    return true;
}

static bool unfold_below(weir_arena *arena, const weir_value *v, weir_value *out, unsigned depth);

static bool unfold_items(weir_arena *arena, const weir_value *v, weir_value *out, unsigned depth)
{
    weir_value *items;
    size_t count = v->list->count;
    const weir_value *from = v->list->items;
    if (!weir_list_new(arena, v->kind, count, out, &items))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!unfold_below(arena, &from[i], &items[i], depth))
            return false;
    return true;
}

static bool unfold_entries(weir_arena *arena, const weir_value *v, weir_value *out, unsigned depth)
{
    weir_dict *dict = weir_dict_new(arena, v->dict->count);
    if (!dict)
        return false;
    for (size_t i = 0; i < v->dict->count; i++) {
        weir_value value;
        if (!unfold_below(arena, &v->dict->entries[i].value, &value, depth) ||
            !weir_dict_put(arena, dict, &v->dict->entries[i].key, &value))
            return false;
    }
    *out = weir_value_dict(dict);
    return true;
}

/* Raw text is at most WEIR_JSON_DEPTH_MAX deep; what expressions built around it adds its own
 * levels. Beyond the sum a value is left as it is. */
static bool unfold_below(weir_arena *arena, const weir_value *v, weir_value *out, unsigned depth)
{
    weir_value level;
    if (!weir_json_unfold(arena, v, &level))
        return false;
    *out = level;
    if (depth == 2 * WEIR_JSON_DEPTH_MAX)
        return true;
    bool ok = true;
    if (level.kind == WEIR_LIST || level.kind == WEIR_TUPLE)
        ok = unfold_items(arena, &level, out, depth + 1);
    else if (level.kind == WEIR_DICT)
        ok = unfold_entries(arena, &level, out, depth + 1);
    out->flags |= level.flags & WEIR_VALUE_SECRET;
    return ok;
}

bool weir_json_unfold_deep(weir_arena *arena, const weir_value *v, weir_value *out)
{
    return unfold_below(arena, v, out, 0);
}
