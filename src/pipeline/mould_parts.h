/* SPDX-License-Identifier: MIT */
/*
 * What a mould is made of, shared by mould.c and mould_make.c, which pour, and mould_learn.c, which
 * makes it. Private to these.
 */
#ifndef WEIR_PIPELINE_MOULD_PARTS_H
#define WEIR_PIPELINE_MOULD_PARTS_H

#include "pipeline/mould.h"
#include "pipeline/parts.h"
#include "value/short.h"

/** Images take whole blocks, and are copied in pieces. */
enum { WEIR_MOULD_BLOCK = 64, WEIR_MOULD_PIECE = 32 };

/** What is done for a record, in this order. */
typedef enum weir_mould_code {
    WEIR_MOULD_LINK,      /**< the first one, until weir_mould_link; then one of these, its `key` */
    WEIR_MOULD_NONE,      /**< there are no numbers */
    WEIR_MOULD_LANES_ARE, /**< lanes are what they must be */
    WEIR_MOULD_BOTH_ARE,
    WEIR_MOULD_IMAGE,   /**< what is the same in all records; of any size */
    WEIR_MOULD_IMAGE_3, /**< of so many pieces */
    WEIR_MOULD_IMAGE_4,
    WEIR_MOULD_IMAGE_5,
    WEIR_MOULD_IMAGE_6,
    WEIR_MOULD_TEXT,
    WEIR_MOULD_STAMP,
    WEIR_MOULD_SECONDS,
    WEIR_MOULD_ASSET,
    WEIR_MOULD_EQUAL,    /**< a text with a short one */
    WEIR_MOULD_STANDARD, /**< what a mapping has for a text */
    WEIR_MOULD_LEVELS,   /**< of a list of lists that ends a part of the stencil */
    WEIR_MOULD_WHERE,    /**< of some of its lists */
    WEIR_MOULD_SIDES,    /**< the same for two columns at once */
    WEIR_MOULD_SLOTS,    /**< are filled for OTHER */
    WEIR_MOULD_RECEIVED,
    WEIR_MOULD_OTHER, /**< as pipeline/quick.c does it, from slots */
    WEIR_MOULD_ONE,   /**< numbers of lanes are copied: real ones or whole ones */
    WEIR_MOULD_TWO,
    WEIR_MOULD_THREE,
    WEIR_MOULD_FOUR,
    WEIR_MOULD_BARE_ONE, /**< real ones that stood bare, where -0 is a whole one */
    WEIR_MOULD_BARE_TWO,
    WEIR_MOULD_BARE_THREE,
    WEIR_MOULD_BARE_FOUR,
    WEIR_MOULD_LEVEL, /**< the only one of a list: two numbers */
    WEIR_MOULD_EPOCH,
    WEIR_MOULD_NANOSECONDS, /**< the same in ns */
    WEIR_MOULD_END,         /**< behind texts and levels */
    WEIR_MOULD_END_AS_IS,   /**< the size is the image's */
    WEIR_MOULD_CODES
} weir_mould_code;

enum { WEIR_MOULD_NOT = 0x80 };

/** All places are told in bytes. */
typedef struct weir_mould_op {
    const void *way; /**< where mould_make.c does it */
    uint8_t code;
    uint8_t key; /**< of LINK the code; of an asset its key; of EQUAL the length, and NOT; of levels
                    the part */
    int16_t where;  /**< of a text: from the weir_fit to a pointer to quotes; of levels: to the fit;
                       negative: in the fit before, which is of the message around the element */
    uint16_t quote; /**< ... and from there to its opening one; of numbers: from the weir_fit to the
                       first one */
    uint16_t place; /**< in the record: of a text the cell, of numbers what is in it; of END the
                       channel */
    union {
        struct {
            union {
                const weir_quick_op *quick;
                int64_t scale;           /**< of EPOCH */
                const char *image;       /**< of IMAGE */
                const weir_mould *mould; /**< of SLOTS and LANES_ARE */
            };
            union {
                const weir_quick_op *second; /**< of SIDES */
                size_t room; /**< behind a text that is longer than usual; of END_AS_IS the size */
                size_t pieces; /**< of IMAGE */
            };
        };
        weir_short text; /**< of EQUAL */
    };
} weir_mould_op;

_Static_assert(2 * sizeof(weir_fit) <= INT16_MAX, "places in two of them are of 16 bits");

/** Lanes that are read together, and what they must be. */
typedef struct weir_mould_lanes {
    uint8_t used;
    unsigned real, whole, json;
    unsigned either; /**< they may be whole, or real ones; mostly they are as they were once */
    unsigned usual;  /**< then, so that no more has to be asked: those that are real, */
    unsigned kinds;  /**< those that are whole or not, */
    unsigned wholes; /**< and those of them that are */
} weir_mould_lanes;

enum { WEIR_MOULD_LANES = WEIR_STENCIL_LANES_MAX / WEIR_LANES };

/** What becomes of a lane. */
typedef enum weir_mould_use {
    WEIR_MOULD_REAL,
    WEIR_MOULD_WHOLE,
    WEIR_MOULD_BARE_REAL, /**< it stood bare, where -0 is a whole one */
    WEIR_MOULD_AS_GIVEN,  /**< whole or not */
    WEIR_MOULD_TIME
} weir_mould_use;

typedef struct weir_mould_put {
    weir_mould_use use;
    uint8_t lane;
    uint32_t place; /**< of the cell's value; of AS_GIVEN the cell; of TIME the time */
    int64_t scale;
} weir_mould_put;

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

enum { WEIR_MOULD_ONLIES = 3 };

struct weir_mould {
    weir_stencil *stencil;
    weir_mould *next; /**< the one of the message that followed last time */
    uint32_t found;   /**< times that another had been expected */
    weir_mould_outcome outcome;
    weir_mould_op *ops;
    char *image;      /**< a record with all that is the same in all of them */
    size_t image_len; /**< to here; the memory ends at a whole block */
    size_t room;      /**< that a record is given, and what is left of it behind a long text */
    weir_mould_lanes lanes[WEIR_MOULD_LANES];
    weir_mould_put *puts; /**< what the operations do about numbers */
    size_t put_count;
    weir_mould_slot *slots;
    size_t slot_count;
    bool has_roots; /**< OTHER looks at what `data` and `item` are, and when they came */
    weir_value roots[2];
    const weir_plan_rule *rule;
    weir_stencil_pin *pins; /**< what its tests have made part of the stencil */
    size_t pin_count;
    weir_moulds items;
    /* Of an element: the mould of a message together with it, as the only one of its list. That is
     * learnt when so many have been the only one. */
    weir_mould *only;
    uint32_t onlies;
    bool has_item;       /**< it is such a mould */
    uint8_t vain_gauges; /**< that could not be learnt */
};

void weir_mould_free(weir_mould *mould);
/** Room that the levels of an operation may take, and what ends the record behind them. */
static inline size_t weir_mould_levels_room(const weir_fit_list *list)
{
    enum { SPARE = 32 };
    return 2 * list->count * sizeof(weir_level) + SPARE;
}
/** LEVELS, WHERE and SIDES of a list of that fit, behind `len` bytes of a record that has room: its
 * bytes then. 0: they are no levels. */
size_t weir_mould_levels(const weir_mould_op *op, const weir_fit *fit, weir_levels_read_fn *read,
                         char *record, size_t len);
/** Two operations WHERE of one list, by another text at the same place: they may be SIDES. */
bool weir_mould_are_sides(const weir_mould_op *a, const weir_mould_op *b);
/** Learns a gauge of the frame that has just been poured, if it is worth it. */
void weir_mould_learn_gauge(weir_runner *runner);
/** Makes the record of a frame that has a gauge. False: it has none, or it did not help; nothing
 * was made. */
bool weir_mould_pour_gauged(weir_runner *runner, const weir_runner_frame *frame);
/** Operations are done by jumps: they are told where to, once, when they are all there. */
void weir_mould_link(weir_mould_op *ops);
/** Makes the record of a message that fits; of an element, the fit of the message around it is the
 * one before `fit`. False: nothing was made. */
bool weir_mould_make(weir_runner *runner, const weir_mould *mould, weir_fit *fit);

/** What was made behind the end of the batch is its next record. */
static inline void weir_mould_count(weir_runner *runner, size_t channel, size_t size)
{
    runner->batch.bytes.len += size;
    runner->batch.count++;
    runner->counters.records_out++;
    runner->counters.by_channel[channel]++;
}

static inline uint32_t weir_mould_quote(const char *quotes, size_t at)
{
    uint32_t quote;
    memcpy(&quote, quotes + at, sizeof quote);
    return quote;
}

/** The text of an operation in a message that fits; `base` is the fit's. */
static inline weir_str weir_mould_text(const weir_fit *fit, const char *base,
                                       const weir_mould_op *op)
{
    const char *quotes;
    memcpy(&quotes, (const char *)fit + op->where, sizeof quotes);
    quotes += op->quote;
    const uint32_t from = weir_mould_quote(quotes, 0) + 1;
    return (weir_str){base + from, weir_mould_quote(quotes, sizeof from) - from};
}

/** The first that fits, but for the one that has been tried. `lists` as below. */
weir_mould *weir_moulds_search(weir_moulds *moulds, const weir_mould *tried, weir_cursor p,
                               weir_fit *fit, unsigned lists);

/** A mould that fits, or NULL; *fit says where everything is. Tried first is the one that followed
 * last time on the one before. `lists`: so many that the index has are not of what begins at `p`.
 */
static inline weir_mould *weir_moulds_find(weir_moulds *moulds, weir_cursor p, weir_fit *fit,
                                           unsigned lists)
{
    weir_mould *const mould = moulds->last ? moulds->last->next : NULL;
    if (__builtin_expect(!mould || !weir_stencil_fit(mould->stencil, p, fit), 0))
        return weir_moulds_search(moulds, mould, p, fit, lists);
    moulds->last = mould;
    return mould;
}

#endif
