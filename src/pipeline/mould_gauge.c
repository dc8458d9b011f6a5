/* SPDX-License-Identifier: MIT */
/*
 * Moulds with gauges (value/gauge.h): where not only a message's form is known but its lengths,
 * too, it is neither indexed nor fitted, and its numbers are where they were.
 */
#include "pipeline/mould_parts.h"

enum { VAIN_MAX = 8 /* lessons of a mould before there are no more */ };

/* Lists of levels are found where they were, too, if they are of texts. */
static bool has_known_lists(const weir_mould *mould, const weir_fit *fit)
{
    for (const weir_mould_op *op = mould->ops; op->code < WEIR_MOULD_END; op++) {
        const bool is_list = op->code >= WEIR_MOULD_LEVELS && op->code <= WEIR_MOULD_SIDES;
        if (is_list && fit->lists[op->key].count > 0 && !fit->lists[op->key].quotes)
            return false;
    }
    return true;
}

/* All that is made is made from the fit, and by operations of its own. */
static bool is_for_gauges(const weir_mould *mould, const weir_fit *fit)
{
    return mould->outcome != WEIR_MOULD_LISTS && mould->slot_count == 0 && !mould->has_roots &&
           (mould->outcome != WEIR_MOULD_MAKES || has_known_lists(mould, fit));
}

void weir_mould_learn_gauge(weir_runner *runner)
{
    weir_mould *mould = runner->moulds.last;
    const weir_fit *fit = &runner->fits[0];
    if (mould->vain_gauges >= VAIN_MAX || !is_for_gauges(mould, fit) ||
        !weir_gauges_is_due(&runner->gauges))
        return;
    weir_gauge_lesson lesson = {.stencil = mould->stencil, .fit = fit, .owner = mould};
    for (size_t i = 0; i < WEIR_MOULD_LANES; i++) {
        const weir_mould_lanes *group = &mould->lanes[i];
        lesson.lanes[i].real = group->real | (group->either & ~fit->lanes[i].is_whole);
        lesson.lanes[i].whole = group->whole | (group->either & fit->lanes[i].is_whole);
    }
    if (!weir_gauges_learn(&runner->gauges, &lesson))
        mould->vain_gauges++;
}
