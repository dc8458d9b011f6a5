/* SPDX-License-Identifier: MIT */
/* A line typed by a person: edited, completed, remembered. Doorman of libedit: prompt.c. */
#ifndef WEIR_CLI_PROMPT_H
#define WEIR_CLI_PROMPT_H

#include "util/buf.h"

typedef struct cli_prompt cli_prompt;

typedef enum cli_typed {
    CLI_TYPED_LINE,
    CLI_TYPED_CLEARED, /* Ctrl-C: what was typed is to be forgotten */
    CLI_TYPED_END      /* Ctrl-D on an empty line, or the terminal is gone */
} cli_typed;

/** Where completions go: words that may stand for the last bytes of what was typed. */
typedef struct cli_words cli_words;
void cli_words_add(void *words, weir_str word);
/** Asked at Tab with the line up to the cursor. Returns how many bytes a word replaces. */
typedef size_t cli_complete_fn(void *user, weir_str line, cli_words *words);

/** On the terminal of stdin and stdout. NULL: out of memory, or it cannot be edited on. */
cli_prompt *cli_prompt_open(cli_complete_fn *complete, void *user);
/** Keeps the history. */
void cli_prompt_close(cli_prompt *prompt);
/** Shows `ask` and reads a line into `line`, without its end. */
cli_typed cli_prompt_read(cli_prompt *prompt, const char *ask, weir_buf *line);
void cli_prompt_remember(cli_prompt *prompt, const char *text);

#endif
