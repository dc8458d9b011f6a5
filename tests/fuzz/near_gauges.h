/* SPDX-License-Identifier: MIT */
/*
 * Frames of one layout (value/gauge.h): others with the same lengths, made in place. And a runner
 * that goes on knowing what it has learnt, however much is missed, so that what it knows is what is
 * tried.
 */
#ifndef WEIR_TEST_NEAR_GAUGES_H
#define WEIR_TEST_NEAR_GAUGES_H

#include "near_frames.h"
#include "pipeline/parts.h"
#include "two_ways.h"

/* What is missed is forgiven, and so many lessons are left. */
static inline void near_forgive(two_ways *ways, uint32_t lessons)
{
    weir_runner *runner = ways->quick;
    runner->moulds.trial = (weir_trial){0};
    runner->moulds.tries = WEIR_TRIAL_WINDOW;
    runner->moulds.rest = 0;
    if (!runner->gauges.places)
        return;
    runner->gauges.trial = (weir_trial){0};
    runner->gauges.tries = WEIR_TRIAL_WINDOW;
    runner->gauges.lessons = lessons;
}

/* What the runner would find; the variants of this machine agree about it. Short texts are looked
 * at together with what is behind them. */
static inline const weir_gauge *near_gauge_of(two_ways *ways, weir_str of)
{
    static char bytes[WEIR_GAUGE_TEXT_MAX + WEIR_JSON_SLACK];
    const weir_str text = {bytes, of.len};
    weir_gauges *gauges = &ways->quick->gauges;
    const weir_gauges before = *gauges;
    const weir_gauge *found = NULL;
    if (text.len < WEIR_GAUGE_TEXT_MIN || text.len > WEIR_GAUGE_TEXT_MAX || !gauges->places)
        return NULL;
    memcpy(bytes, of.ptr, of.len);
    memcpy(bytes + of.len, two_ways_behind, WEIR_JSON_SLACK);
    for (size_t i = 0; weir_gauge_variants[i + 1]; i++) {
        if (!weir_gauge_variants[i]->is_supported())
            continue;
        const weir_gauge *one = weir_gauge_variants[i]->find(gauges, text);
        if (found && one != found)
            two_ways_print("gauges differ about", text);
        if (found && one != found)
            abort();
        found = one ? one : found;
        *gauges = before;
    }
    return found;
}

/* Is one of its gauges; not where the variant of the runner finds none. */
static inline bool near_is_gauged(two_ways *ways, weir_str text)
{
    return atomic_load(&weir_gauge_chosen) != weir_gauge_none.find && near_gauge_of(ways, text);
}

/* Blanks behind the first bracket, as many as it takes for there to be a gauge. */
static inline void near_pad(weir_buf *frame, size_t len)
{
    if (frame->len == 0 || frame->len >= len || !weir_buf_reserve(frame, len))
        return;
    const size_t blanks = len - frame->len;
    memmove(frame->ptr + 1 + blanks, frame->ptr + 1, frame->len - 1);
    memset(frame->ptr + 1, ' ', blanks);
    frame->len = len;
}

/* A byte of the same kind; a zero seldom, for numbers do not begin with that. */
static inline char near_byte_like(chance *c, char byte)
{
    const bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
    if (byte >= '0' && byte <= '9')
        return chance_of(c, chance_one_in(c, 24) ? "0" : "123456789");
    return is_letter && chance_one_in(c, 8) ? chance_of(c, "bstqABC0") : byte;
}

/* Bytes that become others of the same kind, of so many one; and now and then one becomes anything.
 */
static inline void near_vary(weir_buf *frame, chance *c, size_t of)
{
    static const char telling[] = "\"\\{}[],:0123456789.-+eE tfn\x01\x1f\x7f\x80\xff@/";
    for (size_t i = 0; i < frame->len; i++)
        if (chance_one_in(c, of))
            frame->ptr[i] = near_byte_like(c, frame->ptr[i]);
    if (frame->len > 0 && chance_one_in(c, 3))
        frame->ptr[chance_below(c, frame->len)] = telling[chance_below(c, sizeof telling - 1)];
}

#endif
