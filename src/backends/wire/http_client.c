/* SPDX-License-Identifier: MIT */
/*
 * A stream may not be closed from inside its callbacks, so whatever ends one only marks it spent;
 * the timer `again` closes it, and opens the next one where a request waits.
 *
 * A kept connection may be closed by the server in the moment in which the next request is sent. If
 * not a byte of a reply came over it the request is sent once more, over a new connection, as
 * browsers do.
 */
#include "backends/wire/http_client.h"

#include <stdlib.h>

#include "backends/wire/http_body.h"
#include "backends/wire/message.h"
#include "backends/wire/stream.h"
#include "util/error.h"
#include "util/time.h"

enum { READ_LEN = 64 * 1024, READ_BUDGET = 256 * 1024, REQUEST_KEPT_MAX = 64 * 1024 };

typedef enum http_state { STATE_IDLE, STATE_OPENING, STATE_HEAD, STATE_BODY } http_state;

struct weir_http_client {
    weir_loop *loop;
    weir_http_sink sink;
    const weir_url *url;
    const weir_ws_settings *settings;
    weir_stream *stream;
    weir_timer *deadline;
    weir_timer *again;
    http_state state;
    weir_buf request;
    size_t sent;
    int64_t timeout_ns;
    size_t max_body;
    weir_buf text; /* the reply's head, as far as it came */
    weir_http_head head;
    weir_http_body body;
    bool is_open;     /* the stream */
    bool is_spent;    /* the stream: to be closed by `again` */
    bool is_reused;   /* a reply came over the stream before */
    bool has_answer;  /* bytes of this reply came */
    bool cannot_send; /* a write failed; what the server says may still be read */
    char chunk[READ_LEN];
};

/* ------------------------------------------------------------------ endings */

static void spend_stream(weir_http_client *client)
{
    client->is_spent = client->stream != NULL;
    client->is_open = false;
    if (client->stream)
        weir_stream_want(client->stream, false, false);
    weir_timer_set(client->again, 0);
}

static void forget_request(weir_http_client *client)
{
    client->state = STATE_IDLE;
    weir_timer_cancel(client->deadline);
    weir_buf_wipe_contents(&client->request, REQUEST_KEPT_MAX); /* it may have held credentials */
}

static void fail(weir_http_client *client, const weir_error *error)
{
    spend_stream(client);
    if (client->state == STATE_IDLE)
        return;
    forget_request(client);
    client->sink.on_failed(client->sink.user, error);
}

/* The end of a stream that answered nothing: a kept one gets a successor. */
static void lose(weir_http_client *client, const weir_error *error)
{
    if (client->state != STATE_HEAD || !client->is_reused || client->has_answer) {
        fail(client, error);
        return;
    }
    spend_stream(client);
    client->state = STATE_OPENING;
    client->sent = 0;
}

static bool keeps_connection(const weir_http_client *client, weir_str rest)
{
    return client->head.minor == 1 && rest.len == 0 &&
           client->body.kind != WEIR_HTTP_BODY_UNTIL_END && client->sent == client->request.len &&
           !weir_http_has_token(&client->head, "connection", "close");
}

static void finish_reply(weir_http_client *client, weir_str rest)
{
    weir_error error = {0};
    char *slack = weir_buf_reserve(&client->body.bytes, WEIR_FRAME_SLACK);
    if (!slack) {
        weir_fail_nomem(&error);
        fail(client, &error);
        return;
    }
    memset(slack, 0, WEIR_FRAME_SLACK);
    client->is_reused = true;
    if (!keeps_connection(client, rest))
        spend_stream(client);
    forget_request(client);
    const weir_http_reply reply = {&client->head, weir_buf_str(&client->body.bytes), weir_now_ns()};
    client->sink.on_reply(client->sink.user, &reply);
}

/* ------------------------------------------------------------------ writing */

static void flush(weir_http_client *client)
{
    weir_error error = {0};
    bool waits = false;
    while (!client->cannot_send && !waits && client->sent < client->request.len) {
        size_t put = 0;
        const weir_io io = weir_stream_write(client->stream, client->request.ptr + client->sent,
                                             client->request.len - client->sent, &put, &error);
        client->sent += put;
        waits = io == WEIR_IO_WAIT_READ || io == WEIR_IO_WAIT_WRITE;
        client->cannot_send = io == WEIR_IO_FAILED;
    }
    weir_stream_want(client->stream, true, waits);
}

static void begin_request(weir_http_client *client)
{
    client->state = STATE_HEAD;
    client->sent = 0;
    client->has_answer = client->cannot_send = false;
    weir_buf_clear(&client->text);
    if (client->timeout_ns > 0)
        weir_timer_set(client->deadline, client->timeout_ns);
    flush(client);
}

/* ------------------------------------------------------------------ reading */

static weir_http_step read_head(weir_http_client *client, weir_str *bytes, weir_error *error)
{
    weir_buf_put(&client->text, *bytes);
    *bytes = (weir_str){0};
    if (client->text.failed) {
        weir_fail_nomem(error);
        return WEIR_HTTP_BAD;
    }
    weir_http_step step = weir_http_head_read(weir_buf_str(&client->text), &client->head, error);
    size_t skipped = 0;
    while (step == WEIR_HTTP_DONE && client->head.status < 200) { /* interim replies */
        skipped += client->head.len;
        if (client->head.status == 101 || skipped > WEIR_HTTP_HEAD_MAX) {
            weir_fail(error, WEIR_ERR_HANDSHAKE,
                      "the reply switches to another protocol, or never "
                      "comes to the point");
            return WEIR_HTTP_BAD;
        }
        const weir_str rest = {client->text.ptr + skipped, client->text.len - skipped};
        step = weir_http_head_read(rest, &client->head, error);
    }
    if (step != WEIR_HTTP_DONE)
        return step;
    const size_t used = skipped + client->head.len;
    *bytes = (weir_str){client->text.ptr + used, client->text.len - used};
    client->state = STATE_BODY;
    return weir_http_body_begin(&client->body, &client->head, client->max_body, error);
}

/* False when the reading must stop: the reply is whole, or the stream is lost. */
static bool take(weir_http_client *client, weir_str bytes)
{
    weir_error error = {0};
    weir_http_step step = WEIR_HTTP_MORE;
    if (client->state == STATE_IDLE) { /* nobody asked */
        spend_stream(client);
        return false;
    }
    client->has_answer = true;
    client->sink.on_alive(client->sink.user);
    if (client->state == STATE_HEAD)
        step = read_head(client, &bytes, &error);
    if (client->state == STATE_BODY && step == WEIR_HTTP_MORE && bytes.len > 0)
        step = weir_http_body_feed(&client->body, &bytes, &error);
    if (step == WEIR_HTTP_BAD)
        fail(client, &error);
    else if (step == WEIR_HTTP_DONE)
        finish_reply(client, bytes);
    return step == WEIR_HTTP_MORE;
}

static void on_end(weir_http_client *client, weir_io io, const weir_error *why)
{
    weir_error error = *why;
    if (io == WEIR_IO_EOF)
        weir_fail(&error, WEIR_ERR_CLOSED, "the server closed the connection without an answer");
    if (client->state != STATE_BODY || io != WEIR_IO_EOF) {
        lose(client, &error);
        return;
    }
    if (weir_http_body_end(&client->body, &error) == WEIR_HTTP_DONE)
        finish_reply(client, (weir_str){0});
    else
        fail(client, &error);
}

static void on_readable(void *user)
{
    weir_http_client *client = user;
    size_t used = 0;
    while (client->is_open && !client->is_spent) {
        weir_error error = {0};
        size_t got;
        if (used >= READ_BUDGET) {
            weir_timer_set(client->again, 0);
            return;
        }
        const weir_io io =
            weir_stream_read(client->stream, client->chunk, sizeof client->chunk, &got, &error);
        if (io == WEIR_IO_EOF || io == WEIR_IO_FAILED) {
            on_end(client, io, &error);
            return;
        }
        if (io != WEIR_IO_OK)
            return;
        used += got;
        const bool is_drained = weir_stream_is_drained(client->stream);
        if (!take(client, (weir_str){client->chunk, got}) || is_drained)
            return;
    }
}

static void on_writable(void *user)
{
    flush(user);
}

/* ------------------------------------------------------------------ the stream */

static void on_phase(void *user, weir_link_phase phase, weir_str detail)
{
    weir_http_client *client = user;
    if (!client->is_spent)
        client->sink.on_phase(client->sink.user, phase, detail);
}

static void on_open(void *user)
{
    weir_http_client *client = user;
    if (client->is_spent)
        return;
    client->is_open = true;
    client->is_reused = false;
    client->sink.on_phase(client->sink.user, WEIR_LINK_UPGRADING, (weir_str){"", 0});
    begin_request(client);
}

static void on_failed(void *user, const weir_error *error)
{
    fail(user, error);
}

static void open_stream(weir_http_client *client)
{
    const weir_ws_settings *settings = client->settings;
    const weir_stream_config config = {
        .url = client->url,
        .proxy = weir_ws_settings_proxy(settings, client->url->is_secure),
        .tls = settings->tls,
        .resolve_timeout_ns = settings->resolve_timeout_ns,
        .connect_timeout_ns = settings->connect_timeout_ns,
        .stagger_ns = settings->stagger_ns,
        .tls_timeout_ns = settings->tls_timeout_ns,
    };
    const weir_stream_sink sink = {client, on_phase, on_open, on_failed, on_readable, on_writable};
    weir_error error = {0};
    client->stream = weir_stream_open(client->loop, &config, &sink, &error);
    if (!client->stream)
        fail(client, &error);
}

static void on_again(void *user)
{
    weir_http_client *client = user;
    if (client->is_spent) {
        weir_stream_close(client->stream);
        client->stream = NULL;
        client->is_spent = false;
    }
    if (!client->stream && client->state == STATE_OPENING)
        open_stream(client);
    else if (client->is_open)
        on_readable(client); /* what the budget of the last turn left */
}

static void on_deadline(void *user)
{
    weir_error error;
    weir_fail(&error, WEIR_ERR_TIMEOUT, "the server's answer took longer than upgrade_timeout");
    fail(user, &error);
}

/* ------------------------------------------------------------------ the calls */

weir_http_client *weir_http_client_new(weir_loop *loop, const weir_url *url,
                                       const weir_ws_settings *settings, const weir_http_sink *sink,
                                       weir_error *error)
{
    weir_http_client *client = calloc(1, sizeof *client);
    if (client) {
        client->loop = loop;
        client->url = url;
        client->settings = settings;
        client->sink = *sink;
        client->deadline = weir_timer_new(loop, on_deadline, client);
        client->again = weir_timer_new(loop, on_again, client);
    }
    if (!client || !client->deadline || !client->again) {
        weir_fail_nomem(error);
        weir_http_client_free(client);
        return NULL;
    }
    return client;
}

weir_code weir_http_client_send(weir_http_client *client, weir_str request, int64_t timeout_ns,
                                size_t max_body)
{
    if (client->state != STATE_IDLE)
        return WEIR_ERR_STATE;
    weir_buf_clear(&client->request);
    weir_buf_put(&client->request, request);
    if (client->request.failed)
        return WEIR_ERR_NOMEM;
    client->timeout_ns = timeout_ns;
    client->max_body = max_body;
    if (client->is_open && !client->is_spent) {
        begin_request(client);
        return WEIR_OK;
    }
    client->state = STATE_OPENING;
    client->sent = 0;
    weir_timer_set(client->again, 0);
    return WEIR_OK;
}

bool weir_http_client_is_busy(const weir_http_client *client)
{
    return client->state != STATE_IDLE;
}

void weir_http_client_free(weir_http_client *client)
{
    if (!client)
        return;
    weir_stream_close(client->stream);
    weir_timer_free(client->deadline);
    weir_timer_free(client->again);
    weir_buf_wipe(&client->request);
    weir_buf_fini(&client->text);
    weir_buf_fini(&client->body.bytes);
    free(client);
}
