/* SPDX-License-Identifier: MIT */
/* Formats that build values: slots, the whole message when somebody wants it, framing, waits. */
#include "pipeline_fixture.h"

#define HEAD                                                                                       \
    "weir: 1\nname: t\nconnections:\n  m:\n    url: ws://h/\n    backend: {type: websocket}\n"     \
    "    streams: [data]\n"

#define PREFIX "{\"channel\":\"data\",\"stream\":\"data\",\"connection\":\"m\""

#define FEED(f, bytes) feed_bytes((f), (bytes), sizeof(bytes) - 1)

/* {"a": 1, "l": [1, {"b": 2}]} */
#define DOCUMENT                                                                                   \
    "\x82\xa1"                                                                                     \
    "a\x01\xa1"                                                                                    \
    "l\x92\x01\x81\xa1"                                                                            \
    "b\x02"

START_TEST(msgpack_fills_slots_and_makes_the_whole_only_when_asked)
{
    feed f = feed_open(HEAD "    parser: {format: msgpack}\n    converters:\n      data: {fields: "
                            "{a: \"data['a']\", b: \"data['l'][1]['b']\", l: \"data['l']\", n: "
                            "\"len(data)\", x: \"data.get('x', 7)\", all: data}}\n");
    ck_assert_str_eq(FEED(&f, DOCUMENT),
                     PREFIX ",\"a\":1,\"b\":2,\"l\":[1,{\"b\":2}],\"n\":2,\"x\":7,"
                            "\"all\":{\"a\":1,\"l\":[1,{\"b\":2}]}}\n");
    ck_assert_str_eq(FEED(&f, "\x81\xa1"
                              "a\x01"),
                     "");
    expect_failed(&f, WEIR_STAGE_CONVERT, 1, "KeyError: 'l'");
    ck_assert_str_eq(FEED(&f, "\x81\xa1"), "");
    expect_failed(&f, WEIR_STAGE_DECODE, 1,
                  "not MessagePack: more elements than bytes are left at byte 0");
    ck_assert_str_eq(FEED(&f, "\x07"), "");
    expect_failed(&f, WEIR_STAGE_CONVERT, 2, "TypeError: 'int' object is not subscriptable");
    feed_close(&f);
}
END_TEST

START_TEST(msgpack_is_framed_as_json_is)
{
    feed f = feed_open(HEAD "    parser: {format: msgpack}\n    frame: array\n    converters:\n"
                            "      data: {fields: {v: \"data['v']\"}}\n");
    ck_assert_str_eq(FEED(&f, "\x92\x81\xa1v\x01\x81\xa1v\x02"),
                     PREFIX ",\"v\":1}\n" PREFIX ",\"v\":2}\n");
    ck_assert_str_eq(FEED(&f, "\x81\xa1v\x01"), "");
    expect_failed(&f, WEIR_STAGE_FRAME, 1, "frame: array expects a list, got dict");
    feed_close(&f);

    f = feed_open(HEAD "    parser: {format: msgpack}\n    frame: auto\n    converters:\n"
                       "      data: {fields: {v: data}}\n");
    ck_assert_str_eq(FEED(&f, "\x92\x81\xa1v\x01\x81\xa1v\x02"),
                     PREFIX ",\"v\":{\"v\":1}}\n" PREFIX ",\"v\":{\"v\":2}}\n");
    ck_assert_str_eq(FEED(&f, "\x92\x01\x02"), PREFIX ",\"v\":[1,2]}\n");
    feed_close(&f);

    f = feed_open(HEAD "    parser: {format: msgpack, payload_path: \"data.get('d', data)\"}\n"
                       "    frame: auto\n    converters:\n      data:\n      - each: data\n"
                       "        fields: {v: item}\n");
    ck_assert_str_eq(FEED(&f, "\x81\xa1"
                              "d\x92\x01\x02"),
                     PREFIX ",\"v\":1}\n" PREFIX ",\"v\":2}\n");
    ck_assert_str_eq(FEED(&f, "\x92\x03\x04"), "");
    expect_failed(&f, WEIR_STAGE_PAYLOAD, 1, "'list' object has no attribute 'get'");
    feed_close(&f);
}
END_TEST

static weir_verdict wait_for(feed *f, weir_wait wait, const char *bytes, size_t len,
                             weir_error *why)
{
    char copy[256] = {0};
    memcpy(copy, bytes, len);
    const weir_runner_frame frame = {.bytes = {copy, len}};
    return weir_runner_wait(f->runner, wait, &frame, why);
}

START_TEST(waits_read_msgpack)
{
    feed f = feed_open(HEAD "    parser: {format: msgpack}\n    auth: {mode: none, ack: {match: "
                            "\"data['ok']\", error: \"'error' in data\"}}\n    converters:\n"
                            "      data: {fields: {v: data}}\n");
    weir_error why = {0};
    ck_assert_int_eq(wait_for(&f, WEIR_WAIT_ACK, "\x81\xa2ok\xc3", 5, &why), WEIR_VERDICT_MATCH);
    ck_assert_int_eq(wait_for(&f, WEIR_WAIT_ACK, "\x81\xa2ok\xc2", 5, &why), WEIR_VERDICT_OTHER);
    ck_assert_int_eq(wait_for(&f, WEIR_WAIT_ACK,
                              "\x81\xa5"
                              "error\xa3"
                              "bad",
                              11, &why),
                     WEIR_VERDICT_ERROR);
    ck_assert_ptr_nonnull(strstr(why.text, "{\"error\":\"bad\"}"));
    ck_assert_int_eq(wait_for(&f, WEIR_WAIT_ACK, "\x81\xa2ok", 4, &why), WEIR_VERDICT_OTHER);
    feed_close(&f);
}
END_TEST

/* {"id": 7, "n": {"s": "x", "b": b"y"}} teaches; {"d": {"i": 7}} is told by it. */
START_TEST(rules_of_a_session_see_msgpack_before_payload_path)
{
    feed f = feed_open(
        HEAD "    parser: {format: msgpack, payload_path: \"data.get('d', {})\"}\n    learn:\n"
             "      - {match: \"'id' in data\", into: names, key: \"data['id']\", value: "
             "\"data['n']\"}\n"
             "    router: {rules: [{channel: data, match: \"'i' in data\"}], default_channel: "
             "drop}\n    converters:\n      data: {fields: {s: "
             "\"session.names[data['i']]['s']\", n: \"session.names[data['i']]\"}}\n");
    ck_assert_str_eq(FEED(&f, "\x82\xa2id\x07\xa1n\x82\xa1s\xa1x\xa1"
                              "b\xc4\x01y"),
                     "");
    ck_assert_uint_eq(weir_runner_learnt(f.runner), 1);
    ck_assert_str_eq(FEED(&f, "\x81\xa1"
                              "d\x81\xa1i\x07"),
                     PREFIX ",\"s\":\"x\",\"n\":{\"s\":\"x\",\"b\":\"eQ==\"}}\n");
    feed_close(&f);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("formats");
    weir_check_case(suite, "msgpack", msgpack_fills_slots_and_makes_the_whole_only_when_asked,
                    msgpack_is_framed_as_json_is, waits_read_msgpack,
                    rules_of_a_session_see_msgpack_before_payload_path);
    return weir_check_run(suite);
}
