/* SPDX-License-Identifier: MIT */
/* A claim that a fuzz target makes of what it has tried. */
#ifndef WEIR_TEST_REQUIRE_H
#define WEIR_TEST_REQUIRE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUIRE(claim)                                                                             \
    do {                                                                                           \
        if (!(claim)) {                                                                            \
            fprintf(stderr, "broken: %s\n", #claim);                                               \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/** Of doubles that must be the same to the bit. */
static inline uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

#endif
