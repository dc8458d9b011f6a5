/* SPDX-License-Identifier: MIT */
/*
 * A message from which a mould is learnt, and the mould as far as it is made: shared by
 * mould_ask.c, which says what must stay as it is, and mould_learn.c, which makes the mould.
 * Private to these.
 */
#ifndef WEIR_PIPELINE_MOULD_SCENE_H
#define WEIR_PIPELINE_MOULD_SCENE_H

#include "pipeline/mould_parts.h"

enum {
    WEIR_SCENE_PINS_MAX = 16,
    WEIR_SCENE_COLUMNS_MAX = 64,
    WEIR_SCENE_SLOTS_MAX = 128,
    WEIR_SCENE_LEVELS_MAX = 8
};

/* A column that is the same in all records. */
typedef struct weir_scene_constant {
    int column;
    const weir_value *value;
} weir_scene_constant;

/* A column whose only level is read in lanes: its price is put first, then its size. */
typedef struct weir_scene_level {
    size_t put;     /* the first of both */
    uint32_t place; /* of the cell, from the start of the record */
} weir_scene_level;

/* What is known of one message, or of an element with the message around it. */
typedef struct weir_scene {
    weir_runner *runner;
    const weir_value *slots; /* of `data` */
    const weir_value *items; /* of `item`, or NULL */
    weir_expr_input input;
    weir_stencil_pin pins[WEIR_SCENE_PINS_MAX];
    size_t pin_count;
    uint32_t lanes[WEIR_STENCIL_LANES_MAX]; /* slots whose numbers go into lanes */
    size_t lane_count;
    uint32_t levels; /* the slot of the only list of levels that the rule reads, or WEIR_NO_SLOT */
    size_t level_texts; /* texts of its only level; 0: it has more, or of another form */
    weir_scene_level level_puts[WEIR_SCENE_LEVELS_MAX];
    size_t level_count;
    bool has_item;           /* the message is taken together with the only element of its list */
    const weir_mould *outer; /* of the message around an element */
    weir_mould mould;        /* what is made, while it is */
    weir_mould_op ops[WEIR_SCENE_COLUMNS_MAX]; /* what is no number, in the order of columns */
    size_t op_count;
    weir_mould_put puts[2 * WEIR_SCENE_COLUMNS_MAX];
    size_t put_count;
    weir_mould_slot wanted[WEIR_SCENE_SLOTS_MAX];
    weir_scene_constant constants[WEIR_SCENE_COLUMNS_MAX];
    size_t constant_count;
    bool has_too_many; /* for what there is room here, or for what a stencil tells */
} weir_scene;

/** What a slot is called in the stencil where its mark is. */
static inline uint32_t weir_scene_slot(const weir_scene *s, bool is_item, size_t slot)
{
    return s->has_item && is_item ? weir_stencil_in_item((uint32_t)slot) : (uint32_t)slot;
}

/** The answer will be the same for all messages of the stencil. False: it cannot be said, or none
 * was given. */
bool weir_scene_ask(weir_scene *s, const weir_fused *form, bool may_pin, bool *is_true);
/** What becomes of the message. */
bool weir_scene_find_outcome(weir_scene *s);
/** Makes the mould of a lesson, whose other members are filled in; a stencil may be left of it. */
bool weir_scene_make(weir_scene *s, weir_stencil_lesson *lesson);
/** What has been made gets memory of its own. */
weir_mould *weir_scene_keep(weir_scene *s, weir_moulds *moulds);

#endif
