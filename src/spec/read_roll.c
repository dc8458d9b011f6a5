/* SPDX-License-Identifier: MIT */
/*
 * `roll`: when a connection is replaced by another one before it ends. Two connections are up at
 * the same time for a while, so what allows only one is refused here; and what a roll can promise
 * depends on whether records can be told from their doubles, which is said.
 */
#include "expr/zone.h"
#include "spec/rows.h"
#include "util/time.h"

#define OVERLAP_DEFAULT_NS (10 * WEIR_NS_PER_S)
#define OVERLAP_MAX_NS     (600 * WEIR_NS_PER_S)
#define TIMEOUT_DEFAULT_NS (300 * WEIR_NS_PER_S)

/* ------------------------------------------------------------------ a time of the day */

static bool take_number(weir_str *text, int32_t most, int32_t *out)
{
    if (text->len < 2 || text->ptr[0] < '0' || text->ptr[0] > '9' || text->ptr[1] < '0' ||
        text->ptr[1] > '9')
        return false;
    *out = (text->ptr[0] - '0') * 10 + (text->ptr[1] - '0');
    *text = (weir_str){text->ptr + 2, text->len - 2};
    return *out <= most;
}

static bool take_char(weir_str *text, char c)
{
    if (text->len == 0 || text->ptr[0] != c)
        return false;
    *text = (weir_str){text->ptr + 1, text->len - 1};
    return true;
}

/* "03:00 UTC", "03:00:30 Asia/Kolkata", "23:00 +05:30" */
static bool parse_at(weir_str text, int32_t *second, weir_str *zone)
{
    int32_t hour, minute, rest = 0;
    if (!take_number(&text, 23, &hour) || !take_char(&text, ':') ||
        !take_number(&text, 59, &minute))
        return false;
    if (take_char(&text, ':') && !take_number(&text, 59, &rest))
        return false;
    if (!take_char(&text, ' ') || text.len == 0)
        return false;
    *second = hour * 3600 + minute * 60 + rest;
    *zone = text;
    return true;
}

static void read_at(weir_reader *reader, weir_node *node, void *into)
{
    weir_roll_spec *roll = into;
    weir_str zone = {0};
    if (!weir_read_text(reader, node, "at", &roll->at_text))
        return;
    roll->has_at = true;
    if (!parse_at(roll->at_text, &roll->at_s, &zone)) {
        weir_diag_error(reader->diags, node->place,
                        "'%.*s' is no time of the day with its zone: write \"03:00 UTC\" or "
                        "\"03:00 America/New_York\"",
                        WEIR_FMT(roll->at_text));
        return;
    }
    roll->zone = weir_zone_find(zone);
    if (roll->zone == WEIR_ZONE_NAIVE)
        weir_diag_error(reader->diags, node->place,
                        "there is no time zone '%.*s': write UTC, a name such as "
                        "America/New_York, or +05:30",
                        WEIR_FMT(zone));
}

/* ------------------------------------------------------------------ reading */

static const weir_shape at_shape = {.form = WEIR_SHAPE_SCALAR,
                                    .type = WEIR_KEY_TEXT,
                                    .pattern =
                                        "^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])? [^ ]+$"};

static const weir_key_row roll_rows[] = {
    {.name = "after",
     .type = WEIR_KEY_DURATION,
     .offset = offsetof(weir_roll_spec, after_ns),
     .doc = "when it is so old; up to a twentieth earlier, so that not all roll at once"},
    {.name = "at",
     .type = WEIR_KEY_READ,
     .read = read_at,
     .shape = &at_shape,
     .doc = "every day at this time: `\"03:00 UTC\"`, `\"03:00 America/New_York\"`"},
    {.name = "on",
     .type = WEIR_KEY_EXPR,
     .offset = offsetof(weir_roll_spec, on),
     .doc = "true for a message by which the venue announces that it will close"},
    {.name = "overlap",
     .type = WEIR_KEY_DURATION,
     .offset = offsetof(weir_roll_spec, overlap_ns),
     .doc = "how long both are up once everything is subscribed on the new one, at most `10m` "
            "(default `10s`)"},
    {.name = "timeout",
     .type = WEIR_KEY_DURATION,
     .offset = offsetof(weir_roll_spec, timeout_ns),
     .doc = "how long the new one may take to get there; then it is given up, the old one stays, "
            "and another is tried later (default `5m`)"},
};
static const weir_key_table roll_table = {"roll", roll_rows,
                                          sizeof roll_rows / sizeof roll_rows[0]};
const weir_shape weir_roll_shape = {.form = WEIR_SHAPE_TABLE, .table = &roll_table};

static void check_times(weir_reader *reader, const weir_node *node, const weir_roll_spec *roll)
{
    const weir_node *after = weir_node_get(node, "after");
    const weir_node *overlap = weir_node_get(node, "overlap");
    const weir_node *timeout = weir_node_get(node, "timeout");
    if (!after && !roll->has_at && !roll->on.node)
        weir_diag_error(reader->diags, node->place,
                        "roll: nothing says when: give it 'after', 'at' or 'on'");
    if (overlap && (roll->overlap_ns < 0 || roll->overlap_ns > OVERLAP_MAX_NS))
        weir_diag_error(reader->diags, overlap->place, "'overlap' must be from 0s to 10m");
    else if (after && roll->after_ns <= roll->overlap_ns)
        weir_diag_error(reader->diags, after->place,
                        "'after' must be longer than 'overlap': each connection is to live for a "
                        "while by itself");
    if (timeout && roll->timeout_ns <= 0)
        weir_diag_error(reader->diags, timeout->place, "'timeout' must be more than 0");
}

void weir_read_roll(weir_reader *reader, weir_node *node, void *connection)
{
    weir_roll_spec *roll = &((weir_connection_spec *)connection)->roll;
    const size_t errors = weir_diags_errors(reader->diags);
    roll->node = node;
    roll->overlap_ns = OVERLAP_DEFAULT_NS;
    roll->timeout_ns = TIMEOUT_DEFAULT_NS;
    weir_read_map(reader, node, &roll_table, roll);
    if (weir_diags_errors(reader->diags) == errors)
        check_times(reader, node, roll);
}

/* ------------------------------------------------------------------ what goes with it */

/* Whether a record of the stream can be told from its double. */
static bool is_told_apart(const weir_connection_spec *connection, const weir_stream_spec *stream)
{
    const weir_sequence_spec *sequence = weir_sequence_of(connection, stream);
    return weir_dedupe_of(connection, stream) || (sequence && !sequence->is_of_connection);
}

/* One note for all of them: it is told at every load. */
static void tell_of_streams(weir_reader *reader, const weir_connection_spec *connection)
{
    weir_buf names = {0};
    for (size_t i = 0; i < connection->stream_count; i++) {
        const weir_stream_spec *stream = &connection->streams[i];
        if (!is_told_apart(connection, stream))
            weir_buf_printf(&names, "%s'%.*s'", names.len > 0 ? ", " : "", WEIR_FMT(stream->name));
    }
    if (names.len > 0)
        weir_diag_add(reader->diags, WEIR_SEVERITY_NOTE, connection->roll.node->place,
                      "no 'sequence' of the venue and no 'dedupe' for %s: at a roll it is handed "
                      "over at one instant, and a record that is under way then may be missing or "
                      "come twice",
                      weir_buf_cstr(&names));
    weir_buf_fini(&names);
}

void weir_check_roll(weir_reader *reader, const weir_connection_spec *connection)
{
    const weir_node *node = connection->roll.node;
    const weir_limits_spec *limits = &connection->limits;
    if (!node || (connection->traits & WEIR_BACKEND_STAND_IN))
        return;
    if (connection->exclusive.node)
        weir_diag_error(reader->diags, node->place,
                        "'roll' needs two connections for a while, and 'exclusive' says that the "
                        "venue allows one: leave one of them out");
    if (limits->per_connection > 0 && limits->connections < 2)
        weir_diag_error(reader->diags, node->place,
                        "'roll' needs one connection more for a while: 'limit' must allow 2 "
                        "'connections', of which one is kept for rolls");
    if (connection->traits & WEIR_BACKEND_SINGLE)
        weir_diag_error(reader->diags, node->place,
                        "backend '%.*s' cannot be rolled with these options: a second connection "
                        "beside the first would take its place or its messages (a fixed client "
                        "id, a bound address, a socket type other than SUB)",
                        WEIR_FMT(connection->backend));
    tell_of_streams(reader, connection);
}
