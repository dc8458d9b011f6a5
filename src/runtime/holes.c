/* SPDX-License-Identifier: MIT */
/*
 * Records that are missing. Where the spec numbers a stream the runner sees holes as records come
 * (pipeline/watch.c) and says how large they are; here it is told and acted upon. Where it does
 * not, a lost link is a hole of unknown size for every symbol that was active, from the last frame
 * to the confirmation on the next link; that becomes a record, too. Of a numbered stream the first
 * record tells more than that, so nothing is said before it.
 *
 * What a hole in the numbers asks for is done after the frame, and for one symbol not more often
 * than every few seconds: a venue whose numbers are wrong is no reason for a storm.
 */
#include <stdio.h>

#include "runtime/live.h"
#include "util/error.h"
#include "util/time.h"

#define ACTION_PAUSE_NS (5 * WEIR_NS_PER_S)

static void tell(weir_connection *connection, size_t stream, const weir_asset *asset,
                 const weir_gap *gap)
{
    const weir_str name = connection->spec->streams[stream].name;
    const weir_str symbol = asset ? asset->symbol : (weir_str){0};
    const uint64_t count = gap->missed > 0 ? (uint64_t)gap->missed : 0;
    char missed[40] = "records may be";
    if (gap->missed >= 0)
        snprintf(missed, sizeof missed, "%lld records are", (long long)gap->missed);
    weir_connection_tell_of(connection, WEIR_EVENT_GAP, WEIR_OK, name, symbol, count,
                            "%.*s%s%.*s: %s missing (%s)", WEIR_FMT(name), asset ? " " : "",
                            WEIR_FMT(symbol), missed, gap->reason);
}

/* ------------------------------------------------------------------ in the numbers */

/* True once in a while. */
static bool may_act(weir_connection *connection)
{
    const int64_t now_ns = weir_mono_ns();
    if (connection->acted_ns != 0 && now_ns - connection->acted_ns < ACTION_PAUSE_NS)
        return false;
    connection->acted_ns = now_ns;
    return true;
}

/* What was asked for and brings the records of an asset: itself, or all symbols, or the stream. */
static const weir_asset *find_want(const weir_connection *connection, size_t slot,
                                   const weir_asset *asset)
{
    const weir_subscriptions *wants = connection->subscriptions;
    if (asset && weir_subscriptions_has(wants, slot, asset))
        return asset;
    const weir_asset *all = weir_spec_all_asset(connection->source, connection->spec);
    return all && weir_subscriptions_has(wants, slot, all) ? all : NULL;
}

bool weir_holes_found(void *user, size_t stream, const weir_asset *asset, const weir_gap *gap,
                      weir_on_gap action)
{
    weir_connection *connection = user;
    tell(connection, stream, asset, gap);
    if (action == WEIR_ON_GAP_RECONNECT && may_act(connection))
        connection->must_reconnect = true;
    if (action != WEIR_ON_GAP_RESUBSCRIBE || connection->live_since_ns == 0)
        return false;
    const size_t slot = weir_plan_subscribe_slot(connection->plan, stream);
    const weir_asset *want = find_want(connection, slot, asset);
    if (!weir_subscriptions_renew(connection->subscriptions, connection->line, slot,
                                  want ? want : asset, weir_connection_can_leave(connection, slot),
                                  weir_mono_ns(), ACTION_PAUSE_NS))
        return false;
    connection->must_reconcile = true;
    return true;
}

void weir_holes_act(weir_connection *connection)
{
    weir_error error = {0};
    if (connection->must_reconnect) {
        connection->must_reconnect = false;
        weir_fail(&error, WEIR_ERR_PROTOCOL, "records are missing: the connection is made anew");
        weir_connection_drop(connection, &error, false);
    } else if (connection->must_reconcile) {
        connection->must_reconcile = false;
        weir_connection_reconcile(connection);
    }
}

/* ------------------------------------------------------------------ of a lost link */

static void put(weir_connection *connection, size_t stream, const weir_asset *asset,
                int64_t from_ns)
{
    const weir_gap gap = {.from_ns = from_ns,
                          .to_ns = weir_now_ns(),
                          .reason = connection->has_inherited ? "reload" : "disconnect",
                          .missed = -1};
    /* What the predecessor has counted is not known here. */
    if (weir_plan_is_numbered(connection->plan, stream) && !connection->has_inherited)
        return;
    weir_runner_put_gap(connection->runner, stream, asset, &gap);
    tell(connection, stream, asset, &gap);
}

static void put_slot(weir_connection *connection, size_t slot, const weir_asset *asset,
                     int64_t from_ns)
{
    for (size_t i = 0; i < connection->spec->stream_count; i++) {
        if (weir_plan_subscribe_slot(connection->plan, i) == slot)
            put(connection, i, asset, from_ns);
    }
}

/* Data may come before its confirmation does: the hole is told before the first record. */
static bool on_first(void *user, size_t stream, const weir_asset *asset)
{
    weir_connection *connection = user;
    const size_t slot = weir_plan_subscribe_slot(connection->plan, stream);
    int64_t from_ns;
    bool is_last = false;
    const weir_asset *want = find_want(connection, slot, asset);
    bool is_cut = weir_subscriptions_take_cut_of(connection->subscriptions, connection->line, slot,
                                                 want, &from_ns, &is_last);
    if (!is_cut && !want && asset) { /* nobody wants it any more, and it comes all the same */
        want = asset;
        is_cut = weir_subscriptions_take_cut_of(connection->subscriptions, connection->line, slot,
                                                want, &from_ns, &is_last);
    }
    if (is_cut)
        put_slot(connection, slot, want, from_ns);
    connection->has_inherited = connection->has_inherited && !is_last;
    return !is_last;
}

/* An heir has the records of streams that are told apart, as far as it has subscribed them. */
void weir_holes_cut(weir_connection *connection, weir_connection *heir)
{
    const int64_t last_ns = connection->numbers.last_frame_ns;
    weir_connection *next = heir ? heir : connection;
    if (connection->live_since_ns == 0)
        return;
    connection->cut_ns = last_ns != 0 ? last_ns : weir_now_ns();
    weir_runner_cut(connection->runner);
    weir_subscriptions_cut(connection->subscriptions, connection->line, connection->cut_ns,
                           next->line, heir ? heir->roll->kept : NULL);
    weir_runner_on_first(next->runner, on_first, next);
}

/* What the heir had was not cut with the link before it. */
void weir_holes_cut_heir(weir_connection *connection, const weir_connection *heir)
{
    weir_subscriptions_cut(connection->subscriptions, heir->line, connection->cut_ns,
                           connection->line, NULL);
    weir_runner_on_first(connection->runner, on_first, connection);
}

void weir_holes_turn(weir_connection *old, weir_connection *next)
{
    next->has_inherited = old->has_inherited;
    old->has_inherited = false;
    if (weir_subscriptions_has_cuts(next->subscriptions, next->shard))
        weir_runner_on_first(next->runner, on_first, next);
}

void weir_holes_inherit(weir_connection *connection)
{
    const weir_connection *first = connection - connection->shard;
    if (connection->has_inherited ||
        (atomic_load(&first->cut_from_ns) == 0 &&
         !weir_subscriptions_has_cuts(connection->subscriptions, connection->shard)))
        return;
    connection->has_inherited = true;
    connection->cut_ns = connection->shard == 0 ? atomic_load(&first->cut_from_ns) : 0;
    weir_runner_on_first(connection->runner, on_first, connection);
}

/* Streams that nobody asks for are there as soon as the link is. */
static void fill_unasked(weir_connection *connection)
{
    if (connection->cut_ns == 0)
        return;
    for (size_t i = 0; i < connection->spec->stream_count; i++) {
        const weir_str name = connection->spec->streams[i].name;
        if (!weir_plan_subscribe_message(connection->plan, name, false))
            put(connection, i, NULL, connection->cut_ns);
    }
    connection->cut_ns = 0;
}

void weir_holes_put(weir_connection *connection)
{
    size_t slot;
    const weir_asset *asset;
    int64_t from_ns;
    if (connection->is_blocked || connection->live_since_ns == 0 ||
        !weir_connection_is_front(connection))
        return; /* the batch that waits is not added to */
    fill_unasked(connection);
    while (weir_subscriptions_take_cut(connection->subscriptions, connection->line, &slot, &asset,
                                       &from_ns))
        put_slot(connection, slot, asset, from_ns);
    connection->has_inherited =
        connection->has_inherited &&
        weir_subscriptions_has_cuts(connection->subscriptions, connection->shard);
}

void weir_holes_fill(weir_connection *connection)
{
    weir_holes_put(connection);
    weir_connection_publish(connection);
}
