/* SPDX-License-Identifier: MIT */
/*
 * Option rows: how a backend (or anything with options) declares what it accepts. The checker,
 * --help, the JSON Schema and the reference page read the same rows; the spec room fills a
 * weir_options from them, so a backend never parses text and a wrong option is reported with line
 * and column.
 */
#ifndef WEIR_UTIL_OPTION_H
#define WEIR_UTIL_OPTION_H

#include <weir/types.h>

typedef enum weir_option_type {
    WEIR_OPTION_BOOL,
    WEIR_OPTION_INT,
    WEIR_OPTION_SIZE,     /**< bytes: "64MiB" or an integer; in .u */
    WEIR_OPTION_DURATION, /**< nanoseconds: "15s"; in .i */
    WEIR_OPTION_STR,
    WEIR_OPTION_STR_LIST,
    WEIR_OPTION_STR_MAP, /**< text to text; in order */
    WEIR_OPTION_ENUM,    /**< one of `choices`; the index is in .i, the text in .s */
    WEIR_OPTION_GROUP    /**< a map with rows of its own (`rows`, `row_count`) */
} weir_option_type;

typedef struct weir_option_row weir_option_row;
struct weir_option_row {
    const char *name;
    weir_option_type type;
    const char *doc;             /**< one sentence, with the default */
    const char *fallback;        /**< the default as the spec would write it; NULL = unset */
    int64_t min, max;            /**< for INT, SIZE, DURATION; both 0 = any that is not negative */
    const char *const *choices;  /**< ENUM: NULL-terminated */
    const weir_option_row *rows; /**< GROUP */
    size_t row_count;
};

typedef struct weir_option_pair {
    weir_str key;
    weir_str value;
} weir_option_pair;

/** One option's value; which member holds it is told by its row's type. */
typedef struct weir_option_value {
    const weir_option_row *row;
    bool is_set;    /**< written in the spec; otherwise the fallback (if any) was filled in */
    bool has_value; /**< written, or has a fallback */
    bool b;
    int64_t i;
    uint64_t u;
    weir_str s;
    const weir_str *list;
    const weir_option_pair *pairs;
    size_t count;                    /**< of list or pairs */
    struct weir_option_value *group; /**< GROUP: row_count values, in row order */
} weir_option_value;

/** The values of a table of rows, in row order. Lives in the spec's arena. */
typedef struct weir_options {
    const weir_option_row *rows;
    size_t count;
    const weir_option_value *values;
} weir_options;

/**
 * What the checker and the plan must know of a backend beyond its rows: facts, so that neither
 * needs to know backends by name.
 */
enum {
    WEIR_BACKEND_TOPICS = 1,    /**< it subscribes by topics: subscribe messages become those */
    WEIR_BACKEND_NAMES = 2,     /**< its frames carry names (events) that tell streams apart */
    WEIR_BACKEND_HELLO = 4,     /**< the first message is part of its connect */
    WEIR_BACKEND_ADDRESSED = 8, /**< it sends under a name alone: a message needs its `event` */
    WEIR_BACKEND_MUTE = 64,  /**< it sends no messages (topics, if any, are asked for otherwise) */
    WEIR_BACKEND_BARE = 128, /**< no HTTP request opens it: headers and query have no place */
    WEIR_BACKEND_STAND_IN = 256, /**< it plays what another backend brought: nothing is sent, nobody
                                   logs in, and what only that backend takes is taken */
    WEIR_BACKEND_SINGLE = 16384, /**< a second connection beside the first would take from it */
    WEIR_BACKEND_PARTS = 8192,   /**< a message may be a list of parts, each decoded by itself */
    WEIR_BACKEND_GRANTS = 4096   /**< each topic that was asked for is answered (on_topic) */
};

/** The value of "name" or "group.name"; asserts that such a row exists. */
const weir_option_value *weir_options_get(const weir_options *options, const char *name);

#endif
