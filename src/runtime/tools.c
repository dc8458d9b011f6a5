/* SPDX-License-Identifier: MIT */
/* The small tools of the public header: a record as JSON, one expression, the log. */
#include <stdlib.h>

#include "expr/expr.h"
#include "runtime/internal.h"
#include "runtime/report.h"
#include "util/error.h"
#include "util/log.h"
#include "value/json_document.h"
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

typedef struct eval {
    weir_diags *diags;
    const weir_source *source;
    weir_arena *arena;
    weir_vm *vm;
    weir_asset_book *book;
    weir_asset_cache *assets;
} eval;

static weir_place place_in(const weir_source *source, size_t offset, size_t length)
{
    weir_place place = {source, 1, 1, 0};
    for (size_t i = 0; i < offset + length && i < source->text.len; i++) {
        const char c = source->text.ptr[i];
        if (((unsigned char)c & 0xC0) == 0x80)
            continue;
        if (i >= offset)
            place.length += c != '\n';
        else if (c == '\n') {
            place.line++;
            place.column = 1;
        } else {
            place.column++;
        }
    }
    return place;
}

static void on_mistake(void *user, size_t offset, size_t length, const char *text)
{
    eval *e = user;
    weir_diag_error(e->diags, place_in(e->source, offset, length), "%s", text);
}

static weir_code run_eval(eval *e, const weir_value *data, weir_buf *out, weir_error *error)
{
    const weir_expr_names names = {.has_asset_book = true};
    const weir_expr_scope scope = {.roots = WEIR_ROOT_BIT(WEIR_ROOT_DATA) |
                                            WEIR_ROOT_BIT(WEIR_ROOT_RECEIVED),
                                   .names = &names};
    const weir_expr_world world = {.assets = e->assets, .connection_name = WEIR_STR("eval")};
    const weir_program *program =
        weir_expr_compile(e->arena, e->source->text, &scope, on_mistake, e);
    if (!program)
        return weir_diags_errors(e->diags) > 0
                   ? weir_fail(error, WEIR_ERR_EVAL, "the expression has mistakes")
                   : weir_fail_nomem(error);
    weir_expr_input input = {0};
    weir_value value;
    input.roots[WEIR_ROOT_DATA] = *data;
    input.roots[WEIR_ROOT_RECEIVED] = weir_value_timestamp(0, 1);
    if (weir_vm_run(e->vm, program, &world, &input, &value)) {
        weir_json_write(out, &value, 0);
        return WEIR_OK;
    }
    size_t offset = 0, length = 0;
    weir_vm_range(e->vm, &offset, &length);
    const weir_str message = weir_vm_message(e->vm);
    weir_diag_error(e->diags, place_in(e->source, offset, length), "%s: %.*s",
                    weir_raise_name(weir_vm_raise(e->vm)), WEIR_FMT(message));
    return weir_fail(error, WEIR_ERR_EVAL, "%s: %.*s", weir_raise_name(weir_vm_raise(e->vm)),
                     WEIR_FMT(message));
}

static bool open_eval(eval *e, const char *expression)
{
    e->diags = weir_diags_new();
    e->arena = weir_arena_new(64 * 1024, 0);
    e->book = weir_asset_book_new(true);
    if (!e->diags || !e->arena || !e->book)
        return false;
    e->source = weir_diags_add_source(e->diags, WEIR_STR("expression"), weir_str_of(expression));
    e->vm = weir_vm_new(e->arena);
    e->assets = weir_asset_cache_new(e->book);
    return e->source && e->vm && e->assets;
}

/* The report takes the diagnostics when the caller wants one. */
static void close_eval(eval *e, weir_report **report)
{
    weir_vm_free(e->vm);
    weir_asset_cache_free(e->assets);
    weir_asset_book_free(e->book);
    weir_arena_free(e->arena);
    if (report && e->diags)
        *report = weir_report_new_take(e->diags);
    else
        weir_diags_free(e->diags);
}

weir_code weir_eval(const char *expression, const char *data_json, weir_text_buffer *out,
                    weir_report **report, weir_error *error)
{
    eval e = {0};
    weir_value data = weir_value_none();
    weir_code code = WEIR_OK;
    if (report)
        *report = NULL;
    if (!open_eval(&e, expression)) {
        code = weir_fail_nomem(error);
    } else if (data_json && !weir_json_document(e.arena, weir_str_of(data_json), &data, error)) {
        code = WEIR_ERR_DECODE;
    } else {
        weir_buf buf = {out->ptr, out->len, out->cap, false};
        code = run_eval(&e, &data, &buf, error);
        if (!finish(out, &buf) && code == WEIR_OK)
            code = weir_fail_nomem(error);
    }
    close_eval(&e, report);
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
