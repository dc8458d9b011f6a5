/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a descriptor set. What is read must hang together: every message is found by its
 * name and its fields by their numbers and names, and can be the type of a message - an empty one,
 * and the descriptor itself taken for one.
 */
#include <stdio.h>
#include <stdlib.h>

#include "value/json_write.h"
#include "value/protobuf.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                        \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

enum { TRIED = 8 };

static void check_fields(const weir_pb_message *message)
{
    for (size_t i = 0; i < message->count; i++) {
        const weir_pb_field *field = &message->fields[i];
        CHECK(field->index == i && field->type < WEIR_PB_TYPE_END);
        CHECK(weir_pb_field_at(message, field->number) == field);
        CHECK(weir_pb_field_named(message, field->name));
        CHECK((field->type == WEIR_PB_MESSAGE) == (field->message != NULL));
        CHECK((field->type == WEIR_PB_ENUM) == (field->enumeration != NULL));
    }
}

static void check_message(const weir_pb_message *message, weir_str bytes)
{
    weir_arena *arena = weir_arena_new(4096, 8 * 1024 * 1024);
    weir_value value;
    weir_pb_error error = {0};
    weir_buf json = {0};
    CHECK(arena && weir_pb_parse(arena, message, (weir_str){bytes.ptr, 0}, &value, &error));
    if (weir_pb_parse(arena, message, bytes, &value, &error))
        weir_json_write(&json, &value, 0);
    else
        CHECK(error.text);
    weir_buf_fini(&json);
    weir_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char why[WEIR_PB_WHY_MAX];
    weir_arena *arena = weir_arena_new(4096, 0);
    char *copy = malloc(size + 1);
    CHECK(copy && arena);
    if (size)
        memcpy(copy, bytes, size);
    const weir_str text = {copy, size};
    const weir_pb_schema *schema = weir_pb_schema_read(arena, text, why);
    CHECK(schema || why[0]);
    for (size_t i = 0; schema && i < schema->count; i++) {
        CHECK(weir_pb_schema_find(schema, schema->messages[i]->name));
        check_fields(schema->messages[i]);
        if (i < TRIED)
            check_message(schema->messages[i], text);
    }
    free(copy);
    weir_arena_free(arena);
    return 0;
}
