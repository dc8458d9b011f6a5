/* SPDX-License-Identifier: MIT */
/* Tests in a spec through the public functions, and the parts they are made of: comparing, YAML. */
#include "runtime/spec_test.h"
#include "value/json_read.h"
#include "weir_check.h"

/* ------------------------------------------------------------------ a spec in a file */

static const char *const head =
    "weir: 1\nname: acme\nconnections:\n  m:\n    url: ws://h/\n    backend: {type: websocket}\n"
    "    streams: [data]\n    converters:\n      data:\n        fields:\n"
    "          asset: broker.infer_asset(symbol=data['S'])\n          x: data['x']\n";

static char path[] = "/tmp/weir-spec-test-XXXXXX";

static weir_spec *load(const char *tests)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fprintf(file, "%s%s", head, tests);
    ck_assert_int_eq(fclose(file), 0);
    weir_error error = {0};
    weir_spec *spec = weir_spec_load(path, NULL, NULL, &error);
    ck_assert_msg(spec != NULL, "%s", error.text);
    return spec;
}

typedef struct tally {
    size_t passed, failed;
    char diff[4096];
} tally;

static void on_result(void *user, const weir_test_result *result)
{
    tally *t = user;
    t->passed += result->has_passed;
    t->failed += !result->has_passed;
    snprintf(t->diff, sizeof t->diff, "%.*s", WEIR_FMT(result->diff));
    ck_assert(result->has_passed == (result->diff.len == 0));
    ck_assert_uint_gt(result->line, 0);
}

static tally run(const char *tests)
{
    tally t = {0};
    weir_spec *spec = load(tests);
    weir_error error = {0};
    ck_assert_int_eq(weir_spec_test(spec, NULL, on_result, &t, &error), WEIR_OK);
    weir_spec_free(spec);
    return t;
}

START_TEST(every_test_is_reported_once)
{
    const tally t = run("tests:\n  - {name: a, in: '{\"S\":\"A\",\"x\":1}', out: [{asset: A}]}\n"
                        "  - {name: b, in: '{\"S\":\"A\",\"x\":1}', out: [{x: 2}]}\n");
    ck_assert_uint_eq(t.passed, 1);
    ck_assert_uint_eq(t.failed, 1);
    ck_assert_ptr_nonnull(strstr(t.diff, ":15:48: record 1, x\n  - 2\n  + 1\n"));
}
END_TEST

START_TEST(integers_beyond_64_bits_are_compared_by_their_digits)
{
    const char *const form =
        "tests:\n  - {name: a, in: '{\"S\":\"A\",\"x\":%s}', out: [{x: %s}]}\n";
    static const struct {
        const char *sent, *expected;
        bool is_same;
    } rows[] = {
        {"17843232920108168701", "17843232920108168701", true},
        {"17843232920108168701", "17843232920108168702", false},
        {"1.0", "1", true},
        {"-0.0", "0", true},
        {"1e400", "1e400", false}, /* no double: null */
        {"true", "1", false},
        {"\"1\"", "1", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[512];
        snprintf(text, sizeof text, form, rows[i].sent, rows[i].expected);
        ck_assert_msg(run(text).passed == rows[i].is_same, "%s %s", rows[i].sent, rows[i].expected);
    }
}
END_TEST

START_TEST(nothing_to_update_gives_no_text)
{
    weir_spec *spec =
        load("tests:\n  - {name: a, in: '{\"S\":\"A\",\"x\":1}', out: [{asset: A}]}\n");
    weir_text_buffer text = {0};
    weir_error error = {0};
    size_t changed = 7;
    ck_assert_int_eq(weir_spec_test_update(spec, NULL, &text, &changed, &error), WEIR_OK);
    ck_assert_uint_eq(changed, 0);
    ck_assert_uint_eq(text.len, 0);
    weir_text_buffer_free(&text);
    weir_spec_free(spec);
}
END_TEST

START_TEST(an_update_changes_one_scalar)
{
    const char *const tests =
        "tests:\n  - {name: a, in: '{\"S\":\"A\",\"x\":1}', out: [{x: %s}]}\n";
    char before[1024], after[2048];
    snprintf(before, sizeof before, tests, "two");
    weir_spec *spec = load(before);
    weir_text_buffer text = {0};
    weir_error error = {0};
    size_t changed = 0;
    ck_assert_int_eq(weir_spec_test_update(spec, NULL, &text, &changed, &error), WEIR_OK);
    ck_assert_uint_eq(changed, 1);
    snprintf(before, sizeof before, tests, "1");
    snprintf(after, sizeof after, "%s%s", head, before);
    ck_assert_msg(weir_str_is((weir_str){text.ptr, text.len}, after), "%.*s", (int)text.len,
                  text.ptr);
    weir_text_buffer_free(&text);
    weir_spec_free(spec);
}
END_TEST

START_TEST(a_draft_needs_a_connection_that_is_there)
{
    weir_spec *spec = load("");
    weir_text_buffer text = {0};
    weir_error error = {0};
    const weir_test_draft draft = {.name = "x", .connection = "n", .frame = WEIR_STR("{}")};
    ck_assert_int_eq(weir_spec_test_draft(spec, &draft, &text, &error), WEIR_ERR_NOT_FOUND);
    ck_assert_uint_eq(text.len, 0);
    weir_spec_free(spec);
}
END_TEST

START_TEST(the_stages_of_the_language_are_those_of_the_runner)
{
    for (size_t i = 0; i < WEIR_STAGE_COUNT; i++)
        ck_assert_str_eq(weir_test_stages[i], weir_stage_name((weir_stage)i));
    ck_assert_ptr_null(weir_test_stages[WEIR_STAGE_COUNT]);
}
END_TEST

/* ------------------------------------------------------------------ messages */

static weir_str padded(weir_arena *arena, const char *text)
{
    const weir_str str = weir_str_of(text);
    char *copy = weir_arena_calloc(arena, str.len + WEIR_JSON_SLACK, 1);
    memcpy(copy, str.ptr, str.len);
    return (weir_str){copy, str.len};
}

static bool same(const char *expected, const char *actual)
{
    weir_arena *arena = weir_arena_new(4096, 0);
    const weir_test_frame frame = {.bytes = padded(arena, expected)};
    weir_test_item item = {.text = padded(arena, actual)};
    weir_json_error ignored;
    if (!weir_json_parse(item.text, &item.value, &ignored))
        item.value = weir_value_absent();
    const bool is_same = weir_test_same_message(arena, &frame, &item);
    weir_arena_free(arena);
    return is_same;
}

START_TEST(messages_are_compared_as_json_values)
{
    ck_assert(same("{\"a\":1,\"b\":[true,null]}", "{ \"b\": [true, null], \"a\": 1.0 }"));
    ck_assert(same("\"\\u0041\"", "\"A\""));
    ck_assert(same("{\"\\u0061\":2}", "{\"a\":1,\"a\":2}"));
    ck_assert(!same("{\"a\":1}", "{\"a\":1,\"b\":1}"));
    ck_assert(!same("{\"a\":1,\"b\":1}", "{\"a\":1,\"c\":1}"));
    ck_assert(!same("[1,2]", "[2,1]"));
    ck_assert(!same("[1]", "[1,1]"));
    ck_assert(!same("true", "1"));
    ck_assert(!same("true", "false"));
    ck_assert(!same("null", "false"));
    ck_assert(!same("\"1\"", "1"));
    ck_assert(!same("0.1", "0.10000000000000002"));
}
END_TEST

START_TEST(texts_are_compared_byte_by_byte)
{
    ck_assert(same("SUB A", "SUB A"));
    ck_assert(!same("SUB A", "SUB  A"));
    ck_assert(!same("", "x"));
}
END_TEST

/* ------------------------------------------------------------------ YAML */

static void expect_yaml(const char *text, const char *yaml)
{
    weir_buf out = {0};
    weir_test_put_text(&out, weir_str_of(text));
    ck_assert_str_eq(weir_buf_cstr(&out), yaml);
    weir_buf_fini(&out);
}

START_TEST(texts_are_quoted_where_they_could_be_misread)
{
    expect_yaml("AAPL", "AAPL");
    expect_yaml("BTC/USD", "BTC/USD");
    expect_yaml("", "\"\"");
    expect_yaml("null", "\"null\"");
    expect_yaml("Yes", "\"Yes\"");
    expect_yaml("1.5", "\"1.5\"");
    expect_yaml("a b", "\"a b\"");
    expect_yaml("it's", "\"it's\"");
    expect_yaml("it's \"x\"", "'it''s \"x\"'");
    expect_yaml("a\n\"b\"\\", "\"a\\n\\\"b\\\"\\\\\"");
    expect_yaml("\x7f", "\"\\x7F\"");
    expect_yaml("\xE2\x80\xA8", "\"\\u2028\"");
    expect_yaml("\xF0\x9F\x98\x80", "\"\xF0\x9F\x98\x80\"");
}
END_TEST

START_TEST(long_collections_are_wrapped)
{
    weir_arena *arena = weir_arena_new(4096, 0);
    weir_buf json = {0}, out = {0};
    weir_buf_puts(&json, "{\"levels\":[");
    for (int i = 0; i < 40; i++)
        weir_buf_printf(&json, "%s[%d.5,1000000]", i ? "," : "", i);
    weir_buf_puts(&json, "]}");
    weir_value value;
    weir_json_error error;
    ck_assert(weir_json_parse(padded(arena, weir_buf_cstr(&json)), &value, &error));
    weir_test_put_value(&out, &value, 4);
    for (const char *line = weir_buf_cstr(&out); line && *line;) {
        const size_t len = strcspn(line, "\n");
        ck_assert_uint_le(len, 100);
        ck_assert(line == out.ptr || strncmp(line, "    [", 5) == 0);
        line += len + (line[len] == '\n');
    }
    weir_buf_fini(&json);
    weir_buf_fini(&out);
    weir_arena_free(arena);
}
END_TEST

int main(void)
{
    const int fd = mkstemp(path);
    if (fd < 0)
        return EXIT_FAILURE;
    close(fd);
    Suite *suite = suite_create("tests in a spec");
    weir_check_case(suite, "runs", every_test_is_reported_once,
                    integers_beyond_64_bits_are_compared_by_their_digits,
                    the_stages_of_the_language_are_those_of_the_runner);
    weir_check_case(suite, "edits", nothing_to_update_gives_no_text, an_update_changes_one_scalar,
                    a_draft_needs_a_connection_that_is_there);
    weir_check_case(suite, "messages", messages_are_compared_as_json_values,
                    texts_are_compared_byte_by_byte);
    weir_check_case(suite, "yaml", texts_are_quoted_where_they_could_be_misread,
                    long_collections_are_wrapped);
    const int status = weir_check_run(suite);
    unlink(path);
    return status;
}
