/* SPDX-License-Identifier: MIT */
/*
 * The websocket backend: the table that the runtime knows it by. All work is in
 * wire/ws_client.c, which other backends share; a link is a client.
 */
#include "backends/backend.h"
#include "backends/wire/url.h"
#include "backends/wire/ws_client.h"
#include "backends/wire/ws_options.h"

static const char *const schemes[] = {"ws", "wss", NULL};

static weir_ws_client *client_of(weir_backend_link *link)
{
    return (weir_ws_client *)link;
}

static bool check_url(weir_str text, weir_error *error)
{
    weir_url url;
    return weir_url_parse_ws(text, &url, error) == WEIR_OK;
}

static weir_backend_link *open_link(weir_loop *loop, const weir_link_target *target,
                                    const weir_link_sink *sink, weir_error *error)
{
    return (weir_backend_link *)weir_ws_client_open(loop, target, sink, error);
}

static weir_code send_frame(weir_backend_link *link, weir_frame_kind kind, weir_str name,
                            weir_str bytes, bool *queued)
{
    (void)name; /* websocket messages have none */
    return weir_ws_client_send(client_of(link), kind, bytes, queued);
}

static weir_code probe(weir_backend_link *link)
{
    return weir_ws_client_probe(client_of(link));
}

static void set_paused(weir_backend_link *link, bool paused)
{
    weir_ws_client_pause(client_of(link), paused);
}

static void close_link(weir_backend_link *link, int code, weir_str reason, int64_t linger_ns)
{
    weir_ws_client_close(client_of(link), code, reason, linger_ns);
}

const weir_backend weir_backend_websocket = {
    .name = "websocket",
    .title = "WebSocket (RFC 6455) over TCP or TLS",
    .schemes = schemes,
    .options = weir_ws_option_rows,
    .option_count = WEIR_WS_OPTION_COUNT,
    .check_url = check_url,
    .open = open_link,
    .send = send_frame,
    .probe = probe,
    .pause = set_paused,
    .close = close_link,
};
