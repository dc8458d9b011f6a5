/* SPDX-License-Identifier: MIT */
/*
 * Per stream a list in order of first want, and a map from symbol to its node. A node whose count
 * has fallen to zero stays while the venue still believes in it (is_sent), so that wanting it again
 * before the message went out changes nothing on the wire.
 */
#include "runtime/subscriptions.h"

#include <pthread.h>
#include <stdlib.h>

#include "util/error.h"
#include "util/map.h"

typedef struct want want;
struct want {
    want *next, *before;
    const weir_asset *asset; /* NULL: the stream itself */
    size_t count;
    bool is_sent;
};

typedef struct stream_wants {
    want *first, *last;
    weir_map by_symbol;
} stream_wants;

struct weir_subscriptions {
    pthread_mutex_t lock;
    size_t wanted;
    size_t stream_count;
    stream_wants streams[];
};

weir_subscriptions *weir_subscriptions_new(size_t streams)
{
    weir_subscriptions *subscriptions =
        calloc(1, sizeof *subscriptions + streams * sizeof subscriptions->streams[0]);
    if (!subscriptions)
        return NULL;
    subscriptions->stream_count = streams;
    pthread_mutex_init(&subscriptions->lock, NULL);
    return subscriptions;
}

void weir_subscriptions_free(weir_subscriptions *subscriptions)
{
    if (!subscriptions)
        return;
    for (size_t i = 0; i < subscriptions->stream_count; i++) {
        stream_wants *stream = &subscriptions->streams[i];
        for (want *w = stream->first, *next; w; w = next) {
            next = w->next;
            free(w);
        }
        weir_map_fini(&stream->by_symbol);
    }
    pthread_mutex_destroy(&subscriptions->lock);
    free(subscriptions);
}

/* ------------------------------------------------------------------ nodes */

/* The symbol is unique in a book; "" is no symbol, so it can stand for the stream itself. */
static weir_str key_of(const weir_asset *asset)
{
    return asset ? asset->symbol : WEIR_STR("");
}

static want *find(const stream_wants *stream, const weir_asset *asset)
{
    return weir_map_get(&stream->by_symbol, key_of(asset));
}

static want *add_node(stream_wants *stream, const weir_asset *asset)
{
    want *w = calloc(1, sizeof *w);
    if (!w || !weir_map_put(&stream->by_symbol, key_of(asset), w)) {
        free(w);
        return NULL;
    }
    w->asset = asset;
    w->before = stream->last;
    *(stream->last ? &stream->last->next : &stream->first) = w;
    stream->last = w;
    return w;
}

static void remove_node(stream_wants *stream, want *w)
{
    *(w->before ? &w->before->next : &stream->first) = w->next;
    *(w->next ? &w->next->before : &stream->last) = w->before;
    weir_map_remove(&stream->by_symbol, key_of(w->asset));
    free(w);
}

static void let_go(weir_subscriptions *subscriptions, stream_wants *stream, want *w)
{
    if (--w->count > 0)
        return;
    subscriptions->wanted--;
    if (!w->is_sent)
        remove_node(stream, w);
}

static bool hold(weir_subscriptions *subscriptions, stream_wants *stream, const weir_asset *asset)
{
    want *w = find(stream, asset);
    if (!w && !(w = add_node(stream, asset)))
        return false;
    subscriptions->wanted += w->count++ == 0;
    return true;
}

/* ------------------------------------------------------------------ wanting */

static const weir_asset *const the_stream_itself[] = {NULL};

weir_code weir_subscriptions_add(weir_subscriptions *subscriptions, size_t stream,
                                 const weir_asset *const *assets, size_t count, weir_error *error)
{
    stream_wants *wants = &subscriptions->streams[stream];
    if (count == 0) {
        assets = the_stream_itself;
        count = 1;
    }
    pthread_mutex_lock(&subscriptions->lock);
    size_t done = 0;
    while (done < count && hold(subscriptions, wants, assets[done]))
        done++;
    const bool is_good = done == count;
    while (!is_good && done > 0)
        let_go(subscriptions, wants, find(wants, assets[--done]));
    pthread_mutex_unlock(&subscriptions->lock);
    return is_good ? WEIR_OK : weir_fail_nomem(error);
}

static weir_code not_wanted(const weir_asset *asset, weir_error *error)
{
    if (!asset)
        return weir_fail(error, WEIR_ERR_NOT_FOUND, "the stream was not subscribed");
    return weir_fail(error, WEIR_ERR_NOT_FOUND, "'%.*s' was not subscribed",
                     WEIR_FMT(asset->symbol));
}

/* A symbol that is named twice must have been wanted twice: the counts go down as if for good, and
 * up again when one is missing. */
weir_code weir_subscriptions_remove(weir_subscriptions *subscriptions, size_t stream,
                                    const weir_asset *const *assets, size_t count,
                                    weir_error *error)
{
    stream_wants *wants = &subscriptions->streams[stream];
    weir_code code = WEIR_OK;
    if (count == 0) {
        assets = the_stream_itself;
        count = 1;
    }
    pthread_mutex_lock(&subscriptions->lock);
    size_t done = 0;
    for (want *w; done < count && (w = find(wants, assets[done])) && w->count > 0; done++)
        w->count--;
    if (done < count)
        code = not_wanted(assets[done], error);
    for (size_t i = 0; i < done; i++)
        find(wants, assets[i])->count++;
    for (size_t i = 0; i < done && code == WEIR_OK; i++)
        let_go(subscriptions, wants, find(wants, assets[i]));
    pthread_mutex_unlock(&subscriptions->lock);
    return code;
}

size_t weir_subscriptions_wanted(const weir_subscriptions *subscriptions)
{
    weir_subscriptions *s = (weir_subscriptions *)subscriptions; /* the lock is no part of it */
    pthread_mutex_lock(&s->lock);
    const size_t wanted = s->wanted;
    pthread_mutex_unlock(&s->lock);
    return wanted;
}

/* ------------------------------------------------------------------ sending */

void weir_subscriptions_restart(weir_subscriptions *subscriptions)
{
    pthread_mutex_lock(&subscriptions->lock);
    for (size_t i = 0; i < subscriptions->stream_count; i++) {
        stream_wants *stream = &subscriptions->streams[i];
        for (want *w = stream->first, *next; w; w = next) {
            next = w->next;
            w->is_sent = false;
            if (w->count == 0)
                remove_node(stream, w);
        }
    }
    pthread_mutex_unlock(&subscriptions->lock);
}

const weir_asset *const *weir_subscription_assets(const weir_subscription_change *change)
{
    return (const weir_asset *const *)(const void *)change->assets.ptr;
}

static bool is_due(const want *w, bool unsubscribes)
{
    return unsubscribes ? w->is_sent && w->count == 0 : !w->is_sent && w->count > 0;
}

/* Gathers first and marks then: out of memory leaves all as it was. */
static bool gather(const stream_wants *stream, bool unsubscribes, weir_subscription_change *change)
{
    weir_buf_clear(&change->assets);
    change->count = 0;
    change->is_whole = false;
    for (const want *w = stream->first; w; w = w->next) {
        if (!is_due(w, unsubscribes))
            continue;
        if (w->asset)
            weir_buf_put(&change->assets, (weir_str){(const char *)&w->asset, sizeof w->asset});
        change->count += w->asset != NULL;
        change->is_whole = change->is_whole || !w->asset;
    }
    return !change->assets.failed;
}

bool weir_subscriptions_take(weir_subscriptions *subscriptions, size_t stream, bool unsubscribes,
                             weir_subscription_change *change)
{
    stream_wants *wants = &subscriptions->streams[stream];
    pthread_mutex_lock(&subscriptions->lock);
    const bool is_good = gather(wants, unsubscribes, change);
    for (want *w = is_good ? wants->first : NULL, *next; w; w = next) {
        next = w->next;
        if (!is_due(w, unsubscribes))
            continue;
        w->is_sent = !unsubscribes;
        if (unsubscribes)
            remove_node(wants, w);
    }
    pthread_mutex_unlock(&subscriptions->lock);
    return is_good;
}
