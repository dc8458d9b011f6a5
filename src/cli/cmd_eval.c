/* SPDX-License-Identifier: MIT */
/* weir eval: one expression of the spec language, tried out. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/eval_prompt.h"
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

/* --batch: a line of JSON in, a line of JSON out. */
static int run_batch(void)
{
    weir_evaluator *evaluator = weir_evaluator_new();
    weir_text_buffer answer = {0};
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;
    bool is_good = evaluator != NULL;
    while (is_good && (len = getline(&line, &cap, stdin)) > 0) {
        if (line[len - 1] == '\n')
            len--;
        is_good = weir_evaluator_line(evaluator, line, (size_t)len, &answer);
        if (is_good && fwrite(answer.ptr, 1, answer.len, stdout) != answer.len)
            break;
    }
    free(line);
    weir_text_buffer_free(&answer);
    weir_evaluator_free(evaluator);
    return is_good ? CLI_OK : cli_fail("out of memory");
}

static int run(const cli_args *args)
{
    if (cli_flag(args, "batch"))
        return args->operand_count || cli_flag(args, "data")
                   ? cli_usage(args, "--batch takes expressions and data from its input")
                   : run_batch();
    weir_buf data = {0};
    weir_text_buffer value = {0};
    weir_report *report = NULL;
    weir_error error = {0};
    int status = CLI_FAILED;
    if (!read_data(args, &data))
        return CLI_FAILED;
    const char *text = cli_flag(args, "data") ? weir_buf_cstr(&data) : NULL;
    if (!args->operand_count)
        status = cli_eval_converse(args, text);
    else if (weir_eval(args->operands[0], text, &value, &report, &error) == WEIR_OK) {
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
    {.name = "batch",
     .help =
         "read lines of {\"expr\": ..., \"data\": ...} from stdin and answer each with a line of "
         "{\"value\": ..., \"type\": ...} or {\"error\": CLASS, \"text\": ...}"},
};

const cli_command cli_eval = {
    .name = "eval",
    .operands = "[EXPR]",
    .least = 0,
    .most = 1,
    .summary = "evaluate an expression",
    .description = "Evaluates one expression as a spec would and prints its value as JSON. A "
                   "mistake is shown with its place, and the exit status is 1.\n\n"
                   "Without an expression, reads them from stdin, one a line or as long as a "
                   "bracket is open; on a terminal with line editing, completion and a history "
                   "in $XDG_STATE_HOME/weir. ':help' lists what else can be typed, as :data FILE "
                   "and :spec SPEC.\n\n"
                   "With --batch, expressions come by the line. What JSON cannot say is written as "
                   "an object of one member: {\"$Decimal\": \"1.10\"}, {\"$tuple\": [1, 2]}, "
                   "{\"$bytes\": \"00ff\"}, {\"$Timestamp\": [NS, ZONE]}.",
    .examples = "weir eval \"float(data['p']) * 2\" --data '{\"p\": \"1.5\"}'\n"
                "weir eval \"pd.Timestamp(data, unit='ms')\" --data 1614009104208\n",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .run = run};
