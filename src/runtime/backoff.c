/* SPDX-License-Identifier: MIT */
/*
 * Full jitter spreads the clients of a venue that came back over the whole interval; a fixed delay
 * would bring them all back at once. The ceiling is multiplied step by step in double and compared
 * before it is used, so no factor and no number of failures can overflow.
 */
#include "runtime/backoff.h"

#include "util/crypto.h"

static int64_t ceiling(const weir_reconnect_spec *spec, uint64_t failures)
{
    double delay = (double)spec->initial_ns;
    const double max = (double)spec->max_ns;
    for (uint64_t i = 1; i < failures && delay < max && spec->factor > 1; i++)
        delay *= spec->factor;
    return delay < max ? (int64_t)delay : spec->max_ns;
}

int64_t weir_backoff_delay(const weir_reconnect_spec *spec, uint64_t failures, uint64_t chance,
                           int64_t at_least_ns)
{
    int64_t delay = ceiling(spec, failures);
    if (spec->full_jitter && delay > 0)
        delay = (int64_t)(chance % ((uint64_t)delay + 1));
    if (at_least_ns > WEIR_RETRY_AFTER_MAX_NS)
        at_least_ns = WEIR_RETRY_AFTER_MAX_NS;
    return delay > at_least_ns ? delay : at_least_ns;
}

int64_t weir_backoff_asked(const weir_reconnect_spec *spec, int http_status, int64_t retry_after_ns)
{
    enum { TEAPOT = 418, TOO_MANY = 429 };
    const bool is_complaint = http_status == TEAPOT || http_status == TOO_MANY;
    return retry_after_ns > 0 || !is_complaint ? retry_after_ns : spec->max_ns;
}

uint64_t weir_backoff_chance(void)
{
    uint64_t chance = 0;
    return weir_random_bytes(&chance, sizeof chance) ? chance : (uint64_t)weir_mono_ns();
}

bool weir_backoff_allows(const weir_reconnect_spec *spec, uint64_t failures)
{
    return spec->attempts < 0 || failures <= (uint64_t)spec->attempts;
}
