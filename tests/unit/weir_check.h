/* SPDX-License-Identifier: MIT
 *
 * The few lines that every Check program of tests/unit would otherwise repeat: run a suite and turn
 * the outcome into an exit code, or leave with the code that ctest reports as "skipped".
 *
 *     int main(void)
 *     {
 *         Suite *suite = suite_create("arena");
 *         weir_check_case(suite, "blocks", a_block_is_aligned, zero_bytes_are_a_block);
 *         return weir_check_run(suite);
 *     }
 */
#ifndef WEIR_CHECK_H
#define WEIR_CHECK_H

#include <check.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ctest's SKIP_RETURN_CODE for every test of the project (tests/CMakeLists.txt). */
enum { WEIR_CHECK_SKIPPED = 77 };

/* Runs the suite, frees it, and returns what main() should return. */
static inline int weir_check_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Adds `count` tests to the suite as one case; the tests are what START_TEST names. */
static inline void weir_check_case_n(Suite *suite, const char *name, const TTest *const *tests,
                                     size_t count)
{
    TCase *tcase = tcase_create(name);
    tcase_set_timeout(tcase, 60);
    for (size_t i = 0; i < count; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
}

/* A macro because START_TEST declares pointers, which a compound literal can gather in place. */
#define weir_check_case(suite, name, ...)                                                          \
    weir_check_case_n((suite), (name), (const TTest *const[]){__VA_ARGS__},                        \
                      sizeof((const TTest *const[]){__VA_ARGS__}) / sizeof(const TTest *))

/* Leaves the program as "skipped", with the reason in the log. Call it from main() only. */
static inline _Noreturn void weir_check_skip(const char *reason)
{
    fprintf(stderr, "SKIPPED: %s\n", reason);
    exit(WEIR_CHECK_SKIPPED);
}

/* Skips the whole program when a file or folder is absent. Call it from main() only. */
static inline void weir_check_need_path(const char *path)
{
    if (access(path, R_OK) == 0)
        return;
    fprintf(stderr, "SKIPPED: %s is absent\n", path);
    exit(WEIR_CHECK_SKIPPED);
}

#endif
