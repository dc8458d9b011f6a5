/* SPDX-License-Identifier: MIT */
/*
 * weir list and weir show: which specs there are, and what is in one. Of a credential only its
 * name, the variable that holds it, and whether and where it is set are shown, never its value.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/plugins.h"
#include "util/utf8.h"

/* ------------------------------------------------------------------ list */

enum { COLUMNS = 4 };

typedef struct row {
    weir_buf cells[COLUMNS]; /* name, title, checked, streams */
} row;

static const char *const headings[COLUMNS] = {"NAME", "TITLE", "CHECKED", "STREAMS"};

static void put_streams(const weir_spec *spec, weir_buf *out)
{
    bool is_first = true;
    for (size_t i = 0; i < weir_spec_connections(spec); i++) {
        for (size_t k = 0; k < weir_spec_streams(spec, i); k++) {
            weir_buf_puts(out, is_first ? "" : " ");
            cli_put_clean(out, weir_spec_stream(spec, i, k, NULL));
            is_first = false;
        }
    }
}

/* A spec with mistakes is listed too: that it has them is what one wants to know of it. */
static void fill_row(row *r, const char *name)
{
    weir_buf path = {0};
    weir_error error = {0};
    weir_buf_puts(&r->cells[0], name);
    weir_spec *spec = cli_find_spec(name, &path)
                          ? weir_spec_load(weir_buf_cstr(&path), NULL, NULL, &error)
                          : NULL;
    if (spec) {
        cli_put_clean(&r->cells[1], weir_spec_title(spec));
        cli_put_clean(&r->cells[2], weir_spec_checked(spec));
        put_streams(spec, &r->cells[3]);
    } else {
        cli_put_clean(&r->cells[1], weir_str_of(error.text));
    }
    weir_spec_free(spec);
    weir_buf_fini(&path);
}

static size_t width_of(weir_str text)
{
    size_t width = 0;
    for (size_t i = 0; i < text.len; i++)
        width += ((unsigned char)text.ptr[i] & 0xC0) != 0x80;
    return width;
}

static void put_padded(weir_buf *out, weir_str text, size_t width, bool is_last)
{
    weir_buf_put(out, text);
    for (size_t i = width_of(text); !is_last && i < width + 2; i++)
        weir_buf_putc(out, ' ');
    if (is_last)
        weir_buf_putc(out, '\n');
}

static void print_rows(weir_buf *out, const row *rows, size_t count)
{
    size_t widths[COLUMNS];
    for (size_t c = 0; c < COLUMNS; c++) {
        widths[c] = strlen(headings[c]);
        for (size_t i = 0; i < count; i++) {
            const size_t width = width_of(weir_buf_str(&rows[i].cells[c]));
            widths[c] = width > widths[c] ? width : widths[c];
        }
    }
    for (size_t c = 0; c < COLUMNS; c++)
        put_padded(out, weir_str_of(headings[c]), widths[c], c + 1 == COLUMNS);
    for (size_t i = 0; i < count; i++) {
        for (size_t c = 0; c < COLUMNS; c++)
            put_padded(out, weir_buf_str(&rows[i].cells[c]), widths[c], c + 1 == COLUMNS);
    }
}

static size_t count_lines(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += *text == '\n';
    return count;
}

static int run_list(const cli_args *args)
{
    (void)args;
    weir_buf names = {0}, out = {0};
    cli_spec_names(&names);
    char *at = (char *)weir_buf_cstr(&names);
    const size_t count = count_lines(at);
    row *rows = calloc(count + 1, sizeof *rows);
    for (size_t i = 0; rows && i < count; i++) {
        const size_t len = strcspn(at, "\n");
        at[len] = '\0';
        fill_row(&rows[i], at);
        at += len + 1;
    }
    if (rows)
        print_rows(&out, rows, count);
    for (size_t i = 0; rows && i < count; i++) {
        for (size_t c = 0; c < COLUMNS; c++)
            weir_buf_fini(&rows[i].cells[c]);
    }
    weir_buf_fini(&names);
    if (!rows)
        return cli_fail("out of memory");
    free(rows);
    weir_buf plugins = {0};
    cli_put_plugin_files(&plugins);
    if (plugins.len > 0) {
        weir_buf_puts(&out, "\nPLUGIN           VERSION, WHAT IT IS\n");
        weir_buf_put(&out, weir_buf_str(&plugins));
    }
    weir_buf_fini(&plugins);
    return cli_print(&out);
}

const cli_command cli_list = {
    .name = "list",
    .operands = "",
    .summary = "list the specs and plugins there are",
    .description = "Lists the specs that a bare name finds: those that came with Weir, and those "
                   "in ./specs. CHECKED is the day on which a spec was last compared with the "
                   "venue's documentation. Plugins in WEIR_PLUGIN_PATH and where Weir is installed "
                   "are listed behind them.",
    .examples = "weir list\n",
    .run = run_list};

/* ------------------------------------------------------------------ show */

static void put_line(weir_buf *out, const char *label, weir_str text)
{
    if (text.len == 0)
        return;
    weir_buf_printf(out, "%-12s ", label);
    cli_put_clean(out, text);
    weir_buf_putc(out, '\n');
}

static void put_connection(weir_buf *out, const weir_spec *spec, size_t connection)
{
    put_line(out, "connection", weir_spec_connection(spec, connection));
    weir_buf_puts(out, "  backend    ");
    cli_put_clean(out, weir_spec_backend(spec, connection));
    weir_buf_puts(out, "\n  url        ");
    cli_put_clean(out, weir_spec_url(spec, connection));
    weir_buf_putc(out, '\n');
    for (size_t i = 0; i < weir_spec_streams(spec, connection); i++) {
        weir_channel channel;
        const weir_str name = weir_spec_stream(spec, connection, i, &channel);
        weir_buf_printf(out, "  stream     %-16.*s %s%s\n", WEIR_FMT(name),
                        weir_channel_name(channel),
                        weir_spec_can_subscribe(spec, connection, i) ? "" : " (sent unasked)");
    }
}

/* By weir_credential_source. */
static const char *const source_words[] = {
    "not set",
    "set, in the environment",
    "set, in its own file",
    "set, in the credentials file",
    "not set: the default of the spec is used",
};

static bool put_credential(weir_buf *out, const weir_spec *spec, size_t index)
{
    weir_credential found;
    weir_error error = {0};
    if (weir_spec_credential(spec, index, &found, &error) != WEIR_OK) {
        weir_buf_printf(out, "credential   %.*s: %s\n", WEIR_FMT(found.name), error.text);
        return false;
    }
    const bool is_missing = found.source == WEIR_CREDENTIAL_NOWHERE && found.is_required;
    weir_buf_printf(out, "credential   %-16.*s %.*s", WEIR_FMT(found.name),
                    WEIR_FMT(found.variable));
    if (found.file.len > 0)
        weir_buf_printf(out, " or file %.*s", WEIR_FMT(found.file));
    weir_buf_printf(out, " (%s%s)\n", source_words[found.source],
                    is_missing ? ", and required" : "");
    return true;
}

static void put_vars(weir_buf *out, const weir_spec *spec)
{
    for (size_t i = 0; i < weir_spec_vars(spec); i++) {
        char *text = weir_spec_var_text(spec, i);
        weir_buf_printf(out, "var          %-16.*s ", WEIR_FMT(weir_spec_var_name(spec, i)));
        cli_put_clean(out, weir_str_of(text ? text : ""));
        weir_buf_putc(out, '\n');
        free(text);
    }
}

static int run_show(const cli_args *args)
{
    int status = CLI_FAILED;
    weir_buf out = {0};
    bool is_good = true;
    weir_spec *spec = cli_load_spec(args, args->operands[0], &status);
    if (!spec)
        return status;
    put_line(&out, "name", weir_spec_name(spec));
    put_line(&out, "title", weir_spec_title(spec));
    put_line(&out, "path", weir_spec_path(spec));
    put_line(&out, "docs", weir_spec_docs(spec));
    put_line(&out, "checked", weir_spec_checked(spec));
    for (size_t i = 0; i < weir_spec_connections(spec); i++)
        put_connection(&out, spec, i);
    for (size_t i = 0; i < weir_spec_credentials(spec); i++)
        is_good &= put_credential(&out, spec, i);
    put_vars(&out, spec);
    cli_put_plugins(&out, spec);
    weir_spec_free(spec);
    status = cli_print(&out);
    return is_good ? status : CLI_FAILED;
}

static const cli_option show_options[] = {CLI_OPTION_SET, CLI_OPTION_CREDENTIALS};

const cli_command cli_show = {
    .name = "show",
    .operands = "SPEC",
    .least = 1,
    .most = 1,
    .summary = "show what is in a spec",
    .description =
        "Shows where a spec lies, its connections and streams, its credentials with "
        "the environment variables that hold them and whether they are set (never their "
        "values), its variables with what they are set to, and its plugins with what they "
        "register.",
    .examples = "weir show kraken\n",
    .options = show_options,
    .option_count = sizeof show_options / sizeof show_options[0],
    .run = run_show};
