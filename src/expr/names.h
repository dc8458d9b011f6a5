/* SPDX-License-Identifier: MIT */
/*
 * Tables of what can be called and read: builtin functions, methods, attributes. One row each; the
 * compiler resolves a name to its row, checks the arguments against `params`, and the reference
 * page is printed from the same rows.
 *
 * params: names separated by blanks; "x?" is optional (ABSENT when left out); "*x" takes any number
 * of positional arguments; names behind "*x" or behind a lone "*" are keyword-only; names in front
 * of "/" are positional-only; "+" at the end wants at least one argument.
 * A keyword-only "keywords?" (dict, str.format) takes all keyword arguments as one dict.
 */
#ifndef WEIR_EXPR_NAMES_H
#define WEIR_EXPR_NAMES_H

#include "expr/vm.h"

/** The arguments of a call, in the order of `params` ("*x" counts for nothing here; it is in
 * `rest`). */
typedef struct weir_call {
    const weir_value *args; /* methods: args[0] is the receiver */
    size_t count;
    const weir_value *rest;
    size_t rest_count;
    const struct weir_fn_row *row; /* of functions: the row that is called */
} weir_call;

/**
 * What a WEIR_OBJECT is. The name of a type (`int` in isinstance(x, int), `float` in map(float,
 * xs)) is an OBJECT whose aux is the kind that it stands for (below WEIR_KIND_COUNT); the others
 * follow.
 */
enum {
    WEIR_OBJECT_FUNCTION = 256, /**< p: the weir_fn_row; callable where a lambda is */
    WEIR_OBJECT_MAPPING         /**< p: the weir_mapping; methods to_standard, to_broker ... */
};

typedef bool weir_call_fn(weir_vm *vm, const weir_call *call, weir_value *out);

enum {
    WEIR_FN_PURE = 1,    /* constant arguments: may be folded at load */
    WEIR_FN_PATTERN = 2, /* first argument, when constant, is a regex: checked at load */
    WEIR_FN_ZONE = 4     /* `tz` argument, when constant, is checked at load */
};

typedef struct weir_fn_row {
    const char *name; /* "float", "pd.Timestamp", "broker.infer_asset" */
    const char *params;
    weir_call_fn *call;
    uint8_t returns; /* kind, or WEIR_KIND_COUNT when it varies */
    uint8_t flags;
    const char *doc;
} weir_fn_row;

typedef struct weir_method_row {
    uint8_t kind; /* of the receiver */
    const char *name;
    const char *params; /* without the receiver */
    weir_call_fn *call;
    uint8_t returns;
    uint8_t flags;
    const char *doc;
} weir_method_row;

typedef struct weir_attr_row {
    uint8_t kind; /* of the object */
    const char *name;
    bool (*get)(weir_vm *vm, const weir_value *object, weir_value *out);
    uint8_t returns;
    const char *doc;
} weir_attr_row;

/* The tables, each in one place and ended by a row whose name is NULL. A group is one file's rows.
 */
extern const weir_fn_row *const weir_fn_groups[];         /* ended by NULL */
extern const weir_method_row *const weir_method_groups[]; /* ended by NULL */
extern const weir_attr_row *const weir_attr_groups[];     /* ended by NULL */

/** The names that the framework gives (`data`, `vars`, ...), in order; false: no more. */
bool weir_name_row(size_t index, const char **name, const char **doc);

/** The row of a full name, or NULL. */
const weir_fn_row *weir_fn_find(weir_str name);
/** The row of a method for a kind of receiver, or NULL. `data.get` on raw objects is found under
 * WEIR_DICT. */
const weir_method_row *weir_method_find(uint8_t kind, weir_str name);
/** Any kind has such a method (for compile-time "no such method"; with did-you-mean over all
 * names). */
bool weir_method_exists(weir_str name);
weir_str weir_method_suggest(weir_str name);
const weir_attr_row *weir_attr_find(uint8_t kind, weir_str name);
bool weir_attr_exists(weir_str name);
weir_str weir_attr_suggest(weir_str name);
weir_str weir_fn_suggest(weir_str name);

/** The OBJECT of a type's name ("int", "pd.Timestamp"), or of a function's; false: neither. */
bool weir_callable_find(weir_str name, weir_value *out);

/** The kind whose methods and attributes a value has: raw ones are what they are inside. */
uint8_t weir_receiver_kind(const weir_value *v);
/** object.name at run time: a row, a further column of an asset, or AttributeError. */
bool weir_attr_get(weir_vm *vm, const weir_value *object, weir_str name, weir_value *out);
/** The row of object.name(...) at run time, or NULL after AttributeError. */
const weir_method_row *weir_method_get(weir_vm *vm, const weir_value *object, weir_str name);

/**
 * Matches positional and keyword arguments against `params`. `order[i]` gets the index of the
 * argument (positional ones first, then keywords in `keywords` order) for parameter i, or -1 when
 * left out; *rest_from the first positional of "*x". False with a sentence as CPython words it
 * ("missing required argument 'x'") in `why`.
 */
enum { WEIR_PARAMS_MAX = 12 };
typedef struct weir_binding {
    size_t count; /* of parameters */
    int order[WEIR_PARAMS_MAX];
    size_t rest_from, rest_count;
} weir_binding;
bool weir_params_bind(const char *name, const char *params, size_t positional,
                      const weir_str *keywords, size_t keyword_count, weir_binding *binding,
                      char why[160]);

#endif
