/* SPDX-License-Identifier: MIT */
/* The request is written whole, with what a server expects of a polite client in front of what the
 * spec adds; a header of the spec replaces ours of the same name. */
#include "backends/wire/http_call.h"

#include <stdlib.h>

#include "backends/wire/upgrade.h"
#include "util/encode.h"
#include "util/error.h"
#include "util/time.h"

struct weir_http_call {
    weir_http_client *client;
    weir_timer *timer;
    weir_buf url_text;
    weir_url url;
    weir_ws_settings settings;
    weir_http_done_fn *on_done;
    void *user;
    bool is_done;
};

static const weir_ws_settings defaults = {.tls = {.verifies = true},
                                          .resolve_timeout_ns = 10 * WEIR_NS_PER_S,
                                          .connect_timeout_ns = 10 * WEIR_NS_PER_S,
                                          .stagger_ns = 250 * WEIR_NS_PER_MS,
                                          .tls_timeout_ns = 10 * WEIR_NS_PER_S,
                                          .upgrade_timeout_ns = 10 * WEIR_NS_PER_S};

/* ------------------------------------------------------------------ the request */

static bool has_header(const weir_http_order *order, const char *name)
{
    for (size_t i = 0; i < order->header_count; i++) {
        if (weir_http_same(order->headers[i].name, weir_str_of(name)))
            return true;
    }
    return false;
}

static void put_default(weir_buf *out, const weir_http_order *order, const char *name,
                        const char *value)
{
    if (!has_header(order, name))
        weir_buf_printf(out, "%s: %s\r\n", name, value);
}

static void put_target(weir_buf *out, const weir_url *url, const weir_http_order *order)
{
    const char *between = url->query.len > 0 ? "&" : "?";
    weir_url_put_verbatim(url->path.len > 0 ? url->path : WEIR_STR("/"), out);
    if (url->query.len > 0) {
        weir_buf_putc(out, '?');
        weir_url_put_verbatim(url->query, out);
    }
    for (size_t i = 0; i < order->query_count; i++) {
        weir_buf_puts(out, between);
        weir_percent_encode_pair(order->query[i].name, order->query[i].value, out);
        between = "&";
    }
}

static void put_request(weir_buf *out, const weir_url *url, const weir_http_order *order)
{
    weir_buf_put(out, order->method);
    weir_buf_putc(out, ' ');
    put_target(out, url, order);
    weir_buf_puts(out, " HTTP/1.1\r\n");
    if (!has_header(order, "Host")) {
        weir_buf_puts(out, "Host: ");
        weir_url_put_authority(url, false, out);
        weir_buf_puts(out, "\r\n");
    }
    put_default(out, order, "User-Agent", "weir/" WEIR_VERSION);
    put_default(out, order, "Accept", "*/*");
    put_default(out, order, "Connection", "close");
    if (order->content_type)
        put_default(out, order, "Content-Type", order->content_type);
    if (order->content_type || !weir_str_is(order->method, "GET"))
        weir_buf_printf(out, "Content-Length: %zu\r\n", order->body.len);
    for (size_t i = 0; i < order->header_count; i++) {
        weir_buf_put(out, order->headers[i].name);
        weir_buf_puts(out, ": ");
        weir_buf_put(out, order->headers[i].value);
        weir_buf_puts(out, "\r\n");
    }
    weir_buf_puts(out, "\r\n");
    weir_buf_put(out, order->body);
}

/* What frames the request is ours, as in a handshake; unlike there, a body may say what it is. */
static weir_code check_headers(const weir_http_order *order, weir_error *error)
{
    for (size_t i = 0; i < order->header_count; i++) {
        const weir_str name = order->headers[i].name, value = order->headers[i].value;
        const bool is_type = weir_http_same(name, WEIR_STR("content-type"));
        const weir_code code =
            weir_upgrade_check_header(is_type ? WEIR_STR("x") : name, value, error);
        if (code != WEIR_OK)
            return code;
    }
    return WEIR_OK;
}

/* ------------------------------------------------------------------ its end */

static void finish(weir_http_call *call, const weir_http_reply *reply, const weir_error *error)
{
    if (call->is_done)
        return;
    call->is_done = true;
    weir_timer_cancel(call->timer);
    call->on_done(call->user, reply, error);
}

static void on_phase(void *user, weir_link_phase phase, weir_str detail)
{
    (void)user;
    (void)phase;
    (void)detail;
}

static void on_alive(void *user)
{
    (void)user;
}

static void on_reply(void *user, const weir_http_reply *reply)
{
    finish(user, reply, NULL);
}

static void on_failed(void *user, const weir_error *error)
{
    finish(user, NULL, error);
}

static void on_timer(void *user)
{
    weir_error error = {0};
    weir_fail(&error, WEIR_ERR_TIMEOUT, "the server did not answer the request in time");
    finish(user, NULL, &error);
}

/* ------------------------------------------------------------------ starting */

static weir_code parse_url(weir_http_call *call, weir_str text, weir_error *error)
{
    weir_buf_put(&call->url_text, text);
    if (call->url_text.failed)
        return weir_fail_nomem(error);
    return weir_http_call_check(weir_buf_str(&call->url_text), error)
               ? weir_url_parse(weir_buf_str(&call->url_text), &call->url, error)
               : error->code;
}

static weir_code send(weir_http_call *call, const weir_http_order *order, weir_error *error)
{
    weir_buf request = {0};
    put_request(&request, &call->url, order);
    weir_code code = request.failed ? WEIR_ERR_NOMEM : WEIR_OK;
    if (code == WEIR_OK)
        code = weir_http_client_send(call->client, weir_buf_str(&request), order->timeout_ns,
                                     WEIR_HTTP_CALL_BODY_MAX);
    weir_buf_wipe(&request);
    return code == WEIR_OK ? WEIR_OK : weir_fail(error, code, "the request could not be sent");
}

weir_http_call *weir_http_call_new(weir_loop *loop, const weir_http_order *order,
                                   const weir_ws_settings *settings, weir_http_done_fn *on_done,
                                   void *user, weir_error *error)
{
    weir_http_call *call = calloc(1, sizeof *call);
    if (!call) {
        weir_fail_nomem(error);
        return NULL;
    }
    call->on_done = on_done;
    call->user = user;
    call->settings = settings ? *settings : defaults;
    const weir_http_sink sink = {call, on_phase, on_alive, on_reply, on_failed};
    weir_code code = check_headers(order, error);
    if (code == WEIR_OK)
        code = parse_url(call, order->url, error);
    if (code == WEIR_OK) {
        call->timer = weir_timer_new(loop, on_timer, call);
        call->client = weir_http_client_new(loop, &call->url, &call->settings, &sink, error);
        code = call->client ? WEIR_OK : error->code;
    }
    if (code == WEIR_OK && !call->timer)
        code = weir_fail_nomem(error);
    if (code == WEIR_OK)
        code = send(call, order, error);
    if (code == WEIR_OK) {
        weir_timer_set(call->timer, order->timeout_ns);
        return call;
    }
    weir_http_call_free(call);
    return NULL;
}

void weir_http_call_free(weir_http_call *call)
{
    if (!call)
        return;
    weir_http_client_free(call->client);
    weir_timer_free(call->timer);
    weir_buf_wipe(&call->url_text); /* it may hold a token */
    free(call);
}

bool weir_http_call_check(weir_str text, weir_error *error)
{
    weir_url url;
    if (weir_url_parse(text, &url, error) != WEIR_OK)
        return false;
    if ((weir_str_is(url.scheme, "http") || weir_str_is(url.scheme, "https")) && !url.has_userinfo)
        return true;
    weir_fail(error, WEIR_ERR_ARGUMENT,
              "a request goes to an http:// or https:// URL, without user and password in it");
    return false;
}
