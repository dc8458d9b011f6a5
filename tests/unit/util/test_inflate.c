/* SPDX-License-Identifier: MIT */
/* Payloads and messages of deflate: whole, in pieces, hostile. */
#include "util/inflate.h"

#include "weir_check.h"

static const weir_inflate_limits no_limits = {0, 0};

static weir_bytes bytes(const void *ptr, size_t len)
{
    return (weir_bytes){ptr, len};
}

static weir_bytes bytes_in(const weir_buf *buf)
{
    return bytes(buf->ptr, buf->len);
}

static void fill(weir_buf *buf, size_t len, unsigned kind)
{
    uint32_t state = 12345 + kind;
    for (size_t i = 0; i < len; i++) {
        state = state * 1664525u + 1013904223u;
        weir_buf_putc(buf, kind ? (char)(state >> 24) : (char)("{\"bid\":1}"[i % 9]));
    }
}

START_TEST(every_form_round_trips_and_auto_tells_them_apart)
{
    static const size_t sizes[] = {0, 1, 2, 100, 70000, 1000000};
    for (int form = WEIR_DEFLATE_GZIP; form <= WEIR_DEFLATE_RAW; form++) {
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            weir_buf plain = {0}, packed = {0}, out = {0};
            fill(&plain, sizes[i], i % 2);
            ck_assert_int_eq(
                weir_deflate_all((weir_deflate_form)form, bytes_in(&plain), &packed, NULL), 0);
            ck_assert_int_eq(
                weir_inflate_all((weir_deflate_form)form, bytes_in(&packed), no_limits, &out, NULL),
                0);
            ck_assert(weir_str_eq(weir_buf_str(&out), weir_buf_str(&plain)));
            weir_buf_clear(&out);
            ck_assert_int_eq(
                weir_inflate_all(WEIR_DEFLATE_AUTO, bytes_in(&packed), no_limits, &out, NULL), 0);
            ck_assert(weir_str_eq(weir_buf_str(&out), weir_buf_str(&plain)));
            weir_buf_fini(&plain);
            weir_buf_fini(&packed);
            weir_buf_fini(&out);
        }
    }
}
END_TEST

START_TEST(a_payload_may_come_byte_by_byte_and_the_stream_is_used_again)
{
    weir_buf plain = {0}, packed = {0}, out = {0};
    fill(&plain, 5000, 0);
    ck_assert_int_eq(weir_deflate_all(WEIR_DEFLATE_ZLIB, bytes_in(&plain), &packed, NULL), 0);
    weir_inflate *inflate = weir_inflate_new(WEIR_DEFLATE_AUTO);
    for (int round = 0; round < 3; round++) {
        weir_buf_clear(&out);
        for (size_t i = 0; i < packed.len; i++)
            ck_assert_int_eq(weir_inflate_feed(inflate, bytes(packed.ptr + i, 1), &out, NULL), 0);
        ck_assert_int_eq(weir_inflate_end(inflate, &out, NULL), 0);
        ck_assert(weir_str_eq(weir_buf_str(&out), weir_buf_str(&plain)));
    }
    weir_inflate_free(inflate);
    weir_buf_fini(&plain);
    weir_buf_fini(&packed);
    weir_buf_fini(&out);
}
END_TEST

START_TEST(length_limit_allows_n_and_refuses_one_more)
{
    weir_buf plain = {0}, packed = {0}, out = {0};
    fill(&plain, 50000, 0);
    ck_assert_int_eq(weir_deflate_all(WEIR_DEFLATE_GZIP, bytes_in(&plain), &packed, NULL), 0);
    weir_inflate_limits limits = {50000, 0};
    ck_assert_int_eq(weir_inflate_all(WEIR_DEFLATE_GZIP, bytes_in(&packed), limits, &out, NULL), 0);
    limits.max_len = 49999;
    weir_buf_clear(&out);
    weir_error error;
    ck_assert_int_eq(weir_inflate_all(WEIR_DEFLATE_GZIP, bytes_in(&packed), limits, &out, &error),
                     WEIR_ERR_LIMIT);
    ck_assert_uint_eq(out.len, 0);
    weir_buf_fini(&plain);
    weir_buf_fini(&packed);
    weir_buf_fini(&out);
}
END_TEST

START_TEST(ratio_limit_allows_n_and_refuses_one_more)
{
    weir_buf plain = {0}, packed = {0}, out = {0};
    fill(&plain, WEIR_INFLATE_SLACK + 30000, 0);
    weir_inflate_limits limits = {0, 10};
    ck_assert_int_eq(weir_deflate_all(WEIR_DEFLATE_RAW, bytes_in(&plain), &packed, NULL), 0);
    size_t allowed = 10 * packed.len + WEIR_INFLATE_SLACK;
    ck_assert_uint_gt(plain.len, allowed);
    weir_error error;
    ck_assert_int_eq(weir_inflate_all(WEIR_DEFLATE_RAW, bytes_in(&packed), limits, &out, &error),
                     WEIR_ERR_LIMIT);
    limits.max_ratio = (plain.len - WEIR_INFLATE_SLACK + packed.len - 1) / packed.len;
    ck_assert_int_eq(weir_inflate_all(WEIR_DEFLATE_RAW, bytes_in(&packed), limits, &out, NULL), 0);
    limits.max_ratio--;
    ck_assert_int_eq(weir_inflate_all(WEIR_DEFLATE_RAW, bytes_in(&packed), limits, &out, &error),
                     WEIR_ERR_LIMIT);
    weir_buf_fini(&plain);
    weir_buf_fini(&packed);
    weir_buf_fini(&out);
}
END_TEST

START_TEST(a_bomb_costs_no_more_than_its_limit)
{
    weir_buf plain = {0}, packed = {0}, out = {0};
    for (int i = 0; i < 20 * 1024 * 1024; i += 1024)
        weir_buf_put(&plain, (weir_str){(const char[1024]){0}, 1024});
    ck_assert_int_eq(weir_deflate_all(WEIR_DEFLATE_GZIP, bytes_in(&plain), &packed, NULL), 0);
    weir_inflate_limits limits = {64 * 1024 * 1024, 100};
    weir_error error;
    ck_assert_int_eq(weir_inflate_all(WEIR_DEFLATE_AUTO, bytes_in(&packed), limits, &out, &error),
                     WEIR_ERR_LIMIT);
    ck_assert_ptr_nonnull(strstr(error.text, "bomb"));
    ck_assert_uint_le(out.cap, 2 * (100 * packed.len + WEIR_INFLATE_SLACK + WEIR_INFLATE_CHUNK));
    weir_buf_fini(&plain);
    weir_buf_fini(&packed);
    weir_buf_fini(&out);
}
END_TEST

START_TEST(broken_payloads_are_decode_errors)
{
    weir_buf plain = {0}, packed = {0}, out = {0};
    fill(&plain, 2000, 1);
    weir_error error;
    for (int form = WEIR_DEFLATE_GZIP; form <= WEIR_DEFLATE_RAW; form++) {
        weir_buf_clear(&packed);
        ck_assert_int_eq(weir_deflate_all((weir_deflate_form)form, bytes_in(&plain), &packed, NULL),
                         0);
        for (size_t len = 0; len < packed.len; len += 1 + len / 8)
            ck_assert_int_eq(weir_inflate_all((weir_deflate_form)form, bytes(packed.ptr, len),
                                              no_limits, &out, &error),
                             WEIR_ERR_DECODE);
        weir_buf_puts(&packed, "junk");
        ck_assert_int_eq(
            weir_inflate_all((weir_deflate_form)form, bytes_in(&packed), no_limits, &out, &error),
            WEIR_ERR_DECODE);
    }
    ck_assert_int_eq(
        weir_inflate_all(WEIR_DEFLATE_AUTO, bytes("{\"a\":1}", 7), no_limits, &out, &error),
        WEIR_ERR_DECODE);
    ck_assert_uint_eq(out.len, 0);
    weir_buf_fini(&plain);
    weir_buf_fini(&packed);
    weir_buf_fini(&out);
}
END_TEST

START_TEST(gzip_members_follow_each_other_up_to_a_bound)
{
    weir_buf packed = {0}, out = {0};
    for (int i = 0; i < 65; i++)
        ck_assert_int_eq(weir_deflate_all(WEIR_DEFLATE_GZIP, bytes("ab", 2), &packed, NULL), 0);
    ck_assert_int_eq(weir_inflate_all(WEIR_DEFLATE_GZIP, bytes_in(&packed), no_limits, &out, NULL),
                     0);
    ck_assert_uint_eq(out.len, 130);
    weir_buf_clear(&out);
    ck_assert_int_eq(weir_deflate_all(WEIR_DEFLATE_GZIP, bytes("ab", 2), &packed, NULL), 0);
    weir_error error;
    ck_assert_int_eq(
        weir_inflate_all(WEIR_DEFLATE_GZIP, bytes_in(&packed), no_limits, &out, &error),
        WEIR_ERR_LIMIT);
    weir_buf_fini(&packed);
    weir_buf_fini(&out);
}
END_TEST

static void exchange(int bits, bool keeps_context, bool resets_peer)
{
    weir_deflate *deflate = weir_deflate_message_new(bits, keeps_context && !resets_peer);
    weir_inflate *inflate = weir_inflate_message_new(bits, keeps_context);
    weir_buf plain = {0}, packed = {0}, out = {0};
    for (size_t i = 0; i < 300; i++) {
        weir_buf_clear(&plain);
        weir_buf_clear(&packed);
        weir_buf_clear(&out);
        fill(&plain, i * i % 5003, i % 3 == 0);
        ck_assert_int_eq(weir_deflate_message(deflate, bytes_in(&plain), &packed, NULL), 0);
        ck_assert_uint_gt(packed.len, 0);
        size_t half = packed.len / (1 + i % 3);
        ck_assert_int_eq(weir_inflate_feed(inflate, bytes(packed.ptr, half), &out, NULL), 0);
        ck_assert_int_eq(
            weir_inflate_feed(inflate, bytes(packed.ptr + half, packed.len - half), &out, NULL), 0);
        weir_error error;
        ck_assert_msg(weir_inflate_end(inflate, &out, &error) == 0, "%zu %s", i, error.text);
        ck_assert(weir_str_eq(weir_buf_str(&out), weir_buf_str(&plain)));
    }
    weir_deflate_free(deflate);
    weir_inflate_free(inflate);
    weir_buf_fini(&plain);
    weir_buf_fini(&packed);
    weir_buf_fini(&out);
}

START_TEST(messages_round_trip_with_and_without_context)
{
    for (int bits = 9; bits <= 15; bits += 3) {
        exchange(bits, true, false);
        exchange(bits, false, false);
        exchange(bits, true, true);
    }
    ck_assert_ptr_null(weir_inflate_message_new(7, true));
    ck_assert_ptr_null(weir_inflate_message_new(16, true));
    ck_assert_ptr_null(weir_deflate_message_new(8, true));
    ck_assert_ptr_null(weir_deflate_message_new(16, true));
    weir_inflate *smallest = weir_inflate_message_new(8, true);
    ck_assert_ptr_nonnull(smallest);
    weir_inflate_free(smallest);
    weir_inflate_free(NULL);
    weir_deflate_free(NULL);
}
END_TEST

static void message_is(weir_inflate *inflate, const char *payload, size_t len, const char *expected)
{
    weir_buf out = {0};
    weir_error error = {0};
    weir_code code = weir_inflate_feed(inflate, bytes(payload, len), &out, &error);
    if (code == WEIR_OK)
        code = weir_inflate_end(inflate, &out, &error);
    ck_assert_msg(code == WEIR_OK, "%s", error.text);
    ck_assert_str_eq(weir_buf_cstr(&out), expected);
    weir_buf_fini(&out);
}

/* The examples of RFC 7692 section 7.2.3. */
START_TEST(the_examples_of_rfc_7692_inflate)
{
    weir_inflate *inflate = weir_inflate_message_new(15, true);
    message_is(inflate, "\xf2\x48\xcd\xc9\xc9\x07\x00", 7, "Hello");
    message_is(inflate, "\xf2\x00\x11\x00\x00", 5, "Hello");
    message_is(inflate, "\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", 11, "Hello");
    message_is(inflate, "\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 8, "Hello");
    message_is(inflate, "\xf2\x00\x11\x00\x00", 5, "Hello");
    message_is(inflate, "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", 13, "Hello");
    message_is(inflate, "\x00", 1, "");
    /* A final block without the 0x00 behind it, twice: tolerated, and the window lives on. */
    message_is(inflate, "\xf3\x48\xcd\xc9\xc9\x07\x00", 7, "Hello");
    message_is(inflate, "\xf2\x00\x11\x00\x00", 5, "Hello");
    weir_inflate_free(inflate);
}
END_TEST

START_TEST(a_dropped_window_cannot_be_referred_to)
{
    weir_inflate *inflate = weir_inflate_message_new(15, false);
    message_is(inflate, "\xf2\x48\xcd\xc9\xc9\x07\x00", 7, "Hello");
    weir_buf out = {0};
    weir_error error;
    ck_assert_int_eq(weir_inflate_feed(inflate, bytes("\xf2\x00\x11\x00\x00", 5), &out, &error),
                     WEIR_ERR_DECODE);
    weir_inflate_reset(inflate);
    weir_buf_clear(&out);
    message_is(inflate, "\xf2\x48\xcd\xc9\xc9\x07\x00", 7, "Hello");
    weir_buf_fini(&out);
    weir_inflate_free(inflate);
}
END_TEST

START_TEST(torn_and_wild_messages_are_errors_and_reset_heals)
{
    static const struct {
        const char *bytes;
        size_t len;
    } rows[] = {{"\xf2\x48\xcd", 3},    {"\xff\xff\xff", 3},         {"\x07", 1},
                {"\x00\x05", 2},        {"\x00\x05\x00\x00\x00", 5}, {"hello world", 11},
                {"\x05\xe0\x81\x08", 4}};
    weir_inflate *inflate = weir_inflate_message_new(15, true);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        weir_buf out = {0};
        weir_error error;
        weir_code code =
            weir_inflate_feed(inflate, bytes(rows[i].bytes, rows[i].len), &out, &error);
        if (code == WEIR_OK)
            code = weir_inflate_end(inflate, &out, &error);
        ck_assert_msg(code == WEIR_ERR_DECODE, "row %zu: %d", i, (int)code);
        weir_inflate_reset(inflate);
        message_is(inflate, "\xf2\x48\xcd\xc9\xc9\x07\x00", 7, "Hello");
        weir_buf_fini(&out);
    }
    weir_inflate_free(inflate);
}
END_TEST

START_TEST(a_message_of_endless_final_blocks_is_stopped)
{
    weir_inflate *inflate = weir_inflate_message_new(15, true);
    weir_buf out = {0};
    weir_error error;
    weir_code code = WEIR_OK;
    int blocks = 0;
    for (; code == WEIR_OK && blocks < 1000; blocks++)
        code = weir_inflate_feed(inflate, bytes("\x03\x00", 2), &out, &error);
    ck_assert_int_eq(code, WEIR_ERR_LIMIT);
    ck_assert_int_eq(blocks, 66);
    weir_buf_fini(&out);
    weir_inflate_free(inflate);
}
END_TEST

START_TEST(message_limits_count_from_message_to_message)
{
    weir_deflate *deflate = weir_deflate_message_new(15, true);
    weir_inflate *inflate = weir_inflate_message_new(15, true);
    weir_inflate_set_limits(inflate, (weir_inflate_limits){1000, 0});
    weir_buf plain = {0}, packed = {0}, out = {0};
    weir_error error;
    fill(&plain, 1000, 0);
    for (int i = 0; i < 5; i++) {
        weir_buf_clear(&packed);
        ck_assert_int_eq(weir_deflate_message(deflate, bytes_in(&plain), &packed, NULL), 0);
        ck_assert_int_eq(weir_inflate_feed(inflate, bytes_in(&packed), &out, NULL), 0);
        ck_assert_int_eq(weir_inflate_end(inflate, &out, NULL), 0);
    }
    ck_assert_uint_eq(out.len, 5000);
    weir_buf_putc(&plain, 'x');
    weir_buf_clear(&packed);
    ck_assert_int_eq(weir_deflate_message(deflate, bytes_in(&plain), &packed, NULL), 0);
    ck_assert_int_eq(weir_inflate_feed(inflate, bytes_in(&packed), &out, &error), WEIR_ERR_LIMIT);
    weir_deflate_free(deflate);
    weir_inflate_free(inflate);
    weir_buf_fini(&plain);
    weir_buf_fini(&packed);
    weir_buf_fini(&out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("inflate");
    weir_check_case(suite, "payloads", every_form_round_trips_and_auto_tells_them_apart,
                    a_payload_may_come_byte_by_byte_and_the_stream_is_used_again,
                    length_limit_allows_n_and_refuses_one_more,
                    ratio_limit_allows_n_and_refuses_one_more, a_bomb_costs_no_more_than_its_limit,
                    broken_payloads_are_decode_errors,
                    gzip_members_follow_each_other_up_to_a_bound);
    weir_check_case(suite, "messages", messages_round_trip_with_and_without_context,
                    the_examples_of_rfc_7692_inflate, a_dropped_window_cannot_be_referred_to,
                    torn_and_wild_messages_are_errors_and_reset_heals,
                    a_message_of_endless_final_blocks_is_stopped,
                    message_limits_count_from_message_to_message);
    return weir_check_run(suite);
}
