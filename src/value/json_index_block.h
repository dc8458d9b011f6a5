/* SPDX-License-Identifier: MIT */
/*
 * The loop that all implementations of the index share. An implementation gives three functions:
 * one looks at 64 bytes for quotes and whether there is anything else of interest (bit n is about
 * byte n), one says what that is, one appends the places of a mask's bits. Frames of feeds have
 * nothing but quotes: they have a loop of their own, which is left for the careful one at the first
 * block that has more. Private to json_index_*.c and number_bare_*.c.
 */
#ifndef WEIR_VALUE_JSON_INDEX_BLOCK_H
#define WEIR_VALUE_JSON_INDEX_BLOCK_H

#include "value/json_index.h"

typedef struct weir_index_look {
    uint64_t quote;
    uint64_t rare; /* a backslash, below 0x20, or above 0x7f */
} weir_index_look;

typedef struct weir_index_masks {
    uint64_t backslash;
    uint64_t control; /* below 0x20 */
    uint64_t high;    /* above 0x7f */
} weir_index_masks;

/* What one block leaves to the next. */
typedef struct weir_index_state {
    uint32_t *to;
    uint64_t carry; /* 1: the last byte was a backslash that escapes the next one */
    unsigned flags;
} weir_index_state;

/* Bits that are escaped by the backslashes before them; *carry: the last byte was a backslash that
 * escapes the next one. Runs of backslashes are rare, so they are walked. */
static inline uint64_t weir_index_escaped(uint64_t backslash, uint64_t *carry)
{
    uint64_t escaped = backslash << 1 | *carry;
    uint64_t left = backslash;
    if ((backslash & escaped) == 0) { /* there are no runs */
        *carry = backslash >> 63;
        return escaped;
    }
    escaped = 0;
    if (*carry) {
        escaped |= 1;
        left &= ~UINT64_C(1);
    }
    *carry = 0;
    while (left) {
        const unsigned at = (unsigned)__builtin_ctzll(left);
        left &= left - 1;
        if (at == 63) {
            *carry = 1;
            break;
        }
        escaped |= UINT64_C(2) << at;
        left &= ~(UINT64_C(2) << at);
    }
    return escaped;
}

/* Bit n: the number of quotes at or before byte n is odd. */
static inline uint64_t weir_index_within(uint64_t quotes, bool is_inside)
{
    quotes ^= quotes << 1;
    quotes ^= quotes << 2;
    quotes ^= quotes << 4;
    quotes ^= quotes << 8;
    quotes ^= quotes << 16;
    quotes ^= quotes << 32;
    return is_inside ? ~quotes : quotes;
}

/* Appends where the bits of a mask are: groups of eight, of which the last may be too many. */
static inline uint32_t *weir_index_append_bits(uint32_t *to, uint64_t bits, uint32_t base)
{
    const int count = __builtin_popcountll(bits);
    for (int done = 0; done < count; done += 8) {
        for (int i = 0; i < 8; i++) {
            to[done + i] = base + (uint32_t)__builtin_ctzll(bits | UINT64_C(1) << 63);
            bits &= bits - 1;
        }
    }
    return to + count;
}

/* What is rare of a block: its flags. Gives the quotes that are not escaped. */
static inline uint64_t weir_index_judge(weir_index_state *state, uint64_t quote,
                                        const weir_index_masks *m, uint64_t mine, bool is_inside)
{
    if (m->high & mine)
        state->flags |= WEIR_INDEX_HIGH;
    if ((m->backslash & mine) != 0 || state->carry != 0) {
        state->flags |= WEIR_INDEX_BACKSLASH;
        quote &= ~weir_index_escaped(m->backslash & mine, &state->carry);
    }
    if ((m->control & mine) != 0 && (m->control & mine & weir_index_within(quote, is_inside)) != 0)
        state->flags |= WEIR_INDEX_CONTROL;
    return quote;
}

static inline unsigned weir_index_end(weir_json_index *index, uint32_t *to, unsigned flags)
{
    const size_t count = (size_t)(to - index->quotes);
    memset(to, 0xff, WEIR_INDEX_MARKS * sizeof *to); /* WEIR_INDEX_END */
    index->count = count;
    index->flags = flags;
    return flags | (unsigned)(count % 2) * WEIR_INDEX_OPEN;
}

typedef weir_index_look weir_index_look_fn(const char *at);
typedef weir_index_masks weir_index_masks_fn(const char *at);
typedef uint32_t *weir_index_append_fn(uint32_t *to, uint64_t bits, uint32_t base);

/* From the block at `at` on, with `to` behind the quotes before it, among which is nothing else. */
static inline __attribute__((always_inline)) unsigned
weir_index_fill_rest(weir_json_index *index, uint32_t *to, size_t at, weir_index_look_fn *look_at,
                     weir_index_masks_fn *masks_of, weir_index_append_fn *append)
{
    weir_index_state state = {.to = to};
    for (; at < index->len; at += 64) {
        const size_t left = index->len - at;
        const uint64_t mine = left < 64 ? (UINT64_C(1) << left) - 1 : UINT64_MAX;
        const weir_index_look look = look_at(index->base + at);
        uint64_t quote = look.quote & mine;
        if ((look.rare & mine) != 0 || state.carry != 0) {
            const weir_index_masks m = masks_of(index->base + at);
            quote = weir_index_judge(&state, quote, &m, mine,
                                     (size_t)(state.to - index->quotes) % 2 != 0);
        }
        state.to = append(state.to, quote, (uint32_t)at);
    }
    return weir_index_end(index, state.to, state.flags);
}

typedef unsigned weir_index_rest_fn(weir_json_index *index, uint32_t *to, size_t at);

static inline __attribute__((always_inline)) unsigned
weir_index_fill_with(weir_json_index *index, weir_index_look_fn *look_at,
                     weir_index_append_fn *append, weir_index_rest_fn *rest)
{
    const char *const base = index->base;
    const size_t len = index->len;
    uint32_t *to = index->quotes;
    weir_index_look look;
    size_t at = 0;
    for (; at + 64 < len; at += 64) {
        look = look_at(base + at);
        if (__builtin_expect(look.rare != 0, 0))
            return rest(index, to, at);
        to = append(to, look.quote, (uint32_t)at);
    }
    const uint64_t mine = UINT64_MAX >> (64 - (len - at)); /* of 1 to 64 bytes */
    look = look_at(base + at);
    if (__builtin_expect((look.rare & mine) != 0, 0))
        return rest(index, to, at);
    return weir_index_end(index, append(to, look.quote & mine, (uint32_t)at), 0);
}

#endif
