/* SPDX-License-Identifier: MIT */
/*
 * Wanting and looking: who holds what, and what there is. Symbols are found by a map per stream;
 * a new want goes to the first shard with room and stays there. What is to be done about a want is
 * seen to by the node itself (wants.h).
 */
#include <stdlib.h>
#include <string.h>

#include "runtime/wants.h"
#include "util/error.h"

weir_subscriptions *weir_subscriptions_new(size_t streams, size_t shards, size_t sides,
                                           size_t per_shard)
{
    weir_subscriptions *subscriptions = calloc(1, sizeof *subscriptions);
    if (!subscriptions)
        return NULL;
    const size_t lines = shards * sides;
    subscriptions->stream_count = streams;
    subscriptions->shard_count = shards;
    subscriptions->side_count = sides;
    subscriptions->per_shard = per_shard;
    subscriptions->shards = calloc(shards, sizeof *subscriptions->shards);
    subscriptions->lines = calloc(lines, sizeof *subscriptions->lines);
    subscriptions->cells = calloc(shards * streams + 1, sizeof *subscriptions->cells);
    subscriptions->turns = calloc(lines * streams + 1, sizeof *subscriptions->turns);
    subscriptions->by_symbol = calloc(streams + 1, sizeof *subscriptions->by_symbol);
    pthread_mutex_init(&subscriptions->lock, NULL);
    if (subscriptions->shards && subscriptions->lines && subscriptions->cells &&
        subscriptions->turns && subscriptions->by_symbol)
        return subscriptions;
    weir_subscriptions_free(subscriptions);
    return NULL;
}

void weir_subscriptions_free(weir_subscriptions *subscriptions)
{
    weir_subscriptions *s = subscriptions;
    if (!s)
        return;
    for (size_t i = 0; s->cells && i < s->shard_count * s->stream_count; i++) {
        while (s->cells[i].first)
            weir_want_remove(s, s->cells[i].first);
    }
    for (size_t i = 0; s->by_symbol && i < s->stream_count; i++)
        weir_map_fini(&s->by_symbol[i]);
    for (size_t i = 0; s->lines && i < s->shard_count * s->side_count; i++)
        weir_map_fini(&s->lines[i].asked);
    weir_holders_fini(&s->holders);
    pthread_mutex_destroy(&s->lock);
    free(s->by_symbol);
    free(s->turns);
    free(s->cells);
    free(s->lines);
    free(s->shards);
    free(s);
}

/* ------------------------------------------------------------------ holding */

static bool is_full(const weir_subscriptions *s, size_t shard)
{
    return s->per_shard > 0 && s->shards[shard].held >= s->per_shard;
}

/* A want that nobody holds may be wanted again before the venue is told, and would then have no
 * place: another takes it only where there is no other. */
static size_t find_shard(const weir_subscriptions *s)
{
    size_t shard = 0, free = s->shard_count;
    while (shard < s->shard_count && s->per_shard > 0 && s->shards[shard].nodes >= s->per_shard) {
        if (free == s->shard_count && !is_full(s, shard))
            free = shard;
        shard++;
    }
    return shard < s->shard_count ? shard : free;
}

/* `at` is one of its holders. The node may be gone afterwards. */
static void let_go(weir_subscriptions *s, weir_want *want, size_t at)
{
    weir_holders_drop(&s->holders, weir_ids_at(&want->ids, at));
    weir_ids_remove(&want->ids, at);
    s->shards[want->shard].held -= want->ids.count == 0;
    weir_want_settle(s, want);
    weir_want_remove_if_idle(s, want);
}

/* What the venue never answered, and nobody wanted any more, is asked for anew. */
static weir_code hold(weir_subscriptions *s, size_t stream, const weir_asset *asset, uint64_t id)
{
    weir_want *want = weir_want_find(s, stream, asset);
    const size_t shard = want ? want->shard : find_shard(s);
    if (shard == s->shard_count || (want && want->ids.count == 0 && is_full(s, shard)))
        return WEIR_ERR_LIMIT;
    if (!want && !(want = weir_want_add(s, stream, asset, shard)))
        return WEIR_ERR_NOMEM;
    for (size_t i = 0; i < s->side_count && want->ids.count == 0; i++) {
        if (want->sides[i].state == REFUSED)
            weir_agreement_reset(s, &want->sides[i]);
    }
    bool is_good = weir_holders_note(&s->holders, id, (weir_held){asset, stream});
    if (is_good && !weir_ids_push(&want->ids, id)) {
        weir_holders_drop(&s->holders, id);
        is_good = false;
    }
    s->shards[shard].held += is_good && want->ids.count == 1;
    weir_want_settle(s, want);
    if (!is_good)
        weir_want_remove_if_idle(s, want);
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
    weir_code code = WEIR_OK;
    if (count == 0) {
        assets = the_stream_itself;
        count = 1;
    }
    pthread_mutex_lock(&subscriptions->lock);
    size_t done = 0;
    while (done < count && (code = hold(subscriptions, stream, assets[done], id)) == WEIR_OK)
        done++;
    while (code != WEIR_OK && done > 0) {
        weir_want *want = weir_want_find(subscriptions, stream, assets[--done]);
        let_go(subscriptions, want, want->ids.count - 1);
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
    weir_code code = WEIR_OK;
    if (count == 0) {
        assets = the_stream_itself;
        count = 1;
    }
    pthread_mutex_lock(&subscriptions->lock);
    size_t done = 0;
    for (weir_want *want;
         done < count && (want = weir_want_find(subscriptions, stream, assets[done])) &&
         want->ids.count > 0;
         done++)
        want->ids.count--;
    if (done < count)
        code = not_wanted(assets[done], error);
    for (size_t i = 0; i < done; i++)
        weir_want_find(subscriptions, stream, assets[i])->ids.count++;
    for (size_t i = 0; i < done && code == WEIR_OK; i++) {
        weir_want *want = weir_want_find(subscriptions, stream, assets[i]);
        let_go(subscriptions, want, want->ids.count - 1);
    }
    pthread_mutex_unlock(&subscriptions->lock);
    return code;
}

/* What it held once may be held by others alone, or be gone. */
size_t weir_subscriptions_remove_id(weir_subscriptions *subscriptions, uint64_t id)
{
    size_t removed = 0;
    pthread_mutex_lock(&subscriptions->lock);
    weir_holder *holder = weir_holders_take(&subscriptions->holders, id);
    for (size_t i = 0; holder && i < holder->count; i++) {
        weir_want *want =
            weir_want_find(subscriptions, holder->held[i].stream, holder->held[i].asset);
        const size_t at = want ? weir_ids_find(&want->ids, id) : SIZE_MAX;
        if (at == SIZE_MAX)
            continue;
        removed++;
        let_go(subscriptions, want, at);
    }
    weir_holder_free(holder);
    pthread_mutex_unlock(&subscriptions->lock);
    return removed;
}

static bool let_all_go(weir_subscriptions *s, weir_want *want)
{
    if (want->ids.count == 0)
        return false;
    while (want->ids.count > 1)
        let_go(s, want, want->ids.count - 1);
    let_go(s, want, 0);
    return true;
}

static size_t let_cell_go(weir_subscriptions *s, const weir_stream_wants *cell)
{
    size_t removed = 0;
    for (weir_want *want = cell->first, *next; want; want = next) {
        next = want->next;
        removed += let_all_go(s, want);
    }
    return removed;
}

size_t weir_subscriptions_remove_all(weir_subscriptions *subscriptions, size_t stream,
                                     const weir_asset *asset)
{
    size_t removed = 0;
    pthread_mutex_lock(&subscriptions->lock);
    for (size_t i = 0; i < subscriptions->stream_count; i++) {
        if (stream != SIZE_MAX && stream != i)
            continue;
        weir_want *want = asset ? weir_want_find(subscriptions, i, asset) : NULL;
        if (want)
            removed += let_all_go(subscriptions, want);
        for (size_t k = 0; !asset && k < subscriptions->shard_count; k++)
            removed += let_cell_go(subscriptions, weir_wants_of(subscriptions, k, i));
    }
    pthread_mutex_unlock(&subscriptions->lock);
    return removed;
}

/* ------------------------------------------------------------------ looking */

static weir_subscriptions *unlocked(const weir_subscriptions *subscriptions)
{
    return (weir_subscriptions *)subscriptions; /* the lock is no part of what it says */
}

static size_t count_wanted(const weir_line *line)
{
    return line->counts[IDLE] + line->counts[PENDING] + line->counts[ACTIVE] +
           line->counts[REFUSED] + line->counts[PLACE_DOUBTED];
}

static size_t front_line(const weir_subscriptions *s, size_t shard)
{
    return s->shards[shard].front * s->shard_count + shard;
}

static void count_line(const weir_line *line, weir_subscription_counts *counts)
{
    *counts =
        (weir_subscription_counts){.wanted = count_wanted(line),
                                   .idle = line->counts[IDLE],
                                   .pending = line->counts[PENDING],
                                   .active = line->counts[ACTIVE],
                                   .refused = line->counts[REFUSED] + line->counts[PLACE_DOUBTED],
                                   .leaving = line->counts[PLACE_LEAVING],
                                   .next_deadline_ns = line->first ? line->first->deadline_ns : 0};
}

void weir_subscriptions_count(const weir_subscriptions *subscriptions, size_t line,
                              weir_subscription_counts *counts)
{
    weir_subscriptions *s = unlocked(subscriptions);
    pthread_mutex_lock(&s->lock);
    count_line(&s->lines[line], counts);
    pthread_mutex_unlock(&s->lock);
}

void weir_subscriptions_count_front(const weir_subscriptions *subscriptions, size_t shard,
                                    weir_subscription_counts *counts)
{
    weir_subscriptions *s = unlocked(subscriptions);
    pthread_mutex_lock(&s->lock);
    count_line(&s->lines[front_line(s, shard)], counts);
    pthread_mutex_unlock(&s->lock);
}

bool weir_subscriptions_has(const weir_subscriptions *subscriptions, size_t stream,
                            const weir_asset *asset)
{
    weir_subscriptions *s = unlocked(subscriptions);
    pthread_mutex_lock(&s->lock);
    const weir_want *want = weir_want_find(s, stream, asset);
    const bool is_wanted = want && want->ids.count > 0;
    pthread_mutex_unlock(&s->lock);
    return is_wanted;
}

size_t weir_subscriptions_awaited(const weir_subscriptions *subscriptions, size_t line)
{
    return atomic_load_explicit(&subscriptions->lines[line].awaited, memory_order_relaxed);
}

size_t weir_subscriptions_wanted(const weir_subscriptions *subscriptions)
{
    weir_subscriptions *s = unlocked(subscriptions);
    size_t wanted = 0;
    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < s->shard_count; i++)
        wanted += count_wanted(&s->lines[i]);
    pthread_mutex_unlock(&s->lock);
    return wanted;
}

typedef struct viewing {
    weir_subscription_view_fn *each;
    void *user;
} viewing;

static void view_wants(const viewing *v, const weir_stream_wants *wants, size_t front)
{
    static const weir_subscription_state states[] = {[IDLE] = WEIR_SUBSCRIPTION_PENDING,
                                                     [PENDING] = WEIR_SUBSCRIPTION_PENDING,
                                                     [ACTIVE] = WEIR_SUBSCRIPTION_ACTIVE,
                                                     [REFUSED] = WEIR_SUBSCRIPTION_REJECTED};
    for (const weir_want *want = wants->first; want; want = want->next) {
        const weir_agreement *on = &want->sides[front];
        const weir_subscription_view view = {.stream = want->stream,
                                             .shard = want->shard,
                                             .asset = want->asset,
                                             .state = states[on->state],
                                             .holders = want->ids.count,
                                             .reason = on->reason ? on->reason : ""};
        if (want->ids.count > 0)
            v->each(v->user, &view);
    }
}

static void view_stream(const viewing *v, const weir_subscriptions *s, size_t shard, size_t stream)
{
    view_wants(v, weir_wants_of(s, shard, stream), s->shards[shard].front);
}

void weir_subscriptions_each(weir_subscriptions *subscriptions, weir_subscription_view_fn *each,
                             void *user)
{
    const viewing v = {each, user};
    pthread_mutex_lock(&subscriptions->lock);
    for (size_t i = 0; i < subscriptions->stream_count; i++) {
        for (size_t k = 0; k < subscriptions->shard_count; k++)
            view_stream(&v, subscriptions, k, i);
    }
    pthread_mutex_unlock(&subscriptions->lock);
}

void weir_subscriptions_each_of(weir_subscriptions *subscriptions, size_t shard,
                                weir_subscription_view_fn *each, void *user)
{
    const viewing v = {each, user};
    pthread_mutex_lock(&subscriptions->lock);
    for (size_t i = 0; i < subscriptions->stream_count; i++)
        view_stream(&v, subscriptions, shard, i);
    pthread_mutex_unlock(&subscriptions->lock);
}

/* ------------------------------------------------------------------ handing over */

void weir_subscriptions_each_holder(weir_subscriptions *subscriptions,
                                    void (*each)(void *user, size_t stream, const weir_asset *asset,
                                                 uint64_t id),
                                    void *user)
{
    const size_t cells = subscriptions->shard_count * subscriptions->stream_count;
    pthread_mutex_lock(&subscriptions->lock);
    for (size_t i = 0; i < cells; i++) {
        for (const weir_want *w = subscriptions->cells[i].first; w; w = w->next) {
            for (size_t k = 0; k < w->ids.count; k++)
                each(user, w->stream, w->asset, weir_ids_at(&w->ids, k));
        }
    }
    pthread_mutex_unlock(&subscriptions->lock);
}

void weir_subscriptions_each_cut(weir_subscriptions *subscriptions,
                                 void (*each)(void *user, size_t stream, const weir_asset *asset,
                                              int64_t from_ns),
                                 void *user)
{
    const size_t cells = subscriptions->shard_count * subscriptions->stream_count;
    pthread_mutex_lock(&subscriptions->lock);
    for (size_t i = 0; i < cells; i++) {
        for (const weir_want *w = subscriptions->cells[i].first; w; w = w->next) {
            if (w->cut_ns != 0)
                each(user, w->stream, w->asset, w->cut_ns);
        }
    }
    pthread_mutex_unlock(&subscriptions->lock);
}

void weir_subscriptions_inherit_cut(weir_subscriptions *subscriptions, size_t stream,
                                    const weir_asset *asset, int64_t from_ns)
{
    pthread_mutex_lock(&subscriptions->lock);
    weir_want *w = weir_want_find(subscriptions, stream, asset);
    if (w && w->cut_ns == 0)
        weir_want_cut(subscriptions, w, from_ns);
    pthread_mutex_unlock(&subscriptions->lock);
}

bool weir_subscriptions_has_cuts(const weir_subscriptions *subscriptions, size_t shard)
{
    weir_subscriptions *s = unlocked(subscriptions);
    pthread_mutex_lock(&s->lock);
    const bool has_cuts = s->shards[shard].cuts > 0;
    pthread_mutex_unlock(&s->lock);
    return has_cuts;
}
