/* SPDX-License-Identifier: MIT */
/* The decoder on texts of every kind, good and bad, and the looking into raw values. */
#include <math.h>

#include "value_text.h"

static bool accepts_n(const char *text, size_t len)
{
    weir_value v;
    weir_json_error error;
    return weir_json_parse(slacked_n(text, len), &v, &error);
}

static bool accepts(const char *text)
{
    return accepts_n(text, strlen(text));
}

static void check_error(const char *text, size_t offset, const char *reason)
{
    weir_value v;
    weir_json_error error = {NULL, 0};
    ck_assert_msg(!weir_json_parse(slacked(text), &v, &error), "%s was accepted", text);
    ck_assert_msg(strcmp(error.text, reason) == 0, "%s: %s", text, error.text);
    ck_assert_msg(error.offset == offset, "%s: at %zu", text, error.offset);
}

START_TEST(scalars_are_typed_in_place)
{
    ck_assert_int_eq(parsed(" true ").kind, WEIR_BOOL);
    ck_assert(parsed("true").b);
    ck_assert(!parsed("false").b);
    ck_assert_int_eq(parsed("\tnull\r\n").kind, WEIR_NONE);
    weir_value v = parsed("\"plain\"");
    check_text(&v, "plain");
    ck_assert(v.flags & WEIR_VALUE_ASCII);
    v = parsed("\"\xc3\xa9\"");
    check_text(&v, "\xc3\xa9");
    ck_assert(!(v.flags & WEIR_VALUE_ASCII));
}
END_TEST

START_TEST(what_needs_work_stays_raw)
{
    weir_value v = parsed("\"a\\n\"");
    ck_assert_int_eq(v.kind, WEIR_RAW);
    ck_assert_int_eq(v.aux, WEIR_RAW_ESCAPED);
    ck_assert_uint_eq(v.len, 3);
    v = parsed("-12");
    ck_assert_int_eq(v.aux, WEIR_RAW_NUMBER);
    ck_assert(v.flags & WEIR_VALUE_INTEGRAL);
    ck_assert(!(parsed("1.0").flags & WEIR_VALUE_INTEGRAL));
    ck_assert(!(parsed("1e5").flags & WEIR_VALUE_INTEGRAL));
    v = parsed(" [1, 2] ");
    ck_assert_int_eq(v.aux, WEIR_RAW_ARRAY);
    ck_assert_uint_eq(v.len, 6);
    v = parsed("{\"a\":{}}");
    ck_assert_int_eq(v.aux, WEIR_RAW_OBJECT);
    ck_assert_uint_eq(v.len, 8);
}
END_TEST

START_TEST(texts_of_the_grammar_are_accepted)
{
    static const char *const good[] = {
        "0",
        "-0",
        "0.5",
        "10",
        "1E5",
        "1e+5",
        "1e-05",
        "123456789012345678901234567890",
        "[]",
        "{}",
        "[ ]",
        "{ }",
        "[[],[[]]]",
        "{\"\":0}",
        "\"\"",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "\"\\/\\\"\\\\\\b\\f\\n\\r\\t\\uABCD\"",
        "[1 , 2]",
        "{\"a\" : 1 , \"b\" : 2}",
        "\"\x7f\"",
        "\"\xf0\x9f\x98\x80\"",
        "[true,false,null]",
        "{\"a\":1,\"a\":2}",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ck_assert_msg(accepts(good[i]), "%s", good[i]);
}
END_TEST

START_TEST(texts_off_the_grammar_are_refused)
{
    static const char *const bad[] = {
        "",
        " ",
        "tru",
        "truE",
        "nul",
        "falsey",
        "+1",
        "01",
        "-",
        "-a",
        "1.",
        ".5",
        "1.e5",
        "1e",
        "1e+",
        "0x10",
        "1_0",
        "NaN",
        "Infinity",
        "-Infinity",
        "[",
        "]",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1}",
        "{",
        "}",
        "{1:2}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\" 1}",
        "{,}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":1]",
        "\"",
        "\"abc",
        "\"\\\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\n\"",
        "\"\t\"",
        "'a'",
        "1 2",
        "[] []",
        "{} x",
        "\xef\xbb\xbf{}",
        "\"\\",
        "\"\\u",
        "/**/1",
        "[1]//",
        "\v1",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!accepts(bad[i]), "%s", bad[i]);
    ck_assert(!accepts_n("1\0", 2));
    ck_assert(!accepts_n("\"\0\"", 3));
}
END_TEST

START_TEST(bad_utf8_is_refused)
{
    static const char *const bad[] = {
        "\"\x80\"",
        "\"\xc3\"",
        "\"\xc0\xaf\"",
        "\"\xe0\x80\xaf\"",
        "\"\xed\xa0\x80\"",
        "\"\xf4\x90\x80\x80\"",
        "\"\xf8\x88\x80\x80\x80\"",
        "\"\xc3\\n\"",
        "\"\xff\"",
        "{\"\xc3\":1}",
        "[\"0123456789abcdef\xe2\x82\"]",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!accepts(bad[i]), "case %zu", i);
}
END_TEST

START_TEST(every_truncation_is_refused)
{
    static const char text[] = "{\"a\":[1.5,-2e3,true,{\"b\":null}],\"c\":\"x\\u00e9\\n\xc3\xa9\","
                               "\"0123456789abcdefg\":[[]]}";
    ck_assert(accepts(text));
    for (size_t len = 0; len < sizeof text - 1; len++)
        ck_assert_msg(!accepts_n(text, len), "cut at %zu", len);
}
END_TEST

START_TEST(errors_tell_the_byte_and_the_reason)
{
    check_error("{\"a\":1;}", 6, "expected ',' or '}'");
    check_error("[1;2]", 2, "expected ',' or ']'");
    check_error("{\"a\";1}", 4, "expected ':'");
    check_error("{a:1}", 1, "expected a key");
    check_error("[1,,2]", 3, "expected a value");
    check_error("[1,2", 4, "unexpected end of the text");
    check_error("[\"ab", 1, "string without closing quote");
    check_error("[\"a\nb\"]", 3, "control character in a string");
    check_error("[\"\\q\"]", 3, "unknown escape in a string");
    check_error("[\"a\xff\"]", 3, "bad UTF-8 in a string");
    check_error("1 1", 2, "expected the end of the text");
    check_error("[1.x]", 3, "expected a digit after '.'");
}
END_TEST

static bool accepts_depth(size_t depth, const char *open, char close)
{
    char text[8 * (WEIR_JSON_DEPTH_MAX + 1)];
    size_t len = 0;
    for (size_t i = 0; i < depth; i++) {
        memcpy(text + len, open, strlen(open));
        len += strlen(open);
    }
    if (close == '}')
        text[len++] = '1';
    memset(text + len, close, depth);
    return accepts_n(text, len + depth);
}

START_TEST(nesting_is_bounded)
{
    ck_assert(accepts_depth(WEIR_JSON_DEPTH_MAX, "[", ']'));
    ck_assert(!accepts_depth(WEIR_JSON_DEPTH_MAX + 1, "[", ']'));
    ck_assert(accepts_depth(WEIR_JSON_DEPTH_MAX, "{\"a\":", '}'));
    ck_assert(!accepts_depth(WEIR_JSON_DEPTH_MAX + 1, "{\"a\":", '}'));
}
END_TEST

START_TEST(lookups_find_members_and_elements)
{
    weir_value object = parsed("{\"a\": 1, \"\\u0062\" : [2], \"a\":3, \"c\\n\":4 }");
    weir_value v;
    ck_assert_uint_eq(weir_json_count(&object), 4);
    ck_assert(weir_json_member(&object, WEIR_STR("a"), &v));
    ck_assert_int_eq(weir_json_number(&v).i, 3);
    ck_assert(weir_json_member(&object, WEIR_STR("b"), &v));
    ck_assert_int_eq(v.aux, WEIR_RAW_ARRAY);
    ck_assert(weir_json_member(&object, WEIR_STR("c\n"), &v));
    ck_assert(!weir_json_member(&object, WEIR_STR("c"), &v));
    weir_value array = parsed("[ \"x\" , [1,2] , 7 ]");
    ck_assert_uint_eq(weir_json_count(&array), 3);
    ck_assert(weir_json_element(&array, 2, &v));
    ck_assert_int_eq(weir_json_number(&v).i, 7);
    ck_assert(!weir_json_element(&array, 3, &v));
    weir_value empty = parsed("[ ]");
    ck_assert_uint_eq(weir_json_count(&empty), 0);
    ck_assert(!weir_json_element(&empty, 0, &v));
}
END_TEST

START_TEST(a_walk_gives_keys_of_objects_only)
{
    weir_value object = parsed("{\"a\":\"x\",\"b\":null}");
    weir_json_iter iter;
    weir_value key;
    weir_value value;
    weir_json_iter_init(&iter, &object);
    ck_assert(weir_json_iter_next(&iter, &key, &value));
    check_text(&key, "a");
    check_text(&value, "x");
    ck_assert(weir_json_iter_next(&iter, &key, &value));
    ck_assert_int_eq(value.kind, WEIR_NONE);
    ck_assert(!weir_json_iter_next(&iter, &key, &value));
    weir_value array = parsed("[\"a\"]");
    weir_json_iter_init(&iter, &array);
    ck_assert(weir_json_iter_next(&iter, &key, &value));
    ck_assert_int_eq(key.kind, WEIR_ABSENT);
    check_text(&value, "a");
    ck_assert(!weir_json_iter_next(&iter, &key, &value));
}
END_TEST

static weir_value number(const char *text)
{
    weir_value raw = parsed(text);
    return weir_json_number(&raw);
}

START_TEST(numbers_are_what_python_reads)
{
    ck_assert_int_eq(number("-0").kind, WEIR_INT);
    ck_assert(number("9223372036854775807").i == INT64_MAX);
    ck_assert(number("-9223372036854775808").i == INT64_MIN);
    weir_value big = number("9223372036854775808");
    ck_assert_int_eq(big.kind, WEIR_BIGINT);
    ck_assert(weir_str_is(weir_value_text(&big), "9223372036854775808"));
    ck_assert(number("1.5").f == 1.5);
    ck_assert(number("1e400").f == INFINITY);
    ck_assert(number("-1e400").f == -INFINITY);
    ck_assert(number("1e-400").f == 0);
    ck_assert_int_eq(number("1e2").kind, WEIR_FLOAT);
}
END_TEST

static double long_number(const char *head, char fill, size_t count, const char *tail)
{
    char *text = weir_arena_alloc(arena, strlen(head) + count + strlen(tail) + 1);
    strcpy(text, head);
    memset(text + strlen(head), fill, count);
    strcpy(text + strlen(head) + count, tail);
    return number(text).f;
}

START_TEST(numbers_of_any_length_are_read)
{
    ck_assert(long_number("0.", '0', 10000, "1") == 0);
    ck_assert(long_number("0.", '0', 10000, "15e10001") == 1.5);
    ck_assert(long_number("1.5", '0', 10000, "") == 1.5);
    ck_assert(long_number("1", '0', 10000, ".0e-10000") == 1.0);
    ck_assert(long_number("1", '0', 10000, "e0") == INFINITY);
    ck_assert(long_number("1e", '0', 10000, "5") == 1e5);
    ck_assert(long_number("1e-", '9', 10000, "") == 0);
    /* Half-way between two doubles, and a digit far behind that decides. */
    ck_assert(long_number("9007199254740993.", '0', 10000, "1") == 9007199254740994.0);
    ck_assert(long_number("9007199254740993.", '0', 10000, "0") == 9007199254740992.0);
}
END_TEST

START_TEST(escapes_become_text)
{
    static const struct {
        const char *json;
        const char *text;
    } cases[] = {
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
        {"\"\\u0041\\u00e9\\u20AC\"", "A\xc3\xa9\xe2\x82\xac"},
        {"\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80"},
        {"\"\\ud83d\"", "\xef\xbf\xbd"},
        {"\"\\ude00x\"", "\xef\xbf\xbdx"},
        {"\"\\ud83d\\ud83d\\ude00\"", "\xef\xbf\xbd\xf0\x9f\x98\x80"},
        {"\"\\ud83d\\n\"", "\xef\xbf\xbd\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        weir_value raw = parsed(cases[i].json);
        weir_value text;
        ck_assert(weir_json_unescape(arena, &raw, &text));
        check_text(&text, cases[i].text);
        ck_assert(weir_json_text_is(&raw, weir_str_of(cases[i].text)));
        ck_assert(!weir_json_text_is(&raw, WEIR_STR("other")));
    }
    char small[2];
    bool is_ascii;
    ck_assert_uint_eq(weir_json_unescape_into(WEIR_STR("\\u20ac"), small, 2, &is_ascii), SIZE_MAX);
}
END_TEST

START_TEST(unfolding_goes_one_level)
{
    weir_value raw = parsed("{\"a\":[1,{}],\"\\u0062\":\"x\\n\",\"a\":7}");
    weir_value dict;
    ck_assert(weir_json_unfold(arena, &raw, &dict));
    ck_assert_int_eq(dict.kind, WEIR_DICT);
    ck_assert_uint_eq(dict.dict->count, 2);
    const weir_value *b = weir_dict_get_str(dict.dict, WEIR_STR("b"));
    ck_assert_ptr_nonnull(b);
    ck_assert_int_eq(b->kind, WEIR_RAW);
    const weir_value *a = weir_dict_get_str(dict.dict, WEIR_STR("a"));
    ck_assert_int_eq(weir_json_number(a).i, 7);
}
END_TEST

START_TEST(unfolding_deep_leaves_nothing_raw)
{
    weir_value raw = parsed("[{\"a\":[1,2.5,\"\\u0041\"]},[[]]]");
    weir_value list;
    ck_assert(weir_json_unfold_deep(arena, &raw, &list));
    const weir_value *inner = weir_dict_get_str(list.list->items[0].dict, WEIR_STR("a"));
    ck_assert_int_eq(inner->list->items[0].kind, WEIR_INT);
    ck_assert_int_eq(inner->list->items[1].kind, WEIR_FLOAT);
    check_text(&inner->list->items[2], "A");
}
END_TEST

START_TEST(what_comes_out_of_a_secret_is_secret)
{
    weir_value raw = parsed("{\"key\":[\"abc\"]}");
    raw.flags |= WEIR_VALUE_SECRET;
    weir_value dict;
    weir_value list;
    ck_assert(weir_json_unfold(arena, &raw, &dict));
    ck_assert(weir_json_unfold(arena, weir_dict_get_str(dict.dict, WEIR_STR("key")), &list));
    ck_assert(list.list->items[0].flags & WEIR_VALUE_SECRET);
}
END_TEST

START_TEST(out_of_memory_is_told)
{
    weir_value raw = parsed("[\"\\n\",{\"a\":[1,2,3,4,5,6,7,8,9,10]}]");
    weir_value v;
    for (size_t limit = 16; limit < 512; limit += 16) {
        weir_arena *tiny = weir_arena_new(256, limit);
        weir_json_unfold_deep(tiny, &raw, &v);
        weir_arena_free(tiny);
    }
    weir_arena *none = weir_arena_new(256, 8);
    ck_assert(!weir_json_unfold_deep(none, &raw, &v));
    weir_arena_free(none);
}
END_TEST

int main(void)
{
    return run_suite(
        "json_read", scalars_are_typed_in_place, what_needs_work_stays_raw,
        texts_of_the_grammar_are_accepted, texts_off_the_grammar_are_refused, bad_utf8_is_refused,
        every_truncation_is_refused, errors_tell_the_byte_and_the_reason, nesting_is_bounded,
        lookups_find_members_and_elements, a_walk_gives_keys_of_objects_only,
        numbers_are_what_python_reads, numbers_of_any_length_are_read, escapes_become_text,
        unfolding_goes_one_level, unfolding_deep_leaves_nothing_raw,
        what_comes_out_of_a_secret_is_secret, out_of_memory_is_told);
}
