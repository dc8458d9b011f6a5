/* SPDX-License-Identifier: MIT */
/*
 * What a running feed says on stderr: one line per event, log entry or hint, the time first, and on
 * a terminal a progress line that is redrawn in place below them. Any thread; one at a time inside.
 */
#ifndef WEIR_CLI_SCREEN_H
#define WEIR_CLI_SCREEN_H

#include <weir/weir.h>

/** Quiet: only cli_fail is heard. `level`: events from this log level up (NULL: info, all of them).
 * The progress line needs a terminal. */
void cli_screen_open(bool is_quiet, const char *level);
/** The last line of the progress is wiped; lines may still be said. */
void cli_screen_close(void);
bool cli_screen_has_progress(void);
/** One line, the time in front; `text` is cleaned of what drives terminals. */
void cli_screen_say(int64_t time_ns, weir_str text);
/** The same, unless only warnings are wanted. */
void cli_screen_hint(weir_str text);
/** cli_fail while lines and a progress line may be on the screen; heard also when quiet. */
void cli_screen_fail(const char *text);
/** A text of several lines as it is, unless quiet. */
void cli_screen_text(const char *text);
void cli_screen_event(const weir_event *event);
/** A weir_log_to function. */
void cli_screen_log(void *user, const char *level, weir_str line);
/** Draws the progress line anew. */
void cli_screen_progress(weir_str text);
/** Takes the progress line away, since stdout is the same terminal and is about to be written. */
void cli_screen_make_room(void *unused);

#endif
