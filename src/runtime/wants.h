/* SPDX-License-Identifier: MIT */
/*
 * What stands behind subscriptions.h. A want is found by its symbol; while a connection is rolled
 * its shard has two links (lines, one of each side), and of each it is known how far the venue has
 * agreed. An agreement is a member of lists by what is to be done about it, so that nothing is ever
 * searched for: a stream on a line has those that are to be sent, those that are to be left and
 * those that are back after a cut; a request has those that it asked for; a line has its unanswered
 * requests by deadline. A hundred thousand wants cost what the ten that change cost.
 *
 *   wants.c          wants, lists, requests        holders.c    who holds them
 *   subscriptions.c  wanting, looking              agreed.c     what the venue has agreed to
 *
 * All of it is under the lock of the subscriptions.
 */
#ifndef WEIR_RUNTIME_WANTS_H
#define WEIR_RUNTIME_WANTS_H

#include <pthread.h>
#include <stdatomic.h>

#include "runtime/holders.h"
#include "runtime/subscriptions.h"
#include "util/map.h"

typedef enum weir_progress {
    IDLE, /* not sent */
    PENDING,
    ACTIVE,
    REFUSED,
    PROGRESS_COUNT
} weir_progress;

/* What an agreement counts as: its progress, or one of these. */
enum {
    PLACE_LEAVING = PROGRESS_COUNT, /* the venue was asked, and it is wanted no more, or anew */
    PLACE_DOUBTED,                  /* given up for want of an answer, which may still come */
    PLACE_NOWHERE,                  /* nobody wants it, and the venue does not serve it */
    PLACE_COUNT
};

typedef struct weir_want weir_want;
typedef struct weir_agreement weir_agreement;

typedef struct weir_agreement_list {
    weir_agreement *first, *last;
} weir_agreement_list;

/** A message that was answered in part or not at all, or whose answer may yet be taken back. */
typedef struct weir_asked weir_asked;
struct weir_asked {
    weir_asked *next, *before; /* of the line, by deadline, while one waits */
    weir_agreement_list members;
    uint64_t request; /* the key in the line's map */
    size_t stream, count;
    size_t waiting; /* members that are pending, or were given up */
    bool repeats;   /* a member was asked for before */
    int64_t deadline_ns;
};

/* By which of its links an agreement hangs in a list. */
enum { IN_TURN, OF_REQUEST, LINK_COUNT };

/** How far the venue has agreed to a want on one link. */
struct weir_agreement {
    weir_want *want;
    struct {
        weir_agreement *next, *before;
    } links[LINK_COUNT];
    weir_agreement_list *turn; /* what it waits in; NULL: nothing is to be done about it */
    weir_asked *asked; /* the request that it was last part of; NULL: none can be answered */
    uint64_t before;   /* the request that asked for it before this one, in vain; 0: none */
    uint64_t part;     /* wants of different parts are not sent together; 0: never split */
    char *reason;      /* REFUSED; NULL: out of memory */
    uint32_t line;
    uint8_t state; /* weir_progress */
    uint8_t place;
    uint8_t tries;
    bool may_be_served : 1; /* the venue was asked on this link, and has not said no */
    bool renews : 1;        /* it is left, and asked for again */
};

struct weir_want {
    weir_want *next, *before; /* of its stream on its shard, in order of first want */
    const weir_asset *asset;  /* NULL: the stream itself */
    weir_ids ids;             /* who holds it, in order */
    uint32_t stream, shard;
    int64_t cut_ns;         /* when the link was lost on which it was active; 0: was not, or is
                               told */
    int64_t renewed_ns;     /* monotonic; 0: never was */
    weir_agreement sides[]; /* of its shard */
};

/** A stream on a shard. */
typedef struct weir_stream_wants {
    weir_want *first, *last;
} weir_stream_wants;

/** A stream on a line. */
typedef struct weir_turns {
    weir_agreement_list due;     /* to be sent */
    weir_agreement_list leaving; /* to be left */
    weir_agreement_list healed;  /* active again after a cut that was not told */
} weir_turns;

typedef struct weir_line {
    size_t counts[PLACE_COUNT];
    atomic_size_t awaited;    /* PENDING and PLACE_DOUBTED, for who has no lock */
    weir_map asked;           /* by request */
    weir_asked *first, *last; /* of which something waits */
} weir_line;

typedef struct weir_shard_wants {
    size_t nodes;
    size_t held;  /* nodes with holders */
    size_t front; /* the side that is the connection's own */
    size_t cuts;  /* wants that have one */
} weir_shard_wants;

struct weir_subscriptions {
    pthread_mutex_t lock;
    size_t per_shard;
    uint64_t last_part;
    weir_holders holders;
    size_t shard_count, side_count, stream_count;
    weir_shard_wants *shards;
    weir_line *lines;         /* the first side of all shards, then the second */
    weir_stream_wants *cells; /* by shard and stream */
    weir_turns *turns;        /* by line and stream */
    weir_map *by_symbol;      /* per stream */
};

static inline size_t weir_shard_of(const weir_subscriptions *s, size_t line)
{
    return line % s->shard_count;
}

static inline weir_stream_wants *weir_wants_of(const weir_subscriptions *s, size_t shard,
                                               size_t stream)
{
    return &s->cells[shard * s->stream_count + stream];
}

static inline weir_turns *weir_turns_of(const weir_subscriptions *s, size_t line, size_t stream)
{
    return &s->turns[line * s->stream_count + stream];
}

/** The want on a line; NULL: there is none, or it belongs to another shard. */
static inline weir_agreement *weir_want_on(const weir_subscriptions *s, weir_want *w, size_t line)
{
    return w && w->shard == weir_shard_of(s, line) ? &w->sides[line / s->shard_count] : NULL;
}

static inline bool weir_agreement_is_sent(const weir_agreement *on)
{
    return on->state == PENDING || on->state == ACTIVE;
}

/** For an answer or, when none came, for the time to ask again. */
static inline bool weir_agreement_waits(const weir_agreement *on)
{
    return on->state == PENDING || (on->state == REFUSED && on->may_be_served);
}

/** An asset of NULL is the stream itself. */
weir_want *weir_want_find(const weir_subscriptions *s, size_t stream, const weir_asset *asset);
/** NULL: out of memory. */
weir_want *weir_want_add(weir_subscriptions *s, size_t stream, const weir_asset *asset,
                         size_t shard);
void weir_want_remove(weir_subscriptions *s, weir_want *w);
/** Unless somebody holds it, or the venue believes in it. */
void weir_want_remove_if_idle(weir_subscriptions *s, weir_want *w);
/** Counts it, and puts it into the lists that it belongs in, after it has changed. */
void weir_want_settle(weir_subscriptions *s, weir_want *w);
/** 0: it has none. */
void weir_want_cut(weir_subscriptions *s, weir_want *w, int64_t cut_ns);

void weir_agreement_set(weir_subscriptions *s, weir_agreement *on, weir_progress state,
                        bool may_be_served);
/** Nothing was sent, nothing refused; it stays served if it is. */
void weir_agreement_reset(weir_subscriptions *s, weir_agreement *on);
void weir_agreement_forget_refusal(weir_agreement *on);
/** Takes all out of what they wait in, until they settle again. */
void weir_turn_clear(weir_agreement_list *turn);

/** NULL: there is no such request with a want in it. */
weir_asked *weir_asked_find(const weir_subscriptions *s, size_t line, uint64_t request);
/** Finds it or makes it, without members. NULL: out of memory. */
weir_asked *weir_asked_make(weir_subscriptions *s, size_t line, size_t stream, uint64_t request,
                            int64_t deadline_ns);
/** It waits until another time. */
void weir_asked_defer(weir_subscriptions *s, size_t line, weir_asked *asked, int64_t deadline_ns);
/** It is a member of this one, and of no other; NULL: of none. Whoever has no member is gone. */
void weir_asked_join(weir_subscriptions *s, weir_asked *asked, weir_agreement *on);

#endif
