/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a message of a type that has a field of every kind, itself among them. The walk
 * beside a binding must refuse what the parser refuses and fill the slots that the parsed value
 * has. Values are compared as their JSON, since NaN is not equal to itself.
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

/* ------------------------------------------------------------------ the type */

enum { FIELDS = 28, STEPS = 5, PATHS = 16 };

static const weir_pb_enum_value sides[] = {
    {{"ODD", 3}, -1, 3}, {{"NONE", 4}, 0, 0}, {{"BUY", 3}, 1, 1}, {{"SELL", 4}, 2, 2}};
static const weir_pb_enum side = {{"Side", 4}, {"NONE", 4}, sides, 4};
static weir_pb_field entry_fields[2];
static weir_pb_message entry = {.name = {"Entry", 5}, .fields = entry_fields, .count = 2};
static weir_pb_field fields[FIELDS];
static weir_pb_message type = {.name = {"T", 1}, .fields = fields, .count = FIELDS};

static void add(weir_pb_message *message, weir_pb_field *list, uint32_t index, weir_pb_field field)
{
    field.index = index;
    field.number = index + 1;
    field.enumeration = field.type == WEIR_PB_ENUM ? &side : NULL;
    if (!field.message && field.type == WEIR_PB_MESSAGE)
        field.message = &type;
    list[index] = field;
    if (field.is_repeated || (field.oneof < 0 && field.type != WEIR_PB_MESSAGE))
        list[index].fallback = weir_pb_zero(&field);
    message->dense[index + 1] = &list[index];
}

static void make_type(void)
{
    static const char names[FIELDS][3] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j",
                                          "k", "l", "m", "n", "o", "p", "q", "r", "s", "t",
                                          "u", "v", "w", "x", "y", "z", "A", "B"};
    static const uint8_t kinds[FIELDS] = {
        WEIR_PB_DOUBLE, WEIR_PB_FLOAT, WEIR_PB_INT64, WEIR_PB_UINT64, WEIR_PB_INT32,
        WEIR_PB_FIXED_64, WEIR_PB_FIXED_32, WEIR_PB_BOOL, WEIR_PB_STRING, WEIR_PB_BYTES,
        WEIR_PB_UINT32, WEIR_PB_ENUM, WEIR_PB_SFIXED32, WEIR_PB_SFIXED64, WEIR_PB_SINT32,
        WEIR_PB_SINT64,
        /* 17: repeated */
        WEIR_PB_INT32, WEIR_PB_DOUBLE, WEIR_PB_STRING, WEIR_PB_ENUM, WEIR_PB_MESSAGE,
        /* 22: a map, a message, and a oneof of four; one more */
        WEIR_PB_MESSAGE, WEIR_PB_MESSAGE, WEIR_PB_MESSAGE, WEIR_PB_STRING, WEIR_PB_MESSAGE,
        WEIR_PB_SINT32, WEIR_PB_UINT64};
    add(&entry, entry_fields, 0,
        (weir_pb_field){.name = WEIR_STR("key"), .type = WEIR_PB_STRING, .oneof = -1});
    add(&entry, entry_fields, 1,
        (weir_pb_field){.name = WEIR_STR("value"), .type = WEIR_PB_MESSAGE, .oneof = -1});
    for (uint32_t i = 0; i < FIELDS; i++)
        add(&type, fields, i,
            (weir_pb_field){.name = {names[i], 1},
                            .type = kinds[i],
                            .is_repeated = i >= 16 && i < 22,
                            .is_map = i == 21,
                            .message = i == 21 ? &entry : NULL,
                            .oneof = i >= 23 && i < 27 ? 0 : -1});
}

/* ------------------------------------------------------------------ the paths */

#define KEY(text)                                                                                  \
    {                                                                                              \
        false, 0,                                                                                  \
        {                                                                                          \
            text, sizeof(text) - 1                                                                 \
        }                                                                                          \
    }
#define INDEX(i)                                                                                   \
    {                                                                                              \
        true, i,                                                                                   \
        {                                                                                          \
            NULL, 0                                                                                \
        }                                                                                          \
    }

static const struct {
    size_t count;
    weir_step steps[STEPS];
} paths[PATHS] = {
    {1, {KEY("a")}},
    {1, {KEY("i")}},
    {1, {KEY("l")}},
    {1, {KEY("q")}},
    {2, {KEY("q"), INDEX(-1)}},
    {3, {KEY("u"), INDEX(0), KEY("e")}},
    {1, {KEY("v")}},
    {3, {KEY("v"), KEY("k"), KEY("i")}},
    {2, {KEY("w"), KEY("e")}},
    {3, {KEY("w"), KEY("w"), KEY("q")}},
    {2, {KEY("x"), KEY("a")}},
    {1, {KEY("z")}},
    {2, {KEY("z"), KEY("e")}},
    {3, {KEY("x"), KEY("x"), KEY("A")}},
    {3, {KEY("w"), KEY("x"), KEY("y")}},
    {1, {KEY("nowhere")}},
};

static weir_projection *projection;
static const weir_pb_binding *binding;

static void make_binding(void)
{
    weir_arena *arena = weir_arena_new(4096, 0); /* kept to the end */
    projection = weir_projection_new(arena);
    CHECK(projection);
    for (size_t i = 0; i < PATHS; i++)
        CHECK(weir_projection_add(projection, paths[i].steps, paths[i].count) == i);
    CHECK(weir_projection_seal(projection));
    binding = weir_pb_bind(arena, projection, &type);
    CHECK(binding);
}

static void check_same(const weir_value *a, const weir_value *b)
{
    weir_buf first = {0}, second = {0};
    weir_json_write(&first, a, 0);
    weir_json_write(&second, b, 0);
    CHECK(!first.failed && !second.failed);
    CHECK(weir_str_eq(weir_buf_str(&first), weir_buf_str(&second)));
    weir_buf_fini(&first);
    weir_buf_fini(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (!binding) {
        make_type();
        make_binding();
    }
    weir_arena *arena = weir_arena_new(4096, 32 * 1024 * 1024);
    char *copy = malloc(size + 1); /* no byte behind that may be read */
    CHECK(copy && arena);
    if (size)
        memcpy(copy, bytes, size);
    const weir_str text = {copy, size};
    weir_value parsed, slots[PATHS], expected[PATHS];
    weir_pb_error why = {0}, error = {0};
    const bool is_good = weir_pb_parse(arena, &type, text, &parsed, &why);
    CHECK(weir_pb_project(arena, binding, text, slots, &error) == is_good ||
          weir_arena_failed(arena));
    if (!is_good) {
        CHECK(why.text && why.offset <= size);
    } else if (!weir_arena_failed(arena)) {
        weir_projection_fill(projection, &parsed, expected);
        for (size_t i = 0; i < PATHS; i++) {
            CHECK(slots[i].kind == expected[i].kind);
            check_same(&slots[i], &expected[i]);
        }
    }
    free(copy);
    weir_arena_free(arena);
    return 0;
}
