/* SPDX-License-Identifier: MIT */
/*
 * From what moulds are learnt, and when: a message that no mould has fitted, elements of its list,
 * and - when such lists have mostly one element - both as one. What is not for moulds costs little.
 */
#include "pipeline/mould_scene.h"

enum {
    LESSONS_OF_A_LIST = 4, /* new forms that are learnt from one list */
    FAILURES_MAX = 4,      /* lessons in vain before there is a rest */
    REST_FIRST = 1024,
    REST_DOUBLINGS = 10
};

typedef weir_scene scene;

/* Messages that are not for moulds cost a few lessons now and then, ever more seldom. */
static void note_failure(weir_moulds *moulds)
{
    moulds->failures++;
    if (moulds->failures < FAILURES_MAX)
        return;
    const uint32_t doublings = moulds->failures - FAILURES_MAX;
    moulds->rest = REST_FIRST << (doublings < REST_DOUBLINGS ? doublings : REST_DOUBLINGS);
}

static bool is_resting(weir_moulds *moulds)
{
    moulds->is_wanting = false;
    if (moulds->rest == 0)
        return false;
    moulds->rest--;
    return true;
}

/* NULL: it is not for moulds. */
static weir_mould *learn(scene *s, weir_stencil_lesson *lesson, weir_moulds *moulds)
{
    weir_mould *made = NULL;
    if (s->outer)
        s->mould.rule = s->outer->rule;
    if (moulds->count < WEIR_MOULDS_MAX && weir_scene_make(s, lesson))
        made = weir_scene_keep(s, moulds);
    else
        weir_stencil_free(s->mould.stencil);
    if (made)
        s->runner->moulds.failures = 0;
    else
        note_failure(&s->runner->moulds);
    return made;
}

static weir_cursor place_in(weir_json_index *index, const char *at)
{
    return (weir_cursor){at, index->quotes + weir_json_index_find(index, at)};
}

static bool is_known(weir_runner *runner, weir_moulds *moulds, weir_cursor p)
{
    weir_fit *fit = &runner->fits[1];
    weir_fit_begin(fit, &runner->index);
    return weir_moulds_find(moulds, p, fit, runner->index.list_count) != NULL;
}

/* Levels that are open around the elements of a list, `depth` of which are around its message. */
static unsigned depth_in(const weir_plan *plan, size_t list, unsigned depth)
{
    weir_step steps[WEIR_PROJECTION_DEPTH_MAX];
    return depth + (unsigned)weir_projection_steps(plan->paths, list, steps) + 1;
}

/* The elements of the list of `each`. */
static void learn_items(scene *s, weir_mould *outer, unsigned depth)
{
    weir_runner *runner = s->runner;
    const weir_plan_rule *rule = outer->rule;
    const weir_value *list = weir_fused_slot(&rule->quick_each, &s->input);
    weir_rows *rows = &runner->items;
    size_t lessons = 0;
    if (!weir_projection_rows_of(rule->item, &runner->index, runner->item_shapes[rule->index], list,
                                 rows))
        return;
    for (size_t i = 0; i < rows->count && lessons < LESSONS_OF_A_LIST; i++) {
        const weir_value *row = rows->values + i * rows->width;
        const weir_value *whole = row + rows->width - 1;
        if (whole->kind != WEIR_RAW)
            return;
        weir_stencil_lesson lesson = {.index = &runner->index,
                                      .at = place_in(&runner->index, whole->s),
                                      .projection = rule->item,
                                      .depth =
                                          depth_in(runner->plan, rule->quick_each.slot, depth)};
        if (is_known(runner, &outer->items, lesson.at))
            continue;
        scene item = {.runner = runner, .slots = s->slots, .items = row, .outer = outer};
        item.input = s->input;
        item.input.item_slots = row;
        item.input.roots[WEIR_ROOT_ITEM] = *whole;
        learn(&item, &lesson, &outer->items);
        lessons++;
    }
}

/* A frame whose message and the only element of its list become one mould, if that element is due
 * for it. Its list has just been gone through. */
static void learn_with_item(const scene *around, const weir_stencil_lesson *of, weir_mould *outer)
{
    weir_runner *runner = around->runner;
    const weir_rows *rows = &runner->items;
    weir_stencil_lesson lesson = *of;
    scene s = {.runner = runner, .slots = around->slots, .has_item = true};
    if (rows->count != 1 || rows->values[rows->width - 1].kind != WEIR_RAW)
        return;
    s.items = rows->values;
    s.input = around->input;
    s.input.item_slots = rows->values;
    s.input.roots[WEIR_ROOT_ITEM] = rows->values[rows->width - 1];
    weir_fit_begin(&runner->fits[1], &runner->index);
    weir_mould *item =
        weir_moulds_find(&outer->items, place_in(&runner->index, rows->values[rows->width - 1].s),
                         &runner->fits[1], runner->index.list_count);
    if (item && item->onlies == WEIR_MOULD_ONLIES && !item->only)
        item->only = learn(&s, &lesson, &runner->moulds);
}

void weir_mould_learn_frame(weir_runner *runner)
{
    weir_moulds *moulds = &runner->moulds;
    weir_json_index *index = &runner->index;
    const weir_value *whole = &runner->input.roots[WEIR_ROOT_DATA];
    if (is_resting(moulds) || whole->kind != WEIR_RAW || whole->s != index->base ||
        (index->flags & (WEIR_INDEX_BACKSLASH | WEIR_INDEX_HIGH)))
        return;
    weir_stencil_lesson lesson = {.index = index,
                                  .at = {index->base, index->quotes},
                                  .projection = runner->plan->paths,
                                  .is_whole = true};
    scene s = {.runner = runner, .slots = runner->slots, .input = runner->input};
    weir_fit_begin(&runner->fits[0], index);
    weir_mould *known = weir_moulds_find(moulds, lesson.at, &runner->fits[0], index->list_count);
    if (!known)
        known = learn(&s, &lesson, moulds);
    if (known && known->outcome == WEIR_MOULD_LISTS) {
        learn_items(&s, known, 0);
        learn_with_item(&s, &lesson, known);
    }
}

void weir_mould_learn_list(weir_runner *runner)
{
    weir_moulds *moulds = &runner->moulds;
    const weir_rows *rows = &runner->rows;
    size_t lessons = 0;
    if (is_resting(moulds))
        return;
    for (size_t i = 0; i < rows->count && lessons < LESSONS_OF_A_LIST; i++) {
        const weir_value *row = rows->values + i * rows->width;
        const weir_value *whole = row + rows->width - 1;
        if (whole->kind != WEIR_RAW || !weir_json_index_holds(&runner->index, whole->s))
            return;
        weir_stencil_lesson lesson = {.index = &runner->index,
                                      .at = place_in(&runner->index, whole->s),
                                      .projection = runner->plan->paths,
                                      .depth = 1};
        if (is_known(runner, moulds, lesson.at))
            continue;
        scene s = {.runner = runner, .slots = row, .input = runner->input};
        s.input.data_slots = row;
        s.input.roots[WEIR_ROOT_DATA] = *whole;
        weir_mould *mould = learn(&s, &lesson, moulds);
        if (mould && mould->outcome == WEIR_MOULD_LISTS)
            learn_items(&s, mould, lesson.depth);
        lessons++;
    }
}
