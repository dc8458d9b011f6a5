/* SPDX-License-Identifier: MIT */
/*
 * Diagnostics: the user's mistakes, each with a place. A loader adds them to one list and goes on;
 * the list is sorted by place and printed once, as
 *
 *   specs/acme.yaml:31:15: error: unknown name 'bidd'; did you mean 'bid'?
 *      31 |     mid: (data['bid'] + bidd) / 2
 *         |                         ^~~~
 */
#ifndef WEIR_UTIL_DIAG_H
#define WEIR_UTIL_DIAG_H

#include <stdarg.h>

#include <weir/types.h>

#include "util/buf.h"

/** A source text that places refer to. Owned by the weir_diags it was added to. */
typedef struct weir_source {
    weir_str name; /**< the path as the user gave it */
    weir_str text;
} weir_source;

/** A range of a source. line and column count from 1, columns in code points; length in code
 * points. */
typedef struct weir_place {
    const weir_source *source; /**< NULL: no place (a whole-program mistake) */
    uint32_t line;
    uint32_t column;
    uint32_t length; /**< 0 is drawn as 1 */
} weir_place;

typedef enum weir_severity {
    WEIR_SEVERITY_ERROR,
    WEIR_SEVERITY_WARNING,
    WEIR_SEVERITY_NOTE
} weir_severity;

typedef struct weir_diag {
    weir_severity severity;
    weir_place place;
    weir_str text;
} weir_diag;

typedef struct weir_diags weir_diags;

enum { WEIR_DIAG_MAX = 1000 /* kept; more are only counted */ };

weir_diags *weir_diags_new(void);
void weir_diags_free(weir_diags *diags);
/** Copies name and text. NULL when out of memory. */
const weir_source *weir_diags_add_source(weir_diags *diags, weir_str name, weir_str text);
/** Adds one; equal texts at equal places are added once. Out of memory only counts it. */
void weir_diag_add(weir_diags *diags, weir_severity severity, weir_place place, const char *format,
                   ...) WEIR_PRINTF(4, 5);
void weir_diag_addv(weir_diags *diags, weir_severity severity, weir_place place, const char *format,
                    va_list args);
#define weir_diag_error(diags, place, ...)                                                         \
    weir_diag_add((diags), WEIR_SEVERITY_ERROR, (place), __VA_ARGS__)

size_t weir_diags_errors(const weir_diags *diags);
size_t weir_diags_warnings(const weir_diags *diags);
size_t weir_diags_count(const weir_diags *diags);
/** In order of source, line, column once weir_diags_sort was called. */
const weir_diag *weir_diags_at(const weir_diags *diags, size_t index);
void weir_diags_sort(weir_diags *diags);
/** The text form above, for all. `colour` adds ANSI colours. */
void weir_diags_print(const weir_diags *diags, weir_buf *out, bool colour);
/** One JSON array of {file,line,column,length,severity,text}. */
void weir_diags_print_json(const weir_diags *diags, weir_buf *out);

/**
 * The nearest of `count` candidates to `word` (Damerau-Levenshtein, at most a third of the length
 * wrong), or an empty str. `candidates` is read by index through `at`.
 */
weir_str weir_did_you_mean(weir_str word, size_t count,
                           weir_str (*at)(const void *user, size_t index), const void *user);

#endif
