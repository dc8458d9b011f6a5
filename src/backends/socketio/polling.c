/* SPDX-License-Identifier: MIT */
/*
 * Two HTTP conversations, one that waits and one that speaks. A GET is sent when all packets of the
 * last reply have been used and nobody pauses or holds: so a pause needs no buffer but the reply
 * that is there.
 *
 * Servers behind a balancer are found again by a cookie, so cookies of replies are sent back.
 */
#include "backends/socketio/polling.h"

#include <stdlib.h>

#include "backends/wire/http_client.h"
#include "backends/wire/upgrade.h"
#include "util/encode.h"
#include "util/error.h"
#include "util/utf8.h"
#include "value/json_read.h"

enum {
    COOKIES_MAX = 4096,
    SHOWN_MAX = 160,
    PAYLOAD_DEFAULT = 1000000 /* of servers that do not say */
};

typedef struct cookie {
    size_t start, name_len, len; /* in cookie_text */
} cookie;

struct weir_sio_polling {
    weir_sio_polling_config config;
    weir_sio_polling_sink sink;
    weir_http_client *get;
    weir_http_client *post;
    weir_timer *again; /* goes on with the packets that a pause left */
    int version;
    size_t max_payload;
    weir_buf target;
    weir_buf cookies; /* "a=1; b=2" */
    weir_eio_payload payload;
    int64_t received_ns;
    weir_buf outbox; /* the next POST's body */
    weir_buf binary;
    weir_buf request;
    bool has_reply; /* the payload is not used up */
    bool has_session;
    bool is_paused;
    bool is_held;
    bool owes_held;
    bool is_over;
};

/* ------------------------------------------------------------------ the end */

static void fail(weir_sio_polling *polling, const weir_link_end *end)
{
    if (polling->is_over)
        return;
    polling->is_over = true;
    polling->sink.on_failed(polling->sink.user, end);
}

static void fail_with(weir_sio_polling *polling, const weir_error *error, bool by_peer)
{
    const weir_link_end end = {.error = *error, .by_peer = by_peer};
    fail(polling, &end);
}

/* ------------------------------------------------------------------ requests */

static bool is_replaced(const weir_sio_polling_config *config, weir_str name)
{
    for (size_t i = 0; i < config->header_count; i++) {
        if (weir_http_same(config->headers[i].name, name))
            return true;
    }
    return false;
}

static void put_header(weir_buf *out, weir_str name, weir_str value)
{
    weir_buf_put(out, name);
    weir_buf_puts(out, ": ");
    weir_buf_put(out, value);
    weir_buf_puts(out, "\r\n");
}

static void put_headers(weir_sio_polling *polling, weir_buf *out)
{
    const weir_sio_polling_config *config = &polling->config;
    const weir_ws_settings *settings = config->settings;
    if (!is_replaced(config, WEIR_STR("host"))) {
        weir_buf_puts(out, "Host: ");
        weir_url_put_authority(config->url, false, out);
        weir_buf_puts(out, "\r\n");
    }
    if (!is_replaced(config, WEIR_STR("user-agent")))
        put_header(out, WEIR_STR("User-Agent"), WEIR_STR("weir/" WEIR_VERSION));
    if (settings->origin.len > 0 && !is_replaced(config, WEIR_STR("origin")))
        put_header(out, WEIR_STR("Origin"), settings->origin);
    if (polling->cookies.len > 0 && !is_replaced(config, WEIR_STR("cookie")))
        put_header(out, WEIR_STR("Cookie"), weir_buf_str(&polling->cookies));
    for (size_t i = 0; i < settings->header_count; i++) {
        if (!is_replaced(config, settings->headers[i].key))
            put_header(out, settings->headers[i].key, settings->headers[i].value);
    }
    for (size_t i = 0; i < config->header_count; i++)
        put_header(out, config->headers[i].name, config->headers[i].value);
}

static weir_code check_headers(const weir_sio_polling_config *config, weir_error *error)
{
    const weir_ws_settings *settings = config->settings;
    weir_code code = WEIR_OK;
    for (size_t i = 0; i < settings->header_count && code == WEIR_OK; i++)
        code =
            weir_upgrade_check_header(settings->headers[i].key, settings->headers[i].value, error);
    for (size_t i = 0; i < config->header_count && code == WEIR_OK; i++)
        code = weir_upgrade_check_header(config->headers[i].name, config->headers[i].value, error);
    if (code == WEIR_OK && !weir_http_is_value(settings->origin))
        code = weir_fail(error, WEIR_ERR_ARGUMENT, "the origin has a control character");
    return code;
}

static void put_start(weir_sio_polling *polling, const char *method)
{
    weir_buf_clear(&polling->request);
    weir_buf_puts(&polling->request, method);
    weir_buf_put(&polling->request, weir_buf_str(&polling->target));
    weir_buf_puts(&polling->request, " HTTP/1.1\r\n");
    put_headers(polling, &polling->request);
}

static void send_get(weir_sio_polling *polling)
{
    const weir_ws_settings *settings = polling->config.settings;
    put_start(polling, "GET ");
    weir_buf_puts(&polling->request, "Accept: */*\r\n\r\n");
    weir_code code = polling->request.failed ? WEIR_ERR_NOMEM : WEIR_OK;
    if (code == WEIR_OK)
        code = weir_http_client_send(polling->get, weir_buf_str(&polling->request),
                                     polling->has_session ? 0 : settings->upgrade_timeout_ns,
                                     settings->max_message);
    if (code != WEIR_OK) {
        weir_error error = {0};
        weir_fail_nomem(&error);
        fail_with(polling, &error, false);
    }
}

/* How much of the outbox fits into one request: whole packets, at least one. */
static size_t measure_post(weir_sio_polling *polling)
{
    weir_eio_payload payload = {weir_buf_str(&polling->outbox), polling->version};
    weir_str packet;
    weir_error ignored;
    size_t fits = 0;
    if (polling->outbox.len <= polling->max_payload)
        return polling->outbox.len;
    while (weir_eio_payload_next(&payload, &packet, &ignored)) {
        const size_t used = (size_t)(packet.ptr + packet.len - polling->outbox.ptr);
        if (fits > 0 && used > polling->max_payload)
            break;
        fits = used;
    }
    return fits;
}

/* Cuts what was sent off, with the separator behind it. What was sent may hold credentials. */
static void cut_outbox(weir_sio_polling *polling, size_t len)
{
    weir_buf *outbox = &polling->outbox;
    if (len < outbox->len && outbox->ptr[len] == WEIR_EIO_SEPARATOR)
        len++;
    if (len == outbox->len) {
        weir_buf_wipe(outbox);
        return;
    }
    memmove(outbox->ptr, outbox->ptr + len, outbox->len - len);
    outbox->len -= len;
}

static weir_code send_post(weir_sio_polling *polling)
{
    if (polling->outbox.len == 0 || weir_http_client_is_busy(polling->post) || polling->is_over)
        return WEIR_OK;
    const size_t len = measure_post(polling);
    put_start(polling, "POST ");
    weir_buf_printf(&polling->request,
                    "Content-Type: text/plain;charset=UTF-8\r\nContent-Length: %zu\r\n\r\n", len);
    weir_buf_put(&polling->request, (weir_str){polling->outbox.ptr, len});
    weir_code code = polling->request.failed ? WEIR_ERR_NOMEM : WEIR_OK;
    if (code == WEIR_OK)
        code =
            weir_http_client_send(polling->post, weir_buf_str(&polling->request),
                                  polling->config.settings->upgrade_timeout_ns, WEIR_HTTP_HEAD_MAX);
    weir_buf_wipe(&polling->request);
    cut_outbox(polling, len);
    return code;
}

/* ------------------------------------------------------------------ cookies */

/* Where the cookie of a name stands: *start of it, its length with what separates it. */
static bool find_cookie(const weir_sio_polling *polling, weir_str name, size_t *start, size_t *len)
{
    const weir_str all = weir_buf_str(&polling->cookies);
    for (size_t at = 0; at < all.len;) {
        const char *end = memchr(all.ptr + at, ';', all.len - at);
        const size_t next = end ? (size_t)(end - all.ptr) + 2 : all.len;
        if (all.len - at > name.len && memcmp(all.ptr + at, name.ptr, name.len) == 0 &&
            all.ptr[at + name.len] == '=') {
            *start = at;
            *len = next - at;
            return true;
        }
        at = next;
    }
    return false;
}

static void keep_cookie(weir_sio_polling *polling, weir_str cookie)
{
    size_t start, len;
    const char *semicolon = memchr(cookie.ptr, ';', cookie.len);
    cookie = weir_http_trim(
        (weir_str){cookie.ptr, semicolon ? (size_t)(semicolon - cookie.ptr) : cookie.len});
    const char *equals = cookie.len > 0 ? memchr(cookie.ptr, '=', cookie.len) : NULL;
    if (!equals || equals == cookie.ptr)
        return;
    weir_buf *all = &polling->cookies;
    if (find_cookie(polling, (weir_str){cookie.ptr, (size_t)(equals - cookie.ptr)}, &start, &len)) {
        memmove(all->ptr + start, all->ptr + start + len, all->len - start - len);
        all->len -= len;
        while (all->len > 0 && (all->ptr[all->len - 1] == ' ' || all->ptr[all->len - 1] == ';'))
            all->len--;
    }
    if (all->len + cookie.len + 2 > COOKIES_MAX)
        return;
    weir_buf_puts(all, all->len > 0 ? "; " : "");
    weir_buf_put(all, cookie);
}

static void keep_cookies(weir_sio_polling *polling, const weir_http_head *head)
{
    for (size_t i = 0; i < head->count; i++) {
        if (weir_http_same(head->headers[i].name, WEIR_STR("set-cookie")))
            keep_cookie(polling, head->headers[i].value);
    }
}

/* ------------------------------------------------------------------ refusals */

/* {"code":5,"message":"..."}: what Engine.IO servers refuse with. SIZE_MAX: it is not that. */
static size_t refusal_code(weir_str body)
{
    weir_value whole, raw;
    weir_json_error ignored;
    if (!weir_json_parse(body, &whole, &ignored) || whole.kind != WEIR_RAW ||
        whole.aux != WEIR_RAW_OBJECT || !weir_json_member(&whole, WEIR_STR("code"), &raw) ||
        raw.kind != WEIR_RAW || raw.aux != WEIR_RAW_NUMBER)
        return SIZE_MAX;
    const weir_value number = weir_json_number(&raw);
    return number.kind == WEIR_INT && number.i >= 0 ? (size_t)number.i : SIZE_MAX;
}

static void refuse(weir_sio_polling *polling, const weir_http_reply *reply)
{
    enum { UNKNOWN_SESSION = 1, FORBIDDEN = 4, BAD_VERSION = 5 };
    char shown[SHOWN_MAX], reason[64];
    weir_link_end end = {.http_status = reply->head->status,
                         .retry_after_ns = weir_http_retry_after(reply->head, reply->received_ns),
                         .by_peer = true};
    const size_t code = refusal_code(reply->body);
    weir_http_show(weir_http_trim(reply->body), shown, sizeof shown);
    weir_http_show(reply->head->reason, reason, sizeof reason);
    if (code == BAD_VERSION)
        weir_fail(&end.error, WEIR_ERR_HANDSHAKE,
                  "the server speaks a later Socket.IO than 2; set the option 'version' to 4");
    else if (code == FORBIDDEN)
        weir_fail(&end.error, WEIR_ERR_AUTH, "the server forbids the connect: %d %s: %s",
                  reply->head->status, reason, shown);
    else if (code == UNKNOWN_SESSION)
        weir_fail(&end.error, WEIR_ERR_CLOSED,
                  "the server does not know the session (any more): was it started anew, or does a "
                  "balancer send requests to several?");
    else if (reply->head->status >= 300 && reply->head->status < 400)
        weir_fail(&end.error, WEIR_ERR_HANDSHAKE,
                  "the server redirects (%d); redirects are not followed", reply->head->status);
    else
        weir_fail(&end.error, WEIR_ERR_HANDSHAKE, "the server refused a polling request: %d %s: %s",
                  reply->head->status, reason, shown);
    fail(polling, &end);
}

/* ------------------------------------------------------------------ packets in */

static bool may_go_on(const weir_sio_polling *polling)
{
    return !polling->is_over && !polling->is_paused;
}

static void hand_over(weir_sio_polling *polling, weir_str packet)
{
    weir_error error = {0};
    if (*packet.ptr != WEIR_EIO_BASE64) {
        polling->sink.on_packet(polling->sink.user, false, packet, polling->received_ns);
        return;
    }
    weir_buf_clear(&polling->binary);
    if (weir_eio_base64_read(packet, polling->version, &polling->binary, &error) == WEIR_OK)
        polling->sink.on_packet(polling->sink.user, true, weir_buf_str(&polling->binary),
                                polling->received_ns);
    else
        fail_with(polling, &error, true);
}

/* Uses the packets that are there, then asks for more. */
static void go_on(weir_sio_polling *polling)
{
    weir_error error = {0};
    weir_str packet;
    while (polling->has_reply && may_go_on(polling)) {
        if (weir_eio_payload_next(&polling->payload, &packet, &error)) {
            hand_over(polling, packet);
            continue;
        }
        polling->has_reply = false;
        polling->sink.on_batch(polling->sink.user);
        if (error.code != WEIR_OK)
            fail_with(polling, &error, true);
    }
    if (polling->has_reply || !may_go_on(polling) || weir_http_client_is_busy(polling->get))
        return;
    if (!polling->is_held) {
        send_get(polling);
    } else if (polling->owes_held) {
        polling->owes_held = false;
        polling->sink.on_held(polling->sink.user);
    }
}

static void on_get_reply(void *user, const weir_http_reply *reply)
{
    weir_sio_polling *polling = user;
    weir_error error = {0};
    if (polling->is_over)
        return;
    if (reply->head->status != 200) {
        refuse(polling, reply);
        return;
    }
    keep_cookies(polling, reply->head);
    if (polling->version == 0)
        polling->version = weir_eio_payload_version(reply->body);
    if (polling->version == 0 || !weir_utf8_valid(reply->body)) {
        weir_fail(&error, WEIR_ERR_PROTOCOL,
                  polling->version == 0 ? "the reply is not Engine.IO's: is 'path' right?"
                                        : "a polling reply is not UTF-8");
        fail_with(polling, &error, true);
        return;
    }
    polling->payload = (weir_eio_payload){reply->body, polling->version};
    polling->received_ns = reply->received_ns;
    polling->has_reply = true;
    go_on(polling);
}

static void on_post_reply(void *user, const weir_http_reply *reply)
{
    weir_sio_polling *polling = user;
    if (polling->is_over)
        return;
    if (reply->head->status != 200) {
        refuse(polling, reply);
        return;
    }
    keep_cookies(polling, reply->head);
    if (send_post(polling) != WEIR_OK) {
        weir_error error = {0};
        weir_fail_nomem(&error);
        fail_with(polling, &error, false);
    } else if (weir_sio_polling_is_drained(polling)) {
        polling->sink.on_drained(polling->sink.user);
    }
}

static void on_request_failed(void *user, const weir_error *error)
{
    fail_with(user, error, error->code == WEIR_ERR_CLOSED);
}

static void on_again(void *user)
{
    go_on(user);
}

static void on_phase(void *user, weir_link_phase phase, weir_str detail)
{
    weir_sio_polling *polling = user;
    if (!polling->is_over && !polling->has_session)
        polling->sink.on_phase(polling->sink.user, phase, detail);
}

static void on_alive(void *user)
{
    weir_sio_polling *polling = user;
    if (!polling->is_over)
        polling->sink.on_alive(polling->sink.user);
}

static void on_post_phase(void *user, weir_link_phase phase, weir_str detail)
{
    (void)user;
    (void)phase;
    (void)detail;
}

/* ------------------------------------------------------------------ the calls */

weir_sio_polling *weir_sio_polling_open(weir_loop *loop, const weir_sio_polling_config *config,
                                        const weir_sio_polling_sink *sink, weir_error *error)
{
    weir_sio_polling *polling = NULL;
    if (check_headers(config, error) == WEIR_OK && !(polling = calloc(1, sizeof *polling)))
        weir_fail_nomem(error);
    if (!polling)
        return NULL;
    const weir_http_sink get = {polling, on_phase, on_alive, on_get_reply, on_request_failed};
    const weir_http_sink post = {polling, on_post_phase, on_alive, on_post_reply,
                                 on_request_failed};
    polling->config = *config;
    polling->sink = *sink;
    polling->max_payload = PAYLOAD_DEFAULT;
    weir_buf_put(&polling->target, config->target);
    polling->get = weir_http_client_new(loop, config->url, config->settings, &get, error);
    polling->post = weir_http_client_new(loop, config->url, config->settings, &post, error);
    polling->again = weir_timer_new(loop, on_again, polling);
    if (!polling->get || !polling->post || !polling->again || polling->target.failed) {
        weir_fail_nomem(error);
        weir_sio_polling_free(polling);
        return NULL;
    }
    weir_timer_set(polling->again, 0);
    return polling;
}

bool weir_sio_polling_set_session(weir_sio_polling *polling, const weir_eio_open *open)
{
    polling->has_session = true;
    if (open->max_payload > 0)
        polling->max_payload = open->max_payload;
    weir_buf_puts(&polling->target, "&sid=");
    weir_percent_encode(open->sid, WEIR_STR(""), &polling->target);
    return !polling->target.failed;
}

int weir_sio_polling_version(const weir_sio_polling *polling)
{
    return polling->version;
}

weir_str weir_sio_polling_cookies(const weir_sio_polling *polling)
{
    return weir_buf_str(&polling->cookies);
}

weir_code weir_sio_polling_send(weir_sio_polling *polling, bool is_binary, weir_str packet,
                                bool *queued)
{
    if (queued)
        *queued = false;
    if (polling->is_over || !polling->has_session)
        return WEIR_ERR_STATE;
    if (polling->outbox.len > 0 &&
        polling->outbox.len + packet.len > polling->config.settings->max_queue)
        return WEIR_ERR_LIMIT;
    if (!is_binary && !weir_utf8_valid(packet))
        return WEIR_ERR_ARGUMENT;
    if (is_binary)
        weir_eio_payload_put_binary(&polling->outbox, polling->version,
                                    (weir_bytes){(const uint8_t *)packet.ptr, packet.len});
    else
        weir_eio_payload_put_text(&polling->outbox, polling->version, packet);
    if (polling->outbox.failed)
        return WEIR_ERR_NOMEM;
    const weir_code code = send_post(polling);
    if (queued)
        *queued = polling->outbox.len > 0;
    return code;
}

bool weir_sio_polling_is_drained(const weir_sio_polling *polling)
{
    return polling->outbox.len == 0 && !weir_http_client_is_busy(polling->post);
}

void weir_sio_polling_pause(weir_sio_polling *polling, bool is_paused)
{
    polling->is_paused = is_paused;
    if (!is_paused)
        weir_timer_set(polling->again, 0);
}

void weir_sio_polling_hold(weir_sio_polling *polling, bool is_held)
{
    polling->is_held = is_held;
    polling->owes_held = is_held;
    weir_timer_set(polling->again, 0);
}

void weir_sio_polling_free(weir_sio_polling *polling)
{
    if (!polling)
        return;
    weir_http_client_free(polling->get);
    weir_http_client_free(polling->post);
    weir_timer_free(polling->again);
    weir_buf_wipe(&polling->target); /* the query may hold a token */
    weir_buf_fini(&polling->cookies);
    weir_buf_wipe(&polling->outbox);
    weir_buf_wipe(&polling->request);
    weir_buf_fini(&polling->binary);
    free(polling);
}
