/* SPDX-License-Identifier: MIT */
/* The index of a text: every implementation that works on this machine says the same as the plain
 * one, and what it says of quotes is right. */
#include "value/json_index.h"

#include "random_below.h"
#include "weir_check.h"

enum { TEXTS = 4000, LONGEST = 400 };

/* Texts of what the index looks for, and a few other bytes; slack of the same. */
static weir_str random_text(char *room)
{
    static const char letters[] = "\"\"\"\"\\\\ab{}[]:,  \n\x01\x7f\xc3\xa9";
    const size_t len = 1 + random_below(LONGEST);
    const unsigned kinds = 1 + random_below(sizeof letters - 1);
    for (size_t i = 0; i < len + WEIR_JSON_SLACK; i++)
        room[i] = letters[random_below(kinds)];
    return (weir_str){room, len};
}

/* By the rules, a byte at a time. */
static void expect(weir_str text, weir_json_index *out)
{
    bool is_inside = false, is_escaped = false;
    out->count = 0;
    out->flags = 0;
    for (size_t i = 0; i < text.len; i++) {
        const unsigned char c = (unsigned char)text.ptr[i];
        if (c > 0x7f)
            out->flags |= WEIR_INDEX_HIGH;
        if (c == '"' && !is_escaped) {
            out->quotes[out->count++] = (uint32_t)i;
            is_inside = !is_inside;
        }
        if (c < 0x20 && is_inside)
            out->flags |= WEIR_INDEX_CONTROL;
        if (c == '\\')
            out->flags |= WEIR_INDEX_BACKSLASH;
        is_escaped = c == '\\' && !is_escaped;
    }
}

START_TEST(all_implementations_agree)
{
    char room[LONGEST + 1 + WEIR_JSON_SLACK] = {0};
    uint32_t expected_room[LONGEST + 1 + WEIR_INDEX_SPARE] = {0};
    uint32_t found_room[LONGEST + 1 + WEIR_INDEX_SPARE] = {0};
    for (int n = 0; n < TEXTS; n++) {
        const weir_str text = random_text(room);
        weir_json_index expected = {.quotes = expected_room};
        expect(text, &expected);
        for (size_t i = 0; weir_index_variants[i]; i++) {
            if (!weir_index_variants[i]->is_supported())
                continue;
            weir_json_index found = {.base = text.ptr, .len = text.len, .quotes = found_room};
            weir_index_variants[i]->fill(&found);
            ck_assert_msg(found.count == expected.count && found.flags == expected.flags,
                          "%s: %.*s", weir_index_variants[i]->name, (int)text.len, text.ptr);
            ck_assert_mem_eq(found_room, expected_room, expected.count * sizeof *found_room);
            for (size_t k = 0; k < WEIR_INDEX_MARKS; k++)
                ck_assert_uint_eq(found_room[found.count + k], WEIR_INDEX_END);
        }
    }
}
END_TEST

START_TEST(a_text_that_is_surely_no_json_has_no_index)
{
    static const char *const bad[] = {"", "\"", "\"a\\\"", "\"a\n\"", "[\"a\",\"b]"};
    char room[64 + WEIR_JSON_SLACK] = {0};
    weir_json_index index = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const int len = snprintf(room, sizeof room, "%s", bad[i]);
        ck_assert(!weir_json_index_make(&index, (weir_str){room, (size_t)len}));
        ck_assert(!weir_json_index_holds(&index, room));
    }
    weir_json_index_fini(&index);
}
END_TEST

START_TEST(quotes_are_found_from_anywhere)
{
    char room[256 + WEIR_JSON_SLACK];
    memset(room, 'x', sizeof room);
    for (size_t i = 0; i < 256; i += 8)
        room[i] = '"';
    weir_json_index index = {0};
    ck_assert(weir_json_index_make(&index, (weir_str){room, 256}));
    for (int n = 0; n < 2000; n++) {
        const size_t at = random_below(257);
        ck_assert_uint_eq(weir_json_index_find(&index, room + at), (at + 7) / 8);
    }
    weir_json_index_fini(&index);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("json_index");
    weir_check_case(suite, "index", all_implementations_agree,
                    a_text_that_is_surely_no_json_has_no_index, quotes_are_found_from_anywhere);
    return weir_check_run(suite);
}
