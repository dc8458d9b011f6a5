/* SPDX-License-Identifier: MIT */
/* What the commands say of the plugins of a spec. */
#ifndef WEIR_CLI_PLUGINS_H
#define WEIR_CLI_PLUGINS_H

#include "cli/cli.h"

/** A line per plugin with its file, and one per function with what it is for. */
void cli_put_plugins(weir_buf *out, const weir_spec *spec);
/** A line per function that was called; nothing when none was. */
void cli_put_plugin_calls(weir_buf *out, const weir_spec *spec);
/** A line for each plugin in WEIR_PLUGIN_PATH and where Weir is installed. */
void cli_put_plugin_files(weir_buf *out);
/** --plugin and --sink as the YAML of weir_spec_options; false after a message. */
bool cli_put_more(weir_buf *out, const cli_args *args);
/** A weir_log_to function for commands without a screen: a warning is a line on stderr. */
void cli_warn(void *user, const char *level, weir_str line);

#endif
