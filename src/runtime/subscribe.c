/* SPDX-License-Identifier: MIT */
/*
 * weir_runtime_subscribe and its opposite: names become a connection, a stream and assets, which
 * are noted as wanted; the connection's reactor sends what that changes.
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
        const weir_connection_spec *spec = runtime->connections[i].spec;
        for (size_t k = 0; k < spec->stream_count; k++)
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
        const weir_connection_spec *spec = runtime->connections[i].spec;
        if (connection.len > 0 && !weir_str_eq(spec->name, connection))
            continue;
        for (size_t k = 0; k < spec->stream_count; k++) {
            if (weir_str_eq(spec->streams[k].name, stream) && ++found)
                *out = (place){&runtime->connections[i], k};
        }
    }
    if (found > 1)
        weir_fail(error, WEIR_ERR_ARGUMENT,
                  "several connections have a stream '%s'; write CONNECTION/%s", name, name);
    else if (found == 0)
        tell_streams(runtime, name, error);
    return found == 1;
}

/* A stream that is not asked for cannot be asked for symbols. */
static weir_code check_message(const place *at, size_t count, weir_error *error)
{
    const weir_connection_spec *spec = at->connection->spec;
    const weir_str stream = spec->streams[at->stream].name;
    if (count == 0 || weir_plan_subscribe_message(at->connection->plan, stream, false))
        return WEIR_OK;
    return weir_fail(error, WEIR_ERR_UNSUPPORTED,
                     "stream '%.*s' of connection '%.*s' takes no symbols: the spec has no "
                     "subscribe message for it",
                     WEIR_FMT(stream), WEIR_FMT(spec->name));
}

/* ------------------------------------------------------------------ which assets */

const weir_asset *weir_spec_find_asset(const weir_spec *spec, weir_str symbol)
{
    weir_asset_book *book = spec->model->assets;
    if (symbol.len == 0)
        return NULL;
    const weir_asset *asset = weir_asset_peek(book, WEIR_ASSET_SYMBOL, symbol);
    if (!asset)
        asset = weir_asset_peek(book, WEIR_ASSET_BROKER_SYMBOL, symbol);
    return asset ? asset : weir_asset_find(book, WEIR_ASSET_SYMBOL, symbol);
}

static weir_code find_assets(const weir_runtime *runtime, const char *const *symbols, size_t count,
                             const weir_asset **assets, weir_error *error)
{
    for (size_t i = 0; i < count; i++) {
        assets[i] = weir_spec_find_asset(runtime->spec, weir_str_of(symbols[i]));
        if (!assets[i])
            return weir_fail(error, WEIR_ERR_NOT_FOUND, "no asset has the symbol '%s'", symbols[i]);
    }
    return WEIR_OK;
}

/* ------------------------------------------------------------------ the two calls */

typedef weir_code change_fn(weir_subscriptions *subscriptions, size_t stream,
                            const weir_asset *const *assets, size_t count, weir_error *error);

static weir_code change(weir_runtime *runtime, const char *stream, const char *const *symbols,
                        size_t count, change_fn *apply, weir_error *error)
{
    place at = {0};
    weir_error inner = {0};
    if (!find_stream(runtime, stream, &at, &inner))
        return weir_fail(error, inner.code, "%s", inner.text);
    weir_code code = check_message(&at, count, error);
    if (code != WEIR_OK)
        return code;
    const weir_asset **assets = calloc(count + 1, sizeof *assets);
    if (!assets)
        return weir_fail_nomem(error);
    code = find_assets(runtime, symbols, count, assets, &inner);
    if (code == WEIR_OK)
        code =
            apply(at.connection->subscriptions,
                  weir_plan_subscribe_slot(at.connection->plan, at.stream), assets, count, &inner);
    free(assets);
    if (code != WEIR_OK)
        return weir_fail(error, code, "stream '%s': %s", stream, inner.text);
    weir_connection_order(at.connection, WEIR_ORDER_SUBSCRIPTIONS);
    return WEIR_OK;
}

weir_code weir_runtime_subscribe(weir_runtime *runtime, const char *stream,
                                 const char *const *symbols, size_t count, weir_error *error)
{
    return change(runtime, stream, symbols, count, weir_subscriptions_add, error);
}

weir_code weir_runtime_unsubscribe(weir_runtime *runtime, const char *stream,
                                   const char *const *symbols, size_t count, weir_error *error)
{
    return change(runtime, stream, symbols, count, weir_subscriptions_remove, error);
}
