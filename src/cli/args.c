/* SPDX-License-Identifier: MIT */
/* Parsing by rows: --name value, --name=value, flags, operands in any order, `--` ends the options.
 */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"
#include "util/diag.h"
#include "util/number.h"
#include "util/time.h"

int cli_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("weir: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return CLI_FAILED;
}

int cli_usage(const cli_args *args, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fprintf(stderr, "weir %s: ", args->command->name);
    vfprintf(stderr, format, list);
    fprintf(stderr, "\nTry 'weir %s --help'.\n", args->command->name);
    va_end(list);
    return CLI_USAGE;
}

bool cli_has_colour(void)
{
    const char *no_colour = getenv("NO_COLOR");
    return isatty(STDERR_FILENO) && !(no_colour && no_colour[0]);
}

/* ------------------------------------------------------------------ rows that commands share */

const char *const cli_channel_names[] = {"data",    "quote",     "order", "position",
                                         "account", "heartbeat", NULL};
const char *const cli_format_names[] = {"json", "csv", "pretty", NULL};
const char *const cli_log_names[] = {"debug", "info", "warning", "error", "off", NULL};

/* ------------------------------------------------------------------ lookups */

const char *cli_value(const cli_args *args, const char *name)
{
    const char *value = NULL;
    for (size_t i = 0; i < args->given_count; i++) {
        assert(args->given[i]);
        if (strcmp(args->given[i]->name, name) == 0)
            value = args->values[i];
    }
    return value;
}

bool cli_flag(const cli_args *args, const char *name)
{
    return cli_value(args, name) != NULL;
}

const char *cli_next(const cli_args *args, const char *name, size_t *at)
{
    for (; *at < args->given_count; (*at)++) {
        if (strcmp(args->given[*at]->name, name) == 0)
            return args->values[(*at)++];
    }
    return NULL;
}

bool cli_number(const cli_args *args, const char *name, uint64_t *out)
{
    const char *text = cli_value(args, name);
    int64_t value = 0;
    if (!text)
        return true;
    if (weir_int_parse_json(weir_str_of(text), &value) != WEIR_INT_OK || value < 0) {
        cli_usage(args, "--%s takes a whole number, not '%s'", name, text);
        return false;
    }
    *out = (uint64_t)value;
    return true;
}

bool cli_duration(const cli_args *args, const char *name, int64_t *ns)
{
    const char *text = cli_value(args, name);
    if (!text || weir_duration_parse(weir_str_of(text), ns))
        return true;
    cli_usage(args, "--%s takes a time with its unit, such as 10s, 5m or 250ms, not '%s'", name,
              text);
    return false;
}

unsigned cli_channels(const cli_args *args)
{
    unsigned bits = 0;
    size_t at = 0;
    for (const char *name; (name = cli_next(args, "channel", &at));)
        bits |= 1u << weir_channel_from_name(weir_str_of(name));
    return bits;
}

/* ------------------------------------------------------------------ parsing */

static weir_str option_at(const void *user, size_t index)
{
    return weir_str_of(((const cli_command *)user)->options[index].name);
}

static const cli_option *find_option(const cli_args *args, weir_str name)
{
    const cli_command *command = args->command;
    for (size_t i = 0; i < command->option_count; i++) {
        if (weir_str_is(name, command->options[i].name))
            return &command->options[i];
    }
    const weir_str near = weir_did_you_mean(name, command->option_count, option_at, command);
    if (near.len > 0)
        cli_usage(args, "unknown option '--%.*s'; did you mean '--%.*s'?", WEIR_FMT(name),
                  WEIR_FMT(near));
    else
        cli_usage(args, "unknown option '--%.*s'", WEIR_FMT(name));
    return NULL;
}

static bool is_choice(const cli_args *args, const cli_option *option, const char *value)
{
    weir_buf list = {0};
    for (size_t i = 0; option->choices && option->choices[i]; i++) {
        if (strcmp(option->choices[i], value) == 0) {
            weir_buf_fini(&list);
            return true;
        }
        weir_buf_printf(&list, "%s%s", i ? ", " : "", option->choices[i]);
    }
    if (option->choices)
        cli_usage(args, "--%s takes one of: %s", option->name, weir_buf_cstr(&list));
    weir_buf_fini(&list);
    return !option->choices;
}

/* An option at argv[*at]; its value may be the next one. */
static bool parse_option(cli_args *args, int argc, char **argv, int *at)
{
    const char *text = argv[*at] + 2;
    const char *equals = strchr(text, '=');
    const weir_str name = {text, equals ? (size_t)(equals - text) : strlen(text)};
    const cli_option *option = find_option(args, name);
    const char *value = equals ? equals + 1 : NULL;
    if (!option)
        return false;
    if (!option->arg && value) {
        cli_usage(args, "--%s takes no value", option->name);
        return false;
    }
    if (option->arg && !value) {
        if (*at + 1 >= argc) {
            cli_usage(args, "--%s needs a value: %s", option->name, option->arg);
            return false;
        }
        value = argv[++*at];
    }
    if (!option->repeats && cli_flag(args, option->name)) {
        cli_usage(args, "--%s is given twice", option->name);
        return false;
    }
    if (option->arg && !is_choice(args, option, value))
        return false;
    args->given[args->given_count] = option;
    args->values[args->given_count++] = value ? value : "";
    return true;
}

bool cli_parse(const cli_command *command, int argc, char **argv, cli_args *args, bool *help)
{
    bool only_operands = false;
    *args = (cli_args){.command = command};
    args->operands = calloc((size_t)argc + 1, sizeof *args->operands);
    args->given = calloc((size_t)argc + 1, sizeof *args->given);
    args->values = calloc((size_t)argc + 1, sizeof *args->values);
    *help = false;
    if (!args->operands || !args->given || !args->values) {
        cli_fail("out of memory");
        return false;
    }
    for (int i = 0; i < argc; i++) {
        if (!only_operands && strcmp(argv[i], "--") == 0) {
            only_operands = true;
        } else if (!only_operands &&
                   (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)) {
            *help = true;
            return true;
        } else if (!only_operands && strncmp(argv[i], "--", 2) == 0) {
            if (!parse_option(args, argc, argv, &i))
                return false;
        } else if (!only_operands && argv[i][0] == '-' && argv[i][1]) {
            cli_usage(args, "unknown option '%s'; '--' before it makes it an operand", argv[i]);
            return false;
        } else {
            args->operands[args->operand_count++] = argv[i];
        }
    }
    if (args->operand_count < command->least || args->operand_count > command->most) {
        cli_usage(args, args->operand_count < command->least ? "needs %s" : "takes only %s",
                  command->operands[0] ? command->operands : "options");
        return false;
    }
    return true;
}

void cli_args_fini(cli_args *args)
{
    free(args->operands);
    free(args->given);
    free(args->values);
}
