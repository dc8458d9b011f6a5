/* SPDX-License-Identifier: MIT */
/* Frames and messages: what is read where it lies, and each rule of RFC 6455 that a peer may break.
 */
#include "backends/wire/frame.h"

#include "backends/wire/message.h"
#include "backends/wire/run.h"
#include "backends/wire/sender.h"
#include "weir_check.h"

enum { MAX = 1000 };

static weir_ws_reader fresh(void)
{
    return (weir_ws_reader){.max_message = MAX};
}

static weir_ws_step step(weir_ws_reader *reader, const void *bytes, size_t len,
                         weir_ws_frame *frame, weir_ws_fault *fault)
{
    *fault = (weir_ws_fault){0};
    return weir_ws_read(reader, (weir_bytes){bytes, len}, frame, fault);
}

static void expect_fault(weir_ws_reader reader, const char *bytes, size_t len, int close_code)
{
    weir_ws_frame frame;
    weir_ws_fault fault;
    ck_assert_int_eq(step(&reader, bytes, len, &frame, &fault), WEIR_WS_FAULT);
    ck_assert_int_eq(fault.close_code, close_code);
    ck_assert_int_eq(fault.error.code,
                     close_code == WEIR_WS_CLOSE_TOO_BIG ? WEIR_ERR_LIMIT : WEIR_ERR_PROTOCOL);
}

#define FAULT(reader, bytes) expect_fault((reader), (bytes), sizeof(bytes) - 1, 1002)

START_TEST(a_frame_is_handed_over_where_it_lies)
{
    weir_ws_reader reader = fresh();
    weir_ws_frame frame;
    weir_ws_fault fault;
    static const char bytes[] = "\x81\x05helloREST";
    ck_assert_int_eq(step(&reader, bytes, sizeof bytes - 1, &frame, &fault), WEIR_WS_FRAME);
    ck_assert_ptr_eq(frame.payload, bytes + 2);
    ck_assert_uint_eq(frame.len, 5);
    ck_assert_uint_eq(frame.size, 7);
    ck_assert(frame.is_final && !frame.is_compressed && frame.opcode == WEIR_WS_TEXT);
}
END_TEST

/* Starts of frames, cut off anywhere, inside a message and outside. */
static bool agrees_with_the_long_road(const uint8_t *bytes, size_t len, bool is_in_message,
                                      unsigned *taken)
{
    weir_ws_reader reader = fresh();
    weir_ws_frame frame = {0}, plain = {0};
    weir_ws_fault fault;
    reader.is_in_message = is_in_message;
    const size_t size = weir_ws_read_plain(&reader, (weir_bytes){bytes, len}, &plain);
    const bool is_frame = step(&reader, bytes, len, &frame, &fault) == WEIR_WS_FRAME;
    *taken += size > 0;
    return size == 0 || (is_frame && size == frame.size && frame.is_final && !frame.is_compressed &&
                         plain.payload == frame.payload && plain.len == frame.len &&
                         plain.opcode == frame.opcode);
}

/* What a run takes is what the short road takes. */
static bool runs_agree(const uint8_t *bytes, size_t len)
{
    const weir_ws_reader reader = fresh();
    weir_ws_frame plain = {0};
    weir_frame_run run = {.at = bytes, .end = bytes + len};
    weir_str taken = {0};
    bool is_text = false;
    const size_t size = weir_ws_read_plain(&reader, (weir_bytes){bytes, len}, &plain);
    const bool is_taken = weir_frame_run_begin(&run, &is_text) && weir_frame_run_next(&run, &taken);
    if (!is_taken)
        return size == 0 && run.at == bytes;
    const bool is_same = size == (size_t)(run.at - bytes) && taken.len == plain.len &&
                         taken.ptr == (const char *)plain.payload &&
                         is_text == (plain.opcode == WEIR_WS_TEXT);
    weir_frame_run_put_back(&run, taken);
    return is_same && run.at == bytes;
}

START_TEST(the_short_road_takes_plain_frames_and_no_others)
{
    static const uint8_t lengths[] = {0, 1, 5, 17, 125, 126, 127, 128, 254, 255};
    static uint8_t bytes[300];
    unsigned taken = 0;
    for (unsigned first = 0; first < 256; first++)
        for (size_t i = 0; i < sizeof lengths; i++)
            for (size_t len = 2; len < sizeof bytes; len += len < 20 ? 1 : 27) {
                bytes[0] = (uint8_t)first;
                bytes[1] = lengths[i];
                bytes[3] = (uint8_t)(first * 3); /* of a long one: its length */
                if (!agrees_with_the_long_road(bytes, len, false, &taken) ||
                    !agrees_with_the_long_road(bytes, len, true, &taken) || !runs_agree(bytes, len))
                    ck_abort_msg("%02x %02x, %zu bytes", first, (unsigned)bytes[1], len);
            }
    ck_assert_uint_gt(taken, 100);
}
END_TEST

START_TEST(a_run_takes_frames_of_one_kind_and_stops_before_others)
{
    static const char bytes[] = "\x81\x01"
                                "a"
                                "\x81\x02"
                                "bc"
                                "\x82\x01"
                                "d"
                                "\x89\x00"
                                "\x81\x01"
                                "e"
                                "\0\0\0";
    const uint8_t *const start = (const uint8_t *)bytes;
    weir_frame_run run = {.at = start, .end = start + sizeof bytes - 4};
    weir_str taken;
    bool is_text;
    ck_assert(weir_frame_run_begin(&run, &is_text) && is_text);
    ck_assert(weir_frame_run_next(&run, &taken) && taken.len == 1 && *taken.ptr == 'a');
    ck_assert(weir_frame_run_next(&run, &taken) && taken.len == 2 && *taken.ptr == 'b');
    ck_assert(!weir_frame_run_next(&run, &taken));
    ck_assert(weir_frame_run_begin(&run, &is_text) && !is_text);
    ck_assert(weir_frame_run_next(&run, &taken) && taken.len == 1 && *taken.ptr == 'd');
    ck_assert(!weir_frame_run_next(&run, &taken));
    ck_assert(!weir_frame_run_begin(&run, &is_text)); /* a ping */
    run.at += 2;
    ck_assert(weir_frame_run_begin(&run, &is_text) && weir_frame_run_next(&run, &taken));
    ck_assert(*taken.ptr == 'e' && run.at == run.end);
    ck_assert(!weir_frame_run_begin(&run, &is_text));
}
END_TEST

START_TEST(an_incomplete_frame_tells_its_size)
{
    weir_ws_reader reader = fresh();
    weir_ws_frame frame;
    weir_ws_fault fault;
    static const char medium[] = "\x82\x7e\x01\x00 and so on";
    ck_assert_int_eq(step(&reader, medium, 0, &frame, &fault), WEIR_WS_MORE);
    ck_assert_int_eq(step(&reader, medium, 1, &frame, &fault), WEIR_WS_MORE);
    ck_assert_int_eq(step(&reader, medium, 3, &frame, &fault), WEIR_WS_MORE);
    ck_assert_uint_eq(frame.size, 4);
    ck_assert_int_eq(step(&reader, medium, 9, &frame, &fault), WEIR_WS_MORE);
    ck_assert_uint_eq(frame.size, 260);
    ck_assert_int_eq(step(&reader, "\x82\x7f\0\0", 4, &frame, &fault), WEIR_WS_MORE);
    ck_assert_uint_eq(frame.size, 10);
}
END_TEST

START_TEST(broken_headers_are_faults)
{
    weir_ws_reader reader = fresh();
    FAULT(reader, "\x81\x85mask!hello"); /* masked */
    FAULT(reader, "\xa1\x01x");          /* reserved bits */
    FAULT(reader, "\x91\x01x");
    FAULT(reader, "\xc1\x01x"); /* compressed without an agreement */
    FAULT(reader, "\x83\x01x"); /* reserved opcodes */
    FAULT(reader, "\x8b\x01x");
    FAULT(reader, "\x8f\x01x");
    FAULT(reader, "\x80\x01x");        /* a continuation of nothing */
    FAULT(reader, "\x09\x01x");        /* a fragmented ping */
    FAULT(reader, "\x89\x7e\x00\x7e"); /* a ping of 126 bytes */
    FAULT(reader, "\xc9\x01x");        /* a compressed ping */
    FAULT(reader, "\x82\x7e\x00\x7d"); /* lengths that are not minimal */
    FAULT(reader, "\x82\x7f\0\0\0\0\0\0\xff\xff");
    FAULT(reader, "\x82\x7f\x80\0\0\0\0\0\0\0"); /* the top bit */
    reader.is_in_message = true;
    FAULT(reader, "\x81\x01x"); /* a message inside another */
    reader.allows_deflate = true;
    FAULT(reader, "\xc0\x01x"); /* a compressed continuation */
}
END_TEST

START_TEST(a_bad_start_is_a_fault_before_its_length_is_there)
{
    weir_ws_reader reader = fresh();
    FAULT(reader, "\x81\xff");
    FAULT(reader, "\x83\x7f");
}
END_TEST

START_TEST(a_message_has_a_limit)
{
    weir_ws_reader reader = fresh();
    weir_ws_frame frame;
    weir_ws_fault fault;
    static char whole[4 + MAX] = "\x82\x7e\x03\xe8";
    ck_assert_int_eq(step(&reader, whole, sizeof whole, &frame, &fault), WEIR_WS_FRAME);
    expect_fault(reader, "\x82\x7e\x03\xe9", 4, WEIR_WS_CLOSE_TOO_BIG);
    expect_fault(reader, "\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", 10, WEIR_WS_CLOSE_TOO_BIG);
    static char part[4 + 600] = "\x02\x7e\x02\x58";
    ck_assert_int_eq(step(&reader, part, sizeof part, &frame, &fault), WEIR_WS_FRAME);
    expect_fault(reader, "\x80\x7e\x01\x91", 4, WEIR_WS_CLOSE_TOO_BIG);
    ck_assert_int_eq(step(&reader, "\x80\x7e\x01\x90", 4, &frame, &fault), WEIR_WS_MORE);
}
END_TEST

START_TEST(control_frames_come_between_fragments)
{
    weir_ws_reader reader = fresh();
    weir_ws_frame frame;
    weir_ws_fault fault;
    ck_assert_int_eq(step(&reader, "\x01\x01x", 3, &frame, &fault), WEIR_WS_FRAME);
    ck_assert_int_eq(step(&reader, "\x89\x01p", 3, &frame, &fault), WEIR_WS_FRAME);
    ck_assert_int_eq(frame.opcode, WEIR_WS_PING);
    ck_assert_int_eq(step(&reader, "\x80\x00", 2, &frame, &fault), WEIR_WS_FRAME);
    ck_assert(!reader.is_in_message);
}
END_TEST

static bool read_close(const char *payload, size_t len, int *code, weir_ws_fault *fault)
{
    weir_str reason;
    weir_ws_frame frame = {
        .opcode = WEIR_WS_CLOSE, .payload = (const uint8_t *)payload, .len = len};
    return weir_ws_read_close(&frame, code, &reason, fault);
}

START_TEST(close_frames_are_judged)
{
    int code;
    weir_ws_fault fault;
    ck_assert(read_close("", 0, &code, &fault) && code == WEIR_WS_CLOSE_NONE);
    ck_assert(read_close("\x03\xe8", 2, &code, &fault) && code == 1000);
    ck_assert(read_close("\x0f\xa0gone", 6, &code, &fault) && code == 4000);
    ck_assert(!read_close("\x03", 1, &code, &fault) && fault.close_code == 1002);
    ck_assert(!read_close("\x03\xe8\xff", 3, &code, &fault) && fault.close_code == 1007);
    static const int bad[] = {0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65535};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char payload[2] = {(char)(bad[i] >> 8), (char)bad[i]};
        ck_assert_msg(!read_close(payload, 2, &code, &fault), "%d", bad[i]);
        ck_assert_int_eq(fault.close_code, 1002);
    }
    static const int good[] = {1000, 1003, 1007, 1012, 1014, 3000, 4999};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ck_assert(weir_ws_is_close_code(good[i]));
}
END_TEST

/* Unmasks a frame that weir_ws_write wrote. */
static size_t unmask(uint8_t *bytes, size_t len, uint8_t **payload)
{
    size_t header = (bytes[1] & 127) < 126 ? 2 : (bytes[1] & 127) == 126 ? 4 : 10;
    ck_assert(bytes[1] & 0x80);
    *payload = bytes + header + 4;
    for (size_t i = 0; i < len - header - 4; i++)
        (*payload)[i] ^= bytes[header + (i & 3)];
    return len - header - 4;
}

START_TEST(written_frames_have_the_shortest_length_and_a_mask)
{
    static const size_t sizes[] = {0, 1, 7, 8, 9, 125, 126, 127, 65535, 65536, 70001};
    static const uint8_t mask[4] = {0xde, 0xad, 0xbe, 0xef};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t len = sizes[i];
        uint8_t *payload = malloc(len + 1);
        for (size_t at = 0; at < len; at++)
            payload[at] = (uint8_t)(at * 7 + i);
        weir_buf out = {0};
        weir_ws_write(&out, WEIR_WS_BINARY, (weir_bytes){payload, len}, mask);
        ck_assert_uint_eq(out.len, weir_ws_written_len(len));
        ck_assert_uint_eq(out.len, len + (len < 126 ? 6 : len < 65536 ? 8 : 14));
        uint8_t *plain;
        ck_assert_uint_eq(unmask((uint8_t *)out.ptr, out.len, &plain), len);
        ck_assert(len == 0 || memcmp(plain, payload, len) == 0);
        weir_buf_fini(&out);
        free(payload);
    }
}
END_TEST

/* --- messages -------------------------------------------------------------------------------- */

typedef struct listener {
    weir_message message;
    weir_ws_fault fault;
    weir_str bytes;
    bool is_text;
} listener;

static weir_message_step add(listener *listener, weir_ws_opcode opcode, bool is_final,
                             const char *text, size_t len)
{
    weir_ws_frame frame = {
        .opcode = opcode, .is_final = is_final, .payload = (const uint8_t *)text, .len = len};
    return weir_message_add(&listener->message, &frame, &listener->is_text, &listener->bytes,
                            &listener->fault);
}

START_TEST(a_whole_message_is_not_copied)
{
    listener it = {0};
    static const char text[] = "h\xc3\xa9llo";
    weir_message_init(&it.message, MAX);
    ck_assert_int_eq(add(&it, WEIR_WS_TEXT, true, text, 6), WEIR_MESSAGE_DONE);
    ck_assert_ptr_eq(it.bytes.ptr, text);
    ck_assert(it.is_text);
    weir_message_fini(&it.message);
}
END_TEST

START_TEST(fragments_are_joined_also_inside_a_character)
{
    listener it = {0};
    weir_message_init(&it.message, MAX);
    ck_assert_int_eq(add(&it, WEIR_WS_TEXT, false, "h\xc3", 2), WEIR_MESSAGE_MORE);
    ck_assert_int_eq(add(&it, WEIR_WS_CONTINUATION, false, "", 0), WEIR_MESSAGE_MORE);
    ck_assert_int_eq(add(&it, WEIR_WS_CONTINUATION, true, "\xa9", 1), WEIR_MESSAGE_DONE);
    ck_assert(weir_str_is(it.bytes, "h\xc3\xa9"));
    ck_assert_int_eq(add(&it, WEIR_WS_BINARY, false, "\xff", 1), WEIR_MESSAGE_MORE);
    ck_assert_int_eq(add(&it, WEIR_WS_CONTINUATION, true, "", 0), WEIR_MESSAGE_DONE);
    ck_assert(weir_str_is(it.bytes, "\xff") && !it.is_text);
    weir_message_fini(&it.message);
}
END_TEST

START_TEST(text_that_is_not_utf8_is_a_1007)
{
    listener it = {0};
    weir_message_init(&it.message, MAX);
    ck_assert_int_eq(add(&it, WEIR_WS_TEXT, true, "\xc3", 1), WEIR_MESSAGE_FAULT);
    ck_assert_int_eq(it.fault.close_code, 1007);
    ck_assert_int_eq(add(&it, WEIR_WS_TEXT, false, "ab\xff", 3), WEIR_MESSAGE_FAULT);
    ck_assert_int_eq(add(&it, WEIR_WS_TEXT, false, "\xf0\x9f", 2), WEIR_MESSAGE_MORE);
    ck_assert_int_eq(add(&it, WEIR_WS_CONTINUATION, true, "", 0), WEIR_MESSAGE_FAULT);
    ck_assert_int_eq(add(&it, WEIR_WS_BINARY, true, "\xff", 1), WEIR_MESSAGE_DONE);
    weir_message_fini(&it.message);
}
END_TEST

static weir_message_step add_compressed(listener *listener, weir_str deflated)
{
    weir_ws_frame frame = {.opcode = WEIR_WS_TEXT,
                           .is_final = true,
                           .is_compressed = true,
                           .payload = (const uint8_t *)deflated.ptr,
                           .len = deflated.len};
    return weir_message_add(&listener->message, &frame, &listener->is_text, &listener->bytes,
                            &listener->fault);
}

START_TEST(compressed_messages_keep_their_window_and_their_limits)
{
    listener it = {0};
    static char text[MAX + 1];
    weir_buf once = {0}, again = {0}, big = {0}, split = {0};
    memset(text, 'x', sizeof text);
    weir_deflate *deflate = weir_deflate_message_new(15, true);
    weir_message_init(&it.message, MAX);
    ck_assert(weir_message_allow_deflate(&it.message, 15, true, 1000));
    ck_assert(weir_deflate_message(deflate, (weir_bytes){(uint8_t *)text, MAX}, &once, NULL) ==
              WEIR_OK);
    ck_assert(weir_deflate_message(deflate, (weir_bytes){(uint8_t *)text, MAX}, &again, NULL) ==
              WEIR_OK);
    ck_assert(weir_deflate_message(deflate, (weir_bytes){(uint8_t *)"h\xc3\xa9", 3}, &split,
                                   NULL) == WEIR_OK);
    ck_assert(weir_deflate_message(deflate, (weir_bytes){(uint8_t *)text, MAX + 1}, &big, NULL) ==
              WEIR_OK);
    ck_assert_int_eq(add_compressed(&it, weir_buf_str(&once)), WEIR_MESSAGE_DONE);
    ck_assert_int_eq(add_compressed(&it, weir_buf_str(&again)), WEIR_MESSAGE_DONE);
    ck_assert(it.bytes.len == MAX && memcmp(it.bytes.ptr, text, MAX) == 0);
    ck_assert_int_eq(add(&it, WEIR_WS_TEXT, true, "plain", 5), WEIR_MESSAGE_DONE);
    ck_assert_int_eq(add_compressed(&it, weir_buf_str(&split)), WEIR_MESSAGE_DONE);
    ck_assert(weir_str_is(it.bytes, "h\xc3\xa9"));
    ck_assert_int_eq(add_compressed(&it, weir_buf_str(&big)), WEIR_MESSAGE_FAULT);
    ck_assert_int_eq(it.fault.close_code, 1009);
    ck_assert_int_eq(it.fault.error.code, WEIR_ERR_LIMIT);
    weir_message_fini(&it.message);
    weir_message_init(&it.message, MAX);
    ck_assert(weir_message_allow_deflate(&it.message, 15, true, 1000));
    ck_assert_int_eq(add_compressed(&it, WEIR_STR("\xff\xff\xff")), WEIR_MESSAGE_FAULT);
    ck_assert_int_eq(it.fault.close_code, 1007);
    weir_message_fini(&it.message);
    weir_deflate_free(deflate);
    weir_buf_fini(&once), weir_buf_fini(&again), weir_buf_fini(&big), weir_buf_fini(&split);
}
END_TEST

/* --- the send queue -------------------------------------------------------------------------- */

START_TEST(messages_beyond_the_queue_are_refused_and_control_frames_are_not)
{
    weir_sender sender;
    static const uint8_t bytes[200];
    weir_sender_init(&sender, 300);
    ck_assert(weir_sender_put(&sender, WEIR_WS_BINARY, (weir_bytes){bytes, 200}) == WEIR_OK);
    ck_assert(weir_sender_put(&sender, WEIR_WS_BINARY, (weir_bytes){bytes, 93}) == WEIR_ERR_LIMIT);
    ck_assert(weir_sender_put(&sender, WEIR_WS_PING, (weir_bytes){bytes, 125}) == WEIR_OK);
    ck_assert(weir_sender_close(&sender, 1000, WEIR_STR("")) == WEIR_OK);
    ck_assert_uint_eq(weir_sender_pending(&sender), 208 + 131 + 8);
    ck_assert(weir_sender_put(&sender, WEIR_WS_TEXT, (weir_bytes){bytes, SIZE_MAX - 4}) ==
              WEIR_ERR_LIMIT);
    weir_sender_fini(&sender);
}
END_TEST

START_TEST(a_flood_of_pings_keeps_only_the_last_answer)
{
    weir_sender sender;
    static const uint8_t bytes[125];
    weir_sender_init(&sender, 1000);
    for (int i = 0; i < 100000; i++)
        ck_assert(weir_sender_pong(&sender, (weir_bytes){bytes, 125}) == WEIR_OK);
    ck_assert_uint_le(weir_sender_pending(&sender), 4096 + 131);
    ck_assert(sender.has_late_pong);
    weir_sender_close(&sender, 1000, WEIR_STR(""));
    ck_assert(!sender.has_late_pong);
    weir_sender_fini(&sender);
}
END_TEST

START_TEST(a_close_reason_is_cut_between_characters)
{
    weir_sender sender;
    weir_str long_reason =
        WEIR_STR("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
                 "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
                 "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
                 "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
                 "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
                 "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
                 "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
                 "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9");
    uint8_t *payload;
    weir_sender_init(&sender, 1000);
    weir_sender_close(&sender, 4321, long_reason);
    size_t len = unmask((uint8_t *)sender.queue.ptr, sender.queue.len, &payload);
    ck_assert_uint_eq(len, 2 + 122);
    ck_assert_int_eq(payload[0] << 8 | payload[1], 4321);
    weir_sender_drop(&sender);
    weir_sender_close(&sender, WEIR_WS_CLOSE_NONE, WEIR_STR("unsaid"));
    ck_assert_uint_eq(weir_sender_pending(&sender), 6);
    weir_sender_fini(&sender);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("frame");
    weir_check_case(suite, "read", a_frame_is_handed_over_where_it_lies,
                    the_short_road_takes_plain_frames_and_no_others,
                    a_run_takes_frames_of_one_kind_and_stops_before_others,
                    an_incomplete_frame_tells_its_size, broken_headers_are_faults,
                    a_bad_start_is_a_fault_before_its_length_is_there, a_message_has_a_limit,
                    control_frames_come_between_fragments, close_frames_are_judged);
    weir_check_case(suite, "write", written_frames_have_the_shortest_length_and_a_mask);
    weir_check_case(suite, "message", a_whole_message_is_not_copied,
                    fragments_are_joined_also_inside_a_character, text_that_is_not_utf8_is_a_1007,
                    compressed_messages_keep_their_window_and_their_limits);
    weir_check_case(
        suite, "queue", messages_beyond_the_queue_are_refused_and_control_frames_are_not,
        a_flood_of_pings_keeps_only_the_last_answer, a_close_reason_is_cut_between_characters);
    return weir_check_run(suite);
}
