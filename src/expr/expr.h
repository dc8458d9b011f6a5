/* SPDX-License-Identifier: MIT */
/*
 * Expressions: a subset of Python 3.11's expression grammar, compiled at load to a register program
 * and run by a small VM. What may be named is decided by the scope given to the compiler; nothing
 * is looked up by name at run time but dictionary keys. Static paths into `data` and `item`
 * (data['p'][0], data.get('x')) become slots of a projection, so a run reads a slot and touches no
 * tree.
 *
 * A program is immutable and may be run by many VMs. A VM belongs to one thread.
 */
#ifndef WEIR_EXPR_EXPR_H
#define WEIR_EXPR_EXPR_H

#include "util/arena.h"
#include "util/buf.h"
#include "value/asset.h"
#include "value/mapping.h"
#include "value/projection.h"

/* ------------------------------------------------------------------ limits: each tested at n and n
 * + 1 */

enum {
    WEIR_EXPR_SOURCE_MAX = 16384, /* bytes */
    WEIR_EXPR_DEPTH_MAX = 64,     /* nesting of the source */
    WEIR_EXPR_REGISTERS_MAX = 250,
    WEIR_EXPR_CONSTANTS_MAX = 4096,
    WEIR_EXPR_STEPS_MAX = 2000000,          /* instructions and loop turns of one run */
    WEIR_EXPR_RESULT_MAX = 4 * 1024 * 1024, /* bytes of one text or items * 16 of one list */
    WEIR_EXPR_MEMORY_MAX = 12 * 1024 * 1024 /* bytes of the run's arena */
};

/* ------------------------------------------------------------------ what an expression may name */

/** Values that a run is given. A scope says which of them exist. */
typedef enum weir_root {
    WEIR_ROOT_DATA,             /* `data`: slots by projection, and the whole */
    WEIR_ROOT_ITEM,             /* `item`: likewise */
    WEIR_ROOT_VALUE,            /* `value` of a transform or condition */
    WEIR_ROOT_ASSET,            /* `asset` */
    WEIR_ROOT_SUBSCRIBE_ASSETS, /* `subscribe_assets`, also `assets` */
    WEIR_ROOT_RECEIVED,         /* `received`: Timestamp, UTC */
    WEIR_ROOT_TOPIC,            /* `topic`: name of the frame (mqtt topic, socketio event) */
    WEIR_ROOT_STREAM,           /* `stream`: name of the stream a subscribe message is for */
    WEIR_ROOT_REQUEST,          /* `request`: number of the subscribe message */
    WEIR_ROOT_COUNT
} weir_root;

#define WEIR_ROOT_BIT(root) (1u << (root))

typedef struct weir_extension weir_extension; /* expr/extension.h */
typedef struct weir_extensions weir_extensions;

/** Names known when the spec is loaded, in the order in which weir_expr_world holds their values.
 */
typedef struct weir_expr_names {
    const weir_str *credentials;
    size_t credential_count;
    bool *credentials_named; /* NULL, or the compiler notes here which of them are named */
    const weir_str *vars;
    size_t var_count;
    const weir_mapping *const *mappings;
    size_t mapping_count;
    const weir_str *session; /* values learnt at run time */
    size_t session_count;
    bool has_asset_book;               /* broker.infer_asset & co are available */
    const weir_extensions *extensions; /* functions of plugins; NULL: none */
} weir_expr_names;

/** What can be known of `data` before there is any: the compiler refuses a path that cannot be. */
typedef struct weir_expr_shape {
    /**
     * True if a message may have the path. Else `why` has a sentence. `kind` is changed to the kind
     * of all that it can be, where there is one.
     */
    bool (*has)(const void *user, const weir_step *steps, size_t count, unsigned *kind,
                char why[160]);
    const void *user;
} weir_expr_shape;

/** What the compiler may resolve. Borrowed for the compilation. */
typedef struct weir_expr_scope {
    unsigned roots;        /* WEIR_ROOT_BIT set */
    weir_projection *data; /* where paths into `data` are added; NULL: `data` is read whole */
    weir_projection *item; /* likewise for `item` */
    const weir_expr_names *names;
    const weir_str *words; /* plain names that stand for members of `data`; they are always there */
    size_t word_count;
    const weir_expr_shape *shape; /* what is known of `data`, or NULL */
} weir_expr_scope;

/** What a run can see beyond its inputs. Owned by the connection; changed only between runs. */
typedef struct weir_expr_world {
    const weir_value *credentials; /* STR | SECRET, or ABSENT when not given */
    const weir_value *vars;
    weir_value *session;
    weir_asset_cache *assets;
    weir_str connection_name;
    weir_str broker_tz;   /* empty = "UTC" */
    int64_t fixed_now_ns; /* not 0: what the clock functions return (tests) */
    void *owner;          /* who made it; functions of plugins find their connection by it */
} weir_expr_world;

/** A value that is made when a run first asks for it. */
typedef struct weir_expr_lazy {
    /** False: out of memory. It is asked again and again, and gives the same value. */
    bool (*make)(void *user, weir_value *out);
    void *user;
    bool is_dict; /* it will be one: a key whose slot is empty is not in it, and nothing is made */
} weir_expr_lazy;

/** The inputs of one run. Members whose root is not in the scope are not read. */
typedef struct weir_expr_input {
    weir_value roots[WEIR_ROOT_COUNT];
    const weir_expr_lazy *lazy_data; /* where roots[WEIR_ROOT_DATA] is ABSENT; or NULL */
    const weir_value *data_slots;
    const weir_value *item_slots;
} weir_expr_input;

/** A root as it is given, or made now; ABSENT when there is none. False: out of memory. */
static inline bool weir_expr_root(const weir_expr_input *input, weir_root root, weir_value *out)
{
    *out = input->roots[root];
    return out->kind != WEIR_ABSENT || root != WEIR_ROOT_DATA || !input->lazy_data ||
           input->lazy_data->make(input->lazy_data->user, out);
}

/* ------------------------------------------------------------------ compile */

typedef struct weir_program weir_program;

/** A mistake in the source: a byte range of it and a sentence (with a did-you-mean where there is
 * one). */
typedef void weir_expr_report(void *user, size_t offset, size_t length, const char *text);

/**
 * Compiles into the arena. All mistakes that can be told are reported (not only the first); then
 * NULL. NULL without a report: out of memory.
 */
const weir_program *weir_expr_compile(weir_arena *arena, weir_str source,
                                      const weir_expr_scope *scope, weir_expr_report *report,
                                      void *user);

weir_str weir_program_source(const weir_program *program);
/** The kind that every successful run gives, or WEIR_KIND_COUNT when it is not evident. */
unsigned weir_program_kind(const weir_program *program);
/** Roots that the program reads, as WEIR_ROOT_BITs. */
unsigned weir_program_roots(const weir_program *program);
/** True if it calls a function of a plugin, which may count its calls: a run must not be repeated.
 */
bool weir_program_calls_out(const weir_program *program);
/** True if the program is a constant; its value is then in *out. */
bool weir_program_constant(const weir_program *program, weir_value *out);
/**
 * True if the program is nothing but one slot of `root`: the caller may read the slot itself. When
 * that is ABSENT the program must be run: it raises, or takes the default that its get() has.
 */
bool weir_program_slot(const weir_program *program, weir_root *root, size_t *slot);
/**
 * The kind of a program that is nothing but float(), int() or str() of one slot: the caller may
 * read a slot that is of this kind already. WEIR_KIND_COUNT: it is something else.
 */
unsigned weir_program_cast(const weir_program *program, weir_root *root, size_t *slot);
/** The instructions as text, one a line. */
void weir_program_print(weir_buf *out, const weir_program *program);

/* ------------------------------------------------------------------ run */

/** Python's exception class that a failure corresponds to. */
typedef enum weir_raise {
    WEIR_RAISE_NONE,
    WEIR_RAISE_TYPE,
    WEIR_RAISE_VALUE,
    WEIR_RAISE_KEY,
    WEIR_RAISE_INDEX,
    WEIR_RAISE_ZERO_DIVISION,
    WEIR_RAISE_OVERFLOW,
    WEIR_RAISE_ATTRIBUTE,
    WEIR_RAISE_LOOKUP, /* unknown asset (SymbolNotFound), mapping word, codec */
    WEIR_RAISE_UNICODE,
    WEIR_RAISE_ARITHMETIC, /* decimal.InvalidOperation and its kin */
    WEIR_RAISE_LIMIT,      /* steps, memory, result size, regex match limit */
    WEIR_RAISE_MEMORY,
    WEIR_RAISE_PLUGIN, /* a function of a plugin says so */
    WEIR_RAISE_COUNT
} weir_raise;

/** "TypeError", "KeyError", ... */
const char *weir_raise_name(weir_raise raise);

typedef struct weir_vm weir_vm;

/** `arena` is where results live; the owner resets it when they are no longer wanted. */
weir_vm *weir_vm_new(weir_arena *arena);
void weir_vm_free(weir_vm *vm);

/** Runs; false: see the functions below. *out may be raw; weir_vm_settle types it. */
bool weir_vm_run(weir_vm *vm, const weir_program *program, const weir_expr_world *world,
                 const weir_expr_input *input, weir_value *out);
/** Runs and tells only whether the result is true. */
bool weir_vm_run_truth(weir_vm *vm, const weir_program *program, const weir_expr_world *world,
                       const weir_expr_input *input, bool *truth);
/** Makes raw scalars typed (numbers, escaped text); containers stay raw. False: out of memory. */
bool weir_vm_settle(weir_vm *vm, weir_value *v);

/** Of the last failed run: the class, the range of the source, and a sentence that names the
 * offending value. */
weir_raise weir_vm_raise(const weir_vm *vm);
void weir_vm_range(const weir_vm *vm, size_t *offset, size_t *length);
weir_str weir_vm_message(const weir_vm *vm);

#endif
