/* SPDX-License-Identifier: MIT */
/*
 * The decoder against jansson: what it accepts, and what every slot of a projection holds. The
 * known differences are ours by design: at most WEIR_JSON_DEPTH_MAX levels; numbers beyond int64
 * and double are kept; NUL and lone surrogates may be escaped.
 *
 * And the fast walk against the general one: by the index alone, by shapes that were learnt from
 * all inputs before, and by the shape of this one. Both accept the same texts, with equal slots.
 *
 * The bytes behind the text are closing brackets and quotes, so that a reader that believes them
 * accepts what jansson does not; behind those the address sanitizer watches.
 */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/number.h"
#include "value/decimal.h"
#include "value/json_read.h"
#include "value/json_write.h"
#include "value/projection.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

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
#define STEPS 6

static const struct {
    size_t count;
    weir_step steps[STEPS];
} paths[] = {
    {0, {KEY("")}},
    {1, {KEY("a")}},
    {1, {KEY("b")}},
    {2, {KEY("a"), KEY("b")}},
    {2, {KEY("a"), KEY("a")}},
    {3, {KEY("a"), KEY("b"), INDEX(0)}},
    {3, {KEY("a"), KEY("b"), INDEX(-1)}},
    {1, {INDEX(0)}},
    {1, {INDEX(2)}},
    {1, {INDEX(-1)}},
    {1, {INDEX(-2)}},
    {1, {INDEX(-12)}},
    {2, {INDEX(0), KEY("a")}},
    {2, {INDEX(-1), KEY("b")}},
    {3, {INDEX(1), INDEX(1), INDEX(-1)}},
    {1, {KEY("")}},
    {1, {KEY("stream")}},
    {1, {KEY("data")}},
    {2, {KEY("data"), KEY("p")}},
    {2, {KEY("data"), KEY("b")}},
    {4, {KEY("data"), KEY("b"), INDEX(0), INDEX(0)}},
    {4, {KEY("data"), KEY("b"), INDEX(-1), INDEX(-1)}},
    {1, {KEY("\n")}},
    {1, {KEY("\xc3\xa9")}},
    {1, {KEY("12345678")}},
    {1, {KEY("123456789")}},
    {1, {KEY("12345678x")}},
    {2, {KEY("a"), KEY("123456789")}},
};

enum { PATHS = sizeof paths / sizeof *paths };

static weir_projection *projection;
static size_t slot_of[PATHS];

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                        \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static void build(void)
{
    weir_arena *arena = weir_arena_new(4096, 0); /* kept to the end */
    CHECK(arena);
    projection = weir_projection_new(arena);
    CHECK(projection);
    for (size_t i = 0; i < PATHS; i++)
        slot_of[i] = weir_projection_add(projection, paths[i].steps, paths[i].count);
    for (size_t i = 0; i < PATHS; i++)
        if (paths[i].count > 0)
            weir_projection_want_lists(projection, slot_of[i]);
    CHECK(weir_projection_seal(projection));
    json_object_seed(1);
}

static void check_same(weir_arena *arena, const weir_value *v, const json_t *json);

static void check_members(weir_arena *arena, const weir_value *v, const json_t *json)
{
    CHECK(v->kind == WEIR_DICT && v->dict->count == json_object_size(json));
    for (size_t i = 0; i < v->dict->count; i++) {
        const weir_dict_entry *entry = &v->dict->entries[i];
        CHECK(entry->key.kind == WEIR_STR);
        const json_t *member = json_object_getn(json, entry->key.s, entry->key.len);
        CHECK(member);
        check_same(arena, &entry->value, member);
    }
}

static void check_same(weir_arena *arena, const weir_value *v, const json_t *json)
{
    weir_value plain;
    CHECK(weir_json_unfold(arena, v, &plain));
    switch (json_typeof(json)) {
    case JSON_OBJECT: check_members(arena, &plain, json); break;
    case JSON_ARRAY:
        CHECK(plain.kind == WEIR_LIST && plain.list->count == json_array_size(json));
        for (size_t i = 0; i < plain.list->count; i++)
            check_same(arena, &plain.list->items[i], json_array_get(json, i));
        break;
    case JSON_STRING:
        CHECK(plain.kind == WEIR_STR && plain.len == json_string_length(json));
        CHECK(plain.len == 0 || memcmp(plain.s, json_string_value(json), plain.len) == 0);
        for (uint32_t i = 0; i < plain.len && plain.flags & WEIR_VALUE_ASCII; i++)
            CHECK((unsigned char)plain.s[i] < 0x80);
        break;
    case JSON_INTEGER:
        CHECK(plain.kind == WEIR_INT && plain.i == (int64_t)json_integer_value(json));
        break;
    case JSON_REAL:
        CHECK(plain.kind == WEIR_FLOAT && plain.f == json_real_value(json));
        CHECK(!signbit(plain.f) == !signbit(json_real_value(json)));
        break;
    case JSON_TRUE: CHECK(plain.kind == WEIR_BOOL && plain.b); break;
    case JSON_FALSE: CHECK(plain.kind == WEIR_BOOL && !plain.b); break;
    case JSON_NULL: CHECK(plain.kind == WEIR_NONE); break;
    }
}

static const json_t *navigate(const json_t *json, const weir_step *steps, size_t count)
{
    for (size_t i = 0; json && i < count; i++) {
        if (!steps[i].is_index) {
            json = json_object_getn(json, steps[i].key.ptr, steps[i].key.len);
            continue;
        }
        size_t len = json_is_array(json) ? json_array_size(json) : 0;
        int64_t index = steps[i].index < 0 ? (int64_t)len + steps[i].index : steps[i].index;
        json = index >= 0 && (size_t)index < len ? json_array_get(json, (size_t)index) : NULL;
    }
    return json;
}

static void check_slots(weir_arena *arena, const weir_value *slots, const json_t *json)
{
    for (size_t i = 0; i < PATHS; i++) {
        const weir_value *slot = &slots[slot_of[i]];
        const json_t *expected = navigate(json, paths[i].steps, paths[i].count);
        if (expected)
            check_same(arena, slot, expected);
        else
            CHECK(slot->kind == WEIR_ABSENT);
    }
}

/* What does not need jansson: slots of raw and built values are those of the text, lookups agree
 * with the walk, and the value survives being written. */
static void check_itself(weir_arena *arena, const weir_value *whole, const weir_value *slots)
{
    weir_value again[PATHS];
    weir_projection_fill(projection, whole, again);
    CHECK(memcmp(again, slots, weir_projection_slots(projection) * sizeof *slots) == 0);
    weir_value built;
    CHECK(weir_json_unfold_deep(arena, whole, &built));
    weir_projection_fill(projection, &built, again);
    for (size_t i = 0; i < weir_projection_slots(projection); i++)
        CHECK((slots[i].kind == WEIR_FLOAT && isnan(slots[i].f)) ||
              weir_value_equal(arena, &again[i], &slots[i]));
    weir_buf out = {0};
    weir_json_write(&out, &built, 0);
    CHECK(!out.failed && weir_buf_reserve(&out, WEIR_JSON_SLACK));
    weir_value read;
    CHECK(weir_json_parse(weir_buf_str(&out), &read, NULL));
    if (!weir_value_equal(arena, &built, &read)) /* infinities are written as null */
        CHECK(strstr(weir_buf_cstr(&out), "null"));
    weir_buf_fini(&out);
}

static void check_lookups(weir_arena *arena, const weir_value *whole)
{
    if (whole->kind != WEIR_RAW || whole->aux < WEIR_RAW_OBJECT)
        return;
    size_t count = weir_json_count(whole);
    weir_json_iter iter;
    weir_value key;
    weir_value value;
    weir_value found;
    size_t seen = 0;
    weir_json_iter_init(&iter, whole);
    while (weir_json_iter_next(&iter, &key, &value)) {
        if (whole->aux == WEIR_RAW_ARRAY && seen < 64) {
            CHECK(weir_json_element(whole, seen, &found));
            CHECK(memcmp(&found, &value, sizeof found) == 0);
        } else if (whole->aux == WEIR_RAW_OBJECT && seen < 64) {
            weir_value name = key;
            if (key.kind == WEIR_RAW)
                CHECK(weir_json_unescape(arena, &key, &name));
            CHECK(weir_json_member(whole, weir_value_text(&name), &found));
        }
        seen++;
    }
    CHECK(seen == count);
    CHECK(whole->aux == WEIR_RAW_OBJECT || !weir_json_element(whole, count, &found));
}

/* What the walk says of a list of lists is what its elements say. */
static void check_list(weir_json_index *index, const weir_value *slot)
{
    const weir_list_found *found =
        slot->kind == WEIR_RAW ? weir_json_index_list(index, slot->s) : NULL;
    weir_json_iter lists, items;
    weir_value key, list, item;
    if (!found)
        return;
    CHECK(slot->aux == WEIR_RAW_ARRAY && found->count == weir_json_count(slot));
    weir_json_iter_init(&lists, slot);
    for (size_t i = 0; weir_json_iter_next(&lists, &key, &list); i++) {
        CHECK(list.kind == WEIR_RAW && list.aux == WEIR_RAW_ARRAY);
        CHECK(weir_json_count(&list) == (found->stride ? found->stride / 2 : 2));
        weir_json_iter_init(&items, &list);
        for (size_t k = 0; weir_json_iter_next(&items, &key, &item); k++) {
            double value;
            if (found->stride) {
                const uint32_t *quote = index->quotes + found->first + i * found->stride + 2 * k;
                CHECK(item.kind == WEIR_STR && item.s == index->base + quote[0] + 1);
                CHECK(item.s + item.len == index->base + quote[1]);
                continue;
            }
            CHECK(item.kind == WEIR_RAW && item.aux == WEIR_RAW_NUMBER);
            const weir_level *level = &index->levels[found->levels + i];
            CHECK(weir_double_parse_json(weir_value_text(&item), &value) &&
                  value == (k == 0 ? level->price : level->size));
        }
    }
}

static void check_fast(weir_str text, bool decoded, const weir_value *slots,
                       const weir_value *whole)
{
    static weir_json_index index;
    static weir_shapes *shapes;
    weir_value again[PATHS], it = weir_value_absent();
    if (!shapes)
        shapes = weir_shapes_new();
    for (int way = 0; way < 3; way++) {
        const bool is_good = weir_projection_decode_indexed(
            projection, &index, way == 0 ? NULL : shapes, text, again, &it);
        CHECK(is_good == decoded);
        CHECK(!is_good || memcmp(&it, whole, sizeof it) == 0);
        CHECK(!is_good ||
              memcmp(again, slots, weir_projection_slots(projection) * sizeof *slots) == 0);
        for (size_t i = 0; is_good && i < PATHS; i++)
            check_list(&index, &again[slot_of[i]]);
    }
    CHECK(weir_json_parse_indexed(&index, text, &it) == decoded);
    CHECK(!decoded || memcmp(&it, whole, sizeof it) == 0);
}

/* Each element by rows, and by filling slots from it. */
static void check_rows(weir_str text, bool decoded, const weir_value *whole)
{
    static weir_json_index index;
    static weir_shapes *shapes;
    static weir_rows rows;
    if (!shapes)
        shapes = weir_shapes_new();
    const bool is_list = decoded && whole->kind == WEIR_RAW && whole->aux == WEIR_RAW_ARRAY;
    for (int way = 0; way < 2; way++) {
        CHECK(weir_projection_rows_indexed(projection, &index, shapes, text, &rows) == is_list);
        if (!is_list)
            return;
        weir_json_iter iter;
        weir_value key, item, again[PATHS];
        size_t count = 0;
        CHECK(rows.count == weir_json_count(whole));
        weir_json_iter_init(&iter, whole);
        while (weir_json_iter_next(&iter, &key, &item)) {
            const weir_value *row = rows.values + count++ * rows.width;
            weir_projection_fill(projection, &item, again);
            CHECK(memcmp(row, again, weir_projection_slots(projection) * sizeof *row) == 0);
            CHECK(memcmp(&row[rows.width - 1], &item, sizeof item) == 0);
        }
        CHECK(weir_projection_rows_of(projection, &index, NULL, whole, &rows));
        CHECK(rows.count == count);
    }
}

static bool contains(weir_str text, const char *word)
{
    return text.len >= strlen(word) && memmem(text.ptr, text.len, word, strlen(word));
}

/* Why jansson may refuse what we accept. */
static bool is_ours(weir_str text, const json_error_t *why)
{
    return json_error_code(why) == json_error_numeric_overflow || contains(text, "\\u0000") ||
           contains(text, "\\ud") || contains(text, "\\uD");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char behind[] =
        "\"}]}]\"}]}]}]\"]}]}]}]}]}]}]}]}]\"\"}]}]}]}]}]]]]]]}}}}}}}}}]]]]]]]]]]";
    if (!projection)
        build();
    char *copy = malloc(size + WEIR_JSON_SLACK);
    weir_arena *arena = weir_arena_new(4096, 0);
    CHECK(copy && arena);
    if (size)
        memcpy(copy, bytes, size);
    memcpy(copy + size, behind, WEIR_JSON_SLACK);
    weir_str text = {copy, size};

    weir_value slots[PATHS];
    weir_value whole;
    weir_value parsed;
    weir_json_error error = {NULL, 0};
    weir_json_error why = {NULL, 0};
    bool decoded = weir_projection_decode(projection, text, slots, &whole, &why);
    CHECK(weir_json_parse(text, &parsed, &error) == decoded);
    CHECK(decoded ||
          (error.text && why.text && error.offset <= size && why.offset == error.offset));
    check_fast(text, decoded, slots, &whole);
    check_rows(text, decoded, &whole);
    json_error_t refusal;
    json_t *json = json_loadb(copy, size, JSON_DECODE_ANY | JSON_ALLOW_NUL, &refusal);
    if (decoded) {
        CHECK(memcmp(&whole, &parsed, sizeof whole) == 0);
        CHECK(json || is_ours(text, &refusal));
        check_itself(arena, &whole, slots);
        check_lookups(arena, &whole);
    } else {
        /* Jansson overlooks a NUL behind a number. */
        CHECK(!json || strcmp(error.text, "nested too deeply") == 0 ||
              (size && memchr(bytes, 0, size)));
    }
    if (decoded && json)
        check_slots(arena, slots, json);
    json_decref(json);
    weir_arena_free(arena);
    free(copy);
    return 0;
}
