/* SPDX-License-Identifier: MIT */
/*
 * The quick way of a record against the general one: every record and every failure of captured
 * frames, and the forms that quick.c knows, each with values that it is not about. Captures are
 * left out, by name, where they are absent.
 */
#include <inttypes.h>

#include "captures.h"
#include "every_cpu.h"
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

enum { FRAMES_MAX = 12000, SPEC_MAX = 1 << 20 };

START_TEST(captured_frames_make_the_same_records)
{
    char path[4096];
    weir_buf spec = {0}, frames = {0};
    weir_error error = {0};
    if (!captures_read(_i, &frames))
        return;
    ck_assert_ptr_nonnull(weir_buf_reserve(&frames, WEIR_JSON_SLACK));
    memset(frames.ptr + frames.len, '7', WEIR_JSON_SLACK);
    snprintf(path, sizeof path, "%s/%s", WEIR_SOURCE_DIR, captures[_i].spec);
    ck_assert_int_eq(weir_file_read(path, SPEC_MAX, &spec, &error), WEIR_OK);
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

/* Columns that are there under a condition. */
#define CONDITION(test)                                                                            \
    SPEC("c: {condition: \"" test "\", source: \"1\"}, s: {condition: \"" test                     \
         "\", source: \"data['y']\"}")

static const char *const specs[] = {
    SPEC("x: \"float(data['x'])\", y: \"int(data['y'])\", z: \"data['z']\""),
    SPEC("a: \"data['x']\", b: \"float(data['x'])\", c: \"data['y']\", d: \"int(data['y'])\", e: "
         "\"data['z']\", f: \"data['z']\""),
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
    CONDITION("data['x'] == 'b'"),
    CONDITION("data['x'] != ''"),
    CONDITION("data['x'] in ('b', '17', '', '1.5')"),
    CONDITION("data['x'] not in ('b', '17')"),
    CONDITION("data['x'] in ('b', '2021-02-22T15:51:44Z')"),
    CONDITION("data['x'] in ('a', 'b', 'c', 'd', '0.000001')"),
    CONDITION("data['x'].startswith('2021-02-22T')"),
    CONDITION("data['x'].startswith('2021-02-22T15:51:44')"),
    CONDITION("data['x'].startswith('')"),
    CONDITION("data['x'].endswith('Z')"),
    CONDITION("not data['x'].endswith('Z')"),
    CONDITION("'b' in data['x']"),
    CONDITION("'b' not in data['x']"),
    CONDITION("'y' not in data"),
    CONDITION("isinstance(data, dict)"),
    CONDITION("isinstance(data, list)"),
    CONDITION("len(data) == 3"),
    SPEC("market_depth: {bids: \"data['x']\", asks: \"data.get('y', [])\"}"),
    SPEC("market_depth: {bids: \"[l[1:] for l in data['x'] if l[0] == 'b']\"}"),
    SPEC("market_depth: {bids: \"[l[1:] for l in data['x'] if l[0] == 'fourteen bytes']\", asks: "
         "\"[l[1:] for l in data['x'] if l[0] == 'more than fourteen bytes']\"}"),
    SPEC("market_depth: {bids: '[l[1:] for l in data[\"x\"] if l[0] == \"b\\\",\\\"1\"]', asks: "
         "\"[l[1:] for l in data['x'] if l[0] == '']\"}"),
    /* trees */
    SPEC("asset: \"broker.infer_asset(symbol=data['x'].split('.')[1])\", p: "
         "\"data['y'].split('.')[0]\""),
    SPEC("asset: \"broker.infer_asset(security_id=str(data['x']))\", p: \"str(data['x'])\""),
    SPEC("timestamp: \"pd.Timestamp(data['x'], unit='s') if data['x'] else received\""),
    SPEC("timestamp: \"pd.Timestamp(data['x'] if 'y' in data else data['z'])\", t: "
         "\"data.get('y', data['x'])\""),
    SPEC("a: \"data['x'] + data['y']\", s: \"(data['x'] - data['y']) * 100 / data['z']\""),
    SPEC("a: \"float(data['x']) * float(data['y'])\", i: \"int(data['x']) / 1000\""),
    SPEC("a: \"-float(data['x'])\", b: \"abs(data['y'])\""),
    SPEC("a: \"data['x'] < data['y']\", b: \"data['x'] == data['y']\", c: \"data['x'] != 0\", d: "
         "\"data['x'] is None\", e: \"data.get('y') is not None\""),
    SPEC("a: \"data['x'] >= 17\", b: \"data['y'] in (17, 'b', None)\""),
    SPEC("a: \"'BUY' if data['x'] == 'b' else 'SELL'\", b: \"'A' if not data['y'] else 'B'\""),
    SPEC("a: \"data.get('x') or data['y']\", b: \"float(data['x']) if data['x'] else None\""),
    SPEC("a: \"data['x'] and data['y'] or data['z']\", b: \"bool(data['y'])\""),
    SPEC("a: \"f'{data[\\\"x\\\"]}/{data[\\\"y\\\"]}'\", b: \"'<' + data['x'].upper()\""),
    SPEC("a: \"data['x'][1:]\", b: \"data['x'][-3:-1]\", c: \"len(data['x'])\""),
    SPEC("a: \"data['x'].lower().replace('1', 'one')\", b: \"data['x'].rsplit('.', 1)[-1]\""),
    SPEC("a: {source: \"data['x']\", condition: \"data['y'] != 0\", transform: \"value * 2\", "
         "default_value: -1}"),
    SPEC("a: \"isinstance(data['x'], dict) and 'b' in data['x']\", b: "
         "\"data.get('x', {}).get('b', 5)\""),
    SPEC("s: \"mappings.side.to_standard(data['x'].lower())\", b: \"data['x'].startswith('b') or "
         "data['y'].endswith('b')\""),
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
    "-9223372036854775808",
    "\"-9223372036854775808\"",
    "\"-9223372036854775807\"",
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
    "[[\"s\",\"1\",\"2\"],[\"b\",\"3\",\"4\"],[\"b\",\"5\",\"6\"],[\"s\",\"7\",\"8\"]]",
    "[[\"bb\",\"1\",\"2\"],[\"\",\"3\",\"4\"],[\"b\",\"5\",\"x\"]]",
    "[[\"fourteen bytes\",\"1\",\"2\"],[\"more than fourteen bytes\",\"3\",\"4\"],"
    "[\"fourteen byte\",\"5\",\"6\"],[\"more than fourteen byteS\",\"7\",\"8\"]]",
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
    "\"market.BTCUSDT.trade\"",
    "\"..\"",
    "\"a.\xc3\xa9.B\"",
    "0",
    "0.0",
    "\"111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111"
    "\"",
    "[ ]",
    "{\"b\":null}",
    "-9223372036854775808",
    "1e999",
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
              "\"item['T']\", u: \"data['T']\", v: {condition: \"item['T'] != 'b'\", source: "
              "\"'b'\"}, w: {condition: \"'x' in item\", source: \"1\"}}\n"
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

/* ------------------------------------------------------------------ numbers and ids */

#define WATCHED(more, converter)                                                                   \
    "weir: 1\nname: t\nconnections:\n  m:\n    url: ws://h/\n    backend: {type: websocket}\n"     \
    "    streams: {a: data, b: quote}\n    router:\n      rules:\n"                                \
    "      - {channel: a, match: \"data['T'] == 'a'\"}\n"                                          \
    "      - {channel: b, match: \"data['T'] == 'b'\"}\n      default_channel: drop\n" more        \
    "    converters:\n" converter

#define FIELDS(of)                                                                                 \
    "fields: {asset: \"broker.infer_asset(symbol=" of "['s'])\", x: \"float(" of                   \
    "['x'])\", u: \"" of ".get('u')\"}\n"

#define ALL(of)                                                                                    \
    "fields: {asset: \"broker.infer_asset(symbol=" of "['s'])\", x: \"float(" of                   \
    "['x'])\", u: \"" of "['u']\", first: \"" of "['U']\", i: \"" of "['i']\"}\n"

/* Each is sent objects with T, s, u, U, i, x, or a list of them, or one with such a list as l. */
static const struct {
    const char *spec;
    const char *before, *behind; /* the objects */
    bool is_list;
    uint32_t calm; /* how many times as seldom something is odd */
} watched[] = {
    {WATCHED(
         "    sequence: {a: {first: \"data['U']\", value: \"data['u']\", reset: \"data['r'] == "
         "'r'\"}, b: {value: \"data['u']\"}}\n    dedupe: {b: {key: \"data['i']\", window: 7}}\n",
         "      a: {" FIELDS(
             "data") "      }\n      b:\n        fields: {x: \"float(data['x'])\"}\n"),
     "", "", false, 1},
    {WATCHED(
         "    frame: array\n    sequence: {a: {value: \"int(data['u'])\", scope: connection}, b: "
         "{value: \"data.get('u')\", key: \"data['s']\"}}\n"
         "    dedupe: {key: \"data.get('i')\", window: 5}\n",
         "      all:\n      - condition: \"'x' in data\"\n        " FIELDS("data")),
     "[", "]", true, 1},
    {WATCHED("    sequence: {a: {value: \"item['u']\", first: \"item['U']\", key: \"'all'\"}, b: "
             "{value: \"item['u']\", key: \"item['i']\", step: 2}}\n"
             "    dedupe: {a: {key: \"item['i']\", window: 3}}\n",
             "      all:\n      - each: data['l']\n        " FIELDS("item")),
     "{\"T\":\"a\",\"l\":[", "]}", true, 1},
    {WATCHED("    frame: array\n    sequence: {value: \"data['u']\", step: any}\n",
             "      all: {" FIELDS("data") "      }\n"),
     "[", "]", true, 1},
    {WATCHED(
         "    frame: array\n    sequence: {value: \"data['u']\", key: \"data['s'] + 'x'\", reset: "
         "\"len(data['r']) > 1\"}\n    dedupe: {key: \"(data['i'], data['s'])\", window: 4}\n",
         "      all: {" FIELDS("data") "      }\n"),
     "[", "]", true, 1},
    /* All that is asked is in the record, as moulds want it. */
    {WATCHED("    sequence: {a: {first: \"data['U']\", value: \"data['u']\", reset: \"data['r'] == "
             "'r'\"}, b: {value: \"data['u']\", step: any}}\n    dedupe: {a: {key: \"data['i']\", "
             "window: 7}}\n",
             "      all: {" ALL("data") "      }\n"),
     "", "", false, 4},
    {WATCHED("    frame: array\n    sequence: {a: {first: \"data['U']\", value: \"data['u']\"}, b: "
             "{value: "
             "\"data['u']\", key: \"'all'\"}}\n    dedupe: {b: {key: \"data['i']\", window: 7}}\n",
             "      all: {" ALL("data") "      }\n"),
     "[", "]", true, 10},
    {WATCHED("    sequence: {a: {first: \"item['U']\", value: \"item['u']\", key: \"item['i']\", "
             "step: any}}\n",
             "      all:\n      - each: data['l']\n        " ALL("item")),
     "{\"T\":\"a\",\"l\":[", "]}", true, 10},
};

enum { WATCHED_FRAMES = 4000, SYMBOLS = 3 };

typedef struct venue {
    uint32_t state;
    int64_t last[SYMBOLS];
    int64_t id;
} venue;

static uint32_t draw(venue *v, uint32_t below)
{
    v->state = v->state * 1664525 + 1013904223;
    return (v->state >> 8) % below;
}

static const char *oddly(venue *v, const char *const *odd, size_t count, uint32_t one_in)
{
    return draw(v, one_in) == 0 ? odd[draw(v, (uint32_t)count)] : NULL;
}

/* Mostly what was to come next. */
static size_t write_object(venue *v, char *to, size_t room, uint32_t calm)
{
    static const char *const numbers[] = {"null", "\"17\"", "1.5", "99999999999999999999", "-3",
                                          "{}",   "\"\"",   "1e2", "9223372036854775807",  "true"};
    static const char *const ids[] = {
        "null",     "[]",    "1.0",          "1",
        "true",     "\"1\"", "\"a\\u0062\"", "\"a longer text than any other id is\"",
        "{\"a\":1}"};
    static const char *const reals[] = {"\"n/a\"", "-3", "1e400", "null"};
    static const int64_t jumps[] = {0, 0, 1, -2, 3, 40};
    const size_t symbol = draw(v, SYMBOLS);
    int64_t first = v->last[symbol] + 1;
    if (draw(v, 8 * calm) == 0)
        first += jumps[draw(v, sizeof jumps / sizeof *jumps)] - 1;
    const int64_t last = first + (draw(v, 4) == 0 ? draw(v, 3) : 0);
    const int64_t id = draw(v, 10 * calm) == 0 ? v->id - (int64_t)draw(v, 9) : ++v->id;
    const char *number = oddly(v, numbers, sizeof numbers / sizeof *numbers, 30 * calm);
    const char *odd_id = oddly(v, ids, sizeof ids / sizeof *ids, 20 * calm);
    const char *real = oddly(v, reals, sizeof reals / sizeof *reals, 25 * calm);
    v->last[symbol] = last;
    size_t len = (size_t)snprintf(to, room, "{\"T\":\"%c\",\"s\":\"S%zu\",\"U\":%" PRId64 ",",
                                  "aaabc"[draw(v, 5)], symbol, first);
    if (number)
        len += (size_t)snprintf(to + len, room - len, "\"u\":%s,", number);
    else if (draw(v, 40 * calm) > 0)
        len += (size_t)snprintf(to + len, room - len, "\"u\":%" PRId64 ",", last);
    if (odd_id)
        len += (size_t)snprintf(to + len, room - len, "\"i\":%s,", odd_id);
    else
        len += (size_t)snprintf(to + len, room - len,
                                id % 3 ? "\"i\":%" PRId64 "," : "\"i\":\"%" PRId64 "\",", id);
    return len + (size_t)snprintf(to + len, room - len, "\"r\":\"%s\",\"x\":%s}",
                                  draw(v, 50 * calm) == 0 ? "r" : "", real ? real : "\"1.25\"");
}

static bool begins_anew(void *user, size_t stream, const weir_asset *asset, const weir_gap *hole,
                        weir_on_gap action)
{
    (void)stream;
    (void)asset;
    (void)action;
    ++*(uint64_t *)user;
    return hole->missed == 2;
}

START_TEST(records_are_watched_alike)
{
    venue v = {.state = 7};
    uint64_t holes[2] = {0};
    pair p = open_pair(watched[_i].spec);
    weir_runner *const runners[] = {p.quick.runner, p.general.runner};
    for (size_t i = 0; i < 2; i++)
        weir_runner_on_gap(runners[i], begins_anew, &holes[i]);
    for (uint64_t n = 0; n < WATCHED_FRAMES; n++) {
        char room[4096];
        const size_t count = watched[_i].is_list ? draw(&v, 14) : 1;
        size_t len = (size_t)snprintf(room, sizeof room, "%s", watched[_i].before);
        for (size_t i = 0; i < count; i++) {
            len += (size_t)snprintf(room + len, sizeof room - len, "%s", i ? "," : "");
            len += write_object(&v, room + len, sizeof room - len, watched[_i].calm);
        }
        len += (size_t)snprintf(room + len, sizeof room - len, "%s", watched[_i].behind);
        len -= len > 0 && draw(&v, 40) == 0; /* it is broken: nothing of it has happened */
        memset(room + len, '7', WEIR_JSON_SLACK);
        check_frame(&p, (weir_str){room, len}, n);
        if (n % 64 == 0)
            check_failures(&p);
        const uint32_t event = draw(&v, 60);
        for (size_t i = 0; i < 2; i++) {
            if (event == 0)
                weir_runner_cut(runners[i]);
            else if (event <= 2) /* for ever, and for no time */
                weir_runner_join(runners[i], event == 1 ? INT64_MAX : 0);
        }
    }
    const weir_counters *counters = weir_runner_counters(p.quick.runner);
    check_failures(&p);
    ck_assert_uint_eq(holes[0], holes[1]);
    ck_assert_uint_gt(counters->gaps, 20);
    ck_assert_uint_gt(counters->duplicates, 0);
    ck_assert_uint_gt(counters->failed[WEIR_STAGE_CONVERT], 20);
    ck_assert_uint_gt(counters->records_out, 1000);
    close_pair(&p);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("quick");
    TCase *tcase = tcase_create("quick");
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, captured_frames_make_the_same_records, 0, CAPTURES);
    tcase_add_loop_test(tcase, forms_agree_on_every_kind_of_value, 0, sizeof specs / sizeof *specs);
    tcase_add_loop_test(tcase, one_bad_number_fails_its_record_only, 0,
                        sizeof lists / sizeof *lists);
    tcase_add_loop_test(tcase, records_are_watched_alike, 0, sizeof watched / sizeof *watched);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return run_on_every_cpu(make_suite);
}
