/* SPDX-License-Identifier: MIT */
/*
 * weir test: the tests that stand in specs. What fails is shown as a diff with its place; --update
 * first writes what happened into the specs, where it is reviewed as any other change. A spec that
 * does not load counts as one failed test, in every form of output.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "util/file.h"
#include "util/utf8.h"

typedef struct tally {
    const cli_args *args;
    const char *spec; /* as it was named */
    bool as_json;
    weir_buf out;   /* stdout */
    weir_buf cases; /* JUnit: of the spec */
    weir_buf suites;
    size_t passed, failed;
    size_t suite_passed, suite_failed;
    int64_t suite_ns;
} tally;

/* ------------------------------------------------------------------ text */

/* A diff, each line indented and without what could drive a terminal. */
static void put_lines(weir_buf *out, weir_str text)
{
    while (text.len > 0) {
        const char *end = memchr(text.ptr, '\n', text.len);
        const size_t len = end ? (size_t)(end - text.ptr) : text.len;
        weir_buf_puts(out, "    ");
        cli_put_clean(out, (weir_str){text.ptr, len});
        weir_buf_putc(out, '\n');
        text.ptr += len + (end != NULL);
        text.len -= len + (end != NULL);
    }
}

static void put_text(tally *t, const weir_test_result *result)
{
    if (result->has_passed)
        return;
    weir_buf_printf(&t->out, "%.*s:%u:%u: FAILED: ", WEIR_FMT(result->file), result->line,
                    result->column);
    cli_put_clean(&t->out, result->name);
    weir_buf_putc(&t->out, '\n');
    put_lines(&t->out, result->diff);
}

/* ------------------------------------------------------------------ JSON and XML */

static void put_json_text(weir_buf *out, weir_str text)
{
    weir_buf_putc(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        const unsigned char c = (unsigned char)text.ptr[i];
        if (c == '"' || c == '\\')
            weir_buf_printf(out, "\\%c", c);
        else if (c == '\n')
            weir_buf_puts(out, "\\n");
        else if (c < 0x20)
            weir_buf_printf(out, "\\u%04x", c);
        else
            weir_buf_putc(out, (char)c);
    }
    weir_buf_putc(out, '"');
}

static void put_member(weir_buf *out, const char *key, weir_str text)
{
    weir_buf_printf(out, "\"%s\":", key);
    put_json_text(out, text);
    weir_buf_putc(out, ',');
}

static void put_json(tally *t, const weir_test_result *result)
{
    weir_buf *out = &t->out;
    weir_buf_puts(out, t->passed + t->failed > 0 ? ",\n  {" : "\n  {");
    put_member(out, "spec", weir_str_of(t->spec));
    put_member(out, "name", result->name);
    put_member(out, "connection", result->connection);
    put_member(out, "file", result->file);
    weir_buf_printf(out, "\"line\":%u,\"column\":%u,\"passed\":%s,", result->line, result->column,
                    result->has_passed ? "true" : "false");
    put_member(out, "diff", result->diff);
    weir_buf_puts(out, "\"actual\":");
    weir_buf_put(out, result->actual);
    weir_buf_putc(out, '}');
}

/* Text of an element or attribute. XML 1.0 has no place for control characters, not even escaped.
 */
static void put_xml(weir_buf *out, weir_str text)
{
    while (text.len > 0) {
        uint32_t c = 0;
        const size_t n = weir_utf8_decode(text, &c);
        if (n == 0 || (c < 0x20 && c != '\n' && c != '\t') || c == 0xfffe || c == 0xffff)
            weir_buf_putc(out, '?');
        else if (c == '<' || c == '>' || c == '&' || c == '"' || c < 0x20)
            weir_buf_printf(out, "&#%u;", (unsigned)c);
        else
            weir_buf_put(out, (weir_str){text.ptr, n});
        text.ptr += n ? n : 1;
        text.len -= n ? n : 1;
    }
}

static void put_attribute(weir_buf *out, const char *name, weir_str value)
{
    weir_buf_printf(out, " %s=\"", name);
    put_xml(out, value);
    weir_buf_putc(out, '"');
}

static void put_seconds(weir_buf *out, int64_t ns)
{
    weir_buf_printf(out, " time=\"%.6f\"", (double)ns / 1e9);
}

static void put_case(tally *t, const weir_test_result *result)
{
    weir_buf *out = &t->cases;
    weir_buf_puts(out, "    <testcase");
    put_attribute(out, "name", result->name);
    weir_buf class = {0};
    weir_buf_printf(&class, "%s.%.*s", t->spec, WEIR_FMT(result->connection));
    put_attribute(out, "classname", weir_buf_str(&class));
    weir_buf_fini(&class);
    put_attribute(out, "file", result->file);
    weir_buf_printf(out, " line=\"%u\"", result->line);
    put_seconds(out, result->elapsed_ns);
    if (result->has_passed) {
        weir_buf_puts(out, "/>\n");
        return;
    }
    const char *end = memchr(result->diff.ptr, '\n', result->diff.len);
    weir_buf_puts(out, ">\n      <failure");
    put_attribute(
        out, "message",
        (weir_str){result->diff.ptr, end ? (size_t)(end - result->diff.ptr) : result->diff.len});
    weir_buf_putc(out, '>');
    put_xml(out, result->diff);
    weir_buf_puts(out, "</failure>\n    </testcase>\n");
}

static void end_suite(tally *t)
{
    weir_buf *out = &t->suites;
    weir_buf_puts(out, "  <testsuite");
    put_attribute(out, "name", weir_str_of(t->spec));
    weir_buf_printf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"0\"",
                    t->suite_passed + t->suite_failed, t->suite_failed);
    put_seconds(out, t->suite_ns);
    weir_buf_puts(out, ">\n");
    weir_buf_put(out, weir_buf_str(&t->cases));
    weir_buf_puts(out, "  </testsuite>\n");
    weir_buf_clear(&t->cases);
    t->suite_passed = t->suite_failed = 0;
    t->suite_ns = 0;
}

static int write_junit(const tally *t, const char *path)
{
    FILE *file = fopen(path, "we");
    if (!file)
        return cli_fail("%s: the file cannot be written", path);
    fprintf(file,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"%zu\" "
            "failures=\"%zu\">\n",
            t->passed + t->failed, t->failed);
    fwrite(t->suites.ptr ? t->suites.ptr : "", 1, t->suites.len, file);
    fputs("</testsuites>\n", file);
    const bool is_good = !ferror(file) && !t->suites.failed && !t->cases.failed;
    return fclose(file) == 0 && is_good ? CLI_OK
                                        : cli_fail("%s: the file could not be written", path);
}

/* ------------------------------------------------------------------ running */

static void on_result(void *user, const weir_test_result *result)
{
    tally *t = user;
    (t->as_json ? put_json : put_text)(t, result);
    put_case(t, result);
    t->passed += result->has_passed;
    t->failed += !result->has_passed;
    t->suite_passed += result->has_passed;
    t->suite_failed += !result->has_passed;
    t->suite_ns += result->elapsed_ns;
}

/* What kept the tests of a spec from being run, as a test that failed. */
static void count_broken(tally *t, const char *why)
{
    const weir_test_result result = {.name = WEIR_STR("(the spec)"),
                                     .file = weir_str_of(t->spec),
                                     .line = 1,
                                     .column = 1,
                                     .diff = weir_str_of(why),
                                     .actual = WEIR_STR("[]")};
    on_result(t, &result);
}

/* Writes what happened into the file; false after a message. */
static bool update(tally *t, weir_spec *spec, size_t *changed)
{
    weir_text_buffer text = {0};
    weir_error error = {0};
    weir_buf path = {0};
    weir_buf_put(&path, weir_spec_test_file(spec));
    const char *name = weir_buf_cstr(&path);
    weir_code code =
        weir_spec_test_update(spec, cli_value(t->args, "filter"), &text, changed, &error);
    if (code == WEIR_OK && *changed > 0)
        code = weir_file_replace(name, (weir_str){text.ptr, text.len}, &error);
    if (code == WEIR_OK && *changed > 0)
        fprintf(stderr, "weir: %s: %zu test%s updated; review the change\n", name, *changed,
                *changed == 1 ? "" : "s");
    if (code != WEIR_OK)
        cli_fail("%s", error.text);
    weir_text_buffer_free(&text);
    weir_buf_fini(&path);
    return code == WEIR_OK;
}

static int test_loaded(tally *t, weir_spec *spec)
{
    weir_error error = {0};
    const size_t before = t->passed + t->failed;
    const weir_code code = weir_spec_test(spec, cli_value(t->args, "filter"), on_result, t, &error);
    if (code != WEIR_OK)
        return cli_fail("%s", error.text);
    if (weir_spec_tests(spec) == 0)
        fprintf(stderr, "weir: %s has no tests\n", t->spec);
    else if (t->passed + t->failed == before)
        fprintf(stderr, "weir: %s: no test has '%s' in its name\n", t->spec,
                cli_value(t->args, "filter"));
    return CLI_OK;
}

static int test_spec(tally *t, const char *name)
{
    int status = CLI_FAILED;
    size_t changed = 0;
    bool is_good = true;
    t->spec = name;
    weir_spec *spec = cli_load_spec(t->args, name, &status);
    if (spec && cli_flag(t->args, "update"))
        is_good = update(t, spec, &changed);
    if (changed > 0) { /* once more, as it stands now */
        weir_spec_free(spec);
        spec = cli_load_spec(t->args, name, &status);
    }
    if (spec)
        status = test_loaded(t, spec);
    else if (status != CLI_USAGE)
        count_broken(t, "the spec does not load");
    weir_spec_free(spec);
    end_suite(t);
    return is_good ? status : CLI_FAILED;
}

static int finish(tally *t)
{
    const char *junit = cli_value(t->args, "junit");
    int status = junit ? write_junit(t, junit) : CLI_OK;
    if (t->as_json)
        weir_buf_printf(&t->out, "%s],\n \"passed\":%zu,\"failed\":%zu}\n",
                        t->passed + t->failed > 0 ? "\n " : "", t->passed, t->failed);
    else
        weir_buf_printf(&t->out, "%zu passed, %zu failed\n", t->passed, t->failed);
    const int printed = cli_print(&t->out);
    return status == CLI_OK ? printed : status;
}

static int run(const cli_args *args)
{
    tally t = {.args = args, .as_json = cli_flag(args, "json")};
    int status = CLI_OK;
    if (t.as_json)
        weir_buf_puts(&t.out, "{\"tests\":[");
    for (size_t i = 0; i < args->operand_count && status != CLI_USAGE; i++) {
        const int one = test_spec(&t, args->operands[i]);
        status = status == CLI_OK || one == CLI_USAGE ? one : status;
    }
    if (status != CLI_USAGE) {
        const int end = finish(&t);
        status = status == CLI_OK ? end : status;
    }
    const bool is_empty = t.passed + t.failed == 0 && cli_flag(args, "filter");
    weir_buf_fini(&t.out);
    weir_buf_fini(&t.cases);
    weir_buf_fini(&t.suites);
    return status == CLI_OK && (t.failed > 0 || is_empty) ? CLI_FAILED : status;
}

static const cli_option options[] = {
    {.name = "filter", .arg = "TEXT", .help = "only tests with TEXT in their name"},
    {.name = "update",
     .help = "write what happened into the specs, in place of every 'out' and 'sends' that "
             "differs or is missing; comments and layout of the rest are kept"},
    {.name = "json",
     .help = "results as one JSON object on stdout: tests (spec, name, connection, file, line, "
             "column, passed, diff, actual), passed, failed"},
    {.name = "junit",
     .arg = "FILE",
     .help = "also write the results to FILE as JUnit XML",
     .completion = CLI_COMPLETE_FILE},
    CLI_OPTION_SET,
    CLI_OPTION_QUIET,
};

const cli_command cli_test = {
    .name = "test",
    .operands = "SPEC...",
    .least = 1,
    .most = SIZE_MAX,
    .summary = "run the tests that stand in specs",
    .description =
        "Runs the blocks under 'tests' of each spec: frames to records, subscriptions to the "
        "messages that are sent, the login with credentials that are not real and a clock that "
        "stands still. There is no network in it.\n\n"
        "A test that fails is shown with its place, what was expected after '-' and what happened "
        "after '+'. Exits with 0 when every test passes.",
    .examples = "weir test specs/*.yaml\nweir test acme.yaml --filter trade\n"
                "weir test acme.yaml --update && git diff acme.yaml\n",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .run = run};
