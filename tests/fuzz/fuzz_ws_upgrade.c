/* SPDX-License-Identifier: MIT
 *
 * What stands before the first frame: the reply to the upgrade, the proxy's answer, URLs and
 * no_proxy lists. A reply that is judged early must be judged the same with more bytes behind.
 */
#include <stdlib.h>

#include "backends/wire/proxy.h"
#include "backends/wire/upgrade.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_reply(weir_str text, const weir_upgrade_expect *expect)
{
    weir_upgrade_reply whole, part;
    weir_error error = {0};
    weir_http_step step = weir_upgrade_read(text, expect, 0, &whole, &error);
    if (step == WEIR_HTTP_DONE && (whole.len == 0 || whole.len > text.len))
        abort();
    if (step == WEIR_HTTP_BAD && (error.code != WEIR_ERR_HANDSHAKE || error.text[0] == '\0'))
        abort();
    for (size_t len = 0; len < text.len; len += 1 + text.len / 16) {
        weir_http_step early =
            weir_upgrade_read((weir_str){text.ptr, len}, expect, 0, &part, &error);
        if (early == WEIR_HTTP_MORE)
            continue;
        if (early != step || part.len != whole.len || part.http_status != whole.http_status ||
            part.retry_after_ns != whole.retry_after_ns || part.has_deflate != whole.has_deflate)
            abort();
    }
}

static void check_proxy(weir_str text)
{
    size_t used = 0;
    weir_error error = {0};
    weir_http_step step = weir_proxy_read(text, &used, &error);
    if (step == WEIR_HTTP_DONE && (used == 0 || used > text.len))
        abort();
    if (step == WEIR_HTTP_BAD && error.code != WEIR_ERR_PROXY)
        abort();
}

/* What is written out of a parsed URL parses to the same place. */
static void check_url(weir_str text)
{
    weir_url url, again;
    weir_buf out = {0};
    if (weir_url_parse(text, &url, NULL) != WEIR_OK)
        return;
    weir_buf_put(&out, url.scheme);
    weir_buf_puts(&out, "://");
    weir_url_put_authority(&url, true, &out);
    if (weir_url_parse(weir_buf_str(&out), &again, NULL) != WEIR_OK || again.port != url.port ||
        strcmp(again.host, url.host) != 0 || again.host_kind != url.host_kind)
        abort();
    weir_proxy_is_exempt(text, &url);
    weir_proxy_settings settings = {text, {NULL, 0}};
    weir_proxy proxy;
    if (weir_proxy_choose(&settings, &url, &proxy, NULL) == WEIR_OK && proxy.is_used) {
        weir_buf_clear(&out);
        weir_proxy_write(&proxy, &url, &out, NULL);
    }
    weir_buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t key[WEIR_UPGRADE_KEY_LEN] = "the sample nonce";
    static weir_str offered[] = {{"p1", 2}};
    weir_upgrade_expect expect = {
        .subprotocols = offered, .subprotocol_count = 1, .offers_deflate = true};
    if (weir_upgrade_accept(key, expect.accept, NULL) != WEIR_OK)
        abort();
    weir_str text = {(const char *)data, size};
    weir_url target;
    check_reply(text, &expect);
    check_proxy(text);
    check_url(text);
    if (weir_url_parse(WEIR_STR("ws://10.1.2.3:80/"), &target, NULL) == WEIR_OK)
        weir_proxy_is_exempt(text, &target);
    if (weir_url_parse(WEIR_STR("ws://a.example.com/"), &target, NULL) == WEIR_OK)
        weir_proxy_is_exempt(text, &target);
    return 0;
}
