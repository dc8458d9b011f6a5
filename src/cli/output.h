/* SPDX-License-Identifier: MIT */
/*
 * Records on stdout, in one of the formats. Text is gathered in one buffer and written in large
 * pieces; the caller flushes when it has nothing better to do. A reader that goes away (EPIPE) ends
 * the command without an error.
 */
#ifndef WEIR_CLI_OUTPUT_H
#define WEIR_CLI_OUTPUT_H

#include <weir/weir.h>

#include "cli/cli.h"

typedef struct cli_output cli_output;

typedef struct cli_output_options {
    const char *format; /* a name of cli_format_names; NULL: json */
    unsigned channels;  /* bits; 0 = all: what a csv header covers */
    const char *connection;
    bool with_frame;
    bool with_gaps;                   /* csv: the others have them anyway */
    void (*before_write)(void *user); /* may be NULL; before each write to stdout */
    void *user;
} cli_output_options;

/** NULL after a message. The spec must outlive it. */
cli_output *cli_output_new(const weir_spec *spec, const cli_output_options *options);
/** False: nothing more can be written (cli_output_status tells why). */
bool cli_output_record(cli_output *output, const weir_record *record);
bool cli_output_flush(cli_output *output);
/** Looks whether the reader has gone, which no write will tell while there are no records. */
bool cli_output_has_reader(cli_output *output);
uint64_t cli_output_records(const cli_output *output);
/** CLI_OK, also when the reader has gone; CLI_FAILED after an error, which is on stderr. */
int cli_output_status(const cli_output *output);
void cli_output_free(cli_output *output);

/* ------------------------------------------------------------------ formats */

/** How records become text. `state` is the format's own. */
typedef struct cli_writer {
    const char *format;
    /* May be NULL. False: out of memory. `head` gets what stands before the first record. */
    bool (*open)(void **state, const weir_spec *spec, const cli_output_options *options,
                 weir_buf *head);
    bool (*record)(void *state, weir_buf *out, const weir_record *record);
    void (*close)(void *state);
} cli_writer;

extern const cli_writer cli_writer_csv, cli_writer_pretty;

/** One cell as plain text: numbers as in JSON, text as it is, null as nothing. False for a kind
 * that is not there. */
bool cli_put_cell(weir_buf *out, const weir_record *record, size_t column);

#endif
