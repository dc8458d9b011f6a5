/* SPDX-License-Identifier: MIT */
/* Looking for the end of a string 16 bytes at a time, where SSE2 is (every x86-64). The other half
 * of this choice is json_scan_word.h. */
#if defined(__SSE2__) && !defined(WEIR_VALUE_JSON_SCAN_SPECIAL)
#define WEIR_VALUE_JSON_SCAN_SPECIAL

#include <emmintrin.h>
#include <stdint.h>
#include <string.h>

/**
 * The first '"', '\\' or control character at or behind `at`, or some position >= end. *high
 * becomes non-zero when a byte above 0x7f was passed on the way. Reads at most 16 bytes behind end.
 */
static inline const char *weir_scan_special(const char *at, const char *end, unsigned *high)
{
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i backslash = _mm_set1_epi8('\\');
    const __m128i control = _mm_set1_epi8(0x1f);
    while (at < end) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
        __m128i hits = _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash));
        hits = _mm_or_si128(hits, _mm_cmpeq_epi8(_mm_min_epu8(bytes, control), bytes));
        unsigned mask = (unsigned)_mm_movemask_epi8(hits);
        unsigned above = (unsigned)_mm_movemask_epi8(bytes);
        if (mask) {
            *high |= above & (mask ^ (mask - 1));
            return at + __builtin_ctz(mask);
        }
        *high |= above;
        at += 16;
    }
    return at;
}

/** Bytes that weir_scan_others looks at. */
enum { WEIR_SCAN_WINDOW = 16 };

/** Bit i: byte i of the window at `at` is no digit. Bits above the window are set. */
static inline uint32_t weir_scan_others(const char *at)
{
    const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
    const __m128i values = _mm_sub_epi8(bytes, _mm_set1_epi8('0'));
    const __m128i digits = _mm_cmpeq_epi8(_mm_min_epu8(values, _mm_set1_epi8(9)), values);
    return ~(uint32_t)_mm_movemask_epi8(digits);
}

/** Bit i: byte i of the window at `at` is not one of `-./0123456789`. Bits above it are set. */
static inline uint32_t weir_scan_not_of_number(const char *at)
{
    const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
    const __m128i values = _mm_sub_epi8(bytes, _mm_set1_epi8('-'));
    const __m128i kept = _mm_cmpeq_epi8(_mm_min_epu8(values, _mm_set1_epi8('9' - '-')), values);
    return ~(uint32_t)_mm_movemask_epi8(kept);
}

/** Bit i: byte i of 16 is a backslash. */
static inline uint32_t weir_scan_backslashes(const char *at)
{
    const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
    return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
}

/** Bit i: byte i of 16 is a backslash, or above 0x7f. */
static inline uint32_t weir_scan_unusual(const char *at)
{
    const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
    const __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    return (uint32_t)_mm_movemask_epi8(_mm_or_si128(bytes, backslash));
}

/** Bit i: byte i of two windows of 16 is equal. Bits above are not set. */
static inline uint32_t weir_scan_equal(const char *a, const char *b)
{
    const __m128i left = _mm_loadu_si128((const __m128i *)(const void *)a);
    const __m128i right = _mm_loadu_si128((const __m128i *)(const void *)b);
    return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(left, right));
}

#endif
