/* SPDX-License-Identifier: MIT */
/*
 * The VM: a loop over instructions with direct jumps from one to the next, so that the processor
 * predicts each jump by itself. The frequent work - a slot read, a number parsed, texts compared,
 * small arithmetic - is done in place; everything else calls the operations of ops.h, which know
 * all of Python's rules. Results go to a local first, because an operation may read an operand
 * after it has begun to write.
 *
 * In a steady state nothing is allocated: registers, loops and builders belong to the VM, results
 * to the arena of its owner, texts under construction to buffers that stay.
 */
#include <stdlib.h>

#include "expr/program.h"
#include "expr/run.h"
#include "value/json_read.h"

/* ------------------------------------------------------------------ lifetime */

weir_vm *weir_vm_new(weir_arena *arena)
{
    weir_vm *vm = calloc(1, sizeof *vm);
    if (!vm)
        return NULL;
    vm->arena = arena;
    vm->registers = calloc(WEIR_PLACE_CONSTANTS, sizeof *vm->registers);
    vm->iters = calloc(WEIR_EXPR_LOOPS_MAX, sizeof *vm->iters);
    vm->builders = calloc(WEIR_EXPR_LOOPS_MAX, sizeof *vm->builders);
    if (!vm->registers || !vm->iters || !vm->builders) {
        weir_vm_free(vm);
        return NULL;
    }
    return vm;
}

void weir_vm_free(weir_vm *vm)
{
    if (!vm)
        return;
    weir_vm_free_regex(vm->regex);
    weir_buf_wipe(&vm->text);
    for (size_t i = 0; i < vm->spare_count; i++)
        weir_buf_wipe(&vm->spares[i]);
    free(vm->registers);
    free(vm->iters);
    free(vm->builders);
    free(vm);
}

/* ------------------------------------------------------------------ the outside */

bool weir_vm_run(weir_vm *vm, const weir_program *program, const weir_expr_world *world,
                 const weir_expr_input *input, weir_value *out)
{
    vm->program = program;
    vm->world = world;
    vm->input = input;
    vm->steps = WEIR_EXPR_STEPS_MAX;
    vm->raise = WEIR_RAISE_NONE;
    vm->range_length = 0;
    vm->text.len = 0;
    return weir_vm_execute(vm, 0, out);
}

bool weir_vm_run_truth(weir_vm *vm, const weir_program *program, const weir_expr_world *world,
                       const weir_expr_input *input, bool *truth)
{
    weir_value v;
    if (!weir_vm_run(vm, program, world, input, &v))
        return false;
    if (v.kind == WEIR_BOOL) {
        *truth = v.b;
        return true;
    }
    if (weir_op_truth(vm, &v, truth))
        return true;
    vm->range_offset = 0;
    vm->range_length = program->source.len;
    return false;
}

bool weir_vm_settle(weir_vm *vm, weir_value *v)
{
    if (v->kind != WEIR_RAW)
        return true;
    if (v->aux == WEIR_RAW_NUMBER) {
        unsigned secret = v->flags & WEIR_VALUE_SECRET;
        *v = weir_json_number(v);
        v->flags |= (uint8_t)secret;
        return true;
    }
    if (v->aux != WEIR_RAW_ESCAPED)
        return true;
    weir_value text;
    if (!weir_json_unescape(vm->arena, v, &text))
        return weir_vm_fail_memory(vm);
    *v = text;
    return true;
}

bool weir_vm_call_lambda(weir_vm *vm, const weir_value *lambda, const weir_value *args,
                         size_t count, weir_value *out)
{
    const weir_program *program = vm->program;
    if (!program || lambda->kind != WEIR_LAMBDA || (size_t)lambda->i >= program->lambda_count)
        return weir_vm_fail(vm, WEIR_RAISE_TYPE, "'%s' object is not callable",
                            weir_value_type_name(lambda));
    const weir_lambda *entry = &program->lambdas[lambda->i];
    if (count != entry->count)
        return weir_vm_fail(vm, WEIR_RAISE_TYPE, "the lambda takes %u argument%s but %zu %s given",
                            entry->count, entry->count == 1 ? "" : "s", count,
                            count == 1 ? "was" : "were");
    if (!weir_vm_charge(vm, 1))
        return false;
    for (size_t i = 0; i < count; i++)
        vm->registers[entry->parameters + i] = args[i];
    return weir_vm_execute(vm, entry->entry, out);
}

weir_raise weir_vm_raise(const weir_vm *vm)
{
    return vm->raise;
}

void weir_vm_range(const weir_vm *vm, size_t *offset, size_t *length)
{
    *offset = vm->range_offset;
    *length = vm->range_length;
}

weir_str weir_vm_message(const weir_vm *vm)
{
    weir_str message = {vm->message, vm->message_len};
    return message;
}
