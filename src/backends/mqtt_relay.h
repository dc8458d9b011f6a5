/* SPDX-License-Identifier: MIT */
/*
 * The way between the MQTT library and the server. The library can connect by plain TCP well
 * enough; all the rest - names, several addresses, proxies, TLS, websockets - is done by this
 * program's own streams (wire/), which are tested against hostile peers and never block. So the
 * library connects to a port of this relay on the loopback, and the relay to the server.
 *
 * What it adds: packets are measured before the library sees them; a pause of the owner is a pause
 * of the server, by TCP's own means; the reason of an end is known.
 *
 * What it costs: a hop over the loopback. And a port that other programs of this machine can reach:
 * what comes in must begin with the CONNECT of our own library, name and password included, or it
 * is turned away.
 */
#ifndef WEIR_BACKENDS_MQTT_RELAY_H
#define WEIR_BACKENDS_MQTT_RELAY_H

#include <weir/types.h>

#include "backends/backend.h"
#include "backends/mqtt_options.h"
#include "backends/wire/loop.h"

typedef struct weir_mqtt_relay weir_mqtt_relay;

/** Borrowed for the call of open, but for the settings' texts, which live as long as the relay. */
typedef struct weir_mqtt_route {
    const weir_mqtt_settings *settings;
    const weir_mqtt_address *address;
    const weir_link_pair *headers; /**< of the websocket handshake */
    size_t header_count;
    const weir_link_pair *query;
    size_t query_count;
} weir_mqtt_route;

typedef struct weir_mqtt_relay_sink {
    void *user;
    void (*on_phase)(void *user, weir_link_phase phase, weir_str detail);
    void (*on_warning)(void *user, const weir_error *warning);
    /** Once: the server is reached, and the library may connect to this port. */
    void (*on_open)(void *user, uint16_t port);
    /** Bytes came from the server. */
    void (*on_alive)(void *user);
    /** The way is at its end; what came before is on its way to the library, which will find its
     * connection closed. Before on_open: there will be none. */
    void (*on_end)(void *user, const weir_link_end *end);
    /** After weir_mqtt_relay_close, once, from the loop: the relay is gone. */
    void (*on_closed)(void *user);
} weir_mqtt_relay_sink;

/** NULL with `error` when it cannot start. No callback comes from inside. */
weir_mqtt_relay *weir_mqtt_relay_open(weir_loop *loop, const weir_mqtt_route *route,
                                      const weir_mqtt_relay_sink *sink, weir_error *error);
/** Stops (or goes on) taking from the server. */
void weir_mqtt_relay_pause(weir_mqtt_relay *relay, bool paused);
/** Sends what the library has sent, and DISCONNECT if it has not; on_closed follows. */
void weir_mqtt_relay_close(weir_mqtt_relay *relay);

#endif
