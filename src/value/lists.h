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

#include "value/stencil.h"

/** The list of lists at p, a '[' around which `depth` levels are open; the place behind it. at
 * NULL: it is of another form, and nothing has been done. */
weir_cursor weir_walk_lists(weir_walk *walk, weir_cursor p, unsigned depth);
/** The same for a list that ends a part of a stencil: into `walked` and `lists` of the fit. Of any
 * form, but for a single level (weir_stencil_single_level) where there are to be several. */
weir_cursor weir_fit_lists(weir_fit *fit, size_t part, weir_cursor p, unsigned depth, bool is_many);
/** What was found of it is there for whoever asks the index. */
void weir_fit_keep_list(const weir_fit *fit, size_t part);

#endif
