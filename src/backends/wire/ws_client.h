/* SPDX-License-Identifier: MIT */
/*
 * A websocket client over a wire stream: what the websocket backend is, and what other backends on
 * websockets (socketio) stand on. The contract of every function is that of the backend op of the
 * same name (backends/backend.h); on_down always comes from the loop, never from inside a call.
 */
#ifndef WEIR_BACKENDS_WIRE_WS_CLIENT_H
#define WEIR_BACKENDS_WIRE_WS_CLIENT_H

#include "backends/backend.h"
#include "backends/wire/loop.h"
#include "backends/wire/ws_options.h"

typedef struct weir_ws_client weir_ws_client;

/** `target->options` must have the rows of ws_options.h (more do no harm). */
weir_ws_client *weir_ws_client_open(weir_loop *loop, const weir_link_target *target,
                                    const weir_link_sink *sink, weir_error *error);
/** The same with settings in place of options; their texts outlive the client. */
weir_ws_client *weir_ws_client_open_with(weir_loop *loop, const weir_link_target *target,
                                         const weir_ws_settings *settings,
                                         const weir_link_sink *sink, weir_error *error);
weir_code weir_ws_client_send(weir_ws_client *client, weir_frame_kind kind, weir_str bytes,
                              bool *queued);
weir_code weir_ws_client_probe(weir_ws_client *client);
void weir_ws_client_pause(weir_ws_client *client, bool paused);
void weir_ws_client_close(weir_ws_client *client, int code, weir_str reason, int64_t linger_ns);

#endif
