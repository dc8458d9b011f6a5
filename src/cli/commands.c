/* SPDX-License-Identifier: MIT */
/* The list of commands, the small ones among them, and how commands print. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"
#include "util/diag.h"
#include "util/utf8.h"

const cli_command *const cli_commands[] = {
    &cli_run,          &cli_replay, &cli_check,       &cli_diff_command,
    &cli_explain,      &cli_test,   &cli_record_test, &cli_eval,
    &cli_fmt,          &cli_demo,   &cli_new,         &cli_list,
    &cli_show,         &cli_plugin, &cli_schema,      &cli_version_command,
    &cli_help_command, NULL};

/* ------------------------------------------------------------------ text out */

int cli_print(weir_buf *text)
{
    int status = CLI_OK;
    const char *at = text->ptr;
    size_t left = text->failed ? 0 : text->len;
    if (text->failed)
        status = cli_fail("out of memory");
    while (left > 0) {
        const ssize_t n = write(STDOUT_FILENO, at, left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            if (errno != EPIPE)
                status = cli_fail("writing to stdout: %s", strerror(errno));
            break;
        }
        at += n;
        left -= (size_t)n;
    }
    weir_buf_fini(text);
    return status;
}

/* Unicode's overrides of direction: what follows would be shown as something else. */
static bool turns_text(uint32_t c)
{
    return c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069);
}

void cli_put_clean(weir_buf *out, weir_str text)
{
    while (text.len > 0) {
        uint32_t c = 0;
        const size_t n = weir_utf8_decode(text, &c);
        const bool is_control = c < 0x20 || (c >= 0x7f && c < 0xa0) || turns_text(c);
        if (n == 0 || is_control)
            weir_buf_putc(out, '?');
        else
            weir_buf_put(out, (weir_str){text.ptr, n});
        text.ptr += n ? n : 1;
        text.len -= n ? n : 1;
    }
}

/* ------------------------------------------------------------------ help and version */

static int run_version(const cli_args *args)
{
    (void)args;
    weir_buf out = {0};
    weir_buf_printf(&out, "weir %s\n", weir_version());
    return cli_print(&out);
}

const cli_command cli_version_command = {.name = "version",
                                         .operands = "",
                                         .summary = "print the version",
                                         .description = "Prints the name and version of the "
                                                        "program.",
                                         .run = run_version};

static const cli_option help_options[] = {
    {.name = "man", .help = "the man page, as roff", .is_hidden = true},
    {.name = "bash", .help = "the completion for bash", .is_hidden = true},
    {.name = "specs", .help = "bare names of the specs there are", .is_hidden = true},
    {.name = "rows",
     .arg = "TABLE",
     .help = "a table of the reference pages; without a name of one, their names",
     .is_hidden = true},
};

static const struct {
    const char *option;
    void (*write)(weir_buf *out);
} help_outputs[] = {
    {"man", cli_man_page}, {"bash", cli_bash_completion}, {"specs", cli_spec_names}};

/* For tools/reference, which puts the tables into the pages of docs/. */
static int print_rows(const char *name)
{
    char *text = name[0] ? weir_reference_text(name) : weir_reference_names();
    weir_buf out = {0};
    if (!text)
        return cli_fail("there is no table '%s'", name);
    weir_buf_puts(&out, text);
    free(text);
    return cli_print(&out);
}

static int run_help(const cli_args *args)
{
    weir_buf out = {0};
    for (size_t i = 0; i < sizeof help_outputs / sizeof help_outputs[0]; i++) {
        if (cli_flag(args, help_outputs[i].option)) {
            help_outputs[i].write(&out);
            return cli_print(&out);
        }
    }
    if (cli_flag(args, "rows"))
        return print_rows(cli_value(args, "rows"));
    const cli_command *about = NULL;
    if (args->operand_count > 0 && !(about = cli_find_command(args->operands[0])))
        return CLI_USAGE;
    cli_help(about, &out);
    return cli_print(&out);
}

const cli_command cli_help_command = {.name = "help",
                                      .operands = "[COMMAND]",
                                      .most = 1,
                                      .summary = "explain a command",
                                      .description = "Explains a command, or lists them all.",
                                      .examples = "weir help run\n",
                                      .options = help_options,
                                      .option_count = sizeof help_options / sizeof help_options[0],
                                      .run = run_help};

/* ------------------------------------------------------------------ finding */

static weir_str command_at(const void *user, size_t index)
{
    (void)user;
    return weir_str_of(cli_commands[index]->name);
}

const cli_command *cli_find_command(const char *name)
{
    size_t count = 0;
    for (; cli_commands[count]; count++) {
        if (strcmp(cli_commands[count]->name, name) == 0)
            return cli_commands[count];
    }
    const weir_str near = weir_did_you_mean(weir_str_of(name), count, command_at, NULL);
    if (near.len > 0)
        fprintf(stderr, "weir: unknown command '%s'; did you mean '%.*s'?\n", name, WEIR_FMT(near));
    else
        fprintf(stderr, "weir: unknown command '%s'\n", name);
    fputs("Try 'weir help'.\n", stderr);
    return NULL;
}
