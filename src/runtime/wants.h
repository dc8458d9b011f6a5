/* SPDX-License-Identifier: MIT */
/*
 * What subscriptions are made of, for the two files that keep them: subscriptions.c says what is
 * wanted, agreed.c how far the venue has agreed. While a connection is rolled a shard has two links
 * (lines, one of each side), and of each want it is known how far either has got.
 */
#ifndef WEIR_RUNTIME_WANTS_H
#define WEIR_RUNTIME_WANTS_H

#include <pthread.h>

#include "runtime/subscriptions.h"
#include "util/map.h"

typedef enum weir_progress {
    IDLE, /* not sent */
    PENDING,
    ACTIVE,
    REFUSED,
    PROGRESS_COUNT
} weir_progress;

/** How far the venue has agreed to a want on one link. */
typedef struct weir_agreement {
    weir_progress state;
    bool may_be_served; /* the venue was asked on this link, and has not said no */
    bool renews;        /* it is left, and asked for again */
    unsigned tries;
    uint64_t request; /* that asked for it last */
    uint64_t part;    /* wants of different parts are not sent together; 0: never split */
    int64_t deadline_ns;
    char *reason; /* REFUSED; NULL: out of memory */
} weir_agreement;

typedef struct weir_want weir_want;
struct weir_want {
    weir_want *next, *before;
    const weir_asset *asset; /* NULL: the stream itself */
    uint64_t *ids;           /* who holds it, in order */
    size_t count, cap;
    size_t shard;
    int64_t cut_ns;         /* when the link was lost on which it was active; 0: was not, or is
                               told */
    int64_t renewed_ns;     /* monotonic; 0: never was */
    weir_agreement sides[]; /* of its shard */
};

typedef struct weir_stream_wants {
    weir_want *first, *last;
    weir_map by_symbol;
} weir_stream_wants;

typedef struct weir_line_counts {
    size_t held[PROGRESS_COUNT];
    size_t leaving;
} weir_line_counts;

typedef struct weir_shard_wants {
    size_t nodes;
    size_t front;  /* the side that is the connection's own */
    bool has_cuts; /* some may be active again */
} weir_shard_wants;

struct weir_subscriptions {
    pthread_mutex_t lock;
    size_t per_shard;
    uint64_t last_part;
    size_t shard_count, side_count;
    weir_shard_wants *shards;
    weir_line_counts *lines; /* the first side of all shards, then the second */
    size_t stream_count;
    weir_stream_wants streams[];
};

/* All of these with the lock held. */

weir_want *weir_want_find(const weir_stream_wants *stream, const weir_asset *asset);
weir_want *weir_want_add(weir_subscriptions *s, weir_stream_wants *stream, const weir_asset *asset,
                         size_t shard);
/** Unless somebody holds it, or the venue believes in it. */
void weir_want_remove_if_idle(weir_subscriptions *s, weir_stream_wants *stream, weir_want *w);
/** Takes the want's sides out of the counts, or in again: around a change. */
void weir_want_count(weir_subscriptions *s, const weir_want *w, bool is_in);
/** Nothing was sent, nothing refused. */
void weir_want_make_idle(weir_subscriptions *s, weir_want *w, weir_agreement *on);
bool weir_want_is_to_be_left(const weir_want *w, const weir_agreement *on);

static inline size_t weir_shard_of(const weir_subscriptions *s, size_t line)
{
    return line % s->shard_count;
}

/** The want on a line; NULL: it belongs to another shard. */
static inline weir_agreement *weir_want_on(const weir_subscriptions *s, weir_want *w, size_t line)
{
    return w->shard == weir_shard_of(s, line) ? &w->sides[line / s->shard_count] : NULL;
}

static inline bool weir_agreement_is_sent(const weir_agreement *on)
{
    return on->state == PENDING || on->state == ACTIVE;
}

#endif
