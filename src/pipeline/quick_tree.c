/* SPDX-License-Identifier: MIT */
/*
 * Between an operation of quick.c and a run of the VM stand the trees of a column's programs
 * (expr/tree.h): its condition, its source and its transform are evaluated in place, and what they
 * give is stored if it is what the column is for. All that is doubtful - a default to be taken, a
 * value of another kind, whatever raises - is left for the programs.
 */
#include "pipeline/parts.h"

void weir_quick_grow(weir_arena *arena, weir_plan_column *column)
{
    const weir_plan_field *field = column->field;
    weir_quick_trees trees = {0};
    if (!field->source || field->condition_sees_value || field->custom || field->transformer ||
        column->kind == WEIR_LEVELS)
        return;
    trees.condition = weir_program_grow(arena, field->condition);
    trees.transform = weir_program_grow(arena, field->transform);
    trees.source = weir_program_grow(arena, field->source);
    if ((!field->condition || trees.condition) && (!field->transform || trees.transform))
        column->trees = trees;
}

/* What the source gives, transformed. */
static bool eval(weir_runner *runner, const weir_quick_trees *trees, weir_tree_room *room,
                 weir_value *out)
{
    weir_expr_input *input = &runner->input;
    if (!weir_tree_eval(trees->source, runner->world, input, room, out))
        return false;
    if (!trees->transform)
        return true;
    input->roots[WEIR_ROOT_VALUE] = *out;
    return weir_tree_eval(trees->transform, runner->world, input, room, out);
}

/* Header fields that are None are left as they are. */
static bool store_header(weir_runner *runner, const weir_plan_column *column, const weir_value *v)
{
    weir_record *record = weir_batch_record(&runner->batch);
    const bool is_asset = column->column == WEIR_COLUMN_ASSET;
    if (v->kind == WEIR_NONE)
        return true;
    if (v->kind != (is_asset ? WEIR_ASSET : WEIR_TIMESTAMP))
        return false;
    if (is_asset)
        record->asset = v->asset;
    else
        record->timestamp_ns = v->i;
    return true;
}

static bool store(weir_runner *runner, const weir_plan_column *column, const weir_value *v)
{
    if (v->kind == WEIR_NONE && column->field->has_default)
        return false;
    if (column->column < 0)
        return store_header(runner, column, v);
    switch (v->kind) {
    case WEIR_NONE: break;
    case WEIR_BOOL:
    case WEIR_INT:
    case WEIR_FLOAT:
    case WEIR_STR:
    case WEIR_ASSET:
        if (column->kind != WEIR_KIND_PUBLIC_COUNT && column->kind != v->kind)
            return false;
        break;
    default: return false;
    }
    return weir_batch_set(&runner->batch, (size_t)column->column, v);
}

bool weir_quick_fill_tree(weir_runner *runner, const weir_plan_column *column)
{
    const weir_quick_trees *trees = &column->trees;
    weir_tree_room room;
    weir_value v;
    room.used = 0;
    if (!trees->source)
        return false;
    if (trees->condition) {
        const weir_fused_answer answer =
            weir_tree_test(trees->condition, runner->world, &runner->input);
        if (answer != WEIR_FUSED_TRUE)
            return answer == WEIR_FUSED_FALSE;
    }
    return eval(runner, trees, &room, &v) && store(runner, column, &v);
}
