/* SPDX-License-Identifier: MIT */
/*
 * Which columns can be filled without running their programs, told from the forms of these
 * (expr/fuse.h), and the operations that do it: what is needed of a form, in one place.
 */
#include "pipeline/parts.h"
#include "pipeline/texts.h"

/* ------------------------------------------------------------------ forms */

static bool is_storable(const weir_value *v)
{
    return v->kind == WEIR_NONE || v->kind == WEIR_BOOL || v->kind == WEIR_INT ||
           v->kind == WEIR_FLOAT || v->kind == WEIR_STR;
}

static bool fits(const weir_plan_column *column, const weir_value *v)
{
    return is_storable(v) && (column->kind == WEIR_KIND_PUBLIC_COUNT || column->kind == v->kind ||
                              v->kind == WEIR_NONE);
}

/* Which forms a column can be filled by: what is stored must be of the column's kind. */
static bool is_quick(const weir_plan_column *column, const weir_fused *form)
{
    const bool is_any = column->kind == WEIR_KIND_PUBLIC_COUNT;
    if (column->column == WEIR_COLUMN_ASSET)
        return form->kind == WEIR_FUSED_ASSET;
    if (column->column == WEIR_COLUMN_TIMESTAMP)
        return form->kind == WEIR_FUSED_ROOT || form->kind == WEIR_FUSED_STAMP ||
               form->kind == WEIR_FUSED_EPOCH || form->kind == WEIR_FUSED_EPOCH_INT;
    switch (form->kind) {
    case WEIR_FUSED_CONSTANT: return fits(column, &form->value);
    case WEIR_FUSED_CHOICE: return fits(column, &form->value) && fits(column, &form->other);
    case WEIR_FUSED_SLOT: return is_any || column->kind == WEIR_LEVELS;
    case WEIR_FUSED_WHERE: return column->kind == WEIR_LEVELS;
    case WEIR_FUSED_FLOAT: return is_any || column->kind == WEIR_FLOAT;
    case WEIR_FUSED_INT: return is_any || column->kind == WEIR_INT;
    case WEIR_FUSED_STANDARD: return is_any;
    case WEIR_FUSED_DECIMAL: return is_any || column->kind == WEIR_DECIMAL;
    case WEIR_FUSED_EQUAL:
    case WEIR_FUSED_ONE_OF:
    case WEIR_FUSED_STARTS:
    case WEIR_FUSED_ENDS:
    case WEIR_FUSED_ROOT_LEN: return is_any || column->kind == WEIR_BOOL;
    default: return false;
    }
}

/* Columns that read all of a list of lists. */
static void want_lists(const weir_plan_column *column, const weir_fused *form,
                       const weir_expr_scope *scope)
{
    weir_projection *paths = form->is_item ? scope->item : scope->data;
    if ((form->kind == WEIR_FUSED_SLOT && column->kind == WEIR_LEVELS) ||
        form->kind == WEIR_FUSED_WHERE || form->kind == WEIR_FUSED_GREATEST)
        weir_projection_want_lists(paths, form->slot);
    if (form->kind == WEIR_FUSED_GREATEST && form->member != UINT32_MAX)
        weir_projection_want_lists(paths, form->member);
}

/* The only transform with a form makes a time of a Decimal of seconds. */
static void plan_seconds(weir_plan_column *column, const weir_fused *form,
                         const weir_expr_scope *scope)
{
    const weir_plan_field *field = column->field;
    const weir_fused transform = weir_program_fuse(field->transform);
    if (column->column != WEIR_COLUMN_TIMESTAMP || field->condition || field->has_default ||
        transform.kind != WEIR_FUSED_SECONDS ||
        (form->kind != WEIR_FUSED_DECIMAL && form->kind != WEIR_FUSED_GREATEST))
        return;
    want_lists(column, form, scope);
    column->quick = *form;
    column->quick.scale = transform.scale;
}

void weir_quick_plan(weir_plan_column *column, const weir_expr_scope *scope)
{
    const weir_plan_field *field = column->field;
    if (!field->source || field->condition_sees_value || field->custom || field->transformer)
        return;
    if (field->transform) {
        const weir_fused source = weir_program_fuse(field->source);
        plan_seconds(column, &source, scope);
        return;
    }
    weir_fused form = weir_program_fuse(field->source);
    weir_fused condition = weir_program_fuse(field->condition);
    /* A default stands in for None too, which only the slow way looks for. */
    const bool may_be_none = form.kind == WEIR_FUSED_CONSTANT || form.kind == WEIR_FUSED_CHOICE ||
                             form.kind == WEIR_FUSED_ROOT || form.kind == WEIR_FUSED_STANDARD;
    if (!is_quick(column, &form) || (field->has_default && may_be_none) ||
        (field->condition && condition.kind == WEIR_FUSED_NONE) ||
        !weir_fused_needs(&form, scope->data, scope->item) ||
        !weir_fused_needs(&condition, scope->data, scope->item))
        return;
    want_lists(column, &form, scope);
    column->quick = form;
    column->condition = condition;
}

/* ------------------------------------------------------------------ operations */

static weir_quick_code code_of(const weir_plan_column *column)
{
    switch (column->quick.kind) {
    case WEIR_FUSED_FLOAT: return WEIR_QUICK_REAL;
    case WEIR_FUSED_INT: return WEIR_QUICK_WHOLE;
    case WEIR_FUSED_SLOT: return column->kind == WEIR_LEVELS ? WEIR_QUICK_LEVELS : WEIR_QUICK_AS_IS;
    case WEIR_FUSED_ASSET: return WEIR_QUICK_ASSET;
    case WEIR_FUSED_STAMP: return WEIR_QUICK_STAMP;
    case WEIR_FUSED_EPOCH: return WEIR_QUICK_EPOCH;
    case WEIR_FUSED_EPOCH_INT: return WEIR_QUICK_EPOCH_TEXT;
    case WEIR_FUSED_DECIMAL:
        return column->column == WEIR_COLUMN_TIMESTAMP ? WEIR_QUICK_SECONDS : WEIR_QUICK_DECIMAL;
    case WEIR_FUSED_GREATEST: return WEIR_QUICK_GREATEST;
    case WEIR_FUSED_ROOT: return WEIR_QUICK_ROOT;
    case WEIR_FUSED_CONSTANT: return WEIR_QUICK_CONSTANT;
    case WEIR_FUSED_CHOICE: return WEIR_QUICK_CHOICE;
    case WEIR_FUSED_STANDARD: return WEIR_QUICK_STANDARD;
    case WEIR_FUSED_EQUAL:
    case WEIR_FUSED_ONE_OF:
    case WEIR_FUSED_STARTS:
    case WEIR_FUSED_ENDS:
    case WEIR_FUSED_ROOT_LEN: return WEIR_QUICK_TEST;
    case WEIR_FUSED_WHERE: return WEIR_QUICK_WHERE;
    default: return WEIR_QUICK_SLOW;
    }
}

static bool plan_where(weir_arena *arena, const weir_fused *form, weir_quick_op *op)
{
    weir_texts_where *where = WEIR_ARENA_ARRAY(arena, weir_texts_where, 1);
    if (where)
        *where = weir_texts_where_of(weir_value_text(&form->value), form->place, form->skip);
    op->where = where;
    return where != NULL;
}

static bool plan_op(weir_arena *arena, const weir_plan_column *column, weir_quick_op *op)
{
    const weir_fused *form = &column->quick;
    const bool is_secret = (form->value.flags | form->other.flags) & WEIR_VALUE_SECRET;
    const weir_quick_code own = is_secret ? WEIR_QUICK_SLOW : code_of(column);
    const weir_quick_code code =
        own == WEIR_QUICK_SLOW && column->trees.source ? WEIR_QUICK_TREE : own;
    const bool is_free = column->condition.kind == WEIR_FUSED_NONE;
    op->code = (uint8_t)(is_free ? code : WEIR_QUICK_IF);
    op->then = (uint8_t)code;
    op->is_item = form->is_item;
    op->key = (uint8_t)form->key;
    op->slot = form->slot * (uint32_t)sizeof(weir_value);
    op->column = column->column;
    op->place =
        (uint32_t)(column->column == WEIR_COLUMN_TIMESTAMP ? offsetof(weir_record, timestamp_ns)
                   : column->column == WEIR_COLUMN_ASSET
                       ? offsetof(weir_record, asset)
                       : sizeof(weir_record) + (size_t)column->column * sizeof(weir_value));
    op->scale = form->scale;
    op->from = column;
    if (code == WEIR_QUICK_WHERE)
        return plan_where(arena, form, op);
    const bool has_values = code == WEIR_QUICK_CONSTANT || code == WEIR_QUICK_CHOICE;
    if (!has_values)
        return true;
    op->value = form->value;
    op->other = form->other;
    return weir_value_give_slack(arena, &op->value) && weir_value_give_slack(arena, &op->other);
}

weir_quick_test weir_quick_plan_test(weir_arena *arena, const weir_program *program,
                                     const weir_fused *form)
{
    weir_quick_test test = {
        .form = form, .tree = weir_program_grow(arena, program), .slot = form->slot};
    const bool is_text = form->kind == WEIR_FUSED_EQUAL || form->kind == WEIR_FUSED_STARTS ||
                         form->kind == WEIR_FUSED_ENDS;
    if (!is_text || form->is_item || form->is_negated || form->value.len > WEIR_QUICK_TEXT_MAX)
        return test;
    test.kind = (uint8_t)form->kind;
    test.len = form->value.len;
    memcpy(test.words, form->value.s, test.len);
    memset(test.masks, 0xff, test.len);
    return test;
}

bool weir_quick_plan_rule(weir_arena *arena, weir_plan_rule *rule)
{
    weir_quick_op *ops = WEIR_ARENA_ARRAY(arena, weir_quick_op, rule->column_count + 1);
    for (size_t i = 0; ops && i < rule->column_count; i++)
        if (!plan_op(arena, &rule->columns[i], &ops[i]))
            return false;
    rule->ops = ops;
    rule->is_quick = !rule->calls_out && !rule->custom;
    rule->asks = weir_quick_plan_test(arena, rule->condition, &rule->quick_condition);
    return ops != NULL;
}
