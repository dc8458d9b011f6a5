/* SPDX-License-Identifier: MIT */
/*
 * Fitting a stencil: step by step, without a branch that depends on the text but those out of it.
 */
#include "value/stencil_parts.h"

#include <stdlib.h>

void weir_stencil_free(weir_stencil *stencil)
{
    free(stencil);
}

void weir_fit_init(weir_fit *fit)
{
    fit->where[0] = &fit->end;
    for (size_t i = 0; i < WEIR_STENCIL_PARTS_MAX; i++)
        fit->where[1 + 2 * i] = &fit->start[i];
}

const weir_stencil_mark *weir_stencil_mark_of(const weir_stencil *stencil, size_t slot)
{
    for (size_t i = 0; i < stencil->mark_count; i++)
        if (stencil->marks[i].slot == slot)
            return &stencil->marks[i];
    return NULL;
}

static weir_value number_value(const char *at, uint32_t len)
{
    const bool is_whole = !memchr(at, '.', len) && !memchr(at, 'e', len) && !memchr(at, 'E', len);
    const uint8_t flags = is_whole ? WEIR_VALUE_INTEGRAL | WEIR_VALUE_ASCII : WEIR_VALUE_ASCII;
    return weir_scan_span(WEIR_RAW, flags, WEIR_RAW_NUMBER, at, at + len);
}

weir_value weir_fit_value(const weir_fit *fit, const weir_stencil_mark *mark)
{
    const char *const from = weir_fit_spot(fit, mark->from);
    switch ((weir_mark_kind)mark->kind) {
    case WEIR_MARK_TEXT:
        return weir_scan_span(WEIR_STR, WEIR_VALUE_ASCII, 0, from, weir_fit_spot(fit, mark->to));
    case WEIR_MARK_NUMBER:
        return mark->in_lane
                   ? number_value(fit->lanes[mark->at / WEIR_LANES].at[mark->at % WEIR_LANES],
                                  fit->lanes[mark->at / WEIR_LANES].len[mark->at % WEIR_LANES])
                   : number_value(fit->number[mark->at], fit->number_len[mark->at]);
    case WEIR_MARK_WORD: return mark->word;
    case WEIR_MARK_SPAN:
        return weir_scan_span(WEIR_RAW, 0, (weir_raw)mark->raw, from, weir_fit_spot(fit, mark->to));
    case WEIR_MARK_WALKED: return fit->walked[mark->at];
    case WEIR_MARK_ROWS:
        return weir_scan_span(WEIR_RAW, 0, WEIR_RAW_ARRAY, fit->rows.at, fit->rows_end);
    case WEIR_MARK_HIDDEN: break;
    }
    return weir_value_absent();
}

/* A number that is not for a lane: all of it is one. */
static __attribute__((noinline)) bool fit_number(const weir_stencil_step *s, weir_fit *fit)
{
    const weir_scan scan = {fit->end_at, NULL, NULL};
    const char *from = weir_fit_spot(fit, s->from), *to = weir_fit_spot(fit, s->to);
    const size_t len = (size_t)(to - from);
    uint8_t flags;
    fit->number[s->number] = from;
    fit->number_len[s->number] = (uint32_t)len;
    return to > from && weir_scan_number_length(&scan, from, len, &flags) == len;
}

static inline bool set_lane(weir_fit *fit, const weir_stencil_step *s, const char *at, size_t len)
{
    const uint32_t short_len = (uint32_t)len;
    memcpy((char *)fit + s->at, &at, sizeof at);
    memcpy((char *)fit + s->len, &short_len, sizeof short_len);
    return len - 1 < WEIR_STENCIL_NUMBER_LEN_MAX;
}

static inline bool fit_between(const weir_stencil_step *s, const uint32_t *quote, weir_fit *fit)
{
    const uint32_t from = quote[s->from.quote];
    return set_lane(fit, s, fit->base + from + s->from.delta,
                    quote[s->from.quote + 1] - from - s->others);
}

static inline bool fit_lane(const weir_stencil_step *s, weir_fit *fit)
{
    const char *from = weir_fit_spot(fit, s->from);
    return set_lane(fit, s, from, (size_t)(weir_fit_spot(fit, s->to) - from));
}

static inline bool has_text(const weir_stencil_step *s, const char *at)
{
    return (weir_scan_equal(at + s->from.delta, s->text) | s->others) == UINT32_MAX;
}

static bool has_distance(const weir_stencil_step *s, const weir_fit *fit)
{
    return weir_fit_spot(fit, s->to) - weir_fit_spot(fit, s->from) == (ptrdiff_t)s->others;
}

/* The number that a part ends with; behind it. */
static inline weir_cursor fit_open_number(const weir_stencil_step *s, weir_cursor p, weir_fit *fit)
{
    weir_scan scan = {fit->end_at, NULL, NULL};
    uint8_t flags;
    const char *from = p.at;
    p.at = weir_scan_short_number(&scan, from, &flags);
    if (__builtin_expect(!p.at, 0))
        p.at = from + weir_scan_long_number(&scan, from, &flags);
    const size_t len = (size_t)(p.at - from);
    bool is_good = len > 0;
    if (s->code == WEIR_STEP_TO_NUMBER) {
        fit->number[s->number] = from;
        fit->number_len[s->number] = (uint32_t)len;
    } else {
        is_good = set_lane(fit, s, from, len);
    }
    return (weir_cursor){is_good ? p.at : NULL, p.quote};
}

const weir_trie weir_stencil_many = {.slot = WEIR_NO_SLOT, .is_lists = true};

/* A list that is of another form, which is looked into (weir_stencil_single_level). */
static bool has_single_level(const weir_json_index *index, const char *at)
{
    const weir_list_found *found =
        index->list_count > 0 ? &index->lists[index->list_count - 1] : NULL;
    return found && found->at == at && found->count == 1 && found->stride > 0 &&
           found->stride <= 2 * WEIR_STENCIL_LEVEL_TEXTS_MAX;
}

/* A list, as it was when it was learnt: nothing below it is read. Below an object there may be
 * slots, and for these there is neither a mark nor a place. */
static weir_cursor walk_list(const weir_stencil *stencil, size_t part, weir_cursor p, weir_fit *fit)
{
    const weir_stencil_walk *w = &stencil->walks[part];
    const weir_cursor none = {NULL, NULL};
    weir_walk walk = weir_walk_begin(fit->index, NULL);
    if (*p.at != '[')
        return none;
    const weir_cursor behind = weir_walk_value(&walk, p, w->node, w->depth, &fit->walked[part]);
    return w->node == &weir_stencil_many && has_single_level(fit->index, p.at) ? none : behind;
}

/* The list that is left, and where what stands behind it begins. */
static weir_cursor fit_rows(const weir_stencil *stencil, const weir_stencil_step *s, size_t part,
                            weir_cursor p, weir_fit *fit)
{
    const uint32_t *const quote = fit->last_quote - s->next;
    fit->rows = p;
    if (quote < p.quote)
        return (weir_cursor){NULL, NULL};
    fit->where[2 + 2 * (part + 1)] = quote;
    fit->rows_end = weir_fit_spot(fit, stencil->rows_end);
    return (weir_cursor){fit->rows_end > p.at ? p.at : NULL, quote};
}

/* What a part ends with; the place behind it. */
static inline weir_cursor end_part(const weir_stencil *stencil, const weir_stencil_step *s,
                                   size_t part, weir_cursor p, weir_fit *fit)
{
    switch ((weir_stencil_code)s->code) {
    case WEIR_STEP_TO_LANE:
    case WEIR_STEP_TO_NUMBER: return fit_open_number(s, p, fit);
    case WEIR_STEP_TO_STRINGS: return weir_place_pass_strings(fit->base, p);
    case WEIR_STEP_TO_WALK: return walk_list(stencil, part, p, fit);
    default: return fit_rows(stencil, s, part, p, fit);
    }
}

bool weir_stencil_fit(const weir_stencil *stencil, weir_cursor p, weir_fit *fit)
{
    static const void *const ways[WEIR_STEP_COUNT] = {
        &&text_at,  &&between, &&lane, &&number, &&length, &&distance, &&text,
        &&text_end, &&ends,    &&ends, &&ends,   &&ends,   &&ends,     &&end};
    const char *const base = fit->base;
    const weir_stencil_step *s = stencil->steps;
    size_t needed = stencil->quotes, part = 0;
begin: /* a part */
    if ((size_t)(fit->last_quote - p.quote) < needed || p.at > fit->end_at)
        return false;
    fit->start[part] = (uint32_t)(p.at - base);
    fit->where[2 + 2 * part] = p.quote;
    goto *ways[s->code];
text_at:
    if (!has_text(s, p.at))
        return false;
    goto *ways[(++s)->code];
between:
    if (!fit_between(s, p.quote, fit))
        return false;
    goto *ways[(++s)->code];
lane:
    if (!fit_lane(s, fit))
        return false;
    goto *ways[(++s)->code];
number:
    if (!fit_number(s, fit))
        return false;
    goto *ways[(++s)->code];
length:
    if (p.quote[s->from.quote] - p.quote[s->from.quote - 1] <= s->others)
        return false;
    goto *ways[(++s)->code];
distance:
    if (!has_distance(s, fit))
        return false;
    goto *ways[(++s)->code];
text:
    if (!has_text(s, base + p.quote[s->from.quote]))
        return false;
    goto *ways[(++s)->code];
text_end:
    if (!has_text(s, fit->end_at))
        return false;
    goto *ways[(++s)->code];
ends:
    p = (weir_cursor){weir_fit_spot(fit, s->from), p.quote + s->quotes};
    p = end_part(stencil, s, part, p, fit);
    if (!p.at)
        return false;
    needed = s->next;
    part++;
    s++;
    goto begin;
end:
    fit->behind = (weir_cursor){weir_fit_spot(fit, s->from), p.quote + s->quotes};
    return stencil->is_whole ? fit->behind.at == fit->end_at : fit->behind.at <= fit->end_at;
}
