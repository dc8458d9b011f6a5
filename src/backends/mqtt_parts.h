/* SPDX-License-Identifier: MIT */
/*
 * The seam inside of a client: mqtt_client.c has its state, its lists and its clerk; mqtt.c makes
 * the calls of the library and turns its callbacks into the functions below. Only these two files
 * look in here.
 */
#ifndef WEIR_BACKENDS_MQTT_PARTS_H
#define WEIR_BACKENDS_MQTT_PARTS_H

#include <pthread.h>
#include <stdatomic.h>

#include "backends/mqtt_client.h"

enum { WEIR_MQTT_TOPICS_AT_ONCE = 256, WEIR_MQTT_PROTOCOL_ERROR = 0x82 };

typedef enum weir_mqtt_ask {
    WEIR_MQTT_SUBSCRIBE,
    WEIR_MQTT_UNSUBSCRIBE,
    WEIR_MQTT_PUBLISH
} weir_mqtt_ask;

/** Something to be done, or under way: in one of the client's two lists. One block of memory. */
typedef struct weir_mqtt_request weir_mqtt_request;
struct weir_mqtt_request {
    weir_mqtt_request *next;
    weir_mqtt_client *client;
    weir_mqtt_ask ask;
    size_t size; /**< counted against max_queue */
    size_t count;
    char **topics; /**< of a publish: one */
    int *qos;
    const char *bytes;
    size_t len;
};

typedef enum weir_mqtt_outcome {
    WEIR_MQTT_PENDING,
    WEIR_MQTT_CONNECTED,
    WEIR_MQTT_REFUSED,
    WEIR_MQTT_FAILED
} weir_mqtt_outcome;

struct weir_mqtt_client {
    atomic_int owners;
    weir_arena *arena;
    weir_mqtt_settings settings; /**< its texts are in the arena */
    uint16_t port;
    weir_mqtt_mailbox *mailbox;
    atomic_bool has_ended; /**< END is written: callbacks have nothing more to say */
    pthread_mutex_t lock;
    pthread_cond_t woken;

    /* under the lock */
    weir_mqtt_outcome outcome;
    weir_error refusal; /**< with REFUSED */
    bool is_lost;
    bool is_ending;
    bool has_hung_up;
    int64_t end_at_ns; /**< monotonic */
    weir_mqtt_request *waiting;
    weir_mqtt_request **last_waiting;
    size_t waiting_bytes;
    weir_mqtt_request *under_way;
    size_t in_flight;   /**< of these */
    size_t unpublished; /**< publishes in both lists */

    void *handle; /**< the library's; the clerk's alone */
};

/* ------------------------------------------------------------------ mqtt.c, called by the clerk */

/** False with `error`. */
bool weir_mqtt_library_open(weir_mqtt_client *client, weir_error *error);
/** Starts to connect; weir_mqtt_heard_* tells. False: an option that cannot be. */
bool weir_mqtt_library_connect(weir_mqtt_client *client);
/** Starts a request; weir_mqtt_answer tells, perhaps from inside. */
void weir_mqtt_library_ask(weir_mqtt_request *request);
/** Starts the goodbye; weir_mqtt_heard_goodbye tells. False: there is nothing to say goodbye to. */
bool weir_mqtt_library_disconnect(weir_mqtt_client *client, int64_t timeout_ms);
/** No callback follows. Accepts a client that was not opened. */
void weir_mqtt_library_close(weir_mqtt_client *client);

/* ------------------------------------------------------------------ mqtt_client.c, called back */

void weir_mqtt_heard_up(weir_mqtt_client *client);
/** The attempt failed: `refusal` is what the server had to say; NULL: nothing. */
void weir_mqtt_heard_failure(weir_mqtt_client *client, const weir_error *refusal);
void weir_mqtt_heard_message(weir_mqtt_client *client, weir_str topic, weir_str payload);
/** It is over; `error` has no text where the library does not say why. */
void weir_mqtt_heard_loss(weir_mqtt_client *client, const weir_error *error);
void weir_mqtt_heard_goodbye(weir_mqtt_client *client);
/** The request is done: reason codes for its topics, or `code` for all. It is freed. */
void weir_mqtt_answer(weir_mqtt_request *request, const int *codes, int code);
/** It failed; `code` is the server's reason from 0x80, below it nobody's. It is freed. */
void weir_mqtt_answer_failure(weir_mqtt_request *request, int code);

#endif
