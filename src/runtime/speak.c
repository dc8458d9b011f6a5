/* SPDX-License-Identifier: MIT */
/*
 * Messages out: the login, and the difference between what is wanted and what the venue was told.
 * What a recorder sees of them has the secrets masked.
 */
#include <string.h>

#include "runtime/live.h"
#include "util/error.h"
#include "util/time.h"

typedef struct sending {
    weir_connection *connection;
    weir_str name; /* to send under, where the spec names none */
    bool is_unsubscribe;
    weir_code code;
} sending;

void weir_connection_tap(const weir_connection *connection, const weir_outgoing *message)
{
    const weir_runtime_options *options = &connection->runtime->options;
    if (!options->on_frame)
        return;
    const weir_tap_frame frame = {.time_ns = weir_now_ns(),
                                  .connection = connection->spec->name,
                                  .is_outgoing = true,
                                  .is_binary = message->is_binary,
                                  .name = message->name,
                                  .bytes = message->shown};
    options->on_frame(options->user, &frame);
}

static weir_code ask_for_topics(weir_connection *connection, const weir_outgoing *message,
                                bool is_unsubscribe)
{
    weir_link_topic *topics =
        WEIR_ARENA_ARRAY(connection->arena, weir_link_topic, message->topic_count + 1);
    if (!topics)
        return WEIR_ERR_NOMEM;
    for (size_t i = 0; i < message->topic_count; i++)
        topics[i] = (weir_link_topic){message->topics[i].topic, message->topics[i].qos};
    return connection->backend->subscribe(connection->link, topics, message->topic_count,
                                          is_unsubscribe);
}

static bool send_one(void *user, const weir_outgoing *message)
{
    sending *s = user;
    weir_connection *connection = s->connection;
    weir_connection_tap(connection, message);
    if (message->is_topics) {
        s->code = ask_for_topics(connection, message, s->is_unsubscribe);
        return s->code == WEIR_OK;
    }
    s->code = connection->backend->send(
        connection->link, message->is_binary ? WEIR_FRAME_BINARY : WEIR_FRAME_TEXT,
        message->name.len > 0 ? message->name : s->name, message->bytes, NULL);
    return s->code == WEIR_OK;
}

/* Sends one message of the plan. WEIR_ERR_EVAL: it could not be made. `name` is what it is sent
 * under unless the spec says so; the backends whose messages have no names do not look at it. */
static weir_code say(weir_connection *connection, const weir_message *message,
                     const weir_message_input *input, weir_str name, weir_error *error)
{
    sending s = {connection, name, weir_str_is(name, "unsubscribe"), WEIR_OK};
    const weir_code code = weir_message_emit(message, input, send_one, &s, error);
    if (code != WEIR_OK || s.code == WEIR_OK)
        return code;
    return weir_fail(error, s.code, "a message could not be sent: %s", weir_code_name(s.code));
}

bool weir_connection_login(weir_connection *connection)
{
    weir_error error = {0};
    const weir_message_input input = weir_connection_input(connection);
    const weir_message *message = weir_plan_first_message(connection->plan);
    const weir_code code = say(connection, message, &input, WEIR_STR("auth"), &error);
    if (code != WEIR_OK)
        weir_connection_drop(connection, &error, code == WEIR_ERR_EVAL);
    return code == WEIR_OK;
}

/* ------------------------------------------------------------------ subscriptions */

/* A message that cannot be made concerns its symbols only; one that cannot be sent, the link. */
static bool say_change(weir_connection *connection, const weir_message *message,
                       const weir_message_input *input, bool unsubscribes)
{
    weir_error error = {0};
    const weir_str name = unsubscribes ? WEIR_STR("unsubscribe") : WEIR_STR("subscribe");
    const weir_code code = say(connection, message, input, name, &error);
    if (code == WEIR_ERR_EVAL || code == WEIR_ERR_ARGUMENT) {
        weir_connection_tell(connection, WEIR_EVENT_ERROR, code, input->stream, input->asset_count,
                             "%s", error.text);
        return true;
    }
    if (code != WEIR_OK)
        weir_connection_drop(connection, &error, false);
    return code == WEIR_OK;
}

static void tell_change(weir_connection *connection, weir_str stream, bool unsubscribes,
                        bool has_message)
{
    const size_t count = connection->change.count + connection->change.is_whole;
    if (!has_message)
        weir_connection_tell(connection, WEIR_EVENT_WARNING, WEIR_ERR_UNSUPPORTED, stream, count,
                             "%.*s: the spec has no unsubscribe message: the venue goes on sending "
                             "until the next connect",
                             WEIR_FMT(stream));
    else
        weir_connection_tell(
            connection, unsubscribes ? WEIR_EVENT_UNSUBSCRIBED : WEIR_EVENT_SUBSCRIBED, WEIR_OK,
            stream, count, "%s %.*s: %zu symbol%s", unsubscribes ? "unsubscribed" : "subscribed",
            WEIR_FMT(stream), connection->change.count, connection->change.count == 1 ? "" : "s");
}

static bool send_change(weir_connection *connection, size_t stream, bool unsubscribes)
{
    weir_subscription_change *change = &connection->change;
    if (!weir_subscriptions_take(connection->subscriptions, stream, unsubscribes, change)) {
        weir_error error = {0};
        weir_fail_nomem(&error);
        weir_connection_drop(connection, &error, false);
        return false;
    }
    if (change->count == 0 && !change->is_whole)
        return true;
    weir_message_input input = weir_connection_input(connection);
    input.stream = connection->spec->streams[stream].name;
    const weir_message *message =
        weir_plan_subscribe_message(connection->plan, input.stream, unsubscribes);
    if (message && change->is_whole && !say_change(connection, message, &input, unsubscribes))
        return false;
    input.assets = weir_subscription_assets(change);
    input.asset_count = change->count;
    if (message && change->count > 0 && !say_change(connection, message, &input, unsubscribes))
        return false;
    tell_change(connection, input.stream, unsubscribes, message != NULL);
    return true;
}

/* False when the link is lost. */
static bool send_changes(weir_connection *connection, bool unsubscribes)
{
    for (size_t i = 0; i < connection->spec->stream_count; i++) {
        if (!send_change(connection, i, unsubscribes))
            return false;
    }
    return true;
}

/* Unsubscribing comes first: a venue with a limit of symbols has room then. */
void weir_connection_reconcile(weir_connection *connection)
{
    if (weir_connection_is_played(connection))
        return;
    if (send_changes(connection, true))
        send_changes(connection, false);
}
