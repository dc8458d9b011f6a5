/* SPDX-License-Identifier: MIT */
/* Values as JSON text. */
#include "value/json_write.h"

#include <math.h>

#include "value/asset.h"
#include "value/decimal.h"
#include "value_text.h"

static void check_flags(weir_value v, unsigned flags, const char *expected)
{
    weir_buf out = {0};
    weir_json_write(&out, &v, flags);
    ck_assert_str_eq(weir_buf_cstr(&out), expected);
    weir_buf_fini(&out);
}

static void check(weir_value v, const char *expected)
{
    check_flags(v, 0, expected);
}

static weir_value text_n(const char *s, size_t len)
{
    return weir_value_str((weir_str){s, len});
}

static weir_value text(const char *s)
{
    return text_n(s, strlen(s));
}

static weir_value built(const char *json)
{
    weir_value raw = parsed(json);
    weir_value v;
    ck_assert(weir_json_unfold_deep(arena, &raw, &v));
    return v;
}

START_TEST(scalars_have_their_shortest_text)
{
    check(weir_value_none(), "null");
    check(weir_value_bool(true), "true");
    check(weir_value_int(INT64_MIN), "-9223372036854775808");
    check(weir_value_float(0.1), "0.1");
    check(weir_value_float(1), "1.0");
    check(weir_value_float(NAN), "null");
    check(weir_value_float(-INFINITY), "null");
    check(weir_value_absent(), "null");
}
END_TEST

START_TEST(texts_are_escaped_and_repaired)
{
    check(text("a\"b\\c/d"), "\"a\\\"b\\\\c/d\"");
    check(text("\b\f\n\r\t\x01\x1f\x7f"), "\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"");
    check(text_n("a\0b", 3), "\"a\\u0000b\"");
    check(text("\xc3\xa9\xf0\x9f\x98\x80"), "\"\xc3\xa9\xf0\x9f\x98\x80\"");
    check(text("a\xff\xc3"), "\"a\xef\xbf\xbd\xef\xbf\xbd\"");
    check(text(""), "\"\"");
    check(text_n(NULL, 0), "\"\"");
}
END_TEST

START_TEST(containers_are_compact)
{
    check(built("{ \"a\" : [ 1 , 2.50 ] , \"b\" : { } }"), "{\"a\":[1,2.5],\"b\":{}}");
    check(built("[[],[null]]"), "[[],[null]]");
    check(parsed("[1, \"\\u0041\"]"), "[1, \"\\u0041\"]");
    check(parsed("\"\\u0041\""), "\"\\u0041\"");
    check(parsed("1.500"), "1.500");
}
END_TEST

START_TEST(the_other_kinds_have_a_form)
{
    const weir_decimal *d;
    weir_decimal_parse(arena, WEIR_STR("1.500"), &d);
    check(weir_value_decimal(d), "1.500");
    check(built("123456789012345678901234567890"), "123456789012345678901234567890");
    check(weir_value_timestamp(1500000000, 1), "\"1970-01-01T00:00:01.500Z\"");
    check(weir_value_bytes(WEIR_STR("abc")), "\"YWJj\"");
    weir_asset asset = {.symbol = WEIR_STR("AA\"PL")};
    check(weir_value_asset(&asset), "\"AA\\\"PL\"");
    static const weir_level levels[] = {{1.5, 2}, {3, 0.1}};
    weir_value v = {.kind = WEIR_LEVELS, .len = 2};
    v.levels = levels;
    check(v, "[[1.5,2.0],[3.0,0.1]]");
    weir_range range = {3, -4, -3};
    weir_value r = {.kind = WEIR_RANGE};
    r.range = &range;
    check(r, "[3,0,-3]");
    range = (weir_range){0, INT64_MAX, 1};
    check(r, "null");
}
END_TEST

START_TEST(keys_become_text)
{
    weir_dict *dict = weir_dict_new(arena, 0);
    weir_value keys[] = {weir_value_int(1), weir_value_none(), weir_value_float(2.5), text("x")};
    for (size_t i = 0; i < 4; i++)
        ck_assert(weir_dict_put(arena, dict, &keys[i], &keys[i]));
    weir_value absent = weir_value_absent();
    weir_value gone = text("gone");
    ck_assert(weir_dict_put(arena, dict, &gone, &absent));
    check(weir_value_dict(dict), "{\"1\":1,\"null\":null,\"2.5\":2.5,\"x\":\"x\"}");
}
END_TEST

START_TEST(secrets_are_masked_unless_revealed)
{
    weir_value list;
    weir_value *items;
    ck_assert(weir_list_new(arena, WEIR_LIST, 2, &list, &items));
    items[0] = weir_value_int(1);
    items[1] = text("password");
    ck_assert(!weir_value_has_secret(&list));
    items[1].flags |= WEIR_VALUE_SECRET;
    ck_assert(weir_value_has_secret(&list));
    check(list, "[1,\"***\"]");
    check_flags(list, WEIR_JSON_REVEAL, "[1,\"password\"]");
}
END_TEST

START_TEST(nesting_beyond_the_limit_is_null)
{
    weir_value v = weir_value_int(1);
    for (int i = 0; i < WEIR_JSON_DEPTH_MAX + 1; i++) {
        weir_value outer;
        weir_value *items;
        ck_assert(weir_list_new(arena, WEIR_LIST, 1, &outer, &items));
        items[0] = v;
        v = outer;
    }
    weir_buf out = {0};
    weir_json_write(&out, &v, 0);
    ck_assert_ptr_nonnull(strstr(weir_buf_cstr(&out), "[null]"));
    weir_buf_clear(&out);
    weir_json_write(&out, &v.list->items[0], 0);
    ck_assert_ptr_nonnull(strstr(weir_buf_cstr(&out), "[1]"));
    weir_buf_fini(&out);
}
END_TEST

int main(void)
{
    return run_suite("json_write", scalars_have_their_shortest_text, texts_are_escaped_and_repaired,
                     containers_are_compact, the_other_kinds_have_a_form, keys_become_text,
                     secrets_are_masked_unless_revealed, nesting_beyond_the_limit_is_null);
}
