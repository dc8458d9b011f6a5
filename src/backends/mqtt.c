/* SPDX-License-Identifier: MIT */
/*
 * The doorman of paho.mqtt.c: the calls of its asynchronous interface that a client's clerk makes,
 * and what it calls back. It speaks MQTT; the bytes are moved by the relay. What had to be known of
 * version 1.3.11, found by reading and running it:
 *
 * - One send and one receive thread serve all clients of the process, and call back under a lock
 * that the other calls take, too, and that is held while a name is resolved. A callback here copies
 * and returns; the calls are made by clerks, which may wait; there are no names to resolve.
 * - What messageArrived refuses is queued without a bound, and acknowledged all the same. So it
 * takes everything, and the relay holds back what comes too fast.
 * - Over websockets it takes the answer to the upgrade in one read or not at all, and keeps the
 * half-read frames of all clients in one place: of four, three did not come up. So it is given
 * plain TCP, to the relay.
 * - It goes through the http_proxy of the environment, whatever no_proxy says, also to the
 * loopback.
 * - Its threads stop when the last client is destroyed, while a new one may just be made: creating
 * and destroying take turns (`door`). Creating ignores SIGPIPE for the whole process: that is
 * undone, since the disposition is the embedder's; its threads are started by a clerk, whose
 * signals are blocked.
 * - With its last client it lets go of what all of them share, and when another comes at once it
 * may forget its trace buffer, 122 KiB (seen once in sixty reconnects of an only client that
 * followed one another within milliseconds). A client that is kept would prevent that, and make
 * each connect wait half a second for its threads: so it is not prevented.
 * - It gives the codes of a SUBACK of 3.1.1 without their number: one topic is asked for at a time,
 * so that a server that answers with fewer than were asked for has nothing read out of bounds.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <MQTTAsync.h>

#include "backends/mqtt_parts.h"
#include "backends/mqtt_rules.h"
#include "util/error.h"
#include "util/time.h"

enum { ADDRESS_MAX = 32 };

static pthread_mutex_t door = PTHREAD_MUTEX_INITIALIZER;

static void put_address(const weir_mqtt_client *client, const char *scheme, char out[ADDRESS_MAX])
{
    snprintf(out, ADDRESS_MAX, "%s://127.0.0.1:%u", scheme, (unsigned)client->port);
}

/* ------------------------------------------------------------------ answers to requests */

static void on_done(void *context, MQTTAsync_successData *data)
{
    weir_mqtt_request *request = context;
    const bool has_code = request->ask == WEIR_MQTT_SUBSCRIBE && data;
    weir_mqtt_answer(request, NULL, has_code ? data->alt.qos : 0);
}

static void on_done5(void *context, MQTTAsync_successData5 *data)
{
    weir_mqtt_request *request = context;
    int codes[WEIR_MQTT_TOPICS_AT_ONCE];
    if (!data || request->ask == WEIR_MQTT_PUBLISH) {
        weir_mqtt_answer(request, NULL, 0);
    } else if (request->count == 1) {
        weir_mqtt_answer(request, NULL, (int)data->reasonCode);
    } else if ((size_t)data->alt.sub.reasonCodeCount != request->count) {
        weir_mqtt_answer(request, NULL, WEIR_MQTT_PROTOCOL_ERROR);
    } else {
        for (size_t i = 0; i < request->count; i++)
            codes[i] = (int)data->alt.sub.reasonCodes[i];
        weir_mqtt_answer(request, codes, 0);
    }
}

static void on_not_done(void *context, MQTTAsync_failureData *data)
{
    weir_mqtt_answer_failure(context, data ? data->code : -1);
}

static void on_not_done5(void *context, MQTTAsync_failureData5 *data)
{
    const int reason = data ? (int)data->reasonCode : 0;
    weir_mqtt_answer_failure(context, reason >= 0x80 || !data ? reason : data->code);
}

/* ------------------------------------------------------------------ the connection's callbacks */

static int on_message(void *context, char *topic, int topic_len, MQTTAsync_message *message)
{
    const weir_str name = {topic, topic_len > 0 ? (size_t)topic_len : strlen(topic)};
    const size_t len = message->payloadlen > 0 ? (size_t)message->payloadlen : 0;
    weir_mqtt_heard_message(context, name, (weir_str){message->payload, len});
    MQTTAsync_freeMessage(&message);
    MQTTAsync_free(topic);
    return 1;
}

/* Closed below, or silent for too long: the link knows which. */
static void on_lost(void *context, char *cause)
{
    const weir_error error = {.code = WEIR_ERR_CLOSED};
    (void)cause;
    weir_mqtt_heard_loss(context, &error);
}

/* MQTT 5: the server says why before it closes. */
static void on_disconnected(void *context, MQTTProperties *properties, enum MQTTReasonCodes code)
{
    (void)properties;
    weir_error error = {0};
    const char *words = weir_mqtt_reason((int)code);
    weir_fail(&error, WEIR_ERR_CLOSED, "the server ended the connection: %s (%d)",
              words ? words : "no reason that is known", (int)code);
    weir_mqtt_heard_loss(context, &error);
}

static void on_connected(void *context, MQTTAsync_successData *data)
{
    (void)data;
    weir_mqtt_heard_up(context);
}

static void on_connected5(void *context, MQTTAsync_successData5 *data)
{
    (void)data;
    weir_mqtt_heard_up(context);
}

/* Positive codes are the server's. */
static void fail_to_connect(weir_mqtt_client *client, int code)
{
    weir_error error = {0};
    if (code > 0)
        weir_mqtt_refusal(client->settings.is_v5, code, &error);
    weir_mqtt_heard_failure(client, code > 0 ? &error : NULL);
}

static void on_not_connected(void *context, MQTTAsync_failureData *data)
{
    fail_to_connect(context, data ? data->code : -1);
}

static void on_not_connected5(void *context, MQTTAsync_failureData5 *data)
{
    const int reason = data ? (int)data->reasonCode : 0;
    fail_to_connect(context, reason >= 0x80 || !data ? reason : data->code);
}

static void on_hung_up(void *context, MQTTAsync_successData *data)
{
    (void)data;
    weir_mqtt_heard_goodbye(context);
}

static void on_hung_up5(void *context, MQTTAsync_successData5 *data)
{
    (void)data;
    weir_mqtt_heard_goodbye(context);
}

static void on_not_hung_up(void *context, MQTTAsync_failureData *data)
{
    (void)data;
    weir_mqtt_heard_goodbye(context);
}

static void on_not_hung_up5(void *context, MQTTAsync_failureData5 *data)
{
    (void)data;
    weir_mqtt_heard_goodbye(context);
}

/* ------------------------------------------------------------------ connecting */

static MQTTAsync_willOptions will_options(const weir_mqtt_settings *settings)
{
    MQTTAsync_willOptions will = MQTTAsync_willOptions_initializer;
    will.topicName = settings->will_topic.ptr;
    will.payload.data = settings->will_payload.ptr;
    will.payload.len = (int)settings->will_payload.len;
    will.qos = settings->will_qos;
    will.retained = settings->will_retain;
    if (settings->will_payload.len == 0)
        will.message = "";
    return will;
}

static MQTTAsync_connectOptions connect_options(weir_mqtt_client *client)
{
    const weir_mqtt_settings *settings = &client->settings;
    const MQTTAsync_connectOptions of[] = {MQTTAsync_connectOptions_initializer,
                                           MQTTAsync_connectOptions_initializer5};
    MQTTAsync_connectOptions options = of[settings->is_v5];
    options.keepAliveInterval = (int)settings->keepalive_s;
    options.username = settings->username.len > 0 ? settings->username.ptr : NULL;
    if (settings->has_password) {
        options.binarypwd.data = settings->password.ptr;
        options.binarypwd.len = (int)settings->password.len;
    }
    /* paho looks every three seconds; the link has the exact deadline */
    options.connectTimeout = (int)(settings->connect_timeout_ns / WEIR_NS_PER_S) + 1;
    options.context = client;
    if (settings->is_v5) {
        options.cleanstart = settings->is_clean;
        options.onSuccess5 = on_connected5;
        options.onFailure5 = on_not_connected5;
    } else {
        options.MQTTVersion = MQTTVERSION_3_1_1;
        options.cleansession = settings->is_clean;
        options.onSuccess = on_connected;
        options.onFailure = on_not_connected;
    }
    return options;
}

bool weir_mqtt_library_connect(weir_mqtt_client *client)
{
    const weir_mqtt_settings *settings = &client->settings;
    MQTTAsync_connectOptions options = connect_options(client);
    MQTTAsync_willOptions will = will_options(settings);
    MQTTProperties properties = MQTTProperties_initializer;
    MQTTProperty expiry = {.identifier = MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL};
    char proxy[ADDRESS_MAX];
    put_address(client, "http", proxy);
    /* It would go through the environment's proxy even to the loopback: then the relay is its
     * proxy. */
    if (getenv("http_proxy"))
        options.httpProxy = proxy;
    options.will = settings->has_will ? &will : NULL;
    if (settings->is_v5 && settings->session_expiry_s > 0) {
        expiry.value.integer4 = settings->session_expiry_s;
        MQTTProperties_add(&properties, &expiry);
        options.connectProperties = &properties;
    }
    const int code = MQTTAsync_connect(client->handle, &options);
    MQTTProperties_free(&properties);
    return code == MQTTASYNC_SUCCESS;
}

/* ------------------------------------------------------------------ the calls */

bool weir_mqtt_library_open(weir_mqtt_client *client, weir_error *error)
{
    const MQTTAsync_createOptions of[] = {MQTTAsync_createOptions_initializer,
                                          MQTTAsync_createOptions_initializer5};
    MQTTAsync_createOptions options = of[client->settings.is_v5];
    struct sigaction before;
    MQTTAsync handle = NULL;
    char address[ADDRESS_MAX];
    put_address(client, "tcp", address);
    pthread_mutex_lock(&door);
    sigaction(SIGPIPE, NULL, &before);
    const int code = MQTTAsync_createWithOptions(&handle, address, client->settings.client_id.ptr,
                                                 MQTTCLIENT_PERSISTENCE_NONE, NULL, &options);
    sigaction(SIGPIPE, &before, NULL);
    pthread_mutex_unlock(&door);
    if (code != MQTTASYNC_SUCCESS) {
        weir_fail(error, WEIR_ERR_ARGUMENT, "MQTT cannot start: %s", MQTTAsync_strerror(code));
        return false;
    }
    client->handle = handle;
    MQTTAsync_setCallbacks(handle, client, on_lost, on_message, NULL);
    MQTTAsync_setDisconnected(handle, client, on_disconnected);
    return true;
}

static MQTTAsync_responseOptions response_options(weir_mqtt_request *request)
{
    MQTTAsync_responseOptions options = MQTTAsync_responseOptions_initializer;
    options.context = request;
    if (request->client->settings.is_v5) {
        options.onSuccess5 = on_done5;
        options.onFailure5 = on_not_done5;
    } else {
        options.onSuccess = on_done;
        options.onFailure = on_not_done;
    }
    return options;
}

void weir_mqtt_library_ask(weir_mqtt_request *request)
{
    MQTTAsync_responseOptions options = response_options(request);
    MQTTAsync handle = request->client->handle;
    const int count = (int)request->count;
    int code;
    if (request->ask == WEIR_MQTT_PUBLISH)
        code = MQTTAsync_send(handle, request->topics[0], (int)request->len, request->bytes,
                              request->qos[0], 0, &options);
    else if (request->ask == WEIR_MQTT_UNSUBSCRIBE)
        code = MQTTAsync_unsubscribeMany(handle, count, request->topics, &options);
    else
        code = MQTTAsync_subscribeMany(handle, count, request->topics, request->qos, &options);
    if (code != MQTTASYNC_SUCCESS)
        weir_mqtt_answer_failure(request,
                                 code == MQTTASYNC_DISCONNECTED ? -1 : WEIR_MQTT_PROTOCOL_ERROR);
}

bool weir_mqtt_library_disconnect(weir_mqtt_client *client, int64_t timeout_ms)
{
    MQTTAsync_disconnectOptions options = MQTTAsync_disconnectOptions_initializer;
    MQTTAsync_disconnectOptions options5 = MQTTAsync_disconnectOptions_initializer5;
    options.onSuccess = on_hung_up;
    options.onFailure = on_not_hung_up;
    options5.onSuccess5 = on_hung_up5;
    options5.onFailure5 = on_not_hung_up5;
    options.context = options5.context = client;
    options.timeout = options5.timeout = (int)timeout_ms;
    return MQTTAsync_disconnect(client->handle, client->settings.is_v5 ? &options5 : &options) ==
           MQTTASYNC_SUCCESS;
}

void weir_mqtt_library_close(weir_mqtt_client *client)
{
    if (!client->handle)
        return;
    pthread_mutex_lock(&door);
    MQTTAsync_destroy(&client->handle); /* which forgets the handle */
    pthread_mutex_unlock(&door);
}
