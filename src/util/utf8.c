/* SPDX-License-Identifier: MIT */
/*
 * The lead byte says how many bytes follow and the range of the first of them, which is all that
 * overlong forms, surrogates and the end of Unicode need; the other continuation bytes are 80..BF.
 * Whole texts and fragments take the rule from the same function.
 */
#include "util/utf8.h"

typedef struct lead {
    uint8_t needed; /* 0: ASCII or not a lead byte */
    uint8_t low, high;
} lead;

static inline lead lead_of(uint8_t byte)
{
    if (byte < 0xC2 || byte > 0xF4)
        return (lead){0, 0, 0};
    if (byte < 0xE0)
        return (lead){1, 0x80, 0xBF};
    if (byte < 0xF0)
        return (lead){2, byte == 0xE0 ? 0xA0 : 0x80, byte == 0xED ? 0x9F : 0xBF};
    return (lead){3, byte == 0xF0 ? 0x90 : 0x80, byte == 0xF4 ? 0x8F : 0xBF};
}

#define HIGH_BITS UINT64_C(0x8080808080808080)

/* Bytes of ASCII from `at` on: words first, then single bytes. */
static inline const uint8_t *skip_ascii(const uint8_t *at, const uint8_t *end)
{
    while (end - at >= 16) {
        uint64_t a, b;
        memcpy(&a, at, 8);
        memcpy(&b, at + 8, 8);
        if ((a | b) & HIGH_BITS)
            break;
        at += 16;
    }
    while (at < end && *at < 0x80)
        at++;
    return at;
}

/* Bytes of the complete, valid code point at `at`; 0 when there is none. */
static inline size_t sequence(const uint8_t *at, const uint8_t *end)
{
    if (*at < 0x80)
        return 1;
    lead first = lead_of(*at);
    if (first.needed == 0 || end - at <= first.needed)
        return 0;
    if (at[1] < first.low || at[1] > first.high)
        return 0;
    for (unsigned i = 2; i <= first.needed; i++)
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    return (size_t)first.needed + 1;
}

size_t weir_utf8_valid_prefix(weir_str text)
{
    if (text.len == 0)
        return 0; /* there may be no pointer to count from */
    const uint8_t *start = (const uint8_t *)text.ptr;
    const uint8_t *end = start + text.len;
    const uint8_t *at = start;
    while ((at = skip_ascii(at, end)) < end) {
        do {
            size_t len = sequence(at, end);
            if (len == 0)
                return (size_t)(at - start);
            at += len;
        } while (at < end && *at >= 0x80);
    }
    return text.len;
}

bool weir_utf8_check(weir_str text, bool *has_only_ascii)
{
    *has_only_ascii = weir_is_ascii(text);
    return *has_only_ascii || weir_utf8_valid_prefix(text) == text.len;
}

bool weir_utf8_feed(weir_utf8_state *state, weir_str fragment)
{
    const uint8_t *at = (const uint8_t *)fragment.ptr;
    if (fragment.len == 0)
        return true;
    const uint8_t *end = at + fragment.len;
    while (at < end) {
        if (state->needed) {
            if (*at < state->low || *at > state->high)
                return false;
            state->needed--;
            state->low = 0x80;
            state->high = 0xBF;
            at++;
            continue;
        }
        at = skip_ascii(at, end);
        if (at == end)
            break;
        lead first = lead_of(*at++);
        if (first.needed == 0)
            return false;
        *state = (weir_utf8_state){first.needed, first.low, first.high};
    }
    return true;
}

size_t weir_utf8_count(weir_str text)
{
    size_t count = 0;
    for (size_t at = 0; at < text.len; count++) {
        size_t len = sequence((const uint8_t *)text.ptr + at, (const uint8_t *)text.ptr + text.len);
        at += len ? len : 1;
    }
    return count;
}

size_t weir_utf8_offset(weir_str text, size_t index)
{
    size_t at = 0;
    for (; at < text.len && index > 0; index--) {
        size_t len = sequence((const uint8_t *)text.ptr + at, (const uint8_t *)text.ptr + text.len);
        at += len ? len : 1;
    }
    return at;
}

size_t weir_utf8_decode(weir_str text, uint32_t *code_point)
{
    if (text.len == 0)
        return 0;
    const uint8_t *at = (const uint8_t *)text.ptr;
    size_t len = sequence(at, at + text.len);
    if (len == 1)
        *code_point = at[0];
    else if (len > 1)
        *code_point = at[0] & (0x7Fu >> len);
    for (size_t i = 1; i < len; i++)
        *code_point = *code_point << 6 | (at[i] & 0x3Fu);
    return len;
}

size_t weir_utf8_encode(uint32_t code_point, char out[WEIR_UTF8_MAX])
{
    if (code_point < 0x80) {
        out[0] = (char)code_point;
        return 1;
    }
    if (code_point > 0x10FFFF || (code_point >= 0xD800 && code_point <= 0xDFFF))
        return 0;
    size_t len = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (code_point & 0x3F));
        code_point >>= 6;
    }
    out[0] = (char)((0xF00u >> len & 0xFF) | code_point);
    return len;
}
