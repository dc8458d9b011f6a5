/* SPDX-License-Identifier: MIT */
/*
 * Two ends and two queues. Up there is a stream or a websocket client, below a socket of the
 * loopback; what one end does not take at once waits in the queue before it, and while it waits
 * nothing is read at the other end: so neither queue is longer than what one read, or one websocket
 * message, has brought.
 *
 * Below, at first, is a listener. What connects there is asked for its first packet; when that is
 * our own CONNECT the listener is closed and the packet goes up. With a proxy in the environment
 * the library asks its way with an HTTP CONNECT (it is told that the proxy is this port): that is
 * answered with a yes.
 */
#include "backends/mqtt_relay.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backends/mqtt_packets.h"
#include "backends/wire/stream.h"
#include "backends/wire/ws_client.h"
#include "util/error.h"
#include "util/time.h"

enum {
    READ_SIZE = 64 * 1024,
    READS_PER_TURN = 8,
    SOCKET_BUFFER = 64 * 1024, /* what may lie between here and the library beyond its own */
    GREETING_MAX = 512 * 1024, /* of a CONNECT: name, password and will have 64 KiB each */
    PACKET_BEYOND = 192 * 1024 /* topic and properties of a message, beside its payload */
};

#define ADDRESS_DELAY_NS (250 * WEIR_NS_PER_MS)

/* Bytes on their way to one end. */
typedef struct lane {
    weir_buf queue;
    size_t sent;
} lane;

struct weir_mqtt_relay {
    weir_mqtt_relay_sink sink;
    weir_loop *loop;
    weir_mqtt_settings settings; /* the texts are the owner's */
    weir_stream *stream;         /* up: one of the two */
    weir_ws_client *websocket;
    weir_timer *again; /* goes on reading, or delivers the end of it all */
    weir_watch *listening;
    int listener;
    weir_watch *watch; /* of what came in */
    int fd;
    lane up, down;
    weir_mqtt_packets sent, received;
    bool is_up;     /* the server is reached */
    bool is_vetted; /* what came in is the library */
    bool is_paused;
    bool up_waits;    /* the upper end takes nothing more now */
    bool has_ended;   /* the upper end is gone: `down` is the last */
    bool has_goodbye; /* the library has closed its end */
    bool is_closing;
    char *bytes; /* READ_SIZE, for reading */
};

static void pump(weir_mqtt_relay *relay);
static bool may_hold_more(const weir_mqtt_relay *relay);

/* ------------------------------------------------------------------ lanes */

static size_t lane_waiting(const lane *lane)
{
    return lane->queue.len - lane->sent;
}

static void lane_sent(lane *lane, size_t count)
{
    lane->sent += count;
    if (lane->sent == lane->queue.len) {
        if (lane->queue.cap > 4 * READ_SIZE)
            weir_buf_wipe(&lane->queue);
        weir_buf_clear(&lane->queue);
        lane->sent = 0;
    }
}

static void lane_put(lane *lane, const char *bytes, size_t len)
{
    weir_buf_put(&lane->queue, (weir_str){bytes, len});
}

/* ------------------------------------------------------------------ the ends */

static void close_below(weir_mqtt_relay *relay)
{
    weir_watch_close(relay->watch);
    relay->watch = NULL;
    if (relay->fd >= 0)
        close(relay->fd);
    relay->fd = -1;
}

static void close_listener(weir_mqtt_relay *relay)
{
    weir_watch_close(relay->listening);
    relay->listening = NULL;
    if (relay->listener >= 0)
        close(relay->listener);
    relay->listener = -1;
}

/* The upper end is gone. What is on its way down still arrives; then the library meets the end. */
static void end_above(weir_mqtt_relay *relay, const weir_link_end *end)
{
    if (relay->has_ended)
        return;
    relay->has_ended = true;
    close_listener(relay);
    if (relay->stream)
        weir_stream_want(relay->stream, false, false);
    if (!relay->is_closing)
        relay->sink.on_end(relay->sink.user, end);
    weir_timer_set(relay->again, 0);
}

static void end_with(weir_mqtt_relay *relay, const weir_error *error, bool by_peer)
{
    const weir_link_end end = {.error = *error, .by_peer = by_peer};
    end_above(relay, &end);
}

static void set_interest(weir_mqtt_relay *relay)
{
    const bool takes = !relay->is_paused && lane_waiting(&relay->down) == 0 && relay->is_vetted;
    if (relay->stream && relay->is_up && !relay->has_ended)
        weir_stream_want(relay->stream, takes, lane_waiting(&relay->up) > 0);
    if (relay->websocket && relay->is_up && !relay->has_ended)
        weir_ws_client_pause(relay->websocket, !takes);
    const bool reads = !relay->has_goodbye && !relay->up_waits &&
                       (lane_waiting(&relay->up) == 0 || !relay->is_vetted);
    if (relay->watch)
        weir_watch_set(relay->watch, (reads ? WEIR_WATCH_READ : 0) |
                                         (lane_waiting(&relay->down) > 0 ? WEIR_WATCH_WRITE : 0));
}

/* ------------------------------------------------------------------ down: from the server */

static void flush_down(weir_mqtt_relay *relay)
{
    while (relay->fd >= 0 && lane_waiting(&relay->down) > 0) {
        const ssize_t put = send(relay->fd, relay->down.queue.ptr + relay->down.sent,
                                 lane_waiting(&relay->down), MSG_NOSIGNAL);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0 && errno == EAGAIN)
            break;
        if (put < 0) { /* the library has closed its end */
            lane_sent(&relay->down, lane_waiting(&relay->down));
            break;
        }
        lane_sent(&relay->down, (size_t)put);
    }
    if (relay->has_ended && lane_waiting(&relay->down) == 0 && relay->fd >= 0)
        shutdown(relay->fd, SHUT_WR);
}

/* False: the connection is at its end. What was good before the fault still goes down. */
static bool take_from_server(weir_mqtt_relay *relay, const char *bytes, size_t len)
{
    weir_error error = {0};
    size_t used = 0;
    weir_code code = weir_mqtt_packets_read(
        &relay->received, (weir_bytes){(const uint8_t *)bytes, len}, false, &used, &error);
    relay->sink.on_alive(relay->sink.user);
    lane_put(&relay->down, bytes, code == WEIR_OK ? len : relay->received.complete);
    if (relay->down.queue.failed)
        code = weir_fail_nomem(&error);
    if (code != WEIR_OK)
        end_with(relay, &error, false);
    return code == WEIR_OK;
}

static void on_readable(void *user)
{
    weir_mqtt_relay *relay = user;
    weir_error error = {0};
    for (size_t i = 0; i < READS_PER_TURN && !relay->has_ended && !relay->is_paused &&
                       lane_waiting(&relay->down) == 0;
         i++) {
        size_t got = 0;
        const weir_io io = weir_stream_read(relay->stream, relay->bytes, READ_SIZE, &got, &error);
        if (io == WEIR_IO_EOF && error.code == WEIR_OK)
            weir_fail(&error, WEIR_ERR_CLOSED, "the server closed the connection");
        if (io == WEIR_IO_EOF || io == WEIR_IO_FAILED)
            end_with(relay, &error, true);
        if (io != WEIR_IO_OK || !take_from_server(relay, relay->bytes, got))
            break;
        flush_down(relay);
    }
    if (may_hold_more(relay))
        weir_timer_set(relay->again, 0);
    set_interest(relay);
}

/* ------------------------------------------------------------------ up: from the library */

static void flush_up(weir_mqtt_relay *relay)
{
    weir_error error = {0};
    lane *up = &relay->up;
    while (lane_waiting(up) > 0 && !relay->has_ended && relay->is_up) {
        size_t put = lane_waiting(up);
        weir_io io = WEIR_IO_OK;
        if (relay->stream) {
            put = 0;
            io = weir_stream_write(relay->stream, up->queue.ptr + up->sent, lane_waiting(up), &put,
                                   &error);
        } else if (weir_ws_client_send(relay->websocket, WEIR_FRAME_BINARY,
                                       (weir_str){up->queue.ptr + up->sent, put},
                                       &relay->up_waits) != WEIR_OK) {
            lane_sent(up, put); /* it is closing: on_down tells why */
            return;
        }
        if (io == WEIR_IO_FAILED || io == WEIR_IO_EOF)
            end_with(relay, &error, true);
        if (io != WEIR_IO_OK)
            return;
        lane_sent(up, put);
    }
}

static void on_writable(void *user)
{
    pump(user);
}

/* ------------------------------------------------------------------ who comes in below */

static bool holds(weir_str text, weir_str part)
{
    return part.len == 0 || memmem(text.ptr, text.len, part.ptr, part.len) != NULL;
}

static void turn_away(weir_mqtt_relay *relay)
{
    close_below(relay);
    weir_buf_wipe(&relay->up.queue);
    weir_buf_wipe(&relay->down.queue);
    relay->up = relay->down = (lane){0};
    if (relay->listening)
        weir_watch_set(relay->listening, WEIR_WATCH_READ);
}

/* The library's question for the way, where it believes to speak with a proxy. */
static bool answer_http(weir_mqtt_relay *relay)
{
    static const char yes[] = "HTTP/1.1 200 OK\r\n\r\n";
    static const char end[] = "\r\n\r\n";
    const weir_str text = weir_buf_str(&relay->up.queue);
    const char *at = memmem(text.ptr, text.len, end, sizeof end - 1);
    if (at && (size_t)(at - text.ptr) + sizeof end - 1 == text.len) {
        weir_buf_clear(&relay->up.queue);
        lane_put(&relay->down, yes, sizeof yes - 1);
        flush_down(relay);
    }
    return text.len < READ_SIZE;
}

/* True: go on; false: it is somebody else. */
static bool vet(weir_mqtt_relay *relay)
{
    weir_error error = {0};
    size_t used = 0;
    const weir_str text = weir_buf_str(&relay->up.queue);
    const weir_mqtt_settings *settings = &relay->settings;
    if (text.len == 0)
        return true;
    if (text.ptr[0] == 'C')
        return answer_http(relay);
    weir_mqtt_packets packets = {.is_v5 = settings->is_v5, .max_size = GREETING_MAX};
    const weir_code code = weir_mqtt_packets_read(
        &packets, (weir_bytes){(const uint8_t *)text.ptr, text.len}, true, &used, &error);
    if (code != WEIR_OK || packets.type != WEIR_MQTT_PACKET_CONNECT)
        return false;
    if (!weir_mqtt_packets_at_boundary(&packets))
        return true;
    if (!holds(text, settings->client_id) || !holds(text, settings->username) ||
        !holds(text, settings->password))
        return false;
    relay->is_vetted = true;
    close_listener(relay);
    weir_mqtt_packets_read(&relay->sent, (weir_bytes){(const uint8_t *)text.ptr, text.len}, false,
                           &used, &error);
    return true;
}

static void take_from_library(weir_mqtt_relay *relay, const char *bytes, size_t len)
{
    weir_error error = {0};
    size_t used = 0;
    lane_put(&relay->up, bytes, len);
    if (relay->up.queue.failed) {
        weir_fail_nomem(&error);
        end_with(relay, &error, false);
    } else if (!relay->is_vetted) {
        if (!vet(relay))
            turn_away(relay);
    } else if (weir_mqtt_packets_read(&relay->sent, (weir_bytes){(const uint8_t *)bytes, len},
                                      false, &used, &error) != WEIR_OK) {
        end_with(relay, &error, false);
    }
}

static void read_below(weir_mqtt_relay *relay)
{
    while (relay->fd >= 0 && !relay->has_goodbye && !relay->up_waits &&
           (!relay->is_vetted || lane_waiting(&relay->up) == 0)) {
        const ssize_t got = recv(relay->fd, relay->bytes, READ_SIZE, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            return;
        if (got <= 0 && !relay->is_vetted) {
            turn_away(relay);
            return;
        }
        if (got <= 0) {
            relay->has_goodbye = true;
            return;
        }
        take_from_library(relay, relay->bytes, (size_t)got);
        if (relay->is_vetted)
            flush_up(relay);
    }
}

/* TLS may hold what no readiness tells of. */
static bool may_hold_more(const weir_mqtt_relay *relay)
{
    return relay->stream && relay->is_vetted && !relay->has_ended && !relay->is_paused &&
           lane_waiting(&relay->down) == 0 && !weir_stream_is_drained(relay->stream);
}

/* Everything that can move does. */
static void pump(weir_mqtt_relay *relay)
{
    if (relay->is_vetted)
        flush_up(relay);
    flush_down(relay);
    read_below(relay);
    if (may_hold_more(relay))
        weir_timer_set(relay->again, 0);
    set_interest(relay);
}

static void on_below(void *user, int events)
{
    (void)events;
    pump(user);
}

static void on_connection(void *user, int events)
{
    weir_mqtt_relay *relay = user;
    const int one = 1, buffer = SOCKET_BUFFER;
    weir_error error = {0};
    (void)events;
    if (relay->fd >= 0) { /* one at a time */
        weir_watch_set(relay->listening, 0);
        return;
    }
    relay->fd = accept4(relay->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (relay->fd < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
            weir_fail(&error, WEIR_ERR_LIMIT, "no way in from the MQTT library: %s",
                      strerror(errno));
            end_with(relay, &error, false);
        }
        return;
    }
    setsockopt(relay->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(relay->fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    relay->watch = weir_watch_open(relay->loop, relay->fd, WEIR_WATCH_READ, on_below, relay);
    if (!relay->watch)
        close_below(relay);
}

static weir_code listen_below(weir_mqtt_relay *relay, uint16_t *port, weir_error *error)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    relay->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (relay->listener < 0 ||
        bind(relay->listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(relay->listener, 4) != 0 ||
        getsockname(relay->listener, (struct sockaddr *)&address, &len) != 0)
        return weir_fail(error, WEIR_ERR_LIMIT, "no port on the loopback: %s", strerror(errno));
    relay->listening =
        weir_watch_open(relay->loop, relay->listener, WEIR_WATCH_READ, on_connection, relay);
    *port = ntohs(address.sin_port);
    return relay->listening
               ? WEIR_OK
               : weir_fail(error, WEIR_ERR_LIMIT, "the loop can watch no more descriptors");
}

/* ------------------------------------------------------------------ above */

static void on_phase(void *user, weir_link_phase phase, weir_str detail)
{
    weir_mqtt_relay *relay = user;
    if (!relay->is_closing && phase != WEIR_LINK_UP)
        relay->sink.on_phase(relay->sink.user, phase, detail);
}

static void reach_server(weir_mqtt_relay *relay)
{
    weir_error error = {0};
    uint16_t port = 0;
    if (relay->is_closing)
        return;
    relay->is_up = true;
    if (listen_below(relay, &port, &error) != WEIR_OK) {
        end_with(relay, &error, false);
        return;
    }
    set_interest(relay);
    relay->sink.on_open(relay->sink.user, port);
}

static void on_stream_open(void *user)
{
    reach_server(user);
}

static void on_stream_failed(void *user, const weir_error *error)
{
    end_with(user, error, false);
}

static void on_ws_phase(void *user, weir_link_phase phase, weir_str detail)
{
    on_phase(user, phase, detail);
    if (phase == WEIR_LINK_UP)
        reach_server(user);
}

static void on_ws_frame(void *user, const weir_frame *frame)
{
    weir_mqtt_relay *relay = user;
    weir_error error = {0};
    if (relay->has_ended || relay->is_closing)
        return;
    if (frame->kind != WEIR_FRAME_BINARY) {
        weir_fail(&error, WEIR_ERR_PROTOCOL, "the server sent text where MQTT is binary");
        end_with(relay, &error, false);
    } else if (take_from_server(relay, frame->bytes.ptr, frame->bytes.len)) {
        flush_down(relay);
        set_interest(relay);
    }
}

static void on_ws_alive(void *user)
{
    (void)user; /* each message says so */
}

static void on_ws_drained(void *user)
{
    weir_mqtt_relay *relay = user;
    relay->up_waits = false;
    pump(relay);
}

static void on_ws_warning(void *user, const weir_error *warning)
{
    weir_mqtt_relay *relay = user;
    if (!relay->is_closing)
        relay->sink.on_warning(relay->sink.user, warning);
}

static void on_ws_down(void *user, const weir_link_end *end)
{
    weir_mqtt_relay *relay = user;
    weir_link_end told = *end;
    relay->websocket = NULL;
    if (told.error.code == WEIR_OK)
        weir_fail(&told.error, WEIR_ERR_CLOSED, "the server closed the websocket (%d%s%s)",
                  end->close_code, end->close_reason[0] ? ": " : "", end->close_reason);
    end_above(relay, &told);
    weir_timer_set(relay->again, 0);
}

static weir_proxy_settings proxy_of(const weir_mqtt_settings *settings, bool is_websocket,
                                    bool is_secure)
{
    weir_proxy_settings proxy = {0};
    if (is_websocket)
        proxy = weir_proxy_environment(is_secure);
    if (settings->proxy.len > 0)
        proxy.proxy = settings->proxy;
    if (settings->no_proxy.len > 0)
        proxy.no_proxy = settings->no_proxy;
    return proxy;
}

static bool open_stream(weir_mqtt_relay *relay, const weir_mqtt_route *route, weir_error *error)
{
    const weir_mqtt_settings *settings = &relay->settings;
    weir_url url = route->address->url;
    url.is_secure = route->address->is_secure;
    url.port = route->address->port;
    const weir_stream_config config = {
        .url = &url,
        .proxy = proxy_of(settings, false, url.is_secure),
        .tls = settings->tls,
        .resolve_timeout_ns = settings->connect_timeout_ns,
        .connect_timeout_ns = settings->connect_timeout_ns,
        .stagger_ns = ADDRESS_DELAY_NS,
        .tls_timeout_ns = settings->connect_timeout_ns,
    };
    const weir_stream_sink sink = {relay,       on_phase,   on_stream_open, on_stream_failed,
                                   on_readable, on_writable};
    relay->stream = weir_stream_open(relay->loop, &config, &sink, error);
    return relay->stream != NULL;
}

static bool open_websocket(weir_mqtt_relay *relay, const weir_mqtt_route *route, weir_error *error)
{
    static const weir_str protocol[] = {{"mqtt", 4}};
    const weir_mqtt_settings *settings = &relay->settings;
    const weir_proxy_settings proxy = proxy_of(settings, true, route->address->is_secure);
    const weir_ws_settings ws = {
        .tls = settings->tls,
        .subprotocols = protocol,
        .subprotocol_count = 1,
        .max_message = relay->received.max_size + READ_SIZE,
        .max_queue = SIZE_MAX / 4, /* one packet at a time is put in, whatever its size */
        .has_proxy = true,
        .proxy = proxy.proxy,
        .has_no_proxy = true,
        .no_proxy = proxy.no_proxy,
        .resolve_timeout_ns = settings->connect_timeout_ns,
        .connect_timeout_ns = settings->connect_timeout_ns,
        .stagger_ns = ADDRESS_DELAY_NS,
        .tls_timeout_ns = settings->connect_timeout_ns,
        .upgrade_timeout_ns = settings->connect_timeout_ns,
    };
    const weir_link_sink sink = {.user = relay,
                                 .on_phase = on_ws_phase,
                                 .on_frame = on_ws_frame,
                                 .on_alive = on_ws_alive,
                                 .on_drained = on_ws_drained,
                                 .on_warning = on_ws_warning,
                                 .on_down = on_ws_down};
    weir_buf url = {0};
    weir_mqtt_address_put(route->address, &url);
    const weir_link_target target = {.url = weir_buf_str(&url),
                                     .headers = route->headers,
                                     .header_count = route->header_count,
                                     .query = route->query,
                                     .query_count = route->query_count};
    if (url.failed)
        weir_fail_nomem(error);
    else
        relay->websocket = weir_ws_client_open_with(relay->loop, &target, &ws, &sink, error);
    weir_buf_wipe(&url);
    return relay->websocket != NULL;
}

/* ------------------------------------------------------------------ the calls */

static void relay_free(weir_mqtt_relay *relay)
{
    weir_stream_close(relay->stream);
    close_listener(relay);
    close_below(relay);
    weir_timer_free(relay->again);
    weir_buf_wipe(&relay->up.queue);
    weir_buf_wipe(&relay->down.queue);
    if (relay->bytes)
        explicit_bzero(relay->bytes, READ_SIZE); /* a password went through it */
    free(relay->bytes);
    free(relay);
}

static void on_again(void *user)
{
    weir_mqtt_relay *relay = user;
    const weir_mqtt_relay_sink sink = relay->sink;
    if (!relay->is_closing) {
        if (may_hold_more(relay))
            on_readable(relay);
        pump(relay);
    }
    if (!relay->is_closing || relay->websocket)
        return;
    relay_free(relay);
    sink.on_closed(sink.user);
}

weir_mqtt_relay *weir_mqtt_relay_open(weir_loop *loop, const weir_mqtt_route *route,
                                      const weir_mqtt_relay_sink *sink, weir_error *error)
{
    weir_mqtt_relay *relay = calloc(1, sizeof *relay);
    if (!relay) {
        weir_fail_nomem(error);
        return NULL;
    }
    relay->sink = *sink;
    relay->loop = loop;
    relay->fd = relay->listener = -1;
    relay->settings = *route->settings;
    relay->received = (weir_mqtt_packets){.is_from_server = true,
                                          .is_v5 = route->settings->is_v5,
                                          .max_size = route->settings->max_message + PACKET_BEYOND};
    relay->sent = (weir_mqtt_packets){.is_v5 = route->settings->is_v5, .max_size = UINT32_MAX};
    relay->again = weir_timer_new(loop, on_again, relay);
    relay->bytes = malloc(READ_SIZE);
    bool is_good = relay->again && relay->bytes;
    if (!is_good)
        weir_fail_nomem(error);
    is_good = is_good && (route->address->is_websocket ? open_websocket(relay, route, error)
                                                       : open_stream(relay, route, error));
    if (is_good)
        return relay;
    relay_free(relay);
    return NULL;
}

void weir_mqtt_relay_pause(weir_mqtt_relay *relay, bool paused)
{
    if (relay->is_paused == paused)
        return;
    relay->is_paused = paused;
    set_interest(relay);
    if (!paused)
        weir_timer_set(relay->again, 0); /* for what TLS may hold */
}

void weir_mqtt_relay_close(weir_mqtt_relay *relay)
{
    static const char goodbye[] = {(char)(WEIR_MQTT_PACKET_DISCONNECT << 4), 0};
    relay->is_closing = true;
    if (relay->is_vetted && !relay->has_ended) {
        read_below(relay);
        if (relay->sent.type != WEIR_MQTT_PACKET_DISCONNECT &&
            weir_mqtt_packets_at_boundary(&relay->sent))
            lane_put(&relay->up, goodbye, sizeof goodbye);
        flush_up(relay);
    }
    close_listener(relay);
    close_below(relay);
    if (relay->stream && relay->is_up && !relay->has_ended) {
        weir_stream_end_writing(relay->stream);
        weir_stream_want(relay->stream, false, false);
    }
    if (relay->websocket)
        weir_ws_client_close(relay->websocket, 1000, (weir_str){0}, 0);
    weir_timer_set(relay->again, 0);
}
