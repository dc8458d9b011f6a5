/* SPDX-License-Identifier: MIT */
/*
 * Making a gauge of a text that fits a stencil: what the stencil compares stays as it is, and so
 * does all that is neither a digit of a number nor a letter of a text that may vary. A gauge lets
 * through less than its stencil, never more.
 */
#include "value/gauge_find.h"
#include "value/json_scan.h"
#include "value/stencil_parts.h"

enum { BLOCK = WEIR_GAUGE_BLOCK };

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

static void fix_pins(learner *l, const weir_gauge_lesson *lesson)
{
    for (size_t i = 0; i < lesson->pin_count; i++)
        memset(l->is_fixed + (lesson->pins[i].ptr - l->text), true, lesson->pins[i].len);
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

/* ------------------------------------------------------------------ a gauge */

static void keep_bounds(const learner *l, size_t len, uint8_t *bounds)
{
    for (size_t i = 0; i < weir_gauge_blocks(len); i++, bounds += 2 * BLOCK) {
        const size_t at = weir_gauge_block_at(len, i);
        memcpy(bounds, l->low + at, BLOCK);
        memcpy(bounds + BLOCK, l->high + at, BLOCK);
    }
}

static size_t whole_blocks(size_t size)
{
    return (size + BLOCK - 1) & ~(size_t)(BLOCK - 1);
}

weir_gauge *weir_gauge_make(const weir_gauge_lesson *lesson, uint8_t *memory, size_t *size)
{
    const weir_fit *fit = lesson->fit;
    const size_t len = fit->end, room = *size;
    learner l = {.text = fit->base, .end = fit->end_at};
    *size = 0;
    fix_parts(&l, lesson->stencil, fit);
    fix_pins(&l, lesson);
    if (!allow_all(&l))
        return NULL;
    const size_t bounds = whole_blocks(sizeof(weir_gauge));
    const size_t numbers = bounds + weir_gauge_blocks(len) * 2 * BLOCK;
    const size_t more = numbers + whole_blocks(weir_fixed_size(lesson->numbers));
    *size = more + whole_blocks(lesson->more_size);
    if (*size > room)
        return NULL;
    weir_gauge *gauge = (weir_gauge *)(void *)memory;
    keep_bounds(&l, len, memory + bounds);
    *gauge = (weir_gauge){
        .bounds = memory + bounds,
        .numbers = memcpy(memory + numbers, lesson->numbers, weir_fixed_size(lesson->numbers)),
        .more = memcpy(memory + more, lesson->more, lesson->more_size)};
    return gauge;
}
