/* SPDX-License-Identifier: MIT */
/* The opening handshake: the request's text, and every rule that a reply may break. */
#include "backends/wire/upgrade.h"

#include "util/time.h"
#include "weir_check.h"

/* The key and the answer of RFC 6455 1.3. */
static const uint8_t key[WEIR_UPGRADE_KEY_LEN] = "the sample nonce";
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
#define GOOD                                                                                       \
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"            \
    "Sec-WebSocket-Accept: " ACCEPT "\r\n"

static weir_str offered[] = {{"p1", 2}, {"p2", 2}};

static weir_upgrade_expect expectation(void)
{
    weir_upgrade_expect expect = {
        .subprotocols = offered, .subprotocol_count = 2, .offers_deflate = true};
    ck_assert(weir_upgrade_accept(key, expect.accept, NULL) == WEIR_OK);
    return expect;
}

static weir_http_step read_reply(const char *text, weir_upgrade_reply *reply, weir_error *error)
{
    weir_upgrade_expect expect = expectation();
    *error = (weir_error){0};
    return weir_upgrade_read(weir_str_of(text), &expect, 0, reply, error);
}

static void accept_reply(const char *text, weir_upgrade_reply *reply)
{
    weir_error error;
    ck_assert_msg(read_reply(text, reply, &error) == WEIR_HTTP_DONE, "%s: %s", text, error.text);
    ck_assert_uint_eq(reply->len, strlen(text));
}

static void refuse_reply(const char *text, int status, const char *word)
{
    weir_upgrade_reply reply;
    weir_error error;
    ck_assert_msg(read_reply(text, &reply, &error) == WEIR_HTTP_BAD, "%s", text);
    ck_assert_int_eq(error.code, WEIR_ERR_HANDSHAKE);
    ck_assert_int_eq(reply.http_status, status);
    ck_assert_msg(strstr(error.text, word) != NULL, "%s: %s", text, error.text);
}

static char *request_text(const weir_upgrade_request *request, weir_buf *out)
{
    weir_error error = {0};
    ck_assert_msg(weir_upgrade_write(request, out, &error) == WEIR_OK, "%s", error.text);
    weir_buf_cstr(out);
    return out->ptr;
}

START_TEST(the_sample_of_the_rfc_is_answered)
{
    char accept[WEIR_UPGRADE_ACCEPT_TEXT + 1] = "";
    ck_assert(weir_upgrade_accept(key, accept, NULL) == WEIR_OK);
    ck_assert_str_eq(accept, ACCEPT);
}
END_TEST

START_TEST(a_request_has_all_parts)
{
    weir_url url;
    weir_buf out = {0};
    ck_assert(weir_url_parse_ws(WEIR_STR("wss://H.example:444/p q?a=1"), &url, NULL) == WEIR_OK);
    weir_upgrade_pair query[] = {{WEIR_STR("t k"), WEIR_STR("v&w")}};
    weir_upgrade_pair headers[] = {{WEIR_STR("X-Key"), WEIR_STR("k")}};
    weir_upgrade_request request = {.url = &url,
                                    .query = query,
                                    .query_count = 1,
                                    .headers = headers,
                                    .header_count = 1,
                                    .subprotocols = offered,
                                    .subprotocol_count = 2,
                                    .origin = WEIR_STR("https://o"),
                                    .offers_deflate = true};
    memcpy(request.key, key, sizeof key);
    const char *text = request_text(&request, &out);
    static const char *const parts[] = {"GET /p%20q?a=1&t%20k=v%26w HTTP/1.1\r\n",
                                        "\r\nHost: h.example:444\r\n",
                                        "\r\nUpgrade: websocket\r\n",
                                        "\r\nConnection: Upgrade\r\n",
                                        "\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
                                        "\r\nSec-WebSocket-Version: 13\r\n",
                                        "\r\nSec-WebSocket-Protocol: p1, p2\r\n",
                                        "permessage-deflate",
                                        "\r\nOrigin: https://o\r\n",
                                        "\r\nX-Key: k\r\n",
                                        "\r\nUser-Agent: weir/"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        ck_assert_msg(strstr(text, parts[i]) != NULL, "%s lacks %s", text, parts[i]);
    ck_assert_str_eq(text + out.len - 4, "\r\n\r\n");
    weir_buf_fini(&out);
}
END_TEST

START_TEST(host_origin_and_user_agent_may_be_replaced)
{
    weir_url url;
    weir_buf out = {0};
    ck_assert(weir_url_parse_ws(WEIR_STR("ws://h"), &url, NULL) == WEIR_OK);
    weir_upgrade_pair headers[] = {{WEIR_STR("HOST"), WEIR_STR("other")},
                                   {WEIR_STR("origin"), WEIR_STR("x")},
                                   {WEIR_STR("User-agent"), WEIR_STR("me")}};
    weir_upgrade_request request = {
        .url = &url, .headers = headers, .header_count = 3, .origin = WEIR_STR("y")};
    const char *text = request_text(&request, &out);
    ck_assert_ptr_null(strstr(text, "Host: h"));
    ck_assert_ptr_null(strstr(text, "Origin: y"));
    ck_assert_ptr_null(strstr(text, "User-Agent: weir"));
    ck_assert_ptr_nonnull(strstr(text, "HOST: other\r\n"));
    ck_assert_ptr_null(strstr(text, "Sec-WebSocket-Extensions"));
    weir_buf_fini(&out);
}
END_TEST

START_TEST(headers_of_the_handshake_and_bad_ones_are_refused)
{
    static const weir_upgrade_pair bad[] = {{WEIR_STR("connection"), WEIR_STR("x")},
                                            {WEIR_STR("UPGRADE"), WEIR_STR("x")},
                                            {WEIR_STR("Sec-WebSocket-Key"), WEIR_STR("x")},
                                            {WEIR_STR("sec-websocket-anything"), WEIR_STR("x")},
                                            {WEIR_STR("Content-Length"), WEIR_STR("0")},
                                            {WEIR_STR("Transfer-Encoding"), WEIR_STR("chunked")},
                                            {WEIR_STR(""), WEIR_STR("x")},
                                            {WEIR_STR("a b"), WEIR_STR("x")},
                                            {WEIR_STR("a:"), WEIR_STR("x")},
                                            {WEIR_STR("a\r\nb"), WEIR_STR("x")},
                                            {WEIR_STR("\xc3\xa9"), WEIR_STR("x")},
                                            {WEIR_STR("x"), WEIR_STR("a\r\nb: c")},
                                            {WEIR_STR("x"), WEIR_STR("a\n")},
                                            {WEIR_STR("x"), WEIR_STR("a\rb")},
                                            {WEIR_STR("x"), WEIR_STR("a\0b")}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(weir_upgrade_check_header(bad[i].name, bad[i].value, NULL) ==
                          WEIR_ERR_ARGUMENT,
                      "%zu", i);
    ck_assert(weir_upgrade_check_header(WEIR_STR("x-y"), WEIR_STR("a\tb \xc3\xa9"), NULL) ==
              WEIR_OK);
}
END_TEST

START_TEST(a_request_has_a_limit)
{
    weir_url url;
    weir_buf out = {0};
    static char huge[WEIR_UPGRADE_REQUEST_MAX];
    memset(huge, 'x', sizeof huge);
    ck_assert(weir_url_parse_ws(WEIR_STR("ws://h"), &url, NULL) == WEIR_OK);
    weir_upgrade_pair header = {WEIR_STR("x"), {huge, sizeof huge}};
    weir_upgrade_request request = {.url = &url, .headers = &header, .header_count = 1};
    ck_assert(weir_upgrade_write(&request, &out, NULL) == WEIR_ERR_LIMIT);
    weir_buf_fini(&out);
}
END_TEST

START_TEST(a_good_reply_is_accepted)
{
    weir_upgrade_reply reply;
    accept_reply(GOOD "\r\n", &reply);
    ck_assert(!reply.has_deflate && reply.subprotocol.len == 0);
    accept_reply("HTTP/1.1 101\r\nUPGRADE: WebSocket\r\nconnection: keep-alive, UPGRADE\r\n"
                 "sec-websocket-accept:" ACCEPT "\r\nContent-Length: 0\r\nX: \r\n\r\n",
                 &reply);
    accept_reply("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n" GOOD "\r\n",
                 &reply);
}
END_TEST

START_TEST(bytes_behind_a_reply_are_frames)
{
    weir_upgrade_reply reply;
    weir_error error;
    ck_assert(read_reply(GOOD "\r\n\x81\x01x", &reply, &error) == WEIR_HTTP_DONE);
    ck_assert_uint_eq(reply.len, strlen(GOOD "\r\n"));
}
END_TEST

START_TEST(an_incomplete_reply_waits_for_more)
{
    static const char text[] = GOOD "\r\n";
    weir_upgrade_expect expect = expectation();
    for (size_t len = 0; len < sizeof text - 1; len++) {
        weir_upgrade_reply reply;
        ck_assert(weir_upgrade_read((weir_str){text, len}, &expect, 0, &reply, NULL) ==
                  WEIR_HTTP_MORE);
    }
}
END_TEST

START_TEST(a_broken_switch_is_refused)
{
#define HEAD       "HTTP/1.1 101 S\r\n"
#define UPGRADE    "Upgrade: websocket\r\n"
#define CONNECTION "Connection: Upgrade\r\n"
#define ANSWER     "Sec-WebSocket-Accept: " ACCEPT "\r\n"
    refuse_reply(HEAD CONNECTION ANSWER "\r\n", 0, "Upgrade");
    refuse_reply(HEAD "Upgrade: websockets\r\n" CONNECTION ANSWER "\r\n", 0, "Upgrade");
    refuse_reply(HEAD UPGRADE UPGRADE CONNECTION ANSWER "\r\n", 0, "twice");
    refuse_reply(HEAD UPGRADE ANSWER "\r\n", 0, "Connection");
    refuse_reply(HEAD UPGRADE "Connection: close\r\n" ANSWER "\r\n", 0, "Connection");
    refuse_reply(HEAD UPGRADE CONNECTION "\r\n", 0, "lacks Sec-WebSocket-Accept");
    refuse_reply(HEAD UPGRADE CONNECTION ANSWER ANSWER "\r\n", 0, "twice");
    refuse_reply(HEAD UPGRADE CONNECTION "Sec-WebSocket-Accept: x\r\n\r\n", 0, "answer our key");
    refuse_reply("HTTP/1.0 101 S\r\n" UPGRADE CONNECTION ANSWER "\r\n", 0, "HTTP/1.1");
    refuse_reply(GOOD "Content-Length: 5\r\n\r\n", 0, "body");
    refuse_reply(GOOD "Transfer-Encoding: chunked\r\n\r\n", 0, "body");
}
END_TEST

START_TEST(a_head_that_is_not_http_is_refused)
{
    refuse_reply("SSH-2.0-OpenSSH\r\n", 0, "HTTP");
    refuse_reply("HTTP/2 101 S\r\n\r\n", 0, "HTTP");
    refuse_reply("HTTP/1.2 101 S\r\n\r\n", 0, "status line");
    refuse_reply("HTTP/1.1 1x1 S\r\n\r\n", 0, "status line");
    refuse_reply("HTTP/1.1 1010 S\r\n\r\n", 0, "status line");
    refuse_reply("HTTP/1.1  101 S\r\n\r\n", 0, "status line");
    refuse_reply("HTTP/1.1 101 S\n\r\n", 0, "CR LF");
    refuse_reply(GOOD "X: a\n\r\n", 0, "CR LF");
    refuse_reply(GOOD "X: a\r\n folded\r\n\r\n", 0, "folded");
    refuse_reply(GOOD "X : a\r\n\r\n", 0, "name");
    refuse_reply(GOOD ": a\r\n\r\n", 0, "name");
    refuse_reply(GOOD "no colon\r\n\r\n", 0, "name");
    refuse_reply(GOOD "X: a\rb\r\n\r\n", 0, "control");
    refuse_reply(GOOD "X: \x01\r\n\r\n", 0, "control");
}
END_TEST

START_TEST(a_head_is_bounded)
{
    static char text[WEIR_HTTP_HEAD_MAX + 64];
    static const char close[] = "\r\n\r\n";
    size_t good = strlen(GOOD "X: ");
    memcpy(text, GOOD "X: ", good);
    memset(text + good, 'x', sizeof text - good);
    size_t at = WEIR_HTTP_HEAD_MAX - 4;
    memcpy(text + at, close, 4);
    weir_upgrade_reply reply;
    weir_error error;
    weir_upgrade_expect expect = expectation();
    ck_assert(weir_upgrade_read((weir_str){text, at + 4}, &expect, 0, &reply, &error) ==
              WEIR_HTTP_DONE);
    memset(text + at, 'x', 4);
    memcpy(text + at + 1, close, 4);
    ck_assert(weir_upgrade_read((weir_str){text, at + 5}, &expect, 0, &reply, &error) ==
              WEIR_HTTP_BAD);
}
END_TEST

START_TEST(headers_are_counted)
{
    weir_buf text = {0};
    weir_buf_puts(&text, GOOD);
    for (int i = 3; i < WEIR_HTTP_HEADERS_MAX; i++)
        weir_buf_puts(&text, "X: y\r\n");
    size_t enough = text.len;
    weir_buf_puts(&text, "\r\n");
    weir_upgrade_reply reply;
    accept_reply(weir_buf_cstr(&text), &reply);
    text.len = enough;
    weir_buf_puts(&text, "X: y\r\n\r\n");
    refuse_reply(weir_buf_cstr(&text), 0, "headers");
    weir_buf_fini(&text);
}
END_TEST

#define DEFLATE GOOD "Sec-WebSocket-Extensions: "

START_TEST(permessage_deflate_is_agreed_on)
{
    weir_upgrade_reply reply;
    accept_reply(DEFLATE "permessage-deflate\r\n\r\n", &reply);
    ck_assert(reply.has_deflate && reply.server_keeps_context && reply.server_window_bits == 15);
    accept_reply(DEFLATE "Permessage-Deflate ; server_no_context_takeover;"
                         "client_no_context_takeover; server_max_window_bits=\"9\" ; "
                         "client_max_window_bits = 15\r\n\r\n",
                 &reply);
    ck_assert(reply.has_deflate && !reply.server_keeps_context && reply.server_window_bits == 9);
    accept_reply(DEFLATE ", permessage-deflate;server_max_window_bits=8,\r\n\r\n", &reply);
    ck_assert_int_eq(reply.server_window_bits, 8);
}
END_TEST

START_TEST(extensions_that_were_not_agreed_on_are_refused)
{
    static const char *const bad[] = {
        "x-webkit-deflate-frame",
        "permessage-deflate, permessage-deflate",
        "permessage-bzip2",
        "permessage-deflate\r\nSec-WebSocket-Extensions: permessage-deflate",
        "permessage-deflate; mystery",
        "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_max_window_bits=7",
        "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; server_max_window_bits=08",
        "permessage-deflate; client_max_window_bits",
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; ; server_no_context_takeover",
        "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
        "permessage-deflate; server_max_window_bits=\"9",
        "permessage-deflate; =9"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[512];
        snprintf(text, sizeof text, DEFLATE "%s\r\n\r\n", bad[i]);
        refuse_reply(text, 0, i < 4 ? "" : "permessage-deflate");
    }
    weir_upgrade_expect expect = expectation();
    expect.offers_deflate = false;
    weir_upgrade_reply reply;
    ck_assert(weir_upgrade_read(WEIR_STR(DEFLATE "permessage-deflate\r\n\r\n"), &expect, 0, &reply,
                                NULL) == WEIR_HTTP_BAD);
}
END_TEST

START_TEST(subprotocols_must_be_ours)
{
    weir_upgrade_reply reply;
    accept_reply(GOOD "Sec-WebSocket-Protocol: p2\r\n\r\n", &reply);
    ck_assert(weir_str_is(reply.subprotocol, "p2"));
    refuse_reply(GOOD "Sec-WebSocket-Protocol: p3\r\n\r\n", 0, "subprotocol");
    refuse_reply(GOOD "Sec-WebSocket-Protocol: P2\r\n\r\n", 0, "subprotocol");
    refuse_reply(GOOD "Sec-WebSocket-Protocol: p1, p2\r\n\r\n", 0, "subprotocol");
    refuse_reply(GOOD "Sec-WebSocket-Protocol: p1\r\nSec-WebSocket-Protocol: p1\r\n\r\n", 0,
                 "twice");
}
END_TEST

START_TEST(a_refusal_tells_status_body_and_wait)
{
    weir_upgrade_reply reply;
    weir_error error;
    refuse_reply("HTTP/1.1 401 Unauthorized\r\n\r\n{\"error\":\n\"bad key\"}", 401,
                 "401 Unauthorized: {\"error\": \"bad key\"}");
    refuse_reply("HTTP/1.0 200 OK\r\n\r\n", 200, "200 OK");
    refuse_reply("HTTP/1.1 302 Found\r\nLocation: https://x/y\r\n\r\n", 302, "to https://x/y");
    read_reply("HTTP/1.1 503 Busy\r\nRetry-After: 120\r\n\r\n", &reply, &error);
    ck_assert_int_eq(reply.retry_after_ns, 120 * WEIR_NS_PER_S);
    read_reply("HTTP/1.1 503 B\r\nRetry-After: Thu, 01 Jan 1970 00:01:30 GMT\r\n\r\n", &reply,
               &error);
    ck_assert_int_eq(reply.retry_after_ns, 90 * WEIR_NS_PER_S);
    static const char *const odd[] = {"-1", "soon", "1.5", "", "99999999999999999999x"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        char text[128];
        snprintf(text, sizeof text, "HTTP/1.1 429 T\r\nRetry-After: %s\r\n\r\n", odd[i]);
        read_reply(text, &reply, &error);
        ck_assert_int_eq(reply.retry_after_ns, 0);
    }
    read_reply("HTTP/1.1 429 T\r\nRetry-After: 99999999999999999999\r\n\r\n", &reply, &error);
    ck_assert_int_eq(reply.retry_after_ns, 3 * 24 * 3600 * WEIR_NS_PER_S);
    /* a date is seen from the server's own clock, whatever ours says */
    read_reply("HTTP/1.1 503 B\r\nRetry-After: Wed, 21 Oct 2015 07:28:30 GMT\r\n"
               "Date: Wed, 21 Oct 2015 07:28:00 GMT\r\n\r\n",
               &reply, &error);
    ck_assert_int_eq(reply.retry_after_ns, 30 * WEIR_NS_PER_S);
    read_reply("HTTP/1.1 503 B\r\nDate: nonsense\r\n"
               "Retry-After: Thu, 01 Jan 1970 00:01:30 GMT\r\n\r\n",
               &reply, &error);
    ck_assert_int_eq(reply.retry_after_ns, 90 * WEIR_NS_PER_S);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("upgrade");
    weir_check_case(suite, "request", the_sample_of_the_rfc_is_answered, a_request_has_all_parts,
                    host_origin_and_user_agent_may_be_replaced,
                    headers_of_the_handshake_and_bad_ones_are_refused, a_request_has_a_limit);
    weir_check_case(suite, "reply", a_good_reply_is_accepted, bytes_behind_a_reply_are_frames,
                    an_incomplete_reply_waits_for_more, a_broken_switch_is_refused,
                    a_head_that_is_not_http_is_refused, a_head_is_bounded, headers_are_counted,
                    a_refusal_tells_status_body_and_wait);
    weir_check_case(suite, "agreement", permessage_deflate_is_agreed_on,
                    extensions_that_were_not_agreed_on_are_refused, subprotocols_must_be_ours);
    return weir_check_run(suite);
}
