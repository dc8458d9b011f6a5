/* SPDX-License-Identifier: MIT */
/*
 * blaster [--tls CERTIFICATE KEY] FILE...: a websocket server on a free port of 127.0.0.1, which it
 * prints. Each FILE has a message a line; all are framed when it starts, so that sending is nothing
 * but send() from memory. One connection at a time; its path says what it is to get:
 *
 *     /FILE/PACE/FRAMES[/ANSWERS]    FILE: number of the file, from 0
 *
 * PACE packed: as many frames in a segment as it takes. flat: a send() for each frame, without
 * delay. A number: the same, a frame every so many ns; while it waits it spins. A stamp
 * (tally.h) is filled in just before its frame is sent. FRAMES frames in all, from the start again
 * as often as it takes, then a close frame. ANSWERS is how many messages of the client are answered
 * before that, as Binance answers: {"result":null,"id":ID}. What else it sends is not read: it fits
 * the socket's buffer.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/ssl.h>

#include "tally.h"

enum { REQUEST_MAX = 8192, FILES_MAX = 16, PACKED = -1 };

typedef struct corpus {
    uint8_t *bytes;
    size_t *starts; /* of each frame, and the end of the last */
    size_t count;
    size_t stamp_at; /* behind the start of each frame; 0: none */
} corpus;

typedef struct peer {
    int fd;
    SSL *tls; /* NULL: plain */
} peer;

static void die(const char *what)
{
    fprintf(stderr, "blaster: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* ------------------------------------------------------------------ frames */

static size_t put_header(uint8_t *at, size_t len)
{
    at[0] = 0x81;
    if (len < 126) {
        at[1] = (uint8_t)len;
        return 2;
    }
    const size_t width = len < 65536 ? 2 : 8;
    at[1] = width == 2 ? 126 : 127;
    for (size_t i = 0; i < width; i++)
        at[2 + i] = (uint8_t)((uint64_t)len >> (8 * (width - 1 - i)));
    return 2 + width;
}

static corpus read_frames(const char *path)
{
    size_t size, lines = 1;
    char *text = tally_read_file(path, &size);
    if (!text)
        die(path);
    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\n';
    corpus c = {.bytes = malloc(size + lines * 10), .starts = calloc(lines + 1, sizeof *c.starts)};
    if (!c.bytes || !c.starts)
        die(path);
    size_t end = 0;
    for (char *at = text, *stop; at < text + size; at = stop + 1) {
        stop = memchr(at, '\n', (size_t)(text + size - at));
        stop = stop ? stop : text + size;
        const size_t len = (size_t)(stop - at);
        if (len == 0)
            continue;
        const size_t header = put_header(c.bytes + end, len);
        memcpy(c.bytes + end + header, at, len);
        const char *key = memmem(at, len, STAMP_KEY, strlen(STAMP_KEY));
        c.stamp_at = key ? header + (size_t)(key - at) + strlen(STAMP_KEY) : 0;
        end += header + len;
        c.starts[++c.count] = end;
    }
    if (c.count == 0)
        die("a file without a message");
    free(text);
    return c;
}

static void stamp(uint8_t *digits)
{
    int64_t now = tally_now() + STAMP_BASE;
    for (int i = STAMP_DIGITS; i-- > 0; now /= 10)
        digits[i] = (uint8_t)('0' + now % 10);
}

/* ------------------------------------------------------------------ bytes */

static bool put(const peer *to, const void *bytes, size_t len)
{
    for (size_t done = 0; done < len;) {
        const char *at = (const char *)bytes + done;
        ssize_t sent;
        if (to->tls) {
            size_t part = 0;
            sent = SSL_write_ex(to->tls, at, len - done, &part) == 1 ? (ssize_t)part : -1;
        } else {
            sent = send(to->fd, at, len - done, MSG_NOSIGNAL);
            if (sent < 0 && errno == EINTR)
                continue;
        }
        if (sent <= 0)
            return false; /* the client has gone: its own business */
        done += (size_t)sent;
    }
    return true;
}

static ssize_t get(const peer *from, void *bytes, size_t len)
{
    return from->tls ? SSL_read(from->tls, bytes, (int)len) : recv(from->fd, bytes, len, 0);
}

static bool read_request(const peer *from, char *request)
{
    size_t len = 0;
    while (len + 1 < REQUEST_MAX) {
        const ssize_t got = get(from, request + len, REQUEST_MAX - 1 - len);
        if (got <= 0)
            return false;
        len += (size_t)got;
        request[len] = '\0';
        if (strstr(request, "\r\n\r\n"))
            return true;
    }
    return false;
}

static bool answer(const peer *to, const char *request)
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    const char *key = strcasestr(request, "\r\nSec-WebSocket-Key:");
    char joined[128], reply[256];
    unsigned char sha[EVP_MAX_MD_SIZE], accept[64];
    unsigned sha_len = 0;
    if (!key)
        return false;
    key += strlen("\r\nSec-WebSocket-Key:");
    key += strspn(key, " ");
    const int joined_len =
        snprintf(joined, sizeof joined, "%.*s%s", (int)strcspn(key, "\r\n "), key, guid);
    if (joined_len < 0 || (size_t)joined_len >= sizeof joined ||
        EVP_Digest(joined, (size_t)joined_len, sha, &sha_len, EVP_sha1(), NULL) != 1)
        return false;
    EVP_EncodeBlock(accept, sha, (int)sha_len);
    const int len = snprintf(reply, sizeof reply,
                             "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                             "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
                             accept);
    return put(to, reply, (size_t)len);
}

/* ------------------------------------------------------------------ blasting */

static bool blast_packed(const peer *to, const corpus *c, uint64_t frames)
{
    for (; frames >= c->count; frames -= c->count)
        if (!put(to, c->bytes, c->starts[c->count]))
            return false;
    return put(to, c->bytes, c->starts[frames]);
}

static bool blast_singly(const peer *to, const corpus *c, uint64_t frames, int64_t gap_ns)
{
    int64_t due = tally_now();
    for (uint64_t i = 0; i < frames; i++) {
        uint8_t *frame = c->bytes + c->starts[i % c->count];
        const size_t len = c->starts[i % c->count + 1] - c->starts[i % c->count];
        if (gap_ns > 0) {
            while (tally_now() < due) {}
            due += gap_ns;
        }
        if (c->stamp_at > 0)
            stamp(frame + c->stamp_at);
        if (!put(to, frame, len))
            return false;
    }
    return true;
}

/* What a path asks for. */
typedef struct load {
    unsigned long file;
    int64_t gap_ns; /* 0: flat */
    uint64_t frames;
    unsigned long answers;
} load;

static bool read_path(const char *request, load *what)
{
    char *at = strchr(request, '/');
    if (!at)
        return false;
    what->file = strtoul(at + 1, &at, 10);
    if (strncmp(at, "/packed/", 8) == 0) {
        what->gap_ns = PACKED;
        at += strlen("/packed");
    } else if (strncmp(at, "/flat/", 6) == 0) {
        at += strlen("/flat");
    } else if (*at == '/') {
        what->gap_ns = strtoll(at + 1, &at, 10);
    }
    if (*at != '/')
        return false;
    what->frames = strtoull(at + 1, &at, 10);
    if (*at == '/')
        what->answers = strtoul(at + 1, &at, 10);
    return *at == ' ';
}

static bool get_all(const peer *from, void *bytes, size_t len)
{
    for (size_t done = 0; done < len;) {
        const ssize_t got = get(from, (char *)bytes + done, len - done);
        if (got <= 0)
            return false;
        done += (size_t)got;
    }
    return true;
}

/* One message of the client, masked and shorter than 64 KiB as all of them are, and its answer. */
static bool answer_message(const peer *to)
{
    uint8_t head[2], more[2], mask[4], reply[64];
    char text[REQUEST_MAX];
    if (!get_all(to, head, 2) || ((head[1] & 127) == 126 && !get_all(to, more, 2)))
        return false;
    const size_t len = (head[1] & 127) == 126 ? (size_t)more[0] << 8 | more[1] : head[1] & 127;
    if (len >= sizeof text || !get_all(to, mask, 4) || !get_all(to, text, len))
        return false;
    for (size_t i = 0; i < len; i++)
        text[i] = (char)((uint8_t)text[i] ^ mask[i & 3]);
    text[len] = '\0';
    const char *id = strstr(text, "\"id\":");
    if (!id)
        return true; /* it asks for no answer */
    const int reply_len = snprintf((char *)reply + 2, sizeof reply - 2,
                                   "{\"result\":null,\"id\":%ld}", strtol(id + 5, NULL, 10));
    put_header(reply, (size_t)reply_len);
    return put(to, reply, 2 + (size_t)reply_len);
}

static void serve(const peer *to, const corpus *list, size_t count)
{
    static const uint8_t close_frame[] = {0x88, 2, 1000 >> 8, 1000 & 0xff};
    char request[REQUEST_MAX];
    load what = {0};
    if (!read_request(to, request) || !answer(to, request))
        return;
    if (!read_path(request, &what) || what.file >= count) {
        fprintf(stderr, "blaster: this is not a path: %.60s\n", request);
        return;
    }
    for (; what.answers > 0; what.answers--)
        if (!answer_message(to))
            return;
    const corpus *c = &list[what.file];
    const bool is_done = what.gap_ns == PACKED ? blast_packed(to, c, what.frames)
                                               : blast_singly(to, c, what.frames, what.gap_ns);
    if (!is_done || !put(to, close_frame, sizeof close_frame))
        return;
    recv(to->fd, request, sizeof request, 0); /* the answer, or what was said before */
    if (to->tls)
        SSL_shutdown(to->tls);
    shutdown(to->fd, SHUT_WR);
    while (recv(to->fd, request, sizeof request, 0) > 0) {} /* until the client has gone */
}

/* ------------------------------------------------------------------ the server */

static SSL_CTX *make_context(const char *certificate, const char *key)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (!context || SSL_CTX_use_certificate_chain_file(context, certificate) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1) {
        fprintf(stderr, "blaster: %s and %s are no certificate and key\n", certificate, key);
        exit(1);
    }
    return context;
}

static int listen_somewhere(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, len) != 0 || listen(fd, 16) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) != 0)
        die("listen");
    printf("%d\n", ntohs(at.sin_port));
    fflush(stdout);
    return fd;
}

int main(int argc, char **argv)
{
    static corpus list[FILES_MAX];
    size_t count = 0;
    SSL_CTX *context = NULL;
    int at = 1;
    if (argc > 3 && strcmp(argv[1], "--tls") == 0) {
        context = make_context(argv[2], argv[3]);
        at = 4;
    }
    for (; at < argc && count < FILES_MAX; at++)
        list[count++] = read_frames(argv[at]);
    if (count == 0)
        return fprintf(stderr, "usage: blaster [--tls CERTIFICATE KEY] FILE...\n"), 2;
    prctl(PR_SET_PDEATHSIG, SIGTERM); /* it ends with the bench */
    signal(SIGPIPE, SIG_IGN);
    const int listener = listen_somewhere(), yes = 1;
    const struct timeval patience = {.tv_sec = 60}; /* slow clients have much to read yet */
    for (;;) {
        peer to = {.fd = accept(listener, NULL, NULL)};
        if (to.fd < 0)
            die("accept");
        setsockopt(to.fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        setsockopt(to.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        if (context) {
            to.tls = SSL_new(context);
            SSL_set_fd(to.tls, to.fd);
        }
        if (!to.tls || SSL_accept(to.tls) == 1)
            serve(&to, list, count);
        if (to.tls)
            SSL_free(to.tls);
        close(to.fd);
    }
}
