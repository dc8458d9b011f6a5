/* SPDX-License-Identifier: MIT */
/*
 * by_lws PORT PATH CA WAY: libwebsockets' own websocket client, as its examples use it, with
 * buffers as large as it takes. What it hands over in pieces is joined.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libwebsockets.h>

#include "tally.h"

enum { ROOM = 64 * 1024, JOINED_MAX = 1 << 20 };

static tally total;
static char joined[JOINED_MAX];
static size_t joined_len;
static bool is_closed, has_failed;

static void receive(struct lws *wsi, const char *bytes, size_t len)
{
    const bool is_last = lws_is_final_fragment(wsi) && lws_remaining_packet_payload(wsi) == 0;
    if (joined_len == 0 && is_last) {
        total.take(&total, bytes, len);
        return;
    }
    if (len > JOINED_MAX - joined_len)
        exit(1);
    memcpy(joined + joined_len, bytes, len);
    joined_len += len;
    if (is_last) {
        total.take(&total, joined, joined_len);
        joined_len = 0;
    }
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t len)
{
    (void)user;
    switch (reason) {
    case LWS_CALLBACK_CLIENT_ESTABLISHED: tally_begin(&total); break;
    case LWS_CALLBACK_CLIENT_RECEIVE: receive(wsi, in, len); break;
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        if (!is_closed)
            tally_end(&total);
        is_closed = true;
        break;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
    case LWS_CALLBACK_CLIENT_CLOSED: has_failed = true; break;
    default: break;
    }
    return 0;
}

int main(int argc, char **argv)
{
    static const struct lws_protocols protocols[] = {
        {.name = "bench", .callback = on_event, .rx_buffer_size = ROOM}, {.name = NULL}};
    if (argc != 5 || !tally_init(&total, argv[4]))
        return fprintf(stderr, "usage: by_lws PORT PATH CA|- count|digest|latency\n"), 2;
    const bool is_secure = strcmp(argv[3], "-") != 0;
    lws_set_log_level(0, NULL);
    struct lws_context_creation_info info = {.port = CONTEXT_PORT_NO_LISTEN,
                                             .protocols = protocols,
                                             .gid = (gid_t)-1,
                                             .uid = (uid_t)-1,
                                             .pt_serv_buf_size = 2 * ROOM,
                                             .options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT};
    if (is_secure)
        info.client_ssl_ca_filepath = argv[3];
    struct lws_context *context = lws_create_context(&info);
    if (!context)
        return 1;
    const struct lws_client_connect_info target = {.context = context,
                                                   .address = "127.0.0.1",
                                                   .host = "127.0.0.1",
                                                   .origin = "127.0.0.1",
                                                   .port = (int)strtol(argv[1], NULL, 10),
                                                   .path = argv[2],
                                                   .local_protocol_name = "bench",
                                                   .ssl_connection =
                                                       is_secure ? LCCSCF_USE_SSL : 0};
    if (!lws_client_connect_via_info(&target))
        return fprintf(stderr, "by_lws: no connection\n"), 1;
    while (!is_closed && !has_failed && lws_service(context, 0) >= 0) {}
    if (is_closed)
        tally_print(&total);
    lws_context_destroy(context);
    return is_closed ? 0 : 1;
}
