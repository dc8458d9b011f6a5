/* SPDX-License-Identifier: MIT */
/* What of a time is behind its hour, eight bytes at a time, for machines without SSE2. The other
 * half of this choice is stamp_sse2.h, which is included first and says what the function does. */
#if !defined(WEIR_PIPELINE_STAMP_IN_HOUR)
#define WEIR_PIPELINE_STAMP_IN_HOUR

#include <stdbool.h>

#include "pipeline/stamp_digits.h"

static inline bool weir_stamp_in_hour(const char *at, size_t count, int64_t *ns)
{
    static const char masks[32] = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
    const uint64_t tops = UINT64_C(0x8080808080808080);
    const char *mask = masks + 16 - count;
    const uint64_t front =
        (weir_stamp_load(at) ^ UINT64_C(0x30302e30303a3030)) & weir_stamp_load(mask);
    const uint64_t back = weir_stamp_values(at + 8) & weir_stamp_load(mask + 8);
    /* A byte that is more than it may be gets a top bit, or has one. */
    const uint64_t others = ((front + UINT64_C(0x76767f767a7f767a)) | front) & tops;
    if (others | weir_stamp_others(back))
        return false;
    const uint64_t pairs = front * 10 + (front >> 8);
    const uint64_t seconds = (pairs & 0xff) * 60 + (pairs >> 24 & 0xff);
    const uint64_t hundredths = seconds * 100 + (pairs >> 48 & 0xff);
    *ns = (int64_t)(hundredths * 10000000 + weir_stamp_number(back << 8));
    return true;
}

#endif
