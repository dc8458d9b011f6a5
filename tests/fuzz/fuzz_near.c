/* SPDX-License-Identifier: MIT */
/*
 * What has been learnt of frames against frames that are nearly so. The first byte chooses a spec,
 * the next ones a few frames in one of its forms, which are fed and learnt; then come near misses
 * of the last of them. Two runners - one with all that makes it fast, one without - must make the
 * same of each (two_ways.h). Runners are fresh for every input, so that an input that fails does so
 * alone.
 */
#include "near_open.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { LEARNT_MAX = 4, MISSES_MAX = 24, SIZE_MIN = 4 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static near_miss miss;
    static weir_buf frames[LEARNT_MAX], learnt;
    if (size < SIZE_MIN)
        return 0;
    chance c = {bytes, bytes + size, near_hash(bytes, size), 0};
    const size_t which = chance_below(&c, NEAR_VENUES);
    const near_venue *venue = &near_venues[which];
    two_ways *ways = near_venue_of(which);
    const size_t form = chance_below(&c, near_form_count(venue));
    const size_t count = 1 + chance_below(&c, LEARNT_MAX);
    for (size_t i = 0; i < count; i++) {
        const bool is_alike = !chance_one_in(&c, 4);
        const size_t of = is_alike ? form : chance_below(&c, near_form_count(venue));
        near_make(&frames[i], &c, venue->forms[of]);
        near_go_anyhow(ways, &c);
        two_ways_feed(ways, weir_buf_str(&frames[i]), NULL);
        if (chance_below(&c, 2))
            two_ways_feed(ways, weir_buf_str(&frames[i]), NULL);
    }
    const weir_str first = weir_buf_str(&frames[0]);
    weir_buf *last = &frames[count - 1];
    weir_str from = weir_buf_str(last);
    for (size_t i = 1 + chance_below(&c, MISSES_MAX); i > 0; i--) {
        near_feed_miss(ways, &miss, &c, from, first);
        from = weir_buf_str(last);
        if (chance_one_in(&c, 3)) { /* learnt too, and missed */
            weir_buf_clear(&learnt);
            weir_buf_put(&learnt, weir_buf_str(&miss.text));
            from = weir_buf_str(&learnt);
        }
        if (count > 1 && chance_one_in(&c, 4)) { /* one that comes next */
            near_make(last, &c, venue->forms[form]);
            from = weir_buf_str(last);
            two_ways_feed(ways, from, NULL);
        } else if (chance_one_in(&c, 3)) {
            two_ways_feed(ways, from, NULL);
        }
    }
    return 0;
}
