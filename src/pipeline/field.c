/* SPDX-License-Identifier: MIT */
/*
 * Field specs at work (SPEC.md 3): condition (before the source, unless it names `value`), source,
 * transform, default. Records, messages, headers and query parameters all come through here.
 */
#include "pipeline/observer.h"
#include "pipeline/parts.h"
#include "util/error.h"

static unsigned result_kind(const weir_plan_field *field)
{
    const weir_program *last = field->transform ? field->transform : field->source;
    const weir_extension *function = field->custom ? field->custom : field->transformer;
    const unsigned kind = function ? function->row.returns
                          : last   ? weir_program_kind(last)
                                   : WEIR_KIND_COUNT;
    if (field->has_default && field->default_value.kind != kind &&
        field->default_value.kind != WEIR_NONE)
        return WEIR_KIND_COUNT;
    return kind;
}

/* A name alone that is no value of the place can only be meant as a function. */
static bool is_function_name(weir_str text)
{
    const char *name, *doc;
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
              (i > 0 && c >= '0' && c <= '9')))
            return false;
    }
    for (size_t i = 0; weir_name_row(i, &name, &doc); i++) {
        if (weir_str_is(text, name))
            return false;
    }
    return text.len > 0 && !weir_str_is(text, "None") && !weir_str_is(text, "True") &&
           !weir_str_is(text, "False");
}

/* `transform` is an expression, or names a function of a plugin. */
static void compile_transform(weir_plan_builder *builder, const weir_text *text,
                              weir_plan_field *field, const weir_expr_scope *scope)
{
    const weir_extensions *list = builder->names->extensions;
    char why[256];
    if (!text->node || !is_function_name(text->text) || !list || list->count == 0) {
        field->transform = weir_plan_compile(builder, text, scope);
        return;
    }
    field->transformer = weir_extension_find(list, WEIR_EXTENSION_TRANSFORM, text->text);
    if (field->transformer)
        return;
    weir_extension_explain(list, WEIR_EXTENSION_TRANSFORM, text->text, why);
    weir_diag_error(builder->diags, weir_text_place(text, 0, text->text.len), "transform: %s", why);
}

static void compile_leaf(weir_plan_builder *builder, const weir_field *spec, weir_plan_field *field,
                         const weir_expr_scope *scope)
{
    weir_expr_scope with_value = *scope;
    with_value.roots |= WEIR_ROOT_BIT(WEIR_ROOT_VALUE);
    const weir_node *node = spec->source.node ? spec->source.node : spec->node;
    field->where = weir_plan_where(builder->arena, node);
    field->source = weir_plan_compile(builder, &spec->source, scope);
    field->condition = weir_plan_compile(builder, &spec->condition, &with_value);
    compile_transform(builder, &spec->transform, field, &with_value);
    if (spec->custom.node)
        field->custom = weir_extension_find(builder->names->extensions, WEIR_EXTENSION_FIELD,
                                            spec->custom.text);
    field->condition_sees_value =
        field->condition && (weir_program_roots(field->condition) & WEIR_ROOT_BIT(WEIR_ROOT_VALUE));
    field->has_default = spec->has_default;
    field->default_value = spec->default_value;
    field->is_slot =
        field->source && weir_program_slot(field->source, &field->slot_root, &field->slot);
    if (field->source && !field->is_slot) {
        field->cast_kind = weir_program_cast(field->source, &field->slot_root, &field->slot);
        field->is_cast = field->cast_kind != WEIR_KIND_COUNT;
    }
    field->kind = result_kind(field);
}

const weir_plan_field *weir_plan_fields(weir_plan_builder *builder, const weir_field *fields,
                                        size_t count, weir_str prefix, const weir_expr_scope *scope)
{
    weir_plan_field *list = WEIR_ARENA_ARRAY(builder->arena, weir_plan_field, count + 1);
    if (!list)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        weir_plan_field *field = &list[i];
        field->name = fields[i].name;
        field->path = prefix.len ? weir_arena_printf(builder->arena, "%.*s.%.*s", WEIR_FMT(prefix),
                                                     WEIR_FMT(fields[i].name))
                                 : fields[i].name;
        field->is_group = fields[i].fields != NULL;
        if (field->is_group) {
            field->field_count = fields[i].field_count;
            field->fields = weir_plan_fields(builder, fields[i].fields, fields[i].field_count,
                                             field->path, scope);
        } else {
            compile_leaf(builder, &fields[i], field, scope);
        }
    }
    return list;
}

/* ------------------------------------------------------------------ evaluation */

static bool read_source(weir_vm *vm, const weir_plan_field *field, const weir_expr_world *world,
                        weir_expr_input *input, weir_value *out)
{
    if (field->is_slot || field->is_cast) {
        const weir_value *slots =
            field->slot_root == WEIR_ROOT_ITEM ? input->item_slots : input->data_slots;
        const unsigned kind = slots[field->slot].kind;
        if (field->is_slot ? kind != WEIR_ABSENT : kind == field->cast_kind) {
            *out = slots[field->slot];
            return true;
        }
    }
    return weir_vm_run(vm, field->source, world, input, out);
}

/* What a plugin does with the value so far; a field may have no source but its function. */
static __attribute__((noinline)) bool run_functions(weir_vm *vm, const weir_plan_field *field,
                                                    const weir_expr_world *world,
                                                    weir_expr_input *input, weir_value *out,
                                                    weir_field_trace *trace)
{
    const weir_extension *const steps[] = {field->transformer, field->custom};
    for (size_t i = 0; i < 2; i++) {
        if (!steps[i])
            continue;
        const weir_value before = *out;
        input->roots[WEIR_ROOT_VALUE] = before;
        if (!weir_extension_run(steps[i], vm, world, input, &before, before.kind != WEIR_ABSENT,
                                out))
            return false;
        if (trace) {
            trace->has_transform = true;
            trace->transformed = *out;
        }
    }
    return true;
}

/* The functions below are made twice: with a trace for whoever watches, and with none, where all
 * that concerns it is gone. */
#define WATCHABLE static inline __attribute__((always_inline))

WATCHABLE bool read_value(weir_vm *vm, const weir_plan_field *field, const weir_expr_world *world,
                          weir_expr_input *input, weir_value *out, weir_field_trace *trace)
{
    if (!field->source)
        return run_functions(vm, field, world, input, out, trace);
    if (!read_source(vm, field, world, input, out))
        return false;
    if (trace) {
        trace->has_source = true;
        trace->source = *out;
    }
    if (field->transform) {
        input->roots[WEIR_ROOT_VALUE] = *out;
        if (!weir_vm_run(vm, field->transform, world, input, out))
            return false;
        if (trace) {
            trace->has_transform = true;
            trace->transformed = *out;
        }
    }
    return (!field->transformer && !field->custom) ||
           run_functions(vm, field, world, input, out, trace);
}

WATCHABLE bool test_condition(weir_vm *vm, const weir_plan_field *field,
                              const weir_expr_world *world, const weir_expr_input *input,
                              bool *holds, weir_field_trace *trace)
{
    const bool is_good = weir_vm_run_truth(vm, field->condition, world, input, holds);
    if (trace) {
        trace->has_condition = true;
        trace->condition = !is_good ? WEIR_OUTCOME_RAISED
                           : *holds ? WEIR_OUTCOME_TRUE
                                    : WEIR_OUTCOME_FALSE;
    }
    return is_good;
}

WATCHABLE bool eval(weir_vm *vm, const weir_plan_field *field, const weir_expr_world *world,
                    weir_expr_input *input, weir_value *out, weir_field_trace *trace)
{
    bool holds = true;
    *out = weir_value_absent();
    if (field->condition && !field->condition_sees_value) {
        if (!test_condition(vm, field, world, input, &holds, trace))
            return false;
        if (!holds)
            return true;
    }
    const bool is_good = read_value(vm, field, world, input, out, trace);
    if (is_good && field->condition_sees_value) {
        input->roots[WEIR_ROOT_VALUE] = *out;
        if (!test_condition(vm, field, world, input, &holds, trace))
            return false;
        if (!holds) {
            *out = weir_value_absent();
            return true;
        }
    }
    if (field->has_default && (!is_good || out->kind == WEIR_NONE)) {
        *out = field->default_value;
        if (trace) {
            trace->uses_default = true;
            trace->has_raised = !is_good;
        }
        return true;
    }
    return is_good;
}

bool weir_plan_field_eval(weir_vm *vm, const weir_plan_field *field, const weir_expr_world *world,
                          weir_expr_input *input, weir_value *out)
{
    return eval(vm, field, world, input, out, NULL);
}

bool weir_plan_field_watch(weir_vm *vm, const weir_plan_field *field, const weir_expr_world *world,
                           weir_expr_input *input, weir_value *out, weir_field_trace *trace)
{
    const bool is_good = eval(vm, field, world, input, out, trace);
    trace->has_raised |= !is_good;
    trace->value = is_good ? *out : weir_value_absent();
    return is_good;
}

bool weir_plan_group_eval(weir_vm *vm, weir_arena *arena, const weir_plan_field *fields,
                          size_t count, const weir_expr_world *world, weir_expr_input *input,
                          weir_value *out, const weir_plan_field **failed)
{
    weir_dict *dict = weir_dict_new(arena, count);
    *failed = NULL;
    if (!dict)
        return false;
    for (size_t i = 0; i < count; i++) {
        const weir_plan_field *field = &fields[i];
        const weir_value key = weir_value_str(field->name);
        weir_value value;
        if (field->is_group) {
            if (!weir_plan_group_eval(vm, arena, field->fields, field->field_count, world, input,
                                      &value, failed))
                return false;
        } else if (!weir_plan_field_eval(vm, field, world, input, &value)) {
            *failed = field;
            return false;
        }
        if (value.kind != WEIR_ABSENT && !weir_dict_put(arena, dict, &key, &value))
            return false;
    }
    *out = weir_value_dict(dict);
    return true;
}

weir_str weir_plan_field_text(const weir_plan_field *field)
{
    return field->source   ? weir_program_source(field->source)
           : field->custom ? field->custom->name
                           : (weir_str){0};
}

weir_code weir_plan_field_fail(const weir_plan_field *field, const weir_vm *vm, weir_error *error)
{
    if (!field)
        return weir_fail_nomem(error);
    const weir_str source = weir_plan_field_text(field);
    const weir_str message = weir_vm_message(vm);
    return weir_fail(error, WEIR_ERR_EVAL, "%.*s: %s: %.*s in %.*s (%.*s)", WEIR_FMT(field->path),
                     weir_raise_name(weir_vm_raise(vm)), WEIR_FMT(message), WEIR_FMT(source),
                     WEIR_FMT(field->where));
}
