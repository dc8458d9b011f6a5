/* SPDX-License-Identifier: MIT */
/* Texts with the slack that the decoder wants, for the tests of this folder. They live in an arena
 * that a fixture makes and frees. */
#ifndef VALUE_TEXT_H
#define VALUE_TEXT_H

#include "value/json_read.h"
#include "weir_check.h"

static weir_arena *arena;

static void setup(void)
{
    arena = weir_arena_new(4096, 0);
    ck_assert_ptr_nonnull(arena);
}

static void teardown(void)
{
    weir_arena_free(arena);
}

/* A copy whose slack would complete an unfinished text, if anybody believed it. */
static inline weir_str slacked_n(const char *text, size_t len)
{
    char *copy = weir_arena_alloc(arena, len + WEIR_JSON_SLACK);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, text, len);
    memset(copy + len, ']', WEIR_JSON_SLACK);
    memcpy(copy + len, "\"}", 2);
    return (weir_str){copy, len};
}

static inline weir_str slacked(const char *text)
{
    return slacked_n(text, strlen(text));
}

/* The value of a text that is JSON. */
static inline weir_value parsed(const char *text)
{
    weir_value v;
    weir_json_error error = {NULL, 0};
    ck_assert_msg(weir_json_parse(slacked(text), &v, &error), "%s: byte %zu: %s", text,
                  error.offset, error.text);
    return v;
}

static inline void check_text(const weir_value *v, const char *expected)
{
    ck_assert_int_eq(v->kind, WEIR_STR);
    ck_assert_uint_eq(v->len, strlen(expected));
    ck_assert(memcmp(v->s, expected, v->len) == 0);
}

/* A suite of one case with the fixture. */
#define run_suite(name, ...)                                                                       \
    run_tests((name), (const TTest *const[]){__VA_ARGS__},                                         \
              sizeof((const TTest *const[]){__VA_ARGS__}) / sizeof(const TTest *))

static inline int run_tests(const char *name, const TTest *const *tests, size_t count)
{
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create("all");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    for (size_t i = 0; i < count; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    return weir_check_run(suite);
}

#endif
