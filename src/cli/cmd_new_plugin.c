/* SPDX-License-Identifier: MIT */
/*
 * weir new --plugin: a folder with a plugin that builds as it is, with CMake or by one line, and a
 * spec whose test it passes. '@' stands for the name.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "cli/new.h"

static const char code[] =
    "/*\n"
    " * @: a plugin of Weir. The header weir/plugin.h tells all that there is; "
    "docs/writing-a-plugin.md\n"
    " * what it is for. Everything is asked through context->host, so nothing is linked.\n"
    " */\n"
    "#include <weir/plugin.h>\n"
    "\n"
    "/* In expressions: @_mid(bid, ask). Values are opaque: get_... reads them, make_... makes "
    "them. */\n"
    "static const weir_value *mid(weir_plugin_context *context, const weir_value *const *args,\n"
    "                             size_t count)\n"
    "{\n"
    "    const weir_plugin_host *host = context->host;\n"
    "    double bid = 0, ask = 0;\n"
    "    (void)count;\n"
    "    if (!host->get_f64(context, args[0], &bid) || !host->get_f64(context, args[1], &ask))\n"
    "        return host->fail(context, \"bid and ask are numbers\"); /* fails this record alone "
    "*/\n"
    "    return host->make_f64(context, (bid + ask) / 2);\n"
    "}\n"
    "\n"
    "/* use, name, parameters, function, type of the result, columns of a converter, what it does "
    "*/\n"
    "static const weir_plugin_function rows[] = {\n"
    "    {WEIR_PLUGIN_EXPRESSION, \"@_mid\", \"bid ask\", mid, WEIR_TYPE_FLOAT, NULL, 0,\n"
    "     \"half way between bid and ask\"},\n"
    "};\n"
    "\n"
    "/* Once for every spec that names the plugin. What it leaves in context->state is there in "
    "every\n"
    " * call for that spec, and is given to the last member of weir_plugin below when the spec is "
    "freed. */\n"
    "static bool init(weir_plugin_context *context, weir_plugin_registry *registry)\n"
    "{\n"
    "    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {\n"
    "        if (!context->host->add_function(registry, &rows[i]))\n"
    "            return false;\n"
    "    }\n"
    "    return true;\n"
    "}\n"
    "\n"
    "const weir_plugin_entry weir_plugin = {\n"
    "    WEIR_PLUGIN_HEAD, \"@\", \"0.1\", \"what it is about, in a sentence\", init, NULL};\n";

static const char cmake[] =
    "# Builds @.so into this folder, beside the spec that uses it:\n"
    "#   cmake -B build && cmake --build build && weir test @.yaml\n"
    "# Where Weir is installed in a place of its own: -DCMAKE_PREFIX_PATH=PREFIX.\n"
    "cmake_minimum_required(VERSION 3.16)\n"
    "project(@ LANGUAGES C)\n"
    "set(CMAKE_C_STANDARD 11)\n"
    "if(NOT CMAKE_BUILD_TYPE)\n"
    "    set(CMAKE_BUILD_TYPE RelWithDebInfo)\n"
    "endif()\n"
    "find_path(WEIR_INCLUDE_DIR weir/plugin.h REQUIRED)\n"
    "add_library(@ MODULE @.c)\n"
    "set_target_properties(@ PROPERTIES PREFIX \"\" C_VISIBILITY_PRESET hidden\n"
    "    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})\n"
    "target_include_directories(@ PRIVATE ${WEIR_INCLUDE_DIR})\n"
    "target_compile_options(@ PRIVATE -Wall -Wextra)\n"
    "enable_testing()\n"
    "add_test(NAME @ COMMAND weir test ${CMAKE_CURRENT_SOURCE_DIR}/@.yaml)\n";

static const char spec[] =
    "# A spec that uses the plugin: `weir test @.yaml`\n"
    "weir: 1\n"
    "name: @\n"
    "plugins: [@]                     # @.so or lib@.so, beside this file or in WEIR_PLUGIN_PATH\n"
    "connections:\n"
    "  market_data:\n"
    "    url: wss://stream.@.example/market\n"
    "    backend: websocket\n"
    "    streams: [quote]\n"
    "    converters:\n"
    "      quote:\n"
    "        - fields:\n"
    "            asset: broker.infer_asset(symbol=data['symbol'])\n"
    "            bid: float(data['bid'])\n"
    "            ask: float(data['ask'])\n"
    "            mid: @_mid(data['bid'], data['ask'])\n"
    "tests:\n"
    "  - name: the middle\n"
    "    in: '{\"symbol\":\"ABC\",\"bid\":1.25,\"ask\":1.75}'\n"
    "    out: [{asset: ABC, mid: 1.5}]\n"
    "  - name: no number\n"
    "    in: '{\"symbol\":\"ABC\",\"bid\":1,\"ask\":\"2\"}'\n"
    "    fails: {stage: convert, reason: bid and ask are numbers}\n";

static const char page[] =
    "# @\n"
    "\n"
    "A plugin of Weir.\n"
    "\n"
    "| name | use | |\n"
    "|---|---|---|\n"
    "| `@_mid(bid, ask)` | expression function | half way between bid and ask |\n"
    "\n"
    "Built with CMake,\n"
    "\n"
    "    cmake -B build && cmake --build build\n"
    "\n"
    "or by one line,\n"
    "\n"
    "    cc -shared -fPIC -O2 $(pkg-config --cflags weir) @.c -o @.so\n"
    "\n"
    "and tested by the spec that uses it:\n"
    "\n"
    "    weir test @.yaml\n";

static const struct {
    const char *name; /* '@' as in the texts */
    const char *text;
} files[] = {{"@.c", code}, {"CMakeLists.txt", cmake}, {"@.yaml", spec}, {"README.md", page}};

static bool is_plugin_name(const char *text)
{
    return text[0] >= 'a' && text[0] <= 'z' &&
           text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

int cli_new_plugin(const cli_args *args, const char *name)
{
    const char *output = cli_value(args, "output");
    const char *folder = output ? output : name;
    if (!is_plugin_name(name))
        return cli_usage(args,
                         "the name of a plugin has small letters, digits and '_', a letter first, "
                         "not '%s'",
                         name);
    if (mkdir(folder, 0777) != 0)
        return errno == EEXIST ? cli_fail("%s is there already; it is left as it is", folder)
                               : cli_fail("%s: %s", folder, strerror(errno));
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        weir_buf path = {0}, text = {0};
        weir_buf_printf(&path, "%s/", folder);
        cli_new_put(&path, files[i].name, name);
        cli_new_put(&text, files[i].text, name);
        const int status = path.failed || text.failed ? cli_fail("out of memory")
                                                      : cli_new_write(weir_buf_cstr(&path), &text);
        weir_buf_fini(&path);
        weir_buf_fini(&text);
        if (status != CLI_OK)
            return status;
    }
    fprintf(stderr, "wrote %s/; its README.md tells how it is built\n", folder);
    return CLI_OK;
}
