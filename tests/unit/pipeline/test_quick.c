/* SPDX-License-Identifier: MIT */
/*
 * The quick way of a record against the general one: every record and every failure of captured
 * frames, and the forms that quick.c knows, each with values that it is not about. Captures are
 * left out, by name, where they are absent.
 */
#include "pipeline_fixture.h"

/* Two runners of one plan. */
typedef struct pair {
    feed quick;
    feed general;
} pair;

static pair open_pair(const char *text)
{
    pair p = {.quick = feed_open(text), .general = feed_open(text)};
    weir_runner_set_general(p.general.runner, true);
    return p;
}

static void close_pair(pair *p)
{
    feed_close(&p->quick);
    feed_close(&p->general);
}

static void write_records(feed *f)
{
    size_t at = 0;
    weir_batch *batch = weir_runner_batch(f->runner);
    weir_buf_clear(&f->out);
    for (weir_record *record; (record = weir_batch_next(batch, &at));) {
        weir_record_write_json(&f->out, record, WEIR_RECORD_WITH_FRAME);
        weir_buf_putc(&f->out, '\n');
    }
    weir_batch_clear(batch);
}

static void check_frame(pair *p, weir_str bytes, uint64_t number)
{
    const weir_runner_frame frame = {.bytes = bytes, .received_ns = 1, .number = number};
    weir_runner_feed(p->quick.runner, &frame);
    weir_runner_feed(p->general.runner, &frame);
    write_records(&p->quick);
    write_records(&p->general);
    ck_assert_msg(weir_str_eq(weir_buf_str(&p->quick.out), weir_buf_str(&p->general.out)),
                  "%.*s\nquick   %sgeneral %s", WEIR_FMT(bytes), weir_buf_cstr(&p->quick.out),
                  weir_buf_cstr(&p->general.out));
    ck_assert_mem_eq(weir_runner_counters(p->quick.runner), weir_runner_counters(p->general.runner),
                     sizeof(weir_counters));
}

static void check_failures(const pair *p)
{
    const size_t count = weir_runner_dead_letters(p->general.runner);
    ck_assert_uint_eq(weir_runner_dead_letters(p->quick.runner), count);
    for (size_t i = 0; i < count; i++) {
        const weir_dead_letter *quick = weir_runner_dead_letter(p->quick.runner, i);
        const weir_dead_letter *general = weir_runner_dead_letter(p->general.runner, i);
        ck_assert_int_eq(quick->stage, general->stage);
        ck_assert_str_eq(quick->reason, general->reason);
    }
}

/* ------------------------------------------------------------------ captures */

static const struct {
    const char *spec;
    const char *frames;
} captures[] = {
    {"specs/binance.yaml", "binance_spot_btcusdt.20240809"},
    {"specs/binance.yaml", "binance_futures"},
    {"specs/binance.yaml", "binance_delivery"},
    {"specs/kraken.yaml", "kraken"},
    {"specs/coinbase.yaml", "coinbase"},
    {"bench/specs/bitmex.yaml", "bitmex"},
    {"bench/specs/okx.yaml", "okx"},
    {"bench/specs/okx.yaml", "okx.20220227"},
    {"bench/specs/huobi.yaml", "huobi"},
    {"bench/specs/huobi.yaml", "huobi_swap"},
};

static bool read_file(const char *path, weir_buf *out)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    size_t got;
    do {
        char *room = weir_buf_reserve(out, 1 << 20);
        ck_assert_ptr_nonnull(room);
        got = fread(room, 1, 1 << 20, file);
        out->len += got;
    } while (got > 0);
    fclose(file);
    ck_assert_ptr_nonnull(weir_buf_reserve(out, WEIR_JSON_SLACK));
    memset(out->ptr + out->len, '7', WEIR_JSON_SLACK);
    return true;
}

enum { FRAMES_MAX = 12000 };

START_TEST(captured_frames_make_the_same_records)
{
    char path[4096];
    weir_buf spec = {0}, frames = {0};
    const char *shared = getenv("WEIR_SHARED") ? getenv("WEIR_SHARED") : WEIR_SHARED_DIR;
    snprintf(path, sizeof path, "%s/captures/frames/%s.jsonl", shared, captures[_i].frames);
    if (!read_file(path, &frames)) {
        fprintf(stderr, "left out, no capture: %s\n", captures[_i].frames);
        return;
    }
    snprintf(path, sizeof path, "%s/%s", WEIR_SOURCE_DIR, captures[_i].spec);
    ck_assert(read_file(path, &spec));
    pair p = open_pair(weir_buf_cstr(&spec));
    const char *end = frames.ptr + frames.len;
    uint64_t number = 0;
    for (const char *at = frames.ptr; at < end && number < FRAMES_MAX; number++) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        line_end = line_end ? line_end : end;
        check_frame(&p, (weir_str){at, (size_t)(line_end - at)}, number);
        at = line_end + 1;
    }
    check_failures(&p);
    ck_assert_uint_gt(weir_runner_counters(p.quick.runner)->records_out, 300);
    close_pair(&p);
    weir_buf_fini(&spec);
    weir_buf_fini(&frames);
}
END_TEST

/* ------------------------------------------------------------------ forms */

#define SPEC(fields)                                                                               \
    "weir: 1\nname: t\nmappings:\n  side: {map: {BUY: b, SELL: s}}\nconnections:\n  m:\n"          \
    "    url: ws://h/\n    backend: {type: websocket}\n    streams: [data]\n    converters:\n"     \
    "      data:\n      - fields: {" fields "}\n"

static const char *const specs[] = {
    SPEC("x: \"float(data['x'])\", y: \"int(data['y'])\", z: \"data['z']\""),
    SPEC("x: \"Decimal(data['x'])\", y: \"Decimal(data['y'])\""),
    SPEC("timestamp: \"pd.Timestamp(data['x'], unit='ms')\""),
    SPEC("timestamp: \"pd.Timestamp(int(data['x']), unit='ns')\""),
    SPEC("timestamp: \"pd.Timestamp(data['x'])\""),
    SPEC("timestamp: {source: \"Decimal(data['x'])\", transform: \"pd.Timestamp(int(value * "
         "1000000), unit='us')\"}"),
    SPEC("timestamp: {source: \"max(Decimal(l[1]) for l in data['x'])\", transform: "
         "\"pd.Timestamp(int(value * 1000), unit='ms')\"}"),
    SPEC("asset: \"broker.infer_asset(symbol=data['x'])\""),
    SPEC("s: \"mappings.side.to_standard(data['x'])\", c: \"'A' if data['y'] else 'B'\""),
    SPEC("x: {condition: \"'y' in data\", source: \"float(data['x'])\", default_value: -1}"),
    SPEC("b: \"data['x'] == 'b'\", o: \"data['x'] in ('a', 'b')\", s: "
         "\"data['x'].startswith('b')\", e: \"data['x'].endswith('b')\", h: \"'b' in data['x']\""),
    SPEC("market_depth: {bids: \"data['x']\", asks: \"data.get('y', [])\"}"),
    SPEC("market_depth: {bids: \"[l[1:] for l in data['x'] if l[0] == 'b']\"}"),
};

/* What may stand for x, y and z; each spec meets every one. */
static const char *const values[] = {
    "1.5",
    "\"1.5\"",
    "\"b\"",
    "true",
    "false",
    "null",
    "[]",
    "{}",
    "\"\"",
    "17",
    "\"17\"",
    "-3",
    "\"-3\"",
    "-0",
    "\"-0\"",
    "-0.0",
    "1e3",
    "\"1e3\"",
    "\"0.000001\"",
    "\"0.0000001\"",
    "\"0.00000000\"",
    "\"0\"",
    "\"0.0\"",
    "\"00.5\"",
    "\"12345678901234567890.123456789012\"",
    "\"007\"",
    "\".5\"",
    "\"5.\"",
    "\".\"",
    "\" 1\"",
    "\"1_0\"",
    "\"nan\"",
    "\"inf\"",
    "1723161601437",
    "\"1723161601437\"",
    "99999999999999999999",
    "\"99999999999999999999\"",
    "9223372036854775807",
    "9007199254740993",
    "\"9007199254740993\"",
    "0.1234567890123456789",
    "\"\\u0062\"",
    "\"\xc3\xa9\"",
    "\"2021-02-22T15:51:44.208Z\"",
    "\"2021-02-22T15:51:44Z\"",
    "\"2021-02-22T15:51:60Z\"",
    "\"2021-02-22T15:51:44.Z\"",
    "\"2021-02-22T15:51:44.1234567891Z\"",
    "\"2021-02-22T15:51:44.5+01:00\"",
    "\"2021-13-22T15:51:44Z\"",
    "\"2021-02-22 15:51:44Z\"",
    "\"9999-02-22T15:51:44Z\"",
    "\"1618678142.221252\"",
    "\"1618678142.2\"",
    "\"1618678142.\"",
    "\"1618678142\"",
    "\"1618678142.1234567\"",
    "\"9999999999.5\"",
    "[[\"1\",\"2\"],[\"3\",\"4\"]]",
    "[[\"b\",\"1\",\"2\"],[\"s\",\"3\",\"4\"],[\"b\",\"5\",\"6\"]]",
    "[[\"1\"],[\"3\"]]",
    "[[\"1\",\"2\"],[\"3\"]]",
    "[[\"1\",\"2\"],3]",
    "[[1,2],[3.5,4e-3]]",
    "[[-0,2],[-0.0,0]]",
    "[[\"-0\",\"2\"]]",
    "[[1,2],[3]]",
    "[[1,2,3],[4,5,6]]",
    "[ [ \"1\" , \"2\" ] , [ \"3\" , \"4\" ] ]",
    "[[\"1\",\"x\"]]",
    "[[\"1\",\"-2\"]]",
    "[[\"123456789012345678901\",\"2\"]]",
    "[[\"b\",\"1618678142.221252\"]]",
    "[[\"a\\\"\",\"2\"]]",
    "[[\"1\",\"2\"],[\"3\",{\"4\":\"5\"}]]",
    "[{\"1\":\"2\"}]",
    "{\"b\":[[\"1\",\"2\"]]}",
};

enum { VALUES = sizeof values / sizeof *values };

START_TEST(forms_agree_on_every_kind_of_value)
{
    pair p = open_pair(specs[_i]);
    char room[1024];
    for (size_t i = 0; i < VALUES; i++) {
        for (size_t k = 0; k < 3; k++) {
            memset(room, '7', sizeof room);
            const int len = snprintf(room, sizeof room, "{\"x\":%s,\"y\":%s,\"z\":%s}", values[i],
                                     values[(i * 7 + k) % VALUES], values[(i * 5 + k) % VALUES]);
            room[len] = '7';
            check_frame(&p, (weir_str){room, (size_t)len}, i);
        }
        const int len = snprintf(room, sizeof room, "{\"x\":%s}", values[i]);
        room[len] = '7';
        check_frame(&p, (weir_str){room, (size_t)len}, i);
    }
    const int len = snprintf(room, sizeof room, "{\"z\":1}");
    check_frame(&p, (weir_str){room, (size_t)len}, 0);
    check_failures(&p);
    close_pair(&p);
}
END_TEST

/* ------------------------------------------------------------------ lists */

/* Numbers of several records are read together: one that is none must fail its record only. */
#define LISTS(frame, converter)                                                                    \
    "weir: 1\nname: t\nconnections:\n  m:\n    url: ws://h/\n    backend: {type: websocket}\n"     \
    "    streams: {a: data, b: quote}\n" frame "    router:\n      rules:\n"                       \
    "      - {channel: a, match: \"data['T'] == 'a'\"}\n"                                          \
    "      - {channel: b, match: \"data['T'] == 'b'\"}\n      default_channel: drop\n"             \
    "    converters:\n" converter

static const char *const lists[] = {
    LISTS("    frame: array\n",
          "      a:\n      - fields: {x: \"float(data['x'])\", t: \"data['T']\"}\n"
          "      b:\n      - condition: \"'x' in data\"\n        fields: {x: \"float(data['x'])\", "
          "y: \"int(data['x'])\", z: \"len(data['T'])\"}\n"),
    LISTS("", "      a:\n      - each: data['l']\n        fields: {x: \"float(item['x'])\", t: "
              "\"item['T']\", u: \"data['T']\"}\n"
              "      b:\n      - each: data['l']\n        fields: {x: \"item['x']\", y: "
              "\"float(item['x'])\", s: \"str(item['x'])\"}\n"),
};

enum { ROWS_MAX = 14 };

static size_t write_list(char *to, size_t room, size_t rows, size_t odd, const char *what)
{
    size_t len = 0;
    for (size_t i = 0; i < rows; i++)
        len += (size_t)snprintf(to + len, room - len, "%s{\"T\":\"%c\",\"x\":%s}", i ? "," : "",
                                "abbac"[(i + rows) % 5],
                                i == odd ? what
                                : i % 3  ? "1.25"
                                         : "17");
    return len;
}

START_TEST(one_bad_number_fails_its_record_only)
{
    static const char *const odd[] = {
        "\"n/a\"", "-3", "1e400", "null", "{}", "\"\"", "123456789012345678901"};
    pair p = open_pair(lists[_i]);
    char room[2048], list[1024];
    for (size_t rows = 0; rows <= ROWS_MAX; rows++)
        for (size_t at = 0; at <= rows; at++)
            for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
                write_list(list, sizeof list, rows, at, odd[i]);
                list[rows ? sizeof list - 1 : 0] = '\0';
                memset(room, '7', sizeof room);
                const int len = _i == 0 ? snprintf(room, sizeof room, "[%s]", list)
                                        : snprintf(room, sizeof room, "{\"T\":\"%c\",\"l\":[%s]}",
                                                   "ab"[at % 2], list);
                room[len] = '7';
                check_frame(&p, (weir_str){room, (size_t)len}, rows);
            }
    check_failures(&p);
    ck_assert_uint_gt(weir_runner_counters(p.quick.runner)->failed[WEIR_STAGE_CONVERT], 100);
    close_pair(&p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("quick");
    TCase *tcase = tcase_create("quick");
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, captured_frames_make_the_same_records, 0,
                        sizeof captures / sizeof *captures);
    tcase_add_loop_test(tcase, forms_agree_on_every_kind_of_value, 0, sizeof specs / sizeof *specs);
    tcase_add_loop_test(tcase, one_bad_number_fails_its_record_only, 0,
                        sizeof lists / sizeof *lists);
    suite_add_tcase(suite, tcase);
    return weir_check_run(suite);
}
