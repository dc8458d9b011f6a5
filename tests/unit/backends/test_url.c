/* SPDX-License-Identifier: MIT */
/* URLs: what is read out of them, and which ones are refused. */
#include "backends/wire/url.h"
#include "util/encode.h"

#include "weir_check.h"

static weir_url parsed(const char *text)
{
    weir_url url;
    weir_error error = {0};
    ck_assert_msg(weir_url_parse(weir_str_of(text), &url, &error) == WEIR_OK, "%s: %s", text,
                  error.text);
    return url;
}

static void refuse(const char *text)
{
    weir_url url;
    weir_error error = {0};
    ck_assert_msg(weir_url_parse(weir_str_of(text), &url, &error) == WEIR_ERR_ARGUMENT, "%s", text);
    ck_assert_msg(strlen(error.text) > 10, "%s: no sentence", text);
}

static void expect_str(weir_str got, const char *wanted)
{
    ck_assert_msg(weir_str_is(got, wanted), "%.*s, wanted %s", WEIR_FMT(got), wanted);
}

START_TEST(every_part_is_found)
{
    weir_url url = parsed("WSS://Stream.Example.COM:9443/a/b?x=1&y=%20");
    expect_str(url.scheme, "wss");
    ck_assert(url.is_secure);
    ck_assert_str_eq(url.host, "stream.example.com");
    ck_assert_int_eq(url.host_kind, WEIR_HOST_NAME);
    ck_assert_uint_eq(url.port, 9443);
    expect_str(url.path, "/a/b");
    expect_str(url.query, "x=1&y=%20");
}
END_TEST

START_TEST(schemes_bring_their_ports)
{
    ck_assert_uint_eq(parsed("ws://h").port, 80);
    ck_assert_uint_eq(parsed("wss://h").port, 443);
    ck_assert_uint_eq(parsed("http://h").port, 80);
    ck_assert_uint_eq(parsed("https://h/").port, 443);
}
END_TEST

START_TEST(a_query_needs_no_path)
{
    weir_url url = parsed("ws://h?x=/y");
    expect_str(url.path, "");
    expect_str(url.query, "x=/y");
    ck_assert_str_eq(url.host, "h");
}
END_TEST

START_TEST(addresses_are_known_as_such)
{
    ck_assert_int_eq(parsed("ws://127.0.0.1:1").host_kind, WEIR_HOST_IPV4);
    weir_url url = parsed("ws://[FE80::1]:65535/");
    ck_assert_int_eq(url.host_kind, WEIR_HOST_IPV6);
    ck_assert_str_eq(url.host, "fe80::1");
    ck_assert_uint_eq(url.port, 65535);
    ck_assert_int_eq(parsed("ws://1.2.3.4.example").host_kind, WEIR_HOST_NAME);
}
END_TEST

START_TEST(the_dot_of_the_root_is_dropped)
{
    ck_assert_str_eq(parsed("ws://example.com.:80/").host, "example.com");
}
END_TEST

START_TEST(user_info_ends_at_the_last_at)
{
    weir_url url = parsed("http://me:p@ss:w@proxy:3128");
    ck_assert(url.has_userinfo);
    expect_str(url.user, "me");
    expect_str(url.password, "p@ss:w");
    ck_assert_str_eq(url.host, "proxy");
    ck_assert_uint_eq(url.port, 3128);
}
END_TEST

START_TEST(nonsense_is_refused)
{
    static const char *const texts[] = {
        "",
        "host",
        "ws:host",
        "ws:/host",
        "://host",
        "ftp://host",
        "ws://",
        "ws://:80",
        "ws://h:",
        "ws://h:0",
        "ws://h:65536",
        "ws://h:8x",
        "ws://h:-1",
        "ws://h:080808",
        "ws://h#frag",
        "ws://[::1",
        "ws://[::1]80",
        "ws://[1.2.3.4]",
        "ws://[::g]",
        "ws://::1",
        "ws://a b",
        "ws://a..b",
        "ws://a-..",
        "ws://a/\r\n",
        "ws://h\x7f",
        "ws://h\xc3\xa9",
        "ws://1.2.3",
        "ws://1.2.3.256",
        "ws://0x7f.1",
        "ws://a..b",
        "ws://a-..",
        "ws://.a",
        "ws://a%41",
        "ws://.",
        "ws://1234567",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        refuse(texts[i]);
}
END_TEST

START_TEST(a_zero_byte_is_refused)
{
    weir_url url;
    ck_assert(weir_url_parse(WEIR_STR("ws://a\0b/"), &url, NULL) == WEIR_ERR_ARGUMENT);
}
END_TEST

START_TEST(a_host_is_253_bytes_at_most)
{
    char text[400] = "ws://";
    for (int i = 0; i < 4; i++)
        memset(text + 5 + (size_t)64 * i, 'a', 63), text[5 + 64 * i + 63] = '.';
    text[5 + 253] = '\0';
    ck_assert_uint_eq(strlen(parsed(text).host), 253);
    strcpy(text + 5 + 253, "a");
    refuse(text);
    memset(text + 5, 'a', 64);
    strcpy(text + 5 + 64, ".com");
    refuse(text);
}
END_TEST

START_TEST(a_websocket_url_has_ws_or_wss_and_no_user)
{
    weir_url url;
    weir_error error;
    ck_assert(weir_url_parse_ws(WEIR_STR("ws://h/"), &url, &error) == WEIR_OK);
    ck_assert(weir_url_parse_ws(WEIR_STR("https://h/"), &url, &error) == WEIR_ERR_ARGUMENT);
    ck_assert(weir_url_parse_ws(WEIR_STR("ws://me:secret@h/"), &url, &error) == WEIR_ERR_ARGUMENT);
    ck_assert_ptr_null(strstr(error.text, "secret"));
}
END_TEST

START_TEST(an_authority_shows_only_an_unusual_port)
{
    weir_buf out = {0};
    weir_url url = parsed("ws://[::1]:80");
    weir_url_put_authority(&url, false, &out);
    ck_assert_str_eq(weir_buf_cstr(&out), "[::1]");
    weir_buf_clear(&out);
    weir_url_put_authority(&url, true, &out);
    ck_assert_str_eq(weir_buf_cstr(&out), "[::1]:80");
    weir_buf_clear(&out);
    url = parsed("wss://h:80");
    weir_url_put_authority(&url, false, &out);
    ck_assert_str_eq(weir_buf_cstr(&out), "h:80");
    weir_buf_fini(&out);
}
END_TEST

START_TEST(encoding_and_decoding)
{
    weir_buf out = {0};
    weir_percent_encode(WEIR_STR("a-b_c.d~e f&g=h/\xc3\xa9%"), WEIR_STR(""), &out);
    ck_assert_str_eq(weir_buf_cstr(&out), "a-b_c.d~e%20f%26g%3Dh%2F%C3%A9%25");
    weir_buf_clear(&out);
    weir_url_put_verbatim(WEIR_STR("/a b?x=%41&y=\"\xc3\xa9\""), &out);
    ck_assert_str_eq(weir_buf_cstr(&out), "/a%20b?x=%41&y=%22%C3%A9%22");
    weir_buf_clear(&out);
    ck_assert(weir_percent_decode(WEIR_STR("p%40ss%3aword"), &out));
    ck_assert_str_eq(weir_buf_cstr(&out), "p@ss:word");
    ck_assert(!weir_percent_decode(WEIR_STR("100%"), &out));
    ck_assert(!weir_percent_decode(WEIR_STR("%4"), &out));
    ck_assert(!weir_percent_decode(WEIR_STR("%zz"), &out));
    weir_buf_fini(&out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("url");
    weir_check_case(suite, "parse", every_part_is_found, schemes_bring_their_ports,
                    a_query_needs_no_path, addresses_are_known_as_such,
                    the_dot_of_the_root_is_dropped, user_info_ends_at_the_last_at);
    weir_check_case(suite, "refuse", nonsense_is_refused, a_zero_byte_is_refused,
                    a_host_is_253_bytes_at_most, a_websocket_url_has_ws_or_wss_and_no_user);
    weir_check_case(suite, "write", an_authority_shows_only_an_unusual_port, encoding_and_decoding);
    return weir_check_run(suite);
}
