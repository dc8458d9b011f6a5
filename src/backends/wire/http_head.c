/* SPDX-License-Identifier: MIT */
/*
 * The reader looks for the end of the head first and parses once it is there: a head is at most
 * 16 KiB, so looking again from its start with each arrival costs less than keeping a state. What
 * can never become a good head (another first word, a lone line feed) is refused at once, so that
 * a peer that speaks another protocol is named and does not run into the deadline.
 */
#include "backends/wire/http_head.h"

#include "util/error.h"
#include "util/time.h"

/* Venues ban an address for up to three days; a longer wait is a mistake of the server's. */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool weir_http_same(weir_str a, weir_str b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.ptr[i]) != lower(b.ptr[i])) {
            return false;
        }
    }
    return true;
}

weir_str weir_http_trim(weir_str text)
{
    while (text.len > 0 && (*text.ptr == ' ' || *text.ptr == '\t')) {
        text.ptr++;
        text.len--;
    }
    while (text.len > 0 && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t')) {
        text.len--;
    }
    return text;
}

bool weir_http_is_token(weir_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool is_alnum = (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z');
        if (!is_alnum && (c == '\0' || !strchr("!#$%&'*+-.^_`|~", c))) {
            return false;
        }
    }
    return text.len > 0;
}

bool weir_http_is_value(weir_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f) {
            return false;
        }
    }
    return true;
}

void weir_http_show(weir_str text, char *out, size_t size)
{
    size_t len = text.len < size - 1 ? text.len : size - 1;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        out[i] = c < 0x20 || c >= 0x7f ? ' ' : (char)c;
    }
    out[len] = '\0';
}

static weir_http_step bad(weir_error *error, const char *what)
{
    weir_fail(error, WEIR_ERR_HANDSHAKE, "the reply is not HTTP: %s", what);
    return WEIR_HTTP_BAD;
}

/* The length of the head with its blank line, 0 while it is not complete. */
static weir_http_step find_end(weir_str bytes, size_t *len, weir_error *error)
{
    static const char start[] = "HTTP/1.";
    size_t known = bytes.len < sizeof start - 1 ? bytes.len : sizeof start - 1;
    if (known > 0 && memcmp(bytes.ptr, start, known) != 0) {
        return bad(error, "it does not start with HTTP/1");
    }
    size_t window = bytes.len < WEIR_HTTP_HEAD_MAX ? bytes.len : WEIR_HTTP_HEAD_MAX;
    for (size_t i = 0; i < window; i++) {
        if (bytes.ptr[i] != '\n') {
            continue;
        }
        if (i == 0 || bytes.ptr[i - 1] != '\r') {
            return bad(error, "a line does not end in CR LF");
        }
        if (i >= 3 && bytes.ptr[i - 2] == '\n') {
            *len = i + 1;
            return WEIR_HTTP_DONE;
        }
    }
    if (bytes.len >= WEIR_HTTP_HEAD_MAX) {
        weir_fail(error, WEIR_ERR_HANDSHAKE, "the reply's head is over the limit of %d bytes",
                  WEIR_HTTP_HEAD_MAX);
        return WEIR_HTTP_BAD;
    }
    return WEIR_HTTP_MORE;
}

static weir_str next_line(weir_str *text)
{
    const char *end = memchr(text->ptr, '\n', text->len);
    weir_str line = {text->ptr, (size_t)(end - text->ptr) - 1};
    text->len -= line.len + 2;
    text->ptr = end + 1;
    return line;
}

/* HTTP/1.1 101 Switching Protocols */
static weir_http_step read_status(weir_str line, weir_http_head *head, weir_error *error)
{
    bool ok = line.len >= 12 && (line.ptr[7] == '0' || line.ptr[7] == '1') && line.ptr[8] == ' ';
    int status = 0;
    for (size_t i = 9; ok && i < 12; i++) {
        ok = line.ptr[i] >= '0' && line.ptr[i] <= '9';
        status = status * 10 + (line.ptr[i] - '0');
    }
    if (!ok || status < 100 || (line.len > 12 && line.ptr[12] != ' ') ||
        !weir_http_is_value(line)) {
        return bad(error, "its status line is malformed");
    }
    head->minor = line.ptr[7] - '0';
    head->status = status;
    weir_str reason = {line.ptr + 12, line.len - 12};
    head->reason = weir_http_trim(reason);
    return WEIR_HTTP_DONE;
}

static weir_http_step read_header(weir_str line, weir_http_head *head, weir_error *error)
{
    if (line.ptr[0] == ' ' || line.ptr[0] == '\t') {
        return bad(error, "a header line is folded");
    }
    const char *colon = memchr(line.ptr, ':', line.len);
    weir_str name = {line.ptr, colon ? (size_t)(colon - line.ptr) : 0};
    if (!weir_http_is_token(name)) {
        return bad(error, "a header's name is malformed");
    }
    weir_str value = {colon + 1, line.len - name.len - 1};
    if (!weir_http_is_value(value)) {
        return bad(error, "a header's value has a control character");
    }
    if (head->count == WEIR_HTTP_HEADERS_MAX) {
        weir_fail(error, WEIR_ERR_HANDSHAKE, "the reply has more than %d headers",
                  WEIR_HTTP_HEADERS_MAX);
        return WEIR_HTTP_BAD;
    }
    head->headers[head->count++] = (weir_http_header){name, weir_http_trim(value)};
    return WEIR_HTTP_DONE;
}

weir_http_step weir_http_head_read(weir_str bytes, weir_http_head *head, weir_error *error)
{
    head->count = 0;
    head->len = 0;
    weir_http_step step = find_end(bytes, &head->len, error);
    if (step != WEIR_HTTP_DONE) {
        return step;
    }
    weir_str rest = {bytes.ptr, head->len};
    step = read_status(next_line(&rest), head, error);
    while (step == WEIR_HTTP_DONE && rest.len > 2) {
        step = read_header(next_line(&rest), head, error);
    }
    return step;
}

weir_str weir_http_get(const weir_http_head *head, const char *name, size_t *count)
{
    weir_str found = {NULL, 0};
    size_t seen = 0;
    for (size_t i = 0; i < head->count; i++) {
        if (weir_http_same(head->headers[i].name, weir_str_of(name))) {
            found = seen++ == 0 ? head->headers[i].value : found;
        }
    }
    if (count) {
        *count = seen;
    }
    return found;
}

bool weir_http_next_item(weir_str *list, char separator, weir_str *item)
{
    if (list->len == 0) {
        return false;
    }
    size_t i = 0;
    bool quoted = false;
    for (; i < list->len && (quoted || list->ptr[i] != separator); i++) {
        if (quoted && list->ptr[i] == '\\' && i + 1 < list->len) {
            i++;
        } else if (list->ptr[i] == '"') {
            quoted = !quoted;
        }
    }
    *item = weir_http_trim((weir_str){list->ptr, i});
    size_t used = i < list->len ? i + 1 : i;
    list->ptr += used;
    list->len -= used;
    return true;
}

bool weir_http_has_token(const weir_http_head *head, const char *name, const char *token)
{
    for (size_t i = 0; i < head->count; i++) {
        if (!weir_http_same(head->headers[i].name, weir_str_of(name))) {
            continue;
        }
        weir_str list = head->headers[i].value;
        weir_str item;
        while (weir_http_next_item(&list, ',', &item)) {
            if (weir_http_same(item, weir_str_of(token))) {
                return true;
            }
        }
    }
    return false;
}

static bool read_number(weir_str text, int64_t *value)
{
    *value = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
        if (*value < INT64_MAX / 100) {
            *value = *value * 10 + (text.ptr[i] - '0');
        }
    }
    return text.len > 0;
}

/* "Wed, 21 Oct 2015 07:28:00 GMT", the one form that senders may still write. Seconds. */
static bool read_date(weir_str text, int64_t *seconds)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int64_t day, year, hour, minute, second;
    if (text.len != 29 || memcmp(text.ptr + 25, " GMT", 4) != 0 ||
        !read_number((weir_str){text.ptr + 5, 2}, &day) ||
        !read_number((weir_str){text.ptr + 12, 4}, &year) ||
        !read_number((weir_str){text.ptr + 17, 2}, &hour) ||
        !read_number((weir_str){text.ptr + 20, 2}, &minute) ||
        !read_number((weir_str){text.ptr + 23, 2}, &second)) {
        return false;
    }
    for (unsigned month = 0; month < 12; month++) {
        if (memcmp(text.ptr + 8, months + (size_t)3 * month, 3) == 0) {
            int64_t days = weir_days_from_civil(year, month + 1, (unsigned)day);
            *seconds = days * 86400 + hour * 3600 + minute * 60 + second;
            return true;
        }
    }
    return false;
}

int64_t weir_http_retry_after(const weir_http_head *head, int64_t now_ns)
{
    weir_str text = weir_http_get(head, "retry-after", NULL);
    int64_t seconds;
    if (!read_number(text, &seconds)) {
        int64_t now = now_ns / WEIR_NS_PER_S;
        if (!read_date(text, &seconds)) {
            return 0;
        }
        read_date(weir_http_get(head, "date", NULL), &now); /* the server's clock, not ours */
        seconds -= now;
    }
    if (seconds <= 0) {
        return 0;
    }
    return seconds < WEIR_RETRY_AFTER_MAX_NS / WEIR_NS_PER_S ? seconds * WEIR_NS_PER_S
                                                             : WEIR_RETRY_AFTER_MAX_NS;
}
