/* SPDX-License-Identifier: MIT */
/*
 * The command `weir`. A closed pipe is seen where it is written to, as EPIPE, and never kills the
 * process, so that every way out is a clean one.
 */
#include <signal.h>
#include <stdio.h>

#include "cli/cli.h"

static int run_command(const cli_command *command, int argc, char **argv)
{
    cli_args args;
    bool wants_help = false;
    int status = CLI_USAGE;
    if (cli_parse(command, argc, argv, &args, &wants_help)) {
        weir_buf out = {0};
        if (wants_help)
            cli_help(command, &out);
        status = wants_help ? cli_print(&out) : command->run(&args);
    }
    cli_args_fini(&args);
    return status;
}

/* What people type before they know the commands. */
static const struct {
    const char *spelling;
    const cli_command *command;
} synonyms[] = {{"--help", &cli_help_command},
                {"-h", &cli_help_command},
                {"--version", &cli_version_command},
                {"-V", &cli_version_command}};

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file at its limit is an error of the write */
    if (argc < 2) {
        weir_buf out = {0};
        cli_help(NULL, &out);
        fputs(weir_buf_cstr(&out), stderr);
        weir_buf_fini(&out);
        return CLI_USAGE;
    }
    for (size_t i = 0; i < sizeof synonyms / sizeof synonyms[0]; i++) {
        if (strcmp(argv[1], synonyms[i].spelling) == 0)
            return run_command(synonyms[i].command, argc - 2, argv + 2);
    }
    const cli_command *command = cli_find_command(argv[1]);
    return command ? run_command(command, argc - 2, argv + 2) : CLI_USAGE;
}
