/* SPDX-License-Identifier: MIT */
/*
 * The head of an HTTP/1.x reply: status line and headers. Pure functions on bytes, no state, so
 * that a fuzzer reaches everything. Strict as RFC 9112 asks of a client that must not be fooled:
 * CRLF only, no line folding, no blank before the colon, no control characters.
 */
#ifndef WEIR_BACKENDS_WIRE_HTTP_HEAD_H
#define WEIR_BACKENDS_WIRE_HTTP_HEAD_H

#include <weir/types.h>

enum {
    WEIR_HTTP_HEAD_MAX = 16 * 1024, /**< bytes of a reply's head, the blank line included */
    WEIR_HTTP_HEADERS_MAX = 128
};

typedef struct weir_http_header {
    weir_str name;
    weir_str value; /**< no blanks around it */
} weir_http_header;

/** Spans point into the parsed bytes. */
typedef struct weir_http_head {
    int minor; /**< of HTTP/1.minor */
    int status;
    weir_str reason;
    size_t len; /**< bytes of the head; the body or the stream follows */
    size_t count;
    weir_http_header headers[WEIR_HTTP_HEADERS_MAX];
} weir_http_head;

typedef enum weir_http_step { WEIR_HTTP_MORE, WEIR_HTTP_DONE, WEIR_HTTP_BAD } weir_http_step;

/** MORE: call again with the same bytes and more behind. BAD: `error` is WEIR_ERR_HANDSHAKE. */
weir_http_step weir_http_head_read(weir_str bytes, weir_http_head *head, weir_error *error);

/** The value of the only header of that name; ptr NULL when absent. *count: how many there are. */
weir_str weir_http_get(const weir_http_head *head, const char *name, size_t *count);
/** True when any header of that name has `token` in its comma-separated list, in any case. */
bool weir_http_has_token(const weir_http_head *head, const char *name, const char *token);
/** Equal but for the case of ASCII letters. */
bool weir_http_same(weir_str a, weir_str b);
/** Cuts the next item off a comma- or semicolon-separated list (quotes respected), trimmed. */
bool weir_http_next_item(weir_str *list, char separator, weir_str *item);
weir_str weir_http_trim(weir_str text);
/** A token of RFC 9110 5.6.2, not empty. */
bool weir_http_is_token(weir_str text);
/** Fit for a header's value: no control character but tab. */
bool weir_http_is_value(weir_str text);
/** Network text for a sentence: cut to fit, control characters and non-ASCII become blanks. */
void weir_http_show(weir_str text, char *out, size_t size);
/** Retry-After: seconds or an HTTP date; the nanoseconds from `now_ns` on, 0 when unreadable. */
int64_t weir_http_retry_after(const weir_http_head *head, int64_t now_ns);

#endif
