/* SPDX-License-Identifier: MIT */
/*
 * The rows of the commands as a man page and as a completion for bash. Both are made when Weir is
 * built (cmake/command.cmake), so they cannot disagree with the program. Neither has a date in it:
 * the same sources give the same files.
 */
#include "cli/cli.h"

/* ------------------------------------------------------------------ man page */

/* Text in roff: no character of it may start a request or an escape. */
static void put_roff(weir_buf *out, weir_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        const bool is_start = i == 0 || text.ptr[i - 1] == '\n';
        if (is_start && (c == '.' || c == '\''))
            weir_buf_puts(out, "\\&");
        if (c == '\\')
            weir_buf_puts(out, "\\e");
        else if (c == '-')
            weir_buf_puts(out, "\\-");
        else if (c == '\'')
            weir_buf_puts(out, "\\(aq");
        else
            weir_buf_putc(out, c);
    }
}

static void put_roffs(weir_buf *out, const char *text)
{
    put_roff(out, weir_str_of(text));
}

static void put_paragraphs(weir_buf *out, const char *text)
{
    for (const char *at = text; *at;) {
        const char *end = strstr(at, "\n\n");
        const size_t len = end ? (size_t)(end - at) : strlen(at);
        put_roff(out, (weir_str){at, len});
        at = end ? end + 2 : at + len;
        weir_buf_puts(out, *at ? "\n.PP\n" : "\n");
    }
}

static void man_option(weir_buf *out, const cli_option *option)
{
    weir_buf_puts(out, ".TP\n\\fB\\-\\-");
    put_roffs(out, option->name);
    weir_buf_puts(out, "\\fR");
    if (option->arg) {
        weir_buf_puts(out, " \\fI");
        put_roffs(out, option->arg);
        weir_buf_puts(out, "\\fR");
    }
    weir_buf_putc(out, '\n');
    put_roffs(out, option->help);
    const bool lists_choices = cli_lists_choices(option);
    for (size_t i = 0; lists_choices && option->choices[i]; i++) {
        weir_buf_puts(out, i ? ", " : " (");
        put_roffs(out, option->choices[i]);
    }
    weir_buf_puts(out, lists_choices ? ")\n" : "\n");
}

static void man_command(weir_buf *out, const cli_command *command)
{
    weir_buf_puts(out, ".SS weir ");
    put_roffs(out, command->name);
    weir_buf_putc(out, ' ');
    put_roffs(out, command->operands);
    weir_buf_putc(out, '\n');
    put_paragraphs(out, command->description);
    for (size_t i = 0; i < command->option_count; i++) {
        if (!command->options[i].is_hidden)
            man_option(out, &command->options[i]);
    }
    if (command->examples) {
        weir_buf_puts(out, ".PP\nExamples:\n.PP\n.EX\n");
        put_roffs(out, command->examples);
        weir_buf_puts(out, ".EE\n");
    }
}

static const struct {
    const char *heading;
    const char *text;
} man_sections[] = {
    {"EXIT STATUS",
     "0: done, or ended by --limit, --duration, a signal, or the reader of its output going away. "
     "1: a file, a spec or every connection failed; the reason is on stderr. 2: the command was "
     "called wrongly."},
    {"ENVIRONMENT",
     "Credentials of a spec: the field api_key of the spec acme is looked for in ACME_API_KEY, or "
     "in the variable that the spec names. https_proxy, http_proxy and no_proxy are honoured. "
     "NO_COLOR turns colours off."},
    {"FILES",
     "~/.config/weir/weir.yaml: credentials by spec. It is refused when group or others can read "
     "it.\n\nA bare NAME for a spec is looked for as NAME.yaml here, in specs/, and among the "
     "specs that came with Weir."},
};

void cli_man_page(weir_buf *out)
{
    weir_buf_printf(out, ".TH WEIR 1 \"\" \"weir %s\" \"User Commands\"\n", weir_version());
    weir_buf_puts(out, ".SH NAME\nweir \\- typed records from streaming interfaces, described in "
                       "YAML\n.SH SYNOPSIS\n.nf\n");
    for (size_t i = 0; cli_commands[i]; i++) {
        weir_buf_puts(out, "\\fBweir ");
        put_roffs(out, cli_commands[i]->name);
        weir_buf_puts(out, cli_commands[i]->operands[0] ? "\\fR " : "\\fR");
        put_roffs(out, cli_commands[i]->operands);
        weir_buf_puts(out, " [\\fIOPTION\\fR]...\n");
    }
    weir_buf_puts(out, ".fi\n.SH DESCRIPTION\n");
    put_paragraphs(out, "Weir turns a YAML description of a broker's or exchange's streaming "
                        "interface into a running, supervised feed of typed records. Records go to "
                        "stdout; events, logs and mistakes go to stderr.\n\nA SPEC is the path of "
                        "such a description or the bare name of one. Options and operands may come "
                        "in any order; -- ends the options.");
    weir_buf_puts(out, ".SH COMMANDS\n");
    for (size_t i = 0; cli_commands[i]; i++)
        man_command(out, cli_commands[i]);
    for (size_t i = 0; i < sizeof man_sections / sizeof man_sections[0]; i++) {
        weir_buf_printf(out, ".SH %s\n", man_sections[i].heading);
        put_paragraphs(out, man_sections[i].text);
    }
}

/* ------------------------------------------------------------------ bash completion */

static const char bash_head[] =
    "# bash completion for weir; made from the program's own tables\n"
    "_weir_specs() {\n"
    "    compopt -o filenames\n"
    "    mapfile -t COMPREPLY < <(compgen -d -- \"$1\"; compgen -f -X '!*.y?(a)ml' -- \"$1\"\n"
    "        compgen -W \"$(\"${COMP_WORDS[0]}\" help --specs 2>/dev/null)\" -- \"$1\")\n"
    "}\n"
    "_weir_files() {\n"
    "    compopt -o filenames\n"
    "    mapfile -t COMPREPLY < <(compgen -f -- \"$1\")\n"
    "}\n"
    "_weir_words() {\n"
    "    mapfile -t COMPREPLY < <(compgen -W \"$2\" -- \"$1\")\n"
    "}\n"
    "_weir() {\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} operands=0 i\n"
    "    local command=${COMP_WORDS[1]}\n"
    "    COMPREPLY=()\n"
    "    if [[ $cur == = ]]; then cur=\n"
    "    elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
    "    if ((COMP_CWORD == 1)); then\n";

static const char bash_tail[] = "    esac\n"
                                "}\n"
                                "complete -F _weir weir\n";

static void bash_option_value(weir_buf *out, const cli_command *command, const cli_option *option)
{
    weir_buf_printf(out, "    %s:--%s) ", command->name, option->name);
    if (option->choices) {
        weir_buf_puts(out, "_weir_words \"$cur\" '");
        for (size_t i = 0; option->choices[i]; i++)
            weir_buf_printf(out, "%s%s", i ? " " : "", option->choices[i]);
        weir_buf_puts(out, "'; ");
    } else if (option->completion == CLI_COMPLETE_FILE) {
        weir_buf_puts(out, "_weir_files \"$cur\"; ");
    } else if (option->completion == CLI_COMPLETE_SPEC) {
        weir_buf_puts(out, "_weir_specs \"$cur\"; ");
    }
    weir_buf_puts(out, "return ;;\n");
}

static void bash_options(weir_buf *out, const cli_command *command)
{
    weir_buf_printf(out, "    %s:-*) _weir_words \"$cur\" '", command->name);
    for (size_t i = 0; i < command->option_count; i++) {
        if (!command->options[i].is_hidden)
            weir_buf_printf(out, "--%s ", command->options[i].name);
    }
    weir_buf_puts(out, "--help' ;;\n");
}

/* Operands by the names that help shows: the last one goes on when it ends with "...". */
static void bash_operands(weir_buf *out, const cli_command *command)
{
    weir_buf_printf(out, "    %s:*) ", command->name);
    if (strstr(command->operands, "FILE"))
        weir_buf_puts(out, "((operands)) && _weir_files \"$cur\" || _weir_specs \"$cur\" ;;\n");
    else if (strstr(command->operands, "SPEC"))
        weir_buf_puts(out, "_weir_specs \"$cur\" ;;\n");
    else if (strstr(command->operands, "COMMAND"))
        weir_buf_puts(out, "_weir_words \"$cur\" \"$commands\" ;;\n");
    else
        weir_buf_puts(out, ";;\n");
}

void cli_bash_completion(weir_buf *out)
{
    weir_buf commands = {0};
    for (size_t i = 0; cli_commands[i]; i++)
        weir_buf_printf(&commands, "%s%s", i ? " " : "", cli_commands[i]->name);
    weir_buf_puts(out, bash_head);
    weir_buf_printf(out,
                    "        _weir_words \"$cur\" '%s --help --version'\n        return\n    fi\n",
                    weir_buf_cstr(&commands));
    weir_buf_printf(out, "    local commands='%s'\n", weir_buf_cstr(&commands));
    weir_buf_fini(&commands);
    weir_buf_puts(out, "    case $command:$prev in\n");
    for (size_t i = 0; cli_commands[i]; i++) {
        for (size_t k = 0; k < cli_commands[i]->option_count; k++) {
            if (cli_commands[i]->options[k].arg && !cli_commands[i]->options[k].is_hidden)
                bash_option_value(out, cli_commands[i], &cli_commands[i]->options[k]);
        }
    }
    weir_buf_puts(out, "    esac\n"
                       "    for ((i = 2; i < COMP_CWORD; i++)); do\n"
                       "        [[ ${COMP_WORDS[i]} == -* ]] || ((++operands))\n"
                       "    done\n"
                       "    case $command:$cur in\n");
    for (size_t i = 0; cli_commands[i]; i++) {
        bash_options(out, cli_commands[i]);
        bash_operands(out, cli_commands[i]);
    }
    weir_buf_puts(out, bash_tail);
}
