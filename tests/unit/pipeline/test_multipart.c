/* SPDX-License-Identifier: MIT */
/* Messages of several parts: a list of what each part is, whatever the format and the framing. */
#include "pipeline_fixture.h"
#include "util/parts.h"

#define SPEC(rest, fields)                                                                         \
    "weir: 1\nname: t\nconnections:\n  m:\n    backend: {type: websocket}\n    url: 'x'\n"         \
    "    streams: [data]\n" rest "    converters: {all: {fields: {" fields "}}}\n"

enum { PARTS_MAX = 8 };

static const char *feed_parts(feed *f, const weir_str *parts, size_t count)
{
    static weir_buf bytes;
    weir_buf_clear(&bytes);
    for (size_t i = 0; i < count; i++) {
        char head[WEIR_PART_HEAD];
        weir_part_put_head(head, (uint32_t)parts[i].len);
        weir_buf_put(&bytes, (weir_str){head, sizeof head});
        weir_buf_put(&bytes, parts[i]);
    }
    return feed_frame(f, (weir_runner_frame){.bytes = weir_buf_str(&bytes), .has_parts = true});
}

static void expect(const char *spec, const char *const *parts, const char *records)
{
    feed f = feed_open(spec);
    weir_str list[PARTS_MAX];
    size_t count = 0;
    for (; parts[count]; count++)
        list[count] = weir_str_of(parts[count]);
    const char *got = feed_parts(&f, list, count);
    ck_assert_ptr_nonnull(strstr(got, records));
    feed_close(&f);
}

START_TEST(each_part_is_decoded_by_the_format)
{
    expect(SPEC("", "v: \"data[1]['p']\", w: \"data[0]\", n: len(data)"),
           (const char *const[]){"\"AAPL\"", "{\"p\": 1.5}", NULL},
           "\"v\":1.5,\"w\":\"AAPL\",\"n\":2");
    expect(SPEC("    parser: {format: text}\n", "v: \"data[0] + data[1]\""),
           (const char *const[]){"quotes.A", " 1.5", NULL}, "\"v\":\"quotes.A 1.5\"");
}
END_TEST

START_TEST(framing_and_payload_see_the_list)
{
    expect(SPEC("    frame: array\n", "v: \"data['p']\""),
           (const char *const[]){"{\"p\": 1}", "{\"p\": 2}", NULL}, "\"v\":2");
    expect(SPEC("    parser: {payload_path: 'data[1]'}\n", "v: \"data['p']\""),
           (const char *const[]){"\"topic\"", "{\"p\": 7}", NULL}, "\"v\":7");
}
END_TEST

START_TEST(a_part_that_does_not_decode_gives_no_records)
{
    feed f = feed_open(SPEC("", "v: \"data[0]\""));
    const weir_str parts[] = {WEIR_STR("1"), WEIR_STR("AAPL")};
    ck_assert_str_eq(feed_parts(&f, parts, 2), "");
    ck_assert_uint_eq(weir_runner_counters(f.runner)->failed[WEIR_STAGE_DECODE], 1);
    ck_assert_ptr_nonnull(strstr(weir_runner_dead_letter(f.runner, 0)->reason, "part 1: not JSON"));
    feed_close(&f);
}
END_TEST

START_TEST(torn_parts_are_a_failure)
{
    feed f = feed_open(SPEC("", "v: len(data)"));
    const char torn[] = "\5\0\0\0abc";
    feed_frame(&f, (weir_runner_frame){.bytes = {torn, sizeof torn - 1}, .has_parts = true});
    ck_assert_uint_eq(weir_runner_counters(f.runner)->failed[WEIR_STAGE_DECODE], 1);
    ck_assert_ptr_nonnull(strstr(weir_runner_dead_letter(f.runner, 0)->reason, "torn"));
    ck_assert_ptr_nonnull(strstr(feed_parts(&f, NULL, 0), "\"v\":0"));
    feed_close(&f);
}
END_TEST

START_TEST(parts_are_inflated_one_by_one)
{
    feed f = feed_open(SPEC("    parser: {compression: zlib}\n", "v: \"data[0]['p'] + data[1]\""));
    const weir_str parts[] = {
        WEIR_STR("\x78\x9c\xab\x56\x2a\x50\xb2\x52\x30\x31\xa8\x05\x00\x0c\x63\x02\x6b"),
        WEIR_STR("\x78\x9c\x33\x02\x00\x00\x33\x00\x33")}; /* {"p": 40} and 2 */
    ck_assert_ptr_nonnull(strstr(feed_parts(&f, parts, 2), "\"v\":42"));
    const weir_str bad[] = {parts[0], WEIR_STR("2")};
    ck_assert_str_eq(feed_parts(&f, bad, 2), "");
    ck_assert_uint_eq(weir_runner_counters(f.runner)->failed[WEIR_STAGE_DECOMPRESS], 1);
    ck_assert_uint_eq(weir_runner_counters(f.runner)->failed[WEIR_STAGE_DECODE], 0);
    feed_close(&f);
}
END_TEST

START_TEST(a_topic_that_is_no_text_is_a_failure)
{
    feed f = feed_open(SPEC("", "v: topic"));
    ck_assert_ptr_nonnull(strstr(feed_named(&f, "a/b", "1", 1), "\"v\":\"a/b\""));
    ck_assert_str_eq(feed_named(&f, "\xff\xfe", "1", 1), "");
    ck_assert_uint_eq(weir_runner_counters(f.runner)->failed[WEIR_STAGE_DECODE], 1);
    feed_close(&f);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("multipart");
    weir_check_case(suite, "parts", each_part_is_decoded_by_the_format,
                    framing_and_payload_see_the_list, a_part_that_does_not_decode_gives_no_records,
                    torn_parts_are_a_failure, parts_are_inflated_one_by_one,
                    a_topic_that_is_no_text_is_a_failure);
    return weir_check_run(suite);
}
