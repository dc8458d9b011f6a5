/* SPDX-License-Identifier: MIT */
/*
 * One table for the checker, the help and the reference; the defaults stand in it and nowhere
 * else. The reader below only moves values.
 */
#include "backends/wire/ws_options.h"

#include "util/time.h"

#define MIB (INT64_C(1024) * 1024)

const weir_option_row weir_ws_tls_rows[WEIR_WS_TLS_ROW_COUNT] = {
    {.name = "verify",
     .type = WEIR_OPTION_BOOL,
     .doc = "Verify the server's certificate and name; false warns at every connect. Default true.",
     .fallback = "true"},
    {.name = "ca",
     .type = WEIR_OPTION_STR,
     .doc = "PEM file of the certificate authorities to trust. Default: the system's."},
    {.name = "cert",
     .type = WEIR_OPTION_STR,
     .doc = "PEM file of the client certificate and its chain. Default: none."},
    {.name = "key",
     .type = WEIR_OPTION_STR,
     .doc = "PEM file of the client certificate's key. Default: the key is in `cert`."},
    {.name = "key_password",
     .type = WEIR_OPTION_STR,
     .doc = "Password of an encrypted key. Default: none."},
};

const weir_option_row weir_ws_option_rows[WEIR_WS_OPTION_COUNT] = {
    {.name = "tls",
     .type = WEIR_OPTION_GROUP,
     .doc = "How a wss:// connection is secured.",
     .rows = weir_ws_tls_rows,
     .row_count = WEIR_WS_TLS_ROW_COUNT},
    {.name = "subprotocols",
     .type = WEIR_OPTION_STR_LIST,
     .doc = "Subprotocols to offer, best first. Default: none."},
    {.name = "origin", .type = WEIR_OPTION_STR, .doc = "The Origin header. Default: none is sent."},
    {.name = "headers",
     .type = WEIR_OPTION_STR_MAP,
     .doc = "Headers to add to the upgrade request. Default: none."},
    {.name = "compression",
     .type = WEIR_OPTION_BOOL,
     .doc = "Offer permessage-deflate, so that the server may compress. Default true.",
     .fallback = "true"},
    {.name = "max_message",
     .type = WEIR_OPTION_SIZE,
     .doc = "Longest message accepted; a longer one ends the connection. Default 64MiB.",
     .fallback = "64MiB",
     .min = 1,
     .max = 1024 * MIB},
    {.name = "inflate_ratio",
     .type = WEIR_OPTION_INT,
     .doc = "Most bytes that one compressed byte may become, beyond 64 KiB; 0 is no cap. "
            "Default 1000.",
     .fallback = "1000",
     .min = 0,
     .max = 100000},
    {.name = "max_queue",
     .type = WEIR_OPTION_SIZE,
     .doc = "Most bytes that may wait to be sent; a message beyond is refused. Default 16MiB.",
     .fallback = "16MiB",
     .min = 1024,
     .max = 1024 * MIB},
    {.name = "proxy",
     .type = WEIR_OPTION_STR,
     .doc = "CONNECT proxy, http://user:password@host:port, or `none`. Default: the environment's "
            "https_proxy (wss) or http_proxy (ws), then all_proxy."},
    {.name = "no_proxy",
     .type = WEIR_OPTION_STR,
     .doc = "Hosts to reach without the proxy: names, suffixes, addresses, CIDR ranges or `*`, by "
            "comma. Default: the environment's no_proxy."},
    {.name = "ping_interval",
     .type = WEIR_OPTION_DURATION,
     .doc = "Send a ping this often. Default: never.",
     .min = 100 * WEIR_NS_PER_MS,
     .max = 24 * 3600 * WEIR_NS_PER_S},
    {.name = "ping_timeout",
     .type = WEIR_OPTION_DURATION,
     .doc = "End the connection when nothing came for so long after such a ping. Default 10s.",
     .fallback = "10s",
     .min = 100 * WEIR_NS_PER_MS,
     .max = 3600 * WEIR_NS_PER_S},
    {.name = "resolve_timeout",
     .type = WEIR_OPTION_DURATION,
     .doc = "Longest wait for the host's addresses. Default 10s.",
     .fallback = "10s",
     .min = 10 * WEIR_NS_PER_MS,
     .max = 3600 * WEIR_NS_PER_S},
    {.name = "connect_timeout",
     .type = WEIR_OPTION_DURATION,
     .doc = "Longest wait for a connection, over all addresses and the proxy. Default 10s.",
     .fallback = "10s",
     .min = 10 * WEIR_NS_PER_MS,
     .max = 3600 * WEIR_NS_PER_S},
    {.name = "address_delay",
     .type = WEIR_OPTION_DURATION,
     .doc = "How long one address is tried alone before the next joins in. Default 250ms.",
     .fallback = "250ms",
     .min = 1 * WEIR_NS_PER_MS,
     .max = 60 * WEIR_NS_PER_S},
    {.name = "tls_timeout",
     .type = WEIR_OPTION_DURATION,
     .doc = "Longest TLS handshake. Default 10s.",
     .fallback = "10s",
     .min = 10 * WEIR_NS_PER_MS,
     .max = 3600 * WEIR_NS_PER_S},
    {.name = "upgrade_timeout",
     .type = WEIR_OPTION_DURATION,
     .doc = "Longest wait for the answer to the upgrade request. Default 10s.",
     .fallback = "10s",
     .min = 10 * WEIR_NS_PER_MS,
     .max = 3600 * WEIR_NS_PER_S},
};

static void read_tls(const weir_options *options, weir_tls_options *tls)
{
    *tls = (weir_tls_options){.verifies = true};
    if (!weir_options_get(options, "tls")->group) {
        return; /* not written: verified against the system's authorities */
    }
    tls->verifies = weir_options_get(options, "tls.verify")->b;
    tls->ca = weir_options_get(options, "tls.ca")->s;
    tls->cert = weir_options_get(options, "tls.cert")->s;
    tls->key = weir_options_get(options, "tls.key")->s;
    tls->key_password = weir_options_get(options, "tls.key_password")->s;
}

void weir_ws_settings_read(const weir_options *options, weir_ws_settings *settings)
{
    *settings = (weir_ws_settings){0};
    read_tls(options, &settings->tls);
    const weir_option_value *subprotocols = weir_options_get(options, "subprotocols");
    settings->subprotocols = subprotocols->list;
    settings->subprotocol_count = subprotocols->count;
    const weir_option_value *headers = weir_options_get(options, "headers");
    settings->headers = headers->pairs;
    settings->header_count = headers->count;
    settings->origin = weir_options_get(options, "origin")->s;
    settings->compresses = weir_options_get(options, "compression")->b;
    settings->max_message = (size_t)weir_options_get(options, "max_message")->u;
    settings->inflate_ratio = (size_t)weir_options_get(options, "inflate_ratio")->i;
    settings->max_queue = (size_t)weir_options_get(options, "max_queue")->u;
    const weir_option_value *proxy = weir_options_get(options, "proxy");
    settings->has_proxy = proxy->has_value;
    settings->proxy = proxy->s;
    const weir_option_value *no_proxy = weir_options_get(options, "no_proxy");
    settings->has_no_proxy = no_proxy->has_value;
    settings->no_proxy = no_proxy->s;
    settings->ping_interval_ns = weir_options_get(options, "ping_interval")->i;
    settings->ping_timeout_ns = weir_options_get(options, "ping_timeout")->i;
    settings->resolve_timeout_ns = weir_options_get(options, "resolve_timeout")->i;
    settings->connect_timeout_ns = weir_options_get(options, "connect_timeout")->i;
    settings->stagger_ns = weir_options_get(options, "address_delay")->i;
    settings->tls_timeout_ns = weir_options_get(options, "tls_timeout")->i;
    settings->upgrade_timeout_ns = weir_options_get(options, "upgrade_timeout")->i;
}

weir_proxy_settings weir_ws_settings_proxy(const weir_ws_settings *settings, bool is_secure)
{
    weir_proxy_settings found = weir_proxy_environment(is_secure);
    if (settings->has_proxy) {
        found.proxy = settings->proxy;
    }
    if (settings->has_no_proxy) {
        found.no_proxy = settings->no_proxy;
    }
    return found;
}
