/* SPDX-License-Identifier: MIT */
/*
 * What would be sent. Everything is evaluated by the functions that a connect uses, which write
 * what may be shown beside what is sent; only the former comes here.
 */
#include "pipeline/explain.h"
#include "pipeline/parts.h"

typedef struct explaining {
    weir_sheet *sheet;
    weir_entry *into;
    const weir_plan *plan;
    const weir_message_input *input;
    const weir_explain_stream *streams;
} explaining;

/* ------------------------------------------------------------------ options */

static void put_option(weir_sheet *sheet, weir_entry *into, const weir_option_value *value);

static void put_size(weir_sheet *sheet, weir_entry *into, const char *key, uint64_t bytes)
{
    static const char *const units[] = {"", "KiB", "MiB", "GiB"};
    size_t i = 0;
    for (; bytes != 0 && bytes % 1024 == 0 && i < 3; i++)
        bytes /= 1024;
    weir_sheet_printf(sheet, into, key, "%llu%s", (unsigned long long)bytes, units[i]);
}

static void put_list(weir_sheet *sheet, weir_entry *into, const weir_option_value *value)
{
    weir_entry *list = weir_sheet_list(sheet, into, value->row->name);
    for (size_t i = 0; i < value->count; i++)
        weir_sheet_masked(sheet, list, NULL, value->list[i]);
}

static void put_pairs(weir_sheet *sheet, weir_entry *into, const weir_option_value *value)
{
    weir_entry *list = weir_sheet_list(sheet, into, value->row->name);
    for (size_t i = 0; i < value->count; i++) {
        weir_entry *pair = weir_sheet_map(sheet, list, NULL);
        weir_sheet_text(sheet, pair, "name", value->pairs[i].key);
        weir_sheet_masked(sheet, pair, "value", value->pairs[i].value);
    }
}

static void put_group(weir_sheet *sheet, weir_entry *into, const weir_option_value *value)
{
    weir_entry *group = weir_sheet_map(sheet, into, value->row->name);
    for (size_t i = 0; i < value->row->row_count; i++) {
        if (value->group[i].is_set)
            put_option(sheet, group, &value->group[i]);
    }
}

static void put_option(weir_sheet *sheet, weir_entry *into, const weir_option_value *value)
{
    const char *name = value->row->name;
    switch (value->row->type) {
    case WEIR_OPTION_BOOL: weir_sheet_bool(sheet, into, name, value->b); break;
    case WEIR_OPTION_INT: weir_sheet_printf(sheet, into, name, "%lld", (long long)value->i); break;
    case WEIR_OPTION_SIZE: put_size(sheet, into, name, value->u); break;
    case WEIR_OPTION_DURATION: weir_sheet_duration(sheet, into, name, value->i); break;
    case WEIR_OPTION_STR:
    case WEIR_OPTION_ENUM: weir_sheet_masked(sheet, into, name, value->s); break;
    case WEIR_OPTION_STR_LIST: put_list(sheet, into, value); break;
    case WEIR_OPTION_STR_MAP: put_pairs(sheet, into, value); break;
    case WEIR_OPTION_GROUP: put_group(sheet, into, value); break;
    }
}

static void explain_options(const explaining *x)
{
    weir_options options = {0};
    weir_error error = {0};
    bool any = false;
    const weir_code code =
        weir_plan_options_shown(x->plan, x->input, x->sheet->arena, &options, &error);
    for (size_t i = 0; code == WEIR_OK && i < options.count; i++)
        any |= options.values[i].is_set;
    if (code == WEIR_OK && !any)
        return;
    weir_entry *into = weir_sheet_map(x->sheet, x->into, "options");
    if (code != WEIR_OK)
        weir_sheet_masked(x->sheet, into, "cannot_be_made", weir_str_of(error.text));
    for (size_t i = 0; code == WEIR_OK && i < options.count; i++) {
        if (options.values[i].is_set)
            put_option(x->sheet, into, &options.values[i]);
    }
}

/* ------------------------------------------------------------------ the connect */

typedef weir_code pairs_fn(const weir_plan *plan, const weir_message_input *input,
                           weir_arena *arena, weir_plan_pair **pairs, size_t *count,
                           weir_error *error);

static void put_named(weir_sheet *sheet, weir_entry *list, const weir_plan_pair *pairs,
                      size_t count)
{
    for (size_t i = 0; i < count; i++) {
        weir_entry *row = weir_sheet_map(sheet, list, NULL);
        weir_sheet_text(sheet, row, "name", pairs[i].name);
        weir_sheet_masked(sheet, row, "value",
                          pairs[i].is_secret ? WEIR_STR("***") : pairs[i].value);
    }
}

static void explain_pairs(const explaining *x, const char *key, pairs_fn *make)
{
    weir_plan_pair *pairs = NULL;
    size_t count = 0;
    weir_error error = {0};
    const weir_code code = make(x->plan, x->input, x->sheet->arena, &pairs, &count, &error);
    weir_entry *list = weir_sheet_list(x->sheet, x->into, key);
    put_named(x->sheet, list, pairs, code == WEIR_OK ? count : 0);
    if (code != WEIR_OK)
        weir_sheet_masked(x->sheet, weir_sheet_map(x->sheet, list, NULL), "cannot_be_made",
                          weir_str_of(error.text));
}

static void explain_request_pairs(const explaining *x, weir_entry *into, const char *key,
                                  const weir_plan_pair *pairs, size_t count)
{
    if (count > 0)
        put_named(x->sheet, weir_sheet_list(x->sheet, into, key), pairs, count);
}

static void explain_request(const explaining *x, const char *key, bool is_renewal, int64_t every_ns)
{
    weir_request request;
    weir_error error = {0};
    weir_sheet *sheet = x->sheet;
    weir_entry *map = weir_sheet_map(sheet, x->into, key);
    if (weir_plan_session_request(x->plan, is_renewal, x->input, sheet->arena, &request, &error) !=
        WEIR_OK) {
        weir_sheet_masked(sheet, map, "cannot_be_made", weir_str_of(error.text));
        return;
    }
    weir_sheet_text(sheet, map, "method", request.method);
    weir_sheet_masked(sheet, map, "url", request.shown);
    explain_request_pairs(x, map, "query", request.query, request.query_count);
    explain_request_pairs(x, map, "headers", request.headers, request.header_count);
    if (request.content_type)
        weir_sheet_masked(sheet, map, "body", request.body_shown);
    if (every_ns > 0)
        weir_sheet_duration(sheet, map, "every", every_ns);
}

static void explain_session(const explaining *x)
{
    const weir_session_spec *session = &x->plan->connection->auth.session;
    if (!session->is_set)
        return;
    explain_request(x, "session", false, 0);
    if (session->has_renew)
        explain_request(x, "session_renewal", true, session->renew.every_ns);
}

static void explain_connect(const explaining *x)
{
    const weir_connection_spec *connection = x->plan->connection;
    weir_str url = {0}, shown = {0};
    weir_error error = {0};
    weir_sheet_text(x->sheet, x->into, "backend", connection->backend);
    const weir_code code = weir_plan_url(x->plan, x->input, x->sheet->arena, &url, &shown, &error);
    weir_sheet_masked(x->sheet, x->into, "url", code == WEIR_OK ? shown : weir_str_of(error.text));
    if (connection->exclusive.node)
        weir_sheet_text(x->sheet, x->into, "exclusive", connection->exclusive.text);
    if (connection->auth.modes & WEIR_AUTH_URL)
        explain_pairs(x, "query", weir_plan_query);
    if (connection->auth.modes & WEIR_AUTH_HEADERS)
        explain_pairs(x, "headers", weir_plan_headers);
    if (connection->auth.modes & (WEIR_AUTH_MQTT | WEIR_AUTH_ZMQ))
        explain_pairs(x, "connect_login", weir_plan_login);
    explain_options(x);
}

static void put_reconnect(const explaining *x)
{
    const weir_reconnect_spec *again = &x->plan->connection->reconnect;
    weir_entry *map = weir_sheet_map(x->sheet, x->into, "reconnect");
    weir_sheet_duration(x->sheet, map, "initial", again->initial_ns);
    weir_sheet_duration(x->sheet, map, "max", again->max_ns);
    weir_sheet_printf(x->sheet, map, "factor", "%g", again->factor);
    weir_sheet_text(x->sheet, map, "jitter",
                    again->full_jitter ? WEIR_STR("full") : WEIR_STR("none"));
    if (again->attempts < 0)
        weir_sheet_text(x->sheet, map, "attempts", WEIR_STR("unlimited"));
    else
        weir_sheet_number(x->sheet, map, "attempts", (uint64_t)again->attempts);
}

static void put_roll(const explaining *x)
{
    const weir_connection_spec *connection = x->plan->connection;
    const weir_roll_spec *roll = &connection->roll;
    if (!roll->node || (connection->traits & WEIR_BACKEND_STAND_IN))
        return;
    weir_entry *map = weir_sheet_map(x->sheet, x->into, "roll");
    if (roll->after_ns > 0)
        weir_sheet_duration(x->sheet, map, "after", roll->after_ns);
    if (roll->has_at)
        weir_sheet_text(x->sheet, map, "at", roll->at_text);
    if (roll->on.node)
        weir_sheet_text(x->sheet, map, "on", roll->on.text);
    weir_sheet_duration(x->sheet, map, "overlap", roll->overlap_ns);
    weir_sheet_duration(x->sheet, map, "timeout", roll->timeout_ns);
    weir_entry *at_once = NULL;
    for (size_t i = 0; i < connection->stream_count; i++) {
        if (weir_plan_tells_apart(x->plan, i))
            continue;
        at_once = at_once ? at_once : weir_sheet_list(x->sheet, map, "handed_over_at_once");
        weir_sheet_text(x->sheet, at_once, NULL, connection->streams[i].name);
    }
}

/* ------------------------------------------------------------------ login */

static void put_wait(const explaining *x, const char *key, const weir_wait_spec *wait)
{
    if (!wait->is_set)
        return;
    weir_entry *map = weir_sheet_map(x->sheet, x->into, key);
    if (wait->match.node)
        weir_sheet_text(x->sheet, map, "match", wait->match.text);
    if (wait->error.node)
        weir_sheet_text(x->sheet, map, "error", wait->error.text);
    weir_sheet_duration(x->sheet, map, "timeout", wait->timeout_ns);
}

static void put_rate(const explaining *x, weir_entry *map, const char *key, const weir_rate *rate)
{
    if (rate->count == 0)
        return;
    weir_entry *row = weir_sheet_map(x->sheet, map, key);
    weir_sheet_printf(x->sheet, row, "count", "%lld", (long long)rate->count);
    weir_sheet_duration(x->sheet, row, "in", rate->period_ns);
}

static void put_limits(const explaining *x)
{
    const weir_limits_spec *limits = &x->plan->connection->limits;
    if (limits->rate.count == 0 && limits->connect_rate.count == 0 && limits->per_connection == 0)
        return;
    weir_entry *map = weir_sheet_map(x->sheet, x->into, "limits");
    put_rate(x, map, "messages", &limits->rate);
    put_rate(x, map, "connects", &limits->connect_rate);
    if (limits->per_connection > 0)
        weir_sheet_printf(x->sheet, map, "subscriptions", "%lld on each of %lld connections",
                          (long long)limits->per_connection,
                          (long long)limits->connections -
                              (x->plan->connection->roll.node ? 1 : 0));
}

typedef struct sending {
    const explaining *x;
    weir_entry *list;   /* a row per message, or ... */
    weir_entry *single; /* ... the map that takes the only one */
    weir_str streams;
    weir_str name; /* that it is sent under where the spec names none; empty: under none */
} sending;

static void put_symbols(weir_sheet *sheet, weir_entry *row, const weir_outgoing *message)
{
    weir_buf symbols = {0};
    for (size_t i = 0; i < message->asset_count; i++)
        weir_buf_printf(&symbols, "%s%.*s", i ? "," : "", WEIR_FMT(message->assets[i]->symbol));
    sheet->failed |= symbols.failed;
    weir_sheet_text(sheet, row, "symbols", weir_buf_str(&symbols));
    weir_buf_fini(&symbols);
}

static bool put_sent(void *user, const weir_outgoing *message)
{
    const sending *s = user;
    weir_sheet *sheet = s->x->sheet;
    weir_entry *row = s->single ? s->single : weir_sheet_map(sheet, s->list, NULL);
    if (!s->single) {
        weir_sheet_text(sheet, row, "stream", s->streams);
        put_symbols(sheet, row, message);
    }
    const weir_str name = message->name.len > 0 ? message->name : s->name;
    if (name.len > 0 && !message->is_topics)
        weir_sheet_text(sheet, row, "as", name);
    weir_sheet_masked(sheet, row, "sends", message->shown);
    return true;
}

static void send(sending *s, const weir_message *message, const weir_message_input *input)
{
    weir_sheet *sheet = s->x->sheet;
    weir_error error = {0};
    if (weir_message_emit_batches(s->x->plan, message, input, put_sent, s, &error) == WEIR_OK)
        return;
    weir_entry *row = s->single ? s->single : weir_sheet_map(sheet, s->list, NULL);
    if (!s->single)
        weir_sheet_text(sheet, row, "stream", s->streams);
    weir_sheet_masked(sheet, row, "cannot_be_made", weir_str_of(error.text));
}

static void explain_login(const explaining *x)
{
    const weir_auth_spec *auth = &x->plan->connection->auth;
    const weir_message *message = weir_plan_first_message(x->plan);
    put_wait(x, "greeting", &auth->greeting);
    if (message && (auth->modes & WEIR_AUTH_FIRST_MESSAGE)) {
        sending s = {.x = x, .single = weir_sheet_map(x->sheet, x->into, "login")};
        send(&s, message, x->input);
    }
    put_wait(x, "ack", &auth->ack);
}

/* ------------------------------------------------------------------ subscriptions */

static bool is_in(const weir_asset *const *assets, size_t count, const weir_asset *asset)
{
    for (size_t i = 0; i < count; i++) {
        if (assets[i] == asset)
            return true;
    }
    return false;
}

/* What one message is for: all streams that it stands for, and what is wanted of any of them. */
typedef struct subscription {
    const weir_asset **assets;
    size_t count;
    weir_buf streams;
} subscription;

static void add_stream(subscription *sub, const explaining *x, size_t stream)
{
    const weir_explain_stream *wanted = &x->streams[stream];
    const weir_str name = x->plan->connection->streams[stream].name;
    weir_buf_printf(&sub->streams, "%s%.*s", sub->streams.len ? ", " : "", WEIR_FMT(name));
    for (size_t i = 0; i < wanted->count; i++) {
        if (is_in(sub->assets, sub->count, wanted->assets[i]))
            continue;
        sub->assets[sub->count++] = wanted->assets[i];
    }
}

static void send_slot(const explaining *x, weir_entry *list, size_t slot, bool unsubscribe)
{
    const weir_connection_spec *connection = x->plan->connection;
    const weir_str name = connection->streams[slot].name;
    const weir_message *message = weir_plan_subscribe_message(x->plan, name, unsubscribe);
    size_t most = 0;
    for (size_t i = 0; i < connection->stream_count; i++)
        most += x->streams[i].count;
    subscription sub = {.assets = WEIR_ARENA_ARRAY(x->sheet->arena, const weir_asset *, most + 1)};
    for (size_t i = 0; sub.assets && i < connection->stream_count; i++) {
        if (x->streams[i].is_wanted && weir_plan_subscribe_slot(x->plan, i) == slot)
            add_stream(&sub, x, i);
    }
    x->sheet->failed |= !sub.assets || sub.streams.failed;
    if (message && sub.streams.len > 0) {
        sending s = {.x = x, .list = list, .streams = weir_buf_str(&sub.streams)};
        if (connection->traits & WEIR_BACKEND_NAMES)
            s.name = unsubscribe ? WEIR_STR("unsubscribe") : WEIR_STR("subscribe");
        weir_message_input input = *x->input;
        input.assets = sub.assets;
        input.asset_count = sub.count;
        input.stream = name;
        input.request = 1;
        send(&s, message, &input);
    }
    weir_buf_fini(&sub.streams);
}

static void explain_subscribe(const explaining *x, const char *key, bool unsubscribe)
{
    const weir_connection_spec *connection = x->plan->connection;
    weir_entry *list = weir_sheet_list(x->sheet, x->into, key);
    for (size_t i = 0; i < connection->stream_count; i++) {
        if (weir_plan_subscribe_slot(x->plan, i) == i)
            send_slot(x, list, i, unsubscribe);
    }
    if (!list || list->first)
        return;
    weir_sheet_text(x->sheet, list, NULL,
                    unsubscribe
                        ? WEIR_STR("nothing: the venue goes on sending until the next connect")
                        : WEIR_STR("nothing: the connection only listens"));
}

void weir_explain_sent(weir_sheet *sheet, weir_entry *into, const weir_plan *plan,
                       const weir_message_input *input, const weir_explain_stream *streams)
{
    const explaining x = {sheet, into, plan, input, streams};
    explain_session(&x);
    explain_connect(&x);
    explain_login(&x);
    explain_subscribe(&x, "subscribe", false);
    if (plan->connection->subscribe_count > 0)
        explain_subscribe(&x, "unsubscribe", true);
    put_wait(&x, "subscribe_ack", &plan->connection->ack.wait);
    put_limits(&x);
    put_reconnect(&x);
    put_roll(&x);
}
