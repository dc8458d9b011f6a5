/* SPDX-License-Identifier: MIT */
/*
 * Backend options that hold templates ({vars.x}, {credentials.x}): parsed at load, filled in at
 * each connect into a copy of the option table. A walk over the table visits them in a fixed order,
 * so a plain array of templates is enough.
 */
#include "pipeline/parts.h"
#include "util/error.h"

typedef bool visit_fn(void *user, weir_str *text);

static bool visit_values(weir_option_value *values, size_t count, visit_fn *visit, void *user)
{
    for (size_t i = 0; i < count; i++) {
        weir_option_value *value = &values[i];
        bool is_good = true;
        if (value->row->type == WEIR_OPTION_STR && value->has_value)
            is_good = visit(user, &value->s);
        for (size_t k = 0; is_good && value->list && k < value->count; k++)
            is_good = visit(user, (weir_str *)&value->list[k]);
        for (size_t k = 0; is_good && value->pairs && k < value->count; k++)
            is_good = visit(user, (weir_str *)&value->pairs[k].value);
        if (is_good && value->group)
            is_good = visit_values(value->group, value->row->row_count, visit, user);
        if (!is_good)
            return false;
    }
    return true;
}

/* A deep copy: everything that a visit may change is new. */
static weir_option_value *copy_values(weir_arena *arena, const weir_option_value *values,
                                      size_t count)
{
    weir_option_value *copy = WEIR_ARENA_ARRAY(arena, weir_option_value, count + 1);
    if (!copy)
        return NULL;
    if (count > 0)
        memcpy(copy, values, count * sizeof *copy);
    for (size_t i = 0; i < count; i++) {
        weir_option_value *value = &copy[i];
        if (value->list) {
            weir_str *list = WEIR_ARENA_ARRAY(arena, weir_str, value->count + 1);
            if (!list)
                return NULL;
            memcpy(list, value->list, value->count * sizeof *list);
            value->list = list;
        }
        if (value->pairs) {
            weir_option_pair *pairs = WEIR_ARENA_ARRAY(arena, weir_option_pair, value->count + 1);
            if (!pairs)
                return NULL;
            memcpy(pairs, value->pairs, value->count * sizeof *pairs);
            value->pairs = pairs;
        }
        if (value->group &&
            !(value->group = copy_values(arena, value->group, value->row->row_count)))
            return NULL;
    }
    return copy;
}

typedef struct parse_context {
    weir_plan_builder *builder;
    const weir_expr_scope *scope;
    const weir_node *node;
    weir_template *templates;
    size_t count;
} parse_context;

static bool is_template(weir_str text)
{
    return text.len > 0 && memchr(text.ptr, '{', text.len) != NULL;
}

static bool count_template(void *user, weir_str *text)
{
    *(size_t *)user += is_template(*text);
    return true;
}

/* The node of the backend is named: an option's own place is gone once its value is read. */
static bool parse_template(void *user, weir_str *text)
{
    parse_context *context = user;
    if (!is_template(*text))
        return true;
    const weir_text located = {*text, context->node};
    weir_template_parse(context->builder, &located, NULL, 0, context->scope,
                        &context->templates[context->count++]);
    return true;
}

bool weir_plan_build_options(weir_plan_builder *builder, weir_plan *plan,
                             const weir_expr_scope *scope)
{
    const weir_options *options = &plan->connection->options;
    weir_option_value *copy = copy_values(builder->arena, options->values, options->count);
    if (!copy)
        return false;
    visit_values(copy, options->count, count_template, &plan->option_count);
    weir_template *templates =
        WEIR_ARENA_ARRAY(builder->arena, weir_template, plan->option_count + 1);
    if (!templates)
        return false;
    parse_context context = {builder, scope, plan->connection->backend_node, templates, 0};
    visit_values(copy, options->count, parse_template, &context);
    plan->options = templates;
    return true;
}

typedef struct fill_context {
    const weir_plan *plan;
    const weir_message_input *input;
    weir_arena *arena;
    size_t at;
    bool is_masked;
} fill_context;

static bool fill_template(void *user, weir_str *text)
{
    fill_context *context = user;
    if (!is_template(*text))
        return true;
    const weir_template *template = &context->plan->options[context->at++];
    const weir_expr_input roots = {0};
    weir_buf out = {0}, shown = {0};
    const bool is_good = weir_template_fill(template, context->input->vm, context->input->world,
                                            &roots, NULL, &out, &shown);
    const weir_str filled = weir_buf_str(context->is_masked ? &shown : &out);
    *text = is_good ? weir_arena_copy(context->arena, filled) : (weir_str){0};
    weir_buf_wipe(&out);
    weir_buf_fini(&shown);
    return is_good && text->ptr;
}

static weir_code fill_options(const weir_plan *plan, const weir_message_input *input,
                              weir_arena *arena, bool is_masked, weir_options *out,
                              weir_error *error)
{
    const weir_options *options = &plan->connection->options;
    *out = *options;
    if (plan->option_count == 0)
        return WEIR_OK;
    weir_option_value *values = copy_values(arena, options->values, options->count);
    if (!values)
        return weir_fail_nomem(error);
    fill_context context = {plan, input, arena, 0, is_masked};
    out->values = values;
    if (visit_values(values, options->count, fill_template, &context))
        return WEIR_OK;
    const weir_str message = weir_vm_message(input->vm);
    return weir_fail(error, WEIR_ERR_EVAL, "an option of the backend: %.*s", WEIR_FMT(message));
}

weir_code weir_plan_options(const weir_plan *plan, const weir_message_input *input,
                            weir_arena *arena, weir_options *out, weir_error *error)
{
    return fill_options(plan, input, arena, false, out, error);
}

weir_code weir_plan_options_shown(const weir_plan *plan, const weir_message_input *input,
                                  weir_arena *arena, weir_options *out, weir_error *error)
{
    return fill_options(plan, input, arena, true, out, error);
}
