/* SPDX-License-Identifier: MIT */
/*
 * Going through a message that has been validated, to learn its form: shapes (shape.c) and stencils
 * (stencil_learn.c) note different things about it on the same way. Private to value/.
 */
#ifndef WEIR_VALUE_LESSON_H
#define WEIR_VALUE_LESSON_H

#include "value/projection_place.h"

/** What is not read: a node without a slot, and with nothing below it. */
extern const weir_trie weir_lesson_unread;

/** Learns a value, around which `depth` levels are open; the place behind it. at NULL: given up. */
typedef weir_cursor weir_lesson_fn(void *learner, weir_cursor p, const weir_trie *node,
                                   unsigned depth);

/** The values of the members of an object, or of an array's elements, which `node` is for, each
 * with the node that wants it; the place behind it all. at NULL: `learn` has given up, or what is
 * read comes twice, by a key or by places counted from both ends. */
weir_cursor weir_lesson_members(weir_walk *walk, weir_cursor p, const weir_trie *node,
                                unsigned depth, weir_lesson_fn *learn, void *learner);
weir_cursor weir_lesson_elements(weir_walk *walk, weir_cursor p, const weir_trie *node,
                                 unsigned depth, weir_lesson_fn *learn, void *learner);

#endif
