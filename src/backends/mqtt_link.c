/* SPDX-License-Identifier: MIT */
/*
 * The mqtt backend as the runtime knows it: a link on the loop's thread, of three parts. The relay
 * (mqtt_relay.h) reaches the server and moves bytes; the client (mqtt_client.h) speaks MQTT on
 * threads of its own, through the relay; its letters are read here.
 *
 * States: REACHING (the relay opens), CONNECTING (the client logs in), UP, then CLOSING (goodbye is
 * being said) and DOWN. From there the relay is closed first, and on_down follows from the loop, so
 * that nothing is freed before the stack has unwound.
 *
 * When more than max_queue bytes of letters wait, the relay takes nothing more from the server
 * until half of them are read: a slow reader, or a pause, becomes the server's business, and
 * nothing is lost here. What is on its way between relay and client, some megabytes of the kernel's
 * buffers, comes on top.
 */
#include <stdlib.h>

#include "backends/mqtt_client.h"
#include "backends/mqtt_relay.h"
#include "backends/mqtt_rules.h"
#include "util/crypto.h"
#include "util/encode.h"
#include "util/error.h"
#include "util/time.h"
#include "util/utf8.h"

enum { TURN_BYTES = 256 * 1024, TURN_LETTERS = 1024, ARENA_FIRST = 4096, CLIENT_ID_BYTES = 8 };

#define GRACE_NS (50 * WEIR_NS_PER_MS) /* from a linger's end to giving up on the goodbye */

typedef enum link_state {
    STATE_REACHING,
    STATE_CONNECTING,
    STATE_UP,
    STATE_CLOSING,
    STATE_DOWN
} link_state;

struct weir_backend_link {
    weir_link_sink sink;
    weir_loop *loop;
    link_state state;
    weir_arena *arena; /* texts of the settings */
    weir_mqtt_settings settings;
    weir_mqtt_address address;
    weir_mqtt_relay *relay;
    weir_mqtt_client *client;
    weir_watch *watch; /* of the client's mailbox */
    weir_timer *deadline;
    weir_timer *again; /* delivers the end */
    bool is_paused;
    bool has_relay_end;
    weir_link_end relay_end; /* why the server is no longer reached */
    weir_link_end end;
};

static const char *const schemes[] = {"mqtt", "mqtts", "tcp", "ssl", "ws", "wss", NULL};

/* ------------------------------------------------------------------ the end */

static void finish(weir_backend_link *link, const weir_link_end *end)
{
    if (link->state == STATE_DOWN)
        return;
    link->state = STATE_DOWN;
    link->end = *end;
    weir_timer_cancel(link->deadline);
    weir_timer_set(link->again, 0);
}

static void finish_with(weir_backend_link *link, const weir_error *error)
{
    const weir_link_end end = {.error = *error};
    finish(link, &end);
}

static void finish_well(weir_backend_link *link)
{
    const weir_link_end end = {.error = {.code = WEIR_OK}};
    finish(link, &end);
}

static void link_free(weir_backend_link *link)
{
    weir_watch_close(link->watch);
    weir_mqtt_client_release(link->client);
    weir_timer_free(link->deadline);
    weir_timer_free(link->again);
    weir_arena_free(link->arena);
    free(link);
}

static void go_down(weir_backend_link *link)
{
    weir_watch_close(link->watch);
    link->watch = NULL;
    link->sink.on_down(link->sink.user, &link->end);
    link_free(link);
}

static void on_relay_closed(void *user)
{
    weir_backend_link *link = user;
    link->relay = NULL;
    go_down(link);
}

static void on_again(void *user)
{
    weir_backend_link *link = user;
    if (link->relay)
        weir_mqtt_relay_close(link->relay);
    else
        go_down(link);
}

/* ------------------------------------------------------------------ letters */

static weir_error error_of(const weir_mqtt_letter *letter)
{
    weir_error error = {0};
    if (letter->bytes.len == sizeof error)
        memcpy(&error, letter->bytes.ptr, sizeof error);
    return error;
}

static void hear_up(weir_backend_link *link)
{
    weir_error words;
    if (link->state != STATE_CONNECTING)
        return;
    link->state = STATE_UP;
    weir_timer_cancel(link->deadline);
    weir_fail(&words, WEIR_OK, "MQTT %s%s%s", link->settings.is_v5 ? "5" : "3.1.1",
              link->address.is_websocket ? " over websocket" : "",
              link->address.is_secure ? " with TLS" : "");
    link->sink.on_phase(link->sink.user, WEIR_LINK_UP, weir_str_of(words.text));
}

/* The client knows refusals and what the server said; the relay, what became of the connection. */
static void hear_end(weir_backend_link *link, const weir_mqtt_letter *letter)
{
    weir_link_end end = {.error = error_of(letter)};
    const bool is_silent = end.error.code != WEIR_OK && end.error.text[0] == '\0';
    if (link->state == STATE_CLOSING) {
        finish_well(link);
        return;
    }
    if (is_silent && link->has_relay_end)
        end = link->relay_end;
    else if (is_silent && link->state == STATE_UP)
        weir_fail(&end.error, WEIR_ERR_TIMEOUT,
                  "the server was silent for longer than keepalive (%u s), or broke the protocol",
                  link->settings.keepalive_s);
    else if (is_silent)
        weir_fail(&end.error, WEIR_ERR_HANDSHAKE, "the server did not answer with a CONNACK");
    end.by_peer = end.error.code == WEIR_ERR_CLOSED;
    finish(link, &end);
}

/* MQTT does not tell text from binary; what is UTF-8 is shown and recorded as text. */
static void hear_message(weir_backend_link *link, const weir_mqtt_letter *letter)
{
    if (link->state != STATE_UP)
        return;
    const weir_frame frame = {.kind = weir_utf8_valid(letter->bytes) ? WEIR_FRAME_TEXT
                                                                     : WEIR_FRAME_BINARY,
                              .bytes = letter->bytes,
                              .name = letter->name,
                              .received_ns = letter->time_ns};
    link->sink.on_frame(link->sink.user, &frame);
}

static void hear_topic(weir_backend_link *link, const weir_mqtt_letter *letter)
{
    const weir_error refusal = error_of(letter);
    if (link->state == STATE_UP && link->sink.on_topic)
        link->sink.on_topic(link->sink.user, letter->name, letter->bytes.len > 0 ? &refusal : NULL);
}

static void hear(weir_backend_link *link, const weir_mqtt_letter *letter)
{
    const weir_error error = error_of(letter);
    switch (letter->kind) {
    case WEIR_MQTT_UP: hear_up(link); break;
    case WEIR_MQTT_MESSAGE: hear_message(link, letter); break;
    case WEIR_MQTT_TOPIC: hear_topic(link, letter); break;
    case WEIR_MQTT_WARNING: link->sink.on_warning(link->sink.user, &error); break;
    case WEIR_MQTT_END: hear_end(link, letter); break;
    case WEIR_MQTT_DRAINED:
        if (link->state == STATE_UP)
            link->sink.on_drained(link->sink.user);
        break;
    default: break;
    }
}

static void set_pressure(weir_backend_link *link)
{
    const size_t waiting = weir_mqtt_mailbox_waiting(weir_mqtt_client_mailbox(link->client));
    if (waiting > link->settings.max_queue)
        weir_mqtt_relay_pause(link->relay, true);
    else if (waiting <= link->settings.max_queue / 2)
        weir_mqtt_relay_pause(link->relay, false);
}

/* One turn: the descriptor stays readable for what is left. */
static void on_letters(void *user, int events)
{
    weir_backend_link *link = user;
    weir_mqtt_mailbox *mailbox = weir_mqtt_client_mailbox(link->client);
    weir_mqtt_letter letter;
    size_t bytes = 0, count = 0;
    (void)events;
    while (link->state != STATE_DOWN && !link->is_paused && bytes < TURN_BYTES &&
           count < TURN_LETTERS && weir_mqtt_mailbox_take(mailbox, &letter)) {
        bytes += letter.bytes.len;
        count++;
        hear(link, &letter);
    }
    if (count > 0 && link->sink.on_batch)
        link->sink.on_batch(link->sink.user);
    if (link->state == STATE_DOWN)
        weir_watch_set(link->watch, 0);
    else
        set_pressure(link);
}

/* ------------------------------------------------------------------ the relay */

static void on_relay_phase(void *user, weir_link_phase phase, weir_str detail)
{
    weir_backend_link *link = user;
    weir_error warning;
    if (link->state != STATE_REACHING)
        return;
    /* a websocket says so itself */
    if (phase == WEIR_LINK_SECURING && !link->settings.tls.verifies &&
        !link->address.is_websocket) {
        weir_fail(&warning, WEIR_ERR_TLS,
                  "tls.verify is off: anyone between here and %s can read and change what is sent",
                  link->address.url.host);
        link->sink.on_warning(link->sink.user, &warning);
    }
    link->sink.on_phase(link->sink.user, phase, detail);
}

static void on_relay_warning(void *user, const weir_error *warning)
{
    weir_backend_link *link = user;
    link->sink.on_warning(link->sink.user, warning);
}

static void on_relay_open(void *user, uint16_t port)
{
    weir_backend_link *link = user;
    weir_error error = {0};
    if (link->state != STATE_REACHING)
        return;
    link->client = weir_mqtt_client_open(&link->settings, port, &error);
    if (link->client)
        link->watch = weir_watch_open(link->loop,
                                      weir_mqtt_mailbox_fd(weir_mqtt_client_mailbox(link->client)),
                                      WEIR_WATCH_READ, on_letters, link);
    if (link->client && !link->watch)
        weir_fail(&error, WEIR_ERR_LIMIT, "the loop can watch no more descriptors");
    if (!link->watch) {
        finish_with(link, &error);
        return;
    }
    link->state = STATE_CONNECTING;
    link->sink.on_phase(link->sink.user, WEIR_LINK_UPGRADING, WEIR_STR("MQTT CONNECT"));
}

static void on_relay_alive(void *user)
{
    weir_backend_link *link = user;
    link->sink.on_alive(link->sink.user);
    if (link->client)
        set_pressure(link);
}

/* With a client, it will say END, behind the messages that came before; what that means stands
 * here. */
static void on_relay_end(void *user, const weir_link_end *end)
{
    weir_backend_link *link = user;
    link->has_relay_end = true;
    link->relay_end = *end;
    if (!link->client)
        finish(link, end);
}

static void on_deadline(void *user)
{
    weir_backend_link *link = user;
    weir_error error = {0};
    if (link->state == STATE_CLOSING) {
        finish_well(link);
        return;
    }
    weir_fail(&error, WEIR_ERR_TIMEOUT, "%s within connect_timeout",
              link->state == STATE_REACHING ? "the server could not be reached"
                                            : "the server did not answer the MQTT CONNECT");
    finish_with(link, &error);
}

/* ------------------------------------------------------------------ open */

/* `auth.mqtt` goes before the options. */
static void take_login(weir_mqtt_settings *settings, const weir_link_target *target)
{
    for (size_t i = 0; i < target->login_count; i++) {
        const weir_link_pair *pair = &target->login[i];
        if (weir_str_is(pair->name, "username"))
            settings->username = pair->value;
        if (weir_str_is(pair->name, "password")) {
            settings->password = pair->value;
            settings->has_password = true;
        }
    }
}

static weir_code make_client_id(weir_arena *arena, weir_mqtt_settings *settings, weir_error *error)
{
    uint8_t random[CLIENT_ID_BYTES];
    weir_buf text = {0};
    if (settings->client_id.len > 0)
        return WEIR_OK;
    if (!weir_random_bytes(random, sizeof random))
        return weir_fail(error, WEIR_ERR_IO, "the system gives no random bytes");
    weir_buf_puts(&text, "weir-");
    weir_hex_encode((weir_bytes){random, sizeof random}, &text);
    settings->client_id = weir_arena_copy(arena, weir_buf_str(&text));
    weir_buf_fini(&text);
    return settings->client_id.ptr ? WEIR_OK : weir_fail_nomem(error);
}

static weir_code read_target(weir_backend_link *link, const weir_link_target *target,
                             weir_error *error)
{
    weir_code code = weir_mqtt_settings_check(target->url, target->options, error);
    weir_mqtt_settings_read(target->options, &link->settings);
    take_login(&link->settings, target);
    if (code == WEIR_OK)
        code = weir_mqtt_settings_keep(link->arena, &link->settings, error);
    if (code == WEIR_OK)
        code = make_client_id(link->arena, &link->settings, error);
    const weir_str url = weir_arena_copy(link->arena, target->url);
    if (code == WEIR_OK && !url.ptr)
        code = weir_fail_nomem(error);
    if (code == WEIR_OK)
        code = weir_mqtt_address_read(url, &link->settings, &link->address, error);
    if (code == WEIR_OK && !link->address.is_websocket &&
        target->header_count + target->query_count > 0)
        code = weir_fail(error, WEIR_ERR_ARGUMENT,
                         "auth by headers or url needs websockets: MQTT has user name and password "
                         "(auth.mqtt)");
    return code;
}

static weir_code start(weir_backend_link *link, const weir_link_target *target, weir_error *error)
{
    const weir_mqtt_relay_sink sink = {link,           on_relay_phase, on_relay_warning,
                                       on_relay_open,  on_relay_alive, on_relay_end,
                                       on_relay_closed};
    const weir_mqtt_route route = {.settings = &link->settings,
                                   .address = &link->address,
                                   .headers = target->headers,
                                   .header_count = target->header_count,
                                   .query = target->query,
                                   .query_count = target->query_count};
    link->relay = weir_mqtt_relay_open(link->loop, &route, &sink, error);
    if (!link->relay)
        return error->code;
    weir_timer_set(link->deadline, link->settings.connect_timeout_ns);
    return WEIR_OK;
}

static weir_backend_link *open_link(weir_loop *loop, const weir_link_target *target,
                                    const weir_link_sink *sink, weir_error *error)
{
    weir_backend_link *link = calloc(1, sizeof *link);
    if (!link) {
        weir_fail_nomem(error);
        return NULL;
    }
    link->sink = *sink;
    link->loop = loop;
    link->arena = weir_arena_new(ARENA_FIRST, 0);
    link->deadline = weir_timer_new(loop, on_deadline, link);
    link->again = weir_timer_new(loop, on_again, link);
    weir_code code =
        link->arena && link->deadline && link->again ? WEIR_OK : weir_fail_nomem(error);
    if (code == WEIR_OK)
        code = read_target(link, target, error);
    if (code == WEIR_OK)
        code = start(link, target, error);
    if (code == WEIR_OK)
        return link;
    link_free(link);
    return NULL;
}

/* ------------------------------------------------------------------ the other calls */

static bool check_url(weir_str text, weir_error *error)
{
    const weir_mqtt_settings settings = {.wants_websockets = true}; /* a path may be meant */
    weir_mqtt_address address;
    return weir_mqtt_address_read(text, &settings, &address, error) == WEIR_OK;
}

/* Headers and query have their place in the handshake of websockets alone. */
static bool check(const weir_options *options, weir_str url, unsigned *traits, weir_error *error)
{
    weir_mqtt_settings settings;
    weir_mqtt_address address = {0};
    weir_error ignored;
    const bool is_readable = url.len > 0 && check_url(url, &ignored); /* if not, that is told */
    weir_mqtt_settings_read(options, &settings);
    if (weir_mqtt_settings_check(url, options, error) != WEIR_OK ||
        (is_readable && weir_mqtt_address_read(url, &settings, &address, error) != WEIR_OK))
        return false;
    if (!settings.wants_websockets && !address.is_websocket &&
        (is_readable || settings.has_transport))
        *traits |= WEIR_BACKEND_BARE;
    *traits |= settings.client_id.len > 0 ? WEIR_BACKEND_SINGLE : 0;
    return true;
}

static weir_code send_message(weir_backend_link *link, weir_frame_kind kind, weir_str name,
                              weir_str bytes, bool *queued)
{
    weir_error ignored;
    (void)kind;
    if (link->state != STATE_UP)
        return WEIR_ERR_STATE;
    if (weir_mqtt_check_topic(name, &ignored) != WEIR_OK)
        return WEIR_ERR_ARGUMENT;
    if (queued)
        *queued = true;
    return weir_mqtt_client_publish(link->client, name, bytes);
}

/* By letter, as the server's refusals: the sink is not called from inside of a call. */
static void refuse_topic(weir_backend_link *link, weir_str topic, const weir_error *refusal)
{
    const weir_mqtt_letter letter = {
        .kind = WEIR_MQTT_TOPIC, .name = topic, .bytes = {(const char *)refusal, sizeof *refusal}};
    weir_mqtt_mailbox_put(weir_mqtt_client_mailbox(link->client), &letter);
}

static weir_code subscribe(weir_backend_link *link, const weir_link_topic *topics, size_t count,
                           bool is_unsubscribe)
{
    weir_code code = WEIR_OK;
    if (link->state != STATE_UP)
        return WEIR_ERR_STATE;
    for (size_t at = 0, next; code == WEIR_OK && at < count; at = next) {
        weir_error refusal = {0};
        next = at;
        while (next < count && weir_mqtt_check_filter(topics[next].topic, &refusal) == WEIR_OK)
            next++;
        code = weir_mqtt_client_subscribe(link->client, topics + at, next - at, is_unsubscribe);
        if (next < count) {
            refuse_topic(link, topics[next].topic, &refusal);
            next++;
        }
    }
    return code;
}

static void pause_link(weir_backend_link *link, bool paused)
{
    if (link->state != STATE_UP)
        return;
    link->is_paused = paused;
    weir_watch_set(link->watch, paused ? 0 : WEIR_WATCH_READ);
}

/* MQTT's goodbye has no answer: the linger is for what is still to be sent. */
static void close_link(weir_backend_link *link, int code, weir_str reason, int64_t linger_ns)
{
    (void)code;
    (void)reason;
    if (link->state != STATE_UP || linger_ns <= 0) {
        finish_well(link); /* the relay says goodbye */
        return;
    }
    link->is_paused = false;
    link->state = STATE_CLOSING;
    weir_watch_set(link->watch, WEIR_WATCH_READ);
    weir_mqtt_client_end(link->client, linger_ns);
    weir_timer_set(link->deadline, linger_ns + GRACE_NS);
}

const weir_backend weir_backend_mqtt = {
    .name = "mqtt",
    .title = "MQTT 3.1.1 and 5 over TCP, TLS or websockets",
    .schemes = schemes,
    .options = weir_mqtt_option_rows,
    .option_count = WEIR_MQTT_OPTION_COUNT,
    .traits = WEIR_BACKEND_TOPICS | WEIR_BACKEND_ADDRESSED | WEIR_BACKEND_GRANTS,
    .check_url = check_url,
    .check = check,
    .open = open_link,
    .send = send_message,
    .subscribe = subscribe,
    .pause = pause_link,
    .close = close_link,
};
