/* SPDX-License-Identifier: MIT */
/* weir plugin: what a plugin registers, and which there are. */
#include <stdio.h>

#include "cli/cli.h"
#include "cli/plugins.h"

static int put_plugin(weir_buf *all, const char *file)
{
    weir_text_buffer text = {0};
    weir_error error = {0};
    const weir_code code = weir_plugin_text(file, &text, &error);
    if (code == WEIR_OK) {
        weir_buf_puts(all, all->len > 0 ? "\n" : "");
        weir_buf_put(all, (weir_str){text.ptr, text.len});
    }
    weir_text_buffer_free(&text);
    return code == WEIR_OK ? CLI_OK : cli_fail("%s", error.text);
}

static int run(const cli_args *args)
{
    weir_buf out = {0};
    int status = CLI_OK;
    for (size_t i = 0; i < args->operand_count; i++) {
        if (put_plugin(&out, args->operands[i]) != CLI_OK)
            status = CLI_FAILED;
    }
    if (args->operand_count == 0)
        cli_put_plugin_files(&out);
    if (args->operand_count == 0 && out.len == 0)
        status = cli_fail("there are no plugins in WEIR_PLUGIN_PATH or where Weir is installed");
    const int printed = cli_print(&out);
    return status != CLI_OK ? status : printed;
}

const cli_command cli_plugin = {
    .name = "plugin",
    .operands = "[FILE]...",
    .most = SIZE_MAX,
    .summary = "show what a plugin registers, or which there are",
    .description =
        "Loads plugins, each a file (./acme.so) or a name that is looked for as a spec in the "
        "current folder would (acme), and shows what they register: functions with their "
        "parameters, sinks and backends with their options. Without a FILE, lists the plugins in "
        "WEIR_PLUGIN_PATH and where Weir is installed.",
    .examples = "weir plugin\nweir plugin file_sink\nweir plugin ./acme_hooks.so\n",
    .run = run};
