/* SPDX-License-Identifier: MIT */
/*
 * What a connection tells of itself: its state and numbers, and events. Nothing that came from
 * outside is told as it came: secrets are covered, and what cannot be printed is replaced.
 */
#include <stdarg.h>
#include <stdio.h>

#include "runtime/live.h"
#include "runtime/plugins.h"
#include "util/time.h"
#include "util/utf8.h"

enum { WARNINGS_MAX = 20 /* of a second; those that name a symbol do not count */ };

void weir_connection_show(weir_connection *connection)
{
    weir_connection_count(connection);
    connection->numbers.counters = *connection->counters;
    connection->numbers.learnt = weir_runner_learnt(connection->runner);
    if (connection->roll)
        weir_roll_show(connection->roll);
    else
        weir_status_write(&connection->shown, &connection->numbers);
}

/* What a peer said may hold anything: control characters and broken UTF-8 become '?'. */
static void make_printable(weir_buf *text)
{
    for (size_t i = 0; i < text->len; i++) {
        const unsigned char c = (unsigned char)text->ptr[i];
        if (c < 0x20 || c == 0x7f)
            text->ptr[i] = c == '\n' || c == '\t' ? ' ' : '?';
    }
    for (size_t at = 0; at < text->len; at++) {
        at += weir_utf8_valid_prefix((weir_str){text->ptr + at, text->len - at});
        if (at < text->len)
            text->ptr[at] = '?';
    }
}

static weir_str make_reason(weir_connection *connection, const char *format, va_list args)
{
    char raw[WEIR_ERROR_TEXT_MAX];
    vsnprintf(raw, sizeof raw, format, args);
    weir_buf_clear(&connection->text);
    weir_world_mask(&connection->world, weir_str_of(raw), &connection->text);
    if (connection->text.failed)
        return WEIR_STR("out of memory");
    make_printable(&connection->text);
    return weir_buf_str(&connection->text);
}

void weir_connection_enter(weir_connection *connection, weir_state state, weir_code code,
                           int64_t retry_in_ns, const char *format, ...)
{
    weir_event event = {.type = WEIR_EVENT_STATE,
                        .time_ns = weir_now_ns(),
                        .connection = connection->name,
                        .shard = connection->shard,
                        .from = connection->state,
                        .to = state,
                        .code = code,
                        .retry_in_ns = retry_in_ns};
    va_list args;
    va_start(args, format);
    event.reason = make_reason(connection, format, args);
    va_end(args);
    if (!weir_connection_is_front(connection)) { /* it goes its way silently */
        connection->state = state;
        connection->numbers.state = state;
        return;
    }
    if (state == WEIR_STATE_FAILED || state == WEIR_STATE_STOPPED)
        weir_claim_drop(&connection->claim);
    connection->state = state;
    connection->numbers.state = state;
    connection->numbers.state_since_ns = event.time_ns;
    weir_connection_show(connection);
    weir_events_post(connection->runtime->events, &event);
}

static void post(weir_connection *connection, weir_event *event, const char *format, va_list args)
{
    if (!weir_connection_is_front(connection) && event->type != WEIR_EVENT_WARNING)
        return;
    event->time_ns = weir_now_ns();
    event->connection = connection->name;
    event->shard = connection->shard;
    event->from = event->to = weir_connection_front(connection)->state;
    event->reason = make_reason(connection, format, args);
    weir_events_post(connection->runtime->events, event);
    if (event->type == WEIR_EVENT_ERROR) {
        const weir_value what[] = {weir_value_str(event->reason),
                                   weir_value_str(weir_str_of(weir_code_name(event->code)))};
        weir_connection_hook(connection, &connection->spec->hooks.on_error, WEIR_EXTENSION_ON_ERROR,
                             what, 2);
    }
}

/* A venue can cause a warning with each of its messages. False: it is only counted. */
static bool may_warn(weir_connection *connection)
{
    weir_warnings *warnings = &connection->warnings;
    const int64_t now_ns = weir_mono_ns();
    const uint64_t kept = warnings->kept;
    if (now_ns - warnings->since_ns >= WEIR_NS_PER_S)
        *warnings = (weir_warnings){.since_ns = now_ns};
    if (kept > warnings->kept)
        weir_connection_tell_of(connection, WEIR_EVENT_WARNING, WEIR_ERR_LIMIT, (weir_str){0},
                                (weir_str){0}, kept, "%llu more warnings were left out",
                                (unsigned long long)kept);
    const bool has_room = warnings->told < WARNINGS_MAX;
    *(has_room ? &warnings->told : &warnings->kept) += 1;
    return has_room;
}

void weir_connection_tell(weir_connection *connection, weir_event_type type, weir_code code,
                          weir_str stream, uint64_t count, const char *format, ...)
{
    weir_event event = {.type = type, .code = code, .stream = stream, .count = count};
    if (type == WEIR_EVENT_WARNING && !may_warn(connection))
        return;
    va_list args;
    va_start(args, format);
    post(connection, &event, format, args);
    va_end(args);
}

void weir_connection_tell_of(weir_connection *connection, weir_event_type type, weir_code code,
                             weir_str stream, weir_str symbol, uint64_t count, const char *format,
                             ...)
{
    weir_event event = {
        .type = type, .code = code, .stream = stream, .symbol = symbol, .count = count};
    va_list args;
    va_start(args, format);
    post(connection, &event, format, args);
    va_end(args);
}

const char *weir_connection_mask(weir_connection *connection, const char *text)
{
    weir_buf_clear(&connection->masked);
    weir_world_mask(&connection->world, weir_str_of(text), &connection->masked);
    make_printable(&connection->masked);
    return weir_buf_cstr(&connection->masked);
}
