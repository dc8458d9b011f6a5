/* SPDX-License-Identifier: MIT */
/* Help, man page and completion say all that the rows say. */
#include <stdlib.h>

#include "cli/cli.h"
#include "weir_check.h"

static void each_option(void (*claim)(const cli_command *, const cli_option *, const char *text),
                        const char *text)
{
    for (size_t i = 0; cli_commands[i]; i++) {
        for (size_t k = 0; k < cli_commands[i]->option_count; k++)
            claim(cli_commands[i], &cli_commands[i]->options[k], text);
    }
}

/* The part of `text` from `from` to the next `to`. */
static weir_str section(const char *text, const char *from, const char *to)
{
    const char *start = strstr(text, from);
    ck_assert_msg(start != NULL, "no '%s'", from);
    const char *end = strstr(start + strlen(from), to);
    return (weir_str){start, end ? (size_t)(end - start) : strlen(start)};
}

static bool has(weir_str text, const char *what)
{
    return memmem(text.ptr, text.len, what, strlen(what)) != NULL;
}

/* As a man page spells a name: its hyphens must not become dashes. */
static void put_roff(weir_buf *out, const char *name)
{
    for (; *name; name++)
        weir_buf_printf(out, *name == '-' ? "\\-" : "%c", *name);
}

static void option_is_in_man(const cli_command *command, const cli_option *option, const char *text)
{
    weir_buf heading = {0}, row = {0};
    weir_buf_puts(&heading, ".SS weir ");
    put_roff(&heading, command->name);
    weir_buf_putc(&heading, ' ');
    weir_buf_puts(&row, ".TP\n\\fB\\-\\-");
    put_roff(&row, option->name);
    weir_buf_puts(&row, "\\fR");
    const bool is_there =
        has(section(text, weir_buf_cstr(&heading), "\n.SS "), weir_buf_cstr(&row));
    ck_assert_msg(is_there == !option->is_hidden, "%s --%s", command->name, option->name);
    weir_buf_fini(&heading);
    weir_buf_fini(&row);
}

START_TEST(every_option_is_in_the_man_page)
{
    weir_buf page = {0};
    cli_man_page(&page);
    each_option(option_is_in_man, weir_buf_cstr(&page));
    weir_buf_fini(&page);
}
END_TEST

static void option_is_completed(const cli_command *command, const cli_option *option,
                                const char *text)
{
    weir_buf row = {0}, word = {0};
    weir_buf_printf(&row, "    %s:-*) ", command->name);
    weir_buf_printf(&word, "--%s ", option->name);
    const weir_str names = section(text, weir_buf_cstr(&row), ";;");
    ck_assert_msg(has(names, weir_buf_cstr(&word)) == !option->is_hidden, "%s --%s", command->name,
                  option->name);
    for (size_t i = 0; option->choices && option->choices[i]; i++) {
        weir_buf_clear(&row);
        weir_buf_printf(&row, "    %s:--%s) ", command->name, option->name);
        ck_assert(has(section(text, weir_buf_cstr(&row), ";;"), option->choices[i]));
    }
    weir_buf_fini(&row);
    weir_buf_fini(&word);
}

START_TEST(every_option_and_choice_is_completed)
{
    weir_buf script = {0};
    cli_bash_completion(&script);
    each_option(option_is_completed, weir_buf_cstr(&script));
    weir_buf_fini(&script);
}
END_TEST

static void option_is_in_help(const cli_command *command, const cli_option *option,
                              const char *text)
{
    (void)text;
    weir_buf help = {0}, word = {0};
    cli_help(command, &help);
    weir_buf_printf(&word, "\n  --%s", option->name);
    ck_assert_msg((strstr(weir_buf_cstr(&help), weir_buf_cstr(&word)) != NULL) ==
                      !option->is_hidden,
                  "%s --%s", command->name, option->name);
    weir_buf_fini(&help);
    weir_buf_fini(&word);
}

START_TEST(every_option_is_in_the_help_of_its_command)
{
    each_option(option_is_in_help, NULL);
}
END_TEST

START_TEST(help_fits_into_eighty_columns)
{
    for (size_t i = 0; cli_commands[i]; i++) {
        weir_buf help = {0};
        cli_help(cli_commands[i], &help);
        const char *examples = strstr(weir_buf_cstr(&help), "\nExamples:");
        for (const char *at = help.ptr; *at && (!examples || at < examples);) {
            const size_t len = strcspn(at, "\n");
            ck_assert_msg(len <= 80, "weir help %s: %.*s", cli_commands[i]->name, (int)len, at);
            at += len + 1;
        }
        weir_buf_fini(&help);
    }
}
END_TEST

START_TEST(every_command_is_in_the_list)
{
    weir_buf help = {0};
    cli_help(NULL, &help);
    for (size_t i = 0; cli_commands[i]; i++)
        ck_assert_ptr_nonnull(strstr(weir_buf_cstr(&help), cli_commands[i]->summary));
    weir_buf_fini(&help);
}
END_TEST

START_TEST(text_of_the_network_cannot_drive_the_terminal)
{
    static const struct {
        weir_str text;
        const char *shown;
    } cases[] = {{{"plain", 5}, "plain"},
                 {{"\033[2J\n\r\t", 7}, "?[2J???"},
                 {{"a\0b\x7f", 4}, "a?b?"},
                 {{"\xc2\x9b"
                   "1m",
                   4},
                  "?1m"},
                 {{"\xff\xc3", 2}, "??"},
                 {{"\xe2\x82\xac\xc3\xa9", 5}, "\xe2\x82\xac\xc3\xa9"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        weir_buf out = {0};
        cli_put_clean(&out, cases[i].text);
        ck_assert_str_eq(weir_buf_cstr(&out), cases[i].shown);
        weir_buf_fini(&out);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("help");
    weir_check_case(suite, "rows", every_option_is_in_the_man_page,
                    every_option_and_choice_is_completed,
                    every_option_is_in_the_help_of_its_command, help_fits_into_eighty_columns,
                    every_command_is_in_the_list);
    weir_check_case(suite, "text", text_of_the_network_cannot_drive_the_terminal);
    return weir_check_run(suite);
}
