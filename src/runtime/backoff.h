/* SPDX-License-Identifier: MIT */
/* How long to wait before the next attempt to connect. Pure: the caller brings the chance. */
#ifndef WEIR_RUNTIME_BACKOFF_H
#define WEIR_RUNTIME_BACKOFF_H

#include "spec/spec.h"
#include "util/time.h"

/**
 * The delay after `failures` attempts in a row have failed (1 = the first): capped exponential,
 * with full jitter a uniform draw from 0 to that (`chance` is 64 random bits), never below
 * `at_least_ns`, of which more than WEIR_RETRY_AFTER_MAX_NS is taken for that.
 */
int64_t weir_backoff_delay(const weir_reconnect_spec *spec, uint64_t failures, uint64_t chance,
                           int64_t at_least_ns);

/** What a reply with such an HTTP status asks for at least: what it says (Retry-After), and where
 * it complains of too many requests (429, 418) without saying, the longest wait of the spec. */
int64_t weir_backoff_asked(const weir_reconnect_spec *spec, int http_status,
                           int64_t retry_after_ns);

/** 64 random bits, or the clock where there are none to be had. */
uint64_t weir_backoff_chance(void);

/** False once `failures` in a row are more than the spec allows to retry. */
bool weir_backoff_allows(const weir_reconnect_spec *spec, uint64_t failures);

#endif
