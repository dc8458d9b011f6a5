/* SPDX-License-Identifier: MIT */
/*
 * Mappings: the spec's two-way tables between the venue's words and the standard ones
 * (`order_status: {map: {OPEN: [new, partially_filled]}, default_value: OPEN}`). Immutable after
 * building.
 */
#ifndef WEIR_VALUE_MAPPING_H
#define WEIR_VALUE_MAPPING_H

#include "value/value.h"

typedef struct weir_mapping weir_mapping;

/** In the arena. `fallback` ABSENT: an unknown word is an error (to_standard then returns NULL). */
weir_mapping *weir_mapping_new(weir_arena *arena, weir_str name, weir_value fallback);
/** One pair; the first venue word of a standard word is what to_broker gives. False: the venue word
 * is taken. */
bool weir_mapping_add(weir_mapping *mapping, weir_value standard, weir_value broker);
weir_str weir_mapping_name(const weir_mapping *mapping);
/** Keys may be text, integers or booleans (typed as the JSON value is). NULL: unknown and no
 * fallback. */
const weir_value *weir_mapping_to_standard(const weir_mapping *mapping, const weir_value *broker);
const weir_value *weir_mapping_to_broker(const weir_mapping *mapping, const weir_value *standard);

#endif
