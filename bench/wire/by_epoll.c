/* SPDX-License-Identifier: MIT */
/*
 * by_epoll PORT PATH CA WAY: the limit. epoll, recv into a large buffer (SSL_read, where CA is not
 * "-"), a loop that finds the frames in it, and a call for each: nothing else, no text is checked,
 * no fragment joined, no ping answered. Weir is measured against this.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "tally.h"

enum { ROOM = 256 * 1024 };

typedef struct client {
    int fd;
    int epoll;
    SSL *tls;
    uint8_t bytes[ROOM];
    size_t start, end;
    bool is_closed;
    tally tally;
} client;

static void die(const char *what)
{
    fprintf(stderr, "by_epoll: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* What is there, up to the room that there is. */
static size_t read_tls(client *c)
{
    size_t got = 0, part = 0;
    do {
        if (SSL_read_ex(c->tls, c->bytes + c->end + got, ROOM - c->end - got, &part) != 1) {
            if (SSL_get_error(c->tls, 0) != SSL_ERROR_WANT_READ)
                die("SSL_read");
            break;
        }
        got += part;
    } while (got < ROOM - c->end && SSL_has_pending(c->tls));
    return got;
}

static size_t read_plain(client *c)
{
    const ssize_t got = recv(c->fd, c->bytes + c->end, ROOM - c->end, 0);
    if (got == 0 || (got < 0 && errno != EAGAIN))
        die("recv");
    return got < 0 ? 0 : (size_t)got;
}

/* True: the room was filled, there may be more. */
static bool fill(client *c)
{
    const size_t room = ROOM - c->end, got = c->tls ? read_tls(c) : read_plain(c);
    c->end += got;
    return got == room;
}

static void unframe(client *c)
{
    size_t at = c->start;
    while (c->end - at >= 2) {
        const uint8_t *frame = c->bytes + at;
        size_t len = frame[1], header = 2;
        if (len >= 126) {
            header = len == 126 ? 4 : 10;
            if (c->end - at < header)
                break;
            len = 0;
            for (size_t i = 2; i < header; i++)
                len = len << 8 | frame[i];
        }
        if (c->end - at < header + len)
            break;
        if (frame[0] == 0x88) {
            c->is_closed = true;
            break;
        }
        c->tally.take(&c->tally, (const char *)frame + header, len);
        at += header + len;
    }
    memmove(c->bytes, c->bytes + at, c->end - at);
    c->end -= at;
    c->start = 0;
}

static void dial(client *c, int port, const char *ca)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof to) != 0)
        die("connect");
    if (strcmp(ca, "-") == 0)
        return;
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_read_ahead(context, 1);
    if (SSL_CTX_load_verify_locations(context, ca, NULL) != 1)
        die(ca);
    c->tls = SSL_new(context);
    SSL_set_fd(c->tls, c->fd);
    if (SSL_connect(c->tls) != 1)
        die("SSL_connect");
}

/* Blocking, up to the end of the answer; frames may stand behind it. */
static void upgrade(client *c, const char *path)
{
    char request[512];
    const int len = snprintf(request, sizeof request,
                             "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
                             "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                             "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
                             path);
    if (c->tls ? SSL_write(c->tls, request, len) != len
               : send(c->fd, request, (size_t)len, MSG_NOSIGNAL) != len)
        die("send");
    for (;;) {
        const uint8_t *end = memmem(c->bytes, c->end, "\r\n\r\n", 4);
        if (end) {
            c->start = (size_t)(end + 4 - c->bytes);
            return;
        }
        fill(c);
    }
}

int main(int argc, char **argv)
{
    static client c;
    if (argc != 5 || !tally_init(&c.tally, argv[4]))
        return fprintf(stderr, "usage: by_epoll PORT PATH CA|- count|digest|latency\n"), 2;
    dial(&c, (int)strtol(argv[1], NULL, 10), argv[3]);
    upgrade(&c, argv[2]);
    fcntl(c.fd, F_SETFL, O_NONBLOCK);
    c.epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN};
    if (c.epoll < 0 || epoll_ctl(c.epoll, EPOLL_CTL_ADD, c.fd, &event) != 0)
        die("epoll");
    tally_begin(&c.tally);
    for (unframe(&c); !c.is_closed;) {
        epoll_wait(c.epoll, &event, 1, -1);
        bool has_more = true;
        while (has_more && !c.is_closed) {
            has_more = fill(&c);
            unframe(&c);
        }
    }
    tally_end(&c.tally);
    tally_print(&c.tally);
    return 0;
}
