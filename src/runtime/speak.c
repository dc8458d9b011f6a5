/* SPDX-License-Identifier: MIT */
/*
 * Messages out. Each counts against the rate of the spec; one that finds no room waits in the
 * outbox, in order, and the talk timer sends it. Messages that cannot wait (the login, replies) may
 * use what subscriptions have to keep back. What a recorder sees of them has the secrets masked.
 */
#include <string.h>

#include "runtime/live.h"
#include "util/error.h"
#include "util/time.h"

typedef struct sending {
    weir_connection *connection;
    weir_str name; /* to send under, where the spec names none */
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

/* Of each period, what is left for answers to the venue's pings. */
static size_t kept_for_pongs(const weir_connection *connection)
{
    return connection->spec->limits.counts_pongs ? 1 : 0;
}

int64_t weir_connection_pace_rest(const weir_connection *connection)
{
    const weir_heartbeat_spec *heartbeat = &connection->spec->heartbeat;
    const size_t kept =
        kept_for_pongs(connection) + (heartbeat->has_send || heartbeat->reply_count > 0);
    return weir_pace_wait(&connection->pace, weir_mono_ns(), kept);
}

weir_code weir_connection_send(weir_connection *connection, weir_frame_kind kind, weir_str name,
                               weir_str bytes)
{
    weir_pace_note(&connection->pace, weir_mono_ns());
    return connection->backend->send(connection->link, kind, name, bytes, NULL);
}

weir_code weir_connection_speak(weir_connection *connection, const weir_outgoing *message,
                                weir_str name)
{
    weir_connection_tap(connection, message);
    if (message->name.len > 0 || (connection->backend->traits & WEIR_BACKEND_ADDRESSED))
        name = message->name; /* where names are addresses, one that is made up reaches nobody */
    const weir_frame_kind kind = message->is_binary ? WEIR_FRAME_BINARY : WEIR_FRAME_TEXT;
    const int64_t wait_ns =
        weir_pace_wait(&connection->pace, weir_mono_ns(), kept_for_pongs(connection));
    if (wait_ns == 0 && connection->outbox.count == 0)
        return weir_connection_send(connection, kind, name, message->bytes);
    const weir_code code = weir_outbox_put(&connection->outbox, kind, name, message->bytes);
    if (code == WEIR_OK)
        weir_timer_set(connection->talk, wait_ns);
    return code;
}

static bool send_one(void *user, const weir_outgoing *message)
{
    sending *s = user;
    s->code = weir_connection_speak(s->connection, message, s->name);
    return s->code == WEIR_OK;
}

weir_code weir_connection_say(weir_connection *connection, const weir_message *message,
                              const weir_message_input *input, weir_str name, weir_error *error)
{
    sending s = {connection, name, WEIR_OK};
    const weir_code code = weir_message_emit(message, input, send_one, &s, error);
    if (code != WEIR_OK || s.code == WEIR_OK)
        return code;
    return weir_fail(error, s.code, "a message could not be sent: %s", weir_code_name(s.code));
}

bool weir_connection_flush(weir_connection *connection)
{
    for (weir_letter letter; weir_outbox_first(&connection->outbox, &letter);) {
        const int64_t wait_ns =
            weir_pace_wait(&connection->pace, weir_mono_ns(), kept_for_pongs(connection));
        weir_error error = {0};
        if (wait_ns > 0) {
            weir_timer_set(connection->talk, wait_ns);
            return false;
        }
        const weir_code code =
            weir_connection_send(connection, letter.kind, letter.name, letter.bytes);
        weir_outbox_pop(&connection->outbox);
        if (code != WEIR_OK) {
            weir_fail(&error, code, "a message could not be sent: %s", weir_code_name(code));
            weir_connection_drop(connection, &error, false);
            return false;
        }
    }
    return true;
}

bool weir_connection_login(weir_connection *connection)
{
    weir_error error = {0};
    const weir_message_input input = weir_connection_input(connection);
    const weir_message *message = weir_plan_first_message(connection->plan);
    const weir_code code =
        weir_connection_say(connection, message, &input, WEIR_STR("auth"), &error);
    if (code != WEIR_OK)
        weir_connection_drop(connection, &error,
                             code == WEIR_ERR_EVAL && !weir_connection_is_taught(connection));
    return code == WEIR_OK;
}
