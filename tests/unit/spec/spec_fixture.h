/* SPDX-License-Identifier: MIT */
/* Loads a spec from text and keeps what the tests of this room look at. */
#ifndef WEIR_TEST_SPEC_FIXTURE_H
#define WEIR_TEST_SPEC_FIXTURE_H

#include "spec/spec.h"
#include "weir_check.h"

typedef struct loaded {
    weir_diags *diags;
    weir_spec_model *model;
} loaded;

/* No backends of its own: one with a few rows, so that the room is tested without the floors above.
 */
static inline const weir_spec_registry *fixture_registry(void)
{
    static const char *const colours[] = {"red", "green", NULL};
    static const weir_option_row tls_rows[] = {
        {.name = "verify",
         .type = WEIR_OPTION_BOOL,
         .fallback = "true",
         .doc = "check the certificate (true)"},
    };
    static const weir_option_row rows[] = {
        {.name = "limit",
         .type = WEIR_OPTION_SIZE,
         .fallback = "64MiB",
         .min = 1,
         .max = 1 << 30,
         .doc = "bytes"},
        {.name = "wait", .type = WEIR_OPTION_DURATION, .fallback = "5s", .doc = "time"},
        {.name = "colour",
         .type = WEIR_OPTION_ENUM,
         .choices = colours,
         .fallback = "green",
         .doc = "colour"},
        {.name = "names", .type = WEIR_OPTION_STR_LIST, .doc = "names"},
        {.name = "pairs", .type = WEIR_OPTION_STR_MAP, .doc = "pairs"},
        {.name = "tls", .type = WEIR_OPTION_GROUP, .rows = tls_rows, .row_count = 1, .doc = "TLS"},
    };
    static const weir_backend_rows backends[] = {
        {"websocket", rows, sizeof rows / sizeof rows[0], 0, NULL, NULL}};
    static const weir_spec_registry registry = {.backends = backends, .count = 1};
    return &registry;
}

static inline loaded load_text(const char *text)
{
    loaded l = {.diags = weir_diags_new()};
    l.model = weir_spec_model_parse("test.yaml", weir_str_of(text), fixture_registry(), l.diags);
    weir_diags_sort(l.diags);
    return l;
}

static inline void unload(loaded *l)
{
    weir_spec_model_free(l->model);
    weir_diags_free(l->diags);
}

/* The first error is at line:column and has `text` in it. */
static inline void expect_diag(const loaded *l, uint32_t line, uint32_t column, const char *text)
{
    size_t at = 0;
    ck_assert_uint_gt(weir_diags_errors(l->diags), 0);
    while (weir_diags_at(l->diags, at)->severity != WEIR_SEVERITY_ERROR)
        at++;
    const weir_diag *diag = weir_diags_at(l->diags, at);
    ck_assert_msg(memmem(diag->text.ptr, diag->text.len, text, strlen(text)) != NULL,
                  "'%.*s' has no '%s'", WEIR_FMT(diag->text), text);
    ck_assert_uint_eq(diag->place.line, line);
    ck_assert_uint_eq(diag->place.column, column);
}

static inline void expect_clean(const loaded *l)
{
    weir_buf out = {0};
    weir_diags_print(l->diags, &out, false);
    ck_assert_msg(weir_diags_errors(l->diags) == 0, "%s", weir_buf_cstr(&out));
    weir_buf_fini(&out);
}

#endif
