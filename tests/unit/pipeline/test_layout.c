/* SPDX-License-Identifier: MIT */
/* Declared layouts: what the bytes of a packet become, what is refused when it is loaded, and that
 * a packet that fails is alone in that. */
#include "pipeline_fixture.h"
#include "util/encode.h"

#define HEAD                                                                                       \
    "weir: 1\nname: t\nconnections:\n  m:\n    url: ws://h/\n    backend: {type: websocket}\n"     \
    "    streams: [data]\n"
#define PREFIX "{\"channel\":\"data\",\"stream\":\"data\",\"connection\":\"m\""

/* `layout` is what stands in the braces; `fields` are those of the converter, with '|' between. */
static feed open_layout(const char *frame, const char *layout, const char *fields)
{
    weir_buf text = {0};
    weir_buf_printf(&text,
                    HEAD "    frame: %s\n    parser: {format: binary, layout: {%s}}\n"
                         "    converters:\n      data:\n        fields:\n          ",
                    frame, layout);
    for (; *fields; fields++) {
        if (*fields == '|')
            weir_buf_puts(&text, "\n          ");
        else
            weir_buf_putc(&text, *fields);
    }
    weir_buf_putc(&text, '\n');
    feed f = feed_open(weir_buf_cstr(&text));
    weir_buf_fini(&text);
    f.is_binary = true;
    return f;
}

static const char *feed_hex(feed *f, const char *hex)
{
    weir_buf digits = {0}, bytes = {0};
    for (const char *at = hex; *at; at++) {
        if (*at != ' ')
            weir_buf_putc(&digits, *at);
    }
    ck_assert(weir_hex_decode(weir_buf_str(&digits), &bytes));
    const char *out = feed_bytes(f, bytes.len ? bytes.ptr : "", bytes.len);
    weir_buf_fini(&digits);
    weir_buf_fini(&bytes);
    return out;
}

/* The one record of a frame of one packet, whose one field is all of it. */
static void expect_data(const char *layout, const char *hex, const char *data)
{
    char expected[1024];
    feed f = open_layout("record", layout, "v: data");
    snprintf(expected, sizeof expected, PREFIX ",\"v\":%s}\n", data);
    ck_assert_str_eq(feed_hex(&f, hex), expected);
    feed_close(&f);
}

/* ------------------------------------------------------------------ types */

START_TEST(integers_have_their_size_sign_and_order)
{
    expect_data(
        "endian: big, fields: [a: u8, b: i8, c: u16, d: i16, e: u24, f: i24, g: u32, h: i32]",
        "ff ff fffe fffe fffffd fffffd fffffffc fffffffc",
        "{\"a\":255,\"b\":-1,\"c\":65534,\"d\":-2,\"e\":16777213,\"f\":-3,\"g\":4294967292,"
        "\"h\":-4}");
    expect_data("endian: little, fields: [c: u16, e: u24, g: u32, h: i64, i: u16be]",
                "0100 010000 01000000 ffffffffffffffff 0100",
                "{\"c\":1,\"e\":1,\"g\":1,\"h\":-1,\"i\":256}");
}
END_TEST

START_TEST(an_integer_beyond_64_bits_keeps_its_digits)
{
    expect_data("endian: big, fields: [a: u64, b: u64, c: u64 * 10]",
                "7fffffffffffffff 8000000000000000 ffffffffffffffff",
                "{\"a\":9223372036854775807,\"b\":9223372036854775808,"
                "\"c\":184467440737095516150}");
}
END_TEST

START_TEST(floats_are_as_struct_reads_them)
{
    expect_data("endian: little, fields: [a: f32, b: f64, c: f32be, d: f64 / 4]",
                "cdcccc3d 9a9999999999b93f 3dcccccd 000000000000f03f",
                "{\"a\":0.10000000149011612,\"b\":0.1,\"c\":0.10000000149011612,\"d\":0.25}");
}
END_TEST

START_TEST(a_scale_is_as_exact_as_an_int_divided_in_python)
{
    expect_data(
        "endian: big, fields: [a: i32 / 100, b: i32 * 0.01, c: i64 / 3, d: u64 / 10, e: i32 "
        "* -3, f: i8 / -1]",
        "0001fb71 00000003 7fffffffffffffff ffffffffffffffff 00000002 00",
        "{\"a\":1299.05,\"b\":0.03,\"c\":3.0744573456182584e+18,"
        "\"d\":1.8446744073709553e+18,\"e\":-6,\"f\":-0.0}");
}
END_TEST

START_TEST(a_scale_may_be_a_field_in_front)
{
    expect_data("endian: big, fields: [d: u16, a: i32 / d, x: {value: 10 ** d}, b: u8 * x]",
                "0002 00000005 03", "{\"d\":2,\"a\":2.5,\"x\":100,\"b\":300}");
    feed f = open_layout("record", "endian: big, fields: [d: u16, a: i32 / d]", "v: data['a']");
    ck_assert_str_eq(feed_hex(&f, "0000 00000005"), "");
    expect_failed(&f, WEIR_STAGE_DECODE, 1, "a: division by zero, 'd' is 0");
    feed_close(&f);
}
END_TEST

START_TEST(a_text_ends_at_its_first_nul_and_has_no_blanks_behind)
{
    expect_data("endian: big, fields: [a: str4, b: str4, c: str4, d: str2, e: bytes2]",
                "41420058 20412020 00000000 c3a9 00ff",
                "{\"a\":\"AB\",\"b\":\" A\",\"c\":\"\",\"d\":\"\xc3\xa9\",\"e\":\"AP8=\"}");
    feed f = open_layout("record", "endian: big, fields: [n: u8, sym: str2]", "v: data['n']");
    ck_assert_str_eq(feed_hex(&f, "01 ffff"), "");
    expect_failed(&f, WEIR_STAGE_DECODE, 1, "sym is not UTF-8");
    feed_close(&f);
}
END_TEST

START_TEST(bits_have_names)
{
    expect_data("endian: big, fields: [flags: {type: u8, bits: {halted: 0, mode: 1..3, top: 7}}, "
                "_: {type: u16, bits: {low: 0..7, high: 8..15}}]",
                "8b 0102",
                "{\"flags\":{\"halted\":true,\"mode\":5,\"top\":true},\"low\":2,\"high\":1}");
    feed f =
        open_layout("record", "endian: little, fields: [flags: {type: u16, bits: {a: 8, b: 0..1}}]",
                    "a: data['flags']['a']|b: data['flags']['b']|n: len(data['flags'])");
    ck_assert_str_eq(feed_hex(&f, "0301"), PREFIX ",\"a\":true,\"b\":3,\"n\":2}\n");
    feed_close(&f);
}
END_TEST

START_TEST(groups_nest_and_skips_leave_nothing)
{
    expect_data(
        "endian: big, fields: [_: 1, ohlc: [open: u8, _: u16, in: [x: u8, y: u8]], _: {fields: "
        "[flat: u8, _: str2]}]",
        "ff 01 ffff 02 03 04 5858", "{\"ohlc\":{\"open\":1,\"in\":{\"x\":2,\"y\":3}},\"flat\":4}");
}
END_TEST

/* ------------------------------------------------------------------ repeats */

START_TEST(a_fixed_repeat_is_a_list)
{
    expect_data(
        "endian: big, fields: [a: {repeat: 3, type: u8}, b: {repeat: 2, fields: [p: u8 / 2, _: "
        "1, q: [r: u8]]}]",
        "01 02 03 05ff06 07ff08",
        "{\"a\":[1,2,3],\"b\":[{\"p\":2.5,\"q\":{\"r\":6}},{\"p\":3.5,\"q\":{\"r\":8}}]}");
}
END_TEST

START_TEST(a_repeat_may_be_counted_by_a_field_or_right_there)
{
    expect_data(
        "endian: big, fields: [n: u8, a: {repeat: n, type: u16}, b: {repeat: u8, fields: [x: "
        "u8]}, c: u8, d: {repeat: rest, type: u16}]",
        "02 0001 0002 01 07 09 000a 000b",
        "{\"n\":2,\"a\":[1,2],\"b\":[{\"x\":7}],\"c\":9,\"d\":[10,11]}");
    expect_data("endian: big, fields: [n: u8, a: {repeat: n, type: u16}, c: u8]", "00 09",
                "{\"n\":0,\"a\":[],\"c\":9}");
}
END_TEST

START_TEST(texts_and_bytes_may_have_a_length_that_is_read)
{
    expect_data(
        "endian: big, fields: [n: u8, a: {type: str, size: n}, b: {type: bytes, size: u16}, c: "
        "u8, d: bytes]",
        "02 4142 0001 ff 07 0102", "{\"n\":2,\"a\":\"AB\",\"b\":\"/w==\",\"c\":7,\"d\":\"AQI=\"}");
}
END_TEST

START_TEST(repeats_may_be_inside_of_repeats)
{
    static const char *const layout = "endian: big, fields: [n: u8, g: {repeat: n, fields: [m: u8, "
                                      "p: {repeat: m, fields: [x: u8 / 2, q: "
                                      "{repeat: u8, type: u16}]}, t: {type: str, size: m}, _: 1]}, "
                                      "z: u8, s: {repeat: 2, type: str, size: "
                                      "u8}]";
    static const char *const hex =
        "02  01 04 02 0001 0002 41 ff  02 06 00 08 01 0003 4243 ff  09  01 58 00";
    expect_data(layout, hex,
                "{\"n\":2,\"g\":[{\"m\":1,\"p\":[{\"x\":2.0,\"q\":[1,2]}],\"t\":\"A\"},{\"m\":2,"
                "\"p\":[{\"x\":3.0,"
                "\"q\":[]},{\"x\":4.0,\"q\":[3]}],\"t\":\"BC\"}],\"z\":9,\"s\":[\"X\",\"\"]}");
    feed f = open_layout(
        "record", layout,
        "a: data['g'][-1]['p'][1]['q'][0]|b: data['g'][0]['t']|z: data['z']|s: "
        "data['s'][0]|g: len(data['g'])|m: \"data['g'][7]['m'] if data['n'] > 7 else 0\"");
    ck_assert_str_eq(feed_hex(&f, hex),
                     PREFIX ",\"a\":3,\"b\":\"A\",\"z\":9,\"s\":\"X\",\"g\":2,\"m\":0}\n");
    ck_assert_str_eq(feed_hex(&f, "02  01 04 02 0001 00"), "");
    expect_failed(&f, WEIR_STAGE_DECODE, 1,
                  "q: 2 of at least 2 bytes each are wanted, 3 bytes are left");
    ck_assert_str_eq(feed_hex(&f, "ff  00 ff"), "");
    expect_failed(&f, WEIR_STAGE_DECODE, 2,
                  "g: 255 of at least 2 bytes each are wanted, 2 bytes are left");
    ck_assert_str_eq(feed_hex(&f, "01  01 04 00 ff ff 09 00 00"), "");
    expect_failed(&f, WEIR_STAGE_DECODE, 3, "t is not UTF-8");
    feed_close(&f);
}
END_TEST

START_TEST(a_packet_may_be_empty)
{
    expect_data("endian: big, fields: [a: str]", "", "{\"a\":\"\"}");
    expect_data("endian: big, fields: [a: {repeat: rest, type: u16}]", "", "{\"a\":[]}");
}
END_TEST

START_TEST(an_amount_that_is_not_there_is_refused)
{
    feed f =
        open_layout("record", "endian: big, fields: [n: i16, a: {repeat: n, type: u16}, c: u8]",
                    "v: data['c']");
    ck_assert_str_eq(feed_hex(&f, "0002 0001 00"), "");
    expect_failed(&f, WEIR_STAGE_DECODE, 1, "a: 2 of 2 bytes each are wanted, 3 bytes are left");
    ck_assert_str_eq(feed_hex(&f, "0001 0001"), "");
    expect_failed(&f, WEIR_STAGE_DECODE, 2, "too short: behind a 1 bytes are wanted, 0 are left");
    ck_assert_str_eq(feed_hex(&f, "ffff 0001 00"), "");
    expect_failed(&f, WEIR_STAGE_DECODE, 3, "'n' is no amount");
    ck_assert_str_eq(feed_hex(&f, "00"), "");
    expect_failed(&f, WEIR_STAGE_DECODE, 4, "too short: 2 bytes are wanted, 1 are there");
    ck_assert_str_eq(feed_hex(&f, ""), "");
    feed_close(&f);
    f = open_layout("record", "endian: big, fields: [n: u64, a: {repeat: n, type: u16}]",
                    "v: data['a']");
    ck_assert_str_eq(feed_hex(&f, "ffffffffffffffff 0000"), "");
    expect_failed(&f, WEIR_STAGE_DECODE, 1, "'n' is no amount");
    ck_assert_str_eq(feed_hex(&f, "4000000000000001 0000"), "");
    expect_failed(&f, WEIR_STAGE_DECODE, 2, "of 2 bytes each are wanted");
    feed_close(&f);
}
END_TEST

/* ------------------------------------------------------------------ frames of packets */

static const char *const packets =
    "endian: big, ignore: length < 2, repeat: {count: u16, length: u16}, variants: [{when: length "
    "== 2, fields: [a: u16]}, {when: length == 3, fields: [a: u16, b: u8]}]";

START_TEST(a_packet_is_a_record)
{
    feed f = open_layout("array", packets, "a: data['a']|b: data.get('b', 0)");
    ck_assert_str_eq(feed_hex(&f, "0002 0002 0001 0003 000204"),
                     PREFIX ",\"a\":1,\"b\":0}\n" PREFIX ",\"a\":2,\"b\":4}\n");
    ck_assert_str_eq(feed_hex(&f, "0000"), "");
    ck_assert_str_eq(feed_hex(&f, "00"), "");
    ck_assert_uint_eq(weir_runner_counters(f.runner)->failed[WEIR_STAGE_DECODE], 0);
    ck_assert_uint_eq(weir_runner_counters(f.runner)->records_in, 2);
    feed_close(&f);
}
END_TEST

START_TEST(a_packet_that_fails_is_alone_in_that)
{
    feed f = open_layout("array", packets, "a: data['a']");
    ck_assert_str_eq(feed_hex(&f, "0003 0002 0001 0005 0000000000 0003 000204"),
                     PREFIX ",\"a\":1}\n" PREFIX ",\"a\":2}\n");
    expect_failed(&f, WEIR_STAGE_DECODE, 1, "no variant of the layout fits a packet of 5 bytes");
    ck_assert_uint_eq(weir_runner_dead_letter(f.runner, 0)->sample_len, 5);
    feed_close(&f);
}
END_TEST

START_TEST(a_frame_that_ends_early_gives_what_was_whole)
{
    feed f = open_layout("array", packets, "a: data['a']");
    ck_assert_str_eq(feed_hex(&f, "0002 0002 0001 0002 00"), PREFIX ",\"a\":1}\n");
    expect_failed(&f, WEIR_STAGE_DECODE, 1, "packet 2 of 2 bytes, but 1 are left of the frame");
    ck_assert_str_eq(feed_hex(&f, "0002 0002 0001 00"), PREFIX ",\"a\":1}\n");
    expect_failed(&f, WEIR_STAGE_DECODE, 2, "packet 2: no room for its length");
    ck_assert_str_eq(feed_hex(&f, "0002 0002 0001"), PREFIX ",\"a\":1}\n");
    expect_failed(&f, WEIR_STAGE_DECODE, 3, "the frame ends in front of packet 2 of 2");
    ck_assert_str_eq(feed_hex(&f, "0001 0002 0001 ffff"), PREFIX ",\"a\":1}\n");
    expect_failed(&f, WEIR_STAGE_DECODE, 4, "2 bytes are left behind the last packet");
    feed_close(&f);
}
END_TEST

START_TEST(a_record_frame_is_the_list_of_its_packets)
{
    feed f = open_layout("record", packets, "n: len(data)|last: data[-1]['a']|all: data");
    ck_assert_str_eq(feed_hex(&f, "0003 0002 0001 0001 ff 0003 000204"),
                     PREFIX ",\"n\":2,\"last\":2,\"all\":[{\"a\":1},{\"a\":2,\"b\":4}]}\n");
    expect_failed(&f, WEIR_STAGE_DECODE, 1, "no variant of the layout fits a packet of 1 bytes");
    ck_assert_str_eq(feed_hex(&f, "00"), "");
    ck_assert_uint_eq(weir_runner_counters(f.runner)->failed[WEIR_STAGE_DECODE], 1);
    feed_close(&f);
}
END_TEST

START_TEST(packets_without_a_length_are_as_long_as_their_fields)
{
    feed f =
        open_layout("array",
                    "endian: big, header: [v: u8, n: u8], repeat: {count: n}, fields: [kind: u8], "
                    "variants: [{when: kind == 1, fields: [a: u16]}, {when: kind == 2, fields: [a: "
                    "{repeat: u8, type: u8}]}]",
                    "v: data['v']|a: data['a']");
    ck_assert_str_eq(feed_hex(&f, "07 03 01 0009 02 02 0102 01 0008"),
                     PREFIX ",\"v\":7,\"a\":9}\n" PREFIX ",\"v\":7,\"a\":[1,2]}\n" PREFIX
                            ",\"v\":7,\"a\":8}\n");
    ck_assert_str_eq(feed_hex(&f, "07 03 01 0009 03 02 0102 01 0008"),
                     PREFIX ",\"v\":7,\"a\":9}\n");
    expect_failed(&f, WEIR_STAGE_DECODE, 1, "no variant of the layout fits");
    feed_close(&f);
}
END_TEST

START_TEST(packets_may_go_on_to_the_end_of_the_frame)
{
    feed f =
        open_layout("array", "endian: big, repeat: {length: 3}, fields: [a: u16]", "a: data['a']");
    ck_assert_str_eq(feed_hex(&f, "0001ff 0002ff"), PREFIX ",\"a\":1}\n" PREFIX ",\"a\":2}\n");
    ck_assert_str_eq(feed_hex(&f, "0001ff 00"), PREFIX ",\"a\":1}\n");
    expect_failed(&f, WEIR_STAGE_DECODE, 1, "packet 2 of 3 bytes, but 1 are left");
    ck_assert_str_eq(feed_hex(&f, ""), "");
    feed_close(&f);
}
END_TEST

START_TEST(a_packet_may_say_its_own_length)
{
    feed f = open_layout(
        "array",
        "endian: little, repeat: {length: size}, fields: [kind: u8, n: u16, size: {value: n "
        "+ 3}], variants: [{when: kind == 1, fields: [a: u8]}, {when: kind == 2 and length "
        "== 5, fields: [a: u16]}]",
        "a: data['a']");
    ck_assert_str_eq(feed_hex(&f, "01 0100 07  02 0200 0800  09 0300 ffffff  01 0200 0900"),
                     PREFIX ",\"a\":7}\n" PREFIX ",\"a\":8}\n" PREFIX ",\"a\":9}\n");
    expect_failed(&f, WEIR_STAGE_DECODE, 1, "no variant of the layout fits a packet of 6 bytes");
    ck_assert_str_eq(feed_hex(&f, "01 0100 07  01 0200 08"), PREFIX ",\"a\":7}\n");
    expect_failed(&f, WEIR_STAGE_DECODE, 2, "packet 2 of 5 bytes, but 4 are left of the frame");
    ck_assert_str_eq(feed_hex(&f, "01 0100 07  01 02"), PREFIX ",\"a\":7}\n");
    expect_failed(&f, WEIR_STAGE_DECODE, 3, "too short: 3 bytes are wanted, 2 are there");
    feed_close(&f);
}
END_TEST

START_TEST(packets_of_no_bytes_do_not_go_on_for_ever)
{
    static const char *const layouts[] = {
        "endian: big, header: [n: u8], repeat: {length: n}, fields: [a: str]",
        "endian: big, header: [n: u8], repeat: {count: u64, length: n}, fields: [a: str]",
        "endian: big, header: [n: u8], repeat: {count: u64}, fields: [a: {repeat: n, type: u8}]",
    };
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++) {
        feed f = open_layout("array", layouts[i], "n: data['n']");
        const char *lines = feed_hex(&f, "00 ffffffffffffffff 00");
        ck_assert_uint_le(strlen(lines), strlen(PREFIX ",\"n\":0}\n"));
        ck_assert_uint_le(weir_runner_counters(f.runner)->failed[WEIR_STAGE_DECODE], 1);
        feed_close(&f);
    }
}
END_TEST

START_TEST(text_frames_may_be_json_beside_a_layout)
{
    feed f = open_layout(
        "auto", "endian: big, text: json, repeat: {count: u8, length: u8}, fields: [a: u8]",
        "a: data['a']");
    ck_assert_str_eq(feed_hex(&f, "02 01 01 01 02"), PREFIX ",\"a\":1}\n" PREFIX ",\"a\":2}\n");
    f.is_binary = false;
    ck_assert_str_eq(feed_text(&f, "{\"a\":\"x\"}"), PREFIX ",\"a\":\"x\"}\n");
    f.is_binary = true;
    ck_assert_str_eq(feed_hex(&f, "01 01 03"), PREFIX ",\"a\":3}\n");
    feed_close(&f);
}
END_TEST

/* ------------------------------------------------------------------ variants */

START_TEST(the_first_variant_that_holds_is_used)
{
    feed f = open_layout(
        "record",
        "endian: big, fields: [kind: u8, sub: u8], variants: [{when: kind == 1 and sub & 0x0f > 2, "
        "fields: [a: u8]}, {when: \"kind in (1, 3) or chr(sub) == 'A'\", fields: [b: u8]}, "
        "{fields: [c: "
        "u8]}]",
        "v: data");
    ck_assert_str_eq(feed_hex(&f, "01 f3 09"), PREFIX ",\"v\":{\"kind\":1,\"sub\":243,\"a\":9}}\n");
    ck_assert_str_eq(feed_hex(&f, "01 f2 09"), PREFIX ",\"v\":{\"kind\":1,\"sub\":242,\"b\":9}}\n");
    ck_assert_str_eq(feed_hex(&f, "07 41 09"), PREFIX ",\"v\":{\"kind\":7,\"sub\":65,\"b\":9}}\n");
    ck_assert_str_eq(feed_hex(&f, "07 42 09"), PREFIX ",\"v\":{\"kind\":7,\"sub\":66,\"c\":9}}\n");
    feed_close(&f);
}
END_TEST

START_TEST(a_when_that_raises_fails_the_packet)
{
    feed f = open_layout(
        "record", "endian: big, fields: [k: u8], variants: [{when: 1 // k == 1, fields: []}]",
        "v: data['k']");
    ck_assert_str_eq(feed_hex(&f, "01"), PREFIX ",\"v\":1}\n");
    ck_assert_str_eq(feed_hex(&f, "00"), "");
    expect_failed(&f, WEIR_STAGE_DECODE, 1, "when: ZeroDivisionError");
    feed_close(&f);
}
END_TEST

START_TEST(the_example_of_the_language_loads_as_it_is_written)
{
    feed f = feed_open(
        HEAD
        "    frame: array\n    parser:\n      format: binary\n      layout:\n        endian: big\n"
        "        repeat: {count: u16, length: u16}          # count, then length-prefixed packets\n"
        "        variants:\n          - when: length == 184\n            fields: [token: u32, "
        "last: "
        "i32 / 100, _: i32, average: i32 / 100, volume: u32]\n            tail: {name: depth, "
        "offset: "
        "64, repeat: 10, fields: [quantity: i32, price: i32 / 100, orders: i16, _: 2]}\n"
        "    converters:\n      data:\n        - fields:\n            last: data['last']\n         "
        "   best: "
        "data['depth'][0]['price']\n            worst: data['depth'][-1]['orders']\n");
    char frame[4 + 184] = {0, 1, 0, (char)184};
    frame[4 + 7] = 100;
    frame[4 + 64 + 7] = 50;
    frame[4 + 183 - 2] = 3;
    f.is_binary = true;
    ck_assert_str_eq(feed_bytes(&f, frame, sizeof frame),
                     PREFIX ",\"last\":1.0,\"best\":0.5,\"worst\":3}\n");
    feed_close(&f);
}
END_TEST

/* ------------------------------------------------------------------ limits */

/* A layout of `count` fields, each with its number in its name; what is said of it, or "". */
static void expect_loaded(const char *field, size_t count, const char *said)
{
    weir_buf text = {0}, shown = {0};
    weir_buf_puts(&text, HEAD "    parser:\n      format: binary\n      layout:\n        endian: "
                              "big\n        fields:\n");
    for (size_t i = 0; i < count; i++)
        weir_buf_printf(&text, "          - n%zu: %s\n", i, field);
    weir_buf_puts(&text, "    converters: {data: {fields: {v: data}}}\n");
    feed f = feed_load(weir_buf_cstr(&text));
    weir_diags_print(f.diags, &shown, false);
    ck_assert_uint_eq(weir_diags_errors(f.diags), said[0] != '\0');
    ck_assert_msg(strstr(weir_buf_cstr(&shown), said) != NULL, "%s", weir_buf_cstr(&shown));
    weir_buf_fini(&text);
    weir_buf_fini(&shown);
    feed_close(&f);
}

START_TEST(limits_are_what_they_say)
{
    expect_loaded("u8", 512, "");
    expect_loaded("u8", 513, "a packet has at most 512 names");
    expect_loaded("{repeat: u8, type: u8}", 16, "");
    expect_loaded("{repeat: u8, type: u8}", 17, "a packet has at most 16 amounts that are read");
    expect_loaded("{repeat: 1048576, type: u64}", 2, "");
    expect_loaded("{repeat: 1048577, type: u64}", 2, "a packet of more than 16 MiB");
}
END_TEST

/* ------------------------------------------------------------------ paths */

START_TEST(paths_read_what_the_whole_has)
{
    feed f = open_layout(
        "record",
        "endian: big, fields: [n: u8, a: {repeat: n, fields: [x: u16, t: str2]}, b: [c: {repeat: "
        "2, type: "
        "u8}], s: str3]",
        "a0: data['a'][0]['x']|al: data['a'][-1]['t']|am: data['a'][1]['x'] if data['n'] > 1 else "
        "None|"
        "c: data['b']['c'][-2]|cs: data['b']['c']|s0: data['s'][0]|same: \"[data['a'][0]['x'], "
        "data['b']['c'], data['s']] == [[v for v in data.values()][1][0]['x'], "
        "dict(data)['b']['c'], list(data.items())[3][1]]\"");
    ck_assert_str_eq(feed_hex(&f, "02 00014141 00024242 0708 585900"), PREFIX
                     ",\"a0\":1,\"al\":\"BB\",\"am\":2,\"c\":7,\"cs\":[7,8],\"s0\":\"X\",\"same\":"
                     "true}\n");
    ck_assert_str_eq(feed_hex(&f, "00 0708 585900"), "");
    expect_failed(&f, WEIR_STAGE_CONVERT, 1, "IndexError");
    feed_close(&f);
}
END_TEST

START_TEST(a_column_has_the_type_that_its_bytes_have)
{
    feed f =
        open_layout("record",
                    "endian: big, fields: [i: i32, f: i32 / 100, t: str4, b: {type: u8, bits: {x: "
                    "0}}, w: u64]",
                    "i: data['i']|f: data['f']|t: data['t']|x: data['b']['x']|w: data['w']");
    const weir_kind kinds[] = {WEIR_INT, WEIR_FLOAT, WEIR_STR, WEIR_BOOL, WEIR_KIND_PUBLIC_COUNT};
    for (size_t i = 0; i < 5; i++)
        ck_assert_int_eq(weir_schema_column_kind(weir_plan_schema(f.plan, 0), i), kinds[i]);
    feed_close(&f);
}
END_TEST

START_TEST(a_repeat_of_prices_and_sizes_is_levels)
{
    static const char *const layout =
        "endian: big, fields: [n: u8, b: {repeat: n, fields: [q: u8, size: u16, "
        "price: i32 / 100]}, a: {repeat: 2, fields: [price: u64, quantity: u8 / "
        "2]}]";
    static const char *const hex = "02 00 0001 00000096 00 0002 00000095 8000000000000000 05 "
                                   "0000000000000003 06";
    static const char *const expected = PREFIX
        ",\"market_depth\":{\"bids\":[[1.5,1.0],[1.49,2.0]],\"asks\":[[9.223372036854776e+18,2.5],"
        "[3.0,3.0]]}%s}\n";
    static const char *const more[][2] = {
        {"", ""}, /* nothing else reads them: no object is made */
        {"|x: \"'b' in data\"", ",\"x\":true"},
        {"|x: data['b'][0]['price']", ",\"x\":1.5"},
        {"|x: data['b']|y: data['a'][1]",
         ",\"x\":[{\"q\":0,\"size\":1,\"price\":1.5},{\"q\":0,\"size\":2,"
         "\"price\":1.49}],\"y\":{\"price\":3,\"quantity\":3.0}"},
    };
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
        char fields[256], line[512];
        snprintf(fields, sizeof fields,
                 "market_depth: {bids: \"data['b']\", asks: \"data['a']\"}%s", more[i][0]);
        snprintf(line, sizeof line, expected, more[i][1]);
        feed f = open_layout("record", layout, fields);
        ck_assert_str_eq(feed_hex(&f, hex), line);
        feed_close(&f);
    }
}
END_TEST

START_TEST(each_takes_the_elements_of_a_repeat)
{
    char text[1024];
    snprintf(text, sizeof text,
             HEAD "    parser: {format: binary, layout: {endian: big, fields: [n: u8, b: {repeat: "
                  "n, fields: [x: "
                  "u8, y: u8 / 4]}]}}\n    converters:\n      data:\n        each: data['b']\n     "
                  "   fields: "
                  "{x: \"item['x']\", y: \"item['y']\", n: \"data['n']\", all: \"len(data)\"}\n");
    feed f = feed_open(text);
    f.is_binary = true;
    ck_assert_str_eq(feed_hex(&f, "02 0102 0304"),
                     PREFIX ",\"x\":1,\"y\":0.5,\"n\":2,\"all\":2}\n" PREFIX
                            ",\"x\":3,\"y\":1.0,\"n\":2,\"all\":2}\n");
    feed_close(&f);
}
END_TEST

START_TEST(payload_path_sees_the_packet)
{
    char text[1024];
    snprintf(
        text, sizeof text,
        HEAD
        "    frame: array\n    parser: {format: binary, payload_path: \"data['a']\", layout: "
        "{endian: "
        "big, fields: [a: {repeat: u8, fields: [x: u8]}]}}\n    converters: {data: {fields: {x: "
        "\"data['x']\"}}}\n");
    feed f = feed_open(text);
    f.is_binary = true;
    ck_assert_str_eq(feed_hex(&f, "02 05 06"), PREFIX ",\"x\":5}\n" PREFIX ",\"x\":6}\n");
    ck_assert_str_eq(feed_hex(&f, "03 05 06"), "");
    expect_failed(&f, WEIR_STAGE_DECODE, 1, "a: 3 of 1 bytes each are wanted, 2 bytes are left");
    feed_close(&f);
}
END_TEST

START_TEST(the_sample_of_what_fails_is_its_packet)
{
    feed f = open_layout("array", packets, "b: data['b']");
    ck_assert_str_eq(feed_hex(&f, "0002 0002 0001 0003 000204"), PREFIX ",\"b\":4}\n");
    expect_failed(&f, WEIR_STAGE_CONVERT, 1, "KeyError: 'b'");
    const weir_dead_letter *letter = weir_runner_dead_letter(f.runner, 0);
    ck_assert_uint_eq(letter->sample_len, 2);
    ck_assert(memcmp(letter->sample, "\0\1", 2) == 0);
    feed_close(&f);
}
END_TEST

START_TEST(a_wait_does_not_count_what_the_frame_fails_at)
{
    char text[1024];
    snprintf(text, sizeof text,
             HEAD "    auth: {mode: none, greeting: {match: \"data['a'] == 1\"}}\n    parser: "
                  "{format: binary, "
                  "layout: {endian: big, fields: [a: u16]}}\n    converters: {data: {fields: {a: "
                  "\"data['a']\"}}}\n");
    feed f = feed_open(text);
    weir_error why = {0};
    char bytes[2 + WEIR_JSON_SLACK] = {0, 1};
    weir_runner_frame frame = {.bytes = {bytes, 2}, .is_binary = true, .number = 1};
    ck_assert_int_eq(weir_runner_wait(f.runner, WEIR_WAIT_GREETING, &frame, &why),
                     WEIR_VERDICT_MATCH);
    frame.bytes.len = 1;
    ck_assert_int_eq(weir_runner_wait(f.runner, WEIR_WAIT_GREETING, &frame, &why),
                     WEIR_VERDICT_OTHER);
    ck_assert_uint_eq(weir_runner_counters(f.runner)->failed[WEIR_STAGE_DECODE], 0);
    feed_close(&f);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("layout");
    weir_check_case(suite, "types", integers_have_their_size_sign_and_order,
                    an_integer_beyond_64_bits_keeps_its_digits, floats_are_as_struct_reads_them,
                    a_scale_is_as_exact_as_an_int_divided_in_python,
                    a_scale_may_be_a_field_in_front,
                    a_text_ends_at_its_first_nul_and_has_no_blanks_behind, bits_have_names,
                    groups_nest_and_skips_leave_nothing);
    weir_check_case(suite, "repeats", a_fixed_repeat_is_a_list,
                    a_repeat_may_be_counted_by_a_field_or_right_there,
                    texts_and_bytes_may_have_a_length_that_is_read,
                    repeats_may_be_inside_of_repeats, a_packet_may_be_empty,
                    an_amount_that_is_not_there_is_refused);
    weir_check_case(
        suite, "frames", a_packet_is_a_record, a_packet_that_fails_is_alone_in_that,
        a_frame_that_ends_early_gives_what_was_whole, a_record_frame_is_the_list_of_its_packets,
        packets_without_a_length_are_as_long_as_their_fields,
        packets_may_go_on_to_the_end_of_the_frame, packets_of_no_bytes_do_not_go_on_for_ever,
        a_packet_may_say_its_own_length, text_frames_may_be_json_beside_a_layout);
    weir_check_case(suite, "variants", the_first_variant_that_holds_is_used,
                    a_when_that_raises_fails_the_packet,
                    the_example_of_the_language_loads_as_it_is_written);
    weir_check_case(suite, "limits", limits_are_what_they_say);
    weir_check_case(suite, "paths", paths_read_what_the_whole_has,
                    a_column_has_the_type_that_its_bytes_have,
                    a_repeat_of_prices_and_sizes_is_levels, each_takes_the_elements_of_a_repeat,
                    payload_path_sees_the_packet, the_sample_of_what_fails_is_its_packet,
                    a_wait_does_not_count_what_the_frame_fails_at);
    return weir_check_run(suite);
}
