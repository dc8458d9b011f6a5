/* SPDX-License-Identifier: MIT */
/*
 * Functions that come with a spec from outside, by name: what plugins register. The rooms below
 * runtime/ see a name, what it is for, and something to call with values; they know nothing of
 * shared objects. The runtime owns the list, which is complete before anything is compiled.
 */
#ifndef WEIR_EXPR_EXTENSION_H
#define WEIR_EXPR_EXTENSION_H

#include "expr/names.h"

typedef enum weir_extension_use {
    WEIR_EXTENSION_EXPRESSION,
    WEIR_EXTENSION_TRANSFORM,
    WEIR_EXTENSION_FIELD,
    WEIR_EXTENSION_PAYLOAD,
    WEIR_EXTENSION_ENCODER,
    WEIR_EXTENSION_PREPROCESSOR,
    WEIR_EXTENSION_DECODER,
    WEIR_EXTENSION_CONVERTER,
    WEIR_EXTENSION_ON_CONNECT,
    WEIR_EXTENSION_ON_DISCONNECT,
    WEIR_EXTENSION_ON_ERROR,
    WEIR_EXTENSION_ON_MESSAGE,
    WEIR_EXTENSION_USES
} weir_extension_use;

typedef struct weir_extension_column {
    weir_str name;
    uint8_t kind; /* a public kind; WEIR_KIND_PUBLIC_COUNT: it varies */
} weir_extension_column;

struct weir_extension {
    weir_fn_row row; /* name, params and doc; `call` for the VM */
    weir_extension_use use;
    weir_str name;
    weir_str plugin;
    const weir_extension_column *columns; /* CONVERTER */
    size_t column_count;
    /** What it does: world and input are the VM's. False after weir_vm_fail. */
    bool (*run)(const weir_extension *self, weir_vm *vm, const weir_value *args, size_t count,
                weir_value *out);
};

struct weir_extensions {
    const weir_extension *const *items;
    size_t count;
};

/** "a transform", "an expression function": what a use is called in messages. */
const char *weir_extension_use_name(weir_extension_use use);

/** NULL: there is none of that name and use. `list` may be NULL. */
const weir_extension *weir_extension_find(const weir_extensions *list, weir_extension_use use,
                                          weir_str name);
/** The nearest name of that use, or empty. */
weir_str weir_extension_suggest(const weir_extensions *list, weir_extension_use use, weir_str name);
/**
 * Why `name` is none of that use, with a way out: "unknown transform 'rond'; did you mean
 * 'round_tick'?". In `out`, cut to fit.
 */
void weir_extension_explain(const weir_extensions *list, weir_extension_use use, weir_str name,
                            char out[256]);

/** Calls it outside of a program; as weir_vm_run. */
bool weir_extension_run(const weir_extension *extension, weir_vm *vm, const weir_expr_world *world,
                        const weir_expr_input *input, const weir_value *args, size_t count,
                        weir_value *out);

#endif
