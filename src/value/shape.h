/* SPDX-License-Identifier: MIT */
/*
 * Shapes: what the messages of a feed have in common. A venue sends the same keys in the same order
 * with the same punctuation; only the values between them change. That text is learnt from messages
 * that the walk has validated, and a later message is compared with it, eight bytes at a time, in
 * place of being parsed: every byte of it must be equal, every value between is checked as ever. So
 * what a shape accepts the walk accepts, with equal slots, and a message that is no known shape is
 * walked.
 *
 * All shapes of a projection are one tree, which shares their beginnings: a message is compared
 * from the first byte on, and where it differs another branch is tried. It holds
 * WEIR_SHAPE_STEPS_MAX steps. Whoever sends ever new shapes fills it up; it is then thrown away,
 * and when that happens again and again, or messages are missed more often than met, nothing is
 * compared or learnt for a while: such a feed costs what it costs without shapes, and a little.
 */
#ifndef WEIR_VALUE_SHAPE_H
#define WEIR_VALUE_SHAPE_H

#include "value/projection_place.h"
#include "value/trial.h"

enum { WEIR_SHAPE_STEPS_MAX = 512, WEIR_SHAPE_BRANCHES_MAX = 8 };

/** Compares the value at p with what is known and fills the slots, which are ABSENT before. The
 * place behind it, and *whole its span; NULL: it is no known shape, and slots may have been filled.
 */
weir_cursor weir_shape_match(weir_shapes *shapes, weir_walk *walk, weir_cursor p,
                             weir_value *whole);
/** Learns the value at p, which has been walked and found good. */
void weir_shape_learn(weir_shapes *shapes, weir_walk *walk, weir_cursor p, const weir_trie *root,
                      unsigned depth);

struct weir_shapes {
    struct weir_shape_step *steps; /**< NULL until something is learnt */
    size_t count;
    size_t room; /**< steps that there is memory for */
    weir_trial trial;
    unsigned depth; /**< levels that were open around what has been learnt */
};

/** Values will come at another depth: what has been learnt is of no use there. */
static inline void weir_shape_at_depth(weir_shapes *shapes, unsigned depth)
{
    if (shapes && shapes->depth != depth) {
        shapes->depth = depth;
        shapes->count = 0;
    }
}

/** True if it is worth trying: a value should be matched, and be learnt when that fails. */
static inline bool weir_shape_is_tried(weir_shapes *shapes)
{
    if (!shapes)
        return false;
    if (weir_trial_is_due(&shapes->trial) && weir_trial_look_back(&shapes->trial))
        shapes->count = 0;
    return weir_trial_is_on(&shapes->trial);
}

/** The value at p by a known shape, or else by the walk, which is learnt from. The slots are
 * ABSENT.
 */
static inline weir_cursor weir_shape_value(weir_shapes *shapes, weir_walk *walk, weir_cursor p,
                                           const weir_projection *projection, unsigned depth,
                                           weir_value *whole)
{
    const bool is_tried = weir_shape_is_tried(shapes);
    if (is_tried) {
        const weir_cursor to = weir_shape_match(shapes, walk, p, whole);
        if (__builtin_expect(to.at != NULL, 1))
            return to;
        weir_projection_clear(projection, walk->slots);
    }
    const weir_cursor to = weir_walk_value(walk, p, projection->root, depth, whole);
    if (is_tried && to.at)
        weir_shape_learn(shapes, walk, p, projection->root, depth);
    return to;
}

#endif
