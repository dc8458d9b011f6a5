/* SPDX-License-Identifier: MIT */
/* YAML to located tree: places, aliases, merge keys, and each bound at its limit and one past it.
 */
#include "spec_fixture.h"

typedef struct tree {
    weir_diags *diags;
    weir_arena *arena;
    weir_node *root;
    loaded as_loaded; /* for expect_diag */
} tree;

static tree parse(const char *text, size_t len)
{
    tree t = {.diags = weir_diags_new(), .arena = weir_arena_new(4096, 0)};
    const weir_source *source =
        weir_diags_add_source(t.diags, WEIR_STR("t.yaml"), (weir_str){text, len});
    t.root = weir_yaml_parse(t.arena, source, t.diags);
    t.as_loaded.diags = t.diags;
    return t;
}

static void drop(tree *t)
{
    weir_arena_free(t->arena);
    weir_diags_free(t->diags);
}

static tree parse_text(const char *text)
{
    return parse(text, strlen(text));
}

START_TEST(scalars_get_core_schema_types)
{
    static const struct {
        const char *text;
        weir_scalar_type type;
    } rows[] = {
        {"a", WEIR_SCALAR_TEXT},          {"1", WEIR_SCALAR_INT},
        {"-12", WEIR_SCALAR_INT},         {"1.5", WEIR_SCALAR_FLOAT},
        {".5", WEIR_SCALAR_FLOAT},        {"1e3", WEIR_SCALAR_FLOAT},
        {"1.", WEIR_SCALAR_FLOAT},        {".", WEIR_SCALAR_TEXT},
        {"1e", WEIR_SCALAR_TEXT},         {"true", WEIR_SCALAR_BOOL},
        {"False", WEIR_SCALAR_BOOL},      {"yes", WEIR_SCALAR_TEXT},
        {"null", WEIR_SCALAR_NULL},       {"~", WEIR_SCALAR_NULL},
        {"'1'", WEIR_SCALAR_TEXT},        {"\"true\"", WEIR_SCALAR_TEXT},
        {"2026-11-20", WEIR_SCALAR_TEXT}, {"-", WEIR_SCALAR_TEXT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[64];
        snprintf(text, sizeof text, "k: %s\n",
                 rows[i].text[0] == '-' && !rows[i].text[1] ? "'-'" : rows[i].text);
        tree t = parse_text(text);
        ck_assert_ptr_nonnull(t.root);
        ck_assert_msg(weir_node_get(t.root, "k")->type == rows[i].type, "%s", rows[i].text);
        drop(&t);
    }
}
END_TEST

START_TEST(places_count_code_points_from_one)
{
    tree t = parse_text("ä: 1\nbö: [x, ÿy, z]\n");
    const weir_node *list = weir_node_get(t.root, "bö");
    ck_assert_uint_eq(list->items[2]->place.line, 2);
    ck_assert_uint_eq(list->items[2]->place.column, 13);
    ck_assert_uint_eq(list->items[1]->place.length, 2);
    drop(&t);
}
END_TEST

START_TEST(merge_keys_give_what_the_map_has_not)
{
    tree t = parse_text("a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\nc:\n  <<: [*a, *b]\n  x: 9\n");
    const weir_node *c = weir_node_get(t.root, "c");
    ck_assert_uint_eq(c->count, 3);
    ck_assert(weir_str_is(weir_node_get(c, "x")->text, "9"));
    ck_assert(weir_str_is(weir_node_get(c, "y")->text, "2"));
    ck_assert(weir_str_is(weir_node_get(c, "z")->text, "4"));
    drop(&t);
}
END_TEST

START_TEST(duplicate_keys_are_errors_at_the_second)
{
    tree t = parse_text("a: 1\nb: 2\na: 3\n");
    expect_diag(&t.as_loaded, 3, 1, "key 'a' is already given in line 1");
    drop(&t);
}
END_TEST

START_TEST(an_alias_without_anchor_is_an_error)
{
    tree t = parse_text("a: *nothing\n");
    expect_diag(&t.as_loaded, 1, 4, "alias '*nothing' has no anchor");
    ck_assert_ptr_null(t.root);
    drop(&t);
}
END_TEST

START_TEST(an_alias_inside_its_anchor_is_an_error)
{
    tree t = parse_text("a: &a [1, *a]\n");
    expect_diag(&t.as_loaded, 1, 11, "inside its own anchor");
    drop(&t);
}
END_TEST

START_TEST(an_alias_bomb_is_an_error)
{
    weir_buf text = {0};
    weir_buf_puts(&text, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 9; i++) {
        weir_buf_printf(&text, "a%d: &a%d [", i, i);
        for (int k = 0; k < 10; k++)
            weir_buf_printf(&text, "%s*a%d", k ? ", " : "", i - 1);
        weir_buf_puts(&text, "]\n");
    }
    tree t = parse(text.ptr, text.len);
    ck_assert_ptr_null(t.root);
    const weir_diag *diag = weir_diags_at(t.diags, 0);
    ck_assert_ptr_nonnull(memmem(diag->text.ptr, diag->text.len, "aliases expand", 14));
    drop(&t);
    weir_buf_fini(&text);
}
END_TEST

static tree nested(size_t depth)
{
    weir_buf text = {0};
    for (size_t i = 0; i < depth; i++)
        weir_buf_putc(&text, '[');
    for (size_t i = 0; i < depth; i++)
        weir_buf_putc(&text, ']');
    tree t = parse(text.ptr, text.len);
    weir_buf_fini(&text);
    return t;
}

START_TEST(depth_is_bounded)
{
    tree good = nested(WEIR_YAML_DEPTH_MAX);
    tree bad = nested(WEIR_YAML_DEPTH_MAX + 1);
    ck_assert_ptr_nonnull(good.root);
    ck_assert_ptr_null(bad.root);
    expect_diag(&bad.as_loaded, 1, WEIR_YAML_DEPTH_MAX + 1, "deeper than 64");
    drop(&good);
    drop(&bad);
}
END_TEST

static tree many_nodes(size_t count)
{
    weir_buf text = {0};
    weir_buf_putc(&text, '[');
    for (size_t i = 1; i < count; i++) /* the list is a node too */
        weir_buf_puts(&text, i > 1 ? ",1" : "1");
    weir_buf_putc(&text, ']');
    tree t = parse(text.ptr, text.len);
    weir_buf_fini(&text);
    return t;
}

START_TEST(nodes_are_bounded)
{
    tree good = many_nodes(WEIR_YAML_NODES_MAX);
    tree bad = many_nodes(WEIR_YAML_NODES_MAX + 1);
    ck_assert_ptr_nonnull(good.root);
    ck_assert_ptr_null(bad.root);
    drop(&good);
    drop(&bad);
}
END_TEST

START_TEST(bytes_are_bounded)
{
    const size_t len = WEIR_YAML_BYTES_MAX + 1;
    char *text = malloc(len);
    ck_assert_ptr_nonnull(text);
    memset(text, ' ', len);
    memcpy(text, "a: 1", 4);
    tree good = parse(text, len - 1);
    tree bad = parse(text, len);
    ck_assert_ptr_nonnull(good.root);
    ck_assert_ptr_null(bad.root);
    expect_diag(&bad.as_loaded, 1, 1, "larger than 8 MiB");
    drop(&good);
    drop(&bad);
    free(text);
}
END_TEST

START_TEST(broken_yaml_and_bytes_that_are_no_utf8_have_a_place)
{
    tree a = parse_text("a: 1\n b: 2\n");
    expect_diag(&a.as_loaded, 2, 3, "mapping values are not allowed");
    drop(&a);
    tree b = parse_text("a: 1\nb: x\xff\n");
    ck_assert_ptr_null(b.root);
    ck_assert_uint_eq(weir_diags_at(b.diags, 0)->place.line, 2);
    drop(&b);
    tree c = parse_text("a: 1\n---\nb: 2\n");
    expect_diag(&c.as_loaded, 2, 1, "second document");
    drop(&c);
    tree d = parse_text("");
    expect_diag(&d.as_loaded, 1, 1, "empty");
    drop(&d);
}
END_TEST

/* The place of the marked byte of each scalar, whatever the style that it is written in. */
START_TEST(a_place_inside_a_scalar_is_right_in_every_style)
{
    static const struct {
        const char *yaml;
        const char *needle;
        uint32_t line, column;
    } rows[] = {
        {"k: one two NEEDLE\n", "NEEDLE", 1, 12},
        {"k: 'it''s NEEDLE'\n", "NEEDLE", 1, 11},
        {"k: \"a\\tb\\u00e4 NEEDLE\"\n", "NEEDLE", 1, 16},
        {"k: \"a \\\n  NEEDLE\"\n", "NEEDLE", 2, 3},
        {"k: >\n  folded\n  NEEDLE\n", "NEEDLE", 3, 3},
        {"k: |\n   literal\n     NEEDLE\n", "NEEDLE", 3, 6},
        {"k: one\n  two\n  NEEDLE\n", "NEEDLE", 3, 3},
        {"k:\n  - x\n  - äöü NEEDLE\n", "NEEDLE", 3, 9},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tree t = parse_text(rows[i].yaml);
        ck_assert_ptr_nonnull(t.root);
        const weir_node *node = weir_node_get(t.root, "k");
        if (node->kind == WEIR_NODE_LIST)
            node = node->items[1];
        const char *at =
            memmem(node->text.ptr, node->text.len, rows[i].needle, strlen(rows[i].needle));
        ck_assert_ptr_nonnull(at);
        const weir_place place =
            weir_node_text_place(node, (size_t)(at - node->text.ptr), strlen(rows[i].needle));
        ck_assert_msg(place.line == rows[i].line && place.column == rows[i].column, "%s: %u:%u",
                      rows[i].yaml, place.line, place.column);
        ck_assert_uint_eq(place.length, strlen(rows[i].needle));
        drop(&t);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("yaml");
    weir_check_case(suite, "tree", scalars_get_core_schema_types, places_count_code_points_from_one,
                    merge_keys_give_what_the_map_has_not,
                    a_place_inside_a_scalar_is_right_in_every_style);
    weir_check_case(suite, "mistakes", duplicate_keys_are_errors_at_the_second,
                    an_alias_without_anchor_is_an_error, an_alias_inside_its_anchor_is_an_error,
                    broken_yaml_and_bytes_that_are_no_utf8_have_a_place);
    weir_check_case(suite, "bounds", an_alias_bomb_is_an_error, depth_is_bounded, nodes_are_bounded,
                    bytes_are_bounded);
    return weir_check_run(suite);
}
