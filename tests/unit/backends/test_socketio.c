/* SPDX-License-Identifier: MIT */
/* The parsers under the socketio backend: packets, events with attachments, Engine.IO's opening and
 * polling bodies. */
#include "backends/socketio/engine.h"
#include "backends/socketio/event.h"

#include "util/time.h"
#include "value/json_read.h"
#include "weir_check.h"

enum { ROOM = 4096 };

static char text_room[ROOM + WEIR_JSON_SLACK];

/* The text with the bytes behind it that the decoders read. */
static weir_str slack(const char *text)
{
    memset(text_room, 0, sizeof text_room);
    ck_assert_uint_lt(strlen(text), ROOM);
    strcpy(text_room, text);
    return weir_str_of(text_room);
}

/* ------------------------------------------------------------------ packets */

static weir_sio_packet packet_of(const char *text)
{
    weir_sio_packet packet;
    weir_error error = {0};
    ck_assert_msg(weir_sio_packet_read(weir_str_of(text), &packet, &error) == WEIR_OK, "%s: %s",
                  text, error.text);
    return packet;
}

static void refuse_packet(const char *text, weir_code code, const char *word)
{
    weir_sio_packet packet;
    weir_error error = {0};
    ck_assert_msg(weir_sio_packet_read(weir_str_of(text), &packet, &error) == code, "%s", text);
    ck_assert_msg(strstr(error.text, word) != NULL, "%s: %s", text, error.text);
}

START_TEST(a_packet_has_its_parts)
{
    weir_sio_packet packet = packet_of("2[\"a\",1]");
    ck_assert_int_eq(packet.type, WEIR_SIO_EVENT);
    ck_assert(weir_str_is(packet.nsp, "/") && packet.id.len == 0 &&
              weir_str_is(packet.json, "[\"a\",1]"));
    packet = packet_of("2/admin,17[\"a\"]");
    ck_assert(weir_str_is(packet.nsp, "/admin") && weir_str_is(packet.id, "17") &&
              weir_str_is(packet.json, "[\"a\"]"));
    packet = packet_of("52-/x,0[\"a\"]");
    ck_assert_uint_eq(packet.attachments, 2);
    ck_assert(weir_str_is(packet.nsp, "/x") && weir_str_is(packet.id, "0"));
    packet = packet_of("0/chat?token=1,2,{}");
    ck_assert(weir_str_is(packet.nsp, "/chat"));
    packet = packet_of("1/only");
    ck_assert(weir_str_is(packet.nsp, "/only") && packet.json.len == 0);
    packet = packet_of("40");
    ck_assert(
        weir_str_is(packet.id, "0")); /* an error with an id, and nothing else: legal, if odd */
    packet = packet_of("3");
    ck_assert(packet.type == WEIR_SIO_ACK && packet.json.len == 0);
}
END_TEST

START_TEST(what_is_no_packet_is_refused)
{
    refuse_packet("", WEIR_ERR_PROTOCOL, "type");
    refuse_packet("7[]", WEIR_ERR_PROTOCOL, "type");
    refuse_packet("x", WEIR_ERR_PROTOCOL, "type");
    refuse_packet("5[\"a\"]", WEIR_ERR_PROTOCOL, "how many");
    refuse_packet("5-[\"a\"]", WEIR_ERR_PROTOCOL, "how many");
    refuse_packet("512", WEIR_ERR_PROTOCOL, "how many");
    refuse_packet("5257-[]", WEIR_ERR_LIMIT, "256");
    refuse_packet("599999999999999999999999-[]", WEIR_ERR_LIMIT, "256");
    refuse_packet("2123456789012345678901[]", WEIR_ERR_LIMIT, "21 digits");
    ck_assert_uint_eq(packet_of("5256-[]").attachments, 256);
    ck_assert_uint_eq(packet_of("212345678901234567890[]").id.len, 20);
}
END_TEST

START_TEST(a_head_that_is_written_reads_the_same)
{
    weir_buf out = {0};
    const weir_sio_packet packet = {WEIR_SIO_BINARY_EVENT, 1, WEIR_STR("/x"), WEIR_STR("5"), {0}};
    weir_sio_packet_put_head(&out, &packet);
    ck_assert(weir_str_is(weir_buf_str(&out), "51-/x,5"));
    weir_buf_clear(&out);
    const weir_sio_packet plain = {.type = WEIR_SIO_EVENT, .nsp = WEIR_STR("/")};
    weir_sio_packet_put_head(&out, &plain);
    ck_assert(weir_str_is(weir_buf_str(&out), "2"));
    weir_buf_fini(&out);
}
END_TEST

/* ------------------------------------------------------------------ events */

static weir_sio_attachments attachments;
static weir_sio_room room;
static weir_sio_reading reading;
static weir_error error;

static void begin(void)
{
    attachments = (weir_sio_attachments){0};
    room = (weir_sio_room){0};
    error = (weir_error){0};
    reading = (weir_sio_reading){.attachments = &attachments, .max_message = 1024};
}

static void end(void)
{
    weir_sio_attachments_fini(&attachments);
    weir_sio_room_fini(&room);
}

static void expect(const char *json, const char *name, const char *bytes)
{
    weir_frame frame = {0};
    ck_assert_msg(weir_sio_event_read(slack(json), &reading, &room, &frame, &error) == WEIR_OK,
                  "%s: %s", json, error.text);
    ck_assert_msg(weir_str_is(frame.name, name), "%s: name %.*s", json, WEIR_FMT(frame.name));
    ck_assert_msg(weir_str_is(frame.bytes, bytes), "%s: %.*s", json, WEIR_FMT(frame.bytes));
    ck_assert_int_eq(frame.kind, WEIR_FRAME_TEXT);
}

static void refuse(const char *json, weir_code code, const char *word)
{
    weir_frame frame = {0};
    ck_assert_msg(weir_sio_event_read(slack(json), &reading, &room, &frame, &error) == code, "%s",
                  json);
    ck_assert_msg(strstr(error.text, word) != NULL, "%s: %s", json, error.text);
}

START_TEST(one_argument_is_the_message_several_are_a_list)
{
    begin();
    expect("[\"tick\",{\"a\":[1,2]}]", "tick", "{\"a\":[1,2]}");
    expect("[ \"tick\" , [1] ]", "tick", "[1]");
    expect("[\"tick\"]", "tick", "null");
    expect("[\"tick\",1,\"two\",{\"x\":null}]", "tick", "[1,\"two\",{\"x\":null}]");
    expect("[\"tick\", 1 , true ]", "tick", "[1 , true]");
    expect("[\"tick\",true]", "tick", "true");
    expect("[\"tick\",null]", "tick", "null");
    expect("[\"tick\",-1.5e3]", "tick", "-1.5e3");
    expect("[\"tick\",\"a\\nb\"]", "tick", "\"a\\nb\"");
    expect("[12,1]", "12", "1");
    expect("[\"t\\u00e9\\\"\",1]", "té\"", "1");
    expect("[\"\",1]", "", "1");
    end();
}
END_TEST

START_TEST(an_ack_has_arguments_only)
{
    begin();
    reading.is_ack = true;
    expect("[{\"ok\":1}]", "", "{\"ok\":1}");
    expect("[]", "", "null");
    expect("[1,2]", "", "[1,2]");
    end();
}
END_TEST

START_TEST(a_text_may_lose_its_quotes)
{
    begin();
    reading.unquotes = true;
    expect("[\"tick\",\"{\\\"a\\\":1}\"]", "tick", "{\"a\":1}");
    expect("[\"tick\",\"plain\"]", "tick", "plain");
    expect("[\"tick\",\"\"]", "tick", "");
    expect("[\"tick\",7]", "tick", "7");
    expect("[\"tick\",\"a\",\"b\"]", "tick", "[\"a\",\"b\"]");
    end();
}
END_TEST

START_TEST(an_offset_is_none_of_the_events_arguments)
{
    begin();
    reading.drops_offset = true;
    expect("[\"tick\",{\"a\":1},\"OgFrQ-2.1\"]", "tick", "{\"a\":1}");
    expect("[\"tick\",1,2,\"x\"]", "tick", "[1,2]");
    expect("[\"tick\",\"x\"]", "tick", "null");
    expect("[\"tick\",{\"a\":1},\"two words\"]", "tick", "[{\"a\":1},\"two words\"]");
    expect("[\"tick\",{\"a\":1}]", "tick", "{\"a\":1}");
    end();
}
END_TEST

START_TEST(an_attachment_alone_is_a_binary_message)
{
    weir_frame frame = {0};
    begin();
    ck_assert(weir_sio_attachments_add(&attachments, (weir_str){"\0\1\2", 3}));
    ck_assert(weir_sio_attachments_add(&attachments, (weir_str){"xyz!", 4}));
    ck_assert(weir_sio_event_read(slack("[\"b\",{\"num\" : 1, \"_placeholder\":true}]"), &reading,
                                  &room, &frame, &error) == WEIR_OK);
    ck_assert_int_eq(frame.kind, WEIR_FRAME_BINARY);
    ck_assert(weir_str_is(frame.bytes, "xyz!"));
    reading.is_ack = true;
    ck_assert(weir_sio_event_read(slack("[{\"_placeholder\":true,\"num\":0}]"), &reading, &room,
                                  &frame, &error) == WEIR_OK);
    ck_assert(frame.bytes.len == 3 && frame.bytes.ptr[1] == 1);
    end();
}
END_TEST

START_TEST(attachments_deeper_down_are_base64)
{
    begin();
    ck_assert(weir_sio_attachments_add(&attachments, WEIR_STR("abc")));
    expect("[\"b\",{\"x\":[{\"_placeholder\":true,\"num\":0},1]}]", "b", "{\"x\":[\"YWJj\",1]}");
    expect("[\"b\",{\"_placeholder\":true,\"num\":0},2]", "b", "[\"YWJj\",2]");
    /* What only looks like one stays as it is. */
    expect("[\"b\",\"{\\\"_placeholder\\\":true,\\\"num\\\":0}\"]", "b",
           "\"{\\\"_placeholder\\\":true,\\\"num\\\":0}\"");
    expect("[\"b\",{\"_placeholder\":false,\"num\":0}]", "b", "{\"_placeholder\":false,\"num\":0}");
    expect("[\"b\",{\"_placeholder\":true,\"num\":0,\"more\":1}]", "b",
           "{\"_placeholder\":true,\"num\":0,\"more\":1}");
    expect("[\"b\",{\"num\":0,\"num\":0}]", "b", "{\"num\":0,\"num\":0}");
    expect("[\"b\",{\"_placeholder\":true,\"num\":-1}]", "b", "{\"_placeholder\":true,\"num\":-1}");
    end();
}
END_TEST

START_TEST(attachments_that_are_not_there_are_refused)
{
    begin();
    ck_assert(weir_sio_attachments_add(&attachments, WEIR_STR("abc")));
    refuse("[\"b\",[{\"_placeholder\":true,\"num\":1}]]", WEIR_ERR_PROTOCOL, "did not come");
    refuse("[\"b\",{\"_placeholder\":true,\"num\":99999}]", WEIR_ERR_PROTOCOL, "did not come");
    end();
}
END_TEST

START_TEST(one_attachment_named_often_is_bounded)
{
    char json[ROOM] = "[\"b\",[";
    begin();
    char big[600];
    memset(big, 'x', sizeof big);
    ck_assert(weir_sio_attachments_add(&attachments, (weir_str){big, sizeof big}));
    strcat(json, "{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":0}]]");
    refuse(json, WEIR_ERR_LIMIT, "max_message");
    end();
}
END_TEST

START_TEST(what_is_no_event_is_refused)
{
    begin();
    refuse("", WEIR_ERR_PROTOCOL, "malformed");
    refuse("{}", WEIR_ERR_PROTOCOL, "not a list");
    refuse("[]", WEIR_ERR_PROTOCOL, "empty");
    refuse("[{\"a\":1}]", WEIR_ERR_PROTOCOL, "neither a text nor a number");
    refuse("[null]", WEIR_ERR_PROTOCOL, "neither a text nor a number");
    refuse("[\"a\",1", WEIR_ERR_PROTOCOL, "malformed");
    refuse("[\"a\",1]]", WEIR_ERR_PROTOCOL, "malformed");
    refuse("[\"\xff\"]", WEIR_ERR_PROTOCOL, "UTF-8");
    end();
}
END_TEST

static void expect_put(weir_frame_kind kind, const char *bytes, bool spreads, const char *expected)
{
    weir_buf out = {0}, scratch = {0};
    weir_sio_event_put(&out, WEIR_STR("e\"1"), kind, weir_str_of(bytes), spreads, &scratch);
    ck_assert_msg(weir_str_is(weir_buf_str(&out), expected), "%.*s", (int)out.len, out.ptr);
    weir_buf_fini(&out);
    weir_buf_fini(&scratch);
}

START_TEST(a_message_is_written_as_an_event)
{
    expect_put(WEIR_FRAME_TEXT, "{\"a\":1}", false, "[\"e\\\"1\",{\"a\":1}]");
    expect_put(WEIR_FRAME_TEXT, "SUB \"AAPL\"", false, "[\"e\\\"1\",\"SUB \\\"AAPL\\\"\"]");
    expect_put(WEIR_FRAME_TEXT, "[1,2]", false, "[\"e\\\"1\",[1,2]]");
    expect_put(WEIR_FRAME_TEXT, " [1,2] ", true, "[\"e\\\"1\",1,2]");
    expect_put(WEIR_FRAME_TEXT, "[]", true, "[\"e\\\"1\"]");
    expect_put(WEIR_FRAME_TEXT, "7", true, "[\"e\\\"1\",7]");
    expect_put(WEIR_FRAME_BINARY, "\1\2", false, "[\"e\\\"1\",{\"_placeholder\":true,\"num\":0}]");
    ck_assert(weir_sio_event_is_reserved(WEIR_STR("connect")));
    ck_assert(!weir_sio_event_is_reserved(WEIR_STR("connected")));
}
END_TEST

/* ------------------------------------------------------------------ Engine.IO */

START_TEST(an_open_packet_has_its_numbers)
{
    weir_eio_open open;
    begin();
    ck_assert(weir_eio_open_read(
                  slack("{\"sid\":\"abc\",\"upgrades\":[\"websocket\"],\"pingInterval\":25000,"
                        "\"pingTimeout\":20000,\"maxPayload\":1000000}"),
                  &open, &error) == WEIR_OK);
    ck_assert(weir_str_is(open.sid, "abc") && open.offers_websocket && open.max_payload == 1000000);
    ck_assert_int_eq(open.ping_interval_ns, 25 * WEIR_NS_PER_S);
    ck_assert(weir_eio_open_read(
                  slack("{\"sid\":\"a\",\"upgrades\":[],\"pingInterval\":1,\"pingTimeout\":1}"),
                  &open, &error) == WEIR_OK);
    ck_assert(!open.offers_websocket && open.max_payload == 0);
}
END_TEST

START_TEST(a_bad_open_packet_is_refused)
{
    static const char *const texts[] = {
        "",
        "[]",
        "{}",
        "{\"sid\":1,\"pingInterval\":1,\"pingTimeout\":1}",
        "{\"sid\":\"\",\"pingInterval\":1,\"pingTimeout\":1}",
        "{\"sid\":\"a\",\"pingInterval\":0,\"pingTimeout\":1}",
        "{\"sid\":\"a\",\"pingInterval\":1e3,\"pingTimeout\":1}",
        "{\"sid\":\"a\",\"pingInterval\":1,\"pingTimeout\":99999999999999999999}",
        "{\"sid\":\"a\",\"pingInterval\":-1,\"pingTimeout\":1}",
        "{\"sid\":\"a\",\"pingInterval\":\"1\",\"pingTimeout\":1}",
    };
    weir_eio_open open;
    begin();
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        ck_assert_msg(weir_eio_open_read(slack(texts[i]), &open, &error) == WEIR_ERR_PROTOCOL, "%s",
                      texts[i]);
}
END_TEST

static void expect_packets(int version, const char *body, const char *const *packets, size_t count,
                           bool is_good)
{
    weir_eio_payload payload = {weir_str_of(body), version};
    weir_str packet;
    weir_error why;
    size_t found = 0;
    while (weir_eio_payload_next(&payload, &packet, &why)) {
        ck_assert_uint_lt(found, count);
        ck_assert_msg(weir_str_is(packet, packets[found]), "%s: %.*s", body, WEIR_FMT(packet));
        found++;
    }
    ck_assert_uint_eq(found, count);
    ck_assert_msg((why.code == WEIR_OK) == is_good, "%s: %s", body, why.text);
}

START_TEST(a_body_has_packets)
{
    const char *const two[] = {"0{}", "40"};
    const char *const wide[] = {"4[\"é€😀\"]", "2"};
    expect_packets(4,
                   "0{}\x1e"
                   "40",
                   two, 2, true);
    expect_packets(3, "3:0{}2:40", two, 2, true);
    expect_packets(3, "9:4[\"é€😀\"]1:2", wide, 2, true); /* UTF-16 units */
    expect_packets(4,
                   "4[\"é€😀\"]\x1e"
                   "2",
                   wide, 2, true);
    expect_packets(4, "", NULL, 0, true);
    expect_packets(4, "0{}\x1e", NULL, 0, false);
    expect_packets(4, "\x1e", NULL, 0, false);
    expect_packets(3, "3:0{}9:40", two, 1, false);
    expect_packets(3, "0:", NULL, 0, false);
    expect_packets(3, ":4", NULL, 0, false);
    expect_packets(3, "4", NULL, 0, false);
    expect_packets(3, "99999999999:4", NULL, 0, false);
    expect_packets(3, "1:😀", NULL, 0, false); /* cuts a pair of surrogates */
}
END_TEST

START_TEST(a_body_tells_its_version)
{
    ck_assert_int_eq(weir_eio_payload_version(WEIR_STR("0{\"sid\"")), 4);
    ck_assert_int_eq(weir_eio_payload_version(WEIR_STR("96:0{\"sid\"")), 3);
    ck_assert_int_eq(weir_eio_payload_version(WEIR_STR("<html>")), 0);
    ck_assert_int_eq(weir_eio_payload_version(WEIR_STR("")), 0);
    ck_assert_int_eq(weir_eio_payload_version(WEIR_STR("96:")), 0);
}
END_TEST

START_TEST(a_body_that_is_written_reads_the_same)
{
    for (int version = 3; version <= 4; version++) {
        weir_buf body = {0}, bytes = {0};
        weir_eio_payload_put_text(&body, version, WEIR_STR("4[\"é😀\"]"));
        weir_eio_payload_put_binary(&body, version, (weir_bytes){(const uint8_t *)"\0\1\2\3", 4});
        weir_eio_payload_put_text(&body, version, WEIR_STR("2"));
        weir_eio_payload payload = {weir_buf_str(&body), version};
        weir_str packet;
        weir_error why;
        ck_assert(weir_eio_payload_next(&payload, &packet, &why) &&
                  weir_str_is(packet, "4[\"é😀\"]"));
        ck_assert(weir_eio_payload_next(&payload, &packet, &why));
        ck_assert(weir_eio_base64_read(packet, version, &bytes, &why) == WEIR_OK && bytes.len == 4);
        ck_assert(weir_eio_payload_next(&payload, &packet, &why) && weir_str_is(packet, "2"));
        ck_assert(!weir_eio_payload_next(&payload, &packet, &why) && why.code == WEIR_OK);
        ck_assert(weir_eio_base64_read(WEIR_STR("b4!"), version, &bytes, &why) ==
                  WEIR_ERR_PROTOCOL);
        weir_buf_fini(&body);
        weir_buf_fini(&bytes);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("socketio");
    weir_check_case(suite, "packets", a_packet_has_its_parts, what_is_no_packet_is_refused,
                    a_head_that_is_written_reads_the_same);
    weir_check_case(
        suite, "events", one_argument_is_the_message_several_are_a_list, an_ack_has_arguments_only,
        a_text_may_lose_its_quotes, an_offset_is_none_of_the_events_arguments,
        an_attachment_alone_is_a_binary_message, attachments_deeper_down_are_base64,
        attachments_that_are_not_there_are_refused, one_attachment_named_often_is_bounded,
        what_is_no_event_is_refused, a_message_is_written_as_an_event);
    weir_check_case(suite, "engine", an_open_packet_has_its_numbers, a_bad_open_packet_is_refused,
                    a_body_has_packets, a_body_tells_its_version,
                    a_body_that_is_written_reads_the_same);
    return weir_check_run(suite);
}
