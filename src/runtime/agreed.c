/* SPDX-License-Identifier: MIT */
/*
 * How far the venue has agreed to what is wanted: what was sent, confirmed, refused, and what was
 * active when a link was lost. All of it is known per line (wants.h): two links of one shard are
 * asked independently of each other. A cut is the connection's, whichever link is its own next.
 */
#include <stdlib.h>
#include <string.h>

#include "runtime/wants.h"

enum { TRIES_MAX = 2 };

static void set_progress(weir_subscriptions *s, weir_want *w, weir_agreement *on,
                         weir_progress state, bool may_be_served)
{
    weir_want_count(s, w, false);
    on->state = state;
    on->may_be_served = may_be_served;
    weir_want_count(s, w, true);
}

static void set_state(weir_subscriptions *s, weir_want *w, weir_agreement *on, weir_progress state)
{
    set_progress(s, w, on, state, on->may_be_served);
}

static void forget_refusal(weir_agreement *on)
{
    free(on->reason);
    on->reason = NULL;
}

/* It may be gone afterwards. */
static void forget(weir_subscriptions *s, weir_stream_wants *stream, weir_want *w,
                   weir_agreement *on)
{
    weir_want_make_idle(s, w, on);
    set_progress(s, w, on, IDLE, false);
    weir_want_remove_if_idle(s, stream, w);
}

/* ------------------------------------------------------------------ telling the venue */

void weir_subscriptions_restart(weir_subscriptions *subscriptions, size_t line)
{
    pthread_mutex_lock(&subscriptions->lock);
    for (size_t i = 0; i < subscriptions->stream_count; i++) {
        weir_stream_wants *stream = &subscriptions->streams[i];
        for (weir_want *w = stream->first, *next; w; w = next) {
            next = w->next;
            weir_agreement *on = weir_want_on(subscriptions, w, line);
            if (on)
                forget(subscriptions, stream, w, on);
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

static void put_change(weir_subscription_change *change, const weir_want *w)
{
    if (w->asset)
        weir_buf_put(&change->assets, (weir_str){(const char *)&w->asset, sizeof w->asset});
    change->count += w->asset != NULL;
    change->is_whole = change->is_whole || !w->asset;
}

static bool is_due(const weir_want *w, const weir_agreement *on, bool unsubscribes)
{
    return unsubscribes ? on->may_be_served && weir_want_is_to_be_left(w, on)
                        : on->state == IDLE && w->count > 0;
}

/* Wants of one message. A venue may refuse one as a whole for a symbol that it does not know, so
 * what it never confirmed is left in a message of its own. */
static bool goes_with(const weir_want *w, const weir_agreement *on, const weir_agreement *first,
                      bool unsubscribes)
{
    return w->asset &&
           (unsubscribes ? on->state == ACTIVE && first->state == ACTIVE : on->part == first->part);
}

bool weir_subscriptions_gather(weir_subscriptions *subscriptions, size_t line, size_t stream,
                               bool unsubscribes, size_t most, weir_subscription_change *change)
{
    const weir_stream_wants *wants = &subscriptions->streams[stream];
    const weir_agreement *first = NULL;
    size_t gathered = 0;
    clear_change(change);
    pthread_mutex_lock(&subscriptions->lock);
    const weir_line_counts *counts = &subscriptions->lines[line];
    const size_t due = unsubscribes ? counts->leaving : counts->held[IDLE];
    for (weir_want *w = due > 0 ? wants->first : NULL; w && !change->is_whole; w = w->next) {
        const weir_agreement *on = weir_want_on(subscriptions, w, line);
        if (!on || !is_due(w, on, unsubscribes) ||
            (first && !goes_with(w, on, first, unsubscribes)))
            continue;
        if (!first)
            first = on;
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
void weir_subscriptions_sent(weir_subscriptions *subscriptions, size_t line, size_t stream,
                             const weir_subscription_change *change, uint64_t request,
                             int64_t deadline_ns)
{
    weir_stream_wants *wants = &subscriptions->streams[stream];
    pthread_mutex_lock(&subscriptions->lock);
    for (size_t i = 0; i < change->count + change->is_whole; i++) {
        const weir_asset *asset = asset_at(change, i);
        weir_want *w = weir_want_find(wants, asset);
        if (!w)
            w = weir_want_add(subscriptions, wants, asset, weir_shard_of(subscriptions, line));
        weir_agreement *on = w ? weir_want_on(subscriptions, w, line) : NULL;
        if (!on)
            continue;
        set_progress(subscriptions, w, on, deadline_ns > 0 ? PENDING : ACTIVE, true);
        on->request = request;
        on->deadline_ns = deadline_ns;
        on->tries++;
    }
    pthread_mutex_unlock(&subscriptions->lock);
}

void weir_subscriptions_left(weir_subscriptions *subscriptions, size_t line, size_t stream,
                             const weir_subscription_change *change)
{
    weir_stream_wants *wants = &subscriptions->streams[stream];
    pthread_mutex_lock(&subscriptions->lock);
    for (size_t i = 0; i < change->count + change->is_whole; i++) {
        weir_want *w = weir_want_find(wants, asset_at(change, i));
        weir_agreement *on = w ? weir_want_on(subscriptions, w, line) : NULL;
        if (on)
            forget(subscriptions, wants, w, on);
    }
    pthread_mutex_unlock(&subscriptions->lock);
}

/* ------------------------------------------------------------------ what the venue says */

static void refuse(weir_subscriptions *s, weir_want *w, weir_agreement *on, const char *reason,
                   bool may_be_served)
{
    forget_refusal(on);
    set_progress(s, w, on, REFUSED, may_be_served);
    on->reason = strdup(reason);
    if (on == &w->sides[s->shards[w->shard].front])
        w->cut_ns = 0; /* that nothing comes is told by the refusal */
}

bool weir_subscriptions_confirm(weir_subscriptions *subscriptions, size_t line, size_t stream,
                                const weir_asset *asset)
{
    pthread_mutex_lock(&subscriptions->lock);
    weir_want *w = weir_want_find(&subscriptions->streams[stream], asset);
    weir_agreement *on = w ? weir_want_on(subscriptions, w, line) : NULL;
    /* refused: given up too early */
    const bool is_late = on && on->state == REFUSED && on->may_be_served;
    const bool is_awaited = on && (on->state == PENDING || is_late);
    if (is_awaited) {
        set_state(subscriptions, w, on, ACTIVE);
        forget_refusal(on);
    }
    pthread_mutex_unlock(&subscriptions->lock);
    return is_awaited;
}

static bool is_of_request(const weir_agreement *on, uint64_t request)
{
    return on && weir_agreement_is_sent(on) && on->request == request;
}

void weir_subscriptions_confirm_request(weir_subscriptions *subscriptions, size_t line,
                                        uint64_t request)
{
    pthread_mutex_lock(&subscriptions->lock);
    for (size_t i = 0; i < subscriptions->stream_count; i++) {
        for (weir_want *w = subscriptions->streams[i].first; w; w = w->next) {
            weir_agreement *on = weir_want_on(subscriptions, w, line);
            if (is_of_request(on, request))
                set_state(subscriptions, w, on, ACTIVE);
        }
    }
    pthread_mutex_unlock(&subscriptions->lock);
}

/* A want that nobody holds and the venue does not serve is done with. */
static void refuse_or_remove(weir_subscriptions *s, weir_stream_wants *stream, weir_want *w,
                             weir_agreement *on, const char *reason)
{
    refuse(s, w, on, reason, false);
    weir_want_remove_if_idle(s, stream, w);
}

bool weir_subscriptions_refuse(weir_subscriptions *subscriptions, size_t line, size_t stream,
                               const weir_asset *asset, const char *reason)
{
    weir_stream_wants *wants = &subscriptions->streams[stream];
    pthread_mutex_lock(&subscriptions->lock);
    weir_want *w = weir_want_find(wants, asset);
    weir_agreement *on = w ? weir_want_on(subscriptions, w, line) : NULL;
    const bool is_known = on && on->state != REFUSED;
    if (is_known)
        refuse_or_remove(subscriptions, wants, w, on, reason);
    pthread_mutex_unlock(&subscriptions->lock);
    return is_known;
}

static size_t count_request(const weir_subscriptions *s, const weir_stream_wants *stream,
                            size_t line, uint64_t request)
{
    size_t members = 0;
    for (weir_want *w = stream->first; w; w = w->next)
        members += is_of_request(weir_want_on(s, w, line), request);
    return members;
}

bool weir_subscriptions_refuse_request(weir_subscriptions *subscriptions, size_t line,
                                       size_t stream, uint64_t request, const char *reason,
                                       weir_subscription_change *change)
{
    weir_stream_wants *wants = &subscriptions->streams[stream];
    clear_change(change);
    pthread_mutex_lock(&subscriptions->lock);
    const size_t members = count_request(subscriptions, wants, line, request);
    const uint64_t parts = subscriptions->last_part;
    size_t at = 0;
    if (members > 1)
        subscriptions->last_part += 2;
    for (weir_want *w = wants->first, *next; w && members > 0; w = next) {
        next = w->next;
        weir_agreement *on = weir_want_on(subscriptions, w, line);
        if (!is_of_request(on, request))
            continue;
        if (members == 1) {
            if (w->count > 0)
                put_change(change, w);
            refuse_or_remove(subscriptions, wants, w, on, reason);
            break;
        }
        set_progress(subscriptions, w, on, IDLE, false);
        on->tries = 0;
        on->part = parts + (at++ < members / 2 ? 1 : 2);
        weir_want_remove_if_idle(subscriptions, wants, w);
    }
    pthread_mutex_unlock(&subscriptions->lock);
    return members > 0;
}

void weir_subscriptions_expire(weir_subscriptions *subscriptions, size_t line, size_t stream,
                               int64_t now_ns, const char *reason, weir_subscription_change *change)
{
    weir_stream_wants *wants = &subscriptions->streams[stream];
    clear_change(change);
    pthread_mutex_lock(&subscriptions->lock);
    for (weir_want *w = wants->first; w; w = w->next) {
        weir_agreement *on = weir_want_on(subscriptions, w, line);
        if (!on || on->state != PENDING || on->deadline_ns > now_ns)
            continue;
        if (w->count > 0 && on->tries < TRIES_MAX) {
            set_state(subscriptions, w, on, IDLE);
            continue;
        }
        if (w->count > 0)
            put_change(change, w);
        /* The answer was lost, perhaps, and not the request: whoever leaves it has to say so. */
        refuse(subscriptions, w, on, reason, true);
    }
    pthread_mutex_unlock(&subscriptions->lock);
}

static bool is_renewable(const weir_want *w, const weir_agreement *on, int64_t now_ns,
                         int64_t pause_ns)
{
    return on && w->count > 0 && on->state == ACTIVE &&
           (w->renewed_ns == 0 || now_ns - w->renewed_ns >= pause_ns);
}

bool weir_subscriptions_renew(weir_subscriptions *subscriptions, size_t line, size_t stream,
                              const weir_asset *asset, bool leaves_first, int64_t now_ns,
                              int64_t pause_ns)
{
    weir_stream_wants *wants = &subscriptions->streams[stream];
    bool has_any = false;
    pthread_mutex_lock(&subscriptions->lock);
    weir_want *w = asset ? weir_want_find(wants, asset) : wants->first;
    if (!w && asset)
        w = weir_want_find(wants, NULL); /* it is part of the stream as a whole */
    for (weir_want *next; w; w = next) {
        next = asset ? NULL : w->next;
        weir_agreement *on = weir_want_on(subscriptions, w, line);
        if (!is_renewable(w, on, now_ns, pause_ns))
            continue;
        has_any = true;
        w->renewed_ns = now_ns;
        if (!leaves_first)
            weir_want_make_idle(subscriptions, w, on);
        weir_want_count(subscriptions, w, false);
        on->renews = leaves_first;
        weir_want_count(subscriptions, w, true);
    }
    pthread_mutex_unlock(&subscriptions->lock);
    return has_any;
}

/* ------------------------------------------------------------------ two links of a shard */

void weir_subscriptions_turn(weir_subscriptions *subscriptions, size_t line)
{
    pthread_mutex_lock(&subscriptions->lock);
    subscriptions->shards[weir_shard_of(subscriptions, line)].front =
        line / subscriptions->shard_count;
    pthread_mutex_unlock(&subscriptions->lock);
}

size_t weir_subscriptions_lacking(weir_subscriptions *subscriptions, size_t line, size_t than)
{
    size_t lacking = 0;
    pthread_mutex_lock(&subscriptions->lock);
    for (size_t i = 0; i < subscriptions->stream_count; i++) {
        for (weir_want *w = subscriptions->streams[i].first; w; w = w->next) {
            const weir_agreement *on = weir_want_on(subscriptions, w, line);
            const weir_agreement *other = weir_want_on(subscriptions, w, than);
            lacking +=
                on && other && w->count > 0 && on->state == REFUSED && other->state == ACTIVE;
        }
    }
    pthread_mutex_unlock(&subscriptions->lock);
    return lacking;
}

/* ------------------------------------------------------------------ lost links */

void weir_subscriptions_cut(weir_subscriptions *subscriptions, size_t line, int64_t from_ns,
                            size_t heir, const bool *kept)
{
    pthread_mutex_lock(&subscriptions->lock);
    for (size_t i = 0; i < subscriptions->stream_count; i++) {
        for (weir_want *w = subscriptions->streams[i].first; w; w = w->next) {
            const weir_agreement *on = weir_want_on(subscriptions, w, line);
            const bool is_cut = on && on->state == ACTIVE && w->count > 0 && w->cut_ns == 0;
            if (is_cut &&
                !(kept && kept[i] && weir_want_on(subscriptions, w, heir)->state == ACTIVE))
                w->cut_ns = from_ns;
        }
    }
    subscriptions->shards[weir_shard_of(subscriptions, line)].has_cuts = true;
    pthread_mutex_unlock(&subscriptions->lock);
}

bool weir_subscriptions_take_cut_of(weir_subscriptions *subscriptions, size_t line, size_t stream,
                                    const weir_asset *asset, int64_t *from_ns, bool *is_last)
{
    const size_t shard = weir_shard_of(subscriptions, line);
    pthread_mutex_lock(&subscriptions->lock);
    bool *has_cuts = &subscriptions->shards[shard].has_cuts;
    weir_want *w = *has_cuts ? weir_want_find(&subscriptions->streams[stream], asset) : NULL;
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
bool weir_subscriptions_take_cut(weir_subscriptions *subscriptions, size_t line, size_t *stream,
                                 const weir_asset **asset, int64_t *from_ns)
{
    bool has_found = false, has_more = false;
    pthread_mutex_lock(&subscriptions->lock);
    bool *has_cuts = &subscriptions->shards[weir_shard_of(subscriptions, line)].has_cuts;
    for (size_t i = 0; *has_cuts && !has_found && i < subscriptions->stream_count; i++) {
        for (weir_want *w = subscriptions->streams[i].first; w && !has_found; w = w->next) {
            const weir_agreement *on = weir_want_on(subscriptions, w, line);
            if (!on || w->cut_ns == 0)
                continue;
            has_more = true;
            if (on->state != ACTIVE)
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
