/* SPDX-License-Identifier: MIT */
/*
 * The compiler from the inside. It walks the tree once and writes instructions; each node gives an
 * operand: a register that now holds the value, or a constant for which nothing was written. What
 * is constant is computed on the way, by the same operations that a run would use.
 *
 * Registers are a stack: a node gets a register to put its result into and takes more above it,
 * which are free again when it is done. After a mistake the walk goes on, with an operand of which
 * nothing is known, so that every mistake is reported.
 */
#ifndef WEIR_EXPR_COMPILE_H
#define WEIR_EXPR_COMPILE_H

#include "expr/ast.h"
#include "expr/program.h"

enum {
    WEIR_LOCALS_MAX = 256,
    WEIR_EXPR_CLAUSES_MAX = 32, /* `for` and `if` of one comprehension */
    WEIR_EXPR_ARGUMENTS_MAX = 48
};

/** Where a value is, and what is known of it before any run. */
typedef struct weir_operand {
    uint16_t place;
    uint8_t kind;     /* WEIR_KIND_COUNT: not known */
    uint8_t elements; /* kind of what it is iterated into, likewise */
    bool is_json;     /* out of `data` or `item`: null, bool, number, text, list or dict */
    bool is_mistaken; /* stands in for a value that a mistake hides: never computed with */
} weir_operand;

/** A name of a comprehension or lambda. */
typedef struct weir_local {
    weir_str name;
    bool is_bound; /* false: its `for` has not been reached yet */
    weir_operand operand;
} weir_local;

/** Jumps whose target is not known yet, chained through their `d`. Start with WEIR_LABEL_INIT. */
typedef struct weir_label {
    uint16_t head;
} weir_label;

enum { WEIR_LABEL_NONE = 0xffff };
#define WEIR_LABEL_INIT                                                                            \
    {                                                                                              \
        WEIR_LABEL_NONE                                                                            \
    }

typedef struct weir_compiler {
    weir_arena *arena;
    weir_str source;
    const weir_expr_scope *scope;
    weir_mistakes *mistakes;
    bool is_broken; /* out of memory, or a limit was reported */

    weir_insn *code;
    weir_source_range *ranges;
    size_t count, code_cap, ranges_cap;
    weir_value *constants;
    size_t constant_count, constant_cap;
    weir_read *reads;
    size_t read_count, read_cap;
    weir_site *sites;
    size_t site_count, site_cap;
    weir_lambda *lambdas;
    size_t lambda_count, lambda_cap;

    weir_local locals[WEIR_LOCALS_MAX];
    size_t local_count;
    unsigned next; /* the first free register */
    unsigned loops, builders;
    unsigned roots;
    bool calls_out; /* a function of a plugin */

    weir_arena *fold_arena;
    weir_vm *fold; /* computes constants; made when first needed */
} weir_compiler;

/* ---- compile.c: the program's tables */

void weir_compiler_break(weir_compiler *c); /* out of memory */
/** A mistake at a node. */
void weir_compiler_mistake(weir_compiler *c, const weir_node *node, const char *format, ...)
    WEIR_PRINTF(3, 4);
size_t weir_emit(weir_compiler *c, const weir_node *node, unsigned op, unsigned a, unsigned b,
                 unsigned c_, unsigned d);
/** A jump instruction to a label not placed yet. */
void weir_emit_jump(weir_compiler *c, const weir_node *node, unsigned op, unsigned a, unsigned b,
                    unsigned c_, weir_label *label);
/** The label is here. */
void weir_label_place(weir_compiler *c, weir_label *label);
/** `count` registers in a row; the first. */
unsigned weir_registers(weir_compiler *c, const weir_node *node, unsigned count);
/** Room for one more element of a table in the arena; NULL when out of memory. */
void *weir_table_grow(weir_compiler *c, void **items, size_t count, size_t *cap, size_t size,
                      size_t max);

/** The operand of the node; `hint` is a register that it may use for the result. */
weir_operand weir_compile(weir_compiler *c, const weir_node *node, unsigned hint);
/** Into that register in any case. */
weir_operand weir_compile_to(weir_compiler *c, const weir_node *node, unsigned reg);
/** Into a new register, if it needs one. */
weir_operand weir_compile_new(weir_compiler *c, const weir_node *node);
/** Only for its mistakes: nothing is kept. */
void weir_compile_discard(weir_compiler *c, const weir_node *node);
/** Jumps to the label if the truth of the node is `sense`. */
void weir_compile_test(weir_compiler *c, const weir_node *node, bool sense, weir_label *label);
/** Like a node of that operand: in the register `reg`. */
void weir_move(weir_compiler *c, const weir_node *node, unsigned reg, weir_operand operand);

static inline weir_operand weir_operand_of(unsigned place, uint8_t kind)
{
    weir_operand operand = {(uint16_t)place, kind, WEIR_KIND_COUNT, false, false};
    return operand;
}

/* ---- compile_const.c */

bool weir_is_constant(weir_operand operand);
weir_operand weir_constant(weir_compiler *c, const weir_node *node, const weir_value *v);
/** The value of a constant operand. */
const weir_value *weir_constant_of(const weir_compiler *c, weir_operand operand);
/** What stands in for a value after a mistake. */
weir_operand weir_unknown(weir_compiler *c, const weir_node *node);
/** A VM to compute a constant with, fresh; NULL when out of memory. */
weir_vm *weir_fold_begin(weir_compiler *c);
/** Keeps what it computed as a constant; false when that is too large to keep. */
bool weir_fold_keep(weir_compiler *c, const weir_node *node, const weir_value *v,
                    weir_operand *out);
/** The value of a node made of literals alone, such as -1, 'x', {} or (1, 2). */
bool weir_literal_of(weir_compiler *c, const weir_node *node, weir_value *out);

/* ---- compile_name.c */

const weir_local *weir_local_find(const weir_compiler *c, weir_str name);
bool weir_root_find(const weir_compiler *c, weir_str name, weir_root *root);
weir_operand weir_compile_name(weir_compiler *c, const weir_node *node, unsigned hint);
weir_operand weir_compile_attr(weir_compiler *c, const weir_node *node, unsigned hint);
/** "pd.Timestamp.now" of a chain of attributes on a name that is no local and no root. */
bool weir_dotted_name(const weir_compiler *c, const weir_node *node, char out[96], weir_str *name);
/** The row of a builtin, or of a plugin's function; NULL: neither. */
const weir_fn_row *weir_function_find(const weir_compiler *c, weir_str name);
void weir_unknown_name(weir_compiler *c, const weir_node *node, weir_str name);
/** The same for an attribute of a name: `name` is the whole of it, "pd.Timestmp". */
void weir_unknown_dotted(weir_compiler *c, const weir_node *node, weir_str name);
/** A name that starts with '_' is refused; true if it was. */
bool weir_refused_name(weir_compiler *c, size_t offset, weir_str name);

/* ---- compile_keywords.c */

/** The call with its keywords as one dict, where the callee takes any; else the call itself. */
const weir_node *weir_gather_keywords(weir_compiler *c, const weir_node *call);

/* ---- compile_path.c */

/** The read of a node that is a static path into a projection; false if it is none. */
bool weir_read_of(weir_compiler *c, const weir_node *node, size_t *read);
/** The read of `key in node`. */
bool weir_read_in(weir_compiler *c, const weir_node *node, const weir_node *key, size_t *read);
/** A name that stands for a member of `data`. False if it is none. */
bool weir_compile_word(weir_compiler *c, const weir_node *node, unsigned hint, weir_operand *out);
/** INDEX and get() calls that are static paths: writes the instruction. False if it is none. */
bool weir_compile_path(weir_compiler *c, const weir_node *node, unsigned hint, weir_operand *out);

/* ---- compile_call.c, compile_loop.c */

weir_operand weir_compile_call(weir_compiler *c, const weir_node *node, unsigned hint);
weir_operand weir_compile_comprehension(weir_compiler *c, const weir_node *node, unsigned hint);
/** any(...) and all(...) of a generator: stops at the first that decides. */
weir_operand weir_compile_any(weir_compiler *c, const weir_node *generator, bool is_any,
                              unsigned hint);
weir_operand weir_compile_lambda(weir_compiler *c, const weir_node *node);

#endif
