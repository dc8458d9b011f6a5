/* SPDX-License-Identifier: MIT */
/* What the commands say of the plugins of a spec. */
#include "cli/plugins.h"

#include <stdio.h>

void cli_put_plugins(weir_buf *out, const weir_spec *spec)
{
    weir_plugin_info plugin;
    weir_plugin_stats function;
    for (size_t i = 0; weir_spec_plugin(spec, i, &plugin); i++) {
        weir_buf_printf(out, "plugin       %-16.*s ", WEIR_FMT(plugin.name));
        cli_put_clean(out, plugin.version);
        weir_buf_puts(out, "  ");
        cli_put_clean(out, plugin.path);
        weir_buf_putc(out, '\n');
        for (size_t k = 0; weir_spec_plugin_function(spec, k, &function); k++) {
            if (!weir_str_eq(function.plugin, plugin.name))
                continue;
            weir_buf_printf(out, "  function   %-16.*s %s%s", WEIR_FMT(function.function),
                            function.use, function.doc[0] ? ": " : "");
            cli_put_clean(out, weir_str_of(function.doc));
            weir_buf_putc(out, '\n');
        }
    }
}

void cli_put_plugin_calls(weir_buf *out, const weir_spec *spec)
{
    weir_plugin_stats function;
    bool has_title = false;
    for (size_t i = 0; weir_spec_plugin_function(spec, i, &function); i++) {
        if (function.calls == 0)
            continue;
        if (!has_title)
            weir_buf_puts(out, "plugins:\n");
        has_title = true;
        weir_buf_printf(
            out,
            "  %.*s, %s %.*s: %llu calls, %llu failed, %llu over the budget; %.2f us on average, "
            "%.2f us at most\n",
            WEIR_FMT(function.plugin), function.use, WEIR_FMT(function.function),
            (unsigned long long)function.calls, (unsigned long long)function.failures,
            (unsigned long long)function.over_budget,
            (double)function.total_ns / 1e3 / (double)function.calls,
            (double)function.slowest_ns / 1e3);
    }
}

void cli_warn(void *user, const char *level, weir_str line)
{
    (void)user;
    fprintf(stderr, "weir: %s: %.*s\n", level, WEIR_FMT(line));
}

static void put_file(void *user, const char *path)
{
    weir_text_buffer line = {0};
    weir_error error = {0};
    weir_buf *out = user;
    if (weir_plugin_line(path, &line, &error) == WEIR_OK)
        cli_put_clean(out, (weir_str){line.ptr, line.len - 1});
    else
        weir_buf_printf(out, "%s: %s", path, error.text);
    weir_buf_putc(out, '\n');
    weir_text_buffer_free(&line);
}

void cli_put_plugin_files(weir_buf *out)
{
    weir_plugin_files(put_file, out);
}

/* ------------------------------------------------------------------ --plugin and --sink */

/* Plain where that cannot be misread, else in single quotes. */
static void put_scalar(weir_buf *out, weir_str text)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+";
    bool is_plain = text.len > 0;
    for (size_t i = 0; i < text.len; i++)
        is_plain = is_plain && strchr(plain, text.ptr[i]) && text.ptr[i];
    if (is_plain) {
        weir_buf_put(out, text);
        return;
    }
    weir_buf_putc(out, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\'')
            weir_buf_putc(out, '\'');
        weir_buf_putc(out, text.ptr[i]);
    }
    weir_buf_putc(out, '\'');
}

static bool put_option(weir_buf *out, const cli_args *args, weir_str option)
{
    const char *equals = option.len ? memchr(option.ptr, '=', option.len) : NULL;
    if (!equals || equals == option.ptr) {
        cli_usage(args, "--sink takes NAME:OPTION=VALUE,OPTION=VALUE, not '%.*s' for an option",
                  WEIR_FMT(option));
        return false;
    }
    const weir_str name = {option.ptr, (size_t)(equals - option.ptr)};
    weir_buf_puts(out, "      ");
    put_scalar(out, name);
    weir_buf_puts(out, ": ");
    put_scalar(out, (weir_str){equals + 1, option.len - name.len - 1});
    weir_buf_putc(out, '\n');
    return true;
}

static bool put_sink(weir_buf *out, const cli_args *args, const char *text)
{
    const size_t name = strcspn(text, ":");
    weir_buf_puts(out, "  - type: ");
    put_scalar(out, (weir_str){text, name});
    weir_buf_putc(out, '\n');
    if (text[name])
        weir_buf_puts(out, "    options:\n");
    for (const char *at = text + name + (text[name] == ':'); *at;) {
        const size_t len = strcspn(at, ",");
        if (!put_option(out, args, (weir_str){at, len}))
            return false;
        at += len + (at[len] == ',');
    }
    return true;
}

bool cli_put_more(weir_buf *out, const cli_args *args)
{
    size_t at = 0;
    for (const char *name; (name = cli_next(args, "plugin", &at));) {
        weir_buf_puts(out, out->len == 0 ? "plugins:\n  - " : "  - ");
        put_scalar(out, weir_str_of(name));
        weir_buf_putc(out, '\n');
    }
    at = 0;
    bool has_sinks = false;
    for (const char *text; (text = cli_next(args, "sink", &at));) {
        weir_buf_puts(out, has_sinks ? "" : "sinks:\n");
        has_sinks = true;
        if (!put_sink(out, args, text))
            return false;
    }
    return true;
}
