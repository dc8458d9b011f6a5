/* SPDX-License-Identifier: MIT */
/* CSV as RFC 4180 has it: quoted fields with doubled quotes, CRLF or LF, a first line of column
 * names. */
#ifndef WEIR_SPEC_CSV_H
#define WEIR_SPEC_CSV_H

#include "util/arena.h"

enum { WEIR_CSV_COLUMNS_MAX = 256 };

typedef struct weir_csv {
    weir_str text;
    size_t at;
    uint32_t line; /* of the row last read, from 1 */
} weir_csv;

/**
 * Reads the next row into `fields` (WEIR_CSV_COLUMNS_MAX of them; text in the arena or in the
 * source). Returns the number of fields, 0 at the end, SIZE_MAX with a sentence in `error` for a
 * malformed row.
 */
size_t weir_csv_row(weir_csv *csv, weir_arena *arena, weir_str *fields, weir_error *error);

#endif
