/* SPDX-License-Identifier: MIT */
/*
 * The quick way of a record against the general one: the first byte chooses a plan like those of
 * real venues, the rest is a frame, and two runners of the plan - one with all that makes it fast,
 * one without - must make the same records, count the same and keep the same failures.
 *
 * Behind the frame stand digits and brackets, so that a reader that goes on reads more of the same;
 * behind those the address sanitizer watches.
 */
#include <stdio.h>
#include <stdlib.h>

#include "pipeline/runner.h"
#include "value/json_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define HEAD                                                                                       \
    "weir: 1\nname: t\nmappings:\n  side: {map: {BUY: b, SELL: s}}\nconnections:\n  m:\n"          \
    "    url: ws://h/\n    backend: {type: websocket}\n"

static const char *const specs[] = {
    /* envelopes, levels, choices */
    HEAD "    streams: {trades: data, ticker: quote, book: quote}\n    router:\n      rules:\n"
         "      - {channel: drop, match: \"'stream' not in data\"}\n"
         "      - {channel: ticker, match: \"data['stream'].endswith('@bookTicker')\"}\n"
         "      - {channel: trades, match: \"data['stream'].endswith('@trade')\"}\n"
         "      - {channel: book, match: \"'@depth' in data['stream']\"}\n"
         "    converters:\n      trades:\n      - fields:\n"
         "          asset: broker.infer_asset(symbol=data['data']['s'])\n"
         "          timestamp: pd.Timestamp(data['data']['T'], unit='ms')\n"
         "          data: {close: \"float(data['data']['p'])\", side: \"'SELL' if "
         "data['data']['m'] else 'BUY'\", trade_id: \"data['data']['t']\"}\n"
         "      ticker:\n      - fields:\n          timestamp: received\n"
         "          bid: float(data['data']['b'])\n          ask: float(data['data']['a'])\n"
         "          sequence: data['data']['u']\n          n: int(data['data']['B'])\n"
         "      book:\n      - fields:\n"
         "          timestamp: pd.Timestamp(int(data['data']['E']), unit='us')\n"
         "          market_depth: {bids: \"data['data']['b']\", asks: \"data['data'].get('a', "
         "[])\"}\n          snapshot: false\n",
    /* positions, times in seconds, what the levels say */
    HEAD
    "    streams: {trades: data, book: quote}\n    router:\n      rules:\n"
    "      - {channel: drop, match: \"isinstance(data, dict)\"}\n"
    "      - {channel: book, match: \"data[-2].startswith('book')\"}\n"
    "      - {channel: trades, match: \"data[-2] == 'trade'\"}\n"
    "    converters:\n      trades:\n      - each: data[1]\n        fields:\n"
    "          asset: broker.infer_asset(symbol=data[3])\n"
    "          timestamp: {source: \"Decimal(item[2])\", transform: \"pd.Timestamp(int(value "
    "* 1000000), unit='us')\"}\n"
    "          data: {close: \"float(item[0])\", side: \"mappings.side.to_standard(item[3])\"}\n"
    "      book:\n      - condition: \"'as' in data[1]\"\n        fields:\n"
    "          timestamp: {source: \"max(Decimal(l[2]) for l in data[1]['as'] + "
    "data[1]['bs'])\", transform: \"pd.Timestamp(int(value * 1000), unit='ms')\"}\n"
    "          market_depth: {bids: \"data[1]['bs']\", asks: \"data[1]['as']\"}\n"
    "      - condition: len(data) == 4\n        fields:\n"
    "          timestamp: {source: \"max(Decimal(l[2]) for l in data[1].get('b') or "
    "data[1]['a'])\", transform: \"pd.Timestamp(int(value * 1000000), unit='us')\"}\n"
    "          market_depth: {bids: \"data[1].get('b', [])\", asks: \"data[1].get('a', [])\"}\n"
    "          checksum: int(data[1]['c'])\n",
    /* flat objects, texts of times, changes by side */
    HEAD
    "    streams: {trades: data, book: quote}\n    router:\n      rules:\n"
    "      - {channel: book, match: \"data['type'] in ('l2update', 'snapshot')\"}\n"
    "      - {channel: trades, match: \"data['type'] == 'match'\"}\n"
    "    converters:\n      trades:\n      - fields:\n"
    "          asset: broker.infer_asset(security_id=data['id'])\n"
    "          timestamp: pd.Timestamp(data['time'])\n"
    "          data: {close: \"float(data['price'])\", volume: {condition: \"'size' in data\", "
    "source: \"float(data['size'])\"}, side: \"data['side']\", is_last: \"data['type'] != "
    "'match'\"}\n      book:\n      - fields:\n          timestamp: pd.Timestamp(data['time'])\n"
    "          market_depth: {bids: \"[c[1:] for c in data['changes'] if c[0] == 'buy']\", "
    "asks: \"[c[1:] for c in data['changes'] if c[0] == 'sell']\"}\n",
    /* rows of a table */
    HEAD "    streams: {book: quote}\n    router:\n      rules:\n"
         "      - {channel: book, match: \"data['table'] == 'book'\"}\n    converters:\n"
         "      book:\n      - each: data['data']\n        fields:\n"
         "          asset: broker.infer_asset(symbol=item['symbol'])\n"
         "          price: {condition: \"'price' in item\", source: \"float(item['price'])\"}\n"
         "          size: {source: \"float(item['size'])\", default_value: 0}\n"
         "          row: item['id']\n          side: item['side']\n          action: "
         "data['action']\n          levels: item.get('l', [])\n",
    /* a list of records */
    HEAD "    streams: {trades: data, quotes: quote}\n    frame: array\n    router:\n      rules:\n"
         "      - {channel: trades, match: \"data['T'] == 't'\"}\n"
         "      - {channel: quotes, match: \"data['T'] == 'q'\"}\n"
         "    converters:\n      trades:\n      - fields:\n"
         "          asset: broker.infer_asset(symbol=data['S'])\n"
         "          timestamp: pd.Timestamp(data['t'])\n"
         "          data: {close: \"float(data['p'])\", volume: \"float(data['s'])\", id: "
         "\"data['i']\", x: \"data['x']\"}\n      quotes:\n      - fields:\n"
         "          bid: float(data['bp'])\n          ask: float(data['ap'])\n"
         "          market_depth: {bids: \"data['b']\", asks: \"data['a']\"}\n",
};

enum { SPEC_COUNT = sizeof specs / sizeof specs[0] };

typedef struct venue {
    weir_runner *quick;
    weir_runner *general;
    weir_expr_world worlds[2];
} venue;

static venue *open_venue(const char *text)
{
    static const weir_backend_rows backends[] = {{"websocket", NULL, 0, 0, NULL, NULL}};
    static const weir_spec_registry registry = {.backends = backends, .count = 1};
    uint32_t next_schema_id = 1;
    weir_diags *diags = weir_diags_new();
    venue *v = calloc(1, sizeof *v);
    weir_spec_model *model = weir_spec_model_parse("f.yaml", weir_str_of(text), &registry, diags);
    weir_plan *plan =
        model ? weir_plan_new(model, &model->connections[0], &next_schema_id, diags) : NULL;
    if (!v || !plan || weir_diags_errors(diags) > 0) {
        weir_buf out = {0};
        weir_diags_print(diags, &out, false);
        fprintf(stderr, "%s\n", weir_buf_cstr(&out));
        abort();
    }
    for (int i = 0; i < 2; i++)
        v->worlds[i].assets = weir_asset_cache_new(model->assets);
    v->quick = weir_runner_new(plan, &v->worlds[0]);
    v->general = weir_runner_new(plan, &v->worlds[1]);
    weir_runner_set_general(v->general, true);
    weir_diags_free(diags);
    return v;
}

/* The venues live as long as the process: what is learnt from one input is used on the next. */
static venue *venues[SPEC_COUNT];

static void check(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "the two ways differ: %s\n", what);
    abort();
}

static void check_same_records(const weir_batch *quick, const weir_batch *general)
{
    size_t at = 0, other = 0;
    weir_buf line = {0}, expected = {0};
    check(quick->count == general->count, "number of records");
    for (weir_record *record; (record = weir_batch_next(quick, &at));) {
        weir_buf_clear(&line);
        weir_buf_clear(&expected);
        weir_record_write_json(&line, record, WEIR_RECORD_WITH_FRAME);
        weir_record_write_json(&expected, weir_batch_next(general, &other), WEIR_RECORD_WITH_FRAME);
        if (!weir_str_eq(weir_buf_str(&line), weir_buf_str(&expected)))
            fprintf(stderr, "quick   %.*s\ngeneral %.*s\n", (int)line.len, line.ptr,
                    (int)expected.len, expected.ptr);
        check(weir_str_eq(weir_buf_str(&line), weir_buf_str(&expected)), "a record");
    }
    weir_buf_fini(&line);
    weir_buf_fini(&expected);
}

static void check_same_failures(const weir_runner *quick, const weir_runner *general)
{
    const size_t count = weir_runner_dead_letters(general);
    check(weir_runner_dead_letters(quick) == count, "number of failures");
    if (count == 0)
        return;
    const weir_dead_letter *a = weir_runner_dead_letter(quick, count - 1);
    const weir_dead_letter *b = weir_runner_dead_letter(general, count - 1);
    if (strcmp(a->reason, b->reason) != 0)
        fprintf(stderr, "quick   %s\ngeneral %s\n", a->reason, b->reason);
    check(a->stage == b->stage && strcmp(a->reason, b->reason) == 0, "a failure");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const char behind[] = "0123456789.\"]}],[[1,2],\"0123456789]]}}}}}}}}}}}]]]]]]]]]]99999";
    _Static_assert(sizeof behind >= WEIR_JSON_SLACK - 1, "the slack is filled");
    if (size == 0)
        return 0;
    venue **v = &venues[bytes[0] % SPEC_COUNT];
    if (!*v)
        *v = open_venue(specs[bytes[0] % SPEC_COUNT]);
    char *copy = calloc(1, size - 1 + WEIR_JSON_SLACK);
    if (!copy)
        abort();
    memcpy(copy, bytes + 1, size - 1);
    memcpy(copy + size - 1, behind, WEIR_JSON_SLACK - 1);
    const weir_runner_frame frame = {.bytes = {copy, size - 1}, .received_ns = 1};
    /* Twice: what the first has learnt is used by the second. */
    for (int i = 0; i < 2; i++) {
        weir_runner_feed((*v)->quick, &frame);
        weir_runner_feed((*v)->general, &frame);
        check_same_records(weir_runner_batch((*v)->quick), weir_runner_batch((*v)->general));
        check(memcmp(weir_runner_counters((*v)->quick), weir_runner_counters((*v)->general),
                     sizeof(weir_counters)) == 0,
              "the counters");
        check_same_failures((*v)->quick, (*v)->general);
        weir_batch_clear(weir_runner_batch((*v)->quick));
        weir_batch_clear(weir_runner_batch((*v)->general));
    }
    free(copy);
    return 0;
}
