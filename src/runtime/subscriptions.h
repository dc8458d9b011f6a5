/* SPDX-License-Identifier: MIT */
/*
 * What the user wants of one connection: for each stream its assets, in the order in which they
 * were first wanted, counted. It outlives every link: after a connect all of it is to be sent, and
 * later the differences. Any thread.
 */
#ifndef WEIR_RUNTIME_SUBSCRIPTIONS_H
#define WEIR_RUNTIME_SUBSCRIPTIONS_H

#include "util/buf.h"
#include "value/asset.h"

typedef struct weir_subscriptions weir_subscriptions;

weir_subscriptions *weir_subscriptions_new(size_t streams);
void weir_subscriptions_free(weir_subscriptions *subscriptions);

/** Wants assets of a stream once more; with none, the stream itself. All or nothing. */
weir_code weir_subscriptions_add(weir_subscriptions *subscriptions, size_t stream,
                                 const weir_asset *const *assets, size_t count, weir_error *error);
/** The opposite. WEIR_ERR_NOT_FOUND names an asset that is not wanted; nothing is changed then. */
weir_code weir_subscriptions_remove(weir_subscriptions *subscriptions, size_t stream,
                                    const weir_asset *const *assets, size_t count,
                                    weir_error *error);

/** A new link: nothing has been sent on it. */
void weir_subscriptions_restart(weir_subscriptions *subscriptions);

/** What is to be sent for one stream. */
typedef struct weir_subscription_change {
    weir_buf assets; /* `const weir_asset *`, back to back */
    size_t count;
    bool is_whole; /* the stream itself, without symbols */
} weir_subscription_change;

const weir_asset *const *weir_subscription_assets(const weir_subscription_change *change);

/**
 * Takes what is wanted and not yet sent (or, `unsubscribes`, sent and wanted no more) and notes it
 * as done. `change` is emptied first and kept for reuse. False when out of memory.
 */
bool weir_subscriptions_take(weir_subscriptions *subscriptions, size_t stream, bool unsubscribes,
                             weir_subscription_change *change);

/** Wanted assets of all streams; a stream wanted itself counts as one. */
size_t weir_subscriptions_wanted(const weir_subscriptions *subscriptions);

#endif
