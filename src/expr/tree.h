/* SPDX-License-Identifier: MIT */
/*
 * Programs as trees. Beyond the forms of expr/fuse.h stand expressions of a few operations - a part
 * of a text, a product of two numbers, one of two values by a test - that a spec may put together
 * as it likes. Their programs have no loops and build no lists, so that each is a small tree of
 * operations, grown once when a plan is built; it is then evaluated in place: no run is set up, no
 * memory is asked for, and of a text that is taken apart only the part is looked for.
 *
 * As a form does, a tree knows the frequent kinds of values only. For all others, and wherever
 * Python would raise, it says nothing (WEIR_FUSED_ASK, or false), and the program is run.
 */
#ifndef WEIR_EXPR_TREE_H
#define WEIR_EXPR_TREE_H

#include "expr/fuse.h"

typedef struct weir_tree weir_tree;

enum { WEIR_TREE_ROOM = 256 };

/** Where texts that an evaluation puts together live; needs no initialisation but `used`. */
typedef struct weir_tree_room {
    size_t used;
    char bytes[WEIR_TREE_ROOM];
} weir_tree_room;

/** The tree of a program, in the arena. NULL: it has none (or there is no memory for it). */
const weir_tree *weir_program_grow(weir_arena *arena, const weir_program *program);
/**
 * What the program gives: NONE, BOOL, INT, FLOAT, STR, TIMESTAMP or ASSET, or a raw container.
 * Texts are of the frame, the program or the room. False: the program is to be run.
 */
bool weir_tree_eval(const weir_tree *tree, const weir_expr_world *world,
                    const weir_expr_input *input, weir_tree_room *room, weir_value *out);
/** Of a test. `tree` may be NULL: ASK. */
weir_fused_answer weir_tree_test(const weir_tree *tree, const weir_expr_world *world,
                                 const weir_expr_input *input);
/** Visits the slots that an evaluation may read. */
void weir_tree_each_slot(const weir_tree *tree,
                         void (*visit)(void *user, bool is_item, size_t slot), void *user);
/**
 * All that an evaluation reads are slots, `received`, `value`, and whether `data` and `item` are
 * objects or lists.
 */
bool weir_tree_reads_slots(const weir_tree *tree);

#endif
