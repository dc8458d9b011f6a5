/* SPDX-License-Identifier: MIT */
/*
 * The program that an expression compiles to: instructions of eight bytes for a register machine,
 * and the tables that their operands point into. Immutable once built, in the spec's arena.
 *
 * Operands: `a` is a register (the destination, mostly) or a small number; `b` and `c` are as the
 * opcode's row says. A *place* (letter v) is a register below WEIR_PLACE_CONSTANTS, or else a
 * constant; so a constant operand costs no instruction. Jumps have their target in `d`.
 *
 * A *read* is one static path into `data` or `item`: its slot, and the steps to walk when the slot
 * is ABSENT, so that a missing key raises exactly what Python raises. A *site* is one place of a
 * call. The source range of each instruction is in a side table that only a failure looks at.
 */
#ifndef WEIR_EXPR_PROGRAM_H
#define WEIR_EXPR_PROGRAM_H

#include "expr/names.h"
#include "expr/ops.h"

enum {
    WEIR_PLACE_CONSTANTS = 256, /* the first place that is a constant */
    WEIR_EXPR_CODE_MAX = 60000, /* instructions */
    WEIR_EXPR_LOOPS_MAX = 64,   /* loops, and lists under construction, at one time */
    WEIR_EXPR_INLINE_MAX = 48   /* items of a display that are gathered in registers */
};

/** The comparison operators, weir_compare first. */
enum {
    WEIR_RELATION_IN = WEIR_COMPARE_GE + 1,
    WEIR_RELATION_NOT_IN,
    WEIR_RELATION_IS,
    WEIR_RELATION_IS_NOT
};

typedef struct weir_insn {
    uint8_t op;
    uint8_t a;
    uint16_t b, c, d;
} weir_insn;

/*
 * name, operands as weir_program_print shows them: one letter each for a b c d.
 *   r register · v place · k constant · n number · s read · f call site · j jump target · - nothing
 */
#define WEIR_OPCODES(X)                                                                            \
    X(MOVE, "rv--")       /* a = b */                                                              \
    X(ROOT, "rn--")       /* a = a value given to the run, by weir_root */                         \
    X(CREDENTIAL, "rn--") /* a = world->credentials[b] */                                          \
    X(VAR, "rn--")                                                                                 \
    X(SESSION, "rn--")                                                                             \
    X(ZONE, "r---")       /* broker.tz */                                                          \
    X(CONNECTION, "r---") /* connection.name */                                                    \
    X(SLOT, "rns-")       /* a = data_slots[b], else the read c is walked */                       \
    X(ITEM_SLOT, "rns-")                                                                           \
    X(DEFAULT, "rv--")    /* a = b if a is ABSENT */                                               \
    X(SLOT_FLOAT, "rns-") /* float(slot) */                                                        \
    X(SLOT_INT, "rns-")                                                                            \
    X(SLOT_STR, "rns-")                                                                            \
    X(SLOT_EQ, "rskn")  /* a = read b == text c (!= if d) */                                       \
    X(SLOT_HAS, "rs-n") /* a = key in ... (not in if d) */                                         \
    X(OR, "rvv-")       /* weir_binary, in its order */                                            \
    X(XOR, "rvv-")                                                                                 \
    X(AND, "rvv-")                                                                                 \
    X(LSHIFT, "rvv-")                                                                              \
    X(RSHIFT, "rvv-")                                                                              \
    X(ADD, "rvv-")                                                                                 \
    X(SUB, "rvv-")                                                                                 \
    X(MUL, "rvv-")                                                                                 \
    X(DIV, "rvv-")                                                                                 \
    X(FLOORDIV, "rvv-")                                                                            \
    X(MOD, "rvv-")                                                                                 \
    X(POW, "rvv-")                                                                                 \
    X(PLUS, "rv--") /* weir_unary, in its order */                                                 \
    X(MINUS, "rv--")                                                                               \
    X(INVERT, "rv--")                                                                              \
    X(NOT, "rv--")                                                                                 \
    X(LT, "rvv-") /* the relations, in their order */                                              \
    X(LE, "rvv-")                                                                                  \
    X(EQ, "rvv-")                                                                                  \
    X(NE, "rvv-")                                                                                  \
    X(GT, "rvv-")                                                                                  \
    X(GE, "rvv-")                                                                                  \
    X(IN, "rvv-")                                                                                  \
    X(NOT_IN, "rvv-")                                                                              \
    X(IS, "rvv-")                                                                                  \
    X(IS_NOT, "rvv-")                                                                              \
    X(JUMP, "---j")                                                                                \
    X(TEST, "nv-j")    /* jump if the truth of b is a */                                           \
    X(TEST_LT, "nvvj") /* jump if the relation's truth is a */                                     \
    X(TEST_LE, "nvvj")                                                                             \
    X(TEST_EQ, "nvvj")                                                                             \
    X(TEST_NE, "nvvj")                                                                             \
    X(TEST_GT, "nvvj")                                                                             \
    X(TEST_GE, "nvvj")                                                                             \
    X(TEST_IN, "nvvj")                                                                             \
    X(TEST_NOT_IN, "nvvj")                                                                         \
    X(TEST_IS, "nvvj")                                                                             \
    X(TEST_IS_NOT, "nvvj")                                                                         \
    X(TEST_SLOT_EQ, "nskj")                                                                        \
    X(TEST_SLOT_HAS, "ns-j")                                                                       \
    X(INDEX, "rvv-")    /* a = b[c] */                                                             \
    X(SLICE, "rr--")    /* a = b[b+1 : b+2 : b+3] */                                               \
    X(ATTR, "rvk-")     /* a = b.c */                                                              \
    X(CALL, "rf--")     /* a = the function of site b */                                           \
    X(RECEIVER, "rf--") /* a has the method of site b: looked up in front of the arguments */      \
    X(METHOD, "rf--")   /* a = the method of site b; the receiver is its first register */         \
    X(FLOAT, "rvf-")    /* float(b); site c for what is not frequent */                            \
    X(INT, "rvf-")                                                                                 \
    X(STR, "rvf-")                                                                                 \
    X(LIST, "rrn-") /* a = list of the c registers from b */                                       \
    X(TUPLE, "rrn-")                                                                               \
    X(BUILD, "nn--") /* builder a starts; b: kind */                                               \
    X(BUILD_ADD, "nv--")                                                                           \
    X(BUILD_PUT, "nvv-")                                                                           \
    X(BUILD_EXTEND, "nv--")                                                                        \
    X(BUILD_END, "rn--")   /* a = what builder b holds */                                          \
    X(ITER, "nv--")        /* loop a over b */                                                     \
    X(NEXT, "rn-j")        /* a = the next of loop b, or jump */                                   \
    X(UNPACK, "rvn-")      /* a, a+1 ... = the c items of b */                                     \
    X(TEXT, "r---")        /* an f-string starts; a remembers where */                             \
    X(TEXT_PUT, "rvn-")    /* + b; c: conversion */                                                \
    X(TEXT_FORMAT, "rvvn") /* + format(b, c); d: conversion */                                     \
    X(TEXT_END, "rr--")    /* a = the text since b */                                              \
    X(RETURN, "-v--")

enum {
#define WEIR_OPCODE_ENUM(name, operands) WEIR_OP_##name,
    WEIR_OPCODES(WEIR_OPCODE_ENUM)
#undef WEIR_OPCODE_ENUM
        WEIR_OP_COUNT
};

typedef struct weir_source_range {
    uint16_t offset, length;
} weir_source_range;

/** How a step of a read goes on from the value before it. */
typedef enum weir_step_kind {
    WEIR_STEP_INDEX, /* [key] */
    WEIR_STEP_GET,   /* .get(key, fallback) */
    WEIR_STEP_IN     /* key in: the last step of SLOT_HAS */
} weir_step_kind;

typedef struct weir_read_step {
    uint8_t kind;
    bool has_slot; /* reads with a GET or IN: where the path up to this step is, so that a missing
                      key is known without a search */
    uint16_t slot;
    weir_source_range range;
    weir_value key;
    weir_value fallback; /* None when not written */
} weir_read_step;

typedef struct weir_read {
    uint32_t slot;
    bool is_item;
    uint16_t count;
    const weir_read_step *steps;
    const weir_fn_row *fn; /* SLOT_FLOAT and its kin: for what is not frequent */
} weir_read;

/** One way to bind a site's arguments: a function's, or a method's for one kind of receiver. */
typedef struct weir_site_way {
    uint8_t kind; /* of the receiver */
    weir_call_fn *call;
    const weir_fn_row *row; /* of a function */
    const char *why; /* not NULL: the arguments do not fit; a TypeError when it comes to it */
    weir_binding binding;
} weir_site_way;

typedef struct weir_site {
    weir_str name;
    uint8_t base; /* register of the receiver (methods) or the first argument */
    uint8_t rest; /* register of a list that is the rest (f(*x)) */
    bool has_rest;
    bool is_method;
    uint16_t way_count;
    const weir_site_way *ways;
} weir_site;

typedef struct weir_lambda {
    uint16_t entry;
    uint8_t parameters; /* first register */
    uint8_t count;
} weir_lambda;

struct weir_program {
    weir_str source;
    const weir_insn *code;
    const weir_source_range *ranges;
    size_t count;
    const weir_value *constants;
    size_t constant_count;
    const weir_read *reads;
    size_t read_count;
    const weir_site *sites;
    size_t site_count;
    const weir_lambda *lambdas;
    size_t lambda_count;
    unsigned kind;
    unsigned roots;
    bool calls_out;
};

#endif
