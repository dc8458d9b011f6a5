/* SPDX-License-Identifier: MIT */
/* Proxies: which one is taken for a target, who is exempt, and the words of CONNECT. */
#include "backends/wire/proxy.h"

#include "weir_check.h"

static weir_url url_of(const char *text)
{
    weir_url url;
    ck_assert(weir_url_parse(weir_str_of(text), &url, NULL) == WEIR_OK);
    return url;
}

static bool is_exempt(const char *no_proxy, const char *target)
{
    weir_url url = url_of(target);
    return weir_proxy_is_exempt(weir_str_of(no_proxy), &url);
}

static weir_code choose(const char *setting, weir_proxy *proxy, weir_error *error)
{
    weir_proxy_settings settings = {weir_str_of(setting), {NULL, 0}};
    weir_url url = url_of("wss://venue.example/");
    return weir_proxy_choose(&settings, &url, proxy, error);
}

START_TEST(names_exempt_themselves_and_what_is_below)
{
    ck_assert(is_exempt("example.com", "ws://example.com/"));
    ck_assert(is_exempt("example.com", "ws://a.b.example.com/"));
    ck_assert(is_exempt(".example.com", "ws://a.example.com/"));
    ck_assert(is_exempt(".example.com", "ws://example.com/"));
    ck_assert(is_exempt("EXAMPLE.com.", "ws://example.com/"));
    ck_assert(!is_exempt("example.com", "ws://badexample.com/"));
    ck_assert(!is_exempt("a.example.com", "ws://example.com/"));
    ck_assert(!is_exempt("", "ws://example.com/"));
    ck_assert(!is_exempt(",. ,", "ws://example.com/"));
}
END_TEST

START_TEST(a_list_is_split_at_commas_and_blanks)
{
    ck_assert(is_exempt("a.org,b.org", "ws://b.org/"));
    ck_assert(is_exempt("a.org, b.org", "ws://b.org/"));
    ck_assert(is_exempt("a.org b.org\tc.org", "ws://c.org/"));
    ck_assert(is_exempt("x,*", "ws://anything/"));
}
END_TEST

START_TEST(addresses_match_by_value_and_by_prefix)
{
    ck_assert(is_exempt("127.0.0.1", "ws://127.0.0.1/"));
    ck_assert(is_exempt("10.0.0.0/8", "ws://10.255.1.2/"));
    ck_assert(is_exempt("10.128.0.0/9", "ws://10.128.0.1/"));
    ck_assert(!is_exempt("10.128.0.0/9", "ws://10.127.0.1/"));
    ck_assert(is_exempt("0.0.0.0/0", "ws://8.8.8.8/"));
    ck_assert(is_exempt("8.8.8.8/32", "ws://8.8.8.8/"));
    ck_assert(!is_exempt("8.8.8.8/33", "ws://8.8.8.8/"));
    ck_assert(!is_exempt("8.8.8.8/x", "ws://8.8.8.8/"));
    ck_assert(is_exempt("::1", "ws://[0:0::1]/"));
    ck_assert(is_exempt("[::1]", "ws://[::1]/"));
    ck_assert(is_exempt("fd00::/8", "ws://[fd12::1]/"));
    ck_assert(!is_exempt("fd00::/8", "ws://[fe80::1]/"));
    ck_assert(!is_exempt("10.0.0.0/8", "ws://[::1]/"));
    ck_assert(!is_exempt("10.0.0.0/8", "ws://ten.example/"));
}
END_TEST

START_TEST(a_port_narrows_an_entry)
{
    ck_assert(is_exempt("example.com:8080", "ws://example.com:8080/"));
    ck_assert(!is_exempt("example.com:8081", "ws://example.com:8080/"));
    ck_assert(is_exempt("127.0.0.1:80", "ws://127.0.0.1/"));
    ck_assert(is_exempt("[::1]:80", "ws://[::1]/"));
    ck_assert(!is_exempt("[::1]:81", "ws://[::1]/"));
}
END_TEST

START_TEST(no_setting_means_no_proxy)
{
    weir_proxy proxy;
    ck_assert(choose("", &proxy, NULL) == WEIR_OK && !proxy.is_used);
    ck_assert(choose("none", &proxy, NULL) == WEIR_OK && !proxy.is_used);
}
END_TEST

START_TEST(a_setting_may_lack_its_scheme)
{
    weir_proxy proxy;
    ck_assert(choose("me:pw@proxy:3128", &proxy, NULL) == WEIR_OK && proxy.is_used);
    ck_assert_str_eq(proxy.url.host, "proxy");
    ck_assert_uint_eq(proxy.url.port, 3128);
    ck_assert(weir_str_is(proxy.url.user, "me") && weir_str_is(proxy.url.password, "pw"));
}
END_TEST

START_TEST(other_kinds_are_refused_and_never_passed_by)
{
    static const char *const settings[] = {"socks5://p:1080", "https://p", "ws://p",    "http://",
                                           "http://p:99999",  "p:x",       "http://a b"};
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        weir_proxy proxy;
        weir_error error = {0};
        ck_assert_msg(choose(settings[i], &proxy, &error) == WEIR_ERR_PROXY, "%s", settings[i]);
        ck_assert(!proxy.is_used);
    }
}
END_TEST

START_TEST(a_request_names_host_and_port_and_hides_nothing_else)
{
    weir_proxy proxy;
    weir_buf out = {0};
    ck_assert(choose("http://me:p%40w@proxy", &proxy, NULL) == WEIR_OK);
    weir_url target = url_of("wss://venue.example/secret?token=1");
    ck_assert(weir_proxy_write(&proxy, &target, &out, NULL) == WEIR_OK);
    const char *text = weir_buf_cstr(&out);
    ck_assert_ptr_eq(strstr(text, "CONNECT venue.example:443 HTTP/1.1\r\n"), text);
    ck_assert_ptr_nonnull(strstr(text, "\r\nHost: venue.example:443\r\n"));
    ck_assert_ptr_nonnull(strstr(text, "\r\nProxy-Authorization: Basic bWU6cEB3\r\n"));
    ck_assert_ptr_null(strstr(text, "token"));
    ck_assert_str_eq(text + out.len - 4, "\r\n\r\n");
    weir_buf_fini(&out);
}
END_TEST

START_TEST(credentials_that_do_not_decode_are_refused)
{
    weir_proxy proxy;
    weir_buf out = {0};
    weir_error error = {0};
    ck_assert(choose("http://me:100%@proxy", &proxy, NULL) == WEIR_OK);
    weir_url target = url_of("ws://h/");
    ck_assert(weir_proxy_write(&proxy, &target, &out, &error) == WEIR_ERR_PROXY);
    weir_buf_fini(&out);
}
END_TEST

static weir_http_step answer(const char *text, size_t *used, weir_error *error)
{
    *error = (weir_error){0};
    return weir_proxy_read(weir_str_of(text), used, error);
}

START_TEST(answers_are_read)
{
    size_t used = 0;
    weir_error error;
    ck_assert_int_eq(answer("HTTP/1.0 200 OK\r\n\r\nrest", &used, &error), WEIR_HTTP_DONE);
    ck_assert_uint_eq(used, 19);
    ck_assert_int_eq(answer("HTTP/1.1 100 C\r\n\r\nHTTP/1.1 204 N\r\nA: b\r\n\r\n", &used, &error),
                     WEIR_HTTP_DONE);
    ck_assert_int_eq(answer("HTTP/1.1 200 OK\r\n", &used, &error), WEIR_HTTP_MORE);
    ck_assert_int_eq(answer("HTTP/1.1 407 Who\r\n\r\n", &used, &error), WEIR_HTTP_BAD);
    ck_assert(error.code == WEIR_ERR_PROXY && strstr(error.text, "407 Who"));
    ck_assert_int_eq(answer("SSH-2.0-x\r\n", &used, &error), WEIR_HTTP_BAD);
    ck_assert_int_eq(error.code, WEIR_ERR_PROXY);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("proxy");
    weir_check_case(suite, "exempt", names_exempt_themselves_and_what_is_below,
                    a_list_is_split_at_commas_and_blanks, addresses_match_by_value_and_by_prefix,
                    a_port_narrows_an_entry);
    weir_check_case(suite, "choose", no_setting_means_no_proxy, a_setting_may_lack_its_scheme,
                    other_kinds_are_refused_and_never_passed_by);
    weir_check_case(suite, "connect", a_request_names_host_and_port_and_hides_nothing_else,
                    credentials_that_do_not_decode_are_refused, answers_are_read);
    return weir_check_run(suite);
}
