/* SPDX-License-Identifier: MIT */
/*
 * The formatter: each rule of the layout by an example, and over every YAML file of the tests, as
 * they are and damaged in ways that keep them YAML now and then, that nothing is lost.
 */
#include <glob.h>

#include "spec/fmt.h"
#include "spec_fixture.h"
#include "util/file.h"

static weir_code format(weir_str text, weir_buf *out, weir_error *error)
{
    weir_diags *diags = weir_diags_new();
    const weir_source *source = weir_diags_add_source(diags, WEIR_STR("t.yaml"), text);
    const weir_code code = weir_spec_format(source, diags, out, error);
    weir_diags_free(diags);
    return code;
}

static void becomes(const char *text, const char *wanted)
{
    weir_buf out = {0};
    weir_error error = {0};
    ck_assert_msg(format(weir_str_of(text), &out, &error) == WEIR_OK, "%s", error.text);
    ck_assert_str_eq(weir_buf_cstr(&out), wanted);
    weir_buf_fini(&out);
    ck_assert(format(weir_str_of(wanted), &out, &error) == WEIR_OK);
    ck_assert_str_eq(weir_buf_cstr(&out), wanted);
    weir_buf_fini(&out);
}

static void is_refused(const char *text, weir_code wanted)
{
    weir_buf out = {0};
    weir_error error = {0};
    weir_buf_puts(&out, "kept");
    ck_assert_int_eq(format(weir_str_of(text), &out, &error), wanted);
    ck_assert_str_eq(weir_buf_cstr(&out), "kept");
    weir_buf_fini(&out);
}

START_TEST(a_level_is_two_blanks)
{
    becomes("a:\n     b:\n      c: 1\n", "a:\n  b:\n    c: 1\n");
    becomes("-   a: 1\n    b: 2\n-\n      c: 3\n", "- a: 1\n  b: 2\n-\n  c: 3\n");
}

START_TEST(a_list_stands_inside_its_key)
{
    becomes("a:\n- 1\n- b:\n  - 2\nc: 3\n", "a:\n  - 1\n  - b:\n      - 2\nc: 3\n");
    becomes("-   -   1\n    -   2\n", "- - 1\n  - 2\n");
}

START_TEST(blanks_are_where_they_belong)
{
    becomes("a :   1   \nb:\t2\t\n", "a: 1\nb: 2\n");
    becomes("a: { b : 1,c: [ 1,2 , ], \"d\":3, e: }\n", "a: {b: 1, c: [1, 2,], \"d\": 3, e: }\n");
    becomes("a: []\nb: { }\n", "a: []\nb: {}\n");
}

START_TEST(names_keep_what_ends_them)
{
    becomes("a: &x   1\nb: {*x : 2, c: *x}\nd: !!str   5\n",
            "a: &x 1\nb: {*x : 2, c: *x}\nd: !!str 5\n");
    becomes("a: [!!str , &y , 1]\n", "a: [!!str , &y, 1]\n");
}

START_TEST(merge_keys_stay)
{
    becomes("a:   &a {x: 1}\nb:\n    <<:   *a\n    y: 2\n", "a: &a {x: 1}\nb:\n  <<: *a\n  y: 2\n");
}

START_TEST(brackets_over_lines_hang_or_line_up)
{
    becomes("a: [1,\n  2,\n      3]\n", "a: [1,\n    2,\n    3]\n");
    becomes("a: [\n      1, {\n  b: 2\n  },\n  ]\n", "a: [\n  1, {\n    b: 2\n  },\n]\n");
    becomes("- {\n a: 1\n }\n", "- {\n    a: 1\n  }\n");
}

START_TEST(comments_behind_a_token_keep_their_column)
{
    becomes("a:     1   # x\nbb: 2      # y\n", "a: 1       # x\nbb: 2      # y\n");
    becomes("a:\n    b: 1  # x\n", "a:\n  b: 1  # x\n");
    becomes("a: 1 # x\n", "a: 1  # x\n");
}

START_TEST(comments_move_with_what_they_are_about)
{
    becomes("#top\na:\n    # of b\n    b: 1\n    # end of a\n  # of c\nc: 2\n# end\n",
            "#top\na:\n  # of b\n  b: 1\n  # end of a\n# of c\nc: 2\n# end\n");
    becomes("a:\n- 1\n# one\n- 2\n", "a:\n  - 1\n  # one\n  - 2\n");
    becomes("a: [  # x\n    # y\n  1\n# z\n  ]\n", "a: [  # x\n  # y\n  1\n  # z\n]\n");
}

START_TEST(empty_lines_come_alone_and_not_at_the_ends)
{
    becomes("\n\n# x\n\n\na: 1\n\n\n\nb: 2\n\n\n", "# x\n\na: 1\n\nb: 2\n");
    becomes("a: 1", "a: 1\n");
}

START_TEST(connections_are_parted_by_one_empty_line)
{
    becomes(
        "connections:\n  a: {}\n  b: {}\n  # of c\n  c: {}\n\n\n  d: {}\nx:\n  a: 1\n  b: 2\n",
        "connections:\n  a: {}\n\n  b: {}\n\n  # of c\n  c: {}\n\n  d: {}\nx:\n  a: 1\n  b: 2\n");
    becomes("connections:\n  a: |+\n    x\n  b: 1\n", "connections:\n  a: |+\n    x\n  b: 1\n");
}

START_TEST(quotes_are_double_where_that_is_free)
{
    becomes("a: 'b'\nc: 'it''s'\nd: 'say \"x\"'\ne: '\\d'\nf: \"x\"\ng: ''\n",
            "a: \"b\"\nc: \"it's\"\nd: 'say \"x\"'\ne: '\\d'\nf: \"x\"\ng: \"\"\n");
}

START_TEST(block_texts_keep_every_character)
{
    becomes("a:\n    b: |\n          x\n            y  \n\n          z\n\n\nc: >-\n q\n",
            "a:\n  b: |\n    x\n      y  \n\n    z\n\nc: >-\n  q\n");
    becomes("a:\n    b: |2\n         x\n        y\n", "a:\n  b: |2\n       x\n      y\n");
    becomes("a: |+\n    x\n\n\nb: |  # why\n    y\n", "a: |+\n  x\n\n\nb: |  # why\n  y\n");
    becomes("a: |\n   x", "a: |\n  x"); /* a line break more would be content */
}

START_TEST(texts_over_lines_move_as_one)
{
    becomes("a:\n      b: one\n         two\n\n         three\n",
            "a:\n  b: one\n     two\n\n     three\n");
    becomes("a: \"x   \n  y \\\n  \\ z\"\n", "a: \"x\n  y \\\n  \\ z\"\n");
    becomes("a: \"x\\ \n  y\"\n", "a: \"x\\ \n  y\"\n");
}

START_TEST(long_keys_and_documents_stay)
{
    becomes("%YAML 1.1\n---\n?   a\n:   - b\n    - c\n...\n",
            "%YAML 1.1\n---\n? a\n: - b\n  - c\n...\n");
}

START_TEST(line_breaks_become_one_kind)
{
    becomes("\xEF\xBB\xBF"
            "a: 1\r\n\r\n\r\nb: |\r\n  x\r\n",
            "a: 1\n\nb: |\n  x\n");
}

START_TEST(what_is_wrong_or_cannot_be_kept_is_refused)
{
    is_refused("a: [1\n", WEIR_ERR_SPEC);
    is_refused("a: 1\na: 2\n", WEIR_ERR_SPEC);
    is_refused("", WEIR_ERR_SPEC);
    is_refused("a: 'x\xE2\x80\xA8y'\n", WEIR_ERR_UNSUPPORTED);
}

START_TEST(trees_differ_by_text_type_and_shape)
{
    static const struct {
        const char *a, *b;
        bool is_equal;
    } rows[] = {
        {"a: 1", "a:   1", true},
        {"a: 1", "a: '1'", false},
        {"a: 'x'", "a: \"x\"", true},
        {"a: x", "a: y", false},
        {"[1, 2]", "[1]", false},
        {"{a: 1, b: 2}", "{b: 2, a: 1}", false},
        {"[&x {a: 1}, *x]", "[{a: 1}, {a: 1}]", true},
        {"[&x {a: 1}, *x]", "[{a: 1}, {a: 2}]", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        weir_arena *arena = weir_arena_new(4096, 0);
        weir_diags *diags = weir_diags_new();
        const weir_node *a = weir_yaml_parse(
            arena, weir_diags_add_source(diags, WEIR_STR("a"), weir_str_of(rows[i].a)), diags);
        const weir_node *b = weir_yaml_parse(
            arena, weir_diags_add_source(diags, WEIR_STR("b"), weir_str_of(rows[i].b)), diags);
        ck_assert_msg(weir_node_equal(arena, a, b) == rows[i].is_equal, "row %zu", i);
        weir_diags_free(diags);
        weir_arena_free(arena);
    }
}

/* ------------------------------------------------------------------ every file there is */

static bool parses(weir_arena *arena, weir_str text, weir_node **tree)
{
    weir_diags *diags = weir_diags_new();
    const weir_source *source = weir_diags_add_source(diags, WEIR_STR("t.yaml"), text);
    *tree = weir_yaml_parse(arena, source, diags);
    const bool is_good = *tree && weir_diags_errors(diags) == 0;
    weir_diags_free(diags);
    return is_good;
}

/* Equal tree, and formatted already. Returns false when the text is no YAML or was refused. */
static bool keeps(const char *name, weir_str text)
{
    weir_arena *arena = weir_arena_new(4096, 0);
    weir_node *before = NULL, *after = NULL;
    weir_buf once = {0}, twice = {0};
    weir_error error = {0};
    bool is_kept = false;
    if (parses(arena, text, &before)) {
        const weir_code code = format(text, &once, &error);
        ck_assert_msg(code == WEIR_OK || code == WEIR_ERR_UNSUPPORTED, "%s: %s", name, error.text);
        is_kept = code == WEIR_OK;
    }
    if (is_kept) {
        ck_assert_msg(parses(arena, weir_buf_str(&once), &after), "%s", name);
        ck_assert_msg(weir_node_equal(arena, before, after), "%s", name);
        ck_assert_int_eq(format(weir_buf_str(&once), &twice, &error), WEIR_OK);
        ck_assert_str_eq(weir_buf_cstr(&twice), weir_buf_cstr(&once));
    }
    weir_buf_fini(&once);
    weir_buf_fini(&twice);
    weir_arena_free(arena);
    return is_kept;
}

/* Every line's indentation times `factor`, with `extra` behind the line: often the same YAML. */
static void stretch(weir_str text, size_t factor, const char *extra, weir_buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        size_t blanks = 0;
        while (i < text.len && text.ptr[i] == ' ') {
            blanks++;
            i++;
        }
        for (size_t k = 0; k < blanks * factor; k++)
            weir_buf_putc(out, ' ');
        while (i < text.len && text.ptr[i] != '\n')
            weir_buf_putc(out, text.ptr[i++]);
        weir_buf_puts(out, extra);
        if (i < text.len)
            weir_buf_putc(out, '\n');
    }
}

/* Without one line; with one byte changed to another that YAML minds. */
static size_t damage(const char *name, weir_str text)
{
    static const char minded[] = " \n:-#{}[],'\"|>&*?!\t\r";
    uint64_t seed = text.len;
    size_t kept = 0;
    weir_buf copy = {0};
    for (size_t i = 0; i < 150 && text.len > 0; i++) {
        seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
        const size_t at = (size_t)(seed >> 33) % text.len;
        copy.len = 0;
        weir_buf_put(&copy, text);
        copy.ptr[at] = minded[(seed >> 17) % (sizeof minded - 1)];
        kept += keeps(name, weir_buf_str(&copy));
    }
    weir_buf_fini(&copy);
    return kept;
}

static void try_file(const char *path, size_t *files, size_t *kept)
{
    static const char *const extras[] = {"", "  ", "  # x", "\n\n"};
    weir_buf text = {0}, other = {0};
    weir_error error = {0};
    weir_arena *arena = weir_arena_new(4096, 0);
    weir_node *tree = NULL;
    ck_assert_msg(weir_file_read(path, 1 << 20, &text, &error) == WEIR_OK, "%s", error.text);
    if (parses(arena, weir_buf_str(&text), &tree)) {
        ck_assert_msg(keeps(path, weir_buf_str(&text)), "%s is refused", path);
        ++*files;
    }
    for (size_t i = 0; i < sizeof extras / sizeof extras[0]; i++) {
        other.len = 0;
        stretch(weir_buf_str(&text), i % 2 + 1, extras[i], &other);
        *kept += keeps(path, weir_buf_str(&other));
    }
    *kept += damage(path, weir_buf_str(&text));
    weir_arena_free(arena);
    weir_buf_fini(&text);
    weir_buf_fini(&other);
}

START_TEST(no_file_of_the_tests_changes_its_meaning)
{
    static const char *const patterns[] = {
        WEIR_SOURCE_DIR "/tests/spec/good/*.yaml", WEIR_SOURCE_DIR "/tests/spec/bad/*.yaml",
        WEIR_SOURCE_DIR "/tests/spec/seed/*.yaml", WEIR_SOURCE_DIR "/specs/*.yaml",
        WEIR_SOURCE_DIR "/examples/*.yaml"};
    glob_t found = {0};
    size_t files = 0, kept = 0;
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++)
        glob(patterns[i], i ? GLOB_APPEND : 0, NULL, &found);
    for (size_t i = 0; i < found.gl_pathc; i++)
        try_file(found.gl_pathv[i], &files, &kept);
    globfree(&found);
    ck_assert_uint_gt(files, 80);
    ck_assert_uint_gt(kept, 1000);
}

int main(void)
{
    Suite *suite = suite_create("fmt");
    weir_check_case(suite, "layout", a_level_is_two_blanks, a_list_stands_inside_its_key,
                    blanks_are_where_they_belong, names_keep_what_ends_them, merge_keys_stay,
                    brackets_over_lines_hang_or_line_up, comments_behind_a_token_keep_their_column,
                    comments_move_with_what_they_are_about,
                    empty_lines_come_alone_and_not_at_the_ends,
                    connections_are_parted_by_one_empty_line, long_keys_and_documents_stay);
    weir_check_case(suite, "scalars", quotes_are_double_where_that_is_free,
                    block_texts_keep_every_character, texts_over_lines_move_as_one,
                    line_breaks_become_one_kind);
    weir_check_case(suite, "meaning", what_is_wrong_or_cannot_be_kept_is_refused,
                    trees_differ_by_text_type_and_shape, no_file_of_the_tests_changes_its_meaning);
    return weir_check_run(suite);
}
