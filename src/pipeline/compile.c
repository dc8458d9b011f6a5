/* SPDX-License-Identifier: MIT */
/* The seam between expressions, which know byte ranges, and diagnostics, which know files. */
#include "pipeline/parts.h"

typedef struct report_context {
    weir_diags *diags;
    const weir_text *text;
    size_t offset;
} report_context;

static void report(void *user, size_t offset, size_t length, const char *text)
{
    const report_context *context = user;
    weir_diag_error(context->diags,
                    weir_text_place(context->text, context->offset + offset, length), "%s", text);
}

const weir_program *weir_plan_compile_part(weir_plan_builder *builder, const weir_text *text,
                                           size_t offset, size_t length,
                                           const weir_expr_scope *scope)
{
    report_context context = {builder->diags, text, offset};
    const weir_str source = {text->text.ptr + offset, length};
    return weir_expr_compile(builder->arena, source, scope, report, &context);
}

const weir_program *weir_plan_compile(weir_plan_builder *builder, const weir_text *text,
                                      const weir_expr_scope *scope)
{
    return text->node ? weir_plan_compile_part(builder, text, 0, text->text.len, scope) : NULL;
}

weir_str weir_plan_where(weir_arena *arena, const weir_node *node)
{
    if (!node || !node->place.source)
        return (weir_str){0};
    return weir_arena_printf(arena, "%.*s:%u:%u", WEIR_FMT(node->place.source->name),
                             node->place.line, node->place.column);
}
