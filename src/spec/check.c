/* SPDX-License-Identifier: MIT */
/*
 * What can only be seen when a connection is whole: every name of a stream or channel is one of its
 * own, records of several streams have a router, no converter or message stands there without
 * effect, the URL fits the backend.
 */
#include "spec/rows.h"

const weir_stream_spec *weir_connection_stream(const weir_connection_spec *connection,
                                               weir_str name)
{
    for (size_t i = 0; i < connection->stream_count; i++) {
        if (weir_str_eq(connection->streams[i].name, name))
            return &connection->streams[i];
    }
    return NULL;
}

static bool has_channel(const weir_connection_spec *connection, weir_channel channel)
{
    for (size_t i = 0; i < connection->stream_count; i++) {
        if (connection->streams[i].channel == channel)
            return true;
    }
    return false;
}

static weir_str stream_at(const void *user, size_t index)
{
    return ((const weir_connection_spec *)user)->streams[index].name;
}

/* `key` is a stream of the connection, or a channel that one of its streams feeds, or "all". */
static void check_key(weir_reader *reader, const weir_connection_spec *connection,
                      const weir_node *node, weir_str key, const char *what)
{
    if (weir_str_is(key, "all") || weir_connection_stream(connection, key))
        return;
    const weir_channel channel = weir_channel_from_name(key);
    if (channel == WEIR_CHANNEL_COUNT)
        weir_read_unknown(reader, node->place, "stream", key, connection->stream_count, stream_at,
                          connection);
    else if (!has_channel(connection, channel))
        weir_diag_error(reader->diags, node->place,
                        "%s for '%.*s', but no stream of the connection feeds that channel", what,
                        WEIR_FMT(key));
}

static void check_twice(weir_reader *reader, const weir_template_spec *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (weir_str_eq(items[i].key, items[k].key))
                weir_diag_error(reader->diags, items[i].node->place, "'%.*s' is given twice",
                                WEIR_FMT(items[i].key));
        }
    }
}

static void check_target(weir_reader *reader, const weir_connection_spec *connection,
                         const weir_text *target)
{
    if (!target->node || target->text.len == 0)
        return;
    const weir_str name = target->text;
    if (weir_connection_stream(connection, name))
        return;
    const weir_channel channel = weir_channel_from_name(name);
    size_t feeding = 0;
    for (size_t i = 0; i < connection->stream_count; i++)
        feeding += connection->streams[i].channel == channel;
    if (channel == WEIR_CHANNEL_COUNT)
        weir_read_unknown(reader, target->node->place, "stream or channel", name,
                          connection->stream_count, stream_at, connection);
    else if (feeding == 0)
        weir_diag_error(reader->diags, target->node->place,
                        "no stream of the connection feeds channel '%.*s'", WEIR_FMT(name));
    else if (feeding > 1)
        weir_diag_error(reader->diags, target->node->place,
                        "several streams feed channel '%.*s': name the stream that is meant",
                        WEIR_FMT(name));
}

/* What the backend has to say about its options, and about the URL with them. */
static void ask_backend(weir_reader *reader, weir_connection_spec *connection)
{
    const weir_str none = {0};
    const weir_str url = connection->url.node ? connection->url.text : none;
    const bool is_template = url.len > 0 && memchr(url.ptr, '{', url.len);
    for (size_t i = 0; reader->registry && i < reader->registry->count; i++) {
        const weir_backend_rows *backend = &reader->registry->backends[i];
        const weir_options *options = &connection->options;
        weir_error error = {0};
        if (!weir_str_is(connection->backend, backend->name) || !backend->check)
            continue;
        if (!backend->check(options, none, &connection->traits, &error))
            weir_diag_error(reader->diags, connection->backend_node->place, "%s", error.text);
        else if (connection->url.node && !is_template &&
                 !backend->check(options, url, &connection->traits, &error))
            weir_diag_error(reader->diags, connection->url.node->place, "%s", error.text);
    }
    /* Whether what it plays had names is told by what the connection does with them. */
    if ((connection->traits & WEIR_BACKEND_STAND_IN) &&
        (connection->events || (connection->stream_count > 1 && !connection->has_router)))
        connection->traits |= WEIR_BACKEND_NAMES;
}

/* `events` gives streams the names of their frames; one without an entry has its own name. */
static void take_events(weir_reader *reader, weir_connection_spec *connection)
{
    const weir_node *events = connection->events;
    for (size_t i = 0; i < connection->stream_count; i++)
        connection->streams[i].event = connection->streams[i].name;
    if (!events)
        return;
    if (!(connection->traits & WEIR_BACKEND_NAMES))
        weir_diag_error(reader->diags, events->place,
                        "'events' has no effect: frames of backend '%.*s' have no names",
                        WEIR_FMT(connection->backend));
    for (size_t i = 0; i < events->count; i++) {
        const weir_node *key = events->pairs[i].key;
        const weir_channel channel = weir_channel_from_name(key->text);
        weir_str event = {0};
        check_key(reader, connection, key, key->text, "an event");
        if (!weir_read_text(reader, events->pairs[i].value, "events", &event))
            continue;
        const bool is_stream = weir_connection_stream(connection, key->text) != NULL;
        for (size_t k = 0; k < connection->stream_count; k++) {
            weir_stream_spec *stream = &connection->streams[k];
            if (is_stream ? weir_str_eq(stream->name, key->text) : stream->channel == channel)
                stream->event = event;
        }
    }
}

static bool is_message_for(const weir_template_spec *list, size_t count,
                           bool (*test)(const weir_message_spec *), const weir_node **node)
{
    for (size_t i = 0; i < count; i++) {
        const weir_message_spec *message = &list[i].message;
        while (message && !test(message))
            message = message->next;
        if (message) {
            *node = message->node;
            return true;
        }
    }
    return false;
}

static bool has_event(const weir_message_spec *message)
{
    return message->event.node != NULL;
}

static bool has_topics(const weir_message_spec *message)
{
    return message->format == WEIR_MESSAGE_TOPICS;
}

/* What only some backends can do is refused for the others. */
static void check_abilities(weir_reader *reader, const weir_connection_spec *connection)
{
    static const char *const logins[] = {"mqtt", "zmq"};
    const weir_node *node = NULL;
    if (!connection->backend.ptr || (connection->traits & WEIR_BACKEND_STAND_IN))
        return;
    if (!(connection->traits & WEIR_BACKEND_TOPICS) &&
        (is_message_for(connection->subscribe, connection->subscribe_count, has_topics, &node) ||
         is_message_for(connection->unsubscribe, connection->unsubscribe_count, has_topics, &node)))
        weir_diag_error(reader->diags, node->place, "backend '%.*s' does not subscribe by 'topics'",
                        WEIR_FMT(connection->backend));
    const weir_message_spec *first = &connection->auth.first_message;
    if (connection->auth.has_first_message && has_event(first) &&
        !(connection->traits & (WEIR_BACKEND_NAMES | WEIR_BACKEND_TOPICS)))
        weir_diag_error(reader->diags, first->node->place,
                        "'event' has no effect: messages of backend '%.*s' have no names",
                        WEIR_FMT(connection->backend));
    if (!(connection->traits & (WEIR_BACKEND_NAMES | WEIR_BACKEND_TOPICS)) &&
        (is_message_for(connection->subscribe, connection->subscribe_count, has_event, &node) ||
         is_message_for(connection->unsubscribe, connection->unsubscribe_count, has_event, &node)))
        weir_diag_error(reader->diags, node->place,
                        "'event' has no effect: messages of backend '%.*s' have no names",
                        WEIR_FMT(connection->backend));
    for (size_t i = 0; i < 2; i++) {
        if ((connection->auth.modes & (unsigned)(WEIR_AUTH_MQTT << i)) &&
            !weir_str_is(connection->backend, logins[i]))
            weir_diag_error(reader->diags, connection->auth.node->place,
                            "auth mode '%s' is for backend '%s', not '%.*s'", logins[i], logins[i],
                            WEIR_FMT(connection->backend));
    }
}

static bool is_any(const weir_message_spec *message)
{
    return message->node != NULL;
}

/* What would be said to nobody, and shown to no one. */
static void check_ways_out(weir_reader *reader, const weir_connection_spec *connection)
{
    const weir_auth_spec *auth = &connection->auth;
    const weir_node *node = NULL;
    if ((connection->traits & WEIR_BACKEND_MUTE) && auth->has_first_message)
        weir_diag_error(reader->diags, auth->first_message.node->place,
                        "this connection cannot send messages: 'first_message' has no effect");
    if ((connection->traits & WEIR_BACKEND_MUTE) &&
        (connection->heartbeat.has_send || connection->heartbeat.reply_count > 0))
        weir_diag_error(reader->diags, connection->heartbeat.node->place,
                        "this connection cannot send messages: 'heartbeat' has no 'send' and no "
                        "'reply' here");
    if ((connection->traits & WEIR_BACKEND_MUTE) && !(connection->traits & WEIR_BACKEND_TOPICS) &&
        (is_message_for(connection->subscribe, connection->subscribe_count, is_any, &node) ||
         is_message_for(connection->unsubscribe, connection->unsubscribe_count, is_any, &node)))
        weir_diag_error(reader->diags, node->place,
                        "this connection cannot send messages: it takes what comes, without "
                        "'subscribe'");
    if ((connection->traits & WEIR_BACKEND_ADDRESSED) && auth->has_first_message &&
        !auth->first_message.event.node)
        weir_diag_error(reader->diags, auth->first_message.node->place,
                        "'first_message' needs 'event' here: the topic that it is published to");
    if ((connection->traits & WEIR_BACKEND_BARE) &&
        (auth->modes & (WEIR_AUTH_HEADERS | WEIR_AUTH_URL)))
        weir_diag_error(reader->diags, auth->node->place,
                        "backend '%.*s' connects without an HTTP request: there is no place for "
                        "auth mode '%s'",
                        WEIR_FMT(connection->backend),
                        auth->modes & WEIR_AUTH_HEADERS ? "headers" : "url");
    if ((connection->traits & WEIR_BACKEND_BARE) && auth->close_codes_node)
        weir_diag_error(reader->diags, auth->close_codes_node->place,
                        "'close_codes' has no effect: backend '%.*s' has none",
                        WEIR_FMT(connection->backend));
}

static void check_router(weir_reader *reader, const weir_connection_spec *connection)
{
    if (!connection->has_router) {
        if (connection->stream_count > 1 && !(connection->traits & WEIR_BACKEND_NAMES))
            weir_diag_error(
                reader->diags, connection->node->place,
                "connection '%.*s' has %zu streams and no 'router' that tells them apart",
                WEIR_FMT(connection->name), connection->stream_count);
        return;
    }
    for (size_t i = 0; i < connection->rule_count; i++) {
        for (size_t k = 0; k < connection->rules[i].target_count; k++)
            check_target(reader, connection, &connection->rules[i].targets[k]);
    }
    if (!weir_str_is(connection->default_channel.text, "drop"))
        check_target(reader, connection, &connection->default_channel);
    const bool has_default = connection->default_channel.node != NULL;
    if (!connection->router_enabled && !has_default && connection->stream_count > 1)
        weir_diag_error(reader->diags, connection->router_node->place,
                        "a router that is not enabled needs 'default_channel'");
    if (connection->router_enabled && connection->rule_count == 0 && !has_default &&
        connection->stream_count > 1)
        weir_diag_error(reader->diags, connection->router_node->place, "the router has no rules");
}

static bool has_converter(const weir_connection_spec *connection, const weir_stream_spec *stream)
{
    for (size_t i = 0; i < connection->converter_count; i++) {
        const weir_str key = connection->converters[i].key;
        if (weir_str_is(key, "all") || weir_str_eq(key, stream->name) ||
            weir_str_is(key, weir_channel_name(stream->channel)))
            return true;
    }
    return false;
}

static void check_converters(weir_reader *reader, const weir_connection_spec *connection)
{
    for (size_t i = 0; i < connection->converter_count; i++)
        check_key(reader, connection, connection->converters[i].node, connection->converters[i].key,
                  "a converter");
    for (size_t i = 0; i < connection->stream_count; i++) {
        const weir_stream_spec *stream = &connection->streams[i];
        if (stream->channel < WEIR_CHANNEL_HEARTBEAT && !has_converter(connection, stream))
            weir_diag_add(reader->diags, WEIR_SEVERITY_WARNING, stream->node->place,
                          "stream '%.*s' has no converter: its messages give no records",
                          WEIR_FMT(stream->name));
    }
}

static void check_url(weir_reader *reader, const weir_connection_spec *connection)
{
    if (!connection->url.node || memchr(connection->url.text.ptr, '{', connection->url.text.len))
        return; /* a template is checked when it is filled in */
    for (size_t i = 0; reader->registry && i < reader->registry->count; i++) {
        const weir_backend_rows *backend = &reader->registry->backends[i];
        weir_error error = {0};
        if (weir_str_is(connection->backend, backend->name) && backend->check_url &&
            !backend->check_url(connection->url.text, &error))
            weir_diag_error(reader->diags, connection->url.node->place, "%s", error.text);
    }
}

/* Of each period one message is left for pongs where these count, and one for heartbeats and
 * replies; what is left then must do for the rest. */
static void check_rate(weir_reader *reader, const weir_connection_spec *connection)
{
    const weir_limits_spec *limits = &connection->limits;
    const weir_heartbeat_spec *heartbeat = &connection->heartbeat;
    const weir_rate rate = limits->rate;
    if (rate.count == 0 || !heartbeat->node)
        return;
    const bool speaks = heartbeat->has_send || heartbeat->reply_count > 0;
    if (rate.count - (limits->counts_pongs ? 1 : 0) - (speaks ? 1 : 0) < 1)
        weir_diag_error(reader->diags, heartbeat->node->place,
                        "the rate of 'subscribe' leaves nothing beside heartbeats%s",
                        limits->counts_pongs ? " and pongs" : "");
    else if (heartbeat->has_send && !heartbeat->every.node &&
             heartbeat->every_ns < rate.period_ns / rate.count)
        weir_diag_error(reader->diags, heartbeat->node->place,
                        "'every' is more often than the rate of 'subscribe' allows");
}

/* Further sockets would be refused by the first. */
static void check_exclusive(weir_reader *reader, const weir_connection_spec *connection)
{
    const weir_limits_spec *limits = &connection->limits;
    if (connection->exclusive.node && limits->per_connection > 0 && limits->connections > 1)
        weir_diag_error(reader->diags, connection->exclusive.node->place,
                        "'exclusive' allows one connection, and 'limit' asks for up to %lld: write "
                        "'connections: 1' there",
                        (long long)limits->connections);
}

/* Who is not asked for symbols cannot be asked for one again. */
static void check_asking_again(weir_reader *reader, const weir_connection_spec *connection)
{
    if (connection->subscribe_count > 0 || (connection->traits & WEIR_BACKEND_STAND_IN))
        return;
    if (connection->liveness.symbol_ns > 0)
        weir_diag_error(reader->diags, weir_node_get(connection->liveness.node, "symbol")->place,
                        "'symbol' has no effect: the connection has no 'subscribe'");
    for (size_t i = 0; i < connection->sequence_count; i++) {
        if (connection->sequences[i].on_gap == WEIR_ON_GAP_RESUBSCRIBE)
            weir_diag_error(reader->diags, connection->sequences[i].node->place,
                            "on_gap: resubscribe has no effect: the connection has no 'subscribe'");
    }
}

void weir_check_connection(weir_reader *reader, weir_connection_spec *connection)
{
    check_url(reader, connection);
    if (connection->backend_node)
        ask_backend(reader, connection);
    take_events(reader, connection);
    check_abilities(reader, connection);
    check_rate(reader, connection);
    check_asking_again(reader, connection);
    check_exclusive(reader, connection);
    weir_check_roll(reader, connection);
    if (!(connection->traits & WEIR_BACKEND_STAND_IN))
        check_ways_out(reader, connection);
    if (connection->stream_count == 0)
        return; /* without streams every name would be wrong */
    for (size_t i = 0; i < connection->subscribe_count; i++)
        check_key(reader, connection, connection->subscribe[i].node, connection->subscribe[i].key,
                  "a message");
    for (size_t i = 0; i < connection->unsubscribe_count; i++)
        check_key(reader, connection, connection->unsubscribe[i].node,
                  connection->unsubscribe[i].key, "a message");
    for (size_t i = 0; i < connection->sequence_count; i++)
        check_key(reader, connection, connection->sequences[i].node,
                  connection->sequences[i].stream, "a sequence");
    for (size_t i = 0; i < connection->dedupe_count; i++)
        check_key(reader, connection, connection->dedupes[i].node, connection->dedupes[i].stream,
                  "dedupe");
    check_twice(reader, connection->subscribe, connection->subscribe_count);
    check_twice(reader, connection->unsubscribe, connection->unsubscribe_count);
    check_router(reader, connection);
    check_converters(reader, connection);
}
