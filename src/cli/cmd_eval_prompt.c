/* SPDX-License-Identifier: MIT */
/*
 * weir eval without an expression: one after another, from a terminal or from a pipe. A line that
 * begins with a colon is a command of the table below. An expression goes on over lines while a
 * bracket is open. On a terminal a mistake is shown under what was typed, so the lines are not
 * printed again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/eval_prompt.h"
#include "cli/prompt.h"
#include "util/file.h"
#include "util/utf8.h"

static const char first_ask[] = "weir> ";
static const char more_ask[] = "  ... ";

enum { DATA_MAX = 256 * 1024 * 1024 };

typedef struct talk {
    const cli_args *args;
    weir_workspace *workspace;
    cli_prompt *prompt; /* NULL: lines come from a pipe */
    weir_buf text;      /* what was typed of the present expression */
    char *line;         /* of the pipe */
    size_t line_cap;
    bool has_failed, is_over;
} talk;

/* A failure of one line is told and remembered; the talk goes on. */
static void fail(talk *t, const char *why)
{
    t->has_failed = true;
    fprintf(stderr, "%s%s\n", t->prompt ? "error: " : "weir: ", why);
}

/* ------------------------------------------------------------------ answers */

/* `indent` columns stand before the expression on the line that was typed. */
static void show_under(const weir_report *report, size_t indent)
{
    for (size_t i = 0; i < weir_report_count(report); i++) {
        const weir_report_item item = weir_report_at(report, i);
        fprintf(stderr, "%*s^", (int)(indent + item.column - 1), "");
        for (uint32_t k = 1; k < item.length; k++)
            fputc('~', stderr);
        fprintf(stderr, "\nerror: %.*s\n", WEIR_FMT(item.text));
    }
}

static void show_mistakes(talk *t, const weir_report *report, weir_str expression)
{
    t->has_failed = true;
    if (t->prompt && !memchr(expression.ptr, '\n', expression.len)) {
        const weir_str before = {t->text.ptr, (size_t)(expression.ptr - t->text.ptr)};
        show_under(report, sizeof first_ask - 1 + weir_utf8_count(before));
        return;
    }
    char *text = weir_report_text(report, cli_has_colour());
    fputs(text ? text : "weir: out of memory\n", stderr);
    free(text);
}

static void ask(talk *t, weir_ask what, weir_str expression)
{
    weir_text_buffer answer = {0};
    weir_report *report = NULL;
    weir_error error = {0};
    if (expression.len == 0) {
        fail(t, "an expression is missing");
        return;
    }
    const weir_code code =
        weir_workspace_ask(t->workspace, what, expression, &answer, &report, &error);
    if (code == WEIR_OK)
        printf("%.*s\n", (int)answer.len, answer.ptr ? answer.ptr : "");
    else if (report && weir_report_count(report) > 0)
        show_mistakes(t, report, expression);
    else
        fail(t, error.text);
    fflush(stdout);
    weir_report_free(report);
    weir_text_buffer_free(&answer);
}

/* ------------------------------------------------------------------ commands */

static void ask_type(talk *t, weir_str expression)
{
    ask(t, WEIR_ASK_TYPE, expression);
}

static void ask_code(talk *t, weir_str expression)
{
    ask(t, WEIR_ASK_CODE, expression);
}

/* JSON, or the name of a file that holds it: no text is both and means both. */
static void set_data(talk *t, weir_str given)
{
    weir_buf json = {0}, path = {0};
    weir_error error = {0};
    weir_buf_put(&path, given);
    if (given.len > 0 && given.ptr[0] == '@' && path.len > 0) {
        weir_buf_clear(&path);
        weir_buf_put(&path, (weir_str){given.ptr + 1, given.len - 1});
    }
    weir_code code = WEIR_OK;
    if (given.len == 0)
        weir_buf_puts(&json, "null");
    else if (weir_file_exists(weir_buf_cstr(&path)) || given.ptr[0] == '@')
        code = weir_file_read(weir_buf_cstr(&path), DATA_MAX, &json, &error);
    else
        weir_buf_put(&json, given);
    if (code == WEIR_OK)
        code = weir_workspace_set_data(t->workspace, weir_buf_str(&json), &error);
    if (code != WEIR_OK)
        fail(t, error.text);
    weir_buf_fini(&json);
    weir_buf_fini(&path);
}

static void set_spec(talk *t, weir_str given)
{
    weir_buf name = {0};
    weir_error error = {0};
    int status = 0;
    weir_buf_put(&name, given);
    if (given.len == 0) {
        weir_workspace_set_spec(t->workspace, NULL, &error);
        return;
    }
    weir_spec *spec = cli_load_spec(t->args, weir_buf_cstr(&name), &status);
    weir_buf_fini(&name);
    if (!spec)
        t->has_failed = true;
    else if (weir_workspace_set_spec(t->workspace, spec, &error) != WEIR_OK)
        fail(t, error.text);
    weir_spec_free(spec);
}

static void quit(talk *t, weir_str given)
{
    (void)given;
    t->is_over = true;
}

static void help(talk *t, weir_str given);

static const struct {
    const char *name, *arg, *about;
    void (*run)(talk *t, weir_str given);
} commands[] = {
    {"help", "", "what can be typed", help},
    {"data", "FILE|JSON", "what the name 'data' stands for; nothing: null", set_data},
    {"spec", "SPEC", "vars, mappings, assets and credentials (as ***) of a spec; nothing: none",
     set_spec},
    {"type", "EXPR", "the type of a value", ask_type},
    {"code", "EXPR", "the program that an expression becomes", ask_code},
    {"quit", "", "the end; so is Ctrl-D", quit},
};

enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static void help(talk *t, weir_str given)
{
    (void)t;
    (void)given;
    puts("An expression prints its value as JSON. Tab completes, Ctrl-C clears the line.");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        printf("  :%s %-*s %s\n", commands[i].name, (int)(15 - strlen(commands[i].name)),
               commands[i].arg, commands[i].about);
    fflush(stdout);
}

static weir_str trimmed(weir_str text)
{
    while (text.len > 0 && strchr(" \t\r\n", text.ptr[0])) {
        text.ptr++;
        text.len--;
    }
    while (text.len > 0 && strchr(" \t\r\n", text.ptr[text.len - 1]))
        text.len--;
    return text;
}

/* Splits ":name rest". */
static weir_str command_name(weir_str text, weir_str *rest)
{
    size_t end = 1;
    while (end < text.len && text.ptr[end] != ' ' && text.ptr[end] != '\t')
        end++;
    *rest = trimmed((weir_str){text.ptr + end, text.len - end});
    return (weir_str){text.ptr + 1, end - 1};
}

static void run_text(talk *t)
{
    const weir_str text = trimmed(weir_buf_str(&t->text));
    weir_str rest;
    if (text.len == 0)
        return;
    if (text.ptr[0] != ':') {
        ask(t, WEIR_ASK_VALUE, text);
        return;
    }
    const weir_str name = command_name(text, &rest);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (name.len > 0 && strncmp(commands[i].name, name.ptr, name.len) == 0) {
            commands[i].run(t, rest);
            return;
        }
    }
    fail(t, "no such command; :help lists them");
}

/* ------------------------------------------------------------------ lines */

/* True while a bracket is open outside of quotes: the expression goes on. */
static bool is_open(weir_str text)
{
    size_t depth = 0;
    char quote = 0;
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        if (quote && c == '\\')
            i++;
        else if (quote)
            quote = c == quote || c == '\n' ? 0 : quote;
        else if (c == '\'' || c == '"')
            quote = c;
        else if (strchr("([{", c))
            depth++;
        else if (strchr(")]}", c))
            depth -= depth > 0;
    }
    return depth > 0;
}

/* Commands are one line each, those of an expression excepted: a JSON text may have any bracket. */
static bool is_unfinished(const talk *t)
{
    const weir_str text = trimmed(weir_buf_str(&t->text));
    weir_str rest = text;
    if (text.len > 0 && text.ptr[0] == ':') {
        const weir_str name = command_name(text, &rest);
        if (!weir_str_is(name, "type") && !weir_str_is(name, "code"))
            return false;
    }
    return is_open(rest);
}

static cli_typed read_pipe(talk *t)
{
    const ssize_t len = getline(&t->line, &t->line_cap, stdin);
    if (len < 0)
        return CLI_TYPED_END;
    const size_t end = (size_t)len;
    weir_buf_put(&t->text, (weir_str){t->line, end - (end > 0 && t->line[end - 1] == '\n')});
    return CLI_TYPED_LINE;
}

/* An expression or a command, over as many lines as it has. */
static cli_typed read_text(talk *t)
{
    weir_buf_clear(&t->text);
    for (;;) {
        const char *asked = t->text.len > 0 ? more_ask : first_ask;
        const cli_typed typed =
            t->prompt ? cli_prompt_read(t->prompt, asked, &t->text) : read_pipe(t);
        if (typed == CLI_TYPED_CLEARED)
            return typed;
        if (typed == CLI_TYPED_END && t->text.len == 0)
            return typed;
        if (typed == CLI_TYPED_END || !is_unfinished(t))
            return CLI_TYPED_LINE;
        weir_buf_putc(&t->text, '\n');
    }
}

/* A history is of lines: one that was several becomes one. */
static void remember(talk *t)
{
    weir_buf line = {0};
    const weir_str text = trimmed(weir_buf_str(&t->text));
    for (size_t i = 0; i < text.len; i++)
        weir_buf_putc(&line, text.ptr[i] == '\n' ? ' ' : text.ptr[i]);
    if (line.len > 0 && !line.failed)
        cli_prompt_remember(t->prompt, weir_buf_cstr(&line));
    weir_buf_fini(&line);
}

/* ------------------------------------------------------------------ completion */

static size_t complete_command(weir_str line, cli_words *words)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        char name[32];
        snprintf(name, sizeof name, ":%s ", commands[i].name);
        if (strncmp(name, line.ptr, line.len) == 0)
            cli_words_add(words, weir_str_of(name));
    }
    return line.len;
}

static size_t complete(void *user, weir_str line, cli_words *words)
{
    talk *t = user;
    if (t->text.len == 0 && line.len > 0 && line.ptr[0] == ':') {
        weir_str rest;
        const weir_str name = command_name(line, &rest);
        if (name.len + 1 == line.len)
            return line.len < 30 ? complete_command(line, words) : 0;
        if (!weir_str_is(name, "type") && !weir_str_is(name, "code"))
            return 0;
        line.ptr += name.len + 1;
        line.len -= name.len + 1;
    }
    weir_buf text = {0};
    weir_buf_put(&text, weir_buf_str(&t->text));
    weir_buf_put(&text, line);
    const size_t typed =
        weir_workspace_complete(t->workspace, weir_buf_str(&text), cli_words_add, words);
    weir_buf_fini(&text);
    return typed <= line.len ? typed : 0;
}

/* ------------------------------------------------------------------ the talk */

static int converse(talk *t)
{
    while (!t->is_over) {
        const cli_typed typed = read_text(t);
        if (typed == CLI_TYPED_END)
            break;
        if (typed == CLI_TYPED_CLEARED)
            continue;
        if (t->text.failed)
            return cli_fail("out of memory");
        if (t->prompt)
            remember(t);
        run_text(t);
    }
    if (t->prompt && !t->is_over)
        putchar('\n');
    return t->has_failed && !t->prompt ? CLI_FAILED : CLI_OK;
}

int cli_eval_converse(const cli_args *args, const char *data)
{
    talk t = {.args = args, .workspace = weir_workspace_new()};
    weir_error error = {0};
    int status = CLI_FAILED;
    if (!t.workspace)
        cli_fail("out of memory");
    else if (data && weir_workspace_set_data(t.workspace, weir_str_of(data), &error) != WEIR_OK)
        cli_fail("--data: %s", error.text);
    else {
        if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
            t.prompt = cli_prompt_open(complete, &t);
        if (t.prompt)
            puts("An expression, or :help. Ctrl-D ends.");
        status = converse(&t);
        cli_prompt_close(t.prompt);
    }
    weir_workspace_free(t.workspace);
    weir_buf_fini(&t.text);
    free(t.line);
    return status;
}
