/* SPDX-License-Identifier: MIT */
/*
 * ZeroMQ. A link is one socket (zmq_socket.h) whose two descriptors, of messages and of what
 * happens to its connection, are in the loop. It is up when the handshake is over, or - bound -
 * when it listens; it ends when the connection is lost and all that it had brought is read. That
 * libzmq would connect again tells a lost connection from one that libzmq cut off itself, because
 * the peer broke the protocol.
 *
 * What a wrong CURVE key looks like is a peer that hangs up during the handshake, as one does that
 * is just going down. So a handshake with a login that was cut off is tried again on the same link,
 * and a third time it is a refusal.
 *
 * Names are resolved here, off the loop: libzmq would block the one thread that serves all sockets.
 * Messages are copied into a buffer of the link, as decoders read ahead of the end of what they are
 * given and libzmq's memory ends where the message does.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "backends/backend.h"
#include "backends/wire/loop.h"
#include "backends/wire/message.h"
#include "backends/wire/resolve.h"
#include "backends/zmq_socket.h"
#include "util/buf.h"
#include "util/crypto.h"
#include "util/error.h"
#include "util/parts.h"
#include "util/time.h"

enum {
    TURN_MESSAGES = 256,
    TURN_BYTES = 1024 * 1024,
    KEPT_MAX = 1024 * 1024, /* of the buffer, once messages are small again */
    SMALL_RUN = 1024,
    CUT_MAX = 3, /* handshakes with a login that are cut off: then it is refused */
    LINGER_MAX_MS = 250,
    ENDPOINT_MAX = WEIR_HOST_MAX + WEIR_ZMQ_PATH_MAX
};

#define SETTLE_NS     (50 * WEIR_NS_PER_MS)
#define CUT_PAUSE_NS  (300 * WEIR_NS_PER_MS)
#define WARN_EVERY_NS (10 * WEIR_NS_PER_S)

typedef enum stage {
    STAGE_NEW,
    STAGE_RESOLVING,
    STAGE_CONNECTING,
    STAGE_HANDSHAKE,
    STAGE_PAUSE, /* before the next try after a handshake that was cut off */
    STAGE_UP,
    STAGE_SETTLING /* the connection is lost; what it brought is still read */
} stage;

struct weir_backend_link {
    weir_loop *loop;
    weir_link_sink sink;
    weir_zmq_settings settings;
    weir_zmq_login login;
    weir_zmq_endpoint endpoint;
    weir_buf texts; /* filter and routing id, which the options only lend */
    bool hears_all; /* SUB: no filter, and no topics will be asked for */
    stage stage;
    weir_zmq_socket *socket;
    weir_watch *watch, *monitor_watch;
    weir_timer *turn;     /* drains in the next turn of the loop; the first one starts */
    weir_timer *deadline; /* of the stage */
    weir_resolve *resolve;
    weir_addresses addresses;
    size_t tried;       /* addresses */
    int64_t give_up_ns; /* monotonic: the end of connect_timeout */
    unsigned cut;       /* handshakes in a row */
    unsigned depth;     /* of calls in or out: the link is not freed inside one */
    bool is_paused, is_over;
    bool is_settled;
    bool is_retried; /* libzmq would connect again: the connection was lost, not cut off */
    int linger_ms;
    weir_link_end end;
    uint64_t refused; /* peers of a bound socket, since the last warning */
    int64_t warned_ns;
    weir_buf message, topic;
    unsigned small_in_a_row; /* messages, since a large one was there */
};

/* ------------------------------------------------------------------ endings */

static void close_socket(weir_backend_link *link, int linger_ms)
{
    weir_watch_close(link->watch);
    weir_watch_close(link->monitor_watch);
    link->watch = link->monitor_watch = NULL;
    weir_zmq_socket_close(link->socket, linger_ms);
    link->socket = NULL;
}

static void free_link(weir_backend_link *link)
{
    close_socket(link, link->linger_ms);
    weir_resolve_close(link->resolve);
    weir_timer_free(link->turn);
    weir_timer_free(link->deadline);
    weir_wipe(&link->login, sizeof link->login);
    weir_buf_fini(&link->texts);
    weir_buf_fini(&link->message);
    weir_buf_fini(&link->topic);
    free(link);
}

/*
 * Whatever comes in from the loop or the owner stands between enter and leave, and so the link is
 * ended in one place, when nothing of it is at work any more. In between, is_over tells.
 */
static void enter(weir_backend_link *link)
{
    link->depth++;
}

static void leave(weir_backend_link *link)
{
    if (--link->depth > 0 || !link->is_over)
        return;
    const weir_link_sink sink = link->sink;
    const weir_link_end end = link->end;
    free_link(link);
    sink.on_down(sink.user, &end);
}

static void fail(weir_backend_link *link, weir_code code, const char *format, ...)
    WEIR_PRINTF(3, 4);
static void fail(weir_backend_link *link, weir_code code, const char *format, ...)
{
    if (link->is_over)
        return;
    va_list args;
    va_start(args, format);
    weir_failv(&link->end.error, code, format, args);
    va_end(args);
    link->is_over = true;
}

/* ------------------------------------------------------------------ receiving */

typedef enum receipt { RECEIPT_NONE, RECEIPT_MESSAGE, RECEIPT_FAILED } receipt;

/* Appends a part to the message; `is_one_of_several`: behind its length. */
static bool put_part(weir_buf *message, weir_str part, bool is_one_of_several)
{
    const size_t head = is_one_of_several ? WEIR_PART_HEAD : 0;
    char *room = weir_buf_reserve(message, head + part.len + WEIR_FRAME_SLACK);
    if (!room)
        return false;
    if (is_one_of_several)
        weir_part_put_head(room, (uint32_t)part.len);
    if (part.len > 0)
        memcpy(room + head, part.ptr, part.len);
    memset(room + head + part.len, 0, WEIR_FRAME_SLACK);
    message->len += head + part.len;
    return true;
}

/* Where a part goes: nowhere (the delimiter), to the topic, to the message. */
static bool take_part(weir_backend_link *link, weir_str part, size_t index, bool has_more,
                      weir_frame *frame)
{
    if (link->settings.has_delimiter && index == 0 && part.len == 0 && has_more)
        return true;
    if (link->settings.has_topic && !frame->name.ptr && has_more) {
        weir_buf_put(&link->topic, part);
        frame->name = (weir_str){weir_buf_cstr(&link->topic), part.len};
        return !link->topic.failed;
    }
    frame->has_parts = frame->has_parts || has_more;
    return put_part(&link->message, part, frame->has_parts);
}

/* A large message leaves a large buffer, which goes when a run of small ones has passed. */
static void trim(weir_backend_link *link)
{
    if (link->message.len > KEPT_MAX)
        link->small_in_a_row = 0;
    else if (link->message.cap > KEPT_MAX && ++link->small_in_a_row >= SMALL_RUN)
        weir_buf_fini(&link->message);
}

/* One message with all its parts, which libzmq gives whole or not at all. */
static receipt receive(weir_backend_link *link, weir_frame *frame)
{
    weir_str part;
    size_t total = 0;
    bool has_more = true;
    trim(link);
    weir_buf_clear(&link->message);
    weir_buf_clear(&link->topic);
    for (size_t i = 0; has_more; i++) {
        if (!weir_zmq_socket_part(link->socket, &part, &has_more))
            return RECEIPT_NONE;
        total += part.len;
        if (total > link->settings.max_message)
            fail(link, WEIR_ERR_LIMIT, "a message has more than max_message (%zu) bytes",
                 link->settings.max_message);
        else if (!take_part(link, part, i, has_more, frame))
            fail(link, WEIR_ERR_NOMEM, "out of memory for a message of %zu bytes", total);
        if (link->is_over)
            return RECEIPT_FAILED;
    }
    frame->bytes = weir_buf_str(&link->message);
    return RECEIPT_MESSAGE;
}

static void end_settled(weir_backend_link *link);

/* Hands over what is there, but not for longer than a turn. */
static void drain(weir_backend_link *link)
{
    receipt last = RECEIPT_MESSAGE;
    size_t messages = 0, bytes = 0;
    const int64_t now_ns = weir_now_ns();
    while (!link->is_over && !link->is_paused && messages < TURN_MESSAGES && bytes < TURN_BYTES) {
        weir_frame frame = {.kind = WEIR_FRAME_BINARY, .received_ns = now_ns};
        last = receive(link, &frame);
        if (last != RECEIPT_MESSAGE)
            break;
        if (messages++ == 0)
            link->sink.on_alive(link->sink.user);
        bytes += frame.bytes.len;
        link->sink.on_frame(link->sink.user, &frame);
    }
    if (messages > 0 && link->sink.on_batch)
        link->sink.on_batch(link->sink.user);
    if (last == RECEIPT_MESSAGE && !link->is_paused)
        weir_timer_set(link->turn, 0);
    else if (last == RECEIPT_NONE && link->is_settled)
        end_settled(link);
}

/* What may have used up the readiness of the socket is followed by this. */
static void look(weir_backend_link *link)
{
    if (link->is_over || !link->socket)
        return;
    if (link->stage >= STAGE_UP)
        drain(link);
    else
        weir_zmq_socket_work(link->socket);
}

static void on_socket_ready(void *user, int events)
{
    (void)events;
    enter(user);
    look(user);
    leave(user);
}

/* ------------------------------------------------------------------ connecting and binding */

static void tell_phase(weir_backend_link *link, weir_link_phase phase, const char *detail)
{
    if (!link->is_over)
        link->sink.on_phase(link->sink.user, phase, weir_str_of(detail));
}

/* A deadline below 0 is none. */
static void set_stage(weir_backend_link *link, stage next, int64_t deadline_ns)
{
    link->stage = next;
    if (deadline_ns >= 0)
        weir_timer_set(link->deadline, deadline_ns);
    else
        weir_timer_cancel(link->deadline);
}

static void go_up(weir_backend_link *link, const char *detail)
{
    set_stage(link, STAGE_UP, -1);
    link->cut = 0;
    link->is_retried = false;
    if (link->is_paused)
        weir_watch_set(link->watch, 0);
    tell_phase(link, WEIR_LINK_UP, detail);
    look(link);
}

static void on_monitor_ready(void *user, int events);

/* A turn follows: a socket that nobody has taken from yet is never ready. */
static bool open_socket(weir_backend_link *link)
{
    weir_error error = {0};
    link->socket = weir_zmq_socket_open(&link->settings, &link->login, link->hears_all, &error);
    if (!link->socket) {
        fail(link, error.code, "%s", error.text);
        return false;
    }
    link->watch = weir_watch_open(link->loop, weir_zmq_socket_fd(link->socket), WEIR_WATCH_READ,
                                  on_socket_ready, link);
    link->monitor_watch = weir_watch_open(link->loop, weir_zmq_socket_monitor_fd(link->socket),
                                          WEIR_WATCH_READ, on_monitor_ready, link);
    if (!link->watch || !link->monitor_watch)
        fail(link, WEIR_ERR_LIMIT, "too many descriptors for a ZeroMQ socket");
    weir_timer_set(link->turn, 0);
    return !link->is_over;
}

static void connect_to(weir_backend_link *link, const char *shown)
{
    char endpoint[ENDPOINT_MAX];
    weir_error error = {0};
    snprintf(endpoint, sizeof endpoint, "%s://%s", link->endpoint.is_ipc ? "ipc" : "tcp", shown);
    tell_phase(link, WEIR_LINK_CONNECTING, shown);
    if (link->is_over || !open_socket(link))
        return;
    /* The addresses that are left share the time that is left. */
    const int64_t left_ns = link->give_up_ns - weir_mono_ns();
    const size_t others = link->endpoint.is_ipc ? 0 : link->addresses.count - link->tried;
    set_stage(link, STAGE_CONNECTING, left_ns > 0 ? left_ns / (int64_t)(others + 1) : 0);
    if (weir_zmq_socket_connect(link->socket, endpoint, shown[0] == '[', &error) != WEIR_OK)
        fail(link, error.code, "%s", error.text);
}

static void bind_to_endpoint(weir_backend_link *link)
{
    const weir_zmq_endpoint *to = &link->endpoint;
    const bool is_v6 = strchr(to->host, ':') != NULL;
    char endpoint[ENDPOINT_MAX], bound[ENDPOINT_MAX];
    weir_error error = {0};
    if (to->is_ipc)
        snprintf(endpoint, sizeof endpoint, "ipc://%s", to->path);
    else
        snprintf(endpoint, sizeof endpoint, "tcp://%s%s%s:%u", is_v6 ? "[" : "", to->host,
                 is_v6 ? "]" : "", to->port);
    tell_phase(link, WEIR_LINK_CONNECTING, endpoint);
    if (link->is_over || !open_socket(link))
        return;
    if (weir_zmq_socket_bind(link->socket, endpoint, is_v6, bound, sizeof bound, &error) != WEIR_OK)
        fail(link, error.code, "%s", error.text);
    else
        go_up(link, bound);
}

/* The next address. False: there is none left; `shown` is then the last. */
static bool try_next(weir_backend_link *link, char shown[ENDPOINT_MAX])
{
    const size_t count = link->endpoint.is_ipc ? 1 : link->addresses.count;
    const size_t at = link->tried < count ? link->tried : count - 1;
    close_socket(link, 0);
    if (link->endpoint.is_ipc)
        snprintf(shown, ENDPOINT_MAX, "%s", link->endpoint.path);
    else
        weir_address_show(&link->addresses.list[at], shown);
    if (link->tried >= count)
        return false;
    link->tried++;
    connect_to(link, shown);
    return true;
}

static void begin_connecting(weir_backend_link *link)
{
    char shown[ENDPOINT_MAX];
    link->tried = 0;
    link->give_up_ns = weir_mono_ns() + link->settings.connect_ns;
    try_next(link, shown);
}

/* An address that could not be connected to. */
static void on_unreachable(weir_backend_link *link)
{
    char shown[ENDPOINT_MAX];
    if (!try_next(link, shown))
        fail(link, WEIR_ERR_CONNECT, "cannot connect to %s%s: refused or not reachable", shown,
             link->addresses.count > 1 ? " and the host's other addresses" : "");
}

static void on_resolved(void *user, const weir_addresses *addresses, const weir_error *error)
{
    weir_backend_link *link = user;
    enter(link);
    link->resolve = NULL;
    if (error)
        fail(link, error->code, "%s", error->text);
    else {
        link->addresses = *addresses;
        begin_connecting(link);
    }
    leave(link);
}

static void resolve(weir_backend_link *link)
{
    weir_error error = {0};
    set_stage(link, STAGE_RESOLVING, link->settings.resolve_ns);
    tell_phase(link, WEIR_LINK_RESOLVING, link->endpoint.host);
    if (link->is_over)
        return;
    link->resolve = weir_resolve_open(link->loop, link->endpoint.host, link->endpoint.port,
                                      on_resolved, link, &error);
    if (!link->resolve)
        fail(link, error.code, "%s", error.text);
}

static void start(weir_backend_link *link)
{
    const weir_zmq_endpoint *to = &link->endpoint;
    if (link->settings.binds)
        bind_to_endpoint(link);
    else if (to->is_ipc || weir_resolve_literal(to->host, to->port, &link->addresses))
        begin_connecting(link);
    else
        resolve(link);
}

/* ------------------------------------------------------------------ what the monitor says */

/* A bound socket outlives its peers, and anybody can make one fail: one warning for many. */
static void warn_refused(weir_backend_link *link, const char *what)
{
    const int64_t now_ns = weir_mono_ns();
    weir_error warning;
    link->refused++;
    if (link->warned_ns != 0 && now_ns - link->warned_ns < WARN_EVERY_NS)
        return;
    weir_fail(&warning, WEIR_ERR_HANDSHAKE, "a peer could not connect: %s%s", what,
              link->refused > 1 ? ", as others before it" : "");
    link->warned_ns = now_ns;
    link->refused = 0;
    link->sink.on_warning(link->sink.user, &warning);
}

static const char *security_name(const weir_backend_link *link)
{
    static const char *const names[] = {[WEIR_ZMQ_NULL] = "NULL",
                                        [WEIR_ZMQ_PLAIN] = "PLAIN",
                                        [WEIR_ZMQ_CURVE] = "CURVE",
                                        [WEIR_ZMQ_CURVE_SERVER] = "CURVE"};
    return names[link->login.security];
}

static void on_connected(weir_backend_link *link, uint32_t value)
{
    (void)value;
    set_stage(link, STAGE_HANDSHAKE, -1); /* libzmq has its own deadline for it */
    tell_phase(link, WEIR_LINK_UPGRADING, security_name(link));
}

static void on_handshake(weir_backend_link *link, uint32_t value)
{
    (void)value;
    go_up(link, "");
}

/* The peer hung up before the handshake was over. */
static void on_cut(weir_backend_link *link, uint32_t reason)
{
    if (reason == EAGAIN)
        fail(link, WEIR_ERR_TIMEOUT,
             "the peer did not finish the ZMTP handshake within handshake_timeout");
    else if (link->login.security == WEIR_ZMQ_NULL)
        fail(link, WEIR_ERR_HANDSHAKE,
             "the peer hung up during the ZMTP handshake: it may want a login (auth.zmq), have a "
             "socket that does not go with a %s, or be no ZeroMQ peer",
             weir_zmq_type_name(link->settings.type));
    else if (++link->cut == CUT_MAX)
        fail(link, WEIR_ERR_AUTH,
             "the peer hung up during the %s handshake, %d times in a row: the credentials are "
             "not those that it takes",
             security_name(link), CUT_MAX);
    else {
        close_socket(link, 0);
        set_stage(link, STAGE_PAUSE, CUT_PAUSE_NS * link->cut);
    }
}

static void on_refused(weir_backend_link *link, uint32_t status)
{
    if (status == 400)
        fail(link, WEIR_ERR_AUTH, "the peer refused the credentials (ZAP status 400)");
    else
        fail(link, WEIR_ERR_HANDSHAKE, "the peer could not check the credentials (ZAP status %u)",
             status);
}

static void on_broken_handshake(weir_backend_link *link, uint32_t rule)
{
    fail(link, WEIR_ERR_PROTOCOL, "the peer broke the ZMTP handshake (error %#x)", rule);
}

static void on_mismatch(weir_backend_link *link, uint32_t value)
{
    (void)value;
    if (link->login.security == WEIR_ZMQ_NULL)
        fail(link, WEIR_ERR_HANDSHAKE, "the peer wants a login (auth.zmq)");
    else
        fail(link, WEIR_ERR_AUTH, "the peer wants another security mechanism than %s (auth.zmq)",
             security_name(link));
}

static void on_forged(weir_backend_link *link, uint32_t value)
{
    (void)value;
    fail(link, WEIR_ERR_AUTH, "the peer does not have the secret of 'server_key'");
}

static void on_lost(weir_backend_link *link, uint32_t value)
{
    (void)value;
    if (link->stage == STAGE_HANDSHAKE)
        fail(link, WEIR_ERR_HANDSHAKE,
             "the peer broke the ZMTP handshake off: its socket does not go with a %s",
             weir_zmq_type_name(link->settings.type));
    else if (link->stage == STAGE_UP)
        set_stage(link, STAGE_SETTLING, SETTLE_NS);
}

static void on_closed(weir_backend_link *link, uint32_t value)
{
    (void)value;
    if (link->stage == STAGE_CONNECTING)
        on_unreachable(link);
}

static void on_retried(weir_backend_link *link, uint32_t value)
{
    (void)value;
    link->is_retried = true;
}

/* The connection is lost, and what it had brought is read. */
static void end_settled(weir_backend_link *link)
{
    link->end.by_peer = true;
    if (link->is_retried)
        fail(link, WEIR_ERR_CLOSED, "the connection to the peer is lost");
    else
        fail(link, WEIR_ERR_PROTOCOL,
             "the connection was cut off: the peer broke the protocol, or sent a message of more "
             "than %d times max_message",
             WEIR_ZMQ_OVERSIZE);
}

static void peer_refused(weir_backend_link *link, uint32_t value)
{
    (void)value;
    warn_refused(link, "it was refused");
}

static void peer_broke(weir_backend_link *link, uint32_t value)
{
    (void)value;
    warn_refused(link, "it broke the handshake, or wants another security mechanism");
}

static void peer_hung_up(weir_backend_link *link, uint32_t value)
{
    (void)value;
    warn_refused(link, "it hung up during the handshake, or did not finish it in time");
}

typedef void event_fn(weir_backend_link *link, uint32_t value);

/* What events are to one who connects, and to one who binds. */
static event_fn *const event_rows[][2] = {
    [WEIR_ZMQ_OTHER] = {NULL, NULL},
    [WEIR_ZMQ_CONNECTED] = {on_connected, NULL},
    [WEIR_ZMQ_READY] = {on_handshake, NULL},
    [WEIR_ZMQ_CUT] = {on_cut, peer_hung_up},
    [WEIR_ZMQ_BROKEN] = {on_broken_handshake, peer_broke},
    [WEIR_ZMQ_MISMATCH] = {on_mismatch, peer_broke},
    [WEIR_ZMQ_FORGED] = {on_forged, peer_broke},
    [WEIR_ZMQ_REFUSED] = {on_refused, peer_refused},
    [WEIR_ZMQ_LOST] = {on_lost, NULL},
    [WEIR_ZMQ_CLOSED] = {on_closed, NULL},
    [WEIR_ZMQ_RETRIED] = {on_retried, NULL},
};

static void take_events(weir_backend_link *link)
{
    weir_zmq_socket *const socket = link->socket; /* an event may bring another, or none */
    weir_zmq_event event;
    uint32_t value;
    while (socket && !link->is_over && link->socket == socket &&
           weir_zmq_socket_event(socket, &event, &value)) {
        if (event_rows[event][link->settings.binds])
            event_rows[event][link->settings.binds](link, value);
    }
}

static void on_monitor_ready(void *user, int events)
{
    (void)events;
    enter(user);
    take_events(user);
    look(user);
    leave(user);
}

/* ------------------------------------------------------------------ timers */

static void on_turn(void *user)
{
    weir_backend_link *link = user;
    enter(link);
    if (link->stage == STAGE_NEW)
        start(link);
    take_events(link);
    look(link);
    leave(link);
}

static void on_deadline(void *user)
{
    weir_backend_link *link = user;
    char shown[ENDPOINT_MAX];
    enter(link);
    if (link->stage == STAGE_SETTLING) {
        link->is_settled = true;
        look(link);
    } else if (link->stage == STAGE_PAUSE) {
        begin_connecting(link);
    } else if (link->stage == STAGE_RESOLVING) {
        fail(link, WEIR_ERR_TIMEOUT, "the host's addresses did not come within resolve_timeout");
    } else if (link->stage == STAGE_CONNECTING && !try_next(link, shown)) {
        fail(link, WEIR_ERR_TIMEOUT, "no connection to %s within connect_timeout", shown);
    }
    leave(link);
}

/* ------------------------------------------------------------------ the ops */

/* The options lend their texts only for the call. */
static bool keep_texts(weir_backend_link *link)
{
    weir_zmq_settings *settings = &link->settings;
    const size_t filter = settings->filter.len;
    weir_buf_put(&link->texts, settings->filter);
    weir_buf_put(&link->texts, settings->routing_id);
    settings->filter.ptr = weir_buf_cstr(&link->texts);
    settings->routing_id.ptr = settings->filter.ptr + filter;
    return !link->texts.failed;
}

static weir_code prepare(weir_backend_link *link, const weir_link_target *target, weir_error *error)
{
    weir_zmq_settings_read(target->options, &link->settings);
    link->hears_all = !link->settings.has_filter && !target->subscribes;
    weir_code code =
        weir_zmq_endpoint_parse(target->url, link->settings.binds, &link->endpoint, error);
    if (code == WEIR_OK)
        code = weir_zmq_login_read(target->login, target->login_count, link->settings.binds,
                                   &link->login, error);
    if (code == WEIR_OK)
        code = weir_zmq_keys_complete(&link->login, error);
    if (code == WEIR_OK && (!link->turn || !link->deadline || !keep_texts(link)))
        code = weir_fail_nomem(error);
    return code;
}

static weir_backend_link *open_link(weir_loop *loop, const weir_link_target *target,
                                    const weir_link_sink *sink, weir_error *error)
{
    weir_backend_link *link = calloc(1, sizeof *link);
    if (!link) {
        weir_fail_nomem(error);
        return NULL;
    }
    link->loop = loop;
    link->sink = *sink;
    link->turn = weir_timer_new(loop, on_turn, link);
    link->deadline = weir_timer_new(loop, on_deadline, link);
    if (prepare(link, target, error) != WEIR_OK) {
        free_link(link);
        return NULL;
    }
    weir_timer_set(link->turn, 0);
    return link;
}

static weir_code send_message(weir_backend_link *link, weir_frame_kind kind, weir_str name,
                              weir_str bytes, bool *queued)
{
    (void)kind;
    (void)name;
    if (queued)
        *queued = false; /* libzmq has its own queue, and does not tell when it is empty */
    if (link->settings.type == WEIR_ZMQ_SUB || link->settings.type == WEIR_ZMQ_PULL)
        return WEIR_ERR_UNSUPPORTED;
    if (link->stage != STAGE_UP || link->is_over)
        return WEIR_ERR_STATE;
    weir_timer_set(link->turn, 0);
    return weir_zmq_socket_send(link->socket, bytes, link->settings.has_delimiter);
}

static weir_code subscribe(weir_backend_link *link, const weir_link_topic *topics, size_t count,
                           bool is_unsubscribe)
{
    if (link->settings.type != WEIR_ZMQ_SUB)
        return WEIR_ERR_UNSUPPORTED;
    if (link->stage != STAGE_UP || link->is_over)
        return WEIR_ERR_STATE;
    weir_timer_set(link->turn, 0);
    weir_code code = WEIR_OK;
    for (size_t i = 0; i < count && code == WEIR_OK; i++)
        code = weir_zmq_socket_subscribe(link->socket, topics[i].topic, is_unsubscribe);
    return code;
}

/* While it is paused libzmq goes on receiving, up to receive_hwm messages; then TCP holds the peer
 * up, or - of a PUB - the peer drops what is for us. */
static void set_paused(weir_backend_link *link, bool is_paused)
{
    link->is_paused = is_paused;
    if (link->watch)
        weir_watch_set(link->watch, is_paused ? 0 : WEIR_WATCH_READ);
    if (!is_paused)
        weir_timer_set(link->turn, 0);
}

static void close_link(weir_backend_link *link, int code, weir_str reason, int64_t linger_ns)
{
    (void)code;
    (void)reason;
    enter(link);
    const int64_t linger_ms = linger_ns / WEIR_NS_PER_MS;
    if (link->stage == STAGE_UP && linger_ms > 0)
        link->linger_ms = linger_ms < LINGER_MAX_MS ? (int)linger_ms : LINGER_MAX_MS;
    link->is_over = true;
    leave(link);
}

static const char *const schemes[] = {"tcp", "ipc", NULL};

const weir_backend weir_backend_zmq = {
    .name = "zmq",
    .title = "ZeroMQ (ZMTP 3) over TCP or Unix sockets: SUB, PULL, DEALER, PAIR",
    .schemes = schemes,
    .options = weir_zmq_option_rows,
    .option_count = WEIR_ZMQ_OPTION_COUNT,
    .traits = WEIR_BACKEND_BARE | WEIR_BACKEND_PARTS,
    .check = weir_zmq_check,
    .open = open_link,
    .send = send_message,
    .subscribe = subscribe,
    .pause = set_paused,
    .close = close_link,
};
