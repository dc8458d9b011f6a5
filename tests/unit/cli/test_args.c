/* SPDX-License-Identifier: MIT */
/* What the rows accept, and what is said of the rest. */
#include <fcntl.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "weir_check.h"

static const char *const colours[] = {"red", "green", NULL};
static const cli_option options[] = {
    {.name = "limit", .arg = "N", .help = "a number"},
    {.name = "wait", .arg = "TIME", .help = "a time"},
    {.name = "colour", .arg = "COLOUR", .help = "one of some", .choices = colours},
    {.name = "set", .arg = "X=Y", .help = "many", .repeats = true},
    {.name = "quiet", .help = "a flag"},
};
static const cli_command command = {.name = "test",
                                    .operands = "FILE [FILE]",
                                    .least = 1,
                                    .most = 2,
                                    .summary = "",
                                    .description = "",
                                    .options = options,
                                    .option_count = sizeof options / sizeof options[0]};

enum { WORDS_MAX = 16, SAID_MAX = 1024 };

static cli_args args;
static bool wants_help;
static char said[SAID_MAX];

/* Runs with stderr in a file, whose text goes to `said`. */
static bool parse(const char *first, ...)
{
    char *words[WORDS_MAX];
    int count = 0;
    va_list list;
    va_start(list, first);
    for (const char *word = first; word; word = va_arg(list, const char *))
        words[count++] = (char *)word;
    va_end(list);
    FILE *file = tmpfile();
    fflush(stderr);
    const int before = dup(STDERR_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    const bool is_good = cli_parse(&command, count, words, &args, &wants_help);
    fflush(stderr);
    dup2(before, STDERR_FILENO);
    close(before);
    rewind(file);
    said[fread(said, 1, sizeof said - 1, file)] = '\0';
    fclose(file);
    return is_good;
}

static void teardown(void)
{
    cli_args_fini(&args);
}

START_TEST(options_and_operands_come_in_any_order)
{
    ck_assert(parse("--limit", "5", "a", "--quiet", "b", "--colour=red", NULL));
    ck_assert_uint_eq(args.operand_count, 2);
    ck_assert_str_eq(args.operands[1], "b");
    ck_assert_str_eq(cli_value(&args, "limit"), "5");
    ck_assert_str_eq(cli_value(&args, "colour"), "red");
    ck_assert(cli_flag(&args, "quiet"));
    ck_assert(!cli_flag(&args, "set"));
    ck_assert_str_eq(said, "");
}
END_TEST

START_TEST(two_dashes_end_the_options)
{
    ck_assert(parse("--", "--quiet", "-x", NULL));
    ck_assert_uint_eq(args.operand_count, 2);
    ck_assert(!cli_flag(&args, "quiet"));
}
END_TEST

START_TEST(a_single_dash_is_an_operand)
{
    ck_assert(parse("a", "-", NULL));
    ck_assert_str_eq(args.operands[1], "-");
}
END_TEST

START_TEST(repeated_options_keep_their_order)
{
    size_t at = 0;
    ck_assert(parse("a", "--set", "x=1", "--set=y=2", NULL));
    ck_assert_str_eq(cli_next(&args, "set", &at), "x=1");
    ck_assert_str_eq(cli_next(&args, "set", &at), "y=2");
    ck_assert_ptr_null(cli_next(&args, "set", &at));
}
END_TEST

START_TEST(help_is_seen_before_anything_is_missing)
{
    ck_assert(parse("--help", NULL));
    ck_assert(wants_help);
}
END_TEST

START_TEST(an_unknown_option_names_the_nearest)
{
    ck_assert(!parse("a", "--limt", "5", NULL));
    ck_assert_str_eq(said, "weir test: unknown option '--limt'; did you mean '--limit'?\n"
                           "Try 'weir test --help'.\n");
}
END_TEST

START_TEST(mistakes_name_the_option)
{
    static const struct {
        const char *words[3];
        const char *text;
    } cases[] = {{{"a", "--limit"}, "--limit needs a value: N"},
                 {{"a", "--quiet=1"}, "--quiet takes no value"},
                 {{"a", "--quiet", "--quiet"}, "--quiet is given twice"},
                 {{"a", "--colour", "blue"}, "--colour takes one of: red, green"},
                 {{"a", "-q"}, "unknown option '-q'"},
                 {{"--quiet"}, "needs FILE [FILE]"},
                 {{"a", "b", "c"}, "takes only FILE [FILE]"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *const *w = cases[i].words;
        ck_assert(!parse(w[0], w[1], w[2], NULL));
        ck_assert_msg(strstr(said, cases[i].text), "'%s' has no '%s'", said, cases[i].text);
        cli_args_fini(&args);
    }
    args = (cli_args){0};
}
END_TEST

START_TEST(numbers_are_whole_and_not_negative)
{
    static const char *const bad[] = {"", "1.5", "-1", "x", "99999999999999999999"};
    uint64_t value = 7;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert(parse("a", "--limit", bad[i], NULL));
        ck_assert(!cli_number(&args, "limit", &value));
        cli_args_fini(&args);
    }
    ck_assert(parse("a", "--limit", "12", NULL));
    ck_assert(cli_number(&args, "limit", &value));
    ck_assert_uint_eq(value, 12);
}
END_TEST

START_TEST(a_time_needs_its_unit)
{
    int64_t ns = 0;
    ck_assert(parse("a", "--wait", "5", NULL));
    ck_assert(!cli_duration(&args, "wait", &ns));
    cli_args_fini(&args);
    ck_assert(parse("a", "--wait", "1.5s", NULL));
    ck_assert(cli_duration(&args, "wait", &ns));
    ck_assert_int_eq(ns, INT64_C(1500000000));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("args");
    TCase *tcase = tcase_create("parsing");
    const TTest *const tests[] = {options_and_operands_come_in_any_order,
                                  two_dashes_end_the_options,
                                  a_single_dash_is_an_operand,
                                  repeated_options_keep_their_order,
                                  help_is_seen_before_anything_is_missing,
                                  an_unknown_option_names_the_nearest,
                                  mistakes_name_the_option,
                                  numbers_are_whole_and_not_negative,
                                  a_time_needs_its_unit};
    tcase_add_checked_fixture(tcase, NULL, teardown);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    return weir_check_run(suite);
}
