/* SPDX-License-Identifier: MIT */
/*
 * Pouring: a frame whose form is known becomes records, straight from its text (mould_make.c). If
 * anything is not as a mould has it, all records of the frame are taken back.
 */
#include "pipeline/mould_parts.h"
#include "pipeline/quick_rows.h"

#include <stdlib.h>

void weir_mould_free(weir_mould *mould)
{
    if (!mould)
        return;
    weir_moulds_fini(&mould->items);
    weir_stencil_free(mould->stencil);
    free(mould->image);
    free(mould->ops);
    free(mould->puts);
    free(mould->slots);
    free(mould->pins);
    free(mould);
}

void weir_moulds_fini(weir_moulds *moulds)
{
    for (size_t i = 0; i < moulds->count; i++)
        weir_mould_free(moulds->list[i]);
    free(moulds->list);
    moulds->list = NULL;
    moulds->count = 0;
    moulds->last = NULL;
}

/* ------------------------------------------------------------------ which one */

/* A window of tries has ended, or nothing is tried for a while. */
static __attribute__((noinline)) bool look_back(weir_runner *runner)
{
    weir_moulds *moulds = &runner->moulds;
    const weir_turn turn = weir_trial_turn(&moulds->trial, &moulds->tries, 1);
    if (turn == WEIR_TURN_FORGET) {
        weir_moulds_fini(moulds);
        weir_gauges_fini(&runner->gauges);
        memset(runner->guesses, 0, sizeof runner->guesses);
    }
    return turn == WEIR_TURN_TRY;
}

static inline bool is_tried(weir_runner *runner)
{
    const bool is_over = runner->moulds.tries-- == 0;
    return __builtin_expect(!is_over, 1) || look_back(runner);
}

/* What was found of lists is not to be found, and kept, again. */
static void forget_lists(weir_json_index *index, const char *at, unsigned lists)
{
    while (index->list_count > lists && index->lists[index->list_count - 1].at >= at) {
        const weir_list_found *found = &index->lists[--index->list_count];
        if (found->stride == 0)
            index->level_count = found->levels;
    }
}

/* Moulds of which each is as frequent as the other do not change places all the time. Messages for
 * which an element has been learnt together with them would fit another mould, too. */
static bool is_before(const weir_mould *a, const weir_mould *b)
{
    enum { CLEARLY = 16 };
    return a->has_item != b->has_item ? a->has_item
                                      : a->found >= CLEARLY && a->found - CLEARLY >= b->found;
}

/* A mould that was not expected has been found: those that are found most often come to stand
 * first. */
static void move_up(weir_moulds *moulds, size_t i)
{
    weir_mould **list = moulds->list, *mould = list[i];
    mould->found++;
    if (i == 0 || !is_before(mould, list[i - 1]))
        return;
    list[i] = list[i - 1];
    list[i - 1] = mould;
}

weir_mould *weir_moulds_search(weir_moulds *moulds, const weir_mould *tried, weir_cursor p,
                               weir_fit *fit, unsigned lists)
{
    for (size_t i = 0; i < moulds->count; i++) {
        weir_mould *mould = moulds->list[i];
        if (mould == tried)
            continue;
        forget_lists(fit->index, p.at, lists);
        if (!weir_stencil_fit(mould->stencil, p, fit))
            continue;
        if (moulds->last)
            moulds->last->next = mould;
        moulds->last = mould;
        move_up(moulds, i);
        return mould;
    }
    forget_lists(fit->index, p.at, lists);
    return NULL;
}

/* ------------------------------------------------------------------ messages */

static inline const char *behind_blanks(const weir_fit *fit, const char *at)
{
    const weir_scan scan = {fit->end_at, NULL, NULL};
    return weir_scan_blanks(&scan, at);
}

/* What a frame with so many quotes is; and whether its length is odd, for many a venue sends true
 * or false and little else that varies in length. */
static inline weir_mould **guess_of(weir_runner *runner)
{
    const size_t count = runner->index.count;
    const size_t few = count < WEIR_MOULDS_GUESSES ? count : WEIR_MOULDS_GUESSES - 1;
    return &runner->guesses[few][runner->index.len % 2];
}

/* A list that had one element, and perhaps a mould for both: that is to be expected. False: it has
 * been the last one of those after which such a mould is to be learnt. */
static bool note_only(weir_runner *runner, weir_mould *item)
{
    if (item->only)
        *guess_of(runner) = item->only;
    const bool is_due = !item->only && item->onlies < WEIR_MOULD_ONLIES &&
                        ++item->onlies == WEIR_MOULD_ONLIES && runner->pours == WEIR_POURS_FRAMES;
    runner->moulds.is_wanting |= is_due;
    return !is_due;
}

/* A record of each element of the list that the stencil has left. */
static bool make_items(weir_runner *runner, weir_mould *mould, const weir_fit *outer)
{
    weir_cursor p = {outer->rows.at + 1, outer->rows.quote};
    weir_fit *fit = &runner->fits[1];
    const unsigned lists = runner->index.list_count;
    weir_fit_begin(fit, &runner->index);
    if (*outer->rows.at != '[')
        return false;
    p.at = behind_blanks(fit, p.at);
    if (*p.at == ']')
        return p.at + 1 == outer->rows_end;
    for (size_t count = 1;; count++) {
        weir_mould *item = weir_moulds_find(&mould->items, p, fit, lists);
        if (!item) {
            runner->moulds.is_wanting = true;
            return false;
        }
        if (!weir_mould_make(runner, item, fit))
            return false;
        p = (weir_cursor){behind_blanks(fit, fit->behind.at), fit->behind.quote};
        const char next = *p.at++;
        if (next == ']')
            return p.at == outer->rows_end && (count > 1 || note_only(runner, item));
        if (next != ',')
            return false;
        p.at = behind_blanks(fit, p.at);
    }
}

/* What becomes of a message that fits. */
static inline bool take_message(weir_runner *runner, weir_mould *mould, weir_fit *fit)
{
    runner->counters.records_in++;
    switch (mould->outcome) {
    case WEIR_MOULD_MAKES: return weir_mould_make(runner, mould, fit);
    case WEIR_MOULD_LISTS: return make_items(runner, mould, fit);
    case WEIR_MOULD_DROPS: runner->counters.dropped++; return true;
    case WEIR_MOULD_UNCONVERTED: runner->counters.unconverted++; return true;
    }
    return false;
}

/* ------------------------------------------------------------------ frames */

/* The first message of a frame. Venues send what they like in any order, but how many quotes there
 * are says most of the time what it is. */
static inline weir_mould *find_first(weir_runner *runner, weir_cursor p, weir_fit *fit)
{
    weir_mould **guess = guess_of(runner);
    weir_mould *mould = *guess;
    if (__builtin_expect(!mould || !weir_stencil_fit(mould->stencil, p, fit), 0)) {
        runner->moulds.last = NULL; /* what a frame begins with does not follow anything */
        mould = weir_moulds_search(&runner->moulds, mould, p, fit, 0);
        if (mould)
            *guess = mould;
    }
    runner->moulds.last = mould;
    return mould;
}

/* A message whose form is known, or should be. */
static inline bool pour_message(weir_runner *runner, weir_mould *mould, weir_fit *fit)
{
    if (__builtin_expect(mould != NULL, 1))
        return take_message(runner, mould, fit);
    runner->moulds.is_wanting = true;
    return false;
}

/* A list of messages, and nothing behind it. */
static inline bool pour_list(weir_runner *runner, weir_cursor p, weir_fit *fit)
{
    p.at = behind_blanks(fit, p.at);
    if (*p.at != '[' || p.at == fit->end_at)
        return false;
    p.at = behind_blanks(fit, p.at + 1);
    weir_mould *mould = *p.at != ']' ? find_first(runner, p, fit) : NULL;
    for (bool has_more = *p.at != ']'; has_more;) {
        if (!pour_message(runner, mould, fit))
            return false;
        p = (weir_cursor){behind_blanks(fit, fit->behind.at), fit->behind.quote};
        has_more = *p.at == ',';
        if (has_more) {
            p.at = behind_blanks(fit, p.at + 1);
            mould = weir_moulds_find(&runner->moulds, p, fit, 0);
        }
    }
    return *p.at == ']' && p.at < fit->end_at &&
           (p.at + 1 == fit->end_at || behind_blanks(fit, p.at + 1) == fit->end_at);
}

/* Nothing is left of the frame. */
static __attribute__((noinline)) void give_up(weir_runner *runner)
{
    weir_quick_take_back(runner);
    runner->quick.has_run = false;
    runner->moulds.trial.missed++;
}

static inline bool pour_frame(weir_runner *runner, const weir_runner_frame *frame)
{
    weir_fit *fit = &runner->fits[0];
    runner->frame = frame;
    weir_quick_set_mark(runner, 0);
    if (!weir_json_index_make_plain(&runner->index, frame->bytes))
        return false;
    weir_fit_begin(fit, &runner->index);
    const weir_cursor p = {fit->base, runner->index.quotes};
    const bool is_good = runner->pours == WEIR_POURS_LISTS
                             ? pour_list(runner, p, fit)
                             : pour_message(runner, find_first(runner, p, fit), fit);
    if (!__builtin_expect(is_good, 1) || (runner->quick.used > 0 && !weir_quick_settle(runner)))
        return false;
    /* Of a frame that was one message, or a list of one. */
    if (runner->gauges.key != 0 && runner->counters.records_in == runner->quick.mark.records_in + 1)
        weir_mould_learn_gauge(runner);
    return !runner->plan->is_watched || weir_runner_watch_made(runner);
}

void weir_mould_pour(weir_runner *runner, const weir_runner_frame *frame)
{
    if (is_tried(runner)) {
        if (__builtin_expect(weir_mould_pour_gauged(runner, frame), 1) ||
            __builtin_expect(pour_frame(runner, frame), 1))
            return;
        give_up(runner);
    }
    weir_runner_feed_any(runner, frame);
}
