/* SPDX-License-Identifier: MIT */
/* Looking for the end of a string 8 bytes at a time, for machines without SSE2. The other half of
 * this choice is json_scan_sse2.h, which is included first and says what the functions do. */
#if !defined(WEIR_VALUE_JSON_SCAN_SPECIAL)
#define WEIR_VALUE_JSON_SCAN_SPECIAL

#include <stdint.h>
#include <string.h>

#define WEIR_SCAN_ONES  UINT64_C(0x0101010101010101)
#define WEIR_SCAN_HIGHS UINT64_C(0x8080808080808080)

/** Non-zero if a byte of the word is zero. */
static inline uint64_t weir_scan_has_zero(uint64_t word)
{
    return (word - WEIR_SCAN_ONES) & ~word & WEIR_SCAN_HIGHS;
}

static inline const char *weir_scan_special(const char *at, const char *end, unsigned *high)
{
    for (; end - at >= 8; at += 8) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        if (weir_scan_has_zero(word ^ (WEIR_SCAN_ONES * '"')) |
            weir_scan_has_zero(word ^ (WEIR_SCAN_ONES * '\\')) |
            weir_scan_has_zero(word & (WEIR_SCAN_ONES * 0xe0)))
            break;
        *high |= (word & WEIR_SCAN_HIGHS) != 0;
    }
    for (; at < end; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte == '"' || byte == '\\' || byte < 0x20)
            break;
        *high |= byte & 0x80u;
    }
    return at;
}

enum { WEIR_SCAN_WINDOW = 8 };

static inline uint32_t weir_scan_others(const char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
        word = __builtin_bswap64(word);
    word ^= WEIR_SCAN_ONES * '0';
    const uint64_t tops =
        (((word & ~WEIR_SCAN_HIGHS) + WEIR_SCAN_ONES * 0x76) | word) & WEIR_SCAN_HIGHS;
    return (uint32_t)(tops * UINT64_C(0x0002040810204081) >> 56) | ~UINT32_C(0xff);
}

static inline uint32_t weir_scan_not_of_number(const char *at)
{
    uint32_t bits = ~UINT32_C(0) << WEIR_SCAN_WINDOW;
    for (unsigned i = 0; i < WEIR_SCAN_WINDOW; i++)
        bits |= (uint32_t)(at[i] < '-' || at[i] > '9') << i;
    return bits;
}

static inline uint32_t weir_scan_backslashes(const char *at)
{
    uint32_t bits = 0;
    for (unsigned i = 0; i < 16; i++)
        bits |= (uint32_t)(at[i] == '\\') << i;
    return bits;
}

static inline uint32_t weir_scan_unusual(const char *at)
{
    uint32_t bits = 0;
    for (unsigned i = 0; i < 16; i++)
        bits |= (uint32_t)(at[i] == '\\' || (unsigned char)at[i] > 0x7f) << i;
    return bits;
}

static inline uint32_t weir_scan_equal_eight(const char *a, const char *b)
{
    uint64_t left, right;
    memcpy(&left, a, sizeof left);
    memcpy(&right, b, sizeof right);
    if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) {
        left = __builtin_bswap64(left);
        right = __builtin_bswap64(right);
    }
    const uint64_t differs = left ^ right;
    const uint64_t tops =
        (((differs & ~WEIR_SCAN_HIGHS) + ~WEIR_SCAN_HIGHS) | differs) & WEIR_SCAN_HIGHS;
    return ~(uint32_t)(tops * UINT64_C(0x0002040810204081) >> 56) & 0xff;
}

static inline uint32_t weir_scan_equal(const char *a, const char *b)
{
    return weir_scan_equal_eight(a, b) | weir_scan_equal_eight(a + 8, b + 8) << 8;
}

#endif
