/* SPDX-License-Identifier: MIT */
/*
 * Heartbeats of the application: a message that is sent again and again and may have an answer, or
 * the venue's own that must keep coming; and replies to the venue's pings. One that is overdue is
 * asked for once more; when that does not help, the connection is made anew.
 *
 * Replies are made while a frame is being decoded and sent when that is done: sending may end the
 * link, and a link must not end below the runner's feet.
 */
#include "runtime/live.h"
#include "util/error.h"
#include "util/time.h"

enum {
    ASK_AGAIN_NS = 1000000000, /* for an interval that the venue has not told yet */
    LEAST_EVERY_NS = 100000000 /* whatever a venue tells */
};

static const weir_heartbeat_spec *spec_of(const weir_connection *connection)
{
    return &connection->spec->heartbeat;
}

/* Replies alone have no clock. */
static bool is_wanted(const weir_heartbeat_spec *spec)
{
    return spec->has_send || spec->expect.node;
}

/* ------------------------------------------------------------------ sending */

static bool queue_one(void *user, const weir_outgoing *message)
{
    weir_connection *connection = user;
    weir_connection_tap(connection, message);
    const weir_code code = weir_outbox_put(
        &connection->outbox, message->is_binary ? WEIR_FRAME_BINARY : WEIR_FRAME_TEXT,
        message->name.len > 0 ? message->name : WEIR_STR("pong"), message->bytes);
    if (code != WEIR_OK)
        weir_connection_tell(connection, WEIR_EVENT_WARNING, code, (weir_str){0}, 1,
                             "a reply to the venue finds no room: the rate is used up");
    return code == WEIR_OK;
}

static void reply(weir_connection *connection, const weir_message *message, const weir_value *data)
{
    weir_error error = {0};
    weir_message_input input = weir_connection_input(connection);
    input.data = data;
    const weir_code code = weir_message_emit(message, &input, queue_one, connection, &error);
    if (code != WEIR_OK)
        weir_connection_tell(connection, WEIR_EVENT_WARNING, code, (weir_str){0}, 1, "%s",
                             error.text);
}

/* What the venue has not told yet is no mistake. */
static void tell_not_yet(weir_connection *connection, const weir_error *why)
{
    if (!connection->beat.was_told)
        weir_connection_tell(connection, WEIR_EVENT_WARNING, why->code, (weir_str){0}, 1,
                             "no heartbeats yet: %s", why->text);
    connection->beat.was_told = true;
}

bool weir_heartbeat_send(weir_connection *connection)
{
    weir_error error = {0};
    const weir_message_input input = weir_connection_input(connection);
    const weir_message *message = weir_plan_heartbeat(connection->plan);
    if (!message)
        return true;
    const weir_code code =
        weir_connection_say(connection, message, &input, WEIR_STR("ping"), &error);
    connection->beat.was_sent = code == WEIR_OK;
    if (code == WEIR_ERR_EVAL && weir_connection_is_taught(connection)) {
        tell_not_yet(connection, &error);
        return true;
    }
    if (code != WEIR_OK)
        weir_connection_drop(connection, &error, code == WEIR_ERR_EVAL);
    return code == WEIR_OK;
}

/* ------------------------------------------------------------------ hearing */

static void hear(weir_connection *connection)
{
    weir_beat *beat = &connection->beat;
    const weir_heartbeat_spec *spec = spec_of(connection);
    beat->has_missed = false;
    beat->is_awaited = !spec->has_send && beat->every_ns != 0;
    beat->due_ns = weir_mono_ns() + beat->every_ns + spec->timeout_ns; /* of the venue's own */
}

/* Not fatal: the next connect asks for another session. */
static void expire(weir_connection *connection)
{
    weir_error error = {0};
    weir_fail(&error, WEIR_ERR_CLOSED, "the venue says that the session has expired");
    weir_connection_drop(connection, &error, false);
}

void weir_heartbeat_control(void *user, weir_control kind, const weir_message *message,
                            const weir_value *data)
{
    weir_connection *connection = user;
    if (connection->is_closing)
        return;
    if (kind == WEIR_CONTROL_REPLY && message)
        reply(connection, message, data);
    else if (kind == WEIR_CONTROL_BEAT)
        hear(connection);
    else if (kind == WEIR_CONTROL_EXPIRED)
        expire(connection);
    else if (kind == WEIR_CONTROL_ROLL && connection->roll)
        weir_roll_notice(connection);
}

/* ------------------------------------------------------------------ the timer */

static void set_timer(weir_connection *connection)
{
    const weir_beat *beat = &connection->beat;
    const int64_t now_ns = weir_mono_ns();
    int64_t at_ns = beat->next_ns;
    if (beat->is_awaited)
        at_ns = weir_earlier_ns(at_ns, beat->due_ns);
    if (beat->every_ns == 0 && is_wanted(spec_of(connection)))
        at_ns = now_ns + ASK_AGAIN_NS;
    if (at_ns != 0)
        weir_timer_set(beat->timer, weir_left_ns(at_ns, now_ns));
}

/* False: the link was given up. */
static bool miss(weir_connection *connection, int64_t now_ns)
{
    weir_beat *beat = &connection->beat;
    weir_error error = {0};
    if (beat->has_missed) {
        weir_fail(&error, WEIR_ERR_TIMEOUT, "heartbeats are not answered any more");
        weir_connection_drop(connection, &error, false);
        return false;
    }
    weir_connection_tell(connection, WEIR_EVENT_WARNING, WEIR_ERR_TIMEOUT, (weir_str){0}, 1,
                         "a heartbeat did not come in time");
    beat->has_missed = true;
    beat->due_ns = now_ns + spec_of(connection)->timeout_ns;
    if (spec_of(connection)->has_send)
        return weir_heartbeat_send(connection);
    return !connection->backend->probe ||
           connection->backend->probe(connection->link) != WEIR_ERR_NOMEM;
}

/* Where the venue tells how often, that may come later than the link is up. */
static void begin(weir_connection *connection, int64_t now_ns)
{
    weir_beat *beat = &connection->beat;
    const weir_heartbeat_spec *spec = spec_of(connection);
    const weir_message_input input = weir_connection_input(connection);
    weir_error error = {0};
    if (!is_wanted(spec))
        return;
    if (weir_plan_heartbeat_every(connection->plan, &input, connection->arena, &beat->every_ns,
                                  &error) != WEIR_OK) {
        beat->every_ns = 0;
        tell_not_yet(connection, &error);
        return;
    }
    if (spec->every.node && beat->every_ns < LEAST_EVERY_NS)
        beat->every_ns = LEAST_EVERY_NS;
    beat->next_ns = spec->has_send ? now_ns + beat->every_ns : 0;
    beat->is_awaited = spec->expect.node && !spec->has_send;
    beat->due_ns = now_ns + beat->every_ns + spec->timeout_ns;
}

void weir_heartbeat_fire(void *user)
{
    weir_connection *connection = user;
    weir_beat *beat = &connection->beat;
    const weir_heartbeat_spec *spec = spec_of(connection);
    const int64_t now_ns = weir_mono_ns();
    if (!connection->link || connection->is_closing)
        return;
    if (beat->every_ns == 0) {
        begin(connection, now_ns);
        set_timer(connection);
        return;
    }
    if (weir_connection_is_held_up(connection) && beat->is_awaited && beat->due_ns <= now_ns)
        beat->due_ns = now_ns + spec->timeout_ns; /* it may lie unread */
    if (beat->is_awaited && beat->due_ns <= now_ns && !miss(connection, now_ns))
        return;
    if (beat->next_ns != 0 && beat->next_ns <= now_ns) {
        beat->next_ns = now_ns + beat->every_ns;
        if (!weir_heartbeat_send(connection))
            return;
        if (spec->expect.node && !beat->is_awaited && beat->was_sent) {
            beat->is_awaited = true;
            beat->due_ns = now_ns + spec->timeout_ns;
        }
    }
    set_timer(connection);
}

void weir_heartbeat_start(weir_connection *connection)
{
    weir_beat *beat = &connection->beat;
    beat->has_missed = false;
    beat->is_awaited = false;
    beat->was_told = false;
    beat->next_ns = 0;
    beat->every_ns = 0;
    begin(connection, weir_mono_ns());
    set_timer(connection);
}

void weir_heartbeat_stop(weir_connection *connection)
{
    weir_timer_cancel(connection->beat.timer);
}
