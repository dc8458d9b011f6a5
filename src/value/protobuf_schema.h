/* SPDX-License-Identifier: MIT */
/*
 * Message types as a descriptor set tells them: the file that `protoc --include_imports
 * --descriptor_set_out` writes. Read once, at load; immutable, in the arena of the spec.
 *
 * Groups and extensions are not fields here: on the wire they are skipped like unknown ones.
 */
#ifndef WEIR_VALUE_PROTOBUF_SCHEMA_H
#define WEIR_VALUE_PROTOBUF_SCHEMA_H

#include "value/value.h"

/** FieldDescriptorProto.Type. */
typedef enum weir_pb_type {
    WEIR_PB_DOUBLE = 1,
    WEIR_PB_FLOAT,
    WEIR_PB_INT64,
    WEIR_PB_UINT64,
    WEIR_PB_INT32,
    WEIR_PB_FIXED_64,
    WEIR_PB_FIXED_32,
    WEIR_PB_BOOL,
    WEIR_PB_STRING,
    WEIR_PB_GROUP_TYPE,
    WEIR_PB_MESSAGE,
    WEIR_PB_BYTES,
    WEIR_PB_UINT32,
    WEIR_PB_ENUM,
    WEIR_PB_SFIXED32,
    WEIR_PB_SFIXED64,
    WEIR_PB_SINT32,
    WEIR_PB_SINT64,
    WEIR_PB_TYPE_END
} weir_pb_type;

typedef struct weir_pb_message weir_pb_message;

typedef struct weir_pb_enum_value {
    weir_str name;
    int32_t number;
    uint32_t order; /**< of its declaration */
} weir_pb_enum_value;

typedef struct weir_pb_enum {
    weir_str name;                    /**< full */
    weir_str first;                   /**< of the names, as declared */
    const weir_pb_enum_value *values; /**< by number; of those with the same one the first */
    size_t count;
} weir_pb_enum;

typedef struct weir_pb_field {
    weir_str name;
    uint32_t number;
    uint32_t index; /**< in the message's fields */
    uint8_t type;   /**< weir_pb_type */
    bool is_repeated;
    bool is_map;                     /**< repeated entries of `message`: fields 1 and 2 */
    int32_t oneof;                   /**< -1: in none */
    const weir_pb_message *message;  /**< MESSAGE */
    const weir_pb_enum *enumeration; /**< ENUM */
    weir_value fallback; /**< what it is when it was not sent; ABSENT: it is then not there */
} weir_pb_field;

enum { WEIR_PB_DENSE = 64 /* field numbers below are found by index */ };

struct weir_pb_message {
    weir_str name;               /**< full: "pkg.Feed" */
    const weir_pb_field *fields; /**< as declared */
    size_t count;
    const weir_pb_field *dense[WEIR_PB_DENSE];
};

typedef struct weir_pb_schema {
    weir_pb_message *const *messages;
    size_t count;
} weir_pb_schema;

enum { WEIR_PB_WHY_MAX = 200 };

/** NULL with a sentence in `why`: these bytes are no descriptor set, or not a whole one. */
const weir_pb_schema *weir_pb_schema_read(weir_arena *arena, weir_str bytes,
                                          char why[WEIR_PB_WHY_MAX]);
/** By full name; NULL if there is none. */
const weir_pb_message *weir_pb_schema_find(const weir_pb_schema *schema, weir_str name);

const weir_pb_field *weir_pb_field_slow(const weir_pb_message *message, uint32_t number);

static inline const weir_pb_field *weir_pb_field_at(const weir_pb_message *message, uint32_t number)
{
    return number < WEIR_PB_DENSE ? message->dense[number] : weir_pb_field_slow(message, number);
}

/** What proto3 takes for a field that was not sent; ABSENT for a message. */
weir_value weir_pb_zero(const weir_pb_field *field);

const weir_pb_field *weir_pb_field_named(const weir_pb_message *message, weir_str name);

#endif
