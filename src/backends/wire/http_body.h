/* SPDX-License-Identifier: MIT */
/*
 * The body of an HTTP/1.x reply: by Content-Length, chunked, or all until the end (RFC 9112 6.3).
 * Bytes in, bytes out, no stream; bounded by its owner.
 */
#ifndef WEIR_BACKENDS_WIRE_HTTP_BODY_H
#define WEIR_BACKENDS_WIRE_HTTP_BODY_H

#include "backends/wire/http_head.h"
#include "util/buf.h"

typedef enum weir_http_body_kind {
    WEIR_HTTP_BODY_LENGTH,
    WEIR_HTTP_BODY_CHUNKED,
    WEIR_HTTP_BODY_UNTIL_END
} weir_http_body_kind;

typedef struct weir_http_body {
    weir_http_body_kind kind;
    weir_buf bytes; /**< what came so far; keeps its memory from one reply to the next */
    size_t max;
    uint64_t left;    /**< of the length, or of the chunk */
    unsigned part;    /**< of a chunk: see http_body.c */
    size_t line_len;  /**< of the size line or trailer line that is being read */
    size_t extra_len; /**< of extensions and trailers, which are bounded too */
} weir_http_body;

/**
 * Begins the body that a final reply's head announces. DONE: there is none. BAD: lengths that
 * contradict each other, an unknown transfer coding, more than `max`.
 */
weir_http_step weir_http_body_begin(weir_http_body *body, const weir_http_head *head, size_t max,
                                    weir_error *error);
/** Takes what it can of `bytes` and cuts that off. DONE: the body is whole. */
weir_http_step weir_http_body_feed(weir_http_body *body, weir_str *bytes, weir_error *error);
/** The peer has ended the stream: DONE, or BAD when the body is cut off. */
weir_http_step weir_http_body_end(weir_http_body *body, weir_error *error);

#endif
