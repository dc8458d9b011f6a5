/* SPDX-License-Identifier: MIT */
/*
 * Opening is a chain of steps, each of which ends by starting the next one; a step is what the
 * descriptor's readiness means while it lasts (`on_step`). One timer holds the deadline of the
 * phase. Every failure goes through fail(), once.
 *
 * TLS may want to write in order to read and the other way round, so interest in the descriptor is
 * worked out from what the owner wants and what the last call was waiting for.
 */
#include "backends/wire/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backends/wire/dial.h"
#include "backends/wire/resolve.h"
#include "util/error.h"
#include "util/time.h"

struct weir_stream {
    weir_loop *loop;
    weir_stream_sink sink;
    weir_url url; /* without the spans of path and query */
    weir_proxy proxy;
    weir_buf proxy_text; /* what proxy.url points into */
    weir_tls_profile *profile;
    int64_t resolve_timeout_ns;
    int64_t connect_timeout_ns;
    int64_t stagger_ns;
    int64_t tls_timeout_ns;

    weir_resolve *resolve;
    weir_dial *dial;
    weir_timer *deadline;
    weir_watch *watch;
    weir_tls *tls;
    int fd;
    void (*on_step)(weir_stream *stream); /* NULL once open */
    weir_link_phase phase;
    bool is_over; /* failed: nothing is reported any more */
    bool is_drained;
    bool reads, writes; /* wanted by the owner */
    bool read_waits_for_write, write_waits_for_read;
    weir_buf text; /* the proxy handshake, either way */
    size_t text_sent;
};

static void fail(weir_stream *stream, const weir_error *error)
{
    if (!stream->is_over) {
        stream->is_over = true;
        weir_timer_cancel(stream->deadline);
        if (stream->watch) {
            weir_watch_set(stream->watch, 0);
        }
        stream->sink.on_failed(stream->sink.user, error);
    }
}

static void set_phase(weir_stream *stream, weir_link_phase phase, const char *detail)
{
    stream->phase = phase;
    stream->sink.on_phase(stream->sink.user, phase, weir_str_of(detail));
}

static const char *peer_name(const weir_stream *stream)
{
    return stream->proxy.is_used ? stream->proxy.url.host : stream->url.host;
}

static void on_deadline(void *user)
{
    weir_stream *stream = user;
    weir_error error;
    if (stream->phase == WEIR_LINK_RESOLVING) {
        weir_fail(&error, WEIR_ERR_TIMEOUT, "resolving %s took longer than resolve_timeout",
                  peer_name(stream));
    } else if (stream->phase == WEIR_LINK_SECURING) {
        weir_fail(&error, WEIR_ERR_TIMEOUT,
                  "the TLS handshake with %s took longer than "
                  "tls_timeout",
                  stream->url.host);
    } else {
        weir_fail(&error, WEIR_ERR_TIMEOUT, "%s %s took longer than connect_timeout",
                  stream->fd >= 0 ? "the answer of the proxy" : "connecting to", peer_name(stream));
    }
    fail(stream, &error);
}

static void on_ready(void *user, int events)
{
    weir_stream *stream = user;
    if (stream->is_over) {
        return;
    }
    if (stream->on_step) {
        stream->on_step(stream);
        return;
    }
    bool can_read = events & (stream->read_waits_for_write ? WEIR_WATCH_WRITE : WEIR_WATCH_READ);
    bool can_write = events & (stream->write_waits_for_read ? WEIR_WATCH_READ : WEIR_WATCH_WRITE);
    if (can_write && stream->writes) {
        stream->sink.on_writable(stream->sink.user);
    }
    if (can_read && stream->reads) {
        stream->sink.on_readable(stream->sink.user);
    }
}

static void update_watch(weir_stream *stream)
{
    int events = 0;
    if (stream->reads) {
        events |= stream->read_waits_for_write ? WEIR_WATCH_WRITE : WEIR_WATCH_READ;
    }
    if (stream->writes) {
        events |= stream->write_waits_for_read ? WEIR_WATCH_READ : WEIR_WATCH_WRITE;
    }
    weir_watch_set(stream->watch, events);
}

static void become_open(weir_stream *stream)
{
    weir_timer_cancel(stream->deadline);
    stream->on_step = NULL;
    weir_watch_set(stream->watch, 0);
    stream->sink.on_open(stream->sink.user);
}

static void step_tls(weir_stream *stream)
{
    weir_error error = {0};
    weir_io io = weir_tls_handshake(stream->tls, &error);
    if (io == WEIR_IO_FAILED) {
        fail(stream, &error);
    } else if (io == WEIR_IO_OK) {
        become_open(stream);
    } else {
        weir_watch_set(stream->watch, io == WEIR_IO_WAIT_READ ? WEIR_WATCH_READ : WEIR_WATCH_WRITE);
    }
}

/* The bytes reach the host itself from here on. */
static void start_tls(weir_stream *stream)
{
    if (!stream->url.is_secure) {
        become_open(stream);
        return;
    }
    weir_error error = {0};
    stream->tls =
        weir_tls_new(stream->profile, stream->fd, stream->url.host, stream->url.host_kind, &error);
    if (!stream->tls) {
        fail(stream, &error);
        return;
    }
    stream->on_step = step_tls;
    weir_timer_set(stream->deadline, stream->tls_timeout_ns);
    set_phase(stream, WEIR_LINK_SECURING, stream->url.host);
    if (!stream->is_over) {
        step_tls(stream);
    }
}

static void fail_proxy(weir_stream *stream, const char *what)
{
    weir_error error;
    weir_fail(&error, WEIR_ERR_PROXY, "the proxy %s: %s", stream->proxy.url.host, what);
    fail(stream, &error);
}

/*
 * Reads the proxy's answer. The host speaks first only after we have, so nothing may follow the
 * answer.
 */
static void step_proxy_answer(weir_stream *stream)
{
    char *room = weir_buf_reserve(&stream->text, 4096);
    if (!room) {
        fail_proxy(stream, "out of memory");
        return;
    }
    ssize_t got = recv(stream->fd, room, 4096, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (got <= 0) {
        fail_proxy(stream, got == 0 ? "it closed the connection" : strerror(errno));
        return;
    }
    stream->text.len += (size_t)got;
    size_t used = 0;
    weir_error error = {0};
    weir_http_step step = weir_proxy_read(weir_buf_str(&stream->text), &used, &error);
    if (step == WEIR_HTTP_BAD) {
        fail(stream, &error);
    } else if (step == WEIR_HTTP_DONE && used < stream->text.len) {
        fail_proxy(stream, "it sent data behind its answer");
    } else if (step == WEIR_HTTP_DONE) {
        weir_buf_fini(&stream->text);
        start_tls(stream);
    }
}

static void step_proxy_request(weir_stream *stream)
{
    ssize_t put = send(stream->fd, stream->text.ptr + stream->text_sent,
                       stream->text.len - stream->text_sent, MSG_NOSIGNAL);
    if (put < 0 && errno != EAGAIN && errno != EINTR) {
        fail_proxy(stream, strerror(errno));
        return;
    }
    stream->text_sent += put > 0 ? (size_t)put : 0;
    if (stream->text_sent == stream->text.len) {
        weir_buf_wipe(&stream->text);
        stream->on_step = step_proxy_answer;
        weir_watch_set(stream->watch, WEIR_WATCH_READ);
    }
}

static void start_proxy(weir_stream *stream)
{
    weir_error error = {0};
    if (weir_proxy_write(&stream->proxy, &stream->url, &stream->text, &error) != WEIR_OK) {
        fail(stream, &error);
        return;
    }
    stream->on_step = step_proxy_request;
    weir_watch_set(stream->watch, WEIR_WATCH_WRITE);
}

static void on_try(void *user, weir_str address)
{
    weir_stream *stream = user;
    stream->phase = WEIR_LINK_CONNECTING;
    stream->sink.on_phase(stream->sink.user, WEIR_LINK_CONNECTING, address);
}

static void on_dialled(void *user, int fd, const weir_error *error)
{
    weir_stream *stream = user;
    stream->dial = NULL;
    if (stream->is_over) {
        if (fd >= 0) {
            close(fd);
        }
        return;
    }
    if (error) {
        fail(stream, error);
        return;
    }
    stream->fd = fd;
    stream->watch = weir_watch_open(stream->loop, fd, 0, on_ready, stream);
    if (!stream->watch) {
        weir_error full;
        weir_fail(&full, WEIR_ERR_LIMIT, "too many connections on one event loop");
        fail(stream, &full);
    } else if (stream->proxy.is_used) {
        start_proxy(stream);
    } else {
        start_tls(stream);
    }
}

static void start_dial(weir_stream *stream, const weir_addresses *addresses)
{
    weir_error error = {0};
    weir_dial_sink sink = {stream, on_try, on_dialled};
    stream->phase = WEIR_LINK_CONNECTING;
    stream->dial = weir_dial_open(stream->loop, addresses, stream->stagger_ns, &sink, &error);
    if (!stream->dial) {
        fail(stream, &error);
        return;
    }
    weir_timer_set(stream->deadline, stream->connect_timeout_ns);
}

static void on_resolved(void *user, const weir_addresses *addresses, const weir_error *error)
{
    weir_stream *stream = user;
    stream->resolve = NULL;
    if (stream->is_over) {
        return;
    }
    if (error) {
        fail(stream, error);
    } else {
        start_dial(stream, addresses);
    }
}

/* The first turn after open: whatever happens from here on may call the sink. */
static void on_start(weir_stream *stream)
{
    const weir_url *peer = stream->proxy.is_used ? &stream->proxy.url : &stream->url;
    weir_addresses addresses;
    if (weir_resolve_literal(peer->host, peer->port, &addresses)) {
        start_dial(stream, &addresses);
        return;
    }
    weir_error error = {0};
    stream->resolve =
        weir_resolve_open(stream->loop, peer->host, peer->port, on_resolved, stream, &error);
    if (!stream->resolve) {
        fail(stream, &error);
        return;
    }
    weir_timer_set(stream->deadline, stream->resolve_timeout_ns);
    set_phase(stream, WEIR_LINK_RESOLVING, peer->host);
}

static void on_timer(void *user)
{
    weir_stream *stream = user;
    if (stream->is_over) {
        return;
    }
    if (stream->on_step == on_start) {
        stream->on_step = NULL;
        on_start(stream);
    } else {
        on_deadline(stream);
    }
}

/* Keeps a copy of the proxy setting, which the parsed proxy points into. */
static weir_code choose_proxy(weir_stream *stream, const weir_stream_config *config,
                              weir_error *error)
{
    weir_proxy_settings settings = config->proxy;
    weir_buf_put(&stream->proxy_text, settings.proxy);
    if (stream->proxy_text.failed) {
        return weir_fail_nomem(error);
    }
    settings.proxy = weir_buf_str(&stream->proxy_text);
    return weir_proxy_choose(&settings, &stream->url, &stream->proxy, error);
}

weir_stream *weir_stream_open(weir_loop *loop, const weir_stream_config *config,
                              const weir_stream_sink *sink, weir_error *error)
{
    weir_stream *stream = calloc(1, sizeof *stream);
    if (!stream) {
        weir_fail_nomem(error);
        return NULL;
    }
    stream->loop = loop;
    stream->sink = *sink;
    stream->url = *config->url;
    stream->fd = -1;
    stream->resolve_timeout_ns = config->resolve_timeout_ns;
    stream->connect_timeout_ns = config->connect_timeout_ns;
    stream->stagger_ns = config->stagger_ns;
    stream->tls_timeout_ns = config->tls_timeout_ns;
    stream->deadline = weir_timer_new(loop, on_timer, stream);
    if (!stream->deadline) {
        weir_fail_nomem(error);
        weir_stream_close(stream);
        return NULL;
    }
    if (choose_proxy(stream, config, error) != WEIR_OK) {
        weir_stream_close(stream);
        return NULL;
    }
    if (stream->url.is_secure) {
        stream->profile = weir_tls_profile_retain(&config->tls, error);
        if (!stream->profile) {
            weir_stream_close(stream);
            return NULL;
        }
    }
    stream->on_step = on_start;
    weir_timer_set(stream->deadline, 0);
    return stream;
}

void weir_stream_close(weir_stream *stream)
{
    if (!stream) {
        return;
    }
    stream->is_over = true;
    weir_resolve_close(stream->resolve);
    weir_dial_close(stream->dial);
    weir_timer_free(stream->deadline);
    weir_watch_close(stream->watch);
    weir_tls_free(stream->tls);
    weir_tls_profile_release(stream->profile);
    if (stream->fd >= 0) {
        close(stream->fd);
    }
    weir_buf_wipe(&stream->text);
    weir_buf_wipe(&stream->proxy_text);
    free(stream);
}

void weir_stream_want(weir_stream *stream, bool reads, bool writes)
{
    stream->reads = reads;
    stream->writes = writes;
    if (!stream->is_over && stream->watch && !stream->on_step) {
        update_watch(stream);
    }
}

static weir_io plain_read(weir_stream *stream, void *bytes, size_t len, size_t *got,
                          weir_error *error)
{
    ssize_t count = recv(stream->fd, bytes, len, 0);
    if (count > 0) {
        *got = (size_t)count;
        stream->is_drained = *got < len;
        return WEIR_IO_OK;
    }
    stream->is_drained = true;
    if (count == 0) {
        return WEIR_IO_EOF;
    }
    if (errno == EAGAIN || errno == EINTR) {
        return WEIR_IO_WAIT_READ;
    }
    weir_fail(error, WEIR_ERR_CLOSED, "the connection broke: %s", strerror(errno));
    return WEIR_IO_FAILED;
}

weir_io weir_stream_read(weir_stream *stream, void *bytes, size_t len, size_t *got,
                         weir_error *error)
{
    *got = 0;
    if (!stream->tls) {
        return plain_read(stream, bytes, len, got, error);
    }
    weir_io io = weir_tls_read(stream->tls, bytes, len, got, error);
    stream->is_drained = weir_tls_is_drained(stream->tls);
    bool waits = io == WEIR_IO_WAIT_WRITE;
    if (waits != stream->read_waits_for_write) {
        stream->read_waits_for_write = waits;
        update_watch(stream);
    }
    return io;
}

bool weir_stream_is_drained(const weir_stream *stream)
{
    return stream->is_drained;
}

weir_io weir_stream_write(weir_stream *stream, const void *bytes, size_t len, size_t *put,
                          weir_error *error)
{
    *put = 0;
    if (stream->tls) {
        weir_io io = weir_tls_write(stream->tls, bytes, len, put, error);
        stream->write_waits_for_read = io == WEIR_IO_WAIT_READ;
        return io;
    }
    ssize_t count = send(stream->fd, bytes, len, MSG_NOSIGNAL);
    if (count >= 0) {
        *put = (size_t)count;
        return WEIR_IO_OK;
    }
    if (errno == EAGAIN || errno == EINTR) {
        return WEIR_IO_WAIT_WRITE;
    }
    weir_fail(error, WEIR_ERR_CLOSED, "the connection broke: %s", strerror(errno));
    return WEIR_IO_FAILED;
}

void weir_stream_end_writing(weir_stream *stream)
{
    if (stream->tls) {
        weir_tls_end_writing(stream->tls);
    }
    if (stream->fd >= 0) {
        shutdown(stream->fd, SHUT_WR);
    }
}
