/* SPDX-License-Identifier: MIT */
/*
 * What a stencil is made of, shared by stencil.c, which fits it, and stencil_learn.c, which makes
 * it. Private to value/.
 */
#ifndef WEIR_VALUE_STENCIL_PARTS_H
#define WEIR_VALUE_STENCIL_PARTS_H

#include "value/stencil.h"

enum {
    WEIR_STENCIL_TEXT_MAX = 16,
    WEIR_STENCIL_DELTA_MAX = 40 /* so that 16 bytes there are within the slack behind the text */
};

/** What is done about a text, step by step. Those of a part come in this order, so that all places
 * of it are known to lie within the text before they are looked at. */
typedef enum weir_stencil_code {
    WEIR_STEP_TEXT_AT,    /**< a piece of text, told from the part's beginning */
    WEIR_STEP_BETWEEN,    /**< for a lane: from one quote to the next, with so many bytes less */
    WEIR_STEP_LANE,       /**< the same from any place to any other */
    WEIR_STEP_NUMBER,     /**< a number that is not for a lane */
    WEIR_STEP_LENGTH,     /**< a string that has at least so many bytes */
    WEIR_STEP_DISTANCE,   /**< from one place to another it is so many bytes */
    WEIR_STEP_TEXT,       /**< told from a quote */
    WEIR_STEP_TEXT_END,   /**< told from the end */
    WEIR_STEP_TO_LANE,    /**< the part ends with a number that is as long as it is */
    WEIR_STEP_TO_NUMBER,  /**< the same that is not for a lane */
    WEIR_STEP_TO_STRINGS, /**< ... or with a list of strings, which is not read */
    WEIR_STEP_TO_WALK,    /**< ... or with another list */
    WEIR_STEP_TO_ROWS,    /**< ... or with a list that is left to the caller */
    WEIR_STEP_END,
    WEIR_STEP_COUNT
} weir_stencil_code;

typedef struct weir_stencil_step {
    union {
        char text[WEIR_STENCIL_TEXT_MAX];
        struct {
            uint32_t at, len; /* of a lane: bytes from the beginning of weir_fit */
        };
    };
    uint32_t others; /**< bits of the 16 bytes that are not of the piece; of a length: the least; of
                        a distance: itself; of what is between quotes: so many bytes less */
    weir_spot from;  /**< where it is; of what ends a part: its beginning */
    weir_spot to;    /**< of a number */
    uint8_t code;
    uint8_t number; /**< in weir_fit */
    uint8_t quotes; /**< of the part that ends */
    uint8_t next;   /**< quotes of the part that begins */
} weir_stencil_step;

/** The node of lists of levels that are walked because they have more than one. */
extern const weir_trie weir_stencil_many;

/** A container that ends a part. */
typedef struct weir_stencil_walk {
    const weir_trie *node;
    unsigned depth;
} weir_stencil_walk;

struct weir_stencil {
    bool is_whole;
    uint8_t quotes; /**< of the first part */
    size_t mark_count;
    size_t step_count;
    weir_spot rows_end;
    weir_stencil_walk walks[WEIR_STENCIL_PARTS_MAX];
    weir_stencil_mark *marks;
    weir_stencil_step *steps;
};

#endif
