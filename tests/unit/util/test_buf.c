/* SPDX-License-Identifier: MIT */
/* Buffers grow, format, and stay failed once they failed. */
#include "util/buf.h"

#include "weir_check.h"

START_TEST(an_empty_buffer_is_an_empty_text)
{
    weir_buf buf = {0};
    ck_assert_str_eq(weir_buf_cstr(&buf), "");
    ck_assert_uint_eq(buf.len, 0);
    weir_buf_put(&buf, (weir_str){NULL, 0});
    ck_assert_uint_eq(buf.len, 0);
    weir_buf_fini(&buf);
    weir_buf_fini(&buf);
}
END_TEST

START_TEST(appends_follow_each_other)
{
    weir_buf buf = {0};
    weir_buf_puts(&buf, "ab");
    weir_buf_putc(&buf, 'c');
    weir_buf_put(&buf, WEIR_STR("de"));
    weir_buf_printf(&buf, "-%d-%s", 7, "x");
    ck_assert_str_eq(weir_buf_cstr(&buf), "abcde-7-x");
    weir_buf_clear(&buf);
    weir_buf_puts(&buf, "z");
    ck_assert_str_eq(weir_buf_cstr(&buf), "z");
    weir_buf_fini(&buf);
}
END_TEST

START_TEST(formatting_fits_at_every_fill)
{
    for (size_t fill = 50; fill < 70; fill++) {
        weir_buf buf = {0};
        for (size_t i = 0; i < fill; i++)
            weir_buf_putc(&buf, 'a');
        weir_buf_printf(&buf, "%s", "0123456789");
        ck_assert_uint_eq(buf.len, fill + 10);
        ck_assert_int_eq(memcmp(buf.ptr + fill, "0123456789", 10), 0);
        weir_buf_fini(&buf);
    }
}
END_TEST

START_TEST(failure_sticks_until_cleared)
{
    weir_buf buf = {0};
    weir_buf_puts(&buf, "abc");
    ck_assert_ptr_null(weir_buf_reserve(&buf, SIZE_MAX - 1));
    ck_assert(buf.failed);
    weir_buf_puts(&buf, "def");
    weir_buf_printf(&buf, "%d", 1);
    ck_assert_uint_eq(buf.len, 3);
    ck_assert_str_eq(weir_buf_cstr(&buf), "");
    weir_buf_clear(&buf);
    weir_buf_puts(&buf, "def");
    ck_assert_str_eq(weir_buf_cstr(&buf), "def");
    weir_buf_wipe(&buf);
    ck_assert_ptr_null(buf.ptr);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("buf");
    weir_check_case(suite, "buf", an_empty_buffer_is_an_empty_text, appends_follow_each_other,
                    formatting_fits_at_every_fill, failure_sticks_until_cleared);
    return weir_check_run(suite);
}
