/* SPDX-License-Identifier: MIT */
/*
 * weir_runtime_subscribe and its opposites: names become a connection, a stream and assets, which
 * are noted as wanted; the reactors of the connection's shards send what that changes.
 */
#include <stdlib.h>

#include "runtime/live.h"
#include "util/error.h"

/* ------------------------------------------------------------------ which stream */

typedef struct place {
    weir_connection *connection;
    size_t stream;
} place;

/* "connection/stream" in its parts; the connection is empty when it is not named. */
static void split(const char *name, weir_str *connection, weir_str *stream)
{
    const weir_str whole = weir_str_of(name);
    const char *slash = memchr(whole.ptr, '/', whole.len);
    *connection = slash ? (weir_str){name, (size_t)(slash - name)} : WEIR_STR("");
    *stream = slash ? weir_str_of(slash + 1) : whole;
}

static void tell_streams(const weir_runtime *runtime, const char *name, weir_error *error)
{
    weir_buf list = {0};
    for (size_t i = 0; i < runtime->connection_count; i++) {
        const weir_connection_spec *spec = runtime->connections[i]->spec;
        for (size_t k = 0; runtime->connections[i]->shard == 0 && k < spec->stream_count; k++)
            weir_buf_printf(&list, "%s%.*s/%.*s", list.len ? ", " : "", WEIR_FMT(spec->name),
                            WEIR_FMT(spec->streams[k].name));
    }
    weir_fail(error, WEIR_ERR_NOT_FOUND, "no stream '%s'; there are: %s", name,
              weir_buf_cstr(&list));
    weir_buf_fini(&list);
}

static bool find_stream(const weir_runtime *runtime, const char *name, place *out,
                        weir_error *error)
{
    weir_str connection, stream;
    size_t found = 0;
    split(name, &connection, &stream);
    for (size_t i = 0; i < runtime->connection_count; i++) {
        const weir_connection_spec *spec = runtime->connections[i]->spec;
        if (runtime->connections[i]->shard > 0 ||
            (connection.len > 0 && !weir_str_eq(spec->name, connection)))
            continue;
        for (size_t k = 0; k < spec->stream_count; k++) {
            if (weir_str_eq(spec->streams[k].name, stream) && ++found)
                *out = (place){runtime->connections[i], k};
        }
    }
    if (found > 1)
        weir_fail(error, WEIR_ERR_ARGUMENT,
                  "several connections have a stream '%s'; write CONNECTION/%s", name, name);
    else if (found == 0)
        tell_streams(runtime, name, error);
    return found == 1;
}

/* ------------------------------------------------------------------ which assets */

typedef struct chosen {
    const weir_asset **assets;
    size_t count; /* 0: the stream itself */
} chosen;

/* A stream that is not asked for cannot be asked for symbols; one that is asked for symbols needs
 * some, or the venue's word for all. */
static weir_code choose_all(const place *at, chosen *out, weir_error *error)
{
    const weir_connection *connection = at->connection;
    const weir_message *message = weir_plan_subscribe_message(
        connection->plan, connection->spec->streams[at->stream].name, false);
    if (!message || !weir_message_takes_assets(message))
        return WEIR_OK;
    out->assets[0] =
        weir_spec_wanted_asset(connection->source, connection->spec, WEIR_STR("*"), error);
    out->count = 1;
    return out->assets[0] ? WEIR_OK : error->code;
}

static weir_code choose_assets(const place *at, const char *const *symbols, size_t count,
                               chosen *out, weir_error *error)
{
    const weir_connection *connection = at->connection;
    const weir_str stream = connection->spec->streams[at->stream].name;
    if (count == 0)
        return choose_all(at, out, error);
    if (!weir_plan_subscribe_message(connection->plan, stream, false))
        return weir_fail(error, WEIR_ERR_UNSUPPORTED,
                         "connection '%.*s' takes no symbols for it: the spec has no subscribe "
                         "message",
                         WEIR_FMT(connection->spec->name));
    for (; out->count < count; out->count++) {
        out->assets[out->count] = weir_spec_wanted_asset(connection->source, connection->spec,
                                                         weir_str_of(symbols[out->count]), error);
        if (!out->assets[out->count])
            return error->code;
    }
    return WEIR_OK;
}

/* ------------------------------------------------------------------ the calls */

static void order_shards(weir_connection *first)
{
    for (size_t i = 0; i < first->shard_count; i++)
        weir_connection_order(&first[i], WEIR_ORDER_SUBSCRIPTIONS);
}

static void order_everybody(weir_runtime *runtime)
{
    for (size_t i = 0; i < runtime->connection_count; i++)
        weir_connection_order(runtime->connections[i], WEIR_ORDER_SUBSCRIPTIONS);
}

weir_code weir_connection_want(weir_connection *connection, size_t stream,
                               const char *const *symbols, size_t count, uint64_t id,
                               weir_error *error)
{
    const place at = {connection, stream};
    chosen assets = {.assets = calloc(count + 1, sizeof *assets.assets)};
    if (!assets.assets)
        return weir_fail_nomem(error);
    weir_code code = choose_assets(&at, symbols, count, &assets, error);
    weir_subscriptions *wants = connection->subscriptions;
    const size_t slot = weir_plan_subscribe_slot(connection->plan, stream);
    if (code == WEIR_OK && id != 0)
        code = weir_subscriptions_add(wants, slot, id, assets.assets, assets.count, error);
    else if (code == WEIR_OK)
        code = weir_subscriptions_remove(wants, slot, assets.assets, assets.count, error);
    free(assets.assets);
    return code;
}

/* `id` 0: it is taken back. */
static weir_code change(weir_runtime *runtime, const char *stream, const char *const *symbols,
                        size_t count, uint64_t id, weir_error *error)
{
    place at = {0};
    weir_error inner = {0};
    if (!find_stream(runtime, stream, &at, &inner))
        return weir_fail(error, inner.code, "%s", inner.text);
    const weir_code code =
        weir_connection_want(at.connection, at.stream, symbols, count, id, &inner);
    if (code != WEIR_OK)
        return weir_fail(error, code, "stream '%s': %s", stream, inner.text);
    order_shards(at.connection);
    return WEIR_OK;
}

weir_code weir_runtime_subscribe(weir_runtime *runtime, const char *stream,
                                 const char *const *symbols, size_t count, uint64_t *id,
                                 weir_error *error)
{
    const uint64_t number = atomic_fetch_add(&runtime->last_subscription, 1) + 1;
    pthread_rwlock_rdlock(&runtime->shape);
    const weir_code code = change(runtime, stream, symbols, count, number, error);
    pthread_rwlock_unlock(&runtime->shape);
    if (id)
        *id = code == WEIR_OK ? number : 0;
    return code;
}

weir_code weir_runtime_unsubscribe(weir_runtime *runtime, const char *stream,
                                   const char *const *symbols, size_t count, weir_error *error)
{
    pthread_rwlock_rdlock(&runtime->shape);
    const weir_code code = change(runtime, stream, symbols, count, 0, error);
    pthread_rwlock_unlock(&runtime->shape);
    return code;
}

weir_code weir_runtime_unsubscribe_id(weir_runtime *runtime, uint64_t id, weir_error *error)
{
    size_t removed = 0;
    pthread_rwlock_rdlock(&runtime->shape);
    for (size_t i = 0; i < runtime->connection_count; i++) {
        if (runtime->connections[i]->shard == 0)
            removed += weir_subscriptions_remove_id(runtime->connections[i]->subscriptions, id);
    }
    if (removed > 0)
        order_everybody(runtime);
    pthread_rwlock_unlock(&runtime->shape);
    return removed > 0 ? WEIR_OK
                       : weir_fail(error, WEIR_ERR_NOT_FOUND,
                                   "there is nothing of subscription %llu", (unsigned long long)id);
}

/* From one stream, or (`at` NULL) from all streams of a connection. */
static size_t unsubscribe_from(const weir_connection *connection, const place *at,
                               const char *symbol)
{
    weir_error ignored;
    const weir_asset *asset = symbol ? weir_spec_wanted_asset(connection->source, connection->spec,
                                                              weir_str_of(symbol), &ignored)
                                     : NULL;
    if (symbol && !asset)
        return 0;
    const size_t slot = at ? weir_plan_subscribe_slot(connection->plan, at->stream) : SIZE_MAX;
    return weir_subscriptions_remove_all(connection->subscriptions, slot, asset);
}

static weir_code unsubscribe_all(weir_runtime *runtime, const char *stream, const char *symbol,
                                 weir_error *error)
{
    place at = {0};
    weir_error inner = {0};
    size_t removed = 0;
    if (stream && !find_stream(runtime, stream, &at, &inner))
        return weir_fail(error, inner.code, "%s", inner.text);
    for (size_t i = 0; i < runtime->connection_count; i++) {
        const weir_connection *connection = runtime->connections[i];
        if (connection->shard == 0 && (!stream || connection == at.connection))
            removed += unsubscribe_from(connection, stream ? &at : NULL, symbol);
    }
    if (removed == 0)
        return weir_fail(error, WEIR_ERR_NOT_FOUND, "nothing of %s%s is subscribed",
                         symbol   ? symbol
                         : stream ? stream
                                  : "any stream",
                         symbol && stream ? " in that stream" : "");
    order_everybody(runtime);
    return WEIR_OK;
}

weir_code weir_runtime_unsubscribe_all(weir_runtime *runtime, const char *stream,
                                       const char *symbol, weir_error *error)
{
    pthread_rwlock_rdlock(&runtime->shape);
    const weir_code code = unsubscribe_all(runtime, stream, symbol, error);
    pthread_rwlock_unlock(&runtime->shape);
    return code;
}

/* ------------------------------------------------------------------ looking */

const char *weir_subscription_state_name(weir_subscription_state state)
{
    static const char *const names[] = {[WEIR_SUBSCRIPTION_PENDING] = "pending",
                                        [WEIR_SUBSCRIPTION_ACTIVE] = "active",
                                        [WEIR_SUBSCRIPTION_REJECTED] = "rejected"};
    return (size_t)state < sizeof names / sizeof names[0] ? names[state] : "unknown";
}

typedef struct showing {
    const weir_connection *connection;
    void (*each)(void *user, const weir_subscription *item);
    void *user;
} showing;

static void show(void *user, const weir_subscription_view *view)
{
    const showing *s = user;
    const weir_connection_spec *spec = s->connection->spec;
    const weir_subscription item = {.connection = spec->name,
                                    .shard = view->shard,
                                    .stream = spec->streams[view->stream].name,
                                    .symbol = view->asset ? view->asset->symbol : WEIR_STR(""),
                                    .state = view->state,
                                    .reason = weir_str_of(view->reason),
                                    .holders = view->holders};
    s->each(s->user, &item);
}

void weir_runtime_subscriptions(const weir_runtime *runtime,
                                void (*each)(void *user, const weir_subscription *item), void *user)
{
    pthread_rwlock_t *shape = weir_runtime_shape(runtime);
    pthread_rwlock_rdlock(shape);
    for (size_t i = 0; i < runtime->connection_count; i++) {
        showing s = {runtime->connections[i], each, user};
        if (s.connection->shard == 0)
            weir_subscriptions_each(s.connection->subscriptions, show, &s);
    }
    pthread_rwlock_unlock(shape);
}
