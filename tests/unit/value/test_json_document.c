/* SPDX-License-Identifier: MIT */
/* Documents as built values. */
#include "value/json_document.h"

#include "value/json_write.h"
#include "value_text.h"

static void check(const char *json, const char *expected)
{
    weir_value v;
    weir_error error;
    ck_assert_msg(weir_json_document(arena, weir_str_of(json), &v, &error), "%s", error.text);
    weir_buf out = {0};
    weir_json_write(&out, &v, 0);
    ck_assert_str_eq(weir_buf_cstr(&out), expected);
    weir_buf_fini(&out);
}

START_TEST(a_document_keeps_order_and_values)
{
    check("{\"z\": [1, 2.5, \"x\\n\"], \"a\": {\"b\": null}, \"c\": [true, false]}",
          "{\"z\":[1,2.5,\"x\\n\"],\"a\":{\"b\":null},\"c\":[true,false]}");
    check(" 5 ", "5");
}
END_TEST

START_TEST(integers_beyond_int64_keep_their_digits)
{
    check("[123456789012345678901234567890, 1, \"a\"]", "[123456789012345678901234567890,1,\"a\"]");
}
END_TEST

START_TEST(errors_tell_line_and_column)
{
    weir_value v;
    weir_error error;
    ck_assert(!weir_json_document(arena, WEIR_STR("{\n  \"a\": 1,\n  b\n}"), &v, &error));
    ck_assert_int_eq(error.code, WEIR_ERR_DECODE);
    ck_assert_ptr_nonnull(strstr(error.text, "line 3"));
    ck_assert(!weir_json_document(arena, WEIR_STR(""), &v, &error));
    ck_assert(!weir_json_document(arena, (weir_str){NULL, 0}, &v, &error));
    ck_assert(!weir_json_document(arena, WEIR_STR("[12345678901234567890123,"), &v, &error));
}
END_TEST

int main(void)
{
    return run_suite("json_document", a_document_keeps_order_and_values,
                     integers_beyond_int64_keep_their_digits, errors_tell_line_and_column);
}
