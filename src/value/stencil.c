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
    }
    return weir_value_absent();
}

/* A number that is not for a lane: all of it is one. */
static __attribute__((noinline)) bool fit_number(const weir_walk *walk, const weir_stencil_step *s,
                                                 weir_fit *fit)
{
    const char *from = weir_fit_spot(fit, s->from), *to = weir_fit_spot(fit, s->to);
    const size_t len = (size_t)(to - from);
    uint8_t flags;
    fit->number[s->number] = from;
    fit->number_len[s->number] = (uint32_t)len;
    return to > from && weir_scan_number_length(&walk->scan, from, len, &flags) == len;
}

/* The number at `from`, that ends where it ends; behind it, or NULL. */
static inline const char *open_number(const weir_walk *walk, const char *from)
{
    weir_scan scan = walk->scan;
    uint8_t flags;
    const char *to = weir_scan_short_number(&scan, from, &flags);
    if (__builtin_expect(!to, 0))
        to = from + weir_scan_long_number(&walk->scan, from, &flags);
    return to > from ? to : NULL;
}

static inline void set_lane(weir_fit *fit, const weir_stencil_step *s, const char *at, size_t len)
{
    const uint32_t short_len = (uint32_t)len;
    memcpy((char *)fit + s->at, &at, sizeof at);
    memcpy((char *)fit + s->len, &short_len, sizeof short_len);
}

/* A list of strings: the place behind it. */
static inline weir_cursor pass_strings(const char *base, weir_cursor p)
{
    const uint32_t *quote = p.quote;
    if (*p.at != '[' || base + *quote != p.at + 1)
        return (weir_cursor){NULL, NULL};
    while (base[quote[1] + 1] == ',' && quote[2] == quote[1] + 2)
        quote += 2;
    const char *behind = base + quote[1] + 1;
    return (weir_cursor){*behind == ']' ? behind + 1 : NULL, quote + 2};
}

static __attribute__((noinline)) weir_cursor walk_container(const weir_stencil *stencil,
                                                            size_t part, weir_walk *walk,
                                                            weir_cursor p, weir_fit *fit)
{
    const weir_stencil_walk *w = &stencil->walks[part];
    return weir_is_bracket(*p.at) ? weir_walk_value(walk, p, w->node, w->depth, &fit->walked[part])
                                  : (weir_cursor){NULL, NULL};
}

/* The steps of a part, of whose quotes there are enough; the step that ends it, or NULL. */
static const weir_stencil_step *fit_part(const weir_stencil_step *s, const weir_walk *walk,
                                         weir_cursor p, weir_fit *fit)
{
    static const void *const ways[WEIR_STEP_COUNT] = {
        &&text_at,  &&between, &&lane, &&number, &&length, &&distance, &&text,
        &&text_end, &&ends,    &&ends, &&ends,   &&ends,   &&ends,     &&ends};
    const char *const base = walk->base;
    const uint32_t *const quote = p.quote;
    const char *from;
    size_t len;
    uint32_t same = UINT32_MAX;
    goto *ways[s->code];
text_at:
    if ((weir_scan_equal(p.at + s->from.delta, s->text) | s->others) != UINT32_MAX)
        return NULL;
    goto *ways[(++s)->code];
between:
    from = base + quote[s->from.quote] + s->from.delta;
    len = quote[s->from.quote + 1] - quote[s->from.quote] - s->others;
    goto put_lane;
lane:
    from = weir_fit_spot(fit, s->from);
    len = (size_t)(weir_fit_spot(fit, s->to) - from);
put_lane:
    if (len - 1 >= WEIR_STENCIL_NUMBER_LEN_MAX)
        return NULL;
    set_lane(fit, s, from, len);
    goto *ways[(++s)->code];
number:
    if (!fit_number(walk, s, fit))
        return NULL;
    goto *ways[(++s)->code];
length:
    if (quote[s->from.quote] - quote[s->from.quote - 1] <= s->others)
        return NULL;
    goto *ways[(++s)->code];
distance:
    if (weir_fit_spot(fit, s->to) - weir_fit_spot(fit, s->from) != (ptrdiff_t)s->others)
        return NULL;
    goto *ways[(++s)->code];
text:
    same &= weir_scan_equal(base + quote[s->from.quote] + s->from.delta, s->text) | s->others;
    goto *ways[(++s)->code];
text_end:
    same &= weir_scan_equal(walk->scan.end + s->from.delta, s->text) | s->others;
    goto *ways[(++s)->code];
ends:
    return same == UINT32_MAX ? s : NULL;
}

/* The number that a part ends with; behind it. */
static inline weir_cursor fit_open_number(const weir_walk *walk, const weir_stencil_step *s,
                                          weir_cursor p, weir_fit *fit)
{
    const char *from = p.at;
    p.at = open_number(walk, from);
    const size_t len = (size_t)(p.at - from);
    if (s->code == WEIR_STEP_TO_NUMBER && p.at) {
        fit->number[s->number] = from;
        fit->number_len[s->number] = (uint32_t)len;
    } else if (p.at && len <= WEIR_STENCIL_NUMBER_LEN_MAX) {
        set_lane(fit, s, from, len);
    } else {
        p.at = NULL;
    }
    return p;
}

/* The list that is left, and where what stands behind it begins. */
static weir_cursor fit_rows(const weir_stencil *stencil, const weir_stencil_step *s, size_t part,
                            const weir_walk *walk, weir_cursor p, weir_fit *fit)
{
    const uint32_t *const last = walk->index->quotes + walk->index->count;
    fit->rows = p;
    if ((size_t)(last - p.quote) < s->next)
        return (weir_cursor){NULL, NULL};
    fit->where[2 + 2 * (part + 1)] = last - s->next;
    fit->rows_end = weir_fit_spot(fit, stencil->rows_end);
    return (weir_cursor){fit->rows_end > p.at ? p.at : NULL, last - s->next};
}

bool weir_stencil_fit(const weir_stencil *stencil, weir_walk *walk, weir_cursor p, weir_fit *fit)
{
    const uint32_t *const last_quote = walk->index->quotes + walk->index->count;
    const weir_stencil_step *s = stencil->steps;
    size_t needed = stencil->quotes;
    fit->base = walk->base;
    fit->end = (uint32_t)walk->index->len;
    for (size_t part = 0;; part++, s++) {
        if ((size_t)(last_quote - p.quote) < needed || p.at > walk->scan.end)
            return false;
        fit->start[part] = (uint32_t)(p.at - walk->base);
        fit->where[2 + 2 * part] = p.quote;
        s = fit_part(s, walk, p, fit);
        if (!s)
            return false;
        p = (weir_cursor){weir_fit_spot(fit, s->from), p.quote + s->quotes};
        switch ((weir_stencil_code)s->code) {
        case WEIR_STEP_TO_LANE:
        case WEIR_STEP_TO_NUMBER: p = fit_open_number(walk, s, p, fit); break;
        case WEIR_STEP_TO_STRINGS: p = pass_strings(walk->base, p); break;
        case WEIR_STEP_TO_WALK: p = walk_container(stencil, part, walk, p, fit); break;
        case WEIR_STEP_TO_ROWS: p = fit_rows(stencil, s, part, walk, p, fit); break;
        default:
            fit->behind = p;
            return stencil->is_whole ? p.at == walk->scan.end : p.at <= walk->scan.end;
        }
        if (!p.at)
            return false;
        needed = s->next;
    }
}
