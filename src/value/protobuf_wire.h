/* SPDX-License-Identifier: MIT */
/*
 * The wire of Protocol Buffers: tags, varints, lengths. What reads a descriptor set and what reads
 * messages by it both stand on this. Bytes are hostile: every read is bounded, and the first
 * mistake is kept with its place.
 */
#ifndef WEIR_VALUE_PROTOBUF_WIRE_H
#define WEIR_VALUE_PROTOBUF_WIRE_H

#include <weir/types.h>

enum { WEIR_PB_DEPTH_MAX = 100 /* messages and groups in each other, as in protobuf itself */ };

typedef enum weir_pb_wire {
    WEIR_PB_VARINT = 0,
    WEIR_PB_FIXED64 = 1,
    WEIR_PB_LEN = 2,
    WEIR_PB_GROUP = 3,
    WEIR_PB_GROUP_END = 4,
    WEIR_PB_FIXED32 = 5
} weir_pb_wire;

/** Where a reader stands. A message in a message is read by a reader of its own span. */
typedef struct weir_pb_reader {
    const char *at;
    const char *end;
    const char *why;   /**< static; NULL: nothing is wrong */
    const char *wrong; /**< where */
} weir_pb_reader;

typedef struct weir_pb_tag {
    uint32_t number;
    weir_pb_wire wire;
} weir_pb_tag;

static inline bool weir_pb_fail(weir_pb_reader *r, const char *why)
{
    r->why = why;
    r->wrong = r->at;
    return false;
}

/** Bits beyond the 64th are dropped, as protobuf does; more than ten bytes are a mistake. */
static inline bool weir_pb_varint(weir_pb_reader *r, uint64_t *out)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        if (r->at == r->end)
            return weir_pb_fail(r, "the message ends too early");
        const unsigned char byte = (unsigned char)*r->at++;
        value |= (uint64_t)(byte & 0x7f) << (shift & 63);
        if (byte < 0x80) {
            *out = value;
            return true;
        }
    }
    return weir_pb_fail(r, "a varint of more than ten bytes");
}

/** A tag is 32 bits in at most five bytes; what is beyond the 32nd is dropped there too. */
static inline bool weir_pb_take_tag(weir_pb_reader *r, weir_pb_tag *tag)
{
    uint64_t value;
    const char *from = r->at;
    if (!weir_pb_varint(r, &value))
        return false;
    tag->number = (uint32_t)value >> 3;
    tag->wire = (weir_pb_wire)(value & 7);
    if (r->at - from > 5 || tag->number == 0)
        return weir_pb_fail(r, "a field number that cannot be");
    return tag->wire <= WEIR_PB_FIXED32 || weir_pb_fail(r, "a wire type that cannot be");
}

/** The contents of a LEN field. */
static inline bool weir_pb_take_span(weir_pb_reader *r, weir_str *out)
{
    uint64_t len;
    if (!weir_pb_varint(r, &len))
        return false;
    if (len > (uint64_t)(r->end - r->at))
        return weir_pb_fail(r, "the message ends too early");
    *out = (weir_str){r->at, (size_t)len};
    r->at += len;
    return true;
}

/** `count` bytes, little-endian: 4 or 8. */
static inline bool weir_pb_take_fixed(weir_pb_reader *r, size_t count, uint64_t *out)
{
    if ((size_t)(r->end - r->at) < count)
        return weir_pb_fail(r, "the message ends too early");
    uint64_t value = 0;
    for (size_t i = 0; i < count; i++)
        value |= (uint64_t)(unsigned char)r->at[i] << (8 * i);
    *out = value;
    r->at += count;
    return true;
}

/** What follows a tag, whatever it is; `depth` messages and groups are open around it. */
bool weir_pb_skip(weir_pb_reader *r, weir_pb_tag tag, unsigned depth);

static inline weir_pb_reader weir_pb_reader_of(weir_str bytes)
{
    const char *end = bytes.len ? bytes.ptr + bytes.len : bytes.ptr; /* which may be NULL */
    return (weir_pb_reader){bytes.ptr, end, NULL, NULL};
}

#endif
