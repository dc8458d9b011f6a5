/* SPDX-License-Identifier: MIT */
/*
 * What a connection takes over from the one whose place it takes, when a reload has changed the
 * spec. At once: what is wanted, under the same ids, so that whoever has subscribed need not know.
 * Streams go by their names, symbols by theirs, spelled anew. When the old one is down: where its
 * records broke off, so that the new one tells the hole between them. Numbers and ids of records do
 * not go over: what they are made of may be what has changed.
 */
#include <stdio.h>

#include "runtime/live.h"

/* ------------------------------------------------------------------ streams */

static size_t find_stream(const weir_connection *connection, weir_str name)
{
    size_t i = 0;
    while (i < connection->spec->stream_count &&
           !weir_str_eq(connection->spec->streams[i].name, name))
        i++;
    return i;
}

/* Where the stream `at` of the old connection lies in the heir, as far as it was asked for with the
 * message of `slot`. SIZE_MAX: it is not of the slot, or gone. */
static size_t stream_in(const weir_connection *old, const weir_connection *heir, size_t slot,
                        size_t at)
{
    if (weir_plan_subscribe_slot(old->plan, at) != slot)
        return SIZE_MAX;
    const size_t found = find_stream(heir, old->spec->streams[at].name);
    return found < heir->spec->stream_count ? found : SIZE_MAX;
}

/* The next slot of the heir that streams of an old slot are in, each once; SIZE_MAX: no more. */
static size_t next_slot(const weir_connection *old, const weir_connection *heir, size_t slot,
                        size_t *at, size_t *stream)
{
    while (*at < old->spec->stream_count) {
        const size_t found = stream_in(old, heir, slot, (*at)++);
        if (found == SIZE_MAX)
            continue;
        const size_t heirs = weir_plan_subscribe_slot(heir->plan, found);
        bool was_there = false;
        for (size_t i = 0; i + 1 < *at && !was_there; i++) {
            const size_t before = stream_in(old, heir, slot, i);
            was_there = before != SIZE_MAX && weir_plan_subscribe_slot(heir->plan, before) == heirs;
        }
        *stream = found;
        if (!was_there)
            return heirs;
    }
    return SIZE_MAX;
}

/* ------------------------------------------------------------------ symbols */

/* As a user would say it: all symbols by the word that always works, and one that is spelled
 * otherwise from now on without the old prefix. */
static const char *spell(const weir_connection *old, const weir_connection *heir,
                         const weir_asset *asset, weir_buf *out)
{
    const weir_symbols_spec *symbols = &old->spec->symbols, *now = &heir->spec->symbols;
    const weir_str prefix = symbols->prefix;
    weir_str text = asset->symbol;
    if (weir_symbols_is_all(symbols, text))
        return "*";
    if (!weir_str_eq(prefix, now->prefix) && prefix.len > 0 && text.len > prefix.len &&
        memcmp(text.ptr, prefix.ptr, prefix.len) == 0) {
        text.ptr += prefix.len;
        text.len -= prefix.len;
    }
    weir_buf_clear(out);
    weir_buf_put(out, text);
    return weir_buf_cstr(out);
}

static weir_code want(const weir_connection *old, weir_connection *heir, size_t stream,
                      const weir_asset *asset, uint64_t id, weir_buf *text, weir_error *error)
{
    if (!asset)
        return weir_connection_want(heir, stream, NULL, 0, id, error);
    const char *symbol = spell(old, heir, asset, text);
    return weir_connection_want(heir, stream, &symbol, 1, id, error);
}

/* ------------------------------------------------------------------ wants */

typedef struct carrying {
    const weir_connection *old;
    weir_connection *heir;
    weir_lost_wants *lost;
    weir_buf text;
} carrying;

static void lose(const carrying *c, size_t slot, const weir_asset *asset, const char *why)
{
    const size_t at = c->lost->count++;
    if (at >= WEIR_LOST_WANTS_MAX)
        return;
    weir_lost_want *item = &c->lost->list[at];
    *item = (weir_lost_want){.connection = c->old->spec->name,
                             .stream = c->old->spec->streams[slot].name,
                             .symbol = asset ? asset->symbol : WEIR_STR("")};
    snprintf(item->why, sizeof item->why, "%s", why);
}

static void carry_want(void *user, size_t slot, const weir_asset *asset, uint64_t id)
{
    carrying *c = user;
    weir_error error = {0};
    size_t at = 0, stream = 0, places = 0;
    if (!c->heir) {
        lose(c, slot, asset, "the spec has no such connection any more");
        return;
    }
    while (next_slot(c->old, c->heir, slot, &at, &stream) != SIZE_MAX) {
        places++;
        if (want(c->old, c->heir, stream, asset, id, &c->text, &error) != WEIR_OK)
            lose(c, slot, asset, error.text);
    }
    if (places == 0)
        lose(c, slot, asset, "the spec has no such stream any more");
}

void weir_carry_wants(const weir_connection *old, weir_connection *heir, weir_lost_wants *lost)
{
    carrying c = {.old = old, .heir = heir, .lost = lost};
    weir_subscriptions_each_holder(old->subscriptions, carry_want, &c);
    weir_buf_fini(&c.text);
}

/* ------------------------------------------------------------------ holes */

static void carry_hole(void *user, size_t slot, const weir_asset *asset, int64_t from_ns)
{
    const carrying *c = user;
    weir_buf text = {0};
    weir_error ignored = {0};
    size_t at = 0, stream = 0, heirs;
    while ((heirs = next_slot(c->old, c->heir, slot, &at, &stream)) != SIZE_MAX) {
        const weir_asset *same =
            asset ? weir_spec_wanted_asset(c->heir->source, c->heir->spec,
                                           weir_str_of(spell(c->old, c->heir, asset, &text)),
                                           &ignored)
                  : NULL;
        if (!asset == !same)
            weir_subscriptions_inherit_cut(c->heir->subscriptions, heirs, same, from_ns);
    }
    weir_buf_fini(&text);
}

/* Until it is no more awaited it is not taken apart, even if it has been retired and has ended. */
static void start_heir(const weir_connection *old, weir_connection *heir)
{
    weir_loop *loop = heir->reactor->loop;
    carrying c = {.old = old, .heir = heir};
    weir_subscriptions_each_cut(old->subscriptions, carry_hole, &c);
    for (size_t i = 0; i < heir->shard_count; i++)
        weir_connection_order(&heir[i], WEIR_ORDER_START);
    atomic_fetch_sub(&heir->awaited, WEIR_AWAITS_OWNER);
    weir_loop_wake(loop);
}

void weir_carry_holes(weir_connection *connection)
{
    const weir_connection *first = connection - connection->shard;
    weir_connection *heir = first->heir;
    if (heir && connection->cut_ns != 0)
        atomic_store(&heir->cut_from_ns, connection->cut_ns);
    if (heir && atomic_fetch_sub(&heir->awaited, 1) == WEIR_AWAITS_OWNER + 1)
        start_heir(connection, heir);
    weir_loop_wake(connection->reactor->loop); /* to be taken apart */
}
