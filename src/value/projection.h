/* SPDX-License-Identifier: MIT */
/*
 * The projection: all paths of a message that anything in a plan reads, compiled to a trie, so that
 * one walk over the text fills a slot per path and skips (but validates) the rest. Built at load,
 * immutable after seal, used by any number of threads.
 *
 * A path is a list of steps: an object key, or an array index counted from the front (>= 0) or the
 * back (< 0). The empty path is the whole value. A slot whose path is not in the message is ABSENT.
 * A path that runs through a value of another type (key step on an array, ...) is ABSENT too: the
 * expression that asked finds out by itself.
 */
#ifndef WEIR_VALUE_PROJECTION_H
#define WEIR_VALUE_PROJECTION_H

#include "value/json_index.h"

typedef struct weir_projection weir_projection;

typedef struct weir_step {
    bool is_index;
    int64_t index;
    weir_str key;
} weir_step;

enum { WEIR_PROJECTION_SLOTS_MAX = 4096, WEIR_PROJECTION_DEPTH_MAX = 32 };

/** Empty projection in the arena (slot 0 does not exist until somebody adds a path). */
weir_projection *weir_projection_new(weir_arena *arena);
/** The slot of a path, the same for the same path. SIZE_MAX: a limit, or out of memory. Before seal
 * only. */
size_t weir_projection_add(weir_projection *projection, const weir_step *steps, size_t count);
/** Says that the value of a slot is mostly a list of price levels or the like, all of which is
 * wanted: weir_json_index_list has then what an indexed walk has found of it. */
void weir_projection_want_lists(weir_projection *projection, size_t slot);
/** Says that the value of a slot is mostly a list that weir_projection_rows_of will be asked for.
 */
void weir_projection_want_rows(weir_projection *projection, size_t slot);
/** Builds the lookup tables. False when out of memory. */
bool weir_projection_seal(weir_projection *projection);
size_t weir_projection_slots(const weir_projection *projection);
/** The steps of a slot's path, from the top; their number. */
size_t weir_projection_steps(const weir_projection *projection, size_t slot,
                             weir_step steps[WEIR_PROJECTION_DEPTH_MAX]);
/** The path of a slot as text ("data['p'][0]" with `root` = "data"), for explain and messages. */
weir_str weir_projection_path(weir_arena *arena, const weir_projection *projection, size_t slot,
                              weir_str root);

/**
 * Validates `text` as one JSON document and fills `slots` (weir_projection_slots of them, set to
 * ABSENT first).
 * `*whole` (may be NULL) gets the document itself as a value.
 */
bool weir_projection_decode(const weir_projection *projection, weir_str text, weir_value *slots,
                            weir_value *whole, weir_json_error *error);
/** What is known of the messages that a projection has met (value/shape.h), of one thread. */
typedef struct weir_shapes weir_shapes;
weir_shapes *weir_shapes_new(void);
void weir_shapes_free(weir_shapes *shapes);

/**
 * The same, going from quote to quote by an index that is made here. False also when this way
 * cannot be taken: weir_projection_decode then tells what is wrong, if anything is. Where it says
 * true, it says exactly what weir_projection_decode says. `shapes` may be NULL.
 */
bool weir_projection_decode_indexed(const weir_projection *projection, weir_json_index *index,
                                    weir_shapes *shapes, weir_str text, weir_value *slots,
                                    weir_value *whole);
/**
 * The elements of a list, a row each: the slots, and behind them the element itself. Zero to start;
 * memory is kept from list to list. A list that needs more than WEIR_ROWS_VALUES_MAX values is to
 * be taken element by element.
 */
enum { WEIR_ROWS_VALUES_MAX = 1 << 20 };
typedef struct weir_rows {
    weir_value *values;
    size_t width; /* values of a row */
    size_t count;
    size_t cap; /* in values */
} weir_rows;
void weir_rows_fini(weir_rows *rows);
/** A text that is a list. False: it is not, or this way cannot be taken. */
bool weir_projection_rows_indexed(const weir_projection *projection, weir_json_index *index,
                                  weir_shapes *shapes, weir_str text, weir_rows *rows);
/**
 * Rows of a list within a text, made while the text is validated. By which projection they will be
 * wanted is known only later, so it is guessed: by the one that was asked for when a text began
 * alike. An index that has a `nested` does so. Zero to start, but for `rows`.
 */
enum { WEIR_NESTED_KINDS = 32 };
typedef struct weir_nested {
    weir_rows *rows;
    struct {
        const weir_projection *items;
        weir_shapes *shapes;
    } kinds[WEIR_NESTED_KINDS];
} weir_nested;
/** A list that lies in the text of an index and has been validated. */
bool weir_projection_rows_of(const weir_projection *projection, weir_json_index *index,
                             weir_shapes *shapes, const weir_value *list, weir_rows *rows);
/** weir_json_parse likewise. */
bool weir_json_parse_indexed(weir_json_index *index, weir_str text, weir_value *whole);
/** weir_projection_fill for a value that lies in the text of an index; false: it does not. */
bool weir_projection_fill_indexed(const weir_projection *projection, weir_json_index *index,
                                  const weir_value *value, weir_value *slots);
/** Fills the slots from a value: raw (already validated, so nothing can fail) or built. */
void weir_projection_fill(const weir_projection *projection, const weir_value *value,
                          weir_value *slots);

#endif
