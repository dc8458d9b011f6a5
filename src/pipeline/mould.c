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
    moulds->last = 0;
}

/* ------------------------------------------------------------------ which one */

static inline bool is_tried(weir_moulds *moulds)
{
    moulds->is_wanting = false;
    if (weir_trial_is_due(&moulds->trial) && weir_trial_look_back(&moulds->trial))
        weir_moulds_fini(moulds);
    return weir_trial_is_on(&moulds->trial);
}

/* What a stencil that does not fit has found is not to be found, and kept, again. */
static inline bool fits(const weir_moulds *moulds, size_t i, weir_cursor p, weir_fit *fit)
{
    weir_json_index *index = fit->index;
    const unsigned lists = index->list_count;
    const size_t levels = index->level_count;
    if (__builtin_expect(weir_stencil_fit(moulds->list[i]->stencil, p, fit), 1))
        return true;
    index->list_count = lists;
    index->level_count = levels;
    return false;
}

/* The place of a mould that was not expected: those that are found most often come to stand first.
 * Moulds of which each is as frequent as the other do not change places all the time. */
static size_t move_up(weir_moulds *moulds, size_t i)
{
    enum { CLEARLY = 16 };
    weir_mould **list = moulds->list, *mould = list[i];
    mould->found++;
    if (i == 0 || mould->found < CLEARLY || mould->found - CLEARLY < list[i - 1]->found)
        return i;
    list[i] = list[i - 1];
    list[i - 1] = mould;
    return i - 1;
}

static __attribute__((noinline)) weir_mould *find_other(weir_moulds *moulds, size_t expected,
                                                        weir_cursor p, weir_fit *fit)
{
    weir_mould *before = moulds->list[moulds->last];
    for (size_t i = 0; i < moulds->count; i++) {
        if (i == expected || !fits(moulds, i, p, fit))
            continue;
        before->next = moulds->last = move_up(moulds, i);
        return moulds->list[moulds->last];
    }
    return NULL;
}

weir_mould *weir_moulds_find(weir_moulds *moulds, weir_cursor p, weir_fit *fit)
{
    if (moulds->count == 0)
        return NULL;
    const size_t i = moulds->list[moulds->last]->next;
    if (!fits(moulds, i, p, fit))
        return find_other(moulds, i, p, fit);
    moulds->last = i;
    return moulds->list[i];
}

/* ------------------------------------------------------------------ messages */

bool weir_mould_seek_asset(weir_runner *runner, const weir_fit *fit, const weir_mould_op *op,
                           char *record)
{
    const weir_asset *asset = weir_asset_cached(runner->world->assets, (weir_asset_key)op->key,
                                                weir_mould_text(fit, fit->base, op));
    memcpy(record + op->place, &asset, sizeof asset);
    return asset != NULL;
}

static inline weir_cursor pass_blanks(const weir_fit *fit, weir_cursor p)
{
    const weir_scan scan = {fit->end_at, NULL, NULL};
    p.at = weir_scan_blanks(&scan, p.at);
    return p;
}

/* A record of each element of the list that the stencil has left. */
static bool make_items(weir_runner *runner, weir_mould *mould, const weir_fit *outer)
{
    weir_cursor p = {outer->rows.at + 1, outer->rows.quote};
    weir_fit *fit = &runner->fits[1];
    weir_fit_begin(fit, &runner->index);
    if (*outer->rows.at != '[')
        return false;
    p = pass_blanks(fit, p);
    if (*p.at == ']')
        return p.at + 1 == outer->rows_end;
    for (;;) {
        const weir_mould *item = weir_moulds_find(&mould->items, p, fit);
        if (!item) {
            runner->moulds.is_wanting = true;
            return false;
        }
        if (!weir_mould_make(runner, item, fit))
            return false;
        p = pass_blanks(fit, fit->behind);
        const char next = *p.at++;
        if (next == ']')
            return p.at == outer->rows_end;
        if (next != ',')
            return false;
        p = pass_blanks(fit, p);
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

/* The message at `p`, which is of a known form. */
static inline bool pour_message(weir_runner *runner, weir_cursor p, weir_fit *fit)
{
    weir_mould *mould = weir_moulds_find(&runner->moulds, p, fit);
    runner->moulds.is_wanting = !mould;
    return mould && take_message(runner, mould, fit);
}

/* A list of messages, and nothing behind it. */
static bool pour_list(weir_runner *runner, weir_cursor p, weir_fit *fit)
{
    const weir_scan scan = {fit->end_at, NULL, NULL};
    p = pass_blanks(fit, p);
    if (p.at >= fit->end_at || *p.at != '[')
        return false;
    p.at++;
    p = pass_blanks(fit, p);
    for (bool has_more = *p.at != ']'; has_more;) {
        if (!pour_message(runner, p, fit))
            return false;
        p = pass_blanks(fit, fit->behind);
        has_more = *p.at == ',';
        if (has_more) {
            p.at++;
            p = pass_blanks(fit, p);
        }
    }
    return *p.at == ']' && p.at < fit->end_at &&
           weir_scan_blanks_slow(&scan, p.at + 1) == fit->end_at;
}

static __attribute__((noinline)) bool give_up(weir_runner *runner)
{
    weir_quick_take_back(runner);
    runner->quick.has_run = false;
    runner->moulds.trial.missed++;
    return false;
}

bool weir_mould_pour(weir_runner *runner, const weir_runner_frame *frame)
{
    weir_json_index *index = &runner->index;
    weir_fit *fit = &runner->fits[0];
    if (!is_tried(&runner->moulds))
        return false;
    runner->frame = frame;
    weir_quick_set_mark(runner, 0);
    if (!weir_json_index_make(index, frame->bytes) ||
        (index->flags & (WEIR_INDEX_BACKSLASH | WEIR_INDEX_HIGH)))
        return give_up(runner);
    weir_fit_begin(fit, index);
    const weir_cursor p = {index->base, index->quotes};
    const bool is_good = runner->pours == WEIR_POURS_LISTS ? pour_list(runner, p, fit)
                                                           : pour_message(runner, p, fit);
    if (__builtin_expect(!is_good, 0) || (runner->quick.used > 0 && !weir_quick_settle(runner)) ||
        (runner->plan->is_watched && !weir_runner_watch_made(runner)))
        return give_up(runner);
    runner->moulds.trial.met++;
    return true;
}
