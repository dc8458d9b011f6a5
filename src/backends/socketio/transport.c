/* SPDX-License-Identifier: MIT */
/*
 * What carries packets: long polling, a websocket, or first the one and then the other. The upgrade
 * comes before the namespace is asked for, so nothing is on its way while it lasts but what a
 * server says by itself; those packets are taken from whichever transport brings them.
 *
 *     polling            websocket
 *     GET → open packet
 *                        2probe → 3probe
 *     the pending GET returns, none follows
 *                        5 → packets go over the websocket
 *
 * An upgrade that fails is no end: polling goes on. Neither transport may be freed from inside its
 * callbacks, so an end closes the websocket, whose on_down comes from the loop, and leaves the rest
 * to the timer `again`.
 */
#include <stdlib.h>

#include "backends/socketio/link.h"
#include "util/encode.h"
#include "util/error.h"
#include "util/time.h"

/* ------------------------------------------------------------------ the end */

void weir_sio_free(weir_backend_link *link)
{
    if (!link)
        return;
    weir_sio_polling_free(link->polling);
    weir_timer_free(link->deadline);
    weir_timer_free(link->beat);
    weir_timer_free(link->again);
    weir_buf_fini(&link->sid);
    weir_buf_fini(&link->pending_text);
    weir_buf_fini(&link->early);
    weir_sio_attachments_fini(&link->attachments);
    weir_sio_room_fini(&link->room);
    weir_buf_wipe(&link->out);
    weir_buf_wipe(&link->scratch);
    weir_arena_free(link->arena);
    free(link);
}

/* Everything is over but on_down. */
static void go_down(weir_backend_link *link, weir_sio_state state)
{
    link->state = state;
    weir_timer_cancel(link->deadline);
    weir_timer_cancel(link->beat);
    if (link->ws)
        weir_ws_client_close(link->ws, 1000, (weir_str){0}, 0);
    weir_timer_set(link->again, 0);
}

static bool is_over(const weir_backend_link *link)
{
    return link->state == WEIR_SIO_DOWN || link->state == WEIR_SIO_RESTARTING;
}

static void finish_as(weir_backend_link *link, const weir_link_end *end)
{
    if (is_over(link))
        return;
    link->end = *end;
    if (end->error.code == WEIR_ERR_AUTH && !link->has_login)
        link->end.error.code = WEIR_ERR_HANDSHAKE; /* no wrong key: it may go away by itself */
    go_down(link, WEIR_SIO_DOWN);
}

void weir_sio_finish(weir_backend_link *link, const weir_error *error, bool by_peer)
{
    const weir_link_end end = {.error = *error, .by_peer = by_peer};
    finish_as(link, &end);
}

void weir_sio_finish_with(weir_backend_link *link, weir_code code, bool by_peer, const char *text)
{
    weir_error error = {0};
    if (code != WEIR_OK)
        weir_fail(&error, code, "%s", text);
    weir_sio_finish(link, &error, by_peer);
}

void weir_sio_restart(weir_backend_link *link, int version)
{
    if (is_over(link))
        return;
    link->version = version;
    link->is_known = true;
    go_down(link, WEIR_SIO_RESTARTING);
}

void weir_sio_goodbye(weir_backend_link *link, int code, weir_str reason, int64_t linger_ns)
{
    if (is_over(link))
        return;
    const bool was_up = link->state == WEIR_SIO_UP;
    if (linger_ns <= 0 || (!was_up && link->state != WEIR_SIO_CLOSING)) {
        weir_sio_finish_with(link, WEIR_OK, false, "");
        return;
    }
    if (!was_up)
        return; /* said already */
    link->state = WEIR_SIO_CLOSING;
    weir_timer_cancel(link->beat);
    if (link->is_on_ws) {
        weir_ws_client_close(link->ws, code, reason, linger_ns);
        return;
    }
    weir_sio_polling_pause(link->polling, false);
    link->owes_close = !weir_sio_polling_is_drained(link->polling);
    if (!link->owes_close)
        weir_sio_send(link, false, WEIR_STR("1"), NULL);
    weir_timer_set(link->deadline, linger_ns);
}

/* ------------------------------------------------------------------ the websocket */

static bool tells_phases(const weir_backend_link *link)
{
    return link->state == WEIR_SIO_OPENING;
}

static void on_ws_phase(void *user, weir_link_phase phase, weir_str detail)
{
    weir_backend_link *link = user;
    if (phase != WEIR_LINK_UP) {
        if (tells_phases(link))
            link->sink.on_phase(link->sink.user, phase, detail);
        return;
    }
    link->is_ws_up = true;
    if (link->state == WEIR_SIO_PROBING)
        weir_ws_client_send(link->ws, WEIR_FRAME_TEXT, WEIR_STR("2probe"), NULL);
    else if (link->state == WEIR_SIO_OPENING)
        weir_timer_set(link->deadline, link->ws_settings.upgrade_timeout_ns);
}

/* What comes before the websocket carries packets: the answer to the probe. */
static void take_probe(weir_backend_link *link, const weir_frame *frame)
{
    if (frame->kind == WEIR_FRAME_TEXT && weir_str_is(frame->bytes, "3probe")) {
        link->has_probed = true;
        weir_sio_polling_hold(link->polling, true);
        return;
    }
    weir_ws_client_close(link->ws, 1002, (weir_str){0}, 0);
}

static void on_ws_frame(void *user, const weir_frame *frame)
{
    weir_backend_link *link = user;
    weir_str bytes = frame->bytes;
    link->received_ns = frame->received_ns;
    if (link->state == WEIR_SIO_PROBING) {
        take_probe(link, frame);
        return;
    }
    const bool is_binary = frame->kind == WEIR_FRAME_BINARY;
    if (is_binary && link->version == WEIR_SIO_OLD) {
        if (bytes.len == 0 || *bytes.ptr != WEIR_EIO_BINARY_MESSAGE) {
            weir_sio_finish_with(link, WEIR_ERR_PROTOCOL, true,
                                 "a binary message is no Engine.IO message");
            return;
        }
        bytes.ptr++;
        bytes.len--;
    }
    weir_sio_take(link, is_binary, bytes);
}

static void on_alive(void *user)
{
    weir_backend_link *link = user;
    link->alive_at = weir_mono_ns();
    if (!is_over(link))
        link->sink.on_alive(link->sink.user);
}

static void tell_drained(weir_backend_link *link)
{
    if (link->owes_drained && link->state == WEIR_SIO_UP) {
        link->owes_drained = false;
        link->sink.on_drained(link->sink.user);
    }
}

static void on_ws_drained(void *user)
{
    tell_drained(user);
}

static void on_warning(void *user, const weir_error *warning)
{
    weir_backend_link *link = user;
    if (!link->has_warned && !is_over(link)) {
        link->has_warned = true;
        link->sink.on_warning(link->sink.user, warning);
    }
}

static void on_batch(void *user)
{
    weir_backend_link *link = user;
    if (link->sink.on_batch && !is_over(link))
        link->sink.on_batch(link->sink.user);
}

/* The websocket of an upgrade is lost: polling goes on as if nothing had been. */
static void give_up_upgrade(weir_backend_link *link, const weir_link_end *end)
{
    weir_error warning;
    weir_fail(&warning, end->error.code == WEIR_OK ? WEIR_ERR_CLOSED : end->error.code,
              "no websocket, so polling goes on: %s",
              end->error.code == WEIR_OK ? "the server closed it" : end->error.text);
    link->sink.on_warning(link->sink.user, &warning);
    weir_timer_cancel(link->deadline);
    weir_sio_polling_hold(link->polling, false);
    weir_sio_join(link);
}

static bool falls_back(const weir_backend_link *link, const weir_link_end *end)
{
    return link->state == WEIR_SIO_OPENING && !link->is_ws_up &&
           end->error.code == WEIR_ERR_HANDSHAKE && link->settings.uses_polling && !link->polling;
}

/* What Engine.IO says of itself. A server that dislikes the version answers after it has switched
 * to websocket: a broken frame. */
static void explain_end(const weir_backend_link *link, weir_link_end *end)
{
    if (end->http_status == 400 && strstr(end->error.text, ": Forbidden"))
        end->error.code = WEIR_ERR_AUTH;
    if (link->state == WEIR_SIO_OPENING && link->is_ws_up &&
        (end->error.code == WEIR_ERR_PROTOCOL || end->error.code == WEIR_ERR_CLOSED ||
         end->error.code == WEIR_OK))
        weir_fail(&end->error, WEIR_ERR_HANDSHAKE,
                  "the server ended the connection before it opened the session: is it Socket.IO "
                  "%s (option 'version'), and is 'path' right?",
                  link->version == WEIR_SIO_OLD ? "2 and not later" : "3 or 4 and not 2");
}

static weir_code begin_polling(weir_backend_link *link, weir_error *error);

static void on_ws_down(void *user, const weir_link_end *end)
{
    weir_backend_link *link = user;
    weir_link_end seen = *end;
    link->ws = NULL;
    if (is_over(link)) {
        weir_timer_set(link->again, 0);
    } else if (link->state == WEIR_SIO_PROBING) {
        give_up_upgrade(link, end);
    } else if (falls_back(link, end)) {
        link->may_upgrade = false;
        if (begin_polling(link, &seen.error) != WEIR_OK)
            finish_as(link, &seen);
    } else {
        explain_end(link, &seen);
        finish_as(link, &seen);
    }
}

/* ------------------------------------------------------------------ opening */

static void put_target(const weir_backend_link *link, const char *transport, weir_buf *out)
{
    weir_str path = link->settings.path;
    while (path.len > 0 && path.ptr[path.len - 1] == '/')
        path.len--;
    if (path.len > 0 && *path.ptr != '/')
        weir_buf_putc(out, '/');
    weir_url_put_verbatim(path, out);
    weir_buf_printf(out, "/?EIO=%d&transport=%s", link->version, transport);
    weir_buf_put(out, link->query);
}

/* The session's cookies, unless the spec sends some of its own. */
static size_t add_cookie(weir_backend_link *link)
{
    const weir_str cookies =
        link->polling ? weir_sio_polling_cookies(link->polling) : (weir_str){0};
    for (size_t i = 0; i < link->header_count; i++) {
        if (weir_http_same(link->headers[i].name, WEIR_STR("cookie")))
            return link->header_count;
    }
    if (cookies.len == 0)
        return link->header_count;
    link->headers[link->header_count] =
        (weir_link_pair){.name = WEIR_STR("Cookie"), .value = cookies};
    return link->header_count + 1;
}

static weir_code open_websocket(weir_backend_link *link, weir_error *error)
{
    weir_buf url = {0};
    weir_buf_puts(&url, link->url.is_secure ? "wss://" : "ws://");
    weir_url_put_authority(&link->url, true, &url);
    put_target(link, "websocket", &url);
    if (link->sid.len > 0) {
        weir_buf_puts(&url, "&sid=");
        weir_percent_encode(weir_buf_str(&link->sid), WEIR_STR(""), &url);
    }
    const weir_link_target target = {.url = weir_buf_str(&url),
                                     .headers = link->headers,
                                     .header_count = add_cookie(link),
                                     .options = link->options,
                                     .connection = link->connection};
    const weir_link_sink sink = {.user = link,
                                 .on_phase = on_ws_phase,
                                 .on_frame = on_ws_frame,
                                 .on_alive = on_alive,
                                 .on_drained = on_ws_drained,
                                 .on_warning = on_warning,
                                 .on_down = on_ws_down,
                                 .on_batch = on_batch};
    link->is_ws_up = false;
    if (!url.failed)
        link->ws = weir_ws_client_open(link->loop, &target, &sink, error);
    const bool is_good = link->ws != NULL;
    if (url.failed)
        weir_fail_nomem(error);
    weir_buf_wipe(&url);
    return is_good ? WEIR_OK : error->code;
}

void weir_sio_probe(weir_backend_link *link)
{
    weir_link_end end = {0};
    link->state = WEIR_SIO_PROBING;
    link->has_probed = false;
    weir_timer_set(link->deadline, link->ws_settings.upgrade_timeout_ns);
    if (open_websocket(link, &end.error) != WEIR_OK)
        give_up_upgrade(link, &end);
}

/* ------------------------------------------------------------------ polling */

static void on_polling_phase(void *user, weir_link_phase phase, weir_str detail)
{
    weir_backend_link *link = user;
    if (phase == WEIR_LINK_SECURING && !link->ws_settings.tls.verifies) {
        weir_error warning;
        weir_fail(&warning, WEIR_ERR_TLS,
                  "tls.verify is off: anyone between here and %s can read and change what is sent",
                  link->url.host);
        on_warning(link, &warning);
    }
    if (tells_phases(link))
        link->sink.on_phase(link->sink.user, phase, detail);
}

static void on_polling_packet(void *user, bool is_binary, weir_str packet, int64_t received_ns)
{
    weir_backend_link *link = user;
    if (is_over(link))
        return;
    link->received_ns = received_ns;
    if (!link->is_known && link->state == WEIR_SIO_OPENING) {
        link->version = weir_sio_polling_version(link->polling);
        link->is_known = true;
    }
    weir_sio_take(link, is_binary, packet);
}

static void on_polling_drained(void *user)
{
    weir_backend_link *link = user;
    const bool owes_close = link->owes_close;
    link->owes_close = false;
    if (link->state != WEIR_SIO_CLOSING && !link->is_on_ws)
        tell_drained(link);
    else if (link->state == WEIR_SIO_CLOSING && !owes_close)
        weir_sio_finish_with(link, WEIR_OK, false, "");
    else if (link->state == WEIR_SIO_CLOSING)
        weir_sio_send(link, false, WEIR_STR("1"), NULL); /* the last word */
}

/* The server has let go of the last GET: the websocket is the transport from here on. */
static void on_polling_held(void *user)
{
    weir_backend_link *link = user;
    if (link->state != WEIR_SIO_PROBING || !link->has_probed)
        return;
    weir_ws_client_send(link->ws, WEIR_FRAME_TEXT, WEIR_STR("5"), NULL);
    link->is_on_ws = true;
    weir_timer_cancel(link->deadline);
    weir_timer_set(link->again, 0); /* polling is not needed any more */
    weir_sio_join(link);
}

static void on_polling_failed(void *user, const weir_link_end *end)
{
    weir_backend_link *link = user;
    if (link->is_on_ws) /* it has no part in this any more */
        return;
    if (link->state == WEIR_SIO_CLOSING)
        weir_sio_finish_with(link, WEIR_OK, false, "");
    else
        finish_as(link, end);
}

static weir_code begin_polling(weir_backend_link *link, weir_error *error)
{
    weir_buf target = {0};
    link->is_on_ws = false;
    put_target(link, "polling", &target);
    if (link->version == WEIR_SIO_OLD || !link->is_known)
        weir_buf_puts(&target, "&b64=1"); /* Socket.IO 2: binary messages as text */
    const weir_sio_polling_config config = {.url = &link->url,
                                            .settings = &link->ws_settings,
                                            .headers = link->headers,
                                            .header_count = link->header_count,
                                            .target = weir_buf_str(&target)};
    const weir_sio_polling_sink sink = {.user = link,
                                        .on_phase = on_polling_phase,
                                        .on_alive = on_alive,
                                        .on_packet = on_polling_packet,
                                        .on_batch = on_batch,
                                        .on_drained = on_polling_drained,
                                        .on_held = on_polling_held,
                                        .on_failed = on_polling_failed};
    if (target.failed)
        weir_fail_nomem(error);
    else
        link->polling = weir_sio_polling_open(link->loop, &config, &sink, error);
    weir_buf_wipe(&target);
    return link->polling ? WEIR_OK : error->code;
}

/* ------------------------------------------------------------------ both */

weir_code weir_sio_begin(weir_backend_link *link, weir_error *error)
{
    const weir_sio_settings *settings = &link->settings;
    link->state = WEIR_SIO_OPENING;
    link->is_on_ws = settings->begins_with_websocket || !settings->uses_polling;
    link->may_upgrade = settings->uses_websocket && !link->is_on_ws;
    link->has_root = link->drops_offset = link->is_pending = false;
    link->early_used = link->early.len = 0;
    weir_buf_clear(&link->sid);
    return link->is_on_ws ? open_websocket(link, error) : begin_polling(link, error);
}

weir_code weir_sio_send(weir_backend_link *link, bool is_binary, weir_str packet, bool *queued)
{
    bool waits = false;
    const weir_frame_kind kind = is_binary ? WEIR_FRAME_BINARY : WEIR_FRAME_TEXT;
    const weir_code code = link->is_on_ws
                               ? weir_ws_client_send(link->ws, kind, packet, &waits)
                               : weir_sio_polling_send(link->polling, is_binary, packet, &waits);
    link->owes_drained = link->owes_drained || waits;
    if (queued)
        *queued = waits;
    return code;
}

void weir_sio_set_paused(weir_backend_link *link)
{
    if (!link->is_paused && link->early_used < link->early.len) {
        weir_timer_set(link->again, 0); /* first what came first */
        return;
    }
    if (link->is_on_ws)
        weir_ws_client_pause(link->ws, link->is_paused);
    else
        weir_sio_polling_pause(link->polling, link->is_paused);
}

static void on_again(void *user)
{
    weir_backend_link *link = user;
    weir_error error = {0};
    if (link->state == WEIR_SIO_UP && weir_sio_take_early(link))
        weir_sio_set_paused(link);
    if (link->is_on_ws && link->polling) {
        weir_sio_polling_free(link->polling);
        link->polling = NULL;
    }
    if (link->ws || !is_over(link))
        return; /* its on_down will be back here */
    weir_sio_polling_free(link->polling);
    link->polling = NULL;
    if (link->state == WEIR_SIO_RESTARTING && weir_sio_begin(link, &error) == WEIR_OK)
        return;
    if (link->state != WEIR_SIO_DOWN)
        link->end = (weir_link_end){.error = error};
    link->sink.on_down(link->sink.user, &link->end);
    weir_sio_free(link);
}

static void on_deadline(void *user)
{
    weir_backend_link *link = user;
    switch (link->state) {
    case WEIR_SIO_PROBING: weir_ws_client_close(link->ws, 1000, (weir_str){0}, 0); return;
    case WEIR_SIO_GUESSING: weir_sio_guess(link); return;
    case WEIR_SIO_CLOSING: weir_sio_finish_with(link, WEIR_OK, false, ""); return;
    case WEIR_SIO_JOINING:
        weir_sio_finish_with(link, WEIR_ERR_TIMEOUT, false,
                             "the server's answer to the CONNECT took longer than upgrade_timeout");
        return;
    default:
        weir_sio_finish_with(link, WEIR_ERR_TIMEOUT, false,
                             "the server's open packet took longer than upgrade_timeout");
    }
}

static void on_beat(void *user)
{
    weir_sio_on_beat(user);
}

bool weir_sio_make_timers(weir_backend_link *link)
{
    link->deadline = weir_timer_new(link->loop, on_deadline, link);
    link->beat = weir_timer_new(link->loop, on_beat, link);
    link->again = weir_timer_new(link->loop, on_again, link);
    return link->deadline && link->beat && link->again;
}
