/* SPDX-License-Identifier: MIT */
/*
 * Lists of lists that are read while they are validated. Books are most of what venues send:
 * [["1.5","2"],["1.4","3"]] or [[1.5,2],[1.4,3]]. Whoever builds a projection says which of its
 * slots are such lists; the walk then looks at one once, with code for that form alone, and keeps
 * what it has found. Of an empty list nothing is kept. Where one is of another form, nothing is
 * kept either, and it is walked as any other value.
 */
#ifndef WEIR_VALUE_LISTS_H
#define WEIR_VALUE_LISTS_H

#include "value/projection_place.h"

/** The list of lists at p, a '[' around which `depth` levels are open; the place behind it. at
 * NULL: it is of another form, and nothing has been done. */
weir_cursor weir_walk_lists(weir_walk *walk, weir_cursor p, unsigned depth);

#endif
