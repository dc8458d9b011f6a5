/* SPDX-License-Identifier: MIT */
/*
 * A client's state, the lists of what it is asked, and its clerk: a thread that connects, does what
 * is asked, and says goodbye. Callbacks of the library come on two more threads, which all clients
 * share: they put letters into the mailbox, note what happened, and wake the clerk; they never
 * wait.
 *
 * Whoever learns first that the connection is over writes END, and nothing follows it. The link may
 * then be gone while the clerk still tidies up; that is what the two owners are for.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "backends/mqtt_parts.h"
#include "backends/mqtt_rules.h"
#include "util/error.h"
#include "util/time.h"

enum {
    /* More than a server takes at a time stalls the library for a second; 20 is mosquitto's window.
     */
    IN_FLIGHT_MAX = 16,
    ASKED_MAX = 256,
    CLERK_STACK = 512 * 1024,
    ARENA_FIRST = 1024
};

#define GOODBYE_NS (WEIR_NS_PER_S / 2) /* at least, whether or not somebody waits for it */

/* ------------------------------------------------------------------ letters */

static void write_letter(weir_mqtt_client *client, const weir_mqtt_letter *letter)
{
    if (!atomic_load(&client->has_ended))
        weir_mqtt_mailbox_put(client->mailbox, letter);
}

static weir_str bytes_of(const weir_error *error)
{
    return (weir_str){(const char *)error, sizeof *error};
}

static void write_error(weir_mqtt_client *client, unsigned kind, weir_str name,
                        const weir_error *error)
{
    write_letter(client, &(weir_mqtt_letter){.kind = kind, .name = name, .bytes = bytes_of(error)});
}

static void write_end(weir_mqtt_client *client, const weir_error *error)
{
    const weir_mqtt_letter letter = {.kind = WEIR_MQTT_END, .bytes = bytes_of(error)};
    if (!atomic_exchange(&client->has_ended, true))
        weir_mqtt_mailbox_put(client->mailbox, &letter);
}

void weir_mqtt_heard_loss(weir_mqtt_client *client, const weir_error *error)
{
    write_end(client, error);
    pthread_mutex_lock(&client->lock);
    client->is_lost = true;
    pthread_cond_signal(&client->woken);
    pthread_mutex_unlock(&client->lock);
}

/* ------------------------------------------------------------------ requests */

static size_t texts_size(const weir_link_topic *topics, size_t count)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += topics[i].topic.len + 1;
    return size;
}

static char *put_text(char **at, weir_str text)
{
    char *start = *at;
    if (text.len > 0)
        memcpy(start, text.ptr, text.len);
    start[text.len] = '\0';
    *at += text.len + 1;
    return start;
}

static weir_mqtt_request *request_new(weir_mqtt_client *client, weir_mqtt_ask ask,
                                      const weir_link_topic *topics, size_t count, weir_str bytes)
{
    const size_t head = sizeof(weir_mqtt_request) + count * (sizeof(char *) + sizeof(int));
    const size_t size = head + texts_size(topics, count) + bytes.len + 1;
    weir_mqtt_request *request = malloc(size);
    if (!request)
        return NULL;
    *request = (weir_mqtt_request){.client = client, .ask = ask, .size = size, .count = count};
    request->topics = (char **)(request + 1);
    request->qos = (int *)(request->topics + count);
    char *at = (char *)(request->qos + count);
    for (size_t i = 0; i < count; i++) {
        request->topics[i] = put_text(&at, topics[i].topic);
        request->qos[i] = topics[i].qos;
    }
    request->bytes = put_text(&at, bytes);
    request->len = bytes.len;
    return request;
}

/* What is published may be a login. */
static void request_free(weir_mqtt_request *request)
{
    explicit_bzero(request, request->size);
    free(request);
}

static void free_requests(weir_mqtt_request *list)
{
    while (list) {
        weir_mqtt_request *next = list->next;
        request_free(list);
        list = next;
    }
}

static weir_code enqueue(weir_mqtt_client *client, weir_mqtt_request *request)
{
    if (!request)
        return WEIR_ERR_NOMEM;
    pthread_mutex_lock(&client->lock);
    const bool has_room = client->waiting_bytes + request->size <= client->settings.max_queue;
    if (has_room) {
        client->waiting_bytes += request->size;
        client->unpublished += request->ask == WEIR_MQTT_PUBLISH;
        *client->last_waiting = request;
        client->last_waiting = &request->next;
        pthread_cond_signal(&client->woken);
    }
    pthread_mutex_unlock(&client->lock);
    if (!has_room)
        request_free(request);
    return has_room ? WEIR_OK : WEIR_ERR_LIMIT;
}

/* The next that can be done now, moved to what is under way. Under the lock. */
static weir_mqtt_request *next_request(weir_mqtt_client *client)
{
    weir_mqtt_request *request = client->waiting;
    if (!request ||
        client->in_flight >= (request->ask == WEIR_MQTT_PUBLISH ? IN_FLIGHT_MAX : ASKED_MAX))
        return NULL;
    client->waiting = request->next;
    if (!client->waiting)
        client->last_waiting = &client->waiting;
    client->waiting_bytes -= request->size;
    request->next = client->under_way;
    client->under_way = request;
    client->in_flight++;
    return request;
}

/* It is under way no more. */
static void finish_request(weir_mqtt_request *request)
{
    weir_mqtt_client *client = request->client;
    pthread_mutex_lock(&client->lock);
    weir_mqtt_request **link = &client->under_way;
    while (*link != request)
        link = &(*link)->next;
    *link = request->next;
    client->in_flight--;
    const bool is_drained = request->ask == WEIR_MQTT_PUBLISH && --client->unpublished == 0;
    pthread_cond_signal(&client->woken);
    pthread_mutex_unlock(&client->lock);
    request_free(request);
    if (is_drained)
        write_letter(client, &(weir_mqtt_letter){.kind = WEIR_MQTT_DRAINED});
}

/* ------------------------------------------------------------------ answers to requests */

static void tell_granted(weir_mqtt_client *client, const char *topic, int asked, int granted)
{
    weir_error error = {0};
    const weir_str name = weir_str_of(topic);
    if (weir_mqtt_is_refused(granted, &error)) {
        write_error(client, WEIR_MQTT_TOPIC, name, &error);
        return;
    }
    write_letter(client, &(weir_mqtt_letter){.kind = WEIR_MQTT_TOPIC, .name = name});
    if (granted < asked) {
        weir_fail(&error, WEIR_ERR_UNSUPPORTED, "topic '%s': QoS %d was asked for, %d is granted",
                  topic, asked, granted);
        write_error(client, WEIR_MQTT_WARNING, (weir_str){0}, &error);
    }
}

static void tell_unsubscribed(weir_mqtt_client *client, const char *topic, int code)
{
    weir_error why, error = {0};
    if (!weir_mqtt_is_refused(code, &why))
        return;
    weir_fail(&error, why.code, "topic '%s' could not be unsubscribed: %s", topic, why.text);
    write_error(client, WEIR_MQTT_WARNING, (weir_str){0}, &error);
}

void weir_mqtt_answer(weir_mqtt_request *request, const int *codes, int code)
{
    for (size_t i = 0; i < request->count; i++) {
        const int given = codes ? codes[i] : code;
        if (request->ask == WEIR_MQTT_SUBSCRIBE)
            tell_granted(request->client, request->topics[i], request->qos[i], given);
        else if (request->ask == WEIR_MQTT_UNSUBSCRIBE)
            tell_unsubscribed(request->client, request->topics[i], given);
    }
    finish_request(request);
}

/* Without a reason of the server's the connection is going down, which is told otherwise. */
void weir_mqtt_answer_failure(weir_mqtt_request *request, int code)
{
    weir_error why, error = {0};
    const bool is_refused = weir_mqtt_is_refused(code, &why);
    if (is_refused && request->ask != WEIR_MQTT_PUBLISH) {
        weir_mqtt_answer(request, NULL, code);
        return;
    }
    if (is_refused) {
        weir_fail(&error, why.code, "a message to '%s' was refused: %s", request->topics[0],
                  why.text);
        write_error(request->client, WEIR_MQTT_WARNING, (weir_str){0}, &error);
    }
    finish_request(request);
}

/* ------------------------------------------------------------------ what is heard */

void weir_mqtt_heard_message(weir_mqtt_client *client, weir_str topic, weir_str payload)
{
    const size_t most = client->settings.max_message;
    const weir_mqtt_letter letter = {
        .kind = WEIR_MQTT_MESSAGE, .time_ns = weir_now_ns(), .name = topic, .bytes = payload};
    weir_error error = {0};
    if (atomic_load(&client->has_ended))
        return;
    if (payload.len > most)
        weir_fail(&error, WEIR_ERR_LIMIT, "a message of %zu bytes, more than max_message (%zu)",
                  payload.len, most);
    else if (!weir_mqtt_mailbox_put(client->mailbox, &letter))
        weir_fail_nomem(&error);
    if (error.code != WEIR_OK)
        weir_mqtt_heard_loss(client, &error);
}

void weir_mqtt_heard_up(weir_mqtt_client *client)
{
    write_letter(client, &(weir_mqtt_letter){.kind = WEIR_MQTT_UP});
    pthread_mutex_lock(&client->lock);
    client->outcome = WEIR_MQTT_CONNECTED;
    pthread_cond_signal(&client->woken);
    pthread_mutex_unlock(&client->lock);
}

void weir_mqtt_heard_failure(weir_mqtt_client *client, const weir_error *refusal)
{
    pthread_mutex_lock(&client->lock);
    client->outcome = refusal ? WEIR_MQTT_REFUSED : WEIR_MQTT_FAILED;
    if (refusal)
        client->refusal = *refusal;
    pthread_cond_signal(&client->woken);
    pthread_mutex_unlock(&client->lock);
}

void weir_mqtt_heard_goodbye(weir_mqtt_client *client)
{
    pthread_mutex_lock(&client->lock);
    client->has_hung_up = true;
    pthread_cond_signal(&client->woken);
    pthread_mutex_unlock(&client->lock);
}

/* ------------------------------------------------------------------ the clerk */

/* Waits under the lock until something changes, or a time; false: that has passed. */
static bool wait_until(weir_mqtt_client *client, int64_t mono_ns)
{
    if (mono_ns == 0)
        return pthread_cond_wait(&client->woken, &client->lock) == 0;
    const struct timespec until = {.tv_sec = mono_ns / WEIR_NS_PER_S,
                                   .tv_nsec = mono_ns % WEIR_NS_PER_S};
    return pthread_cond_timedwait(&client->woken, &client->lock, &until) == 0;
}

static bool is_ending(weir_mqtt_client *client)
{
    pthread_mutex_lock(&client->lock);
    const bool ends = client->is_ending;
    pthread_mutex_unlock(&client->lock);
    return ends;
}

/* True: connected. False without an error: we are ending. */
static bool connect_to_relay(weir_mqtt_client *client, weir_error *error)
{
    if (!weir_mqtt_library_connect(client)) {
        weir_fail(error, WEIR_ERR_ARGUMENT, "the MQTT library does not take one of the options");
        return false;
    }
    pthread_mutex_lock(&client->lock);
    while (client->outcome == WEIR_MQTT_PENDING && !client->is_ending)
        wait_until(client, 0);
    const weir_mqtt_outcome outcome = client->outcome;
    if (outcome == WEIR_MQTT_REFUSED)
        *error = client->refusal;
    else if (outcome == WEIR_MQTT_FAILED)
        error->code = WEIR_ERR_CLOSED;
    pthread_mutex_unlock(&client->lock);
    return outcome == WEIR_MQTT_CONNECTED;
}

/* Under the lock: waits for the next thing to do. False: all is done that could be before the end.
 */
static bool wait_for_request(weir_mqtt_client *client)
{
    if (!client->is_ending)
        return wait_until(client, 0);
    return client->waiting && wait_until(client, client->end_at_ns);
}

/* Does what it is asked for until the connection is lost (false) or to be ended. */
static bool serve(weir_mqtt_client *client)
{
    bool goes_on = true;
    pthread_mutex_lock(&client->lock);
    while (goes_on && !client->is_lost) {
        weir_mqtt_request *request = next_request(client);
        if (!request) {
            goes_on = wait_for_request(client);
            continue;
        }
        pthread_mutex_unlock(&client->lock);
        weir_mqtt_library_ask(request);
        pthread_mutex_lock(&client->lock);
    }
    const bool is_up = !client->is_lost;
    pthread_mutex_unlock(&client->lock);
    return is_up;
}

/* DISCONNECT, after what is still under way. */
static void say_goodbye(weir_mqtt_client *client)
{
    const int64_t now_ns = weir_mono_ns();
    pthread_mutex_lock(&client->lock);
    int64_t until_ns = client->end_at_ns;
    pthread_mutex_unlock(&client->lock);
    if (until_ns < now_ns + GOODBYE_NS)
        until_ns = now_ns + GOODBYE_NS;
    if (!weir_mqtt_library_disconnect(client, (until_ns - now_ns) / WEIR_NS_PER_MS))
        return;
    pthread_mutex_lock(&client->lock);
    while (!client->has_hung_up && !client->is_lost && wait_until(client, until_ns)) {}
    pthread_mutex_unlock(&client->lock);
}

static void client_free(weir_mqtt_client *client)
{
    weir_mqtt_mailbox_free(client->mailbox);
    free_requests(client->waiting);
    free_requests(client->under_way);
    pthread_cond_destroy(&client->woken);
    pthread_mutex_destroy(&client->lock);
    weir_arena_free(client->arena);
    free(client);
}

static void let_go(weir_mqtt_client *client)
{
    if (atomic_fetch_sub(&client->owners, 1) == 1)
        client_free(client);
}

static void *clerk(void *user)
{
    weir_mqtt_client *client = user;
    weir_error error = {0};
    if (weir_mqtt_library_open(client, &error) && connect_to_relay(client, &error) && serve(client))
        say_goodbye(client);
    /* Whoever waits for a goodbye waits for the library, too: it is about to leave the process. */
    if (is_ending(client))
        weir_mqtt_library_close(client);
    write_end(client, &error);
    weir_mqtt_library_close(client);
    let_go(client);
    return NULL;
}

static bool start_clerk(weir_mqtt_client *client)
{
    sigset_t all, before;
    pthread_t thread;
    pthread_attr_t attributes;
    sigfillset(&all); /* signals are the business of the program's own threads */
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, CLERK_STACK);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const bool has_started = pthread_create(&thread, &attributes, clerk, client) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return has_started;
}

/* ------------------------------------------------------------------ the link's side */

static bool set_up(weir_mqtt_client *client, const weir_mqtt_settings *settings, weir_error *error)
{
    client->settings = *settings;
    client->arena = weir_arena_new(ARENA_FIRST, 0);
    if (!client->arena) {
        weir_fail_nomem(error);
        return false;
    }
    client->mailbox = weir_mqtt_mailbox_new(error);
    return client->mailbox &&
           weir_mqtt_settings_keep(client->arena, &client->settings, error) == WEIR_OK;
}

weir_mqtt_client *weir_mqtt_client_open(const weir_mqtt_settings *settings, uint16_t port,
                                        weir_error *error)
{
    weir_mqtt_client *client = calloc(1, sizeof *client);
    pthread_condattr_t attributes;
    if (!client) {
        weir_fail_nomem(error);
        return NULL;
    }
    client->port = port;
    client->last_waiting = &client->waiting;
    pthread_mutex_init(&client->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&client->woken, &attributes);
    pthread_condattr_destroy(&attributes);
    atomic_store(&client->owners, 2);
    if (set_up(client, settings, error)) {
        if (start_clerk(client))
            return client;
        weir_fail(error, WEIR_ERR_LIMIT, "no thread for an MQTT connection");
    }
    client_free(client);
    return NULL;
}

weir_mqtt_mailbox *weir_mqtt_client_mailbox(weir_mqtt_client *client)
{
    return client->mailbox;
}

weir_code weir_mqtt_client_subscribe(weir_mqtt_client *client, const weir_link_topic *topics,
                                     size_t count, bool is_unsubscribe)
{
    const size_t at_once = client->settings.is_v5 ? WEIR_MQTT_TOPICS_AT_ONCE : 1;
    const weir_mqtt_ask ask = is_unsubscribe ? WEIR_MQTT_UNSUBSCRIBE : WEIR_MQTT_SUBSCRIBE;
    weir_code code = WEIR_OK;
    for (size_t at = 0; code == WEIR_OK && at < count; at += at_once) {
        const size_t part = count - at < at_once ? count - at : at_once;
        code = enqueue(client, request_new(client, ask, topics + at, part, (weir_str){0}));
    }
    return code;
}

weir_code weir_mqtt_client_publish(weir_mqtt_client *client, weir_str topic, weir_str bytes)
{
    const weir_link_topic to = {topic, client->settings.publish_qos};
    return enqueue(client, request_new(client, WEIR_MQTT_PUBLISH, &to, 1, bytes));
}

void weir_mqtt_client_end(weir_mqtt_client *client, int64_t linger_ns)
{
    pthread_mutex_lock(&client->lock);
    client->is_ending = true;
    client->end_at_ns = weir_mono_ns() + linger_ns;
    pthread_cond_signal(&client->woken);
    pthread_mutex_unlock(&client->lock);
}

void weir_mqtt_client_release(weir_mqtt_client *client)
{
    if (!client)
        return;
    pthread_mutex_lock(&client->lock);
    if (!client->is_ending)
        client->end_at_ns = weir_mono_ns();
    client->is_ending = true;
    pthread_cond_signal(&client->woken);
    pthread_mutex_unlock(&client->lock);
    atomic_store(&client->has_ended, true);
    let_go(client);
}
