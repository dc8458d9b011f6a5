/* SPDX-License-Identifier: MIT */
/*
 * The command line: commands and their options are rows, from which parsing, --help, the man page
 * and the bash completion are made. A command gets parsed arguments and returns an exit status.
 */
#ifndef WEIR_CLI_CLI_H
#define WEIR_CLI_CLI_H

#include <weir/weir.h>

#include "util/buf.h"

/** Exit statuses. */
enum { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2 };

typedef enum cli_completion {
    CLI_COMPLETE_NOTHING,
    CLI_COMPLETE_FILE,
    CLI_COMPLETE_SPEC
} cli_completion;

typedef struct cli_option {
    const char *name; /* without the dashes */
    const char *arg;  /* name of its argument in help; NULL: a flag */
    const char *help;
    bool repeats;
    const char *const *choices; /* NULL-terminated; NULL: anything */
    cli_completion completion;
} cli_option;

typedef struct cli_args cli_args;

typedef struct cli_command {
    const char *name;
    const char *operands; /* "SPEC FILE", as help shows it */
    size_t least, most;   /* number of operands; most SIZE_MAX = any */
    const char *summary;
    const char *description; /* paragraphs for --help and the man page */
    const char *examples;    /* lines */
    const cli_option *options;
    size_t option_count;
    int (*run)(const cli_args *args);
} cli_command;

extern const cli_command *const cli_commands[]; /* NULL-terminated */

struct cli_args {
    const cli_command *command;
    const char **operands;
    size_t operand_count;
    const cli_option **given; /* options as given, in order */
    const char **values;
    size_t given_count;
};

/** The value of an option (the last one given), or NULL. For a flag: "" when given. */
const char *cli_value(const cli_args *args, const char *name);
bool cli_flag(const cli_args *args, const char *name);
/** The values of a repeated option in order: start with *at = 0; NULL at the end. */
const char *cli_next(const cli_args *args, const char *name, size_t *at);

/** Parses; false after a message on stderr. *help is set when --help was asked for. */
bool cli_parse(const cli_command *command, int argc, char **argv, cli_args *args, bool *help);
void cli_args_fini(cli_args *args);

void cli_help(const cli_command *command, weir_buf *out); /* NULL: of the program */
void cli_man_page(weir_buf *out);
void cli_bash_completion(weir_buf *out);

/** "weir: ..." on stderr, one line. Returns CLI_FAILED. */
int cli_fail(const char *format, ...) WEIR_PRINTF(1, 2);
/** The same for a mistake in the call, with a hint at --help. Returns CLI_USAGE. */
int cli_usage(const cli_args *args, const char *format, ...) WEIR_PRINTF(2, 3);
/** True when messages on stderr may have colours (a terminal, NO_COLOR not set). */
bool cli_has_colour(void);

/** Options that several commands share: `settings` must hold one per --set given. */
weir_spec *cli_load_spec(const cli_args *args, const char *path);
/** Channels by --channel as bits; 0 = all; false after a message. */
bool cli_channels(const cli_args *args, unsigned *bits);
/** An unsigned number; false after a message. */
bool cli_number(const cli_args *args, const char *name, uint64_t *out);

extern const cli_command cli_run, cli_replay, cli_check, cli_eval, cli_demo, cli_version_command,
    cli_help_command;

#endif
