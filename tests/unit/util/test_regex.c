/* SPDX-License-Identifier: MIT */
/* Regular expressions mean what Python's `re` means; expected values are CPython 3.11's. */
#include "util/regex.h"

#include "weir_check.h"

static weir_regex_match *match;

static void setup(void)
{
    match = weir_regex_match_new();
    ck_assert_ptr_nonnull(match);
}

static void teardown(void)
{
    weir_regex_match_free(match);
}

static weir_regex *compiled(const char *pattern)
{
    weir_regex_mistake mistake = {0};
    weir_regex *regex = weir_regex_new(weir_str_of(pattern), &mistake);
    ck_assert_msg(regex != NULL, "%s: %s at %zu", pattern, mistake.text, mistake.offset);
    return regex;
}

typedef weir_code matcher(const weir_regex *, weir_regex_match *, weir_str, weir_error *);

/* What group 0 is, or NULL for no match. */
static void finds(matcher *how, const char *pattern, const char *subject, const char *expected)
{
    weir_regex *regex = compiled(pattern);
    weir_str text = {NULL, 0};
    weir_code code = how(regex, match, weir_str_of(subject), NULL);
    ck_assert_int_eq(code, expected ? WEIR_OK : WEIR_ERR_NOT_FOUND);
    ck_assert(weir_regex_group(match, 0, &text) == (expected != NULL));
    if (expected)
        ck_assert_msg(weir_str_is(text, expected), "%s: '%.*s'", pattern, WEIR_FMT(text));
    weir_regex_free(regex);
}

START_TEST(search_match_and_fullmatch_differ_in_their_anchors)
{
    finds(weir_regex_search, "b+", "abbc", "bb");
    finds(weir_regex_match_start, "b+", "abbc", NULL);
    finds(weir_regex_match_start, "a|ab", "abbc", "a");
    finds(weir_regex_match_full, "a|ab", "ab", "ab");
    finds(weir_regex_match_full, "a|ab", "abb", NULL);
    finds(weir_regex_search, "", "", "");
    finds(weir_regex_match_full, "", "", "");
}
END_TEST

START_TEST(python_spellings_are_understood)
{
    finds(weir_regex_search, "a\\Z", "a\n", NULL);
    finds(weir_regex_search, "a$", "a\n", "a");
    finds(weir_regex_match_full, "\\u00e9\\U0001F600", "\xc3\xa9\xf0\x9f\x98\x80",
          "\xc3\xa9\xf0\x9f\x98\x80");
    finds(weir_regex_match_full, "[\\u00e0-\\u00ff]", "\xc3\xa9", "\xc3\xa9");
    finds(weir_regex_match_full, "a{,2}", "aa", "aa");
    finds(weir_regex_match_full, "a{,2}", "aaa", NULL);
    finds(weir_regex_match_full, "[{,2}]+", "{,2}", "{,2}");
    finds(weir_regex_search, "[[:alpha:]]", "x:]", ":]");
    finds(weir_regex_search, "[]a]+", "x]a", "]a");
    finds(weir_regex_search, "[^]a]+", "]xa", "x");
    finds(weir_regex_match_full, "a\\vb", "a\vb", "a\vb");
    finds(weir_regex_search, "\\d+", "x\xd9\xa3", "\xd9\xa3");
    finds(weir_regex_search, "\\w+", "-\xc3\xa9t\xc3\xa9-", "\xc3\xa9t\xc3\xa9");
    finds(weir_regex_search, ".+", "a\rb\nc", "a\rb");
    finds(weir_regex_search, "(?#[)[ab]{,2}", "ab", "ab");
    finds(weir_regex_search, "(?P<q>['\"]).*?(?P=q)", "x 'a\"b' y", "'a\"b'");
}
END_TEST

START_TEST(groups_have_numbers_names_and_spans)
{
    weir_regex *regex = compiled("(?P<base>[A-Z]+)[-/]?(?:x)?(USDT|USD)?(z)?");
    ck_assert_uint_eq(weir_regex_group_count(regex), 3);
    ck_assert_int_eq(weir_regex_group_number(regex, WEIR_STR("base")), 1);
    ck_assert_int_eq(weir_regex_group_number(regex, WEIR_STR("quote")), -1);
    ck_assert_int_eq(weir_regex_group_number(regex, WEIR_STR("")), -1);
    ck_assert(weir_str_is(weir_regex_group_name(regex, 1), "base"));
    ck_assert_uint_eq(weir_regex_group_name(regex, 2).len, 0);
    ck_assert_int_eq(weir_regex_search(regex, match, WEIR_STR(" BTC-USD"), NULL), WEIR_OK);
    size_t start, end;
    ck_assert(weir_regex_span(match, 2, &start, &end) && start == 5 && end == 8);
    ck_assert(!weir_regex_span(match, 3, &start, &end));
    ck_assert(!weir_regex_span(match, 99, &start, &end));
    weir_regex_free(regex);
}
END_TEST

START_TEST(mistakes_have_an_offset_in_the_users_pattern)
{
    static const struct {
        const char *pattern;
        size_t least, most;
    } rows[] = {{"a(b", 3, 3}, {"a)b", 1, 2},         {"[a", 2, 2},
                {"*a", 0, 1},  {"\\Z\\Z{,3}(", 0, 9}, {"(?P<1>a)", 4, 4},
                {"a\\", 2, 2}, {"\\u12", 0, 2},       {"(?<n>a)(?<n>b)", 0, 14}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        weir_regex_mistake mistake = {0};
        ck_assert_ptr_null(weir_regex_new(weir_str_of(rows[i].pattern), &mistake));
        ck_assert_msg(mistake.offset >= rows[i].least && mistake.offset <= rows[i].most,
                      "%s: %s at %zu", rows[i].pattern, mistake.text, mistake.offset);
        ck_assert_uint_gt(strlen(mistake.text), 3);
    }
    ck_assert_ptr_null(weir_regex_new(WEIR_STR("\xff"), NULL));
}
END_TEST

START_TEST(pattern_and_group_limits_hold_at_n_and_break_at_n_plus_1)
{
    weir_buf pattern = {0};
    weir_regex_mistake mistake;
    for (int i = 0; i < WEIR_REGEX_GROUPS_MAX; i++)
        weir_buf_puts(&pattern, "(a)");
    weir_regex_free(compiled(weir_buf_cstr(&pattern)));
    weir_buf_puts(&pattern, "(a)");
    ck_assert_ptr_null(weir_regex_new(weir_buf_str(&pattern), &mistake));
    weir_buf_clear(&pattern);
    for (int i = 0; i < WEIR_REGEX_PATTERN_MAX; i++)
        weir_buf_putc(&pattern, 'a');
    weir_regex_free(compiled(weir_buf_cstr(&pattern)));
    weir_buf_putc(&pattern, 'a');
    ck_assert_ptr_null(weir_regex_new(weir_buf_str(&pattern), &mistake));
    weir_buf_fini(&pattern);
}
END_TEST

START_TEST(endless_backtracking_is_a_limit_and_not_a_miss)
{
    weir_regex *regex = compiled("(a+)+$");
    weir_error error;
    ck_assert_int_eq(weir_regex_search(regex, match,
                                       WEIR_STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"),
                                       &error),
                     WEIR_ERR_LIMIT);
    ck_assert_int_eq(error.code, WEIR_ERR_LIMIT);
    ck_assert_int_eq(weir_regex_search(regex, match, WEIR_STR("aaab"), &error), WEIR_ERR_NOT_FOUND);
    ck_assert_int_eq(weir_regex_search(regex, match, WEIR_STR("aaa"), &error), WEIR_OK);
    weir_regex_free(regex);
    regex = compiled("((((?:x|y)*)*)*)*z(?R)?");
    static char many[20000];
    memset(many, 'x', sizeof many);
    ck_assert_int_eq(weir_regex_search(regex, match, (weir_str){many, sizeof many}, &error),
                     WEIR_ERR_LIMIT);
    weir_regex_free(regex);
}
END_TEST

START_TEST(subjects_are_bounded_and_must_be_utf8)
{
    static char text[WEIR_REGEX_SUBJECT_MAX + 1];
    memset(text, 'a', sizeof text);
    weir_regex *regex = compiled(".*b|a+");
    weir_error error;
    ck_assert_int_eq(
        weir_regex_search(regex, match, (weir_str){text, WEIR_REGEX_SUBJECT_MAX}, &error), WEIR_OK);
    ck_assert_int_eq(
        weir_regex_search(regex, match, (weir_str){text, WEIR_REGEX_SUBJECT_MAX + 1}, &error),
        WEIR_ERR_LIMIT);
    ck_assert_int_eq(weir_regex_search(regex, match, WEIR_STR("a\xff"), &error), WEIR_ERR_ARGUMENT);
    weir_str group;
    ck_assert(!weir_regex_group(match, 0, &group));
    weir_regex_free(regex);
}
END_TEST

static void substitutes(const char *pattern, const char *replacement, size_t count,
                        const char *subject, const char *expected)
{
    weir_regex *regex = compiled(pattern);
    weir_buf out = {0};
    weir_error error = {0};
    weir_code code = weir_regex_sub(regex, match, weir_str_of(subject), weir_str_of(replacement),
                                    count, &out, &error);
    ck_assert_msg(code == WEIR_OK, "%s: %s", pattern, error.text);
    ck_assert_str_eq(weir_buf_cstr(&out), expected);
    weir_buf_fini(&out);
    weir_regex_free(regex);
}

START_TEST(sub_replaces_as_python_does)
{
    substitutes("x*", "-", 0, "abxd", "-a-b--d-");
    substitutes("b|", "-", 0, "abc", "-a--c-");
    substitutes("-", "", 0, "BTC-USD-PERP", "BTCUSDPERP");
    substitutes("-", "", 1, "BTC-USD-PERP", "BTCUSD-PERP");
    substitutes("(\\w+)-(?P<q>\\w+)", "\\g<q>/\\1", 0, "BTC-USD", "USD/BTC");
    substitutes("(a)(b)?", "[\\2|\\g<0>|\\g<1>]", 0, "a", "[|a|a]");
    substitutes("a", "\\n\\t\\\\\\.\\101\\0", 1, "a", "\n\t\\\\.A");
    substitutes("", "-", 0, "\xc3\xa9", "-\xc3\xa9-");
    substitutes("x", "y", 0, "", "");
    substitutes("\\b", "|", 0, "ab cd", "|ab| |cd|");
    substitutes("(?=b)", "<", 0, "abab", "a<ba<b");
}
END_TEST

START_TEST(bad_replacements_are_refused)
{
    static const char *const bad[] = {"\\2",  "\\g<2>", "\\g<x>", "\\g",
                                      "\\g<", "\\g<>",  "\\q",    "\\",
                                      "\\99", "\\g<1",  "\\777",  "\\g<99999999999>"};
    weir_regex *regex = compiled("(a)");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        weir_error error;
        ck_assert_msg(weir_regex_check_replacement(regex, weir_str_of(bad[i]), &error) ==
                          WEIR_ERR_ARGUMENT,
                      "%s", bad[i]);
    }
    ck_assert_int_eq(weir_regex_check_replacement(regex, WEIR_STR("\\1 \\g<1>\\-"), NULL), WEIR_OK);
    weir_regex_free(regex);
}
END_TEST

START_TEST(a_substitution_that_explodes_is_a_limit)
{
    static char text[WEIR_REGEX_SUBJECT_MAX];
    memset(text, 'a', sizeof text);
    weir_regex *regex = compiled("a");
    weir_buf out = {0}, replacement = {0};
    weir_error error;
    for (int i = 0; i < WEIR_REGEX_SUB_MAX / WEIR_REGEX_SUBJECT_MAX; i++)
        weir_buf_putc(&replacement, 'b');
    weir_str subject = {text, sizeof text};
    ck_assert_int_eq(
        weir_regex_sub(regex, match, subject, weir_buf_str(&replacement), 0, &out, &error),
        WEIR_OK);
    ck_assert_uint_eq(out.len, WEIR_REGEX_SUB_MAX);
    weir_buf_clear(&out);
    weir_buf_putc(&replacement, 'b');
    ck_assert_int_eq(
        weir_regex_sub(regex, match, subject, weir_buf_str(&replacement), 0, &out, &error),
        WEIR_ERR_LIMIT);
    ck_assert_uint_eq(out.len, 0);
    weir_regex_free(regex);
    weir_buf_fini(&out);
    weir_buf_fini(&replacement);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("regex");
    TCase *tcase = tcase_create("regex");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, search_match_and_fullmatch_differ_in_their_anchors);
    tcase_add_test(tcase, python_spellings_are_understood);
    tcase_add_test(tcase, groups_have_numbers_names_and_spans);
    tcase_add_test(tcase, mistakes_have_an_offset_in_the_users_pattern);
    tcase_add_test(tcase, pattern_and_group_limits_hold_at_n_and_break_at_n_plus_1);
    tcase_add_test(tcase, endless_backtracking_is_a_limit_and_not_a_miss);
    tcase_add_test(tcase, subjects_are_bounded_and_must_be_utf8);
    tcase_add_test(tcase, sub_replaces_as_python_does);
    tcase_add_test(tcase, bad_replacements_are_refused);
    tcase_add_test(tcase, a_substitution_that_explodes_is_a_limit);
    suite_add_tcase(suite, tcase);
    return weir_check_run(suite);
}
