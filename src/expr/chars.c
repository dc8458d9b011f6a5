/* SPDX-License-Identifier: MIT */
/* Binary searches in the tables that were printed from CPython. ASCII never comes here: the str
 * methods handle it in place. */
#include "expr/chars.h"

#include "expr/chars_table.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static bool within(const range *table, size_t count, uint32_t c)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (c > table[mid].last)
            low = mid + 1;
        else if (c < table[mid].first)
            high = mid;
        else
            return true;
    }
    return false;
}

bool weir_char_is_printable(uint32_t c)
{
    return !within(UNPRINTABLE, COUNT(UNPRINTABLE), c);
}

bool weir_char_is_space(uint32_t c)
{
    if (c < 0x80)
        return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20);
    return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
           c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool weir_char_is_line_end(uint32_t c)
{
    return (c >= 0x0A && c <= 0x0D) || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 ||
           c == 0x2029;
}

bool weir_char_is_alpha(uint32_t c)
{
    return within(ALPHA, COUNT(ALPHA), c);
}

bool weir_char_is_digit(uint32_t c)
{
    return within(DIGIT, COUNT(DIGIT), c);
}

bool weir_char_is_alnum(uint32_t c)
{
    return weir_char_is_alpha(c) || within(NUMERIC, COUNT(NUMERIC), c);
}

bool weir_char_is_cased(uint32_t c)
{
    return within(CASED, COUNT(CASED), c);
}

bool weir_char_is_case_ignorable(uint32_t c)
{
    return within(CASE_IGNORABLE, COUNT(CASE_IGNORABLE), c);
}

static size_t special_case(const special *table, size_t count, uint32_t c, uint32_t out[3])
{
    for (size_t i = 0; i < count; i++) {
        if (table[i].from != c)
            continue;
        size_t n = 0;
        for (; n < 3 && table[i].to[n]; n++)
            out[n] = table[i].to[n];
        return n;
    }
    return 0;
}

static size_t shifted(const shift *table, size_t count, uint32_t c, uint32_t out[3])
{
    out[0] = c;
    /* Ranges of stride 2 interleave with others, so this is a walk. */
    for (size_t i = 0; i < count && table[i].first <= c; i++)
        if (c <= table[i].last && (c - table[i].first) % (uint32_t)table[i].stride == 0) {
            out[0] = (uint32_t)((int32_t)c + table[i].delta);
            break;
        }
    return 1;
}

size_t weir_char_upper(uint32_t c, uint32_t out[3])
{
    size_t n = special_case(UPPER_SPECIALS, COUNT(UPPER_SPECIALS), c, out);
    return n ? n : shifted(UPPER_SHIFTS, COUNT(UPPER_SHIFTS), c, out);
}

size_t weir_char_lower(uint32_t c, uint32_t out[3])
{
    size_t n = special_case(LOWER_SPECIALS, COUNT(LOWER_SPECIALS), c, out);
    return n ? n : shifted(LOWER_SHIFTS, COUNT(LOWER_SHIFTS), c, out);
}

size_t weir_char_title(uint32_t c, uint32_t out[3])
{
    size_t n = special_case(TITLE_SPECIALS, COUNT(TITLE_SPECIALS), c, out);
    return n ? n : shifted(TITLE_SHIFTS, COUNT(TITLE_SHIFTS), c, out);
}
