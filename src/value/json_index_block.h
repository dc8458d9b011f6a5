/* SPDX-License-Identifier: MIT */
/*
 * The loop that all implementations of the index share. An implementation gives two functions: one
 * makes masks of 64 bytes (bit n is about byte n), one appends the places of a mask's bits. Private
 * to json_index_*.c.
 */
#ifndef WEIR_VALUE_JSON_INDEX_BLOCK_H
#define WEIR_VALUE_JSON_INDEX_BLOCK_H

#include "value/json_index.h"

typedef struct weir_index_masks {
    uint64_t quote;
    uint64_t backslash;
    uint64_t control; /* below 0x20 */
    uint64_t high;    /* above 0x7f */
    uint64_t rare;    /* any of the last three */
} weir_index_masks;

/* Bits that are escaped by the backslashes before them; *carry: the last byte was a backslash that
 * escapes the next one. Runs of backslashes are rare, so they are walked. */
static inline uint64_t weir_index_escaped(uint64_t backslash, uint64_t *carry)
{
    uint64_t escaped = 0;
    uint64_t left = backslash;
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

/* What is rare of a block: its flags. Escaped quotes leave the mask of quotes. */
static inline unsigned weir_index_judge(weir_index_masks *m, uint64_t mine, bool is_inside,
                                        uint64_t *carry)
{
    unsigned flags = m->high & mine ? WEIR_INDEX_HIGH : 0;
    if ((m->backslash & mine) != 0 || *carry != 0) {
        flags |= WEIR_INDEX_BACKSLASH;
        m->quote &= ~weir_index_escaped(m->backslash & mine, carry);
    }
    if (m->control & mine & weir_index_within(m->quote, is_inside))
        flags |= WEIR_INDEX_CONTROL;
    return flags;
}

typedef weir_index_masks weir_index_masks_fn(const char *at);
typedef uint32_t *weir_index_append_fn(uint32_t *to, uint64_t bits, uint32_t base);

static inline __attribute__((always_inline)) void
weir_index_fill_with(weir_json_index *index, weir_index_masks_fn *masks_of,
                     weir_index_append_fn *append)
{
    uint32_t *to = index->quotes;
    uint64_t carry = 0;
    unsigned flags = 0;
    for (size_t at = 0; at < index->len; at += 64) {
        weir_index_masks m = masks_of(index->base + at);
        const size_t left = index->len - at;
        const uint64_t mine = left < 64 ? (UINT64_C(1) << left) - 1 : UINT64_MAX;
        m.quote &= mine;
        if (__builtin_expect((m.rare & mine) != 0 || carry != 0, 0))
            flags |= weir_index_judge(&m, mine, (size_t)(to - index->quotes) % 2 != 0, &carry);
        to = append(to, m.quote, (uint32_t)at);
    }
    index->count = (size_t)(to - index->quotes);
    index->flags = flags;
}

#endif
