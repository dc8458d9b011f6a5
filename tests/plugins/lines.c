/* SPDX-License-Identifier: MIT */
/*
 * A backend for tests: lines of text over TCP, tcp://127.0.0.1:PORT. A line is a frame, a frame a
 * line; a line "topic NAME" in front of nothing else is what the peer answers to a subscription.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <weir/plugin.h>

enum { LINE_MAX_LEN = 64 * 1024 };

typedef struct lines {
    const weir_plugin_host *host;
    const weir_plugin_links *links;
    weir_plugin_link *link;
    weir_plugin_watch *watch;
    weir_plugin_timer *linger;
    int fd;
    bool is_up, is_paused, is_closing;
    bool is_rude; /* what is read is told, whatever the host says meanwhile */
    size_t in_len, out_len;
    char hello[64];
    char in[LINE_MAX_LEN], out[LINE_MAX_LEN];
} lines;

static void end(lines *self, weir_code code, const char *why, bool by_peer)
{
    const weir_plugin_end how = {code, why, 0, by_peer, 0};
    weir_plugin_link *link = self->link;
    const weir_plugin_links *links = self->links;
    links->watch_close(self->watch);
    close(self->fd);
    free(self);
    links->down(link, &how);
}

static void set_events(lines *self)
{
    const bool writes = !self->is_up || self->out_len > 0;
    self->links->watch_set(self->watch, (self->is_paused ? 0 : WEIR_PLUGIN_READ) |
                                            (writes ? WEIR_PLUGIN_WRITE : 0));
}

static bool flush(lines *self)
{
    while (self->out_len > 0) {
        const ssize_t n = send(self->fd, self->out, self->out_len, MSG_NOSIGNAL);
        if (n < 0)
            return errno == EAGAIN || errno == EINTR;
        memmove(self->out, self->out + n, self->out_len - (size_t)n);
        self->out_len -= (size_t)n;
    }
    return true;
}

static weir_code put(lines *self, weir_str text)
{
    if (!self->is_up || self->is_closing)
        return WEIR_ERR_STATE;
    if (text.len + 1 > LINE_MAX_LEN - self->out_len)
        return WEIR_ERR_LIMIT;
    memcpy(self->out + self->out_len, text.ptr, text.len);
    self->out[self->out_len + text.len] = '\n';
    self->out_len += text.len + 1;
    set_events(self);
    return WEIR_OK;
}

/* Hands over whole lines; a pause from inside keeps the rest. */
static void give_lines(lines *self)
{
    char *newline;
    while ((!self->is_paused || self->is_rude) && !self->is_closing &&
           (newline = memchr(self->in, '\n', self->in_len)) != NULL) {
        const size_t len = (size_t)(newline - self->in);
        char line[LINE_MAX_LEN];
        memcpy(line, self->in, len);
        self->in_len -= len + 1;
        memmove(self->in, newline + 1, self->in_len);
        if (len > 6 && memcmp(line, "topic ", 6) == 0) {
            const weir_str topic = {line + 6, len - 6};
            self->links->topic(self->link, topic, NULL);
            continue;
        }
        const weir_plugin_frame frame = {false, {"line", 4}, {line, len}, 0};
        self->links->frame(self->link, &frame);
    }
    self->links->batch(self->link);
}

static void on_ready(void *user, int events)
{
    lines *self = user;
    if (!self->is_up) {
        int error = 0;
        socklen_t size = sizeof error;
        if (getsockopt(self->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) {
            end(self, WEIR_ERR_CONNECT, strerror(error), true);
            return;
        }
        const weir_str no_detail = {"", 0};
        self->is_up = true;
        put(self, weir_str_of(self->hello));
        self->links->phase(self->link, WEIR_PHASE_UP, no_detail);
        return;
    }
    if ((events & WEIR_PLUGIN_WRITE) && !flush(self)) {
        end(self, WEIR_ERR_CONNECT, strerror(errno), true);
        return;
    }
    if (events & WEIR_PLUGIN_READ) {
        const ssize_t n = recv(self->fd, self->in + self->in_len, LINE_MAX_LEN - self->in_len, 0);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
            end(self, WEIR_ERR_CLOSED, n == 0 ? "the server hung up" : strerror(errno), true);
            return;
        }
        self->links->alive(self->link);
        self->in_len += n > 0 ? (size_t)n : 0;
        if (self->in_len == LINE_MAX_LEN && !memchr(self->in, '\n', LINE_MAX_LEN)) {
            end(self, WEIR_ERR_LIMIT, "a line is too long", true);
            return;
        }
        give_lines(self);
    }
    set_events(self);
}

static void on_linger(void *user)
{
    end(user, WEIR_OK, NULL, false);
}

static void *open_link(weir_plugin_context *context, weir_plugin_link *link,
                       const weir_plugin_target *target)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    char url[200], *colon;
    snprintf(url, sizeof url, "%.*s", WEIR_FMT(target->url));
    colon = strrchr(url, ':');
    lines *self = calloc(1, sizeof *self);
    if (!self || !colon)
        return NULL;
    address.sin_port = htons((uint16_t)atoi(colon + 1));
    self->host = context->host;
    self->links = context->host->links;
    self->link = link;
    self->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (self->fd < 0 || (connect(self->fd, (struct sockaddr *)&address, sizeof address) != 0 &&
                         errno != EINPROGRESS)) {
        context->host->fail(context, "%s: %s", url, strerror(errno));
        if (self->fd >= 0)
            close(self->fd);
        free(self);
        return NULL;
    }
    context->host->get_bool(context, context->host->option(context, "rude"), &self->is_rude);
    weir_str hello = {"", 0};
    context->host->get_text(context, context->host->option(context, "hello"), &hello);
    snprintf(self->hello, sizeof self->hello, "hello %.*s", WEIR_FMT(hello));
    self->watch = self->links->watch_open(link, self->fd, WEIR_PLUGIN_WRITE, on_ready, self);
    self->linger = self->links->timer_new(link, on_linger, self);
    return self;
}

static weir_code send_line(void *self, const weir_plugin_frame *frame, bool *is_queued)
{
    *is_queued = true;
    return put(self, frame->bytes);
}

static weir_code subscribe(void *self, const weir_plugin_topic *topics, size_t count,
                           bool is_unsubscribe)
{
    weir_code code = WEIR_OK;
    for (size_t i = 0; i < count && code == WEIR_OK; i++) {
        char line[200];
        snprintf(line, sizeof line, "%s %.*s %d", is_unsubscribe ? "leave" : "join",
                 WEIR_FMT(topics[i].topic), topics[i].qos);
        code = put(self, weir_str_of(line));
    }
    return code;
}

static void pause_link(void *opaque, bool is_paused)
{
    lines *self = opaque;
    self->is_paused = is_paused;
    set_events(self);
    if (!is_paused)
        give_lines(self);
}

static void close_link(void *opaque, int code, weir_str reason, int64_t linger_ns)
{
    lines *self = opaque;
    const weir_str bye = {"bye", 3};
    (void)code;
    (void)reason;
    if (self->is_closing)
        return;
    put(self, bye);
    flush(self);
    self->is_closing = true;
    (void)linger_ns; /* nothing is answered */
    self->links->watch_set(self->watch, 0);
    self->host->timer_set(self->linger, 0);
}

static bool check_url(weir_str url, char *why, size_t room)
{
    if (url.len > 6 && memcmp(url.ptr, "tcp://", 6) == 0)
        return true;
    snprintf(why, room, "lines are spoken at tcp://HOST:PORT, not at '%.*s'", WEIR_FMT(url));
    return false;
}

static bool init(weir_plugin_context *context, weir_plugin_registry *registry)
{
    static const weir_plugin_option options[] = {
        {"hello", WEIR_TAKES_TEXT, "you", 0, 0, NULL, "what is said first (default you)"},
        {"rude", WEIR_TAKES_BOOL, "false", 0, 0, NULL, "goes on through a pause (default false)"},
    };
    static const weir_plugin_backend row = {
        "lines",   "lines over TCP", options,   2,    true,       false,     check_url,
        open_link, send_line,        subscribe, NULL, pause_link, close_link};
    return context->host->add_backend(registry, &row);
}

const weir_plugin_entry weir_plugin = {WEIR_PLUGIN_HEAD,      "lines", "1.0",
                                       "a backend for tests", init,    NULL};
