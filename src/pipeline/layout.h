/* SPDX-License-Identifier: MIT */
/*
 * A declared binary layout, compiled (SPEC.md 8). Every field has a segment and an offset in it. A
 * packet has one segment, unless an amount in it is known only when it is read: behind that begins
 * the next. So a path that an expression reads is a load from a place that was worked out when the
 * spec was loaded, and the length of a segment is compared once, before anything in it is looked
 * at.
 *
 *   layout_compile.c  fields to nodes, steps and variants    layout_read.c   bytes to values
 *   layout_when.c     the tests that choose a variant        layout_run.c    frames to packets
 *   layout_paths.c    slots to loads                         layout_walk.c   what has no fixed
 * length explain_layout.c
 *
 * What a later part needs of an earlier one (a count, a factor, a name in `when`) is kept in the
 * slots of a projection of the layout's own.
 */
#ifndef WEIR_PIPELINE_LAYOUT_H
#define WEIR_PIPELINE_LAYOUT_H

#include "pipeline/format.h"
#include "pipeline/parts.h"
#include "spec/layout.h"

enum {
    WEIR_LAYOUT_NAMES_MAX = 512,   /* of one packet that later parts may name */
    WEIR_LAYOUT_SEGMENTS_MAX = 17, /* amounts of one packet that are read, plus one */
    WEIR_LAYOUT_PACKET_MAX = 1 << 24,
    WEIR_LAYOUT_LOOSE_MAX = 64, /* fields of a group that has no fixed length */
    WEIR_LAYOUT_TESTS_MAX = 8,
    WEIR_LAYOUT_NO_SLOT = -1
};

/** Where the header of a frame and a packet of it begin. */
enum { WEIR_LAYOUT_HEADER, WEIR_LAYOUT_PACKET, WEIR_LAYOUT_PLACES };

/** Whose value an amount inside of a group is: that of a field in front in the same group, or of an
 * own slot. */
typedef struct weir_layout_from {
    int sibling; /* -1: none */
    int slot;
} weir_layout_from;

typedef struct weir_layout_node weir_layout_node;
struct weir_layout_node {
    const weir_layout_field *field;
    uint8_t place;   /* HEADER or PACKET */
    uint8_t segment; /* of what is not inside of something else */
    bool has_repeat;
    bool has_text; /* it or what is in it is a text, to be checked */
    bool is_loose; /* it has no fixed length: `size` is the least of one */
    bool has_loose_parts;
    bool is_walked; /* it is found by a walk over its bytes, and so is what is in it */
    weir_layout_from size_from, repeat_from; /* where it is walked */
    int span;                                /* its amount is that of segment `span`; -1: fixed */
    uint32_t offset;                         /* in the segment, or in what it is inside of */
    uint32_t size;                           /* bytes of one */
    uint32_t count;                          /* of a fixed repeat */
    int factor;                              /* own slot, or WEIR_LAYOUT_NO_SLOT */
    int slot;                                /* of a value: its own slot */
    const weir_program *value;
    bool is_constant;
    weir_value constant;
    const weir_layout_node *children; /* of a group */
    size_t child_count;
    const weir_dict *shape; /* keys of a group or bits, with values to be filled in */
};

typedef enum weir_layout_step_kind {
    WEIR_LAYOUT_KEEP,   /* the node's value into its slot */
    WEIR_LAYOUT_EVAL,   /* its expression's */
    WEIR_LAYOUT_FACTOR, /* slot holds a number, and not 0 to divide by */
    WEIR_LAYOUT_SPAN,   /* an amount; the next segment begins */
    WEIR_LAYOUT_WALK    /* something of no fixed length; the next segment begins */
} weir_layout_step_kind;

typedef struct weir_layout_step {
    weir_layout_step_kind kind;
    const weir_layout_node *node;
    int slot;
    weir_str name;   /* KEEP */
    int bit;         /* KEEP: of a bits node, or -1 */
    bool is_divisor; /* FACTOR */
    uint8_t segment; /* KEEP, SPAN */
    uint32_t offset; /* in the segment; SPAN: of the amount if it is READ, else of what it counts */
    uint32_t unit;   /* SPAN: bytes of one */
    const weir_layout_amount *amount; /* SPAN */
} weir_layout_step;

/** slot & mask >> shift OP value, over an integer. */
typedef struct weir_layout_test {
    int slot;
    uint8_t op; /* as in weir_layout_test_op */
    uint8_t shift;
    uint64_t mask;
    int64_t value;
} weir_layout_test;

typedef enum weir_layout_test_op {
    WEIR_LAYOUT_EQ,
    WEIR_LAYOUT_NE,
    WEIR_LAYOUT_LT,
    WEIR_LAYOUT_LE,
    WEIR_LAYOUT_GT,
    WEIR_LAYOUT_GE
} weir_layout_test_op;

/** `when`. Tests where it is a chain of plain comparisons, all of which must hold; else the
 * program.
 */
typedef struct weir_layout_when {
    const weir_text *text;
    const weir_program *program; /* NULL: not given */
    size_t test_count;           /* 0: the program decides */
    weir_layout_test tests[WEIR_LAYOUT_TESTS_MAX];
} weir_layout_when;

/** A slot of the plan, filled straight from the bytes. */
typedef struct weir_layout_load {
    uint32_t slot;
    uint8_t place, segment;
    bool is_element; /* one of a repeat */
    int bit;         /* of a bits node, or -1 */
    uint32_t offset;
    int span; /* segment whose elements are indexed, or -1 */
    int64_t index;
    uint32_t stride;
    const weir_layout_node *node;
    /* A repeat that nothing reads but columns of levels: its price and size. NULL: a value. */
    const weir_layout_node *price, *size;
    /* A part of something that is walked: it is built, and gone along these steps. Or NULL. */
    const weir_layout_node *walked;
    const weir_step *steps;
    size_t step_count;
} weir_layout_load;

/** Fields one behind the other: a header, or a packet of one variant. */
typedef struct weir_layout_block {
    const weir_layout_node *nodes;
    size_t node_count;
    const weir_layout_step *steps;
    size_t step_count;
    size_t segment_count;
    uint32_t need[WEIR_LAYOUT_SEGMENTS_MAX]; /* bytes of each segment */
    bool has_text;
} weir_layout_block;

typedef struct weir_layout_case { /* a variant */
    const weir_layout_variant *spec;
    weir_layout_when when;
    weir_layout_block block;
    const weir_dict *shape; /* keys of the whole, header included */
    const weir_layout_load *loads;
    size_t load_count;
    weir_str where;
} weir_layout_case;

struct weir_layout {
    const weir_layout_spec *spec;
    weir_projection *own;
    size_t own_slots;
    int length_slot; /* or WEIR_LAYOUT_NO_SLOT */
    weir_layout_when ignore;
    int count_slot, packet_slot; /* of amounts by name */
    bool has_own_length;         /* the length of a packet is a field of its own */
    weir_layout_block header;
    weir_layout_block common; /* what all variants begin with */
    const weir_layout_case *variants;
    size_t variant_count;
};

/** What changes: one per runner. */
typedef struct weir_layout_state {
    const weir_layout *layout;
    weir_runner *runner;
    weir_arena *arena; /* of the packet at work: its values may be asked for at any time */
    weir_value *own;
    weir_expr_input input; /* of the layout's own expressions */
    weir_expr_lazy lazy;
    const weir_layout_case *variant;
    weir_value whole;              /* ABSENT: not made yet */
    const weir_layout_node *built; /* of what is walked: the last that was built, and its value */
    weir_value built_value;
    const char *end[WEIR_LAYOUT_PLACES];
    const char *base[WEIR_LAYOUT_PLACES][WEIR_LAYOUT_SEGMENTS_MAX];
    uint32_t amounts[WEIR_LAYOUT_PLACES][WEIR_LAYOUT_SEGMENTS_MAX];
    bool is_quiet; /* what fails is not counted */
    char why[160];
} weir_layout_state;

/* ---- layout_compile.c, layout_when.c, layout_paths.c */

/** Into plan->layout; `paths` may be added afterwards, until weir_layout_load_paths. */
bool weir_layout_compile(weir_plan_builder *builder, weir_plan *plan);
/** A `when` or `ignore`: `words` may be named. */
void weir_layout_compile_when(weir_plan_builder *builder, const weir_plan *plan,
                              const weir_text *text, const weir_str *words, size_t word_count,
                              weir_layout_when *when);
/** The length that a packet must have for it; -1: several. */
int64_t weir_layout_when_length(const weir_layout *layout, const weir_layout_when *when);
weir_outcome weir_layout_test_when(weir_layout_state *state, const weir_layout_when *when);
/** The own slot of a name; WEIR_LAYOUT_NO_SLOT when there is no room for more. */
int weir_layout_own_slot(weir_layout *layout, weir_str name);
/** What is known of `data`, for the compiler of expressions. */
bool weir_layout_has_path(const void *layout, const weir_step *steps, size_t count, unsigned *kind,
                          char why[160]);
/** Once the plan's projection is sealed. */
bool weir_layout_load_paths(weir_plan_builder *builder, weir_plan *plan);
/** The child of a list of nodes by name, through those that are called '_'; bits in *bit. */
const weir_layout_node *weir_layout_find(const weir_layout_node *nodes, size_t count, weir_str name,
                                         uint32_t *offset, int *bit);

/* ---- layout_read.c */

/** One of the node, at its bytes. False: out of memory. */
bool weir_layout_value(weir_layout_state *state, const weir_layout_node *node, const char *at,
                       weir_value *out);
/** The node as it stands in the packet: one, or the list of all. */
bool weir_layout_field_value(weir_layout_state *state, const weir_layout_node *node, const char *at,
                             weir_value *out);
/** A number as a double. */
double weir_layout_double(weir_layout_state *state, const weir_layout_node *node, const char *at);
weir_value weir_layout_bit(const weir_layout_node *node, size_t bit, const char *at);
bool weir_layout_fill(weir_layout_state *state, weir_value *slots);
/** The packet as an object, in the state's arena. */
bool weir_layout_whole(void *state, weir_value *out);
/** Up to the first NUL, without the blanks at its end. */
weir_str weir_layout_text(const char *at, size_t size);
/** False with `why`: it, or a text in it, is none. */
bool weir_layout_check_text(weir_layout_state *state, const weir_layout_node *node, const char *at);
/** The values of nodes of fixed length, `around` being where what they are inside of begins, into
 * entries of a dict; *entry moves on. `around` NULL: each is where its segment is. */
bool weir_layout_entries(weir_layout_state *state, const weir_layout_node *nodes, size_t count,
                         const char *around, weir_dict_entry **entry);
/** A copy of a shape whose values are to be filled in; NULL: out of memory. */
weir_dict_entry *weir_layout_dict(weir_layout_state *state, const weir_dict *shape,
                                  weir_value *out);
/** False with `why`: a text that is none. */
bool weir_layout_check_texts(weir_layout_state *state, const weir_layout_block *block);
/** An integer without its scale. */
__int128 weir_layout_integer(const weir_layout_number *number, const char *at);

/* ---- layout_walk.c */

/** Walks over a node from `at`; *behind is where it ends. With `out` its value is built. False with
 * `why`. */
bool weir_layout_walk(weir_layout_state *state, const weir_layout_node *node, const char *at,
                      const char **behind, weir_value *out);

/* ---- layout_run.c */

/** Sets state->why; returns false. */
bool weir_layout_fail(weir_layout_state *state, const char *format, ...) WEIR_PRINTF(2, 3);

bool weir_layout_state_init(weir_layout_state *state, weir_runner *runner);
void weir_layout_state_fini(weir_layout_state *state);
extern const weir_format weir_layout_format;
/** True if each packet is a record; else the frame is a message as in any other format. */
bool weir_layout_is_direct(const weir_plan *plan);
/** Such a frame. */
void weir_layout_feed(weir_runner *runner, weir_str bytes);
/** True if the frame holds no packet. */
bool weir_layout_ignores(weir_runner *runner, weir_str bytes);

#endif
