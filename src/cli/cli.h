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
    bool is_hidden; /* from help, man page and completion */
} cli_option;

typedef struct cli_args cli_args;

typedef struct cli_command {
    const char *name;
    const char *operands; /* "SPEC FILE", as help shows it; a SPEC and a FILE complete as such */
    size_t least, most;   /* number of operands; most SIZE_MAX = any */
    const char *summary;
    const char *description; /* paragraphs for --help and the man page, a blank line between */
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
/** True when the help text of an option does not say all its choices itself. */
bool cli_lists_choices(const cli_option *option);
/** The command of a name; NULL after a message, with the nearest one, on stderr. */
const cli_command *cli_find_command(const char *name);

/** "weir: ..." on stderr, one line. Returns CLI_FAILED. */
int cli_fail(const char *format, ...) WEIR_PRINTF(1, 2);
/** The same for a mistake in the call, with a hint at --help. Returns CLI_USAGE. */
int cli_usage(const cli_args *args, const char *format, ...) WEIR_PRINTF(2, 3);
/** True when messages on stderr may have colours (a terminal, NO_COLOR not set). */
bool cli_has_colour(void);
/** Writes a short text to stdout and wipes `text`. CLI_FAILED after a message; a closed pipe is no
 * failure. */
int cli_print(weir_buf *text);
/** Appends text of the network: what could drive a terminal becomes '?'. */
void cli_put_clean(weir_buf *out, weir_str text);

/** Loads by path or bare name, with --set and --credentials, showing diagnostics on stderr. NULL
 * after a message; *status is then what to exit with. */
weir_spec *cli_load_spec(const cli_args *args, const char *path, int *status);
/** The same with one more setting in front. */
weir_spec *cli_load_spec_with(const cli_args *args, const char *path, const weir_setting *more,
                              int *status);
/**
 * The path of a spec: `name` itself when it is a path, else NAME.yaml here, in ./specs, or among
 * the specs that came with the command. False when a bare name is found nowhere: `out` then says
 * so, with the names there are.
 */
bool cli_find_spec(const char *name, weir_buf *out);
/** Bare names of the specs that can be found, one a line. */
void cli_spec_names(weir_buf *out);
/** Channels by --channel as bits; 0 = all. */
unsigned cli_channels(const cli_args *args);
/** An unsigned number; false after a message. */
bool cli_number(const cli_args *args, const char *name, uint64_t *out);
/** A duration; false after a message. */
bool cli_duration(const cli_args *args, const char *name, int64_t *ns);

/* ------------------------------------------------------------------ rows that commands share */

extern const char *const cli_channel_names[];
extern const char *const cli_format_names[];
extern const char *const cli_log_names[];

#define CLI_OPTION_CONNECTION                                                                      \
    {                                                                                              \
        .name = "connection", .arg = "NAME", .help = "only this connection of the spec"            \
    }
#define CLI_OPTION_CHANNEL                                                                         \
    {                                                                                              \
        .name = "channel", .arg = "CHANNEL",                                                       \
        .help = "only records of this channel; may be repeated", .repeats = true,                  \
        .choices = cli_channel_names                                                               \
    }
#define CLI_OPTION_FORMAT                                                                          \
    {                                                                                              \
        .name = "format", .arg = "FORMAT",                                                         \
        .help =                                                                                    \
            "json: one object a line (the default); csv: one header for all the columns there "    \
            "are; pretty: aligned, for people",                                                    \
        .choices = cli_format_names                                                                \
    }
#define CLI_OPTION_GAPS                                                                            \
    {                                                                                              \
        .name = "gaps",                                                                            \
        .help = "with csv: records that stand for missing ones too, with columns of their own "    \
                "behind the others; json and pretty have them anyway"                              \
    }
#define CLI_OPTION_LIMIT                                                                           \
    {                                                                                              \
        .name = "limit", .arg = "N", .help = "stop after N records"                                \
    }
#define CLI_OPTION_SET                                                                             \
    {                                                                                              \
        .name = "set", .arg = "NAME=VALUE",                                                        \
        .help = "give a variable of the spec another value, as in vars.url=wss://...; may be "     \
                "repeated",                                                                        \
        .repeats = true                                                                            \
    }
#define CLI_OPTION_CREDENTIALS                                                                     \
    {                                                                                              \
        .name = "credentials", .arg = "FILE",                                                      \
        .help = "read credentials from FILE instead of ~/.config/weir/weir.yaml; a file that "     \
                "others can read is refused",                                                      \
        .completion = CLI_COMPLETE_FILE                                                            \
    }
#define CLI_OPTION_QUIET                                                                           \
    {                                                                                              \
        .name = "quiet", .help = "say nothing on stderr but why it failed"                         \
    }
#define CLI_OPTION_LOG                                                                             \
    {                                                                                              \
        .name = "log", .arg = "LEVEL",                                                             \
        .help = "events and log lines on stderr from this level up: debug, info (the default), "   \
                "warning, "                                                                        \
                "error or off",                                                                    \
        .choices = cli_log_names                                                                   \
    }

extern const cli_command cli_fmt;
extern const cli_command cli_run, cli_replay, cli_check, cli_diff_command, cli_test,
    cli_record_test, cli_eval, cli_demo, cli_version_command, cli_help_command, cli_schema, cli_new,
    cli_list, cli_show, cli_explain, cli_plugin;

#endif
