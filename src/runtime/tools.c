/* SPDX-License-Identifier: MIT */
/* The small tools of the public header: a record as JSON, one expression, the log. */
#include <stdlib.h>

#include "runtime/internal.h"
#include "util/error.h"
#include "util/log.h"
#include "value/json_write.h"

/* ------------------------------------------------------------------ text */

/* The public buffer and ours have the same parts: borrowed for the call. */
static bool finish(weir_text_buffer *out, const weir_buf *buf)
{
    const bool is_good = !buf->failed;
    *out = (weir_text_buffer){buf->ptr, buf->len, buf->cap};
    return is_good;
}

bool weir_record_json(weir_text_buffer *out, const weir_record *record, bool with_frame)
{
    weir_buf buf = {out->ptr, out->len, out->cap, false};
    weir_record_write_json(&buf, record, with_frame ? WEIR_RECORD_WITH_FRAME : 0);
    return finish(out, &buf);
}

void weir_text_buffer_free(weir_text_buffer *buffer)
{
    free(buffer->ptr);
    *buffer = (weir_text_buffer){0};
}

/* ------------------------------------------------------------------ eval */

weir_code weir_eval(const char *expression, const char *data_json, weir_text_buffer *out,
                    weir_report **report, weir_error *error)
{
    weir_workspace *ws = weir_workspace_new();
    weir_code code = ws ? WEIR_OK : weir_fail_nomem(error);
    if (report)
        *report = NULL;
    if (ws && data_json)
        code = weir_workspace_set_data(ws, weir_str_of(data_json), error);
    if (code == WEIR_OK)
        code = weir_workspace_ask(ws, WEIR_ASK_VALUE, weir_str_of(expression), out, report, error);
    weir_workspace_free(ws);
    return code;
}

/* ------------------------------------------------------------------ log */

static struct {
    void (*fn)(void *user, const char *level, weir_str line);
    void *user;
} log_target;

static void forward(void *user, weir_log_level level, weir_str line)
{
    (void)user;
    log_target.fn(log_target.user, weir_log_level_name(level), line);
}

void weir_log_to(void (*fn)(void *user, const char *level, weir_str line), void *user,
                 const char *at_least)
{
    weir_log_level level = WEIR_LOG_INFO;
    for (int i = WEIR_LOG_DEBUG; at_least && i <= WEIR_LOG_OFF; i++) {
        if (strcmp(at_least, weir_log_level_name((weir_log_level)i)) == 0)
            level = (weir_log_level)i;
    }
    weir_log_set(NULL, NULL, WEIR_LOG_OFF); /* waits for a line being written */
    log_target.fn = fn;
    log_target.user = user;
    if (fn)
        weir_log_set(forward, NULL, level);
}
