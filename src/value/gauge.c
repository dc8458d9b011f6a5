/* SPDX-License-Identifier: MIT */
/* Which gauges there are, and when one is learnt; and the choice of an implementation. */
#include "value/gauge.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "value/gauge_find.h"

enum {
    PLACES = 1 << WEIR_GAUGE_PLACES_BITS,
    MAPPED = WEIR_GAUGES_ROOM + WEIR_GAUGE_SLACK,
    OF_A_PLACE_MAX = 8,
    LESSONS_MAX = 128,
    LESSON_WORTH = 64, /* messages that are met, for which one may be learnt */
    MISSES_WORTH = 8   /* a miss costs so much less than is saved when one is met */
};

/* ------------------------------------------------------------------ implementations */

static weir_gauge *find_none(weir_gauges *gauges, weir_str text)
{
    (void)text;
    gauges->key = 0;
    return NULL;
}

static bool is_always(void)
{
    return true;
}

const weir_gauge_variant weir_gauge_none = {"none", is_always, find_none};

const weir_gauge_variant *const weir_gauge_variants[] = {
#if defined(__x86_64__)
    &weir_gauge_avx512,
    &weir_gauge_avx2,
#endif
    &weir_gauge_none,
    NULL,
};

static weir_gauge *choose_and_find(weir_gauges *gauges, weir_str text);

_Atomic(weir_gauge_find_fn *) weir_gauge_chosen = choose_and_find;

void weir_gauges_choose(const weir_gauge_variant *variant)
{
    atomic_store_explicit(&weir_gauge_chosen, variant->find, memory_order_relaxed);
}

/* Two threads that come here first choose the same. */
static weir_gauge_find_fn *choose(void)
{
    size_t i = 0;
    while (weir_gauge_variants[i + 1] && !weir_gauge_variants[i]->is_supported())
        i++;
    weir_gauges_choose(weir_gauge_variants[i]);
    return weir_gauge_variants[i]->find;
}

static weir_gauge *choose_and_find(weir_gauges *gauges, weir_str text)
{
    return choose()(gauges, text);
}

/* False: this machine has no way to look anything up. */
static bool is_able(void)
{
    weir_gauge_find_fn *find = atomic_load_explicit(&weir_gauge_chosen, memory_order_relaxed);
    return (find == choose_and_find ? choose() : find) != find_none;
}

/* ------------------------------------------------------------------ what is kept */

/* All begin anew, in the same memory. */
static void forget_all(weir_gauges *gauges)
{
    memset(gauges->places, 0, PLACES * sizeof *gauges->places);
    gauges->used = 0;
}

void weir_gauges_fini(weir_gauges *gauges)
{
    free(gauges->places);
    if (gauges->memory)
        munmap(gauges->memory, MAPPED);
    *gauges = (weir_gauges){0};
}

/* Pages of it exist once they are written to: what is not learnt costs nothing, and nothing is
 * asked of the allocator while records flow. */
static uint8_t *map(void)
{
    void *memory = mmap(NULL, MAPPED, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

static bool begin(weir_gauges *gauges)
{
    gauges->tries = UINT32_MAX;
    if (!is_able())
        return false;
    gauges->tries = 0;
    gauges->places = calloc(PLACES, sizeof *gauges->places);
    gauges->memory = map();
    if (!gauges->places || !gauges->memory) {
        weir_gauges_fini(gauges);
        return false;
    }
    gauges->lessons = LESSONS_MAX;
    gauges->tries = WEIR_TRIAL_WINDOW - 1;
    return true;
}

/* Lessons are earned by what they have been worth. */
static void earn(weir_gauges *gauges, uint32_t met)
{
    gauges->lessons += met / LESSON_WORTH;
    if (gauges->lessons > LESSONS_MAX)
        gauges->lessons = LESSONS_MAX;
}

bool weir_gauges_look_back(weir_gauges *gauges)
{
    if (!gauges->places)
        return begin(gauges);
    if (gauges->trial.pause == 0)
        earn(gauges, WEIR_TRIAL_WINDOW - gauges->trial.missed);
    const weir_turn turn = weir_trial_turn(&gauges->trial, &gauges->tries, MISSES_WORTH);
    if (turn == WEIR_TURN_FORGET)
        forget_all(gauges);
    return turn == WEIR_TURN_TRY;
}

bool weir_gauges_is_due(weir_gauges *gauges)
{
    const uint32_t key = gauges->key;
    if (key == 0 || gauges->lessons == 0)
        return false;
    weir_gauge_place *place = weir_gauge_place_of(gauges, key);
    if (place->seen[0] == key || place->seen[1] == key || place->seen[2] == key)
        return true;
    memmove(&place->seen[1], &place->seen[0], sizeof place->seen - sizeof *place->seen);
    place->seen[0] = key;
    return false;
}

/* One more, or one in place of others that are not met any more. */
static bool has_room(weir_gauge_place *place)
{
    size_t count = 0;
    for (const weir_gauge *gauge = place->first; gauge; gauge = gauge->next)
        count++;
    if (count < OF_A_PLACE_MAX)
        return true;
    if (!place->is_met)
        place->first = NULL;
    place->is_met = false;
    return place->first == NULL;
}

bool weir_gauges_learn(weir_gauges *gauges, const weir_gauge_lesson *lesson)
{
    weir_gauge_place *place = weir_gauge_place_of(gauges, gauges->key);
    if (!has_room(place))
        return true;
    size_t size = WEIR_GAUGES_ROOM - gauges->used;
    weir_gauge *gauge = weir_gauge_make(lesson, gauges->memory + gauges->used, &size);
    gauges->lessons--;
    if (size > WEIR_GAUGES_ROOM - gauges->used)
        forget_all(gauges);
    if (!gauge)
        return size > 0;
    gauge->name = weir_gauge_name(gauges->key, lesson->fit->end);
    gauge->next = place->first;
    place->first = gauge;
    gauges->used += size;
    return true;
}
