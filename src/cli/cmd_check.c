/* SPDX-License-Identifier: MIT */
/* weir check: findings go to stderr as people read them, or to stdout as one JSON array. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"

static size_t count_streams(const weir_spec *spec)
{
    size_t count = 0;
    for (size_t i = 0; i < weir_spec_connections(spec); i++)
        count += weir_spec_streams(spec, i);
    return count;
}

static void say_ok(const char *path, const weir_spec *spec, weir_buf *out)
{
    const size_t connections = weir_spec_connections(spec), streams = count_streams(spec);
    weir_buf_printf(out, "%s: ok (%zu connection%s, %zu stream%s)\n", path, connections,
                    connections == 1 ? "" : "s", streams, streams == 1 ? "" : "s");
}

/* Appends the elements of a JSON array to the one array over all files. */
static void add_elements(weir_buf *out, const char *array)
{
    const char *from = strchr(array, '['), *to = strrchr(array, ']');
    if (!from || !to || to <= from)
        return;
    from++;
    while (from < to && strchr(" \t\r\n", *from))
        from++;
    while (to > from && strchr(" \t\r\n", to[-1]))
        to--;
    if (from == to)
        return;
    weir_buf_puts(out, out->len > 1 ? ",\n " : "\n ");
    weir_buf_put(out, (weir_str){from, (size_t)(to - from)});
}

static void show(const weir_report *report, bool as_json, weir_buf *out)
{
    char *text = as_json ? weir_report_json(report) : weir_report_text(report, cli_has_colour());
    if (!text)
        cli_fail("out of memory");
    else if (as_json)
        add_elements(out, text);
    else
        fputs(text, stderr);
    free(text);
}

/* One spec; false when it has mistakes. */
static bool check(const char *name, bool as_json, weir_buf *out)
{
    weir_buf path = {0};
    weir_report *report = NULL;
    weir_error error = {0};
    if (!cli_find_spec(name, &path)) {
        cli_fail("%s", weir_buf_cstr(&path));
        weir_buf_fini(&path);
        return false;
    }
    weir_spec *spec = weir_spec_load(weir_buf_cstr(&path), NULL, &report, &error);
    if (report)
        show(report, as_json, out);
    if (!spec && (!report || weir_report_errors(report) == 0))
        cli_fail("%s", error.text);
    if (spec && !as_json)
        say_ok(weir_buf_cstr(&path), spec, out);
    const bool is_good = spec != NULL;
    weir_report_free(report);
    weir_spec_free(spec);
    weir_buf_fini(&path);
    return is_good;
}

static int run(const cli_args *args)
{
    const bool as_json = cli_flag(args, "json");
    weir_buf out = {0};
    bool is_good = true;
    if (as_json)
        weir_buf_putc(&out, '[');
    for (size_t i = 0; i < args->operand_count; i++)
        is_good &= check(args->operands[i], as_json, &out);
    if (as_json)
        weir_buf_puts(&out, out.len > 1 ? "\n]\n" : "]\n");
    const int status = cli_print(&out);
    return is_good ? status : CLI_FAILED;
}

static const cli_option options[] = {
    {.name = "json",
     .help = "findings of all files as one JSON array on stdout: file, line, column, length, "
             "severity, text"},
};

const cli_command cli_check = {
    .name = "check",
    .operands = "SPEC...",
    .least = 1,
    .most = SIZE_MAX,
    .summary = "find the mistakes of specs",
    .description = "Loads, checks and compiles each spec, and shows all that is wrong with it at "
                   "once, each mistake with its place. Exits with 0 when no spec has an error.",
    .examples = "weir check acme.yaml\nweir check specs/*.yaml --json\n",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .run = run};
