/* SPDX-License-Identifier: MIT */
/*
 * A sheet: labelled values, nested, that are written as JSON for programs or as aligned text for
 * people. Whoever explains something builds one and need not care which.
 *
 * Entries live in the sheet's arena. A NULL parent is taken and gives NULL, so a builder checks
 * `failed` once, at the end.
 */
#ifndef WEIR_PIPELINE_SHEET_H
#define WEIR_PIPELINE_SHEET_H

#include "util/arena.h"
#include "util/buf.h"
#include "util/secret.h"
#include "value/value.h"

typedef struct weir_entry weir_entry;

typedef struct weir_sheet {
    weir_arena *arena;
    const weir_secret *secrets; /* masked in what is not the spec's own words */
    size_t secret_count;
    bool failed; /* out of memory */
} weir_sheet;

/** A map without a parent. */
weir_entry *weir_sheet_root(weir_sheet *sheet);
/** In a list, `key` is NULL. */
weir_entry *weir_sheet_map(weir_sheet *sheet, weir_entry *parent, const char *key);
weir_entry *weir_sheet_list(weir_sheet *sheet, weir_entry *parent, const char *key);

/** Words of the spec or of the program, as they are. */
void weir_sheet_text(weir_sheet *sheet, weir_entry *parent, const char *key, weir_str text);
void weir_sheet_printf(weir_sheet *sheet, weir_entry *parent, const char *key, const char *format,
                       ...) WEIR_PRINTF(4, 5);
/** Lines of text, such as a program. */
void weir_sheet_lines(weir_sheet *sheet, weir_entry *parent, const char *key, weir_str text);
/** Words which the aligned text cuts where they are long: they are shown in full elsewhere. */
void weir_sheet_brief(weir_sheet *sheet, weir_entry *parent, const char *key, weir_str text);
/** What was evaluated from credentials: every secret in it becomes "***". */
void weir_sheet_masked(weir_sheet *sheet, weir_entry *parent, const char *key, weir_str text);
/** The same for data, which the aligned text cuts where it is long. */
void weir_sheet_sample(weir_sheet *sheet, weir_entry *parent, const char *key, weir_str text);
/** A value as JSON text, as a sample. */
void weir_sheet_value(weir_sheet *sheet, weir_entry *parent, const char *key, const weir_value *v);
void weir_sheet_number(weir_sheet *sheet, weir_entry *parent, const char *key, uint64_t number);
void weir_sheet_bool(weir_sheet *sheet, weir_entry *parent, const char *key, bool is_true);
/** "15s", "250ms", "1.5s" would be "1500ms". */
void weir_sheet_duration(weir_sheet *sheet, weir_entry *parent, const char *key, int64_t ns);

/** One JSON value, without newline. */
void weir_sheet_json(const weir_entry *entry, weir_buf *out);
/** Lines: a list of flat maps is a table; of nested maps, blocks headed by their first entry. */
void weir_sheet_print(const weir_entry *entry, weir_buf *out);

/* ------------------------------------------------------------------ for the two writers */

typedef enum weir_entry_kind {
    WEIR_ENTRY_TEXT,
    WEIR_ENTRY_LINES,
    WEIR_ENTRY_SAMPLE,
    WEIR_ENTRY_LITERAL, /* a number, true or false */
    WEIR_ENTRY_LIST,
    WEIR_ENTRY_MAP
} weir_entry_kind;

struct weir_entry {
    weir_entry_kind kind;
    const char *key; /* static; NULL in a list */
    weir_str text;
    weir_entry *first, *last; /* children */
    weir_entry *next;
};

#endif
