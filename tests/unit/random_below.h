/* SPDX-License-Identifier: MIT */
/* The same numbers at random each time. */
#ifndef WEIR_RANDOM_BELOW_H
#define WEIR_RANDOM_BELOW_H

#include <stdint.h>

static inline unsigned random_below(unsigned bound)
{
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 33) % bound;
}

#endif
