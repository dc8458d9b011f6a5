/* SPDX-License-Identifier: MIT */
/*
 * Per stream a list in order of first want, and a map from symbol to its node. A node that nobody
 * holds any more stays while the venue still believes in it, so that wanting it again before the
 * message went out changes nothing on the wire. Counts per line are kept as nodes change, so that
 * a connection where nothing is to be done finds that out without a walk.
 */
#include "runtime/subscriptions.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/wants.h"
#include "util/error.h"

weir_subscriptions *weir_subscriptions_new(size_t streams, size_t shards, size_t sides,
                                           size_t per_shard)
{
    weir_subscriptions *subscriptions =
        calloc(1, sizeof *subscriptions + streams * sizeof subscriptions->streams[0]);
    if (!subscriptions)
        return NULL;
    subscriptions->stream_count = streams;
    subscriptions->shard_count = shards;
    subscriptions->side_count = sides;
    subscriptions->per_shard = per_shard;
    subscriptions->shards = calloc(shards, sizeof *subscriptions->shards);
    subscriptions->lines = calloc(shards * sides, sizeof *subscriptions->lines);
    pthread_mutex_init(&subscriptions->lock, NULL);
    if (subscriptions->shards && subscriptions->lines)
        return subscriptions;
    weir_subscriptions_free(subscriptions);
    return NULL;
}

static void free_node(const weir_subscriptions *s, weir_want *w)
{
    for (size_t i = 0; i < s->side_count; i++)
        free(w->sides[i].reason);
    free(w->ids);
    free(w);
}

void weir_subscriptions_free(weir_subscriptions *subscriptions)
{
    if (!subscriptions)
        return;
    for (size_t i = 0; i < subscriptions->stream_count; i++) {
        weir_stream_wants *stream = &subscriptions->streams[i];
        for (weir_want *w = stream->first, *next; w; w = next) {
            next = w->next;
            free_node(subscriptions, w);
        }
        weir_map_fini(&stream->by_symbol);
    }
    pthread_mutex_destroy(&subscriptions->lock);
    free(subscriptions->shards);
    free(subscriptions->lines);
    free(subscriptions);
}

/* ------------------------------------------------------------------ nodes */

bool weir_want_is_to_be_left(const weir_want *w, const weir_agreement *on)
{
    return w->count == 0 || (on->renews && weir_agreement_is_sent(on));
}

/* A node is taken out of the counts before it changes, and put in again after. */
void weir_want_count(weir_subscriptions *s, const weir_want *w, bool is_in)
{
    for (size_t i = 0; i < s->side_count; i++) {
        const weir_agreement *on = &w->sides[i];
        weir_line_counts *counts = &s->lines[i * s->shard_count + w->shard];
        size_t *place =
            weir_want_is_to_be_left(w, on) ? &counts->leaving : &counts->held[on->state];
        if (w->count > 0 || on->may_be_served)
            *place += is_in ? 1 : (size_t)-1;
    }
}

/* The symbol is unique in a book; "" is no symbol, so it can stand for the stream itself. */
static weir_str key_of(const weir_asset *asset)
{
    return asset ? asset->symbol : WEIR_STR("");
}

weir_want *weir_want_find(const weir_stream_wants *stream, const weir_asset *asset)
{
    return weir_map_get(&stream->by_symbol, key_of(asset));
}

static size_t find_shard(const weir_subscriptions *s)
{
    size_t shard = 0;
    while (shard < s->shard_count && s->per_shard > 0 && s->shards[shard].nodes >= s->per_shard)
        shard++;
    return shard;
}

weir_want *weir_want_add(weir_subscriptions *s, weir_stream_wants *stream, const weir_asset *asset,
                         size_t shard)
{
    weir_want *w = calloc(1, sizeof *w + s->side_count * sizeof w->sides[0]);
    if (!w || !weir_map_put(&stream->by_symbol, key_of(asset), w)) {
        free(w);
        return NULL;
    }
    w->asset = asset;
    w->shard = shard;
    w->before = stream->last;
    *(stream->last ? &stream->last->next : &stream->first) = w;
    stream->last = w;
    s->shards[shard].nodes++;
    return w;
}

void weir_want_remove_if_idle(weir_subscriptions *s, weir_stream_wants *stream, weir_want *w)
{
    bool is_idle = w->count == 0;
    for (size_t i = 0; i < s->side_count; i++)
        is_idle = is_idle && !w->sides[i].may_be_served;
    if (!is_idle)
        return;
    s->shards[w->shard].nodes--;
    *(w->before ? &w->before->next : &stream->first) = w->next;
    *(w->next ? &w->next->before : &stream->last) = w->before;
    weir_map_remove(&stream->by_symbol, key_of(w->asset));
    free_node(s, w);
}

static bool push_id(weir_want *w, uint64_t id)
{
    if (w->count == w->cap) {
        const size_t cap = w->cap ? w->cap * 2 : 1;
        uint64_t *ids = realloc(w->ids, cap * sizeof *ids);
        if (!ids)
            return false;
        w->ids = ids;
        w->cap = cap;
    }
    w->ids[w->count++] = id;
    return true;
}

void weir_want_make_idle(weir_subscriptions *s, weir_want *w, weir_agreement *on)
{
    weir_want_count(s, w, false);
    free(on->reason);
    *on = (weir_agreement){.may_be_served = on->may_be_served, .deadline_ns = on->deadline_ns};
    weir_want_count(s, w, true);
}

/* `at` is one of its holders. The node may be gone afterwards. */
static void let_go(weir_subscriptions *s, weir_stream_wants *stream, weir_want *w, size_t at)
{
    weir_want_count(s, w, false);
    memmove(&w->ids[at], &w->ids[at + 1], (--w->count - at) * sizeof w->ids[0]);
    weir_want_count(s, w, true);
    weir_want_remove_if_idle(s, stream, w);
}

/* What the venue never answered, and nobody wanted any more, is asked for anew. */
static weir_code hold(weir_subscriptions *s, weir_stream_wants *stream, const weir_asset *asset,
                      uint64_t id)
{
    weir_want *w = weir_want_find(stream, asset);
    const size_t shard = w ? w->shard : find_shard(s);
    if (shard == s->shard_count)
        return WEIR_ERR_LIMIT;
    if (!w && !(w = weir_want_add(s, stream, asset, shard)))
        return WEIR_ERR_NOMEM;
    for (size_t i = 0; i < s->side_count && w->count == 0; i++) {
        if (w->sides[i].state == REFUSED)
            weir_want_make_idle(s, w, &w->sides[i]);
    }
    weir_want_count(s, w, false);
    const bool is_good = push_id(w, id);
    weir_want_count(s, w, true);
    if (!is_good)
        weir_want_remove_if_idle(s, stream, w);
    return is_good ? WEIR_OK : WEIR_ERR_NOMEM;
}

/* ------------------------------------------------------------------ wanting */

static const weir_asset *const the_stream_itself[] = {NULL};

static weir_code refuse_want(const weir_subscriptions *s, weir_code code, weir_error *error)
{
    if (code != WEIR_ERR_LIMIT)
        return weir_fail_nomem(error);
    return weir_fail(error, code,
                     "no room: the spec's limit is %zu subscriptions on each of %zu connection%s",
                     s->per_shard, s->shard_count, s->shard_count == 1 ? "" : "s");
}

weir_code weir_subscriptions_add(weir_subscriptions *subscriptions, size_t stream, uint64_t id,
                                 const weir_asset *const *assets, size_t count, weir_error *error)
{
    weir_stream_wants *wants = &subscriptions->streams[stream];
    weir_code code = WEIR_OK;
    if (count == 0) {
        assets = the_stream_itself;
        count = 1;
    }
    pthread_mutex_lock(&subscriptions->lock);
    size_t done = 0;
    while (done < count && (code = hold(subscriptions, wants, assets[done], id)) == WEIR_OK)
        done++;
    while (code != WEIR_OK && done > 0) {
        weir_want *w = weir_want_find(wants, assets[--done]);
        let_go(subscriptions, wants, w, w->count - 1);
    }
    pthread_mutex_unlock(&subscriptions->lock);
    return code == WEIR_OK ? WEIR_OK : refuse_want(subscriptions, code, error);
}

static weir_code not_wanted(const weir_asset *asset, weir_error *error)
{
    if (!asset)
        return weir_fail(error, WEIR_ERR_NOT_FOUND, "the stream was not subscribed");
    return weir_fail(error, WEIR_ERR_NOT_FOUND, "'%.*s' was not subscribed",
                     WEIR_FMT(asset->symbol));
}

/* A symbol that is named twice must be held twice: the counts go down as if for good, and up again
 * before anything is let go. */
weir_code weir_subscriptions_remove(weir_subscriptions *subscriptions, size_t stream,
                                    const weir_asset *const *assets, size_t count,
                                    weir_error *error)
{
    weir_stream_wants *wants = &subscriptions->streams[stream];
    weir_code code = WEIR_OK;
    if (count == 0) {
        assets = the_stream_itself;
        count = 1;
    }
    pthread_mutex_lock(&subscriptions->lock);
    size_t done = 0;
    for (weir_want *w; done < count && (w = weir_want_find(wants, assets[done])) && w->count > 0;
         done++)
        w->count--;
    if (done < count)
        code = not_wanted(assets[done], error);
    for (size_t i = 0; i < done; i++)
        weir_want_find(wants, assets[i])->count++;
    for (size_t i = 0; i < done && code == WEIR_OK; i++) {
        weir_want *w = weir_want_find(wants, assets[i]);
        let_go(subscriptions, wants, w, w->count - 1);
    }
    pthread_mutex_unlock(&subscriptions->lock);
    return code;
}

static size_t remove_from(weir_subscriptions *s, weir_stream_wants *stream, uint64_t id)
{
    size_t removed = 0;
    for (weir_want *w = stream->first, *next; w; w = next) {
        next = w->next;
        for (size_t i = w->count; i > 0; i--) {
            if (w->ids[i - 1] != id)
                continue;
            const bool is_last = w->count == 1;
            removed++;
            let_go(s, stream, w, i - 1);
            if (is_last)
                break; /* the node may be gone */
        }
    }
    return removed;
}

size_t weir_subscriptions_remove_id(weir_subscriptions *subscriptions, uint64_t id)
{
    size_t removed = 0;
    pthread_mutex_lock(&subscriptions->lock);
    for (size_t i = 0; i < subscriptions->stream_count; i++)
        removed += remove_from(subscriptions, &subscriptions->streams[i], id);
    pthread_mutex_unlock(&subscriptions->lock);
    return removed;
}

static bool let_all_go(weir_subscriptions *s, weir_stream_wants *stream, weir_want *w)
{
    if (w->count == 0)
        return false;
    while (w->count > 1)
        let_go(s, stream, w, w->count - 1);
    let_go(s, stream, w, 0);
    return true;
}

size_t weir_subscriptions_remove_all(weir_subscriptions *subscriptions, size_t stream,
                                     const weir_asset *asset)
{
    size_t removed = 0;
    pthread_mutex_lock(&subscriptions->lock);
    for (size_t i = 0; i < subscriptions->stream_count; i++) {
        weir_stream_wants *wants = &subscriptions->streams[i];
        if (stream != SIZE_MAX && stream != i)
            continue;
        weir_want *w = asset ? weir_want_find(wants, asset) : wants->first;
        for (weir_want *next; w; w = next) {
            next = asset ? NULL : w->next;
            removed += let_all_go(subscriptions, wants, w);
        }
    }
    pthread_mutex_unlock(&subscriptions->lock);
    return removed;
}

/* ------------------------------------------------------------------ looking */

static weir_subscriptions *unlocked(const weir_subscriptions *subscriptions)
{
    return (weir_subscriptions *)subscriptions; /* the lock is no part of what it says */
}

static size_t sum_held(const weir_line_counts *line)
{
    size_t sum = 0;
    for (size_t i = 0; i < PROGRESS_COUNT; i++)
        sum += line->held[i];
    return sum;
}

static size_t front_line(const weir_subscriptions *s, size_t shard)
{
    return s->shards[shard].front * s->shard_count + shard;
}

static int64_t find_deadline(const weir_subscriptions *s, size_t line)
{
    int64_t earliest_ns = 0;
    for (size_t i = 0; i < s->stream_count; i++) {
        for (weir_want *w = s->streams[i].first; w; w = w->next) {
            const weir_agreement *on = weir_want_on(s, w, line);
            if (on && on->state == PENDING && (earliest_ns == 0 || on->deadline_ns < earliest_ns))
                earliest_ns = on->deadline_ns;
        }
    }
    return earliest_ns;
}

static void count_line(const weir_subscriptions *s, size_t line, weir_subscription_counts *counts)
{
    const weir_line_counts *from = &s->lines[line];
    *counts = (weir_subscription_counts){.wanted = sum_held(from),
                                         .idle = from->held[IDLE],
                                         .pending = from->held[PENDING],
                                         .active = from->held[ACTIVE],
                                         .refused = from->held[REFUSED],
                                         .leaving = from->leaving};
    if (from->held[PENDING] > 0)
        counts->next_deadline_ns = find_deadline(s, line);
}

void weir_subscriptions_count(const weir_subscriptions *subscriptions, size_t line,
                              weir_subscription_counts *counts)
{
    weir_subscriptions *s = unlocked(subscriptions);
    pthread_mutex_lock(&s->lock);
    count_line(s, line, counts);
    pthread_mutex_unlock(&s->lock);
}

void weir_subscriptions_count_front(const weir_subscriptions *subscriptions, size_t shard,
                                    weir_subscription_counts *counts)
{
    weir_subscriptions *s = unlocked(subscriptions);
    pthread_mutex_lock(&s->lock);
    count_line(s, front_line(s, shard), counts);
    pthread_mutex_unlock(&s->lock);
}

size_t weir_subscriptions_pending(const weir_subscriptions *subscriptions, size_t line)
{
    weir_subscriptions *s = unlocked(subscriptions);
    pthread_mutex_lock(&s->lock);
    const size_t pending = s->lines[line].held[PENDING];
    pthread_mutex_unlock(&s->lock);
    return pending;
}

size_t weir_subscriptions_wanted(const weir_subscriptions *subscriptions)
{
    weir_subscriptions *s = unlocked(subscriptions);
    size_t wanted = 0;
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < s->shard_count; i++)
        wanted += sum_held(&s->lines[i]);
    pthread_mutex_unlock(&s->lock);
    return wanted;
}

void weir_subscriptions_each(weir_subscriptions *subscriptions,
                             void (*each)(void *user, const weir_subscription_view *view),
                             void *user)
{
    static const weir_subscription_state states[] = {[IDLE] = WEIR_SUBSCRIPTION_PENDING,
                                                     [PENDING] = WEIR_SUBSCRIPTION_PENDING,
                                                     [ACTIVE] = WEIR_SUBSCRIPTION_ACTIVE,
                                                     [REFUSED] = WEIR_SUBSCRIPTION_REJECTED};
    pthread_mutex_lock(&subscriptions->lock);
    for (size_t i = 0; i < subscriptions->stream_count; i++) {
        for (const weir_want *w = subscriptions->streams[i].first; w; w = w->next) {
            const weir_agreement *on = &w->sides[subscriptions->shards[w->shard].front];
            const weir_subscription_view view = {
                i, w->shard, w->asset, states[on->state], w->count, on->reason ? on->reason : ""};
            if (w->count > 0)
                each(user, &view);
        }
    }
    pthread_mutex_unlock(&subscriptions->lock);
}
