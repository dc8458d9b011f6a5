/* SPDX-License-Identifier: MIT */
/* The map against a plain array, through growth and removal. */
#include "util/map.h"

#include "weir_check.h"

enum { KEYS = 3000 };

static char names[KEYS][16];
static int values[KEYS];

static weir_str key(size_t i)
{
    snprintf(names[i], sizeof names[i], "key-%zu", i);
    return weir_str_of(names[i]);
}

START_TEST(an_empty_map_has_nothing)
{
    weir_map map = {0};
    size_t at = 0;
    ck_assert_ptr_null(weir_map_get(&map, WEIR_STR("a")));
    ck_assert_ptr_null(weir_map_remove(&map, WEIR_STR("a")));
    ck_assert_ptr_null(weir_map_next(&map, &at));
    weir_map_clear(&map);
    weir_map_fini(&map);
}
END_TEST

START_TEST(what_was_put_is_found_and_what_was_removed_is_not)
{
    weir_map map = {0};
    for (size_t i = 0; i < KEYS; i++)
        ck_assert(weir_map_put(&map, key(i), &values[i]));
    ck_assert_uint_eq(map.count, KEYS);
    for (size_t i = 0; i < KEYS; i += 3)
        ck_assert_ptr_eq(weir_map_remove(&map, key(i)), &values[i]);
    for (size_t i = 0; i < KEYS; i++)
        ck_assert_ptr_eq(weir_map_get(&map, key(i)), i % 3 ? &values[i] : NULL);
    size_t at = 0, seen = 0;
    while (weir_map_next(&map, &at))
        seen++;
    ck_assert_uint_eq(seen, map.count);
    ck_assert_uint_eq(seen, KEYS - KEYS / 3);
    for (size_t i = 0; i < KEYS; i++)
        weir_map_remove(&map, key(i));
    ck_assert_uint_eq(map.count, 0);
    weir_map_fini(&map);
}
END_TEST

START_TEST(a_second_put_replaces)
{
    weir_map map = {0};
    ck_assert(weir_map_put(&map, WEIR_STR("a"), &values[0]));
    ck_assert(weir_map_put(&map, WEIR_STR("a"), &values[1]));
    ck_assert_uint_eq(map.count, 1);
    ck_assert_ptr_eq(weir_map_get(&map, WEIR_STR("a")), &values[1]);
    weir_map_clear(&map);
    ck_assert_ptr_null(weir_map_get(&map, WEIR_STR("a")));
    weir_map_fini(&map);
}
END_TEST

START_TEST(the_empty_key_is_a_key)
{
    weir_map map = {0};
    ck_assert(weir_map_put(&map, (weir_str){NULL, 0}, &values[0]));
    ck_assert_ptr_eq(weir_map_get(&map, WEIR_STR("")), &values[0]);
    ck_assert_ptr_eq(weir_map_remove(&map, (weir_str){NULL, 0}), &values[0]);
    weir_map_fini(&map);
}
END_TEST

START_TEST(hashes_differ_in_every_byte_and_length)
{
    char text[32] = {0};
    uint64_t seen[sizeof text + 1];
    for (size_t len = 0; len <= sizeof text; len++) {
        seen[len] = weir_hash(text, len);
        ck_assert_uint_eq(seen[len], weir_hash(text, len));
        for (size_t other = 0; other < len; other++)
            ck_assert_uint_ne(seen[len], seen[other]);
    }
    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = 1;
        ck_assert_uint_ne(weir_hash(text, sizeof text), seen[sizeof text]);
        text[i] = 0;
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("map");
    weir_check_case(suite, "map", an_empty_map_has_nothing,
                    what_was_put_is_found_and_what_was_removed_is_not, a_second_put_replaces,
                    the_empty_key_is_a_key, hashes_differ_in_every_byte_and_length);
    return weir_check_run(suite);
}
