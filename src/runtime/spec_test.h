/* SPDX-License-Identifier: MIT */
/*
 * Tests in a spec (SPEC.md 10), in parts:
 *
 *   spec_test.c          the public functions          spec_test_run.c      what happens
 *   spec_test_compare.c  is it what was expected       spec_test_edit.c     changes to the file
 *   spec_test_yaml.c     values as YAML
 *
 * What happened is kept as JSON text and looked into where it stands, so that numbers are compared
 * by their digits.
 */
#ifndef WEIR_RUNTIME_SPEC_TEST_H
#define WEIR_RUNTIME_SPEC_TEST_H

#include "runtime/internal.h"

/** A record, or a message that is sent. */
typedef struct weir_test_item {
    weir_str name; /* that a message is sent under; empty where it has none */
    weir_str text; /* WEIR_JSON_SLACK readable bytes behind */
    bool is_binary;
    weir_value value; /* the text as raw JSON; ABSENT: it is none */
} weir_test_item;

typedef struct weir_test_failure {
    weir_stage stage;
    size_t frame; /* of the test */
    weir_str reason;
} weir_test_failure;

/** What happened. Everything lives in the arena. */
typedef struct weir_test_run {
    const weir_spec *spec;
    const weir_test_spec *test;
    weir_arena *arena;
    weir_test_item *items;
    size_t count, cap;
    weir_test_failure *failures;
    size_t failure_count, failure_cap;
    weir_plan_pair *headers;
    size_t header_count;
    weir_str url;
    weir_str problem; /* why it could not be run to its end; empty: it was */
} weir_test_run;

/** The clock of a test that does not set it: 2020-01-01. */
#define WEIR_TEST_NOW_NS INT64_C(1577836800000000000)

/** Runs a test into a zeroed run with an arena. WEIR_ERR_NOMEM; else what went wrong is in it. */
weir_code weir_test_run_do(weir_test_run *run, const weir_spec *spec, const weir_test_spec *test,
                           weir_error *error);

/* ------------------------------------------------------------------ spec_test_compare.c */

typedef struct weir_test_difference {
    weir_str path;             /* "data.close", "market_depth.bids[0][1]"; "" the whole */
    const weir_node *expected; /* NULL: not listed */
    weir_value actual;         /* ABSENT: not there */
} weir_test_difference;

typedef void weir_test_difference_fn(void *user, const weir_test_difference *difference);

/** Calls `each` for every difference between a record and what is listed of it. */
void weir_test_compare(weir_arena *arena, const weir_node *expected, const weir_value *actual,
                       bool is_exact, weir_test_difference_fn *each, void *user);
/** True if a message is the one expected: JSON by value, anything else byte by byte. */
bool weir_test_same_message(weir_arena *arena, const weir_test_frame *expected,
                            const weir_test_item *actual);
/** Appends what differs, as lines with places. True when nothing does. */
bool weir_test_judge(const weir_test_run *run, weir_buf *diff);
/** True for a member of a record that tells of its delivery, not of what it says. */
bool weir_test_is_delivery(weir_str key);

/* ------------------------------------------------------------------ spec_test_yaml.c */

/** A text as a YAML scalar in a flow or block collection, on one line. */
void weir_test_put_text(weir_buf *out, weir_str text);
/** Bytes: a quoted text, or {base64: ...} where they are no UTF-8. */
void weir_test_put_bytes(weir_buf *out, weir_str bytes);
/** {base64: ...}. */
void weir_test_put_binary(weir_buf *out, weir_str bytes);
/** A frame with its name and parts, where it has them. */
void weir_test_put_frame(weir_buf *out, const weir_connection_spec *connection,
                         const weir_test_frame *frame);
/** A raw JSON value in flow style, wrapped; further lines are indented by `indent`. */
void weir_test_put_value(weir_buf *out, const weir_value *value, size_t indent);
/** A record likewise, with what belongs to it alone. */
void weir_test_put_record(weir_buf *out, const weir_value *record, size_t indent);
/** Item of a run as an element of `out` or `sends`. */
void weir_test_put_item(weir_buf *out, const weir_test_run *run, size_t item, size_t indent);

/* ------------------------------------------------------------------ spec_test_edit.c */

typedef struct weir_test_edit {
    size_t offset, length;
    weir_str text;
} weir_test_edit;

typedef struct weir_test_edits {
    weir_arena *arena;
    weir_str source;
    weir_test_edit *list;
    size_t count, cap;
} weir_test_edits;

/**
 * Adds the edits that make a failed test pass. False: there are none (it fails in another way), or
 * the layout does not allow them; `error` is then set.
 */
bool weir_test_edit_expected(weir_test_edits *edits, const weir_test_run *run, weir_error *error);
/** Adds blocks at the end of the list of tests. */
bool weir_test_edit_append(weir_test_edits *edits, const weir_spec_model *model, weir_str blocks,
                           weir_error *error);
/** Columns that an element of the list of tests is indented by. */
size_t weir_test_indent(const weir_spec_model *model);
/** Appends the source with the edits made; fails when that is no YAML. */
weir_code weir_test_edits_apply(weir_test_edits *edits, weir_buf *out, weir_error *error);

#endif
