/* SPDX-License-Identifier: MIT */
/* weir eval: one expression of the spec language, tried out. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "util/file.h"

enum { DATA_MAX = 256 * 1024 * 1024 };

/* --data: a JSON text, or @FILE. False after a message. */
static bool read_data(const cli_args *args, weir_buf *data)
{
    const char *given = cli_value(args, "data");
    weir_error error = {0};
    if (!given)
        return true;
    if (given[0] != '@')
        weir_buf_puts(data, given);
    else if (weir_file_read(given + 1, DATA_MAX, data, &error) != WEIR_OK)
        return cli_fail("%s", error.text) == CLI_OK;
    return true;
}

static int run(const cli_args *args)
{
    weir_buf data = {0};
    weir_text_buffer value = {0};
    weir_report *report = NULL;
    weir_error error = {0};
    int status = CLI_FAILED;
    if (!read_data(args, &data))
        return CLI_FAILED;
    const char *text = cli_flag(args, "data") ? weir_buf_cstr(&data) : NULL;
    if (weir_eval(args->operands[0], text, &value, &report, &error) == WEIR_OK) {
        weir_buf out = {value.ptr, value.len, value.cap, false};
        value = (weir_text_buffer){0};
        weir_buf_putc(&out, '\n');
        status = cli_print(&out);
    } else if (report && weir_report_count(report) > 0) {
        char *shown = weir_report_text(report, cli_has_colour());
        fputs(shown ? shown : "weir: out of memory\n", stderr);
        free(shown);
    } else {
        cli_fail(error.code == WEIR_ERR_DECODE ? "--data: %s" : "%s", error.text);
    }
    weir_report_free(report);
    weir_text_buffer_free(&value);
    weir_buf_fini(&data);
    return status;
}

static const cli_option options[] = {
    {.name = "data",
     .arg = "JSON|@FILE",
     .help = "what the name 'data' stands for, as JSON or in a file (default: null)",
     .completion = CLI_COMPLETE_FILE},
};

const cli_command cli_eval = {
    .name = "eval",
    .operands = "EXPR",
    .least = 1,
    .most = 1,
    .summary = "evaluate an expression",
    .description = "Evaluates one expression as a spec would and prints its value as JSON. A "
                   "mistake is shown with its place, and the exit status is 1.",
    .examples = "weir eval \"float(data['p']) * 2\" --data '{\"p\": \"1.5\"}'\n"
                "weir eval \"pd.Timestamp(data, unit='ms')\" --data 1614009104208\n",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .run = run};
