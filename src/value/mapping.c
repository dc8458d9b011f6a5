/* SPDX-License-Identifier: MIT */
/*
 * Two dicts, one for each direction, and a pair more for booleans: in a dict True is 1, but a
 * venue's `true` and `1` are different words. In front of them stands a table of the venue's short
 * texts, which is looked at inline; it grows until no two of them have one place, up to
 * 2^PLACES_MAX_BITS.
 */
#include "value/mapping.h"

#include "value/json_read.h"

enum {
    WORD_MAX = 1024, /* bytes of an escaped word that is looked up; a longer one is unknown */
    PLACES_FIRST_BITS = 3,
    PLACES_MAX_BITS = 10
};

/** One direction. */
typedef struct words {
    weir_dict *others;
    weir_dict *booleans;
} words;

struct weir_mapping {
    weir_mapping_shorts shorts; /* the first member */
    weir_arena *arena;
    weir_str name;
    weir_value fallback;
    words by_broker;   /* -> standard */
    words by_standard; /* -> broker */
};

static bool words_init(words *w, weir_arena *arena)
{
    w->others = weir_dict_new(arena, 0);
    w->booleans = weir_dict_new(arena, 0);
    return w->others && w->booleans;
}

static weir_dict *words_of(const words *w, const weir_value *key)
{
    return key->kind == WEIR_BOOL ? w->booleans : w->others;
}

weir_mapping *weir_mapping_new(weir_arena *arena, weir_str name, weir_value fallback)
{
    weir_mapping *mapping = WEIR_ARENA_NEW(arena, weir_mapping);
    if (!mapping)
        return NULL;
    mapping->arena = arena;
    mapping->name = name;
    mapping->fallback = fallback;
    mapping->shorts.shift = 64 - PLACES_FIRST_BITS;
    mapping->shorts.places =
        WEIR_ARENA_ARRAY(arena, weir_mapping_place, (size_t)1 << PLACES_FIRST_BITS);
    if (!mapping->shorts.places || !weir_value_give_slack(arena, &mapping->fallback) ||
        !words_init(&mapping->by_broker, arena) || !words_init(&mapping->by_standard, arena))
        return NULL;
    return mapping;
}

/* Those that have places of their own have so in a table of twice the size. */
static bool grow_shorts(weir_mapping *mapping)
{
    weir_mapping_shorts *shorts = &mapping->shorts;
    const size_t cap = (size_t)1 << (64 - shorts->shift);
    weir_mapping_place *places = WEIR_ARENA_ARRAY(mapping->arena, weir_mapping_place, 2 * cap);
    if (!places)
        return false;
    shorts->shift--;
    for (size_t i = 0; i < cap; i++) {
        const weir_mapping_place *place = &shorts->places[i];
        if (place->tag)
            places[weir_short_mix(place->words, place->tag) >> shorts->shift] = *place;
    }
    shorts->places = places;
    return true;
}

static bool add_short(weir_mapping *mapping, weir_str text, const weir_value *standard)
{
    weir_mapping_shorts *shorts = &mapping->shorts;
    const weir_mapping_place added = {weir_short_of(text), text.len + 1, standard};
    const uint64_t hash = weir_short_mix(added.words, added.tag);
    while (shorts->places[hash >> shorts->shift].tag) {
        if (shorts->shift == 64 - PLACES_MAX_BITS)
            return true;
        if (!grow_shorts(mapping))
            return false;
    }
    shorts->places[hash >> shorts->shift] = added;
    return true;
}

/* Lookups compare scalars only and have no arena: keys are plain by then. */
static const weir_value *look_up(const words *w, const weir_value *key)
{
    return weir_dict_get(NULL, words_of(w, key), key);
}

static bool is_word(const weir_value *v)
{
    return v->kind == WEIR_STR || v->kind == WEIR_INT || v->kind == WEIR_BOOL ||
           v->kind == WEIR_FLOAT || v->kind == WEIR_BIGINT || v->kind == WEIR_NONE;
}

bool weir_mapping_add(weir_mapping *mapping, weir_value standard, weir_value broker)
{
    if (!is_word(&standard) || !is_word(&broker) || look_up(&mapping->by_broker, &broker))
        return false;
    weir_value *kept = WEIR_ARENA_NEW(mapping->arena, weir_value);
    if (!kept || !weir_value_give_slack(mapping->arena, &standard) ||
        !weir_dict_put(mapping->arena, words_of(&mapping->by_broker, &broker), &broker, &standard))
        return false;
    *kept = standard;
    if (broker.kind == WEIR_STR && broker.len <= WEIR_SHORT_MAX &&
        !add_short(mapping, weir_value_text(&broker), kept))
        return false;
    if (look_up(&mapping->by_standard, &standard))
        return true;
    return weir_dict_put(mapping->arena, words_of(&mapping->by_standard, &standard), &standard,
                         &broker);
}

weir_str weir_mapping_name(const weir_mapping *mapping)
{
    return mapping->name;
}

/* A raw word is made plain on the stack, because a lookup owns no memory. */
static const weir_value *find_word(const words *w, const weir_value *key)
{
    char text[WORD_MAX];
    weir_value plain = *key;
    if (key->kind == WEIR_RAW && key->aux == WEIR_RAW_NUMBER) {
        plain = weir_json_number(key);
    } else if (key->kind == WEIR_RAW && key->aux == WEIR_RAW_ESCAPED) {
        bool is_ascii;
        size_t len = weir_json_unescape_into(weir_value_text(key), text, sizeof text, &is_ascii);
        if (len == SIZE_MAX)
            return NULL;
        plain = weir_value_str((weir_str){text, len});
    }
    return is_word(&plain) ? look_up(w, &plain) : NULL;
}

const weir_value *weir_mapping_to_standard(const weir_mapping *mapping, const weir_value *broker)
{
    const weir_value *found = find_word(&mapping->by_broker, broker);
    if (!found && mapping->fallback.kind != WEIR_ABSENT)
        found = &mapping->fallback;
    return found;
}

/* The fallback is a standard word, so it is no answer here. */
const weir_value *weir_mapping_to_broker(const weir_mapping *mapping, const weir_value *standard)
{
    return find_word(&mapping->by_standard, standard);
}
