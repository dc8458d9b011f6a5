/* SPDX-License-Identifier: MIT */
/*
 * A declared binary layout as it is written (SPEC.md 8): fields in the order of their bytes,
 * packets in a frame, variants of a packet. What the names in it refer to and where each byte lies
 * is worked out by pipeline/layout_compile.c, which also knows expressions.
 */
#ifndef WEIR_SPEC_LAYOUT_H
#define WEIR_SPEC_LAYOUT_H

#include "spec/spec.h"

typedef enum weir_layout_form {
    WEIR_LAYOUT_NUMBER,
    WEIR_LAYOUT_STR,
    WEIR_LAYOUT_BYTES,
    WEIR_LAYOUT_SKIP,
    WEIR_LAYOUT_GROUP,
    WEIR_LAYOUT_BITS, /* a number whose bits have names */
    WEIR_LAYOUT_VALUE /* computed; takes no bytes */
} weir_layout_form;

/** A number in the bytes: `i32`, `u16le`, `i32 / 100`, `u32 * tick`. */
typedef struct weir_layout_number {
    uint8_t size; /* 1, 2, 3, 4, 8 */
    bool is_signed, is_float, is_little;
    char op;              /* '/', '*', or 0: as it is */
    weir_value factor;    /* INT or FLOAT; ABSENT: by name */
    weir_str factor_name; /* a field in front of it */
    const weir_node *node;
} weir_layout_number;

typedef enum weir_layout_amount_kind {
    WEIR_AMOUNT_NONE,  /* not written */
    WEIR_AMOUNT_FIXED, /* a number */
    WEIR_AMOUNT_NAMED, /* the value of a field in front of it */
    WEIR_AMOUNT_READ,  /* a number that stands in the bytes right here */
    WEIR_AMOUNT_REST   /* up to the end of the packet */
} weir_layout_amount_kind;

/** How many there are of something. */
typedef struct weir_layout_amount {
    weir_layout_amount_kind kind;
    int64_t fixed;
    weir_str name;
    weir_layout_number read;
    const weir_node *node;
} weir_layout_amount;

typedef struct weir_layout_bits {
    weir_str name;
    const weir_node *node;
    uint8_t low, count;
    bool is_flag; /* written as one bit: True or False */
} weir_layout_bits;

typedef struct weir_layout_field weir_layout_field;
struct weir_layout_field {
    weir_str name; /* "_": nothing is called so; groups and bits then stand at the level around */
    const weir_node *node;
    weir_layout_form form;
    weir_layout_number number; /* NUMBER, BITS */
    weir_layout_amount size;   /* STR, BYTES, SKIP: of bytes */
    weir_layout_amount repeat;
    int64_t offset; /* from the start of the packet; -1: right behind the field before */
    const weir_node *offset_node;
    const weir_layout_field *fields; /* GROUP */
    size_t field_count;
    const weir_layout_bits *bits;
    size_t bit_count;
    weir_text value; /* VALUE: the expression */
};

typedef struct weir_layout_fields {
    const weir_layout_field *list;
    size_t count;
} weir_layout_fields;

typedef struct weir_layout_variant {
    const weir_node *node;
    weir_text when; /* not given: always */
    weir_layout_fields fields;
    weir_layout_fields tail;
} weir_layout_variant;

struct weir_layout_spec {
    const weir_node *node;
    int endian;                /* 0 big, 1 little */
    bool has_json_text;        /* text frames are JSON messages */
    weir_text ignore;          /* frames that hold no packet */
    weir_layout_fields header; /* of the frame, with a repeat */
    bool has_repeat;
    weir_layout_amount count;            /* of packets; NONE: to the end of the frame */
    weir_layout_amount length;           /* of each packet; NONE: as long as its fields are */
    weir_layout_fields fields;           /* at the start of every packet */
    const weir_layout_variant *variants; /* at least one */
    size_t variant_count;
};

#endif
