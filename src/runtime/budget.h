/* SPDX-License-Identifier: MIT */
/* How often the process connects to a host: venues count attempts by address, not by connection.
 * Any thread. */
#ifndef WEIR_RUNTIME_BUDGET_H
#define WEIR_RUNTIME_BUDGET_H

#include "spec/spec.h"

/** The host of a URL, in place: neither user nor port. */
weir_str weir_budget_host(weir_str url);
/**
 * Takes one attempt to connect to `host`. 0: go; else how long to wait, and nothing was taken.
 * Attempts without a limit (`rate.count` 0) are noted, too, for those that have one.
 */
int64_t weir_budget_take(weir_str host, weir_rate rate, int64_t now_ns);
/** Forgets all attempts; for tests. */
void weir_budget_reset(void);

#endif
