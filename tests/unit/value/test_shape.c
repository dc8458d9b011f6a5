/* SPDX-License-Identifier: MIT */
/* What the indexed walk keeps from message to message, and what it finds beside the slots: shapes,
 * lists of lists, rows of a list within a text. */
#include "value/shape.h"

#include "value_text.h"

#define KEY(text) ((weir_step){false, 0, {(text), sizeof(text) - 1}})
#define INDEX(i)  ((weir_step){true, (i), {NULL, 0}})
#define ADD(to, ...)                                                                               \
    weir_projection_add((to), (const weir_step[]){__VA_ARGS__},                                    \
                        sizeof((const weir_step[]){__VA_ARGS__}) / sizeof(weir_step))

static weir_projection *projection;
static weir_json_index index_of_text;
static weir_shapes *shapes;
static weir_value slots[16];

static void start(void)
{
    projection = weir_projection_new(arena);
    shapes = weir_shapes_new();
    ck_assert(projection && shapes);
    index_of_text = (weir_json_index){0};
}

static void stop(void)
{
    weir_shapes_free(shapes);
    weir_json_index_fini(&index_of_text);
}

static bool decode(const char *text)
{
    return weir_projection_decode_indexed(projection, &index_of_text, shapes, slacked(text), slots,
                                          NULL);
}

static void check_slot(size_t slot, const char *expected)
{
    const weir_str text = weir_value_text(&slots[slot]);
    ck_assert_msg(weir_str_eq(text, weir_str_of(expected)), "%.*s", WEIR_FMT(text));
}

/* Decodes what is like the texts of which the shapes have been learnt, and says that none is
 * walked.
 */
static void check_met(const char *text)
{
    const uint32_t met = shapes->trial.met, missed = shapes->trial.missed;
    ck_assert_msg(decode(text), "%s", text);
    ck_assert_msg(shapes->trial.met == met + 1 && shapes->trial.missed == missed, "walked: %s",
                  text);
}

START_TEST(a_member_that_is_left_out_makes_another_shape)
{
    start();
    const size_t size = ADD(projection, KEY("size")), price = ADD(projection, KEY("price"));
    ck_assert(weir_projection_seal(projection));
    ck_assert(decode("{\"id\":1,\"size\":10,\"price\":1.5}"));
    ck_assert(decode("{\"id\":2,\"size\":20}"));
    check_met("{\"id\":3,\"size\":30,\"price\":2.5}");
    check_slot(price, "2.5");
    check_met("{\"id\":4,\"size\":-40}");
    check_slot(size, "-40");
    ck_assert_int_eq(slots[price].kind, WEIR_ABSENT);
    check_met("{\"id\":123456789012345678901,\"size\":1e5,\"price\":0}");
    check_slot(size, "1e5");
    stop();
}
END_TEST

START_TEST(texts_with_escapes_have_shapes_too)
{
    start();
    const size_t a = ADD(projection, KEY("a")), b = ADD(projection, KEY("b"));
    ck_assert(weir_projection_seal(projection));
    ck_assert(decode("{\"note\":\"x\",\"a\":\"1\",\"b\":2}"));
    check_met("{\"note\":\"\\\"\\\\\",\"a\":\"\\u0031\",\"b\":3}");
    ck_assert(slots[a].kind == WEIR_RAW && slots[a].aux == WEIR_RAW_ESCAPED);
    check_slot(b, "3");
    check_met("{\"note\":\"\xc3\xa9\",\"a\":\"\xe2\x82\xac\",\"b\":4}");
    ck_assert(slots[a].kind == WEIR_STR && !(slots[a].flags & WEIR_VALUE_ASCII));
    ck_assert(!decode("{\"note\":\"\\x\",\"a\":\"1\",\"b\":2}"));
    ck_assert(!decode("{\"note\":\"\xc3\",\"a\":\"1\",\"b\":2}"));
    stop();
}
END_TEST

START_TEST(what_is_no_number_is_not_believed_by_a_shape)
{
    static const char *const wrong[] = {"01", "1.", ".5", "-", "1.2.3", "1e", "+1", "1-2", ""};
    start();
    ADD(projection, KEY("a"));
    ck_assert(weir_projection_seal(projection));
    ck_assert(decode("{\"a\":1,\"b\":2}"));
    check_met("{\"a\":3,\"b\":4}");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char text[64];
        snprintf(text, sizeof text, "{\"a\":%s,\"b\":2}", wrong[i]);
        ck_assert_msg(!decode(text), "%s", text);
        snprintf(text, sizeof text, "{\"a\":1,\"b\":%s}", wrong[i]);
        ck_assert_msg(!decode(text), "%s", text);
    }
    stop();
}
END_TEST

START_TEST(lists_of_lists_are_found_in_every_layout)
{
    static const struct {
        const char *list;
        size_t count, stride; /* count 0: it is not kept */
    } cases[] = {
        {"[[\"1\",\"2\"]]", 1, 4},
        {"[[\"1\",\"2\"],[\"3\",\"4\"],[\"5\",\"6\"]]", 3, 4},
        {"[[\"1\",\"2\",\"\"],[\"3\",\"4\",\"x\"]]", 2, 6},
        {"[ [ \"1\" , \"2\" ] ,\n  [ \"3\" , \"4\" ] ,\n  [ \"5\" , \"6\" ] ]", 3, 4},
        {"[[1,2],[3.5,4e-7]]", 2, 0},
        {"[[\"1\",\"2\"],[\"3\"]]", 0, 0},
        {"[[\"1\",\"2\"],[\"3\",4]]", 0, 0},
        {"[[\"1\",\"2\"], [\"3\",\"4\"]]", 0, 0},
        {"[[1,2],[3]]", 0, 0},
        {"[]", 0, 0},
        {"[\"1\",\"2\"]", 0, 0},
        {"{\"a\":[]}", 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[160];
        start();
        const size_t slot = ADD(projection, KEY("b")), first = ADD(projection, KEY("b"), INDEX(0));
        weir_projection_want_lists(projection, slot);
        ck_assert(weir_projection_seal(projection));
        snprintf(text, sizeof text, "{\"a\":\"\",\"b\":%s,\"c\":1}", cases[i].list);
        for (int round = 0; round < 3; round++) {
            ck_assert_msg(decode(text), "%s", text);
            check_slot(slot, cases[i].list);
            const weir_list_found *found = weir_json_index_list(&index_of_text, slots[slot].s);
            /* Elements that are wanted beside it are filled where the list is compact. */
            const bool is_plain = cases[i].stride > 0 && cases[i].list[1] == '[';
            ck_assert_msg(!is_plain || (found && found->count == cases[i].count &&
                                        found->stride == cases[i].stride),
                          "%s", text);
            ck_assert(cases[i].count > 0 || !found);
            if (cases[i].count > 0)
                ck_assert(slots[first].kind == WEIR_RAW && slots[first].aux == WEIR_RAW_ARRAY);
        }
        stop();
    }
}
END_TEST

/* What stands behind a text may go on as the text did, up to the last byte that may be read; a
 * sanitizer sees whoever reads the next one. */
START_TEST(a_list_that_begins_behind_the_end_is_none)
{
    static const char *const ends[] = {"{\"b\":", "{\"b\":[[1,2]],\"c\":", "{\"b\":[[1,2]]", ""};
    static const char *const behind[] = {",\"c\":[[1,2]]}", "[[1,2],", "[[\"1\",\"2\"],", "[]}",
                                         "{}"};
    start();
    weir_projection_want_lists(projection, ADD(projection, KEY("b")));
    weir_projection_want_lists(projection, ADD(projection, KEY("c")));
    ck_assert(weir_projection_seal(projection));
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        for (size_t k = 0; k < sizeof behind / sizeof *behind; k++) {
            const size_t len = strlen(ends[i]);
            char *text = malloc(len + WEIR_JSON_SLACK);
            ck_assert_ptr_nonnull(text);
            memcpy(text, ends[i], len);
            for (size_t at = 0; at < WEIR_JSON_SLACK; at++)
                text[len + at] = behind[k][at % strlen(behind[k])];
            ck_assert(decode("{\"b\":[[1,2]],\"c\":[[3,4],[5,6]]}"));
            ck_assert(!weir_projection_decode_indexed(projection, &index_of_text, shapes,
                                                      (weir_str){text, len}, slots, NULL));
            free(text);
        }
    stop();
}
END_TEST

/* A text that is cut, while the buffer still has the rest and the index the quotes of the whole. */
START_TEST(the_rest_of_a_text_behind_its_end_is_not_believed)
{
    static const char whole[] =
        "{\"e\":{\"l\":[[\"1\",\"2\"],[\"3\",\"4\"]],\"n\":[1,{\"x\":\"\",\"y\":2}],"
        "\"m\":\"\",\"k\":\"t\",\"z\":true,\"r\":[[1,2],[3,4]]}}";
    start();
    const size_t k = ADD(projection, KEY("e"), KEY("k"));
    weir_projection_want_lists(projection, ADD(projection, KEY("e"), KEY("l")));
    weir_projection_want_lists(projection, ADD(projection, KEY("e"), KEY("r")));
    ck_assert(k != SIZE_MAX &&
              ADD(projection, KEY("e"), KEY("n"), INDEX(1), KEY("y")) != SIZE_MAX &&
              ADD(projection, KEY("e"), KEY("m")) != SIZE_MAX &&
              ADD(projection, KEY("e"), KEY("z")) != SIZE_MAX);
    ck_assert(weir_projection_seal(projection));
    for (size_t len = 0; len < sizeof whole - 1; len++) {
        char *text = malloc(len + WEIR_JSON_SLACK);
        ck_assert_ptr_nonnull(text);
        for (size_t at = 0; at < len + WEIR_JSON_SLACK; at++)
            text[at] = at < sizeof whole - 1 ? whole[at] : ' ';
        ck_assert(decode(whole));
        check_met(whole);
        check_slot(k, "t");
        ck_assert_msg(!weir_projection_decode_indexed(projection, &index_of_text, shapes,
                                                      (weir_str){text, len}, slots, NULL),
                      "%.*s", (int)len, text);
        free(text);
    }
    stop();
}
END_TEST

START_TEST(rows_of_a_list_within_a_text_are_made_once_it_is_known_by_what)
{
    start();
    weir_rows rows = {0};
    weir_nested nested = {.rows = &rows};
    weir_shapes *item_shapes = weir_shapes_new();
    weir_projection *items = weir_projection_new(arena);
    const size_t price = ADD(items, KEY("p")), data = ADD(projection, KEY("data"));
    weir_projection_want_rows(projection, data);
    ck_assert(item_shapes && weir_projection_seal(items) && weir_projection_seal(projection));
    index_of_text.nested = &nested;
    for (int round = 0; round < 3; round++) {
        ck_assert(decode("{\"table\":\"orderBookL2 and so on\",\"data\":[{\"p\":1},{\"p\":2.5}]}"));
        ck_assert((index_of_text.row_list == slots[data].s) == (round > 0));
        ck_assert(weir_projection_rows_of(items, &index_of_text, item_shapes, &slots[data], &rows));
        ck_assert_uint_eq(rows.count, 2);
        const weir_value *second = rows.values + rows.width;
        ck_assert(weir_str_eq(weir_value_text(&second[price]), WEIR_STR("2.5")));
    }
    ck_assert(!decode("{\"table\":\"orderBookL2 and so on\",\"data\":[{\"p\":1},{\"p\":2.}]}"));
    ck_assert_ptr_null(index_of_text.row_list);
    weir_rows_fini(&rows);
    weir_shapes_free(item_shapes);
    stop();
}
END_TEST

int main(void)
{
    return run_suite(
        "shape", a_member_that_is_left_out_makes_another_shape, texts_with_escapes_have_shapes_too,
        what_is_no_number_is_not_believed_by_a_shape, lists_of_lists_are_found_in_every_layout,
        a_list_that_begins_behind_the_end_is_none,
        the_rest_of_a_text_behind_its_end_is_not_believed,
        rows_of_a_list_within_a_text_are_made_once_it_is_known_by_what);
}
