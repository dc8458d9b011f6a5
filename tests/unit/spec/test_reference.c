/* SPDX-License-Identifier: MIT */
/* The tables as the schema and the reference see them. */
#include "spec/reference.h"
#include "util/arena.h"
#include "value/json_document.h"
#include "weir_check.h"

static const char *const colours[] = {"red", "green", NULL};
static const weir_option_row group_rows[] = {
    {.name = "verify", .type = WEIR_OPTION_BOOL, .doc = "one | other", .fallback = "true"}};
static const weir_option_row option_rows[] = {
    {.name = "tls",
     .type = WEIR_OPTION_GROUP,
     .doc = "a group",
     .rows = group_rows,
     .row_count = 1},
    {.name = "count", .type = WEIR_OPTION_INT, .doc = "a count", .fallback = "3", .max = 9},
    {.name = "size", .type = WEIR_OPTION_SIZE, .doc = "a \"size\"", .fallback = "1KiB"},
    {.name = "wait", .type = WEIR_OPTION_DURATION, .doc = "a wait", .fallback = "1s"},
    {.name = "text", .type = WEIR_OPTION_STR, .doc = "a text"},
    {.name = "list", .type = WEIR_OPTION_STR_LIST, .doc = "a list"},
    {.name = "map", .type = WEIR_OPTION_STR_MAP, .doc = "a map"},
    {.name = "colour", .type = WEIR_OPTION_ENUM, .doc = "one of two", .choices = colours},
};
static const weir_backend_rows backends[] = {
    {.name = "paint", .rows = option_rows, .count = sizeof option_rows / sizeof option_rows[0]},
    {.name = "plain"},
};
static const weir_spec_registry registry = {.backends = backends, .count = 2};

static void check_shape(const weir_shape *shape, const char *key)
{
    ck_assert_msg(shape != NULL, "'%s' has no shape", key);
    const bool is_pair = shape->form == WEIR_SHAPE_EITHER;
    const bool has_part =
        is_pair || shape->form == WEIR_SHAPE_LIST || shape->form == WEIR_SHAPE_MAP;
    ck_assert_msg(!has_part || shape->of, "the shape of '%s' has no element", key);
    ck_assert_msg(is_pair == (shape->other != NULL), "the shape of '%s' has half a choice", key);
    ck_assert_msg((shape->form == WEIR_SHAPE_TABLE) == (shape->table != NULL),
                  "the shape of '%s' has no table, or one too many", key);
    if (has_part)
        check_shape(shape->of, key);
    if (is_pair)
        check_shape(shape->other, key);
}

START_TEST(every_key_says_what_may_stand_there)
{
    weir_table_list list;
    weir_tables_collect(&list);
    ck_assert_uint_gt(list.count, 20);
    ck_assert_uint_lt(list.count, WEIR_TABLES_MAX);
    for (size_t i = 0; i < list.count; i++) {
        for (size_t k = 0; k < list.tables[i]->count; k++) {
            const weir_key_row *row = &list.tables[i]->rows[k];
            ck_assert_msg(row->doc && row->doc[0], "'%s' has no doc", row->name);
            if (row->type == WEIR_KEY_READ)
                check_shape(row->shape, row->name);
        }
    }
}
END_TEST

START_TEST(no_two_tables_have_one_name)
{
    weir_buf name = {0}, other = {0};
    for (size_t i = 0; weir_spec_reference_name(&registry, i, &name); i++) {
        for (size_t k = 0; k < i; k++) {
            ck_assert(weir_spec_reference_name(&registry, k, &other));
            ck_assert(!weir_str_eq(weir_buf_str(&name), weir_buf_str(&other)));
        }
    }
    weir_buf_fini(&name);
    weir_buf_fini(&other);
}
END_TEST

START_TEST(the_schema_is_json_and_knows_every_table)
{
    weir_arena *arena = weir_arena_new(65536, 0);
    weir_buf out = {0};
    weir_error error = {0};
    weir_value schema;
    weir_table_list list;
    weir_tables_collect(&list);
    weir_schema_print(&out, &registry);
    ck_assert_msg(weir_json_document(arena, weir_buf_str(&out), &schema, &error), "%s", error.text);
    const weir_value *defs = weir_dict_get_str(schema.dict, WEIR_STR("$defs"));
    ck_assert_ptr_nonnull(defs);
    /* each table whole and in part, and so are fields and the options of each backend */
    ck_assert_uint_eq(defs->dict->count, 2 * (list.count + 1 + registry.count));
    ck_assert_ptr_nonnull(weir_dict_get_str(defs->dict, WEIR_STR("router_rule_part")));
    ck_assert_ptr_nonnull(weir_dict_get_str(defs->dict, WEIR_STR("paint_options")));
    weir_buf_fini(&out);
    weir_arena_free(arena);
}
END_TEST

START_TEST(a_table_has_its_own_keys_only)
{
    weir_buf out = {0};
    ck_assert(weir_spec_reference_print(&out, &registry, WEIR_STR("parser")));
    ck_assert_ptr_nonnull(strstr(weir_buf_cstr(&out), "`payload_path`"));
    ck_assert_ptr_null(strstr(weir_buf_cstr(&out), "`learn`"));
    weir_buf_fini(&out);
}
END_TEST

START_TEST(options_are_a_table_of_their_own)
{
    weir_buf out = {0};
    ck_assert(weir_spec_reference_print(&out, &registry, WEIR_STR("paint options")));
    const char *text = weir_buf_cstr(&out);
    ck_assert_ptr_nonnull(strstr(text, "| `tls.verify` | bool | one \\| other |\n"));
    ck_assert_ptr_nonnull(strstr(text, "| `colour` | `red` or `green` | one of two |\n"));
    ck_assert(!weir_spec_reference_print(&out, &registry, WEIR_STR("no such table")));
    weir_buf_fini(&out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reference");
    weir_check_case(suite, "tables", every_key_says_what_may_stand_there,
                    no_two_tables_have_one_name, the_schema_is_json_and_knows_every_table,
                    a_table_has_its_own_keys_only, options_are_a_table_of_their_own);
    return weir_check_run(suite);
}
