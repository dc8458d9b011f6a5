/* SPDX-License-Identifier: MIT */
/* Descriptors and messages at their bounds. What values come of messages is compared with protobuf
 * itself in tests/replay/protobuf.py. */
#include "value/json_write.h"
#include "value/protobuf.h"
#include "value/protobuf_wire.h"
#include "weir_check.h"

static weir_arena *arena;

/* ------------------------------------------------------------------ a descriptor, by hand */

static void put_varint(weir_buf *out, uint64_t u)
{
    for (; u > 0x7f; u >>= 7)
        weir_buf_putc(out, (char)(u | 0x80));
    weir_buf_putc(out, (char)u);
}

static void put_bytes(weir_buf *out, unsigned number, weir_str bytes)
{
    put_varint(out, number << 3 | 2);
    put_varint(out, bytes.len);
    weir_buf_put(out, bytes);
}

static void put_number(weir_buf *out, unsigned number, uint64_t u)
{
    put_varint(out, number << 3);
    put_varint(out, u);
}

/* Adds a FieldDescriptorProto to a DescriptorProto. */
static void put_field(weir_buf *message, const char *name, unsigned number, unsigned label,
                      weir_pb_type type, const char *type_name, const char *fallback)
{
    weir_buf field = {0};
    put_bytes(&field, 1, weir_str_of(name));
    put_number(&field, 3, number);
    put_number(&field, 4, label);
    put_number(&field, 5, type);
    if (type_name)
        put_bytes(&field, 6, weir_str_of(type_name));
    if (fallback)
        put_bytes(&field, 7, weir_str_of(fallback));
    put_bytes(message, 2, weir_buf_str(&field));
    weir_buf_fini(&field);
}

/* A set of one file with one message. */
static const weir_pb_schema *read_set(const weir_buf *message, const char *syntax, char *why)
{
    weir_buf file = {0}, set = {0};
    put_bytes(&file, 2, WEIR_STR("p"));
    put_bytes(&file, 4, weir_buf_str(message));
    put_bytes(&file, 12, weir_str_of(syntax));
    put_bytes(&set, 1, weir_buf_str(&file));
    const weir_pb_schema *schema = weir_pb_schema_read(arena, weir_buf_str(&set), why);
    weir_buf_fini(&file);
    weir_buf_fini(&set);
    return schema;
}

/* message M { M m = 1; string s = 2; int32 n = 3; } */
static const weir_pb_message *recursive(void)
{
    char why[WEIR_PB_WHY_MAX];
    weir_buf message = {0};
    put_bytes(&message, 1, WEIR_STR("M"));
    put_field(&message, "m", 1, 1, WEIR_PB_MESSAGE, ".p.M", NULL);
    put_field(&message, "s", 2, 1, WEIR_PB_STRING, NULL, NULL);
    put_field(&message, "n", 3, 1, WEIR_PB_INT32, NULL, NULL);
    const weir_pb_schema *schema = read_set(&message, "proto3", why);
    weir_buf_fini(&message);
    ck_assert_msg(schema != NULL, "%s", why);
    return weir_pb_schema_find(schema, WEIR_STR("p.M"));
}

/* ------------------------------------------------------------------ messages */

static const char *parsed(const weir_pb_message *type, weir_str bytes)
{
    static weir_buf shown;
    weir_value v;
    weir_pb_error error = {0};
    weir_buf_clear(&shown);
    if (weir_pb_parse(arena, type, bytes, &v, &error))
        weir_json_write(&shown, &v, 0);
    else
        weir_buf_printf(&shown, "%s at %zu", error.text, error.offset);
    return weir_buf_cstr(&shown);
}

#define IS(bytes, expected)                                                                        \
    ck_assert_str_eq(parsed(type, (weir_str){bytes, sizeof(bytes) - 1}), expected)

START_TEST(what_cannot_be_a_message_is_refused_with_its_place)
{
    const weir_pb_message *type = recursive();
    IS("", "{\"s\":\"\",\"n\":0}");
    IS("\x18\x05", "{\"s\":\"\",\"n\":5}");
    IS("\x18", "the message ends too early at 1");
    IS("\x12\x05zz", "the message ends too early at 2");
    IS("\x12\x01\xff", "a string that is not UTF-8 at 3");
    IS("\x0a\x02\x12\x05", "the message ends too early at 4");
    IS("\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", "{\"s\":\"\",\"n\":-1}");
    IS("\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "a varint of more than ten bytes at 11");
    IS("\x00\x01", "a field number that cannot be at 1");
    IS("\x98\x80\x80\x80\x80\x00\x01", "a field number that cannot be at 6");
    IS("\x1e", "a wire type that cannot be at 1");
    IS("\x1c", "the end of a group that did not begin at 1");
    IS("\x53\x5c", "the end of another group at 2");
    IS("\x53\x0a\x01z\x54", "{\"s\":\"\",\"n\":0}");
}
END_TEST

/* M in M, `depth` of them below the outermost. */
static weir_str nested(size_t depth)
{
    weir_buf bytes = {0};
    for (size_t i = 0; i < depth; i++) {
        weir_buf outer = {0};
        put_bytes(&outer, 1, weir_buf_str(&bytes));
        weir_buf_fini(&bytes);
        bytes = outer;
    }
    const weir_str copy = weir_arena_copy(arena, weir_buf_str(&bytes));
    weir_buf_fini(&bytes);
    return copy;
}

static weir_str groups(size_t depth)
{
    char *bytes = weir_arena_alloc(arena, 2 * depth);
    memset(bytes, 0x53, depth);
    memset(bytes + depth, 0x54, depth);
    return (weir_str){bytes, 2 * depth};
}

START_TEST(nesting_stops_at_its_limit_wherever_the_walk_is)
{
    const weir_pb_message *type = recursive();
    const weir_step steps[] = {{false, 0, WEIR_STR("m")}, {false, 0, WEIR_STR("n")}};
    for (size_t wanted = 0; wanted < 3; wanted++) { /* not at all, as a whole, walked */
        weir_projection *projection = weir_projection_new(arena);
        weir_projection_add(projection, wanted ? steps : &steps[1], wanted ? wanted : 1);
        weir_projection_seal(projection);
        const weir_pb_binding *binding = weir_pb_bind(arena, projection, type);
        for (size_t extra = 0; extra < 2; extra++) {
            const weir_str cases[] = {nested(WEIR_PB_DEPTH_MAX + extra),
                                      groups(WEIR_PB_DEPTH_MAX + extra)};
            for (size_t i = 0; i < 2; i++) {
                weir_value v, slots[1];
                weir_pb_error error = {0};
                ck_assert_int_eq(weir_pb_parse(arena, type, cases[i], &v, &error), extra == 0);
                ck_assert_int_eq(weir_pb_project(arena, binding, cases[i], slots, &error),
                                 extra == 0);
                if (extra)
                    ck_assert_str_eq(error.text, "nested too deeply");
            }
        }
    }
}
END_TEST

START_TEST(a_message_that_needs_too_much_memory_is_refused)
{
    const weir_pb_message *type = recursive();
    weir_arena *small = weir_arena_new(256, 2048);
    weir_value v;
    weir_pb_error error = {0};
    ck_assert(!weir_pb_parse(small, type, nested(50), &v, &error));
    ck_assert_str_eq(error.text, "too much memory is needed");
    weir_arena_free(small);
}
END_TEST

/* ------------------------------------------------------------------ descriptors */

static const char *refusal(const weir_buf *message)
{
    static char why[WEIR_PB_WHY_MAX];
    ck_assert_ptr_null(read_set(message, "proto3", why));
    return why;
}

START_TEST(a_descriptor_that_does_not_hang_together_is_refused)
{
    weir_buf message = {0};
    put_bytes(&message, 1, WEIR_STR("M"));
    const size_t bare = message.len;
    put_field(&message, "x", 1, 1, WEIR_PB_MESSAGE, ".p.Other", NULL);
    ck_assert_ptr_nonnull(strstr(refusal(&message), "'p.Other' is not in it"));
    message.len = bare;
    put_field(&message, "x", 1, 1, WEIR_PB_INT32, NULL, NULL);
    put_field(&message, "y", 1, 1, WEIR_PB_INT32, NULL, NULL);
    ck_assert_str_eq(refusal(&message), "'p.M' has two fields of number 1");
    message.len = bare;
    put_field(&message, "x", 0, 1, WEIR_PB_INT32, NULL, NULL);
    ck_assert_str_eq(refusal(&message), "a field of 'p.M' has no name, number or type");
    message.len = bare;
    put_field(&message, "x", 1, 1, WEIR_PB_INT32, NULL, "many");
    ck_assert_str_eq(refusal(&message), "the default of 'x' is no number");
    message.len = bare;
    put_bytes(&message, 7, WEIR_STR("\x38\x01"));
    ck_assert_str_eq(refusal(&message), "'p.M' is no entry of a map");
    message.len = bare;
    put_bytes(&message, 4,
              WEIR_STR("\x0a\x01"
                       "E"));
    ck_assert_str_eq(refusal(&message), "the enum 'E' has no values");
    weir_buf_fini(&message);
}
END_TEST

START_TEST(messages_are_declared_in_each_other_up_to_a_limit)
{
    char why[WEIR_PB_WHY_MAX];
    for (size_t depth = WEIR_PB_DEPTH_MAX; depth <= WEIR_PB_DEPTH_MAX + 1; depth++) {
        weir_buf message = {0};
        put_bytes(&message, 1, WEIR_STR("M"));
        for (size_t i = 1; i < depth; i++) {
            weir_buf outer = {0};
            put_bytes(&outer, 1, WEIR_STR("M"));
            put_bytes(&outer, 3, weir_buf_str(&message));
            weir_buf_fini(&message);
            message = outer;
        }
        const weir_pb_schema *schema = read_set(&message, "proto3", why);
        ck_assert_int_eq(schema != NULL, depth == WEIR_PB_DEPTH_MAX);
        weir_buf_fini(&message);
    }
    ck_assert_str_eq(why, "messages are declared in each other too deeply");
}
END_TEST

START_TEST(a_declared_default_is_what_a_field_is_that_was_not_sent)
{
    char why[WEIR_PB_WHY_MAX];
    weir_buf message = {0};
    put_bytes(&message, 1, WEIR_STR("M"));
    put_field(&message, "b", 1, 1, WEIR_PB_BYTES, NULL, "\\001\\xff\\n\\\\x\\\"\\7");
    put_field(&message, "f", 2, 1, WEIR_PB_FLOAT, NULL, "0.1");
    put_field(&message, "u", 3, 1, WEIR_PB_UINT64, NULL, "18446744073709551615");
    put_field(&message, "none", 4, 1, WEIR_PB_INT32, NULL, NULL);
    const weir_pb_schema *schema = read_set(&message, "proto2", why);
    ck_assert_msg(schema != NULL, "%s", why);
    ck_assert_str_eq(parsed(schema->messages[0], (weir_str){"", 0}),
                     "{\"b\":\"Af8KXHgiBw==\",\"f\":0.10000000149011612,"
                     "\"u\":18446744073709551615}");
    weir_buf_fini(&message);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("protobuf");
    arena = weir_arena_new(4096, 0);
    weir_check_case(suite, "messages", what_cannot_be_a_message_is_refused_with_its_place,
                    nesting_stops_at_its_limit_wherever_the_walk_is,
                    a_message_that_needs_too_much_memory_is_refused);
    weir_check_case(suite, "descriptors", a_descriptor_that_does_not_hang_together_is_refused,
                    messages_are_declared_in_each_other_up_to_a_limit,
                    a_declared_default_is_what_a_field_is_that_was_not_sent);
    const int result = weir_check_run(suite);
    weir_arena_free(arena);
    return result;
}
