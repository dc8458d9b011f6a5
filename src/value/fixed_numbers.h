/* SPDX-License-Identifier: MIT */
/*
 * Numbers of texts of which all is known but the digits: where each begins, how many there are,
 * where the point stands and whether there is a minus. So nothing is looked for. A shuffle that was
 * prepared beforehand moves the digits of a window of 16 bytes to its end and drops what is between
 * them, and what to divide by, sign included, was prepared, too: four numbers take as many
 * instructions as one otherwise takes to be found.
 *
 * Up to 15 digits over a power of ten are exact doubles both, and one division rounds correctly;
 * whole numbers may have 16. Longer ones are wide: util/number.h reads them, one by one.
 */
#ifndef WEIR_VALUE_FIXED_NUMBERS_H
#define WEIR_VALUE_FIXED_NUMBERS_H

#include "value/number_lanes.h"

enum {
    WEIR_FIXED_MAX = 2 * WEIR_LANES,
    WEIR_FIXED_LEN_MAX = 64, /**< of one */
    WEIR_FIXED_FOUR = 4,
    WEIR_FIXED_GROUPS_MAX = WEIR_FIXED_MAX / WEIR_FIXED_FOUR
};

/** One of them. */
typedef struct weir_fixed_number {
    uint32_t at; /**< from the base */
    uint8_t len;
    uint8_t whole; /**< digits before the point */
    uint8_t decimals;
    bool is_negative;
    bool needs_real, needs_whole;
} weir_fixed_number;

/** What is read of a group. */
typedef enum weir_fixed_kind {
    WEIR_FIXED_REAL = 1,
    WEIR_FIXED_WHOLE = 2,
    WEIR_FIXED_BOTH = WEIR_FIXED_REAL | WEIR_FIXED_WHOLE,
    /* ... and how: */
    WEIR_FIXED_SHORT = 4, /**< none has more than 8 digits */
    WEIR_FIXED_PAIR = 8,  /**< there are two at most */
    WEIR_FIXED_CODES = 16
} weir_fixed_kind;

/**
 * Up to four numbers, for lanes that follow one another. What is shuffled to where is as the
 * vectors have it: two registers of two windows, those of lanes 0 and 2, 1 and 3. Of a pair that
 * is not short one register has both, of a short one each has one.
 */
typedef struct weir_fixed_group {
    int8_t drop[2][32];
    double power[WEIR_FIXED_FOUR];  /**< to divide by; negative where there is a minus */
    int64_t minus[WEIR_FIXED_FOUR]; /**< all ones where there is one */
    uint32_t at[WEIR_FIXED_FOUR]; /**< windows, behind the minus; unused ones are like the first */
    uint32_t to;                  /**< bytes from the lanes to the first real */
    uint32_t code;                /**< of weir_fixed_kind; 0: there are no more */
} weir_fixed_group;

typedef struct weir_fixed_numbers weir_fixed_numbers;
typedef bool weir_fixed_read_fn(const weir_fixed_numbers *numbers, const char *base,
                                weir_lanes *lanes);

/** Zero to start. */
struct weir_fixed_numbers {
    weir_fixed_read_fn *read;
    uint32_t wide;  /**< lanes that are read one by one */
    uint32_t added; /**< lanes */
    weir_fixed_group groups[WEIR_FIXED_GROUPS_MAX + 1];
    weir_fixed_number number[WEIR_FIXED_MAX];
};

/**
 * The number `text`, and all that have their digits where it has them, stand `at` bytes behind the
 * base, and are for lane `lane` of all: lane / WEIR_LANES of the lanes, and lane % WEIR_LANES of
 * that. `needs_real` and `needs_whole` tell what is asked of it; both: the latter only if it has no
 * point. False: there is no way to read them, or it is none of JSON, or has an exponent.
 */
bool weir_fixed_add(weir_fixed_numbers *numbers, unsigned lane, const char *text, uint32_t at,
                    uint32_t len, bool needs_real, bool needs_whole);

/** All have been added. Writes what does not vary from text to text: the masks of both lanes. */
void weir_fixed_prepare(weir_fixed_numbers *numbers, weir_lanes *lanes);

/**
 * Reads them, into both lanes. Behind the first byte of each 16 are readable, and that digits stand
 * where they have to has been checked. What is not asked for, and lanes that are not used, may
 * become anything. False: a whole number is too large for one.
 */
static inline __attribute__((warn_unused_result)) bool
weir_fixed_read(const weir_fixed_numbers *numbers, const char *base, weir_lanes *lanes)
{
    return numbers->read(numbers, base, lanes);
}

/** Those of `wide`; the end of each way to read. */
bool weir_fixed_read_wide(const weir_fixed_numbers *numbers, const char *base, weir_lanes *lanes);

typedef struct weir_fixed_variant {
    const char *name;
    bool (*is_supported)(void);
    weir_fixed_read_fn *read;
} weir_fixed_variant;

/** What is prepared from now on is read so; for tests of all of them. NULL: the fastest. */
void weir_fixed_choose(const weir_fixed_variant *variant);

/** All that this program has, the fastest first; the last one works everywhere. Ends with NULL. */
extern const weir_fixed_variant *const weir_fixed_variants[];
extern const weir_fixed_variant weir_fixed_avx2, weir_fixed_plain;

#endif
