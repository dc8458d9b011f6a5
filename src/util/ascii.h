/* SPDX-License-Identifier: MIT */
/*
 * Is a text ASCII alone? Every text frame of every feed is asked that, so it is done with what the
 * processor has: one implementation per instruction set, each in a file of its own, chosen when
 * the first text comes. None reads beyond the text.
 */
#ifndef WEIR_UTIL_ASCII_H
#define WEIR_UTIL_ASCII_H

#include <stdatomic.h>

#include <weir/types.h>

typedef bool weir_ascii_fn(const char *at, size_t len);

typedef struct weir_ascii_variant {
    const char *name;
    bool (*is_supported)(void);
    weir_ascii_fn *is_ascii;
} weir_ascii_variant;

/** All that this program has, the fastest first; the last one works everywhere. Ends with NULL. */
extern const weir_ascii_variant *const weir_ascii_variants[];
extern const weir_ascii_variant weir_ascii_avx512, weir_ascii_avx2, weir_ascii_word;

extern _Atomic(weir_ascii_fn *) weir_ascii_chosen; /**< of weir_is_ascii alone */

/** True of the empty text, whose pointer may be NULL. */
static inline bool weir_is_ascii(weir_str text)
{
    return atomic_load_explicit(&weir_ascii_chosen, memory_order_relaxed)(text.ptr, text.len);
}

#endif
