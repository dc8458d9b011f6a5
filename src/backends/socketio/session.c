/* SPDX-License-Identifier: MIT */
/*
 * What packets mean. Engine.IO opens the session and keeps it alive: in its version 4 the server
 * pings, in version 3 the client does; either way a server that says nothing for an interval and a
 * timeout is gone. Above it Socket.IO joins a namespace and carries events.
 *
 * The generations differ in who begins. A server of Socket.IO 2 joins everybody to "/" by itself
 * and says so at once, without a session id; a later one waits for our CONNECT and answers with
 * one. That is how a server is told that does not say (polling bodies do, and a `maxPayload`): for
 * a moment nothing is sent. A CONNECT too early would join a Socket.IO 2 server twice.
 */
#include <stdio.h>

#include "backends/socketio/link.h"
#include "util/error.h"
#include "util/time.h"
#include "value/json_read.h"

#define GUESS_NS (300 * WEIR_NS_PER_MS)

enum { SHOWN_MAX = 200 };

static void break_off(weir_backend_link *link, const char *text)
{
    weir_sio_finish_with(link, WEIR_ERR_PROTOCOL, true, text);
}

/* ------------------------------------------------------------------ the heart */

void weir_sio_on_beat(weir_backend_link *link)
{
    const int64_t now = weir_mono_ns();
    const int64_t patience = link->ping_interval_ns + link->ping_timeout_ns;
    if (link->is_paused)
        link->alive_at = now; /* what came lies unread */
    const int64_t silent = now - link->alive_at;
    if (silent >= patience) {
        weir_sio_finish_with(link, WEIR_ERR_TIMEOUT, false,
                             "nothing came from the server within pingInterval and pingTimeout");
        return;
    }
    int64_t next = patience - silent;
    if (link->version == WEIR_SIO_OLD) {
        if (now >= link->next_ping_at) {
            weir_sio_send(link, false, WEIR_STR("2"), NULL);
            link->next_ping_at = now + link->ping_interval_ns;
        }
        if (link->next_ping_at - now < next)
            next = link->next_ping_at - now;
    }
    weir_timer_set(link->beat, next);
}

static void start_heart(weir_backend_link *link)
{
    link->alive_at = weir_mono_ns();
    link->next_ping_at = link->alive_at + link->ping_interval_ns;
    weir_sio_on_beat(link);
}

/* ------------------------------------------------------------------ joining */

static void become_up(weir_backend_link *link)
{
    link->state = WEIR_SIO_UP;
    weir_timer_cancel(link->deadline);
    link->sink.on_phase(link->sink.user, WEIR_LINK_UP, link->settings.nsp);
    const bool has_all = weir_sio_take_early(link);
    if (link->state == WEIR_SIO_UP && (link->is_paused || !has_all))
        weir_sio_set_paused(link);
}

/* ------------------------------------------------------------------ what comes early */

typedef struct early_head {
    uint64_t len;
    int64_t received_ns;
    uint64_t is_binary;
} early_head;

static bool is_event(weir_str packet)
{
    return packet.len > 1 && packet.ptr[0] == WEIR_EIO_MESSAGE &&
           packet.ptr[1] >= '0' + WEIR_SIO_EVENT && packet.ptr[1] != '0' + WEIR_SIO_CONNECT_ERROR;
}

/* A server of Socket.IO 2 joins us by itself, and may speak before we are ready to listen. */
static bool is_early(const weir_backend_link *link, bool is_binary, weir_str packet)
{
    const bool is_on_the_way = link->state == WEIR_SIO_PROBING ||
                               link->state == WEIR_SIO_GUESSING || link->state == WEIR_SIO_JOINING;
    return is_on_the_way && (is_binary || is_event(packet));
}

static void keep_early(weir_backend_link *link, bool is_binary, weir_str packet)
{
    const early_head head = {packet.len, link->received_ns, is_binary};
    if (packet.len > link->ws_settings.max_message - link->early.len) {
        weir_sio_finish_with(link, WEIR_ERR_LIMIT, true,
                             "what the server sent before the connect was complete is over "
                             "max_message");
        return;
    }
    weir_buf_put(&link->early, (weir_str){(const char *)&head, sizeof head});
    weir_buf_put(&link->early, packet);
    char *slack = weir_buf_reserve(&link->early, WEIR_JSON_SLACK);
    if (slack)
        memset(slack, 0, WEIR_JSON_SLACK);
    link->early.len += slack ? WEIR_JSON_SLACK : 0;
    if (link->early.failed)
        weir_sio_finish_with(link, WEIR_ERR_NOMEM, false, "out of memory");
}

bool weir_sio_take_early(weir_backend_link *link)
{
    const bool is_any = link->early_used < link->early.len;
    while (link->early_used < link->early.len && link->state == WEIR_SIO_UP && !link->is_paused) {
        early_head head;
        memcpy(&head, link->early.ptr + link->early_used, sizeof head);
        const weir_str packet = {link->early.ptr + link->early_used + sizeof head, head.len};
        link->early_used += sizeof head + head.len + WEIR_JSON_SLACK;
        link->received_ns = head.received_ns;
        weir_sio_take(link, head.is_binary, packet);
    }
    const bool is_all = link->early_used >= link->early.len;
    if (is_all) {
        weir_sio_reuse(&link->early);
        link->early_used = 0;
    }
    if (is_any && link->sink.on_batch && link->state == WEIR_SIO_UP)
        link->sink.on_batch(link->sink.user);
    return is_all;
}

static void put_packet(weir_backend_link *link, weir_sio_type type, weir_str id, weir_str json)
{
    const weir_sio_packet packet = {.type = type, .nsp = link->settings.nsp, .id = id};
    weir_sio_reuse(&link->out);
    weir_buf_putc(&link->out, WEIR_EIO_MESSAGE);
    weir_sio_packet_put_head(&link->out, &packet);
    weir_buf_put(&link->out, json);
}

static void send_connect(weir_backend_link *link)
{
    put_packet(link, WEIR_SIO_CONNECT, (weir_str){0}, link->hello);
    const weir_code code = link->out.failed
                               ? WEIR_ERR_NOMEM
                               : weir_sio_send(link, false, weir_buf_str(&link->out), NULL);
    weir_buf_wipe(&link->out); /* the payload is a secret */
    if (code != WEIR_OK)
        weir_sio_finish_with(link, code, false, "the CONNECT packet could not be sent");
}

void weir_sio_join(weir_backend_link *link)
{
    const bool is_root = weir_str_is(link->settings.nsp, "/");
    link->state = WEIR_SIO_JOINING;
    link->is_known = true;
    weir_sio_on_beat(link); /* whose turn it is to ping is only known now */
    if (link->state != WEIR_SIO_JOINING)
        return;
    weir_timer_set(link->deadline, link->ws_settings.upgrade_timeout_ns);
    if (link->version == WEIR_SIO_OLD && link->hello.len > 0)
        weir_sio_finish_with(link, WEIR_ERR_UNSUPPORTED, false,
                             "the server speaks Socket.IO 2, whose connect takes no login: give "
                             "auth.first_message an 'event', or log in by 'url' or 'headers'");
    else if (link->version == WEIR_SIO_NEW || !is_root)
        send_connect(link);
    else if (link->has_root)
        become_up(link);
}

void weir_sio_guess(weir_backend_link *link)
{
    link->version = WEIR_SIO_NEW;
    weir_sio_join(link);
    link->is_known = false; /* until the server's answer says so */
}

static void settle(weir_backend_link *link, bool says_max_payload)
{
    if (!link->is_on_ws && link->may_upgrade && link->offers_websocket) {
        weir_sio_probe(link);
    } else if (link->is_known || says_max_payload) {
        weir_sio_join(link);
    } else {
        link->state = WEIR_SIO_GUESSING;
        weir_timer_set(link->deadline, GUESS_NS);
    }
}

static void take_open(weir_backend_link *link, weir_str json)
{
    weir_eio_open open;
    weir_error error = {0};
    if (link->state != WEIR_SIO_OPENING) {
        break_off(link, "the server opened a session twice");
        return;
    }
    if (weir_eio_open_read(json, &open, &error) != WEIR_OK) {
        weir_sio_finish(link, &error, true);
        return;
    }
    link->ping_interval_ns = open.ping_interval_ns;
    link->ping_timeout_ns = open.ping_timeout_ns;
    link->max_payload = open.max_payload;
    link->offers_websocket = open.offers_websocket;
    weir_buf_put(&link->sid, open.sid);
    const bool has_session = !link->polling || weir_sio_polling_set_session(link->polling, &open);
    if (link->sid.failed || !has_session) {
        weir_sio_finish_with(link, WEIR_ERR_NOMEM, false, "out of memory");
        return;
    }
    weir_timer_cancel(link->deadline);
    start_heart(link);
    settle(link, open.max_payload > 0);
}

/* Without a session id the answer is one of Socket.IO 2, asked or not. */
static void take_old_connect(weir_backend_link *link, bool is_root)
{
    link->has_root = link->has_root || is_root;
    if (link->state == WEIR_SIO_GUESSING) {
        link->version = WEIR_SIO_OLD;
        weir_sio_join(link);
    } else if (link->version == WEIR_SIO_NEW && !link->is_known) {
        weir_sio_restart(link, WEIR_SIO_OLD);
    } else if (link->version == WEIR_SIO_NEW) {
        weir_sio_finish_with(
            link, WEIR_ERR_HANDSHAKE, true,
            "the server speaks Socket.IO 2; set the option 'version' to 2 or auto");
    } else if (link->state == WEIR_SIO_JOINING && is_root == weir_str_is(link->settings.nsp, "/")) {
        become_up(link);
    }
}

static void take_connect(weir_backend_link *link, const weir_sio_packet *packet, bool is_ours)
{
    weir_value whole, member;
    weir_json_error ignored;
    const bool has_sid = packet->json.len > 0 && weir_json_parse(packet->json, &whole, &ignored) &&
                         whole.kind == WEIR_RAW && whole.aux == WEIR_RAW_OBJECT &&
                         weir_json_member(&whole, WEIR_STR("sid"), &member);
    const bool is_root = weir_str_is(packet->nsp, "/");
    if (!has_sid || link->version == WEIR_SIO_OLD) {
        if (is_ours || is_root)
            take_old_connect(link, is_root);
        return;
    }
    if (!is_ours || link->state != WEIR_SIO_JOINING)
        return;
    link->is_known = true;
    link->drops_offset = weir_json_member(&whole, WEIR_STR("pid"), &member);
    become_up(link);
}

/* ------------------------------------------------------------------ refusals and goodbyes */

static void take_refusal(weir_backend_link *link, const weir_sio_packet *packet)
{
    weir_value whole, message;
    weir_json_error ignored;
    weir_str reason = packet->json;
    char shown[SHOWN_MAX];
    weir_error error;
    if (weir_json_parse(packet->json, &whole, &ignored)) {
        if (whole.kind == WEIR_RAW && whole.aux == WEIR_RAW_OBJECT &&
            weir_json_member(&whole, WEIR_STR("message"), &message))
            whole = message;
        reason =
            whole.kind == WEIR_STR || whole.kind == WEIR_RAW ? weir_value_text(&whole) : reason;
    }
    weir_http_show(reason, shown, sizeof shown);
    if (weir_str_is(reason, "Invalid namespace"))
        weir_fail(&error, WEIR_ERR_HANDSHAKE, "the server has no namespace '%.*s'",
                  WEIR_FMT(link->settings.nsp));
    else
        weir_fail(&error, WEIR_ERR_AUTH, "the server refused the connect: %s", shown);
    weir_sio_finish(link, &error, true);
}

static void take_disconnect(weir_backend_link *link)
{
    weir_sio_finish_with(link, WEIR_ERR_CLOSED, true,
                         "the server disconnected us from the namespace");
}

void weir_sio_leave(weir_backend_link *link)
{
    put_packet(link, WEIR_SIO_DISCONNECT, (weir_str){0}, (weir_str){0});
    if (!link->out.failed)
        weir_sio_send(link, false, weir_buf_str(&link->out), NULL);
}

/* ------------------------------------------------------------------ events in */

static void acknowledge(weir_backend_link *link, weir_str id)
{
    if (link->state != WEIR_SIO_UP)
        return;
    put_packet(link, WEIR_SIO_ACK, id, WEIR_STR("[]"));
    if (!link->out.failed)
        weir_sio_send(link, false, weir_buf_str(&link->out), NULL);
}

/* The name that an answer is handed over under; empty when nothing of ours waits for it. */
static weir_str find_asked(weir_backend_link *link, weir_str id_text)
{
    uint64_t id = 0;
    for (size_t i = 0; i < id_text.len; i++) {
        if (id > (UINT64_MAX - 9) / 10)
            return (weir_str){0};
        id = id * 10 + (uint64_t)(id_text.ptr[i] - '0');
    }
    weir_sio_asked *asked = &link->asked[id % WEIR_SIO_ACKS_MAX];
    if (id_text.len == 0 || asked->id != id || asked->name[0] == '\0')
        return (weir_str){0};
    weir_buf_clear(&link->room.name);
    weir_buf_printf(&link->room.name, "ack:%s", asked->name);
    asked->name[0] = '\0';
    return weir_buf_str(&link->room.name);
}

static void take_event(weir_backend_link *link, const weir_sio_packet *packet)
{
    const bool is_ack = packet->type == WEIR_SIO_ACK || packet->type == WEIR_SIO_BINARY_ACK;
    const weir_sio_reading reading = {
        .attachments = &link->attachments,
        .is_ack = is_ack,
        .drops_offset = link->drops_offset && !is_ack && packet->id.len == 0,
        .unquotes = link->settings.unquotes,
        .max_message = link->ws_settings.max_message,
    };
    weir_frame frame = {.received_ns = link->received_ns};
    weir_error error = {0};
    if (link->state != WEIR_SIO_UP)
        return; /* before the connect, or behind the end: there is no listener */
    if (weir_sio_event_read(packet->json, &reading, &link->room, &frame, &error) != WEIR_OK) {
        weir_sio_finish(link, &error, error.code != WEIR_ERR_NOMEM);
        return;
    }
    if (is_ack) {
        frame.name = find_asked(link, packet->id);
        if (frame.name.len == 0)
            return;
    }
    link->sink.on_frame(link->sink.user, &frame);
    if (!is_ack && packet->id.len > 0)
        acknowledge(link, packet->id);
}

/* ------------------------------------------------------------------ packets in */

/* Keeps a binary packet until its attachments are there. */
static void keep_pending(weir_backend_link *link, const weir_sio_packet *packet, weir_str text)
{
    char *room;
    weir_sio_reuse(&link->pending_text);
    room = weir_buf_reserve(&link->pending_text, text.len + WEIR_JSON_SLACK);
    if (!room) {
        weir_sio_finish_with(link, WEIR_ERR_NOMEM, false, "out of memory");
        return;
    }
    memcpy(room, text.ptr, text.len);
    memset(room + text.len, 0, WEIR_JSON_SLACK);
    link->pending = *packet;
    if (packet->nsp.ptr >= text.ptr && packet->nsp.ptr < text.ptr + text.len)
        link->pending.nsp.ptr = room + (packet->nsp.ptr - text.ptr);
    link->pending.id.ptr = room + (packet->id.ptr - text.ptr);
    link->pending.json.ptr = room + (packet->json.ptr - text.ptr);
    link->is_pending = true;
}

static void take_packet(weir_backend_link *link, const weir_sio_packet *packet)
{
    const bool is_ours = weir_str_eq(packet->nsp, link->settings.nsp);
    if (packet->type == WEIR_SIO_CONNECT)
        take_connect(link, packet, is_ours);
    else if (!is_ours)
        return; /* Socket.IO 2 has everybody in "/" as well */
    else if (packet->type == WEIR_SIO_DISCONNECT)
        take_disconnect(link);
    else if (packet->type == WEIR_SIO_CONNECT_ERROR)
        take_refusal(link, packet);
    else
        take_event(link, packet);
}

static void take_message(weir_backend_link *link, weir_str text)
{
    weir_sio_packet packet;
    weir_error error = {0};
    if (link->is_pending) {
        break_off(link, "a packet came in place of an attachment");
        return;
    }
    if (weir_sio_packet_read(text, &packet, &error) != WEIR_OK) {
        weir_sio_finish(link, &error, true);
        return;
    }
    weir_sio_attachments_clear(&link->attachments);
    if (packet.attachments > 0)
        keep_pending(link, &packet, text);
    else
        take_packet(link, &packet);
}

static void take_attachment(weir_backend_link *link, weir_str bytes)
{
    if (!link->is_pending) {
        break_off(link, "a binary message came that no packet has announced");
        return;
    }
    if (bytes.len > link->ws_settings.max_message - link->attachments.bytes.len) {
        weir_sio_finish_with(link, WEIR_ERR_LIMIT, true,
                             "the attachments of an event are over max_message");
        return;
    }
    if (!weir_sio_attachments_add(&link->attachments, bytes)) {
        weir_sio_finish_with(link, WEIR_ERR_NOMEM, false, "out of memory");
        return;
    }
    if (link->attachments.count < link->pending.attachments)
        return;
    link->is_pending = false;
    take_packet(link, &link->pending);
}

static void answer_ping(weir_backend_link *link, weir_str packet)
{
    weir_buf_clear(&link->out);
    weir_buf_putc(&link->out, WEIR_EIO_PONG);
    weir_buf_put(&link->out, (weir_str){packet.ptr + 1, packet.len - 1});
    if (!link->out.failed)
        weir_sio_send(link, false, weir_buf_str(&link->out), NULL);
}

void weir_sio_take(weir_backend_link *link, bool is_binary, weir_str packet)
{
    const bool is_over = link->state == WEIR_SIO_CLOSING || link->state == WEIR_SIO_RESTARTING ||
                         link->state == WEIR_SIO_DOWN;
    if (is_over)
        return;
    if (is_early(link, is_binary, packet)) {
        keep_early(link, is_binary, packet);
        return;
    }
    if (is_binary) {
        take_attachment(link, packet);
        return;
    }
    const char type = packet.len > 0 ? *packet.ptr : '\0';
    const weir_str rest = {packet.ptr + 1, packet.len > 0 ? packet.len - 1 : 0};
    if (type != WEIR_EIO_OPEN && link->sid.len == 0)
        break_off(link, "the server did not begin with an open packet");
    else if (type == WEIR_EIO_OPEN)
        take_open(link, rest);
    else if (type == WEIR_EIO_MESSAGE)
        take_message(link, rest);
    else if (type == WEIR_EIO_PING)
        answer_ping(link, packet);
    else if (type == WEIR_EIO_CLOSE)
        weir_sio_finish_with(link, WEIR_ERR_CLOSED, true, "the server closed the session");
    else if (type != WEIR_EIO_PONG && type != WEIR_EIO_NOOP)
        break_off(link, "an Engine.IO packet has no type that is known");
}

/* ------------------------------------------------------------------ events out */

/* Notes whose answer the next ack id will bring; its digits are appended to `out`. */
static weir_str ask_ack(weir_backend_link *link, weir_str name, char digits[24])
{
    if (!link->settings.asks_acks)
        return (weir_str){0};
    const uint64_t id = link->next_ack++;
    weir_sio_asked *asked = &link->asked[id % WEIR_SIO_ACKS_MAX];
    asked->id = id;
    snprintf(asked->name, sizeof asked->name, "%.*s", WEIR_FMT(name));
    snprintf(digits, 24, "%llu", (unsigned long long)id);
    return weir_str_of(digits);
}

static weir_code send_attachment(weir_backend_link *link, weir_str bytes, bool *queued)
{
    if (!link->is_on_ws || link->version != WEIR_SIO_OLD)
        return weir_sio_send(link, true, bytes, queued);
    weir_buf_clear(&link->out);
    weir_buf_putc(&link->out, WEIR_EIO_BINARY_MESSAGE);
    weir_buf_put(&link->out, bytes);
    return link->out.failed ? WEIR_ERR_NOMEM
                            : weir_sio_send(link, true, weir_buf_str(&link->out), queued);
}

weir_code weir_sio_emit(weir_backend_link *link, weir_frame_kind kind, weir_str name,
                        weir_str bytes, bool *queued)
{
    const bool is_binary = kind == WEIR_FRAME_BINARY;
    char digits[24];
    if (name.len == 0)
        name = WEIR_STR("message"); /* as `send` of every Socket.IO client */
    if (weir_sio_event_is_reserved(name))
        return WEIR_ERR_ARGUMENT;
    const weir_sio_packet packet = {.type = is_binary ? WEIR_SIO_BINARY_EVENT : WEIR_SIO_EVENT,
                                    .attachments = is_binary,
                                    .nsp = link->settings.nsp,
                                    .id = ask_ack(link, name, digits)};
    weir_sio_reuse(&link->out);
    weir_buf_putc(&link->out, WEIR_EIO_MESSAGE);
    weir_sio_packet_put_head(&link->out, &packet);
    weir_sio_event_put(&link->out, name, kind, bytes, link->settings.spreads, &link->scratch);
    if (link->out.failed)
        return WEIR_ERR_NOMEM;
    if (link->max_payload > 0 &&
        (link->out.len > link->max_payload || (is_binary && bytes.len > link->max_payload)))
        return WEIR_ERR_LIMIT; /* the server would have to end the connection for it */
    weir_code code = weir_sio_send(link, false, weir_buf_str(&link->out), queued);
    if (code != WEIR_OK || !is_binary)
        return code;
    code = send_attachment(link, bytes, queued);
    if (code != WEIR_OK) /* the server waits for it: there is no way back */
        weir_sio_finish_with(link, code, false, "an attachment could not be sent");
    return code;
}
