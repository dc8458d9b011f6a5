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
            "  %.*s, %s %.*s: %llu calls, %llu failed, %llu over the budget; %.3f ms on average, "
            "%.3f ms at most\n",
            WEIR_FMT(function.plugin), function.use, WEIR_FMT(function.function),
            (unsigned long long)function.calls, (unsigned long long)function.failures,
            (unsigned long long)function.over_budget,
            (double)function.total_ns / 1e6 / (double)function.calls,
            (double)function.slowest_ns / 1e6);
    }
}

void cli_warn(void *user, const char *level, weir_str line)
{
    (void)user;
    fprintf(stderr, "weir: %s: %.*s\n", level, WEIR_FMT(line));
}
