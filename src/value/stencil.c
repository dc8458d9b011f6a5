/* SPDX-License-Identifier: MIT */
/*
 * Fitting a stencil: part by part, without a branch that depends on the text but those out of it.
 * All pieces of a part are compared before anything is said of them, so that none waits for
 * another.
 */
#include "value/lists.h"
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

size_t weir_stencil_lanes(const weir_stencil *stencil)
{
    return stencil->lane_count;
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
    case WEIR_MARK_WALKED: weir_fit_keep_list(fit, mark->at); return fit->walked[mark->at];
    case WEIR_MARK_ROWS:
        return weir_scan_span(WEIR_RAW, 0, WEIR_RAW_ARRAY, fit->rows.at, fit->rows_end);
    case WEIR_MARK_HIDDEN: break;
    }
    return weir_value_absent();
}

/* ------------------------------------------------------------------ what a part consists of */

/* What of a piece is not as it should be at so many bytes from `place`. */
static inline weir_stencil_block differs(const weir_stencil_piece *piece, const char *place,
                                         size_t at)
{
    weir_stencil_block block;
    at += (size_t)piece->delta;
    memcpy(&block, place + (ptrdiff_t)at, sizeof block);
    return (block ^ piece->text) & piece->mask;
}

static inline bool is_nothing(weir_stencil_block block)
{
    return (block[0] | block[1]) == 0;
}

/* A part's beginning, and pieces told from quotes. */
static inline bool has_texts(const weir_stencil_part *part, const char *at, const char *base,
                             const uint32_t *quotes)
{
    weir_stencil_block d = differs(&part->start, at, 0), e = {0};
    for (const weir_stencil_piece *piece = part->piece; piece < part->inner_end; piece += 2) {
        d |= differs(&piece[0], base, quotes[piece[0].quote]);
        e |= differs(&piece[1], base, quotes[piece[1].quote]);
    }
    return is_nothing(d | e);
}

/* Pieces told from one place. */
static bool has_texts_at(const weir_stencil_piece *piece, size_t count, const char *place)
{
    weir_stencil_block d = {0};
    for (size_t i = 0; i < count; i++)
        d |= differs(&piece[i], place, 0);
    return is_nothing(d);
}

static inline void set_lane(weir_fit *fit, uint32_t to_at, uint32_t to_len, const char *at,
                            uint32_t len)
{
    memcpy((char *)fit + to_at, &at, sizeof at);
    memcpy((char *)fit + to_len, &len, sizeof len);
}

/* A lane's number may have that many bytes; so may all of which these are the lengths. */
static inline bool has_lane_lengths(uint32_t less_one)
{
    return less_one < WEIR_STENCIL_NUMBER_LEN_MAX;
}

static inline bool take_fields(const weir_stencil_part *part, const char *base,
                               const uint32_t *quotes, weir_fit *fit)
{
    uint32_t lengths = 0;
    for (const weir_stencil_field *field = part->field; field < part->field_end; field++) {
        const size_t quote = field->quote, from = quotes[quote];
        const uint32_t len = quotes[quote + 1] - (uint32_t)from - field->less;
        set_lane(fit, field->at, field->len, base + (from + (size_t)field->delta), len);
        lengths |= len - 1;
    }
    return has_lane_lengths(lengths);
}

static inline bool take_head(const weir_stencil_part *part, weir_cursor p, const char *base,
                             weir_fit *fit)
{
    if (!part->has_head)
        return true;
    const weir_stencil_field *field = &part->head;
    const char *from = p.at + field->delta;
    const uint32_t len = p.quote[field->quote] - (uint32_t)(from - base) - field->less;
    set_lane(fit, field->at, field->len, from, len);
    return has_lane_lengths(len - 1);
}

/* A number that is not for a lane: all of it is one. */
static bool take_number(const weir_stencil_step *s, const char *from, const char *to, weir_fit *fit)
{
    const weir_scan scan = {fit->end_at, NULL, NULL};
    const size_t len = (size_t)(to - from);
    uint8_t flags;
    fit->number[s->number] = from;
    fit->number_len[s->number] = (uint32_t)len;
    return to > from && weir_scan_number_length(&scan, from, len, &flags) == len;
}

static bool take_step(const weir_stencil_step *s, weir_fit *fit)
{
    const char *const from = weir_fit_spot(fit, s->from), *const to = weir_fit_spot(fit, s->to);
    const ptrdiff_t len = to - from;
    switch ((weir_stencil_code)s->code) {
    case WEIR_STEP_LANE:
        set_lane(fit, s->at, s->len, from, (uint32_t)len);
        return has_lane_lengths((uint32_t)len - 1);
    case WEIR_STEP_NUMBER: return take_number(s, from, to, fit);
    case WEIR_STEP_LENGTH: return len >= (ptrdiff_t)s->bytes;
    case WEIR_STEP_DISTANCE: return len == (ptrdiff_t)s->bytes;
    }
    return false;
}

/* ------------------------------------------------------------------ what a part ends with */

static const weir_cursor unfit = {NULL, NULL};

/* Bytes of the number at `at`, 0: it is none. */
static __attribute__((noinline)) size_t number_length(const weir_fit *fit, const char *at)
{
    const weir_scan scan = {fit->end_at, NULL, NULL};
    uint8_t flags;
    const char *to = weir_scan_short_number(&scan, at, &flags);
    return to ? (size_t)(to - at) : weir_scan_long_number(&scan, at, &flags);
}

/* The number for a lane that a part ends with. It goes as far as bytes are those of numbers:
 * whether it is one the lanes will say, and what stands behind it is looked at next. */
static inline weir_cursor take_open_lane(const weir_stencil_part *part, weir_cursor p,
                                         weir_fit *fit)
{
    size_t len = (size_t)__builtin_ctz(weir_scan_not_of_number(p.at));
    if (__builtin_expect(len >= WEIR_SCAN_WINDOW || (p.at[len] | ' ') == 'e', 0))
        len = number_length(fit, p.at);
    set_lane(fit, part->at, part->len, p.at, (uint32_t)len);
    return has_lane_lengths((uint32_t)len - 1) ? (weir_cursor){p.at + len, p.quote} : unfit;
}

static weir_cursor take_open_number(const weir_stencil_part *part, weir_cursor p, weir_fit *fit)
{
    const size_t len = number_length(fit, p.at);
    fit->number[part->number] = p.at;
    fit->number_len[part->number] = (uint32_t)len;
    return len > 0 ? (weir_cursor){p.at + len, p.quote} : unfit;
}

const weir_trie weir_stencil_many = {.slot = WEIR_NO_SLOT, .is_lists = true};

/* A list, as it was when it was learnt: nothing below it is read. Below an object there may be
 * slots, and for these there is neither a mark nor a place. */
static weir_cursor walk_list(const weir_stencil_part *part, size_t index, weir_cursor p,
                             weir_fit *fit)
{
    weir_walk walk = weir_walk_begin(fit->index, NULL);
    if (*p.at != '[')
        return unfit;
    fit->lists[index].count = 0;
    return weir_walk_value(&walk, p, part->node, part->depth, &fit->walked[index]);
}

/* The list that is left, and where what stands behind it begins. */
static weir_cursor pass_rows(const weir_stencil *stencil, const weir_stencil_part *part,
                             size_t index, weir_cursor p, weir_fit *fit)
{
    const uint32_t *const quote = fit->last_quote - part[1].quotes;
    fit->rows = p;
    if (quote < p.quote)
        return unfit;
    fit->where[2 + 2 * (index + 1)] = quote;
    fit->rows_end = weir_fit_spot(fit, stencil->rows_end);
    return fit->rows_end > p.at ? (weir_cursor){p.at, quote} : unfit;
}

/* The place behind what a part ends with, of the rarer kinds. */
static __attribute__((noinline)) weir_cursor pass_other(const weir_stencil *stencil, size_t index,
                                                        weir_cursor p, weir_fit *fit)
{
    const weir_stencil_part *part = &stencil->parts[index];
    switch ((weir_stencil_end)part->end) {
    case WEIR_END_NUMBER: return take_open_number(part, p, fit);
    case WEIR_END_WALK: return walk_list(part, index, p, fit);
    case WEIR_END_ROWS: return pass_rows(stencil, part, index, p, fit);
    default: return unfit;
    }
}

/* ------------------------------------------------------------------ all of it */

/* Of a part that is not plain: what neither stands between quotes nor is told from them. */
static __attribute__((noinline)) bool fit_rest(const weir_stencil_part *part, weir_cursor p,
                                               weir_fit *fit)
{
    const weir_stencil_piece *const starts = part->piece + part->inner;
    for (size_t i = 0; i < part->steps; i++)
        if (!take_step(&part->step[i], fit))
            return false;
    return has_texts_at(starts, part->starts, p.at) &&
           has_texts_at(starts + part->starts, part->tails, fit->end_at);
}

static inline bool fit_part(const weir_stencil_part *part, weir_cursor p, const char *base,
                            weir_fit *fit)
{
    return (size_t)(fit->last_quote - p.quote) >= part->quotes && p.at <= fit->end_at &&
           take_head(part, p, base, fit) && take_fields(part, base, p.quote, fit) &&
           (part->is_plain || fit_rest(part, p, fit)) && has_texts(part, p.at, base, p.quote);
}

bool weir_stencil_fit(const weir_stencil *stencil, weir_cursor p, weir_fit *fit)
{
    const char *const base = fit->base;
    const weir_stencil_part *part = stencil->parts;
    for (size_t i = 0;; i++, part++) {
        fit->start[i] = (uint32_t)(p.at - base);
        fit->where[2 + 2 * i] = p.quote;
        if (!fit_part(part, p, base, fit))
            return false;
        p = (weir_cursor){weir_fit_spot(fit, part->behind), p.quote + part->quotes};
        if (part->end == WEIR_END_OF_ALL)
            break;
        p = part->end == WEIR_END_LANE      ? take_open_lane(part, p, fit)
            : part->end == WEIR_END_STRINGS ? weir_place_pass_strings(base, p)
            : part->end == WEIR_END_LISTS
                ? weir_fit_lists(fit, i, p, part->depth, part->node == &weir_stencil_many)
                : pass_other(stencil, i, p, fit);
        if (!p.at)
            return false;
    }
    fit->behind = p;
    /* A number that is told from the end has no quote in it. */
    return stencil->is_whole ? p.at == fit->end_at && p.quote == fit->last_quote
                             : p.at <= fit->end_at;
}
