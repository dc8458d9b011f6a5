/* SPDX-License-Identifier: MIT */
/* Equality and hash as Python has them, type names, lists and dicts. */
#include <math.h>

#include "value/decimal.h"
#include "value/value.h"
#include "value_text.h"

static weir_value text(const char *s)
{
    return weir_value_str(weir_str_of(s));
}

static weir_value decimal(const char *s)
{
    const weir_decimal *d;
    ck_assert_int_eq(weir_decimal_parse(arena, weir_str_of(s), &d), WEIR_DECIMAL_OK);
    return weir_value_decimal(d);
}

static weir_value pair(uint8_t kind, weir_value a, weir_value b)
{
    weir_value v;
    weir_value *items;
    ck_assert(weir_list_new(arena, kind, 2, &v, &items));
    items[0] = a;
    items[1] = b;
    return v;
}

static void check_equal(weir_value a, weir_value b)
{
    uint64_t hash_a;
    uint64_t hash_b;
    ck_assert(weir_value_equal(arena, &a, &b));
    ck_assert(weir_value_equal(arena, &b, &a));
    if (weir_value_hash(arena, &a, &hash_a) && weir_value_hash(arena, &b, &hash_b))
        ck_assert_uint_eq(hash_a, hash_b);
}

static void check_unequal(weir_value a, weir_value b)
{
    ck_assert(!weir_value_equal(arena, &a, &b));
    ck_assert(!weir_value_equal(arena, &b, &a));
}

START_TEST(equal_numbers_are_equal_whatever_their_kind)
{
    check_equal(weir_value_int(1), weir_value_float(1.0));
    check_equal(weir_value_int(1), weir_value_bool(true));
    check_equal(weir_value_int(1), decimal("1.00"));
    check_equal(weir_value_float(0.5), decimal("0.5"));
    check_equal(weir_value_float(-0.0), weir_value_int(0));
    check_equal(parsed("1.0"), weir_value_int(1));
    check_equal(parsed("123456789012345678901234567890"),
                decimal("123456789012345678901234567890"));
    check_unequal(weir_value_float(0.1), decimal("0.1"));
    check_unequal(weir_value_int(1), text("1"));
    check_unequal(weir_value_float(NAN), weir_value_float(NAN));
    check_unequal(weir_value_int(0), weir_value_none());
}
END_TEST

START_TEST(texts_are_equal_raw_or_not)
{
    check_equal(text("abc"), parsed("\"abc\""));
    check_equal(text("a\nb"), parsed("\"a\\nb\""));
    check_equal(parsed("\"\\u0061b\\n\""), parsed("\"ab\\u000a\""));
    check_unequal(text("a"), parsed("\"a\\n\""));
    check_unequal(text("a"), weir_value_bytes(WEIR_STR("a")));
    check_equal(text(""), weir_value_str((weir_str){NULL, 0}));
}
END_TEST

START_TEST(containers_are_equal_by_content)
{
    weir_value raw = parsed("[1, \"a\\n\"]");
    check_equal(raw, pair(WEIR_LIST, weir_value_float(1), text("a\n")));
    check_unequal(raw, pair(WEIR_TUPLE, weir_value_float(1), text("a\n")));
    check_equal(parsed("{\"a\":1,\"b\":[2]}"), parsed("{\"b\":[2.0],\"a\":1}"));
    check_unequal(parsed("{\"a\":1}"), parsed("{\"a\":1,\"b\":2}"));
    check_unequal(parsed("[1,2]"), parsed("[1,2,3]"));
    check_unequal(parsed("[]"), parsed("{}"));
    check_equal(pair(WEIR_TUPLE, text("a"), weir_value_int(1)),
                pair(WEIR_TUPLE, parsed("\"a\""), weir_value_float(1)));
}
END_TEST

START_TEST(ranges_are_equal_by_elements)
{
    weir_range ranges[] = {{0, 5, 2}, {0, 6, 2}, {0, 0, 1}, {5, 5, 3}, {INT64_MIN, INT64_MAX, 1}};
    weir_value v[5];
    for (size_t i = 0; i < 5; i++) {
        v[i] = (weir_value){.kind = WEIR_RANGE};
        v[i].range = &ranges[i];
    }
    check_equal(v[0], v[1]);
    check_equal(v[2], v[3]);
    check_unequal(v[0], v[2]);
    check_unequal(v[0], v[4]);
}
END_TEST

START_TEST(times_with_and_without_a_zone_differ)
{
    check_equal(weir_value_timestamp(5, 1), weir_value_timestamp(5, 2));
    check_unequal(weir_value_timestamp(5, 0), weir_value_timestamp(5, 1));
    check_unequal(weir_value_timestamp(5, 1), weir_value_int(5));
}
END_TEST

START_TEST(what_equals_nothing_does_not_gather_on_one_place)
{
    const weir_value nan = weir_value_float(strtod("nan", NULL));
    uint64_t first, second;
    ck_assert(weir_value_hash(arena, &nan, &first) && weir_value_hash(arena, &nan, &second));
    ck_assert_uint_ne(first, second);
    weir_dict *dict = weir_dict_new(arena, 0);
    for (size_t i = 0; i < 100; i++)
        ck_assert(weir_dict_put(arena, dict, &nan, &nan));
    ck_assert_uint_eq(dict->count, 100);
    ck_assert_ptr_null(weir_dict_get(arena, dict, &nan));
}
END_TEST

START_TEST(lists_and_dicts_have_no_hash)
{
    uint64_t hash;
    weir_value list = pair(WEIR_LIST, weir_value_int(1), weir_value_int(2));
    weir_value raw = parsed("{}");
    weir_value tuple = pair(WEIR_TUPLE, list, weir_value_int(2));
    ck_assert(!weir_value_hash(arena, &list, &hash));
    ck_assert(!weir_value_hash(arena, &raw, &hash));
    ck_assert(!weir_value_hash(arena, &tuple, &hash));
}
END_TEST

START_TEST(values_are_named_as_python_names_them)
{
    static const struct {
        const char *json;
        const char *name;
    } cases[] = {{"1", "int"},         {"1.0", "float"}, {"\"a\"", "str"},
                 {"\"\\n\"", "str"},   {"[]", "list"},   {"{}", "dict"},
                 {"null", "NoneType"}, {"true", "bool"}, {"1e5", "float"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        weir_value v = parsed(cases[i].json);
        ck_assert_str_eq(weir_value_type_name(&v), cases[i].name);
    }
    weir_value d = decimal("1");
    ck_assert_str_eq(weir_value_type_name(&d), "Decimal");
}
END_TEST

START_TEST(a_dict_keeps_order_and_first_position)
{
    weir_dict *dict = weir_dict_new(arena, 0);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 1000; i++) {
            weir_value key = weir_value_str(weir_arena_printf(arena, "key%d", i));
            weir_value value = weir_value_int(i + round);
            ck_assert(weir_dict_put(arena, dict, &key, &value));
        }
    }
    ck_assert_uint_eq(dict->count, 1000);
    for (int i = 0; i < 1000; i++) {
        ck_assert(dict->entries[i].value.i == i + 1);
        weir_value key = dict->entries[i].key;
        const weir_value *found = weir_dict_get(arena, dict, &key);
        ck_assert_ptr_eq(found, &dict->entries[i].value);
        ck_assert_ptr_eq(weir_dict_get_str(dict, weir_value_text(&key)), found);
    }
    ck_assert_ptr_null(weir_dict_get_str(dict, WEIR_STR("key1000")));
}
END_TEST

START_TEST(equal_numbers_are_one_key)
{
    weir_dict *dict = weir_dict_new(arena, 4);
    weir_value keys[] = {weir_value_int(1), weir_value_float(1), weir_value_bool(true),
                         decimal("1.0"), parsed("1.0")};
    for (size_t i = 0; i < 4; i++)
        ck_assert(weir_dict_put(arena, dict, &keys[i], &keys[i]));
    ck_assert_uint_eq(dict->count, 1);
    ck_assert_int_eq(dict->entries[0].key.kind, WEIR_INT);
    ck_assert_int_eq(dict->entries[0].value.kind, WEIR_DECIMAL);
    ck_assert_ptr_nonnull(weir_dict_get(arena, dict, &keys[4]));
}
END_TEST

START_TEST(an_unhashable_key_is_refused)
{
    weir_dict *dict = weir_dict_new(arena, 4);
    weir_value key = pair(WEIR_LIST, weir_value_int(1), weir_value_int(2));
    ck_assert(!weir_dict_put(arena, dict, &key, &key));
    ck_assert_uint_eq(dict->count, 0);
}
END_TEST

START_TEST(endless_nesting_is_unequal_not_a_crash)
{
    weir_value deep = weir_value_int(1);
    for (int i = 0; i < 100000; i++)
        deep = pair(WEIR_TUPLE, deep, weir_value_none());
    uint64_t hash;
    check_unequal(deep, pair(WEIR_TUPLE, deep, weir_value_none()));
    ck_assert(!weir_value_hash(arena, &deep, &hash));
}
END_TEST

int main(void)
{
    return run_suite("value", equal_numbers_are_equal_whatever_their_kind,
                     texts_are_equal_raw_or_not, containers_are_equal_by_content,
                     ranges_are_equal_by_elements, times_with_and_without_a_zone_differ,
                     what_equals_nothing_does_not_gather_on_one_place, lists_and_dicts_have_no_hash,
                     values_are_named_as_python_names_them, a_dict_keeps_order_and_first_position,
                     equal_numbers_are_one_key, an_unhashable_key_is_refused,
                     endless_nesting_is_unequal_not_a_crash);
}
