/* SPDX-License-Identifier: MIT */
/*
 * A reply with both a length and a transfer coding is refused, as are two lengths that differ: such
 * replies are how one reader is made to see another message than the next.
 */
#include "backends/wire/http_body.h"

#include "util/error.h"

enum { CHUNK_SIZE, CHUNK_EXTENSION, CHUNK_DATA, CHUNK_DATA_END, CHUNK_TRAILER };
enum { EXTRA_MAX = 16 * 1024, SIZE_DIGITS_MAX = 15, KEPT_MAX = 1024 * 1024 };

static weir_http_step bad(weir_error *error, const char *what)
{
    weir_fail(error, WEIR_ERR_PROTOCOL, "the reply's body is malformed: %s", what);
    return WEIR_HTTP_BAD;
}

static weir_http_step too_large(const weir_http_body *body, weir_error *error)
{
    weir_fail(error, WEIR_ERR_LIMIT, "the reply is over the limit of %zu bytes", body->max);
    return WEIR_HTTP_BAD;
}

static bool read_length(weir_str text, uint64_t *length)
{
    *length = 0;
    if (text.len == 0 || text.len > 18)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        *length = *length * 10 + (uint64_t)(text.ptr[i] - '0');
    }
    return true;
}

weir_http_step weir_http_body_begin(weir_http_body *body, const weir_http_head *head, size_t max,
                                    weir_error *error)
{
    size_t lengths, codings;
    const weir_str length = weir_http_get(head, "content-length", &lengths);
    const weir_str coding = weir_http_get(head, "transfer-encoding", &codings);
    if (body->bytes.cap > KEPT_MAX)
        weir_buf_fini(&body->bytes);
    weir_buf_clear(&body->bytes);
    body->max = max;
    body->left = body->line_len = body->extra_len = 0;
    body->part = CHUNK_SIZE;
    body->kind = WEIR_HTTP_BODY_UNTIL_END;
    if (head->status == 204 || head->status == 304 || head->status < 200)
        return WEIR_HTTP_DONE;
    if (lengths > 1 || (lengths > 0 && codings > 0))
        return bad(error, "its length is announced twice");
    if (codings > 0) {
        body->kind = WEIR_HTTP_BODY_CHUNKED;
        return codings == 1 && weir_http_same(coding, WEIR_STR("chunked"))
                   ? WEIR_HTTP_MORE
                   : bad(error, "its transfer coding is not 'chunked'");
    }
    if (lengths == 0)
        return WEIR_HTTP_MORE;
    body->kind = WEIR_HTTP_BODY_LENGTH;
    if (!read_length(length, &body->left))
        return bad(error, "its Content-Length is no number");
    if (body->left > max)
        return too_large(body, error);
    return body->left == 0 ? WEIR_HTTP_DONE : WEIR_HTTP_MORE;
}

static weir_http_step take(weir_http_body *body, weir_str *bytes, uint64_t most, weir_error *error)
{
    const size_t len = bytes->len < most ? bytes->len : (size_t)most;
    if (len > body->max - body->bytes.len)
        return too_large(body, error);
    weir_buf_put(&body->bytes, (weir_str){bytes->ptr, len});
    bytes->ptr += len;
    bytes->len -= len;
    if (body->bytes.failed) {
        weir_fail_nomem(error);
        return WEIR_HTTP_BAD;
    }
    body->left -= body->kind == WEIR_HTTP_BODY_UNTIL_END ? 0 : len;
    return WEIR_HTTP_MORE;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The line feed that ends a size line: data follows, or - after the last chunk - the trailer. */
static weir_http_step end_size(weir_http_body *body, weir_error *error)
{
    body->line_len = 0;
    body->part = body->left > 0 ? CHUNK_DATA : CHUNK_TRAILER;
    return body->left > body->max - body->bytes.len ? too_large(body, error) : WEIR_HTTP_MORE;
}

static weir_http_step take_size(weir_http_body *body, char c, weir_error *error)
{
    const int digit = hex_digit(c);
    if (digit >= 0 && body->part == CHUNK_SIZE) {
        if (++body->line_len > SIZE_DIGITS_MAX)
            return bad(error, "a chunk's size has too many digits");
        body->left = body->left * 16 + (uint64_t)digit;
        return WEIR_HTTP_MORE;
    }
    if (body->line_len == 0)
        return bad(error, "a chunk has no size");
    if (c == '\n')
        return end_size(body, error);
    if (body->part == CHUNK_SIZE && c != '\r' && c != ';' && c != ' ' && c != '\t')
        return bad(error, "a chunk's size is no number");
    body->part = CHUNK_EXTENSION;
    return ++body->extra_len > EXTRA_MAX ? bad(error, "its chunks have endless extensions")
                                         : WEIR_HTTP_MORE;
}

static weir_http_step take_trailer(weir_http_body *body, char c, weir_error *error)
{
    if (++body->extra_len > EXTRA_MAX)
        return bad(error, "its trailer is endless");
    if (c == '\n') {
        const bool is_blank = body->line_len == 0;
        body->line_len = 0;
        return is_blank ? WEIR_HTTP_DONE : WEIR_HTTP_MORE;
    }
    body->line_len += c != '\r';
    return WEIR_HTTP_MORE;
}

static weir_http_step take_data_end(weir_http_body *body, char c, weir_error *error)
{
    if (c == '\n')
        body->part = CHUNK_SIZE;
    return c == '\n' || c == '\r' ? WEIR_HTTP_MORE : bad(error, "a chunk is longer than its size");
}

static weir_http_step feed_chunked(weir_http_body *body, weir_str *bytes, weir_error *error)
{
    weir_http_step step = WEIR_HTTP_MORE;
    while (step == WEIR_HTTP_MORE && bytes->len > 0) {
        if (body->part == CHUNK_DATA) {
            step = take(body, bytes, body->left, error);
            if (body->left == 0)
                body->part = CHUNK_DATA_END;
            continue;
        }
        const char c = *bytes->ptr++;
        bytes->len--;
        if (body->part == CHUNK_TRAILER)
            step = take_trailer(body, c, error);
        else if (body->part == CHUNK_DATA_END)
            step = take_data_end(body, c, error);
        else
            step = take_size(body, c, error);
    }
    return step;
}

weir_http_step weir_http_body_feed(weir_http_body *body, weir_str *bytes, weir_error *error)
{
    if (body->kind == WEIR_HTTP_BODY_CHUNKED)
        return feed_chunked(body, bytes, error);
    const bool has_length = body->kind == WEIR_HTTP_BODY_LENGTH;
    const weir_http_step step = take(body, bytes, has_length ? body->left : UINT64_MAX, error);
    return step == WEIR_HTTP_MORE && has_length && body->left == 0 ? WEIR_HTTP_DONE : step;
}

weir_http_step weir_http_body_end(weir_http_body *body, weir_error *error)
{
    if (body->kind == WEIR_HTTP_BODY_UNTIL_END)
        return WEIR_HTTP_DONE;
    weir_fail(error, WEIR_ERR_CLOSED, "the server closed the connection in the middle of a reply");
    return WEIR_HTTP_BAD;
}
