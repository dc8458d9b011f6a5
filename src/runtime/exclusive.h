/* SPDX-License-Identifier: MIT */
/*
 * Keys that one connection of the process may use at a time: some venues drop the first connection
 * of an account when a second one comes. A connection claims its key before it connects and keeps
 * it, also while it is down, until it stops or fails. Any thread.
 */
#ifndef WEIR_RUNTIME_EXCLUSIVE_H
#define WEIR_RUNTIME_EXCLUSIVE_H

#include <weir/types.h>

typedef struct weir_claim weir_claim;

/**
 * Claims `key` for `owner` (what others are told: "binance.user"). A claim that is held already for
 * the same key is kept, for another key it is given back first. WEIR_ERR_STATE names the holder.
 */
weir_code weir_claim_take(weir_claim **claim, weir_str key, weir_str owner, weir_error *error);
/** Gives it back. NULL in *claim is fine, and left behind. */
void weir_claim_drop(weir_claim **claim);

#endif
