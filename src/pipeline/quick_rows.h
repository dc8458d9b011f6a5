/* SPDX-License-Identifier: MIT */
/*
 * The records of a list, one after another, their numbers read together (pipeline/quick.h); what
 * does not go that way is done alone, after all before it. Inlined into the two that walk lists, so
 * that no call stands between a row and its record.
 */
#ifndef WEIR_PIPELINE_QUICK_ROWS_H
#define WEIR_PIPELINE_QUICK_ROWS_H

#include "pipeline/parts.h"

/** Takes a row: unsettled, any verdict; settled, it does all there is to do about it. */
typedef weir_quick_verdict weir_row_fn(void *user, const weir_value *row, bool is_settled);

static inline void weir_quick_set_mark(weir_runner *runner, size_t row)
{
    const weir_counters *counters = &runner->counters;
    weir_quick_mark *mark = &runner->quick.mark;
    mark->records_in = counters->records_in;
    mark->records_out = counters->records_out;
    mark->dropped = counters->dropped;
    mark->unconverted = counters->unconverted;
    mark->bytes = runner->batch.bytes.len;
    mark->row = row;
    mark->asked = 0;
}

static inline __attribute__((always_inline)) void
weir_quick_rows(weir_runner *runner, const weir_rows *rows, weir_row_fn *take, void *user)
{
    const weir_arena_mark arena = weir_arena_save(runner->arena);
    weir_quick *state = &runner->quick;
    for (size_t i = 0; i < rows->count; i++) {
        if (state->used == 0)
            weir_quick_set_mark(runner, i);
        weir_quick_verdict verdict = take(user, rows->values + i * rows->width, false);
        const bool is_last = i + 1 == rows->count || verdict == WEIR_QUICK_ASIDE;
        size_t from = i;
        if (verdict == WEIR_QUICK_BROKEN || (is_last && !weir_quick_settle(runner))) {
            weir_quick_take_back(runner);
            from = state->mark.row;
            verdict = WEIR_QUICK_ASIDE;
        }
        if (__builtin_expect(verdict == WEIR_QUICK_ASIDE, 0)) {
            for (size_t k = from; k <= i; k++) {
                take(user, rows->values + k * rows->width, true);
                weir_arena_rewind(runner->arena, arena);
            }
            state->has_run = false;
        } else if (__builtin_expect(state->has_run, 0)) {
            weir_arena_rewind(runner->arena, arena);
            state->has_run = false;
        }
    }
}

#endif
