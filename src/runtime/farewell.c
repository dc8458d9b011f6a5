/* SPDX-License-Identifier: MIT */
/*
 * An unsubscription takes its time, and data that was sent before the venue took it comes after its
 * answer as often as not. So the answer is not waited for: from the message on, records of the
 * symbol are left out, until it is asked for again or the link is another one. Gap records of it
 * are, too.
 *
 * While nothing was left this costs one comparison for each batch, afterwards one look-up for each
 * record. A stream that is wanted as a whole, or by the venue's word for all symbols, brings
 * every symbol: then none counts as left.
 */
#include "runtime/farewell.h"

#include <stdlib.h>

#include "runtime/live.h"

/* ------------------------------------------------------------------ who was left */

static weir_asset_map *those_of(const weir_connection *connection, size_t slot)
{
    return connection->farewell.streams ? &connection->farewell.streams[slot] : NULL;
}

static bool has(const weir_asset_map *those, const weir_asset *asset)
{
    const weir_asset_entry *entry = those ? weir_asset_map_find(those, asset) : NULL;
    return entry && entry->number != 0;
}

/* Without memory the symbol's records go on to be delivered. */
static void set(weir_farewell *farewell, size_t slot, const weir_asset *asset)
{
    weir_asset_entry *entry = weir_asset_map_make(&farewell->streams[slot], asset);
    if (!entry || entry->number != 0)
        return;
    entry->number = 1;
    farewell->count++;
}

static bool unset(weir_farewell *farewell, size_t slot, const weir_asset *asset)
{
    weir_asset_entry *entry = weir_asset_map_find(&farewell->streams[slot], asset);
    if (!entry || entry->number == 0)
        return false;
    entry->number = 0;
    farewell->count--;
    return true;
}

static void forget_those(weir_farewell *farewell, weir_asset_map *those)
{
    for (size_t i = 0; i < those->cap; i++)
        farewell->count -= those->entries[i].number != 0;
    weir_asset_map_fini(those);
}

void weir_farewell_clear(weir_connection *connection)
{
    for (size_t i = 0; connection->farewell.count > 0 && i < connection->spec->stream_count; i++)
        forget_those(&connection->farewell, those_of(connection, i));
}

void weir_farewell_fini(weir_connection *connection)
{
    for (size_t i = 0; connection->farewell.streams && i < connection->spec->stream_count; i++)
        weir_asset_map_fini(&connection->farewell.streams[i]);
    free(connection->farewell.streams);
    connection->farewell = (weir_farewell){0};
}

/* ------------------------------------------------------------------ what is left */

static const weir_asset *word_for_all(const weir_connection *connection)
{
    return weir_spec_all_asset(connection->source, connection->spec);
}

/* Does something to the runner's part of each stream that is asked for with the message of `slot`.
 */
static void each_stream(const weir_connection *connection, size_t slot, const weir_asset *asset,
                        void (*act)(weir_runner *runner, size_t stream, const weir_asset *asset))
{
    for (size_t i = 0; i < connection->spec->stream_count; i++) {
        if (weir_plan_subscribe_slot(connection->plan, i) == slot)
            act(connection->runner, i, asset);
    }
}

void weir_farewell_left(weir_connection *connection, size_t slot,
                        const weir_subscription_change *change)
{
    weir_farewell *farewell = &connection->farewell;
    const weir_asset *all = word_for_all(connection);
    if (!farewell->streams)
        farewell->streams = calloc(connection->spec->stream_count, sizeof *farewell->streams);
    if (!farewell->streams || weir_subscriptions_has(connection->subscriptions, slot, NULL) ||
        (all && weir_subscriptions_has(connection->subscriptions, slot, all)))
        return;
    for (size_t i = 0; i < change->count; i++) {
        const weir_asset *asset = weir_subscription_assets(change)[i];
        if (weir_subscriptions_has(connection->subscriptions, slot, asset))
            continue;
        set(farewell, slot, asset);
        /* what a successor holds of it would come after it was left */
        each_stream(connection, slot, asset, weir_runner_strike);
    }
}

void weir_farewell_asked(weir_connection *connection, size_t slot,
                         const weir_subscription_change *change)
{
    weir_farewell *farewell = &connection->farewell;
    if (farewell->count == 0)
        return;
    const weir_asset *all = word_for_all(connection);
    bool is_all = change->is_whole;
    for (size_t i = 0; i < change->count; i++) {
        const weir_asset *asset = weir_subscription_assets(change)[i];
        is_all = is_all || asset == all;
        if (!unset(farewell, slot, asset))
            continue;
        each_stream(connection, slot, asset, weir_runner_strike);
        /* what passed while nobody wanted it is no gap */
        each_stream(connection, slot, asset, weir_runner_begin_anew);
    }
    if (is_all)
        forget_those(farewell, those_of(connection, slot));
}

/* ------------------------------------------------------------------ records */

static bool is_unwanted(void *user, const weir_record *record)
{
    const weir_connection *connection = user;
    const size_t stream = weir_connection_stream_of(connection, record);
    return record->asset && stream < connection->spec->stream_count &&
           has(those_of(connection, weir_plan_subscribe_slot(connection->plan, stream)),
               record->asset);
}

void weir_farewell_sift(weir_connection *connection, weir_batch *batch)
{
    if (connection->farewell.count > 0)
        connection->numbers.unwanted += weir_batch_leave_out(batch, is_unwanted, connection);
}
