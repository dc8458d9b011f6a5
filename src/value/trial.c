/* SPDX-License-Identifier: MIT */
/* How a window of tries went, and for how long nothing is tried. */
#include "value/trial.h"

enum { PAUSE_FIRST = 4096, PAUSE_MAX = 1 << 20 };

bool weir_trial_look_back(weir_trial *trial)
{
    const bool is_in_vain = trial->missed > trial->met;
    if (is_in_vain) {
        trial->pause = trial->next_pause > 0 ? trial->next_pause : PAUSE_FIRST;
        trial->next_pause = trial->pause < PAUSE_MAX ? trial->pause * 2 : PAUSE_MAX;
    } else if (trial->missed * 16 < trial->met) {
        trial->next_pause = PAUSE_FIRST;
    }
    trial->met = 0;
    trial->missed = 0;
    return is_in_vain;
}

weir_turn weir_trial_turn(weir_trial *trial, uint32_t *left, uint32_t worth)
{
    bool is_in_vain = false;
    if (trial->pause == 0) {
        trial->met = (WEIR_TRIAL_WINDOW - trial->missed) * worth;
        is_in_vain = weir_trial_look_back(trial);
        if (!is_in_vain) {
            *left = WEIR_TRIAL_WINDOW - 1;
            return WEIR_TURN_TRY;
        }
    }
    trial->pause--;
    *left = trial->pause == 0 ? WEIR_TRIAL_WINDOW : 0;
    return is_in_vain ? WEIR_TURN_FORGET : WEIR_TURN_REST;
}
