/* SPDX-License-Identifier: MIT */
/* What the parts of `weir new` share. */
#ifndef WEIR_CLI_NEW_H
#define WEIR_CLI_NEW_H

#include "cli/cli.h"

/** Appends a text in which '@' stands for the name. */
void cli_new_put(weir_buf *out, const char *text, const char *name);
/** Writes a file that is not there yet. */
int cli_new_write(const char *path, const weir_buf *text);
/** --plugin: a folder. */
int cli_new_plugin(const cli_args *args, const char *name);

#endif
