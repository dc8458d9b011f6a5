/* SPDX-License-Identifier: MIT */
/* How long to wait before the next attempt to connect. Pure: the caller brings the chance. */
#ifndef WEIR_RUNTIME_BACKOFF_H
#define WEIR_RUNTIME_BACKOFF_H

#include "spec/spec.h"

/**
 * The delay after `failures` attempts in a row have failed (1 = the first): capped exponential,
 * with full jitter a uniform draw from 0 to that (`chance` is 64 random bits), never below
 * `at_least_ns` (Retry-After). An `at_least_ns` of more than WEIR_RETRY_AFTER_MAX_NS is taken for
 * that: a server may ask for patience, not for ever.
 */
#define WEIR_RETRY_AFTER_MAX_NS (INT64_C(3600) * 1000000000)
int64_t weir_backoff_delay(const weir_reconnect_spec *spec, uint64_t failures, uint64_t chance,
                           int64_t at_least_ns);

/** False once `failures` in a row are more than the spec allows to retry. */
bool weir_backoff_allows(const weir_reconnect_spec *spec, uint64_t failures);

#endif
