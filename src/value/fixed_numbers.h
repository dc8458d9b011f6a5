/* SPDX-License-Identifier: MIT */
/*
 * Numbers of texts of which all is known but the digits: where each begins, how many there are,
 * where the point stands and whether there is a minus. So nothing is looked for. A shuffle that was
 * prepared beforehand moves the digits of a window of 16 bytes to its end and drops what is between
 * them, and what to divide by, sign included, was prepared, too; so was where the number goes. Four
 * numbers take as many instructions as one otherwise takes to be found.
 *
 * Up to 15 digits over a power of ten are exact doubles both, and one division rounds correctly;
 * whole numbers may have 16. Longer ones are wide: util/number.h reads them, one by one.
 */
#ifndef WEIR_VALUE_FIXED_NUMBERS_H
#define WEIR_VALUE_FIXED_NUMBERS_H

#include "value/number_lanes.h"

enum {
    WEIR_FIXED_MAX = 2 * WEIR_LANES,
    WEIR_FIXED_LEN_MAX = 64,   /**< of a text */
    WEIR_FIXED_WANTS_MAX = 24, /**< a number that is wanted twice is two */
    WEIR_FIXED_FOUR = 4,
    WEIR_FIXED_GROUPS_MAX = 9 /**< and the end; see write_groups */
};

typedef enum weir_fixed_kind {
    WEIR_FIXED_REAL,   /**< a double */
    WEIR_FIXED_WHOLE,  /**< an int64 */
    WEIR_FIXED_SCALED, /**< ... times a scale, nowhere WEIR_NO_TIME */
    WEIR_FIXED_KINDS
} weir_fixed_kind;

/** A number, and where it goes. */
typedef struct weir_fixed_want {
    int64_t scale; /**< sign included */
    uint32_t at;   /**< from the base, sign included */
    uint32_t to;   /**< from `out` */
    uint8_t len;
    uint8_t whole; /**< digits before the point */
    uint8_t decimals;
    uint8_t kind;
    bool is_negative;
} weir_fixed_want;

typedef struct weir_fixed_group weir_fixed_group;
typedef struct weir_fixed_numbers weir_fixed_numbers;

/** Reads a group, and then those behind it. */
typedef bool weir_fixed_step(const weir_fixed_group *group, const char *base, char *out);

/** Up to four numbers of a kind; number i is the one that vectors have at i in the end. */
struct weir_fixed_group {
    weir_fixed_step *step;
    int8_t drop[2][32];
    union {
        double power[WEIR_FIXED_FOUR]; /**< to divide by; negative where there is a minus */
        int64_t scale[WEIR_FIXED_FOUR];
    };
    uint32_t at[WEIR_FIXED_FOUR]; /**< windows, in the order in which they are loaded */
    uint32_t to[WEIR_FIXED_FOUR];
};

/** Zero to start. */
struct weir_fixed_numbers {
    weir_fixed_group groups[WEIR_FIXED_GROUPS_MAX]; /**< the last one is the end */
    weir_fixed_want wants[WEIR_FIXED_WANTS_MAX];
    uint32_t count;
    uint32_t wide;  /**< wants that are read one by one */
    uint32_t lanes; /**< that have a number; those of them that are whole */
    uint32_t whole_lanes;
    uint32_t end; /**< of the groups */
};

/**
 * The number `text`, and all that have their digits where it has them, stand `at` bytes behind the
 * base, and go `to` bytes behind `out`: 8 bytes, nowhere else. `scale` is that of
 * WEIR_FIXED_SCALED. False: there is no way to read them, or it is none of JSON, or has an
 * exponent, or there are too many.
 */
bool weir_fixed_put(weir_fixed_numbers *numbers, const char *text, uint32_t at, uint32_t len,
                    weir_fixed_kind kind, int64_t scale, uint32_t to);

/**
 * The same where `out` are two weir_lanes: the number is for lane `lane` of all, which is
 * lane % WEIR_LANES of lanes lane / WEIR_LANES. `needs_real` and `needs_whole` tell what is asked
 * of it; both: the latter only if it has no point.
 */
bool weir_fixed_add(weir_fixed_numbers *numbers, unsigned lane, const char *text, uint32_t at,
                    uint32_t len, bool needs_real, bool needs_whole);

/** All have been added. Writes what does not vary from text to text: the masks of both lanes, but
 * not to NULL. */
void weir_fixed_prepare(weir_fixed_numbers *numbers, weir_lanes *lanes);

/** Bytes of a prepared one that are looked at when they are read: it may be moved, no more than
 * these, to where it is aligned. */
size_t weir_fixed_size(const weir_fixed_numbers *numbers);

/**
 * Reads them. Behind the first byte of each 16 are readable, and that digits stand where they have
 * to has been checked. False: a whole number is too large for one.
 */
static inline __attribute__((warn_unused_result)) bool
weir_fixed_read(const weir_fixed_numbers *numbers, const char *base, void *out)
{
    return numbers->groups[0].step(numbers->groups, base, (char *)out);
}

/** A group of how many windows is read how. Of `joined` ones two are loaded together: the second
 * begins where the first ends. */
typedef enum weir_fixed_shape {
    WEIR_FIXED_ONE,
    WEIR_FIXED_TWO,
    WEIR_FIXED_TWO_JOINED,
    WEIR_FIXED_FOURS,
    WEIR_FIXED_FOURS_JOINED,
    WEIR_FIXED_SHAPES
} weir_fixed_shape;

typedef struct weir_fixed_variant {
    const char *name;
    bool (*is_supported)(void);
    weir_fixed_step *end;  /**< behind the last group */
    weir_fixed_step *wide; /**< the same, if there are wide ones */
    weir_fixed_step *steps[WEIR_FIXED_KINDS][WEIR_FIXED_SHAPES][2]; /**< [1]: of 8 digits at most.
                                                                       NULL: there are no groups */
} weir_fixed_variant;

/** The end of a variant that has no groups, and of others the wide ones. */
weir_fixed_step weir_fixed_read_all, weir_fixed_read_wide;

/** What is prepared from now on is read so; for tests of all of them. NULL: the fastest. */
void weir_fixed_choose(const weir_fixed_variant *variant);

/** All that this program has, the fastest first; the last one works everywhere. Ends with NULL. */
extern const weir_fixed_variant *const weir_fixed_variants[];
extern const weir_fixed_variant weir_fixed_avx2, weir_fixed_plain;

#endif
