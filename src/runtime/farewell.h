/* SPDX-License-Identifier: MIT */
/*
 * Symbols that a link was told to leave: what still comes of them is on its way, or the venue goes
 * on sending it, and nobody wants it. It is left out and counted. Belongs to the reactor's thread.
 */
#ifndef WEIR_RUNTIME_FAREWELL_H
#define WEIR_RUNTIME_FAREWELL_H

#include "runtime/asset_map.h"
#include "runtime/subscriptions.h"
#include "value/record.h"

typedef struct weir_connection weir_connection;

typedef struct weir_farewell {
    weir_asset_map *streams; /* 1: it was left. NULL: nothing ever was */
    size_t count;            /* symbols that were left; 0: nothing is looked at */
} weir_farewell;

/** The venue was told that these are left, or would have been. */
void weir_farewell_left(weir_connection *connection, size_t slot,
                        const weir_subscription_change *change);
/** The venue was asked for these. */
void weir_farewell_asked(weir_connection *connection, size_t slot,
                         const weir_subscription_change *change);
/** Another link: nothing comes of what was left. */
void weir_farewell_clear(weir_connection *connection);
/** Takes records of symbols that were left out of a batch. */
void weir_farewell_sift(weir_connection *connection, weir_batch *batch);
void weir_farewell_fini(weir_connection *connection);

#endif
