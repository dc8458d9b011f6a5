/* SPDX-License-Identifier: MIT */
/*
 * The parts of the decoder that are too large to inline: containers that nobody looks into,
 * escapes, beginning and end of a text. A skipped container is validated like everything else; its
 * open brackets are bits (one for an object), so that hostile nesting costs no stack.
 */
#include "value/json_scan.h"

const char *weir_scan_fail(weir_scan *scan, const char *at, const char *why)
{
    scan->why = at >= scan->end ? "unexpected end of the text" : why;
    scan->where = at;
    return NULL;
}

static bool is_hex(char c)
{
    return weir_scan_is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

const char *weir_scan_escape(weir_scan *scan, const char *at)
{
    switch (weir_scan_peek(scan, at + 1)) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't': return at + 2;
    case 'u':
        for (const char *hex = at + 2; hex < at + 6; hex++)
            if (hex >= scan->end || !is_hex(*hex))
                return weir_scan_fail(scan, hex, "expected four hexadecimal digits after '\\u'");
        return at + 6;
    default: return weir_scan_fail(scan, at + 1, "unknown escape in a string");
    }
}

const char *weir_scan_container(weir_scan *scan, const char *at, unsigned depth)
{
    uint64_t objects[WEIR_JSON_DEPTH_MAX / 64] = {0};
    unsigned open = depth;
    char closing;
    weir_value key;
    unsigned char first;

enter:
    if (at >= scan->end)
        return weir_scan_fail(scan, at, "expected a value");
    if (open == WEIR_JSON_DEPTH_MAX)
        return weir_scan_fail(scan, at, "nested too deeply");
    if (*at == '{') {
        objects[open / 64] |= UINT64_C(1) << (open % 64);
        closing = '}';
    } else {
        objects[open / 64] &= ~(UINT64_C(1) << (open % 64));
        closing = ']';
    }
    open++;
    at = weir_scan_blanks(scan, at + 1);
    if (*at == closing)
        goto leave;
element:
    if (closing == '}') {
        at = weir_scan_key(scan, at, &key);
        if (!at)
            return NULL;
    }
    first = (unsigned char)*at;
    if (first == '{' || first == '[')
        goto enter;
    at = weir_scan_skip_scalar(scan, at);
    if (!at)
        return NULL;
behind:
    at = weir_scan_blanks(scan, at);
    if (*at == ',') {
        at = weir_scan_blanks(scan, at + 1);
        goto element;
    }
    if (*at != closing)
        return weir_scan_fail(scan, at,
                              closing == '}' ? "expected ',' or '}'" : "expected ',' or ']'");
leave:
    if (at >= scan->end)
        return weir_scan_fail(scan, at, "expected a closing bracket");
    at++;
    if (--open == depth)
        return at;
    closing = objects[(open - 1) / 64] >> ((open - 1) % 64) & 1 ? '}' : ']';
    goto behind;
}

const char *weir_scan_begin(weir_scan *scan, weir_str text)
{
    const char *from = text.ptr ? text.ptr : "";
    scan->end = from + text.len;
    scan->why = NULL;
    scan->where = from;
    if (text.len > UINT32_MAX)
        return weir_scan_fail(scan, from, "longer than 4 GiB");
    return weir_scan_blanks_slow(scan, from);
}

bool weir_scan_finish(weir_scan *scan, weir_str text, const char *at, weir_json_error *error)
{
    if (at) {
        at = weir_scan_blanks_slow(scan, at);
        if (at == scan->end)
            return true;
        weir_scan_fail(scan, at, "expected the end of the text");
    }
    if (error) {
        error->text = scan->why;
        error->offset = text.ptr ? (size_t)(scan->where - text.ptr) : 0;
        if (error->offset > text.len)
            error->offset = text.len;
    }
    return false;
}

__attribute__((noinline)) size_t weir_scan_long_number(const weir_scan *scan, const char *at,
                                                       uint8_t *flags)
{
    weir_scan copy = *scan;
    const char *to = weir_scan_short_number(&copy, at + (*at == '-'), flags);
    *flags = to ? *flags : 0;
    if (!to && (weir_scan_is_digit(*at) || *at == '-'))
        to = weir_scan_number(&copy, at, flags);
    return to ? (size_t)(to - at) : 0;
}
