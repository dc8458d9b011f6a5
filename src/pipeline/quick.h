/* SPDX-License-Identifier: MIT */
/*
 * The quick way of a record: what quick.c knows to do, planned column by column when a plan is
 * built (quick_plan.c), and what it keeps between the records of a frame.
 *
 * The numbers of several records are read together. Until that is done - "settled" - a record has
 * holes where they belong. What goes on in between has no effect but on the batch and on four
 * counters, so that when a number turns out to be none, everything since the first record with an
 * unread number is taken back and done again, record by record.
 */
#ifndef WEIR_PIPELINE_QUICK_H
#define WEIR_PIPELINE_QUICK_H

#include "expr/fuse.h"
#include "expr/tree.h"
#include "pipeline/stamp.h"
#include "value/json_index.h"
#include "value/number_lanes.h"
#include "value/record.h"

typedef struct weir_runner weir_runner;
typedef struct weir_plan_column weir_plan_column;
typedef struct weir_plan_rule weir_plan_rule;

typedef enum weir_quick_code {
    WEIR_QUICK_SLOW, /* by its program */
    WEIR_QUICK_REAL, /* float(slot) */
    WEIR_QUICK_WHOLE,
    WEIR_QUICK_AS_IS, /* a number, text or truth value */
    WEIR_QUICK_ASSET,
    WEIR_QUICK_STAMP,      /* a text of a time */
    WEIR_QUICK_EPOCH,      /* a bare whole number of `scale` ns */
    WEIR_QUICK_EPOCH_TEXT, /* or the same in a text */
    WEIR_QUICK_SECONDS,    /* a text of seconds */
    WEIR_QUICK_DECIMAL,    /* a text */
    WEIR_QUICK_GREATEST,
    WEIR_QUICK_ROOT,
    WEIR_QUICK_CONSTANT,
    WEIR_QUICK_CHOICE,
    WEIR_QUICK_STANDARD,
    WEIR_QUICK_TEST,
    WEIR_QUICK_LEVELS,
    WEIR_QUICK_WHERE,
    WEIR_QUICK_TREE, /* by the trees of its programs */
    WEIR_QUICK_IF    /* `then`, where its condition holds */
} weir_quick_code;

typedef struct weir_texts_where weir_texts_where; /* pipeline/parts.h */

/** What to do for a column. */
typedef struct weir_quick_op {
    uint8_t code;
    uint8_t then;
    bool is_item;   /* the slot is one of `item` */
    uint8_t key;    /* of an asset */
    uint32_t slot;  /* of `data` or `item`: bytes from the first one */
    uint32_t place; /* bytes from the start of the record to the cell or header field */
    int32_t column; /* as in weir_plan_column */
    int64_t scale;
    const weir_plan_column *from;
    weir_value value, other; /* texts have WEIR_JSON_SLACK bytes behind them */
    const weir_texts_where *where;
} weir_quick_op;

/** The trees of a column's programs, which do what its operation does not, short of a run. */
typedef struct weir_quick_trees {
    const weir_tree *source;                /* NULL: it has to be run */
    const weir_tree *condition, *transform; /* NULL: there is none */
} weir_quick_trees;

/** A test, where it is the comparison of a text with a short one; else what weir_fused_test says.
 */
enum { WEIR_QUICK_TEXT_MAX = 16 };
typedef struct weir_quick_test {
    const weir_fused *form;
    const weir_tree *tree; /* for when the form does not know, or NULL */
    uint8_t kind;          /* WEIR_FUSED_EQUAL, STARTS or ENDS, or NONE */
    uint32_t slot;
    uint32_t len;
    uint64_t words[2], masks[2];
} weir_quick_test;

/** Where a number goes once it is read. */
typedef enum weir_quick_use { WEIR_USE_REAL, WEIR_USE_WHOLE, WEIR_USE_EPOCH } weir_quick_use;

typedef struct weir_quick_put {
    size_t at; /* bytes from the start of the batch */
    const weir_quick_op *op;
    weir_quick_use use;
} weir_quick_put;

/** The batch and the counters before the first record that has unread numbers. */
typedef struct weir_quick_mark {
    uint64_t records_in, records_out, dropped, unconverted; /* as they stand in weir_counters, so
                                                               that they are copied at once */
    size_t bytes;                                           /* of the batch */
    size_t row;
    unsigned asked; /* records since then that weir_runner_watch_quick let pass */
} weir_quick_mark;

typedef struct weir_quick {
    weir_lanes lanes;
    weir_lanes_read_fn *read;
    weir_levels_read_fn *levels;
    unsigned used; /* lanes with a number that is still to be read */
    unsigned kept; /* of them, those of records before the one under construction */
    bool has_run;  /* a program, so that the arena of messages is to be rewound */
    weir_quick_put puts[WEIR_LANES];
    weir_quick_mark mark;
    unsigned passes; /* the next so many that are watched have been: they are made once more */
    weir_stamp_memory stamp;
} weir_quick;

/** Records and their texts are copied in such pieces; a text of usual length in three. */
enum { WEIR_QUICK_BLOCK = 16, WEIR_QUICK_TEXT_ROOM = 3 * WEIR_QUICK_BLOCK };

/** A text of at most WEIR_QUICK_TEXT_ROOM bytes. There is a block readable from its beginning and
 * behind it, and as much to be written. */
static inline void weir_quick_copy(char *to, const char *from, size_t len)
{
    enum { BLOCK = WEIR_QUICK_BLOCK };
    memcpy(to, from, BLOCK);
    if (len > BLOCK) {
        memcpy(to + BLOCK, from + BLOCK, BLOCK);
        memcpy(to + 2 * BLOCK, from + 2 * BLOCK, BLOCK);
    }
}

typedef enum weir_quick_verdict {
    WEIR_QUICK_MADE,
    WEIR_QUICK_ASIDE, /* not this way; nothing is left of the record */
    WEIR_QUICK_BROKEN /* a number is none: back to the mark */
} weir_quick_verdict;

/** What is known of a column when a plan is built. */
void weir_quick_plan(weir_plan_column *column, const weir_expr_scope *scope);
/** Its trees: quick_tree.c. */
void weir_quick_grow(weir_arena *arena, weir_plan_column *column);
/** Fills a column, of which nothing has been stored, by its trees. False: its programs must run. */
bool weir_quick_fill_tree(weir_runner *runner, const weir_plan_column *column);
/** The quick form of a test of `data`; `form` must stay where it is. */
weir_quick_test weir_quick_plan_test(weir_arena *arena, const weir_program *program,
                                     const weir_fused *form);
/** The operations of a rule's columns. False: out of memory. */
bool weir_quick_plan_rule(weir_arena *arena, weir_plan_rule *rule);

/** The form's answer, or else the tree's. */
static inline weir_fused_answer weir_quick_ask_any(const weir_quick_test *test,
                                                   const weir_expr_input *input)
{
    const weir_fused_answer answer = weir_fused_test(test->form, input);
    return __builtin_expect(answer == WEIR_FUSED_ASK, 0) ? weir_tree_test(test->tree, NULL, input)
                                                         : answer;
}

/** `index`: the slots are of its text, or have no slack behind them and are looked at with care. */
static inline weir_fused_answer weir_quick_ask(const weir_quick_test *test,
                                               const weir_expr_input *input,
                                               const weir_json_index *index)
{
    const weir_value *slot = &input->data_slots[test->slot];
    uint64_t first, second;
    if (test->kind == WEIR_FUSED_NONE || slot->kind != WEIR_STR ||
        !weir_json_index_holds(index, slot->s))
        return weir_quick_ask_any(test, input);
    const size_t more = (size_t)slot->len - test->len;
    if (more != 0 && (slot->len < test->len || test->kind == WEIR_FUSED_EQUAL))
        return WEIR_FUSED_FALSE;
    const char *at = slot->s + (test->kind == WEIR_FUSED_ENDS ? more : 0);
    memcpy(&first, at, sizeof first);
    memcpy(&second, at + sizeof first, sizeof second);
    first = (first ^ test->words[0]) & test->masks[0];
    second = (second ^ test->words[1]) & test->masks[1];
    return (first | second) == 0 ? WEIR_FUSED_TRUE : WEIR_FUSED_FALSE;
}

/** Fills a column the slow way; false: that failed. */
typedef bool weir_slow_column(void *user, const weir_plan_column *column);
/**
 * Makes a record. With `is_settled` all its numbers are read before this returns, and it is MADE or
 * ASIDE; it must then be made column by column, so that the first failure is the one reported.
 * Otherwise BROKEN may also be the answer.
 */
weir_quick_verdict weir_quick_record(weir_runner *runner, const weir_plan_rule *rule,
                                     bool is_settled, weir_slow_column *slow, void *user);
/** One column of the record that begins at `at` in the batch; its slots are filled. False: not this
 * way, and something may be left of it. */
bool weir_quick_fill(weir_runner *runner, size_t at, const weir_quick_op *op);
/** Reads the numbers that are still unread. False: BROKEN. */
bool weir_quick_settle(weir_runner *runner);
/** The records of the batch from there on were not made. */
void weir_quick_unmake(weir_runner *runner, size_t at);
/** Back to the mark. */
void weir_quick_take_back(weir_runner *runner);

#endif
