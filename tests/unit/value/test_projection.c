/* SPDX-License-Identifier: MIT */
/* Projections: which slots a text fills, and which it leaves absent. */
#include "value/projection.h"

#include "value_text.h"

#define KEY(text) ((weir_step){false, 0, {(text), sizeof(text) - 1}})
#define INDEX(i)  ((weir_step){true, (i), {NULL, 0}})
#define ADD(...)                                                                                   \
    weir_projection_add(projection, (const weir_step[]){__VA_ARGS__},                              \
                        sizeof((const weir_step[]){__VA_ARGS__}) / sizeof(weir_step))

enum { SLOTS = 256 };

static weir_projection *projection;
static weir_value slots[SLOTS];

static void start(void)
{
    projection = weir_projection_new(arena);
    ck_assert_ptr_nonnull(projection);
}

static void decode(const char *text)
{
    weir_json_error error = {NULL, 0};
    ck_assert_msg(weir_projection_decode(projection, slacked(text), slots, NULL, &error),
                  "%s: byte %zu: %s", text, error.offset, error.text);
}

static void check_int(size_t slot, int64_t expected)
{
    ck_assert_msg(slots[slot].kind == WEIR_RAW, "slot %zu is %s", slot,
                  weir_value_type_name(&slots[slot]));
    ck_assert(weir_json_number(&slots[slot]).i == expected);
}

static void check_absent(size_t slot)
{
    ck_assert_msg(slots[slot].kind == WEIR_ABSENT, "slot %zu is %s", slot,
                  weir_value_type_name(&slots[slot]));
}

START_TEST(the_same_path_has_one_slot)
{
    start();
    size_t a = ADD(KEY("a"), INDEX(0));
    size_t b = ADD(KEY("a"), INDEX(1));
    ck_assert_uint_eq(ADD(KEY("a"), INDEX(0)), a);
    ck_assert_uint_ne(a, b);
    ck_assert_uint_eq(weir_projection_slots(projection), 2);
}
END_TEST

START_TEST(a_decode_fills_what_is_there)
{
    start();
    size_t stream = ADD(KEY("stream"));
    size_t price = ADD(KEY("data"), KEY("p"));
    size_t missing = ADD(KEY("data"), KEY("zzz"));
    size_t best = ADD(KEY("data"), KEY("b"), INDEX(0), INDEX(1));
    ck_assert(weir_projection_seal(projection));
    decode("{\"x\":[{\"p\":0}],\"stream\":\"t\",\"data\":{\"b\":[[1,2],[3,4]],\"p\":5}}");
    check_text(&slots[stream], "t");
    check_int(price, 5);
    check_absent(missing);
    check_int(best, 2);
    decode("{}");
    check_absent(stream);
    check_absent(price);
}
END_TEST

START_TEST(a_path_and_its_beginning_are_both_filled)
{
    start();
    size_t whole = weir_projection_add(projection, NULL, 0);
    size_t data = ADD(KEY("data"));
    size_t price = ADD(KEY("data"), KEY("p"));
    ck_assert(weir_projection_seal(projection));
    decode(" {\"data\": {\"p\": 1} } ");
    ck_assert(weir_str_is(weir_value_text(&slots[whole]), "{\"data\": {\"p\": 1} }"));
    ck_assert(weir_str_is(weir_value_text(&slots[data]), "{\"p\": 1}"));
    check_int(price, 1);
    decode("7");
    check_int(whole, 7);
    check_absent(data);
}
END_TEST

START_TEST(values_of_another_type_leave_the_path_absent)
{
    start();
    size_t key = ADD(KEY("a"), KEY("b"));
    size_t index = ADD(KEY("a"), INDEX(0));
    size_t back = ADD(KEY("a"), INDEX(-1));
    ck_assert(weir_projection_seal(projection));
    decode("{\"a\":\"text\"}");
    check_absent(key);
    check_absent(index);
    decode("{\"a\":{\"b\":1,\"0\":2}}");
    check_int(key, 1);
    check_absent(index);
    check_absent(back);
    decode("{\"a\":[5]}");
    check_absent(key);
    check_int(index, 5);
    check_int(back, 5);
}
END_TEST

START_TEST(the_last_of_repeated_keys_wins_with_all_below_it)
{
    start();
    size_t b = ADD(KEY("a"), KEY("b"));
    size_t c = ADD(KEY("a"), KEY("c"), INDEX(0));
    size_t back = ADD(KEY("a"), KEY("c"), INDEX(-1), KEY("x"));
    size_t a = ADD(KEY("a"));
    ck_assert(weir_projection_seal(projection));
    decode("{\"a\":{\"b\":1,\"c\":[{\"x\":2}]},\"a\":{\"b\":3}}");
    check_int(b, 3);
    check_absent(c);
    check_absent(back);
    decode("{\"a\":{\"b\":1,\"b\":2},\"\\u0061\":4}");
    check_int(a, 4);
    check_absent(b);
    decode("{\"a\":{\"c\":[{\"x\":1}],\"c\":[{\"x\":2},{}]}}");
    ck_assert(weir_str_is(weir_value_text(&slots[c]), "{\"x\":2}"));
    check_absent(back);
}
END_TEST

START_TEST(repeated_keys_are_told_apart_beyond_sixty_four_children)
{
    start();
    size_t inner[100];
    for (int i = 0; i < 100; i++) {
        weir_str key = weir_arena_printf(arena, "k%d", i);
        const weir_step steps[] = {{false, 0, key}, KEY("x")};
        inner[i] = weir_projection_add(projection, steps, 2);
    }
    ck_assert(weir_projection_seal(projection));
    decode("{\"k0\":{\"x\":10},\"k64\":{\"x\":64},\"k99\":{\"x\":99},\"k0\":{}}");
    check_absent(inner[0]);
    check_int(inner[64], 64);
    check_int(inner[99], 99);
    for (int i = 1; i < 64; i++)
        check_absent(inner[i]);
}
END_TEST

START_TEST(indices_count_from_the_back)
{
    start();
    size_t last = ADD(INDEX(-1));
    size_t third = ADD(INDEX(-3));
    size_t far = ADD(INDEX(-10));
    size_t first = ADD(INDEX(0));
    size_t deep = ADD(INDEX(-2), KEY("a"), INDEX(-1));
    size_t lowest = ADD(INDEX(INT64_MIN));
    ck_assert(weir_projection_seal(projection));
    decode("[0,1,2,3,4,5,6,7,8,9,10,{\"a\":[1,[2]]},12]");
    check_int(last, 12);
    check_int(third, 10);
    check_int(far, 3);
    check_int(first, 0);
    ck_assert(weir_str_is(weir_value_text(&slots[deep]), "[2]"));
    check_absent(lowest);
    decode("[5]");
    check_int(last, 5);
    check_int(first, 5);
    check_absent(third);
    decode("[ ]");
    check_absent(last);
}
END_TEST

START_TEST(keys_are_compared_after_unescaping)
{
    start();
    size_t plain = ADD(KEY("price"));
    size_t newline = ADD(KEY("a\nb"));
    size_t empty = ADD(KEY(""));
    ck_assert(weir_projection_seal(projection));
    decode("{\"pr\\u0069ce\":1,\"a\\nb\":2,\"\":3}");
    check_int(plain, 1);
    check_int(newline, 2);
    check_int(empty, 3);
    decode("{\"price\\u0000\":1,\"a\\\\nb\":2}");
    check_absent(plain);
    check_absent(newline);
}
END_TEST

START_TEST(keys_that_differ_late_or_in_length_are_told_apart)
{
    static const char *const keys[] = {
        "12345678",          "123456789",         "12345678x", "1234567",
        "0123456789abcdef0", "0123456789abcdef1", "1",         "10"};
    start();
    size_t found[8];
    for (size_t i = 0; i < 8; i++) {
        const weir_step step = {false, 0, weir_str_of(keys[i])};
        found[i] = weir_projection_add(projection, &step, 1);
    }
    ck_assert(weir_projection_seal(projection));
    decode("{\"12345678\":0,\"123456789\":1,\"12345678x\":2,\"1234567\":3,"
           "\"0123456789abcdef0\":4,\"0123456789abcdef1\":5,\"1\":6,\"10\":7,"
           "\"0123456789abcdef2\":8,\"12345678\\u0079\":9,\"100\":10}");
    for (size_t i = 0; i < 8; i++)
        check_int(found[i], (int64_t)i);
}
END_TEST

START_TEST(a_key_longer_than_the_buffer_is_found_escaped_too)
{
    enum { LONG = 1000 };
    char key[LONG];
    memset(key, 'k', LONG);
    key[LONG - 1] = '\n';
    start();
    const weir_step step = {false, 0, {key, LONG}};
    size_t slot = weir_projection_add(projection, &step, 1);
    size_t other = ADD(KEY("k"));
    ck_assert(weir_projection_seal(projection));
    decode(weir_arena_printf(arena, "{\"%.*s\\n\":1}", LONG - 1, key).ptr);
    check_int(slot, 1);
    check_absent(other);
}
END_TEST

START_TEST(what_is_skipped_is_validated)
{
    static const char *const bad[] = {
        "{\"x\":[1,}",
        "{\"x\":{\"y\":tru}}",
        "{\"x\":\"\\q\"}",
        "{\"x\":01}",
        "{\"a\":1",
        "{\"a\":{\"b\":[1,2}}",
        "{\"a\":{\"b\":[1;2]}}",
        "{\"a\":{\"b\" 1}}",
        "{\"a\":{b:1}}",
        "{\"a\":{}} x",
        "{\"x\":\"\xff\"}",
        "{\"a\":{\"b\":[[1],[2]}}",
    };
    start();
    ADD(KEY("a"), KEY("b"), INDEX(1));
    ADD(KEY("a"), KEY("b"), INDEX(-1), INDEX(0));
    ck_assert(weir_projection_seal(projection));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        weir_json_error error = {NULL, 0};
        weir_json_error plain = {NULL, 0};
        weir_value v;
        ck_assert(!weir_projection_decode(projection, slacked(bad[i]), slots, NULL, &error));
        ck_assert(!weir_json_parse(slacked(bad[i]), &v, &plain));
        ck_assert_str_eq(error.text, plain.text);
        ck_assert_uint_eq(error.offset, plain.offset);
    }
}
END_TEST

static bool decodes_nested(size_t depth)
{
    char text[2 * (WEIR_JSON_DEPTH_MAX + 2)];
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    weir_json_error error;
    return weir_projection_decode(projection, slacked_n(text, 2 * depth), slots, NULL, &error);
}

START_TEST(nesting_is_bounded_beside_the_trie_too)
{
    start();
    weir_step steps[WEIR_PROJECTION_DEPTH_MAX];
    for (size_t i = 0; i < WEIR_PROJECTION_DEPTH_MAX; i++)
        steps[i] = i % 2 ? INDEX(0) : INDEX(-1);
    ck_assert_uint_ne(weir_projection_add(projection, steps, WEIR_PROJECTION_DEPTH_MAX), SIZE_MAX);
    ck_assert(weir_projection_seal(projection));
    ck_assert(decodes_nested(WEIR_JSON_DEPTH_MAX));
    ck_assert(!decodes_nested(WEIR_JSON_DEPTH_MAX + 1));
}
END_TEST

START_TEST(paths_are_bounded_in_length_and_number)
{
    start();
    weir_step steps[WEIR_PROJECTION_DEPTH_MAX + 1];
    for (size_t i = 0; i <= WEIR_PROJECTION_DEPTH_MAX; i++)
        steps[i] = INDEX((int64_t)i);
    ck_assert_uint_ne(weir_projection_add(projection, steps, WEIR_PROJECTION_DEPTH_MAX), SIZE_MAX);
    ck_assert_uint_eq(weir_projection_add(projection, steps, WEIR_PROJECTION_DEPTH_MAX + 1),
                      SIZE_MAX);
    for (size_t i = 1; i < WEIR_PROJECTION_SLOTS_MAX; i++)
        ck_assert_uint_eq(ADD(INDEX(1000 + (int64_t)i)), i);
    ck_assert_uint_eq(ADD(INDEX(-1)), SIZE_MAX);
}
END_TEST

START_TEST(filling_from_a_value_is_decoding_its_text)
{
    static const char text[] = "{\"a\":[{\"b\":1},{\"b\":\"\\u0041\"},null],\"c\":{\"d\":2.5}}";
    start();
    ADD(KEY("a"), INDEX(0), KEY("b"));
    ADD(KEY("a"), INDEX(-2), KEY("b"));
    ADD(KEY("a"), INDEX(7));
    ADD(KEY("c"), KEY("d"));
    ADD(KEY("c"));
    ck_assert(weir_projection_seal(projection));
    decode(text);
    weir_value raw = parsed(text);
    weir_value built;
    weir_value filled[8];
    weir_projection_fill(projection, &raw, filled);
    for (size_t i = 0; i < weir_projection_slots(projection); i++)
        ck_assert(weir_value_equal(arena, &filled[i], &slots[i]));
    ck_assert(weir_json_unfold_deep(arena, &raw, &built));
    weir_projection_fill(projection, &built, filled);
    for (size_t i = 0; i < weir_projection_slots(projection); i++)
        ck_assert(weir_value_equal(arena, &filled[i], &slots[i]));
    weir_value number = weir_value_int(1);
    weir_projection_fill(projection, &number, filled);
    ck_assert_int_eq(filled[0].kind, WEIR_ABSENT);
}
END_TEST

START_TEST(a_projection_without_paths_only_validates)
{
    start();
    ck_assert(weir_projection_seal(projection));
    weir_value whole;
    weir_json_error error;
    ck_assert(weir_projection_decode(projection, slacked("[1]"), NULL, &whole, &error));
    ck_assert_int_eq(whole.aux, WEIR_RAW_ARRAY);
    ck_assert(!weir_projection_decode(projection, slacked("[1"), NULL, &whole, &error));
}
END_TEST

START_TEST(a_path_is_shown_as_an_expression)
{
    start();
    size_t a = ADD(KEY("p"), INDEX(-1), KEY("it's"), KEY("a\\\n'\""));
    weir_str path = weir_projection_path(arena, projection, a, WEIR_STR("data"));
    ck_assert_msg(weir_str_is(path, "data['p'][-1][\"it's\"]['a\\\\\\x0a\\'\"']"), "%s", path.ptr);
}
END_TEST

int main(void)
{
    return run_suite(
        "projection", the_same_path_has_one_slot, a_decode_fills_what_is_there,
        a_path_and_its_beginning_are_both_filled, values_of_another_type_leave_the_path_absent,
        the_last_of_repeated_keys_wins_with_all_below_it,
        repeated_keys_are_told_apart_beyond_sixty_four_children, indices_count_from_the_back,
        keys_are_compared_after_unescaping, keys_that_differ_late_or_in_length_are_told_apart,
        a_key_longer_than_the_buffer_is_found_escaped_too, what_is_skipped_is_validated,
        nesting_is_bounded_beside_the_trie_too, paths_are_bounded_in_length_and_number,
        filling_from_a_value_is_decoding_its_text, a_projection_without_paths_only_validates,
        a_path_is_shown_as_an_expression);
}
