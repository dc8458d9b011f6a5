/* SPDX-License-Identifier: MIT */
/* Sheets: the same entries as aligned text and as JSON, secrets masked, nothing that drives a
 * terminal. */
#include "pipeline/sheet.h"
#include "weir_check.h"

typedef struct page {
    weir_sheet sheet;
    weir_entry *root;
    weir_secret secret;
    weir_buf out;
} page;

static void open_page(page *p)
{
    *p = (page){.sheet = {.arena = weir_arena_new(4096, 0)}};
    ck_assert(weir_secret_set(&p->secret, WEIR_STR("s3cret")));
    p->sheet.secrets = &p->secret;
    p->sheet.secret_count = 1;
    p->root = weir_sheet_root(&p->sheet);
}

static void close_page(page *p)
{
    weir_secret_fini(&p->secret);
    weir_buf_fini(&p->out);
    weir_arena_free(p->sheet.arena);
}

static const char *print(page *p)
{
    weir_buf_clear(&p->out);
    weir_sheet_print(p->root, &p->out);
    return weir_buf_cstr(&p->out);
}

static const char *json(page *p)
{
    weir_buf_clear(&p->out);
    weir_sheet_json(p->root, &p->out);
    return weir_buf_cstr(&p->out);
}

START_TEST(lines_are_aligned_and_keys_are_words)
{
    page p;
    open_page(&p);
    weir_sheet_text(&p.sheet, p.root, "a_key", WEIR_STR("one"));
    weir_sheet_number(&p.sheet, p.root, "b", 2);
    weir_entry *list = weir_sheet_list(&p.sheet, p.root, "c");
    weir_sheet_text(&p.sheet, list, NULL, WEIR_STR("x"));
    weir_sheet_text(&p.sheet, list, NULL, WEIR_STR("y"));
    ck_assert_str_eq(print(&p), "a key  one\nb      2\nc      x\n       y\n");
    ck_assert_str_eq(json(&p), "{\"a_key\":\"one\",\"b\":2,\"c\":[\"x\",\"y\"]}");
    close_page(&p);
}
END_TEST

START_TEST(flat_maps_are_a_table_whose_columns_keep_their_order)
{
    page p;
    open_page(&p);
    weir_entry *list = weir_sheet_list(&p.sheet, p.root, "rows");
    weir_entry *row = weir_sheet_map(&p.sheet, list, NULL);
    weir_sheet_text(&p.sheet, row, "a", WEIR_STR("1"));
    weir_sheet_text(&p.sheet, row, "d", WEIR_STR("late"));
    row = weir_sheet_map(&p.sheet, list, NULL);
    weir_sheet_text(&p.sheet, row, "a", WEIR_STR("\xc3\xa9\xc3\xa9"));
    weir_sheet_text(&p.sheet, row, "b", WEIR_STR("2"));
    weir_sheet_text(&p.sheet, row, "c", WEIR_STR("3"));
    row = weir_sheet_map(&p.sheet, list, NULL);
    weir_sheet_text(&p.sheet, row, "b", WEIR_STR("5"));
    ck_assert_str_eq(print(&p), "rows\n  a   b  c  d\n  1         late\n"
                                "  \xc3\xa9\xc3\xa9  2  3\n      5\n");
    close_page(&p);
}
END_TEST

START_TEST(nested_maps_are_blocks_headed_by_their_first_entry)
{
    page p;
    open_page(&p);
    weir_entry *list = weir_sheet_list(&p.sheet, p.root, "blocks");
    for (unsigned i = 0; i < 2; i++) {
        weir_entry *block = weir_sheet_map(&p.sheet, list, NULL);
        weir_sheet_number(&p.sheet, block, "block", i);
        weir_sheet_duration(&p.sheet, block, "lasts", (int64_t)(i + 1) * 1500000000);
        weir_sheet_lines(&p.sheet, block, "code", WEIR_STR("l1\nl2\n"));
    }
    ck_assert_str_eq(print(&p), "block  0\n  lasts  1500ms\n  code\n    l1\n    l2\n\n"
                                "block  1\n  lasts  3s\n  code\n    l1\n    l2\n");
    close_page(&p);
}
END_TEST

START_TEST(secrets_are_masked_and_words_of_the_spec_are_not)
{
    page p;
    open_page(&p);
    const weir_value v = weir_value_str(WEIR_STR("my s3cret"));
    weir_sheet_masked(&p.sheet, p.root, "a", WEIR_STR("x-s3cret-y"));
    weir_sheet_value(&p.sheet, p.root, "b", &v);
    weir_sheet_text(&p.sheet, p.root, "c", WEIR_STR("data['s3cret']"));
    ck_assert_str_eq(print(&p), "a  x-***-y\nb  \"my ***\"\nc  data['s3cret']\n");
    close_page(&p);
}
END_TEST

START_TEST(data_cannot_drive_a_terminal_and_is_cut)
{
    page p;
    open_page(&p);
    char big[2000];
    memset(big, 'x', sizeof big);
    weir_sheet_sample(&p.sheet, p.root, "a", WEIR_STR("\x1b[2J\xff\xc2\x9b\n|"));
    weir_sheet_sample(&p.sheet, p.root, "b", (weir_str){big, sizeof big});
    const char *text = print(&p);
    ck_assert_msg(strncmp(text, "a  ?[2J?? |\nb  xxxx", 19) == 0, "%s", text);
    ck_assert_uint_lt(strlen(text), 400);
    ck_assert_ptr_nonnull(strstr(text, "xxx...\n"));
    ck_assert_uint_gt(strlen(json(&p)), 2000);
    close_page(&p);
}
END_TEST

START_TEST(out_of_memory_is_noticed_once)
{
    page p;
    open_page(&p);
    weir_arena_set_limit(p.sheet.arena, weir_arena_used(p.sheet.arena) + 64);
    for (int i = 0; i < 10; i++)
        weir_sheet_text(&p.sheet, weir_sheet_map(&p.sheet, p.root, "m"), "k", WEIR_STR("v"));
    ck_assert(p.sheet.failed);
    close_page(&p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sheet");
    weir_check_case(suite, "layout", lines_are_aligned_and_keys_are_words,
                    flat_maps_are_a_table_whose_columns_keep_their_order,
                    nested_maps_are_blocks_headed_by_their_first_entry);
    weir_check_case(suite, "care", secrets_are_masked_and_words_of_the_spec_are_not,
                    data_cannot_drive_a_terminal_and_is_cut, out_of_memory_is_noticed_once);
    return weir_check_run(suite);
}
