/* SPDX-License-Identifier: MIT */
/*
 * weir fmt: specs in their canonical layout, to stdout, as a diff, or in place of the files.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/diff.h"
#include "util/error.h"
#include "util/file.h"

enum { TEXT_MAX = 8 * 1024 * 1024 };

/* ------------------------------------------------------------------ files */

static weir_code read_stdin(weir_buf *out, weir_error *error)
{
    for (;;) {
        char *room = weir_buf_reserve(out, 65536);
        if (!room)
            return weir_fail_nomem(error);
        const ssize_t n = read(STDIN_FILENO, room, 65536);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return weir_fail(error, WEIR_ERR_IO, "standard input: %s", strerror(errno));
        if (n == 0)
            return WEIR_OK;
        out->len += (size_t)n;
        if (out->len > TEXT_MAX)
            return weir_fail(error, WEIR_ERR_LIMIT, "standard input: more than 8 MiB");
    }
}

/* ------------------------------------------------------------------ one file */

static weir_code format(const char *path, weir_buf *before, weir_text_buffer *after)
{
    const bool is_stdin = strcmp(path, "-") == 0;
    weir_report *report = NULL;
    weir_error error = {0};
    weir_code code =
        is_stdin ? read_stdin(before, &error) : weir_file_read(path, TEXT_MAX, before, &error);
    const char *name = is_stdin ? "standard input" : path;
    const bool is_read = code == WEIR_OK;
    if (is_read)
        code = weir_format(name, weir_buf_str(before), after, &report, &error);
    if (report && weir_report_errors(report) > 0) {
        char *text = weir_report_text(report, cli_has_colour());
        fputs(text ? text : "weir: out of memory\n", stderr);
        free(text);
    } else if (code != WEIR_OK) {
        cli_fail("%s%s%s", is_read ? name : "", is_read ? ": " : "", error.text);
    }
    weir_report_free(report);
    return code;
}

static int show(const cli_args *args, const char *path, weir_str before, weir_str after)
{
    const bool differs = !weir_str_eq(before, after);
    const bool is_check = cli_flag(args, "check"), is_diff = cli_flag(args, "diff");
    weir_buf out = {0};
    if (is_diff)
        cli_diff(&out, path, before, after);
    else if (is_check && differs)
        weir_buf_printf(&out, "%s\n", path);
    else if (!is_check && !cli_flag(args, "write"))
        weir_buf_put(&out, after);
    int status = cli_print(&out);
    if (is_check && differs)
        status = CLI_FAILED;
    weir_error error = {0};
    if (cli_flag(args, "write") && differs && weir_file_replace(path, after, &error) != WEIR_OK)
        status = cli_fail("%s", error.text);
    return status;
}

static int run(const cli_args *args)
{
    int status = CLI_OK;
    if (cli_flag(args, "write") && cli_flag(args, "check"))
        return cli_usage(args, "--write and --check exclude each other");
    for (size_t i = 0; i < args->operand_count; i++) {
        if (cli_flag(args, "write") && strcmp(args->operands[i], "-") == 0)
            return cli_usage(args, "--write has no file to write with '-'");
    }
    for (size_t i = 0; i < args->operand_count; i++) {
        weir_buf before = {0};
        weir_text_buffer after = {0};
        if (format(args->operands[i], &before, &after) != WEIR_OK ||
            show(args, args->operands[i], weir_buf_str(&before),
                 (weir_str){after.ptr, after.len}) != CLI_OK)
            status = CLI_FAILED;
        weir_buf_fini(&before);
        weir_text_buffer_free(&after);
    }
    return status;
}

static const cli_option options[] = {
    {.name = "check",
     .help = "write nothing; name the files that are laid out otherwise, and exit with 1"},
    {.name = "write", .help = "replace each file that is laid out otherwise"},
    {.name = "diff", .help = "show what changes, as a unified diff"},
};

const cli_command cli_fmt = {
    .name = "fmt",
    .operands = "FILE...",
    .least = 1,
    .most = SIZE_MAX,
    .summary = "lay out specs in the one way",
    .description =
        "Writes each spec to stdout in its canonical layout; '-' is standard input. Two blanks a "
        "level, lists inside their key, one empty line between connections, no blanks at the end "
        "of a line, double quotes where they cost no escape.\n\n"
        "Order, line breaks, comments, anchors, tags and block texts stay as they are, long lines "
        "too. The result is parsed again and must mean the same, or the file is refused; "
        "formatting it once more changes nothing.",
    .examples = "weir fmt acme.yaml --diff\n"
                "weir fmt --write specs/*.yaml\n"
                "weir fmt --check specs/*.yaml\n",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .run = run};
