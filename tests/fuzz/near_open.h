/* SPDX-License-Identifier: MIT */
/* A venue of near_venues.h as two runners. */
#ifndef WEIR_TEST_NEAR_OPEN_H
#define WEIR_TEST_NEAR_OPEN_H

#include "near_misses.h"
#include "near_venues.h"
#include "two_ways.h"
#include "util/file.h"

/* A spec of the sources, such as specs/kraken.yaml. */
static inline two_ways *near_open_file(const char *name)
{
    char path[4096];
    weir_buf text = {0};
    weir_error error = {0};
    snprintf(path, sizeof path, "%s/%s", WEIR_SOURCE_DIR, name);
    if (weir_file_read(path, 1 << 20, &text, &error) != WEIR_OK) {
        fprintf(stderr, "%s: %s\n", path, error.text);
        abort();
    }
    two_ways *ways = two_ways_open(name, weir_buf_str(&text));
    weir_buf_fini(&text);
    return ways;
}

static inline two_ways *near_open(const near_venue *venue)
{
    return venue->text ? two_ways_open(venue->name, weir_str_of(venue->text))
                       : near_open_file(venue->name);
}

static inline size_t near_form_count(const near_venue *venue)
{
    size_t count = 0;
    while (count < NEAR_FORMS_MAX && venue->forms[count])
        count++;
    return count;
}

/* The next frame comes as on a websocket, to the first record of a batch. */
static inline void near_go_plainly(two_ways *ways)
{
    ways->topic = (weir_str){0};
    ways->is_binary = false;
    ways->is_without_time = false;
    ways->is_kept = false;
    ways->is_at_front = false;
    weir_runner_set_general(ways->quick, false);
}

/* ... or not, now and then. */
static inline void near_go_anyhow(two_ways *ways, chance *c)
{
    const size_t way = chance_below(c, 32);
    near_go_plainly(ways);
    if (way == 0)
        ways->topic = WEIR_STR("a/topic");
    ways->is_binary = way == 1;
    ways->is_without_time = way == 2;
    ways->is_kept = way > 2 && way < 6;
    ways->is_at_front = way > 5 && way < 10;
    weir_runner_set_general(ways->quick, way == 10);
}

/* Feeds what is not quite `original`, and with the same chance something else again. */
static inline void near_feed_miss(two_ways *ways, near_miss *miss, chance *c, weir_str original,
                                  weir_str other)
{
    miss->original = original;
    miss->other = other;
    near_miss_make(miss, c);
    near_go_anyhow(ways, c);
    two_ways_feed(ways, weir_buf_str(&miss->text), miss->behind);
}

/* Of a fuzzer's input, for what chance it has behind its end. */
static inline uint64_t near_hash(const uint8_t *bytes, size_t size)
{
    uint64_t sum = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < size; i++)
        sum = (sum ^ bytes[i]) * UINT64_C(0x100000001b3);
    return sum | 1;
}

/* The venues live as long as the process. */
static inline two_ways *near_venue_of(size_t i)
{
    static two_ways *venues[NEAR_VENUES];
    if (!venues[i])
        venues[i] = near_open(&near_venues[i]);
    else
        two_ways_restart(venues[i]);
    return venues[i];
}

#endif
