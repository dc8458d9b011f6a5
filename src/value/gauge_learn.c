/* SPDX-License-Identifier: MIT */
/*
 * Making a gauge of a text that fits a stencil: what the stencil compares stays as it is, and so
 * does all that is neither a digit of a number nor a letter of a text that may vary. A gauge lets
 * through less than its stencil, never more.
 */
#include "value/gauge_find.h"
#include "value/json_scan.h"
#include "value/stencil_parts.h"

enum { BLOCK = WEIR_GAUGE_BLOCK, QUOTES_BEHIND = 20 };

/* What is made, and the text it is made of. */
typedef struct learner {
    const char *text, *end;
    uint8_t low[WEIR_GAUGE_TEXT_MAX], high[WEIR_GAUGE_TEXT_MAX];
    bool is_fixed[WEIR_GAUGE_TEXT_MAX]; /* bytes that the stencil compares */
} learner;

/* ------------------------------------------------------------------ what the stencil compares */

static void fix_piece(learner *l, const weir_stencil_piece *piece, const char *place)
{
    uint8_t mask[WEIR_STENCIL_TEXT_MAX];
    memcpy(mask, &piece->mask, sizeof mask);
    for (size_t i = 0; i < sizeof mask; i++) {
        const char *at = place + piece->delta + (ptrdiff_t)i;
        if (mask[i] != 0 && at >= l->text && at < l->end)
            l->is_fixed[at - l->text] = true;
    }
}

static void fix_part(learner *l, const weir_fit *fit, const weir_stencil_part *part, size_t index)
{
    const char *const start = fit->base + fit->start[index];
    const uint32_t *quotes = fit->where[2 + 2 * index];
    const weir_stencil_piece *piece = part->piece;
    fix_piece(l, &part->start, start);
    for (; piece < part->inner_end; piece++)
        fix_piece(l, piece, fit->base + quotes[piece->quote]);
    for (size_t i = 0; i < part->starts; i++)
        fix_piece(l, piece++, start);
    for (size_t i = 0; i < part->tails; i++)
        fix_piece(l, piece++, fit->end_at);
}

static void fix_parts(learner *l, const weir_stencil *stencil, const weir_fit *fit)
{
    for (size_t i = 0;; i++) {
        fix_part(l, fit, &stencil->parts[i], i);
        if (stencil->parts[i].end == WEIR_END_OF_ALL)
            break;
    }
}

/* ------------------------------------------------------------------ bounds */

static void allow(learner *l, const char *at, uint8_t low, uint8_t high)
{
    const size_t i = (size_t)(at - l->text);
    l->low[i] = l->is_fixed[i] ? (uint8_t)*at : low;
    l->high[i] = l->is_fixed[i] ? (uint8_t)*at : high;
}

static void keep(learner *l, const char *at)
{
    allow(l, at, (uint8_t)*at, (uint8_t)*at);
}

/* Digits, perhaps with a point and a minus. */
static bool is_digits(const char *from, const char *to)
{
    const char *at = from + (from < to && *from == '-');
    const char *const whole = at;
    while (at < to && weir_scan_is_digit(*at))
        at++;
    if (at == whole || at == to)
        return at > whole;
    const char *const part = *at == '.' ? ++at : to;
    while (at < to && weir_scan_is_digit(*at))
        at++;
    return at == to && part < to;
}

/* The first of several is no zero, for many numbers must not begin with that. */
static void allow_digits(learner *l, const char *from, const char *to)
{
    const char *at = from;
    if (*at == '-')
        keep(l, at++);
    if (at + 1 < to && weir_scan_is_digit(at[1])) {
        allow(l, at, *at == '0' ? '0' : '1', *at == '0' ? '0' : '9');
        at++;
    }
    for (; at < to; at++) {
        if (weir_scan_is_digit(*at))
            allow(l, at, '0', '9');
        else
            keep(l, at);
    }
}

/* Of what is below '0' the place says what it is: a text is looked up by that. */
static void allow_text(learner *l, const char *from, const char *to)
{
    for (const char *at = from; at < to; at++) {
        if (*at < '0')
            keep(l, at);
        else
            allow(l, at, '0', 0x7f);
    }
}

static bool is_key(const learner *l, const char *behind)
{
    const weir_scan scan = {l->end, NULL, NULL};
    return *weir_scan_blanks(&scan, behind) == ':';
}

/* A string with its quotes; the place behind it. There are no escapes. */
static const char *allow_string(learner *l, const char *from)
{
    const char *to = memchr(from + 1, '"', (size_t)(l->end - from - 1));
    if (!to)
        return NULL;
    keep(l, from);
    keep(l, to);
    if (is_key(l, to + 1))
        for (const char *at = from + 1; at < to; at++)
            keep(l, at);
    else if (is_digits(from + 1, to))
        allow_digits(l, from + 1, to);
    else
        allow_text(l, from + 1, to);
    return to + 1;
}

/* A number of JSON. One with an exponent stays what it is. */
static const char *allow_number(learner *l, const char *from)
{
    const char *to = from;
    while (to < l->end && (weir_scan_is_digit(*to) || (*to && strchr("+-.eE", *to))))
        to++;
    if (is_digits(from, to))
        allow_digits(l, from, to);
    else
        for (const char *at = from; at < to; at++)
            keep(l, at);
    return to;
}

static bool allow_all(learner *l)
{
    const char *at = l->text;
    while (at && at < l->end) {
        if (*at == '"')
            at = allow_string(l, at);
        else if (weir_scan_is_digit(*at) || *at == '-')
            at = allow_number(l, at);
        else
            keep(l, at++);
    }
    return at != NULL;
}

static void keep_bounds(const learner *l, size_t len, uint8_t *bounds)
{
    for (size_t i = 0; i < weir_gauge_blocks(len); i++, bounds += 2 * BLOCK) {
        const size_t at = weir_gauge_block_at(len, i);
        memcpy(bounds, l->low + at, BLOCK);
        memcpy(bounds + BLOCK, l->high + at, BLOCK);
    }
}

/* ------------------------------------------------------------------ the fit */

/* A place among the index's quotes is the same one among those that are kept. */
static const uint32_t *moved(const uint32_t *quote, const uint32_t *from, const uint32_t *to)
{
    return quote ? to + (quote - from) : NULL;
}

static size_t parts_of(const weir_stencil *stencil)
{
    size_t count = 0;
    while (stencil->parts[count++].end != WEIR_END_OF_ALL) {}
    return count;
}

static void keep_parts(weir_gauge *gauge, const weir_fit *fit, uint32_t *quotes)
{
    const weir_json_index *index = fit->index;
    memcpy(quotes, index->quotes, index->count * sizeof *quotes);
    memset(quotes + index->count, 0xff, QUOTES_BEHIND * sizeof *quotes);
    for (size_t i = 0; i < gauge->part_count; i++) {
        weir_gauge_part *part = &gauge->parts[i];
        *part = (weir_gauge_part){.quotes = moved(fit->where[2 + 2 * i], index->quotes, quotes),
                                  .start = fit->start[i],
                                  .walked_len = fit->walked[i].len,
                                  .list = fit->lists[i]};
        part->list.quotes = moved(part->list.quotes, index->quotes, quotes);
    }
}

/* Numbers that are read; that the others are numbers of JSON follows from their bounds. */
static bool add_numbers(weir_fixed_numbers *numbers, const weir_gauge_lesson *lesson,
                        weir_gauge_masks *masks)
{
    const weir_fit *fit = lesson->fit;
    weir_lanes lanes[WEIR_STENCIL_LANES_MAX / WEIR_LANES] = {0};
    for (unsigned lane = 0; lane < WEIR_STENCIL_LANES_MAX; lane++) {
        const unsigned group = lane / WEIR_LANES, i = lane % WEIR_LANES;
        const bool is_real = lesson->lanes[group].real >> i & 1;
        const bool is_whole = lesson->lanes[group].whole >> i & 1;
        const weir_lanes *of = &fit->lanes[group];
        if ((is_real || is_whole) &&
            !weir_fixed_add(numbers, lane, of->at[i], (uint32_t)(of->at[i] - fit->base), of->len[i],
                            is_real, is_whole))
            return false;
    }
    weir_fixed_prepare(numbers, lanes);
    unsigned bad = 0;
    for (size_t i = 0; i < WEIR_STENCIL_LANES_MAX / WEIR_LANES; i++) {
        bad |= lesson->lanes[i].real & ~lanes[i].is_real;
        bad |= lesson->lanes[i].whole & ~lanes[i].is_whole;
        masks[i] = (weir_gauge_masks){lanes[i].is_real, lanes[i].is_whole, UINT_MAX};
    }
    return bad == 0;
}

static size_t whole_blocks(size_t size)
{
    return (size + BLOCK - 1) & ~(size_t)(BLOCK - 1);
}

weir_gauge *weir_gauge_make(const weir_gauge_lesson *lesson, uint8_t *memory, size_t *size)
{
    const weir_fit *fit = lesson->fit;
    const size_t len = fit->end, parts = parts_of(lesson->stencil), room = *size;
    weir_fixed_numbers numbers = {.count = 0};
    weir_gauge made = {.len = (uint32_t)len, .part_count = (uint32_t)parts, .owner = lesson->owner};
    learner l = {.text = fit->base, .end = fit->end_at};
    *size = 0;
    fix_parts(&l, lesson->stencil, fit);
    if (!allow_all(&l) || !add_numbers(&numbers, lesson, made.masks))
        return NULL;
    const size_t head = whole_blocks(sizeof made + parts * sizeof *made.parts);
    const size_t bounds = weir_gauge_blocks(len) * 2 * BLOCK;
    const size_t prepared = whole_blocks(weir_fixed_size(&numbers));
    const size_t quotes = whole_blocks((fit->index->count + QUOTES_BEHIND) * sizeof(uint32_t));
    *size = head + bounds + prepared + quotes;
    if (*size > room)
        return NULL;
    weir_gauge *gauge = (weir_gauge *)(void *)memory;
    made.bounds = memory + head;
    made.numbers = (const weir_fixed_numbers *)(const void *)(memory + head + bounds);
    *gauge = made;
    keep_bounds(&l, len, memory + head);
    memcpy(memory + head + bounds, &numbers, weir_fixed_size(&numbers));
    keep_parts(gauge, fit, (uint32_t *)(void *)(memory + head + bounds + prepared));
    return gauge;
}
