/* SPDX-License-Identifier: MIT */
/*
 * Silence. Three clocks run from the connect on and each is put back by its own kind of news only:
 * bytes by whatever arrives, heartbeats by heartbeats (heartbeat.c), data by records that are no
 * heartbeats; so a venue that answers pings and sends nothing else is noticed. Where the spec
 * wants it, each symbol has a clock of its own.
 *
 *   bytes    idle → a sign of life is asked for → the connection is made anew
 *   data     stale → a sign of life → everything is subscribed again → the connection is made anew
 *   symbol   it is subscribed again, and that is told
 *
 * While a consumer holds the link up, nothing can arrive and no clock runs. Clocks are looked at by
 * a timer; a read pays for them what an assignment costs, a frame nothing.
 */
#include <stdlib.h>

#include "runtime/live.h"
#include "util/error.h"
#include "util/time.h"

enum { LOOKS_PER_PERIOD = 8 };

#define LOOK_LEAST_NS (10 * WEIR_NS_PER_MS)

static const weir_liveness_spec *spec_of(const weir_connection *connection)
{
    return &connection->spec->liveness;
}

/* ------------------------------------------------------------------ news */

void weir_liveness_bytes(weir_connection *connection)
{
    connection->clocks.bytes_ns = weir_mono_ns();
}

static uint64_t data_records(const weir_connection *connection)
{
    const weir_counters *counters = connection->counters;
    return counters->records_out + counters->duplicates -
           counters->by_channel[WEIR_CHANNEL_HEARTBEAT];
}

void weir_liveness_frames(weir_connection *connection)
{
    weir_clocks *clocks = &connection->clocks;
    const uint64_t records = data_records(connection);
    if (records == clocks->records)
        return;
    clocks->records = records;
    clocks->data_ns = clocks->bytes_ns;
    clocks->has_data = true;
    clocks->step = WEIR_STALE_NOT;
    if (connection->state == WEIR_STATE_STALE)
        weir_connection_enter(connection, WEIR_STATE_LIVE, WEIR_OK, 0, "records come again");
}

void weir_liveness_batch(weir_connection *connection, const weir_batch *batch)
{
    weir_clocks *all = &connection->clocks;
    size_t offset = 0;
    if (spec_of(connection)->symbol_ns == 0)
        return;
    for (const weir_record *record; (record = weir_batch_next(batch, &offset)) != NULL;) {
        const size_t stream = weir_connection_stream_of(connection, record);
        if (stream == connection->spec->stream_count || record->schema->is_gap)
            continue;
        weir_symbol_clocks *clocks = &all->symbols[all->symbols[stream].slot];
        weir_asset_entry *clock =
            record->asset ? weir_asset_map_find(&clocks->at_ns, record->asset) : NULL;
        clocks->last_ns = all->bytes_ns;
        if (clock && clock->number != 0)
            clock->number = all->bytes_ns;
    }
}

/* ------------------------------------------------------------------ signs of life */

static bool can_ask(const weir_connection *connection)
{
    return connection->backend->probe || weir_plan_heartbeat(connection->plan);
}

/* False: the link was given up. */
static bool ask(weir_connection *connection, int64_t now_ns)
{
    connection->clocks.asked_ns = now_ns;
    if (!connection->backend->probe)
        return weir_heartbeat_send(connection);
    connection->backend->probe(connection->link);
    return true;
}

static bool give_up(weir_connection *connection, const char *why, int64_t silence_ns)
{
    weir_error error = {0};
    weir_fail(&error, WEIR_ERR_TIMEOUT, "%s for %.1f s", why,
              (double)silence_ns / (double)WEIR_NS_PER_S);
    weir_connection_drop(connection, &error, false);
    return false;
}

static bool look_at_bytes(weir_connection *connection, int64_t now_ns)
{
    weir_clocks *clocks = &connection->clocks;
    const weir_heartbeat_spec *heartbeat = &connection->spec->heartbeat;
    if (heartbeat->idle_ns == 0 || !can_ask(connection))
        return true;
    if (clocks->asked_ns > clocks->bytes_ns) {
        if (now_ns - clocks->asked_ns < heartbeat->timeout_ns)
            return true;
        return give_up(connection, "nothing came, although a sign of life was asked for,",
                       now_ns - clocks->bytes_ns);
    }
    return now_ns - clocks->bytes_ns < heartbeat->idle_ns || ask(connection, now_ns);
}

/* ------------------------------------------------------------------ data */

static bool expects_data(const weir_connection *connection)
{
    weir_subscription_counts counts;
    weir_subscriptions_count(connection->subscriptions, connection->line, &counts);
    return counts.active > 0 || connection->spec->subscribe_count == 0;
}

static void subscribe_again(weir_connection *connection, size_t stream, const weir_asset *asset)
{
    weir_subscriptions_renew(connection->subscriptions, connection->line, stream, asset,
                             weir_connection_can_leave(connection, stream), weir_mono_ns(), 0);
}

static bool renew_all(weir_connection *connection)
{
    weir_connection_tell(connection, WEIR_EVENT_WARNING, WEIR_ERR_TIMEOUT, (weir_str){0}, 1,
                         "still no record: everything is subscribed again");
    for (size_t i = 0; i < connection->spec->stream_count; i++)
        subscribe_again(connection, i, NULL);
    weir_connection_reconcile(connection);
    return connection->link && !connection->is_closing;
}

static bool look_at_data(weir_connection *connection, int64_t now_ns)
{
    weir_clocks *clocks = &connection->clocks;
    const int64_t data_ns = spec_of(connection)->data_ns;
    const int64_t first_ns = spec_of(connection)->first_data_ns;
    const int64_t silence_ns = now_ns - clocks->data_ns, step_ns = now_ns - clocks->step_ns;
    if (!expects_data(connection)) {
        clocks->data_ns = now_ns;
        return true;
    }
    if (!clocks->has_data && first_ns > 0 && connection->state == WEIR_STATE_LIVE &&
        silence_ns >= first_ns)
        return give_up(connection, "everything is subscribed, and no record came", silence_ns);
    if (data_ns == 0 || silence_ns < data_ns)
        return true;
    if (clocks->step == WEIR_STALE_NOT && connection->state == WEIR_STATE_LIVE) {
        weir_connection_enter(connection, WEIR_STATE_STALE, WEIR_ERR_TIMEOUT, 0,
                              "no record for %.1f s", (double)silence_ns / (double)WEIR_NS_PER_S);
        clocks->step = WEIR_STALE_ASKED;
        clocks->step_ns = now_ns;
        return !can_ask(connection) || ask(connection, now_ns);
    }
    if (clocks->step == WEIR_STALE_ASKED && step_ns >= connection->spec->heartbeat.timeout_ns) {
        clocks->step = WEIR_STALE_RENEWED;
        clocks->step_ns = now_ns;
        return connection->spec->subscribe_count == 0 || renew_all(connection);
    }
    if (clocks->step == WEIR_STALE_RENEWED && step_ns >= data_ns)
        return give_up(connection, "no record came, although everything was subscribed again,",
                       silence_ns);
    return true;
}

/* ------------------------------------------------------------------ symbols */

/* Those that were silent for too long, gathered under the lock of the subscriptions. */
typedef struct search {
    weir_connection *connection;
    int64_t now_ns;
    weir_buf found; /* of silent_symbol */
} search;

typedef struct silent_symbol {
    size_t stream;
    const weir_asset *asset;
} silent_symbol;

static void look_at_symbol(void *user, const weir_subscription_view *view)
{
    search *s = user;
    weir_connection *connection = s->connection;
    if (view->state != WEIR_SUBSCRIPTION_ACTIVE || !view->asset)
        return;
    weir_symbol_clocks *clocks = &connection->clocks.symbols[view->stream];
    weir_asset_entry *clock = weir_asset_map_make(&clocks->at_ns, view->asset);
    if (!clock)
        return;
    clock->round = connection->clocks.round;
    if (clock->number == 0)
        clock->number = s->now_ns;
    /* The venue's word for all symbols has news when any of them has. */
    if (clocks->last_ns > clock->number &&
        weir_symbols_is_all(&connection->spec->symbols, view->asset->symbol))
        clock->number = clocks->last_ns;
    if (s->now_ns - clock->number < spec_of(connection)->symbol_ns)
        return;
    clock->number = s->now_ns;
    const silent_symbol found = {view->stream, view->asset};
    weir_buf_put(&s->found, (weir_str){(const char *)&found, sizeof found});
}

/* A clock runs as long as its symbol is active. */
static void stop_others(weir_connection *connection)
{
    for (size_t i = 0; i < connection->spec->stream_count; i++) {
        const weir_asset_map *clocks = &connection->clocks.symbols[i].at_ns;
        for (size_t k = 0; k < clocks->cap; k++) {
            if (clocks->entries[k].round != connection->clocks.round)
                clocks->entries[k].number = 0;
        }
    }
}

static void tell_silent(weir_connection *connection, const silent_symbol *silent)
{
    const weir_str stream = connection->spec->streams[silent->stream].name;
    weir_connection_tell_of(connection, WEIR_EVENT_WARNING, WEIR_ERR_TIMEOUT, stream,
                            silent->asset->symbol, 1, "%.*s %.*s is silent: it is subscribed again",
                            WEIR_FMT(stream), WEIR_FMT(silent->asset->symbol));
    subscribe_again(connection, silent->stream, silent->asset);
}

static void look_at_all(search *s)
{
    weir_connection *connection = s->connection;
    connection->clocks.round++;
    weir_subscriptions_each_of(connection->subscriptions, connection->shard, look_at_symbol, s);
    stop_others(connection);
}

static bool look_at_symbols(weir_connection *connection, int64_t now_ns)
{
    search s = {.connection = connection, .now_ns = now_ns};
    if (spec_of(connection)->symbol_ns == 0 || connection->state != WEIR_STATE_LIVE)
        return true;
    look_at_all(&s);
    for (size_t at = 0; at < s.found.len; at += sizeof(silent_symbol)) {
        silent_symbol silent;
        memcpy(&silent, s.found.ptr + at, sizeof silent);
        tell_silent(connection, &silent);
    }
    if (s.found.len > 0)
        weir_connection_reconcile(connection);
    weir_buf_fini(&s.found);
    return connection->link && !connection->is_closing;
}

/* ------------------------------------------------------------------ the timer */

static int64_t shorter(int64_t a_ns, int64_t b_ns)
{
    return a_ns == 0 || (b_ns != 0 && b_ns < a_ns) ? b_ns : a_ns;
}

static void set_timer(weir_connection *connection)
{
    const weir_heartbeat_spec *heartbeat = &connection->spec->heartbeat;
    const weir_liveness_spec *liveness = spec_of(connection);
    int64_t period_ns = 0;
    if (heartbeat->idle_ns > 0 && can_ask(connection))
        period_ns = shorter(heartbeat->idle_ns, heartbeat->timeout_ns);
    if (liveness->data_ns > 0)
        period_ns = shorter(shorter(period_ns, liveness->data_ns), heartbeat->timeout_ns);
    period_ns = shorter(shorter(period_ns, liveness->first_data_ns), liveness->symbol_ns);
    if (period_ns == 0)
        return;
    period_ns /= LOOKS_PER_PERIOD;
    weir_timer_set(connection->clocks.timer, period_ns > LOOK_LEAST_NS ? period_ns : LOOK_LEAST_NS);
}

static void put_back(weir_connection *connection, int64_t now_ns)
{
    weir_clocks *clocks = &connection->clocks;
    clocks->bytes_ns = clocks->data_ns = now_ns;
    clocks->asked_ns = 0;
    for (size_t i = 0; i < connection->spec->stream_count; i++) {
        weir_symbol_clocks *symbols = &clocks->symbols[i];
        symbols->last_ns = 0;
        for (size_t k = 0; k < symbols->at_ns.cap; k++)
            symbols->at_ns.entries[k].number = 0;
    }
}

static void look(void *user)
{
    weir_connection *connection = user;
    const int64_t now_ns = weir_mono_ns();
    if (!connection->link || connection->is_closing)
        return;
    weir_connection_prove(connection);
    const bool has_clocks = connection->live_since_ns != 0 && weir_connection_is_front(connection);
    if (weir_connection_is_held_up(connection))
        put_back(connection, now_ns);
    else if (!look_at_bytes(connection, now_ns) ||
             (has_clocks &&
              (!look_at_data(connection, now_ns) || !look_at_symbols(connection, now_ns))))
        return;
    set_timer(connection);
}

bool weir_liveness_init(weir_connection *connection)
{
    connection->clocks.symbols =
        calloc(connection->spec->stream_count + 1, sizeof *connection->clocks.symbols);
    for (size_t i = 0; connection->clocks.symbols && i < connection->spec->stream_count; i++)
        connection->clocks.symbols[i].slot = weir_plan_subscribe_slot(connection->plan, i);
    connection->clocks.timer = weir_timer_new(connection->reactor->loop, look, connection);
    return connection->clocks.symbols && connection->clocks.timer;
}

void weir_liveness_fini(weir_connection *connection)
{
    weir_clocks *clocks = &connection->clocks;
    for (size_t i = 0; clocks->symbols && i < connection->spec->stream_count; i++)
        weir_asset_map_fini(&clocks->symbols[i].at_ns);
    free(clocks->symbols);
    weir_timer_free(clocks->timer);
}

void weir_liveness_start(weir_connection *connection)
{
    weir_clocks *clocks = &connection->clocks;
    put_back(connection, weir_mono_ns());
    clocks->records = data_records(connection);
    clocks->has_data = false;
    clocks->step = WEIR_STALE_NOT;
    set_timer(connection);
}

void weir_liveness_live(weir_connection *connection)
{
    connection->clocks.data_ns = weir_mono_ns();
}

/* The clocks are made here, with the subscriptions, and not at the first look: that comes when
 * records have been flowing for long, and they are to cost no memory. */
void weir_liveness_settled(weir_connection *connection)
{
    search s = {.connection = connection, .now_ns = weir_mono_ns()};
    if (spec_of(connection)->symbol_ns == 0 || !weir_connection_is_front(connection))
        return;
    look_at_all(&s);
    weir_buf_fini(&s.found);
}

void weir_liveness_stop(weir_connection *connection)
{
    weir_timer_cancel(connection->clocks.timer);
}
