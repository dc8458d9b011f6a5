/* SPDX-License-Identifier: MIT */
/*
 * What the user wants of one connection of the spec, and how far the venue has agreed: for each
 * stream its assets, in the order in which they were first wanted, each with the ids of those who
 * hold it. It outlives every link. A connection that is spread over several sockets (shards) has
 * one of these: each want is placed on a shard when it comes up and stays there, so that adding a
 * symbol moves nothing. Any thread.
 */
#ifndef WEIR_RUNTIME_SUBSCRIPTIONS_H
#define WEIR_RUNTIME_SUBSCRIPTIONS_H

#include <weir/weir.h>

#include "util/buf.h"
#include "value/asset.h"

typedef struct weir_subscriptions weir_subscriptions;

/**
 * `per_shard`: wants that one shard takes; 0: any number, all on the first. `sides`: links that a
 * shard may have at a time, 1 or 2. A link's number, its line, is `side * shards + shard`.
 */
weir_subscriptions *weir_subscriptions_new(size_t streams, size_t shards, size_t sides,
                                           size_t per_shard);
void weir_subscriptions_free(weir_subscriptions *subscriptions);

/* ------------------------------------------------------------------ wanting */

/** Wants assets of a stream for the holder `id`; with none, the stream itself. All or nothing.
 * WEIR_ERR_LIMIT: no shard has room. */
weir_code weir_subscriptions_add(weir_subscriptions *subscriptions, size_t stream, uint64_t id,
                                 const weir_asset *const *assets, size_t count, weir_error *error);
/** Takes each from whoever wanted it last. WEIR_ERR_NOT_FOUND names an asset that is not wanted;
 * nothing is changed then. */
weir_code weir_subscriptions_remove(weir_subscriptions *subscriptions, size_t stream,
                                    const weir_asset *const *assets, size_t count,
                                    weir_error *error);
/** Takes all from one holder; returns how many. */
size_t weir_subscriptions_remove_id(weir_subscriptions *subscriptions, uint64_t id);
/** Takes a stream (SIZE_MAX: every stream), or one asset of it, from all holders; returns how many
 * were wanted. */
size_t weir_subscriptions_remove_all(weir_subscriptions *subscriptions, size_t stream,
                                     const weir_asset *asset);

/* ------------------------------------------------------------------ telling the venue */

/** What is to be sent for one stream, or what an answer was about. */
typedef struct weir_subscription_change {
    weir_buf assets; /* `const weir_asset *`, back to back */
    size_t count;
    bool is_whole; /* the stream itself, without symbols */
} weir_subscription_change;

const weir_asset *const *weir_subscription_assets(const weir_subscription_change *change);

/** A new link on a line: nothing has been sent on it, nothing refused. */
void weir_subscriptions_restart(weir_subscriptions *subscriptions, size_t line);
/**
 * What goes into the next message of a stream: up to `most` wants (0: all) that were not sent yet
 * or, `unsubscribes`, that were sent and are wanted no more; of the former none while there is one
 * of the latter in any stream. The stream itself comes alone. Nothing is noted yet. False when out
 * of memory.
 */
bool weir_subscriptions_gather(weir_subscriptions *subscriptions, size_t line, size_t stream,
                               bool unsubscribes, size_t most, weir_subscription_change *change);
/** It was sent as `request`: an answer is awaited until `deadline_ns`; 0: none is, they are active.
 */
void weir_subscriptions_sent(weir_subscriptions *subscriptions, size_t line, size_t stream,
                             const weir_subscription_change *change, uint64_t request,
                             int64_t deadline_ns);
/** It was sent, and is forgotten. */
void weir_subscriptions_left(weir_subscriptions *subscriptions, size_t line, size_t stream,
                             const weir_subscription_change *change);

/* ------------------------------------------------------------------ what the venue says */

/** An asset (NULL: the stream itself) was confirmed. False: it was not awaited. */
bool weir_subscriptions_confirm(weir_subscriptions *subscriptions, size_t line, size_t stream,
                                const weir_asset *asset);
void weir_subscriptions_confirm_request(weir_subscriptions *subscriptions, size_t line,
                                        uint64_t request);
/** ... was refused, by name. False: it was not awaited, nor active. */
bool weir_subscriptions_refuse(weir_subscriptions *subscriptions, size_t line, size_t stream,
                               const weir_asset *asset, const char *reason);
/**
 * A request was refused as a whole. More than one want in it: it is split, and each half is to be
 * sent again by itself, so that in the end the culprits stand alone. A single one is refused and
 * stands in `change`. True: the request is of this stream.
 */
bool weir_subscriptions_refuse_request(weir_subscriptions *subscriptions, size_t line,
                                       size_t stream, uint64_t request, const char *reason,
                                       weir_subscription_change *change);
/** Deadlines: what was asked once is to be sent again, what was asked twice is refused and stands
 * in `change`; after a pause it is to be sent once more. */
void weir_subscriptions_expire(weir_subscriptions *subscriptions, size_t line, size_t stream,
                               int64_t now_ns, const char *reason,
                               weir_subscription_change *change);

/** An active asset (NULL: all of the stream) is to be asked for once more, `leaves_first`: after it
 * was left; unless that was done less than `pause_ns` ago. False: it was, or is not active. */
bool weir_subscriptions_renew(weir_subscriptions *subscriptions, size_t line, size_t stream,
                              const weir_asset *asset, bool leaves_first, int64_t now_ns,
                              int64_t pause_ns);

/* ------------------------------------------------------------------ two links of a shard */

/** From now on this line is its shard's front: what is told to whoever looks. */
void weir_subscriptions_turn(weir_subscriptions *subscriptions, size_t line);
/** How many wants are active on the one line and refused on the other. */
size_t weir_subscriptions_lacking(weir_subscriptions *subscriptions, size_t line, size_t than);

/* ------------------------------------------------------------------ lost links */

/** The link was lost: what the venue was asked for and has not refused has a hole from `from_ns`
 * on; but not, of streams that are `kept` (NULL: none is), what is active on the line `heir`
 * already. */
void weir_subscriptions_cut(weir_subscriptions *subscriptions, size_t line, int64_t from_ns,
                            size_t heir, const bool *kept);
/** Takes a given one (`asset` NULL: the stream itself), active or not. False: it has none.
 * *is_last: there are no more. */
bool weir_subscriptions_take_cut_of(weir_subscriptions *subscriptions, size_t line, size_t stream,
                                    const weir_asset *asset, int64_t *from_ns, bool *is_last);
/** Takes one that is active again, with what it was cut at. False: there is none. */
bool weir_subscriptions_take_cut(weir_subscriptions *subscriptions, size_t line, size_t *stream,
                                 const weir_asset **asset, int64_t *from_ns);

/** A want of another connection, whose place this one takes, was cut. */
void weir_subscriptions_inherit_cut(weir_subscriptions *subscriptions, size_t stream,
                                    const weir_asset *asset, int64_t from_ns);
bool weir_subscriptions_has_cuts(const weir_subscriptions *subscriptions, size_t shard);
/** Calls `each` for all wants with a hole that was not told, under the lock. */
void weir_subscriptions_each_cut(weir_subscriptions *subscriptions,
                                 void (*each)(void *user, size_t stream, const weir_asset *asset,
                                              int64_t from_ns),
                                 void *user);

/* ------------------------------------------------------------------ looking */

typedef struct weir_subscription_counts {
    size_t wanted; /* all below */
    size_t idle;   /* to be sent */
    size_t pending;
    size_t active;
    size_t refused;
    size_t leaving;           /* sent, and wanted no more */
    int64_t next_deadline_ns; /* of a pending one, or one that was given up; 0: none */
} weir_subscription_counts;

void weir_subscriptions_count(const weir_subscriptions *subscriptions, size_t line,
                              weir_subscription_counts *counts);
/** The same for the line that is a shard's front. */
void weir_subscriptions_count_front(const weir_subscriptions *subscriptions, size_t shard,
                                    weir_subscription_counts *counts);
/** Somebody wants this very one; an asset of NULL is the stream itself. */
bool weir_subscriptions_has(const weir_subscriptions *subscriptions, size_t stream,
                            const weir_asset *asset);
/** Only how many answers are awaited, late ones included: asked for each frame, takes no lock. */
size_t weir_subscriptions_awaited(const weir_subscriptions *subscriptions, size_t line);
/** Wanted assets of all streams and shards; a stream wanted itself counts as one. */
size_t weir_subscriptions_wanted(const weir_subscriptions *subscriptions);

typedef struct weir_subscription_view {
    size_t stream, shard;
    const weir_asset *asset; /* NULL: the stream itself */
    weir_subscription_state state;
    size_t holders;
    const char *reason; /* of REJECTED; "" otherwise */
} weir_subscription_view;

typedef void weir_subscription_view_fn(void *user, const weir_subscription_view *view);

/** Calls `each` for all that is wanted, by stream and shard, in order of first want, under the
 * lock. */
void weir_subscriptions_each(weir_subscriptions *subscriptions, weir_subscription_view_fn *each,
                             void *user);
/** The same of one shard. */
void weir_subscriptions_each_of(weir_subscriptions *subscriptions, size_t shard,
                                weir_subscription_view_fn *each, void *user);
/** Calls `each` for every holder of every want, in order, under the lock. */
void weir_subscriptions_each_holder(weir_subscriptions *subscriptions,
                                    void (*each)(void *user, size_t stream, const weir_asset *asset,
                                                 uint64_t id),
                                    void *user);

#endif
