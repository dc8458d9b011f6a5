/* SPDX-License-Identifier: MIT */
/*
 * Comprehensions and lambdas. A comprehension is compiled in place: its `for`s nest, its names are
 * registers that nobody outside sees. As in Python the first iterable belongs to the place around
 * it. any() and all() of a generator are loops of their own, so that they stop where Python stops;
 * every other generator is drained into a list, which no builtin can tell apart.
 *
 * A lambda is a piece of the same program with its parameters in registers above all that is alive
 * at the call that it is an argument of; it sees the registers around it.
 */
#include "expr/compile.h"

/* What happens to each element. */
typedef struct loop_body {
    const weir_node *node; /* the comprehension */
    unsigned builder;
    bool decides; /* any() and all() */
    bool is_any;
    weir_label *decided;
} loop_body;

static bool push_local(weir_compiler *c, const weir_node *node, bool is_bound, weir_operand operand)
{
    if (c->local_count == WEIR_LOCALS_MAX) {
        weir_compiler_mistake(c, node, "too many names in comprehensions: more than %d",
                              WEIR_LOCALS_MAX);
        c->is_broken = true;
        return false;
    }
    weir_local *local = &c->locals[c->local_count++];
    local->name = node->name;
    local->is_bound = is_bound;
    local->operand = operand;
    return true;
}

/* All names of a target, not bound yet: they hide outer names from the start. */
static void declare_target(weir_compiler *c, const weir_node *target)
{
    if (target->kind == WEIR_NODE_NAME) {
        if (!weir_refused_name(c, target->offset, target->name))
            push_local(c, target, false, weir_operand_of(0, WEIR_KIND_COUNT));
        return;
    }
    for (size_t i = 0; i < target->count && !c->is_broken; i++)
        declare_target(c, target->items[i]);
}

/* The value in `reg` is bound to the target; tuples are unpacked into registers of their own. */
static void bind_target(weir_compiler *c, const weir_node *target, unsigned reg, weir_operand what)
{
    what.place = (uint16_t)reg;
    if (target->kind == WEIR_NODE_NAME) {
        push_local(c, target, true, what);
        return;
    }
    unsigned base = weir_registers(c, target, (unsigned)target->count);
    weir_emit(c, target, WEIR_OP_UNPACK, base, reg, (unsigned)target->count, 0);
    weir_operand part = weir_operand_of(0, WEIR_KIND_COUNT);
    part.is_json = what.is_json;
    for (unsigned i = 0; i < target->count && !c->is_broken; i++)
        bind_target(c, target->items[i], base + i, part);
}

static void compile_body(weir_compiler *c, const loop_body *body)
{
    const weir_node *node = body->node;
    unsigned mark = c->next;
    if (body->decides) {
        weir_compile_test(c, node->a, body->is_any, body->decided);
    } else if (node->op == WEIR_COMPREHEND_DICT) {
        weir_operand key = weir_compile_new(c, node->a);
        weir_operand value = weir_compile_new(c, node->b);
        weir_emit(c, node->a, WEIR_OP_BUILD_PUT, body->builder, key.place, value.place, 0);
    } else {
        weir_operand item = weir_compile_new(c, node->a);
        weir_emit(c, node->a, WEIR_OP_BUILD_ADD, body->builder, item.place, 0, 0);
    }
    c->next = mark;
}

static void compile_clauses(weir_compiler *c, const loop_body *body, size_t at, weir_operand over);

static void compile_for(weir_compiler *c, const loop_body *body, size_t at, weir_operand over)
{
    const weir_node *clause = body->node->items[at];
    if (c->loops >= WEIR_EXPR_LOOPS_MAX) {
        weir_compiler_mistake(c, clause, "too many loops inside each other: more than %d",
                              WEIR_EXPR_LOOPS_MAX);
        c->is_broken = true;
        return;
    }
    unsigned loop = c->loops++;
    weir_label end = WEIR_LABEL_INIT;
    weir_emit(c, clause->b, WEIR_OP_ITER, loop, over.place, 0, 0);
    unsigned reg = weir_registers(c, clause, 1);
    unsigned head = (unsigned)c->count;
    weir_emit_jump(c, clause->b, WEIR_OP_NEXT, reg, loop, 0, &end);
    weir_operand element = weir_operand_of(reg, over.elements);
    element.is_json = over.is_json;
    bind_target(c, clause->a, reg, element);
    compile_clauses(c, body, at + 1, weir_operand_of(0, WEIR_KIND_COUNT));
    weir_emit(c, clause, WEIR_OP_JUMP, 0, 0, 0, head);
    weir_label_place(c, &end);
    c->loops--;
}

/* From clause `at` on. `over`: the first iterable, which is evaluated already. */
static void compile_clauses(weir_compiler *c, const loop_body *body, size_t at, weir_operand over)
{
    if (c->is_broken)
        return;
    if (at == body->node->count) {
        compile_body(c, body);
        return;
    }
    const weir_node *clause = body->node->items[at];
    unsigned mark = c->next;
    if (clause->kind == WEIR_NODE_IF) {
        weir_label skip = WEIR_LABEL_INIT;
        weir_compile_test(c, clause->a, false, &skip);
        compile_clauses(c, body, at + 1, over);
        weir_label_place(c, &skip);
    } else {
        if (at > 0)
            over = weir_compile_new(c, clause->b);
        compile_for(c, body, at, over);
    }
    c->next = mark;
}

static void compile_loops(weir_compiler *c, const loop_body *body, weir_operand over)
{
    const weir_node *node = body->node;
    size_t locals = c->local_count;
    if (node->count > WEIR_EXPR_CLAUSES_MAX) {
        weir_compiler_mistake(c, node, "more than %d 'for' and 'if' in one comprehension",
                              WEIR_EXPR_CLAUSES_MAX);
        c->is_broken = true;
        return;
    }
    for (size_t i = 0; i < node->count && !c->is_broken; i++)
        if (node->items[i]->kind == WEIR_NODE_FOR)
            declare_target(c, node->items[i]->a);
    compile_clauses(c, body, 0, over);
    c->local_count = locals;
}

static uint8_t kind_built(unsigned op)
{
    return op == WEIR_COMPREHEND_SET    ? WEIR_SET
           : op == WEIR_COMPREHEND_DICT ? WEIR_DICT
                                        : WEIR_LIST;
}

weir_operand weir_compile_comprehension(weir_compiler *c, const weir_node *node, unsigned hint)
{
    unsigned mark = c->next;
    weir_operand over = weir_compile_new(c, node->items[0]->b);
    if (c->builders >= WEIR_EXPR_LOOPS_MAX) {
        weir_compiler_mistake(c, node, "too many lists inside each other: more than %d",
                              WEIR_EXPR_LOOPS_MAX);
        c->is_broken = true;
    }
    if (c->is_broken)
        return weir_operand_of(hint, WEIR_KIND_COUNT);
    loop_body body = {.node = node, .builder = c->builders++};
    weir_emit(c, node, WEIR_OP_BUILD, body.builder, kind_built(node->op), 0, 0);
    compile_loops(c, &body, over);
    weir_emit(c, node, WEIR_OP_BUILD_END, hint, body.builder, 0, 0);
    c->builders--;
    c->next = mark;
    return weir_operand_of(hint, kind_built(node->op));
}

weir_operand weir_compile_any(weir_compiler *c, const weir_node *generator, bool is_any,
                              unsigned hint)
{
    unsigned mark = c->next;
    weir_label decided = WEIR_LABEL_INIT, end = WEIR_LABEL_INIT;
    weir_value no = weir_value_bool(!is_any), yes = weir_value_bool(is_any);
    weir_operand over = weir_compile_new(c, generator->items[0]->b);
    loop_body body = {.node = generator, .decides = true, .is_any = is_any, .decided = &decided};
    compile_loops(c, &body, over);
    weir_move(c, generator, hint, weir_constant(c, generator, &no));
    weir_emit_jump(c, generator, WEIR_OP_JUMP, 0, 0, 0, &end);
    weir_label_place(c, &decided);
    weir_move(c, generator, hint, weir_constant(c, generator, &yes));
    weir_label_place(c, &end);
    c->next = mark;
    return weir_operand_of(hint, WEIR_BOOL);
}

weir_operand weir_compile_lambda(weir_compiler *c, const weir_node *node)
{
    unsigned mark = c->next;
    size_t locals = c->local_count;
    size_t index = c->lambda_count;
    weir_label behind = WEIR_LABEL_INIT;
    weir_lambda *lambda = weir_table_grow(c, (void **)&c->lambdas, index, &c->lambda_cap,
                                          sizeof *c->lambdas, WEIR_EXPR_CONSTANTS_MAX);
    if (!lambda)
        return weir_operand_of(0, WEIR_KIND_COUNT);
    c->lambda_count++;
    weir_emit_jump(c, node, WEIR_OP_JUMP, 0, 0, 0, &behind);
    unsigned base = weir_registers(c, node, (unsigned)node->count);
    lambda->entry = (uint16_t)c->count;
    lambda->parameters = (uint8_t)base;
    lambda->count = (uint8_t)node->count;
    for (unsigned i = 0; i < node->count && !c->is_broken; i++)
        if (!weir_refused_name(c, node->items[i]->offset, node->items[i]->name))
            push_local(c, node->items[i], true, weir_operand_of(base + i, WEIR_KIND_COUNT));
    weir_operand result = weir_compile_new(c, node->a);
    weir_emit(c, node->a, WEIR_OP_RETURN, 0, result.place, 0, 0);
    weir_label_place(c, &behind);
    c->local_count = locals;
    c->next = mark;
    weir_value value = {0};
    value.kind = WEIR_LAMBDA;
    value.i = (int64_t)index;
    return weir_constant(c, node, &value);
}
