/* SPDX-License-Identifier: MIT */
/*
 * Protocol Buffers in, by a descriptor. A projection is bound to a message type once, which gives
 * a field of a message the node of the trie that wants it; a message is then one walk over its
 * bytes. Fields that nobody reads are checked and skipped, unknown ones skipped.
 *
 * What a message is in an expression: a dict by the names of the .proto, in the order of the
 * numbers. A field that was not sent is not there when the .proto lets a sender leave it out
 * (messages, members of a oneof, `optional`), is its default where the .proto declares one, and
 * else what it is in proto3: 0, "", False, the first name of an enum, an empty list or dict.
 */
#ifndef WEIR_VALUE_PROTOBUF_H
#define WEIR_VALUE_PROTOBUF_H

#include "value/projection.h"
#include "value/protobuf_schema.h"

typedef struct weir_pb_binding weir_pb_binding;

/** Where and why bytes are not a message. */
typedef struct weir_pb_error {
    const char *text; /**< static */
    size_t offset;
} weir_pb_error;

/**
 * Binds a sealed projection. Paths that the type does not have stay ABSENT (see weir_pb_path).
 * NULL: out of memory.
 */
const weir_pb_binding *weir_pb_bind(weir_arena *arena, const weir_projection *projection,
                                    const weir_pb_message *type);
/** Where a path of steps into a message comes to. */
typedef struct weir_pb_place {
    size_t at; /**< the step that cannot be, when it is not there */
    const weir_pb_message
        *type; /**< the message that the path, or its good part, ends in; or NULL */
    const weir_pb_field *field; /**< the field that it ends at; NULL: a message, an element */
} weir_pb_place;

/** False when no message of the type can have the path. */
bool weir_pb_path(const weir_pb_message *type, const weir_step *steps, size_t count,
                  weir_pb_place *place);

/** The whole message. Texts and bytes point into `bytes`, or into the arena. */
bool weir_pb_parse(weir_arena *arena, const weir_pb_message *type, weir_str bytes, weir_value *out,
                   weir_pb_error *error);
/** Fills the slots of the binding's projection. */
bool weir_pb_project(weir_arena *arena, const weir_pb_binding *binding, weir_str bytes,
                     weir_value *slots, weir_pb_error *error);

#endif
