/* SPDX-License-Identifier: MIT */
/*
 * The life of a websocket: OPENING (the stream), UPGRADING, UP, then an end in one of two ways.
 * CLOSING: our close frame is out, the peer's is awaited for the linger. DISCARDING: the peer has
 * closed, or has broken the protocol and was told so; input is thrown away until it hangs up, at
 * most for DISCARD_NS and DISCARD_BYTES, because closing a socket with unread input resets it and
 * the peer would never see our close frame. DOWN: on_down comes with the next turn of the loop.
 *
 * That last detour is what makes callbacks simple: whatever an owner does inside one of them
 * (close, send, pause), nothing is freed before the stack has unwound.
 *
 * Reading: pump() takes turns of consume() (use the frames that are there) and one read. A pause
 * stops between two frames; what was read stays in the inbox. TLS may hold bytes that no readiness
 * announces, so pump() only waits for the descriptor when the stream says it is drained, and
 * otherwise comes back by timer when its budget for one turn is spent.
 *
 * Writing: a failed write does not end the link at once. The reason is usually still in the
 * receive queue (a close frame before the reset), so the read side is left to find the end.
 */
#include "backends/wire/ws_client.h"

#include <stdlib.h>

#include "backends/wire/frame.h"
#include "backends/wire/inbox.h"
#include "backends/wire/message.h"
#include "backends/wire/run.h"
#include "backends/wire/sender.h"
#include "backends/wire/stream.h"
#include "backends/wire/upgrade.h"
#include "backends/wire/ws_request.h"
#include "util/error.h"
#include "util/time.h"
#include "util/utf8.h"

#define DISCARD_NS (2 * WEIR_NS_PER_S)

enum { READ_BUDGET = 256 * 1024, DISCARD_BYTES = 32 * 1024 * 1024 };

typedef enum client_state {
    STATE_OPENING,
    STATE_UPGRADING,
    STATE_UP,
    STATE_CLOSING,
    STATE_DISCARDING,
    STATE_DOWN
} client_state;

struct weir_ws_client {
    weir_loop *loop;
    weir_link_sink sink;
    weir_ws_settings settings;
    weir_url url;
    weir_stream *stream;
    client_state state;
    weir_upgrade_expect expect;
    weir_inbox inbox;
    size_t frame_size; /* of the frame that is cut off at the end of the inbox, 0 unknown */
    weir_ws_reader reader;
    weir_message message;
    weir_sender sender;
    weir_timer *deadline; /* of the state */
    weir_timer *again;    /* goes on with pump(), or delivers the end */
    weir_timer *ping;
    int64_t received_ns;
    int64_t next_ping;    /* monotonic */
    int64_t silent_since; /* a keep-alive ping was sent then and nothing has come; 0: not so */
    size_t discarded;
    bool is_paused;
    bool owes_batch;     /* on_frame was called, and on_batch not since */
    bool owes_drained;   /* a send was told "queued" */
    bool waits_to_write; /* the stream took less than all */
    bool cannot_write;   /* a write failed; write_error tells why */
    bool has_sent_close; /* a close frame is sent or queued */
    bool has_ended_writing;
    bool has_end;
    weir_error write_error;
    weir_link_end end;
};

/* --- the end --------------------------------------------------------------------------------- */

/* Records why the link ends; the first reason stands. */
static void set_end(weir_ws_client *client, const weir_error *error, int close_code, bool by_peer)
{
    if (!client->has_end) {
        client->has_end = true;
        client->end.error = *error;
        client->end.close_code = close_code;
        client->end.by_peer = by_peer;
    }
}

static void update_interest(weir_ws_client *client)
{
    bool reads = client->state == STATE_UP ? !client->is_paused : client->state != STATE_DOWN;
    bool writes = client->waits_to_write && client->state != STATE_DOWN;
    weir_stream_want(client->stream, reads, writes);
}

/* The link is over; on_down follows from the loop. */
static void finish(weir_ws_client *client)
{
    if (client->state == STATE_DOWN) {
        return;
    }
    client->state = STATE_DOWN;
    weir_timer_cancel(client->deadline);
    weir_timer_cancel(client->ping);
    update_interest(client);
    weir_timer_set(client->again, 0);
}

static void finish_with(weir_ws_client *client, weir_code code, int close_code, bool by_peer,
                        const char *text)
{
    weir_error error = {0};
    if (code != WEIR_OK) {
        weir_fail(&error, code, "%s", text);
    }
    set_end(client, &error, close_code, by_peer);
    finish(client);
}

static void client_free(weir_ws_client *client)
{
    weir_stream_close(client->stream);
    weir_timer_free(client->deadline);
    weir_timer_free(client->again);
    weir_timer_free(client->ping);
    weir_inbox_fini(&client->inbox);
    weir_message_fini(&client->message);
    weir_sender_fini(&client->sender);
    free(client);
}

static void deliver_end(weir_ws_client *client)
{
    weir_stream_close(client->stream);
    client->stream = NULL;
    client->sink.on_down(client->sink.user, &client->end);
    client_free(client);
}

/* --- writing --------------------------------------------------------------------------------- */

/* A peer that discards us gets a FIN as soon as it has all that we had to say. */
static void end_writing(weir_ws_client *client)
{
    if (client->state == STATE_DISCARDING && !client->has_ended_writing) {
        client->has_ended_writing = true;
        weir_stream_end_writing(client->stream);
    }
}

static void flush(weir_ws_client *client)
{
    if (client->cannot_write || client->state == STATE_DOWN) {
        return;
    }
    weir_error error = {0};
    weir_io io = weir_sender_flush(&client->sender, client->stream, &error);
    client->waits_to_write = io == WEIR_IO_WAIT_READ || io == WEIR_IO_WAIT_WRITE;
    if (io == WEIR_IO_FAILED) {
        client->cannot_write = true;
        client->write_error = error;
        weir_sender_drop(&client->sender);
        if (client->state == STATE_UP) {
            weir_timer_set(client->deadline, DISCARD_NS);
        }
    } else if (io == WEIR_IO_OK) {
        end_writing(client);
    }
    update_interest(client);
}

static void on_writable(void *user)
{
    weir_ws_client *client = user;
    flush(client);
    bool is_drained = weir_sender_pending(&client->sender) == 0 && !client->cannot_write;
    if (is_drained && client->owes_drained && client->state == STATE_UP) {
        client->owes_drained = false;
        client->sink.on_drained(client->sink.user);
    }
}

static void send_close(weir_ws_client *client, int code, weir_str reason)
{
    if (!client->has_sent_close) {
        client->has_sent_close = true;
        weir_sender_close(&client->sender, code, reason);
    }
}

/* --- ending by protocol ---------------------------------------------------------------------- */

static void start_discarding(weir_ws_client *client)
{
    client->state = STATE_DISCARDING;
    client->inbox.start = client->inbox.end = 0;
    weir_timer_cancel(client->ping);
    weir_timer_set(client->deadline, DISCARD_NS);
    flush(client);
    update_interest(client);
}

/* The peer broke the protocol, or asks for more than our limits: tells it so. */
static void blame_peer(weir_ws_client *client, const weir_ws_fault *fault)
{
    set_end(client, &fault->error, fault->close_code, false);
    send_close(client, fault->close_code, weir_str_of(fault->error.text));
    start_discarding(client);
}

static void on_close_frame(weir_ws_client *client, const weir_ws_frame *frame)
{
    int code;
    weir_str reason;
    weir_ws_fault fault;
    if (!weir_ws_read_close(frame, &code, &reason, &fault)) {
        blame_peer(client, &fault);
        return;
    }
    bool by_peer = client->state == STATE_UP;
    set_end(client, &(weir_error){0}, code, by_peer);
    if (reason.len > 0) {
        memcpy(client->end.close_reason, reason.ptr, reason.len);
        client->end.close_reason[reason.len] = '\0';
    }
    if (!by_peer) {
        weir_stream_end_writing(client->stream);
        finish(client); /* both close frames have gone their way */
        return;
    }
    send_close(client, code, (weir_str){NULL, 0});
    start_discarding(client);
}

/* --- frames ---------------------------------------------------------------------------------- */

static void on_data_frame(weir_ws_client *client, const weir_ws_frame *frame)
{
    if (client->state != STATE_UP) {
        return; /* we have closed: what the peer still says has no listener */
    }
    bool is_text;
    weir_str bytes;
    weir_ws_fault fault;
    switch (weir_message_add(&client->message, frame, &is_text, &bytes, &fault)) {
    case WEIR_MESSAGE_MORE: return;
    case WEIR_MESSAGE_FAULT: blame_peer(client, &fault); return;
    case WEIR_MESSAGE_DONE: break;
    }
    weir_frame whole = {.kind = is_text ? WEIR_FRAME_TEXT : WEIR_FRAME_BINARY,
                        .bytes = bytes,
                        .received_ns = client->received_ns};
    client->owes_batch = true;
    client->sink.on_frame(client->sink.user, &whole);
}

static void on_frame(weir_ws_client *client, const weir_ws_frame *frame)
{
    if (frame->opcode < WEIR_WS_CLOSE) {
        on_data_frame(client, frame);
    } else if (frame->opcode == WEIR_WS_CLOSE) {
        on_close_frame(client, frame);
    } else if (frame->opcode == WEIR_WS_PING && !client->has_sent_close && !client->cannot_write) {
        weir_sender_pong(&client->sender, (weir_bytes){frame->payload, frame->len});
        if (client->sink.on_pong)
            client->sink.on_pong(client->sink.user);
    }
}

static bool takes_frames(const weir_ws_client *client)
{
    return (client->state == STATE_UP && !client->is_paused) || client->state == STATE_CLOSING;
}

/* Hands over the run of plain messages at the start of the inbox. What is unusual stays there, a
 * text that is not UTF-8 as well: it is found out a second time, where that is dealt with. The
 * owner may close or pause in on_frame; the bytes stay where they are until that has returned. */
static void consume_plain(weir_ws_client *client)
{
    weir_inbox *inbox = &client->inbox;
    const uint8_t *const end = inbox->ptr + inbox->end;
    const uint8_t *at = inbox->ptr + inbox->start;
    const weir_link_sink *const sink = &client->sink;
    weir_frame whole = {.received_ns = client->received_ns};
    while (client->state == STATE_UP && !client->is_paused && end - at >= 2) {
        weir_ws_frame frame;
        const weir_bytes left = {at, (size_t)(end - at)};
        const size_t size = weir_ws_read_plain(&client->reader, left, &frame);
        whole.bytes = (weir_str){(const char *)frame.payload, frame.len};
        if (size == 0 || (frame.opcode == WEIR_WS_TEXT && !weir_utf8_valid(whole.bytes))) {
            return;
        }
        at += size;
        inbox->start += size;
        whole.kind = frame.opcode == WEIR_WS_TEXT ? WEIR_FRAME_TEXT : WEIR_FRAME_BINARY;
        client->owes_batch = true;
        sink->on_frame(sink->user, &whole);
    }
}

/* The owner takes what it can by itself. */
static void offer_run(weir_ws_client *client)
{
    weir_inbox *inbox = &client->inbox;
    const uint8_t *const start = inbox->ptr + inbox->start;
    weir_frame_run run = {
        .at = start, .end = inbox->ptr + inbox->end, .received_ns = client->received_ns};
    if (!client->sink.on_run || client->state != STATE_UP || client->is_paused ||
        client->reader.is_in_message || client->reader.max_message < WEIR_FRAME_RUN_LEN_MAX) {
        return;
    }
    client->sink.on_run(client->sink.user, &run);
    inbox->start += (size_t)(run.at - start);
    client->owes_batch = client->owes_batch || run.at != start;
}

/* The frames that feeds are made of. */
static void consume_short(weir_ws_client *client)
{
    const weir_inbox *inbox = &client->inbox;
    if (inbox->start < inbox->end) {
        offer_run(client);
    }
    if (inbox->start < inbox->end) {
        consume_plain(client);
    }
}

static void consume_frames(weir_ws_client *client)
{
    weir_inbox *inbox = &client->inbox;
    client->frame_size = 0;
    consume_short(client);
    while (takes_frames(client) && inbox->start < inbox->end) {
        weir_ws_frame frame;
        weir_ws_fault fault;
        weir_ws_step step = weir_ws_read(&client->reader, weir_inbox_bytes(inbox), &frame, &fault);
        if (step == WEIR_WS_FAULT) {
            blame_peer(client, &fault);
            break;
        }
        if (step == WEIR_WS_MORE) {
            client->frame_size = frame.size;
            break;
        }
        inbox->start += frame.size;
        on_frame(client, &frame);
        consume_short(client);
    }
    if (client->owes_batch && client->sink.on_batch) {
        client->sink.on_batch(client->sink.user);
    }
    client->owes_batch = false;
    /* Pongs wait for the end of the batch; one write carries them all. */
    if (weir_sender_pending(&client->sender) > 0 && !client->waits_to_write) {
        flush(client);
    }
}

/* --- the upgrade ----------------------------------------------------------------------------- */

static bool set_up_deflate(weir_ws_client *client, const weir_upgrade_reply *reply)
{
    client->reader.allows_deflate = reply->has_deflate;
    return !reply->has_deflate ||
           weir_message_allow_deflate(&client->message, reply->server_window_bits,
                                      reply->server_keeps_context, client->settings.inflate_ratio);
}

static void become_up(weir_ws_client *client, const weir_upgrade_reply *reply)
{
    client->state = STATE_UP;
    weir_timer_cancel(client->deadline);
    weir_buf_wipe(&client->sender.queue); /* the request may have held credentials */
    client->sender.sent = 0;
    if (!set_up_deflate(client, reply)) {
        finish_with(client, WEIR_ERR_NOMEM, 0, false, "out of memory");
        return;
    }
    if (client->settings.ping_interval_ns > 0) {
        client->next_ping = weir_mono_ns() + client->settings.ping_interval_ns;
        weir_timer_set(client->ping, client->settings.ping_interval_ns);
    }
    client->sink.on_phase(client->sink.user, WEIR_LINK_UP, reply->subprotocol);
}

static void read_upgrade(weir_ws_client *client)
{
    weir_bytes bytes = weir_inbox_bytes(&client->inbox);
    weir_str text = {(const char *)bytes.ptr, bytes.len};
    weir_upgrade_reply reply;
    weir_error error = {0};
    switch (weir_upgrade_read(text, &client->expect, weir_now_ns(), &reply, &error)) {
    case WEIR_HTTP_MORE: return;
    case WEIR_HTTP_BAD:
        client->end.http_status = reply.http_status;
        client->end.retry_after_ns = reply.retry_after_ns;
        set_end(client, &error, 0, reply.http_status != 0);
        finish(client);
        return;
    case WEIR_HTTP_DONE:
        client->inbox.start += reply.len;
        become_up(client, &reply);
        return;
    }
}

static void on_open(void *user)
{
    weir_ws_client *client = user;
    if (client->state != STATE_OPENING) {
        return;
    }
    client->state = STATE_UPGRADING;
    weir_timer_set(client->deadline, client->settings.upgrade_timeout_ns);
    client->sink.on_phase(client->sink.user, WEIR_LINK_UPGRADING, (weir_str){"", 0});
    flush(client);
}

/* --- reading --------------------------------------------------------------------------------- */

static void consume(weir_ws_client *client)
{
    if (client->state == STATE_UPGRADING && client->inbox.start < client->inbox.end) {
        read_upgrade(client);
    }
    if (client->state == STATE_DISCARDING) {
        client->discarded += client->inbox.end - client->inbox.start;
        client->inbox.start = client->inbox.end = 0;
        if (client->discarded > DISCARD_BYTES) {
            finish(client);
        }
        return;
    }
    consume_frames(client);
}

/* The peer has hung up, or the connection broke; `error` may tell why. */
static void on_hang_up(weir_ws_client *client, weir_io io, const weir_error *error)
{
    switch (client->state) {
    case STATE_UPGRADING:
        if (io == WEIR_IO_EOF) {
            finish_with(client, WEIR_ERR_HANDSHAKE, 0, true,
                        "the server closed the connection before it answered the upgrade request");
        } else {
            finish_with(client, error->code == WEIR_ERR_TLS ? WEIR_ERR_TLS : WEIR_ERR_HANDSHAKE, 0,
                        true, error->text);
        }
        return;
    case STATE_CLOSING: /* what we wanted, if without a word */
        finish_with(client, WEIR_OK, WEIR_WS_CLOSE_ABNORMAL, false, "");
        return;
    default:
        if (io == WEIR_IO_EOF) {
            finish_with(client, WEIR_ERR_CLOSED, WEIR_WS_CLOSE_ABNORMAL, true,
                        "the server closed the connection without a close frame");
        } else {
            finish_with(client, error->code, WEIR_WS_CLOSE_ABNORMAL, true, error->text);
        }
    }
}

static bool may_read(const weir_ws_client *client)
{
    return client->state == STATE_UPGRADING || client->state == STATE_DISCARDING ||
           takes_frames(client);
}

static void read_all(weir_ws_client *client)
{
    size_t used = 0;
    consume(client);
    while (may_read(client)) {
        if (used >= READ_BUDGET) {
            weir_timer_set(client->again, 0); /* let the other connections have their turn */
            return;
        }
        if (!weir_inbox_make_room(&client->inbox, client->loop, client->frame_size)) {
            finish_with(client, WEIR_ERR_NOMEM, WEIR_WS_CLOSE_ABNORMAL, false, "out of memory");
            return;
        }
        weir_error error = {0};
        size_t got;
        weir_io io = weir_stream_read(client->stream, client->inbox.ptr + client->inbox.end,
                                      client->inbox.cap - client->inbox.end, &got, &error);
        if (io == WEIR_IO_EOF || io == WEIR_IO_FAILED) {
            on_hang_up(client, io, &error);
            return;
        }
        if (io != WEIR_IO_OK) {
            return;
        }
        weir_inbox_took(&client->inbox, got);
        used += got;
        client->received_ns = weir_now_ns();
        client->silent_since = 0;
        if (client->state == STATE_UP) {
            client->sink.on_alive(client->sink.user);
        }
        consume(client);
        if (weir_stream_is_drained(client->stream)) {
            return;
        }
    }
}

static void pump(weir_ws_client *client)
{
    read_all(client);
    weir_inbox_rest(&client->inbox, client->loop);
}

static void on_readable(void *user)
{
    pump(user);
}

static void on_again(void *user)
{
    weir_ws_client *client = user;
    if (client->state == STATE_DOWN) {
        deliver_end(client);
    } else if (client->state != STATE_OPENING) {
        pump(client);
    }
}

/* --- timers and the stream's news ------------------------------------------------------------ */

static void on_deadline(void *user)
{
    weir_ws_client *client = user;
    switch (client->state) {
    case STATE_UPGRADING:
        finish_with(client, WEIR_ERR_TIMEOUT, 0, false,
                    "the answer to the upgrade request took longer than upgrade_timeout");
        return;
    case STATE_CLOSING:
        finish_with(client, WEIR_ERR_TIMEOUT, WEIR_WS_CLOSE_ABNORMAL, false,
                    "the server did not answer the close in time");
        return;
    case STATE_UP: /* writing has failed and reading found no reason */
        if (client->is_paused) {
            weir_timer_set(client->deadline, DISCARD_NS);
            return; /* unread messages may wait: the end comes after them */
        }
        finish_with(client, client->write_error.code, WEIR_WS_CLOSE_ABNORMAL, true,
                    client->write_error.text);
        return;
    default: finish(client);
    }
}

/* Sends a ping when one is due, and looks whether an earlier one was in vain. */
static void on_ping_timer(void *user)
{
    weir_ws_client *client = user;
    const weir_ws_settings *settings = &client->settings;
    if (client->state != STATE_UP) {
        return;
    }
    int64_t now = weir_mono_ns();
    if (client->is_paused) {
        client->silent_since = 0; /* what came lies unread */
    }
    if (client->silent_since && now - client->silent_since >= settings->ping_timeout_ns) {
        finish_with(client, WEIR_ERR_TIMEOUT, WEIR_WS_CLOSE_ABNORMAL, false,
                    "nothing came within ping_timeout after a ping");
        return;
    }
    if (now >= client->next_ping && !client->cannot_write) {
        weir_sender_put(&client->sender, WEIR_WS_PING, (weir_bytes){NULL, 0});
        client->silent_since = client->silent_since ? client->silent_since : now;
        if (!client->waits_to_write) { /* else on_writable flushes, and tells of it */
            flush(client);
        }
    }
    client->next_ping =
        now >= client->next_ping ? now + settings->ping_interval_ns : client->next_ping;
    int64_t next = client->next_ping;
    if (client->silent_since && client->silent_since + settings->ping_timeout_ns < next) {
        next = client->silent_since + settings->ping_timeout_ns;
    }
    weir_timer_set(client->ping, next - now);
}

static void on_phase(void *user, weir_link_phase phase, weir_str detail)
{
    weir_ws_client *client = user;
    if (client->state != STATE_OPENING) {
        return;
    }
    if (phase == WEIR_LINK_SECURING && !client->settings.tls.verifies) {
        weir_error warning;
        weir_fail(&warning, WEIR_ERR_TLS,
                  "tls.verify is off: anyone between here and %s can read and change what is sent",
                  client->url.host);
        client->sink.on_warning(client->sink.user, &warning);
    }
    client->sink.on_phase(client->sink.user, phase, detail);
}

static void on_failed(void *user, const weir_error *error)
{
    weir_ws_client *client = user;
    set_end(client, error, 0, false);
    finish(client);
}

/* --- the calls ------------------------------------------------------------------------------- */

static bool open_stream(weir_ws_client *client, weir_loop *loop, weir_error *error)
{
    const weir_ws_settings *settings = &client->settings;
    weir_stream_config config = {
        .url = &client->url,
        .proxy = weir_ws_settings_proxy(settings, client->url.is_secure),
        .tls = settings->tls,
        .resolve_timeout_ns = settings->resolve_timeout_ns,
        .connect_timeout_ns = settings->connect_timeout_ns,
        .stagger_ns = settings->stagger_ns,
        .tls_timeout_ns = settings->tls_timeout_ns,
    };
    weir_stream_sink sink = {client, on_phase, on_open, on_failed, on_readable, on_writable};
    client->stream = weir_stream_open(loop, &config, &sink, error);
    return client->stream;
}

static bool make_timers(weir_ws_client *client, weir_loop *loop, weir_error *error)
{
    client->deadline = weir_timer_new(loop, on_deadline, client);
    client->again = weir_timer_new(loop, on_again, client);
    client->ping = weir_timer_new(loop, on_ping_timer, client);
    if (!client->deadline || !client->again || !client->ping) {
        weir_fail_nomem(error);
        return false;
    }
    return true;
}

weir_ws_client *weir_ws_client_open_with(weir_loop *loop, const weir_link_target *target,
                                         const weir_ws_settings *settings,
                                         const weir_link_sink *sink, weir_error *error)
{
    weir_ws_client *client = calloc(1, sizeof *client);
    if (!client) {
        weir_fail_nomem(error);
        return NULL;
    }
    client->loop = loop;
    client->sink = *sink;
    client->settings = *settings;
    weir_sender_init(&client->sender, settings->max_queue);
    weir_message_init(&client->message, settings->max_message);
    client->reader.max_message = settings->max_message;
    if (weir_url_parse_ws(target->url, &client->url, error) != WEIR_OK ||
        weir_ws_request(&client->url, settings, target, &client->sender.queue, &client->expect,
                        error) != WEIR_OK ||
        !make_timers(client, loop, error) || !open_stream(client, loop, error)) {
        client_free(client);
        return NULL;
    }
    return client;
}

weir_ws_client *weir_ws_client_open(weir_loop *loop, const weir_link_target *target,
                                    const weir_link_sink *sink, weir_error *error)
{
    weir_ws_settings settings;
    weir_ws_settings_read(target->options, &settings);
    return weir_ws_client_open_with(loop, target, &settings, sink, error);
}

weir_code weir_ws_client_send(weir_ws_client *client, weir_frame_kind kind, weir_str bytes,
                              bool *queued)
{
    if (queued) {
        *queued = false;
    }
    if (client->state != STATE_UP || client->cannot_write) {
        return WEIR_ERR_STATE;
    }
    bool is_text = kind == WEIR_FRAME_TEXT;
    if (is_text && !weir_utf8_valid(bytes)) {
        return WEIR_ERR_ARGUMENT; /* the server would have to end the connection for it */
    }
    weir_code code = weir_sender_put(&client->sender, is_text ? WEIR_WS_TEXT : WEIR_WS_BINARY,
                                     (weir_bytes){(const uint8_t *)bytes.ptr, bytes.len});
    if (code != WEIR_OK) {
        return code;
    }
    if (!client->waits_to_write) {
        flush(client);
    }
    if (client->cannot_write) {
        return WEIR_ERR_CLOSED;
    }
    bool waits = weir_sender_pending(&client->sender) > 0;
    client->owes_drained = client->owes_drained || waits;
    if (queued) {
        *queued = waits;
    }
    return WEIR_OK;
}

weir_code weir_ws_client_probe(weir_ws_client *client)
{
    if (client->state != STATE_UP || client->cannot_write) {
        return WEIR_ERR_STATE;
    }
    weir_code code = weir_sender_put(&client->sender, WEIR_WS_PING, (weir_bytes){NULL, 0});
    if (code == WEIR_OK && !client->waits_to_write) {
        flush(client);
    }
    return code;
}

void weir_ws_client_pause(weir_ws_client *client, bool paused)
{
    if (client->is_paused == paused) {
        return;
    }
    client->is_paused = paused;
    client->silent_since = 0;
    if (client->state != STATE_UP) {
        return; /* holds from UP on */
    }
    update_interest(client);
    if (!paused) {
        weir_timer_set(client->again, 0); /* for what the inbox and TLS hold */
    }
}

void weir_ws_client_close(weir_ws_client *client, int code, weir_str reason, int64_t linger_ns)
{
    if (client->state == STATE_OPENING || client->state == STATE_UPGRADING) {
        finish_with(client, WEIR_OK, 0, false, "");
        return;
    }
    if (client->state == STATE_UP) {
        client->state = STATE_CLOSING;
        weir_timer_cancel(client->ping);
        send_close(client, weir_ws_is_close_code(code) ? code : WEIR_WS_CLOSE_NONE, reason);
        weir_timer_set(client->deadline, linger_ns);
        flush(client);
        update_interest(client);
        weir_timer_set(client->again, 0); /* a pause no longer holds */
    }
    if (linger_ns <= 0 && client->state != STATE_DOWN) {
        weir_stream_end_writing(client->stream);
        finish_with(client, WEIR_OK, WEIR_WS_CLOSE_ABNORMAL, false, "");
    }
}
