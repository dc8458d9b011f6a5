/* SPDX-License-Identifier: MIT */
/*
 * Attempts overlap and never time out one by one: the stagger timer brings the next address in, a
 * refusal does so at once, and the caller's deadline ends the whole. A dead first address thus
 * costs one stagger, not the kernel's two minutes.
 */
#include "backends/wire/dial.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/error.h"

typedef struct attempt {
    weir_dial *dial;
    weir_watch *watch; /* NULL: not started, or over */
    int fd;
    const weir_address *address;
} attempt;

struct weir_dial {
    weir_loop *loop;
    weir_timer *stagger;
    int64_t stagger_ns;
    weir_dial_sink sink;
    weir_addresses addresses;
    size_t started;
    size_t running;
    bool is_starting; /* a sink call that closes us must not free what is in use */
    bool is_closed;
    weir_error refusals; /* what the addresses answered, joined */
    attempt attempts[WEIR_ADDRESSES_MAX];
};

static void end_attempt(attempt *attempt, bool keeps_fd)
{
    if (attempt->watch) {
        weir_watch_close(attempt->watch);
        attempt->watch = NULL;
        attempt->dial->running--;
        if (!keeps_fd) {
            close(attempt->fd);
        }
    }
}

static void note_refusal(weir_dial *dial, const weir_address *address, int failure)
{
    char shown[WEIR_ADDRESS_TEXT_MAX];
    weir_address_show(address, shown);
    weir_error before = dial->refusals;
    bool is_first = before.code == WEIR_OK;
    weir_fail(&dial->refusals, WEIR_ERR_CONNECT, "%s%s%s: %s",
              is_first ? "cannot connect to " : before.text, is_first ? "" : "; ", shown,
              strerror(failure));
}

static void finish(weir_dial *dial, int fd)
{
    weir_dial_sink sink = dial->sink;
    weir_error error = dial->refusals;
    weir_dial_close(dial);
    sink.on_done(sink.user, fd, fd < 0 ? &error : NULL);
}

/* 0 once connected, EINPROGRESS while not, otherwise why not. */
static int connect_result(int fd)
{
    int failure = 0;
    socklen_t len = sizeof failure;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &len) != 0) {
        return errno;
    }
    if (failure) {
        return failure;
    }
    struct sockaddr_storage peer;
    len = sizeof peer;
    if (getpeername(fd, (struct sockaddr *)&peer, &len) == 0) {
        return 0;
    }
    return errno == ENOTCONN ? EINPROGRESS : errno;
}

static void start_next(weir_dial *dial);

static void on_ready(void *user, int events)
{
    (void)events;
    attempt *attempt = user;
    weir_dial *dial = attempt->dial;
    int failure = connect_result(attempt->fd);
    if (failure == EINPROGRESS) {
        return;
    }
    if (failure == 0) {
        int fd = attempt->fd;
        end_attempt(attempt, true);
        finish(dial, fd);
        return;
    }
    note_refusal(dial, attempt->address, failure);
    end_attempt(attempt, false);
    start_next(dial);
}

/* A non-blocking connect. 0 when it is under way, otherwise why not. */
static int start_attempt(weir_dial *dial, attempt *attempt)
{
    int one = 1;
    attempt->fd = socket(attempt->address->socket.ss_family,
                         SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (attempt->fd < 0) {
        return errno;
    }
    setsockopt(attempt->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(attempt->fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
    int failure = connect(attempt->fd, (const struct sockaddr *)&attempt->address->socket,
                          attempt->address->len) == 0
                      ? 0
                      : errno;
    if (failure == 0 || failure == EINPROGRESS || failure == EINTR) {
        attempt->watch =
            weir_watch_open(dial->loop, attempt->fd, WEIR_WATCH_WRITE, on_ready, attempt);
        if (attempt->watch) {
            dial->running++;
            return 0;
        }
        failure = EMFILE;
    }
    close(attempt->fd);
    return failure;
}

/* Starts attempts until one is under way; ends the dial when none is left. */
static void start_next(weir_dial *dial)
{
    while (dial->started < dial->addresses.count) {
        size_t at = dial->started++;
        attempt *next = &dial->attempts[at];
        next->dial = dial;
        next->address = &dial->addresses.list[at];
        char shown[WEIR_ADDRESS_TEXT_MAX];
        weir_address_show(next->address, shown);
        dial->is_starting = true;
        dial->sink.on_try(dial->sink.user, weir_str_of(shown));
        dial->is_starting = false;
        if (dial->is_closed) {
            weir_dial_close(dial);
            return;
        }
        int failure = start_attempt(dial, next);
        if (failure == 0) {
            weir_timer_set(dial->stagger, dial->stagger_ns);
            return;
        }
        note_refusal(dial, next->address, failure);
    }
    if (dial->running == 0) {
        finish(dial, -1);
    }
}

static void on_stagger(void *user)
{
    start_next(user);
}

weir_dial *weir_dial_open(weir_loop *loop, const weir_addresses *addresses, int64_t stagger_ns,
                          const weir_dial_sink *sink, weir_error *error)
{
    weir_dial *dial = calloc(1, sizeof *dial);
    if (dial) {
        dial->stagger = weir_timer_new(loop, on_stagger, dial);
    }
    if (!dial || !dial->stagger) {
        free(dial);
        weir_fail_nomem(error);
        return NULL;
    }
    dial->loop = loop;
    dial->sink = *sink;
    dial->stagger_ns = stagger_ns;
    dial->addresses = *addresses;
    weir_timer_set(dial->stagger, 0);
    return dial;
}

void weir_dial_close(weir_dial *dial)
{
    if (!dial) {
        return;
    }
    dial->is_closed = true;
    if (dial->is_starting) {
        return; /* start_next finds the flag and comes back */
    }
    for (size_t i = 0; i < dial->started; i++) {
        end_attempt(&dial->attempts[i], false);
    }
    weir_timer_free(dial->stagger);
    free(dial);
}
