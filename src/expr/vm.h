/* SPDX-License-Identifier: MIT */
/*
 * The VM from the inside: what operations, builtins and methods (ops_*.c, builtin_*.c, method_*.c)
 * may use. Each returns false after weir_raise_at or weir_vm_fail; the loop adds the place.
 */
#ifndef WEIR_EXPR_VM_H
#define WEIR_EXPR_VM_H

#include "expr/expr.h"

enum { WEIR_VM_SPARES = 4 /* texts that an operation and those inside of it write at a time */ };

struct weir_vm {
    weir_arena *arena;
    const weir_program *program;
    const weir_expr_world *world;
    const weir_expr_input *input;
    weir_value *registers;
    uint64_t steps; /* left */
    weir_raise raise;
    size_t range_offset, range_length;
    size_t message_len;
    char message[512];
    struct weir_regex_scratch
        *regex; /* match data for every pattern, made at first use (expr/builtin_regex.c) */
    struct weir_iter *iters;         /* of the loops under way; vm.c */
    struct weir_builder *builders;   /* lists, dicts and sets under construction; vm.c */
    weir_buf text;                   /* f-strings under construction, kept from run to run; vm.c */
    weir_buf spares[WEIR_VM_SPARES]; /* see weir_vm_text */
    size_t spare_count;
};

/* weir_vm_new, _free, _run, _run_truth, _settle, _raise, _range, _message and weir_vm_call_lambda
 * are in vm.c; weir_raise_name and the rest of this header in vm_support.c. weir_vm_free gives the
 * match data back through weir_vm_free_regex, which takes NULL. */
void weir_vm_free_regex(struct weir_regex_scratch *regex);

/** Sets class and message (cut to fit); returns false. Values in the message: use weir_vm_show. */
bool weir_vm_fail(weir_vm *vm, weir_raise raise, const char *format, ...) WEIR_PRINTF(3, 4);
/** LIMIT or MEMORY, by what the arena says; returns false. */
bool weir_vm_fail_memory(weir_vm *vm);
/** Text of a value for a message: its repr cut to 60 bytes, "***" for secrets. Lives until the next
 * two calls. */
const char *weir_vm_show(weir_vm *vm, const weir_value *v);
/** Charges `n` steps of work done inside one operation. False: the limit was reached (already
 * failed). */
bool weir_vm_charge(weir_vm *vm, uint64_t n);
/** Memory of the run for a result of `size` bytes, bounded by WEIR_EXPR_RESULT_MAX; NULL: already
 * failed. */
void *weir_vm_alloc(weir_vm *vm, size_t size);
/**
 * An empty buffer for a text under construction, with room from earlier texts: a call in a steady
 * state asks for no memory. Every one goes back by weir_vm_text_done, in any order.
 */
weir_buf weir_vm_text(weir_vm *vm);
void weir_vm_text_done(weir_vm *vm, weir_buf *text);
/** Calls a lambda value with `count` arguments (sorted(key=), min, max, map ...). */
bool weir_vm_call_lambda(weir_vm *vm, const weir_value *lambda, const weir_value *args,
                         size_t count, weir_value *out);

#endif
