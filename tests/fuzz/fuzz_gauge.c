/* SPDX-License-Identifier: MIT */
/*
 * Frames of layouts that have been learnt (value/gauge.h), and what is nearly of them. The first
 * byte chooses a spec, the next ones the form of a frame, which is fed until it has a gauge, each
 * time with the numbers that come next; then come others of the same lengths, some of which are
 * learnt as well, and some that are not quite as long. Two runners - one with all that makes it
 * fast, one without - must make the same of each (two_ways.h). Runners are fresh for every input.
 */
#include "near_gauges.h"
#include "near_open.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum {
    SIGHTINGS_MAX = 12,
    LAYOUTS_MAX = 3,
    TRIES_MAX = 4,
    VARIED_MAX = 40,
    LESSONS = 64,
    SIZE_MIN = 4
};

/* What is made of the same chance is the same frame, but for the numbers that come next. */
typedef struct layout {
    const char *form;
    chance start;
    size_t len; /* at least */
    weir_buf frame;
} layout;

static void make_next(layout *l)
{
    chance c = l->start;
    near_make(&l->frame, &c, l->form);
    near_pad(&l->frame, l->len);
    l->start.count = c.count;
}

static bool is_taught(two_ways *ways, layout *l, chance *c)
{
    make_next(l);
    for (size_t i = 0; i < SIGHTINGS_MAX && !near_is_gauged(ways, weir_buf_str(&l->frame)); i++) {
        near_forgive(ways, LESSONS);
        if (chance_one_in(c, 8))
            near_go_anyhow(ways, c);
        ways->is_kept |= chance_one_in(c, 4);
        two_ways_feed(ways, weir_buf_str(&l->frame), NULL);
        make_next(l);
    }
    return near_is_gauged(ways, weir_buf_str(&l->frame));
}

/* Of what has no gauge there is something next to it that has. */
static void teach(two_ways *ways, layout *l, const near_venue *venue, chance *c)
{
    for (size_t i = 0; i < TRIES_MAX; i++) {
        l->form = venue->forms[chance_below(c, near_form_count(venue))];
        l->len = WEIR_GAUGE_TEXT_MIN + chance_below(c, 4);
        l->start = (chance){.state = chance_next(c) << 8 | chance_next(c) | 1};
        if (is_taught(ways, l, c))
            return;
    }
}

/* One byte, or several, become others; sometimes it stays as it is. */
static void vary(layout *l, chance *c)
{
    const size_t way = chance_below(c, 16);
    if (l->frame.len > 0 && way < 3)
        l->frame.ptr[chance_below(c, l->frame.len)] = (char)chance_next(c);
    if (way > 1 && way < 14)
        near_vary(&l->frame, c, 1 + chance_below(c, 8));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static near_miss miss;
    static layout layouts[LAYOUTS_MAX];
    if (size < SIZE_MIN)
        return 0;
    chance c = {bytes, bytes + size, near_hash(bytes, size), 0};
    const size_t which = chance_below(&c, NEAR_VENUES);
    const near_venue *venue = &near_venues[which];
    two_ways *ways = near_venue_of(which);
    const size_t count = 1 + chance_below(&c, LAYOUTS_MAX);
    near_go_plainly(ways);
    for (size_t i = 0; i < count; i++)
        teach(ways, &layouts[i], venue, &c);
    for (size_t i = chance_below(&c, VARIED_MAX); i > 0; i--) {
        layout *l = &layouts[chance_below(&c, count)];
        make_next(l);
        if (chance_one_in(&c, 8)) {
            near_feed_miss(ways, &miss, &c, weir_buf_str(&l->frame),
                           weir_buf_str(&layouts[0].frame));
            continue;
        }
        vary(l, &c);
        near_go_anyhow(ways, &c);
        for (size_t k = 1 + 3 * chance_one_in(&c, 4); k > 0; k--)
            two_ways_feed(ways, weir_buf_str(&l->frame), NULL);
    }
    return 0;
}
