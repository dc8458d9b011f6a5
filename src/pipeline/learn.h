/* SPDX-License-Identifier: MIT */
/*
 * What a session has been taught (SPEC.md 6): values by name, or many by key under a name. They are
 * copied out of the frame that taught them and live until they are forgotten. The peer decides how
 * many there are, so they are bounded. Belongs to one thread.
 */
#ifndef WEIR_PIPELINE_LEARN_H
#define WEIR_PIPELINE_LEARN_H

#include "value/value.h"

typedef struct weir_learnt weir_learnt;

enum { WEIR_LEARNT_ENTRIES_MAX = 10000, WEIR_LEARNT_BYTES_MAX = 1024 * 1024 };

/** `values` is where expressions see them, one per name; `keyed` tells which are dicts. Both are
 * borrowed. NULL: out of memory. */
weir_learnt *weir_learnt_new(weir_value *values, const bool *keyed, size_t count);
void weir_learnt_free(weir_learnt *learnt);
/** Keeps a copy; `key` is not looked at for a name without keys; None as value forgets it. False
 * with a sentence in `why`. */
bool weir_learnt_put(weir_learnt *learnt, size_t name, const weir_value *key,
                     const weir_value *value, char why[160]);
/** Nothing is known any more. False: out of memory. */
bool weir_learnt_forget(weir_learnt *learnt);
/** How many values are known. */
size_t weir_learnt_count(const weir_learnt *learnt);

#endif
