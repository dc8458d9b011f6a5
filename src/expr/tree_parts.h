/* SPDX-License-Identifier: MIT */
/* What a tree is made of, shared by tree_grow.c, which makes it of a program, and tree_eval.c. */
#ifndef WEIR_EXPR_TREE_PARTS_H
#define WEIR_EXPR_TREE_PARTS_H

#include "expr/program.h"
#include "expr/tree.h"

enum { WEIR_TWIGS_MAX = 64 /* one bit each of a uint64_t while the tree grows */ };

typedef enum weir_twig_kind {
    WEIR_TWIG_CONSTANT, /**< `value` */
    WEIR_TWIG_ROOT,     /**< a value given to the run, by `op` */
    WEIR_TWIG_SLOT,     /**< what `read` reads */
    WEIR_TWIG_HAS,      /**< `read` ends in `in` */
    WEIR_TWIG_DEFAULT,  /**< b where a is ABSENT */
    WEIR_TWIG_IF,       /**< b where a is true, else c */
    WEIR_TWIG_FLOAT,    /**< float(a) */
    WEIR_TWIG_INT,      /**< int(a) */
    WEIR_TWIG_STR,      /**< str(a) */
    WEIR_TWIG_BOOL,     /**< bool(a) */
    WEIR_TWIG_NOT,      /**< not a */
    WEIR_TWIG_MINUS,    /**< -a */
    WEIR_TWIG_ABS,      /**< abs(a) */
    WEIR_TWIG_LEN,      /**< len(a), of a text */
    WEIR_TWIG_BINARY,   /**< a op b, by weir_binary: + - * / */
    WEIR_TWIG_RELATION, /**< a op b, by weir_compare or WEIR_RELATION_ */
    WEIR_TWIG_IS_A,     /**< isinstance(a, ...); op: a kind */
    WEIR_TWIG_SPLIT,    /**< a.split(b, limit); is_from_end: rsplit. Only PART knows it. */
    WEIR_TWIG_PART,     /**< a[at], a being SPLIT */
    WEIR_TWIG_SLICE,    /**< a[at : end] of a text */
    WEIR_TWIG_CASE,     /**< a.upper(); is_from_end: a.lower() */
    WEIR_TWIG_REPLACE,  /**< a.replace(b, c) */
    WEIR_TWIG_STARTS,   /**< a.startswith(b); is_from_end: a.endswith(b) */
    WEIR_TWIG_JOIN,     /**< a + str(b), of an f-string */
    WEIR_TWIG_STAMP,    /**< pd.Timestamp(a), or of a number of `at` ns (not 0) */
    WEIR_TWIG_ASSET,    /**< broker.infer_asset(key=a); op: the key */
    WEIR_TWIG_STANDARD, /**< mapping.to_standard(a); the mapping is `value` */
    WEIR_TWIG_KIND_COUNT
} weir_twig_kind;

typedef struct weir_twig {
    uint8_t kind;
    uint8_t op;
    uint8_t a, b, c; /* other twigs */
    bool is_from_end;
    int64_t at, end; /* of SLICE: INT64_MIN and INT64_MAX where not given */
    const weir_read *read;
    weir_value value;
} weir_twig;

struct weir_tree {
    unsigned root;
    unsigned count;
    const weir_twig *twigs;
};

#endif
