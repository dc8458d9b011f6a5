/* SPDX-License-Identifier: MIT */
/*
 * Per stream a list in order of first want, and a map from symbol to its node. A node that nobody
 * holds any more stays while the venue still believes in it, so that wanting it again before the
 * message went out changes nothing on the wire. Counts per shard are kept as nodes change, so that
 * a connection where nothing is to be done finds that out without a walk.
 */
#include "runtime/subscriptions.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "util/error.h"
#include "util/map.h"

enum { TRIES_MAX = 2 };

typedef enum progress {
    IDLE, /* not sent */
    PENDING,
    ACTIVE,
    REFUSED,
    PROGRESS_COUNT
} progress;

typedef struct want want;
struct want {
    want *next, *before;
    const weir_asset *asset; /* NULL: the stream itself */
    uint64_t *ids;           /* who holds it, in order */
    size_t count, cap;
    size_t shard;
    progress state;
    bool may_be_served; /* the venue was asked on this link, and has not said no */
    unsigned tries;
    bool renews;      /* it is left, and asked for again */
    uint64_t request; /* that asked for it last */
    uint64_t part;    /* wants of different parts are not sent together; 0: never split */
    int64_t deadline_ns;
    int64_t cut_ns;     /* when the link was lost on which it was active; 0: was not, or is told */
    int64_t renewed_ns; /* monotonic; 0: never was */
    char *reason;       /* REFUSED; NULL: out of memory */
};

typedef struct stream_wants {
    want *first, *last;
    weir_map by_symbol;
} stream_wants;

typedef struct shard_counts {
    size_t nodes;
    size_t held[PROGRESS_COUNT];
    size_t leaving;
    bool has_cuts; /* some may be active again */
} shard_counts;

struct weir_subscriptions {
    pthread_mutex_t lock;
    size_t per_shard;
    uint64_t last_part;
    size_t shard_count;
    shard_counts *shards;
    size_t stream_count;
    stream_wants streams[];
};

weir_subscriptions *weir_subscriptions_new(size_t streams, size_t shards, size_t per_shard)
{
    weir_subscriptions *subscriptions =
        calloc(1, sizeof *subscriptions + streams * sizeof subscriptions->streams[0]);
    if (!subscriptions)
        return NULL;
    subscriptions->stream_count = streams;
    subscriptions->shard_count = shards;
    subscriptions->per_shard = per_shard;
    subscriptions->shards = calloc(shards, sizeof *subscriptions->shards);
    pthread_mutex_init(&subscriptions->lock, NULL);
    if (subscriptions->shards)
        return subscriptions;
    weir_subscriptions_free(subscriptions);
    return NULL;
}

static void free_node(want *w)
{
    free(w->ids);
    free(w->reason);
    free(w);
}

void weir_subscriptions_free(weir_subscriptions *subscriptions)
{
    if (!subscriptions)
        return;
    for (size_t i = 0; i < subscriptions->stream_count; i++) {
        stream_wants *stream = &subscriptions->streams[i];
        for (want *w = stream->first, *next; w; w = next) {
            next = w->next;
            free_node(w);
        }
        weir_map_fini(&stream->by_symbol);
    }
    pthread_mutex_destroy(&subscriptions->lock);
    free(subscriptions->shards);
    free(subscriptions);
}

/* ------------------------------------------------------------------ nodes */

static bool is_sent(const want *w)
{
    return w->state == PENDING || w->state == ACTIVE;
}

static bool is_to_be_left(const want *w)
{
    return w->count == 0 || (w->renews && is_sent(w));
}

/* A node is taken out of the counts before it changes, and put in again after. */
static void count(weir_subscriptions *s, const want *w, bool is_in)
{
    shard_counts *counts = &s->shards[w->shard];
    size_t *place = is_to_be_left(w) ? &counts->leaving : &counts->held[w->state];
    if (w->count > 0 || w->may_be_served)
        *place += is_in ? 1 : (size_t)-1;
}

static void set_progress(weir_subscriptions *s, want *w, progress state, bool may_be_served)
{
    count(s, w, false);
    w->state = state;
    w->may_be_served = may_be_served;
    count(s, w, true);
}

static void set_state(weir_subscriptions *s, want *w, progress state)
{
    set_progress(s, w, state, w->may_be_served);
}

/* The symbol is unique in a book; "" is no symbol, so it can stand for the stream itself. */
static weir_str key_of(const weir_asset *asset)
{
    return asset ? asset->symbol : WEIR_STR("");
}

static want *find(const stream_wants *stream, const weir_asset *asset)
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

static want *add_node(weir_subscriptions *s, stream_wants *stream, const weir_asset *asset,
                      size_t shard)
{
    want *w = calloc(1, sizeof *w);
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

static void remove_node(weir_subscriptions *s, stream_wants *stream, want *w)
{
    count(s, w, false);
    s->shards[w->shard].nodes--;
    *(w->before ? &w->before->next : &stream->first) = w->next;
    *(w->next ? &w->next->before : &stream->last) = w->before;
    weir_map_remove(&stream->by_symbol, key_of(w->asset));
    free_node(w);
}

static bool push_id(want *w, uint64_t id)
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

static void forget_refusal(want *w)
{
    free(w->reason);
    w->reason = NULL;
}

static void make_idle(weir_subscriptions *s, want *w)
{
    count(s, w, false);
    w->renews = false;
    w->state = IDLE;
    count(s, w, true);
    w->tries = 0;
    w->part = 0;
    w->request = 0;
    forget_refusal(w);
}

/* `at` is one of its holders. The node may be gone afterwards. */
static void let_go(weir_subscriptions *s, stream_wants *stream, want *w, size_t at)
{
    count(s, w, false);
    memmove(&w->ids[at], &w->ids[at + 1], (--w->count - at) * sizeof w->ids[0]);
    count(s, w, true);
    if (w->count == 0 && !w->may_be_served)
        remove_node(s, stream, w);
}

/* What the venue never answered, and nobody wanted any more, is asked for anew. */
static weir_code hold(weir_subscriptions *s, stream_wants *stream, const weir_asset *asset,
                      uint64_t id)
{
    want *w = find(stream, asset);
    const size_t shard = w ? w->shard : find_shard(s);
    if (shard == s->shard_count)
        return WEIR_ERR_LIMIT;
    if (!w && !(w = add_node(s, stream, asset, shard)))
        return WEIR_ERR_NOMEM;
    if (w->count == 0 && w->state == REFUSED)
        make_idle(s, w);
    count(s, w, false);
    const bool is_good = push_id(w, id);
    count(s, w, true);
    if (!is_good && w->count == 0 && !w->may_be_served)
        remove_node(s, stream, w);
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
    stream_wants *wants = &subscriptions->streams[stream];
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
        want *w = find(wants, assets[--done]);
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
    for (size_t i = 0; i < done && code == WEIR_OK; i++) {
        want *w = find(wants, assets[i]);
        let_go(subscriptions, wants, w, w->count - 1);
    }
    pthread_mutex_unlock(&subscriptions->lock);
    return code;
}

static size_t remove_from(weir_subscriptions *s, stream_wants *stream, uint64_t id)
{
    size_t removed = 0;
    for (want *w = stream->first, *next; w; w = next) {
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

static bool let_all_go(weir_subscriptions *s, stream_wants *stream, want *w)
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
        stream_wants *wants = &subscriptions->streams[i];
        if (stream != SIZE_MAX && stream != i)
            continue;
        want *w = asset ? find(wants, asset) : wants->first;
        for (want *next; w; w = next) {
            next = asset ? NULL : w->next;
            removed += let_all_go(subscriptions, wants, w);
        }
    }
    pthread_mutex_unlock(&subscriptions->lock);
    return removed;
}

/* ------------------------------------------------------------------ telling the venue */

void weir_subscriptions_restart(weir_subscriptions *subscriptions, size_t shard)
{
    pthread_mutex_lock(&subscriptions->lock);
    for (size_t i = 0; i < subscriptions->stream_count; i++) {
        stream_wants *stream = &subscriptions->streams[i];
        for (want *w = stream->first, *next; w; w = next) {
            next = w->next;
            if (w->shard != shard)
                continue;
            make_idle(subscriptions, w);
            set_progress(subscriptions, w, IDLE, false);
            if (w->count == 0)
                remove_node(subscriptions, stream, w);
        }
    }
    pthread_mutex_unlock(&subscriptions->lock);
}

const weir_asset *const *weir_subscription_assets(const weir_subscription_change *change)
{
    return (const weir_asset *const *)(const void *)change->assets.ptr;
}

static void clear_change(weir_subscription_change *change)
{
    weir_buf_clear(&change->assets);
    change->count = 0;
    change->is_whole = false;
}

static void put_change(weir_subscription_change *change, const want *w)
{
    if (w->asset)
        weir_buf_put(&change->assets, (weir_str){(const char *)&w->asset, sizeof w->asset});
    change->count += w->asset != NULL;
    change->is_whole = change->is_whole || !w->asset;
}

static bool is_due(const want *w, size_t shard, bool unsubscribes)
{
    return w->shard == shard &&
           (unsubscribes ? w->may_be_served && is_to_be_left(w) : w->state == IDLE && w->count > 0);
}

/* Wants of one message. A venue may refuse one as a whole for a symbol that it does not know, so
 * what it never confirmed is left in a message of its own. */
static bool goes_with(const want *w, const want *first, bool unsubscribes)
{
    return w->asset &&
           (unsubscribes ? w->state == ACTIVE && first->state == ACTIVE : w->part == first->part);
}

bool weir_subscriptions_gather(weir_subscriptions *subscriptions, size_t shard, size_t stream,
                               bool unsubscribes, size_t most, weir_subscription_change *change)
{
    const stream_wants *wants = &subscriptions->streams[stream];
    const want *first = NULL;
    size_t gathered = 0;
    clear_change(change);
    pthread_mutex_lock(&subscriptions->lock);
    const shard_counts *counts = &subscriptions->shards[shard];
    const size_t due = unsubscribes ? counts->leaving : counts->held[IDLE];
    for (const want *w = due > 0 ? wants->first : NULL; w && !change->is_whole; w = w->next) {
        if (!is_due(w, shard, unsubscribes) || (first && !goes_with(w, first, unsubscribes)))
            continue;
        if (!first)
            first = w;
        put_change(change, w);
        if (++gathered == most)
            break;
    }
    pthread_mutex_unlock(&subscriptions->lock);
    return !change->assets.failed;
}

static const weir_asset *asset_at(const weir_subscription_change *change, size_t index)
{
    return change->is_whole ? NULL : weir_subscription_assets(change)[index];
}

/* What was let go in the meantime was asked for all the same, and is to be taken back. */
void weir_subscriptions_sent(weir_subscriptions *subscriptions, size_t shard, size_t stream,
                             const weir_subscription_change *change, uint64_t request,
                             int64_t deadline_ns)
{
    stream_wants *wants = &subscriptions->streams[stream];
    pthread_mutex_lock(&subscriptions->lock);
    for (size_t i = 0; i < change->count + change->is_whole; i++) {
        const weir_asset *asset = asset_at(change, i);
        want *w = find(wants, asset);
        if (!w)
            w = add_node(subscriptions, wants, asset, shard);
        if (!w || w->shard != shard)
            continue;
        set_progress(subscriptions, w, deadline_ns > 0 ? PENDING : ACTIVE, true);
        w->request = request;
        w->deadline_ns = deadline_ns;
        w->tries++;
    }
    pthread_mutex_unlock(&subscriptions->lock);
}

void weir_subscriptions_left(weir_subscriptions *subscriptions, size_t shard, size_t stream,
                             const weir_subscription_change *change)
{
    stream_wants *wants = &subscriptions->streams[stream];
    pthread_mutex_lock(&subscriptions->lock);
    for (size_t i = 0; i < change->count + change->is_whole; i++) {
        want *w = find(wants, asset_at(change, i));
        if (!w || w->shard != shard)
            continue;
        make_idle(subscriptions, w);
        set_progress(subscriptions, w, IDLE, false);
        if (w->count == 0)
            remove_node(subscriptions, wants, w);
    }
    pthread_mutex_unlock(&subscriptions->lock);
}

/* ------------------------------------------------------------------ what the venue says */

static void refuse(weir_subscriptions *s, want *w, const char *reason, bool may_be_served)
{
    forget_refusal(w);
    set_progress(s, w, REFUSED, may_be_served);
    w->reason = strdup(reason);
    w->cut_ns = 0; /* that nothing comes is told by the refusal */
}

bool weir_subscriptions_confirm(weir_subscriptions *subscriptions, size_t shard, size_t stream,
                                const weir_asset *asset)
{
    pthread_mutex_lock(&subscriptions->lock);
    want *w = find(&subscriptions->streams[stream], asset);
    const bool is_late = w && w->state == REFUSED && w->may_be_served; /* given up too early */
    const bool is_awaited = w && w->shard == shard && (w->state == PENDING || is_late);
    if (is_awaited) {
        set_state(subscriptions, w, ACTIVE);
        forget_refusal(w);
    }
    pthread_mutex_unlock(&subscriptions->lock);
    return is_awaited;
}

static bool is_of_request(const want *w, size_t shard, uint64_t request)
{
    return w->shard == shard && is_sent(w) && w->request == request;
}

void weir_subscriptions_confirm_request(weir_subscriptions *subscriptions, size_t shard,
                                        uint64_t request)
{
    pthread_mutex_lock(&subscriptions->lock);
    for (size_t i = 0; i < subscriptions->stream_count; i++) {
        for (want *w = subscriptions->streams[i].first; w; w = w->next) {
            if (is_of_request(w, shard, request))
                set_state(subscriptions, w, ACTIVE);
        }
    }
    pthread_mutex_unlock(&subscriptions->lock);
}

/* A want that nobody holds and the venue does not serve is done with. */
static void refuse_or_remove(weir_subscriptions *s, stream_wants *stream, want *w,
                             const char *reason)
{
    refuse(s, w, reason, false);
    if (w->count == 0)
        remove_node(s, stream, w);
}

bool weir_subscriptions_refuse(weir_subscriptions *subscriptions, size_t shard, size_t stream,
                               const weir_asset *asset, const char *reason)
{
    stream_wants *wants = &subscriptions->streams[stream];
    pthread_mutex_lock(&subscriptions->lock);
    want *w = find(wants, asset);
    const bool is_known = w && w->shard == shard && w->state != REFUSED;
    if (is_known)
        refuse_or_remove(subscriptions, wants, w, reason);
    pthread_mutex_unlock(&subscriptions->lock);
    return is_known;
}

static size_t count_request(const stream_wants *stream, size_t shard, uint64_t request)
{
    size_t members = 0;
    for (const want *w = stream->first; w; w = w->next)
        members += is_of_request(w, shard, request);
    return members;
}

bool weir_subscriptions_refuse_request(weir_subscriptions *subscriptions, size_t shard,
                                       size_t stream, uint64_t request, const char *reason,
                                       weir_subscription_change *change)
{
    stream_wants *wants = &subscriptions->streams[stream];
    clear_change(change);
    pthread_mutex_lock(&subscriptions->lock);
    const size_t members = count_request(wants, shard, request);
    const uint64_t parts = subscriptions->last_part;
    size_t at = 0;
    if (members > 1)
        subscriptions->last_part += 2;
    for (want *w = wants->first, *next; w && members > 0; w = next) {
        next = w->next;
        if (!is_of_request(w, shard, request))
            continue;
        if (members == 1) {
            if (w->count > 0)
                put_change(change, w);
            refuse_or_remove(subscriptions, wants, w, reason);
            break;
        }
        set_progress(subscriptions, w, IDLE, false);
        w->tries = 0;
        w->part = parts + (at++ < members / 2 ? 1 : 2);
        if (w->count == 0)
            remove_node(subscriptions, wants, w);
    }
    pthread_mutex_unlock(&subscriptions->lock);
    return members > 0;
}

void weir_subscriptions_expire(weir_subscriptions *subscriptions, size_t shard, size_t stream,
                               int64_t now_ns, const char *reason, weir_subscription_change *change)
{
    stream_wants *wants = &subscriptions->streams[stream];
    clear_change(change);
    pthread_mutex_lock(&subscriptions->lock);
    for (want *w = wants->first; w; w = w->next) {
        if (w->shard != shard || w->state != PENDING || w->deadline_ns > now_ns)
            continue;
        if (w->count > 0 && w->tries < TRIES_MAX) {
            set_state(subscriptions, w, IDLE);
            continue;
        }
        if (w->count > 0)
            put_change(change, w);
        /* The answer was lost, perhaps, and not the request: whoever leaves it has to say so. */
        refuse(subscriptions, w, reason, true);
    }
    pthread_mutex_unlock(&subscriptions->lock);
}

static bool is_renewable(const want *w, size_t shard, int64_t now_ns, int64_t pause_ns)
{
    return w->shard == shard && w->count > 0 && w->state == ACTIVE &&
           (w->renewed_ns == 0 || now_ns - w->renewed_ns >= pause_ns);
}

bool weir_subscriptions_renew(weir_subscriptions *subscriptions, size_t shard, size_t stream,
                              const weir_asset *asset, bool leaves_first, int64_t now_ns,
                              int64_t pause_ns)
{
    stream_wants *wants = &subscriptions->streams[stream];
    bool is_due = false;
    pthread_mutex_lock(&subscriptions->lock);
    want *w = asset ? find(wants, asset) : wants->first;
    if (!w && asset)
        w = find(wants, NULL); /* it is part of the stream as a whole */
    for (want *next; w; w = next) {
        next = asset ? NULL : w->next;
        if (!is_renewable(w, shard, now_ns, pause_ns))
            continue;
        is_due = true;
        w->renewed_ns = now_ns;
        if (!leaves_first)
            make_idle(subscriptions, w);
        count(subscriptions, w, false);
        w->renews = leaves_first;
        count(subscriptions, w, true);
    }
    pthread_mutex_unlock(&subscriptions->lock);
    return is_due;
}

/* ------------------------------------------------------------------ lost links */

void weir_subscriptions_cut(weir_subscriptions *subscriptions, size_t shard, int64_t from_ns)
{
    pthread_mutex_lock(&subscriptions->lock);
    for (size_t i = 0; i < subscriptions->stream_count; i++) {
        for (want *w = subscriptions->streams[i].first; w; w = w->next) {
            if (w->shard == shard && w->state == ACTIVE && w->count > 0 && w->cut_ns == 0)
                w->cut_ns = from_ns;
        }
    }
    subscriptions->shards[shard].has_cuts = true;
    pthread_mutex_unlock(&subscriptions->lock);
}

bool weir_subscriptions_take_cut_of(weir_subscriptions *subscriptions, size_t shard, size_t stream,
                                    const weir_asset *asset, int64_t *from_ns, bool *is_last)
{
    pthread_mutex_lock(&subscriptions->lock);
    bool *has_cuts = &subscriptions->shards[shard].has_cuts;
    want *w = *has_cuts ? find(&subscriptions->streams[stream], asset) : NULL;
    const bool is_cut = w && w->shard == shard && w->cut_ns != 0;
    if (is_cut) {
        *from_ns = w->cut_ns;
        w->cut_ns = 0;
    }
    *is_last = !*has_cuts;
    pthread_mutex_unlock(&subscriptions->lock);
    return is_cut;
}

/* `has_cuts` stays while one is not active yet. */
bool weir_subscriptions_take_cut(weir_subscriptions *subscriptions, size_t shard, size_t *stream,
                                 const weir_asset **asset, int64_t *from_ns)
{
    bool has_found = false, has_more = false;
    pthread_mutex_lock(&subscriptions->lock);
    bool *has_cuts = &subscriptions->shards[shard].has_cuts;
    for (size_t i = 0; *has_cuts && !has_found && i < subscriptions->stream_count; i++) {
        for (want *w = subscriptions->streams[i].first; w && !has_found; w = w->next) {
            if (w->shard != shard || w->cut_ns == 0)
                continue;
            has_more = true;
            if (w->state != ACTIVE)
                continue;
            *stream = i;
            *asset = w->asset;
            *from_ns = w->cut_ns;
            w->cut_ns = 0;
            has_found = true;
        }
    }
    *has_cuts = *has_cuts && has_more;
    pthread_mutex_unlock(&subscriptions->lock);
    return has_found;
}

/* ------------------------------------------------------------------ looking */

static weir_subscriptions *unlocked(const weir_subscriptions *subscriptions)
{
    return (weir_subscriptions *)subscriptions; /* the lock is no part of what it says */
}

static size_t sum_held(const shard_counts *shard)
{
    size_t sum = 0;
    for (size_t i = 0; i < PROGRESS_COUNT; i++)
        sum += shard->held[i];
    return sum;
}

static int64_t find_deadline(const weir_subscriptions *s, size_t shard)
{
    int64_t earliest_ns = 0;
    for (size_t i = 0; i < s->stream_count; i++) {
        for (const want *w = s->streams[i].first; w; w = w->next) {
            if (w->shard == shard && w->state == PENDING &&
                (earliest_ns == 0 || w->deadline_ns < earliest_ns))
                earliest_ns = w->deadline_ns;
        }
    }
    return earliest_ns;
}

void weir_subscriptions_count(const weir_subscriptions *subscriptions, size_t shard,
                              weir_subscription_counts *counts)
{
    weir_subscriptions *s = unlocked(subscriptions);
    pthread_mutex_lock(&s->lock);
    const shard_counts *from = &s->shards[shard];
    *counts = (weir_subscription_counts){.wanted = sum_held(from),
                                         .idle = from->held[IDLE],
                                         .pending = from->held[PENDING],
                                         .active = from->held[ACTIVE],
                                         .refused = from->held[REFUSED],
                                         .leaving = from->leaving};
    if (from->held[PENDING] > 0)
        counts->next_deadline_ns = find_deadline(s, shard);
    pthread_mutex_unlock(&s->lock);
}

size_t weir_subscriptions_pending(const weir_subscriptions *subscriptions, size_t shard)
{
    weir_subscriptions *s = unlocked(subscriptions);
    pthread_mutex_lock(&s->lock);
    const size_t pending = s->shards[shard].held[PENDING];
    pthread_mutex_unlock(&s->lock);
    return pending;
}

size_t weir_subscriptions_wanted(const weir_subscriptions *subscriptions)
{
    weir_subscriptions *s = unlocked(subscriptions);
    size_t wanted = 0;
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < s->shard_count; i++)
        wanted += sum_held(&s->shards[i]);
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
        for (const want *w = subscriptions->streams[i].first; w; w = w->next) {
            const weir_subscription_view view = {
                i, w->shard, w->asset, states[w->state], w->count, w->reason ? w->reason : ""};
            if (w->count > 0)
                each(user, &view);
        }
    }
    pthread_mutex_unlock(&subscriptions->lock);
}
