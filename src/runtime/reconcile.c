/* SPDX-License-Identifier: MIT */
/*
 * The difference between what is wanted and what the venue has agreed to, made smaller whenever
 * something changes: a want, an answer, a deadline, room in the rate. Messages are made when they
 * may be sent and not before, so what waits is a state and not a queue of old messages.
 *
 * Unsubscribing comes first: a venue with a limit of symbols has room then. A batch that cannot be
 * made, or is too long, is tried with half of its symbols, down to the one that is at fault; one
 * that the venue refuses is split likewise. An answer that names neither symbols nor a request is
 * taken for the oldest request, so of those there is only one on its way at a time.
 */
#include <stdio.h>

#include "runtime/live.h"
#include "util/error.h"
#include "util/time.h"

#define TOPIC_TIMEOUT_NS (10 * WEIR_NS_PER_S)
#define LOOK_AGAIN_NS    (1 * WEIR_NS_PER_S)

typedef enum outcome { DONE, MUST_WAIT, LINK_LOST } outcome;

/* ------------------------------------------------------------------ refusals by name */

static void tell_refused(weir_connection *connection, size_t stream, const weir_asset *asset,
                         weir_code code, const char *reason)
{
    const weir_str symbol = asset ? asset->symbol : (weir_str){0};
    const weir_str name = connection->spec->streams[stream].name;
    weir_connection_tell_of(connection, WEIR_EVENT_REJECTED, code, name, symbol, 1,
                            "%.*s%s%.*s: %s", WEIR_FMT(name), asset ? " " : "", WEIR_FMT(symbol),
                            reason);
}

static void tell_all_refused(weir_connection *connection, size_t stream, weir_code code,
                             const char *reason)
{
    const weir_subscription_change *change = &connection->change;
    if (change->is_whole)
        tell_refused(connection, stream, NULL, code, reason);
    for (size_t i = 0; i < change->count; i++)
        tell_refused(connection, stream, weir_subscription_assets(change)[i], code, reason);
}

/* A reason is kept, and shown by status: what the venue says may hold a secret of ours. False: it
 * was not asked for. */
static bool refuse(weir_connection *connection, size_t stream, const weir_asset *asset,
                   weir_code code, const char *reason)
{
    const bool is_known =
        weir_subscriptions_refuse(connection->subscriptions, connection->line, stream, asset,
                                  weir_connection_mask(connection, reason));
    if (is_known)
        tell_refused(connection, stream, asset, code, reason);
    return is_known;
}

static void expire(weir_connection *connection)
{
    const int64_t now_ns = weir_mono_ns();
    static const char reason[] = "the venue did not answer in time, nor when it was asked again";
    for (size_t i = 0; i < connection->spec->stream_count; i++) {
        weir_subscriptions_expire(connection->subscriptions, connection->line, i, now_ns, reason,
                                  &connection->change);
        tell_all_refused(connection, i, WEIR_ERR_TIMEOUT, reason);
    }
    if (connection->in_flight != 0 && connection->flight_deadline_ns <= now_ns)
        connection->in_flight = 0;
}

/* ------------------------------------------------------------------ one message */

typedef struct batch {
    weir_connection *connection;
    bool is_unsubscribe;
    uint64_t request;
    bool has_topics;
    size_t too_long; /* its length, when it was */
    weir_code code;  /* of sending it */
} batch;

static weir_code ask_for_topics(batch *b, const weir_outgoing *message)
{
    weir_connection *connection = b->connection;
    weir_link_topic *topics =
        WEIR_ARENA_ARRAY(connection->arena, weir_link_topic, message->topic_count + 1);
    if (!topics)
        return WEIR_ERR_NOMEM;
    for (size_t i = 0; i < message->topic_count; i++) {
        const weir_str topic = weir_arena_copy(connection->arena, message->topics[i].topic);
        topics[i] = (weir_link_topic){topic, message->topics[i].qos};
        if (!topic.ptr || (!b->is_unsubscribe && !weir_map_put(&connection->topics, topic,
                                                               (void *)(uintptr_t)b->request)))
            return WEIR_ERR_NOMEM;
    }
    weir_pace_note(&connection->pace, weir_mono_ns());
    return connection->backend->subscribe(connection->link, topics, message->topic_count,
                                          b->is_unsubscribe);
}

static bool send_message(void *user, const weir_outgoing *message)
{
    batch *b = user;
    weir_connection *connection = b->connection;
    const uint64_t most = connection->spec->limits.batch_bytes;
    if (most > 0 && message->bytes.len > most) {
        b->too_long = message->bytes.len;
        return false;
    }
    const weir_str name = b->is_unsubscribe ? WEIR_STR("unsubscribe") : WEIR_STR("subscribe");
    b->has_topics |= message->is_topics;
    if (message->is_topics)
        weir_connection_tap(connection, message);
    b->code = message->is_topics ? ask_for_topics(b, message)
                                 : weir_connection_speak(connection, message, name);
    return b->code == WEIR_OK;
}

/* What was gathered as one message; WEIR_ERR_EVAL: it cannot be made. */
static weir_code emit(weir_connection *connection, const weir_message *message, size_t stream,
                      batch *b, weir_error *error)
{
    const weir_subscription_change *change = &connection->change;
    weir_message_input input = weir_connection_input(connection);
    input.stream = connection->spec->streams[stream].name;
    input.assets = weir_subscription_assets(change);
    input.asset_count = change->count;
    input.request = b->request;
    const weir_code code = weir_message_emit(message, &input, send_message, b, error);
    if (code != WEIR_OK)
        return code;
    if (b->too_long > 0)
        return weir_fail(error, WEIR_ERR_EVAL, "the message is %zu bytes long, the limit is %llu",
                         b->too_long, (unsigned long long)connection->spec->limits.batch_bytes);
    return b->code == WEIR_OK ? WEIR_OK
                              : weir_fail(error, b->code, "a message could not be sent: %s",
                                          weir_code_name(b->code));
}

/* ------------------------------------------------------------------ one stream */

static bool is_serial(const weir_connection *connection)
{
    const weir_ack_spec *ack = &connection->spec->ack;
    return ack->wait.is_set && !ack->symbols.node && !ack->key.node;
}

static int64_t answer_timeout(const weir_connection *connection, bool has_topics)
{
    const weir_ack_spec *ack = &connection->spec->ack;
    if (ack->wait.is_set)
        return ack->wait.timeout_ns;
    return has_topics && (connection->backend->traits & WEIR_BACKEND_GRANTS) ? TOPIC_TIMEOUT_NS : 0;
}

static void note_sent(weir_connection *connection, size_t stream, const batch *b)
{
    const int64_t timeout_ns = answer_timeout(connection, b->has_topics);
    const int64_t deadline_ns = timeout_ns > 0 ? weir_mono_ns() + timeout_ns : 0;
    if (b->is_unsubscribe) {
        if (deadline_ns > 0)
            connection->left_until_ns = deadline_ns;
        weir_subscriptions_left(connection->subscriptions, connection->line, stream,
                                &connection->change);
        weir_farewell_left(connection, stream, &connection->change);
    } else {
        weir_subscriptions_sent(connection->subscriptions, connection->line, stream,
                                &connection->change, b->request, deadline_ns);
        weir_farewell_asked(connection, stream, &connection->change);
    }
    if (is_serial(connection)) {
        connection->in_flight = b->request;
        connection->flight_deadline_ns = deadline_ns;
    }
}

static void warn_no_message(weir_connection *connection, size_t stream)
{
    const weir_str name = connection->spec->streams[stream].name;
    const size_t count = connection->change.count + connection->change.is_whole;
    weir_connection_tell(connection, WEIR_EVENT_WARNING, WEIR_ERR_UNSUPPORTED, name, count,
                         "%.*s: the spec has no unsubscribe message: the venue goes on sending "
                         "until the next connect",
                         WEIR_FMT(name));
}

typedef struct turn {
    size_t stream;
    bool unsubscribes;
    size_t most;  /* symbols of the next message; 0: all */
    size_t count; /* symbols that were sent */
    size_t sent;  /* messages */
} turn;

static size_t most_of(const weir_connection *connection, const weir_message *message)
{
    if (message && weir_message_is_per_asset(message))
        return 1;
    return (size_t)connection->spec->limits.batch_max;
}

/* What was gathered could not be made: half of it is tried, or the one at fault is named. */
static void give_way(weir_connection *connection, turn *r, const weir_error *error)
{
    weir_subscription_change *change = &connection->change;
    if (change->count > 1) {
        r->most = change->count / 2;
        return;
    }
    const weir_asset *asset = change->count == 1 ? weir_subscription_assets(change)[0] : NULL;
    if (r->unsubscribes) {
        weir_connection_tell(connection, WEIR_EVENT_ERROR, error->code,
                             connection->spec->streams[r->stream].name, 1, "%s", error->text);
        weir_subscriptions_left(connection->subscriptions, connection->line, r->stream, change);
        weir_farewell_left(connection, r->stream, change);
    } else {
        refuse(connection, r->stream, asset, error->code, error->text);
    }
}

/* Gathers, and sends it. *is_over: nothing is left of this stream. */
static outcome send_next(weir_connection *connection, turn *r, bool *is_over)
{
    weir_error error = {0};
    weir_subscription_change *change = &connection->change;
    const weir_message *message = weir_plan_subscribe_message(
        connection->plan, connection->spec->streams[r->stream].name, r->unsubscribes);
    const size_t usual = most_of(connection, message);
    if (!weir_subscriptions_gather(connection->subscriptions, connection->line, r->stream,
                                   r->unsubscribes, r->most > 0 ? r->most : usual, change)) {
        weir_fail_nomem(&error);
        weir_connection_drop(connection, &error, false);
        return LINK_LOST;
    }
    *is_over = change->count == 0 && !change->is_whole;
    if (*is_over)
        return DONE;
    if (message && (connection->in_flight != 0 || weir_connection_pace_rest(connection) > 0))
        return MUST_WAIT;
    batch b = {.connection = connection,
               .is_unsubscribe = r->unsubscribes,
               .request = ++connection->last_request};
    const weir_code code = message ? emit(connection, message, r->stream, &b, &error) : WEIR_OK;
    if (code == WEIR_ERR_EVAL || code == WEIR_ERR_ARGUMENT) {
        give_way(connection, r, &error);
        return DONE;
    }
    if (code != WEIR_OK) {
        weir_connection_drop(connection, &error, false);
        return LINK_LOST;
    }
    if (!message && r->unsubscribes)
        warn_no_message(connection, r->stream);
    note_sent(connection, r->stream, &b);
    r->count += change->count;
    r->sent += message || !r->unsubscribes;
    r->most = 0;
    return DONE;
}

static outcome send_stream(weir_connection *connection, size_t stream, bool unsubscribes)
{
    turn r = {.stream = stream, .unsubscribes = unsubscribes};
    outcome result = DONE;
    bool is_over = false;
    while (result == DONE && !is_over)
        result = send_next(connection, &r, &is_over);
    const weir_str name = connection->spec->streams[stream].name;
    if (r.sent > 0)
        weir_connection_tell(connection,
                             unsubscribes ? WEIR_EVENT_UNSUBSCRIBED : WEIR_EVENT_SUBSCRIBED,
                             WEIR_OK, name, r.count > 0 ? r.count : 1, "%s %.*s: %zu symbol%s",
                             unsubscribes ? "unsubscribed" : "subscribed", WEIR_FMT(name), r.count,
                             r.count == 1 ? "" : "s");
    return result;
}

static outcome send_changes(weir_connection *connection, bool unsubscribes)
{
    outcome result = DONE;
    for (size_t i = 0; i < connection->spec->stream_count && result == DONE; i++)
        result = send_stream(connection, i, unsubscribes);
    return result;
}

/* ------------------------------------------------------------------ all of it */

/* The timer for whatever comes first: room for the next message, or the end of a wait. */
static void set_timer(weir_connection *connection, outcome result,
                      const weir_subscription_counts *counts)
{
    const int64_t now_ns = weir_mono_ns();
    int64_t at_ns = counts->next_deadline_ns;
    if (connection->in_flight != 0)
        at_ns = weir_earlier_ns(at_ns, connection->flight_deadline_ns);
    else if (result == MUST_WAIT)
        at_ns = weir_earlier_ns(at_ns, now_ns + weir_connection_pace_rest(connection));
    if (weir_connection_is_held_up(connection) && at_ns != 0 && at_ns < now_ns + LOOK_AGAIN_NS)
        at_ns = now_ns + LOOK_AGAIN_NS; /* the answers may lie unread */
    if (at_ns != 0)
        weir_timer_set(connection->talk, weir_left_ns(at_ns, now_ns));
}

bool weir_connection_can_leave(const weir_connection *connection, size_t stream)
{
    const weir_str name = connection->spec->streams[stream].name;
    return weir_plan_subscribe_message(connection->plan, name, true) != NULL;
}

void weir_connection_reconcile(weir_connection *connection)
{
    weir_subscription_counts counts;
    if (!connection->link || connection->is_closing || connection->live_since_ns == 0 ||
        weir_connection_is_played(connection))
        return;
    if (!weir_connection_flush(connection))
        return;
    if (!weir_connection_is_held_up(connection))
        expire(connection);
    outcome result = send_changes(connection, true);
    if (result == DONE)
        result = send_changes(connection, false);
    if (result == LINK_LOST)
        return;
    weir_holes_fill(connection);
    weir_subscriptions_count(connection->subscriptions, connection->line, &counts);
    set_timer(connection, result, &counts);
    if (connection->state != WEIR_STATE_SUBSCRIBING || counts.idle + counts.pending > 0)
        return;
    weir_liveness_settled(connection);
    if (counts.refused > 0)
        weir_connection_enter(connection, WEIR_STATE_LIVE, WEIR_OK, 0,
                              "ready: %zu subscriptions are active, %zu were refused",
                              counts.active, counts.refused);
    else
        weir_connection_enter(connection, WEIR_STATE_LIVE, WEIR_OK, 0, "ready");
    weir_roll_ready(connection);
}

/* ------------------------------------------------------------------ answers */

bool weir_connection_awaits_answers(const weir_connection *connection)
{
    return connection->spec->ack.wait.is_set && connection->live_since_ns != 0 &&
           (connection->in_flight != 0 || connection->left_until_ns > connection->clocks.bytes_ns ||
            weir_subscriptions_awaited(connection->subscriptions, connection->line) > 0);
}

/* A refusal of what is not asked for, such as of an unsubscribe: nothing follows from it, but it is
 * not kept back either. */
static void tell_stray(weir_connection *connection, const char *refusal)
{
    weir_connection_tell(connection, WEIR_EVENT_WARNING, WEIR_ERR_REJECTED, (weir_str){0}, 1,
                         "the venue refuses what it was not asked for, or not any more: %s",
                         refusal);
}

static void answer_request(weir_connection *connection, uint64_t request, const char *refusal)
{
    if (connection->in_flight == request)
        connection->in_flight = 0;
    if (!refusal && request != 0)
        weir_subscriptions_confirm_request(connection->subscriptions, connection->line, request);
    if (!refusal)
        return;
    for (size_t i = 0; i < connection->spec->stream_count; i++) {
        if (!weir_subscriptions_refuse_request(connection->subscriptions, connection->line, i,
                                               request, weir_connection_mask(connection, refusal),
                                               &connection->change))
            continue;
        tell_all_refused(connection, i, WEIR_ERR_REJECTED, refusal);
        return;
    }
    tell_stray(connection, refusal);
}

typedef struct hearing {
    weir_connection *connection;
    const weir_answer *answer;
    size_t stream;
    size_t named, known; /* symbols; and those that were asked for */
} hearing;

static void on_symbol(void *user, weir_str symbol)
{
    hearing *h = user;
    weir_connection *connection = h->connection;
    const weir_asset *asset =
        weir_spec_answered_asset(connection->source, connection->spec, symbol);
    if (symbol.len > 0 && !asset)
        return;
    h->named++;
    if (h->answer->is_refusal)
        h->known += refuse(connection, h->stream, asset, WEIR_ERR_REJECTED, h->answer->text);
    else
        weir_subscriptions_confirm(connection->subscriptions, connection->line, h->stream, asset);
}

/* Symbols are the surest sign of whom it is about, then the request. */
static void on_answer(void *user, const weir_answer *answer)
{
    weir_connection *connection = user;
    hearing h = {.connection = connection, .answer = answer};
    connection->has_heard = true;
    for (; h.stream < connection->spec->stream_count; h.stream++)
        weir_runner_answer_symbols(connection->runner, connection->spec->streams[h.stream].name,
                                   on_symbol, &h);
    if (h.named == 0 && answer->has_key)
        answer_request(connection, answer->request, answer->is_refusal ? answer->text : NULL);
    else if (h.named == 0 && is_serial(connection))
        answer_request(connection, connection->in_flight, answer->is_refusal ? answer->text : NULL);
    else if (answer->is_refusal && h.known == 0)
        tell_stray(connection, answer->text);
}

bool weir_connection_hear_answers(weir_connection *connection, const weir_runner_frame *frame)
{
    connection->has_heard = false;
    weir_runner_answers(connection->runner, frame, on_answer, connection);
    return connection->has_heard;
}

bool weir_connection_hear_refusals(weir_connection *connection, const weir_runner_frame *frame)
{
    connection->has_heard = false;
    weir_runner_refusals(connection->runner, frame, on_answer, connection);
    return connection->has_heard;
}

void weir_connection_topic(weir_connection *connection, weir_str topic, const weir_error *refusal)
{
    const uint64_t request = (uint64_t)(uintptr_t)weir_map_get(&connection->topics, topic);
    char text[WEIR_ERROR_TEXT_MAX + 256];
    if (connection->is_closing)
        return;
    if (refusal)
        snprintf(text, sizeof text, "topic '%.*s' was refused: %s",
                 topic.len > 200 ? 200 : (int)topic.len, topic.ptr, refusal->text);
    answer_request(connection, request, refusal ? text : NULL);
    weir_connection_reconcile(connection);
}
