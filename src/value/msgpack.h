/* SPDX-License-Identifier: MIT */
/*
 * MessagePack in and out. In: one walk over the bytes beside the trie of a projection, which builds
 * what a slot wants and skips (but checks) the rest; or the whole message, in an arena. Texts and
 * bytes point into the message.
 *
 *   nil, bool, integers, floats, str, array, map   None, bool, int, float, str, list, dict
 *   an unsigned integer beyond int64               int that keeps its digits (WEIR_BIGINT)
 *   bin                                            bytes
 *   ext of type -1 (timestamp, 4, 8, 12 bytes)     Timestamp in UTC
 *   any other ext                                  tuple of its type and its bytes
 *
 * A map's keys may be whatever is no list and no map; of a repeated key the last wins. A str must
 * be UTF-8, a message must be all of the bytes.
 */
#ifndef WEIR_VALUE_MSGPACK_H
#define WEIR_VALUE_MSGPACK_H

#include "util/buf.h"
#include "value/projection.h"

enum { WEIR_MSGPACK_DEPTH_MAX = 256 };

/** Where and why bytes are not MessagePack. */
typedef struct weir_msgpack_error {
    const char *text; /**< static */
    size_t offset;
} weir_msgpack_error;

bool weir_msgpack_parse(weir_arena *arena, weir_str bytes, weir_value *out,
                        weir_msgpack_error *error);
/**
 * Checks the message and fills `slots` (weir_projection_slots of them). `*whole` gets a message
 * that is no list, map or ext; else ABSENT, and weir_msgpack_parse gives it. *is_map tells whether
 * it is a map. `bytes` must have WEIR_JSON_SLACK readable bytes behind.
 */
bool weir_msgpack_project(const weir_projection *projection, weir_arena *arena, weir_str bytes,
                          weir_value *slots, weir_value *whole, bool *is_map,
                          weir_msgpack_error *error);

/**
 * Appends a value in its shortest form; raw values are taken for what they are. A Timestamp becomes
 * ext -1, a Decimal and what MessagePack has no type for a str. False: out of memory (`out`), or an
 * integer beyond 64 bits, or nested too deeply, then `*why` is set.
 */
bool weir_msgpack_write(weir_buf *out, weir_arena *arena, const weir_value *v, const char **why);

#endif
