/* SPDX-License-Identifier: MIT */
/* The difference of two texts as people and patch(1) read it. */
#ifndef WEIR_CLI_DIFF_H
#define WEIR_CLI_DIFF_H

#include "util/buf.h"

/** Appends a unified diff, three lines of context; nothing when the texts are equal. */
void cli_diff(weir_buf *out, const char *name, weir_str before, weir_str after);

#endif
