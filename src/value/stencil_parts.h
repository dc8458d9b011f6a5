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

typedef uint64_t weir_stencil_block __attribute__((vector_size(WEIR_STENCIL_TEXT_MAX)));

/** Text that does not vary. */
typedef struct weir_stencil_piece {
    weir_stencil_block text;
    weir_stencil_block mask; /**< of a byte that is not of the piece: nothing */
    int64_t delta;           /**< from its place */
    uint32_t quote;          /**< ordinal of that in the part, where it is a quote */
} weir_stencil_piece;

/** A number for a lane, between a quote and the next one; or a text of which so many bytes are its
 * beginning and end, which has no lane: it must have as many, and few more, as is looked at
 * likewise. */
typedef struct weir_stencil_field {
    int64_t delta;    /**< from the quote */
    uint32_t quote;   /**< ordinal in the part */
    uint32_t less;    /**< bytes from quote to quote that are not of the number */
    uint32_t at, len; /**< of the lane: bytes from the beginning of weir_fit */
} weir_stencil_field;

/** What else is done about a part. */
typedef enum weir_stencil_code {
    WEIR_STEP_LANE,    /**< a number for a lane, from any place to any other */
    WEIR_STEP_NUMBER,  /**< a number that is not for a lane */
    WEIR_STEP_LENGTH,  /**< a string that has at least so many bytes */
    WEIR_STEP_DISTANCE /**< from one place to another it is so many bytes */
} weir_stencil_code;

typedef struct weir_stencil_step {
    uint32_t at, len; /**< of a lane */
    uint32_t bytes;   /**< of a length: at least; of a distance */
    weir_spot from, to;
    uint8_t code;
    uint8_t number; /**< in weir_fit */
} weir_stencil_step;

/** The node of lists of levels that are walked because they have more than one. */
extern const weir_trie weir_stencil_many;

/** Nothing that is read stands in a level. */
bool weir_stencil_has_plain_levels(const weir_trie *node);
/** weir_stencil_single_level, of a list that begins at list.ptr and ends anywhere in it. */
size_t weir_stencil_level_texts(const weir_trie *node, weir_str list);

/** What a part ends with. */
typedef enum weir_stencil_end {
    WEIR_END_OF_ALL,
    WEIR_END_LANE,    /**< a number that is as long as it is */
    WEIR_END_NUMBER,  /**< the same that is not for a lane */
    WEIR_END_STRINGS, /**< a list of strings, which is not read */
    WEIR_END_LISTS,   /**< a list of lists (value/lists.h) */
    WEIR_END_WALK,    /**< another list */
    WEIR_END_ROWS     /**< a list that is left to the caller */
} weir_stencil_end;

/** A part; what is done about it stands in the order in which it is done, so that all places of it
 * are known to lie within the text before they are looked at. */
typedef struct weir_stencil_part {
    weir_stencil_piece start; /**< told from its beginning */
    weir_stencil_field head;  /**< a number from there to a quote, whose ordinal `quote` is */
    uint32_t quotes;          /**< that it has; so many must be left */
    bool has_head;
    bool is_plain;  /**< it has neither steps nor texts behind `inner` */
    uint8_t inner;  /**< pieces told from quotes, an even number: they are compared by twos */
    uint8_t starts; /**< pieces behind those, told from its beginning */
    uint8_t tails;  /**< pieces behind those, told from the end of the text */
    uint8_t fields;
    uint8_t steps;
    uint8_t end;      /**< a weir_stencil_end */
    uint8_t number;   /**< that it ends with, in weir_fit */
    weir_spot behind; /**< where what it ends with begins; of the last part: its end */
    uint32_t at, len; /**< of a lane that it ends with */
    unsigned depth;   /**< of the list that it ends with */
    const weir_trie *node;
    const weir_stencil_piece *piece, *inner_end;
    const weir_stencil_field *field, *field_end;
    const weir_stencil_step *step;
} weir_stencil_part;

struct weir_stencil {
    bool is_whole;
    size_t mark_count;
    size_t lane_count;
    weir_spot rows_end;
    weir_stencil_mark *marks;
    weir_stencil_part *parts;
};

#endif
