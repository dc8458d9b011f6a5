/* SPDX-License-Identifier: MIT */
/*
 * Lists of lists of two bare numbers in two passes; what is of an instruction set is two functions.
 * The first pass marks where levels begin, their '[', and the commas within them, 64 bytes at a
 * time, and sees that they take turns, that "],[" stands between two levels, and "]]" behind the
 * last. So where the numbers of a level are is known without having read those before it. The
 * second pass reads two levels at a time. Private to number_bare_*.c.
 */
#ifndef WEIR_VALUE_NUMBER_BARE_H
#define WEIR_VALUE_NUMBER_BARE_H

#include "util/number.h"
#include "value/json_index_block.h"
#include "value/number_lanes.h"

/* Bit n is about byte n. */
typedef struct weir_bare_masks {
    uint64_t open, close, comma;
    uint64_t letter; /* e and E */
} weir_bare_masks;

typedef weir_bare_masks weir_bare_masks_fn(const char *at);

/* Two levels of numbers that are JSON, about which are m[0] to m[4]; false: some are not, or not
 * such as it reads. */
typedef bool weir_bare_pair_fn(const char *at, const uint32_t *m, weir_level *levels);

/* A level has two marks, m[0] and m[1]; m[2] begins the next one, which is two behind its end. */
static inline bool weir_bare_read_alone(const char *at, const uint32_t *m, weir_level *level)
{
    const weir_str price = {at + m[0] + 1, m[1] - m[0] - 1};
    const weir_str size = {at + m[1] + 1, m[2] - m[1] - 3};
    return weir_double_parse_json(price, &level->price) &&
           weir_double_parse_json(size, &level->size);
}

/* How many marks there are, and one more where another level would begin; 0: another form. Sets
 * *letters if there are letters. */
static inline __attribute__((always_inline)) size_t
weir_bare_mark(const char *at, size_t len, uint32_t *marks, uint64_t *letters,
               weir_bare_masks_fn *masks_of, weir_index_append_fn *append)
{
    uint32_t *to = marks;
    uint64_t closed = 0;  /* the block before ended with "]" */
    uint64_t is_next = 1; /* or with "],": a level begins */
    bool is_odd = false;
    for (size_t from = 0; from < len; from += 64) {
        const weir_bare_masks m = masks_of(at + from);
        const uint64_t behind = m.close << 1 | closed, next = behind & m.comma;
        const uint64_t end = behind & ~m.comma, all = m.open | (m.comma & ~behind);
        const uint64_t odd = weir_index_within(all, is_odd);
        const uint64_t wrong =
            (m.open ^ (next << 1 | is_next)) | ((odd & all) ^ m.open) | (odd & m.close);
        const uint64_t mine = (end & (0 - end)) - 1; /* below the end; all if there is none */
        if (wrong & mine)
            return 0;
        *letters |= m.letter & mine;
        to = append(to, all & mine, (uint32_t)from);
        if (end) {
            const size_t last = from + (unsigned)__builtin_ctzll(end);
            *to = (uint32_t)last + 1;
            return last < len && at[last] == ']' ? (size_t)(to - marks) : 0;
        }
        closed = m.close >> 63;
        is_next = next >> 63;
        is_odd = odd >> 63;
    }
    return 0;
}

static inline __attribute__((always_inline)) bool weir_bare_read(const char *at, const uint32_t *m,
                                                                 weir_level *levels, size_t count,
                                                                 weir_bare_pair_fn *read_pair)
{
    for (size_t done = 0; done < count; done += 2, m += 4) {
        if (done + 2 <= count && read_pair(at, m, levels + done))
            continue;
        if (!weir_bare_read_alone(at, m, levels + done) ||
            (done + 2 <= count && !weir_bare_read_alone(at, m + 2, levels + done + 1)))
            return false;
    }
    return true;
}

/* Exponents have a way of their own for whole lists: a list that has one has many. */
static inline __attribute__((always_inline)) const char *
weir_bare_levels_with(const char *at, const char *end, uint32_t *marks, weir_level *levels,
                      size_t *count, weir_bare_masks_fn *masks_of, weir_index_append_fn *append,
                      weir_bare_pair_fn *read_pair, weir_bare_pair_fn *read_scaled_pair)
{
    uint64_t letters = 0;
    const size_t found = weir_bare_mark(at, (size_t)(end - at), marks, &letters, masks_of, append);
    *count = found / 2;
    if (found == 0 || !(letters ? weir_bare_read(at, marks, levels, *count, read_scaled_pair)
                                : weir_bare_read(at, marks, levels, *count, read_pair)))
        return NULL;
    return at + marks[found];
}

#endif
