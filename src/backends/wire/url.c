/* SPDX-License-Identifier: MIT */
/*
 * A hand-written split at the delimiters of RFC 3986, in the order in which they bind: fragment,
 * scheme, path and query, user info, port, host. Nothing is allocated; only the host is copied,
 * because the resolver and TLS want it NUL-terminated.
 */
#include "backends/wire/url.h"

#include <arpa/inet.h>

#include "util/encode.h"
#include "util/error.h"

typedef struct scheme_row {
    const char *name;
    uint16_t port;
    bool is_secure;
} scheme_row;

static const scheme_row schemes[] = {
    {"ws", 80, false},     {"wss", 443, true},    {"http", 80, false},  {"https", 443, true},
    {"mqtt", 1883, false}, {"mqtts", 8883, true}, {"tcp", 1883, false}, /* paho's names for the two
                                                                         */
    {"ssl", 8883, true},
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z');
}

static bool equals_lower(weir_str text, const char *name)
{
    if (text.len != strlen(name)) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (lower(text.ptr[i]) != name[i]) {
            return false;
        }
    }
    return true;
}

/* Cuts `text` at the first `stop`; what follows it goes to `rest`. False when there is none. */
static bool cut(weir_str *text, char stop, weir_str *rest)
{
    const char *at = text->len ? memchr(text->ptr, stop, text->len) : NULL;
    if (!at) {
        return false;
    }
    rest->ptr = at + 1;
    rest->len = (size_t)(text->ptr + text->len - at) - 1;
    text->len = (size_t)(at - text->ptr);
    return true;
}

static weir_code parse_scheme(weir_str *text, weir_url *url, weir_error *error)
{
    size_t len = 0;
    while (len < text->len && text->ptr[len] != ':') {
        len++;
    }
    if (text->len < len + 3 || memcmp(text->ptr + len, "://", 3) != 0) {
        return weir_fail(error, WEIR_ERR_ARGUMENT,
                         "the URL does not start with a scheme such as wss://");
    }
    weir_str name = {text->ptr, len};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        if (equals_lower(name, schemes[i].name)) {
            url->scheme = weir_str_of(schemes[i].name);
            url->is_secure = schemes[i].is_secure;
            url->default_port = url->port = schemes[i].port;
            text->ptr += len + 3;
            text->len -= len + 3;
            return WEIR_OK;
        }
    }
    return weir_fail(error, WEIR_ERR_ARGUMENT, "the URL's scheme '%.*s' is not known",
                     (int)(len < 32 ? len : 32), text->ptr);
}

static weir_code parse_port(weir_str text, weir_url *url, weir_error *error)
{
    unsigned port = 0;
    bool ok = text.len > 0 && text.len <= 5;
    for (size_t i = 0; ok && i < text.len; i++) {
        ok = text.ptr[i] >= '0' && text.ptr[i] <= '9';
        port = port * 10 + (unsigned)(text.ptr[i] - '0');
    }
    if (!ok || port == 0 || port > 65535) {
        return weir_fail(error, WEIR_ERR_ARGUMENT,
                         "the URL's port is not a number from 1 to 65535");
    }
    url->has_port = true;
    url->port = (uint16_t)port;
    return WEIR_OK;
}

/* Four numbers only, as inet_pton reads them: "1.2.3" and "0x7f.1" would reach other hosts. */
static bool looks_numeric(const char *host)
{
    const char *last = strrchr(host, '.');
    last = last ? last + 1 : host;
    size_t len = strlen(last);
    return len > 0 &&
           (strspn(last, "0123456789") == len ||
            (strncmp(last, "0x", 2) == 0 && strspn(last + 2, "0123456789abcdef") + 2 == len));
}

static weir_code check_host(weir_url *url, bool bracketed, weir_error *error)
{
    unsigned char address[16];
    if (bracketed) {
        url->host_kind = WEIR_HOST_IPV6;
        if (inet_pton(AF_INET6, url->host, address) == 1) {
            return WEIR_OK;
        }
        return weir_fail(error, WEIR_ERR_ARGUMENT,
                         "the URL's host '[%.60s]' is not an IPv6 address", url->host);
    }
    if (inet_pton(AF_INET, url->host, address) == 1) {
        url->host_kind = WEIR_HOST_IPV4;
        return WEIR_OK;
    }
    if (looks_numeric(url->host)) {
        return weir_fail(error, WEIR_ERR_ARGUMENT, "the URL's host '%.60s' is not an IPv4 address",
                         url->host);
    }
    url->host_kind = WEIR_HOST_NAME;
    size_t label = 0;
    for (const char *c = url->host; *c; c++) {
        label = *c == '.' ? 0 : label + 1;
        bool ok = *c == '.' ? c > url->host && c[-1] != '.' && c[1] != '\0'
                            : (is_alnum(*c) || *c == '-' || *c == '_') && label <= 63;
        if (!ok) {
            return weir_fail(error, WEIR_ERR_ARGUMENT,
                             "the URL's host is not a host name (letters, digits, '-', '_' and "
                             "'.'; an international name goes in its xn-- form)");
        }
    }
    return WEIR_OK;
}

static weir_code parse_host(weir_str text, weir_url *url, weir_error *error)
{
    weir_str port = {NULL, 0};
    bool bracketed = text.len > 0 && text.ptr[0] == '[';
    bool has_port;
    if (bracketed) {
        weir_str after = {NULL, 0};
        text.ptr++;
        text.len--;
        if (!cut(&text, ']', &after) || (after.len > 0 && after.ptr[0] != ':')) {
            return weir_fail(error, WEIR_ERR_ARGUMENT, "the URL's host lacks its closing ']'");
        }
        has_port = after.len > 0;
        port = has_port ? (weir_str){after.ptr + 1, after.len - 1} : port;
    } else {
        has_port = cut(&text, ':', &port);
    }
    if (has_port && parse_port(port, url, error) != WEIR_OK) {
        return WEIR_ERR_ARGUMENT;
    }
    if (!bracketed && text.len > 1 && text.ptr[text.len - 1] == '.') {
        text.len--; /* the root's dot: never part of a certificate's name */
    }
    if (text.len == 0 || text.len >= WEIR_HOST_MAX) {
        return weir_fail(error, WEIR_ERR_ARGUMENT, "the URL's host is %s",
                         text.len ? "longer than 253 bytes" : "missing");
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\0') {
            return weir_fail(error, WEIR_ERR_ARGUMENT, "the URL's host has a zero byte");
        }
        url->host[i] = lower(text.ptr[i]);
    }
    url->host[text.len] = '\0';
    return check_host(url, bracketed, error);
}

static bool has_control(weir_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x20 || c == 0x7f) {
            return true;
        }
    }
    return false;
}

weir_code weir_url_parse(weir_str text, weir_url *url, weir_error *error)
{
    *url = (weir_url){0};
    if (text.len > WEIR_URL_MAX) {
        return weir_fail(error, WEIR_ERR_ARGUMENT, "the URL is longer than %d bytes", WEIR_URL_MAX);
    }
    if (has_control(text)) {
        return weir_fail(error, WEIR_ERR_ARGUMENT, "the URL has a line break or control character");
    }
    if (parse_scheme(&text, url, error) != WEIR_OK) {
        return WEIR_ERR_ARGUMENT;
    }
    weir_str fragment;
    if (cut(&text, '#', &fragment)) {
        return weir_fail(error, WEIR_ERR_ARGUMENT,
                         "the URL has a fragment ('#'), which has no meaning here");
    }
    cut(&text, '?', &url->query);
    size_t host_len = 0;
    while (host_len < text.len && text.ptr[host_len] != '/') {
        host_len++;
    }
    url->path = (weir_str){text.ptr + host_len, text.len - host_len};
    text.len = host_len;
    /* The last '@' ends the user info: a raw '@' in a password is a common slip. */
    for (size_t i = text.len; i-- > 0;) {
        if (text.ptr[i] == '@') {
            url->has_userinfo = true;
            url->user = (weir_str){text.ptr, i};
            cut(&url->user, ':', &url->password);
            text.ptr += i + 1;
            text.len -= i + 1;
            break;
        }
    }
    return parse_host(text, url, error);
}

weir_code weir_url_parse_ws(weir_str text, weir_url *url, weir_error *error)
{
    if (weir_url_parse(text, url, error) != WEIR_OK) {
        return WEIR_ERR_ARGUMENT;
    }
    if (!weir_str_is(url->scheme, "ws") && !weir_str_is(url->scheme, "wss")) {
        return weir_fail(error, WEIR_ERR_ARGUMENT,
                         "the URL's scheme is '%.*s'; it must be ws or wss", WEIR_FMT(url->scheme));
    }
    if (url->has_userinfo) {
        return weir_fail(error, WEIR_ERR_ARGUMENT,
                         "the URL has a user name or password; send them as a header instead");
    }
    return WEIR_OK;
}

void weir_url_put_authority(const weir_url *url, bool always_port, weir_buf *out)
{
    bool is_v6 = url->host_kind == WEIR_HOST_IPV6;
    weir_buf_printf(out, is_v6 ? "[%s]" : "%s", url->host);
    if (always_port || url->port != url->default_port) {
        weir_buf_printf(out, ":%u", (unsigned)url->port);
    }
}

void weir_url_put_verbatim(weir_str text, weir_buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c <= 0x20 || c >= 0x7f || strchr("\"<>\\^`{|}#", c)) {
            weir_percent_put(c, out);
        } else {
            weir_buf_putc(out, (char)c);
        }
    }
}
