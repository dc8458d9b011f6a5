/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as MessagePack. The walk beside a projection must refuse what the parser refuses, with
 * the same words at the same place, and fill the slots that the parsed value has; what was parsed,
 * written and parsed again is the same document. Values are compared as their JSON: a tuple comes
 * back as a list, and NaN is not equal to itself.
 */
#include <stdio.h>
#include <stdlib.h>

#include "value/json_write.h"
#include "value/msgpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                        \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

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

enum { STEPS = 4, PATHS = 12 };

static const struct {
    size_t count;
    weir_step steps[STEPS];
} paths[PATHS] = {
    {1, {KEY("a")}},
    {2, {KEY("a"), KEY("b")}},
    {2, {KEY("a"), INDEX(0)}},
    {2, {KEY("a"), INDEX(-1)}},
    {3, {KEY("a"), INDEX(1), KEY("longer than 8")}},
    {1, {KEY("data")}},
    {3, {KEY("data"), INDEX(-2), INDEX(0)}},
    {1, {INDEX(0)}},
    {1, {INDEX(-1)}},
    {2, {INDEX(1), KEY("a")}},
    {2, {KEY("b"), KEY("")}},
    {2, {KEY("b"), INDEX(7)}},
};

static const weir_projection *projection(void)
{
    static weir_projection *made; /* kept to the end */
    if (made)
        return made;
    made = weir_projection_new(weir_arena_new(4096, 0));
    CHECK(made);
    for (size_t i = 0; i < PATHS; i++)
        CHECK(weir_projection_add(made, paths[i].steps, paths[i].count) == i);
    CHECK(weir_projection_seal(made));
    return made;
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

static void check_slots(const weir_value *slots, const weir_value *parsed)
{
    weir_value expected[PATHS];
    weir_projection_fill(projection(), parsed, expected);
    for (size_t i = 0; i < PATHS; i++) {
        CHECK(slots[i].kind == expected[i].kind);
        check_same(&slots[i], &expected[i]);
    }
}

static void check_written(weir_arena *arena, const weir_value *parsed)
{
    const char *why = NULL;
    weir_buf out = {0};
    weir_value again;
    weir_msgpack_error error;
    if (weir_msgpack_write(&out, arena, parsed, &why)) {
        CHECK(weir_msgpack_parse(arena, weir_buf_str(&out), &again, &error));
        check_same(parsed, &again);
    } else { /* an ext can be a key, and in the innermost list; the tuple that it becomes cannot */
        CHECK(why &&
              (strcmp(why, "a key that is a list") == 0 || strcmp(why, "nested too deeply") == 0));
    }
    weir_buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    weir_arena *arena = weir_arena_new(4096, 0);
    char *copy = malloc(size + WEIR_JSON_SLACK);
    CHECK(copy && arena);
    if (size)
        memcpy(copy, bytes, size);
    memset(copy + size, 0x90, WEIR_JSON_SLACK); /* what lies behind could go on */
    const weir_str text = {copy, size};
    weir_value parsed, whole, slots[PATHS];
    bool is_map;
    weir_msgpack_error why = {0}, error = {0};
    const bool is_good = weir_msgpack_parse(arena, text, &parsed, &why);
    CHECK(weir_msgpack_project(projection(), arena, text, slots, &whole, &is_map, &error) ==
          is_good);
    if (is_good) {
        CHECK(is_map == (parsed.kind == WEIR_DICT));
        check_slots(slots, &parsed);
        check_written(arena, &parsed);
        if (whole.kind != WEIR_ABSENT)
            check_same(&whole, &parsed);
    } else {
        CHECK(why.text && strcmp(why.text, error.text) == 0 && why.offset == error.offset);
        CHECK(why.offset <= size);
    }
    free(copy);
    weir_arena_free(arena);
    return 0;
}
