/* SPDX-License-Identifier: MIT */
/* weir eval without an expression. */
#ifndef WEIR_CLI_EVAL_PROMPT_H
#define WEIR_CLI_EVAL_PROMPT_H

#include "cli/cli.h"

/**
 * Reads expressions and commands from stdin until its end and answers each; with line editing when
 * it is a terminal. `data`: JSON or NULL. Exit status: from a pipe, whether all were answered.
 */
int cli_eval_converse(const cli_args *args, const char *data);

#endif
