/* SPDX-License-Identifier: MIT */
/*
 * Mappings: the spec's two-way tables between the venue's words and the standard ones
 * (`order_status: {map: {OPEN: [new, partially_filled]}, default_value: OPEN}`). Immutable after
 * building.
 */
#ifndef WEIR_VALUE_MAPPING_H
#define WEIR_VALUE_MAPPING_H

#include "value/short.h"
#include "value/value.h"

typedef struct weir_mapping weir_mapping;

/** In the arena. `fallback` ABSENT: an unknown word is an error (to_standard then returns NULL). */
weir_mapping *weir_mapping_new(weir_arena *arena, weir_str name, weir_value fallback);
/** One pair; the first venue word of a standard word is what to_broker gives. False: the venue word
 * is taken. */
bool weir_mapping_add(weir_mapping *mapping, weir_value standard, weir_value broker);
weir_str weir_mapping_name(const weir_mapping *mapping);
/** Keys may be text, integers or booleans (typed as the JSON value is). NULL: unknown and no
 * fallback. A text that is found has WEIR_JSON_SLACK readable bytes behind it. */
const weir_value *weir_mapping_to_standard(const weir_mapping *mapping, const weir_value *broker);
const weir_value *weir_mapping_to_broker(const weir_mapping *mapping, const weir_value *standard);

/* ------------------------------------------------------------------ short words from the inside */

typedef struct weir_mapping_place {
    weir_short words;
    uint64_t tag;               /**< length + 1; 0: empty */
    const weir_value *standard; /**< what the word means */
} weir_mapping_place;

/** The start of a mapping, open for weir_mapping_known alone: short texts by hash, 2^(64 - shift)
 * places. A word that is not in the only place of its hash may still be known. */
typedef struct weir_mapping_shorts {
    weir_mapping_place *places;
    unsigned shift;
} weir_mapping_shorts;

/** weir_mapping_to_standard of a text that has WEIR_SHORT_MAX readable bytes from its first one on:
 * a short one is found without a call. */
static inline const weir_value *weir_mapping_known(const weir_mapping *mapping, const char *at,
                                                   size_t len)
{
    const weir_mapping_shorts *shorts = (const weir_mapping_shorts *)(const void *)mapping;
    if (__builtin_expect(len <= WEIR_SHORT_MAX, 1)) {
        const weir_short words = weir_short_at(at, len);
        const weir_mapping_place *place =
            &shorts->places[weir_short_mix(words, len + 1) >> shorts->shift];
        if (__builtin_expect(weir_short_eq(place->words, words) && place->tag == len + 1, 1))
            return place->standard;
    }
    const weir_value text = weir_value_str((weir_str){at, len});
    return weir_mapping_to_standard(mapping, &text);
}

#endif
