/* SPDX-License-Identifier: MIT */
/*
 * One sink behind a mutex; the level is an atomic so that a line nobody wants costs one load. Lines
 * are cut at LINE_MAX_LEN rather than allocated, so logging works when memory does not. Control
 * characters are replaced: a peer's text must not move the terminal's cursor.
 */
#include "util/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

enum { LINE_MAX_LEN = 2048 };

static pthread_mutex_t sink_lock = PTHREAD_MUTEX_INITIALIZER;
static weir_log_sink *sink;
static void *sink_user;
static atomic_int threshold = WEIR_LOG_OFF;

static const char *const level_names[] = {
    [WEIR_LOG_DEBUG] = "debug", [WEIR_LOG_INFO] = "info", [WEIR_LOG_WARNING] = "warning",
    [WEIR_LOG_ERROR] = "error", [WEIR_LOG_OFF] = "off",
};

void weir_log_set(weir_log_sink *new_sink, void *user, weir_log_level at_least)
{
    pthread_mutex_lock(&sink_lock);
    sink = new_sink;
    sink_user = user;
    atomic_store(&threshold, new_sink ? (int)at_least : (int)WEIR_LOG_OFF);
    pthread_mutex_unlock(&sink_lock);
}

bool weir_log_wants(weir_log_level level)
{
    return level < WEIR_LOG_OFF &&
           (int)level >= atomic_load_explicit(&threshold, memory_order_relaxed);
}

void weir_log(weir_log_level level, const char *format, ...)
{
    if (!weir_log_wants(level))
        return;
    char line[LINE_MAX_LEN];
    va_list args;
    va_start(args, format);
    int written = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (written < 0)
        return;
    weir_str text = {line, (size_t)written < sizeof line ? (size_t)written : sizeof line - 1};
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = line[i] == '\t' ? ' ' : '?';
    pthread_mutex_lock(&sink_lock);
    if (sink && weir_log_wants(level))
        sink(sink_user, level, text);
    pthread_mutex_unlock(&sink_lock);
}

const char *weir_log_level_name(weir_log_level level)
{
    return (unsigned)level <= WEIR_LOG_OFF ? level_names[level] : "unknown";
}
