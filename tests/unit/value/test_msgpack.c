/* SPDX-License-Identifier: MIT */
/* MessagePack in and out: every type at its edges, the bounds at the limit and one past it, and
 * that a walk beside a projection sees what a whole parse sees. */
#include "value/json_write.h"
#include "value/msgpack.h"
#include "weir_check.h"

#define BYTES(text) ((weir_str){text, sizeof(text) - 1})

static weir_arena *arena;
static weir_buf shown;

/* With the readable bytes behind that the walk wants; they are MessagePack too. */
static weir_str padded(weir_str bytes)
{
    char *copy = weir_arena_alloc(arena, bytes.len + WEIR_JSON_SLACK);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, bytes.ptr, bytes.len);
    memset(copy + bytes.len, 0xc0, WEIR_JSON_SLACK);
    return (weir_str){copy, bytes.len};
}

static const char *parsed(weir_str bytes)
{
    weir_value v;
    weir_msgpack_error error = {0};
    weir_buf_clear(&shown);
    if (weir_msgpack_parse(arena, padded(bytes), &v, &error)) {
        weir_buf_printf(&shown, "%s ", weir_value_type_name(&v));
        weir_json_write(&shown, &v, 0);
    } else {
        weir_buf_printf(&shown, "%s at %zu", error.text, error.offset);
    }
    return weir_buf_cstr(&shown);
}

#define IS(bytes, expected) ck_assert_str_eq(parsed(BYTES(bytes)), expected)

START_TEST(every_type_is_read_at_its_edges)
{
    IS("\xc0", "NoneType null");
    IS("\xc2", "bool false");
    IS("\xc3", "bool true");
    IS("\x7f", "int 127");
    IS("\xe0", "int -32");
    IS("\xcc\xff", "int 255");
    IS("\xcd\xff\xff", "int 65535");
    IS("\xce\xff\xff\xff\xff", "int 4294967295");
    IS("\xcf\x7f\xff\xff\xff\xff\xff\xff\xff", "int 9223372036854775807");
    IS("\xcf\x80\x00\x00\x00\x00\x00\x00\x00", "int 9223372036854775808");
    IS("\xcf\xff\xff\xff\xff\xff\xff\xff\xff", "int 18446744073709551615");
    IS("\xd0\x80", "int -128");
    IS("\xd0\x7f", "int 127");
    IS("\xd1\x80\x00", "int -32768");
    IS("\xd2\x80\x00\x00\x00", "int -2147483648");
    IS("\xd3\x80\x00\x00\x00\x00\x00\x00\x00", "int -9223372036854775808");
    IS("\xca\x3d\xcc\xcc\xcd", "float 0.10000000149011612");
    IS("\xcb\x3f\xb9\x99\x99\x99\x99\x99\x9a", "float 0.1");
    IS("\xa3"
       "a\xc3\xa9",
       "str \"a\xc3\xa9\"");
    IS("\xd9\x01x", "str \"x\"");
    IS("\xc4\x02\x00\xff", "bytes \"AP8=\"");
    IS("\x92\x01\x90", "list [1,[]]");
    IS("\xdc\x00\x01\xc0", "list [null]");
    IS("\x82\xa1"
       "a\x01\xa1"
       "b\x80",
       "dict {\"a\":1,\"b\":{}}");
    IS("\xdf\x00\x00\x00\x01\xa1"
       "a\x01",
       "dict {\"a\":1}");
}
END_TEST

START_TEST(keys_may_be_what_is_no_container_and_the_last_of_equals_wins)
{
    IS("\x83\x01\xa1"
       "a\xc0\xa1"
       "b\xc4\x01x\xa1"
       "c",
       "dict {\"1\":\"a\",\"null\":\"b\",\"eA==\":\"c\"}");
    IS("\x82\x01\xa1"
       "a\xc3\xa1"
       "b",
       "dict {\"1\":\"b\"}"); /* True is 1 */
    IS("\x81\x90\xc0", "a key of a map is a list or a map at 1");
    IS("\x81\x80\xc0", "a key of a map is a list or a map at 1");
}
END_TEST

START_TEST(ext_minus_one_is_a_time_and_other_exts_are_tuples)
{
    IS("\xd6\xff\x65\x53\xf1\x00", "Timestamp \"2023-11-14T22:13:20Z\"");
    IS("\xd7\xff\x00\x00\x00\x14\x65\x53\xf1\x00", "Timestamp \"2023-11-14T22:13:20.000000005Z\"");
    IS("\xc7\x0c\xff\x00\x00\x00\x01\xff\xff\xff\xff\xff\xff\xff\xff",
       "Timestamp \"1969-12-31T23:59:59.000000001Z\"");
    IS("\xd7\xff\xff\xff\xff\xff\x00\x00\x00\x00",
       "a timestamp outside of the years 1677 to 2262 at 0"); /* 1073741823 ns */
    IS("\xc7\x0c\xff\x00\x00\x00\x00\x7f\xff\xff\xff\xff\xff\xff\xff",
       "a timestamp outside of the years 1677 to 2262 at 0");
    IS("\xd5\xff\x00\x00", "a timestamp that is not 4, 8 or 12 bytes at 0");
    IS("\xd5\x05\x01\x02", "tuple [5,\"AQI=\"]");
    IS("\xc7\x00\x80", "tuple [-128,\"\"]");
}
END_TEST

START_TEST(what_is_cut_off_or_goes_on_or_is_no_text_is_refused)
{
    IS("", "the message ends too early at 0");
    IS("\xcd\x01", "the message ends too early at 0");
    IS("\xa2z", "the message ends too early at 0");
    IS("\xdb\xff\xff\xff\xffz", "the message ends too early at 0");
    IS("\xc6\xff\xff\xff\xffz", "the message ends too early at 0");
    IS("\xc9\xff\xff\xff\xff\x05z", "the message ends too early at 0");
    IS("\x92\x01", "more elements than bytes are left at 0");
    IS("\xdd\xff\xff\xff\xff\x01", "more elements than bytes are left at 0");
    IS("\xdf\xff\xff\xff\xff\x01\x01", "more elements than bytes are left at 0");
    IS("\x82\x01\x01\x02", "more elements than bytes are left at 0");
    IS("\x01\x02", "bytes behind the message at 1");
    IS("\xc1", "no type of MessagePack at 0");
    IS("\xa1\xff", "a str that is not UTF-8 at 0");
}
END_TEST

/* `depth` lists in each other, and nothing in the innermost. */
static weir_str nested(size_t depth, char opener)
{
    char *bytes = weir_arena_alloc(arena, 2 * depth + 1);
    size_t len = 0;
    for (size_t i = 1; i < depth; i++) {
        bytes[len++] = opener;
        if (opener == '\x81')
            bytes[len++] = 'k';
    }
    bytes[len++] = '\x90';
    return (weir_str){bytes, len};
}

static weir_projection *projection_of(const weir_step *steps, size_t count)
{
    weir_projection *projection = weir_projection_new(arena);
    ck_assert_ptr_nonnull(projection);
    ck_assert_uint_eq(weir_projection_add(projection, steps, count), 0);
    ck_assert(weir_projection_seal(projection));
    return projection;
}

START_TEST(nesting_stops_at_its_limit_wherever_the_walk_is)
{
    const weir_step other[] = {{false, 0, WEIR_STR("other")}};
    const weir_step deep[] = {{true, 0, {0}}, {true, 0, {0}}};
    const weir_projection *const projections[] = {projection_of(other, 1), projection_of(deep, 2)};
    for (int maps = 0; maps < 2; maps++) {
        const char opener = maps ? '\x81' : '\x91';
        for (size_t extra = 0; extra < 2; extra++) {
            const weir_str bytes = padded(nested(WEIR_MSGPACK_DEPTH_MAX + extra, opener));
            weir_value v, slots[1];
            bool is_map;
            weir_msgpack_error error = {0};
            ck_assert_int_eq(weir_msgpack_parse(arena, bytes, &v, &error), extra == 0);
            for (size_t i = 0; i < 2; i++)
                ck_assert_int_eq(
                    weir_msgpack_project(projections[i], arena, bytes, slots, &v, &is_map, &error),
                    extra == 0);
            if (extra)
                ck_assert_str_eq(error.text, "nested too deeply");
        }
    }
}
END_TEST

static const char *slot_of(const weir_step *steps, size_t count, weir_str bytes)
{
    weir_value slots[1], whole;
    bool is_map;
    weir_msgpack_error error = {0};
    const weir_projection *projection = projection_of(steps, count);
    ck_assert(
        weir_msgpack_project(projection, arena, padded(bytes), slots, &whole, &is_map, &error));
    weir_buf_clear(&shown);
    if (slots[0].kind == WEIR_ABSENT)
        return "absent";
    weir_json_write(&shown, slots, 0);
    return weir_buf_cstr(&shown);
}

START_TEST(a_walk_fills_slots_by_key_by_index_and_by_integer_key)
{
    const weir_step key[] = {{false, 0, WEIR_STR("a")}};
    const weir_step inner[] = {{false, 0, WEIR_STR("a")}, {true, -1, {0}}};
    const weir_step one[] = {{true, 1, {0}}};
    const weir_step last[] = {{true, -1, {0}}};
    ck_assert_str_eq(slot_of(key, 1,
                             BYTES("\x82\xa1z\x01\xa1"
                                   "a\x02")),
                     "2");
    ck_assert_str_eq(slot_of(key, 1, BYTES("\x93\x01\x02\x03")), "absent");
    ck_assert_str_eq(slot_of(inner, 2,
                             BYTES("\x81\xa1"
                                   "a\x93\x01\x02\x03")),
                     "3");
    /* The key comes again without the element: nothing is left of the first. */
    ck_assert_str_eq(slot_of(inner, 2,
                             BYTES("\x82\xa1"
                                   "a\x91\x01\xa1"
                                   "a\x90")),
                     "absent");
    ck_assert_str_eq(slot_of(one, 1, BYTES("\x92\x07\x08")), "8");
    ck_assert_str_eq(slot_of(one, 1, BYTES("\x81\x01\x08")), "8");
    ck_assert_str_eq(slot_of(one, 1, BYTES("\x81\xca\x3f\x80\x00\x00\x08")), "8");
    ck_assert_str_eq(slot_of(last, 1, BYTES("\x81\xff\x08")), "8");
    ck_assert_str_eq(slot_of(last, 1, BYTES("\x91\x08")), "8");
    ck_assert_str_eq(slot_of(one, 1, BYTES("\xd4\x05\x08")), "\"CA==\"");
}
END_TEST

static const char *written(const weir_value *v)
{
    const char *why = NULL;
    weir_buf out = {0};
    weir_buf_clear(&shown);
    if (weir_msgpack_write(&out, arena, v, &why)) {
        for (size_t i = 0; i < out.len; i++)
            weir_buf_printf(&shown, "%02x", (unsigned char)out.ptr[i]);
    } else {
        weir_buf_puts(&shown, why);
    }
    weir_buf_fini(&out);
    return weir_buf_cstr(&shown);
}

static weir_value big(const char *digits)
{
    weir_value v = weir_value_str(weir_str_of(digits));
    v.kind = WEIR_BIGINT;
    return v;
}

START_TEST(values_are_written_in_their_shortest_form)
{
    const int64_t ns = INT64_C(1000000000);
    const struct {
        weir_value v;
        const char *hex;
    } rows[] = {
        {weir_value_none(), "c0"},
        {weir_value_bool(true), "c3"},
        {weir_value_int(127), "7f"},
        {weir_value_int(128), "cc80"},
        {weir_value_int(-32), "e0"},
        {weir_value_int(-33), "d0df"},
        {weir_value_int(INT64_MIN), "d38000000000000000"},
        {weir_value_int(INT64_MIN + 1), "d38000000000000001"},
        {weir_value_int(-5342068615023999220), "d3b5dd28e5ebbb470c"},
        {weir_value_int(-4294967296), "d3ffffffff00000000"},
        {weir_value_int(-2147483649), "d3ffffffff7fffffff"},
        {weir_value_int(-2147483648), "d280000000"},
        {weir_value_int(-32769), "d2ffff7fff"},
        {weir_value_int(-129), "d1ff7f"},
        {big("18446744073709551615"), "cfffffffffffffffff"},
        {big("18446744073709551616"), "an integer of more than 64 bits"},
        {big("-9223372036854775809"), "an integer of more than 64 bits"},
        {weir_value_float(0.1), "cb3fb999999999999a"},
        {weir_value_str(WEIR_STR("ab")), "a26162"},
        {weir_value_bytes(WEIR_STR("ab")), "c4026162"},
        {weir_value_timestamp(1700000000 * ns, 1), "d6ff6553f100"},
        {weir_value_timestamp(1700000000 * ns + 5, 1), "d7ff000000146553f100"},
        {weir_value_timestamp(5000000000 * ns, 1), "d7ff000000012a05f200"},
        {weir_value_timestamp(-1, 1), "c70cff3b9ac9ffffffffffffffffff"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        ck_assert_str_eq(written(&rows[i].v), rows[i].hex);
}
END_TEST

START_TEST(json_is_written_as_the_same_document)
{
    weir_value v;
    weir_json_error error;
    const weir_str text = padded(WEIR_STR("{\"a\":[1,2.5,null,true],\"b\":\"\\u00e9\"}"));
    ck_assert(weir_json_parse(text, &v, &error));
    weir_buf out = {0};
    const char *why = NULL;
    ck_assert(weir_msgpack_write(&out, arena, &v, &why));
    ck_assert_str_eq(parsed(weir_buf_str(&out)),
                     "dict {\"a\":[1,2.5,null,true],\"b\":\"\xc3\xa9\"}");
    weir_buf_fini(&out);
}
END_TEST

START_TEST(a_range_is_a_list_and_too_long_a_one_is_refused)
{
    const weir_range rows[] = {
        {0, 3, 1}, {3, 0, -2}, {0, 0, 1}, {INT64_MIN, INT64_MAX, INT64_MAX}, {0, INT64_MAX, 1}};
    const char *const expected[] = {"93000102", "920301", "90",
                                    "93d38000000000000000ffcf7ffffffffffffffe", "a range too long"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const weir_value v = {.kind = WEIR_RANGE, .range = &rows[i]};
        ck_assert_str_eq(written(&v), expected[i]);
    }
}
END_TEST

START_TEST(a_message_that_needs_too_much_memory_is_refused)
{
    weir_arena *small = weir_arena_new(256, 1024);
    char bytes[200];
    weir_value v;
    weir_msgpack_error error = {0};
    memset(bytes, 0xc0, sizeof bytes);
    memcpy(bytes, "\xdc\x00\xc5", 3);
    ck_assert(!weir_msgpack_parse(small, (weir_str){bytes, sizeof bytes}, &v, &error));
    ck_assert_str_eq(error.text, "too much memory is needed");
    weir_arena_free(small);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("msgpack");
    arena = weir_arena_new(4096, 0);
    weir_check_case(suite, "in", every_type_is_read_at_its_edges,
                    keys_may_be_what_is_no_container_and_the_last_of_equals_wins,
                    ext_minus_one_is_a_time_and_other_exts_are_tuples,
                    what_is_cut_off_or_goes_on_or_is_no_text_is_refused,
                    a_walk_fills_slots_by_key_by_index_and_by_integer_key);
    weir_check_case(suite, "bounds", nesting_stops_at_its_limit_wherever_the_walk_is,
                    a_message_that_needs_too_much_memory_is_refused);
    weir_check_case(suite, "out", values_are_written_in_their_shortest_form,
                    json_is_written_as_the_same_document,
                    a_range_is_a_list_and_too_long_a_one_is_refused);
    const int result = weir_check_run(suite);
    weir_arena_free(arena);
    weir_buf_fini(&shown);
    return result;
}
