/* SPDX-License-Identifier: MIT */
/*
 * Both are tables with open addressing over 64-bit words that stand for what they were made of:
 * whole numbers are themselves, texts are seeded hashes, so that nobody can make two of them meet,
 * and by chance they do not. Where a word is looked for is the upper end of its product with a
 * factor that is drawn: numbers that are near or far apart by some step are spread well by it, and
 * nobody can choose ones that are not.
 *
 * A link that was cut leaves its tracks with an old epoch. The first record of the next link tells
 * what that meant: the number that follows says that nothing is missing, a later one how much, an
 * earlier one only that the venue counts anew, so that nobody knows.
 *
 * Two links that bring the same numbers may be joined: for a while then an earlier number is an old
 * one, since nobody can say which of the two lags behind.
 */
#include "pipeline/gaps.h"

#include <stdlib.h>
#include <string.h>

#include "util/map.h"
#include "util/time.h"

/* How words are spread over a table. */
typedef struct spreading {
    uint64_t factor;
    unsigned shift;
} spreading;

/* `cap`: a power of two, 2 at least. */
static spreading spreading_over(size_t cap)
{
    static const char what[] = "the places of numbers and ids";
    return (spreading){weir_hash(what, sizeof what) | 1,
                       (unsigned)__builtin_clzll((unsigned long long)cap) + 1};
}

static inline size_t home_of(spreading s, uint64_t word)
{
    return (size_t)(word * s.factor >> s.shift);
}

/* ------------------------------------------------------------------ records */

static bool put(weir_batch *batch, size_t column, weir_value value)
{
    return weir_batch_set(batch, column, &value);
}

weir_record *weir_gap_write(weir_batch *batch, const weir_schema *schema, const weir_asset *asset,
                            const weir_gap *gap, uint64_t frame)
{
    const weir_value none = weir_value_none();
    const size_t at = batch->bytes.len;
    const int64_t to_ns = gap->to_ns > gap->from_ns ? gap->to_ns : gap->from_ns; /* clocks jump */
    if (!weir_batch_begin(batch, schema))
        return NULL;
    weir_record *record = weir_batch_record(batch);
    record->asset = asset;
    record->timestamp_ns = to_ns;
    record->received_ns = to_ns;
    record->frame = frame;
    const bool is_good =
        put(batch, WEIR_GAP_FROM, weir_value_timestamp(gap->from_ns, 1)) &&
        put(batch, WEIR_GAP_TO, weir_value_timestamp(to_ns, 1)) &&
        put(batch, WEIR_GAP_REASON, weir_value_str(weir_str_of(gap->reason))) &&
        put(batch, WEIR_GAP_MISSED, gap->missed < 0 ? none : weir_value_int(gap->missed)) &&
        put(batch, WEIR_GAP_LAST, gap->has_numbers ? weir_value_int(gap->last) : none) &&
        put(batch, WEIR_GAP_NEXT, gap->has_numbers ? weir_value_int(gap->next) : none);
    if (!is_good) {
        weir_batch_abort(batch);
        return NULL;
    }
    weir_batch_commit(batch);
    return (weir_record *)(void *)(batch->bytes.ptr + at);
}

/* ------------------------------------------------------------------ numbers */

typedef struct track {
    uint64_t id; /* 0: empty */
    int64_t last;
    int64_t received_ns;
    uint64_t frame; /* of the last record; 0: it was left out */
    uint32_t epoch;
    uint32_t joins; /* that it has got over */
    bool has_last;
} track;

struct weir_tracks {
    track *entries;
    size_t count, cap;
    spreading spreading;
    uint32_t epoch;
    uint32_t joins;
    int64_t joins_until_ns;
};

weir_tracks *weir_tracks_new(void)
{
    return calloc(1, sizeof(weir_tracks));
}

void weir_tracks_free(weir_tracks *tracks)
{
    if (tracks)
        free(tracks->entries);
    free(tracks);
}

void weir_tracks_cut(weir_tracks *tracks)
{
    tracks->epoch++;
}

void weir_tracks_join(weir_tracks *tracks, int64_t until_ns)
{
    tracks->joins++;
    tracks->joins_until_ns = until_ns;
}

void weir_tracks_clear(weir_tracks *tracks)
{
    if (tracks->count > 0)
        memset(tracks->entries, 0, tracks->cap * sizeof *tracks->entries);
    tracks->count = 0;
}

static inline track *probe(track *entries, size_t cap, spreading spreading, uint64_t id)
{
    size_t at = home_of(spreading, id);
    while (entries[at].id != 0 && entries[at].id != id)
        at = (at + 1) & (cap - 1);
    return &entries[at];
}

static inline track *known(const weir_tracks *tracks, uint64_t id)
{
    return probe(tracks->entries, tracks->cap, tracks->spreading, id);
}

static bool grow(weir_tracks *tracks)
{
    const size_t cap = tracks->cap ? tracks->cap * 2 : 64;
    const spreading spreading = spreading_over(cap);
    track *entries = calloc(cap, sizeof *entries);
    if (!entries)
        return false;
    for (size_t i = 0; i < tracks->cap; i++) {
        if (tracks->entries[i].id != 0)
            *probe(entries, cap, spreading, tracks->entries[i].id) = tracks->entries[i];
    }
    free(tracks->entries);
    tracks->entries = entries;
    tracks->cap = cap;
    tracks->spreading = spreading;
    return true;
}

/* With too many of them all begin anew: a hole may go unseen then, but memory does not grow. */
static track *find(weir_tracks *tracks, uint64_t id)
{
    id = id ? id : 1;
    if (tracks->count >= WEIR_TRACKS_MAX)
        weir_tracks_clear(tracks);
    if (tracks->count * 2 >= tracks->cap && !grow(tracks))
        return NULL;
    track *t = known(tracks, id);
    if (t->id == 0) {
        *t = (track){.id = id, .epoch = tracks->epoch, .joins = tracks->joins};
        tracks->count++;
    }
    return t;
}

void weir_tracks_restart(weir_tracks *tracks, uint64_t id)
{
    track *t = find(tracks, id);
    if (t)
        t->has_last = false;
}

static weir_gap gap_of(const track *t, const weir_number *number, const char *reason)
{
    return (weir_gap){.from_ns = t->received_ns,
                      .to_ns = number->received_ns,
                      .reason = reason,
                      .missed = -1,
                      .has_numbers = true,
                      .last = t->last,
                      .next = number->first};
}

/* Numbers that grow by no known step: one further on may follow; after a cut nobody knows. */
static weir_track_verdict judge_growing(const track *t, const weir_number *number, bool is_cut,
                                        weir_gap *gap)
{
    if (!is_cut && (number->is_reset || number->last > t->last))
        return WEIR_TRACK_FINE;
    if (!number->is_reset && number->last == t->last)
        return WEIR_TRACK_TWICE;
    *gap = gap_of(t, number, is_cut ? "disconnect" : "sequence");
    return WEIR_TRACK_GAP;
}

/* In 128 bits: the peer may say any numbers. */
static weir_track_verdict judge(const track *t, const weir_number *number, bool is_cut,
                                weir_gap *gap)
{
    if (number->step == 0)
        return judge_growing(t, number, is_cut, gap);
    const __int128 ahead = ((__int128)number->first - t->last) / number->step;
    const bool is_even = ((__int128)number->first - t->last) % number->step == 0;
    if (number->is_reset && !is_cut)
        return WEIR_TRACK_FINE;
    if (!number->is_reset && is_even && ahead == 1)
        return WEIR_TRACK_FINE;
    if (!number->is_reset && number->last == t->last)
        return WEIR_TRACK_TWICE;
    *gap = gap_of(t, number, is_cut ? "disconnect" : "sequence");
    if (!number->is_reset && ahead >= 1 && ahead - 1 <= INT64_MAX)
        gap->missed = (int64_t)(is_even ? ahead - 1 : ahead);
    return WEIR_TRACK_GAP;
}

/* Not beyond what was the last. */
static bool is_past(const track *t, int64_t value, int64_t step)
{
    return step >= 0 ? value <= t->last : value >= t->last;
}

bool weir_tracks_has(const weir_tracks *tracks, const weir_number *number)
{
    const uint64_t id = number->track ? number->track : 1;
    const track *t = tracks->count > 0 ? known(tracks, id) : NULL;
    return t && t->id != 0 && t->has_last && is_past(t, number->last, number->step);
}

weir_track_verdict weir_tracks_take(weir_tracks *tracks, const weir_number *number, weir_gap *gap)
{
    track *t = find(tracks, number->track);
    weir_track_verdict verdict = WEIR_TRACK_FINE;
    if (!t)
        return WEIR_TRACK_FINE;
    const bool is_shared = number->frame != 0 && number->frame == t->frame;
    const bool joins =
        t->has_last && t->joins != tracks->joins && weir_mono_ns() <= tracks->joins_until_ns;
    if (joins && is_past(t, number->last, number->step))
        return WEIR_TRACK_TWICE;
    if (t->has_last && !(is_shared && number->last == t->last) &&
        !(joins && is_past(t, number->first, number->step)))
        verdict = judge(t, number, t->epoch != tracks->epoch, gap);
    t->frame = verdict == WEIR_TRACK_TWICE ? 0 : number->frame;
    t->last = number->last;
    t->received_ns = number->received_ns;
    t->epoch = tracks->epoch;
    t->joins = tracks->joins;
    t->has_last = true;
    return verdict;
}

bool weir_tracks_follow(weir_tracks *tracks, const weir_number *number)
{
    int64_t next;
    if (tracks->cap == 0)
        return false;
    track *t = known(tracks, number->track ? number->track : 1);
    if (t->id == 0 || !t->has_last || t->epoch != tracks->epoch || t->joins != tracks->joins)
        return false;
    const bool is_next =
        number->step == 0
            ? number->last > t->last
            : !__builtin_add_overflow(t->last, number->step, &next) && next == number->first;
    const bool is_shared =
        number->frame != 0 && number->frame == t->frame && number->last == t->last;
    if (!is_next && !is_shared)
        return false;
    t->frame = number->frame;
    t->last = number->last;
    t->received_ns = number->received_ns;
    return true;
}

/* ------------------------------------------------------------------ ids */

/*
 * A ring of the last so many, and for each home of words the last one that has it, which tells the
 * one before. They are numbered in order of coming, so that of a chain only its end is too old: it
 * stops at the first that the ring has no more, and nothing is ever taken out. Numbers wrap: a
 * chain that nobody has touched for as long may be followed into another one, whose ids are looked
 * at in vain.
 */
struct weir_seen {
    uint64_t *ids;
    uint32_t *before; /* of the same home */
    uint32_t *last;   /* by home */
    size_t window, at;
    uint32_t next;
    spreading spreading;
};

weir_seen *weir_seen_new(size_t window)
{
    weir_seen *seen = calloc(1, sizeof *seen);
    size_t cap = 4;
    if (!seen)
        return NULL;
    while (cap < window * 2)
        cap *= 2;
    seen->window = window;
    seen->next = (uint32_t)window + 1; /* 0 is too old from the start */
    seen->spreading = spreading_over(cap);
    seen->ids = calloc(window, sizeof *seen->ids);
    seen->before = calloc(window, sizeof *seen->before);
    seen->last = calloc(cap, sizeof *seen->last);
    if (seen->ids && seen->before && seen->last)
        return seen;
    weir_seen_free(seen);
    return NULL;
}

void weir_seen_free(weir_seen *seen)
{
    if (!seen)
        return;
    free(seen->ids);
    free(seen->before);
    free(seen->last);
    free(seen);
}

size_t weir_seen_place(const weir_seen *seen, uint64_t id)
{
    const size_t home = home_of(seen->spreading, id);
    uint32_t age = seen->next - seen->last[home];
    while (age <= seen->window) {
        const size_t at = seen->at >= age ? seen->at - age : seen->at + seen->window - age;
        if (seen->ids[at] == id)
            return SIZE_MAX;
        const uint32_t further = seen->next - seen->before[at];
        if (further <= age)
            break;
        age = further;
    }
    return home;
}

void weir_seen_keep(weir_seen *seen, size_t place, uint64_t id)
{
    seen->ids[seen->at] = id;
    seen->before[seen->at] = seen->last[place];
    seen->last[place] = seen->next++;
    seen->at = seen->at + 1 < seen->window ? seen->at + 1 : 0;
}

bool weir_seen_has(const weir_seen *seen, uint64_t id)
{
    return weir_seen_place(seen, id) == SIZE_MAX;
}

bool weir_seen_before(weir_seen *seen, uint64_t id)
{
    const size_t place = weir_seen_place(seen, id);
    if (place == SIZE_MAX)
        return true;
    weir_seen_keep(seen, place, id);
    return false;
}
