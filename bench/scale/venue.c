/* SPDX-License-Identifier: MIT */
/*
 * One process with one epoll: it answers upgrades without compression, acknowledges every text
 * message that has an "id" with {"id":N}, pings with pongs, closes with closes; and when it is told
 * to, sends each connection one trade a second, spread evenly over the second.
 */
#include "scale.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "backends/wire/upgrade.h"
#include "util/buf.h"
#include "util/encode.h"

enum { MOST = 20000, READ_BYTES = 65536, EVENTS = 256, SLICES = 50, OPCODE = 15, KEY_TEXT = 24 };

typedef struct client {
    int fd;
    bool is_up;
    weir_buf in;
} client;

static client *clients[MOST];
static int epoll_fd;

static void give_up(const char *what)
{
    perror(what);
    exit(1);
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void put(const client *c, const void *bytes, size_t len)
{
    if (send(c->fd, bytes, len, MSG_NOSIGNAL) != (ssize_t)len)
        fprintf(stderr, "bench_scale: the venue cannot write: %s\n", strerror(errno));
}

static void drop(client *c)
{
    clients[c->fd] = NULL;
    close(c->fd);
    weir_buf_fini(&c->in);
    free(c);
}

static void take_up(void *listener)
{
    const int fd = accept4(*(int *)listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0 || fd >= MOST)
        return;
    const int yes = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    client *c = calloc(1, sizeof *c);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    if (!c || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
        give_up("bench_scale: epoll");
    c->fd = fd;
    clients[fd] = c;
}

/* Bytes used of what is there; 0: more is needed. */
static size_t take_upgrade(client *c)
{
    static const char name[] = "Sec-WebSocket-Key: ";
    weir_buf_putc(&c->in, '\0');
    c->in.len--;
    const char *end = strstr(c->in.ptr, "\r\n\r\n");
    const char *key = end ? strstr(c->in.ptr, name) : NULL;
    if (!key)
        return 0;
    weir_buf raw = {0};
    weir_error error;
    char accept[64];
    char reply[256];
    weir_base64_decode((weir_str){key + sizeof name - 1, KEY_TEXT}, &raw);
    if (raw.len != WEIR_UPGRADE_KEY_LEN ||
        weir_upgrade_accept((const uint8_t *)raw.ptr, accept, &error) != WEIR_OK)
        give_up("bench_scale: the client's key");
    weir_buf_fini(&raw);
    const int len = snprintf(reply, sizeof reply,
                             "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                             "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
                             accept);
    put(c, reply, (size_t)len);
    c->is_up = true;
    return (size_t)(end - c->in.ptr) + 4;
}

static void answer(const client *c, unsigned opcode, char *payload, size_t len)
{
    char out[160];
    const char *id = opcode == 1 ? memmem(payload, len, "\"id\":", 5) : NULL;
    int size = 0;
    if (id)
        size = snprintf(out + 2, sizeof out - 2, "{\"id\":%ld}", strtol(id + 5, NULL, 10));
    else if (opcode == 9 || opcode == 8)
        memcpy(out + 2, payload, size = (int)(len < 125 ? len : 125));
    else
        return;
    out[0] = (char)(0x80 | (id ? 1 : opcode == 9 ? 10 : 8));
    out[1] = (char)size;
    put(c, out, (size_t)size + 2);
}

static size_t take_frame(client *c, size_t at)
{
    unsigned char *p = (unsigned char *)c->in.ptr + at;
    const size_t left = c->in.len - at;
    if (left < 2)
        return 0;
    size_t len = p[1] & 127, head = len == 126 ? 4 : len == 127 ? 10 : 2;
    if (left < head + 4)
        return 0;
    if (head > 2)
        for (size_t i = len = 0; i < head - 2; i++)
            len = len << 8 | p[2 + i];
    if (left < head + 4 + len)
        return 0;
    for (size_t i = 0; i < len; i++)
        p[head + 4 + i] ^= p[head + (i & 3)];
    answer(c, p[0] & OPCODE, (char *)p + head + 4, len);
    return head + 4 + len;
}

static void hear(client *c)
{
    char *room = weir_buf_reserve(&c->in, READ_BYTES);
    const ssize_t got = room ? recv(c->fd, room, READ_BYTES - 1, 0) : -1;
    if (got <= 0) {
        if (got == 0 || (errno != EAGAIN && errno != EINTR))
            drop(c);
        return;
    }
    c->in.len += (size_t)got;
    size_t at = c->is_up ? 0 : take_upgrade(c);
    for (size_t used; c->is_up && (used = take_frame(c, at)) > 0;)
        at += used;
    memmove(c->in.ptr, c->in.ptr + at, c->in.len - at);
    c->in.len -= at;
    if (c->in.len == 0)
        weir_buf_fini(
            &c->in); /* the venue's memory is nobody's concern, but the machine is small */
}

static void send_slice(unsigned slice)
{
    static char frame[128];
    char *text = frame + 2;
    for (int fd = 0; fd < MOST; fd++) {
        if (!clients[fd] || !clients[fd]->is_up || (unsigned)fd % SLICES != slice)
            continue;
        const int len = snprintf(text, sizeof frame - 2,
                                 "{\"S\":\"S%d\",\"p\":\"101.25\",\"s\":\"0.5\",\"i\":%d}", fd, fd);
        frame[0] = (char)0x81;
        frame[1] = (char)len;
        put(clients[fd], frame, (size_t)len + 2);
    }
}

static void serve(int listener, int orders)
{
    struct epoll_event events[EVENTS];
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &listener};
    bool is_sending = false;
    unsigned slice = 0;
    epoll_fd = epoll_create1(0);
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &event);
    event.data.ptr = &orders;
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, orders, &event);
    for (int64_t next_ns = 0;;) {
        const int count = epoll_wait(epoll_fd, events, EVENTS, is_sending ? 2 : 1000);
        for (int i = 0; i < count; i++) {
            char order;
            if (events[i].data.ptr == &listener)
                take_up(&listener);
            else if (events[i].data.ptr != &orders)
                hear(events[i].data.ptr);
            else if (read(orders, &order, 1) == 1)
                is_sending = order == 'm';
            else
                return;
        }
        if (is_sending && now_ns() >= next_ns) {
            send_slice(slice++ % SLICES);
            next_ns = (next_ns ? next_ns : now_ns()) + 1000000000 / SLICES;
        }
    }
}

bench_venue bench_venue_start(void)
{
    int pipe_ends[2];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || pipe(pipe_ends) != 0 ||
        bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 4096) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) != 0)
        give_up("bench_scale: the venue");
    const pid_t process = fork();
    if (process < 0)
        give_up("bench_scale: fork");
    if (process == 0) {
        close(pipe_ends[1]);
        signal(SIGINT, SIG_IGN);
        serve(listener, pipe_ends[0]);
        _exit(0);
    }
    close(listener);
    close(pipe_ends[0]);
    return (bench_venue){process, ntohs(address.sin_port), pipe_ends[1]};
}

void bench_venue_stop(const bench_venue *venue)
{
    close(venue->orders);
    waitpid(venue->process, NULL, 0);
}
