/* SPDX-License-Identifier: MIT */
/*
 * What the loop of the VM (vm_run.c) shares with its slower paths (vm_slow.c). All return false
 * after weir_vm_fail; the loop adds the range of its instruction unless a narrower one is set.
 */
#ifndef WEIR_EXPR_RUN_H
#define WEIR_EXPR_RUN_H

#include "expr/program.h"

/** Runs from an instruction to its RETURN. */
bool weir_vm_execute(weir_vm *vm, size_t entry, weir_value *out);

/** A read whose slot is ABSENT: step by step over the whole value, as Python would. */
bool weir_run_walk(weir_vm *vm, const weir_read *read, weir_value *out);
/** `key in ...` likewise. */
bool weir_run_walk_in(weir_vm *vm, const weir_read *read, bool *out);
/** fn(x) for a function of one parameter in use. */
bool weir_run_unary(weir_vm *vm, weir_call_fn *call, size_t count, const weir_value *x,
                    weir_value *out);
bool weir_run_call(weir_vm *vm, const weir_site *site, weir_value *out);
/** AttributeError if the receiver's kind has no such method. */
bool weir_run_receiver(weir_vm *vm, const weir_site *site, const weir_value *receiver);
bool weir_run_method(weir_vm *vm, const weir_site *site, weir_value *out);
/** a value given to the run, of the world or of the roots; LookupError when it is ABSENT. */
bool weir_run_root(weir_vm *vm, unsigned root, weir_value *out);
bool weir_run_world(weir_vm *vm, unsigned op, unsigned index, weir_value *out);
/** The pieces of f-strings: `text` is the register that TEXT has set. */
void weir_run_text(weir_vm *vm, weir_value *text);
bool weir_run_text_put(weir_vm *vm, weir_value *text, const weir_value *v, unsigned conversion);
bool weir_run_text_format(weir_vm *vm, weir_value *text, const weir_value *v,
                          const weir_value *spec, unsigned conversion);
bool weir_run_text_end(weir_vm *vm, const weir_value *text, weir_value *out);
bool weir_run_display(weir_vm *vm, uint8_t kind, const weir_value *from, size_t count,
                      weir_value *out);

#endif
