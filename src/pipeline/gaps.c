/* SPDX-License-Identifier: MIT */
/*
 * Both are tables with open addressing over 64-bit hashes that stand for what they were made of:
 * the hash is seeded, so nobody can make two of them meet, and by chance they do not.
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

#include "util/time.h"

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

static track *probe(track *entries, size_t cap, uint64_t id)
{
    size_t at = id & (cap - 1);
    while (entries[at].id != 0 && entries[at].id != id)
        at = (at + 1) & (cap - 1);
    return &entries[at];
}

static bool grow(weir_tracks *tracks)
{
    const size_t cap = tracks->cap ? tracks->cap * 2 : 64;
    track *entries = calloc(cap, sizeof *entries);
    if (!entries)
        return false;
    for (size_t i = 0; i < tracks->cap; i++) {
        if (tracks->entries[i].id != 0)
            *probe(entries, cap, tracks->entries[i].id) = tracks->entries[i];
    }
    free(tracks->entries);
    tracks->entries = entries;
    tracks->cap = cap;
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
    track *t = probe(tracks->entries, tracks->cap, id);
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

/* In 128 bits: the peer may say any numbers. */
static weir_track_verdict judge(const track *t, const weir_number *number, bool is_cut,
                                weir_gap *gap)
{
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
    return step > 0 ? value <= t->last : value >= t->last;
}

bool weir_tracks_has(const weir_tracks *tracks, const weir_number *number)
{
    const uint64_t id = number->track ? number->track : 1;
    const track *t = tracks->count > 0 ? probe(tracks->entries, tracks->cap, id) : NULL;
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

/* ------------------------------------------------------------------ ids */

struct weir_seen {
    uint64_t *ring; /* in order of coming */
    size_t window, count, at;
    uint64_t *slots; /* 0: empty */
    size_t cap;      /* a power of two, at least twice the window */
};

weir_seen *weir_seen_new(size_t window)
{
    weir_seen *seen = calloc(1, sizeof *seen);
    if (!seen)
        return NULL;
    seen->window = window;
    seen->cap = 4;
    while (seen->cap < window * 2)
        seen->cap *= 2;
    seen->ring = calloc(window, sizeof *seen->ring);
    seen->slots = calloc(seen->cap, sizeof *seen->slots);
    if (seen->ring && seen->slots)
        return seen;
    weir_seen_free(seen);
    return NULL;
}

void weir_seen_free(weir_seen *seen)
{
    if (!seen)
        return;
    free(seen->ring);
    free(seen->slots);
    free(seen);
}

static size_t slot_of(const weir_seen *seen, uint64_t id)
{
    size_t at = id & (seen->cap - 1);
    while (seen->slots[at] != 0 && seen->slots[at] != id)
        at = (at + 1) & (seen->cap - 1);
    return at;
}

/* Those behind it move up, so that no search ends too early. */
static void forget(weir_seen *seen, uint64_t id)
{
    const size_t mask = seen->cap - 1;
    size_t hole = slot_of(seen, id);
    for (size_t at = (hole + 1) & mask; seen->slots[at] != 0; at = (at + 1) & mask) {
        const size_t home = seen->slots[at] & mask;
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            seen->slots[hole] = seen->slots[at];
            hole = at;
        }
    }
    seen->slots[hole] = 0;
}

bool weir_seen_has(const weir_seen *seen, uint64_t id)
{
    id = id ? id : 1;
    return seen->slots[slot_of(seen, id)] == id;
}

bool weir_seen_before(weir_seen *seen, uint64_t id)
{
    id = id ? id : 1;
    if (weir_seen_has(seen, id))
        return true;
    if (seen->count == seen->window)
        forget(seen, seen->ring[seen->at]);
    else
        seen->count++;
    seen->ring[seen->at] = id;
    seen->at = (seen->at + 1) % seen->window;
    seen->slots[slot_of(seen, id)] = id;
    return false;
}
