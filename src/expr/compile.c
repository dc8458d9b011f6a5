/* SPDX-License-Identifier: MIT */
/*
 * Compilation from source to program: parse, walk, hand over. Here are the program's tables while
 * they grow, jumps and labels, and the entry; what each kind of node becomes is in compile_node.c
 * and its neighbours. Everything is built in the caller's arena: tables double, and what they leave
 * behind stays there until the spec goes.
 */
#include "expr/compile.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ------------------------------------------------------------------ mistakes and tables */

void weir_compiler_break(weir_compiler *c)
{
    c->mistakes->out_of_memory = true;
    c->is_broken = true;
}

void weir_compiler_mistake(weir_compiler *c, const weir_node *node, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    weir_mistake(c->mistakes, node->offset, node->length, "%s", text);
}

void *weir_table_grow(weir_compiler *c, void **items, size_t count, size_t *cap, size_t size,
                      size_t max)
{
    if (c->is_broken)
        return NULL;
    if (count >= max) {
        weir_mistake(c->mistakes, 0, c->source.len, "the expression is too long to be compiled");
        c->is_broken = true;
        return NULL;
    }
    if (count == *cap) {
        size_t grown_cap = *cap ? *cap * 2 : 16;
        void *grown = weir_arena_calloc(c->arena, grown_cap, size);
        if (!grown) {
            weir_compiler_break(c);
            return NULL;
        }
        if (count)
            memcpy(grown, *items, count * size);
        *items = grown;
        *cap = grown_cap;
    }
    return (char *)*items + count * size;
}

unsigned weir_registers(weir_compiler *c, const weir_node *node, unsigned count)
{
    if (c->next + count > WEIR_EXPR_REGISTERS_MAX) {
        if (!c->is_broken)
            weir_compiler_mistake(c, node, "too much at one time: more than %d values",
                                  WEIR_EXPR_REGISTERS_MAX);
        c->is_broken = true;
        return 0;
    }
    unsigned first = c->next;
    c->next += count;
    return first;
}

/* ------------------------------------------------------------------ instructions */

size_t weir_emit(weir_compiler *c, const weir_node *node, unsigned op, unsigned a, unsigned b,
                 unsigned c_, unsigned d)
{
    weir_insn *insn = weir_table_grow(c, (void **)&c->code, c->count, &c->code_cap, sizeof *c->code,
                                      WEIR_EXPR_CODE_MAX);
    weir_source_range *range = weir_table_grow(c, (void **)&c->ranges, c->count, &c->ranges_cap,
                                               sizeof *c->ranges, WEIR_EXPR_CODE_MAX);
    if (!insn || !range)
        return 0;
    insn->op = (uint8_t)op;
    insn->a = (uint8_t)a;
    insn->b = (uint16_t)b;
    insn->c = (uint16_t)c_;
    insn->d = (uint16_t)d;
    range->offset = (uint16_t)node->offset;
    range->length = (uint16_t)(node->length ? node->length : 1);
    return c->count++;
}

void weir_emit_jump(weir_compiler *c, const weir_node *node, unsigned op, unsigned a, unsigned b,
                    unsigned c_, weir_label *label)
{
    size_t at = weir_emit(c, node, op, a, b, c_, label->head);
    if (!c->is_broken)
        label->head = (uint16_t)at;
}

void weir_label_place(weir_compiler *c, weir_label *label)
{
    while (label->head != WEIR_LABEL_NONE && !c->is_broken) {
        weir_insn *insn = &c->code[label->head];
        label->head = insn->d;
        insn->d = (uint16_t)c->count;
    }
}

void weir_move(weir_compiler *c, const weir_node *node, unsigned reg, weir_operand operand)
{
    if (operand.place != reg)
        weir_emit(c, node, WEIR_OP_MOVE, reg, operand.place, 0, 0);
}

weir_operand weir_compile_to(weir_compiler *c, const weir_node *node, unsigned reg)
{
    weir_operand operand = weir_compile(c, node, reg);
    weir_move(c, node, reg, operand);
    operand.place = (uint16_t)reg;
    return operand;
}

weir_operand weir_compile_new(weir_compiler *c, const weir_node *node)
{
    unsigned mark = c->next;
    unsigned reg = weir_registers(c, node, 1);
    weir_operand operand = weir_compile(c, node, reg);
    if (operand.place != reg)
        c->next = mark;
    return operand;
}

void weir_compile_discard(weir_compiler *c, const weir_node *node)
{
    size_t count = c->count;
    unsigned roots = c->roots;
    unsigned mark = c->next;
    weir_compile_new(c, node);
    c->next = mark;
    c->count = count;
    c->roots = roots;
}

/* ------------------------------------------------------------------ the entry */

static weir_program *make_program(weir_compiler *c, weir_operand result)
{
    weir_program *program = WEIR_ARENA_NEW(c->arena, weir_program);
    if (!program) {
        weir_compiler_break(c);
        return NULL;
    }
    program->source = c->source;
    program->code = c->code;
    program->ranges = c->ranges;
    program->count = c->count;
    program->constants = c->constants;
    program->constant_count = c->constant_count;
    program->reads = c->reads;
    program->read_count = c->read_count;
    program->sites = c->sites;
    program->site_count = c->site_count;
    program->lambdas = c->lambdas;
    program->lambda_count = c->lambda_count;
    program->kind = result.kind;
    program->roots = c->roots;
    program->calls_out = c->calls_out;
    return program;
}

static weir_program *compile_tree(weir_compiler *c, const weir_node *node)
{
    weir_operand result = weir_compile_new(c, node);
    weir_emit(c, node, WEIR_OP_RETURN, 0, result.place, 0, 0);
    weir_vm_free(c->fold);
    weir_arena_free(c->fold_arena);
    if (c->is_broken || c->mistakes->count > 0 || c->mistakes->out_of_memory)
        return NULL;
    return make_program(c, result);
}

const weir_program *weir_expr_compile(weir_arena *arena, weir_str source,
                                      const weir_expr_scope *scope, weir_expr_report *report,
                                      void *user)
{
    weir_mistakes mistakes = {report, user, 0, false};
    weir_str copy = weir_arena_copy(arena, source);
    if (!copy.ptr)
        return NULL;
    const weir_node *node = weir_parse(arena, copy, &mistakes);
    if (!node)
        return NULL;
    weir_compiler *c = calloc(1, sizeof *c); /* not of the arena: it is larger than most programs */
    if (!c)
        return NULL;
    c->arena = arena;
    c->source = copy;
    c->scope = scope;
    c->mistakes = &mistakes;
    weir_program *program = compile_tree(c, node);
    free(c);
    return program;
}

/* ------------------------------------------------------------------ what a program is */

weir_str weir_program_source(const weir_program *program)
{
    return program->source;
}

unsigned weir_program_kind(const weir_program *program)
{
    return program->kind;
}

bool weir_program_calls_out(const weir_program *program)
{
    return program && program->calls_out;
}

unsigned weir_program_roots(const weir_program *program)
{
    return program->roots;
}

bool weir_program_constant(const weir_program *program, weir_value *out)
{
    if (program->count != 1 || program->code[0].b < WEIR_PLACE_CONSTANTS)
        return false;
    *out = program->constants[program->code[0].b - WEIR_PLACE_CONSTANTS];
    return true;
}

bool weir_program_slot(const weir_program *program, weir_root *root, size_t *slot)
{
    const weir_insn *insn = program->code;
    if (program->count != 2 || (insn->op != WEIR_OP_SLOT && insn->op != WEIR_OP_ITEM_SLOT))
        return false;
    *root = insn->op == WEIR_OP_SLOT ? WEIR_ROOT_DATA : WEIR_ROOT_ITEM;
    *slot = insn->b;
    return true;
}

unsigned weir_program_cast(const weir_program *program, weir_root *root, size_t *slot)
{
    static const unsigned kinds[] = {[WEIR_OP_SLOT_FLOAT] = WEIR_FLOAT,
                                     [WEIR_OP_SLOT_INT] = WEIR_INT,
                                     [WEIR_OP_SLOT_STR] = WEIR_STR};
    const weir_insn *insn = program->code;
    if (program->count != 2 || insn->op < WEIR_OP_SLOT_FLOAT || insn->op > WEIR_OP_SLOT_STR)
        return WEIR_KIND_COUNT;
    const weir_read *read = &program->reads[insn->c];
    *root = read->is_item ? WEIR_ROOT_ITEM : WEIR_ROOT_DATA;
    *slot = read->slot;
    return kinds[insn->op];
}
