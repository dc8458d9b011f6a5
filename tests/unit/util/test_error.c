/* SPDX-License-Identifier: MIT */
/* Errors, the log, and looking up options: the small things everything uses. */
#include "util/error.h"
#include "util/log.h"
#include "util/option.h"

#include "weir_check.h"

START_TEST(every_code_has_a_name_of_its_own)
{
    for (int i = 0; i < WEIR_CODE_COUNT; i++) {
        ck_assert_str_ne(weir_code_name((weir_code)i), "unknown");
        for (int j = 0; j < i; j++)
            ck_assert_str_ne(weir_code_name((weir_code)i), weir_code_name((weir_code)j));
    }
    ck_assert_str_eq(weir_code_name((weir_code)999), "unknown");
    ck_assert_str_eq(weir_code_name((weir_code)-1), "unknown");
}
END_TEST

START_TEST(a_long_text_is_cut_between_code_points)
{
    char text[WEIR_ERROR_TEXT_MAX * 2];
    for (size_t lead = 0; lead < 4; lead++) {
        memset(text, 'a', lead);
        for (size_t i = lead; i + 2 < sizeof text; i += 2)
            memcpy(text + i, "\xc3\xa9", 3);
        weir_error error;
        ck_assert_int_eq(weir_fail(&error, WEIR_ERR_IO, "%s", text), WEIR_ERR_IO);
        size_t len = strlen(error.text);
        ck_assert_uint_ge(len, WEIR_ERROR_TEXT_MAX - 2);
        ck_assert_uint_eq((len - lead) % 2, 0);
    }
}
END_TEST

START_TEST(an_error_that_nobody_wants_still_has_its_code)
{
    ck_assert_int_eq(weir_fail(NULL, WEIR_ERR_AUTH, "x"), WEIR_ERR_AUTH);
    weir_error error;
    ck_assert_int_eq(weir_fail_nomem(&error), WEIR_ERR_NOMEM);
    ck_assert_str_eq(error.text, "out of memory");
}
END_TEST

static char last_line[4096];
static int line_count;

static void keep_line(void *user, weir_log_level level, weir_str line)
{
    (void)user;
    (void)level;
    line_count++;
    snprintf(last_line, sizeof last_line, "%.*s", WEIR_FMT(line));
}

START_TEST(the_log_is_silent_until_someone_listens)
{
    weir_log(WEIR_LOG_ERROR, "nobody");
    ck_assert(!weir_log_wants(WEIR_LOG_ERROR));
    weir_log_set(keep_line, NULL, WEIR_LOG_WARNING);
    weir_log(WEIR_LOG_INFO, "too low");
    ck_assert_int_eq(line_count, 0);
    weir_log(WEIR_LOG_WARNING, "a\nb\033[2J%d", 5);
    ck_assert_str_eq(last_line, "a?b?[2J5");
    weir_log_set(NULL, NULL, WEIR_LOG_DEBUG);
    weir_log(WEIR_LOG_ERROR, "gone");
    ck_assert_int_eq(line_count, 1);
    ck_assert_str_eq(weir_log_level_name(WEIR_LOG_WARNING), "warning");
}
END_TEST

START_TEST(a_long_log_line_is_cut)
{
    char text[8192];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    weir_log_set(keep_line, NULL, WEIR_LOG_DEBUG);
    weir_log(WEIR_LOG_DEBUG, "%s", text);
    ck_assert_uint_eq(strlen(last_line), 2047);
    weir_log_set(NULL, NULL, WEIR_LOG_OFF);
}
END_TEST

START_TEST(options_are_found_in_groups)
{
    static const weir_option_row tls[] = {{.name = "verify", .type = WEIR_OPTION_BOOL},
                                          {.name = "ca", .type = WEIR_OPTION_STR}};
    static const weir_option_row rows[] = {
        {.name = "url", .type = WEIR_OPTION_STR},
        {.name = "tls", .type = WEIR_OPTION_GROUP, .rows = tls, .row_count = 2}};
    weir_option_value inner[2] = {{.row = &tls[0]}, {.row = &tls[1]}};
    weir_option_value values[2] = {{.row = &rows[0]}, {.row = &rows[1], .group = inner}};
    weir_options options = {rows, 2, values};
    ck_assert_ptr_eq(weir_options_get(&options, "url"), &values[0]);
    ck_assert_ptr_eq(weir_options_get(&options, "tls"), &values[1]);
    ck_assert_ptr_eq(weir_options_get(&options, "tls.ca"), &inner[1]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("error");
    weir_check_case(suite, "error", every_code_has_a_name_of_its_own,
                    a_long_text_is_cut_between_code_points,
                    an_error_that_nobody_wants_still_has_its_code);
    weir_check_case(suite, "log", the_log_is_silent_until_someone_listens, a_long_log_line_is_cut);
    weir_check_case(suite, "option", options_are_found_in_groups);
    return weir_check_run(suite);
}
