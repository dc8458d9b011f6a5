/* SPDX-License-Identifier: MIT */
/*
 * One MQTT connection on the threads of its own: what the link (mqtt_link.c, on the loop's thread)
 * asks of it, and what it says by letters into a mailbox. The library behind it blocks now and then
 * - it sleeps, and one lock is for all of its clients - so no thread of a loop ever calls it: a
 * clerk, one thread for each connection, does.
 *
 * A client has two owners, the link and the clerk; who lets go last frees it. So a link can go away
 * at once, whatever the library is doing.
 */
#ifndef WEIR_BACKENDS_MQTT_CLIENT_H
#define WEIR_BACKENDS_MQTT_CLIENT_H

#include <weir/types.h>

#include "backends/backend.h"
#include "backends/mqtt_mailbox.h"
#include "backends/mqtt_options.h"

/** Kinds of letters. The errors are a weir_error in `bytes`. */
enum {
    WEIR_MQTT_MESSAGE, /**< `name` is the topic */
    WEIR_MQTT_UP,      /**< `bytes` has words about the connection */
    WEIR_MQTT_TOPIC,   /**< `name` is the topic; `bytes` is empty, or the error that refused it */
    WEIR_MQTT_WARNING, /**< an error */
    WEIR_MQTT_DRAINED, /**< nothing waits to be sent */
    WEIR_MQTT_END /**< an error, WEIR_OK when we ended it; without a text where nobody here knows
                     why. The last letter that matters */
};

typedef struct weir_mqtt_client weir_mqtt_client;

/** Starts to connect to `port` of the loopback. Copies the settings. */
weir_mqtt_client *weir_mqtt_client_open(const weir_mqtt_settings *settings, uint16_t port,
                                        weir_error *error);
weir_mqtt_mailbox *weir_mqtt_client_mailbox(weir_mqtt_client *client);

/** Copies what it is given. WEIR_ERR_LIMIT when more than max_queue bytes wait. */
weir_code weir_mqtt_client_subscribe(weir_mqtt_client *client, const weir_link_topic *topics,
                                     size_t count, bool is_unsubscribe);
weir_code weir_mqtt_client_publish(weir_mqtt_client *client, weir_str topic, weir_str bytes);

/** Says goodbye; END follows when it is said, or after `linger_ns`. */
void weir_mqtt_client_end(weir_mqtt_client *client, int64_t linger_ns);
/** The link's share. What is still to be said goodbye to is done without it. */
void weir_mqtt_client_release(weir_mqtt_client *client);

#endif
