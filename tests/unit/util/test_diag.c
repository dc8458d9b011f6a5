/* SPDX-License-Identifier: MIT */
/* What the user sees: places, carets, order, and the guess at what was meant. */
#include "util/diag.h"

#include "weir_check.h"

static weir_buf out;

static const char *printed(weir_diags *diags)
{
    weir_diags_sort(diags);
    weir_buf_clear(&out);
    weir_diags_print(diags, &out, false);
    return weir_buf_cstr(&out);
}

START_TEST(the_caret_stands_under_the_place)
{
    weir_diags *diags = weir_diags_new();
    const weir_source *source = weir_diags_add_source(
        diags, WEIR_STR("a.yaml"), WEIR_STR("one\n  mid: (data['bid'] + bidd) / 2\nthree"));
    weir_place place = {source, 2, 24, 4};
    weir_diag_error(diags, place, "unknown name '%s'; did you mean 'bid'?", "bidd");
    ck_assert_str_eq(printed(diags),
                     "a.yaml:2:24: error: unknown name 'bidd'; did you mean 'bid'?\n"
                     "    2 |   mid: (data['bid'] + bidd) / 2\n"
                     "      |                        ^~~~\n");
    weir_diags_free(diags);
    weir_buf_fini(&out);
}
END_TEST

START_TEST(tabs_and_wide_characters_keep_the_caret_in_place)
{
    weir_diags *diags = weir_diags_new();
    const weir_source *source = weir_diags_add_source(
        diags, WEIR_STR("t"), WEIR_STR("\t\xc3\xa9\t\xe6\x97\xa5\xe6\x9c\xac x\r\n"));
    weir_diag_error(diags, ((weir_place){source, 1, 5, 1}), "a");
    weir_diag_error(diags, ((weir_place){source, 1, 7, 9}), "b");
    ck_assert_str_eq(printed(diags), "t:1:5: error: a\n"
                                     "    1 | \t\xc3\xa9\t\xe6\x97\xa5\xe6\x9c\xac x\n"
                                     "      | \t \t  ^~\n"
                                     "t:1:7: error: b\n"
                                     "    1 | \t\xc3\xa9\t\xe6\x97\xa5\xe6\x9c\xac x\n"
                                     "      | \t \t     ^\n");
    weir_diags_free(diags);
    weir_buf_fini(&out);
}
END_TEST

START_TEST(a_place_past_the_end_is_drawn_at_the_end)
{
    weir_diags *diags = weir_diags_new();
    const weir_source *source = weir_diags_add_source(diags, WEIR_STR("e"), WEIR_STR("ab"));
    weir_diag_error(diags, ((weir_place){source, 1, 99, 0}), "x");
    weir_diag_error(diags, ((weir_place){source, 99, 1, 0}), "y");
    ck_assert_str_eq(printed(diags), "e:1:99: error: x\n    1 | ab\n      |   ^\n"
                                     "e:99:1: error: y\n");
    weir_diags_free(diags);
    weir_buf_fini(&out);
}
END_TEST

START_TEST(a_terminal_cannot_be_driven_by_a_spec)
{
    weir_diags *diags = weir_diags_new();
    const weir_source *source =
        weir_diags_add_source(diags, WEIR_STR("c\033"), WEIR_STR("\033[2J\xff b"));
    weir_diag_error(diags, ((weir_place){source, 1, 7, 1}), "bad \033 \xc2\x9b text");
    ck_assert_str_eq(printed(diags), "c?:1:7: error: bad ? ? text\n    1 | ?[2J? b\n"
                                     "      |       ^\n");
    weir_diags_free(diags);
    weir_buf_fini(&out);
}
END_TEST

START_TEST(a_long_line_is_shown_as_a_window)
{
    char text[1000];
    memset(text, 'a', sizeof text);
    text[500] = 'X';
    weir_diags *diags = weir_diags_new();
    const weir_source *source =
        weir_diags_add_source(diags, WEIR_STR("w"), (weir_str){text, sizeof text});
    weir_diag_error(diags, ((weir_place){source, 1, 501, 1}), "x");
    const char *shown = printed(diags);
    const char *line = strstr(shown, "    1 | ...");
    const char *caret = strstr(shown, "      | ");
    ck_assert_ptr_nonnull(line);
    ck_assert_ptr_nonnull(caret);
    ck_assert_int_eq(strchr(line, 'X') - line, strchr(caret, '^') - caret);
    ck_assert_uint_lt(strlen(shown), 600);
    weir_diags_free(diags);
    weir_buf_fini(&out);
}
END_TEST

START_TEST(diagnostics_come_in_order_and_once)
{
    weir_diags *diags = weir_diags_new();
    const weir_source *a = weir_diags_add_source(diags, WEIR_STR("a"), WEIR_STR("1\n2\n3\n"));
    const weir_source *b = weir_diags_add_source(diags, WEIR_STR("b"), WEIR_STR("1\n"));
    weir_diag_error(diags, ((weir_place){b, 1, 1, 1}), "fourth");
    weir_diag_error(diags, ((weir_place){a, 3, 1, 1}), "third");
    weir_diag_error(diags, ((weir_place){a, 1, 1, 1}), "second");
    weir_diag_error(diags, ((weir_place){a, 1, 1, 1}), "second");
    weir_diag_add(diags, WEIR_SEVERITY_WARNING, (weir_place){0}, "first");
    ck_assert_str_eq(printed(diags), "warning: first\n"
                                     "a:1:1: error: second\n    1 | 1\n      | ^\n"
                                     "a:3:1: error: third\n    3 | 3\n      | ^\n"
                                     "b:1:1: error: fourth\n    1 | 1\n      | ^\n");
    ck_assert_uint_eq(weir_diags_errors(diags), 3);
    ck_assert_uint_eq(weir_diags_warnings(diags), 1);
    ck_assert_uint_eq(weir_diags_count(diags), 4);
    ck_assert_ptr_null(weir_diags_at(diags, 4));
    weir_diags_free(diags);
    weir_buf_fini(&out);
}
END_TEST

START_TEST(a_thousand_are_kept_and_one_more_is_counted)
{
    weir_diags *diags = weir_diags_new();
    for (int i = 0; i <= WEIR_DIAG_MAX; i++)
        weir_diag_error(diags, (weir_place){0}, "mistake %d", i);
    ck_assert_uint_eq(weir_diags_count(diags), WEIR_DIAG_MAX);
    ck_assert_uint_eq(weir_diags_errors(diags), WEIR_DIAG_MAX + 1);
    ck_assert_ptr_nonnull(strstr(printed(diags), "1001 were found"));
    weir_diags_free(diags);
    weir_buf_fini(&out);
}
END_TEST

START_TEST(json_form_is_json)
{
    weir_diags *diags = weir_diags_new();
    const weir_source *source = weir_diags_add_source(diags, WEIR_STR("q\"\n"), WEIR_STR("x"));
    weir_diag_error(diags, ((weir_place){source, 1, 1, 1}), "say \"\xff\"");
    weir_diag_add(diags, WEIR_SEVERITY_NOTE, (weir_place){0}, "n");
    weir_buf_clear(&out);
    weir_diags_print_json(diags, &out);
    ck_assert_str_eq(weir_buf_cstr(&out),
                     "[{\"file\":\"q\\\"\\u000a\",\"line\":1,\"column\":1,\"length\":1,"
                     "\"severity\":\"error\",\"text\":\"say \\\"\xef\xbf\xbd\\\"\"},"
                     "{\"file\":null,\"line\":0,\"column\":0,\"length\":0,"
                     "\"severity\":\"note\",\"text\":\"n\"}]");
    weir_diags_free(diags);
    weir_buf_fini(&out);
}
END_TEST

START_TEST(colour_wraps_the_same_text)
{
    weir_diags *diags = weir_diags_new();
    const weir_source *source = weir_diags_add_source(diags, WEIR_STR("a"), WEIR_STR("x"));
    weir_diag_error(diags, ((weir_place){source, 1, 1, 1}), "t");
    weir_buf_clear(&out);
    weir_diags_print(diags, &out, true);
    ck_assert_str_eq(weir_buf_cstr(&out),
                     "\033[1ma:1:1: \033[0m\033[1;31merror: \033[0m\033[1mt\033[0m\n"
                     "    1 | x\n      | \033[1;32m^\033[0m\n");
    weir_diags_free(diags);
    weir_buf_fini(&out);
}
END_TEST

static const char *const words[] = {"bid", "ask", "connection", "subscribe", "timestamp"};

static weir_str word_at(const void *user, size_t index)
{
    (void)user;
    return weir_str_of(words[index]);
}

static void guesses(const char *word, const char *expected)
{
    weir_str guess = weir_did_you_mean(weir_str_of(word), 5, word_at, NULL);
    ck_assert_msg(weir_str_is(guess, expected), "%s: %.*s", word, WEIR_FMT(guess));
}

START_TEST(a_slip_is_guessed_and_a_different_word_is_not)
{
    guesses("bidd", "bid");
    guesses("bd", "bid");
    guesses("bdi", "bid");
    guesses("BID", "bid");
    guesses("conection", "connection");
    guesses("subscrbie", "subscribe");
    guesses("timstmp", "timestamp");
    guesses("price", "");
    guesses("b", "");
    guesses("", "");
    guesses("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "");
    guesses("\xff\xff", "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("diag");
    weir_check_case(suite, "diag", the_caret_stands_under_the_place,
                    tabs_and_wide_characters_keep_the_caret_in_place,
                    a_place_past_the_end_is_drawn_at_the_end, a_terminal_cannot_be_driven_by_a_spec,
                    a_long_line_is_shown_as_a_window, diagnostics_come_in_order_and_once,
                    a_thousand_are_kept_and_one_more_is_counted, json_form_is_json,
                    colour_wraps_the_same_text, a_slip_is_guessed_and_a_different_word_is_not);
    return weir_check_run(suite);
}
