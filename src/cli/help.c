/* SPDX-License-Identifier: MIT */
/*
 * The rows of the commands as help for a terminal. Text is wrapped here at 80 columns and never in
 * the rows, so that the man page can wrap it in its own way.
 */
#include <stdio.h>

#include "cli/cli.h"

enum { WIDTH = 80, OPTION_INDENT = 2, HELP_COLUMN = 26 };

static void pad(weir_buf *out, size_t count)
{
    for (size_t i = 0; i < count; i++)
        weir_buf_putc(out, ' ');
}

/* One paragraph, the cursor being at `column`; further lines start at `indent`. */
static void put_paragraph(weir_buf *out, weir_str text, size_t indent, size_t column)
{
    size_t at = 0;
    bool is_first = true;
    while (at < text.len) {
        size_t end = at;
        while (end < text.len && text.ptr[end] != ' ')
            end++;
        const weir_str word = {text.ptr + at, end - at};
        if (!is_first && column + 1 + word.len > WIDTH) {
            weir_buf_putc(out, '\n');
            pad(out, indent);
            column = indent;
        } else if (!is_first) {
            weir_buf_putc(out, ' ');
            column++;
        }
        weir_buf_put(out, word);
        column += word.len;
        is_first = false;
        at = end + (end < text.len);
    }
    weir_buf_putc(out, '\n');
}

static void put_text(weir_buf *out, const char *text, size_t indent)
{
    for (const char *at = text; *at;) {
        const char *end = strstr(at, "\n\n");
        const size_t len = end ? (size_t)(end - at) : strlen(at);
        pad(out, indent);
        put_paragraph(out, (weir_str){at, len}, indent, indent);
        at = end ? end + 2 : at + len;
        if (*at)
            weir_buf_putc(out, '\n');
    }
}

static void put_lines(weir_buf *out, const char *lines)
{
    for (const char *at = lines; *at;) {
        const size_t len = strcspn(at, "\n");
        weir_buf_printf(out, "  %.*s\n", (int)len, at);
        at += len + (at[len] == '\n');
    }
}

static void put_row(weir_buf *out, const char *left, const char *help)
{
    pad(out, OPTION_INDENT);
    weir_buf_puts(out, left);
    size_t column = OPTION_INDENT + strlen(left);
    if (column + 2 > HELP_COLUMN) {
        weir_buf_putc(out, '\n');
        column = 0;
    }
    pad(out, HELP_COLUMN - column);
    put_paragraph(out, weir_str_of(help), HELP_COLUMN, HELP_COLUMN);
}

bool cli_lists_choices(const cli_option *option)
{
    for (size_t i = 0; option->choices && option->choices[i]; i++) {
        if (!strstr(option->help, option->choices[i]))
            return true;
    }
    return false;
}

static void put_option(weir_buf *out, const cli_option *option)
{
    char left[64];
    snprintf(left, sizeof left, "--%s%s%s", option->name, option->arg ? " " : "",
             option->arg ? option->arg : "");
    weir_buf help = {0};
    weir_buf_puts(&help, option->help);
    const bool lists_choices = cli_lists_choices(option);
    for (size_t i = 0; lists_choices && option->choices[i]; i++)
        weir_buf_printf(&help, "%s%s", i ? ", " : " (", option->choices[i]);
    if (lists_choices)
        weir_buf_putc(&help, ')');
    put_row(out, left, weir_buf_cstr(&help));
    weir_buf_fini(&help);
}

static void help_of_command(const cli_command *command, weir_buf *out)
{
    weir_buf_printf(out, "Usage: weir %s%s%s [OPTION]...\n\n", command->name,
                    command->operands[0] ? " " : "", command->operands);
    put_text(out, command->description, 0);
    weir_buf_puts(out, "\nOptions:\n");
    for (size_t i = 0; i < command->option_count; i++) {
        if (!command->options[i].is_hidden)
            put_option(out, &command->options[i]);
    }
    put_row(out, "--help", "this text");
    if (command->examples) {
        weir_buf_puts(out, "\nExamples:\n");
        put_lines(out, command->examples);
    }
}

static void help_of_program(weir_buf *out)
{
    weir_buf_puts(out, "Usage: weir COMMAND [ARGUMENT]...\n\n");
    put_text(out,
             "Turns a YAML description of a broker's or exchange's streaming interface into a "
             "running, supervised feed of typed records.",
             0);
    weir_buf_puts(out, "\nCommands:\n");
    for (size_t i = 0; cli_commands[i]; i++) {
        char left[64];
        snprintf(left, sizeof left, "%s %s", cli_commands[i]->name, cli_commands[i]->operands);
        put_row(out, left, cli_commands[i]->summary);
    }
    weir_buf_puts(out, "\n'weir help COMMAND' explains one. New here? Try 'weir demo'.\n");
}

void cli_help(const cli_command *command, weir_buf *out)
{
    if (command)
        help_of_command(command, out);
    else
        help_of_program(out);
}
