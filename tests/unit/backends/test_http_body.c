/* SPDX-License-Identifier: MIT */
/* Bodies of HTTP replies: lengths, chunks, ends, and what contradicts itself. */
#include "backends/wire/http_body.h"

#include "weir_check.h"

static weir_error error;

/* Feeds `bytes` in pieces of `step` behind a head of such lines. The outcome; *rest what was left
 * over. */
static weir_http_step read_all(const char *lines, const char *bytes, size_t step,
                               weir_http_body *body, weir_str *rest)
{
    char head_text[512];
    weir_http_head head;
    error = (weir_error){0};
    snprintf(head_text, sizeof head_text, "HTTP/1.1 200 OK\r\n%s\r\n", lines);
    ck_assert(weir_http_head_read(weir_str_of(head_text), &head, &error) == WEIR_HTTP_DONE);
    weir_http_step outcome = weir_http_body_begin(body, &head, 100, &error);
    *rest = weir_str_of(bytes);
    while (outcome == WEIR_HTTP_MORE && rest->len > 0) {
        weir_str piece = {rest->ptr, rest->len < step ? rest->len : step};
        const size_t had = piece.len;
        outcome = weir_http_body_feed(body, &piece, &error);
        rest->ptr += had - piece.len;
        rest->len -= had - piece.len;
    }
    return outcome;
}

static void expect(const char *lines, const char *bytes, weir_http_step outcome,
                   const char *body_text, size_t left)
{
    for (size_t step = 1; step < 40; step += 7) {
        weir_http_body body = {0};
        weir_str rest;
        ck_assert_msg(read_all(lines, bytes, step, &body, &rest) == outcome, "%s%s: %s", lines,
                      bytes, error.text);
        if (body_text)
            ck_assert_msg(weir_str_is(weir_buf_str(&body.bytes), body_text), "%.*s",
                          (int)body.bytes.len, body.bytes.ptr);
        if (outcome == WEIR_HTTP_DONE)
            ck_assert_uint_eq(rest.len, left);
        if (outcome == WEIR_HTTP_BAD)
            ck_assert(error.code == WEIR_ERR_PROTOCOL || error.code == WEIR_ERR_LIMIT);
        weir_buf_fini(&body.bytes);
    }
}

START_TEST(a_length_is_kept)
{
    expect("Content-Length: 5\r\n", "helloHTTP", WEIR_HTTP_DONE, "hello", 4);
    expect("Content-Length: 0\r\n", "more", WEIR_HTTP_DONE, "", 4);
    expect("Content-Length: 5\r\n", "hell", WEIR_HTTP_MORE, "hell", 0);
    expect("", "all of it", WEIR_HTTP_MORE, "all of it", 0);
}
END_TEST

START_TEST(chunks_are_put_together)
{
    expect("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\nA;x=1\r\n0123456789\r\n0\r\n\r\nX",
           WEIR_HTTP_DONE, "abc0123456789", 1);
    expect("Transfer-Encoding: Chunked\r\n", "0\r\nTrailer: 1\r\n\r\n", WEIR_HTTP_DONE, "", 0);
    expect("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n", WEIR_HTTP_MORE, "abc", 0);
}
END_TEST

START_TEST(what_contradicts_itself_is_refused)
{
    expect("Content-Length: 5\r\nContent-Length: 6\r\n", "", WEIR_HTTP_BAD, NULL, 0);
    expect("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "", WEIR_HTTP_BAD, NULL, 0);
    expect("Content-Length: five\r\n", "", WEIR_HTTP_BAD, NULL, 0);
    expect("Content-Length: -5\r\n", "", WEIR_HTTP_BAD, NULL, 0);
    expect("Content-Length: 99999999999999999999\r\n", "", WEIR_HTTP_BAD, NULL, 0);
    expect("Transfer-Encoding: gzip, chunked\r\n", "", WEIR_HTTP_BAD, NULL, 0);
    expect("Transfer-Encoding: chunked\r\n", "x\r\n", WEIR_HTTP_BAD, NULL, 0);
    expect("Transfer-Encoding: chunked\r\n", "\r\n", WEIR_HTTP_BAD, NULL, 0);
    expect("Transfer-Encoding: chunked\r\n", "2\r\nabc\r\n", WEIR_HTTP_BAD, NULL, 0);
    expect("Transfer-Encoding: chunked\r\n", "ffffffffffffffff\r\n", WEIR_HTTP_BAD, NULL, 0);
}
END_TEST

START_TEST(what_is_too_large_is_refused)
{
    char many[160];
    memset(many, 'x', sizeof many - 1);
    many[sizeof many - 1] = '\0';
    expect("Content-Length: 101\r\n", "", WEIR_HTTP_BAD, NULL, 0);
    expect("Transfer-Encoding: chunked\r\n", "65\r\n", WEIR_HTTP_BAD, NULL, 0);
    expect("", many, WEIR_HTTP_BAD, NULL, 0);
}
END_TEST

START_TEST(an_end_is_good_only_where_nothing_is_missing)
{
    weir_http_body body = {0};
    weir_str rest;
    ck_assert(read_all("", "abc", 1, &body, &rest) == WEIR_HTTP_MORE);
    ck_assert(weir_http_body_end(&body, &error) == WEIR_HTTP_DONE);
    ck_assert(read_all("Content-Length: 5\r\n", "abc", 1, &body, &rest) == WEIR_HTTP_MORE);
    ck_assert(weir_http_body_end(&body, &error) == WEIR_HTTP_BAD && error.code == WEIR_ERR_CLOSED);
    weir_buf_fini(&body.bytes);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http_body");
    weir_check_case(suite, "bodies", a_length_is_kept, chunks_are_put_together,
                    what_contradicts_itself_is_refused, what_is_too_large_is_refused,
                    an_end_is_good_only_where_nothing_is_missing);
    return weir_check_run(suite);
}
