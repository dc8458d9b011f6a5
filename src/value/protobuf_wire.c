/* SPDX-License-Identifier: MIT */
/* Skipping: a group ends with its own number, however much is in it. */
#include "value/protobuf_wire.h"

static bool skip_group(weir_pb_reader *r, uint32_t number, unsigned depth)
{
    weir_pb_tag tag;
    if (depth >= WEIR_PB_DEPTH_MAX)
        return weir_pb_fail(r, "nested too deeply");
    for (;;) {
        if (!weir_pb_take_tag(r, &tag))
            return false;
        if (tag.wire == WEIR_PB_GROUP_END)
            return tag.number == number || weir_pb_fail(r, "the end of another group");
        if (!weir_pb_skip(r, tag, depth + 1))
            return false;
    }
}

bool weir_pb_skip(weir_pb_reader *r, weir_pb_tag tag, unsigned depth)
{
    uint64_t unwanted;
    weir_str span;
    switch (tag.wire) {
    case WEIR_PB_VARINT: return weir_pb_varint(r, &unwanted);
    case WEIR_PB_FIXED64: return weir_pb_take_fixed(r, 8, &unwanted);
    case WEIR_PB_LEN: return weir_pb_take_span(r, &span);
    case WEIR_PB_GROUP: return skip_group(r, tag.number, depth);
    case WEIR_PB_FIXED32: return weir_pb_take_fixed(r, 4, &unwanted);
    default: return weir_pb_fail(r, "the end of a group that did not begin");
    }
}
