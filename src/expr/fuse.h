/* SPDX-License-Identifier: MIT */
/*
 * Programs that need no machine. Nearly every expression of a feed is one of a dozen forms over one
 * slot - float(data['p']), data['T'] == 't', broker.infer_asset(symbol=data['s']) - and running the
 * VM for it costs more than what it does. Such a program is recognised once, when a plan is built,
 * from its instructions, and whoever runs plans acts on the form.
 *
 * A form says what happens to the frequent kinds of values only. For all others, and for whatever
 * would raise, the program itself is run: the answer is then WEIR_FUSED_ASK.
 */
#ifndef WEIR_EXPR_FUSE_H
#define WEIR_EXPR_FUSE_H

#include "expr/expr.h"

typedef enum weir_fused_kind {
    WEIR_FUSED_NONE,      /**< no form: run the program */
    WEIR_FUSED_CONSTANT,  /**< `value` */
    WEIR_FUSED_ROOT,      /**< a value given to the run, by `root` */
    WEIR_FUSED_SLOT,      /**< the slot as it is */
    WEIR_FUSED_FLOAT,     /**< float(slot) */
    WEIR_FUSED_INT,       /**< int(slot) */
    WEIR_FUSED_ASSET,     /**< broker.infer_asset(key=slot) */
    WEIR_FUSED_STAMP,     /**< pd.Timestamp(slot), of a text */
    WEIR_FUSED_EPOCH,     /**< pd.Timestamp(slot, unit=...), of a whole number of `scale` ns */
    WEIR_FUSED_EPOCH_INT, /**< pd.Timestamp(int(slot), unit=...) */
    WEIR_FUSED_STANDARD,  /**< mappings.m.to_standard(slot) */
    WEIR_FUSED_DECIMAL,   /**< Decimal(slot) */
    WEIR_FUSED_GREATEST,  /**< max(Decimal(x[place]) for x in slot), or in slot or member */
    WEIR_FUSED_SECONDS,   /**< of `value`: pd.Timestamp(int(value * 10^n), unit=10^-n seconds) */
    WEIR_FUSED_WHERE,     /**< [x[skip:] for x in slot if x[place] == text] */
    WEIR_FUSED_CHOICE,    /**< `value` if slot else `other` */
    WEIR_FUSED_EQUAL,     /**< slot == text; the rest are tests */
    WEIR_FUSED_ONE_OF,    /**< slot in (text, ...) */
    WEIR_FUSED_STARTS,    /**< slot.startswith(text) */
    WEIR_FUSED_ENDS,      /**< slot.endswith(text) */
    WEIR_FUSED_HAS,       /**< text in slot: a key of an object, a part of a text */
    WEIR_FUSED_ROOT_HAS,  /**< text in the whole value */
    WEIR_FUSED_ROOT_IS,   /**< isinstance(root, dict) or list */
    WEIR_FUSED_ROOT_LEN   /**< len(root) == place, told by two slots: see weir_fused_needs */
} weir_fused_kind;

typedef struct weir_fused {
    weir_fused_kind kind;
    bool is_item; /* slots of `item`, else of `data` */
    bool is_negated;
    bool is_joined; /* GREATEST: slot + member */
    bool has_empty; /* SLOT: an empty list when the object at `member` has no such key */
    unsigned root;
    uint32_t slot;
    uint32_t member; /* another slot: of the key; of the second choice, or UINT32_MAX */
    uint32_t place;
    uint32_t skip;
    weir_asset_key key;
    int64_t scale;
    weir_value value; /* also the text of a test, a tuple of texts, or a mapping */
    weir_value other;
} weir_fused;

typedef enum weir_fused_answer {
    WEIR_FUSED_FALSE,
    WEIR_FUSED_TRUE,
    WEIR_FUSED_ASK
} weir_fused_answer;

/** The form of a program; NONE when it has none. */
weir_fused weir_program_fuse(const weir_program *program);
/**
 * Adds the slots that a form wants beyond those that its program reads, before the projection is
 * sealed. False: it cannot have them; the form must then not be used.
 */
bool weir_fused_needs(weir_fused *fused, weir_projection *data, weir_projection *item);
/** Of a form that is a test, or whose value is a bool. */
weir_fused_answer weir_fused_test(const weir_fused *fused, const weir_expr_input *input);

static inline const weir_value *weir_fused_slot(const weir_fused *fused,
                                                const weir_expr_input *input)
{
    return (fused->is_item ? input->item_slots : input->data_slots) + fused->slot;
}

#endif
