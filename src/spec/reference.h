/* SPDX-License-Identifier: MIT */
/*
 * The tables of keys, printed: as the JSON Schema that editors use, and as the tables of
 * docs/spec-reference.md. Both are walks over the rows that the reader reads by.
 */
#ifndef WEIR_SPEC_REFERENCE_H
#define WEIR_SPEC_REFERENCE_H

#include "spec/rows.h"
#include "util/buf.h"

enum { WEIR_TABLES_MAX = 64 };

/** Every table that can be reached from the table of a spec, each once, in reading order. */
typedef struct weir_table_list {
    const weir_key_table *tables[WEIR_TABLES_MAX];
    size_t count;
} weir_table_list;

void weir_tables_collect(weir_table_list *list);
/** The title without its article: "router rule". Points into the title. */
const char *weir_table_name(const weir_key_table *table);

/**
 * Appends a JSON Schema (2020-12) of a spec. It never refuses what the reader accepts; what only
 * the reader can see (names that must exist, expressions, what `extends` brings) it lets pass.
 */
void weir_schema_print(weir_buf *out, const weir_spec_registry *registry);

/** Name of the index-th reference table ("connection", "websocket options"); false: no more. */
bool weir_spec_reference_name(const weir_spec_registry *registry, size_t index, weir_buf *name);
/** Appends the table of a name as Markdown; false: there is none. */
bool weir_spec_reference_print(weir_buf *out, const weir_spec_registry *registry, weir_str name);

#endif
