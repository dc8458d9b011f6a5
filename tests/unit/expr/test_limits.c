/* SPDX-License-Identifier: MIT */
/* The bounds of one run, each at the limit and one past it. Source and nesting are in
 * test_compile.c, patterns and subjects in util/test_regex.c. */
#include <stdio.h>

#include "world.h"

static world *w;
static const char *outcome;

/* Steps that a run of `source` over the number `n` takes; what came of it is in `outcome`. */
static uint64_t steps_of(const char *source, long long n)
{
    char json[32];
    snprintf(json, sizeof json, "%lld", n);
    outcome = world_run(w, source, json);
    return WEIR_EXPR_STEPS_MAX - w->vm->steps;
}

START_TEST(the_last_step_is_taken_and_one_more_is_not)
{
    static const char source[] = "sum(range(data))";
    const long long more = (long long)(WEIR_EXPR_STEPS_MAX - steps_of(source, 0));
    ck_assert_uint_eq(steps_of(source, more), WEIR_EXPR_STEPS_MAX);
    ck_assert_str_ne(outcome, "LimitError");
    steps_of(source, more + 1);
    ck_assert_str_eq(outcome, "LimitError");
}
END_TEST

START_TEST(a_result_has_at_most_so_many_bytes)
{
    steps_of("len('a' * data)", WEIR_EXPR_RESULT_MAX);
    ck_assert_str_ne(outcome, "LimitError");
    steps_of("len('a' * data)", WEIR_EXPR_RESULT_MAX + 1);
    ck_assert_str_eq(outcome, "LimitError");
    steps_of("len([0] * data)", WEIR_EXPR_RESULT_MAX / 16);
    ck_assert_str_ne(outcome, "LimitError");
    steps_of("len([0] * data)", WEIR_EXPR_RESULT_MAX / 16 + 1);
    ck_assert_str_eq(outcome, "LimitError");
}
END_TEST

START_TEST(a_run_has_at_most_so_many_bytes)
{
    /* Each element takes two texts of 1 MiB on its way. */
    steps_of("len(['a' * 1048576 + str(x) for x in range(data)])", 5);
    ck_assert_str_ne(outcome, "LimitError");
    steps_of("len(['a' * 1048576 + str(x) for x in range(data)])", 12);
    ck_assert_str_eq(outcome, "LimitError");
    ck_assert_uint_le(weir_arena_used(w->run), WEIR_EXPR_MEMORY_MAX);
}
END_TEST

START_TEST(a_pattern_reads_at_most_so_many_bytes)
{
    steps_of("re_match('a', 'a' * data)", 8 * 1024);
    ck_assert_str_ne(outcome, "LimitError");
    steps_of("re_match('a', 'a' * data)", 8 * 1024 + 1);
    ck_assert_str_eq(outcome, "LimitError");
}
END_TEST

int main(void)
{
    w = world_new();
    Suite *suite = suite_create("limits");
    weir_check_case(suite, "limits", the_last_step_is_taken_and_one_more_is_not,
                    a_result_has_at_most_so_many_bytes, a_run_has_at_most_so_many_bytes,
                    a_pattern_reads_at_most_so_many_bytes);
    int status = weir_check_run(suite);
    world_free(w);
    return status;
}
