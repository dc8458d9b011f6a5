/* SPDX-License-Identifier: MIT */
/* weir diff: what a reload from one spec to another would do to each connection. */
#include "cli/cli.h"

static int run(const cli_args *args)
{
    weir_text_buffer text = {0};
    weir_error error = {0};
    int status = CLI_FAILED;
    weir_spec *before = cli_load_spec(args, args->operands[0], &status);
    weir_spec *after = before ? cli_load_spec(args, args->operands[1], &status) : NULL;
    if (after && weir_spec_compare(before, after, &text, &error) != WEIR_OK)
        status = cli_fail("%s", error.text);
    else if (after)
        status = cli_print(&(weir_buf){text.ptr, text.len, text.cap, false});
    weir_spec_free(before);
    weir_spec_free(after);
    return status;
}

static const cli_option options[] = {CLI_OPTION_SET, CLI_OPTION_QUIET};

const cli_command cli_diff_command = {
    .name = "diff",
    .operands = "OLD NEW",
    .least = 2,
    .most = 2,
    .summary = "say what a reload from one spec to another would do",
    .description =
        "Compares two specs as a running 'weir run' does on SIGHUP: which connections would keep "
        "their sockets, and which would be connected anew, and why. Comments and layout are no "
        "difference.",
    .examples = "weir diff acme.yaml acme.new.yaml\n",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .run = run};
