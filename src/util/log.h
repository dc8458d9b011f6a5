/* SPDX-License-Identifier: MIT */
/*
 * The log: levels, one sink for the process, set by whoever owns the process (the command, the
 * embedder). Nothing below runtime/ logs; it returns errors. Secrets never reach here: they are a
 * value flag that the writers mask. Thread-safe.
 */
#ifndef WEIR_UTIL_LOG_H
#define WEIR_UTIL_LOG_H

#include <weir/types.h>

typedef enum weir_log_level {
    WEIR_LOG_DEBUG,
    WEIR_LOG_INFO,
    WEIR_LOG_WARNING,
    WEIR_LOG_ERROR,
    WEIR_LOG_OFF
} weir_log_level;

/** `line` has no newline and lives for the call. May be called from any thread, one at a time. */
typedef void weir_log_sink(void *user, weir_log_level level, weir_str line);

/** NULL sink = nothing is logged (the default for a library). */
void weir_log_set(weir_log_sink *sink, void *user, weir_log_level at_least);
bool weir_log_wants(weir_log_level level);
void weir_log(weir_log_level level, const char *format, ...) WEIR_PRINTF(2, 3);
const char *weir_log_level_name(weir_log_level level);

#endif
