/* SPDX-License-Identifier: MIT */
/* The constants of number_lanes_avx2.h. */
#if defined(__x86_64__)
#include "value/number_lanes_avx2.h"

#define TWICE(...)                                                                                 \
    {                                                                                              \
        __VA_ARGS__, __VA_ARGS__                                                                   \
    }
#define FOUR(x)                                                                                    \
    {                                                                                              \
        x, x, x, x                                                                                 \
    }
#define SIXTEEN(x)                                                                                 \
    {                                                                                              \
        x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x                                             \
    }
#define ALL(x)                                                                                     \
    {                                                                                              \
        x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x,  \
            x, x                                                                                   \
    }

const weir_lanes_table weir_lanes_avx2_table = {
    .ascii = ALL('0'),
    .dot = ALL('.' ^ '0'),
    .sign = TWICE('-' ^ '0', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    .nine = ALL(9),
    .places = TWICE(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
    .from_end = TWICE(-16, -15, -14, -13, -12, -11, -10, -9, -8, -7, -6, -5, -4, -3, -2, -1),
    .up_to = TWICE(0, -1, -2, -3, -4, -5, -6, -7, -8, -9, -10, -11, -12, -13, -14, -15),
    .decimals = TWICE(0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0xfa, 0xf9, 0xf8, 0xf7, 0xf6, 0xf5, 0xf4, 0xf3,
                      0xf2, 0xf1, 0),
    .second = ALL(8),
    .heads = TWICE(1, 0, 1, 0, 1, 0, 1, 0, 9, 8, 9, 8, 9, 8, 9, 8),
    .head_min = SIXTEEN(0x000a),
    .head_room = SIXTEEN(0x09ff - 0x000a),
    .tens = TWICE(10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1),
    .hundreds = TWICE(100, 1, 100, 1, 100, 1, 100, 1, 100, 1, 100, 1, 100, 1, 100, 1),
    .myriads = TWICE(10000, 1, 10000, 1, 10000, 1, 10000, 1),
    .myriad_myriads = FOUR(100000000),
    .first_byte = FOUR(0xff),
    .sign_byte = FOUR('-' ^ '0'),
    .eight = FOUR(8),
    .one = FOUR(1),
    .minus_16 = FOUR(~UINT64_C(15)),
    .short_sign = TWICE('-' ^ '0', 0, 0, 0, 0, 0, 0, 0, '-' ^ '0', 0, 0, 0, 0, 0, 0, 0),
    .short_decimals = TWICE(0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0xfa, 0xf9, 0, 0xff, 0xfe, 0xfd, 0xfc,
                            0xfb, 0xfa, 0xf9, 0),
    .short_spread = TWICE(0, 0, 0, 0, 0, 0, 0, 0, 8, 8, 8, 8, 8, 8, 8, 8),
    .short_up_to = TWICE(0, -1, -2, -3, -4, -5, -6, -7, 0, -1, -2, -3, -4, -5, -6, -7),
    .short_hundreds = TWICE(100, 1, 100, 1, 100, 1, 100, 1),
    .short_myriad = FOUR(10000),
    .short_bits = FOUR(64),
    .minus_8 = FOUR(~UINT64_C(7)),
    .real_52 = FOUR(0x4330000000000000),
    .above_52 = FOUR(UINT64_C(0xfff) << 52),
    .minus_zero = FOUR(-0.0),
    .powers = {0x3ff00000, 0x40240000, 0x40590000, 0x408f4000, 0x40c38800, 0x40f86a00, 0x412e8480,
               0x416312d0},
    .power_of_bit = {0x3ff00000, 0x3ff00000, 0x3ff00000, 0x3ff00000, 0x3ff00000, 0x3ff00000,
                     0x3ff00000, 0x4197d784},
};
#endif
