/* SPDX-License-Identifier: MIT */
/*
 * Is it worth trying? What is learnt from messages helps with those that are alike. Of others each
 * try is in vain; so, window by window, it is looked at how often there was a hit, and when misses
 * are more, what was learnt is forgotten and nothing is tried for a while, which gets longer each
 * time. Of one thread.
 */
#ifndef WEIR_VALUE_TRIAL_H
#define WEIR_VALUE_TRIAL_H

#include <stdbool.h>
#include <stdint.h>

enum { WEIR_TRIAL_WINDOW = 1024 /**< tries between two looks at how well it goes */ };

/** Zero to start. Whoever tries counts what he has met and missed. */
typedef struct weir_trial {
    uint32_t met, missed; /**< in this window */
    uint32_t pause;       /**< messages that are still not to be tried */
    uint32_t next_pause;
} weir_trial;

/** A window has ended. True: it was not worth it, and what has been learnt is to be forgotten. */
bool weir_trial_look_back(weir_trial *trial);

/** What becomes of a try at which a countdown of a window is at its end. */
typedef enum weir_turn {
    WEIR_TURN_TRY,   /**< a new window begins with it */
    WEIR_TURN_REST,  /**< it is to be left alone */
    WEIR_TURN_FORGET /**< so is this one; it was not worth it, what has been learnt is to be
                        forgotten */
} weir_turn;

/** For who counts down the tries that are left of a window, and of those only what was missed:
 * *left are those behind this one. What is met is worth so many misses. */
weir_turn weir_trial_turn(weir_trial *trial, uint32_t *left, uint32_t worth);

/** A window has ended; weir_trial_look_back is to be asked. */
static inline bool weir_trial_is_due(const weir_trial *trial)
{
    return __builtin_expect(trial->met + trial->missed >= WEIR_TRIAL_WINDOW, 0);
}

/** False: this one is to be left alone. */
static inline bool weir_trial_is_on(weir_trial *trial)
{
    if (__builtin_expect(trial->pause == 0, 1))
        return true;
    trial->pause--;
    return false;
}

#endif
