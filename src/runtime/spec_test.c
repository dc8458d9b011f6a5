/* SPDX-License-Identifier: MIT */
/* The public functions of tests in a spec: run them, bring the file up to date, make new ones. */
#include "runtime/spec_test.h"

#include "util/error.h"
#include "util/time.h"
#include "value/json_read.h"
#include "value/json_write.h"

enum { TEST_ARENA_FIRST = 64 * 1024 };

/* The public buffer and ours have the same parts: borrowed for the call. */
static weir_buf borrow(const weir_text_buffer *out)
{
    return (weir_buf){out->ptr, out->len, out->cap, false};
}

static weir_code give_back(weir_text_buffer *out, const weir_buf *buf, weir_code code,
                           weir_error *error)
{
    *out = (weir_text_buffer){buf->ptr, buf->len, buf->cap};
    return code == WEIR_OK && buf->failed ? weir_fail_nomem(error) : code;
}

size_t weir_spec_tests(const weir_spec *spec)
{
    return spec->model->test_count;
}

weir_str weir_spec_test_file(const weir_spec *spec)
{
    return spec->model->tests_source.name;
}

static bool is_chosen(const weir_test_spec *test, const char *filter)
{
    return !filter || memmem(test->name.ptr, test->name.len, filter, strlen(filter)) != NULL;
}

/* ------------------------------------------------------------------ running */

static void put_actual(weir_buf *out, const weir_test_run *run)
{
    weir_buf_putc(out, '[');
    for (size_t i = 0; i < run->count; i++) {
        if (i > 0)
            weir_buf_putc(out, ',');
        if (run->test->kind == WEIR_TEST_RECORDS) {
            weir_buf_put(out, run->items[i].text);
            continue;
        }
        if (run->items[i].is_binary) {
            const weir_value value = weir_value_bytes(run->items[i].text);
            weir_json_write(out, &value, 0);
        } else {
            weir_json_write_str(out, run->items[i].text);
        }
    }
    weir_buf_putc(out, ']');
}

static weir_code run_one(const weir_spec *spec, const weir_test_spec *test, weir_test_fn *on_result,
                         void *user, weir_error *error)
{
    const int64_t began_ns = weir_mono_ns();
    weir_buf diff = {0}, actual = {0};
    weir_test_run run = {.arena = weir_arena_new(TEST_ARENA_FIRST, 0)};
    weir_code code = run.arena ? weir_test_run_do(&run, spec, test, error) : weir_fail_nomem(error);
    if (code == WEIR_OK) {
        const bool has_passed = weir_test_judge(&run, &diff);
        put_actual(&actual, &run);
        const weir_test_result result = {.name = test->name,
                                         .connection =
                                             spec->model->connections[test->connection].name,
                                         .file = spec->model->tests_source.name,
                                         .line = test->node->place.line,
                                         .column = test->node->place.column,
                                         .has_passed = has_passed,
                                         .diff = weir_buf_str(&diff),
                                         .actual = weir_buf_str(&actual),
                                         .elapsed_ns = weir_mono_ns() - began_ns};
        if (diff.failed || actual.failed || weir_arena_failed(run.arena))
            code = weir_fail_nomem(error);
        else
            on_result(user, &result);
    }
    weir_buf_fini(&diff);
    weir_buf_fini(&actual);
    weir_arena_free(run.arena);
    return code;
}

weir_code weir_spec_test(weir_spec *spec, const char *filter, weir_test_fn *on_result, void *user,
                         weir_error *error)
{
    weir_code code = WEIR_OK;
    for (size_t i = 0; code == WEIR_OK && i < spec->model->test_count; i++) {
        if (is_chosen(&spec->model->tests[i], filter))
            code = run_one(spec, &spec->model->tests[i], on_result, user, error);
    }
    return code;
}

/* ------------------------------------------------------------------ updating */

static weir_code edit_one(weir_test_edits *edits, const weir_spec *spec, const weir_test_spec *test,
                          size_t *changed, weir_error *error)
{
    weir_buf diff = {0};
    weir_test_run run = {.arena = weir_arena_new(TEST_ARENA_FIRST, 0)};
    weir_error why = {0};
    weir_code code = run.arena ? weir_test_run_do(&run, spec, test, error) : weir_fail_nomem(error);
    if (code == WEIR_OK && !weir_test_judge(&run, &diff)) {
        const bool is_edited = weir_test_edit_expected(edits, &run, &why);
        *changed += is_edited;
        if (!is_edited && why.code != WEIR_OK)
            code = weir_fail(error, why.code, "%s", why.text);
    }
    weir_buf_fini(&diff);
    weir_arena_free(run.arena);
    return code;
}

weir_code weir_spec_test_update(weir_spec *spec, const char *filter, weir_text_buffer *out,
                                size_t *changed, weir_error *error)
{
    const weir_spec_model *model = spec->model;
    weir_test_edits edits = {.arena = weir_arena_new(TEST_ARENA_FIRST, 0),
                             .source = model->tests_source.text};
    weir_code code = edits.arena ? WEIR_OK : weir_fail_nomem(error);
    *changed = 0;
    for (size_t i = 0; code == WEIR_OK && i < model->test_count; i++) {
        if (is_chosen(&model->tests[i], filter))
            code = edit_one(&edits, spec, &model->tests[i], changed, error);
    }
    if (code == WEIR_OK && *changed > 0) {
        weir_buf text = borrow(out);
        code = weir_test_edits_apply(&edits, &text, error);
        code = give_back(out, &text, code, error);
    }
    weir_arena_free(edits.arena);
    return code;
}

/* ------------------------------------------------------------------ new tests */

/* The reason without the place in the spec that it ends with: lines move. */
static weir_str without_place(weir_str reason)
{
    if (reason.len == 0 || reason.ptr[reason.len - 1] != ')')
        return reason;
    size_t at = reason.len;
    while (at > 1 && !(reason.ptr[at - 1] == '(' && reason.ptr[at - 2] == ' '))
        at--;
    return at > 1 ? (weir_str){reason.ptr, at - 2} : reason;
}

static void put_failures(weir_buf *out, const weir_test_run *run, size_t indent)
{
    const weir_test_failure *first = &run->failures[0];
    bool are_alike = true, is_one_stage = true;
    for (size_t i = 1; i < run->failure_count; i++) {
        are_alike = are_alike && weir_str_eq(run->failures[i].reason, first->reason);
        is_one_stage = is_one_stage && run->failures[i].stage == first->stage;
    }
    weir_buf_printf(out, "%*sfails: {", (int)indent, "");
    if (is_one_stage)
        weir_buf_printf(out, "stage: %s", weir_stage_name(first->stage));
    if (are_alike) {
        weir_buf_puts(out, is_one_stage ? ", reason: " : "reason: ");
        weir_test_put_text(out, without_place(first->reason));
    }
    weir_buf_puts(out, "}\n");
}

static void put_out(weir_buf *out, const weir_test_run *run, size_t indent)
{
    weir_buf_printf(out, "%*sout:%s\n", (int)indent, "", run->count ? "" : " []");
    for (size_t i = 0; i < run->count; i++) {
        weir_buf_printf(out, "%*s- ", (int)indent + 2, "");
        weir_test_put_item(out, run, i, indent + 4);
        weir_buf_putc(out, '\n');
    }
}

static void put_block(weir_buf *out, const weir_test_run *run)
{
    const weir_spec_model *model = run->spec->model;
    const weir_test_spec *test = run->test;
    const size_t dash = weir_test_indent(model), indent = dash + 2;
    weir_buf_printf(out, "%*s- name: ", (int)dash, "");
    weir_test_put_text(out, test->name);
    weir_buf_putc(out, '\n');
    if (model->connection_count > 1)
        weir_buf_printf(out, "%*sconnection: %.*s\n", (int)indent, "",
                        WEIR_FMT(model->connections[test->connection].name));
    if (test->now_ns != 0) {
        char text[WEIR_TIME_TEXT_MAX];
        const size_t len = weir_time_format(test->now_ns, text);
        weir_buf_printf(out, "%*snow: \"%.*s\"\n", (int)indent, "", (int)len, text);
    }
    weir_buf_printf(out, "%*sin: ", (int)indent, "");
    weir_test_put_frame(out, &model->connections[test->connection], &test->frames[0]);
    weir_buf_putc(out, '\n');
    put_out(out, run, indent);
    if (run->failure_count > 0)
        put_failures(out, run, indent);
}

/* The frame with the slack that the decoder wants, in the arena. */
static bool copy_frame(weir_arena *arena, const weir_test_draft *draft, weir_test_frame *frame)
{
    const weir_str bytes = draft->frame;
    char *copy = weir_arena_calloc(arena, bytes.len + WEIR_JSON_SLACK, 1);
    if (!copy)
        return false;
    if (bytes.len > 0)
        memcpy(copy, bytes.ptr, bytes.len);
    *frame = (weir_test_frame){.name = draft->frame_name,
                               .bytes = {copy, bytes.len},
                               .is_binary = draft->is_binary,
                               .has_parts = draft->has_parts};
    return true;
}

static bool has_test(const weir_spec_model *model, weir_str name)
{
    for (size_t i = 0; i < model->test_count; i++) {
        if (weir_str_eq(model->tests[i].name, name))
            return true;
    }
    return false;
}

/* Names are given once: a second test of the same frame is "NAME (2)". */
static weir_str free_name(weir_arena *arena, const weir_spec_model *model, const char *wanted)
{
    weir_str name = weir_arena_copy(arena, weir_str_of(wanted));
    for (size_t number = 2; name.ptr && has_test(model, name); number++)
        name = weir_arena_printf(arena, "%s (%zu)", wanted, number);
    return name;
}

weir_code weir_spec_test_draft(weir_spec *spec, const weir_test_draft *draft, weir_text_buffer *out,
                               weir_error *error)
{
    weir_test_frame frame = {.is_binary = draft->is_binary};
    weir_test_spec test = {.kind = WEIR_TEST_RECORDS,
                           .now_ns = draft->received_ns,
                           .frames = &frame,
                           .frame_count = 1,
                           .connection = weir_spec_find_connection(spec, draft->connection, error)};
    if (test.connection == SIZE_MAX)
        return error->code;
    weir_test_run run = {.spec = spec, .test = &test, .arena = weir_arena_new(TEST_ARENA_FIRST, 0)};
    if (run.arena)
        test.name = free_name(run.arena, spec->model, draft->name);
    weir_code code = run.arena && test.name.ptr && copy_frame(run.arena, draft, &frame)
                         ? weir_test_run_do(&run, spec, &test, error)
                         : weir_fail_nomem(error);
    if (code == WEIR_OK) {
        weir_buf text = borrow(out);
        put_block(&text, &run);
        code = give_back(out, &text, code, error);
    }
    weir_arena_free(run.arena);
    return code;
}

weir_code weir_spec_test_append(weir_spec *spec, weir_str blocks, weir_text_buffer *out,
                                weir_error *error)
{
    weir_test_edits edits = {.arena = weir_arena_new(TEST_ARENA_FIRST, 0),
                             .source = spec->model->tests_source.text};
    weir_code code = edits.arena ? WEIR_OK : weir_fail_nomem(error);
    if (code == WEIR_OK && !weir_test_edit_append(&edits, spec->model, blocks, error))
        code = error->code;
    if (code == WEIR_OK) {
        weir_buf text = borrow(out);
        code = weir_test_edits_apply(&edits, &text, error);
        code = give_back(out, &text, code, error);
    }
    weir_arena_free(edits.arena);
    return code;
}
