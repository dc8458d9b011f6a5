/* SPDX-License-Identifier: MIT */
/*
 * What a mould is made of, shared by mould.c, which pours, and mould_learn.c, which makes it.
 * Private to these.
 */
#ifndef WEIR_PIPELINE_MOULD_PARTS_H
#define WEIR_PIPELINE_MOULD_PARTS_H

#include "pipeline/mould.h"
#include "pipeline/parts.h"

enum { WEIR_MOULD_BLOCK = 64 /* images are copied in such pieces */ };

typedef enum weir_mould_code {
    WEIR_MOULD_TEXT,
    WEIR_MOULD_ASSET,
    WEIR_MOULD_STAMP,
    WEIR_MOULD_SECONDS,
    WEIR_MOULD_RECEIVED,
    WEIR_MOULD_OTHER /* as pipeline/quick.c does it, from slots */
} weir_mould_code;

/** What to do for a column that is no number. */
typedef struct weir_mould_op {
    uint8_t code;
    uint8_t where; /**< of a text: its opening quote, as in a weir_spot */
    uint8_t quote;
    uint8_t key;    /**< of an asset */
    bool is_outer;  /**< its value is of the message around the element */
    uint32_t place; /**< as in weir_quick_op */
    const weir_quick_op *quick;
} weir_mould_op;

/** What becomes of a lane. */
typedef enum weir_mould_use {
    WEIR_MOULD_REAL,
    WEIR_MOULD_BARE_REAL, /**< of a bare number, where -0 is a whole one */
    WEIR_MOULD_WHOLE,
    WEIR_MOULD_AS_IS, /**< a whole number, or else a real one */
    WEIR_MOULD_EPOCH
} weir_mould_use;

typedef struct weir_mould_put {
    uint8_t use;
    uint8_t lane;
    uint32_t place; /**< of the cell's value; of AS_IS the cell; of EPOCH the time */
    int64_t scale;
} weir_mould_put;

/** Lanes that are read together, and what they must be. */
typedef struct weir_mould_lanes {
    uint8_t used;
    unsigned real, whole, either, json;
    uint8_t real_count, put_count; /**< the first ones are REAL */
    weir_mould_put *puts;
} weir_mould_lanes;

enum { WEIR_MOULD_LANES = WEIR_STENCIL_LANES_MAX / WEIR_LANES };

/** A slot that OTHER reads. */
typedef struct weir_mould_slot {
    bool is_item;
    bool is_outer;
    uint32_t slot;
    const weir_stencil_mark *mark; /**< NULL: nothing is there */
} weir_mould_slot;

typedef enum weir_mould_outcome {
    WEIR_MOULD_MAKES,
    WEIR_MOULD_LISTS, /**< a record of each element of a list */
    WEIR_MOULD_DROPS,
    WEIR_MOULD_UNCONVERTED
} weir_mould_outcome;

struct weir_mould {
    weir_stencil *stencil;
    weir_mould_outcome outcome;
    const weir_plan_rule *rule;
    weir_channel channel; /**< of its records */
    char *image;          /**< a record with all that is the same in all of them */
    size_t image_len;     /**< to here; the memory ends at a whole block */
    size_t room;          /**< that a record is given to start with */
    weir_mould_op *ops;
    size_t op_count;
    weir_mould_lanes lanes[WEIR_MOULD_LANES];
    weir_mould_put *puts;
    weir_mould_slot *slots;
    size_t slot_count;
    bool has_roots; /**< OTHER looks at what `data` and `item` are, and when they came */
    weir_value roots[2];
    weir_stencil_pin *pins; /**< what its tests have made part of the stencil */
    size_t pin_count;
    size_t next; /**< the mould of the message that followed last time */
    weir_moulds items;
};

void weir_mould_free(weir_mould *mould);
/** A mould that fits, or NULL; *fit says where everything is. */
weir_mould *weir_moulds_find(weir_moulds *moulds, weir_cursor p, weir_fit *fit);

#endif
