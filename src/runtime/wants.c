/* SPDX-License-Identifier: MIT */
/*
 * A want that nobody holds any more stays while the venue still believes in it, so that wanting it
 * again before the message went out changes nothing on the wire. Where an agreement belongs follows
 * from what it is; weir_want_settle compares that with where it is, so whoever changes one says so
 * once, and changes that cancel out move nothing.
 */
#include "runtime/wants.h"

#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ lists */

static void append(weir_agreement_list *list, weir_agreement *on, size_t link)
{
    on->links[link].next = NULL;
    on->links[link].before = list->last;
    *(list->last ? &list->last->links[link].next : &list->first) = on;
    list->last = on;
}

static void take_out(weir_agreement_list *list, const weir_agreement *on, size_t link)
{
    weir_agreement *next = on->links[link].next, *before = on->links[link].before;
    *(before ? &before->links[link].next : &list->first) = next;
    *(next ? &next->links[link].before : &list->last) = before;
}

void weir_turn_clear(weir_agreement_list *turn)
{
    while (turn->first) {
        turn->first->turn = NULL;
        take_out(turn, turn->first, IN_TURN);
    }
}

/* ------------------------------------------------------------------ places */

static size_t place_of(const weir_agreement *on)
{
    if (on->want->ids.count == 0)
        return on->may_be_served ? PLACE_LEAVING : PLACE_NOWHERE;
    if (on->state == REFUSED && on->may_be_served)
        return PLACE_DOUBTED;
    return on->renews && weir_agreement_is_sent(on) ? PLACE_LEAVING : on->state;
}

static weir_agreement_list *turn_of(const weir_subscriptions *s, const weir_agreement *on)
{
    weir_turns *turns = weir_turns_of(s, on->line, on->want->stream);
    if (on->place == IDLE)
        return &turns->due;
    if (on->place == PLACE_LEAVING)
        return &turns->leaving;
    return on->place == ACTIVE && on->want->cut_ns != 0 ? &turns->healed : NULL;
}

static void count(weir_line *line, size_t place, bool is_more)
{
    line->counts[place] += is_more ? 1 : SIZE_MAX;
    atomic_store_explicit(&line->awaited, line->counts[PENDING] + line->counts[PLACE_DOUBTED],
                          memory_order_relaxed);
}

static void settle(const weir_subscriptions *s, weir_agreement *on)
{
    weir_line *line = &s->lines[on->line];
    count(line, on->place, false);
    on->place = (uint8_t)place_of(on);
    count(line, on->place, true);
    weir_agreement_list *turn = turn_of(s, on);
    if (turn == on->turn)
        return;
    if (on->turn)
        take_out(on->turn, on, IN_TURN);
    on->turn = turn;
    if (turn)
        append(turn, on, IN_TURN);
}

void weir_want_settle(weir_subscriptions *s, weir_want *w)
{
    for (size_t i = 0; i < s->side_count; i++)
        settle(s, &w->sides[i]);
}

/* ------------------------------------------------------------------ requests */

static weir_str key_of(const uint64_t *request)
{
    return (weir_str){(const char *)request, sizeof *request};
}

static void await_no_more(weir_line *line, const weir_asked *asked)
{
    *(asked->before ? &asked->before->next : &line->first) = asked->next;
    *(asked->next ? &asked->next->before : &line->last) = asked->before;
}

/* Deadlines come in order but for a few, so the place is found from the end. */
static void await(weir_line *line, weir_asked *asked)
{
    weir_asked *before = line->last;
    while (before && before->deadline_ns > asked->deadline_ns)
        before = before->before;
    asked->before = before;
    asked->next = before ? before->next : line->first;
    *(before ? &before->next : &line->first) = asked;
    *(asked->next ? &asked->next->before : &line->last) = asked;
}

static void count_waiting(weir_line *line, weir_asked *asked, bool is_more)
{
    if (is_more && asked->waiting++ == 0)
        await(line, asked);
    else if (!is_more && --asked->waiting == 0)
        await_no_more(line, asked);
}

void weir_asked_defer(weir_subscriptions *s, size_t line, weir_asked *asked, int64_t deadline_ns)
{
    await_no_more(&s->lines[line], asked);
    asked->deadline_ns = deadline_ns;
    await(&s->lines[line], asked);
}

weir_asked *weir_asked_find(const weir_subscriptions *s, size_t line, uint64_t request)
{
    return weir_map_get(&s->lines[line].asked, key_of(&request));
}

weir_asked *weir_asked_make(weir_subscriptions *s, size_t line, size_t stream, uint64_t request,
                            int64_t deadline_ns)
{
    weir_asked *asked = weir_asked_find(s, line, request);
    if (asked || !(asked = calloc(1, sizeof *asked)))
        return asked;
    *asked = (weir_asked){.request = request, .stream = stream, .deadline_ns = deadline_ns};
    if (weir_map_put(&s->lines[line].asked, key_of(&asked->request), asked))
        return asked;
    free(asked);
    return NULL;
}

static void leave(weir_line *line, weir_asked *asked, const weir_agreement *on)
{
    take_out(&asked->members, on, OF_REQUEST);
    if (weir_agreement_waits(on))
        count_waiting(line, asked, false);
    if (--asked->count > 0)
        return;
    weir_map_remove(&line->asked, key_of(&asked->request));
    free(asked);
}

void weir_asked_join(weir_subscriptions *s, weir_asked *asked, weir_agreement *on)
{
    weir_line *line = &s->lines[on->line];
    if (on->asked == asked)
        return;
    if (on->asked)
        leave(line, on->asked, on);
    on->asked = asked;
    if (!asked)
        return;
    append(&asked->members, on, OF_REQUEST);
    asked->count++;
    if (weir_agreement_waits(on))
        count_waiting(line, asked, true);
}

/* ------------------------------------------------------------------ wants */

/* The symbol is unique in a book; "" is no symbol, so it can stand for the stream itself. */
static weir_str symbol_of(const weir_asset *asset)
{
    return asset ? asset->symbol : WEIR_STR("");
}

weir_want *weir_want_find(const weir_subscriptions *s, size_t stream, const weir_asset *asset)
{
    return weir_map_get(&s->by_symbol[stream], symbol_of(asset));
}

weir_want *weir_want_add(weir_subscriptions *s, size_t stream, const weir_asset *asset,
                         size_t shard)
{
    weir_stream_wants *cell = weir_wants_of(s, shard, stream);
    weir_want *w = calloc(1, sizeof *w + s->side_count * sizeof w->sides[0]);
    if (!w || !weir_map_put(&s->by_symbol[stream], symbol_of(asset), w)) {
        free(w);
        return NULL;
    }
    *w = (weir_want){
        .asset = asset, .stream = (uint32_t)stream, .shard = (uint32_t)shard, .before = cell->last};
    *(cell->last ? &cell->last->next : &cell->first) = w;
    cell->last = w;
    s->shards[shard].nodes++;
    for (size_t i = 0; i < s->side_count; i++) {
        const size_t line = i * s->shard_count + shard;
        w->sides[i] = (weir_agreement){.want = w, .line = (uint32_t)line, .place = PLACE_NOWHERE};
        count(&s->lines[line], PLACE_NOWHERE, true);
    }
    return w;
}

void weir_want_remove(weir_subscriptions *s, weir_want *w)
{
    weir_stream_wants *cell = weir_wants_of(s, w->shard, w->stream);
    weir_want_cut(s, w, 0);
    for (size_t i = 0; i < s->side_count; i++) {
        weir_agreement *on = &w->sides[i];
        weir_asked_join(s, NULL, on);
        count(&s->lines[on->line], on->place, false);
        if (on->turn)
            take_out(on->turn, on, IN_TURN);
        free(on->reason);
    }
    s->shards[w->shard].nodes--;
    *(w->before ? &w->before->next : &cell->first) = w->next;
    *(w->next ? &w->next->before : &cell->last) = w->before;
    weir_map_remove(&s->by_symbol[w->stream], symbol_of(w->asset));
    weir_ids_fini(&w->ids);
    free(w);
}

void weir_want_remove_if_idle(weir_subscriptions *s, weir_want *w)
{
    bool is_idle = w->ids.count == 0;
    for (size_t i = 0; i < s->side_count; i++)
        is_idle = is_idle && !w->sides[i].may_be_served;
    if (is_idle)
        weir_want_remove(s, w);
}

void weir_want_cut(weir_subscriptions *s, weir_want *w, int64_t cut_ns)
{
    s->shards[w->shard].cuts += (size_t)(cut_ns != 0) - (size_t)(w->cut_ns != 0);
    w->cut_ns = cut_ns;
    weir_want_settle(s, w);
}

/* ------------------------------------------------------------------ agreements */

void weir_agreement_forget_refusal(weir_agreement *on)
{
    free(on->reason);
    on->reason = NULL;
}

void weir_agreement_set(weir_subscriptions *s, weir_agreement *on, weir_progress state,
                        bool may_be_served)
{
    const bool has_waited = weir_agreement_waits(on);
    on->state = (uint8_t)state;
    on->may_be_served = may_be_served;
    const bool waits = weir_agreement_waits(on);
    if (on->asked && has_waited != waits)
        count_waiting(&s->lines[on->line], on->asked, waits);
    settle(s, on);
}

void weir_agreement_reset(weir_subscriptions *s, weir_agreement *on)
{
    weir_asked_join(s, NULL, on);
    on->renews = false;
    on->tries = 0;
    on->before = 0;
    on->part = 0;
    weir_agreement_forget_refusal(on);
    weir_agreement_set(s, on, IDLE, on->may_be_served);
}
