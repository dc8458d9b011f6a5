/* SPDX-License-Identifier: MIT */
/* Frames to records: framing, routing, conversion, and that what fails is one record and nothing
 * else. */
#include "pipeline_fixture.h"
#include "util/inflate.h"

#define HEAD                                                                                       \
    "weir: 1\nname: t\nconnections:\n  m:\n    url: ws://h/\n    backend: {type: websocket}\n"

#define PREFIX "{\"channel\":\"data\",\"stream\":\"data\",\"connection\":\"m\""

START_TEST(a_record_has_its_header_and_its_columns_in_order)
{
    feed f = feed_open(
        HEAD "    streams: [data]\n    converters:\n      data:\n      - fields:\n"
             "          asset: broker.infer_asset(symbol=data['S'])\n"
             "          timestamp: pd.Timestamp(data['t'], unit='ms')\n"
             "          data:\n            close: float(data['p'])\n            n: int(data['n'])\n"
             "          side: '\"BUY\" if data[\"b\"] else \"SELL\"'\n          raw: data['x']\n");
    ck_assert_str_eq(feed_text(&f, "{\"S\":\"AAPL\",\"t\":1613000000123,\"p\":\"126.55\",\"n\":7,"
                                   "\"b\":true,\"x\":[1, 2]}"),
                     PREFIX
                     ",\"asset\":\"AAPL\",\"timestamp\":\"2021-02-10T23:33:20.123Z\","
                     "\"data\":{\"close\":126.55,\"n\":7},\"side\":\"BUY\",\"raw\":[1, 2]}\n");
    const weir_schema *schema = weir_plan_schema(f.plan, 0);
    ck_assert_uint_eq(weir_schema_columns(schema), 4);
    ck_assert_int_eq(weir_schema_column_kind(schema, weir_schema_find(schema, "data.close")),
                     WEIR_FLOAT);
    ck_assert_int_eq(weir_schema_column_kind(schema, weir_schema_find(schema, "side")), WEIR_STR);
    ck_assert_int_eq(weir_schema_column_kind(schema, weir_schema_find(schema, "raw")),
                     WEIR_KIND_PUBLIC_COUNT);
    feed_close(&f);
}
END_TEST

static const char *const plain =
    HEAD "    streams: [data]\n    frame: %s\n    converters:\n      data:\n      - fields: "
         "{v: \"data['v']\"}\n";

static feed open_mode(const char *mode)
{
    char text[1024];
    snprintf(text, sizeof text, plain, mode);
    return feed_open(text);
}

START_TEST(an_array_frame_is_a_record_per_element)
{
    feed f = open_mode("array");
    ck_assert_str_eq(feed_text(&f, "[{\"v\":1},{\"v\":2}]"),
                     PREFIX ",\"v\":1}\n" PREFIX ",\"v\":2}\n");
    ck_assert_str_eq(feed_text(&f, "[]"), "");
    ck_assert_str_eq(feed_text(&f, "{\"v\":1}"), "");
    expect_failed(&f, WEIR_STAGE_FRAME, 1, "frame: array expects a list");
    feed_close(&f);
}
END_TEST

START_TEST(auto_explodes_lists_of_objects_only)
{
    feed f = feed_open(
        HEAD "    streams: [data]\n    frame: auto\n    converters:\n      data:\n      - fields: "
             "{v: \"data[0] if isinstance(data, list) else data['v']\"}\n");
    ck_assert_str_eq(feed_text(&f, "[{\"v\":1},{\"v\":2}]"),
                     PREFIX ",\"v\":1}\n" PREFIX ",\"v\":2}\n");
    ck_assert_str_eq(feed_text(&f, "[3,{\"v\":2}]"), PREFIX ",\"v\":3}\n");
    ck_assert_str_eq(feed_text(&f, "{\"v\":4}"), PREFIX ",\"v\":4}\n");
    feed_close(&f);
}
END_TEST

START_TEST(a_bad_record_is_skipped_and_its_neighbours_are_not)
{
    feed f = open_mode("array");
    ck_assert_str_eq(feed_text(&f, "[{\"v\":1},{\"w\":0},{\"v\":2}]"),
                     PREFIX ",\"v\":1}\n" PREFIX ",\"v\":2}\n");
    expect_failed(&f, WEIR_STAGE_CONVERT, 1, "data.v: KeyError: 'v'");
    const weir_dead_letter *letter = weir_runner_dead_letter(f.runner, 0);
    ck_assert_uint_eq(letter->sample_len, 7);
    ck_assert(memcmp(letter->sample, "{\"w\":0}", 7) == 0);
    ck_assert_ptr_nonnull(strstr(letter->reason, "data['v']"));
    ck_assert_ptr_nonnull(strstr(letter->reason, "test.yaml:11:"));
    feed_close(&f);
}
END_TEST

START_TEST(a_broken_frame_gives_no_record_at_all)
{
    static const char *const broken[] = {
        "[{\"v\":1},{\"v\":2}",
        "[{\"v\":1},{\"v\":2}]x",
        "[{\"v\":1},{\"v\":\"\\x\"}]",
        "[{\"v\":1},{\"v\":\"\xff\"}]",
        "[{\"v\":1},{\"v\":01}]",
        "",
        "[{\"v\":1},nul]",
    };
    feed f = open_mode("array");
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
        ck_assert_str_eq(feed_text(&f, broken[i]), "");
    expect_failed(&f, WEIR_STAGE_DECODE, sizeof broken / sizeof broken[0], "not JSON");
    ck_assert_str_eq(feed_text(&f, "[{\"v\":1}]"), PREFIX ",\"v\":1}\n");
    feed_close(&f);
}
END_TEST

START_TEST(dead_letters_are_a_bounded_ring_and_counters_are_not)
{
    feed f = open_mode("record");
    for (int i = 0; i < WEIR_DEAD_LETTERS + 10; i++)
        feed_text(&f, "{}");
    ck_assert_uint_eq(weir_runner_dead_letters(f.runner), WEIR_DEAD_LETTERS);
    ck_assert_uint_eq(weir_runner_dead_letter(f.runner, 0)->frame, 10);
    expect_failed(&f, WEIR_STAGE_CONVERT, WEIR_DEAD_LETTERS + 10, "KeyError");
    feed_close(&f);
}
END_TEST

#define ROUTED                                                                                     \
    HEAD "    streams: {trades: data, bars: data, book: quote, all_of_it: order}\n    router:\n  " \
         "    rules:\n"                                                                            \
         "      - {channel: trades, match: \"data['e'] == 't'\"}\n"                                \
         "      - {channel: [bars, order], match: \"data['e'] == 'b'\"}\n"                         \
         "      - {channel: drop, match: \"data.get('e') == 'x'\"}\n"                              \
         "%s"                                                                                      \
         "    converters:\n      all: {fields: {e: \"data.get('e')\"}}\n"                          \
         "      bars: {fields: {bar: \"data['e']\"}}\n"

START_TEST(rules_are_tried_in_order_and_fan_out)
{
    char text[2048];
    snprintf(text, sizeof text, ROUTED, "");
    feed f = feed_open(text);
    ck_assert_ptr_nonnull(strstr(feed_text(&f, "{\"e\":\"t\"}"), "\"stream\":\"trades\""));
    const char *fan = feed_text(&f, "{\"e\":\"b\"}");
    ck_assert_ptr_nonnull(strstr(fan, "\"stream\":\"bars\",\"connection\":\"m\",\"bar\":\"b\"}\n"));
    ck_assert_ptr_nonnull(strstr(fan, "\"channel\":\"order\",\"stream\":\"all_of_it\""));
    ck_assert_str_eq(feed_text(&f, "{\"e\":\"x\"}"), "");
    ck_assert_str_eq(feed_text(&f, "{\"e\":\"?\"}"), "");
    ck_assert_uint_eq(weir_runner_counters(f.runner)->dropped, 2);
    ck_assert_str_eq(feed_text(&f, "{}"), "");
    expect_failed(&f, WEIR_STAGE_ROUTE, 2, "KeyError");
    feed_close(&f);

    snprintf(text, sizeof text, ROUTED, "      default_channel: book\n");
    f = feed_open(text);
    ck_assert_ptr_nonnull(
        strstr(feed_text(&f, "{\"e\":\"?\"}"), "\"channel\":\"quote\",\"stream\":\"book\""));
    feed_close(&f);

    snprintf(text, sizeof text, ROUTED, "      enabled: false\n      default_channel: book\n");
    f = feed_open(text);
    ck_assert_ptr_nonnull(strstr(feed_text(&f, "{\"e\":\"t\"}"), "\"stream\":\"book\""));
    feed_close(&f);
}
END_TEST

START_TEST(conditions_choose_the_rule_and_each_makes_records)
{
    feed f = feed_open(
        HEAD "    streams: [data]\n    converters:\n      data:\n"
             "      - {condition: \"data['k'] == 1\", fields: {one: \"data['k']\"}}\n"
             "      - condition: data['k'] == 2\n        each: data['l']\n"
             "        fields: {p: \"float(item[0])\", last: \"item[-1]\", k: \"data['k']\"}\n");
    ck_assert_str_eq(feed_text(&f, "{\"k\":1}"), PREFIX ",\"one\":1}\n");
    ck_assert_str_eq(
        feed_text(&f, "{\"k\":2,\"l\":[[\"1.5\",2,\"a\"],[\"x\",0,\"b\"],[\"2\",\"c\"]]}"), PREFIX
        ",\"p\":1.5,\"last\":\"a\",\"k\":2}\n" PREFIX ",\"p\":2.0,\"last\":\"c\",\"k\":2}\n");
    expect_failed(&f, WEIR_STAGE_CONVERT, 1, "ValueError");
    ck_assert_str_eq(feed_text(&f, "{\"k\":3}"), "");
    ck_assert_uint_eq(weir_runner_counters(f.runner)->unconverted, 1);
    ck_assert_str_eq(feed_text(&f, "{\"k\":2,\"l\":5}"), "");
    expect_failed(&f, WEIR_STAGE_CONVERT, 2, "data.each: expected a list, got 5");
    feed_close(&f);
}
END_TEST

START_TEST(field_specs_follow_their_order)
{
    feed f = feed_open(
        HEAD
        "    streams: [data]\n    converters:\n      data:\n        fields:\n"
        "          a: {source: \"data['a']\", condition: \"'a' in data\"}\n"
        "          b: {source: \"data['b']\", condition: \"value > 1\", transform: value * 10}\n"
        "          c: {source: \"data['c']\", default_value: 5}\n"
        "          d: {source: \"data.get('d')\", default_value: none}\n"
        "          e: data.get('e')\n");
    ck_assert_str_eq(feed_text(&f, "{\"b\":2}"),
                     PREFIX ",\"b\":20,\"c\":5,\"d\":\"none\",\"e\":null}\n");
    ck_assert_str_eq(feed_text(&f, "{\"a\":1,\"b\":0,\"c\":null,\"d\":1,\"e\":2}"),
                     PREFIX ",\"a\":1,\"c\":5,\"d\":1,\"e\":2}\n");
    feed_close(&f);
}
END_TEST

START_TEST(the_payload_is_where_payload_path_says)
{
    feed f = feed_open(
        HEAD
        "    streams: [data]\n    frame: array\n    parser: {payload_path: \"data.get('payload', "
        "data)\"}\n    converters:\n      data: {fields: {v: \"data['v']\"}}\n");
    ck_assert_str_eq(feed_text(&f, "{\"payload\":[{\"v\":1}]}"), PREFIX ",\"v\":1}\n");
    ck_assert_str_eq(feed_text(&f, "{\"payload\":{\"v\":1}}"), "");
    expect_failed(&f, WEIR_STAGE_FRAME, 1, "expects a list");
    ck_assert_str_eq(feed_text(&f, "[1]"), "");
    expect_failed(&f, WEIR_STAGE_PAYLOAD, 1, "AttributeError");
    feed_close(&f);
}
END_TEST

START_TEST(levels_come_from_raw_lists_and_built_ones)
{
    feed f = feed_open(
        HEAD "    streams: [quote]\n    converters:\n      quote: {fields: {market_depth: {bids: "
             "\"data['b']\", asks: \"[(p, s) for p, s in data['a']]\"}}}\n");
    ck_assert_ptr_nonnull(
        strstr(feed_text(&f, "{\"b\":[[\"1.5\",\"2\"],[1e-3,4,\"r\"]],\"a\":[[\"3\",4]]}"),
               "\"market_depth\":{\"bids\":[[1.5,2.0],[0.001,4.0]],\"asks\":[[3.0,4.0]]}"));
    ck_assert_ptr_nonnull(strstr(feed_text(&f, "{\"b\":[],\"a\":[]}"), "\"bids\":[],\"asks\":[]"));
    static const char *const alike[] = {
        "[[\"1.5\",\"2\"],[-1e-3,4]]",
        "[ [\"1.5\" ,\"2\"],[-1e-3,4]]",
        "[[\"1.5\",\"2\",[7]],[-1e-3,4]]",
        "[[\"\\u0031.5\",\"2\"],[-1e-3,4]]",
        "[{\"price\":1.5,\"orders\":9,\"size\":2},{\"quantity\":\"4\",\"price\":\"-1e-3\"}]",
    };
    for (size_t i = 0; i < sizeof alike / sizeof alike[0]; i++) {
        char text[128];
        snprintf(text, sizeof text, "{\"b\":%s,\"a\":[]}", alike[i]);
        const char *line = feed_text(&f, text);
        ck_assert_msg(strstr(line, "\"bids\":[[1.5,2.0],[-0.001,4.0]]") != NULL, "%s: %s", text,
                      line);
    }
    ck_assert_str_eq(feed_text(&f, "{\"b\":[[\"x\",\"2\"]],\"a\":[]}"), "");
    expect_failed(&f, WEIR_STAGE_CONVERT, 1, "level 0: expected [price, size");
    ck_assert_str_eq(feed_text(&f, "{\"b\":7,\"a\":[]}"), "");
    expect_failed(&f, WEIR_STAGE_CONVERT, 2, "expected a list of [price, size] levels");
    feed_close(&f);
}
END_TEST

START_TEST(a_bare_number_is_no_timestamp)
{
    feed f =
        feed_load(HEAD "    streams: [data]\n    converters:\n      data: {fields: {timestamp: "
                       "\"float(data['t'])\"}}\n");
    ck_assert_uint_eq(weir_diags_errors(f.diags), 1);
    const weir_str text = weir_diags_at(f.diags, 0)->text;
    ck_assert_ptr_nonnull(memmem(text.ptr, text.len, "pd.Timestamp(x, unit=", 21));
    feed_close(&f);

    f = feed_open(
        HEAD
        "    streams: [data]\n    converters:\n      data: {fields: {timestamp: \"data['t']\"}}\n");
    ck_assert_ptr_nonnull(
        strstr(feed_text(&f, "{\"t\":\"2021-02-22T15:51:44.208Z\"}"), "2021-02-22T15:51:44.208Z"));
    ck_assert_str_eq(feed_text(&f, "{\"t\":1613000000}"), "");
    expect_failed(&f, WEIR_STAGE_CONVERT, 1, "pd.Timestamp(x, unit=");
    feed_close(&f);
}
END_TEST

START_TEST(a_credential_cannot_become_a_record)
{
    feed f = feed_open("credentials: [k]\n" HEAD "    streams: [data]\n    converters:\n      "
                       "data: {fields: {v: \"'x' + credentials.k\"}}\n");
    ck_assert_str_eq(feed_text(&f, "{}"), "");
    expect_failed(&f, WEIR_STAGE_CONVERT, 1, "a credential cannot be a record's value, got ***");
    feed_close(&f);
}
END_TEST

START_TEST(text_and_compressed_frames_are_data_too)
{
    feed f = feed_open(
        HEAD
        "    streams: [data]\n    parser: {format: text}\n    converters:\n      data: {fields: "
        "{v: \"data.split(',')[1]\"}}\n");
    ck_assert_str_eq(feed_text(&f, "a,b,c"), PREFIX ",\"v\":\"b\"}\n");
    ck_assert_str_eq(feed_text(&f, "a,\xff"), "");
    expect_failed(&f, WEIR_STAGE_DECODE, 1, "not UTF-8");
    feed_close(&f);

    weir_buf packed = {0};
    weir_error error = {0};
    const weir_str text = WEIR_STR("{\"v\":42}");
    ck_assert_int_eq(weir_deflate_all(WEIR_DEFLATE_GZIP,
                                      (weir_bytes){(const uint8_t *)text.ptr, text.len}, &packed,
                                      &error),
                     0);
    f = feed_open(HEAD "    streams: [data]\n    parser: {compression: gzip}\n    converters:\n    "
                       "  data: {fields: {v: "
                       "\"data['v']\"}}\n");
    ck_assert_str_eq(feed_bytes(&f, packed.ptr, packed.len), PREFIX ",\"v\":42}\n");
    ck_assert_str_eq(feed_bytes(&f, packed.ptr, packed.len - 9), "");
    expect_failed(&f, WEIR_STAGE_DECOMPRESS, 1, "");
    weir_buf_fini(&packed);
    feed_close(&f);
}
END_TEST

/* {"v":"000..."} of `len` bytes, as gzip. */
static void pack_zeros(weir_buf *packed, size_t len)
{
    weir_error error = {0};
    char *text = malloc(len);
    ck_assert_ptr_nonnull(text);
    memset(text, '0', len);
    memcpy(text, "{\"v\":\"", 6);
    memcpy(text + len - 2, "\"}", 2);
    weir_buf_clear(packed);
    ck_assert_int_eq(weir_deflate_all(WEIR_DEFLATE_GZIP, (weir_bytes){(const uint8_t *)text, len},
                                      packed, &error),
                     0);
    free(text);
}

#define PACKED_HEAD(limits)                                                                        \
    HEAD "    streams: [data]\n    parser: {compression: gzip, " limits "}\n    converters:\n"     \
         "      data: {fields: {n: \"len(data['v'])\"}}\n"

START_TEST(a_frame_may_inflate_to_inflate_max_and_not_to_a_byte_more)
{
    weir_buf packed = {0};
    feed f = feed_open(PACKED_HEAD("inflate_max: 1000B"));
    pack_zeros(&packed, 1000);
    ck_assert_str_eq(feed_bytes(&f, packed.ptr, packed.len), PREFIX ",\"n\":992}\n");
    pack_zeros(&packed, 1001);
    ck_assert_str_eq(feed_bytes(&f, packed.ptr, packed.len), "");
    expect_failed(&f, WEIR_STAGE_DECOMPRESS, 1, "inflates to more than 1000 bytes");
    weir_buf_fini(&packed);
    feed_close(&f);
}
END_TEST

START_TEST(a_bomb_is_refused_by_its_ratio_and_the_next_frame_is_not)
{
    weir_buf packed = {0};
    feed f = feed_open(PACKED_HEAD("inflate_ratio: 10"));
    pack_zeros(&packed, 4000 * 1000); /* 4 kB: 1000 to 1 */
    ck_assert_str_eq(feed_bytes(&f, packed.ptr, packed.len), "");
    expect_failed(&f, WEIR_STAGE_DECOMPRESS, 1, "compression bomb");
    /* The ratio counts beyond WEIR_INFLATE_SLACK: up to it, and a byte past it. */
    size_t len = WEIR_INFLATE_SLACK;
    pack_zeros(&packed, len);
    while (len != WEIR_INFLATE_SLACK + 10 * packed.len) {
        len = WEIR_INFLATE_SLACK + 10 * packed.len;
        pack_zeros(&packed, len);
    }
    ck_assert_ptr_nonnull(strstr(feed_bytes(&f, packed.ptr, packed.len), "\"n\":"));
    pack_zeros(&packed, len + 1);
    ck_assert_uint_eq(len, WEIR_INFLATE_SLACK + 10 * packed.len);
    ck_assert_str_eq(feed_bytes(&f, packed.ptr, packed.len), "");
    expect_failed(&f, WEIR_STAGE_DECOMPRESS, 2, "compression bomb");
    weir_buf_fini(&packed);
    feed_close(&f);

    f = feed_open(PACKED_HEAD("inflate_ratio: 0"));
    pack_zeros(&packed, 4000 * 1000);
    ck_assert_str_eq(feed_bytes(&f, packed.ptr, packed.len), PREFIX ",\"n\":3999992}\n");
    weir_buf_fini(&packed);
    feed_close(&f);
}
END_TEST

static weir_verdict wait_for(feed *f, weir_wait wait, const char *text, weir_error *why)
{
    char copy[256] = {0};
    memcpy(copy, text, strlen(text));
    const weir_runner_frame frame = {.bytes = {copy, strlen(text)}};
    return weir_runner_wait(f->runner, wait, &frame, why);
}

START_TEST(waits_match_elements_and_errors_win)
{
    feed f = feed_open(
        HEAD "    streams: [data]\n    frame: array\n    auth: {mode: none, greeting: {match: "
             "\"data['T'] == "
             "'hi'\"}, ack: {match: \"data['T'] == 'ok'\", error: \"data['T'] == 'no'\"}}\n"
             "    converters:\n      data: {fields: {v: \"data['v']\"}}\n");
    weir_error why = {0};
    ck_assert_int_eq(wait_for(&f, WEIR_WAIT_GREETING, "[{\"T\":\"hi\"}]", &why),
                     WEIR_VERDICT_MATCH);
    ck_assert_int_eq(wait_for(&f, WEIR_WAIT_ACK, "[{\"T\":\"hi\"}]", &why), WEIR_VERDICT_OTHER);
    ck_assert_int_eq(wait_for(&f, WEIR_WAIT_ACK, "[{\"x\":1},{\"T\":\"ok\"}]", &why),
                     WEIR_VERDICT_MATCH);
    ck_assert_int_eq(
        wait_for(&f, WEIR_WAIT_ACK, "[{\"T\":\"ok\"},{\"T\":\"no\",\"m\":\"bad key\"}]", &why),
        WEIR_VERDICT_ERROR);
    ck_assert_ptr_nonnull(strstr(why.text, "bad key"));
    ck_assert_int_eq(wait_for(&f, WEIR_WAIT_ACK, "{\"T\":", &why), WEIR_VERDICT_OTHER);
    feed_close(&f);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("runner");
    weir_check_case(suite, "records", a_record_has_its_header_and_its_columns_in_order,
                    field_specs_follow_their_order,
                    conditions_choose_the_rule_and_each_makes_records,
                    levels_come_from_raw_lists_and_built_ones, a_bare_number_is_no_timestamp,
                    a_credential_cannot_become_a_record);
    weir_check_case(suite, "frames", an_array_frame_is_a_record_per_element,
                    auto_explodes_lists_of_objects_only, the_payload_is_where_payload_path_says,
                    text_and_compressed_frames_are_data_too,
                    a_frame_may_inflate_to_inflate_max_and_not_to_a_byte_more,
                    a_bomb_is_refused_by_its_ratio_and_the_next_frame_is_not);
    weir_check_case(suite, "routes", rules_are_tried_in_order_and_fan_out,
                    waits_match_elements_and_errors_win);
    weir_check_case(suite, "failures", a_bad_record_is_skipped_and_its_neighbours_are_not,
                    a_broken_frame_gives_no_record_at_all,
                    dead_letters_are_a_bounded_ring_and_counters_are_not);
    return weir_check_run(suite);
}
