/* SPDX-License-Identifier: MIT */
/*
 * A message of several parts as one span: each part behind its length, a little-endian u32. So a
 * message stays one frame for whoever carries, records or replays it, and only the backend that
 * makes it and the runner that takes it apart know that it is one.
 */
#ifndef WEIR_UTIL_PARTS_H
#define WEIR_UTIL_PARTS_H

#include <weir/types.h>

enum { WEIR_PART_HEAD = 4 };

static inline void weir_part_put_head(char *out, uint32_t len)
{
    for (unsigned i = 0; i < WEIR_PART_HEAD; i++)
        out[i] = (char)(len >> (8 * i));
}

/** Takes the first part off `rest`. False at the end, and when `rest` (then left as it is) is torn.
 */
static inline bool weir_part_next(weir_str *rest, weir_str *part)
{
    size_t len = 0;
    if (rest->len < WEIR_PART_HEAD)
        return false;
    for (unsigned i = 0; i < WEIR_PART_HEAD; i++)
        len |= (size_t)(unsigned char)rest->ptr[i] << (8 * i);
    if (len > rest->len - WEIR_PART_HEAD)
        return false;
    *part = (weir_str){rest->ptr + WEIR_PART_HEAD, len};
    rest->ptr += WEIR_PART_HEAD + len;
    rest->len -= WEIR_PART_HEAD + len;
    return true;
}

#endif
