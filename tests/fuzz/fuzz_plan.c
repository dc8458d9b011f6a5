/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as frames of a venue: the first byte chooses one of a few plans, the rest is the frame.
 * Every record that comes out is written as JSON, which must be JSON again; the counters must add
 * up.
 */
#include <stdlib.h>

#include "pipeline/runner.h"
#include "value/json_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define HEAD                                                                                       \
    "weir: 1\nname: t\nconnections:\n  m:\n    url: ws://h/\n    backend: {type: websocket}\n"

static const char *const specs[] = {
    HEAD "    streams: {trades: data, book: quote}\n    frame: auto\n    router:\n      rules:\n"
         "      - {channel: trades, match: \"data['e'] == 't'\"}\n      - {channel: book, match: "
         "\"'b' in data\"}\n"
         "    converters:\n      trades:\n      - fields:\n          asset: "
         "broker.infer_asset(symbol=data['s'])\n"
         "          timestamp: pd.Timestamp(data['T'], unit='ms')\n"
         "          data: {close: \"float(data['p'])\", volume: \"Decimal(data['q'])\", n: "
         "\"int(data['n'])\"}\n"
         "          x: data.get('x')\n      book:\n      - fields: {market_depth: {bids: "
         "\"data['b']\", asks: "
         "\"[(float(p), s) for p, s in data['a']]\"}}\n",
    HEAD "    streams: [data]\n    frame: array\n    parser: {payload_path: \"data.get('d', "
         "data)\"}\n    converters:\n"
         "      data:\n      - condition: len(data) > 2\n        each: data[1]\n        fields: "
         "{p: \"float(item[0])\", l: "
         "\"item[-1]\", t: \"data[-2].upper()\", s: \"f'{item[1]:>10}'\"}\n      - fields: {all: "
         "data, k: "
         "\"sorted(data)\"}\n",
    HEAD
    "    streams: [data]\n    parser: {format: text}\n    converters:\n      data: {fields: {p: "
    "\"data.split(',')\", n: \"len(data)\", j: \"json_loads(data)\"}}\n",
    HEAD "    streams: [data]\n    parser: {compression: auto}\n    converters:\n      data: "
         "{fields: {v: data}}\n",
    HEAD
    "    streams: [data]\n    learn:\n"
    "      - {match: \"'c' in data\", into: c, key: \"data['c']\", value: data}\n"
    "      - {match: \"data == 'x'\", into: last, value: data}\n"
    "    heartbeat: {every: 5s, expect: \"data['e'] == 'pong'\", reply: [{match: \"data['ping']\", "
    "send: {json: {fields: {pong: \"data['ping']\"}}}}]}\n"
    "    converters:\n      data: {fields: {v: \"session.c[data[0]]['s']\", n: "
    "\"len(session.c)\"}}\n",
    HEAD
    "    streams: {whole: data, parts: quote}\n    parser: {format: msgpack}\n    router:\n"
    "      rules:\n      - {channel: drop, match: \"'error' in data or data.get('code', 0)\"}\n"
    "      - {channel: whole, match: \"data[1] if 1 in data else len(data) > 3\"}\n"
    "      default_channel: parts\n    converters:\n      whole: {fields: {all: data}}\n"
    "      parts:\n      - condition: \"'b' in data\"\n        each: \"data['b']\"\n"
    "        fields: {v: item, s: \"data.get('s')\"}\n"
    "      - fields: {p: \"float(data['d'][0]['p'])\", t: \"data['d'][-1]\"}\n",
};

enum { SPEC_COUNT = sizeof specs / sizeof specs[0] };

typedef struct venue {
    weir_runner *runner;
    weir_expr_world world;
    weir_value session[4];
} venue;

/* Replies are made as they would be sent. */
static bool forget_reply(void *user, const weir_outgoing *message)
{
    return user && message->bytes.len > 0;
}

static void answer(void *user, weir_control kind, const weir_message *reply, const weir_value *data)
{
    venue *v = user;
    weir_error error = {0};
    const weir_message_input input = {
        .vm = weir_runner_vm(v->runner), .world = &v->world, .data = data};
    if (kind == WEIR_CONTROL_REPLY)
        weir_message_emit(reply, &input, forget_reply, v, &error);
}

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
    if (!v || !plan || weir_diags_errors(diags) > 0)
        abort();
    v->world.assets = weir_asset_cache_new(model->assets);
    v->world.session = v->session;
    v->runner = weir_runner_new(plan, &v->world);
    weir_runner_on_control(v->runner, answer, v);
    weir_diags_free(diags);
    return v;
}

/* The venues live as long as the process: a fuzzer must not spend its time on loading. */
static venue *venues[SPEC_COUNT];

static void check_records(weir_batch *batch)
{
    weir_buf line = {0};
    size_t offset = 0;
    for (weir_record *record; (record = weir_batch_next(batch, &offset));) {
        weir_value value;
        weir_json_error error;
        weir_buf_clear(&line);
        weir_record_write_json(&line, record, WEIR_RECORD_WITH_FRAME);
        if (!weir_buf_reserve(&line, WEIR_JSON_SLACK) ||
            !weir_json_parse(weir_buf_str(&line), &value, &error))
            abort();
    }
    weir_buf_fini(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size == 0)
        return 0;
    venue **v = &venues[bytes[0] % SPEC_COUNT];
    if (!*v)
        *v = open_venue(specs[bytes[0] % SPEC_COUNT]);
    char *copy = calloc(1, size - 1 + WEIR_JSON_SLACK);
    if (!copy)
        abort();
    memcpy(copy, bytes + 1, size - 1);
    const weir_runner_frame frame = {.bytes = {copy, size - 1}, .received_ns = 1};
    const weir_counters before = *weir_runner_counters((*v)->runner);
    weir_runner_feed((*v)->runner, &frame);
    const weir_counters *after = weir_runner_counters((*v)->runner);
    if (after->frames != before.frames + 1 ||
        after->records_out + after->gaps - before.records_out - before.gaps !=
            weir_runner_batch((*v)->runner)->count)
        abort();
    check_records(weir_runner_batch((*v)->runner));
    weir_batch_clear(weir_runner_batch((*v)->runner));
    free(copy);
    return 0;
}
