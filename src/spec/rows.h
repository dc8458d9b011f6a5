/* SPDX-License-Identifier: MIT */
/*
 * Keys of the spec language as rows. One generic reader walks a map by a table: unknown keys (with
 * did-you-mean), missing ones and wrong types are found here and nowhere else; the JSON Schema and
 * the reference page print the same rows. A row writes its value into a struct at `offset`; what
 * needs more than that has a `read` function, and a `shape` that says what may stand there.
 */
#ifndef WEIR_SPEC_ROWS_H
#define WEIR_SPEC_ROWS_H

#include "spec/spec.h"

/** What a load works with. */
typedef struct weir_reader {
    weir_arena *arena;
    weir_diags *diags;
    const weir_spec_registry *registry;
    weir_spec_model *model;
    weir_node *sinks;     /* the list; NULL: none */
    bool has_lost_plugin; /* one could not be loaded: names that it registers are unknown */
} weir_reader;

typedef enum weir_key_type {
    WEIR_KEY_TEXT,     /* weir_str; any scalar */
    WEIR_KEY_NAME,     /* weir_str of [a-z0-9_-]+ */
    WEIR_KEY_EXPR,     /* weir_text */
    WEIR_KEY_FUNCTION, /* weir_text: a function of a plugin, of the row's `use` */
    WEIR_KEY_DURATION, /* int64_t, ns */
    WEIR_KEY_INT,      /* int64_t */
    WEIR_KEY_FLOAT,    /* double */
    WEIR_KEY_BOOL,     /* bool */
    WEIR_KEY_ENUM,     /* int, index into choices */
    WEIR_KEY_MAP,      /* a struct at offset, by `table` */
    WEIR_KEY_READ      /* whatever `read` makes of it */
} weir_key_type;

enum {
    WEIR_KEY_REQUIRED = 1,
    WEIR_KEY_EITHER = 2 /* one of the table's keys with this flag must be there, and only one */
};

typedef struct weir_key_table weir_key_table;

typedef enum weir_shape_form {
    WEIR_SHAPE_SCALAR,  /* by `type`, with `choices` and `pattern` */
    WEIR_SHAPE_ANY,     /* whatever YAML can say */
    WEIR_SHAPE_WORD,    /* any scalar */
    WEIR_SHAPE_TABLE,   /* a map, by `table` */
    WEIR_SHAPE_LIST,    /* of `of` */
    WEIR_SHAPE_MAP,     /* of names, by `pattern`, to `of` */
    WEIR_SHAPE_EITHER,  /* `of` or `other` */
    WEIR_SHAPE_FIELDS,  /* names to expressions, field specs or fields again */
    WEIR_SHAPE_BACKEND, /* name of a backend of the registry */
    WEIR_SHAPE_OPTIONS  /* a map, by the rows of the backend whose name is the key beside it */
} weir_shape_form;

/**
 * What may stand for a key whose row has a `read` function. With `words`, the generic reader
 * refuses what cannot have the shape ("expected WORDS for 'key'") before it calls `read`; without,
 * `read` does.
 */
typedef struct weir_shape weir_shape;
struct weir_shape {
    weir_shape_form form;
    weir_key_type type;      /* SCALAR: TEXT to ENUM */
    const weir_shape *of;    /* LIST, MAP, EITHER */
    const weir_shape *other; /* EITHER */
    const weir_key_table *table;
    const char *const *choices; /* ENUM: NULL-terminated */
    const char *pattern;        /* of a text, or of the keys of a MAP: ECMA 262; NULL: any */
    size_t least;               /* elements, pairs; of an INT the least value */
    size_t most;                /* pairs, value; 0: no limit */
    bool may_be_null;           /* `key:` with nothing behind it is taken too */
    const char *words;          /* "a list of rules" */
};

/** `into` is the struct of the table, not the member. */
typedef void weir_key_read(weir_reader *reader, weir_node *value, void *into);

typedef struct weir_key_row {
    const char *name;
    weir_key_type type;
    unsigned flags;
    size_t offset;
    weir_key_read *read;
    const weir_key_table *table;
    const char *const *choices; /* ENUM: NULL-terminated */
    const weir_shape *shape;    /* READ */
    weir_extension_use use;     /* FUNCTION */
    const char *doc;
} weir_key_row;

struct weir_key_table {
    const char *title; /* "a connection": for messages */
    const weir_key_row *rows;
    size_t count;
};

/** The table of a whole spec: what a schema or reference printer starts from. */
extern const weir_key_table weir_spec_table;
extern const weir_key_table weir_field_table; /* what WEIR_SHAPE_FIELDS is made of */

extern const weir_shape weir_credentials_shape, weir_vars_shape, weir_mappings_shape;
extern const weir_shape weir_assets_shape, weir_connections_shape, weir_auth_shape;
extern const weir_shape weir_session_shape;
extern const weir_shape weir_tests_shape, weir_frame_shape, weir_frames_shape;
extern const weir_shape weir_plugins_shape, weir_hooks_shape, weir_sinks_shape;
extern const weir_shape weir_layout_shape, weir_protobuf_shape;
extern const weir_shape weir_fields_shape, weir_message_shape;
extern const weir_shape weir_ack_shape, weir_batch_shape, weir_rate_shape, weir_limit_shape;
extern const weir_shape weir_symbols_shape, weir_subscribe_shape;
extern const weir_shape weir_sequence_shape, weir_dedupe_shape;
extern const weir_shape weir_learn_shape, weir_heartbeat_shape, weir_liveness_shape;
extern const weir_shape weir_roll_shape;
extern const weir_shape weir_text_shape, weir_scalar_shape, weir_any_shape;

/** Names that an expression can spell, as a pattern. */
#define WEIR_WORD_PATTERN "^[A-Za-z][A-Za-z0-9_]*$"

/** Is it such a name? */
bool weir_is_word(weir_str name);

/** True if the node's kind and number of elements fit; what is inside is not looked at. */
bool weir_shape_takes(const weir_shape *shape, const weir_node *node);

/** Reads `node` by `table` into the struct at `into` (already holding its defaults). */
void weir_read_map(weir_reader *reader, weir_node *node, const weir_key_table *table, void *into);

/* ---- single values; false after a diagnostic, *out untouched */
bool weir_read_text(weir_reader *reader, const weir_node *node, const char *what, weir_str *out);
bool weir_read_name(weir_reader *reader, const weir_node *node, const char *what, weir_str *out);
bool weir_read_expr(weir_reader *reader, const weir_node *node, const char *what, weir_text *out);
bool weir_read_function(weir_reader *reader, const weir_node *node, const char *what,
                        weir_extension_use use, weir_text *out);
bool weir_read_duration(weir_reader *reader, const weir_node *node, const char *what, int64_t *out);
bool weir_read_bool(weir_reader *reader, const weir_node *node, const char *what, bool *out);
bool weir_read_enum(weir_reader *reader, const weir_node *node, const char *what,
                    const char *const *choices, int *out);
/** "expected WANTED for 'what', not a list". */
void weir_read_mismatch(weir_reader *reader, const weir_node *node, const char *what,
                        const char *wanted);
/** A scalar, list or map as a value in the spec's arena. */
bool weir_read_value(weir_reader *reader, const weir_node *node, weir_value *out);
/** "unknown WHAT 'x'; did you mean 'y'?" at the node; candidates by index. */
void weir_read_unknown(weir_reader *reader, weir_place place, const char *what, weir_str word,
                       size_t count, weir_str (*at)(const void *user, size_t index),
                       const void *user);
/** Zeroed array of `count` (at least 1) in the arena; NULL: out of memory. */
void *weir_read_array(weir_reader *reader, size_t count, size_t size);

/* ---- the parts of a spec, one file each */
void weir_read_fields(weir_reader *reader, weir_node *node, const weir_field **fields,
                      size_t *count);
/** The same for HTTP headers, whose names cannot hold everything. */
void weir_read_headers(weir_reader *reader, weir_node *node, const weir_field **fields,
                       size_t *count);
void weir_read_message(weir_reader *reader, weir_node *node, weir_message_spec *message);
bool weir_is_message(const weir_node *node);
void weir_read_session(weir_reader *reader, weir_node *node, void *auth);
void weir_read_auth(weir_reader *reader, weir_node *node, void *connection);
void weir_read_protobuf(weir_reader *reader, weir_node *node, void *connection);
void weir_read_connections(weir_reader *reader, weir_node *node, void *model);
void weir_read_layout(weir_reader *reader, weir_node *node, void *connection);
void weir_read_subscribe(weir_reader *reader, weir_node *node, void *connection);
void weir_read_ack(weir_reader *reader, weir_node *node, void *connection);
void weir_read_batch(weir_reader *reader, weir_node *node, void *connection);
void weir_read_rate(weir_reader *reader, weir_node *node, void *connection);
void weir_read_limit(weir_reader *reader, weir_node *node, void *connection);
void weir_read_connect_rate(weir_reader *reader, weir_node *node, void *connection);
void weir_read_sequence(weir_reader *reader, weir_node *node, void *connection);
void weir_read_dedupe(weir_reader *reader, weir_node *node, void *connection);
void weir_read_learn(weir_reader *reader, weir_node *node, void *connection);
void weir_read_heartbeat(weir_reader *reader, weir_node *node, void *connection);
void weir_read_liveness(weir_reader *reader, weir_node *node, void *connection);
void weir_read_roll(weir_reader *reader, weir_node *node, void *connection);
void weir_read_symbols(weir_reader *reader, weir_node *node, void *connection);
void weir_read_credentials(weir_reader *reader, weir_node *node, void *model);
/** Loads the plugins of a spec: before its other keys are read, which may name what they register.
 */
void weir_read_plugins(weir_reader *reader, weir_node *spec);
/** The row's reader: they are loaded by then. */
void weir_read_plugins_again(weir_reader *reader, weir_node *node, void *model);
void weir_read_hooks(weir_reader *reader, weir_node *node, void *connection);
/** Kept until the connections are read: they name some. */
void weir_keep_sinks(weir_reader *reader, weir_node *node, void *model);
void weir_read_sinks(weir_reader *reader);
void weir_read_vars(weir_reader *reader, weir_node *node, void *model);
void weir_read_mappings(weir_reader *reader, weir_node *node, void *model);
void weir_read_assets(weir_reader *reader, weir_node *node, void *model);
/** The blocks of model->tests_node, once the connections are read. */
void weir_read_tests(weir_reader *reader);
/** A frame of a test or a list of them. False after a diagnostic. */
bool weir_read_frames(weir_reader *reader, const weir_node *node, const char *what,
                      const weir_test_frame **frames, size_t *count);
/** Options of a backend by its rows; `node` NULL: all defaults. */
void weir_read_options(weir_reader *reader, weir_node *node, const weir_option_row *rows,
                       size_t count, weir_options *out);
/** What can only be seen when a connection is whole: names of streams, router, converters. */
void weir_check_connection(weir_reader *reader, weir_connection_spec *connection);
/** What goes with its roll, and what that can promise. */
void weir_check_roll(weir_reader *reader, const weir_connection_spec *connection);

/** The stream of a name in a connection, or NULL. */
const weir_stream_spec *weir_connection_stream(const weir_connection_spec *connection,
                                               weir_str name);

#endif
