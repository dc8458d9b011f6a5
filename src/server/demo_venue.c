/* SPDX-License-Identifier: MIT */
/*
 * All of it runs on the venue's thread, in callbacks of libwebsockets; the other threads only set a
 * flag and wake it. Every message is a list of objects, so what waits for a connection is one
 * buffer of objects, sent as one list when the socket takes it. Requests are read with Weir's own
 * expressions: the venue needs no JSON parser of its own.
 */
#include "server/demo_venue.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <libwebsockets.h>

#include <weir/weir.h>

#include "server/market.h"
#include "util/error.h"
#include "util/time.h"

enum {
    REQUEST_MAX = 64 * 1024,
    WAITING_MAX = 1024 * 1024, /* bytes for a reader that does not read; more events are left out */
    LOGIN_S = 5,
    FIRST_LIFE_S = 5, /* of the first connection: so that a short demo shows a reconnect */
    LIFE_LEAST_S = 8,
    LIFE_SPREAD_S = 10
};

typedef struct session {
    struct lws *wsi;
    struct session *next;
    bool is_open; /* logged in */
    bool wants[MARKET_STREAMS][MARKET_SYMBOLS];
    int64_t deadline_ns; /* monotonic: of the login, then of the connection */
    weir_buf request;
    weir_buf waiting; /* objects with commas between */
    int close_code;   /* once what waits is sent; -1: without a goodbye */
    const char *close_reason;
} session;

struct demo_venue {
    struct lws_context *context;
    struct lws_vhost *vhost;
    pthread_t thread;
    bool has_thread;
    atomic_bool is_stopping;
    lws_sorted_usec_list_t tick;
    market market;
    weir_buf scratch;
    session *sessions;
    unsigned steps;
    unsigned opened; /* sessions so far that logged in */
    char url[64];
};

static demo_venue *venue_of(struct lws *wsi)
{
    return lws_context_user(lws_get_context(wsi));
}

/* ------------------------------------------------------------------ sending */

static void say(session *s, weir_str object)
{
    if (s->close_code != 0)
        return;
    if (s->waiting.len > 0)
        weir_buf_putc(&s->waiting, ',');
    weir_buf_put(&s->waiting, object);
    lws_callback_on_writable(s->wsi);
}

static void hang_up(session *s, int code, const char *reason)
{
    if (s->close_code != 0)
        return;
    s->close_code = code;
    s->close_reason = reason;
    lws_callback_on_writable(s->wsi);
}

static void refuse(session *s, int code, const char *text)
{
    weir_buf object = {0};
    weir_buf_printf(&object, "{\"T\":\"error\",\"code\":%d,\"msg\":\"%s\"}", code, text);
    say(s, (weir_str){object.ptr, object.len});
    weir_buf_fini(&object);
}

static int on_writable(session *s)
{
    weir_buf list = {0};
    if (s->waiting.len > 0) {
        weir_buf_reserve(&list, LWS_PRE + s->waiting.len + 2);
        list.len = list.failed ? 0 : LWS_PRE; /* libwebsockets writes its header there */
        weir_buf_putc(&list, '[');
        weir_buf_put(&list, (weir_str){s->waiting.ptr, s->waiting.len});
        weir_buf_putc(&list, ']');
        weir_buf_clear(&s->waiting);
        int sent = -1;
        if (!list.failed)
            sent = lws_write(s->wsi, (unsigned char *)list.ptr + LWS_PRE, list.len - LWS_PRE,
                             LWS_WRITE_TEXT);
        weir_buf_fini(&list);
        if (sent < 0)
            return -1;
        if (s->close_code != 0)
            lws_callback_on_writable(s->wsi);
        return 0;
    }
    if (s->close_code > 0)
        lws_close_reason(s->wsi, (enum lws_close_status)s->close_code,
                         (unsigned char *)s->close_reason, strlen(s->close_reason));
    return s->close_code != 0 ? -1 : 0;
}

/* ------------------------------------------------------------------ requests */

/* A request as words: action, key, secret, then stream=symbol for each. */
static const char request_words[] =
    "' '.join([data['action'], data.get('key', '-'), data.get('secret', '-')] + "
    "[s + '=' + x for s in ['trades', 'quotes', 'orders'] for x in data.get(s, [])])";

static weir_str next_word(weir_str *text)
{
    const char *blank = text->len > 0 ? memchr(text->ptr, ' ', text->len) : NULL;
    const weir_str word = {text->ptr, blank ? (size_t)(blank - text->ptr) : text->len};
    const size_t skip = word.len + (blank != NULL);
    text->ptr += skip;
    text->len -= skip;
    return word;
}

static void log_in(demo_venue *venue, session *s, weir_str key, weir_str secret)
{
    if (!weir_str_is(key, "demo") || !weir_str_is(secret, "demo-secret")) {
        refuse(s, 402, "authentication failed");
        hang_up(s, 1008, "authentication failed");
        return;
    }
    const uint64_t life_s = venue->opened++ == 0
                                ? FIRST_LIFE_S
                                : LIFE_LEAST_S + market_random(&venue->market, LIFE_SPREAD_S);
    s->is_open = true;
    s->deadline_ns = weir_mono_ns() + (int64_t)life_s * WEIR_NS_PER_S;
    say(s, WEIR_STR("{\"T\":\"success\",\"msg\":\"authenticated\"}"));
}

static void put_active(const session *s, weir_buf *out)
{
    weir_buf_puts(out, "{\"T\":\"subscription\"");
    for (size_t stream = 0; stream < MARKET_STREAMS; stream++) {
        const char *between = "";
        weir_buf_printf(out, ",\"%s\":[", market_stream_names[stream]);
        for (size_t i = 0; i < MARKET_SYMBOLS; i++) {
            if (!s->wants[stream][i])
                continue;
            weir_buf_printf(out, "%s\"%s\"", between, market_symbols[i]);
            between = ",";
        }
        weir_buf_putc(out, ']');
    }
    weir_buf_putc(out, '}');
}

/* Words of the form stream=symbol. They come out of a JSON text and are still escaped as in one. */
static void change(session *s, weir_str words, bool is_wanted)
{
    weir_buf active = {0}, unknown = {0};
    while (words.len > 0) {
        const weir_str word = next_word(&words);
        const char *equals = memchr(word.ptr, '=', word.len);
        size_t stream = 0, symbol = MARKET_SYMBOLS;
        const weir_str name = {word.ptr, equals ? (size_t)(equals - word.ptr) : 0};
        while (stream < MARKET_STREAMS && !weir_str_is(name, market_stream_names[stream]))
            stream++;
        if (equals && stream < MARKET_STREAMS)
            symbol = market_find((weir_str){equals + 1, word.len - name.len - 1});
        if (symbol < MARKET_SYMBOLS)
            s->wants[stream][symbol] = is_wanted;
        else
            weir_buf_printf(&unknown, "%s%.*s", unknown.len ? " " : "", WEIR_FMT(word));
    }
    put_active(s, &active);
    say(s, (weir_str){active.ptr, active.len});
    if (unknown.len > 0) {
        weir_buf text = {0};
        weir_buf_printf(&text, "not traded here: %s", weir_buf_cstr(&unknown));
        refuse(s, 405, weir_buf_cstr(&text));
        weir_buf_fini(&text);
    }
    weir_buf_fini(&active);
    weir_buf_fini(&unknown);
}

static void obey(demo_venue *venue, session *s, weir_str words)
{
    const weir_str action = next_word(&words), key = next_word(&words), secret = next_word(&words);
    if (weir_str_is(action, "auth")) {
        log_in(venue, s, key, secret);
    } else if (!s->is_open) {
        refuse(s, 401, "log in first");
        hang_up(s, 1008, "log in first");
    } else if (weir_str_is(action, "subscribe") || weir_str_is(action, "unsubscribe")) {
        change(s, words, weir_str_is(action, "subscribe"));
    } else {
        refuse(s, 400, "unknown action");
    }
}

static void on_request(demo_venue *venue, session *s)
{
    weir_text_buffer words = {0};
    weir_error error;
    const bool is_read =
        weir_eval(request_words, weir_buf_cstr(&s->request), &words, NULL, &error) == WEIR_OK &&
        words.len >= 2 && words.ptr[0] == '"';
    if (is_read)
        obey(venue, s, (weir_str){words.ptr + 1, words.len - 2});
    else
        refuse(s, 400, "not a request");
    weir_text_buffer_free(&words);
    weir_buf_clear(&s->request);
}

static void on_receive(demo_venue *venue, session *s, const void *in, size_t len)
{
    weir_buf_put(&s->request, (weir_str){in, len});
    if (s->request.len > REQUEST_MAX || s->request.failed)
        hang_up(s, 1009, "the request is too long");
    else if (lws_is_final_fragment(s->wsi) && lws_remaining_packet_payload(s->wsi) == 0)
        on_request(venue, s);
}

/* ------------------------------------------------------------------ the market goes on */

static void on_market(void *user, market_stream stream, size_t symbol, weir_str json)
{
    const demo_venue *venue = user;
    for (session *s = venue->sessions; s; s = s->next) {
        if (s->is_open && s->wants[stream][symbol] && s->waiting.len < WAITING_MAX)
            say(s, json);
    }
}

static void beat(const demo_venue *venue, int64_t now_ns)
{
    char text[WEIR_TIME_TEXT_MAX], object[WEIR_TIME_TEXT_MAX + 32];
    const size_t len = weir_time_format(now_ns - now_ns % WEIR_NS_PER_MS, text);
    const int size =
        snprintf(object, sizeof object, "{\"T\":\"hb\",\"t\":\"%.*s\"}", (int)len, text);
    for (session *s = venue->sessions; s; s = s->next) {
        if (s->is_open && s->waiting.len < WAITING_MAX)
            say(s, (weir_str){object, (size_t)size});
    }
}

/* Every other connection ends without a close frame, as when a machine dies. */
static void end_sessions(demo_venue *venue)
{
    const int64_t now_ns = weir_mono_ns();
    for (session *s = venue->sessions; s; s = s->next) {
        if (now_ns < s->deadline_ns)
            continue;
        if (!s->is_open)
            hang_up(s, 1008, "no login in time");
        else if (venue->opened % 2 == 0)
            hang_up(s, -1, "");
        else
            hang_up(s, 1012, "service restart");
    }
}

static void on_tick(lws_sorted_usec_list_t *tick)
{
    demo_venue *venue = lws_container_of(tick, demo_venue, tick);
    const int64_t now_ns = weir_now_ns();
    market_step(&venue->market, now_ns, &venue->scratch, on_market, venue);
    if (venue->steps++ % MARKET_STEPS_PER_S == 0)
        beat(venue, now_ns);
    end_sessions(venue);
    lws_sul_schedule(venue->context, 0, tick, on_tick, LWS_US_PER_SEC / MARKET_STEPS_PER_S);
}

/* ------------------------------------------------------------------ libwebsockets */

static void on_open(demo_venue *venue, session *s, struct lws *wsi)
{
    *s = (session){.wsi = wsi, .next = venue->sessions};
    s->deadline_ns = weir_mono_ns() + LOGIN_S * WEIR_NS_PER_S;
    venue->sessions = s;
    say(s, WEIR_STR("{\"T\":\"hello\"}"));
}

static void on_closed(demo_venue *venue, session *s)
{
    for (session **at = &venue->sessions; *at; at = &(*at)->next) {
        if (*at == s) {
            *at = s->next;
            break;
        }
    }
    weir_buf_fini(&s->request);
    weir_buf_fini(&s->waiting);
}

static int on_lws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                  size_t len)
{
    session *s = user;
    switch (reason) {
    case LWS_CALLBACK_ESTABLISHED: on_open(venue_of(wsi), s, wsi); return 0;
    case LWS_CALLBACK_RECEIVE: on_receive(venue_of(wsi), s, in, len); return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE: return on_writable(s);
    case LWS_CALLBACK_CLOSED: on_closed(venue_of(wsi), s); return 0;
    case LWS_CALLBACK_HTTP: lws_return_http_status(wsi, HTTP_STATUS_BAD_REQUEST, NULL); return -1;
    default: return lws_callback_http_dummy(wsi, reason, user, in, len);
    }
}

static const struct lws_protocols protocols[] = {
    {.name = "weir-demo", .callback = on_lws, .per_session_data_size = sizeof(session)},
    {.name = NULL}};

static void *serve(void *user)
{
    demo_venue *venue = user;
    lws_sul_schedule(venue->context, 0, &venue->tick, on_tick, 1);
    while (!atomic_load(&venue->is_stopping) && lws_service(venue->context, 0) >= 0)
        ;
    lws_sul_cancel(&venue->tick);
    return NULL;
}

static bool listen_on(demo_venue *venue, uint16_t port, weir_error *error)
{
    lws_set_log_level(0, NULL); /* it would write to stderr */
    struct lws_context_creation_info info = {0};
    info.port = CONTEXT_PORT_NO_LISTEN;
    info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
    info.gid = (gid_t)-1;
    info.uid = (uid_t)-1;
    info.user = venue;
    venue->context = lws_create_context(&info);
    info.port = port;
    info.iface = "127.0.0.1";
    info.protocols = protocols;
    info.vhost_name = "weir-demo";
    info.options |= LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND;
    venue->vhost = venue->context ? lws_create_vhost(venue->context, &info) : NULL;
    const int bound = venue->vhost ? lws_get_vhost_listen_port(venue->vhost) : 0;
    if (bound <= 0) {
        weir_fail(error, WEIR_ERR_IO, "the demo venue cannot listen on 127.0.0.1:%u%s", port,
                  port ? "; is the port taken?" : "");
        return false;
    }
    snprintf(venue->url, sizeof venue->url, "ws://127.0.0.1:%d/stream", bound);
    return true;
}

/* The thread takes no signals: they are for the one that waits for them. */
static bool start_thread(demo_venue *venue, weir_error *error)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int failed = pthread_create(&venue->thread, NULL, serve, venue);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    venue->has_thread = failed == 0;
    if (failed)
        weir_fail(error, WEIR_ERR_NOMEM, "the demo venue cannot start: %s", strerror(failed));
    return failed == 0;
}

demo_venue *demo_venue_start(const demo_venue_options *options, weir_error *error)
{
    demo_venue *venue = calloc(1, sizeof *venue);
    if (!venue) {
        weir_fail_nomem(error);
        return NULL;
    }
    market_init(&venue->market, options->seed);
    if (listen_on(venue, options->port, error) && start_thread(venue, error))
        return venue;
    demo_venue_stop(venue);
    return NULL;
}

const char *demo_venue_url(const demo_venue *venue)
{
    return venue->url;
}

void demo_venue_stop(demo_venue *venue)
{
    if (!venue)
        return;
    atomic_store(&venue->is_stopping, true);
    if (venue->has_thread) {
        lws_cancel_service(venue->context);
        pthread_join(venue->thread, NULL);
    }
    if (venue->context)
        lws_context_destroy(venue->context);
    weir_buf_fini(&venue->scratch);
    free(venue);
}
