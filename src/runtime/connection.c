/* SPDX-License-Identifier: MIT */
/*
 * The life of a connection:
 *
 *   idle → resolving → connecting → greeting → authenticating → subscribing → live
 *            ↑                                                                 ↓ (from anywhere)
 *            └──────────────────────────── backoff ←───────────────────────────┤
 *                                                              failed, stopped ┘
 *
 * Greeting and authenticating are passed over where the spec has no wait for them. One timer serves
 * all waits, since there is one at a time. A link is given up by closing it; what follows is
 * decided when it is down (on_down), so there is one road to backoff, failed and stopped, whoever
 * ended it.
 *
 * A login that the venue refuses is fatal: trying again with a bad key gets accounts blocked. So is
 * what the spec itself gets wrong. Everything else is tried again, ever more slowly, until the
 * connection has proved itself by records or by time.
 */
#include <stdio.h>
#include <stdlib.h>

#include "runtime/backoff.h"
#include "runtime/live.h"
#include "runtime/plugins.h"
#include "util/error.h"
#include "util/time.h"

#define OPEN_DEADLINE_NS (120 * WEIR_NS_PER_S) /* the backend has finer ones; this is the net */
#define LINGER_NS        (1 * WEIR_NS_PER_S)
#define PROVED_LIVE_NS   (30 * WEIR_NS_PER_S)
#define PROVED_BUSY_NS                                                                             \
    (5 * WEIR_NS_PER_S) /* venues begin with snapshots, also before they hang up */

enum { PROVED_RECORDS = 10, LINK_ARENA_FIRST = 4096, CLOSE_NORMAL = 1000 };

static void begin(weir_connection *connection);

/* ------------------------------------------------------------------ endings */

static void end(weir_connection *connection)
{
    weir_connection *face = weir_connection_face(connection);
    if (connection->has_ended)
        return;
    connection->has_ended = true;
    if (!weir_connection_has_ended(face))
        return;
    weir_reactor_ended(face->reactor);
    face->cut_ns = weir_connection_front(face)->cut_ns;
    if (face->is_retired)
        weir_carry_holes(face);
}

/* A shard without symbols is not needed; the first is the connection itself. */
static bool is_needed(const weir_connection *connection)
{
    weir_subscription_counts counts;
    weir_subscriptions_count(connection->subscriptions, connection->line, &counts);
    return connection->shard == 0 || counts.wanted > 0;
}

static bool has_proved_itself(const weir_connection *connection)
{
    const uint64_t records = connection->counters->records_out - connection->records_at_up;
    const int64_t live_ns = weir_mono_ns() - connection->live_since_ns;
    return connection->live_since_ns != 0 &&
           (live_ns >= PROVED_LIVE_NS || (live_ns >= PROVED_BUSY_NS && records >= PROVED_RECORDS));
}

void weir_connection_prove(weir_connection *connection)
{
    if ((connection->failures == 0 && connection->refusals == 0) || !has_proved_itself(connection))
        return;
    connection->failures = 0;
    connection->numbers.failures = 0;
    weir_refused_forgive(connection);
    weir_connection_show(connection);
}

static void keep_ending(weir_connection *connection, const weir_error *error)
{
    weir_status_ending ending = {
        .code = error->code, .close_code = connection->close_code, .at_ns = weir_now_ns()};
    snprintf(ending.reason, sizeof ending.reason, "%s",
             weir_connection_mask(connection, error->text));
    connection->close_code = 0;
    weir_status_end(&weir_connection_face(connection)->shown, &ending);
}

/* The attempt is over, or the link was lost: what next? */
static void lose(weir_connection *connection, const weir_error *error, int64_t retry_after_ns,
                 bool is_fatal)
{
    const weir_reconnect_spec *reconnect = &connection->spec->reconnect;
    weir_timer_cancel(connection->timer);
    if (!weir_connection_is_front(connection)) {
        weir_roll_lost_successor(connection, error, retry_after_ns, is_fatal);
        return;
    }
    weir_roll_cancel(connection);
    weir_connection_prove(connection);
    connection->failures++;
    connection->numbers.failures = connection->failures;
    connection->live_since_ns = 0;
    keep_ending(connection, error);
    weir_connection_tell(connection, WEIR_EVENT_ERROR, error->code, (weir_str){0}, 0, "%s",
                         error->text);
    if (is_fatal) {
        weir_connection_enter(connection, WEIR_STATE_FAILED, error->code, 0, "%s", error->text);
        if (error->code == WEIR_ERR_AUTH)
            weir_refused_watch(connection);
        return;
    }
    if (!weir_backoff_allows(reconnect, connection->failures)) {
        weir_connection_enter(connection, WEIR_STATE_FAILED, error->code, 0,
                              "gave up after %llu attempt%s in a row: %s",
                              (unsigned long long)connection->failures,
                              connection->failures == 1 ? "" : "s", error->text);
        return;
    }
    const int64_t delay =
        weir_backoff_delay(reconnect, connection->failures, weir_backoff_chance(), retry_after_ns);
    weir_connection_enter(connection, WEIR_STATE_BACKOFF, error->code, delay, "%s", error->text);
    weir_timer_set(connection->timer, delay);
}

void weir_connection_lost(weir_connection *connection, const weir_error *error)
{
    lose(connection, error, 0, false);
}

static bool asks_for_login(const weir_connection *connection)
{
    return connection->spec->auth.is_set && connection->spec->auth.modes != 0;
}

/* The venue said so with the code that it closed with. */
static bool is_refusal(const weir_connection *connection, const weir_link_end *end)
{
    const weir_auth_spec *auth = &connection->spec->auth;
    bool is_declared = false;
    for (size_t i = 0; i < auth->close_code_count; i++)
        is_declared = is_declared || auth->close_codes[i] == end->close_code;
    return is_declared && end->by_peer;
}

/* Why the peer, or the net, ended the link. True: there is no point in trying again. */
static bool describe_end(const weir_connection *connection, const weir_link_end *end,
                         weir_error *error)
{
    const bool is_refused =
        is_refusal(connection, end) ||
        ((end->http_status == 401 || end->http_status == 403) && asks_for_login(connection));
    if (end->error.code != WEIR_OK)
        *error = end->error;
    else
        weir_fail(error, WEIR_ERR_CLOSED, "%s closed the connection (%d%s%s)",
                  end->by_peer ? "the server" : "we", end->close_code,
                  end->close_reason[0] ? ": " : "", end->close_reason);
    if (is_refused && error->code != WEIR_ERR_AUTH) {
        const weir_error why = *error;
        weir_fail(error, WEIR_ERR_AUTH, "the venue refused the credentials: %s", why.text);
    }
    return is_refused || error->code == WEIR_ERR_AUTH || error->code == WEIR_ERR_UNSUPPORTED;
}

static void tell_disconnect(weir_connection *connection, const char *why)
{
    if (!connection->was_up)
        return;
    connection->was_up = false;
    const weir_value reason = weir_value_str(weir_str_of(weir_connection_mask(connection, why)));
    weir_connection_hook(connection, &connection->spec->hooks.on_disconnect,
                         WEIR_EXTENSION_ON_DISCONNECT, &reason, 1);
}

static const char *why_stopped(const weir_connection *connection)
{
    return connection->is_retired ? "the spec was reloaded" : "stopped by request";
}

/* What only makes sense while there is a link. */
static void quieten(weir_connection *connection)
{
    weir_timer_cancel(connection->talk);
    weir_heartbeat_stop(connection);
    weir_liveness_stop(connection);
}

static void on_down(void *user, const weir_link_end *link_end)
{
    weir_connection *connection = user;
    weir_error error = connection->cause;
    bool is_fatal = connection->is_fatal;
    weir_connection_settle(connection); /* where the end cut a read off */
    connection->link = NULL;
    connection->is_closing = false;
    connection->close_code = link_end->close_code;
    connection->numbers.up_since_ns = 0;
    connection->numbers.is_authenticated = false;
    quieten(connection);
    if (weir_connection_is_front(connection))
        weir_holes_cut(connection, connection->is_stopping ? NULL /* both end */
                                                           : weir_roll_successor(connection));
    else if (weir_roll_must_take_over(connection))
        weir_holes_cut_heir(weir_connection_front(connection), connection);
    weir_subscriptions_restart(connection->subscriptions, connection->line); /* seen while down */
    if (connection->http)
        weir_http_session_end(connection->http);
    weir_connection_publish(connection);
    const bool is_over = error.code == WEIR_OK && link_end->is_over;
    if (!connection->is_stopping && error.code == WEIR_OK && !is_over)
        is_fatal = describe_end(connection, link_end, &error) ||
                   weir_connection_is_played(connection); /* another try would read the same */
    tell_disconnect(connection, connection->is_stopping ? why_stopped(connection)
                                : is_over               ? link_end->close_reason
                                                        : error.text);
    if (connection->is_stopping) {
        weir_connection_enter(connection, WEIR_STATE_STOPPED, WEIR_OK, 0, "%s",
                              why_stopped(connection));
        end(connection);
        return;
    }
    if (is_over) {
        weir_connection_enter(connection, WEIR_STATE_STOPPED, WEIR_OK, 0, "%s",
                              link_end->close_reason);
        return;
    }
    if (weir_connection_is_front(connection) && !is_needed(connection)) {
        weir_roll_cancel(connection);
        connection->live_since_ns = 0;
        weir_connection_enter(connection, WEIR_STATE_IDLE, WEIR_OK, 0, "no symbols are left on it");
        return;
    }
    if (weir_roll_takes_over(connection, &error))
        keep_ending(connection, &error);
    else
        lose(connection, &error,
             weir_backoff_asked(&connection->spec->reconnect, link_end->http_status,
                                link_end->retry_after_ns),
             is_fatal);
}

void weir_connection_hang_up(weir_connection *connection)
{
    connection->is_closing = true;
    connection->backend->close(connection->link, CLOSE_NORMAL, (weir_str){0}, LINGER_NS);
}

void weir_connection_drop(weir_connection *connection, const weir_error *cause, bool is_fatal)
{
    if (!connection->link || connection->is_closing)
        return;
    connection->cause = *cause;
    connection->is_fatal = is_fatal;
    weir_timer_cancel(connection->timer);
    weir_connection_hang_up(connection);
}

static void abort_link(weir_connection *connection)
{
    if (connection->link)
        connection->backend->close(connection->link, CLOSE_NORMAL, (weir_str){0}, 0);
}

void weir_connection_abort(weir_connection *connection)
{
    abort_link(connection);
    if (connection->roll)
        abort_link(connection->roll->sides[1]);
}

/* ------------------------------------------------------------------ going up */

static void go_live(weir_connection *connection)
{
    weir_subscription_counts counts;
    weir_timer_cancel(connection->timer);
    connection->live_since_ns = weir_mono_ns();
    if (!weir_connection_is_played(connection)) {
        weir_liveness_live(connection);
        weir_heartbeat_start(connection);
    }
    connection->numbers.is_authenticated = true;
    if (connection->spec->auth.close_code_count == 0)
        weir_refused_forgive(connection); /* else the refusal may be yet to come */
    if (connection->http)
        weir_http_session_keep(connection->http);
    weir_subscriptions_count(connection->subscriptions, connection->line, &counts);
    if (counts.wanted > 0 && !weir_connection_is_played(connection)) {
        weir_connection_enter(connection, WEIR_STATE_SUBSCRIBING, WEIR_OK, 0, "subscribing");
        weir_connection_reconcile(connection);
    } else {
        weir_connection_enter(connection, WEIR_STATE_LIVE, WEIR_OK, 0, "ready");
        weir_holes_fill(connection);
        weir_roll_ready(connection);
    }
}

static void authenticate(weir_connection *connection)
{
    const weir_auth_spec *auth = &connection->spec->auth;
    const bool has_message = (auth->modes & WEIR_AUTH_FIRST_MESSAGE) &&
                             weir_plan_first_message(connection->plan) != NULL &&
                             !weir_connection_says_hello(connection);
    if (!has_message && !auth->ack.is_set) {
        go_live(connection);
        return;
    }
    weir_connection_enter(connection, WEIR_STATE_AUTHENTICATING, WEIR_OK, 0, "%s",
                          has_message ? "logging in" : "waiting for the venue's answer");
    if (has_message && !weir_connection_login(connection))
        return;
    if (auth->ack.is_set)
        weir_timer_set(connection->timer, auth->ack.timeout_ns);
    else
        go_live(connection);
}

bool weir_connection_is_played(const weir_connection *connection)
{
    return connection->spec->traits & WEIR_BACKEND_STAND_IN;
}

static void on_up(weir_connection *connection)
{
    const weir_wait_spec *greeting = &connection->spec->auth.greeting;
    connection->numbers.connects++;
    connection->numbers.up_since_ns = weir_now_ns();
    connection->records_at_up = connection->counters->records_out;
    weir_timer_cancel(connection->timer);
    connection->was_up = true;
    weir_connection_hook(connection, &connection->spec->hooks.on_connect, WEIR_EXTENSION_ON_CONNECT,
                         NULL, 0);
    if (connection->is_closing) /* the hook's send has failed */
        return;
    if (weir_connection_is_played(connection)) {
        go_live(connection);
        return;
    }
    weir_liveness_start(connection);
    if (!greeting->is_set) {
        authenticate(connection);
        return;
    }
    weir_connection_enter(connection, WEIR_STATE_GREETING, WEIR_OK, 0,
                          "waiting for the venue's greeting");
    weir_timer_set(connection->timer, greeting->timeout_ns);
}

void weir_connection_heard(weir_connection *connection, weir_verdict verdict, const weir_error *why)
{
    if (connection->is_closing)
        return;
    if (verdict == WEIR_VERDICT_ERROR)
        weir_connection_drop(connection, why, true);
    else if (connection->state == WEIR_STATE_GREETING)
        authenticate(connection);
    else if (connection->state == WEIR_STATE_AUTHENTICATING)
        go_live(connection);
}

/* ------------------------------------------------------------------ what the link says */

static void on_phase(void *user, weir_link_phase phase, weir_str detail)
{
    weir_connection *connection = user;
    if (connection->is_closing || phase == WEIR_LINK_RESOLVING)
        return;
    if (phase == WEIR_LINK_UP)
        on_up(connection);
    else if (connection->state == WEIR_STATE_RESOLVING)
        weir_connection_enter(connection, WEIR_STATE_CONNECTING, WEIR_OK, 0, "%s%.*s",
                              detail.len > 0 ? "trying " : "host name resolved", WEIR_FMT(detail));
}

static void on_frame(void *user, const weir_frame *frame)
{
    weir_connection *connection = user;
    if (!connection->is_closing)
        weir_connection_frame(connection, frame);
}

static void on_batch(void *user)
{
    weir_connection_batch(user);
}

static void on_alive(void *user)
{
    weir_liveness_bytes(user);
}

static void on_nothing(void *user)
{
    (void)user;
}

static void on_warning(void *user, const weir_error *warning)
{
    weir_connection_tell(user, WEIR_EVENT_WARNING, warning->code, (weir_str){0}, 0, "%s",
                         warning->text);
}

static void on_topic(void *user, weir_str topic, const weir_error *refusal)
{
    weir_connection_topic(user, topic, refusal);
}

static void on_pong(void *user)
{
    weir_connection *connection = user;
    if (connection->spec->limits.counts_pongs)
        weir_pace_note(&connection->pace, weir_mono_ns());
}

/* ------------------------------------------------------------------ connecting */

/* Failures of the spec and its values do not go away by themselves. */
static bool is_hopeless(weir_code code)
{
    return code == WEIR_ERR_EVAL || code == WEIR_ERR_ARGUMENT || code == WEIR_ERR_UNSUPPORTED ||
           code == WEIR_ERR_STATE;
}

bool weir_connection_is_taught(const weir_connection *connection)
{
    return connection->http || connection->spec->learn_count > 0;
}

/* With a session the values may be better the next time. */
static bool is_final(const weir_connection *connection, weir_code code)
{
    const bool is_of_values = code == WEIR_ERR_EVAL || code == WEIR_ERR_ARGUMENT;
    return weir_connection_is_played(connection) ||
           (is_hopeless(code) && !(is_of_values && connection->http));
}

static void connect_link(weir_connection *connection)
{
    const weir_link_sink sink = {.user = connection,
                                 .on_phase = on_phase,
                                 .on_frame = on_frame,
                                 .on_alive = on_alive,
                                 .on_drained = on_nothing,
                                 .on_warning = on_warning,
                                 .on_down = on_down,
                                 .on_batch = on_batch,
                                 .on_run = weir_connection_run,
                                 .on_topic = on_topic,
                                 .on_pong = on_pong};
    weir_error error = {0};
    int64_t wait_ns = 0;
    const weir_code code = weir_connection_open(connection, &sink, &wait_ns, &error);
    connection->has_prepared = wait_ns > 0;
    if (wait_ns > 0) {
        weir_connection_enter(connection, WEIR_STATE_BACKOFF, WEIR_ERR_LIMIT, wait_ns,
                              "the host takes no more attempts to connect for now (connect_rate)");
        weir_timer_set(connection->timer, wait_ns);
    } else if (code == WEIR_OK)
        weir_timer_set(connection->timer, OPEN_DEADLINE_NS);
    else
        lose(connection, &error, 0, is_final(connection, code));
}

void weir_connection_has_session(weir_connection *connection, const weir_session_outcome *outcome)
{
    if (outcome->error.code == WEIR_OK)
        connect_link(connection);
    else
        lose(connection, &outcome->error, outcome->retry_after_ns, outcome->is_fatal);
}

static void begin(weir_connection *connection)
{
    weir_error error = {0};
    if (connection->is_blocked) {
        connection->connects_on_room = true;
        return;
    }
    connection->cause = (weir_error){0};
    connection->is_fatal = false;
    connection->has_prepared = false;
    weir_subscriptions_restart(connection->subscriptions, connection->line);
    weir_farewell_clear(connection);
    weir_outbox_clear(&connection->outbox);
    weir_map_clear(&connection->topics);
    connection->in_flight = 0;
    weir_runner_forget(connection->runner);
    if (!connection->http) {
        connect_link(connection);
        return;
    }
    weir_code code = weir_connection_refresh(connection, &error);
    if (code == WEIR_OK)
        code = weir_http_session_ask(connection->http, &error);
    if (code != WEIR_OK)
        lose(connection, &error, 0, is_hopeless(code));
}

void weir_connection_again(weir_connection *connection)
{
    connection->failures = 0;
    begin(connection);
}

/* A failed one is started again; one that waits does not wait any longer; one that is up is closed,
 * and comes back with a login of its own.
 */
static void log_in_anew(weir_connection *connection)
{
    weir_error error = {0};
    const bool has_lost = weir_roll_must_take_over(connection);
    if (has_lost)
        weir_holes_cut_heir(connection, weir_roll_successor(connection));
    weir_roll_cancel(connection);
    if (has_lost)
        lose(connection, &connection->roll->lost, 0, false);
    if (connection->state == WEIR_STATE_FAILED) {
        weir_refused_forgive(connection);
        weir_connection_again(connection);
    } else if (connection->state == WEIR_STATE_BACKOFF) {
        weir_timer_cancel(connection->timer);
        begin(connection);
    } else if (connection->link) {
        weir_fail(&error, WEIR_ERR_INTERRUPTED, "told to log in anew");
        weir_connection_drop(connection, &error, false);
    }
}

void weir_connection_unblocked(weir_connection *connection)
{
    if (connection->link)
        weir_holes_fill(connection);
    weir_roll_unblocked(connection);
    if (connection->connects_on_room && !connection->is_stopping) {
        connection->connects_on_room = false;
        begin(connection);
    }
}

static void on_talk(void *user)
{
    weir_connection *connection = user;
    if (connection->live_since_ns != 0)
        weir_connection_reconcile(connection);
    else if (connection->link && !connection->is_closing)
        weir_connection_flush(connection);
}

static void on_timer(void *user)
{
    weir_connection *connection = user;
    weir_error error = {0};
    if (connection->state == WEIR_STATE_BACKOFF) {
        if (connection->has_prepared && !connection->is_blocked)
            connect_link(connection);
        else
            begin(connection);
        return;
    }
    if (weir_connection_is_held_up(connection)) { /* the answer may lie unread */
        weir_timer_set(connection->timer, LINGER_NS);
        return;
    }
    weir_fail(&error, WEIR_ERR_TIMEOUT, "%s",
              connection->state == WEIR_STATE_GREETING ? "the venue's greeting did not come in time"
              : connection->state == WEIR_STATE_AUTHENTICATING
                  ? "the venue did not answer the login in time"
                  : "connecting took too long");
    weir_connection_drop(connection, &error, false);
}

/* ------------------------------------------------------------------ orders */

static void stop(weir_connection *connection)
{
    connection->is_stopping = true;
    weir_roll_stop(connection);
    weir_timer_cancel(connection->timer);
    weir_timer_cancel(connection->watch);
    if (connection->http)
        weir_http_session_end(connection->http);
    weir_connection_deliver_rest(connection, true);
    if (connection->link) {
        const int64_t stop_at_ns = atomic_load(&connection->runtime->stop_at_ns);
        int64_t linger_ns = stop_at_ns - weir_mono_ns();
        linger_ns = stop_at_ns == 0 ? LINGER_NS : linger_ns > 0 ? linger_ns / 4 * 3 : 0;
        connection->is_closing = true;
        connection->backend->close(connection->link, CLOSE_NORMAL, (weir_str){0}, linger_ns);
        return;
    }
    if (connection->state != WEIR_STATE_FAILED && connection->state != WEIR_STATE_STOPPED &&
        !(connection->shard > 0 && connection->state == WEIR_STATE_IDLE))
        weir_connection_enter(connection, WEIR_STATE_STOPPED, WEIR_OK, 0, "%s",
                              why_stopped(connection));
    end(connection);
}

/* One that waits for those whose place it takes hands over to its own heir after them. */
static void retire(weir_connection *connection)
{
    const weir_connection *face = weir_connection_face(connection);
    const weir_connection *first = face - face->shard;
    connection->is_retired = true;
    if (connection->has_started || atomic_load(&first->awaited) == 0)
        stop(connection);
}

/* A start and another login are matters of the one whose state is told; the rest is of both. */
static void obey(weir_connection *connection, unsigned orders)
{
    const bool is_front = weir_connection_is_front(connection);
    if (connection->is_stopping)
        return;
    if (orders & WEIR_ORDER_STOP) {
        stop(connection);
        return;
    }
    if (orders & WEIR_ORDER_START) {
        connection->has_started = true;
        if (is_front)
            weir_holes_inherit(connection);
    }
    if (orders & WEIR_ORDER_RETIRE || connection->is_retired) {
        retire(connection);
        return;
    }
    if (is_front && connection->has_started && connection->state == WEIR_STATE_IDLE &&
        is_needed(connection))
        begin(connection);
    if (is_front && (orders & WEIR_ORDER_LOGIN))
        log_in_anew(connection);
    if (orders & WEIR_ORDER_ROOM)
        weir_connection_deliver_rest(connection, false);
    if (orders & WEIR_ORDER_SUBSCRIPTIONS)
        weir_connection_reconcile(connection);
}

void weir_connection_obey(weir_connection *connection)
{
    /* a wake-up looks at all connections, and means few of them */
    const bool has_any = atomic_load_explicit(&connection->orders, memory_order_relaxed) != 0;
    const unsigned orders = has_any ? atomic_exchange(&connection->orders, 0) : 0;
    if (orders == 0)
        return;
    obey(connection, orders);
    if (connection->roll)
        obey(connection->roll->sides[1], orders);
}

void weir_connection_order(weir_connection *connection, unsigned orders)
{
    weir_loop *loop = connection->reactor->loop; /* one that retires may be gone with its orders */
    atomic_fetch_or(&weir_connection_face(connection)->orders, orders);
    weir_loop_wake(loop);
}

/* ------------------------------------------------------------------ lifecycle */

size_t weir_connection_shards(const weir_connection_spec *spec)
{
    const bool is_played = spec->traits & WEIR_BACKEND_STAND_IN; /* once is enough */
    const size_t kept_for_rolls = spec->roll.node ? 1 : 0;
    return spec->limits.per_connection > 0 && !is_played
               ? (size_t)spec->limits.connections - kept_for_rolls
               : 1;
}

static bool is_twin(const weir_connection *connection)
{
    return connection->roll && connection->roll->sides[0] != connection;
}

static bool is_rolled(const weir_connection *connection)
{
    return connection->spec->roll.node && !weir_connection_is_played(connection);
}

static bool make_parts(weir_connection *connection)
{
    const weir_limits_spec *limits = &connection->spec->limits;
    weir_loop *loop = connection->reactor->loop;
    if (is_twin(connection))
        connection->subscriptions = connection->roll->sides[0]->subscriptions;
    else if (connection->shard > 0)
        connection->subscriptions = connection[-(ptrdiff_t)connection->shard].subscriptions;
    else
        connection->subscriptions =
            weir_subscriptions_new(connection->spec->stream_count, connection->shard_count,
                                   is_rolled(connection) ? 2 : 1, (size_t)limits->per_connection);
    connection->runner = weir_runner_new(connection->plan, &connection->world.expr);
    connection->arena = weir_arena_new(LINK_ARENA_FIRST, 0);
    connection->timer = weir_timer_new(loop, on_timer, connection);
    connection->talk = weir_timer_new(loop, on_talk, connection);
    connection->watch = weir_timer_new(loop, weir_refused_fire, connection);
    connection->beat.timer = weir_timer_new(loop, weir_heartbeat_fire, connection);
    if (connection->runner) {
        weir_runner_on_control(connection->runner, weir_heartbeat_control, connection);
        weir_runner_on_gap(connection->runner, weir_holes_found, connection);
        connection->batch = weir_runner_batch(connection->runner);
        connection->counters = weir_runner_counters(connection->runner);
        connection->news = weir_runner_news_of(connection->runner);
    }
    connection->hears_answers = connection->spec->ack.wait.is_set;
    connection->hears_refusals =
        connection->spec->ack.wait.error.node && !weir_connection_is_played(connection);
    connection->sees_frames =
        connection->runtime->options.on_frame || connection->spec->hooks.on_message.node;
    if (weir_plan_has_session(connection->plan) && !weir_connection_is_played(connection) &&
        !(connection->http = weir_http_session_new(connection)))
        return false;
    return weir_liveness_init(connection) && connection->beat.timer &&
           weir_pace_init(&connection->pace, limits->rate) && connection->subscriptions &&
           connection->runner && connection->arena && connection->timer && connection->talk &&
           connection->watch;
}

weir_code weir_connection_init(weir_connection *connection, weir_runtime *runtime, size_t index,
                               weir_spec *spec, size_t spec_index, size_t shard, weir_error *error)
{
    connection->runtime = runtime;
    connection->source = weir_spec_retain(spec);
    connection->reactor = &runtime->reactors[index % runtime->reactor_count];
    connection->index = index;
    connection->spec_index = spec_index;
    connection->spec = &spec->model->connections[spec_index];
    connection->name = weir_names_keep(&runtime->names_kept, connection->spec->name);
    if (!connection->name.ptr)
        return weir_fail_nomem(error);
    connection->shard = shard;
    connection->shard_count = weir_connection_shards(connection->spec);
    connection->line = shard + (is_twin(connection) ? connection->shard_count : 0);
    connection->plan = spec->plans[spec_index];
    connection->backend = weir_plugins_backend(spec->plugins, connection->spec->backend);
    if (!connection->backend)
        connection->backend = weir_backend_find(connection->spec->backend);
    if (!connection->backend)
        return weir_fail(error, WEIR_ERR_UNSUPPORTED, "connection '%.*s': no backend '%.*s'",
                         WEIR_FMT(connection->spec->name), WEIR_FMT(connection->spec->backend));
    const weir_code code = weir_world_init(&connection->world, spec, spec_index,
                                           !weir_connection_is_played(connection), error);
    if (code != WEIR_OK)
        return code;
    connection->world.live = connection;
    const bool has_status = is_twin(connection) || weir_status_init(&connection->shown);
    weir_reload_note_logins(connection);
    connection->numbers.state_since_ns = weir_now_ns();
    if (!make_parts(connection) || !has_status)
        return weir_fail_nomem(error);
    if (is_twin(connection))
        return WEIR_OK;
    weir_connection_show(connection);
    return is_rolled(connection) ? weir_roll_init(connection, error) : WEIR_OK;
}

void weir_connection_fini(weir_connection *connection)
{
    const bool has_face = !is_twin(connection);
    weir_roll_free(connection);
    weir_claim_drop(&connection->claim);
    weir_http_session_free(connection->http);
    weir_plugin_timers_free(connection);
    weir_timer_free(connection->timer);
    weir_timer_free(connection->talk);
    weir_timer_free(connection->watch);
    weir_timer_free(connection->beat.timer);
    weir_liveness_fini(connection);
    weir_farewell_fini(connection);
    weir_pace_fini(&connection->pace);
    weir_outbox_fini(&connection->outbox);
    weir_message_scratch_fini(&connection->scratch);
    weir_map_fini(&connection->topics);
    weir_runner_free(connection->runner);
    weir_arena_free(connection->arena);
    weir_buf_fini(&connection->masked);
    if (has_face)
        weir_status_fini(&connection->shown);
    weir_world_fini(&connection->world);
    weir_buf_fini(&connection->change.assets);
    weir_buf_fini(&connection->text);
    free(connection->backlog);
    weir_spec_free(connection->source);
}
