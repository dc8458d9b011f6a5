/* SPDX-License-Identifier: MIT */
/*
 * libwebsockets serves; an answer is made whole when its request comes and sent as the socket takes
 * it. One page, one method: everything else is 404 or 405.
 */
#include "server/metrics_server.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <libwebsockets.h>

#include "util/error.h"

struct metrics_server {
    struct lws_context *context;
    pthread_t thread;
    bool has_thread;
    atomic_bool is_stopping;
    metrics_text_fn *text;
    void *user;
    char url[160];
};

typedef struct answer {
    weir_text_buffer body;
    size_t sent;
} answer;

/* ------------------------------------------------------------------ answering */

static int refuse(struct lws *wsi, unsigned status)
{
    lws_return_http_status(wsi, status, NULL);
    return -1;
}

static int begin(struct lws *wsi, answer *a, const char *path)
{
    unsigned char room[LWS_PRE + 512], *at = room + LWS_PRE, *end = room + sizeof room;
    metrics_server *server = lws_context_user(lws_get_context(wsi));
    if (lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) <= 0)
        return refuse(wsi, HTTP_STATUS_METHOD_NOT_ALLOWED);
    if (strcmp(path, "/metrics") != 0)
        return refuse(wsi, HTTP_STATUS_NOT_FOUND);
    if (!server->text(server->user, &a->body))
        return refuse(wsi, HTTP_STATUS_INTERNAL_SERVER_ERROR);
    if (lws_add_http_common_headers(wsi, HTTP_STATUS_OK, "text/plain; version=0.0.4; charset=utf-8",
                                    (lws_filepos_t)a->body.len, &at, end) ||
        lws_finalize_write_http_header(wsi, room + LWS_PRE, &at, end))
        return -1;
    lws_callback_on_writable(wsi);
    return 0;
}

static int go_on(struct lws *wsi, answer *a)
{
    enum { PIECE = 16 * 1024 };
    unsigned char room[LWS_PRE + PIECE];
    const size_t left = a->body.len - a->sent;
    const size_t len = left < PIECE ? left : PIECE;
    if (len > 0)
        memcpy(room + LWS_PRE, a->body.ptr + a->sent, len);
    a->sent += len;
    const bool is_last = a->sent == a->body.len;
    if (lws_write(wsi, room + LWS_PRE, len, is_last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) < 0)
        return -1;
    if (is_last)
        return lws_http_transaction_completed(wsi) ? -1 : 0;
    lws_callback_on_writable(wsi);
    return 0;
}

static void forget(answer *a)
{
    if (a)
        weir_text_buffer_free(&a->body);
}

static int on_lws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                  size_t len)
{
    answer *a = user;
    switch (reason) {
    case LWS_CALLBACK_HTTP:
        forget(a); /* of an earlier request on this connection */
        *a = (answer){0};
        return begin(wsi, a, in);
    case LWS_CALLBACK_HTTP_WRITEABLE: return go_on(wsi, a);
    case LWS_CALLBACK_CLOSED_HTTP: forget(a); return 0;
    default: return lws_callback_http_dummy(wsi, reason, user, in, len);
    }
}

static const struct lws_protocols protocols[] = {
    {.name = "http", .callback = on_lws, .per_session_data_size = sizeof(answer)}, {.name = NULL}};

/* ------------------------------------------------------------------ starting and stopping */

/* "HOST:PORT", "[::1]:PORT" or "PORT". */
static bool split(const char *address, char host[128], int *port)
{
    const char *colon = strrchr(address, ':');
    const char *digits = colon ? colon + 1 : address;
    char *end = NULL;
    const long number = strtol(digits, &end, 10);
    const char *from = address;
    size_t len = colon ? (size_t)(colon - address) : 0;
    if (!*digits || *end || number < 0 || number > UINT16_MAX || len >= 128)
        return false;
    if (len > 1 && from[0] == '[' && from[len - 1] == ']') {
        from++;
        len -= 2;
    }
    snprintf(host, 128, "%.*s", (int)(len ? len : sizeof "127.0.0.1" - 1),
             len ? from : "127.0.0.1");
    *port = (int)number;
    return true;
}

static bool listen_on(metrics_server *server, const char *address, weir_error *error)
{
    char host[128];
    struct lws_context_creation_info info = {0};
    int port;
    if (!split(address, host, &port)) {
        weir_fail(error, WEIR_ERR_ARGUMENT, "'%s' is no address to listen on: HOST:PORT or PORT",
                  address);
        return false;
    }
    lws_set_log_level(0, NULL); /* it would write to stderr */
    info.port = CONTEXT_PORT_NO_LISTEN;
    info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
    info.gid = (gid_t)-1;
    info.uid = (uid_t)-1;
    info.user = server;
    server->context = lws_create_context(&info);
    info.port = port;
    info.iface = host;
    info.protocols = protocols;
    info.vhost_name = "weir-metrics";
    info.options |= LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND;
    struct lws_vhost *vhost = server->context ? lws_create_vhost(server->context, &info) : NULL;
    const int bound = vhost ? lws_get_vhost_listen_port(vhost) : 0;
    if (bound <= 0) {
        weir_fail(error, WEIR_ERR_IO, "metrics cannot be served on %s:%d%s", host, port,
                  port ? "; is the port taken, or the address not this machine's?" : "");
        return false;
    }
    snprintf(server->url, sizeof server->url,
             strchr(host, ':') ? "http://[%s]:%d/metrics" : "http://%s:%d/metrics", host, bound);
    return true;
}

static void *serve(void *user)
{
    metrics_server *server = user;
    while (!atomic_load(&server->is_stopping) && lws_service(server->context, 0) >= 0) {}
    return NULL;
}

static bool start_thread(metrics_server *server, weir_error *error)
{
    sigset_t all, before;
    sigfillset(&all); /* signals are for the thread that waits for them */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int failure = pthread_create(&server->thread, NULL, serve, server);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    server->has_thread = failure == 0;
    if (failure)
        weir_fail(error, WEIR_ERR_LIMIT, "no thread for metrics: %s", strerror(failure));
    return failure == 0;
}

metrics_server *metrics_server_start(const char *address, metrics_text_fn *text, void *user,
                                     weir_error *error)
{
    metrics_server *server = calloc(1, sizeof *server);
    if (!server) {
        weir_fail_nomem(error);
        return NULL;
    }
    server->text = text;
    server->user = user;
    if (listen_on(server, address, error) && start_thread(server, error))
        return server;
    metrics_server_stop(server);
    return NULL;
}

const char *metrics_server_url(const metrics_server *server)
{
    return server->url;
}

void metrics_server_stop(metrics_server *server)
{
    if (!server)
        return;
    atomic_store(&server->is_stopping, true);
    if (server->has_thread) {
        lws_cancel_service(server->context);
        pthread_join(server->thread, NULL);
    }
    if (server->context)
        lws_context_destroy(server->context);
    free(server);
}
