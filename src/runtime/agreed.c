/* SPDX-License-Identifier: MIT */
/*
 * How far the venue has agreed to what is wanted: what goes into the next message, what its answers
 * change, what a lost link leaves behind. All of it is known per line (wants.h): two links of one
 * shard are asked independently of each other. A cut is the connection's, whichever link is its own
 * next. Messages are gathered from the head of a list and end where the next want does not go with
 * the first, so making one costs what is in it.
 */
#include <stdlib.h>
#include <string.h>

#include "runtime/wants.h"
#include "util/time.h"

enum { TRIES_MAX = 2, DOUBLED_MAX = 2 };

/* The first pause of what was given up; each further one is twice as long. */
#define AGAIN_NS (30 * WEIR_NS_PER_S)

/* The venue knows nothing of it. It may be gone afterwards. */
static void forget(weir_subscriptions *s, weir_agreement *on)
{
    weir_agreement_reset(s, on);
    weir_agreement_set(s, on, IDLE, false);
    weir_want_remove_if_idle(s, on->want);
}

/* ------------------------------------------------------------------ telling the venue */

void weir_subscriptions_restart(weir_subscriptions *subscriptions, size_t line)
{
    const size_t shard = weir_shard_of(subscriptions, line);
    pthread_mutex_lock(&subscriptions->lock);
    for (size_t i = 0; i < subscriptions->stream_count; i++) {
        /* the order is to be that of first want again */
        weir_turn_clear(&weir_turns_of(subscriptions, line, i)->due);
        weir_want *w = weir_wants_of(subscriptions, shard, i)->first;
        for (weir_want *next; w; w = next) {
            next = w->next;
            forget(subscriptions, weir_want_on(subscriptions, w, line));
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

/* Wants of one message. A venue may refuse one as a whole for a symbol that it does not know, so
 * what it never confirmed is left in a message of its own. */
static bool goes_with(const weir_agreement *on, const weir_agreement *first, bool unsubscribes)
{
    if (!on->want->asset || !first->want->asset)
        return false;
    return unsubscribes ? on->state == ACTIVE && first->state == ACTIVE : on->part == first->part;
}

/* Others want and let go while messages are made. A place that was let go meanwhile is free here,
 * and not yet at the venue. */
static bool must_leave_first(const weir_subscriptions *s, size_t line)
{
    for (size_t i = 0; i < s->stream_count; i++) {
        if (weir_turns_of(s, line, i)->leaving.first)
            return true;
    }
    return false;
}

bool weir_subscriptions_gather(weir_subscriptions *subscriptions, size_t line, size_t stream,
                               bool unsubscribes, size_t most, weir_subscription_change *change)
{
    size_t gathered = 0;
    clear_change(change);
    pthread_mutex_lock(&subscriptions->lock);
    const weir_turns *turns = weir_turns_of(subscriptions, line, stream);
    const weir_agreement *first = unsubscribes                            ? turns->leaving.first
                                  : must_leave_first(subscriptions, line) ? NULL
                                                                          : turns->due.first;
    for (const weir_agreement *on = first; on; on = on->links[IN_TURN].next) {
        if (on != first && !goes_with(on, first, unsubscribes))
            break;
        put_change(change, on->want);
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

/* Without memory to await an answer none is awaited. */
static void note_sent(weir_subscriptions *s, weir_agreement *on, uint64_t request,
                      int64_t deadline_ns)
{
    weir_asked *asked = deadline_ns > 0
                            ? weir_asked_make(s, on->line, on->want->stream, request, deadline_ns)
                            : NULL;
    on->before = on->asked ? on->asked->request : 0;
    weir_asked_join(s, asked, on);
    if (asked && on->before != 0)
        asked->repeats = true;
    on->tries += on->tries < UINT8_MAX;
    weir_agreement_set(s, on, asked ? PENDING : ACTIVE, true);
}

/* What was let go in the meantime was asked for all the same, and is to be taken back. */
void weir_subscriptions_sent(weir_subscriptions *subscriptions, size_t line, size_t stream,
                             const weir_subscription_change *change, uint64_t request,
                             int64_t deadline_ns)
{
    const size_t shard = weir_shard_of(subscriptions, line);
    pthread_mutex_lock(&subscriptions->lock);
    for (size_t i = 0; i < change->count + change->is_whole; i++) {
        const weir_asset *asset = asset_at(change, i);
        weir_want *w = weir_want_find(subscriptions, stream, asset);
        if (!w)
            w = weir_want_add(subscriptions, stream, asset, shard);
        weir_agreement *on = weir_want_on(subscriptions, w, line);
        if (on)
            note_sent(subscriptions, on, request, deadline_ns);
    }
    pthread_mutex_unlock(&subscriptions->lock);
}

void weir_subscriptions_left(weir_subscriptions *subscriptions, size_t line, size_t stream,
                             const weir_subscription_change *change)
{
    pthread_mutex_lock(&subscriptions->lock);
    for (size_t i = 0; i < change->count + change->is_whole; i++) {
        weir_want *w = weir_want_find(subscriptions, stream, asset_at(change, i));
        weir_agreement *on = weir_want_on(subscriptions, w, line);
        if (on)
            forget(subscriptions, on);
    }
    pthread_mutex_unlock(&subscriptions->lock);
}

/* ------------------------------------------------------------------ what the venue says */

static void confirm(weir_subscriptions *s, weir_agreement *on)
{
    weir_agreement_forget_refusal(on);
    weir_agreement_set(s, on, ACTIVE, on->may_be_served);
}

/* Also what was given up, or is to be asked for again, because nothing had been heard of it; not
 * what is to be asked for anew (weir_subscriptions_renew). */
static bool is_awaited(const weir_agreement *on)
{
    return on->may_be_served && on->asked && on->state != ACTIVE;
}

bool weir_subscriptions_confirm(weir_subscriptions *subscriptions, size_t line, size_t stream,
                                const weir_asset *asset)
{
    pthread_mutex_lock(&subscriptions->lock);
    weir_want *w = weir_want_find(subscriptions, stream, asset);
    weir_agreement *on = weir_want_on(subscriptions, w, line);
    const bool is_news = on && is_awaited(on);
    if (is_news)
        confirm(subscriptions, on);
    pthread_mutex_unlock(&subscriptions->lock);
    return is_news;
}

/* What the request asked for was asked for again before the answer came. The second answer is of
 * no interest then: it may be that it was subscribed already. */
static void confirm_repeated(weir_subscriptions *s, const weir_asked *asked, uint64_t request)
{
    for (weir_agreement *on = asked->members.first, *next; on; on = next) {
        next = on->links[OF_REQUEST].next;
        const bool is_last = asked->count == 1;
        if (on->before == request && on->state == PENDING) {
            confirm(s, on);
            weir_asked_join(s, NULL, on);
        }
        if (is_last)
            return; /* the request may be gone */
    }
}

void weir_subscriptions_confirm_request(weir_subscriptions *subscriptions, size_t line,
                                        uint64_t request)
{
    pthread_mutex_lock(&subscriptions->lock);
    weir_asked *asked = weir_asked_find(subscriptions, line, request);
    weir_agreement *on = asked ? asked->members.first : NULL;
    for (; on; on = on->links[OF_REQUEST].next) {
        if (is_awaited(on))
            confirm(subscriptions, on);
    }
    for (weir_asked *later = asked ? NULL : subscriptions->lines[line].first; later;
         later = asked) {
        asked = later->next;
        if (later->repeats)
            confirm_repeated(subscriptions, later, request);
    }
    pthread_mutex_unlock(&subscriptions->lock);
}

/* That nothing comes is told by the refusal: the cut is none any more. Of what is given up for want
 * of an answer something may come all the same, and then the hole is told before it. */
static void refuse(weir_subscriptions *s, weir_agreement *on, const char *reason,
                   bool may_be_served)
{
    weir_want *w = on->want;
    weir_agreement_forget_refusal(on);
    weir_agreement_set(s, on, REFUSED, may_be_served);
    on->reason = strdup(reason);
    if (!may_be_served && on == &w->sides[s->shards[w->shard].front])
        weir_want_cut(s, w, 0);
}

/* A want that nobody holds and the venue does not serve is done with. */
static void refuse_or_remove(weir_subscriptions *s, weir_agreement *on, const char *reason)
{
    weir_asked_join(s, NULL, on);
    refuse(s, on, reason, false);
    weir_want_remove_if_idle(s, on->want);
}

bool weir_subscriptions_refuse(weir_subscriptions *subscriptions, size_t line, size_t stream,
                               const weir_asset *asset, const char *reason)
{
    pthread_mutex_lock(&subscriptions->lock);
    weir_want *w = weir_want_find(subscriptions, stream, asset);
    weir_agreement *on = weir_want_on(subscriptions, w, line);
    const bool is_known = on && (on->state != REFUSED || on->may_be_served);
    if (is_known)
        refuse_or_remove(subscriptions, on, reason);
    pthread_mutex_unlock(&subscriptions->lock);
    return is_known;
}

/* Each half is a part, to be sent by itself. The last member that leaves the request frees it. */
static void split(weir_subscriptions *s, const weir_asked *asked)
{
    const size_t members = asked->count;
    const uint64_t parts = s->last_part;
    weir_agreement *on = asked->members.first;
    s->last_part += 2;
    for (size_t at = 0; at < members; at++) {
        weir_agreement *next = on->links[OF_REQUEST].next;
        weir_agreement_reset(s, on);
        on->part = parts + (at < members / 2 ? 1 : 2);
        weir_agreement_set(s, on, IDLE, false);
        weir_want_remove_if_idle(s, on->want);
        on = next;
    }
}

bool weir_subscriptions_refuse_request(weir_subscriptions *subscriptions, size_t line,
                                       size_t stream, uint64_t request, const char *reason,
                                       weir_subscription_change *change)
{
    clear_change(change);
    pthread_mutex_lock(&subscriptions->lock);
    const weir_asked *asked = weir_asked_find(subscriptions, line, request);
    const bool is_its = asked && asked->stream == stream;
    if (is_its && asked->count > 1) {
        split(subscriptions, asked);
    } else if (is_its) {
        weir_agreement *on = asked->members.first;
        if (on->want->ids.count > 0)
            put_change(change, on->want);
        refuse_or_remove(subscriptions, on, reason);
    }
    pthread_mutex_unlock(&subscriptions->lock);
    return is_its;
}

/* ------------------------------------------------------------------ deadlines */

/* The answer was lost, perhaps, and not the request: whoever leaves what is given up has to say so,
 * an answer that comes after all counts, and it is asked for again by and by. It is told once. */
static void expire(weir_subscriptions *s, weir_agreement *on, const char *reason,
                   weir_subscription_change *change)
{
    const bool is_wanted = on->want->ids.count > 0;
    if (is_wanted && (on->state == REFUSED || on->tries < TRIES_MAX)) {
        weir_agreement_set(s, on, IDLE, on->may_be_served);
    } else if (on->state == PENDING) {
        if (is_wanted && on->tries == TRIES_MAX)
            put_change(change, on->want);
        refuse(s, on, reason, true);
    }
}

static int64_t pause_of(const weir_agreement *on)
{
    const unsigned doubled = on->tries > TRIES_MAX ? on->tries - TRIES_MAX : 0;
    return AGAIN_NS << (doubled < DOUBLED_MAX ? doubled : DOUBLED_MAX);
}

static void expire_all(weir_subscriptions *s, size_t line, weir_asked *asked, int64_t now_ns,
                       const char *reason, weir_subscription_change *change)
{
    int64_t pause_ns = AGAIN_NS;
    for (weir_agreement *on = asked->members.first; on; on = on->links[OF_REQUEST].next) {
        pause_ns = pause_of(on);
        if (weir_agreement_waits(on))
            expire(s, on, reason, change);
    }
    if (asked->waiting > 0)
        weir_asked_defer(s, line, asked, now_ns + pause_ns);
}

void weir_subscriptions_expire(weir_subscriptions *subscriptions, size_t line, size_t stream,
                               int64_t now_ns, const char *reason, weir_subscription_change *change)
{
    clear_change(change);
    pthread_mutex_lock(&subscriptions->lock);
    weir_asked *asked = subscriptions->lines[line].first;
    for (weir_asked *next; asked && asked->deadline_ns <= now_ns; asked = next) {
        next = asked->next;
        if (asked->stream == stream)
            expire_all(subscriptions, line, asked, now_ns, reason, change);
    }
    pthread_mutex_unlock(&subscriptions->lock);
}

/* ------------------------------------------------------------------ asking anew */

typedef struct renewal {
    weir_subscriptions *subscriptions;
    size_t line;
    bool leaves_first;
    int64_t now_ns, pause_ns;
} renewal;

static bool renew(const renewal *r, weir_want *w)
{
    weir_agreement *on = weir_want_on(r->subscriptions, w, r->line);
    if (!on || w->ids.count == 0 || on->state != ACTIVE ||
        (w->renewed_ns != 0 && r->now_ns - w->renewed_ns < r->pause_ns))
        return false;
    w->renewed_ns = r->now_ns;
    if (!r->leaves_first)
        weir_agreement_reset(r->subscriptions, on);
    on->renews = r->leaves_first;
    weir_want_settle(r->subscriptions, w);
    return true;
}

bool weir_subscriptions_renew(weir_subscriptions *subscriptions, size_t line, size_t stream,
                              const weir_asset *asset, bool leaves_first, int64_t now_ns,
                              int64_t pause_ns)
{
    const renewal r = {subscriptions, line, leaves_first, now_ns, pause_ns};
    const size_t shard = weir_shard_of(subscriptions, line);
    bool has_any = false;
    pthread_mutex_lock(&subscriptions->lock);
    if (asset) {
        weir_want *w = weir_want_find(subscriptions, stream, asset);
        /* or it is part of the stream as a whole */
        has_any = renew(&r, w ? w : weir_want_find(subscriptions, stream, NULL));
    } else {
        for (weir_want *w = weir_wants_of(subscriptions, shard, stream)->first; w; w = w->next)
            has_any |= renew(&r, w);
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

static bool lacks(const weir_subscriptions *s, weir_want *w, size_t line, size_t than)
{
    const weir_agreement *on = weir_want_on(s, w, line), *other = weir_want_on(s, w, than);
    return on && other && w->ids.count > 0 && on->state == REFUSED && other->state == ACTIVE;
}

size_t weir_subscriptions_lacking(weir_subscriptions *subscriptions, size_t line, size_t than)
{
    const size_t shard = weir_shard_of(subscriptions, line);
    size_t lacking = 0;
    pthread_mutex_lock(&subscriptions->lock);
    for (size_t i = 0; i < subscriptions->stream_count; i++) {
        for (weir_want *w = weir_wants_of(subscriptions, shard, i)->first; w; w = w->next)
            lacking += lacks(subscriptions, w, line, than);
    }
    pthread_mutex_unlock(&subscriptions->lock);
    return lacking;
}

/* ------------------------------------------------------------------ lost links */

static bool is_active_on(const weir_subscriptions *s, weir_want *w, size_t line)
{
    const weir_agreement *on = weir_want_on(s, w, line);
    return on && on->state == ACTIVE;
}

/* Data may come before the answer does, and the answer be lost: whatever the venue was asked for
 * and has not refused may have come. */
static bool may_have_come(const weir_subscriptions *s, weir_want *w, size_t line)
{
    const weir_agreement *on = weir_want_on(s, w, line);
    return on && (on->state == ACTIVE || on->may_be_served);
}

void weir_subscriptions_cut(weir_subscriptions *subscriptions, size_t line, int64_t from_ns,
                            size_t heir, const bool *kept)
{
    const size_t shard = weir_shard_of(subscriptions, line);
    pthread_mutex_lock(&subscriptions->lock);
    for (size_t i = 0; i < subscriptions->stream_count; i++) {
        for (weir_want *w = weir_wants_of(subscriptions, shard, i)->first; w; w = w->next) {
            if (w->ids.count > 0 && w->cut_ns == 0 && may_have_come(subscriptions, w, line) &&
                !(kept && kept[i] && is_active_on(subscriptions, w, heir)))
                weir_want_cut(subscriptions, w, from_ns);
        }
    }
    pthread_mutex_unlock(&subscriptions->lock);
}

bool weir_subscriptions_take_cut_of(weir_subscriptions *subscriptions, size_t line, size_t stream,
                                    const weir_asset *asset, int64_t *from_ns, bool *is_last)
{
    pthread_mutex_lock(&subscriptions->lock);
    const size_t *cuts = &subscriptions->shards[weir_shard_of(subscriptions, line)].cuts;
    weir_want *w = *cuts > 0 ? weir_want_find(subscriptions, stream, asset) : NULL;
    const bool is_cut = weir_want_on(subscriptions, w, line) && w->cut_ns != 0;
    if (is_cut) {
        *from_ns = w->cut_ns;
        weir_want_cut(subscriptions, w, 0);
    }
    *is_last = *cuts == 0;
    pthread_mutex_unlock(&subscriptions->lock);
    return is_cut;
}

bool weir_subscriptions_take_cut(weir_subscriptions *subscriptions, size_t line, size_t *stream,
                                 const weir_asset **asset, int64_t *from_ns)
{
    const weir_agreement *on = NULL;
    pthread_mutex_lock(&subscriptions->lock);
    const bool has_cuts = subscriptions->shards[weir_shard_of(subscriptions, line)].cuts > 0;
    for (size_t i = 0; has_cuts && !on && i < subscriptions->stream_count; i++)
        on = weir_turns_of(subscriptions, line, i)->healed.first;
    if (on) {
        *stream = on->want->stream;
        *asset = on->want->asset;
        *from_ns = on->want->cut_ns;
        weir_want_cut(subscriptions, on->want, 0);
    }
    pthread_mutex_unlock(&subscriptions->lock);
    return on != NULL;
}
