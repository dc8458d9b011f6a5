/* SPDX-License-Identifier: MIT */
/*
 * The rules are curl's, because that is what people's environments are written for: a name in
 * no_proxy stands for itself and everything below it, a leading dot changes nothing, "*" is
 * everything, an address may have a prefix length. A proxy of a kind that we do not speak is an
 * error and never silently bypassed: someone set it for a reason.
 */
#include "backends/wire/proxy.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "util/crypto.h"
#include "util/encode.h"
#include "util/error.h"

static weir_str from_environment(const char *const *names)
{
    for (; *names; names++) {
        const char *value = getenv(*names);
        if (value && *value) {
            return weir_str_of(value);
        }
    }
    return (weir_str){NULL, 0};
}

weir_proxy_settings weir_proxy_environment(bool is_secure)
{
    static const char *const secure[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
                                         NULL};
    static const char *const plain[] = {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", NULL};
    static const char *const none[] = {"no_proxy", "NO_PROXY", NULL};
    weir_proxy_settings settings = {from_environment(is_secure ? secure : plain),
                                    from_environment(none)};
    return settings;
}

/* Both of one family, equal in their first `bits`. */
static bool same_network(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    unsigned whole = bits / 8;
    if (memcmp(a, b, whole) != 0) {
        return false;
    }
    unsigned mask = 0xff00u >> bits % 8 & 0xff;
    return bits % 8 == 0 || (a[whole] & mask) == (b[whole] & mask);
}

/* "10.0.0.0/8", "10.1.2.3", "fd00::/8", "[::1]". */
static bool address_matches(weir_str item, const weir_url *target)
{
    char text[64];
    if (item.len >= 2 && item.ptr[0] == '[' && item.ptr[item.len - 1] == ']') {
        item = (weir_str){item.ptr + 1, item.len - 2};
    }
    if (item.len >= sizeof text) {
        return false;
    }
    memcpy(text, item.ptr, item.len);
    text[item.len] = '\0';
    int family = target->host_kind == WEIR_HOST_IPV6 ? AF_INET6 : AF_INET;
    unsigned bits = family == AF_INET6 ? 128 : 32;
    char *slash = strchr(text, '/');
    if (slash) {
        *slash++ = '\0';
        char *end;
        unsigned long given = strtoul(slash, &end, 10);
        if (*slash < '0' || *slash > '9' || *end || given > bits) {
            return false;
        }
        bits = (unsigned)given;
    }
    uint8_t listed[16], wanted[16];
    return inet_pton(family, text, listed) == 1 && inet_pton(family, target->host, wanted) == 1 &&
           same_network(listed, wanted, bits);
}

static bool name_matches(weir_str item, const weir_url *target)
{
    weir_str host = weir_str_of(target->host);
    while (item.len > 0 && item.ptr[0] == '.') {
        item.ptr++;
        item.len--;
    }
    if (item.len > 0 && item.ptr[item.len - 1] == '.') {
        item.len--;
    }
    if (item.len == 0 || item.len > host.len) {
        return false;
    }
    size_t before = host.len - item.len;
    return weir_http_same((weir_str){host.ptr + before, item.len}, item) &&
           (before == 0 || host.ptr[before - 1] == '.');
}

/* Cuts ":port" off an item; false when it names another port than the target's. */
static bool port_matches(weir_str *item, const weir_url *target)
{
    size_t at = item->len;
    while (at > 0 && item->ptr[at - 1] >= '0' && item->ptr[at - 1] <= '9') {
        at--;
    }
    if (at == item->len || at == 0 || item->ptr[at - 1] != ':' || item->len - at > 5) {
        return true;
    }
    if (item->ptr[0] != '[' && memchr(item->ptr, ':', at - 1)) {
        return true; /* an IPv6 address without brackets */
    }
    unsigned port = 0;
    for (size_t i = at; i < item->len; i++) {
        port = port * 10 + (unsigned)(item->ptr[i] - '0');
    }
    item->len = at - 1;
    return port == target->port;
}

static bool item_matches(weir_str item, const weir_url *target)
{
    if (weir_str_is(item, "*")) {
        return true;
    }
    if (!port_matches(&item, target)) {
        return false;
    }
    return target->host_kind == WEIR_HOST_NAME ? name_matches(item, target)
                                               : address_matches(item, target);
}

bool weir_proxy_is_exempt(weir_str no_proxy, const weir_url *target)
{
    size_t start = 0;
    for (size_t i = 0; i <= no_proxy.len; i++) {
        bool ends = i == no_proxy.len || no_proxy.ptr[i] == ',' || no_proxy.ptr[i] == ' ' ||
                    no_proxy.ptr[i] == '\t';
        if (!ends) {
            continue;
        }
        if (i > start && item_matches((weir_str){no_proxy.ptr + start, i - start}, target)) {
            return true;
        }
        start = i + 1;
    }
    return false;
}

/* "host:port" without a scheme is http, as everywhere. */
static weir_code parse_setting(weir_str text, weir_url *url, weir_error *error)
{
    static const char prefix[] = "http://";
    bool has_scheme = false;
    for (size_t i = 0; !has_scheme && i + 3 <= text.len; i++) {
        has_scheme = memcmp(text.ptr + i, "://", 3) == 0;
    }
    weir_error inner = {0};
    weir_code code;
    if (has_scheme) {
        code = weir_url_parse(text, url, &inner);
    } else {
        char whole[512 + sizeof prefix];
        if (text.len > 512) {
            return weir_fail(error, WEIR_ERR_PROXY, "the proxy setting is too long");
        }
        memcpy(whole, prefix, sizeof prefix - 1);
        memcpy(whole + sizeof prefix - 1, text.ptr, text.len);
        code = weir_url_parse((weir_str){whole, sizeof prefix - 1 + text.len}, url, &inner);
        /* The spans must outlive the copy: point them into the caller's text. */
        const char *start = whole + sizeof prefix - 1;
        url->user.ptr = url->user.ptr ? text.ptr + (url->user.ptr - start) : NULL;
        url->password.ptr = url->password.ptr ? text.ptr + (url->password.ptr - start) : NULL;
        url->path = url->query = (weir_str){NULL, 0};
        weir_wipe(whole, sizeof whole);
    }
    if (code != WEIR_OK) {
        return weir_fail(error, WEIR_ERR_PROXY, "the proxy setting is not usable: %s", inner.text);
    }
    if (!weir_str_is(url->scheme, "http")) {
        return weir_fail(error, WEIR_ERR_PROXY,
                         "a proxy of kind '%.*s' is not supported; it must be http://",
                         WEIR_FMT(url->scheme));
    }
    return WEIR_OK;
}

weir_code weir_proxy_choose(const weir_proxy_settings *settings, const weir_url *target,
                            weir_proxy *proxy, weir_error *error)
{
    *proxy = (weir_proxy){0};
    if (settings->proxy.len == 0 || weir_str_is(settings->proxy, "none") ||
        weir_proxy_is_exempt(settings->no_proxy, target)) {
        return WEIR_OK;
    }
    weir_code code = parse_setting(settings->proxy, &proxy->url, error);
    proxy->is_used = code == WEIR_OK;
    proxy->has_auth = proxy->url.has_userinfo;
    return code;
}

static weir_code put_authorization(const weir_proxy *proxy, weir_buf *out, weir_error *error)
{
    weir_buf pair = {0};
    bool ok = weir_percent_decode(proxy->url.user, &pair);
    weir_buf_putc(&pair, ':');
    ok = ok && weir_percent_decode(proxy->url.password, &pair);
    if (ok) {
        weir_buf_puts(out, "Proxy-Authorization: Basic ");
        weir_base64_encode((weir_bytes){(const uint8_t *)pair.ptr, pair.len}, out);
        weir_buf_puts(out, "\r\n");
    }
    bool failed = pair.failed;
    weir_buf_wipe(&pair);
    if (failed) {
        return weir_fail_nomem(error);
    }
    return ok ? WEIR_OK
              : weir_fail(error, WEIR_ERR_PROXY,
                          "the proxy's user name or password has a '%%' that encodes nothing");
}

weir_code weir_proxy_write(const weir_proxy *proxy, const weir_url *target, weir_buf *out,
                           weir_error *error)
{
    weir_buf_puts(out, "CONNECT ");
    weir_url_put_authority(target, true, out);
    weir_buf_puts(out, " HTTP/1.1\r\nHost: ");
    weir_url_put_authority(target, true, out);
    weir_buf_puts(out, "\r\nUser-Agent: weir/" WEIR_VERSION "\r\n");
    if (proxy->has_auth && put_authorization(proxy, out, error) != WEIR_OK) {
        return error ? error->code : WEIR_ERR_PROXY;
    }
    weir_buf_puts(out, "\r\n");
    return out->failed ? weir_fail_nomem(error) : WEIR_OK;
}

weir_http_step weir_proxy_read(weir_str bytes, size_t *used, weir_error *error)
{
    weir_http_head head;
    weir_error inner = {0};
    size_t skipped = 0;
    for (;;) {
        weir_str rest = {bytes.ptr + skipped, bytes.len - skipped};
        weir_http_step step = weir_http_head_read(rest, &head, &inner);
        if (step == WEIR_HTTP_BAD) {
            weir_fail(error, WEIR_ERR_PROXY, "the proxy's answer is malformed: %s", inner.text);
        }
        if (step != WEIR_HTTP_DONE) {
            return step;
        }
        skipped += head.len;
        if (head.status >= 200) {
            break;
        }
        if (skipped > WEIR_HTTP_HEAD_MAX) {
            weir_fail(error, WEIR_ERR_PROXY, "the proxy sends too many interim replies");
            return WEIR_HTTP_BAD;
        }
    }
    if (head.status < 300) {
        *used = skipped;
        return WEIR_HTTP_DONE;
    }
    const char *hint = head.status == 407 ? " (it wants a user name and password)" : "";
    char reason[64];
    weir_http_show(head.reason, reason, sizeof reason);
    weir_fail(error, WEIR_ERR_PROXY, "the proxy refused the tunnel: %d %s%s", head.status, reason,
              hint);
    return WEIR_HTTP_BAD;
}
