/* SPDX-License-Identifier: MIT */
/*
 * Numbers and ids of records: what is missing and what came twice. Numbers are followed per stream
 * and symbol (or key); ids are remembered per stream, the last so many. The peer decides how many
 * symbols there are, so what is followed is bounded. Belongs to one thread.
 */
#ifndef WEIR_PIPELINE_GAPS_H
#define WEIR_PIPELINE_GAPS_H

#include "value/record.h"

typedef struct weir_tracks weir_tracks; /* numbers */
typedef struct weir_seen weir_seen;     /* ids of one stream */

enum { WEIR_TRACKS_MAX = 262144 };

/** Records that are missing, or may be. */
typedef struct weir_gap {
    int64_t from_ns; /**< wall clock: of the last record before */
    int64_t to_ns;   /**< and of the first one after, or of now */
    const char *reason;
    int64_t missed; /**< how many; -1: nobody knows */
    bool has_numbers;
    int64_t last, next; /**< the numbers before and after */
} weir_gap;

/** The columns of gap records, which weir/value.h tells. */
enum {
    WEIR_GAP_FROM,
    WEIR_GAP_TO,
    WEIR_GAP_REASON,
    WEIR_GAP_MISSED,
    WEIR_GAP_LAST,
    WEIR_GAP_NEXT,
    WEIR_GAP_COLUMNS
};

/** Appends a gap record. It is the caller's to number, until the batch changes. NULL: no memory. */
weir_record *weir_gap_write(weir_batch *batch, const weir_schema *schema, const weir_asset *asset,
                            const weir_gap *gap, uint64_t frame);

typedef enum weir_track_verdict {
    WEIR_TRACK_FINE,
    WEIR_TRACK_GAP, /**< *gap says what is missing before the record */
    WEIR_TRACK_TWICE
} weir_track_verdict;

/** A record's numbers. */
typedef struct weir_number {
    uint64_t track; /**< of which sequence */
    int64_t first, last;
    int64_t step; /* 0: none is known, they grow */
    bool is_reset;
    int64_t received_ns;
    uint64_t frame; /* that it came in, from 1: its records may share a number; 0: unknown */
} weir_number;

weir_tracks *weir_tracks_new(void);
void weir_tracks_free(weir_tracks *tracks);
weir_track_verdict weir_tracks_take(weir_tracks *tracks, const weir_number *number, weir_gap *gap);
/** The same, if it is the number that was to come next and no more need be thought of. False: it
 * may be, nothing has changed. Not for a number with which others begin anew. */
bool weir_tracks_follow(weir_tracks *tracks, const weir_number *number);
/** The link was lost: what comes next on each track may have a hole before it. */
void weir_tracks_cut(weir_tracks *tracks);
/** Another link goes on where this one is: until `until_ns` (monotonic) what it brings that is not
 * beyond a track's last number came before, however far back it is. */
void weir_tracks_join(weir_tracks *tracks, int64_t until_ns);
/** All numbers begin anew. */
void weir_tracks_clear(weir_tracks *tracks);
/** The number is not beyond the last one of its track. Changes nothing. */
bool weir_tracks_has(const weir_tracks *tracks, const weir_number *number);
/** Whatever comes next on a track is where it begins. */
void weir_tracks_restart(weir_tracks *tracks, uint64_t track);

/** NULL: out of memory. */
weir_seen *weir_seen_new(size_t window);
void weir_seen_free(weir_seen *seen);
/** Changes nothing. */
bool weir_seen_has(const weir_seen *seen, uint64_t id);
/** Remembers an id (its hash). True: it was remembered already. */
bool weir_seen_before(weir_seen *seen, uint64_t id);
/** The same in two steps: where it would be kept, or SIZE_MAX when it is remembered already; and
 * there, before anything else is asked for. */
size_t weir_seen_place(const weir_seen *seen, uint64_t id);
void weir_seen_keep(weir_seen *seen, size_t place, uint64_t id);

#endif
