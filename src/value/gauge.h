/* SPDX-License-Identifier: MIT */
/*
 * Gauges: messages of a known form (stencil.h) whose lengths are known, too. Venues send most of
 * their messages in a few dozen layouts - prices of so many digits, sizes of so many - and when the
 * layout is known there is nothing to look for: a text is of it if each of its bytes lies between a
 * low and a high one. What never varies has the same for both, a digit '0' and '9', a letter of a
 * text '0' and DEL; so quotes, points, signs and all structure are where they were, and every place
 * in the text is known beforehand. No index is made of it.
 *
 * Where its bytes below '0' are - quotes, commas, points, minuses - is what a text is looked up by.
 * What has not been seen twice is not learnt.
 *
 * Of one thread.
 */
#ifndef WEIR_VALUE_GAUGE_H
#define WEIR_VALUE_GAUGE_H

#include <stdatomic.h>

#include "value/fixed_numbers.h"
#include "value/stencil.h"
#include "value/trial.h"

enum {
    WEIR_GAUGE_BLOCK = 64,
    WEIR_GAUGE_TEXT_MIN = 16,
    WEIR_GAUGE_TEXT_MAX = 1024,
    WEIR_GAUGES_ROOM = 512 * 1024, /**< bytes for all of them */
    WEIR_GAUGE_SLACK = 256         /**< readable bytes behind what a gauge is kept with */
};

typedef struct weir_gauge weir_gauge;
struct weir_gauge {
    uint64_t name;         /**< its key and length: weir_gauge_name */
    const uint8_t *bounds; /**< of each block 64 low bytes, then 64 high ones; the last block ends
                                with the text, wherever the one before did; of a text that
                                is shorter than a block it begins with it */
    weir_gauge *next;      /**< in its place */
    const weir_fixed_numbers *numbers;
    const void *more; /**< of the lesson */
};

/** Gauges that are looked up alike; there are few of them. */
typedef struct weir_gauge_place {
    weir_gauge *first;
    uint32_t seen[3]; /**< keys of the last texts that had no gauge here, which come by turns */
    bool is_met;      /**< one of them, since there was no room for one more */
} weir_gauge_place;

/** Zero to start. */
typedef struct weir_gauges {
    weir_gauge_place *places; /**< NULL: none has been learnt, or looked up */
    uint8_t *memory;          /**< of all gauges; when it is used up they are forgotten */
    size_t used;
    weir_trial trial;
    uint32_t tries;   /**< that are left of the window */
    uint32_t key;     /**< of the text that was not found last; 0: it was not looked up */
    uint32_t lessons; /**< that are left */
} weir_gauges;

void weir_gauges_fini(weir_gauges *gauges);

/** Finds the gauge of a text of WEIR_GAUGE_TEXT_MIN to WEIR_GAUGE_TEXT_MAX bytes. NULL: it has
 * none; its key is in `gauges`. */
typedef weir_gauge *weir_gauge_find_fn(weir_gauges *gauges, weir_str text);
/** The fastest that works here; it chooses itself when it is called first. */
extern _Atomic(weir_gauge_find_fn *) weir_gauge_chosen;

/** A window has ended, nothing is tried for a while, or there are no places yet. False: nothing is
 * to be looked up. */
bool weir_gauges_look_back(weir_gauges *gauges);

/** The text's gauge; NULL: it has none. */
static inline weir_gauge *weir_gauges_find(weir_gauges *gauges, weir_str text)
{
    const bool is_fit = text.len - WEIR_GAUGE_TEXT_MIN <= WEIR_GAUGE_TEXT_MAX - WEIR_GAUGE_TEXT_MIN;
    if (__builtin_expect(is_fit, 1) &&
        (__builtin_expect(gauges->tries-- > 0, 1) || weir_gauges_look_back(gauges)))
        return atomic_load_explicit(&weir_gauge_chosen, memory_order_relaxed)(gauges, text);
    gauges->key = 0;
    return NULL;
}

/** What is to be learnt of a text that fits. */
typedef struct weir_gauge_lesson {
    const weir_stencil *stencil;
    const weir_fit *fit;
    const weir_str *pins; /**< texts of it that are to stay as they are */
    size_t pin_count;
    const weir_fixed_numbers *numbers; /**< prepared; is kept with the gauge */
    const void *more;                  /**< so is this, whatever it is, at a whole block */
    size_t more_size;
} weir_gauge_lesson;

/** The text of weir_gauges_find, which gave none and which was of a known form, is worth a lesson.
 */
bool weir_gauges_is_due(weir_gauges *gauges);
/** False: it is not for gauges. */
bool weir_gauges_learn(weir_gauges *gauges, const weir_gauge_lesson *lesson);

typedef struct weir_gauge_variant {
    const char *name;
    bool (*is_supported)(void);
    weir_gauge_find_fn *find;
} weir_gauge_variant;

/** For tests and measurements of all of them. */
void weir_gauges_choose(const weir_gauge_variant *variant);
/** All that this program has, the fastest first; the last one works everywhere, and finds nothing.
 * Ends with NULL. */
extern const weir_gauge_variant *const weir_gauge_variants[];
extern const weir_gauge_variant weir_gauge_avx512, weir_gauge_avx2, weir_gauge_none;

#endif
