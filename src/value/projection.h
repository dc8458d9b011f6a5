/* SPDX-License-Identifier: MIT */
/*
 * The projection: all paths of a message that anything in a plan reads, compiled to a trie, so that
 * one walk over the text fills a slot per path and skips (but validates) the rest. Built at load,
 * immutable after seal, used by any number of threads.
 *
 * A path is a list of steps: an object key, or an array index counted from the front (>= 0) or the
 * back (< 0). The empty path is the whole value. A slot whose path is not in the message is ABSENT.
 * A path that runs through a value of another type (key step on an array, ...) is ABSENT too: the
 * expression that asked finds out by itself.
 */
#ifndef WEIR_VALUE_PROJECTION_H
#define WEIR_VALUE_PROJECTION_H

#include "value/json_read.h"

typedef struct weir_projection weir_projection;

typedef struct weir_step {
    bool is_index;
    int64_t index;
    weir_str key;
} weir_step;

enum { WEIR_PROJECTION_SLOTS_MAX = 4096, WEIR_PROJECTION_DEPTH_MAX = 32 };

/** Empty projection in the arena (slot 0 does not exist until somebody adds a path). */
weir_projection *weir_projection_new(weir_arena *arena);
/** The slot of a path, the same for the same path. SIZE_MAX: a limit, or out of memory. Before seal
 * only. */
size_t weir_projection_add(weir_projection *projection, const weir_step *steps, size_t count);
/** Builds the lookup tables. False when out of memory. */
bool weir_projection_seal(weir_projection *projection);
size_t weir_projection_slots(const weir_projection *projection);
/** The steps of a slot's path, from the top; their number. */
size_t weir_projection_steps(const weir_projection *projection, size_t slot,
                             weir_step steps[WEIR_PROJECTION_DEPTH_MAX]);
/** The path of a slot as text ("data['p'][0]" with `root` = "data"), for explain and messages. */
weir_str weir_projection_path(weir_arena *arena, const weir_projection *projection, size_t slot,
                              weir_str root);

/**
 * Validates `text` as one JSON document and fills `slots` (weir_projection_slots of them, set to
 * ABSENT first).
 * `*whole` (may be NULL) gets the document itself as a value.
 */
bool weir_projection_decode(const weir_projection *projection, weir_str text, weir_value *slots,
                            weir_value *whole, weir_json_error *error);
/** Fills the slots from a value: raw (already validated, so nothing can fail) or built. */
void weir_projection_fill(const weir_projection *projection, const weir_value *value,
                          weir_value *slots);

#endif
