/* SPDX-License-Identifier: MIT */
/*
 * Moulds: what messages of one form become. A stencil (value/stencil.h) says what a message is and
 * where its values are; from the same message it is known which route it takes, which rule converts
 * it and what each column does. So a message that fits is poured straight into its record: no slots
 * are filled, no rule is asked, and what is always the same - the schema, constants, columns that
 * are not there - is copied in one piece.
 *
 * What the router and the conditions asked of texts becomes part of the stencil: a text that was
 * compared is there as a whole, one that had to begin or end with something does so. Every answer
 * must follow from that; a message whose answers do not is not for moulds.
 *
 * A mould may give up at any time, and then nothing is left of the frame: the general way begins
 * anew (docs/decisions/007). Moulds are learnt from what that way has made, by one thread, and
 * thrown away when messages are missed more often than met.
 */
#ifndef WEIR_PIPELINE_MOULD_H
#define WEIR_PIPELINE_MOULD_H

#include "pipeline/quick.h"
#include "value/gauge.h"
#include "value/stencil.h"
#include "value/trial.h"

typedef struct weir_runner_frame weir_runner_frame;
typedef struct weir_mould weir_mould;

enum { WEIR_MOULDS_MAX = 32, WEIR_MOULDS_GUESSES = 64 };

/** Moulds of messages at one place: frames, elements of a frame, elements of a list in a message of
 * one mould. Zero to start. */
typedef struct weir_moulds {
    weir_mould **list;
    size_t count;
    weir_mould *last;  /**< the one that was used last; NULL: none was */
    weir_trial trial;  /**< `met` is known at the end of a window */
    uint32_t tries;    /**< that are left of the window */
    uint32_t failures; /**< lessons in vain, one after another */
    uint32_t rest;     /**< unknown messages from which nothing is to be learnt */
    bool is_wanting;   /**< the last frame was of no known form */
} weir_moulds;

void weir_moulds_fini(weir_moulds *moulds);

/** Which frames of a plan are for moulds: those that are one message, or a list of them, and of
 * which nothing else is wanted. */
typedef enum weir_pours { WEIR_POURS_NONE, WEIR_POURS_FRAMES, WEIR_POURS_LISTS } weir_pours;

/** Makes the records of a frame (runner->pours), or else leaves it to weir_runner_feed_any. */
void weir_mould_pour(weir_runner *runner, const weir_runner_frame *frame);
/** Learns from the message whose slots are in the runner, made of the frame in its index. */
void weir_mould_learn_frame(weir_runner *runner);
/** ... from the messages in runner->rows. */
void weir_mould_learn_list(weir_runner *runner);

#endif
