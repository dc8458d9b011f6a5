/* SPDX-License-Identifier: MIT */
/* UTF-8 against a definition: what encodes a scalar value is valid, and nothing else is. */
#include "util/utf8.h"

#include "weir_check.h"

START_TEST(every_scalar_value_round_trips)
{
    for (uint32_t c = 0; c <= 0x110000; c++) {
        char bytes[WEIR_UTF8_MAX];
        size_t len = weir_utf8_encode(c, bytes);
        bool is_scalar = c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF);
        ck_assert(is_scalar == (len > 0));
        uint32_t back = 0;
        if (is_scalar && (weir_utf8_decode((weir_str){bytes, len}, &back) != len || back != c ||
                          !weir_utf8_valid((weir_str){bytes, len})))
            ck_abort_msg("U+%X", (unsigned)c);
    }
}
END_TEST

/* All texts of three bytes whose first is not ASCII: valid ones are those that decode and encode
 * back to themselves. */
START_TEST(nothing_else_is_valid)
{
    for (uint32_t bits = 0x800000; bits <= 0xFFFFFF; bits++) {
        char text[3] = {(char)(bits >> 16), (char)(bits >> 8), (char)bits};
        weir_str rest = {text, 3};
        bool is_good = true;
        while (is_good && rest.len) {
            uint32_t c = 0;
            char again[WEIR_UTF8_MAX];
            size_t len = weir_utf8_decode(rest, &c);
            is_good =
                len > 0 && weir_utf8_encode(c, again) == len && memcmp(again, rest.ptr, len) == 0;
            rest.ptr += len;
            rest.len -= len;
        }
        if (is_good != weir_utf8_valid((weir_str){text, 3}))
            ck_abort_msg("%06X", (unsigned)bits);
    }
}
END_TEST

START_TEST(a_check_tells_ascii_from_other_texts)
{
    char text[40];
    memset(text, 'x', sizeof text);
    for (size_t len = 0; len <= 38; len++) {
        bool is_ascii = false;
        ck_assert(weir_utf8_check((weir_str){text, len}, &is_ascii) && is_ascii);
        for (size_t at = 0; at < len; at++) {
            memcpy(text + at, "\xc3\xa9", 2);
            ck_assert(weir_utf8_check((weir_str){text, len + 1}, &is_ascii) && !is_ascii);
            text[at + 1] = 'x';
            ck_assert(!weir_utf8_check((weir_str){text, len + 1}, &is_ascii) && !is_ascii);
            text[at] = 'x';
        }
    }
}
END_TEST

static const struct {
    const char *text;
    size_t prefix;
} broken[] = {
    {"\x80", 0},
    {"a\xc0\x80", 1},
    {"\xc1\xbf", 0},
    {"abcdefghijklmnopqrstuvwxyz\xe0\x80\x80", 26},
    {"\xe0\x9f\xbf", 0},
    {"\xed\xa0\x80", 0},
    {"\xf0\x8f\xbf\xbf", 0},
    {"\xf4\x90\x80\x80", 0},
    {"\xf5\x80\x80\x80", 0},
    {"\xc3", 0},
    {"\xe2\x82", 0},
    {"\xf0\x9f\x98", 0},
    {"\xc3\xa9\xc3", 2},
    {"\xff", 0},
    {"0123456789abcde\xe9", 15},
};

/* Wherever it stands in texts of all the lengths that are looked at in blocks, from every place in
 * memory. */
START_TEST(one_odd_byte_is_seen_everywhere)
{
    enum { LEN_MAX = 150, PLACES = 17 };
    char *block = malloc(LEN_MAX + PLACES + 1);
    for (size_t len = 0; len <= LEN_MAX; len++) {
        const weir_str text = {block + len % PLACES, len};
        memset(block, 'a', LEN_MAX + PLACES);
        bool is_good = weir_utf8_valid(text);
        for (size_t i = 0; is_good && i < len; i++) {
            char *at = block + len % PLACES + i;
            bool is_ascii = true;
            *at = (char)0x80;
            is_good = !weir_utf8_valid(text);
            memcpy(at, i + 1 < len ? "\xc3\xa9" : "aa", 2);
            is_good = is_good && weir_utf8_check(text, &is_ascii) && is_ascii == (i + 1 == len);
            memcpy(at, "aa", 2);
        }
        if (!is_good)
            ck_abort_msg("in %zu bytes", len);
    }
    free(block);
}
END_TEST

START_TEST(broken_texts_are_cut_before_the_break)
{
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        ck_assert_uint_eq(weir_utf8_valid_prefix(weir_str_of(broken[i].text)), broken[i].prefix);
    ck_assert(weir_utf8_valid((weir_str){NULL, 0}));
}
END_TEST

static bool valid_in_pieces(weir_str text, size_t first, size_t second)
{
    weir_utf8_state state = {0};
    weir_str pieces[] = {{text.ptr, first},
                         {text.ptr + first, second},
                         {text.ptr + first + second, text.len - first - second}};
    for (size_t i = 0; i < 3; i++)
        if (!weir_utf8_feed(&state, pieces[i]))
            return false;
    return weir_utf8_is_complete(&state);
}

START_TEST(fragments_are_judged_as_their_whole)
{
    weir_str good = WEIR_STR("a\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 plain ascii of some length");
    for (size_t first = 0; first <= good.len; first++)
        for (size_t second = 0; first + second <= good.len; second++)
            ck_assert(valid_in_pieces(good, first, second));
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        weir_str bad = weir_str_of(broken[i].text);
        for (size_t first = 0; first <= bad.len; first++)
            for (size_t second = 0; first + second <= bad.len; second++)
                ck_assert(!valid_in_pieces(bad, first, second));
    }
}
END_TEST

START_TEST(code_points_are_counted)
{
    weir_str text = WEIR_STR("a\xc3\xa9\xf0\x9f\x98\x80\xff");
    ck_assert_uint_eq(weir_utf8_count(text), 4);
    ck_assert_uint_eq(weir_utf8_offset(text, 2), 3);
    ck_assert_uint_eq(weir_utf8_offset(text, 4), 8);
    ck_assert_uint_eq(weir_utf8_offset(text, 99), 8);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("utf8");
    weir_check_case(suite, "utf8", every_scalar_value_round_trips, nothing_else_is_valid,
                    a_check_tells_ascii_from_other_texts, one_odd_byte_is_seen_everywhere,
                    broken_texts_are_cut_before_the_break, fragments_are_judged_as_their_whole,
                    code_points_are_counted);
    return weir_check_run(suite);
}
